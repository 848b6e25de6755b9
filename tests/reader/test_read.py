"""A filled form is read by its labels: what one program wrote, the reader finds."""

from __future__ import annotations

import io
import random
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from openpyxl import Workbook as Book

from perfeval_xl.calculator.evaluate import evaluate
from perfeval_xl.errors import WorkbookError
from perfeval_xl.forms.identify import identify
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import State, Submission
from perfeval_xl.ooxml import Workbook
from perfeval_xl.reader.read import read_grids, read_submission
from perfeval_xl.writer.annotate import annotate
from perfeval_xl.writer.review import Arrival
from tests.builders import layout_one_sheet, layout_plain, layout_word
from tests.builders.forms import FilledForm
from tests.conftest import SAMPLES

SEED = "01_区样例一办2021年部门整体支出绩效自评.xlsx"


def read_bytes(data: bytes, form: FormSpec) -> Submission:
    """The submission in the bytes of a workbook."""
    return read_submission(read_grids(Workbook.open(data)), form)


def read_book(book: Book, form: FormSpec) -> Submission:
    """The submission in an openpyxl workbook, as it would be saved."""
    out = io.BytesIO()
    book.save(out)
    return read_bytes(out.getvalue(), form)


def _cells(form: FormSpec) -> dict[str, tuple[str, str]]:
    """Sheet and first cell of every input of the blank form, by field."""
    return {
        cell.field: (sheet.name, cell.at.split(":")[0])
        for sheet in form.sheets
        for cell in sheet.cells
        if cell.field
    }


@pytest.mark.parametrize("seed", range(12))
def test_the_blank_filled_at_random_reads_to_the_same_facts(form: FormSpec, seed: int) -> None:
    chance = random.Random(seed)
    book = openpyxl.load_workbook(Path(form.directory) / "blank.xlsx")
    cells = _cells(form)
    wanted: dict[str, Decimal | str | None] = {}
    for field in form.fields.values():
        if field.id not in cells:
            continue
        value = _random_value(field.kind, chance)
        sheet, address = cells[field.id]
        if value is not None:
            book[sheet][address] = float(value) if isinstance(value, Decimal) else value
            wanted[field.id] = value
        elif isinstance(book[sheet][address].value, str):
            book[sheet][address] = None  # a total formula that the unit deleted
    scores = [Decimal(chance.randint(0, 10)) / 2 for _ in range(25)]
    for number, score in enumerate(scores, 1):
        sheet, address = cells[f"self_score.{number}"]
        book[sheet][address] = float(score)
    submission = read_book(book, form)
    for field_id in (f for f in form.fields if f in cells):
        fact = submission.facts[field_id]
        if field_id == "unit_name" and field_id not in wanted:
            continue
        assert fact.value == wanted.get(field_id), field_id
        if field_id in wanted:
            assert fact.ref is not None
            assert (fact.ref.sheet, fact.ref.address) == cells[field_id]
    assert [row.self_score.number for row in submission.scores] == scores
    assert [p.code for p in submission.problems] == []


def _random_value(kind: str, chance: random.Random) -> Decimal | str | None:
    if chance.random() < 0.2:
        return None
    if kind == "amount":
        return Decimal(chance.randint(0, 10**7)) / 100
    if kind == "count":
        return Decimal(chance.randint(1, 500))
    if kind == "score":
        return Decimal(chance.randint(0, 200)) / 2
    return f"填报文字{chance.randint(1, 999)}"


def test_totals_of_the_blank_are_computed_when_no_result_is_stored(form: FormSpec) -> None:
    """openpyxl stores no results: the form's own formulas are plain sums, so they are computed."""
    book = openpyxl.load_workbook(Path(form.directory) / "blank.xlsx")
    cells = _cells(form)
    for field, value in (("income_carryover", 1.5), ("income_other", 2.25)):
        sheet, address = cells[field]
        book[sheet][address] = value
    fact = read_book(book, form).facts["income_total"]
    assert fact.value == Decimal("3.75")
    assert "公式" in fact.note


def test_an_empty_blank_has_no_figure_at_all(form: FormSpec) -> None:
    submission = read_bytes((Path(form.directory) / "blank.xlsx").read_bytes(), form)
    assert {f.state for f in submission.facts.values()} == {State.BLANK, State.MISSING}
    assert all(row.self_score.state is State.BLANK for row in submission.scores)


LAYOUTS = {
    "plain": lambda f: layout_plain.build(f),
    "shifted": lambda f: layout_plain.build(f, top=4, left=3),
    "scoring first": lambda f: layout_plain.build(f, scoring_first=True),
    "other names": lambda f: layout_plain.build(f, sheet_names=("表一", "表二")),
    "word grid": lambda f: layout_word.build(f),
    "one sheet": lambda f: layout_one_sheet.build(f),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_reads_to_the_same_facts(form: FormSpec, layout: str) -> None:
    filled = FilledForm.example()
    submission = read_book(LAYOUTS[layout](filled), form)
    assert [row.self_score.number for row in submission.scores] == [
        Decimal(str(filled.scores[n])) for n in range(1, 26)
    ]
    for name, rows in filled.tables.items():
        for field, value in rows[0].items():
            if field == "unit":
                continue
            expected = None if value in (None, "") else Decimal(str(value))
            assert submission.facts[field].value == expected, f"{name}.{field}"
    assert submission.facts["authorized_posts"].value == Decimal(
        str(filled.facts["authorized_posts"])
    )
    assert submission.facts["self_total"].value == Decimal(str(filled.facts["self_total"]))
    assert len(submission.targets) == 10
    assert submission.problems == ()


def test_the_pasted_word_table_gives_the_published_figures(form: FormSpec) -> None:
    """Figures of DOMAIN section 5, typed here from the document."""
    submission = read_bytes((SAMPLES / SEED).read_bytes(), form)
    figures = {
        "authorized_posts": 11, "actual_staff": 10, "income_total": "297.36",
        "income_fiscal_appropriation": "297.36", "expenditure_total": "297.36",
        "basic_expenditure": "297.36", "personnel_expenditure": "122.51",
        "operating_expenditure": "174.85", "three_public_total": "2.43",
        "official_hospitality": "2.43", "fixed_assets_total": "23.90",
        "fixed_assets_in_use": "23.90", "satisfaction_result": "0.95", "self_total": 99,
        "scoring_total": 99,
    }  # fmt: skip
    for field, value in figures.items():
        assert submission.facts[field].value == Decimal(str(value)), field
    for field in ("income_carryover", "project_expenditure", "surplus_current", "vehicle_purchase"):
        assert submission.facts[field].state is State.BLANK
    scores = [int(row.self_score.number or 0) for row in submission.scores]
    assert scores == [5, 5, 5, 3, 3, 3, 6, 2, 3, 2, 3, 3, 3, 4, 3, 5, 7, 5, 2, 2, 4, 5, 5, 5, 5]


def test_a_list_that_is_no_form_is_unknown(form: FormSpec) -> None:
    path = next(SAMPLES.glob("12_*.xlsx"))
    grids = read_grids(Workbook.open(path.read_bytes()))
    texts = {
        normalize_label(grid.text(a)) for grid in grids for v in grid.labels.values() for a in v
    }
    with pytest.raises(WorkbookError) as caught:
        identify(texts, [form])
    assert caught.value.code == "form.unknown"


def test_a_profile_without_scores_is_returned_for_its_scoring_sheet(form: FormSpec) -> None:
    book = layout_plain.build(FilledForm.example(), with_scoring=False)
    with pytest.raises(WorkbookError) as caught:
        read_book(book, form)
    assert caught.value.code == "form.scoring_sheet_missing"


def test_the_row_names_tell_two_equal_labels_apart(form: FormSpec) -> None:
    filled = FilledForm.example()
    filled.scores[8], filled.scores[13] = Decimal("1.5"), Decimal("2.5")
    rows = {row.indicator: row for row in read_book(layout_plain.build(filled), form).scores}
    assert rows["budget_management_system"].self_score.value == Decimal("1.5")
    assert rows["asset_management_system"].self_score.value == Decimal("2.5")


def test_a_table_with_a_total_row_speaks_by_that_row(form: FormSpec) -> None:
    path = next(SAMPLES.glob("*/10_*.xlsx"))
    submission = read_bytes(path.read_bytes(), form)
    income = [row for row in submission.rows if row.block == "income"]
    assert [row.is_total for row in income] == [False, False, True]
    total = income[0].facts["income_total"].number + income[1].facts["income_total"].number  # type: ignore[operator]
    assert submission.facts["income_total"].number == total


def test_every_read_fact_knows_its_cell_and_how_it_was_found(form: FormSpec) -> None:
    submission = read_book(layout_plain.build(FilledForm.example()), form)
    for fact in submission.facts.values():
        if fact.state in (State.NUMBER, State.TEXT, State.BLANK):
            assert fact.ref is not None, fact.id
            assert fact.found_by, fact.id


@pytest.mark.parametrize("layout", LAYOUTS)
def test_our_own_annotated_copy_reads_to_the_same_facts(form: FormSpec, layout: str) -> None:
    out = io.BytesIO()
    LAYOUTS[layout](FilledForm.example()).save(out)
    workbook = Workbook.open(out.getvalue())
    before = read_submission(read_grids(workbook), form)
    arrival = Arrival("样例.xlsx", "perfeval_xl 0")
    after = read_bytes(annotate(workbook, evaluate(before, form), form, arrival), form)
    assert {k: f.value for k, f in after.facts.items()} == {
        k: f.value for k, f in before.facts.items()
    }
    assert [r.self_score.value for r in after.scores] == [r.self_score.value for r in before.scores]
    assert after.problems == before.problems
