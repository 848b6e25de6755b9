"""The annotated copy: the submitted workbook itself, with ours beside the form and in notes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from perfeval_xl.model import (
    CellRef,
    Evaluation,
    Finding,
    IndicatorResult,
    ScoreRow,
    ScoringArea,
    Severity,
)
from perfeval_xl.ooxml import Border, Editor, Fill, Font, Sheet, SheetEditor, Style, Workbook
from perfeval_xl.writer.measure import text_height
from perfeval_xl.writer.review import review_sheet
from perfeval_xl.writer.style import (
    FONT,
    GRID,
    HEAD_FILL,
    HEAD_TEXT,
    MUTED,
    OUTCOME,
    SEVERITY,
    SUBHEAD_FILL,
    Look,
)
from perfeval_xl.writer.text import (
    AUTHOR,
    FIX_PREFIX,
    LEGEND_NOTE,
    REVIEW_SHEET,
    SCORING_HEADS,
    TEMPLATE_MARK,
    difference,
    interval,
    points,
    score_shown,
)

_WIDTHS = (11.0, 8.0, 15.0, 58.0)
_GAP = 2.0
_SIZE = 10.0
_MAX_HEIGHT = 409.0
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
_BORDER = Border(color=GRID)


def annotate(workbook: Workbook, evaluation: Evaluation, file: str) -> bytes:
    """The submitted workbook with scores beside the form, notes, fills and a first sheet.

    ``file`` is the name the unit sent it under.
    """
    editor = Editor(workbook, AUTHOR)
    by_cell = _findings_by_cell(evaluation.findings)
    area = evaluation.submission.area
    if area is not None:
        _ScoringColumns(editor.sheet(area.sheet), workbook.sheet(area.sheet), area).write(
            evaluation
        )
    for ref, findings in by_cell.items():
        _mark(editor.sheet(ref.sheet), workbook.sheet(ref.sheet), ref, findings)
    editor.add_sheet_first(REVIEW_SHEET, review_sheet(evaluation, file))
    return editor.to_bytes()


# ---- fills and notes ----


def _findings_by_cell(findings: Iterable[Finding]) -> dict[CellRef, list[Finding]]:
    """Findings by the cells they name, the gravest first in each."""
    found: dict[CellRef, list[Finding]] = {}
    for finding in findings:
        for ref in finding.marked_refs:
            found.setdefault(ref, []).append(finding)
    return {
        ref: sorted(items, key=lambda f: _ORDER.index(f.severity))
        for ref, items in sorted(found.items(), key=lambda item: (item[0].sheet, item[0].row, item[0].column))
    }  # fmt: skip


def _mark(editor: SheetEditor, sheet: Sheet, ref: CellRef, findings: list[Finding]) -> None:
    row, column = ref.row, ref.column
    merge = sheet.merge_at(row, column)
    if merge is not None:
        row, column = merge[0], merge[1]
    gravest = findings[0].severity
    editor.restyle(row, column, fill=_fill(SEVERITY[gravest]))
    editor.note(row, column, "\n\n".join(dict.fromkeys(_note(finding) for finding in findings)))


def _note(finding: Finding) -> str:
    look = SEVERITY[finding.severity]
    mark = TEMPLATE_MARK if finding.origin.value == "template" else ""
    return f"【{look.word}】{finding.message}{mark}\n{FIX_PREFIX}{finding.fix}"


@cache
def _fill(look: Look) -> Fill:
    if look.pattern == "solid":
        return Fill(look.fill)
    return Fill(look.mark, look.pattern, look.fill)


# ---- columns beside the scoring sheet ----


class _ScoringColumns:
    """复核得分, 差异, 复核结论, 复核说明 to the right of everything on the scoring sheet."""

    def __init__(self, editor: SheetEditor, sheet: Sheet, area: ScoringArea) -> None:
        self.editor = editor
        self.sheet = sheet
        self.area = area
        right = max(area.last_column, sheet.max_column, *_merge_edges(sheet, area))
        self.first = right + 2

    def write(self, evaluation: Evaluation) -> None:
        """Heads, a line per indicator, the totals and the legend."""
        self._set_widths()
        for row in self.area.header_rows:
            for offset, head in enumerate(SCORING_HEADS):
                self.editor.write(row, self.first + offset, head, _HEAD)
        rows = {row.indicator: row for row in evaluation.submission.scores}
        for result in evaluation.indicators:
            if result.id in rows:
                self._write_result(rows[result.id], result)
        if self.area.total_row is not None:
            self._write_totals(self.area.total_row, evaluation)
        self._write_legend((self.area.total_row or self.area.last_row) + 2)

    def _set_widths(self) -> None:
        self.editor.set_column_width(self.first - 1, _GAP)
        for offset, width in enumerate(_WIDTHS):
            self.editor.set_column_width(self.first + offset, width)

    def _write_result(self, row: ScoreRow, result: IndicatorResult) -> None:
        ref = row.self_score.ref or row.label.ref
        if ref is None:
            return
        look = OUTCOME[result.outcome]
        number = row.label.ref.row if row.label.ref else ref.row
        score = result.score if result.low == result.high else None
        self.editor.write(
            number, self.first, score if score is not None else score_shown(result), _cell(look)
        )
        self.editor.write(number, self.first + 1, difference(result), _cell(look, signed=True))
        self.editor.write(
            number, self.first + 2, f"{look.sign} {look.word}", _cell(look, bold=True)
        )
        self.editor.write(number, self.first + 3, result.sentence, _SENTENCE)
        self._fit(number, result.sentence)

    def _fit(self, row: int, sentence: str) -> None:
        """Make the row tall enough for the sentence and for what the unit wrote in it."""
        needed = text_height(sentence, _WIDTHS[3], _SIZE)
        if row not in self.sheet.row_heights:
            needed = max(needed, self._own_height(row))
        self.editor.set_row_height(row, min(needed, _MAX_HEIGHT))

    def _own_height(self, row: int) -> float:
        """Height the unit's own texts need, for a row that Excel would have fitted by itself."""
        heights = [self.sheet.default_height]
        for column in range(1, self.sheet.max_column + 1):
            cell = self.sheet.cells.get((row, column))
            if cell is None or cell.kind != "text":
                continue
            merge = self.sheet.merge_at(row, column)
            if merge is not None and merge[2] > merge[0]:
                continue
            last = merge[3] if merge else column
            width = sum(self.sheet.column_width(c) for c in range(column, last + 1))
            if "\n" in cell.raw or len(cell.raw) * 2 > width:
                heights.append(text_height(cell.raw, width))
        return max(heights)

    def _write_totals(self, row: int, evaluation: Evaluation) -> None:
        totals = evaluation.totals
        gap = None if totals.stated is None else totals.stated - totals.computed
        self.editor.write(row, self.first, totals.computed, _TOTAL)
        self.editor.write(row, self.first + 1, gap, _TOTAL_SIGNED)
        self.editor.write(row, self.first + 2, "／".join(totals.rating), _TOTAL)
        sentence = (
            f"允许区间 {interval(totals.low, totals.high)} 分；"
            f"各行自评得分之和 {points(totals.self_sum)}，填报总分 {points(totals.stated)}；"
            f"数字可定 {points(totals.decided)} 分，缺数据 {points(totals.undecided)} 分，"
            f"由评审人判断 {points(totals.judged)} 分。"
        )
        self.editor.write(row, self.first + 3, sentence, _TOTAL_TEXT)
        self._fit(row, sentence)

    def _write_legend(self, row: int) -> None:
        """What the colours mean, in words and signs, below the totals."""
        self.editor.write(row, self.first, "图例", _LEGEND_HEAD)
        for offset, severity in enumerate(_ORDER):
            look = SEVERITY[severity]
            style = Style(
                Font(FONT, _SIZE, color=look.text), _fill(look), _BORDER, "center", "center"
            )
            self.editor.write(row + 1 + offset, self.first, f"{look.sign} {look.word}", style)
            self.editor.write(row + 1 + offset, self.first + 1, _LEGEND[severity], _PLAIN)
        self.editor.write(row + 4, self.first, LEGEND_NOTE, _MUTED)


_LEGEND = {
    Severity.ERROR: "算术不成立或违反评分标准，应更正（橙色斜纹）",
    Severity.WARNING: "缺少依据或可疑，请核实或补充（黄色）",
    Severity.NOTE: "提示，供参考（蓝色）",
}


def _merge_edges(sheet: Sheet, area: ScoringArea) -> list[int]:
    """Right edges of merges beside the form's rows, of those that end near what is filled."""
    limit = sheet.max_column + 60
    return [
        m[3]
        for m in sheet.merges
        if m[3] <= limit and m[0] <= area.last_row and m[2] >= area.first_row
    ]


@cache
def _cell(look: Look, bold: bool = False, signed: bool = False) -> Style:
    return Style(
        font=Font(FONT, _SIZE, bold=bold, color=look.text),
        fill=Fill(look.fill),
        border=_BORDER,
        horizontal="center",
        vertical="center",
        wrap=True,
        number_format="+General;-General;0" if signed else None,
    )


_HEAD = Style(
    Font(FONT, _SIZE, bold=True, color=HEAD_TEXT),
    Fill(HEAD_FILL),
    _BORDER,
    "center",
    "center",
    True,
)
_SENTENCE = Style(Font(FONT, _SIZE), None, _BORDER, "left", "center", True)
_TOTAL = Style(Font(FONT, 11, bold=True), Fill(SUBHEAD_FILL), _BORDER, "center", "center", True)
_TOTAL_SIGNED = Style(
    Font(FONT, 11, bold=True), Fill(SUBHEAD_FILL), _BORDER, "center", "center", True,
    number_format="+General;-General;0",
)  # fmt: skip
_TOTAL_TEXT = Style(Font(FONT, _SIZE), Fill(SUBHEAD_FILL), _BORDER, "left", "center", True)
_LEGEND_HEAD = Style(Font(FONT, _SIZE, bold=True))
_PLAIN = Style(Font(FONT, _SIZE), vertical="center")
_MUTED = Style(Font(FONT, 9, color=MUTED))
