"""The quick reader of plain worksheets, nearly all there are.

Strict regular expressions must cover every byte of ``sheetData``; a sheet that they do not cover is
left to the general reader. Both give the same.
"""

from __future__ import annotations

import re

from perfeval_xl.ooxml.cells import (
    SharedFormulas,
    add_row,
    duplicate_cell,
    float_or_zero,
    make_cell,
    misplaced_cell,
    too_many_cells,
)
from perfeval_xl.ooxml.markup import MAIN, Node, check, parse, plain_text
from perfeval_xl.ooxml.package import Limits
from perfeval_xl.ooxml.refs import column_number
from perfeval_xl.ooxml.sheet import Cell, Child, RowPlace, Sheet, column_of
from perfeval_xl.ooxml.strings import SharedStrings

_ATTRIBUTES = rb'(?:\s++[\w:.]++="[^"<>]*+")*+\s*+'
_VALUE = rb'(?:<v(?: xml:space="preserve")?+>[^<]*+</v>|<v ?+/>)?+'
_FORMULA = rb"(?:<f" + _ATTRIBUTES + rb"(?:/>|>[^<]*+</f>))?+"
_INLINE = rb'(?:<is><t(?: xml:space="preserve")?+>[^<]*+</t></is>)?+'
_LETTERS = rb"(?:[A-Z]{1,2}+(?![A-Z])|[A-W][A-Z]{2}|X[A-E][A-Z]|XF[A-D])"  # A to XFD
_CELL = (
    rb'<c r="'
    + _LETTERS
    + rb'[1-9][0-9]{0,6}+"(?: s="[0-9]{1,9}+")?+(?: t="\w++")?+(?: (?:cm|vm|ph)="[0-9]++")*+'
    rb"(?: ?+/>|>" + _FORMULA + _VALUE + _INLINE + rb"</c>)\s*+"
)
_GRAMMAR = re.compile(
    rb"\s*+(?:<row" + _ATTRIBUTES + rb"(?:/>|>\s*+(?:" + _CELL + rb")*+</row>)\s*+)*+"
)
_ROW = re.compile(rb"<row((?:\s[^<>]*)?)>")
_ROW_NUMBER = re.compile(rb'\sr="([0-9]{1,7})"')
_ROW_HEIGHT = re.compile(rb'\sht="([0-9.]+)"')
_ROW_HIDDEN = re.compile(rb'\shidden="(?:1|true)"')
_COLUMN = re.compile(rb'<c r="([A-Z]+)')
_FILLED = re.compile(
    rb'<c r="([A-Z]++)([0-9]++)"(?: s="([0-9]++)")?+(?: t="(\w++)")?+[^<>/]*+>(?!</c>)'
    rb"(?:<f([^<>]*+)>(?:([^<]*+)</f>)?+)?+"
    rb"(<v[^<>/]*+>([^<]*+)</v>|<v ?/>)?+(?:<is><t[^<>]*+>([^<]*+)</t></is>)?+</c>"
)
_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^<>]*\?>)?\s*<worksheet((?:\s[^<>]*)?)>")
_TAG = re.compile(rb'\s*<([A-Za-z][\w:.-]*)((?:[^<>"\']|"[^"]*"|\'[^\']*\')*)>')
_FORMULA_ATTRIBUTE = re.compile(rb'(\w+)="([^"]*)"')


def read_plain(sheet: Sheet, strings: SharedStrings, limits: Limits) -> bool:
    """Fill the sheet; False when it is written in a way this reader does not cover."""
    xml = sheet.xml
    children = _plain_children(xml)
    if children is None:
        return False
    data = next((child for child in children if child.name == "sheetData"), None)
    if data is not None and not _GRAMMAR.fullmatch(xml, data.inner, data.close):
        return False
    if data is not None and not _plain_rows(sheet, data):
        return False
    check(xml, sheet.part)
    sheet.children = children
    sheet.root = _plain_root(xml, sheet.part)
    _PlainCells(sheet, strings, limits).read()
    return True


def _plain_children(xml: bytes) -> list[Child] | None:
    """Children of an unprefixed worksheet without comments, CDATA or instructions."""
    root = _ROOT.match(xml)
    if root is None or b"<!" in xml or xml.find(b"<?", 8) >= 0 or root[1].endswith(b"/"):
        return None
    children: list[Child] = []
    at = root.end()
    while True:
        tag = _TAG.match(xml, at)
        if tag is None:
            return children if xml.startswith(b"</worksheet>", _skip_space(xml, at)) else None
        child = _plain_child(xml, tag)
        if child is None:
            return None
        children.append(child)
        at = child.end


def _skip_space(xml: bytes, at: int) -> int:
    while xml[at : at + 1] in (b" ", b"\t", b"\r", b"\n"):
        at += 1
    return at


def _plain_child(xml: bytes, tag: re.Match[bytes]) -> Child | None:
    name, start, inner = tag[1], tag.start(1) - 1, tag.end()
    if tag[2].endswith(b"/"):
        return Child(name.decode(), start, inner, inner, inner)
    closing, opening = b"</" + name + b">", b"<" + name
    at, depth = inner, 1
    while depth:
        close = xml.find(closing, at)
        if close < 0:
            return None
        depth += xml.count(opening + b" ", at, close) + xml.count(opening + b">", at, close) - 1
        at = close + len(closing)
    return Child(name.decode(), start, inner, close, at)


def _plain_root(xml: bytes, part: str) -> Node:
    """The worksheet's own tag as a node."""
    found = _ROOT.match(xml)
    if found is None:
        return Node("worksheet", MAIN, {}, 0)
    at = xml.index(b"<worksheet")
    root = parse(xml[at : found.end() - 1] + b"/>", part, checked=True)
    root.start, root.inner = at, found.end()
    return root


def _plain_rows(sheet: Sheet, data: Child) -> bool:
    """Find the rows; False when one has no number of its own."""
    xml = sheet.xml
    for match in _ROW.finditer(xml, data.inner, data.close):
        attributes = match[1]
        number = _ROW_NUMBER.search(attributes)
        if number is None:
            return False
        inner = match.end()
        if attributes.endswith(b"/"):
            row = RowPlace(int(number[1]), match.start(), inner, inner, inner)
        else:
            close = xml.index(b"</row>", inner)
            row = RowPlace(int(number[1]), match.start(), inner, close, close + 6)
        add_row(sheet, row)
        if b" ht=" in attributes or b"hidden" in attributes:
            _note_row(sheet, row.number, attributes)
    return True


def _note_row(sheet: Sheet, number: int, attributes: bytes) -> None:
    height = _ROW_HEIGHT.search(attributes)
    if height:
        sheet.row_heights[number] = float_or_zero(height[1].decode())
    if _ROW_HIDDEN.search(attributes):
        sheet.hidden_rows.add(number)


class _PlainCells:
    """Reads the filled cells of rows that the grammar has accepted."""

    def __init__(self, sheet: Sheet, strings: SharedStrings, limits: Limits) -> None:
        self.sheet = sheet
        self.strings = strings
        self.limit = limits.cells
        self.shared = SharedFormulas()

    def read(self) -> None:
        sheet, xml, cells = self.sheet, self.sheet.xml, self.sheet.cells
        for row in sheet.rows.values():
            self._check_columns(row, _COLUMN.findall(xml, row.inner, row.close))
            digits = b"%d" % row.number
            for found in _FILLED.findall(xml, row.inner, row.close):
                if found[1] != digits or found[4] or found[5] or not found[7]:
                    self._add(row.number, found)
                elif found[3] == b"s":
                    self._add_shared(row.number, found)
                elif found[3]:
                    self._add(row.number, found)
                else:
                    self._add_number(row.number, found)
            if len(cells) > self.limit:
                raise too_many_cells(sheet, self.limit, len(cells))
        self.shared.resolve(cells)

    def _add_shared(self, row: int, found: tuple[bytes, ...]) -> None:
        """The usual text of ``_add``: a shared one without formula."""
        index = found[7]
        if not index.isdigit() or len(index) > 9 or int(index) >= len(self.strings):
            self._add(row, found)
            return
        text = self.strings[int(index)]
        if text:
            column = column_of(found[0])
            self.sheet.cells[row, column] = Cell(row, column, "text", text, int(found[2] or 0))

    def _add_number(self, row: int, found: tuple[bytes, ...]) -> None:
        """The usual case of ``_add``: a number without type or formula."""
        raw = found[7].decode().strip()
        if "&" in raw:
            self._add(row, found)
        elif raw:
            column = column_of(found[0])
            self.sheet.cells[row, column] = Cell(row, column, "number", raw, int(found[2] or 0))

    def _check_columns(self, row: RowPlace, letters: list[bytes]) -> None:
        unique = set(letters)
        if len(unique) == len(letters):
            return
        first = next(item for item in letters if letters.count(item) > 1)
        raise duplicate_cell(self.sheet, row.number, column_number(first.decode()))

    def _add(self, number: int, found: tuple[bytes, ...]) -> None:
        letters, digits, style, kind, f_attributes, f_text, v_tag, v_text, inline = found
        f_attributes = f_attributes.rstrip(b" /")
        if not (v_tag or inline or f_attributes or f_text):
            return
        row, column = int(digits), column_of(letters)
        if row != number:
            raise misplaced_cell(self.sheet, row, column)
        value = plain_text(v_text, escapes=False) if v_tag else None
        text = plain_text(inline) if inline else None
        formula = plain_text(f_text, escapes=False) if f_attributes or f_text else None
        place = (row, column, int(style or 0))
        cell = make_cell(self.sheet, self.strings, place, kind.decode(), value, text, formula)
        if cell is None:
            return
        self.sheet.cells[row, column] = cell
        if b"shared" in f_attributes:
            given = dict(_FORMULA_ATTRIBUTE.findall(f_attributes))
            self.shared.add(given.get(b"si", b"").decode(), cell)
