"""What a worker process does before and around one file: limits on time and memory, no Ctrl-C."""

from __future__ import annotations

import contextlib
import gc
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from perfeval_xl.batch.discover import Submitted
from perfeval_xl.batch.files import quiet_refusals
from perfeval_xl.batch.one import (
    Options,
    digest_of,
    give_back,
    in_mb,
    process,
    record_of,
)
from perfeval_xl.batch.record import (
    Record,
    from_line,
    returned_record,
    take_delivery,
    to_line,
)
from perfeval_xl.batch.standing import Made, Stamp
from perfeval_xl.errors import WorkbookError
from perfeval_xl.forms.returns import return_text

_GENERATION = 50_000  # objects before the collector looks: a file makes many and drops them at once
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class OutOfTime(BaseException):
    """The soft limit has passed. No Exception: nobody between here and the limit may catch it."""


def prepare() -> None:
    """Set up a fresh worker: Ctrl-C is the parent's, and a killed parent leaves no worker behind."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(_GENERATION, 20, 50)
    quiet_refusals()
    if sys.platform == "linux":
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def work(submitted: Submitted, outbox: Path, options: Options, seen: Stamp | None = None) -> Record:
    """Process one file within the soft limits on time and memory."""
    limits = options.limits
    try:
        with memory_ceiling(limits.memory_bytes), soft_limit(limits.soft_seconds):
            return process(submitted, outbox, options, seen)
    except OutOfTime:
        error = WorkbookError("file.too_slow", {"limit": f"{limits.soft_seconds:g}"})
    except MemoryError:
        error = WorkbookError("file.too_much_memory", {"limit": in_mb(limits.memory_bytes)})
    digest = digest_of(submitted.path, limits.package)
    return give_back(submitted, outbox, options, error, digest)


@dataclass(frozen=True, slots=True)
class Finished:
    """A file that is done.

    line: its record as a line of results.jsonl. made: its output as written. kept: where an
    officer's version of that output was set aside, if it was.
    """

    line: bytes
    made: Made | None
    kept: str | None

    @classmethod
    def of(cls, record: Record) -> Finished:
        """From a record that says beside itself how its output was delivered."""
        made, kept = take_delivery(record)
        return cls(to_line(record).encode("utf-8"), made, kept)

    @property
    def record(self) -> Record:
        """The record, read back from its line."""
        return from_line(self.line.decode("utf-8"))


def work_line(
    submitted: Submitted, outbox: Path, options: Options, seen: Stamp | None = None
) -> Finished:
    """``work``, its record as a line of results.jsonl: what the parent need not make of it."""
    return Finished.of(work(submitted, outbox, options, seen))


def check(path: Path, options: Options) -> Record:
    """The record of one file within the soft limits, in this process, without writing anything."""
    limits = options.limits
    try:
        with memory_ceiling(limits.memory_bytes), soft_limit(limits.soft_seconds):
            return record_of(path, options)
    except OutOfTime:
        error = WorkbookError("file.too_slow", {"limit": f"{limits.soft_seconds:g}"})
    except MemoryError:
        error = WorkbookError("file.too_much_memory", {"limit": in_mb(limits.memory_bytes)})
    digest = digest_of(path, limits.package)
    return returned_record(return_text(error, path.name), path.name, digest, "")


@contextlib.contextmanager
def soft_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTime after so many seconds of computing, where the system has alarms for it.

    Seconds on the processor, so that a busy machine changes no outcome; waiting counts against the
    hard limit only.
    """
    here = threading.current_thread() is threading.main_thread()
    if not here or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def memory_ceiling(size: int) -> Iterator[None]:
    """Let the block map at most ``size`` bytes beside what is mapped already, where systems can."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        yield
        return
    ceiling = pages * resource.getpagesize() + size
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        ceiling = min(ceiling, hard)
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))
