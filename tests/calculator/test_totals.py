"""Points of the whole form: what is still open stays open in the bounds of the total."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from perfeval_xl.calculator import evaluate
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import State, Totals
from tests.calculator.build import CLEAN_REASONS, Value, submission

SPEC = load_form("yueyanglou-2021")
# full marks but for one point on row 21; 16 points decided, 28 open, 56 judged
LOW, HIGH = 71, 99


def totals(scores: dict[int, Value]) -> Totals:
    made = submission(SPEC, scores=scores, reasons=CLEAN_REASONS)
    return evaluate(made, SPEC).totals


@pytest.mark.parametrize("unread", [None, "满分"])
def test_judged_row_without_self_score_leaves_all_its_points_open(unread: Value) -> None:
    found = totals({16: unread, 21: 3})
    assert (found.low, found.high) == (LOW - 5, HIGH)
    assert found.computed == HIGH - 5


def test_shared_points_without_one_self_score_are_open_up_to_their_pool() -> None:
    found = totals({21: 3, 22: 5, 23: None, 24: 5})
    assert (found.low, found.high) == (LOW - 5, HIGH)


def test_row_filled_by_the_merged_cell_above_opens_nothing() -> None:
    made = submission(SPEC, scores={21: 3, 22: 12, 23: None, 24: None}, reasons=CLEAN_REASONS)
    merged = [
        replace(row, self_score=replace(row.self_score, note="与上一行合并填写"))
        if row.self_score.state is State.BLANK
        else row
        for row in made.scores
    ]
    found = evaluate(replace(made, scores=tuple(merged)), SPEC).totals
    assert (found.low, found.high) == (LOW - 3, HIGH - 3)


def test_self_score_above_the_maximum_counts_the_maximum() -> None:
    found = totals({16: Decimal("7.5"), 21: 3})
    assert (found.low, found.high, found.self_sum) == (LOW, HIGH, HIGH + Decimal("2.5"))
