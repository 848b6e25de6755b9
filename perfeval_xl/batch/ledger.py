"""The ledger: every file, round, indicator and finding of an outbox, one SQLite file.

``taking`` puts a complete run into it, all in one transaction: a killed run leaves the
ledger as it was, a second run adds nothing. What is in results.jsonl now is marked by ``position``;
everything else is history. Rows are for looking at; ``record`` holds the line itself.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perfeval_xl.batch.files import whole_file
from perfeval_xl.batch.sqlite import (
    LEDGER,
    SIDE_FILES,
    LedgerDamaged,
    LedgerMissing,
    LedgerNewer,
    close_readers,
    fold_in,
    in_our_words,
    opened,
)

VERSION = 1
MOVED = (
    "台账已损坏，移到 {place} 保存；轮次和对照重新开始。"
    "有备份的，把备份放回 {path}，再运行一次即可。"
)
TABLES = {
    "rounds": "unit form year round code name",
    "files": "round_id file sha256 content status reason unit_name unit_code form year copy rules"
    " position digest earlier earlier_file earlier_rules record",
    "indicators": "file_id number id label parent kind max self score low high outcome reading"
    " sheet cell sentence formula",
    "findings": "file_id position key code title severity origin indicator sheet cells provided"
    " expected difference message fix clause follows_from round_state",
    "resolved": "file_id position key code severity indicator sheet cells message",
    "facts": "file_id id value raw state sheet cell note source",
    "totals": "file_id stated self_sum computed decided undecided judged low high rating_stated"
    " rating",
}
WHOLE = {"year", "round", "round_id", "file_id", "position", "number"}
_SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
{{tables}}
CREATE UNIQUE INDEX rounds_unit ON rounds (unit, form, year, round);
CREATE INDEX rounds_code ON rounds (code);
CREATE INDEX rounds_name ON rounds (name);
CREATE UNIQUE INDEX files_file ON files (file, sha256);
CREATE INDEX files_content ON files (content);
CREATE INDEX files_round ON files (round_id);
CREATE INDEX files_position ON files (position) WHERE position IS NOT NULL;
PRAGMA user_version = {VERSION};
"""


def place_of(outbox: Path) -> Path:
    """Where an outbox keeps its ledger."""
    return outbox / LEDGER


def looked_over(outbox: Path) -> str:
    """Have the ledger ready for a run: a damaged one is moved aside, which is said in words.

    Raises:
        LedgerNewer, LedgerBusy: it cannot be used now, and is left alone.
        OSError: the folder refuses.
    """
    path = place_of(outbox)
    close_readers()
    if not path.exists():
        return ""
    try:
        if not path.stat().st_size:
            raise LedgerDamaged(str(path))
        with opened(path) as base:
            check(base, path)
            fold_in(base, path)
    except LedgerDamaged:
        return moved_aside(path)
    return ""


def results_of(path: Path) -> Iterator[str]:
    """The lines of results.jsonl as the last complete run wrote them.

    Raises:
        LedgerMissing, LedgerNewer, LedgerBusy, LedgerDamaged: it cannot be read.
    """
    with reading(path) as base:
        rows = base.execute("SELECT record FROM files WHERE position IS NOT NULL ORDER BY position")
        for (record,) in rows:
            yield zlib.decompress(record).decode("utf-8")


def summary_of(path: Path) -> dict[str, dict[str, str]]:
    """What 汇总.xlsx of the last complete run was made from beside the records."""
    with reading(path) as base:
        row = base.execute("SELECT value FROM meta WHERE key = 'summary'").fetchone()
        return json.loads(row[0]) if row else {}


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The ledger for somebody who does not run anything, checked; errors are said in our words."""
    if not path.exists():
        raise LedgerMissing(str(path))
    with opened(path) as base:
        check(base, path, quick=True)
        yield base


# ---- the file ----


def check(base: sqlite3.Connection, path: Path, quick: bool = False) -> None:
    """Raise unless the ledger is whole and of a version we know; quick: look at its head only."""
    version = base.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise LedgerNewer(str(path))
    names = {name for (name,) in base.execute("SELECT name FROM sqlite_master")}
    if version != VERSION or not names.issuperset({"meta", *TABLES}):
        raise LedgerDamaged(str(path))
    if not quick and base.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise LedgerDamaged(str(path))


def moved_aside(path: Path) -> str:
    """Rename a damaged ledger and what belongs to it; says where it lies now."""
    number = 1
    while (place := path.with_name(f"ledger-damaged-{number}.sqlite")).exists():
        number += 1
    for ending in ("", *SIDE_FILES):
        old = path.with_name(path.name + ending)
        if old.exists():
            old.rename(place.with_name(place.name + ending))
    return MOVED.format(place=place, path=path)


def create(path: Path) -> None:
    """An empty ledger, there whole or not at all."""
    for ending in SIDE_FILES:  # of a ledger that somebody took away
        path.with_name(path.name + ending).unlink(missing_ok=True)
    with whole_file(path) as temporary, in_our_words(path):
        base = sqlite3.connect(temporary, isolation_level=None)
        base.execute("PRAGMA journal_mode=OFF")
        base.executescript(_SCHEMA.format(tables="\n".join(map(_create_table, TABLES))))
        base.close()


def _create_table(name: str) -> str:
    columns = TABLES[name].split()
    kinds = [
        f"{c} {'INTEGER' if c in WHOLE else 'BLOB' if c == 'record' else 'TEXT'}" for c in columns
    ]
    if columns[0] == "file_id":
        inner = ", ".join(columns[: 1 if name == "totals" else 2])
        return f"CREATE TABLE {name} ({', '.join(kinds)}, PRIMARY KEY ({inner})) WITHOUT ROWID;"
    return f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, {', '.join(kinds)});"
