"""Outputs that somebody may edit after us: what is not as we wrote it is set aside, not replaced."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path

from perfeval_xl.batch.files import remove, write_whole
from perfeval_xl.batch.keep import set_aside

_LIST = ".perfeval/settled.json"
_REMEMBERED = 2  # contents of one file: a run that was killed wrote one or the other


class OurFiles:
    """Writes outputs of an outbox and remembers by their digests which contents were ours."""

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox
        self._path = outbox / _LIST
        self._ours: dict[str, list[str]] = {}
        with contextlib.suppress(FileNotFoundError, ValueError):
            self._ours = json.loads(self._path.read_text(encoding="utf-8"))
        self._put: set[str] = set()
        self.set_aside: list[str] = []

    def put(self, place: str, data: bytes) -> None:
        """Write one output, unless it is there already to the byte."""
        self._put.add(place)
        path, digest = self._outbox / place, hashlib.sha256(data).hexdigest()
        known = self._ours.get(place, [])
        there = path.read_bytes() if path.is_file() else None
        if digest not in known[-1:]:
            self._ours[place] = [*known, digest][-_REMEMBERED:]
            self._save()
        if there == data:
            return
        if there is not None and hashlib.sha256(there).hexdigest() not in known:
            self.set_aside.append(set_aside(path, there).relative_to(self._outbox).as_posix())
        write_whole(path, data)

    def finish(self) -> None:
        """Take away outputs of earlier times that were not written now, if they are still ours."""
        for place in sorted(self._ours.keys() - self._put):
            path = self._outbox / place
            if path.is_file():
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                if digest in self._ours[place]:
                    remove(path)
            del self._ours[place]
        self._save()

    def _save(self) -> None:
        text = json.dumps(self._ours, ensure_ascii=True, sort_keys=True, indent=1)
        write_whole(self._path, text.encode("ascii"))
