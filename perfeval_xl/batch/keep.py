"""An officer's own version of a copy, set aside before ours takes its place.

Entries in the input cells are written into the new copy, so a copy in which nothing else was
changed need not be kept. Whatever cannot be shown to be carried over whole is.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from perfeval_xl.batch.files import Locked, write_whole
from perfeval_xl.batch.standing import CopyChanged, Standing, stamp_of
from perfeval_xl.ooxml import Limits

MARK = "_人工改动"


def protect(place: Path, standing: Standing, new: Path | None, limits: Limits) -> Path | None:
    """Make sure that nothing in the copy at ``place`` is lost when ``new`` takes its place.

    new: None when the copy is to go. Returns where the officer's version was set aside, None when
    there was no need.

    Raises:
        CopyChanged: the copy is not as it was seen.
        Locked: it cannot be read, so it may not be replaced.
    """
    try:
        now = stamp_of(place.stat())
    except FileNotFoundError:
        now = None
    if now != standing.stamp:
        raise CopyChanged(str(place))
    if not standing.edited:
        return None
    try:
        data = place.read_bytes()
    except PermissionError as exc:
        raise Locked(exc.errno, exc.strerror, str(place)) from exc
    if new is not None and standing.taken_in and _is_carried_over(data, new.read_bytes(), limits):
        return None
    return set_aside(place, data)


def set_aside(place: Path, data: bytes) -> Path:
    """Keep ``data`` beside ``place``; returns where. The same content is kept once."""
    digest = hashlib.sha256(data).hexdigest()
    number = 1
    while True:
        kept = kept_path(place, number)
        if not kept.exists():
            write_whole(kept, data)
            return kept
        if hashlib.sha256(kept.read_bytes()).hexdigest() == digest:
            return kept
        number += 1


def kept_path(place: Path, number: int = 1) -> Path:
    """Where the officer's version of a copy is kept."""
    count = f"({number})" if number > 1 else ""
    return place.with_name(f"{place.stem}{MARK}{count}{place.suffix}")


def is_kept(path: Path) -> bool:
    """Whether a file is such a version."""
    stem = path.stem
    if stem.endswith(")"):
        stem = stem.rpartition("(")[0]
    return stem.endswith(MARK)


def _is_carried_over(edited: bytes, ours: bytes, limits: Limits) -> bool:
    """Whether our copy shows all that stands in the edited one."""
    from perfeval_xl.writer.verify import SAVED_ANEW, differences, recoloured

    found = [d for d in differences(edited, ours, limits) if d.kind not in SAVED_ANEW]
    return not found and not recoloured(edited, ours, limits)
