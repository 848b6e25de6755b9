"""Which round of its unit a workbook is, and what the round before found; read from the ledger.

A round is all new content of a unit that one run finds. A content keeps the round in which it
first came, and what it was compared with then, whatever is evaluated again later.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from perfeval_xl.batch.record import utf8_text
from perfeval_xl.batch.sqlite import in_our_words, reader
from perfeval_xl.batch.who import Who
from perfeval_xl.context import CELL_MARK, Context, EarlierFinding
from perfeval_xl.labels import normalize_label

OF_BATCH = "batch."  # codes of what only the inbox as a whole shows: no fault of a workbook
ANY = 2**62
_FIELDS = [field.name for field in fields(EarlierFinding)]


@dataclass(frozen=True, slots=True)
class Sent:
    """A workbook as its round is found: whose it is, what it was sent as, its content's SHA-256.

    unit: the key by which the office knows the unit, empty when it cannot be told.
    """

    unit: str
    who: Who
    file: str
    content: str


def with_history(context: Context, ledger: Path | None, sent: Sent) -> Context:
    """What is known of a unit with the round of this workbook and what is compared with."""
    if ledger is None:
        return context
    with in_our_words(ledger):
        found = history(reader(ledger), sent)
    return replace(
        context, round=found.round, earlier=found.earlier, earlier_file=found.earlier_file,
        earlier_rules=found.earlier_rules,
    )  # fmt: skip


def history(
    base: sqlite3.Connection, sent: Sent, last_file: int = ANY, below: int = ANY
) -> Context:
    """Round, earlier findings and where they are from, all else empty.

    last_file, below: the last row and the first round that do not count, for a ledger that has
    begun to take the very run.
    """
    sent = replace(sent, file=utf8_text(sent.file))
    return _as_it_came(base, sent, last_file) or _next_round(base, sent, below)


def unit_in_ledger(base: sqlite3.Connection, sent: Sent) -> str:
    """The unit under which earlier rounds stand, else its own key.

    By its key; else by its code, or by its name where the workbook or the round has no code. What
    fits two units is neither.
    """
    who, name = sent.who, normalize_label(sent.who.name)
    rows = base.execute(
        "SELECT DISTINCT unit FROM rounds WHERE form = :form AND year = :year AND (unit = :unit"
        " OR (:code <> '' AND code = :code)"
        " OR (:name <> '' AND name = :name AND (code = '' OR :code = '')))",
        {
            "form": who.form, "year": who.year or 0, "unit": sent.unit, "code": who.code.strip(),
            "name": name,
        },
    )  # fmt: skip
    units = [unit for (unit,) in rows]
    return units[0] if len(units) == 1 and sent.unit not in units else sent.unit


def to_text(earlier: Iterable[EarlierFinding]) -> str:
    """Earlier findings as the ledger keeps them."""
    return json.dumps([asdict(finding) for finding in earlier], ensure_ascii=False)


def _as_it_came(base: sqlite3.Connection, sent: Sent, last_file: int) -> Context | None:
    """The history of content that the ledger knows, as it was when it first came."""
    row = base.execute(
        "SELECT r.round, f.earlier, f.earlier_file, f.earlier_rules FROM files f"
        " JOIN rounds r ON r.id = f.round_id"
        " WHERE f.content = ? AND r.form = ? AND r.year = ? AND f.id <= ?"
        " ORDER BY f.file = ? DESC, f.id LIMIT 1",
        (sent.content, sent.who.form, sent.who.year or 0, last_file, sent.file),
    ).fetchone()
    if row is None:
        return None
    return Context(
        round=row[0], earlier=_from_text(row[1]), earlier_file=row[2], earlier_rules=row[3]
    )


def _next_round(base: sqlite3.Connection, sent: Sent, below: int) -> Context:
    if not sent.unit:
        return Context()
    unit, form, year = unit_in_ledger(base, sent), sent.who.form, sent.who.year or 0
    last = base.execute(
        "SELECT id, round FROM rounds WHERE unit = ? AND form = ? AND year = ?"
        " AND round < ? ORDER BY round DESC LIMIT 1",
        (unit, form, year, below),
    ).fetchone()
    if last is None:
        return Context()
    files = base.execute("SELECT file, id, rules FROM files WHERE round_id = ?", (last[0],))
    file, file_id, rules = min(files, key=lambda row: _far(row[0], sent.file))
    return Context(
        round=last[1] + 1, earlier=_findings_of(base, file_id), earlier_file=file,
        earlier_rules=rules,
    )  # fmt: skip


def _far(file: str, sent_as: str) -> tuple[bool, bool, str]:
    """Of several files of a round: the same path first, then the same name, then the first."""
    same_name = file.rpartition("/")[2] == sent_as.rpartition("/")[2]
    return file != sent_as, not same_name, file


def _findings_of(base: sqlite3.Connection, file_id: int) -> tuple[EarlierFinding, ...]:
    rows = base.execute(
        "SELECT key, code, severity, indicator, sheet, cells, message FROM findings"
        " WHERE file_id = ? AND code NOT LIKE ? ORDER BY position",
        (file_id, f"{OF_BATCH}%"),
    )
    return tuple(EarlierFinding(*(value or "" for value in row)) for row in rows)


def _from_text(text: str) -> tuple[EarlierFinding, ...]:
    return tuple(
        EarlierFinding(**{name: str(found.get(name, "")) for name in _FIELDS})
        for found in json.loads(text)
    )


def cells_of(cells: Iterable[str]) -> str:
    """Cells of a record as one text."""
    return CELL_MARK.join(cells)
