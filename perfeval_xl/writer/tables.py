"""Plain tables for whoever goes on computing: a sheet for each, heads in the first row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from perfeval_xl.ooxml.strings import fitting_text
from perfeval_xl.writer.book import Book, head_properties, safe_text
from perfeval_xl.writer.style import HEAD_FONT

ROWS_EACH = 1_048_575  # below the head
TITLE, NOTES = "台账", "说明"
_WIDTH = 14


def write_tables(
    path: Path,
    tables: Iterable[tuple[str, Iterator[tuple[object, ...]]]],
    numbers: Collection[str],
    notes: Iterable[str],
    rows_each: int = ROWS_EACH,
) -> None:
    """Write each table, its first row the heads; one that is too long goes on on a further sheet.

    numbers: heads of columns whose texts are numbers. They become numbers of Excel only where
    that loses nothing; every other text stays a text, whatever it begins with. notes: what the
    first sheet says of the tables.
    """
    with Book(path, TITLE) as book:
        _write_notes(book, notes)
        head = book.format(**head_properties())
        for name, rows in tables:
            _write(book, name, rows, numbers, rows_each, head)


def _write_notes(book: Book, notes: Iterable[str]) -> None:
    sheet = book.sheet(NOTES)
    sheet.set_column(0, 0, 96)
    sheet.write_string(0, 0, TITLE, book.format(font_name=HEAD_FONT, font_size=15))
    wrapped = book.format(text_wrap=True, font_size=10)
    for row, text in enumerate(notes, 1):
        sheet.write_string(row, 0, safe_text(text), wrapped)


def _write(
    book: Book,
    name: str,
    rows: Iterator[tuple[object, ...]],
    numbers: Collection[str],
    rows_each: int,
    head: Format,
) -> None:
    heads = [str(each) for each in next(rows)]
    sheet = _begin(book, name, heads, head)
    row, sheets = 0, 1
    for values in rows:
        if row == rows_each:
            _end(sheet, row, heads)
            row, sheets = 0, sheets + 1
            sheet = _begin(book, f"{name}({sheets})", heads, head)
        row += 1
        for column, value in enumerate(values):
            _put(sheet, row, column, value, heads[column] in numbers)
    _end(sheet, row, heads)


def _begin(book: Book, name: str, heads: list[str], look: Format) -> Worksheet:
    sheet = book.sheet(name, streamed=True)
    sheet.set_column(0, len(heads) - 1, _WIDTH)
    sheet.freeze_panes(1, 0)
    for column, text in enumerate(heads):
        sheet.write_string(0, column, text, look)
    return sheet


def _end(sheet: Worksheet, rows: int, heads: list[str]) -> None:
    sheet.autofilter(0, 0, rows, len(heads) - 1)


def _put(sheet: Worksheet, row: int, column: int, value: object, is_number: bool) -> None:
    if value is None:
        return
    number = exact(str(value)) if is_number else None
    if number is not None:
        sheet.write_number(row, column, number)
    else:
        sheet.write_string(row, column, fitting_text(safe_text(str(value))))


def exact(text: str) -> float | None:
    """The number as Excel keeps it, None where that would not be the very number written."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    kept = float(number)
    return kept if Decimal(f"{kept:.15g}") == number else None
