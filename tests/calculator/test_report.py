"""Figures in the written report: tied when certain, left alone when not."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from perfeval_xl.calculator import evaluate
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import CellRef, Finding, ReadingProblem
from tests.calculator.build import Value, submission, table_rows

SPEC = load_form("yueyanglou-2021")
CHAPTERS = "基本情况绩效问题建议。"


def _differing(sentence: str) -> list[Finding]:
    form = submission(SPEC, {"narrative": CHAPTERS + sentence})
    return [f for f in evaluate(form, SPEC).findings if f.code == "report.figure_differs"]


@pytest.mark.parametrize(
    ("sentence", "provided"),
    [
        ("我局人员编制19人，实有人数20人。", "19人"),
        ("人员编制为１９人", "19人"),
        ("2021年收入合计310.00万元。", "310.00万元"),
        ("支出合计3,000,100元", "3,000,100元"),
        ("基本支出200万元，其中人员支出130万元。", "130万元"),
        ("“三公经费”合计4.40万元", "4.40万元"),
        ("服务对象满意度达到98%", "98%"),
        ("预算执行率102%", "102%"),
        ("自评综合得分98分", "98分"),
    ],
)
def test_a_figure_that_differs_is_named(sentence: str, provided: str) -> None:
    found = _differing(sentence)
    assert [f.provided for f in found] == [provided]
    assert len(found[0].refs) >= 2


@pytest.mark.parametrize(
    "sentence",
    [
        "人员编制20人，实有人数20人，收入合计300.00万元，支出合计300万元。",
        "收入合计3000000元",
        "收入合计约290万元",
        "上年收入合计250万元",
        "2020年，收入合计250万元，支出合计250万元。",
        "年初预算收入合计250万元",
        "支出合计增长12%",
        "支出合计比上年增加12万元",
        "基本支出合计200万元",
        "所属单位项目支出30万元",
        "公用支出80万元，其中公务接待费2万元",
        "项目支出50万元以上的项目3个",
        "三公经费人均支出0.2万元",
        "项目支出30-50万元",
        "固定资产利用率100%",
        "预算执行率100%",
        "企业满意度91%",
        "满意度调查200人",
        "计划支出合计310万元",
        "收入合计300.004万元",
    ],
)
def test_what_agrees_or_cannot_be_tied_is_left_alone(sentence: str) -> None:
    assert _differing(sentence) == []


def _prose() -> list[dict[str, Any]]:
    path = Path(__file__).parent / "cases" / "prose.toml"
    cases: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))["cases"]
    return cases


@pytest.mark.parametrize("case", [pytest.param(c, id=c["says"]) for c in _prose()])
def test_a_sentence_of_a_report_is_held_against_the_form_and_never_accused_wrongly(
    case: dict[str, Any],
) -> None:
    assert [f.provided for f in _differing(case["says"])] == case.get("wrong", [])


def _codes(text: str, facts: dict[str, Value] | None = None) -> list[tuple[str, str]]:
    form = submission(SPEC, {"narrative": CHAPTERS + text, **(facts or {})})
    return [(f.code, f.provided) for f in evaluate(form, SPEC).findings if f.code[:6] == "report"]


def test_every_kind_of_placeholder_is_named_and_no_measure_is_one() -> None:
    said = _codes("完成……项，共XX万元，某项目×年，投入X万元，占地3×4米，2021年收入合计300万元。")
    assert said == [("report.placeholder", "……、XX、×、X")]
    assert _codes("购置X光机1台，收入合计300万元。") == []


def test_a_table_in_yuan_beside_a_report_in_wan_is_one_finding_not_one_each() -> None:
    """收入 300 万元 and so on, typed as 3000000 and the like."""
    yuan: dict[str, Value] = {
        "income_total": 3_000_000, "expenditure_total": 3_000_000, "basic_expenditure": 2_000_000,
    }  # fmt: skip
    text = "收入合计300万元。支出合计300万元。基本支出200万元。人员编制19人。"
    found = _codes(text, yuan)
    assert found == [("report.figure_differs", "19人"), ("report.unit_differs", "300万元")]
    slips = {name: yuan[name] for name in ("income_total", "expenditure_total")}
    assert [code for code, _ in _codes("收入合计300万元。支出合计300万元。", slips)] == [
        "report.figure_differs", "report.figure_differs",
    ]  # fmt: skip


def test_a_figure_of_one_body_of_several_is_left_alone() -> None:
    """245 is what 本级 has; the table's 合计 is 300."""
    rows = table_rows(
        SPEC, "fixed_assets", 50,
        [("本级", {"fixed_assets_total": 245}), ("执法队", {"fixed_assets_total": 55}),
         ("合计", {"fixed_assets_total": 300})],
    )  # fmt: skip
    for said, wanted in (("245万元", []), ("300万元", []), ("246万元", ["246万元"])):
        form = submission(SPEC, {"narrative": f"{CHAPTERS}固定资产合计{said}。"}, rows=rows)
        form = replace(form, facts=form.facts | rows[-1].facts)
        found = [f.provided for f in evaluate(form, SPEC).findings if f.code[:6] == "report"]
        assert found == wanted


@pytest.mark.parametrize(("count", "findings"), [(3, 3), (4, 1), (9, 1)])
def test_a_form_in_another_unit_is_said_once(count: int, findings: int) -> None:
    problems = [
        ReadingProblem(
            "figures.unit_converted", (CellRef("附件2-1 自评表", 40, n),), "3000000",
            details={"note": "3000000（元）折合 300 万元"},
        )
        for n in range(1, count + 1)
    ]  # fmt: skip
    form = submission(SPEC, problems=problems)
    found = [f for f in evaluate(form, SPEC).findings if f.code == "figures.unit_converted"]
    assert len(found) == findings
    assert sum(len(f.refs) for f in found) == count
    assert all("3000000（元）折合 300 万元" in f.message for f in found)
    assert all(len(f.marked_refs) == 1 for f in found)
