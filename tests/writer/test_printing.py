"""The unit's form prints without our columns, whether it names a print area or not."""

from __future__ import annotations

import io

import openpyxl
import pytest
from openpyxl.chart import BarChart

from perfeval_xl.ooxml import Workbook
from perfeval_xl.writer.text import PRINT_AREA_SET
from tests.builders.forms import FilledForm
from tests.ooxml.samples import by_libreoffice
from tests.writer.copies import OURS, annotated_bytes, workbook_of

SCORING = "附件2-2 评分表"


def without_area(with_chart: bool = False) -> bytes:
    """The example form with no print area on any sheet."""
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(FilledForm.example())))
    for sheet in book:
        sheet.print_area = None
    if with_chart:
        book[SCORING].add_chart(BarChart(), "J40")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def areas(copy: bytes) -> dict[str, str]:
    """Print areas by the sheet they are of."""
    book = Workbook.open(copy)
    return {
        book.sheet_names[name.sheet]: name.refers_to
        for name in book.defined_names
        if name.name == "_xlnm.Print_Area" and name.sheet is not None
    }


def said(copy: bytes) -> list[str]:
    cells = Workbook.open(copy).sheet(OURS).cells
    return [cells[row, 3].raw for (row, _), cell in cells.items() if cell.raw == PRINT_AREA_SET]


def test_a_form_without_print_area_gets_its_own_columns_and_the_receipt_says_so() -> None:
    copy = annotated_bytes(without_area()).copy
    assert areas(copy)[SCORING] == f"'{SCORING}'!$A$1:$G$29"
    assert said(copy) == [f"{SCORING}!A1:G29"]
    assert "附件2-1 自评表" not in areas(copy)  # nothing of ours stands there


def test_a_print_area_of_the_units_stays_and_is_not_spoken_of() -> None:
    copy = annotated_bytes(workbook_of(FilledForm.example())).copy
    assert areas(copy)[SCORING] == f"'{SCORING}'!$A$1:$G$29"
    assert said(copy) == []


def test_a_sheet_with_pictures_or_charts_is_left_alone() -> None:
    copy = annotated_bytes(without_area(with_chart=True)).copy
    assert SCORING not in areas(copy)
    assert said(copy) == []


@pytest.mark.libreoffice
def test_a_copy_saved_elsewhere_and_annotated_again_has_the_area_once() -> None:
    once = annotated_bytes(without_area()).copy
    saved = by_libreoffice(once)
    assert SCORING in areas(saved)
    again = annotated_bytes(saved).copy
    assert areas(again)[SCORING] == areas(once)[SCORING]
    assert said(again) == said(once)
