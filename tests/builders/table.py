"""A filled form as rows of cells, the way its Word table has it.

A row says how many cells it has and which go on from the row above; where the cuts
between them fall is the layouts' business.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from . import annex
from .annex import PrintedCell, PrintedRow
from .forms import FilledForm, Person, SignOff, TableRow, Target, Value

Kind = Literal[
    "caption", "title", "subtitle", "section", "label", "criteria", "text", "prose", "money",
    "number", "note", "date",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: ``continues`` goes on from the row above, ``span`` counts the slots it takes."""

    value: Value
    kind: Kind
    continues: bool = False
    span: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``key`` names its pattern of cuts, ``number`` counts rows of one pattern from 0."""

    key: str
    cells: tuple[Cell, ...]
    number: int = 0


_SELF_EVALUATION_KEYS = (
    *("section", "contact", "staff", "duties", "tasks", "achievements", "section", "section"),
    *("income_head", "income_heads", "income", "section"),
    *("expenditure_head", "expenditure_heads", "expenditure_leaves", "expenditure"),
    *("three_public_head", "three_public_heads", "three_public"),
    *("assets_head", "assets_heads", "fixed_assets", "section"),
    *("qualitative_head", "qualitative", "targets_head", *("target",) * 10),
    *("self_total", "self_rating", "section", "persons_head", *("person",) * 4),
    *("note",) * 7,
    "narrative",
)
_PROSE = {"duties", "annual_tasks", "achievements", "qualitative_target", "qualitative_result"}


def heading_rows(lines: list[str]) -> list[Row]:
    """The lines above a table: 附件 small, then the title, then what stands beneath it."""
    beneath: list[Kind] = ["subtitle"] * len(lines)
    kinds: list[Kind] = ["caption", "title", *beneath]
    return [Row("heading", (Cell(line, kind),)) for line, kind in zip(lines, kinds, strict=False)]


def self_evaluation_rows(form: FilledForm) -> list[Row]:
    """附件2-1 from its first printed row to the written report."""
    targets, persons, notes = iter(form.targets), iter(form.persons), _notes(form.sign_off)
    rows: list[Row] = []
    seen: dict[str, int] = {}
    printed_rows = annex.printed_sheets()[annex.SELF_EVALUATION]
    for key, printed in zip(_SELF_EVALUATION_KEYS, printed_rows, strict=True):
        for cells in _filled(form, key, printed, targets, persons, notes):
            rows.append(Row(key, cells, seen.get(key, 0)))
            seen[key] = seen.get(key, 0) + 1
    return rows


def scoring_rows(form: FilledForm) -> list[Row]:
    """附件2-2 from its first printed row to 总分."""
    caption, head, *body = annex.printed_sheets()[annex.SCORING]
    rows = [Row("caption", (Cell(caption[0]["label"], "caption"),))]
    rows += [Row("heading", (Cell(line, "title"),)) for line in form.scoring_heading]
    rows.append(Row("scoring_head", _labels(head)))
    number = 0
    for printed in body:
        if annex.is_indicator(printed):
            number += 1
            rows.append(Row("indicator", _indicator(form, number, printed), number - 1))
        elif printed[0].get("label") == "总 分":
            rows.append(Row("scoring_total", _total(form, printed)))
        else:
            rows.append(Row("scoring_head", _labels(printed), 1))
    return rows


def _filled(
    form: FilledForm,
    key: str,
    printed: PrintedRow,
    targets: Iterator[Target],
    persons: Iterator[Person],
    notes: Iterator[Cell],
) -> list[tuple[Cell, ...]]:
    table = annex.table_of(printed)
    if table:
        return [_table_row(printed, row) for row in form.tables[table]]
    if key == "target":
        target = next(targets, Target("", ""))
        values = [Cell(target.target, "prose"), Cell(target.result, "number")]
        return [(*_labels(printed[:-2]), *values)]
    if key == "person":
        person = next(persons, Person())
        texts = (person.name, person.title, person.unit, person.signature)
        return [tuple(Cell(text, "text") for text in texts)]
    if key == "note":
        return [(next(notes),)]
    if key == "section":
        return [(Cell(printed[0]["label"], "section"),)]
    return [tuple(_cell(form, cell) for cell in printed)]


def _cell(form: FilledForm, printed: PrintedCell) -> Cell:
    field_id = printed.get("input")
    if field_id is None:
        return _label(printed)
    if field_id == "narrative":
        return Cell(form.narrative, "prose")
    return Cell(form.facts.get(field_id), "prose" if field_id in _PROSE else "number")


def _table_row(printed: PrintedRow, row: TableRow) -> tuple[Cell, ...]:
    figures = (Cell(row.get(cell["input"]), "money") for cell in printed[1:])
    return (Cell(row.get("unit"), "text"), *figures)


def _indicator(form: FilledForm, number: int, printed: PrintedRow) -> tuple[Cell, ...]:
    cells = list(_labels(printed[:3]))
    criteria = form.criteria.get(number, printed[3].get("label"))
    cells.append(Cell(criteria, "criteria", continues=criteria is None))
    points = form.points.get(number, _points(printed[4]))
    cells.append(Cell(points, "number", continues=points is None))
    cells.append(Cell(form.scores.get(number), "number"))
    cells.append(Cell(form.reasons.get(number), "prose"))
    return tuple(cells)


def _total(form: FilledForm, printed: PrintedRow) -> tuple[Cell, ...]:
    return (
        Cell(printed[0]["label"], "label", span=4),
        Cell(_points(printed[4]), "number"),
        Cell(form.facts.get("scoring_total"), "number"),
        Cell(form.facts.get("scoring_note"), "prose"),
    )


def _points(printed: PrintedCell) -> int | None:
    return int(printed["label"]) if "label" in printed else None


def _labels(printed: PrintedRow) -> tuple[Cell, ...]:
    return tuple(_label(cell) for cell in printed)


def _label(printed: PrintedCell) -> Cell:
    return Cell(printed.get("label"), "label", continues=printed.get("merged", False))


def _notes(sign: SignOff) -> Iterator[Cell]:
    """The lines from 评价组组长 to 填报人, each as printed when nothing is filled in."""
    blank_date = "年 月 日"
    yield Cell(f"评价组组长（签字）：{sign.leader}", "note")
    yield Cell(sign.leader_date or blank_date, "date")
    yield Cell(f"部门（单位）意见：{sign.unit_opinion}", "note")
    unit_date = sign.unit_date or blank_date
    yield Cell(f"部门（单位）负责人（签章）：{sign.unit_head} {unit_date}", "date")
    yield Cell(f"财政部门归口业务科室意见：{sign.finance_opinion}", "note")
    finance_date = sign.finance_date or blank_date
    yield Cell(f"财政部门归口业务科室负责人（签章）：{sign.finance_head} {finance_date}", "date")
    yield Cell(f"填报人（签名）：{sign.preparer} 联系电话：{sign.preparer_phone}", "note")
