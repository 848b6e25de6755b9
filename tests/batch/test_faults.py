"""Kills, full disks, Ctrl-C: finished work is kept, and one more run gives the same bytes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from functools import cache
from multiprocessing import connection
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from perfeval_xl.batch import pool as pool_module
from tests.batch.rounds import dump
from tests.batch.test_inbox import OLD
from tests.batch.test_run import files_of
from tests.builders import broken
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="process groups, /proc")
REASONS = {"ENOSPC": "磁盘已满", "EIO": "读写出错", "EACCES": "没有权限"}


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good form and a broken one."""
    folder = tmp_path_factory.mktemp("收件")
    (folder / "甲.xlsx").write_bytes(broken.good())
    (folder / "乙.xlsx").write_bytes(broken.good()[:5000])
    for path in folder.iterdir():
        os.utime(path, OLD)
    return folder


@pytest.fixture(scope="module")
def undisturbed(inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a run that nothing happens to leaves in the outbox, and what its ledger says."""
    outbox = tmp_path_factory.mktemp("结果")
    assert sabotaged(inbox, outbox).wait(60) == 4
    return all_of(outbox)


def all_of(outbox: Path) -> dict[str, bytes]:
    """Every file of an outbox and, as one more, all that its ledger says."""
    said = dump(outbox)
    return files_of(outbox) | ({"台账": said.encode()} if said else {})


def sabotaged(
    inbox: Path, outbox: Path, fault: str = "count", at: int = 0
) -> subprocess.Popen[bytes]:
    """A run in a process group of its own; what it says goes to a file beside the outbox."""
    counter = beside(outbox, "steps")
    counter.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.batch.saboteur", fault, str(at), str(counter)]
    with beside(outbox, "said").open("wb") as said:
        return subprocess.Popen(
            [*command, "run", str(inbox), "--out", str(outbox), "--jobs", "1"],
            stdout=said, stderr=said, start_new_session=True, cwd=ROOT,
        )  # fmt: skip


def beside(outbox: Path, name: str) -> Path:
    return outbox.with_name(f"{outbox.name}.{name}")


def steps(outbox: Path) -> int:
    counter = beside(outbox, "steps")
    return counter.stat().st_size if counter.exists() else 0


def said(outbox: Path) -> str:
    return beside(outbox, "said").read_text(encoding="utf-8", errors="replace")


def group_is_gone(group: int, within: float = 2.0) -> bool:
    """Whether no process of the group is left, or all that is left of it is dead."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if not members(group):
            return True
        time.sleep(0.02)
    return False


def members(group: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found


def whole_files_only(outbox: Path, undisturbed: dict[str, bytes]) -> bool:
    """Whether everything that has its final name is as it will be; the ledger may be empty yet."""
    found = {n: c for n, c in files_of(outbox).items() if ".perfeval-part" not in n}
    said = dump(outbox).encode()
    return found.items() <= undisturbed.items() and (
        said == undisturbed["台账"] or b"INSERT INTO" not in said
    )


def strike_at(
    fault: str, at: int, inbox: Path, outbox: Path, undisturbed: dict[str, bytes]
) -> bool:
    """Strike a run at a step and finish it with another; whether the fault had its turn."""
    struck = sabotaged(inbox, outbox, fault, at)
    code = struck.wait(60)
    was_struck = steps(outbox) >= at
    if not was_struck:
        assert code == 4, said(outbox)
    elif fault == "kill":
        assert code == -signal.SIGKILL
    elif code == 4 and fault != "ENOSPC":  # zipfile opens once more in another mode
        assert all_of(outbox) == undisturbed, (fault, at)
    else:
        text = said(outbox)
        assert code == 1, (at, text)
        assert "读写文件失败" in text, (at, text)
        assert "Traceback" not in text, (at, text)
        assert REASONS[fault] in text, (at, text)
    assert group_is_gone(struck.pid)
    assert whole_files_only(outbox, undisturbed), (fault, at)
    assert sabotaged(inbox, outbox).wait(60) == 4, said(outbox)
    assert all_of(outbox) == undisturbed, (fault, at)
    return was_struck


@pytest.mark.parametrize(("fault", "at"), [("kill", 16), ("ENOSPC", 4), ("EIO", 13)])
def test_a_run_struck_at_a_step_is_finished_by_the_next(
    inbox: Path, undisturbed: dict[str, bytes], tmp_path: Path, fault: str, at: int
) -> None:
    assert strike_at(fault, at, inbox, tmp_path / "结果", undisturbed)


@pytest.mark.parametrize(("fault", "before_the_end"), [("kill", 0), ("ENOSPC", 5), ("kill", 30)])
def test_a_run_struck_while_the_ledger_takes_it_is_taken_by_the_next(
    inbox: Path, undisturbed: dict[str, bytes], tmp_path: Path, fault: str, before_the_end: int
) -> None:
    calm = tmp_path / "不受打扰"
    assert sabotaged(inbox, calm).wait(60) == 4
    at = steps(calm) - before_the_end
    assert strike_at(fault, at, inbox, tmp_path / "结果", undisturbed)


@pytest.mark.parametrize("fault", ["kill", "EIO"])
def test_a_second_round_that_was_struck_is_compared_as_if_nothing_had_been(
    inbox: Path, tmp_path: Path, fault: str
) -> None:
    """Struck when results.jsonl tells of round 2 and the ledger does not know it yet."""
    first = tmp_path / "首轮"
    assert sabotaged(inbox, first).wait(60) == 4
    changed = tmp_path / "收件"
    shutil.copytree(inbox, changed)
    (changed / "甲.xlsx").write_bytes(broken.value(broken.SECOND, "F3", "4")())
    os.utime(changed / "甲.xlsx", OLD)
    calm, struck = tmp_path / "不受打扰", tmp_path / "结果"
    for outbox in (calm, struck):
        shutil.copytree(first, outbox)
    assert sabotaged(changed, calm).wait(60) == 4
    assert sabotaged(changed, struck, fault, steps(calm)).wait(60) != 4
    assert files_of(struck) == files_of(calm)
    assert dump(struck) == dump(first)
    assert sabotaged(changed, struck).wait(60) == 4
    assert all_of(struck) == all_of(calm)
    assert dump(struck) != dump(first)


@pytest.mark.campaign
@pytest.mark.parametrize("fault", ["kill", *REASONS])
def test_a_run_struck_at_every_step_in_turn_is_finished_by_the_next(
    inbox: Path, undisturbed: dict[str, bytes], tmp_path: Path, fault: str
) -> None:
    at = 1
    while strike_at(fault, at, inbox, tmp_path / str(at), undisturbed):
        at += 1
    assert at > 20


def kill_after(seconds: float, inbox: Path, outbox: Path) -> None:
    """Kill the parent, and only it, after so long; its processes must go by themselves."""
    run = sabotaged(inbox, outbox)
    time.sleep(seconds)
    run.kill()
    run.wait(10)
    assert group_is_gone(run.pid)


@pytest.mark.parametrize("rounds", [1, pytest.param(60, marks=pytest.mark.campaign)])
def test_kills_at_random_moments_lose_nothing(
    inbox: Path, undisturbed: dict[str, bytes], tmp_path: Path, rounds: int
) -> None:
    chance = random.Random(rounds)
    for number in range(rounds):
        outbox = tmp_path / str(number)
        for _ in range(2):
            kill_after(chance.uniform(0.1, 2.5), inbox, outbox)
        assert whole_files_only(outbox, undisturbed)
        assert sabotaged(inbox, outbox).wait(60) == 4
        assert all_of(outbox) == undisturbed


# ---- Ctrl-C ----


def interrupt_when_begun(fault: str, inbox: Path, outbox: Path) -> tuple[int, float, int]:
    """Ctrl-C as a terminal gives it, to the whole group; exit code, seconds and the group."""
    run = sabotaged(inbox, outbox, fault)
    end = time.monotonic() + 60
    while not beside(outbox, "steps").exists() and time.monotonic() < end:
        time.sleep(0.01)
    begin = time.monotonic()
    os.killpg(run.pid, signal.SIGINT)
    code = run.wait(30)
    return code, time.monotonic() - begin, run.pid


@pytest.mark.parametrize("fault", ["worker-hangs", "summary-hangs"])
def test_ctrl_c_stops_within_a_second_and_leaves_no_process(
    inbox: Path, undisturbed: dict[str, bytes], tmp_path: Path, fault: str
) -> None:
    outbox, took = tmp_path / "结果", []
    while min(took, default=9.0) >= 1.0 and len(took) < 4:  # noise only ever makes it slower
        code, seconds, group = interrupt_when_begun(fault, inbox, outbox)
        took.append(seconds)
        assert code == 5, said(outbox)
        # multiprocessing's own tracker ends a moment after its parent
        assert group_is_gone(group, 1.0)
        assert "再次运行同一命令即可继续" in said(outbox)
        assert "Traceback" not in said(outbox)
    assert min(took) < 1.0, took
    assert sabotaged(inbox, outbox).wait(60) == 4
    assert all_of(outbox) == undisturbed


def test_no_wait_for_a_worker_is_longer_than_ctrl_c_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Windows sees Ctrl-C only between two waits, so each must end well within the second."""
    asked: list[float] = []

    def wait(pipes: list[Connection], timeout: float) -> list[Connection]:
        asked.append(timeout)
        return connection.wait(pipes, timeout)

    monkeypatch.setattr(pool_module, "wait", wait)
    with pool_module.Pool(1, time.sleep, lambda task: (task,), 30.0, int) as pool:
        assert [outcome for _, outcome in pool.outcomes([1.2])] == [None]
    assert len(asked) >= 3
    assert max(asked) <= 0.5


@pytest.mark.parametrize("rounds", [1, pytest.param(60, marks=pytest.mark.campaign)])
def test_ctrl_c_at_random_moments_is_an_exit_code_5_or_a_finished_run(
    inbox: Path, undisturbed: dict[str, bytes], tmp_path: Path, rounds: int
) -> None:
    chance = random.Random(rounds)
    for number in range(rounds):
        outbox = tmp_path / str(number)
        run = sabotaged(inbox, outbox)
        while steps(outbox) == 0 and run.poll() is None:
            time.sleep(0.005)
        time.sleep(chance.uniform(0.0, 1.5))
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGINT)
        assert run.wait(30) in (4, 5), said(outbox)
        assert "Traceback" not in said(outbox), said(outbox)
        assert group_is_gone(run.pid)
        assert sabotaged(inbox, outbox).wait(60) == 4
        assert all_of(outbox) == undisturbed


# ---- alone in the world ----


@cache
def _forbidden_is_seen() -> bool:
    code = "import sys; sys.argv[1:] = ['offline', '0', '/dev/null', '--out', 'x']\n"
    code += "import tests.batch.saboteur, os; os.system('true')"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 99


def test_a_run_needs_neither_the_network_nor_another_program(
    inbox: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    assert _forbidden_is_seen()
    outbox = tmp_path / "结果"
    code = sabotaged(inbox, outbox, "offline").wait(60)
    counter = beside(outbox, "steps")
    assert code == 4, counter.read_text() if counter.exists() else said(outbox)
    assert all_of(outbox) == undisturbed
