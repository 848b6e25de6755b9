"""A form in which nothing was filled in: said once, above all that follows from it."""

from __future__ import annotations

from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import State, Submission

NOT_FILLED = "form.not_filled"
_COVER = "cover"  # its entries may be there before the unit fills anything in


def say_unfilled(submission: Submission, spec: FormSpec, book: FindingBook) -> None:
    """Once all findings are written: one for a form that came back as it was handed out."""
    if not _is_unfilled(submission, spec):
        return
    scores = [row.self_score.ref for row in submission.scores]
    refs = [*scores, *(fact.ref for fact in submission.facts.values())]
    book.add(NOT_FILLED, [ref for ref in refs if ref is not None][:1])
    book.fold_others(NOT_FILLED)


def _is_unfilled(submission: Submission, spec: FormSpec) -> bool:
    """Whether nothing but the cover was filled in; totals of 0 are what formulas make of blanks."""
    if submission.targets or submission.lists:
        return False
    if any(row.self_score.state is not State.BLANK for row in submission.scores):
        return False
    return not any(
        fact.state is State.UNREADABLE or fact.number or isinstance(fact.value, str)
        for name, fact in submission.facts.items()
        if name not in spec.fields or spec.fields[name].block != _COVER
    )
