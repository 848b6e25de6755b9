"""One file through all rooms: read, evaluate, annotate, or return with a reason.

The only module that catches everything: a fault of ours becomes a returned file and a log entry.
"""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from perfeval_xl.batch.discover import Submitted
from perfeval_xl.batch.files import whole_file, write_whole
from perfeval_xl.batch.record import Record, evaluated_record, returned_record
from perfeval_xl.calculator.evaluate import evaluate
from perfeval_xl.errors import PerfEvalError, WorkbookError
from perfeval_xl.forms.catalog import load_form, load_forms
from perfeval_xl.forms.identify import identify
from perfeval_xl.forms.returns import return_text
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import Evaluation
from perfeval_xl.ooxml import Limits, Workbook
from perfeval_xl.reader.grid import Grid
from perfeval_xl.reader.read import read_grids, read_submission

LOG = ".perfeval/错误记录.txt"
_SETTLED_AFTER = 5.0  # seconds without a change after which a broken file is no longer "arriving"
_PATIENCE = 1.0


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What one file may take, beside the limits on its package."""

    soft_seconds: float = 10
    hard_seconds: float = 30
    memory_bytes: int = 400 * 2**20
    package: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Options:
    """How files are evaluated. form: an id that overrules identification, or None."""

    form: str | None = None
    templates: Path | None = None
    limits: RunLimits = field(default_factory=RunLimits)


class StillArriving(PerfEvalError):
    """The file changed while it was read: it is left for the next run."""


def evaluate_workbook(
    path: str | Path, form: str | None = None, templates: str | Path | None = None
) -> Evaluation:
    """The evaluation of one workbook.

    Raises:
        WorkbookError: it cannot be opened or is no known form.
        FormSpecError: the form named does not exist or its data is wrong.
        OSError: the file cannot be read.
    """
    options = Options(form, Path(templates) if templates else None)
    return _evaluated(Path(path).read_bytes(), options)[1]


def record_of(path: Path, form: str | None = None, templates: Path | None = None) -> Record:
    """The record of one file, as results.jsonl would have it, without writing anything."""
    sha256 = None
    try:
        data = _content(path, Limits())
        sha256 = hashlib.sha256(data).hexdigest()
        _, evaluation, spec = _evaluated(data, Options(form, templates))
    except WorkbookError as exc:
        return returned_record(return_text(exc, path.name), path.name, sha256, "")
    return evaluated_record(evaluation, spec, path.name, sha256, "")


def process(submitted: Submitted, outbox: Path, options: Options) -> Record:
    """Evaluate one file of the inbox and write its copy or its note; never raises for its content."""
    sha256 = None
    try:
        data = _content(submitted.path, options.limits.package)
        sha256 = hashlib.sha256(data).hexdigest()
        return _annotated(submitted, outbox, options, data, sha256)
    except WorkbookError as exc:
        if exc.code == "workbook.truncated":
            _leave_if_arriving(submitted.path)
        return give_back(submitted, outbox, exc, sha256)
    except (PerfEvalError, OSError):
        raise
    except MemoryError:
        error = WorkbookError(
            "file.too_much_memory", {"limit": _in_mb(options.limits.memory_bytes)}
        )
    except Exception:
        _log(outbox, submitted.name, traceback.format_exc())
        error = WorkbookError("program.failed", {"log": LOG})
    return give_back(submitted, outbox, error, sha256)


def give_back(
    submitted: Submitted, outbox: Path, error: WorkbookError, sha256: str | None = None
) -> Record:
    """Write the 退回说明 of a file and give its record."""
    from perfeval_xl.writer.returned import write_returned

    text = return_text(error, submitted.name)
    record = returned_record(text, submitted.name, sha256, submitted.note)
    with whole_file(outbox / submitted.note) as temporary:
        write_returned(temporary, record)
    return record


def _annotated(
    submitted: Submitted, outbox: Path, options: Options, data: bytes, sha256: str
) -> Record:
    from perfeval_xl.writer.annotate import annotate

    workbook, evaluation, spec = _evaluated(data, options)
    copy = annotate(workbook, evaluation, submitted.name)
    write_whole(outbox / submitted.copy, copy)
    return evaluated_record(evaluation, spec, submitted.name, sha256, submitted.copy)


def _evaluated(data: bytes, options: Options) -> tuple[Workbook, Evaluation, FormSpec]:
    workbook = Workbook.open(data, options.limits.package)
    grids = read_grids(workbook)
    spec = _form_of(grids, options)
    evaluation = evaluate(read_submission(grids, spec), spec)
    return workbook, evaluation, spec


def _form_of(grids: Sequence[Grid], options: Options) -> FormSpec:
    if options.form:
        return load_form(options.form, options.templates)
    texts = {
        normalize_label(grid.text(a))
        for grid in grids
        for areas in grid.labels.values()
        for a in areas
    }
    return identify(texts, _forms(options.templates))


@cache
def _forms(templates: Path | None) -> Sequence[FormSpec]:
    return load_forms(templates)


def _content(path: Path, limits: Limits) -> bytes:
    """The bytes of a file that did not change while they were read."""
    try:
        before = path.stat()
        if before.st_size > limits.file_bytes:
            details = {"limit": str(limits.file_bytes), "actual": str(before.st_size)}
            raise WorkbookError("workbook.too_large", details)
        data = path.read_bytes()
        after = path.stat()
    except OSError as exc:
        raise WorkbookError("file.unreadable", {"why": exc.strerror or "无法读取"}) from exc
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise StillArriving(str(path))
    return data


def _leave_if_arriving(path: Path) -> None:
    """Raise StillArriving when a cut-off file is so young that it may still be on its way."""
    before = path.stat()
    if abs(time.time() - before.st_mtime) > _SETTLED_AFTER:
        return
    time.sleep(_PATIENCE)
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise StillArriving(str(path))


def _in_mb(size: int) -> str:
    return f"{size / 2**20:g} MB"


def _log(outbox: Path, name: str, trace: str) -> None:
    path = outbox / LOG
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
        log.write(f"{name}\n{trace}\n")
