"""Which files of the inbox are evaluated, and where their outputs go."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from perfeval_xl.batch.standing import Standing
from perfeval_xl.errors import PerfEvalError

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


class InboxWouldChange(PerfEvalError):
    """Outputs would be written among the submitted files."""

    def __init__(self, inbox: str, outbox: str) -> None:
        super().__init__(inbox, outbox)
        self.inbox = inbox
        self.outbox = outbox

    def __str__(self) -> str:
        return f"结果写到“{self.outbox}”，就会写进收件文件夹“{self.inbox}”。请换一个结果文件夹。"


def keep_apart(inbox: Path, outbox: Path) -> None:
    """Refuse an inbox that is the outbox, or lies in a folder that is written there.

    Raises:
        InboxWouldChange: the outputs would land in the inbox.
    """
    source, target = inbox.resolve(), outbox.resolve()
    own = (target / REVIEWED, target / RETURNED)
    if source == target or any(source.is_relative_to(folder) for folder in own):
        raise InboxWouldChange(os.fspath(inbox), os.fspath(outbox))


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

    def pass_over(self, is_passed_over: Callable[[Path], bool], reason: str) -> None:
        """Leave out files that are no workbooks of units."""
        kept = [file for file in self.files if not is_passed_over(file.path)]
        if len(kept) < len(self.files):
            self.skipped[reason] += len(self.files) - len(kept)
            self.files = kept


def discover(inbox: Path, outbox: Path) -> Discovery:
    """All files to evaluate, sorted by path; the outbox inside the inbox is left out.

    Raises:
        OSError: the inbox itself cannot be listed: that says nothing of what was sent.
    """
    found = Discovery()
    taken: set[str] = set()
    for name, path in sorted(_walk(inbox, outbox.resolve(), found), key=_precedence):
        found.files.append(_placed(path, name, taken))
    found.files.sort(key=lambda file: file.name)
    return found


def _precedence(item: tuple[str, Path]) -> tuple[bool, str]:
    """The plain name of an output is the .xlsx's: its copy stays where it is when 甲.xls comes too."""
    name, _ = item
    return not name.endswith(".xlsx"), name


@dataclass(frozen=True, slots=True)
class Look:
    """What lies in the inbox at a glance: size and time of each file, and folders kept shut."""

    files: Mapping[str, tuple[int, int]]
    closed: frozenset[str] = frozenset()


def look(inbox: Path, outbox: Path) -> Look:
    """The files that ``discover`` would find, from the listings of the folders alone.

    Raises:
        OSError: the inbox itself cannot be listed.
    """
    files: dict[str, tuple[int, int]] = {}
    closed: set[str] = set()
    target = outbox.resolve()
    folders = [""]
    while folders:
        prefix = folders.pop()
        try:
            with os.scandir(inbox / prefix) as entries:
                for entry in entries:
                    name = f"{prefix}{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        if not _folder_reason(Path(entry.path), target):
                            folders.append(f"{name}/")
                    elif not _name_reason(entry.name) and (stamp := _stamp(entry)):
                        files[name] = stamp
        except OSError:
            if not prefix:
                raise
            closed.add(prefix)
    return Look(files, frozenset(closed))


def _stamp(entry: os.DirEntry[str]) -> tuple[int, int] | None:
    """Size and time of an ordinary file, made up where it may not be looked at, else None."""
    try:
        if not entry.is_file():
            return None
        found = entry.stat()
    except PermissionError:
        return -1, -1
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _walk(inbox: Path, outbox: Path, found: Discovery) -> Iterator[tuple[str, Path]]:
    def note(error: OSError) -> None:
        if Path(error.filename) == inbox:
            raise error
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
    if reason := _name_reason(path.name):
        return reason
    try:
        return "" if stat.S_ISREG(path.stat().st_mode) else "不是普通文件"
    except PermissionError:
        return ""  # given back as unreadable
    except OSError:
        return "不是普通文件"


def _name_reason(name: str) -> str:
    if name.startswith(_LOCKS):
        return "Excel 或 WPS 的锁定文件"
    if name.startswith(".") or name.lower() in _SYSTEM:
        return "隐藏文件"
    if name.lower().endswith(_TEMPORARY):
        return "临时文件"
    if os.path.splitext(name)[1].lower() in _NOT_SUBMITTED:
        return "说明或程序文件"
    return ""


def _placed(path: Path, name: str, taken: set[str]) -> Submitted:
    folder, _, file = name.rpartition("/")
    stem, suffix = os.path.splitext(file)
    kept = suffix.lower() if suffix.lower() in _SHEETS else ".xlsx"
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
