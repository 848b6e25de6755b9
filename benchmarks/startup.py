"""How long a command takes to start: against a bare click program, and around one file.

    python -m benchmarks.startup
    python -m benchmarks.startup --write        also into benchmarks/RESULTS.md

Processor time of fresh processes that take turns, medians. A file's own time is what
``evaluate_workbook`` and its record take in a process that has done others before.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.corpus import LIGHT, write_corpus
from benchmarks.report import put_section, table
from perfeval_xl.batch.one import Options
from perfeval_xl.batch.record import to_line
from perfeval_xl.batch.worker import check

_BARE = '''
import click

@click.group()
def main():
    """A program."""

@main.command()
@click.argument("file")
def check(file):
    """A command."""
    click.echo(file)

if __name__ == "__main__":
    main()
'''


def seconds(folder: Path, *arguments: str) -> float:
    """Processor seconds of a fresh Python with these arguments, its modules compiled before."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "pycache")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, *arguments]
    subprocess.run(command, capture_output=True, check=False, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def own_time(path: Path, first: bool) -> float:
    """Processor seconds that checking a file takes in this process."""
    best = float("inf")
    for _ in range(1 if first else 10):
        start = time.process_time()
        to_line(check(path, Options()))
        best = min(best, time.process_time() - start)
    return best


def medians(jobs: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Median of each job's seconds, the jobs taking turns."""
    found: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            found[name].append(job())
    return {name: statistics.median(times) for name, times in found.items()}


def measure(rounds: int) -> str:
    """The table."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        bare = folder / "bare.py"
        bare.write_text(_BARE, encoding="utf-8")
        path = write_corpus(folder / "in", 2, (LIGHT,))[0]
        first, warm = own_time(path, True), own_time(path, False)
        found = medians(
            {
                "bare": lambda: seconds(folder, str(bare), "--help"),
                "help": lambda: seconds(folder, "-m", "perfeval_xl", "--help"),
                "check": lambda: seconds(folder, "-m", "perfeval_xl", "check", str(path)),
            },
            rounds,
        )
    start = found["help"]
    rows = [
        ["bare click program, --help", f"{found['bare'] * 1000:.0f} ms", ""],
        [
            "perfeval --help",
            f"{start * 1000:.0f} ms",
            f"{start / found['bare']:.2f} × bare (≤ 1.5)",
        ],
        ["one file in a warm process", f"{warm * 1000:.1f} ms", ""],
        ["the first file of a process", f"{first * 1000:.0f} ms", "imports and form data"],
        [
            "perfeval check FILE",
            f"{found['check'] * 1000:.0f} ms",
            f"start + {(found['check'] - start) / warm:.1f} × the file (≤ 3)",
        ],
    ]
    return table(["what", "processor time", "ratio"], rows)


def main() -> None:
    """Measure and print; with --write also into RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    text = measure(given.rounds)
    print(text)
    if given.write:
        put_section("Start-up", text)


if __name__ == "__main__":
    main()
