"""Where features meet: rounds beside base data, lists that come and go, an outbox that moves."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest

from tests.batch.rounds import Desk, faulty
from tests.batch.test_join import BASE, SCORED
from tests.batch.test_run import files_of
from tests.builders.lists import workbook, written
from tests.conftest import SAMPLES

FORM, FIGURES = Path(SCORED).stem, Path(BASE).stem


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def sent_apart(desk: Desk) -> None:
    for name in (SCORED, BASE):
        (sample,) = SAMPLES.rglob(f"{name[:2]}_*.xlsx")
        shutil.copy(sample, desk.inbox / name)


def posts_changed(desk: Desk, by: int) -> None:
    """The unit corrects a figure of its base data."""
    book = openpyxl.load_workbook(desk.inbox / BASE)
    (sheet,) = book.worksheets
    (head,) = [c for row in sheet.iter_rows() for c in row if c.value in ("编制数", "编制人数")]
    below = next(c for c in sheet[head.row + 1] if isinstance(c.value, int))
    below.value += by
    book.save(desk.inbox / BASE)


def codes(desk: Desk, name: str) -> set[str]:
    return {finding["code"] for finding in desk.records()[name]["findings"]}


def test_base_data_corrected_apart_is_a_round_of_its_own_and_the_form_keeps_its_round(
    desk: Desk,
) -> None:
    sent_apart(desk)
    posts_changed(desk, 7)
    desk.run()
    assert "figures.base_differs" in codes(desk, FORM)
    posts_changed(desk, -7)
    desk.run()
    assert desk.rounds() == {FORM: 1, FIGURES: 2}
    assert "figures.base_differs" not in codes(desk, FORM)
    assert "resolved" not in desk.records()[FORM]
    copies = {name: desk.outbox / "复核" / f"{name}_复核.xlsx" for name in (FORM, FIGURES)}
    sheets = {name: openpyxl.load_workbook(path).sheetnames for name, path in copies.items()}
    assert ("复核依据" in sheets[FORM], "复核依据" in sheets[FIGURES]) == (True, False)
    before = files_of(desk.outbox)
    assert desk.run().resumed == 2
    assert files_of(desk.outbox) == before


def test_a_form_corrected_after_its_base_data_is_compared_with_what_was_last_said_of_it(
    desk: Desk,
) -> None:
    sent_apart(desk)
    posts_changed(desk, 7)
    desk.run()
    posts_changed(desk, -7)
    desk.run()
    book = openpyxl.load_workbook(desk.inbox / SCORED)
    book.properties.title = "又存了一次"
    book.save(desk.inbox / SCORED)
    desk.run()
    assert desk.rounds() == {FORM: 2, FIGURES: 2}
    record = desk.records()[FORM]
    assert record["resolved"] == []
    assert {f["round_state"] for f in record["findings"] if "round_state" in f} == {"persists"}


def test_an_outbox_copied_elsewhere_goes_on_as_it_was(desk: Desk, tmp_path: Path) -> None:
    desk.lay("甲", faulty())
    desk.run()
    before = files_of(desk.outbox)
    moved, desk.outbox = desk.outbox, tmp_path / "新处" / "结果"
    shutil.copytree(moved, desk.outbox, copy_function=shutil.copyfile)  # times are not kept
    shutil.rmtree(moved)
    desk.inbox = desk.inbox.rename(tmp_path / "搬走的收件")
    result = desk.run()
    assert (result.resumed, result.set_aside) == (1, [])
    assert files_of(desk.outbox) == before


def test_lists_that_come_after_the_first_round_change_no_round_and_leave_no_trace_when_gone(
    desk: Desk, tmp_path: Path
) -> None:
    workbook(desk.inbox / "甲.xlsx", "区甲委", "")
    desk.run()
    before = files_of(desk.outbox)
    roster = written(
        tmp_path / "名册.xlsx", {"表": [["编码", "名称", "别名"], ["000301", "区甲局", "区甲委"]]}
    )
    reference = written(
        tmp_path / "参考数据.xlsx",
        {"表": [["单位", "指标项", "数值"], ["区甲局", "人员编制", "25"]]},
    )
    desk.run(roster=roster, reference=reference)
    assert desk.rounds() == {"甲": 1}
    assert files_of(desk.outbox) != before
    desk.run()
    assert files_of(desk.outbox) == before
    workbook(desk.inbox / "甲.xlsx", "区甲委", "", actual_staff=28)
    desk.run(roster=roster)
    assert desk.rounds() == {"甲": 2}
