"""Submission + FormSpec -> Evaluation: the story of one form, told once from top to bottom."""

from __future__ import annotations

from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.checks import Desk, run_checks, without_doubtful_units
from perfeval_xl.calculator.derived import with_derived
from perfeval_xl.calculator.figures import check_figures
from perfeval_xl.calculator.forms_checks import check_form
from perfeval_xl.calculator.indicators import judge_indicators
from perfeval_xl.calculator.mend import Mender
from perfeval_xl.calculator.prepared import prepare
from perfeval_xl.calculator.problems import say_problems
from perfeval_xl.calculator.report import check_narrative
from perfeval_xl.calculator.scores import check_scores
from perfeval_xl.calculator.targets import check_targets
from perfeval_xl.calculator.totals import total_points
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import Evaluation, State, Submission


def evaluate(submission: Submission, spec: FormSpec) -> Evaluation:
    """Everything that one workbook's figures and texts give on this form."""
    submission = with_derived(submission, spec)
    prepared = prepare(spec)
    book = FindingBook(submission.area.sheet if submission.area else "")
    say_problems(submission, prepared, book)
    desk = Desk(submission, prepared, book, Mender(submission, prepared))
    run_checks(desk)
    scored = without_doubtful_units(desk)
    judged = judge_indicators(scored, prepared)
    check_scores(scored, prepared, judged, book)
    check_figures(submission, prepared, book)
    check_form(submission, prepared, book)
    check_targets(submission, prepared, book)
    check_narrative(submission, prepared, book)
    results = tuple(result for result, _ in judged)
    return Evaluation(
        form=spec.id,
        form_name=spec.name,
        year=submission.year or spec.year,
        unit_name=_unit_name(submission),
        unit_code=_text(submission, "unit_code"),
        submission=submission,
        indicators=results,
        totals=total_points(submission, results, prepared),
        findings=book.ordered(),
        passed=tuple(book.passed),
    )


def _unit_name(submission: Submission) -> str:
    """The unit's own name, else that of the first row of a table."""
    name = _text(submission, "unit_name")
    if name:
        return name
    return next((row.unit for row in submission.rows if row.unit and not row.is_total), "")


def _text(submission: Submission, fact_id: str) -> str:
    """The text of a fact as typed, empty when it is blank or missing."""
    fact = submission.facts.get(fact_id)
    filled = fact is not None and fact.state in (State.TEXT, State.NUMBER)
    return fact.text.strip() if fact is not None and filled else ""
