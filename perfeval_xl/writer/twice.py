"""A copy of ours that comes back: what an earlier review added is set aside, in place of a second.

An untouched copy gives back the submitted file to the byte. One that another program saved has
lost its receipt: our sheet is known by its hidden name, our columns by their heads, our notes by
how they begin.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from perfeval_xl.context import GIVEN_FIRST_ROW
from perfeval_xl.ooxml import Limits, Sheet, Workbook, restore
from perfeval_xl.ooxml.removal import Remover
from perfeval_xl.writer.basis import is_basis
from perfeval_xl.writer.text import (
    BASIS_HEADS,
    BASIS_NAME,
    BASIS_TITLE,
    FILE_PREFIX,
    LEGEND_NOTE,
    REVIEW_NAME,
    REVIEW_SHEET,
    SCORING_HEADS,
)

_RECEIPT = b"perfeval/receipt"
_OUR_NOTE = re.compile(r"\n?(?:【(?:错误|警告|提示)】[^\n]*\n(?:[^\n]+\n)*?改法：)", re.DOTALL)
_LEAST_HEADS = 3


@dataclass(frozen=True, slots=True)
class Original:
    """A workbook as the unit sent it. received: SHA-256 of the file, when it had to be cleaned."""

    workbook: Workbook
    received: str = ""


def original_of(workbook: Workbook, limits: Limits | None = None) -> Original:
    """The workbook without what an earlier review of ours added; itself when there is nothing."""
    source = workbook.package.source
    if _RECEIPT in source:
        original = restore(source, limits)
        if original is not None:
            return Original(Workbook.open(original, limits))
    cleaned = _cleaned(workbook)
    if cleaned is None:
        return Original(workbook)
    return Original(Workbook.open(cleaned, limits), sha256(source).hexdigest())


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
    remover = Remover(workbook)
    for name in reviews:
        remover.remove_sheet(name)
    remover.remove_name(REVIEW_NAME)
    remover.remove_name(BASIS_NAME)
    remover.remove_parts(n for n in workbook.package.names if n.startswith("perfeval/"))
    for name, area in columns.items():
        remover.remove_cells(name, area)
        remover.remove_validations(name, area)
    for name in worksheets:
        if name not in reviews:
            _remove_notes(remover, name)
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
    if is_basis(_raw(sheet, 1, 1), _raw(sheet, GIVEN_FIRST_ROW - 1, len(BASIS_HEADS))):
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


def _remove_notes(remover: Remover, sheet: str) -> None:
    """Our notes, or our part of the unit's own; the fill went with the note."""
    for row, column, node in remover.comments(sheet):
        text = "".join(inner.text for inner in node.descendants("t"))
        if not _OUR_NOTE.search(text):
            continue
        remover.cut_note(sheet, row, column, node, _OUR_NOTE)
        remover.remove_fill(sheet, row, column)
