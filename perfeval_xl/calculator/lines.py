"""Lines of the profile's tables in which an identity is to hold, and how exactly it must."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.amounts import ZERO, half_unit
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.calculator.wording import compared
from perfeval_xl.forms.spec import CheckSpec
from perfeval_xl.model import Fact, Submission, TableRow, missing_fact

_PRINTED_DECIMALS = 2  # money is printed with two decimals: 300 stands for 300.00
HALF_CENT = half_unit(_PRINTED_DECIMALS)
_WHOLE = "合计"


@dataclass(frozen=True, slots=True)
class Operands:
    """Facts of one line: the whole unit (no name), one 机构, or the 合计 row."""

    facts: Mapping[str, Fact]
    unit: str
    whole: bool

    def fact(self, fact_id: str) -> Fact:
        """The fact, a missing one when the line has none."""
        return self.facts.get(fact_id) or missing_fact(fact_id)


def lines_of(submission: Submission, prepared: Prepared, ids: Sequence[str]) -> list[Operands]:
    """The lines in which an identity is to hold: each 机构, the 合计, or the unit as a whole.

    A table with one row is the unit as a whole. Where an identity takes operands from two tables,
    rows are paired by the name of the 机构.
    """
    whole = Operands(submission.facts, "", True)
    if len(submission.rows) < 2:
        return [whole]
    if not _several(submission.rows):
        return [whole]
    blocks = {f.block for i in ids if (f := prepared.spec.fields.get(i)) is not None}
    tables = [[r for r in submission.rows if r.block == b] for b in sorted(blocks)]
    if not tables or max(len(rows) for rows in tables) < 2:
        return [whole]
    keyed = [_by_name(rows) for rows in tables]
    names = [name for name in keyed[0] if all(name in rows for rows in keyed)]
    if not names:
        return [whole]
    lines = []
    for name in names:
        facts = {k: v for rows in keyed for k, v in rows[name].facts.items()}
        row = keyed[0][name]
        lines.append(Operands(facts, row.unit, row.is_total))
    has_total = any(line.whole for line in lines)
    complete = all(len(names) == len(rows) for rows in keyed)
    return lines if has_total or complete else [*lines, whole]


def columns_of(submission: Submission) -> list[tuple[Fact, list[Fact]]]:
    """Per column of a table with a 合计 row: its fact there and those of the 机构 above it."""
    blocks: dict[str, list[TableRow]] = {}
    for row in submission.rows:
        blocks.setdefault(row.block, []).append(row)
    found = []
    for rows in blocks.values():
        body, totals = [r for r in rows if not r.is_total], [r for r in rows if r.is_total]
        if body and totals:
            found += [
                (total, [r.facts[name] for r in body if name in r.facts])
                for name, total in totals[-1].facts.items()
            ]
    return found


def tolerance(prepared: Prepared, facts: Iterable[Fact]) -> Decimal:
    """Half a unit of the last printed decimal of every operand, added up."""
    fields = prepared.spec.fields
    total = ZERO
    for fact in facts:
        if fact.number is not None:
            field = fields.get(fact.id)
            if field is not None and field.kind == "amount":
                few = fact.decimals <= _PRINTED_DECIMALS
                total += HALF_CENT if few else half_unit(fact.decimals)
            elif fact.decimals:
                total += half_unit(fact.decimals)
    return total


def texts_of(check: CheckSpec, option: str) -> list[str]:
    """A list of ids that a check was given."""
    value = check.options[option]
    assert isinstance(value, list)
    return [str(item) for item in value]


def added(facts: Iterable[Fact]) -> Decimal:
    """What the facts that are numbers add up to."""
    return sum((f.number for f in facts if f.number is not None), ZERO)


def _several(rows: tuple[TableRow, ...]) -> bool:
    """Whether any table has more than one row."""
    return len({row.block for row in rows}) < len(rows)


def _by_name(rows: list[TableRow]) -> dict[str, TableRow]:
    found: dict[str, TableRow] = {}
    for number, row in enumerate(rows):
        name = _WHOLE if row.is_total else compared(row.unit) or f"#{number}"
        found.setdefault(name, row)
    return found
