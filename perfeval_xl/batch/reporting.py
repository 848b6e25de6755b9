"""报送情况: which unit of the roster has reported, when, and what came from nobody on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from perfeval_xl.batch.counting import Received, roles_of
from perfeval_xl.batch.dates import parse_date
from perfeval_xl.batch.record import Record
from perfeval_xl.batch.roster import Match, Roster, RosterUnit
from perfeval_xl.settlement import Role
from perfeval_xl.writer.summary_reporting import ReportingRow, Standing

BY_ROSTER, BY_FORM = "名册的收到日期", "表上的报告日期"
NO_DATE = "日期不明"
_EXEMPT_CAME = "名册上写免报，仍然报了"
_BY_FILE_NAME = "文件退回，按文件名看是本单位的"
_NOT_DUE = "还没有到截止日期"
_EARLY = "报告日期 {day} 早于年度终了，没有采用"
_ASKED = "名册外：{file}（{shown}）{said}"
_OTHER_CODE = "编码填报“{code}”，与名册不同"
_REPLACED = "以{last}为准；{before}还在收件里，不计入核定汇总"
_BY_OTHER_NAME = "按别名“{name}”认出"


@dataclass(frozen=True, slots=True)
class _Came:
    """One file of a unit: its form, the day written on it, what is to be said of it.

    received: as it is told which one counts.
    """

    received: Received
    copy: str
    form: str
    has_scores: bool
    day: date | None
    remarks: tuple[str, ...]


@dataclass
class Reporting:
    """Takes the records of a batch one by one; rows come when all have been taken."""

    roster: Roster
    _came: dict[str, list[_Came]] = field(default_factory=dict)
    _returned: dict[str, list[Record]] = field(default_factory=dict)
    _outside: list[ReportingRow] = field(default_factory=list)

    def take(self, record: Record, match: Match, note: str) -> None:
        """Note one file. note: what was asked or said of a file that is of no unit for certain."""
        file, copy = str(record["file"]), str(record["copy"])
        if record["status"] == "returned":
            owner = self.roster.named_in(file.rsplit(".", 1)[0])
            if owner is None:
                self._outside.append(ReportingRow(standing=Standing.RETURNED, file=file, copy=copy))
            else:
                self._returned.setdefault(owner.key, []).append(record)
        elif match.certain is not None:
            came = _came(record, match, match.certain)
            self._came.setdefault(match.certain.key, []).append(came)
        else:
            unit: Any = record["unit"]
            self._outside.append(
                ReportingRow(
                    unit["code"] or "", unit["name"] or "", standing=Standing.OUTSIDE,
                    file=file, copy=copy, remark=note,
                )
            )  # fmt: skip

    def rows(self, as_of: date | None) -> list[ReportingRow]:
        """A row per unit in the roster's order, then one per file of nobody on it."""
        return [*(self._row(unit, as_of) for unit in self.roster.units), *self._outside]

    def questions(self) -> list[str]:
        """What is asked or said of each file that is of no unit on the roster."""
        return [
            _ASKED.format(file=row.file, shown=row.name or row.code or row.file, said=row.remark)
            for row in self._outside
            if row.remark
        ]

    def counts(self) -> dict[str, int]:
        """How many units stand how, for the closing table."""
        rows = self.rows(None)
        found = Counter(row.standing for row in rows if row.name or row.file)
        on_roster = rows[: len(self.roster.units)]
        came = sum(row.standing in (*Standing.came(),) for row in on_roster)
        return {
            "名册单位": len(on_roster),
            "　已报": came,
            "　　其中迟报": sum(bool(row.late) for row in on_roster),
            "　　其中重复": found[Standing.TWICE],
            "　退回": sum(row.standing is Standing.RETURNED for row in on_roster),
            "　未报": found[Standing.MISSING],
            "　无需": found[Standing.EXEMPT],
            "名册外": found[Standing.OUTSIDE],
        }

    def _row(self, unit: RosterUnit, as_of: date | None) -> ReportingRow:
        came = self._came.get(unit.key, [])
        returned = self._returned.get(unit.key, [])
        if came:
            return _reported(unit, came)
        if returned:
            files = "、".join(str(record["file"]) for record in returned)
            return _plain_row(
                unit, Standing.RETURNED, files, str(returned[0]["copy"]), _BY_FILE_NAME
            )
        if unit.exempt:
            return _plain_row(unit, Standing.EXEMPT)
        return _missing(unit, as_of)


def _came(record: Record, match: Match, unit: RosterUnit) -> _Came:
    facts: Any = record["facts"]
    given: Any = record["unit"]
    year: Any = record["year"]
    said = facts.get("report_date")
    day = parse_date(str(said["raw"])) if said and said["state"] in ("text", "number") else None
    remarks = []
    if day is not None and year is not None and day.year <= year:
        remarks.append(_EARLY.format(day=day.isoformat()))
        day = None
    if match.by == "alias":
        remarks.append(_BY_OTHER_NAME.format(name=given["name"] or given["code"]))
    elif match.by == "name" and given["code"] and unit.code:
        remarks.append(_OTHER_CODE.format(code=given["code"]))
    return _Came(
        Received.of(record), str(record["copy"]), f"{record['form']} {record['year']}",
        bool(record["indicators"]), day, tuple(remarks),
    )  # fmt: skip


def _reported(unit: RosterUnit, came: list[_Came]) -> ReportingRow:
    """A unit that has reported: on the day the roster says it came in, else as its form says."""
    days = [one.day for one in came if one.day is not None]
    day = unit.received or (min(days) if days else None)
    basis = BY_ROSTER if unit.received else BY_FORM if day else NO_DATE
    late = (day - unit.deadline).days if day and unit.deadline else None
    replaced, kept = _by_rounds(came)
    is_twice = len({one.form for one in kept}) < len(kept)
    standing = (
        Standing.TWICE if is_twice else Standing.LATE if late and late > 0 else Standing.REPORTED
    )
    remarks = [remark for one in came for remark in one.remarks]
    if unit.exempt:
        remarks.append(_EXEMPT_CAME)
    if replaced:
        remarks.append(_REPLACED.format(last=_named(kept), before=_named(replaced)))
    first = next((one for one in kept if one.has_scores), kept[0])
    return ReportingRow(
        unit.code, unit.name, unit.kind, unit.deadline, standing, day, basis,
        late if late and late > 0 else None, "、".join(one.received.file for one in came), first.copy,
        "；".join(dict.fromkeys(remarks)),
    )  # fmt: skip


def _by_rounds(came: Sequence[_Came]) -> tuple[list[_Came], list[_Came]]:
    """Scored files instead of which a later round counts, and all others."""
    forms: dict[str, list[_Came]] = {}
    for one in came:
        if one.has_scores:
            forms.setdefault(one.form, []).append(one)
    roles: dict[str, Role] = {}
    for alike in forms.values():
        roles |= roles_of([one.received for one in alike])
    replaced = [one for one in came if roles.get(one.received.file) is Role.REPLACED]
    return replaced, [one for one in came if one not in replaced]


def _named(came: Sequence[_Came]) -> str:
    return "、".join(str(one.received) for one in came)


def _missing(unit: RosterUnit, as_of: date | None) -> ReportingRow:
    late = (as_of - unit.deadline).days if as_of and unit.deadline else None
    remark = _NOT_DUE if late is not None and late <= 0 else ""
    return ReportingRow(
        unit.code, unit.name, unit.kind, unit.deadline, Standing.MISSING,
        late=late if late and late > 0 else None, remark=remark,
    )  # fmt: skip


def _plain_row(
    unit: RosterUnit, standing: Standing, file: str = "", copy: str = "", remark: str = ""
) -> ReportingRow:
    return ReportingRow(
        unit.code, unit.name, unit.kind, unit.deadline, standing,
        file=file, copy=copy, remark=remark,
    )  # fmt: skip
