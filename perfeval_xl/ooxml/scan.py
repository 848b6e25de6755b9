"""A worksheet scanned once, for reading and for splicing: cells, rows, columns, merges."""

from __future__ import annotations

import re

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml.cells import float_or_zero, whole_number
from perfeval_xl.ooxml.general import GeneralReader
from perfeval_xl.ooxml.markup import Node, utf8
from perfeval_xl.ooxml.package import Limits
from perfeval_xl.ooxml.plain import read_plain
from perfeval_xl.ooxml.refs import MAX_COLUMN, Range, overlapping, parse_range, range_text
from perfeval_xl.ooxml.sheet import (
    Child,
    ColumnRange,
    Sheet,
    child_node,
    child_nodes,
    column_of,
    tag_node,
)
from perfeval_xl.ooxml.strings import SharedStrings

_CORNER = rb"([A-Z]{1,2}(?![A-Z])|[A-W][A-Z]{2}|X[A-E][A-Z]|XF[A-D])([1-9][0-9]{0,5})"
_MERGE = re.compile(rb'<mergeCell ref="' + _CORNER + rb":" + _CORNER + rb'" ?/>')
_ONCE = ("sheetData", "mergeCells")  # two of them are two readings of one sheet


def read_sheet(
    name: str, part: str, content: bytes, strings: SharedStrings, limits: Limits, slow: bool = False
) -> Sheet:
    """The worksheet in ``content``; ``slow`` keeps to the general reader (for tests)."""
    xml = utf8(content, part)
    sheet = Sheet(name, part, xml, was_recoded=xml is not content)
    if slow or not read_plain(sheet, strings, limits):
        GeneralReader(sheet, strings, limits).read()
    _read_surroundings(sheet, limits)
    _measure(sheet)
    return sheet


def _measure(sheet: Sheet) -> None:
    sheet.max_row = max((key[0] for key in sheet.cells), default=0)
    sheet.max_column = max((key[1] for key in sheet.cells), default=0)


def _read_surroundings(sheet: Sheet, limits: Limits) -> None:
    met: set[str] = set()
    for child in sheet.children:
        if child.name in met and child.name in _ONCE:
            line = str(1 + sheet.xml.count(b"\n", 0, child.start))
            raise WorkbookError("workbook.bad_xml", {"part": sheet.part, "line": line})
        met.add(child.name)
        if child.name == "mergeCells":
            _read_merges(sheet, child, limits)
        elif child.name == "cols":
            sheet.column_nodes = child_nodes(sheet, child)
            sheet.columns = [_column_range(node) for node in sheet.column_nodes]
        elif child.name == "sheetFormatPr":
            given = tag_node(sheet, child).attributes
            sheet.default_height = float_or_zero(given.get("defaultRowHeight", "15")) or 15.0
            sheet.default_width = float_or_zero(given.get("defaultColWidth", "8.43")) or 8.43
        elif child.name == "sheetProtection":
            sheet.is_protected = tag_node(sheet, child).attributes.get("sheet") in ("1", "true")


def _column_range(node: Node) -> ColumnRange:
    given = node.attributes
    first = whole_number(given.get("min", "1"))
    last = min(whole_number(given.get("max", given.get("min", "1"))), MAX_COLUMN)
    width = float_or_zero(given["width"]) if "width" in given else None
    hidden = given.get("hidden") in ("1", "true")
    return ColumnRange(first, last, width, hidden, whole_number(given.get("style", "0")))


def _read_merges(sheet: Sheet, child: Child, limits: Limits) -> None:
    xml = sheet.xml
    found = _MERGE.findall(xml, child.inner, child.close)
    elements = xml.count(b"<", child.inner, child.close)
    count = max(len(found), elements if elements == len(found) else 0)
    if elements == len(found):
        _check_merge_count(sheet, count, limits)
        ranges = [_ordered(*corner) for corner in found]
    else:
        nodes = child_node(sheet, child).all("mergeCell")
        _check_merge_count(sheet, len(nodes), limits)
        ranges = [_merge_range(sheet, node.attributes.get("ref", "")) for node in nodes]
    sheet.merges = [area for area in ranges if area[:2] != area[2:]]
    clash = overlapping(sheet.merges)
    if clash:
        details = {"sheet": sheet.name, "range": range_text(clash)}
        raise WorkbookError("workbook.overlapping_merges", details)


def _check_merge_count(sheet: Sheet, count: int, limits: Limits) -> None:
    if count > limits.merges:
        details = {"limit": str(limits.merges), "actual": str(count), "sheet": sheet.name}
        raise WorkbookError("workbook.too_many_merges", details)


def _ordered(left: bytes, top: bytes, right: bytes, bottom: bytes) -> Range:
    row, last_row = int(top), int(bottom)
    column, last_column = column_of(left), column_of(right)
    if row > last_row or column > last_column:
        row, last_row = sorted((row, last_row))
        column, last_column = sorted((column, last_column))
    return row, column, last_row, last_column


def _merge_range(sheet: Sheet, text: str) -> Range:
    area = parse_range(text)
    if area is None:
        raise WorkbookError("workbook.bad_range", {"sheet": sheet.name, "range": text[:40]})
    return area
