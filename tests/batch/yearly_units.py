"""Thirty invented units and what each wrote on its forms, by the printed labels.

A unit begins without fault (``Unit``); what it did otherwise is written out in ``UNITS``. Nothing
here knows the program: keys are the words on the blank, scores go by the number of the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

Entry = str | int | Decimal | date | None
Figures = dict[str, Entry]
Ruling = tuple[Entry, Entry]  # 核定得分 and 核定理由
Answer = tuple[Entry, Entry, Entry]  # 处理, 豁免理由 and 豁免日期
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
FULL = (5, 5, 5, 3, 3, 3, 6, 3, 3, 3, 3, 3, 3, 4, 3, 5, 7, 5, 2, 2, 4, 5, 5, 5, 5)
SPECIAL = "社区治理专项"
CLAUSES = (
    "已制定或具有预算资金管理办法，内部财务管理制度、会计核算制度等管理制度",
    "相关管理制度合法、合规、完整",
    "相关管理制度得到有效执行",
    "按规定内容公开预决算信息",
    "按规定时限公开预决算信息",
    "基础数据信息和会计信息资料真实",
    "基础数据信息和会计信息资料完整",
    "基础数据信息和汇集信息资料准确",
    "已制定或具有资产管理制度，且相关资产管理制度合法、合规、完整",
    "相关资产管理制度得到有效执行",
)


@dataclass(frozen=True)
class Unit:
    """A unit of the roster.

    sends: scored (附件2 alone), inside (基础数据表 on a sheet), apart (基础数据表 as a file of its
    own), all (补充数据 too), nothing. form, base, supplement: what it wrote otherwise than a unit
    without fault. typed: totals typed over the blank's formulas. scores: self-scores by row with
    the reason for a deduction.
    """

    number: int
    sends: str = "scored"
    called: str = ""
    form: Mapping[str, Entry] = field(default_factory=dict)
    base: Mapping[str, tuple[Entry, Entry, Entry]] = field(default_factory=dict)
    supplement: Mapping[str, Entry] = field(default_factory=dict)
    issues: tuple[tuple[date, str], ...] = ((date(2021, 1, 20), "0.6"), (date(2021, 5, 20), "0.4"))
    typed: Mapping[str, Entry] = field(default_factory=dict)
    scores: Mapping[int, tuple[Entry, str]] = field(default_factory=dict)
    day: str = "2022-03-20"
    signed: bool = True

    @property
    def name(self) -> str:
        return (
            self.called
            or f"区{_STEMS[(self.number - 1) % 10]}{_BRANCHES[(self.number - 1) % 12]}局"
        )

    @property
    def code(self) -> str:
        return f"00{1000 + self.number}"

    @property
    def figures(self) -> Figures:
        """What it wrote on 附件2-1."""
        n = self.number
        spent = self.people + self.running + self.projects
        carried, left = Decimal(10) + Decimal("0.5") * n, Decimal(4) if n % 2 else Decimal(0)
        return {
            "人员编制": 20 + n, "实有人数": 18 + n,
            "上年结转": carried, "公共财政拨款": spent + left - carried,
            "政府基金拨款": 0, "纳入专户管理的非税收入拨款": 0, "其他收入": 0,
            "人员支出": self.people, "公用支出": self.running, "项目支出": self.projects, "累计结余": left,
            "公务接待费": self.hosting, "公务用车运维费": Decimal("2.30"),
            "公务用车购置费": 0, "因公出国费": 0,
            "在用固定资产": Decimal(300) + Decimal("11.5") * n, "出租固定资产": 0, "其他": 0,
            "满意度": Decimal("0.96"), **self.form,
        }  # fmt: skip

    @property
    def people(self) -> Decimal:
        return Decimal(200) + Decimal("7.13") * self.number

    @property
    def running(self) -> Decimal:
        return Decimal(40) + Decimal("1.37") * self.number

    @property
    def projects(self) -> Decimal:
        return Decimal(100) + Decimal("3.11") * self.number

    @property
    def hosting(self) -> Decimal:
        return Decimal("1.20") + Decimal("0.05") * self.number

    @property
    def base_rows(self) -> dict[str, tuple[Entry, Entry, Entry]]:
        """基础数据表: last year's final accounts, this year's budget, this year's final accounts."""
        running, special = self.running, self.projects - 60
        basic = self.people + running
        return {
            "其中：公车购置": (0, 0, 0),
            "公车运行维护": (Decimal("2.30"), Decimal("2.30"), Decimal("2.30")),
            "（2）出国经费": (0, 0, 0),
            "（3）公务接待": (
                self.hosting + Decimal("0.1"),
                self.hosting + Decimal("0.2"),
                self.hosting,
            ),
            "（1）业务工作经费": (50, 60, 60),
            SPECIAL: (special, special, special),
            "3、公用经费": (running - 1, running, running),
            "其中：办公经费": (9, 10, 10),
            "水费、电费、差旅费": (8, 8, 8),
            "会议费、培训费": (5, 5, 5),
            "4、政府采购金额": (18, 20, 20),
            "5、部门基本支出预算调整": (basic - 5, basic, basic),
            **self.base,
        }

    @property
    def further(self) -> Figures:
        """补充数据."""
        return {
            "重点项目支出": self.projects - 2,
            "上年三公经费预算数": self.hosting + Decimal("2.70"),
            "公务卡刷卡支出": 6, "应使用公务卡的支出": 10, "专项资金个数（没有填0）": 1,
            **dict.fromkeys(CLAUSES, "是"),
            "资金使用不符合要求的例数": 0, "资产管理不符合要求的例数": 0,
            "调查人数": 200, "调查得出的满意度": Decimal("0.96"), **self.supplement,
        }  # fmt: skip

    @property
    def claims(self) -> dict[int, tuple[Entry, str]]:
        """Self-score and reason of every row; all own up to half a point in row 21."""
        own: dict[int, tuple[Entry, str]] = {n: (full, "") for n, full in enumerate(FULL, 1)}
        own[21] = (Decimal("3.5"), "一项工作延期完成")
        own[16] = (
            Decimal(5) - Decimal("0.1") * (self.number % 7),
            "考核扣分" if self.number % 7 else "",
        )
        if self.number % 2:
            own[6] = (2, "有结余，未超过上年结转")
        return own | dict(self.scores)

    @property
    def claimed(self) -> Decimal:
        """What its rows add up to."""
        return sum((Decimal(str(score)) for score, _ in self.claims.values()), Decimal(0))

    @property
    def three_public(self) -> Decimal:
        """三公经费合计, as it is when added up."""
        return Decimal(str(self.figures["公务接待费"])) + Decimal(
            str(self.figures["公务用车运维费"])
        )


SENT = {
    unit.number: unit
    for unit in (
        Unit(1),
        Unit(2, form={"人员编制": 36, "实有人数": 38}),
        Unit(3, form={"人员编制": 36, "实有人数": 38}, scores={1: (Decimal("2.22"), "超编 2 人")}),
        # 228.52 + 45.48 + 112.44 = 386.44, one digit typed wrong
        Unit(4, typed={"收入合计": Decimal("386.94")}),
        # 1.45 万元 written in 元 under a total in 万元
        Unit(5, form={"公务接待费": 14500}, typed={"三公经费合计": Decimal("3.75")}),
        Unit(6, scores={13: (4, "")}),
        Unit(7, scores={14: (3, "")}),
        # 100 − 0.5 − 0.5 − 1 = 98 under a total of 99
        Unit(8, scores={9: (2, "一笔支出手续不全"), 16: (Decimal("4.5"), "考核扣分")}, typed={"总分": 99}),
        Unit(9, form={"人员编制": None}),
        # 271.30 + 53.70 + 131.10 + 30 left − 15 carried over: 30 are left of a carry-over of 15
        Unit(10, form={"公共财政拨款": Decimal("471.10"), "累计结余": Decimal(30)}, signed=False),
        Unit(
            11, form={"在用固定资产": Decimal(450), "出租固定资产": Decimal(50)}, scores={15: (2, "一成出租")}
        ),
        Unit(12, form={"满意度": Decimal("0.88")}),
        Unit(13, "inside"),
        # 4.22 spent of 4.00: 5.5 points over
        Unit(
            14, "inside", form={"公务接待费": Decimal("1.92")},
            base={"（3）公务接待": (Decimal("2.00"), Decimal("1.70"), Decimal("1.92"))},
            scores={7: (Decimal("0.5"), "超预算 5.5%")},
        ),
        Unit(15, "inside", base={"4、政府采购金额": (18, 1000, 974)}),
        # 2.00 on 附件2-1
        Unit(16, "inside", base={"（3）公务接待": (Decimal("2.10"), Decimal("2.20"), Decimal("2.05"))}),
        Unit(17, "apart"),
        Unit(18, "apart", day="2022-04-06"),
        Unit(19, "all"),
        # 137.87 of 162.20 is 85%
        Unit(20, "all", supplement={"重点项目支出": Decimal("137.87")}),
        Unit(
            21, "all", issues=((date(2021, 1, 20), "0.6"), (date(2021, 7, 5), "0.4")),
            scores={5: (Decimal("2.5"), "一个专项七月才下达完")},
        ),
        Unit(
            22, "all", supplement={"公务卡刷卡支出": Decimal("4.55")},
            scores={12: (Decimal("2.2"), "刷卡率不到一半")},
        ),
        Unit(23, "all", supplement={CLAUSES[2]: "否"}, scores={8: (2, "制度没有得到有效执行")}),
        Unit(24, "all", supplement={"资产管理不符合要求的例数": 2}),
        Unit(25, "all"),
    )
}  # fmt: skip
LATE, EXEMPT = (26, 27, 28), (29, 30)
STRANGER = Unit(31, called="区新设办")
CORRECTED = {
    unit.number: unit
    for unit in (
        Unit(
            2, form={"人员编制": 36, "实有人数": 38}, scores={1: (Decimal("2.5"), "超编 2 人")}
        ),
        Unit(4),
        Unit(5),
        Unit(6),
        Unit(8, scores={9: (2, "一笔支出手续不全"), 16: (Decimal("4.5"), "考核扣分")}),
        Unit(12, form={"满意度": Decimal("0.88")}, scores={25: (3, "")}),
        Unit(
            20, "all", supplement={"重点项目支出": Decimal("137.87")}, scores={3: (4, "重点支出占 85%")}
        ),
        Unit(25, "all"),
        # ruled upon before it came again
        Unit(
            15, "inside", base={"4、政府采购金额": (18, 1000, 974)},
            scores={11: (Decimal("2.48"), "采购执行率 97.4%")},
        ),
        Unit(26, day="2022-04-11"),
    )
}  # fmt: skip
# What is left at the end of 2020 is what 2021 begins with.
_FILED = "2021-03-20"
LAST_YEAR = (
    Unit(6, called="区旧己局", day=_FILED, form={"公务接待费": Decimal("1.70"), "累计结余": Decimal("13.0")}),
    Unit(
        41, called="区原东局", day=_FILED,
        form={"公务接待费": Decimal("1.00"), "公务用车运维费": Decimal("1.00"), "累计结余": Decimal("7.5")},
    ),
    Unit(
        42, called="区原西局", day=_FILED,
        form={"公务接待费": Decimal("0.80"), "公务用车运维费": Decimal("1.00"), "累计结余": Decimal("8.0")},
    ),
    Unit(13, day=_FILED, form={"公务接待费": Decimal("2.05"), "累计结余": Decimal("16.5")}),  # 4.35; now it says 4.25
    Unit(19, day=_FILED, form={"公务接待费": Decimal("2.25"), "累计结余": Decimal("19.5")}),
)  # fmt: skip

# What the officer rules; where nothing is said here she types the self-score where it is asked for.
LEFT_OPEN: Ruling = (None, None)
FIRST_ROUND = (1, 3, 7, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 24)
SECOND_ROUND = (2, 4, 5, 6, 8, 12, 20, 25)
RULED: dict[int, dict[int, Ruling]] = {
    2: {17: (Decimal("6.5"), "一个项目未开工")},
    3: {1: (Decimal("2"), "超编按不足一点计一点")},
    7: {1: (5, "编办已补批两名编制"), 14: (3, None)},
    9: {1: (4, "编制数查编办底册，超一人")},
    10: {6: (0, None), 17: (0, "未见考核结果"), 18: (0, "未见考核结果"), 22: (0, "未见材料"),
         23: (3, "材料不全"), 25: (3, "没有做调查")},
    11: {2: (Decimal("1.71"), None)},
    14: {9: (7, "手误")},  # above the maximum of 3
    15: {11: (Decimal("2.6"), "按整点计")},
    16: {4: (3, "调整均为政策性追加")},
    18: {9: (2, "一笔支出没有审批单")},
    21: {16: LEFT_OPEN, 17: LEFT_OPEN},
    24: {14: (2, None)},
    12: {25: (3, None)},
}  # fmt: skip
DEALT: dict[int, dict[str, Answer]] = {
    7: {"没有写扣分原因": ("豁免", "已当面说明", "2022-04-10")},
    16: {"三公经费本年决算数": ("更正", None, None)},
    23: {"评分标准里印的": ("豁免", None, date(2022, 4, 10))},  # no reason
}
