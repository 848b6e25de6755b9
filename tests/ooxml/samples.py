"""Workbooks as other programs write them, and by hand where the mechanism must show."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import warnings
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openxml_audit import OpenXmlValidator

from perfeval_xl.ooxml import (
    Border,
    Editor,
    Fill,
    NewSheet,
    PrintSetup,
    Style,
    Validation,
    Workbook,
)
from perfeval_xl.ooxml import Font as OurFont

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."

STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="170" formatCode="0.0%"/>'
    '</numFmts><fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="170" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0">'
    '<alignment horizontal="right"/></xf></cellXfs></styleSheet>'
)


def zipped(parts: dict[str, str | bytes], **options: int) -> bytes:
    """A zip of these parts in this order."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", options.get("method", zipfile.ZIP_DEFLATED)) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    """Content of each member."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def parts_of(
    *sheets: str,
    strings: str | None = None,
    styles: str | None = STYLES,
    main: str = MAIN,
    relations: str = RELATIONS,
    names: str = "",
    views: str = "",
) -> dict[str, str | bytes]:
    """Parts of a hand-made workbook whose sheets S1, S2 … have this XML."""
    related = [
        (f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)
    ]
    if strings is not None:
        related.append(("rId90", "sharedStrings", "sharedStrings.xml"))
    if styles is not None:
        related.append(("rId91", "styles", "styles.xml"))
    tabs = "".join(
        f'<sheet name="S{n}" sheetId="{n}" r:id="rId{n}"/>' for n in range(1, len(sheets) + 1)
    )
    links = "".join(
        f'<Relationship Id="{i}" Type="{relations}/{kind}" Target="{target}"/>'
        for i, kind, target in related
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    overrides = "".join(
        f'<Override PartName="/xl/{target}" ContentType="{_TYPE}{kind}+xml"/>'
        for _, kind, target in related
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}sheet.main+xml"/>{overrides}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}">{views}'
        f"<sheets>{tabs}</sheets>{names}</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{links}'
        "</Relationships>",
    }
    for number, sheet in enumerate(sheets, 1):
        parts[f"xl/worksheets/sheet{number}.xml"] = sheet
    if strings is not None:
        parts["xl/sharedStrings.xml"] = strings
    if styles is not None:
        parts["xl/styles.xml"] = styles.replace(MAIN, main)
    return parts


def sheet_xml(rows: str, before: str = "", after: str = "", main: str = MAIN) -> str:
    """A worksheet with these rows."""
    return f'<worksheet xmlns="{main}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def strings_xml(*items: str) -> str:
    """Shared strings from the inner XML of each item."""
    return f'<sst xmlns="{MAIN}">{"".join(f"<si>{item}</si>" for item in items)}</sst>'


def by_hand(rows: str, before: str = "", after: str = "", **options: str | None) -> bytes:
    """A one-sheet workbook with these rows."""
    return zipped(parts_of(sheet_xml(rows, before, after), **options))  # type: ignore[arg-type]


def by_openpyxl() -> bytes:
    """Two sheets with texts, numbers, merges, notes, print set-up and names."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "附件2-1 基础数据表"
    for row in range(1, 13):
        for column in range(1, 7):
            sheet.cell(row, column, f"指标{row}.{column}" if column % 2 else row * 1.5)
    sheet.merge_cells("A1:F1")
    sheet["B3"].font = Font(bold=True, color="FF0000FF")
    sheet["B4"].fill = PatternFill("solid", fgColor="FFFFFF00")
    sheet["B5"].comment = Comment("单位的批注", "张三")
    sheet["C6"] = "=SUM(B2:B5)"
    sheet.print_title_rows = "1:2"
    second = book.create_sheet("附件2-2 自评表")
    second["A1"] = "自评得分"
    second["B2"] = 5
    second.print_area = "A1:D9"
    second.sheet_view.tabSelected = True
    second.column_dimensions.group("B", "E", hidden=False)
    second.column_dimensions["B"].width = 20
    book.active = 1
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def by_xlsxwriter() -> bytes:
    """Rich strings, notes, a picture, a chart, a table, validation, conditions, protection."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("自评表")
    red, percent = book.add_format({"font_color": "red"}), book.add_format({"num_format": "0.00%"})
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_rich_string("A1", "部门", red, "整体", "支出")
    sheet.write("A2", "“三公”经费 & <控制>")
    sheet.write("B2", 0.95, percent)
    sheet.write("C2", 44197, date)
    sheet.write_formula("D2", "=B2*2", None, 1.9)
    sheet.write_formula("E2", '="甲"&"乙"', None, "甲乙")
    sheet.write_boolean("F2", True)
    sheet.write_formula("G2", "=1/0", None, "#DIV/0!")
    sheet.merge_range("A4:C5", "合并", red)
    sheet.write_comment("B2", "单位自己的批注", {"author": "李四"})
    sheet.insert_image("H2", "印章.png", {"image_data": io.BytesIO(_picture())})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=自评表!$B$2:$B$3"})
    sheet.insert_chart("J2", chart)
    sheet.insert_textbox("J20", "文本框")
    sheet.data_validation("B8", {"validate": "list", "source": ["是", "否"]})
    sheet.conditional_format("B2:B9", {"type": "data_bar", "data_bar_2010": True})
    sheet.conditional_format("D2:D9", {"type": "cell", "criteria": ">", "value": 1, "format": red})
    sheet.write_url("A9", "internal:'自评表'!B2", string="看")
    sheet.set_column("B:D", 14)
    sheet.set_row(1, 30)
    sheet.set_row(6, None, None, {"hidden": True})
    sheet.protect("密码", {"select_locked_cells": True})
    sheet.set_header("&L&G", {"image_left": "头.png", "image_data_left": io.BytesIO(_picture())})
    other = book.add_worksheet("清单")
    other.add_table("A1:B3", {"data": [["一", 1], ["二", 2]]})
    other.add_sparkline("D1", {"range": "清单!B2:B3"})
    hidden = book.add_worksheet("隐藏")
    hidden.hide()
    other_chart = book.add_chart({"type": "line"})
    other_chart.add_series({"values": "=自评表!$B$2:$B$3"})
    book.add_chartsheet("图表").set_chart(other_chart)
    book.define_name("合计", "=自评表!$B$2")
    book.define_name("清单!局部", "=清单!$A$1")
    book.close()
    return stream.getvalue()


def _picture() -> bytes:
    """A grey picture of one pixel."""
    import struct
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">2I5B", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\x80")
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def by_libreoffice(data: bytes) -> bytes:
    """The workbook opened and saved by LibreOffice; skips the test where there is none."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("needs LibreOffice")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in.xlsx")
        source.write_bytes(data)
        out = Path(folder, "out")
        profile = "-env:UserInstallation=file:///tmp/lo_ooxml"
        command = [program, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out)]
        subprocess.run([*command, str(source)], check=True, capture_output=True, timeout=120)
        return (out / "in.xlsx").read_bytes()


LOOK = Style(
    font=OurFont("宋体", 9, bold=True, color="C00000"),
    fill=Fill("FFF2CC"),
    border=Border(),
    vertical="center",
    wrap=True,
    number_format="0.00",
)


def annotated(data: bytes, sheet: str | None = None) -> bytes:
    """The workbook with one of each of our edits on a sheet (the first by default)."""
    return annotate(Workbook.open(data), sheet).to_bytes()


def annotate(workbook: Workbook, sheet: str | None = None) -> Editor:
    """An editor holding one of each edit."""
    editor = Editor(workbook, "复核")
    name = sheet or workbook.sheet_names[0]
    target = editor.sheet(name)
    column = max(target.sheet.max_column + 2, 3)
    target.restyle(2, 2, Fill("FFC7CE"))
    target.write(2, column, Decimal("4.50"), LOOK, formula="B2*1")
    target.write(3, column, "=1+1 不是公式", LOOK)
    target.write(40, column, "新行", LOOK)
    target.note(2, 2, "应为 4.5 分")
    target.note(3, column, "第二条\n两行")
    target.set_column_width(column, 33.5)
    target.set_row_height(3, 48)
    target.merge(4, column, 5, column)
    target.hyperlink(2, column, f"'{name}'!B2", "看依据")
    target.add_data_validation("Z2:Z9", Validation("list", '"维持,调整"', title="裁定"))
    target.add_conditional_format("Z2:Z9", 'Z2="调整"', Fill("FFC7CE"), "9C0006")
    editor.add_sheet_first("复核意见", review_sheet(name))
    editor.define_name("_perfeval", '"1"', hidden=True)
    return editor


def review_sheet(name: str) -> NewSheet:
    """A new sheet that uses all there is."""
    new = NewSheet(freeze=(3, 2), zoom=90, tab_color="C00000")
    new.printing = PrintSetup(
        header="&L复核", footer="&C第 &P 页，共 &N 页", title_rows=(1, 2), area=(1, 1, 9, 3)
    )
    new.widths.update({1: 8, 2: 60, 3: 12})
    new.heights[1] = 30
    new.write(1, 1, "复核意见", LOOK)
    new.merge(1, 1, 1, 3)
    new.write(3, 1, Decimal(7))
    new.write(3, 2, "+86-1 电话\x0b控制\ud800符", LOOK)
    new.write(3, 3, Decimal("0.5"), LOOK, formula=f"'{name}'!B2/2")
    new.link(3, 1, f"'{name}'!B2", "跳")
    return new


def seen_by_openpyxl(data: bytes, **options: bool) -> openpyxl.Workbook:
    """The workbook in openpyxl's eyes; that it cannot keep extensions is its own affair."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return openpyxl.load_workbook(io.BytesIO(data), **options)


def audit(data: bytes, folder: Path) -> set[str]:
    """What openxml-audit finds wrong, part numbers of ours left as they are."""
    path = folder / "audited.xlsx"
    path.write_bytes(data)
    return {str(error) for error in OpenXmlValidator().validate(path).errors}
