"""How an output stands on disk, to tell whether it is still what we wrote."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from perfeval_xl.batch.who import Who
from perfeval_xl.errors import PerfEvalError

Stamp = tuple[int, int]  # size and time of the last change in nanoseconds


@dataclass(frozen=True, slots=True)
class Made:
    """An output as we wrote it."""

    stamp: Stamp
    sha256: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A copy as it was seen last: None when there was none.

    edited: it is not as we wrote it. taken_in: what was entered in it is in the store.
    """

    stamp: Stamp | None
    edited: bool = False
    taken_in: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """What an output was made from: the submitted file, its unit (None: returned), as it was made."""

    file: str
    who: Who | None
    made: Made | None


class CopyChanged(PerfEvalError):
    """Somebody wrote to a copy after it was looked at: it is left, and looked at once more."""


def stamp_of(found: os.stat_result) -> Stamp:
    """Size and time of a file."""
    return found.st_size, found.st_mtime_ns


def made_of(path: Path) -> Made:
    """An output just written, before it has its final name."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Made(stamp_of(path.stat()), digest)
