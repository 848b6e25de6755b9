"""What a scan of a foreign workbook gives, and the limits every scan keeps."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml.package import Limits
from perfeval_xl.ooxml.refs import MAX_COLUMN, MAX_ROW, Range, address, overlapping, range_text
from perfeval_xl.ooxml.styles import BUILTIN_FORMATS, GENERAL

# Calamine lays a sheet out as one rectangle, 24 bytes a cell: 120 MB at most.
_RECTANGLE = 5_000_000
ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?",
    0x24: "#NUM!", 0x2A: "#N/A", 0x2B: "#GETTING_DATA",
}  # fmt: skip


class CellMark(NamedTuple):
    """What a filled cell is. kind: number, text, boolean, error or empty (a formula's ``""``).

    format: the number format code, ``General`` when it has none.
    seen: what the scan itself read: a number (a date as it is stored), an error such as ``#DIV/0!``,
    a text with line breaks; None where it did not read. struck: whether the whole cell is struck out.
    """

    kind: str
    format: str = GENERAL
    seen: float | str | None = None
    struck: bool = False


@dataclass(slots=True)
class SheetLayout:
    """One tab. kind: worksheet or another word. state: visible, hidden or veryHidden.

    widths: of columns in characters. heights: of rows in points, where the file sets them; 0
    where it hides them.
    """

    name: str
    state: str = "visible"
    kind: str = "worksheet"
    marks: dict[tuple[int, int], CellMark] = field(default_factory=dict)
    merges: list[Range] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)

    def mark(self, row: int, column: int, mark: CellMark, limits: Limits) -> None:
        """Note a cell; rows and columns count from 1."""
        if not (1 <= row <= MAX_ROW and 1 <= column <= MAX_COLUMN):
            raise WorkbookError(
                "workbook.bad_cell", {"sheet": self.name, "cell": f"{row},{column}"}
            )
        if (row, column) in self.marks:
            details = {"sheet": self.name, "cell": address(row, column)}
            raise WorkbookError("workbook.duplicate_cell", details)
        self.marks[row, column] = mark
        if len(self.marks) > limits.cells:
            raise _too("workbook.too_many_cells", self.name, limits.cells, len(self.marks))

    def merge(self, area: Range, limits: Limits) -> None:
        """Note a merged range; one of a single cell is none."""
        top, left, bottom, right = area
        if not (1 <= top <= bottom <= MAX_ROW and 1 <= left <= right <= MAX_COLUMN):
            details = {"sheet": self.name, "range": ",".join(map(str, area))}
            raise WorkbookError("workbook.bad_range", details)
        if area[:2] == area[2:]:
            return
        self.merges.append(area)
        if len(self.merges) > limits.merges:
            raise _too("workbook.too_many_merges", self.name, limits.merges, len(self.merges))

    def check(self) -> None:
        """Refuse a used range that is mostly empty and merges that overlap."""
        clash = overlapping(self.merges)
        if clash:
            details = {"sheet": self.name, "range": range_text(clash)}
            raise WorkbookError("workbook.overlapping_merges", details)
        if not self.marks:
            return
        rows = [row for row, _ in self.marks]
        columns = [column for _, column in self.marks]
        last = (max(rows), max(columns))
        size = (last[0] - min(rows) + 1) * (last[1] - min(columns) + 1)
        if size > _RECTANGLE:
            details = {"sheet": self.name, "cell": address(*last), "limit": str(_RECTANGLE)}
            raise WorkbookError("workbook.range_too_wide", details)


def format_code(number: int, own: dict[int, str]) -> str:
    """The code of a number format by its number: the file's own, else the built-in one."""
    return own.get(number) or BUILTIN_FORMATS.get(number, GENERAL)


def rk_number(rk: int) -> float:
    """The number that Excel packs into 32 bits."""
    if rk & 2:
        value = float((rk if rk < 1 << 31 else rk - (1 << 32)) >> 2)
    else:
        value = struct.unpack("<d", struct.pack("<Q", (rk & 0xFFFFFFFC) << 32))[0]
    return value / 100 if rk & 1 else value


def _too(code: str, sheet: str, limit: int, actual: int) -> WorkbookError:
    details = {"sheet": sheet, "part": sheet, "limit": str(limit), "actual": str(actual)}
    return WorkbookError(code, details)
