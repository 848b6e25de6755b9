"""Cell references: A1 to row and column, ranges, and formulas moved with their cells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from heapq import heappop, heappush

from perfeval_xl.model import column_letters

MAX_ROW = 1_048_576
MAX_COLUMN = 16_384
PRINT_AREA = "_xlnm.Print_Area"  # defined names that every program knows
PRINT_TITLES = "_xlnm.Print_Titles"

Range = tuple[int, int, int, int]  # first row, first column, last row, last column

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_COLUMNS: dict[str, int] = {}
_MOVABLE = re.compile(
    r'"(?:[^"]|"")*"'
    r"|'(?:[^']|'')*'"
    r"|\[[^\]]*\]"
    r"|(?<![\w.$])(\$?)([A-Za-z]{1,3})(\$?)([1-9][0-9]{0,6})(?![\w.(!])"
    r"|(?<![\w.$])(\$?)([A-Za-z]{1,3}):(\$?)([A-Za-z]{1,3})(?![\w.(!])"
    r"|(?<![\w.$])(\$?)([1-9][0-9]{0,6}):(\$?)([1-9][0-9]{0,6})(?![\w.(!])"
)


def column_number(letters: str) -> int:
    """Number of a column: A is 1, AB is 28."""
    known = _COLUMNS.get(letters)
    if known is None:
        known = 0
        for letter in letters.upper():
            known = known * 26 + ord(letter) - 64
        _COLUMNS[letters] = known
    return known


def address(row: int, column: int) -> str:
    """The cell as Excel writes it."""
    return f"{column_letters(column)}{row}"


def parse_cell(text: str) -> tuple[int, int] | None:
    """Row and column of ``G3`` or ``$G$3``; None when it is no cell of a worksheet."""
    match = _CELL.fullmatch(text)
    if match is None:
        return None
    row, column = int(match[2]), column_number(match[1])
    return (row, column) if 1 <= row <= MAX_ROW and column <= MAX_COLUMN else None


def parse_range(text: str) -> Range | None:
    """The range ``A1:C3`` (or one cell), corners in order; None when it is none."""
    first, _, last = text.partition(":")
    start, end = parse_cell(first), parse_cell(last or first)
    if start is None or end is None:
        return None
    rows, columns = sorted((start[0], end[0])), sorted((start[1], end[1]))
    return rows[0], columns[0], rows[1], columns[1]


def range_text(area: Range) -> str:
    """The range as Excel writes it, one cell without a colon."""
    first, last = address(area[0], area[1]), address(area[2], area[3])
    return first if first == last else f"{first}:{last}"


def covering(cells: Iterable[tuple[int, int]]) -> list[Range]:
    """Ranges that hold these cells and no others: runs along rows, equal ones joined downwards."""
    columns: dict[int, list[int]] = {}
    for row, column in sorted(set(cells)):
        columns.setdefault(row, []).append(column)
    found: list[Range] = []
    open_runs: dict[tuple[int, int], int] = {}  # run to its place in found
    for row, inside in columns.items():
        still: dict[tuple[int, int], int] = {}
        for run in _runs(inside):
            place = open_runs.get(run)
            if place is not None and found[place][2] == row - 1:
                found[place] = (found[place][0], run[0], row, run[1])
            else:
                place = len(found)
                found.append((row, run[0], row, run[1]))
            still[run] = place
        open_runs = still
    return found


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def moved_formula(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads ``rows`` lower and ``columns`` further right."""

    def column(fixed: str, letters: str) -> str:
        if fixed:
            return fixed + letters
        number = column_number(letters) + columns
        return column_letters(number) if 1 <= number <= MAX_COLUMN else "#REF!"

    def row(fixed: str, digits: str) -> str:
        return fixed + digits if fixed else str(int(digits) + rows)

    def move(match: re.Match[str]) -> str:
        if match[2] is not None:
            return column(match[1], match[2]) + row(match[3], match[4])
        if match[6] is not None:
            return f"{column(match[5], match[6])}:{column(match[7], match[8])}"
        if match[10] is not None:
            return f"{row(match[9], match[10])}:{row(match[11], match[12])}"
        return match[0]

    return _MOVABLE.sub(move, formula)


def overlapping(ranges: list[Range]) -> Range | None:
    """A range that shares a cell with an earlier one, or None.

    A sweep down the rows; the columns taken at each row are the bits of one integer.
    """
    taken = 0
    active: list[tuple[int, int]] = []  # last row, columns; a heap
    for area in sorted(ranges):
        while active and active[0][0] < area[0]:
            taken ^= heappop(active)[1]
        columns = (2 << area[3]) - (1 << area[1])
        if taken & columns:
            return area
        heappush(active, (area[2], columns))
        taken |= columns
    return None
