"""Published limits: just below is read, just above is returned; a worker pays for its one file."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from perfeval_xl import run_folder
from perfeval_xl.batch import run as run_module
from perfeval_xl.batch.one import RunLimits
from perfeval_xl.batch.pool import Died, Late, NoWorkers, Pool
from perfeval_xl.batch.worker import prepare
from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml import Limits, Workbook
from tests.batch import misbehaving
from tests.builders import broken


def opened(data: bytes, limits: Limits | None = None) -> None:
    book = Workbook.open(data, limits)
    assert book.styles is not None
    assert book.strings is not None
    for name in book.sheet_names:
        book.sheet(name)


def refused(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(WorkbookError) as caught:
        opened(data, limits)
    return caught.value.code


def test_the_limits_are_those_published() -> None:
    assert RunLimits() == RunLimits(10, 30, 400 * 2**20, Limits())
    assert [getattr(Limits(), field.name) for field in fields(Limits)] == [
        50_000_000, 2_000, 100_000_000, 200_000_000, 100, 1_000_000, 500_000, 60_000
    ]  # fmt: skip


GOOD = broken.good()
PARTS = broken.parts()
LARGEST = max(len(content) for content in PARTS.values())
SUM = sum(len(content) for content in PARTS.values())


@pytest.mark.parametrize(
    ("below", "above", "code"),
    [
        (Limits(file_bytes=len(GOOD)), Limits(file_bytes=len(GOOD) - 1), "workbook.too_large"),
        (Limits(members=len(PARTS)), Limits(members=len(PARTS) - 1), "workbook.too_many_members"),
        (Limits(part_bytes=LARGEST), Limits(part_bytes=LARGEST - 1), "workbook.part_too_large"),
        (Limits(inflated_bytes=SUM), Limits(inflated_bytes=SUM - 1), "workbook.inflates_too_far"),
        (Limits(ratio=20, ratio_floor=100), Limits(ratio=4, ratio_floor=100), "workbook.ratio"),
        (Limits(ratio=1, ratio_floor=LARGEST), Limits(ratio=1, ratio_floor=LARGEST - 1),
         "workbook.ratio"),
    ],
)  # fmt: skip
def test_just_below_a_limit_is_read_and_just_above_is_not(
    below: Limits, above: Limits, code: str
) -> None:
    opened(GOOD, below)
    assert refused(GOOD, above) == code


def test_cells_and_merges_are_counted_to_the_last_one() -> None:
    book = Workbook.open(GOOD)
    cells = max(len(book.sheet(name).cells) for name in book.sheet_names)
    merges = max(len(book.sheet(name).merges) for name in book.sheet_names)
    opened(GOOD, Limits(cells=cells, merges=merges))
    assert refused(GOOD, Limits(cells=cells - 1)) == "workbook.too_many_cells"
    assert refused(GOOD, Limits(merges=merges - 1)) == "workbook.too_many_merges"


def test_2000_members_are_read_and_2001_are_not() -> None:
    def with_members(count: int) -> bytes:
        more = [(f"xl/x/{n}.xml", b"") for n in range(count - len(PARTS))]
        return broken.zipped([*PARTS.items(), *more], 0)

    opened(with_members(2000))
    assert refused(with_members(2001)) == "workbook.too_many_members"


def test_a_part_of_a_megabyte_may_be_packed_as_tight_as_it_likes() -> None:
    name = "xl/media/image1.png"
    opened(broken.zipped(PARTS | {name: bytes(1_000_000)}))
    assert refused(broken.zipped(PARTS | {name: bytes(1_000_001)})) == "workbook.ratio"


def test_a_size_that_is_a_lie_is_counted_while_inflating() -> None:
    content = b"<worksheet>" + b" " * 50_000 + b"</worksheet>"
    data = broken.lying(content)
    assert refused(data, Limits(part_bytes=40_000)) == "workbook.part_too_large"
    assert refused(data, Limits(ratio=10, ratio_floor=10_000)) == "workbook.ratio"
    assert refused(data, Limits(part_bytes=60_000)) == "workbook.bad_crc"


@pytest.mark.campaign
@pytest.mark.parametrize(
    ("below", "above", "code"),
    [
        (lambda: broken.many_merges(59_980)(), lambda: broken.many_merges(60_004)(),
         "workbook.too_many_merges"),
        (lambda: broken.crowded(19_900), lambda: broken.crowded(20_001), "workbook.too_many_cells"),
        (lambda: broken.stored(49_900_000), lambda: broken.stored(50_000_000), "workbook.too_large"),
        (lambda: broken.media(99_999_999), lambda: broken.media(100_000_001), "workbook.part_too_large"),
    ],
)  # fmt: skip
def test_the_real_limits_hold(
    below: Callable[[], bytes], above: Callable[[], bytes], code: str
) -> None:
    opened(below())
    assert refused(above()) == code


# ---- time, memory, death ----

QUICK = RunLimits(soft_seconds=1, hard_seconds=3, memory_bytes=200 * 2**20)
FATES = {
    "abort.xlsx": "file.crashed",
    "exit.xlsx": "file.crashed",
    "slow.xlsx": "file.too_slow",
    "swallows.xlsx": "file.too_slow",
    "deaf.xlsx": "file.too_slow",
    "greedy.xlsx": "file.too_much_memory",
    "fault.xlsx": "program.failed",
    "recursion.xlsx": "program.failed",
}


def outcomes(outbox: Path) -> dict[str, str]:
    """Status or return code by file."""
    lines = (outbox / "results.jsonl").read_text(encoding="utf-8").splitlines()
    found: dict[str, Any] = {record["file"]: record for record in map(json.loads, lines)}
    return {name: r["reason"]["code"] if r["reason"] else r["status"] for name, r in found.items()}


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.campaign)])
def test_a_worker_that_dies_or_outruns_its_limits_costs_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    inbox, outbox = tmp_path / "收件", tmp_path / "结果"
    inbox.mkdir()
    names = [*FATES, "a.xlsx", "e.xlsx", "z.xlsx"]
    for name in names:
        (inbox / name).write_bytes(GOOD)
    monkeypatch.setattr(run_module, "work_line", misbehaving.work_line)
    begin = time.monotonic()
    run_folder(inbox, outbox, jobs=jobs, limits=QUICK)
    assert time.monotonic() - begin < 40
    assert outcomes(outbox) == FATES | dict.fromkeys(("a.xlsx", "e.xlsx", "z.xlsx"), "evaluated")
    monkeypatch.undo()
    again = run_folder(inbox, outbox, jobs=jobs, limits=QUICK)
    assert (again.resumed, again.evaluated) == (3, len(names))
    assert not (outbox / "退回").exists() or not list((outbox / "退回").rglob("*.xlsx"))


def test_the_pool_knows_which_task_a_process_held() -> None:
    with Pool(3, misbehaving.answer, lambda number: (number,), 2.0, prepare) as pool:
        found = dict(pool.outcomes(range(30)))
        processes = [worker.process for worker in pool._workers]
    assert isinstance(found.pop(13), Died)
    assert isinstance(found.pop(14), Late)
    assert isinstance(found.pop(15), ValueError)
    assert found == {number: number * 2 for number in range(30) if number not in (13, 14, 15)}
    assert not any(process.is_alive() for process in processes)


def test_processes_that_cannot_start_end_the_run_with_a_word() -> None:
    with Pool(1, misbehaving.answer, lambda number: (number,), 2.0, misbehaving.no_start) as pool:
        with pytest.raises(NoWorkers):
            list(pool.outcomes(range(5)))
