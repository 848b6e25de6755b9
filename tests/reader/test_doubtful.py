"""What cannot be read for certain: its state, its raw text and the problem that says so."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.forms.texts import finding_texts
from perfeval_xl.model import Fact, State, Submission
from tests.builders.board import Box, Error, Formula, Raw
from tests.builders.drafts import Draft
from tests.builders.layouts import made
from tests.reader.compared import read_draft


def plain_draft(seed: str = "doubt") -> Draft:
    """An unchanged plain form."""
    return made(("nothing_changed",), random.Random(seed), "plain")


def read_with(form: FormSpec, key: str, value: Raw, number_format: str = "General") -> Submission:
    """The submission of a form with one cell filled so."""
    draft = plain_draft()
    box = _box(draft, key)
    box.value, box.format = value, number_format
    return read_draft(draft, form)


def _box(draft: Draft, key: str) -> Box:
    box = draft.box(key)
    assert box is not None
    return box


def codes_at(submission: Submission, fact: Fact) -> list[str]:
    """Codes of the problems that name the fact's cell."""
    return [p.code for p in submission.problems if fact.ref in p.refs]


@pytest.mark.parametrize(
    ("value", "number_format", "raw", "code"),
    [
        (Decimal(44625), 'm"月"d"日"', "2022-03-05", "figures.unreadable"),
        (Decimal("0.5"), "0%", "50%", "figures.unreadable"),
        (Error("#REF!"), "General", "#REF!", "figures.unreadable"),
        (Formula("VLOOKUP(A1,B:C,2,0)"), "General", "=VLOOKUP(A1,B:C,2,0)", "figures.unreadable"),
        (Formula("1+1", Decimal(3)), "General", "3（公式算得 2）", "figures.stale_formula"),
        ("约30", "General", "约30", "figures.unreadable"),
        ("30/36", "General", "30/36", "figures.unreadable"),
        ("30万元", "General", "30万元", "figures.unreadable"),
        ("30%", "General", "30%", "figures.unreadable"),
        ("3 0", "General", "3 0", "figures.unreadable"),
        ("三十", "General", "三十", "figures.unreadable"),
        ("1/2", "General", "1/2", "figures.unreadable"),
    ],
)
def test_a_doubtful_count_is_unreadable_and_said(
    form: FormSpec, value: Raw, number_format: str, raw: str, code: str
) -> None:
    submission = read_with(form, "authorized_posts", value, number_format)
    fact = submission.facts["authorized_posts"]
    assert (fact.state, fact.value, fact.raw) == (State.UNREADABLE, None, raw)
    assert codes_at(submission, fact) == [code]


@pytest.mark.parametrize(
    ("value", "number", "said"),
    [
        ("无", 0, ["figures.assumed"]),
        ("O", 0, ["figures.assumed"]),
        ("30人", 30, []),
        ("30（含借调）", 30, []),
        ("/", None, []),
        ("——", None, []),
        ("\u3000", None, []),
    ],
)
def test_an_assumption_is_noted(
    form: FormSpec, value: str, number: int | None, said: list[str]
) -> None:
    submission = read_with(form, "authorized_posts", value)
    fact = submission.facts["authorized_posts"]
    assert fact.number == number
    assert codes_at(submission, fact) == said
    assert bool(fact.note) == (value not in ("30人", "\u3000"))


def test_a_total_with_an_unreadable_part_is_unreadable(form: FormSpec) -> None:
    draft = made(("bodies_without_total",), random.Random("parts"), "plain")
    _box(draft, "income_total.1").value = "约3"
    fact = read_draft(draft, form).facts["income_total"]
    assert fact.state is State.UNREADABLE


def test_a_value_hidden_under_a_merge_is_not_read(form: FormSpec) -> None:
    draft = plain_draft()
    box = _box(draft, "authorized_posts")
    box.value = Decimal(36)
    draft.profile.add(box.top, box.right, Decimal(30))
    submission = read_draft(draft, form)
    fact = submission.facts["authorized_posts"]
    assert fact.state is State.UNREADABLE
    assert codes_at(submission, fact) == ["form.hidden_under_merge"]


def test_a_score_merged_over_two_rows_is_nobodys(form: FormSpec) -> None:
    draft = plain_draft()
    first, second = _box(draft, "self_score.4"), _box(draft, "self_score.5")
    first.value, first.bottom = Decimal(6), second.bottom
    draft.scoring.boxes.remove(second)
    submission = read_draft(draft, form)
    scores = {row.indicator: row.self_score for row in submission.scores}
    for name in ("budget_adjustment_rate", "payment_progress"):
        assert scores[name].state is State.UNREADABLE
    assert [p.code for p in submission.problems] == ["score.merged"]


def test_a_figure_under_no_head_beside_a_blank_score_is_said(form: FormSpec) -> None:
    draft = plain_draft()
    board, score = draft.scoring, _box(draft, "self_score.9")
    board.insert_columns(score.right + 1)
    score.value = None
    board.add(score.top, score.right + 1, Decimal(2))
    submission = read_draft(draft, form)
    fact = next(r.self_score for r in submission.scores if r.indicator == "fund_use_compliance")
    assert fact.state is State.UNREADABLE
    assert [p.code for p in submission.problems] == ["figures.unreadable"]


def test_a_score_among_the_reasons_is_said_not_read(form: FormSpec) -> None:
    draft = plain_draft()
    _box(draft, "self_score.9").value = None
    _box(draft, "reason.9").value = "2.5分"
    submission = read_draft(draft, form)
    row = next(r for r in submission.scores if r.indicator == "fund_use_compliance")
    assert (row.self_score.state, row.reason.text) == (State.BLANK, "2.5分")
    problem = submission.problems[0]
    assert (problem.code, problem.provided) == ("score.misplaced", "2.5")


def _heading_in_yuan(draft: Draft) -> None:
    for label in draft.profile.labelled("年度收入情况（万元）"):
        label.value = "年度收入情况（元）"


def _percent_without_sign(draft: Draft) -> None:
    _box(draft, "target_result.10").value = "1.5"


@pytest.mark.parametrize(
    ("alter", "fact_id", "state", "code"),
    [
        (_heading_in_yuan, "income_total", State.NUMBER, "figures.unit_converted"),
        (_percent_without_sign, "satisfaction_result", State.UNREADABLE, "figures.unreadable"),
    ],
)
def test_another_unit_is_said(
    form: FormSpec, alter: Callable[[Draft], None], fact_id: str, state: State, code: str
) -> None:
    draft = plain_draft()
    _box(draft, "income_total.0").value = Decimal("2973600")
    alter(draft)
    submission = read_draft(draft, form)
    fact = submission.facts[fact_id]
    assert fact.state is state
    assert code in codes_at(submission, fact)
    if fact.number is not None:
        assert fact.number == Decimal("297.36")
        assert "297.36 万元" in fact.note


def test_an_empty_copy_in_front_does_not_hide_the_filled_form_below(form: FormSpec) -> None:
    draft = plain_draft()
    for board in draft.boards:
        blank = [
            Box(b.top, b.left, b.bottom, b.right, None if b.key else b.value) for b in board.boxes
        ]
        board.move(board.bottom + 2, 0)
        board.boxes += blank
    submission = read_draft(draft, form)
    assert submission.facts["authorized_posts"].number == draft.truth.values["authorized_posts"]
    assert submission.facts["scoring_total"].number == draft.truth.values["scoring_total"]
    assert submission.problems == ()


def test_several_labels_in_one_cell_are_told_apart(form: FormSpec) -> None:
    draft = plain_draft()
    board = draft.profile
    row = board.labelled("人员编制")[0].top
    for box in board.row(row):
        box.key = ""
        board.boxes.remove(box)
    board.boxes.append(Box(row, 1, row, 8, "人员编制：11人　实有人数：10人"))
    facts = read_draft(draft, form).facts
    assert facts["authorized_posts"].number == Decimal(11)
    assert facts["actual_staff"].number == Decimal(10)


@pytest.mark.parametrize("far", [(1048576, 16384, " "), (1048576, 16384, "x"), (40, 16384, "x")])
def test_a_far_used_range_costs_no_time(form: FormSpec, far: tuple[int, int, str]) -> None:
    draft = plain_draft()
    for board in draft.boards:
        board.add(*far)
        board.boxes.append(Box(200, 1, 1048576, 16384))
    start = time.process_time()
    submission = read_draft(draft, form)
    assert time.process_time() - start < 1
    assert submission.facts["authorized_posts"].number == draft.truth.values["authorized_posts"]


def test_every_problem_of_the_reader_has_its_text() -> None:
    codes = {
        "score.misplaced", "score.merged", "figures.unreadable", "figures.stale_formula",
        "figures.assumed", "figures.unit_converted", "form.hidden_under_merge", "form.row_twice",
        "form.row_extra", "form.row_missing", "form.label_missing", "form.block_missing",
        "form.sheet_missing", "form.several_forms",
    }  # fmt: skip
    assert codes <= set(finding_texts())
