"""The tables of figures in a profile: which rows are the unit's own, and what stands in them."""

from __future__ import annotations

import re
from dataclasses import replace

from perfeval_xl.forms.spec import BlockSpec
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import CellRef, Fact, ReadingProblem, State, TableRow, missing_fact
from perfeval_xl.reader.columns import Columns
from perfeval_xl.reader.grid import MONEY_UNITS, Area, core_label, unit_in_label
from perfeval_xl.reader.ground import BlockReader, Ground
from perfeval_xl.reader.known import table_labels
from perfeval_xl.reader.rows import (
    AMONG,
    columns_that_add_up,
    has_figures,
    is_total,
    noted,
    whole_of,
    without_details,
    without_subtotals,
)
from perfeval_xl.reader.sums import summed

_DEEPEST_HEAD = 6  # a table's heads stand within so many rows
_UNIT_REACH = 60  # a unit line rules the tables so many rows below it
_OF_ANOTHER_KIND = re.compile(
    r"(?:年初|当年|本年)?预算数?|调整(?:后)?预算数?|(?:上|去)年(?:度|决算)?数?|(?:财政)?(?:复核|核定)数?"
)
_OF_THIS_KIND = re.compile(r"(?:本年|当年)?(?:度)?(?:决算数?|实际数?)|本年(?:度|数)?|自评数?")
_YEAR_ROW = re.compile(r"(20\d\d)年?度?(?:决算数?|数)?")
_REMARK = re.compile(r"[*★☆※#]*(?:备?注|说明|填表说明|单位|金额单位|计量单位)\d?:")


class TableReader(BlockReader):
    """Reads tables with one row per 机构."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.heads_of_tables = table_labels(self.spec)
        self.wholes: set[str] = set()  # names of rows that proved to be the 合计 of a table

    def read_block(self, block: BlockSpec) -> None:
        """Fill in the rows of a table and, for the unit as a whole, its facts."""
        heads = self.ground.tables[block.id]
        if not heads:
            self.ground.missing_block(block)
            return
        self.read.labels[block.id] = self.grid.ref(heads.get("key", heads[block.fields[0]]))
        for field_id, area in heads.items():
            self.read.labels[field_id] = self.grid.ref(area)
        self._say_missing_heads(block, heads)
        columns = Columns(self.grid, heads, block.fields)
        whole = self._table_unit(block, heads)
        units = {n: unit_in_label(self.grid.text(area)) or whole for n, area in heads.items()}
        body = self._body_rows(block, heads, columns)
        rows = [self._table_row(block, columns, units, row) for row in body]
        rows = without_subtotals(self._shown_rows(block, rows))
        rows = self._with_whole(self._own_kind(without_details(rows)))
        rows = [replace(row, unit=AMONG.sub("", row.unit)) for row in rows]
        self.read.rows.extend(rows)
        for field_id in block.fields:
            if field_id in heads:
                self.read.facts[field_id] = self._whole(field_id, rows)

    def _say_missing_heads(self, block: BlockSpec, heads: dict[str, Area]) -> None:
        for field_id in block.fields:
            if field_id not in heads:
                where = (self.grid.ref(heads[block.fields[0]]),)
                details = {"label": self.spec.fields[field_id].label}
                self.values.problems.append(
                    ReadingProblem("form.label_missing", where, details=details)
                )

    def _table_unit(self, block: BlockSpec, heads: dict[str, Area]) -> str:
        """The unit that the head of the total names, else what stands above the table.

        The table's own title comes first. A table without one goes on under the title before it;
        a table with one listens only to a unit line that is no other table's title or head.
        """
        total = unit_in_label(self.grid.text(heads[block.fields[0]]))
        if total in MONEY_UNITS:
            return total
        top = min(area.row for area in heads.values())
        title = next((a.row for a in reversed(self.ground.anchors(block)) if a.row <= top), None)
        for row, unit, label in reversed(self.grid.unit_lines):
            if not top - _UNIT_REACH <= row <= top or row in self.region.without:
                continue
            if title is not None and row >= title:
                return unit
            if label in self.heads_of_tables or (title is not None and label in self.ground.known):
                continue
            return unit
        return ""

    def _body_rows(self, block: BlockSpec, heads: dict[str, Area], columns: Columns) -> list[int]:
        """Rows of figures: those filled, or the first one below the heads when none is."""
        below = max(self._head_bottom(area) for area in heads.values()) + 1
        end = self.ground.end_of(block.id, max(area.row for area in heads.values()))
        rows = []
        for row in self.region.rows(below, end):
            filled = [
                a for a in self.grid.filled_areas(row) if a.overlap(columns.first, columns.last)
            ]
            if any(self.ground.is_label(area) for area in filled):
                break
            if self._is_figures(filled, heads) and any(
                not self.grid.is_blank(a) for a in columns.areas(row).values()
            ):
                rows.append(row)
        return rows or ([below] if below <= end else [])

    def _shown_rows(self, block: BlockSpec, rows: list[TableRow]) -> list[TableRow]:
        """The rows that a person sees; that others are hidden beside them is said.

        Hidden rows that the 合计 counts are its 机构, folded away.
        """
        hidden = [r for r in rows if r.ref.row in self.grid.sheet.hidden_rows and has_figures(r)]
        shown = [row for row in rows if row.ref.row not in self.grid.sheet.hidden_rows]
        if not hidden or not any(map(has_figures, shown)):
            return rows
        totals = [row for row in shown if row.is_total]
        if totals:
            held, broken = columns_that_add_up(totals[-1], [r for r in rows if not r.is_total])
            if held > broken:
                return rows
        refs = tuple(row.ref for row in hidden)
        numbers = "、".join(str(row.ref.row) for row in hidden)
        details = {"label": self.spec.fields[block.fields[0]].label, "names": numbers}
        self.values.problems.append(ReadingProblem("form.hidden_rows", refs, details=details))
        return shown

    def _own_kind(self, rows: list[TableRow]) -> list[TableRow]:
        """The one row of this year's final accounts where others are last year's or the budget's."""
        names = [core_label(row.unit) for row in rows]
        year = str(self.spec.year)
        own, others = [], []
        for row, name in zip(rows, names, strict=True):
            of_year = _YEAR_ROW.fullmatch(name)
            if _OF_THIS_KIND.fullmatch(name) or (of_year and of_year[1] == year):
                own.append(row)
            elif of_year or _OF_ANOTHER_KIND.fullmatch(name):
                others.append(row)
        if len(own) != 1 or not others or len(others) + 1 < len(rows):
            return rows
        refs = tuple(row.ref for row in others)
        details = {"label": own[0].unit, "names": "、".join(row.unit for row in others)}
        self.values.problems.append(ReadingProblem("form.rows_left_out", refs, details=details))
        return [replace(own[0], unit="", is_total=False)]

    def _with_whole(self, rows: list[TableRow]) -> list[TableRow]:
        """The rows, with the one that is the whole of the others marked although it is not named 合计.

        Its columns are the sums of the others', the rows below it begin with 其中, or its name was
        that of the whole in a table before.
        """
        filled = [row for row in rows if has_figures(row)]
        if len(filled) < 2 or any(row.is_total for row in rows):
            return rows
        own = self.read.facts["unit_name"]
        names = self.wholes | ({core_label(own.text)} if own.state is State.TEXT else set())
        whole = whole_of(filled, names)
        if whole is None:
            return rows
        self.wholes.add(core_label(whole.unit))
        note = f"“{whole.unit or '第一行'}”一行是其余各行的合计，按合计读"
        facts = {name: noted(fact, note) for name, fact in whole.facts.items()}
        total = replace(whole, is_total=True, facts=facts)
        return [total if row is whole else row for row in rows]

    def _is_figures(self, filled: list[Area], heads: dict[str, Area]) -> bool:
        """Whether a row is one of the table: no remark and no line across several heads."""
        if len(filled) != 1:
            return bool(filled)
        only = filled[0]
        covered = sum(
            2 * only.overlap(a.column, a.last_column) > a.last_column - a.column + 1
            for a in heads.values()
        )
        return covered < 2 and not _REMARK.match(normalize_label(self.grid.text(only)))

    def _head_bottom(self, head: Area) -> int:
        return min(head.last_row, head.row + _DEEPEST_HEAD)

    def _table_row(
        self, block: BlockSpec, columns: Columns, units: dict[str, str], row: int
    ) -> TableRow:
        areas = columns.areas(row)
        stray = columns.stray(row, areas)
        facts = {
            field_id: self.values.fact(
                field_id, self.spec.fields[field_id].kind, self.grid, areas[field_id],
                f"表头“{self.spec.fields[field_id].label}”", units[field_id],
            )
            for field_id in block.fields
            if field_id in areas
        }  # fmt: skip
        if stray:
            facts = {
                name: self.values.unsure(fact, self.grid, stray) for name, fact in facts.items()
            }
        name = self.grid.text(areas["key"]).strip() if "key" in areas else ""
        ref = self.grid.ref(areas["key"]) if "key" in areas else CellRef(self.grid.name, row, 1)
        return TableRow(block.id, name, is_total(name), facts, ref)

    def _whole(self, field_id: str, rows: list[TableRow]) -> Fact:
        """The fact of the unit as a whole: the 合计 row, the only row, or the sum of all rows."""
        totals = [row.facts[field_id] for row in rows if row.is_total]
        if totals:
            return totals[-1]
        facts = [row.facts[field_id] for row in rows]
        return summed(facts, self.grid, self.values) if facts else missing_fact(field_id)
