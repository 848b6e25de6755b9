"""Editing: ours is there, theirs is as it was."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from perfeval_xl.ooxml import Border, Editor, Fill, NewSheet, Package, Style, Workbook
from perfeval_xl.ooxml.splices import _SHEET_ORDER
from tests.ooxml import samples
from tests.ooxml.samples import (
    MAIN,
    STRICT_MAIN,
    STRICT_RELATIONS,
    by_hand,
    parts_of,
    sheet_xml,
    zipped,
)

PROGRAMS = {
    "openpyxl": samples.by_openpyxl,
    "xlsxwriter": samples.by_xlsxwriter,
    "by hand": lambda: by_hand(
        '<row r="2" spans="1:2"><c r="A2"><v>1</v></c></row>', before='<dimension ref="A2"/>'
    ),
    "no styles": lambda: by_hand('<row r="2"><c r="A2"><v>1</v></c></row>', styles=None),
    "no rows": lambda: zipped(parts_of(f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>')),
}
FIELDS = ["value", "number_format", "font", "fill", "border", "alignment", "protection"]


def sheet_of(copy: bytes, number: int = 1) -> str:
    return samples.unzipped(copy)[f"xl/worksheets/sheet{number}.xml"].decode()


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_was_there_is_seen_unchanged_by_openpyxl(program: str) -> None:
    data = PROGRAMS[program]()
    before, after = (samples.seen_by_openpyxl(x) for x in (data, samples.annotated(data)))
    assert after.sheetnames == ["复核意见", *before.sheetnames]
    for sheet in before.worksheets:
        ours = after[sheet.title]
        assert set(map(str, sheet.merged_cells.ranges)) <= set(map(str, ours.merged_cells.ranges))
        assert ours.sheet_state == sheet.sheet_state
        assert ours.protection.sheet == sheet.protection.sheet
        assert (ours.print_title_rows, ours.print_area) == (
            sheet.print_title_rows,
            sheet.print_area,
        )
        for row in sheet.iter_rows():
            for cell in row:
                fields = [f for f in FIELDS if (f != "fill" or cell.coordinate != "B2")]
                if program == "no styles":
                    fields.remove("font")  # there was none to keep
                for field in fields:
                    was, now = getattr(cell, field), getattr(ours[cell.coordinate], field)
                    assert repr(now) == repr(was), cell


@pytest.mark.parametrize("program", PROGRAMS)
def test_ours_is_seen_by_openpyxl(program: str) -> None:
    data = PROGRAMS[program]()
    name = Workbook.open(data).sheet_names[0]
    column = max(Workbook.open(data).sheet(name).max_column + 2, 3)
    copy = samples.annotated(data)
    book = samples.seen_by_openpyxl(copy)
    sheet = book[name]
    assert sheet["B2"].fill.fgColor.rgb == "FFFFC7CE"
    assert sheet.cell(2, column).value == "=B2*1"
    assert sheet.cell(3, column).value == "=1+1 不是公式"
    assert sheet.cell(3, column).data_type == "s"
    look = sheet.cell(2, column)
    assert (look.font.name, look.font.sz, look.font.b, look.font.color.rgb) == (
        "宋体",
        9,
        True,
        "FFC00000",
    )
    assert (look.number_format, look.alignment.wrap_text, look.border.left.style) == (
        "0.00",
        True,
        "thin",
    )
    assert sheet.cell(40, column).value == "新行"
    assert "应为 4.5 分" in sheet["B2"].comment.text
    assert sheet.cell(3, column).comment.text == "第二条\n两行"
    assert sheet.row_dimensions[3].height == 48
    letter = sheet.cell(1, column).column_letter
    assert sheet.column_dimensions[letter].width == 33.5
    assert f"{letter}4:{letter}5" in map(str, sheet.merged_cells.ranges)
    assert sheet.cell(2, column).hyperlink.location == f"'{name}'!B2"
    assert any(v.formula1 == '"维持,调整"' for v in sheet.data_validations.dataValidation)
    values = samples.seen_by_openpyxl(copy, data_only=True)
    assert values[name].cell(2, column).value == 4.5
    review = book["复核意见"]
    assert review["B3"].value == "+86-1 电话控制\ufffd符"
    assert (review.print_title_rows, review.print_area) == ("$1:$2", "'复核意见'!$A$1:$C$9")
    assert review.freeze_panes == "B3"
    assert review.page_setup.paperSize == 9
    assert review.page_setup.fitToHeight == 0
    assert review.sheet_properties.pageSetUpPr.fitToPage
    assert "&P" in review.oddFooter.center.text or "第" in review.oddFooter.center.text


@pytest.mark.parametrize("program", ["openpyxl", "xlsxwriter", "no styles", "no rows"])
def test_the_audit_finds_nothing_that_the_input_did_not_have(program: str, tmp_path: Path) -> None:
    data = PROGRAMS[program]()
    assert samples.audit(samples.annotated(data), tmp_path) <= samples.audit(data, tmp_path)


@pytest.mark.parametrize("program", PROGRAMS)
def test_elements_of_the_sheet_stand_in_the_schemas_order(program: str) -> None:
    for name, content in samples.unzipped(samples.annotated(PROGRAMS[program]())).items():
        if name.startswith("xl/worksheets/sheet"):
            tags = [etree.QName(node).localname for node in etree.fromstring(content)]
            ranks = [_SHEET_ORDER.index(tag) for tag in tags if tag in _SHEET_ORDER]
            assert ranks == sorted(ranks), (name, tags)


def test_restyling_keeps_all_else_of_the_style() -> None:
    data = by_hand('<row r="1"><c r="A1" s="2"><v>1</v></c></row>')
    editor = Editor(Workbook.open(data))
    editor.sheet("S1").restyle(
        1, 1, Fill("FFC7CE", "lightUp", "FFFFFF"), Border("C00000", "medium")
    )
    cell = samples.seen_by_openpyxl(editor.to_bytes())["S1"]["A1"]
    assert cell.is_date
    assert cell.alignment.horizontal == "right"
    assert cell.fill.patternType == "lightUp"
    assert cell.border.top.style == "medium"


def test_an_absent_cell_takes_its_rows_or_columns_style_when_restyled() -> None:
    rows = '<row r="1" s="2" customFormat="1"><c r="A1"/></row><row r="2"><c r="A2"/></row>'
    data = by_hand(rows, before='<cols><col min="3" max="5" width="9" style="1"/></cols>')
    editor = Editor(Workbook.open(data))
    editor.sheet("S1").restyle(1, 4, Fill("FFC7CE"))
    editor.sheet("S1").restyle(2, 4, Fill("FFC7CE"))
    sheet = samples.seen_by_openpyxl(editor.to_bytes())["S1"]
    assert sheet["D1"].alignment.horizontal == "right"
    assert sheet["D2"].number_format == "0.0%"


def test_equal_styles_are_appended_once() -> None:
    data = by_hand("".join(f'<row r="{r}"><c r="A{r}" s="1"/></row>' for r in range(1, 9)))
    editor = Editor(Workbook.open(data))
    for row in range(1, 9):
        editor.sheet("S1").restyle(row, 1, Fill("FFC7CE"))
        editor.sheet("S1").write(row, 3, "x", Style(fill=Fill("FFC7CE")))
    styles = samples.unzipped(editor.to_bytes())["xl/styles.xml"].decode()
    assert '<cellXfs count="5">' in styles
    assert '<fills count="3">' in styles


def test_a_column_leaves_its_range_and_the_others_keep_theirs() -> None:
    data = by_hand(
        "", before='<cols><col min="2" max="6" width="9.5" style="1" hidden="1"/></cols>'
    )
    editor = Editor(Workbook.open(data))
    for column, width in ((1, 5), (4, 30), (9, 12)):
        editor.sheet("S1").set_column_width(column, width)
    xml = sheet_of(editor.to_bytes())
    assert xml[xml.index("<cols>") : xml.index("</cols>") + 7] == (
        '<cols><col min="1" max="1" width="5" customWidth="1"/>'
        '<col min="2" max="3" width="9.5" style="1" hidden="1"/>'
        '<col min="4" max="4" width="30" style="1" hidden="1" customWidth="1"/>'
        '<col min="5" max="6" width="9.5" style="1" hidden="1"/>'
        '<col min="9" max="9" width="12" customWidth="1"/></cols>'
    )


def test_cells_go_to_their_place_and_rows_that_are_absent_are_made() -> None:
    rows = '<row r="2" spans="2:4"><c r="B2"/><c r="D2"/></row><row r="5" ht="20"/>'
    editor = Editor(Workbook.open(by_hand(rows, before='<dimension ref="B2:D5"/>')))
    sheet = editor.sheet("S1")
    for row, column in ((2, 1), (2, 3), (2, 5), (1, 2), (3, 2), (5, 2), (9, 1)):
        sheet.write(row, column, Decimal(row * 10 + column))
    sheet.set_row_height(5, 15)
    sheet.set_row_height(3, 40)
    xml = sheet_of(editor.to_bytes())
    assert re.findall(r'<row r="(\d+)"', xml) == ["1", "2", "3", "5", "9"]
    assert re.findall(r'<c r="(\w+)"', xml) == [
        "B1",
        "A2",
        "B2",
        "C2",
        "D2",
        "E2",
        "B3",
        "B5",
        "A9",
    ]
    assert '<dimension ref="A1:E9"/>' in xml
    assert '<row r="2" spans="1:5">' in xml
    assert '<row r="5" ht="20"><c' in xml
    assert '<row r="3" ht="40" customHeight="1">' in xml


def test_a_formula_of_the_unit_is_not_overwritten() -> None:
    rows = (
        '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c>'
        '<c r="B1"><f t="array" ref="B1:B2">1+1</f><v>2</v></c></row>'
    )
    sheet = Editor(Workbook.open(by_hand(rows))).sheet("S1")
    with pytest.raises(ValueError, match="formula"):
        sheet.write(1, 1, Decimal(1))
    with pytest.raises(ValueError, match="formula"):
        sheet.write(1, 2, Decimal(1), formula="2+2")
    sheet.write(1, 1, Decimal(1), formula="2+2")


def test_numbers_are_written_as_plain_digits() -> None:
    editor = Editor(Workbook.open(by_hand("")))
    sheet = editor.sheet("S1")
    for column, value in enumerate(("4.50", "1E+3", "-0.000001", "1E-30"), 1):
        sheet.write(1, column, Decimal(value))
    with pytest.raises(ValueError, match="finite"):
        sheet.write(2, 1, Decimal("NaN"))
    xml = sheet_of(editor.to_bytes())
    assert re.findall("<v>([^<]*)</v>", xml) == ["4.50", "1000", "-0.000001", "1E-30"]


def test_names_local_to_a_sheet_move_with_it_and_the_new_sheet_is_shown_alone() -> None:
    names = (
        '<definedNames><definedName name="_xlnm.Print_Area" localSheetId="0">S1!$A$1</definedName>'
        '<definedName name="x" localSheetId="1" hidden="1">S2!$A$1</definedName>'
        '<definedName name="全">1</definedName></definedNames>'
    )
    view = '<sheetViews><sheetView tabSelected="1" zoomScale="80" workbookViewId="0"/></sheetViews>'
    views = '<bookViews><workbookView firstSheet="1" activeTab="1"/></bookViews>'
    sheets = [sheet_xml("", before=view), sheet_xml("", before=view.replace("1", "true", 1))]
    data = zipped(parts_of(*sheets, names=names, views=views))
    editor = Editor(Workbook.open(data))
    editor.define_name("当地", "S2!$B$2", sheet="S2")
    editor.add_sheet_first("复核意见", NewSheet())
    copy = editor.to_bytes()
    workbook = Workbook.open(copy)
    assert workbook.sheet_names == ["复核意见", "S1", "S2"]
    assert [(n.name, n.sheet) for n in workbook.defined_names] == [
        ("_xlnm.Print_Area", 1),
        ("x", 2),
        ("全", None),
        ("当地", 2),
    ]
    assert workbook.sheets[0].sheet_id == 3
    parts = samples.unzipped(copy)
    assert b'<workbookView firstSheet="0" activeTab="0"/>' in parts["xl/workbook.xml"]
    assert (
        b"tabSelected" not in parts["xl/worksheets/sheet1.xml"] + parts["xl/worksheets/sheet2.xml"]
    )
    assert b'<sheetView zoomScale="80" workbookViewId="0"/>' in parts["xl/worksheets/sheet1.xml"]
    assert b'tabSelected="1"' in parts["xl/worksheets/sheet3.xml"]


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        ("S1", "S1(2)"),
        ("s1", "s1(2)"),
        ("复核意见", "复核意见"),
        ("a/b:c[d]", "a_b_c_d_"),
        ("长" * 40, "长" * 31),
    ],
)
def test_a_new_sheets_name_is_lawful_and_free(wanted: str, got: str) -> None:
    editor = Editor(Workbook.open(by_hand("")))
    assert editor.add_sheet_first(wanted, NewSheet()) == got
    assert Workbook.open(editor.to_bytes()).sheet_names == [got, "S1"]


def test_a_strict_workbook_stays_strict() -> None:
    xml = sheet_xml('<row r="1"><c r="A1"><v>5</v></c></row>', main=STRICT_MAIN)
    data = zipped(parts_of(xml, main=STRICT_MAIN, relations=STRICT_RELATIONS))
    parts = samples.unzipped(samples.annotated(data))
    for name in ("xl/worksheets/sheet2.xml", "xl/comments1.xml", "xl/sharedStrings.xml"):
        assert STRICT_MAIN.encode() in parts[name]
        assert MAIN.encode() not in parts[name]
    assert b"schemas.openxmlformats.org/officeDocument" not in parts["xl/_rels/workbook.xml.rels"]


def prefixed(xml: str) -> str:
    return (
        xml.replace("</", "\0")
        .replace("<", "<x:")
        .replace("\0", "</x:")
        .replace("xmlns=", "xmlns:x=")
    )


def test_a_prefixed_workbook_is_edited_in_its_prefix() -> None:
    parts = parts_of(
        sheet_xml(
            '<row r="2"><c r="B2" s="1"><v>0.5</v></c></row><row r="3"/>',
            '<cols><col min="1" max="9" width="5"/></cols>',
        ),
        styles=prefixed(samples.STYLES),
        strings=prefixed(samples.strings_xml("<t>x</t>")),
    )
    for name in ("xl/worksheets/sheet1.xml", "xl/workbook.xml"):
        parts[name] = prefixed(str(parts[name]))
    for name in ("[Content_Types].xml", "_rels/.rels", "xl/_rels/workbook.xml.rels"):
        parts[name] = prefixed(str(parts[name]))
    copy = samples.annotated(zipped(parts))
    for name, content in samples.unzipped(copy).items():
        if name in parts:
            assert all(
                etree.QName(n).namespace for n in etree.fromstring(content).iter(etree.Element)
            )
    book = samples.seen_by_openpyxl(copy)
    assert book["S1"]["B2"].number_format == "0.0%"
    assert book["S1"]["B2"].fill.fgColor.rgb == "FFFFC7CE"
    assert book["S1"].cell(3, 4).value == "=1+1 不是公式"


def test_a_sheet_in_utf_16_is_edited_and_comes_back() -> None:
    parts = parts_of(sheet_xml('<row r="2"><c r="B2"><v>7</v></c></row>'))
    parts["xl/worksheets/sheet1.xml"] = str(parts["xl/worksheets/sheet1.xml"]).encode("utf-16")
    data = zipped(parts)
    copy = samples.annotated(data)
    assert samples.seen_by_openpyxl(copy)["S1"]["B2"].value == 7
    from perfeval_xl.ooxml import restore

    assert restore(copy) == data


def test_new_elements_keep_clear_of_wrapped_controls() -> None:
    wrapped = (
        '<pageMargins left="1" right="1" top="1" bottom="1" header="1" footer="1"/><drawing r:id="rId1"/>'
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        '<mc:Choice Requires="x14"><controls><control shapeId="1" r:id="rId2"/></controls></mc:Choice>'
        "</mc:AlternateContent><extLst/>"
    )
    xml = sheet_xml('<row r="2"/>', after=wrapped).replace(
        "<worksheet ", f'<worksheet xmlns:r="{samples.RELATIONS}" '
    )
    copy = sheet_of(samples.annotated(zipped(parts_of(xml))))
    assert copy.index("<hyperlinks") < copy.index("<pageMargins")
    assert copy.index("<drawing") < copy.index("<legacyDrawing") < copy.index("<mc:Alternate")


def test_existing_lists_are_appended_to() -> None:
    after = (
        '<mergeCells count="1"><mergeCell ref="A9:B9"/></mergeCells>'
        '<conditionalFormatting sqref="A1"><cfRule type="expression" priority="7">'
        "<formula>1</formula></cfRule></conditionalFormatting>"
        '<dataValidations count="1"><dataValidation type="list" sqref="A1">'
        '<formula1>"a"</formula1></dataValidation></dataValidations>'
        '<hyperlinks><hyperlink ref="A1" location="S1!A1"/></hyperlinks>'
    )
    copy = sheet_of(
        samples.annotated(by_hand('<row r="2"><c r="A2"><v>1</v></c></row>', after=after))
    )
    assert '<mergeCells count="2"><mergeCell ref="A9:B9"/><mergeCell ref="C4:C5"/>' in copy
    assert 'priority="8"' in copy
    assert '<dataValidations count="2">' in copy
    assert copy.count("<hyperlink ") == 2
    assert copy.count("<hyperlinks>") == 1


def test_every_edited_part_is_the_old_one_with_our_pieces_put_in() -> None:
    data = samples.by_xlsxwriter()
    workbook = Workbook.open(data)
    editor = samples.annotate(workbook)
    after = samples.unzipped(editor.to_bytes())
    for part in editor.log.parts_changed:
        before = workbook.package.original(part)
        finished, undo = _finished(data)[part]
        assert finished == after[part]
        pieces, position = [], 0
        for at, length, was in undo:
            pieces += [finished[position:at], was]
            position = at + length
        assert b"".join([*pieces, finished[position:]]) == before
        assert sum(len(was) for _, _, was in undo) < 120, part


def _finished(data: bytes) -> dict[str, tuple[bytes, list[tuple[int, int, bytes]]]]:
    editor = samples.annotate(Workbook.open(data))
    kept: dict[str, tuple[bytes, list[tuple[int, int, bytes]]]] = {}
    original = editor.changes.finish

    def finish() -> dict[str, tuple[bytes, list[tuple[int, int, bytes]]]]:
        kept.update(original())
        return kept

    editor.changes.finish = finish  # type: ignore[method-assign]
    editor.to_bytes()
    return kept


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_log_names_all_parts_before_they_are_written(program: str) -> None:
    data = PROGRAMS[program]()
    editor = samples.annotate(Workbook.open(data))
    log = editor.log
    before, after = samples.unzipped(data), samples.unzipped(editor.to_bytes())
    assert set(log.parts_added) == set(after) - set(before)
    assert set(log.parts_changed) >= {part for part in before if before[part] != after[part]}
    assert [ref.address for ref in log.cells_restyled] == ["B2"]
    assert len(log.cells_written) == 3
    assert len(log.notes) == 2


def test_a_chart_sheet_or_unknown_sheet_cannot_be_edited() -> None:
    editor = Editor(Workbook.open(samples.by_xlsxwriter()))
    for name in ("图表", "无"):
        with pytest.raises(KeyError):
            editor.sheet(name)


def test_signatures_and_calculation_order_are_left_alone() -> None:
    parts = parts_of(sheet_xml('<row r="2"><c r="A2"><f>1</f><v>1</v></c></row>'))
    parts["xl/calcChain.xml"] = f'<calcChain xmlns="{MAIN}"><c r="A2" i="1"/></calcChain>'
    parts["_xmlsignatures/sig1.xml"] = "<s/>"
    data = zipped(parts)
    before, after = Package.open(data), Package.open(samples.annotated(data))
    for part in ("xl/calcChain.xml", "_xmlsignatures/sig1.xml"):
        assert before.raw(part) == after.raw(part)


@pytest.mark.libreoffice
def test_libreoffice_opens_the_copy_and_finds_values_notes_and_sheets() -> None:
    copy = samples.annotated(samples.by_libreoffice(samples.by_openpyxl()))
    book = samples.seen_by_openpyxl(samples.by_libreoffice(copy))
    assert book.sheetnames == ["复核意见", "附件2-1 基础数据表", "附件2-2 自评表"]
    sheet = book["附件2-1 基础数据表"]
    assert sheet["H3"].value == "=1+1 不是公式"
    assert "单位的批注" in sheet["B5"].comment.text
    assert "应为 4.5 分" in sheet["B2"].comment.text
    assert book["复核意见"]["A1"].value == "复核意见"
