"""The one door from cell to number."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfeval_xl.amounts import (
    Doubt,
    decimals_of,
    half_unit,
    parse_amount,
    parse_cell_number,
    parse_date,
    parse_percent,
    plain,
)

NUMBERS = [
    ("297.36", "297.36", "", 2),
    ("297.36万元", "297.36", "万元", 2),
    ("2973600元", "2973600", "元", 0),
    ("11人", "11", "人", 0),
    ("５分", "5", "分", 0),
    ("１２３．４５", "123.45", "", 2),
    ("1,234,567.80", "1234567.80", "", 2),
    ("1，234", "1234", "", 0),
    ("1 234.5", "1234.5", "", 1),
    ("1\u00a0234 567", "1234567", "", 0),
    ("816\n", "816", "", 0),
    ("\u00a0 42\u3000", "42", "", 0),
    ("'38", "38", "", 0),
    ("−14.01", "-14.01", "", 2),
    ("８１２．５", "812.5", "", 1),
    ("1，234.5", "1234.5", "", 1),
    ("1.2万", "1.2", "万元", 1),
    ("816.5。", "816.5", "", 1),
    ("+0.50", "0.50", "", 2),
    ("¥1,000元", "1000", "元", 0),
]


@pytest.mark.parametrize(("text", "value", "unit", "decimals"), NUMBERS)
def test_a_number_is_read_however_it_is_typed(
    text: str, value: str, unit: str, decimals: int
) -> None:
    amount = parse_amount(text)
    assert amount is not None
    assert (amount.value, amount.unit, amount.decimals) == (Decimal(value), unit, decimals)


UNREADABLE = [
    "7,00.0,77", "10²", "①800", "⑤", "12½", "Ⅴ", "12 13", "100\n200", "100 200", "1\t234.5", "1\n234.56", "297,36", "1,23", "1E5", "约297", "5-6", "007", "12\u202e3", "十一",
    "1O5", "..5", "1.2.3",
    "812。5。3", "。5", "812·5", "812、5", "(14.01)", "14.01-", "≥95", "95以上", "300左右", "=812.5", "100+200",
    "1.234,5", "1'234.5", "1.2万人", "12.3.", "0。9.5", "9" * 30, "#REF!", "2021年", "一",
]  # fmt: skip


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_may_mean_two_things_is_unreadable(text: str) -> None:
    assert parse_amount(text) is None


ASSUMED = [
    ("无", "0", Doubt.NOTHING_SAID),
    ("零", "0", Doubt.NOTHING_SAID),
    ("O", "0", Doubt.LETTER_O),
    ("5（满分）", "5", Doubt.TRAILING_NOTE),
    ("4.5/5", "4.5", Doubt.OUT_OF),
    ("812。5", "812.5", Doubt.FULL_STOP),
    ("１，８１２。５０万元", "1812.50", Doubt.FULL_STOP),
]


@pytest.mark.parametrize(("text", "value", "doubt"), ASSUMED)
def test_what_is_assumed_is_said(text: str, value: str, doubt: Doubt) -> None:
    amount = parse_amount(text)
    assert amount is not None
    assert (amount.value, amount.doubt) == (Decimal(value), doubt)


@pytest.mark.parametrize("text", ["", "  ", "/", "—", "－－", "不适用"])
def test_a_stroke_says_nothing_and_is_no_zero(text: str) -> None:
    amount = parse_amount(text)
    assert amount is not None
    assert amount.value is None


@pytest.mark.parametrize(
    ("text", "value", "doubt"),
    [
        ("95%", "0.95", Doubt.NONE),
        ("９５％", "0.95", Doubt.NONE),
        ("95", "0.95", Doubt.PERCENT_WITHOUT_SIGN),
        ("0.95", "0.95", Doubt.NONE),
        ("1", "1", Doubt.PERCENT_ONE),
        ("100%", "1", Doubt.NONE),
        ("满意度94.96%", "0.9496", Doubt.NONE),
        ("94。96%", "0.9496", Doubt.FULL_STOP),
        ("94。96", "0.9496", Doubt.PERCENT_WITHOUT_SIGN),
    ],
)
def test_a_percentage_is_a_fraction(text: str, value: str, doubt: Doubt) -> None:
    amount = parse_percent(text)
    assert amount is not None
    assert (amount.value, amount.doubt) == (Decimal(value), doubt)


@pytest.mark.parametrize(
    "text",
    [
        "1.5",
        "95%以上",
        "约95%",
        "≥95%",
        "95。5%以上",
        "不低于95%",
        "九成五",
        "无",
        "300",
        "95%—98%",
        "11人",
    ],
)
def test_an_unsure_percentage_is_unreadable(text: str) -> None:
    assert parse_percent(text) is None


@pytest.mark.parametrize("raw", ["NaN", "INF", "1E+308", "-1E+300", "", "x"])
def test_a_damaged_number_is_none(raw: str) -> None:
    assert parse_cell_number(raw) is None


@pytest.mark.parametrize(
    ("raw", "value"),
    [("0.1", "0.1"), ("297.36000000000001", "297.36"), ("2.9736E2", "297.36"), ("38", "38")],
)
def test_a_stored_float_is_the_number_that_was_typed(raw: str, value: str) -> None:
    assert parse_cell_number(raw) == Decimal(value)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_a_typed_number_comes_back_as_typed(number: Decimal) -> None:
    amount = parse_amount(f"{number:,.2f}")
    assert amount is not None
    assert amount.value == number


@given(st.text(max_size=30))
def test_no_text_breaks_the_door(text: str) -> None:
    for amount in (parse_amount(text), parse_percent(text)):
        assert amount is None or amount.value is None or amount.value.is_finite()


def test_plain_shows_no_exponent_and_no_trailing_zero() -> None:
    shown = [plain(Decimal(text)) for text in ("1E+3", "2.50", "-0.00", "100", "0.10")]
    assert shown == ["1000", "2.5", "0", "100", "0.1"]


def test_half_a_unit_of_two_decimals_is_half_a_cent() -> None:
    assert half_unit(2) == Decimal("0.005")
    assert decimals_of(Decimal("12.340")) == 2


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2021-01-15", date(2021, 1, 15)),
        ("2021年1月15日", date(2021, 1, 15)),
        ("2021.1.15", date(2021, 1, 15)),
        ("２０２１/１/１５", date(2021, 1, 15)),
        ("20210115", date(2021, 1, 15)),
        ("2021-01-15 00:00:00", date(2021, 1, 15)),
        ("1月15日", None),
        ("2021年1月", None),
        ("2021-02-30", None),
        ("年底", None),
        ("", None),
    ],
)
def test_a_day_is_read_with_its_year_or_not_at_all(typed: str, day: date | None) -> None:
    assert parse_date(typed) == day
