"""上年结果: last year's accepted figures from the outbox of last year's run, for this year's units.

Which figure of last year is which of this year is data of the form ([previous] in rubric.toml).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from perfeval_xl.amounts import in_money, plain
from perfeval_xl.batch.office import Office
from perfeval_xl.batch.record import from_line
from perfeval_xl.batch.remarks import Remarks
from perfeval_xl.batch.roster import Roster, RosterUnit
from perfeval_xl.batch.who import unit_key
from perfeval_xl.context import Given, Rank
from perfeval_xl.forms.lists import list_texts
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.labels import normalize_label

RESULTS = "results.jsonl"
_SOURCE = "上年结果"
_NAMED = 10  # units outside the roster that are named


@dataclass(frozen=True, slots=True)
class Accepted:
    """One figure of last year: its value in the form's unit, as it stood, file and cell."""

    value: Decimal
    raw: str
    place: str


@dataclass
class Former:
    """What one unit of last year's batch had accepted; a figure that is not certain is None.

    wrong, twice: labels of figures that are not accepted, and why.
    """

    name: str
    code: str
    form: str
    figures: dict[str, Accepted | None] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)
    twice: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Carried:
    """A figure of last year for a unit of this year."""

    unit: str
    year: int
    given: Given


def results_of(outbox: Path) -> Path:
    """The results of an outbox.

    Raises:
        ListError: it is none.
    """
    path = outbox / RESULTS
    if not path.is_file():
        raise list_texts().error("not_an_outbox", outbox.name, "")
    return path


class Previous:
    """Last year's units, looked up by what this year's are called.

    specs: forms that this year's files may be of. forms: all known forms, last year's among them.
    """

    def __init__(
        self,
        outbox: Path,
        specs: Sequence[FormSpec],
        forms: Sequence[FormSpec],
        roster: Roster | None,
        remarks: Remarks,
    ) -> None:
        self.specs = [spec for spec in specs if spec.previous or spec.compared]
        self.forms = {spec.id: spec for spec in forms}
        self.file = _SOURCE
        self.roster = roster
        self.remarks = remarks
        self.years = {spec.year - 1 for spec in self.specs}
        self.units: dict[tuple[int, str], Former] = {}
        self._read(results_of(outbox))

    def carried(self, office: Office) -> Iterator[Carried]:
        """Every figure of last year that can be used this year; ``office`` learns its names."""
        met = {year for year, _ in self.units}
        for year in sorted(self.years - met if not met else ()):
            self.remarks.add("previous_year", "", self.file, year=str(year))
        for spec in self.specs:
            last = {
                key: former for (year, key), former in self.units.items() if year == spec.year - 1
            }
            if self.roster is not None:
                yield from self._by_roster(spec, last, self.roster)
            else:
                yield from self._by_key(spec, last, office)

    # ---- reading ----

    def _read(self, path: Path) -> None:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    self._take(from_line(line))
                except (ValueError, KeyError, TypeError) as exc:
                    raise list_texts().error(
                        "bad_results", f"{self.file}/{RESULTS}", "", line=str(number)
                    ) from exc

    def _take(self, record: Mapping[str, Any]) -> None:
        if record["status"] != "evaluated" or record["year"] not in self.years:
            return
        name, code = record["unit"]["name"] or "", record["unit"]["code"] or ""
        key = unit_key(name, code)
        if key:
            spec = self.forms.get(str(record["form"]))
            former = self.units.setdefault(
                (int(record["year"]), key), Former(name, code, str(record["form"]))
            )
            if spec is not None:
                accept(record, former, spec, self._wanted())

    def _wanted(self) -> set[str]:
        """Facts of last year that this year asks for."""
        return {
            last
            for spec in self.specs
            for pairs in (spec.previous, spec.compared)
            for last in pairs.values()
        }

    # ---- joining ----

    def _by_key(
        self, spec: FormSpec, last: Mapping[str, Former], office: Office
    ) -> Iterator[Carried]:
        """Without a roster: the same code or the same name."""
        groups: dict[str, list[Former]] = {}
        for former in last.values():
            key = office.unit_of(former.name, former.code)
            office.add_names([("code", former.code, key), ("name", former.name, key)])
            groups.setdefault(key, []).append(former)
        for key, formers in groups.items():
            for whole in _one_of(formers) if key else ():
                yield from self._carried(spec, key, whole.name, [whole])

    def _by_roster(
        self, spec: FormSpec, last: Mapping[str, Former], roster: Roster
    ) -> Iterator[Carried]:
        own: dict[str, list[Former]] = {}
        parts: dict[str, list[Former]] = {}
        outside = []
        for former in last.values():
            match = roster.match(former.name, former.code)
            if match.other is not None and match.unit is not None:
                self.remarks.add(
                    "previous_conflict", "", self.file, code=former.code, name=former.name,
                    unit=match.unit.name, other=match.other.name,
                )  # fmt: skip
            elif match.unit is None:
                outside.append(former.name or former.code)
            else:
                is_part = roster.made_of(match.unit, former.name, former.code)
                (parts if is_part else own).setdefault(match.unit.key, []).append(former)
        if outside:
            shown = "、".join(outside[:_NAMED]) + ("等" if len(outside) > _NAMED else "")
            self.remarks.add(
                "previous_outside", "", self.file, count=str(len(outside)), others=shown
            )
        for unit in roster.units:
            found = _one_of(own.get(unit.key, ())) + parts.get(unit.key, [])
            if found:
                absent = _absent(unit, found, bool(parts.get(unit.key)))
                yield from self._carried(spec, unit.key, unit.name, found, absent)

    def _carried(
        self,
        spec: FormSpec,
        unit: str,
        name: str,
        formers: Sequence[Former],
        absent: Sequence[str] = (),
    ) -> Iterator[Carried]:
        """The figures of a unit, added up when it was made of several."""
        for rank, pairs in ((Rank.PREVIOUS, spec.previous), (Rank.COMPARED, spec.compared)):
            for fact, last in pairs.items():
                figure = self._figure(spec, name, last, formers, absent)
                if figure is not None:
                    given = Given(fact, figure.value, figure.raw, figure.place, rank)
                    yield Carried(unit, spec.year, given)

    def _figure(
        self,
        spec: FormSpec,
        name: str,
        fact: str,
        formers: Sequence[Former],
        absent: Sequence[str],
    ) -> Accepted | None:
        label = spec.label_of(fact)
        for former in formers:
            self._say_why_not(former, label)
        found = [self._in_this_money(spec, former, fact) for former in formers]
        have = [figure for figure in found if figure is not None]
        if not have:
            return None
        lacking = [f.name for f, figure in zip(formers, found, strict=True) if figure is None]
        if lacking or absent:
            missing = "、".join([*lacking, *absent])
            self.remarks.add(
                "previous_incomplete", "", self.file, unit=name, missing=missing, field=label
            )
            return None
        if len(have) == 1:
            one = have[0]
            return Accepted(one.value, one.raw, f"{_SOURCE} {one.place}")
        others = "、".join(former.name or former.code for former in formers)
        self.remarks.add("previous_merged", "", self.file, unit=name, others=others, field=label)
        total = sum((figure.value for figure in have), Decimal(0))
        raw = "＋".join(figure.raw for figure in have)
        return Accepted(total, raw, f"{_SOURCE} {'、'.join(f.place for f in have)}（{others}相加）")

    def _in_this_money(self, spec: FormSpec, former: Former, fact: str) -> Accepted | None:
        figure, form = former.figures.get(fact), self.forms.get(former.form)
        if form is None:
            self.remarks.add("previous_form", "", self.file, unit=former.name, form=former.form)
            return None
        if figure is None or form.money == spec.money or not _is_money(form, fact):
            return figure
        value = in_money(figure.value, form.money, spec.money)
        return Accepted(value, f"{figure.raw}{form.money}", figure.place)

    def _say_why_not(self, former: Former, label: str) -> None:
        for code, labels in (("previous_wrong", former.wrong), ("previous_twice", former.twice)):
            if label in labels:
                self.remarks.add(code, "", self.file, unit=former.name, field=label)


def accept(
    record: Mapping[str, Any], former: Former, spec: FormSpec, wanted: Iterable[str]
) -> None:
    """Take the figures of one of last year's records that its review did not find wrong.

    The one place that says which of last year's figures are accepted.
    """
    doubted = set(_places_of_errors(record))
    for fact in wanted:
        found = record["facts"].get(fact)
        if found is None or found["state"] != "number":
            continue
        if (found["sheet"], found["cell"]) in doubted:
            former.wrong.add(spec.label_of(fact))
            former.figures[fact] = None
            continue
        value = Decimal(found["value"])
        place = f"{record['file']} {found['sheet']}!{found['cell']}"
        known = former.figures.setdefault(fact, Accepted(value, plain(value), place))
        if known is not None and known.value != value:
            former.twice.add(spec.label_of(fact))
            former.figures[fact] = None


def _places_of_errors(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Sheets and cells that an error of last year's review names."""
    for finding in record["findings"]:
        if finding["severity"] == "error":
            for cell in finding["cells"]:
                sheet, mark, address = cell.rpartition("!")
                yield (sheet if mark else finding["sheet"], address)


def _is_money(spec: FormSpec, fact: str) -> bool:
    return fact not in spec.fields or spec.fields[fact].kind == "amount"


def _one_of(formers: Sequence[Former]) -> list[Former]:
    """What one unit sent under several of its names, as one; figures that differ are not certain."""
    if len(formers) < 2:
        return list(formers)
    whole = Former(formers[0].name, formers[0].code, formers[0].form)
    for former in formers:
        whole.wrong |= former.wrong
        whole.twice |= former.twice
        for fact, figure in former.figures.items():
            known = whole.figures.setdefault(fact, figure)
            if known is not None and (figure is None or known.value != figure.value):
                whole.figures[fact] = None
    return [whole]


def _absent(unit: RosterUnit, found: Sequence[Former], is_merged: bool) -> list[str]:
    """Names of units it was made of that last year's results do not have.

    A name under 合并单位 must be there. One under 别名 may be a mere spelling: it must be there only
    once another alias has shown that the unit was made of others.
    """
    there = {normalize_label(name) for former in found for name in (former.name, former.code)}
    due = unit.merged + (unit.aliases if is_merged else ())
    known = normalize_label(unit.name)
    return [n for n in due if normalize_label(n) not in there | {known}]
