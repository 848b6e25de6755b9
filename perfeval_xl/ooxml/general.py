"""The reader of any well-formed worksheet, on expat: prefixes, comments, CDATA, no ``r`` attributes."""

from __future__ import annotations

import re
from array import array
from xml.parsers import expat

from perfeval_xl.errors import WorkbookError
from perfeval_xl.labels import struck
from perfeval_xl.ooxml.cells import (
    SharedFormulas,
    add_row,
    duplicate_cell,
    float_or_zero,
    make_cell,
    misplaced_cell,
    too_many_cells,
    whole_number,
)
from perfeval_xl.ooxml.markup import (
    MAIN,
    STRICT_MAIN,
    Node,
    element_end,
    named_attributes,
    open_tag_end,
    prefix_of,
    run,
    unescaped,
)
from perfeval_xl.ooxml.package import Limits
from perfeval_xl.ooxml.refs import parse_cell
from perfeval_xl.ooxml.sheet import CellPlace, Child, RowPlace, Sheet
from perfeval_xl.ooxml.strings import SharedStrings

_NAME = re.compile(rb"<([^\s/>]+)")
_MAIN_SPACES = (MAIN, STRICT_MAIN)


class GeneralReader:
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
            raise duplicate_cell(self.sheet, self.row, self.column)
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
        self.row = self.row + 1 if given is None else whole_number(given)
        self.column = 0
        self.columns = set()
        inner = open_tag_end(self.sheet.xml, at)
        add_row(self.sheet, RowPlace(self.row, at, inner, inner, inner, array("q")))
        if "ht" in attributes:
            self.sheet.row_heights[self.row] = float_or_zero(attributes["ht"])
        if attributes.get("hidden") in ("1", "true"):
            self.sheet.hidden_rows.add(self.row)

    def _start_cell(self, attributes: dict[str, str], at: int) -> None:
        given = attributes.get("r")
        if given is None:
            self.column += 1
        else:
            self._place_cell(given)
        inner = open_tag_end(self.sheet.xml, at)
        style = whole_number(attributes.get("s", "0"))
        cells = self.sheet.rows[self.row].cells
        if cells is not None:
            cells.extend((self.column, style, at, inner, inner))
        if self.column in self.columns:
            raise duplicate_cell(self.sheet, self.row, self.column)
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
            raise misplaced_cell(self.sheet, row, self.column)

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
            raise too_many_cells(self.sheet, self.limit, len(self.sheet.cells))

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
    found = _NAME.match(xml, at)
    return found[1].decode("utf-8", "replace") if found else ""
