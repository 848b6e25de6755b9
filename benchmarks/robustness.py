"""Good forms beside broken, foreign and hostile files: what it costs, and whom it harms.

python -m benchmarks.robustness            exit code 1 when a line fails
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.builders import broken, files, layout_plain
from tests.builders.forms import FilledForm

GOOD = 20
JOBS = 2
MOST_MEMORY = 2**30
MOST_SECONDS = 180
_PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class Run:
    """What a run took, and what it left behind."""

    exit_code: int
    seconds: float
    peak: int
    outputs: dict[str, bytes]
    records: dict[str, Any]


def main() -> int:
    """Print the lines; 0 when all hold."""
    with tempfile.TemporaryDirectory() as folder:
        return report(Path(folder))


def report(folder: Path) -> int:
    """Run the good ones alone, then all together, and compare."""
    (folder / "好").mkdir()
    (folder / "全").mkdir()
    write_good(folder / "好")
    write_good(folder / "全")
    (folder / "全" / "示例.xlsx").write_bytes(broken.good())
    bad = broken.write_all(folder / "全")
    alone = run(folder / "好", folder / "好结果")
    together = run(folder / "全", folder / "全结果")
    figures = broken.figures_of(together.records.pop("示例.xlsx"))
    complaints = [
        f"{name}: {said}"
        for name, item in bad.items()
        if (said := broken.complaint(item, together.records[name], figures))
    ]
    print(*complaints, sep="\n", end="\n" if complaints else "")
    returned = sum(bool(item.returned) for item in bad.values())
    harmed = [n for n, content in alone.outputs.items() if together.outputs.get(n) != content]
    harmed += [n for n, r in alone.records.items() if together.records.get(n) != r]
    lines = [
        (f"good files {len(alone.records)}, their outputs not the same bytes as alone: {len(harmed)}",
         not harmed and len(alone.records) == GOOD),
        (f"broken files {len(bad)} ({returned} to be returned), not their own outcome: "
         f"{len(complaints)}", not complaints and returned >= 80),
        (f"exit code {together.exit_code}", together.exit_code == 4),
        (f"peak memory of all processes {together.peak / 2**20:.0f} MiB",
         together.peak < MOST_MEMORY),
        (f"whole time {together.seconds:.1f} s on {JOBS} processes",
         together.seconds < MOST_SECONDS),
    ]  # fmt: skip
    for line, holds in lines:
        print(f"{'ok  ' if holds else 'FAIL'}  {line}")
    return int(not all(holds for _, holds in lines))


def write_good(folder: Path) -> None:
    """Forms of units of their own."""
    for number in range(1, GOOD + 1):
        form = FilledForm.example()
        form.unit = f"区第{number}示例局"
        for rows in form.tables.values():
            rows[0]["unit"] = form.unit
        form.facts["authorized_posts"] = 30 + number
        files.save(layout_plain.build(form), folder / f"好{number:02d}.xlsx")


def run(inbox: Path, outbox: Path) -> Run:
    """One run of the command line, its memory watched."""
    command = [sys.executable, "-m", "perfeval_xl", "run", str(inbox), "--out", str(outbox)]
    begin, peak = time.monotonic(), 0
    with subprocess.Popen([*command, "--jobs", str(JOBS)], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as child:  # fmt: skip
        while child.poll() is None:
            peak = max(peak, memory_of(child.pid))
            time.sleep(_PAUSE)
    seconds = time.monotonic() - begin
    lines = (outbox / "results.jsonl").read_text(encoding="utf-8").splitlines()
    records = {record["file"]: record for record in map(json.loads, lines)}
    outputs = {
        record["copy"]: (outbox / record["copy"]).read_bytes() for record in records.values()
    }
    return Run(child.returncode, seconds, peak, outputs, records)


def memory_of(pid: int) -> int:
    """Resident bytes of a process and all below it; 0 where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(memory_of(int(child)) for child in children)


if __name__ == "__main__":
    sys.exit(main())
