"""Tables of the ledger for other programs: parquet, csv, xlsx; every round, not only the last.

Numbers of the forms are exact: in parquet and csv they are texts as the ledger has them (40.95,
never 40.949999999999996), in xlsx numbers where Excel keeps the very number, else texts.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from perfeval_xl.batch.files import whole_file
from perfeval_xl.batch.ledger import place_of, reading
from perfeval_xl.errors import PerfEvalError

if TYPE_CHECKING:
    from pandas import DataFrame

Kind = Literal["parquet", "csv", "xlsx"]
FOLDER, BOOK = "台账", "台账.xlsx"
_FILE = "f.id AS file_id, f.file, r.unit, f.unit_name, f.unit_code, f.form, f.year, r.round"
_LEFT = "JOIN files f ON f.id = t.file_id LEFT JOIN rounds r ON r.id = f.round_id"
_ORDER = "ORDER BY f.file, r.round, f.id"
TABLES = {
    "rounds": "SELECT r.unit, r.name, r.code, r.form, r.year, r.round, COUNT(f.id) AS files,"
    " SUM(f.position IS NOT NULL) AS current_files FROM rounds r"
    " LEFT JOIN files f ON f.round_id = r.id GROUP BY r.id ORDER BY r.unit, r.form, r.year, r.round",
    "files": f"SELECT {_FILE}, f.position IS NOT NULL AS is_current, f.sha256, f.content AS"
    " content_sha256, f.status, f.reason, f.copy, f.rules, f.earlier_file AS compared_with,"
    " t.stated, t.self_sum, t.computed, t.decided, t.undecided, t.judged, t.low, t.high,"
    " t.rating_stated, t.rating FROM files f LEFT JOIN rounds r ON r.id = f.round_id"
    f" LEFT JOIN totals t ON t.file_id = f.id {_ORDER}",
    "indicators": f"SELECT {_FILE}, t.number, t.id, t.label, t.parent, t.kind, t.max, t.self,"
    " t.score, t.low, t.high, t.outcome, t.reading, t.sheet, t.cell, t.sentence, t.formula"
    f" FROM indicators t {_LEFT} {_ORDER}, t.number",
    "findings": f"SELECT {_FILE}, t.code, t.title, t.severity, t.origin, t.indicator, t.sheet,"
    " t.cells, t.provided, t.expected, t.difference, t.message, t.fix, t.clause, t.follows_from,"
    f" t.round_state, t.key FROM findings t {_LEFT} {_ORDER}, t.position",
    "resolved": f"SELECT {_FILE}, t.code, t.severity, t.indicator, t.sheet, t.cells, t.message,"
    f" t.key FROM resolved t {_LEFT} {_ORDER}, t.position",
    "facts": f"SELECT {_FILE}, t.id, t.value, t.raw, t.state, t.sheet, t.cell, t.note, t.source"
    f" FROM facts t {_LEFT} {_ORDER}, t.id",
}
COUNTS = {"file_id", "year", "round", "number", "files", "current_files", "is_current"}
NUMBERS = {"max", "self", "score", "low", "high", "stated", "self_sum", "computed", "decided",
           "undecided", "judged", "value"}  # fmt: skip
NOTES = (
    "rounds：轮次，一个单位、一个表样、一轮一行；current_files 是最近一次复核里的文件数。",
    "files：文件，各轮报送的每份文件一行；is_current 为 1 的在最近一次复核里，"
    "compared_with 是对照的上一轮文件。",
    "indicators：指标，每份文件每项指标一行，自评、复核得分、允许区间和说明。",
    "findings：问题，每处一行；round_state 为 persists（未改）、new（新增），第一轮空白。",
    "resolved：已改，上一轮有、这一轮没有了的问题。",
    "facts：数据项，每份文件读到的每个数或文字，连同所在的工作表和单元格。",
    "各表用 file_id 相连。数值列里 Excel 存不准的数写成文字；其余都是文字，不会被当成公式。",
)
_CHUNK = 50_000  # rows in memory at a time
_STARTS_FORMULA = re.compile("[=+\\-@\t\r＝＋－＠]")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(E[+-]?\d+)?", re.ASCII)


class NeedsPyarrow(PerfEvalError):
    """parquet was asked for, and pyarrow is not installed."""

    def __str__(self) -> str:
        return (
            '导出 parquet 需要另装 pyarrow：pip install "perfeval-xl[parquet]"'
            "（离线安装：pip install --no-index --find-links 安装包文件夹 pyarrow）。"
            "也可以改用 --to csv 或 --to xlsx。"
        )


def export(outbox: Path, kind: Kind, target: Path | None = None) -> list[Path]:
    """Write the tables; the files written. target: a folder, for xlsx the workbook.

    Raises:
        NeedsPyarrow: parquet is not installed.
        LedgerMissing, LedgerNewer, LedgerBusy, LedgerDamaged: the ledger cannot be read.
        OSError: a file cannot be written.
    """
    if kind == "parquet":
        _need_pyarrow()
    with reading(place_of(outbox)) as base:
        if kind == "xlsx":
            path = target or outbox
            return [_write_book(base, path / BOOK if path.is_dir() else path)]
        write = _write_parquet if kind == "parquet" else _write_csv
        return [
            _written(base, (target or outbox / FOLDER) / f"{name}.{kind}", name, write)
            for name in TABLES
        ]


def _need_pyarrow() -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError as exc:
        raise NeedsPyarrow from exc


Write = Callable[[Path, "Iterator[DataFrame]"], None]


def _written(base: sqlite3.Connection, path: Path, name: str, write: Write) -> Path:
    with whole_file(path) as temporary:
        write(temporary, _frames(base, name))
    return path


def _frames(base: sqlite3.Connection, name: str) -> Iterator[DataFrame]:
    """The table in pieces, at least one; texts stay texts and counts are integers."""
    import pandas

    cursor = base.execute(TABLES[name])
    columns = [column[0] for column in cursor.description]
    counts = {column: "Int64" for column in columns if column in COUNTS}
    rows = cursor.fetchmany(_CHUNK)
    while True:
        yield pandas.DataFrame(rows, columns=columns, dtype=object).astype(counts)
        rows = cursor.fetchmany(_CHUNK)
        if not rows:
            return


def _write_csv(path: Path, frames: Iterator[DataFrame]) -> None:
    """UTF-8 with the mark by which Excel knows it; nothing in it can be taken for a formula."""
    for number, frame in enumerate(frames):
        for column in set(frame.columns) - COUNTS:
            frame[column] = frame[column].map(harmless)
        mode: Literal["w", "a"] = "a" if number else "w"
        encoding = "utf-8" if number else "utf-8-sig"
        frame.to_csv(path, mode=mode, header=not number, index=False, encoding=encoding,
                     lineterminator="\r\n")  # fmt: skip


def harmless(text: str | None) -> str | None:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it."""
    if text and _STARTS_FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _write_parquet(path: Path, frames: Iterator[DataFrame]) -> None:
    """One schema whatever the data: counts are integers, all else texts."""
    import pyarrow
    from pyarrow import parquet

    first = next(frames)
    schema = pyarrow.schema(
        [(c, pyarrow.int64() if c in COUNTS else pyarrow.string()) for c in first.columns]
    )
    with parquet.ParquetWriter(path, schema) as writer:
        for frame in (first, *frames):
            writer.write_table(pyarrow.Table.from_pandas(frame, schema, preserve_index=False))


def _write_book(base: sqlite3.Connection, path: Path) -> Path:
    from perfeval_xl.writer.tables import write_tables

    tables = ((name, _rows(base, name)) for name in TABLES)
    with whole_file(path) as temporary:
        write_tables(temporary, tables, NUMBERS | COUNTS, NOTES)
    return path


def _rows(base: sqlite3.Connection, name: str) -> Iterator[tuple[object, ...]]:
    """The heads, then the rows."""
    cursor = base.execute(TABLES[name])
    yield tuple(column[0] for column in cursor.description)
    yield from cursor
