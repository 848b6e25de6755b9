"""Plain formulas are computed; anything else is refused, never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from perfeval_xl.reader.formulas import NotPlain, Value, evaluate_formula

CELLS: dict[tuple[str, int, int], Value] = {
    ("", 1, 1): Decimal("1.10"),
    ("", 1, 2): Decimal("2.20"),
    ("", 1, 3): None,
    ("", 1, 4): "文字",
    ("附件2-2 评分表", 30, 6): Decimal(99),
}


def _lookup(sheet: str, row: int, column: int) -> Value:
    return CELLS.get((sheet, row, column))


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("A1+B1", "3.30"),
        ("SUM(A1:D1)", "3.30"),
        ("SUM($A$1,B1,10)", "13.30"),
        ("A1-B1-C1", "-1.10"),
        ("-(A1+B1)", "-3.30"),
        ("2*A1", "2.20"),
        ("B1/A1", "2"),
        ("1/3", "0.333333333333333"),
        ("'附件2-2 评分表'!F30", "99"),
        ('IF(COUNT(A1:C1)=0,"",SUM(A1:C1))', "3.30"),
        ("ROUND(A1+B1,1)", "3.3"),
        ("ROUND(2.345,2)", "2.35"),
        ("IF(COUNT(A1,C1)<2,7,A1-D1)", "7"),
    ],
)
def test_a_plain_formula_is_computed_exactly(formula: str, value: str) -> None:
    assert evaluate_formula(formula, _lookup) == Decimal(value)


def test_a_total_of_blanks_is_an_empty_text() -> None:
    assert evaluate_formula('IF(COUNT(C1)=0,"",SUM(C1))', _lookup) == ""


@pytest.mark.parametrize(
    "formula",
    [
        "A1/C1", "VLOOKUP(A1,B:C,2,0)", "A1+D1", "INDIRECT(\"A1\")", "SUM(A1:XFD1048576)", "[1]Sheet1!A1",
        "A1 B1", "SUM(", "", "1E5", "(" * 40 + "1" + ")" * 40, "SUM(A1:B1", "NOW()", "A1&B1", "名称",
    ],
)  # fmt: skip
def test_anything_else_is_refused(formula: str) -> None:
    with pytest.raises(NotPlain):
        evaluate_formula(formula, _lookup)
