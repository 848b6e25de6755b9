"""Fixed Chinese texts of the written workbooks. Sentences of findings live in templates/texts."""

from __future__ import annotations

from decimal import Decimal

from perfeval_xl.amounts import plain
from perfeval_xl.model import Evaluation, IndicatorResult, Outcome, Severity

REVIEW_SHEET = "复核意见"
AUTHOR = "复核"
SCORING_HEADS = ("复核得分", "差异", "复核结论", "复核说明")
FIX_PREFIX = "改法："
CLAUSE_PREFIX = "依据："
TEMPLATE_MARK = "（表样问题，不是填报单位的差错）"

VERDICT_ERRORS = "需要更正：发现 {errors} 处错误，请更正后重新报送。"
VERDICT_WARNINGS = "没有发现错误；有 {warnings} 处警告，请补充说明或核实。"
VERDICT_CLEAN = "没有发现错误和警告。"
LEGEND_NOTE = "复核内容由程序添加在表右侧和批注里；填报的内容没有改动。"


def points(value: Decimal | None) -> str:
    """Points as shown, a dash when there are none."""
    return "—" if value is None else plain(value)


def interval(low: Decimal | None, high: Decimal | None) -> str:
    """``2 至 2.5`` or, when both ends agree, ``2.5``."""
    if low is None or high is None:
        return "—"
    return plain(low) if low == high else f"{plain(low)} 至 {plain(high)}"


def verdict(evaluation: Evaluation) -> str:
    """The result in one line: passed, or what has to be done."""
    errors = evaluation.count(Severity.ERROR)
    warnings = evaluation.count(Severity.WARNING)
    if errors:
        return VERDICT_ERRORS.format(errors=errors)
    if warnings:
        return VERDICT_WARNINGS.format(warnings=warnings)
    return VERDICT_CLEAN


def difference(result: IndicatorResult) -> Decimal | None:
    """Self-score less computed score, None where one of them is not there."""
    if result.score is None or result.self_score.number is None:
        return None
    return result.self_score.number - result.score


def score_shown(result: IndicatorResult) -> str:
    """The computed score as text where it is no single number."""
    if result.outcome is Outcome.UNDECIDED:
        return f"未定（{interval(result.low, result.high)}）"
    if result.outcome is Outcome.JUDGED:
        return "评审"
    if result.outcome is Outcome.NOT_APPLICABLE:
        return "不适用"
    return interval(result.low, result.high)
