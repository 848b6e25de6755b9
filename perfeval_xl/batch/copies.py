"""The copies that lie in the outbox: which an officer changed, and what she entered in them.

Everything she entered is in the store before a file is given to a worker. A worker that finds a
copy other than it was seen here leaves it alone (``CopyChanged``), and it is looked at once more.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from perfeval_xl.batch.discover import RETURNED, REVIEWED
from perfeval_xl.batch.files import reason_of
from perfeval_xl.batch.keep import is_kept
from perfeval_xl.batch.one import Options, entries_of, whose, why_unreadable
from perfeval_xl.batch.rulings import RulingStore, Snapshot
from perfeval_xl.batch.standing import Source, Stamp, Standing, stamp_of
from perfeval_xl.context import Adjudication
from perfeval_xl.errors import WorkbookError

_SHEETS = (".xlsx", ".xlsm", ".xltx", ".xltm")


@dataclass(frozen=True, slots=True)
class _Seen:
    stamp: Stamp
    edited: bool


class OutboxCopies:
    """All copies of one outbox. sources: what the journal knows of them, by their place."""

    def __init__(
        self, outbox: Path, store: RulingStore, options: Options, sources: Mapping[str, Source]
    ) -> None:
        self.outbox = outbox
        self.store = store
        self.options = options
        self.sources = sources
        self.unreadable: dict[str, str] = {}  # copies in which nothing could be read, and why
        self._seen: dict[str, _Seen] = {}

    def look_at_all(self) -> None:
        """Take in what was entered in every copy that is not as we wrote it."""
        for place in copies_in(self.outbox):
            self.look_at(place)

    def look_at(self, place: str) -> Standing:
        """How a copy stands now, what was entered in it being kept."""
        try:
            stamp = stamp_of((self.outbox / place).stat())
        except FileNotFoundError:
            return Standing(None)
        seen = self._seen.get(place)
        source = self.sources.get(place)
        if source is not None and source.made is not None and source.made.stamp == stamp:
            return Standing(stamp)
        if seen is None or seen.stamp != stamp:
            seen = self._seen[place] = _Seen(stamp, self._take_in(place, source, stamp))
        return Standing(stamp, seen.edited, place not in self.unreadable)

    def is_edited(self, place: str) -> bool:
        """Whether there is a copy and it is not as we wrote it."""
        return self.look_at(place).edited

    def _take_in(self, place: str, source: Source | None, stamp: Stamp) -> bool:
        """Keep what stands in a copy; False when it is, to the byte, what we wrote."""
        try:
            data = (self.outbox / place).read_bytes()
        except OSError as exc:
            self.unreadable[place] = reason_of(exc)
            return True
        made = source.made if source else None
        if made is not None and made.sha256 == hashlib.sha256(data).hexdigest():
            return False
        try:
            self._keep(place, data, source, _day(stamp))
        except WorkbookError as exc:
            self.unreadable[place] = why_unreadable(exc, place)
        else:
            self.unreadable.pop(place, None)
        return True

    def _keep(self, place: str, data: bytes, source: Source | None, saved: str) -> None:
        """Keep what was entered in a copy. saved: the day on which it was saved last."""
        entries = entries_of(place, data, self.outbox, self.options)
        if source is not None and source.file != entries.name and self._is_known(entries.name):
            source = None  # saved over by the copy of another file, whose rulings these are
        file = source.file if source else entries.name
        who = source.who if source else None
        if who is None:
            if not entries.count:
                return
            who = whose(data, self.options)
        waivers = tuple(typed.waiver for typed in entries.waivers)
        known = self.store.latest(file, entries.sha256)
        rulings = _dated(entries.all_rulings, known.rulings if known else (), saved)
        self.store.add(Snapshot(file, who, entries.sha256, rulings, waivers))

    def _is_known(self, file: str) -> bool:
        return any(source.file == file for source in self.sources.values())


def _dated(
    rulings: Iterable[Adjudication], known: Iterable[Adjudication], saved: str
) -> tuple[Adjudication, ...]:
    """Rulings with the day on which they were first found in this copy."""
    before = {ruled.indicator: ruled for ruled in known}
    found = []
    for ruled in rulings:
        older = before.get(ruled.indicator)
        is_known = older is not None and replace(older, date=ruled.date) == ruled
        day = ruled.date or (older.date if older is not None and is_known else saved)
        found.append(replace(ruled, date=day))
    return tuple(found)


def _day(stamp: Stamp) -> str:
    """The day of a file's last change, as the clock on the wall has it; empty for one before 1970."""
    seconds = stamp[1] // 10**9
    return date.fromtimestamp(seconds).isoformat() if seconds >= 0 else ""


def copies_in(outbox: Path) -> Iterable[str]:
    """Places of all copies, relative to the outbox, sorted; those that were set aside left out."""
    return sorted(_workbooks_in(outbox, REVIEWED))


def strays_in(outbox: Path, expected: Iterable[str]) -> list[str]:
    """Places of copies and notes other than the expected ones: their file has left the inbox."""
    places = {*_workbooks_in(outbox, REVIEWED), *_workbooks_in(outbox, RETURNED)}
    return sorted(places.difference(expected))


def _workbooks_in(outbox: Path, own: str) -> Iterator[str]:
    for folder, _, files in os.walk(outbox / own):
        for name in files:
            if name.lower().endswith(_SHEETS) and not name.startswith(("~$", ".")):
                path = Path(folder, name)
                if not is_kept(path):
                    yield path.relative_to(outbox).as_posix()
