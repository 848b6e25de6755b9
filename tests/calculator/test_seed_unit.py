"""The unit of DOMAIN section 5: what one real form must give, figure by figure."""

from __future__ import annotations

from decimal import Decimal

import pytest

from perfeval_xl.calculator import evaluate
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import Evaluation, Origin, Outcome, Severity
from tests.calculator.build import Value, submission

SPEC = load_form("yueyanglou-2021")
FIGURES: dict[str, Value] = {
    "unit_name": "区样例一办", "authorized_posts": 11, "actual_staff": 10,
    "income_total": Decimal("297.36"), "income_fiscal_appropriation": Decimal("297.36"),
    "expenditure_total": Decimal("297.36"), "basic_expenditure": Decimal("297.36"),
    "personnel_expenditure": Decimal("122.51"), "operating_expenditure": Decimal("174.85"),
    "three_public_total": Decimal("2.43"), "official_hospitality": Decimal("2.43"),
    "fixed_assets_total": Decimal("23.90"), "fixed_assets_in_use": Decimal("23.90"),
    "satisfaction_result": Decimal("0.95"), "self_total": 99, "scoring_total": 99,
    "self_rating": "优 秀", "report_date": "2022-03-10", "group_leader_signature": "张某某",
    "unit_opinion": "同意",
    "narrative": "基本情况：收入297.36万元。绩效良好。问题：无。建议：无。",
}  # fmt: skip


@pytest.fixture(scope="module")
def seed() -> Evaluation:
    scores: dict[int, Value] = {8: 2, 10: 2, 21: 4, 22: 5, 23: 5, 24: 5}
    return evaluate(submission(SPEC, scores=scores, reasons={21: ""}, facts=FIGURES, base={}), SPEC)


def test_rows_add_up_to_98_under_a_stated_99(seed: Evaluation) -> None:
    assert (seed.totals.self_sum, seed.totals.stated) == (98, 99)
    errors = [f for f in seed.findings if f.severity is Severity.ERROR]
    assert [(f.code, f.provided, f.expected, f.difference) for f in errors] == [
        ("score.total_differs", "99", "98", "1")
    ]


def test_sixteen_points_agree_28_are_open_56_are_judged(seed: Evaluation) -> None:
    assert (seed.totals.decided, seed.totals.undecided, seed.totals.judged) == (16, 28, 56)
    by_outcome = {
        outcome: [r.number for r in seed.indicators if r.outcome is outcome] for outcome in Outcome
    }
    assert by_outcome[Outcome.AGREES] == [1, 6, 15, 25]
    assert by_outcome[Outcome.UNDECIDED] == [2, 3, 4, 5, 7, 11, 12]
    assert len(by_outcome[Outcome.JUDGED]) == 14


def test_full_marks_without_figures_are_named_with_what_is_missing(seed: Evaluation) -> None:
    found = [f for f in seed.findings if f.code == "score.full_marks_unsupported"]
    assert len(found) == 7
    third = seed.indicators[2]
    assert third.missing == ("key_project_expenditure", "project_expenditure")
    assert "附件2-1 自评表!Q21" in next(f.fix for f in found if f.indicator == third.id)


def test_eighth_and_tenth_lose_a_point_without_a_reason(seed: Evaluation) -> None:
    found = [f.indicator for f in seed.findings if f.code == "score.reason_missing"]
    assert found == ["budget_management_system", "budget_disclosure"]


def test_nothing_else_is_held_against_the_unit(seed: Evaluation) -> None:
    others = {
        f.code for f in seed.findings
        if f.origin is Origin.UNIT
        and f.code not in ("score.total_differs", "score.full_marks_unsupported", "score.reason_missing")
    }  # fmt: skip
    assert others == {"figures.blank_derivable"}


def test_rating_holds_either_way_and_identities_hold(seed: Evaluation) -> None:
    held = {check.id for check in seed.passed if not check.skipped}
    assert {
        "income.parts", "expenditure.parts", "basic.parts", "three_public.parts", "three_public.size",
        "assets.parts", "assets.in_use", "rating", "score.points",
    } <= held  # fmt: skip


def test_computed_total_keeps_open_rows_at_their_self_score(seed: Evaluation) -> None:
    assert (seed.totals.computed, seed.totals.low, seed.totals.high) == (98, 70, 98)
    assert seed.totals.rating == ("优秀", "良好", "合格")
    assert (seed.unit_name, seed.year) == ("区样例一办", 2021)
