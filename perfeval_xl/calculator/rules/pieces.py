"""Numbers of the form's data, as rules take them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache


def decimal(value: object) -> Decimal:
    """A number as the strict loader left it in a table."""
    assert isinstance(value, int | Decimal)
    return Decimal(value)


@lru_cache(maxsize=256)
def exact(number: Decimal) -> Fraction:
    """A number of the form's data as a fraction."""
    return Fraction(number)
