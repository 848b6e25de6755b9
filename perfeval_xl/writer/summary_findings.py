"""问题清单: every finding of a batch as Excel tables, written while the records come by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xlsxwriter.utility import xl_range

from perfeval_xl.model import Origin, Severity
from perfeval_xl.writer.book import Book, Column, Listing, Value, head_properties
from perfeval_xl.writer.style import SEVERITY, Look
from perfeval_xl.writer.summary_data import NO_NAME, Record
from perfeval_xl.writer.text import ROUND_WORDS

FINDINGS = "问题清单"
NO_FINDINGS = "没有发现问题。"
ORIGIN_WORDS = {"unit": "单位", "template": "表样"}

FINDINGS_NOTE = "每一行是一处问题。来源为“表样”的，是表格本身印错或没有说清的地方，不由单位负责。"
FINDING_COLUMNS = (
    Column("序号", 6, "center", 9),
    Column("单位", 16, "text", 9),
    Column("文件", 18, "text", 9),
    Column("严重程度", 8.5, "center", 9),
    Column("来源", 6, "center", 9),
    Column("问题", 17, "text", 9),
    Column("工作表", 10, "text", 9),
    Column("单元格", 9, "text", 9),
    Column("填报", 9, "center", 9),
    Column("应为", 9, "center", 9),
    Column("差异", 8, "center", 9),
    Column("说明", 38, "text", 9),
    Column("怎么改", 28, "text", 9),
    Column("依据", 28, "text", 9),
    Column("编码", 21, "text", 9),
)
CHANGE_COLUMN = Column("变化", 6, "center", 9)
_SEVERITY, _CHANGE = 3, 5
_MOST_CELLS = 8  # more addresses would make a row as tall as a page
_PRINTED = 13  # the last column on paper is 依据; the code is for looking up on the screen
_TEXT_NUMBERS = (1, 2, 7, 8, 9, 10)  # columns whose texts may be digits, shown as they were typed


@dataclass(slots=True)
class FindingsSheets:
    """问题清单, written as records come by; a new sheet begins when one is full.

    ``rows_each`` is how many findings a sheet takes. ``has_rounds``: whether 变化 is shown, what
    became of each finding since the unit's round before.
    """

    book: Book
    rows_each: int
    names: list[str]
    has_rounds: bool = False
    written: int = 0
    _listing: Listing | None = None
    _on_sheet: int = 0

    @classmethod
    def begin(cls, book: Book, rows_each: int, has_rounds: bool = False) -> FindingsSheets:
        """The first sheet, with its head."""
        sheets = cls(book, rows_each, [], has_rounds)
        sheets._start(FINDINGS_NOTE)
        return sheets

    def add(self, record: Record) -> None:
        """Write the findings of one record."""
        if record["status"] == "returned":
            return
        unit = (record["unit"] or {}).get("name") or NO_NAME
        for finding in record["findings"]:
            if self._on_sheet == self.rows_each:
                self._continue()
            self.written += 1
            self._on_sheet += 1
            look = SEVERITY[Severity(finding["severity"])]
            values = _finding_values(self.written, unit, record["file"], finding, look)
            if self.has_rounds:
                values.insert(_CHANGE, _change(finding))
            self._current.write_row(values, {_SEVERITY: look})

    def finish(self) -> None:
        """Close the last sheet."""
        if not self.written:
            self._current.write_sentence(NO_FINDINGS)
        self._close()

    @property
    def _current(self) -> Listing:
        assert self._listing is not None
        return self._listing

    def _start(self, note: str) -> None:
        name = FINDINGS if not self.names else f"{FINDINGS}({len(self.names) + 1})"
        self.names.append(name)
        self._listing = Listing(self.book, name, name, note, self._columns())
        self._on_sheet = 0
        self._current.write_head()
        self._current.freeze(2)
        begin_table(self._current, f"{FINDINGS}_{len(self.names)}")

    def _columns(self) -> tuple[Column, ...]:
        if not self.has_rounds:
            return FINDING_COLUMNS
        return (*FINDING_COLUMNS[:_CHANGE], CHANGE_COLUMN, *FINDING_COLUMNS[_CHANGE:])

    def _continue(self) -> None:
        following = f"{FINDINGS}({len(self.names) + 1})"
        previous = self.names[-1]
        self._current.write_sentence(
            f"本表写满 {self.rows_each} 条，第 {self.written + 1} 条起见“{following}”。"
        )
        self._close()
        self._start(f"接“{previous}”，从第 {self.written + 1} 条起。{FINDINGS_NOTE}")

    def _close(self) -> None:
        listing = self._current
        end_table(listing, self._on_sheet)
        more = int(self.has_rounds)
        listing.sheet.print_area(0, 0, listing.row - 1, _PRINTED + more)
        first, last = listing.head_row + 1, listing.head_row + max(1, self._on_sheet)
        columns = (c + more if c >= _CHANGE else c for c in _TEXT_NUMBERS)
        areas = (xl_range(first, column, last, column) for column in columns)
        listing.sheet.ignore_errors({"number_stored_as_text": " ".join(areas)})


def _change(finding: Record) -> str:
    """未改 or 新增; what the printed form has wrong is not for the unit to change."""
    if finding["origin"] == Origin.TEMPLATE:
        return ""
    return ROUND_WORDS.get(finding.get("round_state") or "", "")


def _cells_shown(cells: Sequence[str]) -> str:
    """The cells of a finding; of many, such as a whole column of scores, the first and how many."""
    return "、".join(cells) if len(cells) <= _MOST_CELLS else f"{cells[0]} 等 {len(cells)} 格"


def _finding_values(number: int, unit: str, file: str, finding: Record, look: Look) -> list[Value]:
    return [
        number,
        unit,
        file,
        f"{look.sign} {look.word}",
        ORIGIN_WORDS.get(finding["origin"], finding["origin"]),
        finding.get("title") or finding["code"],
        finding["sheet"],
        _cells_shown(finding["cells"]),
        finding["provided"],
        finding["expected"],
        finding["difference"],
        finding["message"],
        finding["fix"],
        finding["clause"],
        finding["code"],
    ]


def begin_table(listing: Listing, name: str) -> None:
    """Make the head just written the head of an Excel table, for now of one row.

    XlsxWriter refuses tables on a streamed sheet because it cannot fill their cells, and keeps a
    note for every cell of the range, which 150,000 rows cannot afford. The head is still in
    memory here: the table is added over it, then the head is written again as it was.
    """
    sheet, row, last = listing.sheet, listing.head_row, len(listing.columns) - 1
    heads = [{"header": column.head} for column in listing.columns]
    sheet.constant_memory = False
    sheet.add_table(row, 0, row + 1, last, {"name": name, "columns": heads, "style": None})
    sheet.constant_memory = True
    look = listing.book.format(**head_properties())
    for number, column in enumerate(listing.columns):
        sheet.write_string(row, number, column.head, look)


def end_table(listing: Listing, rows: int) -> None:
    """Stretch the sheet's table over its rows; without rows there is no table."""
    if not rows:
        listing.sheet.tables.clear()
        return
    area = xl_range(listing.head_row, 0, listing.head_row + rows, len(listing.columns) - 1)
    listing.sheet.tables[0].update(range=area, a_range=area, autofilter=area)
