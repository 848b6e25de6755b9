"""汇总_核定.xlsx: what was ruled, unit by unit, with every change and its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from perfeval_xl.model import Outcome, Severity
from perfeval_xl.settlement import Item, Stage, UnitSettlement
from perfeval_xl.writer.book import Book, Column, Link, Listing, Value, set_up_page, wrapped_lines
from perfeval_xl.writer.style import HEAD_FONT, OUTCOME, SEVERITY, Look
from perfeval_xl.writer.summary_data import NO_NAME
from perfeval_xl.writer.text import SEVERITY_WORDS, STAGES, interval

TITLE = "部门整体支出绩效自评核定汇总"
UNITS, CHANGES, CARRIED, OPEN, MISTAKES, WAIVERS, RULES = (
    "核定汇总", "调整明细", "沿用的核定", "尚未核定", "填写有误", "处理与豁免", "说明",
)  # fmt: skip
_RULE = (
    "核定：核定人填的分；没有填的，自评在允许区间内的按自评，数字可定而不一致的暂按复核得分，"
    "其余暂按自评。状态不是“已核定”的，核定得分和等次都是暂计。"
)
_RULES_WIDTH = 78  # one column on A4 portrait
_RULES = (
    "核定得分：核定人填的分。没有填的，自评在复核允许的区间内的，按自评得分。",
    "数字可定而自评不一致、还没有核定的，暂按复核得分；缺数据未定和由评审人判断、还没有核定的，暂按自评得分（不超过满分）。",
    "几项共用分值的（如三项效益），合计不超过共用的分值。",
    "核定得分与自评不同的，要写理由；数字可定的，核定在复核允许的区间内时，以复核说明为理由。",
    "填报单位在核定以后改了原件的：自评得分、复核结果、所依据的数、本行的扣分原因都没有变，数字不能定的项连目标、成绩、报告等文字也"
    "没有变的，沿用以前的核定，列在“沿用的核定”里；有一样变了，以前的核定就不计入，列在“尚未核定”里，写明变了什么，请重新核定。",
    "同一单位报了几份的：后一轮的为准，前一轮的列出而不计入；同一轮的几份内容不同，分不出先后，要由人留下一份（状态“重复待定”）。",
    "豁免：问题照列，不要求更正；理由和日期见“处理与豁免”。",
    "等次按核定得分和表样规定的分数段确定。",
)
_UNIT_COLUMNS = (
    Column("序号", 6, "center"),
    Column("单位", 24),
    Column("预算编码", 11, "center"),
    Column("文件", 30),
    Column("自评\n得分", 8, "number"),
    Column("复核\n得分", 8, "number"),
    Column("核定\n得分", 8, "number"),
    Column("核定\n减自评", 9, "signed"),
    Column("自评\n等次", 9, "center"),
    Column("核定\n等次", 9, "center"),
    Column("状态", 12, "center"),
    Column("未核定\n项数", 8, "center"),
    Column("填写\n有误", 7, "center"),
    Column("豁免\n问题", 7, "center"),
    Column("沿用\n核定", 7, "center"),
    Column("意见书", 10, "center"),
    Column("哪一份为准", 30),
)
_STAGE_COLUMN = 10
_ALWAYS = (Stage.MISTAKES, Stage.OPEN, Stage.SETTLED)  # counted also where there is none
_CHANGE_COLUMNS = (
    Column("序号", 6, "center"),
    Column("单位", 22),
    Column("项", 5, "center"),
    Column("指标", 26),
    Column("分值", 7, "number"),
    Column("自评", 7, "number"),
    Column("复核允许", 11, "center"),
    Column("核定", 7, "number"),
    Column("增减", 8, "signed"),
    Column("由谁定", 9, "center"),
    Column("理由", 62),
)
_CARRIED_COLUMNS = (
    Column("序号", 6, "center"),
    Column("单位", 22),
    Column("项", 5, "center"),
    Column("指标", 26),
    Column("分值", 7, "number"),
    Column("自评", 7, "number"),
    Column("核定", 7, "number"),
    Column("沿用自", 30, "center"),
    Column("副本里的位置", 22, "center"),
    Column("核定理由", 50),
)
_OPEN_COLUMNS = (
    Column("序号", 6, "center"),
    Column("单位", 22),
    Column("项", 5, "center"),
    Column("指标", 26),
    Column("分值", 7, "number"),
    Column("自评", 7, "number"),
    Column("复核结论", 13, "center"),
    Column("在哪里填", 22, "center"),
    Column("说明", 62),
)
_MISTAKE_COLUMNS = (
    Column("序号", 6, "center"),
    Column("单位", 22),
    Column("副本", 34),
    Column("位置", 22, "center"),
    Column("问题", 50),
    Column("怎么办", 40),
)
_WAIVER_COLUMNS = (
    Column("序号", 6, "center"),
    Column("单位", 22),
    Column("程度", 7, "center"),
    Column("位置", 22, "center"),
    Column("问题", 54),
    Column("处理", 7, "center"),
    Column("理由", 36),
    Column("日期", 12, "center"),
)


def write_settled(path: Path, units: Sequence[UnitSettlement]) -> None:
    """Write the summary of all units to ``path``, in the order given."""
    with Book(path, TITLE) as book:
        _write_units(book, units)
        units = [unit for unit in units if unit.counts]
        _write_list(book, CHANGES, "核定与自评不同的指标，每一处都有理由。", _CHANGE_COLUMNS,
                    _changes(units), "核定与自评没有不同。")  # fmt: skip
        _write_list(book, CARRIED, "填报单位改过原件，而这些项的依据没有变，沿用以前的核定；日期是那份副本保存的日子。要改就改在副本里。",
                    _CARRIED_COLUMNS, _carried(units), "没有。")  # fmt: skip
        _write_list(book, OPEN, "要由核定人定、还没有填核定得分的指标。填在副本里，再运行一次 settle。",
                    _OPEN_COLUMNS, _open(units), "没有。")  # fmt: skip
        _write_list(book, MISTAKES, "核定时填得不对、不能计入的地方。改在副本里，再运行一次 settle。",
                    _MISTAKE_COLUMNS, _mistakes(units), "没有。")  # fmt: skip
        _write_list(book, WAIVERS, "核定人对发现的问题作出的处理；没有列出的，按要求更正办。",
                    _WAIVER_COLUMNS, _waivers(units), "没有。")  # fmt: skip
        _write_rules(book)


def _write_rules(book: Book) -> None:
    """How the figures come about, on a sheet of its own, for whoever gets the file alone."""
    sheet = book.sheet(RULES)
    set_up_page(sheet, landscape=False)
    sheet.set_column(0, 0, _RULES_WIDTH)
    sheet.set_row(0, 28)
    sheet.write_string(0, 0, RULES, book.format(font_name=HEAD_FONT, font_size=15))
    body = book.format(font_size=11, text_wrap=True)
    for row, text in enumerate(_RULES, 2):
        sheet.set_row(row, wrapped_lines(text, _RULES_WIDTH, 11) * 16 + 6)
        sheet.write_string(row, 0, text, body)


def _write_units(book: Book, units: Sequence[UnitSettlement]) -> None:
    found = Counter(unit.stage for unit in units)
    counts = "，".join(f"{STAGES[s]} {found[s]}" for s in Stage if s in _ALWAYS or found[s])
    listing = Listing(book, UNITS, TITLE, f"共 {len(units)} 份：{counts}。{_RULE}", _UNIT_COLUMNS)
    listing.write_head(34)
    if not units:
        listing.write_sentence("没有完成复核的文件。")
    for number, unit in enumerate(units, 1):
        values = _unit_values(number, unit)
        listing.write_row(values, {_STAGE_COLUMN: _look_of(unit.stage)})
    listing.freeze(2)
    listing.filter_rows()


def _look_of(stage: Stage) -> Look:
    """How far a file is, in the tints of the moment."""
    if stage in (Stage.MISTAKES, Stage.TWICE):
        return SEVERITY[Severity.ERROR]
    if stage is Stage.OPEN:
        return SEVERITY[Severity.WARNING]
    return OUTCOME[Outcome.AGREES if stage is Stage.SETTLED else Outcome.JUDGED]


def _unit_values(number: int, unit: UnitSettlement) -> tuple[Value, ...]:
    """A file's row; one that does not count has neither 核定得分 nor what follows from it."""
    known: tuple[Value, ...] = (
        number, unit.unit or NO_NAME, unit.code, unit.file, unit.stated, unit.computed,
    )  # fmt: skip
    if not unit.counts:
        nothing: tuple[Value, ...] = (None, None, unit.rating_stated, "", STAGES[unit.stage])
        return (*known, *nothing, "", "", "", "", "", unit.why_role)
    return (
        *known, unit.total, None if unit.stated is None else unit.total - unit.stated,
        unit.rating_stated, unit.rating, STAGES[unit.stage], len(unit.open_items) or "",
        len(unit.mistakes) or "", len(unit.waived) or "", len(unit.carried_items) or "",
        Link(unit.notice, "打开"), unit.why_role,
    )  # fmt: skip


def _write_list(
    book: Book,
    name: str,
    note: str,
    columns: Sequence[Column],
    rows: Sequence[tuple[tuple[Value, ...], dict[int, Look]]],
    nothing: str,
) -> None:
    listing = Listing(book, name, name, note, columns)
    listing.write_head(30)
    if not rows:
        listing.write_sentence(nothing)
    for number, (values, looks) in enumerate(rows, 1):
        listing.write_row((number, *values), looks)
    listing.freeze(2)
    listing.filter_rows()


_Rows = list[tuple[tuple[Value, ...], dict[int, Look]]]


def _changes(units: Sequence[UnitSettlement]) -> _Rows:
    return [
        (
            (
                unit.unit or NO_NAME, item.question.number, item.question.label, item.question.max,
                item.question.claimed, interval(item.question.low, item.question.high),
                item.counted, item.change, _decided_by(item), item.why,
            ),
            {},
        )
        for unit in units
        for item in unit.items
        if item.change
    ]  # fmt: skip


def _carried(units: Sequence[UnitSettlement]) -> _Rows:
    return [
        (
            (
                unit.unit or NO_NAME, item.question.number, item.question.label, item.question.max,
                item.question.claimed, item.counted, item.carried, item.place, item.reason,
            ),
            {},
        )
        for unit in units
        for item in unit.carried_items
    ]  # fmt: skip


def _decided_by(item: Item) -> str:
    if item.ruled is not None:
        return "沿用" if item.carried else "核定人"
    return "暂计" if item.is_open else "复核"


def _open(units: Sequence[UnitSettlement]) -> _Rows:
    return [
        (
            (
                unit.unit or NO_NAME, item.question.number, item.question.label, item.question.max,
                item.question.claimed, OUTCOME[item.question.outcome].word, item.place,
                item.earlier or item.sentence,
            ),
            {6: OUTCOME[item.question.outcome]},
        )
        for unit in units
        for item in unit.open_items
    ]  # fmt: skip


def _mistakes(units: Sequence[UnitSettlement]) -> _Rows:
    return [
        ((unit.unit or NO_NAME, unit.copy, mistake.place, mistake.message, mistake.fix), {})
        for unit in units
        for mistake in unit.mistakes
    ]


def _waivers(units: Sequence[UnitSettlement]) -> _Rows:
    return [
        (
            (
                unit.unit or NO_NAME, SEVERITY_WORDS[dealt.severity], dealt.place, dealt.message,
                dealt.action or "待重新处理", dealt.reason or dealt.earlier, dealt.date,
            ),
            {},
        )
        for unit in units
        for dealt in unit.findings
        if dealt.action or dealt.earlier
    ]  # fmt: skip
