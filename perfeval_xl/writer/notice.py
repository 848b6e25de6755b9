"""复核意见书: one unit's printable notice, A4 portrait, to be signed and sealed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from perfeval_xl.settlement import Dealt, Item, Stage, UnitSettlement
from perfeval_xl.writer.book import MAX_HEIGHT, Book, safe_text, set_up_page, wrapped_lines
from perfeval_xl.writer.style import ACCENT, GRID, HEAD_FONT, SEVERITY, SUBHEAD_FILL
from perfeval_xl.writer.text import SEVERITY_WORDS, STAGES, points

SHEET = "复核意见书"
TITLE = "部门整体支出绩效自评复核意见书"
DRAFT = "【草稿：{stage}，尚有 {open} 项未核定、{mistakes} 处填写有误，得分和等次为暂计，不作为正式意见】"
NO_UNIT = "填报单位"
OPENING = (
    "    你单位报送的《{form}》（文件：{file}）已经复核。自评 {stated} 分，核定 {total} 分，"
    "评价等次 {rating}。具体意见如下。"
)
DEDUCTIONS, TO_CORRECT, WAIVED = (
    "一、扣分和调整的指标",
    "二、需要更正或说明的问题",
    "三、予以豁免的问题",
)
CLOSING = "    如有异议，请在收到本意见书之日起按规定期限向财政部门书面提出，并附佐证材料。"
_AGREED = "同意自评得分。"
_WIDTHS = (5, 25, 7, 7, 7, 39)
_LAST = len(_WIDTHS) - 1
_SIZE = 10
_MOST_TEXT = 300
_MARKED = ("error", "warning")
_ONE_PAGE = 1000.0  # points of rows that are still readable when put on one page


def write_notice(path: Path, unit: UnitSettlement) -> None:
    """Write the notice of one unit to ``path``."""
    with Book(path, TITLE) as book:
        sheet = book.sheet(SHEET)
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        set_up_page(sheet, landscape=False)
        sheet.set_margins(0.6, 0.6, 0.7, 0.7)
        page = _Page(book, sheet)
        page.write(unit)
        sheet.print_area(0, 0, page.row - 1, _LAST)
        if page.height <= _ONE_PAGE:
            sheet.fit_to_pages(1, 1)


class _Page:
    """Writes the sheet from top to bottom."""

    def __init__(self, book: Book, sheet: Worksheet) -> None:
        self.book = book
        self.sheet = sheet
        self.row = 0
        self.height = 0.0  # points used so far

    def write(self, unit: UnitSettlement) -> None:
        """All of the notice."""
        title = {"font_name": HEAD_FONT, "font_size": 18, "align": "center"}
        self._wide(TITLE, 36, font_color=f"#{ACCENT}", **title)
        if unit.stage is not Stage.SETTLED:
            self._write_draft(unit)
        self._wide(f"{unit.unit or NO_UNIT}：", font_size=12, bold=True)
        text = OPENING.format(
            form=unit.form_name, file=unit.file, stated=points(unit.stated),
            total=points(unit.total), rating=unit.rating,
        )  # fmt: skip
        self._wide(text, font_size=12, text_wrap=True)
        self._write_totals(unit)
        self._write_deductions([i for i in unit.items if i.deducted or i.change or i.is_open])
        self._write_corrections(unit)
        self._write_waivers(unit.waived)
        self.row += 1
        self._wide(CLOSING, font_size=11, text_wrap=True)
        self._write_signature()

    def _write_draft(self, unit: UnitSettlement) -> None:
        look = next(look for key, look in SEVERITY.items() if key.value == "warning")
        text = DRAFT.format(
            stage=STAGES[unit.stage], open=len(unit.open_items), mistakes=len(unit.mistakes)
        )
        self._wide(text, font_size=11, bold=True, align="center", text_wrap=True,
                   font_color=f"#{look.text}", bg_color=f"#{look.fill}", border=1,
                   border_color=f"#{GRID}")  # fmt: skip

    def _write_totals(self, unit: UnitSettlement) -> None:
        heads = ("预算编码", "自评得分", "复核得分", "核定得分", "自评等次／核定等次")
        values = (
            unit.code or "—", points(unit.stated), points(unit.computed), points(unit.total),
            f"{unit.rating_stated or '未填'}／{unit.rating}",
        )  # fmt: skip
        head, cell = self._head(), self._cell("center", size=12, bold=True)
        self.row += 1
        self._set_height(self.row, 20)
        self._set_height(self.row + 1, 24)
        for at, texts, look in ((self.row, heads, head), (self.row + 1, values, cell)):
            self.sheet.merge_range(at, 0, at, 1, safe_text(texts[0]), look)
            for column, text in enumerate(texts[1:], 2):
                self.sheet.write_string(at, column, safe_text(text), look)
        self.row += 2

    def _write_deductions(self, items: Sequence[Item]) -> None:
        self._section(DEDUCTIONS)
        if not items:
            self._wide("    没有扣分和调整。", font_size=_SIZE)
            return
        self._heads(("项", "指标", "分值", "自评", "核定", "理由"))
        for item in items:
            question = item.question
            counted = "未核定" if item.is_open else points(item.counted)
            agreed = item.ruled is not None and not item.change and not item.reason
            why = item.earlier or (_AGREED if agreed else item.why)
            self._cells(
                (str(question.number), question.label, points(question.max),
                 points(question.claimed), counted, why)
            )  # fmt: skip

    def _write_corrections(self, unit: UnitSettlement) -> None:
        found = [dealt for dealt in unit.findings if _is_to_correct(dealt, unit)]
        self._section(TO_CORRECT)
        if not found:
            self._wide("    没有。", font_size=_SIZE)
            return
        self._heads(("序号", "位置", "程度", "问题和改法"), wide=True)
        for number, dealt in enumerate(found, 1):
            extra = f"\n核定人意见：{dealt.reason}" if dealt.reason else ""
            text = f"{dealt.message}\n改法：{dealt.fix}{extra}"
            self._cells(
                (str(number), dealt.place or "—", SEVERITY_WORDS[dealt.severity], text), wide=True
            )

    def _write_waivers(self, waived: Sequence[Dealt]) -> None:
        if not waived:
            return
        self._section(WAIVED)
        self._heads(("序号", "位置", "日期", "问题和豁免理由"), wide=True)
        for number, dealt in enumerate(waived, 1):
            text = f"{dealt.message}\n豁免理由：{dealt.reason}"
            date = dealt.date.replace("-", "\n", 1)
            self._cells((str(number), dealt.place or "—", date, text), wide=True)

    def _write_signature(self) -> None:
        look = self.book.format(font_size=11, align="left")
        self.row += 1
        for left, right in (
            ("复核人（签字）：", "财政部门（盖章）"),
            ("负责人（签字）：", "        年    月    日"),
        ):
            self._set_height(self.row, 34)
            self.sheet.write_string(self.row, 1, left, look)
            self.sheet.write_string(
                self.row, _LAST, right, self.book.format(font_size=11, align="center")
            )
            self.row += 1

    # ---- pieces ----

    def _set_height(self, row: int, points: float) -> None:
        self.sheet.set_row(row, points)
        self.height += points

    def _section(self, text: str) -> None:
        self._wide(
            text, 26, font_name=HEAD_FONT, font_size=12, font_color=f"#{ACCENT}", valign="bottom"
        )

    def _heads(self, heads: Sequence[str], wide: bool = False) -> None:
        self._line(heads, [self._head()] * len(heads), wide, 20)

    def _cells(self, texts: Sequence[str], wide: bool = False) -> None:
        shown = [
            text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 1] + "…" for text in texts
        ]
        looks = [self._cell("center")] * (len(texts) - 1) + [self._cell("left")]
        looks[1] = self._cell("left")
        widths = [*_WIDTHS[:3], sum(_WIDTHS[3:])] if wide else _WIDTHS
        lines = max(
            wrapped_lines(text, width, _SIZE) for text, width in zip(shown, widths, strict=True)
        )
        self._line(shown, looks, wide, min(MAX_HEIGHT, lines * _SIZE * 1.35 + 6))

    def _line(
        self, texts: Sequence[str], looks: Sequence[Format], wide: bool, height: float
    ) -> None:
        self._set_height(self.row, height)
        last = len(texts) - 1
        for column, (text, look) in enumerate(zip(texts, looks, strict=True)):
            if wide and column == last:
                self.sheet.merge_range(self.row, column, self.row, _LAST, "", look)
            self.sheet.write_string(self.row, column, safe_text(text), look)
        self.row += 1

    def _wide(self, text: str, height: float | None = None, **properties: object) -> None:
        """A paragraph over the whole width, as tall as it needs."""
        size = properties.get("font_size", 11)
        assert isinstance(size, int)
        shown = safe_text(text)
        lines = wrapped_lines(shown, sum(_WIDTHS), size)
        self._set_height(self.row, height or min(MAX_HEIGHT, lines * size * 1.5 + 4))
        look = self.book.format(**properties)
        self.sheet.merge_range(self.row, 0, self.row, _LAST, "", look)
        self.sheet.write_string(self.row, 0, shown, look)
        self.row += 1

    def _head(self) -> Format:
        return self.book.format(
            font_name=HEAD_FONT, font_size=_SIZE, align="center", text_wrap=True, border=1,
            border_color=f"#{GRID}", bg_color=f"#{SUBHEAD_FILL}",
        )  # fmt: skip

    def _cell(self, align: str, size: int = _SIZE, bold: bool = False) -> Format:
        return self.book.format(
            font_size=size,
            align=align,
            text_wrap=True,
            border=1,
            border_color=f"#{GRID}",
            bold=bold,
        )


def _is_to_correct(dealt: Dealt, unit: UnitSettlement) -> bool:
    """Whether the unit is to put it right: not what is waived, or what a ruling has decided."""
    if dealt.is_waived or dealt.origin != "unit":
        return False
    if dealt.action or dealt.severity == "error":
        return True
    ruled = {item.question.id for item in unit.items if item.ruled is not None}
    return dealt.severity in _MARKED and dealt.indicator not in ruled
