"""A folder of files: many processes, finished work kept. What is written at the end: ``ending``."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import traceback
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from perfeval_xl.batch import ledger, taking
from perfeval_xl.batch.copies import OutboxCopies, strays_in
from perfeval_xl.batch.discover import Submitted, discover, keep_apart
from perfeval_xl.batch.ending import RESULTS, SUMMARY, RunResult, write_results, writing_summary
from perfeval_xl.batch.files import clear_parts, remove
from perfeval_xl.batch.history import Sent, with_history
from perfeval_xl.batch.journal import Journal
from perfeval_xl.batch.keep import set_aside
from perfeval_xl.batch.lists import Lists, lists_of
from perfeval_xl.batch.lock import OutboxLock
from perfeval_xl.batch.office import Office
from perfeval_xl.batch.one import (
    PATIENCE,
    MaybeArriving,
    Options,
    RunLimits,
    StillArriving,
    copy_in_use,
    digest_of,
    failed,
    give_back,
    rules_in_words,
)
from perfeval_xl.batch.pool import Died, Late, Pool
from perfeval_xl.batch.program import program_digest
from perfeval_xl.batch.record import (
    Record,
    content_of,
)
from perfeval_xl.batch.rulings import RulingStore
from perfeval_xl.batch.settings import Settings
from perfeval_xl.batch.sqlite import LedgerError
from perfeval_xl.batch.standing import CopyChanged, Stamp
from perfeval_xl.batch.who import Who, who_of
from perfeval_xl.batch.worker import Finished, prepare, work_line
from perfeval_xl.errors import FormSpecError, WorkbookError
from perfeval_xl.forms.office import office_forms
from perfeval_xl.forms.spec import FormSpec

if TYPE_CHECKING:
    from perfeval_xl.batch.cluster import Cluster
    from perfeval_xl.batch.list_desk import Desk

A_LIST = "办公室的清单"
ARRIVING = "还在写入的文件，留待下次"
_MOST_MOVES = 10  # times that a copy may change under a file's hands before it counts as in use
_MOST_NAMED = 3  # files in one remark
Progress = Callable[[Record, int], None]


@dataclass(frozen=True, slots=True)
class Round:
    """What a caller that runs again and again knows beforehand, and wants to hear.

    leave: files of the inbox that are on their way. digest: a quicker ``digest_of``.
    finished: called with the record of each file that was not finished before.
    """

    leave: Set[str]
    digest: Callable[[Path], str | None]
    finished: Callable[[Record], None]


def run_folder(
    inbox: str | Path,
    outbox: str | Path,
    form: str | None = None,
    jobs: int | None = None,
    templates: str | Path | None = None,
    progress: Progress | None = None,
    force: bool = False,
    limits: RunLimits | None = None,
    passwords: Sequence[str] = (),
    scheduler: str | None = None,
    settings: Settings | None = None,
    this_round: Round | None = None,
    roster: str | Path | None = None,
    reference: str | Path | None = None,
    previous: str | Path | None = None,
    as_of: date | None = None,
) -> RunResult:
    """Evaluate every file of ``inbox``; copies, notes, results.jsonl and 汇总.xlsx go to ``outbox``.

    What an earlier run finished is kept unless the file, the form data, the options or the program
    changed. form: an id that overrules identification. jobs: processes, all cores when None.
    progress: called with each record and the number of files, as they finish. force: redo all.
    limits: what one file may take, the published limits when None.
    passwords: tried on encrypted workbooks, after Excel's own read-only one.
    scheduler: address of a Dask scheduler whose workers do the work, all on shared storage.
    settings: the office's, over which every argument above goes; as shipped when None.
    this_round: for a caller that runs again and again (``watch``).
    roster, reference: the office's 名册 and 参考数据. previous: the outbox of last year's run.
    as_of: the day to which the summary counts how late a unit is that has not reported; when None
    a formula counts to the day the summary is looked at.

    Raises:
        FormSpecError: the form data is wrong.
        ClusterError: the scheduler or its workers cannot be used.
        ListError: one of the office's lists cannot be used.
        InboxWouldChange: the outbox is the inbox, or holds it where copies are written.
        OutboxBusy: another run is writing to the outbox.
        LedgerNewer, LedgerBusy: the ledger of earlier rounds cannot be used now.
        OSError: the outbox cannot be written. What is finished is kept for the next run.
    """
    source, target = Path(inbox), Path(outbox)
    keep_apart(source, target)
    if scheduler is not None:  # the same on every machine
        source, target = source.resolve(), target.resolve()
    chosen = (settings or Settings()).overruled(
        form=form, jobs=jobs, templates=Path(templates) if templates else None, limits=limits,
        passwords=tuple(passwords), roster=_path(roster), reference=_path(reference),
        previous=_path(previous),
    )  # fmt: skip
    options = chosen.options()
    specs = office_forms(options.templates, options.office)
    lists = lists_of(chosen.roster, chosen.reference, chosen.previous, as_of)
    desk = _desk(lists, options)
    target.mkdir(parents=True, exist_ok=True)
    with OutboxLock(target):
        clear_parts(target)
        found = discover(source, target)
        found.pass_over(lists.holds, A_LIST)
        result = RunResult(target / RESULTS, target / SUMMARY, skipped=found.skipped)
        _note(result, ledger.looked_over(target))
        rules = _rules(options, specs)
        with Office(target) as office, Journal(target, rules, force) as journal:
            if desk is not None:
                desk.tell(office)
            copies = OutboxCopies(target, RulingStore(target), options, journal.sources)
            run = _Run(found.files, target, options, journal, office, copies, progress, this_round)
            run.finish_all(min(chosen.jobs or cores(), len(found.files)) or 1, scheduler)
            clear_parts(target)  # of processes that were killed half-way
            result.resumed = run.resumed
            result.left = frozenset(run.arriving)
            result.set_aside = sorted(run.set_aside)
            result.unreadable = dict(copies.unreadable)
            if run.arriving:
                result.skipped[ARRIVING] = len(run.arriving)
            names = [file.name for file in found.files if file.name not in run.arriving]
            strays = strays_in(target, (place for f in found.files for place in (f.copy, f.note)))
            _note(result, _said_of_strays(strays))
            found.files.clear()  # of 10,000 files they are 30 MB that nobody needs any more
            del run, copies
            shown = write_results(result, journal, names, chosen, specs, desk)
            applied = {spec.id: rules_in_words(spec.digest) for spec in specs}
            taken = taking.Taking(office.unit_of, applied, shown, office.names())
            with writing_summary(result, shown, chosen.jobs or cores()):
                _note(result, taking.take(target, result.results, taken))
    return result


def _note(result: RunResult, remark: str) -> None:
    if remark:
        result.remarks.append(remark)


def _said_of_strays(places: Sequence[str]) -> str:
    """Outputs are never deleted with their file, but must not be sent back unnoticed."""
    if not places:
        return ""
    more = "等" if len(places) > _MOST_NAMED else ""
    return (
        f"有 {len(places)} 份副本或退回说明的原件已不在收件里，没有删除，发回前请留意："
        f"{'、'.join(places[:_MOST_NAMED])}{more}。"
    )


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class _Task:
    """A file to process.

    seen: what it looked like when it was put off once. moved: how often its copy was not as it had
    just been seen.
    """

    submitted: Submitted
    seen: Stamp | None = None
    moved: int = 0


class _Run:
    """Files through a pool whose dead or late worker fails its one file."""

    def __init__(
        self,
        files: list[Submitted],
        outbox: Path,
        options: Options,
        journal: Journal,
        office: Office,
        copies: OutboxCopies,
        progress: Progress | None,
        this_round: Round | None = None,
    ) -> None:
        self.files = files
        self.outbox = outbox
        self.options = options
        self.journal = journal
        self.office = office
        path = ledger.place_of(outbox)
        self.ledger = path if path.exists() else None
        self.copies = copies
        self.set_aside: set[str] = set()
        self.progress = progress
        self.round = this_round
        self.resumed = 0
        self.arriving: set[str] = set()
        self._again: list[_Task] = []
        self._shown: set[str] = set()
        self._outputs = {place.casefold() for file in files for place in (file.copy, file.note)}

    def finish_all(self, jobs: int, scheduler: str | None = None) -> None:
        """Finish every file that is not finished yet; the journal holds each at once.

        What one file of a unit adds to another is known only when it has been read, so files are
        looked at once more when all have been read.
        """
        self._take_in_rulings()
        joined = self._join()
        with self._hands(jobs, scheduler) as pool:
            self._finish(pool, self._open_files())
            if self._join() != joined:
                self._finish(pool, self._files_known_better())

    def _hands(self, jobs: int, scheduler: str | None) -> Pool[_Task] | Cluster[_Task]:
        """Who does the work: processes here, or the workers of a scheduler."""
        seconds = self.options.limits.hard_seconds
        if scheduler is None:
            return Pool(jobs, work_line, self._arguments, seconds, prepare)
        from perfeval_xl.batch.cluster import Cluster

        return Cluster(scheduler, self._arguments, seconds, len(self.files))

    def _finish(self, pool: Pool[_Task] | Cluster[_Task], tasks: Iterator[_Task]) -> None:
        for task, outcome in pool.outcomes(tasks):
            self._take(task, outcome)
        while self._again:
            time.sleep(PATIENCE)
            again, self._again = self._again, []
            for task, outcome in pool.outcomes(again):
                self._take(task, outcome)

    def _take_in_rulings(self) -> None:
        """Keep what officers entered in copies before any of them is written anew."""
        self.copies.look_at_all()
        self.office.rule(self.copies.store.snapshots)

    def _guarded(self, submitted: Submitted) -> Submitted:
        """The file with how its copy stands; what was entered since the run began is kept first."""
        known = len(self.copies.store.snapshots)
        standing = self.copies.look_at(submitted.copy)
        self.office.rule(self.copies.store.snapshots[known:])
        return replace(submitted, standing=standing)

    def _join(self) -> list[tuple[str, int]]:
        """Let files without a scoring sheet speak for their unit; which ones, by which record.

        The same content may be read otherwise under other rules.
        """
        entries = self.journal.entries
        names = [f.name for f in self.files if f.name in entries and self._only_adds(f.name)]
        if names:
            self.office.join(self.journal.records(names))
        return [(name, entries[name].offset) for name in names]

    def _only_adds(self, name: str) -> bool:
        entry = self.journal.entries[name]
        return entry.who is not None and not entry.has_scores

    def _arguments(self, task: _Task) -> tuple[Submitted, Path, Options, Stamp | None]:
        submitted = self._guarded(task.submitted)
        options = replace(self.options, index=self.office.path, ledger=self.ledger)
        return submitted, self.outbox, options, task.seen

    def _open_files(self) -> Iterator[_Task]:
        for submitted in self.files:
            if self.round is not None and submitted.name in self.round.leave:
                self.arriving.add(submitted.name)
            elif self._is_finished(submitted):
                self.resumed += 1
                if self.progress is not None:
                    self._show(next(self.journal.records([submitted.name])))
            else:
                yield _Task(submitted)

    def _files_known_better(self) -> Iterator[_Task]:
        """Files of units of which more is known now than when they were evaluated."""
        for submitted in self.files:
            entry = self.journal.entries.get(submitted.name)
            if entry is not None and entry.known != self._known(
                submitted.name, entry.who, entry.content
            ):
                yield _Task(submitted)

    def _known(self, name: str, who: Who | None, content: str) -> str:
        """Digest of what is known of a unit beside its file."""
        if who is None:
            return ""
        sent = Sent(self.office.unit_of(who.name, who.code), who, name, content)
        return with_history(self.office.context_of(who), self.ledger, sent).digest

    def _is_finished(self, submitted: Submitted) -> bool:
        entry = self.journal.entries.get(submitted.name)
        if entry is None or entry.known != self._known(submitted.name, entry.who, entry.content):
            return False
        if self.round is not None:
            digest = self.round.digest(submitted.path)
        else:
            digest = digest_of(submitted.path, self.options.limits.package)
        outputs = (submitted.copy, submitted.note)
        return self.journal.finished(submitted.name, digest, outputs)

    def _take(self, task: _Task, outcome: Finished | Exception) -> None:
        """Keep what became of a file."""
        submitted = task.submitted
        if isinstance(outcome, MaybeArriving):
            self._again.append(replace(task, seen=outcome.stamp))
        elif isinstance(outcome, StillArriving):
            self.arriving.add(submitted.name)
        elif isinstance(outcome, CopyChanged):
            self._put_off(task)
        else:
            try:
                finished = self._finished(submitted, outcome)
            except CopyChanged:
                self._put_off(task)
            else:
                self._remove_older(submitted)
                self._keep(submitted, finished)

    def _put_off(self, task: _Task) -> None:
        """Look at a file's copy once more; one that never stands still is in another's hands."""
        if task.moved < _MOST_MOVES:
            self._again.append(replace(task, moved=task.moved + 1))
        else:
            digest = digest_of(task.submitted.path, self.options.limits.package)
            self._keep(task.submitted, Finished.of(copy_in_use(task.submitted, digest)))

    def _keep(self, submitted: Submitted, finished: Finished) -> None:
        """Note a finished file, and say so the first time."""
        record = finished.record
        if finished.kept:
            self.set_aside.add(finished.kept)
        known = self._known(submitted.name, who_of(record), content_of(record))
        self.journal.add(submitted.name, record, known, finished.made, finished.line)
        if submitted.name not in self._shown:
            self._shown.add(submitted.name)
            if self.round is not None:
                self.round.finished(record)
            self._show(record)

    def _finished(self, submitted: Submitted, outcome: Finished | Exception) -> Finished:
        """What became of a file, also of one that its worker did not survive."""
        if not isinstance(outcome, Exception):
            return outcome
        if isinstance(outcome, (OSError, FormSpecError, LedgerError)):
            raise outcome
        limits = self.options.limits
        if isinstance(outcome, Late):
            error = WorkbookError("file.too_slow", {"limit": f"{limits.hard_seconds:g}"})
        elif isinstance(outcome, Died):
            error = WorkbookError("file.crashed")
        else:
            trace = "".join(traceback.format_exception(outcome))
            error = failed(self.outbox, submitted.name, trace)
        digest = digest_of(submitted.path, limits.package)
        guarded = self._guarded(submitted)
        return Finished.of(give_back(guarded, self.outbox, self.options, error, digest))

    def _remove_older(self, submitted: Submitted) -> None:
        """Take away an output that an earlier run put where no file's output goes now."""
        older = self.journal.entries.get(submitted.name)
        if older is not None and older.output and older.output.casefold() not in self._outputs:
            place = self.outbox / older.output
            with contextlib.suppress(OSError):
                if self.copies.is_edited(older.output):
                    kept = set_aside(place, place.read_bytes())
                    self.set_aside.add(kept.relative_to(self.outbox).as_posix())
                remove(place)

    def _show(self, record: Record) -> None:
        if self.progress is not None:
            self.progress(record, len(self.files))


def _rules(options: Options, specs: Sequence[FormSpec]) -> str:
    """What decides an outcome beside the file itself, as one digest."""
    parts = [
        program_digest(),
        options.form or "",
        *sorted(f"{spec.id} {spec.digest}" for spec in specs),
    ]
    # Nothing made from a password is kept: it could be guessed from that. Which one opens a file
    # changes nothing in its outcome, and a file that none opened is tried again.
    parts.append(repr((options.limits, bool(options.passwords))))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _desk(lists: Lists, options: Options) -> Desk | None:
    """The office's lists, read; None when there are none, and then nothing of them is imported."""
    if not lists:
        return None
    from perfeval_xl.batch.list_desk import Desk

    return Desk.read(lists, options)


def _path(path: str | Path | None) -> Path | None:
    return Path(path) if path else None
