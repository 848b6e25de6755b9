"""The scoring sheet (附件2-2): found by its heads, its rows known by label, parent and criteria."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from perfeval_xl.forms.spec import FormSpec, IndicatorSpec, ScoringSpec
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import (
    CellRef,
    Fact,
    ReadingProblem,
    ScoreRow,
    ScoringArea,
    State,
    missing_fact,
)
from perfeval_xl.reader.columns import areas_under
from perfeval_xl.reader.grid import Area, Grid, core_label, points_in_label
from perfeval_xl.reader.values import Values

_NEEDED = ("third_level", "max_score", "self_score")
_COLUMNS = (
    "first_level", "second_level", "third_level", "criteria", "max_score", "self_score", "reason",
)  # fmt: skip


@dataclass
class ScoringTable:
    """One scoring table as found: where its heads stand and which rows they rule."""

    grid: Grid
    heads: list[tuple[int, dict[str, Area]]]  # (row, areas by column name), top to bottom
    last_row: int
    rows: list[_Row] = field(default_factory=list)
    total: _Row | None = None
    skipped: list[_Row] = field(default_factory=list)

    @property
    def first_row(self) -> int:
        """Row of the first head."""
        return self.heads[0][0]

    @property
    def matched(self) -> int:
        """How many different indicators were recognised."""
        return len({row.indicator.id for row in self.rows if row.indicator})

    @property
    def filled(self) -> int:
        """How many self-scores are filled."""
        return sum(not self.grid.is_blank(row.areas["self_score"]) for row in self.rows)


@dataclass
class _Row:
    number: int
    areas: dict[str, Area]
    label: str
    parent: str
    criteria: str
    indicator: IndicatorSpec | None = None


def find_scoring_tables(grids: list[Grid], spec: FormSpec) -> list[ScoringTable]:
    """All tables with the heads of a scoring sheet, in tab order, their rows recognised."""
    tables = []
    for grid in grids:
        table = _table(grid, spec)
        if table is not None:
            tables.append(table)
    return tables


def read_scoring(
    table: ScoringTable, spec: FormSpec, values: Values
) -> tuple[tuple[ScoreRow, ...], dict[str, Fact], dict[str, Fact], ScoringArea]:
    """Score rows in form order, the total's fact, the groups' printed points, and the area."""
    rows = _score_rows(table, spec, values)
    facts = {"scoring_total": missing_fact("scoring_total")}
    if table.total is not None:
        area = table.total.areas["self_score"]
        facts["scoring_total"] = values.fact("scoring_total", "score", table.grid, area, "总分行")
    ground = ScoringArea(
        sheet=table.grid.name,
        header_rows=tuple(row for row, _ in table.heads),
        first_row=table.first_row,
        last_row=table.last_row,
        last_column=max(a.last_column for _, heads in table.heads for a in heads.values()),
        total_row=table.total.number if table.total else None,
    )
    return rows, facts, _group_points(table, spec), ground


# ---- finding ----


def _table(grid: Grid, spec: FormSpec) -> ScoringTable | None:
    heads = list(_heads(grid, spec.scoring))
    if not heads:
        return None
    table = ScoringTable(grid, heads, heads[-1][0])
    _collect_rows(table, spec)
    _recognise(table, spec)
    return table


def _heads(grid: Grid, scoring: ScoringSpec) -> Iterator[tuple[int, dict[str, Area]]]:
    names = {name: _labels(getattr(scoring, name)) for name in _COLUMNS}
    for anchor in grid.find(names["third_level"]):
        found: dict[str, Area] = {}
        for area in grid.row_areas(anchor.row):
            label = grid.core(area)
            for name, labels in names.items():
                if label in labels and name not in found:
                    found[name] = area
        if all(name in found for name in _NEEDED):
            yield anchor.row, found


def _labels(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(core_label(text) for text in texts)


def _collect_rows(table: ScoringTable, spec: FormSpec) -> None:
    """Rows below the heads down to the total; a new head in between rules the rows below it."""
    grid = table.grid
    head_rows = {row for row, _ in table.heads}
    totals = _labels(spec.scoring.total)
    state = _Carried()
    heads = table.heads[0][1]
    gap = 0
    for number in range(table.first_row, grid.sheet.max_row + 1):
        if number in head_rows:
            heads = dict(table.heads)[number]
            continue
        areas = areas_under(grid, number, heads)
        if not any(not grid.is_blank(area) for area in areas.values()):
            gap += 1
            if gap > 30 and number > table.heads[-1][0]:
                return
            continue
        gap = 0
        row = _row(grid, number, areas, state)
        if _is_total(grid, number, areas, totals):
            table.total = row
            table.last_row = number
            return
        if row.areas["third_level"].row == number and row.label:
            table.rows.append(row)
            table.last_row = number
        elif (
            not row.label
            and not grid.is_blank(areas["self_score"])
            and areas["self_score"].row == number
        ):
            table.skipped.append(row)


@dataclass
class _Carried:
    """The last second-level label and criteria seen, for sheets whose merges were split."""

    parent: str = ""
    criteria: str = ""


def _row(grid: Grid, number: int, areas: dict[str, Area], carried: _Carried) -> _Row:
    parent = _core_of(grid, areas.get("second_level"))
    criteria = _text_of(grid, areas.get("criteria"))
    carried.parent = parent or carried.parent
    carried.criteria = criteria or carried.criteria
    label = _core_of(grid, areas["third_level"])
    return _Row(number, areas, label, carried.parent, carried.criteria)


def _core_of(grid: Grid, area: Area | None) -> str:
    return core_label(grid.text(area)) if area else ""


def _text_of(grid: Grid, area: Area | None) -> str:
    return grid.text(area) if area else ""


def _is_total(grid: Grid, number: int, areas: dict[str, Area], totals: tuple[str, ...]) -> bool:
    for name in ("first_level", "second_level", "third_level"):
        area = areas.get(name)
        if area and area.row == number and core_label(grid.text(area)) in totals:
            return True
    return False


# ---- recognising rows ----


def _recognise(table: ScoringTable, spec: FormSpec) -> None:
    """Tie rows to indicators: by label and parent, then by criteria, then by what is left over."""
    by_label: dict[str, list[IndicatorSpec]] = {}
    for indicator in spec.indicators:
        for label in (indicator.label, *indicator.label_aliases):
            by_label.setdefault(core_label(label), []).append(indicator)
    used: set[str] = set()
    for row in table.rows:
        row.indicator = _match(row, by_label.get(row.label, []), spec, used)
        if row.indicator:
            used.add(row.indicator.id)
    by_criteria: dict[str, list[IndicatorSpec]] = {}
    for indicator in spec.indicators:
        by_criteria.setdefault(normalize_label(indicator.source.sentence), []).append(indicator)
    for row in table.rows:
        if row.indicator is None:
            left = [
                i for i in by_criteria.get(normalize_label(row.criteria), []) if i.id not in used
            ]
            if len(left) == 1 and len(by_criteria[normalize_label(row.criteria)]) == 1:
                row.indicator = left[0]
                used.add(left[0].id)


def _match(
    row: _Row, candidates: list[IndicatorSpec], spec: FormSpec, used: set[str]
) -> IndicatorSpec | None:
    if len(candidates) <= 1:
        return candidates[0] if candidates else None
    for indicator in candidates:
        if core_label(spec.groups[indicator.group].label) == row.parent:
            return indicator
    for indicator in candidates:
        if normalize_label(indicator.source.sentence) == normalize_label(row.criteria):
            return indicator
    return next((i for i in candidates if i.id not in used), candidates[-1])


# ---- facts of the rows ----


def _score_rows(table: ScoringTable, spec: FormSpec, values: Values) -> tuple[ScoreRow, ...]:
    by_id: dict[str, list[_Row]] = {}
    for row in table.rows:
        if row.indicator is not None:
            by_id.setdefault(row.indicator.id, []).append(row)
        elif not table.grid.is_blank(row.areas["self_score"]):
            _say_extra(table, row, values)
    for row in table.skipped:
        if not _shares_self_score(table, row):
            _say_extra(table, row, values)
    shared = _shared_self_scores(table)
    found = []
    for indicator in spec.indicators:
        rows = by_id.get(indicator.id, [])
        if not rows:
            where = (CellRef(table.grid.name, table.first_row, 1),)
            details = {"label": indicator.label, "number": str(indicator.number)}
            values.problems.append(ReadingProblem("form.row_missing", where, details=details))
            continue
        score = _score_row(table, rows[0], indicator, values, shared)
        if len(rows) > 1:
            score = _twice(table, rows, score, indicator, values)
        found.append(score)
    return tuple(found)


def _score_row(
    table: ScoringTable,
    row: _Row,
    indicator: IndicatorSpec,
    values: Values,
    shared: dict[Area, list[_Row]],
) -> ScoreRow:
    grid, areas = table.grid, row.areas
    key = indicator.id
    found = f"{row.parent}／{row.label}" if row.parent else row.label
    self_score = values.fact(f"self.{key}", "score", grid, areas["self_score"], found)
    self_score = _own_share(self_score, row, indicator, shared.get(areas["self_score"], []), values)
    reason = areas.get("reason")
    if reason is not None and reason == areas["self_score"]:
        reason = None
    criteria = areas.get("criteria")
    return ScoreRow(
        indicator=key,
        label=values.fact(f"label.{key}", "text", grid, areas["third_level"], found),
        criteria=values.fact(f"criteria.{key}", "text", grid, criteria, found)
        if criteria
        else missing_fact(f"criteria.{key}"),
        max_score=values.fact(f"max.{key}", "score", grid, areas["max_score"], found),
        self_score=self_score,
        reason=values.fact(f"reason.{key}", "text", grid, reason, found)
        if reason
        else missing_fact(f"reason.{key}"),
    )


def _shared_self_scores(table: ScoringTable) -> dict[Area, list[_Row]]:
    shared: dict[Area, list[_Row]] = {}
    for row in table.rows:
        area = row.areas["self_score"]
        if area.row != area.last_row:
            shared.setdefault(area, []).append(row)
    return {area: rows for area, rows in shared.items() if len(rows) > 1}


def _shares_self_score(table: ScoringTable, row: _Row) -> bool:
    return row.areas["self_score"].row != row.number


def _own_share(
    fact: Fact, row: _Row, indicator: IndicatorSpec, sharers: list[_Row], values: Values
) -> Fact:
    """A self-score merged over several rows belongs to a pool as a whole, else to none for certain."""
    if not sharers or fact.state is State.BLANK:
        return fact
    pools = {other.indicator.shared if other.indicator else "" for other in sharers}
    if pools == {indicator.shared} and indicator.shared:
        if row is sharers[0]:
            return replace(fact, note="三行合填一个分数")
        return replace(fact, value=None, raw="", state=State.BLANK, note="与上一行合并填写")
    problem = ReadingProblem("score.merged", (fact.ref,) if fact.ref else (), fact.raw)
    if problem not in values.problems:
        values.problems.append(problem)
    return replace(fact, value=None, state=State.UNREADABLE)


def _twice(
    table: ScoringTable, rows: list[_Row], score: ScoreRow, indicator: IndicatorSpec, values: Values
) -> ScoreRow:
    refs = tuple(table.grid.ref(row.areas["third_level"]) for row in rows)
    raws = [table.grid.text(row.areas["self_score"]).strip() for row in rows]
    details = {"label": indicator.label}
    values.problems.append(
        ReadingProblem(
            "form.row_twice", refs, "、".join(raw or "空白" for raw in raws), details=details
        )
    )
    if len(set(raws)) == 1:
        return score
    unsure = replace(score.self_score, value=None, state=State.UNREADABLE, raw="、".join(raws))
    return replace(score, self_score=unsure)


def _say_extra(table: ScoringTable, row: _Row, values: Values) -> None:
    grid = table.grid
    area = row.areas["self_score"]
    details = {"label": grid.text(row.areas["third_level"]).strip() or "（空白）"}
    ref = grid.ref(row.areas["third_level"])
    values.problems.append(
        ReadingProblem("form.row_extra", (ref, grid.ref(area)), grid.text(area), details=details)
    )


def _group_points(table: ScoringTable, spec: FormSpec) -> dict[str, Fact]:
    """Points printed behind the group labels, such as 预算配置（15分）, by group id."""
    found: dict[str, Fact] = {}
    by_label = {core_label(group.label): group.id for group in spec.groups.values()}
    for row in table.rows:
        for name in ("first_level", "second_level"):
            area = row.areas.get(name)
            if area is None or area.row < table.first_row:
                continue
            group = by_label.get(core_label(table.grid.text(area)))
            points = points_in_label(table.grid.text(area))
            if group and points and group not in found:
                found[group] = _points_fact(table.grid, area, group, points)
    return found


def _points_fact(grid: Grid, area: Area, group: str, points: str) -> Fact:
    merged = area.range_text if area.is_merged else None
    return Fact(
        f"points.{group}",
        Decimal(points),
        grid.text(area),
        grid.ref(area),
        State.NUMBER,
        merged,
        group,
    )
