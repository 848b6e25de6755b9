"""The unit's form prints as it did: our columns beside it stay off its pages.

A form that names its print area is safe. One without prints all that is filled, so that our columns
would shrink it to half its size or add pages of their own; it gets an area of the unit's columns.
"""

from __future__ import annotations

from perfeval_xl.model import CellRef, column_letters
from perfeval_xl.ooxml import Editor
from perfeval_xl.ooxml.refs import PRINT_AREA
from perfeval_xl.writer.formulas import sheet_place


def keep_to_form(editor: Editor, sheet: str, last_column: int) -> str:
    """Give a sheet without print area the one of what is filled; that area as text, else empty.

    A sheet with pictures or shapes is left alone: they may reach further.
    """
    workbook = editor.workbook
    number = workbook.sheet_names.index(sheet)
    names = {(known.name.casefold(), known.sheet) for known in workbook.defined_names}
    own = workbook.sheet(sheet)
    if (PRINT_AREA.casefold(), number) in names or own.child("drawing"):
        return ""
    place = sheet_place(CellRef(sheet, 1, 1)).rpartition("!")[0]
    area = f"$A$1:${column_letters(last_column)}${own.max_row}"
    editor.define_name(PRINT_AREA, f"{place}!{area}", sheet)
    return f"{sheet}!{area.replace('$', '')}"
