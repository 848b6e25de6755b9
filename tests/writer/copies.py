"""Annotated copies for tests: of a filled form, of bytes, of many random forms at once."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from html import escape

from perfeval_xl.batch.one import Options, annotated
from perfeval_xl.model import Evaluation, column_letters
from perfeval_xl.ooxml import Sheet, Workbook
from tests.builders import layout_plain, layout_word
from tests.builders.forms import FilledForm, Target
from tests.ooxml.samples import parts_of, sheet_xml, unzipped, zipped

OURS = "复核意见"
_FORMULA = re.compile(rb"(<f>[^<]*</f>)<v>[^<]*</v>")
_LAYOUTS = {
    "plain": lambda form: layout_plain.build(
        form, sheet_names=("附件2-1 自评表", "附件2-2 评分表")
    ),
    "word": layout_word.build,
}
_PLACE = 7_000_000  # numbers from here on stand for what a random form fills in


@dataclass(frozen=True)
class Annotated:
    """A file, its copy, and what was found."""

    data: bytes
    copy: bytes
    evaluation: Evaluation


def annotated_bytes(data: bytes, name: str = "样例.xlsx") -> Annotated:
    """The copy of a file."""
    copy, evaluation, _ = annotated(name, Options(), data)
    return Annotated(data, copy, evaluation)


def workbook_of(form: FilledForm, layout: str = "plain") -> bytes:
    """The form as a workbook."""
    stream = io.BytesIO()
    _LAYOUTS[layout](form).save(stream)
    return stream.getvalue()


def annotated_form(form: FilledForm, layout: str = "plain") -> Annotated:
    """The copy of a filled form."""
    return annotated_bytes(workbook_of(form, layout))


def without_cached_values(data: bytes) -> bytes:
    """The workbook with no formula's result stored, so that whoever opens it must reckon."""
    parts = unzipped(data)
    for name, content in parts.items():
        if name.startswith("xl/worksheets/"):
            parts[name] = _FORMULA.sub(rb"\1", content)
    return zipped(dict(parts))


def our_formulas(copy: bytes, data: bytes) -> dict[tuple[str, int, int], tuple[str, str]]:
    """Formula and stored result of every cell of ours that has one."""
    before, after = Workbook.open(data), Workbook.open(copy)
    found = {}
    for name in after.sheet_names:
        theirs = before.sheet(name).cells if name in before.sheet_names else {}
        for key, cell in after.sheet(name).cells.items():
            if cell.formula is not None and key not in theirs:
                found[(name, *key)] = (cell.formula, cell.raw)
    return found


# ---- many forms ----


def _fields() -> list[str]:
    form = FilledForm.example()
    return [
        *(f"score.{number}" for number in form.scores),
        *(name for row in form.tables.values() for name in row[0] if name != "unit"),
        "authorized_posts", "actual_staff", "self_total", "scoring_total", "satisfaction",
    ]  # fmt: skip


@cache
def _pattern(layout: str) -> tuple[dict[str, bytes], dict[str, int]]:
    """Parts of a workbook whose figures are all numbers of their own, and the number of each."""
    form, places = FilledForm.example(), {}
    for number, name in enumerate(_fields(), _PLACE):
        places[name] = number
        if name.startswith("score."):
            form.scores[int(name[6:])] = number
        elif name == "satisfaction":
            form.targets[-1] = Target(form.targets[-1].target, number)
        elif name in ("authorized_posts", "actual_staff", "self_total", "scoring_total"):
            form.facts[name] = number
        else:
            form.set_figure(name, number)
    return _with_numbers_in_cells(unzipped(workbook_of(form, layout))), places


def _with_numbers_in_cells(parts: dict[str, bytes]) -> dict[str, bytes]:
    """Texts that are one of our numbers, as numbers."""
    text = re.compile(rb' t="inlineStr"><is><t>(70000\d\d)</t></is></c>')
    return {name: text.sub(rb"><v>\1</v></c>", content) for name, content in parts.items()}


Typed = Decimal | str | None


def filled(layout: str, values: dict[str, Typed]) -> bytes:
    """A workbook with these figures: numbers, texts, or None for an empty cell."""
    parts, places = _pattern(layout)
    content = dict(parts)
    for name, xml in parts.items():
        if name.startswith("xl/worksheets/"):
            content[name] = _replaced(xml, places, values)
    return zipped(dict(content))


def _replaced(xml: bytes, places: dict[str, int], values: dict[str, Typed]) -> bytes:
    by_number = {number: values.get(name) for name, number in places.items()}

    def cell(match: re.Match[bytes]) -> bytes:
        value = by_number[int(match[2])]
        if value is None:
            return match[1].replace(b' t="n"', b"") + b"/>"
        if isinstance(value, str):
            text = escape(value).encode()
            return (
                match[1].replace(b' t="n"', b' t="inlineStr"')
                + b"><is><t>"
                + text
                + b"</t></is></c>"
            )
        return match[1] + b"><v>%s</v></c>" % repr(float(value)).encode()

    return re.sub(rb'(<c r="[A-Z]+\d+"[^<>]*)><v>(70000\d\d)</v></c>', cell, xml)


def random_figures(chance: random.Random) -> dict[str, Typed]:
    """Figures at and around the limits, some blank, some typed as text, some with a unit."""
    posts = chance.choice((1, 7, 10, 20, 36, 84, chance.randint(1, 300)))
    staff = posts + chance.choice((0, -1, 1, 2, 3, chance.randint(-posts, 2 * posts)))
    total = Decimal(chance.randint(1, 10**7)) / 100
    used = chance.choice(
        (total, total * 95 / 100, total * Decimal(chance.randint(0, 10000)) / 10000)
    )
    carried = Decimal(chance.randint(0, 10**5)) / 100
    figures: dict[str, Typed] = {
        "authorized_posts": Decimal(posts), "actual_staff": Decimal(max(0, staff)),
        "fixed_assets_total": total, "fixed_assets_in_use": round(used, 2),
        "income_carryover": carried,
        "surplus_cumulative": chance.choice((None, Decimal(0), carried, carried + Decimal("0.01"), -carried)),
        "surplus_current": chance.choice((None, Decimal(0), carried, Decimal("8.45"))),
        "income_total": Decimal(chance.randint(1, 10**7)) / 100,
        "expenditure_total": Decimal(chance.randint(1, 10**7)) / 100,
        "satisfaction": chance.choice(
            ("95%", "94.99%", "85%", "75%", "74.9%", "优", None, Decimal("0.95"), Decimal("0.9499"))
        ),
        "self_total": Decimal(chance.randint(800, 1000)) / 10,
        "scoring_total": chance.choice((None, Decimal(chance.randint(800, 1000)) / 10)),
    }  # fmt: skip
    for number in range(1, 26):
        figures[f"score.{number}"] = chance.choice((
            Decimal(chance.randint(0, 70)) / 10, Decimal(chance.randint(0, 7)), Decimal("4.85"),
            Decimal("2.43"), Decimal(-1), Decimal(20), None, "五分", "4.5/5",
        ))  # fmt: skip
    return {name: _as_typed(value, chance) for name, value in figures.items()}


def _as_typed(value: Typed, chance: random.Random) -> Typed:
    if not isinstance(value, Decimal):
        return value
    way = chance.random()
    if way < 0.55:
        return value
    text = f"{value:f}"
    if way < 0.9:
        return text
    return (
        text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
        if way < 0.95
        else f" {text}"
    )


_TABS = ("Ours", "First", "Second")
_APART = 200  # rows from one form to the next
_CELL = re.compile(r"(\$?\b[A-Z]{1,3}\$?)([1-9][0-9]*)\b")

Wanted = list[tuple[str, int, int, str]]


def packed(copies: Iterable[Annotated]) -> tuple[bytes, Wanted]:
    """One workbook of all that the formulas of many copies need, one form below the other.

    Stored results are left out; the list says where each formula stands and what it was.
    """
    rows: dict[str, list[str]] = {tab: [] for tab in _TABS}
    wanted: Wanted = []
    for number, one in enumerate(copies):
        book = Workbook.open(one.copy)
        names = dict(zip(book.sheet_names, _TABS, strict=True))
        for name, tab in names.items():
            rows[tab] += _moved_rows(book.sheet(name), tab, names, number * _APART, wanted)
    parts = parts_of(*(sheet_xml("".join(rows[tab])) for tab in _TABS))
    main = str(parts["xl/workbook.xml"])
    for number, tab in enumerate(_TABS, 1):
        main = main.replace(f'name="S{number}"', f'name="{tab}"')
    return zipped(parts | {"xl/workbook.xml": main}), wanted


def _moved_rows(
    sheet: Sheet, tab: str, names: dict[str, str], down: int, wanted: Wanted
) -> Iterable[str]:
    rows: dict[int, list[str]] = {}
    for (row, column), cell in sorted(sheet.cells.items()):
        place = f'<c r="{column_letters(column)}{row + down}"'
        if cell.formula is not None:
            text = f"{place}><f>{escape(_moved(cell.formula, names, down))}</f></c>"
            wanted.append((tab, row + down, column, cell.raw))
        elif tab == _TABS[0] or len(cell.raw) > 40:
            continue
        elif cell.kind == "number":
            text = f"{place}><v>{cell.raw}</v></c>"
        else:
            shown = escape(cell.raw)
            text = f'{place} t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'
        rows.setdefault(row + down, []).append(text)
    return (f'<row r="{n}">{"".join(cells)}</row>' for n, cells in rows.items())


def _moved(formula: str, names: dict[str, str], down: int) -> str:
    """The formula for other tab names, so many rows lower."""
    for name, tab in names.items():
        formula = formula.replace("'" + name.replace("'", "''") + "'!", f"{tab}!")
    return _CELL.sub(lambda match: f"{match[1]}{int(match[2]) + down}", formula)
