"""The printed form of 2021 as data: labels, input cells and one real unit's figures.

annex-2021.json lies beside this file so that tests judge the product's own form data
with an independent eye.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TypedDict, cast

SELF_EVALUATION = "附件2-1"
SCORING = "附件2-2"
TABLES = ("income", "expenditure", "three_public", "fixed_assets")


class PrintedCell(TypedDict, total=False):
    """One cell of annex-2021.json; exactly one of label, input and merged is there."""

    label: str
    input: str
    merged: bool
    seed: str


PrintedRow = list[PrintedCell]


@lru_cache(maxsize=1)
def printed_sheets() -> dict[str, list[PrintedRow]]:
    """The rows of both sheets, by sheet name."""
    text = Path(__file__).with_name("annex-2021.json").read_text(encoding="utf-8")
    return cast("dict[str, list[PrintedRow]]", json.loads(text)["sheets"])


@lru_cache(maxsize=1)
def table_fields() -> dict[str, tuple[str, ...]]:
    """The field ids of each table of figures in printed order, without its 机构名称."""
    fields: dict[str, tuple[str, ...]] = {}
    for row in printed_sheets()[SELF_EVALUATION]:
        table = table_of(row)
        if table:
            fields[table] = tuple(cell["input"] for cell in row[1:])
    return fields


def table_of(row: PrintedRow) -> str | None:
    """The table whose row of figures this is, None for any other row."""
    first = row[0].get("input", "")
    table, _, column = first.partition(".")
    return table if column == "unit" else None


@lru_cache(maxsize=1)
def printed_points() -> tuple[str, ...]:
    """The printed 分值 of indicators 1 to 25; "" where one number stands for several rows."""
    return tuple(row[4].get("label", "") for row in _indicator_rows())


@lru_cache(maxsize=1)
def printed_criteria() -> tuple[str, ...]:
    """The printed 评分标准 of indicators 1 to 25; "" where one text stands for several rows."""
    return tuple(row[3].get("label", "") for row in _indicator_rows())


def is_indicator(row: PrintedRow) -> bool:
    """Whether the row carries an indicator's self-score."""
    return any(cell.get("input") == "self_score" for cell in row)


def _indicator_rows() -> list[PrintedRow]:
    return [row for row in printed_sheets()[SCORING] if is_indicator(row)]
