"""Which lists of the office a run is given; light, so that a run without lists reads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Lists:
    """Paths of 名册, 参考数据 and last year's outbox, and the day to count lateness to."""

    roster: Path | None = None
    reference: Path | None = None
    previous: Path | None = None
    as_of: date | None = None

    def __bool__(self) -> bool:
        return bool(self.roster or self.reference or self.previous)

    def holds(self, path: Path) -> bool:
        """Whether a file is one of the lists, and so nobody's workbook, wherever it lies."""
        return any(
            one is not None and one.name == path.name and one.resolve() == path.resolve()
            for one in (self.roster, self.reference)
        )


def lists_of(
    roster: str | Path | None = None,
    reference: str | Path | None = None,
    previous: str | Path | None = None,
    as_of: date | None = None,
) -> Lists:
    """The lists at these places."""
    return Lists(_path(roster), _path(reference), _path(previous), as_of)


def _path(given: str | Path | None) -> Path | None:
    return Path(given) if given else None
