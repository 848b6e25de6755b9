"""How long a command takes to start: against a bare click program, and around one file.

    python -m benchmarks.startup
    python -m benchmarks.startup --write        also into benchmarks/RESULTS.md

Processor time, the least of many turns: what others do on the machine only adds. Fresh processes
take turns, their modules compiled before. Pipeline time of a form is what a worker that has done
others takes for one (read, evaluate, annotate, record): of six files that differ, the mean. The
command checks these same six.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.corpus import HEAVY, LIGHT, TITLES, write_corpus
from benchmarks.report import put_section, table
from benchmarks.throughput import ours
from perfeval_xl.batch.worker import prepare

_FILES = 6
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


def pipeline_seconds(paths: Sequence[Path], outbox: Path, rounds: int) -> float:
    """Processor seconds of one of these files in this process, which is as a worker's by now."""
    outbox.mkdir(exist_ok=True)

    def all_of_them() -> float:
        start = time.process_time()
        for path in paths:
            ours(path, outbox)
        return (time.process_time() - start) / len(paths)

    return min(all_of_them() for _ in range(rounds + 1))


def least(jobs: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The least of each job's seconds, the jobs taking turns."""
    found: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            found[name].append(job())
    return {name: min(times) for name, times in found.items()}


def measure(rounds: int) -> str:
    """The table."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        bare = folder / "bare.py"
        bare.write_text(_BARE, encoding="utf-8")
        forms = {kind: write_corpus(folder / kind, _FILES, (kind,)) for kind in (HEAVY, LIGHT)}
        jobs: dict[str, Callable[[], float]] = {
            "bare": lambda: seconds(folder, str(bare), "--help"),
            "help": lambda: seconds(folder, "-m", "perfeval_xl", "--help"),
        }
        for kind, paths in forms.items():
            jobs[kind] = _checks(folder, paths)
        found = least(jobs, rounds)
        prepare()
        warm = {k: pipeline_seconds(paths, folder / "out", rounds) for k, paths in forms.items()}
    start = found["help"]
    rows = [
        ["bare click program, --help", f"{found['bare'] * 1000:.0f} ms", ""],
        [
            "perfeval --help",
            f"{start * 1000:.0f} ms",
            f"{start / found['bare']:.2f} × bare (≤ 1.5)",
        ],
    ]
    for kind, own in warm.items():
        beyond = (found[kind] - start) / own
        rows += [
            [f"{TITLES[kind]}: pipeline in a warm process", f"{own * 1000:.1f} ms", ""],
            [
                "perfeval check of it",
                f"{found[kind] * 1000:.0f} ms",
                f"start + {beyond:.1f} × the pipeline (≤ 3)",
            ],
        ]
    return table(["what", "processor time", "ratio"], rows)


def _checks(folder: Path, paths: Sequence[Path]) -> Callable[[], float]:
    """Seconds of ``perfeval check`` of one file after the other."""
    turn = itertools.cycle(paths)
    return lambda: seconds(folder, "-m", "perfeval_xl", "check", str(next(turn)))


def main() -> None:
    """Measure and print; with --write also into RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    text = measure(given.rounds)
    print(text)
    if given.write:
        put_section("Start-up", text)


if __name__ == "__main__":
    main()
