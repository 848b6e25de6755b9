"""The ledger's file: opening it, on a local disk or a share, and what SQLite refuses in words."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from perfeval_xl.errors import PerfEvalError

LEDGER = ".perfeval/ledger.sqlite"
SIDE_FILES = ("-wal", "-shm", "-journal")
_PATIENCE = 5.0  # seconds for another program that reads or writes
_PRIMARY = 0xFF  # SQLite's own codes are extended above this byte
_SYSTEM = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_READONLY: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
}
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_readers: dict[Path, sqlite3.Connection] = {}


class LedgerError(PerfEvalError):
    """Something about the ledger as a whole; ``args[0]`` is its path."""

    _text = ""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return self._text.format(path=self.path)


class LedgerBusy(LedgerError):
    """Another program holds it."""

    _text = (
        "台账“{path}”正被另一个程序占用。请关闭打开它的程序，再次运行同一命令；已完成的不会重做。"
    )


class LedgerDamaged(LedgerError):
    """It cannot be read any more."""

    _text = "台账“{path}”已损坏，读不出来。请再运行一次 perfeval run，损坏的台账会移到一旁保存。"


class LedgerNewer(LedgerError):
    """A later program wrote it."""

    _text = (
        "台账“{path}”是更新版本的程序写的，本程序读不懂，也不会改动它。"
        "请用新版本的程序，或者换一个结果文件夹。"
    )


class LedgerMissing(LedgerError):
    """There is none."""

    _text = "没有台账“{path}”。请先用 perfeval run 复核，结果文件夹写 --out 所用的那个。"


@contextlib.contextmanager
def in_our_words(path: Path) -> Iterator[None]:
    """SQLite's refusals as errors of ours or of the system.

    Raises:
        LedgerBusy, LedgerDamaged: see there.
        OSError: the disk or the folder refuses.
    """
    try:
        yield
    except sqlite3.DatabaseError as exc:
        code = getattr(exc, "sqlite_errorcode", 0) & _PRIMARY
        if code in _BUSY:
            raise LedgerBusy(str(path)) from exc
        if code in _DAMAGED:
            raise LedgerDamaged(str(path)) from exc
        if code in _SYSTEM:
            raise OSError(_SYSTEM[code], os.strerror(_SYSTEM[code]), str(path)) from exc
        raise


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The ledger for reading and writing, in WAL mode where the file system bears it.

    What a killed process left half-way is rolled back or finished by opening.
    """
    with in_our_words(path), contextlib.closing(_connected(path)) as base:
        yield base


def reader(path: Path) -> sqlite3.Connection:
    """The ledger for reading only, kept open: units are looked up one by one.

    Nobody writes while a run looks up, so there is no lock and no memory to share, which workers
    on other machines could not.
    """
    if path not in _readers:
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        _readers[path] = sqlite3.connect(uri, uri=True, timeout=_PATIENCE)
    return _readers[path]


def close_readers() -> None:
    """Let go of the file, so that it can be moved and its log be folded in."""
    while _readers:
        _readers.popitem()[1].close()


def fold_in(base: sqlite3.Connection, path: Path) -> None:
    """Bring everything from the write-ahead log into the file itself.

    Raises:
        LedgerBusy: another program is reading what it would replace.
    """
    _, in_log, folded = base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if in_log != folded:
        raise LedgerBusy(str(path))


def _connected(path: Path) -> sqlite3.Connection:
    for mode in ("WAL", "DELETE"):
        base = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
        try:
            base.execute(f"PRAGMA journal_mode={mode}")
            base.execute("PRAGMA synchronous=FULL")
            base.execute("BEGIN IMMEDIATE")
            base.execute("ROLLBACK")
        except sqlite3.OperationalError as exc:
            base.close()
            code = exc.sqlite_errorcode & _PRIMARY
            if mode == "DELETE" or code in _BUSY:
                raise
        except BaseException:
            base.close()
            raise
        else:
            return base
    raise AssertionError("one of the two modes returns or raises")
