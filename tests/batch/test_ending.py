"""How a run ends: 汇总.xlsx beside the ledger, whatever becomes of the process that writes it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perfeval_xl import run_folder
from perfeval_xl.batch import ending
from perfeval_xl.batch.pool import Died, Pool
from tests.conftest import SAMPLES


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two samples."""
    inbox = tmp_path_factory.mktemp("收件")
    for path in sorted(SAMPLES.glob("0[12]*.xlsx")):
        shutil.copy(path, inbox / path.name)
    return inbox


@pytest.fixture(scope="module")
def alone(inbox: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """汇总.xlsx as one process writes it."""
    outbox = tmp_path_factory.mktemp("结果")
    run_folder(inbox, outbox, jobs=1)
    return (outbox / "汇总.xlsx").read_bytes()


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run of any size write its summary in a process of its own."""
    monkeypatch.setattr(ending, "_FILES_FOR_A_PROCESS", 1)


@pytest.mark.usefixtures("few_are_many")
def test_the_summary_written_beside_the_ledger_is_the_same_to_the_byte(
    inbox: Path, alone: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "write_summary_of", _elsewhere)
    run_folder(inbox, tmp_path, jobs=2)
    assert (tmp_path / "汇总.xlsx").read_bytes() == alone


def _elsewhere(results: Path, summary: Path, *_: object, **__: object) -> None:
    """Stands in the parent's place of ``write_summary_of``; travels by name, so a process has the real one."""
    raise AssertionError("the parent wrote the summary itself")


_elsewhere.__module__, _elsewhere.__qualname__ = ending.__name__, "write_summary_of"


@pytest.mark.usefixtures("few_are_many")
def test_a_summary_whose_process_died_is_written_all_the_same(
    inbox: Path, alone: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deadly(Pool[Any]):
        def outcomes(self, tasks: Any) -> Iterator[tuple[Any, Any]]:
            return iter([(task, Died(-9)) for task in tasks])

    monkeypatch.setattr(ending, "Pool", Deadly)
    run_folder(inbox, tmp_path, jobs=2)
    assert (tmp_path / "汇总.xlsx").read_bytes() == alone


@pytest.mark.usefixtures("few_are_many")
def test_a_summary_that_cannot_be_put_in_place_ends_the_run_with_the_reason(
    inbox: Path, tmp_path: Path
) -> None:
    (tmp_path / "汇总.xlsx").mkdir()
    with pytest.raises(OSError, match=r"汇总\.xlsx"):
        run_folder(inbox, tmp_path, jobs=2)


@pytest.mark.usefixtures("few_are_many")
def test_the_summary_is_there_also_when_the_ledger_refuses(
    inbox: Path, alone: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("perfeval_xl.batch.taking.take", refuse)
    with pytest.raises(OSError, match="No space"):
        run_folder(inbox, tmp_path, jobs=2)
    assert (tmp_path / "汇总.xlsx").read_bytes() == alone
