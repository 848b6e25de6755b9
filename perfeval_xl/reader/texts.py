"""What a profile says in words: aims in prose, signatures, the report, titles above the blocks."""

from __future__ import annotations

import re

from perfeval_xl.forms.spec import BlockSpec, FieldSpec
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import Fact
from perfeval_xl.reader.columns import Columns
from perfeval_xl.reader.grid import Area, core_label
from perfeval_xl.reader.ground import BlockReader
from perfeval_xl.reader.known import labels_of

_GAP_BELOW = 3  # a text may stand so many rows further down than right below its head
_ANNEX = re.compile(r"附(?:件|表)[\d一二三四五六-]*")
_PLACEHOLDER = re.compile(r"[\s_＿\-—:：年月日　。]*")
_DATE_BLANK = re.compile(r"(?<![\d一二三四五六七八九十〇])\s*年\s*月\s*日")
_TITLE_UNIT = re.compile(
    r"^(.{2,40}?)(?:20\d\d年?度?|二〇\S{2}年度?)?(?:年度)?(?:部门|整体支出|绩效)"
)


class TextReader(BlockReader):
    """Reads texts and signatures."""

    def read_qualitative(self, block: BlockSpec) -> None:
        """Fill in the texts below their heads."""
        start = self.ground.starts.get(block.id)
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
        last = min(first + _GAP_BELOW, self.ground.end_of(block.id, row))
        found = {name: a for name, a in columns.areas(first).items() if not self.ground.is_label(a)}
        for number in self.region.rows(first, last):
            areas = columns.areas(number)
            if any(self.ground.is_label(area) for area in areas.values()):
                break
            found |= {n: a for n, a in areas.items() if n in found and self.grid.is_blank(found[n])}
        return found

    def read_people(self, block: BlockSpec) -> None:
        """Note where the people who evaluated stand."""
        start = self.ground.starts.get(block.id)
        if start:
            self.read.labels[block.id] = self.grid.ref(start)

    def read_signatures(self, block: BlockSpec) -> None:
        """Fill in signatures, opinions and dates."""
        for field_id in block.fields:
            field = self.spec.fields[field_id]
            fact = self._signature(field)
            if fact is not None:
                self.read.facts[field_id] = fact

    def _signature(self, field: FieldSpec) -> Fact | None:
        found = [(area, value) for area, _, value in self.ground.inlines(field)]
        found += [(area, "") for area in self.region.areas(labels_of(field))]
        if not found:
            return None
        area, value = min(found)
        self.read.labels[field.id] = self.grid.ref(area)
        return self._signed(field, area, value)

    def _signed(self, field: FieldSpec, label: Area, inline: str) -> Fact:
        if not _PLACEHOLDER.fullmatch(inline):
            return self.values.text_fact(field.id, self.grid, label, "同一格", inline)
        beside = self.ground.value_beside(label)
        if beside is not None and not self.grid.is_blank(beside):
            return self.values.fact(field.id, "text", self.grid, beside, "右侧一格")
        below = self.grid.area_at(label.last_row + 1, label.column)
        text = self.grid.text(below).strip()
        if (
            text
            and "签" not in text
            and not self.ground.is_label(below)
            and not _PLACEHOLDER.fullmatch(text)
        ):
            return self.values.fact(field.id, "text", self.grid, below, "下面一格")
        place = beside if beside and beside.last_column <= self.grid.last_column else label
        return self.values.text_fact(field.id, self.grid, place, "右侧或下面一格", "")

    def read_prose(self, block: BlockSpec) -> None:
        """Fill in the report: what stands behind, beside and below its title."""
        start = self.ground.starts.get(block.id)
        field_id = block.fields[0]
        if start is None:
            self.ground.missing_block(block)
            return
        self.read.labels[block.id] = self.grid.ref(start)
        inline = _after_label(self.grid.text(start), tuple(map(core_label, block.anchors)))
        pieces = [(start, inline)] if inline else []
        edge = self._right_edge(start)
        right = [a for a in self.grid.row_areas(start.row) if start.last_column < a.column <= edge]
        pieces += [(a, self.grid.text(a).strip()) for a in right if not self.grid.is_blank(a)]
        for row in self.region.rows(start.last_row + 1, self.ground.end_of(block.id, start.row)):
            filled = [area for area in self.grid.filled_areas(row) if area.column <= edge]
            if any(_ANNEX.fullmatch(self.grid.core(a)) or self.ground.is_label(a) for a in filled):
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
        heads = [area for heads in self.ground.tables.values() for area in heads.values()]
        return max((a.last_column for a in [start, *heads]), default=0) if heads else 1 << 14

    def read_titles(self) -> None:
        """Lines above the first block that name the unit or the year."""
        starts = [a.row for b, a in self.ground.starts.items() if b != "cover"]
        end = min([*starts, *(row for row in self.region.without)], default=1) - 1
        for row in self.region.rows(1, end):
            for area in self.grid.filled_areas(row):
                text = self.grid.text(area).strip()
                if self.grid.cell(area) and len(text) > 4 and not self.ground.is_label(area):
                    key = f"title.{len(self.read.titles) + 1}"
                    self.read.titles[key] = self.values.text_fact(
                        key, self.grid, area, "标题", text
                    )


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
