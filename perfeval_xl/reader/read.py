"""A workbook to a Submission: which sheets hold the form, then everything in them."""

from __future__ import annotations

from perfeval_xl.errors import WorkbookError
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import CellRef, Fact, ReadingProblem, State, Submission, missing_fact
from perfeval_xl.ooxml import Workbook
from perfeval_xl.reader.grid import Grid
from perfeval_xl.reader.profile import ProfileRead, ProfileReader, Region, title_unit
from perfeval_xl.reader.scoring import ScoringTable, find_scoring_tables, read_scoring
from perfeval_xl.reader.values import Values

_LEAST_PROFILE = 6  # so many labels and heads make a sheet a profile


def read_grids(workbook: Workbook) -> list[Grid]:
    """A grid per worksheet, in tab order; chart sheets have none."""
    return [
        Grid(workbook, workbook.sheet(info.name), info.state == "visible")
        for info in workbook.sheets
        if info.kind == "worksheet"
    ]


def read_submission(grids: list[Grid], spec: FormSpec) -> Submission:
    """All facts of the form in the workbook.

    Raises:
        WorkbookError: the scoring sheet is missing.
    """
    values = Values(spec.money)
    table = _chosen_table(grids, spec, values)
    scores, totals, points, area = read_scoring(table, spec, values)
    profile = _read_profile(grids, spec, values, table)
    facts = profile.facts | totals
    for name in spec.external_facts:
        facts.setdefault(name, missing_fact(name))
    facts["unit_name"] = _unit_name(facts["unit_name"], profile)
    return Submission(
        form=spec.id,
        facts=facts,
        rows=tuple(profile.rows),
        targets=tuple(profile.targets),
        scores=scores,
        area=area,
        labels=profile.labels,
        problems=tuple(values.problems),
        group_points=points,
        prose=profile.titles,
    )


def _chosen_table(grids: list[Grid], spec: FormSpec, values: Values) -> ScoringTable:
    tables = [t for t in find_scoring_tables(grids, spec) if 2 * t.matched >= len(spec.indicators)]
    if not tables:
        raise WorkbookError("form.scoring_sheet_missing", {"form": spec.short_name})
    best = max(tables, key=lambda t: (t.filled > 0, t.matched, t.grid.visible, t.filled))
    rivals = [t for t in tables if t is not best and t.filled]
    if rivals:
        _say_several(best.grid, [t.grid for t in rivals], best.first_row, values)
    return best


def _read_profile(
    grids: list[Grid], spec: FormSpec, values: Values, table: ScoringTable
) -> ProfileRead:
    readers = [ProfileReader(_region(grid, table), spec, values) for grid in grids]
    readers = [reader for reader in readers if reader.found >= _LEAST_PROFILE]
    if not readers:
        where = (CellRef(table.grid.name, 1, 1),)
        details = {"label": spec.sheet("profile").name}
        values.problems.append(ReadingProblem("form.sheet_missing", where, details=details))
        names = [field.id for field in spec.fields.values() if field.block != "scoring"]
        return ProfileRead({name: missing_fact(name) for name in names}, [], [], {}, {})
    best = max(readers, key=lambda r: (r.found, r.grid.visible, len(r.grid.sheet.cells)))
    rivals = [r.grid for r in readers if r is not best and r.found * 2 > best.found and _filled(r)]
    if rivals:
        _say_several(best.grid, rivals, 1, values)
    return best.read_all()


def _filled(reader: ProfileReader) -> bool:
    """Whether a second profile holds figures, tried without leaving a trace of problems."""
    trial = ProfileReader(reader.region, reader.spec, Values(reader.spec.money)).read_all()
    return sum(fact.state is State.NUMBER for fact in trial.facts.values()) >= 2


def _region(grid: Grid, table: ScoringTable) -> Region:
    without = range(0)
    if grid is table.grid:
        without = range(table.first_row, table.last_row + 1)
    return Region(grid, 1, grid.sheet.max_row, without)


def _say_several(best: Grid, others: list[Grid], row: int, values: Values) -> None:
    refs = (CellRef(best.name, row, 1), *(CellRef(grid.name, 1, 1) for grid in others))
    details = {"used": best.name, "others": "、".join(grid.name for grid in others)}
    values.problems.append(ReadingProblem("form.several_forms", refs, details=details))


def _unit_name(fact: Fact, profile: ProfileRead) -> Fact:
    """The name on the cover, else the one a title begins with, else that of the tables' rows."""
    if fact.state is State.TEXT:
        return fact
    for title in profile.titles.values():
        name = title_unit(title.text)
        if name:
            return Fact("unit_name", name, title.raw, title.ref, State.TEXT, title.merged, "标题")
    for row in profile.rows:
        if row.unit and not row.is_total:
            return Fact("unit_name", row.unit, row.unit, row.ref, State.TEXT, None, "机构名称")
    return fact
