"""The office's folder: laid out once, then worked from by a double click."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from perfeval_xl.batch.files import whole_file
from perfeval_xl.batch.journal import FOLDER
from perfeval_xl.batch.settings import (
    NAME,
    load_settings,
    settings_beside,
    settings_for,
    settings_in,
)
from perfeval_xl.batch.settings_keys import commented
from perfeval_xl.errors import PerfEvalError
from perfeval_xl.forms.catalog import load_forms, templates_directory
from perfeval_xl.forms.office import office_forms

DESK, INBOX, OUTBOX, CLICKED, PROMPT = "绩效复核", "收件", "结果", "复核.bat", "命令窗口.bat"
ROSTER, REFERENCE = "名册.xlsx", "参考数据.xlsx"
OWN_OUTBOX = "{name}_结果"  # of a folder that was dropped
_COMMANDS = {CLICKED: "review.bat", PROMPT: "prompt.bat"}


class DeskError(PerfEvalError):
    """What was clicked or dropped cannot be worked on."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a double click asks for; without an outbox one file is only looked at."""

    source: Path
    outbox: Path | None
    settings: Path | None


def usual_folder() -> Path:
    """Where the office's folder goes when nobody says: on the desktop, else in the home folder."""
    home = Path.home()
    desktops = (home / "Desktop", home / "OneDrive" / "Desktop", home / "桌面")
    return next((place for place in desktops if place.is_dir()), home) / DESK


def lay_out(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Make what the office's folder needs; gives each place and whether it is new.

    What exists is left as it is; settings that lie there hold for the blanks.

    Raises:
        SettingsError: they are wrong.
        OSError: the folder cannot be written.
    """
    for name in (INBOX, OUTBOX):
        place = folder / name
        is_new = not place.is_dir()
        place.mkdir(parents=True, exist_ok=True)
        yield place, is_new
    for name, write in _files(folder):
        place = folder / name
        is_new = not place.exists()
        if is_new:
            with whole_file(place) as temporary:
                write(temporary)
        yield place, is_new


def task_of(folder: Path, dropped: str | None) -> Task:
    """What to do when ``复核.bat`` in ``folder`` is clicked, or something is dropped on it.

    Raises:
        DeskError: there is no inbox, or what was dropped is no folder or file to work on.
    """
    own = settings_in(folder)
    place = _place(dropped)
    if place is not None and place.is_file():
        return Task(place, None, settings_for(place) or own)
    if place is None or _is_same(place, folder):
        place = folder / INBOX
        if not place.is_dir():
            raise DeskError(f"没有“{place}”这个文件夹。请新建它，把各单位填好的表放进去。")
    if not place.is_dir():
        raise DeskError(f"没有“{place}”这个文件夹或文件。请把它重新拖到 {CLICKED} 上。")
    if (place / FOLDER).exists():
        raise DeskError(f"“{place}”是结果文件夹。请拖放收件的文件夹。")
    if not place.name:
        raise DeskError(f"“{place}”是整个磁盘。请拖放里面的一个文件夹。")
    return Task(place, _outbox_of(place, folder), settings_beside(place) or own)


def _place(dropped: str | None) -> Path | None:
    """What was dropped. cmd turns the end of a quoted ``D:\\`` into a quotation mark."""
    text = (dropped or "").rstrip('"')
    return Path(text).absolute() if text else None


def _outbox_of(inbox: Path, folder: Path) -> Path:
    if _is_same(inbox, folder / INBOX):
        return folder / OUTBOX
    return inbox.with_name(OWN_OUTBOX.format(name=inbox.name))


def _is_same(first: Path, second: Path) -> bool:
    return first.resolve() == second.resolve()


def _files(folder: Path) -> Iterator[tuple[str, Callable[[Path], object]]]:
    """Name of each file of the folder with what writes it to a path.

    What the settings decide comes last: they may be wrong.
    """
    from perfeval_xl.writer.blank import write_blank
    from perfeval_xl.writer.lists import write_reference, write_roster
    from perfeval_xl.writer.style import in_colours

    yield NAME, partial(_write_text, text=commented())
    yield ROSTER, write_roster
    yield REFERENCE, partial(write_reference, forms=load_forms())
    for name, source in _COMMANDS.items():
        text = (templates_directory() / "office" / source).read_text(encoding="utf-8")
        yield name, partial(_write_text, text=text, bom=False)
    settings = load_settings(settings_in(folder), with_lists=False)
    with in_colours(dict(settings.office.colours)):
        for spec in office_forms(settings.templates, settings.office):
            yield f"空白表_{spec.id}.xlsx", partial(write_blank, spec)


def _write_text(path: Path, text: str, bom: bool = True) -> None:
    """Write as Windows does: CRLF; a BOM tells old editors that it is UTF-8, but upsets cmd."""
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="\r\n") as out:
        out.write(text)
