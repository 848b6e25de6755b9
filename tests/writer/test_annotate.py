"""The annotated copy as its readers see it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from lxml import etree
from openpyxl.workbook import Workbook as Book
from openpyxl.worksheet.worksheet import Worksheet

from perfeval_xl.errors import WorkbookError
from perfeval_xl.labels import display_width
from perfeval_xl.model import Evaluation, Severity, column_letters
from perfeval_xl.ooxml import Sheet, Workbook
from perfeval_xl.writer.style import OUTCOME, SEVERITY
from tests.builders import broken
from tests.builders.forms import FilledForm
from tests.conftest import SAMPLES
from tests.writer.copies import annotated_bytes, annotated_form, workbook_of

SCORING = "附件2-2 评分表"


def _annotated(filled: FilledForm) -> tuple[Book, Evaluation, bytes]:
    one = annotated_form(filled)
    return openpyxl.load_workbook(io.BytesIO(one.copy)), one.evaluation, one.copy


@pytest.fixture(scope="module")
def faulty() -> tuple[Book, Evaluation, bytes]:
    """A form with 38 staff on 36 posts, full marks and a wrong total."""
    filled = FilledForm.example()
    filled.facts["authorized_posts"], filled.facts["actual_staff"] = 36, 38
    filled.scores[1] = 5
    filled.state_totals(total=99)
    return _annotated(filled)


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
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    locations = {cell.hyperlink.location for cell in cells if cell.hyperlink}
    assert evaluation.findings
    for first in (finding.refs[0] for finding in evaluation.findings if finding.refs):
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
    assert book["附件2-1 自评表"]["B3"].value == 36


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


def test_a_formula_like_text_stays_a_text() -> None:
    filled = FilledForm.example()
    filled.reasons[8] = '=HYPERLINK("http://x","点我")'
    filled.unit = "+区样例局"
    book, _, _ = _annotated(filled)
    formulas = [
        c.value for row in book.worksheets[0].iter_rows() for c in row if c.data_type == "f"
    ]
    assert len(formulas) == 6
    assert not any("HYPERLINK" in value for value in formulas)


def _with_sheet_changed(change: Callable[[Worksheet], object]) -> tuple[bytes, bytes]:
    """A filled form whose scoring sheet was changed, and its copy."""
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(FilledForm.example())))
    change(book[SCORING])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue(), annotated_bytes(stream.getvalue()).copy


def test_rows_grow_but_never_shrink() -> None:
    def tall(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].height = 200
        sheet.row_dimensions[4].height = 5

    _, copy = _with_sheet_changed(tall)
    sheet = openpyxl.load_workbook(io.BytesIO(copy))[SCORING]
    assert sheet.row_dimensions[3].height == 200
    assert sheet.row_dimensions[4].height > 20


def test_a_protected_sheet_is_annotated_and_stays_protected() -> None:
    def protect(sheet: Worksheet) -> None:
        sheet.protection.sheet = True
        sheet.protection.password = "x"

    _, copy = _with_sheet_changed(protect)
    sheet = openpyxl.load_workbook(io.BytesIO(copy))[SCORING]
    assert sheet.protection.sheet
    assert sheet.protection.password
    assert sheet["I2"].value == "复核得分"


def test_the_units_print_area_frozen_panes_and_zoom_stay() -> None:
    def set_up(sheet: Worksheet) -> None:
        sheet.freeze_panes = "C3"
        sheet.sheet_view.zoomScale = 70
        sheet.print_area = "A1:G29"

    data, copy = _with_sheet_changed(set_up)
    before, after = (openpyxl.load_workbook(io.BytesIO(x))[SCORING] for x in (data, copy))
    assert (after.freeze_panes, after.sheet_view.zoomScale) == ("C3", 70)
    assert after.print_area == before.print_area


def test_a_signature_is_said_to_hold_no_longer() -> None:
    from tests.ooxml.samples import unzipped, zipped

    data = workbook_of(FilledForm.example())
    parts = unzipped(data)
    link = (
        b'<Relationship Id="rId60" Type="http://schemas.openxmlformats.org/package/2006/'
        b'relationships/digital-signature/origin" Target="_xmlsignatures/origin.sigs"/>'
    )
    end = b"</Relationships>"
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(end, link + end)
    parts["_xmlsignatures/origin.sigs"] = b""
    signed = annotated_bytes(zipped(dict(parts))).copy
    for copy, expected in ((signed, True), (annotated_bytes(data).copy, False)):
        cells = openpyxl.load_workbook(io.BytesIO(copy)).worksheets[0]["A"]
        said = [cell.value for cell in cells if cell.value and "签名" in str(cell.value)]
        assert bool(said) is expected


def test_the_review_sheet_repeats_its_head_on_every_page(
    faulty: tuple[Book, Evaluation, bytes],
) -> None:
    assert faulty[0].worksheets[0].print_title_rows == "$1:$2"


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


def test_a_page_of_text_in_a_figures_cell_leaves_texts_that_excel_takes() -> None:
    """32,767 characters; a copy with a longer text would be called damaged."""
    prose = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(32_000))
    book = openpyxl.load_workbook(io.BytesIO(broken.good()))
    for row in book[SCORING].iter_rows(min_row=3, max_row=9):
        for cell in row:
            if isinstance(cell.value, int | float):
                cell.value = prose
    saved = io.BytesIO()
    book.save(saved)
    copy = openpyxl.load_workbook(io.BytesIO(annotated_bytes(saved.getvalue()).copy))
    own = [c.value for row in copy["复核意见"].iter_rows() for c in row if isinstance(c.value, str)]
    notes = [c.comment.text for s in copy for row in s.iter_rows() for c in row if c.comment]
    assert max(map(len, own)) < 2000
    assert any("共 32000 字" in note for note in notes)
    assert max(map(len, notes)) < 2000


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.xlsx")), ids=lambda p: p.stem[:2])
def test_the_box_of_every_note_holds_its_text(path: Path) -> None:
    """In 宋体 of 9 points, beside whatever columns and rows the cell has."""
    try:
        copy = Workbook.open(annotated_bytes(path.read_bytes(), path.name).copy)
    except WorkbookError:
        return
    for sheet in map(copy.sheet, copy.sheet_names):
        for text, across, down in _boxes(copy, sheet):
            room = (across - 20) // 6 - 2  # half-width characters of a line, at its strictest
            lines = sum(max(1, -(-display_width(line) // room)) for line in text.split("\n"))
            assert down - 10 >= lines * 16, (sheet.name, text)


def _boxes(copy: Workbook, sheet: Sheet) -> Iterator[tuple[str, int, int]]:
    """Text, width and height (pixels) of each note's box, as Excel reckons it from its anchor."""
    parts = {item.kind: item.part for item in copy.package.relationships(sheet.part)}
    if not parts.get("vmlDrawing") or not parts.get("comments"):
        return
    comments = etree.fromstring(copy.package.read(str(parts["comments"])))
    texts = {node.get("ref"): "".join(node.itertext()) for node in comments.iter("{*}comment")}
    for shape in etree.fromstring(copy.package.read(str(parts["vmlDrawing"]))).iter("{*}shape"):
        said = {node.tag.rpartition("}")[2]: node.text for node in shape.iter()}
        box = [int(number) for number in str(said["Anchor"]).split(",")]
        cell = f"{column_letters(int(str(said['Column'])) + 1)}{int(str(said['Row'])) + 1}"
        across = sum(_across(sheet, n) for n in range(box[0], box[4])) + box[5] - box[1]
        down = sum(_down(sheet, n) for n in range(box[2], box[6])) + box[7] - box[3]
        assert box[5] <= _across(sheet, box[4]), cell
        yield texts[cell], across, down


def _across(sheet: Sheet, column: int) -> int:
    return int(sheet.column_width(column + 1) * 7)


def _down(sheet: Sheet, row: int) -> int:
    return int(sheet.row_heights.get(row + 1, sheet.default_height) * 4 / 3)
