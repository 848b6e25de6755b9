"""Many files on many cores: speed-up, time per file and memory from 100 to 10,000 files.

    python -m benchmarks.scaling                     100, 1,000 and 10,000 files (half an hour)
    python -m benchmarks.scaling --sizes 100 1000    fewer
    python -m benchmarks.scaling --write             also into benchmarks/RESULTS.md

Each run is a process of its own on a generated corpus (half heavy, half light). Speed-up: runs
with one and with two workers take turns; the least wall time of each counts, over the files alone
and over the whole run with results.jsonl and 汇总.xlsx. On a machine that others use too the wall
time says little: the processor time of the parent beside that of its workers says what two free
cores would give, since the parent is the only part that does not divide.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.corpus import write_corpus
from benchmarks.report import put_section, table

_MB = 1024  # ru_maxrss is in KiB on Linux


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a folder. Seconds: of all, until the last file, and of processors; memory in MB."""

    files: int
    jobs: int
    whole: float
    alone: float  # until the last file was finished
    parent_until_last: float
    parent: float
    workers: float
    parent_mb: float
    worker_mb: float
    summary_mb: float  # of the process that writes 汇总.xlsx, or of a worker where that is more


def run_here(inbox: str, outbox: str, jobs: int) -> Run:
    """Run a folder in this process and say what it took."""
    from perfeval_xl.batch import run as run_module

    worker_mb = 0.0
    write_results = run_module.write_results

    def write_when_workers_have_ended(*given: Any) -> dict[str, Any]:
        nonlocal worker_mb
        worker_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / _MB
        return write_results(*given)

    run_module.write_results = write_when_workers_have_ended
    start, used = time.perf_counter(), time.process_time()
    last = [start, used]

    def show(_record: object, _files: int) -> None:
        last[:] = time.perf_counter(), time.process_time()

    result = run_module.run_folder(inbox, outbox, jobs=jobs, progress=show)
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Run(
        files=result.files,
        jobs=jobs,
        whole=time.perf_counter() - start,
        alone=last[0] - start,
        parent_until_last=last[1] - used,
        parent=time.process_time() - used,
        workers=children.ru_utime + children.ru_stime,
        parent_mb=own.ru_maxrss / _MB,
        worker_mb=worker_mb,
        summary_mb=children.ru_maxrss / _MB,
    )


def run(inbox: Path, outbox: Path, jobs: int) -> Run:
    """Run a folder in a fresh process."""
    shutil.rmtree(outbox, ignore_errors=True)
    arguments = [sys.executable, "-m", "benchmarks.scaling", "--one", str(inbox), str(outbox)]
    done = subprocess.run(
        [*arguments, str(jobs)], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def speed_ups(folder: Path, sizes: list[int], rounds: int) -> str:
    """Two workers against one, taking turns, by number of files."""
    heads = [
        "files", "wall time until the last file", "of the whole run",
        "two free cores, by processor time", "parent beside workers, processor time",
    ]  # fmt: skip
    rows = [_speed_up(folder, files, rounds) for files in sizes]
    return "Two workers against one:\n\n" + table(heads, rows)


def _speed_up(folder: Path, files: int, rounds: int) -> list[str]:
    inbox = folder / f"in {files}"
    pairs = [(run(inbox, folder / "out", 1), run(inbox, folder / "out", 2)) for _ in range(rounds)]
    ones, twos = [a for a, _ in pairs], [b for _, b in pairs]
    alone = min(r.alone for r in ones) / min(r.alone for r in twos)
    whole = min(r.whole for r in ones) / min(r.whole for r in twos)
    worker = min(r.workers for r in ones)
    parent = min(r.parent_until_last for r in twos)
    return [
        f"{files:,}",
        f"{alone:.2f} (≥ 1.8)",
        f"{whole:.2f}",
        f"{2 * worker / (worker + parent):.2f}",
        f"{parent / worker:.1%}",
    ]


def growth(folder: Path, sizes: list[int]) -> str:
    """Time per file and memory by number of files, two workers."""
    runs = [run(folder / f"in {files}", folder / "out", 2) for files in sizes]
    first = runs[0]
    rows = [
        [
            f"{r.files:,}",
            f"{r.whole / r.files * 1000:.1f}",
            f"{(r.parent + r.workers) / r.files * 1000:.2f}",
            f"{_per_file(r) / _per_file(first):.2f} (≤ 1.1)",
            f"{(r.parent - r.parent_until_last) / r.files * 1000:.2f}",
            f"{r.parent_mb:.0f} (< 120)",
            f"{r.worker_mb:.0f} (< 80)",
            f"{r.summary_mb:.0f}",
        ]
        for r in runs
    ]
    heads = [
        "files", "wall ms/file", "processor ms/file", "to the first", "of it results and summary",
        "parent MB", "worker MB", "summary MB",
    ]  # fmt: skip
    return "Two workers, by number of files (memory at its peak):\n\n" + table(heads, rows)


def _per_file(found: Run) -> float:
    return (found.parent + found.workers) / found.files


def main() -> None:
    """Measure and print; with --write also into RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--speed-up-files", type=int, nargs="+", default=[300, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--one", nargs=3, metavar=("INBOX", "OUTBOX", "JOBS"))
    given = parser.parse_args()
    if given.one:
        inbox, outbox, jobs = given.one
        found = run_here(inbox, outbox, int(jobs))
        print(json.dumps({name: getattr(found, name) for name in Run.__slots__}))
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        for files in {*given.sizes, *given.speed_up_files}:
            write_corpus(folder / f"in {files}", files)
        text = speed_ups(folder, given.speed_up_files, given.rounds)
        text += "\n\n" + growth(folder, given.sizes)
    print(text)
    if given.write:
        put_section("Many processes", text)


if __name__ == "__main__":
    main()
