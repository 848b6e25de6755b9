"""Input cells of the copy: how they look, and what is read back from them whoever saved it."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl.styles import Protection
from openpyxl.workbook import Workbook as Book

from perfeval_xl.batch.one import Options, annotated
from perfeval_xl.batch.verify import verify
from perfeval_xl.context import NOTHING, Adjudication, Waiver
from perfeval_xl.ooxml import Workbook
from perfeval_xl.writer.ruled import Entries, iso_date, read_entries
from tests import officer
from tests.audit import audit
from tests.builders.forms import FilledForm
from tests.officer import REVIEW, SCORING
from tests.ooxml.samples import by_libreoffice
from tests.writer.copies import Annotated, annotated_form

MANAGEMENT, COMPLIANCE = "budget_management_system", "fund_use_compliance"


@pytest.fixture(scope="module")
def one() -> Annotated:
    """A form that agrees with itself, 96.8 points: 21 of 25 indicators ask for a ruling."""
    return annotated_form(FilledForm.example())


@pytest.fixture
def copy(one: Annotated, tmp_path: Path) -> Path:
    path = tmp_path / "样例_复核.xlsx"
    path.write_bytes(one.copy)
    return path


def entries_of(path: Path) -> Entries:
    return read_entries(Workbook.open(path.read_bytes()))


def typed(path: Path) -> dict[str, tuple[Decimal | None, str, str]]:
    found = entries_of(path).rulings
    return {t.ruling.indicator: (t.ruling.score, t.ruling.raw, t.ruling.reason) for t in found}


# ---- how it looks ----


def test_what_figures_do_not_bear_out_asks_and_the_rest_does_not(copy: Path) -> None:
    asked = officer.asked(copy)
    assert len(asked) == 21
    assert not {"staffing_control_rate", "fund_surplus", "fixed_asset_utilization_rate"} & {*asked}


def test_input_cells_are_open_restricted_and_say_what_to_enter(copy: Path) -> None:
    sheet = officer.opened(copy)[SCORING]
    _, column = officer.column_of(sheet, "核定得分")
    row = officer.row_of(sheet, MANAGEMENT)
    cell = sheet.cell(row, column)
    assert cell.protection == Protection(locked=False)
    assert sheet.cell(row, column + 1).protection.locked is False
    rules = {r.type: r for r in sheet.data_validations.dataValidation if cell.coordinate in r.sqref}
    assert (rules["decimal"].formula1, rules["decimal"].formula2) == ("0", "3")
    assert "0 至 3" in rules["decimal"].prompt
    assert "0 至 3" in rules["decimal"].error
    reason = sheet.cell(row, column + 1).coordinate
    length = next(r for r in sheet.data_validations.dataValidation if reason in r.sqref)
    assert (length.type, length.operator, length.formula1) == (
        "textLength", "lessThanOrEqual", "500",
    )  # fmt: skip


def test_findings_can_be_dealt_with_from_a_list(copy: Path) -> None:
    sheet = officer.opened(copy)[REVIEW]
    row, column = officer.column_of(sheet, "处理")
    rule = next(r for r in sheet.data_validations.dataValidation if r.type == "list")
    assert rule.formula1 == '"更正,豁免"'
    assert sheet.cell(row + 1, column).coordinate in rule.sqref
    assert sheet.print_area.endswith(f"$G${sheet.max_row}")  # the printed page is as it was


def new_faults(path: Path, data: bytes) -> Counter[str]:
    """What openxml-audit finds wrong in a copy that was not so in the submitted file."""
    before = path.with_name("原件.xlsx")
    before.write_bytes(data)
    return audit(path) - audit(before)


def test_the_copy_is_valid(one: Annotated, copy: Path) -> None:
    assert not new_faults(copy, one.data)


def test_the_total_counts_what_stands_until_it_is_ruled(one: Annotated) -> None:
    sheet = Workbook.open(one.copy).sheet(SCORING)
    texts = {cell.raw: key for key, cell in sheet.cells.items()}
    row, column = texts["核定合计（尚有 21 项未核定）"]
    assert sheet.cells[row, column - 1].raw == "96.8"


def ruled_copy(one: Annotated, **scores: str) -> bytes:
    """The copy with these rulings written into it by us."""
    sha256 = entries_of_bytes(one.copy).sha256
    rulings = tuple(
        Adjudication(name, Decimal(score), "理由", sha256, raw=score)
        for name, score in sorted(scores.items())
    )
    context = replace(NOTHING, rulings=rulings)
    return annotated("样例.xlsx", Options(), one.data, context)[0]


def entries_of_bytes(data: bytes) -> Entries:
    return read_entries(Workbook.open(data))


@pytest.mark.libreoffice
def test_libreoffice_reckons_the_total_as_we_do(
    one: Annotated, tmp_path: Path, recalculate: Callable[[Sequence[Path], Path], None]
) -> None:
    """96.8 less 1 for 管理制度, 14 instead of 5 for 经济效益 within the 15 shared points."""
    paths = []
    for number, scores in enumerate(({}, {MANAGEMENT: "1"}, {"benefit_economic": "14"})):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(ruled_copy(one, **scores))
        paths.append(path)
    out = tmp_path / "out"
    out.mkdir()
    recalculate(paths, out)
    said = []
    for path in paths:
        for data in (path.read_bytes(), (out / path.name).read_bytes()):
            sheet = Workbook.open(data).sheet(SCORING)
            key = next(k for k, c in sheet.cells.items() if c.raw.endswith("项未核定）"))
            said.append((float(sheet.cells[key[0], key[1] - 1].raw), sheet.cells[key].raw))
    assert said == [
        *[(96.8, "核定合计（尚有 21 项未核定）")] * 2,
        *[(95.8, "核定合计（尚有 20 项未核定）")] * 2,
        *[(96.8, "核定合计（尚有 20 项未核定）")] * 2,
    ]


# ---- what is read back ----


@pytest.mark.parametrize(
    ("value", "score", "raw"),
    [
        (2.5, "2.5", "2.5"),
        (0, "0", "0"),
        ("2", "2", "2"),
        ("２.５", "2.5", "２.５"),
        ("2.5分", "2.5", "2.5分"),
        (" 3 ", "3", "3"),
        ("五分", None, "五分"),
        ("80%", None, "80%"),
        ("无", None, "无"),
        ("2/3", None, "2/3"),
        (True, None, "1"),
        ("=1+1", None, "=1+1"),
    ],
)
def test_a_score_is_read_as_it_was_typed(
    copy: Path, value: object, score: str | None, raw: str
) -> None:
    officer.rule(copy, {MANAGEMENT: (value, "理由")})
    expected = None if score is None else Decimal(score)
    assert typed(copy) == {MANAGEMENT: (expected, raw, "理由")}


def test_a_blank_is_no_ruling_and_a_reason_alone_is_kept(copy: Path) -> None:
    officer.rule(copy, {MANAGEMENT: (None, "同意"), COMPLIANCE: ("  ", None)})
    assert typed(copy) == {MANAGEMENT: (None, "", "同意")}


def test_a_percent_cell_is_no_score(copy: Path) -> None:
    officer.rule(copy, {MANAGEMENT: (0.8, "理由")})

    def percent(book: Book) -> None:
        sheet = book[SCORING]
        _, column = officer.column_of(sheet, "核定得分")
        sheet.cell(officer.row_of(sheet, MANAGEMENT), column).number_format = "0%"

    officer.edit(copy, percent)
    assert typed(copy) == {MANAGEMENT: (None, "80%", "理由")}


def test_rulings_name_what_the_officer_was_shown(copy: Path) -> None:
    officer.rule(copy, {MANAGEMENT: (2, None)})
    ruling = entries_of(copy).rulings[0].ruling
    assert (ruling.claimed, ruling.low, ruling.high) == ("2", "0", "3")


def test_rulings_follow_their_rows(copy: Path) -> None:
    """Sheets in another order and under another name, rows pushed down, columns inserted."""
    officer.rule(copy, {MANAGEMENT: (1, "缺一项"), "duty_key_projects": (2, None)})

    def shuffle(book: Book) -> None:
        sheet = book[SCORING]
        for area in [str(area) for area in sheet.merged_cells.ranges]:
            sheet.unmerge_cells(area)
        _, column = officer.column_of(sheet, "核定得分")
        sheet.insert_cols(column)
        sheet.insert_rows(1, 3)
        sheet.title = "评分"
        book.move_sheet(sheet, -2)

    officer.edit(copy, shuffle)
    assert typed(copy) == {
        MANAGEMENT: (Decimal(1), "1", "缺一项"),
        "duty_key_projects": (Decimal(2), "2", ""),
    }


def test_an_entry_that_belongs_to_nobody_is_said_to_be_lost(copy: Path) -> None:
    officer.rule(copy, {MANAGEMENT: (1, "缺一项")})

    def cut(book: Book) -> None:
        sheet = book[SCORING]
        _, column = officer.column_of(sheet, "核定编号")
        sheet.delete_cols(column)

    officer.edit(copy, cut)
    assert entries_of(copy).is_lost


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2022-05-01", "2022-05-01"),
        ("2022年5月1日", "2022-05-01"),
        ("2022.5.1", "2022-05-01"),
        ("２０２２/5/1", "2022-05-01"),
        (date(2022, 5, 1), "2022-05-01"),
        ("五月一日", "五月一日"),
        ("2022-02-30", "2022-02-30"),
    ],
)
def test_a_waiver_has_its_date_whatever_it_was_typed_as(
    copy: Path, value: object, shown: str
) -> None:
    officer.deal(copy, 2, "豁免", "已提供说明", value)
    waiver = entries_of(copy).waivers[0].waiver
    assert waiver == Waiver(
        "score.full_marks_unsupported|key_expenditure_rate|附件2-2 评分表!F5",
        "已提供说明", shown, entries_of(copy).sha256, "豁免",
    )  # fmt: skip
    assert bool(iso_date(shown)) == (shown == "2022-05-01")


# ---- what we write in again ----


def test_what_was_entered_is_written_in_again_and_ruling_on_another_version_is_only_shown(
    one: Annotated, tmp_path: Path
) -> None:
    sha256 = entries_of_bytes(one.copy).sha256
    rulings = (
        Adjudication(COMPLIANCE, Decimal(2), "一例", "0" * 64, "3", "0", "3", "2"),
        Adjudication(MANAGEMENT, Decimal("1.5"), "缺一项", sha256, "2", "0", "3", "1.5"),
    )
    context = replace(NOTHING, rulings=rulings)
    path = tmp_path / "x.xlsx"
    path.write_bytes(annotated("样例.xlsx", Options(), one.data, context)[0])
    assert officer.entered(path) == {MANAGEMENT: (1.5, "缺一项")}
    shown = [c.raw for c in Workbook.open(path.read_bytes()).sheet(SCORING).cells.values()]
    remarks = [text for text in shown if "【核定后填报有改动】" in text]
    assert len(remarks) == 1
    assert remarks[0].endswith(
        "【核定后填报有改动】上次核定 2 分（理由：一例），当时自评 3、区间 0 至 3；"
        "现自评 3、区间 0 至 3。请重新核定。"
    )
    assert not new_faults(path, one.data)


# ---- verify ----


def _saved_by(program: str, path: Path) -> None:
    if program == "libreoffice":
        path.write_bytes(by_libreoffice(path.read_bytes()))


PROGRAMS = ["openpyxl", pytest.param("libreoffice", marks=pytest.mark.libreoffice)]


@pytest.mark.parametrize("program", PROGRAMS)
def test_entries_are_no_tampering(program: str, one: Annotated, copy: Path) -> None:
    officer.rule(copy, {MANAGEMENT: (1, "缺一项"), COMPLIANCE: ("２分", "一例")})
    officer.deal(copy, 1, "豁免", "已说明", "2022年5月1日")
    _saved_by(program, copy)
    assert typed(copy)[MANAGEMENT] == (Decimal(1), "1", "缺一项")
    result = verify(copy.read_bytes(), one.data, Options())
    assert (result.status, result.entries) == ("ruled", 3)


@pytest.mark.parametrize(
    ("sheet", "address", "value"),
    [
        (SCORING, "F3", 4),  # the unit's self-score
        (SCORING, "I3", 4),  # our score, a formula, typed over
        (SCORING, "A45", "看过了"),
        (REVIEW, "G12", "没有问题"),
    ],
)
def test_anything_else_still_is(
    one: Annotated, copy: Path, sheet: str, address: str, value: object
) -> None:
    officer.rule(copy, {MANAGEMENT: (1, "缺一项")})

    def change(book: Book) -> None:
        book[sheet][address] = value

    officer.edit(copy, change)
    assert verify(copy.read_bytes(), one.data, Options()).status == "differs"


def test_a_total_that_was_typed_over_is_tampering(one: Annotated, copy: Path) -> None:
    officer.rule(copy, {MANAGEMENT: (1, "缺一项")})

    def change(book: Book) -> None:
        sheet = book[SCORING]
        _, column = officer.column_of(sheet, "核定得分")
        cell = next(c for (c,) in sheet.iter_rows(min_col=column, max_col=column)
                    if str(c.value).startswith("=ROUND"))  # fmt: skip
        cell.value = 100

    officer.edit(copy, change)
    assert verify(copy.read_bytes(), one.data, Options()).status == "differs"


def test_a_copy_with_rulings_we_wrote_in_is_proven_to_the_byte(one: Annotated) -> None:
    copy = ruled_copy(one, **{MANAGEMENT: "1"})
    result = verify(copy, one.data, Options())
    assert (result.status, result.entries) == ("proven", 1)


# ---- a copy that comes back ----


def test_rulings_in_a_copy_that_comes_back_are_taken_out_and_said(
    one: Annotated, copy: Path
) -> None:
    officer.rule(copy, {MANAGEMENT: (1, "缺一项")})
    back, evaluation, _ = annotated("样例.xlsx", Options(), copy.read_bytes())
    found = [f for f in evaluation.findings if f.code == "form.rulings_received"]
    assert [f.provided for f in found] == ["管理制度健全性 1（缺一项）"]
    assert entries_of_bytes(back).rulings == ()
    assert evaluation.totals == one.evaluation.totals
    book = officer.opened(io.BytesIO(back))  # type: ignore[arg-type]
    assert len(book[SCORING].data_validations.dataValidation) == len(
        officer.opened(io.BytesIO(one.copy))[SCORING].data_validations.dataValidation  # type: ignore[arg-type]
    )
