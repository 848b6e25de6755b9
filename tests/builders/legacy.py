"""Workbooks of other formats made in code: .xls (BIFF8, BIFF5), .xlsb, .ods, OLE containers.

Each takes an openpyxl workbook and writes its values, merges and number formats; nothing else.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from hashlib import md5
from itertools import count
from xml.sax.saxutils import escape, quoteattr

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

_SECTOR = 512
_FREE, _END_OF_CHAIN, _FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SMALL = 4096  # smaller streams would lie elsewhere in the container
_DAY_ZERO = datetime(1899, 12, 30)
_FIRST_OWN = 164
ERRORS = {
    "#NULL!": 0x00, "#DIV/0!": 0x07, "#VALUE!": 0x0F, "#REF!": 0x17, "#NAME?": 0x1D,
    "#NUM!": 0x24, "#N/A": 0x2A,
}  # fmt: skip
_STATES = {"visible": 0, "hidden": 1, "veryHidden": 2}
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def ole(streams: Mapping[str, bytes]) -> bytes:
    """An OLE container (version 3) of these streams, short ones padded with zeros to 4,096 bytes.

    A name with slashes lies in storages of these names.
    """
    padded = {
        name: content.ljust(max(_SMALL, -(-len(content) // _SECTOR) * _SECTOR), b"\0")
        for name, content in streams.items()
    }
    starts, at, fat = {}, 0, []
    for name, content in padded.items():
        starts[name] = at
        sectors = len(content) // _SECTOR
        fat += [*range(at + 1, at + sectors), _END_OF_CHAIN]
        at += sectors
    sizes = {name: max(_SMALL, len(content)) for name, content in streams.items()}
    directory = _directory({name: (starts[name], sizes[name]) for name in streams})
    directory_start = at
    sectors = len(directory) // _SECTOR
    fat += [*range(at + 1, at + sectors), _END_OF_CHAIN]
    at += sectors
    fat_sectors = next(n for n in count(1) if n * 128 >= at + n)
    fat += [_FAT_SECTOR] * fat_sectors
    fat += [_FREE] * (fat_sectors * 128 - len(fat))
    header = struct.pack(
        "<8s16x5H6x9I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, fat_sectors, directory_start, 0, _SMALL, _END_OF_CHAIN, 0, _END_OF_CHAIN, 0,
    )  # fmt: skip
    places = [*range(at, at + fat_sectors), *[_FREE] * (109 - fat_sectors)]
    body = b"".join(padded.values()) + directory + struct.pack(f"<{len(fat)}I", *fat)
    return header + struct.pack("<109I", *places) + body


def _directory(streams: Mapping[str, tuple[int, int]]) -> bytes:
    """Directory entries; siblings hang in a chain to the right, in the order OLE sorts them."""
    tree: dict[str, dict[str, object]] = {}
    for path in streams:
        at = tree
        for step in path.split("/"):
            at = at.setdefault(step, {})  # type: ignore[assignment]
    entries: list[bytes] = []

    def add(name: str, kind: int, child: int, right: int, start: int, size: int) -> None:
        raw = name.encode("utf-16-le") + b"\0\0"
        entries.append(
            struct.pack(
                "<64sH2B3I16x4x16xIQ", raw, len(raw), kind, 1, _FREE, right, child, start, size
            )
        )

    def place(level: dict[str, dict[str, object]], path: str) -> int:
        """Entries of one level from the last to the first; index of the first."""
        right = _FREE
        for name in sorted(level, key=lambda n: (len(n), n.upper()), reverse=True):
            whole = f"{path}{name}"
            below = level[name]
            child = place(below, f"{whole}/") if below else _FREE  # type: ignore[arg-type]
            start, size = streams.get(whole, (0, 0))
            add(name, 2 if whole in streams else 1, child, right, start, size)
            right = len(entries)  # the root comes first: one more than here
        return right

    first = place(tree, "")
    inner, entries[:] = list(entries), []
    add("Root Entry", 5, first, _FREE, _END_OF_CHAIN, 0)
    entries += inner
    while len(entries) % 4:
        entries.append(struct.pack("<68x3I48x", _FREE, _FREE, _FREE))
    return b"".join(entries)


# ---- .xls ----


def record(number: int, body: bytes = b"") -> bytes:
    """One BIFF record."""
    return struct.pack("<2H", number, len(body)) + body


def xls(book: Workbook, biff: int = 8, cells: Mapping[str, bytes] | None = None) -> bytes:
    """The workbook as .xls (what WPS calls .et): BIFF8, or BIFF5 with GBK texts.

    ``cells`` gives further records, as bytes, for the sheet of that name.
    """
    name = "Workbook" if biff == 8 else "Book"
    return ole({name: xls_stream(book, biff, cells)})


def xls_stream(book: Workbook, biff: int = 8, cells: Mapping[str, bytes] | None = None) -> bytes:
    """The workbook stream of an .xls."""
    codes = _codes(book)
    looks = _looks(book)
    sheets = [_xls_sheet(sheet, biff, looks, (cells or {}).get(sheet.title, b"")) for sheet in book]
    head = _bof(biff, 0x0005) + record(0x0042, struct.pack("<H", 1200 if biff == 8 else 936))
    for flags in (0, 0, 0, 0, 0x0008):  # the fifth font, number 5, strikes out
        head += record(0x0031, struct.pack("<2H", 220, flags).ljust(14, b"\0") + b"\0\1")
    for number, code in enumerate(codes):
        head += record(0x041E, struct.pack("<H", _FIRST_OWN + number) + _text(code, biff, 2, 1))
    for code, struck in looks:
        look = struct.pack("<2H", 5 if struck else 0, _FIRST_OWN + codes.index(code))
        head += record(0x00E0, look.ljust(20, b"\0"))
    names = [_text(sheet.title, biff, 1, 1) for sheet in book]
    at = len(head) + sum(4 + 6 + len(name) for name in names) + 4
    for sheet, name, content in zip(book, names, sheets, strict=True):
        state = _STATES[sheet.sheet_state]
        head += record(0x0085, struct.pack("<I2B", at, state, 0) + name)
        at += len(content)
    return head + record(0x000A) + b"".join(sheets)


def _bof(biff: int, kind: int) -> bytes:
    version = 0x0600 if biff == 8 else 0x0500
    return record(0x0809, struct.pack("<4H", version, kind, 0x0DBB, 1996).ljust(16, b"\0"))


def _text(text: str, biff: int, wide: int, narrow: int) -> bytes:
    """A text with its length in ``wide`` (BIFF8) or ``narrow`` (BIFF5) bytes before it."""
    if biff == 8:
        return len(text).to_bytes(wide, "little") + b"\x01" + text.encode("utf-16-le")
    raw = text.encode("gbk")
    return len(raw).to_bytes(narrow, "little") + raw


def _xls_sheet(sheet: Worksheet, biff: int, looks: list[tuple[str, bool]], more: bytes) -> bytes:
    content = _bof(biff, 0x0010)
    for cell in _filled(sheet):
        place = struct.pack("<3H", cell.row - 1, cell.column - 1, looks.index(_look(cell)))
        content += _xls_cell(place, cell.value, biff)
    merges = [area.bounds for area in sheet.merged_cells.ranges]
    if merges and biff == 8:
        body = struct.pack("<H", len(merges))
        for left, top, right, bottom in merges:
            body += struct.pack("<4H", top - 1, bottom - 1, left - 1, right - 1)
        content += record(0x00E5, body)
    return content + more + record(0x000A)


def _xls_cell(place: bytes, value: object, biff: int) -> bytes:
    if isinstance(value, bool):
        return record(0x0205, place + bytes((value, 0)))
    if isinstance(value, str) and value in ERRORS:
        return record(0x0205, place + bytes((ERRORS[value], 1)))
    if isinstance(value, str):
        return record(0x0204, place + _text(value, biff, 2, 2))
    return record(0x0203, place + struct.pack("<d", _number(value)))


def xls_rc4(book: Workbook, password: str) -> bytes:
    """The .xls encrypted with RC4, as Excel 97 does ([MS-OFFCRYPTO] 2.3.6, [MS-XLS] 2.2.10)."""
    salt, verifier = bytes(range(16)), bytes(range(16, 32))
    sealed = _rc4(_rc4_key(password, salt, 0), verifier + md5(verifier).digest())
    head = record(0x002F, struct.pack("<3H", 1, 1, 1) + salt + sealed)
    plain = xls_stream(book)
    first = 4 + struct.unpack_from("<H", plain, 2)[0]
    plain = plain[:first] + head + plain[first:]
    keys: dict[int, bytes] = {}

    def stream_byte(at: int) -> int:
        block = at // 1024
        if block not in keys:
            keys[block] = _rc4(_rc4_key(password, salt, block), bytes(1024))
        return keys[block][at % 1024]

    out, at = bytearray(plain), 0
    while at < len(out):
        number, length = struct.unpack_from("<2H", plain, at)
        body = range(at + 4, at + 4 + length)
        if number == 0x0085:
            moved = struct.unpack_from("<I", plain, at + 4)[0] + len(head)
            struct.pack_into("<I", out, at + 4, moved)
            body = body[4:]
        if number not in (0x0809, 0x002F):
            for place in body:
                out[place] ^= stream_byte(place)
        at += 4 + length
    return ole({"Workbook": bytes(out)})


def _rc4_key(password: str, salt: bytes, block: int) -> bytes:
    first = md5(password.encode("utf-16-le")).digest()[:5]
    second = md5((first + salt) * 16).digest()[:5]
    return md5(second + struct.pack("<I", block)).digest()


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


# ---- .xlsb ----


def record12(number: int, body: bytes = b"") -> bytes:
    """One record of an .xlsb part."""
    head = bytes((number,)) if number < 0x80 else bytes((number & 0x7F | 0x80, number >> 7))
    length, size = b"", len(body)
    while True:
        size, low = size >> 7, size & 0x7F
        length += bytes((low | (0x80 if size else 0),))
        if not size:
            return head + length + body


def xlsb(book: Workbook) -> bytes:
    """The workbook as .xlsb, texts in the cells."""
    bundle = b""
    parts: dict[str, bytes] = {}
    relations = [("styles", "styles.bin")]
    for number, sheet in enumerate(book, 1):
        relations.append(("worksheet", f"worksheets/sheet{number}.bin"))
        state = struct.pack("<2I", _STATES[sheet.sheet_state], number)
        bundle += record12(156, state + _wide(f"rId{number + 1}") + _wide(sheet.title))
        parts[f"xl/worksheets/sheet{number}.bin"] = _xlsb_sheet(sheet, _looks(book))
    workbook = record12(131) + record12(153, struct.pack("<3I", 0, 0, 0))
    workbook += record12(143) + bundle + record12(144) + record12(132)
    return _zip(
        {
            "[Content_Types].xml": _XLSB_TYPES,
            "_rels/.rels": _rels([("officeDocument", "xl/workbook.bin")]),
            "xl/workbook.bin": workbook,
            "xl/_rels/workbook.bin.rels": _rels(relations),
            "xl/styles.bin": _xlsb_styles(_codes(book), _looks(book)),
            **parts,
        }
    )


def _xlsb_styles(codes: list[str], looks: list[tuple[str, bool]]) -> bytes:
    formats = b"".join(
        record12(44, struct.pack("<H", _FIRST_OWN + n) + _wide(code))
        for n, code in enumerate(codes)
    )
    fonts = b"".join(
        record12(43, struct.pack("<2H", 220, flags).ljust(21, b"\0") + _wide("宋体"))
        for flags in (0, 0x08)
    )
    entries = b"".join(
        record12(47, struct.pack("<3H", 0, _FIRST_OWN + codes.index(code), struck).ljust(16, b"\0"))
        for code, struck in looks
    )
    count, size, both = (struct.pack("<I", n) for n in (len(codes), len(looks), 2))
    return (
        record12(278) + record12(615, count) + formats + record12(616)
        + record12(611, both) + fonts + record12(612)
        + record12(617, size) + entries + record12(618) + record12(279)
    )  # fmt: skip


def _xlsb_sheet(sheet: Worksheet, looks: list[tuple[str, bool]]) -> bytes:
    rows = [cell.row for cell in _filled(sheet)] or [1]
    columns = [cell.column for cell in _filled(sheet)] or [1]
    area = (min(rows) - 1, max(rows) - 1, min(columns) - 1, max(columns) - 1)
    content = record12(129) + record12(148, struct.pack("<4I", *area)) + record12(145)
    last = 0
    for cell in _filled(sheet):
        if cell.row != last:
            last = cell.row
            content += record12(0, struct.pack("<2IH", last - 1, 0, 300).ljust(17, b"\0"))
        place = struct.pack("<2I", cell.column - 1, looks.index(_look(cell)))
        content += _xlsb_cell(place, cell.value)
    content += record12(146)
    merges = [area.bounds for area in sheet.merged_cells.ranges]
    if merges:
        content += record12(177, struct.pack("<I", len(merges)))
        for left, top, right, bottom in merges:
            content += record12(176, struct.pack("<4I", top - 1, bottom - 1, left - 1, right - 1))
        content += record12(178)
    return content + record12(130)


def _xlsb_cell(place: bytes, value: object) -> bytes:
    if isinstance(value, bool):
        return record12(4, place + bytes((value,)))
    if isinstance(value, str) and value in ERRORS:
        return record12(3, place + bytes((ERRORS[value],)))
    if isinstance(value, str):
        return record12(6, place + _wide(value))
    return record12(5, place + struct.pack("<d", _number(value)))


def _wide(text: str) -> bytes:
    raw = text.encode("utf-16-le")
    return struct.pack("<I", len(raw) // 2) + raw


def _rels(targets: Iterable[tuple[str, str]]) -> bytes:
    lines = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'.encode()


_XLSB_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="bin"'
    ' ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>'
).encode()


# ---- .ods ----

_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_ODS_HEAD = (
    f'<office:document-content xmlns:office="{_ODF}:office:1.0" xmlns:table="{_ODF}:table:1.0"'
    f' xmlns:text="{_ODF}:text:1.0" xmlns:style="{_ODF}:style:1.0"'
    f' xmlns:number="{_ODF}:datastyle:1.0" office:version="1.2">'
)
_CROSSED = (
    '<style:style style:name="out" style:family="table-cell">'
    '<style:text-properties style:text-line-through-style="solid"/></style:style>'
    '<style:style style:name="crossed" style:family="table-cell" style:parent-style-name="out"/>'
)
_HIDDEN = (
    '<style:style style:name="away" style:family="table">'
    '<style:table-properties table:display="false"/></style:style>'
)


def ods(book: Workbook) -> bytes:
    """The workbook as .ods; of number formats only percentages and dates."""
    return ods_of("".join(_ods_table(sheet) for sheet in book))


def ods_of(tables: str, *, before: str = "", styles: str = "") -> bytes:
    """An .ods around the given ``table:table`` elements; ``before`` stands above the root."""
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}{_ODS_HEAD}'
        f"<office:automatic-styles>{_HIDDEN}{_CROSSED}{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/>'
        "</manifest:manifest>"
    )
    return _zip(
        {
            "mimetype": mime.encode(),
            "META-INF/manifest.xml": manifest.encode(),
            "content.xml": content.encode(),
        }
    )


def ods_table(rows: str, name: str = "表") -> str:
    """A ``table:table`` of these rows."""
    return f'<table:table table:name="{name}">{rows}</table:table>'


def _ods_table(sheet: Worksheet) -> str:
    spans = {
        (top, left): f' table:number-rows-spanned="{bottom - top + 1}"'
        f' table:number-columns-spanned="{right - left + 1}"'
        for left, top, right, bottom in (area.bounds for area in sheet.merged_cells.ranges)
    }
    filled = {(cell.row, cell.column): cell for cell in _filled(sheet)}
    rows = ""
    for row in range(1, sheet.max_row + 1):
        cells = ""
        for column in range(1, sheet.max_column + 1):
            span = spans.get((row, column), "")
            cell = filled.get((row, column))
            cells += _ods_cell(cell, span) if cell else f"<table:table-cell{span}/>"
        rows += f"<table:table-row>{cells}</table:table-row>"
    hidden = "" if sheet.sheet_state == "visible" else ' table:style-name="away"'
    return f"<table:table table:name={quoteattr(sheet.title)}{hidden}>{rows}</table:table>"


def _ods_cell(cell: Cell, span: str) -> str:
    value = cell.value
    if isinstance(value, bool):
        kind = f'office:value-type="boolean" office:boolean-value="{str(value).lower()}"'
        text = str(value).upper()
    elif isinstance(value, str):
        if value in ERRORS:
            kind, text = 'table:formula="of:=1/0" office:value-type="string"', value
        else:
            kind, text = 'office:value-type="string"', value
    elif isinstance(value, date):
        kind, text = f'office:value-type="date" office:date-value="{value:%Y-%m-%d}"', "日期"
    else:
        form = "percentage" if "%" in cell.number_format else "float"
        text = repr(_number(value))
        kind = f'office:value-type="{form}" office:value="{text}"'
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in text.split("\n"))
    style = ' table:style-name="crossed"' if cell.font.strike else ""
    return f"<table:table-cell{style} {kind}{span}>{lines}</table:table-cell>"


# ---- what all share ----


def _filled(sheet: Worksheet) -> list[Cell]:
    """Filled cells in order; by iter_rows a cell at XFD1048576 would take hours."""
    return [cell for _, cell in sorted(sheet._cells.items()) if cell.value not in (None, "")]


def _codes(book: Workbook) -> list[str]:
    codes = {cell.number_format: None for sheet in book for cell in _filled(sheet)}
    return list({"General": None, **codes})


def _look(cell: Cell) -> tuple[str, bool]:
    """A cell's number format, and whether it is struck out."""
    return cell.number_format, bool(cell.font.strike)


def _looks(book: Workbook) -> list[tuple[str, bool]]:
    looks = {_look(cell): None for sheet in book for cell in _filled(sheet)}
    return list({("General", False): None, **looks})


def _number(value: object) -> float:
    if isinstance(value, datetime):
        return (value - _DAY_ZERO).total_seconds() / 86400
    if isinstance(value, date):
        return float((datetime(value.year, value.month, value.day) - _DAY_ZERO).days)
    return float(str(value))


def _zip(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name)
            stored = name == "mimetype"
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            package.writestr(info, content)
    return out.getvalue()
