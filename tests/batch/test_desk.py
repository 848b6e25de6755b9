"""The office's folder: laid out once without touching what is there, then worked by a click."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from perfeval_xl.batch.desk import CLICKED, PROMPT, DeskError, lay_out, task_of, usual_folder
from perfeval_xl.batch.settings import Settings, load_settings
from perfeval_xl.cli import main
from tests.audit import audit
from tests.builders.commands import check_bat
from tests.builders.lists import written
from tests.conftest import ROOT, SAMPLES

CLEAN = next(SAMPLES.glob("11*.xlsx"))
STAFF = next(SAMPLES.glob("02*.xlsx"))
NAMES = {
    "收件", "结果", "perfeval.toml", "名册.xlsx", "参考数据.xlsx", "空白表_yueyanglou-2021.xlsx",
    "复核.bat", "命令窗口.bat",
}  # fmt: skip


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder laid out, with Chinese and blanks in its path."""
    place = tmp_path / "绩效 评价" / "2022 年"
    assert call("init", place).exit_code == 0
    return place


def test_init_lays_out_what_an_office_needs(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} >= NAMES
    found = load_settings(folder / "perfeval.toml")
    assert Settings(file=found.file, origins=found.origins) == found


def test_init_changes_nothing_that_exists(folder: Path) -> None:
    for name in ("perfeval.toml", "名册.xlsx", CLICKED):
        (folder / name).write_bytes(b"# mine")
    (folder / "参考数据.xlsx").unlink()
    (folder / "收件" / "局.xlsx").write_bytes(b"theirs")
    is_new = {place.name: new for place, new in lay_out(folder)}
    assert [name for name, new in is_new.items() if new] == ["参考数据.xlsx"]
    for name in ("perfeval.toml", "名册.xlsx", CLICKED):
        assert (folder / name).read_bytes() == b"# mine"
    assert (folder / "收件" / "局.xlsx").read_bytes() == b"theirs"
    assert not list(folder.rglob("*.perfeval-part*"))


OWN_BANDS = """
[[bands]]
label = "甲等"
at_least = 85
[[bands]]
label = "乙等"
at_least = 0
[colours]
warning = "FFFF99"
"""


def rating_choices(blank: Path) -> list[str]:
    """What may be chosen for 评价等次."""
    sheets = openpyxl.load_workbook(blank).worksheets
    rules = [rule for sheet in sheets for rule in sheet.data_validations.dataValidation]
    return [rule.formula1 for rule in rules if rule.type == "list" and "等" in rule.formula1]


def fills_of(blank: Path) -> set[str]:
    sheets = openpyxl.load_workbook(blank).worksheets
    return {str(c.fill.fgColor.rgb) for sheet in sheets for row in sheet.iter_rows() for c in row}


def test_blanks_laid_out_beside_settings_follow_them(tmp_path: Path) -> None:
    """Own forms, bands and tints, and a list that only ``init`` makes."""
    own = tmp_path / "表样" / "某区-2021"
    shutil.copytree(ROOT / "templates" / "yueyanglou-2021", own)
    spec = (own / "form.toml").read_text(encoding="utf-8")
    own.joinpath("form.toml").write_text(
        spec.replace('id = "yueyanglou-2021"', 'id = "某区-2021"'), encoding="utf-8"
    )
    settings = 'templates = "表样"\n[lists]\nroster = "名册.xlsx"\n' + OWN_BANDS
    (tmp_path / "perfeval.toml").write_text(settings, encoding="utf-8")
    assert call("init", tmp_path).exit_code == 0
    for form in ("yueyanglou-2021", "某区-2021"):
        assert rating_choices(tmp_path / f"空白表_{form}.xlsx") == ['"甲等,乙等"']
        assert "FFFFFF99" in fills_of(tmp_path / f"空白表_{form}.xlsx")


def test_wrong_settings_are_named_before_a_blank_is_made(tmp_path: Path) -> None:
    (tmp_path / "perfeval.toml").write_text("jbos = 2\n", encoding="utf-8")
    done = call("init", tmp_path)
    assert done.exit_code == 1
    assert "perfeval.toml 第 1 行：jbos：不认识的键，是不是“jobs”？" in done.stderr
    assert not list(tmp_path.glob("空白表*"))
    assert (tmp_path / CLICKED).is_file()


def test_blank_follows_the_settings_in_the_folder_or_those_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "年").mkdir()
    to_come = '[lists]\nprevious = "上年/结果"\n'  # a blank does without
    (tmp_path / "年" / "perfeval.toml").write_text(to_come + OWN_BANDS, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "年")
    done = call("blank", "yueyanglou-2021", "-o", "空白.xlsx")
    assert "设置：" in done.stderr
    assert rating_choices(tmp_path / "年" / "空白.xlsx") == ['"甲等,乙等"']
    assert "FFFFFF99" in fills_of(tmp_path / "年" / "空白.xlsx")
    monkeypatch.chdir(tmp_path)
    call("blank", "yueyanglou-2021", "-o", "照表样.xlsx")
    assert rating_choices(tmp_path / "照表样.xlsx") == []
    call("blank", "yueyanglou-2021", "-o", "照设置.xlsx", "--settings", "年/perfeval.toml")
    assert rating_choices(tmp_path / "照设置.xlsx") == ['"甲等,乙等"']
    written(tmp_path / "名册.xlsx", {"名册": [["编码", "名称"], ["001", "区甲局"]]})
    words = ("--roster", "名册.xlsx", "--settings", "年/perfeval.toml")
    call("blank", "yueyanglou-2021", "-o", "下发", *words)
    (one,) = (tmp_path / "下发").iterdir()
    assert rating_choices(one) == ['"甲等,乙等"']


def test_the_workbooks_laid_out_are_sound(folder: Path) -> None:
    for path in folder.glob("*.xlsx"):
        assert not audit(path), path.name


def test_a_click_reviews_the_inbox_and_says_what_came_of_it(folder: Path) -> None:
    shutil.copy(CLEAN, folder / "收件")
    result = call("desk", f"{folder}/.", "")
    assert result.exit_code == 0
    assert "没有发现错误" in result.stdout
    assert (folder / "结果" / "汇总.xlsx").is_file()


def test_each_exit_code_is_said_in_chinese(folder: Path) -> None:
    shutil.copy(STAFF, folder / "收件")
    result = call("desk", folder, "")
    assert (result.exit_code, "有的表有错误" in result.stdout) == (3, True)
    (folder / "收件" / "空.xlsx").write_bytes(b"")
    result = call("desk", folder, "")
    assert (result.exit_code, "“退回”文件夹" in result.stdout) == (4, True)


def test_a_dropped_folder_gets_its_results_beside_it_under_the_same_settings(folder: Path) -> None:
    dropped = folder.parent / "补报 的表"
    dropped.mkdir()
    shutil.copy(CLEAN, dropped)
    result = call("desk", folder, dropped)
    assert result.exit_code == 0
    assert (folder.parent / "补报 的表_结果" / "汇总.xlsx").is_file()
    assert "2022 年/perfeval.toml" in result.stderr


def test_a_dropped_workbook_is_looked_at_and_nothing_is_written(folder: Path) -> None:
    result = call("desk", folder, shutil.copy(STAFF, folder / "局.xlsx"))
    assert result.exit_code == 3
    assert "实有人数" in result.stdout
    assert not list((folder / "结果").iterdir())


def test_the_folder_itself_dropped_means_its_inbox(folder: Path) -> None:
    assert task_of(folder, str(folder)) == task_of(folder, None)
    assert task_of(folder, str(folder / "收件")).outbox == folder / "结果"


def test_what_cannot_be_worked_on_is_said(folder: Path) -> None:
    call("desk", folder, "")
    with pytest.raises(DeskError, match="是结果文件夹"):
        task_of(folder, str(folder / "结果"))
    with pytest.raises(DeskError, match="重新拖"):
        task_of(folder, str(folder / "没有"))
    with pytest.raises(DeskError, match="整个磁盘"):
        task_of(folder, "/")
    shutil.rmtree(folder / "收件")
    with pytest.raises(DeskError, match="请新建它"):
        task_of(folder, "")


def test_the_quotation_mark_that_cmd_leaves_behind_a_backslash_is_dropped(folder: Path) -> None:
    assert task_of(folder, f'{folder / "收件"}"').outbox == folder / "结果"


def test_the_clicked_file_reads_alike_in_every_code_page(folder: Path) -> None:
    lines = check_bat(folder / CLICKED)
    assert "  没有找到复核程序。" in [line.removeprefix("echo ") for line in lines]


def test_the_clicked_file_quotes_paths_and_gives_the_exit_code(folder: Path) -> None:
    lines = check_bat(folder / CLICKED)
    assert '"%FOUND%" -m perfeval_xl desk "%HERE%" "%~1"' in lines
    assert 'set "HERE=%~dp0."' in lines  # the dot keeps the last backslash off the quotation mark
    run = lines[lines.index(":run") : lines.index(":missing")]
    assert [line for line in run if line][-1] == "exit /b %CODE%"
    assert not any("!" in line for line in lines)


def test_the_window_for_commands_is_plain_ascii_and_knows_the_program(folder: Path) -> None:
    data = (folder / PROMPT).read_bytes()
    assert data.isascii()
    assert data.count(b"\n") == data.count(b"\r\n")
    lines = data.decode("ascii").splitlines()
    assert 'pushd "%~dp0"' in lines
    assert lines[-1] == "cmd /k"


def test_without_a_folder_it_goes_to_the_desktop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert usual_folder() == tmp_path / "绩效复核"
    (tmp_path / "OneDrive" / "Desktop").mkdir(parents=True)
    assert usual_folder() == tmp_path / "OneDrive" / "Desktop" / "绩效复核"
    (tmp_path / "Desktop").mkdir()
    assert call("init").exit_code == 0
    assert (tmp_path / "Desktop" / "绩效复核" / CLICKED).is_file()
