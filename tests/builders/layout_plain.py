"""The official layout over a modest grid: eight columns for 附件2-1, seven for 附件2-2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from openpyxl import Workbook

from .forms import FilledForm
from .grid import lay_out
from .sheet import Look, draw
from .table import Row, heading_rows, scoring_rows, self_evaluation_rows

_SELF_EVALUATION_WIDTHS = (14, 11, 11, 12, 12, 11, 11, 12)
_SCORING_WIDTHS = (9, 11, 17, 54, 7, 9, 27)

# The columns between which a row's cells lie, by the row's key.
SELF_EVALUATION_COLUMNS: dict[str, tuple[int, ...]] = {
    "heading": (0, 8),
    "section": (0, 8),
    "note": (0, 8),
    "contact": (0, 1, 4, 6, 8),
    "staff": (0, 1, 4, 6, 8),
    "duties": (0, 1, 8),
    "tasks": (0, 1, 8),
    "achievements": (0, 1, 8),
    "income_head": (0, 1, 2, 8),
    "income_heads": (0, 1, 2, 3, 4, 5, 7, 8),
    "income": (0, 1, 2, 3, 4, 5, 7, 8),
    "expenditure_head": (0, 1, 2, 6, 8),
    "expenditure_heads": (0, 1, 2, 3, 5, 6, 7, 8),
    "expenditure_leaves": (0, 1, 2, 3, 4, 5, 6, 7, 8),
    "expenditure": (0, 1, 2, 3, 4, 5, 6, 7, 8),
    "three_public_head": (0, 1, 2, 8),
    "three_public_heads": (0, 1, 2, 3, 5, 7, 8),
    "three_public": (0, 1, 2, 3, 5, 7, 8),
    "assets_head": (0, 1, 2, 6, 8),
    "assets_heads": (0, 1, 2, 4, 6, 8),
    "fixed_assets": (0, 1, 2, 4, 6, 8),
    "qualitative_head": (0, 1, 4, 8),
    "qualitative": (0, 1, 4, 8),
    "targets_head": (0, 1, 3, 7, 8),
    "target": (0, 1, 2, 3, 7, 8),
    "self_total": (0, 2, 8),
    "self_rating": (0, 2, 8),
    "persons_head": (0, 2, 4, 6, 8),
    "person": (0, 2, 4, 6, 8),
    "narrative": (0, 1, 8),
}
SCORING_COLUMNS: dict[str, tuple[int, ...]] = {
    "caption": (0, 7),
    "heading": (0, 7),
    "scoring_head": (0, 1, 2, 3, 4, 5, 6, 7),
    "indicator": (0, 1, 2, 3, 4, 5, 6, 7),
    "scoring_total": (0, 1, 2, 3, 4, 5, 6, 7),
}


def build(
    form: FilledForm,
    look: Look | None = None,
    *,
    sheet_names: tuple[str, str] = ("附件2-1 自评表", "附件2-2 评分表"),
    top: int = 1,
    left: int = 1,
    scoring_first: bool = False,
    with_scoring: bool = True,
) -> Workbook:
    """A workbook of two sheets.

    Args:
        form: What the unit filled in.
        look: How it looks; the scoring sheet takes the same on a landscape page.
        sheet_names: The names of 附件2-1 and of 附件2-2.
        top: The sheet row of the first line.
        left: The sheet column of the first cell.
        scoring_first: Whether 附件2-2 is the first sheet.
        with_scoring: False leaves 附件2-2 out.
    """
    look = look or Look()
    workbook = Workbook()
    first = workbook.worksheets[0]
    first.title = sheet_names[0]
    rows = [*heading_rows(form.heading), *self_evaluation_rows(form)]
    draw(first, lay_out(rows, _self_evaluation_cuts), look, top=top, left=left)
    if with_scoring:
        second = workbook.create_sheet(sheet_names[1], 0 if scoring_first else 1)
        wide = replace(look, width=look.width * 1.45, landscape=True)
        draw(second, lay_out(scoring_rows(form), _scoring_cuts), wide, top=top, left=left)
    workbook.active = 0
    return workbook


def _self_evaluation_cuts(row: Row) -> Sequence[int]:
    return positions(_SELF_EVALUATION_WIDTHS, SELF_EVALUATION_COLUMNS[row.key])


def _scoring_cuts(row: Row) -> Sequence[int]:
    return positions(_SCORING_WIDTHS, SCORING_COLUMNS[row.key])


def positions(widths: Sequence[int], columns: Sequence[int]) -> list[int]:
    """Where the given column edges lie when the columns are so wide."""
    return [sum(widths[:column]) for column in columns]
