"""A folder of files: many processes, results in order, the summary at the end."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfeval_xl.batch.discover import Discovery, Submitted, discover
from perfeval_xl.batch.files import whole_file
from perfeval_xl.batch.one import Options, give_back, process
from perfeval_xl.batch.record import Record, from_line, to_line
from perfeval_xl.errors import WorkbookError
from perfeval_xl.forms.catalog import load_forms

RESULTS = "results.jsonl"
SUMMARY = "汇总.xlsx"
HARD_SECONDS = 30
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
) -> RunResult:
    """Evaluate every file of ``inbox``; copies, notes, results.jsonl and 汇总.xlsx go to ``outbox``.

    form: an id that overrules identification. jobs: processes, all cores when None.
    progress: called with each record and the number of files, in the order they finish.

    Raises:
        FormSpecError: the form data is wrong.
        OSError: the outbox cannot be written.
    """
    source, target = Path(inbox), Path(outbox)
    options = Options(form, Path(templates) if templates else None)
    forms = load_forms(options.templates)
    found = discover(source, target)
    target.mkdir(parents=True, exist_ok=True)
    result = RunResult(target / RESULTS, target / SUMMARY, skipped=found.skipped)
    with (
        whole_file(result.results) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as out,
    ):
        for record in _in_order(_records(found, target, options, jobs, progress), found):
            result.count(record)
            out.write(to_line(record) + "\n")
    _write_summary(result, {spec.id: spec.digest for spec in forms})
    return result


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _records(
    found: Discovery, outbox: Path, options: Options, jobs: int | None, progress: Progress | None
) -> Iterator[tuple[int, Record]]:
    """Records with their place in the sorted list, as they finish."""
    wanted = min(jobs or cores(), len(found.files)) or 1
    source = (
        _alone(found.files, outbox, options)
        if wanted == 1
        else _pooled(found.files, outbox, options, wanted)
    )
    for place, record in source:
        if progress is not None:
            progress(record, len(found.files))
        yield place, record


def _alone(files: list[Submitted], outbox: Path, options: Options) -> Iterator[tuple[int, Record]]:
    for place, submitted in enumerate(files):
        yield place, process(submitted, outbox, options)


def _pooled(
    files: list[Submitted], outbox: Path, options: Options, jobs: int
) -> Iterator[tuple[int, Record]]:
    """A sliding window of tasks over a pool whose dead or late worker fails its one file."""
    from pebble import ProcessPool

    with ProcessPool(jobs, context=multiprocessing.get_context("spawn")) as pool:
        waiting: dict[Future[Record], int] = {}
        queue = iter(enumerate(files))
        for place, submitted in queue:
            waiting[_schedule(pool, submitted, outbox, options)] = place
            if len(waiting) >= jobs * _WINDOW:
                yield from _finished(waiting, files, outbox)
        while waiting:
            yield from _finished(waiting, files, outbox)


def _schedule(pool: Any, submitted: Submitted, outbox: Path, options: Options) -> Future[Record]:
    future: Future[Record] = pool.schedule(
        process, args=[submitted, outbox, options], timeout=HARD_SECONDS
    )
    return future


def _finished(
    waiting: dict[Future[Record], int], files: list[Submitted], outbox: Path
) -> Iterator[tuple[int, Record]]:
    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in done:
        place = waiting.pop(future)
        yield place, _outcome(future, files[place], outbox)


def _outcome(future: Future[Record], submitted: Submitted, outbox: Path) -> Record:
    from pebble import ProcessExpired

    try:
        return future.result()
    except FutureTimeout:
        return give_back(
            submitted, outbox, WorkbookError("file.too_slow", {"limit": str(HARD_SECONDS)})
        )
    except ProcessExpired:
        return give_back(submitted, outbox, WorkbookError("file.crashed"))


def _in_order(records: Iterator[tuple[int, Record]], found: Discovery) -> Iterator[Record]:
    """Records sorted as the files are, held back only until those before them are there."""
    held: dict[int, Record] = {}
    due = 0
    for place, record in records:
        held[place] = record
        while due in held:
            yield held.pop(due)
            due += 1
    assert due == len(found.files)


def _write_summary(result: RunResult, digests: dict[str, str]) -> None:
    from perfeval_xl.writer.summary import write_summary

    with result.results.open(encoding="utf-8") as lines:
        records = [from_line(line) for line in lines]
    with whole_file(result.summary) as temporary:
        write_summary(temporary, records, _run_info(result, digests))


def _run_info(result: RunResult, digests: dict[str, str]) -> dict[str, str]:
    """Versions, form data and counts; nothing that differs between two runs on the same files."""
    from importlib.metadata import version

    info = {"程序": f"perfeval_xl {version('perfeval-xl')}"}
    info |= {f"表样 {form}": f"SHA-256 {digest}" for form, digest in digests.items()}
    info |= {
        "收到文件": str(result.files),
        "已复核": str(result.evaluated),
        "退回": str(result.returned),
    }
    info |= {f"跳过：{reason}": str(count) for reason, count in sorted(result.skipped.items())}
    return info
