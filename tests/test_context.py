"""What is known of a unit beside its workbook survives the copy's receipt unchanged."""

from __future__ import annotations

from decimal import Decimal

import pytest

from perfeval_xl.context import (
    NOTHING,
    Adjudication,
    Context,
    EarlierFinding,
    Given,
    Rank,
    Waiver,
    context_from,
)

FULL = Context(
    given=(Given("authorized_posts", Decimal("36"), "36人", "参考数据.xlsx!D5", Rank.REFERENCE),),
    round=2,
    earlier=(EarlierFinding("k", "score.differs", "error", "x", "表", "T3", "不“一致”"),),
    rulings=(Adjudication("x", Decimal("2.50"), "有依据", "ab", "5", "2", "2.5"),),
    waivers=(Waiver("k", "已说明", "2022-05-01", "ab"),),
)


def test_a_context_reads_back_as_it_was_written() -> None:
    assert context_from(FULL.to_text()) == FULL


def test_nothing_known_has_no_digest_and_something_has_its_own() -> None:
    assert NOTHING.digest == ""
    assert FULL.digest != Context(given=FULL.given).digest != ""


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"given": 1}', FULL.to_text()[:-3]])
def test_what_is_no_context_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any kind of it
        context_from(text)
