"""A blank form that comes back as it was handed out: one finding, and all others follow from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from perfeval_xl.batch.one import Options, evaluate_workbook, record_of
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import Evaluation
from perfeval_xl.writer.blank import write_blank

PROFILE, SCORING = "附件2-1 自评表", "附件2-2 评分表"
HANDED_OUT = {"unit_name": "区甲局", "unit_code": "105001"}


def alone(evaluation: Evaluation) -> list[str]:
    """Codes of the findings that follow from no other one."""
    return [finding.code for finding in evaluation.findings if not finding.follows_from]


@pytest.mark.parametrize("further", [(), ("base-data", "supplement")])
def test_a_blank_with_the_unit_s_name_is_not_filled(
    form: FormSpec, tmp_path: Path, further: tuple[str, ...]
) -> None:
    path = tmp_path / "区甲局.xlsx"
    write_blank(form, path, HANDED_OUT, further=further)
    evaluation = evaluate_workbook(path)
    assert alone(evaluation) == ["form.not_filled"]
    assert evaluation.findings[0].message.startswith(f"{SCORING}!F4 起：表格没有填写")
    assert not [r.id for r in evaluation.indicators if r.score is not None]
    assert record_of(path, Options())["status"] == "evaluated"


def test_blank_base_data_is_not_filled(tmp_path: Path) -> None:
    path = tmp_path / "基础数据表.xlsx"
    write_blank(load_form("yueyanglou-2023-base"), path)
    assert alone(evaluate_workbook(path)) == ["form.not_filled"]


def test_totals_of_zero_that_formulas_left_fill_nothing_in(form: FormSpec, tmp_path: Path) -> None:
    path = tmp_path / "零.xlsx"
    write_blank(form, path)
    book = openpyxl.load_workbook(path)
    for address in ("F16", "E21", "H21", "F24", "F27"):
        book[PROFILE][address] = 0
    book.save(path)
    assert alone(evaluate_workbook(path)) == ["form.not_filled"]


def _figure(book: openpyxl.Workbook) -> None:
    book[PROFILE]["E8"] = 36


def _text(book: openpyxl.Workbook) -> None:
    book[PROFILE]["E9"] = "负责全区水利工作。"


def _score(book: openpyxl.Workbook) -> None:
    book[SCORING]["F4"] = 0


def _target(book: openpyxl.Workbook) -> None:
    book[PROFILE]["N32"] = "水质达标"


def _unreadable(book: openpyxl.Workbook) -> None:
    book[PROFILE]["E8"] = "约36"


@pytest.mark.parametrize("fill", [_figure, _text, _score, _target, _unreadable])
def test_one_entry_is_enough_to_be_evaluated(
    form: FormSpec, tmp_path: Path, fill: Callable[[openpyxl.Workbook], None]
) -> None:
    path = tmp_path / "一格.xlsx"
    write_blank(form, path, HANDED_OUT)
    book = openpyxl.load_workbook(path)
    fill(book)
    book.save(path)
    evaluation = evaluate_workbook(path)
    assert evaluation.unit_name == "区甲局"
    assert "form.not_filled" not in alone(evaluation)
