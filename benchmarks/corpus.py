"""A seeded corpus of filled forms: 10 to 10,000 workbooks of the kinds an office receives.

    python -m benchmarks.corpus FOLDER --files 1000

A few dozen moulds are drawn with openpyxl (slow); every file is a mould with its own unit name and
figures put in (fast), so that no two files are the same and 10,000 take about half a minute.
Heavy ones are Word tables pasted into Excel (about 280 merges), light ones plain tables (about 45).
Some carry a picture, notes, validation, or a report several pages long.
"""

from __future__ import annotations

import argparse
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import openpyxl
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from tests.builders import layout_plain, layout_word
from tests.builders.forms import FilledForm, tidy

SEED = 2021
HEAVY, LIGHT = "heavy", "light"
KINDS: dict[str, Callable[[FilledForm], openpyxl.Workbook]] = {
    HEAVY: layout_word.build,
    LIGHT: layout_plain.build,
}
TITLES = {HEAVY: "heavy (Word table, ~280 merges)", LIGHT: "light (plain table, ~45 merges)"}
_LIGHT_MERGES = 45
_MOULDS = 24  # of each kind
_UNIT = "区样模局"
_POSTS, _STAFF, _CASES = 90017, 90029, 90031  # figures that each file has its own of
_REFERENCE = re.compile(rb"&#(\d{3,});")
_INLINE = re.compile(rb'(<c [^<>]*) t="inlineStr"><is>(<t[^<>]*>[^<]*</t>)</is></c>')
_PROSE = (
    "全区各项工作任务按计划推进办理事项培训平台建设资金管理制度落实群众满意服务监督检查整改完善"
)


def write_corpus(folder: Path, files: int, kinds: tuple[str, ...] = (HEAVY, LIGHT)) -> list[Path]:
    """``files`` workbooks, the kinds in turn; the same on every run."""
    folder.mkdir(parents=True, exist_ok=True)
    moulds = {kind: _moulds(kind, min(_MOULDS, files)) for kind in kinds}
    chance = random.Random(SEED)
    paths = []
    for number in range(files):
        kind = kinds[number % len(kinds)]
        mould = moulds[kind][number // len(kinds) % len(moulds[kind])]
        path = folder / f"{number:05} 区样{number:05}局.xlsx"
        path.write_bytes(mould.cast(number, chance))
        paths.append(path)
    return paths


@dataclass(frozen=True, slots=True)
class _Mould:
    """A workbook as its parts, with marks where each file has its own."""

    parts: tuple[tuple[str, bytes], ...]

    def cast(self, number: int, chance: random.Random) -> bytes:
        """A workbook with a unit and figures of its own."""
        posts = chance.randint(5, 200)
        own = (
            (_UNIT, f"区样{number:05}局"),
            (str(_POSTS), str(posts)),
            (str(_STAFF), str(posts + chance.randint(-3, 6))),
            (str(_CASES), str(chance.randint(100, 9000))),
        )
        out = BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
            for name, content in self.parts:
                book.writestr(zipfile.ZipInfo(name), _filled(content, own), zipfile.ZIP_DEFLATED)
        return out.getvalue()


def _filled(content: bytes, own: tuple[tuple[str, str], ...]) -> bytes:
    for mark, value in own:
        content = content.replace(mark.encode(), value.encode())
    return content


def _moulds(kind: str, count: int) -> list[_Mould]:
    chance = random.Random(f"{SEED} {kind}")
    return [_mould(kind, number, chance) for number in range(count)]


def _mould(kind: str, number: int, chance: random.Random) -> _Mould:
    book = KINDS[kind](_random_form(chance))
    if kind == LIGHT:
        _split_merges(book, _LIGHT_MERGES)
    extra = number % 6
    if extra == 1:
        _add_picture(book.worksheets[0])
    elif extra == 2:
        _add_notes(book.worksheets[-1])
    elif extra == 3:
        _add_validation(book.worksheets[0])
    out = BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as saved:
        parts = {name: saved.read(name) for name in saved.namelist()}
    if number % 4:
        _as_excel_writes(parts)
    return _Mould(tuple(parts.items()))


def _as_excel_writes(parts: dict[str, bytes]) -> None:
    """Texts as shared strings in plain UTF-8; openpyxl has them in the cells, as &#20154; at that."""
    texts: dict[bytes, int] = {}

    def share(match: re.Match[bytes]) -> bytes:
        number = texts.setdefault(match[2], len(texts))
        return b'%s t="s"><v>%d</v></c>' % (match[1], number)

    for name, content in parts.items():
        if name.endswith(".xml"):
            parts[name] = _REFERENCE.sub(lambda m: chr(int(m[1])).encode(), content)
        if name.startswith("xl/worksheets/sheet"):
            parts[name] = _INLINE.sub(share, parts[name])
    items = b"".join(b"<si>%s</si>" % text for text in texts)
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    head = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    parts["xl/sharedStrings.xml"] = b'%s<sst xmlns="%s">%s</sst>' % (head, space, items)
    _insert(
        parts, "[Content_Types].xml", b'<Override PartName="/xl/sharedStrings.xml" ContentType='
        b'"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>',
    )  # fmt: skip
    _insert(
        parts, "xl/_rels/workbook.xml.rels", b'<Relationship Id="rId99" Type="http://schemas.'
        b'openxmlformats.org/officeDocument/2006/relationships/sharedStrings" '
        b'Target="/xl/sharedStrings.xml"/>',
    )  # fmt: skip


def _insert(parts: dict[str, bytes], name: str, element: bytes) -> None:
    """Put an element last in a part, unless openpyxl has named its empty shared strings there."""
    if b"haredStrings" not in parts[name]:
        at = parts[name].rindex(b"</")
        parts[name] = parts[name][:at] + element + parts[name][at:]


def _random_form(chance: random.Random) -> FilledForm:
    """A filled form with invented figures, some of them wrong, and a report of its own."""
    form = FilledForm.example()
    form.unit = _UNIT
    for rows in form.tables.values():
        for row in rows:
            row["unit"] = _UNIT
    form.facts["authorized_posts"] = _POSTS
    form.facts["actual_staff"] = _STAFF
    for name in ("income_fiscal_appropriation", "personnel_expenditure", "fixed_assets_in_use"):
        if chance.random() < 0.3:
            form.set_figure(name, Decimal(chance.randint(1000, 90000)) / 100)
    for number in range(1, 26):
        if chance.random() < 0.15:
            form.scores[number] = tidy(Decimal(chance.randint(0, 4)) / 2)
    form.narrative = form.narrative.replace("区示例局", _UNIT) + _prose(chance)
    return form


def _prose(chance: random.Random) -> str:
    """Some more of the report, from a line to several pages."""
    lines = []
    for _ in range(chance.choice((1, 2, 4, 8, 30))):
        words = "".join(chance.choices(_PROSE, k=chance.randint(30, 90)))
        lines.append(f"\n{words}，办理{_CASES}件。")
    return "".join(lines)


def _split_merges(book: openpyxl.Workbook, left: int) -> None:
    """Split merges within one row, as in a form typed by hand, until so many are left."""
    merges = [(sheet, area) for sheet in book for area in list(sheet.merged_cells.ranges)]
    flat = sorted((area.min_row, area.coord) for _, area in merges if area.min_row == area.max_row)
    for _, coord in flat[::-1][: len(merges) - left]:
        sheet = next(s for s, area in merges if area.coord == coord)
        sheet.unmerge_cells(coord)


def _add_notes(sheet: Worksheet) -> None:
    """Notes of the unit's own, where our notes may come to stand too."""
    filled = [cell for row in sheet.iter_rows(2, 12) for cell in row if cell.value is not None]
    for cell in filled[::5]:
        cell.comment = Comment("请核实本行依据。", "经办")


def _add_validation(sheet: Worksheet) -> None:
    rule = DataValidation("list", formula1='"优秀,良好,合格,不合格"', allow_blank=True)
    rule.add("B40:B60")
    sheet.add_data_validation(rule)


class _Picture(Image):  # type: ignore[misc]  # openpyxl's own wants Pillow
    """A picture from its bytes."""

    def __init__(self, data: bytes, width: int, height: int) -> None:
        self.ref = BytesIO(data)
        self.width, self.height, self.format, self.anchor = width, height, "png", "A1"

    def _data(self) -> bytes:
        return self.ref.getvalue()


def _add_picture(sheet: Worksheet) -> None:
    sheet.add_image(_Picture(_png(120, 80, random.Random(SEED)), 120, 80), "B2")


def _png(width: int, height: int, chance: random.Random) -> bytes:
    """A seal as a scanner sees it: noise, so that it does not pack."""
    rows = b"".join(b"\0" + chance.randbytes(width) for _ in range(height))
    header = struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunks(chunks))


def _chunks(chunks: tuple[tuple[bytes, bytes], ...]) -> Iterator[bytes]:
    for kind, body in chunks:
        crc = zlib.crc32(kind + body)
        yield struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def main() -> None:
    """Write a corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--kind", choices=tuple(KINDS), action="append")
    given = parser.parse_args()
    write_corpus(given.folder, given.files, tuple(given.kind or KINDS))


if __name__ == "__main__":
    main()
