"""Work on other machines gives what work here gives, and a machine that goes loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfeval_xl import run_folder
from perfeval_xl.batch import cluster as cluster_module
from perfeval_xl.batch.cluster import ClusterError, evaluate_batch
from tests.batch.cluster_of import Machines, machines
from tests.batch.test_inbox import OLD
from tests.batch.test_run import files_of
from tests.builders import broken, layout_plain
from tests.builders.forms import FilledForm
from tests.conftest import ROOT

pytest.importorskip("distributed", reason="needs Dask")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="process groups")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("dask"), 2) as found:
        yield found


def filled(inbox: Path, forms: int) -> Path:
    """So many good forms and two that are returned."""
    inbox.mkdir()
    for number in range(forms):
        form = FilledForm.example()
        form.set_figure("personnel_expenditure", 5 + number)
        layout_plain.build(form).save(inbox / f"单位{number:03}.xlsx")
    (inbox / "坏.xlsx").write_bytes(broken.good()[:3000])
    (inbox / "不是表.xlsx").write_bytes(b"%PDF-1.7")
    for path in inbox.iterdir():
        os.utime(path, OLD)
    return inbox


def run(inbox: Path, outbox: Path, address: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "perfeval_xl", "run", str(inbox), "--out", str(outbox)]
    return subprocess.Popen(
        [*command, "--scheduler", address], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_other_machines_give_the_same_bytes(cluster: Machines, tmp_path: Path) -> None:
    inbox = filled(tmp_path / "收件", 10)
    run_folder(inbox, tmp_path / "本机")
    said, _ = (process := run(inbox, tmp_path / "别处", cluster.address)).communicate(timeout=120)
    assert process.returncode == 4, said
    assert files_of(tmp_path / "别处") == files_of(tmp_path / "本机")
    again, _ = (process := run(inbox, tmp_path / "别处", cluster.address)).communicate(timeout=120)
    assert process.returncode == 4, again


def test_a_machine_killed_in_mid_run_loses_nothing(tmp_path: Path) -> None:
    inbox = filled(tmp_path / "收件", 60)
    run_folder(inbox, tmp_path / "本机")
    (tmp_path / "dask").mkdir()
    with machines(tmp_path / "dask", 1) as cluster:
        lost = cluster.add_worker()
        outbox = tmp_path / "别处"
        process = run(inbox, outbox, cluster.address)
        threading.Thread(target=kill_when_begun, args=(lost, outbox), daemon=True).start()
        said, _ = process.communicate(timeout=180)
        assert lost.poll() is not None
    assert process.returncode == 4, said
    assert files_of(outbox) == files_of(tmp_path / "本机")


def kill_when_begun(process: subprocess.Popen[bytes], outbox: Path) -> None:
    """Kill a machine, its children too, once the first copies are there."""
    end = time.monotonic() + 60
    while time.monotonic() < end and len(list(outbox.glob("复核/*.xlsx"))) < 3:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_no_scheduler_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "_CONNECT_SECONDS", 0.5)
    with pytest.raises(ClusterError, match=r"连不上调度器 tcp://127\.0\.0\.1:9.*dask scheduler"):
        run_folder(filled(tmp_path / "收件", 0), tmp_path / "果", scheduler="tcp://127.0.0.1:9")


def test_a_machine_with_another_program_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import pickle
    import socket

    found = pickle.loads(evaluate_batch(pickle.dumps(("another", 1.0, []))))
    assert found == socket.gethostname()


def test_without_dask_the_message_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"perfeval-xl\[dask\]"):
        run_folder(filled(tmp_path / "收件", 0), tmp_path / "果", scheduler="tcp://127.0.0.1:9")


def test_a_machine_that_serves_run_after_run_knows_the_rounds_of_each(tmp_path: Path) -> None:
    inbox, outbox = tmp_path / "收件", tmp_path / "结果"
    inbox.mkdir()
    with machines(tmp_path, 1) as cluster:
        for number in (1, 2, 3):
            form = FilledForm.example()
            form.set_figure("personnel_expenditure", 5 + number)
            layout_plain.build(form).save(inbox / "局.xlsx")
            process = run(inbox, outbox, cluster.address)
            said, _ = process.communicate(timeout=120)
            assert process.returncode in (0, 3), said
            (record,) = (outbox / "results.jsonl").read_text(encoding="utf-8").splitlines()
            assert f'"round":{number}' in record
