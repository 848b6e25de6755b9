"""Notes: ours beside and below the unit's own."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from perfeval_xl.labels import display_width
from perfeval_xl.ooxml import Editor, Workbook
from perfeval_xl.ooxml.notes import text_lines
from tests.ooxml import samples
from tests.ooxml.samples import MAIN, RELATIONS, parts_of, sheet_xml, zipped

PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
OWN = (
    f'<comments xmlns="{MAIN}"><authors><author>张三</author><author>tc={{7}}</author></authors><commentList>'
    '<comment ref="A1" authorId="0"><text><t>单位说明</t><rPh sb="0" eb="1"><t>x</t></rPh></text></comment>'
    '<comment ref="B1" authorId="1"><text><t>[线程批注]</t></text></comment>'
    "</commentList></comments>"
)


def with_comments(comments: str = OWN, drawing: str | None = None, threads: str = "") -> bytes:
    """A sheet with a comments part, and a drawing part if given."""
    after = f'<legacyDrawing xmlns:r="{RELATIONS}" r:id="rId2"/>' if drawing else ""
    parts = parts_of(sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>', after=after))
    links = f'<Relationship Id="rId1" Type="{RELATIONS}/comments" Target="../comments1.xml"/>'
    if drawing:
        kind = f"{RELATIONS}/vmlDrawing"
        links += f'<Relationship Id="rId2" Type="{kind}" Target="../drawings/vmlDrawing1.vml"/>'
        parts["xl/drawings/vmlDrawing1.vml"] = drawing
    if threads:
        kind = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
        links += f'<Relationship Id="rId3" Type="{kind}" Target="../threadedComments/t1.xml"/>'
        parts["xl/threadedComments/t1.xml"] = threads
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = (
        f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>'
    )
    parts["xl/comments1.xml"] = comments
    return zipped(parts)


def noted(data: bytes, *notes: tuple[int, int, str]) -> tuple[dict[str, bytes], list[bool]]:
    editor = Editor(Workbook.open(data), "复核")
    sheet = editor.sheet(editor.workbook.sheet_names[0])
    done = [sheet.note(*note) for note in notes]
    return samples.unzipped(editor.to_bytes()), done


def test_a_units_note_keeps_its_text_and_author_and_ours_follows() -> None:
    parts, _ = noted(with_comments(), (1, 1, "复核说明"), (2, 2, "新的"))
    comments = etree.fromstring(parts["xl/comments1.xml"])
    space = {"m": MAIN}
    assert comments.xpath("m:authors/m:author/text()", namespaces=space) == [
        "张三",
        "tc={7}",
        "复核",
    ]
    first = comments.xpath("//m:comment[@ref='A1']", namespaces=space)[0]
    assert first.get("authorId") == "0"
    text = first[0]
    assert [etree.QName(node).localname for node in text] == ["t", "r", "rPh"]
    assert text.xpath("m:t/text() | m:r/m:t/text()", namespaces=space) == ["单位说明", "\n复核说明"]
    assert comments.xpath("//m:comment[@ref='B2']/@authorId", namespaces=space) == ["2"]


def test_a_threaded_comment_is_left_alone() -> None:
    parts, done = noted(with_comments(), (1, 2, "复核说明"))
    assert done == [False]
    assert parts["xl/comments1.xml"].decode() == OWN
    threads = (
        '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
        '<threadedComment ref="A1" id="{1}"><text>x</text></threadedComment></ThreadedComments>'
    )
    _, done = noted(with_comments(threads=threads), (1, 1, "复核说明"), (3, 1, "另一处"))
    assert done == [False, True]


def test_new_boxes_get_ids_of_their_own_in_the_units_drawing() -> None:
    drawing = (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shapetype id="_x0000_t202"/>'
        '<v:shape id="_x0000_s1031" type="#_x0000_t202"/><v:shape id="_x0000_s1025"/></xml>'
    )
    parts, _ = noted(with_comments(drawing=drawing), (1, 1, "旧"), (4, 4, "新"), (5, 4, "新"))
    changed = parts["xl/drawings/vmlDrawing1.vml"].decode()
    assert changed.startswith(drawing[:-6])
    assert re.findall(r"_x0000_s(\d+)", changed) == ["1031", "1025", "1032", "1033"]
    assert changed.count("<x:Row>") == 2
    etree.fromstring(changed)


def test_comments_without_a_drawing_all_get_boxes() -> None:
    parts, _ = noted(with_comments(), (4, 4, "新"))
    drawing = parts["xl/drawings/vmlDrawing1.vml"].decode()
    rows = re.findall(r"<x:Row>(\d+)</x:Row><x:Column>(\d+)", drawing)
    assert rows == [("0", "0"), ("0", "1"), ("3", "3")]
    assert "<legacyDrawing" in parts["xl/worksheets/sheet1.xml"].decode()


def test_several_notes_on_one_cell_become_one() -> None:
    parts, _ = noted(samples.by_hand(""), (1, 1, "甲"), (1, 1, "乙"))
    assert parts["xl/comments1.xml"].decode().count("<comment ") == 1
    assert "甲\n乙" in parts["xl/comments1.xml"].decode()


def test_a_header_picture_keeps_its_own_drawing() -> None:
    data = samples.by_xlsxwriter()
    parts, _ = noted(data, (3, 3, "新"))
    before = samples.unzipped(data)
    pictured = [
        name for name in before if name.endswith(".vml") and b"msgothic" not in before[name]
    ]
    changed = [name for name in pictured if parts[name] != before[name]]
    assert len(changed) == 1
    assert b"<x:Row>" in parts[changed[0]]
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert sheet.count(b"<legacyDrawing ") == 1
    assert sheet.count(b"<legacyDrawingHF ") == 1


def test_hostile_text_is_only_text() -> None:
    parts, _ = noted(samples.by_hand(""), (1, 1, '</t></text>&"\x00\u202e=1'))
    comments = etree.fromstring(parts["xl/comments1.xml"])
    assert "".join(comments.itertext()).endswith('</t></text>&"\u202e=1')


@pytest.mark.parametrize(
    ("text", "lines"), [("短", 1), ("字" * 18, 1), ("字" * 19, 2), ("a\n\nb", 3), ("x" * 81, 3)]
)
def test_lines_are_counted_for_the_size_of_the_box(text: str, lines: int) -> None:
    assert text_lines(text) == lines


def _box(parts: dict[str, bytes]) -> tuple[int, int, int, int, int, int, int, int]:
    """Left column, offset, top row, offset, right column, offset, bottom row, offset; from 0."""
    found = re.findall(rb"<x:Anchor>([^<]+)</x:Anchor>", parts["xl/drawings/vmlDrawing1.vml"])
    numbers = [int(number) for number in found[-1].split(b",")]
    return tuple(numbers)  # type: ignore[return-value]


def _size(
    box: tuple[int, int, int, int, int, int, int, int],
    columns: dict[int, int],
    rows: dict[int, int],
) -> tuple[int, int]:
    """Pixels across and down, columns and rows not named being 64 and 20."""
    across = sum(columns.get(n, 64) for n in range(box[0], box[4])) + box[5] - box[1]
    down = sum(rows.get(n, 20) for n in range(box[2], box[6])) + box[7] - box[3]
    return across, down


@pytest.mark.parametrize("text", ["字" * 200, "数字38人，" * 33, "一行\n" * 9, "x" * 400])
def test_a_box_holds_a_long_note_with_a_line_to_spare(text: str) -> None:
    """宋体 of 9 points: 12 pixels a character and at most 16 a line; 10 pixels of margin each way.

    Counted as Word breaks lines at its strictest: one character less goes on a line.
    """
    parts, _ = noted(samples.by_hand(""), (5, 2, text))
    across, down = _size(_box(parts), {}, {})
    room = (across - 20) // 6 - 2
    lines = sum(max(1, -(-display_width(line) // room)) for line in text.split("\n"))
    assert down - 20 >= lines * 16


@pytest.mark.parametrize("width", [3.0, 8.0, 20.0, 45.0, 120.0])
def test_a_box_is_as_wide_beside_narrow_columns_as_beside_wide_ones(width: float) -> None:
    cols = f'<cols><col min="1" max="40" width="{width}" customWidth="1"/></cols>'
    parts, _ = noted(samples.by_hand("", before=cols), (5, 2, "字" * 200))
    across, _ = _size(_box(parts), dict.fromkeys(range(200), int(width * 7)), {})
    assert 255 <= across <= 265


def test_a_box_beside_a_tall_row_is_as_high_as_its_text() -> None:
    row = '<row r="5" ht="400" customHeight="1"/>'
    parts, _ = noted(samples.by_hand(row), (5, 2, "字" * 500))
    _, down = _size(_box(parts), {}, {4: 533})
    assert down >= 29 * 16 + 20


def test_hidden_columns_and_rows_take_nothing_of_a_box() -> None:
    cols = '<cols><col min="3" max="4" width="9" hidden="1" customWidth="1"/></cols>'
    rows = '<row r="5" hidden="1"/><row r="6" hidden="1"/>'
    parts, _ = noted(samples.by_hand(rows, before=cols), (4, 2, "字" * 200))
    across, down = _size(_box(parts), {2: 0, 3: 0}, {4: 0, 5: 0})
    assert across >= 255
    assert down >= 13 * 16 + 20


def test_a_box_reckons_with_the_columns_that_we_make_narrower() -> None:
    editor = Editor(Workbook.open(samples.by_hand("")), "复核")
    sheet = editor.sheet("S1")
    sheet.note(5, 2, "字" * 200)
    for column in range(3, 9):
        sheet.set_column_width(column, 4)
    parts = samples.unzipped(editor.to_bytes())
    across, _ = _size(_box(parts), dict.fromkeys(range(2, 8), 28), {})
    assert across >= 255


def test_columns_of_a_small_font_are_narrower() -> None:
    """In 9 points a digit has 6 pixels: the box reaches over more columns."""
    parts = samples.unzipped(samples.by_hand(""))
    styles = parts["xl/styles.xml"].replace(b'<sz val="11"/>', b'<sz val="9"/>')
    small, _ = noted(samples.zipped({**parts, "xl/styles.xml": styles}), (5, 2, "字" * 200))
    across, _ = _size(_box(small), dict.fromkeys(range(40), 50), {})
    assert across >= 255
