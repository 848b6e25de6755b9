"""填报说明, the sheet that says how the form is filled, what is checked, and where each entry stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from math import ceil
from typing import Final
from unicodedata import east_asian_width

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from perfeval_xl.amounts import plain
from perfeval_xl.forms.spec import BandSpec, FieldSpec, FormSpec
from perfeval_xl.model import Severity
from perfeval_xl.writer import style
from perfeval_xl.writer.blank.layout import Form, Place
from perfeval_xl.writer.blank.looks import (
    BODY,
    BOXED,
    HEAD,
    PRINTED,
    SHORT,
    Properties,
    fill,
    set_page,
)

GUIDE_SHEET: Final = "填报说明"
_GUIDE_WIDTHS = (17, 27, 6, 6, 15, 34)
_GUIDE_LINE = 17.0  # points, of text in _GUIDE_TEXT
_TABLE_LINE = 14.5  # points, of text in _GUIDE_CELL
_GUIDE_TEXT: Properties = {**BODY, "font_size": 11}
_GUIDE_CELL: Properties = {**BOXED, "font_size": 10}
_GUIDE_HEAD: Properties = {**HEAD, "bg_color": style.SUBHEAD_FILL}


class _Guide:
    """The sheet 填报说明, written downwards."""

    def __init__(self, workbook: xlsxwriter.Workbook) -> None:
        self._workbook = workbook
        self._sheet: Worksheet = workbook.add_worksheet(GUIDE_SHEET)
        self._row = 0
        set_page(self._sheet, False)
        for column, width in enumerate(_GUIDE_WIDTHS):
            self._sheet.set_column(column, column, width)

    def line(self, text: str, look: Properties, height: float) -> None:
        """One text over the whole width."""
        self._span(0, text, look)
        self._next(height)

    def section(self, text: str) -> None:
        """The head of a part."""
        self.line(text, {**PRINTED["annex"], "valign": "bottom"}, 28)

    def paragraph(self, text: str) -> None:
        """A paragraph as high as its text."""
        self.line(text, _GUIDE_TEXT, _GUIDE_LINE * _lines(text, _GUIDE_WIDTHS, 11) + 3)

    def keyed(self, key: str, look: Properties, text: str) -> None:
        """A boxed word and, beside it, what it means."""
        self._sheet.write_string(self._row, 0, key, self._workbook.add_format(look))
        self._span(1, text, {**_GUIDE_TEXT, "indent": 1})
        self._next(_GUIDE_LINE * _lines(text, _GUIDE_WIDTHS[1:], 11) + 6)

    def row(self, texts: Sequence[str], looks: Sequence[Properties], height: float) -> None:
        """One row of a table, an empty text where a cell is left to ``block``."""
        for column, (text, look) in enumerate(zip(texts, looks, strict=True)):
            shown = self._workbook.add_format(look)
            if text:
                self._sheet.write_string(self._row, column, text, shown)
            else:
                self._sheet.write_blank(self._row, column, None, shown)
        self._next(height)

    def link(self, column: int, target: Place, text: str, look: Properties) -> None:
        """Make a cell of the row just written lead to a cell of the form."""
        shown = self._workbook.add_format({**look, "font_color": style.LINK})
        url = f"internal:'{target.sheet.name}'!{target.cell}"
        self._sheet.write_url(self._row - 1, column, url, shown, text)

    def block(self, rows: int, text: str, look: Properties) -> None:
        """Merge the first column of the last rows under one text."""
        shown = self._workbook.add_format(look)
        first = self._row - rows
        if rows > 1:
            self._sheet.merge_range(first, 0, self._row - 1, 0, "", shown)
        self._sheet.write_string(first, 0, text, shown)

    def page_break(self) -> None:
        """The next row begins a page."""
        self._sheet.set_h_pagebreaks([self._row])

    def _span(self, first: int, text: str, look: Properties) -> None:
        shown = self._workbook.add_format(look)
        last = len(_GUIDE_WIDTHS) - 1
        self._sheet.merge_range(self._row, first, self._row, last, "", shown)
        self._sheet.write_string(self._row, first, text, shown)

    def _next(self, height: float) -> None:
        self._sheet.set_row(self._row, height)
        self._row += 1


def _lines(text: str, widths: Sequence[float], size: float) -> int:
    """Lines a text takes across columns so many digits wide; sizes are reckoned in pixels."""
    across = sum(7 * width + 5 for width in widths) - 12
    full = size * 96 / 72
    breadth = sum(full if east_asian_width(char) in "WFA" else full / 2 for char in text)
    return max(1, ceil(breadth / across))


def write_guide(workbook: xlsxwriter.Workbook, form: Form) -> None:
    """The whole sheet, from its title to the list of entries."""
    guide = _Guide(workbook)
    guide.line(GUIDE_SHEET, PRINTED["title"], 36)
    guide.line(form.spec.name, PRINTED["subtitle"], 24)
    _write_steps(guide, form)
    _write_colours(guide)
    _write_identities(guide, form)
    if form.spec.bands:
        _write_bands(guide, form.spec.bands)
    guide.page_break()
    _write_fields(guide, form)


def _write_steps(guide: _Guide, form: Form) -> None:
    guide.section("一、怎样填")
    own = _steps(form.spec) if form.spec.kind == "scored" else _figure_steps(form.spec)
    for number, text in enumerate((*own, *_further_steps(form)), 1):
        guide.paragraph(f"{number}. {text}")


def _steps(spec: FormSpec) -> Iterator[str]:
    profile, scoring = spec.sheet("profile").name, spec.sheet("scoring").name
    tables = "、".join(block.title for block in spec.blocks if block.kind == "table")
    reason = spec.scoring.reason[0]
    yield f"先填“{profile}”，再填“{scoring}”；只填有底色的格子，印刷文字请勿改动。"
    yield f"金额一律以{spec.money}为单位，保留两位小数，只填数，不带单位；没有发生的填 0。"
    yield "蓝色底的合计格已设公式，填了分项就自动算出；分项没有填时保持空白。也可以直接填数。"
    yield (
        f"有二级机构的单位：在{tables}各表中选中机构那一行，整行复制，在下方“插入复制的单元格”，"
        "每个机构一行，最后加一行“合计”。不要改动表头。"
    )
    yield f"自评得分不得高于该项分值；低于分值的，在“{reason}”栏写明原因。"
    for pool in spec.pools.values():
        points = plain(pool.points)
        yield f"{pool.label}合计 {points} 分，如何分配由单位自定，各项之和不得超过 {points} 分。"
    for block in spec.blocks:
        if block.kind == "targets":
            yield f"“{block.title}”中每个目标写明数值，完成情况按百分比或实际数值填写。"
    yield "文字放不下时，拖动左侧行号的下边线把行拉高。可以增加行，请勿删除指标行和表头行。"
    yield "签章和意见各栏打印后手写、盖章。"
    yield "报送前逐张查看有无黄色、红色的格子，有的先改正；打印用 A4 纸，版面已设好。"
    yield "保存为 .xlsx 文件报送，不要设密码，不要另存为图片或 PDF。"


def _figure_steps(spec: FormSpec) -> Iterator[str]:
    """How to fill a form of figures."""
    yield f"只填“{spec.sheets[0].name}”中有底色的格子，印刷文字和年份请勿改动。"
    yield f"金额一律以{spec.money}为单位，保留两位小数，只填数，不带单位；没有发生的填 0。"
    yield "蓝色底的格子已设公式，填了分项就自动算出；分项没有填时保持空白。也可以直接填数。"
    yield from _row_steps(spec)
    yield "打印用 A4 纸，版面已设好。保存为 .xlsx 文件报送，不要设密码，不要另存为图片或 PDF。"


def _further_steps(form: Form) -> Iterator[str]:
    """What is to be known of the sheets that stand behind the form's own."""
    for spec in form.further.values():
        name = spec.sheets[0].name
        if spec.kind == "data":
            yield f"“{name}”填上年和本年的预算、决算数，用来核定需要这些数的指标。"
        else:
            yield f"“{name}”不是官方表样的组成部分，填了可以多核定几项指标；没有发生的填 0，不清楚的空着。"
        yield from _row_steps(spec)


def _row_steps(spec: FormSpec) -> Iterator[str]:
    """Where rows may be added."""
    groups = [f"“{line.label}”" for matrix in spec.matrices for line in matrix.lines if line.items]
    groups += [f"“{listed.title}”" for listed in spec.lists]
    if groups:
        yield f"{'、'.join(groups)}的行数不够时，在中间整行插入；用不到的行空着。"


def _write_colours(guide: _Guide) -> None:
    guide.section("二、颜色的意思")
    boxed: Properties = {**SHORT, "font_size": 10}
    error, warning = style.SEVERITY[Severity.ERROR], style.SEVERITY[Severity.WARNING]
    guide.keyed("填写", boxed, "由单位填写的格子。")
    guide.keyed("公式", {**boxed, "bg_color": style.SUBHEAD_FILL}, "合计格，自动算出。")
    guide.keyed(
        f"{warning.sign} {warning.word}",
        {**boxed, **fill(warning), "bold": True},
        "合计与分项不一致；分项大于合计；等次与得分不符；得分低于分值而没有写扣分原因。",
    )
    guide.keyed(
        f"{error.sign} {error.word}",
        {**boxed, **fill(error), "bold": True},
        "自评得分高于分值或为负数；总分与各行自评得分之和不一致。",
    )


def _write_identities(guide: _Guide, form: Form) -> None:
    guide.section("三、报送后会核对的关系")
    for number, title in enumerate(dict.fromkeys(check.title for check in form.checks), 1):
        guide.paragraph(f"{number}. {title}。")


def _write_bands(guide: _Guide, bands: Sequence[BandSpec]) -> None:
    guide.section("四、评价等次")
    above: Decimal | None = None
    for band in bands:
        least, most = plain(band.at_least), above and plain(above)
        text = f"{least} 分（含）以上" if most is None else f"{least} 分（含）至 {most} 分（不含）"
        if band is bands[-1] and most is not None:
            text = f"低于 {most} 分"
        guide.keyed(band.label, {**BOXED, "align": "center"}, text)
        above = band.at_least


def _write_fields(guide: _Guide, form: Form) -> None:
    guide.section(f"{'五' if form.spec.bands else '四'}、填报项目一览")
    head = ("版块", "填报项目", "单位", "必填", "位置", "说明")
    guide.row(head, [_GUIDE_HEAD] * len(head), 22)
    titles: dict[str, str] = {}
    matrices: set[str] = set()
    for spec in (form.spec, *form.further.values()):
        titles |= {block.id: block.title for block in spec.blocks}
        titles |= {rows.id: rows.title for rows in spec.lists}
        matrices |= {matrix.id for matrix in spec.matrices}  # their cells are headed on two sides
    listed = (f for f in form.spec.fields.values() if f.block not in matrices)
    placed = [f for f in listed if _place_of(form, f) is not None]
    for block, group in groupby(placed, key=lambda field: field.block):
        fields = list(group)
        title = titles.get(block) or form.spec.sheet("scoring").name
        least = _TABLE_LINE * _lines(title, _GUIDE_WIDTHS[:1], 10) / len(fields)
        for field in fields:
            _write_field(guide, form, field, least)
        guide.block(len(fields), title, {**_GUIDE_HEAD, "font_size": 10})


def _write_field(guide: _Guide, form: Form, field: FieldSpec, least: float) -> None:
    """One field's row, at least so many points high."""
    place = _place_of(form, field)
    assert place is not None, "only fields with a cell are listed"
    where = f"{place.sheet.name.split()[0]}!{place.cell}"
    must = "必填" if field.required else ""
    texts = ("", field.label, field.unit, must, where, _guide_help(form, field))
    left: Properties = {**_GUIDE_CELL, "align": "left", "indent": 1}
    centred: Properties = {**_GUIDE_CELL, "align": "center"}
    looks = (centred, left, centred, {**centred, "bold": True}, centred, left)
    lines = max(_lines(texts[column], _GUIDE_WIDTHS[column : column + 1], 10) for column in (1, 5))
    guide.row(texts, looks, max(_TABLE_LINE * lines, least) + 2)
    guide.link(4, place, where, centred)


def _guide_help(form: Form, field: FieldSpec) -> str:
    formula = "已设公式。" if field.id in form.formulas and "公式" not in field.help else ""
    return field.help + formula


def _place_of(form: Form, field: FieldSpec) -> Place | None:
    """Where a field stands, be it under its own id or as one of the targets."""
    found = (item.place for item in form.inputs.values() if item.field is field)
    return next(found, None)
