"""What a rule may ask about the form in hand: facts, readings, labels, and where things stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.calculator import shown
from perfeval_xl.forms.spec import FormSpec, IndicatorSpec
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import Fact, State, missing_fact

AND = "words.and"
FULL = "full"


@dataclass(frozen=True, slots=True)
class Case:
    """One indicator of one form, with the facts that one unit gave."""

    spec: FormSpec
    indicator: IndicatorSpec
    facts: Mapping[str, Fact]
    self_score: Fact

    def fact(self, fact_id: str) -> Fact:
        """The fact, a missing one when nobody gave it."""
        return self.facts.get(fact_id) or missing_fact(fact_id)

    def absent(self, fact_ids: Iterable[str]) -> tuple[str, ...]:
        """Those of the facts that are no number, each once."""
        return tuple(dict.fromkeys(f for f in fact_ids if self.fact(f).number is None))

    def lawful(self, reading: str) -> tuple[str, ...]:
        """Answers that may be used, the default first; only the pinned one if one is pinned."""
        spec = self.spec.readings[reading]
        if spec.pinned:
            return (spec.pinned,)
        return (spec.default, *(answer for answer in spec.lawful if answer != spec.default))

    def reading_label(self, reading: str, answer: str) -> str:
        """How an answer is called, such as 按整点计."""
        return self.spec.readings[reading].labels[answer]

    def label(self, fact_id: str) -> str:
        """The printed label of a fact."""
        return self.spec.label_of(fact_id)

    def amount(self, fact: Fact, unit: str = "") -> str:
        """The number of a fact with its unit, ``36 人``; a percentage as one."""
        assert fact.number is not None
        field = self.spec.fields.get(fact.id)
        if field is not None and field.kind == "percent":
            return shown.percent(Fraction(fact.number))
        return f"{plain(fact.number)} {field.unit if field else unit}".rstrip()

    def unit_of(self, fact_id: str) -> str:
        """The unit of a field, empty when it has none."""
        field = self.spec.fields.get(fact_id)
        return field.unit if field else ""

    def place(self, fact_id: str) -> str:
        """Where a fact that is no number is to be put in."""
        texts = rule_texts()
        fact = self.fact(fact_id)
        if fact.ref is not None:
            name = (
                "places.unreadable"
                if fact.state in (State.UNREADABLE, State.TEXT)
                else "places.blank"
            )
            return texts[name].format(cell=fact.ref.qualified, raw=shown.quoted(fact.raw))
        if fact_id in self.spec.external_facts:
            return texts.get(f"external.{fact_id}") or texts["places.external"]
        return texts["places.missing"]

    def named(self, fact_ids: Iterable[str]) -> str:
        """Labels of absent facts, each with the place it belongs."""
        texts = rule_texts()
        template = texts["places.named"]
        items = [
            template.format(label=self.label(f), place=self.place(f).strip()) for f in fact_ids
        ]
        return texts[AND].join(items)

    def places(self, fact_ids: Iterable[str]) -> str:
        """The same as a list of what to fill in, one entry per place."""
        texts = rule_texts()
        by_place: dict[str, list[str]] = {}
        for fact_id in fact_ids:
            by_place.setdefault(self.place(fact_id), []).append(self.label(fact_id))
        items = [
            texts["places.item"].format(labels=texts[AND].join(labels), place=place)
            for place, labels in by_place.items()
        ]
        return "；".join(items)

    def claimed(self) -> str:
        """What the unit gave itself: ``5 分``, 空白 or the text that is no number."""
        texts = rule_texts()
        fact = self.self_score
        if fact.number is not None:
            return texts["self.points"].format(score=plain(fact.number))
        if fact.state is State.UNREADABLE:
            return texts["self.unreadable"].format(raw=shown.quoted(fact.raw))
        return texts["self.blank"]


class Standing(StrEnum):
    """Whether figures decide the points."""

    DECIDED = "decided"
    UNDECIDED = "undecided"
    JUDGED = "judged"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A figure with which a rule cannot reckon: finding code, cells, and what to say."""

    code: str
    facts: tuple[Fact, ...]
    provided: str
    slots: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule says of the points, before they are held against the self-score.

    sentence: without the closing words on the self-score. missing: what would decide it.
    needs: what the figures would have to be for so many points, empty where it cannot be said simply.
    """

    standing: Standing
    score: Decimal | None
    low: Decimal
    high: Decimal
    inputs: tuple[Fact, ...] = ()
    missing: tuple[str, ...] = ()
    sentence: str = ""
    reading: str = ""
    formula: str | None = None
    formula_low: str | None = None
    formula_high: str | None = None
    troubles: tuple[Trouble, ...] = ()
    needs: Callable[[Decimal], str] | None = None


def undecided(
    case: Case,
    missing: tuple[str, ...],
    inputs: tuple[Fact, ...],
    reason: str,
    troubles: tuple[Trouble, ...] = (),
    bounds: tuple[Decimal, Decimal] | None = None,
) -> Ruling:
    """Undecided for a reason said in words; everything from 0 to the maximum stays possible."""
    low, high = bounds or (Decimal(0), case.indicator.max)
    texts = rule_texts()
    end = texts["open.claimed"].format(claimed=case.claimed(), low=plain(low), high=plain(high))
    return Ruling(
        Standing.UNDECIDED, None, low, high, inputs, missing, reason + end, troubles=troubles
    )


def lacking(
    case: Case, missing: tuple[str, ...], inputs: tuple[Fact, ...], also: str = ""
) -> Ruling:
    """Undecided because figures are missing."""
    reason = rule_texts()["open.missing"].format(missing=case.named(missing))
    return undecided(case, missing, inputs, reason + also)


def inapplicable(
    case: Case, reading: str, inputs: tuple[Fact, ...], why: str, slots: Mapping[str, str]
) -> Ruling:
    """Nothing to hold the rule against: a person judges, or the points are given in full."""
    texts = rule_texts()
    answer = case.lawful(reading)[0]
    most = case.indicator.max
    said = texts[f"open.not_applicable_{why}"].format(**slots)
    if answer == FULL:
        points = shown.tidy(most)
        return Ruling(
            Standing.DECIDED, points, points, points, inputs,
            sentence=said + texts["open.not_applicable_full"].format(score=plain(most)),
            reading=case.reading_label(reading, answer), formula=plain(most),
            formula_low=plain(most), formula_high=plain(most),
        )  # fmt: skip
    said += texts["open.not_applicable_judged"].format(claimed=case.claimed())
    return Ruling(Standing.NOT_APPLICABLE, None, ZERO, most, inputs, sentence=said)
