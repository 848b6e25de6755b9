"""Which rectangle of a row belongs under which heading, also when no two rows are cut alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from itertools import accumulate

from perfeval_xl.amounts import parse_amount
from perfeval_xl.reader.grid import Area, Grid

_NEAR = 0.8  # a merged cell that begins so close to a heading's left edge belongs to it
_REACH = 3  # columns left of the first heading in which a row cut otherwise may begin
_MANY = 2  # so many headings with empty cells behind them show that merges were split
_ASKEW = 0.12  # of the table's width: so far apart may a split heading and its figure begin


class Columns:
    """The headings of one table, asked row by row."""

    def __init__(
        self, grid: Grid, heads: Mapping[str, Area], figures: Collection[str] = ()
    ) -> None:
        """``figures`` names the headings that rule numbers: of two cells such a one is theirs."""
        self.grid = grid
        ordered = sorted(heads.items(), key=lambda item: (item[1].column, item[1].row))
        self.names = [name for name, _ in ordered]
        self.figures = [name in figures for name in self.names]
        self.heads = [head for _, head in ordered]
        self.first = self.heads[0].column
        self.bottom = max(head.row for head in self.heads)
        self.last = max(head.last_column for head in self.heads)
        self.spans = self._spans()
        self.is_split = self._is_split()
        self.low, self.high = max(1, self.first - _REACH), max(self.last, self.spans[-1][1])
        self._edges: list[float] | None = None

    def areas(self, row: int) -> dict[str, Area]:
        """For each heading the rectangle of the row that stands under it.

        A row with as many rectangles as there are headings is read in order, as a table pasted
        from Word is cut; one that begins its cells where the headings begin is read straight
        down; in any other row each rectangle goes to at most one heading, in order, so that
        they fit best and no filled one is left over.
        """
        first, last = self.first, self.last
        cut = self.grid.row_areas(row)
        areas = [a for a in cut if a.last_column >= first and a.column <= last]
        if len(areas) == len(self.heads) and self._in_order(row, areas):
            return dict(zip(self.names, areas, strict=True))
        wide = self._reached(row) if self.low < first or self.high > last else areas
        return self._straight_down(wide) or self._fitted(row, wide)

    def _reached(self, row: int) -> list[Area]:
        return [a for a in self.grid.row_areas(row) if a.overlap(self.low, self.high)]

    def stray(self, row: int, chosen: Mapping[str, Area]) -> list[Area]:
        """Filled rectangles of the row that stand among the headings but under none."""
        taken = set(chosen.values())
        return [
            area
            for area in self.grid.row_areas(row)
            if area.overlap(self.first, self.last)
            and area not in taken
            and not self.grid.is_blank(area)
            and all(self._nothing_above(area, place) for place in range(len(self.heads)))
        ]

    def _in_order(self, row: int, areas: list[Area]) -> bool:
        """Whether each touches its heading; where the last one lies open, all must be certain."""
        if self.high > self.last:
            reached = self._reached(row)
            if any(self.grid.is_blank(a) for a in areas) or any(
                a.column > self.last and not self.grid.is_blank(a) for a in reached
            ):
                return False
        for area, head in zip(areas, self.heads, strict=True):
            if area.last_column < head.column or area.column > head.last_column:
                return False
        return True

    def _straight_down(self, areas: list[Area]) -> dict[str, Area] | None:
        by_column = {area.column: area for area in areas}
        found = [by_column.get(head.column) for head in self.heads]
        if not all(found):
            return None
        chosen = [area for area in found if area is not None]
        if len(set(chosen)) < len(chosen):
            return None
        for area in areas:
            if area not in chosen and not self.grid.is_blank(area) and self._may_belong(area):
                return None
        return dict(zip(self.names, chosen, strict=True))

    def _may_belong(self, area: Area) -> bool:
        return any(self._fit(area, place) > 1.5 for place in range(len(self.heads)))

    # ---- headings whose merges were split ----

    def _spans(self) -> list[tuple[int, int]]:
        """Columns of each heading, with the empty cells behind it where merges were split."""
        own = [(head.column, head.last_column) for head in self.heads]
        wide = [
            (head.column, max(head.last_column, self._blank_until(head, following.column)))
            for head, following in zip(self.heads, self.heads[1:], strict=False)
        ]
        first, last = own[-1]
        edge = self.grid.merged_up_to
        if wide != own[:-1]:
            edge = max(edge, min(last + _REACH - 1, self.grid.last_column))
        end = last if self.heads[-1].is_merged else self._blank_until(self.heads[-1], edge + 1)
        return [*wide, (first, max(last, end))]

    def _is_split(self) -> bool:
        """Whether so many headings have empty cells behind them that merges were split."""
        pairs = zip(self.heads[:-1], self.spans, strict=False)
        extended = sum(head.last_column != last for head, (_, last) in pairs)
        return extended >= max(1, min(_MANY, len(self.heads) - 1))

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

    def _fitted(self, row: int, areas: list[Area]) -> dict[str, Area]:
        """The assignment, in order and each rectangle once, whose fits add up to most."""
        fits = [[self._fit(area, place) for place in range(len(self.heads))] for area in areas]
        chosen = dict(_best_in_order(fits, len(self.heads)))
        found = {}
        for place, (name, head) in enumerate(zip(self.names, self.heads, strict=True)):
            single = Area(row, head.column, row, head.column)
            found[name] = areas[chosen[place]] if place in chosen else single
        return found

    def _fit(self, area: Area, place: int) -> float:
        """How well a rectangle stands under a heading: 0 not at all, above 1.5 a filled one."""
        head, (first, last) = self.heads[place], self.spans[place]
        left, right = self._edge(area.column), self._edge(area.last_column + 1)
        head_left, head_right = self._head_edges[place]
        shared = min(right, head_right) - max(left, head_left)
        near = max(0.0, 1 - abs(left - head_left) / self._askew)
        if area.is_merged:
            overlap = shared / max(min(right - left, head_right - head_left), 1e-9)
            within = overlap > 0 and area.column >= self.first
            belongs = within or overlap >= 0.5 or near >= _NEAR
        else:
            inside = area.overlap(first, last) > 0 and (
                self.is_split or area.overlap(head.column, head.last_column) > 0
            )
            overlap = float(inside)
            belongs = inside or near > 0
        if overlap <= 0 and not (near and self._nothing_above(area, place)):
            return 0
        fit = 0.01 + max(overlap, 0.0) / 4 + near
        if not belongs or self.grid.is_blank(area):
            return fit
        is_right_below = area.column == head.column and area.last_column == head.last_column
        return fit + self._worth(area, place) + is_right_below

    def _worth(self, area: Area, place: int) -> float:
        """What it counts that no filled cell is left over: less where its kind does not fit."""
        cell = self.grid.cell(area)
        is_figure = cell is not None and (cell.kind != "text" or parse_amount(cell.raw) is not None)
        return 2 if is_figure == self.figures[place] else 1.5

    def _nothing_above(self, area: Area, place: int) -> bool:
        """Whether no label of its own stands over it: none, a heading, or one that begins before."""
        for row in range(self.heads[place].row, self.bottom + 1):
            above = self.grid.area_at(row, area.column)
            is_label = not self.grid.is_blank(above) and above.column >= area.column
            if is_label and above not in self.heads:
                return False
        return True

    @cached_property
    def _head_edges(self) -> list[tuple[float, float]]:
        """Left and right edge of each heading's columns."""
        return [(self._edge(first), self._edge(last + 1)) for first, last in self.spans]

    @cached_property
    def _askew(self) -> float:
        """How far apart a heading and what stands under it may begin."""
        whole = self._edge(self.spans[-1][1] + 1) - self._edge(self.first)
        return max(_ASKEW * whole, 1e-9)

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
