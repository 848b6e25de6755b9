"""退回说明.xlsx read back with openpyxl."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
from openxml_audit import OpenXmlValidator

from perfeval_xl.writer.returned import write_returned
from tests.writer.summary_records import RETURNED, returned


def note_of(path: Path, record: dict[str, Any]) -> Any:
    """The one sheet of the note."""
    write_returned(path / "退回说明.xlsx", record)
    book = openpyxl.load_workbook(path / "退回说明.xlsx")
    assert book.sheetnames == ["退回说明"]
    return book["退回说明"]


def fields_of(sheet: Any) -> dict[str, str]:
    """Labels and texts of the note's box."""
    rows = sheet.iter_rows(min_row=7, max_col=2, values_only=True)
    return {label: text for label, text in rows if label and text}


def test_note_names_file_unit_reason_remedy_code_and_digest(tmp_path: Path) -> None:
    record = RETURNED[1]
    sheet = note_of(tmp_path, record)
    assert sheet["A1"].value == "部门整体支出绩效自评材料退回说明"
    assert sheet["A4"].value == "三眼桥街道办事处："
    assert fields_of(sheet) == {
        "文件": record["file"],
        "单位": "三眼桥街道办事处",
        "退回原因": record["reason"]["message"],
        "怎么办": record["reason"]["fix"],
        "退回代码": "form.unknown",
        "文件校验码\n（SHA-256）": record["sha256"],
    }


def test_note_of_an_unknown_unit_greets_the_sender(tmp_path: Path) -> None:
    sheet = note_of(tmp_path, RETURNED[0])
    assert sheet["A4"].value == "填报单位："
    assert "单位" not in fields_of(sheet)


def test_note_prints_on_one_upright_a4_page(tmp_path: Path) -> None:
    sheet = note_of(tmp_path, RETURNED[1])
    assert sheet.page_setup.paperSize == 9
    assert sheet.page_setup.orientation in (None, "default", "portrait")
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in {(1, 1), (None, None)}
    assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_rows_grow_with_their_text(tmp_path: Path) -> None:
    short = returned("甲.xlsx", "workbook.empty", "文件是空的", "请重新保存。")
    long = returned("甲.xlsx", "workbook.empty", "文件是空的" * 40, "请重新保存。")
    heights = [note_of(tmp_path, record).row_dimensions[8].height for record in (short, long)]
    assert heights[0] < 40
    assert heights[1] > 100


def test_texts_stay_texts_and_the_note_opens(tmp_path: Path) -> None:
    record = returned("=甲\x00.xlsx", "workbook.other", "+" + "长" * 5_000, "<r>见 & 说明</r>")
    sheet = note_of(tmp_path, record)
    assert sheet["B7"].value == "=甲.xlsx"
    assert sheet["B7"].data_type == "s"
    assert len(sheet["B8"].value) == 1_200
    assert not OpenXmlValidator().validate(tmp_path / "退回说明.xlsx").errors


def test_same_record_gives_the_same_bytes(tmp_path: Path) -> None:
    write_returned(tmp_path / "1.xlsx", RETURNED[0])
    write_returned(tmp_path / "2.xlsx", RETURNED[0])
    assert (tmp_path / "1.xlsx").read_bytes() == (tmp_path / "2.xlsx").read_bytes()
