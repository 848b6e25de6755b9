"""A list of the office as it lies on disk: sheets of texts, and where its head stands.

Every cell becomes the text a person sees, a number without ``.0``, a date as 2022-03-31. Knows
files and heads, nothing of units.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import reduce
from pathlib import Path
from typing import Any

from perfeval_xl.amounts import parse_amount, parse_cell_number, plain
from perfeval_xl.batch.files import reason_of
from perfeval_xl.batch.remarks import Remarks
from perfeval_xl.errors import WorkbookError
from perfeval_xl.forms.lists import Heads, list_texts
from perfeval_xl.forms.returns import return_text
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import column_letters
from perfeval_xl.ooxml import Workbook, sniff

_OUR_OWN = frozenset({"说明", "指标项"})
FAULT = "#N/A"  # what a formula that failed shows
HEAD_WITHIN = 30  # rows in which the head is looked for, below titles
_NOT_A_LIST = "workbook.not_a_workbook"
_LEGACY = ("xls", "xlsb", "ods")
_ADDRESS = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')
_MOST_CELLS = 20_000_000  # of the rectangle that a sheet's cells span
_REFUSALS = (ValueError, TypeError, KeyError, IndexError, AttributeError, zipfile.BadZipFile)
_MEASURE = re.compile(r"(.+?)(?:\((?:单位:)?([^()]+)\)|[,/]([^,/()]+))")
_MONEY_SAID = re.compile(r"(?:金额)?单位:?\(?(亿元|万元|千元|百元|元)\)?")


@dataclass(frozen=True, slots=True)
class ListSheet:
    """One sheet of a list: its rows as texts, from the first row of the file on."""

    file: str
    name: str
    rows: tuple[tuple[str, ...], ...]

    def place(self, row: int, column: int) -> str:
        """A cell as people write it, both counted from 0: ``名册!B5``."""
        address = f"{column_letters(column + 1)}{row + 1}"
        return f"{self.name}!{address}" if self.name else address


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose head was found.

    columns: column of each role. others: columns with other heads, as compared. measures: unit that a head
    names in brackets, by column. money: the money unit that a line above the head names, or empty.
    """

    sheet: ListSheet
    head: int
    columns: Mapping[str, int]
    others: Mapping[int, str]
    measures: Mapping[int, str]
    money: str

    def lines(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Rows below the head that say something, with their number from 0."""
        for number in range(self.head + 1, len(self.sheet.rows)):
            row = self.sheet.rows[number]
            if any(row):
                yield number, row

    def text(self, row: Sequence[str], role: str) -> str:
        """What a row says under a role; empty when there is no such column."""
        column = self.columns.get(role)
        return "" if column is None or column >= len(row) else row[column]

    def place(self, row: int, role: str) -> str:
        """The cell of a role in a row, its first cell when there is no such column."""
        return self.sheet.place(row, self.columns.get(role, 0))


def read_sheets(path: Path) -> list[ListSheet]:
    """All sheets of a list that hold something; a .csv is one sheet without a name.

    Raises:
        ListError: it cannot be read.
    """
    texts = list_texts()
    try:
        data = path.read_bytes()
        kind = sniff(data)
        if kind in ("csv", "text"):
            return [ListSheet(path.name, "", tuple(_csv_rows(data)))]
        if kind in _LEGACY:
            from perfeval_xl.reader.legacy import convert_legacy_guarded

            data = convert_legacy_guarded(data, kind)
        elif kind != "xlsx":
            code = f"workbook.{kind}" if kind in ("empty", "encrypted") else _NOT_A_LIST
            raise WorkbookError(code, {"kind": kind})
        return [sheet for sheet in _xlsx_sheets(path.name, data) if sheet.rows]
    except OSError as exc:
        raise texts.error("unreadable", path.name, "", why=reason_of(exc)) from exc
    except WorkbookError as exc:
        why = return_text(exc, "").message.lstrip("：").rstrip("。")
        raise texts.error("unreadable", path.name, "", why=why) from exc


def find_table(sheet: ListSheet, heads: Heads, wanted: Sequence[str]) -> Table | None:
    """The sheet with its head, the row among the first that has most of the known heads.

    wanted: roles of which the head has at least one.

    Raises:
        ListError: two columns have the same role.
    """
    best, most = -1, 0
    for number, row in enumerate(sheet.rows[:HEAD_WITHIN]):
        roles = {role for cell in row if (role := _role(_head_text(cell)[0], heads))}
        if len(roles) > most and roles.intersection(wanted):
            best, most = number, len(roles)
    return None if best < 0 else _table(sheet, best, heads)


def read_tables(
    path: Path,
    heads: Heads,
    wanted: Sequence[str],
    is_usable: Callable[[Table], bool],
    remarks: Remarks,
) -> tuple[list[Table], Table | None]:
    """The sheets of a list that can be used, and the first whose head says too little.

    wanted: roles of which a head has at least one. A sheet passed over beside usable ones is said.

    Raises:
        ListError: it cannot be read, or two columns of a head have the same role.
    """
    usable: list[Table] = []
    lacking: list[Table] = []
    others: list[ListSheet] = []
    for sheet in read_sheets(path):
        table = find_table(sheet, heads, wanted)
        if table is None:
            others.append(sheet)
        else:
            (usable if is_usable(table) else lacking).append(table)
    passed_over = [*(table.sheet for table in lacking), *others] if usable else []
    for sheet in (sheet for sheet in passed_over if not _is_our_own(sheet)):
        remarks.add("sheet_without_head", sheet.name, path.name, sheet.name)
    return usable, lacking[0] if lacking else None


def _is_our_own(sheet: ListSheet) -> bool:
    """Whether it is a sheet that explains the empty list we handed out: it is headed by its name."""
    return sheet.name in _OUR_OWN and bool(sheet.rows) and sheet.rows[0][:1] == (sheet.name,)


def says_nothing(text: str) -> bool:
    """Whether a cell is blank or only has a stroke in it."""
    said = parse_amount(text)
    return said is not None and said.value is None


def _table(sheet: ListSheet, head: int, heads: Heads) -> Table:
    columns: dict[str, int] = {}
    others: dict[int, str] = {}
    measures: dict[int, str] = {}
    for column, cell in enumerate(sheet.rows[head]):
        label, measure = _head_text(cell)
        if measure:
            measures[column] = measure
        role = _role(label, heads)
        if role == "ignored" or not label:
            continue
        if not role:
            others[column] = label
        elif role not in columns:
            columns[role] = column
        else:
            _second(sheet, head, columns, column, heads, role)
    return Table(sheet, head, columns, others, measures, _money_above(sheet, head))


def _second(
    sheet: ListSheet, head: int, columns: dict[str, int], column: int, heads: Heads, role: str
) -> None:
    """A second column of a role: 单位 beside a fuller head may be the unit of measurement."""
    bare = heads["name"][-1]
    row = sheet.rows[head]
    both = (columns[role], column)
    shorter = [c for c in both if _head_text(row[c])[0] == bare]
    if role == "name" and len(shorter) == 1 and _holds_measures(sheet, head, shorter[0]):
        columns["name"] = next(c for c in both if c != shorter[0])
        columns.setdefault("measure", shorter[0])
        return
    raise list_texts().error(
        "head_twice", sheet.file, sheet.place(head, column), head=row[column],
        other=sheet.place(head, columns[role]), first=row[columns[role]],
    )  # fmt: skip


def _holds_measures(sheet: ListSheet, head: int, column: int) -> bool:
    known = list_texts().measures
    found = {row[column] for row in sheet.rows[head + 1 :] if column < len(row)} - {""}
    return found <= known


def _head_text(cell: str) -> tuple[str, str]:
    """A head as compared, and the unit of measurement it names: 三公经费预算（元）."""
    label = normalize_label(cell)
    match = _MEASURE.fullmatch(label)
    measure = match[2] or match[3] if match else ""
    if match and measure in list_texts().measures:
        return match[1], measure
    return label, ""


def _role(label: str, heads: Heads) -> str:
    return next((role for role, words in heads.items() if label in words), "") if label else ""


def _money_above(sheet: ListSheet, head: int) -> str:
    """What 单位：元 above the head says."""
    for row in sheet.rows[:head]:
        for cell in row:
            if match := _MONEY_SAID.search(normalize_label(cell)):
                return match[1]
    return ""


# ---- files ----


def _csv_rows(data: bytes) -> Iterator[tuple[str, ...]]:
    text = _decoded(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(("\t", ";", ","), key=lambda mark: (_most(text, mark), first.count(mark)))
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
        yield tuple(cell.strip() for cell in row)


def _most(text: str, mark: str) -> int:
    """How often a mark stands in one of the first lines."""
    return max((line.count(mark) for line in text.splitlines()[:HEAD_WITHIN]), default=0)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _xlsx_sheets(file: str, data: bytes) -> Iterator[ListSheet]:
    """Sheets as pandas reads them, with what number formats add to a figure."""
    import pandas

    book = Workbook.open(data)
    _refuse_far_cells(file, book)
    telling = _telling_styles(book)
    try:
        frames = pandas.read_excel(
            io.BytesIO(data), sheet_name=None, header=None, dtype=object, na_filter=False,
            engine="openpyxl",
        )  # fmt: skip
    except _REFUSALS as exc:
        raise WorkbookError("workbook.bad_xml", {"part": book.part}) from exc
    while frames:
        name = str(next(iter(frames)))
        frame = frames.pop(name)
        kept: dict[str, str] = {}  # the same few names, fields and sources in every row
        rows = [
            [kept.setdefault(text, text) for text in map(_text, row)]
            for row in frame.itertuples(index=False, name=None)
        ]
        del frame
        if telling and name in book.sheet_names:
            _show_as_formatted(rows, book, name, telling)
        yield ListSheet(file, name, tuple(map(tuple, rows)))


def _refuse_far_cells(file: str, book: Workbook) -> None:
    """A stray cell at XFD1048576 would have pandas fill the whole sheet."""
    for info in book.sheets:
        rows, columns, farthest = 1, 1, ""
        for match in _ADDRESS.finditer(book.package.original(info.part)):
            row = int(match[2])
            column = reduce(lambda number, letter: number * 26 + letter - 64, match[1], 0)
            if row > rows or column > columns:
                rows, columns = max(rows, row), max(columns, column)
                farthest = match[0][6:-1].decode()
        if rows * columns > _MOST_CELLS:
            raise list_texts().error("far_cell", file, f"{info.name}!{farthest}")


def _telling_styles(book: Workbook) -> dict[int, int]:
    """Styles that show 1001 as 001001, with the number of digits, or 0.95 as 95%, with 0."""
    found = {}
    for style in range(len(book.styles.cell_formats)):
        code = book.styles.number_format(style)
        if book.styles.is_percent(style):
            found[style] = 0
        elif len(code) > 1 and set(code) == {"0"}:
            found[style] = len(code)
    return found


def _show_as_formatted(
    rows: list[list[str]], book: Workbook, name: str, telling: Mapping[int, int]
) -> None:
    for cell in book.sheet(name).cells.values():
        digits = telling.get(cell.style)
        number = parse_cell_number(cell.raw) if cell.kind == "number" else None
        if digits is None or number is None or cell.row > len(rows):
            continue
        row = rows[cell.row - 1]
        if cell.column <= len(row):
            row[cell.column - 1] = (
                plain(number).zfill(digits) if digits else f"{plain(number * 100)}%"
            )


def _text(value: Any) -> str:
    """What a cell says, as a person would type it."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    number = parse_cell_number(str(value))
    return FAULT if number is None else plain(number)
