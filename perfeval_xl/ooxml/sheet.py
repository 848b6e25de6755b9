"""One worksheet as it lies in the file: its filled cells, its places for splicing."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from perfeval_xl.ooxml.markup import MAIN, Node, parse
from perfeval_xl.ooxml.refs import Range, address, column_number

_ROW_STYLE = re.compile(rb"""\ss\s*=\s*["']([0-9]{1,9})["']""")
_PLACE = re.compile(rb'<c r="([A-Z]+)[0-9]+"(?: s="([0-9]+)")?[^<>]*>')


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


# ---- cells of rows that the plain reader has accepted


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
    column = column_of(match[1])
    return CellPlace(column, int(match[2] or 0), match.start(), inner, end)


def _last_column(xml: bytes, row: RowPlace) -> int:
    match = _PLACE.match(xml, max(0, xml.rfind(b"<c ", row.inner, row.close)))
    return column_number(match[1].decode()) if match else 0


@lru_cache(maxsize=1024)
def column_of(letters: bytes) -> int:
    """The number of a column, from its letters as they stand in the file."""
    return column_number(letters.decode())
