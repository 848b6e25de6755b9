"""Broken, foreign and hostile files: each has its own outcome and harms nobody."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest

from benchmarks import robustness
from perfeval_xl import run_folder
from tests.builders import broken
from tests.builders.broken import BROKEN, HEAVY, Broken

NAMES = [name for name in BROKEN if name not in HEAVY]
_PYTHON = re.compile(
    r"\b[A-Z]\w*(?:Error|Exception|Warning)\b|Traceback|errno|<class|0x[0-9a-f]{6}"
)


class Outcome(NamedTuple):
    """A run on all broken files and the good one."""

    outbox: Path
    files: dict[str, Broken]
    records: dict[str, Any]
    figures: dict[str, Any]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One run, both processes busy."""
    inbox, outbox = tmp_path_factory.mktemp("收件"), tmp_path_factory.mktemp("结果")
    (inbox / "good.xlsx").write_bytes(broken.good())
    files = broken.write_all(inbox, HEAVY)
    run_folder(inbox, outbox, jobs=2)
    lines = (outbox / "results.jsonl").read_text(encoding="utf-8").splitlines()
    records = {record["file"]: record for record in map(json.loads, lines)}
    return Outcome(outbox, files, records, broken.figures_of(records.pop("good.xlsx")))


def of(outcome: Outcome, name: str) -> dict[str, Any]:
    """The record of one broken file."""
    file = next(f for f, item in outcome.files.items() if item is BROKEN[name])
    found: dict[str, Any] = outcome.records[file]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_file_has_its_own_outcome(outcome: Outcome, name: str) -> None:
    assert not broken.complaint(BROKEN[name], of(outcome, name), outcome.figures)


def test_there_are_at_least_80_that_must_be_returned() -> None:
    assert sum(bool(item.returned) for item in BROKEN.values()) >= 80


def test_no_message_speaks_python(outcome: Outcome) -> None:
    for record in outcome.records.values():
        if record["status"] == "returned":
            reason = record["reason"]
            assert not _PYTHON.search(reason["message"] + reason["fix"]), reason
            assert "未知" not in reason["message"], reason
            assert reason["fix"].endswith("。")


def test_one_cause_gives_one_message(outcome: Outcome) -> None:
    """Messages of one code differ in nothing but what they name."""
    from perfeval_xl.forms.returns import return_texts

    for record in outcome.records.values():
        if record["status"] == "returned":
            reason = record["reason"]
            pieces = re.split(r"\{\w+\}", return_texts()[reason["code"]].message)
            assert all(piece in reason["message"] for piece in pieces), reason


def test_every_returned_file_has_its_note_and_nothing_else(outcome: Outcome) -> None:
    outputs = {
        path.relative_to(outcome.outbox).as_posix()
        for folder in ("复核", "退回")
        for path in (outcome.outbox / folder).rglob("*")
    }
    assert outputs == {r["copy"] for r in outcome.records.values()} | {"复核/good_复核.xlsx"}


def test_no_fault_of_ours_was_needed(outcome: Outcome) -> None:
    assert not (outcome.outbox / ".perfeval" / "错误记录.txt").exists()


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name.startswith("a reason that begins")]
)
def test_a_text_like_a_formula_stays_a_text_everywhere(outcome: Outcome, name: str) -> None:
    record = of(outcome, name)
    book = openpyxl.load_workbook(outcome.outbox / record["copy"])
    given = book[broken.SCORING]["G3"]
    assert given.value[0] in "=@+"
    assert given.data_type in ("s", "inlineStr")
    ours = [cell for row in book["复核意见"].iter_rows() for cell in row if cell.data_type == "f"]
    assert not [cell for cell in ours if given.value[1:] in str(cell.value)]


def test_the_summary_holds_texts_only_as_texts(outcome: Outcome) -> None:
    book = openpyxl.load_workbook(outcome.outbox / "汇总.xlsx")
    formulas = {
        str(cell.value)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }
    assert not [text for text in formulas if "cmd|" in text or "@SUM" in text]


@pytest.mark.campaign
def test_the_whole_benchmark_holds(tmp_path: Path) -> None:
    assert robustness.report(tmp_path) == 0
