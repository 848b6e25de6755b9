"""Check kinds: identities that must hold between the figures of one form.

Which identities there are stands in ``templates/<form>/checks.toml``. A blank part among filled
ones counts as 0 and is mentioned; what cannot be read makes a check impossible, never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from perfeval_xl.calculator.checks.desk import Desk
from perfeval_xl.calculator.checks.pairs import (
    check_at_most,
    check_equal,
    check_rate,
    without_doubtful_units,
)
from perfeval_xl.calculator.checks.scores import check_rating, check_score_points, check_score_total
from perfeval_xl.calculator.checks.sums import (
    check_difference,
    check_row_totals,
    check_sum,
    check_sum_rows,
)
from perfeval_xl.calculator.lines import texts_of
from perfeval_xl.calculator.report import check_report
from perfeval_xl.calculator.scale import ask_scale
from perfeval_xl.forms.spec import CheckSpec

__all__ = ["KINDS", "Desk", "run_checks", "without_doubtful_units"]


def check_report_figures(desk: Desk, check: CheckSpec) -> None:
    """Figures in the prose cells against the fields they name."""
    check_report(desk.submission, desk.prepared, desk.book, check, texts_of(check, "prose"))


def check_scale(desk: Desk, check: CheckSpec) -> None:
    """An amount in proportion to the rest of the form."""
    ask_scale(desk.submission, desk.prepared, desk.book, check)


KINDS: Mapping[str, Callable[[Desk, CheckSpec], None]] = {
    "sum": check_sum,
    "difference": check_difference,
    "at_most": check_at_most,
    "score_total": check_score_total,
    "score_points": check_score_points,
    "rating": check_rating,
    "report_figures": check_report_figures,
    "equal": check_equal,
    "rate": check_rate,
    "sum_rows": check_sum_rows,
    "scale": check_scale,
}


def run_checks(desk: Desk) -> None:
    """Make every check of the form, then those that every form has."""
    for check in desk.prepared.spec.checks:
        if not check.attachment or _is_due(desk, check):
            KINDS[check.kind](desk, check)
    check_row_totals(desk)


def _is_due(desk: Desk, check: CheckSpec) -> bool:
    """Whether a further sheet's check is made here: what it says of itself alone, in its own file."""
    if check.attachment in desk.here:
        return True
    sheet = desk.prepared.spec.attachment(check.attachment).form
    is_its_own = any(check.id == f"{check.attachment}.{own.id}" for own in sheet.checks)
    return check.attachment in desk.submission.attached and not is_its_own
