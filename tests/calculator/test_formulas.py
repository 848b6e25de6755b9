"""The score as an Excel formula, recalculated by LibreOffice to our value, edges included."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

from perfeval_xl.calculator import evaluate
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import State, Submission
from tests.calculator.build import Value, submission

SPEC = load_form("yueyanglou-2021")
ALLOWED = {"ROUND", "MAX", "MIN", "IF", "INT", "ROUNDUP", "VALUE", "NA", "OR", "AND", "EXACT"}


def _forms() -> list[Submission]:
    chance = random.Random(7)
    edges: list[dict[str, Value]] = [
        {"authorized_posts": 36, "actual_staff": 38},
        {"authorized_posts": 20, "actual_staff": 21},
        {"authorized_posts": 10, "actual_staff": 11},
        {"authorized_posts": 10000, "actual_staff": 10001},
        {"authorized_posts": 84, "actual_staff": 188},
        {"procurement_final": 90, "procurement_budget": 100},
        {"procurement_final": Decimal("99.99"), "procurement_budget": 100},
        {"three_public_budget": Decimal("10.30"), "three_public_budget_last": 10, "three_public_final_last": 4},
        {"card_spending": 35, "card_eligible_spending": 100},
        {"budget_adjustment": 10, "initial_budget": 100},
        {"budget_adjustment": 30, "initial_budget": 100},
        {"satisfaction_result": Decimal("0.95")},
        {"satisfaction_result": Decimal("0.94999999")},
        {"key_project_expenditure": 90}, {"key_project_expenditure": Decimal("89.99")},
        {"surplus_cumulative": 50, "income_carryover": 50},
        {"surplus_cumulative": Decimal("50.01"), "income_carryover": 50},
        {"surplus_cumulative": None, "surplus_current": None, "income_carryover": None},
        {"late_specials": 3, "fund_use_cases": 5, "asset_cases": 0},
        {"budget_system_exists": "是", "budget_system_sound": "否", "budget_system_executed": "是"},
        {"asset_system_sound": 1, "asset_system_executed": 0},
    ]  # fmt: skip
    for _ in range(120):
        money = [Decimal(chance.randint(1, 10**9)) / 100 for _ in range(6)]
        near = (money[0] * Decimal(chance.randint(8500, 11500)) / 10000).quantize(Decimal("0.01"))
        edges.append({
            "authorized_posts": chance.randint(1, 300), "actual_staff": chance.randint(1, 330),
            "procurement_budget": money[0], "procurement_final": near,
            "three_public_budget": money[1], "three_public_budget_last": near,
            "three_public_total": near, "three_public_final_last": money[0],
            "fixed_assets_total": money[0], "fixed_assets_in_use": min(near, money[0]),
            "key_project_expenditure": near, "project_expenditure": money[0],
            "card_spending": money[3], "card_eligible_spending": money[3] + money[4],
            "budget_adjustment": abs(near - money[0]), "initial_budget": money[0],
            "satisfaction_result": Decimal(chance.randint(700, 1000)) / 1000,
        })  # fmt: skip
    return [submission(SPEC, facts) for facts in edges]


@pytest.mark.libreoffice
def test_libreoffice_reckons_every_formula_to_our_value(
    soffice: Callable[[Path, str], Path], tmp_path: Path
) -> None:
    """Cells alternate between numbers and numbers typed as text, as units send them."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "formulas"
    wanted: list[tuple[str, Decimal]] = []
    for number, form in enumerate(_forms()):
        evaluation = evaluate(form, SPEC)
        names: dict[str, str] = {}
        for fact in form.facts.values():
            if fact.ref is not None and fact.state in (State.NUMBER, State.TEXT):
                name = names.setdefault(fact.ref.sheet, f"{len(names)}-{number}")
                if name not in book.sheetnames:
                    book.create_sheet(name)
                as_text = fact.number is None or (number + fact.ref.row) % 2
                book[name][fact.ref.address] = fact.raw if as_text else float(fact.number or 0)
        for result in evaluation.indicators:
            for formula, value in (
                (result.formula, result.score), (result.formula_low, result.low),
                (result.formula_high, result.high),
            ):  # fmt: skip
                if formula is None or value is None:
                    continue
                for sheet_name, name in names.items():
                    formula = formula.replace(f"'{sheet_name}'!", f"'{name}'!")
                wanted.append((result.id, value))
                sheet.cell(len(wanted), 1, f"={formula}")
    path = tmp_path / "formulas.xlsx"
    book.save(path)
    with soffice(path, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false").open(
        encoding="utf-8"
    ) as file:
        got = [row[0] for row in csv.reader(file)]
    off = [
        (indicator, str(value), shown)
        for (indicator, value), shown in zip(wanted, got, strict=True)
        if Decimal(shown) != value
    ]
    assert len(wanted) > 1500
    assert off == []


def test_formulas_use_only_functions_that_all_three_programs_have() -> None:
    import re

    for form in _forms():
        for result in evaluate(form, SPEC).indicators:
            for formula in (result.formula, result.formula_low, result.formula_high):
                if formula:
                    assert set(re.findall(r"([A-Z]+)\(", formula)) <= ALLOWED
                    assert not formula.startswith("=")
