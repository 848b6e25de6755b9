"""Points by the year's surplus against last year's carry-over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.calculator import excel
from perfeval_xl.calculator.case import Case, Ruling, Standing, lacking, undecided
from perfeval_xl.calculator.rules.pieces import decimal
from perfeval_xl.calculator.shown import tidy
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import Fact
from perfeval_xl.operand import operand


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
            decimal(table["none"]),
            decimal(table["within_carryover"]),
            decimal(table["beyond"]),
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
