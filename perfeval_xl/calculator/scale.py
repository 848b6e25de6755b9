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
_FIGURES = "figures."


def ask_scale(
    submission: Submission, prepared: Prepared, book: FindingBook, check: CheckSpec
) -> None:
    """Ask about an amount that is too many times what it is measured by, and too much per head.

    It asks only where both can be told and no other finding speaks of the amount: an office may
    own a road, and a wrong question is as tiresome as a wrong answer.
    """
    facts = submission.facts
    amount = facts.get(str(check.options["amount"]))
    beside = _largest([facts.get(name) for name in texts_of(check, "beside")])
    heads = _largest([facts.get(name) for name in texts_of(check, "heads")])
    if amount is None or not amount.number or beside is None or heads is None:
        return
    assert beside.number is not None
    assert heads.number is not None
    times, per_head = amount.number / beside.number, amount.number / heads.number
    is_far = times > _number(check, "times") and per_head > _number(check, "per_head")
    is_said = any(f.code.startswith(_FIGURES) and amount.ref in f.refs for f in book.findings)
    if not is_far or is_said:
        return
    label = prepared.spec.label_of
    book.add(
        CODE, refs_of([amount, beside, heads]), plain(amount.number), plain(tidy(amount.number / WAN)),
        slots={
            "label": label(amount.id), "number": _short(per_head),
            "operands": f"{label(beside.id)} {plain(beside.number)}", "difference": _short(times),
        },
        clause=check.clause, marked=1,
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
