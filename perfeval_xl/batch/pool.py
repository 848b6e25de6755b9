"""Processes that do one task at a time, each over a pipe of its own.

A process that dies or is late costs the one task it held: which one that is, is known at every
moment. Nothing here knows what a task is. The parent runs no threads, so Ctrl-C is plain.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any, Generic, TypeVar

from perfeval_xl.errors import PerfEvalError

_BEGUN = b"begun"
_START_SECONDS = 120.0  # for the imports of a new process, on a slow disk
_MOST_FAILED_STARTS = 3
_GLANCE = 0.5  # seconds between two looks at the clock, so that Ctrl-C is seen on Windows too

T = TypeVar("T")
Work = Callable[..., Any]


class Died(Exception):
    """The process ended in the middle of its task; ``args[0]`` is its exit code."""


class Late(Exception):
    """The task was not done within its time; its process was killed."""


class NoWorkers(PerfEvalError):
    """New processes end before they take a task."""

    def __str__(self) -> str:
        return "工作进程启动不了。请检查内存是否够用、程序是否安装完整，然后重新运行。"


@dataclass
class _Worker(Generic[T]):
    process: BaseProcess
    pipe: Connection[Any, Any]
    task: T | None = None
    deadline: float = math.inf
    has_begun: bool = False


@dataclass
class Pool(Generic[T]):
    """At most ``size`` processes doing ``work(*arguments(task))``, each task within ``seconds``.

    prepare: called once in every new process. Leaving the ``with`` block kills them all.
    """

    size: int
    work: Work
    arguments: Callable[[T], tuple[Any, ...]]
    seconds: float
    prepare: Callable[[], None]
    _workers: list[_Worker[T]] = field(default_factory=list)
    _failed_starts: int = 0

    def __enter__(self) -> Pool[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, whatever they are at."""
        with _without_interrupts():
            for worker in self._workers:
                worker.process.kill()
            for worker in self._workers:
                _bury(worker)
            self._workers.clear()

    def outcomes(self, tasks: Iterable[T]) -> Iterator[tuple[T, Any]]:
        """Each task with its result, or with the exception it ended in, as they are done.

        The first tasks begin at once, also before the first outcome is asked for. Died and Late are
        outcomes like any other exception of the work.

        Raises:
            NoWorkers: processes cannot be started.
        """
        waiting = iter(tasks)
        self._fill(waiting)
        return self._outcomes(waiting)

    def _outcomes(self, waiting: Iterator[T]) -> Iterator[tuple[T, Any]]:
        while busy := [worker for worker in self._workers if worker.task is not None]:
            for worker in _stirring(busy):
                done = self._look(worker)
                if done is None:
                    continue
                self._fill(waiting)  # first the next task, so that the process need not wait
                yield done

    def _fill(self, waiting: Iterator[T]) -> None:
        """Give every idle process its next task, starting processes up to ``size``."""
        while any(w.task is None for w in self._workers) or len(self._workers) < self.size:
            task = next(waiting, None)
            if task is None:
                return
            self._give(task)

    def _give(self, task: T) -> None:
        worker = next((w for w in self._workers if w.task is None), None) or self._start()
        worker.task = task
        worker.has_begun = False
        worker.deadline = time.monotonic() + _START_SECONDS
        with contextlib.suppress(OSError):  # it died while idle: seen when its pipe ends
            worker.pipe.send_bytes(pickle.dumps(self.arguments(task)))

    def _start(self) -> _Worker[T]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        if sys.platform != "win32":
            resource_tracker.ensure_running()  # now, for as it starts it lets Ctrl-C in
        process = context.Process(
            target=_serve, args=(theirs, self.work, self.prepare), daemon=True
        )
        with _without_interrupts():
            with _without_script():
                process.start()
            theirs.close()
            worker: _Worker[T] = _Worker(process, ours)
            self._workers.append(worker)
        return worker

    def _look(self, worker: _Worker[T]) -> tuple[T, Any] | None:
        """What became of the process's task, None while it goes on."""
        task = worker.task
        assert task is not None
        message = _message(worker)
        if message == _BEGUN:
            worker.has_begun = True
            worker.deadline = time.monotonic() + self.seconds
            self._failed_starts = 0
            return None
        if message:
            worker.task, worker.deadline = None, math.inf
            return task, pickle.loads(message)
        if message is None and time.monotonic() < worker.deadline:
            return None
        self._drop(worker)
        if worker.has_begun:
            return task, Late() if message is None else Died(worker.process.exitcode)
        self._start_again(task)
        return None

    def _start_again(self, task: T) -> None:
        self._failed_starts += 1
        if self._failed_starts >= _MOST_FAILED_STARTS:
            raise NoWorkers
        self._give(task)

    def _drop(self, worker: _Worker[T]) -> None:
        with _without_interrupts():
            worker.process.kill()
            _bury(worker)
            self._workers.remove(worker)


def _stirring(busy: list[_Worker[T]]) -> list[_Worker[T]]:
    """The processes that said something, ended or are late; waits for the first."""
    left = min(worker.deadline for worker in busy) - time.monotonic()
    said = wait([worker.pipe for worker in busy], min(max(0.0, left), _GLANCE))
    now = time.monotonic()
    return [worker for worker in busy if worker.pipe in said or worker.deadline <= now]


def _message(worker: _Worker[Any]) -> bytes | None:
    """The next message; None when there is none yet, empty when the process is gone."""
    try:
        return worker.pipe.recv_bytes() if worker.pipe.poll() else None
    except (EOFError, OSError):
        return b""


def _bury(worker: _Worker[Any]) -> None:
    worker.process.join()
    worker.pipe.close()


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Ctrl-C waits until the block ends (Windows: is dropped); a process started in it sees none."""
    if sys.platform == "win32":
        import ctypes

        hear = ctypes.windll.kernel32.SetConsoleCtrlHandler  # processes inherit what it says
        hear(None, True)
        try:
            yield
        finally:
            hear(None, False)
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _without_script() -> Iterator[None]:
    """A process started in the block does not run the script that called us.

    Python imports the main module again in a new process; a script that says run_folder(…)
    without ``if __name__ == "__main__"`` would begin a run of its own in every worker.
    """
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


# ---- in the process ----


def _serve(pipe: Connection[Any, Any], work: Work, prepare: Callable[[], None]) -> None:
    """Do tasks until the parent closes the pipe."""
    prepare()
    with contextlib.suppress(EOFError, OSError):
        while True:
            arguments = pickle.loads(pipe.recv_bytes())
            pipe.send_bytes(_BEGUN)
            pipe.send_bytes(_pickled(_result(work, arguments)))


def _result(work: Work, arguments: tuple[Any, ...]) -> Any:
    try:
        return work(*arguments)
    except Exception as exc:
        exc.add_note(traceback.format_exc())
        return exc


def _pickled(result: Any) -> bytes:
    """The result as bytes that the parent can read; an error that cannot travel is described."""
    try:
        data = pickle.dumps(result)
        if isinstance(result, Exception):
            pickle.loads(data)
    except Exception:
        return pickle.dumps(RuntimeError(repr(result)[:2000]))
    return data
