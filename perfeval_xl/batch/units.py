"""Whose a file is, as the last run knew it: read from the ledger once the run is over.

The roster itself need not lie there any more, nor be the same one; what counts is what was known
when the files were reviewed.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from perfeval_xl.batch import ledger
from perfeval_xl.batch.names import unit_named
from perfeval_xl.batch.record import utf8_text
from perfeval_xl.batch.sqlite import LedgerDamaged, LedgerMissing, in_our_words
from perfeval_xl.batch.who import Who, unit_key


class KnownUnits:
    """Looks units up; base: a ledger open for reading, None when there is none to ask."""

    def __init__(self, base: sqlite3.Connection | None = None) -> None:
        self._base = base
        self._has_names = base is not None and "names" in _tables(base)

    @property
    def are_lost(self) -> bool:
        """Whether nobody can tell any more what the run knew."""
        return self._base is None

    def unit_of(self, who: Who, file: str, sha256: str) -> str:
        """The key of the unit; empty when it is told to be of none.

        By the names that the run had; else as the ledger joined this very file to earlier rounds;
        else its own code or name.
        """
        own = unit_key(who.name, who.code)
        if self._base is None:
            return own
        named = unit_named(self._base, who.name, who.code) if self._has_names else own
        return named if named != own else self._joined(file, sha256) or own

    def _joined(self, file: str, sha256: str) -> str:
        assert self._base is not None
        found = self._base.execute(
            "SELECT r.unit FROM files f JOIN rounds r ON r.id = f.round_id"
            " WHERE f.file = ? AND f.sha256 = ?",
            (utf8_text(file), sha256),
        ).fetchone()
        return str(found[0]) if found else ""


@contextlib.contextmanager
def units_of_last_run(outbox: Path) -> Iterator[KnownUnits]:
    """What the last run in this outbox knew of units; nothing when its ledger is gone.

    Raises:
        LedgerNewer, LedgerBusy: it cannot be asked now.
        OSError: it cannot be read.
    """
    path = ledger.place_of(outbox)
    with contextlib.ExitStack() as stack:
        try:
            base = stack.enter_context(ledger.reading(path))
        except (LedgerMissing, LedgerDamaged):
            yield KnownUnits()
            return
        with in_our_words(path):
            yield KnownUnits(base)


def _tables(base: sqlite3.Connection) -> set[str]:
    return {name for (name,) in base.execute("SELECT name FROM sqlite_master")}
