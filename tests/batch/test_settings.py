"""perfeval.toml: what each mistake says, which origin wins, and that a setting changes outcomes."""

from __future__ import annotations

import io
import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from perfeval_xl import run_folder
from perfeval_xl.batch.arrive import blank_of
from perfeval_xl.batch.settings import (
    Settings,
    SettingsError,
    key_lines,
    load_settings,
    settings_beside,
    settings_for,
)
from perfeval_xl.batch.settings_keys import KEYS, commented
from perfeval_xl.batch.verify import verify
from perfeval_xl.cli import main
from perfeval_xl.forms.office import OfficeRules, with_office_settings
from perfeval_xl.forms.spec import BandSpec, FormSpec
from perfeval_xl.model import Severity
from tests import officer
from tests.conftest import SAMPLES
from tests.writer.copies import workbook_of

STAFF = next(SAMPLES.glob("02*.xlsx"))  # 38 staff on 36 posts, full marks claimed
WHOLE = '[readings.partial_point]\npinned = "whole"\nnote = "局务会议定"\n'
RATE = "staffing_control_rate"


def written(folder: Path, text: str) -> Path:
    path = folder / "perfeval.toml"
    path.write_text(text, encoding="utf-8")
    return path


def desk_with(folder: Path, text: str) -> Path:
    """An inbox with one workbook, and settings beside it."""
    inbox = folder / "收件"
    inbox.mkdir(parents=True)
    shutil.copy(STAFF, inbox)
    written(folder, text)
    return inbox


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def record_in(outbox: Path) -> Any:
    return json.loads((outbox / "results.jsonl").read_text(encoding="utf-8"))


def rate_in(record: Any) -> Any:
    return next(i for i in record["indicators"] if i["id"] == RATE)


MISTAKES = {
    "unknown key": ("jbos = 2", 1, "jbos", "jobs"),
    "unknown table": ("# x\n[lsits]\n", 2, "lsits", "lists"),
    "unknown key in a table": ("[lists]\nroaster = 'a'", 2, "lists.roaster", "roster"),
    "unknown group of limits": ("[peers.outlier]\nnearest = 2", 1, "peers.outlier", "outliers"),
    "unknown limit of peers": ("[peers.texts]\nnearst = 2", 2, "peers.texts.nearst", "nearest"),
    "limit of peers too small": (
        "[peers.outliers]\nleast_units = 2",
        2,
        "peers.outliers.least_units",
        "5",
    ),
    "number as text": ('jobs = "2"', 1, "jobs", "一个整数"),
    "no whole number": ("jobs = 2.5", 1, "jobs", "一个整数"),
    "true is no number": ("jobs = true", 1, "jobs", "整数"),
    "no process at all": ("jobs = 0", 1, "jobs", "1 到 256"),
    "unknown form": ('\nform = "yueyanglou-2012"', 2, "form", "yueyanglou-2021"),
    "no such file": ('[lists]\nroster = "名册.xlsx"', 2, "lists.roster", "没有这个文件"),
    "no such folder": ('[lists]\nprevious = "上年"', 2, "lists.previous", "没有这个文件夹"),
    "no such password file": ('passwords = "密码.txt"', 1, "passwords", "没有这个文件"),
    "no such templates": ('templates = "表样"', 1, "templates", "没有这个文件夹"),
    "unknown reading": (
        "[readings.partial_points]\npinned = 'whole'\nnote = 'x'",
        1,
        "readings.partial_points",
        "partial_point",
    ),
    "unlawful answer": (
        "[readings.partial_point]\npinned = 'hole'\nnote = 'x'",
        2,
        "readings.partial_point.pinned",
        "whole",
    ),
    "no reason given": (
        "[readings.partial_point]\npinned = 'whole'",
        1,
        "readings.partial_point.note",
        "补写 note",
    ),
    "blank reason": (
        "[readings.partial_point]\npinned = 'whole'\nnote = ' '",
        3,
        "readings.partial_point.note",
        "补写 note",
    ),
    "bands out of order": (
        "[[bands]]\nlabel='良'\nat_least=80\n[[bands]]\nlabel='优'\nat_least=90",
        1,
        "bands",
        "由高到低",
    ),
    "bands without a floor": ("[[bands]]\nlabel='优'\nat_least=90", 1, "bands", "at_least = 0"),
    "two bands of one name": (
        "[[bands]]\nlabel='优'\nat_least=90\n[[bands]]\nlabel='优'\nat_least=0",
        1,
        "bands",
        "同名",
    ),
    "soft over hard": ("[limits]\nseconds = 31", 2, "limits.seconds", "hard_seconds"),
    "limit of nothing": ("[limits]\ncells = 0", 2, "limits.cells", "大于 0"),
    "half a cell": ("[limits]\ncells = 0.5", 2, "limits.cells", "整数"),
    "no colour": ('[colours]\nerror = "red"', 2, "colours.error", "六位十六进制"),
    "colour too dark": ('[colours]\nnote = "1F4E79"', 2, "colours.note", "太深"),
    "unknown colour": ('[colours]\neror = "FFFFFF"', 2, "colours.eror", "error"),
    "unknown finding": (
        '[severities]\n"score.total_difers" = "note"',
        2,
        "severities.score.total_difers",
        "score.total_differs",
    ),
    "unknown weight": (
        '[severities]\n"score.total_differs" = "hint"',
        2,
        "severities.score.total_differs",
        "warning",
    ),
    "no interval": ("[watch]\ninterval = 0", 2, "watch.interval", "大于 0"),
    "key twice": ("jobs = 1\njobs = 2", 2, "jobs = 2", "写法不对"),
    "path in double quotes": ('templates = "D:\\绩效\\表样"', 1, "templates", "改成 /"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_file_line_key_and_what_to_write(tmp_path: Path, name: str) -> None:
    text, line, key, told = MISTAKES[name]
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    error = caught.value
    assert (error.file, error.line) == (str(path), line)
    assert error.key.startswith(key)
    assert told in str(error)
    assert f"第 {line} 行" in str(error)


def test_settings_in_another_encoding_say_how_to_save_them(tmp_path: Path) -> None:
    path = tmp_path / "perfeval.toml"
    path.write_bytes('# 设置\nform = "x"\n'.encode("gbk"))
    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings(path)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "perfeval.toml"
    path.write_bytes(b"\xef\xbb\xbfjobs = 3\r\n")
    assert load_settings(path).jobs == 3


def test_each_key_is_found_on_the_line_it_begins(tmp_path: Path) -> None:
    text = """# 一
form = "x"
a.b = 1

[t]  # 二
list = [
  1,
]
"quoted.key" = '''
[no header]
'''
[[rows]]
label = "一"
[[rows]]
label = "二"
[deep.er]
"""
    assert key_lines(text) == {
        "form": 2, "a": 3, "a.b": 3, "t": 5, "t.list": 6, "t.quoted.key": 9, "rows": 12,
        "rows.label": 13, "deep.er": 16,
    }  # fmt: skip


def test_the_file_laid_out_is_valid_and_sets_nothing(tmp_path: Path) -> None:
    found = load_settings(written(tmp_path, commented()))
    assert Settings(file=found.file, origins=found.origins) == found


def test_every_key_is_accepted_as_its_example_writes_it(tmp_path: Path) -> None:
    """Each example line without its comment mark gives one valid file."""
    for name in ("名册.xlsx", "参考数据.xlsx", "密码.txt"):
        (tmp_path / "年" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "年" / name).write_text("x", encoding="utf-8")
    (tmp_path / "年" / "表样").mkdir()
    (tmp_path / "2020" / "结果").mkdir(parents=True)
    text = commented()
    for key in KEYS:
        marked = "".join(f"# {line}\n" for line in key.example.split("\n"))
        assert marked in text
        text = text.replace(marked, key.example + "\n", 1)  # some keys of two tables are alike
    found = load_settings(written(tmp_path / "年", text))
    assert found.form == "yueyanglou-2021"
    assert found.jobs == 2
    assert found.roster == tmp_path / "年" / "名册.xlsx"
    assert found.previous is not None
    assert found.previous.resolve() == (tmp_path / "2020" / "结果").resolve()
    assert found.passwords == ("x",)
    assert found.limits.package.file_bytes == 50 * 2**20
    assert [band.at_least for band in found.office.bands] == [90, 80, 60, 0]
    assert found.office.severities == (("score.reason_missing", Severity.ERROR),)
    assert len(found.office.colours) == 5


def test_settings_lie_beside_the_inbox_not_in_it(tmp_path: Path) -> None:
    inbox = tmp_path / "收件"
    (inbox / "区直").mkdir(parents=True)
    written(inbox, "")
    assert settings_beside(inbox) is None
    path = written(tmp_path, "")
    assert settings_beside(inbox) == path
    assert settings_for(inbox / "局.xlsx") == path


def test_settings_in_the_inbox_are_said_to_be_of_no_effect(tmp_path: Path) -> None:
    inbox = desk_with(tmp_path, "")
    written(inbox, "不是设置")
    result = call("run", inbox, "--out", tmp_path / "结果")
    assert result.exit_code == 3
    assert "不起作用" in result.stderr


def test_a_pinned_reading_makes_a_number_of_the_interval(tmp_path: Path) -> None:
    """36 posts and 38 staff give 2.5, 2.22 or 2.0; whole points alone give 2.5."""
    inbox = desk_with(tmp_path, "")
    outbox = tmp_path / "结果"
    call("run", inbox, "--out", outbox)
    open_rate = rate_in(record_in(outbox))
    assert (open_rate["low"], open_rate["high"]) == (2, 2.5)
    written(tmp_path, WHOLE)
    result = call("run", inbox, "--out", outbox)
    assert "沿用" not in result.stderr
    pinned = rate_in(record_in(outbox))
    assert (pinned["low"], pinned["high"], pinned["score"]) == (2.5, 2.5, 2.5)
    workbook = next(inbox.iterdir())
    checked = json.loads(call("check", workbook, "--json").stdout)
    assert rate_in(checked)["low"] == 2.5
    explained = call("explain", workbook, "1").stdout
    assert "复核得分：2.5\n" in explained
    assert "局务会议定" in explained
    copy = outbox / record_in(outbox)["copy"]
    assert call("verify", copy, workbook).exit_code == 0


def test_a_copy_made_under_other_settings_is_unproven_not_accused(tmp_path: Path) -> None:
    inbox = desk_with(tmp_path, WHOLE + '[colours]\nerror = "FFC7CE"\n')
    outbox = tmp_path / "结果"
    call("run", inbox, "--out", outbox)
    copy = (outbox / record_in(outbox)["copy"]).read_bytes()
    original = STAFF.read_bytes()
    same = load_settings(tmp_path / "perfeval.toml").options()
    assert verify(copy, original, same).status == "proven"
    assert verify(copy, original, Settings().options()).status == "unproven"


def test_bands_of_the_office_judge_the_rating(tmp_path: Path) -> None:
    """The unit writes 97.5 and 优秀; with 优秀 from 98 only it is a 良好."""
    bands = "[[bands]]\nlabel='优秀'\nat_least=98\n[[bands]]\nlabel='良好'\nat_least=0\n"
    inbox = desk_with(tmp_path, bands)
    call("run", inbox, "--out", tmp_path / "结果")
    record = record_in(tmp_path / "结果")
    assert record["totals"]["stated"] == 97.5
    assert set(record["totals"]["rating"]) <= {"优秀", "良好"}
    found = [f for f in record["findings"] if f["code"] == "score.rating_differs"]
    assert [f["expected"] for f in found] == ["良好"]


def test_a_weight_of_the_office_holds_in_copy_results_and_exit_code(tmp_path: Path) -> None:
    plain = desk_with(tmp_path / "甲", "")
    assert call("run", plain, "--out", tmp_path / "甲" / "结果").exit_code == 3
    record = record_in(tmp_path / "甲" / "结果")
    codes = {f["code"] for f in record["findings"] if f["severity"] == "error"}
    lines = "".join(f'"{code}" = "note"\n' for code in sorted(codes))
    lighter = desk_with(tmp_path / "乙", f"[severities]\n{lines}")
    assert call("run", lighter, "--out", tmp_path / "乙" / "结果").exit_code == 0
    record = record_in(tmp_path / "乙" / "结果")
    assert {f["severity"] for f in record["findings"] if f["code"] in codes} == {"note"}
    assert not any(f["severity"] == "error" for f in record["findings"])


def test_a_weight_of_the_office_holds_for_what_only_the_batch_shows(tmp_path: Path) -> None:
    inbox = desk_with(tmp_path, '[severities]\n"batch.same_content" = "error"\n')
    shutil.copy(STAFF, inbox / "又一份.xlsx")
    run_folder(inbox, tmp_path / "结果", settings=load_settings(tmp_path / "perfeval.toml"))
    lines = (tmp_path / "结果" / "results.jsonl").read_text(encoding="utf-8").splitlines()
    findings = [f for line in lines for f in json.loads(line)["findings"]]
    assert {f["severity"] for f in findings if f["code"] == "batch.same_content"} == {"error"}


def test_colours_of_the_office_are_those_of_copy_and_summary(tmp_path: Path) -> None:
    inbox = desk_with(tmp_path, '[colours]\nwarning = "FFFFCC"\n')
    call("run", inbox, "--out", tmp_path / "结果", "--jobs", "1")
    copy = openpyxl.load_workbook(tmp_path / "结果" / record_in(tmp_path / "结果")["copy"])
    summary = openpyxl.load_workbook(tmp_path / "结果" / "汇总.xlsx")
    for book in (copy, summary):
        fills = {
            cell.fill.fgColor.rgb
            for sheet in book
            for row in sheet.iter_rows()
            for cell in row
            if cell.fill.fill_type == "solid"
        }
        assert "FFFFFFCC" in fills
        assert "FFFFE699" not in fills


def test_a_limit_of_peers_decides_what_is_noted_and_stands_with_its_origin(tmp_path: Path) -> None:
    """Two units with equal scores, five rows of them not full."""
    for name in ("区甲局", "区乙局"):
        (tmp_path / "收件").mkdir(exist_ok=True)
        (tmp_path / "收件" / f"{name}.xlsx").write_bytes(workbook_of(officer.form_of(name)))

    def said() -> bool:
        call("run", tmp_path / "收件", "--out", tmp_path / "结果", "--jobs", "1")
        return "batch.equal_scores" in (tmp_path / "结果" / "results.jsonl").read_text("utf-8")

    assert said()
    written(tmp_path, "[peers.scores]\nleast_deductions = 20\n")
    assert not said()
    shown = call("settings", tmp_path / "收件").stdout
    assert "横向比较·评分：扣分的行至少几行" in shown
    assert "perfeval.toml 第 2 行" in shown
    summary = tmp_path / "结果" / "汇总.xlsx"
    before = summary.read_bytes()
    assert call("report", tmp_path / "结果").exit_code == 0
    assert summary.read_bytes() == before


def test_a_limit_of_the_office_returns_what_is_larger(tmp_path: Path) -> None:
    inbox = desk_with(tmp_path, "[limits]\nfile_mb = 0.001\n")
    assert call("run", inbox, "--out", tmp_path / "结果").exit_code == 4
    assert record_in(tmp_path / "结果")["reason"]["code"] == "workbook.too_large"


def test_the_command_line_goes_before_the_file_that_before_the_form_that_before_the_default(
    tmp_path: Path,
) -> None:
    inbox = desk_with(tmp_path, 'jobs = 3\nform = "yueyanglou-2021"\n' + WHOLE)
    shown = json.loads(call("settings", inbox, "--json").stdout)
    assert shown["jobs"]["origin"] == "perfeval.toml 第 1 行"
    assert shown["form"]["origin"] == "perfeval.toml 第 2 行"
    assert shown["readings.partial_point"]["origin"] == "perfeval.toml 第 3 行"
    assert "局务会议定" in shown["readings.partial_point"]["value"]
    assert shown["readings.surplus_basis"]["origin"] == "表样"
    assert shown["limits.seconds"] == {
        "key": "limits.seconds", "title": "一份文件最多算几秒", "value": "10", "origin": "默认",
        "decides": True,
    }  # fmt: skip
    over = load_settings(tmp_path / "perfeval.toml").overruled(jobs=1, form=None)
    rows = {row.key: row for row in over.in_force()}
    assert (rows["jobs"].value, rows["jobs"].origin) == ("1", "命令行")
    assert rows["form"].origin == "perfeval.toml 第 2 行"


def test_templates_may_be_named_in_the_file_and_on_the_command_line(tmp_path: Path) -> None:
    for name in ("表样", "另一套"):
        (tmp_path / name).mkdir()
    found = load_settings(written(tmp_path, 'templates = "表样"\n'), tmp_path / "另一套")
    assert found.templates == tmp_path / "另一套"


def test_settings_shows_every_key_in_chinese(tmp_path: Path) -> None:
    result = call("settings", desk_with(tmp_path, WHOLE))
    assert result.exit_code == 0
    for key in KEYS:
        if key.name != "severities":  # shown by the codes that are set
            assert key.name in result.stdout, key.name
    assert "perfeval.toml 第 1 行" in result.stdout


def test_a_settings_file_may_be_named(tmp_path: Path) -> None:
    inbox = desk_with(tmp_path / "年", "")
    other = written(tmp_path, WHOLE)
    call("run", inbox, "--out", tmp_path / "结果", "--settings", other)
    assert rate_in(record_in(tmp_path / "结果"))["low"] == 2.5


def test_wrong_settings_stop_a_run_before_it_writes(tmp_path: Path) -> None:
    result = call("run", desk_with(tmp_path, "jbos = 1"), "--out", tmp_path / "结果")
    assert result.exit_code == 1
    assert "是不是“jobs”" in result.stderr
    assert not (tmp_path / "结果").exists()


def test_the_summary_lists_what_was_in_force_whatever_the_number_of_processes(
    tmp_path: Path,
) -> None:
    inbox = desk_with(tmp_path, WHOLE)
    settings = load_settings(tmp_path / "perfeval.toml")
    run_folder(inbox, tmp_path / "一", jobs=1, settings=settings)
    run_folder(inbox, tmp_path / "二", jobs=2, settings=settings)
    summary = (tmp_path / "一" / "汇总.xlsx").read_bytes()
    assert summary == (tmp_path / "二" / "汇总.xlsx").read_bytes()
    rows = openpyxl.load_workbook(tmp_path / "一" / "汇总.xlsx")["运行信息"].iter_rows(
        values_only=True
    )
    shown = {row[0]: row[1] for row in rows}
    assert shown["设置 读法：不足一个百分点是否扣分"] == (
        "按整点计；依据：局务会议定（perfeval.toml 第 1 行）"
    )
    assert not any("同时处理" in str(name) for name in shown)


def test_numbers_are_read_exactly(tmp_path: Path) -> None:
    text = "[[bands]]\nlabel='优'\nat_least=89.95\n[[bands]]\nlabel='中'\nat_least=0\n"
    bands = load_settings(written(tmp_path, text)).office.bands
    assert bands[0].at_least == Decimal("89.95")


def test_old_files_are_put_into_a_blank_that_knows_the_bands_of_the_office(
    form: FormSpec,
) -> None:
    """The blank that lies beside the form's data warns by the printed bands."""
    bands = (BandSpec("甲等", Decimal(97), ()), BandSpec("乙等", Decimal(0), ()))
    own = with_office_settings(form, OfficeRules(bands=bands))
    sheets = openpyxl.load_workbook(io.BytesIO(blank_of(own)))
    lists = [rule.formula1 for sheet in sheets for rule in sheet.data_validations.dataValidation]
    assert any("甲等" in str(formula) for formula in lists)
    assert not any("优秀" in str(formula) for formula in lists)
