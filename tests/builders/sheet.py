"""Draws a grid of boxes on an openpyxl worksheet: values, merges, borders, heights, page."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from openpyxl.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from .forms import Percent, SumAbove, Value
from .grid import Box, Grid
from .table import Kind

_LARGEST_ROW_HEIGHT = 409
_UNFRAMED: set[Kind] = {"caption", "title", "subtitle"}
_LEFT: set[Kind] = {"caption", "section", "criteria", "prose", "note"}
_BOLD: set[Kind] = {"title", "section"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one unit's workbook looks.

    Attributes:
        font: The font of all cells; ``title_font`` that of the title.
        width: The width of the whole table in characters.
        as_text: Whether figures are written as text.
        money_format: The number format of amounts.
        count_format: The number format of whole numbers that are no amounts.
        label_fill: Background of printed labels as RRGGBB, "" for none.
        landscape: Whether the page lies on its side.
    """

    font: str = "宋体"
    title_font: str = "黑体"
    size: float = 10
    width: float = 92
    as_text: bool = False
    money_format: str = "0.00"
    count_format: str = "General"
    label_fill: str = ""
    bold_labels: bool = False
    border: Literal["thin", "hair", "medium"] = "thin"
    border_color: str = "000000"
    landscape: bool = False


def draw(sheet: Worksheet, grid: Grid, look: Look, *, top: int = 1, left: int = 1) -> None:
    """Draws the grid with its first cell at row ``top`` and column ``left``."""
    widths = _column_widths(grid, look)
    for index, width in enumerate(widths):
        sheet.column_dimensions[get_column_letter(left + index)].width = round(width, 2)
    for index, height in enumerate(_row_heights(grid, widths, look)):
        sheet.row_dimensions[top + index].height = height
    for box in grid.boxes:
        _draw_box(sheet, box, look, top, left)
    last = f"{get_column_letter(left + grid.column_count - 1)}{top + grid.row_count - 1}"
    sheet.print_area = f"{get_column_letter(left)}{top}:{last}"
    set_page(sheet, landscape=look.landscape)


def set_page(sheet: Worksheet, *, landscape: bool) -> None:
    """Makes the sheet print on A4, one page wide, with page numbers."""
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.5
    margins.top = margins.bottom = 0.75
    margins.header = margins.footer = 0.35
    sheet.oddFooter.center.text = "第 &P 页 共 &N 页"


def _draw_box(sheet: Worksheet, box: Box, look: Look, top: int, left: int) -> None:
    first_row, first_column = top + box.top, left + box.left
    last_row, last_column = top + box.bottom, left + box.right
    framed = box.cell.kind not in _UNFRAMED
    for row in range(first_row, last_row + 1):
        for column in range(first_column, last_column + 1):
            _style(sheet.cell(row, column), box.cell.kind, look, framed)
    _write(sheet.cell(first_row, first_column), box.cell.value, box.cell.kind, look)
    if (first_row, first_column) != (last_row, last_column):
        sheet.merge_cells(
            start_row=first_row,
            start_column=first_column,
            end_row=last_row,
            end_column=last_column,
        )


def _write(cell: SheetCell, value: Value, kind: Kind, look: Look) -> None:
    if value is None or value == "":
        return
    if isinstance(value, SumAbove):
        letter = cell.column_letter
        cell.value = f"=SUM({letter}{cell.row - value.rows}:{letter}{cell.row - 1})"
        cell.number_format = look.money_format if kind == "money" else "General"
    elif isinstance(value, str) or look.as_text:
        cell.value = str(value)
        cell.number_format = "@" if kind in ("money", "number") else "General"
    elif isinstance(value, Percent):
        cell.value = float(value.fraction)
        whole = value.fraction * 100 % 1 == 0
        cell.number_format = "0%" if whole else "0.0%"
    else:
        cell.value = float(value) if isinstance(value, Decimal) else value
        cell.number_format = _number_format(value, kind, look)


def _number_format(value: int | Decimal, kind: Kind, look: Look) -> str:
    if kind == "money":
        return look.money_format
    return look.count_format if isinstance(value, int) else "General"


def _style(cell: SheetCell, kind: Kind, look: Look, framed: bool) -> None:
    side = Side(style=look.border, color=look.border_color)
    if framed:
        cell.border = Border(left=side, right=side, top=side, bottom=side)
    bold = kind in _BOLD or (kind == "label" and look.bold_labels)
    font = look.title_font if kind == "title" else look.font
    cell.font = Font(name=font, size=_size(kind, look), bold=bold)
    cell.alignment = Alignment(horizontal=_horizontal(kind), vertical="center", wrap_text=True)
    if look.label_fill and kind in ("label", "section"):
        cell.fill = PatternFill("solid", fgColor=look.label_fill)


def _horizontal(kind: Kind) -> str:
    if kind == "date":
        return "right"
    return "left" if kind in _LEFT else "center"


def _size(kind: Kind, look: Look) -> float:
    if kind == "title":
        return 18
    return look.size - 1 if kind == "criteria" else look.size


def _column_widths(grid: Grid, look: Look) -> list[float]:
    whole = grid.edges[-1] - grid.edges[0]
    pairs = zip(grid.edges, grid.edges[1:], strict=False)
    return [(right - left) * look.width / whole for left, right in pairs]


def _row_heights(grid: Grid, widths: list[float], look: Look) -> list[float]:
    heights = [18.0] * grid.row_count
    for box in sorted(grid.boxes, key=lambda box: box.bottom - box.top):
        rows = range(box.top, box.bottom + 1)
        needed = _height(box, sum(widths[box.left : box.right + 1]), look)
        lacking = needed - sum(heights[row] for row in rows)
        for row in rows:
            heights[row] += max(0.0, lacking) / len(rows)
    return [min(_LARGEST_ROW_HEIGHT, round(height, 1)) for height in heights]


def _height(box: Box, width: float, look: Look) -> float:
    if isinstance(box.cell.value, SumAbove):
        return 0
    text = "" if box.cell.value is None else str(box.cell.value)
    size = _size(box.cell.kind, look)
    room = max(1.0, (width - 1.2) * 11 / size)
    lines = sum(max(1, math.ceil(_text_width(line) / room)) for line in text.split("\n"))
    return lines * size * 1.4 + 5


def _text_width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "FWA" else 1 for char in text)
