"""What an officer entered in a copy, read back whatever program saved it.

Rows are known by a text that lies unseen beside the input cells, so that sheets may be renamed or
moved, rows sorted and columns inserted. The copy need not have its receipt any more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from perfeval_xl.amounts import Doubt, parse_amount, parse_cell_number, plain
from perfeval_xl.context import Adjudication, Waiver
from perfeval_xl.model import CellRef
from perfeval_xl.ooxml import Cell, Sheet, Workbook
from perfeval_xl.writer.text import (
    CONTEXT_HEAD,
    FILE_PREFIX,
    RULING_HEADS,
    SOURCE_DIGEST,
    WAIVER_HEADS,
)
from perfeval_xl.writer.tie import Tie

_WAIVER_TIE = re.compile(r"[a-z_]+\.[a-z_]+\|[^|]*\|.*", re.DOTALL)
_DIGEST = re.compile("[0-9a-f]{64}")
_DATE = re.compile(r"(\d{4})(?:年|[-./])(\d{1,2})(?:月|[-./])(\d{1,2})日?")
_SOLID_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIALS = range(20_000, 80_000)  # days of a date cell: 1954 to 2119


@dataclass(frozen=True, slots=True)
class TypedRuling:
    """A ruling and the cells it was typed into; ``formula`` when one stands there without result."""

    ruling: Adjudication
    score_cell: CellRef
    reason_cell: CellRef
    formula: bool = False


@dataclass(frozen=True, slots=True)
class TypedWaiver:
    """How a finding was dealt with, and the cells it was typed into."""

    waiver: Waiver
    action_cell: CellRef
    reason_cell: CellRef
    date_cell: CellRef


@dataclass(frozen=True, slots=True)
class Entries:
    """All that an officer entered in one copy; only rows in which something stands.

    sha256: of the submitted file the copy was made for, empty when it does not say. name: what the
    copy says it was sent as. cells: where each indicator's score is entered. is_lost: something was
    entered that cannot be tied to an indicator any more. carried: what was written in because it
    was ruled on an earlier version, and still stands there as it was. withdrawn: where it was
    cleared. grounds: what a ruling on each indicator rests on.
    """

    sha256: str
    name: str
    rulings: tuple[TypedRuling, ...]
    waivers: tuple[TypedWaiver, ...]
    cells: dict[str, CellRef]
    is_lost: bool = False
    carried: tuple[TypedRuling, ...] = ()
    withdrawn: tuple[Adjudication, ...] = ()
    grounds: Mapping[str, str] = field(default_factory=dict)

    @property
    def standing(self) -> tuple[TypedRuling, ...]:
        """Rulings that stand in the cells, typed for this version or carried over."""
        return (*self.rulings, *self.carried)

    @property
    def all_rulings(self) -> tuple[Adjudication, ...]:
        """All that has to be kept of them."""
        return (*(typed.ruling for typed in self.standing), *self.withdrawn)

    @property
    def count(self) -> int:
        """How many rows hold an entry of this version's own."""
        return len(self.rulings) + len(self.waivers)


def read_entries(workbook: Workbook) -> Entries:
    """What stands in the input cells of a copy.

    Raises:
        WorkbookError: a sheet cannot be read.
    """
    sheets = [workbook.sheet(i.name) for i in workbook.sheets if i.kind == "worksheet"]
    sha256 = next(filter(None, map(_digest, sheets)), "")
    found = _Rulings(sha256)
    waivers: dict[str, TypedWaiver] = {}
    is_lost = False
    for sheet in sheets:
        block = _Block.find(workbook, sheet, RULING_HEADS)
        if block is not None:
            is_lost |= found.read(block)
        block = _Block.find(workbook, sheet, WAIVER_HEADS)
        if block is not None:
            is_lost |= _read_waivers(block, sha256, waivers)
    name = next(filter(None, map(_name, sheets)), "")
    return Entries(
        sha256, name, tuple(found.typed.values()), tuple(waivers.values()), found.cells, is_lost,
        tuple(found.carried.values()), tuple(found.withdrawn.values()), found.grounds,
    )  # fmt: skip


def officers_cells(workbook: Workbook, sheet: Sheet) -> set[tuple[int, int]]:
    """Cells of a copy that an officer fills in, and those reckoned from them alone."""
    found: set[tuple[int, int]] = set()
    for heads, is_tie in ((RULING_HEADS, Tie.read), (WAIVER_HEADS, _WAIVER_TIE.fullmatch)):
        block = _Block.find(workbook, sheet, heads)
        if block is None:
            continue
        columns = [block.columns[head] for head in heads[:-1] if head in block.columns]
        for row in block.rows():
            if is_tie(block.text(row, heads[-1])) or any(
                block.is_formula(row, head) for head in heads[:-1]
            ):
                found |= {(row, column) for column in columns}
    return found


def context_text(workbook: Workbook) -> str:
    """What a copy that lost its receipt still says was known of the unit, as JSON; else empty."""
    for info in workbook.sheets:
        if info.kind != "worksheet":
            continue
        for cell in workbook.sheet(info.name).cells.values():
            if cell.kind == "text" and cell.raw.startswith(CONTEXT_HEAD):
                return cell.raw.removeprefix(CONTEXT_HEAD)
    return ""


def iso_date(text: str) -> str:
    """A date as ``2022-05-01``; empty when the text is none."""
    folded = "".join(unicodedata.normalize("NFKC", text).split())
    found = _DATE.fullmatch(folded) or _SOLID_DATE.fullmatch(folded)
    if found is None:
        return ""
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        return ""


class _Block:
    """Our input columns on one sheet, by their heads."""

    def __init__(self, workbook: Workbook, sheet: Sheet, row: int, columns: dict[str, int]) -> None:
        self.workbook = workbook
        self.sheet = sheet
        self.row = row
        self.columns = columns

    @classmethod
    def find(cls, workbook: Workbook, sheet: Sheet, heads: tuple[str, ...]) -> _Block | None:
        """The block under the first row that holds the first head and another one."""
        by_row: dict[int, dict[str, int]] = {}
        for (row, column), cell in sheet.cells.items():
            if cell.kind == "text" and cell.raw.strip() in heads:
                by_row.setdefault(row, {}).setdefault(cell.raw.strip(), column)
        rows = [row for row in sorted(by_row) if heads[0] in by_row[row] and len(by_row[row]) > 1]
        return cls(workbook, sheet, rows[0], by_row[rows[0]]) if rows else None

    def ref(self, row: int, head: str) -> CellRef:
        """The cell under a head; the first column when that head is gone."""
        return CellRef(self.sheet.name, row, self.columns.get(head, 1))

    def cell(self, row: int, head: str) -> Cell | None:
        column = self.columns.get(head)
        return None if column is None else self.sheet.cells.get((row, column))

    def text(self, row: int, head: str) -> str:
        """What stands there as a text, without blanks around it."""
        cell = self.cell(row, head)
        return "" if cell is None else _shown(cell).strip()

    def rows(self) -> list[int]:
        """Rows below the heads in which one of the columns is filled."""
        columns = set(self.columns.values())
        return sorted({r for r, c in self.sheet.cells if r > self.row and c in columns})

    def is_filled(self, row: int, heads: tuple[str, ...]) -> bool:
        """Whether something was entered under one of these heads."""
        return any(self.text(row, head) or self.is_formula(row, head) for head in heads)

    def is_formula(self, row: int, head: str) -> bool:
        """Whether a formula stands there."""
        cell = self.cell(row, head)
        return cell is not None and cell.formula is not None


class _Rulings:
    """Rulings read row by row, by their indicators."""

    def __init__(self, sha256: str) -> None:
        self.sha256 = sha256
        self.typed: dict[str, TypedRuling] = {}
        self.carried: dict[str, TypedRuling] = {}
        self.withdrawn: dict[str, Adjudication] = {}
        self.cells: dict[str, CellRef] = {}
        self.grounds: dict[str, str] = {}

    def read(self, block: _Block) -> bool:
        """Add the rulings of a block; whether something was entered in a row that is nobody's."""
        strangers = False
        for row in block.rows():
            tie = Tie.read(block.text(row, RULING_HEADS[-1]))
            if tie is not None:
                strangers |= self._read_row(block, row, tie)
            elif RULING_HEADS[-1] not in block.columns:
                strangers |= _is_points(block.cell(row, RULING_HEADS[0]))
        return strangers

    def _read_row(self, block: _Block, row: int, tie: Tie) -> bool:
        """Add what one row holds; whether the same row was read before."""
        score, reason, _ = RULING_HEADS
        name = tie.indicator
        self.cells.setdefault(name, block.ref(row, score))
        self.grounds.setdefault(name, tie.grounds)
        value, raw, formula = _points(block, row)
        ruled = Adjudication(
            name, value, block.text(row, reason), self.sha256, tie.claimed, tie.low, tie.high, raw,
            tie.grounds, tie.round,
        )  # fmt: skip
        if not block.is_filled(row, (score, reason)):
            if tie.carried:
                self.withdrawn.setdefault(name, ruled)
            return False
        carried = tie.carried_over(value, ruled.reason)
        typed = TypedRuling(
            carried or ruled, block.ref(row, score), block.ref(row, reason), formula
        )
        is_twice = name in self.typed or name in self.carried
        if not is_twice:
            (self.carried if carried else self.typed)[name] = typed
        return is_twice


def _is_points(cell: Cell | None) -> bool:
    return cell is not None and cell.kind == "number" and cell.formula is None


def _points(block: _Block, row: int) -> tuple[Decimal | None, str, bool]:
    """The score that was typed, how it was typed, and whether a formula there has no result."""
    cell = block.cell(row, RULING_HEADS[0])
    if cell is None:
        return None, "", False
    if cell.formula is not None and not cell.raw:
        return None, f"={cell.formula}", True
    shown = _shown(cell).strip()
    if cell.kind == "number":
        if block.workbook.styles.is_percent(cell.style):
            number = parse_cell_number(cell.raw)
            return None, shown if number is None else f"{plain(number * 100)}%", False
        number = parse_cell_number(cell.raw)
        return number, shown, False
    amount = parse_amount(shown) if cell.kind == "text" else None
    if amount is None or amount.doubt is not Doubt.NONE or amount.unit not in ("", "分"):
        return None, shown, False
    return amount.value, shown, False


def _read_waivers(block: _Block, sha256: str, found: dict[str, TypedWaiver]) -> bool:
    action, reason, day, tie = WAIVER_HEADS
    strangers = False
    for row in block.rows():
        key = block.text(row, tie)
        if not block.is_filled(row, (action, reason, day)):
            continue
        if not _WAIVER_TIE.fullmatch(key):
            strangers |= tie not in block.columns
            continue
        waiver = Waiver(
            key, block.text(row, reason), _day(block, row, day), sha256, block.text(row, action)
        )
        strangers |= key in found
        cells = (block.ref(row, head) for head in (action, reason, day))
        found.setdefault(key, TypedWaiver(waiver, *cells))
    return strangers


def _day(block: _Block, row: int, head: str) -> str:
    """The date as ISO where it is one, else as typed."""
    cell = block.cell(row, head)
    if cell is None:
        return ""
    number = parse_cell_number(cell.raw) if cell.kind == "number" else None
    if number is not None and int(number) in _SERIALS:
        begin = date(1904, 1, 1) if block.workbook.date1904 else date(1899, 12, 30)
        return (begin + timedelta(days=int(number))).isoformat()
    shown = _shown(cell).strip()
    return iso_date(shown) or shown


def _shown(cell: Cell) -> str:
    if cell.kind == "number":
        number = parse_cell_number(cell.raw)
        return cell.raw if number is None else plain(number)
    return cell.raw.replace("\r\n", "\n")


def _digest(sheet: Sheet) -> str:
    """The digest of the submitted file that our first sheet names."""
    for (row, _), cell in sheet.cells.items():
        if cell.kind == "text" and cell.raw == SOURCE_DIGEST:
            for found in _texts_of_row(sheet, row):
                if _DIGEST.fullmatch(found):
                    return found
    return ""


def _texts_of_row(sheet: Sheet, row: int) -> Iterator[str]:
    return (cell.raw for (at, _), cell in sheet.cells.items() if at == row)


def _name(sheet: Sheet) -> str:
    cell = sheet.cells.get((3, 1))
    starts = cell is not None and cell.raw.startswith(FILE_PREFIX)
    return cell.raw.removeprefix(FILE_PREFIX) if cell is not None and starts else ""
