"""A brand-new worksheet, described before it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from perfeval_xl.model import column_letters
from perfeval_xl.ooxml.appearance import Style
from perfeval_xl.ooxml.markup import (
    MAIN,
    STRICT_MAIN,
    escape,
    escape_attribute,
    escape_value,
)
from perfeval_xl.ooxml.refs import PRINT_AREA, PRINT_TITLES, address, range_text
from perfeval_xl.ooxml.registry import StyleRegistry
from perfeval_xl.ooxml.strings import TextRegistry, fitting_text
from perfeval_xl.ooxml.validation import Validation, validation_xml


@dataclass(frozen=True, slots=True)
class PrintSetup:
    """How the sheet prints: one page wide, as many high as it takes; margins in inches.

    paper: 9 is A4. header, footer: Excel's codes, such as ``&C第 &P 页，共 &N 页``.
    title_rows: rows repeated on each page. area: (first row, first column, last row, last column).
    page_ends: rows after which a new page begins, whether the one before is full or not.
    """

    landscape: bool = False
    paper: int = 9
    margins: tuple[float, float, float, float] = (0.5, 0.5, 0.6, 0.6)  # left, right, top, bottom
    header: str = ""
    footer: str = ""
    title_rows: tuple[int, int] | None = None
    area: tuple[int, int, int, int] | None = None
    page_ends: tuple[int, ...] = ()
    centered: bool = True


@dataclass(slots=True)
class NewCell:
    """One cell to be written; ``value`` is the cached one when there is a formula."""

    value: str | Decimal | None
    style: Style | None = None
    formula: str | None = None


@dataclass(slots=True)
class NewSheet:
    """What a new sheet holds; filled by the caller up to the moment the file is written."""

    cells: dict[tuple[int, int], NewCell] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    links: list[tuple[int, int, str, str]] = field(default_factory=list)
    validations: list[tuple[str, Validation]] = field(default_factory=list)  # ranges and rule
    freeze: tuple[int, int] | None = None  # first row and column that still scroll
    gridlines: bool = False
    zoom: int = 100
    tab_color: str | None = None
    selected: bool = True
    printing: PrintSetup = field(default_factory=PrintSetup)

    def write(
        self,
        row: int,
        column: int,
        value: str | Decimal | None,
        style: Style | None = None,
        formula: str | None = None,
    ) -> None:
        """Put a text, number or formula (without ``=``; ``value`` is its cached result)."""
        refuse_infinite(value)
        self.cells[row, column] = NewCell(value, style, formula)

    def merge(self, first_row: int, first_column: int, last_row: int, last_column: int) -> None:
        """Merge a range; the style of its first cell is given to all that have none."""
        self.merges.append((first_row, first_column, last_row, last_column))

    def link(self, row: int, column: int, location: str, tooltip: str = "") -> None:
        """Make the cell jump to a place of the workbook, such as ``'附件2-1'!G3``."""
        self.links.append((row, column, location, tooltip))


def cell_xml(
    row: int,
    column: int,
    style: int,
    value: str | Decimal | None,
    texts: TextRegistry,
    formula: str | None = None,
) -> str:
    """A cell element; texts stay texts whatever they begin with."""
    place = f"{column_letters(column)}{row}"
    head = f'<c r="{place}" s="{style}"' if style else f'<c r="{place}"'
    if formula is not None:
        return head + _formula_xml(formula.removeprefix("="), value)
    if value is None:
        return head + "/>"
    if isinstance(value, str):
        return head + texts.cell_rest(value)
    return f"{head}><v>{number_text(value)}</v></c>"


def _formula_xml(formula: str, value: str | Decimal | None) -> str:
    shown = escape(formula)
    if value is None:
        return f"><f>{shown}</f></c>"
    if isinstance(value, str):
        return f' t="str"><f>{shown}</f><v>{escape_value(fitting_text(value))}</v></c>'
    return f"><f>{shown}</f><v>{number_text(value)}</v></c>"


def refuse_infinite(value: str | Decimal | None) -> None:
    """Raise ValueError for a number that no cell can hold."""
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError("a cell holds finite numbers only")


def number_text(value: Decimal) -> str:
    """A number as Excel stores it: plain digits, an exponent only where they would be endless."""
    return f"{value:f}" if abs(value.adjusted()) <= 20 else f"{value:E}"


def render(sheet: NewSheet, registry: StyleRegistry, texts: TextRegistry, strict: bool) -> bytes:
    """The worksheet part of a new sheet."""
    space = STRICT_MAIN if strict else MAIN
    body = "".join(
        (
            _properties(sheet),
            _dimension(sheet),
            _view(sheet),
            '<sheetFormatPr defaultRowHeight="15"/>',
            _columns(sheet),
            _rows(sheet, registry, texts),
            _merges(sheet),
            _validations(sheet),
            _links(sheet),
            _printing(sheet.printing),
        )
    )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return f'{head}<worksheet xmlns="{space}">{body}</worksheet>'.encode()


def _properties(sheet: NewSheet) -> str:
    color = f'<tabColor rgb="FF{sheet.tab_color}"/>' if sheet.tab_color else ""
    return f'<sheetPr>{color}<pageSetUpPr fitToPage="1"/></sheetPr>'


def _dimension(sheet: NewSheet) -> str:
    if not sheet.cells:
        return '<dimension ref="A1"/>'
    rows = [row for row, _ in sheet.cells]
    columns = [column for _, column in sheet.cells]
    area = (min(rows), min(columns), max(rows), max(columns))
    return f'<dimension ref="{range_text(area)}"/>'


def _view(sheet: NewSheet) -> str:
    lines = "" if sheet.gridlines else ' showGridLines="0"'
    zoom = f' zoomScale="{sheet.zoom}" zoomScaleNormal="{sheet.zoom}"' if sheet.zoom != 100 else ""
    pane = _pane(sheet.freeze) if sheet.freeze else ""
    chosen = ' tabSelected="1"' if sheet.selected else ""
    view = f'<sheetView{lines}{chosen}{zoom} workbookViewId="0">{pane}</sheetView>'
    return f"<sheetViews>{view}</sheetViews>"


def _pane(freeze: tuple[int, int]) -> str:
    rows, columns = freeze[0] - 1, freeze[1] - 1
    if rows <= 0 and columns <= 0:
        return ""
    which = "bottomRight" if rows and columns else "bottomLeft" if rows else "topRight"
    across = f' xSplit="{columns}"' if columns else ""
    down = f' ySplit="{rows}"' if rows else ""
    corner = f'topLeftCell="{address(*freeze)}" activePane="{which}" state="frozen"'
    return f'<pane{across}{down} {corner}/><selection pane="{which}"/>'


def _columns(sheet: NewSheet) -> str:
    columns = "".join(
        f'<col min="{column}" max="{column}" width="{width:g}" customWidth="1"/>'
        for column, width in sorted(sheet.widths.items())
    )
    return f"<cols>{columns}</cols>" if columns else ""


def _rows(sheet: NewSheet, registry: StyleRegistry, texts: TextRegistry) -> str:
    rows: dict[int, dict[int, str]] = {row: {} for row in sheet.heights}
    index = registry.index
    for (row, column), cell in sheet.cells.items():
        line = rows.get(row)
        if line is None:
            line = rows[row] = {}
        line[column] = cell_xml(row, column, index(cell.style), cell.value, texts, cell.formula)
    _fill_merged(sheet, registry, rows)
    lines = []
    for row in sorted(rows):
        height = sheet.heights.get(row)
        tall = f' ht="{height:g}" customHeight="1"' if height is not None else ""
        line = rows[row]
        cells = "".join([line[column] for column in sorted(line)])
        lines.append(f'<row r="{row}"{tall}>{cells}</row>')
    return f"<sheetData>{''.join(lines)}</sheetData>"


def _fill_merged(sheet: NewSheet, registry: StyleRegistry, rows: dict[int, dict[int, str]]) -> None:
    """Give covered cells the style of their first, so that borders run all around."""
    written = sheet.cells
    for top, left, bottom, right in sheet.merges:
        first = written.get((top, left))
        style = registry.index(first.style) if first else 0
        if not style:
            continue
        for row in range(top, bottom + 1):
            line = rows.setdefault(row, {})
            for column in range(left, right + 1):
                if (row, column) not in written:
                    line[column] = f'<c r="{column_letters(column)}{row}" s="{style}"/>'


def _merges(sheet: NewSheet) -> str:
    if not sheet.merges:
        return ""
    items = "".join(f'<mergeCell ref="{range_text(area)}"/>' for area in sheet.merges)
    return f'<mergeCells count="{len(sheet.merges)}">{items}</mergeCells>'


def _validations(sheet: NewSheet) -> str:
    items = "".join(validation_xml(*entry) for entry in sheet.validations)
    count = len(sheet.validations)
    return f'<dataValidations count="{count}">{items}</dataValidations>' if items else ""


def _links(sheet: NewSheet) -> str:
    items = "".join(link_xml(*link) for link in sheet.links)
    return f"<hyperlinks>{items}</hyperlinks>" if items else ""


def link_xml(row: int, column: int, location: str, tooltip: str) -> str:
    """An internal hyperlink element."""
    tip = f' tooltip="{escape_attribute(tooltip)}"' if tooltip else ""
    return f'<hyperlink ref="{address(row, column)}" location="{escape_attribute(location)}"{tip}/>'


def _printing(setup: PrintSetup) -> str:
    left, right, top, bottom = setup.margins
    options = '<printOptions horizontalCentered="1"/>' if setup.centered else ""
    edge = f'header="{min(0.3, top):g}" footer="{min(0.3, bottom):g}"'
    margins = (
        f'<pageMargins left="{left:g}" right="{right:g}" top="{top:g}" bottom="{bottom:g}" {edge}/>'
    )
    way = "landscape" if setup.landscape else "portrait"
    page = (
        f'<pageSetup paperSize="{setup.paper}" fitToWidth="1" fitToHeight="0" orientation="{way}"/>'
    )
    header = f"<oddHeader>{escape(setup.header)}</oddHeader>" if setup.header else ""
    footer = f"<oddFooter>{escape(setup.footer)}</oddFooter>" if setup.footer else ""
    both = f"<headerFooter>{header}{footer}</headerFooter>" if header or footer else ""
    return options + margins + page + both + _row_breaks(setup.page_ends)


def _row_breaks(ends: tuple[int, ...]) -> str:
    items = "".join(f'<brk id="{row}" max="16383" man="1"/>' for row in ends)
    count = len(ends)
    return (
        f'<rowBreaks count="{count}" manualBreakCount="{count}">{items}</rowBreaks>' if ends else ""
    )


def print_names(setup: PrintSetup, name: str) -> list[tuple[str, str]]:
    """Defined names (name, refers to) that the print setup of sheet ``name`` needs."""
    quoted = "'" + name.replace("'", "''") + "'"
    names = []
    if setup.area:
        first, last = setup.area[:2], setup.area[2:]
        corners = [f"${column_letters(column)}${row}" for row, column in (first, last)]
        names.append((PRINT_AREA, f"{quoted}!{':'.join(corners)}"))
    if setup.title_rows:
        names.append((PRINT_TITLES, f"{quoted}!${setup.title_rows[0]}:${setup.title_rows[1]}"))
    return names
