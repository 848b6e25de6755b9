"""汇总.xlsx: one workbook for the office, made from the records of a batch.

Records are read once, in the order given, so they may come straight from results.jsonl; no
workbook is opened. Writing to a temporary name and renaming is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from perfeval_xl.forms.peers import PeerLimits, peer_limits
from perfeval_xl.writer.book import Book
from perfeval_xl.writer.summary_data import Gathered, Record, sorted_units
from perfeval_xl.writer.summary_findings import FindingsSheets
from perfeval_xl.writer.summary_overview import OVERVIEW, write_overview
from perfeval_xl.writer.summary_peers import Peers, write_peers
from perfeval_xl.writer.summary_reporting import OfficeSheets, write_office_sheets
from perfeval_xl.writer.summary_rounds import RESOLVED, ResolvedSheet
from perfeval_xl.writer.summary_sheets import (
    LACKING,
    RETURNED,
    RUN,
    UNITS,
    write_figures,
    write_lacking,
    write_matrices,
    write_returned_files,
    write_run,
    write_units,
)

TITLE = "部门整体支出绩效自评复核汇总"
NO_LISTS = OfficeSheets()
ROWS_BESIDE_FINDINGS = 4  # title, note, head, and the line that points to the next sheet
FINDINGS_PER_SHEET = 1_048_576 - ROWS_BESIDE_FINDINGS


def write_summary(
    path: Path,
    records: Iterable[Record],
    run_info: Mapping[str, str],
    *,
    findings_per_sheet: int = FINDINGS_PER_SHEET,
    has_rounds: bool = False,
    office: OfficeSheets = NO_LISTS,
    limits: PeerLimits | None = None,
) -> None:
    """Write the summary of ``records`` (objects of results.jsonl) to ``path``.

    run_info: names and values for 运行信息, in the order to show. findings_per_sheet: after so
    many findings the list goes on in a further sheet. has_rounds: whether any unit has sent a
    second round; then rounds, changes and what was put right are shown too. office: what
    the office's lists add. limits: by which units were compared, those shipped when None.
    """
    with Book(path, TITLE) as book:
        gathered, peers = Gathered(), Peers()
        findings = FindingsSheets.begin(book, findings_per_sheet, has_rounds)
        resolved = ResolvedSheet(book) if has_rounds else None
        for record in records:
            gathered.add(record)
            peers.add(record)
            findings.add(record)
            if resolved is not None:
                resolved.add(record)
        findings.finish()
        if resolved is not None:
            resolved.finish()
        units = sorted_units(gathered.units)
        write_overview(book, TITLE, gathered, units, findings.names)
        write_units(book, units, len(gathered.returned), has_rounds)
        matrices = write_matrices(book, gathered, units)
        figures = write_figures(book, sorted_units(gathered.figures))
        compared = write_peers(book, peers, limits or peer_limits())
        write_lacking(book, gathered.needs(), units)
        write_returned_files(book, gathered.returned)
        reporting = write_office_sheets(book, office)
        write_run(book, run_info, gathered)
        put_right = [RESOLVED] if has_rounds else []
        lists = [
            *matrices,
            *figures,
            *compared,
            *findings.names,
            *put_right,
            LACKING,
            RETURNED,
            RUN,
        ]
        book.arrange([OVERVIEW, *reporting, UNITS, *lists])
