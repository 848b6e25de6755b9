"""Rows written as markup straight into a streamed sheet of XlsxWriter.

A province's list of findings has millions of cells; XlsxWriter takes about 20 microseconds for
each, this about 2. All knowledge of how XlsxWriter streams a sheet is in ``RowStream``; a test
that reads the rows back holds it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from xlsxwriter.worksheet import Worksheet

from perfeval_xl.ooxml.strings import fitting_text

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9a-fA-F]{4}_)")


class RowStream:
    """Rows below what XlsxWriter itself has written to the sheet so far, one after the other."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet

    def write(self, row: int, height: float, cells: list[str]) -> None:
        """Write row ``row`` (from 0), ``height`` points tall, of ready cells in order."""
        self._sheet._check_dimensions(row, len(cells) - 1)
        self._sheet._write_single_row(row)  # XlsxWriter's pending row goes first
        self._sheet.row_data_fh.write(
            f'<row r="{row + 1}" ht="{height:g}" customHeight="1">{"".join(cells)}</row>'
        )


def text_cell(reference: str, style: int, text: str) -> str:
    """A cell that holds a text and nothing but a text, whatever it begins with."""
    return f'<c r="{reference}" s="{style}" t="inlineStr"><is>{text_markup(text)}</is></c>'


def number_cell(reference: str, style: int, value: float) -> str:
    """A cell that holds a number."""
    return f'<c r="{reference}" s="{style}"><v>{value:.16G}</v></c>'


def formula_cell(reference: str, style: int, formula: str) -> str:
    """A cell that a spreadsheet works out when it is opened; until then it shows nothing."""
    written = formula.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<c r="{reference}" s="{style}" t="str"><f>{written}</f><v></v></c>'


def blank_cell(reference: str, style: int) -> str:
    """A cell that only shows its format."""
    return f'<c r="{reference}" s="{style}"/>'


@lru_cache(maxsize=4096)  # units, files and clauses come back row after row
def text_markup(text: str) -> str:
    """The ``t`` element of a text."""
    shown = clean_text(text)
    if "_x" in shown:  # Excel would read _x000D_ as a line break
        shown = _LOOKS_ESCAPED.sub("_x005F_", shown)
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<t xml:space="preserve">{shown}</t>' if shown != shown.strip() else f"<t>{shown}</t>"


def clean_text(text: str) -> str:
    """The text without characters XML forbids, cut at Excel's limit for a cell."""
    kept = _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return fitting_text(kept)
