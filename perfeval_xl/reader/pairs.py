"""Labels with their values: beside them, below them, or behind a colon in the same cell."""

from __future__ import annotations

import re

from perfeval_xl.amounts import parse_cell_number
from perfeval_xl.forms.spec import BlockSpec, FieldSpec
from perfeval_xl.model import CellRef, Fact, ReadingProblem
from perfeval_xl.reader.grid import Area
from perfeval_xl.reader.ground import BlockReader
from perfeval_xl.reader.known import labels_of

_LONGEST_ENTRY = 60  # a longer text is no label with its figure
_SECOND_LABEL = re.compile(r"\s{2,}|　|\s(?=\S{2,12}[:：])|(?:预算|单位)?编码")
_SPACED_OUT = re.compile(r"\S(?:\s+\S)+")


class PairReader(BlockReader):
    """Reads blocks of labels and values."""

    def read_block(self, block: BlockSpec) -> None:
        """Fill in the facts of a block of labels; those without one are said."""
        start = self.ground.starts.get(block.id)
        for field_id in block.fields:
            field = self.spec.fields[field_id]
            fact = self._pair(field, start.row if start else 0)
            if fact is not None:
                self.read.facts[field_id] = fact
            elif field.required or (start and field.kind != "text" and not block.optional):
                where = (CellRef(self.grid.name, start.row if start else self.region.first, 1),)
                details = {"label": field.label}
                self.values.problems.append(
                    ReadingProblem("form.label_missing", where, details=details)
                )
        if start:
            self.read.labels[block.id] = self.grid.ref(start)

    def _pair(self, field: FieldSpec, first: int) -> Fact | None:
        last = 1 << 21 if first or field.block != "cover" else self._cover_end()
        found_by = f"标签“{field.label}”"
        for label in self.region.areas(labels_of(field), first, last):
            self.read.labels[field.id] = self.grid.ref(label)
            value = self._value_of(label)
            if value is None:
                return self.values.blank_fact(field.id, self.grid.ref(label), found_by)
            fact = self.values.fact(field.id, field.kind, self.grid, value, found_by)
            return self._alone(fact, value) if value.row == label.row else fact
        return self._inline(field, first, last)

    def _alone(self, fact: Fact, value: Area) -> Fact:
        """The fact, unreadable where another figure stands right beside it."""
        beside = self.grid.area_at(value.row, value.last_column + 1)
        cell = self.grid.cell(beside)
        if fact.number is None or cell is None or cell.kind != "number" or cell.formula is not None:
            return fact
        other = self.values.shown(self.grid, cell)
        is_hidden = self.grid.sheet.column_width(beside.column) == 0
        if is_hidden or parse_cell_number(cell.raw) == fact.number:
            return fact
        return self.values.ambiguous(fact, (fact.raw.strip(), other))

    def _cover_end(self) -> int:
        starts = [a.row for b, a in self.ground.starts.items() if b not in ("cover", "result")]
        return min(starts, default=self.region.last + 1) - 1

    def _value_of(self, label: Area) -> Area | None:
        """The rectangle right of a label, or below it where a row of values follows the labels."""
        beside = self.ground.value_beside(label)
        if beside is not None and not self.grid.is_blank(beside):
            return beside
        below = self.grid.area_at(label.last_row + 1, label.column)
        if (
            below.column != label.column
            or self.grid.is_blank(below)
            or any(self.ground.is_label(area) for area in self.grid.filled_areas(below.row))
        ):
            return beside
        return below

    def _inline(self, field: FieldSpec, first: int, last: int) -> Fact | None:
        """A value written behind its label in the same cell, such as 填报单位：某某局."""
        if field.kind == "prose":
            return None
        found_by = f"“{field.label}：”之后"
        for area, _, value in self.ground.inlines(field):
            if not first <= area.row <= last:
                continue
            if field.kind not in ("text", "date") and self._is_prose(area):
                continue
            self.read.labels[field.id] = self.grid.ref(area)
            if field.kind in ("text", "date"):
                return self.values.text_fact(field.id, self.grid, area, found_by, _named(value))
            return self.values.part_fact(field.id, field.kind, self.grid, area, found_by, value)
        return None

    def _is_prose(self, area: Area) -> bool:
        """Whether a cell is written text, whose figures are no entries of the form."""
        text = self.grid.text(area)
        reports = [
            self.ground.starts[b.id].row
            for b in self.spec.blocks
            if b.kind == "prose" and b.id in self.ground.starts
        ]
        return (
            len(text) > _LONGEST_ENTRY
            or text.count("\n") > 1
            or area.row >= min(reports, default=1 << 21)
        )


def _named(value: str) -> str:
    """The name in what follows a label's colon: up to the next label, spaced-out characters joined."""
    text = value.strip()
    if _SPACED_OUT.fullmatch(text):
        return "".join(text.split())
    return _SECOND_LABEL.split(text)[0]
