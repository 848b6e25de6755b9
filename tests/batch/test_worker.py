"""What a worker process is made of."""

from __future__ import annotations

from pathlib import Path

from perfeval_xl.batch.discover import Submitted
from perfeval_xl.batch.pool import Pool
from perfeval_xl.batch.worker import prepare
from tests.batch import misbehaving
from tests.conftest import SAMPLES

HEAVY = ("pandas", "numpy", "openpyxl", "xlsxwriter", "lxml", "click")


def test_a_worker_that_has_done_a_file_has_loaded_no_heavy_package(tmp_path: Path) -> None:
    path = next(SAMPLES.glob("02*.xlsx"))
    task = Submitted(path, path.name, "复核/a.xlsx", "退回/a.xlsx")
    arguments = (task, tmp_path, HEAVY)
    with Pool(1, misbehaving.loaded_after, lambda _: arguments, 60.0, prepare) as pool:
        assert list(pool.outcomes([task])) == [(task, [])]
    assert (tmp_path / "复核/a.xlsx").is_file()
