"""Rule kinds: how an indicator earns its points.

Which indicator uses which kind, with which numbers, is written in ``templates/<form>/rubric.toml``;
nothing in this package knows a year. Each class yields score, sentence and Excel formula from the
same numbers, so that the three cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from perfeval_xl.calculator.case import Case, Ruling
from perfeval_xl.calculator.rules.answers import Clauses, Incidents, Judged
from perfeval_xl.calculator.rules.deduction import Deduction
from perfeval_xl.calculator.rules.surplus import Surplus
from perfeval_xl.calculator.rules.tiers import Tiers

__all__ = ["KINDS", "Deduction", "Rule", "Surplus", "Tiers", "make_rule"]


class Rule(Protocol):
    """One kind of rule with its numbers."""

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """All facts it may look at."""
        ...

    def rule(self, case: Case) -> Ruling:
        """What the facts say of the points."""
        ...


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
