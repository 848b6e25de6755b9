"""What the reader met on its way, turned into findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import CellRef, Fact, ReadingProblem, Submission

_UNREADABLE = "figures.unreadable"
_CONVERTED = "figures.unit_converted"
_MANY = 4  # from so many on it is the form's unit, not a slip in a cell
_SLOTS = ("label", "number", "note", "range", "hidden", "used", "others")


def say_problems(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """A finding per problem; an unreadable self-score has a code of its own and is left to it."""
    by_cell = _labels(submission, prepared)
    fields = prepared.spec.fields
    percents = {
        fact.ref for name, fact in submission.facts.items()
        if name in fields and fields[name].kind == "percent"
    }  # fmt: skip
    scores = {row.self_score.ref for row in submission.scores}
    converted = [p for p in submission.problems if p.code == _CONVERTED]
    is_whole_table = len(converted) >= _MANY
    for problem in submission.problems:
        if problem.code == _CONVERTED and is_whole_table:
            continue
        if problem.code == _UNREADABLE and set(problem.refs) & scores:
            continue
        label = next((by_cell[ref] for ref in problem.refs if ref in by_cell), "")
        variant = problem.details.get("why", "")
        if problem.code == _UNREADABLE and not variant and not percents.isdisjoint(problem.refs):
            variant = "percent"
        slots = {**dict.fromkeys(_SLOTS, ""), "label": label, **problem.details}
        book.add(
            problem.code, problem.refs, problem.provided, problem.expected, problem.difference,
            slots=slots, variant=variant,
        )  # fmt: skip
    if is_whole_table:
        _say_converted(converted, by_cell, book)


def _say_converted(
    problems: Sequence[ReadingProblem], by_cell: Mapping[CellRef, str], book: FindingBook
) -> None:
    """One finding for a form in another unit: the first figure shown, the others counted."""
    first, refs = problems[0], [ref for problem in problems for ref in problem.refs]
    slots = {
        "label": next((by_cell[ref] for ref in first.refs if ref in by_cell), ""),
        "note": first.details.get("note", ""), "count": str(len(problems)),
    }  # fmt: skip
    book.add(_CONVERTED, refs, first.provided, slots=slots, variant="many", marked=1)


def _labels(submission: Submission, prepared: Prepared) -> dict[CellRef, str]:
    """What each cell of a figure is called, for problems that name only a cell."""
    if not submission.problems:
        return {}
    found: dict[CellRef, str] = {}
    texts = rule_texts()
    rows = [row.facts for row in (*submission.rows, *submission.lists)]
    for facts in (submission.facts, *rows):
        for fact in facts.values():
            _note(found, fact, prepared.spec.label_of(fact.id))
    for row in submission.scores:
        label = prepared.indicators[row.indicator].label
        _note(found, row.self_score, texts["words.self_score"].format(label=label))
        _note(found, row.max_score, texts["words.max_score"].format(label=label))
    return found


def _note(found: dict[CellRef, str], fact: Fact, label: str) -> None:
    if fact.ref is not None:
        found.setdefault(fact.ref, label)
