"""Which files of an inbox count, and where their outputs go."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from perfeval_xl.batch.discover import discover, look


def _inbox(tmp_path: Path, *names: str) -> Path:
    inbox = tmp_path / "收件"
    for name in names:
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return inbox


def _names(inbox: Path, outbox: Path) -> list[str]:
    return [file.name for file in discover(inbox, outbox).files]


def test_files_of_all_folders_are_found_in_path_order(tmp_path: Path) -> None:
    inbox = _inbox(tmp_path, "b.xlsx", "a.xlsx", "区直/局.xlsx", "a/z.xlsx")
    assert _names(inbox, tmp_path / "结果") == ["a.xlsx", "a/z.xlsx", "b.xlsx", "区直/局.xlsx"]


def test_locks_hidden_and_temporary_files_are_skipped_and_counted(tmp_path: Path) -> None:
    inbox = _inbox(
        tmp_path,
        "~$局.xlsx",
        ".~局.xlsx",
        ".隐藏.xlsx",
        "下载.tmp",
        "Thumbs.db",
        "README.md",
        "局.xlsx",
    )
    found = discover(inbox, tmp_path / "结果")
    assert [file.name for file in found.files] == ["局.xlsx"]
    assert sum(found.skipped.values()) == 6


def test_the_outbox_inside_the_inbox_is_left_out(tmp_path: Path) -> None:
    inbox = _inbox(tmp_path, "局.xlsx", "结果/复核/局_复核.xlsx")
    assert _names(inbox, inbox / "结果") == ["局.xlsx"]


def test_a_folder_named_like_a_workbook_is_walked_not_opened(tmp_path: Path) -> None:
    inbox = _inbox(tmp_path, "x.xlsx/局.xlsx")
    assert _names(inbox, tmp_path / "结果") == ["x.xlsx/局.xlsx"]


@pytest.mark.skipif(os.name == "nt", reason="needs links and pipes")
def test_link_loops_and_pipes_are_skipped(tmp_path: Path) -> None:
    inbox = _inbox(tmp_path, "局.xlsx")
    (inbox / "loop").symlink_to(inbox)
    os.mkfifo(inbox / "管道.xlsx")
    found = discover(inbox, tmp_path / "结果")
    assert [file.name for file in found.files] == ["局.xlsx"]
    assert sum(found.skipped.values()) == 2


def test_outputs_mirror_the_sub_folders(tmp_path: Path) -> None:
    inbox = _inbox(tmp_path, "区直/局.xlsx")
    file = discover(inbox, tmp_path / "结果").files[0]
    assert file.copy == "复核/区直/局_复核.xlsx"
    assert file.note == "退回/区直/局_退回说明.xlsx"


def test_two_files_never_share_an_output(tmp_path: Path) -> None:
    inbox = _inbox(tmp_path, "局.xls", "局.xlsx", "局.XLSX", "局.pdf", "局_xls.xlsx")
    files = discover(inbox, tmp_path / "结果").files
    for outputs in ([f.copy.casefold() for f in files], [f.note.casefold() for f in files]):
        assert len(set(outputs)) == len(files)


def test_a_file_of_another_kind_beside_it_leaves_the_copy_of_an_xlsx_where_it_is(
    tmp_path: Path,
) -> None:
    inbox = _inbox(tmp_path, "局.et", "局.XLSX", "局.xls", "局.xlsx")
    files = discover(inbox, tmp_path / "结果").files
    assert {f.name: f.copy for f in files} == {
        "局.xlsx": "复核/局_复核.xlsx", "局.XLSX": "复核/局_XLSX_复核.xlsx",
        "局.et": "复核/局_et_复核.xlsx", "局.xls": "复核/局_xls_复核.xlsx",
    }  # fmt: skip
    assert [f.name for f in files] == ["局.XLSX", "局.et", "局.xls", "局.xlsx"]


def test_a_suffix_in_capitals_is_ours_in_the_copy(tmp_path: Path) -> None:
    inbox = _inbox(tmp_path, "局.XLSX")
    assert discover(inbox, tmp_path / "结果").files[0].copy == "复核/局_复核.xlsx"


def test_a_name_of_255_bytes_still_takes_our_suffix(tmp_path: Path) -> None:
    inbox = _inbox(tmp_path, "长" * 83 + ".xlsx")
    file = discover(inbox, tmp_path / "结果").files[0]
    name = file.copy.rpartition("/")[2]
    assert name.endswith("_复核.xlsx")
    assert len(name.encode()) <= 255


def test_macros_keep_their_suffix(tmp_path: Path) -> None:
    inbox = _inbox(tmp_path, "局.xlsm")
    assert discover(inbox, tmp_path / "结果").files[0].copy == "复核/局_复核.xlsm"


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
def test_a_look_sees_the_files_that_are_evaluated_and_no_others(tmp_path: Path) -> None:
    inbox = tmp_path / "收件"
    outbox = inbox / "结果"
    for name in ("局.xlsx", "区直/深/局.xls", ".隐藏/局.xlsx", "旧结果/.perfeval/journal.jsonl"):
        (inbox / name).parent.mkdir(parents=True, exist_ok=True)
        (inbox / name).write_bytes(b"x" * 7)
    outbox.mkdir()
    for name in ("~$局.xlsx", "perfeval.toml", "结果/汇总.xlsx", "旧结果/汇总.xlsx", "局.xlsx.tmp"):
        (inbox / name).write_bytes(b"x")
    (inbox / "链接.xlsx").symlink_to(inbox / "局.xlsx")
    (inbox / "断.xlsx").symlink_to(inbox / "没有")
    (inbox / "回").symlink_to(inbox)
    os.mkfifo(inbox / "管.xlsx")
    os.utime(inbox / "局.xlsx", ns=(5, 5))
    seen = look(inbox, outbox)
    assert sorted(seen.files) == [f.name for f in discover(inbox, outbox).files]
    assert sorted(seen.files) == ["区直/深/局.xls", "局.xlsx", "链接.xlsx"]
    assert seen.files["局.xlsx"] == (7, 5)
    assert not seen.closed
