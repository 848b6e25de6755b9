"""Findings that another one explains: put under it, or left out where they say nothing of their own."""

from __future__ import annotations

from collections.abc import Iterable

from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.model import Fact, IndicatorResult, ScoreRow, State, Submission, missing_fact

_TWICE = "form.row_twice"
_NO_SCORE = "score.not_a_number"
_UNSUPPORTED = "score.full_marks_unsupported"
_OF_SCORES = "score."


def settle_causes(
    submission: Submission, results: Iterable[IndicatorResult], book: FindingBook
) -> None:
    """Once all findings are written: what follows from a doubled row or from unreadable figures."""
    rows = {row.indicator: row for row in submission.scores}
    for result in results:
        row = rows.get(result.id)
        if row is not None and _stands_twice(row, book):
            book.drop(_NO_SCORE, result.id)  # nobody typed the two scores into one cell
        cause = _why_unread([_fact(submission, name) for name in result.missing], book)
        if cause:
            book.fold(_UNSUPPORTED, result.id, cause)


def _fact(submission: Submission, name: str) -> Fact:
    return submission.facts.get(name) or missing_fact(name)


def _stands_twice(row: ScoreRow, book: FindingBook) -> bool:
    return any(f.code == _TWICE and row.label.ref in f.refs for f in book.findings)


def _why_unread(missing: list[Fact], book: FindingBook) -> str:
    """The code of what is said of the cells, when all that is missing was filled in but not read."""
    if not missing or any(fact.state is not State.UNREADABLE for fact in missing):
        return ""
    refs = {fact.ref for fact in missing}
    said = (f for f in book.findings if not f.code.startswith(_OF_SCORES))
    return next((f.code for f in said if not refs.isdisjoint(f.refs)), "")
