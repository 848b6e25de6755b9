"""What a worker process does before and around one file: limits on time and memory, no Ctrl-C."""

from __future__ import annotations

import contextlib
import gc
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from perfeval_xl.batch.discover import Submitted
from perfeval_xl.batch.one import Options, process
from perfeval_xl.batch.record import Record
from perfeval_xl.errors import WorkbookError

_GENERATION = 50_000  # objects before the collector looks: a file makes many and drops them at once


def prepare(memory_bytes: int) -> None:
    """Set up a fresh worker: Ctrl-C is the parent's, memory has a ceiling where the system has one.

    The ceiling counts what a file adds to what the idle worker has mapped.
    """
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(_GENERATION, 20, 50)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        ceiling = pages * resource.getpagesize() + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))


def work(submitted: Submitted, outbox: Path, options: Options) -> Record:
    """Process one file within the soft time limit."""
    with soft_limit(options.limits.soft_seconds):
        return process(submitted, outbox, options)


@contextlib.contextmanager
def soft_limit(seconds: float) -> Iterator[None]:
    """Raise WorkbookError file.too_slow after so many seconds, where the system has alarms."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise WorkbookError("file.too_slow", {"limit": f"{seconds:g}"})

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
