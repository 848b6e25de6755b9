"""Tables with several 机构: every row by itself, the 合计 row against them, names of units."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfeval_xl.calculator import evaluate
from perfeval_xl.calculator.forms_checks import same_unit
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import Finding, Submission
from tests.calculator.build import Value, submission, table_rows

SPEC = load_form("yueyanglou-2021")
Line = tuple[str, dict[str, Value]]


def _with(block: str, lines: list[Line]) -> Submission:
    rows = table_rows(SPEC, block, 50, lines)
    form = submission(SPEC, rows=rows)
    total = next((r for r in rows if r.is_total), rows[0])
    return replace(form, facts=form.facts | total.facts)


def _figures(form: Submission) -> list[Finding]:
    return [f for f in evaluate(form, SPEC).findings if f.code.startswith("figures.")]


def _assets(total: Value, used: Value) -> dict[str, Value]:
    return {"fixed_assets_total": total, "fixed_assets_in_use": used}


def test_rows_and_total_that_agree_give_nothing() -> None:
    lines = [
        ("区测试局本级", _assets(30, 30)),
        ("执法大队", _assets(20, 20)),
        ("合计", _assets(50, 50)),
    ]
    assert _figures(_with("fixed_assets", lines)) == []


def test_a_column_that_does_not_add_up_to_its_total_is_named_once() -> None:
    lines = [
        ("区测试局本级", _assets(30, 30)),
        ("执法大队", _assets(21, 21)),
        ("合计", _assets(50, 50)),
    ]
    found = _figures(_with("fixed_assets", lines))
    assert [(f.code, f.provided, f.expected, f.difference) for f in found] == [
        ("figures.rows_total", "50", "51", "1"), ("figures.rows_total", "50", "51", "1"),
    ]  # fmt: skip


def test_a_row_whose_own_parts_do_not_add_up_is_named_with_its_unit() -> None:
    lines = [
        ("区测试局本级", _assets(30, 29)),
        ("执法大队", _assets(20, 20)),
        ("合计", _assets(50, 50)),
    ]
    found = [f for f in _figures(_with("fixed_assets", lines)) if f.code == "figures.assets_parts"]
    assert len(found) == 1
    assert "区测试局本级固定资产合计" in found[0].message
    assert found[0].refs[0].row == 50


def test_a_single_row_is_checked_once() -> None:
    found = _figures(_with("fixed_assets", [("区测试局", _assets(50, 49))]))
    assert [f.code for f in found] == ["figures.assets_parts"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("区财政局", "岳阳楼区财政局"),
        ("市场监管局", "市场监督管理局"),
        ("区人社局", "岳阳楼区人力资源和社会保障局"),
        ("区样例十局（本级）", "区样例十局"),
        ("区委宣传部", "岳阳楼区委宣传部"),
        ("本级", "区财政局"),
        ("区 财 政 局", "区财政局"),
    ],
)
def test_abbreviations_are_the_same_unit(first: str, second: str) -> None:
    assert same_unit(first, second)
    assert same_unit(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [("区样例十六局", "区样例十七局"), ("区财政局", "区教育局"), ("档案馆", "信访办")],
)
def test_another_unit_is_another_unit(first: str, second: str) -> None:
    assert not same_unit(first, second)


def test_a_table_under_another_name_is_a_warning_and_second_bodies_are_none() -> None:
    other = [("区别的局", _assets(50, 50))]
    codes = [f.code for f in evaluate(_with("fixed_assets", other), SPEC).findings]
    assert "form.unit_name_differs" in codes
    lines = [
        ("区测试局", _assets(30, 30)),
        ("执法大队", _assets(20, 20)),
        ("合计", _assets(50, 50)),
    ]
    codes = [f.code for f in evaluate(_with("fixed_assets", lines), SPEC).findings]
    assert "form.unit_name_differs" not in codes


def test_a_title_that_stands_alone_against_all_tables_is_one_finding_on_the_title() -> None:
    rows = [
        row
        for number, block in enumerate(("income", "expenditure", "fixed_assets"))
        for row in table_rows(SPEC, block, 50 + 10 * number, [("区别的局", {})])
    ]
    form = submission(SPEC, rows=rows)
    title = form.facts["unit_name"]
    found = [f for f in evaluate(form, SPEC).findings if f.code == "form.unit_name_differs"]
    assert [(f.refs[0], f.provided, f.expected) for f in found] == [
        (title.ref, title.text, "区别的局")
    ]
    assert len(found[0].refs) == 4
