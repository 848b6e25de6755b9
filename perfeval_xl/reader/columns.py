"""Which rectangle of a row belongs under which heading, also when no two rows are cut alike."""

from __future__ import annotations

from collections.abc import Mapping

from perfeval_xl.reader.grid import Area, Grid


def areas_under(grid: Grid, row: int, heads: Mapping[str, Area]) -> dict[str, Area]:
    """For each heading the rectangle of the row that stands under it.

    A row with as many rectangles as there are headings is read in order, as a table pasted from
    Word is cut; otherwise the rectangle that covers most of the heading's columns is taken, a
    filled one before an empty one.
    """
    ordered = sorted(heads.items(), key=lambda item: item[1].column)
    first = ordered[0][1].column
    last = max(head.last_column for _, head in ordered)
    areas = [a for a in grid.row_areas(row) if a.overlap(first, last)]
    if len(areas) == len(ordered) and _each_touches(areas, ordered):
        return {name: area for (name, _), area in zip(ordered, areas, strict=True)}
    return {name: _best(grid, areas, head, row) for name, head in ordered}


def _each_touches(areas: list[Area], ordered: list[tuple[str, Area]]) -> bool:
    return all(
        area.overlap(head.column, head.last_column)
        for area, (_, head) in zip(areas, ordered, strict=True)
    )


def _best(grid: Grid, areas: list[Area], head: Area, row: int) -> Area:
    under = [a for a in areas if a.overlap(head.column, head.last_column)]
    if not under:
        return Area(row, head.column, row, head.column)

    def rank(area: Area) -> tuple[int, bool, int]:
        shared = area.overlap(head.column, head.last_column)
        mostly = 2 * shared >= min(
            head.last_column - head.column + 1, area.last_column - area.column + 1
        )
        return (int(mostly), not grid.is_blank(area), shared)

    return max(under, key=rank)
