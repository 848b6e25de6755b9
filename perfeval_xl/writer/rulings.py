"""Where an officer has the last word in the copy: input cells beside the scores and the findings.

What she entered before is written in again. A ruling on an earlier version of the file is written
in where all it rests on is as it was, and said to be carried over; else it is only shown beside the
score, never as if it were given for this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from perfeval_xl.amounts import plain
from perfeval_xl.context import NOTHING, Adjudication, Waiver
from perfeval_xl.model import Evaluation, Finding, IndicatorResult
from perfeval_xl.ooxml import Border, Fill, Font, NewSheet, Style, Validation
from perfeval_xl.ruling import (
    ACTIONS,
    LONGEST_REASON,
    Question,
    changed_grounds,
    finding_keys,
    is_carried,
    question_of,
    total_of,
)
from perfeval_xl.writer.beside import OwnColumns
from perfeval_xl.writer.formulas import IDENTITY, REASON, RULING, ScoringFormulas
from perfeval_xl.writer.measure import text_height
from perfeval_xl.writer.style import (
    ASKED_FILL,
    ASKED_LINE,
    CARRIED_FILL,
    FONT,
    GRID,
    HEAD_FILL,
    HEAD_TEXT,
    INPUT_FILL,
    MUTED,
    SUBHEAD_FILL,
)
from perfeval_xl.writer.text import (
    ALL_RULED,
    CONTEXT_HEAD,
    RULING_PROMPT,
    RULING_REASON_PROMPT,
    STILL_OPEN,
    WAIVER_DATE_PROMPT,
    WAIVER_HEADS,
    WAIVER_HINT,
    WAIVER_REASON_PROMPT,
    carried_ruling,
    earlier_ruling,
    earlier_waiver,
    interval,
)
from perfeval_xl.writer.tie import Tie

WIDTHS = (9.0, 30.0, 2.0)  # of 核定得分, 核定理由 and of what ties a row to its indicator
FIRST_INPUT = 9  # column of 处理 on 复核意见, beside the printed area
_INPUT_WIDTHS = (8.0, 34.0, 12.0, 2.0)
_SIZE = 10.0
_INDENT = 2.0  # characters that an indented text loses
_MAX_HEIGHT = 409.0
_LONGEST_CELL = 32_000  # units of UTF-16; Excel takes 32,767
_HIDDEN = ";;;"  # a number format that shows nothing


class RulingColumns:
    """The input columns of one scoring sheet. sha256: of the submitted file."""

    def __init__(self, columns: OwnColumns, sha256: str) -> None:
        self.columns = columns
        self.formulas = formulas = columns.formulas
        self._round = formulas.evaluation.context.round
        rulings = formulas.evaluation.context.rulings
        self._questions = questions_of(formulas)
        self._grounds = {r.id: r.grounds for r in formulas.evaluation.indicators}
        self._given = {r.indicator: r for r in rulings if r.sha256 == sha256}
        before = {r.indicator: r for r in rulings if r.sha256 != sha256 and not r.is_withdrawn}
        self._carried = {
            q.id: before[q.id]
            for q in self._questions
            if q.id in before and is_carried(before[q.id], q, self._grounds[q.id])
        }
        self._earlier = {name: r for name, r in before.items() if name not in self._carried}

    def remark(self, result: IndicatorResult) -> str:
        """What is said of a ruling that was made on an earlier version of the file."""
        if result.id in self._carried:
            return carried_ruling(self._carried[result.id])
        ruled = self._earlier.get(result.id)
        if ruled is None:
            return ""
        now = result.self_score.raw or "空白"
        changed = changed_grounds(ruled.grounds, result.grounds)
        return earlier_ruling(ruled, now, interval(result.low, result.high), changed)

    def reason(self, result: IndicatorResult) -> str:
        """The reason that is written into the row."""
        ruled = self._written(result.id)
        return ruled.reason if ruled else ""

    def write(self) -> None:
        """A pair of input cells per indicator, the total and the rule below it."""
        for offset, width in enumerate(WIDTHS, RULING):
            self.columns.set_width(offset, width)
        for question in self._questions:
            if question.id in self.formulas.rows:
                self._write_row(self.formulas.rows[question.id], question)
        self._restrict()
        self._write_total()

    def _written(self, indicator: str) -> Adjudication | None:
        """The ruling that stands in the cells: for this version, else carried over."""
        return self._given.get(indicator) or self._carried.get(indicator)

    def _write_row(self, row: int, question: Question) -> None:
        ruled, carried = self._written(question.id), self._carried.get(question.id)
        asks = question.asks or question.id in self._earlier
        score = None if ruled is None else ruled.raw or None if ruled.score is None else ruled.score
        self.columns.put(row, RULING, score, _input(asks, carried is not None, centered=True))
        self.columns.put(
            row, REASON, (ruled and ruled.reason) or None, _input(asks, carried is not None)
        )
        tie = Tie.of(question, self._grounds[question.id], self._round, carried)
        self.columns.put(row, IDENTITY, str(tie), _TIE)

    def _write_total(self) -> None:
        row, formulas = self.formulas.total_row, self.formulas
        standing = {**self._carried, **self._given}
        ruled = {i: r.score for i, r in standing.items() if r.score is not None}
        pools = {name: pool.points for name, pool in formulas.spec.pools.items()}
        asked = [q.id for q in self._questions if q.asks]
        left = sum(name not in ruled for name in asked)
        said = STILL_OPEN.format(count=left) if left else ALL_RULED
        total = total_of(self._questions, ruled, pools)
        self.columns.put(row, RULING, total, _TOTAL, formulas.ruled_total(self._questions))
        self.columns.put(row, REASON, said, _TOTAL, formulas.still_open(asked))

    def _restrict(self) -> None:
        by_max: dict[str, list[str]] = {}
        reasons = []
        for question in self._questions:
            row = self.formulas.rows.get(question.id)
            if row is not None:
                by_max.setdefault(plain(question.max), []).append(self.formulas.cell(row, RULING))
                reasons.append(self.formulas.cell(row, REASON))
        for most, cells in by_max.items():
            self.columns.editor.add_data_validation(" ".join(cells), _score_rule(most))
        if reasons:
            self.columns.editor.add_data_validation(" ".join(reasons), _REASON_RULE)


def questions_of(formulas: ScoringFormulas) -> Sequence[Question]:
    """The questions of a form, in its order."""
    pools = {indicator.id: indicator.shared for indicator in formulas.spec.indicators}
    return [question_of(result, pools[result.id]) for result in formulas.evaluation.indicators]


class WaiverColumns:
    """Input cells beside the findings on 复核意见, right of what is printed."""

    def __init__(self, sheet: NewSheet, evaluation: Evaluation, sha256: str) -> None:
        self.sheet = sheet
        self.sha256 = sha256
        self._keys = keys_of(evaluation.findings)
        self._context = evaluation.context.beside(sha256)
        waivers = evaluation.context.waivers
        self._given = {w.key: w for w in waivers if w.sha256 == sha256}
        self._earlier = {w.key: w for w in waivers if w.sha256 != sha256}
        self._rows: list[int] = []

    def write_heads(self, row: int) -> None:
        """Heads, and above them what they are for."""
        self.sheet.widths[FIRST_INPUT - 1] = 2.0
        for column, width in enumerate(_INPUT_WIDTHS, FIRST_INPUT):
            self.sheet.widths[column] = width
        self.sheet.write(row - 1, FIRST_INPUT, WAIVER_HINT, _HINT)
        for column, head in enumerate(WAIVER_HEADS, FIRST_INPUT):
            hidden = column == FIRST_INPUT + len(WAIVER_HEADS) - 1
            self.sheet.write(row, column, head, _TIE if hidden else _HEAD)

    def remark(self, number: int) -> str:
        """What is said of a finding that was dealt with on an earlier version of the file."""
        earlier = self._earlier.get(self._keys[number])
        if earlier is None or self._keys[number] in self._given:
            return ""
        return earlier_waiver(earlier)

    def height(self, number: int) -> float:
        """Points that the reason for a finding needs, as it was entered."""
        given = self._given.get(self._keys[number])
        needed = text_height(given.reason if given else "", _INPUT_WIDTHS[1] - _INDENT, _SIZE)
        return min(needed + 2, _MAX_HEIGHT)

    def write(self, row: int, number: int) -> None:
        """The input cells of one finding; ``number`` counts from 0."""
        key = self._keys[number]
        given = self._given.get(key, Waiver(key, "", "", "", action=""))
        texts = (given.action, given.reason, given.date)
        for column, text in enumerate(texts, FIRST_INPUT):
            style = _WAIVER_TEXT if column == FIRST_INPUT + 1 else _WAIVER
            self.sheet.write(row, column, text or None, style)
        self.sheet.write(row, FIRST_INPUT + len(texts), key, _TIE)
        self._rows.append(row)

    def keep_context(self, row: int) -> None:
        """Put what was known of the unit where it outlives the receipt, in a cell that shows nothing."""
        if self._context == NOTHING:
            return
        text = CONTEXT_HEAD + self._context.to_text()
        if len(text.encode("utf-16-le", "surrogatepass")) <= 2 * _LONGEST_CELL:
            self.sheet.write(row, FIRST_INPUT + len(WAIVER_HEADS) - 1, text, _TIE)

    def restrict(self) -> None:
        """Say what may be entered, once all rows are written."""
        if not self._rows:
            return
        first, last = self._rows[0], self._rows[-1]
        for column, rule in enumerate((_ACTION_RULE, _WAIVER_REASON_RULE, _DATE_RULE), FIRST_INPUT):
            letters = chr(ord("A") + column - 1)
            self.sheet.validations.append((f"{letters}{first}:{letters}{last}", rule))


def keys_of(findings: Sequence[Finding]) -> list[str]:
    """A key for each finding, the same each time the file is reviewed."""
    places = [f.refs[0] if f.refs else None for f in findings]
    return finding_keys(
        (f.code, f.indicator, p.sheet if p else "", p.address if p else "")
        for f, p in zip(findings, places, strict=True)
    )


def _score_rule(most: str) -> Validation:
    return Validation(
        "decimal", "0", most, "between", "核定得分",
        RULING_PROMPT.format(max=most), f"请填 0 至 {most} 之间的数，只写数字，不写“分”。",
    )  # fmt: skip


_REASON_RULE = Validation(
    "textLength", str(LONGEST_REASON), "", "lessThanOrEqual", "核定理由",
    RULING_REASON_PROMPT, f"请不要超过 {LONGEST_REASON} 个字。",
)  # fmt: skip
_ACTION_RULE = Validation(
    "list", f'"{",".join(ACTIONS)}"', title="处理", prompt="选“更正”或“豁免”；不选就是要更正。",
    error="请从下拉列表里选“更正”或“豁免”。",
)  # fmt: skip
_WAIVER_REASON_RULE = Validation(
    "textLength", str(LONGEST_REASON), "", "lessThanOrEqual", "豁免理由",
    WAIVER_REASON_PROMPT, f"请不要超过 {LONGEST_REASON} 个字。",
)  # fmt: skip
_DATE_RULE = Validation(
    "textLength", "30", "", "lessThanOrEqual", "豁免日期", WAIVER_DATE_PROMPT, "请写日期。"
)


@cache
def _input(asks: bool, is_carried: bool, centered: bool = False) -> Style:
    """An open cell; one that asks for an entry is tinted and framed, one that was carried tinted."""
    line = Border(color=ASKED_LINE if asks else GRID)
    fill = CARRIED_FILL if is_carried else ASKED_FILL if asks else INPUT_FILL
    return Style(
        Font(FONT, 11 if centered else _SIZE, bold=centered),
        Fill(fill),
        line,
        "center" if centered else "left",
        "center",
        True,
        indent=0 if centered else 1,
        locked=False,
    )


_WAIVER = replace(_input(False, False, True), font=Font(FONT, _SIZE))
_WAIVER_TEXT = _input(False, False)
_TIE = Style(Font(FONT, 8, color="FFFFFF"), vertical="center", number_format=_HIDDEN)
_TOTAL = Style(
    Font(FONT, 11, bold=True), Fill(SUBHEAD_FILL), Border(color=GRID), "center", "center", True
)
_HINT = Style(Font(FONT, 9, color=MUTED), vertical="center")
_HEAD = Style(
    Font(FONT, _SIZE, bold=True, color=HEAD_TEXT), Fill(HEAD_FILL), Border(color=GRID),
    "center", "center", True,
)  # fmt: skip
