"""Submission + FormSpec -> Evaluation: the story of one form, told once from top to bottom."""

from __future__ import annotations

from dataclasses import replace

from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.causes import settle_causes
from perfeval_xl.calculator.checks import Desk, run_checks, without_doubtful_units
from perfeval_xl.calculator.deductions import without_deductions
from perfeval_xl.calculator.derived import with_derived
from perfeval_xl.calculator.figures import check_figures
from perfeval_xl.calculator.filled import say_unfilled
from perfeval_xl.calculator.forms_checks import check_form
from perfeval_xl.calculator.given import check_given, joined, with_given
from perfeval_xl.calculator.grounds import Grounds
from perfeval_xl.calculator.indicators import judge_indicators
from perfeval_xl.calculator.mend import Mender
from perfeval_xl.calculator.prepared import prepare
from perfeval_xl.calculator.problems import say_problems
from perfeval_xl.calculator.report import check_narrative
from perfeval_xl.calculator.rounds import compared
from perfeval_xl.calculator.scores import check_scores
from perfeval_xl.calculator.targets import check_targets
from perfeval_xl.calculator.totals import total_points
from perfeval_xl.context import DECIDING, NOTHING, Context
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import Evaluation, State, Submission


def evaluate(submission: Submission, spec: FormSpec, context: Context = NOTHING) -> Evaluation:
    """Everything that one workbook's figures and texts give on this form.

    context: what is known of the unit beside the workbook. Identities hold between the unit's own
    figures, wherever they were sent; points rest on the office's figures where it has some.
    """
    submission = with_derived(without_deductions(submission, spec), spec)
    prepared = prepare(spec)
    book = FindingBook(submission.area.sheet if submission.area else "", spec.severities)
    own = joined(submission, prepared, context)
    say_problems(submission, prepared, book)
    desk = Desk(own, prepared, book, Mender(own, prepared), frozenset(submission.attached))
    run_checks(desk)
    check_given(submission, prepared, context, book)
    known = with_given(without_doubtful_units(desk), prepared, context, DECIDING)
    judged = judge_indicators(known, prepared)
    check_scores(known, prepared, judged, book)
    check_figures(submission, prepared, book)
    check_form(submission, prepared, book)
    check_targets(submission, prepared, book)
    check_narrative(submission, prepared, book)
    grounds = Grounds(known, spec)
    results = tuple(replace(result, grounds=grounds.of(result)) for result, _ in judged)
    settle_causes(submission, results, book)
    say_unfilled(submission, spec, book)
    findings, resolved = compared(book.ordered(), submission, context)
    name, code = unit_of(submission)
    return Evaluation(
        form=spec.id,
        form_name=spec.name,
        year=submission.year or spec.year,
        unit_name=name,
        unit_code=code,
        submission=submission,
        indicators=results,
        totals=total_points(submission, results, prepared),
        findings=findings,
        passed=tuple(book.passed),
        facts=known.facts,
        context=context,
        resolved=resolved,
    )


def unit_of(submission: Submission) -> tuple[str, str]:
    """Name and code of the unit as its workbook has them, empty where it has none."""
    return _unit_name(submission), _text(submission, "unit_code")


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
