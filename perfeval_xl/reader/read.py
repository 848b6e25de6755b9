"""A workbook to a Submission: which sheets hold the form, then everything in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from perfeval_xl.errors import WorkbookError
from perfeval_xl.forms.spec import ByDigest, FormSpec
from perfeval_xl.labels import bare_label, normalize_label
from perfeval_xl.model import CellRef, Fact, ReadingProblem, State, Submission, missing_fact
from perfeval_xl.ooxml import Workbook
from perfeval_xl.reader.further import read_further
from perfeval_xl.reader.further_labels import labels_of_form
from perfeval_xl.reader.further_places import Found, find_further
from perfeval_xl.reader.further_sheet import FurtherRead
from perfeval_xl.reader.grid import Grid
from perfeval_xl.reader.ground import ProfileRead, Region
from perfeval_xl.reader.known import known_labels
from perfeval_xl.reader.profile import ProfileReader
from perfeval_xl.reader.scoring import find_scoring_tables, read_scoring
from perfeval_xl.reader.scoring_table import ScoringTable
from perfeval_xl.reader.texts import title_unit
from perfeval_xl.reader.values import Values

_UNIT_NAME = "unit_name"
_ABOVE = 6  # so many rows above a form may hold its title
_LONGEST_TITLE = 40
_NAMED_EXAMPLE = re.compile(r"示例|范例|样表|样例|模板|说明|上年|去年|往年|旧")
_TITLED_EXAMPLE = re.compile(r"填[写报]?(?:示例|样例|样表|范例)|\((?:示例|样例|样表|范例)\)")
_TITLE_YEAR = re.compile(r"20\d\d(?=年(?!\d))")
_NAME_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
_SEALED = re.compile(r"[（(](?:盖章|公章|签章|加盖公章)[)）]$")
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
    if spec.kind != "scored":
        return _read_figures(grids, spec)
    values = Values(spec.money)
    table = _chosen_table(grids, spec, values)
    scores, totals, points, area = read_scoring(table, spec, values)
    further = _read_attachments(grids, spec, values, table)
    taken = frozenset((f.grid.name, row) for f in further.values() for row in f.rows)
    profile = _read_profile(grids, spec, values, table, taken)
    used = {name: found for name, found in further.items() if not found.wrong_year}
    facts = profile.facts | totals | _attached_facts(used, spec)
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
        prose=profile.titles | _attached_units(further, spec),
        attached=tuple(used),
        lists=tuple(row for found in used.values() for row in found.lists),
    )


def _read_figures(grids: list[Grid], spec: FormSpec) -> Submission:
    """All facts of a form of figures that came by itself."""
    values = Values(spec.money)
    places = find_further(grids, spec)
    if not places:
        raise WorkbookError("form.unknown", {"forms": spec.short_name})
    best = _best(places, values)
    read = read_further(best, spec, values, None, frozenset())
    facts = {name: read.facts.get(name) or missing_fact(name) for name in spec.fields}
    return Submission(
        form=spec.id,
        facts=facts,
        rows=(),
        targets=(),
        scores=(),
        area=None,
        labels=read.labels,
        problems=tuple(values.problems),
        lists=tuple(read.lists),
        year=read.year,
    )


# ---- further sheets ----


def _read_attachments(
    grids: list[Grid], spec: FormSpec, values: Values, table: ScoringTable
) -> dict[str, FurtherRead]:
    """What stands in the workbook of each further sheet of the form, by attachment."""
    taken = {(table.grid.name, row) for row in range(table.first_row, table.last_row + 1)}
    labels = _labels_beside(ByDigest(spec))
    found = {}
    for attached in spec.attachments:
        places = find_further(grids, attached.form, taken, labels)
        if places:
            if len(places) > 1:
                places = _right_year_first(places, attached.form, spec, labels)
            read = read_further(_best(places, values), attached.form, values, spec.year, labels)
            taken |= {(read.grid.name, row) for row in read.rows}
            found[attached.id] = read
    return found


@lru_cache(maxsize=64)
def _labels_beside(key: ByDigest) -> frozenset[str]:
    """Labels of a form and of its further sheets."""
    labels = frozenset(bare_label(label) for label in known_labels(key.spec))
    return labels.union(*(labels_of_form(a.form) for a in key.spec.attachments))


def _right_year_first(
    places: list[Found], form: FormSpec, spec: FormSpec, labels: frozenset[str]
) -> list[Found]:
    """The places in their order, filled ones whose heads name another year behind the others."""

    def is_other_year(place: Found) -> bool:
        return read_further(place, form, Values(spec.money), spec.year, labels).wrong_year

    return sorted(places, key=lambda place: not place.filled or is_other_year(place))


def _best(places: list[Found], values: Values) -> Found:
    """The fullest of several; that there are more filled ones is said."""
    best = places[0]
    others = [(f.grid, f.rows.start) for f in places[1:] if f.filled]
    if others and best.filled:
        _say_several(best.grid, best.rows.start, others, values)
    return best


def _attached_facts(further: dict[str, FurtherRead], spec: FormSpec) -> dict[str, Fact]:
    """Facts of the further sheets under the form's own ids; a filled one goes before a blank one."""
    facts: dict[str, Fact] = {}
    for name, read in further.items():
        renames = spec.attachment(name).renames
        for fact_id, fact in read.facts.items():
            own = renames.get(fact_id, fact_id)
            field = spec.fields.get(own)
            if field is None or field.attachment != name:
                continue
            if own not in facts or facts[own].state is State.BLANK:
                facts[own] = replace(fact, id=own)
    return facts


def _attached_units(further: dict[str, FurtherRead], spec: FormSpec) -> dict[str, Fact]:
    """The names of the unit as the further sheets have them."""
    return {
        f"{name}.{_UNIT_NAME}": fact
        for name, read in further.items()
        if (fact := read.facts.get(_UNIT_NAME)) is not None and fact.state is State.TEXT
    }


def _chosen_table(grids: list[Grid], spec: FormSpec, values: Values) -> ScoringTable:
    """The first visible table that is filled, unless another one is filled far more."""
    tables = [t for t in find_scoring_tables(grids, spec) if 2 * t.matched >= len(spec.indicators)]
    if not tables:
        raise WorkbookError("form.scoring_sheet_missing", {"form": spec.short_name})
    most = max(
        t.filled for t in tables if t.grid.visible or all(not t.grid.visible for t in tables)
    )

    def rank(table: ScoringTable) -> tuple[bool, bool, bool]:
        is_full = table.filled > 0 and 2 * table.filled >= most
        above = range(table.first_row - _ABOVE, table.first_row + 1)
        return (is_full and _is_meant(table.grid, above, spec), is_full, table.grid.visible)

    best = max(tables, key=rank)
    rivals = [t for t in tables if t is not best and t.filled]
    if rivals:
        others = [(t.grid, t.first_row) for t in rivals]
        _say_several(best.grid, best.first_row, others, values)
    return best


def _read_profile(
    grids: list[Grid],
    spec: FormSpec,
    values: Values,
    table: ScoringTable,
    taken: frozenset[tuple[str, int]],
) -> ProfileRead:
    labels = known_labels(spec)
    regions = [_region(grid, table, labels, taken) for grid in grids]
    readers = [reader for region in regions for reader in _readers(region, spec, values)]
    if not readers:
        where = (CellRef(table.grid.name, 1, 1),)
        details = {"label": spec.sheet("profile").name}
        values.problems.append(ReadingProblem("form.sheet_missing", where, details=details))
        own = [field for field in spec.fields.values() if not field.attachment]
        names = [field.id for field in own if field.block != "scoring"]
        return ProfileRead({name: missing_fact(name) for name in names}, [], [], {}, {})
    if len(readers) == 1:
        return readers[0].read_all()
    most = max(reader.found for reader in readers)
    rivals = [r for r in readers if 2 * r.found > most]
    filled = {id(r): _filled(r) for r in rivals} if len(rivals) > 1 else {}

    def rank(reader: ProfileReader) -> tuple[bool, bool, bool]:
        is_full = filled.get(id(reader), True)
        above = range(reader.region.first, reader.region.first + _ABOVE)
        return (is_full and _is_meant(reader.grid, above, spec), is_full, reader.grid.visible)

    best = max(rivals, key=rank)
    others = [(r.grid, r.region.first) for r in rivals if r is not best and filled[id(r)]]
    if others:
        _say_several(best.grid, best.region.first, others, values)
    return best.read_all()


def _is_meant(grid: Grid, rows: range, spec: FormSpec) -> bool:
    """Whether a form is the one to review: its name and title say no example and no other year."""
    titles = [
        normalize_label(grid.text(area))
        for row in rows if row > 0 for area in grid.filled_areas(row)
        if len(grid.text(area)) <= _LONGEST_TITLE
    ]  # fmt: skip
    if _NAMED_EXAMPLE.search(grid.name) or any(_TITLED_EXAMPLE.search(t) for t in titles):
        return False
    years = {*_NAME_YEAR.findall(grid.name), *(y for t in titles for y in _TITLE_YEAR.findall(t))}
    return not years or str(spec.year) in years


def _readers(region: Region, spec: FormSpec, values: Values) -> Iterator[ProfileReader]:
    """A reader for each profile in a region: a second one may stand below the first."""
    reader = ProfileReader(region, spec, values)
    if reader.found < _LEAST_PROFILE:
        return
    below = reader.below()
    rest = Region(region.grid, below, region.last, region.without) if below else None
    following = list(_readers(rest, spec, values)) if rest else []
    if following:
        reader = ProfileReader(
            Region(region.grid, region.first, below - 1, region.without), spec, values
        )
    yield reader
    yield from following


def _filled(reader: ProfileReader) -> bool:
    """Whether a profile holds figures, tried without leaving a trace of problems."""
    trial = ProfileReader(reader.region, reader.spec, Values(reader.spec.money)).read_all()
    return sum(fact.state is State.NUMBER for fact in trial.facts.values()) >= 2


def _region(
    grid: Grid, table: ScoringTable, labels: frozenset[str], taken: frozenset[tuple[str, int]]
) -> Region:
    """Where a profile may stand: not in rows of further sheets or the scoring table, or beside it."""
    without = frozenset(row for sheet, row in taken if sheet == grid.name)
    if grid is not table.grid:
        return Region(grid, 1, grid.sheet.max_row, without)
    beside = grid.beside(table.columns, (table.first_row, table.last_row), labels)
    if beside is not None:
        return Region(beside, 1, grid.sheet.max_row, without)
    without |= frozenset(range(table.first_row, table.last_row + 1))
    return Region(grid, 1, grid.sheet.max_row, without)


def _say_several(best: Grid, row: int, others: list[tuple[Grid, int]], values: Values) -> None:
    refs = (CellRef(best.name, row, 1), *(CellRef(grid.name, at, 1) for grid, at in others))
    names = dict.fromkeys(
        grid.name if grid.name != best.name else f"{grid.name}（第 {at} 行起）"
        for grid, at in others
    )
    details = {"used": best.name, "others": "、".join(names)}
    values.problems.append(ReadingProblem("form.several_forms", refs, details=details))


def _unit_name(fact: Fact, profile: ProfileRead) -> Fact:
    """The name on the cover, else the one a title begins with, else that of the tables' rows."""
    if fact.state is State.TEXT:
        name = _SEALED.sub("", fact.text).strip()
        return replace(fact, value=name) if name else fact
    for title in profile.titles.values():
        name = title_unit(title.text)
        if name:
            return Fact("unit_name", name, title.raw, title.ref, State.TEXT, title.merged, "标题")
    for row in profile.rows:
        if row.unit and not row.is_total:
            return Fact("unit_name", row.unit, row.unit, row.ref, State.TEXT, None, "机构名称")
    return fact
