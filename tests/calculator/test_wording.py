"""The form's fingerprint: what is a change of wording, what is only another layout, whose year it is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from perfeval_xl.calculator import evaluate
from perfeval_xl.calculator.wording import difference, wording
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import CellRef, Fact, Finding, Origin, State, Submission
from tests.calculator.build import blank, submission, text

SPEC = load_form("yueyanglou-2021")
FIRST = SPEC.indicators[0].source.sentence
DUTY = SPEC.indicators[15].source.sentence
SHEET = "附件2-2 评分表"


def _form_findings(form: Submission) -> list[Finding]:
    found = evaluate(form, SPEC).findings
    return [f for f in found if f.code.startswith("form.") and f.origin is Origin.UNIT]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (FIRST.replace("100%", "110%"), "“100%”改成了“110%”"),
        (FIRST.replace("0.5分", "0.2分"), "“0.5分”改成了“0.2分”"),
        (FIRST.replace("，扣完为止", ""), "少了“扣完为止”"),
        (FIRST + "超编的另扣1分。", "多了“超编的另扣1分”"),
        (FIRST.replace("每超过一个", "每超过两个"), "“超过一个”改成了“超过两个”"),
        (FIRST.replace("≦", "＞"), "“≤100%”改成了“>100%”"),
        ("详见文件", "原文“以100%为标准在职人员控制率≤100%计5分每…”换成了“详见文件”"),
    ],
)
def test_a_changed_criterion_shows_only_the_words_that_differ(given: str, said: str) -> None:
    (finding,) = _form_findings(submission(SPEC, criteria={1: given}))
    assert finding.code == "form.criteria_changed"
    assert said in finding.message
    assert (finding.provided, finding.expected) == (given, FIRST)
    assert len(finding.message) < 120


@pytest.mark.parametrize(
    "given",
    [
        FIRST.replace("，", ",").replace("。", " ； "),
        FIRST.replace("100%", "１００％").replace("≦", "≤"),
        "\n".join(FIRST) if len(FIRST) < 10 else FIRST.replace("。", "。\n  "),
        FIRST.rstrip("。"),
        f"（{FIRST}）",
    ],
)
def test_punctuation_spaces_and_width_are_no_change(given: str) -> None:
    assert _form_findings(submission(SPEC, criteria={1: given})) == []
    assert difference(FIRST, given) == ""


def test_a_decimal_point_and_a_dash_between_numbers_are_wording() -> None:
    assert wording("扣0.5分") != wording("扣05分")
    assert wording("80%-90%") != wording("80%90%")


def _with_criteria(texts: dict[int, str]) -> Submission:
    form = submission(SPEC)
    rows = tuple(
        replace(row, criteria=_criterion(n, texts[n])) if n in texts else row
        for n, row in enumerate(form.scores, 1)
    )
    return replace(form, scores=rows)


def _criterion(number: int, value: str) -> Fact:
    ref = CellRef(SHEET, 100 + number, 4)
    return text(f"criteria.{number}", value, ref) if value else blank(f"criteria.{number}", ref)


def test_a_text_printed_once_for_six_rows_is_no_change() -> None:
    assert _form_findings(_with_criteria({16: DUTY, **dict.fromkeys(range(17, 22), "")})) == []


def test_a_text_split_over_the_rows_that_share_it_is_no_change() -> None:
    first, second = DUTY.split("\n")
    split = {16: first, 17: second, **dict.fromkeys(range(18, 22), "")}
    assert _form_findings(_with_criteria(split)) == []


def test_texts_of_two_rows_in_one_cell_are_no_change() -> None:
    both = FIRST + "\n" + SPEC.indicators[1].source.sentence
    assert _form_findings(_with_criteria({1: both, 2: ""})) == []


def test_a_piece_that_is_missing_from_a_split_text_is_a_change() -> None:
    first, second = DUTY.split("\n")
    split = {16: first, 17: second[:-8], **dict.fromkeys(range(18, 22), "")}
    assert {f.code for f in _form_findings(_with_criteria(split))} == {"form.criteria_changed"}


def _with_label(number: int, label: str) -> Submission:
    form = submission(SPEC)
    rows = tuple(
        replace(row, label=text("label", label, CellRef(SHEET, 3 + n, 3))) if n == number else row
        for n, row in enumerate(form.scores, 1)
    )
    return replace(form, scores=rows)


def test_a_renamed_row_says_what_it_was() -> None:
    (finding,) = _form_findings(_with_label(1, "财政供养人员超编率"))
    assert finding.code == "form.label_changed"
    assert "“控制率”改成了“超编率”" in finding.message or "“控制”改成了“超编”" in finding.message


def test_a_name_of_the_unit_s_own_for_a_judged_row_is_no_accusation() -> None:
    (finding,) = _form_findings(_with_label(16, "河长制工作"))
    assert (finding.code, finding.severity) == ("form.label_changed", "note")
    assert "恢复官方表样的文字" not in finding.fix


@pytest.mark.parametrize(
    ("number", "label"),
    [
        (1, "财政供养人员\n控制率（5分）"),
        (2, "“三公经费”变动率5分"),
        (2, "三公经费变动率"),
        (17, "建设湖南新增长极目标任务完成情况"),
        (18, "政府工作报告目标任务完成情况"),
        (1, "1.财政供养人员控制率"),
        (16, "①推进全面小康建设指标任务完成情况"),
        (22, "经济效益：招商引资到位 10 亿元"),
        (23, "社会效益（群众安全感）"),
    ],
)
def test_points_quotes_and_known_spellings_of_a_name_are_no_change(number: int, label: str) -> None:
    assert _form_findings(_with_label(number, label)) == []


def _groups(**changed: int | None) -> Submission:
    facts = {}
    for row, group in enumerate(SPEC.groups.values(), 4):
        points = changed.get(group.id, group.points)
        if points is not None:
            ref = CellRef(SHEET, row, 2)
            facts[group.id] = Fact(
                f"points.{group.id}", Decimal(points), "", ref, State.NUMBER
            )  # fmt: skip
    return replace(submission(SPEC), group_points=facts)


def test_points_of_a_group_head_are_compared() -> None:
    found = [
        f for f in evaluate(_groups(budget_execution=18), SPEC).findings if f.code == "score.points_sum"
    ]  # fmt: skip
    assert [(f.provided, f.expected, f.difference) for f in found] == [("18", "15", "3")]


def test_one_group_head_that_is_gone_is_a_note_and_a_form_without_points_is_none() -> None:
    (finding,) = _form_findings(_groups(budget_execution=None))
    assert finding.code == "form.group_missing"
    assert "预算执行（15分）" in finding.message
    assert _form_findings(submission(SPEC)) == []


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("2020年度部门整体支出绩效自评表", "2020"),
        ("区财政局２０２０年度整体支出绩效自评", "2020"),
        ("2020 年 度 部门整体支出绩效自评表", "2020"),
        ("二〇二〇年度部门整体支出绩效自评表", "2020"),
        ("二○二二年部门整体支出绩效自评报告", "2022"),
    ],
)
def test_another_year_in_a_title_is_the_units_fault(title: str, year: str) -> None:
    (finding,) = _form_findings(submission(SPEC, titles=[title]))
    assert (finding.code, finding.provided, finding.expected) == ("form.year_differs", year, "2021")
    assert finding.origin is Origin.UNIT


@pytest.mark.parametrize(
    "title",
    [
        "2021年度部门整体支出绩效自评表", "二〇二一年度部门整体支出绩效自评表", "填报日期：2022年",
        "2022年3月18日", "2022 年 3 月", "2022年  月  日", "岳财绩〔2022〕5号", "报送时间 2022年",
    ],
)  # fmt: skip
def test_the_forms_year_and_the_date_of_filling_are_no_fault(title: str) -> None:
    assert _form_findings(submission(SPEC, titles=[title])) == []


def test_the_year_that_the_blank_prints_is_the_templates_fault_once() -> None:
    found = [f for f in evaluate(submission(SPEC), SPEC).findings if f.code == "form.year_differs"]
    assert [(f.origin, f.provided) for f in found] == [(Origin.TEMPLATE, "2018")]
