"""Our whole pipeline against the obvious one, on the same generated workbooks, in one run.

    python -m benchmarks.throughput            100 workbooks of each kind
    python -m benchmarks.throughput --files 20

Ours: open, identify, read, evaluate, annotate, result record. The obvious one: openpyxl loads the
workbook twice (values and formulas), finds the same labels, computes the ratios, writes the same
cells, fills and notes, saves. Both are interleaved file by file; medians and their ratio are shown.
"""

from __future__ import annotations

import argparse
import io
import random
import statistics
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from perfeval_xl.batch.discover import Submitted
from perfeval_xl.batch.one import Options, process
from perfeval_xl.batch.record import to_line
from tests.builders import layout_plain, layout_word
from tests.builders.forms import FilledForm

KINDS: dict[str, Callable[[FilledForm], openpyxl.Workbook]] = {
    "Word 粘贴（约 280 处合并）": layout_word.build,
    "普通（约 45 处合并）": layout_plain.build,
}
_FILL = PatternFill("solid", fgColor="FFE699")
_LABELS = {"人员编制", "实有人数", "收入合计", "支出合计", "固定资产合计", "在用固定资产"}


def random_form(chance: random.Random) -> FilledForm:
    """A filled form with invented figures, some of them wrong."""
    form = FilledForm.example()
    posts = chance.randint(5, 200)
    form.facts["authorized_posts"] = posts
    form.facts["actual_staff"] = posts + chance.randint(-3, 6)
    for number in range(1, 26):
        if chance.random() < 0.15:
            form.scores[number] = Decimal(chance.randint(0, 4)) / 2
    return form


def corpus(
    build: Callable[[FilledForm], openpyxl.Workbook], files: int, folder: Path
) -> list[Path]:
    """``files`` workbooks of one kind, the same on every run."""
    chance = random.Random(2021)
    paths = []
    for number in range(files):
        path = folder / f"样例{number:04}.xlsx"
        build(random_form(chance)).save(path)
        paths.append(path)
    return paths


def ours(path: Path, outbox: Path) -> None:
    """One file through all our rooms, its record included."""
    submitted = Submitted(path, path.name, f"复核/{path.name}", f"退回/{path.name}")
    to_line(process(submitted, outbox, Options()))


def obvious(path: Path, outbox: Path) -> None:
    """What a script with openpyxl does: load twice, look for labels, annotate as much, save."""
    data = path.read_bytes()
    values = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    book = openpyxl.load_workbook(io.BytesIO(data))
    found: dict[str, float] = {}
    for sheet in values.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                label = str(cell.value).replace("\n", "").replace(" ", "") if cell.value else ""
                if label in _LABELS:
                    found[label] = cell.row
    for sheet in book.worksheets:
        right = sheet.max_column + 2
        for row in range(2, min(31, sheet.max_row + 1)):
            for column in range(4):
                sheet.cell(row, right + column, f"复核 {len(found)}").fill = _FILL
            sheet.cell(row, right).comment = Comment("【警告】缺少数据，无法复核。", "复核")
    review = book.create_sheet("复核意见", 0)
    for row in range(1, 61):
        for column in range(1, 8):
            review.cell(row, column, "复核意见").fill = _FILL
    book.save(outbox / path.name)


def timed(job: Callable[[Path, Path], None], path: Path, outbox: Path) -> float:
    """Seconds that one job takes on one file."""
    start = time.perf_counter()
    job(path, outbox)
    return time.perf_counter() - start


def compare(build: Callable[[FilledForm], openpyxl.Workbook], files: int) -> tuple[float, float]:
    """Median milliseconds per file, ours and the obvious way's, interleaved."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths = corpus(build, files, folder)
        out = folder / "out"
        (out / "复核").mkdir(parents=True)
        ours(paths[0], out)
        obvious(paths[0], out)
        pairs = [(timed(ours, p, out), timed(obvious, p, out)) for p in paths]
    return (
        statistics.median(a for a, _ in pairs) * 1000,
        statistics.median(b for _, b in pairs) * 1000,
    )


def main() -> None:
    """Print one line per kind of workbook."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100)
    files = parser.parse_args().files
    print(f"{'工作簿':<24}{'本程序 ms':>10}{'openpyxl ms':>14}{'倍数':>8}")
    for kind, build in KINDS.items():
        own, plain = compare(build, files)
        print(f"{kind:<24}{own:>10.1f}{plain:>14.1f}{plain / own:>8.1f}")


if __name__ == "__main__":
    main()
