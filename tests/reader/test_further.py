"""Further sheets are read wherever and however they lie; what does not fit is said, never guessed."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from perfeval_xl.forms.catalog import load_form
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import State, Submission
from perfeval_xl.ooxml import Limits
from perfeval_xl.ooxml import Workbook as Package
from perfeval_xl.reader.read import read_grids, read_submission
from perfeval_xl.writer.blank import write_blank
from tests.builders import layout_plain, units
from tests.builders.further import (
    BaseData,
    Drawn,
    base_of_eleven,
    draw_base,
    draw_supplement,
    figures,
    supplement_of_eleven,
)

COLUMNS = ("final_last", "budget", "final")


def read(workbook: Workbook, spec: FormSpec) -> Submission:
    """What is read of a workbook as openpyxl saves it."""
    out = io.BytesIO()
    workbook.save(out)
    return read_submission(read_grids(Package.open(out.getvalue(), Limits())), spec)


def alone(data: BaseData, how: Drawn | None = None) -> Submission:
    """A base data sheet that came by itself."""
    workbook = Workbook()
    draw_base(workbook.worksheets[0], data, how)
    return read(workbook, load_form("yueyanglou-2023-base"))


def with_form(
    spec: FormSpec, *draw: Callable[[Worksheet], None], first: bool = False
) -> Submission:
    """附件2 with further sheets behind it, or before it."""
    workbook = layout_plain.build(units.clean())
    for number, one in enumerate(draw):
        one(workbook.create_sheet(f"Sheet{number + 7}", 0 if first else None))
    return read(workbook, spec)


def wanted(data: BaseData) -> dict[str, Decimal]:
    """Figure by figure what a base data sheet says, worked out from what was drawn."""
    found = {"base_authorized_posts": Decimal(30), "base_actual_staff": Decimal(29)}
    for name, entries in data.rows.items():
        for column, entry in zip(COLUMNS, entries, strict=True):
            if entry is not None:
                found[f"{name}_{column}"] = Decimal(str(entry))
    return found


def numbers(submission: Submission, ids: Sequence[str]) -> dict[str, Decimal | None]:
    return {name: submission.facts[name].number for name in ids}


LAYOUTS = {
    "official": Drawn(),
    "one column for each figure": Drawn(value_columns=1),
    "three columns for each figure": Drawn(value_columns=3),
    "shifted": Drawn(top=6, left=4),
    "labels over two columns": Drawn(label_columns=2),
    "no merges": Drawn(merged=False),
    "heads without years": Drawn(heads="words"),
    "years above the words": Drawn(heads="rows"),
    "numbers as texts": Drawn(as_text=True),
    "heads printed again": Drawn(head_again=9),
    "pasted from Word": Drawn(label_columns=8, value_columns=5, ragged=True),
    "yuan in the heads": Drawn(unit="元", unit_in_heads=True, factor=10000),
    "in yuan": Drawn(unit="元", factor=10000),
}


@pytest.mark.parametrize("how", LAYOUTS.values(), ids=LAYOUTS)
def test_base_data_is_read_in_every_layout(how: Drawn) -> None:
    data = base_of_eleven()
    submission = alone(data, how)
    expected = wanted(data)
    assert numbers(submission, list(expected)) == expected
    rate = submission.facts["base_staffing_control_rate"]
    assert rate.number == Decimal("0.9667")
    assert submission.facts["unit_name"].text == "区样例十一局"
    assert submission.facts["saving_measures"].text == data.measures
    names = [(row.block, row.unit) for row in submission.lists]
    assert names == [
        ("district_special", "数字化加工"), ("district_special", "库房维修"),
        ("transfer", "国家重点资料抢救"),
    ]  # fmt: skip
    assert [row.facts["district_special_final"].number for row in submission.lists[:2]] == [90, 16]
    assert submission.year == 2021  # by the title where the heads name none
    converted = {p.code for p in submission.problems}
    assert converted <= ({"figures.unit_converted"} if how.unit == "元" else set())


def test_any_number_of_project_rows_is_read() -> None:
    data = base_of_eleven()
    data.specials = [(f"专项{n}", figures(f"{n} {n} {n}")) for n in range(1, 31)]
    data.transfers = []
    rows = [r for r in alone(data).lists if r.block == "district_special"]
    assert [row.unit for row in rows] == [f"专项{n}" for n in range(1, 31)]
    assert sum(row.facts["district_special_budget"].number or 0 for row in rows) == 465


def test_buildings_are_a_list_of_their_own() -> None:
    data = base_of_eleven()
    data.buildings = [("办公楼维修", 1200, 1260, "105%", Decimal(300), Decimal("285.5"), "95.17%")]
    [row] = [r for r in alone(data).lists if r.block == "building"]
    assert row.unit == "办公楼维修"
    assert row.facts["building_approved_size"].number == 1200
    assert row.facts["building_size_rate"].number == Decimal("1.05")
    assert row.facts["building_investment"].number == Decimal("285.5")


def test_a_blank_amount_stays_blank() -> None:
    data = base_of_eleven()
    data.rows["overseas"] = figures("- - 0")
    submission = alone(data)
    assert submission.facts["overseas_budget"].state is State.BLANK
    assert submission.facts["overseas_final"].number == 0


def test_figures_with_units_widths_and_separators_are_read() -> None:
    data = base_of_eleven()
    data.posts, data.staff = "30人", "２９"
    data.rows["operating"] = ("1,500,000元", "148万元", " 145.70 ")
    data.rows["overseas"] = ("无", "/", 0)
    submission = alone(data)
    assert submission.facts["base_authorized_posts"].number == 30
    assert submission.facts["base_actual_staff"].number == 29
    names = ("operating_final_last", "operating_budget", "operating_final")
    assert list(numbers(submission, names).values()) == [150, 148, Decimal("145.7")]
    assert submission.facts["overseas_final_last"].number == 0
    assert submission.facts["overseas_budget"].state is State.BLANK


def test_figures_that_cannot_be_read_are_unreadable() -> None:
    data = base_of_eleven()
    data.rows["three_public"] = ("4.1", "3,80.0", Decimal("3.68"))
    submission = alone(data)
    assert submission.facts["three_public_final_last"].number == Decimal("4.1")
    assert submission.facts["three_public_budget"].state is State.UNREADABLE
    assert [p.code for p in submission.problems] == ["figures.unreadable"]


def test_a_row_that_the_form_does_not_have_is_said() -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    draw_base(sheet, base_of_eleven())
    row = next(c.row for c in sheet["A"] if str(c.value).startswith("4、政府采购金额"))
    sheet.cell(row, 1).value = "4、工程采购"
    submission = read(workbook, load_form("yueyanglou-2023-base"))
    assert submission.facts["procurement_final"].state is State.MISSING
    codes = [p.code for p in submission.problems]
    assert codes == ["form.line_extra", "form.label_missing"]


# ---- beside 附件2 ----


@pytest.mark.parametrize("first", [False, True], ids=["behind", "before"])
def test_further_sheets_are_found_under_any_name_and_order(form: FormSpec, first: bool) -> None:
    data = base_of_eleven()
    submission = with_form(
        form,
        lambda sheet: draw_base(sheet, data, Drawn(top=3, left=2)),
        lambda sheet: draw_supplement(sheet, supplement_of_eleven(), top=2, left=3),
        first=first,
    )
    assert set(submission.attached) == {"base-data", "supplement"}
    expected = wanted(data)
    assert numbers(submission, list(expected)) == expected
    assert submission.facts["key_project_expenditure"].number == 184
    assert submission.facts["budget_system_executed"].text == "否"
    assert submission.facts["fund_use_cases"].number == 0
    assert submission.facts["survey_size"].number == 200
    assert submission.facts["survey_satisfaction"].number == Decimal("0.96")
    assert submission.facts["initial_budget"].state is State.BLANK
    assert submission.facts["three_public_total"].number == Decimal("3.68")
    assert submission.facts["unit_name"].text == "区样例十一局"
    assert submission.problems == ()


def test_specials_keep_their_issues_and_days(form: FormSpec) -> None:
    submission = with_form(form, lambda s: draw_supplement(s, supplement_of_eleven()))
    rows = [row for row in submission.lists if row.block == "special"]
    assert [row.unit for row in rows] == [
        "数字化加工", "数字化加工", "库房维修", "库房维修", "国家重点资料抢救",
    ]  # fmt: skip
    assert [row.facts["special_issued"].number for row in rows] == [50, 40, 4, 12, 30]
    assert [row.facts["special_day"].raw for row in rows] == [
        "2021-01-20", "2021-06-10", "2021-01-25", "2021-05-20", "2021-02-05",
    ]  # fmt: skip
    assert rows[1].facts["special_amount"].state is State.BLANK


def test_a_row_that_adds_up_a_list_is_no_entry_of_it(form: FormSpec) -> None:
    supplement, data = supplement_of_eleven(), base_of_eleven()
    supplement.specials.append(("合计", Decimal(136), None, Decimal(136)))
    data.specials.append(("小计", figures("100 106 106")))
    submission = with_form(
        form, lambda s: draw_base(s, data), lambda s: draw_supplement(s, supplement)
    )
    assert [row.unit for row in submission.lists if row.block == "special"][
        -1
    ] == "国家重点资料抢救"
    specials = [row.unit for row in submission.lists if row.block == "district_special"]
    assert specials == ["数字化加工", "库房维修"]
    assert "form.line_extra" not in {p.code for p in submission.problems}


def test_all_three_parts_on_one_sheet_are_told_apart(form: FormSpec) -> None:
    workbook = layout_plain.build(units.clean())
    profile = workbook.worksheets[0]
    below = profile.max_row + 12
    draw_base(profile, base_of_eleven(), Drawn(top=below))
    draw_supplement(profile, supplement_of_eleven(), top=below + 50)
    submission = read(workbook, form)
    assert set(submission.attached) == {"base-data", "supplement"}
    assert submission.facts["three_public_budget"].number == Decimal("3.8")
    assert submission.facts["card_spending"].number == 30
    assert submission.facts["project_expenditure"].number == 200
    assert submission.facts["operating_expenditure"].number == Decimal("145.7")


def test_a_workbook_without_further_sheets_has_none(form: FormSpec) -> None:
    submission = read(layout_plain.build(units.clean()), form)
    assert submission.attached == ()
    assert submission.facts["three_public_budget"].state is State.MISSING
    assert "three_public_final" not in submission.facts


def test_the_blank_filled_with_openpyxl_gives_the_same_facts(
    form: FormSpec, tmp_path: Path
) -> None:
    from perfeval_xl.writer.blank import write_blank

    path = tmp_path / "blank.xlsx"
    write_blank(form, path, further=("base-data", "supplement"))
    workbook = load_workbook(path)
    sheet = workbook["基础数据表"]
    sheet["B5"], sheet["D5"] = 12, 11
    sheet["F12"], sheet["F16"], sheet["A16"] = 1.5, 20, "一个专项"
    sheet["F10"] = 0.5
    supplement = workbook["补充数据"]
    supplement["D7"], supplement["D14"] = 18, 1
    supplement["A16"], supplement["B16"], supplement["C16"] = "一个专项", 20, date(2021, 2, 1)
    submission = read(workbook, form)
    facts = submission.facts
    assert (facts["base_authorized_posts"].number, facts["base_actual_staff"].number) == (12, 11)
    assert facts["hospitality_final"].number == Decimal("1.5")
    assert facts["key_project_expenditure"].number == 18
    assert facts["specials_count"].number == 1
    rows = {row.block: row for row in submission.lists}
    assert rows["district_special"].unit == "一个专项"
    assert rows["special"].facts["special_day"].raw == "2021-02-01"
    # Totals are formulas without a stored result: reckoned from the cells they name.
    assert facts["three_public_final"].number == Decimal(2)
    assert facts["project_expenditure_final"].number == 20
    assert facts["base_staffing_control_rate"].number is not None


# ---- years ----


def test_base_data_of_another_year_is_not_used(form: FormSpec) -> None:
    submission = with_form(form, lambda s: draw_base(s, base_of_eleven(year=2020)))
    assert submission.attached == ()
    assert submission.facts["three_public_budget"].state is State.MISSING
    [problem] = submission.problems
    assert (problem.code, problem.expected) == ("form.sheet_year_differs", "2021")
    assert problem.provided == "2019年决算数、2020年预算数、2020年决算数"
    assert len(problem.refs) == 3


def test_one_head_of_another_year_costs_only_its_column(form: FormSpec) -> None:
    workbook = layout_plain.build(units.clean())
    sheet = workbook.create_sheet("基础数据表")
    draw_base(sheet, base_of_eleven())
    head = next(c for row in sheet.iter_rows() for c in row if c.value == "2021年预算数")
    head.value = "2020年预算数"
    submission = read(workbook, form)
    assert submission.attached == ("base-data",)
    assert "three_public_budget" in submission.facts
    assert submission.facts["three_public_budget"].state is State.MISSING
    assert submission.facts["three_public_final_last"].number == Decimal("4.1")
    assert [p.code for p in submission.problems] == ["form.sheet_year_differs"]


def test_a_supplement_of_another_year_is_not_used(form: FormSpec) -> None:
    submission = with_form(form, lambda s: draw_supplement(s, supplement_of_eleven(year=2022)))
    assert submission.attached == ()
    assert submission.facts["card_spending"].state is State.MISSING
    assert [p.code for p in submission.problems] == ["form.sheet_year_differs"]


def test_of_two_base_data_sheets_the_one_of_the_year_is_used(form: FormSpec) -> None:
    submission = with_form(
        form,
        lambda s: draw_base(s, replace(base_of_eleven(year=2020), posts=99)),
        lambda s: draw_base(s, base_of_eleven()),
    )
    assert submission.facts["base_authorized_posts"].number == 30
    assert [p.code for p in submission.problems] == ["form.several_forms"]


def test_two_filled_base_data_sheets_are_said(form: FormSpec) -> None:
    other = replace(base_of_eleven(), posts=99)
    submission = with_form(
        form, lambda s: draw_base(s, base_of_eleven()), lambda s: draw_base(s, other)
    )
    assert submission.facts["base_authorized_posts"].number == 30
    assert [p.code for p in submission.problems] == ["form.several_forms"]


@pytest.mark.parametrize("blank", [(4,), (3, 4)])
def test_a_year_over_the_first_of_its_columns_holds_for_the_next(blank: tuple[int, ...]) -> None:
    data = base_of_eleven()
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    draw_base(sheet, data, Drawn(heads="rows", merged=False, value_columns=1))
    [years] = [r for r in range(1, 20) if str(sheet.cell(r, 2).value).startswith("2020年")]
    assert [str(sheet.cell(years, c).value)[:4] for c in (2, 3, 4)] == ["2020", "2021", "2021"]
    if 3 in blank:  # 2020年决算数 in one cell, 2021年 over 预算数 and 决算数
        sheet.cell(years, 2).value = "2020年决算数"
        sheet.cell(years + 1, 2).value = None
    sheet.cell(years, 4).value = None
    submission = read(workbook, load_form("yueyanglou-2023-base"))
    expected = wanted(data)
    assert numbers(submission, list(expected)) == expected
    assert "form.sheet_year_differs" not in {p.code for p in submission.problems}


@pytest.mark.libreoffice
def test_further_sheets_saved_by_libreoffice_are_read(
    form: FormSpec, soffice: Callable[[Path, str], Path], tmp_path: Path
) -> None:
    workbook = layout_plain.build(units.clean())
    draw_base(workbook.create_sheet("基础数据表"), base_of_eleven())
    draw_supplement(workbook.create_sheet("补充数据"), supplement_of_eleven())
    path = tmp_path / "三张表.xlsx"
    workbook.save(path)
    saved = soffice(path, "xlsx")
    submission = read_submission(read_grids(Package.open(saved.read_bytes(), Limits())), form)
    expected = wanted(base_of_eleven())
    assert numbers(submission, list(expected)) == expected
    assert [r.facts["special_issued"].number for r in submission.lists if r.block == "special"] == [
        50, 40, 4, 12, 30,
    ]  # fmt: skip


def test_the_guide_of_a_blank_is_no_further_sheet(form: FormSpec, tmp_path: Path) -> None:
    """A unit that deletes 基础数据表 and keeps 填报说明, which lists the same words."""
    path = tmp_path / "空白.xlsx"
    write_blank(form, path, further=("base-data", "supplement"))
    book = load_workbook(path)
    del book["基础数据表"]
    del book["补充数据"]
    found = read(book, form)
    assert found.attached == ()
    assert not [problem.code for problem in found.problems]


def test_the_unit_named_by_a_formula_without_result_is_read(form: FormSpec, tmp_path: Path) -> None:
    """Saved by a program that reckons nothing: 基础数据表 takes the name from 附件2-1."""
    path = tmp_path / "空白.xlsx"
    write_blank(form, path, {"unit_name": "区甲局"}, further=("base-data",))
    found = read(load_workbook(path), form)
    assert found.prose["base-data.unit_name"].text == "区甲局"
    assert not found.problems
