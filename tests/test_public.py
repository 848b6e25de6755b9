"""The package as another program uses it: from a plain script, on folders of its own choice."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from perfeval_xl import PerfEvalError, run_folder
from tests.conftest import ROOT, SAMPLES

CLEAN = next(SAMPLES.glob("11_*.xlsx"))


def inbox_of(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        shutil.copy(CLEAN, folder / name)
    return folder


def test_a_script_without_a_main_guard_runs_a_folder_once(tmp_path: Path) -> None:
    inbox_of(tmp_path / "收件", "甲.xlsx", "乙.xlsx")
    script = tmp_path / "复核.py"
    script.write_text(
        "from perfeval_xl import run_folder\nprint(run_folder('收件', '结果', jobs=2).evaluated)\n",
        "utf-8",
    )
    said = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )  # fmt: skip
    assert (said.stdout, said.stderr, said.returncode) == ("2\n", "", 0)


def test_the_script_is_itself_again_after_its_workers_started(tmp_path: Path) -> None:
    before = sys.modules["__main__"]
    run_folder(inbox_of(tmp_path / "收件", "甲.xlsx"), tmp_path / "结果", jobs=1)
    assert sys.modules["__main__"] is before


@pytest.mark.parametrize(
    ("inbox", "outbox"), [("收件", "收件"), ("结果/复核", "结果"), ("结果/退回/补报", "结果")]
)
def test_outputs_are_never_written_among_the_submitted_files(
    tmp_path: Path, inbox: str, outbox: str
) -> None:
    source = inbox_of(tmp_path / inbox, "甲.xlsx")
    with pytest.raises(PerfEvalError, match="请换一个结果文件夹"):
        run_folder(source, tmp_path / outbox)
    assert [path.name for path in source.iterdir()] == ["甲.xlsx"]


def test_an_outbox_inside_the_inbox_is_no_part_of_it(tmp_path: Path) -> None:
    source = inbox_of(tmp_path / "收件", "甲.xlsx")
    first = run_folder(source, source / "结果")
    assert (first.files, run_folder(source, source / "结果").files) == (1, 1)
    assert (source / "结果/复核/甲_复核.xlsx").is_file()


def test_outputs_of_files_that_left_the_inbox_stay_and_are_named(tmp_path: Path) -> None:
    source = inbox_of(tmp_path / "收件", "甲.xlsx", "乙.xlsx", "丙.xlsx")
    (source / "丙.xlsx").write_text("不是工作簿", "utf-8")
    assert run_folder(source, tmp_path / "结果").remarks == []
    (source / "乙.xlsx").unlink()
    (source / "丙.xlsx").unlink()
    again = run_folder(source, tmp_path / "结果")
    (remark,) = again.remarks
    assert again.files == 1
    assert "有 2 份" in remark
    assert "复核/乙_复核.xlsx、退回/丙_退回说明.xlsx" in remark
    assert (tmp_path / "结果/复核/乙_复核.xlsx").is_file()
