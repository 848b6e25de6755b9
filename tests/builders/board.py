"""A sheet as boxes that a change can move, cut and fill, and its writing as plain XML.

Written by hand so that a test decides what openpyxl would decide for it: stored or missing
formula results, texts in the cells, shared formulas, cells without addresses.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula with the result that lies in the file; None: no program has computed it."""

    text: str
    result: Decimal | str | None = None
    shared: int | None = None  # index of a shared formula; the text is written by its first cell


@dataclass(frozen=True, slots=True)
class Error:
    """An error value such as ``#REF!``."""

    text: str


Raw = str | int | Decimal | Formula | Error | None


@dataclass(slots=True)
class Box:
    """A cell or a merged range; all sides count from 1 and are inside. key: what was filled in."""

    top: int
    left: int
    bottom: int
    right: int
    value: Raw = None
    key: str = ""
    format: str = "General"
    unit: str = "万元"  # the unit in which a figure of money stands here

    @property
    def is_merged(self) -> bool:
        """Whether it covers more than one cell."""
        return (self.top, self.left) != (self.bottom, self.right)

    @property
    def address(self) -> str:
        """Its first cell, such as ``C7``."""
        return f"{letters(self.left)}{self.top}"


@dataclass(slots=True)
class Board:
    """One sheet."""

    name: str
    boxes: list[Box] = field(default_factory=list)
    state: str = "visible"
    widths: list[float] = field(default_factory=list)  # in characters; empty: not given

    @property
    def bottom(self) -> int:
        """The last row with a box."""
        return max((box.bottom for box in self.boxes), default=0)

    @property
    def right(self) -> int:
        """The last column with a box."""
        return max((box.right for box in self.boxes), default=0)

    def find(self, key: str) -> Box | None:
        """The box in which this was filled."""
        return next((box for box in self.boxes if box.key == key), None)

    def labelled(self, *labels: str) -> list[Box]:
        """Boxes with one of the printed labels, spaces and line breaks not counted."""
        wanted = {squeezed(label) for label in labels}
        return [b for b in self.boxes if not b.key and squeezed(b.value) in wanted]

    def row(self, number: int) -> list[Box]:
        """Boxes that begin in the row, from left to right."""
        return sorted((b for b in self.boxes if b.top == number), key=lambda b: b.left)

    def move(self, rows: int, columns: int) -> None:
        """Moves everything down and right."""
        for box in self.boxes:
            box.top, box.bottom = box.top + rows, box.bottom + rows
            box.left, box.right = box.left + columns, box.right + columns
        if self.widths:
            self.widths[:0] = [8.0] * columns

    def insert_rows(self, at: int, count: int = 1) -> None:
        """Inserts empty rows before row ``at``; a merge over the place grows, as in Excel."""
        for box in self.boxes:
            box.top += count if box.top >= at else 0
            box.bottom += count if box.bottom >= at else 0

    def insert_columns(self, at: int, count: int = 1) -> None:
        """Inserts empty columns before column ``at``; a merge over the place grows."""
        for box in self.boxes:
            box.left += count if box.left >= at else 0
            box.right += count if box.right >= at else 0
        if self.widths:
            self.widths[at - 1 : at - 1] = [8.0] * count

    def delete_rows(self, first: int, last: int) -> None:
        """Deletes rows; a merge that reaches beyond them keeps its value, as in Excel."""
        count = last - first + 1
        self.boxes = [b for b in self.boxes if not first <= b.top <= b.bottom <= last]
        for box in self.boxes:
            if first <= box.top <= last:
                box.top = first
            elif box.top > last:
                box.top -= count
            if box.bottom > last:
                box.bottom -= count
            elif box.bottom >= first:
                box.bottom = first - 1

    def split(self, box: Box) -> None:
        """Takes a merge away: the value stays in its first cell, the rest is empty."""
        box.bottom, box.right = box.top, box.left

    def add(self, row: int, column: int, value: Raw, **more: str) -> Box:
        """A new single cell."""
        box = Box(row, column, row, column, value, **more)
        self.boxes.append(box)
        return box


def squeezed(value: Raw) -> str:
    """A printed text without spaces and line breaks; empty when it is no text."""
    return "".join(value.split()) if isinstance(value, str) else ""


def letters(column: int) -> str:
    """Letters of a column that counts from 1."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


@dataclass(slots=True)
class Writing:
    """How the package is written."""

    strings: str = "shared"  # shared, inline or formula (t="str")
    addresses: bool = True  # whether rows and cells carry their r


def workbook_bytes(boards: list[Board], writing: Writing | None = None) -> bytes:
    """The boards as an .xlsx package."""
    return _Package(boards, writing or Writing()).written()


class _Package:
    def __init__(self, boards: list[Board], writing: Writing) -> None:
        self.boards = boards
        self.writing = writing
        self.formats: dict[str, int] = {"General": 0}
        self.strings: dict[str, int] = {}

    def written(self) -> bytes:
        parts = {f"xl/worksheets/sheet{n}.xml": self._sheet(b) for n, b in self._numbered()}
        parts["xl/workbook.xml"] = self._workbook()
        parts["xl/_rels/workbook.xml.rels"] = self._relations()
        parts["_rels/.rels"] = _relationships([("rId1", "officeDocument", "xl/workbook.xml")])
        parts["xl/styles.xml"] = self._styles()
        parts["xl/sharedStrings.xml"] = self._shared_strings()
        parts["[Content_Types].xml"] = self._content_types()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
            for name in sorted(parts):
                package.writestr(name, _HEAD + parts[name])
        return out.getvalue()

    def _numbered(self) -> Iterator[tuple[int, Board]]:
        return iter(enumerate(self.boards, 1))

    def _sheet(self, board: Board) -> str:
        rows: dict[int, list[Box]] = {}
        for box in board.boxes:
            if box.value is not None and box.value != "":
                rows.setdefault(box.top, []).append(box)
        lines = [self._row(number, rows.get(number, [])) for number in self._row_numbers(rows)]
        merged = [b for b in board.boxes if b.is_merged]
        merges = "".join(
            f'<mergeCell ref="{b.address}:{letters(b.right)}{b.bottom}"/>' for b in merged
        )
        after = f'<mergeCells count="{len(merged)}">{merges}</mergeCells>' if merged else ""
        return f'<worksheet xmlns="{_MAIN}">{_columns(board)}<sheetData>{"".join(lines)}</sheetData>{after}</worksheet>'

    def _row_numbers(self, rows: dict[int, list[Box]]) -> list[int]:
        """Without addresses every row has to be written, an empty one too."""
        return sorted(rows) if self.writing.addresses else list(range(1, max(rows, default=0) + 1))

    def _row(self, number: int, boxes: list[Box]) -> str:
        cells, column = [], 1
        for box in sorted(boxes, key=lambda b: b.left):
            if not self.writing.addresses:
                cells += ["<c/>"] * (box.left - column)
                column = box.left + 1
            cells.append(self._cell(box))
        place = f' r="{number}"' if self.writing.addresses else ""
        return f"<row{place}>{''.join(cells)}</row>"

    def _cell(self, box: Box) -> str:
        style = self.formats.setdefault(box.format, len(self.formats))
        place = f' r="{box.address}"' if self.writing.addresses else ""
        kind, inner = self._content(box.value)
        of_kind = f' t="{kind}"' if kind else ""
        of_style = f' s="{style}"' if style else ""
        return f"<c{place}{of_style}{of_kind}>{inner}</c>"

    def _content(self, value: Raw) -> tuple[str, str]:
        if isinstance(value, Formula):
            return self._formula(value)
        if isinstance(value, Error):
            return "e", f"<v>{escape(value.text)}</v>"
        if isinstance(value, str):
            return self._text(value)
        return "", f"<v>{float(value):.17g}</v>" if value is not None else ""

    def _formula(self, value: Formula) -> tuple[str, str]:
        given = "" if value.shared is None else f' t="shared" si="{value.shared}"'
        formula = f"<f{given}>{escape(value.text)}</f>" if value.text else f"<f{given}/>"
        if value.result is None:
            return "", formula
        if isinstance(value.result, str):
            return "str", f"{formula}<v>{escape(value.result)}</v>"
        return "", f"{formula}<v>{float(value.result):.17g}</v>"

    def _text(self, text: str) -> tuple[str, str]:
        if self.writing.strings == "formula":
            return "str", f"<v>{escape(text)}</v>"
        if self.writing.strings == "inline":
            return "inlineStr", f'<is><t xml:space="preserve">{escape(text)}</t></is>'
        return "s", f"<v>{self.strings.setdefault(text, len(self.strings))}</v>"

    def _workbook(self) -> str:
        sheets = "".join(
            f'<sheet name={quoteattr(b.name)} sheetId="{n}" state="{b.state}" r:id="rId{n}"/>'
            for n, b in self._numbered()
        )
        return f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'

    def _relations(self) -> str:
        sheets = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n, _ in self._numbered()]
        return _relationships([
            *sheets, ("rIdS", "styles", "styles.xml"), ("rIdT", "sharedStrings", "sharedStrings.xml")
        ])  # fmt: skip

    def _styles(self) -> str:
        own = list(self.formats)[1:]
        numbers = "".join(
            f'<numFmt numFmtId="{164 + n}" formatCode={quoteattr(code)}/>'
            for n, code in enumerate(own)
        )
        xfs = "".join(f'<xf numFmtId="{164 + n}"/>' for n in range(len(own)))
        return (
            f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(own)}">{numbers}</numFmts>'
            '<fonts count="1"><font/></fonts>'
            '<fills count="2"><fill><patternFill patternType="none"/></fill>'
            '<fill><patternFill patternType="gray125"/></fill></fills>'
            '<borders count="1"><border/></borders>'
            '<cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs>'
            f'<cellXfs count="{len(own) + 1}"><xf numFmtId="0"/>{xfs}</cellXfs>'
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
            "</styleSheet>"
        )

    def _shared_strings(self) -> str:
        items = "".join(
            f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in self.strings
        )
        return f'<sst xmlns="{_MAIN}">{items}</sst>'

    def _content_types(self) -> str:
        base = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        names = {
            "workbook": f"{base}.sheet.main+xml",
            "styles": f"{base}.styles+xml",
            "sharedStrings": f"{base}.sharedStrings+xml",
            **{f"worksheets/sheet{n}": f"{base}.worksheet+xml" for n, _ in self._numbered()},
        }
        entries = "".join(
            f'<Override PartName="/xl/{name}.xml" ContentType="{kind}"/>'
            for name, kind in names.items()
        )
        return (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{entries}</Types>'
        )


def _columns(board: Board) -> str:
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width:.2f}" customWidth="1"/>'
        for n, width in enumerate(board.widths, 1)
    )
    return f"<cols>{columns}</cols>" if columns else ""


def _relationships(entries: list[tuple[str, str, str]]) -> str:
    items = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for name, kind, target in entries
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{items}</Relationships>'
