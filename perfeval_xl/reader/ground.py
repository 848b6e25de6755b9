"""Where the blocks of a profile lie, and what every reader of one asks of the sheet."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from perfeval_xl.forms.spec import BlockSpec, FieldSpec, FormSpec
from perfeval_xl.model import CellRef, Fact, ReadingProblem, TableRow, TargetRow
from perfeval_xl.reader.grid import Area, Grid, core_label
from perfeval_xl.reader.known import known_labels, labels_of
from perfeval_xl.reader.values import Values

_HEAD_ROWS = 6  # a table's heads stand within so many rows


@dataclass
class Region:
    """Rows of one sheet that may hold the profile, the scoring table left out."""

    grid: Grid
    first: int
    last: int
    without: Collection[int]

    def areas(self, labels: Iterable[str], first: int = 0, last: int = 1 << 21) -> list[Area]:
        """Rectangles with one of the labels in the region, in reading order."""
        found = self.grid.find(tuple(labels), max(first, self.first), min(last, self.last))
        return [area for area in found if area.row not in self.without]

    def rows(self, first: int, last: int) -> list[int]:
        """Rows of the region between two rows that hold anything."""
        low, high = max(first, self.first), min(last, self.last)
        return [r for r in self.grid.filled_rows if low <= r <= high and r not in self.without]


@dataclass
class ProfileRead:
    """All that was read of the profile."""

    facts: dict[str, Fact]
    rows: list[TableRow]
    targets: list[TargetRow]
    labels: dict[str, CellRef]
    titles: dict[str, Fact]


class Ground:
    """One region of one sheet: which blocks begin where, and what is read of them so far."""

    def __init__(self, region: Region, spec: FormSpec, values: Values) -> None:
        self.region = region
        self.grid = region.grid
        self.spec = spec
        self.values = values
        self.known = known_labels(spec)
        self.tables = {b.id: self._table_heads(b) for b in spec.blocks if b.kind == "table"}
        self.starts = self._block_starts()
        self.read = ProfileRead({}, [], [], {}, {})

    def kind_of(self, block_id: str) -> str:
        """The kind of a block, empty when the form has none of that id."""
        return next((b.kind for b in self.spec.blocks if b.id == block_id), "")

    def _block_starts(self) -> dict[str, Area]:
        starts: dict[str, Area] = {}
        for block in self.spec.blocks:
            anchor = next(iter(self.anchors(block)), None)
            heads = self.tables.get(block.id)
            if heads:
                top = min(heads.values(), key=lambda area: (area.row, area.column))
                titles = [a for a in self.anchors(block) if a.row <= top.row]
                anchor = titles[-1] if titles else top
            if anchor is not None:
                starts[block.id] = anchor
        return starts

    def anchors(self, block: BlockSpec) -> list[Area]:
        """Where the block's title stands, also at the beginning of a long text."""
        labels = [core_label(text) for text in block.anchors]
        exact = self.region.areas(labels)
        if exact or not labels:
            return exact
        return [
            areas[0]
            for label, areas in self.grid.labels.items()
            if len(label) > 64 and any(label.startswith(wanted) for wanted in labels)
            and areas[0].row not in self.region.without
        ]  # fmt: skip

    def end_of(self, block_id: str, row: int) -> int:
        """Last row before the next block that begins below the row."""
        later = [
            min(a.row, min((h.row for h in self.tables.get(b, {}).values()), default=a.row))
            for b, a in self.starts.items()
            if b != block_id
        ]
        below = [start for start in later if start > row]
        return min(below, default=self.region.last + 1) - 1

    def missing_block(self, block: BlockSpec) -> None:
        """Say that a block was not found, unless it need not be there."""
        if block.optional:
            return
        where = (CellRef(self.grid.name, self.region.first, 1),)
        self.values.problems.append(
            ReadingProblem("form.block_missing", where, details={"label": block.title})
        )

    # ---- labels ----

    def value_beside(self, label: Area) -> Area | None:
        """The rectangle right of a label, the nearest empty one when a label or nothing follows.

        None when the very next one is a label: the value's own cell was lost.
        """
        empty = None
        own, column = self.grid.core(label), label.last_column + 1
        for area in self.grid.row_areas(label.row):
            if area.column <= label.last_column:
                continue
            if empty is None and self.grid.core(area) == own:
                column = area.last_column + 1
                continue  # a merge was taken apart and each of its cells filled
            if self.grid.is_blank(area):
                empty = empty or area
            elif self.is_label(area):
                return empty
            else:
                return area
        return empty or Area(label.row, column, label.row, column)

    def is_label(self, area: Area) -> bool:
        """Whether it shows a label of the form, which is never a value."""
        cell = self.grid.cell(area)
        return cell is not None and cell.kind == "text" and core_label(cell.raw) in self.known

    def inlines(self, field: FieldSpec) -> list[tuple[Area, str, str]]:
        """Cells that hold the field's label and a value behind a colon: area, label, value."""
        return [
            (area, label, value)
            for label in labels_of(field)
            for area, value in self.grid.inline.get(label, ())
            if area.row not in self.region.without
        ]

    # ---- tables ----

    def _table_heads(self, block: BlockSpec) -> dict[str, Area]:
        """Heads of a table by field id, with the row names' under ``key``; empty if it is not there."""
        total = self.spec.fields[block.fields[0]]
        best: dict[str, Area] = {}
        for anchor in self.region.areas(labels_of(total)):
            heads = self._heads_from(block, anchor)
            if len(heads) > len(best) and len(heads) > 2:
                best = heads
        return best

    def _heads_from(self, block: BlockSpec, anchor: Area) -> dict[str, Area]:
        first, last = max(1, anchor.row - 2), anchor.row + _HEAD_ROWS - 1
        heads = {block.fields[0]: anchor}
        key = [
            a
            for a in self.region.areas((core_label(block.key),), first, last)
            if a.column < anchor.column
        ]
        if key:
            heads["key"] = min(key, key=lambda area: abs(area.row - anchor.row))
        for field_id in block.fields[1:]:
            found = self.region.areas(labels_of(self.spec.fields[field_id]), anchor.row, last)
            found = [a for a in found if a.column != anchor.column and a not in key]
            if found:
                heads[field_id] = found[0]
        if any(h.row < (heads.get("key") or anchor).row - 2 for h in heads.values()):
            return {}
        return heads


class BlockReader:
    """What the readers of all kinds of blocks have at hand."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.region, self.grid = ground.region, ground.grid
        self.spec, self.values = ground.spec, ground.values
        self.read = ground.read
