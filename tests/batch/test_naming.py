"""Names of files: another unit's is pointed out, shortened and decorated ones are not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from perfeval_xl import run_folder
from perfeval_xl.batch.naming import other_unit_in
from tests.conftest import SAMPLES


@pytest.mark.parametrize(
    ("file", "unit", "found"),
    [
        ("区民政局绩效自评表.xlsx", "区教育局", "区民政局"),
        ("12_区民政局2021年度部门整体支出绩效自评（上报稿）.xlsx", "区教育局", "区民政局"),
        ("附件2（区档案馆）.xlsx", "区教育局", "区档案馆"),
        ("区直单位/区民政局.xlsx", "区教育局", "区民政局"),
        ("区教育局2021年度部门整体支出绩效自评.xlsx", "区教育局", ""),
        ("岳阳楼区教体局自评表.xlsx", "区教育体育局", ""),
        ("人社局.xlsx", "岳阳楼区人力资源和社会保障局", ""),
        ("网信办自评.xlsx", "中共岳阳楼区委网络安全和信息化委员会办公室", ""),
        ("区教育局-第三中学.xlsx", "区第三中学", ""),
        ("岳阳楼区财政局附件2自评表.xlsx", "区教育局", ""),
        ("2021年度部门整体支出绩效自评表（最终版）.xlsx", "区教育局", ""),
        ("局.xlsx", "区教育局", ""),
        ("区民政局.xlsx", "", ""),
    ],
)
def test_only_the_plain_name_of_another_body_counts(file: str, unit: str, found: str) -> None:
    assert other_unit_in(file, unit) == found


def test_a_file_named_after_another_unit_gets_a_note(tmp_path: Path) -> None:
    inbox = tmp_path / "收件"
    inbox.mkdir()
    shutil.copy(next(SAMPLES.glob("11_*.xlsx")), inbox / "区民政局绩效自评表.xlsx")
    shutil.copy(next(SAMPLES.glob("13_*.xlsx")), inbox / "区样例十三办.xlsx")
    run_folder(inbox, tmp_path / "结果")
    lines = (tmp_path / "结果/results.jsonl").read_text("utf-8").splitlines()
    found = {
        record["file"]: [
            (f["severity"], f["provided"], f["expected"])
            for f in record["findings"]
            if f["code"] == "batch.file_name_differs"
        ]
        for record in map(json.loads, lines)
    }
    assert found == {
        "区民政局绩效自评表.xlsx": [("note", "区民政局", "区样例十一局")],
        "区样例十三办.xlsx": [],
    }
