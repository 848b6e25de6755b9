"""The annotated copy: the submitted workbook itself, with ours beside the form and in notes."""

from __future__ import annotations

from collections.abc import Iterable, Set
from decimal import Decimal
from functools import cache
from hashlib import sha256

from perfeval_xl.context import GIVEN_SHEET, NOTHING
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import (
    CellRef,
    Evaluation,
    Finding,
    IndicatorResult,
    Outcome,
    ScoringArea,
    Severity,
)
from perfeval_xl.ooxml import Border, Editor, Fill, Font, Sheet, SheetEditor, Style, Workbook
from perfeval_xl.writer.basis import basis_sheet
from perfeval_xl.writer.beside import OwnColumns
from perfeval_xl.writer.formulas import (
    GAP,
    HIGH,
    IDENTITY,
    LOW,
    SCORE,
    TEXT,
    VERDICT,
    ScoringFormulas,
    rating_formula,
)
from perfeval_xl.writer.measure import text_height
from perfeval_xl.writer.printing import keep_to_form
from perfeval_xl.writer.review import Arrival, ReviewPage
from perfeval_xl.writer.rulings import WIDTHS as RULING_WIDTHS
from perfeval_xl.writer.rulings import RulingColumns
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
    BASIS_NAME,
    FIX_PREFIX,
    LEGEND_FORMULAS,
    LEGEND_NOTE,
    REVIEW_NAME,
    REVIEW_SHEET,
    RULING_RULE,
    SCORING_HEADS,
    TEMPLATE_MARK,
    difference,
    interval,
    points,
    score_shown,
)

_WIDTHS = (10.0, 7.0, 7.0, 8.0, 16.0, 58.0)
_GAP_WIDTH = 2.0
_SIZE = 10.0
_INDENT = 2.0  # characters that an indented text loses
_AIR = 4.0  # points above and below, for fonts that run wider or taller
_MAX_HEIGHT = 409.0
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
_BORDER = Border(color=GRID)
_SIGNED_FORMAT = "+General;-General;0"


def annotate(workbook: Workbook, evaluation: Evaluation, spec: FormSpec, arrival: Arrival) -> bytes:
    """The submitted workbook with scores beside the form, notes, fills and a first sheet."""
    editor = Editor(workbook, AUTHOR)
    digest = sha256(workbook.package.source).hexdigest()
    by_cell = _findings_by_cell(evaluation.findings, set(workbook.sheet_names))
    area = evaluation.submission.area
    formulas, printed = None, ""
    if area is not None:
        sheet = workbook.sheet(area.sheet)
        formulas = ScoringFormulas(evaluation, spec, area, _first_column(sheet, area))
        columns = OwnColumns(editor.sheet(area.sheet), formulas)
        _ScoringColumns(columns, sheet, RulingColumns(columns, digest)).write()
        printed = keep_to_form(editor, area.sheet, formulas.first - 2)
    for ref, findings in by_cell.items():
        _mark(editor.sheet(ref.sheet), workbook.sheet(ref.sheet), ref, findings)
    page = ReviewPage(evaluation, arrival, formulas, digest, workbook.styles.default_size)
    page.write(workbook.is_signed)
    context = evaluation.context
    if context.given:
        name = editor.add_sheet_last(context.sheet, basis_sheet(evaluation, spec))
        editor.define_name(BASIS_NAME, CellRef(name, 1, 1).absolute, hidden=True)
    name = editor.add_sheet_first(REVIEW_SHEET, page.sheet)
    editor.define_name(REVIEW_NAME, CellRef(name, 1, 1).absolute, hidden=True)
    page.write_receipt(editor.log, editor.covered_fills.values(), printed)
    editor.about |= {
        "name": arrival.name, "program": arrival.program, "form": spec.id, "rules": spec.digest,
    }  # fmt: skip
    beside = context.beside(digest)
    if beside != NOTHING:
        editor.about["context"] = beside.to_text()
    return editor.to_bytes()


def free_sheet_name(workbook: Workbook) -> str:
    """What our sheet of given figures is called in this workbook."""
    return Editor(workbook, AUTHOR).free_sheet_name(GIVEN_SHEET)


# ---- fills and notes ----


def _findings_by_cell(
    findings: Iterable[Finding], sheets: Set[str]
) -> dict[CellRef, list[Finding]]:
    """Findings by the cells of the unit's sheets they name, the gravest first in each."""
    found: dict[CellRef, list[Finding]] = {}
    for finding in findings:
        for ref in finding.marked_refs:
            if ref.sheet in sheets:
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


def _first_column(sheet: Sheet, area: ScoringArea) -> int:
    """Our first column: right of everything filled, one left free."""
    return max(area.last_column, sheet.max_column, *_merge_edges(sheet, area)) + 2


class _ScoringColumns:
    """Our columns to the right of everything on the scoring sheet."""

    def __init__(self, columns: OwnColumns, sheet: Sheet, rulings: RulingColumns) -> None:
        self.columns = columns
        self.rulings = rulings
        self.sheet = sheet
        self.formulas = columns.formulas

    def write(self) -> None:
        """Heads, a line per indicator, the totals and the legend."""
        self._set_widths()
        for row in self.formulas.area.header_rows:
            for offset, head in enumerate(SCORING_HEADS):
                style = _TIE_HEAD if offset == IDENTITY else _HEAD
                self.columns.put(row, offset, head, style)
        for result in self.formulas.evaluation.indicators:
            if result.id in self.formulas.rows:
                self._write_result(self.formulas.rows[result.id], result)
        self._write_totals(self.formulas.total_row)
        self.rulings.write()
        self._write_legend(self.formulas.total_row + 2)

    def _set_widths(self) -> None:
        for column, width in enumerate((_GAP_WIDTH, *_WIDTHS), -1):
            self.columns.set_width(column, width)

    def _write_result(self, row: int, result: IndicatorResult) -> None:
        look = OUTCOME[result.outcome]
        line = self.formulas.line(result)
        plain, low, high = _cell(look), result.low, result.high
        if result.score is None:
            self.columns.put(row, SCORE, score_shown(result), plain)
            if result.outcome is not Outcome.UNDECIDED:
                low, high = result.claim
        else:
            self.columns.put(row, SCORE, result.score, _cell(look, bold=True), line.score)
        self.columns.put(row, LOW, low, plain, line.low)
        self.columns.put(row, HIGH, high, plain, line.high)
        gap: str | Decimal | None = difference(result)
        if gap is None and line.gap is not None:
            gap = ""
        self.columns.put(row, GAP, gap, _cell(look, signed=True), line.gap)
        self.columns.put(row, VERDICT, f"{look.sign} {look.word}", _cell(look, bold=True))
        sentence = "\n".join(filter(None, (result.sentence, self.rulings.remark(result))))
        self.columns.put(row, TEXT, sentence, _SENTENCE)
        self._fit(row, sentence, self.rulings.reason(result))

    def _fit(self, row: int, sentence: str, reason: str = "") -> None:
        """Make the row tall enough for our texts and for what the unit wrote in it."""
        needed = (
            max(
                text_height(sentence, _WIDTHS[TEXT] - _INDENT, _SIZE),
                text_height(reason, RULING_WIDTHS[1] - _INDENT, _SIZE),
            )
            + _AIR
        )
        if row not in self.sheet.row_heights:
            needed = max(needed, self._own_height(row))
        self.columns.editor.set_row_height(row, min(needed, _MAX_HEIGHT))

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

    def _write_totals(self, row: int) -> None:
        totals, sums = self.formulas.evaluation.totals, self.formulas.sums()
        gap = None if totals.stated is None else totals.stated - totals.computed
        rating = rating_formula(
            self.formulas.spec.bands, self.formulas.cell(row, LOW), self.formulas.cell(row, HIGH)
        )
        self.columns.put(row, SCORE, totals.computed, _TOTAL, sums.computed)
        self.columns.put(row, LOW, totals.low, _TOTAL, sums.low)
        self.columns.put(row, HIGH, totals.high, _TOTAL, sums.high)
        self.columns.put(row, GAP, gap, _TOTAL_SIGNED, sums.gap)
        self.columns.put(row, VERDICT, "／".join(totals.rating), _TOTAL, rating)
        sentence = (
            f"允许区间 {interval(totals.low, totals.high)} 分；"
            f"各行自评得分之和 {points(totals.self_sum)}，填报总分 {points(totals.stated)}；"
            f"数字可定 {points(totals.decided)} 分，缺数据 {points(totals.undecided)} 分，"
            f"由评审人判断 {points(totals.judged)} 分。"
        )
        self.columns.put(row, TEXT, sentence, _TOTAL_TEXT)
        self._fit(row, sentence)

    def _write_legend(self, row: int) -> None:
        """What the colours mean, in words and signs, below the totals."""
        self.columns.put(row, SCORE, "图例", _LEGEND_HEAD)
        for number, severity in enumerate(_ORDER, row + 1):
            look = SEVERITY[severity]
            style = Style(
                Font(FONT, _SIZE, color=look.text), _fill(look), _BORDER, "center", "center"
            )
            self.columns.put(number, SCORE, f"{look.sign} {look.word}", style)
            self.columns.put(number, LOW, _LEGEND[severity], _PLAIN)
        self.columns.put(row + 4, SCORE, LEGEND_FORMULAS, _MUTED)
        self.columns.put(row + 5, SCORE, RULING_RULE, _MUTED)
        self.columns.put(row + 6, SCORE, LEGEND_NOTE, _MUTED)


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
        number_format=_SIGNED_FORMAT if signed else None,
    )


_HEAD = Style(
    Font(FONT, _SIZE, bold=True, color=HEAD_TEXT),
    Fill(HEAD_FILL),
    _BORDER,
    "center",
    "center",
    True,
)
_SENTENCE = Style(Font(FONT, _SIZE), None, _BORDER, "left", "center", True, indent=1)
_TOTAL = Style(Font(FONT, 11, bold=True), Fill(SUBHEAD_FILL), _BORDER, "center", "center", True)
_TOTAL_SIGNED = Style(
    Font(FONT, 11, bold=True), Fill(SUBHEAD_FILL), _BORDER, "center", "center", True,
    number_format=_SIGNED_FORMAT,
)  # fmt: skip
_TOTAL_TEXT = Style(
    Font(FONT, _SIZE), Fill(SUBHEAD_FILL), _BORDER, "left", "center", True, indent=1
)
_LEGEND_HEAD = Style(Font(FONT, _SIZE, bold=True))
_PLAIN = Style(Font(FONT, _SIZE), None, None, "left", "center", indent=1)
_MUTED = Style(Font(FONT, 9, color=MUTED))
_TIE_HEAD = Style(Font(FONT, 8, color="FFFFFF"), number_format=";;;")
