"""One file through all rooms: read, evaluate, annotate, or return with a reason.

The only module that catches everything: a fault of ours becomes a returned file and a log entry.
"""

from __future__ import annotations

import errno
import hashlib
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from perfeval_xl.batch.arrive import Arrived, arrive
from perfeval_xl.batch.discover import Submitted
from perfeval_xl.batch.files import Locked, reason_of, remove, whole_file
from perfeval_xl.batch.keep import protect
from perfeval_xl.batch.lists import lists_of
from perfeval_xl.batch.record import Record, delivery, evaluated_record, returned_record
from perfeval_xl.batch.standing import Stamp, made_of, stamp_of
from perfeval_xl.batch.who import Who
from perfeval_xl.calculator.evaluate import evaluate, unit_of
from perfeval_xl.context import NOTHING, Context
from perfeval_xl.errors import PerfEvalError, WorkbookError
from perfeval_xl.forms.identify import identify
from perfeval_xl.forms.office import AS_PRINTED, OfficeRules, office_form, office_forms
from perfeval_xl.forms.returns import return_text
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import Evaluation
from perfeval_xl.ooxml import Limits, Workbook
from perfeval_xl.reader.grid import Grid
from perfeval_xl.writer.twice import submitted_bytes

if TYPE_CHECKING:
    from perfeval_xl.writer.ruled import Entries

LOG = ".perfeval/错误记录.txt"
PATIENCE = 1.0  # seconds after which a file that may be on its way is looked at again
_SETTLED_AFTER = 5.0  # seconds without a change after which a broken file is no longer "arriving"
_UNTIED = "copy.rulings_untied"
_CUT_OFF = {"workbook.empty", "workbook.truncated", "workbook.bad_crc", "workbook.legacy_failed"}


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What one file may take, beside the limits on its package."""

    soft_seconds: float = 10
    hard_seconds: float = 30
    memory_bytes: int = 400 * 2**20
    package: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Options:
    """How files are evaluated.

    form: an id that overrules identification, or None. passwords: tried on encrypted workbooks.
    office: what the office has settled for itself. index: of what is known of units beside their
    workbooks, or None. ledger: of the units' earlier rounds, or None.
    """

    form: str | None = None
    templates: Path | None = None
    limits: RunLimits = field(default_factory=RunLimits)
    passwords: tuple[str, ...] = ()
    office: OfficeRules = AS_PRINTED
    index: Path | None = None
    ledger: Path | None = None


class StillArriving(PerfEvalError):
    """The file changed while it was read, or is gone: it is left for the next run."""


class MaybeArriving(PerfEvalError):
    """The file is cut off, and so young that it may be on its way: to be looked at once more."""

    def __init__(self, stamp: Stamp) -> None:
        super().__init__(stamp)
        self.stamp = stamp


def evaluate_workbook(
    path: str | Path,
    form: str | None = None,
    templates: str | Path | None = None,
    passwords: Sequence[str] = (),
    roster: str | Path | None = None,
    reference: str | Path | None = None,
    previous: str | Path | None = None,
) -> Evaluation:
    """The evaluation of one workbook; ``passwords`` are tried when it is encrypted.

    roster, reference, previous: the office's 名册, 参考数据 and last year's outbox.

    Raises:
        WorkbookError: it cannot be opened or is no known form.
        FormSpecError: the form named does not exist or its data is wrong.
        ListError: one of the office's lists cannot be used.
        OSError: the file cannot be read.
    """
    options = Options(form, Path(templates) if templates else None, passwords=tuple(passwords))
    lists = lists_of(roster, reference, previous)
    if not lists:
        return evaluated_with(Path(path), options)[0]
    from perfeval_xl.batch.list_desk import known_beside

    with known_beside(lists, options) as (knowing, _):
        return evaluated_with(Path(path), knowing)[0]


def evaluated_with(path: Path, options: Options) -> tuple[Evaluation, FormSpec]:
    """The evaluation of one workbook and the form as it was applied.

    Raises: as ``evaluate_workbook``.
    """
    arrived, evaluation = _evaluated(path.read_bytes(), options, guarded=True)
    return evaluation, arrived.spec


def record_of(path: Path, options: Options) -> Record:
    """The record of one file, as results.jsonl would have it, without writing anything."""
    sha256 = None
    try:
        data = _content(path, options.limits.package)
        sha256 = hashlib.sha256(data).hexdigest()
        arrived, evaluation = _evaluated(data, options, guarded=True)
    except WorkbookError as exc:
        return returned_record(return_text(exc, path.name), path.name, sha256, "")
    except StillArriving:
        error = WorkbookError("file.unreadable", {"why": "文件正在被写入"})
        return returned_record(return_text(error, path.name), path.name, None, "")
    content = _content_digest(data, options.limits.package)
    return evaluated_record(
        evaluation, arrived.spec, path.name, sha256, "", content, options.office
    )


def process(
    submitted: Submitted, outbox: Path, options: Options, seen: Stamp | None = None
) -> Record:
    """Evaluate one file of the inbox and write its copy or its note; never raises for its content.

    seen: size and time of the file when it was looked at before, if it was.

    Raises:
        MaybeArriving, StillArriving: the file is left for later.
        OSError: the outbox cannot be written.
        FormSpecError: the form data is wrong.
    """
    limits = options.limits.package
    try:
        data = _content(submitted.path, limits, seen)
    except WorkbookError as exc:
        return give_back(submitted, outbox, options, exc)
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        copy, evaluation, spec = annotated(submitted.name, options, data)
    except WorkbookError as exc:
        if exc.code in _CUT_OFF and seen is None:
            _leave_if_young(submitted.path)
        return give_back(submitted, outbox, options, exc, sha256)
    except (PerfEvalError, MemoryError):
        raise
    except Exception:
        error = failed(outbox, submitted.name, traceback.format_exc())
        return give_back(submitted, outbox, options, error, sha256)
    content = _content_digest(data, limits)
    record = evaluated_record(
        evaluation, spec, submitted.name, sha256, submitted.copy, content, options.office
    )
    return _delivered(submitted, outbox, options, record, lambda path: path.write_bytes(copy))


def give_back(
    submitted: Submitted,
    outbox: Path,
    options: Options,
    error: WorkbookError,
    sha256: str | None = None,
) -> Record:
    """Write the 退回说明 of a file and give its record.

    Raises:
        OSError: the outbox cannot be written.
    """
    from perfeval_xl.writer.returned import write_returned

    text = return_text(error, submitted.name)
    record = returned_record(text, submitted.name, sha256, submitted.note)
    return _delivered(submitted, outbox, options, record, lambda path: write_returned(path, record))


def failed(outbox: Path, name: str, trace: str) -> WorkbookError:
    """A fault of ours: its trace goes to the log, the file is returned with this error."""
    _log(outbox, name, trace)
    return WorkbookError("program.failed", {"log": LOG})


def digest_of(path: Path, limits: Limits) -> str | None:
    """SHA-256 of a file's content; None when it cannot be read or is too large to be looked at."""
    try:
        if path.stat().st_size > limits.file_bytes:
            return None
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return None


def in_mb(size: int) -> str:
    """A number of bytes as people say it."""
    return f"{size / 2**20:g} MB"


def _delivered(
    submitted: Submitted,
    outbox: Path,
    options: Options,
    record: Record,
    write: Callable[[Path], object],
) -> Record:
    """The record once its output is in place and that of an earlier outcome is gone.

    Where only this one output cannot be put in place, the record says so instead.
    """
    output = str(record["copy"])
    is_copy = output == submitted.copy
    other = submitted.note if is_copy else submitted.copy
    kept = None
    try:
        with whole_file(outbox / output) as temporary:
            write(temporary)
            made = made_of(temporary)
            if submitted.standing is not None:
                new = temporary if is_copy else None
                limits = options.limits.package
                kept = protect(outbox / submitted.copy, submitted.standing, new, limits)
        remove(outbox / other)
    except Locked as exc:
        place = Path(exc.filename).relative_to(outbox).as_posix()
        error = WorkbookError("output.locked", {"path": place})
    except OSError as exc:
        if exc.errno != errno.ENAMETOOLONG:
            raise
        error = WorkbookError("file.name_too_long")
    else:
        return record | delivery(made, kept.relative_to(outbox).as_posix() if kept else None)
    sha256 = record["sha256"]
    assert sha256 is None or isinstance(sha256, str)
    return _without_output(submitted, error, sha256)


def copy_in_use(submitted: Submitted, sha256: str | None) -> Record:
    """The record of a file whose copy another program holds, so that nothing may be written."""
    error = WorkbookError("output.locked", {"path": submitted.copy})
    return _without_output(submitted, error, sha256)


def _without_output(submitted: Submitted, error: WorkbookError, sha256: str | None) -> Record:
    return returned_record(return_text(error, submitted.name), submitted.name, sha256, "")


def annotated(
    name: str, options: Options, data: bytes, context: Context | None = None
) -> tuple[bytes, Evaluation, FormSpec]:
    """The annotated copy of a file that was sent as ``name``, its evaluation and its form.

    context: what is known of the unit, looked up in the office's index when None.
    """
    from perfeval_xl.writer.annotate import annotate
    from perfeval_xl.writer.review import Arrival
    from perfeval_xl.writer.style import in_colours

    arrived, evaluation = _evaluated(data, options, context=context, name=name)
    program = f"perfeval_xl {_version()}"
    rules = rules_in_words(arrived.spec.digest)
    arrival = Arrival(name, program, arrived.received, arrived.remark, rules)
    with in_colours(dict(options.office.colours)):
        copy = annotate(arrived.workbook, evaluation, arrived.spec, arrival)
    return copy, evaluation, arrived.spec


def _evaluated(
    data: bytes,
    options: Options,
    guarded: bool = False,
    context: Context | None = None,
    name: str = "",
) -> tuple[Arrived, Evaluation]:
    arrived = arrive(
        data,
        lambda grids: _form_of(grids, options),
        options.limits.package,
        options.passwords,
        guarded,
    )
    known = _known(arrived, options, name, data) if context is None else context
    return arrived, evaluate(arrived.submission, arrived.spec, known)


def _known(arrived: Arrived, options: Options, name: str, data: bytes) -> Context:
    """What the office and the ledger know of the unit whose workbook has arrived."""
    if options.index is None and options.ledger is None:
        return NOTHING
    from perfeval_xl.batch.history import Sent, with_history
    from perfeval_xl.batch.office import context_of, rulings_of
    from perfeval_xl.batch.office import unit_of as known_unit
    from perfeval_xl.writer.annotate import free_sheet_name

    who = _who(arrived)
    content = _content_digest(data, options.limits.package)
    sent = Sent(known_unit(options.index, who), who, name, content)
    context = with_history(context_of(options.index, who), options.ledger, sent)
    if options.index is not None:
        sha256 = hashlib.sha256(arrived.workbook.package.source).hexdigest()
        rulings, waivers = rulings_of(options.index, who, name, sha256)
        context = replace(context, rulings=rulings, waivers=waivers)
    if not context.given:
        return context
    return replace(context, sheet=free_sheet_name(arrived.workbook))


def _content_digest(data: bytes, limits: Limits) -> str:
    """SHA-256 of what the unit sent: of the original, when it is an untouched copy of ours."""
    return hashlib.sha256(submitted_bytes(data, limits)).hexdigest()


def rules_in_words(digest: str) -> str:
    """By which program and form data a workbook is reviewed; digest: of the form data."""
    return f"perfeval_xl {_version()}，表样数据 {digest[:12]}"


def entries_of(place: str, data: bytes, outbox: Path, options: Options) -> Entries:
    """What an officer entered in the copy at ``place``.

    Raises:
        WorkbookError: it cannot be read, or something in it cannot be tied to its indicator.
    """
    from perfeval_xl.writer.ruled import read_entries

    try:
        entries = read_entries(Workbook.open(data, options.limits.package))
    except (PerfEvalError, MemoryError):
        raise
    except Exception as exc:
        raise failed(outbox, place, traceback.format_exc()) from exc
    if entries.is_lost:
        raise WorkbookError(_UNTIED)
    return entries


def why_unreadable(error: WorkbookError, place: str) -> str:
    """Why nothing could be read from a copy, in words."""
    from perfeval_xl.writer.text import COPY_UNTIED

    return COPY_UNTIED if error.code == _UNTIED else return_text(error, place).message


def whose(data: bytes, options: Options) -> Who:
    """Whose workbook it is, and of which form.

    Raises:
        WorkbookError: it cannot be opened or is no known form.
    """
    limits = options.limits.package
    arrived = arrive(data, lambda grids: _form_of(grids, options), limits, options.passwords)
    return _who(arrived)


def _who(arrived: Arrived) -> Who:
    """Whose workbook it is; of the year that its heads say, else of the form's, as records have it."""
    submission, spec = arrived.submission, arrived.spec
    return Who(*unit_of(submission), spec.id, submission.year or spec.year)


@cache
def _version() -> str:
    from importlib.metadata import version

    return version("perfeval-xl")


def _form_of(grids: Sequence[Grid], options: Options) -> FormSpec:
    if options.form:
        return office_form(options.form, options.templates, options.office)
    texts = {
        normalize_label(grid.text(a))
        for grid in grids
        for areas in grid.labels.values()
        for a in areas
    }
    return identify(texts, _forms(options.templates, options.office))


@cache
def _forms(templates: Path | None, office: OfficeRules) -> Sequence[FormSpec]:
    return office_forms(templates, office)


def _content(path: Path, limits: Limits, seen: Stamp | None = None) -> bytes:
    """The bytes of a file that did not change while they were read."""
    try:
        before = path.stat()
        if before.st_size > limits.file_bytes:
            details = {"limit": str(limits.file_bytes), "actual": str(before.st_size)}
            raise WorkbookError("workbook.too_large", details)
        data = path.read_bytes()
        after = path.stat()
    except FileNotFoundError as exc:
        raise StillArriving(str(path)) from exc
    except OSError as exc:
        raise WorkbookError("file.unreadable", {"why": reason_of(exc)}) from exc
    if stamp_of(before) != stamp_of(after) or (seen or stamp_of(after)) != stamp_of(after):
        raise StillArriving(str(path))
    return data


def _leave_if_young(path: Path) -> None:
    """Raise MaybeArriving when the file was written to within the last seconds."""
    try:
        found = path.stat()
    except OSError as exc:
        raise StillArriving(str(path)) from exc
    if abs(time.time() - found.st_mtime) <= _SETTLED_AFTER:
        raise MaybeArriving(stamp_of(found))


def _log(outbox: Path, name: str, trace: str) -> None:
    path = outbox / LOG
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
        log.write(f"{name}\n{trace}\n")
