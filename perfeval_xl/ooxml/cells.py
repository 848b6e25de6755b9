"""What both readers of a worksheet share: how a cell is made, and what no sheet may hold."""

from __future__ import annotations

import re

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml.markup import unescaped
from perfeval_xl.ooxml.refs import MAX_ROW, address, moved_formula
from perfeval_xl.ooxml.sheet import Cell, RowPlace, Sheet
from perfeval_xl.ooxml.strings import SharedStrings

_TEXT_KINDS = frozenset(("s", "str", "inlineStr"))
_KINDS = {"b": "boolean", "e": "error", "d": "text"}


def make_cell(
    sheet: Sheet,
    strings: SharedStrings,
    place: tuple[int, int, int],
    kind: str,
    value: str | None,
    inline: str | None,
    formula: str | None,
) -> Cell | None:
    """The cell that these parts of a ``c`` element make; None when it is empty."""
    row, column, style = place
    if kind in _TEXT_KINDS:
        text = inline if inline is not None else value
        if kind == "s":
            text = _shared_string(sheet, strings, row, column, value)
        elif kind == "str" and text and "_x" in text:
            text = unescaped(text)
        if text is None or (formula is None and text == ""):
            return _uncached(row, column, style, formula)
        return Cell(row, column, "text", text, style, formula)
    raw = value.strip() if value else ""
    if not raw:
        return _uncached(row, column, style, formula)
    return Cell(row, column, _KINDS.get(kind, "number"), raw, style, formula)


def _uncached(row: int, column: int, style: int, formula: str | None) -> Cell | None:
    return None if formula is None else Cell(row, column, "blank", "", style, formula, False)


def _shared_string(
    sheet: Sheet, strings: SharedStrings, row: int, column: int, value: str | None
) -> str | None:
    index = value.strip() if value else ""
    if not index:
        return None
    try:
        return strings[int(index) if re.fullmatch("[0-9]{1,9}", index) else -1]
    except IndexError as exc:
        details = {"sheet": sheet.name, "cell": address(row, column), "index": index[:40]}
        raise WorkbookError("workbook.shared_string_range", details) from exc


class SharedFormulas:
    """Gives each cell of a shared formula its own text."""

    def __init__(self) -> None:
        self._masters: dict[str, Cell] = {}
        self._followers: list[tuple[str, Cell]] = []

    def add(self, group: str, cell: Cell) -> None:
        """Note a cell of the group; the one with a text is its master."""
        if cell.formula:
            self._masters[group] = cell
        else:
            self._followers.append((group, cell))

    def resolve(self, cells: dict[tuple[int, int], Cell]) -> None:
        """Put the translated formula into every follower whose master is known."""
        for group, cell in self._followers:
            master = self._masters.get(group)
            if master is None or master.formula is None:
                continue
            rows, columns = cell.row - master.row, cell.column - master.column
            formula = moved_formula(master.formula, rows, columns)
            cells[cell.row, cell.column] = cell._replace(formula=formula)


def add_row(sheet: Sheet, row: RowPlace) -> None:
    """Note a row; WorkbookError for a number that no row has, or that another one has."""
    if not 1 <= row.number <= MAX_ROW:
        raise WorkbookError("workbook.bad_cell", {"sheet": sheet.name, "cell": str(row.number)})
    if row.number in sheet.rows:
        cell = address(row.number, 1)
        raise WorkbookError("workbook.duplicate_row", {"sheet": sheet.name, "cell": cell})
    sheet.rows[row.number] = row


def duplicate_cell(sheet: Sheet, row: int, column: int) -> WorkbookError:
    """A cell that stands twice in its row."""
    details = {"sheet": sheet.name, "cell": address(row, column)}
    return WorkbookError("workbook.duplicate_cell", details)


def misplaced_cell(sheet: Sheet, row: int, column: int) -> WorkbookError:
    """A cell that stands in another row than it says."""
    details = {"sheet": sheet.name, "cell": address(row, column)}
    return WorkbookError("workbook.misplaced_cell", details)


def too_many_cells(sheet: Sheet, limit: int, actual: int) -> WorkbookError:
    """More filled cells than are read."""
    details = {"limit": str(limit), "actual": str(actual), "sheet": sheet.name}
    return WorkbookError("workbook.too_many_cells", details)


def whole_number(text: str) -> int:
    """A whole number of at most nine digits; 0 for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def float_or_zero(text: str) -> float:
    """A measure; 0.0 for what is none."""
    try:
        return float(text)
    except ValueError:
        return 0.0
