"""Points by the band a ratio falls in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from perfeval_xl.amounts import plain
from perfeval_xl.calculator import excel
from perfeval_xl.calculator.case import Case, Ruling, Standing
from perfeval_xl.calculator.ratios import Measured, Ratio
from perfeval_xl.calculator.rules.by_ratio import needed, ratio_of, reading_label, without_ratio
from perfeval_xl.calculator.rules.pieces import decimal
from perfeval_xl.calculator.shown import percent, rounded, tidy
from perfeval_xl.forms.texts import rule_texts


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
            ratio_of(table),
            side,
            tuple(
                Tier(Fraction(decimal(r[side])) if side in r else None, decimal(r["score"]))
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
            return without_ratio(case, self.ratio, first, self.not_applicable)
        scores = [self.score(m.fraction) for m in measured if m.fraction is not None]
        formulas = [self._formula(m) for m in measured]
        return Ruling(
            Standing.DECIDED,
            scores[0],
            min(scores),
            max(scores),
            tuple(dict.fromkeys(fact for m in measured for fact in m.facts)),
            sentence=first.text + self._scored(first.fraction),
            reading=reading_label(case, self.ratio, first, "", ""),
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
