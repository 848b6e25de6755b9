"""What the reader met becomes findings: each part that is missing is named."""

from __future__ import annotations

from dataclasses import replace

from perfeval_xl.calculator import evaluate
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import CellRef, ReadingProblem, State, missing_fact
from tests.calculator.build import submission

SPEC = load_form("yueyanglou-2021")


def test_several_parts_missed_at_one_place_are_each_said() -> None:
    where = (CellRef("附件2-2 评分表", 3, 1),)
    problems = tuple(
        ReadingProblem("form.row_missing", where, details={"label": label, "number": number})
        for label, number in [("支付进度", "5"), ("资金结余", "6"), ("资金结余", "6")]
    )
    found = evaluate(replace(submission(SPEC), problems=problems), SPEC).findings
    said = [f.message for f in found if f.code == "form.row_missing"]
    assert len(said) == 2
    assert "支付进度" in said[0]
    assert "资金结余" in said[1]


def test_a_sum_is_not_judged_where_the_column_of_a_part_was_not_found() -> None:
    form = submission(SPEC, {"income_total": 300, "income_fiscal_appropriation": 200})
    facts = form.facts | {"income_carryover": missing_fact("income_carryover")}
    found = evaluate(replace(form, facts=facts, rows=()), SPEC)
    assert "figures.income_parts" not in {f.code for f in found.findings}
    assert any(c.id == "income.parts" and c.skipped for c in found.passed)


def test_a_percentage_that_cannot_be_read_is_asked_for_as_one() -> None:
    form = submission(SPEC)
    fact = form.facts["satisfaction_result"]
    assert fact.ref is not None
    unread = replace(fact, value=None, raw="95%以上", state=State.UNREADABLE)
    problem = ReadingProblem("figures.unreadable", (fact.ref,), "95%以上")
    facts = form.facts | {"satisfaction_result": unread}
    found = evaluate(replace(form, facts=facts, problems=(problem,)), SPEC).findings
    [said] = [f for f in found if f.code == "figures.unreadable"]
    assert "95%" in said.fix
    assert "297.36" not in said.fix
