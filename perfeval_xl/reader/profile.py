"""The profile (附件2-1): label and value pairs, tables, targets, people, signatures, the report."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache

from perfeval_xl.amounts import plain
from perfeval_xl.forms.spec import BlockSpec, ByDigest, FieldSpec, FormSpec
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import (
    CellRef,
    Fact,
    ReadingProblem,
    State,
    TableRow,
    TargetRow,
    missing_fact,
)
from perfeval_xl.reader.columns import Columns
from perfeval_xl.reader.grid import MONEY_UNITS, Area, Grid, core_label, unit_in_label
from perfeval_xl.reader.sums import summed
from perfeval_xl.reader.values import Values

_HEAD_ROWS = 6  # a table's heads stand within so many rows
_COMES_AGAIN = 3  # so many beginnings of blocks below the last one make a second profile
_LONGEST_ENTRY = 60  # a longer text is no label with its figure
_GAP_BELOW = 3  # a text may stand so many rows further down than right below its head
_UNIT_REACH = 60  # a unit line rules the tables so many rows below it
_TOTALS = ("合计", "总计", "汇总")
_SUBTOTAL = "小计"
_AMONG = re.compile(r"[（(]?其中[：:、]?\s*")  # a row that begins so is a part of the one above
_OF_ANOTHER_KIND = re.compile(
    r"(?:年初|当年|本年)?预算数?|调整(?:后)?预算数?|(?:上|去)年(?:度|决算)?数?|(?:财政)?(?:复核|核定)数?"
)
_OF_THIS_KIND = re.compile(r"(?:本年|当年)?(?:度)?(?:决算数?|实际数?)|本年(?:度|数)?|自评数?")
_YEAR_ROW = re.compile(r"(20\d\d)年?度?(?:决算数?|数)?")
_SURE_COLUMNS = 3  # so many columns that add up are no coincidence
_REMARK = re.compile(r"[*★☆※#]*(?:备?注|说明|填表说明|单位|金额单位|计量单位)\d?:")
_ANNEX = re.compile(r"附(?:件|表)[\d一二三四五六-]*")
_SECOND_LABEL = re.compile(r"\s{2,}|　|\s(?=\S{2,12}[:：])|(?:预算|单位)?编码")
_SPACED_OUT = re.compile(r"\S(?:\s+\S)+")
_PLACEHOLDER = re.compile(r"[\s_＿\-—:：年月日　。]*")
_DATE_BLANK = re.compile(r"(?<![\d一二三四五六七八九十〇])\s*年\s*月\s*日")
_TITLE_UNIT = re.compile(
    r"^(.{2,40}?)(?:20\d\d年?度?|二〇\S{2}年度?)?(?:年度)?(?:部门|整体支出|绩效)"
)


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


class ProfileReader:
    """Reads the profile in one region of one sheet."""

    def __init__(self, region: Region, spec: FormSpec, values: Values) -> None:
        self.region = region
        self.grid = region.grid
        self.spec = spec
        self.values = values
        self.known = known_labels(spec)
        self.heads_of_tables = table_labels(spec)
        self.tables = {b.id: self._table_heads(b) for b in spec.blocks if b.kind == "table"}
        self.starts = self._block_starts()
        self.read = ProfileRead({}, [], [], {}, {})
        self.wholes: set[str] = set()  # names of rows that proved to be the 合计 of a table

    @property
    def found(self) -> int:
        """How many blocks, heads and labels of the profile are in the region."""
        own = [field for field in self.spec.fields.values() if not field.attachment]
        pairs = [f for f in own if self._block(f.block) in ("pairs",)]
        labels = sum(bool(self.region.areas(labels_of(field))) for field in pairs)
        heads = sum(len(heads) for heads in self.tables.values())
        return len(self.starts) + heads + labels

    def below(self) -> int:
        """The row from which a second profile may stand, 0 when no block of this one comes again."""
        last = max(area.row for area in self.starts.values())
        again = [
            area.row
            for start in self.starts.values()
            for area in self.region.areas((self.grid.core(start),), last + 1)
        ]
        return last + 1 if len(again) >= _COMES_AGAIN else 0

    def read_all(self) -> ProfileRead:
        """Facts, table rows, targets and places of the whole region."""
        for field in self.spec.fields.values():
            if field.block != "scoring" and not field.attachment:
                self.read.facts[field.id] = missing_fact(field.id)
        readers = {
            "pairs": self._read_pairs,
            "table": self._read_table,
            "targets": self._read_targets,
            "qualitative": self._read_qualitative,
            "people": self._read_people,
            "signatures": self._read_signatures,
            "prose": self._read_prose,
        }
        for block in self.spec.blocks:
            readers[block.kind](block)
        self._read_titles()
        return self.read

    # ---- where blocks begin ----

    def _block(self, block_id: str) -> str:
        return next((b.kind for b in self.spec.blocks if b.id == block_id), "")

    def _block_starts(self) -> dict[str, Area]:
        starts: dict[str, Area] = {}
        for block in self.spec.blocks:
            anchor = next(iter(self._anchors(block)), None)
            heads = self.tables.get(block.id)
            if heads:
                top = min(heads.values(), key=lambda area: (area.row, area.column))
                titles = [a for a in self._anchors(block) if a.row <= top.row]
                anchor = titles[-1] if titles else top
            if anchor is not None:
                starts[block.id] = anchor
        return starts

    def _anchors(self, block: BlockSpec) -> list[Area]:
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

    def _end_of(self, block_id: str, row: int) -> int:
        """Last row before the next block that begins below the row."""
        later = [
            min(a.row, min((h.row for h in self.tables.get(b, {}).values()), default=a.row))
            for b, a in self.starts.items()
            if b != block_id
        ]
        below = [start for start in later if start > row]
        return min(below, default=self.region.last + 1) - 1

    def _missing_block(self, block: BlockSpec) -> None:
        if block.optional:
            return
        where = (CellRef(self.grid.name, self.region.first, 1),)
        self.values.problems.append(
            ReadingProblem("form.block_missing", where, details={"label": block.title})
        )

    # ---- pairs ----

    def _read_pairs(self, block: BlockSpec) -> None:
        start = self.starts.get(block.id)
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
            return self.values.fact(field.id, field.kind, self.grid, value, found_by)
        return self._inline(field, first, last)

    def _cover_end(self) -> int:
        starts = [a.row for b, a in self.starts.items() if b not in ("cover", "result")]
        return min(starts, default=self.region.last + 1) - 1

    def _value_of(self, label: Area) -> Area | None:
        """The rectangle right of a label, or below it where a row of values follows the labels."""
        beside = self._value_beside(label)
        if beside is not None and not self.grid.is_blank(beside):
            return beside
        below = self.grid.area_at(label.last_row + 1, label.column)
        if (
            below.column != label.column
            or self.grid.is_blank(below)
            or any(self._is_label(area) for area in self.grid.filled_areas(below.row))
        ):
            return beside
        return below

    def _value_beside(self, label: Area) -> Area | None:
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
            elif self._is_label(area):
                return empty
            else:
                return area
        return empty or Area(label.row, column, label.row, column)

    def _is_label(self, area: Area) -> bool:
        cell = self.grid.cell(area)
        return cell is not None and cell.kind == "text" and core_label(cell.raw) in self.known

    def _inline(self, field: FieldSpec, first: int, last: int) -> Fact | None:
        """A value written behind its label in the same cell, such as 填报单位：某某局."""
        if field.kind == "prose":
            return None
        found_by = f"“{field.label}：”之后"
        for area, _, value in self._inlines(field):
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
            self.starts[b.id].row
            for b in self.spec.blocks
            if b.kind == "prose" and b.id in self.starts
        ]
        return (
            len(text) > _LONGEST_ENTRY
            or text.count("\n") > 1
            or area.row >= min(reports, default=1 << 21)
        )

    def _inlines(self, field: FieldSpec) -> list[tuple[Area, str, str]]:
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

    def _read_table(self, block: BlockSpec) -> None:
        heads = self.tables[block.id]
        if not heads:
            self._missing_block(block)
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
        rows = _without_subtotals(self._shown_rows(block, rows))
        rows = self._with_whole(self._own_kind(rows))
        rows = [replace(row, unit=_AMONG.sub("", row.unit)) for row in rows]
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
        title = next((a.row for a in reversed(self._anchors(block)) if a.row <= top), None)
        for row, unit, label in reversed(self.grid.unit_lines):
            if not top - _UNIT_REACH <= row <= top or row in self.region.without:
                continue
            if title is not None and row >= title:
                return unit
            if label in self.heads_of_tables or (title is not None and label in self.known):
                continue
            return unit
        return ""

    def _body_rows(self, block: BlockSpec, heads: dict[str, Area], columns: Columns) -> list[int]:
        """Rows of figures: those filled, or the first one below the heads when none is."""
        below = max(self._head_bottom(area) for area in heads.values()) + 1
        end = self._end_of(block.id, max(area.row for area in heads.values()))
        rows = []
        for row in self.region.rows(below, end):
            filled = [
                a for a in self.grid.filled_areas(row) if a.overlap(columns.first, columns.last)
            ]
            if any(self._is_label(area) for area in filled):
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
        hidden = [r for r in rows if r.ref.row in self.grid.sheet.hidden_rows and _has_figures(r)]
        shown = [row for row in rows if row.ref.row not in self.grid.sheet.hidden_rows]
        if not hidden or not any(map(_has_figures, shown)):
            return rows
        totals = [row for row in shown if row.is_total]
        if totals:
            held, broken = _columns_that_add_up(totals[-1], [r for r in rows if not r.is_total])
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
        filled = [row for row in rows if _has_figures(row)]
        if len(filled) < 2 or any(row.is_total for row in rows):
            return rows
        own = self.read.facts["unit_name"]
        names = self.wholes | ({core_label(own.text)} if own.state is State.TEXT else set())
        whole = _whole_of(filled, names)
        if whole is None:
            return rows
        self.wholes.add(core_label(whole.unit))
        note = f"“{whole.unit or '第一行'}”一行是其余各行的合计，按合计读"
        facts = {name: _noted(fact, note) for name, fact in whole.facts.items()}
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
        return min(head.last_row, head.row + _HEAD_ROWS)

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
        return TableRow(block.id, name, _is_total(name), facts, ref)

    def _whole(self, field_id: str, rows: list[TableRow]) -> Fact:
        """The fact of the unit as a whole: the 合计 row, the only row, or the sum of all rows."""
        totals = [row.facts[field_id] for row in rows if row.is_total]
        if totals:
            return totals[-1]
        facts = [row.facts[field_id] for row in rows]
        return summed(facts, self.grid, self.values) if facts else missing_fact(field_id)

    # ---- targets ----

    def _read_targets(self, block: BlockSpec) -> None:
        start = self.starts.get(block.id)
        heads = self._target_heads(block, start.row if start else 0)
        if heads is None:
            self._missing_block(block)
            return
        top = heads["target"]
        self.read.labels[block.id] = self.grid.ref(start or top)
        end = min([self._end_of(block.id, top.row), *self._before_result(top.row)])
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
        areas += [a for field in fields for a, _, _ in self._inlines(field) if a.row > row]
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
        if self._is_label(target_area):
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

    # ---- texts ----

    def _read_qualitative(self, block: BlockSpec) -> None:
        start = self.starts.get(block.id)
        heads: dict[str, Area] = {}
        for field_id in block.fields:
            labels = labels_of(self.spec.fields[field_id])
            found = self.region.areas(labels, start.row if start else 0)
            if found:
                heads[field_id] = found[0]
        for field_id, area in self._texts_below(block, heads).items():
            field = self.spec.fields[field_id]
            found_by = f"“{field.label}”之下"
            self.read.facts[field_id] = self.values.fact(
                field_id, field.kind, self.grid, area, found_by
            )

    def _texts_below(self, block: BlockSpec, heads: dict[str, Area]) -> dict[str, Area]:
        """Under each head the first filled rectangle, else the one right below; never a label."""
        if not heads:
            return {}
        columns = Columns(self.grid, heads)
        row = max(head.row for head in heads.values())
        first = max(head.last_row for head in heads.values()) + 1
        last = min(first + _GAP_BELOW, self._end_of(block.id, row))
        found = {name: a for name, a in columns.areas(first).items() if not self._is_label(a)}
        for number in self.region.rows(first, last):
            areas = columns.areas(number)
            if any(self._is_label(area) for area in areas.values()):
                break
            found |= {n: a for n, a in areas.items() if n in found and self.grid.is_blank(found[n])}
        return found

    def _read_people(self, block: BlockSpec) -> None:
        start = self.starts.get(block.id)
        if start:
            self.read.labels[block.id] = self.grid.ref(start)

    def _read_signatures(self, block: BlockSpec) -> None:
        for field_id in block.fields:
            field = self.spec.fields[field_id]
            fact = self._signature(field)
            if fact is not None:
                self.read.facts[field_id] = fact

    def _signature(self, field: FieldSpec) -> Fact | None:
        found = [(area, value) for area, _, value in self._inlines(field)]
        found += [(area, "") for area in self.region.areas(labels_of(field))]
        if not found:
            return None
        area, value = min(found)
        self.read.labels[field.id] = self.grid.ref(area)
        return self._signed(field, area, value)

    def _signed(self, field: FieldSpec, label: Area, inline: str) -> Fact:
        if not _PLACEHOLDER.fullmatch(inline):
            return self.values.text_fact(field.id, self.grid, label, "同一格", inline)
        beside = self._value_beside(label)
        if beside is not None and not self.grid.is_blank(beside):
            return self.values.fact(field.id, "text", self.grid, beside, "右侧一格")
        below = self.grid.area_at(label.last_row + 1, label.column)
        text = self.grid.text(below).strip()
        if (
            text
            and "签" not in text
            and not self._is_label(below)
            and not _PLACEHOLDER.fullmatch(text)
        ):
            return self.values.fact(field.id, "text", self.grid, below, "下面一格")
        place = beside if beside and beside.last_column <= self.grid.last_column else label
        return self.values.text_fact(field.id, self.grid, place, "右侧或下面一格", "")

    def _read_prose(self, block: BlockSpec) -> None:
        start = self.starts.get(block.id)
        field_id = block.fields[0]
        if start is None:
            self._missing_block(block)
            return
        self.read.labels[block.id] = self.grid.ref(start)
        inline = _after_label(self.grid.text(start), tuple(map(core_label, block.anchors)))
        pieces = [(start, inline)] if inline else []
        edge = self._right_edge(start)
        right = [a for a in self.grid.row_areas(start.row) if start.last_column < a.column <= edge]
        pieces += [(a, self.grid.text(a).strip()) for a in right if not self.grid.is_blank(a)]
        for row in self.region.rows(start.last_row + 1, self._end_of(block.id, start.row)):
            filled = [area for area in self.grid.filled_areas(row) if area.column <= edge]
            if any(_ANNEX.fullmatch(self.grid.core(a)) or self._is_label(a) for a in filled):
                break
            pieces += [(area, self.grid.text(area).strip()) for area in filled]
        if not pieces:
            below = self.grid.area_at(start.last_row + 1, start.column)
            area = right[0] if right else below
            self.read.facts[field_id] = self.values.fact(
                field_id, "prose", self.grid, area, "标题旁或标题下"
            )
            return
        whole = "\n".join(text for _, text in pieces)
        fact = self.values.text_fact(field_id, self.grid, pieces[0][0], "标题旁或标题下", whole)
        self.read.facts[field_id] = fact

    def _right_edge(self, start: Area) -> int:
        """The last column of the form: what stands further right are remarks beside it."""
        heads = [area for heads in self.tables.values() for area in heads.values()]
        return max((a.last_column for a in [start, *heads]), default=0) if heads else 1 << 14

    def _read_titles(self) -> None:
        """Lines above the first block that name the unit or the year."""
        starts = [a.row for b, a in self.starts.items() if b != "cover"]
        end = min([*starts, *(row for row in self.region.without)], default=1) - 1
        for row in self.region.rows(1, end):
            for area in self.grid.filled_areas(row):
                text = self.grid.text(area).strip()
                if self.grid.cell(area) and len(text) > 4 and not self._is_label(area):
                    key = f"title.{len(self.read.titles) + 1}"
                    self.read.titles[key] = self.values.text_fact(
                        key, self.grid, area, "标题", text
                    )


@cache
def labels_of(field: FieldSpec) -> tuple[str, ...]:
    """All spellings of a field's label, as compared."""
    return tuple(core_label(text) for text in (field.label, *field.aliases))


def known_labels(spec: FormSpec) -> frozenset[str]:
    """Every label the form prints: none of them is ever a value."""
    return _known_labels(ByDigest(spec))


def table_labels(spec: FormSpec) -> frozenset[str]:
    """Every head of a table's column: a unit in one rules no other table."""
    return _table_labels(ByDigest(spec))


@lru_cache(maxsize=32)
def _known_labels(key: ByDigest) -> frozenset[str]:
    spec = key.spec
    printed = {core_label(c.text) for sheet in spec.sheets for c in sheet.cells if c.text}
    own = {label for f in spec.fields.values() if not f.attachment for label in labels_of(f)}
    anchors = {core_label(text) for block in spec.blocks for text in (*block.anchors, block.key)}
    columns = {
        core_label(text)
        for texts in (spec.scoring.third_level, spec.scoring.self_score, spec.scoring.criteria)
        for text in texts
    }
    numbers = {label for label in printed if label.replace(".", "").isdigit()}
    return frozenset((printed | own | anchors | columns) - {"", "万元"} - numbers)


@lru_cache(maxsize=32)
def _table_labels(key: ByDigest) -> frozenset[str]:
    blocks = [block for block in key.spec.blocks if block.kind == "table"]
    fields = [key.spec.fields[name] for block in blocks for name in block.fields]
    return frozenset(label for field in fields for label in labels_of(field))


def title_unit(text: str) -> str:
    """The unit that a title such as 某某局2021年度部门整体支出绩效自评表 begins with, or empty."""
    match = _TITLE_UNIT.match(normalize_label(text))
    name = match[1] if match else ""
    return "" if not name or name.startswith(("附件", "部门", "20", "(")) else name


def _after_label(text: str, labels: tuple[str, ...]) -> str:
    """What follows a label that begins the text, empty when nothing does."""
    if core_label(text) in labels:
        return ""
    ends = [end for end in range(2, 80) if core_label(text[:end]) in labels]
    return text[max(ends, default=0) :].strip() if ends else ""


def _named(value: str) -> str:
    """The name in what follows a label's colon: up to the next label, spaced-out characters joined."""
    text = value.strip()
    if _SPACED_OUT.fullmatch(text):
        return "".join(text.split())
    return _SECOND_LABEL.split(text)[0]


def _without_subtotals(rows: list[TableRow]) -> list[TableRow]:
    """The rows without 小计; a single one below all others is the 合计 when there is no other."""
    names = [core_label(row.unit) for row in rows]
    if not any(name.endswith(_SUBTOTAL) for name in names):
        return rows
    lone = sum(name.endswith(_SUBTOTAL) for name in names) == 1 and len(rows) > 1
    if lone and names[-1].endswith(_SUBTOTAL) and not any(row.is_total for row in rows):
        return [*rows[:-1], replace(rows[-1], is_total=True)]
    return [row for row, name in zip(rows, names, strict=True) if not name.endswith(_SUBTOTAL)]


def _is_total(name: str) -> bool:
    """Whether a row's name says that it is the whole: 合计, 部门汇总数, 本部门（合计）."""
    return core_label(name).rstrip("数)").endswith(_TOTALS)


def _has_figures(row: TableRow) -> bool:
    return any(fact.number is not None for fact in row.facts.values())


def _noted(fact: Fact, note: str) -> Fact:
    return replace(fact, note="；".join(filter(None, (fact.note, note))))


def _whole_of(rows: list[TableRow], names: Collection[str]) -> TableRow | None:
    """The row that is the whole of the others, None when no row is so for certain."""
    if _AMONG.match(rows[1].unit) and not _AMONG.match(rows[0].unit):
        return rows[0]
    for row in (rows[0], rows[-1]):
        others = [other for other in rows if other is not row]
        held, broken = _columns_that_add_up(row, others)
        # Of two rows alike either may be the whole, or both may be 机构 with equal figures.
        is_sure = len(others) > 1 or core_label(row.unit) == core_label(others[0].unit)
        if is_sure and held >= _SURE_COLUMNS and held > 2 * broken:
            return row
        if held > broken and core_label(row.unit) in names:
            return row
    return None


def _columns_that_add_up(whole: TableRow, parts: list[TableRow]) -> tuple[int, int]:
    """In how many columns the row is the sum of the others, and in how many it is not."""
    held = broken = 0
    for name, fact in whole.facts.items():
        numbers = [row.facts[name].number for row in parts if name in row.facts]
        given = [number for number in numbers if number is not None]
        if not any(given) and not fact.number:
            continue
        equal = fact.number is not None and abs(sum(given, Decimal(0)) - fact.number) <= Decimal(
            "0.01"
        ) * len(given)
        held, broken = held + equal, broken + (not equal)
    return held, broken
