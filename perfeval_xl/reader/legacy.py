"""Workbooks of other formats (.xls, .et, .xlsb, .ods) as values, and as a plain .xlsx of them.

Values come from calamine, everything around them from ``ooxml.foreign``. Calamine shows an error
value as an empty cell, knows no number format and no merge of an .ods or .xlsb: so the two are laid
over each other, and where they do not see the same cells the file is returned, not guessed at.

Calamine may take the process with it (one cell at XFD1048576 did). A caller that cannot afford to
die uses the guarded functions, which read in a process of their own.
"""

from __future__ import annotations

import io
import json
import math
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml import Limits
from perfeval_xl.ooxml.foreign import KINDS, CellMark, PlainSheet, SheetLayout, scan, write_plain
from perfeval_xl.ooxml.foreign.plain import PlainCell

HARD_SECONDS: Final = 30
MEMORY_BYTES: Final = 400_000_000

_LONGEST_FORMAT = 255  # Excel's own limit
_SECOND = 1.5 / 86_400  # calamine rounds times
_DAYS_1904 = 1462
_DAY_ZERO = datetime(1899, 12, 30)
_DURATION = re.compile(r"PT(\d{1,9})H(\d{1,2})M(\d{1,2})(?:[.,]\d*)?S")
_FORMATS = {
    datetime: "yyyy/m/d h:mm", date: "yyyy/m/d", time: "h:mm:ss", timedelta: "[h]:mm:ss",
}  # fmt: skip
_BOOT = "import sys, json; sys.path[:] = json.loads(sys.argv[1])\n" + (
    "from perfeval_xl.reader.legacy import answer; answer(*sys.argv[2:])"
)

Range = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class LegacyCell:
    """A filled cell; rows and columns count from 1.

    kind: number, text, boolean, error or date. raw: as an .xlsx would store it (a date is its
    serial number, a boolean ``1`` or ``0``). format: the number format code. struck: whether the
    whole cell is struck out.
    """

    row: int
    column: int
    kind: str
    raw: str
    format: str = "General"
    struck: bool = False


@dataclass(frozen=True, slots=True)
class LegacySheet:
    """One worksheet. state: visible, hidden or veryHidden; widths and heights as in the file."""

    name: str
    state: str
    cells: tuple[LegacyCell, ...]
    merges: tuple[Range, ...]
    widths: tuple[tuple[int, float], ...] = ()
    heights: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class LegacyBook:
    """A workbook as values. left_out: names of tabs that are no worksheets (charts, macros)."""

    kind: str
    sheets: tuple[LegacySheet, ...]
    left_out: tuple[str, ...] = ()


def read_legacy(data: bytes, kind: str, limits: Limits | None = None) -> LegacyBook:
    """The workbook's values, read in this process, which may die of it.

    ``kind`` is what ``sniff`` says: xls (.et is one), xlsb or ods.

    Raises:
        WorkbookError: it cannot be read for certain, is encrypted or exceeds a limit.
    """
    if kind not in KINDS:
        raise WorkbookError("workbook.legacy", {"kind": kind})
    layouts = scan(data, kind, limits or Limits())
    tables = _calamine(data, kind, layouts)
    sheets = [
        _sheet(layout, table, kind)
        for layout, table in zip(layouts, tables, strict=True)
        if layout.kind == "worksheet"
    ]
    if not sheets:
        raise WorkbookError("workbook.no_sheet")
    others = tuple(layout.name for layout in layouts if layout.kind != "worksheet")
    return LegacyBook(kind, tuple(sheets), others)


def read_legacy_guarded(
    data: bytes,
    kind: str,
    limits: Limits | None = None,
    seconds: float = HARD_SECONDS,
    memory_bytes: int = MEMORY_BYTES,
) -> LegacyBook:
    """As ``read_legacy``, in a child process with limits of its own.

    Raises:
        WorkbookError: as there; ``workbook.legacy_failed`` when the child died,
            ``file.too_slow`` when it outran its time.
    """
    asked = json.dumps(asdict(limits or Limits()))
    command = [sys.executable, "-c", _BOOT, json.dumps(sys.path), kind, asked, str(memory_bytes)]
    try:
        child = subprocess.run(
            command, input=data, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as exc:
        raise WorkbookError("file.too_slow", {"limit": f"{seconds:g}"}) from exc
    try:
        given = json.loads(child.stdout)
    except ValueError as exc:
        raise WorkbookError("workbook.legacy_failed", {"kind": kind}) from exc
    if "code" in given:
        raise WorkbookError(given["code"], given["details"])
    return _book(given)


def convert_legacy(data: bytes, kind: str, limits: Limits | None = None) -> bytes:
    """A plain .xlsx with the same values at the same addresses; as ``read_legacy`` otherwise."""
    return convert(read_legacy(data, kind, limits))


def convert_legacy_guarded(data: bytes, kind: str, limits: Limits | None = None) -> bytes:
    """As ``convert_legacy``, the dangerous part in a child process."""
    return convert(read_legacy_guarded(data, kind, limits))


def convert(book: LegacyBook) -> bytes:
    """The plain .xlsx of a workbook's values: same bytes for the same book."""
    return write_plain([_plain_sheet(sheet) for sheet in book.sheets])


def answer(kind: str, limits: str, memory_bytes: str) -> None:
    """The child's whole work: standard input is the file, standard output the book as JSON."""
    _limit_memory(int(memory_bytes))
    try:
        book = read_legacy(sys.stdin.buffer.read(), kind, Limits(**json.loads(limits)))
        given: dict[str, Any] = asdict(book)
    except WorkbookError as exc:
        given = {"code": exc.code, "details": exc.details}
    except MemoryError:
        given = {"code": "workbook.legacy_failed", "details": {"kind": kind}}
    sys.stdout.buffer.write(json.dumps(given).encode("utf-8"))


def _limit_memory(size: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the time limit alone
        return
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _book(given: dict[str, Any]) -> LegacyBook:
    sheets = [
        LegacySheet(
            sheet["name"],
            sheet["state"],
            tuple(LegacyCell(**cell) for cell in sheet["cells"]),
            tuple((top, left, bottom, right) for top, left, bottom, right in sheet["merges"]),
            tuple((column, width) for column, width in sheet["widths"]),
            tuple((row, height) for row, height in sheet["heights"]),
        )
        for sheet in given["sheets"]
    ]
    return LegacyBook(given["kind"], tuple(sheets), tuple(given["left_out"]))


# ---- calamine ----

_Table = dict[tuple[int, int], object]


def _calamine(data: bytes, kind: str, layouts: list[SheetLayout]) -> list[_Table]:
    """The filled cells of each tab by row and column; every error of calamine's is translated."""
    from python_calamine import CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        if len(book.sheet_names) != len(layouts):
            raise _failed(kind)
        return [
            _table(book.get_sheet_by_index(place)) if layout.kind == "worksheet" else {}
            for place, layout in enumerate(layouts)
        ]
    except (WorkbookError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as exc:  # a panic in Rust arrives as an exception outside Exception
        raise _failed(kind) from exc


def _table(sheet: Any) -> _Table:
    if sheet.start is None:
        return {}
    top, left = sheet.start
    return {
        (row, column): value
        for row, values in enumerate(sheet.to_python(skip_empty_area=True), top + 1)
        for column, value in enumerate(values, left + 1)
        if value != "" and value is not None
    }


def _failed(kind: str) -> WorkbookError:
    return WorkbookError("workbook.legacy_failed", {"kind": kind})


# ---- the two laid over each other ----


def _sheet(layout: SheetLayout, table: _Table, kind: str) -> LegacySheet:
    if not table.keys() <= layout.marks.keys():
        raise _failed(kind)
    return LegacySheet(
        layout.name,
        layout.state,
        tuple(_cells(layout, table, kind)),
        tuple(layout.merges),
        tuple(sorted(layout.widths.items())),
        tuple(sorted(layout.heights.items())),
    )


def _cells(layout: SheetLayout, table: _Table, kind: str) -> Iterator[LegacyCell]:
    for (row, column), mark in sorted(layout.marks.items()):
        value = table.get((row, column))
        found = _value(mark, value)
        if found is None:
            raise _failed(kind)
        name, raw, code = found
        if name:
            yield LegacyCell(row, column, name, raw, code, mark.struck)


def _value(mark: CellMark, value: object) -> tuple[str, str, str] | None:
    """Kind, raw text and format; an empty kind for a cell of nothing, None for a contradiction."""
    if mark.kind == "error":
        seen = str(mark.seen)
        return ("error", seen, "General") if value is None or value == seen else None
    if mark.kind == "number":
        return _number(mark, value)
    if mark.kind == "boolean":
        return ("boolean", str(int(value)), "General") if isinstance(value, bool) else None
    if value is None:
        return "", "", ""
    return _text(mark, value) if isinstance(value, str) else None


def _text(mark: CellMark, value: str) -> tuple[str, str, str] | None:
    """The text; that of the scan where calamine's lost its breaks and nothing else."""
    if isinstance(mark.seen, str):
        same = "".join(mark.seen.split()) == "".join(value.split())
        return ("text", mark.seen, "General") if same else None
    return None if "\0" in value else ("text", value, "General")


def _number(mark: CellMark, value: object) -> tuple[str, str, str] | None:
    if len(mark.format) > _LONGEST_FORMAT:
        return None
    if isinstance(value, str):
        value = _duration(value)
    if isinstance(value, (date, time, timedelta)):
        serial = _serial(value)
        if mark.seen is not None and not _same_moment(serial, mark.seen):
            return None
        code = _FORMATS[type(value)] if mark.format == "General" else mark.format
        return "date", _digits(serial), code
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not math.isfinite(value):
        return "error", "#NUM!", "General"
    if mark.seen is not None and value != mark.seen:
        return None
    return "number", _digits(value), mark.format


def _same_moment(serial: float, seen: float | str) -> bool:
    """Whether a date is the stored number, which may count from 1904."""
    apart = abs(serial - float(seen))
    return apart < _SECOND or abs(apart - _DAYS_1904) < _SECOND


def _duration(text: str) -> timedelta | None:
    """The length of time that an .ods writes as PT36H00M00S."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    return timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3]))


def _serial(value: date | time | timedelta) -> float:
    """Days since Excel's day 0 of the 1900 system, which is the one we write."""
    if isinstance(value, time):
        value = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    if isinstance(value, timedelta):
        return value / timedelta(days=1)
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    return (moment - _DAY_ZERO) / timedelta(days=1)


def _digits(number: float) -> str:
    text = repr(number)
    return text.removesuffix(".0")


# ---- as an .xlsx ----


def _plain_sheet(sheet: LegacySheet) -> PlainSheet:
    cells = [
        PlainCell(c.row, c.column, _written(c), c.format, c.kind == "error", c.struck)
        for c in sheet.cells
    ]
    return PlainSheet(
        sheet.name, sheet.state, cells, sheet.merges, dict(sheet.widths), dict(sheet.heights)
    )


def _written(cell: LegacyCell) -> str | Decimal | bool:
    if cell.kind in ("number", "date"):
        return Decimal(cell.raw)
    return cell.raw == "1" if cell.kind == "boolean" else cell.raw
