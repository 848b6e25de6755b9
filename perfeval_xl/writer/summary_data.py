"""Records of results.jsonl, gathered in one pass into the few values the summary needs.

Nothing here writes; a record is read once and let go, so that memory grows with the number of
units and not with what stands in their findings.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import nsmallest
from pathlib import PurePosixPath
from sys import intern
from typing import Any, NamedTuple, TypeVar

from perfeval_xl.model import Origin, Outcome, Severity

Record = Mapping[str, Any]

NO_NAME = "（未填单位名称）"
BLANK = "空"
ZERO = Decimal(0)
_Number = TypeVar("_Number", Decimal, Decimal | None)


class UnitRow(NamedTuple):
    """One evaluated file; points as in ``totals``, ``difference`` is stated less computed."""

    name: str
    code: str
    file: str
    copy: str
    form: str
    stated: Decimal | None
    self_sum: Decimal | None
    computed: Decimal
    low: Decimal | None
    high: Decimal | None
    difference: Decimal | None
    rating_stated: str
    rating: tuple[str, ...]
    decided: Decimal
    undecided: Decimal
    judged: Decimal
    errors: int
    warnings: int
    notes: int
    cells: tuple[tuple[str, str] | None, ...]  # outcome and shown text, in the form's order
    lacking: str
    lacking_count: int
    round: int

    @property
    def rating_differs(self) -> bool:
        """Whether the stated rating is none of those the computed total allows."""
        return bool(self.rating_stated and self.rating and self.rating_stated not in self.rating)


class ReturnedRow(NamedTuple):
    """One file that could not be evaluated."""

    file: str
    name: str
    code: str
    message: str
    fix: str
    note: str


class IndicatorHead(NamedTuple):
    """An indicator as the matrix heads its column."""

    id: str
    number: int
    label: str
    parent: str
    max: Decimal


class FactNeed(NamedTuple):
    """A fact that is missing: where it counts, at how many units, for how many points.

    ``points`` are those of the indicators it takes part in, ``alone`` the part for which it is
    the only thing missing.
    """

    label: str
    indicators: tuple[str, ...]
    units: int
    points: Decimal
    alone: Decimal


class FindingKind(NamedTuple):
    """A kind of finding and how many files and places have it."""

    code: str
    title: str
    severity: str
    origin: str
    files: int
    findings: int


@dataclass(slots=True)
class _Need:
    label: str
    indicators: dict[str, None] = field(default_factory=dict)
    units: int = 0
    points: Decimal = ZERO
    alone: Decimal = ZERO


@dataclass(slots=True)
class _Kind:
    title: str
    severity: str
    origin: str
    files: int = 0
    findings: int = 0


@dataclass(slots=True)
class Gathered:
    """What one pass over the records left; ``add`` takes the next record."""

    units: list[UnitRow] = field(default_factory=list)
    figures: list[UnitRow] = field(default_factory=list)  # forms of figures, without scores
    returned: list[ReturnedRow] = field(default_factory=list)
    heads: dict[str, dict[str, IndicatorHead]] = field(default_factory=dict)
    points: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    findings: Counter[str] = field(default_factory=Counter)
    _kinds: dict[tuple[str, str, str], _Kind] = field(default_factory=dict)
    _needs: dict[str, _Need] = field(default_factory=dict)
    _texts: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    _numbers: dict[str, Decimal] = field(default_factory=dict)  # each once, by how it is written

    @property
    def files(self) -> int:
        """All files, evaluated and returned."""
        return len(self.units) + len(self.figures) + len(self.returned)

    def add(self, record: Record) -> None:
        """Take what the summary needs of one record."""
        if record["status"] == "returned":
            self.returned.append(returned_row(record))
            return
        self._count_findings(record["findings"])
        if not record["indicators"]:
            self.figures.append(self._unit_row(record))
            return
        self._count_points(record["indicators"], record["totals"])
        self._count_needs(record["indicators"])
        self.units.append(self._unit_row(record))

    def kinds(self) -> list[FindingKind]:
        """Kinds of finding, the most widespread first."""
        kinds = (
            FindingKind(code, kind.title, kind.severity, kind.origin, kind.files, kind.findings)
            for (code, _, _), kind in self._kinds.items()
        )
        return sorted(kinds, key=lambda kind: (-kind.files, -kind.findings, kind.code))

    def needs(self) -> list[FactNeed]:
        """Missing facts, the one that concerns most points first."""
        needs = (
            FactNeed(need.label, tuple(need.indicators), need.units, need.points, need.alone)
            for need in self._needs.values()
        )
        return sorted(needs, key=lambda need: (-need.points, -need.alone, need.label))

    def _count_findings(self, findings: Iterable[Record]) -> None:
        seen = set()
        for finding in findings:
            self.findings[finding["severity"]] += 1
            key = (finding["code"], finding["severity"], finding["origin"])
            kind = self._kinds.get(key)
            if kind is None:
                title = finding.get("title") or finding["code"]
                kind = self._kinds[key] = _Kind(title, key[1], key[2])
            kind.findings += 1
            kind.files += key not in seen
            seen.add(key)

    def _count_points(self, indicators: Iterable[Record], totals: Record) -> None:
        # Judged and undecided come from the totals: points of a shared pool count once there.
        rest = decimal(totals["decided"])
        for indicator in indicators:
            if indicator["outcome"] in _DECIDED:
                self.points[indicator["outcome"]] += decimal(indicator["max"])
                rest -= decimal(indicator["max"])
        self.points[Outcome.NOT_APPLICABLE] += max(ZERO, rest)
        self.points[Outcome.UNDECIDED] += decimal(totals["undecided"])
        self.points[Outcome.JUDGED] += decimal(totals["judged"])

    def _count_needs(self, indicators: Iterable[Record]) -> None:
        met = set()
        for indicator in _undecided(indicators):
            points = decimal(indicator["max"])
            for fact, label in _missing(indicator):
                need = self._needs.setdefault(fact, _Need(label))
                need.indicators[short_label(indicator)] = None
                need.points += points
                need.alone += points if len(indicator["missing"]) == 1 else ZERO
                need.units += fact not in met
                met.add(fact)

    def _unit_row(self, record: Record) -> UnitRow:
        totals, unit = record["totals"], record["unit"] or {}
        counts = Counter(finding["severity"] for finding in record["findings"])
        stated, computed = totals["stated"], decimal(totals["computed"])
        lacking = _facts_lacking(record["indicators"])
        return UnitRow(
            name=unit.get("name") or "",
            code=unit.get("code") or "",
            file=record["file"],
            copy=record.get("copy") or "",
            form=intern(record["form"] or ""),
            stated=self._once(optional(stated)),
            self_sum=self._once(optional(totals["self_sum"])),
            computed=self._once(computed),
            low=self._once(optional(totals["low"])),
            high=self._once(optional(totals["high"])),
            difference=self._once(None if stated is None else decimal(stated) - computed),
            rating_stated=intern(totals["rating_stated"] or ""),
            rating=tuple(map(intern, totals["rating"])),
            decided=self._once(decimal(totals["decided"])),
            undecided=self._once(decimal(totals["undecided"])),
            judged=self._once(decimal(totals["judged"])),
            errors=counts[Severity.ERROR],
            warnings=counts[Severity.WARNING],
            notes=counts[Severity.NOTE],
            cells=self._matrix_cells(record["form"] or "", record["indicators"])
            if record["indicators"]
            else (),
            lacking="；".join(f"{label}（{plain(points)} 分）" for label, points in lacking),
            lacking_count=len(lacking),
            round=record.get("round") or 1,
        )

    def _once(self, value: _Number) -> _Number:
        """The number, the same object for all units that have it: there are few of them."""
        return value if value is None else self._numbers.setdefault(str(value), value)

    def _matrix_cells(
        self, form: str, indicators: Iterable[Record]
    ) -> tuple[tuple[str, str] | None, ...]:
        heads = self.heads.setdefault(form, {})
        shown = {}
        for indicator in indicators:
            if indicator["id"] not in heads:
                heads[indicator["id"]] = indicator_head(indicator)
            cell = (intern(indicator["outcome"]), matrix_text(indicator))
            shown[indicator["id"]] = self._texts.setdefault(cell, cell)
        return tuple(shown.get(head) for head in heads)


_DECIDED = (Outcome.AGREES, Outcome.WITHIN_READINGS, Outcome.DIFFERS)


def sorted_units(units: list[UnitRow]) -> list[UnitRow]:
    """Units with most errors first, then those with the largest difference, then by file."""
    return sorted(units, key=lambda unit: (-unit.errors, -_gap(unit), unit.file))


def widest_gaps(units: list[UnitRow], most: int) -> list[UnitRow]:
    """At most ``most`` units, those with the largest difference between stated and computed."""
    return nsmallest(most, units, key=lambda unit: -_gap(unit))


def _gap(unit: UnitRow) -> float:
    return abs(float(unit.difference or 0))


def returned_row(record: Record) -> ReturnedRow:
    """A returned file as the summary lists it."""
    reason, unit = record["reason"] or {}, record.get("unit") or {}
    return ReturnedRow(
        file=record["file"],
        name=unit.get("name") or "",
        code=reason.get("code") or "",
        message=reason.get("message") or "",
        fix=reason.get("fix") or "",
        note=record.get("copy") or "",
    )


def indicator_head(indicator: Record) -> IndicatorHead:
    """How the matrix heads this indicator."""
    return IndicatorHead(
        indicator["id"],
        indicator.get("number") or 0,
        indicator.get("label") or indicator["id"],
        indicator.get("parent") or "",
        decimal(indicator["max"]),
    )


def matrix_text(indicator: Record) -> str:
    """The self-score, and after an arrow the computed one where they differ: 5→2.5."""
    own = plain(optional(indicator["self"])) or BLANK
    score = optional(indicator["score"])
    if indicator["outcome"] == Outcome.DIFFERS and score is not None:
        return f"{own}→{plain(score)}"
    return own


def short_label(indicator: Record) -> str:
    """Number and label of an indicator: 2 “三公经费”变动率."""
    return f"{indicator.get('number') or ''} {indicator.get('label') or indicator['id']}".strip()


def file_stem(file: str) -> str:
    """The name of a file without folder and ending."""
    return PurePosixPath(file).stem


def decimal(value: Decimal | int | None) -> Decimal:
    """The number, 0 for none."""
    return ZERO if value is None else Decimal(value)


def optional(value: Decimal | int | None) -> Decimal | None:
    """The number or none, never an int."""
    return None if value is None else Decimal(value)


def plain(value: Decimal | None) -> str:
    """The number as people write it, at most two decimals: 98, 97.5, 2.22; empty for none."""
    if value is None:
        return ""
    shown = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def _undecided(indicators: Iterable[Record]) -> Iterable[Record]:
    return (each for each in indicators if each["outcome"] == Outcome.UNDECIDED)


def _facts_lacking(indicators: Iterable[Record]) -> list[tuple[str, Decimal]]:
    """Labels of one unit's missing facts with the points they concern, most points first."""
    points: dict[str, Decimal] = {}
    for indicator in _undecided(indicators):
        for _, label in _missing(indicator):
            points[label] = points.get(label, ZERO) + decimal(indicator["max"])
    return sorted(points.items(), key=lambda item: -item[1])


def _missing(indicator: Record) -> list[tuple[str, str]]:
    """Ids and labels of the facts that would decide an indicator."""
    return list(zip(indicator["missing"], indicator["missing_labels"], strict=True))


def unit_faults(kinds: Iterable[FindingKind]) -> list[FindingKind]:
    """Kinds the unit has to put right, without the faults of the printed form."""
    return [kind for kind in kinds if kind.origin != Origin.TEMPLATE]
