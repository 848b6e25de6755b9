"""Fixed assets out of all proportion are asked about, once, and never called an error."""

from __future__ import annotations

import pytest

from perfeval_xl.calculator import evaluate
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import Finding, Severity
from tests.calculator.build import submission

SPEC = load_form("yueyanglou-2021")


def asked(**facts: int | str | None) -> list[Finding]:
    """What is asked of a unit of 10 people that spends 300 万元."""
    given = {
        "income_total": 300, "income_fiscal_appropriation": 300, "income_carryover": 0,
        "expenditure_total": 300, "basic_expenditure": 300, "personnel_expenditure": 200,
        "operating_expenditure": 100, "project_expenditure": 0, "surplus_current": 0,
        "authorized_posts": 11, "actual_staff": 10, "fixed_assets_leased_out": 0,
        "fixed_assets_other": 0,
    }  # fmt: skip
    form = submission(SPEC, {**given, **facts})
    return [f for f in evaluate(form, SPEC).findings if f.code == "figures.scale_doubtful"]


def test_assets_in_yuan_beside_money_in_wan_are_asked_about() -> None:
    [said] = asked(fixed_assets_total=239000, fixed_assets_in_use=239000)
    assert said.severity is Severity.NOTE
    assert (said.provided, said.expected) == ("239000", "23.9")
    assert "797 倍" in said.message  # 239,000 / 300 = 796.67
    assert "人均 21727 万元" in said.message  # 239,000 / 11 = 21,727.27


def test_a_whole_form_in_yuan_is_asked_about_once() -> None:
    in_yuan = {
        "income_total": 3000000, "income_fiscal_appropriation": 3000000,
        "expenditure_total": 3000000, "basic_expenditure": 3000000,
        "personnel_expenditure": 2000000, "operating_expenditure": 1000000,
        "fixed_assets_total": 239000, "fixed_assets_in_use": 239000,
    }  # fmt: skip
    [said] = asked(**in_yuan)
    assert (said.provided, said.expected) == ("3000000", "300")
    assert "人均 272727 万元" in said.message  # 3,000,000 / 11 = 272,727.27


@pytest.mark.parametrize(
    "facts",
    [
        {"fixed_assets_total": 30000, "fixed_assets_in_use": 30000},  # 100 times, not more
        {"income_total": 550000, "income_fiscal_appropriation": 550000,
         "expenditure_total": 550000, "basic_expenditure": 550000,
         "personnel_expenditure": 549900},  # 50,000 a head: a fund's office
        {"fixed_assets_total": 10900, "fixed_assets_in_use": 10900},  # 991 a head
        {"fixed_assets_total": 23.9, "fixed_assets_in_use": 23.9},
        {"fixed_assets_total": 0, "fixed_assets_in_use": 0},
        {"fixed_assets_total": None, "fixed_assets_in_use": None},
        {"fixed_assets_total": 239000, "fixed_assets_in_use": 239000, "actual_staff": None,
         "authorized_posts": None},
        {"fixed_assets_total": "约24万", "fixed_assets_in_use": 239000},
    ],
)  # fmt: skip
def test_what_may_well_be_so_is_not_asked_about(facts: dict[str, int | str | None]) -> None:
    assert asked(**facts) == []


def test_nothing_is_asked_where_an_error_speaks_of_the_amount_already() -> None:
    form = submission(SPEC, {"fixed_assets_total": 239000, "fixed_assets_in_use": 20})
    codes = {f.code for f in evaluate(form, SPEC).findings}
    assert "figures.assets_parts" in codes or "figures.yuan_for_wan" in codes
    assert "figures.scale_doubtful" not in codes
