"""A Word table pasted into Excel: few real columns over many grid columns, all by merges.

In Word each row has its own cuts, a few millimetres off those of the row above; pasted,
every cut becomes a column edge. Positions are thousandths of the table's width.
"""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl import Workbook

from .forms import FilledForm
from .grid import lay_out
from .sheet import Look, draw
from .table import Row, heading_rows, scoring_rows, self_evaluation_rows

_WHOLE = (0, 1000)
_CUTS: dict[str, tuple[int, ...]] = {
    "heading": _WHOLE,
    "caption": _WHOLE,
    "section": _WHOLE,
    "note": _WHOLE,
    "contact": (0, 150, 430, 560, 1000),
    "staff": (0, 135, 430, 600, 1000),
    "duties": (0, 150, 1000),
    "tasks": (0, 165, 1000),
    "achievements": (0, 135, 1000),
    "income_head": (0, 150, 265, 1000),
    "income_heads": (0, 150, 265, 372, 500, 625, 840, 1000),
    "income": (0, 135, 265, 385, 500, 640, 840, 1000),
    "expenditure_head": (0, 135, 250, 740, 1000),
    "expenditure_heads": (0, 135, 250, 372, 640, 740, 880, 1000),
    "expenditure_leaves": (0, 135, 250, 372, 500, 640, 740, 880, 1000),
    "expenditure": (0, 150, 265, 385, 515, 640, 760, 880, 1000),
    "three_public_head": (0, 120, 235, 1000),
    "three_public_heads": (0, 120, 235, 430, 640, 840, 1000),
    "three_public": (0, 135, 250, 430, 625, 840, 1000),
    "assets_head": (0, 165, 265, 720, 1000),
    "assets_heads": (0, 165, 265, 500, 720, 1000),
    "fixed_assets": (0, 150, 265, 515, 720, 1000),
    "qualitative_head": (0, 165, 560, 1000),
    "qualitative": (0, 165, 600, 1000),
    "targets_head": (0, 150, 385, 840, 1000),
    "self_total": (0, 265, 1000),
    "self_rating": (0, 235, 1000),
    "persons_head": (0, 235, 500, 760, 1000),
    "scoring_total": (0, 85, 165, 295, 590, 655, 745, 1000),
    "narrative": (0, 120, 1000),
}
_TARGETS = tuple(
    (0, 150, 265, label, result, 1000)
    for label, result in (
        *((372, 840), (385, 880), (385, 800), (372, 880), (400, 840)),
        *((400, 880), (372, 800), (385, 840), (372, 840), (400, 800)),
    )
)
_PERSONS = (
    (0, 250, 500, 740, 1000),
    (0, 235, 515, 760, 1000),
    (0, 265, 500, 720, 1000),
    (0, 250, 515, 740, 1000),
)
_SCORING_HEADS = ((0, 85, 165, 280, 590, 655, 730, 1000), (0, 70, 150, 295, 575, 655, 745, 1000))
# The edges right of 一级指标 and of 二级指标, with the first row to which they apply.
_GROUPS = ((1, 85, 165), (4, 70, 150), (8, 70, 165), (13, 70, 180), (14, 100, 180),
           (16, 85, 175), (22, 70, 150))  # fmt: skip
_NAME = (265, 280, 295, 310)
_CRITERIA = (560, 575, 590, 605)
_POINTS = (640, 655, 670)
_SELF_SCORE = (700, 715, 730, 745, 760)


def build(
    form: FilledForm,
    look: Look | None = None,
    *,
    sheet_names: tuple[str, str] = ("Sheet1", "Sheet2"),
) -> Workbook:
    """A workbook of two sheets, each a pasted Word table; figures are text by default."""
    look = look or Look(font="仿宋", as_text=True, width=96)
    workbook = Workbook()
    first = workbook.worksheets[0]
    first.title = sheet_names[0]
    rows = [*heading_rows(form.heading), *self_evaluation_rows(form)]
    draw(first, lay_out(rows, cuts), look)
    draw(workbook.create_sheet(sheet_names[1]), lay_out(scoring_rows(form), cuts), look)
    return workbook


def cuts(row: Row) -> Sequence[int]:
    """The cuts of one row, by its pattern and by its place among rows of that pattern."""
    if row.key == "target":
        return _TARGETS[row.number]
    if row.key == "person":
        return _PERSONS[row.number]
    if row.key == "scoring_head":
        return _SCORING_HEADS[row.number]
    if row.key == "indicator":
        return _indicator_cuts(row.number + 1)
    return _CUTS[row.key]


def _indicator_cuts(number: int) -> tuple[int, ...]:
    _, first, second = next(group for group in reversed(_GROUPS) if number >= group[0])
    # 评分标准 is one cell over 16 to 21 and over 22 to 24, 分值 one over 22 to 24.
    shared = 16 if 16 <= number <= 21 else 22 if 22 <= number <= 24 else number
    points = _POINTS[(shared if shared == 22 else number) // 2 % 3]
    return (
        *(0, first, second),
        _NAME[shared % 4],
        _CRITERIA[shared // 3 % 4],
        points,
        _SELF_SCORE[number % 5],
        1000,
    )
