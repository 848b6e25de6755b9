"""Which of several files of one unit counts: the one rule for 汇总.xlsx and for ``settle``.

A later round counts instead of an earlier one. Files of one round came without one being seen
before the other: of equal contents one counts, of different ones a person has to choose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perfeval_xl.batch.record import content_of
from perfeval_xl.settlement import Role


@dataclass(frozen=True, slots=True)
class Received:
    """One file of a unit, on one form and of one year."""

    file: str
    round: int
    content: str

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Received:
        """From an evaluated record."""
        return cls(str(record["file"]), int(record["round"]), content_of(record))

    def __str__(self) -> str:
        return f"“{self.file}”（第 {self.round} 轮）"


def roles_of(files: Sequence[Received], ruled: frozenset[str] = frozenset()) -> dict[str, Role]:
    """What becomes of each file of one unit, by its name.

    ruled: files in whose copies an officer entered something; of equal contents that one counts.
    """
    last = max(one.round for one in files)
    found = {one.file: Role.REPLACED for one in files}
    latest = [one for one in files if one.round == last]
    ruled_of_latest = [one for one in latest if one.file in ruled]
    if len({one.content for one in latest}) > 1 or len(ruled_of_latest) > 1:
        return found | {one.file: Role.UNDECIDED for one in latest}
    counts = ruled_of_latest[0] if ruled_of_latest else max(latest, key=lambda one: one.file)
    return found | {one.file: Role.SAME for one in latest} | {counts.file: Role.COUNTS}
