"""Which numbers of a form are compared, and what they are where a figure is missing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from perfeval_xl.batch.peers.measures import Measure, measures_of
from perfeval_xl.forms.spec import FormSpec


def facts(**values: str | None) -> dict[str, Any]:
    """Facts as records have them; None is a blank cell."""
    return {
        name: {"value": None if v is None else Decimal(v), "state": "blank" if v is None else "number"}
        for name, v in values.items()
    }  # fmt: skip


def measure(form: FormSpec, name: str) -> Measure:
    return next(each for each in measures_of(form) if each.id == name)


def test_every_ratio_of_the_rubric_and_every_figure_of_the_form_is_compared(form: FormSpec) -> None:
    assert [each.id for each in measures_of(form)] == [
        "rate.staffing_control_rate",
        "rate.three_public_change_rate",
        "rate.key_expenditure_rate",
        "rate.budget_adjustment_rate",
        "rate.three_public_control_rate",
        "rate.procurement_execution_rate",
        "rate.official_card_usage_rate",
        "rate.fixed_asset_utilization_rate",
        "rate.public_satisfaction",
        "head.expenditure_total",
        "head.personnel_expenditure",
        "head.operating_expenditure",
        "head.three_public_total",
        "head.fixed_assets_total",
    ]


def test_a_figure_per_head_is_the_exact_quotient(form: FormSpec) -> None:
    operating = measure(form, "head.operating_expenditure")
    value = operating.value_in(facts(operating_expenditure="174.85", actual_staff="10"))
    assert value == Decimal("17.485")
    assert operating.shown(Decimal("17.485")) == "17.49 万元"
    assert operating.label == "人均公用支出"


@pytest.mark.parametrize(
    "given",
    [
        {"operating_expenditure": "174.85", "actual_staff": None},
        {"operating_expenditure": None, "actual_staff": "10"},
        {"operating_expenditure": "174.85", "actual_staff": "0"},
        {"operating_expenditure": "0", "actual_staff": "10"},
        {"operating_expenditure": "-3", "actual_staff": "10"},
        {"operating_expenditure": "174.85"},
    ],
)
def test_without_a_figure_or_staff_there_is_nothing_per_head(
    form: FormSpec, given: dict[str, str | None]
) -> None:
    assert measure(form, "head.operating_expenditure").value_in(facts(**given)) is None


def test_a_change_is_on_budgets_and_on_final_accounts_where_budgets_are_missing(
    form: FormSpec,
) -> None:
    change = measure(form, "rate.three_public_change_rate")
    final = {"three_public_total": "3", "three_public_final_last": "4"}
    budget = {"three_public_budget": "6", "three_public_budget_last": "4"}
    assert change.value_in(facts(**final, **budget)) == Decimal("0.5")
    assert change.value_in(facts(**final)) == Decimal("-0.25")
    assert change.shown(Decimal("-0.25")) == "-25%"


def test_a_declared_rate_is_itself(form: FormSpec) -> None:
    declared = measure(form, "rate.public_satisfaction")
    assert declared.value_in(facts(satisfaction_result="0.95")) == Decimal("0.95")
    assert declared.value_in(facts(satisfaction_result=None)) is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [("0.0042", "0.0042 万元"), ("0.00004249", "0.000042 万元"), ("2.005", "2.01 万元")],
)
def test_a_small_figure_is_not_shown_as_nothing(form: FormSpec, value: str, shown: str) -> None:
    assert measure(form, "head.three_public_total").shown(Decimal(value)) == shown
