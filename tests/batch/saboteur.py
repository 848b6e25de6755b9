"""The command line with a fault planted: ``python -m tests.batch.saboteur FAULT N COUNTER run …``.

FAULT: kill, ENOSPC, EIO, EACCES strike at the N-th open, write, fsync or rename in the outbox,
counted over all processes in the file COUNTER; worker-hangs and summary-hangs touch COUNTER and
spin; offline forbids sockets and programs; count only counts. The processes of the pool import
this module again and are struck alike.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
import sys
from pathlib import Path
from typing import Any

FAULT, N, COUNTER = sys.argv[1], int(sys.argv[2]), sys.argv[3]
OUTBOX = os.path.abspath(sys.argv[sys.argv.index("--out") + 1])
_FORBIDDEN = (
    "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen",
    "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "os.startfile", "os.spawn",
)  # fmt: skip
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

if __name__ == "__main__":
    from perfeval_xl.cli import main

    main(sys.argv[4:])
