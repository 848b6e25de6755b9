"""The last word, collected: every figure here is worked out by hand from 96.8 points as filled in."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from perfeval_xl import run_folder
from perfeval_xl.batch.lock import OutboxBusy, OutboxLock
from perfeval_xl.batch.settings import Settings
from perfeval_xl.batch.settle import NothingToSettle, Settlement, settle
from perfeval_xl.cli import main
from perfeval_xl.forms.office import OfficeRules
from perfeval_xl.forms.spec import BandSpec
from perfeval_xl.settlement import Stage, UnitSettlement
from tests import officer
from tests.audit import audit
from tests.batch.test_run import files_of
from tests.conftest import ROOT
from tests.writer.copies import workbook_of

MANAGEMENT, COMPLIANCE = "budget_management_system", "fund_use_compliance"
POSTS, DISCLOSURE = "staffing_control_rate", "budget_disclosure"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three units, reviewed. 丙 has 20% more staff than posts: 5 claimed, 0 computed."""
    desk = tmp_path_factory.mktemp("核定")
    inbox = desk / "收件"
    (inbox / "二科").mkdir(parents=True)
    (inbox / "甲.xlsx").write_bytes(workbook_of(officer.form_of("区甲局")))
    (inbox / "二科" / "乙.xlsx").write_bytes(workbook_of(officer.form_of("区乙局")))
    exceeded = officer.form_of("区丙局", authorized_posts=30, actual_staff=36)
    (inbox / "丙.xlsx").write_bytes(workbook_of(exceeded))
    run_folder(inbox, desk / "结果", jobs=1)
    return desk


@pytest.fixture
def outbox(begun: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(begun / "结果", tmp_path / "结果"))


def copy_of(outbox: Path, name: str) -> Path:
    return outbox / "复核" / f"{name}_复核.xlsx"


def unit_of(result: Settlement, file: str) -> UnitSettlement:
    return next(unit for unit in result.units if unit.file == file)


def rows_of(path: Path, sheet: str) -> list[list[Any]]:
    """The rows of a list below its head, as Excel shows them."""
    rows = [list(row) for row in openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True)]
    begin = next(n for n, row in enumerate(rows) if row[0] == "序号")
    return [row for row in rows[begin + 1 :] if row[1] is not None]


def texts_of(path: Path) -> str:
    book = openpyxl.load_workbook(path)
    rows = book.worksheets[0].iter_rows(values_only=True)
    return "\n".join(str(value) for row in rows for value in row if value is not None)


def settled_unit(outbox: Path) -> None:
    """甲: all agreed with, but 管理制度 2 → 1 and 预决算公开 3 → 2.5: 96.8 − 1 − 0.5 = 95.3."""
    copy = copy_of(outbox, "甲")
    officer.agree_with_all(copy)
    officer.rule(copy, {MANAGEMENT: (1, "缺一项制度"), DISCLOSURE: (2.5, "公开晚 3 天")})
    officer.deal(copy, 1, "豁免", "已提供说明", "2022-05-01")


def test_a_unit_with_every_answer_is_settled(outbox: Path) -> None:
    settled_unit(outbox)
    unit = unit_of(settle(outbox), "甲.xlsx")
    assert (unit.stage, unit.mistakes) == (Stage.SETTLED, ())
    assert (float(unit.total), unit.rating, unit.stated) == (95.3, "优秀", unit.computed)
    assert [(float(i.change), i.why) for i in unit.items if i.change] == [
        (-1.0, "缺一项制度"), (-0.5, "公开晚 3 天"),
    ]  # fmt: skip
    assert [(d.reason, d.date) for d in unit.waived] == [("已提供说明", "2022-05-01")]


def test_a_unit_without_answers_is_open_and_its_total_provisional(outbox: Path) -> None:
    """21 of 25 as filled in ask; with posts exceeded it is 22, and 96.8 − 5 = 91.8."""
    result = settle(outbox)
    assert len(unit_of(result, "二科/乙.xlsx").open_items) == 21
    exceeded = unit_of(result, "丙.xlsx")
    assert (exceeded.stage, len(exceeded.open_items)) == (Stage.OPEN, 22)
    assert (float(exceeded.total), float(exceeded.computed or 0)) == (91.8, 91.8)


def test_an_answer_that_cannot_count_is_named_with_its_cell(outbox: Path) -> None:
    copy = copy_of(outbox, "丙")
    officer.rule(
        copy,
        {
            MANAGEMENT: (7, "太多"),
            COMPLIANCE: (2, None),
            DISCLOSURE: ("三分", "对"),
            POSTS: (5, None),
            "asset_safety": (None, "看过"),
            "benefit_economic": (10, "好"),
            "benefit_social": (10, "好"),
        },
    )
    officer.deal(copy, 1, "豁免", None, "下周")
    unit = unit_of(settle(outbox), "丙.xlsx")
    assert unit.stage is Stage.MISTAKES
    said = {mistake.place: mistake.message for mistake in unit.mistakes}
    sheet = officer.opened(copy)[officer.SCORING]
    _, column = officer.column_of(sheet, "核定得分")

    def said_of(indicator: str, right: int = 0) -> str:
        cell = sheet.cell(officer.row_of(sheet, indicator), column + right)
        return said[f"{officer.SCORING}!{cell.coordinate}"]

    assert "核定得分是 7，应在 0 至 3 之间" in said_of(MANAGEMENT)
    assert "核定 2 分，自评 3，复核允许 0 至 3，没有写理由" in said_of(COMPLIANCE, 1)
    assert "“三分”，不是一个数" in said_of(DISCLOSURE)
    assert "核定 5 分，自评 5，复核允许 0，没有写理由" in said_of(POSTS, 1)
    assert "写了核定理由，没有写核定得分" in said_of("asset_safety")
    assert "合计核定 25 分，几项一共只有 15 分" in said_of("benefit_economic")
    assert len([m for m in unit.mistakes if "豁免" in m.message]) == 2
    assert all(m.message.startswith("丙.xlsx ") and m.fix for m in unit.mistakes)


def test_a_ruling_whose_grounds_changed_is_open_and_shown(begun: Path, tmp_path: Path) -> None:
    """管理制度 is claimed 3 instead of 2; 预决算公开 stays ruled 2.5: 96.8 + 1 − 0.5 = 97.3."""
    desk = Path(shutil.copytree(begun, tmp_path / "案头"))
    settled_unit(desk / "结果")
    changed = officer.form_of("区甲局")
    changed.scores[8] = 3
    (desk / "收件" / "甲.xlsx").write_bytes(workbook_of(changed))
    run_folder(desk / "收件", desk / "结果", jobs=1)
    unit = unit_of(settle(desk / "结果"), "甲.xlsx")
    assert unit.stage is Stage.OPEN
    item = next(i for i in unit.items if i.question.id == MANAGEMENT)
    assert "上次核定 1 分（理由：缺一项制度），当时自评 2" in item.earlier
    assert "现自评 3" in item.earlier
    assert unit.waived == []
    assert any("【处理后填报有改动】上次：豁免，2022-05-01" in d.earlier for d in unit.findings)
    officer.agree_with_all(copy_of(desk / "结果", "甲"))
    unit = unit_of(settle(desk / "结果"), "甲.xlsx")
    assert (unit.stage, float(unit.total)) == (Stage.SETTLED, 97.3)


# ---- what is written ----


def test_the_summary_has_every_figure(outbox: Path) -> None:
    settled_unit(outbox)
    settle(outbox)
    path = outbox / "汇总_核定.xlsx"
    units = {row[1]: row for row in rows_of(path, "核定汇总")}
    assert units["区甲局"][4:14] == [
        96.8, 96.8, 95.3, -1.5, "优秀", "优秀", "已核定", None, None, 1,
    ]  # fmt: skip
    assert units["区丙局"][4:12] == [96.8, 91.8, 91.8, -5, "优秀", "优秀", "未核定完", 22]
    changes = [row for row in rows_of(path, "调整明细") if row[1] == "区甲局"]
    assert [(row[2], row[5], row[7], row[8], row[9], row[10]) for row in changes] == [
        (8, 2, 1, -1, "核定人", "缺一项制度"), (10, 3, 2.5, -0.5, "核定人", "公开晚 3 天"),
    ]  # fmt: skip
    assert len(rows_of(path, "尚未核定")) == 21 + 22
    assert [row[5:8] for row in rows_of(path, "处理与豁免")] == [
        ["豁免", "已提供说明", "2022-05-01"]
    ]
    assert not audit(path)


def test_the_notice_is_final_only_when_all_is_settled(outbox: Path) -> None:
    settled_unit(outbox)
    settle(outbox)
    final = outbox / "复核意见书" / "甲_复核意见书.xlsx"
    shown = texts_of(final)
    assert "自评 96.8 分，核定 95.3 分，评价等次 优秀" in shown
    assert "缺一项制度" in shown
    assert "豁免理由：已提供说明" in shown
    assert "草稿" not in shown
    draft = texts_of(outbox / "复核意见书" / "二科" / "乙_复核意见书.xlsx")
    assert "草稿：未核定完，尚有 21 项未核定" in draft
    assert not audit(final)
    page = openpyxl.load_workbook(final).worksheets[0]
    assert (page.page_setup.paperSize, page.page_setup.orientation) == (9, "portrait")
    assert page.page_setup.fitToHeight in (None, 1)


def test_settling_twice_gives_the_same_bytes(outbox: Path) -> None:
    settled_unit(outbox)
    settle(outbox)
    before = files_of(outbox)
    settle(outbox)
    assert files_of(outbox) == before


def test_a_notice_that_somebody_edited_is_kept(outbox: Path) -> None:
    settle(outbox)
    notice = outbox / "复核意见书" / "甲_复核意见书.xlsx"
    officer.edit(notice, lambda book: book.worksheets[0].cell(60, 1, "另：请于六月前报"))  # type: ignore[func-returns-value, arg-type, return-value]
    edited = notice.read_bytes()
    settled_unit(outbox)
    result = settle(outbox)
    assert result.set_aside == ("复核意见书/甲_复核意见书_人工改动.xlsx",)
    assert (outbox / result.set_aside[0]).read_bytes() == edited
    assert "核定 95.3 分" in texts_of(notice)


def test_a_copy_that_cannot_be_read_is_a_mistake_and_loses_nothing(outbox: Path) -> None:
    settled_unit(outbox)
    settle(outbox)
    copy_of(outbox, "甲").write_bytes(b"PK broken")
    unit = unit_of(settle(outbox), "甲.xlsx")
    assert unit.stage is Stage.MISTAKES
    assert "读不出来" in unit.mistakes[0].message
    assert any("上次核定 1 分" in item.earlier for item in unit.items)


def test_rulings_in_a_copy_whose_file_is_gone_are_named(begun: Path, tmp_path: Path) -> None:
    desk = Path(shutil.copytree(begun, tmp_path / "案头"))
    settled_unit(desk / "结果")
    (desk / "收件" / "甲.xlsx").unlink()
    run_folder(desk / "收件", desk / "结果", jobs=1)
    result = settle(desk / "结果")
    assert result.strays == ("复核/甲_复核.xlsx",)
    assert len(result.units) == 2


# ---- the command ----


def test_the_offices_own_bands_give_the_rating(begun: Path, tmp_path: Path) -> None:
    """95.3 points, where this office asks 96 of an 优秀."""
    desk = Path(shutil.copytree(begun, tmp_path / "案头"))
    settled_unit(desk / "结果")
    bands = [("优秀", 96), ("良好", 80), ("合格", 60), ("不合格", 0)]
    text = "".join(f'[[bands]]\nlabel = "{name}"\nat_least = {least}\n' for name, least in bands)
    (desk / "perfeval.toml").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["settle", str(desk / "结果")])
    assert "设置：" in result.stderr
    row = next(r for r in rows_of(desk / "结果" / "汇总_核定.xlsx", "核定汇总") if r[1] == "区甲局")
    assert (row[6], row[9]) == (95.3, "良好")


def test_the_offices_colours_are_those_of_the_settled_summary_and_the_notice(
    begun: Path, tmp_path: Path
) -> None:
    desk = Path(shutil.copytree(begun, tmp_path / "案头"))
    (desk / "perfeval.toml").write_text('[colours]\nwarning = "FFFF99"\n', encoding="utf-8")
    assert CliRunner().invoke(main, ["settle", str(desk / "结果")]).exit_code == 4
    summary = openpyxl.load_workbook(desk / "结果" / "汇总_核定.xlsx")["核定汇总"]
    states = [c for row in summary.iter_rows() for c in row if c.value == "未核定完"]
    assert {cell.fill.fgColor.rgb for cell in states} == {"FFFFFF99"}
    notice = openpyxl.load_workbook(desk / "结果" / "复核意见书" / "甲_复核意见书.xlsx").worksheets[
        0
    ]
    assert notice["A2"].fill.fgColor.rgb == "FFFFFF99"


def test_settling_knows_the_offices_own_form_by_its_settings(tmp_path: Path) -> None:
    own = tmp_path / "表样" / "某区-2021"
    shutil.copytree(ROOT / "templates" / "yueyanglou-2021", own)
    spec = (own / "form.toml").read_text(encoding="utf-8")
    renamed = spec.replace('id = "yueyanglou-2021"', 'id = "某区-2021"')
    (own / "form.toml").write_text(renamed, encoding="utf-8")
    settings = 'templates = "表样"\nform = "某区-2021"\n'
    (tmp_path / "perfeval.toml").write_text(settings, encoding="utf-8")
    (tmp_path / "收件").mkdir()
    (tmp_path / "收件" / "甲.xlsx").write_bytes(workbook_of(officer.form_of("区甲局")))
    words = ["run", str(tmp_path / "收件"), "--out", str(tmp_path / "结果"), "--jobs", "1"]
    assert CliRunner().invoke(main, words).exit_code == 0
    assert CliRunner().invoke(main, ["settle", str(tmp_path / "结果")]).exit_code == 4


def test_exit_codes_tell_mistakes_from_what_is_open(outbox: Path) -> None:
    def code() -> int:
        return CliRunner().invoke(main, ["settle", str(outbox)]).exit_code

    assert code() == 4
    officer.rule(copy_of(outbox, "丙"), {MANAGEMENT: (7, "太多")})
    assert code() == 3
    for name in ("甲", "二科/乙", "丙"):
        officer.agree_with_all(copy_of(outbox, name))
    officer.rule(copy_of(outbox, "丙"), {POSTS: (0, None)})
    assert code() == 0


def test_what_is_missing_is_printed_and_json_is_one_object_per_file(outbox: Path) -> None:
    done = CliRunner().invoke(main, ["settle", str(outbox)])
    assert "第 8 项 管理制度健全性" in done.stdout
    done = CliRunner().invoke(main, ["settle", str(outbox), "--json"])
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert {record["file"]: record["total"] for record in records} == {
        "甲.xlsx": 96.8, "丙.xlsx": 91.8, "二科/乙.xlsx": 96.8,
    }  # fmt: skip


def test_an_outbox_in_use_or_without_results_is_refused(outbox: Path, tmp_path: Path) -> None:
    with OutboxLock(outbox), pytest.raises(OutboxBusy):
        settle(outbox)
    with pytest.raises(NothingToSettle):
        settle(tmp_path)
    done = CliRunner().invoke(main, ["settle", str(tmp_path)])
    assert (done.exit_code, "请先运行 perfeval run" in done.stderr) == (1, True)


def test_the_rating_is_by_the_bands_that_the_office_set(begun: Path, tmp_path: Path) -> None:
    """96.8 points and the office asks 98 for its best band."""
    bands = (BandSpec("甲等", Decimal(98), ()), BandSpec("乙等", Decimal(0), ()))
    settings = Settings(office=OfficeRules(bands=bands))
    run_folder(begun / "收件", tmp_path / "结果", jobs=1, settings=settings)
    assert unit_of(settle(tmp_path / "结果"), "甲.xlsx").rating == "乙等"
