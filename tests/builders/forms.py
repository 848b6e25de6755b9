"""What one unit filled in, as plain values that a layout can draw.

Nothing here knows where a value will stand on a sheet.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from decimal import Decimal

from . import annex

FULL_MARKS: tuple[int, ...] = (
    *(5, 5, 5, 3, 3, 3, 6, 3, 3, 3, 3, 3, 3, 4, 3),
    *(5, 7, 5, 2, 2, 4, 5, 5, 5, 5),
)
"""The whole of each indicator, 1 to 25; the three benefit rows share their 15 evenly."""


@dataclass(frozen=True, slots=True)
class Percent:
    """A fraction that a cell shows as a percentage: ``Percent(Decimal("0.95"))`` is 95%."""

    fraction: Decimal

    def __str__(self) -> str:
        return f"{(self.fraction * 100).normalize():f}%"


@dataclass(frozen=True, slots=True)
class SumAbove:
    """A formula that adds the ``rows`` cells above its own.

    Only a workbook that LibreOffice saves afterwards carries the formula's value.
    """

    rows: int


Value = str | int | Decimal | Percent | SumAbove | None
"""A str is written as text, a number as a number; None and "" leave the cell empty."""

TableRow = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Target:
    """One of the ten 定量目标 rows."""

    target: Value
    result: Value


@dataclass(frozen=True, slots=True)
class Person:
    """One row of 四、评价人员."""

    name: str = ""
    title: str = ""
    unit: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class SignOff:
    """Signatures, dates and opinions below 四、评价人员; the finance office's own stay empty."""

    leader: str = ""
    leader_date: str = ""
    unit_opinion: str = ""
    unit_head: str = ""
    unit_date: str = ""
    finance_opinion: str = ""
    finance_head: str = ""
    finance_date: str = ""
    preparer: str = ""
    preparer_phone: str = ""


@dataclass(slots=True, kw_only=True)
class FilledForm:
    """One unit's 附件2-1 and 附件2-2.

    Attributes:
        unit: The name under which the unit reports.
        facts: Single figures and texts by field id, the stated totals among them.
        tables: Per table of annex.TABLES one dict per 机构 row: ``unit`` and field ids.
        targets: The ten 定量目标 rows in printed order.
        scores: Self-score by indicator number, 1 to 25.
        reasons: 扣分原因和其他说明 by indicator number.
        points: 分值 that the unit printed over, by indicator number.
        criteria: 评分标准 that the unit printed over, by indicator number.
        heading: Lines above 附件2-1: the first small, the last beneath the title.
        scoring_heading: Lines between the words 附件2-2 and the head of its table.
    """

    unit: str
    facts: dict[str, Value] = field(default_factory=dict)
    tables: dict[str, list[TableRow]] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)
    scores: dict[int, Value] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    persons: list[Person] = field(default_factory=list)
    sign_off: SignOff = SignOff()
    narrative: str = ""
    points: dict[int, Value] = field(default_factory=dict)
    criteria: dict[int, str] = field(default_factory=dict)
    heading: list[str] = field(default_factory=list)
    scoring_heading: list[str] = field(default_factory=list)

    @classmethod
    def empty(cls, unit: str) -> FilledForm:
        """A form on which nothing but the unit's name is filled."""
        tables: dict[str, list[TableRow]] = {name: [{"unit": unit}] for name in annex.TABLES}
        return cls(unit=unit, tables=tables)

    @classmethod
    def example(cls) -> FilledForm:
        """A form that agrees with itself: 96.8 points, every deduction with its reason."""
        form = cls.empty("区示例局")
        form.facts.update(_EXAMPLE_FACTS)
        for field_id, figure in _EXAMPLE_FIGURES.items():
            form.set_figure(field_id, Decimal(figure))
        form.targets = [Target(target, result) for target, result in _EXAMPLE_TARGETS]
        form.persons = [
            Person("张某某", "局长", form.unit, "张某某"),
            Person("李某某", "财务负责人", form.unit, "李某某"),
        ]
        form.sign_off = signed("张某某", "李某某", "2022年3月15日")
        form.narrative = _EXAMPLE_NARRATIVE
        form.give_full_marks()
        for number, (points, reason) in _EXAMPLE_DEDUCTIONS.items():
            form.deduct(number, Decimal(points), reason)
        form.state_totals()
        return form

    def copy(self) -> FilledForm:
        """A form of its own with the same values."""
        return copy.deepcopy(self)

    def figure(self, field_id: str, row: int = 0) -> Value:
        """The value of a table's field in one 机构 row; None when it is blank."""
        return self.tables[_table_of_field(field_id)][row].get(field_id)

    def set_figure(self, field_id: str, value: Value, row: int = 0) -> None:
        """Fills a table's field in one 机构 row."""
        self.tables[_table_of_field(field_id)][row][field_id] = value

    def give_full_marks(self) -> None:
        """Claims the whole of every indicator, without a reason anywhere."""
        self.scores = dict(enumerate(FULL_MARKS, start=1))
        self.reasons = {}

    def deduct(self, number: int, points: Decimal | int, reason: str = "") -> None:
        """Lowers one self-score; an empty reason leaves its cell empty."""
        self.scores[number] = tidy(as_decimal(self.scores[number]) - points)
        if reason:
            self.reasons[number] = reason

    def score_sum(self) -> Decimal:
        """What the rows add up to."""
        return sum((as_decimal(score) for score in self.scores.values()), Decimal(0))

    def state_totals(self, total: Value = None, rating: str = "优秀") -> None:
        """States the total on both sheets, the rows' own sum by default, and the rating."""
        stated = tidy(self.score_sum()) if total is None else total
        self.facts.update(self_total=stated, scoring_total=stated, self_rating=rating)


def signed(leader: str, preparer: str, date: str, opinion: str = "同意自评结果。") -> SignOff:
    """A sign-off with everything that is the unit's to fill."""
    return SignOff(
        leader=leader,
        leader_date=date,
        unit_opinion=opinion,
        unit_head=leader,
        unit_date=date,
        preparer=preparer,
        preparer_phone="0000000",
    )


def as_decimal(value: Value) -> Decimal:
    """The number of a value that is a number or a plain numeral; an empty one is 0."""
    if isinstance(value, Percent):
        return value.fraction
    if isinstance(value, SumAbove):
        raise TypeError("a formula has no value before a program has computed it")
    return Decimal(value or 0)


def tidy(number: Decimal) -> int | Decimal:
    """The number without needless zeros; an int where it is whole."""
    return int(number) if number == number.to_integral_value() else number.normalize()


def _table_of_field(field_id: str) -> str:
    for table, fields in annex.table_fields().items():
        if field_id in fields:
            return table
    raise KeyError(f"{field_id} is in none of the four tables of figures")


_EXAMPLE_FACTS: dict[str, Value] = {
    "contact_name": "李某某",
    "contact_phone": "0000000",
    "authorized_posts": 30,
    "actual_staff": 29,
    "duties": "负责全区示例业务的规划、指导和监督，承办区委、区政府交办的其他事项。",
    "annual_tasks": "1.办理示例事项1200件；2.组织业务培训6期；3.完成示例平台建设1个。",
    "achievements": "全年办理示例事项1236件，办结率100%；培训6期360人次；平台按期上线。",
    "qualitative_target": "示例业务规范有序，重点工作按期完成，预算执行规范。",
    "qualitative_result": "示例业务运行平稳，年度重点工作全部按期完成，未发生违规用款。",
}
_EXAMPLE_FIGURES: dict[str, str] = {
    "income_total": "826.75",
    "income_carryover": "12.40",
    "income_fiscal_appropriation": "814.35",
    "income_government_fund": "0.00",
    "income_nontax_account": "0.00",
    "income_other": "0.00",
    "expenditure_total": "818.30",
    "basic_expenditure": "618.30",
    "personnel_expenditure": "472.60",
    "operating_expenditure": "145.70",
    "project_expenditure": "200.00",
    "surplus_current": "8.45",
    "surplus_cumulative": "8.45",
    "three_public_total": "3.68",
    "official_hospitality": "1.28",
    "vehicle_operation": "2.40",
    "vehicle_purchase": "0.00",
    "overseas_visits": "0.00",
    "fixed_assets_total": "245.00",
    "fixed_assets_in_use": "240.10",
    "fixed_assets_leased_out": "0.00",
    "fixed_assets_other": "4.90",
}
_EXAMPLE_TARGETS: tuple[tuple[str, str], ...] = (
    ("示例事项办结准确率达到98%以上", "100%"),
    ("办理示例事项1200件", "100%"),
    ("组织业务培训6期", "100%"),
    ("示例事项在5个工作日内办结", "100%"),
    ("每期培训费用不超过1.5万元", "100%"),
    ("平台建设投入不超过60万元", "100%"),
    ("培训惠及基层人员360人次", "100%"),
    ("为办事企业节约成本40万元", "100%"),
    ("无纸化办理比例达到90%", "100%"),
    ("服务对象满意度达到95%以上", "96%"),
)
_EXAMPLE_DEDUCTIONS: dict[int, tuple[str, str]] = {
    6: ("1", "累计结余8.45万元，不超过上年结转12.40万元，按标准扣1分。"),
    8: ("1", "内部财务管理制度中采购条款未及时修订，扣1分。"),
    15: ("0.2", "固定资产利用率98%，低于100%两个百分点，扣0.2分。"),
    21: ("1", "一项工作实绩指标进度滞后，扣1分。"),
}
_EXAMPLE_NARRATIVE = """一、部门（单位）概况
区示例局人员编制30人，实有人数29人，主要负责全区示例业务的规划、指导和监督。
二、部门（单位）整体支出管理及使用情况
全年收入合计826.75万元，其中上年结转12.40万元、公共财政拨款814.35万元。支出合计818.30万元，\
其中基本支出618.30万元（人员支出472.60万元、公用支出145.70万元），项目支出200.00万元。\
“三公经费”合计3.68万元，其中公务接待费1.28万元、公务用车运维费2.40万元。当年结余8.45万元。
三、部门（单位）专项组织实施情况
示例平台建设项目按程序立项、采购和验收，资金专款专用。
四、资产管理情况
年末固定资产合计245.00万元，其中在用固定资产240.10万元，账实相符。
五、部门（单位）整体支出绩效情况
年度目标全部完成，服务对象满意度96%，自评综合得分96.8分，评价等次为优秀。
六、存在的主要问题
采购条款修订不及时，一项工作实绩指标进度滞后。
七、改进措施和有关建议
年内完成制度修订，按月调度进度滞后的指标。"""
