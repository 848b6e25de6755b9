"""The one door from cell to number: Decimal, units, percent, full-width digits, tolerance.

What cannot be read for certain is ``None`` or ``Doubt``; nothing is guessed without a word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache

ZERO = Decimal(0)
WAN = Decimal(10000)  # 1 万元 = 10,000 元
IN_WAN = {
    "万元": Decimal(1),
    "元": 1 / WAN,
    "千元": Decimal("0.1"),
    "百元": Decimal("0.01"),
    "亿元": WAN,
}
LARGEST = Decimal(10) ** 12  # more than any unit's money in 万元 or 元; beyond it a cell is damaged

# Direction overrides are kept on purpose: a figure that shows in another order is unreadable.
_SPACES = re.compile(r"[\s\u00ad\u200b-\u200f\u2060-\u2065\ufeff]+")
# NFKC would make digits of these: 10² is no 102, ①800 no 1800.
_NO_DIGITS = re.compile(
    "[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2089\u2150-\u218b\u2460-\u24ff\u2776-\u2793"
    "\u3220-\u3229\u3248-\u325f\u3280-\u3289\u32b1-\u32bf]"
)
_SPLIT_DIGITS = re.compile(r"\d\s+\d")
# Without a decimal or a third group 100 200 may as well be two figures.
_SPACED_THOUSANDS = re.compile(r"(?<!\d)\d{1,3}(?:(?: \d{3})+\.\d|(?: \d{3}){2,}(?!\d))")
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_UNITS = "亿元|万元|万|千元|百元|元整|元|人次|人|名|个|项|分|%"
_FIGURE = re.compile(rf"(?:人民币|RMB|[¥￥$])?({_NUMBER})({_UNITS})?", re.IGNORECASE)
_NOTED = re.compile(rf"({_NUMBER})({_UNITS})?\(([^()]*)\)({_UNITS})?")
_OUT_OF = re.compile(rf"({_NUMBER})分?/({_NUMBER})分?")
_PERCENT_PHRASE = re.compile(
    r"(?:已|实际|基本|全部|目标|任务|完成|达到|达|满意度|满意率|综合|群众|社会公众|服务对象|完成率|为|:)*"
    rf"({_NUMBER})%(?:已|全部)?(?:完成|满意)?"
)
_DATE = re.compile(
    r"(20\d\d)(?:年|[-./])(\d{1,2})(?:月|[-./])(\d{1,2})日?(?:\d{1,2}:\d\d(?::\d\d)?)?"
    r"|(20\d\d)(\d\d)(\d\d)"
)
_FULL_STOP = re.compile(r"(?<=\d)。(?=\d)")  # what a Chinese keyboard gives for the point
_NOTHING = {"无", "没有", "零", "〇", "暂无", "均无"}
_LETTER_O = {"O", "o", "О", "о", "Ｏ"}
_STROKE = re.compile(r"[-/\\_.·—]{1,6}|不适用|N/?A", re.IGNORECASE)


class Doubt(StrEnum):
    """What had to be assumed to read a cell as it was read."""

    NONE = ""
    NOTHING_SAID = "nothing_said"  # 无, 零: read as 0
    LETTER_O = "letter_o"  # O: read as 0
    STROKE = "stroke"  # / or —: read as blank
    TRAILING_NOTE = "trailing_note"  # 5（满分）
    OUT_OF = "out_of"  # 4.5/5
    PERCENT_WITHOUT_SIGN = "percent_without_sign"  # 95 for 95%
    PERCENT_ONE = "percent_one"  # 1 for 100%
    FULL_STOP = "full_stop"  # 812。5 for 812.5


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as it stood in a cell: its value there, its unit if one was written, its doubt.

    value: None when the cell says nothing (blank). decimals: digits written after the point.
    out_of: the second number of ``4.5/5``, else None. note: text in brackets behind the number.
    """

    value: Decimal | None
    unit: str = ""
    decimals: int = 0
    doubt: Doubt = Doubt.NONE
    out_of: Decimal | None = None
    note: str = ""


def parse_cell_number(raw: str) -> Decimal | None:
    """The number of a numeric cell: 15 significant digits as Excel keeps them; None if not finite."""
    try:
        number = Decimal(f"{float(raw):.15g}")
    except (ValueError, InvalidOperation, OverflowError):
        return None
    if not number.is_finite() or abs(number) > LARGEST:
        return None
    return number


def parse_amount(text: str) -> Amount | None:
    """What a text cell says as a number; ``Amount(None)`` when it says nothing, None if unreadable."""
    folded = fold(text)
    if not folded:
        return Amount(None)
    if folded in _NOTHING:
        return Amount(ZERO, doubt=Doubt.NOTHING_SAID)
    if folded in _LETTER_O:
        return Amount(ZERO, doubt=Doubt.LETTER_O)
    if _STROKE.fullmatch(folded):
        return Amount(None, doubt=Doubt.STROKE)
    if match := _FIGURE.fullmatch(folded):
        return _amount(match[1], match[2] or "")
    if match := _NOTED.fullmatch(folded):
        found = _amount(match[1], match[2] or match[4] or "")
        return found and Amount(
            found.value, found.unit, found.decimals, Doubt.TRAILING_NOTE, None, match[3]
        )
    if match := _OUT_OF.fullmatch(folded):
        found, whole = _amount(match[1], ""), _amount(match[2], "")
        if found and whole:
            return Amount(found.value, "分", found.decimals, Doubt.OUT_OF, whole.value)
    ended = folded.rstrip("。")
    if match := _FIGURE.fullmatch(_FULL_STOP.sub(".", ended)):
        found = _amount(match[1], match[2] or "")
        return replace(found, doubt=Doubt.FULL_STOP) if found and "。" in ended else found
    return None


def parse_percent(text: str) -> Amount | None:
    """A percentage as a fraction (1 means 100%) from a text cell; None when unreadable."""
    folded = fold(text)
    if match := _PERCENT_PHRASE.fullmatch(folded):
        found = _amount(match[1], "%")
        return found and Amount(_hundredth(found.value), "%", found.decimals + 2)
    found = parse_amount(text)
    if found is None or found.value is None or found.doubt is Doubt.OUT_OF:
        return found
    if found.unit == "%":
        return Amount(
            _hundredth(found.value), "%", found.decimals + 2, found.doubt, None, found.note
        )
    if found.unit or found.doubt in (Doubt.NOTHING_SAID, Doubt.LETTER_O):
        return None
    return percent_without_sign(found.value, found.decimals)


def percent_without_sign(value: Decimal, decimals: int) -> Amount | None:
    """The fraction that a bare number most likely means, with its doubt; None when it may be either."""
    if ZERO <= value < 1:
        return Amount(value, "%", decimals)
    if value == 1:
        return Amount(value, "%", decimals, Doubt.PERCENT_ONE)
    if 2 <= value <= 100:
        return Amount(value / 100, "%", decimals + 2, Doubt.PERCENT_WITHOUT_SIGN)
    return None


def parse_date(text: str) -> date | None:
    """A day written out with its year: 2021-01-15, 2021年1月15日, 20210115; None when it is none."""
    match = _DATE.fullmatch(_SPACES.sub("", unicodedata.normalize("NFKC", text)))
    if match is None:
        return None
    year, month, day = (int(part) for part in match.groups() if part is not None)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def fold(text: str) -> str:
    """Half-width, without spaces, with plain dashes and without a leading apostrophe.

    Digits with a space or line break between them stay apart unless they are surely groups of
    three: 12 13 is no 1213.
    """
    if _NO_DIGITS.search(text):
        return text
    folded = unicodedata.normalize("NFKC", text).strip()
    if _SPLIT_DIGITS.search(_SPACED_THOUSANDS.sub("", folded)):
        return folded
    folded = _SPACES.sub("", folded)
    return _DASHES.sub("-", folded).lstrip("'’‘`") if folded else ""


@lru_cache(maxsize=4096)
def plain(value: Decimal) -> str:
    """The number as people write it: no exponent, no trailing zeros, no minus zero."""
    if not value:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimals_of(value: Decimal) -> int:
    """Digits after the point, trailing zeros not counted."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def in_money(value: Decimal, written: str, money: str) -> Decimal:
    """Money that was written in one unit, in another: 5000 元 are 0.5 万元."""
    if written == money:
        return value
    return (value * IN_WAN[written] / IN_WAN[money]).normalize() if value else ZERO


def half_unit(decimals: int) -> Decimal:
    """Half a unit of the last printed decimal: 0.005 for two decimals."""
    return Decimal(5).scaleb(-decimals - 1)


def _amount(digits: str, unit: str) -> Amount | None:
    plain_digits = digits.replace(",", "")
    value = Decimal(plain_digits)
    if abs(value) > LARGEST or len(plain_digits) > 20:
        return None
    if value and len(plain_digits.lstrip("+-0.")) > 15:
        return None
    whole = re.fullmatch(r"[+-]?0\d+", plain_digits)
    if whole:  # 007 is a code, not a figure
        return None
    decimals = len(plain_digits.partition(".")[2])
    return Amount(value, {"万": "万元", "元整": "元", "名": "人"}.get(unit, unit), decimals)


def _hundredth(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.scaleb(-2)
