"""名册 as officers make it; every mistake names its cell; nothing is joined because it looks alike."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from perfeval_xl.batch.remarks import Remarks
from perfeval_xl.batch.roster import Roster, read_roster
from perfeval_xl.errors import ListError
from perfeval_xl.writer.lists import write_roster
from tests.builders.lists import titled, written

HEAD = ["序号", "编码", "单位名称", "别名", "类型", "截止日期", "免报"]
ROWS = [
    HEAD,
    [1, "001001", "区教育局", "区教体局；教育局", "行政", date(2022, 3, 31), None],
    [2, 301002, "区 民政局", "区民政\n社会组织局", "行政", "2022年3月31日", "否"],
    [],
    [3, "３０１００３", "区档案馆", None, "事业", None, "是"],
    ["注：免报单位不用报送。"],
]


def roster_of(path: Path) -> Roster:
    return read_roster(path, Remarks())


def test_title_blank_rows_full_width_and_notes_do_not_matter(tmp_path: Path) -> None:
    found = roster_of(titled(tmp_path / "名册.xlsx", "2021年度应报单位名册", ROWS)).units
    assert [(u.code, u.name, u.kind, u.deadline, u.exempt) for u in found] == [
        ("001001", "区教育局", "行政", date(2022, 3, 31), False),
        ("301002", "区 民政局", "行政", date(2022, 3, 31), False),
        ("301003", "区档案馆", "事业", None, True),
    ]
    assert found[0].aliases == ("区教体局", "教育局")
    assert found[1].aliases == ("区民政", "社会组织局")
    assert found[0].place == "名册!C4"


def test_the_list_that_init_lays_out_is_read_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "名册.xlsx"
    write_roster(path)
    book = load_workbook(path)
    book["名册"]["A2"], book["名册"]["B2"] = "000001", "区教育局"
    book.save(path)
    remarks = Remarks()
    assert [unit.code for unit in read_roster(path, remarks).units] == ["000001"]
    assert remarks.found == []


def test_codes_keep_the_zeros_that_their_format_shows(tmp_path: Path) -> None:
    rows = [["编码", "名称"], [1001, "区教育局"], [301002.0, "区民政局"]]
    path = written(tmp_path / "名册.xlsx", {"名册": rows}, {0: "000000"})
    assert [u.code for u in roster_of(path).units] == ["001001", "301002"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gbk", "utf-16"])
def test_a_csv_is_read_in_the_encodings_of_excel(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "名册.csv"
    mark = "\t" if encoding == "utf-16" else ","
    lines = [["2021年名册"], ["编码", "名称", "别名"], ["001", "区教育局", '"教体局、教育局"'], []]
    path.write_bytes("\r\n".join(mark.join(line) for line in lines).encode(encoding))
    unit = roster_of(path).units[0]
    assert (unit.code, unit.name, unit.aliases) == ("001", "区教育局", ("教体局", "教育局"))
    assert unit.place == "B3"


def test_an_old_xls_is_read(tmp_path: Path, soffice: Any) -> None:
    made = soffice(titled(tmp_path / "名册.xlsx", "名册", ROWS), "xls")
    assert [u.code for u in roster_of(made).units] == ["001001", "301002", "301003"]


def test_units_of_several_sheets_are_one_roster_and_other_sheets_are_said(tmp_path: Path) -> None:
    sheets = {
        "区直": [["编码", "名称"], ["1", "区教育局"]],
        "乡镇": [["名称"], ["某街道"]],
        "说明": [["本表由预算股维护"]],
    }
    remarks = Remarks()
    found = read_roster(written(tmp_path / "名册.xlsx", sheets), remarks)
    assert [u.name for u in found.units] == ["区教育局", "某街道"]
    assert [(r.place, "没有读" in r.said) for r in remarks.found] == [("说明", True)]


@pytest.mark.parametrize(
    ("rows", "place", "said"),
    [
        ([["编码", "类型"], ["1", "行政"]], "名册!A1", "没有“名称”一栏"),
        ([["甲", "乙"], ["1", "2"]], "", "没有找到表头"),
        ([["编码", "名称"]], "名册!A1", "没有内容"),
        ([["编码", "名称"], ["1", "甲局"], ["1", "乙局"]], "名册!B3", "编码“1”与 名册!B2“甲局”"),
        ([["名称"], ["甲局"], ["甲 局"]], "名册!A3", "在 名册!A2 已经有了"),
        ([["名称", "别名"], ["甲局", "丙"], ["乙局", "丙"]], "名册!A3", "“丙”写成了这个单位的别名"),
        ([["名称", "别名"], ["甲局", "乙局"], ["乙局", ""]], "名册!A2", "也是 名册!A3“乙局”的名称"),
        ([["名称", "截止日期"], ["甲局", "三月底"]], "名册!B2", "“三月底”不是日期"),
        ([["名称", "免报"], ["甲局", "大概"]], "名册!B2", "看不出是还是否"),
        ([["编码", "名称"], ["1", ""]], "名册!B2", "没有写单位名称"),
        ([["编码", "名称"], ["#N/A", "甲局"]], "名册!A2", "公式出错"),
        ([["名称", "单位名称"], ["甲局", "甲局"]], "名册!B1", "是同一种栏目"),
    ],
)
def test_a_mistake_names_its_cell(tmp_path: Path, rows: Any, place: str, said: str) -> None:
    path = written(tmp_path / "名册.xlsx", {"名册": rows})
    with pytest.raises(ListError) as caught:
        roster_of(path)
    assert (caught.value.file, caught.value.place) == ("名册.xlsx", place)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"), [(b"%PDF-1.4", "PDF"), (b"", "空"), (b"PK\x03\x04xl/", "打不开")]
)
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "名册.xlsx"
    path.write_bytes(content)
    with pytest.raises(ListError, match=said):
        roster_of(path)


def test_a_stray_far_cell_is_named_and_not_filled_up_to(tmp_path: Path) -> None:
    path = tmp_path / "名册.xlsx"
    rows: list[list[Any]] = [["名称"], ["甲局"], [None] * 16383 + ["x"]]
    written(path, {"名册": [*rows, *[[]] * 5000, ["尾"]]})
    with pytest.raises(ListError) as caught:
        roster_of(path)
    assert caught.value.place == "名册!A5004"


def test_two_units_of_one_name_are_known_by_their_codes_only(tmp_path: Path) -> None:
    rows = [["编码", "名称"], ["1", "办公室"], ["2", "办公室"]]
    remarks = Remarks()
    found = read_roster(written(tmp_path / "名册.xlsx", {"名册": rows}), remarks)
    assert found.match("办公室", "").unit is None
    assert found.match("办公室", "2").certain is found.units[1]
    assert "1、2" in remarks.found[0].said


def test_a_unit_is_matched_by_code_then_name_then_alias(tmp_path: Path) -> None:
    found = roster_of(titled(tmp_path / "名册.xlsx", "名册", ROWS))
    education, civil, _ = found.units
    assert found.match("随便什么", "001001").certain is education
    assert found.match("区教育局", "999").certain is education
    assert found.match("区教体局", "").certain is education
    assert found.match("区民政局", "").certain is civil
    assert found.match("区教育", "").unit is None


def test_a_code_of_one_unit_with_the_name_of_another_means_neither(tmp_path: Path) -> None:
    found = roster_of(titled(tmp_path / "名册.xlsx", "名册", ROWS))
    match = found.match("区民政局", "001001")
    assert match.certain is None
    assert match.unit is not None
    assert match.other is not None
    assert (match.unit.name, match.other.name) == ("区教育局", "区 民政局")


def test_close_names_are_offered_and_lost_zeros_too(tmp_path: Path) -> None:
    found = roster_of(titled(tmp_path / "名册.xlsx", "名册", ROWS))
    assert found.close_to("区教育居", "") == ["区教育局"]
    assert found.close_to("", "1001") == ["区教育局"]
    assert found.close_to("完全无关的单位", "") == []


def test_a_file_name_tells_a_unit_only_when_it_names_one(tmp_path: Path) -> None:
    rows = [["名称"], ["区教育局"], ["区教育局考试中心"], ["区民政局"]]
    found = roster_of(written(tmp_path / "名册.xlsx", {"名册": rows}))
    named = [found.named_in(t) for t in ("区教育局考试中心附件2", "区教育局_区民政局", "附件2")]
    assert named == [found.units[1], None, None]
