"""What is finished, kept in the outbox: a line per file, so that a second run goes on from there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from perfeval_xl.batch.record import Record, from_line, to_line

FOLDER = ".perfeval"
_FILE = "journal.jsonl"
_PART = ".perfeval-part"


@dataclass(frozen=True, slots=True)
class Entry:
    """A finished file: the SHA-256 of its content, under which rules, and where its record lies."""

    sha256: str
    rules: str
    offset: int
    output: str


class Journal:
    """Finished files of one outbox. Appended line by line; a line cut short by a kill is ignored.

    rules: digest of everything but the file that decides its outcome (form data, version, options).
    """

    def __init__(self, outbox: Path, rules: str, fresh: bool = False) -> None:
        self.path = outbox / FOLDER / _FILE
        self.outbox = outbox
        self.rules = rules
        self.entries: dict[str, Entry] = {}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not fresh and self.path.exists():
            self._load()
        self._file: IO[bytes] = self.path.open("r+b" if self.path.exists() else "w+b")
        self._file.seek(self._end())
        self._file.truncate()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def finished(self, name: str, sha256: str) -> bool:
        """Whether this very content was finished under these rules and its output is still there."""
        entry = self.entries.get(name)
        return (
            entry is not None
            and (entry.sha256, entry.rules) == (sha256, self.rules)
            and (self.outbox / entry.output).is_file()
        )

    def add(self, name: str, record: Record) -> None:
        """Note a finished file at once; an older output under another name is taken away."""
        output = str(record["copy"])
        old = self.entries.get(name)
        offset = self._file.tell()
        head = {"name": name, "sha256": record["sha256"], "rules": self.rules, "output": output}
        line = f"{json.dumps(head, ensure_ascii=True)}\t{to_line(record)}\n"
        self._file.write(line.encode("utf-8"))
        self._file.flush()
        self.entries[name] = Entry(str(record["sha256"]), self.rules, offset, output)
        if old is not None and old.output != output:
            (self.outbox / old.output).unlink(missing_ok=True)

    def records(self, names: list[str]) -> Iterator[Record]:
        """The records of these files, in this order, read one at a time."""
        for name in names:
            self._file.seek(self.entries[name].offset)
            line = self._file.readline().decode("utf-8")
            yield from_line(line.partition("\t")[2])

    def _load(self) -> None:
        with self.path.open("rb") as lines:
            offset = 0
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self._load_line(line, offset)
                offset += len(line)

    def _load_line(self, line: bytes, offset: int) -> None:
        try:
            head = json.loads(line.partition(b"\t")[0])
            entry = Entry(head["sha256"], head["rules"], offset, head["output"])
            self.entries[head["name"]] = entry
        except (ValueError, KeyError, TypeError):
            return

    def _end(self) -> int:
        """Where the next line goes: behind the last whole one."""
        if not self.entries:
            return 0
        last = max(entry.offset for entry in self.entries.values())
        self._file.seek(last)
        return last + len(self._file.readline())


def clear_parts(outbox: Path) -> None:
    """Remove the temporary files that a killed run left behind."""
    for folder, _, files in os.walk(outbox):
        for name in files:
            if _PART in name:
                Path(folder, name).unlink(missing_ok=True)
