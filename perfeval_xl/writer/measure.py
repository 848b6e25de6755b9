"""How much room a text takes: neither Excel nor LibreOffice fits rows of wrapped, merged cells."""

from __future__ import annotations

import math
import unicodedata

LINE_HEIGHT = 1.36  # line height in sizes of the font, 宋体 with a little air


def text_width(text: str) -> float:
    """Width in half-width characters: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def line_count(text: str, width: float) -> int:
    """Lines that a wrapped text takes in a cell so many characters wide."""
    room = max(2.0, width - 1.5)
    return sum(max(1, math.ceil(text_width(line) / room)) for line in text.split("\n"))


def text_height(text: str, width: float, size: float = 11) -> float:
    """Height in points of a wrapped text, a little air above and below included."""
    scale = size / 11
    return round(line_count(text, width / scale) * size * LINE_HEIGHT + 4, 1)
