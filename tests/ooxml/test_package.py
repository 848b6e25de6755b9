"""The zip: kinds by content, limits counted while inflating, untouched members kept."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml import Limits, Package, sniff
from perfeval_xl.ooxml.package import resolve
from tests.ooxml import samples
from tests.ooxml.samples import zipped

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b"\0\0\n ", "empty"),
        (b"%PDF-1.7", "pdf"),
        (b"\x89PNG\r\n\x1a\n...", "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"GIF89a", "gif"),
        (b"Rar!\x1a\x07\x00", "rar"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"{\\rtf1", "rtf"),
        (b"<html><table>", "html"),
        (b"\xef\xbb\xbf<!DOCTYPE html>", "html"),
        ("单位,金额\n甲,1".encode("gbk"), "csv"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "xls-xml",
        ),
        (b'<?xml version="1.0"?><a/>', "xml"),
        (b"\x01\x02\x03", "unknown"),
        (OLE + "Workbook".encode("utf-16-le"), "xls"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (OLE + "WordDocument".encode("utf-16-le"), "doc"),
        (OLE, "ole"),
        (zipped({"xl/workbook.xml": "x"}), "xlsx"),
        (zipped({"xl/workbook.bin": "x"}), "xlsb"),
        (zipped({"word/document.xml": "x"}), "docx"),
        (zipped({"ppt/presentation.xml": "x"}), "pptx"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, method=0), "ods"),
        (zipped({"附件.txt": "x"}), "zip"),
    ],
)
def test_a_kind_is_told_by_content(data: bytes, kind: str) -> None:
    assert sniff(data) == kind


def test_an_unchanged_package_is_written_byte_for_byte() -> None:
    for data in (samples.by_openpyxl(), samples.by_xlsxwriter()):
        assert Package.open(data).to_bytes() == data


def test_a_zip_with_descriptors_prefix_and_comment_is_kept() -> None:
    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in samples.parts_of(samples.sheet_xml("")).items():
            archive.writestr(name, content)
        archive.comment = b"note"
    data = b"stub" + stream.getvalue()
    assert sniff(data) == "unknown"
    data = data[4:]
    package = Package.open(data)
    assert package.to_bytes() == data
    package.replace("xl/styles.xml", b"<a/>")
    package.add("new.xml", b"<b/>" * 100)
    with zipfile.ZipFile(io.BytesIO(package.to_bytes())) as copy:
        assert copy.testzip() is None
        assert copy.read("xl/styles.xml") == b"<a/>"
        assert copy.read("new.xml") == b"<b/>" * 100
        assert copy.comment == b"note"
        assert copy.getinfo("new.xml").date_time == (1980, 1, 1, 0, 0, 0)


def test_an_untouched_part_keeps_its_compressed_bytes() -> None:
    data = samples.by_xlsxwriter()
    before, after = Package.open(data), Package.open(samples.annotated(data))
    changed = set(samples.annotate(samples.Workbook.open(data)).log.parts_changed)
    assert changed < set(before.members)
    for name, member in before.members.items():
        if name not in changed:
            assert after.raw(name) == before.raw(name)
            assert after.members[name].stamp == member.stamp
    assert list(after.members)[: len(before.members)] == list(before.members)


def test_the_same_edits_give_the_same_file() -> None:
    data = samples.by_xlsxwriter()
    assert samples.annotated(data) == samples.annotated(data)


@pytest.mark.parametrize(
    ("target", "source", "part"),
    [
        ("sheet1.xml", "xl/worksheets/x.xml", "xl/worksheets/sheet1.xml"),
        ("../media/a%20b.png", "xl/drawings/d.xml", "xl/media/a b.png"),
        ("/xl/a.xml", "deep/er/x.xml", "xl/a.xml"),
        ("../../a.xml", "xl/x.xml", None),
    ],
)
def test_a_target_is_resolved_from_its_source(target: str, source: str, part: str | None) -> None:
    assert resolve(target, source) == part


def big(name: str = "xl/worksheets/sheet1.xml", size: int = 3_000_000) -> dict[str, str | bytes]:
    return {"[Content_Types].xml": "<Types/>", name: b"<a>" + b" " * size + b"</a>"}


def code_of(data: bytes, limits: Limits, name: str = "") -> str:
    try:
        package = Package.open(data, limits)
        if name:
            package.read(name)
    except WorkbookError as error:
        return error.code
    return ""


def test_each_limit_lets_pass_what_is_just_below() -> None:
    data = zipped({"[Content_Types].xml": "<Types/>", "xl/a.xml": "0123456789"})
    assert code_of(data, Limits(file_bytes=len(data))) == ""
    assert code_of(data, Limits(file_bytes=len(data) - 1)) == "workbook.too_large"
    assert code_of(data, Limits(members=2)) == ""
    assert code_of(data, Limits(members=1)) == "workbook.too_many_members"
    assert code_of(data, Limits(part_bytes=10), "xl/a.xml") == ""
    assert code_of(data, Limits(part_bytes=9), "xl/a.xml") == "workbook.part_too_large"
    assert code_of(data, Limits(inflated_bytes=18)) == ""
    assert code_of(data, Limits(inflated_bytes=17)) == "workbook.inflates_too_far"


def test_a_ratio_counts_only_above_its_floor() -> None:
    name = "xl/worksheets/sheet1.xml"
    data = zipped(big())
    assert code_of(data, Limits(), name) == "workbook.ratio"
    assert code_of(data, Limits(ratio_floor=3_000_007), name) == ""


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(ratio=100), "workbook.ratio"),
        (Limits(ratio=9999, part_bytes=2_000_000), "workbook.part_too_large"),
        (Limits(ratio=9999, inflated_bytes=2_000_000), "workbook.inflates_too_far"),
    ],
)
def test_a_header_that_lies_about_its_size_is_not_believed(limits: Limits, code: str) -> None:
    name = "xl/worksheets/sheet1.xml"
    data = bytearray(zipped(big(name)))
    true = struct.pack("<I", 3_000_007)
    while (at := data.find(true)) >= 0:
        data[at : at + 4] = struct.pack("<I", 1000)
    assert code_of(bytes(data), limits, name) == code


def test_a_part_that_inflates_to_another_size_than_declared_is_damaged() -> None:
    parts = {"[Content_Types].xml": "<Types/>", "xl/a.xml": b"x" * 100}
    data = bytearray(zipped(parts))
    at = data.find(struct.pack("<I", 100), data.find(b"PK\x01\x02"))
    data[at : at + 4] = struct.pack("<I", 99)
    assert code_of(bytes(data), Limits(), "xl/a.xml") == "workbook.bad_crc"


def test_members_that_share_bytes_are_refused() -> None:
    data = bytearray(zipped({"xl/a.xml": zlib.compress(b"a" * 50), "xl/b.xml": "b"}, method=0))
    first = data.find(b"PK\x01\x02")
    packed = struct.unpack_from("<I", data, first + 20)[0]
    struct.pack_into("<I", data, first + 20, packed + 10)
    assert code_of(bytes(data), Limits()) == "workbook.overlapping_members"
