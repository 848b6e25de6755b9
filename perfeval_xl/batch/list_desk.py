"""The office's lists of one run: read before anything else, told to the office's index, answered for.

Nothing here is imported by a run without lists, nor by a worker.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from perfeval_xl.batch.across import batch_finding
from perfeval_xl.batch.lists import Lists
from perfeval_xl.batch.names import NameKind
from perfeval_xl.batch.office import Office
from perfeval_xl.batch.one import Options
from perfeval_xl.batch.previous import Previous, results_of
from perfeval_xl.batch.record import Record
from perfeval_xl.batch.reference import Fields, Figure, read_reference
from perfeval_xl.batch.remarks import Remark, Remarks
from perfeval_xl.batch.reporting import Reporting
from perfeval_xl.batch.roster import Match, Roster, question, read_roster
from perfeval_xl.batch.who import unit_key
from perfeval_xl.context import Given
from perfeval_xl.forms.catalog import load_form, load_forms
from perfeval_xl.labels import normalize_label
from perfeval_xl.writer.summary_reporting import OfficeSheets, RemarkRow

_NOT_ON_ROSTER = "batch.not_on_roster"
_CODE_NAME_DIFFER = "batch.code_name_differ"
_PLACES_SHOWN = 4


@dataclass
class Desk:
    """What the lists say, and what is still to be said of them when all files have been read.

    info: names and digests of the lists, for 运行信息. as_of: the day that lateness of what has not
    come is counted to; None leaves it to the day the summary is looked at.
    """

    roster: Roster | None = None
    as_of: date | None = None
    remarks: Remarks = field(default_factory=Remarks)
    info: dict[str, str] = field(default_factory=dict)
    _figures: list[Figure] = field(default_factory=list)
    _previous: Previous | None = None
    _waiting: dict[str, Figure] = field(default_factory=dict)  # units of 参考数据 without a file
    _met: dict[str, str] = field(default_factory=dict)
    _reporting: Reporting | None = None

    @classmethod
    def read(cls, lists: Lists, options: Options) -> Desk:
        """Read all lists that were named.

        Raises:
            ListError: one of them cannot be used.
        """
        forms = load_forms(options.templates)
        specs = [load_form(options.form, options.templates)] if options.form else forms
        desk = cls(as_of=lists.as_of)
        if lists.roster is not None:
            desk.roster = read_roster(lists.roster, desk.remarks)
            desk.info["名册"] = f"{_stamp(lists.roster)}，{len(desk.roster.units)} 个单位"
            desk._reporting = Reporting(desk.roster)
        if lists.reference is not None:
            desk._figures = read_reference(lists.reference, Fields.of(specs), desk.remarks)
            desk.info["参考数据"] = f"{_stamp(lists.reference)}，{len(desk._figures)} 个数"
        if lists.previous is not None:
            desk.info["上年结果"] = _stamp(results_of(lists.previous), lists.previous.name)
            desk._previous = Previous(lists.previous, specs, forms, desk.roster, desk.remarks)
        if lists.as_of is not None:
            desk.info["逾期算到"] = lists.as_of.isoformat()
        return desk

    def tell(self, office: Office) -> None:
        """Give the office's index all names and figures."""
        if self.roster is not None:
            office.add_names(self.roster.office_names())
        figures, self._figures = self._figures, []
        owners = self._by_roster(figures) if self.roster else self._by_themselves(figures, office)
        office.give_all(self._agreeing(owners))
        if self._previous is not None:
            carried = list(self._previous.carried(office))
            office.give_all((one.unit, one.year, one.given) for one in carried)

    def answer(self, record: Record) -> bool:
        """Add to an evaluated record what the roster makes of it; whether anything was.

        Notes that it has come.
        """
        findings: Any = record["findings"]
        before = len(findings)
        self._note_arrival(record)
        return len(findings) > before

    def _note_arrival(self, record: Record) -> None:
        unit: Any = record["unit"]
        name, code = unit["name"] or "", unit["code"] or ""
        if record["status"] == "evaluated":
            for label in (normalize_label(name), normalize_label(code)):
                self._met.setdefault(label, name or code)
        if self.roster is None or self._reporting is None:
            return
        match = self.roster.match(name, code)
        near = ""
        if record["status"] == "evaluated":
            near = self._judge(record, match, name, code)
        self._reporting.take(record, match, near)

    def key_of(self, name: str | None, code: str | None) -> str:
        """By which files are told to be of one unit: as the roster knows it, else its own.

        Empty for a file whose code and name are of two units: it is told to be of neither.
        """
        if self.roster is None:
            return unit_key(name, code)
        match = self.roster.match(name or "", code or "")
        if match.other is not None:
            return ""
        return match.unit.key if match.unit else unit_key(name, code)

    def kind_of(self, record: Record) -> str:
        """The type of a record's unit, as the roster has it."""
        unit: Any = record["unit"]
        match = self.roster.match(unit["name"] or "", unit["code"] or "") if self.roster else None
        return match.certain.kind if match and match.certain else ""

    def sheets(self) -> OfficeSheets:
        """What the lists add to the summary, once all files have been read."""
        remarks = [RemarkRow(r.file, r.place, r.said, r.fix) for r in self.closing_remarks()]
        if self._reporting is None:
            return OfficeSheets(remarks=remarks)
        rows = self._reporting.rows(self.as_of)
        return OfficeSheets(rows, self._reporting.counts(), remarks, self.as_of)

    @property
    def questions(self) -> list[str]:
        """What is asked of files that are of no unit on the roster."""
        return self._reporting.questions() if self._reporting else []

    def closing_remarks(self) -> list[Remark]:
        """Everything to be said of the lists once all files have been read."""
        if self.roster is None:
            for figure in self._waiting.values():
                labels = {normalize_label(figure.name), normalize_label(figure.code)} - {""}
                if not labels & self._met.keys():
                    near = question(_close(figure.name, self._met))
                    shown = figure.name or figure.code
                    self._say("no_file", figure, unit=shown, question=near)
        return self.remarks.found

    # ---- whose a figure is ----

    def _by_roster(self, figures: Sequence[Figure]) -> Iterator[tuple[str, str, Figure]]:
        """Key and name of the unit on the roster that each figure is of."""
        assert self.roster is not None
        known: dict[tuple[str, str], Match] = {}
        for figure in figures:
            pair = (figure.name, figure.code)
            match = known.get(pair) or known.setdefault(pair, self.roster.match(*pair))
            if match.certain is not None:
                yield match.certain.key, match.certain.name, figure
            elif match.unit is not None and match.other is not None:
                self._say(
                    "code_name_conflict", figure, code=figure.code, name=figure.name,
                    unit=match.unit.name, other=match.other.name,
                )  # fmt: skip
            else:
                near = question(self.roster.close_to(figure.name, figure.code))
                self._say("unknown_unit", figure, question=near)

    def _by_themselves(
        self, figures: Sequence[Figure], office: Office
    ) -> Iterator[tuple[str, str, Figure]]:
        """Without a roster: the list's own codes and names, where they do not contradict it."""
        names: dict[str, dict[str, str]] = {}
        codes: dict[str, dict[str, str]] = {}
        for figure in figures:
            name, code = normalize_label(figure.name), normalize_label(figure.code)
            if name and code:
                names.setdefault(code, {})[name] = figure.name
                codes.setdefault(name, {})[code] = figure.code
        sure: list[Figure] = []
        for figure in figures:
            name, code = normalize_label(figure.name), normalize_label(figure.code)
            several = [*names.get(code, {}).values()] if code else []
            twice = [*codes.get(name, {}).values()] if name else []
            if len(several) > 1:
                self._say("two_names", figure, code=code, unit=several[0], other=several[1])
            elif len(twice) > 1:
                self._say("two_codes", figure, unit=figure.name, code=twice[0], other=twice[1])
            else:
                sure.append(figure)
        for figure in sure:
            code = figure.code or next(
                iter(codes.get(normalize_label(figure.name), {}).values()), ""
            )
            key = unit_key(figure.name, normalize_label(code))
            self._waiting.setdefault(key, figure)
            yield key, figure.name or code, figure
        office.add_names(_names((f.name, f.code) for f in sure))

    def _agreeing(
        self, owners: Iterator[tuple[str, str, Figure]]
    ) -> Iterator[tuple[str, int | None, Given]]:
        """Figures without those that the list itself gives in two ways."""
        groups: dict[tuple[str, str, int | None], list[tuple[str, Figure]]] = {}
        for key, name, figure in owners:
            groups.setdefault((key, figure.given.fact, figure.year), []).append((name, figure))
        for (key, _, year), group in groups.items():
            name, first = group[0]
            if len({figure.given.value for _, figure in group}) == 1:
                yield key, year, first.given
                continue
            shown = [f"{figure.given.raw}（{figure.place}）" for _, figure in group]
            more = "等" if len(shown) > _PLACES_SHOWN else ""
            others = "、".join(shown[:_PLACES_SHOWN]) + more
            self._say("two_values", first, unit=name, field=first.label, others=others)

    def _say(self, code: str, figure: Figure, /, **slots: str) -> None:
        shown = "，".join(filter(None, (figure.code, figure.name)))
        place = figure.place if code == "two_values" else figure.unit_place
        self.remarks.add(code, shown, figure.file, place, **slots)

    # ---- whose a file is ----

    def _judge(self, record: Record, match: Match, name: str, code: str) -> str:
        """Add the finding of a file that is of no unit or of two; returns the question asked."""
        assert self.roster is not None
        findings: Any = record["findings"]
        if match.other is not None and match.unit is not None:
            findings.append(
                batch_finding(
                    _CODE_NAME_DIFFER,
                    {"unit": name, "provided": code, "expected": match.unit.name},
                )
            )  # fmt: skip
            return f"编码是“{match.unit.name}”的，名称是“{match.other.name}”的"
        if match.unit is not None:
            return ""
        near = question(self.roster.close_to(name, code))
        shown = name or code or str(record["file"])
        findings.append(
            batch_finding(_NOT_ON_ROSTER, {"unit": shown, "note": near, "provided": shown})
        )
        return near


@contextmanager
def known_beside(lists: Lists, options: Options) -> Iterator[tuple[Options, Desk]]:
    """Options for single files that know what the lists say; gone when the block ends.

    Raises:
        ListError: one of the lists cannot be used.
    """
    desk = Desk.read(lists, options)
    with TemporaryDirectory(prefix="perfeval_") as folder, Office(Path(folder)) as office:
        desk.tell(office)
        yield replace(options, index=office.path), desk


def _names(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[NameKind, str, str]]:
    """Names and codes with the key they share."""
    codes: dict[str, str] = {}
    for name, code in (found := list(dict.fromkeys(pairs))):
        if name and code:
            codes[normalize_label(name)] = code
    for name, code in found:
        key = unit_key(name, normalize_label(code or codes.get(normalize_label(name), "")))
        if code:
            yield "code", code, key
        if name:
            yield "name", name, key


def _stamp(path: Path, name: str = "") -> str:
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return f"{name or path.name}，SHA-256 {digest}"


def _close(name: str, met: dict[str, str]) -> list[str]:
    import difflib

    near = difflib.get_close_matches(normalize_label(name), met, 1, 0.6)
    return [met[label] for label in near]
