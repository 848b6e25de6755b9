"""Everything a check may look at, and the book it writes in."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from perfeval_xl.amounts import plain
from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.mend import Mender
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.calculator.shown import percent, tidy
from perfeval_xl.model import Fact, Submission


@dataclass(frozen=True)
class Desk:
    """Everything a check may look at, and the book it writes in."""

    submission: Submission
    prepared: Prepared
    book: FindingBook
    mender: Mender
    here: frozenset[str] = frozenset()  # further sheets of this very workbook

    def label(self, fact_id: str) -> str:
        """The printed label of a fact."""
        return self.prepared.spec.label_of(fact_id)

    def shown(self, fact: Fact) -> str:
        """The number of a fact; a percentage as one."""
        assert fact.number is not None
        field = self.prepared.spec.fields.get(fact.id)
        is_percent = field is not None and field.kind == "percent"
        return percent(Fraction(fact.number)) if is_percent else plain(tidy(fact.number))
