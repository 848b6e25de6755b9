"""Reading: what every program wrote is read as it stands, fast or slow."""

from __future__ import annotations

import datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.ooxml import Cell, Limits, Sheet, Workbook
from perfeval_xl.ooxml.refs import column_number, moved_formula, overlapping, parse_range
from perfeval_xl.ooxml.scan import read_sheet
from tests.ooxml import samples
from tests.ooxml.samples import MAIN, STRICT_MAIN, STRICT_RELATIONS, by_hand, sheet_xml

PROGRAMS = {"openpyxl": samples.by_openpyxl, "xlsxwriter": samples.by_xlsxwriter}


def only(data: bytes) -> Sheet:
    return Workbook.open(data).sheet("S1")


def both_ways(workbook: Workbook, name: str) -> tuple[Sheet, Sheet]:
    info = workbook.info(name)
    content = workbook.package.original(info.part)
    limits = Limits()
    fast = read_sheet(name, info.part, content, workbook.strings, limits)
    return fast, read_sheet(name, info.part, content, workbook.strings, limits, slow=True)


def assert_same(fast: Sheet, slow: Sheet) -> None:
    assert fast.cells == slow.cells
    assert fast.merges == slow.merges
    assert fast.children == slow.children
    assert fast.columns == slow.columns
    assert (fast.row_heights, fast.hidden_rows) == (slow.row_heights, slow.hidden_rows)
    assert {row: fast.places(row) for row in fast.rows} == {
        row: slow.places(row) for row in slow.rows
    }
    for row in slow.rows:
        for place in slow.places(row):
            assert fast.place(row, place.column) == place


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_fast_and_the_slow_reader_agree(program: str) -> None:
    workbook = Workbook.open(PROGRAMS[program]())
    for info in workbook.sheets:
        if info.kind == "worksheet":
            assert_same(*both_ways(workbook, info.name))


@pytest.mark.parametrize("program", PROGRAMS)
def test_values_are_those_that_openpyxl_sees(program: str) -> None:
    data = PROGRAMS[program]()
    ours = Workbook.open(data)
    theirs = samples.seen_by_openpyxl(data, data_only=True)
    for sheet in theirs.worksheets:
        cells = ours.sheet(sheet.title).cells
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    assert_value(cells[cell.row, cell.column], cell.value)
        assert {str(area) for area in sheet.merged_cells.ranges} == {
            samples_range(area) for area in ours.sheet(sheet.title).merges
        }


def samples_range(area: tuple[int, int, int, int]) -> str:
    return (
        openpyxl.utils.get_column_letter(area[1])
        + f"{area[0]}:"
        + (openpyxl.utils.get_column_letter(area[3]) + str(area[2]))
    )


def assert_value(cell: Cell, value: object) -> None:
    if isinstance(value, bool):
        assert (cell.kind, cell.raw) == ("boolean", str(int(value)))
    elif isinstance(value, datetime.datetime):
        assert float(cell.raw) == (value - datetime.datetime(1899, 12, 30)).days
    elif isinstance(value, int | float):
        assert cell.kind == "number"
        assert float(cell.raw) == value
    else:
        assert cell.raw == value


def test_sheets_come_in_tab_order_with_state_and_kind() -> None:
    workbook = Workbook.open(samples.by_xlsxwriter())
    assert [(s.name, s.state, s.kind) for s in workbook.sheets] == [
        ("自评表", "visible", "worksheet"),
        ("清单", "visible", "worksheet"),
        ("隐藏", "hidden", "worksheet"),
        ("图表", "visible", "chartsheet"),
    ]
    assert workbook.sheet("图表").cells == {}
    assert {(n.name, n.sheet) for n in workbook.defined_names} == {("合计", None), ("局部", 1)}


def test_rich_text_is_plain_and_percent_and_date_are_told_by_format() -> None:
    workbook = Workbook.open(samples.by_xlsxwriter())
    sheet = workbook.sheet("自评表")
    assert sheet.cells[1, 1].raw == "部门整体支出"
    assert sheet.cells[2, 1].raw == "“三公”经费 & <控制>"
    styles = workbook.styles
    assert styles.is_percent(sheet.cells[2, 2].style)
    assert styles.is_date(sheet.cells[2, 3].style)
    assert not styles.is_date(sheet.cells[2, 2].style)
    assert sheet.cells[2, 4] == Cell(2, 4, "number", "1.9", 0, "B2*2", True)
    assert sheet.cells[2, 5].raw == "甲乙"
    assert sheet.cells[2, 7].kind == "error"
    assert sheet.is_protected
    assert sheet.hidden_rows == {7}
    assert sheet.row_heights[2] == 30
    assert sheet.column_width(3) == pytest.approx(14.7109375)


def test_every_type_of_cell_is_read() -> None:
    rows = (
        '<row r="2"><c r="A2"><v>297.360000000001</v></c><c r="B2" t="s"><v>1</v></c>'
        '<c r="C2" t="str"><f>"a"</f><v>a</v></c><c r="D2" t="b"><v>1</v></c>'
        '<c r="E2" t="e"><v>#N/A</v></c><c r="F2" t="d"><v>2021-03-04</v></c>'
        '<c r="G2" t="inlineStr"><is><t xml:space="preserve"> 内 </t></is></c>'
        '<c r="H2"><f>A2+1</f></c><c r="I2" s="1"/><c r="J2"><v></v></c></row>'
    )
    strings = samples.strings_xml("<t>零</t>", "<r><t>甲</t></r><rPh sb='0' eb='1'><t>x</t></rPh>")
    sheet = only(by_hand(rows, strings=strings))
    kinds = {column: (cell.kind, cell.raw) for (_, column), cell in sheet.cells.items()}
    assert kinds == {
        1: ("number", "297.360000000001"),
        2: ("text", "甲"),
        3: ("text", "a"),
        4: ("boolean", "1"),
        5: ("error", "#N/A"),
        6: ("text", "2021-03-04"),
        7: ("text", " 内 "),
        8: ("blank", ""),
    }
    assert not sheet.cells[2, 8].cached
    assert sheet.style_of(2, 9) == 1
    assert (sheet.max_row, sheet.max_column) == (2, 8)


def test_escapes_become_characters_and_lone_surrogates_do_not_pass() -> None:
    strings = samples.strings_xml("<t>a_x000D_b_x005F_x0041_</t>", "<t>_xD83D__xDE00_ _xD800_</t>")
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
    sheet = only(by_hand(rows, strings=strings))
    assert sheet.cells[1, 1].raw == "a\rb_x0041_"
    assert sheet.cells[1, 2].raw == "😀 \ufffd"


def test_rows_and_cells_without_numbers_are_read_by_position() -> None:
    rows = '<row><c><v>1</v></c><c><v>2</v></c></row><row r="5"><c r="C5"><v>3</v></c><c><v>4</v></c></row>'
    cells = only(by_hand(rows)).cells
    assert {key: cell.raw for key, cell in cells.items()} == {
        (1, 1): "1",
        (1, 2): "2",
        (5, 3): "3",
        (5, 4): "4",
    }


def test_rows_out_of_order_are_read_right() -> None:
    rows = '<row r="9"><c r="A9"><v>9</v></c></row>'
    rows += '<row r="2"><c r="B2"><v>2</v></c><c r="A2"><v>1</v></c></row>'
    sheet = only(by_hand(rows))
    assert {key: cell.raw for key, cell in sheet.cells.items()} == {
        (9, 1): "9",
        (2, 2): "2",
        (2, 1): "1",
    }


def test_a_wrong_dimension_is_not_believed() -> None:
    rows = '<row r="41"><c r="C41"><v>9</v></c></row>'
    sheet = only(by_hand(rows, before='<dimension ref="A1"/>'))
    assert (sheet.max_row, sheet.max_column) == (41, 3)


def test_a_shared_formula_is_given_for_the_cell_it_stands_in() -> None:
    rows = (
        '<row r="1"><c r="B1"><f t="shared" ref="B1:B3" si="0">SUM(A1:$A$9)&amp;"A1"</f><v>1</v></c></row>'
        '<row r="3"><c r="B3"><f t="shared" si="0"/><v>1</v></c></row>'
    )
    cells = only(by_hand(rows)).cells
    assert cells[1, 2].formula == 'SUM(A1:$A$9)&"A1"'
    assert cells[3, 2].formula == 'SUM(A3:$A$9)&"A1"'


@pytest.mark.parametrize(
    ("formula", "moved"),
    [
        ("A1", "B3"),
        ("$A1", "$A3"),
        ("A$1", "B$1"),
        ("'A1 表'!A1+LOG10(A1)", "'A1 表'!B3+LOG10(B3)"),
        ("A:A", "B:B"),
        ("1:$2", "3:$2"),
        ('"A1"&A1', '"A1"&B3'),
        ("表1[A1]+XFD1", "表1[A1]+#REF!3"),
        ("A1B+率1", "A1B+率1"),
    ],
)
def test_a_formula_moves_with_its_cell(formula: str, moved: str) -> None:
    assert moved_formula(formula, 2, 1) == moved


UNUSUAL = {
    "prefix": lambda xml: (
        xml.replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x=")
    ),
    "comment": lambda xml: xml.replace("<sheetData>", "<!-- <row r='7'> --><sheetData>"),
    "cdata": lambda xml: xml.replace("<v>1.5</v>", "<v><![CDATA[1.5]]></v>"),
    "quotes": lambda xml: xml.replace('"', "'"),
    "utf-16": lambda xml: xml.encode("utf-16"),
    "utf-16 declared": lambda xml: ('<?xml version="1.0" encoding="UTF-16"?>' + xml).encode(
        "utf-16"
    ),
    "gbk": lambda xml: ('<?xml version="1.0" encoding="gbk"?>' + xml).encode("gbk"),
    "bom": lambda xml: b"\xef\xbb\xbf" + xml.encode(),
    "spaces": lambda xml: (
        xml.replace("<row", "\n <row").replace("<c ", "\n  <c ").replace("</row>", "\n </row>")
    ),
    "greater sign": lambda xml: xml.replace('<row r="2"', '<row r="2" x="a>b"'),
}


@pytest.mark.parametrize("way", UNUSUAL)
def test_unusual_xml_reads_the_same(way: str) -> None:
    rows = (
        '<row r="2" ht="30"><c r="A2" s="1"><v>1.5</v></c><c r="B2" t="inlineStr"><is><t>经费</t></is></c>'
        '</row><row r="3"><c r="C3" s="2"/></row>'
    )
    plain = sheet_xml(
        rows,
        '<cols><col min="2" max="3" width="9"/></cols>',
        '<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>',
    )
    parts = samples.parts_of(plain)
    expected = only(samples.zipped(parts))
    parts["xl/worksheets/sheet1.xml"] = UNUSUAL[way](plain)
    sheet = only(samples.zipped(parts))
    assert (
        sheet.cells
        == expected.cells
        == {
            (2, 1): Cell(2, 1, "number", "1.5", 1),
            (2, 2): Cell(2, 2, "text", "经费", 0),
        }
    )
    assert sheet.merges == [(2, 1, 3, 1)]
    assert sheet.row_heights == {2: 30}
    assert sheet.style_of(3, 3) == 2
    assert sheet.columns == expected.columns


def test_a_strict_workbook_is_read() -> None:
    xml = sheet_xml('<row r="1"><c r="A1"><v>5</v></c></row>', main=STRICT_MAIN)
    parts = samples.parts_of(xml, main=STRICT_MAIN, relations=STRICT_RELATIONS)
    workbook = Workbook.open(samples.zipped(parts))
    assert workbook.is_strict
    assert workbook.sheet("S1").cells[1, 1].raw == "5"


@pytest.mark.parametrize("kind", ["sheet.macroEnabled.main+xml", "template.main+xml"])
def test_macro_workbooks_and_templates_open(kind: str) -> None:
    parts = samples.parts_of(sheet_xml(""))
    types = str(parts["[Content_Types].xml"])
    parts["[Content_Types].xml"] = types.replace("sheet.main+xml", kind)
    assert Workbook.open(samples.zipped(parts)).sheet_names == ["S1"]


def test_an_absolute_relation_and_a_name_in_other_case_are_found() -> None:
    parts = samples.parts_of(sheet_xml('<row r="1"><c r="A1"><v>5</v></c></row>'))
    rels = str(parts["xl/_rels/workbook.xml.rels"])
    parts["xl/_rels/workbook.xml.rels"] = rels.replace("worksheets/sheet1", "/XL/Worksheets/sheet1")
    assert Workbook.open(samples.zipped(parts)).sheet("S1").cells[1, 1].raw == "5"


def test_a_workbook_of_1904_says_so() -> None:
    parts = samples.parts_of(sheet_xml(""), views='<workbookPr date1904="1"/>')
    assert Workbook.open(samples.zipped(parts)).date1904


@pytest.mark.parametrize(
    ("code", "percent", "date"),
    [
        ("0.00%", True, False),
        ('0"%"', False, False),
        ("[Red]0.0", False, False),
        ("[$-804]yyyy年m月d日", False, True),
        ("[h]:mm", False, True),
        ('"年"0', False, False),
        ("General", False, False),
        ("@", False, False),
    ],
)
def test_percent_and_date_are_told_from_the_code(code: str, percent: bool, date: bool) -> None:
    styles = samples.STYLES.replace("0.0%", code.replace('"', "&quot;"))
    read = Workbook.open(by_hand("", styles=styles)).styles
    assert (read.is_percent(1), read.is_date(1)) == (percent, date)
    assert read.is_date(2)


def test_columns_and_ranges_are_counted_from_one() -> None:
    assert [column_number(x) for x in ("A", "Z", "AA", "XFD")] == [1, 26, 27, 16384]
    assert parse_range("$C$9:B2") == (2, 2, 9, 3)
    assert parse_range("XFE1") is None


@given(st.lists(st.tuples(*[st.integers(1, 12)] * 4), max_size=8))
@settings(max_examples=200, deadline=None)
def test_the_sweep_finds_an_overlap_when_two_ranges_share_a_cell(
    corners: list[tuple[int, int, int, int]],
) -> None:
    areas = [(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in corners]
    seen: set[tuple[int, int]] = set()
    clash = False
    for area in areas:
        cells = {(r, c) for r in range(area[0], area[2] + 1) for c in range(area[1], area[3] + 1)}
        clash = clash or bool(seen & cells)
        seen |= cells
    assert (overlapping(areas) is not None) == clash


_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=8)


@given(st.dictionaries(st.tuples(st.integers(1, 9), st.integers(1, 30)), _text, max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_text_written_by_us_is_read_back_by_both_readers(
    texts: dict[tuple[int, int], str],
) -> None:
    workbook = Workbook.open(by_hand("", strings=samples.strings_xml("<t>x</t>")))
    editor = samples.Editor(workbook)
    for (row, column), text in texts.items():
        editor.sheet("S1").write(row, column, text)
    copy = Workbook.open(editor.to_bytes())
    fast, slow = both_ways(copy, "S1")
    assert_same(fast, slow)
    expected = {key: _as_stored(text) for key, text in texts.items()}
    assert {k: c.raw for k, c in fast.cells.items()} == {k: t for k, t in expected.items() if t}


def _as_stored(text: str) -> str:
    kept = "".join(c for c in text if c >= " " or c in "\t\n")
    return "".join("\ufffd" if c in "\ufffe\uffff" else c for c in kept)


@pytest.mark.libreoffice
def test_what_libreoffice_saved_is_read_the_same() -> None:
    before = Workbook.open(samples.by_openpyxl())
    after = Workbook.open(samples.by_libreoffice(samples.by_openpyxl()))
    for name in before.sheet_names:
        assert_same(*both_ways(after, name))
        was = {k: c.raw for k, c in before.sheet(name).cells.items() if c.formula is None}
        now = {k: c.raw for k, c in after.sheet(name).cells.items() if c.formula is None}
        assert was == now
    assert MAIN in after.root.space
