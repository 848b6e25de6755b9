"""Amounts out of all proportion to the rest of the form: perhaps 元 where 万元 belong."""

from __future__ import annotations

from decimal import Decimal

from perfeval_xl.amounts import WAN, plain
from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.lines import texts_of
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.calculator.shown import refs_of, tidy
from perfeval_xl.forms.spec import CheckSpec
from perfeval_xl.model import Fact, Submission

CODE = "figures.scale_doubtful"
_SAID = ("figures.", "report.unit_differs")


def ask_scale(
    submission: Submission, prepared: Prepared, book: FindingBook, check: CheckSpec
) -> None:
    """Ask about an amount that is too much per head and, where the check says so, beside another.

    It asks only where both can be told and no other finding speaks of the amount: an office may
    own a road, and a wrong question is as tiresome as a wrong answer.
    """
    facts = submission.facts
    amount = facts.get(str(check.options["amount"]))
    heads = _largest([facts.get(name) for name in texts_of(check, "heads")])
    if amount is None or not amount.number or heads is None or not heads.number:
        return
    per_head = amount.number / heads.number
    is_said = any(f.code.startswith(_SAID) and amount.ref in f.refs for f in book.findings)
    if is_said or per_head <= _number(check, "per_head"):
        return
    label = prepared.spec.label_of
    slots = {"label": label(amount.id), "number": _short(per_head)}
    names = texts_of(check, "beside")
    beside = _largest([facts.get(name) for name in names])
    if names:
        if beside is None or not beside.number:
            return
        times = amount.number / beside.number
        if times <= _number(check, "times"):
            return
        slots["operands"] = f"{label(beside.id)} {plain(beside.number)}"
        slots["difference"] = _short(times)
    book.add(
        CODE, refs_of([amount, *([beside] if beside else []), heads]), plain(amount.number),
        plain(tidy(amount.number / WAN)), slots=slots, clause=check.clause, marked=1,
        variant="" if names else "whole",
    )  # fmt: skip


def _largest(facts: list[Fact | None]) -> Fact | None:
    """The fact with the largest number above 0, None when there is none."""
    given = [fact for fact in facts if fact is not None and (fact.number or 0) > 0]
    return max(given, key=lambda fact: fact.number or 0, default=None)


def _number(check: CheckSpec, option: str) -> Decimal:
    return Decimal(str(check.options[option]))


def _short(value: Decimal) -> str:
    """A proportion as people say it."""
    return plain(value.quantize(Decimal(1) if value >= 10 else Decimal("0.01")))
