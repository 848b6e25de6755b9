"""One run at a time in an outbox. The lock goes with the process, however that ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

from perfeval_xl.errors import PerfEvalError

_FILE = ".perfeval/lock"


class OutboxBusy(PerfEvalError):
    """Another run is writing to this outbox."""

    def __init__(self, outbox: str) -> None:
        super().__init__(outbox)
        self.outbox = outbox

    def __str__(self) -> str:
        return (
            f"另一个复核正在写结果文件夹“{self.outbox}”。请等它结束后再运行，或换一个结果文件夹。"
        )


class OutboxLock:
    """Holds the outbox while the ``with`` block runs; OutboxBusy when another process holds it.

    On a file system without locks nothing is held.
    """

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox
        self._file: IO[bytes] | None = None

    def __enter__(self) -> OutboxLock:
        path = self._outbox / _FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        try:
            _lock(self._file.fileno())
        except (BlockingIOError, PermissionError) as exc:
            self._file.close()
            raise OutboxBusy(os.fspath(self._outbox)) from exc
        except OSError:
            pass
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
