"""Every return code of this room, each from a file that shows its cause."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml import Limits, Workbook
from tests.ooxml import samples
from tests.ooxml.samples import parts_of, sheet_xml, zipped
from tests.ooxml.test_package import OLE

Parts = dict[str, str | bytes]
SHEET = "xl/worksheets/sheet1.xml"


def good() -> Parts:
    return parts_of(
        sheet_xml('<row r="1"><c r="A1" t="s"><v>0</v></c></row>'),
        strings=samples.strings_xml("<t>甲</t>"),
    )


def without(part: str) -> bytes:
    parts = good()
    del parts[part]
    return zipped(parts)


def with_sheet(xml: str | bytes) -> bytes:
    return zipped({**good(), SHEET: xml})


def replaced(part: str, old: str, new: str) -> bytes:
    parts = good()
    assert old in str(parts[part])
    parts[part] = str(parts[part]).replace(old, new)
    return zipped(parts)


def renamed(old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    return zipped(good()).replace(old, new)


def damaged() -> bytes:
    parts = good()
    data = bytearray(zipped({**parts, "xl/pad.xml": "x"}, method=0))
    at = data.find(b"<worksheet")
    data[at + 5] ^= 1
    return bytes(data)


def rows(xml: str) -> bytes:
    return with_sheet(sheet_xml(xml))


def merges(*ranges: str) -> bytes:
    items = "".join(f'<mergeCell ref="{area}"/>' for area in ranges)
    return with_sheet(sheet_xml("", after=f"<mergeCells>{items}</mergeCells>"))


def flagged() -> bytes:
    """The first member marked as encrypted."""
    data = bytearray(zipped(good()))
    data[data.find(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def bzipped() -> bytes:
    return zipped(good(), method=12)


A1 = '<c r="A1"><v>1</v></c>'
CASES: dict[str, list[tuple[Callable[[], bytes], dict[str, str]]]] = {
    "workbook.empty": [(lambda: b"", {})],
    "workbook.not_a_workbook": [
        (lambda: b"%PDF-1.4", {"kind": "pdf"}),
        (lambda: zipped({"word/document.xml": "<a/>"}), {"kind": "docx"}),
        (lambda: zipped({"a.txt": "x"}), {"kind": "zip"}),
        (lambda: OLE, {"kind": "ole"}),
    ],
    "workbook.encrypted": [
        (lambda: OLE + "EncryptedPackage".encode("utf-16-le"), {}),
        (flagged, {}),
    ],
    "workbook.legacy": [
        (lambda: OLE + "Workbook".encode("utf-16-le"), {"kind": "xls"}),
        (lambda: zipped({"xl/workbook.bin": "x"}), {"kind": "xlsb"}),
    ],
    "workbook.truncated": [
        (lambda: zipped(good())[:-300], {}),
        (lambda: zipped(good())[:100], {}),
        (lambda: b"PK\x05\x06" + b"\xff" * 18, {}),
    ],
    "workbook.bad_crc": [(damaged, {"part": SHEET})],
    "workbook.bad_compression": [(bzipped, {"part": "[Content_Types].xml"})],
    "workbook.part_missing": [
        (lambda: without(SHEET), {"part": SHEET}),
        (lambda: without("xl/styles.xml"), {"part": "xl/styles.xml"}),
        (lambda: without("xl/sharedStrings.xml"), {"part": "xl/sharedStrings.xml"}),
        (lambda: without("xl/workbook.xml"), {"part": "xl/workbook.xml"}),
        (lambda: without("_rels/.rels"), {"part": "_rels/.rels"}),
    ],
    "workbook.duplicate_member": [
        (lambda: zipped({**good(), "XL/Styles.xml": "x"}), {"part": "XL/Styles.xml"}),
    ],
    "workbook.unsafe_name": [
        (lambda: zipped({**good(), "../x": "x"}), {"part": "../x"}),
        (lambda: zipped({**good(), "/etc/x": "x"}), {"part": "/etc/x"}),
        (lambda: zipped({**good(), "C:/x": "x"}), {"part": "C:/x"}),
    ],
    "workbook.bad_relation": [
        (
            lambda: replaced("xl/_rels/workbook.xml.rels", "worksheets/", "../../worksheets/"),
            {"part": "xl/workbook.xml", "target": "../../worksheets/sheet1.xml"},
        ),
        (
            lambda: replaced("xl/workbook.xml", 'r:id="rId1"', 'r:id="rId7"'),
            {"part": "xl/workbook.xml", "target": "rId7"},
        ),
        (
            lambda: replaced(
                "xl/_rels/workbook.xml.rels",
                'Target="worksheets/sheet1.xml"',
                'Target="http://x/" TargetMode="External"',
            ),
            {"part": "xl/workbook.xml", "target": "http://x/"},
        ),
    ],
    "workbook.bad_xml": [
        (lambda: with_sheet("<worksheet>\n<a></b></worksheet>"), {"part": SHEET, "line": "2"}),
        (lambda: rows("<row r='1'>" + A1 + "&nbsp;</row>"), {"part": SHEET, "line": "1"}),
        (lambda: with_sheet(b"\xff\xfe<\x00"), {"part": SHEET, "line": "1"}),
        (
            lambda: with_sheet('<?xml version="1.0" encoding="utf-7"?><a/>'),
            {"part": SHEET, "line": "1"},
        ),
        (lambda: with_sheet("<a>" * 300), {"part": SHEET, "line": "1"}),
        (lambda: rows('<row r="1"><c r="A1"><v>\x01</v></c></row>'), {"part": SHEET, "line": "1"}),
    ],
    "workbook.doctype": [
        (
            lambda: with_sheet('<!DOCTYPE a [<!ENTITY b "c">]>' + sheet_xml(rows_text())),
            {"part": SHEET},
        ),
        (
            lambda: zipped(
                {
                    **good(),
                    "xl/sharedStrings.xml": '<!DOCTYPE sst SYSTEM "file:///etc/passwd"><sst/>',
                }
            ),
            {"part": "xl/sharedStrings.xml"},
        ),
    ],
    "workbook.shared_string_range": [
        (
            lambda index=index: rows(f'<row r="1"><c r="A1" t="s"><v>{index}</v></c></row>'),
            {"sheet": "S1", "cell": "A1", "index": index},
        )
        for index in ("1", "-1", "x", "9" * 12)
    ],
    "workbook.duplicate_sheet": [
        (
            lambda: zipped(
                {
                    **parts_of(sheet_xml(""), sheet_xml("")),
                    "xl/workbook.xml": two_sheets("s1", "S1", 2),
                }
            ),
            {"sheet": "S1"},
        ),
        (
            lambda: zipped(
                {**parts_of(sheet_xml("")), "xl/workbook.xml": two_sheets("甲", "乙", 1)}
            ),
            {"sheet": "乙"},
        ),
    ],
    "workbook.duplicate_row": [
        (lambda: rows('<row r="4"/><row r="4"/>'), {"sheet": "S1", "cell": "A4"}),
        (lambda: rows("<row r='4'/><row r='4'/>"), {"sheet": "S1", "cell": "A4"}),
    ],
    "workbook.duplicate_cell": [
        (lambda: rows(f'<row r="1">{A1}<c r="A1"/></row>'), {"sheet": "S1", "cell": "A1"}),
        (lambda: rows(f"<row r='1'>{A1}<c r='A1'/></row>"), {"sheet": "S1", "cell": "A1"}),
    ],
    "workbook.misplaced_cell": [
        (lambda: rows(f'<row r="2">{A1}</row>'), {"sheet": "S1", "cell": "A1"}),
        (lambda: rows(f"<row r='2'>{A1}</row>"), {"sheet": "S1", "cell": "A1"}),
    ],
    "workbook.bad_cell": [
        (
            lambda: rows('<row r="1"><c r="XFE1"><v>1</v></c></row>'),
            {"sheet": "S1", "cell": "XFE1"},
        ),
        (lambda: rows('<row r="1048577"/>'), {"sheet": "S1", "cell": "1048577"}),
    ],
    "workbook.bad_range": [(lambda: merges("A1:B"), {"sheet": "S1", "range": "A1:B"})],
    "workbook.overlapping_merges": [
        (lambda: merges("A1:B2", "D4:E5", "B2:C3"), {"sheet": "S1", "range": "B2:C3"}),
        (lambda: merges("A1:XFD1048576", "C3:D3"), {"sheet": "S1", "range": "C3:D3"}),
    ],
    "workbook.no_sheet": [
        (lambda: replaced("xl/workbook.xml", '<sheet name="S1" sheetId="1" r:id="rId1"/>', ""), {}),
    ],
}


def rows_text() -> str:
    return f'<row r="1">{A1}</row>'


def two_sheets(first: str, second: str, part: int) -> str:
    return (
        f'<workbook xmlns="{samples.MAIN}" xmlns:r="{samples.RELATIONS}"><sheets>'
        f'<sheet name="{first}" sheetId="1" r:id="rId1"/>'
        f'<sheet name="{second}" sheetId="2" r:id="rId{part}"/></sheets></workbook>'
    )


def open_all(data: bytes, limits: Limits | None = None) -> Workbook:
    workbook = Workbook.open(data, limits)
    assert workbook.styles is not None
    assert workbook.strings is not None
    for name in workbook.sheet_names:
        workbook.sheet(name)
    return workbook


@pytest.mark.parametrize(
    ("code", "build", "details"),
    [(code, build, details) for code, cases in CASES.items() for build, details in cases],
)
def test_a_broken_file_gives_its_code(
    code: str, build: Callable[[], bytes], details: dict[str, str]
) -> None:
    with pytest.raises(WorkbookError) as caught:
        open_all(build())
    assert (caught.value.code, caught.value.details) == (code, details) or (
        code == "workbook.truncated" and caught.value.code == code
    )


def test_the_good_file_opens() -> None:
    assert open_all(zipped(good())).sheet("S1").cells[1, 1].raw == "甲"


def test_cells_are_counted_whatever_the_file_says() -> None:
    three = rows(
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>1</v></c><c r="C1"><v>1</v></c></row>'
    )
    open_all(three, Limits(cells=3))
    for data in (three, three):
        with pytest.raises(WorkbookError) as caught:
            open_all(data, Limits(cells=2))
        assert caught.value.code == "workbook.too_many_cells"
        assert caught.value.details["limit"] == "2"


def test_merges_are_counted() -> None:
    data = merges("A1:B1", "A2:B2")
    open_all(data, Limits(merges=2))
    with pytest.raises(WorkbookError) as caught:
        open_all(data, Limits(merges=1))
    assert caught.value.code == "workbook.too_many_merges"
    assert caught.value.details == {"limit": "1", "actual": "2", "sheet": "S1"}


def test_every_code_raised_in_the_room_has_a_case() -> None:
    from pathlib import Path

    import perfeval_xl.ooxml as room

    source = "".join(p.read_text() for p in Path(str(room.__file__)).parent.glob("*.py"))
    raised = set(re.findall(r'"(workbook\.[a-z_]+)"', source))
    elsewhere = {
        "workbook.too_large",
        "workbook.too_many_members",
        "workbook.part_too_large",
        "workbook.inflates_too_far",
        "workbook.ratio",
        "workbook.overlapping_members",
        "workbook.too_many_cells",
        "workbook.too_many_merges",
        "workbook.encryption_unsupported",
        "workbook.rights_managed",
    }
    assert raised == set(CASES) | elsewhere


def test_numbers_that_are_none_and_ends_of_the_sheet_are_read_as_they_stand() -> None:
    sheet = open_all(
        rows(
            '<row r="1"><c r="A1"><v>NaN</v></c></row>'
            '<row r="1048576"><c r="XFD1048576"><v>1E+308</v></c></row>'
        )
    ).sheet("S1")
    assert sheet.cells[1, 1].raw == "NaN"
    assert (sheet.max_row, sheet.max_column) == (1_048_576, 16_384)


SEED = samples.by_xlsxwriter()


@given(
    st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6
    )
)
@settings(max_examples=150, deadline=None)
def test_any_damage_to_the_bytes_opens_or_gives_a_code(changes: list[tuple[float, int]]) -> None:
    data = bytearray(SEED)
    for place, value in changes:
        data[int(place * len(data))] = value
    with suppress(WorkbookError):
        open_all(bytes(data))


PARTS = samples.unzipped(SEED)
XML = sorted(name for name in PARTS if name.endswith((".xml", ".rels")))


@given(
    st.sampled_from(XML),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from(
        [
            b"",
            b"<",
            b">",
            b'"',
            b"&",
            b"&#0;",
            b"<!--",
            b"]]>",
            b"\xff",
            b"\0",
            b"9" * 5000,
            b"<c/>",
            b"</row>",
            b"<x:y/>",
        ]
    ),
)
@settings(max_examples=200, deadline=None)
def test_any_damage_to_the_xml_opens_or_gives_a_code(part: str, place: float, piece: bytes) -> None:
    content = PARTS[part]
    at = int(place * len(content))
    data = zipped({**PARTS, part: content[:at] + piece + content[at + 1 :]})
    with suppress(WorkbookError):
        samples.annotate(open_all(data)).to_bytes()
