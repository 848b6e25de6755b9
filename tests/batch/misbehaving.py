"""Work for the pool that does to its process what a hostile file might, by the file's name."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from pathlib import Path

from perfeval_xl.batch import one, worker
from perfeval_xl.batch.discover import Submitted
from perfeval_xl.batch.one import Options, Stamp
from perfeval_xl.batch.record import Record
from perfeval_xl.batch.worker import Finished

_replace = os.replace


def work(submitted: Submitted, outbox: Path, options: Options, seen: Stamp | None = None) -> Record:
    """The real work around a process that misbehaves."""
    worker.process = _process
    os.replace = _refusing_replace
    return worker.work(submitted, outbox, options, seen)


def work_line(
    submitted: Submitted, outbox: Path, options: Options, seen: Stamp | None = None
) -> Finished:
    """The same, its record as a line."""
    return Finished.of(work(submitted, outbox, options, seen))


def hears_ctrl_c() -> bool:
    """Whether Ctrl-C reaches the process, as it was when the process was started."""
    return signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())


def _process(
    submitted: Submitted, outbox: Path, options: Options, seen: Stamp | None = None
) -> Record:
    if submitted.name.startswith("ruled meanwhile") and seen is None:
        _rule_once(outbox / submitted.copy)
    act = _ACTS.get(submitted.name.partition(".")[0])
    if act is not None:
        act()
    return one.process(submitted, outbox, options, seen)


def _rule_once(copy: Path) -> None:
    """An officer saves a ruling while her copy is about to be written anew."""
    from tests import officer  # openpyxl, which no worker is to load

    if copy.exists() and not officer.entered(copy):
        officer.rule(copy, {"budget_management_system": (1, "当时填的")})


def _spin() -> None:
    for _ in itertools.repeat(None):
        pass


def _spin_deaf() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF, signal.SIGALRM, signal.SIGTERM})
    _spin()


def _eat() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(16 * 2**20))


def _fail() -> None:
    raise ZeroDivisionError("a fault of ours")


def _recurse() -> None:
    _recurse()


def _swallow() -> None:
    """Code that catches whatever it meets."""
    while True:
        try:
            _spin()
        except Exception:
            continue


_ACTS = {
    "abort": os.abort,
    "exit": lambda: os._exit(0),
    "slow": _spin,
    "swallows": _swallow,
    "deaf": _spin_deaf,
    "greedy": _eat,
    "fault": _fail,
    "recursion": _recurse,
}


def _refusing_replace(source: Path, target: Path) -> None:
    if Path(target).name.startswith("open elsewhere"):
        raise PermissionError(13, "Permission denied", str(source), None, str(target))
    _replace(source, target)


def answer(number: int) -> int:
    """Twice the number, or what its number stands for."""
    if number == 13:
        os._exit(0)
    if number == 14:
        _spin_deaf()
    if number == 15:
        raise ValueError(number)
    return number * 2


def loaded_after(submitted: Submitted, outbox: Path, names: tuple[str, ...]) -> list[str]:
    """Which of the packages a worker has loaded once it has done a file."""
    worker.work_line(submitted, outbox, Options())
    return [name for name in names if name in sys.modules]


def no_start() -> None:
    """Ends the process before it takes a task."""
    raise SystemExit(1)
