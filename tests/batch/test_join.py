"""Two files of one unit, the scored form and its 基础数据表, count as one where they agree."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfeval_xl import run_folder
from perfeval_xl.batch import run as run_module
from perfeval_xl.batch.discover import Submitted
from perfeval_xl.batch.one import Options
from perfeval_xl.batch.verify import verify
from perfeval_xl.batch.worker import Finished, work_line
from tests.batch.rounds import Here
from tests.batch.test_run import files_of
from tests.conftest import SAMPLES

SCORED, BASE = "11_甲.xlsx", "18_甲.xlsx"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """The scored form of a unit and its base data, as sent apart."""
    folder = tmp_path / "收件"
    folder.mkdir()
    for name in (SCORED, BASE):
        (sample,) = SAMPLES.rglob(f"{name[:2]}_*.xlsx")
        shutil.copy(sample, folder / name)
    return folder


def records(outbox: Path) -> dict[str, Any]:
    lines = (outbox / "results.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["file"]: record for record in map(json.loads, lines)}


def decided(record: dict[str, Any]) -> list[int]:
    outcomes = ("agrees", "within_readings", "differs")
    return [i["number"] for i in record["indicators"] if i["outcome"] in outcomes]


def test_base_data_apart_decides_as_many_points_as_on_a_sheet(inbox: Path) -> None:
    run_folder(inbox, inbox.parent / "果")
    record = records(inbox.parent / "果")[SCORED]
    assert decided(record) == [1, 2, 4, 6, 7, 11, 15, 25]
    assert record["totals"]["decided"] == 16 + 17
    fact = record["facts"]["three_public_budget"]
    assert fact["source"].startswith(f"{BASE} 基础数据表!")
    assert fact["sheet"] == "复核依据"


def test_the_copy_shows_where_each_figure_stands_and_proves_itself(inbox: Path) -> None:
    outbox = inbox.parent / "果"
    run_folder(inbox, outbox)
    record = records(outbox)[SCORED]
    copy = outbox / record["copy"]
    sheet = openpyxl.load_workbook(copy)["复核依据"]
    cells = [[str(cell.value) for cell in row] for row in sheet.iter_rows()]
    assert any(BASE in text for row in cells for text in row)
    found = verify(copy.read_bytes(), (inbox / SCORED).read_bytes(), Options())
    assert found.status == "proven"


def test_another_run_changes_nothing_and_redoes_nothing(inbox: Path) -> None:
    outbox = inbox.parent / "果"
    run_folder(inbox, outbox)
    before = files_of(outbox)
    assert run_folder(inbox, outbox).resumed == 2
    assert files_of(outbox) == before


def test_without_its_base_data_the_unit_is_judged_alone_again(inbox: Path) -> None:
    outbox = inbox.parent / "果"
    run_folder(inbox, outbox)
    (inbox / BASE).unlink()
    result = run_folder(inbox, outbox)
    assert (result.files, result.resumed) == (1, 0)
    assert records(outbox)[SCORED]["totals"]["decided"] == 16


def test_the_order_in_which_the_two_arrive_does_not_matter(inbox: Path) -> None:
    together, later = inbox.parent / "同时", inbox.parent / "先后"
    run_folder(inbox, together)
    base = (inbox / BASE).read_bytes()
    (inbox / BASE).unlink()
    run_folder(inbox, later)
    (inbox / BASE).write_bytes(base)
    run_folder(inbox, later)
    assert files_of(later) == files_of(together)


def test_a_figure_that_reads_differently_in_the_two_files_is_shown(inbox: Path) -> None:
    book = openpyxl.load_workbook(inbox / BASE)
    (sheet,) = book.worksheets
    (posts,) = [c for row in sheet.iter_rows() for c in row if c.value in ("编制数", "编制人数")]
    below = next(c for c in sheet[posts.row + 1] if isinstance(c.value, int))
    below.value += 7
    book.save(inbox / BASE)
    run_folder(inbox, inbox.parent / "果")
    findings = records(inbox.parent / "果")[SCORED]["findings"]
    (found,) = [f for f in findings if f["code"] == "figures.base_differs"]
    assert found["difference"] == "7"
    assert "复核依据" in found["message"]


def test_base_data_read_otherwise_by_another_program_counts_as_it_is_read_now(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def older(submitted: Submitted, *given: Any) -> Finished:
        done = work_line(submitted, *given)
        line = done.line.replace(
            b'"three_public_budget":{"value":', b'"three_public_budget":{"value":9'
        )
        return replace(done, line=line if submitted.name == BASE else done.line)

    outbox = inbox.parent / "果"
    monkeypatch.setattr(run_module, "Pool", Here)
    run_folder(inbox, inbox.parent / "新")
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "work_line", older)
        run_folder(inbox, outbox)
    assert files_of(outbox) != files_of(inbox.parent / "新")
    run_folder(inbox, outbox, force=True)
    assert files_of(outbox) == files_of(inbox.parent / "新")
