"""Broken, foreign and hostile files, each made from one good form so that its mechanism shows.

``BROKEN`` names what must become of each: returned with a code, evaluated with a finding, or read
to the very figures of the good form.
"""

from __future__ import annotations

import io
import os
import random
import struct
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from . import files, layout_plain
from .forms import FilledForm

Parts = dict[str, bytes]

PROFILE, SCORING = "附件2-1 自评表", "附件2-2 评分表"
FIRST, SECOND = "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"
STRINGS, STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
WORKBOOK, WORKBOOK_RELS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
TYPES, RELS = "[Content_Types].xml", "_rels/.rels"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_WORKSHEET = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1528)
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_BILLION_LAUGHS = f'<!DOCTYPE x [<!ENTITY l0 "ha">{_LAUGHS}]>'


@dataclass(frozen=True, slots=True)
class Broken:
    """A file and what must become of it.

    returned: its return code. finding: a code among its findings. With neither, its figures are
    those of the good form. says: what the message must name beside the file. suffix: of its name.
    """

    build: Callable[[], bytes]
    returned: str = ""
    finding: str = ""
    says: tuple[str, ...] = ()
    suffix: str = ".xlsx"


@cache
def good() -> bytes:
    """The form that all the others are made from."""
    with tempfile.TemporaryDirectory() as folder:
        path = files.save(layout_plain.build(FilledForm.example()), Path(folder, "good.xlsx"))
        return path.read_bytes()


def parts() -> Parts:
    """The good form's parts, to be changed."""
    with zipfile.ZipFile(io.BytesIO(good())) as package:
        return {name: package.read(name) for name in package.namelist()}


def zipped(members: Parts | list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members in this order; a list may name one twice."""
    stream = io.BytesIO()
    listed = list(members.items()) if isinstance(members, dict) else members
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", method) as package:
        warnings.simplefilter("ignore", UserWarning)
        for name, content in listed:
            info = zipfile.ZipInfo("placeholder", (2022, 3, 15, 10, 0, 0))
            info.filename = name  # as it is: the constructor cuts at a zero and turns backslashes
            info.compress_type = method
            package.writestr(info, content)
    return stream.getvalue()


def changed(part: str, old: str, new: str, count: int = 1) -> Callable[[], bytes]:
    """The form with a piece of one part replaced."""

    def build() -> bytes:
        members = parts()
        text = members[part].decode()
        assert old in text, (part, old)
        members[part] = text.replace(old, new, count).encode()
        return zipped(members)

    return build


def without(part: str) -> Callable[[], bytes]:
    """The form without one part, which is still referred to."""
    return lambda: zipped({name: data for name, data in parts().items() if name != part})


def with_parts(**added: bytes) -> Callable[[], bytes]:
    """The form with further members; ``__`` in a name stands for a slash."""
    return lambda: zipped(parts() | {n.replace("__", "/"): data for n, data in added.items()})


def with_member(name: str, content: bytes = b"<x/>") -> Callable[[], bytes]:
    """The form with one further member."""
    return lambda: zipped([*parts().items(), (name, content)])


def with_part(part: str, content: bytes) -> Callable[[], bytes]:
    """The form with one part's content replaced."""
    return lambda: zipped(parts() | {part: content})


def cell(part: str, address: str, xml: str) -> Callable[[], bytes]:
    """The form with a cell's element written anew; ``{s}`` keeps its style."""

    def build() -> bytes:
        members = parts()
        text = members[part].decode()
        start = text.index(f'<c r="{address}"')
        tag_end = text.index(">", start)
        end = tag_end + 1 if text[tag_end - 1] == "/" else text.index("</c>", start) + 4
        style = text[start:tag_end].partition('s="')[2].partition('"')[0]
        written = xml.format(r=f'r="{address}"', s=f's="{style}"')
        members[part] = (text[:start] + written + text[end:]).encode()
        return zipped(members)

    return build


def value(part: str, address: str, raw: str) -> Callable[[], bytes]:
    """The form with another number in a cell."""
    return cell(part, address, f"<c {{r}} {{s}}><v>{raw}</v></c>")


def text(part: str, address: str, shown: str) -> Callable[[], bytes]:
    """The form with a text in a cell."""
    return cell(part, address, f'<c {{r}} {{s}} t="inlineStr"><is><t>{shown}</t></is></c>')


def formula(part: str, address: str, written: str, stored: str | None) -> Callable[[], bytes]:
    """The form with a formula in a cell, with or without its stored value."""
    kept = "" if stored is None else f"<v>{stored}</v>"
    return cell(part, address, f"<c {{r}} {{s}}><f>{written}</f>{kept}</c>")


def with_rows(part: str, xml: str) -> Callable[[], bytes]:
    """The form with rows added at the end of a sheet."""
    return changed(part, "</sheetData>", f"{xml}</sheetData>")


def with_merges(part: str, *ranges: str) -> Callable[[], bytes]:
    """The form with merges added on a sheet."""
    xml = "".join(f'<mergeCell ref="{area}"/>' for area in ranges)
    return changed(part, "</mergeCells>", f"{xml}</mergeCells>")


def cut(fraction: float) -> Callable[[], bytes]:
    """The first part of the file."""
    return lambda: good()[: int(len(good()) * fraction)]


def opening(part: str, declared: str) -> Callable[[], bytes]:
    """A part with a declaration before its root element."""

    def build() -> bytes:
        members = parts()
        xml = members[part].decode()
        at = xml.index("?>") + 2 if xml.startswith("<?xml") else 0
        members[part] = (xml[:at] + declared + xml[at:]).encode()
        return zipped(members)

    return build


def relation(target: str, mode: str = "") -> Callable[[], bytes]:
    """The second sheet's relation leads elsewhere."""
    return changed(WORKBOOK_RELS, 'Target="/xl/worksheets/sheet2.xml"', f'Target="{target}"{mode}')


def header(part: str, field: str, number: int) -> Callable[[], bytes]:
    """The form whose directory lies about a member: ``flags``, ``method``, ``crc`` or ``size``."""
    at, form = {"flags": (8, "<H"), "method": (10, "<H"), "crc": (16, "<I"), "size": (24, "<I")}[
        field
    ]

    def build() -> bytes:
        data = bytearray(good())
        start = data.rindex(part.encode()) - 46
        assert data[start : start + 4] == b"PK\x01\x02"
        struct.pack_into(form, data, start + at, number)
        return bytes(data)

    return build


def flipped(method: int) -> Callable[[], bytes]:
    """One bit of a sheet changed on disk."""

    def build() -> bytes:
        data = bytearray(zipped(parts(), method))
        at = data.index(SECOND.encode()) + len(SECOND) + 200
        data[at] ^= 4
        return bytes(data)

    return build


def local_name(old: str, new: str) -> Callable[[], bytes]:
    """A member whose own header names another part than the directory does."""

    def build() -> bytes:
        data = good()
        at = data.index(old.encode())
        return data[:at] + new.encode() + data[at + len(old) :]

    return build


def rows_reversed() -> bytes:
    """The scoring sheet with its rows in reverse order in the XML."""
    members = parts()
    xml = members[SECOND].decode()
    head, _, rest = xml.partition("<sheetData>")
    body, _, tail = rest.partition("</sheetData>")
    rows = [f"{row}</row>" for row in body.split("</row>") if row]
    members[SECOND] = f"{head}<sheetData>{''.join(reversed(rows))}</sheetData>{tail}".encode()
    return zipped(members)


def backslashes() -> bytes:
    """Members named as a careless program on Windows names them."""
    return zipped([(name.replace("/", "\\"), data) for name, data in parts().items()])


def without_styles() -> bytes:
    """A workbook that never had styles."""
    members = parts()
    del members[STYLES]
    rels = members[WORKBOOK_RELS].decode()
    start = rels.index("<Relationship Type", rels.index("sheet2.xml"))
    members[WORKBOOK_RELS] = (rels[:start] + rels[rels.index("/>", start) + 2 :]).encode()
    return zipped(members)


def two_programs() -> bytes:
    """A form in front of another form: which of the two is meant?"""
    other = value(SECOND, "F3", "1")()
    return other + good()


def hidden_member() -> bytes:
    """A second scoring sheet in the file's body that its directory does not list."""
    members = [*parts().items(), (SECOND, parts()[SECOND].replace(b"<v>96.8</v>", b"<v>99</v>"))]
    data = bytearray(zipped(members))
    end = data.rindex(b"PK\x05\x06")
    last = data.rindex(b"PK\x01\x02")
    size = end - last
    del data[last:end]
    end -= size
    count, length = (
        struct.unpack_from("<H", data, end + 10)[0],
        struct.unpack_from("<I", data, end + 12)[0],
    )
    struct.pack_into("<HHI", data, end + 8, count - 1, count - 1, length - size)
    return bytes(data)


def nested(depth: int) -> str:
    """Elements nested so deep."""
    return "<a>" * depth + "</a>" * depth


def crowded(rows: int = 20_001) -> bytes:
    """So many rows of 25 filled cells below the form: by default too many."""
    columns = ["".join(pair) for pair in zip("A" * 26, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", strict=True)]
    row = "".join(f'<c r="{c}{{0}}"><v>1</v></c>' for c in columns[:25])
    xml = "".join(f'<row r="{n}">{row.format(n)}</row>' for n in range(100, 100 + rows))
    return with_rows(FIRST, xml)()


def many_merges(count: int) -> Callable[[], bytes]:
    """Merges of two cells each, below and beside the table."""
    return with_merges(
        SECOND, *(f"{c}{row}:{d}{row}" for row in range(100, 100 + count // 4)
                  for c, d in ("AB", "CD", "EF", "GH"))
    )  # fmt: skip


def many_members() -> bytes:
    """Twenty thousand members."""
    return zipped([*parts().items(), *((f"xl/x/{n}.xml", b"") for n in range(20_000))], 0)


def incompressible(size: int) -> bytes:
    """Bytes that deflate cannot shorten, always the same."""
    return random.Random(7).randbytes(size)


def word_file(folder: str, part: str) -> Callable[[], bytes]:
    """A file of another office program."""
    return lambda: zipped({TYPES: b"<Types/>", f"{folder}/{part}": b"<x/>"})


def opendocument(kind: str) -> Callable[[], bytes]:
    """An OpenDocument file that holds nothing."""
    mime = f"application/vnd.oasis.opendocument.{kind}".encode()
    return lambda: zipped({"mimetype": mime, "content.xml": b"<x/>"}, zipfile.ZIP_STORED)


def ole(stream: str) -> Callable[[], bytes]:
    """A compound file with the name of a stream and nothing else."""
    return lambda: _OLE + stream.encode("utf-16-le") + bytes(512)


@cache
def encrypted() -> bytes:
    """The form with a password that nobody knows."""
    from msoffcrypto.format.ooxml import OOXMLFile

    sealed = io.BytesIO()
    OOXMLFile(io.BytesIO(good())).encrypt("谁也不知道", sealed)
    return sealed.getvalue()


def plain(data: bytes) -> Callable[[], bytes]:
    """A file of these bytes."""
    return lambda: data


_CHINESE = "各单位：请于三月底前报送绩效自评材料\n联系人：张某某\n"
_RLO, _PDF = "\u202e", "\u202c"

BROKEN: dict[str, Broken] = {
    # ---- cut off, damaged ----
    "empty": Broken(plain(b""), "workbook.empty"),
    "only zeros": Broken(plain(bytes(5000)), "workbook.empty"),
    "cut after the first bytes": Broken(lambda: good()[:10], "workbook.truncated"),
    "cut at a quarter": Broken(cut(0.25), "workbook.truncated"),
    "cut at a half": Broken(cut(0.5), "workbook.truncated"),
    "cut in the directory": Broken(lambda: good()[:-200], "workbook.truncated"),
    "cut before the last byte": Broken(lambda: good()[:-1], "workbook.truncated"),
    "its tail lost, zeros instead": Broken(
        lambda: good()[:9000] + bytes(len(good()) - 9000), "workbook.truncated"
    ),
    "its head lost": Broken(lambda: good()[4000:], "workbook.is_unknown"),
    "a stored sheet damaged": Broken(flipped(zipfile.ZIP_STORED), "workbook.bad_crc", says=(SECOND,)),
    "a packed sheet damaged": Broken(flipped(zipfile.ZIP_DEFLATED), "workbook.bad_crc", says=(SECOND,)),
    "a wrong checksum": Broken(header(SECOND, "crc", 1), "workbook.bad_crc", says=(SECOND,)),
    "a size too small": Broken(header(SECOND, "size", 900), "workbook.bad_crc", says=(SECOND,)),
    "a size too large": Broken(header(SECOND, "size", 90_000), "workbook.bad_crc", says=(SECOND,)),
    "an unknown compression": Broken(
        header(SECOND, "method", 9), "workbook.bad_compression", says=(SECOND,)
    ),
    "packed by bzip2": Broken(lambda: zipped(parts(), zipfile.ZIP_BZIP2), "workbook.bad_compression"),
    "packed by lzma": Broken(lambda: zipped(parts(), zipfile.ZIP_LZMA), "workbook.bad_compression"),
    "a member with a password": Broken(header(SECOND, "flags", 1), "workbook.encrypted"),
    "bytes behind the end": Broken(lambda: good() + b"\r\n" * 40),
    # ---- parts ----
    "no content types": Broken(without(TYPES), "workbook.part_missing", says=(TYPES,)),
    "no package relations": Broken(without(RELS), "workbook.part_missing", says=(RELS,)),
    "no workbook part": Broken(without(WORKBOOK), "workbook.part_missing", says=(WORKBOOK,)),
    "no workbook relations": Broken(without(WORKBOOK_RELS), "workbook.bad_relation", says=("rId1",)),
    "no scoring sheet part": Broken(without(SECOND), "workbook.part_missing", says=(SECOND,)),
    "no shared strings part": Broken(without(STRINGS), "workbook.part_missing", says=(STRINGS,)),
    "styles lost": Broken(without(STYLES), "workbook.part_missing", says=(STYLES,)),
    "never had styles": Broken(without_styles),
    "no theme": Broken(without("xl/theme/theme1.xml")),
    "no properties": Broken(without("docProps/core.xml")),
    "an empty sheet part": Broken(with_part(SECOND, b""), "workbook.bad_xml", says=(SECOND,)),
    "a sheet part of html": Broken(
        with_part(SECOND, b"<html><body>x</body></html>"), "workbook.bad_xml", says=(SECOND,)
    ),
    "no sheets listed": Broken(
        lambda: zipped(parts() | {WORKBOOK: f'<workbook xmlns="{_MAIN}"/>'.encode()}),
        "workbook.no_sheet",
    ),
    "only the profile sheet": Broken(
        lambda: _one_sheet(), "form.scoring_sheet_missing"
    ),
    # ---- strings ----
    "a shared string beyond the last": Broken(
        cell(SECOND, "F3", '<c {r} {s} t="s"><v>9999</v></c>'), "workbook.shared_string_range",
        says=(SCORING, "F3"),
    ),
    "a negative shared string": Broken(
        cell(SECOND, "F3", '<c {r} {s} t="s"><v>-1</v></c>'), "workbook.shared_string_range",
        says=(SCORING, "F3"),
    ),
    "a shared string of no number": Broken(
        cell(FIRST, "B11", '<c {r} {s} t="s"><v>1.5</v></c>'), "workbook.shared_string_range",
        says=(PROFILE, "B11"),
    ),
    # ---- two of one ----
    "a member twice": Broken(
        lambda: zipped([*parts().items(), (SECOND, parts()[SECOND])]), "workbook.duplicate_member",
        says=(SECOND,),
    ),
    "a member twice but for the case": Broken(
        with_member("xl/Worksheets/Sheet2.xml"), "workbook.duplicate_member",
        says=("xl/Worksheets/Sheet2.xml",),
    ),
    "a member twice but for the slash": Broken(
        with_member("xl\\worksheets\\sheet2.xml"), "workbook.duplicate_member", says=(SECOND,)
    ),
    "a name that its header denies": Broken(
        local_name(SECOND, "xl/worksheets/sheet9.xml"), "workbook.duplicate_member", says=(SECOND,)
    ),
    "a sheet that the directory hides": Broken(hidden_member, "workbook.duplicate_member"),
    "one form before another": Broken(two_programs, "workbook.duplicate_member"),
    "two sheets of one name": Broken(
        changed(WORKBOOK, f'name="{SCORING}"', f'name="{PROFILE}"'), "workbook.duplicate_sheet",
        says=(PROFILE,),
    ),
    "two tabs on one part": Broken(
        relation("/xl/worksheets/sheet1.xml"), "workbook.duplicate_sheet", says=(SCORING,)
    ),
    "two relations of one id": Broken(
        changed(WORKBOOK_RELS, "<Relationship Type",
                f'<Relationship Type="{_WORKSHEET}" Target="/xl/worksheets/sheet1.xml" Id="rId2"/>'
                "<Relationship Type"),
        "workbook.duplicate_member", says=("rId2",),
    ),
    "a row twice": Broken(
        with_rows(SECOND, '<row r="3"><c r="F3"><v>1</v></c></row>'), "workbook.duplicate_row",
        says=(SCORING, "A3"),
    ),
    "a cell twice": Broken(
        cell(SECOND, "F3", "<c {r} {s}><v>5</v></c><c {r} {s}><v>1</v></c>"),
        "workbook.duplicate_cell", says=(SCORING, "F3"),
    ),
    "two values in a cell": Broken(
        cell(FIRST, "B11", "<c {r} {s}><v>826.75</v><v>1</v></c>"), "workbook.duplicate_cell",
        says=(PROFILE, "B11"),
    ),
    "two tables of cells in a sheet": Broken(
        changed(SECOND, "</sheetData>",
                '</sheetData><sheetData><row r="60"><c r="F60"><v>1</v></c></row></sheetData>'),
        "workbook.bad_xml", says=(SECOND,),
    ),
    "two lists of merges in a sheet": Broken(
        changed(SECOND, "</mergeCells>",
                '</mergeCells><mergeCells count="1"><mergeCell ref="F3:F5"/></mergeCells>'),
        "workbook.bad_xml", says=(SECOND,),
    ),
    "a cell in a row that is not its own": Broken(
        changed(SECOND, '<c r="F3"', '<c r="F4"'), "workbook.misplaced_cell", says=(SCORING, "F4")
    ),
    "rows out of order": Broken(rows_reversed),
    # ---- paths and relations ----
    "a relation that climbs out": Broken(
        relation("../../../../etc/passwd"), "workbook.bad_relation", says=("../../../../etc/passwd",)
    ),
    "a relation to a file": Broken(
        relation("file:///etc/passwd"), "workbook.part_missing"
    ),
    "a sheet outside the package": Broken(
        relation("http://example.invalid/sheet.xml", ' TargetMode="External"'),
        "workbook.bad_relation", says=("http://example.invalid/sheet.xml",),
    ),
    "a sheet without its relation": Broken(
        changed(WORKBOOK, 'r:id="rId2"', 'r:id="rId77"'), "workbook.bad_relation", says=("rId77",)
    ),
    "a member that climbs out": Broken(
        with_member("../../../tmp/evil.xml"), "workbook.unsafe_name", says=("../../../tmp/evil.xml",)
    ),
    "a member with backslashes that climbs out": Broken(
        with_member("xl\\..\\..\\evil.xml"), "workbook.unsafe_name"
    ),
    "a member at the root": Broken(with_member("/etc/evil"), "workbook.unsafe_name", says=("/etc/evil",)),
    "a member on a drive": Broken(with_member("C:\\evil.dll"), "workbook.unsafe_name"),
    "a member with a zero in its name": Broken(with_member("xl/a\0b.xml"), "workbook.unsafe_name"),
    "members with backslashes": Broken(backslashes),
    # ---- XML ----
    "a DOCTYPE in a sheet": Broken(
        opening(SECOND, "<!DOCTYPE worksheet>"), "workbook.doctype", says=(SECOND,)
    ),
    "a billion laughs": Broken(opening(STRINGS, _BILLION_LAUGHS), "workbook.doctype", says=(STRINGS,)),
    "an entity that reads a file": Broken(
        opening(WORKBOOK, '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'),
        "workbook.doctype", says=(WORKBOOK,),
    ),
    "a DOCTYPE in the content types": Broken(
        opening(TYPES, "<!DOCTYPE x>"), "workbook.doctype", says=(TYPES,)
    ),
    "a DOCTYPE in the relations": Broken(
        opening(WORKBOOK_RELS, "<!DOCTYPE x>"), "workbook.doctype", says=(WORKBOOK_RELS,)
    ),
    "an unknown entity": Broken(text(SECOND, "G3", "&nbsp;"), "workbook.bad_xml", says=(SECOND,)),
    "a tag left open": Broken(changed(SECOND, "</row>", ""), "workbook.bad_xml", says=(SECOND,)),
    "an attribute twice": Broken(
        changed(SECOND, '<c r="F3"', '<c r="F3" r="F9"'), "workbook.bad_xml", says=(SECOND,)
    ),
    "a control character": Broken(text(SECOND, "G3", "\x01"), "workbook.bad_xml", says=(SECOND,)),
    "elements nested 1,000 deep": Broken(
        changed(SECOND, "<printOptions", f"<extLst>{nested(1000)}</extLst><printOptions")
    ),
    "elements nested 100,000 deep": Broken(
        changed(SECOND, "<printOptions", f"<extLst>{nested(100_000)}</extLst><printOptions")
    ),
    "merges nested 1,000 deep": Broken(
        changed(SECOND, "</mergeCells>", f"{nested(1000)}</mergeCells>"), "workbook.bad_xml",
        says=(SECOND,),
    ),
    "a workbook nested 1,000 deep": Broken(
        changed(WORKBOOK, "</workbook>", f"{nested(1000)}</workbook>"), "workbook.bad_xml",
        says=(WORKBOOK,),
    ),
    # ---- sizes ----
    "a part said to be 150 MB": Broken(
        header(SECOND, "size", 150_000_000), "workbook.part_too_large", says=(SECOND,)
    ),
    "a part of 101 MB": Broken(
        with_part(SECOND, b"<worksheet>" + b" " * 101_000_000), "workbook.part_too_large",
        says=(SECOND,),
    ),
    "a picture packed 1,000 to 1": Broken(
        with_parts(xl__media__image1__png=bytes(20_000_000)), "workbook.ratio"
    ),
    "a sheet packed 1,000 to 1 that says less": Broken(
        lambda: lying(b"<worksheet>" + b" " * 30_000_000), "workbook.ratio", says=(SECOND,)
    ),
    "five parts of 50 MB": Broken(
        lambda: _said_to_be(5, 50_000_000), "workbook.inflates_too_far"
    ),
    "20,000 members": Broken(many_members, "workbook.too_many_members"),
    "one cell more than 500,000": Broken(lambda: crowded(), "workbook.too_many_cells", says=(PROFILE,)),
    "60,004 merges": Broken(many_merges(60_004), "workbook.too_many_merges", says=(SCORING,)),
    "10,000 merges": Broken(many_merges(10_000)),
    "a file of 51 MB": Broken(
        lambda: stored(51_000_000), "workbook.too_large"
    ),
    # ---- ranges ----
    "a space in row 1,048,576": Broken(
        with_rows(SECOND, '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t> </t></is></c></row>')
    ),
    "a number in XFD1048576": Broken(
        with_rows(SECOND, '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    ),
    "a style in column XFD": Broken(
        changed(FIRST, '<c r="H11" ', '<c r="XFD11" s="1"/><c r="H11" ')
    ),
    "a row too far": Broken(
        with_rows(SECOND, '<row r="1048577"/>'), "workbook.bad_cell", says=(SCORING, "1048577")
    ),
    "a column too far": Broken(
        with_rows(SECOND, '<row r="90"><c r="XFE90"><v>1</v></c></row>'), "workbook.bad_cell",
        says=(SCORING, "XFE90"),
    ),
    "overlapping merges": Broken(
        with_merges(SECOND, "E3:F4", "F4:G5"), "workbook.overlapping_merges", says=(SCORING,)
    ),
    "a merge over the whole sheet": Broken(
        with_merges(SECOND, "A1:XFD1048576"), "workbook.overlapping_merges", says=(SCORING,)
    ),
    "nothing but a merge over the whole sheet": Broken(
        lambda: _one_merge("A1:XFD1048576"), "form.scoring_sheet_missing"
    ),
    "a merge of no range": Broken(
        with_merges(SECOND, "E3:F"), "workbook.bad_range", says=(SCORING, "E3:F")
    ),
    "a wrong dimension": Broken(changed(SECOND, 'ref="A1:G29"', 'ref="A1"')),
    "a dimension of no range": Broken(changed(SECOND, 'ref="A1:G29"', 'ref="nowhere"')),
    # ---- figures ----
    "a figure NaN": Broken(value(FIRST, "B11", "NaN"), finding="figures.unreadable"),
    "a figure INF": Broken(value(FIRST, "B11", "INF"), finding="figures.unreadable"),
    "a figure 1E+308": Broken(value(FIRST, "B11", "1E+308"), finding="figures.unreadable"),
    "a figure 1E+999": Broken(value(FIRST, "C11", "1E+999"), finding="figures.unreadable"),
    "a figure of 300,000 digits": Broken(
        value(FIRST, "C11", "9" * 300_000), finding="figures.unreadable"
    ),
    "a figure in hexadecimal": Broken(value(FIRST, "B11", "0x33"), finding="figures.unreadable"),
    "a score NaN": Broken(value(SECOND, "F3", "NaN"), finding="score.not_a_number"),
    "a score -INF": Broken(value(SECOND, "F3", "-INF"), finding="score.not_a_number"),
    "a score 1E+308": Broken(value(SECOND, "F3", "1E+308"), finding="score.not_a_number"),
    "a total -1E+308": Broken(value(SECOND, "F29", "-1E+308"), finding="figures.unreadable"),
    "a figure that is an error": Broken(
        cell(FIRST, "B11", '<c {r} {s} t="e"><v>#REF!</v></c>'), finding="figures.unreadable"
    ),
    "a score that is an error": Broken(
        cell(SECOND, "F3", '<c {r} {s} t="e"><f>1/0</f><v>#DIV/0!</v></c>'), finding="score.not_a_number"
    ),
    "a figure that is true": Broken(
        cell(FIRST, "B11", '<c {r} {s} t="b"><v>1</v></c>'), finding="figures.unreadable"
    ),
    "a figure of an unknown kind": Broken(
        cell(FIRST, "B11", '<c {r} {s} t="zz"><v>826.75</v></c>')
    ),
    "a score hidden under a merge": Broken(
        lambda: _hidden_score(), finding="form.hidden_under_merge"
    ),
    "a stale total": Broken(
        formula(SECOND, "F29", "SUM(F3:F28)", "99"), finding="figures.stale_formula"
    ),
    "a total by a formula without its value": Broken(formula(SECOND, "F29", "SUM(F3:F28)", None)),
    "a total by no plain formula without its value": Broken(
        formula(SECOND, "F29", "SUMPRODUCT(F3:F28*1)", None), finding="figures.unreadable"
    ),
    "a total by a formula that means itself": Broken(
        formula(SECOND, "F29", "SUM(F3:F29)", None), finding="figures.unreadable"
    ),
    "a total from another workbook": Broken(
        formula(SECOND, "F29", "[1]表!F29", None), finding="figures.unreadable"
    ),
    "a score that shows in another order": Broken(
        text(SECOND, "F3", f"{_RLO}50{_PDF}"), finding="score.not_a_number"
    ),
    "a figure with direction marks": Broken(
        text(FIRST, "B11", f"{_RLO}57.628{_PDF}"), finding="figures.unreadable"
    ),
    # ---- texts that look like more ----
    "a reason that begins with =": Broken(text(SECOND, "G3", "=cmd|'/c calc'!A1")),
    "a reason that begins with @": Broken(text(SECOND, "G3", "@SUM(1+1)")),
    "a reason that begins with +": Broken(text(SECOND, "G3", "+86-730-0000000")),
    "a reason of control characters": Broken(text(SECOND, "G3", "_x0000__x0008__x001B_[31m")),
    "a reason of 40,000 characters": Broken(text(SECOND, "G3", "长" * 40_000)),
    "a reason of marks and pictures": Broken(text(SECOND, "G3", "&lt;b&gt;\U0001f4c8\u200f\ufffd")),
    "a link to a program": Broken(formula(SECOND, "G3", 'HYPERLINK("file:///c:/x.exe","查看")', "查看")),
    # ---- other files ----
    "encrypted": Broken(lambda: encrypted(), "workbook.encrypted"),
    "encrypted and cut off": Broken(lambda: encrypted()[:9000], "workbook.encrypted"),
    "nothing but the name of an encrypted one": Broken(
        ole("EncryptedPackage"), "workbook.truncated"
    ),
    "nothing but the name of an old workbook": Broken(
        ole("Workbook"), "workbook.truncated", suffix=".xls"
    ),
    "an empty binary workbook": Broken(
        lambda: zipped({TYPES: b"<Types/>", "xl/workbook.bin": b"\0"}), "workbook.part_missing",
        says=(RELS,), suffix=".xlsb",
    ),
    "an empty opendocument sheet": Broken(
        opendocument("spreadsheet"), "workbook.no_sheet", suffix=".ods"
    ),
    "opendocument text": Broken(opendocument("text"), "workbook.is_odt", suffix=".odt"),
    "word": Broken(word_file("word", "document.xml"), "workbook.is_docx", suffix=".docx"),
    "word named as a workbook": Broken(word_file("word", "document.xml"), "workbook.is_docx"),
    "old word": Broken(ole("WordDocument"), "workbook.is_doc", suffix=".doc"),
    "slides": Broken(word_file("ppt", "presentation.xml"), "workbook.is_pptx", suffix=".pptx"),
    "a compound file": Broken(ole("Contents"), "workbook.is_ole", suffix=".et"),
    "pdf": Broken(plain(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"), "workbook.is_pdf", suffix=".pdf"),
    "csv": Broken(plain("单位,得分\n区示例局,98\n".encode()), "workbook.is_csv", suffix=".csv"),
    "csv in gb18030 named as a workbook": Broken(
        plain("单位,得分\n区示例局,98\n".encode("gb18030")), "workbook.is_csv"
    ),
    "html": Broken(plain(b"<html><table><tr><td>1</td></tr></table></html>"), "workbook.is_html"),
    "xml": Broken(plain(b'<?xml version="1.0"?><a/>'), "workbook.is_xml"),
    "xml workbook of 2003": Broken(
        plain(b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'),
        "workbook.legacy",
    ),
    "rtf": Broken(plain(b"{\\rtf1\\ansi x}"), "workbook.is_rtf"),
    "text": Broken(plain(_CHINESE.encode()), "workbook.is_text", suffix=".txt"),
    "text in gb18030": Broken(plain(_CHINESE.encode("gb18030")), "workbook.is_text"),
    "text in utf-16": Broken(plain(_CHINESE.encode("utf-16")), "workbook.is_text"),
    "zip of workbooks": Broken(
        lambda: zipped({"甲局.xlsx": good(), "乙局.xlsx": good()}, zipfile.ZIP_STORED), "workbook.is_zip",
        suffix=".zip",
    ),
    "zip of pictures": Broken(lambda: zipped({"1.png": b"\x89PNG"}), "workbook.is_zip"),
    "rar": Broken(plain(b"Rar!\x1a\x07\x01\0" + bytes(100)), "workbook.is_rar", suffix=".rar"),
    "7z": Broken(plain(b"7z\xbc\xaf\x27\x1c" + bytes(100)), "workbook.is_7z", suffix=".7z"),
    "png": Broken(plain(b"\x89PNG\r\n\x1a\n" + bytes(100)), "workbook.is_png", suffix=".png"),
    "jpeg": Broken(plain(b"\xff\xd8\xff\xe0" + bytes(100)), "workbook.is_jpeg", suffix=".jpg"),
    "gif": Broken(plain(b"GIF89a" + bytes(100)), "workbook.is_gif", suffix=".gif"),
    "random bytes": Broken(lambda: incompressible(40_000), "workbook.is_unknown"),
    "random bytes behind PK": Broken(
        lambda: b"PK\x03\x04" + incompressible(40_000), "workbook.truncated"
    ),
    "a workbook that is no form": Broken(lambda: _no_form(), "form.unknown"),
}  # fmt: skip


# These take a second or more to make or to read.
HEAVY = (
    "a part of 101 MB", "one cell more than 500,000", "a file of 51 MB", "five parts of 50 MB",
    "60,004 merges",
)  # fmt: skip


def write_all(folder: Path, leave_out: Collection[str] = ()) -> dict[str, Broken]:
    """Every file with an old time into a folder; gives them by file name."""
    written = {}
    for number, (name, broken) in enumerate(BROKEN.items(), 1):
        if name in leave_out:
            continue
        path = folder / f"坏{number:03d} {name.replace(' ', '-')}{broken.suffix}"
        path.write_bytes(broken.build())
        os.utime(path, (1_650_000_000, 1_650_000_000))
        written[path.name] = broken
    return written


def complaint(broken: Broken, record: dict[str, Any], figures: dict[str, Any]) -> str:
    """What is wrong with a file's record in results.jsonl, empty when it is as it must be.

    figures: the number facts of the good form by id. A figure that differs from them must not be
    taken for a number.
    """
    if record["status"] == "returned":
        reason = record["reason"]
        if reason["code"] != broken.returned:
            return f"returned as {reason['code']}, not as {broken.returned or broken.finding or 'good'}"
        silent = [
            piece for piece in (record["file"], *broken.says) if piece not in reason["message"]
        ]
        return f"the message does not name {silent}: {reason['message']}" if silent else ""
    codes = {finding["code"] for finding in record["findings"]}
    if broken.returned or (broken.finding and broken.finding not in codes):
        return f"evaluated with {sorted(codes)}, not {broken.returned or broken.finding}"
    facts = record["facts"]
    wrong = {
        name: facts[name]["value"]
        for name, number in figures.items()
        if facts[name]["value"] != number
        and (not broken.finding or facts[name]["state"] == "number")
    }
    return f"other figures: {wrong}" if wrong else ""


def figures_of(record: dict[str, Any]) -> dict[str, Any]:
    """The number facts of a record by id."""
    facts = record["facts"].items()
    return {name: fact["value"] for name, fact in facts if fact["state"] == "number"}


def _one_sheet() -> bytes:
    members = parts()
    xml = members[WORKBOOK].decode()
    start = xml.index("<sheet ", xml.index("<sheet ") + 1)
    end = xml.index("/>", start) + 2
    members[WORKBOOK] = (xml[:start] + xml[end:]).encode()
    return zipped(members)


def _one_merge(area: str) -> bytes:
    """The scoring sheet with this merge in place of all its own."""
    members = parts()
    xml = members[SECOND].decode()
    start, end = xml.index("<mergeCells"), xml.index("</mergeCells>")
    only = f'<mergeCells count="1"><mergeCell ref="{area}"/>'
    members[SECOND] = (xml[:start] + only + xml[end:]).encode()
    return zipped(members)


def _hidden_score() -> bytes:
    """Row 4 claims 4 points beneath a merge that shows row 3's 5."""
    members = parts()
    xml = members[SECOND].decode()
    xml = xml.replace('<c r="F4" s="4" t="n"><v>5</v>', '<c r="F4" s="4" t="n"><v>4</v>')
    xml = xml.replace("</mergeCells>", '<mergeCell ref="F3:F4"/></mergeCells>')
    members[SECOND] = xml.encode()
    return zipped(members)


def stored(size: int) -> bytes:
    """A file with a picture of so many bytes."""
    return zipped(parts() | {"xl/media/a.bin": incompressible(size)}, zipfile.ZIP_STORED)


def media(size: int) -> bytes:
    """A file with an XML part of so many bytes, packed fifty to one."""
    block = incompressible(size // 50 + 1).hex().encode()[: size // 50 * 2 : 2]
    content = block + b" " * (size - len(block))
    return zipped(parts() | {"xl/extra.xml": content})


def lying(content: bytes) -> bytes:
    """A scoring sheet whose directory entry says that it is small."""
    data = bytearray(zipped(parts() | {SECOND: content}))
    start = data.rindex(SECOND.encode()) - 46
    struct.pack_into("<I", data, start + 24, 9_000)
    return bytes(data)


def _said_to_be(count: int, size: int) -> bytes:
    """Members that say to be so large, and take a fiftieth of it on disk."""
    members = parts() | {f"xl/media/{n}.bin": incompressible(size // 60) for n in range(count)}
    data = bytearray(zipped(members, zipfile.ZIP_STORED))
    for number in range(count):
        start = data.rindex(f"xl/media/{number}.bin".encode()) - 46
        struct.pack_into("<I", data, start + 24, size)
    return bytes(data)


def _no_form() -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.worksheets[0]["A1"] = "食堂菜谱"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
