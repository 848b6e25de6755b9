"""The last word, collected: rulings from all copies, checked, into 汇总_核定.xlsx and notices.

What counts is what stands in the copies now; the store gives what was ruled on earlier versions.
Nothing is evaluated again: figures are those of results.jsonl.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.batch.copies import OutboxCopies, copies_in
from perfeval_xl.batch.counting import Received, roles_of
from perfeval_xl.batch.discover import REVIEWED, REVIEWED_SUFFIX
from perfeval_xl.batch.files import clear_parts, reason_of
from perfeval_xl.batch.journal import Journal
from perfeval_xl.batch.lock import OutboxLock
from perfeval_xl.batch.one import Options, entries_of, why_unreadable
from perfeval_xl.batch.ours import OurFiles
from perfeval_xl.batch.record import Record, from_line
from perfeval_xl.batch.rulings import RulingStore, Snapshot, known_for
from perfeval_xl.batch.units import KnownUnits, units_of_last_run
from perfeval_xl.batch.who import Who, may_be_one, who_of
from perfeval_xl.context import Adjudication, Waiver
from perfeval_xl.errors import PerfEvalError, WorkbookError
from perfeval_xl.forms.office import AS_PRINTED, OfficeRules, office_form
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import CellRef, Outcome
from perfeval_xl.ruling import (
    Fault,
    Question,
    changed_grounds,
    faults_of,
    finding_keys,
    total_of,
    waiver_faults,
)
from perfeval_xl.settlement import Dealt, Item, Mistake, Role, Stage, UnitSettlement
from perfeval_xl.writer.ruled import Entries, TypedRuling, TypedWaiver, iso_date
from perfeval_xl.writer.text import (
    COPY_OF_ANOTHER,
    COPY_UNREADABLE,
    FAULTS,
    FORMULA_WITHOUT_RESULT,
    POOL_EXCEEDED,
    UNITS_LOST,
    WHY_ROLE,
    carried_from,
    earlier_ruling,
    earlier_waiver,
    interval,
)

RESULTS = "results.jsonl"
SETTLED = "汇总_核定.xlsx"
NOTICES = "复核意见书"
NOTICE_SUFFIX = "_复核意见书"
_NOBODY = ("", "", 0)
_NOTHING_READ = Entries("", "", (), (), {})


class NothingToSettle(PerfEvalError):
    """The outbox holds no results."""

    def __str__(self) -> str:
        return f"“{self.args[0]}”里没有 {RESULTS}。请先运行 perfeval run 收件 --out 这个文件夹。"


@dataclass(frozen=True, slots=True)
class Settlement:
    """All units, and where the summary lies.

    set_aside: officers' versions of our own outputs. strays: copies of files that the last run did
    not find or gave back, in which an officer entered something; it is kept but counts nowhere.
    remarks: what else there is to say, in words.
    """

    units: tuple[UnitSettlement, ...]
    summary: Path
    set_aside: tuple[str, ...]
    strays: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def count(self, stage: Stage) -> int:
        """How many units are that far."""
        return sum(unit.stage is stage for unit in self.units)


def settle(
    outbox: str | Path,
    templates: str | Path | None = None,
    office: OfficeRules = AS_PRINTED,
) -> Settlement:
    """Collect and check the rulings in all copies; write the summary and a notice per unit.

    office: what the office has settled for itself: its bands give the rating, its tints the looks.

    Raises:
        NothingToSettle: no run has finished in this outbox.
        OutboxBusy: a run is writing to it.
        FormSpecError: the form data is wrong or gone.
        OSError: the outbox cannot be written.
    """
    target = Path(outbox)
    if not (target / RESULTS).is_file():
        raise NothingToSettle(str(target))
    options = Options(templates=Path(templates) if templates else None, office=office)
    with OutboxLock(target):
        clear_parts(target)
        store = RulingStore(target)
        with Journal(target, "") as journal:
            OutboxCopies(target, store, options, journal.sources).look_at_all()
        files = {str(record["file"]) for record in _records(target)}
        with units_of_last_run(target) as known:
            collector = _Collector(target, store, options, files, known)
            units = collector.units(_records(target))
        ours = OurFiles(target)
        _write(ours, units, office)
        strays = _strays(target, {unit.copy for unit in units}, options)
    remarks = (UNITS_LOST,) if known.are_lost else ()
    return Settlement(units, target / SETTLED, tuple(ours.set_aside), tuple(strays), remarks)


def _strays(outbox: Path, known: set[str], options: Options) -> Iterator[str]:
    """Copies beside those of the results that hold entries."""
    for place in copies_in(outbox):
        if place not in known:
            with contextlib.suppress(WorkbookError, OSError):
                data = (outbox / place).read_bytes()
                if entries_of(place, data, outbox, options).count:
                    yield place


def _records(outbox: Path) -> Iterator[Record]:
    with (outbox / RESULTS).open(encoding="utf-8") as lines:
        yield from (from_line(line) for line in lines)


def _write(ours: OurFiles, units: Sequence[UnitSettlement], office: OfficeRules) -> None:
    from perfeval_xl.writer.notice import write_notice
    from perfeval_xl.writer.settled import write_settled
    from perfeval_xl.writer.style import in_colours

    with (
        tempfile.TemporaryDirectory(prefix="perfeval_") as folder,
        in_colours(dict(office.colours)),
    ):
        scratch = Path(folder) / "x.xlsx"

        def made(write: Callable[[Path], object]) -> bytes:
            write(scratch)
            return scratch.read_bytes()

        for unit in units:
            if not unit.counts:
                continue  # nobody is sent an opinion on what does not count
            ours.put(unit.notice, made(lambda path, unit=unit: write_notice(path, unit)))  # type: ignore[misc]
        ours.put(SETTLED, made(lambda path: write_settled(path, units)))
    ours.finish()


@dataclass(frozen=True, slots=True)
class _Settled:
    """A file, settled by itself; key: its unit, form and year, empty for a unit nobody knows."""

    unit: UnitSettlement
    received: Received
    key: tuple[str, str, int] | None
    is_ruled: bool


class _Collector:
    """Records and what officers entered, put together unit by unit."""

    def __init__(
        self,
        outbox: Path,
        store: RulingStore,
        options: Options,
        files: Set[str],
        known: KnownUnits,
    ) -> None:
        self._outbox = outbox
        self._options = options
        self._files = files
        self._known = known
        self._snapshots = store.snapshots
        self._by_file: dict[str, set[int]] = {}  # numbers of snapshots, the oldest first
        self._by_unit: dict[str, set[int]] = {}
        for number, snapshot in enumerate(store.snapshots):
            self._by_file.setdefault(snapshot.file, set()).add(number)
            if key := known.unit_of(snapshot.who, snapshot.file, snapshot.sha256):
                self._by_unit.setdefault(key, set()).add(number)

    def units(self, records: Iterable[Record]) -> tuple[UnitSettlement, ...]:
        """A settlement per evaluated file that has scores, and which of a unit's files counts."""
        settled = [
            self._settled(record)
            for record in records
            if record["status"] == "evaluated" and record["indicators"]
        ]
        together: dict[tuple[str, str, int], list[_Settled]] = {}
        for one in settled:
            if one.key is not None:
                together.setdefault(one.key, []).append(one)
        return tuple(_with_role(one, together.get(one.key or _NOBODY, [])) for one in settled)

    def _settled(self, record: Mapping[str, Any]) -> _Settled:
        who = who_of(record)
        assert who is not None
        key = self._known.unit_of(who, record["file"], record["sha256"] or "")
        spec = office_form(record["form"], self._options.templates, self._options.office)
        mistakes: list[Mistake] = []
        entries = self._entries(record, mistakes)
        snapshots = self._entered(record["file"], who, key, entries.sha256)
        rulings, waivers = known_for(snapshots, entries.sha256)
        items = _items(record, spec, entries, rulings, mistakes)
        mistakes += _pool_mistakes(record, spec, items)
        findings = _findings(record, entries, waivers, mistakes)
        ruled = {i.question.id: i.ruled for i in items if i.ruled is not None}
        pools = {name: pool.points for name, pool in spec.pools.items()}
        total = total_of([item.question for item in items], ruled, pools)
        totals = record["totals"]
        unit = UnitSettlement(
            file=record["file"],
            copy=record["copy"],
            notice=notice_of(record["copy"]),
            unit=record["unit"]["name"] or "",
            code=record["unit"]["code"] or "",
            form_name=spec.name,
            year=record["year"],
            stated=_number(totals["self_sum"] if totals["stated"] is None else totals["stated"]),
            computed=_number(totals["computed"]),
            rating_stated=totals["rating_stated"] or "",
            total=total,
            rating=_rating(total, record, spec),
            items=items,
            findings=findings,
            mistakes=tuple(mistakes),
        )
        group = (key, who.form, who.year or 0) if key else None
        return _Settled(unit, Received.of(record), group, entries.count > 0)

    def _entries(self, record: Mapping[str, Any], mistakes: list[Mistake]) -> Entries:
        """What stands in the copy; what was last read of it when it cannot be opened."""
        place = str(record["copy"])
        try:
            data = (self._outbox / place).read_bytes()
            found = entries_of(place, data, self._outbox, self._options)
        except OSError as exc:
            why = reason_of(exc)
        except WorkbookError as exc:
            why = why_unreadable(exc, place)
        else:
            if found.name == record["file"] or found.name not in self._files:
                return found
            why = COPY_OF_ANOTHER.format(file=found.name)
        message, fix = COPY_UNREADABLE
        mistakes.append(Mistake(place, message.format(why=why), fix))
        return _NOTHING_READ

    def _entered(self, file: str, who: Who, key: str, sha256: str) -> list[Snapshot]:
        """What was entered for this file or another one of its unit, on the same form."""
        of_unit = self._by_unit.get(key, set())
        found = [(n, self._snapshots[n]) for n in sorted(self._by_file.get(file, set()) | of_unit)]
        return [
            s
            for n, s in found
            if (s.who.form, s.who.year) == (who.form, who.year)
            and (n in of_unit or s.sha256 == sha256 or may_be_one(s.who, who))
        ]


def _with_role(one: _Settled, together: Sequence[_Settled]) -> UnitSettlement:
    """The settlement with what becomes of its file, and of which others that is said."""
    if len(together) < 2:
        return one.unit
    ruled = frozenset(other.received.file for other in together if other.is_ruled)
    roles = roles_of([other.received for other in together], ruled)
    role = roles[one.received.file]
    if role is Role.UNDECIDED:
        said = [
            other for other in together if roles[other.received.file] is role and other is not one
        ]
    elif role is Role.COUNTS:
        said = [other for other in together if other is not one]
    else:
        counting = (Role.COUNTS, Role.UNDECIDED)
        said = [other for other in together if roles[other.received.file] in counting]
    others = "、".join(str(other.received) for other in said)
    why = WHY_ROLE[role].format(round=one.received.round, others=others)
    return replace(one.unit, role=role, why_role=why)


def unit_record(unit: UnitSettlement) -> Record:
    """A settlement as one object for other programs."""
    return {
        "file": unit.file,
        "copy": unit.copy,
        "notice": unit.notice,
        "unit": {"name": unit.unit or None, "code": unit.code or None},
        "year": unit.year,
        "stage": unit.stage.value,
        "counts": unit.role.value,
        "counts_because": unit.why_role or None,
        "stated": unit.stated,
        "computed": unit.computed,
        "total": unit.total,
        "rating_stated": unit.rating_stated or None,
        "rating": unit.rating,
        "indicators": [_item_record(item) for item in unit.items],
        "waivers": [
            {"place": d.place, "message": d.message, "action": d.action, "reason": d.reason,
             "date": d.date}
            for d in unit.findings if d.action
        ],
        "mistakes": [
            {"place": m.place, "message": m.message, "fix": m.fix} for m in unit.mistakes
        ],
    }  # fmt: skip


def _item_record(item: Item) -> Record:
    question = item.question
    return {
        "id": question.id,
        "self": question.claimed,
        "ruled": item.ruled,
        "counted": item.counted,
        "reason": item.reason or None,
        "open": item.is_open,
        "earlier": item.earlier or None,
        "carried": item.carried or None,
    }


def notice_of(copy: str) -> str:
    """Where the notice of a unit goes, by where its copy lies."""
    stem = copy.removeprefix(f"{REVIEWED}/").rpartition(".")[0].removesuffix(REVIEWED_SUFFIX)
    return f"{NOTICES}/{stem}{NOTICE_SUFFIX}.xlsx"


# ---- indicators ----


def _items(
    record: Mapping[str, Any],
    spec: FormSpec,
    entries: Entries,
    known: Iterable[Adjudication],
    mistakes: list[Mistake],
) -> tuple[Item, ...]:
    typed = {t.ruling.indicator: t for t in entries.standing}
    carried = {t.ruling.indicator: carried_from(t.ruling) for t in entries.carried}
    earlier = {r.indicator: r for r in known if r.sha256 != entries.sha256 or not entries.sha256}
    pools = {indicator.id: indicator.shared for indicator in spec.indicators}
    items = []
    for found in record["indicators"]:
        question = _question(found, pools.get(found["id"], ""))
        place = entries.cells.get(question.id)
        shown = place.qualified if place else f"{found['sheet'] or ''}"
        own = typed.get(question.id)
        if own is None:
            before = earlier.get(question.id)
            now = entries.grounds.get(question.id, "")
            said = _said_of(before, question, now) if before else ""
            items.append(Item(question, found["sentence"], shown, earlier=said))
        else:
            ruled = _ruled(record["file"], question, own, mistakes)
            items.append(
                Item(
                    question, found["sentence"], shown, ruled, own.ruling.reason,
                    carried=carried.get(question.id, ""),
                )
            )  # fmt: skip
    return tuple(items)


def _rating(total: Decimal, record: Mapping[str, Any], spec: FormSpec) -> str:
    """The band that a total lies in: of the office's bands where the run had some of its own."""
    bands = [(b["label"], b["at_least"]) for b in record.get("bands", ())]
    bands = bands or [(band.label, band.at_least) for band in spec.bands]
    return str(next((label for label, least in bands if total >= least), bands[-1][0]))


def _pool_mistakes(
    record: Mapping[str, Any], spec: FormSpec, items: Iterable[Item]
) -> Iterator[Mistake]:
    """Rulings on indicators that share points, together above those points."""
    for name, pool in spec.pools.items():
        members = [item for item in items if item.question.pool == name]
        ruled = [item for item in members if item.ruled is not None]
        total = sum((item.counted for item in members), ZERO)
        if ruled and total > pool.points:
            message, fix = POOL_EXCEEDED
            slots = {
                "file": record["file"], "cell": "、".join(item.place for item in ruled),
                "labels": "、".join(item.question.label for item in members),
                "total": plain(total), "max": plain(pool.points),
            }  # fmt: skip
            yield Mistake(ruled[0].place, message.format(**slots), fix.format(**slots))


def _question(found: Mapping[str, Any], pool: str) -> Question:
    claimed, score, low, high = (_number(found[name]) for name in ("self", "score", "low", "high"))
    most = Decimal(str(found["max"]))
    outcome = Outcome(found["outcome"])
    return Question(
        found["id"], found["number"], found["label"], most, claimed, score, low, high, outcome, pool
    )


def _said_of(before: Adjudication, question: Question, grounds: str) -> str:
    if before.is_withdrawn:
        return ""
    now = "空白" if question.claimed is None else plain(question.claimed)
    changed = changed_grounds(before.grounds, grounds)
    return earlier_ruling(before, now, interval(question.low, question.high), changed)


def _ruled(
    file: str, question: Question, typed: TypedRuling, mistakes: list[Mistake]
) -> Decimal | None:
    """The ruling when it can count; what is wrong with it goes to ``mistakes``."""
    ruling = typed.ruling
    if typed.formula:
        mistakes.append(_mistake(file, typed.score_cell, ruling.raw, *FORMULA_WITHOUT_RESULT))
        return None
    faults = faults_of(question, ruling.raw, ruling.score, ruling.reason)
    values = {
        "label": question.label,
        "max": plain(question.max),
        "claimed": "空白" if question.claimed is None else plain(question.claimed),
        "interval": interval(question.low, question.high),
    }
    for fault in faults:
        on_reason = fault in (Fault.NO_REASON, Fault.LONG_REASON)
        cell = typed.reason_cell if on_reason else typed.score_cell
        mistakes.append(_mistake(file, cell, ruling.raw, *FAULTS[fault], **values))
    return None if {Fault.NOT_A_NUMBER, Fault.OUT_OF_RANGE} & set(faults) else ruling.score


def _mistake(file: str, cell: CellRef, raw: str, message: str, fix: str, **values: str) -> Mistake:
    slots = {"file": file, "cell": cell.qualified, "raw": raw, **values}
    return Mistake(cell.qualified, message.format(**slots), fix.format(**slots))


# ---- findings ----


def _findings(
    record: Mapping[str, Any],
    entries: Entries,
    known: Iterable[Waiver],
    mistakes: list[Mistake],
) -> tuple[Dealt, ...]:
    typed = {t.waiver.key: t for t in entries.waivers}
    earlier = {w.key: w for w in known if w.sha256 != entries.sha256 or not entries.sha256}
    found = record["findings"]
    keys = finding_keys(
        (f["code"], f["indicator"], f["sheet"] or "", f["cells"][0] if f["cells"] else "")
        for f in found
    )
    return tuple(
        _dealt(record["file"], finding, typed.get(key), earlier.get(key), mistakes)
        for finding, key in zip(found, keys, strict=True)
    )


def _dealt(
    file: str,
    finding: Mapping[str, Any],
    typed: TypedWaiver | None,
    earlier: Waiver | None,
    mistakes: list[Mistake],
) -> Dealt:
    place = f"{finding['sheet']}!{finding['cells'][0]}" if finding["cells"] else ""
    fixed = (
        finding["severity"], finding["origin"], place, finding["message"], finding["fix"],
        finding["indicator"],
    )  # fmt: skip
    if typed is None:
        said = earlier_waiver(earlier) if earlier else ""
        return Dealt(*fixed, earlier=said)
    waiver = typed.waiver
    is_date = bool(iso_date(waiver.date))
    faults = waiver_faults(waiver.action, waiver.reason, waiver.date, is_date)
    for fault in faults:
        cells = {
            Fault.WAIVER_WITHOUT_REASON: typed.reason_cell,
            Fault.WAIVER_WITHOUT_DATE: typed.date_cell,
            Fault.NOT_A_DATE: typed.date_cell,
        }
        raw = waiver.date if fault is Fault.NOT_A_DATE else waiver.action
        cell = cells.get(fault, typed.action_cell)
        mistakes.append(_mistake(file, cell, raw, *FAULTS[fault]))
    action = "" if faults else waiver.action
    return Dealt(*fixed, action, waiver.reason, waiver.date)


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
