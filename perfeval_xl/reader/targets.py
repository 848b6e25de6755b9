"""The quantitative targets of a profile, row by row."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from perfeval_xl.amounts import plain
from perfeval_xl.forms.spec import BlockSpec
from perfeval_xl.model import Fact, State, TargetRow
from perfeval_xl.reader.columns import Columns
from perfeval_xl.reader.grid import Area, core_label
from perfeval_xl.reader.ground import BlockReader
from perfeval_xl.reader.known import labels_of


class TargetReader(BlockReader):
    """Reads rows of an aim and what was reached of it."""

    def read_block(self, block: BlockSpec) -> None:
        """Fill in the targets, and the satisfaction among them as a fact."""
        start = self.ground.starts.get(block.id)
        heads = self._target_heads(block, start.row if start else 0)
        if heads is None:
            self.ground.missing_block(block)
            return
        top = heads["target"]
        self.read.labels[block.id] = self.grid.ref(start or top)
        end = min([self.ground.end_of(block.id, top.row), *self._before_result(top.row)])
        kinds = {label: label for label in labels_of(self.spec.fields[block.fields[0]])}
        kinds |= {core_label(kind): kind for kind in block.rows}
        kind = ""
        columns = Columns(self.grid, heads)
        for row in self.region.rows(top.last_row + 1, end):
            areas = columns.areas(row)
            kind = self._target_kind(row, areas["target"], kinds) or kind
            self._target_row(row, areas, kind, block)

    def _before_result(self, row: int) -> list[int]:
        """Rows before the labels of the total score and the rating, below a row."""
        fields = [self.spec.fields[name] for name in ("self_total", "self_rating")]
        areas = [a for field in fields for a in self.region.areas(labels_of(field), row)]
        areas += [a for field in fields for a, _, _ in self.ground.inlines(field) if a.row > row]
        return [area.row - 1 for area in areas]

    def _target_heads(self, block: BlockSpec, first: int) -> dict[str, Area] | None:
        targets = self.region.areas((core_label(block.columns[0]),), first)
        for target in targets:
            results = self.region.areas((core_label(block.columns[1]),), target.row, target.row)
            if results:
                return {"target": target, "result": results[0]}
        return None

    def _target_kind(self, row: int, target: Area, kinds: dict[str, str]) -> str:
        for area in reversed(self.grid.row_areas(row)):
            if area.column < target.column:
                label = self.grid.core(area)
                if label in kinds:
                    return kinds[label]
        return ""

    def _target_row(self, row: int, areas: dict[str, Area], kind: str, block: BlockSpec) -> None:
        number = len(self.read.targets) + 1
        target_area, result_area = areas["target"], areas["result"]
        if target_area.row != row and result_area.row != row:
            return
        if self.ground.is_label(target_area):
            target_area = Area(row, target_area.last_column + 1, row, target_area.last_column + 1)
        is_satisfaction = core_label(kind) in labels_of(self.spec.fields[block.fields[0]])
        if is_satisfaction and self.read.facts[block.fields[0]].state is State.MISSING:
            fact = self.values.fact(
                block.fields[0], "percent", self.grid, result_area, f"定量目标“{kind}”"
            )
            self.read.facts[block.fields[0]] = fact
        target = self.values.fact(f"target.{number}", "text", self.grid, target_area, kind)
        result = self.values.fact(f"target_result.{number}", "text", self.grid, result_area, kind)
        shown = self._percent_text(result, result_area)
        if target.state is not State.BLANK or result.state is not State.BLANK:
            self.read.targets.append(TargetRow(kind, target, replace(result, raw=shown)))

    def _percent_text(self, result: Fact, area: Area) -> str:
        """The result as shown: a numeric cell with a percent format with its sign."""
        cell = self.grid.cell(area)
        if (
            cell is None
            or cell.kind != "number"
            or not self.grid.workbook.styles.is_percent(cell.style)
        ):
            return result.raw
        return f"{plain(Decimal(f'{float(cell.raw):.15g}') * 100)}%"
