"""What is compared between units: the ratios of a form's rules and its figures per head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from perfeval_xl.amounts import plain
from perfeval_xl.forms.spec import FormSpec, IndicatorSpec

_HUNDREDTH = Decimal("0.01")
_HUGE = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class Measure:
    """One number that every unit of a form has, made of facts.

    pairs: numerator and denominator; the first pair whose figures are there counts. An empty
    denominator is 1. less_one: a change, the quotient less 1. unit: of a figure per head.
    """

    id: str
    label: str
    pairs: tuple[tuple[str, str], ...]
    indicator: str = ""
    unit: str = ""
    less_one: bool = False

    @property
    def is_per_head(self) -> bool:
        """Whether it is a figure per head, compared by factors; else a rate, by points."""
        return not self.indicator

    def value_in(self, facts: Mapping[str, Any]) -> Decimal | None:
        """Its value, None where a figure is missing or there is nothing to divide by."""
        operands = self.operands_in(facts)
        if operands is None:
            return None
        top, bottom = _number(facts, operands[0]), _number(facts, operands[-1])
        assert top is not None
        assert bottom is not None
        if len(operands) == 1:
            return top
        value = top / bottom - (1 if self.less_one else 0)
        return value if value > 0 or not self.is_per_head else None

    def operands_in(self, facts: Mapping[str, Any]) -> tuple[str, ...] | None:
        """Ids of the facts it is made of in this unit, None where it cannot be had."""
        for top, bottom in self.pairs:
            if _number(facts, top) is None:
                continue
            if not bottom:
                return (top,)
            divisor = _number(facts, bottom)
            if divisor is not None and divisor > 0:
                return top, bottom
        return None

    def shown(self, value: Decimal) -> str:
        """The value as a person reads it: 17.49 万元, 90.91%."""
        if self.is_per_head:
            return f"{plain(_rounded(value))} {self.unit}"
        return f"{plain(_rounded(value * 100))}%"


def measures_of(spec: FormSpec) -> tuple[Measure, ...]:
    """All measures of a form, in the form's order."""
    return (*_rates(spec), *_per_head(spec))


def _rates(spec: FormSpec) -> Iterator[Measure]:
    for indicator in spec.indicators:
        ratio: Any = indicator.rule.get("ratio")
        if ratio:
            yield _rate(indicator, ratio)


def _rate(indicator: IndicatorSpec, ratio: Mapping[str, Any]) -> Measure:
    if ratio["kind"] == "quotient":
        pairs = [(ratio["numerator"], ratio["denominator"])]
    elif ratio["kind"] == "declared":
        pairs = [(ratio["fact"], "")]
    else:
        pairs = [(basis["this"], basis["last"]) for basis in ratio["bases"].values()]
    return Measure(
        f"rate.{indicator.id}", ratio["name"], tuple(pairs), indicator=indicator.id,
        less_one=ratio["kind"] == "change",
    )  # fmt: skip


def _per_head(spec: FormSpec) -> Iterator[Measure]:
    if spec.peers is None:
        return
    for fact in spec.peers.per_head:
        label = f"人均{spec.label_of(fact)}"
        yield Measure(f"head.{fact}", label, ((fact, spec.peers.head),), unit=spec.money)


def _number(facts: Mapping[str, Any], name: str) -> Decimal | None:
    fact = facts.get(name)
    if fact is None or fact["state"] != "number" or fact["value"] is None:
        return None
    return Decimal(fact["value"])


def _rounded(value: Decimal) -> Decimal:
    """Two decimals; a small figure keeps two digits, so that 0.004 is not shown as 0."""
    if abs(value) > _HUGE:
        return value
    if value and abs(value) < _HUNDREDTH:
        return value.quantize(Decimal(1).scaleb(value.adjusted() - 1), ROUND_HALF_UP)
    return value.quantize(_HUNDREDTH, ROUND_HALF_UP)
