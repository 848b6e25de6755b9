"""A folder of files: many processes, finished work kept, results in order, the summary at the end."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from perfeval_xl.batch.discover import Submitted, discover
from perfeval_xl.batch.files import whole_file
from perfeval_xl.batch.journal import Journal, clear_parts
from perfeval_xl.batch.one import Options, StillArriving, give_back
from perfeval_xl.batch.pairs import PairFinder
from perfeval_xl.batch.record import Record, from_line, to_line
from perfeval_xl.batch.worker import prepare, work
from perfeval_xl.errors import WorkbookError
from perfeval_xl.forms.catalog import load_forms

if TYPE_CHECKING:
    from pebble import ProcessPool

RESULTS = "results.jsonl"
SUMMARY = "汇总.xlsx"
ARRIVING = "还在写入的文件，留待下次"
_WINDOW = 8  # tasks under way per process: enough to keep all busy, few enough to stay small


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
) -> RunResult:
    """Evaluate every file of ``inbox``; copies, notes, results.jsonl and 汇总.xlsx go to ``outbox``.

    What an earlier run finished is kept unless the file, the form data, the options or the program
    changed. form: an id that overrules identification. jobs: processes, all cores when None.
    progress: called with each record and the number of files, as they finish. force: redo all.

    Raises:
        FormSpecError: the form data is wrong.
        OSError: the outbox cannot be written.
    """
    source, target = Path(inbox), Path(outbox)
    options = Options(form, Path(templates) if templates else None)
    digests = {spec.id: spec.digest for spec in load_forms(options.templates)}
    target.mkdir(parents=True, exist_ok=True)
    clear_parts(target)
    found = discover(source, target)
    result = RunResult(target / RESULTS, target / SUMMARY, skipped=found.skipped)
    with Journal(target, _rules(options, digests), force) as journal:
        run = _Run(found.files, target, options, journal, progress)
        run.finish_all(min(jobs or cores(), len(found.files)) or 1)
        result.resumed = run.resumed
        if run.arriving:
            result.skipped[ARRIVING] = len(run.arriving)
        names = [file.name for file in found.files if file.name not in run.arriving]
        _write_results(result, journal, names)
    _write_summary(result, digests)
    return result


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Run:
    """Files through a pool whose dead or late worker fails its one file."""

    def __init__(
        self,
        files: list[Submitted],
        outbox: Path,
        options: Options,
        journal: Journal,
        progress: Progress | None,
    ) -> None:
        self.files = files
        self.outbox = outbox
        self.options = options
        self.journal = journal
        self.progress = progress
        self.resumed = 0
        self.arriving: set[str] = set()

    def finish_all(self, jobs: int) -> None:
        """Finish every file that is not finished yet; the journal holds each at once."""
        from pebble import ProcessPool

        waiting: dict[Future[Record], Submitted] = {}
        limits = self.options.limits
        pool = ProcessPool(
            jobs,
            initializer=prepare,
            initargs=[limits.memory_bytes],
            context=multiprocessing.get_context("spawn"),
        )
        try:
            for submitted in self._open_files():
                waiting[self._schedule(pool, submitted)] = submitted
                if len(waiting) >= jobs * _WINDOW:
                    self._collect(waiting)
            while waiting:
                self._collect(waiting)
            pool.close()
        except BaseException:
            pool.stop()
            raise
        finally:
            pool.join()

    def _open_files(self) -> Iterator[Submitted]:
        for submitted in self.files:
            if self._is_finished(submitted):
                self.resumed += 1
                self._show(next(self.journal.records([submitted.name])))
            else:
                yield submitted

    def _is_finished(self, submitted: Submitted) -> bool:
        if submitted.name not in self.journal.entries:
            return False
        try:
            digest = hashlib.sha256(submitted.path.read_bytes()).hexdigest()
        except OSError:
            return False
        return self.journal.finished(submitted.name, digest)

    def _schedule(self, pool: ProcessPool, submitted: Submitted) -> Future[Record]:
        future: Future[Record] = pool.schedule(
            work,
            args=[submitted, self.outbox, self.options],
            timeout=self.options.limits.hard_seconds,
        )
        return future

    def _collect(self, waiting: dict[Future[Record], Submitted]) -> None:
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            submitted = waiting.pop(future)
            try:
                record = self._outcome(future, submitted)
            except StillArriving:
                self.arriving.add(submitted.name)
                continue
            self.journal.add(submitted.name, record)
            self._show(record)

    def _outcome(self, future: Future[Record], submitted: Submitted) -> Record:
        from pebble import ProcessExpired

        try:
            return future.result()
        except FutureTimeout:
            limit = f"{self.options.limits.hard_seconds:g}"
            return give_back(
                submitted, self.outbox, WorkbookError("file.too_slow", {"limit": limit})
            )
        except ProcessExpired:
            return give_back(submitted, self.outbox, WorkbookError("file.crashed"))

    def _show(self, record: Record) -> None:
        if self.progress is not None:
            self.progress(record, len(self.files))


def _rules(options: Options, digests: dict[str, str]) -> str:
    """What decides an outcome beside the file itself, as one digest."""
    parts = [
        version("perfeval-xl"),
        options.form or "",
        *sorted(f"{k} {v}" for k, v in digests.items()),
    ]
    parts.append(repr(options.limits))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


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

    with result.results.open(encoding="utf-8") as lines:
        records = [from_line(line) for line in lines]
    with whole_file(result.summary) as temporary:
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
