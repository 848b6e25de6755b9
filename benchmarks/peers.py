"""How long the comparison across units takes, and how much memory it keeps.

python benchmarks/peers.py [UNITS]     10,000 by default

Records are made from one line of results.jsonl by rule: log-normal figures, a report of about
2,700 characters out of clauses of its own, set phrases, and for each 50th unit the report of the
unit before. Reading the records from disk is measured apart: a run reads them anyway.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from perfeval_xl import load_form, run_folder
from perfeval_xl.batch.peers.finder import PeerFinder
from perfeval_xl.batch.record import Record, from_line, to_line

ROOT = Path(__file__).resolve().parent.parent
_SIGNS = "项目资金管理制度预算执行绩效目标服务群众工作监督检查完成组织推进落实保障提升全区单位部门重点任务建设经费支出收入"
_CLAUSES, _CLAUSE = 150, 17


def main() -> None:
    """Print seconds and megabytes."""
    units = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.jsonl"
        places = _write(path, units)
        size = path.stat().st_size / 1e6
        start = time.process_time()
        for _ in _records(path):
            pass
        read = time.process_time() - start
        before = _megabytes()
        compared, found = _compare(path, places)
        print(f"{units} records, {size:.0f} MB; one pass of reading {read:.1f} s")
        print(f"comparison, both passes, without reading: {compared - 2 * read:.1f} s")
        print(f"findings: {found}; memory {before:.0f} MB before, {_megabytes():.0f} MB at most")


def _compare(path: Path, places: dict[str, int]) -> tuple[float, int]:
    def fetch(name: str) -> Record:
        with path.open("rb") as lines:
            lines.seek(places[name])
            return from_line(lines.readline().decode())

    finder = PeerFinder([load_form("yueyanglou-2021")], fetch)
    found = 0
    start = time.process_time()
    for _ in finder.noting(_records(path)):
        pass
    for record in _records(path):
        findings: Any = record["findings"]
        before = len(findings)
        finder.add_findings(record)
        found += len(findings) - before
    return time.process_time() - start, found


def _records(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8") as lines:
        yield from map(from_line, lines)


def _write(path: Path, units: int) -> dict[str, int]:
    chance = random.Random(7)
    phrases = ["".join(chance.choices(_SIGNS, k=_CLAUSE)) for _ in range(40)]
    places, report = {}, ""
    with tempfile.TemporaryDirectory() as folder:
        run_folder(ROOT / "samples", folder, jobs=2)
        line = (Path(folder) / "results.jsonl").read_text(encoding="utf-8").splitlines()[1]
    with path.open("wb") as out:
        for number in range(units):
            record: Any = json.loads(line, parse_float=Decimal)
            record["file"] = f"{number:05d}.xlsx"
            record["unit"] = {"name": f"第{number}局", "code": f"{number:06d}"}
            if number % 50 or not report:
                report = _report(chance, phrases)
            record["facts"]["narrative"] |= {"raw": report, "value": report}
            for fact in record["facts"].values():
                if fact["state"] == "number" and fact["value"]:
                    value = float(fact["value"]) * chance.lognormvariate(0, 0.5)
                    fact["value"] = Decimal(f"{value:.2f}")
            places[record["file"]] = out.tell()
            out.write(to_line(record).encode() + b"\n")
    return places


def _report(chance: random.Random, phrases: list[str]) -> str:
    clauses = [
        chance.choice(phrases)
        if chance.random() < 0.2
        else "".join(chance.choices(_SIGNS, k=_CLAUSE))
        for _ in range(_CLAUSES)
    ]
    return "。".join(clauses)


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
