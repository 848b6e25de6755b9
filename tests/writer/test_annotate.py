"""The annotated copy as its readers see it."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook as Book

from perfeval_xl.calculator.evaluate import evaluate
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import Evaluation, Severity
from perfeval_xl.ooxml import Workbook
from perfeval_xl.reader.read import read_grids, read_submission
from perfeval_xl.writer.annotate import annotate
from perfeval_xl.writer.style import OUTCOME, SEVERITY
from tests.builders import layout_plain
from tests.builders.forms import FilledForm

SCORING = "附件2-2 评分表"


def _annotated(filled: FilledForm, form: FormSpec) -> tuple[Book, Evaluation, bytes]:
    out = io.BytesIO()
    layout_plain.build(filled, sheet_names=("附件2-1 自评表", SCORING)).save(out)
    workbook = Workbook.open(out.getvalue())
    evaluation = evaluate(read_submission(read_grids(workbook), form), form)
    copy = annotate(workbook, evaluation, "样例.xlsx")
    return openpyxl.load_workbook(io.BytesIO(copy)), evaluation, copy


@pytest.fixture(scope="module")
def faulty(form: FormSpec) -> tuple[Book, Evaluation, bytes]:
    """A form with 38 staff on 36 posts, full marks and a wrong total."""
    filled = FilledForm.example()
    filled.facts["authorized_posts"], filled.facts["actual_staff"] = 36, 38
    filled.scores[1] = 5
    filled.state_totals(total=99)
    return _annotated(filled, form)


def test_every_cell_a_finding_marks_is_filled_and_noted(
    faulty: tuple[Book, Evaluation, bytes],
) -> None:
    book, evaluation, _ = faulty
    marked = {ref for finding in evaluation.findings for ref in finding.marked_refs}
    assert marked
    for ref in marked:
        cell = book[ref.sheet].cell(ref.row, ref.column)
        assert cell.comment is not None, ref
        assert cell.fill.fill_type in {look.pattern for look in SEVERITY.values()}, ref


def test_a_note_says_what_is_wrong_and_how_to_put_it_right(
    faulty: tuple[Book, Evaluation, bytes],
) -> None:
    book, _, _ = faulty
    text = book[SCORING]["F3"].comment.text
    assert "【错误】" in text
    assert "2–2.5 分" in text
    assert "改法：" in text


def test_the_review_sheet_comes_first_and_states_the_verdict(
    faulty: tuple[Book, Evaluation, bytes],
) -> None:
    book, evaluation, _ = faulty
    sheet = book.worksheets[0]
    assert book.active is sheet
    texts = [str(c.value) for row in sheet.iter_rows() for c in row if c.value is not None]
    assert any(f"发现 {evaluation.count(Severity.ERROR)} 处错误" in text for text in texts)
    for finding in evaluation.findings:
        assert any(finding.message in text for text in texts), finding.code


def test_every_finding_links_to_its_first_cell(faulty: tuple[Book, Evaluation, bytes]) -> None:
    book, evaluation, _ = faulty
    locations = {link.location for link in book.worksheets[0]._hyperlinks}
    for finding in evaluation.findings:
        first = finding.refs[0]
        assert f"'{first.sheet}'!{first.address}" in locations


def test_the_review_sheet_prints_on_a4_one_page_wide(
    faulty: tuple[Book, Evaluation, bytes],
) -> None:
    sheet = faulty[0].worksheets[0]
    assert sheet.page_setup.paperSize == 9
    assert sheet.page_setup.orientation == "portrait"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert "&P" in sheet.oddFooter.center.text


def test_the_units_own_cells_keep_their_values(faulty: tuple[Book, Evaluation, bytes]) -> None:
    book = faulty[0]
    filled = FilledForm.example()
    assert book[SCORING]["F4"].value == filled.scores[2]
    assert book["附件2-1 自评表"]["B6"].value == 36


def test_outcomes_are_told_apart_without_colour() -> None:
    for looks in (SEVERITY, OUTCOME):
        signs = [(look.word, look.sign) for look in looks.values()]
        assert len(set(signs)) == len(signs)
    lightness = [
        sum(int(look.fill[i : i + 2], 16) for i in (0, 2, 4)) for look in SEVERITY.values()
    ]
    patterns = [look.pattern for look in SEVERITY.values()]
    assert patterns[0] != patterns[1]
    assert lightness[0] < lightness[1] < lightness[2]


def test_a_formula_like_text_stays_a_text(form: FormSpec) -> None:
    filled = FilledForm.example()
    filled.reasons[8] = '=HYPERLINK("http://x","点我")'
    filled.unit = "+区样例局"
    book, _, _ = _annotated(filled, form)
    for sheet in (book.worksheets[0],):
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)


def test_rows_grow_but_never_shrink(form: FormSpec) -> None:
    filled = FilledForm.example()
    out = io.BytesIO()
    source = layout_plain.build(filled, sheet_names=("附件2-1 自评表", SCORING))
    source[SCORING].row_dimensions[3].height = 200
    source.save(out)
    workbook = Workbook.open(out.getvalue())
    evaluation = evaluate(read_submission(read_grids(workbook), form), form)
    book = openpyxl.load_workbook(io.BytesIO(annotate(workbook, evaluation, "x")))
    assert book[SCORING].row_dimensions[3].height == 200


@pytest.mark.libreoffice
def test_libreoffice_opens_the_copy(
    faulty: tuple[Book, Evaluation, bytes], soffice: object, tmp_path: Path
) -> None:
    assert callable(soffice)
    path = tmp_path / "副本.xlsx"
    path.write_bytes(faulty[2])
    again = openpyxl.load_workbook(soffice(path, "xlsx"))
    assert again.sheetnames[0] == "复核意见"
    assert again[SCORING]["F3"].value == 5
