"""Colours: chosen ones hold inside the block only; every shipped tint can be read."""

from __future__ import annotations

import pytest

from perfeval_xl.model import Outcome, Severity
from perfeval_xl.writer.style import (
    LEAST_CONTRAST,
    OUTCOME,
    SEVERITY,
    TINTS,
    contrast,
    in_colours,
)


def test_chosen_colours_hold_inside_the_block_only() -> None:
    before = (dict(SEVERITY), dict(OUTCOME))
    with in_colours({"error": "FFC7CE", "agrees": "C6EFCE"}):
        assert SEVERITY[Severity.ERROR].fill == OUTCOME[Outcome.DIFFERS].fill == "FFC7CE"
        assert OUTCOME[Outcome.WITHIN_READINGS].fill == "C6EFCE"
        assert SEVERITY[Severity.ERROR].word == "错误"
        assert SEVERITY[Severity.NOTE] == before[0][Severity.NOTE]
    assert before == (SEVERITY, OUTCOME)


def test_colours_are_put_back_when_writing_fails() -> None:
    before = (dict(SEVERITY), dict(OUTCOME))
    with pytest.raises(KeyError), in_colours({"error": "FFC7CE"}):
        SEVERITY["no severity"]  # type: ignore[index]
    assert before == (SEVERITY, OUTCOME)


def test_every_severity_and_outcome_has_one_tint() -> None:
    named = [key for keys in TINTS.values() for key in keys]
    assert sorted(named) == sorted([*Severity, *Outcome])


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("000000", "FFFFFF") == pytest.approx(21)
    assert contrast("808080", "808080") == pytest.approx(1)
    assert contrast("777777", "FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("look", [*SEVERITY.values(), *OUTCOME.values()], ids=lambda x: x.word)
def test_the_shipped_tints_can_be_read(look: object) -> None:
    assert contrast(look.fill, look.text) >= LEAST_CONTRAST  # type: ignore[attr-defined]
