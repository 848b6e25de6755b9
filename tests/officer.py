"""An officer at her desk: opens a copy with openpyxl, fills the input cells, saves it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
from openpyxl.workbook import Workbook as Book
from openpyxl.worksheet.worksheet import Worksheet

from tests.builders.forms import FilledForm

SCORING, REVIEW = "附件2-2 评分表", "复核意见"
Ruling = tuple[object, object]  # 核定得分 and 核定理由


def form_of(unit: str, **facts: int) -> FilledForm:
    """A form that agrees with itself, of a unit of this name."""
    filled = FilledForm.example()
    filled.unit = unit
    for rows in filled.tables.values():
        for row in rows:
            row["unit"] = unit
    filled.facts.update(facts)
    return filled


def opened(path: Path) -> Book:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return openpyxl.load_workbook(path)


def edit(path: Path, change: Callable[[Book], None]) -> None:
    """Open, change, save."""
    book = opened(path)
    change(book)
    book.save(path)


def column_of(sheet: Worksheet, head: str) -> tuple[int, int]:
    """Row and column of the first cell that reads so."""
    return next(
        (cell.row, cell.column) for row in sheet.iter_rows() for cell in row if cell.value == head
    )


def row_of(sheet: Worksheet, indicator: str) -> int:
    _, column = column_of(sheet, "核定编号")
    return next(
        cell.row
        for (cell,) in sheet.iter_rows(min_col=column, max_col=column)
        if str(cell.value).startswith(f"{indicator}|")
    )


def asked(path: Path) -> list[str]:
    """Indicators whose score cell is tinted: those the sheet asks for."""
    sheet = opened(path)[SCORING]
    _, column = column_of(sheet, "核定得分")
    _, tie = column_of(sheet, "核定编号")
    return [
        str(sheet.cell(row, tie).value).partition("|")[0]
        for row in range(1, sheet.max_row + 1)
        if "|" in str(sheet.cell(row, tie).value)
        and sheet.cell(row, column).fill.fgColor.rgb == "FFFFF9D6"
    ]


def rule(path: Path, rulings: Mapping[str, Ruling]) -> None:
    """Type scores and reasons, by indicator."""

    def change(book: Book) -> None:
        sheet = book[SCORING]
        _, column = column_of(sheet, "核定得分")
        for indicator, (score, reason) in rulings.items():
            row = row_of(sheet, indicator)
            sheet.cell(row, column).value = score
            sheet.cell(row, column + 1).value = reason

    edit(path, change)


def deal(path: Path, number: int, action: object, reason: object, date: object) -> None:
    """Say what becomes of the finding with this number in the list."""

    def change(book: Book) -> None:
        sheet = book[REVIEW]
        row, column = column_of(sheet, "处理")
        for offset, value in enumerate((action, reason, date)):
            sheet.cell(row + number, column + offset).value = value

    edit(path, change)


def agree_with_all(path: Path) -> None:
    """Type the self-score wherever a ruling is asked for."""
    sheet = opened(path)[SCORING]
    _, tie = column_of(sheet, "核定编号")
    claimed = {}
    for indicator in asked(path):
        value = str(sheet.cell(row_of(sheet, indicator), tie).value)
        claimed[indicator] = (float(value.split("|")[1]), None)
    rule(path, claimed)


def entered(path: Path) -> dict[str, Ruling]:
    """What stands in the input cells, by indicator, where something does."""
    sheet = opened(path)[SCORING]
    _, column = column_of(sheet, "核定得分")
    _, tie = column_of(sheet, "核定编号")
    found = {}
    for row in range(1, sheet.max_row + 1):
        name, mark, _ = str(sheet.cell(row, tie).value).partition("|")
        pair = (sheet.cell(row, column).value, sheet.cell(row, column + 1).value)
        if mark and pair != (None, None):
            found[name] = pair
    return found
