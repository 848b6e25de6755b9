"""Does a copy hold nothing but the submitted file and our additions? Proven by doing it again."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import Literal

from perfeval_xl.batch.one import Options, annotated
from perfeval_xl.context import NOTHING, Context, context_from
from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml import Package, Workbook, restore
from perfeval_xl.ooxml.receipt import about
from perfeval_xl.writer.ruled import Entries, context_text, read_entries
from perfeval_xl.writer.text import FILE_PREFIX
from perfeval_xl.writer.verify import SAVED_ANEW, Difference, differences, kept_from


@dataclass(frozen=True, slots=True)
class Verification:
    """What came out.

    status: proven; ruled, when another program saved the copy and all that an officer may not enter
    is, cell by cell, as it should be; differs; or unproven, when another version or other form data
    made the copy and nothing of the unit's was found altered. entries: how many rows an officer
    filled in. sha256: of the submitted file, without additions
    of an earlier review. name: what the copy says it was sent as. made_by: who made the copy.
    """

    status: Literal["proven", "ruled", "differs", "unproven"]
    sha256: str
    name: str
    made_by: str
    differences: tuple[Difference, ...]
    entries: int = 0


def verify(copy: bytes, original: bytes, options: Options) -> Verification:
    """Whether ``copy`` is what reviewing ``original`` gives.

    Raises:
        WorkbookError: the original cannot be reviewed, so no copy of it can be ours.
    """
    limits = options.limits.package
    given = _about(copy)
    name = given.get("name") or _name_shown(copy)
    context, entries = _context(given), None
    with contextlib.suppress(WorkbookError):
        context, entries = _with_entries(Workbook.open(copy, limits), context, bool(given))
    expected, _, _ = annotated(name, options, original, context)
    count = entries.count if entries else 0
    due = _about(expected)
    made_by = given.get("program", "")
    same_rules = all(given.get(key) == due[key] for key in ("program", "form", "rules"))
    if given and not same_rules and given["original_sha256"] == due["original_sha256"]:
        source = restore(expected, limits) or original
        kept = kept_from(copy, source, limits)
        status: Literal["differs", "unproven"] = "differs" if kept else "unproven"
        return Verification(status, due["original_sha256"], name, made_by, kept, count)
    found = differences(copy, expected, limits)
    sha256 = due["original_sha256"]
    if not found:
        return Verification("proven", sha256, name, made_by, (), count)
    if (
        entries
        and (count or entries.carried)
        and all(difference.kind in SAVED_ANEW for difference in found)
    ):
        return Verification("ruled", sha256, name, made_by, found, count)
    return Verification("differs", sha256, name, made_by, found, count)


def _with_entries(book: Workbook, context: Context, has_receipt: bool) -> tuple[Context, Entries]:
    """What was known of the unit, with what an officer has entered in the copy since."""
    if not has_receipt:
        with contextlib.suppress(ValueError):
            context = context_from(context_text(book))
    entries = read_entries(book)
    # Of what was entered for this version, only what stands in the cells now; of earlier ones what
    # the copy was made with.
    rulings = [r for r in context.rulings if r.sha256 != entries.sha256]
    known = {r.indicator for r in rulings}
    rulings += [t.ruling for t in entries.carried if t.ruling.indicator not in known]
    rulings += [typed.ruling for typed in entries.rulings]
    waivers = [w for w in context.waivers if w.sha256 != entries.sha256]
    waivers += [typed.waiver for typed in entries.waivers]
    return (
        replace(
            context,
            rulings=tuple(sorted(rulings, key=lambda r: r.indicator)),
            waivers=tuple(sorted(waivers, key=lambda w: w.key)),
        ),
        entries,
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
