"""Plain tables: a sheet each, numbers only where Excel keeps the very number."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from perfeval_xl.writer.tables import exact, write_tables
from tests.audit import audit


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("40.95", 40.95),
        ("-0.5", -0.5),
        ("0", 0.0),
        ("1E+3", 1000.0),
        ("0.1234567890123456789", None),
        ("12345678901234567", None),
        ("1e999", None),
        ("NaN", None),
        ("优秀", None),
    ],
)
def test_a_number_is_one_only_where_nothing_is_lost(text: str, number: float | None) -> None:
    assert exact(text) == number


def test_a_long_table_goes_on_on_the_next_sheet(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    rows = [("id", "score"), *((f"=a{n}", "1.5") for n in range(5))]
    tables = [("t", iter(rows)), ("none", iter([("id",)]))]
    write_tables(path, tables, {"score"}, ["第一句"], rows_each=2)
    assert not audit(path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["说明", "t", "t(2)", "t(3)", "none"]
    assert book["说明"]["A2"].value == "第一句"
    assert [[c.value for c in row] for row in book["t(3)"]] == [["id", "score"], ["=a4", 1.5]]
    assert book["t(3)"]["A2"].data_type == "s"
