"""Whether a copy is exactly what we make of the submitted file, and if not, what else is in it.

The proof is that the copy, byte for byte, is what annotating the submitted file again gives: a
receipt can be forged, this cannot. What is said beyond that only helps to find the place.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from perfeval_xl.amounts import parse_cell_number
from perfeval_xl.errors import WorkbookError
from perfeval_xl.model import CellRef, column_letters
from perfeval_xl.ooxml import Cell, Limits, Package, Sheet, Workbook, compare
from perfeval_xl.ooxml.markup import parse, utf8
from perfeval_xl.ooxml.receipt import RECEIPT, about
from perfeval_xl.ooxml.refs import covering, parse_cell, range_text
from perfeval_xl.writer.ruled import officers_cells
from perfeval_xl.writer.text import SETTINGS
from perfeval_xl.writer.text import VERIFY as SAID

_COMPARED = {"sheetData", "mergeCells", "cols", "dimension"}  # told by their own words
_FONT_LOOK = re.compile(rb"<(?:\w+:)?(?:color|b|i|u|strike)\b[^>]*>")
_MOST = 20  # differences of one kind that are told one by one, on each sheet


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which a copy is not what it should be.

    kind: stable word. place: part, sheet or cell. message: a Chinese sentence.
    """

    kind: str
    place: str
    message: str


# What says only that another program wrote the file anew, not that anything in it is different.
SAVED_ANEW = ("no_receipt", "saved_again", "archive")


def differences(
    copy: bytes, expected: bytes, limits: Limits | None = None
) -> tuple[Difference, ...]:
    """In what ``copy`` is not ``expected``, what we make of the submitted file; empty: in nothing."""
    if copy == expected:
        return ()
    try:
        found = list(_found(copy, expected, limits))
    except WorkbookError as exc:
        details = "、".join(filter(None, (exc.code, *exc.details.values())))
        return (_said("unreadable", "", why=details),)
    return tuple(found) or (_said("archive", ""),)


def kept_from(copy: bytes, original: bytes, limits: Limits | None = None) -> tuple[Difference, ...]:
    """In what a copy by another version is not the original plus additions, as far as can be told."""
    try:
        got, want = Workbook.open(copy, limits), Workbook.open(original, limits)
        found = [
            _said("part", d.part, near=f"（{d.near} 附近）" if d.near else "")
            for d in compare(copy, original, limits)
            if d.kind != "order"  # that only says that the parts were packed anew
        ]
        for name in want.sheet_names:
            if name not in got.sheet_names:
                found.append(_said("sheet_missing", name))
            elif want.info(name).kind == "worksheet":
                theirs = set(want.sheet(name).cells)
                found += _cells(got.sheet(name), want.sheet(name), False, theirs)
    except WorkbookError as exc:
        return (_said("unreadable", "", why=exc.code),)
    return tuple(found)


def _said(kind: str, place: str, **values: str) -> Difference:
    return Difference(kind, place, SAID[kind].format(place=place, **values))


def _found(copy: bytes, expected: bytes, limits: Limits | None) -> Iterator[Difference]:
    got, want = Workbook.open(copy, limits), Workbook.open(expected, limits)
    given, due = about(got.package), about(want.package)
    if not given:
        yield _said("no_receipt", RECEIPT)
    elif given["original_sha256"] != due["original_sha256"]:
        yield _said("other_original", RECEIPT, sha256=given["original_sha256"])
        return
    # Another program writes styles, sizes and parts anew: those say nothing then.
    exact = bool(given) and _is_as_packed(got.package, want.package)
    if given and not exact:
        yield _said("saved_again", RECEIPT)
    shared = yield from _tabs(got, want)
    told: set[str] = set()
    for here, there in shared:
        if want.info(there).kind != "worksheet":
            continue
        some = list(_on_sheet(got, want, here, there, exact))
        yield from some
        if some:
            told |= {want.info(there).part, *_notes_parts(want, there)}
    if exact:
        renamed = list(_names(got, want))
        yield from renamed
        yield from _parts(got.package, want.package, told | ({want.part} if renamed else set()))


def _is_as_packed(got: Package, want: Package) -> bool:
    """Whether most parts are still what they should be, so that the others were changed."""
    names = [name for name in want.names if not name.startswith(RECEIPT.partition("/")[0])]
    same = sum(name in got and got.read(name) == want.read(name) for name in names)
    return 2 * same > len(names)


# ---- tabs ----


def _tabs(got: Workbook, want: Workbook) -> Generator[Difference, None, list[tuple[str, str]]]:
    """Differences in the tabs; returns the pairs of names that mean the same sheet."""
    missing = [name for name in want.sheet_names if name not in got.sheet_names]
    extra = [name for name in got.sheet_names if name not in want.sheet_names]
    pairs = [(name, name) for name in want.sheet_names if name in got.sheet_names]
    for old in list(missing):
        new = next((name for name in extra if got.info(name).part == want.info(old).part), None)
        if new is not None:
            yield _said("sheet_renamed", old, now=new)
            pairs.append((new, old))
            missing.remove(old)
            extra.remove(new)
    for name in missing:
        yield _said("sheet_missing", name)
    for name in extra:
        yield _said("sheet_added", name)
    common = [name for name in got.sheet_names if name in want.sheet_names]
    if common != [name for name in want.sheet_names if name in got.sheet_names]:
        yield _said("sheet_order", "、".join(got.sheet_names))
    for old, new in pairs:
        was, now = want.info(new).state, got.info(old).state
        if was != now:
            yield _said("sheet_state", new, was=was, now=now)
    return pairs


# ---- one sheet ----


def _on_sheet(
    got: Workbook, want: Workbook, here: str, there: str, exact: bool
) -> Iterator[Difference]:
    now, was = got.sheet(here), want.sheet(there)
    theirs = officers_cells(got, now) & officers_cells(want, was) if not exact else set()
    yield from _cells(now, was, exact, {*now.cells, *was.cells} - theirs)
    for key in sorted(theirs):
        if _formula(was.cells.get(key), exact) not in ("", _formula(now.cells.get(key), exact)):
            yield from _cells(now, was, exact, {key})
    for area in sorted({*now.merges} ^ {*was.merges}):
        kind = "merge_added" if area in now.merges else "merge_missing"
        yield _said(kind, f"{there}!{range_text(area)}")
    yield from _notes(got, want, here, there)
    if exact:
        yield from _sizes(now, was, there)
        yield from _looks(now, was, there)
        yield from _rows(now, was, there)
        yield from _settings(now, was, there)


def _cells(now: Sheet, was: Sheet, exact: bool, keys: set[tuple[int, int]]) -> Iterator[Difference]:
    off = [key for key in sorted(keys) if not _same(was.cells.get(key), now.cells.get(key), exact)]
    for row, column in off[:_MOST]:
        place = CellRef(was.name, row, column).qualified
        before, after = was.cells.get((row, column)), now.cells.get((row, column))
        kind = "formula" if _formulas_differ(before, after, exact) else "cell"
        yield _said(kind, place, was=_shown(before, kind), now=_shown(after, kind))
    if len(off) > _MOST:
        rest = "、".join(range_text(area) for area in covering(off[_MOST:])[:_MOST])
        yield _said("more_cells", was.name, count=str(len(off) - _MOST), rest=rest)


def _same(before: Cell | None, after: Cell | None, exact: bool) -> bool:
    """Whether a cell is what it was; a formula whose result another program left out shows none."""
    if not exact and _formulas_differ(before, after, exact):
        return False
    if not exact and after is not None and after.formula is not None and not after.cached:
        return True
    return _content(after, exact) == _content(before, exact)


def _content(cell: Cell | None, exact: bool) -> tuple[str | None, ...]:
    """What is compared of a cell; of one that another program saved only what it shows."""
    if cell is None or (not cell.raw and not exact):
        return ("",)
    if exact:
        return cell.kind, cell.raw, cell.formula
    number = parse_cell_number(cell.raw) if cell.kind in ("number", "boolean") else None
    return (cell.raw.replace("\r\n", "\n") if number is None else f"{number:f}",)


def _formulas_differ(before: Cell | None, after: Cell | None, exact: bool) -> bool:
    first, second = (_formula(cell, exact) for cell in (before, after))
    return first != second


def _formula(cell: Cell | None, exact: bool) -> str:
    """The formula, without what programs write in different ways."""
    text = "" if cell is None or cell.formula is None else cell.formula
    return text if exact else "".join(text.split()).casefold()


def _shown(cell: Cell | None, kind: str) -> str:
    if cell is None:
        return "空白"
    text = f"={cell.formula}" if kind == "formula" and cell.formula else cell.raw
    return f"“{text if len(text) <= 60 else text[:59] + '…'}”"


def _notes(got: Workbook, want: Workbook, here: str, there: str) -> Iterator[Difference]:
    now, was = _note_texts(got, here), _note_texts(want, there)
    for row, column in sorted(now.keys() | was.keys()):
        place = f"{there}!{column_letters(column)}{row}"
        if (row, column) not in now:
            yield _said("note_missing", place)
        elif (row, column) not in was:
            yield _said("note_added", place)
        elif now[row, column].strip() != was[row, column].strip():
            yield _said("note", place)


def _notes_parts(book: Workbook, sheet: str) -> list[str]:
    relations = book.package.relationships(book.info(sheet).part)
    return [r.part for r in relations if r.kind in ("comments", "vmlDrawing") and r.part]


def _note_texts(book: Workbook, sheet: str) -> dict[tuple[int, int], str]:
    texts = {}
    for part in _notes_parts(book, sheet):
        known = book.package.find(part)
        if known is None or not known.endswith(".xml"):
            continue
        for node in parse(utf8(book.package.original(known), known), known).descendants("comment"):
            cell = parse_cell(node.attributes.get("ref", ""))
            if cell:
                texts[cell] = "".join(inner.text for inner in node.descendants("t"))
    return texts


def _sizes(now: Sheet, was: Sheet, name: str) -> Iterator[Difference]:
    last = max((c.last for s in (now, was) for c in s.columns if c.last < 1000), default=0)
    for column in range(1, last + 1):
        if now.column_width(column) != was.column_width(column):
            place = f"{name}!{column_letters(column)}"
            yield _said("width", place, was=f"{was.column_width(column):g}",
                        now=f"{now.column_width(column):g}")  # fmt: skip
    for row in sorted(now.row_heights.keys() | was.row_heights.keys()):
        before, after = (s.row_heights.get(row, s.default_height) for s in (was, now))
        if before != after:
            yield _said("height", f"{name}!{row}", was=f"{before:g}", now=f"{after:g}")


def _looks(now: Sheet, was: Sheet, name: str) -> Iterator[Difference]:
    off = []
    for row in sorted(now.rows.keys() | was.rows.keys()):
        before, after = ({p.column: p.style for p in s.places(row)} for s in (was, now))
        if before != after:
            columns = sorted(before.keys() | after.keys())
            off += [(row, c) for c in columns if before.get(c) != after.get(c)]
    if off:
        areas = "、".join(range_text(area) for area in covering(off)[:_MOST])
        yield _said("style", f"{name}!{areas}")


def _rows(now: Sheet, was: Sheet, name: str) -> Iterator[Difference]:
    """Rows hidden or shown."""
    for row in sorted(now.hidden_rows ^ was.hidden_rows):
        yield _said("row_hidden" if row in now.hidden_rows else "row_shown", f"{name}!{row}")


def _settings(now: Sheet, was: Sheet, name: str) -> Iterator[Difference]:
    """What a sheet holds beside its cells: validation, protection, print set-up and so on."""
    before, after = _settings_of(was), _settings_of(now)
    for kind in dict.fromkeys((*before, *after)):
        if before.get(kind) != after.get(kind):
            yield _said("setting", name, what=SETTINGS.get(kind, kind))


def _settings_of(sheet: Sheet) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for child in sheet.children:
        if child.name not in _COMPARED:
            found.setdefault(child.name, []).append(sheet.xml[child.start : child.end])
    return found


def _names(got: Workbook, want: Workbook) -> Iterator[Difference]:
    now, was = ({(n.name, n.sheet): n.refers_to for n in b.defined_names} for b in (got, want))
    for key in dict.fromkeys((*was, *now)):
        if now.get(key) != was.get(key):
            before, after = was.get(key, "没有"), now.get(key, "没有")
            yield _said("name", SETTINGS.get(key[0], key[0]), was=before, now=after)


# ---- parts ----


def _parts(got: Package, want: Package, told: set[str]) -> Iterator[Difference]:
    for name in want.names:
        if name not in got:
            yield _said("part_missing", name)
        elif name not in told and got.read(name) != want.read(name):
            yield _said("part", name, near=_near(got.read(name), want.read(name)))
    for name in got.names:
        if name not in want:
            yield _said("part_added", name)


def _near(now: bytes, was: bytes) -> str:
    """What stands in a text part where it first differs, for a person to find it."""
    length = min(len(now), len(was))
    at = next((n for n in range(length) if now[n] != was[n]), length)
    try:
        piece = was[max(0, at - 20) : at + 30].decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return ""
    shown = "".join(c for c in piece if c.isprintable())
    is_text = b"\0" not in was[:200] and shown
    return f"（第 {at} 字节，“{shown}”附近）" if is_text else ""


# ---- colours ----


def recoloured(copy: bytes, expected: bytes, limits: Limits | None = None) -> bool:
    """Whether filled cells that look alike in ``expected`` differ in fill or font in ``copy``.

    Programs write styles in their own ways, but all cells of one style in the same way; a cell
    that stands out was coloured by hand.
    """
    got, want = Workbook.open(copy, limits), Workbook.open(expected, limits)
    for kind, attribute in (("fills", "fillId"), ("fonts", "fontId")):
        looks: dict[str, bytes] = {}
        now, was = _Looks(got, kind, attribute), _Looks(want, kind, attribute)
        for name in want.sheet_names:
            if name not in got.sheet_names or want.info(name).kind != "worksheet":
                continue
            after = got.sheet(name).cells
            for key, cell in want.sheet(name).cells.items():
                if key in after:
                    look = now.of(after[key].style)
                    if looks.setdefault(was.number(cell.style), look) != look:
                        return True
    return False


class _Looks:
    """Fills or fonts of a workbook's styles."""

    def __init__(self, book: Workbook, kind: str, attribute: str) -> None:
        styles = book.styles
        self._attribute = attribute
        self._formats = styles.cell_formats
        self._entries = [styles.xml[node.start : node.end] for node in styles.items(kind)]
        if kind == "fonts":  # LibreOffice gives Chinese texts a font of their own
            self._entries = [b"".join(_FONT_LOOK.findall(entry)) for entry in self._entries]

    def number(self, style: int) -> str:
        """The number of a style's fill or font."""
        if not 0 <= style < len(self._formats):
            return "0"
        return self._formats[style].attributes.get(self._attribute, "0")

    def of(self, style: int) -> bytes:
        """The fill or font itself, as the file has it."""
        number = self.number(style)
        known = number.isascii() and number.isdigit() and int(number) < len(self._entries)
        return self._entries[int(number)] if known else b""
