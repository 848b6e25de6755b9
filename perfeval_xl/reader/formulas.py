"""Plain formulas without a stored result: arithmetic and the few functions that forms use.

Only what has one exact result in every program is computed. Anything else is said to be unreadable; this is no calculation engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from math import prod

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>\"[^\"]*\")"
    r"|(?P<ref>(?:(?:'[^']+'|[\w.\-]+)!)?\$?[A-Z]{1,3}\$?\d{1,7}(?::\$?[A-Z]{1,3}\$?\d{1,7})?)(?![\w(])"
    r"|(?P<name>[A-Z]+)(?=\()|(?P<sign><=|>=|<>|[-+*/(),=<>%]))",
)
_REF = re.compile(r"(?:('[^']+'|[^!']+)!)?\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?")
_MOST_CELLS = 2000
_MOST_DIGITS = 15  # of ROUND
_SUMMED = (Decimal(9), Decimal(109))  # what SUBTOTAL does

Value = Decimal | str | None
Lookup = Callable[[str, int, int], Value]  # sheet ("" for the same), row, column


class NotPlain(Exception):
    """The formula is none that this module computes."""


class DividedByZero(NotPlain):
    """The formula divides by zero: an error value, which IFERROR may replace."""


def evaluate_formula(formula: str, lookup: Lookup, shown: Lookup | None = None) -> Value:
    """The result of a plain formula; a blank operand is None.

    shown: looks a cell up for SUBTOTAL, NotPlain where it may leave the cell out; without it
    SUBTOTAL is not computed.

    Raises:
        NotPlain: it uses anything but the functions below, or a text where a number must stand.
    """
    try:
        return _Parser(_tokens(formula), lookup, shown).whole()
    except InvalidOperation as exc:  # more digits than any cell keeps
        raise NotPlain from exc


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], lookup: Lookup, shown: Lookup | None) -> None:
        self.tokens = tokens
        self.at = 0
        self.lookup = lookup
        self.shown = shown

    def whole(self) -> Value:
        value = self.comparison()
        if self.peek() is not None:
            raise NotPlain
        return value

    def peek(self) -> tuple[str, str] | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, sign: str) -> bool:
        if self.peek() == ("sign", sign):
            self.at += 1
            return True
        return False

    def expect(self, sign: str) -> None:
        if not self.take(sign):
            raise NotPlain

    def comparison(self) -> Value:
        left = self.sum()
        for sign in ("<=", ">=", "<>", "=", "<", ">"):
            if self.take(sign):
                return Decimal(int(_compare(left, sign, self.sum())))
        return left

    def sum(self) -> Value:
        value = self.product()
        while True:
            if self.take("+"):
                value = _number(value) + _number(self.product())
            elif self.take("-"):
                value = _number(value) - _number(self.product())
            else:
                return value

    def product(self) -> Value:
        value = self.percentage()
        while True:
            if self.take("*"):
                value = _number(value) * _number(self.percentage())
            elif self.take("/"):
                value = _quotient(_number(value), _number(self.percentage()))
            else:
                return value

    def percentage(self) -> Value:
        value = self.factor()
        while self.take("%"):
            value = _number(value).scaleb(-2)
        return value

    def factor(self) -> Value:
        if self.take("-"):
            return -_number(self.factor())
        if self.take("+"):
            return self.factor()
        if self.take("("):
            value = self.comparison()
            self.expect(")")
            return value
        token = self.peek()
        if token is None:
            raise NotPlain
        self.at += 1
        kind, text = token
        if kind == "number":
            return Decimal(text)
        if kind == "text":
            return text[1:-1]
        if kind == "ref" and ":" not in text:
            return self.cells(text)[0]
        if kind == "name":
            return self.call(text)
        raise NotPlain

    def call(self, name: str) -> Value:
        self.expect("(")
        if name == "IF":
            return self.choice()
        if name == "IFERROR":
            return self.without_error()
        if name == "SUBTOTAL":
            return self.subtotal()
        values = self.arguments()
        if name in _OF_NUMBERS:
            return _OF_NUMBERS[name]([v for v in values if isinstance(v, Decimal)])
        if name == "ABS" and len(values) == 1:
            return abs(_number(values[0]))
        if name == "ROUND" and len(values) == 2:
            return _rounded(_number(values[0]), _number(values[1]))
        raise NotPlain

    def subtotal(self) -> Value:
        """SUBTOTAL as a sum: of cells that are surely counted, or not at all."""
        code = self.factor()
        self.expect(",")
        if code not in _SUMMED or self.shown is None:
            raise NotPlain
        usual, self.lookup = self.lookup, self.shown
        values = self.arguments()
        self.lookup = usual
        return _sum([v for v in values if isinstance(v, Decimal)])

    def without_error(self) -> Value:
        """IFERROR: the second value where the first divides by zero; other errors are not plain."""
        first = self.skipped(",")
        self.expect(",")
        second = self.skipped(")")
        self.expect(")")
        try:
            return self.of(first)
        except DividedByZero:
            return self.of(second)

    def of(self, tokens: list[tuple[str, str]]) -> Value:
        """The value of a part of the formula."""
        return _Parser(tokens, self.lookup, self.shown).whole()

    def choice(self) -> Value:
        """IF: only the branch that is taken is computed, the other may be anything plain."""
        condition = self.comparison()
        self.expect(",")
        yes = self.skipped(",")
        self.expect(",")
        no = self.skipped(")")
        self.expect(")")
        return self.of(yes if _number(condition) else no)

    def skipped(self, end: str) -> list[tuple[str, str]]:
        """The tokens up to a sign outside all brackets, which are passed over."""
        depth, start = 0, self.at
        while (token := self.peek()) is not None:
            if depth == 0 and token == ("sign", end):
                return self.tokens[start : self.at]
            depth += {("sign", "("): 1, ("sign", ")"): -1}.get(token, 0)
            self.at += 1
        raise NotPlain

    def arguments(self) -> list[Value]:
        values: list[Value] = []
        while True:
            token = self.peek()
            ends = self.tokens[self.at + 1 : self.at + 2]
            if token is not None and token[0] == "ref" and ends and ends[0][1] in ",)":
                self.at += 1
                values.extend(self.cells(token[1]))
            else:
                values.append(_number(self.comparison()))
            if self.take(")"):
                return values
            self.expect(",")

    def cells(self, text: str) -> list[Value]:
        match = _REF.fullmatch(text)
        if match is None:
            raise NotPlain
        sheet = (match[1] or "").strip("'").replace("''", "'")
        left, top = _column(match[2]), int(match[3])
        right, bottom = (_column(match[4]), int(match[5])) if match[4] else (left, top)
        if (bottom - top + 1) * (right - left + 1) > _MOST_CELLS:
            raise NotPlain
        return [
            self.lookup(sheet, row, column)
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        ]


def _tokens(formula: str) -> list[tuple[str, str]]:
    tokens = []
    at = 0
    while at < len(formula.rstrip()):
        match = _TOKEN.match(formula, at)
        if match is None or match.lastgroup is None:
            raise NotPlain
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    if not tokens or len(tokens) > 400 or sum(token == ("sign", "(") for token in tokens) > 30:
        raise NotPlain
    return tokens


def _number(value: Value) -> Decimal:
    if value is None:
        return Decimal(0)
    if isinstance(value, str):
        raise NotPlain
    return value


def _quotient(top: Decimal, bottom: Decimal) -> Decimal:
    """To the 15 digits that a spreadsheet keeps."""
    if not bottom:
        raise DividedByZero
    return Context(prec=15).divide(top, bottom)


def _rounded(value: Decimal, digits: Decimal) -> Decimal:
    if digits != int(digits) or abs(digits) > _MOST_DIGITS:
        raise NotPlain
    return value.quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP)


def _sum(numbers: list[Decimal]) -> Decimal:
    return sum(numbers, Decimal(0))


def _product(numbers: list[Decimal]) -> Decimal:
    return prod(numbers, start=Decimal(1)) if numbers else Decimal(0)


def _average(numbers: list[Decimal]) -> Decimal:
    return _quotient(_sum(numbers), Decimal(len(numbers)))


# Functions of all the numbers among their arguments; blanks and texts are passed over.
_OF_NUMBERS: dict[str, Callable[[list[Decimal]], Decimal]] = {
    "SUM": _sum,
    "COUNT": lambda numbers: Decimal(len(numbers)),
    "PRODUCT": _product,
    "AVERAGE": _average,
    "MAX": lambda numbers: max(numbers, default=Decimal(0)),
    "MIN": lambda numbers: min(numbers, default=Decimal(0)),
}


def _compare(left: Value, sign: str, right: Value) -> bool:
    if isinstance(left, str) or isinstance(right, str):
        same = (left or "") == (right or "")
        if sign not in ("=", "<>"):
            raise NotPlain
        return same if sign == "=" else not same
    a, b = _number(left), _number(right)
    return {
        "<=": a <= b, ">=": a >= b, "<>": a != b, "=": a == b, "<": a < b, ">": a > b
    }[sign]  # fmt: skip


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
