"""The office's lists in a whole run: who has reported, whose figures count, what is done again."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfeval_xl import evaluate_workbook, run_folder
from perfeval_xl.batch.one import Options
from perfeval_xl.batch.verify import verify
from perfeval_xl.errors import ListError
from tests.audit import audit
from tests.builders.lists import titled, workbook, written
from tests.conftest import ROOT

ROSTER = [
    ["编码", "名称", "别名", "类型", "截止日期", "免报"],
    ["000301", "区甲局", "", "行政", date(2022, 3, 20), ""],
    ["000302", "区乙局", "区乙委", "行政", date(2022, 3, 20), ""],
    ["000303", "区丙局", "", "事业", date(2022, 3, 20), ""],
    ["000304", "区丁馆", "", "事业", "", "是"],
    ["000305", "区戊局", "", "行政", date(2022, 3, 20), ""],
    ["000306", "区己局", "", "行政", date(2022, 3, 20), ""],
]
REFERENCE = [
    ["单位", "指标项", "数值", "来源"],
    ["区甲局", "人员编制", "25", "编办"],
    ["区乙局", "三公经费预算", "40,000元", "预算批复"],
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inbox of six units and the office's lists, run once.

    甲 on time, 乙 by its alias and eight days late, 丙 twice, 戊 returned, 己 not at all, one file
    of nobody, one with 甲's code and 乙's name.
    """
    base = tmp_path_factory.mktemp("一年")
    inbox = base / "收件"
    workbook(inbox / "甲.xlsx", "区甲局", "000301", "2022年3月18日")
    workbook(inbox / "乙.xlsx", "区乙委", "", "2022年3月28日")
    workbook(inbox / "丙1.xlsx", "区丙局", "000303")
    workbook(inbox / "丙2.xlsx", "区丙局", "", actual_staff=28)
    (inbox / "区戊局自评表.xlsx").write_bytes(b"%PDF-1.4")
    workbook(inbox / "外.xlsx", "区己居", "999")
    workbook(inbox / "混.xlsx", "区乙局", "000301")
    titled(base / "名册.xlsx", "2021年度名册", ROSTER)
    written(base / "参考数据.xlsx", {"表": REFERENCE})
    run(base)
    return base


def run(base: Path, out: str = "结果", **more: Any) -> Any:
    given = {"roster": base / "名册.xlsx", "reference": base / "参考数据.xlsx"} | more
    return run_folder(base / "收件", base / out, jobs=1, **given)


def records(base: Path, out: str = "结果") -> dict[str, Any]:
    lines = (base / out / "results.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["file"]: record for record in map(json.loads, lines)}


def codes(record: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in record["findings"]]


def reporting(base: Path, out: str = "结果") -> list[tuple[Any, ...]]:
    sheet = openpyxl.load_workbook(base / out / "汇总.xlsx")["报送情况"]
    return [tuple(cell.value for cell in row[1:]) for row in sheet.iter_rows(min_row=5)]


def test_the_summary_says_how_every_unit_stands(made: Path) -> None:
    rows = reporting(made)
    due = "2022-03-20"
    shown = [
        (r[0], r[1], r[3].date().isoformat() if r[3] else None, r[4],
         r[5].date().isoformat() if r[5] else None, r[6], r[7], r[8])
        for r in rows
    ]  # fmt: skip
    assert shown == [
        ("000301", "区甲局", due, "已报", "2022-03-18", "表上的报告日期", None, "甲.xlsx"),
        ("000302", "区乙局", due, "迟报", "2022-03-28", "表上的报告日期", 8, "乙.xlsx"),
        ("000303", "区丙局", due, "重复", None, "日期不明", None, "丙1.xlsx、丙2.xlsx"),
        ("000304", "区丁馆", None, "无需", None, None, None, None),
        ("000305", "区戊局", due, "退回", None, None, None, "区戊局自评表.xlsx"),
        ("000306", "区己局", due, "未报", None, None, '=IF(TODAY()>E10,TODAY()-E10,"")', None),
        ("999", "区己居", None, "名册外", None, None, None, "外.xlsx"),
        ("000301", "区乙局", None, "名册外", None, None, None, "混.xlsx"),
    ]  # fmt: skip
    assert rows[1][10] == "按别名“区乙委”认出"
    assert rows[6][10] == "是不是“区己局”？"


def test_counts_are_those_of_the_sheet(made: Path) -> None:
    counts = {name.strip("　"): n for name, n in run(made).reporting.items()}
    assert counts == {
        "名册单位": 6, "已报": 3, "其中迟报": 1, "其中重复": 1, "退回": 1, "未报": 1, "无需": 1,
        "名册外": 2,
    }  # fmt: skip


def test_files_of_nobody_are_asked_about(made: Path) -> None:
    assert run(made).questions == [
        "名册外：外.xlsx（区己居）是不是“区己局”？",
        "名册外：混.xlsx（区乙局）编码是“区甲局”的，名称是“区乙局”的",
    ]


def test_files_of_nobody_and_of_two_units_are_findings(made: Path) -> None:
    found = records(made)
    assert "batch.not_on_roster" in codes(found["外.xlsx"])
    assert "batch.code_name_differ" in codes(found["混.xlsx"])
    of_lists = {"batch.not_on_roster", "batch.code_name_differ", "batch.same_unit"}
    assert not of_lists & set(codes(found["甲.xlsx"]))
    assert "batch.same_unit" in codes(found["丙1.xlsx"])
    message = next(
        f["message"] for f in found["外.xlsx"]["findings"] if f["code"] == "batch.not_on_roster"
    )
    assert "是不是“区己局”？" in message


def test_a_reference_figure_decides_and_a_contradiction_shows_both(made: Path) -> None:
    """29 staff on 25 posts: 16 points over, 5 - 8 < 0. The unit wrote 30 posts."""
    found = records(made)["甲.xlsx"]
    staffing = found["indicators"][0]
    assert (staffing["score"], staffing["outcome"]) == (0, "differs")
    finding = next(f for f in found["findings"] if f["code"] == "figures.reference_differs")
    assert (finding["provided"], finding["expected"]) == ("30", "25")
    assert "参考数据.xlsx 表!C2（编办）" in finding["message"]
    assert found["facts"]["authorized_posts"]["source"] == "参考数据.xlsx 表!C2（编办）"


def test_a_reference_figure_finds_the_unit_by_its_alias(made: Path) -> None:
    """3.68 of a budget of 4.00 (40,000 元): 92%, full marks."""
    control = records(made)["乙.xlsx"]["indicators"][6]
    assert (control["score"], control["outcome"]) == (6, "agrees")


def test_a_file_of_two_units_gets_the_figures_of_neither(made: Path) -> None:
    facts = records(made)["混.xlsx"]["facts"]
    assert facts["authorized_posts"]["value"] == 30
    assert facts["three_public_budget"]["state"] == "missing"


def test_the_same_lists_give_the_same_bytes_and_nothing_is_done_again(made: Path) -> None:
    written_files = [made / "结果" / name for name in ("results.jsonl", "汇总.xlsx")]
    before = [path.read_bytes() for path in written_files]
    again = run(made)
    assert again.resumed == again.files
    assert [path.read_bytes() for path in written_files] == before
    run(made, "另")
    assert [(made / "另" / path.name).read_bytes() for path in written_files] == before


def test_a_changed_figure_redoes_only_its_unit(made: Path, tmp_path: Path) -> None:
    run(made, "三")
    rows = [*REFERENCE[:1], ["区甲局", "人员编制", "31", "编办"], *REFERENCE[2:]]
    changed = written(tmp_path / "参考数据.xlsx", {"表": rows})
    result = run(made, "三", reference=changed)
    assert result.files - result.resumed == 1
    assert records(made, "三")["甲.xlsx"]["indicators"][0]["score"] == 5
    assert records(made, "三")["乙.xlsx"] == records(made)["乙.xlsx"]


def test_a_changed_deadline_redoes_no_file(made: Path, tmp_path: Path) -> None:
    run(made, "四")
    rows = [[date(2022, 3, 30) if isinstance(v, date) else v for v in row] for row in ROSTER]
    result = run(made, "四", roster=titled(tmp_path / "名册.xlsx", "名册", rows))
    assert result.resumed == result.files
    assert reporting(made, "四")[1][4] == "已报"


def test_lateness_counts_to_the_day_that_is_named(made: Path) -> None:
    run(made, "五", as_of=date(2022, 4, 19))
    assert reporting(made, "五")[5][7] == 30
    run(made, "五", as_of=date(2022, 3, 20))
    assert (reporting(made, "五")[5][7], reporting(made, "五")[5][10]) == (None, "还没有到截止日期")


def test_the_day_on_the_roster_counts_before_that_of_the_form(made: Path, tmp_path: Path) -> None:
    rows = [["名称", "截止日期", "收到日期"], ["区甲局", "2022-03-20", "2022-03-25"]]
    run(made, "六", roster=written(tmp_path / "名册.xlsx", {"名册": rows}), reference=None)
    row = reporting(made, "六")[0]
    assert (row[4], row[5].date(), *row[6:8]) == ("迟报", date(2022, 3, 25), "名册的收到日期", 5)


def test_the_copy_is_proven_without_the_lists(made: Path) -> None:
    copy = (made / "结果" / records(made)["甲.xlsx"]["copy"]).read_bytes()
    original = (made / "收件" / "甲.xlsx").read_bytes()
    assert verify(copy, original, Options()).status == "proven"


def test_written_workbooks_are_valid(made: Path) -> None:
    assert not audit(made / "结果" / "汇总.xlsx")
    copy = made / "结果" / records(made)["甲.xlsx"]["copy"]
    assert not audit(copy) - audit(made / "收件" / "甲.xlsx")


def test_a_bad_list_stops_before_anything_is_written(made: Path, tmp_path: Path) -> None:
    bad = written(tmp_path / "名册.xlsx", {"名册": [["编码"], ["1"]]})
    with pytest.raises(ListError):
        run(made, "七", roster=bad)
    assert not (made / "七").exists()


def test_lists_that_lie_in_the_inbox_are_nobodys_workbooks(tmp_path: Path) -> None:
    workbook(tmp_path / "收件" / "甲.xlsx", "区甲局", "000301")
    roster = titled(tmp_path / "收件" / "名册.xlsx", "名册", ROSTER)
    result = run_folder(tmp_path / "收件", tmp_path / "结果", jobs=1, roster=roster)
    assert (result.files, result.skipped) == (1, {"办公室的清单": 1})


def test_figures_of_units_that_nobody_sent_are_said(made: Path, tmp_path: Path) -> None:
    rows = [*REFERENCE, ["区丙局", "人员编制", 30, ""], ["区丙局机关", "人员编制", 30, ""]]
    result = run(made, "八", roster=None, reference=written(tmp_path / "参考.xlsx", {"表": rows}))
    said = [text for text in result.list_remarks if "没有收到" in text]
    assert len(said) == 1
    assert said[0].startswith("参考.xlsx 表!A5：没有收到“区丙局机关”的文件")
    assert "是不是“区丙局”？" in said[0]


def test_figures_given_twice_count_only_when_they_agree(made: Path, tmp_path: Path) -> None:
    rows = [*REFERENCE, ["区甲局", "编制数", 26, ""], ["区乙委", "三公经费预算", 4, ""]]
    result = run(made, "九", reference=written(tmp_path / "参考.xlsx", {"表": rows}))
    assert any("25（表!C2）、26（表!C4）" in text for text in result.list_remarks)
    found = records(made, "九")
    assert found["甲.xlsx"]["facts"]["authorized_posts"]["value"] == 30
    assert found["乙.xlsx"]["facts"]["three_public_budget"]["value"] == 4


def test_a_list_that_contradicts_itself_without_a_roster_gives_nothing(
    made: Path, tmp_path: Path
) -> None:
    rows = [["编码", "单位", "编制数"], ["000301", "区甲局", 25], ["000301", "区乙局", 26]]
    result = run(made, "十", roster=None, reference=written(tmp_path / "参考.xlsx", {"表": rows}))
    assert sum("有两个名称" in text for text in result.list_remarks) == 2
    assert records(made, "十")["甲.xlsx"]["facts"]["authorized_posts"]["value"] == 30


def test_last_years_outbox_gives_the_rate_of_change(made: Path, tmp_path: Path) -> None:
    """3.68 after 3.20 is +15%: 5 - 0.5 x 15 < 0. A form that is not known gives nothing."""
    folder = tmp_path / "templates" / "yueyanglou-2020"
    shutil.copytree(ROOT / "templates" / "yueyanglou-2021", folder)
    for name in ("form.toml", "rubric.toml", "checks.toml"):
        text = (folder / name).read_text(encoding="utf-8")
        text = text.replace('id = "yueyanglou-2021"', 'id = "yueyanglou-2020"')
        text = text.replace("\nyear = 2021\n", "\nyear = 2020\n")
        (folder / name).write_text(text, encoding="utf-8")
    fact = {"value": 3.2, "raw": "3.2", "state": "number", "sheet": "表", "cell": "B9"}
    last = {
        "file": "甲.xlsx", "status": "evaluated", "form": "yueyanglou-2020", "year": 2020,
        "unit": {"name": "区甲局", "code": "000301"}, "findings": [],
        "facts": {"three_public_total": fact, "surplus_cumulative": fact | {"value": 9}},
    }  # fmt: skip
    (tmp_path / "去年").mkdir()
    (tmp_path / "去年" / "results.jsonl").write_text(json.dumps(last) + "\n", encoding="utf-8")
    found = evaluate_workbook(
        made / "收件" / "甲.xlsx", "yueyanglou-2021", tmp_path / "templates",
        roster=made / "名册.xlsx", previous=tmp_path / "去年",
    )  # fmt: skip
    change = found.indicators[1]
    assert (change.score, change.outcome) == (0, "differs")
    assert found.facts["three_public_final_last"].found_by == "上年结果 甲.xlsx 表!B9"
    note = next(f for f in found.findings if f.code == "figures.carryover_differs")
    assert (note.provided, note.expected, note.difference) == ("12.4", "9", "3.4")
    assert found.facts["income_carryover"].number == Decimal("12.4")


def test_a_run_without_lists_imports_nothing_of_them(made: Path, tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from perfeval_xl.batch.one import evaluate_workbook\n"
        f"evaluate_workbook({str(made / '收件' / '甲.xlsx')!r})\n"
        "import perfeval_xl.batch.run, perfeval_xl.batch.worker\n"
        "heavy = ('pandas', 'openpyxl', 'perfeval_xl.batch.list_desk', 'perfeval_xl.batch.table')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
