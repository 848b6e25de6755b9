"""How much room a text takes: neither Excel nor LibreOffice fits rows of wrapped, merged cells."""

from __future__ import annotations

from functools import lru_cache

from perfeval_xl.labels import display_width

LINE_HEIGHT = 1.36  # line height in sizes of the font, 宋体 with a little air
_LOOSE = 0.93  # Chinese line breaking leaves room at the end of lines


@lru_cache(maxsize=2048)
def line_count(text: str, width: float) -> int:
    """Lines that a wrapped text takes in a cell so many characters wide."""
    room = max(2, int((width - 1.5) * _LOOSE))
    return sum(max(1, -(-display_width(line) // room)) for line in text.split("\n"))


@lru_cache(maxsize=2048)
def text_height(text: str, width: float, size: float = 11) -> float:
    """Height in points of a wrapped text, a little air above and below included."""
    return round(line_count(text, width * 11 / size) * size * LINE_HEIGHT + 4, 1)
