"""The splices that make a worksheet ours: cells, rows, columns and what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from perfeval_xl.ooxml.changes import append_inside
from perfeval_xl.ooxml.markup import (
    Node,
    Splice,
    apply,
    attribute_splice,
    declares_relations,
    qualified,
)
from perfeval_xl.ooxml.newsheet import cell_xml
from perfeval_xl.ooxml.refs import parse_range, range_text
from perfeval_xl.ooxml.sheet import CellPlace, Child, RowPlace, Sheet, child_node, tag_node
from perfeval_xl.ooxml.strings import TextRegistry

_SHEET_ORDER = [
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetData",
    "sheetCalcPr",
    "sheetProtection",
    "protectedRanges",
    "scenarios",
    "autoFilter",
    "sortState",
    "dataConsolidate",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "customProperties",
    "cellWatches",
    "ignoredErrors",
    "smartTags",
    "drawing",
    "legacyDrawing",
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
]
_SHEET_RANK = {name: rank for rank, name in enumerate(_SHEET_ORDER)}


@dataclass(slots=True)
class Patch:
    """What is to become of one cell: a style, and a whole new content unless None."""

    style: int | None = None
    value: str | Decimal | None = None
    formula: str | None = None
    is_written: bool = False


@dataclass(slots=True)
class Extras:
    """New elements outside the rows, by the element that holds them."""

    merges: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    validations: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class SheetEdits:
    """What is to become of a worksheet.

    patches: by row and column. heights, widths: by row in points, by column in characters.
    legacy_id: relation of the drawing of new notes, empty when the sheet needs none.
    """

    patches: dict[tuple[int, int], Patch] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)
    extras: Extras = field(default_factory=Extras)
    legacy_id: str = ""


class SheetSplices:
    """Turns edits into splices of the sheet's XML.

    relation_base: namespace of relations in this workbook.
    """

    def __init__(
        self, sheet: Sheet, edits: SheetEdits, texts: TextRegistry, relation_base: str
    ) -> None:
        self.sheet = sheet
        self.edits = edits
        self.texts = texts
        self.relation_base = relation_base

    def all(self) -> list[Splice]:
        """Every splice, in no order."""
        return [*self._dimension(), *self._columns(), *self._rows(), *self._around()]

    def _qualified(self, xml: str) -> bytes:
        return qualified(xml, self.sheet.prefix)

    def _dimension(self) -> list[Splice]:
        child = self.sheet.child("dimension")
        keys = [key for key, patch in self.edits.patches.items() if patch.is_written]
        if child is None or not keys:
            return []
        area = parse_range(child_node(self.sheet, child).attributes.get("ref", ""))
        if area is None:
            return []
        rows, columns = [key[0] for key in keys], [key[1] for key in keys]
        whole = (
            min(area[0], *rows),
            min(area[1], *columns),
            max(area[2], *rows),
            max(area[3], *columns),
        )
        if whole == area:
            return []
        xml = self.sheet.xml
        return [attribute_splice(xml, child.start, child.inner, "ref", range_text(whole))]

    def _place_for(self, name: str) -> int:
        """Where a missing child of the worksheet belongs in the schema's order."""
        rank = _SHEET_RANK[name]
        for child in self.sheet.children:
            if self._rank(child) > rank:
                return child.start
        return self.sheet.children[-1].end if self.sheet.children else self.sheet.root.inner

    def _rank(self, child: Child) -> int:
        known = _SHEET_RANK.get(child.name)
        if known is not None:
            return known
        # mc:AlternateContent stands where what it wraps would stand.
        inner = re.findall(rb"<(?:\w+:)?(\w+)", self.sheet.xml[child.inner : child.close])
        ranks = (_SHEET_RANK.get(name.decode()) for name in inner)
        return next((rank for rank in ranks if rank is not None), -1)

    def _around(self) -> list[Splice]:
        """Splices outside the rows; new elements at one place in the schema's order."""
        extras = self.edits.extras
        splices = self._appended("mergeCells", extras.merges)
        if extras.conditions:
            at = self._place_for("conditionalFormatting")
            splices.append(Splice(at, at, self._qualified("".join(extras.conditions))))
        splices += self._appended("dataValidations", extras.validations)
        splices += self._appended("hyperlinks", extras.links, counted=False)
        if self.edits.legacy_id:
            splices.append(self._legacy_drawing(self.edits.legacy_id))
        return splices

    def _appended(self, name: str, items: list[str], counted: bool = True) -> list[Splice]:
        if not items:
            return []
        child, body = self.sheet.child(name), self._qualified("".join(items))
        if child is None:
            count = f' count="{len(items)}"' if counted else ""
            opening, closing = self._qualified(f"<{name}{count}>"), self._qualified(f"</{name}>")
            at = self._place_for(name)
            return [Splice(at, at, opening + body + closing)]
        node = tag_node(self.sheet, child)
        known = node.attributes.get("count", "")
        total = len(items) + (int(known) if known.isascii() and known.isdigit() else 0)
        return append_inside(self.sheet.xml, node, body, total)

    def _legacy_drawing(self, identity: str) -> Splice:
        base = self.relation_base
        known = declares_relations(self.sheet.xml, self.sheet.root)
        space = "" if known else f' xmlns:r="{base}"'
        body = self._qualified(f'<legacyDrawing{space} r:id="{identity}"/>')
        at = self._place_for("legacyDrawing")
        old = self.sheet.child("legacyDrawing")  # one whose relation is broken gives way
        return Splice(old.start, old.end, body) if old else Splice(at, at, body)

    # -- columns

    def _columns(self) -> list[Splice]:
        if not self.edits.widths:
            return []
        child, left = self.sheet.child("cols"), dict(sorted(self.edits.widths.items()))
        splices: list[Splice] = []
        nodes = self.sheet.column_nodes
        for node, known in zip(nodes, self.sheet.columns, strict=False):
            inside = {c: left.pop(c) for c in list(left) if known.first <= c <= known.last}
            if inside:
                pieces = self._split(node, known.first, known.last, inside)
                splices.append(Splice(node.start, node.end, pieces))
        if child is None:
            body = self._qualified("<cols>") + self._new_columns(left) + self._qualified("</cols>")
            at = self._place_for("cols")
            return [Splice(at, at, body)]
        for column, width in left.items():
            after = [
                n.start for n, k in zip(nodes, self.sheet.columns, strict=False) if k.first > column
            ]
            at = after[0] if after else child.close
            splices.append(Splice(at, at, self._new_columns({column: width})))
        return splices

    def _new_columns(self, widths: dict[int, float]) -> bytes:
        return self._qualified(
            "".join(
                f'<col min="{column}" max="{column}" width="{width:g}" customWidth="1"/>'
                for column, width in widths.items()
            )
        )

    def _split(self, node: Node, first: int, last: int, widths: dict[int, float]) -> bytes:
        """One ``col`` as several: ours with their widths, the others as they were."""
        tag = self.sheet.xml[node.start : node.end]
        pieces, column = [], first
        for ours, width in sorted(widths.items()):
            if column < ours:
                pieces.append(_with_attributes(tag, min=str(column), max=str(ours - 1)))
            own = {"min": str(ours), "max": str(ours), "width": f"{width:g}", "customWidth": "1"}
            pieces.append(_with_attributes(tag, **own))
            column = ours + 1
        if column <= last:
            pieces.append(_with_attributes(tag, min=str(column), max=str(last)))
        return b"".join(pieces)

    # -- rows and cells

    def _rows(self) -> list[Splice]:
        by_row: dict[int, dict[int, Patch]] = {row: {} for row in self.edits.heights}
        for (row, column), patch in self.edits.patches.items():
            by_row.setdefault(row, {})[column] = patch
        splices: list[Splice] = []
        absent: list[tuple[int, bytes]] = []
        for number in sorted(by_row):
            known = self.sheet.rows.get(number)
            if known is None:
                absent.append((number, self._new_row(number, by_row[number])))
            else:
                splices += self._row_splices(known, by_row[number])
        return splices + self._absent_rows(absent)

    def _new_row(self, number: int, patches: dict[int, Patch]) -> bytes:
        height = self.edits.heights.get(number)
        tall = f' ht="{height:g}" customHeight="1"' if height is not None else ""
        cells = "".join(self._cell(number, c, p) for c, p in sorted(patches.items()))
        return self._qualified(f'<row r="{number}"{tall}>{cells}</row>')

    def _absent_rows(self, rows: list[tuple[int, bytes]]) -> list[Splice]:
        if not rows:
            return []
        data = self.sheet.child("sheetData")
        if data is None:
            at = self._place_for("sheetData")
            body = b"".join(xml for _, xml in rows)
            whole = self._qualified("<sheetData>") + body + self._qualified("</sheetData>")
            return [Splice(at, at, whole)]
        if data.inner == data.end:
            return append_inside(
                self.sheet.xml, child_node(self.sheet, data), b"".join(xml for _, xml in rows)
            )
        known = list(self.sheet.rows.values())
        splices = []
        for number, xml in rows:
            at = next((row.start for row in known if row.number > number), data.close)
            splices.append(Splice(at, at, xml))
        return splices

    def _row_splices(self, row: RowPlace, patches: dict[int, Patch]) -> list[Splice]:
        xml = self.sheet.xml
        splices = self._row_attributes(row, patches)
        new: list[tuple[int, str]] = []
        last = self.sheet.last_column(row)
        for column, patch in sorted(patches.items()):
            place = self.sheet.place(row.number, column) if column <= last else None
            if place is None:
                new.append((column, self._cell(row.number, column, patch)))
            elif patch.is_written:
                cell = self._cell(row.number, column, patch)
                splices.append(Splice(place.start, place.end, self._qualified(cell)))
            elif patch.style is not None and patch.style != place.style:
                splices.append(_style_splice(xml, place, patch.style))
        if row.inner == row.end and new:
            body = self._qualified("".join(cell for _, cell in new))
            closing = self._qualified("</row>")
            return [*splices, Splice(row.end - 2, row.end, b">" + body + closing)]
        for column, cell in new:
            if column <= last:
                at = self.sheet.place_for(row, column)
                splices.append(Splice(at, at, self._qualified(cell)))
        behind = "".join(cell for column, cell in new if column > last)
        if behind:
            splices.append(Splice(row.close, row.close, self._qualified(behind)))
        return splices

    def _cell(self, row: int, column: int, patch: Patch) -> str:
        style = self.sheet.style_of(row, column) if patch.style is None else patch.style
        return cell_xml(row, column, style, patch.value, self.texts, patch.formula)

    def _row_attributes(self, row: RowPlace, patches: dict[int, Patch]) -> list[Splice]:
        xml, splices = self.sheet.xml, []
        height = self.edits.heights.get(row.number)
        if height is not None:
            for name, value in (("ht", f"{height:g}"), ("customHeight", "1")):
                splices.append(attribute_splice(xml, row.start, row.inner, name, value))
        spans = _wider_spans(xml[row.start : row.inner], patches)
        if spans:
            splices.append(attribute_splice(xml, row.start, row.inner, "spans", spans))
        return splices


def _wider_spans(tag: bytes, columns: Iterable[int]) -> str:
    """The row's ``spans`` with our columns in it; empty when there is none or it holds them."""
    found = re.search(rb"""\sspans\s*=\s*["']([0-9: ]*)["']""", tag)
    numbers = [int(number) for number in re.findall(rb"\d{1,9}", found[1])] if found else []
    ours = list(columns)
    if not numbers or not ours or (min(ours) >= min(numbers) and max(ours) <= max(numbers)):
        return ""
    return f"{min(*numbers, *ours)}:{max(*numbers, *ours)}"


def _style_splice(xml: bytes, place: CellPlace, style: int) -> Splice:
    written = b' s="%d"' % place.style
    at = xml.find(written, place.start, place.inner)
    if at >= 0:
        return Splice(at + 4, at + len(written) - 1, b"%d" % style)
    return attribute_splice(xml, place.start, place.inner, "s", str(style))


def _with_attributes(tag: bytes, **values: str) -> bytes:
    splices = [attribute_splice(tag, 0, len(tag), name, value) for name, value in values.items()]
    return apply(tag, splices)[0]
