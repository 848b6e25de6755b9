"""What one fault brings with it is said once, under that fault."""

from __future__ import annotations

from dataclasses import replace

from perfeval_xl.calculator import evaluate
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import Evaluation, Fact, ReadingProblem, State
from tests.calculator.build import CLEAN_REASONS, submission

SPEC = load_form("yueyanglou-2021")
PROCUREMENT = 11


def unread(fact: Fact, raw: str) -> Fact:
    return replace(fact, value=None, raw=raw, state=State.UNREADABLE)


def codes_at(evaluation: Evaluation, indicator: str) -> list[tuple[str, str]]:
    return [(f.code, f.follows_from) for f in evaluation.findings if f.indicator == indicator]


def test_two_scores_of_a_doubled_row_are_not_said_to_stand_in_one_cell() -> None:
    made = submission(SPEC, reasons=CLEAN_REASONS)
    rows = list(made.scores)
    row = rows[PROCUREMENT - 1]
    rows[PROCUREMENT - 1] = replace(row, self_score=unread(row.self_score, "3、1"))
    assert row.label.ref is not None
    twice = ReadingProblem(
        "form.row_twice", (row.label.ref,), "3、1", details={"label": "政府采购执行率"}
    )
    found = evaluate(replace(made, scores=tuple(rows), problems=(twice,)), SPEC)
    assert "form.row_twice" in [f.code for f in found.findings]
    assert codes_at(found, row.indicator) == []


def test_a_text_for_a_score_is_said_when_its_row_stands_once() -> None:
    made = submission(SPEC, scores={PROCUREMENT: "3、1"}, reasons=CLEAN_REASONS)
    found = evaluate(made, SPEC)
    assert codes_at(found, "procurement_execution_rate") == [("score.not_a_number", "")]


def test_full_marks_on_a_figure_hidden_under_a_merge_follow_from_the_merge() -> None:
    made = submission(SPEC, reasons=CLEAN_REASONS)
    posts = made.facts["authorized_posts"]
    assert posts.ref is not None
    hidden = ReadingProblem(
        "form.hidden_under_merge", (posts.ref,), "20",
        details={"range": "C3:D3", "hidden": "99"},
    )  # fmt: skip
    facts = dict(made.facts) | {"authorized_posts": unread(posts, "20")}
    found = evaluate(replace(made, facts=facts, problems=(hidden,)), SPEC)
    assert ("score.full_marks_unsupported", "form.hidden_under_merge") in codes_at(
        found, "staffing_control_rate"
    )


def test_full_marks_follow_from_no_unread_figure_while_another_is_missing() -> None:
    made = submission(SPEC, {"project_expenditure": "约100"}, reasons=CLEAN_REASONS)
    found = evaluate(made, SPEC)
    assert codes_at(found, "key_expenditure_rate") == [("score.full_marks_unsupported", "")]
