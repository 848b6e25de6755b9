"""报送情况 and 清单核对 as written: values, links, live lateness, no sheet where there is nothing."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl

from perfeval_xl.writer.summary import write_summary
from perfeval_xl.writer.summary_reporting import OfficeSheets, RemarkRow, ReportingRow, Standing
from tests.audit import audit

DUE = date(2022, 3, 31)
ROWS = (
    ReportingRow("001", "区甲局", "行政", DUE, Standing.LATE, date(2022, 4, 8), "表上的报告日期", 8,
                 "甲.xlsx", "复核/甲_复核.xlsx"),
    ReportingRow("002", "=区乙局", "行政", DUE, Standing.MISSING),
    ReportingRow("003", "区丙局", "", None, Standing.MISSING),
    ReportingRow(standing=Standing.RETURNED, file="丁.pdf", copy="退回/丁_退回说明.xlsx"),
)  # fmt: skip


def summary(path: Path, office: OfficeSheets) -> Any:
    write_summary(path, [], {}, office=office)
    return openpyxl.load_workbook(path)


def test_each_row_says_how_a_unit_stands(tmp_path: Path) -> None:
    office = OfficeSheets(ROWS, {"名册单位": 3, "　未报": 2})
    book = summary(tmp_path / "汇总.xlsx", office)
    assert book.sheetnames[:2] == ["总览", "报送情况"]
    sheet = book["报送情况"]
    assert sheet["A2"].value == "名册单位 3，未报 2。"
    rows = [[cell.value for cell in row[1:11]] for row in sheet["A5:L8"]]
    due = datetime(2022, 3, 31)
    assert rows == [
        ["001", "区甲局", "行政", due, "迟报", datetime(2022, 4, 8), "表上的报告日期", 8, "甲.xlsx",
         "打开复核件"],
        ["002", "=区乙局", "行政", due, "未报", None, None, '=IF(TODAY()>E6,TODAY()-E6,"")', None, None],
        ["003", "区丙局", None, None, "未报", None, None, None, None, None],
        [None, None, None, None, "退回", None, None, None, "丁.pdf", "打开说明"],
    ]  # fmt: skip
    assert sheet["C6"].data_type != "f"
    assert sheet["E5"].number_format == "yyyy-mm-dd"
    assert sheet["K5"].hyperlink.target.replace("\\", "/") == "复核/甲_复核.xlsx"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert not audit(tmp_path / "汇总.xlsx")


def test_lateness_to_a_fixed_day_is_no_formula(tmp_path: Path) -> None:
    row = ReportingRow("002", "区乙局", "", DUE, Standing.MISSING, late=10)
    office = OfficeSheets([row], {"未报": 1}, as_of=date(2022, 4, 10))
    sheet = summary(tmp_path / "汇总.xlsx", office)["报送情况"]
    assert sheet["I5"].value == 10
    assert "算到 2022-04-10" in sheet["A3"].value


def test_remarks_have_a_sheet_of_their_own_only_when_there_are_some(tmp_path: Path) -> None:
    remark = RemarkRow("参考数据.xlsx", "表!C5", "“约9”读不成整数，没有用上。", "请只填一个数。")
    book = summary(tmp_path / "a.xlsx", OfficeSheets(remarks=[remark]))
    assert [c.value for c in book["清单核对"][4]] == [
        1, "参考数据.xlsx", "表!C5", remark.said, remark.fix,
    ]  # fmt: skip
    assert "报送情况" not in book.sheetnames
    without = summary(tmp_path / "b.xlsx", OfficeSheets())
    assert not {"报送情况", "清单核对"} & set(without.sheetnames)


def test_lateness_is_counted_by_the_program_that_opens_it(tmp_path: Path, recalculate: Any) -> None:
    past = ReportingRow("1", "甲", "", date(2000, 1, 1), Standing.MISSING)
    future = ReportingRow("2", "乙", "", date(2999, 1, 1), Standing.MISSING)
    summary(tmp_path / "汇总.xlsx", OfficeSheets([past, future], {"未报": 2}))
    recalculate([tmp_path / "汇总.xlsx"], tmp_path / "算过")
    sheet = openpyxl.load_workbook(tmp_path / "算过" / "汇总.xlsx", data_only=True)["报送情况"]
    assert sheet["I5"].value > 8000
    assert sheet["I6"].value in (None, "")
