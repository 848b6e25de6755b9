"""汇总.xlsx read back with openpyxl: what it says, where it says it, and that it opens."""

from __future__ import annotations

import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openxml_audit import OpenXmlValidator

from perfeval_xl.writer.book import link_target, number_format, safe_text, wrapped_lines
from perfeval_xl.writer.summary import write_summary
from perfeval_xl.writer.summary_data import Gathered, matrix_text
from tests.writer.summary_records import NAMES, RETURNED, RUN_INFO, batch, evaluated, finding

SHEETS = [
    "总览",
    "单位汇总",
    "指标矩阵",
    "横向比较",
    "问题清单",
    "待补数据",
    "退回文件",
    "运行信息",
]
HEAD = 3  # row of the head on sheets that begin with a title and a note


def small_indicator(**changes: Any) -> dict[str, Any]:
    """An indicator of 5 points whose self-score agrees, with changes."""
    made: dict[str, Any] = {
        "id": "staffing_control_rate",
        "number": 1,
        "label": "财政供养人员控制率",
        "parent": "预算配置",
        "kind": "deduction",
        "max": 5,
        "self": 5,
        "score": 5,
        "low": 5,
        "high": 5,
        "outcome": "agrees",
        "missing": [],
        "missing_labels": [],
    }
    return made | changes


def small(name: str | None, **changes: Any) -> dict[str, Any]:
    """A record worked out by hand: 3 indicators, 5 decided, 6 undecided, 4 judged points."""
    record: dict[str, Any] = {
        "schema": 1,
        "file": f"{name}.xlsx",
        "sha256": "0" * 64,
        "status": "evaluated",
        "reason": None,
        "copy": f"复核/{name}_复核.xlsx",
        "form": "small",
        "unit": {"name": name, "code": "001"},
        "indicators": [
            small_indicator(),
            small_indicator(
                id="three_public_control_rate",
                number=7,
                label="“三公经费”控制率",
                max=6,
                self=6,
                score=None,
                outcome="undecided",
                missing=["three_public_budget"],
                missing_labels=["本年三公经费预算数"],
            ),
            small_indicator(
                id="asset_safety",
                number=14,
                label="资产管理安全性",
                max=4,
                self=4,
                score=None,
                outcome="judged",
            ),
        ],
        "totals": {
            "stated": 15,
            "self_sum": 15,
            "computed": 15,
            "decided": 5,
            "undecided": 6,
            "judged": 4,
            "low": 9,
            "high": 15,
            "rating_stated": "优秀",
            "rating": ["优秀"],
        },
        "findings": [],
    }
    return record | changes


def totals(**changes: Any) -> dict[str, Any]:
    """Totals of the small record, with changes."""
    made: dict[str, Any] = small("甲局")["totals"]
    return made | changes


def summary_of(path: Path, records: list[dict[str, Any]], **options: Any) -> Any:
    """The workbook written of these records, as openpyxl reads it."""
    target = path / "汇总.xlsx"
    write_summary(target, records, RUN_INFO, **options)
    return openpyxl.load_workbook(target)


def rows_of(sheet: Any, head: int = HEAD) -> list[dict[str, Any]]:
    """Rows below a head as dicts, up to the first row without a number."""
    names = [str(cell.value).replace("\n", "") for cell in sheet[head] if cell.value]
    rows = []
    for row in sheet.iter_rows(min_row=head + 1, values_only=True):
        if not isinstance(row[0], int | float):
            break
        rows.append(dict(zip(names, row, strict=False)))
    return rows


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The summary of 24 invented units and two returned files."""
    return summary_of(tmp_path_factory.mktemp("batch"), list(batch()))


def test_sheets_stand_in_their_order(book: Any) -> None:
    assert book.sheetnames == SHEETS
    assert book.active.title == "总览"


def test_every_list_prints_on_a4_one_page_wide_with_its_head_repeated(book: Any) -> None:
    for sheet in book:
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
    for name in SHEETS[1:]:
        assert book[name].print_title_rows


def test_overview_has_three_native_charts_and_the_figures_they_show(book: Any) -> None:
    sheet = book["总览"]
    assert len(sheet._charts) == 3
    texts = [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert "共收到 26 个文件，复核 24 个，退回 2 个，12 个有错误、需要单位改正。" in texts
    assert texts.count("自评总分") == 1
    assert sheet.print_area == "'总览'!$A$1:$L$13"


def test_overview_draws_only_the_widest_differences_and_says_so(tmp_path: Path) -> None:
    summary_of(tmp_path, list(batch(40)))
    with zipfile.ZipFile(tmp_path / "汇总.xlsx") as package:
        chart = package.read("xl/charts/chart1.xml").decode()
    assert "差异最大的 30 个单位，共 40 个" in chart
    assert '<c:ptCount val="30"/>' in chart


def test_points_by_outcome_add_up_to_the_points_of_all_units() -> None:
    gathered = Gathered()
    for name in ("甲局", "乙局"):
        gathered.add(small(name))
    assert dict(gathered.points) == {
        "agrees": 10,
        "not_applicable": 0,
        "undecided": 12,
        "judged": 8,
    }


def test_units_show_totals_and_counts(tmp_path: Path) -> None:
    record = small(
        "甲局",
        totals=totals(stated=99, self_sum=98, computed=Decimal("97.5"), rating=["优秀", "良好"]),
        findings=[finding(0), finding(2), finding(2), finding(5)],
    )
    (row,) = rows_of(summary_of(tmp_path, [record])["单位汇总"])
    assert row == {
        "序号": 1,
        "单位": "甲局",
        "预算编码": "001",
        "文件": "甲局.xlsx",
        "自评总分": 99,
        "各行之和": 98,
        "复核得分": 97.5,
        "可能最低": 9,
        "可能最高": 15,
        "差异": 1.5,
        "自评等次": "优秀",
        "复核等次": "优秀 或 良好",
        "数字可定分值": 5,
        "缺数据分值": 6,
        "待判断分值": 4,
        "错误": 1,
        "警告": 2,
        "提示": 1,
        "复核件": "打开复核件",
    }


def test_units_are_sorted_by_errors_then_by_difference(tmp_path: Path) -> None:
    records = [
        small("平局"),
        small("高估局", totals=totals(stated=18)),
        small("低估局", totals=totals(stated=11)),
        small("错局", findings=[finding(0)]),
        small("空局", totals=totals(stated=None)),
    ]
    rows = rows_of(summary_of(tmp_path, records)["单位汇总"])
    assert [row["单位"] for row in rows] == ["错局", "低估局", "高估局", "平局", "空局"]
    assert [row["差异"] for row in rows] == [0, -4, 3, 0, None]


def test_units_sheet_is_filtered_frozen_and_coloured_by_conditions(book: Any) -> None:
    sheet = book["单位汇总"]
    assert sheet.auto_filter.ref == "A3:S27"
    assert sheet.freeze_panes == "C4"
    assert {str(area.sqref) for area in sheet.conditional_formatting} == {
        "J4:J27",
        "K4:K27",
        "L4:L27",
        "P4:P27",
        "Q4:Q27",
    }
    assert sheet.max_row == 27


def test_units_link_to_their_copies_whatever_the_name(tmp_path: Path) -> None:
    record = small("甲局", copy="复核/街道 一/100%完成#2 [终].xlsx")
    cell = summary_of(tmp_path, [record])["单位汇总"]["S4"]
    assert cell.hyperlink.target == r"复核\街道%20一\100%25完成%232%20%5B终%5D.xlsx"
    assert link_target("复核/甲%20.xlsx") == "external:复核/甲%2520.xlsx"


def test_text_of_a_file_never_becomes_a_formula_or_breaks_the_sheet(tmp_path: Path) -> None:
    names = ["=1+1", "+甲", "-乙", "@丙", "丁\x00\x0b局", "_x000D_", "<r>戊</r>", "己 & <庚>"]
    records = [small(name, file=f"{number}.xlsx") for number, name in enumerate(names)]
    sheets = summary_of(tmp_path, records)
    cells = [sheets["单位汇总"].cell(row, 2) for row in range(4, 12)]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    with zipfile.ZipFile(tmp_path / "汇总.xlsx") as package:
        markup = package.read("xl/worksheets/sheet2.xml").decode()
    assert "<f>" not in markup
    shown = ["=1+1", "+甲", "-乙", "@丙", "丁局", "_x005F_x000D_", "<r>戊</r>", "己 & <庚>"]
    assert [cell.value for cell in cells] == shown
    assert not OpenXmlValidator().validate(tmp_path / "汇总.xlsx").errors


def test_text_beyond_the_limit_of_a_cell_is_cut() -> None:
    assert len(safe_text("长" * 40_000)) == 32_767
    assert safe_text("长" * 40_000).endswith("…")
    assert safe_text("<r>甲</r>") == "<r>甲</r> "


def test_matrix_has_a_column_for_each_indicator(book: Any) -> None:
    sheet = book["指标矩阵"]
    heads = [cell.value for cell in sheet[4]]
    assert len(heads) == 27
    assert heads[2] == "1\n财政供养人员控制率\n5分"
    assert heads[9] == "8\n管理制度健全性（预算管理）\n3分"
    assert heads[14] == "13\n管理制度健全性（资产管理）\n3分"
    assert sheet.freeze_panes == "C5"
    assert sheet["C3"].value == "✓ 一致"
    assert [row["单位"] for row in rows_of(sheet, 4)] == [
        row["单位"] for row in rows_of(book["单位汇总"])
    ]


@pytest.mark.parametrize(
    ("own", "score", "outcome", "shown"),
    [
        (5, 5, "agrees", "5"),
        (Decimal("2.22"), Decimal("2.5"), "within_readings", "2.22"),
        (5, Decimal("2.50"), "differs", "5→2.5"),
        (None, 3, "differs", "空→3"),
        (None, None, "undecided", "空"),
        (Decimal("4.3333"), None, "judged", "4.33"),
    ],
)
def test_matrix_shows_both_scores_where_they_differ(
    own: Decimal | int | None, score: Decimal | int | None, outcome: str, shown: str
) -> None:
    assert matrix_text({"self": own, "score": score, "outcome": outcome}) == shown


def test_matrix_marks_outcomes_by_sign_and_fill(tmp_path: Path) -> None:
    record = small("甲局")
    record["indicators"][0] |= {"score": Decimal("2.5"), "outcome": "differs"}
    sheet = summary_of(tmp_path, [record])["指标矩阵"]
    assert [sheet.cell(5, column).value for column in (3, 4, 5)] == ["5→2.5 ✗", "6 ？", "4 …"]
    assert sheet["C5"].fill.patternType == "lightUp"
    assert sheet["D5"].fill.fgColor.rgb == "FFFFE699"


def test_each_form_has_a_matrix_of_its_own(tmp_path: Path) -> None:
    records = [small("甲局"), small("乙局", form="other"), small("丙局")]
    sheets = summary_of(tmp_path, records)
    assert sheets.sheetnames[2:4] == ["指标矩阵", "指标矩阵(2)"]
    assert sheets["指标矩阵"]["A1"].value == "指标矩阵（small）"
    assert [row["单位"] for row in rows_of(sheets["指标矩阵(2)"], 4)] == ["乙局"]
    assert sheets["指标矩阵(2)"].print_title_rows == "$4:$4"


def test_findings_are_one_table_in_the_order_of_the_records(book: Any) -> None:
    sheet = book["问题清单"]
    expected = [each for record in batch() for each in record["findings"]]
    rows = rows_of(sheet)
    assert len(rows) == len(expected)
    assert [row["编码"] for row in rows] == [each["code"] for each in expected]
    (table,) = sheet.tables.values()
    assert table.ref == f"A3:O{3 + len(rows)}"
    assert [column.name for column in table.tableColumns] == [cell.value for cell in sheet[3]]


def test_a_finding_says_where_what_and_what_to_do(tmp_path: Path) -> None:
    wrong = finding(0, origin="template", provided="=99", cells=["T31", "T3:T30"])
    (row,) = rows_of(summary_of(tmp_path, [small("甲局", findings=[wrong])])["问题清单"])
    assert row == {
        "序号": 1,
        "单位": "甲局",
        "文件": "甲局.xlsx",
        "严重程度": "✗ 错误",
        "来源": "表样",
        "问题": wrong["title"],
        "工作表": "附件2-2 评分表",
        "单元格": "T31、T3:T30",
        "填报": "=99",
        "应为": "98",
        "差异": "1",
        "说明": wrong["message"],
        "怎么改": wrong["fix"],
        "依据": wrong["clause"],
        "编码": "score.total_differs",
    }


def test_a_finding_on_many_cells_names_the_first_and_how_many(tmp_path: Path) -> None:
    wide = finding(0, cells=[f"F{row}" for row in range(4, 29)])
    (row,) = rows_of(summary_of(tmp_path, [small("甲局", findings=[wide])])["问题清单"])
    assert row["单元格"] == "F4 等 25 格"


def test_findings_beyond_the_cap_go_on_in_the_next_sheet(tmp_path: Path) -> None:
    records = [small(name, findings=[finding(0)] * 2) for name in ("甲局", "乙局", "丙局")]
    sheets = summary_of(tmp_path, records, findings_per_sheet=4)
    assert sheets.sheetnames[4:7] == ["问题清单", "问题清单(2)", "待补数据"]
    first, second = sheets["问题清单"], sheets["问题清单(2)"]
    assert [len(rows_of(sheet)) for sheet in (first, second)] == [4, 2]
    assert first["A8"].value == "本表写满 4 条，第 5 条起见“问题清单(2)”。"
    assert second["A2"].value.startswith("接“问题清单”，从第 5 条起。")
    assert rows_of(second)[0]["序号"] == 5
    assert [table.ref for sheet in (first, second) for table in sheet.tables.values()] == [
        "A3:O7",
        "A3:O5",
    ]
    assert "问题清单、问题清单(2)" in sheets["总览"]["A3"].value
    assert not OpenXmlValidator().validate(tmp_path / "汇总.xlsx").errors


def test_exactly_full_sheet_does_not_begin_another(tmp_path: Path) -> None:
    records = [small("甲局", findings=[finding(0)] * 4)]
    assert summary_of(tmp_path, records, findings_per_sheet=4).sheetnames == SHEETS


def test_lacking_data_are_counted_per_fact_and_per_unit(tmp_path: Path) -> None:
    more = small("乙局", totals=totals(undecided=11))
    more["indicators"].append(
        small_indicator(
            id="three_public_change_rate",
            number=2,
            label="“三公经费”变动率",
            score=None,
            outcome="undecided",
            missing=["three_public_budget", "three_public_budget_last"],
            missing_labels=["本年三公经费预算数", "上年三公经费预算数"],
        )
    )
    sheet = summary_of(tmp_path, [small("甲局"), more])["待补数据"]
    # 控制率 6 分两个单位都缺，只缺这一个数；变动率 5 分只有乙局缺，缺两个数。
    assert [list(row.values()) for row in rows_of(sheet, 4)] == [
        [1, "本年三公经费预算数", "7 “三公经费”控制率、2 “三公经费”变动率", 2, 17, 12],
        [2, "上年三公经费预算数", "2 “三公经费”变动率", 1, 5, 0],
    ]
    assert [list(row.values()) for row in rows_of(sheet, 8)] == [
        [1, "乙局", "本年三公经费预算数（11 分）；上年三公经费预算数（5 分）", 2, 11, "001"],
        [2, "甲局", "本年三公经费预算数（6 分）", 1, 6, "001"],
    ]


def test_returned_files_name_reason_remedy_and_note(book: Any) -> None:
    sheet = book["退回文件"]
    rows = rows_of(sheet)
    assert [row["退回代码"] for row in rows] == ["workbook.encrypted", "form.unknown"]
    assert rows[1]["单位"] == "三眼桥街道办事处"
    assert rows[0]["原因"] == RETURNED[0]["reason"]["message"]
    assert sheet["G5"].hyperlink.target == r"退回\街道\三眼桥街道_退回说明.xlsx"


def test_run_sheet_gives_what_the_caller_told_and_the_counts(book: Any) -> None:
    rows = list(book["运行信息"].iter_rows(min_row=4, values_only=True))
    assert rows[: len(RUN_INFO)] == list(RUN_INFO.items())
    assert dict(rows[len(RUN_INFO) :])["文件数"] == "26"


def test_empty_batch_gives_well_formed_sheets_that_say_so(tmp_path: Path) -> None:
    sheets = summary_of(tmp_path, [])
    assert sheets.sheetnames == SHEETS
    assert not sheets["总览"]._charts
    said = {name: sheets[name]["A4"].value for name in ("单位汇总", "问题清单", "退回文件")}
    assert said == {
        "单位汇总": "没有完成复核的文件。",
        "问题清单": "没有发现问题。",
        "退回文件": "没有退回的文件。",
    }
    assert sheets["待补数据"]["A5"].value == "没有因缺少数据而未定的指标。"
    assert not sheets["问题清单"].tables
    assert not OpenXmlValidator().validate(tmp_path / "汇总.xlsx").errors


def test_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "1.xlsx", tmp_path / "2.xlsx"
    write_summary(first, batch(6), RUN_INFO)
    write_summary(second, list(batch(6)), RUN_INFO)
    assert first.read_bytes() == second.read_bytes()


def test_a_full_summary_follows_the_schema(tmp_path: Path) -> None:
    summary_of(tmp_path, list(batch()))
    assert not OpenXmlValidator().validate(tmp_path / "汇总.xlsx").errors


def test_unit_without_name_or_code_is_still_listed(tmp_path: Path) -> None:
    record = evaluated(3, NAMES[3]) | {"unit": {"name": None, "code": None}}
    sheets = summary_of(tmp_path, [record])
    (row,) = rows_of(sheets["单位汇总"])
    assert (row["单位"], row["预算编码"]) == ("（未填单位名称）", None)


def test_nothing_is_left_behind_when_a_record_is_broken(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        write_summary(tmp_path / "汇总.xlsx", [{"file": "x"}], RUN_INFO)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (98, "0"),
        (Decimal("98.00"), "0"),
        (Decimal("97.5"), "0.0"),
        (Decimal("2.22"), "0.00"),
        (Decimal("97.999"), "0"),
        (Decimal("0.004"), "General"),
        (Decimal("1E+20"), "General"),
    ],
)
def test_numbers_show_no_trailing_zero(value: Decimal | int, shown: str) -> None:
    assert number_format(value) == shown


def test_total_beyond_reason_is_listed_but_not_drawn(tmp_path: Path) -> None:
    record = small("甲局", totals=totals(stated=9_900))
    sheets = summary_of(tmp_path, [record])
    assert rows_of(sheets["单位汇总"])[0]["自评总分"] == 9_900
    assert [sheets["总览"].cell(17, column).value for column in (1, 4, 5)] == ["甲局", None, 15]


def test_huge_number_stays_readable_as_text(tmp_path: Path) -> None:
    record = small("甲局", totals=totals(stated=Decimal("1E+400")))
    (row,) = rows_of(summary_of(tmp_path, [record])["单位汇总"])
    assert row["自评总分"] == "1E+400"


def test_rows_are_tall_enough_for_chinese() -> None:
    assert wrapped_lines("一" * 10, 20, 10) == 1
    assert wrapped_lines("一" * 30, 20, 10) >= 3
    assert wrapped_lines("一\n二", 20, 10) == 2
