"""A folder in, annotated copies and a summary out; finished work is kept."""

from __future__ import annotations

import json
import re
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perfeval_xl import evaluate_workbook, run_folder
from perfeval_xl.batch.journal import Journal
from perfeval_xl.model import Severity
from perfeval_xl.ooxml import Workbook, restore
from tests.audit import audit
from tests.builders import broken, layout_plain
from tests.builders.forms import FilledForm
from tests.conftest import SAMPLES

KEYS = [
    "schema", "file", "sha256", "status", "reason", "form", "unit", "year", "copy", "facts",
    "indicators", "totals", "findings", "checks", "round",
]  # fmt: skip


@pytest.fixture(scope="module")
def outbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The outbox of a run on the samples."""
    out = tmp_path_factory.mktemp("结果")
    run_folder(SAMPLES, out)
    return out


@pytest.fixture(scope="module")
def records(outbox: Path) -> dict[str, Any]:
    """Records of the samples by the number their names begin with."""
    lines = (outbox / "results.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return {record["file"].rpartition("/")[2][:2]: record for record in found}


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes, the journal aside."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".perfeval" not in path.parts
    }


def codes(record: dict[str, Any], severity: str = "") -> list[str]:
    return sorted(f["code"] for f in record["findings"] if severity in ("", f["severity"]))


def test_results_are_one_object_per_file_in_path_order(outbox: Path) -> None:
    lines = (outbox / "results.jsonl").read_bytes().decode("utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    names = [record["file"] for record in found]
    assert names == sorted(names)
    assert len(names) == len(list(SAMPLES.rglob("*.xlsx")))
    assert all(list(record) == KEYS for record in found)


def test_every_file_has_exactly_one_output(outbox: Path, records: dict[str, Any]) -> None:
    outputs = {name for name in files_of(outbox) if name.startswith(("复核/", "退回/"))}
    assert outputs == {record["copy"] for record in records.values()}


def test_the_unit_of_the_domain_gives_what_the_domain_says(records: dict[str, Any]) -> None:
    """DOMAIN section 5, typed from there."""
    record = records["01"]
    totals = record["totals"]
    assert (totals["stated"], totals["self_sum"], totals["computed"]) == (99, 98, 98)
    assert (totals["decided"], totals["undecided"], totals["judged"]) == (16, 28, 56)
    assert (totals["low"], totals["high"]) == (70, 98)
    by_outcome: dict[str, list[int]] = {}
    for result in record["indicators"]:
        by_outcome.setdefault(result["outcome"], []).append(result["number"])
    assert by_outcome["agrees"] == [1, 6, 15, 25]
    assert by_outcome["undecided"] == [2, 3, 4, 5, 7, 11, 12]
    assert by_outcome["judged"] == [8, 9, 10, 13, 14, *range(16, 25)]
    assert codes(record, "error") == ["score.total_differs"]
    error = next(f for f in record["findings"] if f["severity"] == "error")
    assert (error["provided"], error["expected"], error["difference"]) == ("99", "98", "1")
    unexplained = [
        f["indicator"] for f in record["findings"] if f["code"] == "score.reason_missing"
    ]
    assert unexplained == ["budget_management_system", "budget_disclosure"]
    claimed = [f for f in record["findings"] if f["code"] == "score.full_marks_unsupported"]
    assert len(claimed) == 7


def test_the_undecided_of_that_unit_name_the_missing_figures(records: dict[str, Any]) -> None:
    missing = {r["number"]: r["missing"] for r in records["01"]["indicators"] if r["missing"]}
    assert missing[3] == ["key_project_expenditure", "project_expenditure"]
    assert missing[7] == ["three_public_budget"]
    assert set(missing) == {2, 3, 4, 5, 7, 11, 12}


def test_a_workbook_with_both_further_sheets_decides_60_points(records: dict[str, Any]) -> None:
    """Scores worked out by hand in samples/README.md."""
    record = records["17"]
    totals = record["totals"]
    assert (totals["decided"], totals["undecided"], totals["judged"]) == (60, 0, 40)
    assert (totals["stated"], totals["computed"]) == (93.7, 93.7)
    scores = {r["number"]: r["score"] for r in record["indicators"][:15]}
    assert scores == {
        1: 5, 2: 5, 3: 5, 4: 2, 5: 2.5, 6: 2, 7: 6, 8: 2, 9: 3, 10: 3, 11: 2.4, 12: 3, 13: 3,
        14: 3, 15: 2.8,
    }  # fmt: skip
    assert codes(record, "error") == codes(record, "warning") == []
    facts = record["facts"]
    assert facts["three_public_budget"]["sheet"] == "基础数据表"
    assert facts["late_specials"]["value"] == 1
    assert "“库房维修”" in facts["late_specials"]["note"]


def test_base_data_alone_is_evaluated_without_points(records: dict[str, Any]) -> None:
    record = records["18"]
    assert (record["status"], record["form"], record["year"]) == (
        "evaluated", "yueyanglou-2023-base", 2021,
    )  # fmt: skip
    assert record["indicators"] == []
    assert record["totals"] == {
        "stated": None, "self_sum": None, "computed": 0, "decided": 0, "undecided": 0, "judged": 0,
        "low": 0, "high": 0, "rating_stated": None, "rating": [],
    }  # fmt: skip
    assert record["facts"]["three_public_budget"]["value"] == 3.8
    assert record["facts"]["initial_budget"]["value"] == 815
    assert record["findings"] == []
    assert all(check["passed"] for check in record["checks"])


def test_base_data_apart_is_no_second_file_of_its_unit(records: dict[str, Any]) -> None:
    assert "batch.same_unit" not in codes(records["11"])
    assert records["11"]["unit"]["name"] == records["18"]["unit"]["name"]


def test_what_must_not_be_flagged_is_not(records: dict[str, Any]) -> None:
    """2.43 with three blank siblings, 100% utilisation, income equal to spending, 297.36 beside 23.90."""
    record = records["01"]
    facts = record["facts"]
    quiet = [
        facts[name]["cell"]
        for name in (
            "three_public_total",
            "official_hospitality",
            "fixed_assets_total",
            "fixed_assets_in_use",
        )
    ]
    named = [
        cell
        for finding in record["findings"]
        if finding["sheet"] == facts["three_public_total"]["sheet"]
        for cell in finding["cells"]
    ]
    assert not set(quiet) & set(named)
    assert not [
        c for c in codes(record) if c.startswith("figures.") and c != "figures.blank_derivable"
    ]


def test_38_staff_on_36_posts_score_between_2_and_2_5(records: dict[str, Any]) -> None:
    result = records["02"]["indicators"][0]
    assert (result["low"], result["score"], result["high"]) == (2, 2.5, 2.5)
    assert result["outcome"] == "differs"
    assert "105.56%" in result["sentence"]


def test_of_all_samples_188_staff_and_a_report_sent_twice_stand_out(
    records: dict[str, Any],
) -> None:
    """14 invented units: one ratio is far from the others, 17 sends the report of 11."""
    across = [
        (number, finding["code"], finding["indicator"], finding["severity"])
        for number, record in sorted(records.items())
        for finding in record["findings"]
        if "compared" in finding
    ]
    assert across == [
        ("03", "batch.ratio_outlier", "staffing_control_rate", "note"),
        ("11", "batch.similar_text", "", "note"),
        ("17", "batch.similar_text", "", "note"),
    ]


EXPECTED_ERRORS = {
    "01": ["score.total_differs"],
    "02": ["score.differs"],
    "03": ["score.differs"],
    "04": [],
    "05": [],
    "06": ["figures.three_public_parts", "figures.yuan_for_wan"],
    "07": ["score.above_max", "score.negative"],
    "08": ["score.above_max", "score.points_altered", "score.points_altered"],
    "09": [],
    "10": [],
    "11": ["score.differs", "score.differs"],  # by its base data, which it sent apart
    "13": [],
    "16": ["figures.surplus", "figures.unreadable", "score.differs", "score.rating_differs"],
}


@pytest.mark.parametrize("number", EXPECTED_ERRORS)
def test_a_sample_has_the_errors_that_were_planted(records: dict[str, Any], number: str) -> None:
    assert codes(records[number], "error") == EXPECTED_ERRORS[number]


def test_a_sum_off_by_one_cent_is_no_finding(records: dict[str, Any]) -> None:
    assert not [c for c in codes(records["05"]) if c.startswith("figures.")]


def test_the_clean_one_has_only_what_every_unit_lacks() -> None:
    (sample,) = SAMPLES.rglob("11_*.xlsx")  # alone, without the base data that it sent apart
    found = {finding.code for finding in evaluate_workbook(sample).findings}
    assert found == {"score.full_marks_unsupported", "form.year_differs"}


@pytest.mark.parametrize(
    ("number", "code"),
    [("12", "form.unknown"), ("14", "workbook.is_text"), ("15", "form.scoring_sheet_missing")],
)
def test_what_cannot_be_evaluated_is_returned_with_its_reason(
    records: dict[str, Any], outbox: Path, number: str, code: str
) -> None:
    record = records[number]
    assert record["status"] == "returned"
    assert record["reason"]["code"] == code
    assert record["reason"]["fix"]
    sheet = openpyxl.load_workbook(outbox / record["copy"]).active
    texts = [str(c.value) for row in sheet.iter_rows() for c in row if c.value]
    assert any(record["reason"]["message"] in text for text in texts)


def test_two_runs_give_the_same_bytes(outbox: Path, tmp_path: Path) -> None:
    run_folder(SAMPLES, tmp_path / "again", jobs=1)
    assert files_of(tmp_path / "again") == files_of(outbox)


def test_a_second_run_goes_on_where_the_first_stopped(tmp_path: Path) -> None:
    inbox, out = tmp_path / "收件", tmp_path / "结果"
    inbox.mkdir()
    for path in sorted(SAMPLES.glob("0[12]*.xlsx")):
        shutil.copy(path, inbox)
    assert run_folder(inbox, out, jobs=1).resumed == 0
    shutil.copy(next(SAMPLES.glob("03*.xlsx")), inbox)
    assert run_folder(inbox, out, jobs=1).resumed == 2
    assert run_folder(inbox, out, jobs=1, force=True).resumed == 0


def test_a_changed_file_is_done_again_and_its_old_note_goes(tmp_path: Path) -> None:
    inbox, out = tmp_path / "收件", tmp_path / "结果"
    inbox.mkdir()
    (inbox / "局.xlsx").write_bytes(b"not a workbook")
    assert run_folder(inbox, out, jobs=1).returned == 1
    shutil.copy(next(SAMPLES.glob("11*.xlsx")), inbox / "局.xlsx")
    result = run_folder(inbox, out, jobs=1)
    assert (result.evaluated, result.resumed) == (1, 0)
    assert [p.name for p in out.rglob("局*")] == ["局_复核.xlsx"]


def test_a_journal_line_cut_short_by_a_kill_is_ignored(tmp_path: Path) -> None:
    inbox, out = tmp_path / "收件", tmp_path / "结果"
    inbox.mkdir()
    for path in sorted(SAMPLES.glob("0[12]*.xlsx")):
        shutil.copy(path, inbox)
    run_folder(inbox, out, jobs=1)
    whole = files_of(out)
    journal = out / ".perfeval" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-40])
    assert run_folder(inbox, out, jobs=1).resumed == 1
    assert files_of(out) == whole


def test_two_files_of_one_unit_are_both_evaluated_and_reported(tmp_path: Path) -> None:
    inbox, out = tmp_path / "收件", tmp_path / "结果"
    inbox.mkdir()
    form = FilledForm.example()
    layout_plain.build(form).save(inbox / "终稿.xlsx")
    shutil.copy(inbox / "终稿.xlsx", inbox / "终稿(1).xlsx")
    form.deduct(9, 1, "一例支出未附审批单，扣1分。")
    form.state_totals()
    layout_plain.build(form).save(inbox / "最终版.xlsx")
    result = run_folder(inbox, out)
    assert result.evaluated == 3
    lines = (out / "results.jsonl").read_text(encoding="utf-8").splitlines()
    found = {
        r["file"]: [c for c in codes(r) if c.startswith("batch.")] for r in map(json.loads, lines)
    }
    assert found == {
        "最终版.xlsx": ["batch.same_unit"],
        "终稿.xlsx": ["batch.same_content", "batch.same_unit"],
        "终稿(1).xlsx": ["batch.same_content", "batch.same_unit"],
    }


def test_an_empty_inbox_still_gives_a_summary(tmp_path: Path) -> None:
    (tmp_path / "收件").mkdir()
    result = run_folder(tmp_path / "收件", tmp_path / "结果")
    assert result.files == 0
    assert result.summary.exists()
    assert result.results.read_bytes() == b""


def test_the_originals_are_not_touched(tmp_path: Path) -> None:
    inbox = tmp_path / "收件"
    shutil.copytree(SAMPLES, inbox)
    before = {
        p: (p.read_bytes(), p.stat().st_mtime_ns, p.stat().st_mode) for p in inbox.rglob("*.xlsx")
    }
    run_folder(inbox, tmp_path / "结果")
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns, p.stat().st_mode) for p in before} == before
    assert set(inbox.rglob("*.xlsx")) == set(before)


def test_every_copy_gives_the_submitted_bytes_back(outbox: Path, records: dict[str, Any]) -> None:
    for record in records.values():
        if record["status"] == "evaluated":
            copy = (outbox / record["copy"]).read_bytes()
            assert restore(copy) == (SAMPLES / record["file"]).read_bytes()


def test_copies_have_no_audit_error_that_the_original_lacks(
    outbox: Path, records: dict[str, Any]
) -> None:
    for record in records.values():
        if record["status"] == "evaluated":
            assert not audit(outbox / record["copy"]) - audit(SAMPLES / record["file"]), record[
                "file"
            ]


def test_files_we_make_ourselves_have_no_audit_error(outbox: Path, records: dict[str, Any]) -> None:
    made = [outbox / r["copy"] for r in records.values() if r["status"] == "returned"]
    for path in [*made, outbox / "汇总.xlsx"]:
        assert not audit(path), path.name


def test_openpyxl_sees_our_scores_beside_the_form(outbox: Path, records: dict[str, Any]) -> None:
    record = records["02"]
    book = openpyxl.load_workbook(outbox / record["copy"])
    assert book.sheetnames[0] == "复核意见"
    sheet = book["附件2-2 评分表"]
    head = {cell.value: cell.column for cell in sheet[2] if cell.value}
    columns = [head[text] for text in ("复核得分", "差异", "复核结论", "复核说明")]
    assert columns == sorted(columns)
    assert columns[0] == 9
    assert "105.56%" in sheet.cell(3, head["复核说明"]).value
    assert sheet["F3"].comment is not None
    assert sheet["F3"].fill.fill_type == "lightUp"


def test_the_summary_has_a_row_per_unit(outbox: Path) -> None:
    book = openpyxl.load_workbook(outbox / "汇总.xlsx")
    assert book.sheetnames == [
        "总览", "单位汇总", "指标矩阵", "基础数据", "横向比较", "横向明细", "问题清单", "待补数据",
        "退回文件", "运行信息",
    ]  # fmt: skip
    units = [row[1].value for row in book["单位汇总"].iter_rows(min_row=4) if row[1].value]
    assert sum("区样例" in str(unit) for unit in units) == 14


def test_one_workbook_can_be_evaluated_as_a_library(outbox: Path) -> None:
    evaluation = evaluate_workbook(next(SAMPLES.glob("01*.xlsx")))
    assert evaluation.totals.self_sum == Decimal(98)
    assert evaluation.count(Severity.ERROR) == 1


def test_a_copy_opens_in_our_own_reader_with_the_same_figures(
    outbox: Path, records: dict[str, Any]
) -> None:
    """An annotated copy that comes back reads to the unit's own figures, not to ours."""
    for number in ("01", "02", "10", "13"):
        again = evaluate_workbook(outbox / records[number]["copy"])
        assert again.totals.self_sum == Decimal(str(records[number]["totals"]["self_sum"]))
        assert (
            Workbook.open((outbox / records[number]["copy"]).read_bytes()).sheet_names[0]
            == "复核意见"
        )


def test_the_journal_knows_a_finished_file_only_under_the_same_rules(tmp_path: Path) -> None:
    (tmp_path / "复核").mkdir()
    (tmp_path / "复核" / "a.xlsx").write_bytes(b"x")
    with Journal(tmp_path, "rules-1") as journal:
        record = {"file": "a", "sha256": "s", "copy": "复核/a.xlsx"}
        journal.add("a", {**record, "status": "returned", "indicators": []})
    with Journal(tmp_path, "rules-1") as journal:
        assert journal.finished("a", "s", ["复核/a.xlsx"])
        assert not journal.finished("a", "other", ["复核/a.xlsx"])
        assert not journal.finished("a", "s", ["复核/elsewhere.xlsx"])
    with Journal(tmp_path, "rules-2") as journal:
        assert not journal.finished("a", "s", ["复核/a.xlsx"])


def untimed(outbox: Path) -> list[str]:
    """The journal's lines without what tells when an output was written: checksum and its time."""
    lines = (outbox / ".perfeval" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [re.sub(r'"stamp": \[(\d+), \d+\]', r'"size": \1', line[9:]) for line in lines]


def test_a_password_leaves_nothing_in_the_outbox_and_a_better_one_is_tried(tmp_path: Path) -> None:
    inbox = tmp_path / "收件"
    inbox.mkdir()
    (inbox / "甲.xlsx").write_bytes(broken.encrypted())
    (inbox / "乙.xlsx").write_bytes(broken.good())
    journals = []
    for password in ("123456", "654321"):
        out = tmp_path / password
        assert run_folder(inbox, out, jobs=1, passwords=[password]).returned == 1
        journals.append(untimed(out))
    assert journals[0] == journals[1]
    again = run_folder(inbox, tmp_path / "123456", jobs=1, passwords=["123456", "谁也不知道"])
    assert (again.returned, again.evaluated, again.resumed) == (0, 2, 1)
    assert files_of(tmp_path / "123456").keys() >= {"复核/甲_复核.xlsx", "复核/乙_复核.xlsx"}
