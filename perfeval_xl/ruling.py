"""What an officer rules on (核定), what counts until she does, and what is wrong with an entry.

One rule for the formula in the copy, for ``settle`` and for the notice. Knows no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from perfeval_xl.amounts import ZERO
from perfeval_xl.context import Adjudication
from perfeval_xl.model import IndicatorResult, Outcome

LONGEST_REASON = 500
WAIVED, TO_CORRECT = "豁免", "更正"
ACTIONS = (TO_CORRECT, WAIVED)
_SETTLED = (Outcome.AGREES, Outcome.WITHIN_READINGS)


class Ground(StrEnum):
    """A part of what a ruling rests on."""

    CLAIM = "claim"  # the self-score
    RESULT = "result"  # what the rule gives, its maximum and wording
    FIGURES = "figures"  # that it rests on
    ROW = "row"  # the row's own texts
    TEXTS = "texts"  # of the workbook, where no figure decides


class Fault(StrEnum):
    """What is wrong with an entry of an officer."""

    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    NO_REASON = "no_reason"
    LONG_REASON = "long_reason"
    NO_SCORE = "no_score"  # a reason stands alone where a score is asked for
    UNKNOWN_ACTION = "unknown_action"
    WAIVER_WITHOUT_REASON = "waiver_without_reason"
    WAIVER_WITHOUT_DATE = "waiver_without_date"
    NOT_A_DATE = "not_a_date"
    WAIVER_WITHOUT_ACTION = "waiver_without_action"


@dataclass(frozen=True, slots=True)
class Question:
    """One indicator as it is put to an officer.

    claimed: the self-score, None when there is none. score: what the figures give, None when they
    give nothing. pool: name of the points it shares with others, else empty.
    """

    id: str
    number: int
    label: str
    max: Decimal
    claimed: Decimal | None
    score: Decimal | None
    low: Decimal | None
    high: Decimal | None
    outcome: Outcome
    pool: str = ""

    @property
    def asks(self) -> bool:
        """Whether an officer has to rule: the figures do not bear the self-score out."""
        return self.outcome not in _SETTLED

    @property
    def standing(self) -> Decimal:
        """What counts while nothing is ruled.

        A self-score within the lawful interval stands; else what the figures give; where they give
        nothing, the self-score within 0 and the maximum.
        """
        if self.outcome is Outcome.DIFFERS and self.score is not None:
            return self.score
        return ZERO if self.claimed is None else max(ZERO, min(self.claimed, self.max))

    def needs_reason(self, score: Decimal) -> bool:
        """Whether this ruling must be explained: neither the figures nor the unit say so."""
        if self.outcome is Outcome.DIFFERS and self.low is not None and self.high is not None:
            return not self.low <= score <= self.high
        return score != (ZERO if self.claimed is None else self.claimed)


def faults_of(question: Question, raw: str, score: Decimal | None, reason: str) -> list[Fault]:
    """What is wrong with a ruling as it was typed; a blank one is open, not wrong."""
    found = []
    if raw and score is None:
        found.append(Fault.NOT_A_NUMBER)
    elif score is not None and not ZERO <= score <= question.max:
        found.append(Fault.OUT_OF_RANGE)
    elif score is not None and not reason and question.needs_reason(score):
        found.append(Fault.NO_REASON)
    elif not raw and reason and question.asks:
        found.append(Fault.NO_SCORE)
    if len(reason) > LONGEST_REASON:
        found.append(Fault.LONG_REASON)
    return found


def waiver_faults(action: str, reason: str, date: str, is_date: bool) -> list[Fault]:
    """What is wrong with how a finding was dealt with, as it was typed."""
    if not action:
        return [Fault.WAIVER_WITHOUT_ACTION] if reason or date else []
    if action not in ACTIONS:
        return [Fault.UNKNOWN_ACTION]
    if action != WAIVED:
        return []
    found = [] if reason else [Fault.WAIVER_WITHOUT_REASON]
    if not date:
        return [*found, Fault.WAIVER_WITHOUT_DATE]
    return found if is_date else [*found, Fault.NOT_A_DATE]


def total_of(
    questions: Sequence[Question], ruled: Mapping[str, Decimal], pools: Mapping[str, Decimal]
) -> Decimal:
    """The total: what is ruled, else what stands; shared points never above those of their pool."""
    own, shared = ZERO, dict.fromkeys(pools, ZERO)
    for question in questions:
        points = ruled.get(question.id, question.standing)
        if question.pool:
            shared[question.pool] += points
        else:
            own += points
    return own + sum((min(shared[name], most) for name, most in pools.items()), ZERO)


def finding_keys(findings: Iterable[tuple[str, str, str, str]]) -> list[str]:
    """A key for each finding (code, indicator, sheet, first cell) of one file, the same each run."""
    keys: list[str] = []
    seen: dict[str, int] = {}
    for code, indicator, sheet, cell in findings:
        key = f"{code}|{indicator}|{sheet}!{cell}"
        seen[key] = seen.get(key, 0) + 1
        keys.append(key if seen[key] == 1 else f"{key}#{seen[key]}")
    return keys


def grounds_text(marks: Mapping[Ground, str]) -> str:
    """Marks of all that a ruling rests on as one text without ``|``."""
    return ",".join(f"{ground.value}:{mark}" for ground, mark in marks.items())


def changed_grounds(before: str, now: str) -> list[Ground] | None:
    """What is not as it was; None where one of the two does not say what it rested on."""
    old, new = _marks(before), _marks(now)
    if not old or not new:
        return None
    return [ground for ground in Ground if old.get(ground.value) != new.get(ground.value)]


def is_carried(before: Adjudication, question: Question, grounds: str) -> bool:
    """Whether a ruling on an earlier version holds for this one: all it rests on is as it was."""
    if before.score is None or changed_grounds(before.grounds, grounds) != []:
        return False
    return not faults_of(question, before.raw, before.score, before.reason)


def _marks(grounds: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in grounds.split(",") if part)
    return {name: mark for name, _, mark in pairs}


def question_of(result: IndicatorResult, pool: str) -> Question:
    """The question that an indicator's result puts to the officer."""
    return Question(
        result.id, result.number, result.label, result.max, result.self_score.number,
        result.score, result.low, result.high, result.outcome, pool,
    )  # fmt: skip
