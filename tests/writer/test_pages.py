"""Pages end where no heading is left alone, and never later than a program would end them."""

from __future__ import annotations

import io
from decimal import Decimal

import openpyxl
import pytest

from perfeval_xl.ooxml import PrintSetup, Workbook
from perfeval_xl.writer.pages import capacity, page_ends
from tests.builders.forms import FilledForm
from tests.writer.copies import OURS, annotated_bytes, annotated_form, workbook_of


def test_a_page_ends_before_the_row_that_no_longer_fits() -> None:
    heights = dict.fromkeys(range(1, 8), 40.0)
    assert page_ends(heights, 7, (), (), 120.0) == (3, 6)


def test_what_each_page_repeats_takes_room_on_each() -> None:
    """Page one holds rows 1 to 3; the others row 1 again, then two more."""
    heights = dict.fromkeys(range(1, 8), 40.0)
    assert page_ends(heights, 7, (), (1,), 120.0) == (3, 5)


def test_headings_go_with_the_first_row_below_them() -> None:
    """Rows 3 and 4 head row 5: on page one there is room for both, but not for it."""
    heights = dict.fromkeys(range(1, 8), 30.0)
    assert page_ends(heights, 7, (3, 4), (), 120.0) == (2, 6)


def test_no_page_begins_with_a_spacer() -> None:
    heights = {1: 60.0, 2: 60.0, 4: 60.0}
    assert page_ends(heights, 4, (), (), 120.0) == (3,)


def test_a_row_taller_than_a_page_has_one_of_its_own() -> None:
    assert page_ends({1: 50.0, 2: 300.0, 3: 50.0}, 3, (), (), 120.0) == (1, 2)


@pytest.mark.parametrize(("size", "digit"), [(9.0, 6), (10.0, 6), (11.0, 7), (12.0, 8)])
def test_a_page_holds_as_much_as_the_narrowest_columns_allow(size: float, digit: int) -> None:
    """Ten columns of twelve digits on 595.3 by 841.9 points less an inch each way."""
    setup = PrintSetup(margins=(0.5, 0.5, 0.5, 0.5))
    wide = 10 * 12 * digit * 0.75
    scale = min(1, (595.3 - 72) / wide)
    assert capacity(setup, [12.0] * 10, size) == pytest.approx((841.9 - 72) / scale * 0.97)


def test_every_heading_of_our_sheet_stands_above_a_row_of_its_page() -> None:
    """With more and more findings each heading once comes to the foot of a page."""
    for count in range(0, 24, 2):
        form = FilledForm.example()
        for number in range(1, count + 1):
            form.scores[number] = Decimal("0.5")
            form.reasons.pop(number, None)
        sheet = openpyxl.load_workbook(io.BytesIO(annotated_form(form).copy))[OURS]
        ends = [brk.id for brk in sheet.row_breaks.brk]
        heads = [
            row
            for row in range(1, sheet.max_row)
            if str(sheet.cell(row, 1).value)[:2] in ("一、", "二、", "三、", "四、")
            or sheet.cell(row, 1).value in ("序号", "结果")
        ]
        assert ends, count
        assert len(heads) == 7, count
        assert not set(ends) & set(heads), count
        assert all(sheet.row_dimensions[end + 1].customHeight for end in ends), count


def test_pages_count_by_the_workbooks_own_font() -> None:
    """In 9 point columns are narrower, the page is shrunk less, and less goes on it."""
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(FilledForm.example())))
    stream = io.BytesIO()
    book._fonts[0].sz = 9
    book.save(stream)
    small = annotated_bytes(stream.getvalue()).copy
    assert Workbook.open(small).styles.default_size == 9
    usual = annotated_form(FilledForm.example()).copy
    ends = [
        [brk.id for brk in openpyxl.load_workbook(io.BytesIO(copy))[OURS].row_breaks.brk]
        for copy in (small, usual)
    ]
    assert ends[0][0] < ends[1][0]
