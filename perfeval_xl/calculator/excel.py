"""Pieces of Excel formulas that Excel 2010, WPS and LibreOffice all reckon alike."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

_NEAR = 10**8  # closer to a whole number than one part in so many is too near for ROUND(…,9)
_LONGEST = 7800  # characters; Excel takes 8192, and the writer puts some around
_CLOSE = 10**11  # the same for a ratio beside a limit and ROUND(…,12)


def sound(condition: str, formula: str) -> str:
    """The formula where the condition holds, else no number."""
    return f"IF({condition},{formula},NA())" if condition else formula


def fitting(formula: str | None) -> str | None:
    """The formula, None when it is longer than Excel takes."""
    return formula if formula is None or len(formula) <= _LONGEST else None


def two_decimals(expression: str) -> str:
    """The score as it is shown: rounded to 0.01, the double's last digits put straight first."""
    return f"ROUND(ROUND({expression},9),2)"


def least(expressions: Sequence[str]) -> str:
    """The smallest of one or more."""
    unique = list(dict.fromkeys(expressions))
    return unique[0] if len(unique) == 1 else f"MIN({','.join(unique)})"


def greatest(expressions: Sequence[str]) -> str:
    """The greatest of one or more."""
    unique = list(dict.fromkeys(expressions))
    return unique[0] if len(unique) == 1 else f"MAX({','.join(unique)})"


def too_near(value: Fraction) -> bool:
    """Whether doubles cannot tell the value from the whole number beside it."""
    rest = value.numerator % value.denominator
    return bool(rest) and min(rest, value.denominator - rest) * _NEAR < value.denominator


def too_close(ratio: Fraction, limit: Fraction) -> bool:
    """Whether doubles cannot tell the ratio from the limit."""
    gap = abs(ratio.numerator * limit.denominator - limit.numerator * ratio.denominator)
    return bool(gap) and gap * _CLOSE < ratio.denominator * limit.denominator
