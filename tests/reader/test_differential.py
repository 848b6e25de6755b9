"""Our grid against openpyxl's and calamine's: the same cells, merges and number formats."""

from __future__ import annotations

import io
import random
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml import Sheet, Workbook
from tests.builders import layout_one_sheet, layout_plain, layout_word
from tests.builders.forms import FilledForm
from tests.builders.layouts import CHANGES, made
from tests.conftest import SAMPLES

_DRAFTS = (
    "nothing_changed", "other_number_formats", "unit_in_number_format", "percent_by_number_format",
    "dates_for_numbers", "error_values", "formulas_with_result", "plain_formulas_without_result",
    "shared_formulas", "merges_split", "merged_further", "texts_in_cells", "spaces_around",
    "texts_as_formula_results", "cells_without_addresses", "further_sheets", "other_sheet_names",
    "traditional_characters", "invisible_characters", "scribble_beside_form",
)  # fmt: skip


def _samples() -> list[Path]:
    found = []
    for path in sorted(SAMPLES.rglob("*.xlsx")):
        try:
            Workbook.open(path.read_bytes())
        except WorkbookError:
            continue
        found.append(path)
    return found


def _built() -> dict[str, bytes]:
    books = {}
    for build in (layout_plain.build, layout_word.build, layout_one_sheet.build):
        out = io.BytesIO()
        build(FilledForm.example()).save(out)
        books[build.__module__] = out.getvalue()
    for name in _DRAFTS:
        assert name in CHANGES
        books[name] = made((name,), random.Random(name)).written()
    return books


BOOKS = {path.name: path.read_bytes() for path in _samples()} | _built()


@pytest.mark.parametrize("name", BOOKS)
def test_openpyxl_sees_the_same_cells(name: str) -> None:
    ours = Workbook.open(BOOKS[name])
    theirs = openpyxl.load_workbook(io.BytesIO(BOOKS[name]), data_only=True)
    formulas = openpyxl.load_workbook(io.BytesIO(BOOKS[name]))
    assert ours.sheet_names == theirs.sheetnames
    for sheet_name in ours.sheet_names:
        mine = ours.sheet(sheet_name)
        assert _cells(ours, mine) == _openpyxl_cells(theirs[sheet_name]), sheet_name
        assert {at for at, c in mine.cells.items() if c.formula is not None} == {
            (c.row, c.column) for row in formulas[sheet_name] for c in row if c.data_type == "f"
        }
        merges = {
            (r.min_row, r.min_col, r.max_row, r.max_col)
            for r in theirs[sheet_name].merged_cells.ranges
        }
        assert set(mine.merges) == merges
        _same_formats(ours, mine, theirs[sheet_name])


@pytest.mark.parametrize("name", BOOKS)
def test_calamine_sees_the_same_cells(name: str) -> None:
    ours = Workbook.open(BOOKS[name])
    theirs = CalamineWorkbook.from_filelike(io.BytesIO(BOOKS[name]))
    assert ours.sheet_names == theirs.sheet_names
    for sheet_name in ours.sheet_names:
        rows = theirs.get_sheet_by_name(sheet_name).to_python(skip_empty_area=False)
        seen = {
            (r, c): _comparable(value)
            for r, row in enumerate(rows, 1)
            for c, value in enumerate(row, 1)
            if value != ""
        }
        mine = _cells(ours, ours.sheet(sheet_name))
        errors = {at for at, c in ours.sheet(sheet_name).cells.items() if c.kind == "error"}
        assert {at: v for at, v in mine.items() if at not in errors} == {
            at: v for at, v in seen.items() if at not in errors
        }


def _cells(workbook: Workbook, sheet: Sheet) -> dict[tuple[int, int], object]:
    found: dict[tuple[int, int], object] = {}
    for at, cell in sheet.cells.items():
        if cell.kind == "number":
            found[at] = round(float(cell.raw), 9)
        elif cell.kind != "blank" and cell.raw:
            found[at] = cell.raw.replace("\r\n", "\n")
    return found


def _openpyxl_cells(sheet: Worksheet) -> dict[tuple[int, int], object]:
    return {
        (cell.row, cell.column): _comparable(cell.value)
        for row in sheet
        for cell in row
        if cell.value is not None and cell.value != ""
    }


def _comparable(value: object) -> object:
    if isinstance(value, datetime):
        return round((value - datetime(1899, 12, 30)) / timedelta(days=1), 9)
    if isinstance(value, date):
        return float((value - date(1899, 12, 30)).days)
    if isinstance(value, time):
        return round((value.hour * 3600 + value.minute * 60 + value.second) / 86400, 9)
    if isinstance(value, int | float):
        return round(float(value), 9)
    return str(value).replace("\r\n", "\n")


def _same_formats(workbook: Workbook, sheet: Sheet, theirs: Worksheet) -> None:
    for (row, column), cell in sheet.cells.items():
        if cell.kind != "number":
            continue
        other = theirs.cell(row, column)
        assert workbook.styles.is_date(cell.style) == other.is_date, (row, column)
        if workbook.styles.number_format(cell.style) != other.number_format:
            assert workbook.styles.is_percent(cell.style) == ("%" in other.number_format)
