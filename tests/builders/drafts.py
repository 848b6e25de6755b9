"""A filled form on its way to a workbook: the boards that are drawn, and the truth about them.

A change works on the boards and says in the truth what it alters in meaning; most alter nothing.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from . import annex, layout_plain, layout_word
from .board import Board, Box, Raw, Writing, workbook_bytes
from .forms import FULL_MARKS, FilledForm, Target, Value
from .grid import Cuts, lay_out
from .table import Row, heading_rows, scoring_rows, self_evaluation_rows

_TEMPLATE = Path(__file__).resolve().parents[2] / "templates/yueyanglou-2021/form.toml"
TEXTS = (
    "duties", "annual_tasks", "achievements", "qualitative_target", "qualitative_result",
    "contact_name", "contact_phone",
)  # fmt: skip
COUNTS = ("authorized_posts", "actual_staff")
INDICATORS = range(1, 26)
_TOTALS = ("合计", "总计", "合 计")


class Odd(Enum):
    """What a reader must say of a cell instead of a value."""

    MISSING = "the form has no such cell"
    UNREADABLE = "something stands there that is no figure for certain"


Wanted = Decimal | str | Odd | None


@dataclass
class Truth:
    """What a reader must find. values: by key, as filled in; tables: names of the rows, in order.

    codes: reading problems that must be reported; every other one is a false accusation.
    optional: problems that may be reported. first_row: by table the number its keys begin with.
    """

    values: dict[str, Wanted]
    tables: dict[str, list[tuple[str, int]]]
    codes: set[str] = field(default_factory=set)
    optional: set[str] = field(default_factory=set)

    def whole(self, table: str, field_id: str) -> Wanted:
        """The figure for the unit as a whole: the 合计 row's, the only one, or the sum."""
        rows = self.tables.get(table)
        if not rows:
            return Odd.MISSING
        values = [self.values.get(f"{field_id}.{number}") for _, number in rows]
        for (name, _), value in zip(rows, values, strict=True):
            if name in _TOTALS:
                return value
        if len(values) == 1:
            return values[0]
        if Odd.UNREADABLE in values:
            return Odd.UNREADABLE
        numbers = [value for value in values if isinstance(value, Decimal)]
        return sum(numbers, Decimal(0)) if numbers else None


@dataclass
class Draft:
    """One form being drawn."""

    form: FilledForm
    layout: str
    chance: random.Random
    boards: list[Board] = field(default_factory=list)
    truth: Truth = field(default_factory=lambda: Truth({}, {}))
    writing: Writing = field(default_factory=Writing)
    resave: Callable[[bytes], bytes] | None = None

    def draw(self) -> None:
        """Lays the form out and notes what is true."""
        self.truth = _truth(self.form)
        self.boards = _DRAWN[self.layout](_tagged(self.form))
        values = _values(self.form)
        for board in self.boards:
            for box in board.boxes:
                _fill(box, values)

    def written(self) -> bytes:
        """The workbook."""
        data = workbook_bytes(self.boards, self.writing)
        return self.resave(data) if self.resave else data

    @property
    def profile(self) -> Board:
        """The sheet of 附件2-1."""
        return next(b for b in self.boards if b.find("qualitative_target"))

    @property
    def scoring(self) -> Board:
        """The sheet of 附件2-2."""
        return next(b for b in self.boards if b.find("scoring_total"))

    def box(self, key: str) -> Box | None:
        """Where this was filled; None when a change took it away."""
        return next((box for board in self.boards if (box := board.find(key))), None)

    def figures(self, *kinds: str) -> list[Box]:
        """Boxes whose value still is a plain number, of the kinds money, count and score."""
        return [
            box for board in self.boards for box in board.boxes
            if isinstance(box.value, int | Decimal) and kind_of(box.key) in kinds
        ]  # fmt: skip

    def some(self, boxes: list[Box], most: int = 6) -> list[Box]:
        """A few of them, at least one if there are any."""
        return self.chance.sample(boxes, min(len(boxes), self.chance.randint(1, most)))

    def labels(self) -> Iterator[Box]:
        """Printed labels: short texts that nobody filled in."""
        for board in self.boards:
            for box in board.boxes:
                text = box.value if not box.key and isinstance(box.value, str) else ""
                if 0 < len(text) < 40 and not text.isdigit() and self.form.unit not in text:
                    yield box


def start(form: FilledForm, layout: str, chance: random.Random) -> Draft:
    """A draft that is not drawn yet."""
    return Draft(form, layout, chance)


def kind_of(key: str) -> str:
    """money, count, score, or empty for what is no figure."""
    name = key.partition(".")[0]
    if name in COUNTS:
        return "count"
    if name in ("self_score", "self_total", "scoring_total"):
        return "score"
    return "money" if name in _MONEY else ""


def random_form(chance: random.Random) -> FilledForm:
    """A form with invented figures, some cells blank; nothing has to agree."""
    form = FilledForm.example()
    form.unit = chance.choice(("区示例局", "区退役军人事务样例中心", "样例街道办事处"))
    form.facts |= {
        "authorized_posts": chance.randint(3, 300),
        "actual_staff": chance.randint(3, 300),
    }
    form.tables = {name: [_random_row(form.unit, name, chance)] for name in annex.TABLES}
    for number in INDICATORS:
        form.scores[number] = Decimal(chance.randint(0, FULL_MARKS[number - 1] * 10)) / 10
    form.scores = {n: s for n, s in form.scores.items() if chance.random() > 0.04}
    form.reasons = {n: f"第{n}项扣分说明" for n in INDICATORS if chance.random() < 0.3}
    form.state_totals(rating=chance.choice(("优秀", "良好", "合格")))
    form.heading = _random_heading(form.unit, chance)
    return form


def _random_row(unit: str, table: str, chance: random.Random) -> dict[str, Value]:
    figures: dict[str, Value] = {
        name: _random_amount(chance) for name in annex.table_fields()[table]
    }
    return {"unit": unit, **figures}


def _random_amount(chance: random.Random) -> Value:
    kind = chance.random()
    if kind < 0.15:
        return None
    if kind < 0.3:
        return Decimal(0)
    return Decimal(chance.randint(1, 10 ** chance.randint(2, 7))) / 100


def _random_heading(unit: str, chance: random.Random) -> list[str]:
    return chance.choice((
        [],
        ["附件2-1", "部门（单位）整体支出绩效自评表", f"部门（单位）名称：{unit}    预算编码：000123"],
        ["附件2-1", f"{unit}2021年度部门整体支出绩效自评表"],
        ["附件2-1", "2021年度部门（单位）整体支出绩效自评表", f"填报单位（盖章）：{unit}"],
    ))  # fmt: skip


# ---- drawing ----


@lru_cache(maxsize=1)
def _money_fields() -> frozenset[str]:
    return frozenset(name for names in annex.table_fields().values() for name in names)


_MONEY = _money_fields()


def _values(form: FilledForm) -> dict[str, Raw]:
    """Every filled value by its key."""
    values: dict[str, Any] = {name: form.facts.get(name) for name in (*TEXTS, *COUNTS)}
    values |= {
        name: form.facts.get(name) for name in ("self_total", "self_rating", "scoring_total")
    }
    values["narrative"] = form.narrative
    values["unit_name"] = form.unit
    for table, rows in form.tables.items():
        for number, row in enumerate(rows):
            values[f"{table}.unit.{number}"] = row["unit"]
            for name in annex.table_fields()[table]:
                values[f"{name}.{number}"] = row.get(name)
    for number, target in enumerate(form.targets, 1):
        values[f"target.{number}"] = target.target
        values[f"target_result.{number}"] = target.result
    for number in INDICATORS:
        values[f"self_score.{number}"] = form.scores.get(number)
        values[f"reason.{number}"] = form.reasons.get(number)
    return values


def _truth(form: FilledForm) -> Truth:
    values = {key: _wanted(value) for key, value in _values(form).items()}
    values["satisfaction_result"] = Decimal(str(form.targets[-1].result).rstrip("%")) / 100
    tables = {
        table: [(str(r["unit"]), number) for number, r in enumerate(rows) if r["unit"] != "小计"]
        for table, rows in form.tables.items()
    }
    return Truth(values, tables)


def _wanted(value: Raw) -> Wanted:
    if isinstance(value, int | Decimal):
        return Decimal(value)
    return value if isinstance(value, str) and value else None


def _tagged(form: FilledForm) -> FilledForm:
    """The form with every value replaced by its key, so that the drawing keeps them apart."""
    tagged = form.copy()
    tagged.facts = {name: f"«{name}»" for name in (*TEXTS, *COUNTS)}
    tagged.facts |= {name: f"«{name}»" for name in ("self_total", "self_rating", "scoring_total")}
    tagged.narrative = "«narrative»"
    for table, rows in tagged.tables.items():
        for number, row in enumerate(rows):
            row["unit"] = f"«{table}.unit.{number}»"
            row |= {name: f"«{name}.{number}»" for name in annex.table_fields()[table]}
    count = len(tagged.targets)
    tagged.targets = [Target(f"«target.{n}»", f"«target_result.{n}»") for n in range(1, count + 1)]
    tagged.scores = {n: f"«self_score.{n}»" for n in INDICATORS}
    tagged.reasons = {n: f"«reason.{n}»" for n in INDICATORS}
    return tagged


def _fill(box: Box, values: dict[str, Raw]) -> None:
    text = box.value
    if isinstance(text, str) and text.startswith("«"):
        box.key = text.strip("«»")
        box.value = values.get(box.key)
        box.format = "0.00" if kind_of(box.key) == "money" else "General"


def _two_sheets(form: FilledForm) -> list[Board]:
    """The plain layout: eight columns and seven."""
    profile = [*heading_rows(form.heading), *self_evaluation_rows(form)]
    return [
        _board("附件2-1 自评表", profile, lambda r: layout_plain.SELF_EVALUATION_COLUMNS[r.key]),
        _board("附件2-2 评分表", scoring_rows(form), lambda r: layout_plain.SCORING_COLUMNS[r.key]),
    ]


def _word_grid(form: FilledForm) -> list[Board]:
    """Two tables pasted from Word: no two rows cut alike."""
    profile = [*heading_rows(form.heading), *self_evaluation_rows(form)]
    return [
        _board("Sheet1", profile, layout_word.cuts),
        _board("Sheet2", scoring_rows(form), layout_word.cuts),
    ]


def _one_sheet(form: FilledForm) -> list[Board]:
    """Both forms one below the other."""
    profile, scoring = _two_sheets(form)
    scoring.move(profile.bottom, 0)
    return [Board("整体支出绩效自评", [*profile.boxes, *scoring.boxes])]


def _official(form: FilledForm) -> list[Board]:
    """The blank form as the finance office hands it out; one row per table."""
    boards = []
    for sheet in _template_sheets():
        board = Board(str(sheet["name"]))
        for cell in sheet["cells"]:
            first, _, last = str(cell["at"]).partition(":")
            tag = f"«{_key_of(cell['field'])}»" if "field" in cell else cell.get("text")
            board.boxes.append(Box(*_corner(first), *_corner(last or first), tag))
        boards.append(board)
    return boards


def _key_of(name: str) -> str:
    table, _, column = name.partition(".")
    if column == "unit":
        return f"{table}.unit.0"
    return f"{name}.0" if name in _MONEY else name


@lru_cache(maxsize=1)
def _template_sheets() -> list[dict[str, Any]]:
    with _TEMPLATE.open("rb") as file:
        sheets: list[dict[str, Any]] = tomllib.load(file)["sheets"]
    return sheets


def _corner(address: str) -> tuple[int, int]:
    letters_ = address.rstrip("0123456789")
    column = 0
    for letter in letters_:
        column = column * 26 + ord(letter) - 64
    return int(address[len(letters_) :]), column


def _board(name: str, rows: list[Row], cuts: Cuts) -> Board:
    grid = lay_out(rows, cuts)
    boxes = [
        Box(b.top + 1, b.left + 1, b.bottom + 1, b.right + 1, _plain(b.cell.value))
        for b in grid.boxes
    ]
    widths = [(right - left) / 10 for left, right in pairwise(grid.edges)]
    return Board(name, boxes, widths=widths if grid.edges[-1] > 100 else [])


def _plain(value: Value) -> Raw:
    return value if value is None or isinstance(value, str | int | Decimal) else str(value)


_DRAWN: dict[str, Callable[[FilledForm], list[Board]]] = {
    "plain": _two_sheets, "word": _word_grid, "one_sheet": _one_sheet, "official": _official,
}  # fmt: skip
LAYOUTS = tuple(_DRAWN)
