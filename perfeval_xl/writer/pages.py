"""Where the pages of a long sheet end, so that no heading stands alone at the foot of one.

The sheet prints one page wide, so that how much goes on a page depends on how wide the program
makes its columns: whole pixels per digit of the workbook's own font, never fewer than here. A page
may end a little early, but a program's own page end never comes before ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from perfeval_xl.ooxml import PrintSetup

_A4 = (595.3, 841.9)  # points
_SPACER = 15.0  # height of a row that has none of its own
_USED = 0.97  # of a page; programs round heights


def page_ends(
    heights: Mapping[int, float],
    last: int,
    with_next: Collection[int],
    repeated: Sequence[int],
    capacity: float,
) -> tuple[int, ...]:
    """The rows after which a new page begins.

    with_next: rows that stay on the page of the row below. repeated: rows at the head of each page.
    Rows without a height are spacers; no page begins with one. capacity: points of rows on a page.
    """
    ends: list[int] = []
    used, above = 0.0, sum(heights.get(row, _SPACER) for row in repeated)
    for block in _blocks(last, with_next):
        tall = sum(heights.get(row, _SPACER) for row in block)
        is_spacer = len(block) == 1 and block[0] not in heights
        if used + tall > capacity and used > above and not is_spacer:
            ends.append(block[0] - 1)
            used = above
        used += tall
    return tuple(ends)


def capacity(setup: PrintSetup, widths: Sequence[float], font_size: float) -> float:
    """Points of rows that go on one A4 page that is as wide as all columns."""
    left, right, top, bottom = (inches * 72 for inches in setup.margins)
    page_width, page_height = sorted(_A4, reverse=setup.landscape)
    digit = int(font_size * 4 / 3 / 2)  # pixels; a digit is half as wide as its font is tall
    pixels = sum(int(width * digit) for width in widths)  # as stored it counts the padding in
    scale = min(1.0, (page_width - left - right) / (pixels * 0.75))
    return (page_height - top - bottom) / scale * _USED


def _blocks(last: int, with_next: Collection[int]) -> list[list[int]]:
    """Runs of rows that no page end may part."""
    blocks: list[list[int]] = [[]]
    for row in range(1, last + 1):
        blocks[-1].append(row)
        if row not in with_next:
            blocks.append([])
    return [block for block in blocks if block]
