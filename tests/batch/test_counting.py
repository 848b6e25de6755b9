"""Several files of one unit: which one counts is one rule, said wherever a file is shown."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfeval_xl.batch.counting import Received, roles_of
from perfeval_xl.batch.settle import Settlement, settle
from perfeval_xl.settlement import Role, Stage, UnitSettlement
from tests import officer
from tests.batch.rounds import Desk, ledger_of
from tests.batch.test_settle import rows_of
from tests.builders.lists import titled
from tests.writer.copies import workbook_of

MANAGEMENT, COMPLIANCE = "budget_management_system", "fund_use_compliance"
ROSTER = [["编码", "名称", "别名"], ["000301", "区甲局", "区旧甲委"], ["000302", "区乙局", ""]]
COUNTS, REPLACED, SAME, UNDECIDED = Role.COUNTS, Role.REPLACED, Role.SAME, Role.UNDECIDED


@pytest.mark.parametrize(
    ("files", "ruled", "roles"),
    [
        ([("a", 1, "x")], "", [COUNTS]),
        ([("a", 1, "x"), ("b", 2, "y")], "", [REPLACED, COUNTS]),
        ([("a", 1, "x"), ("b", 2, "y")], "a", [REPLACED, COUNTS]),
        ([("a", 3, "z"), ("b", 2, "y"), ("c", 1, "x")], "", [COUNTS, REPLACED, REPLACED]),
        ([("a", 1, "x"), ("b", 1, "y")], "", [UNDECIDED, UNDECIDED]),
        ([("a", 1, "x"), ("b", 2, "y"), ("c", 2, "z")], "", [REPLACED, UNDECIDED, UNDECIDED]),
        ([("b", 1, "x"), ("a", 1, "x")], "", [COUNTS, SAME]),
        ([("a", 1, "x"), ("b", 1, "x")], "a", [COUNTS, SAME]),
        ([("a", 1, "x"), ("b", 1, "x")], "ab", [UNDECIDED, UNDECIDED]),
    ],
)
def test_the_last_round_counts_and_within_one_nothing_is_guessed(
    files: list[tuple[str, int, str]], ruled: str, roles: list[Role]
) -> None:
    found = roles_of([Received(*one) for one in files], frozenset(ruled))
    assert [found[name] for name, _, _ in files] == roles


# ---- an office with a roster; 区旧甲委 is another name of 区甲局 ----


@cache  # openpyxl notes the time: made twice, it is another file
def workbook(unit: str, row_9: int = 3) -> bytes:
    filled = officer.form_of(unit)
    filled.scores[9] = row_9
    filled.state_totals()
    return workbook_of(filled)


class Office(Desk):
    """A desk with a roster, and rulings in its copies."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.roster = titled(folder / "名册.xlsx", "名册", ROSTER)

    def put(self, name: str, data: bytes) -> None:
        (self.inbox / f"{name}.xlsx").write_bytes(data)

    def review(self) -> None:
        self.run(roster=self.roster)

    def copy(self, name: str) -> Path:
        return self.outbox / "复核" / f"{name}_复核.xlsx"

    def settled(self) -> tuple[Settlement, dict[str, UnitSettlement]]:
        result = settle(self.outbox)
        return result, {Path(unit.file).stem: unit for unit in result.units}

    def said(self, name: str) -> dict[str, str]:
        """What is said of a file as one of several, by code."""
        kinds = ("batch.same", "batch.repl")
        found = self.records()[name]["findings"]
        return {f["code"]: f["message"] for f in found if f["code"].startswith(kinds)}

    def reported(self) -> dict[str, list[Any]]:
        """Rows of 报送情况 by unit."""
        return {row[2]: row for row in rows_of(self.outbox / "汇总.xlsx", "报送情况")}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """甲 has sent its form by its own name."""
    made = Office(tmp_path)
    made.put("甲", workbook("区甲局"))
    made.review()
    return made


def test_a_ruling_goes_with_the_unit_that_reports_by_another_name(office: Office) -> None:
    """Neither file names a code, and the file has another name: only the roster joins them."""
    officer.rule(office.copy("甲"), {MANAGEMENT: (1, "缺一项"), COMPLIANCE: (2, "一例")})
    (office.inbox / "甲.xlsx").unlink()
    office.put("旧甲委", workbook("区旧甲委", row_9=2))
    office.review()
    office.roster.unlink()  # what counts is what the run knew
    _, units = office.settled()
    items = {item.question.id: item for item in units["旧甲委"].items}
    assert items[MANAGEMENT].carried.startswith("沿用第 1 轮核定")
    assert "上次核定 2 分（理由：一例），当时自评 3" in items[COMPLIANCE].earlier
    assert items[COMPLIANCE].is_open


def test_two_names_of_one_unit_are_one_unit_in_the_settled_summary(office: Office) -> None:
    office.put("旧甲委", workbook("区旧甲委", row_9=2))
    office.review()
    assert office.rounds() == {"甲": 1, "旧甲委": 2}
    result, units = office.settled()
    assert (units["甲"].stage, units["旧甲委"].stage) == (Stage.NOT_COUNTED, Stage.OPEN)
    shown = {row[3]: row for row in rows_of(result.summary, "核定汇总")}
    assert shown["甲.xlsx"][6:11] == [None, None, "优秀", None, "不计入"]
    assert shown["甲.xlsx"][16] == "这是第 1 轮的，后来报了“旧甲委.xlsx”（第 2 轮），这一份不计入"
    assert shown["旧甲委.xlsx"][6] == 95.8
    assert "以这一份（第 2 轮）为准" in shown["旧甲委.xlsx"][16]
    # what does not count is neither asked about nor written to the unit
    assert {row[1] for row in rows_of(result.summary, "尚未核定")} == {"区旧甲委"}
    assert [path.stem for path in (office.outbox / "复核意见书").iterdir()] == ["旧甲委_复核意见书"]


def test_a_later_round_beside_the_earlier_one_is_said_in_the_summary(office: Office) -> None:
    office.put("甲（更正）", workbook("区甲局", row_9=2))
    office.review()
    assert "后来又报了“甲（更正）.xlsx”（第 2 轮）" in office.said("甲")["batch.replaced"]
    assert "前面报的“甲.xlsx”（第 1 轮）还在" in office.said("甲（更正）")["batch.replaces"]
    assert {*office.said("甲"), *office.said("甲（更正）")} == {"batch.replaced", "batch.replaces"}
    row = office.reported()["区甲局"]
    assert (row[5], row[10]) == ("已报", "打开复核件")
    assert (
        row[11]
        == "以“甲（更正）.xlsx”（第 2 轮）为准；“甲.xlsx”（第 1 轮）还在收件里，不计入核定汇总"
    )


def test_two_files_that_came_together_wait_for_a_persons_choice(office: Office) -> None:
    office.put("乙1", workbook("区乙局"))
    office.put("乙2", workbook("区乙局", row_9=2))
    office.review()
    assert set(office.said("乙1")) == {"batch.same_unit"}
    assert office.reported()["区乙局"][5] == "重复"
    officer.agree_with_all(office.copy("乙1"))
    result, units = office.settled()
    assert units["乙1"].stage is units["乙2"].stage is Stage.TWICE
    assert "还有“乙2.xlsx”（第 1 轮），内容不同" in units["乙1"].why_role
    drafts = openpyxl.load_workbook(office.outbox / "复核意见书" / "乙1_复核意见书.xlsx")
    assert "草稿：重复待定" in str(drafts.worksheets[0]["A2"].value)
    (office.inbox / "乙2.xlsx").unlink()
    office.review()
    _, units = office.settled()
    assert (units["乙1"].stage, units["乙1"].why_role) == (Stage.SETTLED, "")
    assert result.count(Stage.TWICE) == 2


def test_the_same_content_twice_is_one_file_and_the_ruled_copy_counts(office: Office) -> None:
    shutil.copy(office.inbox / "甲.xlsx", office.inbox / "乙乙.xlsx")
    office.review()
    officer.agree_with_all(office.copy("甲"))
    _, units = office.settled()
    assert (units["甲"].stage, units["乙乙"].stage) == (Stage.SETTLED, Stage.NOT_COUNTED)
    assert units["乙乙"].why_role == "与“甲.xlsx”（第 1 轮）内容相同，只计一份，这一份不计入"


def test_without_the_ledger_nobody_is_joined_and_that_is_said(office: Office) -> None:
    office.put("旧甲委", workbook("区旧甲委", row_9=2))
    office.review()
    for path in ledger_of(office.outbox).parent.glob("ledger.sqlite*"):
        path.unlink()
    result, units = office.settled()
    assert {unit.role for unit in units.values()} == {Role.COUNTS}
    assert "名册的别名没有用上" in result.remarks[0]


def test_json_says_which_file_counts_and_why(office: Office) -> None:
    from click.testing import CliRunner

    from perfeval_xl.cli import main

    office.put("旧甲委", workbook("区旧甲委", row_9=2))
    office.review()
    done = CliRunner().invoke(main, ["settle", str(office.outbox), "--json"])
    found = {
        r["file"]: (r["counts"], r["stage"]) for r in map(json.loads, done.stdout.splitlines())
    }
    assert found == {"甲.xlsx": ("replaced", "not_counted"), "旧甲委.xlsx": ("counts", "open")}
