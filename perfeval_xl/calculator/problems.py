"""What the reader met on its way, turned into findings."""

from __future__ import annotations

from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import CellRef, Fact, Submission

_UNREADABLE = "figures.unreadable"
_SLOTS = ("label", "number", "note", "range", "hidden", "used", "others")


def say_problems(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """A finding per problem; an unreadable self-score has a code of its own and is left to it."""
    by_cell = _labels(submission, prepared)
    scores = {row.self_score.ref for row in submission.scores}
    for problem in submission.problems:
        if problem.code == _UNREADABLE and set(problem.refs) & scores:
            continue
        label = next((by_cell[ref] for ref in problem.refs if ref in by_cell), "")
        slots = {**dict.fromkeys(_SLOTS, ""), "label": label, **problem.details}
        book.add(
            problem.code, problem.refs, problem.provided, problem.expected, problem.difference,
            slots=slots,
        )  # fmt: skip


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
