"""The blank form as an independent reader and an independent calculator see it."""

from __future__ import annotations

import dataclasses
import io
import itertools
import math
import shutil
import subprocess
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import openpyxl
import pytest
from openxml_audit import OpenXmlValidator

from perfeval_xl.errors import FormSpecError
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.forms.load import parse_range
from perfeval_xl.forms.spec import FormSpec, PrintedCell, SheetSpec
from perfeval_xl.writer.blank import FORM_PROPERTY, GUIDE_SHEET, write_blank

PROFILE = "附件2-1 自评表"
SCORING = "附件2-2 评分表"

# Points of the 25 rows as DOMAIN section 3 lists them; None where three rows share 15.
POINTS = [5, 5, 5, 3, 3, 3, 6, 3, 3, 3, 3, 3, 3, 4, 3, 5, 7, 5, 2, 2, 4, None, None, None, 5]
SCORE_ROWS = [*range(4, 17), 18, 19, *range(20, 30)]  # row 17 repeats the head

FORMULAS = {
    (PROFILE, "F16"): '=IF(COUNT(J16,M16,P16,S16,W16)=0,"",SUM(J16,M16,P16,S16,W16))',
    (PROFILE, "E21"): '=IF(COUNT(H21,Q21)=0,"",SUM(H21,Q21))',
    (PROFILE, "H21"): '=IF(COUNT(K21,N21)=0,"",SUM(K21,N21))',
    (PROFILE, "T21"): '=IF(COUNT(F16,E21)<2,"",ROUND(F16-E21,6))',
    (PROFILE, "F24"): '=IF(COUNT(J24,N24,R24,V24)=0,"",SUM(J24,N24,R24,V24))',
    (PROFILE, "F27"): '=IF(COUNT(K27,P27,U27)=0,"",SUM(K27,P27,U27))',
    (PROFILE, "J42"): "=IF('附件2-2 评分表'!$F$30=\"\",\"\",'附件2-2 评分表'!$F$30)",
    (SCORING, "F30"): '=IF(COUNT(F4:F29)=0,"",SUM(F4:F29))',
}

# One unit's figures; in the table of 三公经费 a total is typed over the formula, and is wrong.
FILLED: dict[tuple[str, str], object] = {
    (PROFILE, "M16"): 297.36,
    (PROFILE, "K21"): 122.51,
    (PROFILE, "N21"): 174.85,
    (PROFILE, "F24"): 3,
    (PROFILE, "J24"): 2.43,
    (PROFILE, "K27"): 23.9,
    (PROFILE, "J43"): "良好",
    **{(SCORING, f"F{row}"): 5 for row in (4, 5, 6, 20, 22, 29)},
    **{(SCORING, f"F{row}"): 2 for row in (11, 13, 23, 24)},
    **{(SCORING, f"F{row}"): 3 for row in (7, 8, 9, 12, 14, 15, 16, 19)},
    (SCORING, "F10"): 6,
    (SCORING, "F18"): 4.5,
    (SCORING, "F21"): 7,
    (SCORING, "F25"): 4,
    (SCORING, "F26"): 5,
    (SCORING, "F27"): 5,
    (SCORING, "F28"): 4,
    (SCORING, "G13"): "未按规定时限公开",
}
TOTALS = {
    (PROFILE, "F16"): 297.36,
    (PROFILE, "E21"): 297.36,
    (PROFILE, "H21"): 297.36,
    (PROFILE, "T21"): 0,
    (PROFILE, "F24"): 3,
    (PROFILE, "F27"): 23.9,
    (PROFILE, "J42"): 97.5,  # 5×6 + 2×4 + 3×8 + 6 + 4.5 + 7 + 4 + 5 + 5 + 4
    (SCORING, "F30"): 97.5,
}
# Cells that must be coloured then: the typed total, 良好 for 97.5 points, full marks passed (4.5 of
# 4), 2 of 3 without a reason (row 11; row 13 has one), and 14 of the shared 15 without one.
COLOURED = {
    (PROFILE, "F24"), (PROFILE, "J43"), (SCORING, "F18"), (SCORING, "F11"), (SCORING, "G11"),
    (SCORING, "F26"), (SCORING, "F27"), (SCORING, "F28"),
    (SCORING, "G26"), (SCORING, "G27"), (SCORING, "G28"),
}  # fmt: skip


@pytest.fixture(scope="module")
def spec() -> FormSpec:
    return load_form("yueyanglou-2021")


@pytest.fixture(scope="module")
def blank(spec: FormSpec) -> bytes:
    return written(spec)


@pytest.fixture(scope="module")
def workbook(blank: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(blank))


def written(spec: FormSpec, prefill: dict[str, str] | None = None) -> bytes:
    buffer = io.BytesIO()
    write_blank(spec, buffer, prefill)
    return buffer.getvalue()


def anchor(cell: PrintedCell) -> str:
    return cell.at.partition(":")[0]


def field_cells(spec: FormSpec) -> dict[str, tuple[str, str]]:
    return {c.field: (s.name, anchor(c)) for s in spec.sheets for c in s.cells if c.field}


def validation_at(workbook: Any, place: tuple[str, str]) -> Any:
    sheet, cell = place
    rules = workbook[sheet].data_validations.dataValidation
    found = [rule for rule in rules if cell in rule.sqref]
    assert len(found) == 1, f"{sheet}!{cell} has {len(found)} validations"
    return found[0]


# ---- what is printed ----


def test_every_printed_text_stands_at_its_address(spec: FormSpec, workbook: Any) -> None:
    for sheet in spec.sheets:
        for cell in sheet.cells:
            if cell.text:
                shown = workbook[sheet.name][anchor(cell)].value
                assert str(shown) == cell.text, f"{sheet.name}!{cell.at}"


def test_points_are_numbers(spec: FormSpec, workbook: Any) -> None:
    points = [c for c in spec.sheet("scoring").cells if c.style == "points"]
    assert all(isinstance(workbook[SCORING][anchor(c)].value, int | float) for c in points)


def test_merged_ranges_are_those_of_the_layout(spec: FormSpec, workbook: Any) -> None:
    for sheet in spec.sheets:
        wanted = {cell.at for cell in sheet.cells if ":" in cell.at}
        assert {str(merged) for merged in workbook[sheet.name].merged_cells.ranges} == wanted


def test_sheets_stand_in_order_with_the_guide_last(workbook: Any) -> None:
    assert workbook.sheetnames == [PROFILE, SCORING, GUIDE_SHEET]


def test_pages_are_a4_portrait_one_page_wide(workbook: Any) -> None:
    for sheet in workbook.worksheets:
        setup = sheet.page_setup
        assert (setup.paperSize, setup.orientation) == (9, "portrait")
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (setup.fitToWidth or 1, setup.fitToHeight) == (1, 0)  # 1 is the default, left out
        assert sheet.print_options.horizontalCentered
        assert sheet.oddFooter.center.text == "第 &P 页 共 &N 页"


def test_page_breaks_are_those_of_the_layout(spec: FormSpec, workbook: Any) -> None:
    for sheet in spec.sheets:
        breaks = tuple(b.id for b in workbook[sheet.name].row_breaks.brk)
        assert breaks == sheet.page_breaks


def test_each_page_holds_its_rows_at_the_scale_that_fits_its_width(spec: FormSpec) -> None:
    """A4 is 595 × 842 points; margins are 0.5 inch at the sides, 0.6 and 0.7 above and below."""
    for sheet in spec.sheets:
        width = sum(column_points(sheet))
        room = (842 - 0.6 * 72 - 0.7 * 72) / min(1, (595 - 72) / width)
        edges = [0, *sheet.page_breaks, max(sheet.heights)]
        for first, last in itertools.pairwise(edges):
            filled = sum(float(sheet.heights[row]) for row in range(first + 1, last + 1))
            assert room * 0.85 < filled < room, f"{sheet.name} rows {first + 1} to {last}"


def test_no_printed_text_is_cut(spec: FormSpec, workbook: Any) -> None:
    """Reckoned for lines 1.45 times the font size, as the tallest stand-in for 宋体 has them."""
    for sheet in spec.sheets:
        for cell in (cell for cell in sheet.cells if cell.text):
            top, left, bottom, right = parse_range(cell.at) or (0, 0, 0, 0)
            shown = workbook[sheet.name][anchor(cell)]
            indent = 8 * shown.alignment.indent
            width = sum(column_points(sheet)[left - 1 : right]) - 4 - indent
            lines = wrapped(cell.text, width, shown.font.size)
            height = sum(float(sheet.heights[row]) for row in range(top, bottom + 1))
            assert lines * shown.font.size * 1.45 <= height, f"{sheet.name}!{cell.at}"


def column_points(sheet: SheetSpec) -> list[float]:
    return [(math.floor(float(width) * 7 + 0.5) + 5) * 0.75 for width in sheet.widths]


def wrapped(text: str, width: float, size: float) -> int:
    lines = 0
    for paragraph in text.split("\n"):
        lines, used = lines + 1, 0.0
        for char in paragraph:
            step = size if east_asian_width(char) in "WFA" else size * 0.55
            if used + step > width:
                lines, used = lines + 1, 0.0
            used += step
    return lines


# ---- totals ----


@pytest.mark.parametrize(("place", "formula"), list(FORMULAS.items()))
def test_totals_are_formulas(workbook: Any, place: tuple[str, str], formula: str) -> None:
    assert workbook[place[0]][place[1]].value == formula


def test_nothing_else_is_a_formula(workbook: Any) -> None:
    found = {
        (sheet.title, cell.coordinate)
        for sheet in workbook.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }
    assert found == set(FORMULAS)


def test_blank_total_shows_nothing_not_zero(blank: bytes) -> None:
    values = openpyxl.load_workbook(io.BytesIO(blank), data_only=True)
    assert [values[sheet][cell].value for sheet, cell in FORMULAS] == [None] * len(FORMULAS)


def test_every_input_is_empty(spec: FormSpec, blank: bytes) -> None:
    values = openpyxl.load_workbook(io.BytesIO(blank), data_only=True)
    filled = {f for f, (sheet, cell) in field_cells(spec).items() if values[sheet][cell].value}
    assert filled == set()


# ---- validation ----


@pytest.mark.parametrize(("row", "points"), list(zip(SCORE_ROWS, POINTS, strict=True)))
def test_self_score_lies_between_zero_and_the_rows_points(
    workbook: Any, row: int, points: int | None
) -> None:
    rule = validation_at(workbook, (SCORING, f"F{row}"))
    if points is None:
        assert rule.type == "custom"
        assert rule.formula1 == f"AND(ISNUMBER(F{row}),F{row}>=0,SUM($F$26:$F$28)<=15)"
    else:
        assert (rule.type, rule.operator or "between") == ("decimal", "between")
        assert (float(rule.formula1), float(rule.formula2)) == (0, points)
    assert rule.errorStyle in (None, "stop")
    assert rule.error


def test_amounts_are_not_negative_but_the_current_surplus_may_be(
    spec: FormSpec, workbook: Any
) -> None:
    for field, place in field_cells(spec).items():
        if field in spec.fields and spec.fields[field].kind == "amount":
            rule = validation_at(workbook, place)
            assert rule.type == "decimal", field
            assert (Decimal(rule.formula1) < 0) == (field == "surplus_current"), field


def test_counts_are_whole_and_not_negative(workbook: Any) -> None:
    for cell in ("E8", "Q8"):
        rule = validation_at(workbook, (PROFILE, cell))
        assert (rule.type, rule.operator, rule.formula1) == ("whole", "greaterThanOrEqual", "0")


def test_satisfaction_is_a_percentage_and_shows_its_decimals(workbook: Any) -> None:
    rule = validation_at(workbook, (PROFILE, "V41"))
    assert (rule.type, rule.formula1, rule.formula2) == ("decimal", "0", "1")
    assert workbook[PROFILE]["V41"].number_format == "0.0#%"


def test_rating_is_chosen_from_the_bands(workbook: Any) -> None:
    rule = validation_at(workbook, (PROFILE, "J43"))
    assert (rule.type, rule.formula1) == ("list", '"优秀,良好,合格,不合格"')


def test_report_date_only_warns(workbook: Any) -> None:
    rule = validation_at(workbook, (PROFILE, "E5"))
    assert (rule.type, rule.errorStyle) == ("date", "warning")


def test_every_rule_says_in_chinese_what_to_do(workbook: Any) -> None:
    for name in (PROFILE, SCORING):
        for rule in workbook[name].data_validations.dataValidation:
            assert 0 < len(rule.promptTitle) <= 32
            assert 0 < len(rule.prompt) <= 255
            assert rule.type is None or rule.error, str(rule.sqref)


def test_budget_code_keeps_its_leading_zeros(workbook: Any) -> None:
    assert workbook[PROFILE]["R4"].number_format == "@"


def test_nothing_is_protected(workbook: Any) -> None:
    assert workbook.security is None or not workbook.security.lockStructure
    assert not any(sheet.protection.sheet for sheet in workbook.worksheets)


# ---- the guide ----


def test_guide_lists_every_field_and_marks_the_required(spec: FormSpec, workbook: Any) -> None:
    rows = {row[1]: row for row in workbook[GUIDE_SHEET].iter_rows(values_only=True) if row[1]}
    for field in (field for field in spec.fields.values() if not field.attachment):
        assert rows[field.label][2] == (field.unit or None)
        assert (rows[field.label][3] == "必填") == field.required


def test_guide_names_every_check_and_every_band(spec: FormSpec, workbook: Any) -> None:
    rows = workbook[GUIDE_SHEET].iter_rows(values_only=True)
    text = "\n".join(str(value) for row in rows for value in row if value)
    told = [c for c in spec.checks if not c.attachment and c.kind != "scale"]  # that one only asks
    assert all(check.title in text for check in told)
    assert all(band.label in text for band in spec.bands)


# ---- the file ----


def test_two_runs_give_the_same_bytes(spec: FormSpec, blank: bytes) -> None:
    assert written(spec) == blank


def test_shipped_blank_is_the_generated_one(spec: FormSpec, blank: bytes) -> None:
    """Part by part: Pythons differ in the zlib that squeezes the same bytes.

    When it fails: perfeval blank yueyanglou-2021 -o templates/yueyanglou-2021/blank.xlsx
    """
    shipped = (Path(spec.directory) / "blank.xlsx").read_bytes()
    assert parts(shipped) == parts(blank)


def parts(data: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return [(name, package.read(name)) for name in package.namelist()]


def test_workbook_is_valid(blank: bytes, tmp_path: Path) -> None:
    path = tmp_path / "blank.xlsx"
    path.write_bytes(blank)
    assert list(OpenXmlValidator().validate(path).errors) == []


def test_workbook_names_its_form(spec: FormSpec, workbook: Any) -> None:
    assert workbook.custom_doc_props[FORM_PROPERTY].value == spec.id
    assert workbook.properties.title == spec.name


def test_prefilled_text_is_written_as_text(spec: FormSpec) -> None:
    data = written(spec, {"unit_name": "=区委网信办", "unit_code": "0101001"})
    sheet = openpyxl.load_workbook(io.BytesIO(data))[PROFILE]
    assert (sheet["E4"].value, sheet["E4"].data_type) == ("=区委网信办", "s")
    assert (sheet["R4"].value, sheet["R4"].data_type) == ("0101001", "s")


def test_prefill_of_an_unknown_field_is_refused(spec: FormSpec) -> None:
    with pytest.raises(ValueError, match="unit_nmae"):
        written(spec, {"unit_nmae": "区委网信办"})


def test_unknown_style_is_refused_by_name(spec: FormSpec) -> None:
    sheet = spec.sheets[0]
    wrong = dataclasses.replace(sheet, cells=(PrintedCell("A1", "附件", style="lable"),))
    with pytest.raises(FormSpecError, match="lable"):
        written(dataclasses.replace(spec, sheets=(wrong, *spec.sheets[1:])))


# ---- as LibreOffice reckons it ----

libreoffice = pytest.mark.libreoffice
needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
FAR = 60  # a column beyond both forms, where the conditions of the colours are reckoned


@pytest.fixture(scope="module")
def recalculated(blank: bytes, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The filled form after LibreOffice has reckoned it, colour conditions in column FAR."""
    folder = tmp_path_factory.mktemp("blank")
    workbook = openpyxl.load_workbook(io.BytesIO(blank))
    for (sheet, cell), value in FILLED.items():
        workbook[sheet][cell] = value
    for sheet, place, formula, row in conditions(workbook):
        workbook[sheet].cell(row, FAR, place)
        workbook[sheet].cell(row, FAR + 1, f"={formula}")
    workbook.save(folder / "filled.xlsx")
    convert(folder / "filled.xlsx", folder / "out")
    return openpyxl.load_workbook(folder / "out" / "filled.xlsx", data_only=True)


def conditions(workbook: Any) -> list[tuple[str, str, str, int]]:
    """Sheet, first cell and formula of every colour condition, with a row to reckon it in."""
    found: list[tuple[str, str, str, int]] = []
    for sheet in (PROFILE, SCORING):
        for area in workbook[sheet].conditional_formatting:
            for rule in area.rules:
                first = str(area.sqref).partition(":")[0]
                found.append((sheet, first, rule.formula[0], 100 + len(found)))
    return found


def convert(path: Path, out: Path) -> None:
    profile = (path.parent / "profile").as_uri()
    subprocess.run(
        ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "xlsx",
         "--outdir", str(out), str(path)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip


@libreoffice
@needs_libreoffice
def test_filled_totals_are_reckoned_right(recalculated: Any) -> None:
    found = {place: recalculated[place[0]][place[1]].value for place in TOTALS}
    assert found == TOTALS


@libreoffice
@needs_libreoffice
def test_colour_shows_exactly_where_something_disagrees(recalculated: Any) -> None:
    shown = {
        (sheet, recalculated[sheet].cell(row, FAR).value)
        for sheet in (PROFILE, SCORING)
        for row in range(100, recalculated[sheet].max_row + 1)
        if recalculated[sheet].cell(row, FAR + 1).value is True
    }
    assert shown == COLOURED
