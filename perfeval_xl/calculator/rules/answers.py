"""Points by what is counted, answered, or left to a person: cases, clauses, judgement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.calculator import excel
from perfeval_xl.calculator.case import (
    Case,
    Ruling,
    Standing,
    Trouble,
    inapplicable,
    lacking,
    undecided,
)
from perfeval_xl.calculator.rules.pieces import decimal
from perfeval_xl.calculator.shown import tidy
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import Fact
from perfeval_xl.operand import as_typed, operand

_YES = frozenset({"是", "有", "符合", "1", "yes", "√", "✓"})
_NO = frozenset({"否", "无", "不符合", "没有", "0", "no", "×"})


@dataclass(frozen=True, slots=True)
class Incidents:
    """So much off per counted case; ``among``: how many there are at all, empty where that is open."""

    count: str
    noun: str
    per_incident: Decimal
    judged: bool
    among: str = ""
    not_applicable: str = ""

    @classmethod
    def from_table(cls, table: Mapping[str, object]) -> Incidents:
        """The rule as rubric.toml writes it."""
        return cls(
            str(table["count"]),
            str(table["noun"]),
            decimal(table["per_incident"]),
            bool(table.get("judged", False)),
            str(table.get("among", "")),
            str(table.get("not_applicable", "")),
        )

    def score(self, count: Decimal, max_score: Decimal) -> Decimal:
        """Points left after so many cases."""
        return tidy(max(ZERO, max_score - count * self.per_incident))

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """The count, and of how many."""
        return (self.count, self.among) if self.among else (self.count,)

    def rule(self, case: Case) -> Ruling:
        """A count decides; without one a person does, or it stays open."""
        fact = case.fact(self.count)
        texts = rule_texts()
        if fact.number is None and self.judged and not fact.raw:
            said = texts["open.incidents"].format(
                noun=self.noun, per_incident=plain(self.per_incident),
                claimed=case.claimed(), max=plain(case.indicator.max),
            )  # fmt: skip
            return _judged(case, said, (fact,))
        if fact.number is None:
            return lacking(case, (self.count,), (fact,))
        if not fact.number and self.among and case.fact(self.among).number == 0:
            return self._none_at_all(case, fact)
        if fact.number < 0:
            reason = texts["open.negative"].format(
                label=case.label(self.count), amount=case.amount(fact), name=case.indicator.label
            )
            trouble = Trouble("figures.negative", (fact,), plain(fact.number or ZERO), {})
            return undecided(case, (self.count,), (fact,), reason, (trouble,))
        if fact.number != fact.number.to_integral_value():
            reason = texts["open.not_whole"].format(
                label=case.label(self.count), amount=case.amount(fact)
            )
            return undecided(case, (self.count,), (fact,), reason)
        score = self.score(fact.number, case.indicator.max)
        counted = operand(fact)
        formula = f"MAX(0,{plain(case.indicator.max)}-{counted}*{plain(self.per_incident)})"
        # one that we count ourselves is whole, and too long to be said three times
        is_cell = "(" in counted and not fact.expression
        whole = f"AND({counted}>=0,{counted}=INT({counted}))" if is_cell else ""
        said = texts["incidents.counted"].format(
            label=case.label(self.count), count=plain(fact.number),
            per_incident=plain(self.per_incident), score=plain(score), unit=self._unit,
            note=f"（{fact.note}）" if fact.operands else "",
        )  # fmt: skip
        formula = excel.sound(whole, excel.two_decimals(formula))
        return _decided(score, (fact,), said, formula, self._needs(case))

    def _none_at_all(self, case: Case, fact: Fact) -> Ruling:
        """There is nothing that could be counted: the reading says what that is worth."""
        slots = {"label": case.label(self.among), "name": case.indicator.label}
        return inapplicable(case, self.not_applicable, (fact,), "none", slots)

    @property
    def _unit(self) -> str:
        return rule_texts()["incidents.case" if self.judged else "incidents.piece"]

    def _needs(self, case: Case) -> Callable[[Decimal], str]:
        def said(claimed: Decimal) -> str:
            most = (case.indicator.max - claimed) / self.per_incident
            if most < 0:
                return ""
            name = "needs.at_most" if int(most) else "needs.none"
            return rule_texts()[name].format(
                label=case.label(self.count), amount=f"{int(most)} {self._unit}"
            )

        return said


@dataclass(frozen=True, slots=True)
class Clauses:
    """Points per clause that is met."""

    clauses: tuple[tuple[str, Decimal], ...]

    @classmethod
    def from_table(cls, table: Mapping[str, object]) -> Clauses:
        """The rule as rubric.toml writes it."""
        rows = table["clauses"]
        assert isinstance(rows, list)
        return cls(tuple((str(r["fact"]), decimal(r["points"])) for r in rows))

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """An answer per clause."""
        return tuple(fact for fact, _ in self.clauses)

    def rule(self, case: Case) -> Ruling:
        """All clauses answered decide; the answered ones narrow what a person may still give."""
        answers = [(case.fact(f), points, _answer(case.fact(f))) for f, points in self.clauses]
        met = tidy(sum((p for _, p, yes in answers if yes), ZERO))
        lost = sum((p for _, p, yes in answers if yes is False), ZERO)
        inputs = tuple(fact for fact, _, _ in answers)
        texts = rule_texts()
        if any(yes is None for _, _, yes in answers):
            said = texts["open.clauses"].format(
                total=len(answers), claimed=case.claimed(), max=plain(case.indicator.max)
            )
            return _judged(case, said, inputs, met, tidy(case.indicator.max - lost))
        unmet = [case.label(fact.id) for fact, _, yes in answers if not yes]
        said = texts["clauses.met" if unmet else "clauses.all"].format(
            total=len(answers), met=len(answers) - len(unmet), score=plain(met),
            unmet=texts["words.and"].join(f"“{label}”" for label in unmet),
        )  # fmt: skip
        return _decided(met, inputs, said, self._formula(answers), self._needs(case))

    def _needs(self, case: Case) -> Callable[[Decimal], str]:
        said = rule_texts()["needs.clauses"].format(total=len(self.clauses))
        return lambda claimed: said if claimed == case.indicator.max else ""

    def _formula(self, answers: Sequence[tuple[Fact, Decimal, bool | None]]) -> str:
        terms = []
        for fact, points, yes in answers:
            given = points if yes else ZERO
            if fact.ref is None or fact.note or fact.whole:
                terms.append(plain(given))
                continue
            cell = fact.ref.absolute
            no = f'IF(OR({cell}="否",{cell}&""="0"),0,NA())'
            answered = f'IF(OR({cell}="是",{cell}&""="1"),{plain(points)},{no})'
            is_plain = fact.raw in ("是", "否", "1", "0")
            terms.append(answered if is_plain else as_typed(cell, fact.raw, given, answered))
        return excel.two_decimals("+".join(terms))


def _answer(fact: Fact) -> bool | None:
    """Yes, no, or None when it is neither."""
    if fact.number is not None:
        return None if fact.number not in (0, 1) else fact.number == 1
    text = normalize_label(fact.text).lower()
    return True if text in _YES else False if text in _NO else None


@dataclass(frozen=True, slots=True)
class Judged:
    """Only a person can judge it."""

    evidence: str

    @classmethod
    def from_table(cls, table: Mapping[str, object]) -> Judged:
        """The rule as rubric.toml writes it."""
        return cls(str(table["evidence"]))

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """None."""
        return ()

    def rule(self, case: Case) -> Ruling:
        """Nothing but the words for it."""
        name = "open.judged_shared" if case.indicator.shared else "open.judged"
        said = rule_texts()[name].format(
            evidence=self.evidence, claimed=case.claimed(), max=plain(case.indicator.max)
        )
        return _judged(case, said, ())


def _decided(
    score: Decimal,
    inputs: tuple[Fact, ...],
    said: str,
    formula: str,
    needs: Callable[[Decimal], str] | None = None,
) -> Ruling:
    return Ruling(
        Standing.DECIDED, score, score, score, inputs, sentence=said,
        formula=formula, formula_low=formula, formula_high=formula, needs=needs,
    )  # fmt: skip


def _judged(
    case: Case,
    said: str,
    inputs: tuple[Fact, ...],
    low: Decimal = ZERO,
    high: Decimal | None = None,
) -> Ruling:
    most = case.indicator.max if high is None else high
    return Ruling(Standing.JUDGED, None, low, most, inputs, sentence=said)
