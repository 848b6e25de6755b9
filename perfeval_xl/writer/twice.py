"""A copy of ours that comes back: what an earlier review added is set aside, in place of a second.

An untouched copy gives back the submitted file to the byte. One that another program saved has
lost its receipt: our sheet is known by its hidden name, our columns by their heads, our notes by
how they begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice, product
from typing import TYPE_CHECKING

from perfeval_xl.context import GIVEN_FIRST_ROW
from perfeval_xl.ooxml import Limits, Sheet, Workbook
from perfeval_xl.ooxml.refs import PRINT_AREA, Range, parse_range
from perfeval_xl.writer.text import (
    BASIS_HEADS,
    BASIS_NAME,
    BASIS_TITLE,
    COVERED_FILL,
    FILE_PREFIX,
    LEGEND_NOTE,
    PRINT_AREA_SET,
    REVIEW_NAME,
    REVIEW_SHEET,
    SCORING_HEADS,
)

if TYPE_CHECKING:
    from perfeval_xl.ooxml.removal import Remover

_RECEIPT = b"perfeval/receipt"
_OUR_NOTE = re.compile(r"\n?(?:【(?:错误|警告|提示)】[^\n]*\n(?:[^\n]+\n)*?改法：)", re.DOTALL)
_LEAST_HEADS = 3
_MOST_PLACES = 10_000  # of one range: what claims more was not written by us


@dataclass(frozen=True, slots=True)
class Original:
    """A workbook as the unit sent it. received: SHA-256 of the file, when it had to be cleaned."""

    workbook: Workbook
    received: str = ""


def original_of(workbook: Workbook, limits: Limits | None = None) -> Original:
    """The workbook without what an earlier review of ours added; itself when there is nothing."""
    source = workbook.package.source
    original = submitted_bytes(source, limits)
    if original is not source:
        return Original(Workbook.open(original, limits))
    cleaned = _cleaned(workbook)
    if cleaned is None:
        return Original(workbook)
    return Original(Workbook.open(cleaned, limits), sha256(source).hexdigest())


def submitted_bytes(data: bytes, limits: Limits | None = None) -> bytes:
    """What the unit sent: the original, when the file is an untouched copy of ours; else itself."""
    if _RECEIPT not in data:
        return data
    from perfeval_xl.ooxml import restore

    original = restore(data, limits)
    return data if original is None else original


def _cleaned(workbook: Workbook) -> bytes | None:
    """The workbook with our additions taken out; None when it bears none."""
    reviews = _review_sheets(workbook)
    worksheets = [i.name for i in workbook.sheets if i.kind == "worksheet"]
    columns = {
        name: area
        for name in worksheets
        if name not in reviews and (area := _our_area(workbook.sheet(name))) is not None
    }
    if not reviews and not columns:
        return None
    from perfeval_xl.ooxml.removal import Remover

    remover, own = Remover(workbook), _covered_fills(workbook, reviews)
    for name in reviews:
        remover.remove_sheet(name)
    remover.remove_name(REVIEW_NAME)
    remover.remove_name(BASIS_NAME)
    for name in _areas_set(workbook, reviews):
        remover.remove_name(PRINT_AREA, name)
    remover.remove_parts(n for n in workbook.package.names if n.startswith("perfeval/"))
    for name, area in columns.items():
        remover.remove_cells(name, area)
        remover.remove_validations(name, area)
    for name in worksheets:
        if name not in reviews:
            _remove_notes(remover, name, own)
    return remover.to_bytes()


def _review_sheets(workbook: Workbook) -> list[str]:
    """Our sheets: those our hidden names point to, or that begin as ours do."""
    named = {
        known.refers_to.rpartition("!")[0].strip("'").replace("''", "'")
        for known in workbook.defined_names
        if known.name in (REVIEW_NAME, BASIS_NAME)
    }
    found = [
        info.name
        for info in workbook.sheets
        if info.kind == "worksheet"
        and (info.name in named or info.name.startswith((REVIEW_SHEET, BASIS_TITLE)))
        and _begins_as_ours(workbook.sheet(info.name))
    ]
    return found if len(found) < len(workbook.sheets) else []


def _begins_as_ours(sheet: Sheet) -> bool:
    first, third = sheet.cells.get((1, 1)), sheet.cells.get((3, 1))
    heads = len(BASIS_HEADS)
    if (
        _raw(sheet, 1, 1) == BASIS_TITLE
        and _raw(sheet, GIVEN_FIRST_ROW - 1, heads) == BASIS_HEADS[-1]
    ):
        return True
    return (
        first is not None
        and first.raw == REVIEW_SHEET
        and third is not None
        and third.raw.startswith(FILE_PREFIX)
    )


def _our_area(sheet: Sheet) -> tuple[int, int, int, int] | None:
    """The range of our columns, from their heads to the end of the legend."""
    heads = sorted(key for key, cell in sheet.cells.items() if cell.raw == SCORING_HEADS[0])
    for row, column in heads:
        width = 1
        while _raw(sheet, row, column + width) in SCORING_HEADS:
            width += 1
        if width >= _LEAST_HEADS:
            ends = [
                r for (r, c), cell in sheet.cells.items() if c == column and cell.raw == LEGEND_NOTE
            ]
            last = max(ends, default=max(sheet.rows, default=sheet.max_row))
            return row, column, last, column + width - 1
    return None


def _raw(sheet: Sheet, row: int, column: int) -> str:
    cell = sheet.cells.get((row, column))
    return cell.raw if cell else ""


def _areas_set(workbook: Workbook, reviews: list[str]) -> list[str]:
    """Sheets that had no print area before, from the line of our sheet that says so."""
    return [
        _raw(sheet, row, 3).rpartition("!")[0]
        for sheet in map(workbook.sheet, reviews)
        for row in sorted(sheet.rows)
        if _raw(sheet, row, 1) == PRINT_AREA_SET
    ]


def _covered_fills(workbook: Workbook, reviews: list[str]) -> dict[tuple[str, int, int], int]:
    """Which style's fill a marked cell had before, from the lines of our sheet that show it.

    The fill is shown, not described: whatever program saves it keeps it as it keeps the cells'.
    """
    found = {}
    for name in reviews:
        sheet = workbook.sheet(name)
        for row in sorted(sheet.rows):
            if _raw(sheet, row, 1) != COVERED_FILL:
                continue
            target, _, areas = _raw(sheet, row, 3).rpartition("!")
            for area in map(parse_range, areas.split("、")):
                for place in _places(area):
                    found[(target, *place)] = sheet.style_of(row, 1)
    return found


def _places(area: Range | None) -> Iterator[tuple[int, int]]:
    if area is not None:
        rows, columns = range(area[0], area[2] + 1), range(area[1], area[3] + 1)
        yield from islice(product(rows, columns), _MOST_PLACES)


def _remove_notes(remover: Remover, sheet: str, own: Mapping[tuple[str, int, int], int]) -> None:
    """Our notes, or our part of the unit's own; the fill went with the note."""
    for row, column, node in remover.comments(sheet):
        text = "".join(inner.text for inner in node.descendants("t"))
        if not _OUR_NOTE.search(text):
            continue
        remover.cut_note(sheet, row, column, node, _OUR_NOTE)
        remover.remove_fill(sheet, row, column, own.get((sheet, row, column)))
