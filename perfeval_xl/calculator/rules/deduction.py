"""Points off per percentage point beyond a limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.calculator import excel
from perfeval_xl.calculator.case import Case, Ruling, Standing
from perfeval_xl.calculator.ratios import Change, Measured, Ratio
from perfeval_xl.calculator.rules.by_ratio import needed, ratio_of, reading_label, without_ratio
from perfeval_xl.calculator.rules.pieces import decimal, exact
from perfeval_xl.calculator.shown import percent, points_beyond, rounded, tidy
from perfeval_xl.forms.texts import rule_texts


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
            ratio_of(table),
            decimal(table["limit"]),
            "over" if table["direction"] == "over" else "under",
            decimal(table["per_point"]),
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
        left = exact(max_score) - _COUNTED[reading](beyond) * exact(self.per_point)
        return rounded(left) if left.numerator > 0 else ZERO

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """Those of its ratio."""
        return (*self.ratio.fact_ids, *self.ratio.beside)

    def rule(self, case: Case) -> Ruling:
        """Score at the default reading, interval over the readings that are not pinned."""
        measured = self.ratio.measure(case, (exact(self.limit),))
        first = measured[0]
        if first.fraction is None:
            return without_ratio(case, self.ratio, first, self.not_applicable)
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
            reading=reading_label(case, self.ratio, first, self.reading, readings[0]),
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


@lru_cache(maxsize=256)
def _percent_of(number: Decimal) -> str:
    return percent(Fraction(number))
