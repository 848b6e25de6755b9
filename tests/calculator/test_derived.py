"""Further sheets: what follows from their figures, by cases, and what follows without any."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from perfeval_xl.calculator import evaluate
from perfeval_xl.calculator.derived import with_derived
from perfeval_xl.context import Context, Given, Rank
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import CellRef, Evaluation, State
from tests.calculator.build import Value, list_rows, submission, text

SPEC = load_form("yueyanglou-2021")
BASE = load_form("yueyanglou-2023-base")
BOTH = ("base-data", "supplement")
_OPEN = {"open": "undecided", "judged": "not_applicable"}
_OF_THE_SCORES = {"score.full_marks_unsupported", "score.differs", "form.year_differs"}


def _cases() -> list[Any]:
    path = Path(__file__).parent / "cases" / "further.toml"
    data = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    return [pytest.param(case, id=case["name"]) for case in data["cases"]]


def judged(case: dict[str, Any]) -> Evaluation:
    """The clean form with the further sheets of a case."""
    facts: dict[str, Value] = {k: None if v == "" else v for k, v in case["facts"].items()}
    specials = list_rows(
        SPEC, "special", ("special_amount", "special_day", "special_issued"),
        case.get("specials", []),
    )  # fmt: skip
    projects = list_rows(
        SPEC, "district_special", ("district_special_final",), case.get("projects", [])
    )
    made = submission(SPEC, facts, attached=BOTH, lists=[*specials, *projects])
    return evaluate(made, SPEC)


@pytest.mark.parametrize("case", _cases())
def test_further_sheets_give_these_scores_and_findings(case: dict[str, Any]) -> None:
    evaluation = judged(case)
    for number, wanted in case.get("scores", {}).items():
        result = evaluation.indicators[int(number) - 1]
        assert result.score == (None if wanted in _OPEN else wanted), result.sentence
        if wanted in _OPEN:
            assert result.outcome == _OPEN[wanted], result.sentence
    if "findings" in case:
        codes = Counter(f.code for f in evaluation.findings if f.code not in _OF_THE_SCORES)
        assert codes == Counter(case["findings"])
    for finding in evaluation.findings:
        assert "{" not in finding.message + finding.fix
        assert "None" not in finding.message + finding.fix
        assert finding.refs


def test_a_late_special_is_named_and_its_cells_alone_are_inputs() -> None:
    evaluation = judged(
        {"facts": {"specials_count": 2},
         "specials": [["甲", 100, "2021-02-01", 100], ["乙", 20, "2021-03-01", 20]]}
    )  # fmt: skip
    result = evaluation.indicators[4]
    assert "“乙”没有按期下达" in result.sentence
    assert "“甲”" not in result.sentence
    assert {fact.ref.row for fact in result.inputs if fact.ref} == {41}


def test_what_is_lacking_is_named_by_its_cell() -> None:
    evaluation = judged({"facts": {"basic_adjustment_budget": "", "basic_adjustment_final": 200}})
    result = evaluation.indicators[3]
    assert set(result.missing) == {"budget_adjustment", "initial_budget"}
    assert "基础数据表!B" in result.sentence
    assert "空白" in result.sentence


def test_a_prior_years_total_alone_is_a_warning_and_this_years_sum_an_error() -> None:
    facts = {"three_public_final_last": 4, "vehicle_final_last": "", "three_public_final": 4,
             "vehicle_final": 3, "overseas_final": 0, "hospitality_final": 2}  # fmt: skip
    found = {f.code: f for f in judged({"facts": facts}).findings}
    assert found["figures.base_total_only"].severity == "warning"
    broken = found["figures.base_three_public"]
    assert (broken.severity, broken.provided, broken.expected, broken.difference) == (
        "error", "4", "5", "1",
    )  # fmt: skip


def test_a_further_sheet_of_another_unit_is_said() -> None:
    made = submission(SPEC, attached=BOTH)
    place = CellRef("基础数据表", 3, 2)
    for name, wanted in (("区测试局", 0), ("区另外局", 1)):
        title = text("base-data.unit_name", name, place)
        evaluation = evaluate(replace(made, prose={"base-data.unit_name": title}), SPEC)
        found = [f for f in evaluation.findings if f.code == "form.unit_name_differs"]
        assert len(found) == wanted
    assert (found[0].provided, found[0].expected) == ("区另外局", "区测试局")
    assert found[0].refs[0] == place


def test_checks_of_a_sheet_that_is_not_there_are_not_even_mentioned() -> None:
    evaluation = evaluate(submission(SPEC), SPEC)
    assert not [check for check in evaluation.passed if "base" in check.id]
    assert not [check for check in evaluation.passed if "supplement" in check.id]


def test_points_decided_grow_with_each_sheet() -> None:
    """16 from 附件2-1 alone, 33 with the base data, 60 with the supplement.

    Without any special there is nothing to decide 支付进度 by.
    """
    base: dict[str, Value] = {
        "three_public_final_last": 5, "three_public_budget": 4, "procurement_budget": 50,
        "procurement_final": 50, "basic_adjustment_budget": 200, "basic_adjustment_final": 200,
        "project_expenditure_budget": 100, "project_expenditure_final": 100,
    }  # fmt: skip
    clauses = [n for i in SPEC.indicators for n in _clauses_of(dict(i.rule))]
    more: dict[str, Value] = {
        "three_public_budget_last": 4, "key_project_expenditure": 95, "card_spending": 6,
        "card_eligible_spending": 10, "specials_count": 0, "fund_use_cases": 0, "asset_cases": 0,
        "survey_size": 100, **dict.fromkeys(clauses, "是"),
    }  # fmt: skip
    one = [["甲", 100, "2021-02-01", 100]]
    special = list_rows(SPEC, "special", ("special_amount", "special_day", "special_issued"), one)
    for facts, lists, decided, undecided, judged_points in (
        ({}, [], 16, 28, 56), (base, [], 33, 11, 56),
        (base | more, [], 57, 0, 43), (base | more | {"specials_count": 1}, special, 60, 0, 40),
    ):  # fmt: skip
        totals = evaluate(submission(SPEC, facts, attached=BOTH, lists=lists), SPEC).totals
        assert (totals.decided, totals.undecided, totals.judged) == (
            decided, undecided, judged_points,
        )  # fmt: skip


def _clauses_of(rule: dict[str, Any]) -> list[str]:
    return [clause["fact"] for clause in rule.get("clauses", [])]


# ---- a form of figures by itself ----


def _alone(year: int | None, **facts: Value) -> Evaluation:
    made = submission(SPEC, dict(facts), attached=BOTH)
    own = {name: made.facts[name] for name in BASE.fields if name in made.facts}
    return evaluate(
        replace(made, form=BASE.id, facts=own, scores=(), targets=(), area=None, attached=(), year=year),
        BASE,
    )  # fmt: skip


def test_a_form_of_figures_has_facts_and_identities_and_no_points() -> None:
    evaluation = _alone(2021, three_public_final=4, vehicle_final=3, hospitality_final=2)
    assert evaluation.year == 2021
    assert evaluation.indicators == ()
    assert (evaluation.totals.decided, evaluation.totals.high) == (0, 0)
    assert evaluation.totals.stated is None
    assert evaluation.totals.rating == ()
    assert [f.code for f in evaluation.findings] == ["figures.base_three_public"]


def test_its_own_year_holds_where_the_heads_name_none() -> None:
    assert _alone(None).year == BASE.year


def _given_by(further: Evaluation, form: str) -> Context:
    """The figures of a form of figures, as the other file of a unit gives them."""
    return Context(
        tuple(
            Given(name, fact.number, fact.raw, "基.xlsx", Rank.JOINED, form)
            for name, fact in further.facts.items()
            if fact.number is not None
        )
    )


def test_its_facts_join_the_scored_form_under_that_forms_names() -> None:
    further = _alone(
        2021, three_public_budget=4, three_public_final_last=5, basic_adjustment_budget=200,
        basic_adjustment_final=210, project_expenditure_budget=100, project_expenditure_final=100,
    )  # fmt: skip
    known = evaluate(submission(SPEC), SPEC, _given_by(further, BASE.id))
    assert {n: known.facts[n].number for n in ("three_public_budget", "initial_budget")} == {
        "three_public_budget": 4, "initial_budget": 300,
    }  # fmt: skip
    assert known.facts["budget_adjustment"].number == 10
    fact = known.facts["three_public_budget"]
    assert (fact.found_by, fact.expression) == ("基.xlsx", "")
    assert fact.ref is not None
    assert fact.ref.sheet == "复核依据"
    assert known.totals.decided == 16 + 5 + 3 + 6


def test_facts_of_another_form_do_not_join() -> None:
    further = _alone(2021, three_public_budget=4)
    for form, spec in (("some-other", SPEC), (BASE.id, BASE)):
        assert spec.own_name("three_public_budget", form) == ""
    assert evaluate(submission(SPEC), SPEC, _given_by(further, "some-other")).totals.decided == 16


def test_a_stated_figure_is_not_worked_out_again() -> None:
    made = submission(SPEC, {"initial_budget": 5, "basic_adjustment_budget": 7}, attached=BOTH)
    assert with_derived(made, SPEC).facts["initial_budget"].number == 5
    assert with_derived(made, SPEC).facts["late_specials"].state is State.MISSING


@pytest.mark.parametrize("count", [1, 8, 20, 60, 200])
def test_no_formula_is_longer_than_excel_takes(count: int) -> None:
    """8,192 characters; beyond that the file would be called damaged, so the number stands alone."""
    specials = [[f"专项{n}", 10, "2021-02-01", 10] for n in range(count)]
    result = judged({"facts": {"specials_count": count}, "specials": specials}).indicators[4]
    assert (result.score, result.outcome) == (3, "agrees")
    longest = max(len(f or "") for f in (result.formula, result.formula_low, result.formula_high))
    assert longest <= 7800
    if count <= 8:
        assert longest > 100
