"""横向比较 read back: shares and means worked out by hand, charts, and why nothing was compared."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openxml_audit import OpenXmlValidator

from perfeval_xl.writer.summary import write_summary
from perfeval_xl.writer.summary_peers import CASES, PEERS
from tests.writer.summary_records import NAMES, RUN_INFO, evaluated

HEAD = "指标"


def indicator(name: str, number: int, own: object, **changes: Any) -> dict[str, Any]:
    made = {
        "id": name, "number": number, "label": name, "parent": "", "kind": "judged", "max": 5,
        "self": own, "score": None, "low": 0, "high": 5, "outcome": "judged", "missing": [],
        "missing_labels": [], "shared": None,
    }  # fmt: skip
    return made | changes


def unit(number: int, scores: tuple[object, ...], stated: object = 95, **changes: Any) -> Any:
    """A unit with two rows of its own and two that share 5 points."""
    made = evaluated(number, NAMES[number])
    first, second, third, fourth = scores
    made["indicators"] = [
        indicator("甲项", 1, first),
        indicator("乙项", 2, second, outcome="undecided"),
        indicator("丙项", 3, third, shared="pool"),
        indicator("丁项", 4, fourth, shared="pool"),
    ]
    made["totals"] |= {"stated": stated, "computed": Decimal("88.5")}
    return made | {"findings": [], "facts": {}, "stands_for_unit": True} | changes


def book_of(path: Path, records: list[Any]) -> Any:
    target = path / "汇总.xlsx"
    write_summary(target, records, RUN_INFO)
    return openpyxl.load_workbook(target)


def texts(sheet: Any) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def rows(sheet: Any, head: str) -> list[tuple[Any, ...]]:
    """Rows below a head up to the first empty one."""
    start = next(row for row in range(1, 99) if sheet.cell(row, 1).value == head) + 1
    found = []
    for row in sheet.iter_rows(min_row=start, values_only=True):
        if row[0] is None:
            break
        found.append(row)
    return found


@pytest.fixture
def four(tmp_path: Path) -> Any:
    """Scores of four units: 5 5 3 2, 4 5 2 2, 3 blank 5 0 and 5 5 0 blank."""
    scores = [(5, 5, 3, 2), (4, 5, 2, 2), (3, None, 5, 0), (5, 5, 0, None)]
    return book_of(tmp_path, [unit(n, each) for n, each in enumerate(scores)])


def test_shares_and_means_are_those_worked_out_by_hand(four: Any) -> None:
    """甲: 2 of 4 full, off 0 1 2 0; 乙: 3 of 3; shared: 5 4 5 0 of 5, so 2 full and 1.5 off."""
    found = {row[0]: row[1:8] for row in rows(four[PEERS], HEAD)}
    assert found["1 甲项"] == (5, 4, 0.5, 0, 0.75, 0.15, 3)
    assert found["2 乙项"] == (5, 3, 1, 1, 0, 0, 5)
    assert found["3–4 丙项、丁项（合计）"] == (5, 4, 0.5, 0, 1.5, 0.3, 0)


def test_four_units_are_too_few_and_the_sheet_says_why(four: Any) -> None:
    said = texts(four[PEERS])
    assert "数字：能比的单位只有 4 个，少于 8 个，没有比较人均数和比率。" in said
    assert CASES not in four.sheetnames


def test_a_single_unit_has_nothing_beside_it(tmp_path: Path) -> None:
    said = texts(book_of(tmp_path, [unit(0, (5, 5, 3, 2))])[PEERS])
    assert "文字和评分：只有一个单位，没有可比的。" in said


def test_an_empty_batch_has_a_sheet_that_says_so(tmp_path: Path) -> None:
    assert "没有可以比较的单位。" in texts(book_of(tmp_path, [])[PEERS])


def test_totals_are_counted_in_fives_the_best_bin_with_its_upper_bound(tmp_path: Path) -> None:
    totals = (100, 95, Decimal("94.9"), 88, 101, None)
    records = [unit(n, (5, 5, 3, 2), total) for n, total in enumerate(totals)]
    records[5]["totals"]["self_sum"] = 90
    found = rows(book_of(tmp_path, records)[PEERS], "分数段")
    assert [row[:3] for row in found] == [
        ("85–90", 1, 6),
        ("90–95", 2, 0),
        ("95–100", 2, 0),
        ("超过 100", 1, 0),
    ]


def test_a_second_file_of_a_unit_is_not_counted(tmp_path: Path) -> None:
    records = [unit(0, (5, 5, 3, 2)), unit(1, (0, 0, 0, 0), stands_for_unit=False)]
    found = rows(book_of(tmp_path, records)[PEERS], HEAD)
    assert [row[2] for row in found] == [1, 1, 1]


def test_an_indicator_that_tells_nobody_apart_is_named_from_eight_units_on(tmp_path: Path) -> None:
    for units, said in ((7, None), (8, "几乎全是满分，分不出高低；多数单位缺数据")):
        folder = tmp_path / str(units)
        folder.mkdir()
        sheet = book_of(folder, [unit(n, (4, 5, 2, 2)) for n in range(units)])[PEERS]
        remarks = {row[0]: row[8] or None for row in rows(sheet, HEAD)}
        assert remarks["2 乙项"] == said
        assert remarks["1 甲项"] is None


def note(code: str, key: str, compared: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": code, "severity": "note", "origin": "unit", "title": code, "sheet": "附件2-1",
        "cells": ["B2"], "provided": "300 万元", "expected": "21 万元",
        "difference": "是中位数的 14.3 倍", "message": "说明", "fix": "怎么改", "clause": "",
        "indicator": "", "follows_from": "", "key": f"{code}|{key}|", "compared": compared,
    }  # fmt: skip


def similar(unit_name: str, file: str) -> dict[str, Any]:
    other = {
        "unit": unit_name, "file": file, "percent": 80,
        "passages": [["我局的原文。", "我办的原文。"]],
    }  # fmt: skip
    compared = {"label": "评价报告综述", "units": 1, "others": [other]}
    return note("batch.similar_text", "narrative", compared)


@pytest.fixture
def cases(tmp_path: Path) -> Any:
    """Two units whose texts are alike, the first also far out; ten in all."""
    records = [unit(n, (5, 5, 3, 2)) for n in range(10)]
    one, other = records[0], records[1]
    one["findings"].append(similar(NAMES[1], other["file"]))
    other["findings"].append(similar(NAMES[0], one["file"]))
    compared = {
        "label": "人均支出合计", "value": 300, "median": 21, "units": 10,
        "shown": "支出合计 3000 ÷ 实有人数 10",
        "others": [{"unit": "壬局", "file": "壬.xlsx", "value": 28, "shown": "28 万元"}],
    }  # fmt: skip
    one["findings"].append(note("batch.per_head_outlier", "head.expenditure_total", compared))
    return book_of(tmp_path, records), tmp_path / "汇总.xlsx"


def test_texts_stand_side_by_side_and_each_pair_once(cases: Any) -> None:
    sheet = cases[0][CASES]
    found = [row for row in sheet.iter_rows(values_only=True) if row[2] == "评价报告综述"]
    assert found == [
        (1, NAMES[0], "评价报告综述", "80%", NAMES[1], "· 我局的原文。", "· 我办的原文。")
    ]


def test_a_figure_stands_beside_its_median_and_its_nearest(cases: Any) -> None:
    sheet = cases[0][CASES]
    (found,) = [row for row in sheet.iter_rows(values_only=True) if row[2] == "人均支出合计"]
    assert found == (
        1, NAMES[0], "人均支出合计", "300 万元", "21 万元（10 个单位）\n是中位数的 14.3 倍",
        "支出合计 3000 ÷ 实有人数 10", "壬局 28 万元",
    )  # fmt: skip


def test_the_sheet_counts_what_the_other_one_lists(cases: Any) -> None:
    said = texts(cases[0][PEERS])
    assert (
        "数字：10 个单位之间比较，1 处明显偏离中位数（一个数能比的单位少于 8 个的，不比）。" in said
    )
    assert any(line.startswith("文字：1 处与别的单位几乎相同。") for line in said)


def test_the_charts_are_excels_own_and_the_workbook_is_valid(cases: Any) -> None:
    book, path = cases
    assert [type(chart).__name__ for chart in book[PEERS]._charts] == ["BarChart", "BarChart"]
    assert not OpenXmlValidator().validate(path).errors
