"""基础数据表 and 补充数据 as units fill them: values, and several ways to draw them.

The official sheet is drawn as the ministry prints it; the other layouts are what becomes of it
when it is typed anew, pasted from Word, shifted, or cut into other columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

Entry = str | int | Decimal | date | None
Figures = tuple[Entry, Entry, Entry]  # last year's final accounts, this year's budget, its final

LABELS = {
    "three_public": "1、三公经费",
    "vehicle": "（1）公务用车购置和维护经费",
    "vehicle_purchase": "其中：公车购置",
    "vehicle_operation": "公车运行维护",
    "overseas": "（2）出国经费",
    "hospitality": "（3）公务接待",
    "project_expenditure": "2、项目支出：",
    "business_work": "（1）业务工作经费",
    "district_special": "（2）区级专项资金（一个专项一行）",
    "transfer": "（3）上级转移支付（一个专项一行）",
    "operating": "3、公用经费",
    "office": "其中：办公经费",
    "utilities_travel": "水费、电费、差旅费",
    "meetings_training": "会议费、培训费",
    "procurement": "4、政府采购金额",
    "basic_adjustment": "5、部门基本支出预算调整",
}
_RAGGED = ((0, 0, 0, 0), (1, -1, 0, 0), (-1, 1, 1, -1), (0, 1, -1, 0))
_THIN = Side(style="thin")
_FRAME = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


def figures(text: str) -> Figures:
    """Three figures as typed in one line; "-" is left blank."""
    last, budget, final = (None if x == "-" else Decimal(x) for x in text.split())
    return last, budget, final


@dataclass
class BaseData:
    """What one unit wrote on the base data sheet."""

    unit: str
    year: int
    posts: Entry
    staff: Entry
    rate: Entry
    rows: dict[str, Figures]
    specials: list[tuple[str, Figures]] = field(default_factory=list)
    transfers: list[tuple[str, Figures]] = field(default_factory=list)
    buildings: list[tuple[Entry, ...]] = field(default_factory=list)
    measures: str = "车辆集中停放，会议压减两成。"

    def lines(self) -> list[tuple[str, Figures]]:
        """Labels with their figures, project rows in their places."""
        found: list[tuple[str, Figures]] = []
        for name, label in LABELS.items():
            found.append((label, self.rows.get(name, (None, None, None))))
            if name == "district_special":
                found += self.specials
            if name == "transfer":
                found += self.transfers
        return found


@dataclass
class Supplement:
    """What one unit wrote on the supplement, by the printed labels."""

    unit: str
    year: int
    values: dict[str, Entry]
    specials: list[tuple[str, Entry, Entry, Entry]] = field(default_factory=list)


@dataclass(frozen=True)
class Drawn:
    """How the base data sheet is drawn.

    value_columns: columns merged for each figure. label_columns: columns for the labels, the
    text in the last of them or over all. heads: ``years`` (2021年决算数), ``words`` (本年决算数)
    or ``rows`` (the year above, the word below). unit: behind the block's title, or behind each
    head where ``unit_in_heads``.
    """

    top: int = 1
    left: int = 1
    label_columns: int = 1
    value_columns: int = 2
    heads: str = "years"
    unit: str = "万元"
    unit_in_heads: bool = False
    merged: bool = True
    as_text: bool = False
    factor: int = 1
    head_again: int = 0
    ragged: bool = False  # as a table pasted from Word: no two rows cut alike


def draw_base(sheet: Worksheet, data: BaseData, how: Drawn | None = None) -> None:
    """The base data sheet of one unit."""
    pen = _Pen(sheet, how or Drawn())
    whole = pen.whole
    pen.line([("部门整体支出绩效评价基础数据表", whole)], frame=False)
    pen.line([(f"（{data.year}年度）", whole)], frame=False)
    pen.line([("填报单位", pen.labels), (data.unit, whole - pen.labels)])
    values = 3 * [pen.values]
    heads = ("编制数", f"{data.year}年实际在职人数", "控制率")
    pen.cut(("财政供养人员情况（人）", *heads), values)
    pen.cut((None, data.posts, data.staff, data.rate), values)
    _draw_heads(pen, data.year, values)
    for number, (label, entries) in enumerate(data.lines(), 1):
        pen.cut((label, *(pen.money(entry) for entry in entries)), values)
        if number == pen.how.head_again:
            _draw_heads(pen, data.year, values)
    pen.cut(
        (f"楼堂馆所控制情况（{data.year}年完工项目）", "批复规模（㎡）", "实际规模（㎡）",
         "规模控制率", "预算投资（万元）", "实际投资（万元）", "投资概算控制率"),
        pen.halves,
    )  # fmt: skip
    for building in data.buildings or [(None,) * 7]:
        pen.cut(building, pen.halves)
    pen.line([("厉行节约保障措施", pen.labels), (data.measures, whole - pen.labels)])
    pen.line([("填表人（签名）：　　　　填报日期：", whole)])


def _draw_heads(pen: _Pen, year: int, values: Sequence[int]) -> None:
    behind = f"（{pen.how.unit}）" if pen.how.unit_in_heads else ""
    title = "经费控制情况" if behind else f"经费控制情况（{pen.how.unit}）"
    if pen.how.heads == "rows":
        pen.cut((title, f"{year - 1}年", f"{year}年", f"{year}年"), values)
        pen.cut((None, "决算数", "预算数", "决算数"), values)
    elif pen.how.heads == "words":
        pen.cut((title, "上年决算数", "本年预算数", "本年决算数"), values)
    else:
        pen.cut(
            (
                title,
                *(
                    f"{y}年{w}数{behind}"
                    for y, w in ((year - 1, "决算"), (year, "预算"), (year, "决算"))
                ),
            ),
            values,
        )


def draw_supplement(
    sheet: Worksheet, data: Supplement, *, top: int = 1, left: int = 1, merged: bool = True
) -> None:
    """The supplement of one unit: label and entry line by line, the specials as a list."""
    pen = _Pen(sheet, Drawn(top, left, label_columns=3, value_columns=1, merged=merged))
    pen.line([("补充数据", 5)], frame=False)
    pen.line([(f"（{data.year}年度）", 5)], frame=False)
    pen.line([("填报单位", 1), (data.unit, 4)])
    for label, entry in data.values.items():
        pen.line([(label, 3), (entry, 1), (None, 1)])
        if label.startswith("专项资金个数"):
            heads = ("专项资金名称", "全年金额（万元）", "下达日期", "本次下达金额（万元）", "备注")
            pen.line([(head, 1) for head in heads])
            for special in data.specials:
                pen.line([*((entry, 1) for entry in special), (None, 1)])


class _Pen:
    """Writes line by line, each cell over so many columns."""

    def __init__(self, sheet: Worksheet, how: Drawn) -> None:
        self.sheet = sheet
        self.how = how
        self.row = how.top
        self.labels = how.label_columns
        self.values = how.value_columns
        self.whole = self.labels + 3 * self.values
        self.halves = [self.values // 2, self.values - self.values // 2] * 3
        if self.values == 1:
            self.halves = [1] * 6
        for column in range(how.left, how.left + self.whole):
            width = 36 / self.labels if column < how.left + self.labels else 24 / self.values
            sheet.column_dimensions[get_column_letter(column)].width = width

    def money(self, entry: Entry) -> Entry:
        """A figure in the sheet's unit, as a number or as a text."""
        if isinstance(entry, Decimal):
            entry = entry * self.how.factor
            return f"{entry:f}" if self.how.as_text else entry
        return entry

    def cut(self, entries: Iterable[Entry], columns: Sequence[int]) -> None:
        """A label and what stands in the columns behind it."""
        first, *rest = entries
        widths = [self.labels, *columns]
        if self.how.ragged and len(widths) == 4:
            for place, shift in enumerate(_RAGGED[self.row % len(_RAGGED)]):
                widths[place] += shift
        self.line(zip((first, *rest), widths, strict=True))

    def line(self, cells: Iterable[tuple[Entry, int]], *, frame: bool = True) -> None:
        """The next line, its cells over so many columns each."""
        column, height = self.how.left, 20.0
        for entry, width in cells:
            cell = self.sheet.cell(self.row, column)
            cell.value = entry
            cell.font = Font(name="宋体", size=10 if frame else 14, bold=not frame)
            is_figure = isinstance(entry, int | Decimal)
            across = "right" if is_figure else "left" if frame else "center"
            cell.alignment = Alignment(horizontal=across, vertical="center", wrap_text=True)
            if isinstance(entry, Decimal):
                cell.number_format = "0.00"
            if isinstance(entry, str):
                height = max(height, 15.0 * -(-2 * len(entry) // max(11 * width, 24)) + 4)
            if isinstance(entry, date):
                cell.number_format = "yyyy-mm-dd"
            last = column + width - 1
            for at in range(column, last + 1):
                if frame:
                    self.sheet.cell(self.row, at).border = _FRAME
            if self.how.merged and width > 1:
                self.sheet.merge_cells(
                    start_row=self.row, start_column=column, end_row=self.row, end_column=last
                )
            column = last + 1
        self.sheet.row_dimensions[self.row].height = height if frame else 26
        self.row += 1


# ---- one unit whose figures are all in order ----


def base_of_eleven(unit: str = "区样例十一局", year: int = 2021) -> BaseData:
    """Figures that go with ``units.clean``: every identity holds."""
    return BaseData(
        unit, year, 30, 29, "96.67%",
        {
            "three_public": figures("4.10 3.80 3.68"),
            "vehicle": figures("2.60 2.50 2.40"),
            "vehicle_purchase": figures("0 0 0"),
            "vehicle_operation": figures("2.60 2.50 2.40"),
            "overseas": figures("0 0 0"),
            "hospitality": figures("1.50 1.30 1.28"),
            "project_expenditure": figures("190 195 200"),
            "business_work": figures("60 62 64"),
            "operating": figures("150 148 145.70"),
            "office": figures("20 20 19.5"),
            "utilities_travel": figures("30 30 28"),
            "meetings_training": figures("5 5 4.2"),
            "procurement": figures("40 50 48.5"),
            "basic_adjustment": figures("610 620 618.30"),
        },
        [("数字化加工", figures("80 85 90")), ("库房维修", figures("20 18 16"))],
        [("国家重点资料抢救", figures("30 30 30"))],
    )  # fmt: skip


def supplement_of_eleven(unit: str = "区样例十一局", year: int = 2021) -> Supplement:
    """One special of three is late; one clause is not met; one case; a survey of 200."""
    yes = "是"
    return Supplement(
        unit, year,
        {
            "重点项目支出": Decimal(184),
            "上年三公经费预算数": Decimal(4),
            "公务卡刷卡支出": Decimal(30),
            "应使用公务卡的支出": Decimal(50),
            "年初预算数（财政批复的部门预算）": None,
            "预算调整数（追加、追减和结构调整的绝对值之和）": None,
            "专项资金个数（没有填 0）": 3,
            "已制定或具有预算资金管理办法，内部财务管理制度、会计核算制度等管理制度": yes,
            "相关管理制度合法、合规、完整": yes,
            "相关管理制度得到有效执行": "否",
            "按规定内容公开预决算信息": yes,
            "按规定时限公开预决算信息": yes,
            "基础数据信息和会计信息资料真实": yes,
            "基础数据信息和会计信息资料完整": yes,
            "基础数据信息和汇集信息资料准确": yes,
            "已制定或具有资产管理制度，且相关资产管理制度合法、合规、完整": yes,
            "相关资产管理制度得到有效执行": yes,
            "资金使用不符合要求的例数": 0,
            "资产管理不符合要求的例数": 1,
            "调查人数": 200,
            "调查得出的满意度": "96%",
        },
        [
            ("数字化加工", Decimal(90), date(year, 1, 20), Decimal(50)),
            ("数字化加工", None, date(year, 6, 10), Decimal(40)),
            ("库房维修", Decimal(16), date(year, 1, 25), Decimal(4)),
            ("库房维修", None, date(year, 5, 20), Decimal(12)),
            ("国家重点资料抢救", Decimal(30), date(year, 2, 5), Decimal(30)),
        ],
    )  # fmt: skip
