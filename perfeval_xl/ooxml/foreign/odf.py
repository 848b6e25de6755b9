"""Scan of .ods: tables in content.xml, number formats by style name, repeats unrolled in limits."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from xml.parsers import expat

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml.foreign.layout import ERRORS, CellMark, SheetLayout
from perfeval_xl.ooxml.foreign.parts import open_zip
from perfeval_xl.ooxml.markup import parse, run, utf8
from perfeval_xl.ooxml.package import Limits
from perfeval_xl.ooxml.refs import MAX_COLUMN, MAX_ROW, address
from perfeval_xl.ooxml.styles import GENERAL

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_SPACES = {
    f"{_OASIS}table:1.0": "table", f"{_OASIS}office:1.0": "office", f"{_OASIS}style:1.0": "style",
    f"{_OASIS}datastyle:1.0": "number", f"{_OASIS}text:1.0": "text",
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0": "calcext",
}  # fmt: skip
_DATA_STYLES = {
    "number:number-style", "number:currency-style", "number:percentage-style",
    "number:text-style",
}  # fmt: skip
_CELLS = ("table:table-cell", "table:covered-table-cell")
_KINDS = {
    "float": "number", "percentage": "number", "currency": "number", "date": "number",
    "time": "number", "string": "text", "boolean": "boolean",
}  # fmt: skip
_LENGTH = re.compile(r"([0-9.]+)(in|cm|mm|pt)")
_POINTS = {"in": 72.0, "cm": 28.3465, "mm": 2.83465, "pt": 1.0}
_WIDE = 5.6  # points a character of width takes, about


def scan_ods(data: bytes, limits: Limits) -> list[SheetLayout]:
    """Every table of an .ods in order."""
    package = open_zip(data, limits)
    if "META-INF/manifest.xml" in package:
        part = "META-INF/manifest.xml"
        manifest = parse(utf8(package.read(part), part), part)
        if manifest.descendants("encryption-data"):
            raise WorkbookError("workbook.encrypted")
    styles = _Styles()
    if "styles.xml" in package:
        _Scan("styles.xml", package.read("styles.xml"), styles, limits).read()
    scan = _Scan("content.xml", package.read("content.xml"), styles, limits)
    scan.read()
    return scan.sheets


@dataclass
class _Styles:
    """Styles of both parts: what a cell's style says of its number format, a table's of hiding."""

    codes: dict[str, str] = field(default_factory=dict)  # number formats, by data style
    data: dict[str, str] = field(default_factory=dict)  # data style, by cell style
    parents: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    lengths: dict[str, float] = field(default_factory=dict)  # points, by column or row style
    struck: dict[str, bool] = field(default_factory=dict)  # by cell style that says it

    def code(self, style: str) -> str:
        """The number format of a cell style, General when it has none."""
        own = self._own(style, self.data)
        return self.codes.get(self.data[own], GENERAL) if own else GENERAL

    def is_struck(self, style: str) -> bool:
        """Whether a cell of this style is struck out as a whole."""
        own = self._own(style, self.struck) if self.struck else ""
        return bool(own) and self.struck[own]

    def _own(self, style: str, said: Collection[str]) -> str:
        """The style or the nearest one above it of which something is said, empty for none."""
        for _ in range(20):
            if style in said or style not in self.parents:
                break
            style = self.parents[style]
        return style if style in said else ""


class _Scan:
    """One XML part, read once from top to bottom."""

    def __init__(self, part: str, content: bytes, styles: _Styles, limits: Limits) -> None:
        self.part = part
        self.content = utf8(content, part)
        self.styles = styles
        self.limits = limits
        self.sheets: list[SheetLayout] = []
        self._path: list[str] = []
        self._style = ""  # the style being defined
        self._family = ""
        self._data = ""  # the data style being defined
        self._code: list[str] = []
        self._text: list[str] | None = None
        self._sheet: SheetLayout | None = None
        self._columns: list[tuple[int, str]] = []  # last column and default style of each run
        self._row = 0
        self._rows = 1
        self._row_style = ""
        self._column = 0
        self._cell: dict[str, str] | None = None
        self._shown: list[str] = []
        self._breaks = False

    def read(self) -> None:
        """Fill styles and sheets."""
        parser = expat.ParserCreate(namespace_separator="|")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        run(parser, self.content, self.part)

    def _start(self, qualified: str, attributes: dict[str, str]) -> None:
        name = _short(qualified)
        given = {_short(key): value for key, value in attributes.items()}
        self._path.append(name)
        if len(self._path) > 200:
            raise WorkbookError("workbook.bad_xml", {"part": self.part, "line": "1"})
        if name == "table:table":
            self._start_table(given)
        elif self._sheet is None:
            self._start_style(name, given)
        elif name == "table:table-column":
            self._start_column(given)
        elif name == "table:table-row":
            self._row += self._rows
            self._rows = _count(given, "table:number-rows-repeated")
            self._row_style = given.get("table:default-cell-style-name", "")
            height = self._length(given)
            if height is not None and self._rows < 1000:
                self._sheet.heights |= dict.fromkeys(
                    range(self._row, self._row + self._rows), height
                )
            self._column = 1
        elif name in _CELLS:
            self._cell, self._shown, self._breaks = given, [], False
        elif self._is_shown():
            self._start_shown(name, given)

    def _end(self, qualified: str) -> None:
        name = self._path.pop()
        if name == "table:table":
            self._sheet = None
        elif name in _CELLS and self._sheet is not None and self._cell is not None:
            self._end_cell(self._sheet, self._cell, name)
            self._cell = None
        elif name in _DATA_STYLES and self._data:
            self.styles.codes[self._data] = _section("".join(self._code))
            self._data = ""
        elif name in ("number:text", "number:currency-symbol") and self._text is not None:
            text = "".join(self._text)
            self._code.append(f'"{text}"' if text and '"' not in text else "")
            self._text = None

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)
        elif self._is_shown():
            self._shown.append(text)

    def _is_shown(self) -> bool:
        return self._cell is not None and "office:annotation" not in self._path

    # ---- styles ----

    def _start_style(self, name: str, given: dict[str, str]) -> None:
        if name in _DATA_STYLES:
            self._data, self._code = given.get("style:name", ""), []
            if name == "number:percentage-style":
                self._code.append("%")
        elif name in ("style:style", "style:default-style"):
            self._style = given.get("style:name", "")
            self._family = given.get("style:family", "")
            if given.get("style:data-style-name"):
                self.styles.data[self._style] = given["style:data-style-name"]
            if given.get("style:parent-style-name"):
                self.styles.parents[self._style] = given["style:parent-style-name"]
        elif name == "style:text-properties" and self._family == "table-cell":
            line = given.get("style:text-line-through-style")
            if line is not None:
                self.styles.struck[self._style] = line != "none"
        elif name == "style:table-properties" and given.get("table:display") == "false":
            self.styles.hidden.add(self._style)
        elif name in ("style:table-column-properties", "style:table-row-properties"):
            key = "style:column-width" if "column" in name else "style:row-height"
            length = _LENGTH.fullmatch(given.get(key, ""))
            if length:
                self.styles.lengths[self._style] = float(length[1]) * _POINTS[length[2]]
        elif self._data and name == "number:number":
            decimals = min(_count(given, "number:decimal-places", 0), 20)
            self._code.append("0" + ("." + "0" * decimals if decimals else ""))
            factor = given.get("number:display-factor", "1")
            self._code.append("," if factor != "1" else "")
        elif self._data and name in ("number:text", "number:currency-symbol"):
            self._text = []

    # ---- tables ----

    def _start_table(self, given: dict[str, str]) -> None:
        if self._sheet is not None:
            raise WorkbookError("workbook.unsupported", {"what": "单元格里嵌套的表格"})
        if "table:dde-link" in self._path or "table:tracked-changes" in self._path:
            raise WorkbookError("workbook.unsupported", {"what": "修订记录或外部链接里的表格"})
        hidden = given.get("table:style-name", "") in self.styles.hidden
        name = given.get("table:name", "")
        self._sheet = SheetLayout(name, "hidden" if hidden else "visible")
        self.sheets.append(self._sheet)
        self._columns = []
        self._row, self._rows, self._column = 1, 0, 1

    def _start_column(self, given: dict[str, str]) -> None:
        first = self._columns[-1][0] + 1 if self._columns else 1
        last = first + _count(given, "table:number-columns-repeated") - 1
        self._columns.append((last, given.get("table:default-cell-style-name", "")))
        width = self._length(given)
        if width is not None and self._sheet is not None:
            for column in range(first, min(last, 256) + 1):
                self._sheet.widths[column] = round(width / _WIDE, 2)

    def _length(self, given: dict[str, str]) -> float | None:
        """Height of a row or width of a column in points; 0 when hidden, None when not set."""
        if given.get("table:visibility", "visible") != "visible":
            return 0
        return self.styles.lengths.get(given.get("table:style-name", "")) or None

    def _start_shown(self, name: str, given: dict[str, str]) -> None:
        """What stands for characters inside a cell; calamine drops tabs and line breaks."""
        if name == "text:s":
            self._shown.append(" " * min(_count(given, "text:c"), 1000))
        elif name == "text:p" and self._shown:
            self._shown.append("\n")
        elif name in ("text:tab", "text:line-break"):
            self._shown.append("\t" if name == "text:tab" else "\n")
            self._breaks = True

    def _end_cell(self, sheet: SheetLayout, given: dict[str, str], name: str) -> None:
        count = _count(given, "table:number-columns-repeated")
        column, self._column = self._column, self._column + count
        mark = self._mark(given, column)
        if mark is not None:
            is_struck = self.styles.is_struck(self._style_of(given, column))
            self._place(sheet, column, count, mark._replace(struck=True) if is_struck else mark)
        rows = _count(given, "table:number-rows-spanned")
        columns = _count(given, "table:number-columns-spanned")
        if name == _CELLS[0] and (rows > 1 or columns > 1):
            if count > 1 or self._rows > 1:
                raise WorkbookError("workbook.legacy_failed", {"kind": "ods"})
            area = (self._row, column, self._row + rows - 1, column + columns - 1)
            sheet.merge(area, self.limits)

    def _place(self, sheet: SheetLayout, column: int, count: int, mark: CellMark) -> None:
        """The cell as often as it is repeated, which a few bytes may ask for by the billion."""
        if count * self._rows > self.limits.cells:
            details = {"sheet": sheet.name, "part": sheet.name, "limit": str(self.limits.cells)}
            details["actual"] = str(count * self._rows)
            raise WorkbookError("workbook.too_many_cells", details)
        if self._row + self._rows - 1 > MAX_ROW or column + count - 1 > MAX_COLUMN:
            details = {"sheet": sheet.name, "cell": address(self._row, column)}
            raise WorkbookError("workbook.bad_cell", details)
        for row in range(self._row, self._row + self._rows):
            for place in range(column, column + count):
                sheet.mark(row, place, mark, self.limits)

    def _mark(self, given: dict[str, str], column: int) -> CellMark | None:
        kind = given.get("office:value-type", "")
        shown = "".join(self._shown)
        if given.get("calcext:value-type") == "error" or _is_error(given, shown):
            error = shown.strip()
            return CellMark("error", GENERAL, error if error in ERRORS.values() else "#VALUE!")
        if not kind:
            return CellMark("empty") if given.get("table:formula") or shown else None
        if kind in ("string", "boolean"):
            own = shown if self._breaks and "office:string-value" not in given else None
            return CellMark(_KINDS[kind], GENERAL, own)
        style = self._style_of(given, column)
        code = "0.00%" if kind == "percentage" else self.styles.code(style)
        value = _float(given["office:value"]) if given.get("office:value") else None
        return CellMark(_KINDS.get(kind, "text"), code, value)

    def _style_of(self, given: dict[str, str], column: int) -> str:
        return given.get("table:style-name") or self._row_style or self._column_style(column)

    def _column_style(self, column: int) -> str:
        return next((style for last, style in self._columns if column <= last), "")


def _is_error(given: dict[str, str], shown: str) -> bool:
    """WPS and Excel mark an error by its text alone, below a formula."""
    return bool(given.get("table:formula")) and shown.startswith(("#", "Err:"))


def _section(code: str) -> str:
    """A percent sign that came first goes behind the digits."""
    return code[1:] + "%" if code.startswith("%") else code or GENERAL


def _short(qualified: str) -> str:
    space, _, local = qualified.rpartition("|")
    prefix = _SPACES.get(space, "")
    return f"{prefix}:{local}" if prefix else local


def _count(given: dict[str, str], name: str, default: int = 1) -> int:
    text = given.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError as exc:
        raise WorkbookError("workbook.legacy_failed", {"kind": "ods"}) from exc
