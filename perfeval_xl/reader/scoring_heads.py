"""The heads of a scoring table: which column each names, over however many rows they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

from perfeval_xl.forms.spec import ScoringSpec
from perfeval_xl.reader.grid import Area, Grid, core_label

_NEEDED = ("third_level", "max_score", "self_score")
COLUMNS = (
    "first_level", "second_level", "third_level", "criteria", "max_score", "self_score", "reason",
)  # fmt: skip
_BRACKETED = re.compile(r"\([^()]*\)")
_SELF_SCORE = re.compile(r"(?:预算)?(?:单位|部门)?自评(?:得分|评分|分数|分值|分)(?:值|数)?")
_LONE_SCORE = re.compile(
    r"(?:单位|部门)?(?:自评|自我评价)(?:情况)?|(?:实际|单位|自查)?(?:得分|评分|打分)(?:值|数|情况)?"
)
_NOT_THE_UNITS = re.compile(r"\([^()]*(?:财政|复核|核定|复评|上年|去年)[^()]*\)")
_LONGEST_HEAD = 16
_HEAD_DEPTH = 3  # rows that the heads of one table may take


def find_heads(grid: Grid, scoring: ScoringSpec) -> Iterator[tuple[int, dict[str, Area]]]:
    """Row and rectangles of every set of heads on the sheet, by the column each names."""
    names = {name: spelled(getattr(scoring, name)) for name in COLUMNS}
    for anchor in _anchors(grid, names["third_level"]):
        found: dict[str, Area] = {}
        areas = head_areas(grid, anchor)
        for name, area in named_columns(grid, areas, names):
            if name not in found or (is_hidden(grid, found[name]) and not is_hidden(grid, area)):
                found[name] = area
        lone = [a for a in areas if _LONE_SCORE.fullmatch(grid.core(a)) and not is_hidden(grid, a)]
        if "self_score" not in found and len(lone) == 1:
            found["self_score"] = lone[0]
        for name, area in named_columns(grid, _heads_above(grid, anchor), names):
            found.setdefault(name, area)
        if all(name in found for name in _NEEDED):
            yield anchor.row, found


def named_columns(
    grid: Grid, areas: list[Area], names: dict[str, tuple[str, ...]]
) -> Iterator[tuple[str, Area]]:
    """Each head with the column it names, from left to right."""
    for area in areas:
        name = _column(grid.core(area), names)
        if name:
            yield name, area


def head_areas(grid: Grid, anchor: Area) -> list[Area]:
    """The heads of the anchor's row; one over others of its own is replaced by these."""
    lower = _lower_heads(grid, anchor)
    if lower:
        return _with_lower(grid, anchor.row, lower)
    found: list[Area] = []
    for area in grid.row_areas(anchor.row):
        below = area.last_row + 1
        is_over = anchor.is_merged and area.row == anchor.row and below <= anchor.last_row
        if is_over and below < anchor.row + _HEAD_DEPTH:
            own = [a for a in grid.row_areas(below) if a.overlap(area.column, area.last_column)]
            if any(not grid.is_blank(a) for a in own):
                found.extend(own)
                continue
        found.append(area)
    return found


def _lower_heads(grid: Grid, anchor: Area) -> list[Area]:
    """The second row of heads whose merges were taken apart; empty when no such row follows."""
    if anchor.is_merged:
        return []
    row = anchor.row + 1
    lower = grid.filled_areas(row)
    labels = [grid.core(area) for area in lower]
    is_heads = (
        all(label and len(label) <= _LONGEST_HEAD for label in labels)
        and grid.is_blank(grid.area_at(row, anchor.column))
        and any(_SELF_SCORE.fullmatch(label) or _LONE_SCORE.fullmatch(label) for label in labels)
    )
    return lower if is_heads else []


def _with_lower(grid: Grid, row: int, lower: list[Area]) -> list[Area]:
    """The heads of a row, each that has lower ones below it or the blanks beside it replaced by them."""
    upper = [area for area in grid.row_areas(row) if not grid.is_blank(area)]
    found: list[Area] = []
    for area, following in zip(upper, [*upper[1:], None], strict=True):
        last = following.column - 1 if following else grid.last_column
        own = [below for below in lower if below.overlap(area.column, last)]
        found.extend(own or [area])
    return found


def _heads_above(grid: Grid, anchor: Area) -> list[Area]:
    """Heads of the row above the anchor's that have nothing below them in it."""
    return [
        area
        for area in grid.filled_areas(anchor.row - 1)
        if area.last_row < anchor.row and grid.is_blank(grid.area_at(anchor.row, area.column))
    ]


def is_hidden(grid: Grid, area: Area) -> bool:
    """Whether none of the rectangle's columns is shown."""
    columns = range(area.column, area.last_column + 1)
    return all(grid.sheet.column_width(column) == 0 for column in columns)


def head_bottom(row: int, areas: dict[str, Area]) -> int:
    """The last row that the heads of a table take."""
    return min(max(area.last_row for area in areas.values()), row + _HEAD_DEPTH - 1)


def _anchors(grid: Grid, labels: tuple[str, ...]) -> list[Area]:
    """Heads of the column of indicators, also with a remark in brackets behind them."""
    labels_found = [
        label
        for label in grid.labels
        if label.startswith(labels) and _BRACKETED.sub("", label) in labels
    ]
    return grid.find(tuple(labels_found))


def _column(label: str, names: dict[str, tuple[str, ...]]) -> str:
    """Which column a head names; a remark in brackets behind it does not count."""
    if not label:
        return ""
    bare = _BRACKETED.sub("", label)
    if bare != label and _NOT_THE_UNITS.search(label):
        return ""
    for name, labels in names.items():
        if label in labels or bare in labels:
            return name
    return "self_score" if _SELF_SCORE.fullmatch(bare) else ""


def spelled(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Texts as labels are compared."""
    return tuple(core_label(text) for text in texts)
