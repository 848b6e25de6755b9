"""The same work on other machines: batches of files to a Dask scheduler's workers.

Inbox and outbox lie on storage that every machine reaches under the same path; outputs are written
where the work is done, records come back here. Each thread of a Dask worker keeps an outpost (see
``outpost.py``), so that the limits on one file hold there as they do here.
"""

from __future__ import annotations

import atexit
import itertools
import os
import pickle
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import perfeval_xl
from perfeval_xl.batch.outpost import read_frame, write_frame
from perfeval_xl.batch.pool import Died
from perfeval_xl.batch.program import program_digest
from perfeval_xl.errors import PerfEvalError

if TYPE_CHECKING:
    from distributed import Client, Future

_CHUNK = 16  # files of one batch, fewer where that would leave workers idle
_AHEAD = 2  # batches that wait at each thread, so that it never does
_CONNECT_SECONDS = 10
_WORKER_SECONDS = 60.0  # how long to wait for the first worker
_GLANCE = 0.5

T = TypeVar("T")


class ClusterError(PerfEvalError):
    """The machines cannot be reached or run another program; says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class Cluster(Generic[T]):
    """Gives out tasks as ``Pool`` does, to the workers of a scheduler.

    arguments: what the work is called with for a task; paths in them must hold on every machine.
    seconds: the hard limit on one task. tasks: about how many there will be.

    Raises:
        ClusterError: no scheduler there, or Dask is not installed.
    """

    def __init__(
        self, address: str, arguments: Callable[[T], tuple[Any, ...]], seconds: float, tasks: int
    ) -> None:
        self._address = address
        self._arguments = arguments
        self._seconds = seconds
        self._tasks = tasks
        self._run = uuid.uuid4().hex  # machines that serve several runs tell them apart by it
        self._client = _connected(address)

    def __enter__(self) -> Cluster[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()  # what is still waiting there is forgotten with the client

    def outcomes(self, tasks: Iterable[T]) -> Iterator[tuple[T, Any]]:
        """Each task with its result, or with the exception it ended in, as they are done.

        Raises:
            ClusterError: the scheduler is lost, has no workers, or they run another program.
        """
        threads = self._threads()
        chunk = max(1, min(_CHUNK, self._tasks // (threads * _AHEAD * 2)))
        waiting = iter(tasks)
        running: dict[Future, list[T]] = {}
        while True:
            while len(running) < threads * _AHEAD:
                batch = list(itertools.islice(waiting, chunk))
                if not batch:
                    break
                running[self._submit(batch)] = batch
            if not running:
                return
            for future in self._finished(running):
                batch = running.pop(future)
                results = self._results(future)
                if results is not None:
                    yield from zip(batch, results, strict=True)
                elif len(batch) == 1:
                    yield batch[0], Died("dask")
                else:  # one of them took its worker along: each alone, and only that one fails
                    running |= {self._submit([task]): [task] for task in batch}
            threads = self._threads()

    def _submit(self, batch: list[T]) -> Future:
        arguments = [self._arguments(task) for task in batch]
        payload = pickle.dumps((program_digest(), self._run, self._seconds, arguments))
        return self._client.submit(evaluate_batch, payload, pure=False)

    def _finished(self, running: Iterable[Future]) -> list[Future]:
        from distributed import wait

        while True:
            self._say_when_lost()
            try:
                with self._client.as_current():
                    return list(wait(list(running), _GLANCE, "FIRST_COMPLETED").done)
            except TimeoutError:
                continue

    def _results(self, future: Future) -> list[Any] | None:
        """Results of a batch, None when its workers died over it."""
        if future.status == "finished":
            found = pickle.loads(future.result())
            if isinstance(found, str):
                raise ClusterError(_OTHER_PROGRAM.format(machine=found))
            assert isinstance(found, list)
            return found
        self._say_when_lost()
        return None

    def _threads(self) -> int:
        """Threads of all workers; waits for the first one."""
        end = time.monotonic() + _WORKER_SECONDS
        while time.monotonic() < end:
            self._say_when_lost()
            found = int(sum(self._client.nthreads().values()))
            if found:
                return found
            time.sleep(_GLANCE)
        raise ClusterError(_NO_WORKERS.format(address=self._address))

    def _say_when_lost(self) -> None:
        if self._client.status != "running":
            raise ClusterError(_LOST.format(address=self._address))


_NO_DASK = "用 --scheduler 需要先安装 Dask：pip install 'perfeval-xl[dask]'。"
_NO_SCHEDULER = (
    "连不上调度器 {address}（{why}）。请检查地址、端口和网络，并确认 dask scheduler 正在运行。"
)
_NO_WORKERS = (
    "调度器 {address} 上没有工作机。请在各台机器上运行 dask worker {address}，然后重新运行。"
)
_LOST = "与调度器 {address} 的连接断了。已完成的不会重做：恢复后再次运行同一命令即可继续。"
_OTHER_PROGRAM = (
    "工作机 {machine} 上的 perfeval_xl 与本机不同。请在各台机器上安装同一版本，然后重新运行。"
)


def _connected(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError as exc:
        raise ClusterError(_NO_DASK) from exc
    try:
        return Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as exc:
        raise ClusterError(_NO_SCHEDULER.format(address=address, why=exc)) from exc


# ---- on a Dask worker ----

_here = threading.local()


def evaluate_batch(payload: bytes) -> bytes:
    """Pickled results of a batch, in its order, or this machine's name when it runs another program."""
    outpost = getattr(_here, "outpost", None)
    if outpost is None or outpost.poll() is not None:
        outpost = _here.outpost = _started()
    write_frame(outpost.stdin, payload)
    return read_frame(outpost.stdout)


def _started() -> subprocess.Popen[bytes]:
    """A process of this program that does not belong to Dask and may have children of its own."""
    home = str(Path(perfeval_xl.__file__).parent.parent)
    path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH", ""))))
    outpost = subprocess.Popen(
        [sys.executable, "-m", "perfeval_xl.batch.outpost"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    atexit.register(_end, outpost)
    return outpost


def _end(outpost: subprocess.Popen[bytes]) -> None:
    with outpost:  # closes both pipes and waits
        outpost.kill()
