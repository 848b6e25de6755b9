"""One form of figures in some rows of one sheet: its labels, its facts, what is read of it so far."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from decimal import Decimal

from perfeval_xl.amounts import parse_cell_number
from perfeval_xl.forms.spec import ByDigest, FieldSpec, FormSpec
from perfeval_xl.labels import bare_label
from perfeval_xl.model import CellRef, Fact, ReadingProblem, State, TableRow
from perfeval_xl.reader.further_labels import anchors, owners, printed_labels
from perfeval_xl.reader.further_places import Found
from perfeval_xl.reader.grid import Area, Grid
from perfeval_xl.reader.values import Values

_ABOVE = 6  # a title may stand so many rows above the first label


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


class FurtherSheet:
    """What every part of the form asks of the sheet."""

    def __init__(
        self, found: Found, spec: FormSpec, values: Values, year: int | None, stop: frozenset[str]
    ) -> None:
        self.grid = found.grid
        self.spec = spec
        self.values = values
        self.year = year
        own = frozenset(owners(ByDigest(spec)))
        self.stop = stop - own - printed_labels(ByDigest(spec))
        self.known = own | anchors(ByDigest(spec))
        self.first = max(1, found.rows.start - _ABOVE)
        self.last = self._last(found.rows)
        self.read = FurtherRead(found.grid, found.rows)
        self.by_label = self._index()
        self.top = found.rows.start

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

    def areas(self, labels: Collection[str]) -> list[Area]:
        """Rectangles that show one of the labels, in reading order."""
        return sorted(area for label in labels for area in self.by_label.get(label, ()))

    def is_label(self, area: Area) -> bool:
        """Whether it shows a label of the form, which is never a value."""
        return bare_label(self.grid.text(area)) in self.known

    def say_missing(self, label: str) -> None:
        """Say that a label was not found."""
        where = (CellRef(self.grid.name, self.top, 1),)
        self.values.problems.append(
            ReadingProblem("form.label_missing", where, details={"label": label})
        )

    def fact(self, spec: FieldSpec, area: Area, unit: str = "") -> Fact:
        """The fact of a field in a rectangle; ``unit`` is the money unit that its head names."""
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


class PartReader:
    """What the readers of all parts have at hand."""

    def __init__(self, sheet: FurtherSheet) -> None:
        self.sheet = sheet
        self.grid, self.spec = sheet.grid, sheet.spec
        self.values, self.read = sheet.values, sheet.read
