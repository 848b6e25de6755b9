"""The ledger holds every round, takes a run once, and survives what disks and people do to it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from perfeval_xl import run_folder
from perfeval_xl.batch import ledger, sqlite, taking
from perfeval_xl.batch.settings import Settings
from perfeval_xl.batch.sqlite import LedgerBusy, LedgerMissing, LedgerNewer
from perfeval_xl.batch.taking import Taking
from perfeval_xl.batch.who import unit_key
from perfeval_xl.cli import main
from perfeval_xl.forms.office import OfficeRules
from tests.batch.rounds import Desk, dump, faulty, ledger_of
from tests.batch.test_run import files_of
from tests.builders.forms import FilledForm
from tests.conftest import SAMPLES


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def outbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The outbox of a run on the samples."""
    out = tmp_path_factory.mktemp("结果")
    run_folder(SAMPLES, out)
    return out


def asked(outbox: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(ledger_of(outbox))) as base:
        return base.execute(query).fetchall()


def test_there_is_a_row_for_each_file_round_indicator_and_finding(outbox: Path) -> None:
    counts = {
        table: asked(outbox, f"SELECT COUNT(*) FROM {table}")[0][0]
        for table in ("files", "rounds", "indicators", "totals", "resolved")
    }
    lines = (outbox / "results.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    evaluated = [record for record in records if record["status"] == "evaluated"]
    assert counts == {
        "files": len(records),
        "rounds": len({(r["unit"]["name"], r["form"]) for r in evaluated}),
        "indicators": sum(len(record["indicators"]) for record in evaluated),
        "totals": sum(record["totals"] is not None for record in evaluated),
        "resolved": 0,
    }
    found = asked(
        outbox,
        "SELECT f.code, f.provided, f.expected, f.difference FROM findings f JOIN files ON"
        " files.id = f.file_id WHERE files.file LIKE '01%' AND f.severity = 'error'",
    )
    assert found == [("score.total_differs", "99", "98", "1")]
    assert asked(outbox, "SELECT unit, round FROM rounds WHERE code = '000002'") == [("000002", 1)]
    assert asked(outbox, "PRAGMA user_version") == [(1,)]


def test_figures_are_kept_as_exact_texts(outbox: Path) -> None:
    query = (
        "SELECT typeof(value), value FROM facts JOIN files f ON f.id = file_id"
        " WHERE facts.id = 'three_public_total' AND f.file LIKE '01%'"
    )
    assert asked(outbox, query) == [("text", "2.43")]


def taken_again(outbox: Path) -> str:
    taking.take(outbox, outbox / "results.jsonl", Taking(unit_key, {}, {}))
    return dump(outbox)


def test_taking_the_same_run_twice_adds_nothing(desk: Desk) -> None:
    desk.lay("甲", faulty())
    desk.run()
    once = taken_again(desk.outbox)
    assert taken_again(desk.outbox) == once
    desk.lay("甲", FilledForm.example())
    desk.run()
    twice = taken_again(desk.outbox)
    assert taken_again(desk.outbox) == twice
    desk.run(force=True)
    assert taken_again(desk.outbox) == twice
    assert asked(desk.outbox, "SELECT round FROM rounds ORDER BY 1") == [(1,), (2,)]


def test_earlier_rounds_stay_when_their_files_are_gone(desk: Desk) -> None:
    desk.lay("甲", faulty())
    desk.run()
    desk.lay("甲", FilledForm.example())
    desk.run()
    rows = asked(desk.outbox, "SELECT file, position FROM files ORDER BY id")
    assert rows == [("甲.xlsx", None), ("甲.xlsx", 0)]
    codes = asked(
        desk.outbox, "SELECT code FROM findings JOIN files f ON f.id = file_id"
        " WHERE f.position IS NULL AND severity = 'error'",
    )  # fmt: skip
    assert codes == [("score.total_differs",)]


def test_it_is_one_file_in_wal_mode_when_nobody_has_it_open(outbox: Path) -> None:
    folder = outbox / ".perfeval"
    assert sorted(p.name for p in folder.glob("ledger*")) == ["ledger.sqlite"]
    assert ledger_of(outbox).read_bytes()[18:20] == b"\x02\x02"  # of the file format: WAL


class NoSharedMemory(sqlite3.Connection):
    """SQLite on a share: WAL needs memory that two processes share, and there is none."""

    def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:
        if sql == "PRAGMA journal_mode=WAL":
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMOPEN
            raise error
        return super().execute(sql, *given)


def test_where_wal_is_refused_it_is_kept_without(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = sqlite3.connect

    def connect(*given: Any, **named: Any) -> sqlite3.Connection:
        return plain(*given, **named, factory=NoSharedMemory)

    monkeypatch.setattr(sqlite.sqlite3, "connect", connect)
    desk.lay("甲", faulty())
    desk.run()
    desk.lay("甲", FilledForm.example())
    desk.run()
    assert desk.rounds() == {"甲": 2}
    assert ledger_of(desk.outbox).read_bytes()[18:20] == b"\x01\x01"


# ---- damaged, newer, held, gone ----


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def garbled(data: bytes) -> bytes:
    return b"\0" * 200 + data[200:]


def empty(_: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [cut, garbled, empty])
def test_a_damaged_ledger_is_moved_aside_and_the_run_goes_on(
    desk: Desk, damage: Callable[[bytes], bytes]
) -> None:
    desk.lay("甲", faulty())
    desk.run()
    path = ledger_of(desk.outbox)
    broken = damage(path.read_bytes())
    path.write_bytes(broken)
    desk.lay("甲", FilledForm.example())
    (remark,) = desk.run().remarks
    aside = path.with_name("ledger-damaged-1.sqlite")
    assert aside.read_bytes() == broken
    assert str(aside) in remark
    assert "重新开始" in remark
    assert desk.rounds() == {"甲": 1}
    assert desk.run().remarks == []
    path.write_bytes(broken)
    desk.run()
    assert path.with_name("ledger-damaged-2.sqlite").exists()
    assert aside.read_bytes() == broken


def test_the_command_says_that_a_damaged_ledger_was_moved(desk: Desk) -> None:
    desk.lay("甲", FilledForm.example())
    desk.run()
    ledger_of(desk.outbox).write_bytes(b"")
    result = CliRunner().invoke(main, ["run", str(desk.inbox), "--out", str(desk.outbox)])
    assert result.exit_code == 0
    assert "台账已损坏" in result.stderr


def test_a_ledger_of_a_newer_program_is_left_alone_and_said_to_be_so(desk: Desk) -> None:
    desk.lay("甲", faulty())
    desk.run()
    with closing(sqlite3.connect(ledger_of(desk.outbox))) as base:
        base.execute("PRAGMA user_version = 2")
    before = ledger_of(desk.outbox).read_bytes()
    with pytest.raises(LedgerNewer, match="更新版本"):
        desk.run()
    for command in (["report"], ["ledger", "export", "--to", "csv"]):
        result = CliRunner().invoke(main, [*command, str(desk.outbox)])
        assert result.exit_code == 1
        assert "更新版本" in result.stderr
    assert ledger_of(desk.outbox).read_bytes() == before


def test_a_ledger_that_another_program_holds_stops_the_run_and_the_next_one_takes_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_PATIENCE", 0.01)
    desk.lay("甲", faulty())
    desk.run()
    with closing(sqlite3.connect(ledger_of(desk.outbox), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerBusy, match="占用"):
            desk.run()
    desk.lay("甲", FilledForm.example())
    desk.run()
    assert desk.rounds() == {"甲": 2}


def test_a_ledger_damaged_during_a_run_is_moved_aside_and_the_next_run_begins_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.lay("甲", faulty())
    desk.run()
    desk.lay("甲", FilledForm.example())
    take = taking.take

    def damaged_first(outbox: Path, *given: Any) -> str:
        ledger_of(outbox).write_bytes(b"no ledger")
        return take(outbox, *given)

    monkeypatch.setattr(taking, "take", damaged_first)
    (remark,) = desk.run().remarks
    assert "ledger-damaged-1.sqlite" in remark
    assert desk.rounds() == {"甲": 2}
    monkeypatch.undo()
    assert desk.run().remarks == []
    assert desk.rounds() == {"甲": 1}
    assert asked(desk.outbox, "SELECT round FROM rounds") == [(1,)]


# ---- report ----


def test_report_writes_the_same_bytes_from_the_ledger_alone(outbox: Path, tmp_path: Path) -> None:
    whole = files_of(outbox)
    for name in ("results.jsonl", "汇总.xlsx"):
        (outbox / name).unlink()
    aside = tmp_path / "复核"
    (outbox / "复核").rename(aside)
    result = CliRunner().invoke(main, ["report", str(outbox)])
    aside.rename(outbox / "复核")
    assert result.exit_code == 0, result.output
    assert files_of(outbox) == whole


def test_report_of_a_second_round_is_the_same_too(desk: Desk) -> None:
    desk.lay("甲", faulty())
    desk.run()
    desk.lay("甲", FilledForm.example())
    desk.run()
    whole = files_of(desk.outbox)
    (desk.outbox / "汇总.xlsx").unlink()
    assert CliRunner().invoke(main, ["report", str(desk.outbox)]).exit_code == 0
    assert files_of(desk.outbox) == whole


def test_report_keeps_the_offices_colours(desk: Desk) -> None:
    desk.lay("甲", faulty())
    desk.run(settings=Settings(office=OfficeRules(colours=(("error", "FFEEEE"),))))
    whole = files_of(desk.outbox)
    assert CliRunner().invoke(main, ["report", str(desk.outbox)]).exit_code == 0
    assert files_of(desk.outbox) == whole


def test_without_a_ledger_report_says_what_to_do_and_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing):
        ledger.summary_of(ledger.place_of(tmp_path))
    result = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert result.exit_code == 1
    assert "perfeval run" in result.stderr
    assert list(tmp_path.iterdir()) == []
