"""Files of the outbox: written whole or not at all, and what stops that in words of the office."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_MARK = ".perfeval-part"
_TEMPORARY = re.compile(r"[0-9a-f]+-[0-9a-f]+\.perfeval-part(?:\.\w+)?")
_NUMBERS = itertools.count()
_PAUSES = (0.1, 0.2, 0.4) if os.name == "nt" else ()  # a virus scanner lets go after a moment
_NO_FSYNC = {errno.EINVAL, errno.ENOTSUP}  # some network folders
_REASONS = {
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已用完",
    errno.EACCES: "没有权限，或正被其他程序占用",
    errno.EPERM: "没有权限，或正被其他程序占用",
    errno.EIO: "磁盘或网络读写出错",
    errno.EROFS: "所在磁盘是只读的",
    errno.ENAMETOOLONG: "路径太长",
    errno.ENOENT: "文件或文件夹已不在",
    errno.EISDIR: "那里是一个文件夹",
    errno.ENOTDIR: "上级路径不是文件夹",
    errno.EMFILE: "打开的文件太多",
}


class Locked(OSError):
    """The target exists and may not be replaced: another program has it open."""


def write_whole(path: Path, data: bytes) -> None:
    """Write beside the target under a temporary name, then rename; folders are made as needed."""
    with whole_file(path) as temporary:
        temporary.write_bytes(data)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends without an error.

    Raises:
        Locked: the target is open in another program.
        OSError: names the target, not the temporary file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{os.getpid():x}-{next(_NUMBERS):x}{_MARK}{path.suffix}")
    try:
        yield temporary
        _flush_to_disk(temporary)
        _replace(temporary, path)
    except BaseException as exc:
        with contextlib.suppress(OSError):
            temporary.unlink()
        cause = _system_error(exc)
        if cause is None:
            raise
        raise type(cause)(cause.errno, cause.strerror, str(path)) from exc


def remove(path: Path) -> None:
    """Take a file away if it is there; Locked when another program has it open."""
    try:
        path.unlink(missing_ok=True)
    except PermissionError as exc:
        raise Locked(exc.errno, exc.strerror, str(path)) from exc


def clear_parts(outbox: Path) -> None:
    """Remove the temporary files that a killed process left behind."""
    for folder, _, files in os.walk(outbox):
        for name in files:
            if _TEMPORARY.fullmatch(name):
                Path(folder, name).unlink(missing_ok=True)


def flush(handle: int) -> None:
    """Have what was written on disk; nothing on a file system that cannot say so."""
    try:
        os.fsync(handle)
    except OSError as exc:
        if exc.errno not in _NO_FSYNC:
            raise


def reason_of(error: OSError) -> str:
    """Why the system refused, in Chinese where the reason is a usual one."""
    known = _REASONS.get(error.errno or 0)
    return known or error.strerror or "系统没有说明原因"


def quiet_refusals() -> None:
    """Say nothing of files that a library fails to close once more after the system refused."""
    loud = sys.unraisablehook

    def hook(what: sys.UnraisableHookArgs, /) -> None:
        if not isinstance(what.exc_value, (OSError, ValueError)):
            loud(what)

    sys.unraisablehook = hook


def _system_error(error: BaseException) -> OSError | None:
    """The system's refusal, also where a library has put it into an error of its own."""
    if isinstance(error, OSError):
        return error
    inner = error.args[0] if error.args else None
    return inner if isinstance(inner, OSError) else None


def _flush_to_disk(path: Path) -> None:
    """Have the content on disk before the name is: a power cut leaves no empty file."""
    handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        flush(handle)
    finally:
        os.close(handle)


def _replace(temporary: Path, path: Path) -> None:
    for pause in _PAUSES:
        with contextlib.suppress(PermissionError):
            os.replace(temporary, path)
            return
        time.sleep(pause)
    try:
        os.replace(temporary, path)
    except PermissionError as exc:
        if not path.is_file():
            raise
        raise Locked(exc.errno, exc.strerror, str(path)) from exc
