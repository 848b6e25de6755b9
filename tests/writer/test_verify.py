"""The proof that a copy is the submitted file plus our additions, and what is named when not."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from perfeval_xl.batch import verify as batch_verify
from perfeval_xl.batch.one import Options, annotated
from perfeval_xl.cli import main
from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml import Workbook
from tests.builders.forms import FilledForm
from tests.conftest import SAMPLES
from tests.ooxml.samples import by_libreoffice
from tests.writer.copies import Annotated, annotated_form, unzipped, zipped

NAME = "样例.xlsx"
SCORING = "附件2-2 评分表"
Parts = dict[str, bytes]
Change = Callable[[Parts], object]


@pytest.fixture(scope="module")
def one() -> Annotated:
    """A form with a wrong total, its copy, its evaluation."""
    form = FilledForm.example()
    form.state_totals(total=99)
    return annotated_form(form)


def verified(copy: bytes, data: bytes) -> batch_verify.Verification:
    return batch_verify.verify(copy, data, Options())


def sheet_part(parts: Parts, name: str) -> str:
    return Workbook.open(zipped(dict(parts))).info(name).part


def on_sheet(old: bytes, new: bytes, sheet: str = SCORING) -> Change:
    """The first match of a pattern on a sheet, replaced."""

    def change(parts: Parts) -> None:
        part = sheet_part(parts, sheet)
        content, count = re.subn(old, new, parts[part], count=1)
        assert count
        parts[part] = content

    return change


def in_part(part: str, old: bytes, new: bytes) -> Change:
    def change(parts: Parts) -> None:
        assert old in parts[part]
        parts[part] = parts[part].replace(old, new, 1)

    return change


def without_note(parts: Parts) -> None:
    name = min(name for name in parts if "comments" in name)
    parts[name] = re.sub(rb"<comment .*?</comment>", b"", parts[name], count=1, flags=re.DOTALL)


def without_last_sheet(parts: Parts) -> None:
    part = sheet_part(parts, SCORING)
    relations = parts["xl/_rels/workbook.xml.rels"]
    entry = next(
        e for e in re.findall(rb"<Relationship [^>]*>", relations) if part[3:].encode() in e
    )
    found = re.search(rb'Id="(\w+)"', entry)
    assert found
    parts["xl/workbook.xml"] = re.sub(
        rb'<sheet [^>]*r:id="%s"[^>]*>' % found[1], b"", parts["xl/workbook.xml"]
    )


def with_sheet_twice(parts: Parts) -> None:
    parts["xl/worksheets/extra.xml"] = parts[sheet_part(parts, "附件2-1 自评表")]
    relation = b'<Relationship Id="rId999" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/extra.xml"/>'  # fmt: skip
    in_part("xl/_rels/workbook.xml.rels", b"</Relationships>", relation + b"</Relationships>")(
        parts
    )
    in_part("xl/workbook.xml", b"</sheets>", b'<sheet xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" name="extra" sheetId="99" r:id="rId999"/></sheets>')(parts)  # fmt: skip
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
    in_part("[Content_Types].xml", b"</Types>", b'<Override PartName="/xl/worksheets/extra.xml" ContentType="' + kind + b'"/></Types>')(parts)  # fmt: skip


def swapped(parts: Parts) -> None:
    first, second = sheet_part(parts, SCORING), sheet_part(parts, "附件2-1 自评表")
    parts[first], parts[second] = parts[second], parts[first]


def forged(parts: Parts) -> None:
    """A score raised by hand, and the receipt made to agree with it."""
    part = sheet_part(parts, SCORING)
    before = parts[part]
    on_sheet(rb'(<c r="J3"[^>]*><f>[^<]*</f><v>)5(</v>)', rb"\g<1>4\2")(parts)
    from hashlib import sha256

    old, new = (sha256(x).hexdigest().encode() for x in (before, parts[part]))
    in_part("perfeval/receipt.json", old, new)(parts)


TAMPERED: dict[str, tuple[Change, str, str]] = {
    "a figure of the unit": (
        on_sheet(rb'(<c r="B3"[^>]*>)<v>[^<]*</v>', rb"\1<v>44</v>", "附件2-1 自评表"), "cell", "附件2-1 自评表!B3",
    ),
    "a self-score": (
        on_sheet(rb'(<c r="F3"[^>]*>)<v>5</v>', rb"\1<v>4</v>"), "cell", f"{SCORING}!F3"
    ),
    "a score of ours": (
        on_sheet(rb'(<c r="J3"[^>]*><f>[^<]*</f>)<v>5</v>', rb"\1<v>4</v>"), "cell", f"{SCORING}!J3"
    ),
    "a score of ours, the receipt forged to match": (forged, "cell", f"{SCORING}!J3"),
    "a formula of ours": (
        on_sheet(rb'(<c r="J3"[^>]*><f>)[^<]*', rb"\g<1>5"), "formula", f"{SCORING}!J3"
    ),
    "a cell's style": (
        on_sheet(rb'<c r="A3" s="\d+"', rb'<c r="A3" s="1"'), "style", f"{SCORING}!A3"
    ),
    "a style": (
        in_part("xl/styles.xml", b"<sz val", b"<b/><sz val"), "part", "xl/styles.xml"
    ),
    "a note taken out": (without_note, "note_missing", "附件2-1 自评表!"),
    "a sheet taken out": (without_last_sheet, "sheet_missing", SCORING),
    "a sheet put in": (with_sheet_twice, "sheet_added", "extra"),
    "a sheet renamed": (
        in_part("xl/workbook.xml", SCORING.encode(), "评分".encode()), "sheet_renamed", SCORING
    ),
    "a sheet hidden": (
        in_part("xl/workbook.xml", b'sheetId="1" state="visible"', b'sheetId="1" state="hidden"'),
        "sheet_state", "附件2-1 自评表",
    ),
    "two parts swapped": (swapped, "cell", f"{SCORING}!"),
    "a cell moved": (
        on_sheet(rb'<c r="F4"', rb'<c r="XX4"'), "cell", f"{SCORING}!F4"
    ),
    "a merge changed": (
        on_sheet(rb'<mergeCell ref="[^"]*"/>', rb'<mergeCell ref="Z90:Z91"/>'), "merge_added", f"{SCORING}!Z90:Z91"
    ),
    "a column made narrow": (
        on_sheet(rb'(<col [^>]*?)width="[^"]*"', rb'\1width="1.5"'), "width", f"{SCORING}!"
    ),
    "a row made low": (
        on_sheet(rb'(<row r="3"[^>]*?)ht="[^"]*"', rb'\1ht="3"'), "height", f"{SCORING}!3"
    ),
    "a member put in": (
        lambda parts: parts.update({"xl/extra.xml": b"<a/>"}), "part_added", "xl/extra.xml"
    ),
    "a member taken out": (
        lambda parts: parts.pop("docProps/app.xml"), "part_missing", "docProps/app.xml"
    ),
    "a document property": (
        in_part("docProps/core.xml", b"openpyxl", b"somebody"), "part", "docProps/core.xml"
    ),
    "the receipt": (
        in_part("perfeval/receipt.json", b'"tail":', b'"tail": '), "part", "perfeval/receipt.json"
    ),
    "the receipt taken out": (
        lambda parts: parts.pop("perfeval/receipt.json"), "no_receipt", "perfeval/receipt.json"
    ),
    "the stored originals": (
        lambda parts: parts.update({"perfeval/original.dat": b"x"}), "part", "perfeval/original.dat"
    ),
    "print set-up": (
        on_sheet(rb'orientation="\w+"', rb'orientation="landscape" scale="10"'), "setting", SCORING,
    ),
    "a row hidden": (
        on_sheet(rb'<row r="7"', rb'<row r="7" hidden="1"'), "row_hidden", f"{SCORING}!7"
    ),
    "a sheet protected": (
        on_sheet(b"</sheetData>", b'</sheetData><sheetProtection sheet="1"/>'), "setting", SCORING
    ),
    "the print area": (
        in_part("xl/workbook.xml", b"$A$1:$G$29", b"$A$1:$G$9"), "name", "打印区域"
    ),
    "a note of the unit's or ours reworded": (
        lambda parts: in_part(
            min(n for n in parts if "comments" in n and n.endswith(".xml")),
            "改法".encode(), "办法".encode(),
        )(parts), "note", "附件2-1 自评表!",
    ),
}  # fmt: skip


def rezipped(copy: bytes, change: Change) -> bytes:
    """The copy changed in one thing and packed as it was packed."""
    parts = dict(unzipped(copy))
    change(parts)
    return zipped(dict(parts))


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_found_and_its_place_named(what: str, one: Annotated) -> None:
    change, kind, place = TAMPERED[what]
    result = verified(rezipped(one.copy, change), one.data)
    assert result.status == "differs"
    assert any(d.kind == kind and d.place.startswith(place) for d in result.differences), (
        result.differences
    )
    assert all(d.message.endswith("。") for d in result.differences)


def test_there_are_twenty_kinds_of_tampering_and_more() -> None:
    assert len(TAMPERED) >= 20


def test_an_untouched_copy_is_proven(one: Annotated) -> None:
    result = verified(one.copy, one.data)
    assert (result.status, result.differences, result.name) == ("proven", (), NAME)


def test_a_cut_off_copy_says_that_it_cannot_be_opened(one: Annotated) -> None:
    for length in (10, len(one.copy) // 2, len(one.copy) - 5):
        found = verified(one.copy[:length], one.data).differences
        assert [d.kind for d in found] == ["unreadable"]


def test_bytes_behind_the_archive_are_found(one: Annotated) -> None:
    assert verified(one.copy + b" ", one.data).status == "differs"
    again = zipped(dict(unzipped(one.copy)))
    assert [d.kind for d in verified(again, one.data).differences] == ["archive"]


def test_another_original_is_named(one: Annotated) -> None:
    other = annotated_form(FilledForm.example())
    result = verified(one.copy, other.data)
    assert [d.kind for d in result.differences] == ["other_original"]


def test_a_copy_saved_by_openpyxl_has_lost_its_receipt(one: Annotated) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        book = openpyxl.load_workbook(io.BytesIO(one.copy))
    book[SCORING]["F3"] = 4
    stream = io.BytesIO()
    book.save(stream)
    found = verified(stream.getvalue(), one.data).differences
    assert found[0].kind == "no_receipt"
    assert any(d.place == f"{SCORING}!F3" and "“5”" in d.message for d in found)


@pytest.mark.libreoffice
def test_a_copy_saved_by_libreoffice_is_said_to_be_and_keeps_all_cells(
    one: Annotated,
) -> None:
    found = verified(by_libreoffice(one.copy), one.data).differences
    assert found[0].kind in ("saved_again", "no_receipt")
    assert found[1:] == ()


def test_a_copy_by_another_version_is_not_proven_but_its_cells_are_compared(
    one: Annotated,
) -> None:
    older = rezipped(one.copy, in_part("perfeval/receipt.json", b"perfeval_xl 0", b"perfeval_xl 9"))
    kept = verified(older, one.data)
    assert (kept.status, kept.differences) == ("unproven", ())
    changed = rezipped(older, TAMPERED["a figure of the unit"][0])
    result = verified(changed, one.data)
    assert result.status == "differs"
    assert any(d.place == "附件2-1 自评表!B3" for d in result.differences)


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.xlsx")), ids=lambda p: p.stem[:2])
def test_the_copy_of_every_sample_is_proven(path: Path) -> None:
    data = path.read_bytes()
    try:
        copy, _, _ = annotated(path.name, Options(), data)
    except WorkbookError:
        return
    assert verified(copy, data).status == "proven"


def test_the_command_says_it_in_its_exit_code(one: Annotated, tmp_path: Path) -> None:
    copy, data = tmp_path / "副本.xlsx", tmp_path / "原件.xlsx"
    copy.write_bytes(one.copy)
    data.write_bytes(one.data)
    result = CliRunner().invoke(main, ["verify", str(copy), str(data)])
    assert result.exit_code == 0
    assert "逐字节相同" in result.output
    copy.write_bytes(rezipped(one.copy, TAMPERED["a self-score"][0]))
    result = CliRunner().invoke(main, ["verify", str(copy), str(data), "--json"])
    assert result.exit_code == 3
    said = json.loads(result.output)
    assert said["status"] == "differs"
    assert f"{SCORING}!F3" in [d["place"] for d in said["differences"]]
    data.write_bytes(b"")
    assert CliRunner().invoke(main, ["verify", str(copy), str(data)]).exit_code == 4


def test_the_review_sheet_ends_with_the_receipt(one: Annotated) -> None:
    from hashlib import sha256

    sheet = Workbook.open(one.copy).sheet("复核意见")
    rows = {
        cell.raw: sheet.cells[row, 3].raw
        for (row, column), cell in sheet.cells.items()
        if column == 1 and (row, 3) in sheet.cells
    }
    assert rows["报送文件 SHA-256"] == sha256(one.data).hexdigest()
    before, after = (zipfile.ZipFile(io.BytesIO(x)) for x in (one.data, one.copy))
    added = set(after.namelist()) - set(before.namelist())
    changed = {n for n in before.namelist() if before.read(n) != after.read(n)}
    said = {head[:4]: set(text.split("、")) for head, text in rows.items() if "部件" in head}
    assert said == {"新增部件": added, "改动部件": changed}
    now, was = (Workbook.open(x).sheet(SCORING).cells for x in (one.copy, one.data))
    written = next(text for head, text in rows.items() if head.startswith("写入"))
    assert written.startswith(f"{SCORING}!")
    assert {key for key in now if key not in was} <= _cells(written.partition("!")[2])


def _cells(text: str) -> set[tuple[int, int]]:
    from perfeval_xl.ooxml.refs import parse_range

    found = set()
    for piece in text.split("、"):
        area = parse_range(piece)
        assert area
        found |= {(r, c) for r in range(area[0], area[2] + 1) for c in range(area[1], area[3] + 1)}
    return found


def test_a_verification_is_a_value(one: Annotated) -> None:
    result = verified(one.copy, one.data)
    assert replace(result) == result
