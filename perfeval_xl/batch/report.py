"""results.jsonl and 汇总.xlsx once more, from the ledger alone; no workbook is opened."""

from __future__ import annotations

from pathlib import Path

from perfeval_xl.batch import ledger
from perfeval_xl.batch.ending import RESULTS, SUMMARY, RunResult, write_summary_of
from perfeval_xl.batch.files import whole_file
from perfeval_xl.batch.lock import OutboxLock
from perfeval_xl.batch.record import from_line


def report(outbox: Path) -> RunResult:
    """Write what the last complete run wrote, to the byte; what it counted.

    Raises:
        OutboxBusy: a run is writing to the outbox.
        LedgerMissing, LedgerNewer, LedgerBusy, LedgerDamaged: the ledger cannot be read.
        OSError: the outbox cannot be written.
    """
    path = ledger.place_of(outbox)
    shown = ledger.summary_of(path)  # first: where there is no ledger, nothing is made
    with OutboxLock(outbox):
        result = RunResult(outbox / RESULTS, outbox / SUMMARY)
        with whole_file(result.results) as temporary:
            with temporary.open("w", encoding="utf-8", newline="\n") as out:
                for line in ledger.results_of(path):
                    result.count(from_line(line))
                    out.write(line + "\n")
        write_summary_of(result.results, result.summary, rounds=result.rounds, **shown)
    return result
