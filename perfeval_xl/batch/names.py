"""Which unit a code and a name mean: the names that the office's lists and joined files gave a run.

While a run works they lie in its index; afterwards the ledger keeps them, so that what comes after
the run (``settle``) joins files just as the run did.
"""

from __future__ import annotations

import sqlite3
from typing import Literal

from perfeval_xl.batch.who import unit_key
from perfeval_xl.labels import normalize_label

NameKind = Literal["code", "name", "alias"]
KINDS: tuple[NameKind, ...] = ("code", "name", "alias")
Named = tuple[str, str, str]  # kind, code or name as compared, key of the unit; empty: of several
NAMES_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS names"
    " (kind TEXT, key TEXT, unit TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID"
)


def unit_named(base: sqlite3.Connection, name: str, code: str) -> str:
    """The unit as the names know it: by code, then name, then alias; else its own key.

    Empty when its code is one unit's and its name another's: it may be either.
    """
    label = normalize_label(name)
    found = {kind: _named(base, kind, _compared(kind, label, code)) for kind in KINDS}
    named = found["name"] or found["alias"]
    if found["code"] and named and named != found["code"]:
        return ""
    return found["code"] or named or unit_key(name, code)


def names_in(base: sqlite3.Connection) -> list[Named]:
    """All names, in an order of their own."""
    return list(base.execute("SELECT kind, key, unit FROM names ORDER BY kind, key"))


def _compared(kind: NameKind, label: str, code: str) -> str:
    return normalize_label(code) if kind == "code" else label


def _named(base: sqlite3.Connection, kind: NameKind, key: str) -> str:
    found = base.execute(
        "SELECT unit FROM names WHERE kind = ? AND key = ?", (kind, key)
    ).fetchone()
    return str(found[0]) if found else ""
