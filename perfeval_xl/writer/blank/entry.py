"""What a cell takes, and what is said before and after: data validation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from perfeval_xl.amounts import plain
from perfeval_xl.forms.spec import FieldSpec, IndicatorSpec
from perfeval_xl.writer.blank.layout import Form, Input, ids, in_a_row_of_many
from perfeval_xl.writer.blank.looks import Properties

_TITLE_LIMIT = 32  # Excel's own limits for the texts of a data validation
_MESSAGE_LIMIT = 255
_LARGEST = 10**12


def entry_rule(form: Form, item: Input) -> Properties | None:
    """XlsxWriter's options for one input cell; None where there is nothing to say."""
    if item.indicator:
        return _indicator_validation(form, item, item.indicator)
    if item.field is None:
        return None
    rule = _field_rule(form, item.field)
    if in_a_row_of_many(item):  # in a row of many: no message at every cell
        return {"validate": "any", **rule} if rule and item.id not in form.formulas else None
    message = "".join(_field_messages(form, item.field, rule))
    if not message:
        return None
    return {"validate": "any", **rule, **_texts(item.field.label, message)}


def _field_rule(form: Form, field: FieldSpec) -> Properties:
    if any(field.id in ids(check, "rating") for check in form.spec.checks):
        labels = [band.label for band in form.spec.bands]
        return {"validate": "list", "source": labels, **_refusal("请从下拉列表中选择。")}
    if field.kind == "amount":
        return _amount_rule(form, field)
    if field.kind == "count":
        error = _refusal("请填 0 或正整数，不带“人”字。")
        return {"validate": "integer", "criteria": ">=", "value": 0, **error}
    if field.kind == "percent":
        return {**_between("decimal", 0, 1), **_refusal("请填 0% 到 100% 之间的百分比，如 95%。")}
    if field.kind == "score":
        most = form.spec.scoring.total_points
        error = _refusal(f"请填 0 到 {plain(most)} 之间的数。")
        return {**_between("decimal", 0, float(most)), **error}
    if field.kind == "measure":
        return {**_between("decimal", 0, _LARGEST), **_refusal("请填不小于 0 的数，不带单位。")}
    if field.kind == "yesno":
        return {"validate": "list", "source": ["是", "否"], **_refusal("请填“是”或“否”。")}
    if field.kind == "date":
        first = date(form.spec.year - bool(field.attachment), 1, 1)
        error = {**_refusal(f"应是日期，不早于 {first}。"), "error_type": "warning"}
        return {"validate": "date", "criteria": ">=", "value": first, **error}
    return {}


def _amount_rule(form: Form, field: FieldSpec) -> Properties:
    """Not negative, except where it is the difference of two others."""
    results = [name for check in form.spec.checks for name in ids(check, "result")]
    least = -_LARGEST if field.id in results else 0
    sign = "可以是负数" if field.id in results else "不小于 0"
    error = f"请填以{form.spec.money}为单位的数，{sign}，不带单位和文字，如 297.36。"
    return {**_between("decimal", least, _LARGEST), **_refusal(error)}


def _between(what: str, least: float, most: float) -> Properties:
    return {"validate": what, "criteria": "between", "minimum": least, "maximum": most}


def _refusal(message: str) -> Properties:
    return {"error_title": "填写有误", "error_message": _within(message, _MESSAGE_LIMIT)}


def _field_messages(form: Form, field: FieldSpec, rule: Properties) -> Iterator[str]:
    """The sentences of the input message, in the order they are shown."""
    if field.required and (rule or field.help):
        yield "必填。"
    if field.kind in ("amount", "count") and field.unit:
        yield f"单位：{field.unit}。"
    yield field.help
    if field.id in form.formulas:
        yield "已设公式，自动算出；也可以直接填数。"


def _indicator_validation(form: Form, item: Input, indicator: IndicatorSpec) -> Properties:
    if item.kind != "score":
        message = "自评得分低于分值的，写明扣分原因；满分的可以不填。"
        return {"validate": "any", **_texts(indicator.label, message)}
    if indicator.shared:
        return _pool_validation(form, item, indicator)
    most = plain(indicator.max)
    reason = form.spec.scoring.reason[0]
    message = f"分值 {most} 分，填 0 到 {most} 之间的数；低于 {most} 分的，在“{reason}”栏写明原因。"
    error = _refusal(f"“{indicator.label}”的自评得分应在 0 到 {most} 之间。")
    return {
        **_between("decimal", 0, float(indicator.max)), **_texts(indicator.label, message), **error,
    }  # fmt: skip


def _pool_validation(form: Form, item: Input, indicator: IndicatorSpec) -> Properties:
    """Rows that share points: any split whose sum does not exceed them."""
    pool = form.spec.pools[indicator.shared]
    places = [other.place for other in form.pool_scores(pool.id)]
    most, cell = plain(pool.points), item.place.cell
    total = f"SUM({places[0].fixed}:{places[-1].fixed})<={most}"
    message = f"{pool.label}合计 {most} 分，由单位自行分配；合计低于 {most} 分的，写明扣分原因。"
    return {
        "validate": "custom",
        "value": f"=AND(ISNUMBER({cell}),{cell}>=0,{total})",
        **_texts(indicator.label, message),
        **_refusal(f"{pool.label}的自评得分不小于 0，合计不超过 {most} 分。"),
    }


def _texts(title: str, message: str) -> Properties:
    return {
        "input_title": _within(title, _TITLE_LIMIT),
        "input_message": _within(message, _MESSAGE_LIMIT),
    }


def _within(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
