"""Each indicator: its ruling held against the self-score."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from perfeval_xl.amounts import plain
from perfeval_xl.calculator.case import Case, Ruling, Standing
from perfeval_xl.calculator.excel import fitting
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.calculator.shown import quoted, span
from perfeval_xl.forms.spec import IndicatorSpec
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import (
    Fact,
    IndicatorResult,
    Outcome,
    ScoreRow,
    State,
    Submission,
    missing_fact,
)

TOLERANCE = Decimal("0.005")  # half a unit of the last decimal a score is shown with

_MOST_RULINGS = 500
_OPEN = {
    Standing.UNDECIDED: Outcome.UNDECIDED,
    Standing.JUDGED: Outcome.JUDGED,
    Standing.NOT_APPLICABLE: Outcome.NOT_APPLICABLE,
}


def judge_indicators(
    submission: Submission, prepared: Prepared
) -> list[tuple[IndicatorResult, Ruling]]:
    """A result per indicator in form order, each with the ruling it rests on."""
    rows = {row.indicator: row for row in submission.scores}
    return [_judge(submission, prepared, i, rows.get(i.id)) for i in prepared.spec.indicators]


def gap(self_score: Decimal, low: Decimal, high: Decimal, dash: str = " 至 ") -> str:
    """How far a self-score is from the interval, both ends: ``2.5 至 3``."""
    ends = sorted((abs(self_score - low), abs(self_score - high)))
    return span(ends[0], ends[1], dash)


def _judge(
    submission: Submission, prepared: Prepared, indicator: IndicatorSpec, row: ScoreRow | None
) -> tuple[IndicatorResult, Ruling]:
    spec = prepared.spec
    self_score = row.self_score if row else missing_fact(f"self.{indicator.id}")
    ruling = _ruling(submission, prepared, indicator, self_score)
    outcome = _outcome(ruling, self_score)
    result = IndicatorResult(
        id=indicator.id,
        number=indicator.number,
        label=indicator.label,
        parent=spec.groups[indicator.group].label,
        max=indicator.max,
        kind=str(indicator.rule["kind"]),
        self_score=self_score,
        outcome=outcome,
        score=ruling.score,
        low=ruling.low,
        high=ruling.high,
        inputs=_cells_of(ruling.inputs),
        missing=ruling.missing,
        sentence=ruling.sentence + _closing(ruling, outcome, self_score),
        clause=indicator.source.sentence,
        reading=ruling.reading,
        formula=fitting(ruling.formula),
        formula_low=fitting(ruling.formula_low),
        formula_high=fitting(ruling.formula_high),
    )
    return result, ruling


def _ruling(
    submission: Submission, prepared: Prepared, indicator: IndicatorSpec, self_score: Fact
) -> Ruling:
    """The rule's word; where the form has none of its cells it is the same for every unit."""
    case = Case(prepared.spec, indicator, submission.facts, self_score)
    rule = prepared.rules[indicator.id]
    for name in prepared.fact_ids[indicator.id]:
        fact = submission.facts.get(name)
        if fact is not None and fact.state is not State.MISSING:
            return rule.rule(case)
    key = (indicator.id, case.claimed())
    kept = prepared.rulings
    if key not in kept:
        if len(kept) > _MOST_RULINGS:
            kept.clear()
        kept[key] = rule.rule(case)
    return kept[key]


def _cells_of(inputs: Sequence[Fact]) -> tuple[Fact, ...]:
    """The facts with cells of their own: what a derived one was worked out from in its place."""
    found: list[Fact] = []
    for fact in inputs:
        own = [f for f in fact.operands if fact.number is None or f.number is not None]
        found += _cells_of(own) if own else (fact,)
    return tuple(dict.fromkeys(found))


def _outcome(ruling: Ruling, self_score: Fact) -> Outcome:
    if ruling.standing in _OPEN:
        return _OPEN[ruling.standing]
    number = self_score.number
    if number is None:
        return Outcome.DIFFERS
    if ruling.score is not None and abs(number - ruling.score) <= TOLERANCE:
        return Outcome.AGREES
    if ruling.low - TOLERANCE <= number <= ruling.high + TOLERANCE:
        return Outcome.WITHIN_READINGS
    return Outcome.DIFFERS


def _closing(ruling: Ruling, outcome: Outcome, self_score: Fact) -> str:
    """The last words of the sentence: how the self-score compares."""
    if ruling.standing is not Standing.DECIDED:
        return ""
    texts = rule_texts()
    number = self_score.number
    if number is None:
        raw = quoted(self_score.raw.strip())
        return texts["self.none_read"].format(raw=raw) if raw else texts["self.none"]
    name = outcome.value
    if outcome is Outcome.DIFFERS:
        name = "more" if number > ruling.high else "less"
    if outcome is Outcome.WITHIN_READINGS:
        name = "within"
    return texts[f"self.{name}"].format(
        self=plain(number), low=plain(ruling.low), high=plain(ruling.high),
        difference=gap(number, ruling.low, ruling.high), needs=_needs(ruling, name, number),
    )  # fmt: skip


def _needs(ruling: Ruling, name: str, claimed: Decimal) -> str:
    """What would make a self-score that is too high agree, where that is simple to say."""
    said = ruling.needs(claimed) if name == "more" and ruling.needs else ""
    return rule_texts()["self.needs"].format(self=plain(claimed), needs=said) if said else ""
