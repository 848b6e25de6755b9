"""Rows of a table added up, for a table without a row that does so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from perfeval_xl.amounts import plain
from perfeval_xl.model import CellRef, Fact, State
from perfeval_xl.operand import holds_number, scaled
from perfeval_xl.reader.grid import Grid
from perfeval_xl.reader.values import Values


def summed(facts: Sequence[Fact], grid: Grid, values: Values) -> Fact:
    """The only row, or the sum of all where no 合计 row is given; unreadable when one of them is.

    Its formula takes in the blank rows between them too, for they may be filled yet.
    """
    if len(facts) == 1:
        return facts[0]
    first = next((fact for fact in facts if fact.state is not State.BLANK), facts[0])
    if any(fact.state is State.UNREADABLE for fact in facts):
        return replace(
            first, value=None, state=State.UNREADABLE, raw="、".join(f.raw for f in facts)
        )
    given = [fact for fact in facts if fact.number is not None]
    if not given:
        return first
    facts = _with_gaps(facts, grid)
    expression = _range_sum(facts, grid, values)
    if len(given) == 1:
        return replace(given[0], expression=expression)
    total = sum((fact.number for fact in given if fact.number is not None), Decimal(0))
    return replace(
        first, value=total, raw=plain(total), state=State.NUMBER,
        note=f"没有合计行，按各行相加得 {plain(total)}", decimals=max(f.decimals for f in facts),
        found_by=f"{first.found_by}，{len(given)} 行相加", operands=tuple(facts),
        expression=expression,
    )  # fmt: skip


def _with_gaps(facts: Sequence[Fact], grid: Grid) -> list[Fact]:
    """The rows, and the cells between two of them that hold nothing."""
    found = [facts[0]]
    for fact in facts[1:]:
        before = found[-1].ref
        if before is not None and fact.ref is not None and before.column == fact.ref.column:
            between = [before._replace(row=row) for row in range(before.row + 1, fact.ref.row)]
            if all(_is_empty(grid, ref) for ref in between):
                found += [Fact(fact.id, None, "", ref, State.BLANK) for ref in between]
        found.append(fact)
    return found


def _is_empty(grid: Grid, ref: CellRef) -> bool:
    cell = grid.sheet.cells.get((ref.row, ref.column))
    return cell is None or (cell.kind == "blank" and cell.formula is None)


def _range_sum(facts: Sequence[Fact], grid: Grid, values: Values) -> str:
    """SUM over the rows' cells; empty where SUM would pass over one, such as a number typed as text.

    No number where a cell holds words, or all are blank.
    """
    refs = [fact.ref for fact in facts if fact.ref is not None]
    scales = {fact.scale for fact in facts if fact.number is not None}
    countable = all(_is_countable(fact, grid, values) for fact in facts)
    if len(set(refs)) < len(facts) or len(scales) > 1 or not countable:
        return ""
    areas = ",".join(_runs(refs))
    total = scaled(f"SUM({areas})", scales.pop())
    return f"IF(AND(COUNT({areas})>0,COUNT({areas})=COUNTA({areas})),{total},NA())"


def _is_countable(fact: Fact, grid: Grid, values: Values) -> bool:
    """Whether SUM adds the cell up as we read it: a number, or nothing at all."""
    if fact.ref is None:
        return False
    if _is_empty(grid, fact.ref):
        return fact.state is State.BLANK
    cell = grid.sheet.cells[fact.ref.row, fact.ref.column]
    return holds_number(fact) and values.is_number(grid, cell)


def _runs(refs: Sequence[CellRef]) -> list[str]:
    """The cells as ranges, neighbours in a column together."""
    runs: list[list[CellRef]] = []
    for ref in refs:
        before = runs[-1][-1] if runs else None
        if before is not None and (ref.column, ref.row) == (before.column, before.row + 1):
            runs[-1].append(ref)
        else:
            runs.append([ref])
    return [
        run[0].absolute + (":" + run[-1].absolute.rpartition("!")[2] if len(run) > 1 else "")
        for run in runs
    ]
