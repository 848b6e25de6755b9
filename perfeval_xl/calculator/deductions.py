"""Points lost that were entered where points got belong: they must never count as scores."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.calculator.shown import first_to_last
from perfeval_xl.calculator.totals import STATED
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import Fact, ReadingProblem, ScoreRow, State, Submission

COLUMN = "score.deductions"  # the whole column holds points lost
_LEAST_NEGATIVE = 2  # so many negative scores and none above zero make a column of deductions


def without_deductions(submission: Submission, spec: FormSpec) -> Submission:
    """The submission with each self-score that is surely points lost unreadable.

    A negative one is; all of them are where nothing else fits the stated total, which is said.
    """
    facts = [row.self_score for row in submission.scores if row.self_score.number is not None]
    total = _total_of_deductions(submission, facts, spec.scoring.total_points)
    if total is None and not _are_all_negative(facts):
        rows = tuple(
            _without_score(row) if (row.self_score.number or ZERO) < 0 else row
            for row in submission.scores
        )
        return replace(submission, scores=rows)
    lost = sum((abs(fact.number) for fact in facts if fact.number is not None), ZERO)
    details = {"where": first_to_last(fact.ref for fact in facts)}
    if total is None:
        details["why"] = "negative"
    else:
        details |= {"number": plain(total), "max": plain(spec.scoring.total_points)}
    refs = tuple(fact.ref for fact in facts if fact.number and fact.ref is not None)
    problem = ReadingProblem(COLUMN, refs, plain(lost), details=details)
    added_up = {
        name: _unread(fact)
        for name in STATED
        if (fact := submission.facts.get(name)) is not None
        and fact.number is not None and abs(fact.number) == lost
    }  # fmt: skip
    return replace(
        submission,
        facts=submission.facts | added_up,
        scores=tuple(map(_without_score, submission.scores)),
        problems=(*submission.problems, problem),
    )


def _total_of_deductions(
    submission: Submission, facts: list[Fact], points: Decimal
) -> Decimal | None:
    """The stated total that all self-scores together are missing to the full points, if one is."""
    numbers = [fact.number for fact in facts if fact.number is not None]
    lost = sum(map(abs, numbers), ZERO)
    if not lost or (any(n < 0 for n in numbers) and any(n > 0 for n in numbers)):
        return None
    for name in STATED:
        stated = submission.facts.get(name)
        number = stated.number if stated is not None else None
        if number is not None and number + lost == points and number > lost:
            return number
    return None


def _are_all_negative(facts: list[Fact]) -> bool:
    numbers = [fact.number for fact in facts if fact.number is not None]
    negative = sum(number < 0 for number in numbers)
    return negative >= _LEAST_NEGATIVE and all(number <= 0 for number in numbers)


def _without_score(row: ScoreRow) -> ScoreRow:
    if row.self_score.number is None:
        return row
    return replace(row, self_score=_unread(row.self_score))


def _unread(fact: Fact) -> Fact:
    return replace(fact, value=None, state=State.UNREADABLE)
