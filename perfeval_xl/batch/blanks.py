"""One prefilled blank per unit of a roster, ready to be handed out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perfeval_xl.batch.files import whole_file
from perfeval_xl.batch.remarks import Remark, Remarks
from perfeval_xl.batch.roster import RosterUnit, read_roster
from perfeval_xl.forms.spec import FormSpec

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_LONGEST = 60  # characters, so that a path of Windows keeps room for folders
_ENDING = "自评表.xlsx"


@dataclass
class Blanks:
    """What was made: files written, files that were there already, units that need not report."""

    written: int = 0
    kept: int = 0
    exempt: int = 0
    remarks: list[Remark] = field(default_factory=list)


def write_blanks(
    spec: FormSpec,
    roster: Path,
    folder: Path,
    force: bool = False,
    progress: Callable[[int, int], None] | None = None,
    further: Sequence[str] = (),
) -> Blanks:
    """A blank for each unit of the roster that must report, its name and code filled in.

    What is there already is kept unless ``force``: it may have been filled in. ``further``: ids of
    the attachments whose sheets stand behind the form's own.

    Raises:
        ListError: the roster cannot be used.
    """
    from perfeval_xl.writer.blank import write_blank

    remarks = Remarks()
    units = read_roster(roster, remarks).units
    due = [unit for unit in units if not unit.exempt]
    made = Blanks(exempt=len(units) - len(due), remarks=remarks.found)
    printed = {cell.field for sheet in spec.sheets for cell in sheet.cells}
    taken: set[str] = set()
    for number, unit in enumerate(due, 1):
        path = folder / _free_name(unit, taken)
        if path.exists() and not force:
            made.kept += 1
        else:
            texts = {"unit_name": unit.name, "unit_code": unit.code}
            with whole_file(path) as temporary:
                prefill = {key: text for key, text in texts.items() if text and key in printed}
                write_blank(spec, temporary, prefill, further)
            made.written += 1
        if progress is not None:
            progress(number, len(due))
    return made


def _free_name(unit: RosterUnit, taken: set[str]) -> str:
    """Code and name as a file name that Windows takes, told apart where two would be equal."""
    shown = _FORBIDDEN.sub("_", "_".join(filter(None, (unit.code, unit.name))))[:_LONGEST]
    stem = shown.strip(" .") or "单位"
    if _RESERVED.fullmatch(stem):
        stem = f"_{stem}"
    name, number = f"{stem}_{_ENDING}", 2
    while name.casefold() in taken:
        name = f"{stem}_{number}_{_ENDING}"
        number += 1
    taken.add(name.casefold())
    return name
