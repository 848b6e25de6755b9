"""A fact in an Excel formula: the cells that tell it, so that a change of theirs moves the result.

A number typed as text counts through VALUE; one that we read from a text (5人) counts as long as
the cell holds that text. What no cell tells enters as the number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.model import ONE, Fact

_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,17})?%?")
_HUNDREDTH = Decimal("0.01")
_LONGEST_TEXT = 200  # characters; Excel allows 255 in a formula
_LONGEST_SUM = 3000  # characters of a sum; a formula of 8192 may say it twice
_SPACES_IN_TEXT = "\u3000\xa0"  # no control characters, although Python prints them escaped


def operand(fact: Fact) -> str:
    """The fact in a formula: its cell where the cell tells it, else the number."""
    assert fact.number is not None
    if fact.expression:
        return fact.expression
    if fact.operands:
        return _sum(fact.operands) or literal(fact.number)
    if fact.ref is None:
        return literal(fact.number)
    cell = fact.ref.absolute
    if fact.whole:
        return as_typed(cell, fact.whole, fact.number, "NA()")
    if holds_number(fact):
        return _scaled(cell, fact.scale)
    if _PLAIN.fullmatch(fact.raw.strip()):
        return literal(fact.number)
    return as_typed(cell, fact.raw, fact.number, "NA()" if fact.note else f"VALUE({cell})")


def holds_number(fact: Fact) -> bool:
    """Whether the cell holds the very number, or the one it is a fixed part of."""
    raw = fact.raw.strip()
    if fact.number is None or not _PLAIN.fullmatch(raw):
        return False
    # Excel writes 2.43 as 2.4300000000000002 and means 15 digits of it.
    stands = Decimal(f"{float(raw.rstrip('%')):.15g}") / (100 if raw.endswith("%") else 1)
    return stands * fact.scale == fact.number


def as_typed(cell: str, text: str, number: Decimal, changed: str) -> str:
    """The number that we read from a text, while the cell holds that text; else ``changed``."""
    quoted = _quoted(text)
    return f"IF(EXACT({cell},{quoted}),{literal(number)},{changed})" if quoted else literal(number)


def literal(number: Decimal) -> str:
    """A number in a formula, in brackets when negative."""
    return f"({plain(number)})" if number < 0 else plain(number)


def scaled(formula: str, scale: Decimal) -> str:
    """The formula's number taken times ``scale``."""
    if scale == ONE:
        return formula
    return f"({formula}*{plain(scale)})" if scale > 1 else f"({formula}/{plain(ONE / scale)})"


def _scaled(cell: str, scale: Decimal) -> str:
    """The cell's number; one that is a percentage without its sign may get its sign yet."""
    if scale == _HUNDREDTH:
        return f"(VALUE({cell})/IF(VALUE({cell})>=2,100,1))"
    return scaled(f"VALUE({cell})", scale)


def _quoted(text: str) -> str:
    """The text in a formula, empty where a formula cannot say it."""
    bare = text.replace("\n", "")
    if len(text) > _LONGEST_TEXT or not bare.translate(_NO_SPACES).isprintable():
        return ""
    lines = text.replace('"', '""').split("\n")
    return '"' + '"&CHAR(10)&"'.join(lines) + '"'


_NO_SPACES = str.maketrans("", "", _SPACES_IN_TEXT)


def _sum(addends: Sequence[Fact]) -> str:
    """Rows added up, a blank one counting 0 and all blank ones nothing; empty where that is too long."""
    cells = [fact.ref.absolute for fact in addends if fact.ref is not None]
    if len(cells) < len(addends):
        return ""
    blank = ",".join(f'{cell}=""' for cell in cells)
    same_unit = {fact.scale for fact in addends if fact.number is not None} == {ONE}
    terms = "+".join(
        f'IF({cell}="",0,{_addend(fact, cell, same_unit)})'
        for fact, cell in zip(addends, cells, strict=True)
    )
    whole = f"IF(AND({blank}),NA(),{terms})"
    return whole if len(whole) <= _LONGEST_SUM else ""


def _addend(fact: Fact, cell: str, same_unit: bool) -> str:
    """A filled row of a sum; in which unit a blank one will be filled is known from the others."""
    if fact.number is not None:
        return operand(fact)
    later = f"VALUE({cell})" if same_unit else "NA()"
    return as_typed(cell, fact.raw, ZERO, later) if fact.raw else later
