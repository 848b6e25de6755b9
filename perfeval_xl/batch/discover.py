"""Which files of the inbox are evaluated, and where their outputs go."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from perfeval_xl.batch.standing import Standing

REVIEWED = "复核"
RETURNED = "退回"
REVIEWED_SUFFIX = "_复核"
RETURNED_SUFFIX = "_退回说明"
_JOURNAL = ".perfeval/journal.jsonl"  # in an outbox, of this run or another
_LOCKS = ("~$", ".~")
_SYSTEM = {"thumbs.db", "desktop.ini"}
_TEMPORARY = (".tmp", ".temp", ".part", ".crdownload", ".download", ".lnk", "~")
_NOT_SUBMITTED = {
    ".md", ".py", ".pyc", ".toml", ".bat", ".cmd", ".ps1", ".sh", ".ini", ".log", ".json", ".jsonl",
    ".db", ".sqlite",
}  # fmt: skip
_SHEETS = {".xlsx", ".xlsm", ".xltx", ".xltm"}
_LONGEST_STEM = 220  # bytes: with our longest mark, a suffix and a number it stays under 255


@dataclass(frozen=True, slots=True)
class Submitted:
    """One file of the inbox: where it lies and where its copy or note goes.

    name: path relative to the inbox, with ``/``. copy and note: relative to the outbox.
    standing: how the copy stands that is to be replaced; None when nobody looked.
    """

    path: Path
    name: str
    copy: str
    note: str
    standing: Standing | None = None


@dataclass
class Discovery:
    """What the inbox holds; ``skipped`` counts by reason what was passed over."""

    files: list[Submitted] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def discover(inbox: Path, outbox: Path) -> Discovery:
    """All files to evaluate, sorted by path; the outbox inside the inbox is left out."""
    found = Discovery()
    names = sorted(_walk(inbox, outbox.resolve(), found), key=lambda item: item[0])
    taken: set[str] = set()
    for name, path in names:
        found.files.append(_placed(path, name, taken))
    return found


def _walk(inbox: Path, outbox: Path, found: Discovery) -> Iterator[tuple[str, Path]]:
    def note(_error: OSError) -> None:
        found.skipped["打不开的文件夹"] += 1

    for folder, folders, files in os.walk(inbox, onerror=note):
        here = Path(folder)
        for name in sorted(folders):
            reason = _folder_reason(here / name, outbox)
            if reason:
                found.skipped[reason] += 1
                folders.remove(name)
        folders.sort()
        for name in files:
            path = here / name
            reason = _file_reason(path)
            if reason:
                found.skipped[reason] += 1
            else:
                yield path.relative_to(inbox).as_posix(), path


def _folder_reason(path: Path, outbox: Path) -> str:
    if path.is_symlink():
        return "指向别处的文件夹链接"
    if path.resolve() == outbox or os.path.exists(path / _JOURNAL):
        return "结果文件夹"
    return "隐藏的文件夹" if path.name.startswith(".") else ""


def _file_reason(path: Path) -> str:
    name = path.name
    if name.startswith(_LOCKS):
        return "Excel 或 WPS 的锁定文件"
    if name.startswith(".") or name.lower() in _SYSTEM:
        return "隐藏文件"
    if name.lower().endswith(_TEMPORARY):
        return "临时文件"
    if os.path.splitext(name)[1].lower() in _NOT_SUBMITTED:
        return "说明或程序文件"
    try:
        return "" if stat.S_ISREG(path.stat().st_mode) else "不是普通文件"
    except PermissionError:
        return ""  # given back as unreadable
    except OSError:
        return "不是普通文件"


def _placed(path: Path, name: str, taken: set[str]) -> Submitted:
    folder, _, file = name.rpartition("/")
    stem, suffix = os.path.splitext(file)
    kept = suffix if suffix.lower() in _SHEETS else ".xlsx"
    stem = _free(folder, _fitting(stem), suffix, taken)
    prefix = f"{folder}/" if folder else ""
    return Submitted(
        path,
        name,
        f"{REVIEWED}/{prefix}{stem}{REVIEWED_SUFFIX}{kept}",
        f"{RETURNED}/{prefix}{stem}{RETURNED_SUFFIX}.xlsx",
    )


def _free(folder: str, stem: str, suffix: str, taken: set[str]) -> str:
    """The stem, with its suffix when another file of the folder would give the same output."""
    wanted, number = stem, 1
    while f"{folder}/{wanted}".casefold() in taken:
        wanted = stem + suffix.replace(".", "_") + (f"_{number}" if number > 1 else "")
        number += 1
    taken.add(f"{folder}/{wanted}".casefold())
    return wanted


def _fitting(stem: str) -> str:
    """The stem, cut where our marks would not fit; a digest keeps two cut names apart."""
    encoded = os.fsencode(stem)
    if len(encoded) <= _LONGEST_STEM:
        return stem
    digest = hashlib.sha256(encoded).hexdigest()[:8]
    while len(os.fsencode(stem)) > _LONGEST_STEM - 9:
        stem = stem[:-1]
    return f"{stem}~{digest}"
