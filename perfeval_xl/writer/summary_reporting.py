"""报送情况 and 清单核对: what the office's lists say of a batch, and what is to be said of the lists."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from xlsxwriter.utility import xl_range

from perfeval_xl.model import Outcome, Severity
from perfeval_xl.writer.book import Book, Column, Formula, Link, Listing, Value
from perfeval_xl.writer.style import OUTCOME, SEVERITY
from perfeval_xl.writer.summary_sheets import OPEN_COPY, OPEN_NOTE

REPORTING, REMARKS = "报送情况", "清单核对"

REPORTING_COLUMNS = (
    Column("序号", 5, "center"),
    Column("编码", 11, "center"),
    Column("单位", 24),
    Column("类型", 9, "center"),
    Column("截止日期", 11, "center"),
    Column("状态", 8, "center"),
    Column("报送日期", 11, "center"),
    Column("日期依据", 15, "center"),
    Column("逾期\n天数", 7, "center"),
    Column("文件", 32),
    Column("复核件", 11, "center"),
    Column("说明", 34),
)
_STANDING, _LATE = 5, 8
_DEADLINE = "E"
_COUNTED_NOTE = "{counts}。"
_DATES_NOTE = (
    "报送日期先取名册的“收到日期”，没有的取表上的报告日期；文件的修改时间一拷贝就变，不作依据。"
)
_OPEN_NOTE = "未报的逾期天数算到打开本表的当天（固定到某一天请加 --as-of）。"
_FIXED_NOTE = "未报的逾期天数算到 {day}。"
_OVERDUE = 'IF(TODAY()>{column}{{row}},TODAY()-{column}{{row}},"")'

REMARK_COLUMNS = (
    Column("序号", 6, "center"),
    Column("清单", 24),
    Column("位置", 18),
    Column("说明", 62),
    Column("怎么办", 48),
)
_REMARKS_NOTE = (
    "清单里没有用上、或用的时候要留意的地方。改好以后再运行一次，只重做数字有变化的单位。"
)


class Standing(StrEnum):
    """How a unit, or a file of nobody on the roster, stands."""

    REPORTED = "已报"
    LATE = "迟报"
    TWICE = "重复"
    RETURNED = "退回"
    MISSING = "未报"
    EXEMPT = "无需"
    OUTSIDE = "名册外"

    @classmethod
    def came(cls) -> tuple[Standing, ...]:
        """Those of which a workbook was evaluated."""
        return cls.REPORTED, cls.LATE, cls.TWICE


_LOOKS = {
    Standing.REPORTED: OUTCOME[Outcome.AGREES],
    Standing.LATE: SEVERITY[Severity.WARNING],
    Standing.TWICE: SEVERITY[Severity.WARNING],
    Standing.RETURNED: SEVERITY[Severity.WARNING],
    Standing.MISSING: SEVERITY[Severity.ERROR],
    Standing.EXEMPT: OUTCOME[Outcome.NOT_APPLICABLE],
    Standing.OUTSIDE: SEVERITY[Severity.NOTE],
}


@dataclass(frozen=True, slots=True)
class ReportingRow:
    """One unit of the roster, or one file that is of no unit on it.

    day, basis: when it reported and what says so. late: days after the deadline, None when it is
    not late or cannot be told; of a unit that has not reported, counted to a fixed day if at all.
    """

    code: str = ""
    name: str = ""
    kind: str = ""
    deadline: date | None = None
    standing: Standing = Standing.REPORTED
    day: date | None = None
    basis: str = ""
    late: int | None = None
    file: str = ""
    copy: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class RemarkRow:
    """One thing to know of a list: its file, the place in it, what is said, what to do."""

    file: str
    place: str
    said: str
    fix: str


@dataclass(frozen=True, slots=True)
class OfficeSheets:
    """What the office's lists add to the summary; no rows and no counts without a roster.

    as_of: the day to which lateness is counted; None for the day the summary is opened.
    """

    rows: Sequence[ReportingRow] = ()
    counts: Mapping[str, int] | None = None
    remarks: Sequence[RemarkRow] = ()
    as_of: date | None = None

    def to_data(self) -> dict[str, Any]:
        """All of it as JSON holds it, so that the summary can be written once more."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> OfficeSheets:
        """What ``to_data`` gave; without lists for no data."""
        return cls(
            rows=[_row(row) for row in data.get("rows", ())],
            counts=data.get("counts"),
            remarks=[RemarkRow(**remark) for remark in data.get("remarks", ())],
            as_of=_date(data.get("as_of")),
        )


def _row(data: Mapping[str, Any]) -> ReportingRow:
    dates = {name: _date(data[name]) for name in ("deadline", "day")}
    return ReportingRow(**{**data, **dates, "standing": Standing(data["standing"])})


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def write_office_sheets(book: Book, office: OfficeSheets) -> list[str]:
    """Write the sheets there is something to write on; returns their names."""
    names = []
    if office.counts is not None:
        _write_reporting(book, office, office.counts)
        names.append(REPORTING)
    if office.remarks:
        _write_remarks(book, office.remarks)
        names.append(REMARKS)
    return names


def _write_reporting(book: Book, office: OfficeSheets, counts: Mapping[str, int]) -> None:
    said = "，".join(f"{name.strip('　')} {count}" for name, count in counts.items())
    listing = Listing(
        book, REPORTING, REPORTING, _COUNTED_NOTE.format(counts=said), REPORTING_COLUMNS
    )
    until = _FIXED_NOTE.format(day=office.as_of) if office.as_of else _OPEN_NOTE
    listing.write_note(_DATES_NOTE + until)
    listing.write_head(34)
    for number, row in enumerate(office.rows, 1):
        listing.write_row(_values(number, row, office.as_of), {_STANDING: _LOOKS[row.standing]})
    listing.freeze(3)
    listing.filter_rows()
    first, last = listing.head_row + 1, max(listing.head_row + 1, listing.row - 1)
    areas = (xl_range(first, column, last, column) for column in (1, 2))
    listing.sheet.ignore_errors({"number_stored_as_text": " ".join(areas)})


def _values(number: int, row: ReportingRow, as_of: date | None) -> tuple[Value, ...]:
    is_open = row.standing is Standing.MISSING and row.deadline is not None and as_of is None
    late: Value = Formula(_OVERDUE.format(column=_DEADLINE)) if is_open else row.late
    text = OPEN_NOTE if row.standing is Standing.RETURNED else OPEN_COPY
    return (
        number,
        row.code,
        row.name,
        row.kind,
        row.deadline,
        row.standing.value,
        row.day,
        row.basis,
        late,
        row.file,
        Link(row.copy, text) if row.copy else "",
        row.remark,
    )


def _write_remarks(book: Book, remarks: Sequence[RemarkRow]) -> None:
    listing = Listing(book, REMARKS, REMARKS, _REMARKS_NOTE, REMARK_COLUMNS)
    listing.write_head()
    for number, remark in enumerate(remarks, 1):
        listing.write_row((number, remark.file, remark.place, remark.said, remark.fix))
    listing.freeze(2)
    listing.filter_rows()
