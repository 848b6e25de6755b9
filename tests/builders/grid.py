"""From rows of cells with cuts to boxes on a spreadsheet grid, as pasting a table does it.

The grid's columns are the union of all vertical cuts, so a cell whose row is cut elsewhere
spans several of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .table import Cell, Row

Cuts = Callable[[Row], Sequence[int]]
"""The positions between which a row's cells lie: one more than the row has slots."""


@dataclass(slots=True)
class Box:
    """A cell on the grid; all four sides count from 0 and are inside the box."""

    top: int
    left: int
    bottom: int
    right: int
    cell: Cell


@dataclass(frozen=True, slots=True)
class Grid:
    """Boxes over the columns between ``edges``."""

    edges: tuple[int, ...]
    row_count: int
    boxes: tuple[Box, ...]

    @property
    def column_count(self) -> int:
        """How many sheet columns the table takes."""
        return len(self.edges) - 1


def lay_out(rows: Sequence[Row], cuts_of: Cuts) -> Grid:
    """The rows on the union of their cuts.

    Raises:
        ValueError: A row has not as many slots as cuts, or a cell that goes on from above
            is not cut like the one above it.
    """
    edges = tuple(sorted({cut for row in rows for cut in cuts_of(row)}))
    boxes: list[Box] = []
    above: dict[tuple[int, int], Box] = {}
    for top, row in enumerate(rows):
        here: dict[tuple[int, int], Box] = {}
        for cell, left, right in _slots(row, cuts_of(row)):
            sides = bisect_left(edges, left), bisect_left(edges, right) - 1
            if cell.continues:
                box = _continued(above, sides, row)
                box.bottom = top
            else:
                box = Box(top, sides[0], top, sides[1], cell)
                boxes.append(box)
            here[sides] = box
        above = here
    return Grid(edges, len(rows), tuple(boxes))


def _slots(row: Row, cuts: Sequence[int]) -> list[tuple[Cell, int, int]]:
    slots: list[tuple[Cell, int, int]] = []
    at = 0
    for cell in row.cells:
        if at + cell.span >= len(cuts):
            raise ValueError(f"row {row.key} {row.number}: more cells than slots in {cuts}")
        slots.append((cell, cuts[at], cuts[at + cell.span]))
        at += cell.span
    if at + 1 != len(cuts):
        raise ValueError(f"row {row.key} {row.number}: {at} slots for the cuts {cuts}")
    return slots


def _continued(above: dict[tuple[int, int], Box], sides: tuple[int, int], row: Row) -> Box:
    if sides not in above:
        raise ValueError(f"row {row.key} {row.number}: nothing above is cut at {sides}")
    return above[sides]
