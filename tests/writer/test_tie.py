"""The text that ties a row to its indicator reads back, and knows a ruling that was carried over."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from perfeval_xl.context import Adjudication
from perfeval_xl.model import Outcome
from perfeval_xl.ruling import Question
from perfeval_xl.writer.tie import Tie

QUESTION = Question(
    "asset_safety", 14, "资产管理安全性", Decimal(4), Decimal(4), None, Decimal(0), Decimal(4),
    Outcome.JUDGED,
)  # fmt: skip
GROUNDS = "claim:0a1b2c3d4e,result:0123456789"
RULED = Adjudication(
    "asset_safety", Decimal("3.5"), "盘亏一件", "ab" * 32, "4", "0", "4", "3.5分", GROUNDS, 1, "2022-05-01"
)  # fmt: skip


@pytest.mark.parametrize("carried", [None, RULED])
def test_a_tie_reads_back_as_it_was_written(carried: Adjudication | None) -> None:
    tie = Tie.of(QUESTION, GROUNDS, 2, carried)
    assert Tie.read(str(tie)) == tie


def test_a_tie_of_an_earlier_version_of_the_program_says_less() -> None:
    assert Tie.read("asset_safety|4|0|4") == Tie("asset_safety", "4", "0", "4")
    assert Tie.read("asset_safety|4|0") is None
    assert Tie.read("核定编号") is None


def test_what_was_carried_is_the_first_ruling_while_the_cells_say_so() -> None:
    tie = Tie.of(QUESTION, GROUNDS, 3, RULED)
    assert tie.carried_over(Decimal("3.50"), "盘亏一件") == replace(
        RULED, score=Decimal("3.50"), raw="3.5"
    )
    assert tie.carried_over(Decimal("3.5"), "盘亏两件") is None
    assert tie.carried_over(Decimal(3), "盘亏一件") is None
    assert tie.carried_over(None, "盘亏一件") is None
    assert Tie.of(QUESTION, GROUNDS, 3, None).carried_over(Decimal("3.5"), "盘亏一件") is None


@pytest.mark.parametrize("carried", ["", "x", "3.5:1", "3.5:1:2022-05-01:zz:00000000", "a:b:c:d:e"])
def test_what_somebody_typed_into_the_unseen_text_carries_nothing(carried: str) -> None:
    tie = Tie.read(f"asset_safety|4|0|4|{GROUNDS}|2|{carried}")
    assert tie is not None
    assert tie.carried_over(Decimal("3.5"), "盘亏一件") is None
