"""Which indicator each row of a scoring table is: by label and parent, criteria, or place."""

from __future__ import annotations

import re

from perfeval_xl.amounts import ZERO
from perfeval_xl.forms.spec import FormSpec, IndicatorSpec
from perfeval_xl.labels import normalize_label
from perfeval_xl.reader.grid import Grid, core_label
from perfeval_xl.reader.scoring_table import Row, ScoringTable, by_label, lone_score

_DETAIL = re.compile(r"[:(\-—]")  # 经济效益：招商引资, 经济效益（税收）
_LEADING_NUMBER = re.compile(r"\d{1,2}(?=\D)")


def recognise(table: ScoringTable, spec: FormSpec) -> None:
    """Tie rows to indicators: by label and parent, then by criteria, then by what is left over."""
    named = by_label(spec)
    used: set[str] = set()
    for row in table.rows:
        spelled = (row.label, _LEADING_NUMBER.sub("", row.label), _DETAIL.split(row.label, 1)[0])
        candidates = next((named[label] for label in spelled if label in named), [])
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


def _recognise_by_criteria(rows: list[Row], spec: FormSpec, used: set[str]) -> None:
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
    run: list[Row] = []
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


def _has_points(grid: Grid, row: Row, indicator: IndicatorSpec, run: list[Row]) -> bool:
    """Whether the points in the row's own cell are the indicator's.

    Those of a pool may stand over several rows, in the first of them, or be split among the run.
    """
    area = row.areas["max_score"]
    is_own = area.row == row.number
    points = lone_score(grid.text(area))
    if not indicator.shared:
        return is_own and points == indicator.max
    own = [lone_score(grid.text(r.areas["max_score"])) or ZERO for r in run]
    split = is_own and sum(own, ZERO) == indicator.max
    return split or points == indicator.max or (is_own and grid.is_blank(area))


def _match(
    row: Row, candidates: list[IndicatorSpec], spec: FormSpec, used: set[str]
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
