"""The way back: from the copy to the submitted file, and what else differs."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import openpyxl
import pytest

from perfeval_xl.ooxml import Difference, Editor, Package, Workbook, compare, restore, was_annotated
from tests.ooxml import samples
from tests.ooxml.samples import by_hand, parts_of, sheet_xml, unzipped, zipped

SHEET = "xl/worksheets/sheet1.xml"
ORIGINALS = {
    "openpyxl": samples.by_openpyxl,
    "xlsxwriter": samples.by_xlsxwriter,
    "by hand": lambda: by_hand('<row r="2"><c r="A2"><v>1</v></c></row>'),
    "no styles": lambda: by_hand("", styles=None),
    "stored": lambda: zipped(parts_of(sheet_xml("")), method=0),
}


@pytest.mark.parametrize("name", ORIGINALS)
def test_the_submitted_file_comes_back_byte_for_byte(name: str) -> None:
    data = ORIGINALS[name]()
    copy = samples.annotated(data)
    assert copy != data
    assert restore(copy) == data
    assert compare(copy, data) == ()
    assert was_annotated(Package.open(copy))
    assert not was_annotated(Package.open(data))


def test_annotating_a_restored_copy_gives_the_same_copy() -> None:
    data = samples.by_xlsxwriter()
    copy = samples.annotated(data)
    again = restore(copy)
    assert again is not None
    assert samples.annotated(again) == copy


def test_a_file_without_receipt_or_none_at_all_is_not_restored() -> None:
    assert restore(samples.by_openpyxl()) is None
    assert restore(b"nothing") is None


@pytest.mark.libreoffice
def test_a_copy_that_was_saved_again_elsewhere_is_known_by_its_mark() -> None:
    copy = samples.by_libreoffice(samples.annotated(samples.by_openpyxl()))
    assert restore(copy) is None
    marks = [name for name in Workbook.open(copy).defined_names if name.name == "_perfeval"]
    assert len(marks) == 1  # LibreOffice shows hidden names again


def rezipped(copy: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    parts = unzipped(copy)
    change(parts)
    return zipped(dict(parts))


def replacing(part: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        assert old in parts[part]
        parts[part] = parts[part].replace(old, new, 1)

    return change


TAMPERED = {
    "a figure of the unit": (
        replacing(SHEET, b"<v>3</v>", b"<v>4</v>"),
        {Difference("part_changed", SHEET, "B2")},
    ),
    "a figure of ours": (
        replacing(SHEET, b"<v>4.50</v>", b"<v>4.90</v>"),
        {Difference("ours_changed", SHEET)},
    ),
    "the review sheet": (
        replacing("xl/worksheets/sheet3.xml", b"<v>7</v>", b"<v>8</v>"),
        {Difference("ours_changed", "xl/worksheets/sheet3.xml")},
    ),
    "a part of the unit taken out": (
        lambda parts: parts.pop("docProps/app.xml"),
        {Difference("part_missing", "docProps/app.xml")},
    ),
    "a part put in": (
        lambda parts: parts.update({"xl/extra.xml": b"<a/>"}),
        {Difference("part_added", "xl/extra.xml")},
    ),
    "an untouched part": (
        replacing("xl/worksheets/sheet2.xml", b"<v>5</v>", b"<v>6</v>"),
        {Difference("part_changed", "xl/worksheets/sheet2.xml", "B2")},
    ),
    "the receipt": (
        replacing("perfeval/receipt.json", b"schema", b"shcema"),
        {Difference("ours_changed", "perfeval/receipt.json")},
    ),
    "the receipt taken out": (
        lambda parts: parts.pop("perfeval/receipt.json"),
        {Difference("no_receipt", "perfeval/receipt.json")},
    ),
    "the stored originals": (
        lambda parts: parts.update(
            {"perfeval/original.dat": b"x" + parts["perfeval/original.dat"][1:]}
        ),
        {Difference("order", "perfeval/original.dat")},
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_named(what: str) -> None:
    data = samples.by_openpyxl()
    change, expected = TAMPERED[what]
    copy = rezipped(samples.annotated(data), change)  # type: ignore[arg-type]
    assert set(compare(copy, data)) == expected
    if what not in ("a part of the unit taken out", "the review sheet"):
        assert restore(copy) is None or what == "a part put in"


def test_another_original_is_named() -> None:
    data = samples.by_openpyxl()
    other = by_hand('<row r="2"><c r="A2"><v>1</v></c></row>')
    found = compare(samples.annotated(data), other)
    assert found[0] == Difference("other_original", "perfeval/receipt.json")


def test_a_copy_that_was_altered_can_be_annotated_again() -> None:
    data = samples.by_openpyxl()
    altered = rezipped(samples.annotated(data), replacing(SHEET, b"<v>3</v>", b"<v>4</v>"))
    assert restore(altered) is None
    twice = samples.annotated(altered, "附件2-1 基础数据表")
    assert restore(twice) == altered
    assert compare(twice, altered) == ()


@pytest.mark.parametrize(
    "receipt",
    [
        b"",
        b"[]",
        b"{}",
        b'{"schema":1}',
        b"[" * 100_000,
        json.dumps(
            {"schema": 1, "original_sha256": "0", "parts": {"x": {}}, "added": {}, "tail": -5}
        ).encode(),
    ],
)
def test_a_forged_receipt_restores_nothing(receipt: bytes) -> None:
    copy = rezipped(
        samples.annotated(samples.by_openpyxl()),
        lambda parts: parts.update({"perfeval/receipt.json": receipt}),
    )
    assert restore(copy) is None


def test_the_receipt_names_the_submitted_file_and_each_edited_part() -> None:
    from hashlib import sha256

    data = samples.by_xlsxwriter()
    editor = Editor(Workbook.open(data))
    editor.sheet("自评表").write(20, 20, "x")
    receipt = json.loads(unzipped(editor.to_bytes())["perfeval/receipt.json"])
    assert receipt["original_sha256"] == sha256(data).hexdigest()
    assert set(receipt["parts"]) == {SHEET, "[Content_Types].xml", "_rels/.rels"}
    before = zipfile.ZipFile(io.BytesIO(data)).read(SHEET)
    assert receipt["parts"][SHEET]["original_sha256"] == sha256(before).hexdigest()


def test_openpyxl_opens_the_copy_of_every_original() -> None:
    for build in ORIGINALS.values():
        book = samples.seen_by_openpyxl(samples.annotated(build()))
        assert isinstance(book, openpyxl.Workbook)
