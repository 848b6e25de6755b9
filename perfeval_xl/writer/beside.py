"""Our columns beside a scoring sheet, as their several writers share them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.ooxml import SheetEditor, Style
from perfeval_xl.writer.formulas import ScoringFormulas


@dataclass(frozen=True, slots=True)
class OwnColumns:
    """One scoring sheet that is being written to, and where and what our formulas on it are."""

    editor: SheetEditor
    formulas: ScoringFormulas

    def put(
        self,
        row: int,
        column: int,
        value: str | Decimal | None,
        style: Style,
        formula: str | None = None,
    ) -> None:
        """Write one of our cells; ``column`` counts from our first one."""
        self.editor.write(row, self.formulas.first + column, value, style, formula)

    def set_width(self, column: int, width: float) -> None:
        """Set the width of one of our columns in characters; -1 is the gap before the first."""
        self.editor.set_column_width(self.formulas.first + column, width)
