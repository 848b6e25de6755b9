"""What Excel, WPS, LibreOffice, Word and people do to a form: one small function per change.

Each changes a ``Draft``; where it alters what the form says, it says so in the draft's truth.
``CHANGES`` holds them by name. Stages run in order, so that changes can be combined: what is
filled in, figures as they are typed, rows and columns, labels, sheets, the file.
"""

from __future__ import annotations

import copy
import io
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import openpyxl

from . import annex
from .board import Board, Box, Error, Formula, Raw, squeezed
from .drafts import INDICATORS, LAYOUTS, Draft, Odd, kind_of, random_form, start
from .files import save_through_libreoffice
from .forms import TableRow

STAGES = ("form", "units", "figures", "structure", "labels", "sheets", "file")
_PLAIN = ("plain", "one_sheet")
_WIDE = str.maketrans("0123456789.,-%", "０１２３４５６７８９．，－％")
_UNITS = {"money": "万元", "count": "人", "score": "分"}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happens to a form.

    stage: when it is applied. touches: changes that touch the same are not combined.
    layouts: the drawings it makes sense for. slow: it starts another program.
    """

    name: str
    apply: Callable[[Draft], None]
    stage: str
    touches: frozenset[str]
    layouts: tuple[str, ...]
    slow: bool = False

    @property
    def meaning(self) -> str:
        """What it does and what it alters, in one line."""
        return (self.apply.__doc__ or "").strip().splitlines()[0]


CHANGES: dict[str, Change] = {}

Applied = Callable[[Draft], None]


def change(
    stage: str, *touches: str, layouts: tuple[str, ...] = LAYOUTS, slow: bool = False
) -> Callable[[Applied], Applied]:
    """Registers a change under its function's name."""

    def register(apply: Applied) -> Applied:
        name = apply.__name__
        CHANGES[name] = Change(name, apply, stage, frozenset(touches), layouts, slow)
        return apply

    return register


def made(names: tuple[str, ...], chance: random.Random, layout: str = "") -> Draft:
    """A random form with the named changes made to it, ready to be written."""
    changes = [CHANGES[name] for name in names]
    fitting = [one for one in LAYOUTS if all(one in change.layouts for change in changes)]
    draft = start(random_form(chance), layout or chance.choice(fitting), chance)
    ordered = sorted(changes, key=lambda change: STAGES.index(change.stage))
    for one in ordered:
        if one.stage == "form":
            one.apply(draft)
    draft.draw()
    for one in ordered:
        if one.stage != "form":
            one.apply(draft)
    return draft


def compatible(names: tuple[str, ...]) -> bool:
    """Whether the changes can be made to one form and its truth still be known."""
    touched: set[str] = set()
    fitting = set(LAYOUTS)
    for name in names:
        one = CHANGES[name]
        if touched & one.touches:
            return False
        touched |= one.touches
        fitting &= set(one.layouts)
    return bool(fitting) and len(set(names)) == len(names)


# ---- what is filled in ----


@change("form")
def nothing_changed(draft: Draft) -> None:
    """The form as drawn."""


@change("form", "bodies", layouts=("plain", "word", "one_sheet"))
def bodies_without_total(draft: Draft) -> None:
    """The unit and a second 机构 in every table: the whole is their sum."""
    for rows in draft.form.tables.values():
        rows.append(_another(rows[0], f"{draft.form.unit}下属站"))


@change("form", "bodies", layouts=("plain", "word", "one_sheet"))
def total_row_last(draft: Draft) -> None:
    """Two 机构 and a 合计 row of its own below them: the whole is that row."""
    for rows in draft.form.tables.values():
        rows += [_another(rows[0], "下属站"), _another(rows[0], "合计")]


@change("form", "bodies", layouts=("plain", "word", "one_sheet"))
def total_row_first(draft: Draft) -> None:
    """The 合计 row above the 机构 rows."""
    for rows in draft.form.tables.values():
        rows[:0] = [_another(rows[0], "合计")]
        rows.append(_another(rows[1], "下属站"))


@change("form", "bodies", layouts=("plain", "word", "one_sheet"))
def only_names_filled(draft: Draft) -> None:
    """Further 机构 rows of which only the names are filled in."""
    for table, rows in draft.form.tables.items():
        rows.append({"unit": f"{table}下属单位"})


@change("form", "bodies", layouts=("plain", "word", "one_sheet"))
def subtotal_rows(draft: Draft) -> None:
    """A 小计 row among the 机构 rows, which is no 机构 and is added to nothing."""
    for rows in draft.form.tables.values():
        rows += [_another(rows[0], "下属站"), _another(rows[0], "小计"), _another(rows[0], "合 计")]


@change("form", "contact", "inline_staff")
def phone_blank_before_label(draft: Draft) -> None:
    """人员编制 and 联系人 blank, so that the next filled cell is a label."""
    draft.form.facts |= {"authorized_posts": None, "contact_name": None}


@change("form", "prose")
def prose_names_labels(draft: Draft) -> None:
    """Written texts that speak of the labels: they are no labels."""
    draft.form.facts["duties"] = "核定人员编制、实有人数并公开。"
    draft.form.facts["annual_tasks"] = "完成三公经费合计、收入合计等核算。"
    draft.form.narrative = (
        "一、基本情况\n人员编制：30人；实有人数：29人。\n二、绩效\n收入合计1.00万元。"
    )


def _another(row: TableRow, name: str) -> TableRow:
    shifted: TableRow = {
        key: value + 1 if isinstance(value, Decimal | int) else value for key, value in row.items()
    }
    return {**shifted, "unit": name}


# ---- headings that say 元 ----


def _in_yuan(draft: Draft, tables: tuple[str, ...]) -> None:
    """The figures of the tables become 元; money in 元 is converted and that is said."""
    names = {field for table in tables for field in annex.table_fields()[table]}
    for box in draft.figures("money"):
        if box.key.partition(".")[0] in names and isinstance(box.value, int | Decimal):
            box.value, box.unit = box.value * 10000, "元"
            draft.truth.codes.add("figures.unit_converted")


@change("units", "money_units")
def yuan_in_captions(draft: Draft) -> None:
    """Both captions say （元）; the tables below without a caption follow."""
    for label in draft.labels():
        if squeezed(label.value).endswith("情况（万元）"):
            label.value = str(label.value).replace("万元", "元")
    _in_yuan(draft, ("income", "expenditure", "three_public", "fixed_assets"))


@change("units", "money_units")
def yuan_in_first_caption(draft: Draft) -> None:
    """年度收入情况（元）, while the next caption says 万元."""
    for label in draft.labels():
        if squeezed(label.value) == "年度收入情况（万元）":
            label.value = "年度收入情况（元）"
    _in_yuan(draft, ("income",))


@change("units", "money_units")
def yuan_in_heads(draft: Draft) -> None:
    """Each head of the 三公 table says （元）, no other table does."""
    heads = ("三公经费合计", "公务接待费", "公务用车运维费", "公务用车购置费", "因公出国费")
    for box in draft.profile.labelled(*heads):
        box.value = f"{box.value}（元）"
    _in_yuan(draft, ("three_public",))


@change("units", "money_units", layouts=("plain", "word", "one_sheet"))
def yuan_in_unit_line(draft: Draft) -> None:
    """单位：元 above everything, captions without a unit."""
    board = draft.profile
    for label in draft.labels():
        if squeezed(label.value).endswith("情况（万元）"):
            label.value = squeezed(label.value).removesuffix("（万元）")
    board.insert_rows(1)
    board.add(1, 3, draft.chance.choice(("单位：元", "金额单位：元", "（单位：元）")))
    _in_yuan(draft, ("income", "expenditure", "three_public", "fixed_assets"))


@change("units", "money_units", layouts=("official",))
def yuan_beside_unit_label(draft: Draft) -> None:
    """金额单位 | 元 in two cells, captions without a unit."""
    for label in draft.labels():
        text = squeezed(label.value)
        if text == "万元":
            label.value = "元"
        elif text.endswith("情况（万元）"):
            label.value = text.removesuffix("（万元）")
    _in_yuan(draft, ("income", "expenditure", "three_public", "fixed_assets"))


# ---- figures as they are typed ----


def _each(draft: Draft, kinds: tuple[str, ...], write: Callable[[Box, Decimal], Raw]) -> None:
    for box in draft.some(draft.figures(*kinds), 30):
        assert isinstance(box.value, int | Decimal)
        box.value = write(box, Decimal(box.value))
        box.format = "General"


_ALL = ("money", "count", "score")


@change("figures", "figures")
def figures_as_text(draft: Draft) -> None:
    """Numbers stored as text."""
    _each(draft, _ALL, lambda box, value: f"{value:f}")


@change("figures", "figures")
def full_width_digits(draft: Draft) -> None:
    """２９７．３６."""
    _each(draft, _ALL, lambda box, value: f"{value:f}".translate(_WIDE))


@change("figures", "figures")
def thousands_commas(draft: Draft) -> None:
    """1,297.36 and 1，297.36, as text."""
    comma = draft.chance.choice((",", "，"))
    _each(draft, ("money",), lambda box, value: f"{value:,f}".replace(",", comma))


@change("figures", "figures")
def spaces_around(draft: Draft) -> None:
    """NBSP, wide spaces, zero-width spaces and line breaks around the figure."""
    space = draft.chance.choice(("\u00a0", "\u3000", " ", "\u200b", "\n", "\t"))
    _each(draft, _ALL, lambda box, value: f"{space}{value:f}{space}")


@change("figures", "figures")
def unit_in_cell(draft: Draft) -> None:
    """297.36万元, 11人, 5分."""
    _each(
        draft, _ALL,
        lambda box, v: f"{v:f}{box.unit if kind_of(box.key) == 'money' else _UNITS[kind_of(box.key)]}",
    )  # fmt: skip


@change("figures", "figures", "money_units")
def yuan_in_cell(draft: Draft) -> None:
    """2973600元: converted, and that is said."""
    draft.truth.codes.add("figures.unit_converted")
    _each(draft, ("money",), lambda box, value: f"{value * 10000:f}元")


@change("figures", "figures")
def leading_apostrophe(draft: Draft) -> None:
    """'297.36 with the apostrophe typed."""
    mark = draft.chance.choice(("'", "‘", "’", "＇"))
    _each(draft, _ALL, lambda box, value: f"{mark}{value:f}")


@change("figures", "figures")
def trailing_note(draft: Draft) -> None:
    """5（满分）, 297.36（含结转）."""
    left, right = draft.chance.choice(("（）", "()"))
    _each(draft, _ALL, lambda box, value: f"{value:f}{left}详见说明{right}")


@change("figures", "figures")
def out_of_full(draft: Draft) -> None:
    """4.5/5."""
    stroke = draft.chance.choice(("/", "／"))
    _each(draft, ("score",), lambda box, value: f"{value:f}{stroke}7")


@change("figures", "figures")
def words_for_zero(draft: Draft) -> None:
    """无, 零 or the letter O where 0 is meant: read as 0, and that is said."""
    for box in draft.figures(*_ALL):
        if not box.value:
            box.value = draft.chance.choice(("无", "零", "O", "o", "Ｏ"))
            draft.truth.codes.add("figures.assumed")


@change("figures", "blanks")
def strokes_for_blank(draft: Draft) -> None:
    """/ or — in cells that are left blank."""
    for board in draft.boards:
        for box in board.boxes:
            if kind_of(box.key) and box.value is None:
                box.value = draft.chance.choice(("/", "—", "-", "——", "／", "－", " "))


@change("figures", "figures")
def unit_in_number_format(draft: Draft) -> None:
    """297.36 shown as 297.36万元 by the cell's format."""
    for box in draft.figures(*_ALL):
        kind = kind_of(box.key)
        unit = box.unit if kind == "money" else _UNITS[kind]
        box.format = f'0.00"{unit}"' if kind == "money" else f'0.##"{unit}"'


@change("figures", "figures")
def other_number_formats(draft: Draft) -> None:
    """Accounting, currency, red negatives, rounded to whole numbers: the stored value counts."""
    formats = (
        "#,##0.00", "0", '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', "0.00_);[Red](0.00)",
        '"¥"#,##0.00', "[$¥-804]#,##0.00", "@", "0.00;[Red]-0.00", "[DBNum1]0.00",
    )  # fmt: skip
    for box in draft.figures(*_ALL):
        box.format = draft.chance.choice(formats)


@change("figures", "satisfaction")
def percent_by_number_format(draft: Draft) -> None:
    """The satisfaction as 0.96 shown as 96%."""
    _satisfaction(draft, Decimal("0.96"), "0%", "96%")


@change("figures", "satisfaction")
def percent_full_width(draft: Draft) -> None:
    """９６％."""
    _satisfaction(draft, "９６％", "General", "９６％")


@change("figures", "satisfaction")
def percent_without_sign(draft: Draft) -> None:
    """96 where 96% is meant: read as 96%, and that is said."""
    draft.truth.codes.add("figures.assumed")
    _satisfaction(draft, draft.chance.choice((Decimal(96), "96")), "General", "96")


@change("figures", "satisfaction")
def percent_one(draft: Draft) -> None:
    """1 where 100% is meant: read as 100%, and that is said."""
    draft.truth.codes.add("figures.assumed")
    draft.truth.values["satisfaction_result"] = Decimal(1)
    _satisfaction(draft, Decimal(1), "General", "1")


@change("figures", "satisfaction")
def percent_hundred_as_one(draft: Draft) -> None:
    """1 shown as 100% by its format."""
    draft.truth.values["satisfaction_result"] = Decimal(1)
    _satisfaction(draft, Decimal(1), "0%", "100%")


@change("figures", "satisfaction")
def percent_as_text_with_percent_format(draft: Draft) -> None:
    """The text 96% in a cell with a percent format."""
    _satisfaction(draft, "96%", "0.00%", "96%")


def _satisfaction(draft: Draft, value: Raw, form: str, shown: str) -> None:
    box = draft.box("target_result.10")
    if box is not None:
        box.value, box.format = value, form
        draft.truth.values["target_result.10"] = shown


def _unreadable(draft: Draft, kinds: tuple[str, ...], write: Callable[[Box], Raw]) -> None:
    for box in draft.some(draft.figures(*kinds), 4):
        box.value = write(box)
        draft.truth.values[box.key] = Odd.UNREADABLE
        draft.truth.codes.add("figures.unreadable")


@change("figures", "figures")
def dates_for_numbers(draft: Draft) -> None:
    """3-5 turned into a date: unreadable."""
    for box in draft.some(draft.figures(*_ALL), 4):
        box.value, box.format = Decimal(44625), draft.chance.choice(('m"月"d"日"', "yyyy/m/d"))
        draft.truth.values[box.key] = Odd.UNREADABLE
        draft.truth.codes.add("figures.unreadable")


@change("figures", "figures")
def error_values(draft: Draft) -> None:
    """#REF!, #DIV/0!: unreadable."""
    _unreadable(draft, _ALL, lambda box: Error(draft.chance.choice(("#REF!", "#DIV/0!", "#N/A"))))


@change("figures", "figures")
def damaged_figures(draft: Draft) -> None:
    """7,00.0,77, 约300, 12 13, 3.5.1: unreadable."""
    damaged = ("7,00.0,77", "约300", "12 13", "3.5.1", "12月", "三百", "5分6", "1E5", "=12", "90+8")
    _unreadable(draft, _ALL, lambda box: draft.chance.choice(damaged))


@change("figures", "figures")
def formulas_with_result(draft: Draft) -> None:
    """Figures are formulas whose results lie in the file."""
    for box in draft.some(draft.figures(*_ALL), 12):
        assert isinstance(box.value, int | Decimal)
        value = Decimal(box.value)
        box.value = Formula(
            draft.chance.choice((f"{value}", f"{value - 1}+1", "VLOOKUP(A1,B:C,2,0)")), value
        )


@change("figures", "figures")
def plain_formulas_without_result(draft: Draft) -> None:
    """Sums that no program has computed: computed here, and that is said in a note."""
    for box in draft.some(draft.figures(*_ALL), 12):
        assert isinstance(box.value, int | Decimal)
        value = Decimal(box.value)
        box.value = Formula(
            draft.chance.choice((f"{value + 3}-3", f"SUM({value},0)", f"ROUND({value},2)"))
        )


@change("figures", "figures")
def other_formulas_without_result(draft: Draft) -> None:
    """VLOOKUP that no program has computed: unreadable."""
    _unreadable(draft, _ALL, lambda box: Formula("VLOOKUP(A1,B:C,2,0)"))


@change("figures", "figures")
def stale_formulas(draft: Draft) -> None:
    """A sum whose stored result is another: unreadable."""
    for box in draft.some(draft.figures(*_ALL), 4):
        assert isinstance(box.value, int | Decimal)
        box.value = Formula(f"{Decimal(box.value)}+1", Decimal(box.value))
        draft.truth.values[box.key] = Odd.UNREADABLE
        draft.truth.codes.add("figures.stale_formula")


@change("figures", "figures")
def shared_formulas(draft: Draft) -> None:
    """A shared formula with stored results; the second cell carries no text of its own."""
    boxes = [b for b in draft.figures("score") if b.key.startswith("self_score")][:2]
    if len(boxes) == 2:
        first, second = (Decimal(str(box.value)) for box in boxes)
        boxes[0].value = Formula("VLOOKUP(A1,B:C,2,0)", first, 0)
        boxes[1].value = Formula("", second, 0)


# ---- rows and columns ----


@change("structure", "place")
def shifted(draft: Draft) -> None:
    """Everything some rows down and some columns to the right."""
    for board in draft.boards:
        board.move(draft.chance.randint(0, 6), draft.chance.randint(1, 5))


@change("structure")
def lines_above(draft: Draft) -> None:
    """A file number, a date and a unit line above the form."""
    for board in draft.boards:
        board.insert_rows(1, 3)
        board.add(1, 1, "岳楼财绩〔2022〕3号")
        board.add(2, 2, "填报日期：2022年3月15日")
        board.add(3, 4, "金额单位：万元")


@change("structure")
def blank_rows_between_blocks(draft: Draft) -> None:
    """One to three empty rows before each block."""
    for board in draft.boards:
        tops = {
            box.top for box in board.boxes
            if not box.key and squeezed(box.value).startswith(("一、", "二、", "三、", "四、", "五、", "年度收入", "绩效自评综合", "附件2-2"))
        }  # fmt: skip
        for top in sorted(tops, reverse=True):
            board.insert_rows(top, draft.chance.randint(1, 3))


@change("structure")
def blank_rows_in_tables(draft: Draft) -> None:
    """Empty rows between heads and figures and between figures."""
    for board in draft.boards:
        tops = {
            b.top
            for b in board.boxes
            if b.key.endswith(".unit.0") or b.key.startswith("self_score")
        }
        for top in sorted(draft.chance.sample(sorted(tops), min(4, len(tops))), reverse=True):
            board.insert_rows(top)


@change("structure")
def blank_columns_inside(draft: Draft) -> None:
    """Empty columns inserted somewhere."""
    for board in draft.boards:
        for _ in range(draft.chance.randint(1, 3)):
            board.insert_columns(draft.chance.randint(2, board.right))


@change("structure", "merges")
def merges_split(draft: Draft) -> None:
    """All merges taken away: the value in the first cell, the rest empty."""
    for board in draft.boards:
        for box in board.boxes:
            board.split(box)


@change("structure", "merges")
def some_merges_split(draft: Draft) -> None:
    """Some merges taken away."""
    for board in draft.boards:
        for box in board.boxes:
            if box.is_merged and draft.chance.random() < 0.4:
                board.split(box)


@change("structure", "merges", layouts=("plain",))
def values_copied_into_split_merges(draft: Draft) -> None:
    """Merges of labels on the scoring sheet taken away, the label repeated in every row."""
    board = draft.scoring
    for box in [b for b in board.boxes if b.is_merged and not b.key and b.left <= 2]:
        for row in range(box.top + 1, box.bottom + 1):
            board.add(row, box.left, box.value)
        board.split(box)


@change("structure", "merges", "right_edge")
def merged_further(draft: Draft) -> None:
    """Value cells merged with an empty column on the right."""
    for board in draft.boards:
        last = board.right
        for box in board.boxes:
            if box.right == last and draft.chance.random() < 0.6:
                box.right += 2


@change("structure", "merges", layouts=("plain",))
def merged_downwards(draft: Draft) -> None:
    """Rows of figures merged with an empty row below them."""
    board = draft.profile
    tops = sorted({b.top for b in board.boxes if b.key.endswith(".unit.0")}, reverse=True)
    for top in tops:
        board.insert_rows(top + 1)
        for box in board.row(top):
            box.bottom += 1


@change("structure", "bodies", layouts=("plain",))
def remarks_below_tables(draft: Draft) -> None:
    """注：… below the figures of each table."""
    board = draft.profile
    for table in ("fixed_assets", "three_public", "expenditure", "income"):
        box = board.find(f"{table}.unit.0")
        if box is not None:
            board.insert_rows(box.bottom + 1)
            board.add(
                box.bottom + 1,
                1,
                draft.chance.choice(
                    ("注：数据取自部门决算。", "备注：不含下属单位", "说明：含结转 3.5 万元")
                ),
            )


@change("structure", "bodies", "three_public", layouts=("plain",))
def table_columns_in_other_order(draft: Draft) -> None:
    """The columns of the 三公 table the other way round, 合计 last."""
    board = draft.profile
    top = board.labelled("公务接待费")
    box = board.find("three_public_total.0")
    if not top or box is None or box.bottom != top[0].bottom + 1:
        return
    head = board.labelled("三公经费合计")[0]
    whole, right = board.labelled("机构名称")[0].right, board.right
    for one in board.boxes:
        if head.top <= one.top <= box.bottom and one.left > whole:
            one.left, one.right = whole + 1 + right - one.right, whole + 1 + right - one.left


@change("structure", "levels", "rows", layouts=("plain",))
def group_subtotals(draft: Draft) -> None:
    """小计 and 合计 rows after groups of indicators."""
    board = draft.scoring
    for number, label in ((15, "小计"), (7, "合计"), (3, "小 计")):
        box = board.find(f"self_score.{number}")
        if box is not None:
            row = box.bottom + 1
            board.insert_rows(row)
            board.add(row, 3, label)
            board.add(row, box.left, Decimal("12.5"))


@change("structure", "heads")
def repeated_head_absent(draft: Draft) -> None:
    """The scoring sheet's second head deleted."""
    board = draft.scoring
    heads = board.labelled("三级指标")
    if len(heads) > 1:
        board.delete_rows(heads[-1].top, heads[-1].top)


@change("structure", "heads", layouts=("plain",))
def head_repeated_more(draft: Draft) -> None:
    """The head of the scoring sheet once more, before 产出."""
    board = draft.scoring
    head = board.labelled("三级指标")[0].top
    before = draft.box("self_score.16")
    if before is None:
        return
    row = before.top
    board.insert_rows(row)
    for box in board.row(head):
        board.boxes.append(Box(row, box.left, row, box.right, box.value))


def _drop(draft: Draft, keys: tuple[str, ...], *labels: str) -> None:
    """Deletes the rows from the first of the labels to the last of the keys."""
    board = draft.profile
    boxes = [box for key in keys if (box := board.find(key))]
    heads = board.labelled(*labels)
    if not boxes or not heads:
        return
    last = max(box.bottom for box in boxes)
    first = min(box.top for box in heads if box.top <= last)
    board.delete_rows(first, last)


def _without_table(draft: Draft, table: str, head: str) -> None:
    keys = tuple(f"{table}.unit.{number}" for _, number in draft.truth.tables.pop(table, []))
    _drop(draft, keys, head)
    for name in annex.table_fields()[table]:
        draft.truth.values[name] = Odd.MISSING
    draft.truth.codes.add("form.block_missing")


@change("structure", "three_public", "money_units", "figures")
def three_public_absent(draft: Draft) -> None:
    """The 三公 table deleted: its figures are missing, and that is said."""
    _without_table(draft, "three_public", "三公经费合计")


@change("structure", "fixed_assets", "money_units", "figures")
def fixed_assets_absent(draft: Draft) -> None:
    """The table of fixed assets deleted: its figures are missing, and that is said."""
    _without_table(draft, "fixed_assets", "固定资产合计")


@change("structure", "people")
def people_absent(draft: Draft) -> None:
    """四、评价人员 deleted."""
    board = draft.profile
    first, last = board.labelled("四、评价人员"), board.labelled("姓  名")
    if first and last:
        board.delete_rows(first[0].top, last[0].top + 4)


@change("structure", "people")
def more_people(draft: Draft) -> None:
    """Further rows for evaluators."""
    board = draft.profile
    heads = board.labelled("姓  名")
    if heads:
        row = heads[0].bottom + 3
        board.insert_rows(row, 3)
        board.add(row, heads[0].left, "周某某")


@change("structure", "targets", "satisfaction")
def targets_left_out(draft: Draft) -> None:
    """Some target rows deleted."""
    board = draft.profile
    gone = draft.chance.sample((2, 4, 5, 6, 8), 2)
    for number in sorted(gone, reverse=True):
        box = board.find(f"target.{number}")
        if box is not None:
            board.delete_rows(box.top, box.top)
        draft.truth.values[f"target.{number}"] = draft.truth.values[f"target_result.{number}"] = (
            Odd.MISSING
        )


@change("structure", "targets", layouts=("plain",))
def targets_added(draft: Draft) -> None:
    """A further row under 数量指标."""
    board = draft.profile
    box, result = board.find("target.3"), board.find("target_result.3")
    if box is None or result is None:
        return
    row = box.top + 1
    board.insert_rows(row)
    board.boxes.append(Box(row, box.left, row, box.right, "新增指标20件", "target.11"))
    board.boxes.append(Box(row, result.left, row, result.right, "100%", "target_result.11"))
    draft.truth.values |= {"target.11": "新增指标20件", "target_result.11": "100%"}


@change("structure", "staff", "figures", "inline_staff", layouts=("plain", "one_sheet"))
def staff_row_absent(draft: Draft) -> None:
    """The row of 人员编制 and 实有人数 deleted: missing, and that is said."""
    board = draft.profile
    box = board.labelled("人员编制")[0]
    board.delete_rows(box.top, box.top)
    draft.truth.values |= {"authorized_posts": Odd.MISSING, "actual_staff": Odd.MISSING}
    draft.truth.codes.add("form.label_missing")


@change("structure", "rows", "figures")
def indicator_row_missing(draft: Draft) -> None:
    """An indicator's row deleted: missing, and that is said."""
    number = draft.chance.choice((1, 4, 5, 7, 10, 11, 12, 15, 17, 19, 21, 25))
    box = draft.scoring.find(f"self_score.{number}")
    if box is not None:
        draft.scoring.delete_rows(box.top, box.bottom)
        draft.truth.values[f"self_score.{number}"] = Odd.MISSING
        draft.truth.values[f"reason.{number}"] = Odd.MISSING
        draft.truth.codes.add("form.row_missing")


def _row_again(draft: Draft, number: int, score: Raw) -> None:
    board = draft.scoring
    box = board.find(f"self_score.{number}")
    if box is None:
        return
    source = [copy.copy(b) for b in board.row(box.top) if b.top == b.bottom and b.left >= 3]
    row = box.top + 1
    board.insert_rows(row)
    for again in source:
        again.top = again.bottom = row
        again.value = score if again.key.startswith("self_score") else again.value
        again.key = ""
        board.boxes.append(again)


@change("structure", "rows", "figures", "columns", "copies", layouts=("plain",))
def indicator_row_twice(draft: Draft) -> None:
    """An indicator's row twice with one score: read once, and that is said."""
    number = draft.chance.choice((4, 7, 12))
    _row_again(draft, number, box.value if (box := draft.box(f"self_score.{number}")) else None)
    draft.truth.codes.add("form.row_twice")


@change("structure", "rows", "figures", "columns", "copies", layouts=("plain",))
def indicator_row_twice_differently(draft: Draft) -> None:
    """An indicator's row twice with two scores: unreadable."""
    number = draft.chance.choice((4, 7, 12))
    _row_again(draft, number, Decimal("0.37"))
    draft.truth.values[f"self_score.{number}"] = Odd.UNREADABLE
    draft.truth.codes.add("form.row_twice")


@change("structure", "rows", "figures", "reasons")
def score_in_reason_column(draft: Draft) -> None:
    """A score typed one cell too far right: not read, and that is said."""
    number = draft.chance.choice((3, 9, 14, 20))
    score, reason = draft.box(f"self_score.{number}"), draft.box(f"reason.{number}")
    if score is None or reason is None or score.value is None:
        return
    draft.truth.values[f"reason.{number}"] = f"{Decimal(str(score.value)):f}"
    reason.value, score.value = score.value, None
    draft.truth.values[f"self_score.{number}"] = None
    draft.truth.codes.add("score.misplaced")


@change("structure", "columns", layouts=("plain",))
def columns_in_other_order(draft: Draft) -> None:
    """评分标准, 分值, 自评得分 and 扣分原因 in another order."""
    board = draft.scoring
    order = [4, 5, 6, 7]
    draft.chance.shuffle(order)
    place = dict(zip((4, 5, 6, 7), order, strict=True))
    for box in board.boxes:
        if box.left == box.right and box.left in place:
            box.left = box.right = place[box.left]


@change("structure", "columns", layouts=("plain",))
def offices_columns_inserted(draft: Draft) -> None:
    """复核得分, 财政评分 … already on the unit's form, with figures: not the unit's scores."""
    board = draft.scoring
    heads = (
        "复核得分",
        "财政评分",
        "核定得分",
        "主管部门评分",
        "上年自评得分",
        "序号",
        "备注",
        "差异",
    )
    for head in draft.chance.sample(heads, 2):
        at = draft.chance.randint(4, 9)
        board.insert_columns(at)
        for box in list(board.boxes):
            if box.left < at <= box.right:
                continue
            if box.key.startswith("self_score"):
                board.add(box.top, at, Decimal("1.5"))
        for top in [b.top for b in board.labelled("三级指标")]:
            board.add(top, at, head)


@change("structure", "columns", "levels", layouts=("plain",))
def level_columns_absent(draft: Draft) -> None:
    """一级指标 and 二级指标 deleted; rows are known by label and criteria."""
    board = draft.scoring
    board.boxes = [b for b in board.boxes if not (b.left <= 2 and b.right <= 2)]
    for box in board.boxes:
        box.left, box.right = max(1, box.left - 2), max(1, box.right - 2)


@change("structure", "columns", "levels", layouts=("plain",))
def numbers_column_first(draft: Draft) -> None:
    """A column 序号 with 1 to 25 left of the scoring table."""
    board = draft.scoring
    board.move(0, 1)
    for box in board.labelled("三级指标"):
        board.add(box.top, 1, "序号")
    for number in INDICATORS:
        score = board.find(f"self_score.{number}")
        if score is not None:
            board.add(score.top, 1, Decimal(number))


@change("structure", "annotation")
def annotated_before(draft: Draft) -> None:
    """A file that comes back with our columns and our first sheet: neither is the unit's."""
    board = draft.scoring
    column = board.right + 2
    for box in board.labelled("三级指标"):
        for offset, head in enumerate(("复核得分", "差异", "复核结论", "复核说明")):
            board.add(box.top, column + offset, head)
    for number in INDICATORS:
        score = board.find(f"self_score.{number}")
        if score is not None:
            board.add(score.top, column, Decimal(1))
            board.add(score.top, column + 1, Decimal(-1))
            board.add(score.top, column + 2, "不一致")
            board.add(score.top, column + 3, f"第 {number} 项自评得分 5，按人员编制应为 4。")
    review = Board("复核意见")
    review.add(1, 1, "复核意见")
    for row, text in enumerate(("人员编制", "实有人数", "收入合计", "自评得分", "总分"), 3):
        review.add(row, 1, text)
        review.add(row, 2, Decimal(77))
    draft.boards.insert(0, review)


@change("structure", "inline_staff", "figures", layouts=("plain", "one_sheet"))
def label_and_value_in_one_cell(draft: Draft) -> None:
    """人员编制：11人 in one cell."""
    board = draft.profile
    for label, key, unit in (("人员编制", "authorized_posts", "人"), ("实有人数", "actual_staff", ""),
                             ("绩效自评综合得分", "self_total", "分"), ("评价等次", "self_rating", "")):  # fmt: skip
        head, box = board.labelled(label)[0], board.find(key)
        if box is None:
            continue
        value = "" if box.value is None else str(box.value)
        head.value = f"{label}{draft.chance.choice('：:')}{value}{unit if value else ''}"
        head.key, box.key, box.value = key, "", None
        head.right = box.right
        board.boxes.remove(box)


@change("structure", "inline_staff", "figures", layouts=("plain", "one_sheet"))
def values_below_labels(draft: Draft) -> None:
    """人员编制 and 实有人数 with their values in the row below."""
    board = draft.profile
    row = board.labelled("人员编制")[0].top
    board.insert_rows(row + 1)
    at = 1
    for box in sorted(board.row(row), key=lambda b: b.left):
        if box.key:
            box.top = box.bottom = row + 1
            box.left = box.right = at
        else:
            box.left = box.right = at = at + 1


@change("structure", "inline_staff", layouts=("plain", "one_sheet"))
def cell_of_blank_value_lost(draft: Draft) -> None:
    """A blank value's cell lost while pasting: the next cell is the next label."""
    board = draft.profile
    box = board.find("authorized_posts")
    if box is None:
        return
    width = box.right - box.left + 1
    for other in board.row(box.top):
        if other.left > box.right:
            other.left, other.right = other.left - width, other.right - width
    board.boxes.remove(box)
    draft.truth.values["authorized_posts"] = None


@change("file", "used_range")
def far_used_range(draft: Draft) -> None:
    """A space left in a cell far away, formats down to the last row."""
    for board in draft.boards:
        board.add(draft.chance.choice((5000, 1048576)), draft.chance.choice((300, 16384)), " ")


@change("structure", "used_range", "right_edge")
def scribble_beside_form(draft: Draft) -> None:
    """Sums and remarks that somebody left to the right of the form."""
    for board in draft.boards:
        column = board.right + 3
        for row in draft.chance.sample(range(1, board.bottom + 1), 8):
            board.add(
                row, column, draft.chance.choice((Decimal("123.45"), "核对", "已核", Decimal(0)))
            )


# ---- labels ----


_TRADITIONAL = str.maketrans(
    "经费单编制实员务项结余总额预决标评价区产达", "經費單編製實員務項結餘總額預決標評價區產達"
)


def _relabel(draft: Draft, write: Callable[[str], str], share: float = 1) -> None:
    for box in draft.labels():
        if draft.chance.random() < share:
            box.value = write(str(box.value))


@change("labels", "spelling")
def line_breaks_in_labels(draft: Draft) -> None:
    """Labels broken into lines elsewhere."""
    _relabel(draft, lambda text: text[: len(text) // 2] + "\n" + text[len(text) // 2 :])


@change("labels", "spelling")
def spaces_in_labels(draft: Draft) -> None:
    """A space between all characters."""
    space = draft.chance.choice((" ", "  ", "\u3000", "\u00a0"))
    _relabel(draft, lambda text: space.join(text))


@change("labels", "spelling")
def other_brackets(draft: Draft) -> None:
    """Half-width or square brackets, full-width colons."""
    left, right = draft.chance.choice(("()", "﹙﹚"))
    table = str.maketrans("（）：", f"{left}{right}:")
    _relabel(draft, lambda text: text.translate(table))


@change("labels", "spelling")
def other_quotes(draft: Draft) -> None:
    """ "三公", 「三公」, ‘三公’ and no quotes at all."""
    left, right = draft.chance.choice((('"', '"'), "「」", "『』", "‘’", ("", "")))
    _relabel(draft, lambda text: text.replace("“", left).replace("”", right))


@change("labels", "spelling")
def traditional_characters(draft: Draft) -> None:
    """三公經費, 預算編碼."""
    _relabel(draft, lambda text: text.translate(_TRADITIONAL))


@change("labels", "spelling")
def colons_behind_labels(draft: Draft) -> None:
    """人员编制：."""
    _relabel(draft, lambda text: text if text.endswith(("：", ":")) else f"{text}：", 0.6)


@change("labels", "spelling")
def invisible_characters(draft: Draft) -> None:
    """Zero-width spaces, soft hyphens and byte order marks from web pages."""
    _relabel(draft, lambda text: "\ufeff" + "\u200b".join(text) + "\u00ad")


@change("labels", "spelling")
def marks_on_labels(draft: Draft) -> None:
    """*人员编制, 实有人数*, the asterisk of what must be filled."""
    _relabel(
        draft, lambda text: draft.chance.choice((f"*{text}", f"{text}*", f"★{text}", text)), 0.6
    )


@change("labels", "spelling")
def units_on_labels(draft: Draft) -> None:
    """人员编制（人）, 收入合计（万元）, 自评得分（分）, 分值(分)."""
    units = {
        "人员编制": "（人）", "实有人数": "(人)", "收入合计": "（万元）", "支出合计": "(万元)",
        "基本支出": "（万元）", "自评得分": "（分）", "分值": "(分)", "绩效自评综合得分": "（分）",
        "三公经费合计": "（单位：万元）",
    }  # fmt: skip
    for box in draft.labels():
        if box.unit == "万元" and squeezed(box.value) in units and _in_wan(draft):
            box.value = f"{box.value}{units[squeezed(box.value)]}"


def _in_wan(draft: Draft) -> bool:
    return "figures.unit_converted" not in draft.truth.codes


_OTHER_WORDS = {
    "人员编制": ("编制人数", "人员编制数", "编制数"), "实有人数": ("在职人数", "实有人员", "实有在职人数", "实际在职人数"),
    "收入合计": ("收入总计", "年度收入合计"), "支出合计": ("支出总计", "年度支出合计"),
    "上年结转": ("上年结转和结余", "上年结余结转"), "公共财政拨款": ("一般公共预算拨款", "财政拨款"),
    "人员支出": ("人员经费", "人员经费支出"), "公用支出": ("公用经费", "公用经费支出"),
    "公务用车运维费": ("公务用车运行维护费", "公务用车运行费"), "因公出国费": ("因公出国（境）费", "因公出国（境）费用"),
    "自评得分": ("自评分", "自评分数"), "扣分原因和其他说明": ("扣分原因", "扣分原因及说明", "扣分原因及其他说明"),
    "评价等次": ("评价等级", "自评等次"), "绩效自评综合得分": ("自评综合得分", "综合得分"), "总分": ("合计", "总计"),
    "其他收入": ("其他 收入",), "联络电话": ("联系电话",), "政府基金拨款": ("政府性基金拨款",),
}  # fmt: skip


@change("labels", "spelling")
def remarks_on_heads(draft: Draft) -> None:
    """自评得分（单位填写）, 分值（满分100）, 单位自评得分, 自评分值."""
    words = {
        "自评得分": ("自评得分（单位填写）", "单位自评得分", "自评分值", "自评得分值"),
        "分值": ("分值（满分100）",), "三级指标": ("三级指标（25项）",),
        "总分": ("总分（100分）", "自评总分", "合计得分"),
    }  # fmt: skip
    for box in draft.labels():
        if squeezed(box.value) in words:
            box.value = draft.chance.choice(words[squeezed(box.value)])


@change("labels", "spelling")
def other_words(draft: Draft) -> None:
    """收入总计, 编制人数, 自评分: the words that other offices print."""
    for box in draft.labels():
        words = _OTHER_WORDS.get(squeezed(box.value))
        if words and draft.chance.random() < 0.7:
            box.value = draft.chance.choice(words)


@change("labels", "spelling")
def numbered_indicators(draft: Draft) -> None:
    """1.财政供养人员控制率, （2）…, ③…."""
    style = draft.chance.choice(("{}.", "{}、", "（{}）", "({})", "{}．", "{} ", "{}"))
    numbers = iter(range(1, 26))
    board = draft.scoring
    for number in INDICATORS:
        score = board.find(f"self_score.{number}")
        label = _label_left_of(board, score) if score else None
        if label is not None:
            label.value = style.format(next(numbers)) + str(label.value)


@change("labels", "spelling")
def points_on_indicators(draft: Draft) -> None:
    """财政供养人员控制率（5分）."""
    board = draft.scoring
    for number in INDICATORS:
        score = board.find(f"self_score.{number}")
        label = _label_left_of(board, score) if score else None
        if label is not None:
            label.value = f"{label.value}（5分）"


def _label_left_of(board: Board, score: Box) -> Box | None:
    """The indicator's label in the row of a score."""
    texts = [
        b for b in board.boxes
        if b.top <= score.top <= b.bottom and not b.key and isinstance(b.value, str)
        and b.top == score.top and len(squeezed(b.value)) < 25 and "（15分）" not in b.value
        and not squeezed(b.value).endswith("分）") and not squeezed(b.value).isdigit()
    ]  # fmt: skip
    return min(texts, key=lambda b: b.left) if texts else None


# ---- sheets ----


@change("sheets", "names", "copies")
def other_sheet_names(draft: Draft) -> None:
    """Sheets named at will, in the other order."""
    names = ["Sheet1", "表一", "绩效'自评", "2021 (2)", "附表—A&B", "评分标准", "空表", "打印稿"]
    draft.chance.shuffle(names)
    for board, name in zip(draft.boards, names, strict=False):
        board.name = name
    draft.boards.reverse()


@change("sheets")
def further_sheets(draft: Draft) -> None:
    """An empty sheet, a list of figures and an instruction sheet that mentions the labels."""
    empty = Board("Sheet9")
    ledger = Board("收支明细")
    for row, text in enumerate(("项目", "收入合计", "支出合计", "人员编制", "固定资产合计"), 1):
        ledger.add(row, 1, text)
        ledger.add(row, 2, Decimal(row * 111))
    draft.boards.insert(0, empty)
    draft.boards.insert(draft.chance.randint(0, len(draft.boards)), ledger)
    draft.boards.insert(draft.chance.randint(0, len(draft.boards)), _instructions(draft))


def _instructions(draft: Draft) -> Board:
    board = Board("填表说明")
    labels = (
        "人员编制", "实有人数", "机构名称", "收入合计", "上年结转", "支出合计", "基本支出", "三公经费合计",
        "固定资产合计", "绩效自评综合得分", "评价等次", "一级指标", "二级指标", "三级指标", "自评得分", "分值",
    )  # fmt: skip
    for row, label in enumerate(labels, 2):
        board.add(row, 1, label)
        board.add(row, 2, f"填写{label}，应与决算报表一致，单位万元。")
    board.add(1, 1, "填表说明")
    board.add(30, 1, "人员编制：填编制部门核定的编制数。")
    return board


def _copy_of(draft: Draft, name: str, write: Callable[[Box], Raw]) -> list[Board]:
    copies = []
    for number, board in enumerate(draft.boards):
        again = copy.deepcopy(board)
        again.name = f"{name}{number}"
        for box in again.boxes:
            if box.key:
                box.value = write(box)
                box.key = ""
        copies.append(again)
    return copies


@change("sheets", "copies")
def blank_copy_beside(draft: Draft) -> None:
    """The empty form on further sheets, before or behind the filled one."""
    blank = _copy_of(draft, "空表", lambda box: None)
    draft.boards = blank + draft.boards if draft.chance.random() < 0.5 else draft.boards + blank


@change("sheets", "copies")
def hidden_older_version(draft: Draft) -> None:
    """A filled older version on hidden sheets: the visible one counts, and both are named."""
    older = _copy_of(draft, "旧稿", lambda box: Decimal(1) if kind_of(box.key) else box.value)
    for board in older:
        board.state = "hidden"
    draft.boards = older + draft.boards
    draft.truth.codes.add("form.several_forms")


@change("sheets", "copies")
def visible_second_version(draft: Draft) -> None:
    """A second filled version behind the first one: which one was read is said."""
    second = _copy_of(draft, "二稿", lambda box: Decimal(1) if kind_of(box.key) else box.value)
    draft.boards += second
    draft.truth.codes.add("form.several_forms")


@change("sheets", "copies", layouts=("plain", "official"))
def pasted_twice_below(draft: Draft) -> None:
    """The same two forms once more below themselves, on the same sheets: that is said."""
    for board in draft.boards:
        again = copy.deepcopy(board)
        again.move(board.bottom + 2, 0)
        for box in again.boxes:
            box.key = ""
        board.boxes += again.boxes
    draft.truth.codes.add("form.several_forms")


@change("sheets", "side", layouts=("plain",))
def side_by_side(draft: Draft) -> None:
    """附件2-2 to the right of 附件2-1 on one sheet."""
    profile, scoring = draft.profile, draft.scoring
    scoring.move(draft.chance.randint(0, 4), profile.right + draft.chance.randint(1, 3))
    profile.boxes += scoring.boxes
    draft.boards = [b for b in draft.boards if b is not scoring]


@change("sheets", "side", layouts=("plain",))
def scoring_above_profile(draft: Draft) -> None:
    """附件2-2 above 附件2-1 on one sheet."""
    profile, scoring = draft.profile, draft.scoring
    profile.move(scoring.bottom + draft.chance.randint(0, 3), 0)
    profile.boxes += scoring.boxes
    draft.boards = [b for b in draft.boards if b is not scoring]


@change("sheets", "copies")
def hidden_sheets(draft: Draft) -> None:
    """The scoring sheet hidden: it is read all the same."""
    if len(draft.boards) > 1:
        draft.scoring.state = "hidden"


# ---- the file ----


@change("file", "writing")
def texts_in_cells(draft: Draft) -> None:
    """inlineStr instead of shared strings."""
    draft.writing.strings = "inline"


@change("file", "writing")
def texts_as_formula_results(draft: Draft) -> None:
    """t="str" instead of shared strings."""
    draft.writing.strings = "formula"


@change("file", "writing", "used_range")
def cells_without_addresses(draft: Draft) -> None:
    """Rows and cells without r attributes."""
    draft.writing.addresses = False


@change("file", "resave", "figures", "used_range", "copies", "money_units")
def saved_by_openpyxl(draft: Draft) -> None:
    """Opened and saved by openpyxl."""

    def resave(data: bytes) -> bytes:
        out = io.BytesIO()
        openpyxl.load_workbook(io.BytesIO(data)).save(out)
        return out.getvalue()

    draft.resave = resave


@change("file", "resave", "figures", "used_range", "copies", "money_units", slow=True)
def saved_by_libreoffice(draft: Draft) -> None:
    """Opened and saved by LibreOffice."""

    def resave(data: bytes) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            book = openpyxl.load_workbook(io.BytesIO(data))
            path = save_through_libreoffice(book, Path(folder) / "形.xlsx", "/tmp/lo_reader")
            return path.read_bytes()

    draft.resave = resave
