"""Other formats read to the same facts as .xlsx, or are returned; no file takes us with it."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from openpyxl import Workbook as Book
from openpyxl.styles import Font

from perfeval_xl.errors import WorkbookError
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import State, Submission
from perfeval_xl.ooxml import Limits, Workbook, sniff
from perfeval_xl.ooxml.crypt import decrypt
from perfeval_xl.reader.legacy import (
    LegacyCell,
    convert,
    convert_legacy,
    convert_legacy_guarded,
    read_legacy,
    read_legacy_guarded,
)
from perfeval_xl.reader.read import read_grids, read_submission
from tests.builders import layout_plain, layout_word, legacy
from tests.builders.files import save
from tests.builders.forms import FilledForm

MAKERS: dict[str, Callable[[Book], bytes]] = {
    "xls": legacy.xls,
    "xlsb": legacy.xlsb,
    "ods": legacy.ods,
}
KINDS = list(MAKERS)


@cache
def example(kind: str) -> bytes:
    """The example form in the given format."""
    return MAKERS[kind](layout_plain.build(FilledForm.example()))


def book_of(**cells: object) -> Book:
    """A workbook of one sheet with these cells."""
    book = Book()
    sheet = book.worksheets[0]
    sheet.title = "表"
    for address, value in cells.items():
        sheet[address] = value
    return book


def cells_of(data: bytes, kind: str) -> dict[tuple[int, int], tuple[str, str]]:
    """Kind and raw text of the first sheet's cells."""
    return {(c.row, c.column): (c.kind, c.raw) for c in read_legacy(data, kind).sheets[0].cells}


def code_of(data: bytes, kind: str, limits: Limits | None = None) -> str:
    """The code that the file is returned with."""
    with pytest.raises(WorkbookError) as caught:
        read_legacy(data, kind, limits)
    return caught.value.code


def submission_of(data: bytes, form: FormSpec) -> Submission:
    """What is read of an .xlsx."""
    return read_submission(read_grids(Workbook.open(data)), form)


# ---- right values ----


@pytest.mark.parametrize("layout", [layout_plain, layout_word])
@pytest.mark.parametrize("kind", KINDS)
def test_every_format_reads_to_the_facts_of_the_xlsx(
    form: FormSpec, kind: str, layout: object, tmp_path: Path
) -> None:
    book = layout.build(FilledForm.example())  # type: ignore[attr-defined]
    data = MAKERS[kind](book)
    assert sniff(data) == kind
    wanted = submission_of(save(book, tmp_path / "a.xlsx").read_bytes(), form)
    assert submission_of(convert_legacy(data, kind), form) == wanted


@pytest.mark.libreoffice
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_what_libreoffice_writes_reads_to_the_facts_of_the_xlsx(
    form: FormSpec, soffice: Callable[[Path, str], Path], tmp_path: Path, kind: str
) -> None:
    source = save(layout_plain.build(FilledForm.example()), tmp_path / "附件2.xlsx")
    data = soffice(source, kind).read_bytes()
    wanted = submission_of(source.read_bytes(), form)
    assert submission_of(convert_legacy(data, sniff(data)), form) == wanted


@pytest.mark.libreoffice
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_hidden_rows_and_columns_stay_hidden(
    soffice: Callable[[Path, str], Path], tmp_path: Path, kind: str
) -> None:
    book = book_of(A1=1, B1=2, A2=3, B2=4)
    sheet = book.worksheets[0]
    sheet.row_dimensions[2].hidden = sheet.column_dimensions["B"].hidden = True
    data = soffice(save(book, tmp_path / "隐藏.xlsx"), kind).read_bytes()
    found = Workbook.open(convert_legacy(data, kind)).sheet(sheet.title)
    assert found.hidden_rows == {2}
    assert (found.column_width(1) > 0, found.column_width(2)) == (True, 0)


def crossed_out() -> Book:
    """The example form with the number of staff struck out, and the whole income as text."""
    book = layout_plain.build(FilledForm.example())
    for cell in (c for row in book.worksheets[0].iter_rows() for c in row):
        if str(cell.value) in ("实有人数", "收入合计"):
            is_staff = cell.value == "实有人数"
            below = next(
                c for n in range(1, 9)
                if (c := cell.offset(0, n) if is_staff else cell.offset(n, 0)).value is not None
            )  # fmt: skip
            below.value = below.value if is_staff else str(below.value)
            below.font = Font(strike=True)
    return book


def assert_crossed_out_is_no_figure(submission: Submission) -> None:
    facts = submission.facts
    for name in ("actual_staff", "income_total"):
        assert (facts[name].state, facts[name].raw[-5:]) == (State.UNREADABLE, "（已划去）")
    others = {"authorized_posts", "expenditure_total", "income_carryover"}
    assert {facts[name].state for name in others} == {State.NUMBER}


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_struck_out_is_no_figure(form: FormSpec, kind: str) -> None:
    data = MAKERS[kind](crossed_out())
    assert_crossed_out_is_no_figure(submission_of(convert_legacy(data, kind), form))


@pytest.mark.libreoffice
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_a_figure_struck_out_in_what_libreoffice_writes_is_no_figure(
    form: FormSpec, soffice: Callable[[Path, str], Path], tmp_path: Path, kind: str
) -> None:
    data = soffice(save(crossed_out(), tmp_path / "划去.xlsx"), kind).read_bytes()
    assert_crossed_out_is_no_figure(submission_of(convert_legacy(data, kind), form))


@pytest.mark.libreoffice
def test_the_conversion_opens_in_libreoffice(
    form: FormSpec, soffice: Callable[[Path, str], Path], tmp_path: Path
) -> None:
    path = tmp_path / "转换.xlsx"
    path.write_bytes(convert_legacy(example("xls"), "xls"))
    again = soffice(path, "ods").read_bytes()
    assert submission_of(convert_legacy(again, "ods"), form) == submission_of(
        path.read_bytes(), form
    )


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_values_stay_apart(kind: str) -> None:
    book = book_of(
        A1=30, B1=2.5, C1="007", D1=True, E1="#DIV/0!", F1="=SUM(A1)", G1=" 前后 空格 ",
        A3=date(2022, 3, 15), B3=-0.0, C3=1e308, D3="第一行\n第二行", F3=0.1 + 0.2,
    )  # fmt: skip
    assert cells_of(MAKERS[kind](book), kind) == {
        (1, 1): ("number", "30"),
        (1, 2): ("number", "2.5"),
        (1, 3): ("text", "007"),
        (1, 4): ("boolean", "1"),
        (1, 5): ("error", "#DIV/0!"),
        (1, 6): ("text", "=SUM(A1)"),
        (1, 7): ("text", " 前后 空格 "),
        (3, 1): ("date", "44635"),
        (3, 2): ("number", "-0"),
        (3, 3): ("number", "1e+308"),
        (3, 4): ("text", "第一行\n第二行"),
        (3, 6): ("number", "0.30000000000000004"),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_value_is_never_a_blank(form: FormSpec, kind: str) -> None:
    """Calamine shows it as an empty cell; a blank figure would be derived or taken for none."""
    filled = FilledForm.example()
    filled.set_figure("income_total", "#REF!")
    fact = submission_of(
        convert_legacy(MAKERS[kind](layout_plain.build(filled)), kind), form
    ).facts["income_total"]
    assert (fact.state, fact.raw) == (State.UNREADABLE, "#REF!")


@pytest.mark.parametrize("kind", KINDS)
def test_percent_and_date_formats_are_kept(kind: str) -> None:
    book = book_of(A1=1, B1=0.95, C1=date(2022, 3, 15))
    book.worksheets[0]["A1"].number_format = "0%"
    book.worksheets[0]["B1"].number_format = "0.00%"
    workbook = Workbook.open(convert_legacy(MAKERS[kind](book), kind))
    cells = workbook.sheet("表").cells
    assert [workbook.styles.is_percent(cells[1, c].style) for c in (1, 2, 3)] == [True, True, False]
    assert [workbook.styles.is_date(cells[1, c].style) for c in (1, 2, 3)] == [False, False, True]


@pytest.mark.parametrize("kind", ["xls", "xlsb"])
def test_a_unit_printed_by_the_number_format_is_kept(kind: str) -> None:
    book = book_of(A1=2973600)
    book.worksheets[0]["A1"].number_format = '0.00"元"'
    assert read_legacy(MAKERS[kind](book), kind).sheets[0].cells[0].format == '0.00"元"'


def test_a_unit_printed_by_an_ods_format_is_kept() -> None:
    styles = (
        '<number:number-style style:name="N1"><number:number number:decimal-places="2"/>'
        "<number:text>元</number:text></number:number-style>"
        '<style:style style:name="a" style:family="table-cell" style:data-style-name="N1"/>'
        '<style:style style:name="b" style:parent-style-name="a"/>'
    )
    cell = '<table:table-cell table:style-name="b" office:value-type="float" office:value="5"/>'
    table = legacy.ods_table(f"<table:table-row>{cell}</table:table-row>")
    data = legacy.ods_of(table, styles=styles)
    assert read_legacy(data, "ods").sheets[0].cells == (
        LegacyCell(1, 1, "number", "5", '0.00"元"'),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_merges_and_hidden_sheets_are_kept(kind: str) -> None:
    book = book_of(B2="合并")
    book.worksheets[0].merge_cells("B2:D4")
    book.create_sheet("藏").sheet_state = "hidden"
    read = read_legacy(MAKERS[kind](book), kind)
    assert read.sheets[0].merges == ((2, 2, 4, 4),)
    assert [(s.name, s.state) for s in read.sheets] == [("表", "visible"), ("藏", "hidden")]
    workbook = Workbook.open(convert(read))
    assert workbook.sheet("表").merges == [(2, 2, 4, 4)]
    assert workbook.info("藏").state == "hidden"


def test_rk_numbers_and_dates_since_1904_are_right() -> None:
    """Numbers as Excel packs them: 30 as an integer, 12.34 as hundredths, 0.5 as half a float."""
    rows = struct.pack("<3H", 0, 0, 0) + struct.pack("<I", 30 << 2 | 2)
    more = legacy.record(0x027E, rows)
    more += legacy.record(0x00BD, struct.pack("<2H", 1, 0) + b"".join(
        struct.pack("<HI", 0, rk) for rk in (1234 << 2 | 3, 0x3FE00000, (-7 & 0x3FFFFFFF) << 2 | 2)
    ) + struct.pack("<H", 2))  # fmt: skip
    data = legacy.xls(book_of(), cells={"表": more})
    assert cells_of(data, "xls") == {
        (1, 1): ("number", "30"),
        (2, 1): ("number", "12.34"),
        (2, 2): ("number", "0.5"),
        (2, 3): ("number", "-7"),
    }
    day = book_of(A1=date(2022, 3, 15))
    stream = legacy.xls_stream(day).replace(
        legacy.record(0x0042, b"\xb0\x04"), legacy.record(0x0022, b"\x01\x00")
    )
    moved = struct.pack("<d", 44635 - 1462)
    stream = stream.replace(struct.pack("<d", 44635), moved)
    assert cells_of(legacy.ole({"Workbook": stream}), "xls") == {(1, 1): ("date", "44635")}


def test_formulas_of_an_xls_give_their_stored_results() -> None:
    def formula(column: int, result: bytes) -> bytes:
        return legacy.record(0x0006, struct.pack("<3H", 0, column, 0) + result + bytes(8))

    text = "结果".encode("utf-16-le")
    more = formula(0, struct.pack("<d", 2.5))
    more += formula(1, b"\x01\0\x01\0\0\0\xff\xff") + formula(2, b"\x02\0\x07\0\0\0\xff\xff")
    more += formula(3, b"\x00\0\0\0\0\0\xff\xff")
    more += legacy.record(0x0207, struct.pack("<HB", 2, 1) + text)
    more += formula(4, b"\x03\0\0\0\0\0\xff\xff")
    data = legacy.xls(book_of(), cells={"表": more})
    assert cells_of(data, "xls") == {
        (1, 1): ("number", "2.5"),
        (1, 2): ("boolean", "1"),
        (1, 3): ("error", "#DIV/0!"),
        (1, 4): ("text", "结果"),
    }


def test_times_of_an_ods_are_fractions_of_a_day() -> None:
    def cell(text: str) -> str:
        return f'<table:table-cell office:value-type="time" office:time-value="{text}"/>'

    row = cell("PT12H00M00S") + cell("PT36H00M00S")
    data = legacy.ods_of(legacy.ods_table(f"<table:table-row>{row}</table:table-row>"))
    assert cells_of(data, "ods") == {(1, 1): ("date", "0.5"), (1, 2): ("date", "1.5")}


def ods_text(inner: str) -> bytes:
    """An .ods of one text cell."""
    cell = f'<table:table-cell office:value-type="string">{inner}</table:table-cell>'
    return legacy.ods_of(legacy.ods_table(f"<table:table-row>{cell}</table:table-row>"))


def test_breaks_inside_an_ods_text_do_not_join_figures() -> None:
    """Calamine drops tabs and line breaks: 12 above 13 would read as 1213."""
    data = ods_text("<text:p>12<text:line-break/>13<text:tab/>a<text:s/>b</text:p>")
    assert cells_of(data, "ods") == {(1, 1): ("text", "12\n13\ta b")}


def test_a_note_on_an_ods_cell_is_no_part_of_its_text() -> None:
    note = "<office:annotation><text:p>批注</text:p></office:annotation>"
    assert cells_of(ods_text(f"{note}<text:p>值</text:p>"), "ods") == {(1, 1): ("text", "值")}


def test_repeated_cells_of_an_ods_stand_where_they_are_shown() -> None:
    five = '<table:table-cell office:value-type="float" office:value="5"'
    rows = (
        '<table:table-row table:number-rows-repeated="2">'
        f'<table:table-cell/>{five} table:number-columns-repeated="2"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="997"><table:table-cell'
        ' table:number-columns-repeated="16384"/></table:table-row>'
        f"<table:table-row>{five}/></table:table-row>"
        '<table:table-row table:number-rows-repeated="1047576"><table:table-cell'
        ' table:number-columns-repeated="16384"/></table:table-row>'
    )
    found = cells_of(legacy.ods_of(legacy.ods_table(rows)), "ods")
    assert sorted(found) == [(1, 2), (1, 3), (2, 2), (2, 3), (1000, 1)]


def test_the_conversion_is_the_same_bytes_twice_and_readable_to_others() -> None:
    data = convert_legacy(example("xls"), "xls")
    assert data == convert_legacy(example("xls"), "xls")
    source = layout_plain.build(FilledForm.example())
    book = openpyxl.load_workbook(_as_file(data))
    for sheet in source:
        theirs = {
            cell.coordinate: cell.value
            for row in book[sheet.title].iter_rows()
            for cell in row
            if cell.value is not None
        }
        ours = {
            cell.coordinate: float(cell.value) if not isinstance(cell.value, str) else cell.value
            for row in sheet.iter_rows()
            for cell in row
            if cell.value not in (None, "")
        }
        assert theirs == ours
        assert {str(area) for area in book[sheet.title].merged_cells.ranges} == {
            str(area) for area in sheet.merged_cells.ranges
        }


def _as_file(data: bytes) -> object:
    import io

    return io.BytesIO(data)


def test_texts_that_look_like_formulas_stay_texts() -> None:
    texts = ["=1+1", "+86", "-5", "@sum", "a_x000D_b", "<&>\"'"]
    book = book_of(**{f"A{n}": text for n, text in enumerate(texts, 1)})
    for cell in book.worksheets[0]["A"]:
        cell.data_type = "s"
    converted = Workbook.open(convert_legacy(legacy.xls(book), "xls")).sheet("表")
    assert [converted.cells[n, 1].raw for n in range(1, 7)] == texts
    assert all(cell.kind == "text" and cell.formula is None for cell in converted.cells.values())


# ---- what is returned ----


def test_an_xls_with_a_password_is_encrypted() -> None:
    data = legacy.xls_rc4(layout_plain.build(FilledForm.example()), "秘密")
    assert code_of(data, "xls") == "workbook.encrypted"
    assert read_legacy(decrypt(data, ["秘密"]), "xls") == read_legacy(example("xls"), "xls")


def test_an_encrypted_ods_is_encrypted() -> None:
    mark = b"<manifest:encryption-data/></manifest:file-entry>"
    data = _rezipped(example("ods"), "META-INF/manifest.xml", b"/></", b">" + mark + b"</")
    assert code_of(data, "ods") == "workbook.encrypted"


def _rezipped(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            content = source.read(info)
            changed = content.replace(old, new, 1) if info.filename == part else content
            target.writestr(info.filename, changed)
    return out.getvalue()


def test_excel_95_is_too_old() -> None:
    """Calamine garbles its Chinese and takes one sheet for another."""
    assert code_of(legacy.xls(book_of(A1="中文"), biff=5), "xls") == "workbook.xls_too_old"


def test_a_doctype_in_an_ods_is_refused() -> None:
    doctype = '<!DOCTYPE a [<!ENTITY b "c">]>'
    assert code_of(legacy.ods_of(legacy.ods_table(""), before=doctype), "ods") == "workbook.doctype"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ('table:number-rows-repeated="1048576"', "workbook.too_many_cells"),
        ('table:number-rows-repeated="999999999"', "workbook.too_many_cells"),
    ],
)
def test_a_filled_row_repeated_to_the_end_of_the_sheet_is_too_much(rows: str, code: str) -> None:
    cell = '<table:table-cell office:value-type="float" office:value="5"/>'
    table = legacy.ods_table(f"<table:table-row {rows}>{cell}</table:table-row>")
    assert code_of(legacy.ods_of(table), "ods") == code


def test_one_cell_less_than_the_limit_is_read_and_one_more_is_not() -> None:
    book = book_of(A1=1, A2=2, A3=3)
    for kind, make in MAKERS.items():
        assert len(read_legacy(make(book), kind, Limits(cells=3)).sheets[0].cells) == 3
        assert code_of(make(book), kind, Limits(cells=2)) == "workbook.too_many_cells"
        assert code_of(make(book), kind, Limits(file_bytes=100)) == "workbook.too_large"


def bomb() -> bytes:
    """An .xlsb with one cell at A1 and one at XFD1048576."""
    return legacy.xlsb(book_of(A1=1, XFD1048576=2))


def test_two_cells_at_the_ends_of_the_sheet_are_returned() -> None:
    assert code_of(bomb(), "xlsb") == "workbook.range_too_wide"
    assert code_of(legacy.xls(book_of(A1=1, IV65536=2)), "xls") == "workbook.range_too_wide"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (struct.pack("<3Hd", 0, 0, 0, 1.0) * 1, "workbook.duplicate_cell"),
    ],
)
def test_a_cell_given_twice_is_returned(body: bytes, code: str) -> None:
    data = legacy.xls(book_of(A1=5), cells={"表": legacy.record(0x0203, body)})
    assert code_of(data, "xls") == code


def test_overlapping_merges_are_returned() -> None:
    merges = struct.pack("<H", 2) + struct.pack("<8H", 0, 2, 0, 2, 1, 3, 1, 3)
    data = legacy.xls(book_of(A1=5), cells={"表": legacy.record(0x00E5, merges)})
    assert code_of(data, "xls") == "workbook.overlapping_merges"


def test_two_sheets_of_one_name_are_returned() -> None:
    table = legacy.ods_table("<table:table-row><table:table-cell/></table:table-row>")
    assert code_of(legacy.ods_of(table * 2), "ods") == "workbook.duplicate_sheet"


def test_where_the_two_readers_see_different_figures_the_file_is_returned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Calamine has read the first columns of some .xls wrong (python-calamine issue 161)."""
    import perfeval_xl.reader.legacy as room

    for wrong in ({(1, 1): 31.0}, {(1, 1): 30.0, (2, 2): 5.0}, {}, {(1, 1): "30"}):
        monkeypatch.setattr(room, "_table", lambda _, table=wrong: table)
        assert code_of(legacy.xls(book_of(A1=30)), "xls") == "workbook.legacy_failed"


def test_another_kind_is_no_workbook_of_ours() -> None:
    assert code_of(b"<html><table></table></html>", "html") == "workbook.legacy"
    assert code_of(b"not a workbook at all", "xls") in ("workbook.truncated",)
    assert code_of(b"PK\x03\x04", "ods") == "workbook.truncated"


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_off_anywhere_gives_a_code(kind: str) -> None:
    data = example(kind)
    for end in range(0, len(data) - 600, max(1, len(data) // 60)):
        with pytest.raises(WorkbookError):
            read_legacy(data[:end], kind)


@pytest.mark.parametrize("kind", KINDS)
def test_any_damage_gives_a_code_or_no_other_figure(kind: str) -> None:
    """In an .xls nothing vouches for a byte: a changed figure is a figure, all else must agree."""
    chance = random.Random(11)
    data = example(kind)
    right = read_legacy(data, kind)
    for _ in range(150):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        try:
            found = read_legacy(bytes(changed), kind)
        except WorkbookError:
            continue
        if kind != "xls":
            assert [s.cells for s in found.sheets] == [s.cells for s in right.sheets]


# ---- in a process of its own ----


@pytest.mark.parametrize("kind", KINDS)
def test_the_guarded_reader_gives_the_same(kind: str) -> None:
    assert read_legacy_guarded(example(kind), kind) == read_legacy(example(kind), kind)
    assert convert_legacy_guarded(example(kind), kind) == convert_legacy(example(kind), kind)


def test_a_code_comes_back_from_the_child() -> None:
    with pytest.raises(WorkbookError) as caught:
        read_legacy_guarded(bomb(), "xlsb")
    assert caught.value.code == "workbook.range_too_wide"
    assert caught.value.details["cell"] == "XFD1048576"


def test_a_child_that_dies_returns_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bomb past the scan's own limit: calamine asks for 400 GB and takes its process along."""
    import perfeval_xl.reader.legacy as room

    lifted = "import perfeval_xl.ooxml.foreign.layout as l; l._RECTANGLE = 1 << 60\n"
    monkeypatch.setattr(room, "_BOOT", room._BOOT.replace("\n", "\n" + lifted, 1))
    with pytest.raises(WorkbookError) as caught:
        read_legacy_guarded(bomb(), "xlsb")
    assert caught.value.code == "workbook.legacy_failed"
    assert caught.value.details == {"kind": "xlsb"}


def test_a_child_that_outruns_its_time_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    import perfeval_xl.reader.legacy as room

    monkeypatch.setattr(room, "_BOOT", "import time; time.sleep(60)")
    started = time.perf_counter()
    with pytest.raises(WorkbookError) as caught:
        read_legacy_guarded(example("xls"), "xls", seconds=0.5)
    assert caught.value.code == "file.too_slow"
    assert time.perf_counter() - started < 5


def test_a_script_without_a_main_guard_can_use_the_guarded_reader(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(example("xls"))
    script = tmp_path / "script.py"
    script.write_text(
        "from perfeval_xl.reader.legacy import read_legacy_guarded\n"
        "book = read_legacy_guarded(open('a.xls', 'rb').read(), 'xls')\n"
        "assert len(book.sheets) == 2\n",
        encoding="utf-8",
    )
    subprocess.run([sys.executable, script.name], cwd=tmp_path, check=True, capture_output=True)


def test_calamine_is_loaded_only_when_needed() -> None:
    check = "import sys, perfeval_xl.reader.legacy; print('python_calamine' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "False"


def test_a_moment_keeps_its_time() -> None:
    data = legacy.xls(book_of(A1=datetime(2022, 3, 15, 10, 30)))
    assert cells_of(data, "xls") == {(1, 1): ("date", "44635.4375")}
