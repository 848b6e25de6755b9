"""Findings on single figures: negative, unreadable, staff above posts."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from perfeval_xl.amounts import plain
from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.case import Case
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.calculator.shown import percent, refs_of, tidy
from perfeval_xl.model import CellRef, Fact, State, Submission, missing_fact

_MONEY_OR_COUNT = ("amount", "count", "percent")


def check_figures(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """Every figure of the profile, cell by cell, and the one pair of counts that must be in order."""
    told = {ref for problem in submission.problems for ref in problem.refs}
    for fact in _facts(submission):
        if fact.operands or fact.state in (State.BLANK, State.MISSING, State.TEXT):
            continue
        field = prepared.spec.fields.get(fact.id)
        if fact.state is State.UNREADABLE and fact.ref not in told:
            label = prepared.spec.label_of(fact.id)
            book.add("figures.unreadable", [fact.ref], fact.raw, slots={"label": label})
        if (
            field is None
            or field.kind not in _MONEY_OR_COUNT
            or fact.id in prepared.may_be_negative
        ):
            continue
        if fact.number is not None and fact.number < 0:
            shown = _shown(fact, field.kind)
            book.add("figures.negative", [fact.ref], shown, slots={"label": field.label})
    _check_staff(submission, prepared, book)


def _facts(submission: Submission) -> Iterator[Fact]:
    """Each filled cell once: the rows of the tables, then the facts that stand in none of them."""
    seen: set[CellRef] = set()
    for row in (*submission.rows, *submission.lists):
        for fact in row.facts.values():
            if fact.ref is not None:
                seen.add(fact.ref)
            yield fact
    for fact in submission.facts.values():
        if fact.ref is None or fact.ref not in seen:
            yield fact


def _check_staff(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    for indicator, staff_id, posts_id in prepared.staff_rates:
        case = Case(prepared.spec, indicator, submission.facts, missing_fact(""))
        staff, posts = case.fact(staff_id), case.fact(posts_id)
        if staff.number is None or posts.number is None or staff.number <= posts.number:
            continue
        follows = "score.differs" if book.has("score.differs", indicator.id) else ""
        difference = f"{plain(tidy(staff.number - posts.number))} {case.unit_of(staff_id)}".strip()
        book.add(
            "figures.staff_above_posts", refs_of([staff, posts]), case.amount(staff), case.amount(posts),
            difference,
            slots={"label": case.label(staff_id), "operands": case.label(posts_id)},
            indicator=indicator.id, clause=indicator.source.sentence, follows_from=follows,
        )  # fmt: skip


def _shown(fact: Fact, kind: str) -> str:
    """The number as it is shown for its kind."""
    assert fact.number is not None
    return percent(Fraction(fact.number)) if kind == "percent" else plain(fact.number)
