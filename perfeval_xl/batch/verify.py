"""Does a copy hold nothing but the submitted file and our additions? Proven by doing it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from perfeval_xl.batch.one import Options, annotated
from perfeval_xl.context import NOTHING, Context, context_from
from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml import Package, Workbook, restore
from perfeval_xl.ooxml.receipt import about
from perfeval_xl.writer.text import FILE_PREFIX
from perfeval_xl.writer.verify import Difference, differences, kept_from


@dataclass(frozen=True, slots=True)
class Verification:
    """What came out.

    status: proven; differs; or unproven, when another version or other form data made the copy
    and nothing of the unit's was found altered. sha256: of the submitted file, without additions
    of an earlier review. name: what the copy says it was sent as. made_by: who made the copy.
    """

    status: Literal["proven", "differs", "unproven"]
    sha256: str
    name: str
    made_by: str
    differences: tuple[Difference, ...]


def verify(copy: bytes, original: bytes, options: Options) -> Verification:
    """Whether ``copy`` is what reviewing ``original`` gives.

    Raises:
        WorkbookError: the original cannot be reviewed, so no copy of it can be ours.
    """
    limits = options.limits.package
    given = _about(copy)
    name = given.get("name") or _name_shown(copy)
    expected, _, _ = annotated(name, options, original, _context(given))
    due = _about(expected)
    made_by = given.get("program", "")
    same_rules = all(given.get(key) == due[key] for key in ("program", "form", "rules"))
    if given and not same_rules and given["original_sha256"] == due["original_sha256"]:
        source = restore(expected, limits) or original
        kept = kept_from(copy, source, limits)
        status: Literal["differs", "unproven"] = "differs" if kept else "unproven"
        return Verification(status, due["original_sha256"], name, made_by, kept)
    found = differences(copy, expected, limits)
    return Verification(
        "differs" if found else "proven", due["original_sha256"], name, made_by, found
    )


def _context(given: dict[str, str]) -> Context:
    """What was known of the unit when the copy was made, as its receipt says."""
    try:
        return context_from(given["context"]) if "context" in given else NOTHING
    except ValueError:
        return NOTHING


def _about(copy: bytes) -> dict[str, str]:
    """What a copy's receipt says; empty when there is none or the file cannot be opened."""
    try:
        return about(Package.open(copy))
    except WorkbookError:
        return {}


def _name_shown(copy: bytes) -> str:
    """The file name that a copy without receipt still shows on its first sheet."""
    try:
        book = Workbook.open(copy)
        cell = book.sheet(book.sheet_names[0]).cells.get((3, 1))
    except WorkbookError:
        return ""
    return cell.raw.removeprefix(FILE_PREFIX) if cell else ""
