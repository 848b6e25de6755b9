"""Rule kinds: how an indicator earns its points.

Which indicator uses which kind, with which numbers, is written in ``templates/<form>/rubric.toml``;
nothing in this module knows a year. Each class yields score, sentence and Excel formula from the
same numbers, so that the three cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal, Protocol

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.calculator import excel
from perfeval_xl.calculator.case import Case, Ruling, Standing, Trouble, lacking, undecided
from perfeval_xl.calculator.excel import operand
from perfeval_xl.calculator.ratios import Change, Declared, Measured, Quotient, Ratio, make_ratio
from perfeval_xl.calculator.shown import percent, points_beyond, rounded, tidy
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import Fact

FULL = "full"
_YES = frozenset({"是", "有", "符合", "1", "yes", "√", "✓"})
_NO = frozenset({"否", "无", "不符合", "没有", "0", "no", "×"})


class Rule(Protocol):
    """One kind of rule with its numbers."""

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """All facts it may look at."""
        ...

    def rule(self, case: Case) -> Ruling:
        """What the facts say of the points."""
        ...


# ---- points per percentage point ----


def whole_points(beyond: Fraction) -> Fraction:
    """Only whole points count."""
    return Fraction(beyond.numerator // beyond.denominator)


def started_points(beyond: Fraction) -> Fraction:
    """A started point counts as a whole one."""
    return Fraction(-(-beyond.numerator // beyond.denominator))


def proportional_points(beyond: Fraction) -> Fraction:
    """Every part of a point counts."""
    return beyond


_COUNTED: Mapping[str, Callable[[Fraction], Fraction]] = {
    "whole": whole_points,
    "proportional": proportional_points,
    "started": started_points,
}
_COUNTED_IN_EXCEL = {"whole": "INT({0})", "proportional": "{0}", "started": "ROUNDUP({0},0)"}


@dataclass(frozen=True, slots=True)
class Deduction:
    """Full marks up to ``limit``; ``per_point`` off for each percentage point beyond it."""

    ratio: Ratio
    limit: Decimal
    direction: Literal["over", "under"]
    per_point: Decimal
    reading: str
    not_applicable: str

    @classmethod
    def from_table(cls, table: Mapping[str, object]) -> Deduction:
        """The rule as rubric.toml writes it."""
        return cls(
            _ratio(table),
            _decimal(table["limit"]),
            "over" if table["direction"] == "over" else "under",
            _decimal(table["per_point"]),
            str(table["reading"]),
            str(table.get("not_applicable", "")),
        )

    def beyond(self, ratio: Fraction) -> Fraction:
        """Percentage points beyond the limit, negative inside it."""
        top, bottom = self.limit.as_integer_ratio()
        gap = 100 * (ratio.numerator * bottom - top * ratio.denominator)
        return Fraction(gap if self.direction == "over" else -gap, ratio.denominator * bottom)

    def score(self, ratio: Fraction, max_score: Decimal, reading: str) -> Decimal:
        """Points between 0 and max_score; ratio is a fraction, 1 means 100%."""
        return self._left(self.beyond(ratio), max_score, reading)

    def _left(self, beyond: Fraction, max_score: Decimal, reading: str) -> Decimal:
        """Points left so far beyond the limit."""
        if beyond.numerator <= 0:
            return tidy(max_score)
        left = _exact(max_score) - _COUNTED[reading](beyond) * _exact(self.per_point)
        return rounded(left) if left.numerator > 0 else ZERO

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """Those of its ratio."""
        return (*self.ratio.fact_ids, *self.ratio.beside)

    def rule(self, case: Case) -> Ruling:
        """Score at the default reading, interval over the readings that are not pinned."""
        measured = self.ratio.measure(case, (_exact(self.limit),))
        first = measured[0]
        if first.fraction is None:
            return _without_ratio(case, self.ratio, first, self.not_applicable)
        readings = case.lawful(self.reading)
        most = case.indicator.max
        scores: dict[tuple[str, str], Decimal] = {}
        formulas: dict[tuple[str, str], str] = {}
        for one in measured:
            assert one.fraction is not None
            beyond = self.beyond(one.fraction)
            for reading in readings:
                score = self._left(beyond, most, reading)
                scores[one.basis, reading] = score
                formulas[one.basis, reading] = self._formula(one, most, reading, beyond, score)
        default = (first.basis, readings[0])
        return Ruling(
            Standing.DECIDED,
            scores[default],
            min(scores.values()),
            max(scores.values()),
            tuple(dict.fromkeys(fact for m in measured for fact in m.facts)),
            sentence=self._sentence(case, measured, scores, readings),
            reading=_reading_label(case, self.ratio, first, self.reading, readings[0]),
            formula=formulas[default],
            formula_low=excel.least(_extreme(formulas, scores, readings, min)),
            formula_high=excel.greatest(_extreme(formulas, scores, readings, max)),
            needs=lambda claimed: self._needs(case, claimed),
        )

    def _needs(self, case: Case, claimed: Decimal) -> str:
        """Full marks need the ratio at its limit; other scores depend on the reading."""
        if claimed != case.indicator.max:
            return ""
        return needed(case, self.ratio, Fraction(self.limit), self.direction == "under")

    def _formula(
        self, measured: Measured, most: Decimal, reading: str, beyond: Fraction, score: Decimal
    ) -> str:
        if excel.too_near(beyond):
            return plain(score)
        limit = plain(self.limit)
        if self.direction == "over":
            gap = f"{measured.expression}-{limit}" if self.limit else measured.expression
        else:
            gap = f"{limit}-{measured.expression}"
        counted = _COUNTED_IN_EXCEL[reading].format(f"MAX(0,ROUND(({gap})*100,9))")
        left = excel.two_decimals(f"MAX(0,{plain(most)}-{counted}*{plain(self.per_point)})")
        return excel.sound(measured.sound, left)

    def _sentence(
        self,
        case: Case,
        measured: list[Measured],
        scores: Mapping[tuple[str, str], Decimal],
        readings: tuple[str, ...],
    ) -> str:
        texts = rule_texts()
        first = measured[0]
        assert first.fraction is not None
        said = first.text + self._scored(case, first, scores, readings)
        if len(measured) > 1 and isinstance(self.ratio, Change):
            for other in measured[1:]:
                assert other.fraction is not None
                said += texts["ratio.other_basis"].format(
                    basis=case.reading_label(self.ratio.reading, other.basis),
                    ratio=percent(other.fraction, (Fraction(self.limit),)),
                )
            low, high = min(scores.values()), max(scores.values())
            if low != high:
                said += texts["deduction.bases"].format(low=plain(low), high=plain(high))
        return said

    def _scored(
        self,
        case: Case,
        measured: Measured,
        scores: Mapping[tuple[str, str], Decimal],
        readings: tuple[str, ...],
    ) -> str:
        texts = rule_texts()
        assert measured.fraction is not None
        beyond = self.beyond(measured.fraction)
        limit = _percent_of(self.limit)
        score = scores[measured.basis, readings[0]]
        if beyond == 0:
            return texts["deduction.at_limit"].format(limit=limit, score=plain(score))
        if beyond < 0:
            return texts[f"deduction.within_{self.direction}"].format(
                limit=limit, score=plain(score)
            )
        said = texts[f"deduction.beyond_{self.direction}"].format(
            points=points_beyond(beyond), per_point=plain(self.per_point)
        )
        own = {r: scores[measured.basis, r] for r in readings}
        if len(set(own.values())) == 1 and len(own) > 1:
            name = "deduction.one" if score else "deduction.exhausted"
            return said + texts[name].format(score=plain(score))
        said += texts["deduction.default"].format(
            reading=case.reading_label(self.reading, readings[0]), score=plain(score)
        )
        others = [
            texts["deduction.other"].format(
                reading=case.reading_label(self.reading, r), score=plain(own[r])
            )
            for r in readings[1:]
        ]
        return said + texts["deduction.others"].format(list="，".join(others)) if others else said


# ---- bands ----


@dataclass(frozen=True, slots=True)
class Tier:
    """Points from a limit on; a limit of None takes all that is left."""

    limit: Fraction | None
    score: Decimal


@dataclass(frozen=True, slots=True)
class Tiers:
    """Points by band; the first band that holds wins."""

    ratio: Ratio
    side: Literal["at_least", "at_most"]
    tiers: tuple[Tier, ...]
    not_applicable: str

    @classmethod
    def from_table(cls, table: Mapping[str, object]) -> Tiers:
        """The rule as rubric.toml writes it."""
        rows = table["tiers"]
        assert isinstance(rows, list)
        side: Literal["at_least", "at_most"] = "at_most" if "at_most" in rows[0] else "at_least"
        return cls(
            _ratio(table),
            side,
            tuple(
                Tier(Fraction(_decimal(r[side])) if side in r else None, _decimal(r["score"]))
                for r in rows
            ),
            str(table.get("not_applicable", "")),
        )

    @property
    def limits(self) -> tuple[Fraction, ...]:
        """All limits, in the order of the bands."""
        return tuple(tier.limit for tier in self.tiers if tier.limit is not None)

    def tier(self, ratio: Fraction) -> Tier:
        """The band a ratio falls in."""
        return next(tier for tier in self.tiers if self._holds(tier, ratio))

    def score(self, ratio: Fraction) -> Decimal:
        """Points of that band."""
        return tidy(self.tier(ratio).score)

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """Those of its ratio."""
        return (*self.ratio.fact_ids, *self.ratio.beside)

    def rule(self, case: Case) -> Ruling:
        """One score: bands leave no reading open (limits belong to the band as printed)."""
        measured = self.ratio.measure(case, self.limits)
        first = measured[0]
        if first.fraction is None:
            return _without_ratio(case, self.ratio, first, self.not_applicable)
        scores = [self.score(m.fraction) for m in measured if m.fraction is not None]
        formulas = [self._formula(m) for m in measured]
        return Ruling(
            Standing.DECIDED,
            scores[0],
            min(scores),
            max(scores),
            tuple(dict.fromkeys(fact for m in measured for fact in m.facts)),
            sentence=first.text + self._scored(first.fraction),
            reading=_reading_label(case, self.ratio, first, "", ""),
            formula=formulas[0],
            formula_low=excel.least(formulas),
            formula_high=excel.greatest(formulas),
            needs=lambda claimed: self._needs(case, claimed),
        )

    def _needs(self, case: Case, claimed: Decimal) -> str:
        """The limit of the band that gives so many points."""
        limit = next(
            (t.limit for t in self.tiers if t.limit is not None and t.score == claimed), None
        )
        if limit is None:
            return ""
        return needed(case, self.ratio, limit, self.side == "at_least")

    def _holds(self, tier: Tier, ratio: Fraction) -> bool:
        if tier.limit is None:
            return True
        return ratio >= tier.limit if self.side == "at_least" else ratio <= tier.limit

    def _formula(self, measured: Measured) -> str:
        assert measured.fraction is not None
        if any(excel.too_close(measured.fraction, limit) for limit in self.limits):
            return plain(self.score(measured.fraction))
        ratio = f"ROUND({measured.expression},12)"
        sign = ">=" if self.side == "at_least" else "<="
        formula = plain(self.tiers[-1].score)
        for tier in reversed(self.tiers[:-1]):
            assert tier.limit is not None
            limit = plain(rounded(tier.limit, 12))
            formula = f"IF({ratio}{sign}{limit},{plain(tier.score)},{formula})"
        return excel.sound(measured.sound, formula)

    def _scored(self, ratio: Fraction) -> str:
        texts = rule_texts()
        tier = self.tier(ratio)
        name = "tiers.at_limit" if tier.limit is not None and ratio == tier.limit else "tiers.tier"
        limit = percent(tier.limit) if tier.limit is not None else percent(self.limits[-1])
        band = f"tiers.{self.side}" if tier.limit is not None else f"tiers.otherwise_{self.side}"
        return texts[name].format(
            limit=limit, tier=texts[band].format(limit=limit), score=plain(tidy(tier.score))
        )


# ---- surplus ----


@dataclass(frozen=True, slots=True)
class _Basis:
    """One way to state the surplus: a fact, or one less another."""

    name: str
    facts: tuple[Fact, ...]
    amount: Decimal
    expression: str


@dataclass(frozen=True, slots=True)
class _Carryover:
    """Last year's carry-over, as stated or derived; None when it cannot be had."""

    amount: Decimal | None
    expression: str
    facts: tuple[Fact, ...]
    derived: bool


@dataclass(frozen=True, slots=True)
class Surplus:
    """No surplus, a surplus within last year's carry-over, or more."""

    reading: str
    bases: tuple[tuple[str, tuple[str, ...]], ...]
    carryover: str
    total: str
    siblings: tuple[str, ...]
    none: Decimal
    within_carryover: Decimal
    beyond: Decimal

    @classmethod
    def from_table(cls, table: Mapping[str, object]) -> Surplus:
        """The rule as rubric.toml writes it."""
        bases = table["bases"]
        siblings = table.get("carryover_siblings", [])
        assert isinstance(bases, Mapping)
        assert isinstance(siblings, list)
        return cls(
            str(table["reading"]),
            tuple((name, tuple(str(f) for f in facts)) for name, facts in bases.items()),
            str(table["carryover"]),
            str(table.get("carryover_total", "")),
            tuple(str(f) for f in siblings),
            _decimal(table["none"]),
            _decimal(table["within_carryover"]),
            _decimal(table["beyond"]),
        )

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """Every basis, and what the carry-over may be derived from."""
        bases = tuple(fact for _, facts in self.bases for fact in facts)
        return (*bases, self.carryover, self.total, *self.siblings)

    def rule(self, case: Case) -> Ruling:
        """The first lawful basis that is there decides; the others widen the interval."""
        bases, missing, inputs = self._present(case)
        if not bases:
            return lacking(case, missing, inputs)
        carryover = self._carryover(case)
        inputs = tuple(dict.fromkeys([f for b in bases for f in b.facts] + list(carryover.facts)))
        scores = [self._possible(basis, carryover) for basis in bases]
        low = tidy(min(min(s) for s in scores))
        high = tidy(max(max(s) for s in scores))
        if len(scores[0]) > 1:
            said = self._amount(case, bases[0])
            reason = (
                rule_texts()["open.carryover"].format(amount=said, label=case.label(self.carryover))
                + "，"
                + rule_texts()["open.missing"].format(missing=case.named((self.carryover,)))
            )
            return undecided(case, (self.carryover,), inputs, reason, bounds=(low, high))
        formulas = [self._formula(basis, carryover) for basis in bases]
        return Ruling(
            Standing.DECIDED,
            tidy(scores[0][0]),
            low,
            high,
            inputs,
            sentence=self._sentence(case, bases, carryover, scores[0][0], low, high),
            reading=case.reading_label(self.reading, bases[0].name),
            formula=formulas[0],
            formula_low=self._bound(bases, carryover, excel.least, self.beyond)
            if low != high
            else formulas[0],
            formula_high=self._bound(bases, carryover, excel.greatest, self.within_carryover)
            if low != high
            else formulas[0],
            needs=lambda claimed: self._needs(case, bases[0], carryover, claimed),
        )

    def _needs(self, case: Case, basis: _Basis, carryover: _Carryover, claimed: Decimal) -> str:
        """No surplus, or one within the carry-over."""
        texts = rule_texts()
        if claimed == self.none:
            return texts["needs.no_surplus"].format(amount=self._amount(case, basis))
        if claimed == self.within_carryover and carryover.amount is not None:
            return texts["needs.within_carryover"].format(
                carryover=self._carryover_text(case, carryover)
            )
        return ""

    def score(self, surplus: Decimal, carryover: Decimal) -> Decimal:
        """Points for a surplus against a carry-over."""
        if surplus <= 0:
            return self.none
        return self.within_carryover if surplus <= carryover else self.beyond

    def _present(self, case: Case) -> tuple[list[_Basis], tuple[str, ...], tuple[Fact, ...]]:
        """Lawful bases that are there, ids that would give one, all facts looked at."""
        lawful = case.lawful(self.reading)
        pinned = bool(case.spec.readings[self.reading].pinned)
        found: list[_Basis] = []
        missing: list[str] = []
        looked: list[Fact] = []
        for name, ids in sorted(
            self.bases, key=lambda b: lawful.index(b[0]) if b[0] in lawful else 9
        ):
            if name not in lawful:
                continue
            facts = tuple(case.fact(f) for f in ids)
            looked += facts
            numbers = [f.number for f in facts]
            # A basis that stands there but cannot be read is not passed over for the next one.
            if not found and not pinned and any(f.raw and f.number is None for f in facts):
                return [], case.absent(ids), facts
            if any(number is None for number in numbers):
                missing += case.absent(ids)
                continue
            amount = sum((-n if k else n for k, n in enumerate(numbers) if n is not None), ZERO)
            expression = "-".join(operand(f) for f in facts)
            found.append(_Basis(name, facts, amount, f"ROUND({expression},6)"))
        return found, tuple(dict.fromkeys(missing)), tuple(looked)

    def _carryover(self, case: Case) -> _Carryover:
        """As stated; else what the other kinds of income leave, where only one answer is possible."""
        fact = case.fact(self.carryover)
        if fact.number is not None:
            return _Carryover(fact.number, operand(fact), (fact,), False)
        total = case.fact(self.total) if self.total else None
        if total is None or total.number is None or fact.raw:
            return _Carryover(None, "", (fact,), False)
        siblings = [case.fact(f) for f in self.siblings]
        given = [f for f in siblings if f.number is not None]
        if any(f.raw and f.number is None for f in siblings):
            return _Carryover(None, "", (fact,), False)
        left = total.number - sum((f.number for f in given if f.number is not None), ZERO)
        if left < 0 or (left and len(given) < len(siblings)):
            return _Carryover(None, "", (fact,), False)
        expression = "-".join([operand(total), *(operand(f) for f in given)])
        return _Carryover(left, f"ROUND({expression},6)", (fact, total, *given), True)

    def _possible(self, basis: _Basis, carryover: _Carryover) -> tuple[Decimal, ...]:
        if basis.amount <= 0 or carryover.amount is not None:
            return (self.score(basis.amount, carryover.amount or ZERO),)
        return (self.within_carryover, self.beyond)

    def _bound(
        self,
        bases: list[_Basis],
        carryover: _Carryover,
        extreme: Callable[[Sequence[str]], str],
        unknown: Decimal,
    ) -> str:
        """One end of the interval; ``unknown``: points where only the carry-over would tell."""
        return extreme([self._formula(basis, carryover, plain(unknown)) for basis in bases])

    def _formula(self, basis: _Basis, carryover: _Carryover, unknown: str = "NA()") -> str:
        some = unknown
        if carryover.amount is not None:
            some = (
                f"IF(ROUND({basis.expression}-{carryover.expression},6)<=0,"
                f"{plain(self.within_carryover)},{plain(self.beyond)})"
            )
        return f"IF({basis.expression}<=0,{plain(self.none)},{some})"

    def _amount(self, case: Case, basis: _Basis) -> str:
        texts = rule_texts()
        unit = case.unit_of(basis.facts[0].id)
        amount = f"{plain(basis.amount)} {unit}"
        if len(basis.facts) == 1:
            return texts["surplus.stated"].format(
                label=case.label(basis.facts[0].id), amount=amount
            )
        terms = [f"{case.label(f.id)} {case.amount(f)}" for f in basis.facts]
        return texts["surplus.derived"].format(minuend=terms[0], subtrahend=terms[1], amount=amount)

    def _sentence(
        self,
        case: Case,
        bases: list[_Basis],
        carryover: _Carryover,
        score: Decimal,
        low: Decimal,
        high: Decimal,
    ) -> str:
        texts = rule_texts()
        first = bases[0]
        said = self._amount(case, first)
        if first.amount <= 0:
            said += texts["surplus.none"].format(score=plain(tidy(score)))
        else:
            assert carryover.amount is not None
            within = first.amount <= carryover.amount
            name = "surplus.within" if within else "surplus.beyond"
            said += texts[name].format(
                carryover=self._carryover_text(case, carryover), score=plain(tidy(score))
            )
        if low != high:
            names = [case.reading_label(self.reading, b.name) for b in bases[1:]]
            said += texts["surplus.others"].format(
                list=texts["words.and"].join(names), low=plain(low), high=plain(high)
            )
        return said

    def _carryover_text(self, case: Case, carryover: _Carryover) -> str:
        assert carryover.amount is not None
        label = case.label(self.carryover)
        amount = f"{plain(carryover.amount)} {case.unit_of(self.carryover)}"
        if carryover.derived:
            return rule_texts()["surplus.derived_carryover"].format(label=label, amount=amount)
        return rule_texts()["surplus.stated"].format(label=label, amount=amount)


# ---- cases, clauses, judgement ----


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
            _decimal(table["per_incident"]),
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
        return _not_applicable(case, self.not_applicable, (fact,), "none", slots)

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
        return cls(tuple((str(r["fact"]), _decimal(r["points"])) for r in rows))

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
            cell = excel.reference(fact.ref)
            no = f'IF(OR({cell}="否",{cell}&""="0"),0,NA())'
            answered = f'IF(OR({cell}="是",{cell}&""="1"),{plain(points)},{no})'
            is_plain = fact.raw in ("是", "否", "1", "0")
            terms.append(answered if is_plain else excel.as_typed(cell, fact.raw, given, answered))
        return excel.two_decimals("+".join(terms))


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


KINDS: Mapping[str, Callable[[Mapping[str, object]], Rule]] = {
    "deduction": Deduction.from_table,
    "tiers": Tiers.from_table,
    "surplus": Surplus.from_table,
    "incidents": Incidents.from_table,
    "clauses": Clauses.from_table,
    "judged": Judged.from_table,
}


def make_rule(table: Mapping[str, object]) -> Rule:
    """The rule that an indicator's ``rule`` table describes; its writing was checked on loading."""
    return KINDS[str(table["kind"])](table)


# ---- pieces ----


@lru_cache(maxsize=256)
def _exact(number: Decimal) -> Fraction:
    """A number of the form's data as a fraction."""
    return Fraction(number)


@lru_cache(maxsize=256)
def _percent_of(number: Decimal) -> str:
    return percent(Fraction(number))


def _without_ratio(case: Case, ratio: Ratio, measured: Measured, not_applicable: str) -> Ruling:
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
    return _not_applicable(case, not_applicable, measured.facts, "zeros", names)


def _not_applicable(
    case: Case, reading: str, inputs: tuple[Fact, ...], why: str, slots: Mapping[str, str]
) -> Ruling:
    """Nothing to hold the rule against: a person judges, or the points are given in full."""
    texts = rule_texts()
    answer = case.lawful(reading)[0]
    most = case.indicator.max
    said = texts[f"open.not_applicable_{why}"].format(**slots)
    if answer == FULL:
        return Ruling(
            Standing.DECIDED, tidy(most), tidy(most), tidy(most), inputs,
            sentence=said + texts["open.not_applicable_full"].format(score=plain(most)),
            reading=case.reading_label(reading, answer), formula=plain(most),
            formula_low=plain(most), formula_high=plain(most),
        )  # fmt: skip
    said += texts["open.not_applicable_judged"].format(claimed=case.claimed())
    return Ruling(Standing.NOT_APPLICABLE, None, ZERO, most, inputs, sentence=said)


def _judged(
    case: Case,
    said: str,
    inputs: tuple[Fact, ...],
    low: Decimal = ZERO,
    high: Decimal | None = None,
) -> Ruling:
    most = case.indicator.max if high is None else high
    return Ruling(Standing.JUDGED, None, low, most, inputs, sentence=said)


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


def _extreme(
    formulas: Mapping[tuple[str, str], str],
    scores: Mapping[tuple[str, str], Decimal],
    readings: tuple[str, ...],
    extreme: Callable[..., tuple[str, str]],
) -> list[str]:
    """Per basis the formula of the reading that always gives the least (or most) points.

    Points counted whole ≤ in proportion ≤ started, whatever the figures, so the score runs the
    other way; which reading is at the end does not depend on the cells.
    """
    order = [r for r in ("started", "proportional", "whole") if r in readings]
    end = order[0] if extreme is min else order[-1]
    return [formula for (_, reading), formula in formulas.items() if reading == end]


def _reading_label(case: Case, ratio: Ratio, measured: Measured, reading: str, answer: str) -> str:
    labels = []
    if isinstance(ratio, Change):
        labels.append(case.reading_label(ratio.reading, measured.basis))
    if reading:
        labels.append(case.reading_label(reading, answer))
    return "，".join(labels)


def _answer(fact: Fact) -> bool | None:
    """Yes, no, or None when it is neither."""
    if fact.number is not None:
        return None if fact.number not in (0, 1) else fact.number == 1
    text = normalize_label(fact.text).lower()
    return True if text in _YES else False if text in _NO else None


def _ratio(table: Mapping[str, object]) -> Ratio:
    ratio = table["ratio"]
    assert isinstance(ratio, Mapping)
    return make_ratio(ratio)


def _decimal(value: object) -> Decimal:
    assert isinstance(value, int | Decimal)
    return Decimal(value)
