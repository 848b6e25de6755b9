"""The limits of the comparison across units: read strictly, and what they say."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import Any

import pytest

from perfeval_xl.errors import FormSpecError
from perfeval_xl.forms.peers import peer_limits, read_limits
from perfeval_xl.forms.places import templates_directory


def table() -> dict[str, Any]:
    text = (templates_directory() / "peers.toml").read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)


@pytest.mark.parametrize(
    ("texts", "units"), [(2, 5), (20, 5), (24, 6), (40, 10), (80, 20), (10_000, 20)]
)
def test_a_set_phrase_stands_in_a_quarter_of_texts_but_5_to_20(texts: int, units: int) -> None:
    assert peer_limits().texts.most_units(texts) == units


def test_fewer_than_five_units_are_never_enough() -> None:
    changed = table()
    changed["outliers"]["least_units"] = 4
    with pytest.raises(FormSpecError, match="least_units"):
        read_limits(changed)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("outliers", "times_sigma", 3),
        ("outliers", "least_factor", 1),
        ("texts", "self_words", []),
        ("texts", "common_most", 1000),
        ("scores", "least_deduction", 1),
        ("rubric", "nearly_al", Decimal(1)),
    ],
)
def test_a_wrong_key_or_value_is_named(section: str, key: str, value: object) -> None:
    changed = table()
    changed[section][key] = value
    with pytest.raises(FormSpecError, match=key):
        read_limits(changed)
