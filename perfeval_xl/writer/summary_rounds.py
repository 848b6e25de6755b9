"""上轮问题已改: what units have put right since their round before, written as records come by."""

from __future__ import annotations

from perfeval_xl.model import Severity
from perfeval_xl.writer.book import Book, Column, Listing
from perfeval_xl.writer.style import SEVERITY
from perfeval_xl.writer.summary_data import NO_NAME, Record
from perfeval_xl.writer.text import RESOLVED_TITLE

RESOLVED = RESOLVED_TITLE
NO_RESOLVED = "上轮的问题都还没有改。"
RESOLVED_NOTE = "每一行是单位在上一轮报送里有、这一轮已经没有的问题；单元格是上一轮文件里的位置。"
RESOLVED_COLUMNS = (
    Column("序号", 6, "center", 9),
    Column("单位", 18, "text", 9),
    Column("文件", 22, "text", 9),
    Column("轮次", 6, "center", 9),
    Column("严重程度", 8.5, "center", 9),
    Column("工作表", 12, "text", 9),
    Column("单元格", 12, "text", 9),
    Column("上轮的问题", 60, "text", 9),
    Column("编码", 24, "text", 9),
)
MOST = 1_048_000  # rows, below what a sheet of Excel holds
_SEVERITY = 4


class ResolvedSheet:
    """The list; ``finish`` closes it."""

    def __init__(self, book: Book) -> None:
        self._listing = Listing(book, RESOLVED, RESOLVED, RESOLVED_NOTE, RESOLVED_COLUMNS)
        self._listing.write_head()
        self._listing.freeze(2)
        self._written = 0

    def add(self, record: Record) -> None:
        """Write what one record put right."""
        unit = (record["unit"] or {}).get("name") or NO_NAME
        for finding in record.get("resolved", ()):
            self._written += 1
            if self._written > MOST:
                return
            look = SEVERITY[Severity(finding["severity"])]
            values = (
                self._written, unit, record["file"], record["round"], f"{look.sign} {look.word}",
                finding["sheet"], _cells(finding["cells"]), finding["message"], finding["code"],
            )  # fmt: skip
            self._listing.write_row(values, {_SEVERITY: look})

    def finish(self) -> None:
        """Filter buttons, or a sentence when nothing was put right."""
        if not self._written:
            self._listing.write_sentence(NO_RESOLVED)
        self._listing.filter_rows()


def _cells(cells: list[str]) -> str:
    """The cell to look at first and how many there are."""
    return cells[0] + (f" 等 {len(cells)} 格" if len(cells) > 1 else "") if cells else ""
