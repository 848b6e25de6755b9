"""Filled forms as other programs lay them out: merged, cut apart, packed, on one sheet, shifted.

Labels and the order of cells are those of the official form, row by row; the columns are ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import xlsxwriter
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from tests.oracle.expected import CLAUSES, INDICATORS, SUMS, Unit, Value

FORM = json.loads((Path(__file__).parents[1] / "builders/annex-2021.json").read_text("utf-8"))
ROWS: list[list[dict[str, Any]]] = FORM["sheets"]["附件2-1"]
SCORING: list[list[dict[str, Any]]] = FORM["sheets"]["附件2-2"]
GRID = 14  # columns of the profile
INCOME, EXPENDITURE = (0, 2, 4, 6, 8, 10, 12), (0, 2, 4, 6, 8, 10, 12, 13)
PUBLIC, ASSETS, TARGETS = (0, 2, 4, 7, 10, 12), (0, 2, 5, 8, 11), (0, 3, 6, 8, 12)
STARTS = {  # where the cells of a row begin, for the rows of the tables
    8: (0, 2, 4), 9: INCOME, 10: INCOME, 12: (0, 2, 4, 12), 13: (0, 2, 4, 6, 10, 12, 13),
    14: EXPENDITURE, 15: EXPENDITURE, 16: (0, 2, 4), 17: PUBLIC, 18: PUBLIC, 19: (0, 2, 5, 11),
    20: ASSETS, 21: ASSETS, 23: (0, 3, 9), 24: (0, 3, 9), 25: (0, 3, 8, 12),
    **dict.fromkeys(range(26, 36), TARGETS), **dict.fromkeys(range(39, 44), (0, 3, 7, 11)),
}  # fmt: skip
PLAIN_STARTS = {1: (0,), 2: (0, 3), 4: (0, 3, 7, 10)}  # by the number of cells
COUNTS = ("authorized_posts", "actual_staff")
WIDE = str.maketrans("0123456789.%", "０１２３４５６７８９．％")
FURTHER_ROWS = {
    "three_public": "1、三公经费", "vehicle": "（1）公务用车购置和维护经费",
    "vehicle_purchase": "其中：公车购置", "vehicle_operation": "公车运行维护",
    "overseas": "（2）出国经费", "hospitality": "（3）公务接待", "project_expenditure": "2、项目支出",
    "business_work": "（1）业务工作经费", "operating": "3、公用经费",
    "procurement": "4、政府采购金额", "basic_adjustment": "5、部门基本支出预算调整",
}  # fmt: skip
FURTHER_AMOUNTS = {
    "key_project_expenditure": "重点项目支出", "three_public_budget_last": "上年三公经费预算数",
    "card_spending": "公务卡刷卡支出", "card_eligible_spending": "应使用公务卡的支出",
}  # fmt: skip
FURTHER_CLAUSES = (
    "已制定或具有预算资金管理办法，内部财务管理制度、会计核算制度等管理制度",
    "相关管理制度合法、合规、完整", "相关管理制度得到有效执行", "按规定内容公开预决算信息",
    "按规定时限公开预决算信息", "基础数据信息和会计信息资料真实", "基础数据信息和会计信息资料完整",
    "基础数据信息和汇集信息资料准确",
    "已制定或具有资产管理制度，且相关资产管理制度合法、合规、完整", "相关资产管理制度得到有效执行",
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How one unit's workbook looks."""

    writer: str
    layout: str  # merged, apart (the merges undone), packed (no empty columns)
    names: tuple[str, str]
    one_sheet: bool
    shift: tuple[int, int]
    money: str
    numbers: str  # number, text, unit (with 万元, 人, 分 behind), wide (full-width digits)
    percent: str  # format, text, wide, hundred, fraction
    font: str
    has_cover: bool
    repeats_head: bool

    @classmethod
    def any(cls, rng: Random) -> Look:
        """One of the many ways."""
        return cls(
            rng.choice(["openpyxl", "xlsxwriter"]), rng.choice(["merged", "apart", "packed"]),
            rng.choice([("附件2-1", "附件2-2"), ("Sheet1", "Sheet2"), ("自评表", "评分表")]),
            rng.random() < 0.25, rng.choice([(0, 0), (3, 1), (0, 4)]),
            rng.choice(["万元", "万元", "元"]), rng.choice(["number", "text", "unit", "wide"]),
            rng.choice(["format", "text", "wide", "hundred", "fraction"]),
            rng.choice(["宋体", "仿宋_GB2312", "微软雅黑"]), rng.random() < 0.5, rng.random() < 0.7,
        )  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A text or a figure in a rectangle of the sheet, counted from 0; figure: what it is of."""

    row: int
    column: int
    width: int
    value: Value | date | float
    figure: str = ""
    height: int = 1


def write(unit: Unit, look: Look, path: Path) -> dict[tuple[str, str], str]:
    """Write the workbook; gives what stands in each cell (sheet, address) that a unit fills."""
    profile, scoring = _profile(unit, look), _scoring(unit, look)
    if look.one_sheet:
        below = max(place.row for place in profile) + 3
        sheets = {
            look.names[0]: profile + [replace(p, row=p.row + below) for p in scoring],
        }
    else:
        sheets = {look.names[0]: profile, look.names[1]: scoring}
    down, right = look.shift
    sheets = {
        name: [replace(p, row=p.row + down, column=p.column + right) for p in places]
        for name, places in sheets.items()
    }
    if unit.base is not None:
        sheets["基础数据表"] = list(_base_data(unit.base))
    if unit.supplement is not None:
        sheets["补充数据"] = list(_supplement(unit))
    (_with_openpyxl if look.writer == "openpyxl" else _with_xlsxwriter)(sheets, look, path)
    return {
        (name, f"{get_column_letter(p.column + 1)}{p.row + 1}"): p.figure
        for name, places in sheets.items()
        for p in places
        if p.figure
    }


# ---- the two official sheets ----


def _profile(unit: Unit, look: Look) -> list[Place]:
    places: list[Place] = []
    row = 0
    if look.has_cover:
        texts = ("附件2-1", "部门（单位）整体支出绩效自评表", "（2021年度）")
        places = [Place(n, 0, GRID, text) for n, text in enumerate(texts)]
        row = len(texts)
    inputs = _inputs(unit)
    above: dict[int, int] = {}  # column: the cell that is merged downwards
    for number, cells in enumerate(ROWS):
        starts = STARTS.get(number) or PLAIN_STARTS[len(cells)]
        here: dict[int, int] = {}
        for start, end, cell in zip(starts, (*starts[1:], GRID), cells, strict=True):
            if cell.get("merged"):
                at = above[start]
                places[at] = replace(places[at], height=places[at].height + 1)
                here[start] = at
                continue
            value, figure = _printed(cell, look), ""
            if "input" in cell:
                value, figure = next(inputs)
            here[start] = len(places)
            places.append(Place(row, start, end - start, value, figure))
        above = here
        row += 1
    if look.layout == "packed":
        return _packed(places)
    return places


def _printed(cell: dict[str, Any], look: Look) -> str:
    signed = {
        "评价组组长（签字）：": "张某某", "部门（单位）意见：": "同意自评结果。",
    }  # fmt: skip
    label = str(cell.get("label", ""))
    if label == "年 月 日":
        return "2022年3月10日"
    return label.replace("万元", look.money) + signed.get(label, "")


def _packed(places: list[Place]) -> list[Place]:
    """Every table in as few columns as it has, one cell wide."""
    tables = [INCOME, EXPENDITURE, PUBLIC, ASSETS, (0, 3, 9), TARGETS, (0, 3, 7, 10), (0, 3, 7, 11)]
    rows: dict[int, set[int]] = {}
    for place in places:
        rows.setdefault(place.row, set()).add(place.column)
    found, columns = [], tables[0]
    for place in places:
        if not rows[place.row] <= set(columns):
            columns = next(c for c in tables if rows[place.row] <= set(c))
        column = columns.index(place.column)
        last = [n for n, c in enumerate(columns) if c < place.column + place.width][-1]
        width = 1 if place.width == GRID else last - column + 1
        found.append(replace(place, column=column, width=width))
    return found


def _inputs(unit: Unit) -> Iterator[tuple[Value, str]]:
    """What the unit fills in, in the order of the form's input cells."""
    f = unit.figures
    texts = iter(
        ("李某某", "0000000", "", "", "负责样例事务。", "开展检查12次。", "检查12次全部完成。")
    )
    for text in texts:
        if text:
            yield text, ""
        else:
            yield from ((f[name], name) for name in COUNTS)
            next(texts)
    expenditure = (
        *SUMS["figures.expenditure_parts"][:2], *SUMS["figures.basic_parts"][1:],
        "project_expenditure", "surplus_current", "surplus_cumulative",
    )  # fmt: skip
    for table in (
        SUMS["figures.income_parts"], expenditure,
        SUMS["figures.three_public_parts"], SUMS["figures.assets_parts"],
    ):  # fmt: skip
        yield unit.name, ""
        yield from ((f[name], name) for name in table)
    yield from (("样例目标。", ""), ("已按计划实现样例目标。", ""))
    for number in range(9):
        yield from ((f"完成样例事项{number + 10}件", ""), ("100%", ""))
    yield from (("满意度达到90%以上", ""), (f["satisfaction_result"], "satisfaction_result"))
    yield from ((unit.stated_on_profile, "self_total"), (unit.rating, "self_rating"))
    yield from [(None, "")] * 16
    yield (
        "一、概况\n样例单位。\n二、绩效情况\n全年检查12次。\n三、存在的问题\n较粗。\n四、改进措施\n加强。",
        "",
    )


def _scoring(unit: Unit, look: Look) -> list[Place]:
    places: list[Place] = []
    above: dict[int, int] = {}
    names = iter(INDICATORS)
    row = 0
    for number, cells in enumerate(SCORING):
        is_head = cells[0].get("label") == "一级指标"
        if is_head and number > 1 and not look.repeats_head:
            continue
        name = "" if is_head or len(cells) == 1 else next(names, "")
        here: dict[int, int] = {}
        for column, cell in enumerate(cells):
            if cell.get("merged") and not name:
                continue  # beside 总分
            if cell.get("merged"):
                at = above[column]
                places[at] = replace(places[at], height=places[at].height + 1)
                here[column] = at
                continue
            here[column] = len(places)
            value, figure = _scored(unit, name, column, cell)
            places.append(Place(row, column, 1, value, figure))
        above = here
        row += 1
    return places


def _scored(unit: Unit, name: str, column: int, cell: dict[str, Any]) -> tuple[Value, str]:
    if cell.get("input") == "scoring_total":
        return unit.stated, "scoring_total"
    if cell.get("input") == "self_score":
        return unit.scores[name], name
    if cell.get("input") == "reason":
        return unit.reasons.get(name), ""
    label = str(cell["label"])
    if column == 4 and label.isdecimal():
        return unit.points.get(name, Decimal(label)), name
    return label, ""


# ---- further sheets ----


def _base_data(base: dict[str, Value]) -> Iterator[Place]:
    heads = ("财政供养人员情况（人）", "编制数", "2021年实际在职人数", "控制率")
    yield from (Place(1, n, 1, text) for n, text in enumerate(heads))
    for column, name in enumerate(("base_authorized_posts", "base_actual_staff"), 1):
        yield Place(2, column, 1, base[name], name)
    heads = ("经费控制情况（万元）", "2020年决算数", "2021年预算数", "2021年决算数")
    yield from (Place(3, n, 1, text) for n, text in enumerate(heads))
    for row, (name, label) in enumerate(FURTHER_ROWS.items(), 4):
        yield Place(row, 0, 1, label)
        for column, year in enumerate(("final_last", "budget", "final"), 1):
            yield Place(row, column, 1, base[f"{name}_{year}"], f"{name}_{year}")


def _supplement(unit: Unit) -> Iterator[Place]:
    assert unit.supplement is not None
    given = unit.supplement
    names = [name for clauses in CLAUSES.values() for name in clauses]
    rows: list[tuple[Any, ...]] = [("补充数据",), ("一、金额",), ("项目", "金额（万元）")]
    rows += [(label, given[name]) for name, label in FURTHER_AMOUNTS.items()]
    rows += [("二、专项资金下达",), ("专项资金个数（没有填 0）", given["specials_count"])]
    rows += [("专项资金名称", "全年金额（万元）", "下达日期", "本次下达金额（万元）", "备注")]
    rows += [*unit.specials, ("三、逐条是否符合（填“是”或“否”）",)]
    rows += [
        (label, "是" if given[name] else "否")
        for name, label in zip(names, FURTHER_CLAUSES, strict=True)
    ]
    rows += [("四、不符合要求的例数（没有填 0）",)]
    rows += [("资金使用不符合要求的例数", given["fund_use_cases"])]
    rows += [("资产管理不符合要求的例数", given["asset_cases"])]
    rows += [("五、满意度调查",), ("调查人数", given["survey_size"])]
    for row, values in enumerate(rows):
        yield from (Place(row, column, 1, value) for column, value in enumerate(values))


# ---- writing ----


def _shown(place: Place, look: Look) -> tuple[Any, str]:
    """What goes into the cell, and its number format."""
    value, name = place.value, place.figure
    if not isinstance(value, Decimal):
        return value, ""
    if name == "satisfaction_result":
        text = f"{(value * 100).normalize():f}%"
        return {
            "format": (float(value), "0.00%"), "text": (text, ""), "wide": (text.translate(WIDE), ""),
            "hundred": (float(value * 100), ""), "fraction": (float(value), ""),
        }[look.percent]  # fmt: skip
    is_own = not name or name.endswith(("_final", "_budget", "_last")) or name.startswith("base_")
    is_money = any(name in (total, *parts) for total, *parts in SUMS.values()) or "surplus_" in name
    if is_money and look.money == "元":
        value *= 10000
    if is_own or look.numbers == "number":
        return float(value), "0.00" if is_money else ""
    text = f"{value:f}"
    if look.numbers == "unit":
        return text + (look.money if is_money else "人" if name in COUNTS else "分"), ""
    return text.translate(WIDE) if look.numbers == "wide" else text, ""


def _with_openpyxl(sheets: dict[str, list[Place]], look: Look, path: Path) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, places in sheets.items():
        sheet = book.create_sheet(name)
        for place in places:
            value, number_format = _shown(place, look)
            cell = sheet.cell(place.row + 1, place.column + 1, value)
            cell.font, cell.alignment = Font(name=look.font), Alignment(wrap_text=True)
            if number_format:
                cell.number_format = number_format
            if look.layout != "apart" and place.width * place.height > 1:
                sheet.merge_cells(
                    start_row=place.row + 1, start_column=place.column + 1,
                    end_row=place.row + place.height, end_column=place.column + place.width,
                )  # fmt: skip
    book.save(path)


def _with_xlsxwriter(sheets: dict[str, list[Place]], look: Look, path: Path) -> None:
    book = xlsxwriter.Workbook(str(path))
    formats: dict[str, Any] = {}
    for name, places in sheets.items():
        sheet = book.add_worksheet(name)
        for place in places:
            value, number_format = _shown(place, look)
            if isinstance(value, date):
                number_format = "yyyy-mm-dd"
            look_of = {"font_name": look.font, "text_wrap": True, "border": 1}
            if number_format not in formats:
                formats[number_format] = book.add_format({**look_of, "num_format": number_format})
            style = formats[number_format]
            row, column = place.row, place.column
            if look.layout != "apart" and place.width * place.height > 1:
                last = (row + place.height - 1, column + place.width - 1)
                sheet.merge_range(row, column, *last, "", style)
            if isinstance(value, date):
                sheet.write_datetime(row, column, value, style)
            elif isinstance(value, str):
                sheet.write_string(row, column, value, style)
            else:
                sheet.write(row, column, value, style)
    book.close()
