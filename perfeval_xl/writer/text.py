"""Fixed Chinese texts of the written workbooks. Sentences of findings live in templates/texts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from perfeval_xl.amounts import plain
from perfeval_xl.context import Adjudication, Rank, Waiver
from perfeval_xl.model import Evaluation, IndicatorResult, Outcome, Severity
from perfeval_xl.ruling import Fault, Ground
from perfeval_xl.settlement import Role, Stage

REVIEW_SHEET = "复核意见"
AUTHOR = "复核"
RULING_HEADS = ("核定得分", "核定理由", "核定编号")
SCORING_HEADS = ("复核得分", "最低", "最高", "差异", "复核结论", "复核说明", *RULING_HEADS)
WAIVER_HEADS = ("处理", "豁免理由", "豁免日期", "问题编号")
WAIVER_HINT = "核定人填写：逐条选“更正”或“豁免”；豁免要写理由和日期。"
RULING_PROMPT = "填 0 至 {max} 之间的数。空白：自评在允许区间内的，按自评；其余算作还没有核定。"
RULING_REASON_PROMPT = "核定得分与自评、复核都不一致时必须写理由，不超过 500 字。"
WAIVER_REASON_PROMPT = "豁免必须写理由，例如：已提供说明和佐证材料。不超过 500 字。"
WAIVER_DATE_PROMPT = "豁免的日期，例如 2022-05-01。"
RULING_RULE = (
    "核定得分由核定人填写：带底色的要填；白色的可以空着，空着就按自评得分（自评在允许区间内）。"
    "浅绿的是沿用上一轮的核定（依据没有变）。合计里还没有核定的，数字可定的暂按复核得分，其余暂按自评得分。"
)
ALL_RULED = "核定合计（已全部核定）"
STILL_OPEN = "核定合计（尚有 {count} 项未核定）"
EARLIER_RULING = (
    "【核定后填报有改动】上次核定 {score} 分{reason}，当时自评 {claimed}、区间 {interval}；"
    "现自评 {now}、区间 {now_interval}。{changed}请重新核定。"
)
CARRIED_RULING = "【沿用第 {round} 轮核定】{date}核定 {score} 分{reason}。依据没有改动，继续有效；可以改，清空就要重新核定。"
CARRIED = "沿用第 {round} 轮核定{date}"
CHANGED = "有改动的：{names}。"
GROUNDS = {
    Ground.CLAIM: "自评得分",
    Ground.RESULT: "复核结果",
    Ground.FIGURES: "所依据的数",
    Ground.ROW: "本行的扣分原因、标准或分值",
    Ground.TEXTS: "目标、成绩、报告等文字",
}
SAME_GROUNDS = "依据没有改动，但这份副本里没有填。"
EARLIER_WAIVER = "【处理后填报有改动】上次：{action}，{date}，理由：{reason}。请重新处理。"
CONTEXT_HEAD = "perfeval:"  # before what was known of the unit, in a cell that shows nothing
SOURCE_DIGEST = "报送文件 SHA-256"
REVIEW_NAME = "_perfeval"  # hidden defined name by which our sheet is found again
BASIS_NAME = "_perfeval_basis"  # the same for our sheet of given figures
BASIS_TITLE = "复核依据"
BASIS_NOTE = (
    "复核时用到、而报送的工作簿里没有（或以财政部门掌握的数为准）的数。复核得分的公式引用本表的“数值”；"
    "本表填报与数值不一致的涂成黄色。"
)
BASIS_HEADS = ("序号", "名称", "数值", "本表填报", "用于指标", "来自", "出处")
BASIS_NOT_FILLED = "—"
BASIS_NOT_USED = "没有用于计分"
BASIS_WAITING = "（还缺别的数）"
BASIS_COMPARED = "只供核对，不计分"
BASIS_RANKS = {
    Rank.REFERENCE: "参考数据",
    Rank.JOINED: "本单位另一份文件",
    Rank.PREVIOUS: "上年结果",
    Rank.COMPARED: "上年结果",
}
FILE_PREFIX = "文件："
FIX_PREFIX = "改法："
CLAUSE_PREFIX = "依据："
ROUND_WORDS = {"persists": "未改", "new": "新增"}
RESOLVED_TITLE = "上轮问题已改"
ROUND_LINE = (
    "第 {round} 轮报送，与第 {before} 轮的“{file}”比较：未改 {persists} 处，新增 {new} 处，"
    "已改 {resolved} 处。"
)
OTHER_RULES = "两轮复核所用的程序或表样数据不同（第 {before} 轮：{rules}），“新增”里可能有上轮没有检查的内容。"
TEMPLATE_MARK = "（表样问题，不是填报单位的差错）"

VERDICT_ERRORS = "需要更正：发现 {errors} 处错误，请更正后重新报送。"
VERDICT_WARNINGS = "没有发现错误；有 {warnings} 处警告，请补充说明或核实。"
VERDICT_CLEAN = "没有发现错误和警告。"
LEGEND_NOTE = "复核内容由程序添加在表右侧和批注里；填报的内容没有改动。"
LEGEND_FORMULAS = (
    "复核得分、最低、最高、差异都是公式，引用表中的单元格；最低、最高是各种允许算法下的得分，"
    "由评审人判断的按自评得分计，缺数据的按 0 分和满分计。"
)
COVERED_FILL = "原来的底色"  # head of the lines by which a fill is put back
PRINT_AREA_SET = "设打印区域"  # where the sheet had none, so that it prints without ours
SIGNED_NOTE = "原件带有数字签名；副本加入了复核内容，签名对副本不再有效，请以原件的签名为准。"
ADVICE = (
    "核对办法：perfeval verify 副本 原件。该命令取出复核内容，与原件逐字节比对，再重做一遍复核。"
)
RECEIVED = "报送的是复核过的副本（另存过），已先去掉其中原有的复核内容；收到时的 SHA-256：{sha256}"
VERIFY = {
    "unreadable": "副本打不开（{why}），可能没有传完整。",
    "no_receipt": "副本里没有复核凭证：文件被别的程序另存过，或者不是本程序的副本。",
    "saved_again": "副本被别的程序另存过：凭证还在，各部件都重写了，只能逐格比对。",
    "other_original": "副本是另一份文件的：凭证里的 SHA-256 是 {sha256}。",
    "archive": "各部件内容都对，但压缩包本身被改动过（顺序、压缩方式或附加的字节）。",
    "sheet_missing": "缺少工作表“{place}”。",
    "sheet_added": "多出工作表“{place}”。",
    "sheet_renamed": "工作表“{place}”被改名为“{now}”。",
    "sheet_order": "工作表的顺序变了：{place}。",
    "sheet_state": "工作表“{place}”的显示状态变了：应为 {was}，副本为 {now}。",
    "cell": "{place} 应为{was}，副本里是{now}。",
    "formula": "{place} 的公式应为{was}，副本里是{now}。",
    "more_cells": "{place} 另有 {count} 格不同：{rest}。",
    "merge_added": "{place} 在副本里被合并。",
    "merge_missing": "{place} 的合并被取消。",
    "note": "{place} 的批注不同。",
    "note_missing": "{place} 的批注不见了。",
    "note_added": "{place} 多出批注。",
    "width": "{place} 列宽应为 {was}，副本为 {now}。",
    "height": "{place} 行高应为 {was}，副本为 {now}。",
    "style": "{place} 的格式不同。",
    "row_hidden": "{place} 行在副本里被隐藏。",
    "row_shown": "{place} 行应是隐藏的，副本里显示了。",
    "setting": "工作表“{place}”的{what}不同。",
    "name": "名称“{place}”应为 {was}，副本为 {now}。",
    "part": "部件 {place} 不同{near}。",
    "part_missing": "缺少部件 {place}。",
    "part_added": "多出部件 {place}。",
}
SETTINGS = {  # what the parts of a worksheet are called
    "sheetPr": "工作表属性",
    "sheetViews": "视图（显示比例、冻结窗格）",
    "sheetFormatPr": "默认行高列宽",
    "sheetProtection": "保护设置",
    "protectedRanges": "允许编辑的区域",
    "autoFilter": "自动筛选",
    "conditionalFormatting": "条件格式",
    "dataValidations": "数据有效性",
    "hyperlinks": "超链接",
    "printOptions": "打印选项",
    "pageMargins": "页边距",
    "pageSetup": "页面设置",
    "headerFooter": "页眉页脚",
    "rowBreaks": "分页符",
    "colBreaks": "分页符",
    "drawing": "图片和图形",
    "legacyDrawing": "批注框和控件",
    "picture": "背景图",
    "tableParts": "表格（列表对象）",
    "extLst": "扩展内容",
    "_xlnm.Print_Area": "打印区域",
    "_xlnm.Print_Titles": "打印标题",
}


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
    """What stands in place of the computed score where figures give none."""
    if result.outcome is Outcome.UNDECIDED:
        return "未定"
    return "不适用" if result.outcome is Outcome.NOT_APPLICABLE else "评审"


DECRYPTED = "原文件加了打开密码：本副本由解密后的内容生成，不再有密码，请按原密级保管。"


FAULTS = {
    Fault.NOT_A_NUMBER: (
        "{file} {cell} “{label}”的核定得分是“{raw}”，不是一个数。",
        "请改成 0 至 {max} 之间的数，只写数字。",
    ),
    Fault.OUT_OF_RANGE: (
        "{file} {cell} “{label}”的核定得分是 {raw}，应在 0 至 {max} 之间。",
        "请改成 0 至 {max} 之间的数。",
    ),
    Fault.NO_REASON: (
        "{file} {cell} “{label}”核定 {raw} 分，自评 {claimed}，复核允许 {interval}，没有写理由。",
        "请在“核定理由”写明为什么这样核定。",
    ),
    Fault.LONG_REASON: (
        "{file} {cell} “{label}”的核定理由超过 500 个字。",
        "请写短一些，详情另附。",
    ),
    Fault.NO_SCORE: (
        "{file} {cell} “{label}”写了核定理由，没有写核定得分。",
        "请填上 0 至 {max} 之间的数；同意自评的，也请把分数填上。",
    ),
    Fault.UNKNOWN_ACTION: (
        "{file} {cell} 的处理是“{raw}”，只能是“更正”或“豁免”。",
        "请从下拉列表里选。",
    ),
    Fault.WAIVER_WITHOUT_REASON: ("{file} {cell} 选了豁免，没有写理由。", "请写明豁免的理由。"),
    Fault.WAIVER_WITHOUT_DATE: (
        "{file} {cell} 选了豁免，没有写日期。",
        "请写豁免的日期，例如 2022-05-01。",
    ),
    Fault.NOT_A_DATE: (
        "{file} {cell} 的豁免日期是“{raw}”，不是一个日期。",
        "请写成 2022-05-01 这样。",
    ),
    Fault.WAIVER_WITHOUT_ACTION: (
        "{file} {cell} 写了豁免的理由或日期，没有选处理。",
        "请选“更正”或“豁免”。",
    ),
}
FORMULA_WITHOUT_RESULT = (
    "{file} {cell} 的核定得分是公式 {raw}，没有存下结果。",
    "请用 Excel 或 WPS 打开副本并保存一次，或直接写数字。",
)
POOL_EXCEEDED = (
    "{file} {cell}：{labels}合计核定 {total} 分，几项一共只有 {max} 分。",
    "请改小，使几项合计不超过 {max} 分；超出的部分没有计入总分。",
)
COPY_UNTIED = "编号列被删除，或有重复的行，认不出核定是哪一项的"
COPY_OF_ANOTHER = "这里放的是“{file}”的副本"
COPY_UNREADABLE = (
    "副本里的核定读不出来（{why}）。",
    "请关闭正在打开副本的程序、核对文件后再运行一次；副本坏了的，请另存后删除，重新 run 生成。",
)


def earlier_waiver(waiver: Waiver) -> str:
    """What is said of how a finding of an earlier version of a file was dealt with."""
    return EARLIER_WAIVER.format(
        action=waiver.action, date=waiver.date or "未写日期", reason=waiver.reason or "未写"
    )


def earlier_ruling(
    ruled: Adjudication, now: str, now_interval: str, changed: Sequence[Ground] | None
) -> str:
    """What is said of a ruling on an earlier version of a file, and what has changed since.

    changed: None when nobody noted what it rested on.
    """
    low, high = ruled.low, ruled.high
    between = "无" if not low or not high else low if low == high else f"{low} 至 {high}"
    names = "、".join(GROUNDS[ground] for ground in changed or ())
    said = CHANGED.format(names=names) if names else "" if changed is None else SAME_GROUNDS
    return EARLIER_RULING.format(
        score=ruled.raw or "（空白）",
        reason=_in_brackets(ruled.reason),
        claimed=ruled.claimed or "空白",
        interval=between,
        now=now,
        now_interval=now_interval,
        changed=said,
    )


def carried_ruling(ruled: Adjudication) -> str:
    """What is said of a ruling on an earlier version that holds for this one too."""
    return CARRIED_RULING.format(
        round=ruled.round, date=ruled.date and f"{ruled.date} ",
        score=points(ruled.score), reason=_in_brackets(ruled.reason),
    )  # fmt: skip


def carried_from(ruled: Adjudication) -> str:
    """The same in a few words."""
    return CARRIED.format(round=ruled.round, date=ruled.date and f"（{ruled.date}）")


def _in_brackets(reason: str) -> str:
    return f"（理由：{reason}）" if reason else ""


WHY_ROLE = {
    Role.COUNTS: "同一单位还有{others}，以这一份（第 {round} 轮）为准",
    Role.REPLACED: "这是第 {round} 轮的，后来报了{others}，这一份不计入",
    Role.SAME: "与{others}内容相同，只计一份，这一份不计入",
    Role.UNDECIDED: "同一单位同一轮还有{others}，内容不同，分不出先后：留下一份，其余移出收件，再运行 run 和 settle",
}
UNITS_LOST = "台账不在了或已损坏：这次只按各表自己填的编码和名称归到单位，名册的别名没有用上。再运行一次 perfeval run 就有。"
STAGES = {
    Stage.MISTAKES: "填写有误",
    Stage.TWICE: "重复待定",
    Stage.OPEN: "未核定完",
    Stage.SETTLED: "已核定",
    Stage.NOT_COUNTED: "不计入",
}
SEVERITY_WORDS = {"error": "错误", "warning": "警告", "note": "提示"}
