"""Median and MAD by hand: what lies far out, and what does not in a small group."""

from __future__ import annotations

from decimal import Decimal

import pytest

from perfeval_xl.batch.peers.spread import Spread, spread_of
from perfeval_xl.forms.peers import peer_limits

LIMITS = peer_limits().outliers
RATES = ("0.90", "0.92", "0.94", "0.95", "0.96", "0.98", "1.00", "2.20")


def spread(values: tuple[str, ...], by_factor: bool = False) -> Spread:
    found = spread_of([(Decimal(v), n) for n, v in enumerate(values)], by_factor, LIMITS)
    assert found is not None
    return found


def test_seven_units_are_too_few_and_eight_are_enough() -> None:
    values = [(Decimal(1), n) for n in range(7)]
    assert spread_of(values, False, LIMITS) is None
    assert spread_of([*values, (Decimal(1), 7)], False, LIMITS) is not None


def test_the_median_of_an_even_number_lies_between_the_middle_two() -> None:
    assert spread(RATES).median == Decimal("0.955")


def test_far_is_seven_and_a_half_mads_among_eight_units() -> None:
    """Deviations .005 .005 .015 .025 .035 .045 .055 1.245: MAD .03, times 1.4826 times 7.5."""
    assert spread(RATES).far == pytest.approx(0.03 * 1.4826 * 7.5)
    assert spread(RATES).is_far(Decimal("1.29"))  # .335 away
    assert not spread(RATES).is_far(Decimal("1.28"))  # .325 away
    assert spread(RATES).is_far(Decimal("0.62"))


@pytest.mark.parametrize(("rate", "far"), [("0.79", True), ("0.80", False), ("1.20", False)])
def test_where_all_agree_a_rate_has_to_be_20_points_away(rate: str, far: bool) -> None:
    assert spread(("1",) * 8).is_far(Decimal(rate)) is far


@pytest.mark.parametrize(
    ("value", "far"), [("12", False), ("12.1", True), ("1.34", False), ("1.33", True)]
)
def test_where_all_agree_a_figure_per_head_has_to_be_three_times_off(value: str, far: bool) -> None:
    assert spread(("4",) * 8, by_factor=True).is_far(Decimal(value)) is far


def test_sixteen_times_the_median_is_ordinary_where_doubling_is() -> None:
    """2 2 4 4 4 4 8 8 64: half of them a factor 2 off, so a factor 2 ** 10.7 would be far."""
    wide = spread(("2", "2", "4", "4", "4", "4", "8", "8", "64"), by_factor=True)
    assert wide.median == 4
    assert not wide.is_far(Decimal(64))
    assert wide.is_far(Decimal(4 * 2**11))


def test_the_nearest_are_the_nearest_on_either_side_but_not_oneself() -> None:
    values = spread(RATES)
    assert values.nearest(Decimal("2.20"), 7, 3) == [
        (Decimal("1.00"), 6),
        (Decimal("0.98"), 5),
        (Decimal("0.96"), 4),
    ]
    assert [unit for _, unit in values.nearest(Decimal("0.955"), 3, 2)] == [4, 2]


def test_near_is_measured_by_factor_where_far_is() -> None:
    """Between 1 and 16, 5 is nearer to 16 by factor (3.2 against 5)."""
    values = spread(("1", "16", "100", "100", "100", "100", "100", "100"), by_factor=True)
    assert values.nearest(Decimal(5), 9, 1) == [(Decimal(16), 1)]
