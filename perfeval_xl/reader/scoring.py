"""The scoring sheet (附件2-2): found by its heads, its rows known by label, parent and criteria."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from perfeval_xl.amounts import ZERO, Doubt, parse_amount, parse_cell_number, plain
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
from perfeval_xl.reader.columns import Columns
from perfeval_xl.reader.grid import Area, Grid, core_label, points_in_label
from perfeval_xl.reader.values import Values

_NEEDED = ("third_level", "max_score", "self_score")
_COLUMNS = (
    "first_level", "second_level", "third_level", "criteria", "max_score", "self_score", "reason",
)  # fmt: skip
_FIGURES = ("max_score", "self_score")
_GAP = 30  # so many empty rows below the last head end a table without a total
_SUBTOTAL = "小计"
_BRACKETED = re.compile(r"\([^()]*\)")
_SELF_SCORE = re.compile(r"(?:预算)?(?:单位|部门)?自评(?:得分|评分|分数|分值|分)(?:值|数)?")
_LONE_SCORE = re.compile(
    r"(?:单位|部门)?(?:自评|自我评价)(?:情况)?|(?:实际|单位|自查)?(?:得分|评分|打分)(?:值|数|情况)?"
)
_NOT_THE_UNITS = re.compile(r"\([^()]*(?:财政|复核|核定|复评|上年|去年)[^()]*\)")
_LONGEST_HEAD = 16
_HEAD_DEPTH = 3  # rows that the heads of one table may take
_DETAIL = re.compile(r"[:(\-—]")  # 经济效益：招商引资, 经济效益（税收）
_LEADING_NUMBER = re.compile(r"\d{1,2}(?=\D)")


@dataclass
class ScoringTable:
    """One scoring table as found: where its heads stand and which rows they rule."""

    grid: Grid
    heads: list[tuple[int, dict[str, Area]]]  # (row, areas by column name), top to bottom
    last_row: int
    rows: list[_Row] = field(default_factory=list)
    total: _Row | None = None
    skipped: list[_Row] = field(default_factory=list)
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
class _Row:
    number: int
    areas: dict[str, Area]
    label: str
    parent: str
    criteria: str
    indicator: IndicatorSpec | None = None


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


# ---- finding ----


def _tables(grid: Grid, spec: FormSpec) -> Iterator[ScoringTable]:
    """The tables of one sheet; heads below the total of one begin the next."""
    heads = list(_heads(grid, spec.scoring))
    while heads:
        table = ScoringTable(grid, heads, heads[0][0])
        _collect_rows(table, spec)
        table.heads = [head for head in heads if head[0] <= table.last_row] or heads[:1]
        heads = [head for head in heads if head[0] > table.heads[-1][0]]
        _recognise(table, spec)
        yield table


def _heads(grid: Grid, scoring: ScoringSpec) -> Iterator[tuple[int, dict[str, Area]]]:
    names = {name: _labels(getattr(scoring, name)) for name in _COLUMNS}
    for anchor in _anchors(grid, names["third_level"]):
        found: dict[str, Area] = {}
        areas = _head_areas(grid, anchor)
        for name, area in _named_columns(grid, areas, names):
            if name not in found or (_is_hidden(grid, found[name]) and not _is_hidden(grid, area)):
                found[name] = area
        lone = [a for a in areas if _LONE_SCORE.fullmatch(grid.core(a)) and not _is_hidden(grid, a)]
        if "self_score" not in found and len(lone) == 1:
            found["self_score"] = lone[0]
        for name, area in _named_columns(grid, _heads_above(grid, anchor), names):
            found.setdefault(name, area)
        if all(name in found for name in _NEEDED):
            yield anchor.row, found


def _named_columns(
    grid: Grid, areas: list[Area], names: dict[str, tuple[str, ...]]
) -> Iterator[tuple[str, Area]]:
    """Each head with the column it names, from left to right."""
    for area in areas:
        name = _column(grid.core(area), names)
        if name:
            yield name, area


def _head_areas(grid: Grid, anchor: Area) -> list[Area]:
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


def _is_hidden(grid: Grid, area: Area) -> bool:
    """Whether none of the rectangle's columns is shown."""
    columns = range(area.column, area.last_column + 1)
    return all(grid.sheet.column_width(column) == 0 for column in columns)


def _head_bottom(row: int, areas: dict[str, Area]) -> int:
    """The last row that the heads of a table take."""
    return min(max(area.last_row for area in areas.values()), row + _HEAD_DEPTH - 1)


def _anchors(grid: Grid, labels: tuple[str, ...]) -> list[Area]:
    """Heads of the column of indicators, also with a remark in brackets behind them."""
    spelled = [
        label
        for label in grid.labels
        if label.startswith(labels) and _BRACKETED.sub("", label) in labels
    ]
    return grid.find(tuple(spelled))


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


def _labels(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(core_label(text) for text in texts)


def _collect_rows(table: ScoringTable, spec: FormSpec) -> None:
    """Rows below the heads down to the total; a new head in between rules the rows below it."""
    grid, heads = table.grid, dict(table.heads)
    last_head = table.heads[-1][0]
    names = _indicator_labels(spec)
    totals = _labels(spec.scoring.total)
    state = _Carried()
    columns = Columns(grid, heads[table.first_row], _FIGURES)
    rows = [number for number in grid.filled_rows if number > table.first_row]
    before, bottom = table.first_row, _head_bottom(table.first_row, heads[table.first_row])
    for place, number in enumerate(rows):
        if number in heads:
            columns = Columns(grid, heads[number], _FIGURES)
            before, bottom = number, _head_bottom(number, heads[number])
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
    return _lone_score(grid.text(area)) is not None


def _summary(grid: Grid, row: _Row, totals: tuple[str, ...]) -> str:
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


# ---- recognising rows ----


def _recognise(table: ScoringTable, spec: FormSpec) -> None:
    """Tie rows to indicators: by label and parent, then by criteria, then by what is left over."""
    by_label = _by_label(spec)
    used: set[str] = set()
    for row in table.rows:
        spelled = (row.label, _LEADING_NUMBER.sub("", row.label), _DETAIL.split(row.label, 1)[0])
        candidates = next((by_label[label] for label in spelled if label in by_label), [])
        row.indicator = _match(row, candidates, spec, used)
        if row.indicator:
            used.add(row.indicator.id)
    _leave_out_hidden(table)
    unknown = [row for row in table.rows if row.indicator is None]
    if unknown:
        _recognise_by_criteria(unknown, spec, used)
        _recognise_by_place(table, spec, used)


def _leave_out_hidden(table: ScoringTable) -> None:
    """Without hidden rows whose indicator is also in a row that is shown."""
    hidden = table.grid.sheet.hidden_rows
    shown = {row.indicator.id for row in table.rows if row.indicator and row.number not in hidden}
    table.rows = [
        row
        for row in table.rows
        if row.number not in hidden or row.indicator is None or row.indicator.id not in shown
    ]


def _recognise_by_criteria(rows: list[_Row], spec: FormSpec, used: set[str]) -> None:
    by_criteria: dict[str, list[IndicatorSpec]] = {}
    for indicator in spec.indicators:
        by_criteria.setdefault(normalize_label(indicator.source.sentence), []).append(indicator)
    for row in rows:
        same = by_criteria.get(normalize_label(row.criteria), [])
        if len(same) == 1 and same[0].id not in used:
            row.indicator = same[0]
            used.add(same[0].id)


def _recognise_by_place(table: ScoringTable, spec: FormSpec, used: set[str]) -> None:
    """Judged rows that a unit gave names of its own, as the form asks it to.

    They stand where as many judged indicators are missing, with the same points in the same order.
    """
    places = {indicator.id: place for place, indicator in enumerate(spec.indicators)}
    run: list[_Row] = []
    before = -1
    for row in [*table.rows, None]:
        if row is not None and row.indicator is None:
            run.append(row)
            continue
        after = places[row.indicator.id] if row and row.indicator else len(spec.indicators)
        missing = [i for i in spec.indicators[before + 1 : after] if i.id not in used]
        if (
            run
            and len(missing) == len(run)
            and all(
                i.rule["kind"] == "judged" and _has_points(table.grid, r, i, run)
                for i, r in zip(missing, run, strict=True)
            )
        ):
            for indicator, own in zip(missing, run, strict=True):
                own.indicator = indicator
                used.add(indicator.id)
        run, before = [], after


def _has_points(grid: Grid, row: _Row, indicator: IndicatorSpec, run: list[_Row]) -> bool:
    """Whether the points in the row's own cell are the indicator's.

    Those of a pool may stand over several rows, in the first of them, or be split among the run.
    """
    area = row.areas["max_score"]
    is_own = area.row == row.number
    points = _lone_score(grid.text(area))
    if not indicator.shared:
        return is_own and points == indicator.max
    own = [_lone_score(grid.text(r.areas["max_score"])) or ZERO for r in run]
    split = is_own and sum(own, ZERO) == indicator.max
    return split or points == indicator.max or (is_own and grid.is_blank(area))


def _by_label(spec: FormSpec) -> dict[str, list[IndicatorSpec]]:
    found: dict[str, list[IndicatorSpec]] = {}
    for indicator in spec.indicators:
        for label in (indicator.label, *indicator.label_aliases):
            found.setdefault(core_label(label), []).append(indicator)
    return found


def _indicator_labels(spec: FormSpec) -> frozenset[str]:
    return frozenset(_by_label(spec))


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
    detailed: dict[int, list[_Row]] = {}
    above: _Row | None = None
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


def _may_detail(row: _Row, above: _Row) -> bool:
    """Whether a row may be a detail of the one above: that one is judged, of the same group."""
    is_judged = above.indicator is not None and above.indicator.rule["kind"] == "judged"
    return is_judged and row.parent == above.parent


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
    number = parse_cell_number(cell.raw) if cell.kind == "number" else _lone_score(cell.raw)
    if number is not None:
        refs = (grid.ref(score), grid.ref(reason))
        details = {"label": indicator.label}
        values.problems.append(
            ReadingProblem("score.misplaced", refs, plain(number), details=details)
        )


def _lone_score(text: str) -> Decimal | None:
    """The number that is all a text says; None for 无 and for what is not one."""
    amount = parse_amount(text)
    if amount is None or amount.unit not in ("", "分"):
        return None
    return None if amount.doubt in (Doubt.NOTHING_SAID, Doubt.LETTER_O) else amount.value


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


def _say_details(table: ScoringTable, above: _Row, rows: list[_Row], values: Values) -> None:
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
    names = {name: _labels(getattr(spec.scoring, name)) for name in _COLUMNS}
    own = heads["self_score"]
    for name, area in _named_columns(grid, _head_areas(grid, heads["third_level"]), names):
        if name != "self_score" or area == own or _is_hidden(grid, area):
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
