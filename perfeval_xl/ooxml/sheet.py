"""One worksheet: scanned once, for reading and for splicing.

Plain sheets (nearly all) are read by strict regular expressions that must cover every byte of
``sheetData``; whatever they do not cover goes to a slower reader on expat. Both give the same.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from xml.parsers import expat

from perfeval_xl.errors import WorkbookError
from perfeval_xl.labels import struck
from perfeval_xl.ooxml.markup import (
    MAIN,
    STRICT_MAIN,
    Node,
    check,
    element_end,
    named_attributes,
    open_tag_end,
    parse,
    plain_text,
    prefix_of,
    run,
    unescaped,
    utf8,
)
from perfeval_xl.ooxml.package import Limits
from perfeval_xl.ooxml.refs import (
    MAX_COLUMN,
    MAX_ROW,
    Range,
    address,
    column_number,
    moved_formula,
    overlapping,
    parse_cell,
    parse_range,
    range_text,
)
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
_ROW_STYLE = re.compile(rb"""\ss\s*=\s*["']([0-9]{1,9})["']""")
_ROW_HIDDEN = re.compile(rb'\shidden="(?:1|true)"')
_COLUMN = re.compile(rb'<c r="([A-Z]+)')
_FILLED = re.compile(
    rb'<c r="([A-Z]++)([0-9]++)"(?: s="([0-9]++)")?+(?: t="(\w++)")?+[^<>/]*+>(?!</c>)'
    rb"(?:<f([^<>]*+)>(?:([^<]*+)</f>)?+)?+"
    rb"(<v[^<>/]*+>([^<]*+)</v>|<v ?/>)?+(?:<is><t[^<>]*+>([^<]*+)</t></is>)?+</c>"
)
_PLACE = re.compile(rb'<c r="([A-Z]+)[0-9]+"(?: s="([0-9]+)")?[^<>]*>')
_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^<>]*\?>)?\s*<worksheet((?:\s[^<>]*)?)>")
_TAG = re.compile(rb'\s*<([A-Za-z][\w:.-]*)((?:[^<>"\']|"[^"]*"|\'[^\']*\')*)>')
_CORNER = rb"([A-Z]{1,2}(?![A-Z])|[A-W][A-Z]{2}|X[A-E][A-Z]|XF[A-D])([1-9][0-9]{0,5})"
_MERGE = re.compile(rb'<mergeCell ref="' + _CORNER + rb":" + _CORNER + rb'" ?/>')
_FORMULA_ATTRIBUTE = re.compile(rb'(\w+)="([^"]*)"')
_ONCE = ("sheetData", "mergeCells")  # two of them are two readings of one sheet
_MAIN_SPACES = (MAIN, STRICT_MAIN)


class Cell(NamedTuple):
    """A filled cell, as it lies in the file.

    kind: number, text, boolean, error or blank (a formula without a stored value).
    raw: the number's digits or the text, exactly; ``1`` or ``0`` for a boolean.
    formula: without ``=``; that of a shared one is given for the cell it stands in.
    cached: False for a formula whose result is not stored.
    """

    row: int
    column: int
    kind: str
    raw: str
    style: int = 0
    formula: str | None = None
    cached: bool = True


class CellPlace(NamedTuple):
    """Where a cell's tags lie, filled or not."""

    column: int
    style: int
    start: int
    inner: int
    end: int


@dataclass(slots=True)
class RowPlace:
    """Where a row's tags lie, and what its own attributes say."""

    number: int
    start: int
    inner: int
    close: int
    end: int
    cells: array[int] | None = None  # CellPlaces end to end; None: to be found in the XML


@dataclass(slots=True)
class Child:
    """A child of the worksheet element: ``xml[start:end]`` is all of it."""

    name: str
    start: int
    inner: int
    close: int
    end: int


@dataclass(frozen=True, slots=True)
class ColumnRange:
    """One ``col`` element: columns first to last; width in characters, None when not given."""

    first: int
    last: int
    width: float | None
    hidden: bool
    style: int


@dataclass
class Sheet:
    """A worksheet as read. ``cells`` holds the filled ones: a value or a formula."""

    name: str
    part: str
    xml: bytes = b""
    prefix: bytes = b""
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    merges: list[Range] = field(default_factory=list)
    max_row: int = 0
    max_column: int = 0
    row_heights: dict[int, float] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    columns: list[ColumnRange] = field(default_factory=list)
    column_nodes: list[Node] = field(default_factory=list)  # of columns, for whoever edits them
    default_height: float = 15.0
    default_width: float = 8.43
    is_protected: bool = False
    rows: dict[int, RowPlace] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    root: Node = field(default_factory=lambda: Node("worksheet", MAIN, {}, 0))
    was_recoded: bool = False  # not UTF-8 as submitted

    def child(self, name: str) -> Child | None:
        """First child element of this name, or None."""
        return next((child for child in self.children if child.name == name), None)

    def style_of(self, row: int, column: int) -> int:
        """Style index of a cell, filled or not; an absent one has its row's or column's."""
        cell = self.cells.get((row, column))
        if cell is not None:
            return cell.style
        place = self.place(row, column)
        return place.style if place else self._inherited_style(row, column)

    def _inherited_style(self, row: int, column: int) -> int:
        """The style an absent cell takes from its row, else from its column."""
        known = self.rows.get(row)
        tag = self.xml[known.start : known.inner] if known else b""
        found = _ROW_STYLE.search(tag) if b"customFormat" in tag else None
        if found:
            return int(found[1])
        return next((c.style for c in self.columns if c.first <= column <= c.last), 0)

    def place(self, row: int, column: int) -> CellPlace | None:
        """Where the cell lies in the XML, None when it is absent."""
        found = self.rows.get(row)
        if found is None:
            return None
        if found.cells is None:
            return _plain_place(self.xml, found, column)
        return next((cell for cell in self.places(row) if cell.column == column), None)

    def place_for(self, row: RowPlace, column: int) -> int:
        """Where an absent cell belongs in its row."""
        if row.cells is None and _last_column(self.xml, row) < column:
            return row.close
        places = self.places(row.number)
        return next((place.start for place in places if place.column > column), row.close)

    def last_column(self, row: RowPlace) -> int:
        """The last column that has a cell in the row, filled or not; 0 when there is none."""
        if row.cells is None:
            return _last_column(self.xml, row)
        return max((place.column for place in self.places(row.number)), default=0)

    def places(self, row: int) -> list[CellPlace]:
        """All cells of a row, in the order they lie in the XML."""
        found = self.rows.get(row)
        if found is None:
            return []
        if found.cells is None:
            return _places(self.xml, found)
        flat = found.cells
        return [CellPlace(*flat[at : at + 5]) for at in range(0, len(flat), 5)]

    def merge_at(self, row: int, column: int) -> Range | None:
        """The merged range that covers the cell, or None."""
        for area in self.merges:
            if area[0] <= row <= area[2] and area[1] <= column <= area[3]:
                return area
        return None

    def column_width(self, column: int) -> float:
        """Width of a column in characters; 0 when hidden."""
        for item in self.columns:
            if item.first <= column <= item.last:
                if item.hidden:
                    return 0.0
                return self.default_width if item.width is None else item.width
        return self.default_width


def read_sheet(
    name: str, part: str, content: bytes, strings: SharedStrings, limits: Limits, slow: bool = False
) -> Sheet:
    """The worksheet in ``content``; ``slow`` keeps to the general reader (for tests)."""
    xml = utf8(content, part)
    sheet = Sheet(name, part, xml, was_recoded=xml is not content)
    if slow or not _read_plain(sheet, strings, limits):
        _GeneralReader(sheet, strings, limits).read()
    _read_surroundings(sheet, limits)
    _measure(sheet)
    return sheet


def _measure(sheet: Sheet) -> None:
    sheet.max_row = max((key[0] for key in sheet.cells), default=0)
    sheet.max_column = max((key[1] for key in sheet.cells), default=0)


# ---- the plain reader ------------------------------------------------------------------------


def _read_plain(sheet: Sheet, strings: SharedStrings, limits: Limits) -> bool:
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
        _add_row(sheet, row)
        if b" ht=" in attributes or b"hidden" in attributes:
            _note_row(sheet, row.number, attributes)
    return True


def _note_row(sheet: Sheet, number: int, attributes: bytes) -> None:
    height = _ROW_HEIGHT.search(attributes)
    if height:
        sheet.row_heights[number] = _float(height[1].decode())
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
                raise _too_many_cells(sheet, self.limit, len(cells))
        self.shared.resolve(cells)

    def _add_shared(self, row: int, found: tuple[bytes, ...]) -> None:
        """The usual text of ``_add``: a shared one without formula."""
        index = found[7]
        if not index.isdigit() or len(index) > 9 or int(index) >= len(self.strings):
            self._add(row, found)
            return
        text = self.strings[int(index)]
        if text:
            column = _column_of(found[0])
            self.sheet.cells[row, column] = Cell(row, column, "text", text, int(found[2] or 0))

    def _add_number(self, row: int, found: tuple[bytes, ...]) -> None:
        """The usual case of ``_add``: a number without type or formula."""
        raw = found[7].decode().strip()
        if "&" in raw:
            self._add(row, found)
        elif raw:
            column = _column_of(found[0])
            self.sheet.cells[row, column] = Cell(row, column, "number", raw, int(found[2] or 0))

    def _check_columns(self, row: RowPlace, letters: list[bytes]) -> None:
        unique = set(letters)
        if len(unique) == len(letters):
            return
        first = next(item for item in letters if letters.count(item) > 1)
        raise _duplicate_cell(self.sheet, row.number, column_number(first.decode()))

    def _add(self, number: int, found: tuple[bytes, ...]) -> None:
        letters, digits, style, kind, f_attributes, f_text, v_tag, v_text, inline = found
        f_attributes = f_attributes.rstrip(b" /")
        if not (v_tag or inline or f_attributes or f_text):
            return
        row, column = int(digits), _column_of(letters)
        if row != number:
            raise _misplaced(self.sheet, row, column)
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


@lru_cache(maxsize=1024)
def _column_of(letters: bytes) -> int:
    return column_number(letters.decode())


def _places(xml: bytes, row: RowPlace) -> list[CellPlace]:
    return [_cell_place(xml, match) for match in _PLACE.finditer(xml, row.inner, row.close)]


def _plain_place(xml: bytes, row: RowPlace, column: int) -> CellPlace | None:
    """A cell of a row that the grammar has accepted."""
    start = xml.find(b'<c r="%s"' % address(row.number, column).encode(), row.inner, row.close)
    match = _PLACE.match(xml, start) if start >= 0 else None
    return _cell_place(xml, match) if match else None


def _cell_place(xml: bytes, match: re.Match[bytes]) -> CellPlace:
    inner = end = match.end()
    if xml[inner - 2] != 47:  # not self-closing
        end = xml.index(b"</c>", inner) + 4
    column = _column_of(match[1])
    return CellPlace(column, int(match[2] or 0), match.start(), inner, end)


def _last_column(xml: bytes, row: RowPlace) -> int:
    match = _PLACE.match(xml, max(0, xml.rfind(b"<c ", row.inner, row.close)))
    return column_number(match[1].decode()) if match else 0


# ---- the general reader ----------------------------------------------------------------------


class _GeneralReader:
    """Reads any well-formed worksheet by expat: prefixes, comments, CDATA, no ``r`` attributes."""

    def __init__(self, sheet: Sheet, strings: SharedStrings, limits: Limits) -> None:
        self.sheet = sheet
        self.strings = strings
        self.limit = limits.cells
        self.shared = SharedFormulas()
        self.path: list[str] = []
        self.row = 0
        self.column = 0
        self.columns: set[int] = set()
        self.given: dict[str, str] = {}
        self.formula: dict[str, str] | None = None
        self.pieces: dict[str, list[str]] = {}
        self.met: set[str] = set()
        self.is_struck = False  # whether the run of text in hand is struck out
        self.parser = expat.ParserCreate(namespace_separator="|")

    def read(self) -> None:
        """Fill the sheet."""
        self.sheet.rows.clear()
        self.sheet.row_heights.clear()
        self.sheet.hidden_rows.clear()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        run(self.parser, self.sheet.xml, self.sheet.part)
        self.shared.resolve(self.sheet.cells)

    def _start(self, qualified: str, attributes: dict[str, str]) -> None:
        space, _, local = qualified.rpartition("|")
        name = local if space in _MAIN_SPACES else qualified
        self.path.append(name)
        at = self.parser.CurrentByteIndex
        depth = len(self.path)
        if depth == 1:
            self._start_root(name, space, attributes, at)
        elif depth == 2:
            self._start_child(local if name == local else "", at)
        elif self.path[1] != "sheetData":
            return
        elif depth == 3 and name == "row":
            self._start_row(attributes, at)
        elif depth == 4 and name == "c" and self.path[2] == "row":
            self._start_cell(attributes, at)
        elif depth == 5 and name in ("f", "v", "is") and self.path[3] == "c":
            self._start_value(name, attributes)
        elif name in ("r", "strike") and self.path[4:5] == ["is"]:
            self.is_struck = name == "strike" and attributes.get("val", "1") in ("1", "true")

    def _start_value(self, name: str, attributes: dict[str, str]) -> None:
        if name in self.met:  # which of the two counts?
            raise _duplicate_cell(self.sheet, self.row, self.column)
        self.met.add(name)
        if name == "f":
            self.formula = attributes
        self.is_struck = False

    def _start_root(self, name: str, space: str, attributes: dict[str, str], at: int) -> None:
        if name not in ("worksheet", "dialogsheet", "chartsheet", "macrosheet"):
            raise WorkbookError("workbook.bad_xml", {"part": self.sheet.part, "line": "1"})
        inner = open_tag_end(self.sheet.xml, at)
        self.sheet.root = Node(name, space, named_attributes(attributes), at, inner)
        self.sheet.prefix = prefix_of(self.sheet.xml, self.sheet.root)

    def _start_child(self, local: str, at: int) -> None:
        inner = open_tag_end(self.sheet.xml, at)
        name = local or _written_name(self.sheet.xml, at)
        self.sheet.children.append(Child(name, at, inner, inner, inner))

    def _start_row(self, attributes: dict[str, str], at: int) -> None:
        given = attributes.get("r")
        self.row = self.row + 1 if given is None else _whole(given)
        self.column = 0
        self.columns = set()
        inner = open_tag_end(self.sheet.xml, at)
        _add_row(self.sheet, RowPlace(self.row, at, inner, inner, inner, array("q")))
        if "ht" in attributes:
            self.sheet.row_heights[self.row] = _float(attributes["ht"])
        if attributes.get("hidden") in ("1", "true"):
            self.sheet.hidden_rows.add(self.row)

    def _start_cell(self, attributes: dict[str, str], at: int) -> None:
        given = attributes.get("r")
        if given is None:
            self.column += 1
        else:
            self._place_cell(given)
        inner = open_tag_end(self.sheet.xml, at)
        style = _whole(attributes.get("s", "0"))
        cells = self.sheet.rows[self.row].cells
        if cells is not None:
            cells.extend((self.column, style, at, inner, inner))
        if self.column in self.columns:
            raise _duplicate_cell(self.sheet, self.row, self.column)
        self.columns.add(self.column)
        self.given = attributes
        self.formula = None
        self.pieces = {}
        self.met = set()

    def _place_cell(self, given: str) -> None:
        found = parse_cell(given)
        if found is None:
            raise WorkbookError("workbook.bad_cell", {"sheet": self.sheet.name, "cell": given})
        row, self.column = found
        if row != self.row:
            raise _misplaced(self.sheet, row, self.column)

    def _text(self, data: str) -> None:
        path = self.path
        if len(path) < 5 or path[3] != "c" or path[1] != "sheetData":
            return
        key = path[4]
        if key == "is" and (path[-1] != "t" or "rPh" in path):
            return
        if key in ("v", "f", "is"):
            shown = struck(data) if key == "is" and self.is_struck else data
            self.pieces.setdefault(key, []).append(shown)

    def _end(self, _: str) -> None:
        path = self.path
        depth = len(path)
        if depth == 2:
            child = self.sheet.children[-1]
            child.close, child.end = self._ends(child.inner)
        elif depth > 2 and path[1] == "sheetData":
            self._end_in_data(depth, path[-1])
        path.pop()

    def _end_in_data(self, depth: int, name: str) -> None:
        if depth == 3 and name == "row":
            row = self.sheet.rows[self.row]
            row.close, row.end = self._ends(row.inner)
        elif depth == 4 and name == "c":
            self._end_cell()
        elif depth == 5 and name == "v":
            self.pieces.setdefault("v", [])

    def _end_cell(self) -> None:
        cells = self.sheet.rows[self.row].cells
        if not cells:
            return
        cells[-1] = self._ends(cells[-2])[1]
        self._add(CellPlace(*cells[-5:]))
        if len(self.sheet.cells) > self.limit:
            raise _too_many_cells(self.sheet, self.limit, len(self.sheet.cells))

    def _add(self, place: CellPlace) -> None:
        pieces = self.pieces
        value = "".join(pieces["v"]) if "v" in pieces else None
        inline = unescaped("".join(pieces["is"])) if "is" in pieces else None
        formula = None
        if self.formula is not None and (self.formula or "f" in pieces):
            formula = "".join(pieces.get("f", ()))
        where = (self.row, place.column, place.style)
        kind = self.given.get("t", "")
        cell = make_cell(self.sheet, self.strings, where, kind, value, inline, formula)
        if cell is None:
            return
        self.sheet.cells[self.row, place.column] = cell
        if self.formula and self.formula.get("t") == "shared":
            self.shared.add(self.formula.get("si", ""), cell)

    def _ends(self, inner: int) -> tuple[int, int]:
        return element_end(self.sheet.xml, inner, self.parser.CurrentByteIndex)


def _written_name(xml: bytes, at: int) -> str:
    found = re.compile(rb"<([^\s/>]+)").match(xml, at)
    return found[1].decode("utf-8", "replace") if found else ""


# ---- what both share -------------------------------------------------------------------------


def make_cell(
    sheet: Sheet,
    strings: SharedStrings,
    place: tuple[int, int, int],
    kind: str,
    value: str | None,
    inline: str | None,
    formula: str | None,
) -> Cell | None:
    """The cell that these parts of a ``c`` element make; None when it is empty."""
    row, column, style = place
    if kind in _TEXT_KINDS:
        text = inline if inline is not None else value
        if kind == "s":
            text = _shared_string(sheet, strings, row, column, value)
        elif kind == "str" and text and "_x" in text:
            text = unescaped(text)
        if text is None or (formula is None and text == ""):
            return _uncached(row, column, style, formula)
        return Cell(row, column, "text", text, style, formula)
    raw = value.strip() if value else ""
    if not raw:
        return _uncached(row, column, style, formula)
    return Cell(row, column, _KINDS.get(kind, "number"), raw, style, formula)


_TEXT_KINDS = frozenset(("s", "str", "inlineStr"))
_KINDS = {"b": "boolean", "e": "error", "d": "text"}


def _uncached(row: int, column: int, style: int, formula: str | None) -> Cell | None:
    return None if formula is None else Cell(row, column, "blank", "", style, formula, False)


def _shared_string(
    sheet: Sheet, strings: SharedStrings, row: int, column: int, value: str | None
) -> str | None:
    index = value.strip() if value else ""
    if not index:
        return None
    try:
        return strings[int(index) if re.fullmatch("[0-9]{1,9}", index) else -1]
    except IndexError as exc:
        details = {"sheet": sheet.name, "cell": address(row, column), "index": index[:40]}
        raise WorkbookError("workbook.shared_string_range", details) from exc


class SharedFormulas:
    """Gives each cell of a shared formula its own text."""

    def __init__(self) -> None:
        self._masters: dict[str, Cell] = {}
        self._followers: list[tuple[str, Cell]] = []

    def add(self, group: str, cell: Cell) -> None:
        """Note a cell of the group; the one with a text is its master."""
        if cell.formula:
            self._masters[group] = cell
        else:
            self._followers.append((group, cell))

    def resolve(self, cells: dict[tuple[int, int], Cell]) -> None:
        """Put the translated formula into every follower whose master is known."""
        for group, cell in self._followers:
            master = self._masters.get(group)
            if master is None or master.formula is None:
                continue
            rows, columns = cell.row - master.row, cell.column - master.column
            formula = moved_formula(master.formula, rows, columns)
            cells[cell.row, cell.column] = cell._replace(formula=formula)


def _add_row(sheet: Sheet, row: RowPlace) -> None:
    if not 1 <= row.number <= MAX_ROW:
        raise WorkbookError("workbook.bad_cell", {"sheet": sheet.name, "cell": str(row.number)})
    if row.number in sheet.rows:
        cell = address(row.number, 1)
        raise WorkbookError("workbook.duplicate_row", {"sheet": sheet.name, "cell": cell})
    sheet.rows[row.number] = row


def _duplicate_cell(sheet: Sheet, row: int, column: int) -> WorkbookError:
    details = {"sheet": sheet.name, "cell": address(row, column)}
    return WorkbookError("workbook.duplicate_cell", details)


def _misplaced(sheet: Sheet, row: int, column: int) -> WorkbookError:
    details = {"sheet": sheet.name, "cell": address(row, column)}
    return WorkbookError("workbook.misplaced_cell", details)


def _too_many_cells(sheet: Sheet, limit: int, actual: int) -> WorkbookError:
    details = {"limit": str(limit), "actual": str(actual), "sheet": sheet.name}
    return WorkbookError("workbook.too_many_cells", details)


def _whole(text: str) -> int:
    """A whole number of at most nine digits; 0 for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


# ---- around the cells ------------------------------------------------------------------------


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
            sheet.default_height = _float(given.get("defaultRowHeight", "15")) or 15.0
            sheet.default_width = _float(given.get("defaultColWidth", "8.43")) or 8.43
        elif child.name == "sheetProtection":
            sheet.is_protected = tag_node(sheet, child).attributes.get("sheet") in ("1", "true")


def child_node(sheet: Sheet, child: Child) -> Node:
    """A child of the worksheet as a tree whose offsets are those of the sheet."""
    opening = sheet.xml[sheet.root.start : sheet.root.inner]
    closing = b"</" + opening[1:].split(None, 1)[0].rstrip(b">") + b">"
    tree = parse(opening + sheet.xml[child.start : child.end] + closing, sheet.part, checked=True)
    node = tree.children[0]
    _shift(node, child.start - len(opening))
    return node


def tag_node(sheet: Sheet, child: Child) -> Node:
    """A child of the worksheet as a node without the elements below it."""
    empty = child.inner == child.end
    tag = sheet.xml[child.start : child.inner]
    opening = sheet.xml[sheet.root.start : sheet.root.inner]
    closing = b"</" + opening[1:].split(None, 1)[0].rstrip(b">") + b">"
    body = tag if empty else tag[:-1] + b"/>"
    node = parse(opening + body + closing, sheet.part, checked=True).children[0]
    node.start, node.inner, node.close, node.end = child.start, child.inner, child.close, child.end
    return node


def child_nodes(sheet: Sheet, child: Child) -> list[Node]:
    """Elements directly below a child of the worksheet."""
    return child_node(sheet, child).children


def _shift(node: Node, by: int) -> None:
    node.start += by
    node.inner += by
    node.close += by
    node.end += by
    for inner in node.children:
        _shift(inner, by)


def _column_range(node: Node) -> ColumnRange:
    given = node.attributes
    first = _whole(given.get("min", "1"))
    last = min(_whole(given.get("max", given.get("min", "1"))), MAX_COLUMN)
    width = _float(given["width"]) if "width" in given else None
    hidden = given.get("hidden") in ("1", "true")
    return ColumnRange(first, last, width, hidden, _whole(given.get("style", "0")))


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
    column, last_column = _column_of(left), _column_of(right)
    if row > last_row or column > last_column:
        row, last_row = sorted((row, last_row))
        column, last_column = sorted((column, last_column))
    return row, column, last_row, last_column


def _merge_range(sheet: Sheet, text: str) -> Range:
    area = parse_range(text)
    if area is None:
        raise WorkbookError("workbook.bad_range", {"sheet": sheet.name, "range": text[:40]})
    return area
