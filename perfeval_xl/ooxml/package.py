"""A zip package of parts: read within limits, written back with untouched members as they were.

Knows zip and the OPC rules (content types, relationships), nothing of spreadsheets. The headers
of a submitted file are never believed: sizes are counted while inflating.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml.markup import Node, parse
from perfeval_xl.ooxml.sniff import sniff

CONTENT_TYPES = "[Content_Types].xml"
# Level 3 packs a sheet 10% looser than level 6 in a third of the time (0.57 ms against 1.7 ms).
DEFLATE_LEVEL = 3

_CENTRAL = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_UTF8_NAME = 0x800
_HAS_DESCRIPTOR = 0x8
_DATE_1980 = 0x21
_LEGACY = {"xls": "xls", "xlsb": "xlsb", "ods": "ods", "xls-xml": "xls"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a submitted file may cost; each is a setting."""

    file_bytes: int = 50_000_000
    members: int = 2_000
    part_bytes: int = 100_000_000
    inflated_bytes: int = 200_000_000
    ratio: int = 100
    ratio_floor: int = 1_000_000
    cells: int = 500_000
    merges: int = 60_000


@dataclass(frozen=True, slots=True)
class Relationship:
    """One relation of a part; ``part`` is None when the target lies outside the package."""

    id: str
    type: str
    target: str
    part: str | None

    @property
    def kind(self) -> str:
        """Last word of the type, such as ``worksheet``; the same in strict files."""
        return self.type.rsplit("/", 1)[-1]


@dataclass(slots=True)
class Member:
    """One entry of the zip: where its bytes lie and what its headers say."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    stamp: tuple[int, int]
    crc: int
    packed: int
    size: int
    offset: int
    central: bytes  # the central record as it lies on disk
    data: int = 0
    segment_end: int = 0


@dataclass
class Package:
    """An open package. ``replace`` and ``add`` take effect in ``to_bytes``."""

    source: bytes
    limits: Limits
    members: dict[str, Member]
    central_start: int
    comment: bytes
    shift: int = 0  # bytes before the zip itself; offsets on disk leave them out
    replaced: dict[str, bytes] = field(default_factory=dict)
    added: dict[str, bytes] = field(default_factory=dict)
    _inflated: dict[str, bytes] = field(default_factory=dict)
    _trees: dict[str, Node] = field(default_factory=dict)
    _folded: dict[str, str] = field(default_factory=dict)
    _spent: int = 0

    @classmethod
    def open(cls, data: bytes, limits: Limits | None = None) -> Package:
        """The package in ``data``; WorkbookError when it cannot be one or exceeds the limits."""
        limits = limits or Limits()
        if len(data) > limits.file_bytes:
            raise _too("workbook.too_large", limits.file_bytes, len(data), "")
        _refuse_other_kinds(data)
        try:
            package = _read_directory(data, limits)
        except (struct.error, OverflowError, UnicodeError) as exc:
            raise WorkbookError("workbook.truncated") from exc
        _check_declared_sizes(package)
        return package

    @property
    def names(self) -> list[str]:
        """Names of all parts, the added ones last."""
        return [name for name in self.members if not name.endswith("/")] + list(self.added)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.find(name) is not None

    def find(self, name: str) -> str | None:
        """The part's name as the package spells it, whatever the case; None when absent."""
        if name in self.members or name in self.added:
            return name
        return self._folded.get(name.lower())

    def read(self, name: str) -> bytes:
        """Content of a part as it is now; WorkbookError when missing, damaged or too large."""
        known = self.find(name)
        if known is None:
            raise WorkbookError("workbook.part_missing", {"part": name})
        if known in self.replaced:
            return self.replaced[known]
        return self.added[known] if known in self.added else self.original(known)

    def original(self, name: str) -> bytes:
        """Content of a part as submitted."""
        if name not in self._inflated:
            content = self._inflate(self.members[name])
            self._spent += len(content)
            self._inflated[name] = content
        return self._inflated[name]

    def tree(self, name: str) -> Node:
        """A part as submitted as a tree, parsed once; nobody may change it."""
        if name not in self._trees:
            self._trees[name] = parse(self.original(name), name)
        return self._trees[name]

    def raw(self, name: str) -> bytes:
        """The part's compressed bytes as submitted."""
        member = self.members[name]
        return self.source[member.data : member.data + member.packed]

    def replace(self, name: str, data: bytes) -> None:
        """Give an existing part new content."""
        known = self.find(name)
        if known is None:
            raise WorkbookError("workbook.part_missing", {"part": name})
        target = self.added if known in self.added else self.replaced
        target[known] = data

    def add(self, name: str, data: bytes) -> None:
        """Add a part; its name must be free."""
        if self.find(name) is not None:
            raise ValueError(f"part exists: {name}")
        self.added[name] = data
        self._folded[name.lower()] = name

    def free_name(self, pattern: str) -> str:
        """The first free part name, counting from 1 in place of ``{}``."""
        number = 1
        while pattern.format(number) in self:
            number += 1
        return pattern.format(number)

    @cached_property
    def _types(self) -> tuple[dict[str, str], dict[str, str]]:
        as_submitted = CONTENT_TYPES in self.members and CONTENT_TYPES not in self.replaced
        root = (
            self.tree(CONTENT_TYPES)
            if as_submitted
            else parse(self.read(CONTENT_TYPES), CONTENT_TYPES)
        )
        overrides, defaults = {}, {}
        for node in root.children:
            kind = node.attributes.get("ContentType", "")
            if node.name == "Override":
                overrides[node.attributes.get("PartName", "").lower()] = kind
            elif node.name == "Default":
                defaults[node.attributes.get("Extension", "").lower()] = kind
        return overrides, defaults

    def content_type(self, name: str) -> str:
        """Content type of a part as submitted, empty when undeclared."""
        overrides, defaults = self._types
        return overrides.get(f"/{name}".lower()) or defaults.get(
            name.rsplit(".", 1)[-1].lower(), ""
        )

    def has_default_type(self, extension: str) -> bool:
        """Whether the submitted package gives every part of this extension a type."""
        return extension.lower() in self._types[1]

    def relationships(self, part: str) -> list[Relationship]:
        """Relations of a part as submitted (of the package for ``""``), in file order."""
        name = self.find(rels_name(part))
        if name is None or name in self.added:
            return []
        return [_relationship(node, part) for node in self.tree(name).children]

    def to_bytes(self) -> bytes:
        """The zip file: untouched members byte for byte, changed ones in their place."""
        return _Writer(self).write()

    def segment(self, name: str) -> bytes:
        """All bytes of a member on disk: local header, content, whatever follows up to the next."""
        member = self.members[name]
        return self.source[member.offset : member.segment_end]

    def _inflate(self, member: Member) -> bytes:
        raw = self.source[member.data : member.data + member.packed]
        content = raw if member.method == 0 else self._inflate_raw(raw, member.name)
        if len(content) > self.limits.part_bytes:
            raise _too("workbook.part_too_large", self.limits.part_bytes, len(content), member.name)
        if zlib.crc32(content) != member.crc or len(content) != member.size:
            raise WorkbookError("workbook.bad_crc", {"part": member.name})
        return content

    def _inflate_raw(self, raw: bytes, name: str) -> bytes:
        limits = self.limits
        left = limits.inflated_bytes - self._spent
        by_ratio = max(limits.ratio_floor, limits.ratio * len(raw))
        cap = min(limits.part_bytes, left, by_ratio)
        stream = zlib.decompressobj(-15)
        try:
            content = stream.decompress(raw, cap + 1)
        except zlib.error as exc:
            raise WorkbookError("workbook.bad_crc", {"part": name}) from exc
        if len(content) > cap:
            raise _inflation_error(limits, cap, left, len(content), name)
        if not stream.eof:
            raise WorkbookError("workbook.bad_crc", {"part": name})
        return content


def rels_name(part: str) -> str:
    """Name of the part that holds another part's relations."""
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


def resolve(target: str, source: str) -> str | None:
    """Part name that a relation target means, seen from ``source``; None when it climbs out."""
    path = unquote(target.split("#", 1)[0]).replace("\\", "/")
    base = [] if path.startswith("/") else source.split("/")[:-1]
    for step in path.split("/"):
        if step == "..":
            if not base:
                return None
            base.pop()
        elif step not in ("", "."):
            base.append(step)
    return "/".join(base)


def relative_target(part: str) -> str:
    """A relation target that means ``part`` from anywhere in the package."""
    return "/" + part


def _relationship(node: Node, source: str) -> Relationship:
    given = node.attributes
    target = given.get("Target", "")
    kind, identity = given.get("Type", ""), given.get("Id", "")
    if given.get("TargetMode") == "External" or target.startswith("#"):
        return Relationship(identity, kind, target, None)
    part = resolve(target, source)
    if part is None:
        raise WorkbookError("workbook.bad_relation", {"part": source or "/", "target": target})
    return Relationship(identity, kind, target, part)


def _refuse_other_kinds(data: bytes) -> None:
    kind = sniff(data)
    if kind == "empty":
        raise WorkbookError("workbook.empty")
    if kind == "encrypted":
        raise WorkbookError("workbook.encrypted")
    if kind in _LEGACY:
        raise WorkbookError("workbook.legacy", {"kind": _LEGACY[kind]})
    if kind not in ("xlsx", "zip") and data[:2] != b"PK":
        raise WorkbookError("workbook.not_a_workbook", {"kind": kind})
    if kind in ("docx", "pptx", "odt"):
        raise WorkbookError("workbook.not_a_workbook", {"kind": kind})


def _read_directory(data: bytes, limits: Limits) -> Package:
    count, size, offset, end, comment = _read_end(data)
    shift = end - size - offset
    if shift < 0 or size > end:
        raise WorkbookError("workbook.truncated")
    if count > limits.members:
        raise _too("workbook.too_many_members", limits.members, count, "")
    start = end - size
    members: dict[str, Member] = {}
    folded: dict[str, str] = {}
    position = start
    while position < end:
        if len(members) >= limits.members:
            raise _too("workbook.too_many_members", limits.members, len(members) + 1, "")
        member, position = _read_central(data, position, shift)
        if folded.setdefault(member.name.lower(), member.name) != member.name or (
            member.name in members
        ):
            raise WorkbookError("workbook.duplicate_member", {"part": member.name})
        members[member.name] = member
    if len(members) != count & 0xFFFF and len(members) != count:
        raise WorkbookError("workbook.truncated")
    if not members:
        raise WorkbookError("workbook.not_a_workbook", {"kind": "zip"})
    _locate(data, members, start)
    return Package(data, limits, members, start, comment, shift, _folded=folded)


def _read_end(data: bytes) -> tuple[int, int, int, int, bytes]:
    """Count, size, offset and end of the central directory, and the zip's comment."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if end < 0:
        raise WorkbookError("workbook.truncated")
    _, _, _, _, count, size, offset, length = _END.unpack_from(data, end)
    comment = data[end + _END.size : end + _END.size + length]
    if 0xFFFFFFFF in (size, offset) or count == 0xFFFF:
        locator = end - 20
        if data[locator : locator + 4] == b"PK\x06\x07":
            (at,) = struct.unpack_from("<Q", data, locator + 8)
            found = data.rfind(b"PK\x06\x06", 0, locator)
            at = at if data[at : at + 4] == b"PK\x06\x06" else found
            record = _END64.unpack_from(data, at)
            return record[7], record[8], record[9], at, comment
    return count, size, offset, end, comment


def _read_central(data: bytes, at: int, shift: int) -> tuple[Member, int]:
    record = _CENTRAL.unpack_from(data, at)
    signature, _, _, flags, method, time, date, crc, packed, size = record[:10]
    name_length, extra_length, comment_length = record[10:13]
    offset = record[16]
    if signature != b"PK\x01\x02":
        raise WorkbookError("workbook.truncated")
    name_at = at + _CENTRAL.size
    extra_at = name_at + name_length
    end = extra_at + extra_length + comment_length
    raw_name = data[name_at:extra_at]
    name = _member_name(raw_name, flags)
    if 0xFFFFFFFF in (packed, size, offset):
        extra = data[extra_at : extra_at + extra_length]
        size, packed, offset = _wide_sizes(extra, size, packed, offset)
    if flags & 1:
        raise WorkbookError("workbook.encrypted")
    if method not in (0, 8):
        raise WorkbookError("workbook.bad_compression", {"part": name})
    member = Member(
        name, raw_name, flags, method, (time, date), crc, packed, size, offset + shift, data[at:end]
    )
    return member, end


def _member_name(raw: bytes, flags: int) -> str:
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        name = raw.decode("cp437")
    name = name.replace("\\", "/")
    if name.startswith("/xl/"):  # as XlsxWriter writes the relations of pictures in cells
        name = name[1:]
    steps = name.split("/")
    if name.startswith("/") or ".." in steps or ":" in steps[0] or any(ord(c) < 32 for c in name):
        shown = name.encode("unicode_escape").decode("ascii") if not name.isprintable() else name
        raise WorkbookError("workbook.unsafe_name", {"part": shown})
    return name


def _wide_sizes(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """The 64-bit sizes of a member whose 32-bit fields are full."""
    for tag, body in _extra_fields(extra):
        if tag == 1:
            values = iter(struct.unpack_from(f"<{len(body) // 8}Q", body))
            size = next(values, size) if size == 0xFFFFFFFF else size
            packed = next(values, packed) if packed == 0xFFFFFFFF else packed
            offset = next(values, offset) if offset == 0xFFFFFFFF else offset
    return size, packed, offset


def _extra_fields(extra: bytes) -> list[tuple[int, bytes]]:
    fields, at = [], 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        fields.append((tag, extra[at + 4 : at + 4 + length]))
        at += 4 + length
    return fields


def _locate(data: bytes, members: dict[str, Member], central_start: int) -> None:
    """Find where each member's bytes begin and end; members may not share bytes."""
    ordered = sorted(members.values(), key=lambda member: member.offset)
    for member in ordered:
        if member.offset + _LOCAL.size > central_start:
            raise WorkbookError("workbook.truncated")
        local = _LOCAL.unpack_from(data, member.offset)
        name_at = member.offset + _LOCAL.size
        if local[0] != b"PK\x03\x04":
            raise WorkbookError("workbook.truncated")
        if data[name_at : name_at + local[9]] != member.raw_name:
            raise WorkbookError("workbook.duplicate_member", {"part": member.name})
        member.data = name_at + local[9] + local[10]
    ends = [member.offset for member in ordered[1:]] + [central_start]
    for member, end in zip(ordered, ends, strict=True):
        if member.data + member.packed > end:
            code = "workbook.truncated" if end == central_start else "workbook.overlapping_members"
            raise WorkbookError(code, {"part": member.name})
        _refuse_hidden(data, member.data + member.packed, end)
        member.segment_end = end
    _refuse_hidden(data, 0, ordered[0].offset)


def _refuse_hidden(data: bytes, start: int, end: int) -> None:
    """A member that the directory does not list: a program that reads in order would see it."""
    at = data.find(b"PK\x03\x04", start, end)
    if 0 <= at <= end - _LOCAL.size:
        length = _LOCAL.unpack_from(data, at)[9]
        name = data[at + _LOCAL.size : at + _LOCAL.size + min(length, 200)]
        raise WorkbookError("workbook.duplicate_member", {"part": _member_name(name, 0)})


def _check_declared_sizes(package: Package) -> None:
    limits = package.limits
    total = 0
    for member in package.members.values():
        total += member.size
        is_xml = member.name.lower().endswith((".xml", ".rels", ".vml"))
        if is_xml and member.size > limits.part_bytes:
            raise _too("workbook.part_too_large", limits.part_bytes, member.size, member.name)
        if member.size > limits.ratio_floor and member.size > limits.ratio * member.packed:
            ratio = member.size // max(1, member.packed)
            raise _too("workbook.ratio", limits.ratio, ratio, member.name)
    if total > limits.inflated_bytes:
        raise _too("workbook.inflates_too_far", limits.inflated_bytes, total, "")


def _inflation_error(limits: Limits, cap: int, left: int, size: int, name: str) -> WorkbookError:
    if cap == limits.part_bytes:
        return _too("workbook.part_too_large", cap, size, name)
    if cap == left:
        actual = limits.inflated_bytes - left + size
        return _too("workbook.inflates_too_far", limits.inflated_bytes, actual, name)
    return _too("workbook.ratio", limits.ratio, limits.ratio + 1, name)


def _too(code: str, limit: int, actual: int, part: str) -> WorkbookError:
    return WorkbookError(code, {"limit": str(limit), "actual": str(actual), "part": part})


class _Writer:
    """Writes a package: data in the order it lay on disk, then what was added."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.pieces: list[bytes] = []
        self.size = 0
        self.records: dict[str, bytes] = {}

    def write(self) -> bytes:
        package = self.package
        ordered = sorted(package.members.values(), key=lambda member: member.offset)
        self._put(package.source[: ordered[0].offset])
        for member in ordered:
            self._put_member(member)
        for name, content in package.added.items():
            self._put_added(name, content)
        directory = self.size
        for name in [*package.members, *package.added]:
            self._put(self.records[name])
        self._put_end(directory)
        return b"".join(self.pieces)

    def _put(self, piece: bytes) -> None:
        self.pieces.append(piece)
        self.size += len(piece)

    def _put_member(self, member: Member) -> None:
        package = self.package
        if member.name in package.replaced:
            self._put_replaced(member, package.replaced[member.name])
            return
        offset = self.size - package.shift
        if member.offset == self.size:
            self.records[member.name] = member.central
        else:
            self.records[member.name] = _moved(member, offset)
        self._put(package.segment(member.name))

    def _put_replaced(self, member: Member, content: bytes) -> None:
        packed = _deflate(content)
        time, date = member.stamp
        flags = member.flags & ~_HAS_DESCRIPTOR & _UTF8_NAME
        sizes = (zlib.crc32(content), len(packed), len(content))
        offset = self.size - self.package.shift
        name = member.raw_name
        self._put(_LOCAL.pack(b"PK\x03\x04", 20, flags, 8, time, date, *sizes, len(name), 0) + name)
        self._put(packed)
        fields = list(_CENTRAL.unpack_from(member.central))
        fields[2:10] = [20, flags, 8, time, date, *sizes]
        fields[11:13] = [0, 0]
        fields[16] = offset
        self.records[member.name] = _CENTRAL.pack(*fields) + name

    def _put_added(self, name: str, content: bytes) -> None:
        packed = _deflate(content)
        method = 8 if len(packed) < len(content) else 0
        packed = packed if method else content
        raw_name = name.encode("utf-8")
        flags = 0 if name.isascii() else _UTF8_NAME
        common = (20, flags, method, 0, _DATE_1980, zlib.crc32(content), len(packed), len(content))
        offset = self.size - self.package.shift
        self._put(_LOCAL.pack(b"PK\x03\x04", *common, len(raw_name), 0) + raw_name + packed)
        tail = (len(raw_name), 0, 0, 0, 0, 0, offset)
        self.records[name] = _CENTRAL.pack(b"PK\x01\x02", 20, *common, *tail) + raw_name

    def _put_end(self, directory: int) -> None:
        count = len(self.package.members) + len(self.package.added)
        length = self.size - directory
        offset = directory - self.package.shift
        comment = self.package.comment
        end = _END.pack(b"PK\x05\x06", 0, 0, count, count, length, offset, len(comment))
        self._put(end + comment)


def _deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(DEFLATE_LEVEL, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def _moved(member: Member, offset: int) -> bytes:
    """The member's central record with another offset."""
    fields = list(_CENTRAL.unpack_from(member.central))
    if fields[16] != 0xFFFFFFFF:
        return member.central[:42] + struct.pack("<I", offset) + member.central[46:]
    name_end = _CENTRAL.size + fields[10]
    rest = member.central[name_end : name_end + fields[11]]
    kept = b"".join(
        struct.pack("<2H", tag, len(body)) + body for tag, body in _extra_fields(rest) if tag != 1
    )
    fields[8:10] = [member.packed, member.size]
    fields[11] = len(kept)
    fields[16] = offset
    tail = member.central[name_end + len(rest) :]
    return _CENTRAL.pack(*fields) + member.raw_name + kept + tail
