"""Restrictions on entry: in new sheets, in existing ones, and taken out again."""

from __future__ import annotations

import io

import openpyxl

from perfeval_xl.ooxml import Editor, NewSheet, Validation, Workbook
from perfeval_xl.ooxml.removal import Remover

POINTS = Validation("decimal", "0", "5", "between", "核定得分", "填 0 至 5", "只能填 0 至 5 & 数字")


def book_with_rules() -> bytes:
    """One sheet with a list of its own in A1, a decimal of ours in C2:C3 and E5."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rule = openpyxl.worksheet.datavalidation.DataValidation("list", formula1='"是,否"')
    rule.add("A1")
    sheet.add_data_validation(rule)
    sheet["A1"] = "是"
    stream = io.BytesIO()
    book.save(stream)
    editor = Editor(Workbook.open(stream.getvalue()))
    editor.sheet("Sheet").add_data_validation("C2:C3 E5", POINTS)
    return editor.to_bytes()


def rules_of(data: bytes, sheet: str = "Sheet") -> dict[str, str]:
    found = openpyxl.load_workbook(io.BytesIO(data))[sheet].data_validations.dataValidation
    return {str(rule.sqref): rule.type for rule in found}


def test_a_rule_says_what_may_be_entered_and_what_is_said_if_not() -> None:
    data = book_with_rules()
    assert rules_of(data) == {"A1": "list", "C2:C3 E5": "decimal"}
    rules = openpyxl.load_workbook(io.BytesIO(data))["Sheet"].data_validations.dataValidation
    rule = next(rule for rule in rules if rule.type == "decimal")
    assert (rule.operator, rule.formula1, rule.formula2) == ("between", "0", "5")
    assert (rule.promptTitle, rule.prompt) == ("核定得分", "填 0 至 5")
    assert (rule.errorTitle, rule.error) == ("核定得分", "只能填 0 至 5 & 数字")
    assert rule.allowBlank
    assert rule.showErrorMessage


def test_a_new_sheet_can_have_rules() -> None:
    new = NewSheet()
    new.write(1, 1, "x")
    new.validations.append(("A1:A3", POINTS))
    editor = Editor(Workbook.open(book_with_rules()))
    editor.add_sheet_first("新", new)
    assert rules_of(editor.to_bytes(), "新") == {"A1:A3": "decimal"}


def test_only_rules_that_lie_within_the_range_are_taken_out() -> None:
    data = book_with_rules()
    for area, left in (
        ((1, 3, 9, 5), {"A1": "list"}),
        ((1, 3, 9, 3), {"A1": "list", "C2:C3 E5": "decimal"}),
        ((1, 1, 9, 9), {}),
    ):
        remover = Remover(Workbook.open(data))
        remover.remove_validations("Sheet", area)
        assert rules_of(remover.to_bytes()) == left
