"""What a ruling rests on: each change is told by its kind, and what is no change is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from perfeval_xl.ruling import Ground, changed_grounds
from tests.builders.forms import FilledForm, Target
from tests.writer.copies import annotated_form

POSTS, MANAGEMENT, CARD, DUTY = (
    "staffing_control_rate", "budget_management_system", "official_card_usage_rate",
    "duty_other_targets",
)  # fmt: skip
Change = Callable[[FilledForm], object]


def grounds(form: FilledForm, layout: str = "plain") -> dict[str, str]:
    """The grounds of every row, as they come out of a workbook."""
    found = annotated_form(form, layout).evaluation
    return {result.id: result.grounds for result in found.indicators}


def changed(change: Change) -> dict[str, list[Ground]]:
    """What is not as it was of the four rows, by row."""
    form = FilledForm.example()
    before = grounds(form)
    change(form)
    now = grounds(form)
    found = {name: changed_grounds(before[name], now[name]) for name in before}
    return {name: what for name, what in found.items() if what}


def put_score(form: FilledForm) -> None:
    form.scores[8] = 3


def put_reason(form: FilledForm) -> None:
    form.reasons[8] = "制度正在修订"


def put_posts(form: FilledForm) -> None:
    form.facts["authorized_posts"] = 36


def put_criteria(form: FilledForm) -> None:
    form.criteria[8] = "有制度就给分。"


def put_total_in_report(form: FilledForm) -> None:
    form.narrative = form.narrative.replace("自评综合得分96.8分", "自评综合得分 95.80 分")


def put_blanks(form: FilledForm) -> None:
    form.narrative = form.narrative.replace("。", "。\n ")
    form.reasons = {number: f" {reason} " for number, reason in form.reasons.items()}


@pytest.mark.parametrize(
    ("change", "row", "grounds_of_row"),
    [
        (put_score, MANAGEMENT, [Ground.CLAIM]),
        (put_reason, MANAGEMENT, [Ground.ROW]),
        (put_criteria, MANAGEMENT, [Ground.ROW]),
        (put_posts, POSTS, [Ground.FIGURES]),
    ],
)
def test_a_change_in_one_row_is_told_for_that_row_only(
    change: Change, row: str, grounds_of_row: list[Ground]
) -> None:
    assert changed(change) == {row: grounds_of_row}


def test_a_change_in_what_the_unit_wrote_concerns_every_row_that_no_figure_decides() -> None:
    def write_more(form: FilledForm) -> None:
        form.narrative += "另：本年没有群众投诉。"

    found = changed(write_more)
    assert set(found) >= {MANAGEMENT, CARD, DUTY}
    assert POSTS not in found
    assert {tuple(what) for what in found.values()} == {(Ground.TEXTS,)}


def test_targets_are_what_the_unit_wrote() -> None:
    def other_target(form: FilledForm) -> None:
        form.targets[0] = Target("另一个目标", "100%")

    assert changed(other_target)[DUTY] == [Ground.TEXTS]


@pytest.mark.parametrize("change", [put_total_in_report, put_blanks])
def test_the_total_in_the_report_and_blanks_are_no_change(change: Change) -> None:
    assert changed(change) == {}


def test_another_grid_of_the_same_form_is_no_change() -> None:
    form = FilledForm.example()
    assert grounds(form, "plain") == grounds(form, "word")


def test_a_result_that_changes_by_another_figure_says_so() -> None:
    def fewer_posts(form: FilledForm) -> None:
        form.facts["authorized_posts"] = 20

    assert changed(fewer_posts)[POSTS] == [Ground.RESULT, Ground.FIGURES]


def test_nothing_noted_is_neither_the_same_nor_another() -> None:
    assert changed_grounds("", "claim:1") is None
    assert changed_grounds("claim:1", "claim:1") == []
