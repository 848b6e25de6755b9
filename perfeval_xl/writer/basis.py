"""The copy's last sheet, 复核依据: figures used in the review that the workbook does not hold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from perfeval_xl.amounts import plain
from perfeval_xl.context import GIVEN_COLUMN, GIVEN_FIRST_ROW, Given, Rank
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import CellRef, Evaluation, Outcome, Severity
from perfeval_xl.ooxml import Border, Fill, Font, NewSheet, PrintSetup, Style
from perfeval_xl.writer.measure import text_height
from perfeval_xl.writer.style import FONT, GRID, HEAD_FILL, HEAD_FONT, HEAD_TEXT, MUTED, SEVERITY
from perfeval_xl.writer.text import (
    BASIS_COMPARED,
    BASIS_HEADS,
    BASIS_NOT_FILLED,
    BASIS_NOT_USED,
    BASIS_NOTE,
    BASIS_RANKS,
    BASIS_TITLE,
    BASIS_WAITING,
)

_WIDTHS = (6.0, 32.0, 13.0, 13.0, 30.0, 20.0, 54.0)
_NAME, _OWN, _USE, _RANK, _SOURCE = 2, 4, 5, 6, 7
_SIZE = 10.0
_BORDER = Border(color=GRID)
_PERCENT = "0.00%"
_WAITING = {Outcome.UNDECIDED: BASIS_WAITING}
_ANSWER = '"是";"";"否"'


def basis_sheet(evaluation: Evaluation, spec: FormSpec) -> NewSheet:
    """A row per given figure, in the context's order, so that formulas can refer to its value."""
    context = evaluation.context
    sheet = NewSheet(tab_color=MUTED, freeze=(GIVEN_FIRST_ROW, 1))
    for column, width in enumerate(_WIDTHS, 1):
        sheet.widths[column] = width
    _line(sheet, 1, BASIS_TITLE, _TITLE)
    _line(sheet, 2, BASIS_NOTE, _MUTED)
    for column, head in enumerate(BASIS_HEADS, 1):
        sheet.write(GIVEN_FIRST_ROW - 1, column, head, _HEAD)
    sheet.heights[GIVEN_FIRST_ROW - 1] = 20
    for row, given in enumerate(context.given, GIVEN_FIRST_ROW):
        _write_given(sheet, row, given, evaluation, spec)
    last = GIVEN_FIRST_ROW + len(context.given) - 1
    sheet.printing = PrintSetup(
        landscape=True,
        footer="&L&9复核依据&C&9第 &P 页，共 &N 页",
        margins=(0.45, 0.45, 0.55, 0.6),
        title_rows=(GIVEN_FIRST_ROW - 1, GIVEN_FIRST_ROW - 1),
        area=(1, 1, last, len(_WIDTHS)),
    )
    return sheet


def _write_given(
    sheet: NewSheet, row: int, given: Given, evaluation: Evaluation, spec: FormSpec
) -> None:
    name = spec.own_name(given.fact, given.form) or given.fact
    ref = CellRef(evaluation.context.sheet, row, GIVEN_COLUMN)
    shown = _number_format(given, name, spec)
    own = evaluation.submission.facts.get(name)
    differs = any(ref in finding.refs for finding in evaluation.findings)
    texts = {
        _NAME: _label(name, spec),
        _USE: _use(ref, given, evaluation),
        _RANK: BASIS_RANKS[given.rank],
        _SOURCE: _source(given),
    }
    sheet.write(row, 1, Decimal(row - GIVEN_FIRST_ROW + 1), _CELL)
    sheet.write(row, GIVEN_COLUMN, given.value, replace(_CELL, number_format=shown))
    filled = own.number if own is not None and own.number is not None else None
    look = replace(_CELL, number_format=shown, fill=_DIFFERS if differs else None)
    sheet.write(row, _OWN, BASIS_NOT_FILLED if filled is None else filled, look)
    for column, text in texts.items():
        sheet.write(row, column, text, _TEXT)
    sheet.heights[row] = max(text_height(t, _WIDTHS[c - 1], _SIZE) for c, t in texts.items()) + 4


def _label(name: str, spec: FormSpec) -> str:
    """The printed label, with the unit that the form prints for it."""
    field = spec.fields.get(name)
    label = spec.label_of(name)
    shown = field is not None and field.unit and field.kind != "percent"
    return f"{label}（{field.unit}）" if field is not None and shown else label


def _use(ref: CellRef, given: Given, evaluation: Evaluation) -> str:
    """The indicators whose points rest on the figure."""
    used = [
        f"{result.number} {result.label}{_WAITING.get(result.outcome, '')}"
        for result in evaluation.indicators
        if any(fact.ref == ref for fact in result.inputs)
    ]
    if given.rank is Rank.COMPARED:
        return BASIS_COMPARED
    return "\n".join(used) or BASIS_NOT_USED


def _source(given: Given) -> str:
    shown = given.raw if given.raw != plain(given.value) else ""
    return f"{given.source}（原文“{shown}”）" if shown else given.source


def _number_format(given: Given, name: str, spec: FormSpec) -> str | None:
    """A percentage as one, an answer as 是 or 否; formulas still see the number."""
    field = spec.fields.get(name)
    if field is not None and field.kind == "percent":
        return _PERCENT
    answers = given.value in (0, 1) and given.raw.isalpha()
    return _ANSWER if answers else None


def _line(sheet: NewSheet, row: int, text: str, style: Style) -> None:
    sheet.write(row, 1, text, style)
    sheet.merge(row, 1, row, len(_WIDTHS))
    size = style.font.size if style.font else _SIZE
    sheet.heights[row] = text_height(text, sum(_WIDTHS), size) + 6


_TITLE = Style(Font(HEAD_FONT, 14, bold=True), None, None, "center", "center")
_MUTED = Style(Font(FONT, 9, color=MUTED), None, None, "left", "center", True)
_HEAD = Style(
    Font(FONT, _SIZE, bold=True, color=HEAD_TEXT),
    Fill(HEAD_FILL),
    _BORDER,
    "center",
    "center",
    True,
)
_CELL = Style(Font(FONT, _SIZE), None, _BORDER, "center", "center", True)
_TEXT = Style(Font(FONT, _SIZE), None, _BORDER, "left", "center", True)
_DIFFERS = Fill(SEVERITY[Severity.WARNING].fill)
