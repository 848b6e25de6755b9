"""汇总.xlsx of 10,000 units with all their findings: seconds, memory, size.

    python -m benchmarks.summary                     1,000 and 10,000 units
    python -m benchmarks.summary --units 2000 --write

The records are those of generated forms under other names; they are read from a file of lines, as
a run reads results.jsonl. Each size runs in a process of its own; processor time and peak memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.corpus import write_corpus
from benchmarks.report import put_section, table
from perfeval_xl.batch.one import Options
from perfeval_xl.batch.record import from_line, to_line
from perfeval_xl.batch.worker import check

_FORMS = 48


def write_lines(path: Path, units: int, folder: Path) -> int:
    """Lines of results.jsonl for so many units; returns how many findings are in them."""
    lines = [to_line(check(form, Options())) for form in write_corpus(folder, _FORMS)]
    findings = 0
    with path.open("w", encoding="utf-8") as out:
        for number in range(units):
            record = json.loads(lines[number % len(lines)])
            record["file"] = f"{number % 200:03}/{number:06} 区样{number:06}局.xlsx"
            record["copy"] = f"复核/{record['file']}"
            record["unit"]["name"] = f"区样{number:06}局"
            findings += len(record["findings"])
            out.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
    return findings


def write_here(lines: Path, target: Path) -> None:
    """Write the summary in this process and say what it took."""
    from perfeval_xl.writer.summary import write_summary

    start, wall = time.process_time(), time.perf_counter()
    with lines.open(encoding="utf-8") as given:
        write_summary(target, (from_line(line) for line in given), {"程序": "perfeval_xl"})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([time.process_time() - start, time.perf_counter() - wall, peak]))


def main() -> None:
    """Measure and print; with --write also into RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--one", nargs=2, type=Path)
    given = parser.parse_args()
    if given.one:
        write_here(*given.one)
        return
    rows = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        for units in given.units:
            lines, target = folder / "lines", folder / "汇总.xlsx"
            findings = write_lines(lines, units, folder / "in")
            command = [sys.executable, "-m", "benchmarks.summary", "--one", str(lines), str(target)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            processor, wall, peak = json.loads(done.stdout)
            size = target.stat().st_size / 2**20
            rows.append(
                [
                    f"{units:,}",
                    f"{findings:,}",
                    f"{processor:.1f} (≤ 30)",
                    f"{wall:.1f}",
                    f"{peak:.0f} (≤ 300)",
                    f"{size:.1f}",
                ]
            )
    heads = ["units", "findings", "processor s", "wall s", "peak MB", "汇总.xlsx MB"]
    text = table(heads, rows)
    print(text)
    if given.write:
        put_section("Summary", text)


if __name__ == "__main__":
    main()
