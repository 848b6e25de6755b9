"""Points lost where points got belong never count as scores, and are one finding."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from perfeval_xl.calculator import evaluate
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import Evaluation, State
from tests.calculator.build import submission

SPEC = load_form("yueyanglou-2021")
NUMBERS = [indicator.number for indicator in SPEC.indicators]


def judged(lost: Mapping[int, int], others: int | None, total: int | None) -> Evaluation:
    """A form whose score column holds ``lost`` by indicator and ``others`` everywhere else."""
    scores = {number: lost.get(number, others) for number in NUMBERS}
    facts = {"scoring_total": total, "self_total": total, "self_rating": "优秀"}
    return evaluate(submission(SPEC, facts, scores), SPEC)


def of_scores(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Code and first cell of every finding about scores."""
    return [(f.code, f.refs[0].address) for f in evaluation.findings if f.code.startswith("score.")]


@pytest.mark.parametrize("others", [0, None])
@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_missing_to_the_full_points_is_no_column_of_scores(
    sign: int, others: int | None
) -> None:
    evaluation = judged({6: sign, 8: 2 * sign}, others, 97)
    assert of_scores(evaluation) == [("score.deductions", "F9")]
    [said] = [f for f in evaluation.findings if f.code == "score.deductions"]
    assert "合计 3 分" in said.message
    assert "总分 97 分" in said.message
    states = {row.self_score.state for row in evaluation.submission.scores}
    assert states <= {State.UNREADABLE, State.BLANK}
    assert evaluation.totals.self_sum is None


def test_negative_scores_alone_are_no_column_of_scores() -> None:
    evaluation = judged({6: -1, 8: -2}, 0, None)
    codes = [code for code, _ in of_scores(evaluation)]
    assert codes.count("score.deductions") == 1
    assert not {"score.negative", "score.not_a_number", "score.differs"} & set(codes)


def test_a_total_that_adds_up_the_deductions_is_none_either() -> None:
    facts = {"scoring_total": 3, "self_total": 97, "self_rating": "优秀"}
    scores = {number: {6: 1, 8: 2}.get(number, 0) for number in NUMBERS}
    evaluation = evaluate(submission(SPEC, facts, scores), SPEC)
    assert of_scores(evaluation) == [("score.deductions", "F9")]


@pytest.mark.parametrize("total", [98, 95])
def test_low_scores_that_do_not_fit_the_total_so_are_scores(total: int) -> None:
    evaluation = judged({6: 1, 8: 2}, 0, total)
    assert evaluation.totals.self_sum == Decimal(3)
    assert "score.deductions" not in {code for code, _ in of_scores(evaluation)}


def test_one_negative_score_is_no_score_and_makes_no_other_total() -> None:
    evaluation = evaluate(
        submission(SPEC, {"scoring_total": 98, "self_total": 98}, {9: -1}, {9: "1例"}), SPEC
    )
    row = next(r for r in evaluation.indicators if r.id == "fund_use_compliance")
    assert row.self_score.number is None
    assert [code for code, _ in of_scores(evaluation) if "full_marks" not in code] == [
        "score.negative"
    ]


@pytest.mark.parametrize("text", ["扣2分", "扣2", "减0.5分", "扣分2"])
def test_a_score_in_words_that_say_what_was_lost_is_asked_for_as_points_got(text: str) -> None:
    found = evaluate(submission(SPEC, None, {9: text}), SPEC).findings
    [said] = [f for f in found if f.code == "score.not_a_number"]
    assert "是扣的分" in said.message
    assert "满分 3 分减去" in said.fix
