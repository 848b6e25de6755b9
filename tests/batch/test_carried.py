"""A ruling holds for the next version of a file while all that it rests on is as it was."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook import Workbook as Book

from perfeval_xl.batch.one import Options
from perfeval_xl.batch.settle import settle
from perfeval_xl.batch.verify import verify
from perfeval_xl.settlement import UnitSettlement
from tests import officer
from tests.audit import audit
from tests.batch.rounds import Desk
from tests.batch.test_settle import rows_of
from tests.officer import SCORING
from tests.writer.copies import workbook_of

MANAGEMENT, COMPLIANCE = "budget_management_system", "fund_use_compliance"
POSTS, CARD, OTHER = "staffing_control_rate", "official_card_usage_rate", "duty_other_targets"
RULED = {MANAGEMENT: (1, "缺一项"), COMPLIANCE: (2, "一例"), POSTS: (4, "编外多"), CARD: (3, None)}
DAY = 1_651_406_400  # 2022-05-01, noon in most of the world


@cache  # openpyxl notes the time: made twice, it is another file
def form(change: str = "") -> bytes:
    """The form as sent first, or with one thing changed in it."""
    filled = officer.form_of("区甲局")
    if change == "score of row 9":
        filled.scores[9] = 1
    elif change == "score of row 1":
        filled.scores[1] = 4.5
    elif change == "posts":
        filled.facts["authorized_posts"] = 40
    elif change == "reason of row 8":
        filled.reasons[8] = "制度正在修订"
    elif change == "report":
        filled.narrative = filled.narrative + "另：本年没有群众投诉。"
    elif change == "total in the report":
        filled.narrative = filled.narrative.replace("96.8分", "95.8分")
    filled.state_totals()
    return workbook_of(filled)


@dataclass
class Officer:
    """She rules in the copy of 甲.xlsx and settles."""

    desk: Desk

    @property
    def copy(self) -> Path:
        return self.desk.outbox / "复核" / "甲_复核.xlsx"

    def send(self, change: str = "", force: bool = False) -> None:
        """The unit sends its form, and it is reviewed."""
        (self.desk.inbox / "甲.xlsx").write_bytes(form(change))
        self.desk.run(force=force)

    def rule(self, rulings: dict[str, Any], day: int = DAY) -> None:
        officer.rule(self.copy, rulings)
        os.utime(self.copy, (day, day))

    def entered(self) -> dict[str, Any]:
        return officer.entered(self.copy)

    def remark(self, indicator: str) -> str:
        """What is said of an indicator's earlier ruling."""
        sheet = officer.opened(self.copy)[SCORING]
        _, column = officer.column_of(sheet, "复核说明")
        text = str(sheet.cell(officer.row_of(sheet, indicator), column).value)
        return text[text.index("【") :] if "【" in text else ""

    def settled(self) -> UnitSettlement:
        return settle(self.desk.outbox).units[0]


@pytest.fixture
def she(tmp_path: Path) -> Officer:
    """She has ruled on four rows of the first version."""
    found = Officer(Desk(tmp_path))
    found.send()
    found.rule(RULED)
    return found


@pytest.mark.parametrize(
    ("change", "open_again"),
    [
        ("score of row 9", {COMPLIANCE: "自评得分"}),
        ("score of row 1", {POSTS: "自评得分"}),
        ("posts", {POSTS: "所依据的数"}),
        ("reason of row 8", {MANAGEMENT: "本行的扣分原因、标准或分值"}),
        ("report", dict.fromkeys((MANAGEMENT, COMPLIANCE, CARD), "目标、成绩、报告等文字")),
        ("total in the report", {}),
    ],
)
def test_only_rulings_whose_grounds_changed_are_asked_for_again(
    she: Officer, change: str, open_again: dict[str, str]
) -> None:
    she.send(change)
    assert she.entered() == {name: said for name, said in RULED.items() if name not in open_again}
    for name in RULED:
        if name in open_again:
            assert f"有改动的：{open_again[name]}。请重新核定。" in she.remark(name)
        else:
            assert she.remark(name).startswith("【沿用第 1 轮核定】2022-05-01 核定 ")
    unit = she.settled()
    items = {item.question.id: item for item in unit.items}
    assert {name for name in RULED if items[name].is_open} == set(open_again)
    assert {i.carried for i in unit.carried_items} <= {"沿用第 1 轮核定（2022-05-01）"}
    assert len(unit.carried_items) == len(RULED) - len(open_again)


def test_a_carried_ruling_keeps_the_round_and_day_it_was_made_on(she: Officer) -> None:
    she.send("score of row 9")
    she.rule({COMPLIANCE: (1, "再看")}, DAY + 90 * 86_400)
    she.send("posts")
    assert she.remark(MANAGEMENT).startswith("【沿用第 1 轮核定】2022-05-01")
    assert "上次核定 1 分（理由：再看），当时自评 1" in she.remark(COMPLIANCE)
    she.send("score of row 9")
    assert she.entered() == {**RULED, COMPLIANCE: (1, "再看")}


def test_what_was_ruled_in_the_second_round_is_carried_from_there(she: Officer) -> None:
    she.send("score of row 9")
    she.rule({COMPLIANCE: (1, "再看"), OTHER: (3, "证据不足")}, DAY + 90 * 86_400)
    she.send("posts")
    assert she.remark(OTHER).startswith("【沿用第 2 轮核定】2022-07-30 核定 3 分（理由：证据不足）")


def test_what_was_cleared_is_open_and_does_not_come_back(she: Officer) -> None:
    she.send("score of row 9")
    she.rule({MANAGEMENT: (None, None)})
    item = next(i for i in she.settled().items if i.question.id == MANAGEMENT)
    assert (item.is_open, item.ruled, item.earlier) == (True, None, "")
    she.send("score of row 9", force=True)
    she.send("posts")
    assert MANAGEMENT not in she.entered()
    assert she.remark(MANAGEMENT) == ""


def test_what_was_typed_over_is_her_word_on_this_version(she: Officer) -> None:
    she.send("score of row 9")
    she.rule({MANAGEMENT: (1, "缺一项，另一项没有执行")})
    item = next(i for i in she.settled().items if i.question.id == MANAGEMENT)
    assert (item.carried, item.reason) == ("", "缺一项，另一项没有执行")
    she.send("score of row 9", force=True)
    assert she.entered()[MANAGEMENT] == (1, "缺一项，另一项没有执行")
    assert she.remark(MANAGEMENT) == ""


def test_a_carried_ruling_survives_being_written_anew(she: Officer) -> None:
    she.send("score of row 9")
    she.rule({COMPLIANCE: (1, "再看")})
    before = {name: she.remark(name) for name in (MANAGEMENT, POSTS, CARD)}
    she.send("score of row 9", force=True)
    assert she.entered() == {**RULED, COMPLIANCE: (1, "再看")}
    assert {name: she.remark(name) for name in before} == before
    assert len(she.settled().carried_items) == 3


def test_a_ruling_that_could_not_count_is_not_carried(she: Officer) -> None:
    she.rule({MANAGEMENT: (7, "太多"), COMPLIANCE: ("两分", None), CARD: (1, None)})
    she.send("posts")
    assert she.entered() == {}
    assert "上次核定 7 分" in she.remark(MANAGEMENT)


def test_a_copy_with_carried_rulings_is_proven_and_stays_so_when_she_saves_it(she: Officer) -> None:
    she.send("score of row 9")
    assert verify(she.copy.read_bytes(), form("score of row 9"), Options()).status == "proven"
    she.rule({COMPLIANCE: (1, "再看"), MANAGEMENT: (2, "补了"), POSTS: (None, None)})
    found = verify(she.copy.read_bytes(), form("score of row 9"), Options())
    assert (found.status, found.entries) == ("ruled", 2)

    def forge(book: Book) -> None:
        sheet = book[SCORING]
        _, column = officer.column_of(sheet, "自评得分")
        sheet.cell(officer.row_of(sheet, MANAGEMENT), column).value = 3

    officer.edit(she.copy, forge)
    found = verify(she.copy.read_bytes(), form("score of row 9"), Options())
    assert found.status == "differs"


def test_long_reasons_and_many_rulings_leave_a_saved_copy_provable(she: Officer) -> None:
    """All that was carried lies in one unseen cell once the receipt is gone."""
    officer.agree_with_all(she.copy)
    claims = {name: pair[0] for name, pair in she.entered().items()}
    she.rule({name: (score, "评审组合议的理由" * 40) for name, score in claims.items()})
    assert len(claims) > 20
    she.send("score of row 9")
    she.rule({COMPLIANCE: (1, "再看")})
    found = verify(she.copy.read_bytes(), form("score of row 9"), Options())
    assert (found.status, found.entries) == ("ruled", 1)


def test_the_live_total_counts_what_was_carried(she: Officer) -> None:
    """96.8 − 2 in row 9 = 94.8 claimed; carried 1 for 2 of row 8 and 4 for 5 of row 1: 92.8."""
    she.send("score of row 9")
    book = openpyxl.load_workbook(she.copy, data_only=True)
    row, column = next(
        (c.row, c.column) for line in book[SCORING].iter_rows() for c in line
        if str(c.value).startswith("核定合计（尚有")
    )  # fmt: skip
    assert float(book[SCORING].cell(row, column - 1).value) == pytest.approx(92.8)
    assert float(she.settled().total) == 92.8


def test_the_settled_summary_lists_what_was_carried_and_from_where(she: Officer) -> None:
    she.send("score of row 9")
    result = settle(she.desk.outbox)
    rows = {row[2]: row for row in rows_of(result.summary, "沿用的核定")}
    assert sorted(rows) == [1, 8, 12]
    assert rows[8][4:8] == [3, 2, 1, "沿用第 1 轮核定（2022-05-01）"]
    assert rows[8][9] == "缺一项"
    assert rows_of(result.summary, "核定汇总")[0][14] == 3
    changed = {row[2]: row[9] for row in rows_of(result.summary, "调整明细")}
    assert changed == {1: "沿用", 8: "沿用"}
    assert not audit(result.summary)


def test_rulings_of_a_copy_that_says_no_grounds_are_asked_for_again(she: Officer) -> None:
    """As copies of earlier versions of the program are."""

    def older(book: Book) -> None:
        sheet = book[SCORING]
        _, column = officer.column_of(sheet, "核定编号")
        for row in range(1, sheet.max_row + 1):
            cell = sheet.cell(row, column)
            if "|" in str(cell.value):
                cell.value = "|".join(str(cell.value).split("|")[:4])

    officer.edit(she.copy, older)
    she.send("score of row 9")
    assert she.entered() == {}
    assert "上次核定 4 分（理由：编外多）" in she.remark(POSTS)
