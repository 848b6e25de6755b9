"""A colour over a cell while the figures disagree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.amounts import plain
from perfeval_xl.forms.spec import BandSpec, CheckSpec
from perfeval_xl.model import Severity
from perfeval_xl.writer.blank.layout import (
    Form,
    Input,
    Place,
    ids,
    score_total_checks,
    score_totals,
    span,
    stands,
)

_AMOUNT_TOLERANCE = Decimal("0.005")  # half a unit of the last decimal, for each addend


@dataclass(frozen=True, slots=True)
class Flag:
    """A colour over one cell while a formula holds."""

    place: Place
    formula: str
    severity: Severity


def flags(form: Form) -> Iterator[Flag]:
    """Every one of the form, the gravest of a cell first."""
    for item in form.scores():
        yield from _score_flags(form, item)
    for pool in form.spec.pools.values():
        yield from _pool_flags(form, form.pool_scores(pool.id), pool.points)
    for check in form.checks:
        if stands(form, check):
            yield from _check_flags(form, check)


def _score_flags(form: Form, item: Input) -> Iterator[Flag]:
    """A self-score beyond its points; below them without a reason."""
    assert item.indicator is not None
    score, most = item.place.in_row, plain(item.indicator.max)
    outside = f"=AND(ISNUMBER({score}),OR({score}<0,{score}>{most}))"
    yield Flag(item.place, outside, Severity.ERROR)
    reason = form.reason(item.indicator)
    if reason is None or item.indicator.shared:
        return
    unexplained = f"=AND(ISNUMBER({score}),{score}<{most},LEN(TRIM({reason.in_row}))=0)"
    yield Flag(item.place, unexplained, Severity.WARNING)
    yield Flag(reason, unexplained, Severity.WARNING)


def _pool_flags(form: Form, items: Sequence[Input], points: Decimal) -> Iterator[Flag]:
    """Rows that share points: judged by their sum, explained when one of them is."""
    if not items:
        return
    scores = f"{items[0].place.fixed}:{items[-1].place.fixed}"
    reasons = [form.reason(item.indicator) for item in items if item.indicator]
    said = "&".join(place.fixed for place in reasons if place)
    below = f"COUNT({scores})={len(items)},SUM({scores})<{plain(points)}"
    for item, reason in zip(items, reasons, strict=True):
        yield Flag(item.place, f"=SUM({scores})>{plain(points)}", Severity.ERROR)
        if reason and said:
            unexplained = f"=AND({below},LEN(TRIM({said}))=0)"
            yield Flag(item.place, unexplained, Severity.WARNING)
            yield Flag(reason, unexplained, Severity.WARNING)


def _check_flags(form: Form, check: CheckSpec) -> Iterator[Flag]:
    if check.kind == "sum":
        yield _sum_flag(form, check, ("parts",))
    elif check.kind == "sum_rows":
        yield _sum_flag(form, check, ("parts", "groups"))
    elif check.kind == "difference":
        yield _difference_flag(form, check)
    elif check.kind == "at_most":
        yield from _at_most_flags(form, check)
    elif check.kind == "score_total":
        yield from _score_total_flags(form, check)
    elif check.kind == "rating" and ids(check, "rating")[0] in form.inputs:
        yield from _rating_flags(form, check)


def _sum_flag(form: Form, check: CheckSpec, keys: Sequence[str]) -> Flag:
    total = form.place(ids(check, "total")[0])
    parts = ",".join(_held(form, check, key) for key in keys if ids(check, key))
    addends = sum(len(ids(check, key)) for key in keys)
    apart = f"ABS(ROUND({total.in_row}-SUM({parts}),6))>{_tolerance(addends)}"
    filled = f"AND(ISNUMBER({total.in_row}),COUNT({parts})>0)"
    return Flag(total, _when(filled, apart), Severity.WARNING)


def _difference_flag(form: Form, check: CheckSpec) -> Flag:
    result = form.place(ids(check, "result")[0])
    minuend, subtrahend = _held(form, check, "minuend"), _held(form, check, "subtrahend")
    apart = f"ABS(ROUND({result.in_row}-({minuend}-{subtrahend}),6))>{_tolerance(2)}"
    filled = f"COUNT({result.in_row},{minuend},{subtrahend})=3"
    return Flag(result, _when(filled, apart), Severity.WARNING)


def _at_most_flags(form: Form, check: CheckSpec) -> Iterator[Flag]:
    smaller, larger = _held(form, check, "smaller"), _held(form, check, "larger")
    terms = len(ids(check, "smaller")) + len(ids(check, "larger"))
    beyond = f"ROUND(SUM({smaller})-SUM({larger}),6)>{_tolerance(terms)}"
    for name in ids(check, "smaller"):
        yield Flag(form.place(name), _when(f"COUNT({larger})>0", beyond), Severity.WARNING)


def _score_total_flags(form: Form, check: CheckSpec) -> Iterator[Flag]:
    """Every stated total against the self-scores' sum; from another sheet by a defined name.

    A conditional format may not point into another sheet in every Excel; a name may.
    """
    scores = [item.place for item in form.scores()]
    beside, elsewhere = score_totals(form, check)
    for name in beside:
        total = form.place(name).fixed
        apart = f"ROUND({total}-SUM({span(scores, scores[0].sheet)}),6)<>0"
        yield Flag(form.place(name), _when(f"COUNT({total})=1", apart), Severity.ERROR)
    for name in elsewhere if beside else []:
        total = form.place(name).fixed
        apart = f"ROUND({total}-{beside[0]},6)<>0"
        filled = f"COUNT({total},{beside[0]})=2"
        yield Flag(form.place(name), _when(filled, apart), Severity.ERROR)


def _rating_flags(form: Form, check: CheckSpec) -> Iterator[Flag]:
    """The rating against the band of the total that stands on the same sheet."""
    rating = form.place(ids(check, "rating")[0])
    for other in score_total_checks(form):
        for total in (form.place(name) for name in ids(other, "totals")):
            if total.sheet is rating.sheet:
                band = _band_formula(form.spec.bands, total.fixed)
                filled = f'AND(ISNUMBER({total.fixed}),{rating.fixed}<>"")'
                formula = _when(filled, f"{rating.fixed}<>{band}")
                yield Flag(rating, formula, Severity.WARNING)


def _band_formula(bands: Sequence[BandSpec], total: str) -> str:
    """The label of the band that a total falls into, as nested IFs."""
    formula = f'"{bands[-1].label}"'
    for band in reversed(bands[:-1]):
        formula = f'IF({total}>={plain(band.at_least)},"{band.label}",{formula})'
    return formula


def _when(filled: str, apart: str) -> str:
    """``apart`` once the operands are filled; IF, for AND would reckon with empty texts too."""
    return f"=IF({filled},{apart},FALSE)"


def _held(form: Form, check: CheckSpec, key: str) -> str:
    """Operands of a flag, columns held so that a copied row speaks of itself."""
    return ",".join(form.place(name).in_row for name in ids(check, key))


def _tolerance(addends: int) -> str:
    return plain(_AMOUNT_TOLERANCE * addends)
