"""A scoring table as it lies on the sheet: its rows down to the total, what stands astray in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from perfeval_xl.amounts import Doubt, parse_amount
from perfeval_xl.forms.spec import FormSpec, IndicatorSpec
from perfeval_xl.reader.columns import Columns
from perfeval_xl.reader.grid import Area, Grid, core_label
from perfeval_xl.reader.scoring_heads import head_bottom, spelled

_FIGURES = ("max_score", "self_score")
_GAP = 30  # so many empty rows below the last head end a table without a total
_SUBTOTAL = "小计"


@dataclass
class ScoringTable:
    """One scoring table as found: where its heads stand and which rows they rule."""

    grid: Grid
    heads: list[tuple[int, dict[str, Area]]]  # (row, areas by column name), top to bottom
    last_row: int
    rows: list[Row] = field(default_factory=list)
    total: Row | None = None
    skipped: list[Row] = field(default_factory=list)
    stray: dict[int, list[Area]] = field(default_factory=dict)  # figures under no head, by row

    @property
    def first_row(self) -> int:
        """Row of the first head."""
        return self.heads[0][0]

    @property
    def columns(self) -> tuple[int, int]:
        """First and last column of its heads."""
        heads = [area for _, areas in self.heads for area in areas.values()]
        return min(a.column for a in heads), max(a.last_column for a in heads)

    @property
    def matched(self) -> int:
        """How many different indicators were recognised."""
        return len({row.indicator.id for row in self.rows if row.indicator})

    @property
    def filled(self) -> int:
        """How many self-scores are filled."""
        return sum(not self.grid.is_blank(row.areas["self_score"]) for row in self.rows)


@dataclass
class Row:
    """One row of the table: its rectangles by column, and what names it."""

    number: int
    areas: dict[str, Area]
    label: str
    parent: str
    criteria: str
    indicator: IndicatorSpec | None = None


def collect_rows(table: ScoringTable, spec: FormSpec) -> None:
    """Rows below the heads down to the total; a new head in between rules the rows below it."""
    grid, heads = table.grid, dict(table.heads)
    last_head = table.heads[-1][0]
    names = _indicator_labels(spec)
    totals = spelled(spec.scoring.total)
    state = _Carried()
    columns = Columns(grid, heads[table.first_row], _FIGURES)
    rows = [number for number in grid.filled_rows if number > table.first_row]
    before, bottom = table.first_row, head_bottom(table.first_row, heads[table.first_row])
    for place, number in enumerate(rows):
        if number in heads:
            columns = Columns(grid, heads[number], _FIGURES)
            before, bottom = number, head_bottom(number, heads[number])
            continue
        if number <= bottom:
            continue
        if number > max(before, last_head) + _GAP:
            return
        areas = columns.areas(number)
        stray = columns.stray(number, areas)
        if stray:
            _place_stray(table, number, areas, stray)
        if not any(not grid.is_blank(area) for area in areas.values()):
            continue
        before = number
        row = _row(grid, number, areas, state)
        summary = _summary(grid, row, totals)
        if summary == _SUBTOTAL or (summary and _goes_on(table, rows[place + 1 :], names)):
            continue
        if summary:
            table.total = row
            table.last_row = number
            return
        if areas["third_level"].row == number and row.label:
            table.rows.append(row)
            table.last_row = number
        elif (
            not row.label
            and not grid.is_blank(areas["self_score"])
            and areas["self_score"].row == number
        ):
            table.skipped.append(row)


def _place_stray(
    table: ScoringTable, number: int, areas: dict[str, Area], stray: list[Area]
) -> None:
    """What stands under no head: a lone text behind the score is the reason, figures are unsure."""
    grid, score, reason = table.grid, areas["self_score"], areas.get("reason")
    lone = stray[0] if len(stray) == 1 and stray[0].column > score.column else None
    if lone and reason and grid.is_blank(reason) and grid.core(lone) and not _is_score(grid, lone):
        areas["reason"] = lone
    elif grid.is_blank(score):
        table.stray[number] = stray


def _is_score(grid: Grid, area: Area) -> bool:
    return lone_score(grid.text(area)) is not None


def _summary(grid: Grid, row: Row, totals: tuple[str, ...]) -> str:
    """小计 or 总分 when the row is one of these, else empty: its first filled cell says so."""
    left = min(area.column for area in row.areas.values()) - 1  # 序号 may stand before the table
    own = (a for a in grid.row_areas(row.number) if a.last_column >= left)
    first = next((a for a in own if not grid.is_blank(a)), None)
    areas = [row.areas.get(name) for name in ("first_level", "second_level", "third_level")]
    for area in (first, *areas):
        label = grid.core(area) if area and area.row == row.number else ""
        if label.endswith(_SUBTOTAL):
            return _SUBTOTAL
        if label in totals or label.endswith(("总分", "总得分", "合计得分")):
            return label
    return ""


def _goes_on(table: ScoringTable, rows: list[int], names: frozenset[str]) -> bool:
    """Whether indicators not seen yet follow, so that a 合计 is that of a group only."""
    seen = {row.label for row in table.rows}
    grid = table.grid
    head_rows = {row for row, _ in table.heads}
    for number in rows[:3]:
        labels = {grid.core(area) for area in grid.filled_areas(number)}
        if number not in head_rows and labels & names - seen:
            return True
    return False


@dataclass
class _Carried:
    """The last second-level label and criteria seen, for sheets whose merges were split."""

    parent: str = ""
    criteria: str = ""


def _row(grid: Grid, number: int, areas: dict[str, Area], carried: _Carried) -> Row:
    parent = _core_of(grid, areas.get("second_level"))
    criteria = _text_of(grid, areas.get("criteria"))
    carried.parent = parent or carried.parent
    carried.criteria = criteria or carried.criteria
    label = _core_of(grid, areas["third_level"])
    return Row(number, areas, label, carried.parent, carried.criteria)


def _core_of(grid: Grid, area: Area | None) -> str:
    return core_label(grid.text(area)) if area else ""


def _text_of(grid: Grid, area: Area | None) -> str:
    return grid.text(area) if area else ""


def lone_score(text: str) -> Decimal | None:
    """The number that is all a text says; None for 无 and for what is not one."""
    amount = parse_amount(text)
    if amount is None or amount.unit not in ("", "分"):
        return None
    return None if amount.doubt in (Doubt.NOTHING_SAID, Doubt.LETTER_O) else amount.value


def by_label(spec: FormSpec) -> dict[str, list[IndicatorSpec]]:
    """The indicators that each spelling of a label names."""
    found: dict[str, list[IndicatorSpec]] = {}
    for indicator in spec.indicators:
        for label in (indicator.label, *indicator.label_aliases):
            found.setdefault(core_label(label), []).append(indicator)
    return found


def _indicator_labels(spec: FormSpec) -> frozenset[str]:
    return frozenset(by_label(spec))
