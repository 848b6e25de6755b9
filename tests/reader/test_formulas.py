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
        ("PRODUCT(A1:D1)", "2.42"),
        ("PRODUCT(C1:D1)", "0"),
        ("AVERAGE(A1:D1)", "1.65"),
        ("AVERAGE(A1,B1,0)", "1.1"),
        ("MAX(A1:D1)-MIN(A1:D1)", "1.10"),
        ("ABS(A1-B1)", "1.10"),
        ("B1*50%", "1.10"),
        ("IFERROR(A1/C1,0)", "0"),
        ("IFERROR(B1/A1,0)", "2"),
        ("SUBTOTAL(9,A1:D1)", "3.30"),
        ("SUBTOTAL(109,A1:B1)+1", "4.30"),
    ],
)
def test_a_plain_formula_is_computed_exactly(formula: str, value: str) -> None:
    assert evaluate_formula(formula, _lookup, _lookup) == Decimal(value)


def test_a_total_of_blanks_is_an_empty_text() -> None:
    assert evaluate_formula('IF(COUNT(C1)=0,"",SUM(C1))', _lookup) == ""


@pytest.mark.parametrize(
    "formula",
    [
        "A1/C1", "VLOOKUP(A1,B:C,2,0)", "A1+D1", "INDIRECT(\"A1\")", "SUM(A1:XFD1048576)", "[1]Sheet1!A1",
        "AVERAGE(C1:D1)", "IFERROR(A1+D1,0)", "SUBTOTAL(1,A1:B1)", "SUBTOTAL(9,A1:B1)", "SUM(\"1\",A1)",
        "ROUND(A1,99)", "ROUND(A1,B1)", "ROUND(PRODUCT(1E12,999999999999,999999999999),9)", "ABS(D1)",
        "ROUND(999999999999*999999999999,9)", "A1 B1", "SUM(", "", "1E5", "(" * 40 + "1" + ")" * 40, "SUM(A1:B1", "NOW()", "A1&B1", "名称",
    ],
)  # fmt: skip
def test_anything_else_is_refused(formula: str) -> None:
    with pytest.raises(NotPlain):
        evaluate_formula(formula, _lookup)


def test_a_subtotal_over_rows_that_may_be_left_out_is_refused() -> None:
    def shown(sheet: str, row: int, column: int) -> Value:
        if column == 2:
            raise NotPlain
        return _lookup(sheet, row, column)

    assert evaluate_formula("SUBTOTAL(9,A1,C1)+SUM(A1:B1)", _lookup, shown) == Decimal("4.40")
    with pytest.raises(NotPlain):
        evaluate_formula("SUBTOTAL(9,A1:B1)", _lookup, shown)
