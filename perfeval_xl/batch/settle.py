"""The last word, collected: rulings from all copies, checked, into 汇总_核定.xlsx and notices.

What counts is what stands in the copies now; the store gives what was ruled on earlier versions.
Nothing is evaluated again: figures are those of results.jsonl.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from perfeval_xl.batch.answers import (
    findings_of,
    items_of,
    number_of,
    pool_mistakes,
    rating_of,
)
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
from perfeval_xl.errors import PerfEvalError, WorkbookError
from perfeval_xl.forms.office import AS_PRINTED, OfficeRules, office_form
from perfeval_xl.ruling import (
    total_of,
)
from perfeval_xl.settlement import Item, Mistake, Role, Stage, UnitSettlement
from perfeval_xl.writer.ruled import Entries
from perfeval_xl.writer.text import (
    COPY_OF_ANOTHER,
    COPY_UNREADABLE,
    UNITS_LOST,
    WHY_ROLE,
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
        items = items_of(record, spec, entries, rulings, mistakes)
        mistakes += pool_mistakes(record, spec, items)
        findings = findings_of(record, entries, waivers, mistakes)
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
            stated=number_of(totals["self_sum"] if totals["stated"] is None else totals["stated"]),
            computed=number_of(totals["computed"]),
            rating_stated=totals["rating_stated"] or "",
            total=total,
            rating=rating_of(total, record, spec),
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
