"""The copy's sheet of given figures: formulas rest on it, and it goes when the copy comes back."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from perfeval_xl.batch.one import Options, annotated
from perfeval_xl.batch.verify import verify
from perfeval_xl.context import Context, Given, Rank
from perfeval_xl.ooxml import Workbook, restore
from perfeval_xl.writer.annotate import free_sheet_name
from perfeval_xl.writer.twice import original_of
from tests.audit import audit
from tests.builders import broken

CONTEXT = Context(
    (
        Given("authorized_posts", Decimal("10"), "10人", "参考数据.xlsx 参考数据!C2", Rank.REFERENCE),
        Given("three_public_budget", Decimal("2.50"), "2.5", "=基.xlsx 表!D9", Rank.JOINED),
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def copy() -> bytes:
    return annotated("甲.xlsx", Options(), broken.good(), CONTEXT)[0]


def test_given_figures_stand_on_the_last_sheet_with_their_source(copy: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(copy))
    assert book.sheetnames[0] == "复核意见"
    assert book.sheetnames[-1] == "复核依据"
    sheet = book["复核依据"]
    rows = [[cell.value for cell in row] for row in sheet["A4:G5"]]
    assert rows == [
        [1, "人员编制（人）", 10, 30, "1 财政供养人员控制率", "参考数据",
         "参考数据.xlsx 参考数据!C2（原文“10人”）"],
        [2, "本年三公经费预算数（万元）", 2.5, "—",
         "2 “三公经费”变动率（还缺别的数）\n7 “三公经费”控制率", "本单位另一份文件",
         "=基.xlsx 表!D9"],
    ]  # fmt: skip
    formulas = [c.value for row in book[book.sheetnames[-2]] for c in row if c.data_type == "f"]
    assert any("'复核依据'!$C$4" in str(formula) for formula in formulas)
    assert book.active.title == "复核意见"


def test_a_copy_with_given_figures_is_valid_and_restores(copy: bytes, tmp_path: Path) -> None:
    made, sent = tmp_path / "copy.xlsx", tmp_path / "sent.xlsx"
    made.write_bytes(copy)
    sent.write_bytes(broken.good())
    assert not audit(made) - audit(sent)
    assert restore(copy) == broken.good()


def test_verify_does_the_review_again_with_what_was_known(copy: bytes) -> None:
    assert verify(copy, broken.good(), Options()).status == "proven"
    other = annotated("甲.xlsx", Options(), broken.good())[0]
    assert verify(other, broken.good(), Options()).status == "proven"


def test_a_re_saved_copy_loses_our_sheet_when_it_comes_back(copy: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(copy))
    saved = io.BytesIO()
    book.save(saved)
    cleaned = original_of(Workbook.open(saved.getvalue())).workbook
    assert not [name for name in cleaned.sheet_names if name.startswith("复核")]


def test_a_sheet_of_the_unit_that_has_our_name_keeps_it() -> None:
    book = openpyxl.load_workbook(io.BytesIO(broken.good()))
    book.create_sheet("复核依据")["A1"] = "单位自己的"
    saved = io.BytesIO()
    book.save(saved)
    name = free_sheet_name(Workbook.open(saved.getvalue()))
    known = replace(CONTEXT, sheet=name)
    made = annotated("甲.xlsx", Options(), saved.getvalue(), known)[0]
    names = openpyxl.load_workbook(io.BytesIO(made)).sheetnames
    assert names[-2:] == ["复核依据", "复核依据(2)"]
