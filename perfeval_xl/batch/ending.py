"""How a run ends: results.jsonl from the journal, what only the whole batch shows, 汇总.xlsx."""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from perfeval_xl.batch.files import whole_file
from perfeval_xl.batch.journal import Journal
from perfeval_xl.batch.pairs import PairFinder
from perfeval_xl.batch.peers.finder import PeerFinder
from perfeval_xl.batch.pool import Died, Pool
from perfeval_xl.batch.record import Record, from_line, regrade, to_line
from perfeval_xl.batch.settings import Settings
from perfeval_xl.batch.who import unit_key
from perfeval_xl.batch.worker import prepare
from perfeval_xl.forms.catalog import load_forms
from perfeval_xl.forms.peers import limits_from_data, limits_to_data
from perfeval_xl.forms.spec import FormSpec

if TYPE_CHECKING:
    from perfeval_xl.batch.list_desk import Desk

RESULTS = "results.jsonl"
SUMMARY = "汇总.xlsx"
_FILES_FOR_A_PROCESS = 300  # fewer are in 汇总.xlsx before another process has started


@dataclass
class RunResult:
    """What a run gave: counts by status and severity, and where the results lie.

    reporting: how many units of the roster stand how, empty without one. remarks: what is to be
    said of the office's lists. questions: which unit a file outside the roster may be of.
    """

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
    rounds: int = 1  # the latest of any unit
    remarks: list[str] = field(default_factory=list)  # what the office has to be told, in words
    left: frozenset[str] = frozenset()  # files on their way, left for the next run
    reporting: dict[str, int] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)  # of files that are of no known unit
    list_remarks: list[str] = field(default_factory=list)  # on the office's lists
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
        self.rounds = max(self.rounds, cast(int, record["round"]))
        findings = record["findings"]
        assert isinstance(findings, list)
        severities = Counter(finding["severity"] for finding in findings)
        self.findings += severities
        self.with_errors += bool(severities["error"])


def write_results(
    result: RunResult,
    journal: Journal,
    names: list[str],
    settings: Settings,
    specs: Sequence[FormSpec],
    desk: Desk | None,
) -> dict[str, Any]:
    """Write results.jsonl; returns what 汇总.xlsx is made of beside the records.

    names: the files that count, in order; emptied, as the journal is, once they are not needed any
    more. specs: their forms as the office applies them.
    """
    _write_lines(result, journal, names, settings, specs, desk)
    journal.forget()
    names.clear()
    office = _said_of(result, desk)
    shown: dict[str, Any] = {
        "info": _run_info(result, settings) | (desk.info if desk else {}),
        "colours": dict(settings.office.colours), "office": office,
    }  # fmt: skip
    if settings.peers is not None:
        shown["peers"] = limits_to_data(settings.peers)
    return shown


@contextlib.contextmanager
def writing_summary(result: RunResult, shown: Mapping[str, Any], jobs: int) -> Iterator[None]:
    """汇总.xlsx, written while the block runs where processes and files are enough for that.

    It is there when the block ends, also with an error.
    """
    write = partial(write_summary_of, result.results, result.summary, rounds=result.rounds, **shown)
    if jobs < 2 or result.files < _FILES_FOR_A_PROCESS:
        write()
        yield
        return
    pool: Pool[Path] = Pool(1, write, lambda _: (), math.inf, prepare)
    with pool:
        written = pool.outcomes([result.summary])
        try:
            yield
        except Exception:
            _collect(written, write)
            raise
        _collect(written, write)


def _collect(written: Iterator[tuple[Path, Any]], write: Callable[[], None]) -> None:
    """Wait for 汇总.xlsx; what its process did not live to write is written here."""
    for _, outcome in written:
        if isinstance(outcome, Died):
            write()
        elif isinstance(outcome, Exception):
            raise outcome


def write_summary_of(
    results: Path,
    summary: Path,
    info: Mapping[str, str],
    rounds: int = 1,
    colours: Mapping[str, str] | None = None,
    office: Mapping[str, Any] | None = None,
    peers: Mapping[str, Any] | None = None,
) -> None:
    """汇总.xlsx from results.jsonl.

    rounds: the latest of any unit. colours: the office's own. office: what its lists add, as
    ``OfficeSheets.to_data`` gives it. peers: its own limits, as ``limits_to_data`` gives them.
    """
    from perfeval_xl.writer.style import in_colours
    from perfeval_xl.writer.summary import write_summary
    from perfeval_xl.writer.summary_reporting import OfficeSheets

    with results.open(encoding="utf-8") as lines, whole_file(summary) as temporary:
        with in_colours(dict(colours or {})):
            write_summary(
                temporary, map(from_line, lines), info, has_rounds=rounds > 1,
                office=OfficeSheets.from_data(office or {}),
                limits=limits_from_data(peers) if peers else None,
            )  # fmt: skip


def _write_lines(
    result: RunResult,
    journal: Journal,
    names: list[str],
    settings: Settings,
    specs: Sequence[FormSpec],
    desk: Desk | None,
) -> None:
    """results.jsonl from the journal, in path order, with what only the whole batch shows."""
    key_of = desk.key_of if desk else unit_key
    kind_of = desk.kind_of if desk else _no_kind
    peers = PeerFinder(
        specs, lambda name: next(journal.records([name])), kind_of, settings.peers, key_of
    )
    pairs = PairFinder(peers.noting(journal.records(names)), key_of)
    with whole_file(result.results) as temporary:
        with temporary.open("w", encoding="utf-8", newline="\n") as out:
            for line in journal.lines(names):
                record = from_line(line)
                is_changed = pairs.add_findings(record) | peers.add_findings(record)
                if desk is not None:
                    is_changed |= desk.answer(record)
                is_changed |= regrade(record, settings.office.severities)
                result.count(record)
                out.write((to_line(record) if is_changed else line) + "\n")


def _no_kind(_record: Record) -> str:
    """The type of a unit where no roster tells it."""
    return ""


def _said_of(result: RunResult, desk: Desk | None) -> dict[str, Any]:
    """What the lists add to the summary, as data; what they ask goes to the result."""
    if desk is None:
        return {}
    sheets = desk.sheets()
    result.reporting = dict(sheets.counts or {})
    result.questions = desk.questions
    result.list_remarks = [str(remark) for remark in desk.closing_remarks()]
    return sheets.to_data()


def _run_info(result: RunResult, settings: Settings) -> dict[str, str]:
    """Versions, form data and counts; nothing that differs between two runs on the same files."""
    info = {"程序": f"perfeval_xl {version('perfeval-xl')}"}
    info |= {f"表样 {s.id}": f"SHA-256 {s.digest}" for s in load_forms(settings.templates)}
    info |= {
        "收到文件": str(result.files),
        "已复核": str(result.evaluated),
        "退回": str(result.returned),
    }
    info |= {f"跳过：{reason}": str(count) for reason, count in sorted(result.skipped.items())}
    info |= {
        f"设置 {row.title}": f"{row.value}（{row.origin}）"
        for row in settings.in_force()
        if row.decides
    }
    return info
