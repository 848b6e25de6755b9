"""Points of the whole form: stated, added up, computed, and the bounds of what is lawful."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.amounts import ZERO
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.calculator.shown import tidy
from perfeval_xl.model import IndicatorResult, Outcome, State, Submission, Totals

_DECIDED = (Outcome.AGREES, Outcome.WITHIN_READINGS, Outcome.DIFFERS)
STATED = ("scoring_total", "self_total")


@dataclass
class _Sums:
    computed: Decimal = ZERO
    low: Decimal = ZERO
    high: Decimal = ZERO


def total_points(
    submission: Submission, results: Sequence[IndicatorResult], prepared: Prepared
) -> Totals:
    """The totals; a pool of shared points counts once and never above its points."""
    spec = prepared.spec
    sums, pools = _Sums(), {pool: _Sums() for pool in spec.pools}
    state = dict.fromkeys(("decided", "undecided", "judged"), ZERO)
    for indicator, result in zip(spec.indicators, results, strict=True):
        _add(pools[indicator.shared] if indicator.shared else sums, result)
        if not indicator.shared:
            state[_state(result)] += indicator.max
    for name, pool in spec.pools.items():
        shared = pools[name]
        sums.computed += min(shared.computed, pool.points)
        sums.low += min(shared.low, pool.points)
        sums.high += min(shared.high, pool.points)
        members = prepared.pooled[name]
        state[_state(next(r for r in results if r.id == members[0].id))] += pool.points
    return Totals(
        stated=stated_total(submission),
        self_sum=self_sum(submission),
        computed=tidy(sums.computed),
        decided=tidy(state["decided"]),
        undecided=tidy(state["undecided"]),
        judged=tidy(state["judged"]),
        low=tidy(sums.low),
        high=tidy(sums.high),
        rating_stated=_rating_stated(submission, prepared),
        rating=prepared.bands_between(sums.low, sums.high),
    )


def stated_total(submission: Submission) -> Decimal | None:
    """The total as the unit states it, on the scoring sheet first."""
    for name in STATED:
        fact = submission.facts.get(name)
        if fact is not None and fact.number is not None:
            return fact.number
    return None


def self_sum(submission: Submission) -> Decimal | None:
    """What the self-scores add up to; None when there is none."""
    numbers = [n for row in submission.scores if (n := row.self_score.number) is not None]
    return tidy(sum(numbers, ZERO)) if numbers else None


def _add(sums: _Sums, result: IndicatorResult) -> None:
    least, most = result.claim
    sums.computed += least if result.score is None else result.score
    if result.outcome in (Outcome.JUDGED, Outcome.NOT_APPLICABLE):
        sums.low += least
        sums.high += most
        return
    sums.low += result.low or ZERO
    sums.high += ZERO if result.high is None else result.high


def _state(result: IndicatorResult) -> str:
    if result.outcome in _DECIDED:
        return "decided"
    return "undecided" if result.outcome is Outcome.UNDECIDED else "judged"


def _rating_stated(submission: Submission, prepared: Prepared) -> str:
    """The stated rating as the form calls it, as typed when it is none of the form's."""
    for check in prepared.spec.checks:
        if check.kind == "rating":
            fact = submission.facts.get(str(check.options["rating"]))
            if fact is not None and fact.state is State.TEXT:
                return prepared.rating(fact.text) or fact.text
    return ""
