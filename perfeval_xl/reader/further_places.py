"""Where forms of figures lie: on any sheet, found by their labels and heads."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from perfeval_xl.forms.spec import ByDigest, FormSpec
from perfeval_xl.labels import bare_label, normalize_label
from perfeval_xl.reader.further_labels import field_labels, owners, printed_labels
from perfeval_xl.reader.grid import Grid

_LIKE = 0.4  # a sheet that shows so large a share of a form's labels holds it
_HEAD_ROWS = 3  # heads of one table begin within so many rows


@dataclass(frozen=True, slots=True)
class Found:
    """Where a form of figures lies: rows of a grid, and how many of its labels are there."""

    grid: Grid
    rows: range
    labels: int

    @property
    def filled(self) -> int:
        """How many numbers stand in its rows."""
        cells = self.grid.sheet.cells.items()
        return sum(c.kind == "number" for (row, _), c in cells if row in self.rows)


def find_further(
    grids: Sequence[Grid],
    spec: FormSpec,
    without: Collection[tuple[str, int]] = (),
    stop: frozenset[str] = frozenset(),
) -> list[Found]:
    """Every place that shows enough of the form's labels, the fullest visible one first.

    without: rows that belong to another table, as (sheet, row). stop: labels of other forms; a
    row that shows one of them parts what stands above and below it.
    """
    wanted = owners(ByDigest(spec))
    needed = _LIKE * len(set(wanted.values()))
    found = []
    for grid in grids:
        if len({wanted[label] for _, label in grid.bare_labels if label in wanted}) < needed:
            continue  # nearly every workbook: it has no further sheets
        others = stop - wanted.keys() - printed_labels(ByDigest(spec))
        rows: dict[int, set[str]] = {}
        parting = {row for sheet, row in without if sheet == grid.name}
        for row, label in grid.bare_labels:
            if (grid.name, row) in without:
                continue
            if label in others:
                parting.add(row)
            elif label in wanted:
                rows.setdefault(row, set()).add(wanted[label])
        found += [
            Found(grid, range(first, last + 1), count)
            for first, last, count in _clusters(rows, parting)
            if count >= needed and _has_heads(grid, range(first, last + 1), spec)
        ]
    return sorted(found, key=lambda f: (not f.grid.visible, f.filled == 0, -f.labels))


def _has_heads(grid: Grid, rows: range, spec: FormSpec) -> bool:
    """Whether a matrix or list of the form has its heads side by side: a mere list of its
    entries, such as 填报说明, is not the form."""
    heads = [
        {normalize_label(word) for column in matrix.columns for word in column.words}
        for matrix in spec.matrices
    ]
    heads += [
        {label for name in listed.fields for label in field_labels(spec.fields[name])}
        for listed in spec.lists
    ]
    near = range(max(1, rows.start - _HEAD_ROWS), rows.stop)
    for row in (row for row in grid.filled_rows if row in near):
        labels = {bare_label(grid.text(area)) for area in grid.filled_areas(row)}
        if any(len(labels & own) > 1 for own in heads):
            return True
    return not heads


def _clusters(rows: dict[int, set[str]], parting: set[int]) -> Iterator[tuple[int, int, int]]:
    """First row, last row and number of labels of each run of rows with nothing parting them."""
    groups: list[list[int]] = [[]]
    for row in sorted(rows.keys() | parting):
        if row in rows:
            groups[-1].append(row)
        if row in parting:
            groups.append([])
    for group in filter(None, groups):
        yield group[0], group[-1], len(set().union(*(rows[row] for row in group)))
