"""An inbox under watch: what arrives whole is evaluated once, whatever the share or the clock do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from perfeval_xl import run_folder
from perfeval_xl.batch import watch as watch_module
from perfeval_xl.batch.ending import RunResult
from perfeval_xl.batch.lock import OutboxLock
from perfeval_xl.batch.run import Round
from perfeval_xl.batch.settings import Settings
from perfeval_xl.batch.watch import Watcher
from perfeval_xl.cli import folder, main
from tests.batch.test_inbox import shut
from tests.batch.test_run import files_of
from tests.builders import broken
from tests.builders.forms import FilledForm
from tests.conftest import ROOT
from tests.writer.copies import workbook_of

GOOD = broken.good()
SETTINGS = Settings(jobs=1, interval=10.0)


@dataclass
class Desk:
    """An inbox, an outbox, a clock that goes only when told, and what the watcher said."""

    folder: Path
    now: float = 1000.0
    told: list[str] = field(default_factory=list)
    finished: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox = self.folder / "收件"
        self.outbox = self.folder / "结果"
        self.inbox.mkdir()
        self.watcher = self.another()

    def another(self) -> Watcher:
        """A watcher that knows nothing yet, as after a restart."""
        return Watcher(
            self.inbox, self.outbox, SETTINGS, self.told.append, self.finished.append,
            clock=lambda: self.now, sleep=self.wait,
        )  # fmt: skip

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def put(self, name: str, data: bytes = GOOD) -> Path:
        path = self.inbox / name
        path.write_bytes(data)
        return path

    def look(self, times: int = 1, seconds: float = 10.0) -> None:
        for _ in range(times):
            self.watcher.step()
            self.now += seconds

    def names(self) -> list[str]:
        """Files in results.jsonl."""
        lines = (self.outbox / "results.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["file"] for line in lines]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with an empty inbox."""
    return Desk(tmp_path)


@dataclass
class Passes:
    """Stands in for run_folder: notes what each pass was asked to leave."""

    left: list[set[str]] = field(default_factory=list)
    act: Callable[[Round], None] = lambda _: None

    def __call__(self, inbox: Path, outbox: Path, **more: Any) -> RunResult:
        self.left.append(set(more["this_round"].leave))
        self.act(more["this_round"])
        return RunResult(outbox / "r", outbox / "s", left=frozenset(more["this_round"].leave))


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Passes:
    """Passes that evaluate nothing."""
    stand_in = Passes()
    monkeypatch.setattr(watch_module, "run_folder", stand_in)
    return stand_in


def test_a_file_that_comes_in_pieces_is_evaluated_once_when_it_is_whole(desk: Desk) -> None:
    path = desk.put("局.xlsx", b"")
    for start in range(0, len(GOOD), len(GOOD) // 4 + 1):
        with path.open("ab") as out:
            out.write(GOOD[start : start + len(GOOD) // 4 + 1])
        desk.look(2)  # a pause between two pieces is no end
    desk.look()
    assert [(r["file"], r["status"]) for r in desk.finished] == [("局.xlsx", "evaluated")]
    assert desk.names() == ["局.xlsx"]


def test_what_watch_leaves_in_the_outbox_is_what_run_does(desk: Desk, tmp_path: Path) -> None:
    desk.put("甲局.xlsx")
    desk.watcher.watch(until_idle=True)
    desk.put("乙局.xlsx", GOOD[:-1] + b"\0")
    desk.put("丙局.txt", "不是工作簿".encode())
    desk.look(6)
    run_folder(desk.inbox, tmp_path / "另一个", jobs=1)
    assert files_of(desk.outbox) == files_of(tmp_path / "另一个")


def test_a_restart_goes_on_where_it_was(desk: Desk) -> None:
    desk.put("甲局.xlsx")
    desk.watcher.watch(until_idle=True)
    desk.put("乙局.xlsx")
    desk.watcher = desk.another()
    desk.look(3)
    assert [r["file"] for r in desk.finished] == ["甲局.xlsx", "乙局.xlsx"]
    assert desk.names() == ["乙局.xlsx", "甲局.xlsx"]


def test_a_file_taken_away_or_renamed_is_so_in_the_results(desk: Desk) -> None:
    first, second = desk.put("甲局.xlsx"), desk.put("乙局.xlsx", GOOD[:-1] + b"\0")
    desk.look(2)
    first.unlink()
    second.rename(desk.inbox / "丙局.xlsx")
    desk.look(3)
    assert desk.names() == ["丙局.xlsx"]


def test_a_file_sent_anew_is_evaluated_anew(desk: Desk) -> None:
    path = desk.put("局.xlsx", "不是工作簿".encode())
    desk.look(2)
    path.write_bytes(GOOD)
    desk.look(2)
    assert [r["status"] for r in desk.finished] == ["returned", "evaluated"]
    assert not list((desk.outbox / "退回").iterdir())


def test_what_comes_in_a_later_pass_is_a_later_round_and_what_comes_together_is_not(
    desk: Desk,
) -> None:
    forms = [FilledForm.example() for _ in range(3)]
    for points, form in enumerate(forms):
        form.deduct(9, points)
        form.state_totals()
    desk.put("甲.xlsx", workbook_of(forms[0]))
    desk.watcher.watch(until_idle=True)
    desk.put("甲（更正）.xlsx", workbook_of(forms[1]))
    desk.put("甲（更正2）.xlsx", workbook_of(forms[2]))
    desk.watcher.watch(until_idle=True)
    assert said_of_several(desk) == {
        "甲.xlsx": (1, ["batch.replaced"]),
        "甲（更正）.xlsx": (2, ["batch.same_unit"]),
        "甲（更正2）.xlsx": (2, ["batch.same_unit"]),
    }


def said_of_several(desk: Desk) -> dict[str, tuple[int, list[str]]]:
    """Round of each file, and the codes by which it is told to be one of several."""
    lines = (desk.outbox / "results.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = ("batch.same", "batch.repl")
    return {
        r["file"]: (r["round"], [f["code"] for f in r["findings"] if f["code"].startswith(kinds)])
        for r in map(json.loads, lines)
    }


def test_two_looks_alike_are_needed(desk: Desk, passes: Passes) -> None:
    desk.put("局.xlsx")
    desk.look()
    assert not passes.left
    desk.look()
    assert passes.left == [set()]


def test_a_cut_off_file_is_judged_after_a_while(desk: Desk, passes: Passes) -> None:
    desk.put("局.xlsx", GOOD[:5000])
    desk.look(3)  # at 0, 10 and 20 seconds
    assert not passes.left
    assert not desk.watcher.is_idle
    desk.look()
    assert passes.left == [set()]


def test_a_file_that_another_program_holds_is_waited_for(
    desk: Desk, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put("局.xlsx")
    real = Path.open

    def refuse(self: Path, *args: Any, **more: Any) -> Any:
        if self.name == "局.xlsx":
            raise PermissionError(13, "sharing violation", str(self))
        return real(self, *args, **more)

    monkeypatch.setattr(Path, "open", refuse)
    desk.look(3)
    assert not passes.left
    monkeypatch.setattr(Path, "open", real)
    desk.look()
    assert passes.left == [set()]


def test_arrivals_make_one_pass_when_they_are_all_there(desk: Desk, passes: Passes) -> None:
    for number in range(4):
        desk.put(f"{number}.xlsx")
        desk.look()
    assert not passes.left
    desk.look()
    assert passes.left == [set()]


def test_a_file_that_never_comes_to_rest_does_not_starve_the_others(
    desk: Desk, passes: Passes
) -> None:
    desk.put("甲局.xlsx")
    growing = desk.put("乙局.xlsx")
    for _ in range(9):
        with growing.open("ab") as out:
            out.write(b"x")
        desk.look()
    assert passes.left == [{"乙局.xlsx"}]
    assert not desk.watcher.is_idle


@pytest.mark.parametrize("moment", [4_000_000_000, 0])
def test_a_file_from_the_future_or_the_past_waits_no_longer(
    desk: Desk, passes: Passes, moment: int
) -> None:
    os.utime(desk.put("局.xlsx"), (moment, moment))
    desk.look(2)
    assert passes.left == [set()]


def test_nothing_new_means_no_pass_and_no_file_opened(
    desk: Desk, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        desk.put(f"{number}.xlsx")
    desk.look(2)

    def refuse(self: Path, *_: Any, **__: Any) -> Any:
        raise AssertionError(self)

    monkeypatch.setattr(Path, "open", refuse)
    desk.look(5)
    assert len(passes.left) == 1
    assert desk.watcher.is_idle


def test_contents_are_read_again_only_where_size_or_time_changed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put("甲局.xlsx")
    desk.watcher = desk.another()
    desk.look(2)
    desk.watcher = desk.another()
    read: list[str] = []
    real = watch_module.digest_of

    def noted(path: Path, *more: Any) -> Any:
        read.append(path.name)
        return real(path, *more)

    monkeypatch.setattr(watch_module, "digest_of", noted)
    desk.look(2)
    desk.put("乙局.xlsx", GOOD[:-1] + b"\0")
    desk.look(3)
    assert read == ["甲局.xlsx"]
    assert desk.names() == ["乙局.xlsx", "甲局.xlsx"]


def test_a_share_that_is_gone_is_said_once_and_waited_out(desk: Desk, passes: Passes) -> None:
    desk.put("甲局.xlsx")
    desk.look(2)
    away = desk.inbox.rename(desk.folder / "断开")
    desk.look(3)
    assert len([s for s in desk.told if "打不开" in s]) == 1
    assert not desk.watcher.is_idle
    away.rename(desk.inbox)
    desk.put("乙局.xlsx")
    desk.look(3)
    assert any("恢复" in sentence for sentence in desk.told)
    assert passes.left == [set(), set()]


def test_an_inbox_suddenly_empty_leaves_the_summary_as_it_is(desk: Desk) -> None:
    """An unmounted share looks like an empty folder."""
    path = desk.put("甲局.xlsx")
    desk.look(2)
    before = files_of(desk.outbox)
    path.unlink()
    desk.look(4)
    assert files_of(desk.outbox) == before
    assert len([s for s in desk.told if "空了" in s]) == 1


def test_run_too_refuses_an_inbox_that_is_gone_instead_of_emptying_the_results(
    desk: Desk,
) -> None:
    with pytest.raises(OSError, match="收件2"):
        run_folder(desk.folder / "收件2", desk.outbox, jobs=1)
    assert not (desk.outbox / "results.jsonl").exists()


def test_files_behind_a_folder_that_is_shut_for_a_while_are_not_gone(
    desk: Desk, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk.inbox / "区直").mkdir()
    desk.put("区直/甲局.xlsx")
    desk.put("乙局.xlsx")
    desk.look(2)
    shut(monkeypatch, "区直")
    desk.look(3)
    assert len(passes.left) == 1


@contextmanager
def held(outbox: Path) -> Iterator[None]:
    outbox.mkdir(exist_ok=True)
    with OutboxLock(outbox):
        yield


def test_another_run_in_the_outbox_is_said_and_waited_for(desk: Desk) -> None:
    desk.put("局.xlsx")
    with held(desk.outbox):
        desk.look(5)
        assert not desk.finished
        assert len([s for s in desk.told if "另一个复核正在写" in s]) == 1
    desk.look(8)
    assert desk.names() == ["局.xlsx"]


def test_the_outbox_is_free_between_two_passes(desk: Desk) -> None:
    desk.put("局.xlsx")
    desk.look(2)
    with held(desk.outbox):
        assert desk.names() == ["局.xlsx"]


def test_an_outbox_that_cannot_be_written_is_tried_again_less_and_less_often(
    desk: Desk, passes: Passes
) -> None:
    def refuse(_: Round) -> None:
        raise PermissionError(13, "Permission denied", "汇总.xlsx")

    passes.act = refuse
    desk.put("局.xlsx")
    began = desk.now
    tried: list[float] = []
    for _ in range(25):
        count = len(passes.left)
        desk.watcher.step()
        if len(passes.left) > count:
            tried.append(desk.now - began)
        desk.now += 10
    assert tried == [10, 20, 40, 80, 140, 200]
    assert len([s for s in desk.told if "汇总.xlsx" in s]) == 1
    passes.act = lambda _: None
    desk.look(6)
    assert desk.watcher.is_idle


def test_an_outcome_that_says_nothing_of_the_file_is_tried_again(
    desk: Desk, passes: Passes
) -> None:
    def busy(this_round: Round) -> None:
        record: Any = {"file": "局.xlsx", "status": "returned", "reason": {"code": "output.locked"}}
        this_round.finished(record)

    passes.act = busy
    desk.put("局.xlsx")
    desk.look(7)  # a first pass at 10 seconds, nothing more until 70
    assert len(passes.left) == 1
    desk.look()
    assert len(passes.left) == 2
    desk.look(11)  # nothing until 70 + 120
    assert len(passes.left) == 2
    desk.look()
    assert len(passes.left) == 3


def test_a_pass_that_is_interrupted_leaves_the_watch_unfinished(desk: Desk, passes: Passes) -> None:
    def interrupt(_: Round) -> None:
        raise KeyboardInterrupt

    passes.act = interrupt
    desk.put("局.xlsx")
    with pytest.raises(KeyboardInterrupt):
        desk.look(2)
    assert not desk.watcher.is_idle


def started(inbox: Path, outbox: Path, interval: str) -> subprocess.Popen[str]:
    """The command itself, as another program would start it."""
    return subprocess.Popen(
        [
            sys.executable, "-m", "perfeval_xl", "watch", str(inbox), "--out", str(outbox),
            "--interval", interval, "--jobs", "1",
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_when_all_is_done_it_exits_with_0(desk: Desk, number: int) -> None:
    desk.put("局.xlsx")
    process = started(desk.inbox, desk.outbox, "0.2")
    assert process.stderr is not None
    while "汇总已更新" not in (line := process.stderr.readline()):
        assert line
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, "到齐的都已复核" in err) == (0, True)
    assert len(out.splitlines()) == 1
    assert "局.xlsx" in out
    assert "Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_told_to_stop_with_files_open_it_exits_with_5(desk: Desk) -> None:
    desk.put("局.xlsx")
    process = started(desk.inbox, desk.outbox, "500")
    assert process.stderr is not None
    assert "正在看" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "没有复核完" in err) == (5, True)


def test_once_idle_ends_as_run_does(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put("局.xlsx")
    desk.put("附言.txt", "不是工作簿".encode())
    monkeypatch.setattr(folder, "_stop_on_signals", lambda: None)
    words = ["watch", str(desk.inbox), "--out", str(desk.outbox), "--interval", "0.05"]
    result = CliRunner().invoke(main, [*words, "--once-idle", "--jobs", "1"])
    assert result.exit_code == 4
    assert len(result.stdout.splitlines()) == 2


def test_an_empty_inbox_is_idle(desk: Desk) -> None:
    desk.watcher.watch(until_idle=True)
    assert desk.watcher.result is None
