"""A corrected workbook is the next round: what persists, what is new, what was put right."""

from __future__ import annotations

import io
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfeval_xl.batch.one import Options, RunLimits
from perfeval_xl.batch.verify import verify
from perfeval_xl.ooxml import restore
from tests.audit import audit
from tests.batch.rounds import Desk, faulty, ledger_of
from tests.batch.test_run import files_of
from tests.builders.forms import FilledForm


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def states(record: dict[str, Any]) -> dict[str, set[str]]:
    """States of the findings by code, those of the whole batch aside."""
    found: dict[str, set[str]] = {}
    for finding in record["findings"]:
        if not finding["code"].startswith("batch."):
            found.setdefault(finding["code"], set()).add(finding["round_state"])
    return found


def second_round(desk: Desk) -> dict[str, Any]:
    """Round 1 has a wrong total and a deduction without reason; round 2 gives the reason only,
    and deducts a point in row 10 without one."""
    desk.lay("甲", faulty())
    desk.run()
    form = faulty()
    form.reasons[9] = "两例支出未附审批单，扣2分。"
    form.deduct(10, 1)
    desk.lay("甲", form)
    desk.run()
    return desk.records()["甲"]


def test_a_first_round_says_so_and_compares_nothing(desk: Desk) -> None:
    desk.lay("甲", faulty())
    desk.run()
    record = desk.records()["甲"]
    assert record["round"] == 1
    assert not {"resolved", "compared_with"} & set(record)
    assert not any("round_state" in finding for finding in record["findings"])


def test_the_second_round_tells_what_persists_what_is_new_and_what_was_put_right(
    desk: Desk,
) -> None:
    record = second_round(desk)
    assert (record["round"], record["compared_with"]) == (2, "甲.xlsx")
    assert states(record)["score.total_differs"] == {"persists"}
    assert states(record)["score.full_marks_unsupported"] == {"persists"}
    reason = [f for f in record["findings"] if f["code"] == "score.reason_missing"]
    assert [(f["indicator"], f["round_state"]) for f in reason] == [("budget_disclosure", "new")]
    (resolved,) = record["resolved"]
    assert (resolved["code"], resolved["severity"]) == ("score.reason_missing", "warning")
    assert (resolved["indicator"], resolved["sheet"]) == ("fund_use_compliance", "附件2-2 评分表")
    assert resolved["cells"][0].startswith("F")
    assert "资金使用合规性" in resolved["message"]


@pytest.mark.parametrize("force", [False, True])
def test_another_run_on_the_same_files_shows_the_same_comparison(desk: Desk, force: bool) -> None:
    second_round(desk)
    before = files_of(desk.outbox)
    result = desk.run(force=force)
    assert result.resumed == (0 if force else 1)
    assert files_of(desk.outbox) == before


def test_unchanged_content_keeps_its_round_under_other_rules(desk: Desk) -> None:
    second_round(desk)
    assert desk.run(limits=RunLimits(soft_seconds=11)).resumed == 0
    assert desk.records()["甲"]["round"] == 2
    assert len(desk.records()["甲"]["resolved"]) == 1


def test_nothing_is_resolved_or_new_when_only_the_layout_moved(desk: Desk) -> None:
    """Four rows and two columns inserted, sheets renamed and swapped: every finding persists."""
    desk.lay("甲", faulty())
    desk.run()
    desk.lay("甲", faulty(), sheet_names=("表一", "表二"), top=5, left=3, scoring_first=True)
    desk.run()
    record = desk.records()["甲"]
    assert record["round"] == 2
    assert Counter(f["round_state"] for f in record["findings"]) == {
        "persists": len(record["findings"])
    }
    assert record["resolved"] == []


def test_two_files_of_one_run_are_one_round_and_the_next_is_compared_with_its_namesake(
    desk: Desk,
) -> None:
    desk.lay("甲", FilledForm.example())
    desk.lay("甲(1)", faulty())
    desk.run()
    assert desk.rounds() == {"甲": 1, "甲(1)": 1}
    form = faulty()
    form.deduct(10, 1)
    desk.lay("甲(1)", form)
    desk.run()
    assert desk.rounds() == {"甲": 1, "甲(1)": 2}
    record = desk.records()["甲(1)"]
    assert record["compared_with"] == "甲(1).xlsx"
    assert states(record)["score.total_differs"] == {"persists"}


def test_rounds_go_on_counting_and_compare_with_the_latest_before(desk: Desk) -> None:
    second_round(desk)
    form = FilledForm.example()
    form.deduct(9, 2, "两例支出未附审批单，扣2分。")
    form.deduct(10, 1)
    form.state_totals()
    desk.lay("甲", form)
    desk.run()
    record = desk.records()["甲"]
    assert record["round"] == 3
    assert [f["code"] for f in record["resolved"]] == ["score.total_differs"]
    assert states(record)["score.reason_missing"] == {"persists"}


def test_a_round_is_compared_with_what_was_found_when_it_came(desk: Desk) -> None:
    """The first round's file stays in the inbox and is judged anew; the second's comparison stays."""
    desk.lay("甲", faulty())
    desk.run()
    form = faulty()
    form.reasons[9] = "两例支出未附审批单，扣2分。"
    desk.lay("甲改", form)
    desk.run()
    assert desk.rounds() == {"甲": 1, "甲改": 2}
    before = desk.records()["甲改"]
    desk.run(limits=RunLimits(soft_seconds=11))
    after = desk.records()["甲改"]
    assert after == before
    assert [f["code"] for f in after["resolved"]] == ["score.reason_missing"]


def test_what_only_the_inbox_shows_is_no_finding_of_a_workbook(desk: Desk) -> None:
    desk.lay("甲", faulty())
    desk.lay("乙", FilledForm.example())
    desk.run()
    (desk.inbox / "乙.xlsx").unlink()
    form = faulty()
    form.deduct(10, 1)
    desk.lay("甲", form)
    desk.run()
    assert not [f for f in desk.records()["甲"]["resolved"] if f["code"].startswith("batch.")]


def named(code: str = "", name: str = "区示例局") -> FilledForm:
    form = faulty()
    line = f"部门（单位）名称：{name}" + (f"    预算编码：{code}" if code else "")
    form.heading = ["附件2-1", "部门（单位）整体支出绩效自评表", line]
    return form


def test_a_code_that_was_filled_in_later_is_still_the_same_unit(desk: Desk) -> None:
    desk.lay("甲", named())
    desk.run()
    desk.lay("甲", named("301"))
    desk.run()
    assert desk.records()["甲"]["unit"]["code"] == "301"
    assert desk.rounds() == {"甲": 2}
    desk.lay("甲", named("301", "区示例事业局"))
    desk.run()
    assert desk.rounds() == {"甲": 3}


def test_the_same_name_under_two_codes_is_two_units(desk: Desk) -> None:
    desk.lay("甲", named("301"))
    desk.run()
    desk.lay("甲", named("302"))
    desk.run()
    assert desk.rounds() == {"甲": 1}


def test_a_workbook_without_name_and_code_is_compared_with_nothing(desk: Desk) -> None:
    for points in (1, 2):
        form = FilledForm.empty("")
        form.give_full_marks()
        form.deduct(9, points)
        desk.lay("甲", form)
        desk.run()
    record = desk.records()["甲"]
    assert not record["unit"]["name"]
    assert record["round"] == 1


def test_our_own_copy_sent_back_untouched_is_no_new_round(desk: Desk) -> None:
    desk.lay("甲", faulty())
    desk.run()
    copy = (desk.outbox / "复核" / "甲_复核.xlsx").read_bytes()
    (desk.inbox / "甲.xlsx").write_bytes(copy)
    desk.run()
    assert desk.rounds() == {"甲": 1}


def test_a_returned_file_belongs_to_no_round(desk: Desk) -> None:
    (desk.inbox / "甲.xlsx").write_bytes(b"not a workbook")
    desk.run()
    assert desk.rounds() == {"甲": 1}
    desk.lay("甲", faulty())
    desk.run()
    assert desk.rounds() == {"甲": 1}


def test_without_its_ledger_an_outbox_begins_anew_and_its_copies_say_so(desk: Desk) -> None:
    second_round(desk)
    ledger_of(desk.outbox).unlink()
    assert desk.run().resumed == 0
    assert desk.rounds() == {"甲": 1}
    assert "未改" not in "".join(review(desk))


# ---- what people see ----


def review(desk: Desk) -> list[str]:
    """Texts of the sheet 复核意见."""
    sheet = openpyxl.load_workbook(desk.outbox / "复核" / "甲_复核.xlsx")["复核意见"]
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]


def test_the_copy_marks_each_finding_and_lists_what_was_put_right(desk: Desk) -> None:
    record = second_round(desk)
    texts = review(desk)
    unit = [f for f in record["findings"] if f["origin"] == "unit"]
    persists = sum(f["round_state"] == "persists" for f in unit)
    assert sum(text.startswith("【未改】") for text in texts) == persists
    assert sum(text.startswith("【新增】") for text in texts) == 1
    line = next(text for text in texts if text.startswith("第 2 轮报送"))
    assert f"未改 {persists} 处，新增 1 处，已改 1 处" in line
    assert "二、上轮问题已改（1 处）" in texts
    assert "五、凭证" in texts
    assert record["resolved"][0]["message"] in texts
    assert not [text for text in texts if text.startswith("两轮复核所用")]


def test_the_copy_says_that_the_rules_have_changed_since(desk: Desk) -> None:
    desk.lay("甲", faulty())
    desk.run()
    with closing(sqlite3.connect(ledger_of(desk.outbox))) as base, base:
        base.execute("UPDATE files SET rules = 'perfeval_xl 0.0.9，表样数据 0123'")
    desk.lay("甲", FilledForm.example())
    desk.run()
    (line,) = [text for text in review(desk) if text.startswith("两轮复核所用")]
    assert "第 1 轮：perfeval_xl 0.0.9，表样数据 0123" in line


def test_a_fault_of_the_printed_form_is_not_called_unchanged(desk: Desk) -> None:
    record = second_round(desk)
    message = next(f["message"] for f in record["findings"] if f["origin"] == "template")
    assert [text for text in review(desk) if text.startswith(message)]


def test_a_copy_of_a_second_round_is_proven_restores_and_is_valid(desk: Desk) -> None:
    second_round(desk)
    path, sent = desk.outbox / "复核" / "甲_复核.xlsx", desk.inbox / "甲.xlsx"
    assert verify(path.read_bytes(), sent.read_bytes(), Options()).status == "proven"
    assert restore(path.read_bytes()) == sent.read_bytes()
    assert not audit(path) - audit(sent)


def heads(desk: Desk, name: str) -> list[Any]:
    book = openpyxl.load_workbook(io.BytesIO((desk.outbox / "汇总.xlsx").read_bytes()))
    return [cell.value for cell in book[name][3]] if name in book.sheetnames else []


def test_the_summary_shows_rounds_only_when_there_are_some(desk: Desk) -> None:
    desk.lay("甲", faulty())
    desk.run()
    assert "轮次" not in heads(desk, "单位汇总")
    assert "变化" not in heads(desk, "问题清单")
    assert heads(desk, "上轮问题已改") == []
    form = faulty()
    form.reasons[9] = "两例支出未附审批单，扣2分。"
    desk.lay("甲", form)
    desk.run()
    assert "轮次" in heads(desk, "单位汇总")
    assert heads(desk, "问题清单")[5] == "变化"
    book = openpyxl.load_workbook(desk.outbox / "汇总.xlsx")
    changes = [row[5].value for row in book["问题清单"].iter_rows(min_row=4)]
    assert set(changes) == {"未改", None}
    (row,) = book["上轮问题已改"].iter_rows(min_row=4, values_only=True)
    assert row[1:4] == ("区示例局", "甲.xlsx", 2)
    assert row[8] == "score.reason_missing"
    assert not audit(desk.outbox / "汇总.xlsx")
