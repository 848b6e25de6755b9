"""Pieces of Excel formulas that Excel 2010, WPS and LibreOffice all reckon alike.

A number typed as text counts through VALUE; one that we read from a text (5人) counts as long as
the cell holds that text. What a formula cannot refer to (a sum of rows) enters as the number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.model import CellRef, Fact

_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,17})?%?")
_NEAR = 10**8  # closer to a whole number than one part in so many is too near for ROUND(…,9)
_LONGEST = 7800  # characters; Excel takes 8192, and the writer puts some around
_LONGEST_TEXT = 60  # characters; Excel allows 255 in a formula
_POWERS = (10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
_CLOSE = 10**11  # the same for a ratio beside a limit and ROUND(…,12)


def reference(ref: CellRef) -> str:
    """An absolute reference to a cell of any sheet."""
    sheet = ref.sheet.replace("'", "''")
    letters = ref.address.rstrip("0123456789")
    return f"'{sheet}'!${letters}${ref.row}"


def operand(fact: Fact) -> str:
    """The fact in a formula: its cell where the cell tells it, else the number."""
    assert fact.number is not None
    if fact.expression:
        return fact.expression
    raw = fact.raw.strip()
    if fact.ref is None:
        return literal(fact.number)
    cell = reference(fact.ref)
    if fact.whole:
        return as_typed(cell, fact.whole, fact.number, "NA()")
    if not _PLAIN.fullmatch(raw):
        return as_typed(cell, fact.raw, fact.number, "NA()" if fact.note else f"VALUE({cell})")
    # Excel writes 2.43 as 2.4300000000000002 and means 15 digits of it.
    stands = Decimal(f"{float(raw.rstrip('%')):.15g}") / (100 if raw.endswith("%") else 1)
    if fact.note:
        return _converted(cell, fact.number, stands)
    return f"VALUE({cell})" if stands == fact.number else literal(fact.number)


def as_typed(cell: str, text: str, number: Decimal, changed: str) -> str:
    """The number that we read from a text, while the cell holds that text; else ``changed``."""
    if len(text) > _LONGEST_TEXT or not text.isprintable():
        return literal(number)
    quoted = text.replace('"', '""')
    return f'IF(EXACT({cell},"{quoted}"),{literal(number)},{changed})'


def sound(condition: str, formula: str) -> str:
    """The formula where the condition holds, else no number."""
    return f"IF({condition},{formula},NA())" if condition else formula


def _converted(cell: str, number: Decimal, stands: Decimal) -> str:
    """A number in another unit (元, a percentage without its sign) than the cell has it in."""
    times, into = (stands / number, number / stands) if stands and number else (ZERO, ZERO)
    for power in _POWERS:
        if times == power:
            return f"(VALUE({cell})/{power})"
        if into == power:
            return f"(VALUE({cell})*{power})"
    return literal(number)


def fitting(formula: str | None) -> str | None:
    """The formula, None when it is longer than Excel takes."""
    return formula if formula is None or len(formula) <= _LONGEST else None


def literal(number: Decimal) -> str:
    """A number in a formula, in brackets when negative."""
    return f"({plain(number)})" if number < 0 else plain(number)


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
