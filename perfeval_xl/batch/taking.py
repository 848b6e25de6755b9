"""A complete run's results into the ledger: which rows a record becomes, in one transaction.

What is in results.jsonl now is marked by ``position``; everything else is history.
"""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from perfeval_xl.batch.history import Sent, cells_of, history, to_text, unit_in_ledger
from perfeval_xl.batch.ledger import TABLES, WHOLE, check, create, moved_aside, place_of
from perfeval_xl.batch.names import NAMES_SCHEMA, Named
from perfeval_xl.batch.record import Record, content_of, from_line, utf8_text
from perfeval_xl.batch.sqlite import LedgerDamaged, close_readers, opened
from perfeval_xl.batch.who import who_of
from perfeval_xl.labels import normalize_label

_NOTHING_EARLIER = ("[]", "", "")
_LATER_ROUND = re.compile(r'"round":(?!1[,}])')  # no text of a record can hold a bare quote
_PACKED = 3  # level of zlib: half the time of 6, a tenth more bytes
_DETAILS = ("indicators", "findings", "resolved", "facts", "totals")


@dataclass(frozen=True, slots=True)
class Taking:
    """What belongs to a run beside its results.

    unit_of: the unit's key, from its name and code. rules: by form, program and form data in
    words. summary: what 汇总.xlsx is made from beside the records, as JSON can hold it. names: by
    which the run knew units.
    """

    unit_of: Callable[[str, str], str]
    rules: Mapping[str, str]
    summary: Mapping[str, Mapping[str, str]]
    names: Sequence[Named] = ()


def take(outbox: Path, results: Path, taking: Taking) -> str:
    """Take a complete run's results; says in words when a damaged ledger had to be moved aside.

    Then nothing is taken: what the run compared with is gone, and the next run begins anew.

    Raises:
        LedgerNewer, LedgerBusy: nothing was taken.
        OSError: the disk refuses; nothing was taken.
    """
    path = place_of(outbox)
    close_readers()
    try:
        _take(path, results, taking)
    except LedgerDamaged:
        return moved_aside(path)
    return ""


def _take(path: Path, results: Path, taking: Taking) -> None:
    if not path.exists():
        create(path)
    with opened(path) as base:
        check(base, path, quick=True)
        base.execute("BEGIN IMMEDIATE")
        try:
            _Taker(base, taking).take(results)
        except BaseException:
            base.rollback()
            raise
        base.execute("COMMIT")


class _Taker:
    """One run's results into the tables, within a transaction that the caller holds."""

    def __init__(self, base: sqlite3.Connection, taking: Taking) -> None:
        self.base = base
        self.taking = taking
        base.row_factory = sqlite3.Row
        self._last_file: int = base.execute("SELECT COALESCE(MAX(id), 0) FROM files").fetchone()[0]
        self._insert = {name: _insert(name) for name in TABLES}

    def take(self, results: Path) -> None:
        """New rounds first: what they are compared with is still as it was during the run."""
        self.base.execute("UPDATE files SET position = NULL WHERE position IS NOT NULL")
        for position, line in _lines(results):
            if _LATER_ROUND.search(line):
                record = from_line(line)
                if self._row_of(record) is None:
                    self._take_line(position, line, record)
        for position, line in _lines(results):
            self._take_line(position, line, from_line(line))
        self.base.execute(
            "DELETE FROM rounds WHERE id NOT IN (SELECT round_id FROM files WHERE round_id NOTNULL)"
        )
        summary = json.dumps(self.taking.summary, ensure_ascii=False)
        self.base.execute("INSERT OR REPLACE INTO meta VALUES ('summary', ?)", (summary,))
        self.base.execute(NAMES_SCHEMA)  # the first ledgers have no such table
        self.base.execute("DELETE FROM names")
        self.base.executemany("INSERT INTO names VALUES (?, ?, ?)", self.taking.names)

    def _row_of(self, record: Record) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self.base.execute(
            "SELECT id, digest, round_id, form, earlier, earlier_file, earlier_rules FROM files"
            " WHERE file = ? AND sha256 = ?",
            (utf8_text(str(record["file"])), record["sha256"] or ""),
        ).fetchone()
        return row

    def _take_line(self, position: int, line: str, record: Record) -> None:
        """A file that the ledger has as it is keeps its rows; of another one all are written anew."""
        digest = sha256(line.encode("utf-8")).hexdigest()
        row = self._row_of(record)
        if row and row["digest"] == digest:
            self.base.execute("UPDATE files SET position = ? WHERE id = ?", (position, row["id"]))
            return
        round_id, earlier = self._round_of(record)
        if row and row["round_id"] is not None and row["form"] == record["form"]:
            earlier = (row["earlier"], row["earlier_file"], row["earlier_rules"])
        if row:
            self._forget(row["id"])
        run = (round_id, position, digest, *earlier)
        file_id = self._add_file(record, line, run, row["id"] if row else None)
        for name in _DETAILS:
            self.base.executemany(self._insert[name], _ROWS[name](file_id, record))

    def _round_of(self, record: Record) -> tuple[int | None, tuple[str, str, str]]:
        """The round's row, made when it is new, and what the file was compared with."""
        who = who_of(record)
        unit = self.taking.unit_of(who.name, who.code) if who else ""
        if who is None or not unit:
            return None, _NOTHING_EARLIER
        sent = Sent(unit, who, str(record["file"]), content_of(record))
        number: Any = record["round"]
        known = history(self.base, sent, self._last_file, number)
        earlier = (to_text(known.earlier), known.earlier_file, known.earlier_rules)
        found = self.base.execute(
            "SELECT r.id FROM files f JOIN rounds r ON r.id = f.round_id"
            " WHERE f.content = ? AND r.form = ? AND r.year = ? AND r.round = ?",
            (sent.content, who.form, who.year or 0, number),
        ).fetchone()
        return found[0] if found else self._add_round(sent, number), earlier

    def _add_round(self, sent: Sent, number: int) -> int:
        """The row of a unit's round; code and name as they were written last."""
        who = sent.who
        key = (unit_in_ledger(self.base, sent), who.form, who.year or 0, number)
        self.base.execute(
            f"{self._insert['rounds']} ON CONFLICT (unit, form, year, round) DO UPDATE SET"
            " code = CASE excluded.code WHEN '' THEN code ELSE excluded.code END,"
            " name = excluded.name",
            (*key, who.code.strip(), normalize_label(who.name)),
        )
        found = self.base.execute(
            "SELECT id FROM rounds WHERE unit = ? AND form = ? AND year = ? AND round = ?", key
        )
        return int(found.fetchone()[0])

    def _forget(self, file_id: int) -> None:
        for name in _DETAILS:
            self.base.execute(f"DELETE FROM {name} WHERE file_id = ?", (file_id,))
        self.base.execute("DELETE FROM files WHERE id = ?", (file_id,))

    def _add_file(
        self, record: Record, line: str, run: tuple[object, ...], file_id: int | None
    ) -> int:
        reason: Any = record["reason"] or {}
        unit: Any = record["unit"]
        form = record["form"]
        values = {
            "id": file_id, "file": utf8_text(str(record["file"])), "sha256": record["sha256"] or "",
            "content": content_of(record), "status": record["status"],
            "reason": reason.get("code"), "unit_name": unit["name"], "unit_code": unit["code"],
            "form": form, "year": record["year"], "copy": utf8_text(str(record["copy"])),
            "rules": self.taking.rules.get(str(form), ""),
            "record": zlib.compress(line.encode("utf-8"), _PACKED),
            **dict(zip(_OF_RUN, run, strict=True)),
        }  # fmt: skip
        marks = ", ".join(f":{name}" for name in values)
        done = self.base.execute(
            f"INSERT INTO files ({', '.join(values)}) VALUES ({marks})", values
        )
        assert done.lastrowid is not None
        return done.lastrowid


def _lines(results: Path) -> Iterator[tuple[int, str]]:
    with results.open(encoding="utf-8", newline="\n") as lines:
        for position, line in enumerate(lines):
            yield position, line.rstrip("\n")


def _insert(name: str) -> str:
    columns = TABLES[name].split()
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})"


# ---- a record as rows, in the order of the columns ----

Rows = Iterable[tuple[object, ...]]


def _numbered(name: str, key: str) -> Callable[[int, Record], Rows]:
    """Rows of a list of the record, numbered by their place in it."""
    columns = TABLES[name].split()[2:]

    def rows(file_id: int, record: Record) -> Rows:
        listed: Any = record.get(key) or []
        for position, item in enumerate(listed):
            yield (file_id, position, *_values(item, columns))

    return rows


def _indicators(file_id: int, record: Record) -> Rows:
    columns = TABLES["indicators"].split()[1:]
    listed: Any = record["indicators"]
    for item in listed:
        yield (file_id, *_values(item, columns))


def _facts(file_id: int, record: Record) -> Rows:
    columns = TABLES["facts"].split()[2:]
    listed: Any = record["facts"]
    for name, item in listed.items():
        yield (file_id, name, *_values(item, columns))


def _totals(file_id: int, record: Record) -> Rows:
    totals: Any = record["totals"]
    if totals:
        yield (file_id, *_values(totals, TABLES["totals"].split()[1:]))


def _values(item: Mapping[str, Any], columns: Iterable[str]) -> list[object]:
    get = item.get
    return [
        value
        if (value := get(name)) is None or (value.__class__ is str and value.isascii())
        else _plain(name, value)
        for name in columns
    ]


def _plain(name: str, value: Any) -> object:
    """As SQLite keeps it: numbers of the form as exact text, counts as integers."""
    if value is None or name in WHOLE:
        return value
    if isinstance(value, list):
        return cells_of(value) if name == "cells" else "／".join(value)
    return utf8_text(str(value))


_OF_RUN = ("round_id", "position", "digest", "earlier", "earlier_file", "earlier_rules")
_ROWS: dict[str, Callable[[int, Record], Rows]] = {
    "indicators": _indicators,
    "findings": _numbered("findings", "findings"),
    "resolved": _numbered("resolved", "resolved"),
    "facts": _facts,
    "totals": _totals,
}
