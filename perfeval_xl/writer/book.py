"""A new workbook made by XlsxWriter: fonts, formats, safe texts, A4 pages, lists with a head.

Knows nothing of units or scores. A streamed sheet keeps one row in memory at a time, so its rows
are written from top to bottom; other sheets may be written in any order and can carry charts.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from perfeval_xl.labels import display_width
from perfeval_xl.writer.stream import (
    RowStream,
    blank_cell,
    clean_text,
    formula_cell,
    number_cell,
    text_cell,
)
from perfeval_xl.writer.style import FONT, GRID, HEAD_FILL, HEAD_FONT, HEAD_TEXT, LINK, MUTED, Look

Kind = Literal["text", "center", "tight", "number", "signed"]

MAX_LINKS = 65_000  # Excel keeps at most 65,530 links on a sheet
MAX_URL = 2_000
MAX_HEIGHT = 409.0  # points, Excel's limit for a row
COLUMN_UNIT = 8  # pixels of one character of a column's width, in 宋体 11
SMALLEST_SHOWN = Decimal("0.005")
BEYOND_NUMBERS = 10**15  # more digits than Excel keeps; written as text
NARROW, WIDE = 0.4, 0.7  # page margins in inches
HAIRLINE = "D0D0D0"
PAGE_FOOTER = '&L&"宋体,Regular"&8&A&C&"宋体,Regular"&8第 &P 页，共 &N 页'

DAY_FORMAT = "yyyy-mm-dd"
_DAY_ZERO = date(1899, 12, 30)  # of Excel's count of days
_NO_CLOCK = datetime(2000, 1, 1)
_PATTERNS = {"solid": 1, "lightUp": 14}  # names of OOXML as XlsxWriter numbers them
_UNSAFE_IN_LINKS = re.compile('[%# "<>^`{}|\\[\\]]')


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that opens a file; ``path`` is relative to the workbook, with ``/``."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list: its head, its width in characters, and how its values look."""

    head: str
    width: float
    kind: Kind = "text"
    size: int = 10


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that is worked out when the workbook is opened; ``{row}`` stands for its own row."""

    text: str


Value = str | int | Decimal | date | Link | Formula | None


class Book:
    """A workbook to be written to ``path`` when the ``with`` block ends without an error."""

    def __init__(self, path: Path, title: str) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="perfeval_")
        self._book = Workbook(
            str(path),
            {
                "tmpdir": self._scratch.name,
                "default_format_properties": {"font_name": FONT, "font_size": 11},
                "default_row_height": 18,  # pixels of 宋体 11, as are the 72 of a column
                "default_column_width": 72,
                "strings_to_urls": False,
                "strings_to_formulas": False,
            },
        )
        self._book.set_properties({"title": title, "created": _NO_CLOCK})
        self._formats: dict[frozenset[tuple[str, object]], Format] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._book.constant_memory = False  # else closing asks every sheet for its stream
        try:
            if kind is None:
                self._book.close()
        finally:
            self._book.fileclosed = True
            self._close_streams()
            self._scratch.cleanup()

    def sheet(self, name: str, *, streamed: bool = False) -> Worksheet:
        """A new sheet without gridlines."""
        self._book.constant_memory = streamed
        sheet = self._book.add_worksheet(name)
        sheet.hide_gridlines(2)
        return sheet

    def chart(self, kind: str, subtype: str = "") -> object:
        """A new chart, to be inserted into a sheet that is not streamed."""
        return self._book.add_chart({"type": kind, **({"subtype": subtype} if subtype else {})})

    def format(self, **properties: object) -> Format:
        """The format with these XlsxWriter properties, made once."""
        key = frozenset(properties.items())
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"valign": "vcenter", **properties})
        return self._formats[key]

    def arrange(self, names: Sequence[str]) -> None:
        """Put the sheets into this order, whatever the order they were begun in."""
        self._book.worksheets_objs.sort(key=lambda sheet: names.index(sheet.get_name()))
        for index, sheet in enumerate(self._book.worksheets_objs):
            sheet.index = index  # defined names (print titles, filters) count sheets by it

    def _close_streams(self) -> None:
        for sheet in self._book.worksheets():
            if sheet.constant_memory:
                sheet.row_data_fh.close()


class Listing:
    """A titled list on a sheet of its own: repeated head, rows below, A4 landscape.

    Rows 0 and 1 hold the title and a note, row 2 the head (``head_row`` shifts it down).
    """

    def __init__(
        self, book: Book, name: str, title: str, note: str, columns: Sequence[Column]
    ) -> None:
        self.book = book
        self.name = name
        self.sheet = book.sheet(name, streamed=True)
        self.columns = tuple(columns)
        self.row = 0
        self.head_row = 0
        self._styles: dict[tuple[int, str, Look | None], int] = {}
        self._letters = [xl_col_to_name(number) for number in range(len(self.columns))]
        self._rows = RowStream(self.sheet)
        self._links = 0
        self._filled = 0  # rows below the head
        for number, column in enumerate(self.columns):
            self.sheet.set_column(number, number, column.width)
        set_up_page(self.sheet, landscape=True)
        self._write_line(title, 26, font_name=HEAD_FONT, font_size=15)
        self.write_note(note)

    def write_note(self, text: str) -> None:
        """Write one more line of small print above the head."""
        self._write_line(text, 18, font_size=9, font_color=f"#{MUTED}")

    def write_head(self, height: float = 24, heads: Sequence[str] = (), size: int = 10) -> None:
        """Write the head of the columns here; it is repeated on every printed page."""
        self.head_row = self.row
        self._filled = 0
        self.sheet.set_row(self.row, height)
        look = self.book.format(**head_properties(size))
        for number, head in enumerate(heads or [column.head for column in self.columns]):
            self.sheet.write_string(self.row, number, safe_text(head), look)
        self.sheet.repeat_rows(self.row)
        self.row += 1

    def freeze(self, columns: int) -> None:
        """Keep the head and the first columns in view."""
        self.sheet.freeze_panes(self.head_row + 1, columns)

    def write_row(self, values: Sequence[Value], looks: Mapping[int, Look] | None = None) -> None:
        """Write one row, as tall as its texts need; ``looks`` colours single columns."""
        cells = [
            self._cell(number, value, looks.get(number) if looks else None)
            for number, value in enumerate(values)
        ]
        self._rows.write(self.row, self._height(values), cells)
        self.row += 1
        self._filled += 1

    def write_sentence(self, text: str) -> None:
        """Write a muted sentence over the width of the list."""
        self._write_line(text, 22, font_size=10, font_color=f"#{MUTED}")

    def write_heading(self, text: str) -> None:
        """Write a sub-heading, with a little room above it."""
        self._write_line(text, 30, font_name=HEAD_FONT, font_size=12, valign="bottom")

    def filter_rows(self) -> None:
        """Give the head filter buttons for the rows written so far."""
        if self._filled:
            last = self.head_row + self._filled
            self.sheet.autofilter(self.head_row, 0, last, len(self.columns) - 1)

    def _height(self, values: Sequence[Value]) -> float:
        """Points: neither LibreOffice nor a locked view in WPS fits rows by itself."""
        tallest = 0.0
        for column, value in zip(self.columns, values, strict=True):
            if isinstance(value, str) and column.kind != "tight":
                lines = wrapped_lines(value, column.width, column.size)
                tallest = max(tallest, lines * line_height(column.size))
        return min(MAX_HEIGHT, max(tallest, line_height(10)) + 6)

    def _write_line(self, text: str, height: float, **properties: object) -> None:
        self.sheet.set_row(self.row, height)
        self.sheet.write_string(self.row, 0, safe_text(text), self.book.format(**properties))
        self.row += 1

    def _cell(self, number: int, value: Value, look: Look | None) -> str:
        reference = f"{self._letters[number]}{self.row + 1}"
        if value is None or value == "":
            return blank_cell(reference, self._style(number, "", look))
        if isinstance(value, str):
            return text_cell(reference, self._style(number, "", look), value)
        if isinstance(value, Link):
            return self._link_cell(number, value)
        if isinstance(value, Formula):
            text = value.text.format(row=self.row + 1)
            return formula_cell(reference, self._style(number, "0", look), text)
        if isinstance(value, date):
            days = (value - _DAY_ZERO).days
            return number_cell(reference, self._style(number, DAY_FORMAT, look), days)
        if isinstance(value, Decimal) and abs(value) > BEYOND_NUMBERS:
            return text_cell(reference, self._style(number, "", look), str(value))
        shown = number_format(value, signed=self.columns[number].kind == "signed")
        return number_cell(reference, self._style(number, shown, look), float(value))

    def _link_cell(self, number: int, link: Link) -> str:
        target = link_target(link.path)
        if self._links >= MAX_LINKS or len(target) > MAX_URL:
            return self._cell(number, link.path, None)
        self._links += 1
        self.sheet.ignore_write_string = True  # the link alone: its text is in the row
        self.sheet.write_url(self.row, number, target)
        reference = f"{self._letters[number]}{self.row + 1}"
        return text_cell(reference, self._style(number, "link", None), link.text)

    def _style(self, number: int, shown: str, look: Look | None) -> int:
        """Index of the format for a column, a number format (or "link") and a look."""
        key = (number, shown, look)
        found = self._styles.get(key)
        if found is None:
            column = self.columns[number]
            kind = column.kind if shown or column.kind in ("text", "tight") else "center"
            properties = cell_properties(kind, column.size)
            if shown == "link":
                properties |= {"font_color": f"#{LINK}", "underline": 1}
            elif shown:
                properties["num_format"] = shown
            if look:
                properties |= look_properties(look)
            style: int = self.book.format(**properties)._get_xf_index()
            found = self._styles[key] = style
        return found


def cell_properties(kind: Kind, size: int = 10) -> dict[str, object]:
    """Format properties of a list's cell: aligned by kind, a hairline round it."""
    common: dict[str, object] = {"font_size": size, "border": 1, "border_color": f"#{HAIRLINE}"}
    if kind == "text":
        return common | {"text_wrap": True, "align": "left"}
    if kind == "tight":  # one line, made smaller rather than cut
        return common | {"shrink": True, "align": "center"}
    if kind == "center":
        return common | {"text_wrap": True, "align": "center"}
    return common | {"align": "right"}


def head_properties(size: int = 10) -> dict[str, object]:
    """Format properties of a list's head."""
    return {
        "font_name": HEAD_FONT,
        "font_size": size,
        "font_color": f"#{HEAD_TEXT}",
        "bg_color": f"#{HEAD_FILL}",
        "border": 1,
        "border_color": f"#{GRID}",
        "align": "center",
        "text_wrap": True,
    }


def look_properties(look: Look) -> dict[str, object]:
    """Format properties that give a cell this look's fill, pattern and text colour."""
    pattern = _PATTERNS[look.pattern]
    if pattern == 1:
        return {"font_color": f"#{look.text}", "bg_color": f"#{look.fill}"}
    return {
        "font_color": f"#{look.text}",
        "pattern": pattern,
        "bg_color": f"#{look.fill}",
        "fg_color": f"#{look.mark}",
    }


def set_up_page(sheet: Worksheet, *, landscape: bool) -> None:
    """A4, as wide as one page, centred, with a footer that counts pages."""
    sheet.set_paper(9)
    if landscape:
        sheet.set_landscape()
    sheet.set_margins(NARROW, NARROW, NARROW + 0.1, WIDE)
    sheet.fit_to_pages(1, 0)
    sheet.center_horizontally()
    sheet.set_footer(PAGE_FOOTER)


def number_format(value: Decimal | int, *, signed: bool = False) -> str:
    """The number format that shows at most two decimals and no trailing zero: 98, 97.5, 2.22."""
    plain = "0"
    if isinstance(value, Decimal):
        if abs(value) > BEYOND_NUMBERS or 0 < abs(value) < SMALLEST_SHOWN:
            return "General"
        shown = round(value, 2)
        if shown != round(value):
            plain = "0.0" if shown == round(value, 1) else "0.00"
    return f"+{plain};-{plain};0" if signed else plain


def safe_text(text: str) -> str:
    """A text to hand to XlsxWriter, which takes ``<r>…</r>`` for ready-made markup."""
    shown = clean_text(text)
    return f"{shown} " if shown.startswith("<r>") and shown.endswith("</r>") else shown


def link_target(path: str) -> str:
    """The path as XlsxWriter's ``external:`` link, with what a link gives a meaning escaped.

    Chinese stays as it is, as Excel itself writes it.
    """
    return "external:" + _UNSAFE_IN_LINKS.sub(
        lambda found: f"%{ord(found[0]):02X}", safe_text(path)
    )


@lru_cache(maxsize=4096)
def wrapped_lines(text: str, width: float, size: int) -> int:
    """About how many lines the text takes in a column, rather one too many than one too few.

    width: the column's, in characters. size: of the text, in points.
    """
    half_character = size * 4 / 3 / 2  # pixels
    usable = max(2, int((width * COLUMN_UNIT - 6) / half_character) - 1)
    return sum(max(1, -(-display_width(line) // usable)) for line in text.split("\n"))


def line_height(size: int) -> float:
    """Points one line of text takes."""
    return size * 1.35
