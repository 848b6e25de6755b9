"""A Dask scheduler and workers as processes of their own on loopback, as an office would start them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT


class Machines:
    """A scheduler and its workers; ``address`` is what ``--scheduler`` takes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        told = folder / "scheduler.json"
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0",
                    "--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(told))  # fmt: skip
        end = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError, ValueError):
                self.address = str(json.loads(told.read_text())["address"])
                return
            assert time.monotonic() < end, "the scheduler does not start"
            time.sleep(0.1)

    def add_worker(self) -> subprocess.Popen[bytes]:
        """One more machine with one thread."""
        return self._start("worker", self.address, "--nthreads", "1", "--no-dashboard",
                           "--local-directory", str(self._folder))  # fmt: skip

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        log = (self._folder / f"{len(self.processes)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *command], stdout=log, stderr=log, cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process


@contextlib.contextmanager
def machines(folder: Path, workers: int) -> Iterator[Machines]:
    """So many workers at a scheduler, all killed at the end."""
    found = Machines(folder)
    try:
        for _ in range(workers):
            found.add_worker()
        yield found
    finally:
        for process in found.processes:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
