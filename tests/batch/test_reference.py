"""参考数据 in both layouts: exact figures with their cells, and every line that is not used is said."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from perfeval_xl.batch.reference import Fields, Figure, read_reference
from perfeval_xl.batch.remarks import Remarks
from perfeval_xl.context import Rank
from perfeval_xl.errors import ListError
from perfeval_xl.forms.catalog import load_form
from tests.builders.lists import titled, written

FIELDS = Fields.of([load_form("yueyanglou-2021")])
LONG = ["单位", "指标项", "数值", "来源"]


def read(path: Path) -> tuple[list[Figure], list[tuple[str, str]]]:
    remarks = Remarks()
    figures = read_reference(path, FIELDS, remarks)
    return figures, [(r.place, r.said) for r in remarks.found]


def long(tmp_path: Path, *rows: list[Any], head: list[str] = LONG) -> Path:
    return titled(tmp_path / "参考数据.xlsx", "预算股、编办提供", [head, *rows], "表")


def values(figures: list[Figure]) -> dict[str, Decimal]:
    return {figure.given.fact: figure.given.value for figure in figures}


def test_a_long_list_gives_figures_with_cell_and_source(tmp_path: Path) -> None:
    figures, said = read(long(tmp_path, ["区甲局", "人员编制", "36人", "编办函〔2021〕3号"]))
    given = figures[0].given
    assert (given.fact, given.value, given.raw, given.rank) == (
        "authorized_posts", 36, "36人", Rank.REFERENCE,
    )  # fmt: skip
    assert given.source == "参考数据.xlsx 表!C4（编办函〔2021〕3号）"
    assert (figures[0].name, figures[0].year, said) == ("区甲局", None, [])


@pytest.mark.parametrize(
    ("name", "fact", "year"),
    [
        ("人员编制", "authorized_posts", None),
        ("编制人数", "authorized_posts", None),
        ("authorized_posts", "authorized_posts", None),
        ("本年三公经费预算数", "three_public_budget", None),
        ("三公经费预算", "three_public_budget", None),
        ("“三公”经费预算", "three_public_budget", None),
        ("2021年三公经费预算数", "three_public_budget", 2021),
        ("2020年度三公经费决算数", "three_public_final_last", 2021),
        ("三公经费合计", "three_public_total", None),
    ],
)
def test_a_field_is_known_by_label_alias_id_and_year(
    tmp_path: Path, name: str, fact: str, year: int | None
) -> None:
    figures, said = read(long(tmp_path, ["区甲局", name, 5, ""]))
    assert [(f.given.fact, f.year) for f in figures] == [(fact, year)]
    assert said == []


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        ("5.5", "5.5"), (5.5, "5.5"), ("５．５", "5.5"), ("5.5万元", "5.5"), ("55,000元", "5.5"),
        ("0.00055亿元", "5.5"), (0.1, "0.1"), ("￥5.50", "5.50"), ("5.5（含追加）", "5.5"), (0, "0"),
    ],
)  # fmt: skip
def test_money_is_exact_whatever_unit_it_is_written_in(
    tmp_path: Path, shown: Any, value: str
) -> None:
    figures, _ = read(long(tmp_path, ["区甲局", "年初预算", shown, ""]))
    assert values(figures) == {"initial_budget": Decimal(value)}


def test_the_unit_may_stand_in_a_column_in_a_head_or_above_the_list(tmp_path: Path) -> None:
    head = ["预算单位", "指标项", "数值", "单位"]
    column = written(
        tmp_path / "a.xlsx",
        {"表": [head, ["区甲局", "年初预算", 50000, "元"], ["区甲局", "人员编制", 9, "人"]]},
    )
    assert values(read(column)[0]) == {"initial_budget": 5, "authorized_posts": 9}
    above = written(
        tmp_path / "b.xlsx",
        {
            "表": [
                ["参考数据", "", "单位：元"],
                ["单位", "年初预算", "编制数"],
                ["区甲局", 50000, 9],
            ]
        },
    )
    assert values(read(above)[0]) == {"initial_budget": 5, "authorized_posts": 9}


def test_a_wide_list_has_a_field_per_column(tmp_path: Path) -> None:
    head = [
        "序号",
        "编码",
        "单位",
        "三公经费预算（元）",
        "年初预算(万元)",
        "编制数",
        "备注",
        "来源",
    ]
    path = written(
        tmp_path / "参考数据.xlsx",
        {"表": [head, [1, "001", "区甲局", 50000, 800.05, 36, "x", "预算股"]]},
    )
    figures, said = read(path)
    assert values(figures) == {
        "three_public_budget": 5, "initial_budget": Decimal("800.05"), "authorized_posts": 36,
    }  # fmt: skip
    assert figures[1].given.source == "参考数据.xlsx 表!E2（预算股）"
    assert (figures[0].code, figures[0].unit_place, said) == ("001", "表!C2", [])


def test_answers_percentages_and_counts(tmp_path: Path) -> None:
    rows = [
        ["区甲局", "已制定预算资金管理办法等制度", "是", ""],
        ["区甲局", "相关管理制度合法、合规、完整", "否", ""],
        ["区甲局", "satisfaction_result", "９５％", ""],
        ["区甲局", "满意度调查人数", "120人", ""],
        ["区甲局", "资金使用不合规的例数", 0, ""],
    ]
    # 相关管理制度… stands for #8 alone: the label of #13 says 资产.
    assert values(read(long(tmp_path, *rows))[0]) == {
        "budget_system_exists": 1, "budget_system_sound": 0,
        "satisfaction_result": Decimal("0.95"), "survey_size": 120, "fund_use_cases": 0,
    }  # fmt: skip


def test_a_percentage_is_what_its_format_shows(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.xlsx",
        {"表": [["单位", "satisfaction_result"], ["区甲局", 1], ["区乙局", 0.9496]]},
        {1: "0.00%"},
    )
    figures, said = read(path)
    assert [f.given.value for f in figures] == [1, Decimal("0.9496")]
    assert said == []


def test_a_year_column_limits_the_figure_to_its_year(tmp_path: Path) -> None:
    head = ["单位", "指标项", "数值", "年度"]
    rows = [["区甲局", "人员编制", 9, "2021年度"], ["区甲局", "人员编制", 8, 2020]]
    assert [f.year for f in read(long(tmp_path, *rows, head=head))[0]] == [2021, 2020]


@pytest.mark.parametrize(
    ("row", "place", "said"),
    [
        (["区甲局", "人员编制数量", 9, ""], "表!B5", "是不是“人员编制”？"),
        (["区甲局", "人员编制", "约9", ""], "表!C5", "“约9”读不成整数"),
        (["区甲局", "人员编制", "9.5", ""], "表!C5", "“9.5”读不成整数"),
        (["区甲局", "人员编制", "9万元", ""], "表!C5", "计量单位“万元”不对"),
        (["区甲局", "年初预算", "9人", ""], "表!C5", "计量单位“人”不对"),
        (["区甲局", "年初预算", "无", ""], "表!C5", "“无”读不成金额"),
        (["区甲局", "年初预算", "#N/A", ""], "表!C5", "“#N/A”读不成金额"),
        (["", "年初预算", 9, ""], "表!A5", "没有写是哪个单位"),
        (["区甲局", "已制定预算资金管理办法等制度", "一般", ""], "表!C5", "看不出是还是否"),
        (["区甲局", "contact_name", "张某某", ""], "表!B5", "不是表样里的填报项"),
    ],
)
def test_a_line_that_cannot_be_used_is_said_with_its_cell(
    tmp_path: Path, row: list[Any], place: str, said: str
) -> None:
    figures, found = read(long(tmp_path, ["区甲局", "实有人数", 9, ""], row))
    assert list(values(figures)) == ["actual_staff"]
    assert [p for p, _ in found] == [place]
    assert said in found[0][1]


def test_blanks_strokes_and_totals_are_no_figures(tmp_path: Path) -> None:
    rows = [
        ["区甲局", "年初预算", "", ""], ["区甲局", "年初预算", "—", ""], ["合计", "年初预算", 9, ""],
        ["区甲局", "人员编制", 9, ""],
    ]  # fmt: skip
    figures, said = read(long(tmp_path, *rows))
    assert (values(figures), said) == ({"authorized_posts": 9}, [])


def test_an_unknown_column_of_a_wide_list_is_said_once(tmp_path: Path) -> None:
    rows = [["单位", "编制数", "车辆数"], ["区甲局", 1, 2], ["区乙局", 1, 2]]
    _, said = read(written(tmp_path / "a.xlsx", {"表": rows}))
    assert [place for place, _ in said] == ["表!C1"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["甲", "乙"]], "没有找到表头"),
        ([["单位", "车辆数"], ["区甲局", 1]], "都不是表样里的填报项"),
        ([LONG], "没有内容"),
        ([LONG, ["区甲局", "车辆数", 1, ""]], "第一处：“车辆数”不是表样里的填报项"),
    ],
)
def test_a_list_without_one_usable_figure_is_an_error(
    tmp_path: Path, rows: list[list[Any]], said: str
) -> None:
    with pytest.raises(ListError, match=said):
        read(written(tmp_path / "a.xlsx", {"表": rows}))


def test_a_sheet_that_is_passed_over_is_said(tmp_path: Path) -> None:
    sheets = {
        "编制": [["单位", "编制数"], ["区甲局", 9]],
        "名单": [["单位", "车辆数"], ["区甲局", 1]],
        "说明": [["编办提供"]],
    }
    figures, said = read(written(tmp_path / "a.xlsx", sheets))
    assert len(figures) == 1
    assert [place for place, _ in said] == ["名单", "说明"]
