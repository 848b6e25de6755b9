"""A year in an office of thirty units, played through once: from the blanks to the last word.

What must come out is worked out from what the units wrote and the rules as they are printed
(``_scores``), with pandas for the settled summary; nothing is taken from the program's output.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from perfeval_xl.batch.one import Options, whose
from tests.audit import audit
from tests.batch.rounds import dump
from tests.batch.test_run import files_of
from tests.batch.yearly_office import FORM, SCORING, YearlyOffice, opened, rows_of
from tests.batch.yearly_units import (
    CLAUSES,
    CORRECTED,
    FULL,
    LATE,
    RULED,
    SENT,
    STRANGER,
    Ruling,
    Unit,
)

EXPECTED_EVERYWHERE = {"score.full_marks_unsupported", "form.year_differs"}


@dataclass
class Year:
    """What the year left behind, stage by stage."""

    office: YearlyOffice
    blanks: list[str]
    first: dict[str, dict[str, Any]]
    first_summary: Path
    first_code: int
    ruled: dict[str, dict[int, Ruling]]
    disturbed: YearlyOffice
    steps: int
    second: dict[str, dict[str, Any]]
    after_second: dict[str, bytes]
    second_code: int
    settled_code: int
    typed: dict[str, dict[int, Ruling]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    """The whole year; everything typed at the command line is typed in the office's folder."""
    base = tmp_path_factory.mktemp("绩效")
    office = YearlyOffice(base / "2021年")
    assert YearlyOffice(base).call("init", "2021年")[0] == 0
    office.prepare()
    office.last_year()
    words = ("blank", FORM, "--roster", "名册.xlsx", "--with", "base-data,supplement")
    assert office.call(*words, "-o", "发出")[0] == 0
    blanks = sorted(path.name for path in office.blanks.iterdir())

    office.receive()
    first_code, _ = office.run()
    first = records_of(office)
    first_summary = Path(shutil.copy(office.outbox / "汇总.xlsx", base / "第一轮汇总.xlsx"))
    ruled = office.rule_first_round()

    office.receive_again()
    disturbed = office.copied(base / "中断")
    counter = base / "steps"
    second_code, said = office.run(module=("tests.batch.saboteur", "count", "0", str(counter)))
    assert second_code in (0, 3), said
    second, after_second = records_of(office), all_of(office)
    typed = ruled | office.rule_second_round()
    settled_code, _ = office.call("settle", "结果")
    return Year(
        office, blanks, first, first_summary, first_code, ruled, disturbed, counter.stat().st_size,
        second, after_second, second_code, settled_code, typed,
    )  # fmt: skip


def records_of(office: YearlyOffice) -> dict[str, dict[str, Any]]:
    lines = (office.outbox / "results.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["file"]: record for record in map(json.loads, lines)}


def all_of(office: YearlyOffice) -> dict[str, bytes]:
    """Every file of the outbox and all that its ledger says."""
    return files_of(office.outbox) | {"台账": dump(office.outbox).encode()}


def codes(record: Mapping[str, Any]) -> set[str]:
    """What was found in a file beside what is found in all of them, and across units."""
    found = {f["code"] for f in record["findings"]}
    return {code for code in found if not code.startswith("batch.")} - EXPECTED_EVERYWHERE


# ---- the rules as they are printed, in exact numbers ----

_HALF_CENT = Decimal("0.01")


def points(value: Fraction) -> Decimal:
    """A score as it is written, to 0.01."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(_HALF_CENT, ROUND_HALF_UP)


def deduction(most: int, beyond: Fraction, each: str) -> list[Fraction]:
    """每超过一个百分点扣: by whole points first, then in proportion, then by points begun."""
    lost = [Fraction(n) for n in (floor(beyond), beyond, ceil(beyond))]
    return [max(Fraction(0), most - n * Fraction(each)) if n > 0 else Fraction(most) for n in lost]


def _scores(unit: Unit, office: Mapping[str, str]) -> dict[int, list[Fraction]]:
    """What the figures give for each row they decide: as read by default first, then otherwise.

    office: what she knows of the unit beside its forms.
    """
    own = {label: Fraction(str(value or 0)) for label, value in unit.figures.items()}
    found: dict[int, list[Fraction]] = {}
    posts = office.get("人员编制") or unit.figures["人员编制"]
    if posts:
        found[1] = deduction(5, (own["实有人数"] / Fraction(str(posts)) - 1) * 100, "0.5")
    bases = [own["累计结余"], _income(unit) - own["人员支出"] - own["公用支出"] - own["项目支出"]]
    found[6] = [Fraction(3 if s == 0 else 2 if s <= own["上年结转"] else 0) for s in bases]
    whole = own["在用固定资产"] + own["出租固定资产"] + own["其他"]
    found[15] = deduction(3, (1 - own["在用固定资产"] / whole) * 100, "0.1")
    rate = own["满意度"] * 100
    found[25] = [Fraction(5 if rate >= 95 else 3 if rate >= 85 else 1 if rate >= 75 else 0)]
    spent = Fraction(unit.three_public)
    last, budget = office.get("上年三公经费决算数"), office.get("本年三公经费预算数")
    if unit.sends != "scored":
        columns = [
            sum(Fraction(str(unit.base_rows[row][n])) for row in ("（3）公务接待", "公车运行维护"))
            for n in range(2)
        ]
        last, budget = (str(float(x)) for x in columns)
        bought = [Fraction(str(x)) for x in unit.base_rows["4、政府采购金额"]]
        found[11] = deduction(3, (1 - bought[2] / bought[1]) * 100, "0.2")
        found[4] = [Fraction(3)]  # nobody's budget was adjusted
    if last:
        found[2] = deduction(5, (spent / Fraction(last) - 1) * 100, "0.5")
    if budget:
        found[7] = deduction(6, (spent / Fraction(budget) - 1) * 100, "1")
    if unit.sends == "all":
        found |= _further_scores(unit, Fraction(str(budget)), found[2])
    return found


def _further_scores(
    unit: Unit, budget: Fraction, by_final: list[Fraction]
) -> dict[int, list[Fraction]]:
    """The rows that 补充数据 decides."""
    given = unit.further
    before = Fraction(str(given["上年三公经费预算数"]))
    share = Fraction(str(given["重点项目支出"])) / Fraction(unit.projects) * 100
    card = Fraction(str(given["公务卡刷卡支出"])) / Fraction(str(given["应使用公务卡的支出"]))
    yes = [given[clause] == "是" for clause in CLAUSES]
    worth = ("1", "1", "1", "1", "0.5", "0.5", "0.5", "0.5", "2", "1")
    earned = [Fraction(w) * y for w, y in zip(worth, yes, strict=True)]
    late = any(day > day.replace(month=6, day=30) for day, _ in unit.issues)
    tiers = ((90, 5), (80, 4), (70, 3), (60, 2))
    return {
        2: [*deduction(5, (budget / before - 1) * 100, "0.5"), *by_final],
        3: [Fraction(next((score for least, score in tiers if share >= least), 0))],
        5: [3 - Fraction("0.5") * late],
        8: [sum(earned[0:3], Fraction(0))],
        9: [3 - Fraction(str(given["资金使用不符合要求的例数"]))],
        10: [sum(earned[3:8], Fraction(0))],
        12: deduction(3, (Fraction(1, 2) - card) * 100, "0.2"),
        13: [sum(earned[8:10], Fraction(0))],
        14: [4 - Fraction(str(given["资产管理不符合要求的例数"]))],
    }


def _income(unit: Unit) -> Fraction:
    typed = unit.typed.get("收入合计")
    parts = ("上年结转", "公共财政拨款", "政府基金拨款", "纳入专户管理的非税收入拨款", "其他收入")
    return Fraction(str(typed)) if typed else sum(Fraction(str(unit.figures[p])) for p in parts)


KNOWN = {
    6: {"上年三公经费决算数": "4.00"},
    7: {"人员编制": "24"},
    8: {"本年三公经费预算数": "3.90"},
    11: {"上年三公经费决算数": "3.80"},  # 2.00 + 1.80 of the two units it was made of
}
_DECIDING = dict(enumerate(FULL, 1)) | dict.fromkeys((22, 23, 24), 15)


def decided_points(unit: Unit) -> int:
    return sum(_DECIDING[number] for number in _scores(unit, KNOWN.get(unit.number, {})))


@dataclass(frozen=True)
class Row:
    """One indicator in the end: self-score, computed where figures decide, what counts."""

    number: int
    claimed: Decimal
    computed: Decimal
    counted: Decimal
    is_open: bool


def _rows(unit: Unit, typed: Mapping[int, Ruling]) -> list[Row]:
    """The rows of a unit after the officer's rulings."""
    decided = _scores(unit, KNOWN.get(unit.number, {}))
    rows = []
    for number, (score, _) in unit.claims.items():
        claimed = Decimal(str(score))
        most = Decimal(_DECIDING[number])
        read = [points(value) for value in decided.get(number, ())]
        borne_out = bool(read) and min(read) <= claimed <= max(read)
        computed = read[0] if read else min(claimed, most)
        standing = claimed if borne_out else computed
        ruled = typed.get(number)
        legal = ruled is not None and 0 <= Decimal(str(ruled[0])) <= most
        counted = Decimal(str(ruled[0])) if ruled and legal else standing
        rows.append(Row(number, claimed, computed, counted, not borne_out and not legal))
    return rows


def _total(values: Iterable[tuple[int, Decimal]]) -> Decimal:
    """Points added up, the three benefits together 15 at most."""
    pairs = list(values)
    shared = sum((v for n, v in pairs if n in (22, 23, 24)), Decimal(0))
    return sum((v for n, v in pairs if n not in (22, 23, 24)), Decimal(0)) + min(
        shared, Decimal(15)
    )


def _band(total: Decimal) -> str:
    bands = ((90, "优秀"), (80, "良好"), (60, "合格"), (0, "不合格"))
    return next(word for least, word in bands if total >= least)


def in_the_end(year: Year) -> dict[str, Unit]:
    """The unit that stands behind each scored file of the second round."""
    office = year.office
    last = SENT | CORRECTED
    found = {office.standing_file(number, again=True): unit for number, unit in last.items()}
    return found | {f"{STRANGER.name}.xlsx": STRANGER}


# ---- before anything comes in ----


def test_each_unit_that_reports_is_handed_a_blank_that_knows_it(year: Year) -> None:
    wanted = [f"{Unit(n).code}_{Unit(n).name}_自评表.xlsx" for n in range(1, 29)]
    assert year.blanks == sorted(wanted)
    found = whose(year.office.blank_of(Unit(27)).read_bytes(), Options())
    assert (found.name, found.code) == ("区庚寅局", "001027")
    assert {"基础数据表", "补充数据"} <= set(opened(year.office.blank_of(Unit(27))).sheetnames)


# ---- the first round ----

FAULTS = {
    2: {"score.differs", "figures.staff_above_posts"},
    3: {"figures.staff_above_posts"},
    4: {"figures.income_parts"},
    5: {"figures.yuan_for_wan", "figures.three_public_parts"},
    6: {"score.above_max"},
    7: {"score.differs", "figures.reference_differs", "score.reason_missing"},
    8: {"score.total_differs"},
    10: {"score.differs", "form.signature_blank"},
    11: {"score.differs"},
    12: {"score.differs"},
    13: {"figures.previous_differs"},
    15: {"score.differs"},
    16: {"figures.base_differs"},
    20: {"score.differs"},
    24: {"score.differs"},
}


def test_each_fault_is_found_where_it_was_made_and_nowhere_else(year: Year) -> None:
    office = year.office
    assert year.first_code == 4  # one file could not be opened
    wanted = {
        office.standing_file(number): FAULTS.get(number, set()) for number in SENT if number != 25
    }
    found = {file: codes(year.first[file]) for file in wanted}
    assert found == wanted
    broken = year.first[office.file_of(SENT[25])]
    assert (broken["status"], broken["reason"]["code"]) == ("returned", "workbook.truncated")


def test_points_decided_are_16_then_33_then_60_by_what_a_unit_sends(year: Year) -> None:
    kinds = {"scored": 16, "inside": 33, "apart": 33, "all": 60}
    more = {6: 5, 8: 6, 11: 5, 9: -5}  # last year's figure, the office's budget, a blank figure
    for number, unit in SENT.items():
        if number == 25:
            continue
        totals = year.first[year.office.standing_file(number)]["totals"]
        wanted = kinds[unit.sends] + more.get(number, 0)
        assert totals["decided"] == wanted == decided_points(unit), unit.name
        assert totals["decided"] + totals["undecided"] + totals["judged"] == 100


def test_every_score_lies_where_the_printed_rule_puts_it(year: Year) -> None:
    for number, unit in SENT.items():
        if number == 25:
            continue
        record = year.first[year.office.standing_file(number)]
        found = {
            i["number"]: tuple(Decimal(str(i[key])) for key in ("score", "low", "high"))
            for i in record["indicators"] if i["score"] is not None
        }  # fmt: skip
        read = {
            n: [points(value) for value in values]
            for n, values in _scores(unit, KNOWN.get(number, {})).items()
        }
        assert found == {n: (v[0], min(v), max(v)) for n, v in read.items()}, unit.name


def sheet_rows(path: Path, sheet: str) -> pd.DataFrame:
    """A list of a summary as pandas sees it, its head being the row that begins with 序号."""
    raw = pd.read_excel(path, sheet_name=sheet, header=None, dtype=object, engine="openpyxl")
    head = raw.index[raw[0] == "序号"][0]
    table = raw.iloc[head + 1 :].reset_index(drop=True)
    table.columns = pd.Index([str(name).replace("\n", "") for name in raw.iloc[head]])
    return table


def test_the_summary_says_who_reported_who_did_not_and_who_twice(year: Year) -> None:
    table = sheet_rows(year.first_summary, "报送情况").set_index("单位")
    states = {Unit(n).name: "已报" for n in range(1, 25)} | {Unit(25).name: "退回"}
    states |= {Unit(18).name: "迟报", Unit(1).name: "重复", Unit(13).name: "重复"}
    states |= {Unit(n).name: "未报" for n in LATE} | {Unit(n).name: "无需" for n in (29, 30)}
    states["区新设办"] = "名册外"
    assert table["状态"].to_dict() == states
    assert table["编码"].loc[Unit(1).name] == "001001"
    overdue = table["逾期天数"].dropna().to_dict()
    assert overdue == {Unit(18).name: 6} | {Unit(n).name: 15 for n in LATE}
    assert "横向比较" in openpyxl.load_workbook(year.first_summary, read_only=True).sheetnames


def test_the_copy_shows_the_offices_figure_beside_the_units_own(year: Year) -> None:
    sheet = opened(year.office.copy_of(year.office.file_of(SENT[7])))["复核依据"]
    shown = [str(value) for row in sheet.iter_rows(values_only=True) for value in row if value]
    assert {"24", "27"} <= set(shown)
    assert any("人员编制" in text for text in shown)
    assert any("编办函〔2021〕3号" in text for text in shown)


# ---- the second round ----

ROUNDS = {
    2: ({"score.differs"}, {"figures.staff_above_posts"}, set()),
    4: ({"figures.income_parts"}, set(), set()),
    5: ({"figures.yuan_for_wan", "figures.three_public_parts"}, set(), set()),
    6: ({"score.above_max"}, set(), set()),
    8: ({"score.total_differs"}, set(), set()),
    12: ({"score.differs"}, set(), {"score.reason_missing"}),
    15: ({"score.differs"}, set(), set()),
    20: ({"score.differs"}, set(), set()),
}


def test_what_was_found_before_is_mended_or_not_or_new(year: Year) -> None:
    for number, wanted in ROUNDS.items():
        record = year.second[year.office.standing_file(number, again=True)]
        assert record["round"] == 2
        states: dict[str, set[str]] = {"persists": set(), "new": set()}
        for finding in record["findings"]:
            if finding["code"] not in EXPECTED_EVERYWHERE and "round_state" in finding:
                states[finding["round_state"]].add(finding["code"])
        gone = {f["code"] for f in record["resolved"]} - EXPECTED_EVERYWHERE
        assert (gone, states["persists"], states["new"]) == wanted, number
    again = {year.office.standing_file(number, again=True) for number in ROUNDS}
    assert {file for file, record in year.second.items() if record["round"] != 1} == again
    assert year.second_code == 3


def test_the_second_rounds_copy_and_summary_say_so(year: Year) -> None:
    review = opened(year.office.copy_of(year.office.file_of(SENT[12])))["复核意见"]
    text = "\n".join(str(v) for row in review.iter_rows(values_only=True) for v in row if v)
    assert "新增" in text
    assert "已改" in text
    mended = sheet_rows(year.office.outbox / "汇总.xlsx", "上轮问题已改")
    assert set(mended["单位"]) == {Unit(number).name for number in ROUNDS}
    states = sheet_rows(year.office.outbox / "汇总.xlsx", "报送情况").set_index("单位")["状态"]
    assert states[Unit(26).name] == "迟报"
    assert states[Unit(1).name] == states[Unit(25).name] == "已报"
    assert (states == "未报").sum() == 2


def test_nothing_an_officer_typed_is_lost_by_the_second_run(year: Year) -> None:
    for file, typed in year.ruled.items():
        if file != year.office.file_of(SENT[15]):
            assert year.office.typed_in(file) == {n: (_cell(s), r) for n, (s, r) in typed.items()}


def _cell(value: object) -> object:
    """A value as it comes back out of a cell."""
    return float(value) if isinstance(value, Decimal) else value


def test_a_ruling_whose_row_changed_is_shown_and_the_others_are_taken_over(year: Year) -> None:
    """Row 11 was ruled 2.6 where 3 was claimed; now the unit claims 2.48."""
    file = year.office.file_of(SENT[15])
    kept = {n: (_cell(s), r) for n, (s, r) in year.ruled[file].items() if n != 11}
    assert year.office.typed_in(file) == kept
    sheet = opened(year.office.copy_of(file))[SCORING]
    row = [str(cell.value) for cell in sheet[rows_of(sheet)[11]]]
    (said,) = [text for text in row if "核定后填报有改动" in text]
    assert "2.6" in said
    assert "按整点计" in said
    assert "2.48" in said


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_a_second_run_that_is_killed_and_run_again_loses_nothing(
    year: Year, tmp_path: Path, share: float
) -> None:
    office = year.disturbed.copied(tmp_path / "又一次")
    at = str(int(year.steps * share))
    code, _ = office.run(module=("tests.batch.saboteur", "kill", at, str(tmp_path / "steps")))
    assert code == -9
    assert office.run()[0] == year.second_code
    assert all_of(office) == year.after_second


# ---- the last word ----


def standing(year: Year, file: str, unit: Unit) -> dict[int, Ruling]:
    """What was typed for a file and holds in the end: of 15 all but the row that came changed."""
    typed = year.typed.get(file, {})
    return {n: ruled for n, ruled in typed.items() if (unit.number, n) != (15, 11)}


def test_every_figure_of_the_settled_summary_is_what_the_rulings_make_it(year: Year) -> None:
    table = sheet_rows(year.office.outbox / "汇总_核定.xlsx", "核定汇总").set_index("文件")
    wanted = []
    for file, unit in in_the_end(year).items():
        rows = _rows(unit, standing(year, file, unit))
        total = _total((row.number, row.counted) for row in rows)
        stands = [row for row in rows if row.is_open]
        reopened = 1 if unit.number == 15 else len(stands)
        wrong = int(unit.number in (14, 23))
        stage = "填写有误" if wrong else "未核定完" if reopened else "已核定"
        wanted.append(
            {
                "文件": file, "单位": unit.name,
                "预算编码": "009999" if unit is STRANGER else unit.code,
                "自评得分": float(unit.claimed),
                "复核得分": float(_total((row.number, row.computed) for row in rows)),
                "核定得分": float(total), "核定减自评": float(total - unit.claimed),
                "自评等次": "优秀", "核定等次": _band(total), "状态": stage,
                "未核定项数": reopened or None, "填写有误": wrong or None,
                "豁免问题": 1 if unit.number == 7 else None,
                "沿用核定": len(standing(year, file, unit)) if unit.number == 15 else None,
            }
        )  # fmt: skip
    expected = pd.DataFrame(wanted).set_index("文件").astype(object)
    found = table.reindex(expected.index)[expected.columns]
    assert len(table) == len(expected)
    pd.testing.assert_frame_equal(
        found.where(found.notna(), None), expected.where(expected.notna(), None),
        check_dtype=False, check_names=False, check_column_type=False,
    )  # fmt: skip


def test_totals_that_were_worked_out_on_paper(year: Year) -> None:
    """癸酉: 99.2 − 3 − 7 − 5 − (15 − 0 − 3 − 5) − 2 = 75.2, 合格. 戊寅: its own 97.88 for now."""
    table = sheet_rows(year.office.outbox / "汇总_核定.xlsx", "核定汇总").set_index("单位")
    assert table.loc["区癸酉局", ["自评得分", "核定得分", "核定等次"]].tolist() == [
        99.2,
        75.2,
        "合格",
    ]
    assert table.loc["区戊寅局", ["核定得分", "状态"]].tolist() == [97.88, "未核定完"]
    # 97.1 − 5 + 1.71
    assert table.loc["区甲戌局", "核定得分"] == 93.81
    # the officer put back what the office's list took: 97.5
    assert table.loc["区庚午局", ["复核得分", "核定得分"]].tolist() == [95.5, 97.5]


def test_every_change_stands_with_its_reason(year: Year) -> None:
    table = sheet_rows(year.office.outbox / "汇总_核定.xlsx", "调整明细")
    found = {
        (row["单位"], row["项"]): (row["自评"], row["核定"], round(row["增减"], 2), row["由谁定"])
        for _, row in table.iterrows()
    }
    wanted = {}
    for file, unit in in_the_end(year).items():
        typed = standing(year, file, unit)
        for row in _rows(unit, typed):
            if row.counted != row.claimed:
                change = float(row.counted - row.claimed)
                who = "核定人" if row.number in typed else "暂计"
                wanted[unit.name, row.number] = (
                    float(row.claimed), float(row.counted), round(change, 2), who,
                )  # fmt: skip
    assert found == wanted
    reasons = table.set_index(["单位", "项"])["理由"]
    assert reasons["区壬申局", 1] == RULED[9][1][1]
    assert str(reasons["区癸酉局", 6]).startswith("累计结余 30 万元，超过上年结转 15 万元")


def test_settling_says_what_is_open_and_what_cannot_count(year: Year) -> None:
    path = year.office.outbox / "汇总_核定.xlsx"
    assert year.settled_code == 3
    wrong = sheet_rows(path, "填写有误").set_index("单位")["问题"]
    assert "核定得分是 7，应在 0 至 3 之间" in wrong["区丁丑局"]
    assert "没有写理由" in wrong["区丙戌局"]
    waived = sheet_rows(path, "处理与豁免").set_index("单位")
    assert waived.loc["区庚午局", ["处理", "理由", "日期"]].tolist() == [
        "豁免", "已当面说明", "2022-04-10",
    ]  # fmt: skip
    assert waived.loc["区己卯局", "处理"] == "更正"
    open_rows = sheet_rows(path, "尚未核定")
    assert set(open_rows.loc[open_rows["单位"] == "区甲申局", "项"]) == {16, 17}


def test_each_scored_file_has_its_notice(year: Year) -> None:
    folder = year.office.outbox / "复核意见书"
    stems = {Path(file).stem for file in in_the_end(year)}
    assert {path.name for path in folder.iterdir()} == {f"{s}_复核意见书.xlsx" for s in stems}


def test_a_notice_speaks_to_the_unit_and_not_of_the_program(year: Year) -> None:
    """Row 16: 4.7 claimed and agreed with, without a word of the officer's."""
    folder = year.office.outbox / "复核意见书"
    sheet = opened(folder / "001010_区癸酉局_自评表_复核意见书.xlsx").worksheets[0]
    rows = {row[0]: row for row in sheet.iter_rows(values_only=True) if row[0] in ("16", "17")}
    assert rows["16"][3:6] == ("4.7", "4.7", "同意自评得分。")
    assert rows["17"][3:6] == ("7", "0", "未见考核结果")


def test_settling_again_changes_nothing(year: Year) -> None:
    before = files_of(year.office.outbox)
    assert year.office.call("settle", "结果")[0] == year.settled_code
    assert files_of(year.office.outbox) == before


def test_the_report_is_rebuilt_to_the_byte(year: Year) -> None:
    names = ("results.jsonl", "汇总.xlsx")
    before = [(year.office.outbox / name).read_bytes() for name in names]
    for name in names:
        (year.office.outbox / name).unlink()
    assert year.office.call("report", "结果")[0] == 0
    assert [(year.office.outbox / name).read_bytes() for name in names] == before


def test_what_the_year_wrote_is_sound(year: Year) -> None:
    for name in ("汇总.xlsx", "汇总_核定.xlsx"):
        assert not audit(year.office.outbox / name)
    assert not audit(year.office.blank_of(Unit(27)))
