"""The limits of the comparison across units: read strictly, and what they say."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import Any

import pytest

from perfeval_xl.errors import FormSpecError
from perfeval_xl.forms.peers import (
    PeerLimits,
    changed_limits,
    limits_from_data,
    limits_to_data,
    peer_limits,
    read_limits,
)
from perfeval_xl.forms.places import templates_directory
from perfeval_xl.forms.section import Section


def table() -> dict[str, Any]:
    text = (templates_directory() / "peers.toml").read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def read(limits: dict[str, Any]) -> PeerLimits:
    return read_limits(Section("peers.toml", "", limits))


@pytest.mark.parametrize(
    ("texts", "units"), [(2, 5), (20, 5), (24, 6), (40, 10), (80, 20), (10_000, 20)]
)
def test_a_set_phrase_stands_in_a_quarter_of_texts_but_5_to_20(texts: int, units: int) -> None:
    assert peer_limits().texts.most_units(texts) == units


def test_fewer_than_five_units_are_never_enough() -> None:
    changed = table()
    changed["outliers"]["least_units"] = 4
    with pytest.raises(FormSpecError, match="least_units"):
        read(changed)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("outliers", "times_sigma", 3),
        ("outliers", "least_factor", 1),
        ("texts", "self_words", []),
        ("texts", "common_most", 1000),
        ("scores", "least_deduction", 1),
        ("rubric", "nearly_al", Decimal(1)),
        ("outliers", "times_mad", 0),
        ("outliers", "small_group", -1),
        ("texts", "least_share", Decimal("1.5")),
        ("texts", "least_clause", 3),
        ("scores", "nearest", 0),
        ("rubric", "mostly_undecided", 0),
    ],
)
def test_a_wrong_key_or_value_is_named(section: str, key: str, value: object) -> None:
    changed = table()
    changed[section][key] = value
    with pytest.raises(FormSpecError, match=key):
        read(changed)


def test_what_an_office_sets_goes_before_what_is_shipped_and_all_else_stays() -> None:
    written: dict[str, Any] = {"outliers": {"times_mad": 4}, "texts": {"self_words": ["局"]}}
    found = changed_limits(Section("perfeval.toml", "peers", written))
    assert (found.outliers.times_mad, found.texts.self_words) == (4, ("局",))
    assert found.outliers.least_units == peer_limits().outliers.least_units
    assert (found.scores, found.rubric) == (peer_limits().scores, peer_limits().rubric)
    with pytest.raises(FormSpecError, match=r"perfeval.toml.*peers.outliers.times_mda.*times_mad"):
        changed_limits(Section("perfeval.toml", "peers", {"outliers": {"times_mda": 4}}))


def test_limits_read_back_as_they_were_kept() -> None:
    assert limits_from_data(limits_to_data(peer_limits())) == peer_limits()
