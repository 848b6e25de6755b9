"""What it costs to hand files to a Dask scheduler's workers instead of processes here.

python -m benchmarks.cluster [FEW MANY]    two sizes of a corpus; prints seconds and the overhead

Two workers on loopback against two processes of a local run, in turn. What counts is the cost of
one more file (the slope between the two sizes): starting and connecting are paid once a run.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from perfeval_xl import run_folder
from tests.batch.cluster_of import Machines, machines
from tests.builders import layout_plain
from tests.builders.forms import FilledForm

_ROUNDS = 3


def main(few: int = 100, many: int = 600) -> None:
    """Print one table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inboxes = {size: corpus(folder / f"{size}", size) for size in (few, many)}
        (folder / "dask").mkdir()
        with machines(folder / "dask", 2) as cluster:
            took = measured(inboxes, folder / "结果", cluster)
    slopes = {who: (took[who, many] - took[who, few]) / (many - few) for who in ("here", "dask")}
    print("| files | here, 2 processes | Dask, 2 workers |\n|--:|--:|--:|")
    for size in (few, many):
        print(f"| {size} | {took['here', size]:.2f} s | {took['dask', size]:.2f} s |")
    print(f"| one more | {slopes['here'] * 1e3:.2f} ms | {slopes['dask'] * 1e3:.2f} ms |")
    print(f"\noverhead per file: {slopes['dask'] / slopes['here'] - 1:+.1%}")


def measured(
    inboxes: dict[int, Path], outbox: Path, cluster: Machines
) -> dict[tuple[str, int], float]:
    """Median seconds by who did it and how many files; the first, cold round is not counted."""
    seconds: dict[tuple[str, int], list[float]] = {}
    for _ in range(_ROUNDS + 1):
        for size, inbox in inboxes.items():
            for who, scheduler in (("here", None), ("dask", cluster.address)):
                shutil.rmtree(outbox, ignore_errors=True)
                begun = time.perf_counter()
                run_folder(inbox, outbox, jobs=2, scheduler=scheduler)
                seconds.setdefault((who, size), []).append(time.perf_counter() - begun)
    return {key: statistics.median(found[1:]) for key, found in seconds.items()}


def corpus(folder: Path, size: int) -> Path:
    """So many forms that differ in one figure."""
    folder.mkdir()
    for number in range(size):
        form = FilledForm.example()
        form.set_figure("personnel_expenditure", 5 + number)
        layout_plain.build(form).save(folder / f"单位{number:05}.xlsx")
    return folder


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
