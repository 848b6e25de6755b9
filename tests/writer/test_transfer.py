"""The form's blank, filled from another workbook, says the same and loses nothing."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from openpyxl import Workbook as Book

from perfeval_xl.calculator.evaluate import evaluate
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import CellRef, State, Submission
from perfeval_xl.ooxml import Workbook, was_annotated
from perfeval_xl.reader.legacy import convert_legacy
from perfeval_xl.reader.read import read_grids, read_submission
from perfeval_xl.writer.transfer import (
    REST_SHEET,
    Transfer,
    differences,
    fill_blank,
    readdressed,
)
from tests.builders import layout_one_sheet, layout_plain, layout_word, legacy
from tests.builders.forms import FilledForm, Percent, Target


def submission_of(data: bytes, form: FormSpec) -> Submission:
    """What is read of an .xlsx."""
    return read_submission(read_grids(Workbook.open(data)), form)


def transferred(book: Book, form: FormSpec) -> tuple[Submission, Transfer, Submission]:
    """What was read of the book as .xls, the filled blank, and what is read of that."""
    data = convert_legacy(legacy.xls(book), "xls")
    workbook = Workbook.open(data)
    others = {
        CellRef(name, row, column): cell.raw
        for name in workbook.sheet_names
        for (row, column), cell in sorted(workbook.sheet(name).cells.items())
    }
    before = read_submission(read_grids(workbook), form)
    transfer = fill_blank(form, before, (Path(form.directory) / "blank.xlsx").read_bytes(), others)
    return before, transfer, submission_of(transfer.data, form)


def shown(data: bytes, sheet: str) -> dict[str, object]:
    """Filled cells of one sheet, as openpyxl sees them."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {
        cell.coordinate: cell.value
        for row in book[sheet].iter_rows()
        for cell in row
        if cell.value is not None
    }


LAYOUTS = {
    "plain": layout_plain.build,
    "word grid": layout_word.build,
    "one sheet": layout_one_sheet.build,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_fills_the_blank_with_the_same_facts(form: FormSpec, layout: str) -> None:
    before, transfer, after = transferred(LAYOUTS[layout](FilledForm.example()), form)
    assert transfer.not_carried == ()
    assert differences(before, after) == ()
    for name, fact in before.facts.items():
        if fact.state is not State.MISSING:
            assert (after.facts[name].state, after.facts[name].value) == (fact.state, fact.value)
    assert [row.self_score.value for row in after.scores] == [
        row.self_score.value for row in before.scores
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_readdressed_submission_is_judged_alike(form: FormSpec, layout: str) -> None:
    before, transfer, after = transferred(LAYOUTS[layout](FilledForm.example()), form)
    moved = readdressed(before, after, transfer)
    theirs, ours = evaluate(before, form), evaluate(moved, form)
    assert [(f.code, f.indicator, f.provided) for f in ours.findings] == [
        (f.code, f.indicator, f.provided) for f in theirs.findings
    ]
    assert [(i.outcome, i.score, i.low, i.high) for i in ours.indicators] == [
        (i.outcome, i.score, i.low, i.high) for i in theirs.indicators
    ]
    assert ours.totals == theirs.totals


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_reference_leads_to_what_it_speaks_of(form: FormSpec, layout: str) -> None:
    before, transfer, after = transferred(LAYOUTS[layout](FilledForm.example()), form)
    moved = readdressed(before, after, transfer)
    workbook = Workbook.open(transfer.data)
    for fact in moved.facts.values():
        if fact.state not in (State.NUMBER, State.TEXT) or fact.id == "narrative":
            continue
        assert fact.ref is not None
        cell = workbook.sheet(fact.ref.sheet).cells[fact.ref.row, fact.ref.column]
        if fact.state is State.TEXT:
            assert cell.raw == fact.raw
        else:
            assert cell.kind == "text" or Decimal(cell.raw) == fact.value
    names = {ref.sheet for finding in evaluate(moved, form).findings for ref in finding.refs}
    assert names <= set(workbook.sheet_names)


def test_figures_are_numbers_and_formulas_are_gone(form: FormSpec) -> None:
    _, transfer, _ = transferred(layout_plain.build(FilledForm.example()), form)
    profile = form.sheet("profile")
    cells = {cell.field: cell.at.split(":")[0] for cell in profile.cells if cell.field}
    found = shown(transfer.data, profile.name)
    assert found[cells["income_total"]] == 826.75
    assert found[cells["self_total"]] == 96.8
    assert found[cells["contact_phone"]] == "0000000"
    assert not any(str(value).startswith("=") for value in found.values())


def test_a_total_left_blank_stays_blank(form: FormSpec) -> None:
    """The blank's own formula would derive it without a word."""
    filled = FilledForm.example()
    filled.set_figure("expenditure_total", None)
    before, _, after = transferred(layout_plain.build(filled), form)
    assert before.facts["expenditure_total"].state is State.BLANK
    assert after.facts["expenditure_total"].state is State.BLANK


@pytest.mark.parametrize("result", ["95", 1, Decimal("0.95"), Percent(Decimal("0.995")), "９５％"])
def test_a_percentage_is_read_alike_however_it_was_written(form: FormSpec, result: object) -> None:
    filled = FilledForm.example()
    filled.targets[9] = Target("满意度达到95%以上", result)  # type: ignore[arg-type]
    before, _, after = transferred(layout_plain.build(filled), form)
    fact, now = before.facts["satisfaction_result"], after.facts["satisfaction_result"]
    assert (fact.state, fact.value, fact.note) == (now.state, now.value, now.note)


@pytest.mark.parametrize("figure", ["7,00.0,77", "无", "/", "297.36万元", "２９７", "#DIV/0!"])
def test_an_odd_figure_is_carried_as_it_stood(form: FormSpec, figure: str) -> None:
    filled = FilledForm.example()
    filled.set_figure("income_other", figure)
    before, transfer, after = transferred(layout_plain.build(filled), form)
    assert differences(before, after) == ()
    fact, now = before.facts["income_other"], after.facts["income_other"]
    assert (fact.state, fact.value, fact.raw) == (now.state, now.value, now.raw)
    assert transfer.not_carried == ()


def test_a_figure_under_a_heading_in_yuan_is_carried_in_wan(form: FormSpec) -> None:
    book = layout_plain.build(FilledForm.example())
    sheet = book.worksheets[0]
    for cell in [c for row in sheet.iter_rows() for c in row if isinstance(c.value, str)]:
        if "年度收入情况" in cell.value:
            cell.value = cell.value.replace("万元", "元")
    before, transfer, after = transferred(book, form)
    fact = before.facts["income_total"]
    assert (fact.raw, fact.value) == ("826.75", Decimal("0.082675"))
    assert after.facts["income_total"].value == fact.value
    moved = readdressed(before, after, transfer)
    assert "折合" in moved.facts["income_total"].note


def test_what_has_no_place_is_listed_with_its_address(form: FormSpec) -> None:
    book = layout_plain.build(FilledForm.example())
    book.create_sheet("说明")["B2"] = "请先审我们单位"
    _, transfer, _ = transferred(book, form)
    cells = shown(transfer.data, REST_SHEET)
    pairs = {cells[f"A{row}"]: cells[f"B{row}"] for row in range(2, len(cells) // 2 + 1)}
    assert pairs["说明!B2"] == "请先审我们单位"
    assert "张某某" in pairs.values()
    assert "部门（单位）负责人（签章）：张某某 2022年3月15日" in pairs.values()
    assert not any(text == "收入合计" or "826.75" in str(text) for text in pairs.values())


def test_several_rows_of_units_are_not_carried_and_said(form: FormSpec) -> None:
    filled = FilledForm.example()
    rows = filled.tables["income"]
    rows.append({**rows[0], "unit": "二级单位"})
    rows.append({**rows[0], "unit": "合计"})
    _, transfer, _ = transferred(layout_plain.build(filled), form)
    assert any("3 行机构" in said for said in transfer.not_carried)


def test_points_that_the_unit_altered_are_a_difference(form: FormSpec) -> None:
    filled = FilledForm.example()
    filled.points[16] = 6
    before, _, after = transferred(layout_plain.build(filled), form)
    assert any("分值与表样不同" in said for said in differences(before, after))


def test_the_filled_blank_bears_no_receipt_and_keeps_its_looks(form: FormSpec) -> None:
    _, transfer, _ = transferred(layout_plain.build(FilledForm.example()), form)
    assert not was_annotated(Workbook.open(transfer.data).package)
    blank = openpyxl.load_workbook(Path(form.directory) / "blank.xlsx")
    filled = openpyxl.load_workbook(io.BytesIO(transfer.data))
    assert filled.sheetnames == [*blank.sheetnames, REST_SHEET]
    for sheet in blank:
        mine = filled[sheet.title]
        assert mine.merged_cells.ranges == sheet.merged_cells.ranges
        for row in sheet.iter_rows():
            for cell in row:
                assert mine[cell.coordinate].number_format == cell.number_format


def test_the_same_submission_gives_the_same_bytes(form: FormSpec) -> None:
    book = layout_plain.build(FilledForm.example())
    assert transferred(book, form)[1].data == transferred(book, form)[1].data
