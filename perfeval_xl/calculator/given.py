"""Figures that the workbook does not hold: what they replace, and where they contradict it.

A reference figure of the office counts before the unit's own; every other one only fills a gap.
Nothing is replaced silently: a contradiction is a finding that shows both.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

from perfeval_xl.amounts import WAN, plain
from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.lines import HALF_CENT, tolerance
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.context import GIVEN_COLUMN, GIVEN_FIRST_ROW, Context, Given, Rank
from perfeval_xl.forms.texts import rule_text
from perfeval_xl.model import CellRef, Fact, State, Submission

_CODES = {
    Rank.REFERENCE: "figures.reference_differs",
    Rank.JOINED: "figures.joined_differs",
    Rank.PREVIOUS: "figures.previous_differs",
    Rank.COMPARED: "figures.carryover_differs",
}


def with_given(
    submission: Submission, prepared: Prepared, context: Context, ranks: Collection[Rank]
) -> Submission:
    """The submission with the given figures of these ranks among its facts."""
    if not context.given:
        return submission
    facts = dict(submission.facts)
    for given, fact in _given_facts(prepared, context):
        if given.rank not in ranks:
            continue
        own = facts.get(fact.id)
        if own is None or own.number is None or given.outranks:
            facts[fact.id] = fact
    return replace(submission, facts=facts)


def joined(submission: Submission, prepared: Prepared, context: Context) -> Submission:
    """The submission with what the unit sent in files of their own, as if it were on one sheet more."""
    if not context.given:
        return submission
    forms = {given.form for given in context.given if given.rank is Rank.JOINED}
    attached = [a.id for a in prepared.spec.attachments if a.form.id in forms]
    found = with_given(submission, prepared, context, (Rank.JOINED,))
    return replace(found, attached=tuple(dict.fromkeys((*submission.attached, *attached))))


def check_given(
    submission: Submission, prepared: Prepared, context: Context, book: FindingBook
) -> None:
    """A finding for each figure of the workbook that reads differently elsewhere."""
    for given, fact in _given_facts(prepared, context):
        own = submission.facts.get(fact.id)
        if own is None or own.number is None:
            continue
        difference = own.number - given.value
        if abs(difference) <= tolerance(prepared, [own, fact]):
            continue
        book.add(
            _CODES[given.rank], [own.ref, fact.ref], plain(own.number), plain(given.value),
            plain(abs(difference)), marked=1,
            slots={"label": prepared.spec.label_of(fact.id), "note": given.source},
            hint=_hint(own.number, given.value),
        )  # fmt: skip


def _hint(own: Decimal, given: Decimal) -> str:
    """What to look at first where one of the two seems to be in 元 and the other in 万元."""
    small, large = sorted((abs(own), abs(given)))
    mixed = small > 0 and abs(large - small * WAN) <= HALF_CENT * WAN
    return rule_text("given.yuan") if mixed and large > WAN * HALF_CENT * 2 else ""


def _given_facts(prepared: Prepared, context: Context) -> list[tuple[Given, Fact]]:
    """Each given figure that the form knows, as a fact that stands on the sheet of given figures."""
    found = []
    for row, given in enumerate(context.given, GIVEN_FIRST_ROW):
        name = prepared.spec.own_name(given.fact, given.form)
        if name:
            found.append((given, _fact(given, name, CellRef(context.sheet, row, GIVEN_COLUMN))))
    return found


def _fact(given: Given, name: str, ref: CellRef) -> Fact:
    shown = plain(given.value)
    decimals = len(shown.partition(".")[2])
    return Fact(name, given.value, shown, ref, State.NUMBER, None, given.source, decimals=decimals)
