"""Further sheets (基础数据表, 补充数据): forms of figures, beside a scored form or by themselves.

Each is found by its labels, on any sheet and under any name. A matrix is read by the words of its
heads and the years they carry, a list by its heads, everything else label by label.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache

from perfeval_xl.amounts import parse_cell_number
from perfeval_xl.forms.spec import (
    BlockSpec,
    ByDigest,
    ColumnSpec,
    FieldSpec,
    FormSpec,
    LineSpec,
    ListSpec,
    MatrixSpec,
)
from perfeval_xl.labels import bare_label, normalize_label, year_in_label
from perfeval_xl.model import CellRef, Fact, ReadingProblem, State, TableRow
from perfeval_xl.reader.columns import Columns
from perfeval_xl.reader.grid import Area, Grid, unit_in_label
from perfeval_xl.reader.values import Values

_LIKE = 0.4  # a sheet that shows so large a share of a form's labels holds it
_ABOVE = 6  # a title may stand so many rows above the first label
_HEAD_ROWS = 3  # heads of one table begin within so many rows
_LONGEST_TITLE = 40
_COVER = "cover"  # names the unit; every form has it
_YEAR_DIFFERS = "form.sheet_year_differs"


@dataclass
class FurtherRead:
    """What one further sheet gives, under its own ids.

    year: the year its heads name. wrong_year: whether nothing of it may be used for the year
    that was asked for. rows: those of the sheet that it takes up.
    """

    grid: Grid
    rows: range
    facts: dict[str, Fact] = field(default_factory=dict)
    lists: list[TableRow] = field(default_factory=list)
    labels: dict[str, CellRef] = field(default_factory=dict)
    year: int | None = None
    wrong_year: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Where a form of figures lies: rows of a grid, and how many of its labels are there."""

    grid: Grid
    rows: range
    labels: int

    @property
    def filled(self) -> int:
        """How many numbers stand in its rows."""
        cells = self.grid.sheet.cells.items()
        return sum(c.kind == "number" for (row, _), c in cells if row in self.rows)


def find_further(
    grids: Sequence[Grid],
    spec: FormSpec,
    without: Collection[tuple[str, int]] = (),
    stop: frozenset[str] = frozenset(),
) -> list[Found]:
    """Every place that shows enough of the form's labels, the fullest visible one first.

    without: rows that belong to another table, as (sheet, row). stop: labels of other forms; a
    row that shows one of them parts what stands above and below it.
    """
    wanted = _owners(ByDigest(spec))
    needed = _LIKE * len(set(wanted.values()))
    found = []
    for grid in grids:
        if len({wanted[label] for _, label in grid.bare_labels if label in wanted}) < needed:
            continue  # nearly every workbook: it has no further sheets
        others = stop - wanted.keys() - _printed_labels(ByDigest(spec))
        rows: dict[int, set[str]] = {}
        parting = {row for sheet, row in without if sheet == grid.name}
        for row, label in grid.bare_labels:
            if (grid.name, row) in without:
                continue
            if label in others:
                parting.add(row)
            elif label in wanted:
                rows.setdefault(row, set()).add(wanted[label])
        found += [
            Found(grid, range(first, last + 1), count)
            for first, last, count in _clusters(rows, parting)
            if count >= needed and _has_heads(grid, range(first, last + 1), spec)
        ]
    return sorted(found, key=lambda f: (not f.grid.visible, f.filled == 0, -f.labels))


def _has_heads(grid: Grid, rows: range, spec: FormSpec) -> bool:
    """Whether a matrix or list of the form has its heads side by side: a mere list of its
    entries, such as 填报说明, is not the form."""
    heads = [
        {normalize_label(word) for column in matrix.columns for word in column.words}
        for matrix in spec.matrices
    ]
    heads += [
        {label for name in listed.fields for label in _field_labels(spec.fields[name])}
        for listed in spec.lists
    ]
    near = range(max(1, rows.start - _HEAD_ROWS), rows.stop)
    for row in (row for row in grid.filled_rows if row in near):
        labels = {bare_label(grid.text(area)) for area in grid.filled_areas(row)}
        if any(len(labels & own) > 1 for own in heads):
            return True
    return not heads


def labels_of_form(spec: FormSpec) -> frozenset[str]:
    """Every label by which a form of figures is known."""
    return frozenset(_owners(ByDigest(spec)))


def read_further(
    found: Found, spec: FormSpec, values: Values, year: int | None, stop: frozenset[str]
) -> FurtherRead:
    """Everything of the form that stands there.

    year: the year it must be of, None when any will do. stop: labels of another form, at which a
    list ends.
    """
    return _Reader(found, spec, values, year, stop).read_all()


def _clusters(rows: dict[int, set[str]], parting: set[int]) -> Iterator[tuple[int, int, int]]:
    """First row, last row and number of labels of each run of rows with nothing parting them."""
    groups: list[list[int]] = [[]]
    for row in sorted(rows.keys() | parting):
        if row in rows:
            groups[-1].append(row)
        if row in parting:
            groups.append([])
    for group in filter(None, groups):
        yield group[0], group[-1], len(set().union(*(rows[row] for row in group)))


class _Reader:
    """Reads one form of figures in some rows of one sheet."""

    def __init__(
        self, found: Found, spec: FormSpec, values: Values, year: int | None, stop: frozenset[str]
    ) -> None:
        self.grid = found.grid
        self.spec = spec
        self.values = values
        self.year = year
        own = frozenset(_owners(ByDigest(spec)))
        self.stop = stop - own - _printed_labels(ByDigest(spec))
        self.known = own | _anchors(ByDigest(spec))
        self.first = max(1, found.rows.start - _ABOVE)
        self.last = self._last(found.rows)
        self.read = FurtherRead(found.grid, found.rows)
        self.by_label = self._index()
        self._top = found.rows.start

    def read_all(self) -> FurtherRead:
        """Matrices first: their heads tell the year."""
        for matrix in self.spec.matrices:
            self._read_matrix(matrix)
        if self.read.year is None:
            self._read_title_year()
        for block in self.spec.blocks:
            self._read_pairs(block)
        for listed in self.spec.lists:
            self._read_list(listed)
        last = max((ref.row for ref in self.read.labels.values()), default=self._top)
        last = max([last, *(row.ref.row for row in self.read.lists)])
        self.read.rows = range(min(self.read.rows.start, last), last + 1)
        return self.read

    def _last(self, rows: range) -> int:
        """The last row that may be this form's: up to a label that only another form has."""
        for row in self.grid.filled_rows:
            if row >= rows.stop and any(
                bare_label(self.grid.text(a)) in self.stop for a in self.grid.filled_areas(row)
            ):
                return row - 1
        return self.grid.sheet.max_row

    def _index(self) -> dict[str, list[Area]]:
        found: dict[str, list[Area]] = {}
        for areas in self.grid.labels.values():
            for area in areas:
                if self.first <= area.row <= self.last:
                    found.setdefault(bare_label(self.grid.text(area)), []).append(area)
        return {label: sorted(areas) for label, areas in found.items()}

    def _areas(self, labels: Collection[str]) -> list[Area]:
        return sorted(area for label in labels for area in self.by_label.get(label, ()))

    def _is_label(self, area: Area) -> bool:
        return bare_label(self.grid.text(area)) in self.known

    def _missing(self, label: str) -> None:
        where = (CellRef(self.grid.name, self._top, 1),)
        self.values.problems.append(
            ReadingProblem("form.label_missing", where, details={"label": label})
        )

    # ---- matrices ----

    def _read_matrix(self, matrix: MatrixSpec) -> None:
        heads = self._matrix_heads(matrix)
        if not heads:
            where = (CellRef(self.grid.name, self._top, 1),)
            self.values.problems.append(
                ReadingProblem("form.block_missing", where, details={"label": matrix.title})
            )
            return
        usable = self._of_this_year(matrix, heads)
        columns = Columns(self.grid, heads, tuple(heads))
        units = {
            name: unit_in_label(self.grid.text(area)) or self._money_unit(area.row, columns.first)
            for name, area in heads.items()
        }
        self.read.labels[matrix.id] = self.grid.ref(min(heads.values()))
        lines = {label: line for line in matrix.lines for label in _line_labels(line)}
        group: LineSpec | None = None
        for row in self._body(matrix, max(area.last_row for area in heads.values()) + 1):
            name, label = self._row_name(row, columns.first, lines)
            line = lines.get(label)
            if line is not None and f"{line.id}." not in self.read.labels:
                group = line if line.items else None
                self.read.labels[f"{line.id}."] = CellRef(self.grid.name, row, 1)
                self._read_line(line.id, row, columns, usable, units)
            elif group is not None:
                self._read_item(group, name, row, columns, usable, units)
            else:
                self._say_extra(name, row, columns)
        for line in matrix.lines:
            if f"{line.id}." not in self.read.labels:
                self._missing(line.label)

    def _say_extra(self, name: str, row: int, columns: Columns) -> None:
        """A row with figures that the form does not have."""
        filled = [a for a in columns.areas(row).values() if not self.grid.is_blank(a)]
        if filled:
            refs = tuple(self.grid.ref(area) for area in filled)
            provided = "、".join(self.grid.text(area).strip() for area in filled)
            details = {"label": name}
            self.values.problems.append(
                ReadingProblem("form.line_extra", refs, provided, details=details)
            )

    def _matrix_heads(self, matrix: MatrixSpec) -> dict[str, Area]:
        """The row that holds most heads, each given to its column by year, else from left to right."""
        words = {normalize_label(word) for column in matrix.columns for word in column.words}
        rows: dict[int, list[Area]] = {}
        for area in self._areas(words):
            rows.setdefault(area.row, []).append(area)
        for row in sorted(rows, key=lambda r: (-len(rows[r]), r)):
            heads = self._assigned(matrix, [*self._over_nothing(rows.get(row - 1, [])), *rows[row]])
            if len(heads) > 1:
                return heads
        return {}

    def _over_nothing(self, areas: list[Area]) -> list[Area]:
        """Those of some heads that have no head below them."""
        return [
            a for a in areas
            if not a.is_merged and self.grid.is_blank(self.grid.area_at(a.row + 1, a.column))
        ]  # fmt: skip

    def _assigned(self, matrix: MatrixSpec, areas: list[Area]) -> dict[str, Area]:
        heads: dict[str, Area] = {}
        for words in dict.fromkeys(column.words for column in matrix.columns):
            columns = sorted(
                (c for c in matrix.columns if c.words == words), key=lambda c: c.offset
            )
            spoken = {normalize_label(word) for word in words}
            own = [a for a in areas if bare_label(self.grid.text(a)) in spoken]
            heads |= self._in_order(columns, own)
        return heads

    def _in_order(self, columns: list[ColumnSpec], areas: list[Area]) -> dict[str, Area]:
        """Columns with the same words: 上年 and 本年 as said, years by their order, else in order."""
        said = {a: self._head_year(a) for a in areas}
        heads: dict[str, Area] = {}
        for column in columns:
            near = [a for a in areas if said[a][1] == column.offset]
            if near:
                heads[column.id] = near[0]
        rest = [a for a in areas if a not in heads.values()]
        left = [c for c in columns if c.id not in heads]
        if len(rest) == len(left):
            rest.sort(key=lambda a: (said[a][0] or 0, a.column))
            heads |= {c.id: a for c, a in zip(left, rest, strict=True)}
        elif self.year is not None:
            for column in left:
                near = [a for a in rest if said[a][0] == self.year + column.offset]
                if near:
                    heads[column.id] = near[0]
        return heads

    def _head_year(self, area: Area) -> tuple[int | None, int | None]:
        """The year of a head, also where it stands in a cell above the words."""
        year, relative = year_in_label(self.grid.text(area))
        if year is None and relative is None and area.row > 1:
            return year_in_label(self._year_above(area))
        return year, relative

    def _year_above(self, area: Area) -> str:
        """The year that stands alone over a head, or left of there over the first of its group."""
        for column in range(area.column, 0, -1):
            above = self.grid.area_at(area.row - 1, column)
            if not self.grid.is_blank(above):
                text = self.grid.text(above)
                return "" if bare_label(text) else text
        return ""

    def _of_this_year(self, matrix: MatrixSpec, heads: dict[str, Area]) -> set[str]:
        """The columns whose heads fit the year; a year that does not fit is said."""
        years = {
            c.id: year - c.offset
            for c in matrix.columns
            if c.id in heads and (year := self._head_year(heads[c.id])[0]) is not None
        }
        if not years:
            return set(heads)
        told = list(years.values())
        self.read.year = max(told, key=lambda year: (told.count(year), year))
        own = self.year or self.read.year
        wrong = [name for name, year in years.items() if year != own]
        if wrong:
            self._say_year([heads[name] for name in wrong], own)
        self.read.wrong_year = len(wrong) == len(years)
        return {name for name in heads if name not in wrong}

    def _say_year(self, areas: list[Area], own: int) -> None:
        refs = tuple(self.grid.ref(area) for area in areas)
        provided = "、".join(self.grid.text(area).strip() for area in areas)
        details = {"label": self.spec.sheets[0].name}
        self.values.problems.append(
            ReadingProblem(_YEAR_DIFFERS, refs, provided, str(own), details=details)
        )

    def _read_title_year(self) -> None:
        """The year in a title, for a sheet whose heads name none."""
        for row in range(self.first, self._top):
            for area in self.grid.filled_areas(row):
                text = normalize_label(self.grid.text(area)).strip("()")
                year, _ = year_in_label(text)
                if year is None or len(text) > _LONGEST_TITLE or "年" not in text:
                    continue
                self.read.year = year
                if self.year is not None and year != self.year:
                    self.read.wrong_year = True
                    self._say_year([area], self.year)
                return

    def _money_unit(self, row: int, column: int) -> str:
        """The unit beside the heads, else the last one named above them."""
        for area in self.grid.row_areas(row):
            if area.column < column and (unit := unit_in_label(self.grid.text(area))):
                return unit
        above = [unit for at, unit, _ in self.grid.unit_lines if self.first <= at <= row]
        return above[-1] if above else ""

    def _body(self, matrix: MatrixSpec, first: int) -> Iterator[int]:
        """Rows below the heads, up to a label of another part of the form."""
        own = {label for line in matrix.lines for label in _line_labels(line)}
        own |= {bare_label(text) for text in matrix.anchors}
        words = {normalize_label(word) for column in matrix.columns for word in column.words}
        for row in self.grid.filled_rows:
            if not first <= row <= self.last:
                continue
            labels = {bare_label(self.grid.text(a)) for a in self.grid.filled_areas(row)}
            if labels & (self.known - own):
                return
            if not labels & words:  # heads may be printed again on the next page
                yield row

    def _row_name(self, row: int, before: int, lines: dict[str, LineSpec]) -> tuple[str, str]:
        """What a row is called, and the label of the form that it shows, if any."""
        texts = [
            self.grid.text(a).strip() for a in self.grid.filled_areas(row) if a.column < before
        ]
        for text in reversed(texts):
            if bare_label(text) in lines:
                return text, bare_label(text)
        return (texts[-1] if texts else ""), ""

    def _read_line(
        self, line: str, row: int, columns: Columns, usable: set[str], units: dict[str, str]
    ) -> None:
        areas = columns.areas(row)
        stray = columns.stray(row, areas)
        for column, area in areas.items():
            if column in usable:
                name = f"{line}_{column}"
                fact = self._fact(self.spec.fields[name], area, units[column])
                self.read.facts[name] = (
                    self.values.unsure(fact, self.grid, stray) if stray else fact
                )

    def _read_item(
        self, group: LineSpec, name: str, row: int, columns: Columns, usable: set[str],
        units: dict[str, str],
    ) -> None:  # fmt: skip
        facts = {}
        for column, area in columns.areas(row).items():
            if column in usable:
                spec = self.spec.fields[f"{group.id}_{column}"]
                facts[spec.id] = self._fact(spec, area, units[column])
        if any(fact.raw.strip() for fact in facts.values()):
            ref = CellRef(self.grid.name, row, 1)
            self.read.lists.append(TableRow(group.id, name, False, facts, ref))

    def _fact(self, spec: FieldSpec, area: Area, unit: str = "") -> Fact:
        found_by = f"标签“{spec.label}”"
        fact = self.values.fact(spec.id, spec.kind, self.grid, area, found_by, unit)
        return self._day(fact, area) if spec.kind == "date" else fact

    def _day(self, fact: Fact, area: Area) -> Fact:
        """A date that the cell holds as one is a number of days; written out it stays a text."""
        cell = self.grid.cell(area)
        if cell is None or cell.kind != "number" or self.grid.workbook.date1904:
            return fact
        serial = parse_cell_number(cell.raw)
        if serial is None or not self.grid.workbook.styles.is_date(cell.style):
            return fact
        return replace(fact, value=Decimal(int(serial)), state=State.NUMBER)

    # ---- pairs ----

    def _read_pairs(self, block: BlockSpec) -> None:
        specs = [self.spec.fields[name] for name in block.fields]
        below = self._under_heads(specs)
        for spec in specs:
            area = below.get(spec.id)
            if area is None:
                label = next(iter(self._areas(_field_labels(spec))), None)
                if label is None:
                    if not block.optional:
                        self._missing(spec.label)
                    continue
                self.read.labels[spec.id] = self.grid.ref(label)
                area = self._value_of(label)
            self.read.facts[spec.id] = self._fact(spec, area)

    def _under_heads(self, specs: list[FieldSpec]) -> dict[str, Area]:
        """Values in the row below, where the labels stand side by side as heads of a table."""
        heads: dict[str, Area] = {}
        for spec in specs:
            for area in self._areas(_field_labels(spec)):
                if not heads or abs(area.row - min(heads.values()).row) < _HEAD_ROWS:
                    heads.setdefault(spec.id, area)
        columns = sorted(area.column for area in heads.values())
        side_by_side = len(set(columns)) == len(columns) > 1
        if not side_by_side or not any(self._followed_by_label(a) for a in heads.values()):
            return {}
        for name, area in heads.items():
            self.read.labels[name] = self.grid.ref(area)
        row = max(area.last_row for area in heads.values()) + 1
        return Columns(self.grid, heads, tuple(heads)).areas(row)

    def _followed_by_label(self, label: Area) -> bool:
        right = [a for a in self.grid.filled_areas(label.row) if a.column > label.last_column]
        return bool(right) and self._is_label(right[0])

    def _value_of(self, label: Area) -> Area:
        """The rectangle right of a label, or below it where nothing but labels follows."""
        empty: Area | None = None
        before: Area | None = None
        for area in self.grid.row_areas(label.row):
            if area.column <= label.last_column:
                continue
            if self.grid.is_blank(area):
                empty = empty or area
                before = area
                continue
            if self._is_label(area):
                break
            return before if before is not None and self._is_note(area) else area
        below = self.grid.area_at(label.last_row + 1, label.column)
        if empty is None and not self.grid.is_blank(below) and not self._is_label(below):
            return below
        column = label.last_column + 1
        return empty or Area(label.row, column, label.row, column)

    def _is_note(self, area: Area) -> bool:
        """Whether a cell repeats what the form prints beside the entries (what they are used for)."""
        return normalize_label(self.grid.text(area)) in _printed(ByDigest(self.spec))

    # ---- lists ----

    def _read_list(self, listed: ListSpec) -> None:
        heads = self._list_heads(listed)
        if len(heads) < 2:
            where = (CellRef(self.grid.name, self._top, 1),)
            self.values.problems.append(
                ReadingProblem("form.block_missing", where, details={"label": listed.title})
            )
            return
        self.read.labels[listed.id] = self.grid.ref(min(heads.values()))
        figures = [n for n in heads if self.spec.fields[n].kind not in ("text", "date", "prose")]
        columns = Columns(self.grid, heads, figures)
        units = {name: unit_in_label(self.grid.text(area)) for name, area in heads.items()}
        for row in self._list_rows(heads):
            areas = columns.areas(row)
            facts = {
                name: self._fact(self.spec.fields[name], area, self._money(name, units[name]))
                for name, area in areas.items()
            }
            if any(fact.raw.strip() for name, fact in facts.items()):
                key = facts.get(listed.key)
                ref = CellRef(self.grid.name, row, 1)
                name = key.text.strip() if key is not None else ""
                self.read.lists.append(TableRow(listed.id, name, False, facts, ref))

    def _money(self, name: str, unit: str) -> str:
        return unit if self.spec.fields[name].kind == "amount" else ""

    def _list_heads(self, listed: ListSpec) -> dict[str, Area]:
        """The row that shows most of the heads; a head split over rows is looked for near it."""
        best: dict[str, Area] = {}
        labels = {name: _field_labels(self.spec.fields[name]) for name in listed.fields}
        for anchor in self._areas({label for found in labels.values() for label in found}):
            heads: dict[str, Area] = {}
            for name, own in labels.items():
                near = [a for a in self._areas(own) if 0 <= a.row - anchor.row < _HEAD_ROWS]
                near = [a for a in near if a.column not in {h.column for h in heads.values()}]
                if near:
                    heads[name] = near[0]
            if len(heads) > len(best):
                best = heads
        return best

    def _list_rows(self, heads: dict[str, Area]) -> Iterator[int]:
        """Rows below the heads, up to a label or a line that begins another part."""
        first = max(area.last_row for area in heads.values()) + 1
        for row in self.grid.filled_rows:
            if not first <= row <= self.last:
                continue
            filled = self.grid.filled_areas(row)
            if any(self._is_label(a) for a in filled):
                return
            if len(filled) == 1 and self._is_line(filled[0], heads):
                return
            yield row

    def _is_line(self, area: Area, heads: dict[str, Area]) -> bool:
        """Whether the only text of a row is a title: printed by the form, or across several heads."""
        covered = sum(area.overlap(h.column, h.last_column) > 0 for h in heads.values())
        text = bare_label(self.grid.text(area))
        return covered > 1 or text in _printed_labels(ByDigest(self.spec))


@lru_cache(maxsize=32)
def _owners(key: ByDigest) -> dict[str, str]:
    """Every label by which the form is known, with the row or field it names; the cover left out."""
    spec = key.spec
    lines = [line for matrix in spec.matrices for line in matrix.lines]
    groups = [block.fields for block in spec.blocks if block.id != _COVER]
    groups += [listed.fields for listed in spec.lists]
    found = {label: line.id for line in lines for label in _line_labels(line)}
    for name in (name for group in groups for name in group):
        for label in _field_labels(spec.fields[name]):
            found.setdefault(label, name)
    return found


@lru_cache(maxsize=32)
def _anchors(key: ByDigest) -> frozenset[str]:
    spec = key.spec
    texts = [text for block in spec.blocks for text in block.anchors]
    texts += [text for matrix in spec.matrices for text in matrix.anchors]
    texts += [text for listed in spec.lists for text in listed.anchors]
    return frozenset(bare_label(text) for text in texts) - {""}


@lru_cache(maxsize=32)
def _printed(key: ByDigest) -> frozenset[str]:
    texts = (cell.text for sheet in key.spec.sheets for cell in sheet.cells if cell.text)
    return frozenset(normalize_label(text) for text in texts)


@lru_cache(maxsize=32)
def _printed_labels(key: ByDigest) -> frozenset[str]:
    texts = (cell.text for sheet in key.spec.sheets for cell in sheet.cells if cell.text)
    return frozenset(bare_label(text) for text in texts)


@lru_cache(maxsize=512)
def _field_labels(spec: FieldSpec) -> tuple[str, ...]:
    return tuple(bare_label(text) for text in (spec.label, *spec.aliases))


@lru_cache(maxsize=512)
def _line_labels(line: LineSpec) -> tuple[str, ...]:
    return tuple(bare_label(text) for text in (line.label, *line.aliases))
