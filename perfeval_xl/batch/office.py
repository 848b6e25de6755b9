"""What is known of each unit beside its workbook, where every worker can look it up.

An index of one run, made by the parent from the office's lists, earlier rounds and rulings, and
read by workers unit by unit, so that nobody holds a province in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Self

from perfeval_xl.batch.names import (
    NAMES_SCHEMA,
    Named,
    NameKind,
    names_in,
    unit_named,
)
from perfeval_xl.batch.record import Record
from perfeval_xl.batch.rulings import Snapshot, known_for, snapshot_from, text_of
from perfeval_xl.batch.who import Who, may_be_one, unit_key
from perfeval_xl.context import (
    NOTHING,
    Adjudication,
    Context,
    Given,
    Rank,
    Waiver,
)
from perfeval_xl.labels import normalize_label

INDEX = ".perfeval/office.sqlite"
_RANKS = tuple(Rank)  # in the order in which they are believed
_AT_ONCE = 5000  # rows in one transaction
_SCHEMA = f"""
{NAMES_SCHEMA};
CREATE TABLE given (
    unit TEXT, year INTEGER, rank TEXT, fact TEXT, value TEXT, raw TEXT, source TEXT, form TEXT
);
CREATE INDEX given_unit ON given (unit);
CREATE TABLE ruled (
    number INTEGER PRIMARY KEY, file BLOB, unit TEXT, form TEXT, year INTEGER, snapshot TEXT
);
CREATE INDEX ruled_file ON ruled (file);
CREATE INDEX ruled_unit ON ruled (unit);
"""


class Office:
    """The index of one run: the parent writes, workers read. No file until there is something.

    Closed and removed by leaving the ``with`` block.
    """

    def __init__(self, outbox: Path) -> None:
        self._file = outbox / INDEX
        self._base: sqlite3.Connection | None = None
        self._remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._base is not None:
            self._base.close()
            self._remove()

    @property
    def path(self) -> Path | None:
        """Where workers find it; None while it is empty."""
        return None if self._base is None else self._file

    def add_name(self, kind: NameKind, key: str, unit: str) -> None:
        """A code, name or alias of a unit. One that two units claim names neither."""
        self.add_names([(kind, key, unit)])

    def add_names(self, names: Iterable[tuple[NameKind, str, str]]) -> None:
        """Many codes, names and aliases at once."""
        rows = [(kind, normalize_label(key), unit) for kind, key, unit in names]
        self._insert(
            "names VALUES (?, ?, ?) ON CONFLICT DO UPDATE "
            "SET unit = CASE WHEN unit = excluded.unit THEN unit ELSE '' END",
            [row for row in rows if row[1]],
        )

    def unit_of(self, name: str, code: str) -> str:
        """The unit as the lists know it: by code, then name, then alias; else its own key.

        Empty when its code is one unit's and its name another's: it may be either.
        """
        return unit_key(name, code) if self._base is None else unit_named(self._base, name, code)

    def names(self) -> list[Named]:
        """All codes, names and aliases that were given."""
        return [] if self._base is None else names_in(self._base)

    def give(self, unit: str, year: int | None, given: Iterable[Given]) -> None:
        """Figures of a unit; year None when they hold for whatever year is evaluated."""
        self.give_all((unit, year, one) for one in given)

    def give_all(self, figures: Iterable[tuple[str, int | None, Given]]) -> None:
        """Figures of many units at once, each with its unit and year."""
        self._insert(
            "given VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (unit, year, g.rank.value, g.fact, str(g.value), g.raw, g.source, g.form)
                for unit, year, g in figures
            ),
        )

    def join(self, records: Iterable[Record]) -> None:
        """Take the figures of files without a scoring sheet for the other file of their unit."""
        if self._base is not None:
            self._base.execute("DELETE FROM given WHERE rank = ?", (Rank.JOINED.value,))
        for record in records:
            unit: Any = record["unit"]
            year: Any = record["year"]
            name, code = unit["name"] or "", unit["code"] or ""
            key = self.unit_of(name, code)
            if key:
                self.add_name("code", code, key)
                self.add_name("name", name, key)
                self.give(key, year, _figures_of(record))

    def rule(self, snapshots: Iterable[Snapshot]) -> None:
        """What officers entered in copies, in the order in which it was read."""
        rows = [
            (
                _blob(s.file),
                self.unit_of(s.who.name, s.who.code),
                s.who.form,
                s.who.year or 0,
                text_of(s),
            )
            for s in snapshots
        ]
        if rows:
            self._open().executemany(
                "INSERT INTO ruled (file, unit, form, year, snapshot) VALUES (?, ?, ?, ?, ?)", rows
            )

    def context_of(self, who: Who) -> Context:
        """What is known of a unit."""
        return NOTHING if self._base is None else _context_of(self._base, who)

    def _insert(self, into: str, rows: Iterable[tuple[object, ...]]) -> None:
        base, coming = self._open(), iter(rows)
        while some := list(islice(coming, _AT_ONCE)):  # who makes the rows may write here between
            base.execute("BEGIN")
            base.executemany(f"INSERT INTO {into}", some)
            base.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        if self._base is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(self._file, isolation_level=None)
            self._base.executescript(f"PRAGMA synchronous=OFF; {_SCHEMA}")
        return self._base

    def _remove(self) -> None:
        _close_readers()  # of this process, should it have looked up too
        for file in (self._file, self._file.with_name(f"{self._file.name}-journal")):
            file.unlink(missing_ok=True)


def context_of(index: Path | None, who: Who) -> Context:
    """What the index knows of a unit; nothing when there is no index. For workers."""
    return NOTHING if index is None else _context_of(_reader(str(index)), who)


def unit_of(index: Path | None, who: Who) -> str:
    """The unit as the index knows it, else its own key. For workers."""
    if index is None:
        return unit_key(who.name, who.code)
    return unit_named(_reader(str(index)), who.name, who.code)


def rulings_of(
    index: Path, who: Who, file: str, sha256: str
) -> tuple[tuple[Adjudication, ...], tuple[Waiver, ...]]:
    """What officers entered for this file, or for another one of its unit. For workers.

    sha256: of the file, to tell what was said of this very version.
    """
    base = _reader(str(index))
    rows = base.execute(
        "SELECT snapshot, unit <> '' AND unit = :unit AS is_units FROM ruled "
        "WHERE (file = :file OR is_units) AND form = :form AND year = :year ORDER BY number",
        {
            "file": _blob(file), "unit": unit_named(base, who.name, who.code), "form": who.form,
            "year": who.year or 0,
        },
    )  # fmt: skip
    found = [(snapshot_from(text), is_units) for text, is_units in rows]
    return known_for(
        [s for s, is_units in found if is_units or s.sha256 == sha256 or may_be_one(s.who, who)],
        sha256,
    )


def _blob(file: str) -> bytes:
    """A file's name, also one that is no proper text."""
    return file.encode("utf-8", "surrogatepass")


_readers: dict[str, sqlite3.Connection] = {}  # of this process, the one index it last asked


def _reader(path: str) -> sqlite3.Connection:
    if path not in _readers:
        _close_readers()
        _readers[path] = sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True)
    return _readers[path]


def _close_readers() -> None:
    """Let go of the file: Windows removes none that is open."""
    while _readers:
        _readers.popitem()[1].close()


def _context_of(base: sqlite3.Connection, who: Who) -> Context:
    unit = unit_named(base, who.name, who.code)
    if not unit:
        return NOTHING
    rows = base.execute(
        "SELECT rank, fact, value, raw, source, form FROM given "
        "WHERE unit = ? AND (year IS NULL OR year = ?) AND NOT (rank = ? AND form = ?) "
        "ORDER BY year IS NULL, source",
        (unit, who.year, Rank.JOINED.value, who.form),  # a file is no other file of its unit
    )
    given = [
        Given(name, Decimal(v), raw, source, Rank(r), form)
        for r, name, v, raw, source, form in rows
    ]
    given.sort(key=lambda g: (_RANKS.index(g.rank), g.fact))
    return Context(tuple(_settled(given)))


def _settled(given: Iterable[Given]) -> list[Given]:
    """Without what a unit's other files say in two ways: neither counts."""
    found = list(given)
    said: dict[str, set[Decimal]] = {}
    for one in found:
        if one.rank is Rank.JOINED:
            said.setdefault(one.fact, set()).add(one.value)
    first: dict[tuple[Rank, str], Given] = {}
    for one in found:
        if one.rank is not Rank.JOINED or len(said[one.fact]) == 1:
            first.setdefault((one.rank, one.fact), one)
    return list(first.values())


def _figures_of(record: Record) -> Iterator[Given]:
    facts: Any = record["facts"]
    form = str(record["form"])
    for name, fact in facts.items():
        if fact["state"] == "number":
            source = f"{record['file']} {fact['sheet']}!{fact['cell']}"
            yield Given(name, Decimal(fact["value"]), fact["raw"], source, Rank.JOINED, form)
