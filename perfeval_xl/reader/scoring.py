"""The scoring sheet (附件2-2): the facts of its rows and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from perfeval_xl.amounts import parse_cell_number, plain
from perfeval_xl.forms.spec import FormSpec, IndicatorSpec
from perfeval_xl.model import (
    CellRef,
    Fact,
    ReadingProblem,
    ScoreRow,
    ScoringArea,
    State,
    missing_fact,
)
from perfeval_xl.reader.grid import Area, Grid, core_label, points_in_label
from perfeval_xl.reader.scoring_heads import (
    COLUMNS,
    find_heads,
    head_areas,
    is_hidden,
    named_columns,
    spelled,
)
from perfeval_xl.reader.scoring_rows import recognise
from perfeval_xl.reader.scoring_table import Row, ScoringTable, collect_rows, lone_score
from perfeval_xl.reader.values import Values


def find_scoring_tables(grids: list[Grid], spec: FormSpec) -> list[ScoringTable]:
    """All tables with the heads of a scoring sheet, in tab order, their rows recognised."""
    return [table for grid in grids for table in _tables(grid, spec)]


def read_scoring(
    table: ScoringTable, spec: FormSpec, values: Values
) -> tuple[tuple[ScoreRow, ...], dict[str, Fact], dict[str, Fact], ScoringArea]:
    """Score rows in form order, the total's fact, the groups' printed points, and the area."""
    rows = _score_rows(table, spec, values)
    _say_missing_columns(table, spec, values)
    _say_rivals(table, spec, values)
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


def _tables(grid: Grid, spec: FormSpec) -> Iterator[ScoringTable]:
    """The tables of one sheet; heads below the total of one begin the next."""
    heads = list(find_heads(grid, spec.scoring))
    while heads:
        table = ScoringTable(grid, heads, heads[0][0])
        collect_rows(table, spec)
        table.heads = [head for head in heads if head[0] <= table.last_row] or heads[:1]
        heads = [head for head in heads if head[0] > table.heads[-1][0]]
        recognise(table, spec)
        yield table


def _score_rows(table: ScoringTable, spec: FormSpec, values: Values) -> tuple[ScoreRow, ...]:
    by_id: dict[str, list[Row]] = {}
    detailed: dict[int, list[Row]] = {}
    above: Row | None = None
    for row in table.rows:
        if row.indicator is not None:
            by_id.setdefault(row.indicator.id, []).append(row)
            above = row
        elif table.grid.is_blank(row.areas["self_score"]):
            continue
        elif above is not None and _may_detail(row, above):
            detailed.setdefault(above.number, []).append(row)
        else:
            _say_extra(table, row, values)
    for row in table.rows:
        if row.number in detailed:
            _say_details(table, row, detailed[row.number], values)
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


def _may_detail(row: Row, above: Row) -> bool:
    """Whether a row may be a detail of the one above: that one is judged, of the same group."""
    is_judged = above.indicator is not None and above.indicator.rule["kind"] == "judged"
    return is_judged and row.parent == above.parent


def _score_row(
    table: ScoringTable,
    row: Row,
    indicator: IndicatorSpec,
    values: Values,
    shared: dict[Area, list[Row]],
) -> ScoreRow:
    grid, areas = table.grid, row.areas
    key = indicator.id
    found = f"{row.parent}／{row.label}" if row.parent else row.label
    self_score = values.fact(f"self.{key}", "score", grid, areas["self_score"], found)
    if row.number in table.stray:
        self_score = values.unsure(self_score, grid, table.stray[row.number])
    self_score = _own_share(self_score, row, indicator, shared.get(areas["self_score"], []), values)
    reason = areas.get("reason")
    if reason is not None and reason == areas["self_score"]:
        reason = None
    if reason is not None:
        _say_misplaced(grid, areas["self_score"], reason, indicator, values)
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


def _say_misplaced(
    grid: Grid, score: Area, reason: Area, indicator: IndicatorSpec, values: Values
) -> None:
    """A lone number among the reasons beside a blank self-score is a score in the wrong column."""
    cell = grid.cell(reason)
    if cell is None or not grid.is_blank(score):
        return
    number = parse_cell_number(cell.raw) if cell.kind == "number" else lone_score(cell.raw)
    if number is not None:
        refs = (grid.ref(score), grid.ref(reason))
        details = {"label": indicator.label}
        values.problems.append(
            ReadingProblem("score.misplaced", refs, plain(number), details=details)
        )


def _shared_self_scores(table: ScoringTable) -> dict[Area, list[Row]]:
    shared: dict[Area, list[Row]] = {}
    for row in table.rows:
        area = row.areas["self_score"]
        if area.row != area.last_row:
            shared.setdefault(area, []).append(row)
    return {area: rows for area, rows in shared.items() if len(rows) > 1}


def _shares_self_score(table: ScoringTable, row: Row) -> bool:
    return row.areas["self_score"].row != row.number


def _own_share(
    fact: Fact, row: Row, indicator: IndicatorSpec, sharers: list[Row], values: Values
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
    table: ScoringTable, rows: list[Row], score: ScoreRow, indicator: IndicatorSpec, values: Values
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


def _say_extra(table: ScoringTable, row: Row, values: Values) -> None:
    grid = table.grid
    area = row.areas["self_score"]
    details = {"label": grid.text(row.areas["third_level"]).strip() or "（空白）"}
    ref = grid.ref(row.areas["third_level"])
    values.problems.append(
        ReadingProblem("form.row_extra", (ref, grid.ref(area)), grid.text(area), details=details)
    )


def _say_details(table: ScoringTable, above: Row, rows: list[Row], values: Values) -> None:
    """Rows below a judged indicator are its details, which the form itself asks units to set."""
    grid = table.grid
    refs = [grid.ref(row.areas["third_level"]) for row in rows]
    refs += [grid.ref(row.areas["self_score"]) for row in rows]
    names = "、".join(grid.text(row.areas["third_level"]).strip() for row in rows)
    raws = "、".join(grid.text(row.areas["self_score"]).strip() for row in rows)
    assert above.indicator is not None
    details = {"label": above.indicator.label, "names": names}
    values.problems.append(ReadingProblem("form.row_detail", tuple(refs), raws, details=details))


def _say_missing_columns(table: ScoringTable, spec: FormSpec, values: Values) -> None:
    """The columns that an auditor needs beside the scores."""
    heads = table.heads[0][1]
    for name in ("criteria", "reason"):
        if name not in heads:
            details = {"label": getattr(spec.scoring, name)[0]}
            where = (table.grid.ref(heads["third_level"]),)
            values.problems.append(ReadingProblem("form.label_missing", where, details=details))


def _say_rivals(table: ScoringTable, spec: FormSpec, values: Values) -> None:
    """A second column of self-scores with other scores: which of them counts is the unit's to say."""
    grid, heads = table.grid, table.heads[0][1]
    names = {name: spelled(getattr(spec.scoring, name)) for name in COLUMNS}
    own = heads["self_score"]
    for name, area in named_columns(grid, head_areas(grid, heads["third_level"]), names):
        if name != "self_score" or area == own or is_hidden(grid, area):
            continue
        pairs = [
            (grid.text(row.areas["self_score"]), grid.text(grid.area_at(row.number, area.column)))
            for row in table.rows
        ]
        if any(other.strip() and other.strip() != given.strip() for given, other in pairs):
            details = {"used": grid.text(own).strip(), "others": grid.text(area).strip()}
            refs = (grid.ref(own), grid.ref(area))
            values.problems.append(ReadingProblem("form.column_twice", refs, details=details))


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
