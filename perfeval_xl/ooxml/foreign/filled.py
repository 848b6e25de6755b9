"""Our own blank workbook with values in its cells: looks kept, formulas gone, no receipt."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from perfeval_xl.ooxml.changes import Changes
from perfeval_xl.ooxml.markup import RELATIONS, Splice, escape_attribute
from perfeval_xl.ooxml.newsheet import NewSheet, cell_xml, render
from perfeval_xl.ooxml.registry import StyleRegistry
from perfeval_xl.ooxml.sheet import Sheet
from perfeval_xl.ooxml.strings import TextRegistry
from perfeval_xl.ooxml.workbook import Workbook

_WORKSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"

CellValues = Mapping[tuple[int, int], str | Decimal | None]


def fill(
    blank: bytes, values: Mapping[str, CellValues], more: tuple[str, NewSheet] | None = None
) -> bytes:
    """The workbook with ``values`` (by sheet, row and column) in cells that it already has.

    None empties a cell, a formula gives way to its value. ``more`` is a further last sheet and its
    name, which must be free.

    Raises:
        KeyError: a sheet or cell is not there.
    """
    workbook = Workbook.open(blank)
    changes = Changes(workbook.package)
    texts = TextRegistry(workbook.strings)
    for name, cells in values.items():
        sheet = workbook.sheet(name)
        changes.edit(sheet.part, *_splices(sheet, cells, texts))
    if more is not None:
        _append(workbook, changes, texts, *more)
    finished = changes.finish()
    workbook.package.replaced = {part: content for part, (content, _) in finished.items()}
    workbook.package.added = dict(changes.added)
    return workbook.package.to_bytes()


def _splices(sheet: Sheet, cells: CellValues, texts: TextRegistry) -> list[Splice]:
    splices = []
    for (row, column), value in sorted(cells.items()):
        place = sheet.place(row, column)
        if place is None:
            raise KeyError((sheet.name, row, column))
        shown = None if value == "" else value
        xml = cell_xml(row, column, place.style, shown, texts)
        splices.append(Splice(place.start, place.end, xml.encode()))
    return splices


def _append(
    workbook: Workbook, changes: Changes, texts: TextRegistry, name: str, content: NewSheet
) -> None:
    part = changes.allocate("xl/worksheets/sheet{}.xml")
    changes.declare(part, _WORKSHEET)
    relation = changes.relate(workbook.part, f"{RELATIONS}/worksheet", part)
    registry = StyleRegistry(workbook.styles)
    body = render(content, registry, texts, strict=False)
    changes.added[part] = body.replace(b' tabSelected="1"', b"", 1)
    changes.edit(registry.styles.part, *registry.splices())
    number = max(info.sheet_id for info in workbook.sheets) + 1
    entry = f'<sheet name="{escape_attribute(name)}" sheetId="{number}" r:id="{relation}"/>'
    listing = workbook.root.first("sheets")
    assert listing is not None, "a workbook without sheets does not open"
    changes.edit(workbook.part, Splice(listing.close, listing.close, entry.encode()))
