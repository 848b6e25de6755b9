"""What rule kinds over a ratio share: the ratio missing, the reading named, the figure needed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from perfeval_xl.amounts import plain
from perfeval_xl.calculator.case import Case, Ruling, inapplicable, lacking, undecided
from perfeval_xl.calculator.ratios import Change, Declared, Measured, Quotient, Ratio, make_ratio
from perfeval_xl.calculator.shown import percent
from perfeval_xl.forms.texts import rule_texts


def ratio_of(table: Mapping[str, object]) -> Ratio:
    """The ratio that a rule's table describes."""
    ratio = table["ratio"]
    assert isinstance(ratio, Mapping)
    return make_ratio(ratio)


def without_ratio(case: Case, ratio: Ratio, measured: Measured, not_applicable: str) -> Ruling:
    """Why there are no points: figures missing, impossible, or nothing to divide."""
    if measured.both_zero:
        return _nothing_to_divide(case, ratio, measured, not_applicable)
    texts = rule_texts()
    if measured.broken:
        reason = texts["open.broken"].format(reason=measured.broken)
        return undecided(case, measured.missing, measured.facts, reason, measured.troubles)
    also = ""
    if isinstance(ratio, Change):
        alternative = ratio.alternative(case)
        if alternative:
            also = texts["open.alternative"].format(missing=case.named(alternative))
    return lacking(case, measured.missing, measured.facts, also)


def _nothing_to_divide(case: Case, ratio: Ratio, measured: Measured, not_applicable: str) -> Ruling:
    texts = rule_texts()
    top, bottom = measured.facts
    names = {
        "numerator": case.label(top.id), "denominator": case.label(bottom.id), "name": ratio.name,
    }  # fmt: skip
    if not not_applicable:
        reason = texts["open.broken"].format(reason=texts["open.zero_both"].format(**names))
        return undecided(case, (), measured.facts, reason)
    return inapplicable(case, not_applicable, measured.facts, "zeros", names)


def reading_label(case: Case, ratio: Ratio, measured: Measured, reading: str, answer: str) -> str:
    """What was taken where the words leave it open, as users read it."""
    labels = []
    if isinstance(ratio, Change):
        labels.append(case.reading_label(ratio.reading, measured.basis))
    if reading:
        labels.append(case.reading_label(reading, answer))
    return "，".join(labels)


def needed(case: Case, ratio: Ratio, limit: Fraction, at_least: bool) -> str:
    """What the figure on top would have to be for the ratio to keep to a limit; empty if unclear.

    With the other figure as it stands; people are counted whole, money to 0.01, never too generous.
    """
    texts = rule_texts()
    name = "needs.at_least" if at_least else "needs.at_most"
    if isinstance(ratio, Declared):
        return texts[name].format(label=case.label(ratio.fact), amount=percent(limit))
    if not isinstance(ratio, Quotient):
        return texts[name].format(label=ratio.name, amount=percent(limit))
    top, bottom = case.fact(ratio.numerator), case.fact(ratio.denominator)
    assert bottom.number is not None
    field = case.spec.fields.get(top.id)
    hundred = 1 if field is not None and field.kind == "count" else 100
    exact = limit * Fraction(bottom.number) * hundred
    whole = (
        -(-exact.numerator // exact.denominator)
        if at_least
        else exact.numerator // exact.denominator
    )
    if not whole and not at_least:
        return texts["needs.none"].format(label=case.label(top.id))
    unit = case.unit_of(top.id) or case.unit_of(bottom.id) or case.spec.money
    amount = f"{plain(Decimal(whole) / hundred)} {unit}"
    return texts[name].format(label=case.label(top.id), amount=amount)
