"""What a finding is about, told so that it is known again in the unit's next workbook.

A place is named by what stands there (a field, a row of the scoring sheet, a target), else by the
nearest named cell above it: neither inserted rows nor a sheet moved or renamed change a name.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property

from perfeval_xl.labels import normalize_label
from perfeval_xl.model import CellRef, Fact, Finding, Submission

_MOST_PLACES = 2  # the cell to look at first, and the operand after it
_MOST_TEXT = 60  # characters of a name that is the unit's own text
_FREE = "+:"  # in names of cells that hold no field
_ADDRESS = re.compile(r"(?:[^\s，。；、：“”（）]*!)?\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?")


def keyed(findings: Iterable[Finding], submission: Submission) -> list[str]:
    """A key for each finding, in order; no two are the same."""
    places = Places(submission)
    met: Counter[str] = Counter()
    keys = []
    for finding in findings:
        key = _key(finding, places)
        met[key] += 1
        keys.append(f"{key}#{met[key]}" if met[key] > 1 else key)
    return keys


def without_addresses(message: str) -> str:
    """A message with the addresses of cells taken out."""
    return _ADDRESS.sub("", message)


def has_free_place(key: str) -> bool:
    """Whether a key names a cell by its neighbours or by a text of the unit, not by its field."""
    return any(sign in key.rpartition("|")[2] for sign in _FREE)


class Places:
    """Names of a workbook's cells."""

    def __init__(self, submission: Submission) -> None:
        self._names: dict[CellRef, str] = {}
        for name, fact in _named(submission):
            if fact.ref is not None:
                self._names.setdefault(fact.ref, name)
        for label, ref in submission.labels.items():
            self._names.setdefault(ref, f"label:{label}")

    def name(self, ref: CellRef) -> str:
        """What stands in a cell, else how far it lies from what stands above it."""
        return self._names.get(ref) or self._beside(ref)

    @cached_property
    def _rows(self) -> dict[str, list[tuple[int, int]]]:
        """The named cells of each sheet in reading order."""
        found: dict[str, list[tuple[int, int]]] = {}
        for sheet, row, column in sorted(self._names):
            found.setdefault(sheet, []).append((row, column))
        return found

    def _beside(self, ref: CellRef) -> str:
        cells = self._rows.get(ref.sheet, [])
        above = bisect_right(cells, (ref.row, ref.column)) - 1
        if above < 0:
            return f"{ref.row}:{ref.column}"
        row, column = cells[above]
        anchor = self._names[CellRef(ref.sheet, row, column)]
        return f"{anchor}+{ref.row - row}:{ref.column - column}"


def _named(submission: Submission) -> Iterator[tuple[str, Fact]]:
    """Every fact with the name it has in any workbook of the form; the unit's own figures first."""
    yield from submission.facts.items()
    for row in submission.scores:
        parts = {"self": row.self_score, "reason": row.reason, "max": row.max_score,
                 "criteria": row.criteria, "label": row.label}  # fmt: skip
        for part, fact in parts.items():
            yield f"{row.indicator}.{part}", fact
    for table_row in submission.rows:
        for name, fact in table_row.facts.items():
            yield f"{name}@{normalize_label(table_row.unit)[:_MOST_TEXT]}", fact
    for target in submission.targets:
        text = normalize_label(target.target.text)[:_MOST_TEXT]
        yield f"target:{text}", target.target
        yield f"result:{text}", target.result
    for name, fact in (submission.group_points | submission.prose).items():
        yield f"text:{name}", fact


def _key(finding: Finding, places: Places) -> str:
    about = ",".join(places.name(ref) for ref in finding.refs[:_MOST_PLACES])
    if not finding.refs:
        about = normalize_label(finding.message)[:_MOST_TEXT]
    return f"{finding.code}|{finding.indicator}|{about}"
