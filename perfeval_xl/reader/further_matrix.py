"""A matrix of figures: rows by their names, columns by the words of their heads and their years."""

from __future__ import annotations

from collections.abc import Iterator

from perfeval_xl.forms.spec import ColumnSpec, LineSpec, MatrixSpec
from perfeval_xl.labels import bare_label, normalize_label, year_in_label
from perfeval_xl.model import CellRef, ReadingProblem, TableRow
from perfeval_xl.reader.columns import Columns
from perfeval_xl.reader.further_labels import line_labels
from perfeval_xl.reader.further_sheet import PartReader
from perfeval_xl.reader.grid import Area, unit_in_label
from perfeval_xl.reader.rows import sums_up

_LONGEST_TITLE = 40
_YEAR_DIFFERS = "form.sheet_year_differs"


class MatrixReader(PartReader):
    """Reads matrices, and with their heads the year of the form."""

    def read_matrix(self, matrix: MatrixSpec) -> None:
        """Fill in the figures of a matrix and the year its heads name."""
        heads = self._matrix_heads(matrix)
        if not heads:
            where = (CellRef(self.grid.name, self.sheet.top, 1),)
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
        lines = {label: line for line in matrix.lines for label in line_labels(line)}
        group: LineSpec | None = None
        for row in self._body(matrix, max(area.last_row for area in heads.values()) + 1):
            name, label = self._row_name(row, columns.first, lines)
            line = lines.get(label)
            if line is not None and f"{line.id}." not in self.read.labels:
                group = line if line.items else None
                self.read.labels[f"{line.id}."] = CellRef(self.grid.name, row, 1)
                self._read_line(line.id, row, columns, usable, units)
            elif group is not None:
                if not sums_up(name):
                    self._read_item(group, name, row, columns, usable, units)
            else:
                self._say_extra(name, row, columns)
        for line in matrix.lines:
            if f"{line.id}." not in self.read.labels:
                self.sheet.say_missing(line.label)

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
        for area in self.sheet.areas(words):
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
        elif self.sheet.year is not None:
            for column in left:
                near = [a for a in rest if said[a][0] == self.sheet.year + column.offset]
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
        own = self.sheet.year or self.read.year
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

    def read_title_year(self) -> None:
        """The year in a title, for a sheet whose heads name none."""
        for row in range(self.sheet.first, self.sheet.top):
            for area in self.grid.filled_areas(row):
                text = normalize_label(self.grid.text(area)).strip("()")
                year, _ = year_in_label(text)
                if year is None or len(text) > _LONGEST_TITLE or "年" not in text:
                    continue
                self.read.year = year
                if self.sheet.year is not None and year != self.sheet.year:
                    self.read.wrong_year = True
                    self._say_year([area], self.sheet.year)
                return

    def _money_unit(self, row: int, column: int) -> str:
        """The unit beside the heads, else the last one named above them."""
        for area in self.grid.row_areas(row):
            if area.column < column and (unit := unit_in_label(self.grid.text(area))):
                return unit
        above = [unit for at, unit, _ in self.grid.unit_lines if self.sheet.first <= at <= row]
        return above[-1] if above else ""

    def _body(self, matrix: MatrixSpec, first: int) -> Iterator[int]:
        """Rows below the heads, up to a label of another part of the form."""
        own = {label for line in matrix.lines for label in line_labels(line)}
        own |= {bare_label(text) for text in matrix.anchors}
        words = {normalize_label(word) for column in matrix.columns for word in column.words}
        for row in self.grid.filled_rows:
            if not first <= row <= self.sheet.last:
                continue
            labels = {bare_label(self.grid.text(a)) for a in self.grid.filled_areas(row)}
            if labels & (self.sheet.known - own):
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
                fact = self.sheet.fact(self.spec.fields[name], area, units[column])
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
                facts[spec.id] = self.sheet.fact(spec, area, units[column])
        if any(fact.raw.strip() for fact in facts.values()):
            ref = CellRef(self.grid.name, row, 1)
            self.read.lists.append(TableRow(group.id, name, False, facts, ref))
