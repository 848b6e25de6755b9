"""Ratios: what is divided by what. Exact fractions; nothing is rounded before it is scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.calculator.case import Case, Trouble
from perfeval_xl.calculator.shown import cells, percent, where
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import Fact
from perfeval_xl.operand import operand


@dataclass(frozen=True, slots=True)
class Measured:
    """One ratio (on one basis), or why it cannot be had.

    Exactly one of fraction, missing, broken and both_zero speaks. text: the ratio in words.
    expression: the ratio as an Excel expression. basis: the answer to the basis reading.
    """

    fraction: Fraction | None
    facts: tuple[Fact, ...]
    text: str = ""
    expression: str = ""
    basis: str = ""
    missing: tuple[str, ...] = ()
    broken: str = ""
    both_zero: bool = False
    troubles: tuple[Trouble, ...] = ()
    sound: str = ""


class Ratio(Protocol):
    """Something that can be measured on a form, on one basis or several."""

    @property
    def name(self) -> str:
        """What the ratio is called on the form."""
        ...

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """All facts it is made of."""
        ...

    @property
    def beside(self) -> tuple[str, ...]:
        """Facts that change only the words."""
        ...

    def measure(self, case: Case, limits: Sequence[Fraction]) -> list[Measured]:
        """The default basis first; one entry per further lawful basis that can be had."""
        ...


@dataclass(frozen=True, slots=True)
class Quotient:
    """One fact divided by another."""

    name: str
    numerator: str
    denominator: str

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """Both operands, the numerator first."""
        return (self.numerator, self.denominator)

    @property
    def beside(self) -> tuple[str, ...]:
        """None."""
        return ()

    def measure(self, case: Case, limits: Sequence[Fraction]) -> list[Measured]:
        """One entry."""
        top, bottom = case.fact(self.numerator), case.fact(self.denominator)
        missing = case.absent(self.fact_ids)
        if missing:
            return [Measured(None, (top, bottom), missing=missing)]
        unusable = _unusable(case, self.name, top, bottom, _number(top), (top, bottom))
        if unusable is not None:
            return [unusable]
        fraction = _number(top) / _number(bottom)
        text = rule_texts()["ratio.quotient"].format(
            numerator=_amount(case, top, bottom),
            denominator=_amount(case, bottom, top),
            ratio=percent(fraction, limits),
        )
        over, under = operand(top), operand(bottom)
        return [
            Measured(fraction, (top, bottom), text, f"{over}/{under}", sound=_positive(over, under))
        ]


@dataclass(frozen=True, slots=True)
class Change:
    """This year's figure against last year's, on one of several bases (budget, final accounts)."""

    name: str
    reading: str
    bases: tuple[tuple[str, str, str], ...]  # (basis, this year's fact, last year's fact)

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """All operands of all bases."""
        return tuple(fact for _, this, last in self.bases for fact in (this, last))

    @property
    def beside(self) -> tuple[str, ...]:
        """None."""
        return ()

    def measure(self, case: Case, limits: Sequence[Fraction]) -> list[Measured]:
        """One entry per lawful basis whose figures are there; the first complete one leads."""
        lawful = case.lawful(self.reading)
        by_name = {name: (this, last) for name, this, last in self.bases}
        bases = [name for name in lawful if name in by_name]
        found = [self._on(case, name, *by_name[name], limits) for name in bases]
        given = [m for m in found if not m.missing]
        if not given or any(fact.raw and fact.number is None for fact in found[0].facts):
            return [found[0]]
        usable = [m for m in given[1:] if m.fraction is not None]
        first = given[0]
        if first is not found[0] and first.fraction is not None:
            said = rule_texts()["ratio.fallback"].format(
                missing=case.named(found[0].missing),
                basis=case.reading_label(self.reading, first.basis),
            )
            first = replace(first, text=first.text + said)
        return [first, *usable]

    def alternative(self, case: Case) -> tuple[str, ...]:
        """What would decide it on the other basis."""
        lawful = case.lawful(self.reading)[1:]
        return case.absent(f for name, *facts in self.bases if name in lawful for f in facts)

    def _on(
        self, case: Case, basis: str, this_id: str, last_id: str, limits: Sequence[Fraction]
    ) -> Measured:
        this, last = case.fact(this_id), case.fact(last_id)
        missing = case.absent((this_id, last_id))
        if missing:
            return Measured(None, (this, last), missing=missing, basis=basis)
        unusable = _unusable(
            case, self.name, this, last, _number(this) - _number(last), (this, last)
        )
        if unusable is not None:
            return unusable
        fraction = (_number(this) - _number(last)) / _number(last)
        text = rule_texts()["ratio.change"].format(
            name=self.name,
            basis=case.reading_label(self.reading, basis),
            this=_amount(case, this, last),
            last=_amount(case, last, this),
            ratio=percent(fraction, limits),
        )
        now, before = operand(this), operand(last)
        expression = f"({now}-{before})/{before}"
        return Measured(
            fraction, (this, last), text, expression, basis, sound=_positive(now, before)
        )


@dataclass(frozen=True, slots=True)
class Declared:
    """A percentage that the unit states itself; a survey should stand behind it."""

    name: str
    fact: str
    survey: str

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """The declared figure only; the survey decides nothing."""
        return (self.fact,)

    @property
    def beside(self) -> tuple[str, ...]:
        """The size of the survey."""
        return (self.survey,) if self.survey else ()

    def measure(self, case: Case, limits: Sequence[Fraction]) -> list[Measured]:
        """One entry."""
        fact = case.fact(self.fact)
        if fact.number is None:
            return [Measured(None, (fact,), missing=(self.fact,))]
        texts = rule_texts()
        fraction = _number(fact)
        label = case.label(self.fact)
        if not 0 <= fraction <= 1:
            broken = texts["open.out_of_range"].format(label=label, amount=percent(fraction))
            trouble = Trouble("figures.out_of_range", (fact,), percent(fraction), {})
            return [Measured(None, (fact,), broken=broken, troubles=(trouble,))]
        text = texts["ratio.declared"].format(label=label, ratio=percent(fraction, limits))
        stated = operand(fact)
        within = f"AND({stated}>=0,{stated}<=1)" if "(" in stated else ""
        return [Measured(fraction, (fact,), text + self._survey(case), stated, sound=within)]

    def _survey(self, case: Case) -> str:
        if not self.survey:
            return ""
        survey = case.fact(self.survey)
        if not survey.number:
            return rule_texts()["ratio.no_survey"]
        return rule_texts()["ratio.surveyed"].format(survey=case.amount(survey))


def make_ratio(table: Mapping[str, object]) -> Ratio:
    """The ratio that a rule's ``ratio`` table describes; its writing was checked on loading."""
    name = str(table["name"])
    if table["kind"] == "quotient":
        return Quotient(name, str(table["numerator"]), str(table["denominator"]))
    if table["kind"] == "declared":
        return Declared(name, str(table["fact"]), str(table.get("survey", "")))
    bases = table["bases"]
    assert isinstance(bases, Mapping)
    return Change(
        name,
        str(table["reading"]),
        tuple((b, str(v["this"]), str(v["last"])) for b, v in bases.items()),
    )


def _unusable(
    case: Case, name: str, top: Fact, bottom: Fact, dividend: Fraction, facts: tuple[Fact, ...]
) -> Measured | None:
    """Why the two facts cannot be divided, None when they can."""
    texts = rule_texts()
    for fact in facts:
        if _number(fact) < 0:
            said = texts["open.negative"].format(
                label=case.label(fact.id), amount=case.amount(fact), name=name
            )
            trouble = Trouble("figures.negative", (fact,), plain(fact.number or ZERO), {})
            return Measured(None, facts, broken=said, troubles=(trouble,))
    if _number(bottom):
        return None
    if not dividend:
        return Measured(None, facts, both_zero=True)
    slots = {"operands": case.label(top.id), "rule": name, "cells": cells(f.ref for f in facts)}
    trouble = Trouble("figures.zero_denominator", (bottom, top), case.amount(top), slots)
    said = texts["open.zero"].format(label=case.label(bottom.id), name=name)
    return Measured(None, facts, broken=said, troubles=(trouble,))


def _amount(case: Case, fact: Fact, partner: Fact) -> str:
    """Label and number; a fact from elsewhere takes its partner's unit, else the form's money."""
    amount = case.amount(fact, case.unit_of(partner.id) or case.spec.money)
    note = f"（{fact.note}）" if fact.operands else ""
    return f"{case.label(fact.id)} {amount}{note}"


def _positive(*operands: str) -> str:
    """The condition that no figure became negative; empty when none can change."""
    live = [operand for operand in operands if "(" in operand]
    return f"MIN({','.join(live)})>=0" if live else ""


def _number(fact: Fact) -> Fraction:
    assert fact.number is not None, where(fact)
    return Fraction(fact.number)
