"""One sentence per indicator, as a clerk would read it aloud: figures, rule, and what would agree."""

from __future__ import annotations

from decimal import Decimal

import pytest

from perfeval_xl.calculator import evaluate
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import IndicatorResult
from tests.calculator.build import Value, submission

SPEC = load_form("yueyanglou-2021")


def _result(number: int, facts: dict[str, Value], score: Value) -> IndicatorResult:
    return evaluate(submission(SPEC, facts, scores={number: score}), SPEC).indicators[number - 1]


@pytest.mark.parametrize(
    ("number", "facts", "score", "end"),
    [
        (1, {"authorized_posts": 36, "actual_staff": 38}, 5, "若要得 5 分，实有人数应不超过 36 人。"),
        (3, {"key_project_expenditure": 55}, 2, "若要得 2 分，重点项目支出应不低于 60 万元。"),
        (4, {"budget_adjustment": 15, "initial_budget": 100}, 3,
         "若要得 3 分，预算调整数（绝对值之和）应为 0。"),
        (5, {"late_specials": 3}, Decimal("2.5"), "若要得 2.5 分，未按进度下达的专项个数应不超过 1 个。"),
        (7, {"three_public_budget": Decimal("3.5")}, 6, "若要得 6 分，三公经费合计应不超过 3.5 万元。"),
        (8, {"budget_system_exists": "是", "budget_system_sound": "否", "budget_system_executed": "是"},
         3, "若要得 3 分，3 项都应符合。"),
        (9, {"fund_use_cases": 2}, 3, "若要得 3 分，资金使用不合规的例数应为 0。"),
        (12, {"card_spending": 35, "card_eligible_spending": Decimal("100.01")}, 3,
         "若要得 3 分，公务卡刷卡支出应不低于 50.01 万元。"),
        (15, {"fixed_assets_in_use": 48}, 3, "若要得 3 分，在用固定资产应不低于 50 万元。"),
        (25, {"satisfaction_result": Decimal("0.93")}, 5,
         "若要得 5 分，社会公众或服务对象满意度应不低于 95%。"),
    ],
)  # fmt: skip
def test_a_self_score_that_is_too_high_says_what_would_make_it_agree(
    number: int, facts: dict[str, Value], score: Value, end: str
) -> None:
    assert _result(number, facts, score).sentence.endswith(end)


@pytest.mark.parametrize(
    ("number", "facts", "score"),
    [
        (1, {"authorized_posts": 36, "actual_staff": 38}, 1),  # 少计
        (1, {"authorized_posts": 36, "actual_staff": 38}, 4),  # 几分取决于读法
        (1, {}, 5),  # 相符
        (1, {"authorized_posts": None}, 5),  # 待定
    ],
)
def test_nothing_is_asked_for_where_it_agrees_or_is_not_simple(
    number: int, facts: dict[str, Value], score: Value
) -> None:
    assert "若要得" not in _result(number, facts, score).sentence


@pytest.mark.parametrize("result", [r for n in (1, 4) for r in [_result(n, {}, 3)]])
def test_every_figure_in_the_sentence_is_linked_to_its_cell(result: IndicatorResult) -> None:
    assert all(f.ref is not None for f in result.inputs if f.number is not None)


@pytest.mark.parametrize("score", [None, 0, 1, "满分", 99])
@pytest.mark.parametrize(
    "facts",
    [
        {}, {"authorized_posts": 0}, {"authorized_posts": "约20"}, {"actual_staff": -3},
        {"three_public_budget": 10, "three_public_budget_last": 9, "three_public_final_last": 3},
        {"key_project_expenditure": 0, "project_expenditure": 0}, {"late_specials": Decimal("1.5")},
        {"surplus_cumulative": 50, "income_carryover": 30}, {"satisfaction_result": Decimal("1.5")},
    ],
)  # fmt: skip
def test_every_outcome_is_one_whole_sentence(score: Value, facts: dict[str, Value]) -> None:
    form = submission(SPEC, facts, scores=dict.fromkeys(range(1, 26), score))
    for result in evaluate(form, SPEC).indicators:
        said = result.sentence
        assert said.endswith("。"), said
        assert said.count("。") == 1, said
        assert not any(
            wrong in said for wrong in ("None", "{", "}", "，，", "；；", "  ", "。；")
        ), said
