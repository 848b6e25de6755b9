"""A worksheet as a reader sees it: rectangles (merged or single) with the text they show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import NamedTuple

from perfeval_xl.labels import bare_label, normalize_label
from perfeval_xl.model import CellRef, column_letters
from perfeval_xl.ooxml import Cell, Sheet, Workbook

_TALL = 200  # a merge over more rows than this is kept apart, not listed row by row
_LONGEST_LABEL = 60
_LONGEST_KNOWN = 512  # printed criteria are remembered, a unit's report is not
MONEY_UNITS = ("万元", "元", "千元", "亿元")
_A_FORM = 12  # so many of a form's labels beside a table are more than remarks
_EDGE = 60  # an empty merged cell may end so many columns right of the last filled one
_NUMBERING = re.compile(
    r"(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十0-9]{1,3}\)[、.]?|\d{1,2}(?:[、)]|\.(?!\d)))"
)
_MARKS = "*★☆▲△▼●○■□◆◇※#•·▪"
_UNIT = re.compile(r"\((?:单位:?)?(万元|元|千元|亿元|人|名|分|%|人民币万元)\)")
_UNIT_LINE = re.compile(r"单位:(?:人民币)?(万元|元|千元|亿元)")
_PAIR = re.compile(r"([^\s:：，,；;。]{2,20})[:：]")
_LONGEST_PAIRS = 120  # a longer text is prose, not a row of labels
_POINTS = re.compile(r"\((\d+(?:\.\d+)?)分\)")


class Area(NamedTuple):
    """A rectangle of cells shown as one, merged or single; rows and columns count from 1."""

    row: int
    column: int
    last_row: int
    last_column: int

    @property
    def is_merged(self) -> bool:
        """Whether it covers more than one cell."""
        return self.row != self.last_row or self.column != self.last_column

    @property
    def range_text(self) -> str:
        """``A1`` or ``A1:C2``."""
        first = f"{column_letters(self.column)}{self.row}"
        if not self.is_merged:
            return first
        return f"{first}:{column_letters(self.last_column)}{self.last_row}"

    def overlap(self, first: int, last: int) -> int:
        """How many columns it shares with columns first to last."""
        _, column, _, last_column = self
        if first > column:
            column = first
        if last < last_column:
            last_column = last
        return last_column - column + 1 if last_column >= column else 0


class Grid:
    """Rectangles and texts of one sheet, clipped to what is filled."""

    def __init__(self, workbook: Workbook, sheet: Sheet, visible: bool = True) -> None:
        self.sheet = sheet
        self.name = sheet.name
        self.visible = visible
        self.workbook = workbook
        self._by_row: dict[int, list[Area]] = {}
        self._tall: list[Area] = []
        self.labels: dict[str, list[Area]] = {}
        self.inline: dict[str, list[tuple[Area, str]]] = {}  # 标签：值 in one cell, by label
        self.unit_lines: list[tuple[int, str, str]] = []  # (row, money unit, label), in order
        self._rows: dict[int, list[Area]] = {}
        self.last_column, self.filled_rows = _used(sheet)
        self.merged_up_to = 0  # the last column of any merge: where most forms end
        self._place_merges()
        self._index_labels()

    def text(self, area: Area) -> str:
        """What the rectangle shows; empty when it is blank or no text."""
        cell = self.sheet.cells.get((area.row, area.column))
        return cell.raw if cell is not None and cell.kind != "blank" else ""

    def cell(self, area: Area) -> Cell | None:
        """The cell that the rectangle shows, None when it is not filled."""
        return self.sheet.cells.get((area.row, area.column))

    def is_blank(self, area: Area) -> bool:
        """Whether nothing but spaces stands in it."""
        cell = self.sheet.cells.get((area.row, area.column))
        return cell is None or (cell.formula is None and not cell.raw.strip())

    def core(self, area: Area) -> str:
        """Its label without numbering and unit."""
        cell = self.cell(area)
        return core_label(cell.raw) if cell is not None and cell.kind == "text" else ""

    def ref(self, area: Area) -> CellRef:
        """Its first cell."""
        return CellRef(self.name, area.row, area.column)

    def area_at(self, row: int, column: int) -> Area:
        """The rectangle that covers a cell."""
        for area in self._by_row.get(row, ()):
            if area.column <= column <= area.last_column:
                return area
        for area in self._tall:
            if area.row <= row <= area.last_row and area.column <= column <= area.last_column:
                return area
        return Area(row, column, row, column)

    def row_areas(self, row: int) -> list[Area]:
        """All rectangles of a row from left to right, up to the form's right edge."""
        found = self._rows.get(row)
        if found is None:
            found = self._rows[row] = self._cut(row)
        return found

    def _cut(self, row: int) -> list[Area]:
        merged = {area.column: area for area in self._by_row.get(row, ())}
        merged |= {a.column: a for a in self._tall if a.row <= row <= a.last_row}
        areas: list[Area] = []
        column = 1
        while column <= self.last_column:
            area = merged.get(column) or Area(row, column, row, column)
            areas.append(area)
            column = area.last_column + 1
        return areas

    def filled_areas(self, row: int) -> list[Area]:
        """The rectangles of a row that begin in it and are not blank."""
        return [a for a in self.row_areas(row) if a.row == row and not self.is_blank(a)]

    def hidden_under(self, area: Area) -> Cell | None:
        """A filled cell that the merge hides, None when there is none."""
        if not area.is_merged:
            return None
        last_column = min(area.last_column, self.last_column)
        for row in range(area.row, min(area.last_row, area.row + _TALL, self.sheet.max_row) + 1):
            for cell in self._filled.get(row, ()):
                inside = area.column <= cell.column <= last_column
                if inside and (row, cell.column) != (area.row, area.column) and cell.raw.strip():
                    return cell
        return None

    @cached_property
    def _filled(self) -> dict[int, list[Cell]]:
        """The filled cells of each row from left to right."""
        found: dict[int, list[Cell]] = {}
        for (row, _), cell in sorted(self.sheet.cells.items()):
            found.setdefault(row, []).append(cell)
        return found

    @cached_property
    def bare_labels(self) -> list[tuple[int, str]]:
        """Every text as ``bare_label``, with its row."""
        found = [area for areas in self.labels.values() for area in areas]
        return [(area.row, bare_label(self.text(area))) for area in found]

    def beside(
        self, columns: tuple[int, int], rows: tuple[int, int], labels: frozenset[str]
    ) -> Grid | None:
        """This sheet without the columns, when a form with these labels stands beside them.

        It does when many of the labels stand in the rows outside the columns; else None.
        """
        (first, last), (top, bottom) = columns, rows
        found = {
            core_label(cell.raw)
            for (row, column), cell in self.sheet.cells.items()
            if top <= row <= bottom and not first <= column <= last and cell.kind == "text"
        }
        if len(found & labels) < _A_FORM:
            return None
        cells = {at: c for at, c in self.sheet.cells.items() if not first <= at[1] <= last}
        merges = [m for m in self.sheet.merges if m[3] < first or m[1] > last]
        return Grid(self.workbook, replace(self.sheet, cells=cells, merges=merges), self.visible)

    def _place_merges(self) -> None:
        rows, columns = self.sheet.max_row, self.last_column
        for top, left, bottom, right in self.sheet.merges:
            if top > rows or left > columns:
                continue
            area = Area(top, left, bottom, right)
            if self.merged_up_to < right <= columns + _EDGE:
                self.merged_up_to = right
            last = bottom if bottom < rows else rows
            if last - top > _TALL:
                self._tall.append(area)
                continue
            for row in range(top, last + 1):
                self._by_row.setdefault(row, []).append(area)
        self.last_column = max(columns, self.merged_up_to)

    def _index_labels(self) -> None:
        for row, cells in self._filled.items():
            for cell in cells:
                if cell.kind == "text" and cell.raw:
                    area = self.area_at(row, cell.column)
                    if area.row == row and area.column == cell.column:
                        self._index(area, cell.raw)

    def _index(self, area: Area, text: str) -> None:
        self.labels.setdefault(core_label(text), []).append(area)
        if "：" in text or ":" in text:
            for name, value in _pairs_in(text):
                self.inline.setdefault(core_label(name), []).append((area, value))
        if len(text) < _LONGEST_LABEL and "元" in text:
            unit = unit_in_label(text) or self._unit_beside_label(area, text)
            if unit in MONEY_UNITS:
                self.unit_lines.append((area.row, unit, core_label(text)))

    def _unit_beside_label(self, area: Area, text: str) -> str:
        """The unit in the cell right of 金额单位, empty when it is none."""
        unit = normalize_label(text)
        if unit not in MONEY_UNITS:
            return ""
        column = area.column - 1
        while column > 0 and self.is_blank(self.area_at(area.row, column)):
            column -= 1
        beside = self.core(self.area_at(area.row, column)) if column else ""
        return unit if beside.endswith("单位") else ""

    def find(self, labels: tuple[str, ...], first: int = 1, last: int = 1 << 21) -> list[Area]:
        """Rectangles showing one of the labels (already ``core_label``), within the rows, in order."""
        found = [
            a for label in labels for a in self.labels.get(label, ()) if first <= a.row <= last
        ]
        return sorted(found)


def _pairs_in(text: str) -> Iterator[tuple[str, str]]:
    """What stands before and behind colons: 人员编制：11人  实有人数：10人 gives two pairs."""
    name, _, value = text.replace("：", ":").partition(":")
    if len(name) > _LONGEST_LABEL:
        return
    if ":" in value and len(text) <= _LONGEST_PAIRS:
        found = list(_PAIR.finditer(text))
        ends = [*(match.start() for match in found[1:]), len(text)]
        for match, end in zip(found, ends, strict=False):
            yield match[1], text[match.end() : end].strip("，,；;。 　")
    yield name, text[len(name) + 1 :]


def _used(sheet: Sheet) -> tuple[int, list[int]]:
    """The last column of what stands together, and the rows that hold anything but spaces.

    What stands far from most of the cells (a stray space, a forgotten sum) is no part of a form.
    """
    places = [at for at, c in sheet.cells.items() if c.formula is not None or not c.raw.isspace()]
    counts = Counter(column for _, column in places)
    groups: list[list[int]] = []
    for column in sorted(counts):
        if not groups or column > groups[-1][-1] + _EDGE:
            groups.append([])
        groups[-1].append(column)
    largest = max(groups, key=lambda g: sum(counts[c] for c in g), default=[0])
    return largest[-1], sorted({row for row, column in places if column <= largest[-1]})


def core_label(text: str) -> str:
    """A label as it is compared: normalised, without numbering in front and unit or points behind."""
    return _core_known(text) if len(text) <= _LONGEST_KNOWN else _core(text)


def _core(text: str) -> str:
    label = normalize_label(text).strip(_MARKS)
    label = _NUMBERING.sub("", label, count=1) if _NUMBERING.match(label) else label
    return _POINTS.sub("", _UNIT.sub("", label)).strip(_MARKS + ":")


_core_known = lru_cache(maxsize=4096)(_core)


def unit_in_label(text: str) -> str:
    """The unit of money or count that a label names in brackets or as 单位：…, or empty."""
    label = normalize_label(text)
    if not label or ("(" not in label and "单位" not in label):
        return ""
    match = _UNIT.search(label) or _UNIT_LINE.search(label)
    return match[1].removeprefix("人民币") if match else ""


def points_in_label(text: str) -> str:
    """The points that a label names, such as 15 in 预算配置（15分）, or empty."""
    match = _POINTS.search(normalize_label(text))
    return match[1] if match else ""
