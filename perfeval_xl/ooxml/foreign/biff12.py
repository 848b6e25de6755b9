"""Scan of .xlsb: a zip package whose sheets are binary records (BIFF12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml.foreign.layout import ERRORS, CellMark, SheetLayout, format_code, rk_number
from perfeval_xl.ooxml.foreign.parts import open_zip
from perfeval_xl.ooxml.package import Limits, Package

_ROW, _COLINFO, _MERGE, _BUNDLE, _FONT, _FORMAT, _XF = 0, 60, 176, 156, 43, 44, 47
_STRUCK = 0x08  # of a font
_COLUMN_HIDDEN, _ROW_HIDDEN = 0x01, 0x10
_CELL_RK = 2
_BEGIN_CELL_XFS, _END_CELL_XFS = 617, 618
_CELLS = {
    2: "number", 3: "error", 4: "boolean", 5: "number", 6: "text", 7: "text", 62: "text",
    8: "text", 9: "number", 10: "boolean", 11: "error",
}  # fmt: skip
_STATES = {0: "visible", 1: "hidden", 2: "veryHidden"}


def scan_xlsb(data: bytes, limits: Limits) -> list[SheetLayout]:
    """Every tab of an .xlsb in order."""
    package = open_zip(data, limits)
    main = _main_part(package)
    relations = {relation.id: relation for relation in package.relationships(main)}
    styles = next((r.part for r in relations.values() if r.kind == "styles" and r.part), "")
    looks = _cell_looks(package.read(styles)) if styles else []
    sheets = []
    for number, body in _records(package.read(main)):
        if number == _BUNDLE:
            state, _ = struct.unpack_from("<2I", body)
            identity, at = _text(body, 8)
            name, _ = _text(body, at)
            sheet = SheetLayout(name, _STATES.get(state, "hidden"))
            relation = relations.get(identity)
            if relation is None or relation.part is None:
                raise WorkbookError("workbook.bad_relation", {"part": main, "target": identity})
            sheet.kind = relation.kind
            if sheet.kind == "worksheet":
                _scan_sheet(sheet, package.read(relation.part), looks, limits)
            sheets.append(sheet)
    return sheets


def _main_part(package: Package) -> str:
    for relation in package.relationships(""):
        if relation.kind == "officeDocument" and relation.part:
            return relation.part
    raise WorkbookError("workbook.part_missing", {"part": "_rels/.rels"})


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    at, end = 0, len(content)
    while at < end:
        number = content[at]
        at += 1
        if number & 0x80:
            number = number & 0x7F | (content[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        while True:
            byte = content[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift == 28:
                break
        if at + length > end:
            raise ValueError("record cut off")
        yield number, content[at : at + length]
        at += length


def _text(body: bytes, at: int) -> tuple[str, int]:
    """A wide string and where it ends; one of length 0xFFFFFFFF is none."""
    length = struct.unpack_from("<I", body, at)[0]
    if length == 0xFFFFFFFF:
        return "", at + 4
    end = at + 4 + 2 * length
    if end > len(body):
        raise ValueError("text cut off")
    return body[at + 4 : end].decode("utf-16-le", "replace"), end


def _cell_looks(content: bytes) -> list[tuple[str, bool]]:
    """Number format of each cell style, and whether it strikes out."""
    own: dict[int, str] = {}
    fonts: list[bool] = []
    looks: list[tuple[str, bool]] = []
    inside = False
    for number, body in _records(content):
        if number == _FORMAT:
            own[struct.unpack_from("<H", body)[0]] = _text(body, 2)[0]
        elif number == _FONT:
            fonts.append(bool(struct.unpack_from("<H", body, 2)[0] & _STRUCK))
        elif number == _BEGIN_CELL_XFS:
            inside = True
        elif number == _END_CELL_XFS:
            inside = False
        elif number == _XF and inside:
            code, font = struct.unpack_from("<2H", body, 2)
            looks.append((format_code(code, own), font < len(fonts) and fonts[font]))
    return looks


def _scan_sheet(
    sheet: SheetLayout, content: bytes, looks: list[tuple[str, bool]], limits: Limits
) -> None:
    row = 0
    for number, body in _records(content):
        if number == _ROW:
            row, _, height = struct.unpack_from("<2IH", body)
            row += 1
            if len(body) >= 12 and body[11] & _ROW_HIDDEN:
                sheet.heights[row] = 0
            elif height:
                sheet.heights[row] = height / 20
        elif number in _CELLS:
            column, style = struct.unpack_from("<2I", body)
            style &= 0xFFFFFF
            code, is_struck = looks[style] if style < len(looks) else (format_code(0, {}), False)
            mark = CellMark(_CELLS[number], code, _seen(number, body), is_struck)
            sheet.mark(row, column + 1, mark, limits)
        elif number == _MERGE:
            top, bottom, left, right = struct.unpack_from("<4I", body)
            sheet.merge((top + 1, left + 1, bottom + 1, right + 1), limits)
        elif number == _COLINFO:
            first, last, width = struct.unpack_from("<3I", body)
            is_hidden = len(body) >= 18 and body[16] & _COLUMN_HIDDEN
            for column in range(first, min(last, 255) + 1):
                sheet.widths[column + 1] = 0 if is_hidden else width / 256


def _seen(number: int, body: bytes) -> float | str | None:
    kind = _CELLS[number]
    if kind == "error":
        return ERRORS.get(body[8], "#VALUE!")
    if kind != "number":
        return None
    if number == _CELL_RK:
        return rk_number(struct.unpack_from("<I", body, 8)[0])
    value: float = struct.unpack_from("<d", body, 8)[0]
    return value
