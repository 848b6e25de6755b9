"""Exported tables: exact, whole, harmless."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from perfeval_xl.batch.export import TABLES, harmless
from perfeval_xl.cli import main
from tests.audit import audit
from tests.batch.rounds import Desk, faulty
from tests.builders.forms import FilledForm


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two rounds; the reason of a deduction looks like a formula, a figure like no float."""
    desk = Desk(tmp_path_factory.mktemp("台账"))
    desk.lay("=甲", faulty())
    desk.run()
    form = FilledForm.example()
    form.deduct(9, 1, '=HYPERLINK("http://x")')
    form.heading = [
        "附件2-1",
        "部门（单位）整体支出绩效自评表",
        "部门（单位）名称：@区示例局    预算编码：007",
    ]
    desk.lay("=甲", form)
    desk.run()
    return desk


def exported(desk: Desk, kind: str, *more: str) -> list[Path]:
    result = CliRunner().invoke(main, ["ledger", "export", str(desk.outbox), "--to", kind, *more])
    assert result.exit_code == 0, result.output
    return [Path(line) for line in result.stdout.splitlines()]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def test_csv_has_every_table_of_every_round(desk: Desk) -> None:
    paths = exported(desk, "csv")
    assert [p.name for p in paths] == [f"{name}.csv" for name in TABLES]
    assert paths[0].parent == desk.outbox / "台账"
    rounds = {path.stem: rows_of(path) for path in paths}
    assert len(rounds["files"]) == 2
    assert {row["round"] for row in rounds["indicators"]} == {"1"} or len(
        rounds["indicators"]
    ) == 50
    assert paths[0].read_bytes().startswith(b"\xef\xbb\xbf")


def test_no_cell_of_a_csv_can_be_taken_for_a_formula(desk: Desk) -> None:
    for path in exported(desk, "csv"):
        for row in rows_of(path):
            for text in row.values():
                assert not text.startswith(("=", "+", "@", "\t")), (path.name, text)
    files = rows_of(desk.outbox / "台账" / "files.csv")
    assert {row["file"] for row in files} == {"'=甲.xlsx"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+86", "+86"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-2.5", "-2.5"),
        ("-2+3", "'-2+3"),
        ("@x", "'@x"),
        ("＝1", "'＝1"),
        ("\t=1", "'\t=1"),
        ("５", "５"),
        ("区示例局", "区示例局"),
        ("", ""),
        (None, None),
    ],
)
def test_what_a_spreadsheet_would_compute_gets_an_apostrophe(
    text: str | None, shown: str | None
) -> None:
    assert harmless(text) == shown


def test_xlsx_keeps_texts_texts_and_numbers_exact(desk: Desk, tmp_path: Path) -> None:
    (path,) = exported(desk, "xlsx", "-o", str(tmp_path / "t.xlsx"))
    assert not audit(path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["说明", *TABLES]
    sheet = book["files"]
    heads: dict[Any, int] = {cell.value: cell.column for cell in sheet[1]}
    file = sheet.cell(2, heads["file"])
    assert (file.value, file.data_type) == ("=甲.xlsx", "s")
    code = [sheet.cell(row, heads["unit_code"]).value for row in (2, 3)]
    assert "007" in code
    totals = {sheet.cell(row, heads["computed"]).value for row in (2, 3)}
    assert totals == {94.8, 95.8}
    assert sheet.cell(2, heads["round"]).value == 1


def test_parquet_has_one_schema_and_exact_texts(desk: Desk, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    exported(desk, "parquet", "-o", str(tmp_path))
    table = parquet.read_table(tmp_path / "facts.parquet")
    kinds = {field.name: str(field.type) for field in table.schema}
    assert (kinds["value"], kinds["round"]) == ("string", "int64")
    values = dict(zip(table["id"].to_pylist(), table["value"].to_pylist(), strict=True))
    assert values["income_total"] == "826.75"
    assert parquet.read_table(tmp_path / "resolved.parquet").schema.field("code").type == "string"


def test_without_pyarrow_it_is_said_what_to_install(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = CliRunner().invoke(main, ["ledger", "export", str(desk.outbox), "--to", "parquet"])
    assert result.exit_code == 1
    assert "perfeval-xl[parquet]" in result.stderr
    assert "--to csv" in result.stderr


@pytest.mark.parametrize(("kind", "name"), [("xlsx", "t.csv"), ("csv", "there.csv")])
def test_a_target_that_does_not_fit_is_refused(
    desk: Desk, tmp_path: Path, kind: str, name: str
) -> None:
    (tmp_path / "there.csv").touch()
    arguments = ["ledger", "export", str(desk.outbox), "--to", kind, "-o", str(tmp_path / name)]
    assert CliRunner().invoke(main, arguments).exit_code == 2
