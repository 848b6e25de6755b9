"""What a person's ruling on an indicator rests on: marks by which a later version is compared.

A ruling on one version of a workbook holds for the next one only while all of it is the same.
Cells and addresses are no part of it: a row that moved is the row it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256

from perfeval_xl.amounts import plain
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import Fact, IndicatorResult, ScoreRow, Submission
from perfeval_xl.ruling import Ground, grounds_text

_TOTALS = ("scoring_total", "self_total")
_LENGTH = 10  # hexadecimal digits of a mark


class Grounds:
    """The grounds of every indicator of one workbook."""

    def __init__(self, submission: Submission, spec: FormSpec) -> None:
        self._rows = {row.indicator: row for row in submission.scores}
        self._texts = _mark(_evidence(submission, spec))

    def of(self, result: IndicatorResult) -> str:
        """The grounds of one indicator as a text; ``changed_grounds`` compares two of them.

        What figures decide rests on figures. Where none do, a person weighed what the unit wrote,
        and the form does not say which of its texts speak of which row: then all of them count.
        """
        marks = {
            Ground.CLAIM: _mark([_said(result.self_score)]),
            Ground.RESULT: _mark(_outcome(result)),
            Ground.FIGURES: _mark([*map(_figure, result.inputs), *result.missing]),
            Ground.ROW: _mark(_printed(self._rows.get(result.id))),
        }
        if result.score is None:
            marks[Ground.TEXTS] = self._texts
        return grounds_text(marks)


def _outcome(result: IndicatorResult) -> Sequence[str]:
    points = (result.max, result.score, result.low, result.high)
    shown = ["" if value is None else plain(value) for value in points]
    standing = result.outcome.value if result.score is None else ""  # else it speaks of the claim
    return [standing, *shown, _squeezed(result.clause)]


def _printed(row: ScoreRow | None) -> Sequence[str]:
    """The row's own texts: why points were deducted, the criteria and points as printed there."""
    return [] if row is None else [_said(f) for f in (row.reason, row.criteria, row.max_score)]


def _evidence(submission: Submission, spec: FormSpec) -> Iterable[str]:
    """All that the unit wrote in sentences: its targets and what became of them, its report.

    The total that these name is no evidence of any row: each row's score is held by itself.
    """
    total = _total_named(spec)
    for name, field in sorted(spec.fields.items()):
        fact = submission.facts.get(name)
        if field.kind == "prose" and fact is not None:
            yield total.sub(r"\1", _figure(fact))
    for target in submission.targets:
        yield from (target.kind, _said(target.target), _said(target.result))


def _total_named(spec: FormSpec) -> re.Pattern[str]:
    """A phrase that names the total, up to the number that follows it."""
    phrases = [re.escape(phrase) for phrase, field in spec.prose.phrases if field in _TOTALS]
    return re.compile(
        rf"((?:{'|'.join(phrases)})[^\d，。；]{{0,4}})\d+(?:\.\d+)?" if phrases else "$()"
    )


def _figure(fact: Fact) -> str:
    return f"{fact.id} {_said(fact)}"


def _said(fact: Fact) -> str:
    """What a fact says, however it is typed."""
    if fact.number is not None:
        return f"number {plain(fact.number)}"
    return f"{fact.state.value} {_squeezed(fact.text)}"


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _mark(parts: Iterable[str]) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]
