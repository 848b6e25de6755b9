"""What lies in an inbox: odd names, odd files, files on their way; originals stay as they were."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from perfeval_xl import run_folder
from perfeval_xl.batch import files
from perfeval_xl.batch import run as run_module
from perfeval_xl.batch.discover import Submitted, discover
from perfeval_xl.batch.lock import OutboxBusy, OutboxLock
from perfeval_xl.batch.one import MaybeArriving, Options, StillArriving, process
from perfeval_xl.batch.run import ARRIVING
from perfeval_xl.batch.standing import CopyChanged
from perfeval_xl.batch.worker import Finished
from perfeval_xl.cli import main
from tests.batch import misbehaving
from tests.batch.rounds import Here
from tests.batch.test_run import files_of
from tests.builders import broken

GOOD = broken.good()
OLD = (1_650_000_000, 1_650_000_000)
ODD_NAMES = [
    "\U0001f4ca绩效\u200d.xlsx",
    "长" * 83 + ".xlsx",
    "a" * 249 + ".xlsx",
    "-rf.xlsx",
    "--help.xlsx",
    "两行\n名称\r.xlsx",
    os.fsdecode(b"\xff\xfe\xb2\xe2.xlsx"),
    "CON.xlsx",
    "aux.XLSX",
    "nul.tar.xlsx",
    "空 格 .xlsx",
    "点..xlsx",
    "=cmd|'!A1'.xlsx",
    "'引号\"<&>.xlsx",
    "%20{0}$HOME.xlsx",
    "..xlsx",
    "没有后缀",
]

posix = pytest.mark.skipif(sys.platform == "win32", reason="names and files of POSIX")


def lines_of(outbox: Path) -> list[dict[str, Any]]:
    text = (outbox / "results.jsonl").read_bytes().decode("utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def state_of(folder: Path) -> dict[str, object]:
    """Bytes, times and rights of everything below a folder, and of the folder itself."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (content, status.st_mtime_ns, status.st_mode, status.st_uid)
    return found


def with_ledger_of(outbox: Path, new: Path) -> Path:
    """A new outbox whose units have the rounds that another outbox's have now."""
    (new / ".perfeval").mkdir(parents=True)
    shutil.copy(outbox / ".perfeval" / "ledger.sqlite", new / ".perfeval")
    return new


@posix
def test_every_odd_name_is_evaluated_and_the_originals_stay(tmp_path: Path) -> None:
    inbox, outbox = tmp_path / "收件", tmp_path / "结果"
    inbox.mkdir()
    for name in ODD_NAMES:
        (inbox / name).write_bytes(GOOD)
        os.utime(inbox / name, (0, -86_400 * 365))
        (inbox / name).chmod(0o444)
    before = state_of(inbox)
    result = run_folder(inbox, outbox, jobs=2)
    hidden = [name for name in ODD_NAMES if name.startswith(".")]
    assert result.evaluated == len(ODD_NAMES) - len(hidden)
    assert len(list((outbox / "复核").iterdir())) == result.evaluated
    assert len(lines_of(outbox)) == result.evaluated
    assert state_of(inbox) == before
    whole = files_of(outbox)
    assert run_folder(inbox, outbox, jobs=1).resumed == result.evaluated
    assert files_of(outbox) == whole


@posix
def test_what_is_no_file_is_skipped_and_counted(tmp_path: Path) -> None:
    inbox, outbox = tmp_path / "收件", tmp_path / "结果"
    (inbox / "x.xlsx").mkdir(parents=True)
    (inbox / "x.xlsx" / "局.xlsx").write_bytes(GOOD)
    (inbox / "loop").symlink_to(inbox)
    (inbox / "self.xlsx").symlink_to(inbox / "self.xlsx")
    (inbox / "nowhere.xlsx").symlink_to(tmp_path / "nowhere")
    (inbox / "zero.xlsx").symlink_to("/dev/zero")
    os.mkfifo(inbox / "pipe.xlsx")
    for name in ("~$局.xlsx", ".~局.xlsx", ".~lock.局.xlsx#", "局.xlsx.tmp"):
        (inbox / name).write_bytes(GOOD)
    result = run_folder(inbox, outbox, jobs=1)
    assert [record["file"] for record in lines_of(outbox)] == ["x.xlsx/局.xlsx"]
    assert result.skipped == {
        "指向别处的文件夹链接": 1,
        "不是普通文件": 4,
        "Excel 或 WPS 的锁定文件": 3,
        "临时文件": 1,
    }


def test_an_outbox_in_the_inbox_is_never_an_input_neither_this_one_nor_an_older(
    tmp_path: Path,
) -> None:
    inbox = tmp_path / "收件"
    inbox.mkdir()
    (inbox / "局.xlsx").write_bytes(GOOD)
    run_folder(inbox, inbox / "结果一", jobs=1)
    result = run_folder(inbox, inbox / "区" / "结果二", jobs=1)
    assert result.files == 1
    assert result.skipped["结果文件夹"] == 2


def submitted(path: Path) -> Submitted:
    return Submitted(
        path, path.name, f"复核/{path.stem}_复核.xlsx", f"退回/{path.stem}_退回说明.xlsx"
    )


def test_a_file_that_may_not_be_read_is_returned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "局.xlsx"
    path.write_bytes(GOOD)

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    record: Any = process(submitted(path), tmp_path / "结果", Options())
    assert record["reason"]["code"] == "file.unreadable"
    assert "没有权限" in record["reason"]["message"]
    assert (tmp_path / "结果" / record["copy"]).is_file()


def test_a_file_that_is_gone_when_its_turn_comes_is_left_out(tmp_path: Path) -> None:
    with pytest.raises(StillArriving):
        process(submitted(tmp_path / "局.xlsx"), tmp_path / "结果", Options())


def shut(monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    """Let folders of this name refuse to be listed."""
    real = os.scandir

    def refuse(path: Any = ".") -> Any:
        if Path(path).name == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)


@posix
def test_a_folder_that_may_not_be_listed_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "收件" / "closed").mkdir(parents=True)
    shut(monkeypatch, "closed")
    assert discover(tmp_path / "收件", tmp_path / "结果").skipped == {"打不开的文件夹": 1}


def test_a_young_file_that_is_cut_off_is_looked_at_twice(tmp_path: Path) -> None:
    path = tmp_path / "局.xlsx"
    path.write_bytes(GOOD[:5000])
    with pytest.raises(MaybeArriving) as caught:
        process(submitted(path), tmp_path / "结果", Options())
    record: Any = process(submitted(path), tmp_path / "结果", Options(), caught.value.stamp)
    assert record["reason"]["code"] == "workbook.truncated"
    path.write_bytes(GOOD[:6000])
    with pytest.raises(StillArriving):
        process(submitted(path), tmp_path / "结果", Options(), caught.value.stamp)
    os.utime(path, OLD)
    record = process(submitted(path), tmp_path / "结果", Options())
    assert record["reason"]["code"] == "workbook.truncated"


@contextmanager
def growing(path: Path) -> Iterator[None]:
    """Somebody writes to the file while the block runs."""
    stop = threading.Event()

    def write() -> None:
        with path.open("ab") as file:
            while not stop.wait(0.05):
                file.write(b"\0")
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


def test_a_file_that_is_being_written_is_left_for_the_next_run(tmp_path: Path) -> None:
    inbox, outbox = tmp_path / "收件", tmp_path / "结果"
    inbox.mkdir()
    (inbox / "甲.xlsx").write_bytes(GOOD)
    (inbox / "乙.xlsx").write_bytes(GOOD[:9000])
    with growing(inbox / "乙.xlsx"):
        result = run_folder(inbox, outbox, jobs=1)
    assert (result.files, result.evaluated, result.skipped[ARRIVING]) == (1, 1, 1)
    (inbox / "乙.xlsx").write_bytes(GOOD)
    result = run_folder(inbox, outbox, jobs=1)
    assert (result.files, result.evaluated, result.resumed) == (2, 2, 1)


def test_a_file_that_comes_beside_another_takes_nothing_from_it(tmp_path: Path) -> None:
    """局.ods sorts before 局.xls and takes its output's name: neither copy may be lost."""
    inbox, outbox = tmp_path / "收件", tmp_path / "结果"
    inbox.mkdir()
    (inbox / "局.xls").write_bytes(GOOD)
    run_folder(inbox, outbox, jobs=1)
    (inbox / "局.ods").write_bytes(broken.value(broken.SECOND, "F3", "4")())
    new = with_ledger_of(outbox, tmp_path / "新")
    run_folder(inbox, outbox, jobs=1)
    mixed = files_of(outbox)
    run_folder(inbox, new, jobs=1)
    assert mixed == files_of(tmp_path / "新")
    (inbox / "局.ods").unlink()
    run_folder(inbox, outbox, jobs=1)
    shutil.rmtree(tmp_path / "新")
    run_folder(inbox, tmp_path / "新", jobs=1)
    assert files_of(outbox) == files_of(tmp_path / "新")


# ---- an outbox in use ----


def test_an_output_open_elsewhere_costs_its_file_and_the_next_run_finishes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, outbox = tmp_path / "收件", tmp_path / "结果"
    inbox.mkdir()
    for name in ("a.xlsx", "open elsewhere.xlsx", "z.xlsx"):
        (inbox / name).write_bytes(GOOD)
    run_folder(inbox, outbox, jobs=1)
    new = with_ledger_of(outbox, tmp_path / "新")
    changed = broken.value(broken.SECOND, "F3", "4")()
    (inbox / "open elsewhere.xlsx").write_bytes(changed)
    held = outbox / "复核" / "open elsewhere_复核.xlsx"
    before = held.read_bytes()
    monkeypatch.setattr(run_module, "work_line", misbehaving.work_line)
    result = run_folder(inbox, outbox, jobs=1)
    assert result.reasons == {"output.locked": 1}
    record = lines_of(outbox)[1]
    assert "复核/open elsewhere_复核.xlsx" in record["reason"]["message"]
    assert (result.evaluated, held.read_bytes()) == (2, before)
    monkeypatch.undo()
    result = run_folder(inbox, outbox, jobs=1)
    assert (result.evaluated, result.resumed) == (3, 2)
    run_folder(inbox, new, jobs=1)
    assert files_of(outbox) == files_of(new)


@pytest.mark.parametrize("name", ["results.jsonl", "汇总.xlsx"])
def test_results_or_summary_open_elsewhere_end_the_run_with_a_clear_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    inbox, outbox = tmp_path / "收件", tmp_path / "结果"
    inbox.mkdir()
    (inbox / "局.xlsx").write_bytes(GOOD)
    run_folder(inbox, outbox, jobs=1)
    (inbox / "乙.xlsx").write_bytes(GOOD)
    real = os.replace

    def refuse(source: Path, target: Path) -> None:
        if Path(target).name == name:
            raise PermissionError(13, "Permission denied", str(source), None, str(target))
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "replace", refuse)
        words = ["run", str(inbox), "--out", str(outbox), "--jobs", "1"]
        done = CliRunner().invoke(main, words)
    assert done.exit_code == 1
    assert name in done.stderr
    assert "被其他程序占用" in done.stderr
    assert "Traceback" not in done.output
    result = run_folder(inbox, outbox, jobs=1)
    assert result.resumed == 2
    run_folder(inbox, tmp_path / "新", jobs=1)
    assert files_of(outbox) == files_of(tmp_path / "新")


def test_a_second_run_on_one_outbox_is_turned_away(tmp_path: Path) -> None:
    inbox, outbox = tmp_path / "收件", tmp_path / "结果"
    inbox.mkdir()
    outbox.mkdir()
    with OutboxLock(outbox):
        with pytest.raises(OutboxBusy):
            run_folder(inbox, outbox)
        done = CliRunner().invoke(main, ["run", str(inbox), "--out", str(outbox)])
        assert (done.exit_code, "另一个复核" in done.stderr) == (1, True)
    run_folder(inbox, outbox)


def test_a_very_large_file_is_returned_at_once_on_every_run(tmp_path: Path) -> None:
    inbox, outbox = tmp_path / "收件", tmp_path / "结果"
    inbox.mkdir()
    with (inbox / "大.xlsx").open("wb") as file:
        file.truncate(20 * 2**30)
    for _ in range(2):
        begin = time.monotonic()
        assert run_folder(inbox, outbox, jobs=1).reasons == {"workbook.too_large": 1}
        assert time.monotonic() - begin < 10


def returned(file: str, sha256: str, copy: str) -> dict[str, object]:
    """As much of a record as the journal looks at."""
    return {"file": file, "sha256": sha256, "copy": copy, "status": "returned", "indicators": []}


def test_the_journal_does_not_grow_with_every_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from perfeval_xl.batch import journal as module

    monkeypatch.setattr(module, "_SPARE_LINES", 5)
    for number in range(40):
        with module.Journal(tmp_path, "rules") as journal:
            journal.add("a", returned("a", str(number), "复核/a.xlsx"))
    assert len((tmp_path / ".perfeval" / "journal.jsonl").read_bytes().splitlines()) <= 8


def test_a_damaged_journal_line_is_no_finished_file(tmp_path: Path) -> None:
    from perfeval_xl.batch.journal import Journal

    with Journal(tmp_path, "rules") as journal:
        for name in "abc":
            journal.add(name, returned(name, "s", f"复核/{name}.xlsx"))
    path = tmp_path / ".perfeval" / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1].replace(b"file", b"fi\0e") + lines[2])
    with Journal(tmp_path, "rules") as journal:
        assert list(journal.entries) == ["a", "c"]
        assert [record["file"] for record in journal.records(["c", "a"])] == ["c", "a"]


def test_a_journal_written_anew_keeps_the_order_in_which_outputs_were_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy of a.xls took the place of that of a.xlsx: it is no copy of a.xlsx any more."""
    from perfeval_xl.batch import journal as module

    monkeypatch.setattr(module, "_SPARE_LINES", 0)
    (tmp_path / "复核").mkdir()
    (tmp_path / "复核" / "1").touch()
    with module.Journal(tmp_path, "rules") as journal:
        for name, place in (("a.xls", "复核/2"), ("a.xlsx", "复核/1"), ("a.xls", "复核/1")):
            journal.add(name, returned(name, "s", place))
    for _ in range(2):
        with module.Journal(tmp_path, "rules") as journal:
            assert journal.sources["复核/1"].file == "a.xls"
            assert journal.finished("a.xls", "s", ["复核/1"])
            assert not journal.finished("a.xlsx", "s", ["复核/1"])


def test_a_file_that_comes_back_gets_its_copy_back_from_the_one_that_took_its_place(
    tmp_path: Path,
) -> None:
    inbox, outbox = tmp_path / "收件", tmp_path / "结果"
    inbox.mkdir()
    new, old = inbox / "局.xlsx", inbox / "局.xls"
    new.write_bytes(GOOD)
    run_folder(inbox, outbox, jobs=1)
    before = (outbox / "复核" / "局_复核.xlsx").read_bytes()
    new.unlink()
    old.write_bytes(broken.value(broken.SECOND, "F3", "4")())
    run_folder(inbox, outbox, jobs=1)
    assert (outbox / "复核" / "局_复核.xlsx").read_bytes() != before
    old.unlink()
    new.write_bytes(GOOD)
    run_folder(inbox, outbox, jobs=1)
    assert (outbox / "复核" / "局_复核.xlsx").read_bytes() == before


def test_a_copy_that_never_stands_still_counts_as_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def moving(submitted: Submitted, *_: object) -> Finished:
        raise CopyChanged(submitted.copy)

    inbox = tmp_path / "收件"
    inbox.mkdir()
    (inbox / "局.xlsx").write_bytes(GOOD)
    monkeypatch.setattr(run_module, "Pool", Here)
    monkeypatch.setattr(run_module, "PATIENCE", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "work_line", moving)
        result = run_folder(inbox, tmp_path / "结果", jobs=1)
    assert result.reasons == {"output.locked": 1}
    assert run_folder(inbox, tmp_path / "结果", jobs=1).evaluated == 1
