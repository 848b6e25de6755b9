"""Rule kinds held against an independent reckoning, for figures nobody thought of."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.calculator import evaluate
from perfeval_xl.calculator.checks import KINDS as CHECKS
from perfeval_xl.calculator.prepared import prepare
from perfeval_xl.calculator.rules import KINDS, Deduction, Tiers
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.forms.kinds import CHECK_KINDS, RULE_KINDS
from perfeval_xl.model import Outcome
from tests.calculator.build import submission

SPEC = load_form("yueyanglou-2021")
RULES = prepare(SPEC).rules
MONEY = st.decimals("0.01", "99999999.99", places=2)
RATIOS = st.fractions(min_value=0, max_value=3)


def test_every_kind_that_form_data_may_use_has_its_class() -> None:
    assert set(KINDS) == set(RULE_KINDS)
    assert set(CHECKS) == set(CHECK_KINDS)


def _deductions() -> list[tuple[str, Deduction, Decimal]]:
    return [(i.id, r, i.max) for i in SPEC.indicators if isinstance(r := RULES[i.id], Deduction)]


@pytest.mark.parametrize(("name", "rule", "most"), _deductions())
@given(first=RATIOS, second=RATIOS)
@settings(max_examples=60, deadline=None)
def test_points_stay_between_zero_and_the_maximum_and_fall_with_the_distance(
    name: str, rule: Deduction, most: Decimal, first: object, second: object
) -> None:
    low, high = sorted((first, second))  # type: ignore[type-var]
    for reading in ("whole", "proportional", "started"):
        near, far = (low, high) if rule.direction == "over" else (high, low)
        scores = rule.score(near, most, reading), rule.score(far, most, reading)  # type: ignore[arg-type]
        assert 0 <= scores[1] <= scores[0] <= most, name
    started, part, whole = (
        rule.score(high, most, r)
        for r in ("started", "proportional", "whole")  # type: ignore[arg-type]
    )
    assert started <= part <= whole


@given(actual=MONEY, budget=MONEY)
@settings(max_examples=300, deadline=None)
def test_score_equals_a_reckoning_in_long_decimals(actual: Decimal, budget: Decimal) -> None:
    """Independent: decimals of 60 digits, points counted with Decimal's own rounding."""
    form = submission(SPEC, {"procurement_final": actual, "procurement_budget": budget})
    result = evaluate(form, SPEC).indicators[10]
    with localcontext() as context:
        context.prec = 60
        lost = (1 - actual / budget) * 100
        exact = (budget - actual) * 100 % budget == 0
        if exact:
            lost = lost.to_integral_value()
        counted = {
            "low": lost.to_integral_value(ROUND_CEILING), "high": lost.to_integral_value(ROUND_FLOOR),
        }  # fmt: skip
        wanted = {
            end: max(Decimal(0), 3 - max(Decimal(0), points) * Decimal("0.2")).quantize(
                Decimal("0.01"), ROUND_HALF_UP
            )
            for end, points in counted.items()
        }
    assert (result.low, result.high) == (wanted["low"], wanted["high"])
    assert result.score == result.high
    assert result.low is not None
    assert result.high is not None
    assert 0 <= result.low <= result.high <= 3


@given(key=MONEY, whole=MONEY)
@settings(max_examples=300, deadline=None)
def test_bands_are_told_apart_exactly(key: Decimal, whole: Decimal) -> None:
    form = submission(SPEC, {"key_project_expenditure": key, "project_expenditure": whole})
    result = evaluate(form, SPEC).indicators[2]
    for percent, points in ((90, 5), (80, 4), (70, 3), (60, 2)):
        if key * 100 >= whole * percent:
            assert result.score == points
            return
    assert result.score == 0


def test_a_ratio_is_never_rounded_before_it_is_scored() -> None:
    rule = RULES["public_satisfaction"]
    assert isinstance(rule, Tiers)
    from fractions import Fraction

    assert rule.score(Fraction(95, 100)) == 5
    assert rule.score(Fraction(95, 100) - Fraction(1, 10**15)) == 3


@given(st.dictionaries(st.sampled_from(sorted(SPEC.fields)), st.none() | MONEY, max_size=12))
@settings(max_examples=150, deadline=None)
def test_whatever_is_filled_every_interval_is_sound_and_no_blank_is_a_zero(
    facts: dict[str, Decimal | None],
) -> None:
    numbers = {k: v for k, v in facts.items() if SPEC.fields[k].kind in ("amount", "count")}
    evaluation = evaluate(submission(SPEC, numbers), SPEC)
    for result in evaluation.indicators:
        assert result.low is not None
        assert result.high is not None
        assert 0 <= result.low <= result.high <= result.max
        if result.score is not None:
            assert result.low <= result.score <= result.high
        if result.outcome is Outcome.UNDECIDED:
            assert result.score is None
    assert evaluation.totals.low <= evaluation.totals.high <= 100
    assert evaluation.totals.low <= evaluation.totals.computed <= evaluation.totals.high or any(
        r.outcome is Outcome.UNDECIDED for r in evaluation.indicators
    )
