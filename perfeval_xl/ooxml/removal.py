"""Taking things out of a workbook: a sheet, cells, notes, names. For copies saved by others.

The workbook was written anew by another program, so nothing is gained by keeping its bytes: the
result is a new zip of its parts, the same for the same input.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable

from perfeval_xl.ooxml.markup import Node, Splice, apply, attribute_splice, parse, utf8
from perfeval_xl.ooxml.package import CONTENT_TYPES, Relationship, rels_name, resolve
from perfeval_xl.ooxml.refs import parse_cell, parse_range
from perfeval_xl.ooxml.registry import StyleRegistry
from perfeval_xl.ooxml.sheet import child_nodes
from perfeval_xl.ooxml.workbook import Workbook

_SHAPE = re.compile(rb"<v:shape\b(?:(?!</v:shape>).)*</v:shape>", re.DOTALL)
_SHAPE_CELL = re.compile(rb"<x:(Row|Column)>\s*(\d{1,7})\s*</x:")
_TIME = (1980, 1, 1, 0, 0, 0)


class Remover:
    """Collects what is to go from one workbook."""

    def __init__(self, workbook: Workbook) -> None:
        self.workbook = workbook
        self.registry = StyleRegistry(workbook.styles)
        self._splices: dict[str, list[Splice]] = {}
        self._gone: set[str] = set()
        self._sheets: set[str] = set()
        self._names: set[tuple[str, int | None]] = set()

    # -- what a caller asks for

    def remove_sheet(self, name: str) -> None:
        """Take a sheet out, with what only it uses; one must remain."""
        if len(self._sheets) + 1 >= len(self.workbook.sheets):
            raise ValueError("no sheet would remain")
        self._sheets.add(name)

    def remove_name(self, name: str, sheet: str | None = None) -> None:
        """Take a defined name out wherever it is defined, or only that of one sheet."""
        names = self.workbook.sheet_names
        if sheet is None or sheet in names:
            self._names.add((name, None if sheet is None else names.index(sheet)))

    def remove_parts(self, names: Iterable[str]) -> None:
        """Take parts out, with every relation that leads to them."""
        self._gone.update(names)

    def remove_cells(self, sheet: str, area: tuple[int, int, int, int]) -> None:
        """Take all cells of a range out, filled or not."""
        found = self.workbook.sheet(sheet)
        for row in [row for row in found.rows if area[0] <= row <= area[2]]:
            for place in found.places(row):
                if area[1] <= place.column <= area[3]:
                    self._edit(found.part, Splice(place.start, place.end, b""))

    def remove_fill(self, sheet: str, row: int, column: int, own: int | None = None) -> None:
        """Take a cell's fill away and leave the rest of its style.

        own: the style whose fill the cell is to have instead, when it had one before.
        """
        found = self.workbook.sheet(sheet)
        place = found.place(row, column)
        if place is None or not self.workbook.styles.part:
            return
        style = self.registry.refilled(place.style, own)
        if style != place.style:
            tag = attribute_splice(found.xml, place.start, place.inner, "s", str(style))
            self._edit(found.part, tag)

    def remove_validations(self, sheet: str, area: tuple[int, int, int, int]) -> None:
        """Take restrictions on entry out that concern cells of a range only."""
        found = self.workbook.sheet(sheet)
        child = found.child("dataValidations")
        if child is None:
            return
        nodes = child_nodes(found, child)
        gone = [node for node in nodes if _lies_in(node.attributes.get("sqref", ""), area)]
        if not gone:
            return
        if len(gone) == len(nodes):
            self._edit(found.part, Splice(child.start, child.end, b""))
            return
        for node in gone:
            self._edit(found.part, Splice(node.start, node.end, b""))
        count = attribute_splice(
            found.xml, child.start, child.inner, "count", str(len(nodes) - len(gone))
        )
        self._edit(found.part, count)

    def comments(self, sheet: str) -> list[tuple[int, int, Node]]:
        """Notes of a sheet: row, column and the element."""
        part = self._related(sheet, "comments")
        listing = parse(self._source(part), part).first("commentList") if part else None
        return [
            (*cell, node)
            for node in (listing.all("comment") if listing else [])
            if (cell := parse_cell(node.attributes.get("ref", "")))
        ]

    def cut_note(
        self, sheet: str, row: int, column: int, node: Node, pattern: re.Pattern[str]
    ) -> None:
        """Take out of a note all from where ``pattern`` begins; all of it when nothing is left."""
        part = self._related(sheet, "comments")
        whole = "".join(inner.text for inner in node.descendants("t"))
        found = pattern.search(whole)
        if part is None or found is None:
            return
        if whole[: found.start()].strip():
            self._cut_text(part, node, found.start())
        else:
            self._edit(part, Splice(node.start, node.end, b""))
            self._remove_box(sheet, row, column)

    # -- how it is noted down

    def _edit(self, part: str, splice: Splice) -> None:
        self._splices.setdefault(part, []).append(splice)

    def _source(self, part: str) -> bytes:
        return utf8(self.workbook.package.original(part), part)

    def _related(self, sheet: str, kind: str) -> str | None:
        package = self.workbook.package
        for relation in package.relationships(self.workbook.info(sheet).part):
            if relation.kind == kind and relation.part is not None:
                return package.find(relation.part)
        return None

    def _cut_text(self, part: str, node: Node, length: int) -> None:
        """Keep the first ``length`` characters of a note."""
        source, left = self._source(part), length
        for inner in node.descendants("t"):
            if left >= len(inner.text):
                left -= len(inner.text)
                continue
            raw = source[inner.inner : inner.close]
            kept = _raw_prefix(raw, left)
            self._edit(part, Splice(inner.inner + len(kept), inner.close, b""))
            left = 0

    def _remove_box(self, sheet: str, row: int, column: int) -> None:
        package = self.workbook.package
        for relation in package.relationships(self.workbook.info(sheet).part):
            part = package.find(relation.part) if relation.part else None
            if relation.kind != "vmlDrawing" or part is None:
                continue
            for match in _SHAPE.finditer(self._source(part)):
                cell = {key: int(value) for key, value in _SHAPE_CELL.findall(match[0])}
                if cell == {b"Row": row - 1, b"Column": column - 1}:
                    self._edit(part, Splice(match.start(), match.end(), b""))

    # -- how it is written

    def to_bytes(self) -> bytes:
        """The workbook without all of it."""
        workbook = self.workbook
        self._gone |= {workbook.info(name).part for name in self._sheets}
        chain = workbook.related("calcChain")  # it must not name a cell without a formula
        if chain is not None:
            self._gone.add(chain)
        self._gone |= self._only_used_by_gone()
        self._edit_workbook()
        if workbook.styles.part:
            for splice in self.registry.splices():
                self._edit(workbook.styles.part, splice)
        self._edit_relations()
        self._edit_types()
        return self._zipped()

    def _relations(self) -> dict[str, list[Relationship]]:
        package = self.workbook.package
        return {part: package.relationships(part) for part in ["", *package.names]}

    def _only_used_by_gone(self) -> set[str]:
        used: dict[str, set[str]] = {}
        for source, relations in self._relations().items():
            for relation in relations:
                if relation.part is not None:
                    used.setdefault(relation.part, set()).add(source)
        return {part for part, sources in used.items() if sources <= self._gone}

    def _edit_workbook(self) -> None:
        workbook = self.workbook
        source, root, part = workbook.xml, workbook.root, workbook.part
        sheets = root.first("sheets")
        places = [n for n, info in enumerate(workbook.sheets) if info.name in self._sheets]
        for number, node in enumerate(sheets.all("sheet") if sheets else []):
            if number in places:
                self._edit(part, Splice(node.start, node.end, b""))
        views = root.first("bookViews")
        for view in views.all("workbookView") if views else []:
            for name in ("activeTab", "firstSheet"):
                if places and name in view.attributes:
                    tag = attribute_splice(source, view.start, view.inner, name, "0")
                    self._edit(part, tag)
        self._edit_names(source, root, places)

    def _edit_names(self, source: bytes, root: Node, places: list[int]) -> None:
        listing = root.first("definedNames")
        nodes = listing.all("definedName") if listing else []
        gone = []
        for node in nodes:
            local = node.attributes.get("localSheetId", "")
            number = int(local) if local.isascii() and local.isdigit() else None
            name = node.attributes.get("name", "")
            if number in places or {(name, None), (name, number)} & self._names:
                gone.append(node)
            elif number is not None and any(place < number for place in places):
                moved = str(number - sum(place < number for place in places))
                tag = attribute_splice(source, node.start, node.inner, "localSheetId", moved)
                self._edit(self.workbook.part, tag)
        if listing is not None and len(gone) == len(nodes):
            gone = [listing]
        for node in gone:
            self._edit(self.workbook.part, Splice(node.start, node.end, b""))

    def _edit_relations(self) -> None:
        package = self.workbook.package
        for source in ["", *package.names]:
            name = package.find(rels_name(source))
            if name is None or source in self._gone:
                continue
            for node in parse(self._source(name), name).children:
                target = node.attributes.get("Target", "")
                if node.attributes.get("TargetMode") == "External":
                    continue
                if resolve(target, source) in self._gone:
                    self._edit(name, Splice(node.start, node.end, b""))

    def _edit_types(self) -> None:
        for node in parse(self._source(CONTENT_TYPES), CONTENT_TYPES).children:
            if node.attributes.get("PartName", "").lstrip("/") in self._gone:
                self._edit(CONTENT_TYPES, Splice(node.start, node.end, b""))

    def _zipped(self) -> bytes:
        package, stream = self.workbook.package, io.BytesIO()
        gone = self._gone | {rels_name(part) for part in self._gone}
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in package.names:
                if name in gone:
                    continue
                content = package.original(name)
                if name in self._splices:
                    content = apply(self._source(name), self._splices[name])[0]
                archive.writestr(zipfile.ZipInfo(name, _TIME), content, zipfile.ZIP_DEFLATED)
        return stream.getvalue()


def _lies_in(ranges: str, area: tuple[int, int, int, int]) -> bool:
    found = [parse_range(piece) for piece in ranges.split()]
    return bool(found) and all(
        r is not None and area[0] <= r[0] <= r[2] <= area[2] and area[1] <= r[1] <= r[3] <= area[3]
        for r in found
    )


def _raw_prefix(raw: bytes, length: int) -> bytes:
    """The bytes of the first ``length`` characters of a text as XML writes it."""
    pieces = re.findall(rb"&[^;]*;|(?:[\x00-\x7f]|[\xc0-\xff][\x80-\xbf]*)", raw)
    return b"".join(pieces[:length])
