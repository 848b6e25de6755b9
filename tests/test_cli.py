"""The doors: commands, exit codes, what goes to stdout and what to stderr."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from perfeval_xl.cli import main
from tests.builders.lists import written
from tests.conftest import ROOT, SAMPLES

CLEAN = next(SAMPLES.glob("11*.xlsx"))
SEED = next(SAMPLES.glob("01*.xlsx"))
STAFF = next(SAMPLES.glob("02*.xlsx"))
NO_FORM = next(SAMPLES.glob("12*.xlsx"))
HEAVY = ("pandas", "openpyxl", "xlsxwriter", "lxml", "numpy", "multiprocessing")


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def inbox_of(folder: Path, *files: Path) -> Path:
    folder.mkdir()
    for file in files:
        shutil.copy(file, folder)
    return folder


def test_a_clean_batch_exits_with_0(tmp_path: Path) -> None:
    result = call("run", inbox_of(tmp_path / "收件", CLEAN), "--out", tmp_path / "结果")
    assert result.exit_code == 0
    assert "已复核" in result.stdout


def test_errors_in_a_batch_exit_with_3(tmp_path: Path) -> None:
    result = call("run", inbox_of(tmp_path / "收件", SEED), "--out", tmp_path / "结果")
    assert result.exit_code == 3


def test_a_returned_file_exits_with_4(tmp_path: Path) -> None:
    result = call("run", inbox_of(tmp_path / "收件", SEED, NO_FORM), "--out", tmp_path / "结果")
    assert result.exit_code == 4


def test_run_prints_json_lines_to_stdout_only(tmp_path: Path) -> None:
    inbox = inbox_of(tmp_path / "收件", CLEAN, SEED)
    result = call("run", inbox, "--out", tmp_path / "结果", "--json")
    assert [json.loads(line)["status"] for line in result.stdout.splitlines()] == ["evaluated"] * 2
    assert "2/2" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("run", "没有这个文件夹", "--out", "x"),
        ("run",),
        ("run", str(SAMPLES)),
        ("check", "没有.xlsx"),
        ("blank", "no-such-form", "-o", "x.xlsx"),
        ("explain", str(SEED), "九十九"),
        ("explain", str(SEED), "管理制度健全性"),
        ("run", str(SEED), "--out", "x"),
        ("forms", "diff", "yueyanglou-2021", "没有"),
        ("forms", "check", "没有"),
        ("check", str(SEED), "--form", "没有"),
        ("nonsense",),
    ],
)
def test_wrong_usage_exits_with_2(words: tuple[str, ...]) -> None:
    result = call(*words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_the_inbox_cannot_be_the_outbox(tmp_path: Path) -> None:
    inbox = inbox_of(tmp_path / "收件", CLEAN)
    assert call("run", inbox, "--out", inbox).exit_code == 2
    assert sorted(p.name for p in inbox.iterdir()) == [CLEAN.name]


def test_check_lists_findings_and_writes_nothing(tmp_path: Path) -> None:
    inbox = inbox_of(tmp_path / "收件", SEED)
    result = call("check", inbox / SEED.name)
    assert result.exit_code == 3
    assert "总分填报 99，各行自评得分之和为 98，相差 1" in result.stdout
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [SEED.name]


def test_check_json_is_a_line_of_results(tmp_path: Path) -> None:
    inbox = inbox_of(tmp_path / "收件", SEED)
    call("run", inbox, "--out", tmp_path / "结果")
    written = json.loads((tmp_path / "结果" / "results.jsonl").read_text(encoding="utf-8"))
    shown = json.loads(call("check", inbox / SEED.name, "--json").stdout)
    assert shown | {"copy": ""} == written | {"copy": ""}


def test_check_of_no_form_says_what_to_do() -> None:
    result = call("check", NO_FORM)
    assert result.exit_code == 4
    assert "不是已登记的表样" in result.stdout


@pytest.mark.parametrize("indicator", ["1", "#1", "staffing_control_rate", "财政供养人员控制率"])
def test_explain_takes_number_id_or_name(indicator: str) -> None:
    result = call("explain", STAFF, indicator)
    assert result.exit_code == 0
    assert "38 人 ÷" in result.stdout
    assert "按整点计 2.5 分" in result.stdout


def test_explain_json_names_the_cells() -> None:
    shown = json.loads(call("explain", STAFF, "1", "--json").stdout)
    assert (shown["low"], shown["high"]) == (2, 2.5)
    assert shown["inputs"] == ["附件2-1 自评表!G6", "附件2-1 自评表!B6"]
    assert shown["clause"].startswith("以100%为标准")
    operands = {one["id"]: (one["raw"], one["sheet"], one["cell"]) for one in shown["operands"]}
    assert operands.keys() == {"actual_staff", "authorized_posts"}
    assert [f"{sheet}!{cell}" for _, sheet, cell in operands.values()] == shown["inputs"]


def test_blank_writes_the_form_and_does_not_overwrite(tmp_path: Path) -> None:
    target = tmp_path / "空白表.xlsx"
    assert call("blank", "yueyanglou-2021", "-o", target).exit_code == 0
    assert openpyxl.load_workbook(target).sheetnames[:2] == ["附件2-1 自评表", "附件2-2 评分表"]
    before = target.read_bytes()
    assert call("blank", "yueyanglou-2021", "-o", target).exit_code == 2
    assert target.read_bytes() == before
    assert call("blank", "yueyanglou-2021", "-o", target, "--force").exit_code == 0


def test_blank_takes_further_sheets_along(tmp_path: Path) -> None:
    target = tmp_path / "空白表.xlsx"
    words = ("blank", "yueyanglou-2021", "-o", target, "--with")
    assert call(*words, "base-data，supplement").exit_code == 0
    assert openpyxl.load_workbook(target).sheetnames[2:4] == ["基础数据表", "补充数据"]
    refused = call(*words, "base", "--force")
    assert refused.exit_code == 2
    assert "base-data、supplement" in refused.stderr
    alone = call(
        "blank", "yueyanglou-2023-base", "-o", tmp_path / "基础.xlsx", "--with", "supplement"
    )
    assert alone.exit_code == 2
    assert "没有附表" in alone.stderr


def test_check_shows_a_form_of_figures_without_points() -> None:
    result = call("check", next(SAMPLES.glob("18*.xlsx")))
    assert result.exit_code == 0
    assert "2021 年度，只有数据、没有评分" in result.stdout
    assert "没有发现问题" in result.stdout
    assert "自评" not in result.stdout


def test_forms_list_names_every_form() -> None:
    result = call("forms", "list")
    assert result.exit_code == 0
    assert "yueyanglou-2021" in result.stdout


def test_forms_fields_lists_every_figure_that_a_list_can_give() -> None:
    lines = call("forms", "fields", "yueyanglou-2021").stdout.splitlines()
    assert "authorized_posts\t人员编制\t整数" in lines
    assert "three_public_budget\t本年三公经费预算数\t金额" in lines
    assert "budget_system_exists\t已制定预算资金管理办法等制度\t是或否" in lines
    assert not [line for line in lines if line.startswith(("unit_name", "self_total"))]


def test_forms_check_of_a_broken_folder_names_file_and_key(tmp_path: Path) -> None:
    folder = tmp_path / "yueyanglou-2021"
    shutil.copytree(ROOT / "templates" / "yueyanglou-2021", folder)
    rubric = folder / "rubric.toml"
    rubric.write_text(
        rubric.read_text(encoding="utf-8").replace("per_point", "perpoint", 1), encoding="utf-8"
    )
    result = call("forms", "check", folder)
    assert result.exit_code == 1
    assert "rubric.toml" in result.stderr
    assert "perpoint" in result.stderr or "per_point" in result.stderr


def test_forms_check_passes_the_shipped_forms() -> None:
    result = call("forms", "check")
    assert result.exit_code == 0
    assert "25 项指标，100 分" in result.stdout


def test_every_command_shows_an_example_in_its_help() -> None:
    for words in (["run"], ["check"], ["explain"], ["blank"], ["forms"], ["forms", "list"],
                  ["forms", "check"], ["forms", "diff"]):  # fmt: skip
        result = call(*words, "--help")
        assert result.exit_code == 0
        assert f"perfeval {' '.join(words)}" in result.stdout, words


def test_help_starts_without_heavy_packages() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from perfeval_xl.cli import main;"
        "CliRunner().invoke(main, ['--help']);"
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_checking_a_file_loads_no_heavy_package() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from perfeval_xl.cli import main;"
        f"print(CliRunner().invoke(main, ['check', {str(CLEAN)!r}]).exit_code);"
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["0", "[]"]


def test_a_failure_of_the_outbox_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    inbox = inbox_of(tmp_path / "收件", CLEAN)
    (tmp_path / "结果").mkdir()
    (tmp_path / "结果" / "results.jsonl").mkdir()
    result = call("run", inbox, "--out", tmp_path / "结果")
    assert result.exit_code == 1
    assert "读写文件失败" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run",), "缺少参数"),
        (("run", str(SAMPLES)), "缺少选项"),
        (("rnu",), "没有 rnu 这个命令"),
        (("run", "--jbos", "2"), "没有 --jbos 这个选项"),
        (("check", "没有.xlsx"), "没有“没有.xlsx”这个文件"),
        (("run", str(SAMPLES), "--out", "x", "--jobs", "many"), "many 不是数"),
    ],
)
def test_wrong_usage_speaks_chinese(words: tuple[str, ...], said: str) -> None:
    result = call(*words)
    assert said in result.stderr
    assert "用法：" in result.stderr
    assert "Error" not in result.stderr


@pytest.fixture
def lists(tmp_path: Path) -> dict[str, Path]:
    """A roster with the unit of 02 and one that never reports, and a figure for 02."""
    roster = [
        ["编码", "名称", "截止日期"],
        ["000002", "区样例二局", "2022-03-31"],
        ["9", "区某馆", ""],
    ]
    reference = [["单位", "人员编制", "年初预算"], ["区样例二局", 38, "约五百"]]
    return {
        "roster": written(tmp_path / "名册.xlsx", {"名册": roster}),
        "reference": written(tmp_path / "参考数据.xlsx", {"表": reference}),
    }


def options(lists: dict[str, Path]) -> list[str | Path]:
    return ["--roster", lists["roster"], "--reference", lists["reference"]]


def test_run_with_lists_counts_who_has_reported(tmp_path: Path, lists: dict[str, Path]) -> None:
    inbox = inbox_of(tmp_path / "收件", STAFF, CLEAN)
    result = call("run", inbox, "--out", tmp_path / "结果", *options(lists))
    counts = dict(line.split() for line in result.stdout.splitlines() if len(line.split()) == 2)
    assert [counts[name] for name in ("名册单位", "已报", "未报", "名册外")] == ["2", "1", "1", "1"]
    assert "参考数据.xlsx 表!C2：“年初预算数”的“约五百”读不成金额" in result.stderr


def test_check_and_explain_use_the_office_figures(lists: dict[str, Path]) -> None:
    """38 staff on the office's 38 posts: full marks."""
    explained = call("explain", STAFF, "1", *options(lists))
    assert "人员编制 38 人 = 100%" in explained.stdout
    assert "人员编制：38　（参考数据.xlsx 表!B2）" in explained.stdout
    checked = json.loads(call("check", STAFF, "--json", *options(lists)).stdout)
    assert checked["facts"]["authorized_posts"]["source"] == "参考数据.xlsx 表!B2"
    outside = json.loads(call("check", CLEAN, "--json", *options(lists)).stdout)
    assert "batch.not_on_roster" in [f["code"] for f in outside["findings"]]


def test_a_list_that_cannot_be_used_exits_with_1_and_its_cell(
    tmp_path: Path, lists: dict[str, Path]
) -> None:
    bad = written(tmp_path / "坏.xlsx", {"名册": [["编码", "名称"], ["1", "甲"], ["1", "乙"]]})
    inbox = inbox_of(tmp_path / "收件", CLEAN)
    result = call("run", inbox, "--out", tmp_path / "结果", "--roster", bad)
    assert result.exit_code == 1
    assert "坏.xlsx 名册!B3" in result.stderr
    assert "没有开始复核" in result.stderr
    assert not (tmp_path / "结果").exists()


def test_lateness_needs_a_roster_and_a_day(tmp_path: Path, lists: dict[str, Path]) -> None:
    inbox = inbox_of(tmp_path / "收件", CLEAN)
    for words in (["--as-of", "2022-04-15"], ["--as-of", "昨天", "--roster", lists["roster"]]):
        assert call("run", inbox, "--out", tmp_path / "结果", *words).exit_code == 2


def test_blank_with_a_roster_makes_one_for_each_unit(
    tmp_path: Path, lists: dict[str, Path]
) -> None:
    words = ("blank", "yueyanglou-2021", "--roster", lists["roster"], "-o", tmp_path / "下发")
    result = call(*words)
    assert result.exit_code == 0
    assert "已生成 2 份" in result.stderr
    names = sorted(path.name for path in (tmp_path / "下发").iterdir())
    assert names == ["000002_区样例二局_自评表.xlsx", "9_区某馆_自评表.xlsx"]
    assert "已有 2 份，没有覆盖" in call(*words).stderr


def test_blanks_of_a_roster_carry_the_further_sheets_asked_for(
    tmp_path: Path, lists: dict[str, Path]
) -> None:
    words = ("blank", "yueyanglou-2021", "--roster", lists["roster"], "-o", tmp_path / "下发")
    assert call(*words, "--with", "supplement").exit_code == 0
    book = openpyxl.load_workbook(tmp_path / "下发" / "9_区某馆_自评表.xlsx")
    assert "补充数据" in book.sheetnames
    assert "基础数据表" not in book.sheetnames
    refused = call(*words, "--with", "附件3")
    assert refused.exit_code == 2
    assert "没有“附件3”这张附表" in refused.stderr
