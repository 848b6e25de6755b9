"""What follows from the form alone, worked out once per form and not once per workbook."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.calculator.case import Ruling
from perfeval_xl.calculator.ratios import Quotient
from perfeval_xl.calculator.rules import Deduction, Rule, Surplus, make_rule
from perfeval_xl.calculator.wording import compared, wording
from perfeval_xl.forms.spec import FormSpec, IndicatorSpec
from perfeval_xl.labels import normalize_label

_MOST_FORMS = 32

_BOX = re.compile("[□☐〇○]")
_TICKED = re.compile("[☑√✓✔■☒]\\s*([一-龥]+)|([一-龥]+)\\s*[☑√✓✔■☒]")
_RATING_REMARK = re.compile(r"\([^()]*\)|[,、:]?\d+(?:\.\d+)?分|等次|等级|等$|级$")


@dataclass(frozen=True)
class Prepared:
    """Rules as objects and other things that the data of one form imply."""

    spec: FormSpec
    indicators: Mapping[str, IndicatorSpec]
    rules: Mapping[str, Rule]
    heads: Mapping[str, tuple[str, ...]]  # second- and first-level heads of an indicator
    printed: frozenset[str]  # every text of the blank, as compared
    criteria: Mapping[str, str]  # official sentences as compared, by indicator
    may_be_negative: frozenset[str]  # what is left after spending may be below zero
    staff_rates: tuple[tuple[IndicatorSpec, str, str], ...]  # counts of which one limits the other
    parents: Mapping[str, str]  # a part's total, by the sums of checks.toml
    output_rows: tuple[IndicatorSpec, ...]
    fact_ids: Mapping[str, tuple[str, ...]]  # what each indicator's rule looks at
    rulings: dict[tuple[str, str], Ruling]  # of indicators none of whose facts the form has
    wanted: dict[tuple[str, ...], tuple[str, str]]  # facts of further sheets: names, places
    names: Mapping[str, frozenset[str]]  # lawful names of each row, by wording
    pooled: Mapping[str, tuple[IndicatorSpec, ...]]

    def band(self, total: Decimal) -> str:
        """The rating that a total earns."""
        return next(
            (b.label for b in self.spec.bands if total >= b.at_least), self.spec.bands[-1].label
        )

    def bands_between(self, low: Decimal, high: Decimal) -> tuple[str, ...]:
        """Every rating that totals between low and high can earn, the best first."""
        if not self.spec.bands:
            return ()
        labels = [b.label for b in self.spec.bands]
        first, last = labels.index(self.band(high)), labels.index(self.band(low))
        return tuple(labels[first : last + 1])

    def rating(self, text: str) -> str:
        """The band that a written rating means, empty when it means none.

        A remark in brackets and points do not count; of boxes the one that is ticked does.
        """
        ticked = _TICKED.search(text) if _BOX.search(text) else None
        chosen = (ticked[1] or ticked[2]) if ticked else text
        for wanted in (normalize_label(chosen), _RATING_REMARK.sub("", normalize_label(chosen))):
            for band in self.spec.bands:
                if wanted in (normalize_label(t) for t in (band.label, *band.aliases)):
                    return band.label
        return ""


_forms: dict[int, Prepared] = {}


def prepare(spec: FormSpec) -> Prepared:
    """What follows from the form; kept for the forms last used."""
    found = _forms.get(id(spec))
    if found is None or found.spec is not spec:
        if len(_forms) >= _MOST_FORMS:
            _forms.clear()
        found = _forms[id(spec)] = _prepare(spec)
    return found


def _prepare(spec: FormSpec) -> Prepared:
    rules = {i.id: make_rule(i.rule) for i in spec.indicators}
    return Prepared(
        spec=spec,
        indicators={i.id: i for i in spec.indicators},
        rules=rules,
        heads={i.id: (i.group, spec.groups[i.group].parent) for i in spec.indicators},
        printed=frozenset(compared(c.text) for s in spec.sheets for c in s.cells if c.text),
        criteria={i.id: normalize_label(i.source.sentence) for i in spec.indicators},
        may_be_negative=_may_be_negative(spec, rules),
        staff_rates=tuple(_staff_rates(spec, rules)),
        parents={
            str(part): str(check.options["total"])
            for check in spec.checks
            if check.kind == "sum"
            for part in _texts(check.options["parts"])
        },
        output_rows=tuple(
            i for i in spec.indicators if i.rule["kind"] == "judged" and not i.shared
        ),
        fact_ids={name: rule.fact_ids for name, rule in rules.items()},
        rulings={},
        wanted={},
        names={
            i.id: frozenset(wording(name) for name in (i.label, *i.label_aliases))
            for i in spec.indicators
        },
        pooled={pool: tuple(i for i in spec.indicators if i.shared == pool) for pool in spec.pools},
    )


def _may_be_negative(spec: FormSpec, rules: Mapping[str, Rule]) -> frozenset[str]:
    results = {str(c.options["result"]) for c in spec.checks if c.kind == "difference"}
    for rule in rules.values():
        if isinstance(rule, Surplus):
            results |= {facts[0] for _, facts in rule.bases if len(facts) == 1}
    return frozenset(results)


def _staff_rates(spec: FormSpec, rules: Mapping[str, Rule]) -> list[tuple[IndicatorSpec, str, str]]:
    found = []
    for indicator in spec.indicators:
        rule = rules[indicator.id]
        if not isinstance(rule, Deduction) or rule.direction != "over" or rule.limit != 1:
            continue
        ratio = rule.ratio
        if isinstance(ratio, Quotient) and all(
            f in spec.fields and spec.fields[f].kind == "count" for f in ratio.fact_ids
        ):
            found.append((indicator, ratio.numerator, ratio.denominator))
    return found


def _texts(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(item) for item in value]
