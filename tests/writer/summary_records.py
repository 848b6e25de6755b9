"""Invented records of results.jsonl for the summary: a small one by hand, a batch by rule."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

RUBRIC = Path(__file__).parents[2] / "templates" / "yueyanglou-2021" / "rubric.toml"
FORM = "yueyanglou-2021"
RUN_INFO = {
    "程序版本": "perfeval_xl 1.0.0",
    "Python": "3.11.9",
    "表样": "岳阳楼区部门（单位）整体支出绩效自评表（2021年度）",
    "表样数据 SHA-256": "9f2c4b7d1e5a8036c4d7f19b2e6a5d3c8b0f7e2d4c6a9b1d3e5f7a8c0b2d4e6f",
}
NAMES = (
    "区教育体育局",
    "区民政局",
    "区司法局",
    "区财政局",
    "区人力资源和社会保障局",
    "区自然资源分局",
    "区住房和城乡建设局",
    "区交通运输局",
    "区农业农村局",
    "区商务粮食局",
    "区文化旅游广电局",
    "区卫生健康局",
    "区退役军人事务局",
    "区应急管理局",
    "区审计局",
    "区市场监督管理局",
    "区统计局",
    "区医疗保障局",
    "区城市管理和综合执法局",
    "区信访局",
    "区档案馆",
    "区机关事务服务中心",
    "洛王街道办事处",
    "区政务服务中心（区行政审批服务局）",
)
MISSING = {
    "three_public_change_rate": ("three_public_budget", "three_public_budget_last"),
    "key_expenditure_rate": ("key_project_expenditure",),
    "budget_adjustment_rate": ("budget_adjustment", "initial_budget"),
    "payment_progress": ("late_specials",),
    "three_public_control_rate": ("three_public_budget",),
    "procurement_execution_rate": ("procurement_final", "procurement_budget"),
    "official_card_usage_rate": ("card_spending", "card_eligible_spending"),
}
DECIDED = (
    "staffing_control_rate",
    "fund_surplus",
    "fixed_asset_utilization_rate",
    "public_satisfaction",
)
KINDS: tuple[tuple[str, str, str, str, str, str, str], ...] = (
    (
        "score.total_differs",
        "error",
        "unit",
        "总分与各行之和不一致",
        "附件2-2!T31 总分填报 99，各行自评得分之和为 98，相差 1；"
        "附件2-1 的绩效自评综合得分也是 99。",
        "请核对 T3:T30 各行自评得分，改正其中一行或改正总分，并使附件2-1 与附件2-2 一致。",
        "附件2-2 评分表：总分＝各项自评得分之和",
    ),
    (
        "score.differs",
        "error",
        "unit",
        "自评得分与复核得分不一致",
        "财政供养人员控制率：实有 188 人，编制 84 人，控制率 223.81%，超过 100% 123.81 个百分点，"
        "每超过一个百分点扣 0.5 分，扣完为止，应得 0 分，自评得 5 分。",
        "请按评分标准改为 0 分，或核对编制数与实有人数是否填错。",
        "以100%为标准。在职人员控制率≦100%，计5分；每超过一个百分点扣0.5分，扣完为止。",
    ),
    (
        "score.full_marks_unsupported",
        "warning",
        "unit",
        "满分缺少数据支持",
        "“三公经费”变动率自评满分 5 分，但表上没有本年和上年的三公经费预算数，无法计算变动率。",
        "请补充基础数据表，或在扣分原因和其他说明栏写明计算过程。",
        "“三公经费”变动率≦0,计5分；“三公经费”＞0，每超过一个百分点扣0.5分，扣完为止。",
    ),
    (
        "score.deduction_without_reason",
        "warning",
        "unit",
        "扣分没有写原因",
        "管理制度健全性自评 2 分，满分 3 分，扣 1 分，“扣分原因和其他说明”一栏为空。",
        "请写明扣分的原因。",
        "附件2-2 评分表：扣分原因和其他说明",
    ),
    (
        "figures.money_unit",
        "error",
        "unit",
        "金额单位疑为元",
        "公务接待费填报 24300，同表三公经费合计为 2.43，正好相差 10,000 倍，疑为以元填报。",
        "本表以万元为单位，请改为 2.43。",
        "附件2-1 金额单位：万元",
    ),
    (
        "form.unsigned",
        "note",
        "unit",
        "签章或日期空缺",
        "评价组组长（签字）、部门（单位）意见为空。",
        "请签署后再报送纸质件。",
        "附件2-1 评价组组长（签字）、部门（单位）意见",
    ),
    (
        "form.year_in_text",
        "note",
        "template",
        "文字中的年度不符",
        "评分标准仍写“2018年”，本表为 2021 年度。",
        "表样印错，不需要单位改动。",
        "此项指标根据区综合绩效考核领导小组办公室2018年对各部门的部门工作实绩考核分数折算考核内容"
        "设置。",
    ),
)


@lru_cache(maxsize=1)
def rubric() -> dict[str, Any]:
    """The rubric's own file, as it is."""
    return tomllib.loads(RUBRIC.read_text(encoding="utf-8"))


def finding(kind: int, **changes: object) -> dict[str, object]:
    """A finding of one of KINDS."""
    code, severity, origin, title, message, fix, clause = KINDS[kind]
    made: dict[str, object] = {
        "code": code,
        "severity": severity,
        "origin": origin,
        "title": title,
        "sheet": "附件2-2 评分表",
        "cells": ["T31", "T3:T30"],
        "provided": "99",
        "expected": "98",
        "difference": "1",
        "message": message,
        "fix": fix,
        "clause": clause,
        "indicator": "",
        "follows_from": "",
    }
    return made | changes


def indicator(spec: dict[str, Any], own: Decimal | None, score: Decimal | None) -> dict[str, Any]:
    """A result for an indicator of the rubric; undecided or judged as its figures allow."""
    groups = {group["id"]: group["label"] for group in rubric()["groups"]}
    labels = rubric()["external_facts"]
    missing = list(MISSING.get(spec["id"], ()))
    decided = spec["id"] in DECIDED
    outcome = "undecided" if missing else "judged"
    if decided:
        outcome = "agrees" if own == score else "differs"
    return {
        "id": spec["id"],
        "number": spec["number"],
        "label": spec["label"],
        "parent": groups[spec["group"]],
        "kind": spec["rule"]["kind"],
        "max": spec["max"],
        "self": own,
        "score": score if decided else None,
        "low": score if decided else 0,
        "high": score if decided else spec["max"],
        "outcome": outcome,
        "missing": missing,
        "missing_labels": [labels[fact] for fact in missing],
        "sheet": "附件2-2 评分表",
        "cell": f"T{spec['number'] + 2}",
        "sentence": "",
        "formula": None,
    }


def indicators(number: int) -> list[dict[str, Any]]:
    """The 25 results of one invented unit, a few of them off by rule."""
    results = []
    for spec in rubric()["indicators"]:
        most = Decimal(5) if spec.get("shared") else Decimal(spec["max"])
        score = most
        if spec["id"] == "staffing_control_rate" and number % 4 == 1:
            score = Decimal("2.5") if number % 8 == 1 else Decimal(0)
        if spec["id"] == "fixed_asset_utilization_rate" and number % 5 == 2:
            score = Decimal("2.7")
        own = None if number % 11 == 3 and spec["number"] == 25 else most
        if number % 3 == 0 and spec["number"] in (8, 10):
            own = Decimal(2)
        results.append(indicator(spec, own, score))
        if spec["id"] == "staffing_control_rate" and number % 12 == 5:
            range_of_readings = {"outcome": "within_readings", "self": Decimal("2.22")}
            results[-1] |= range_of_readings | {"score": Decimal("2.5"), "low": Decimal(2)}
    return results


def evaluated(number: int, name: str) -> dict[str, Any]:
    """The record of one invented unit."""
    results = indicators(number)
    own = sum((Decimal(each["self"] or 0) for each in results), Decimal(0))
    computed = sum(
        (Decimal((each["score"] if each["score"] is not None else each["self"]) or 0))
        for each in results
    )
    stated = None if number % 13 == 7 else own + (1 if number % 6 == 0 else 0)
    findings = [finding(2, difference="", expected="")] * 2 + [finding(6)]
    findings += [finding(0, provided=str(stated), expected=str(own))] * (number % 6 == 0)
    findings += [finding(1)] * (number % 4 == 1)
    findings += [finding(3)] * (number % 3 == 0)
    findings += [finding(4)] * (number % 9 == 4)
    findings += [finding(5)] * (number % 2)
    file = f"{'街道' if '街道' in name else '局委办'}/{name}_2021年整体支出绩效自评.xlsx"
    return {
        "schema": 1,
        "file": file,
        "sha256": f"{number:064x}",
        "status": "evaluated",
        "reason": None,
        "copy": f"复核/{file.removesuffix('.xlsx')}_复核.xlsx",
        "form": FORM,
        "unit": {"name": name, "code": f"{101 + number:06d}"},
        "year": 2021,
        "facts": {},
        "indicators": results,
        "totals": {
            "stated": stated,
            "self_sum": own,
            "computed": computed,
            "decided": 16,
            "undecided": 28,
            "judged": 56,
            "low": computed - 28,
            "high": computed,
            "rating_stated": "优秀",
            "rating": ["优秀", "良好"] if number % 5 else ["良好"],
        },
        "findings": findings,
    }


def returned(file: str, code: str, message: str, fix: str, **unit: str | None) -> dict[str, Any]:
    """The record of a file that was not evaluated."""
    return {
        "schema": 1,
        "file": file,
        "sha256": "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
        "status": "returned",
        "reason": {"code": code, "message": message, "fix": fix},
        "copy": f"退回/{file.rpartition('.')[0]}_退回说明.xlsx",
        "form": None,
        "unit": {"name": unit.get("name"), "code": unit.get("code")},
        "year": None,
        "facts": {},
        "indicators": [],
        "totals": None,
        "findings": [],
    }


RETURNED = (
    returned(
        "局委办/区水利局 绩效自评(加密).xlsx",
        "workbook.encrypted",
        "工作簿设有打开密码，无法读取",
        "请在 Excel 或 WPS 中用密码打开，取消“文件—信息—保护工作簿—用密码进行加密”，"
        "另存后重新报送。",
    ),
    returned(
        "街道/三眼桥街道.xlsx",
        "form.unknown",
        "这份工作簿不是已登记的表样：没有找到评分表的表头（一级指标、二级指标、三级指标、评分标准、"
        "分值、自评得分），也没有找到“部门（单位）基本概况”等栏目",
        "请使用财政局下发的《部门（单位）整体支出绩效自评表（2021年度）》填报，不要改动表头和栏目名称，"
        "也不要把两张表合并到别的工作簿里。",
        name="三眼桥街道办事处",
    ),
)


def batch(units: int = 24) -> Iterator[dict[str, Any]]:
    """Records of so many invented units and two returned files, one at a time."""
    for number in range(units):
        name = NAMES[number % len(NAMES)]
        yield evaluated(number, name if number < len(NAMES) else f"{name}{number}")
    yield from RETURNED
