"""One prefilled blank per unit that must report, under a name that Windows takes."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from perfeval_xl import evaluate_workbook
from perfeval_xl.batch.blanks import write_blanks
from perfeval_xl.errors import ListError
from perfeval_xl.forms.catalog import load_form
from tests.builders.lists import written

SPEC = load_form("yueyanglou-2021")
ROWS = [
    ["编码", "名称", "免报"],
    ["000301", "区甲局", ""],
    ["", "区乙/丙:局?", ""],
    ["000304", "区丁馆", "是"],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the blanks of the roster, which lies beside it."""
    base = tmp_path_factory.mktemp("下发")
    write_blanks(SPEC, written(base / "名册.xlsx", {"名册": ROWS}), base / "空白表")
    return base / "空白表"


def test_each_unit_that_must_report_gets_one(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["000301_区甲局_自评表.xlsx", "区乙_丙_局__自评表.xlsx"]


def test_name_and_code_are_filled_in_and_read_back(folder: Path) -> None:
    found = evaluate_workbook(folder / "000301_区甲局_自评表.xlsx")
    assert (found.unit_name, found.unit_code) == ("区甲局", "000301")


def test_further_sheets_stand_behind_the_form_and_know_the_unit(tmp_path: Path) -> None:
    roster = written(tmp_path / "名册.xlsx", {"名册": ROWS})
    write_blanks(SPEC, roster, tmp_path / "下发", further=("base-data", "supplement"))
    path = tmp_path / "下发" / "000301_区甲局_自评表.xlsx"
    book = openpyxl.load_workbook(path, data_only=True)
    assert {"基础数据表", "补充数据"} <= set(book.sheetnames)
    assert book["基础数据表"]["B3"].value == "区甲局"
    assert book["补充数据"]["B4"].value == "区甲局"
    assert evaluate_workbook(path).unit_name == "区甲局"


def test_what_is_there_is_kept_unless_forced(folder: Path) -> None:
    roster = folder.parent / "名册.xlsx"
    filled = folder / "000301_区甲局_自评表.xlsx"
    kept = filled.read_bytes()
    filled.write_bytes(b"filled in")
    seen: list[tuple[int, int]] = []
    made = write_blanks(SPEC, roster, folder, progress=lambda done, all_: seen.append((done, all_)))
    assert (made.written, made.kept, made.exempt) == (0, 2, 1)
    assert filled.read_bytes() == b"filled in"
    assert seen == [(1, 2), (2, 2)]
    assert write_blanks(SPEC, roster, folder, force=True).written == 2
    assert filled.read_bytes() == kept


def test_names_that_windows_takes_for_one_are_told_apart(tmp_path: Path) -> None:
    rows = [["名称"], ["CON"], ["Aa局"], ["aA局"], ["长" * 200]]
    write_blanks(SPEC, written(tmp_path / "名册.xlsx", {"名册": rows}), tmp_path / "空白表")
    names = sorted(path.name for path in (tmp_path / "空白表").iterdir())
    assert names == [
        "Aa局_自评表.xlsx", "_CON_自评表.xlsx", "aA局_2_自评表.xlsx", f"{'长' * 60}_自评表.xlsx",
    ]  # fmt: skip


def test_a_bad_roster_writes_nothing(tmp_path: Path) -> None:
    roster = written(tmp_path / "名册.xlsx", {"名册": [["编码"], ["1"]]})
    with pytest.raises(ListError):
        write_blanks(SPEC, roster, tmp_path / "空白表")
    assert not (tmp_path / "空白表").exists()
