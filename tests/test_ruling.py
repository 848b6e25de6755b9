"""What counts until an officer rules, and what is wrong with what she typed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from perfeval_xl.model import Outcome
from perfeval_xl.ruling import Fault, Question, faults_of, finding_keys, total_of, waiver_faults


def question(
    outcome: Outcome,
    claimed: str | None = "5",
    score: str | None = None,
    low: str = "0",
    high: str = "5",
    name: str = "x",
    pool: str = "",
    most: str = "5",
) -> Question:
    return Question(
        name, 1, "指标", Decimal(most), None if claimed is None else Decimal(claimed),
        None if score is None else Decimal(score), Decimal(low), Decimal(high), outcome, pool,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "standing", "asks"),
    [
        (question(Outcome.AGREES, "5", "5", "5", "5"), "5", False),
        # a lawful self-score stands even where the default reading gives another number
        (question(Outcome.WITHIN_READINGS, "2.22", "2.5", "2", "2.5"), "2.22", False),
        (question(Outcome.DIFFERS, "5", "2.5", "2", "2.5"), "2.5", True),
        (question(Outcome.UNDECIDED, "5"), "5", True),
        (question(Outcome.JUDGED, "7"), "5", True),
        (question(Outcome.JUDGED, "-1"), "0", True),
        (question(Outcome.JUDGED, None), "0", True),
        (question(Outcome.NOT_APPLICABLE, "3"), "3", True),
    ],
)
def test_what_counts_while_a_score_is_blank(asked: Question, standing: str, asks: bool) -> None:
    assert (asked.standing, asked.asks) == (Decimal(standing), asks)


DIFFERS = question(Outcome.DIFFERS, "5", "2.5", "2", "2.5")
JUDGED = question(Outcome.JUDGED, "4")
AGREES = question(Outcome.AGREES, "5", "5", "5", "5")


@pytest.mark.parametrize(
    ("asked", "raw", "score", "reason", "expected"),
    [
        (JUDGED, "", None, "", []),
        (JUDGED, "4", "4", "", []),
        (JUDGED, "3", "3", "", [Fault.NO_REASON]),
        (JUDGED, "3", "3", "缺一项", []),
        (JUDGED, "5.5", "5.5", "x", [Fault.OUT_OF_RANGE]),
        (JUDGED, "-1", "-1", "x", [Fault.OUT_OF_RANGE]),
        (JUDGED, "五", None, "x", [Fault.NOT_A_NUMBER]),
        (JUDGED, "", None, "同意", [Fault.NO_SCORE]),
        (AGREES, "", None, "同意", []),
        (AGREES, "4", "4", "", [Fault.NO_REASON]),
        (DIFFERS, "2", "2", "", []),  # what the rule gives needs no reason
        (DIFFERS, "5", "5", "", [Fault.NO_REASON]),
        (question(Outcome.JUDGED, None), "0", "0", "", []),
        (question(Outcome.JUDGED, None), "1", "1", "", [Fault.NO_REASON]),
        (JUDGED, "4", "4", "长" * 501, [Fault.LONG_REASON]),
    ],
)
def test_faults_of_a_ruling(
    asked: Question, raw: str, score: str | None, reason: str, expected: list[Fault]
) -> None:
    assert faults_of(asked, raw, None if score is None else Decimal(score), reason) == expected


@pytest.mark.parametrize(
    ("action", "reason", "date", "expected"),
    [
        ("", "", "", []),
        ("更正", "", "", []),
        ("豁免", "已说明", "2022-05-01", []),
        ("豁免", "", "2022-05-01", [Fault.WAIVER_WITHOUT_REASON]),
        ("豁免", "已说明", "", [Fault.WAIVER_WITHOUT_DATE]),
        ("豁免", "已说明", "五月", [Fault.NOT_A_DATE]),
        ("免", "", "", [Fault.UNKNOWN_ACTION]),
        ("", "已说明", "", [Fault.WAIVER_WITHOUT_ACTION]),
    ],
)
def test_faults_of_a_waiver(action: str, reason: str, date: str, expected: list[Fault]) -> None:
    assert waiver_faults(action, reason, date, date.startswith("2022")) == expected


def test_shared_points_never_count_above_their_pool() -> None:
    asked = [
        question(Outcome.JUDGED, "5", name="a"),
        question(Outcome.JUDGED, "5", name="b", pool="p", most="15"),
        question(Outcome.JUDGED, "5", name="c", pool="p", most="15"),
    ]
    assert total_of(asked, {}, {"p": Decimal(15)}) == 15
    assert total_of(asked, {"a": Decimal(3), "b": Decimal(14)}, {"p": Decimal(15)}) == 18


def test_two_like_findings_on_one_cell_have_keys_of_their_own() -> None:
    same = ("a.b", "x", "表", "F3")
    assert finding_keys([same, ("a.c", "", "", ""), same]) == [
        "a.b|x|表!F3", "a.c||!", "a.b|x|表!F3#2",
    ]  # fmt: skip
