"""Dates as people and programs write them: 2022-03-31, 2022年3月31日, 二〇二二年三月三十一日, 44651."""

from __future__ import annotations

import re
from datetime import date, timedelta

from perfeval_xl.amounts import fold

_WRITTEN = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\d{1,2}:\d{2}(?::\d{2})?)?")
_EIGHT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY_ZERO = date(1899, 12, 30)  # of Excel's count of days
_SERIALS = range(36526, 73415)  # 2000-01-01 to 2100-12-31: what a date column may show unformatted
_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_CHINESE = re.compile("[〇零○一二三四五六七八九十]+")


def parse_date(text: str) -> date | None:
    """The day a text names; None when it names none for certain."""
    folded = _CHINESE.sub(_number, "".join(fold(text).split()))
    if folded.isdigit() and int(folded) in _SERIALS:
        return _DAY_ZERO + timedelta(days=int(folded))
    match = _WRITTEN.fullmatch(folded) or _EIGHT.fullmatch(folded)
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def _number(match: re.Match[str]) -> str:
    """二〇二二 is read digit by digit, 三十一 by its ten."""
    written = match[0]
    if "十" not in written:
        return written.translate(_DIGITS)
    tens, _, ones = written.partition("十")
    return (tens.translate(_DIGITS) or "1") + (ones.translate(_DIGITS) or "0")
