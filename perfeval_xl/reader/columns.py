"""Which rectangle of a row belongs under which heading, also when no two rows are cut alike."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

from perfeval_xl.reader.grid import Area, Grid

_NEAR = 0.8  # a cell that begins so close to a heading's left edge belongs to it
_REACH = 3  # columns left of the first heading in which a row cut otherwise may begin
_MANY = 2  # so many headings with empty cells behind them show that merges were split


class Columns:
    """The headings of one table, asked row by row."""

    def __init__(self, grid: Grid, heads: Mapping[str, Area]) -> None:
        self.grid = grid
        ordered = sorted(heads.items(), key=lambda item: (item[1].column, item[1].row))
        self.names = [name for name, _ in ordered]
        self.heads = [head for _, head in ordered]
        self.first = self.heads[0].column
        self.last = max(head.last_column for head in self.heads)
        self.spans = self._spans()
        self._edges: list[float] | None = None

    def areas(self, row: int) -> dict[str, Area]:
        """For each heading the rectangle of the row that stands under it.

        A row with as many rectangles as there are headings is read in order, as a table pasted
        from Word is cut; one that begins its cells where the headings begin is read straight
        down; in any other row each rectangle goes to at most one heading, in order, so that
        they fit best and no filled one is left over.
        """
        areas = [a for a in self.grid.row_areas(row) if a.overlap(self.first, self.last)]
        if len(areas) == len(self.heads) and self._each_touches(areas):
            return dict(zip(self.names, areas, strict=True))
        return self._straight_down(areas) or self._fitted(row)

    def _each_touches(self, areas: list[Area]) -> bool:
        return all(
            area.overlap(head.column, head.last_column)
            for area, head in zip(areas, self.heads, strict=True)
        )

    def _straight_down(self, areas: list[Area]) -> dict[str, Area] | None:
        by_column = {area.column: area for area in areas}
        found = [by_column.get(head.column) for head in self.heads]
        if not all(found):
            return None
        chosen = [area for area in found if area is not None]
        if len(set(chosen)) < len(chosen):
            return None
        for area in areas:
            if area not in chosen and not self.grid.is_blank(area) and self._under_some(area):
                return None
        return dict(zip(self.names, chosen, strict=True))

    def _under_some(self, area: Area) -> bool:
        return any(area.overlap(first, last) for first, last in self.spans)

    # ---- headings whose merges were split ----

    def _spans(self) -> list[tuple[int, int]]:
        """Columns of each heading, with the empty cells behind it where merges were split."""
        own = [(head.column, head.last_column) for head in self.heads]
        wide = [
            (head.column, self._blank_until(head, following.column))
            for head, following in zip(self.heads, self.heads[1:], strict=False)
        ]
        if sum(a != b for a, b in zip(own, wide, strict=False)) < _MANY:
            return own
        first, last = own[-1]
        end = self._blank_until(self.heads[-1], min(last + _REACH, self.grid.last_column + 1))
        return [*wide, (first, max(last, end))]

    def _blank_until(self, head: Area, column: int) -> int:
        """The last column before ``column`` up to which nothing else stands beside the heading."""
        last = head.last_column
        while last + 1 < column:
            area = self.grid.area_at(head.row, last + 1)
            if area.is_merged or not self.grid.is_blank(area):
                break
            last += 1
        return last

    # ---- rows cut otherwise ----

    def _fitted(self, row: int) -> dict[str, Area]:
        """The assignment, in order and each rectangle once, whose fits add up to most."""
        low, high = self.first - _REACH, self.spans[-1][1]
        areas = [a for a in self.grid.row_areas(row) if a.overlap(low, high)]
        fits = [[self._fit(area, place) for place in range(len(self.heads))] for area in areas]
        chosen = dict(_best_in_order(fits, len(self.heads)))
        found = {}
        for place, (name, head) in enumerate(zip(self.names, self.heads, strict=True)):
            single = Area(row, head.column, row, head.column)
            found[name] = areas[chosen[place]] if place in chosen else single
        return found

    def _fit(self, area: Area, place: int) -> float:
        """How well a rectangle stands under a heading: 0 not at all, above 2 a filled one."""
        first, last = self.spans[place]
        left, right = self._edge(area.column), self._edge(area.last_column + 1)
        head_left, head_right = self._edge(first), self._edge(last + 1)
        width = max(head_right - head_left, 1e-9)
        shared = max(0.0, min(right, head_right) - max(left, head_left))
        overlap = shared / max(min(right - left, width), 1e-9)
        near = max(0.0, 1 - abs(left - head_left) / width)
        close = near >= _NEAR and (overlap > 0 or self._nothing_above(area, place))
        if overlap <= 0 and not close:
            return 0
        belongs = overlap >= 0.5 or close
        return overlap + near + (2 if belongs and not self.grid.is_blank(area) else 0)

    def _nothing_above(self, area: Area, place: int) -> bool:
        above = self.grid.area_at(self.heads[place].row, area.column)
        return self.grid.is_blank(above)

    def _edge(self, column: int) -> float:
        """Where a column begins, in characters from the left edge of the sheet."""
        if self._edges is None:
            last = max(self.spans[-1][1], self.grid.last_column) + 2
            widths = (self.grid.sheet.column_width(c) or 0.1 for c in range(1, last + 1))
            self._edges = [0.0, *accumulate(widths)]
        return self._edges[min(max(column, 1), len(self._edges)) - 1]


def _best_in_order(fits: list[list[float]], heads: int) -> list[tuple[int, int]]:
    """Pairs (heading, rectangle), both rising, whose fits add up to most."""
    count = len(fits)
    best = [[0.0] * (heads + 1) for _ in range(count + 1)]
    for a in range(count - 1, -1, -1):
        for h in range(heads - 1, -1, -1):
            taken = fits[a][h] + best[a + 1][h + 1] if fits[a][h] else 0.0
            best[a][h] = max(taken, best[a + 1][h], best[a][h + 1])
    pairs = []
    a = h = 0
    while a < count and h < heads:
        if fits[a][h] and best[a][h] == fits[a][h] + best[a + 1][h + 1]:
            pairs.append((h, a))
            a, h = a + 1, h + 1
        elif best[a][h] == best[a + 1][h]:
            a += 1
        else:
            h += 1
    return pairs
