"""A folder of files: many processes, finished work kept, results in order, the summary at the end."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

import perfeval_xl
from perfeval_xl.batch.copies import OutboxCopies
from perfeval_xl.batch.discover import Submitted, discover
from perfeval_xl.batch.files import clear_parts, remove, whole_file
from perfeval_xl.batch.journal import Journal
from perfeval_xl.batch.keep import set_aside
from perfeval_xl.batch.lock import OutboxLock
from perfeval_xl.batch.office import Office
from perfeval_xl.batch.one import (
    PATIENCE,
    MaybeArriving,
    Options,
    RunLimits,
    StillArriving,
    digest_of,
    failed,
    give_back,
)
from perfeval_xl.batch.pairs import PairFinder
from perfeval_xl.batch.pool import Died, Late, Pool
from perfeval_xl.batch.record import Record, from_line, take_delivery, to_line
from perfeval_xl.batch.rulings import RulingStore
from perfeval_xl.batch.standing import CopyChanged, Stamp
from perfeval_xl.batch.who import Who, who_of
from perfeval_xl.batch.worker import prepare, work
from perfeval_xl.errors import FormSpecError, WorkbookError
from perfeval_xl.forms.catalog import load_forms, templates_directory

RESULTS = "results.jsonl"
SUMMARY = "汇总.xlsx"
ARRIVING = "还在写入的文件，留待下次"


@dataclass
class RunResult:
    """What a run gave: counts by status and severity, and where the results lie."""

    results: Path
    summary: Path
    files: int = 0
    evaluated: int = 0
    returned: int = 0
    with_errors: int = 0
    resumed: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    set_aside: list[str] = field(default_factory=list)  # officers' versions of copies
    unreadable: dict[str, str] = field(default_factory=dict)  # copies nobody can read, and why

    def count(self, record: Record) -> None:
        """Take one more record into the counts."""
        self.files += 1
        if record["status"] == "returned":
            self.returned += 1
            reason = record["reason"]
            assert isinstance(reason, dict)
            self.reasons[reason["code"]] += 1
            return
        self.evaluated += 1
        findings = record["findings"]
        assert isinstance(findings, list)
        severities = Counter(finding["severity"] for finding in findings)
        self.findings += severities
        self.with_errors += bool(severities["error"])


Progress = Callable[[Record, int], None]


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
) -> RunResult:
    """Evaluate every file of ``inbox``; copies, notes, results.jsonl and 汇总.xlsx go to ``outbox``.

    What an earlier run finished is kept unless the file, the form data, the options or the program
    changed. form: an id that overrules identification. jobs: processes, all cores when None.
    progress: called with each record and the number of files, as they finish. force: redo all.
    limits: what one file may take, the published limits when None.
    passwords: tried on encrypted workbooks, after Excel's own read-only one.

    Raises:
        FormSpecError: the form data is wrong.
        OutboxBusy: another run is writing to the outbox.
        OSError: the outbox cannot be written. What is finished is kept for the next run.
    """
    source, target = Path(inbox), Path(outbox)
    folder = Path(templates) if templates else None
    options = Options(form, folder, limits or RunLimits(), tuple(passwords))
    digests = {spec.id: spec.digest for spec in load_forms(options.templates)}
    target.mkdir(parents=True, exist_ok=True)
    with OutboxLock(target):
        clear_parts(target)
        found = discover(source, target)
        result = RunResult(target / RESULTS, target / SUMMARY, skipped=found.skipped)
        rules = _rules(options, digests)
        with Office(target) as office, Journal(target, rules, force) as journal:
            store = RulingStore(target)
            copies = OutboxCopies(target, store, options, journal.sources)
            run = _Run(found.files, target, options, journal, office, copies, progress)
            run.finish_all(min(jobs or cores(), len(found.files)) or 1)
            clear_parts(target)  # of processes that were killed half-way
            result.resumed = run.resumed
            result.set_aside = sorted(run.set_aside)
            result.unreadable = dict(copies.unreadable)
            if run.arriving:
                result.skipped[ARRIVING] = len(run.arriving)
            names = [file.name for file in found.files if file.name not in run.arriving]
            _write_results(result, journal, names)
        _write_summary(result, digests)
    return result


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class _Task:
    """A file to process; ``seen`` is what it looked like when it was put off once."""

    submitted: Submitted
    seen: Stamp | None = None


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
    ) -> None:
        self.files = files
        self.outbox = outbox
        self.options = options
        self.journal = journal
        self.office = office
        self.copies = copies
        self.set_aside: set[str] = set()
        self.progress = progress
        self.resumed = 0
        self.arriving: set[str] = set()
        self._again: list[_Task] = []
        self._shown: set[str] = set()
        self._outputs = {place.casefold() for file in files for place in (file.copy, file.note)}

    def finish_all(self, jobs: int) -> None:
        """Finish every file that is not finished yet; the journal holds each at once.

        What one file of a unit adds to another is known only when it has been read, so files are
        looked at once more when all have been read.
        """
        self._take_in_rulings()
        joined = self._join()
        with Pool(jobs, work, self._arguments, self.options.limits.hard_seconds, prepare) as pool:
            self._finish(pool, self._open_files())
            if self._join() != joined:
                self._finish(pool, self._files_known_better())

    def _finish(self, pool: Pool[_Task], tasks: Iterator[_Task]) -> None:
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

    def _join(self) -> list[tuple[str, str | None]]:
        """Let files without a scoring sheet speak for their unit; which ones, and their content."""
        entries = self.journal.entries
        names = [f.name for f in self.files if f.name in entries and self._only_adds(f.name)]
        if names:
            self.office.join(self.journal.records(names))
        return [(name, entries[name].sha256) for name in names]

    def _only_adds(self, name: str) -> bool:
        entry = self.journal.entries[name]
        return entry.who is not None and not entry.has_scores

    def _arguments(self, task: _Task) -> tuple[Submitted, Path, Options, Stamp | None]:
        submitted = self._guarded(task.submitted)
        options = replace(self.options, office=self.office.path)
        return submitted, self.outbox, options, task.seen

    def _open_files(self) -> Iterator[_Task]:
        for submitted in self.files:
            if self._is_finished(submitted):
                self.resumed += 1
                if self.progress is not None:
                    self._show(next(self.journal.records([submitted.name])))
            else:
                yield _Task(submitted)

    def _files_known_better(self) -> Iterator[_Task]:
        """Files of units of which more is known now than when they were evaluated."""
        for submitted in self.files:
            entry = self.journal.entries.get(submitted.name)
            if entry is not None and entry.known != self._known(entry.who):
                yield _Task(submitted)

    def _known(self, who: Who | None) -> str:
        """Digest of what is known of a unit beside its file."""
        return "" if who is None else self.office.context_of(who).digest

    def _is_finished(self, submitted: Submitted) -> bool:
        entry = self.journal.entries.get(submitted.name)
        if entry is None or entry.known != self._known(entry.who):
            return False
        digest = digest_of(submitted.path, self.options.limits.package)
        outputs = (submitted.copy, submitted.note)
        return self.journal.finished(submitted.name, digest, outputs)

    def _take(self, task: _Task, outcome: Record | Exception) -> None:
        """Keep what became of a file."""
        submitted = task.submitted
        if isinstance(outcome, MaybeArriving):
            self._again.append(_Task(submitted, outcome.stamp))
        elif isinstance(outcome, StillArriving):
            self.arriving.add(submitted.name)
        elif isinstance(outcome, CopyChanged):
            self._again.append(task)
        else:
            try:
                record = self._record_of(submitted, outcome)
            except CopyChanged:
                self._again.append(task)
                return
            self._remove_older(submitted)
            is_first = submitted.name not in self._shown
            made, kept = take_delivery(record)
            if kept:
                self.set_aside.add(kept)
            who = who_of(record)
            self.journal.add(submitted.name, record, self._known(who), made)
            if is_first:
                self._shown.add(submitted.name)
                self._show(record)

    def _record_of(self, submitted: Submitted, outcome: Record | Exception) -> Record:
        """The record, also of a file that its worker did not survive."""
        if not isinstance(outcome, Exception):
            return outcome
        if isinstance(outcome, (OSError, FormSpecError)):
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
        return give_back(self._guarded(submitted), self.outbox, self.options, error, digest)

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


def _rules(options: Options, digests: dict[str, str]) -> str:
    """What decides an outcome beside the file itself, as one digest."""
    parts = [
        version("perfeval-xl"),
        _program_digest(),
        options.form or "",
        *sorted(f"{k} {v}" for k, v in digests.items()),
    ]
    parts.append(repr((options.limits, options.passwords)))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def _program_digest() -> str:
    """Digest of the program's own text, so that a change without a new version counts too."""
    digest = hashlib.sha256()
    folders = (Path(perfeval_xl.__file__).parent, templates_directory() / "texts")
    for folder in folders:
        for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.toml")]):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _write_results(result: RunResult, journal: Journal, names: list[str]) -> None:
    """results.jsonl from the journal, in path order, with what only the whole batch shows."""
    pairs = PairFinder(journal.records(names))
    with whole_file(result.results) as temporary:
        with temporary.open("w", encoding="utf-8", newline="\n") as out:
            for record in journal.records(names):
                pairs.add_findings(record)
                result.count(record)
                out.write(to_line(record) + "\n")


def _write_summary(result: RunResult, digests: dict[str, str]) -> None:
    from perfeval_xl.writer.summary import write_summary

    with result.results.open(encoding="utf-8") as lines, whole_file(result.summary) as temporary:
        records = (from_line(line) for line in lines)
        write_summary(temporary, records, _run_info(result, digests))


def _run_info(result: RunResult, digests: dict[str, str]) -> dict[str, str]:
    """Versions, form data and counts; nothing that differs between two runs on the same files."""
    info = {"程序": f"perfeval_xl {version('perfeval-xl')}"}
    info |= {f"表样 {form}": f"SHA-256 {digest}" for form, digest in digests.items()}
    info |= {
        "收到文件": str(result.files),
        "已复核": str(result.evaluated),
        "退回": str(result.returned),
    }
    info |= {f"跳过：{reason}": str(count) for reason, count in sorted(result.skipped.items())}
    return info
