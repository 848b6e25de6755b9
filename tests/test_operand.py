"""A figure enters our formulas as the cells it came from."""

from __future__ import annotations

from decimal import Decimal

import pytest

from perfeval_xl.model import CellRef, Fact, State
from perfeval_xl.operand import operand

REF = CellRef("附件2-1 '自评'表", 3, 28)


def test_a_reference_is_absolute_and_quoted() -> None:
    assert REF.absolute == "'附件2-1 ''自评''表'!$AB$3"


@pytest.mark.parametrize(
    ("raw", "value", "note", "scale", "wanted"),
    [
        ("11", "11", "", "1", "VALUE('S'!$A$1)"),
        ("297.36", "297.36", "", "1", "VALUE('S'!$A$1)"),
        ("95%", "0.95", "", "1", "VALUE('S'!$A$1)"),
        ("11人", "11", "", "1", """IF(EXACT('S'!$A$1,"11人"),11,VALUE('S'!$A$1))"""),
        ("4.5/5", "4.5", "按 4.5 分", "1", """IF(EXACT('S'!$A$1,"4.5/5"),4.5,NA())"""),
        ("2973600", "297.36", "折合", "0.0001", "(VALUE('S'!$A$1)/10000)"),
        ("0", "0", "折合", "0.0001", "(VALUE('S'!$A$1)/10000)"),
        ("1.5", "15000", "亿元", "10000", "(VALUE('S'!$A$1)*10000)"),
        ("95", "0.95", "按 95%", "0.01", "(VALUE('S'!$A$1)/IF(VALUE('S'!$A$1)>=2,100,1))"),
        ("12.5", "12.5", "公式没有存结果", "1", "VALUE('S'!$A$1)"),
        ("1,200", "1200", "", "1", """IF(EXACT('S'!$A$1,"1,200"),1200,VALUE('S'!$A$1))"""),
        ("-5元", "-5", "", "1", """IF(EXACT('S'!$A$1,"-5元"),(-5),VALUE('S'!$A$1))"""),
        ("7\u3000人", "7", "", "1", """IF(EXACT('S'!$A$1,"7\u3000人"),7,VALUE('S'!$A$1))"""),
        ("7\n人", "7", "", "1", """IF(EXACT('S'!$A$1,"7"&CHAR(10)&"人"),7,VALUE('S'!$A$1))"""),
        ("7\t人", "7", "", "1", "7"),
        ("约" * 201, "7", "", "1", "7"),
        ("44600", "3", "另有含义", "1", "3"),
    ],
)
def test_a_figure_is_referred_to_as_it_is_typed(
    raw: str, value: str, note: str, scale: str, wanted: str
) -> None:
    cell = CellRef("S", 1, 1)
    number = Decimal(value)
    fact = Fact("x", number, raw, cell, State.NUMBER, note=note, scale=Decimal(scale))
    assert operand(fact) == wanted


def test_a_part_of_a_cells_text_counts_while_the_whole_stands_there() -> None:
    cell = CellRef("S", 1, 1)
    fact = Fact("x", Decimal(36), "36", cell, State.NUMBER, whole='人员编制："36"')
    assert operand(fact) == """IF(EXACT('S'!$A$1,"人员编制：""36""\"),36,NA())"""


def test_rows_added_up_stay_cells_and_a_blank_one_may_still_be_filled() -> None:
    rows = (
        Fact("x", Decimal(5), "5", CellRef("S", 1, 1), State.NUMBER),
        Fact("x", None, "", CellRef("S", 2, 1), State.BLANK),
        Fact("x", None, "—", CellRef("S", 3, 1), State.BLANK),
    )
    total = Fact("x", Decimal(5), "5", CellRef("S", 1, 1), State.NUMBER, operands=rows)
    assert operand(total) == (
        """IF(AND('S'!$A$1="",'S'!$A$2="",'S'!$A$3=""),NA(),"""
        """IF('S'!$A$1="",0,VALUE('S'!$A$1))+IF('S'!$A$2="",0,VALUE('S'!$A$2))"""
        """+IF('S'!$A$3="",0,IF(EXACT('S'!$A$3,"—"),0,VALUE('S'!$A$3))))"""
    )


def test_a_blank_row_beside_rows_in_another_unit_is_no_number_once_it_is_filled() -> None:
    rows = (
        Fact("x", Decimal("0.5"), "5000", CellRef("S", 1, 1), State.NUMBER, scale=Decimal("0.0001")),
        Fact("x", None, "", CellRef("S", 2, 1), State.BLANK),
    )  # fmt: skip
    total = Fact("x", Decimal("0.5"), "0.5", CellRef("S", 1, 1), State.NUMBER, operands=rows)
    assert """IF('S'!$A$2="",0,NA())""" in operand(total)


def test_so_many_rows_that_excel_would_not_take_them_enter_as_the_number() -> None:
    rows = tuple(
        Fact("x", Decimal(1), "1", CellRef("附件2-1 自评表", n, 1), State.NUMBER)
        for n in range(1, 101)
    )
    total = Fact("x", Decimal(100), "100", rows[0].ref, State.NUMBER, operands=rows)
    assert operand(total) == "100"
