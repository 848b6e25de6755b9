"""Notes across units, on records written by hand: who is named, who is not, and how it is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from perfeval_xl.batch.peers.finder import PeerFinder
from perfeval_xl.forms.spec import FormSpec

FORM = "yueyanglou-2021"
NAMES = "甲乙丙丁戊己庚辛壬癸子丑"
FULL = {"a": 5, "b": 3, "c": 2, "d": 2}
POOL = {"e": 9, "f": 6}  # share 15 points


def fact(value: object, cell: str) -> dict[str, Any]:
    state = "text" if isinstance(value, str) else "number"
    kept = value if isinstance(value, str) else Decimal(str(value))
    return {"value": kept, "raw": str(value), "state": state, "sheet": "附件2-1", "cell": cell}


def indicators(scores: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [{"id": name, "max": most, "shared": None} for name, most in FULL.items()]
    rows += [{"id": name, "max": 15, "shared": "benefit"} for name in POOL]
    given = FULL | POOL | scores
    return [
        row | {"self": given[str(row["id"])], "sheet": "附件2-2", "cell": f"F{place}"}
        for place, row in enumerate(rows, 3)
    ]


def record(name: str | None, **changes: Any) -> dict[str, Any]:
    """An evaluated record; figures and texts by fact id, scores by indicator."""
    values = {"actual_staff": 10} | changes.pop("facts", {})
    made: dict[str, Any] = {
        "file": f"{name}.xlsx",
        "sha256": f"content of {name}",
        "status": "evaluated",
        "form": FORM,
        "year": 2021,
        "unit": {"name": name, "code": None},
        "facts": {n: fact(v, f"B{place}") for place, (n, v) in enumerate(values.items(), 1)},
        "indicators": indicators(changes.pop("scores", {})),
        "findings": [],
        "round": 1,
    }
    return made | changes


def spending(totals: Sequence[float], staff: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Units that differ in 支出合计 and, where given, in staff."""
    people = staff or [10] * len(totals)
    return [
        record(f"{NAMES[n]}局", facts={"expenditure_total": total, "actual_staff": people[n]})
        for n, total in enumerate(totals)
    ]


@pytest.fixture
def notes(form: FormSpec) -> Callable[..., dict[str, list[dict[str, Any]]]]:
    """Runs both passes; findings by file, of files that have any."""

    def run(records: list[dict[str, Any]], **options: Any) -> dict[str, list[dict[str, Any]]]:
        by_file = {each["file"]: each for each in records}
        finder = PeerFinder([form], by_file.__getitem__, **options)
        assert list(finder.noting(records)) == records
        for each in records:
            finder.add_findings(each)
        return {each["file"]: each["findings"] for each in records if each["findings"]}

    return run


Notes = Callable[..., dict[str, list[dict[str, Any]]]]
NATURAL = (120, 140, 160, 180, 200, 220, 240, 260, 280)  # 12 to 28 per head


def test_a_figure_per_head_far_out_is_said_with_its_median_and_its_nearest(notes: Notes) -> None:
    """12, 14, … 28 and 300 万元 per head: median 21, 300 is 14.3 times that."""
    found = notes(spending([*NATURAL, 3000]))
    assert list(found) == ["癸局.xlsx"]
    (finding,) = found["癸局.xlsx"]
    assert finding["code"] == "batch.per_head_outlier"
    assert finding["severity"] == "note"
    assert (finding["sheet"], finding["cells"]) == ("附件2-1", ["B2", "B1"])
    assert finding["message"] == (
        "附件2-1!B2 人均支出合计 300 万元（支出合计 3000 ÷ 实有人数 10），"
        "10 个同类单位（同表样、同年度）的中位数是 21 万元，是中位数的 14.3 倍；"
        "最接近的是“壬局”28 万元、“辛局”26 万元、“庚局”24 万元。"
    )
    assert finding["compared"]["median"] == 21
    assert finding["compared"]["units"] == 10


def test_a_small_figure_per_head_is_said_as_a_share(notes: Notes) -> None:
    (finding,) = notes(spending([*NATURAL, 1]))["癸局.xlsx"]
    assert "0.1 万元" in finding["message"]
    assert "只有中位数的 0.5%" in finding["message"]  # 0.1 of 19


def test_ten_small_units_and_a_big_one_with_ordinary_figures_are_left_alone(notes: Notes) -> None:
    """Per head 18 25 16 30 22 19 27 24 20 21 and, for 1180 people, 26."""
    per_head = (18, 25, 16, 30, 22, 19, 27, 24, 20, 21, 26)
    staff = (5, 6, 8, 9, 10, 12, 14, 15, 18, 20, 1180)
    totals = [each * people for each, people in zip(per_head, staff, strict=True)]
    assert notes(spending(totals, staff)) == {}


@pytest.mark.parametrize("units", [1, 4, 7])
def test_a_handful_of_units_has_no_outliers(notes: Notes, units: int) -> None:
    assert notes(spending([*[200] * (units - 1), 90_000])) == {}


def test_a_ratio_far_out_names_its_indicator(notes: Notes) -> None:
    """Seven units with 9 on 10 posts, one with 20 on 10: 200% against a median of 90%."""
    staff = [9] * 7 + [20]
    records = [
        record(f"{NAMES[n]}局", facts={"actual_staff": people, "authorized_posts": 10})
        for n, people in enumerate(staff)
    ]
    (finding,) = notes(records)["辛局.xlsx"]
    assert (finding["code"], finding["indicator"]) == (
        "batch.ratio_outlier",
        "staffing_control_rate",
    )
    assert "在职人员控制率 200%（实有人数 20 ÷ 人员编制 10）" in finding["message"]
    assert "中位数是 90%，高 110 个百分点" in finding["message"]


def test_units_of_another_year_form_or_type_are_no_peers(notes: Notes) -> None:
    records = spending([*NATURAL, 3000])
    for each in records[:5]:
        each["year"] = 2020
    assert notes(records) == {}
    records = spending([*NATURAL, 3000])
    assert notes(records, kind=lambda each: each["unit"]["name"] in "甲局乙局丙局") == {}


def test_among_units_of_one_type_the_sentence_says_so(notes: Notes) -> None:
    found = notes(spending([*NATURAL, 3000]), kind=lambda each: "行政")
    assert "（同表样、同年度、同类型）" in found["癸局.xlsx"][0]["message"]


def test_a_returned_file_takes_no_part(notes: Notes) -> None:
    records = spending([*[200] * 7, 90_000])
    returned = record("丑局") | {"status": "returned", "form": None}
    assert notes([*records[:6], records[7], returned]) == {}


def test_of_two_files_of_a_unit_one_counts_and_neither_is_its_own_peer(notes: Notes) -> None:
    """Seven units, one of them twice: still too few."""
    records = spending([*[200] * 6, 90_000])
    again = records[-1] | {"file": "又一份.xlsx", "findings": []}
    assert notes([*records, again]) == {}
    assert [each.get("stands_for_unit", True) for each in (*records, again)] == [
        *[True] * 6,
        False,
        True,
    ]


def test_the_file_of_the_later_round_stands_for_its_unit(notes: Notes) -> None:
    second = record("甲局", file="1.xlsx", round=2)
    first = record("甲局", file="2.xlsx", round=1)
    notes([second, first])
    assert "stands_for_unit" not in second
    assert first["stands_for_unit"] is False


def test_an_outlier_follows_from_an_error_on_its_own_cell(notes: Notes) -> None:
    records = spending([*NATURAL, 3000])
    error = {
        "code": "figures.yuan_for_wan",
        "severity": "error",
        "sheet": "附件2-1",
        "cells": ["B2"],
    }
    records[-1]["findings"] = [error]
    finding = notes(records)["癸局.xlsx"][1]
    assert finding["follows_from"] == "figures.yuan_for_wan"


def text(*clauses: str) -> dict[str, Any]:
    return {"narrative": "一、概况\n" + "，".join(clauses) + "。"}


def clause(number: int) -> str:
    return chr(0x4E00 + number) * 20


SHARED = [clause(n) for n in range(8)]


def test_nearly_equal_reports_are_said_to_both_with_the_passage(notes: Notes) -> None:
    """160 of 200 signs."""
    one = record("甲局", facts=text(*SHARED, clause(20), clause(21)))
    other = record("乙局", facts=text(*SHARED, clause(30), clause(31)))
    found = notes([one, other])
    assert list(found) == ["甲局.xlsx", "乙局.xlsx"]
    (finding,) = found["甲局.xlsx"]
    assert (finding["code"], finding["severity"]) == ("batch.similar_text", "note")
    assert (finding["sheet"], finding["cells"]) == ("附件2-1", ["B2"])
    assert finding["message"].startswith(
        "附件2-1!B2 评价报告综述（文字部分）与“乙局”有 80%的文字相同"
    )
    (peer,) = finding["compared"]["others"]
    assert (peer["unit"], peer["file"], peer["percent"]) == ("乙局", "乙局.xlsx", 80)
    here, there = peer["passages"][0]
    assert here == there
    assert here.startswith(f"{clause(0)}，{clause(1)}")


def test_reports_of_their_own_are_left_alone(notes: Notes) -> None:
    records = [
        record(f"{NAMES[n]}局", facts=text(*[clause(n * 10 + k) for k in range(9)]))
        for n in range(9)
    ]
    assert notes(records) == {}


def test_what_the_form_prints_is_no_copy(notes: Notes, form: FormSpec) -> None:
    printed = "\n".join(indicator.source.sentence for indicator in form.indicators)
    assert len(printed) > 1000
    assert notes([record(f"{n}局", facts={"narrative": printed}) for n in "甲乙丙"]) == {}


def test_two_files_of_one_unit_are_no_copies_of_each_other(notes: Notes) -> None:
    one = record("甲局", facts=text(*SHARED))
    assert notes([one, one | {"file": "又一份.xlsx", "findings": []}]) == {}


def test_equal_scores_with_three_deductions_are_said_to_both(notes: Notes) -> None:
    scores = {"a": 4, "b": 2, "c": Decimal("1.5")}
    found = notes([record(f"{n}局", scores=scores) for n in "甲乙"] + [record("丙局")])
    assert list(found) == ["甲局.xlsx", "乙局.xlsx"]
    (finding,) = found["乙局.xlsx"]
    assert (finding["code"], finding["severity"]) == ("batch.equal_scores", "note")
    assert finding["message"] == ("附件2-2!F3 起 6 项自评得分与“甲局”逐项相同，其中 3 项不是满分。")
    assert finding["cells"] == ["F3", "F4", "F5", "F6", "F7", "F8"]


@pytest.mark.parametrize(
    "scores",
    [
        {},
        {"a": 4, "b": 2},
        {"a": 4, "b": None, "c": None, "d": None},
        {"a": 4, "b": 2, "e": 10, "f": 5},  # another split of the 15 shared points
    ],
)
def test_scores_with_fewer_deductions_may_be_equal_by_chance(
    notes: Notes, scores: dict[str, Any]
) -> None:
    assert notes([record(f"{n}局", scores=scores) for n in "甲乙丙"]) == {}


def test_of_many_equal_units_the_first_three_are_named_and_all_counted(notes: Notes) -> None:
    scores = {"a": 4, "b": 2, "c": 1}
    found = notes([record(f"{n}局", scores=scores) for n in NAMES[:6]])
    assert "与“甲局”、“乙局”、“丙局”等 5 个单位逐项相同" in found["己局.xlsx"][0]["message"]


def test_only_the_scores_of_the_file_that_counts_are_shared(notes: Notes) -> None:
    """The first file of 甲局 has the scores of 乙局, the second, which counts, has others."""
    scores = {"a": 4, "b": 2, "c": 1}
    older = record("甲局", file="1.xlsx", scores=scores)
    newer = record("甲局", file="2.xlsx", scores={"a": 3, "b": 2, "c": 1})
    found = notes([older, newer, record("乙局", scores=scores)])
    assert list(found) == ["1.xlsx"]


def test_units_without_a_name_are_known_by_their_content(notes: Notes) -> None:
    """Two copies of one nameless file are one unit, a third of other content is another."""
    scores = {"a": 4, "b": 2, "c": 1}
    records = [
        record(None, file=f"{n}.xlsx", sha256=content, scores=scores)
        for n, content in ((1, "x"), (2, "x"), (3, "y"))
    ]
    found = notes(records)
    assert "与“3”逐项相同" in found["1.xlsx"][0]["message"]
    assert "与“2”逐项相同" in found["3.xlsx"][0]["message"]
