"""Figures in the written report: tied when certain, left alone when not."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from perfeval_xl.calculator import evaluate
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import Finding
from tests.calculator.build import submission

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
