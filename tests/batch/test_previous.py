"""Last year's figures: joined through the roster, added up for mergers, never taken on doubt."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from perfeval_xl.batch.office import Office
from perfeval_xl.batch.previous import Previous
from perfeval_xl.batch.remarks import Remarks
from perfeval_xl.batch.roster import read_roster
from perfeval_xl.context import Rank
from perfeval_xl.errors import ListError
from perfeval_xl.forms.catalog import load_form
from tests.builders.lists import written

THIS = load_form("yueyanglou-2021")
LAST = replace(THIS, id="yueyanglou-2020", year=2020)


def last_record(
    name: str, code: str = "", total: float | None = 3.2, year: int = 2020, **more: Any
) -> dict[str, Any]:
    facts = {}
    if total is not None:
        facts["three_public_total"] = {
            "value": total, "raw": str(total), "state": "number", "sheet": "表", "cell": "B9",
        }  # fmt: skip
    return {
        "file": f"{name}.xlsx", "status": "evaluated", "form": "yueyanglou-2020", "year": year,
        "unit": {"name": name or None, "code": code or None}, "facts": facts, "findings": [], **more,
    }  # fmt: skip


def outbox(tmp_path: Path, *records: dict[str, Any]) -> Path:
    folder = tmp_path / "去年"
    folder.mkdir(exist_ok=True)
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    (folder / "results.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def carried(
    tmp_path: Path, records: list[dict[str, Any]], roster: list[list[Any]] | None = None
) -> tuple[dict[str, tuple[Decimal, str]], list[str]]:
    """Last year's 三公 total and its source by unit of this year, and what was said."""
    remarks = Remarks()
    units = None
    if roster is not None:
        units = read_roster(written(tmp_path / "名册.xlsx", {"名册": roster}), remarks)
    previous = Previous(outbox(tmp_path, *records), [THIS], [THIS, LAST], units, remarks)
    with Office(tmp_path / "本年") as office:
        found = list(previous.carried(office))
    assert {one.year for one in found} <= {2021}
    figures = {
        one.unit: (one.given.value, one.given.source)
        for one in found
        if one.given.fact == "three_public_final_last"
    }
    return figures, [remark.said for remark in remarks.found]


def test_a_figure_comes_with_file_and_cell_of_last_year(tmp_path: Path) -> None:
    found, said = carried(tmp_path, [last_record("区甲局", "301")])
    assert found == {"301": (Decimal("3.2"), "上年结果 区甲局.xlsx 表!B9")}
    assert said == []


def test_only_the_year_before_counts(tmp_path: Path) -> None:
    found, said = carried(tmp_path, [last_record("区甲局", year=2019)])
    assert found == {}
    assert said == ["上年结果里没有 2020 年度的表，没有用上。"]


@pytest.mark.parametrize("column", ["别名", "曾用名"])
def test_a_renamed_unit_is_found_by_its_old_name(tmp_path: Path, column: str) -> None:
    roster = [["编码", "名称", column], ["301", "区新局", "区旧局"]]
    found, _ = carried(tmp_path, [last_record("区旧局")], roster)
    assert found == {"301": (Decimal("3.2"), "上年结果 区旧局.xlsx 表!B9")}


def test_a_merger_is_added_up_and_said(tmp_path: Path) -> None:
    """3.2 + 1.15 = 4.35."""
    roster = [["编码", "名称", "别名"], ["301", "区新局", "区甲局；区乙局"]]
    records = [last_record("区甲局"), last_record("区乙局", total=1.15)]
    found, said = carried(tmp_path, records, roster)
    assert found["301"][0] == Decimal("4.35")
    assert found["301"][1] == "上年结果 区甲局.xlsx 表!B9、区乙局.xlsx 表!B9（区甲局、区乙局相加）"
    assert "区甲局、区乙局" in said[0]


@pytest.mark.parametrize(
    "records",
    [
        [last_record("区甲局")],
        [last_record("区甲局"), last_record("区乙局", total=None)],
    ],
)
def test_a_merger_with_a_part_missing_gives_no_figure(
    tmp_path: Path, records: list[dict[str, Any]]
) -> None:
    roster = [["编码", "名称", "别名"], ["301", "区新局", "区甲局、区乙局"]]
    found, said = carried(tmp_path, records, roster)
    assert found == {}
    assert any("“区乙局”上年没有结果或没有这些数" in text for text in said)


def test_a_spelling_that_nobody_used_last_year_is_no_missing_part(tmp_path: Path) -> None:
    roster = [
        ["编码", "名称", "简称", "别名"],
        ["301", "区甲局", "甲", "区甲局机关"],
        ["302", "区乙局", "乙", ""],
    ]
    records = [last_record("区甲局", "301"), last_record("乙", total=2)]
    found, said = carried(tmp_path, records, roster)
    assert {unit: value for unit, (value, _) in found.items()} == {"301": Decimal("3.2"), "302": 2}
    assert said == []


def test_a_unit_that_took_in_another_needs_both(tmp_path: Path) -> None:
    roster = [["编码", "名称", "合并单位"], ["301", "区甲局", "区乙局"]]
    alone, said = carried(tmp_path, [last_record("区甲局", "301")], roster)
    assert alone == {}
    assert "“区乙局”上年没有结果" in said[0]
    both, _ = carried(
        tmp_path, [last_record("区甲局", "301"), last_record("区乙局", "302", 1)], roster
    )
    assert both["301"][0] == Decimal("4.2")


def test_two_files_of_last_year_count_only_when_they_agree(tmp_path: Path) -> None:
    found, said = carried(tmp_path, [last_record("区甲局"), last_record("区甲局", total=4)])
    assert found == {}
    assert "各不相同" in said[0]
    found, _ = carried(tmp_path, [last_record("区甲局"), last_record("区甲局")])
    assert len(found) == 1


def test_a_figure_that_last_years_review_found_wrong_is_not_accepted(tmp_path: Path) -> None:
    finding = {"severity": "error", "sheet": "表", "cells": ["B9"]}
    found, said = carried(tmp_path, [last_record("区甲局", findings=[finding])])
    assert found == {}
    assert "上年复核时有错误" in said[0]
    note = {"severity": "warning", "sheet": "表", "cells": ["B9"]}
    assert carried(tmp_path, [last_record("区甲局", findings=[note])])[0] != {}


def test_code_and_name_of_two_units_join_neither(tmp_path: Path) -> None:
    roster = [["编码", "名称"], ["301", "区甲局"], ["302", "区乙局"]]
    found, said = carried(tmp_path, [last_record("区乙局", "301")], roster)
    assert found == {}
    assert "“301”是“区甲局”的，名称“区乙局”是“区乙局”的" in said[0]


def test_units_that_are_gone_are_named_once(tmp_path: Path) -> None:
    roster = [["编码", "名称"], ["301", "区甲局"]]
    _, said = carried(tmp_path, [last_record("区丙局"), last_record("区丁局")], roster)
    assert said == ["上年结果里有 2 个单位不在名册里：区丙局、区丁局。"]


def test_a_form_that_is_not_known_gives_no_figure(tmp_path: Path) -> None:
    found, said = carried(tmp_path, [last_record("区甲局", form="某区-2020")])
    assert found == {}
    assert "“某区-2020”现在没有" in said[0]


def test_carry_over_is_only_compared(tmp_path: Path) -> None:
    record = last_record("区甲局")
    record["facts"]["surplus_cumulative"] = record["facts"]["three_public_total"]
    previous = Previous(outbox(tmp_path, record), [THIS], [THIS, LAST], None, Remarks())
    with Office(tmp_path / "本年") as office:
        ranks = {one.given.fact: one.given.rank for one in previous.carried(office)}
    assert ranks == {
        "three_public_final_last": Rank.PREVIOUS, "income_carryover": Rank.COMPARED,
    }  # fmt: skip


def test_a_folder_without_results_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ListError, match=r"没有 results\.jsonl"):
        Previous(tmp_path, [THIS], [THIS], None, Remarks())
    (tmp_path / "results.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(ListError, match="第 1 行读不出来"):
        Previous(tmp_path, [THIS], [THIS], None, Remarks())
