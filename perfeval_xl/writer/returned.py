"""退回说明.xlsx: why a file could not be evaluated and what to do, on one A4 page."""

from __future__ import annotations

from pathlib import Path

from xlsxwriter.worksheet import Worksheet

from perfeval_xl.writer.book import MAX_HEIGHT, Book, safe_text, set_up_page, wrapped_lines
from perfeval_xl.writer.style import ACCENT, HEAD_FONT, INPUT_FILL, MUTED, SUBHEAD_FILL
from perfeval_xl.writer.summary_data import Record

SHEET = "退回说明"
TITLE = "部门整体支出绩效自评材料退回说明"
GREETING = "{}："
NO_UNIT = "填报单位"
OPENING = "    你单位报送的下列文件没有进入复核，现予退回。请按“怎么办”一栏处理后重新报送。"
FILE, UNIT, REASON, REMEDY = "文件", "单位", "退回原因", "怎么办"
CODE, DIGEST = "退回代码", "文件校验码\n（SHA-256）"
CLOSING = "    原文件没有改动。退回代码和校验码供财政部门核对是哪一份文件、因何退回。"

_LABEL_WIDTH, _TEXT_WIDTH = 14, 66
_LINE = 18.0  # points of one line of 12-point text
_MOST_TEXT = 1_200  # characters of one field, so that the note stays on one page


def write_returned(path: Path, record: Record) -> None:
    """Write the note for a record of status ``returned`` to ``path``."""
    with Book(path, TITLE) as book:
        sheet = book.sheet(SHEET)
        sheet.set_column(0, 0, _LABEL_WIDTH)
        sheet.set_column(1, 1, _TEXT_WIDTH)
        set_up_page(sheet, landscape=False)
        sheet.set_margins(0.7, 0.7, 0.9, 0.8)
        sheet.fit_to_pages(1, 1)
        row = _write_opening(book, sheet, unit_name(record) or NO_UNIT)
        row = _write_fields(book, sheet, row, note_fields(record))
        closing = book.format(font_size=10, text_wrap=True, font_color=f"#{MUTED}")
        _write_wide(sheet, row + 1, CLOSING, closing)
        sheet.print_area(0, 0, row + 1, 1)


def unit_name(record: Record) -> str:
    """The unit's name, empty where the file did not tell it."""
    return (record.get("unit") or {}).get("name") or ""


def note_fields(record: Record) -> list[tuple[str, str]]:
    """Label and text of each line of the note; a line without text is left out."""
    reason = record["reason"] or {}
    fields = [
        (FILE, record["file"]),
        (UNIT, unit_name(record)),
        (REASON, reason.get("message") or ""),
        (REMEDY, reason.get("fix") or ""),
        (CODE, reason.get("code") or ""),
        (DIGEST, record.get("sha256") or ""),
    ]
    return [(label, text) for label, text in fields if text]


def _write_opening(book: Book, sheet: Worksheet, unit: str) -> int:
    """Write title, greeting and first sentence; returns the next free row."""
    sheet.set_row(0, 44)
    title = book.format(font_name=HEAD_FONT, font_size=18, font_color=f"#{ACCENT}", align="center")
    sheet.merge_range(0, 0, 0, 1, TITLE, title)
    sheet.set_row(1, 10, book.format(bottom=2, bottom_color=f"#{ACCENT}"))
    for column in (0, 1):
        sheet.write_blank(1, column, None, book.format(bottom=2, bottom_color=f"#{ACCENT}"))
    sheet.set_row(2, 12)
    body = book.format(font_size=12, text_wrap=True)
    _write_wide(sheet, 3, GREETING.format(unit), body)
    _write_wide(sheet, 4, OPENING, body)
    sheet.set_row(5, 10)
    return 6


def _write_fields(book: Book, sheet: Worksheet, row: int, fields: list[tuple[str, str]]) -> int:
    """Write the box of labels and texts; returns the next free row."""
    border = {"border": 1, "border_color": "#A6A6A6", "text_wrap": True}
    label_look = book.format(
        font_name=HEAD_FONT, font_size=11, align="center", bg_color=f"#{SUBHEAD_FILL}", **border
    )
    for at, (label, text) in enumerate(fields, row):
        fill = {"bg_color": f"#{INPUT_FILL}"} if label in (REASON, REMEDY) else {}
        size = 10 if label in (CODE, DIGEST) else 12
        shown = safe_text(text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 1] + "…")
        text_lines = wrapped_lines(shown, _TEXT_WIDTH - 2, 12)
        lines = max(wrapped_lines(label, _LABEL_WIDTH, 11), text_lines)
        sheet.set_row(at, min(MAX_HEIGHT, lines * _LINE + 14))
        sheet.write_string(at, 0, label, label_look)
        look = book.format(font_size=size, align="left", indent=1, **border, **fill)
        sheet.write_string(at, 1, shown, look)
    return row + len(fields)


def _write_wide(sheet: Worksheet, row: int, text: str, look: object) -> None:
    """Write a paragraph over both columns, the row as tall as the text needs."""
    shown = safe_text(text)
    lines = wrapped_lines(shown, _LABEL_WIDTH + _TEXT_WIDTH, 12)
    sheet.set_row(row, min(MAX_HEIGHT, lines * _LINE + 6))
    sheet.merge_range(row, 0, row, 1, "", look)
    sheet.write_string(row, 0, shown, look)
