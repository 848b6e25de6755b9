"""A plain new .xlsx of values at their own addresses: no formulas, one modest look."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from perfeval_xl.ooxml.appearance import Border, Font, Style
from perfeval_xl.ooxml.markup import (
    MAIN,
    PACKAGE_RELATIONS,
    RELATIONS,
    apply,
    escape_attribute,
)
from perfeval_xl.ooxml.newsheet import number_text
from perfeval_xl.ooxml.package import CONTENT_TYPES
from perfeval_xl.ooxml.refs import Range, address, range_text
from perfeval_xl.ooxml.registry import StyleRegistry
from perfeval_xl.ooxml.strings import SharedStrings, TextRegistry
from perfeval_xl.ooxml.styles import Styles

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_MOMENT = (1980, 1, 1, 0, 0, 0)
_LARGEST_FRAME = 2_000  # a merge of more cells gets no lines around its covered cells
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_WIDEST, _TALLEST = 255.0, 409.0

Value = str | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class PlainCell:
    """A value at a place; ``is_error`` marks a text such as ``#DIV/0!`` as an error value."""

    row: int
    column: int
    value: Value
    format: str = "General"
    is_error: bool = False
    struck: bool = False


@dataclass(slots=True)
class PlainSheet:
    """A worksheet to be written; heights in points, widths in characters."""

    name: str
    state: str = "visible"
    cells: Sequence[PlainCell] = ()
    merges: Sequence[Range] = ()
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)


def write_plain(sheets: Sequence[PlainSheet]) -> bytes:
    """The bytes of the .xlsx; the same sheets give the same bytes."""
    registry = StyleRegistry(Styles(None, ""))
    texts = TextRegistry(SharedStrings(None, ""))
    shown = next((i for i, sheet in enumerate(sheets) if sheet.state == "visible"), 0)
    bodies = [
        _worksheet(sheet, registry, texts, number == shown) for number, sheet in enumerate(sheets)
    ]
    styles, _ = apply(registry.styles.xml, registry.splices())
    parts: dict[str, str | bytes] = {
        CONTENT_TYPES: _content_types(len(sheets)),
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _workbook(sheets, shown),
        "xl/_rels/workbook.xml.rels": _relations(
            [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
            + [("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")]
        ),
        "xl/styles.xml": styles,
        "xl/sharedStrings.xml": texts.whole_part(False),
    }
    parts |= {f"xl/worksheets/sheet{n}.xml": body for n, body in enumerate(bodies, 1)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, _MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(info, content)
    return out.getvalue()


def _content_types(count: int) -> str:
    overrides = {"xl/workbook.xml": "sheet.main", "xl/styles.xml": "styles"}
    overrides["xl/sharedStrings.xml"] = "sharedStrings"
    overrides |= {f"xl/worksheets/sheet{n}.xml": "worksheet" for n in range(1, count + 1)}
    lines = "".join(
        f'<Override PartName="/{part}" ContentType="{_TYPES}.{kind}+xml"/>'
        for part, kind in overrides.items()
    )
    return (
        f'{_DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{lines}</Types>'
    )


def _relations(targets: list[tuple[str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_DECLARATION}<Relationships xmlns="{PACKAGE_RELATIONS}">{lines}</Relationships>'


def _workbook(sheets: Sequence[PlainSheet], shown: int) -> str:
    lines = ""
    names = _names(sheets)
    for number, sheet in enumerate(sheets, 1):
        is_hidden = sheet.state != "visible" and number - 1 != shown
        hidden = f' state="{sheet.state}"' if is_hidden else ""
        name = escape_attribute(names[number - 1])
        lines += f'<sheet name="{name}" sheetId="{number}"{hidden} r:id="rId{number}"/>'
    return (
        f'{_DECLARATION}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">'
        f'<bookViews><workbookView activeTab="{shown}"/></bookViews>'
        f"<sheets>{lines}</sheets></workbook>"
    )


def _names(sheets: Sequence[PlainSheet]) -> list[str]:
    """Names as Excel allows them: 31 characters, none forbidden, no two alike."""
    names: list[str] = []
    for sheet in sheets:
        wanted = _FORBIDDEN.sub("_", sheet.name).strip("'") or "Sheet"
        name, number = wanted[:31], 1
        while name.casefold() in {known.casefold() for known in names}:
            number += 1
            name = wanted[: 29 - len(str(number))] + f"({number})"
        names.append(name)
    return names


def _worksheet(
    sheet: PlainSheet, registry: StyleRegistry, texts: TextRegistry, is_shown: bool
) -> str:
    columns = "".join(
        f'<col min="{c}" max="{c}" width="{min(width, _WIDEST):g}" customWidth="1"/>'
        if width
        else f'<col min="{c}" max="{c}" width="0" hidden="1" customWidth="1"/>'
        for c, width in sorted(sheet.widths.items())
    )
    merges = "".join(f'<mergeCell ref="{range_text(area)}"/>' for area in sheet.merges)
    selected = ' tabSelected="1"' if is_shown else ""
    return "".join(
        (
            f'{_DECLARATION}<worksheet xmlns="{MAIN}">',
            f'<sheetViews><sheetView{selected} workbookViewId="0"/></sheetViews>',
            '<sheetFormatPr defaultRowHeight="15"/>',
            f"<cols>{columns}</cols>" if columns else "",
            f"<sheetData>{_rows(sheet, registry, texts)}</sheetData>",
            f'<mergeCells count="{len(sheet.merges)}">{merges}</mergeCells>' if merges else "",
            "</worksheet>",
        )
    )


def _rows(sheet: PlainSheet, registry: StyleRegistry, texts: TextRegistry) -> str:
    rows: dict[int, dict[int, str]] = {}
    for cell in sheet.cells:
        style = registry.index(_look(cell))
        rows.setdefault(cell.row, {})[cell.column] = _cell_xml(cell, style, texts)
    _frame_merges(sheet, rows, registry.index(_BOXED))
    lines = []
    for number in sorted(rows):
        height = min(sheet.heights.get(number, 0.0), _TALLEST)
        tall = f' ht="{height:g}" customHeight="1"' if height else ""
        if sheet.heights.get(number) == 0:
            tall = ' hidden="1"'
        cells = "".join(xml for _, xml in sorted(rows[number].items()))
        lines.append(f'<row r="{number}"{tall}>{cells}</row>')
    return "".join(lines)


def _frame_merges(sheet: PlainSheet, rows: dict[int, dict[int, str]], style: int) -> None:
    """Lines all around the merges of a form; a merge over half a sheet is left alone."""
    for top, left, bottom, right in sheet.merges:
        if (bottom - top + 1) * (right - left + 1) > _LARGEST_FRAME:
            continue
        for row in range(top, bottom + 1):
            cells = rows.setdefault(row, {})
            for column in range(left, right + 1):
                cells.setdefault(column, f'<c r="{address(row, column)}" s="{style}"/>')


def _cell_xml(cell: PlainCell, style: int, texts: TextRegistry) -> str:
    head = f'<c r="{address(cell.row, cell.column)}" s="{style}"'
    value = cell.value
    if value is None:
        return head + "/>"
    if isinstance(value, bool):
        return f'{head} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, Decimal):
        return f"{head}><v>{number_text(value)}</v></c>"
    if cell.is_error:
        return f'{head} t="e"><v>{escape_attribute(value)}</v></c>'
    return head + texts.cell_rest(value)


_FONT = Font(size=10.5)
_STRUCK = Font(size=10.5, strike=True)
_BOXED = Style(font=_FONT, border=Border(), vertical="center", wrap=True)
_BOXED_STRUCK = Style(font=_STRUCK, border=Border(), vertical="center", wrap=True)
_CENTRED: dict[tuple[str, bool], Style] = {}


def _look(cell: PlainCell) -> Style:
    if isinstance(cell.value, str) and not cell.is_error:
        return _BOXED_STRUCK if cell.struck else _BOXED
    key = (cell.format, cell.struck)
    if key not in _CENTRED:
        if len(_CENTRED) > 1000:
            _CENTRED.clear()
        code = None if cell.format == "General" else cell.format
        _CENTRED[key] = Style(
            font=_STRUCK if cell.struck else _FONT, border=Border(), horizontal="center", vertical="center",
            number_format=code,
        )  # fmt: skip
    return _CENTRED[key]
