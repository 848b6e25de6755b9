"""What units make of the official blank before they send it: other heads, columns, rows, sheets."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import State, Submission
from perfeval_xl.ooxml import Workbook as Package
from perfeval_xl.reader.read import read_grids, read_submission

BLANK = Path(__file__).parents[2] / "templates" / "yueyanglou-2021" / "blank.xlsx"
PROFILE, SCORING = "附件2-1 自评表", "附件2-2 评分表"
FIGURES = {
    "E4": "样例水利局", "E8": 30, "Q8": 28,
    "A16": "样例水利局",
}  # fmt: skip
INCOME = (6, 10, 13, 16, 19, 23)  # columns of the income table's figures, in row 16
HEAD, LAST = 3, 30  # of the scoring sheet; its heads stand again in row 17
SCORES = {row: Decimal(row) / 10 for row in range(4, 30) if row != 17}


def filled(make: Callable[[Worksheet], None] = lambda _: None) -> Workbook:
    """The official blank with a few figures and a self-score of its own in every row."""
    book = openpyxl.load_workbook(BLANK)
    for address, value in FIGURES.items():
        book[PROFILE][address] = value
    for row, score in SCORES.items():
        book[SCORING].cell(row, 6).value = float(score)
    make(book[SCORING])
    return book


def read(book: Workbook, form: FormSpec) -> Submission:
    """The submission that the reader sees in a saved workbook."""
    stream = BytesIO()
    book.save(stream)
    return read_submission(read_grids(Package.open(stream.getvalue())), form)


def self_scores(submission: Submission) -> list[Decimal | None]:
    return [row.self_score.number for row in submission.scores]


def renamed(names: dict[int, str]) -> Callable[[Worksheet], None]:
    """Other texts for the heads, by column."""

    def make(sheet: Worksheet) -> None:
        for row in (HEAD, 17):
            for column, text in names.items():
                sheet.cell(row, column).value = text

    return make


@pytest.mark.parametrize(
    "names",
    [
        {4: "评价标准", 6: "得分", 7: "扣分原因及说明"},
        {5: "分值（分）", 6: "自评得分（分）"},
        {3: "指标名称", 5: "标准分", 6: "单位自评"},
        {3: "三级指标名称", 4: "计分细则", 5: "权重", 6: "实际得分"},
    ],
)
def test_heads_that_say_the_same_in_other_words_are_read(
    form: FormSpec, names: dict[int, str]
) -> None:
    assert self_scores(read(filled(renamed(names)), form)) == list(SCORES.values())


@pytest.mark.parametrize("top", ["得分", "评分情况"])
@pytest.mark.parametrize("own", [6, 7])
def test_the_self_score_under_a_shared_head_is_read_not_the_office_s(
    form: FormSpec, top: str, own: int
) -> None:
    def make(sheet: Worksheet) -> None:
        for merged in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(merged))
        sheet.delete_rows(17)
        scores = [sheet.cell(row, 6).value for row in range(4, 29)]
        for column in (1, 2, 3, 4, 5):
            sheet.cell(2, column).value = sheet.cell(3, column).value
            sheet.merge_cells(start_row=2, end_row=3, start_column=column, end_column=column)
        sheet["F2"], sheet["F3"], sheet["G3"] = top, "财政复核", "财政复核"
        sheet.cell(3, own).value = "自评"
        sheet.merge_cells("F2:G2")
        for row, score in zip(range(4, 29), scores, strict=True):
            sheet.cell(row, 6).value = sheet.cell(row, 7).value = 0
            sheet.cell(row, own).value = score

    assert self_scores(read(filled(make), form)) == list(SCORES.values())


def split_heads(sheet: Worksheet, own: int, names: tuple[str, str, str]) -> None:
    """Heads over two rows without merges: the upper one over two columns stands in the first."""
    upper, first, second = names
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    sheet.delete_rows(17)
    scores = [sheet.cell(row, 6).value for row in range(4, 29)]
    sheet.insert_cols(7)
    sheet.insert_rows(4)
    sheet["F3"], sheet["F4"], sheet["G4"] = upper, first, second
    for row, score in enumerate(scores, start=5):
        sheet.cell(row, 6).value = sheet.cell(row, 7).value = 0.5
        sheet.cell(row, own).value = score


@pytest.mark.parametrize(
    ("own", "names"),
    [
        (6, ("得分", "自评", "财政复核")),
        (7, ("评分情况", "财政复核", "自评")),
        (6, ("得分情况（分）", "自评得分", "复核得分")),
    ],
)
def test_heads_over_two_rows_whose_merges_are_gone_are_read(
    form: FormSpec, own: int, names: tuple[str, str, str]
) -> None:
    submission = read(filled(lambda sheet: split_heads(sheet, own, names)), form)
    assert self_scores(submission) == list(SCORES.values())
    codes = {p.code for p in submission.problems}
    assert not codes & {"form.row_extra", "form.label_missing", "form.column_twice"}


def test_heads_of_which_some_stand_a_row_higher_are_joined(form: FormSpec) -> None:
    def make(sheet: Worksheet) -> None:
        for merged in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(merged))
        sheet.delete_rows(17)
        for column in (4, 5, 7):
            sheet.cell(2, column).value = sheet.cell(3, column).value
            sheet.cell(3, column).value = None

    submission = read(filled(make), form)
    assert self_scores(submission) == list(SCORES.values())
    assert {row.max_score.number for row in submission.scores} >= {Decimal(5), Decimal(3)}
    assert "form.label_missing" not in {p.code for p in submission.problems}


def test_a_column_of_figures_without_a_head_does_not_push_the_scores_aside(form: FormSpec) -> None:
    def make(sheet: Worksheet) -> None:
        for merged in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(merged))
        sheet.insert_cols(7)
        for row in SCORES:
            sheet.cell(row, 7).value = 0.5

    assert self_scores(read(filled(make), form)) == list(SCORES.values())


def test_a_score_column_that_is_hidden_does_not_go_before_the_one_that_is_shown(
    form: FormSpec,
) -> None:
    def make(sheet: Worksheet) -> None:
        for row in range(HEAD, LAST + 1):
            sheet.cell(row, 7).value = sheet.cell(row, 6).value
            if row in SCORES:
                sheet.cell(row, 6).value = 1
        sheet.column_dimensions["F"].hidden = True

    assert self_scores(read(filled(make), form)) == list(SCORES.values())


def test_of_two_score_columns_that_differ_one_is_read_and_the_other_is_named(
    form: FormSpec,
) -> None:
    def make(sheet: Worksheet) -> None:
        sheet["G3"] = "自评得分（修改后）"
        sheet["G4"] = 5

    submission = read(filled(make), form)
    [said] = [p for p in submission.problems if p.code == "form.column_twice"]
    assert (said.details["used"], said.details["others"]) == ("自评得分", "自评得分（修改后）")
    assert self_scores(submission) == list(SCORES.values())


def test_a_form_without_the_criteria_is_read_and_the_column_named(form: FormSpec) -> None:
    submission = read(filled(lambda sheet: sheet.delete_cols(4)), form)
    missing = [p.details["label"] for p in submission.problems if p.code == "form.label_missing"]
    assert "评分标准" in missing


def test_rows_below_a_judged_indicator_are_its_details(form: FormSpec) -> None:
    def make(sheet: Worksheet) -> None:
        for merged in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(merged))
        sheet.insert_rows(21)
        sheet["C21"], sheet["F21"] = "其中：河长制", 2

    submission = read(filled(make), form)
    [said] = [p for p in submission.problems if p.code == "form.row_detail"]
    assert said.details == {
        "label": "推进全面小康建设指标任务完成情况",
        "names": "其中：河长制",
    }
    assert "form.row_extra" not in {p.code for p in submission.problems}
    assert self_scores(submission) == list(SCORES.values())


def test_judged_rows_that_a_unit_named_itself_are_known_by_place_and_points(
    form: FormSpec,
) -> None:
    def make(sheet: Worksheet) -> None:
        sheet["C20"], sheet["C21"], sheet["C22"] = "河长制", "防汛", "水利工程"

    submission = read(filled(make), form)
    assert self_scores(submission) == list(SCORES.values())


@pytest.mark.parametrize("points", [None, (15, None, None), (5, 5, 5)])
def test_benefits_that_a_unit_named_itself_share_the_points_of_their_pool(
    form: FormSpec, points: tuple[int | None, ...] | None
) -> None:
    def make(sheet: Worksheet) -> None:
        for row, name in zip((26, 27, 28), ("税收增长", "群众就业", "空气质量"), strict=True):
            sheet.cell(row, 3).value = name
        if points:
            sheet.unmerge_cells("E26:E28")
            for row, value in zip((26, 27, 28), points, strict=True):
                sheet.cell(row, 5).value = value

    submission = read(filled(make), form)
    assert self_scores(submission) == list(SCORES.values())
    assert not {"form.row_missing", "form.row_extra"} & {p.code for p in submission.problems}


def test_more_benefits_than_the_form_has_are_extra_rows_not_details_of_another_group(
    form: FormSpec,
) -> None:
    def make(sheet: Worksheet) -> None:
        for merged in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(merged))
        sheet.insert_rows(28)
        sheet["F28"] = 1
        for row, name in zip(range(26, 30), ("税收", "就业", "水质", "空气"), strict=True):
            sheet.cell(row, 3).value = name

    problems = read(filled(make), form).problems
    extra = [p.details["label"] for p in problems if p.code == "form.row_extra"]
    assert extra == ["税收", "就业", "水质", "空气"]
    assert "form.row_detail" not in {p.code for p in problems}


def test_a_row_with_other_points_is_not_taken_for_a_missing_one(form: FormSpec) -> None:
    def make(sheet: Worksheet) -> None:
        sheet["C20"], sheet["E20"] = "河长制", 9

    codes = {p.code for p in read(filled(make), form).problems}
    assert {"form.row_missing", "form.row_extra"} <= codes


def in_rows(book: Workbook, rows: list[tuple[str, list[float]]]) -> Workbook:
    """The income table with one row per 机构, as units insert them."""
    sheet = book[PROFILE]
    for merged in list(sheet.merged_cells.ranges):
        if merged.min_row >= 16:
            sheet.unmerge_cells(str(merged))
    sheet.insert_rows(17, len(rows) - 1)
    columns = [1, *INCOME]
    for number, (name, figures) in enumerate(rows, start=16):
        for column, value in zip(columns, [name, *figures], strict=True):
            sheet.cell(number, column).value = value
    return book


ONE, TWO = [600, 20, 570, 0, 10, 0], [212.5, 0.3, 202.2, 0, 10, 0]
BOTH = [812.5, 20.3, 772.2, 0, 20, 0]


@pytest.mark.parametrize(
    "rows",
    [
        [("样例水利局", BOTH), ("局机关", ONE), ("水利站", TWO)],
        [("局机关", ONE), ("水利站", TWO), ("样例水利局", BOTH)],
        [("样例水利局", BOTH), ("其中：局机关", ONE), ("水利站", [212, *TWO[1:]])],
        [("本部门（汇总）", BOTH), ("局机关", ONE), ("水利站", [213, *TWO[1:]])],
        [("局机关", ONE), ("水利站", TWO)],
        [("样例水利局", BOTH), ("局机关", BOTH)],
        [("样例水利局", BOTH), ("样例水利局", BOTH)],
        [
            ("局机关", [406.25, 10.15, 386.1, 0, 10, 0]),
            ("水利站", [406.25, 10.15, 386.1, 0, 10, 0]),
        ],
    ],
)
def test_the_whole_is_counted_once_whatever_its_row_is_called(
    form: FormSpec, rows: list[tuple[str, list[float]]]
) -> None:
    facts = read(in_rows(filled(), rows), form).facts
    assert facts["income_total"].number == Decimal("812.5")
    assert facts["income_nontax_account"].number == 20


@pytest.mark.parametrize(("beside", "number"), [(35, None), (30, 30), ("人", 30)])
def test_of_two_figures_beside_a_label_neither_is_chosen(
    form: FormSpec, beside: int | str, number: int | None
) -> None:
    book = filled()
    sheet = book[PROFILE]
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))
    sheet["F8"] = beside
    submission = read(book, form)
    fact = submission.facts["authorized_posts"]
    assert fact.number == number
    said = [p.provided for p in submission.problems if fact.ref in p.refs]
    assert said == ([] if number else ["30、35"])


PART = [100, 0.1, 99.9, 0, 0, 0]


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([("样例水利局", BOTH), ("其中：水利站", TWO)], ["样例水利局"]),
        ([("局机关", ONE), ("水利站", TWO), ("其中：工程队", PART)], ["局机关", "水利站"]),
        ([("局机关", ONE), ("其中：办公室", PART), ("水利站", TWO)], ["局机关", "水利站"]),
        (
            [("局机关", ONE), ("水利站", TWO), ("其中：工程队", PART), ("合计", BOTH)],
            ["局机关", "水利站", "合计"],
        ),
        (
            [("合计", BOTH), ("其中：局机关", ONE), ("水利站", TWO)],
            ["合计", "局机关", "水利站"],
        ),
    ],
)
def test_a_detail_of_one_row_is_not_counted_beside_it(
    form: FormSpec, rows: list[tuple[str, list[float]]], kept: list[str]
) -> None:
    submission = read(in_rows(filled(), rows), form)
    assert submission.facts["income_total"].number == Decimal("812.5")
    assert [row.unit for row in submission.rows if row.block == "income"] == kept


def test_hidden_rows_are_not_added_and_are_named(form: FormSpec) -> None:
    book = in_rows(filled(), [("上年", ONE), ("样例水利局", BOTH)])
    book[PROFILE].row_dimensions[16].hidden = True
    submission = read(book, form)
    assert submission.facts["income_total"].number == Decimal("812.5")
    assert [p.details["names"] for p in submission.problems if p.code == "form.hidden_rows"] == [
        "16"
    ]


def test_hidden_rows_that_the_total_counts_are_its_parts(form: FormSpec) -> None:
    book = in_rows(filled(), [("局机关", ONE), ("水利站", TWO), ("合计", BOTH)])
    book[PROFILE].row_dimensions[16].hidden = True
    submission = read(book, form)
    assert [row.unit for row in submission.rows if row.block == "income"] == [
        "局机关", "水利站", "合计",
    ]  # fmt: skip
    assert "form.hidden_rows" not in {p.code for p in submission.problems}


def test_a_figure_struck_out_as_a_whole_is_no_figure(form: FormSpec) -> None:
    book = filled()
    book[PROFILE]["Q8"].font = Font(strike=True)
    fact = read(book, form).facts["actual_staff"]
    assert (fact.state, fact.raw) == (State.UNREADABLE, "28（已划去）")


def test_what_is_struck_out_before_a_figure_is_left_out_and_said(form: FormSpec) -> None:
    book = filled()
    book[PROFILE]["Q8"].value = CellRichText(TextBlock(InlineFont(strike=True), "38"), "28")
    submission = read(book, form)
    fact = submission.facts["actual_staff"]
    assert fact.number == 28
    assert [p.code for p in submission.problems if fact.ref in p.refs] == ["figures.assumed"]


@pytest.mark.parametrize(
    ("name", "title"),
    [("填写示例", ""), ("2020年", ""), ("Sheet1", "（2020年度）"), ("Sheet1", "自评表（样表）")],
)
def test_an_example_or_another_year_s_form_gives_way(form: FormSpec, name: str, title: str) -> None:
    book = filled()
    own = [book[PROFILE], book[SCORING]]
    for number, sheet in enumerate(own):
        other = book.copy_worksheet(sheet)
        other.title = f"{name}-{number}"
        other["A3" if number == 0 else "A2"] = title or "部门整体支出绩效评分表"
        if number == 0:
            other["E8"] = 99
        else:
            other["F4"] = 1
    book.move_sheet(own[0], 3)
    book.move_sheet(own[1], 3)
    submission = read(book, form)
    assert submission.facts["authorized_posts"].number == 30
    assert self_scores(submission) == list(SCORES.values())


def test_a_label_in_every_cell_of_its_former_merge_is_no_value(form: FormSpec) -> None:
    book = filled()
    sheet = book[PROFILE]
    for merged in list(sheet.merged_cells.ranges):
        if merged.min_row == merged.max_row == 8:
            text = sheet.cell(merged.min_row, merged.min_col).value
            sheet.unmerge_cells(str(merged))
            for column in range(merged.min_col, merged.max_col + 1):
                sheet.cell(8, column).value = text
    facts = read(book, form).facts
    assert (facts["authorized_posts"].number, facts["actual_staff"].number) == (30, 28)


@pytest.mark.parametrize("label", ["服务对象满意度指标", "满意度指标", "群众满意度"])
def test_the_satisfaction_is_known_by_its_usual_names(form: FormSpec, label: str) -> None:
    book = filled()
    book[PROFILE]["J41"], book[PROFILE]["V41"] = label, "96%"
    assert read(book, form).facts["satisfaction_result"].number == Decimal("0.96")


def test_the_word_for_the_seal_is_no_part_of_the_name(form: FormSpec) -> None:
    book = filled()
    book[PROFILE]["E4"] = "样例水利局（盖章）"
    assert read(book, form).facts["unit_name"].text == "样例水利局"


@pytest.mark.parametrize(
    ("first", "second"), [("2020年", "2021年"), ("年初预算数", "决算数"), ("上年数", "本年数")]
)
def test_rows_of_last_year_or_of_the_budget_are_not_added(
    form: FormSpec, first: str, second: str
) -> None:
    submission = read(in_rows(filled(), [(first, ONE), (second, BOTH)]), form)
    assert submission.facts["income_total"].number == Decimal("812.5")
    assert [
        (p.details["label"], p.details["names"])
        for p in submission.problems
        if p.code == "form.rows_left_out"
    ] == [(second, first)]
