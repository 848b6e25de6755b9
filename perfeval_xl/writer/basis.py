"""The copy's last sheet, 复核依据: figures used in the review that the workbook does not hold."""

from __future__ import annotations

from decimal import Decimal

from perfeval_xl.amounts import plain
from perfeval_xl.context import GIVEN_COLUMN, GIVEN_FIRST_ROW, Context
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.ooxml import Border, Fill, Font, NewSheet, PrintSetup, Style
from perfeval_xl.writer.measure import text_height
from perfeval_xl.writer.style import FONT, GRID, HEAD_FILL, HEAD_FONT, HEAD_TEXT, MUTED
from perfeval_xl.writer.text import BASIS_HEADS, BASIS_NOTE, BASIS_RANKS, BASIS_TITLE

_WIDTHS = (6.0, 34.0, 14.0, 16.0, 58.0)
_SIZE = 10.0
_BORDER = Border(color=GRID)


def basis_sheet(context: Context, spec: FormSpec) -> NewSheet:
    """A row per given figure, in the context's order, so that formulas can refer to its value."""
    sheet = NewSheet(tab_color=MUTED, freeze=(GIVEN_FIRST_ROW, 1))
    for column, width in enumerate(_WIDTHS, 1):
        sheet.widths[column] = width
    _line(sheet, 1, BASIS_TITLE, _TITLE)
    _line(sheet, 2, BASIS_NOTE, _MUTED)
    for column, head in enumerate(BASIS_HEADS, 1):
        sheet.write(GIVEN_FIRST_ROW - 1, column, head, _HEAD)
    for row, given in enumerate(context.given, GIVEN_FIRST_ROW):
        label = spec.label_of(spec.own_name(given.fact, given.form) or given.fact)
        sheet.write(row, 1, Decimal(row - GIVEN_FIRST_ROW + 1), _CELL)
        sheet.write(row, 2, label, _TEXT)
        sheet.write(row, GIVEN_COLUMN, given.value, _CELL)
        sheet.write(row, 4, BASIS_RANKS[given.rank], _CELL)
        shown = given.raw if given.raw != plain(given.value) else ""
        source = f"{given.source}（原文“{shown}”）" if shown else given.source
        sheet.write(row, 5, source, _TEXT)
        heights = (text_height(label, _WIDTHS[1], _SIZE), text_height(source, _WIDTHS[4], _SIZE))
        sheet.heights[row] = max(heights) + 4
    last = GIVEN_FIRST_ROW + len(context.given) - 1
    sheet.printing = PrintSetup(
        footer="&L&9复核依据&C&9第 &P 页，共 &N 页",
        margins=(0.45, 0.45, 0.55, 0.6),
        title_rows=(GIVEN_FIRST_ROW - 1, GIVEN_FIRST_ROW - 1),
        area=(1, 1, last, len(_WIDTHS)),
    )
    return sheet


def _line(sheet: NewSheet, row: int, text: str, style: Style) -> None:
    sheet.write(row, 1, text, style)
    sheet.merge(row, 1, row, len(_WIDTHS))
    size = style.font.size if style.font else _SIZE
    sheet.heights[row] = text_height(text, sum(_WIDTHS), size) + 6


_TITLE = Style(Font(HEAD_FONT, 14, bold=True), None, None, "center", "center")
_MUTED = Style(Font(FONT, 9, color=MUTED), None, None, "left", "center", True)
_HEAD = Style(
    Font(FONT, _SIZE, bold=True, color=HEAD_TEXT),
    Fill(HEAD_FILL),
    _BORDER,
    "center",
    "center",
    True,
)
_CELL = Style(Font(FONT, _SIZE), None, _BORDER, "center", "center", True)
_TEXT = Style(Font(FONT, _SIZE), None, _BORDER, "left", "center", True)
