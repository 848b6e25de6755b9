"""What is finished, kept in the outbox: a line per file, so that a second run goes on from there."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from perfeval_xl.batch.files import whole_file
from perfeval_xl.batch.record import Record, content_of, from_line, to_line
from perfeval_xl.batch.standing import Made, Source
from perfeval_xl.batch.who import Who, who_of

FOLDER = ".perfeval"
_FILE = "journal.jsonl"
# Outcomes that say nothing of the file itself, or depend on the passwords given, which are not
# noted down in any form: the next run tries again.
_PASSING = {
    "file.unreadable", "file.too_slow", "file.crashed", "file.too_much_memory", "program.failed",
    "output.locked", "workbook.encrypted",
}  # fmt: skip
_SPARE_LINES = 200  # the journal is written anew when more lines than this are out of date


@dataclass(frozen=True, slots=True)
class Entry:
    """A finished file: the SHA-256 of its content, under which rules, and where its record lies.

    is_final: False when the next run should try again whatever the content. who: whose it is, None
    when it was returned. known: digest of what was known of the unit beside the file.
    has_scores: False for a file that only adds figures to another one of its unit. content: SHA-256
    of what the unit sent, without what an earlier review of ours added to it.
    """

    sha256: str | None
    rules: str
    offset: int
    output: str
    is_final: bool
    who: Who | None = None
    known: str = ""
    has_scores: bool = True
    content: str = ""


class Journal:
    """Finished files of one outbox. Appended line by line; a line cut short or damaged is ignored.

    rules: digest of everything but the file that decides its outcome (form data, version, options).
    """

    def __init__(self, outbox: Path, rules: str, fresh: bool = False) -> None:
        self.path = outbox / FOLDER / _FILE
        self.outbox = outbox
        self.rules = rules
        self.entries: dict[str, Entry] = {}
        self.sources: dict[str, Source] = {}  # of outputs, by place
        self._lines = 0
        self.path.parent.mkdir(parents=True, exist_ok=True)
        end = 0
        if self.path.exists():
            end = self._load()
            if self._lines > len(self.entries) + _SPARE_LINES:
                self._write_anew()
                end = self._load()
        if fresh:
            self.entries = {n: replace(e, rules="") for n, e in self.entries.items()}
        mode = "r+b" if self.path.exists() else "w+b"
        self._file: IO[bytes] = self.path.open(mode, buffering=0)
        self._file.truncate(end)
        self._end = end

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def finished(self, name: str, sha256: str | None, outputs: Iterable[str]) -> bool:
        """Whether this very content was finished under these rules and its output is still there.

        outputs: where the file's output goes in this run. An output that another file's has
        replaced since is not there any more.
        """
        entry = self.entries.get(name)
        return (
            entry is not None
            and entry.is_final
            and self.sources[entry.output].file == name
            and (entry.sha256, entry.rules) == (sha256, self.rules)
            and entry.output in outputs
            and (self.outbox / entry.output).is_file()
        )

    def add(
        self,
        name: str,
        record: Record,
        known: str = "",
        made: Made | None = None,
        line: bytes | None = None,
    ) -> None:
        """Note a finished file at once.

        known: digest of what was known of its unit. made: its output as we wrote it. line: the
        record as it is written, if known.
        """
        entry = Entry(
            _text_or_none(record["sha256"]), self.rules, self._end, str(record["copy"]),
            is_final(record), who_of(record), known, bool(record["indicators"]),
            content_of(record),
        )  # fmt: skip
        head = {"name": name, "sha256": entry.sha256, "rules": entry.rules, "output": entry.output,
                "final": entry.is_final, "who": entry.who and asdict(entry.who), "known": known,
                "scores": entry.has_scores, "content": entry.content,
                "made": made and asdict(made)}  # fmt: skip
        self._append(_line(head, line or to_line(record).encode("utf-8")))
        self.entries[name] = entry
        self.sources[entry.output] = Source(name, entry.who, made)

    def records(self, names: Iterable[str]) -> Iterator[Record]:
        """The records of these files, in this order, read one at a time."""
        return (from_line(line) for line in self.lines(names))

    def lines(self, names: Iterable[str]) -> Iterator[str]:
        """The same as they are written, without the line end."""
        with self.path.open("rb") as lines:
            for name in names:
                lines.seek(self.entries[name].offset)
                yield _parts(lines.readline())[1].decode("utf-8")

    def forget(self) -> None:
        """Let go of what is known of the files; their lines stay in the journal."""
        self.entries.clear()
        self.sources.clear()

    def _append(self, line: bytes) -> None:
        self._file.seek(self._end)
        left = memoryview(line)
        while left:
            try:
                left = left[self._file.write(left) :]
            except OSError as exc:
                raise OSError(exc.errno, exc.strerror, str(self.path)) from exc
        self._end += len(line)

    def _load(self) -> int:
        """Read all lines; returns where the last whole one ends."""
        self.entries.clear()
        self.sources.clear()
        self._lines = offset = 0
        with self.path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self._load_line(line, offset)
                offset += len(line)
        return offset

    def _load_line(self, line: bytes, offset: int) -> None:
        self._lines += 1
        try:
            head, _ = _parts(line)
            who = Who(**head["who"]) if head["who"] else None
            digest, content = head["sha256"], head["content"]
            entry = Entry(
                digest, self.rules if head["rules"] == self.rules else head["rules"], offset,
                head["output"], head["final"], who, head["known"], head["scores"],
                digest if content == digest else content,  # one text for all that are the same
            )  # fmt: skip
            made = head.get("made")
            self.entries[head["name"]] = entry
            known = made and Made(tuple(made["stamp"]), made["sha256"])
            self.sources[entry.output] = Source(head["name"], who, known)
        except (ValueError, KeyError, TypeError):
            return

    def _write_anew(self) -> None:
        """Keep only the line that counts for each file, in the order in which they were added."""
        with self.path.open("rb") as old, whole_file(self.path) as temporary:
            with temporary.open("wb") as new:
                for entry in sorted(self.entries.values(), key=lambda entry: entry.offset):
                    old.seek(entry.offset)
                    new.write(old.readline())


def _line(head: dict[str, Any], record: bytes) -> bytes:
    checked = json.dumps(head, ensure_ascii=True).encode() + b"\t" + record
    return b"%08x\t%s\n" % (zlib.crc32(checked), checked)


def _parts(line: bytes) -> tuple[dict[str, Any], bytes]:
    """Head and record of a line; ValueError when it is not as it was written."""
    crc, _, checked = line.rstrip(b"\n").partition(b"\t")
    if int(crc, 16) != zlib.crc32(checked):
        raise ValueError("damaged line")
    head, _, record = checked.partition(b"\t")
    return json.loads(head), record


def is_final(record: Record) -> bool:
    """Whether the outcome says something of the file itself, so that it need not be tried again."""
    reason: Any = record.get("reason")
    return not reason or reason["code"] not in _PASSING


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)
