"""Rows of one table of the profile to each other: totals, subtotals, the whole and its parts."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

from perfeval_xl.model import Fact, TableRow
from perfeval_xl.reader.grid import core_label

_TOTALS = ("合计", "总计", "汇总")
_SUBTOTAL = "小计"
AMONG = re.compile(r"[（(]?其中[：:、]?\s*")  # a row that begins so is a part of the one above
_NEARLY = Decimal("0.1")
_SURE_COLUMNS = 3  # so many columns that add up are no coincidence


def without_subtotals(rows: list[TableRow]) -> list[TableRow]:
    """The rows without 小计; a single one below all others is the 合计 when there is no other."""
    names = [core_label(row.unit) for row in rows]
    if not any(name.endswith(_SUBTOTAL) for name in names):
        return rows
    lone = sum(name.endswith(_SUBTOTAL) for name in names) == 1 and len(rows) > 1
    if lone and names[-1].endswith(_SUBTOTAL) and not any(row.is_total for row in rows):
        return [*rows[:-1], replace(rows[-1], is_total=True)]
    return [row for row, name in zip(rows, names, strict=True) if not name.endswith(_SUBTOTAL)]


def without_details(rows: list[TableRow]) -> list[TableRow]:
    """The rows without those that are 其中 of the one above and no division of the whole.

    They stay where the first row is divided by all the others, or where the 合计 counts them.
    """
    details = [row for row in rows if AMONG.match(row.unit)]
    if not details or AMONG.match(rows[0].unit):
        return rows
    totals = [row for row in rows if row.is_total]
    if totals:
        held, broken = columns_that_add_up(totals[-1], [r for r in rows if not r.is_total])
        is_divided = held > broken
    else:
        is_divided = rows[1] in details and len(rows) > 2 and _nearly_add_up(rows[0], rows[1:])
    return rows if is_divided else [row for row in rows if row not in details]


def _nearly_add_up(whole: TableRow, parts: list[TableRow]) -> bool:
    """Whether the parts were meant to be all of the whole: in its first figure they nearly are."""
    for name, fact in whole.facts.items():
        if fact.number:
            given = [row.facts[name].number for row in parts if name in row.facts]
            added = sum((number for number in given if number is not None), Decimal(0))
            return abs(added - fact.number) <= _NEARLY * abs(fact.number)
    return False


def is_total(name: str) -> bool:
    """Whether a row's name says that it is the whole: 合计, 部门汇总数, 本部门（合计）."""
    return core_label(name).rstrip("数)").endswith(_TOTALS)


def sums_up(name: str) -> bool:
    """Whether a row's name says that it only adds up others: 合计, 小计."""
    return is_total(name) or core_label(name).endswith(_SUBTOTAL)


def has_figures(row: TableRow) -> bool:
    """Whether any figure of a row is a number."""
    return any(fact.number is not None for fact in row.facts.values())


def noted(fact: Fact, note: str) -> Fact:
    """The fact with one note more."""
    return replace(fact, note="；".join(filter(None, (fact.note, note))))


def whole_of(rows: list[TableRow], names: Collection[str]) -> TableRow | None:
    """The row that is the whole of the others, None when no row is so for certain."""
    if AMONG.match(rows[1].unit) and not AMONG.match(rows[0].unit):
        return rows[0]
    for row in (rows[0], rows[-1]):
        others = [other for other in rows if other is not row]
        held, broken = columns_that_add_up(row, others)
        # Of two rows alike either may be the whole, or both may be 机构 with equal figures.
        is_sure = len(others) > 1 or core_label(row.unit) == core_label(others[0].unit)
        if is_sure and held >= _SURE_COLUMNS and held > 2 * broken:
            return row
        if held > broken and core_label(row.unit) in names:
            return row
    return None


def columns_that_add_up(whole: TableRow, parts: list[TableRow]) -> tuple[int, int]:
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
