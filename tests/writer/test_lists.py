"""The office's empty lists: heads as the readers want them, cells typed so that nothing is lost."""

from __future__ import annotations

from pathlib import Path

import openpyxl

from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.writer.lists import write_reference, write_roster


def test_the_roster_has_its_heads_in_the_first_row_and_no_unit(tmp_path: Path) -> None:
    write_roster(tmp_path / "名册.xlsx")
    book = openpyxl.load_workbook(tmp_path / "名册.xlsx")
    rows = [row for row in book.worksheets[0].iter_rows(values_only=True) if any(row)]
    assert rows == [("编码", "名称", "别名", "类型", "截止日期", "免报")]


def test_a_code_typed_into_the_roster_keeps_its_zeros(tmp_path: Path) -> None:
    write_roster(tmp_path / "名册.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "名册.xlsx").worksheets[0]
    assert sheet["A2"].number_format == "@"
    assert sheet["E2"].number_format == "yyyy-mm-dd"


def test_the_reference_list_names_every_figure_it_can_hold(tmp_path: Path, form: FormSpec) -> None:
    write_reference(tmp_path / "参考数据.xlsx", [form])
    book = openpyxl.load_workbook(tmp_path / "参考数据.xlsx")
    rows = [row for row in book.worksheets[0].iter_rows(values_only=True) if any(row)]
    assert rows == [("单位", "指标项", "数值", "来源")]
    named = {row[1] for row in book["指标项"].iter_rows(min_row=4, values_only=True)}
    assert named >= {"authorized_posts", "three_public_total", *form.external_facts}
    assert not {"unit_name", "special_amount", "building_budget"} & named  # of a row each
    where = {row[1]: row[2] for row in book["指标项"].iter_rows(min_row=4, values_only=True)}
    shown = ("authorized_posts", "three_public_budget", "card_spending", "budget_system_sound")
    assert [where[name] for name in shown] == ["附件2", "基础数据表", "补充数据", "补充数据"]
    assert where["late_specials"] == "没有单独一格"


def test_a_list_made_twice_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("一.xlsx", "二.xlsx"):
        write_roster(tmp_path / name)
    assert (tmp_path / "一.xlsx").read_bytes() == (tmp_path / "二.xlsx").read_bytes()
