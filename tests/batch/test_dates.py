"""Days as officers and programs write them."""

from __future__ import annotations

from datetime import date

import pytest

from perfeval_xl.batch.dates import parse_date


@pytest.mark.parametrize(
    "text",
    [
        "2022-03-31", "2022/3/31", "2022.3.31", "2022年3月31日", "２０２２年３月３１日", "20220331",
        "2022-03-31 00:00:00", "2022年 3月 31日", "二〇二二年三月三十一日", "44651",
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert parse_date(text) == date(2022, 3, 31)


def test_tens_of_days_are_read_by_their_ten() -> None:
    assert parse_date("二〇二二年十月十日") == date(2022, 10, 10)
    assert parse_date("二○二二年十二月二十日") == date(2022, 12, 20)


@pytest.mark.parametrize("text", ["", "2022年3月", "三月底", "2022-02-30", "31", "尽快", "22.3.31"])
def test_what_names_no_day_is_no_date(text: str) -> None:
    assert parse_date(text) is None
