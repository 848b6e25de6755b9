"""An office through one year: its folder, its lists, the hands that fill forms and rule on them.

Forms are filled by looking for printed words with openpyxl, copies are ruled upon by looking for
the heads 核定得分 and 处理; nothing here asks the program where a cell is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from unittest import mock

import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.worksheet.merge import MergedCellRange
from openpyxl.worksheet.worksheet import Worksheet

from tests.batch.yearly_units import (
    CORRECTED,
    DEALT,
    EXEMPT,
    FIRST_ROUND,
    LAST_YEAR,
    LEFT_OPEN,
    RULED,
    SECOND_ROUND,
    SENT,
    SPECIAL,
    STRANGER,
    Answer,
    Entry,
    Ruling,
    Unit,
)
from tests.conftest import ROOT

PROFILE, SCORING, BASE, SUPPLEMENT = "附件2-1 自评表", "附件2-2 评分表", "基础数据表", "补充数据"
GUIDE, REVIEW = "填报说明", "复核意见"
FORM, FORM_LAST = "yueyanglou-2021", "yueyanglou-2020"
_TINT = "FFFFF9D6"  # a 核定得分 that asks


def plain(value: object) -> str:
    """Printed words without the spaces and line breaks of their print."""
    return re.sub(r"\s+", "", str(value or ""))


class Page:
    """A sheet whose cells are found by what is printed beside or above them."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet
        self._ends = {
            (area.min_row, area.min_col): (area.max_row, area.max_col)
            for area in sheet.merged_cells.ranges
        }
        self._printed: dict[str, list[tuple[int, int]]] = {}
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    self._printed.setdefault(plain(cell.value), []).append((cell.row, cell.column))

    def find(self, label: str, nth: int = 0) -> tuple[int, int]:
        """Row and column of the nth cell that reads so."""
        return self._printed[plain(label)][nth]

    def right_of(self, place: tuple[int, int]) -> tuple[int, int]:
        return place[0], self._ends.get(place, place)[1] + 1

    def below(self, place: tuple[int, int]) -> tuple[int, int]:
        return self._ends.get(place, place)[0] + 1, place[1]

    def write(self, place: tuple[int, int], value: Entry) -> None:
        number = float(value) if isinstance(value, Decimal) else value
        self._sheet.cell(*place).value = number


def opened(path: Path) -> Workbook:
    """The workbook in openpyxl, which need not redraw the borders of merged cells: 9/10 of its time."""
    with warnings.catch_warnings(), mock.patch.object(MergedCellRange, "format"):
        warnings.simplefilter("ignore", UserWarning)
        return openpyxl.load_workbook(path)


# ---- the hand that fills a form ----

_BESIDE = {"人员编制", "实有人数"}
_OUTCOMES = ("质量指标", "数量指标", "时效指标", "成本指标", "社会效益", "经济效益", "生态效益")


def fill(blank: Path, target: Path, unit: Unit) -> None:
    """A unit's blank, filled and saved as ``target``; 基础数据表 beside it when that goes apart."""
    book = opened(blank)
    _fill_profile(Page(book[PROFILE]), unit)
    _fill_scores(book[SCORING], unit)
    if BASE in book.sheetnames:
        if unit.sends in ("inside", "apart", "all"):
            _fill_base(book[BASE], unit)
        if unit.sends == "all":
            _fill_supplement(Page(book[SUPPLEMENT]), unit)
    unwanted = {"scored": (BASE, SUPPLEMENT), "inside": (SUPPLEMENT,), "all": ()}
    for name in unwanted.get(unit.sends, (BASE, SUPPLEMENT)):
        if name in book.sheetnames and unit.sends != "apart":
            del book[name]
    if unit.sends == "apart":
        _part(book, target, unit)
    book.save(target)


def _part(book: Workbook, target: Path, unit: Unit) -> None:
    """基础数据表 in a workbook of its own, and out of the unit's other one."""
    apart = target.with_name(f"{unit.name}_基础数据表.xlsx")
    book.save(target)
    other = opened(target)
    for name in (PROFILE, SCORING, SUPPLEMENT, GUIDE):
        del other[name]
    place = Page(other[BASE])
    called = unit.name[1:] if unit.number == 17 else unit.name  # its short name on the roster
    place.write(place.right_of(place.find("填报单位")), called)
    other.save(apart)
    del book[BASE]
    del book[SUPPLEMENT]


def _fill_profile(page: Page, unit: Unit) -> None:
    for label, value in unit.figures.items():
        if label == "满意度":
            continue
        place = page.find(label)
        page.write(page.right_of(place) if label in _BESIDE else page.below(place), value)
    for label, value in unit.typed.items():
        if label != "总分":
            page.write(page.below(page.find(label)), value)
    for nth in range(4):
        page.write(page.below(page.find("机构名称", nth)), unit.name)
    page.write(page.right_of(page.find("部门（单位）名称")), unit.name)
    page.write(page.right_of(page.find("报告日期")), unit.day)
    page.write(
        page.right_of(page.find("职能职责概述")), f"{unit.name}负责本区第{unit.number}类事务。"
    )
    page.write(page.right_of(page.find("评价等次")), "优秀")
    page.write(page.below(page.find("预期目标")), f"完成第{unit.number}号工作计划")
    page.write(page.below(page.find("实际完成")), f"第{unit.number}号工作计划按期完成")
    for label in _OUTCOMES:
        goal = page.right_of(page.find(label))
        page.write(goal, f"{label}：第{unit.number}类事项 {40 + unit.number} 件")
        page.write(page.right_of(goal), "100%")
    goal = page.right_of(page.find("社会公众或服务对象满意度"))
    page.write(goal, "满意度不低于 90%")
    page.write(page.right_of(goal), unit.figures["满意度"])
    if unit.signed:
        page.write(page.right_of(page.find("评价组组长（签字）：")), "（已签）")
        page.write(page.below(page.find("部门（单位）意见：")), "同意上报。")
    page.write(page.below(page.find("五、评价报告综述（文字部分）")), _report(unit))


def _report(unit: Unit) -> str:
    return (
        f"一、基本情况：{unit.name}承担第{unit.number}类事务。二、绩效情况：计划内事项均已办结。"
        f"三、存在问题：第{unit.number}项资料归档偏慢。四、改进措施：按月清理第{unit.number}号台账。"
    )


def _fill_scores(sheet: Worksheet, unit: Unit) -> None:
    page = Page(sheet)
    score, reason = page.find("自评得分")[1], page.find("扣分原因和其他说明")[1]
    for number, row in rows_of(sheet).items():
        page.write((row, score), unit.claims[number][0])
        page.write((row, reason), unit.claims[number][1] or None)
    if "总分" in unit.typed:
        page.write((page.find("总分")[0], score), unit.typed["总分"])


def rows_of(sheet: Worksheet) -> dict[int, int]:
    """The sheet's row of each indicator by its number, counted as they are printed."""
    head = next(c for row in sheet.iter_rows() for c in row if plain(c.value) == "三级指标")
    column = [sheet.cell(row, head.column) for row in range(head.row + 1, sheet.max_row + 1)]
    printed = [c.row for c in column if c.value and plain(c.value) != "三级指标"]
    return dict(enumerate(printed[:25], 1))


def _fill_base(sheet: Worksheet, unit: Unit) -> None:
    page = Page(sheet)
    page.write(page.below(page.find("编制数")), unit.figures["人员编制"])
    page.write(page.below(page.find("2021年实际在职人数")), unit.figures["实有人数"])
    columns = [page.find(f"{head}数")[1] for head in ("2020年决算", "2021年预算", "2021年决算")]
    special = page.below(page.find("（2）区级专项资金（一个专项一行）"))
    page.write(special, SPECIAL)
    for label, values in unit.base_rows.items():
        row = special[0] if label == SPECIAL else page.find(label)[0]
        for column, value in zip(columns, values, strict=True):
            page.write((row, column), value)


def _fill_supplement(page: Page, unit: Unit) -> None:
    column = page.find("金额（万元）")[1]
    for label, value in unit.further.items():
        page.write((page.find(label)[0], column), value)
    head = page.find("专项资金名称")
    whole = unit.projects - 60
    given = Decimal(0)
    for offset, (day, share) in enumerate(unit.issues, 1):
        last = offset == len(unit.issues)
        amount = whole - given if last else round(whole * Decimal(share), 2)
        given += amount
        for column, value in enumerate((SPECIAL, whole, day, amount), head[1]):
            page.write((head[0] + offset, column), value)


# ---- the officer ----


class YearlyOffice:
    """The office's folder, as ``perfeval init`` made it, and what is done in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inbox, self.outbox = folder / "收件", folder / "结果"
        self.blanks = folder / "发出"

    def call(self, *words: str, module: tuple[str, ...] = ("perfeval_xl",)) -> tuple[int, str]:
        """A command as typed in the office's folder: exit code, and all it said."""
        done = subprocess.run(
            [sys.executable, "-m", *module, *words],
            cwd=self.folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
            start_new_session=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def run(self, module: tuple[str, ...] = ("perfeval_xl",)) -> tuple[int, str]:
        """``perfeval run``, on the day that lateness is told by."""
        words = ("run", "收件", "--out", "结果", "--jobs", "2", "--as-of", "2022-04-15")
        return self.call(*words, module=module)

    def copied(self, folder: Path) -> YearlyOffice:
        """The whole folder once more, to do something else in it."""
        shutil.copytree(self.folder, folder)
        return YearlyOffice(folder)

    # -- before the forms come in --

    def prepare(self) -> None:
        """Fill the lists in and let the settings name them."""
        _write_roster(self.folder / "名册.xlsx")
        _write_reference(self.folder / "参考数据.xlsx")
        settings = self.folder / "perfeval.toml"
        text = settings.read_bytes().decode("utf-8-sig")
        for key in ("roster", "reference", "previous", "templates"):
            text = re.sub(rf"^# ({key} =)", r"\1", text, flags=re.MULTILINE)
        text = text.replace('previous = "../2020/结果"', 'previous = "去年/结果"')
        settings.write_bytes(text.encode("utf-8-sig"))
        _form_of_last_year(self.folder / "表样" / FORM_LAST)

    def last_year(self) -> None:
        """What came in for 2020, reviewed: its outbox is there for this year."""
        inbox = self.folder / "去年" / "收件"
        inbox.mkdir(parents=True)
        blank = self.folder / "去年" / "空白.xlsx"
        self.call("blank", FORM_LAST, "--templates", "表样", "-o", str(blank))
        for unit in LAST_YEAR:
            fill(blank, inbox / f"{unit.name}.xlsx", unit)
        self.call("run", "去年/收件", "--out", "去年/结果", "--templates", "表样", "--jobs", "1")

    def blank_of(self, unit: Unit) -> Path:
        return self.blanks / f"{unit.code}_{unit.name}_自评表.xlsx"

    def file_of(self, unit: Unit) -> str:
        return self.blank_of(unit).name

    # -- forms come in --

    def receive(self) -> None:
        """What the first round brings."""
        for unit in SENT.values():
            fill(self.blank_of(unit), self.inbox / self.file_of(unit), unit)
        for number in (1, 13):  # sent twice; the later one is meant
            unit = SENT[number]
            first = self.inbox / self.file_of(unit)
            shutil.copy(first, self.inbox / f"{unit.name}_最终版.xlsx")
            book = opened(first)
            sheet = book[SCORING]
            sheet.cell(rows_of(sheet)[21], Page(sheet).find("自评得分")[1]).value = 3
            book.save(self.inbox / f"{unit.name}_终稿.xlsx")
            first.unlink()
        fill(self.blank_of(SENT[1]), self.inbox / f"{STRANGER.name}.xlsx", STRANGER)
        sheet_of_stranger(self.inbox / f"{STRANGER.name}.xlsx", STRANGER)
        broken = self.inbox / self.file_of(SENT[25])
        broken.write_bytes(broken.read_bytes()[:9000])

    def receive_again(self) -> None:
        """What the second round brings, and what the officer puts aside."""
        for unit in CORRECTED.values():
            fill(self.blank_of(unit), self.inbox / self.file_of(unit), unit)
        renamed = self.inbox / self.file_of(CORRECTED[5])
        renamed.rename(self.inbox / f"{CORRECTED[5].name}（更正）.xlsx")
        for number in (1, 13):
            (self.inbox / f"{SENT[number].name}_终稿.xlsx").unlink()

    # -- rulings --

    def copy_of(self, file: str) -> Path:
        return self.outbox / "复核" / f"{Path(file).stem}_复核.xlsx"

    def rule(
        self, file: str, scores: Mapping[int, Ruling], dealt: Mapping[str, Answer] | None = None
    ) -> dict[int, Ruling]:
        """Type rulings by the number of the row, elsewhere the self-score where one is asked for.

        dealt: what becomes of findings, by some of their words. What was typed.
        """
        book = opened(self.copy_of(file))
        sheet = book[SCORING]
        page = Page(sheet)
        column, claimed = page.find("核定得分")[1], page.find("自评得分")[1]
        typed: dict[int, Ruling] = {}
        for number, row in rows_of(sheet).items():
            cell = sheet.cell(row, column)
            if number in scores:
                typed[number] = scores[number]
                if scores[number] == LEFT_OPEN:
                    del typed[number]
                    continue
            elif cell.fill.fgColor.rgb == _TINT:
                typed[number] = (sheet.cell(row, claimed).value, None)
            else:
                continue
            cell.value, sheet.cell(row, column + 1).value = typed[number]
        for words, answer in (dealt or {}).items():
            _deal(book[REVIEW], words, answer)
        book.save(self.copy_of(file))
        return typed

    def rule_first_round(self) -> dict[str, dict[int, Ruling]]:
        """Rule on whatever needs no correction by its unit; what was typed, by file."""
        typed = {}
        for number in FIRST_ROUND:
            file = self.standing_file(number)
            typed[file] = self.rule(file, RULED.get(number, {}), dealt=DEALT.get(number))
        return typed

    def rule_second_round(self) -> dict[str, dict[int, Ruling]]:
        """Rule on what came corrected; what was typed, by file."""
        typed = {}
        for number in SECOND_ROUND:
            file = self.standing_file(number, again=True)
            typed[file] = self.rule(file, RULED.get(number, {}), dealt=DEALT.get(number))
        return typed

    def standing_file(self, number: int, again: bool = False) -> str:
        """The file that counts for a unit."""
        unit = SENT.get(number) or CORRECTED[number]
        if number in (1, 13):
            return f"{unit.name}_最终版.xlsx"
        if number == 5 and again:
            return f"{unit.name}（更正）.xlsx"
        return self.file_of(unit)

    def typed_in(self, file: str) -> dict[int, Ruling]:
        """What stands in 核定得分 and 核定理由, by the number of the row."""
        sheet = opened(self.copy_of(file))[SCORING]
        column = Page(sheet).find("核定得分")[1]
        found = {
            number: (sheet.cell(row, column).value, sheet.cell(row, column + 1).value)
            for number, row in rows_of(sheet).items()
        }
        return {number: pair for number, pair in found.items() if pair != (None, None)}


def sheet_of_stranger(path: Path, unit: Unit) -> None:
    """Write a code of its own on a form that was made for another unit."""
    book = opened(path)
    page = Page(book[PROFILE])
    page.write(page.right_of(page.find("预算编码")), "009999")
    book.save(path)


def _deal(sheet: Worksheet, words: str, answer: Answer) -> None:
    head, column = Page(sheet).find("处理")
    row = next(
        cell.row
        for line in sheet.iter_rows(min_row=head + 1, max_col=column - 1)
        for cell in line
        if words in str(cell.value)
    )
    for offset, value in enumerate(answer):
        sheet.cell(row, column + offset).value = value


# ---- the office's own lists ----


def _write_roster(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "名册"
    sheet["A1"] = "2021年度应报单位名册"
    sheet.append(["编码", "名称", "简称", "曾用名", "合并单位", "类型", "截止日期", "免报"])
    former = {6: "区旧己局"}
    merged = {11: "区原东局、区原西局"}
    for number in range(1, 31):
        unit = Unit(number)
        sheet.append(
            [
                unit.code, unit.name, unit.name[1:], former.get(number), merged.get(number),
                "行政" if number % 2 else "事业", date(2022, 3, 31),
                "是" if number in EXEMPT else None,
            ]
        )  # fmt: skip
    book.save(path)


def _write_reference(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["单位", "指标项", "数值", "来源"])
    sheet.append([Unit(7).name, "人员编制", 24, "编办函〔2021〕3号"])
    sheet.append([Unit(8).name, "本年三公经费预算数", "39,000元", "预算批复"])
    sheet.append([Unit(3).name, "人员编制", 36, "编办函〔2021〕3号"])
    book.save(path)


def _form_of_last_year(folder: Path) -> None:
    """The form of 2020: this year's folder with its years changed, as the guide says."""
    shutil.copytree(ROOT / "templates" / FORM, folder)
    for path in folder.rglob("*.toml"):
        text = path.read_text(encoding="utf-8")
        text = text.replace(f'"{FORM}"', f'"{FORM_LAST}"').replace("2021年度", "2020年度")
        path.write_text(text.replace("year = 2021", "year = 2020"), encoding="utf-8")
