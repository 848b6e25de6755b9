"""Single entries beside or below their labels, and lists with heads of their own."""

from __future__ import annotations

from collections.abc import Iterator

from perfeval_xl.forms.spec import BlockSpec, ByDigest, FieldSpec, ListSpec
from perfeval_xl.labels import bare_label, normalize_label
from perfeval_xl.model import CellRef, ReadingProblem, TableRow
from perfeval_xl.reader.columns import Columns
from perfeval_xl.reader.further_labels import field_labels, printed, printed_labels
from perfeval_xl.reader.further_sheet import PartReader
from perfeval_xl.reader.grid import Area, unit_in_label
from perfeval_xl.reader.rows import sums_up

_HEAD_ROWS = 3  # heads of one table begin within so many rows


class EntryReader(PartReader):
    """Reads entries by their labels."""

    def read_pairs(self, block: BlockSpec) -> None:
        """Fill in the facts of a block of labels; those without one are said."""
        specs = [self.spec.fields[name] for name in block.fields]
        below = self._under_heads(specs)
        for spec in specs:
            area = below.get(spec.id)
            if area is None:
                label = next(iter(self.sheet.areas(field_labels(spec))), None)
                if label is None:
                    if not block.optional:
                        self.sheet.say_missing(spec.label)
                    continue
                self.read.labels[spec.id] = self.grid.ref(label)
                area = self._value_of(label)
            self.read.facts[spec.id] = self.sheet.fact(spec, area)

    def _under_heads(self, specs: list[FieldSpec]) -> dict[str, Area]:
        """Values in the row below, where the labels stand side by side as heads of a table."""
        heads: dict[str, Area] = {}
        for spec in specs:
            for area in self.sheet.areas(field_labels(spec)):
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
        return bool(right) and self.sheet.is_label(right[0])

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
            if self.sheet.is_label(area):
                break
            return before if before is not None and self._is_note(area) else area
        below = self.grid.area_at(label.last_row + 1, label.column)
        if empty is None and not self.grid.is_blank(below) and not self.sheet.is_label(below):
            return below
        column = label.last_column + 1
        return empty or Area(label.row, column, label.row, column)

    def _is_note(self, area: Area) -> bool:
        """Whether a cell repeats what the form prints beside the entries (what they are used for)."""
        return normalize_label(self.grid.text(area)) in printed(ByDigest(self.spec))


class ListReader(PartReader):
    """Reads lists, one row per entry."""

    def read_list(self, listed: ListSpec) -> None:
        """Fill in the rows of a list."""
        heads = self._list_heads(listed)
        if len(heads) < 2:
            where = (CellRef(self.grid.name, self.sheet.top, 1),)
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
                name: self.sheet.fact(self.spec.fields[name], area, self._money(name, units[name]))
                for name, area in areas.items()
            }
            key = facts.get(listed.key)
            name = key.text.strip() if key is not None else ""
            if any(fact.raw.strip() for fact in facts.values()) and not sums_up(name):
                ref = CellRef(self.grid.name, row, 1)
                self.read.lists.append(TableRow(listed.id, name, False, facts, ref))

    def _money(self, name: str, unit: str) -> str:
        return unit if self.spec.fields[name].kind == "amount" else ""

    def _list_heads(self, listed: ListSpec) -> dict[str, Area]:
        """The row that shows most of the heads; a head split over rows is looked for near it."""
        best: dict[str, Area] = {}
        labels = {name: field_labels(self.spec.fields[name]) for name in listed.fields}
        for anchor in self.sheet.areas({label for found in labels.values() for label in found}):
            heads: dict[str, Area] = {}
            for name, own in labels.items():
                near = [a for a in self.sheet.areas(own) if 0 <= a.row - anchor.row < _HEAD_ROWS]
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
            if not first <= row <= self.sheet.last:
                continue
            filled = self.grid.filled_areas(row)
            if any(self.sheet.is_label(a) for a in filled):
                return
            if len(filled) == 1 and self._is_line(filled[0], heads):
                return
            yield row

    def _is_line(self, area: Area, heads: dict[str, Area]) -> bool:
        """Whether the only text of a row is a title: printed by the form, or across several heads."""
        covered = sum(area.overlap(h.column, h.last_column) > 0 for h in heads.values())
        text = bare_label(self.grid.text(area))
        return covered > 1 or text in printed_labels(ByDigest(self.spec))
