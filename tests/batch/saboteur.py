"""The command line with a fault planted: ``python -m tests.batch.saboteur FAULT N COUNTER run …``.

FAULT: kill, ENOSPC, EIO, EACCES strike at the N-th open, write, fsync or rename in the outbox or
statement that writes to its ledger, counted over all processes in the file COUNTER; worker-hangs and summary-hangs touch COUNTER and
spin; offline forbids sockets and programs; count only counts. The processes of the pool import
this module too, for what they are prepared by, and are struck alike.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

from perfeval_xl.batch.worker import prepare

FAULT, N, COUNTER = sys.argv[1], int(sys.argv[2]), sys.argv[3]
OUTBOX = os.path.abspath(sys.argv[sys.argv.index("--out") + 1])
_FORBIDDEN = (
    "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen",
    "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "os.startfile", "os.spawn",
)  # fmt: skip
_SQLITE = {
    errno.ENOSPC: sqlite3.SQLITE_FULL,
    errno.EIO: sqlite3.SQLITE_IOERR_WRITE,
    errno.EACCES: sqlite3.SQLITE_READONLY,
}
_WRITES = ("BEGIN", "COMMIT", "INSERT", "UPDATE", "DELETE")
_connect = sqlite3.connect
_open, _replace, _fsync = io.open, os.replace, os.fsync


def strike() -> None:
    """Count one more step in the outbox; do the fault when it is its turn."""
    handle = os.open(COUNTER, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(handle, b".")
    step = os.fstat(handle).st_size
    os.close(handle)
    if FAULT == "kill" and step == N:
        os.killpg(0, signal.SIGKILL)
    if FAULT == "ENOSPC" and step >= N:  # a full disk stays full
        raise OSError(errno.ENOSPC, "No space left on device")
    if FAULT in ("EIO", "EACCES") and step == N:
        code = getattr(errno, FAULT)
        raise OSError(code, os.strerror(code))


class _Raw(io.FileIO):
    def write(self, data: Any) -> int:
        strike()
        return super().write(data)


def open_struck(file: Any, mode: str = "r", buffering: int = -1, *args: Any, **named: Any) -> Any:
    """``open``, every step of writing in the outbox counted."""
    ours = not isinstance(file, int) and os.path.abspath(file).startswith(OUTBOX)
    if not ours or not set(mode) & set("wax+"):
        return _open(file, mode, buffering, *args, **named)
    strike()
    raw = _Raw(file, mode.replace("b", "").replace("t", ""))
    if buffering == 0:
        return raw
    buffered: Any = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
    if "b" in mode:
        return buffered
    return io.TextIOWrapper(
        buffered, named.get("encoding"), named.get("errors"), named.get("newline")
    )


def replace_struck(source: Any, target: Any) -> None:
    """``os.replace``, counted."""
    strike()
    _replace(source, target)


def fsync_struck(handle: int) -> None:
    """``os.fsync``, counted."""
    strike()
    _fsync(handle)


class _Ledger(sqlite3.Connection):
    def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:
        if sql.startswith(_WRITES):
            strike_sqlite()
        return super().execute(sql, *given)


def strike_sqlite() -> None:
    """``strike``, the system's refusal as SQLite passes it on."""
    try:
        strike()
    except OSError as exc:
        refusal = sqlite3.OperationalError(exc.strerror)
        refusal.sqlite_errorcode = _SQLITE[exc.errno or 0]
        raise refusal from exc


def connect_struck(path: Any, *given: Any, **named: Any) -> sqlite3.Connection:
    """``sqlite3.connect``, every statement that writes to the ledger counted."""
    if os.path.basename(path) == "ledger.sqlite":
        named["factory"] = _Ledger
    return _connect(path, *given, **named)


def spin(*_: object, **__: object) -> None:
    """Say that it has begun, then never end."""
    Path(COUNTER).touch()
    while True:
        pass


def forbid(event: str, _: tuple[object, ...]) -> None:
    """An audit hook that ends the process where the network or a program is asked for."""
    if event in _FORBIDDEN:
        Path(COUNTER).write_text(event)
        os._exit(99)


if FAULT == "offline":
    sys.addaudithook(forbid)
elif FAULT == "worker-hangs":
    from perfeval_xl.batch import worker

    worker.process = spin
elif FAULT == "summary-hangs":
    from perfeval_xl.writer import summary

    summary.write_summary = spin
else:
    io.open = builtins.open = open_struck
    os.replace, os.fsync = replace_struck, fsync_struck
    sqlite3.connect = connect_struck


def prepare_struck() -> None:
    """Prepare a process that has been struck by importing this function."""
    prepare()


if __name__ == "__main__":
    from perfeval_xl.batch import ending, run

    prepare_struck.__module__ = "tests.batch.saboteur"
    sys.modules[prepare_struck.__module__] = sys.modules["__main__"]
    run.prepare = ending.prepare = prepare_struck
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    from perfeval_xl.cli import main

    main(sys.argv[4:])
