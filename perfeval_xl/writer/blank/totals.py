"""Totals as formulas: empty while nothing is filled, never a zero."""

from __future__ import annotations

from collections.abc import Iterator

from perfeval_xl.forms.spec import CheckSpec
from perfeval_xl.writer.blank.layout import REPEATED, Form, Place, ids, score_totals, span, stands


def total_formulas(form: Form) -> Iterator[tuple[str, str]]:
    """Field id and formula of every total that the form's checks define."""
    for name in form.inputs:
        if REPEATED in name:
            home = form.place(name).sheet
            said = form.place(name.partition(REPEATED)[2]).seen_from(home)
            yield name, f'=IF({said}="","",{said})'
    for check in form.checks:
        if not stands(form, check):
            continue
        if check.kind == "sum":
            yield ids(check, "total")[0], _sum_formula(form, check)
        elif check.kind == "sum_rows":
            yield from _sum_rows_formulas(form, check)
        elif check.kind == "rate":
            yield from _rate_formulas(form, check)
        elif check.kind == "difference":
            yield ids(check, "result")[0], _difference_formula(form, check)
        elif check.kind == "score_total":
            yield from _score_total_formulas(form, check)


def _sum_formula(form: Form, check: CheckSpec) -> str:
    home = form.place(ids(check, "total")[0]).sheet
    parts = ",".join(form.place(name).seen_from(home) for name in ids(check, "parts"))
    return _sum_or_empty(parts)


def _sum_rows_formulas(form: Form, check: CheckSpec) -> Iterator[tuple[str, str]]:
    """The total over parts and groups; a group adds up its rows."""
    total = form.place(ids(check, "total")[0])
    names = [*ids(check, "parts"), *ids(check, "groups")]
    addends = ",".join(form.place(name).seen_from(total.sheet) for name in names)
    yield ids(check, "total")[0], _sum_or_empty(addends)
    for name in ids(check, "groups"):
        rows = form.rows(name)
        if rows:
            yield name, _sum_or_empty(span(rows, rows[0].sheet))


def _rate_formulas(form: Form, check: CheckSpec) -> Iterator[tuple[str, str]]:
    """Each rate that has a cell, of the whole unit or in the rows of a list."""
    rate, top, bottom = (ids(check, key)[0] for key in ("rate", "numerator", "denominator"))
    if rate in form.inputs:
        yield rate, _rate_formula(form.place(top), form.place(bottom))
    rows = zip(form.rows(top), form.rows(bottom), strict=True)
    for number, (above, below) in enumerate(rows, 1):
        yield f"{rate}.{number}", _rate_formula(above, below)


def _rate_formula(top: Place, bottom: Place) -> str:
    operands = f"COUNT({top.cell},{bottom.cell})<2"
    return f'=IF({operands},"",IF({bottom.cell}=0,"",{top.cell}/{bottom.cell}))'


def _sum_or_empty(parts: str) -> str:
    return f'=IF(COUNT({parts})=0,"",SUM({parts}))'


def _difference_formula(form: Form, check: CheckSpec) -> str:
    """Rounded, for a remainder of 1E-14 would be read as a surplus."""
    home = form.place(ids(check, "result")[0]).sheet
    minuend = form.place(ids(check, "minuend")[0]).seen_from(home)
    subtrahend = form.place(ids(check, "subtrahend")[0]).seen_from(home)
    return f'=IF(COUNT({minuend},{subtrahend})<2,"",ROUND({minuend}-{subtrahend},6))'


def _score_total_formulas(form: Form, check: CheckSpec) -> Iterator[tuple[str, str]]:
    """The total beside the self-scores adds them up; a total elsewhere repeats that one."""
    scores = [item.place for item in form.scores()]
    beside, elsewhere = score_totals(form, check)
    for name in beside:
        yield name, _sum_or_empty(span(scores, scores[0].sheet))
    for name in elsewhere if beside else []:
        total = form.place(beside[0]).seen_from(form.place(name).sheet)
        yield name, f'=IF({total}="","",{total})'
