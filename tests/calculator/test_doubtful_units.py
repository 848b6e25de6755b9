"""A further sheet whose head names another unit than its figures are in scores nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from perfeval_xl.calculator import evaluate
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import Evaluation, Outcome
from tests.calculator.build import submission

SPEC = load_form("yueyanglou-2021")


def judged(final: str, budget: str, note: str) -> Evaluation:
    """A unit with 4.00 万元 of 三公经费 and a base data sheet with these figures of it."""
    figures = {"three_public_final": Decimal(final), "three_public_budget": Decimal(budget)}
    form = submission(SPEC, {**figures, "three_public_total": 4}, attached=("base-data",))
    noted = {name: replace(form.facts[name], note=note) for name in figures if note}
    return evaluate(replace(form, facts=form.facts | noted), SPEC)


def outcome_of(evaluation: Evaluation, indicator: str) -> Outcome:
    return next(r.outcome for r in evaluation.indicators if r.id == indicator)


def test_figures_in_wan_under_a_head_that_says_yuan_are_not_scored() -> None:
    evaluation = judged("0.0004", "0.00038", "4（元）折合 0.0004 万元")
    [said] = [f for f in evaluation.findings if f.code.startswith("figures.")]
    assert said.code == "figures.unit_head_doubtful"
    assert (said.provided, said.expected) == ("0.0004", "4")
    assert outcome_of(evaluation, "three_public_control_rate") is Outcome.UNDECIDED


def test_a_figure_that_was_not_converted_is_only_another_figure() -> None:
    codes = {f.code for f in judged("0.0004", "4", "").findings}
    assert "figures.base_differs" in codes
    assert "figures.unit_head_doubtful" not in codes


def test_a_converted_figure_that_agrees_is_scored() -> None:
    evaluation = judged("4", "4", "40000（元）折合 4 万元")
    assert not [f for f in evaluation.findings if f.code.startswith("figures.")]
    assert outcome_of(evaluation, "three_public_control_rate") is not Outcome.UNDECIDED
