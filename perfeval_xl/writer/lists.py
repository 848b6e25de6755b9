"""Empty lists for the office to fill: 名册 and 参考数据, with a sheet that explains each column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from xlsxwriter.worksheet import Worksheet

from perfeval_xl.forms.spec import FieldSpec, FormSpec
from perfeval_xl.writer.book import Book, head_properties, line_height, set_up_page, wrapped_lines
from perfeval_xl.writer.style import GRID, HEAD_FONT, MUTED

GUIDE = "说明"
FIELDS = "指标项"
_ROWS = 1000  # rows laid out for input
_GUIDE_WIDTHS = (14, 12, 60, 26)
_GUIDE_HEADS = ("列", "要不要填", "填什么", "例（虚构）")


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column: head, width, what goes in, an invented example, and how cells are typed."""

    head: str
    width: float
    needed: str
    help: str
    example: str
    number_format: str = "@"


ROSTER = (
    ListColumn("编码", 14, "有就填", "预算编码。有编码先按编码对，最准。按文字填，前面的 0 不会丢。", "000000"),
    ListColumn("名称", 34, "必填", "单位全称，和自评表上写的一样。", "区示例局（虚构）"),
    ListColumn("别名", 34, "可不填", "简称、旧名、改名前的名称，几个之间用顿号隔开。", "示例局、原区示例办"),
    ListColumn("类型", 14, "可不填", "行政、事业等，用来和同类单位比较。", "行政"),
    ListColumn("截止日期", 14, "可不填", "应报日期；迟报天数按它算。", "2022-03-31", "yyyy-mm-dd"),
    ListColumn("免报", 10, "可不填", "今年不用报的写“是”。", "是"),
)  # fmt: skip
REFERENCE = (
    ListColumn("单位", 34, "必填", "单位名称或预算编码，和名册一致。", "区示例局（虚构）"),
    ListColumn("指标项", 34, "必填", "哪一个数，写“指标项”表里的名称。", "人员编制"),
    ListColumn("数值", 16, "必填", "数，单位和自评表相同（金额为万元）；百分数写 95% 这样。", "36", "General"),
    ListColumn("来源", 34, "必填", "从哪里来的，写到别人查得到。", "编办 2021 年核定文件"),
)  # fmt: skip
_NUMERIC = ("amount", "count", "percent")


def write_roster(path: Path) -> None:
    """Write an empty roster with its explanation to ``path``."""
    with Book(path, "名册") as book:
        sheet = _write_list(book, "名册", ROSTER)
        column = [c.head for c in ROSTER].index("免报")
        sheet.data_validation(
            1, column, _ROWS, column,
            {"validate": "list", "source": ["是", "否"], "ignore_blank": True},
        )  # fmt: skip
        _write_guide(book, ROSTER, "应报单位一行一个，从“名册”表第 2 行填起。")


def write_reference(path: Path, forms: Iterable[FormSpec]) -> None:
    """Write an empty list of reference figures, with the figures that the forms know."""
    with Book(path, "参考数据") as book:
        _write_list(book, "参考数据", REFERENCE)
        _write_guide(
            book,
            REFERENCE,
            "财政局自己掌握的数一行一个，从“参考数据”表第 2 行填起。计分时先用这里的数。",
        )
        _write_fields(book, forms)


def _write_list(book: Book, name: str, columns: Sequence[ListColumn]) -> Worksheet:
    sheet = book.sheet(name)
    head = book.format(**head_properties(11))
    sheet.set_row(0, 26)
    for number, column in enumerate(columns):
        look = book.format(
            num_format=column.number_format, border=1, border_color=f"#{GRID}", text_wrap=True
        )
        sheet.set_column(number, number, column.width)
        sheet.write_string(0, number, column.head, head)
        for row in range(1, 21):
            sheet.write_blank(row, number, None, look)
    for number, column in enumerate(columns):  # rows below keep the type without the frame
        sheet.set_column(number, number, column.width, book.format(num_format=column.number_format))
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    set_up_page(sheet, landscape=True)
    return sheet


def _write_guide(book: Book, columns: Sequence[ListColumn], opening: str) -> None:
    sheet = _titled(book, GUIDE, opening, _GUIDE_WIDTHS)
    rows = [(c.head, c.needed, c.help, c.example) for c in columns]
    _write_table(book, sheet, _GUIDE_HEADS, rows, _GUIDE_WIDTHS)


_NO_CELL = "没有单独一格"


def _write_fields(book: Book, forms: Iterable[FormSpec]) -> None:
    widths = (40, 34, 24)
    sheet = _titled(book, FIELDS, "参考数据的“指标项”一列写这里的名称（或代号）。", widths)
    found: dict[str, tuple[str, str, str]] = {}
    for spec in forms:
        for field in spec.fields.values():
            if field.kind in _NUMERIC and field.id not in spec.row_fields:
                found.setdefault(field.id, (field.label, field.id, _sheet_of(field, spec)))
        for name, label in spec.external_facts.items():
            where = _sheet_of(spec.fields[name], spec) if name in spec.fields else _NO_CELL
            found.setdefault(name, (label, name, where))
    _write_table(book, sheet, ("名称", "代号", "单位填在哪张表"), list(found.values()), widths)


def _sheet_of(field: FieldSpec, spec: FormSpec) -> str:
    """Where units fill the figure in."""
    if field.attachment:
        return spec.attachment(field.attachment).form.sheets[0].name
    return "附件2" if spec.kind == "scored" else spec.sheets[0].name


def _titled(book: Book, name: str, opening: str, widths: Sequence[float]) -> Worksheet:
    sheet = book.sheet(name)
    for number, width in enumerate(widths):
        sheet.set_column(number, number, width)
    sheet.set_row(0, 30)
    sheet.write_string(0, 0, name, book.format(font_name=HEAD_FONT, font_size=15))
    sheet.write_string(1, 0, opening, book.format(font_size=10, font_color=f"#{MUTED}"))
    set_up_page(sheet, landscape=True)
    return sheet


def _write_table(
    book: Book,
    sheet: Worksheet,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[float],
) -> None:
    head = book.format(**head_properties(10))
    look = book.format(border=1, border_color=f"#{GRID}", text_wrap=True, font_size=10, indent=1)
    sheet.set_row(2, 24)
    for number, text in enumerate(heads):
        sheet.write_string(2, number, text, head)
    for row, texts in enumerate(rows, 3):
        lines = max(wrapped_lines(t, w, 10) for t, w in zip(texts, widths, strict=True))
        sheet.set_row(row, lines * line_height(10) + 6)
        for number, text in enumerate(texts):
            sheet.write_string(row, number, text, look)
