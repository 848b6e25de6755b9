"""Edits to one existing worksheet, as a caller asks for them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from perfeval_xl.model import CellRef
from perfeval_xl.ooxml.appearance import Border, Fill, Style
from perfeval_xl.ooxml.markup import escape
from perfeval_xl.ooxml.newsheet import link_xml, refuse_infinite
from perfeval_xl.ooxml.notes import SheetNotes
from perfeval_xl.ooxml.refs import range_text
from perfeval_xl.ooxml.sheet import Sheet
from perfeval_xl.ooxml.splices import Patch, SheetEdits, SheetSplices
from perfeval_xl.ooxml.validation import Validation, validation_xml

if TYPE_CHECKING:
    from perfeval_xl.ooxml.edit import Editor


class SheetEditor:
    """Edits to one existing worksheet; rows and columns count from 1."""

    def __init__(self, editor: Editor, sheet: Sheet) -> None:
        self.editor = editor
        self.sheet = sheet
        self._edits = SheetEdits()
        self._notes: SheetNotes | None = None
        self._priority = 0
        self._is_touched = False

    # -- what a caller asks for

    @property
    def written(self) -> list[CellRef]:
        """Cells whose content is ours, by row and column."""
        return self._refs(key for key, patch in self._edits.patches.items() if patch.is_written)

    @property
    def restyled(self) -> list[CellRef]:
        """The unit's cells that only look different."""
        return self._refs(key for key, patch in self._edits.patches.items() if not patch.is_written)

    @property
    def noted(self) -> list[CellRef]:
        """Cells that got a note."""
        notes = self._notes.notes if self._notes else []
        return self._refs({(note.row, note.column) for note in notes})

    @property
    def sized_columns(self) -> list[int]:
        """Columns whose width is ours."""
        return sorted(self._edits.widths)

    @property
    def sized_rows(self) -> list[int]:
        """Rows that we made taller."""
        return sorted(self._edits.heights)

    def restyle(
        self, row: int, column: int, fill: Fill | None = None, border: Border | None = None
    ) -> None:
        """Give the cell a fill or border and leave the rest of its style; it may be absent."""
        self._touch()
        self.editor.use_styles()
        patch = self._patch(row, column)
        base = self.sheet.style_of(row, column) if patch.style is None else patch.style
        patch.style = self.editor.registry.restyled(base, fill, border)

    def write(
        self,
        row: int,
        column: int,
        value: str | Decimal | None,
        style: Style | None = None,
        formula: str | None = None,
    ) -> None:
        """Put a text, number or formula (without ``=``; ``value`` is its cached result).

        A text stays a text whatever it begins with. style None keeps the cell's own.
        ValueError when the cell holds a formula of the unit and no formula is given, or one that
        other cells share; and when the number is not finite.
        """
        key = row, column
        if key in self.sheet.cells:
            self._refuse_formula(row, column, formula)
        refuse_infinite(value)
        self._touch()
        if formula is None and isinstance(value, str):
            self.editor.use_texts()
        before = self._edits.patches.get(key)
        number = None if before is None else before.style
        if style is not None:
            self.editor.use_styles()
            number = self.editor.registry.index(style)
        self._edits.patches[key] = Patch(number, value, formula, True)

    def note(self, row: int, column: int, text: str) -> bool:
        """Add a note, below the unit's own when there is one; False on a threaded comment."""
        if self._notes is None:
            editor = self.editor
            number = editor.sheet_number(self.sheet.part)
            size = editor.workbook.styles.default_size
            self._notes = SheetNotes(editor.changes, self.sheet, editor.author, number, size)
        is_first = not self._notes.notes
        if not self._notes.add(row, column, text):
            return False
        if is_first:
            self._notes.allocate()
            if self._notes.legacy_id:
                self._touch()
        return True

    def set_column_width(self, column: int, width: float) -> None:
        """Set one column's width in characters; its neighbours in the same range keep theirs."""
        self._touch()
        self._edits.widths[column] = width

    def set_row_height(self, row: int, points: float, only_if_larger: bool = True) -> None:
        """Set a row's height; a row that is absent is created."""
        sheet = self.sheet
        now = self._edits.heights.get(row, sheet.row_heights.get(row, sheet.default_height))
        if only_if_larger and points <= now:
            return
        self._touch()
        self._edits.heights[row] = points

    def merge(self, first_row: int, first_column: int, last_row: int, last_column: int) -> None:
        """Merge a range."""
        self._touch()
        area = range_text((first_row, first_column, last_row, last_column))
        self._edits.extras.merges.append(f'<mergeCell ref="{area}"/>')

    def hyperlink(self, row: int, column: int, location: str, tooltip: str = "") -> None:
        """Make the cell jump to a place of the workbook, such as ``'附件2-1'!G3``."""
        self._touch()
        self._edits.extras.links.append(link_xml(row, column, location, tooltip))

    def add_data_validation(self, ranges: str, rule: Validation) -> None:
        """Restrict entry in ``ranges`` (such as ``V3:V40 V44``)."""
        self._touch()
        self._edits.extras.validations.append(validation_xml(ranges, rule))

    def add_conditional_format(
        self, ranges: str, formula: str, fill: Fill | None = None, font_color: str | None = None
    ) -> None:
        """Colour ``ranges`` where ``formula`` (relative to the first cell) is true."""
        self._touch()
        self.editor.use_styles()
        look = self.editor.registry.differential(fill, font_color)
        self._edits.extras.conditions.append(
            f'<conditionalFormatting sqref="{ranges}"><cfRule type="expression" dxfId="{look}"'
            f' priority="{self._next_priority()}"><formula>{escape(formula)}</formula></cfRule>'
            "</conditionalFormatting>"
        )

    def unselect(self) -> None:
        """Take the sheet out of the selected group of tabs."""
        self.editor.unselect(self.sheet.part)

    # -- how it is noted down

    def _touch(self) -> None:
        if not self._is_touched:
            self._is_touched = True
            self.editor.changes.edit(self.sheet.part)

    def _refs(self, keys: Iterable[tuple[int, int]]) -> list[CellRef]:
        return [CellRef(self.sheet.name, row, column) for row, column in sorted(keys)]

    def _patch(self, row: int, column: int) -> Patch:
        patch = self._edits.patches.get((row, column))
        if patch is None:
            patch = self._edits.patches[row, column] = Patch()
        return patch

    def _refuse_formula(self, row: int, column: int, formula: str | None) -> None:
        cell = self.sheet.cells.get((row, column))
        if cell is None or cell.formula is None:
            return
        place = self.sheet.place(row, column)
        tag = self.sheet.xml[place.inner : place.end] if place else b""
        if formula is None or re.match(rb"<[\w:]*f\s[^>]*\bref\s*=", tag):
            raise ValueError(f"{self.sheet.name}: a formula of the unit stands in {row},{column}")

    def _next_priority(self) -> int:
        if not self._priority:
            found = re.findall(rb"""\bpriority\s*=\s*["'](\d{1,9})["']""", self.sheet.xml)
            self._priority = max(map(int, found), default=0)
        self._priority += 1
        return self._priority

    def finish(self) -> None:
        """Hand all splices of the sheet to the package's changes."""
        edits, part = self._edits, self.sheet.part
        if self._notes and self._notes.notes:
            self._notes.finish({**self.sheet.row_heights, **edits.heights}, edits.widths)
            edits.legacy_id = self._notes.legacy_id
        if part not in self.editor.changes.edited:
            return
        splices = SheetSplices(self.sheet, edits, self.editor.texts, self.editor.relation_base)
        self.editor.changes.edit(part, *splices.all())
