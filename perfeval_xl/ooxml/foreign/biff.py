"""Scan of .xls and .et: BIFF8 (Excel 97 and later, WPS) in an OLE container.

BIFF5 (Excel 5 and 95) is refused: calamine garbles its Chinese and mixes up its sheets.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml.foreign.layout import (
    ERRORS,
    CellMark,
    SheetLayout,
    format_code,
    rk_number,
)
from perfeval_xl.ooxml.package import Limits
from perfeval_xl.ooxml.styles import GENERAL

_BIFF8 = 0x0600
_BOF, _EOF, _FILEPASS, _BOUNDSHEET, _FONT, _FORMAT, _XF = (
    0x0809, 0x000A, 0x002F, 0x0085, 0x0031, 0x041E, 0x00E0,
)  # fmt: skip
_STRUCK, _NO_FONT = 0x0008, 4  # of a font; no font has the number 4
_NUMBER, _RK, _MULRK, _BOOLERR = 0x0203, 0x027E, 0x00BD, 0x0205
_TEXTS = frozenset((0x00FD, 0x0204, 0x00D6))  # LABELSST, LABEL, RSTRING
_FORMULAS = frozenset((0x0006, 0x0206, 0x0406))
_SINGLE = frozenset((_NUMBER, _RK, _BOOLERR)) | _TEXTS | _FORMULAS
_MERGED, _COLINFO, _ROW = 0x00E5, 0x007D, 0x0208
_COLUMN_HIDDEN, _ROW_HIDDEN = 0x01, 0x20
_STATES = {0: "visible", 1: "hidden", 2: "veryHidden"}
_TAB_KINDS = {0: "worksheet", 1: "macrosheet", 2: "chartsheet", 6: "module"}
_RESULTS = {0: "text", 1: "boolean", 2: "error", 3: "empty"}

Record = tuple[int, bytes]


def scan_xls(data: bytes, limits: Limits) -> list[SheetLayout]:
    """Every tab of an .xls in order."""
    stream = workbook_stream(data)
    book = _Globals(stream)
    return [book.sheet(*tab, limits) for tab in book.tabs]


def workbook_stream(data: bytes) -> bytes:
    """The stream ``Workbook`` (or ``Book``) of an OLE container; WorkbookError without one."""
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            for name in ("Workbook", "Book"):
                if container.exists(name):
                    content: bytes = container.openstream(name).read()
                    return content
    except (OSError, ValueError, IndexError, struct.error, OverflowError) as exc:
        raise WorkbookError("workbook.truncated") from exc
    except Exception as exc:  # olefile fails in many ways on damaged bytes
        raise WorkbookError("workbook.legacy_failed", {"kind": "xls"}) from exc
    raise WorkbookError("workbook.not_a_workbook", {"kind": "ole"})


def is_encrypted_stream(stream: bytes) -> bool:
    """Whether a FILEPASS stands among the workbook's global records."""
    return any(number == _FILEPASS for number, _ in _substream(stream, 0))


def _substream(stream: bytes, at: int) -> Iterator[Record]:
    """Records from a BOF to its EOF; those of a chart inside a sheet are left out."""
    number, length = struct.unpack_from("<2H", stream, at)
    if number != _BOF:
        raise ValueError("no BOF")
    depth = 0
    while True:
        number, length = struct.unpack_from("<2H", stream, at)
        body = stream[at + 4 : at + 4 + length]
        if len(body) < length:
            raise ValueError("record cut off")
        at += 4 + length
        if number == _BOF:
            depth += 1
        if number == _EOF:
            depth -= 1
            if depth == 0:
                return
        elif depth == 1:
            yield number, body


class _Globals:
    """What stands before the sheets: tabs and number formats."""

    def __init__(self, stream: bytes) -> None:
        self.stream = stream
        self.tabs: list[tuple[int, str, str, str]] = []  # offset, name, state, kind
        self._formats: dict[int, str] = {}
        self._styles: list[tuple[int, int]] = []  # font and number format of each
        self._fonts: list[bool] = []  # whether each strikes out
        for number, body in _substream(stream, 0):
            self._take(number, body)

    def sheet(self, at: int, name: str, state: str, kind: str, limits: Limits) -> SheetLayout:
        """The layout of one tab; only a worksheet has one."""
        sheet = SheetLayout(name, state, kind)
        if kind == "worksheet":
            for number, body in _substream(self.stream, at):
                self._take_cell(sheet, number, body, limits)
        return sheet

    def _take(self, number: int, body: bytes) -> None:
        if number == _BOF:
            if struct.unpack_from("<H", body)[0] != _BIFF8:
                raise WorkbookError("workbook.xls_too_old")
        elif number == _FILEPASS:
            raise WorkbookError("workbook.encrypted")
        elif number == _BOUNDSHEET:
            at, state, kind = struct.unpack_from("<I2B", body)
            name = _text(body, 6, 1)
            self.tabs.append((at, name, _STATES.get(state & 3, "hidden"), _TAB_KINDS.get(kind, "")))
        elif number == _FORMAT:
            self._formats[struct.unpack_from("<H", body)[0]] = _text(body, 2, 2)
        elif number == _FONT:
            self._fonts.append(bool(struct.unpack_from("<H", body, 2)[0] & _STRUCK))
        elif number == _XF:
            self._styles.append(struct.unpack_from("<2H", body))

    def _format(self, style: int) -> str:
        number = self._styles[style][1] if style < len(self._styles) else 0
        return format_code(number, self._formats)

    def _is_struck(self, style: int) -> bool:
        font = self._styles[style][0] if style < len(self._styles) else 0
        place = font - (font > _NO_FONT)
        return place < len(self._fonts) and self._fonts[place]

    def _number(self, style: int, value: float) -> CellMark:
        return CellMark("number", self._format(style), value, self._is_struck(style))

    def _take_cell(self, sheet: SheetLayout, number: int, body: bytes, limits: Limits) -> None:
        if number in _SINGLE:
            row, column, style = struct.unpack_from("<3H", body)
            sheet.mark(row + 1, column + 1, self._mark(number, style, body), limits)
        elif number == _MULRK:
            row, first = struct.unpack_from("<2H", body)
            for place in range((len(body) - 6) // 6):
                style, rk = struct.unpack_from("<HI", body, 4 + 6 * place)
                mark = self._number(style, rk_number(rk))
                sheet.mark(row + 1, first + place + 1, mark, limits)
        elif number == _MERGED:
            for place in range(struct.unpack_from("<H", body)[0]):
                top, bottom, left, right = struct.unpack_from("<4H", body, 2 + 8 * place)
                sheet.merge((top + 1, left + 1, bottom + 1, right + 1), limits)
        elif number == _COLINFO:
            first, last, width = struct.unpack_from("<3H", body)
            is_hidden = len(body) >= 10 and body[8] & _COLUMN_HIDDEN
            for column in range(first, min(last, 255) + 1):
                sheet.widths[column + 1] = 0 if is_hidden else width / 256
        elif number == _ROW:
            row, _, _, height = struct.unpack_from("<4H", body)
            if len(body) >= 14 and body[12] & _ROW_HIDDEN:
                sheet.heights[row + 1] = 0
            elif not height & 0x8000:
                sheet.heights[row + 1] = height / 20

    def _mark(self, number: int, style: int, body: bytes) -> CellMark:
        if number in _TEXTS:
            return CellMark("text", struck=self._is_struck(style))
        if number == _RK:
            return self._number(style, rk_number(struct.unpack_from("<I", body, 6)[0]))
        if number == _BOOLERR:
            value, is_error = body[6], body[7]
            return _error(value) if is_error else CellMark("boolean")
        if number == _NUMBER or body[12:14] != b"\xff\xff":
            return self._number(style, struct.unpack_from("<d", body, 6)[0])
        kind = _RESULTS.get(body[6], "error")
        return _error(body[8]) if kind == "error" else CellMark(kind)


def _error(code: int) -> CellMark:
    return CellMark("error", GENERAL, ERRORS.get(code, "#VALUE!"))


def _text(body: bytes, at: int, width: int) -> str:
    """A text with its length in ``width`` bytes before it."""
    length = int.from_bytes(body[at : at + width], "little")
    at += width
    if body[at] & 1:
        return body[at + 1 : at + 1 + 2 * length].decode("utf-16-le", "replace")
    return body[at + 1 : at + 1 + length].decode("latin-1")
