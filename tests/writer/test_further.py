"""Copies of workbooks with further sheets: live formulas over their cells, notes on them, blanks."""

from __future__ import annotations

import io
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook as OpenpyxlWorkbook
from openpyxl import load_workbook
from openxml_audit import OpenXmlValidator

from perfeval_xl.forms.catalog import load_form
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.ooxml import Workbook
from perfeval_xl.writer.blank import write_blank
from tests.builders import layout_plain, units
from tests.builders.further import (
    BaseData,
    Drawn,
    Supplement,
    base_of_eleven,
    draw_base,
    draw_supplement,
    figures,
    supplement_of_eleven,
)
from tests.writer.copies import Annotated, annotated_bytes, our_formulas, without_cached_values
from tests.writer.test_formulas import as_shown, reckoned, shown

SCORING = "附件2-2 评分表"
BASE, SUPPLEMENT = "基础数据表", "补充数据"
WITH = ("base-data", "supplement")


def three_parts(
    base: BaseData | None = None, supplement: Supplement | None = None, how: Drawn | None = None
) -> bytes:
    """附件2 with both further sheets."""
    workbook = layout_plain.build(units.clean())
    draw_base(workbook.create_sheet(BASE), base or base_of_eleven(), how)
    draw_supplement(workbook.create_sheet(SUPPLEMENT), supplement or supplement_of_eleven())
    return saved(workbook)


def errors_of(data: bytes, folder: Path) -> Counter[str]:
    """What openxml-audit finds in a workbook, by description."""
    path = folder / "audited.xlsx"
    path.write_bytes(data)
    return Counter(e.description for e in OpenXmlValidator().validate(path).errors)


def saved(workbook: OpenpyxlWorkbook) -> bytes:
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _random_parts(seed: int) -> bytes:
    """Figures at random, near the limits; every other workbook has its figures typed as text."""
    chance = random.Random(seed)
    base, supplement = base_of_eleven(), supplement_of_eleven()
    for name in ("procurement", "basic_adjustment", "project_expenditure"):
        budget = chance.randint(20000, 90000)
        final = budget * chance.randint(80, 118) // 100
        base.rows[name] = figures(f"- {Decimal(budget) / 100} {Decimal(final) / 100}")
    base.rows["three_public"] = figures(
        f"{chance.randint(30, 44) / 10} {chance.randint(28, 44) / 10} 3.68"
    )
    supplement.values["上年三公经费预算数"] = Decimal(chance.randint(280, 440)) / 100
    supplement.values["重点项目支出"] = Decimal(chance.randint(10000, 20000)) / 100
    supplement.values["公务卡刷卡支出"] = Decimal(chance.randint(2000, 3000)) / 100
    supplement.specials = []
    for number in range(4):
        total = Decimal(chance.randint(2, 60))
        first = date(2021, 2, 11) + timedelta(days=chance.randint(-9, 9))
        last = date(2021, 6, 30) + timedelta(days=chance.randint(-5, 5))
        part = (total * chance.choice([Decimal("0.4"), Decimal("0.5"), Decimal("0.6")])).quantize(
            Decimal("0.01")
        )
        typed = first if number % 2 else f"{first.year}年{first.month}月{first.day}日"
        supplement.specials += [
            (f"专项{number}", total, typed, part), (f"专项{number}", None, last, total - part),
        ]  # fmt: skip
    supplement.values["专项资金个数（没有填 0）"] = 4
    return three_parts(base, supplement, Drawn(as_text=bool(seed % 2)))


@pytest.mark.libreoffice
def test_libreoffice_reckons_the_formulas_over_further_sheets_to_our_values(
    recalculate: Callable[[Sequence[Path], Path], None], tmp_path: Path
) -> None:
    copies = {f"unit{seed}": annotated_bytes(_random_parts(seed)) for seed in range(8)}
    copies["unit8"] = annotated_bytes(three_parts())
    bare = {name: without_cached_values(one.copy) for name, one in copies.items()}
    books = reckoned(bare, recalculate, tmp_path)
    compared = 0
    for name, one in copies.items():
        for (sheet, row, column), (formula, value) in our_formulas(one.copy, one.data).items():
            got = shown(books[name].sheet(sheet), row, column)
            assert got == as_shown(value), (name, sheet, row, column, formula)
            compared += 1
    assert compared > 9 * 60
    scores = {tuple(i.score for i in one.evaluation.indicators[1:12]) for one in copies.values()}
    assert len(scores) > 6  # the figures did differ


def test_decided_scores_refer_to_the_cells_of_the_further_sheets() -> None:
    one = annotated_bytes(three_parts())
    formulas = {i.number: i.formula or "" for i in one.evaluation.indicators}
    for number in (2, 4, 7, 11):
        assert f"'{BASE}'!" in formulas[number]
    for number in (2, 3, 5, 8, 9, 10, 12, 13, 14):
        assert f"'{SUPPLEMENT}'!" in formulas[number]
    written = {f for f, _ in our_formulas(one.copy, one.data).values()}
    assert sum(f"'{SUPPLEMENT}'!" in f for f in written) >= 9


def test_a_copy_with_further_sheets_is_valid(tmp_path: Path) -> None:
    one = annotated_bytes(three_parts())
    assert errors_of(one.copy, tmp_path) <= errors_of(one.data, tmp_path)


# ---- a form of figures by itself ----


def _alone(base: BaseData) -> Annotated:
    workbook = OpenpyxlWorkbook()
    draw_base(workbook.worksheets[0], base)
    return annotated_bytes(saved(workbook), "基础数据.xlsx")


def test_a_form_of_figures_gets_a_first_sheet_without_points(tmp_path: Path) -> None:
    one = _alone(base_of_eleven())
    assert one.evaluation.form == "yueyanglou-2023-base"
    workbook = load_workbook(io.BytesIO(one.copy))
    page = workbook.worksheets[0]
    texts = [str(c.value) for row in page.iter_rows() for c in row if c.value is not None]
    assert "一、发现的问题（0 处）" in texts
    assert "二、已核对的勾稽关系" in texts
    assert "三、凭证" in texts
    assert not any("填报总分" in text or "缺数据" in text for text in texts)
    assert errors_of(one.copy, tmp_path) <= errors_of(one.data, tmp_path)


def test_its_broken_identity_is_noted_in_its_cell() -> None:
    base = base_of_eleven()
    base.rows["three_public"] = figures("4.10 3.80 3.86")
    one = _alone(base)
    [finding] = one.evaluation.findings
    assert finding.code == "figures.base_three_public"
    sheet = load_workbook(io.BytesIO(one.copy)).worksheets[1]
    cell = sheet[finding.refs[0].address]
    assert cell.comment is not None
    assert "3.86" in cell.comment.text
    assert cell.fill.fill_type


# ---- blanks ----


@pytest.fixture(scope="module")
def blank() -> bytes:
    out = io.BytesIO()
    write_blank(load_form("yueyanglou-2021"), out, further=WITH)
    return out.getvalue()


def test_the_forms_own_sheets_are_the_same_with_and_without_further_ones(
    form: FormSpec, blank: bytes
) -> None:
    plain = io.BytesIO()
    write_blank(form, plain)
    with_more, without = load_workbook(io.BytesIO(blank)), load_workbook(plain)
    assert with_more.sheetnames == [*without.sheetnames[:2], BASE, SUPPLEMENT, "填报说明"]
    for name in without.sheetnames[:2]:
        ours, theirs = with_more[name], without[name]
        assert [[c.value for c in row] for row in ours.iter_rows()] == [
            [c.value for c in row] for row in theirs.iter_rows()
        ]


def test_heads_of_the_blank_carry_the_years_of_the_host(blank: bytes) -> None:
    workbook = load_workbook(io.BytesIO(blank))
    sheet = workbook[BASE]
    assert [sheet[at].value for at in ("B6", "D6", "F6")] == [
        "2020年决算数",
        "2021年预算数",
        "2021年决算数",
    ]
    own = io.BytesIO()
    write_blank(load_form("yueyanglou-2023-base"), own)
    sheet = load_workbook(own)[BASE]
    assert [sheet[at].value for at in ("B6", "D6", "F6")] == [
        "2022年决算数",
        "2023年预算数",
        "2023年决算数",
    ]


def test_the_supplement_says_on_its_face_that_it_is_not_official(blank: bytes) -> None:
    sheet = load_workbook(io.BytesIO(blank))[SUPPLEMENT]
    assert "不是官方表样的组成部分" in str(sheet["A3"].value)


def test_the_blank_has_totals_rates_and_choices(blank: bytes) -> None:
    workbook = load_workbook(io.BytesIO(blank))
    sheet = workbook[BASE]
    assert sheet["D7"].value == '=IF(COUNT(D8,D11,D12)=0,"",SUM(D8,D11,D12))'
    assert sheet["F13"].value == '=IF(COUNT(F14,F15,F21)=0,"",SUM(F14,F15,F21))'
    assert sheet["F15"].value == '=IF(COUNT(F16:F20)=0,"",SUM(F16:F20))'
    assert sheet["F5"].value == '=IF(COUNT(D5,B5)<2,"",IF(B5=0,"",D5/B5))'
    assert sheet["B3"].value == "=IF('附件2-1 自评表'!E4=\"\",\"\",'附件2-1 自评表'!E4)".replace(
        "E4", "$E$4"
    )
    choices = [v for v in workbook[SUPPLEMENT].data_validations.dataValidation if v.type == "list"]
    assert {v.formula1 for v in choices} == {'"是,否"'}
    assert sum(len(v.sqref.ranges) for v in choices) == 10


def test_blanks_of_further_sheets_are_valid(blank: bytes, tmp_path: Path) -> None:
    path = tmp_path / "blank.xlsx"
    path.write_bytes(blank)
    assert list(OpenXmlValidator().validate(path).errors) == []
    write_blank(load_form("yueyanglou-2023-base"), path)
    assert list(OpenXmlValidator().validate(path).errors) == []


def test_two_runs_give_the_same_bytes(blank: bytes) -> None:
    again = io.BytesIO()
    write_blank(load_form("yueyanglou-2021"), again, further=WITH)
    assert again.getvalue() == blank


def test_the_shipped_blank_of_the_base_data_is_the_generated_one() -> None:
    """When it fails: perfeval blank yueyanglou-2023-base -o templates/yueyanglou-2023-base/blank.xlsx"""
    from tests.writer.test_blank import parts

    spec = load_form("yueyanglou-2023-base")
    made = io.BytesIO()
    write_blank(spec, made)
    shipped = (Path(spec.directory) / "blank.xlsx").read_bytes()
    assert parts(shipped) == parts(made.getvalue())


def test_an_attachment_that_the_form_does_not_have_is_refused(form: FormSpec) -> None:
    with pytest.raises(KeyError):
        write_blank(form, io.BytesIO(), further=("base",))
    bare = replace(form, attachments=())
    assert re.match("yueyanglou", bare.id)
    with pytest.raises(KeyError):
        write_blank(bare, io.BytesIO(), further=("supplement",))


def test_a_blank_of_all_three_is_read_as_empty(form: FormSpec, blank: bytes) -> None:
    from perfeval_xl.reader.read import read_grids, read_submission

    submission = read_submission(read_grids(Workbook.open(blank)), form)
    assert set(submission.attached) == set(WITH)
    assert [f.id for f in submission.facts.values() if f.number is not None] == []
    assert [p.code for p in submission.problems] == []


@pytest.mark.libreoffice
def test_an_old_format_keeps_its_further_sheets(
    soffice: Callable[[Path, str], Path], tmp_path: Path
) -> None:
    """The rows of a list have no fixed places in the blank: the plain conversion is annotated."""
    path = tmp_path / "三张表.xlsx"
    path.write_bytes(three_parts())
    one = annotated_bytes(soffice(path, "xls").read_bytes(), "三张表.xls")
    assert one.evaluation.totals.decided == 60
    page = load_workbook(io.BytesIO(one.copy)).worksheets[0]
    texts = " ".join(str(c.value) for row in page.iter_rows() for c in row if c.value)
    assert "行数不固定" in texts


@pytest.mark.parametrize("count", [3, 25, 120])
def test_no_formula_of_a_copy_is_longer_than_excel_takes(count: int) -> None:
    """8,192 characters and 255 arguments; a workbook with a longer one is called damaged."""
    given = supplement_of_eleven()
    issues = [(f"专项{n}", Decimal(10), date(2021, 2, 1), Decimal(10)) for n in range(count)]
    many = replace(
        given, values={**given.values, "专项资金个数（没有填 0）": count}, specials=issues
    )
    sent = three_parts(supplement=many)
    annotated = annotated_bytes(sent)
    result = annotated.evaluation.indicators[4]
    assert (result.score, result.low, result.high) == (3, 3, 3)
    formulas = [formula for formula, _ in our_formulas(annotated.copy, sent).values()]
    assert max(map(len, formulas)) <= 8192
    arguments = [group.count(",") for f in formulas for group in re.findall(r"OR\(([^()]*)\)", f)]
    assert max(arguments) < 255
