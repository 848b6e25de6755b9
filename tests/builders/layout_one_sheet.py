"""Both forms one below the other on one sheet, under the cover lines of the printed report."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.worksheet.pagebreak import Break

from .forms import FilledForm
from .grid import lay_out
from .layout_plain import SELF_EVALUATION_COLUMNS
from .sheet import Look, draw
from .table import Row, heading_rows, scoring_rows, self_evaluation_rows

_SELF_EVALUATION_EDGES = (0, 130, 250, 370, 490, 610, 740, 870, 1000)
_SCORING: dict[str, tuple[int, ...]] = {
    "caption": (0, 1000),
    "scoring_head": (0, 65, 130, 250, 610, 670, 740, 1000),
    "indicator": (0, 65, 130, 250, 610, 670, 740, 1000),
    "scoring_total": (0, 65, 130, 250, 610, 670, 740, 1000),
}


def build(
    form: FilledForm, look: Look | None = None, *, sheet_name: str = "整体支出绩效自评"
) -> Workbook:
    """A workbook of one sheet: heading, 附件2-1, then 附件2-2 on a page of its own."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = sheet_name
    above = [*heading_rows(form.heading), *self_evaluation_rows(form)]
    rows = [*above, *scoring_rows(form)]
    draw(sheet, lay_out(rows, _cuts), look or Look(width=104))
    sheet.row_breaks.append(Break(id=len(above)))
    return workbook


def _cuts(row: Row) -> Sequence[int]:
    if row.key in _SCORING:
        return _SCORING[row.key]
    return [_SELF_EVALUATION_EDGES[column] for column in SELF_EVALUATION_COLUMNS[row.key]]
