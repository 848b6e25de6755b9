"""Workbooks that hold every kind of content a unit's file may hold, and how each is recognised.

A kind is kept when every element of it that the file had is in the other file too, equal in name,
namespace, attributes, text and children; ids of relations, which a program may number anew, do
not count. Parts that are no XML are compared by their bytes.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

import xlsxwriter
from lxml import etree

from perfeval_xl.ooxml.styles import BUILTIN_FORMATS
from tests.ooxml.samples import (
    MAIN,
    RELATIONS,
    _picture,
    by_libreoffice,
    parts_of,
    unzipped,
    zipped,
)

_GENTLE: ContextVar[bool] = ContextVar("gentle", default=False)
_ON = {
    "autoFilter", "deleteColumns", "deleteRows", "formatColumns", "formatRows", "insertColumns",
    "insertHyperlinks", "insertRows", "pivotTables", "sort", "headerRowCount",
}  # fmt: skip
_SAID_ANYWAY = {
    ("patternType", "none"), ("val", "single"), ("horizontal", "general"), ("vertical", "bottom"),
    ("locked", "true"), ("locked", "1"),
}  # fmt: skip
_IDLE = {"shapeId", "zoomToFit", "{http://www.w3.org/XML/1998/namespace}space"}
_EMPTY = re.compile(r"<\{[^}]*\}\w+></>")
Parts = dict[str, bytes]
Found = Counter[str]
Probe = Callable[[Parts], Found]
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEETS = r"xl/worksheets/[^/]+\.xml"
_RENUMBERED = re.compile(rf"\{{(?:{re.escape(RELATIONS)})\}}|^(?:dxfId|s|cm|vm|xfId)$")


@dataclass(frozen=True)
class Kind:
    """One kind of content: its name, who wrote the workbook, the workbook, how it is found."""

    name: str
    by: str
    build: Callable[[], bytes]
    probe: Probe

    @property
    def needs_libreoffice(self) -> bool:
        """Whether the workbook can only be made with LibreOffice."""
        return self.by == "LibreOffice"


def verdict(kind: Kind, before: bytes, after: bytes | None, gently: bool = False) -> str:
    """kept, changed or lost. gently: what means the same by the schema's defaults is kept too."""
    token = _GENTLE.set(gently)
    try:
        was = kind.probe(unzipped(before))
        assert was, f"{kind.name}: the workbook has none"
        now = kind.probe(unzipped(after)) if after is not None else Counter[str]()
    finally:
        _GENTLE.reset(token)
    if was <= now:
        return "kept"
    return "changed" if now else "lost"


# ---- probes ----


def canonical(node: etree._Element) -> str:
    """An element as text that does not depend on prefixes, order of attributes or empty space."""
    given = {k: v for k, v in node.attrib.items() if not (_GENTLE.get() and _is_default(k, v))}
    attributes = "".join(
        f" {name}={'#' if _RENUMBERED.search(name) else value!r}"
        for name, value in sorted(given.items())
    )
    children = [canonical(child) for child in node if isinstance(child.tag, str)]
    if _GENTLE.get():
        children = sorted(child for child in children if not _EMPTY.fullmatch(child))
    inner = "".join(children)
    text = (node.text or "") if not len(node) else ""
    return f"<{node.tag}{attributes}>{text}{inner}</>"


def _is_default(name: str, value: str) -> bool:
    """Whether an attribute says what its absence says, in the elements looked at here."""
    if value in ("0", "false") or (name, value) in _SAID_ANYWAY or name in _IDLE:
        return True
    return name in _ON and value == "1"


def _trees(parts: Parts, pattern: str) -> Iterator[etree._Element]:
    for name, content in parts.items():
        if re.fullmatch(pattern, name):
            yield etree.fromstring(content)


def elements(pattern: str, *names: str) -> Probe:
    """All elements of these local names in the parts that match."""

    def probe(parts: Parts) -> Found:
        return Counter(
            canonical(node)
            for tree in _trees(parts, pattern)
            for node in tree.iter()
            if isinstance(node.tag, str) and etree.QName(node).localname in names
        )

    return probe


def whole(pattern: str) -> Probe:
    """Whole parts, wherever they lie under a name that matches."""

    def probe(parts: Parts) -> Found:
        found: Found = Counter()
        for name, content in parts.items():
            if not re.fullmatch(pattern, name):
                continue
            if name.endswith((".xml", ".rels")):
                found[canonical(etree.fromstring(content))] += 1
            else:
                found[hashlib.sha256(content).hexdigest()] += 1
        return found

    return probe


def related(kind: str, pattern: str) -> Probe:
    """Parts that match and to which a relation of this kind leads."""

    def probe(parts: Parts) -> Found:
        links = "".join(parts[n].decode() for n in parts if n.endswith(".rels"))
        return whole(pattern)(parts) if f'/{kind}"' in links else Counter()

    return probe


def marked(pattern: str, *words: str) -> Probe:
    """Pieces of parts that hold all of these words: for drawings in VML."""

    def probe(parts: Parts) -> Found:
        found: Found = Counter()
        for tree in _trees(parts, pattern):
            for node in tree.iter("{urn:schemas-microsoft-com:vml}shape"):
                text = etree.tostring(node).decode()
                if all(word in text for word in words):
                    found[canonical(node)] += 1
        return found

    return probe


def _strings(parts: Parts) -> list[str]:
    tree = next(_trees(parts, r"xl/sharedStrings\.xml"), None)
    return [] if tree is None else ["".join(canonical(c) for c in item) for item in tree]


def _cells(parts: Parts) -> Iterable[tuple[str, etree._Element]]:
    for name in sorted(parts):
        if re.fullmatch(_SHEETS, name):
            for node in etree.fromstring(parts[name]).iter(f"{{{MAIN}}}c"):
                yield name, node


def cells(wanted: Callable[[etree._Element], bool]) -> Probe:
    """What cells hold: texts by their runs, formulas with their stored results."""

    def probe(parts: Parts) -> Found:
        strings, found = _strings(parts), Counter[str]()
        for _, node in _cells(parts):
            if not wanted(node):
                continue
            value = node.findtext(f"{{{MAIN}}}v")
            if node.get("t") == "s" and value is not None:
                value = strings[int(value)]
            inline = node.find(f"{{{MAIN}}}is")
            if inline is not None:
                value = "".join(canonical(child) for child in inline)
            formula = node.find(f"{{{MAIN}}}f")
            shown = canonical(formula) if formula is not None else ""
            found[f"{node.get('r')} {shown} {value}"] += 1
        return found

    return probe


def _has(name: str) -> Callable[[etree._Element], bool]:
    return lambda node: node.find(f"{{{MAIN}}}{name}") is not None


def _text(node: etree._Element) -> bool:
    return node.get("t") in ("s", "inlineStr")


def rich_text(parts: Parts) -> Found:
    """Cells whose text has runs."""
    everything = cells(_text)(parts)
    return Counter({key: n for key, n in everything.items() if f"{{{MAIN}}}rPr" in key})


def phonetics(parts: Parts) -> Found:
    """Cells whose text has readings above it."""
    everything = cells(_text)(parts)
    return Counter({key: n for key, n in everything.items() if f"{{{MAIN}}}rPh" in key})


def looks(parts: Parts) -> Found:
    """Fonts, fills, borders, formats and alignment of each cell, but that which we coloured."""
    styles = next(_trees(parts, r"xl/styles\.xml"))
    found: Found = Counter()
    lists = {
        name: styles.findall(f"{{{MAIN}}}{name}/*")
        for name in ("fonts", "fills", "borders", "cellXfs")
    }
    codes = {str(n): code for n, code in BUILTIN_FORMATS.items()}
    codes |= {n.get("numFmtId"): n.get("formatCode") for n in styles.iter(f"{{{MAIN}}}numFmt")}
    for _, node in _cells(parts):
        style = int(node.get("s", "0"))
        if not style or node.get("r") == "B2" or re.match(r"[L-Z]", node.get("r")):
            continue
        xf = lists["cellXfs"][style]
        pieces = [
            canonical(lists[name][int(xf.get(key, "0"))])
            for name, key in (("fonts", "fontId"), ("fills", "fillId"), ("borders", "borderId"))
        ]
        code = codes.get(xf.get("numFmtId"), xf.get("numFmtId"))
        said = [canonical(child) for child in xf]
        inner = "".join(c for c in said if not (_GENTLE.get() and _EMPTY.fullmatch(c)))
        found[f"{node.get('r')} {code} {pieces} {inner}"] += 1
    return found


def widths(parts: Parts) -> Found:
    """Every column's own width, state and outline."""
    found: Found = Counter()
    for tree in _trees(parts, _SHEETS):
        for node in tree.iter(f"{{{MAIN}}}col"):
            kept = {
                k: node.get(k)
                for k in ("width", "hidden", "outlineLevel", "collapsed")
                if node.get(k)
            }
            kept["width"] = f"{float(kept.get('width') or 0):.6g}"
            for column in range(int(node.get("min")), int(node.get("max")) + 1):
                found[f"{column} {sorted(kept.items())}"] += 1
    return found


def rows(parts: Parts) -> Found:
    """Rows that are hidden, grouped or of a height of their own."""
    found: Found = Counter()
    for tree in _trees(parts, _SHEETS):
        for node in tree.iter(f"{{{MAIN}}}row"):
            kept = {
                k: node.get(k) for k in ("ht", "hidden", "outlineLevel", "collapsed") if node.get(k)
            }
            if kept and node.get("r") not in ("1", "3"):
                found[f"{node.get('r')} {sorted(kept.items())}"] += 1
    return found


def defined_names(parts: Parts) -> Found:
    """Names, with the sheet they belong to by its name."""
    tree = next(_trees(parts, r"xl/workbook\.xml"))
    tabs = [node.get("name") for node in tree.iter(f"{{{MAIN}}}sheet")]
    found: Found = Counter()
    for node in tree.iter(f"{{{MAIN}}}definedName"):
        local = node.get("localSheetId")
        sheet = tabs[int(local)] if local is not None else ""
        text = (node.text or "").replace("'", "")
        found[f"{node.get('name')} {sheet} {node.get('hidden') in ('1', 'true')} {text}"] += 1
    return found


def tabs(parts: Parts) -> Found:
    """Sheets by name and state."""
    tree = next(_trees(parts, r"xl/workbook\.xml"))
    return Counter(
        f"{node.get('name')} {node.get('state', 'visible')}"
        for node in tree.iter(f"{{{MAIN}}}sheet")
        if node.get("state", "visible") != "visible"
    )


# ---- XlsxWriter ----


@cache
def by_xlsxwriter() -> bytes:
    """One workbook of nearly everything that XlsxWriter writes."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({
        "title": "自评表", "author": "张三", "company": "某局", "keywords": "绩效",
        "created": datetime.datetime(2022, 3, 1, tzinfo=datetime.UTC),
    })  # fmt: skip
    book.set_custom_property("文号", "岳财发〔2022〕1号")
    book.set_custom_property("份数", 3)
    book.define_name("合计", "=自评表!$B$12")
    sheet = book.add_worksheet("自评表")
    _fill_main(book, sheet)
    _fill_around(book, sheet)
    other = book.add_worksheet("清单")
    book.define_name("清单!局部", "=清单!$A$1")
    other.add_table("A1:B3", {"data": [["一", 1], ["二", 2]], "style": "Table Style Medium 4"})
    other.add_sparkline("D1", {"range": "清单!B2:B3", "markers": True})
    other.set_column("F:H", 9, None, {"level": 1, "hidden": True})
    other.set_row(20, 30, None, {"level": 1, "hidden": True})
    other.freeze_panes(1, 1)
    other.autofilter("J1:K5")
    other.repeat_rows(0)
    other.print_area("A1:K30")
    other.set_background(io.BytesIO(_picture()))
    book.add_worksheet("隐藏").hide()
    book.add_worksheet("深藏").very_hidden()
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=自评表!$B$12:$B$13"})
    book.add_chartsheet("图表").set_chart(chart)
    book.close()
    return stream.getvalue()


def _fill_main(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
    red, percent = book.add_format({"font_color": "red"}), book.add_format({"num_format": "0.00%"})
    boxed = book.add_format({
        "border": 2, "bg_color": "#DDEEFF", "rotation": 45, "num_format": '#,##0.00"万元"',
        "font_name": "楷体", "indent": 1, "locked": False,
    })  # fmt: skip
    sheet.write_rich_string("A12", "部门", red, "整体", "支出")
    sheet.write("B12", 0.95, percent)
    sheet.write("C12", 297.36, boxed)
    sheet.write_datetime("D12", datetime.datetime(2021, 12, 31), book.add_format({"num_format": "yyyy-mm-dd"}))  # fmt: skip
    sheet.write_formula("E12", "=B12*2", None, 1.9)
    sheet.write_formula("F12", '="甲"&"乙"', None, "甲乙")
    sheet.write_array_formula("G12:G13", "{=B12:B13*2}", None, 1.9)
    sheet.write_dynamic_array_formula("H12", "=UNIQUE(B12:B13)", None, 0.95)
    sheet.write_boolean("I12", True)
    sheet.write_url("A14", "internal:'清单'!B2", string="看")
    sheet.write_url("A15", "https://example.com/a?b=1", tip="外部")
    sheet.merge_range("A16:C17", "合并", red)
    sheet.write_comment("B12", "单位自己的批注", {"author": "李四", "width": 300})
    sheet.set_column("B:D", 14)
    sheet.set_row(30, 33)


def _fill_around(book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet) -> None:
    red = book.add_format({"font_color": "red"})
    sheet.insert_image("A20", "印章.png", {"image_data": io.BytesIO(_picture())})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=自评表!$B$12:$B$13", "trendline": {"type": "linear"}})
    chart.set_title({"name": "图"})
    sheet.insert_chart("C20", chart)
    sheet.insert_textbox("A40", "文本框", {"fill": {"color": "#FFEEDD"}})
    sheet.insert_button("A50", {"macro": "复核", "caption": "按钮"})
    sheet.data_validation(
        "B18", {"validate": "list", "source": ["是", "否"], "input_message": "选"}
    )
    sheet.conditional_format("B12:B19", {"type": "data_bar", "data_bar_2010": True})
    sheet.conditional_format(
        "D12:D19", {"type": "cell", "criteria": ">", "value": 1, "format": red}
    )
    sheet.conditional_format("E12:E19", {"type": "icon_set", "icon_style": "3_traffic_lights"})
    sheet.protect("密码", {"select_locked_cells": True, "format_cells": True})
    sheet.unprotect_range("B18:B19", "可填")
    sheet.set_header(
        "&L自评&G", {"image_left": "头.png", "image_data_left": io.BytesIO(_picture())}
    )
    sheet.set_footer("&C第 &P 页")
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(0.4, 0.4, 0.5, 0.5)
    sheet.set_h_pagebreaks([20, 40])
    sheet.set_v_pagebreaks([8])
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    sheet.set_tab_color("red")
    sheet.set_zoom(85)


@cache
def with_macros() -> bytes:
    """A workbook with a VBA project (its content is never looked at) and a picture in a cell."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("表")
    sheet.write("A5", 1)
    sheet.embed_image("C5", "章.png", {"image_data": io.BytesIO(_picture())})
    project = io.BytesIO(b"\xd0\xcf\x11\xe0" + bytes(range(256)) * 8)
    book.add_vba_project(project, is_stream=True)
    book.close()
    return stream.getvalue()


# ---- LibreOffice ----


@cache
def by_office() -> bytes:
    """The same contents as LibreOffice saves them."""
    return by_libreoffice(by_xlsxwriter())


# ---- by hand: what the others do not write ----

_PICTURE = _picture()


@cache
def by_hand() -> bytes:
    """Threaded comments, WPS pictures in cells, links out, own parts, a signature, and more."""
    extension = '<extLst><ext uri="{12345678-0000-0000-0000-000000000001}" xmlns:w="urn:wps"><w:own v="1"/></ext></extLst>'
    first = (
        f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}" xmlns:mc="{_MC}" mc:Ignorable="w" xmlns:w="urn:wps">'
        '<sheetPr codeName="Sheet1"/><sheetViews><sheetView workbookViewId="0"/></sheetViews>'
        '<sheetData><row r="5"><c r="A5" t="s"><v>0</v></c><c r="B5" t="str"><f>_xlfn.DISPIMG("ID_1",1)</f>'
        '<v>=DISPIMG("ID_1",1)</v></c><c r="C5"><f>[1]外!$A$1</f><v>7</v></c></row></sheetData>'
        '<protectedRanges><protectedRange name="填报区" sqref="C5:C9" securityDescriptor="O:WD"/></protectedRanges>'
        '<scenarios><scenario name="甲" count="1"><inputCells r="C5" val="8"/></scenario></scenarios>'
        '<customSheetViews><customSheetView guid="{11111111-2222-3333-4444-555555555555}" scale="70"/></customSheetViews>'
        '<phoneticPr fontId="0"/><pageSetup r:id="rId7"/>'
        '<customProperties><customPr name="标记" r:id="rId8"/></customProperties><legacyDrawing r:id="rId2"/>'
        '<mc:AlternateContent><mc:Choice Requires="w"><controls><control shapeId="3001" name="单选" r:id="rId9"/></controls></mc:Choice></mc:AlternateContent>'
        f'{extension}</worksheet>'
    )  # fmt: skip
    strings = f'<sst xmlns="{MAIN}"><si><t>岳陽</t><rPh sb="0" eb="1"><t>yue</t></rPh><phoneticPr fontId="0"/></si></sst>'
    parts = {
        k: v if isinstance(v, bytes) else v.encode()
        for k, v in parts_of(first, strings=strings).items()
    }
    _relate(parts, "xl/worksheets/_rels/sheet1.xml.rels", _sheet_relations())
    links = _workbook_relations()
    main = parts["xl/_rels/workbook.xml.rels"].decode()
    parts["xl/_rels/workbook.xml.rels"] = main.replace(
        "</Relationships>", links + "</Relationships>"
    ).encode()
    book = parts["xl/workbook.xml"].decode()
    book = book.replace(
        "<sheets>", '<workbookProtection lockStructure="1" workbookPassword="CC1A"/><sheets>'
    )
    book = book.replace(
        "</sheets>",
        '</sheets><externalReferences><externalReference r:id="rId50"/></externalReferences>',
    )
    book = book.replace("</workbook>", '<customWorkbookViews><customWorkbookView name="个人" guid="{11111111-2222-3333-4444-555555555555}" windowWidth="1" windowHeight="1" activeSheetId="1"/></customWorkbookViews></workbook>')  # fmt: skip
    parts["xl/workbook.xml"] = book.encode()
    root = parts["_rels/.rels"].decode()
    parts["_rels/.rels"] = root.replace("</Relationships>", (
        f'<Relationship Id="rId60" Type="{_PACKAGE}/relationships/digital-signature/origin" Target="_xmlsignatures/origin.sigs"/>'
        f'<Relationship Id="rId61" Type="{_PACKAGE}/relationships/metadata/thumbnail" Target="docProps/thumbnail.png"/>'
        "</Relationships>"
    )).encode()  # fmt: skip
    parts |= _own_parts()
    types = parts["[Content_Types].xml"].decode()
    parts["[Content_Types].xml"] = types.replace("</Types>", _types(parts) + "</Types>").encode()
    return zipped(dict(parts))


@cache
def with_pivot() -> bytes:
    """A pivot table with its cache."""
    rows = '<row r="5"><c r="A5" t="s"><v>0</v></c></row><row r="6"><c r="A6"><v>1</v></c></row>'
    made = parts_of(f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
                    strings=f'<sst xmlns="{MAIN}"><si><t>数</t></si></sst>')  # fmt: skip
    parts = {k: v if isinstance(v, bytes) else v.encode() for k, v in made.items()}
    cache_part, table = "xl/pivotCache/pivotCacheDefinition1.xml", "xl/pivotTables/pivotTable1.xml"
    parts[cache_part] = (
        f'<pivotCacheDefinition xmlns="{MAIN}" refreshOnLoad="1" saveData="0"><cacheSource type="worksheet">'
        '<worksheetSource ref="A5:A6" sheet="S1"/></cacheSource><cacheFields count="1"><cacheField name="数"'
        ' numFmtId="0"><sharedItems containsNumber="1"/></cacheField></cacheFields></pivotCacheDefinition>'
    ).encode()  # fmt: skip
    parts[table] = (
        f'<pivotTableDefinition xmlns="{MAIN}" name="透视" cacheId="1" dataCaption="值"><location ref="C9:D10"'
        ' firstHeaderRow="1" firstDataRow="1" firstDataCol="0"/><pivotFields count="1"><pivotField'
        ' dataField="1"/></pivotFields></pivotTableDefinition>'
    ).encode()  # fmt: skip
    link = f'<Relationship Id="rId1" Type="{RELATIONS}/pivot{{}}" Target="/{{}}"/>'
    definition = link.format("CacheDefinition", cache_part)
    _relate(parts, "xl/pivotTables/_rels/pivotTable1.xml.rels", definition)
    _relate(parts, "xl/worksheets/_rels/sheet1.xml.rels", link.format("Table", table))
    _put_in(parts, "xl/_rels/workbook.xml.rels", "</Rel", definition.replace("rId1", "rId56"))
    _put_in(parts, "xl/workbook.xml", "</workbook", '<pivotCaches><pivotCache cacheId="1" r:id="rId56"/></pivotCaches>')  # fmt: skip
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    types = f'<Override PartName="/{cache_part}" ContentType="{kind}pivotCacheDefinition+xml"/>'
    types += f'<Override PartName="/{table}" ContentType="{kind}pivotTable+xml"/>'
    _put_in(parts, "[Content_Types].xml", "</Types", types)
    return zipped(dict(parts))


def _put_in(parts: Parts, name: str, before: str, text: str) -> None:
    parts[name] = parts[name].decode().replace(before, text + before, 1).encode()


def _relate(parts: Parts, name: str, links: str) -> None:
    parts[name] = (
        f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'.encode()
    )


def _sheet_relations() -> str:
    threads = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
    found = (
        ("rId1", f"{RELATIONS}/comments", "../comments1.xml"),
        ("rId2", f"{RELATIONS}/vmlDrawing", "../drawings/vmlDrawing1.vml"),
        ("rId3", threads, "../threadedComments/threadedComment1.xml"),
        ("rId7", f"{RELATIONS}/printerSettings", "../printerSettings/printerSettings1.bin"),
        ("rId8", f"{RELATIONS}/customProperty", "../customProperty1.bin"),
        ("rId9", f"{RELATIONS}/ctrlProp", "../ctrlProps/ctrlProp1.xml"),
        ("rId11", f"{RELATIONS}/oleObject", "../embeddings/oleObject1.bin"),
    )
    return "".join(f'<Relationship Id="{i}" Type="{t}" Target="{g}"/>' for i, t, g in found)


def _workbook_relations() -> str:
    found = (
        ("rId50", f"{RELATIONS}/externalLink", "externalLinks/externalLink1.xml"),
        ("rId51", "http://www.wps.cn/officeDocument/2020/cellImage", "cellimages.xml"),
        (
            "rId52",
            "http://schemas.microsoft.com/office/2017/10/relationships/person",
            "persons/person.xml",
        ),
        ("rId53", f"{RELATIONS}/customXml", "../customXml/item1.xml"),
        ("rId54", f"{RELATIONS}/connections", "connections.xml"),
        ("rId55", f"{RELATIONS}/calcChain", "calcChain.xml"),
    )
    return "".join(f'<Relationship Id="{i}" Type="{t}" Target="{g}"/>' for i, t, g in found)


def _own_parts() -> Parts:
    texts = {
        "xl/comments1.xml": f'<comments xmlns="{MAIN}"><authors><author>tc={{A}}</author></authors><commentList><comment ref="A5" authorId="0"><text><t>[线程批注]</t></text></comment></commentList></comments>',
        "xl/drawings/vmlDrawing1.vml": '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shape id="_x0000_s1025" type="#t"><x:ClientData ObjectType="Note"><x:Row>4</x:Row><x:Column>0</x:Column></x:ClientData></v:shape></xml>',
        "xl/threadedComments/threadedComment1.xml": '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"><threadedComment ref="A5" dT="2022-03-01T00:00:00.00" personId="{P}" id="{A}"><text>请核对</text></threadedComment></ThreadedComments>',
        "xl/persons/person.xml": '<personList xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"><person displayName="王五" id="{P}"/></personList>',
        "xl/ctrlProps/ctrlProp1.xml": '<formControlPr xmlns="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" objectType="Radio" checked="Checked"/>',
        "xl/cellimages.xml": '<etc:cellImages xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData"><etc:cellImage/></etc:cellImages>',
        "xl/externalLinks/externalLink1.xml": f'<externalLink xmlns="{MAIN}" xmlns:r="{RELATIONS}"><externalBook r:id="rId1"><sheetNames><sheetName val="外"/></sheetNames></externalBook></externalLink>',
        "xl/externalLinks/_rels/externalLink1.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/externalLinkPath" Target="去年.xlsx" TargetMode="External"/></Relationships>',
        "customXml/item1.xml": '<own xmlns="urn:own">公文系统</own>',
        "xl/connections.xml": f'<connections xmlns="{MAIN}"><connection id="1" name="库" type="5" refreshedVersion="6"/></connections>',
        "xl/calcChain.xml": f'<calcChain xmlns="{MAIN}"><c r="C5" i="1"/></calcChain>',
        "_xmlsignatures/sig1.xml": '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignatureValue>AA==</SignatureValue></Signature>',
        "_xmlsignatures/_rels/origin.sigs.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_PACKAGE}/relationships/digital-signature/signature" Target="sig1.xml"/></Relationships>',
    }  # fmt: skip
    binary = {
        "xl/printerSettings/printerSettings1.bin": b"printer\0" * 4, "xl/customProperty1.bin": b"own\0",
        "xl/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0ole", "_xmlsignatures/origin.sigs": b"",
        "docProps/thumbnail.png": _PICTURE,
    }  # fmt: skip
    return {name: text.encode() for name, text in texts.items()} | binary


def _types(parts: Parts) -> str:
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    overrides = {
        "xl/comments1.xml": sheet + "comments+xml",
        "xl/threadedComments/threadedComment1.xml": "application/vnd.ms-excel.threadedcomments+xml",
        "xl/persons/person.xml": "application/vnd.ms-excel.person+xml",
        "xl/ctrlProps/ctrlProp1.xml": "application/vnd.ms-excel.controlproperties+xml",
        "xl/cellimages.xml": "application/vnd.wps-officedocument.cellimage+xml",
        "xl/externalLinks/externalLink1.xml": sheet + "externalLink+xml",
        "xl/connections.xml": sheet + "connections+xml",
        "xl/calcChain.xml": sheet + "calcChain+xml",
        "_xmlsignatures/sig1.xml": "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml",
    }  # fmt: skip
    defaults = {
        "vml": "application/vnd.openxmlformats-officedocument.vmlDrawing", "png": "image/png",
        "bin": "application/octet-stream", "xml": "application/xml",
        "sigs": "application/vnd.openxmlformats-package.digital-signature-origin",
    }  # fmt: skip
    return "".join(
        f'<Default Extension="{e}" ContentType="{t}"/>' for e, t in defaults.items()
    ) + "".join(
        f'<Override PartName="/{n}" ContentType="{t}"/>' for n, t in overrides.items() if n in parts
    )


# ---- the list ----

_WRITER, _OFFICE, _HAND = "XlsxWriter", "LibreOffice", "手工 XML"
_DRAWINGS, _MEDIA = r"xl/drawings/drawing\d+\.xml", r"xl/media/.+"

KINDS: tuple[Kind, ...] = (
    Kind("单元格里的数、文字、日期", _WRITER, by_xlsxwriter, cells(lambda n: n.find(f"{{{MAIN}}}f") is None and len(n) > 0 and n.get("r") != "A12")),
    Kind("一格内的多种字体（富文本）", _WRITER, by_xlsxwriter, rich_text),
    Kind("公式和已存的结果", _WRITER, by_xlsxwriter, cells(lambda n: n.get("r") in ("E12", "F12"))),
    Kind("数组公式", _WRITER, by_xlsxwriter, cells(lambda n: n.get("r") in ("G12", "G13"))),
    Kind("动态数组公式", _WRITER, by_xlsxwriter, cells(lambda n: n.get("r") == "H12")),
    Kind("动态数组的元数据", _WRITER, by_xlsxwriter, whole(r"xl/metadata\.xml")),
    Kind("字体、底色、边框、数字格式、对齐", _WRITER, by_xlsxwriter, looks),
    Kind("合并单元格", _WRITER, by_xlsxwriter, elements(_SHEETS, "mergeCell")),
    Kind("批注", _WRITER, by_xlsxwriter, elements(r"xl/comments\d*\.xml|xl/comments/.+\.xml", "comment")),
    Kind("批注框的大小和位置", _WRITER, by_xlsxwriter, marked(r"xl/drawings/.*\.vml", 'ObjectType="Note"')),
    Kind("图片（印章）", _WRITER, by_xlsxwriter, related("image", _MEDIA)),
    Kind("图片的位置", _WRITER, by_xlsxwriter, elements(_DRAWINGS, "pic")),
    Kind("页眉图片", _WRITER, by_xlsxwriter, marked(r"xl/drawings/.*\.vml", "imagedata")),
    Kind("工作表背景图", _WRITER, by_xlsxwriter, elements(_SHEETS, "picture")),
    Kind("文本框", _WRITER, by_xlsxwriter, elements(_DRAWINGS, "sp")),
    Kind("按钮（窗体控件）", _WRITER, by_xlsxwriter, marked(r"xl/drawings/.*\.vml", 'ObjectType="Button"')),
    Kind("图表", _WRITER, by_xlsxwriter, whole(r"xl/charts/chart\d+\.xml")),
    Kind("图表工作表", _WRITER, by_xlsxwriter, whole(r"xl/chartsheets/sheet\d+\.xml")),
    Kind("表格（列表对象）", _WRITER, by_xlsxwriter, whole(r"xl/tables/table\d+\.xml")),
    Kind("数据有效性", _WRITER, by_xlsxwriter, elements(_SHEETS, "dataValidation")),
    Kind("条件格式", _WRITER, by_xlsxwriter, elements(_SHEETS, "cfRule")),
    Kind("条件格式的扩展（2010 数据条）", _WRITER, by_xlsxwriter, elements(_SHEETS, "dataBar")),
    Kind("迷你图", _WRITER, by_xlsxwriter, elements(_SHEETS, "sparklineGroup")),
    Kind("工作表保护", _WRITER, by_xlsxwriter, elements(_SHEETS, "sheetProtection")),
    Kind("允许编辑的区域", _WRITER, by_xlsxwriter, elements(_SHEETS, "protectedRange")),
    Kind("忽略的错误提示", _WRITER, by_xlsxwriter, elements(_SHEETS, "ignoredError")),
    Kind("超链接（内部和外部）", _WRITER, by_xlsxwriter, elements(_SHEETS, "hyperlink")),
    Kind("名称", _WRITER, by_xlsxwriter, defined_names),
    Kind("隐藏的工作表", _WRITER, by_xlsxwriter, tabs),
    Kind("列宽、隐藏列、分组", _WRITER, by_xlsxwriter, widths),
    Kind("行高、隐藏行、分组", _WRITER, by_xlsxwriter, rows),
    Kind("冻结窗格", _WRITER, by_xlsxwriter, elements(_SHEETS, "pane")),
    Kind("自动筛选", _WRITER, by_xlsxwriter, elements(_SHEETS, "autoFilter")),
    Kind("页边距、纸张、方向", _WRITER, by_xlsxwriter, elements(_SHEETS, "pageMargins", "pageSetup")),
    Kind("页眉页脚文字", _WRITER, by_xlsxwriter, elements(_SHEETS, "oddHeader", "oddFooter")),
    Kind("分页符", _WRITER, by_xlsxwriter, elements(_SHEETS, "rowBreaks", "colBreaks")),
    Kind("文档属性", _WRITER, by_xlsxwriter, whole(r"docProps/core\.xml")),
    Kind("应用属性", _WRITER, by_xlsxwriter, elements(r"docProps/app\.xml", "Company", "Application")),
    Kind("自定义文档属性", _WRITER, by_xlsxwriter, whole(r"docProps/custom\.xml")),
    Kind("主题", _WRITER, by_xlsxwriter, whole(r"xl/theme/theme\d+\.xml")),
    Kind("宏（VBA 工程）", _WRITER, with_macros, whole(r"xl/vbaProject\.bin")),
    Kind("单元格内图片（Excel）", _WRITER, with_macros, whole(r"xl/richData/.+\.xml")),
    Kind("公式和已存的结果", _OFFICE, by_office, cells(_has("f"))),
    Kind("字体、底色、边框、数字格式、对齐", _OFFICE, by_office, looks),
    Kind("批注", _OFFICE, by_office, elements(r"xl/comments\d*\.xml|xl/comments/.+\.xml", "comment")),
    Kind("图表", _OFFICE, by_office, whole(r"xl/charts/chart\d+\.xml")),
    Kind("图片的位置", _OFFICE, by_office, elements(_DRAWINGS, "pic")),
    Kind("文本框", _OFFICE, by_office, elements(_DRAWINGS, "sp")),
    Kind("条件格式的扩展", _OFFICE, by_office, elements(_SHEETS, "ext")),
    Kind("名称", _OFFICE, by_office, defined_names),
    Kind("文档属性", _OFFICE, by_office, whole(r"docProps/core\.xml")),
    Kind("线程批注（讨论）", _HAND, by_hand, whole(r"xl/threadedComments/.+\.xml")),
    Kind("线程批注的人员", _HAND, by_hand, whole(r"xl/persons/.+\.xml")),
    Kind("WPS 单元格内图片", _HAND, by_hand, related("cellImage", r"xl/cellimages\.xml")),
    Kind("拼音", _HAND, by_hand, phonetics),
    Kind("指向别的工作簿的链接", _HAND, by_hand, whole(r"xl/externalLinks/.+")),
    Kind("自定义 XML 部件", _HAND, by_hand, whole(r"customXml/.+\.xml")),
    Kind("数据连接", _HAND, by_hand, whole(r"xl/connections\.xml")),
    Kind("数据透视表", _HAND, with_pivot, elements(r"xl/pivotTables/.+\.xml", "pivotTableDefinition")),
    Kind("嵌入的对象（OLE）", _HAND, by_hand, whole(r"xl/embeddings/.+")),
    Kind("控件属性", _HAND, by_hand, whole(r"xl/ctrlProps/.+\.xml")),
    Kind("打印机设置", _HAND, by_hand, whole(r"xl/printerSettings/.+")),
    Kind("工作表自定义属性", _HAND, by_hand, whole(r"xl/customProperty\d+\.bin")),
    Kind("工作簿结构保护", _HAND, by_hand, elements(r"xl/workbook\.xml", "workbookProtection")),
    Kind("自定义视图", _HAND, by_hand, elements(_SHEETS, "customSheetView")),
    Kind("方案", _HAND, by_hand, elements(_SHEETS, "scenario")),
    Kind("其他程序的扩展标记", _HAND, by_hand, elements(_SHEETS, "ext", "AlternateContent")),
    Kind("计算链", _HAND, by_hand, whole(r"xl/calcChain\.xml")),
    Kind("缩略图", _HAND, by_hand, whole(r"docProps/thumbnail\..+")),
    Kind("数字签名（内容变了，签名不再有效，复核意见里写明）", _HAND, by_hand, whole(r"_xmlsignatures/.+")),
)  # fmt: skip
