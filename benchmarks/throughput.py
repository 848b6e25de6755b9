"""Our whole pipeline, the obvious one and the physical limit, on the same files in one run.

    python -m benchmarks.throughput                 100 workbooks of each kind
    python -m benchmarks.throughput --files 20      fewer
    python -m benchmarks.throughput --write         also into benchmarks/RESULTS.md

Ours: one file through all rooms as a worker does it, its copy on disk and its record as a line.
The obvious one: openpyxl loads the workbook twice (values and formulas), looks through all cells
for labels, reads the same facts, writes the very annotations that we write (every cell, fill,
note, height, width and the sheet 复核意见, taken from our copy beforehand), saves, and writes the
same record. Which rule gives which score is handed to it for nothing.
The limit: read the bytes, inflate every part, deflate what is new in our copy, write the file.
All three take turns, ten files each. Shown are medians of processor time, and their ratios: on a
machine that others use too, wall time measures the others. Wall time stands beside it.
"""

from __future__ import annotations

import argparse
import copy
import gc
import io
import statistics
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import openpyxl
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment

from benchmarks.corpus import HEAVY, LIGHT, TITLES, write_corpus
from benchmarks.report import put_section, table
from perfeval_xl.batch import one
from perfeval_xl.batch.discover import Submitted
from perfeval_xl.batch.files import whole_file
from perfeval_xl.batch.one import Options, process
from perfeval_xl.batch.record import Record, evaluated_record, from_line, to_line
from perfeval_xl.batch.worker import Finished, prepare
from perfeval_xl.calculator.evaluate import evaluate
from perfeval_xl.ooxml import Package, Workbook
from perfeval_xl.ooxml.package import DEFLATE_LEVEL
from perfeval_xl.reader.read import read_grids, read_submission
from perfeval_xl.writer.annotate import annotate
from perfeval_xl.writer.review import Arrival
from perfeval_xl.writer.twice import original_of

_PARTS = ("font", "fill", "border", "alignment", "number_format", "protection")
_OPTIONS = Options()
_BLOCK = 10  # files that go one way before the next way has its turn
_TARGETS = {HEAVY: 40, LIGHT: 20}


# ---- the three ways ----


def ours(path: Path, outbox: Path) -> bytes:
    """One file through all our rooms, its record included."""
    submitted = Submitted(path, path.name, f"复核/{path.name}", f"退回/{path.name}")
    return Finished.of(process(submitted, outbox, _OPTIONS)).line


@dataclass(frozen=True, slots=True)
class _Written:
    """A cell that our copy has and the submitted file has not, or not like this."""

    row: int
    column: int
    value: Any
    look: tuple[Any, ...]
    note: str


@dataclass(slots=True)
class _Plan:
    """Everything the annotated copy of one file adds, as openpyxl sees it, and the facts."""

    cells: dict[str, list[_Written]] = field(default_factory=dict)
    heights: dict[str, dict[int, float]] = field(default_factory=dict)
    widths: dict[str, dict[str, float]] = field(default_factory=dict)
    review: list[_Written] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    facts: list[tuple[str, str, str]] = field(default_factory=list)
    record: Record = field(default_factory=dict)


def plan_of(path: Path, made: Path, record: Record) -> _Plan:
    """What the obvious way is to write, so that it writes the same."""
    before, after = openpyxl.load_workbook(path), openpyxl.load_workbook(made)
    plan = _Plan(record=record)
    for sheet in before.worksheets:
        now = after[sheet.title]
        plan.cells[sheet.title] = [
            _written(cell)
            for row in now.iter_rows()
            for cell in row
            if isinstance(cell, Cell) and _differs(cell, sheet)
        ]
        plan.heights[sheet.title] = {
            n: d.height
            for n, d in now.row_dimensions.items()
            if d.height is not None and d.height != sheet.row_dimensions[n].height
        }
        plan.widths[sheet.title] = {
            n: d.width
            for n, d in now.column_dimensions.items()
            if d.width != sheet.column_dimensions[n].width
        }
    review = after.worksheets[0]
    plan.review = [_written(c) for row in review.iter_rows() for c in row if isinstance(c, Cell)]
    plan.merges = [area.coord for area in review.merged_cells.ranges]
    plan.links = [
        (c.coordinate, c.hyperlink.location) for row in review for c in row if c.hyperlink
    ]
    plan.heights[review.title] = {
        n: d.height for n, d in review.row_dimensions.items() if d.height is not None
    }
    plan.widths[review.title] = {n: d.width for n, d in review.column_dimensions.items()}
    facts: Any = record["facts"]
    plan.facts = [(name, f["sheet"], f["cell"]) for name, f in facts.items() if f["cell"]]
    return plan


def _differs(cell: Cell, sheet: Any) -> bool:
    was = sheet.cell(cell.row, cell.column)
    if isinstance(was, MergedCell):
        return False
    text, old = _note_of(cell), _note_of(was)
    return (cell.value, cell.fill, text) != (was.value, was.fill, old)


def _note_of(cell: Any) -> str:
    return cell.comment.text if cell.comment else ""


def _written(cell: Cell) -> _Written:
    look = tuple(_plain(getattr(cell, part)) for part in _PARTS)
    return _Written(cell.row, cell.column, cell.value, look, _note_of(cell))


def _plain(look: Any) -> Any:
    return copy.copy(look)


def obvious(path: Path, target: Path, plan: _Plan) -> str:
    """What a script with openpyxl does: load twice, look for labels, annotate as much, save."""
    data = path.read_bytes()
    values = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    book = openpyxl.load_workbook(io.BytesIO(data))
    _labels(values)
    found = {name: _number(values[sheet][cell].value) for name, sheet, cell in plan.facts}
    for name, cells in plan.cells.items():
        _write(book[name], cells)
    review = book.create_sheet("复核意见", 0)
    _write(review, plan.review)
    for area in plan.merges:
        review.merge_cells(area)
    for cell, location in plan.links:
        review[cell].hyperlink = f"#{location}"
    for name, heights in plan.heights.items():
        for row, height in heights.items():
            book[name].row_dimensions[row].height = height
    for name, widths in plan.widths.items():
        for column, width in widths.items():
            book[name].column_dimensions[column].width = width
    book.save(target)
    digest = sha256(data).hexdigest()
    return to_line({**plan.record, "sha256": digest, "read": {k: str(v) for k, v in found.items()}})


def _labels(book: openpyxl.Workbook) -> dict[str, tuple[str, str]]:
    """Where each text of the workbook stands, by the text without spaces."""
    found: dict[str, tuple[str, str]] = {}
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    label = "".join(cell.value.split()).replace("（", "(").replace("）", ")")
                    found.setdefault(label, (sheet.title, cell.coordinate))
    return found


def _number(value: object) -> object:
    try:
        return Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        return value


def _write(sheet: Any, cells: list[_Written]) -> None:
    for item in cells:
        cell = sheet.cell(item.row, item.column)
        cell.value = item.value
        for part, look in zip(_PARTS, item.look, strict=True):
            setattr(cell, part, look)
        if item.note:
            cell.comment = Comment(item.note, "复核")


def limit(path: Path, target: Path, new: list[bytes], rest: int) -> None:
    """What no program can do without: read, inflate all, deflate what is new, write as much."""
    package = Package.open(path.read_bytes())
    for name in package.names:
        package.original(name)
    packed = [_deflated(content) for content in new]
    kept = package.source[: max(0, rest - sum(map(len, packed)))]
    target.write_bytes(b"".join([kept, *packed]))


def _deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(DEFLATE_LEVEL, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def new_parts(path: Path, made: Path) -> list[bytes]:
    """Contents of the parts of a copy that are not as they were submitted."""
    before, after = Package.open(path.read_bytes()), Package.open(made.read_bytes())
    return [
        after.original(name)
        for name in after.names
        if name not in before or after.raw(name) != before.raw(name)
    ]


# ---- our stages ----


def stages(path: Path, outbox: Path) -> list[tuple[str, float]]:
    """Processor seconds of each stage of one file, the same steps as in ``batch/one.py``."""
    clock = time.process_time
    marks = [("", clock())]

    def mark(name: str) -> None:
        marks.append((name, clock()))

    limits = _OPTIONS.limits.package
    data = path.read_bytes()
    digest = sha256(data).hexdigest()
    mark("read the file, SHA-256")
    workbook = Workbook.open(data, limits)
    for info in workbook.sheets:
        workbook.sheet(info.name)
    _ = workbook.styles
    mark("inflate, scan sheets, strings, styles")
    workbook = original_of(workbook, limits).workbook
    mark("is it a copy of ours?")
    grids = read_grids(workbook)
    spec = one._form_of(grids, _OPTIONS)
    mark("grids, which form")
    submission = read_submission(grids, spec)
    mark("read the facts")
    evaluation = evaluate(submission, spec)
    mark("evaluate: rules, checks, findings")
    annotated = annotate(workbook, evaluation, spec, Arrival(path.name, "perfeval_xl"))
    mark("annotate, of which deflate below")
    record = evaluated_record(evaluation, spec, path.name, digest, f"复核/{path.name}")
    to_line(record)
    mark("result record")
    with whole_file(outbox / "复核" / path.name) as temporary:
        temporary.write_bytes(annotated)
    mark("write, flush to disk, rename")
    return [(name, at - marks[i][1]) for i, (name, at) in enumerate(marks[1:])]


# ---- the measurement ----


class _Time(NamedTuple):
    """Seconds that a job took."""

    processor: float
    wall: float


@dataclass(slots=True)
class Figures:
    """Seconds per file of one kind of workbook."""

    ours: list[_Time] = field(default_factory=list)
    obvious: list[_Time] = field(default_factory=list)
    limit: list[_Time] = field(default_factory=list)
    deflate: list[_Time] = field(default_factory=list)
    stages: dict[str, list[float]] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)

    def median(self, name: str, wall: bool = False) -> float:
        """Median milliseconds of the processor, or by the clock."""
        times: list[_Time] = getattr(self, name)
        return statistics.median(t.wall if wall else t.processor for t in times) * 1000


def measure(kind: str, files: int) -> Figures:
    """All three ways on ``files`` workbooks of a kind, taking turns."""
    figures = Figures()
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_corpus(folder / "in", files, (kind,))
        (folder / "out" / "复核").mkdir(parents=True)
        for first in range(0, files, _BLOCK):
            _measure_block(paths[first : first + _BLOCK], folder, figures)
    return figures


def _measure_block(paths: list[Path], folder: Path, figures: Figures) -> None:
    """A few files by each way in turn, as warm as a batch finds them: each goes once untimed."""
    out = folder / "out"
    copies = [out / "复核" / path.name for path in paths]
    plans, new, sizes = [], [], []
    for path, made in zip(paths, copies, strict=True):
        record = from_line(ours(path, out).decode("utf-8"))
        assert record["status"] == "evaluated", record["reason"]
        plans.append(plan_of(path, made, record))
        new.append(new_parts(path, made))
        sizes.append(made.stat().st_size)
        figures.sizes.append(path.stat().st_size)
    target = folder / "made.xlsx"
    obvious(paths[0], target, plans[0])
    for path, plan in zip(paths, plans, strict=True):
        figures.obvious.append(_timed(lambda p=path, q=plan: obvious(p, target, q)))  # type: ignore[misc]
    gc.collect()  # the other ways start without the rubbish of this one
    _clear(copies)
    for path in paths:
        ours(path, out)
    _clear(copies)
    for path in paths:
        figures.ours.append(_timed(lambda p=path: ours(p, out)))  # type: ignore[misc]
    _clear(copies)
    for path in paths:
        for name, seconds in stages(path, out):
            figures.stages.setdefault(name, []).append(seconds)
    for path, parts, size in zip(paths, new, sizes, strict=True):
        figures.limit.append(_timed(lambda p=path, n=parts, s=size: limit(p, target, n, s)))  # type: ignore[misc]
        figures.deflate.append(_timed(lambda n=parts: [_deflated(part) for part in n]))  # type: ignore[misc]


def _clear(copies: list[Path]) -> None:
    """Take copies away: a rename over a file waits for the disk, and a batch writes new ones."""
    for made in copies:
        made.unlink(missing_ok=True)


def _timed(job: Callable[[], object]) -> _Time:
    """What a job takes."""
    wall, processor = time.perf_counter(), time.process_time()
    job()
    return _Time(time.process_time() - processor, time.perf_counter() - wall)


def report(found: dict[str, Figures], files: int) -> str:
    """The tables, as Markdown."""
    rows = [
        [
            TITLES[kind],
            f"{statistics.median(f.sizes) / 1024:.0f} KB",
            f"{f.median('ours'):.2f}",
            f"{f.median('obvious'):.1f}",
            f"{f.median('limit'):.2f}",
            f"{f.median('obvious') / f.median('ours'):.1f} (≥ {_TARGETS[kind]})",
            f"{f.median('ours') / f.median('limit'):.1f} (≤ 6)",
            f"{f.median('ours', True):.1f} / {f.median('obvious', True):.0f} / "
            f"{f.median('limit', True):.1f}",
        ]
        for kind, f in found.items()
    ]
    heads = [
        "form",
        "size",
        "ours ms",
        "openpyxl ms",
        "limit ms",
        "obvious ÷ ours",
        "ours ÷ limit",
        "by the clock",
    ]
    text = f"{files} files of each kind, medians, in turns.\n\n" + table(heads, rows)
    names = list(next(iter(found.values())).stages)
    lines = [
        [name, *(f"{statistics.median(f.stages[name]) * 1000:.2f}" for f in found.values())]
        for name in names
    ]
    deflate = [f"{f.median('deflate'):.2f}" for f in found.values()]
    lines.append(["(deflate of all new parts)", *deflate])
    return text + "\n\nMilliseconds by stage:\n\n" + table(["stage", *found], lines)


def main() -> None:
    """Measure and print; with --write also into RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--kind", choices=(HEAVY, LIGHT), action="append")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    prepare()
    found = {kind: measure(kind, given.files) for kind in given.kind or (HEAVY, LIGHT)}
    text = report(found, given.files)
    print(text)
    if given.write:
        put_section("One process", text)


if __name__ == "__main__":
    main()
