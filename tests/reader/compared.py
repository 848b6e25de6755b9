"""What was read against what was filled in: every figure, text and problem of a draft."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import Fact, State, Submission, missing_fact
from perfeval_xl.ooxml import Workbook
from perfeval_xl.reader.read import read_grids, read_submission
from tests.builders import annex
from tests.builders.drafts import COUNTS, INDICATORS, TEXTS, Draft, Odd, Truth, Wanted

_SINGLE = (
    *COUNTS,
    "self_total",
    "scoring_total",
    "self_rating",
    "satisfaction_result",
    "unit_name",
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that was read otherwise than it was filled in.

    silent: a figure that differs, with no problem, unreadable cell or note that says so.
    """

    key: str
    wanted: str
    got: str
    silent: bool = False


def read_draft(draft: Draft, form: FormSpec) -> Submission:
    """The submission in the workbook that the draft is written as."""
    return read_submission(read_grids(Workbook.open(draft.written())), form)


def wrong_in(submission: Submission, truth: Truth, form: FormSpec) -> list[Wrong]:
    """Everything that does not agree with the truth; empty when the form was read right."""
    named = {ref for problem in submission.problems for ref in problem.refs}
    wrong = []
    for key, fact, wanted in _pairs(submission, truth, form):
        if not _agrees(fact, wanted):
            said = fact.state is State.UNREADABLE or fact.note or (fact.ref in named)
            wrong.append(
                Wrong(key, str(wanted), f"{fact.state} {fact.value!r} {fact.ref}", not said)
            )
    codes = {problem.code for problem in submission.problems}
    wrong += [Wrong(code, "problem", "nothing") for code in sorted(truth.codes - codes)]
    false = codes - truth.codes - truth.optional
    wrong += [
        Wrong(p.code, "nothing", f"{p.refs} {p.provided} {p.details}")
        for p in submission.problems
        if p.code in false
    ]
    return wrong


def _pairs(submission: Submission, truth: Truth, form: FormSpec) -> list[tuple[str, Fact, Wanted]]:
    facts, values = submission.facts, truth.values
    pairs = [(name, facts[name], values.get(name)) for name in (*_SINGLE, *TEXTS, "narrative")]
    for table, names in annex.table_fields().items():
        pairs += [(name, facts[name], truth.whole(table, name)) for name in names]
        pairs += _table_pairs(submission, truth, table, names)
    scores = {row.indicator: row for row in submission.scores}
    for number in INDICATORS:
        indicator = form.indicators[number - 1]
        row = scores.get(indicator.id)
        score, reason = (
            (row.self_score, row.reason) if row else (missing_fact(""), missing_fact(""))
        )
        pairs.append((f"self_score.{number}", score, values.get(f"self_score.{number}")))
        pairs.append((f"reason.{number}", reason, values.get(f"reason.{number}")))
        if row and not indicator.shared:  # printed once for three rows: a split merge loses it
            pairs.append((f"max.{number}", row.max_score, indicator.max))
    return pairs + _target_pairs(submission, truth)


def _table_pairs(
    submission: Submission, truth: Truth, table: str, names: tuple[str, ...]
) -> list[tuple[str, Fact, Wanted]]:
    pairs: list[tuple[str, Fact, Wanted]] = []
    read = [row for row in submission.rows if row.block == table]
    expected = truth.tables.get(table, [])
    for place, (unit, number) in enumerate(expected):
        row = read[place] if place < len(read) else None
        name = row.unit if row else ""
        state = State.TEXT if name else State.MISSING
        pairs.append((f"{table}.row{place}", Fact("", name or None, name, None, state), unit))
        for field in names:
            fact = row.facts[field] if row and field in row.facts else missing_fact(field)
            pairs.append((f"{field}.{number}", fact, truth.values.get(f"{field}.{number}")))
    for row in read[len(expected) :]:
        fact = Fact("", row.unit, row.unit, None, State.TEXT)
        pairs.append((f"{table}.extra", fact, Odd.MISSING))
    return pairs


def _target_pairs(submission: Submission, truth: Truth) -> list[tuple[str, Fact, Wanted]]:
    order = [1, 2, 3, 11, 4, 5, 6, 7, 8, 9, 10]
    wanted = [
        n for n in order
        if f"target.{n}" in truth.values and truth.values[f"target.{n}"] is not Odd.MISSING
    ]  # fmt: skip
    pairs: list[tuple[str, Fact, Wanted]] = []
    for place, number in enumerate(wanted):
        row = submission.targets[place] if place < len(submission.targets) else None
        for key, fact in (
            (f"target.{number}", row.target if row else missing_fact("")),
            (f"target_result.{number}", row.result if row else missing_fact("")),
        ):
            shown = Fact(key, fact.raw, fact.raw, fact.ref, State.TEXT) if fact.raw else fact
            pairs.append((key, shown, truth.values[key]))
    for row in submission.targets[len(wanted) :]:
        pairs.append(("target.extra", row.target, Odd.MISSING))
    return pairs


def _agrees(fact: Fact, wanted: Wanted) -> bool:
    if wanted is Odd.MISSING:
        return fact.state is State.MISSING
    if wanted is Odd.UNREADABLE:
        return fact.state is State.UNREADABLE and fact.value is None
    if wanted is None:
        return fact.state is State.BLANK and fact.value is None
    if isinstance(wanted, Decimal):
        return fact.state is State.NUMBER and fact.value == wanted
    return fact.state is State.TEXT and "".join(str(fact.value).split()) == "".join(
        str(wanted).split()
    )
