"""Lists as an officer would make them: with openpyxl, XlsxWriter, or as text for Excel's CSV."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter

from . import files, layout_plain
from .forms import FilledForm

Rows = Sequence[Sequence[Any]]


def titled(path: Path, title: str, rows: Rows, sheet: str = "名册") -> Path:
    """A sheet with a merged title, a blank row, then the rows."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    page["A1"] = title
    page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=max(map(len, rows)))
    for number, row in enumerate(rows, 3):
        for column, value in enumerate(row, 1):
            page.cell(number, column, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def written(path: Path, sheets: dict[str, Rows], formats: dict[int, str] | None = None) -> Path:
    """Sheets by name, written with XlsxWriter; number formats by column."""
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy/m/d"}) as book:
        looks = {
            column: book.add_format({"num_format": f}) for column, f in (formats or {}).items()
        }
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, date):
                        page.write_datetime(number, column, value, looks.get(column))
                    elif value is not None:
                        page.write(number, column, value, looks.get(column))
    return path


def workbook(
    path: Path, unit: str, code: str = "", day: str = "", **figures: int | str | None
) -> Path:
    """One unit's workbook; figures by field id are put over the example's."""
    form = FilledForm.example()
    form.unit = unit
    for table in form.tables.values():
        table[0]["unit"] = unit
    head = "　".join(
        f"{label}：{text}" for label, text in (("预算编码", code), ("报告日期", day)) if text
    )
    form.heading = ["附件2-1", "2021年度部门整体支出绩效自评表", *([head] if head else [])]
    for field_id, value in figures.items():
        if field_id in form.facts:
            form.facts[field_id] = value
        else:
            form.set_figure(field_id, value)
    return files.save(layout_plain.build(form), path)
