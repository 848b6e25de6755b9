"""What officers entered in copies, kept in the outbox before a copy is written anew.

One line per reading of one copy: all that stood in its input cells at that moment. Lines are only
ever added, each with its checksum and on disk before anything is replaced, so that a kill at any
moment loses nothing.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from perfeval_xl.batch.files import flush
from perfeval_xl.batch.who import Who
from perfeval_xl.context import Adjudication, Waiver, ruling_from, waiver_from

STORE = ".perfeval/rulings.jsonl"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that stood in the input cells of one copy. file: the submitted one, as the inbox names it.

    sha256: of the submitted file for which the copy was made.
    """

    file: str
    who: Who
    sha256: str
    rulings: tuple[Adjudication, ...]
    waivers: tuple[Waiver, ...]


class RulingStore:
    """The snapshots of one outbox, in the order in which they were taken."""

    def __init__(self, outbox: Path) -> None:
        self._path = outbox / STORE
        self._ends_whole = True
        self.snapshots: list[Snapshot] = []
        self._load()

    def add(self, snapshot: Snapshot) -> bool:
        """Keep a snapshot on disk, unless it says what the last one of that copy said."""
        last = self.latest(snapshot.file, snapshot.sha256)
        if last is None and not snapshot.rulings and not snapshot.waivers:
            return False
        if last is not None and (last.rulings, last.waivers) == (
            snapshot.rulings,
            snapshot.waivers,
        ):
            return False
        self._append(_line(snapshot))
        self.snapshots.append(snapshot)
        return True

    def latest(self, file: str, sha256: str) -> Snapshot | None:
        """The last snapshot of the copy made for this version of this file."""
        for found in reversed(self.snapshots):
            if (found.file, found.sha256) == (file, sha256):
                return found
        return None

    def _append(self, line: bytes) -> None:
        is_new = not self._path.exists()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._path.open("ab", buffering=0) as out:
                left = memoryview(line if self._ends_whole else b"\n" + line)
                self._ends_whole = False
                while left:
                    left = left[out.write(left) :]
                flush(out.fileno())
        except OSError as exc:
            raise OSError(exc.errno, exc.strerror, str(self._path)) from exc
        self._ends_whole = True
        if is_new:
            _flush_folder(self._path.parent)

    def _load(self) -> None:
        if not self._path.exists():
            return
        data = self._path.read_bytes()
        self._ends_whole = not data or data.endswith(b"\n")
        for line in data.split(b"\n"):
            found = _snapshot(line)
            if found is not None:
                self.snapshots.append(found)


def known_for(
    snapshots: Sequence[Snapshot], sha256: str
) -> tuple[tuple[Adjudication, ...], tuple[Waiver, ...]]:
    """What holds for this version of a file, and what was said of earlier ones and not since.

    snapshots: of one file or unit, oldest first. Of each version only the last reading counts.
    """
    rulings: dict[str, Adjudication] = {}
    waivers: dict[str, Waiver] = {}
    newest: dict[str, Snapshot] = {}
    for snapshot in reversed(snapshots):
        newest.setdefault(snapshot.sha256, snapshot)
    ordered = sorted(newest.values(), key=lambda found: found.sha256 != sha256)  # stable: newest on
    for snapshot in ordered:
        for ruling in snapshot.rulings:
            rulings.setdefault(ruling.indicator, ruling)
        for waiver in snapshot.waivers:
            waivers.setdefault(waiver.key, waiver)
    return (
        tuple(rulings[name] for name in sorted(rulings)),
        tuple(waivers[key] for key in sorted(waivers)),
    )


def text_of(snapshot: Snapshot) -> str:
    """A snapshot as JSON, read back by ``snapshot_from``."""
    return json.dumps(asdict(snapshot), sort_keys=True, default=str)


def snapshot_from(text: str) -> Snapshot:
    """The snapshot that ``text_of`` gave; ValueError when it is none."""
    try:
        found: dict[str, Any] = json.loads(text)
        return Snapshot(
            found["file"],
            Who(**found["who"]),
            found["sha256"],
            _all(ruling_from(r) for r in found["rulings"]),
            _all(waiver_from(w) for w in found["waivers"]),
        )
    except (KeyError, TypeError, ArithmeticError) as exc:
        raise ValueError("not a snapshot") from exc


def _all(found: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(found)


def _line(snapshot: Snapshot) -> bytes:
    body = text_of(snapshot).encode("ascii")
    return b"%08x\t%s\n" % (zlib.crc32(body), body)


def _snapshot(line: bytes) -> Snapshot | None:
    """The snapshot of a line; None for one that was cut short or damaged."""
    crc, _, body = line.partition(b"\t")
    try:
        if int(crc, 16) != zlib.crc32(body):
            return None
        return snapshot_from(body.decode("ascii"))
    except ValueError:
        return None


def _flush_folder(folder: Path) -> None:
    """Have a new file's name on disk too, where folders can be flushed."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        flush(handle)
    finally:
        os.close(handle)
