"""The receipt inside an annotated copy, and the way back from the copy to the submitted file.

Two parts are added: ``perfeval/receipt.json`` says for each edited part where our bytes stand and
what stood there before; ``perfeval/original.dat`` holds the edited members as they were packed,
so that the submitted file comes back to the byte. A receipt is data from outside: nothing of it
is believed that does not lead to the file whose SHA-256 it names.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml.changes import Changes, Undo
from perfeval_xl.ooxml.package import Limits, Package

RECEIPT = "perfeval/receipt.json"
_RECEIPT, _ORIGINAL = "perfeval/receipt", "perfeval/original"
RECEIPT_RELATION = "https://perfeval-xl.example/relationships/receipt"
ORIGINAL_RELATION = "https://perfeval-xl.example/relationships/original"
_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which a copy is not the original plus our additions.

    kind: no_receipt, other_original (the receipt names another file), part_missing, part_added,
    part_changed (something of the unit's), ours_changed (something of ours), order (the parts are
    all right but the file is not what it was). near: the row or cell nearest before, if any.
    """

    kind: str
    part: str
    near: str = ""


def prepare(changes: Changes) -> None:
    """Name the receipt's parts and relate them to the package."""
    receipt, original = _free_names(changes.package)
    for part, relation, kind in (
        (receipt, RECEIPT_RELATION, "application/vnd.perfeval-xl.receipt+json"),
        (original, ORIGINAL_RELATION, "application/vnd.perfeval-xl.original"),
    ):
        changes.added[part] = b""
        changes.declare(part, kind)
        changes.relate("", relation, part)


def _names(number: int) -> tuple[str, str]:
    """Names of the receipt's parts; a copy that was altered and annotated again has several."""
    mark = "" if number == 1 else str(number)
    return f"{_RECEIPT}{mark}.json", f"{_ORIGINAL}{mark}.dat"


def _free_names(package: Package) -> tuple[str, str]:
    number = 1
    while any(name in package for name in _names(number)):
        number += 1
    return _names(number)


def _last_names(package: Package) -> tuple[str, str]:
    """Names of the latest receipt's parts."""
    number = 1
    while any(name in package for name in _names(number + 1)):
        number += 1
    return _names(number)


def write(
    changes: Changes, finished: dict[str, tuple[bytes, Undo]], about: Mapping[str, str]
) -> None:
    """Fill the receipt's parts from the finished edits."""
    package = changes.package
    names = _free_names(package)
    segments = [package.segment(part) for part in finished]
    tail = package.source[package.central_start :]
    parts = {
        part: _part_entry(package.original(part), content, undo, len(segment))
        for (part, (content, undo)), segment in zip(finished.items(), segments, strict=True)
    }
    added = {part: _digest(content) for part, content in changes.added.items() if part not in names}
    receipt = {
        "schema": _SCHEMA,
        "original_sha256": _digest(package.source),
        "parts": parts,
        "added": added,
        "tail": len(tail),
        "about": dict(about),
    }
    changes.added[names[0]] = json.dumps(receipt, separators=(",", ":")).encode()
    changes.added[names[1]] = b"".join([*segments, tail])


def _part_entry(original: bytes, content: bytes, undo: Undo, segment: int) -> dict[str, Any]:
    return {
        "original_sha256": _digest(original),
        "written_sha256": _digest(content),
        "packed": segment,
        "undo": [[at, length, b64encode(was).decode("ascii")] for at, length, was in undo],
    }


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def was_annotated(package: Package) -> bool:
    """Whether the package bears our receipt."""
    return RECEIPT in package


def about(package: Package) -> dict[str, str]:
    """What the receipt says of itself beside the parts; empty when there is none to be read."""
    try:
        given = json.loads(package.read(_last_names(package)[0]))
        said = {str(key): str(value) for key, value in given.get("about", {}).items()}
        return said | {"original_sha256": str(given["original_sha256"])}
    except (WorkbookError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def restore(copy: bytes, limits: Limits | None = None) -> bytes | None:
    """The submitted file, byte for byte; None when the copy has no receipt or was altered since."""
    try:
        package = Package.open(copy, limits)
        if not was_annotated(package):
            return None
        receipt = _Receipt(package)
        if any(receipt.undone(part) is None for part in receipt.parts):
            return None
        original = receipt.original_file()
    except (WorkbookError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return None
    return original if _digest(original) == receipt.original_sha256 else None


class _Receipt:
    """A receipt as read from a copy; any malformed one ends in one of restore's exceptions."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.name, self.stored = _last_names(package)
        data = json.loads(package.read(self.name))
        if data["schema"] != _SCHEMA:
            raise ValueError("unknown schema")
        self.original_sha256 = str(data["original_sha256"])
        self.parts: dict[str, dict[str, Any]] = dict(data["parts"])
        self.added: dict[str, str] = dict(data["added"])
        self.tail = int(data["tail"])

    def undone(self, part: str) -> bytes | None:
        """The part without our bytes; None when it is not what the receipt says it was."""
        content = self.package.read(part)
        entry = self.parts[part]
        if _digest(content) != entry["written_sha256"]:
            return None
        original = self.reversed(part)
        return original if _digest(original) == entry["original_sha256"] else None

    def reversed(self, part: str) -> bytes:
        """The part with each of our splices taken back, right or not."""
        content = self.package.read(part)
        pieces: list[bytes] = []
        position = 0
        for at, length, was in self.parts[part]["undo"]:
            if not position <= at <= len(content):
                raise ValueError("splice out of order")
            pieces += (content[position:at], b64decode(was, validate=True))
            position = at + length
        pieces.append(content[position:])
        return b"".join(pieces)

    def original_file(self) -> bytes:
        """The submitted file put together again."""
        packed = self.package.read(self.stored)
        segments, position = {}, 0
        for part, entry in self.parts.items():
            segments[part] = packed[position : position + int(entry["packed"])]
            position += int(entry["packed"])
        members = sorted(self.package.members.values(), key=lambda member: member.offset)
        pieces = [self.package.source[: members[0].offset]]
        ours = {*self.added, self.name, self.stored}
        for member in members:
            if member.name not in ours:
                pieces.append(segments.get(member.name) or self.package.segment(member.name))
        return b"".join(pieces) + packed[position : position + self.tail]


def compare(copy: bytes, original: bytes, limits: Limits | None = None) -> tuple[Difference, ...]:
    """What of the copy is neither the original's nor ours; empty when all is as it should be."""
    after, before = Package.open(copy, limits), Package.open(original, limits)
    if not was_annotated(after):
        return (Difference("no_receipt", RECEIPT),)
    try:
        receipt = _Receipt(after)
        found = _differences(after, before, receipt)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return (Difference("ours_changed", RECEIPT),)
    if receipt.original_sha256 != _digest(original):
        found.insert(0, Difference("other_original", RECEIPT))
    return tuple(found)


def _differences(after: Package, before: Package, receipt: _Receipt) -> list[Difference]:
    found = []
    for part in before.names:
        difference = _part_difference(after, before, receipt, part)
        if difference:
            found.append(difference)
    ours = {*receipt.added, receipt.name, receipt.stored}
    for part in after.names:
        if part not in before and part not in ours:
            found.append(Difference("part_added", part))
    for part, digest in receipt.added.items():
        if part not in after:
            found.append(Difference("part_missing", part))
        elif _digest(after.read(part)) != digest:
            found.append(Difference("ours_changed", part))
    if not found and receipt.original_sha256 == _digest(before.source):
        found.extend(_stored_differences(receipt))
    return found


def _part_difference(
    after: Package, before: Package, receipt: _Receipt, part: str
) -> Difference | None:
    if part not in after:
        return Difference("part_missing", part)
    was = before.read(part) if _is_xml(part) else before.raw(part)
    if part not in receipt.parts:
        now = after.read(part) if _is_xml(part) else after.raw(part)
        if now == was or after.read(part) == before.read(part):
            return None
        return Difference("part_changed", part, _near(after.read(part), before.read(part)))
    now = receipt.reversed(part)
    if now != before.read(part):
        return Difference("part_changed", part, _near(now, before.read(part)))
    if _digest(after.read(part)) != receipt.parts[part]["written_sha256"]:
        return Difference("ours_changed", part)
    return None


def _stored_differences(receipt: _Receipt) -> list[Difference]:
    """Whether the packed originals still make the file that the receipt names."""
    if receipt.stored not in receipt.package:
        return [Difference("part_missing", receipt.stored)]
    if _digest(receipt.original_file()) == receipt.original_sha256:
        return []
    return [Difference("order", receipt.stored)]


def _is_xml(part: str) -> bool:
    return part.lower().endswith((".xml", ".rels", ".vml"))


def _near(now: bytes, was: bytes) -> str:
    """The last ``r="…"`` before the first byte that differs: a cell or row of a sheet."""
    length = min(len(now), len(was))
    low, high = 0, length
    while low < high:
        middle = (low + high + 1) // 2
        if now[:middle] == was[:middle]:
            low = middle
        else:
            high = middle - 1
    at = was.rfind(b' r="', 0, low)
    return was[at + 4 : was.find(b'"', at + 4)].decode("utf-8", "replace") if at >= 0 else ""
