"""What a worker process is made of."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from perfeval_xl.batch import pool as pool_module
from perfeval_xl.batch.discover import Submitted
from perfeval_xl.batch.pool import Pool
from perfeval_xl.batch.worker import prepare
from tests.batch import misbehaving
from tests.conftest import ROOT, SAMPLES

HEAVY = ("pandas", "numpy", "openpyxl", "xlsxwriter", "lxml", "click")


def test_a_worker_that_has_done_a_file_has_loaded_no_heavy_package(tmp_path: Path) -> None:
    path = next(SAMPLES.glob("02*.xlsx"))
    task = Submitted(path, path.name, "复核/a.xlsx", "退回/a.xlsx")
    arguments = (task, tmp_path, HEAVY)
    with Pool(1, misbehaving.loaded_after, lambda _: arguments, 60.0, prepare) as pool:
        assert list(pool.outcomes([task])) == [(task, [])]
    assert (tmp_path / "复核/a.xlsx").is_file()


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no signal masks")
def test_not_even_the_first_process_hears_ctrl_c_while_it_starts() -> None:
    code = (
        "from perfeval_xl.batch.pool import Pool\nfrom tests.batch import misbehaving\n"
        "with Pool(2, misbehaving.hears_ctrl_c, lambda _: (), 60.0, int) as pool:\n"
        "    print([heard for _, heard in pool.outcomes([1, 2])])\n"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert said.stdout.split() == [b"[False,", b"False]"]


def test_a_process_started_on_windows_inherits_deafness_to_ctrl_c(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[object, bool]] = []
    kernel = SimpleNamespace(SetConsoleCtrlHandler=lambda *given: asked.append(given))
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    with pool_module._without_interrupts():
        assert asked == [(None, True)]
    assert asked == [(None, True), (None, False)]
