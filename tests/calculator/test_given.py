"""Figures from beside the workbook: the office's count first, others fill gaps, nothing in silence."""

from __future__ import annotations

from decimal import Decimal

import pytest

from perfeval_xl.calculator import evaluate
from perfeval_xl.context import Context, Given, Rank
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import Evaluation, Outcome
from tests.calculator.build import submission

SPEC = load_form("yueyanglou-2021")


def evaluated(*given: Given, **facts: Decimal | int) -> Evaluation:
    return evaluate(submission(SPEC, facts), SPEC, Context(given))


def given(fact: str, value: str, rank: Rank) -> Given:
    return Given(fact, Decimal(value), value, "参考数据.xlsx 参考数据!C2", rank)


def codes(evaluation: Evaluation) -> list[str]:
    return [f.code for f in evaluation.findings]


def test_a_reference_figure_decides_the_points_and_the_contradiction_is_shown() -> None:
    """20 staff on 18 posts of the office's list: 111.11%, 11.11 over, 5 - 0.5 x 11 < 0."""
    found = evaluated(given("authorized_posts", "18", Rank.REFERENCE))
    result = found.indicators[0]
    assert (result.low, result.score, result.high) == (0, 0, 0)
    assert result.outcome is Outcome.DIFFERS
    assert "20 人 ÷ 人员编制 18 人 = 111.11%" in result.sentence
    assert "'复核依据'!$C$4" in (result.formula or "")
    finding = next(f for f in found.findings if f.code == "figures.reference_differs")
    assert (finding.provided, finding.expected, finding.difference) == ("20", "18", "2")
    assert "参考数据.xlsx" in finding.message


def test_a_reference_figure_that_agrees_is_no_finding() -> None:
    found = evaluated(given("authorized_posts", "20", Rank.REFERENCE))
    assert "figures.reference_differs" not in codes(found)
    assert found.indicators[0].score == 5


def test_money_is_compared_with_half_a_cent_for_each_side() -> None:
    near = given("three_public_total", "4.01", Rank.REFERENCE)
    far = given("three_public_total", "4.02", Rank.REFERENCE)
    assert "figures.reference_differs" not in codes(evaluated(near))
    assert "figures.reference_differs" in codes(evaluated(far))


def test_other_figures_fill_gaps_only() -> None:
    """Budget 5 from the unit's other file: 4 / 5 = 80% is within the limit, full marks."""
    found = evaluated(
        given("three_public_budget", "5", Rank.JOINED),
        given("authorized_posts", "18", Rank.JOINED),
    )
    assert found.indicators[6].score == 6
    assert found.indicators[0].score == 5
    assert "figures.joined_differs" in codes(found)


def test_last_years_figure_gives_the_rate_of_change() -> None:
    """4.00 after 3.20 is +25%: 5 - 0.5 x 25 < 0."""
    found = evaluated(given("three_public_final_last", "3.2", Rank.PREVIOUS))
    result = found.indicators[1]
    assert (result.score, result.outcome) == (0, Outcome.DIFFERS)


def test_a_figure_that_the_form_does_not_know_changes_nothing() -> None:
    found = evaluated(given("no_such_fact", "1", Rank.REFERENCE))
    assert found.findings == evaluated().findings


def test_a_blank_beside_a_reference_figure_is_no_contradiction() -> None:
    found = evaluate(
        submission(SPEC, {"authorized_posts": None}), SPEC,
        Context((given("authorized_posts", "20", Rank.REFERENCE),)),
    )  # fmt: skip
    assert "figures.reference_differs" not in codes(found)
    assert found.indicators[0].score == 5


def test_a_figure_to_compare_with_decides_nothing() -> None:
    """Last year's 14.01 left over beside a blank carry-over: no points rest on it, and no finding."""
    left = given("income_carryover", "14.01", Rank.COMPARED)
    found = evaluate(
        submission(SPEC, {"income_carryover": None}), SPEC, Context((left,))
    )  # fmt: skip
    assert found.facts["income_carryover"].number is None
    assert "figures.carryover_differs" not in codes(found)


def test_a_carry_over_that_last_year_did_not_leave_is_a_note() -> None:
    found = evaluated(given("income_carryover", "3", Rank.COMPARED), income_carryover=5)
    note = next(f for f in found.findings if f.code == "figures.carryover_differs")
    assert (note.severity.value, note.provided, note.expected) == ("note", "5", "3")
    assert [r.score for r in found.indicators] == [
        r.score for r in evaluated(income_carryover=5).indicators
    ]


@pytest.mark.parametrize(
    ("shown", "mixed"), [("40000", True), ("39990", True), ("0.0004", False), ("4000", False)]
)
def test_a_difference_of_ten_thousand_times_says_what_to_look_at(shown: str, mixed: bool) -> None:
    """The unit has 4.00 万元."""
    found = evaluated(given("three_public_total", shown, Rank.REFERENCE))
    fix = next(f.fix for f in found.findings if f.code == "figures.reference_differs")
    assert ("元和万元弄混" in fix) is mixed
