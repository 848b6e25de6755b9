"""A copy that comes back is judged afresh, and what an earlier review added is not added twice."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import PatternFill

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml import Cell, Workbook
from perfeval_xl.writer.text import COVERED_FILL, SCORING_HEADS
from perfeval_xl.writer.twice import original_of
from tests.builders.forms import FilledForm
from tests.conftest import SAMPLES
from tests.ooxml.samples import by_libreoffice
from tests.writer.copies import Annotated, annotated_bytes, annotated_form

PROFILE, SCORING, OURS = "附件2-1 自评表", "附件2-2 评分表", "复核意见"


def by_openpyxl(data: bytes, **cells: object) -> bytes:
    """The workbook as openpyxl saves it, with cells of the scoring sheet changed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        book = openpyxl.load_workbook(io.BytesIO(data))
    for address, value in cells.items():
        book[SCORING][address] = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def seen(copy: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """All texts and formulas of a copy but its receipt, which names another file."""
    book = Workbook.open(copy)
    found = {}
    for name in book.sheet_names:
        cells = book.sheet(name).cells
        end = next((r for (r, c), x in cells.items() if x.raw.endswith("、凭证")), 10**6)
        found[name] = {k: x.formula or _shown(x) for k, x in cells.items() if k[0] < end}
    return found


def _shown(cell: Cell) -> str:
    return f"{float(cell.raw):.15g}" if cell.kind == "number" else cell.raw


def notes(copy: bytes) -> dict[tuple[str, str], str]:
    book = openpyxl.load_workbook(io.BytesIO(copy))
    return {
        (sheet.title, cell.coordinate): cell.comment.text
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment
    }


def fills(copy: bytes) -> dict[tuple[str, str], str]:
    book = openpyxl.load_workbook(io.BytesIO(copy))
    return {
        (sheet.title, cell.coordinate): (cell.fill.fill_type, cell.fill.fgColor.rgb)
        for sheet in book.worksheets[1:]
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.fill_type
    }


@pytest.fixture(scope="module")
def once() -> Annotated:
    """A form with a wrong total and a score above its maximum."""
    form = FilledForm.example()
    form.scores[16] = 6
    form.state_totals(total=99)
    return annotated_form(form)


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.xlsx")), ids=lambda p: p.stem[:2])
def test_annotating_a_copy_gives_the_same_bytes_as_annotating_the_file(path: Path) -> None:
    try:
        copy = annotated_bytes(path.read_bytes(), path.name).copy
    except WorkbookError:
        return
    assert annotated_bytes(copy, path.name).copy == copy


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.xlsx")), ids=lambda p: p.stem[:2])
def test_a_copy_that_openpyxl_saved_without_results_looks_as_once(path: Path) -> None:
    try:
        once = annotated_bytes(path.read_bytes(), path.name).copy
    except WorkbookError:
        return
    twice = annotated_bytes(by_openpyxl(once), path.name).copy
    assert seen(twice) == seen(once)
    assert fills(twice) == fills(once)
    assert {k: v.strip() for k, v in notes(twice).items()} == {
        k: v.strip() for k, v in notes(once).items()
    }


def test_a_file_that_is_no_copy_is_taken_as_it_is(once: Annotated) -> None:
    workbook = Workbook.open(once.data)
    assert original_of(workbook).workbook is workbook


def _saved_by(program: str, data: bytes) -> bytes:
    return by_openpyxl(data) if program == "openpyxl" else by_libreoffice(data)


PROGRAMS = ["openpyxl", pytest.param("libreoffice", marks=pytest.mark.libreoffice)]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_copy_saved_elsewhere_is_annotated_in_place_and_looks_as_once(
    program: str, once: Annotated
) -> None:
    saved = _saved_by(program, once.copy)
    twice = annotated_bytes(saved)
    assert Workbook.open(twice.copy).sheet_names == [OURS, PROFILE, SCORING]
    assert seen(twice.copy) == seen(once.copy)
    assert {k: v.strip() for k, v in notes(twice.copy).items()} == notes(once.copy)
    names = [n.name for n in Workbook.open(twice.copy).defined_names]
    assert names.count("_perfeval") == 1
    assert "复核过的副本" in str(Workbook.open(twice.copy).sheet(OURS).cells.values())


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_third_time_is_like_the_second(program: str, once: Annotated) -> None:
    second = annotated_bytes(_saved_by(program, once.copy)).copy
    third = annotated_bytes(_saved_by(program, second)).copy
    assert seen(third) == seen(second)
    assert notes(third).keys() == notes(second).keys()
    assert fills(third) == fills(second)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_colour_of_the_units_comes_back_where_our_mark_goes(program: str) -> None:
    """F19 is yellow, F20 green, C4 has none; the scores of the first two are above their maximum."""
    form = FilledForm.example()
    form.scores[16], form.scores[17] = 6, 8
    book = openpyxl.load_workbook(io.BytesIO(annotated_form(form).data))
    for address, colour in (("F19", "FFFFFF00"), ("F20", "FF00B050")):
        book[SCORING][address].fill = PatternFill("solid", fgColor=colour)
    stream = io.BytesIO()
    book.save(stream)
    once = annotated_bytes(stream.getvalue()).copy
    assert {(SCORING, "F19"), (SCORING, "F20")} <= notes(once).keys()
    mended = by_openpyxl(_saved_by(program, once), F19=5, F20=7)
    twice = annotated_bytes(mended).copy
    assert not {(SCORING, "F19"), (SCORING, "F20")} & notes(twice).keys()
    found = fills(twice)
    assert found[SCORING, "F19"] == ("solid", "FFFFFF00")
    assert found[SCORING, "F20"] == ("solid", "FF00B050")
    again = annotated_bytes(_saved_by(program, once)).copy
    assert _covered(again) == _covered(once) == [f"{SCORING}!F19", f"{SCORING}!F20"]


def _covered(copy: bytes) -> list[str]:
    cells = Workbook.open(copy).sheet(OURS).cells
    return [
        cells[row, 3].raw for (row, column), cell in cells.items()
        if column == 1 and cell.raw == COVERED_FILL
    ]  # fmt: skip


def test_the_units_cells_are_judged_as_they_now_are(once: Annotated) -> None:
    assert (SCORING, "F19") in fills(once.copy)
    saved = by_openpyxl(once.copy, F19=5)
    twice = annotated_bytes(saved)
    row = next(r for r in twice.evaluation.submission.scores if r.self_score.ref.address == "F19")  # type: ignore[union-attr]
    assert row.self_score.raw == "5"
    assert (SCORING, "F19") not in notes(twice.copy)
    assert (SCORING, "F19") not in fills(twice.copy)


def test_the_units_own_note_stays_when_ours_below_it_goes() -> None:
    form = FilledForm.example()
    form.scores[16] = 6
    first = annotated_form(form)
    book = openpyxl.load_workbook(io.BytesIO(first.data))
    book[SCORING]["F19"].comment = openpyxl.comments.Comment("我们单位的说明\n第二行", "张三")
    stream = io.BytesIO()
    book.save(stream)
    once = annotated_bytes(stream.getvalue())
    text = notes(once.copy)[SCORING, "F19"]
    assert text.startswith("我们单位的说明\n第二行\n【")
    twice = annotated_bytes(by_openpyxl(once.copy))
    assert notes(twice.copy)[SCORING, "F19"] == text
    mended = annotated_bytes(by_openpyxl(once.copy, F19=5))
    assert notes(mended.copy)[SCORING, "F19"].strip() == "我们单位的说明\n第二行"


def test_our_columns_are_known_when_our_sheet_was_thrown_away(once: Annotated) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        book = openpyxl.load_workbook(io.BytesIO(once.copy))
    del book[OURS]
    stream = io.BytesIO()
    book.save(stream)
    twice = annotated_bytes(stream.getvalue())
    # The form prints its head twice.
    heads = [c.raw for c in Workbook.open(twice.copy).sheet(SCORING).cells.values()]
    assert all(heads.count(head) == 2 for head in SCORING_HEADS)
    assert seen(twice.copy) == seen(once.copy)


def test_our_sheet_is_known_when_it_was_renamed(once: Annotated) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        book = openpyxl.load_workbook(io.BytesIO(once.copy))
    book.defined_names["_perfeval"].attr_text = "'局里的意见'!$A$1"
    book[OURS].title = "局里的意见"
    stream = io.BytesIO()
    book.save(stream)
    assert Workbook.open(annotated_bytes(stream.getvalue()).copy).sheet_names == [
        OURS, PROFILE, SCORING,
    ]  # fmt: skip


def test_a_cleaned_copy_is_a_sound_workbook(once: Annotated, tmp_path: Path) -> None:
    from tests.audit import audit

    saved = by_openpyxl(once.copy)
    cleaned = original_of(Workbook.open(saved))
    assert cleaned.received
    for name, data in (("saved", saved), ("cleaned", cleaned.workbook.package.source)):
        (tmp_path / f"{name}.xlsx").write_bytes(data)
    before, after = (
        {re.sub(r"\d+", "", line) for line in audit(tmp_path / f"{name}.xlsx")}
        for name in ("saved", "cleaned")
    )
    assert after <= before
    assert openpyxl.load_workbook(tmp_path / "cleaned.xlsx").sheetnames == [PROFILE, SCORING]
