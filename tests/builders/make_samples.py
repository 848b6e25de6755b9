"""Writes the sample workbooks beside this file.

Run from the project's root: ``python -m tests.builders.make_samples``. LibreOffice must be
installed, two of the samples are saved by it.
"""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tests.builders import further, layout_one_sheet, layout_plain, layout_word, units
from tests.builders.files import save, save_through_libreoffice
from tests.builders.sheet import Look, set_page

_HERE = Path(__file__).resolve().parents[2] / "samples"
_PUBLIC = "区直单位"


def main() -> None:
    """Writes every sample; a second run gives the same files."""
    _write_self_made()
    _write_through_libreoffice()
    _write_further()
    _write_no_form(_HERE / "12_区样例十二局_部门整体支出绩效自评表.xlsx")
    _write_no_workbook(_HERE / "14_区样例十四局整体支出绩效自评.xlsx")


def _write_self_made() -> None:
    save(
        layout_word.build(units.section_five()),
        _HERE / "01_区样例一办2021年部门整体支出绩效自评.xlsx",
    )
    save(
        layout_plain.build(units.staff_over_posts()),
        _HERE / "02_区样例二局部门整体支出绩效自评表及评分表.xlsx",
        shared_strings=False,
    )
    save(
        layout_plain.build(
            units.values_with_units(),
            Look(font="楷体", size=11, as_text=True, border="hair"),
            sheet_names=("自评表", "评分表"),
            scoring_first=True,
        ),
        _HERE / "04_区样例四站 绩效自评（上报稿）.xlsx",
    )
    save(
        layout_plain.build(
            units.off_by_a_cent(),
            Look(
                money_format="#,##0.00",
                count_format="#,##0",
                label_fill="E7E6E6",
                bold_labels=True,
                width=100,
            ),
            sheet_names=("整体支出绩效自评表", "整体支出绩效评分表"),
        ),
        _HERE / _PUBLIC / "05_区样例五局2021年度绩效自评.xlsx",
    )
    save(_with_instructions(), _HERE / "06_区样例六局-附件2.xlsx")
    save(
        layout_plain.build(
            units.outside_the_points(),
            Look(font="等线", title_font="等线", label_fill="FFF2CC", border_color="7F7F7F"),
            sheet_names=("表1", "表2"),
            top=2,
        ),
        _HERE / "07_区样例七中心自评表.xlsx",
    )
    save(
        layout_plain.build(
            units.altered_points(),
            Look(font="仿宋_GB2312", size=11, width=118, landscape=True),
            sheet_names=("2-1", "2-2"),
        ),
        _HERE / "08_区样例八局整体支出自评（改）.xlsx",
    )
    save(
        layout_plain.build(units.reasons_missing(), sheet_names=("附件2-1", "附件2-2")),
        _HERE / "09_附件2 区样例九办.xlsx",
    )
    clean = units.clean()
    clean.scoring_heading = ["2021年度部门（单位）整体支出绩效评分表"]
    look = Look(
        font="微软雅黑",
        title_font="微软雅黑",
        size=9.5,
        label_fill="DDEBF7",
        bold_labels=True,
        border_color="8EA9DB",
    )
    save(
        layout_plain.build(clean, look, sheet_names=("附件2-1自评表", "附件2-2评分表")),
        _HERE / "11_区样例十一局_2021年部门整体支出绩效自评.xlsx",
    )
    save(layout_one_sheet.build(units.one_sheet()), _HERE / "13_区样例十三办绩效自评报告.xlsx")
    save(
        layout_plain.build(units.scoring_missing(), with_scoring=False),
        _HERE / "15_区样例十五局自评表.xlsx",
    )
    save(
        layout_plain.build(
            units.many_faults(), Look(font="宋体", size=10.5), sheet_names=("Sheet1", "Sheet2")
        ),
        _HERE / "16_区样例十六局部门整体支出绩效自评.xlsx",
    )


def _write_through_libreoffice() -> None:
    save_through_libreoffice(
        layout_plain.build(
            units.staff_far_over_posts(),
            Look(font="Noto Serif CJK SC", title_font="Noto Sans CJK SC"),
            sheet_names=("Sheet1", "Sheet2"),
            top=2,
            left=2,
        ),
        _HERE / "03_区样例三中心绩效自评.xlsx",
    )
    save_through_libreoffice(
        layout_plain.build(
            units.two_bodies(),
            Look(font="Noto Sans CJK SC", label_fill="E2EFDA", width=110),
            sheet_names=("自评表（含二级机构）", "评分表"),
        ),
        _HERE / _PUBLIC / "10_区样例十局（含二级机构）绩效自评.xlsx",
    )


def _write_further() -> None:
    """One unit with both further sheets in its workbook, one that sends the base data apart."""
    workbook = layout_plain.build(units.with_further_sheets(), sheet_names=("附件2-1", "附件2-2"))
    for name, draw in (
        ("基础数据表", lambda s: further.draw_base(s, further.base_of_eleven("区样例十七局"))),
        (
            "补充数据",
            lambda s: further.draw_supplement(s, further.supplement_of_eleven("区样例十七局")),
        ),
    ):
        sheet = workbook.create_sheet(name)
        draw(sheet)
        set_page(sheet, landscape=False)
    save(workbook, _HERE / "17_区样例十七局绩效自评（附基础数据表、补充数据）.xlsx")
    apart = Workbook()
    sheet = apart.worksheets[0]
    sheet.title = "基础数据表"
    further.draw_base(sheet, further.base_of_eleven())
    set_page(sheet, landscape=False)
    save(apart, _HERE / "18_区样例十一局基础数据表.xlsx")


def _with_instructions() -> Workbook:
    workbook = layout_plain.build(
        units.yuan_for_wan(),
        Look(font="微软雅黑", title_font="微软雅黑", size=9),
        sheet_names=("附件2-1", "附件2-2"),
    )
    sheet = workbook.create_sheet("填报说明")
    sheet.column_dimensions["A"].width = 90
    lines = (
        "填报说明",
        "1.金额单位均为万元，保留两位小数。",
        "2.附件2-1第二部分按机构填列，二级机构逐行填列。",
        "3.附件2-2自评得分低于分值的，须在“扣分原因和其他说明”栏写明原因。",
    )
    set_page(sheet, landscape=False)
    for row, line in enumerate(lines, start=1):
        cell = sheet.cell(row, 1, line)
        cell.font = Font(name="微软雅黑", size=14 if row == 1 else 10, bold=row == 1)
        cell.alignment = Alignment(wrap_text=True, horizontal="center" if row == 1 else "left")
    return workbook


def _write_no_form(path: Path) -> None:
    """A purchase ledger with a list of suppliers, named like a form."""
    workbook = Workbook()
    ledger = workbook.worksheets[0]
    ledger.title = "采购台账"
    _write_list(
        ledger,
        "区样例十二局2021年采购台账",
        ("序号", "采购项目", "采购方式", "供应商", "合同金额（元）", "签订日期", "是否验收"),
        (
            (1, "办公电脑一批", "框架协议", "样例科技公司", 86400, "2021-03-12", "是"),
            (2, "物业服务", "竞争性磋商", "样例物业公司", 358000, "2021-04-01", "是"),
            (3, "会议系统改造", "公开招标", "样例智能公司", 742500, "2021-06-28", "是"),
            (4, "印刷服务", "定点采购", "样例印务公司", 29650, "2021-09-15", "否"),
        ),
        (7, 24, 14, 22, 16, 14, 11),
    )
    _write_list(
        workbook.create_sheet("供应商名录"),
        "供应商名录",
        ("序号", "供应商", "联系人", "联系电话", "备注"),
        (
            (1, "样例科技公司", "张某某", "0000000", ""),
            (2, "样例物业公司", "李某某", "0000000", "三年期"),
            (3, "样例智能公司", "王某某", "0000000", ""),
        ),
        (7, 24, 12, 16, 20),
    )
    save(workbook, path)


def _write_list(
    sheet: Worksheet,
    title: str,
    head: tuple[str, ...],
    rows: tuple[tuple[str | int, ...], ...],
    widths: tuple[int, ...],
) -> None:
    side = Side(style="thin")
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(head))
    sheet.cell(1, 1, title).font = Font(name="黑体", size=16)
    sheet.cell(1, 1).alignment = Alignment(horizontal="center")
    for row_number, row in enumerate((head, *rows), start=2):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(row_number, column, value)
            cell.font = Font(name="宋体", size=11, bold=row_number == 2)
            cell.border = Border(left=side, right=side, top=side, bottom=side)
            if row_number == 2:
                cell.fill = PatternFill("solid", fgColor="D9D9D9")
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A3"
    set_page(sheet, landscape=True)


def _write_no_workbook(path: Path) -> None:
    """A text saved under the name of a workbook."""
    lines = (
        "区样例十四局2021年部门整体支出绩效自评",
        "人员编制：18  实有人数：18",
        "收入合计：352.08万元  支出合计：352.08万元",
        "自评得分：98分  等次：优秀",
        "（表格另附，请查收）",
    )
    path.write_bytes("\r\n".join(lines).encode("gb18030"))


if __name__ == "__main__":
    main()
