"""Nothing an officer typed is ever lost: not by a run, a change, a fault or a kill."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from openpyxl.styles import PatternFill
from openpyxl.workbook import Workbook as Book

from perfeval_xl import run_folder
from perfeval_xl.batch import run as run_module
from perfeval_xl.batch.ending import RunResult
from perfeval_xl.batch.keep import protect
from perfeval_xl.batch.rulings import STORE, RulingStore, Snapshot, known_for
from perfeval_xl.batch.settle import settle
from perfeval_xl.batch.standing import CopyChanged, Standing, stamp_of
from perfeval_xl.batch.who import Who
from perfeval_xl.context import Adjudication, Waiver
from perfeval_xl.ooxml import Limits, Workbook
from tests import officer
from tests.batch import misbehaving
from tests.batch.test_faults import sabotaged, steps
from tests.batch.test_run import files_of
from tests.officer import SCORING
from tests.writer.copies import workbook_of

MANAGEMENT, COMPLIANCE = "budget_management_system", "fund_use_compliance"
RULED = {MANAGEMENT: (1, "缺一项"), COMPLIANCE: (2, "一例")}
MARK, CARRIED = "【核定后填报有改动】", "【沿用第 1 轮核定】"


@cache  # openpyxl notes the time: made twice, it is another file
def form(unit: str = "区示例局", **scores: int) -> bytes:
    filled = officer.form_of(unit)
    for number, score in scores.items():
        filled.scores[int(number.removeprefix("n"))] = score
    filled.state_totals()
    return workbook_of(filled)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inbox with one file, run once; the officer has ruled on two indicators and a finding."""
    desk = tmp_path_factory.mktemp("案头")
    (desk / "收件").mkdir()
    (desk / "收件" / "甲.xlsx").write_bytes(form())
    run_folder(desk / "收件", desk / "结果", jobs=1)
    copy = desk / "结果" / "复核" / "甲_复核.xlsx"
    officer.rule(copy, RULED)
    officer.deal(copy, 1, "豁免", "已说明", "2022-05-01")
    return desk


@pytest.fixture
def desk(begun: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(begun, tmp_path / "案头"))


def copy_of(desk: Path, name: str = "甲") -> Path:
    return desk / "结果" / "复核" / f"{name}_复核.xlsx"


def run(desk: Path, force: bool = False) -> RunResult:
    return run_folder(desk / "收件", desk / "结果", jobs=1, force=force)


def aside(desk: Path) -> list[str]:
    return sorted(path.name for path in (desk / "结果").rglob("*_人工改动*"))


def remarks(path: Path, mark: str = MARK) -> list[str]:
    cells = Workbook.open(path.read_bytes()).sheet(SCORING).cells.values()
    return [cell.raw for cell in cells if mark in cell.raw]


# ---- a run beside rulings ----


def test_a_run_with_nothing_new_leaves_the_officers_copy_to_the_byte(desk: Path) -> None:
    before = copy_of(desk).read_bytes()
    result = run(desk)
    assert (result.resumed, copy_of(desk).read_bytes()) == (1, before)
    assert aside(desk) == []


def test_a_copy_written_anew_bears_what_was_entered(desk: Path) -> None:
    result = run(desk, force=True)
    assert officer.entered(copy_of(desk)) == RULED
    sheet = officer.opened(copy_of(desk))["复核意见"]
    row, column = officer.column_of(sheet, "处理")
    shown = [sheet.cell(row + 1, column + offset).value for offset in range(3)]
    assert shown == ["豁免", "已说明", "2022-05-01"]
    assert (aside(desk), result.set_aside) == ([], [])


def test_what_was_typed_wrong_is_kept_as_it_was_typed(desk: Path) -> None:
    officer.rule(copy_of(desk), {MANAGEMENT: ("五分", None), COMPLIANCE: (99, None)})
    run(desk, force=True)
    assert officer.entered(copy_of(desk)) == {MANAGEMENT: ("五分", None), COMPLIANCE: (99, None)}


def test_what_was_cleared_stays_cleared(desk: Path) -> None:
    run(desk, force=True)
    officer.rule(copy_of(desk), {MANAGEMENT: (None, None)})
    run(desk, force=True)
    assert officer.entered(copy_of(desk)) == {COMPLIANCE: RULED[COMPLIANCE]}


def test_a_copy_that_is_gone_comes_back_with_its_rulings(desk: Path) -> None:
    run(desk)
    copy_of(desk).unlink()
    run(desk)
    assert officer.entered(copy_of(desk)) == RULED


def test_a_ruling_whose_grounds_changed_waits_to_be_confirmed(desk: Path) -> None:
    (desk / "收件" / "甲.xlsx").write_bytes(form(n9=1))
    run(desk)
    assert officer.entered(copy_of(desk)) == {MANAGEMENT: RULED[MANAGEMENT]}
    shown = remarks(copy_of(desk))
    assert len(shown) == 1
    assert "上次核定 2 分（理由：一例），当时自评 3、区间 0 至 3；现自评 1、区间 0 至 3" in shown[0]
    assert "有改动的：自评得分。请重新核定。" in shown[0]
    # her own version of the first round is kept beside
    assert aside(desk) == ["甲_复核_人工改动.xlsx"]
    assert officer.entered(copy_of(desk).with_name(aside(desk)[0])) == RULED
    officer.rule(copy_of(desk), {COMPLIANCE: (1, "再看")})
    run(desk, force=True)
    assert officer.entered(copy_of(desk)) == RULED | {COMPLIANCE: (1, "再看")}
    assert remarks(copy_of(desk)) == []


def test_rulings_hold_again_when_the_first_file_comes_back(desk: Path) -> None:
    first = (desk / "收件" / "甲.xlsx").read_bytes()
    (desk / "收件" / "甲.xlsx").write_bytes(form(n9=1))
    run(desk)
    (desk / "收件" / "甲.xlsx").write_bytes(first)
    run(desk)
    assert officer.entered(copy_of(desk)) == RULED
    assert remarks(copy_of(desk)) == []


def test_a_renamed_file_keeps_its_units_rulings(desk: Path) -> None:
    (desk / "收件" / "甲.xlsx").rename(desk / "收件" / "甲局（改名）.xlsx")
    run(desk)
    assert officer.entered(copy_of(desk, "甲局（改名）")) == RULED


def test_a_copy_of_a_file_that_is_now_returned_is_kept_aside(desk: Path) -> None:
    (desk / "收件" / "甲.xlsx").write_bytes(form()[:3000])
    os.utime(desk / "收件" / "甲.xlsx", (1, 1))
    result = run(desk)
    assert result.returned == 1
    assert not copy_of(desk).exists()
    kept = desk / "结果" / result.set_aside[0]
    assert officer.entered(kept) == RULED
    (desk / "收件" / "甲.xlsx").write_bytes(form())
    run(desk)
    assert officer.entered(copy_of(desk)) == RULED


def test_what_was_ruled_on_one_unit_is_never_shown_on_another_ones_file_of_that_name(
    desk: Path,
) -> None:
    (desk / "收件" / "甲.xlsx").write_bytes(form("区乙局"))
    run(desk)
    assert (officer.entered(copy_of(desk)), remarks(copy_of(desk))) == ({}, [])
    assert officer.entered(copy_of(desk).with_name(aside(desk)[0])) == RULED
    result = settle(desk / "结果")
    assert not [item for unit in result.units for item in unit.items if item.earlier]


def test_a_copy_saved_over_anothers_rules_on_its_own_file_only(desk: Path) -> None:
    (desk / "收件" / "乙.xlsx").write_bytes(form("区乙局"))
    run(desk)
    shutil.copy(copy_of(desk), copy_of(desk, "乙"))
    units = {unit.file: unit for unit in settle(desk / "结果").units}
    assert not [item for item in units["乙.xlsx"].items if item.ruled is not None or item.earlier]
    assert "这里放的是“甲.xlsx”的副本" in units["乙.xlsx"].mistakes[0].message
    assert sum(item.ruled is not None for item in units["甲.xlsx"].items) == len(RULED)
    run(desk, force=True)
    assert officer.entered(copy_of(desk)) == RULED
    assert (officer.entered(copy_of(desk, "乙")), remarks(copy_of(desk, "乙"))) == ({}, [])
    assert aside(desk) == ["乙_复核_人工改动.xlsx"]


def colour(book: Book) -> None:
    book[SCORING]["A3"].fill = PatternFill("solid", fgColor="00FF00")


def own_note(book: Book) -> None:
    book[SCORING]["A60"] = "电话问过，下周补材料"


@pytest.mark.parametrize("change", [colour, own_note])
def test_what_else_was_changed_by_hand_is_kept_beside_and_said(desk: Path, change: object) -> None:
    officer.edit(copy_of(desk), change)  # type: ignore[arg-type]
    before = copy_of(desk).read_bytes()
    result = run(desk, force=True)
    assert result.set_aside == ["复核/甲_复核_人工改动.xlsx"]
    assert (desk / "结果" / result.set_aside[0]).read_bytes() == before
    assert officer.entered(copy_of(desk)) == RULED
    # kept once, and never taken for a copy
    assert run(desk, force=True).set_aside == []
    assert aside(desk) == ["甲_复核_人工改动.xlsx"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no workbook", None])
def test_a_copy_nobody_can_read_is_kept_aside_to_the_byte(
    desk: Path, content: bytes | None
) -> None:
    damaged = copy_of(desk).read_bytes()[:9000] if content is None else content
    copy_of(desk).write_bytes(damaged)
    result = run(desk, force=True)
    assert list(result.unreadable) == ["复核/甲_复核.xlsx"]
    assert (desk / "结果" / "复核" / "甲_复核_人工改动.xlsx").read_bytes() == damaged
    assert officer.entered(copy_of(desk)) == {}


def test_rulings_are_found_though_the_journal_is_lost(desk: Path) -> None:
    (desk / "结果" / ".perfeval" / "journal.jsonl").unlink()
    run(desk)
    assert officer.entered(copy_of(desk)) == RULED


def test_a_ruling_saved_while_the_run_is_at_it_is_taken_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = tmp_path / "收件"
    inbox.mkdir()
    (inbox / "ruled meanwhile.xlsx").write_bytes(form())
    run_folder(inbox, tmp_path / "结果", jobs=1)
    (inbox / "ruled meanwhile.xlsx").write_bytes(form(n9=1))
    monkeypatch.setattr(run_module, "work_line", misbehaving.work_line)
    run_folder(inbox, tmp_path / "结果", jobs=1)
    copy = tmp_path / "结果" / "复核" / "ruled meanwhile_复核.xlsx"
    assert officer.entered(copy) == {MANAGEMENT: (1, "当时填的")}  # row 8, and row 9 has changed
    assert remarks(copy, CARRIED) != []


def test_a_copy_that_is_not_as_it_was_seen_is_not_touched(tmp_path: Path) -> None:
    copy = tmp_path / "x.xlsx"
    copy.write_bytes(b"1")
    seen = Standing(stamp_of(copy.stat()))
    assert protect(copy, seen, None, Limits()) is None
    copy.write_bytes(b"22")
    with pytest.raises(CopyChanged):
        protect(copy, seen, None, Limits())
    with pytest.raises(CopyChanged):
        protect(copy, Standing(None), None, Limits())


# ---- the store ----


def snapshot(sha256: str, score: int | None, file: str = "甲.xlsx") -> Snapshot:
    rulings = () if score is None else (Adjudication("x", Decimal(score), "理", sha256, raw="1"),)
    waivers = (Waiver("k", "理", "2022-05-01", sha256),)
    return Snapshot(file, Who("甲", "", "f", 2021), sha256, rulings, waivers)


def test_the_store_reads_back_what_was_added_and_adds_nothing_twice(tmp_path: Path) -> None:
    store = RulingStore(tmp_path)
    assert store.add(snapshot("a", 1))
    assert not store.add(snapshot("a", 1))
    assert store.add(snapshot("a", 2))
    assert RulingStore(tmp_path).snapshots == [snapshot("a", 1), snapshot("a", 2)]


def test_a_line_cut_short_or_damaged_costs_only_itself(tmp_path: Path) -> None:
    RulingStore(tmp_path).add(snapshot("a", 1))
    path = tmp_path / STORE
    whole = path.read_bytes()
    path.write_bytes(whole + whole.replace(b"2021", b"2022") + whole[:40])
    store = RulingStore(tmp_path)
    assert store.snapshots == [snapshot("a", 1)]
    store.add(snapshot("b", 2))
    assert RulingStore(tmp_path).snapshots == [snapshot("a", 1), snapshot("b", 2)]


def test_the_last_word_on_this_version_counts_and_else_that_on_the_last_one() -> None:
    first, second = snapshot("a", 1), snapshot("b", 2)

    def scores(*snapshots: Snapshot, version: str) -> list[tuple[str, object]]:
        return [(r.sha256, r.score) for r in known_for(snapshots, version)[0]]

    assert scores(first, second, version="a") == [("a", 1)]
    assert scores(first, second, version="b") == [("b", 2)]
    assert scores(first, second, version="c") == [("b", 2)]
    assert scores(first, snapshot("a", None), version="a") == []
    assert scores(first, snapshot("b", None), version="b") == [("a", 1)]


# ---- kills ----


def changed_inbox(desk: Path) -> Path:
    """A second file has come and the first one changed: everything is written anew."""
    (desk / "收件" / "甲.xlsx").write_bytes(form(n9=1))
    (desk / "收件" / "乙.xlsx").write_bytes(form("区乙局"))
    for path in (desk / "收件").iterdir():
        os.utime(path, (1_600_000_000, 1_600_000_000))
    return desk


def struck(desk: Path, fault: str, at: int, undisturbed: dict[str, bytes]) -> bool:
    """Strike a run at a step; what was typed must be there, and be there after another run."""
    inbox, outbox = desk / "收件", desk / "结果"
    run_struck = sabotaged(inbox, outbox, fault, at)
    code = run_struck.wait(60)
    had_its_turn = steps(outbox) >= at
    if had_its_turn and fault == "kill":
        assert code == -signal.SIGKILL
    if had_its_turn:
        assert typed_somewhere(desk)
    assert sabotaged(inbox, outbox).wait(60) == 0
    assert files_of(outbox) == undisturbed, (fault, at)
    return had_its_turn


def typed_somewhere(desk: Path) -> bool:
    """Whether her rulings stand in a copy, beside one, or in the store."""
    places = [*(desk / "结果" / "复核").glob("甲_复核*.xlsx")]
    in_copies = any(officer.entered(path) == RULED for path in places)
    kept = RulingStore(desk / "结果").snapshots
    return in_copies or any(
        {r.indicator: (r.score, r.reason) for r in s.rulings} == RULED for s in kept
    )


@pytest.fixture(scope="module")
def undisturbed(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    desk = changed_inbox(Path(shutil.copytree(begun, tmp_path_factory.mktemp("不受扰") / "案头")))
    assert sabotaged(desk / "收件", desk / "结果").wait(60) == 0
    return files_of(desk / "结果")


@pytest.mark.skipif(sys.platform != "linux", reason="process groups")
@pytest.mark.parametrize(("fault", "at"), [("kill", 3), ("kill", 10), ("ENOSPC", 8)])
def test_a_run_struck_at_a_step_loses_no_ruling(
    desk: Path, undisturbed: dict[str, bytes], fault: str, at: int
) -> None:
    assert struck(changed_inbox(desk), fault, at, undisturbed)


@pytest.mark.campaign
@pytest.mark.parametrize("fault", ["kill", "ENOSPC", "EIO"])
def test_a_run_struck_at_every_step_in_turn_loses_no_ruling(
    begun: Path, tmp_path: Path, undisturbed: dict[str, bytes], fault: str
) -> None:
    at = 1
    while struck(
        changed_inbox(Path(shutil.copytree(begun, tmp_path / str(at)))), fault, at, undisturbed
    ):
        at += 1
    assert at > 20
