"""From submitted bytes to a workbook and what was read of it: decrypted, converted, cleaned.

An .xlsx is what it is, without what an earlier review of ours added. An encrypted one is opened
with the passwords given. Old and foreign formats are converted: their values go into the form's
blank, or stay in a plain copy where the blank cannot hold them, which is said.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import CellRef, ReadingProblem, Submission
from perfeval_xl.ooxml import Limits, Workbook, sniff
from perfeval_xl.reader.grid import Grid
from perfeval_xl.reader.read import read_grids, read_submission
from perfeval_xl.writer.twice import original_of

_LEGACY = ("xls", "xlsb", "ods")
_MAYBE_ENCRYPTED = ("encrypted", "xls")

Recognise = Callable[[Sequence[Grid]], FormSpec]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A workbook that can be annotated, and what was read of it.

    received: SHA-256 of the file when it was a copy of ours that had to be cleaned, else empty.
    remark: what was done to be able to read it (decrypted, converted), Chinese, else empty.
    """

    workbook: Workbook
    submission: Submission
    spec: FormSpec
    received: str = ""
    remark: str = ""


def arrive(
    data: bytes,
    recognise: Recognise,
    limits: Limits,
    passwords: Sequence[str] = (),
    guarded: bool = False,
) -> Arrived:
    """The workbook in ``data``, whatever it was saved as.

    guarded: old formats are parsed in a child process (for callers that may not die of one).

    Raises:
        WorkbookError: it cannot be opened or is no known form.
    """
    kind = sniff(data)
    remark = ""
    if kind in _MAYBE_ENCRYPTED:
        data, remark = _decrypted(data, passwords, limits)
        kind = sniff(data)
    if kind in _LEGACY:
        return _converted(data, kind, recognise, limits, guarded)
    sent = Workbook.open(data, limits)
    original = original_of(sent, limits)
    grids = read_grids(original.workbook)
    spec = recognise(grids)
    submission = read_submission(grids, spec)
    if original.received:
        submission = _with_rulings_said(submission, sent, spec)
    return Arrived(original.workbook, submission, spec, original.received, remark)


def _with_rulings_said(submission: Submission, sent: Workbook, spec: FormSpec) -> Submission:
    """Say which rulings stood in a copy that came back: they go with our other additions."""
    from perfeval_xl.writer.ruled import read_entries

    entries = read_entries(sent)
    if not entries.count:
        return submission
    labels = {indicator.id: indicator.label for indicator in spec.indicators}
    said = [
        f"{labels.get(r.indicator, r.indicator)} {r.raw or '（无分数）'}"
        + (f"（{r.reason}）" if r.reason else "")
        for r in (typed.ruling for typed in entries.rulings)
    ]
    said += [f"{w.action}（{w.reason}）" for w in (typed.waiver for typed in entries.waivers)]
    problem = ReadingProblem(
        "form.rulings_received", provided="、".join(said), details={"number": str(entries.count)}
    )
    return replace(submission, problems=(*submission.problems, problem))


def _decrypted(data: bytes, passwords: Sequence[str], limits: Limits) -> tuple[bytes, str]:
    from perfeval_xl.ooxml.crypt import decrypt, is_encrypted
    from perfeval_xl.writer.text import DECRYPTED

    if not is_encrypted(data):
        return data, ""
    return decrypt(data, passwords, limits), DECRYPTED


def _converted(
    data: bytes, kind: str, recognise: Recognise, limits: Limits, guarded: bool
) -> Arrived:
    from perfeval_xl.reader.legacy import convert_legacy, convert_legacy_guarded
    from perfeval_xl.writer.transfer import (
        CONVERTED_AS_IS,
        CONVERTED_TO_BLANK,
        FURTHER_SHEETS,
        differences,
        fill_blank,
        readdressed,
    )

    convert = convert_legacy_guarded if guarded else convert_legacy
    plain = Workbook.open(convert(data, kind, limits), limits)
    grids = read_grids(plain)
    spec = recognise(grids)
    before = read_submission(grids, spec)
    if spec.kind != "scored" or before.attached:  # their rows have no fixed places in a blank
        remark = CONVERTED_AS_IS.format(kind=kind, why=FURTHER_SHEETS)
        return Arrived(plain, before, spec, remark=remark)
    transfer = fill_blank(spec, before, blank_of(spec), _texts(grids))
    filled = Workbook.open(transfer.data, limits)
    after = read_submission(read_grids(filled), spec)
    lost = [*transfer.not_carried, *differences(before, after)]
    if lost:
        return Arrived(
            plain, before, spec, remark=CONVERTED_AS_IS.format(kind=kind, why="；".join(lost))
        )
    submission = readdressed(before, after, transfer)
    return Arrived(filled, submission, spec, remark=CONVERTED_TO_BLANK.format(kind=kind))


def blank_of(spec: FormSpec) -> bytes:
    """The form's blank: the file beside its data where it says the same, else made now."""
    path = Path(spec.directory) / "blank.xlsx"
    if spec.has_own_blank and path.is_file():
        return path.read_bytes()
    from perfeval_xl.writer.blank import write_blank

    made = io.BytesIO()
    write_blank(spec, made)
    return made.getvalue()


def _texts(grids: Sequence[Grid]) -> dict[CellRef, str]:
    """All filled cells of the workbook with what they show."""
    return {
        CellRef(grid.name, row, column): cell.raw
        for grid in grids
        for (row, column), cell in grid.sheet.cells.items()
        if cell.raw.strip()
    }
