"""The lists of the summary, all but the findings: one function for each sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from perfeval_xl.model import Outcome, Severity
from perfeval_xl.writer.book import (
    Book,
    Column,
    Link,
    Listing,
    Value,
    look_properties,
)
from perfeval_xl.writer.style import OUTCOME, SEVERITY, Look
from perfeval_xl.writer.summary_data import (
    NO_NAME,
    FactNeed,
    Gathered,
    IndicatorHead,
    ReturnedRow,
    UnitRow,
    plain,
)

UNITS, MATRIX = "单位汇总", "指标矩阵"
LACKING, RETURNED, RUN = "待补数据", "退回文件", "运行信息"
FIGURES = "基础数据"

OPEN_COPY, OPEN_NOTE = "打开复核件", "打开说明"
NO_UNITS = "没有完成复核的文件。"
NO_LACKING = "没有因缺少数据而未定的指标。"
NO_RETURNED = "没有退回的文件。"

UNITS_NOTE = (
    "错误多的在前，其次差异大的在前。差异＝自评总分－复核得分；"
    "可能最低、可能最高：按规则允许的各种理解，缺少的数据补齐以后，总分所在的范围。"
)
UNIT_COLUMNS = (
    Column("序号", 5, "center"),
    Column("单位", 22),
    Column("预算编码", 10, "center"),
    Column("文件", 27),
    Column("自评\n总分", 7, "number"),
    Column("各行\n之和", 7, "number"),
    Column("复核\n得分", 7, "number"),
    Column("可能\n最低", 7, "number"),
    Column("可能\n最高", 7, "number"),
    Column("差异", 7, "signed"),
    Column("自评\n等次", 8, "center"),
    Column("复核\n等次", 10, "center"),
    Column("数字可定\n分值", 7.5, "center"),
    Column("缺数据\n分值", 7.5, "center"),
    Column("待判断\n分值", 7.5, "center"),
    Column("错误", 6, "center"),
    Column("警告", 6, "center"),
    Column("提示", 6, "center"),
    Column("复核件", 11, "center"),
)
ROUND_COLUMN = Column("轮次", 6, "center")
_DIFFERENCE, _STATED_RATING, _RATING, _ERRORS = 9, 10, 11, 15

MATRIX_NOTE = "格内是自评得分；复核得分不同时写作“自评→复核”，自评没有填写时写作“空”。"
MATRIX_WIDTH = 5.4

LACKING_NOTE = (
    "补齐下列数据，就能核定相应的指标。一项指标缺几个数时，几个数都要补齐，所以涉及分值不能相加。"
)
LACKING_COLUMNS = (
    Column("序号", 6, "center"),
    Column("缺少的数据", 32),
    Column("用于哪些指标", 70),
    Column("涉及\n单位数", 9, "center"),
    Column("涉及\n分值", 9, "center"),
    Column("单补此项\n可核定分值", 12, "center"),
)
LACKING_BY_FACT = "一、按数据：补上哪个数，关系到多少分"
LACKING_BY_UNIT = "二、按单位：每个单位还缺哪些数"
LACKING_UNIT_HEADS = (
    *("序号", "单位", "缺少的数据（涉及分值）"),
    *("缺少\n项数", "未定\n分值", "预算编码"),
)

RETURNED_COLUMNS = (
    Column("序号", 6, "center"),
    Column("文件", 30),
    Column("单位", 18),
    Column("退回代码", 21),
    Column("原因", 36),
    Column("怎么办", 36),
    Column("退回说明", 10, "center"),
)

FIGURES_NOTE = "这些文件只有数据、没有评分，只核对勾稽关系。"
FIGURES_COLUMNS = (
    Column("序号", 6, "center"),
    Column("单位", 26),
    Column("预算编码", 11, "center"),
    Column("文件", 44),
    Column("表样", 24),
    Column("错误", 7, "center"),
    Column("警告", 7, "center"),
    Column("提示", 7, "center"),
    Column("复核件", 11, "center"),
)

RUN_COLUMNS = (Column("项目", 26), Column("内容", 84))


def write_units(
    book: Book, units: Sequence[UnitRow], returned: int, has_rounds: bool = False
) -> None:
    """Write 单位汇总: a row per evaluated file, in the order given."""
    note = UNITS_NOTE + (f"另有 {returned} 个文件退回，见“{RETURNED}”。" if returned else "")
    columns = (*UNIT_COLUMNS[:-1], ROUND_COLUMN, UNIT_COLUMNS[-1]) if has_rounds else UNIT_COLUMNS
    listing = Listing(book, UNITS, UNITS, note, columns)
    listing.write_head(34)
    if not units:
        listing.write_sentence(NO_UNITS)
    for number, unit in enumerate(units, 1):
        listing.write_row(_unit_values(number, unit, has_rounds))
    listing.freeze(2)
    listing.filter_rows()
    if units:
        _colour_units(book, listing)


def _unit_values(number: int, unit: UnitRow, has_rounds: bool) -> tuple[Value, ...]:
    return (
        number,
        unit.name or NO_NAME,
        unit.code,
        unit.file,
        unit.stated,
        unit.self_sum,
        unit.computed,
        unit.low,
        unit.high,
        unit.difference,
        unit.rating_stated,
        " 或 ".join(unit.rating),
        unit.decided,
        unit.undecided,
        unit.judged,
        unit.errors,
        unit.warnings,
        unit.notes,
        *((unit.round,) if has_rounds else ()),
        Link(unit.copy, OPEN_COPY) if unit.copy else "",
    )


def _colour_units(book: Book, listing: Listing) -> None:
    """Conditional colours: counts above 0, a difference, a rating the total does not bear out."""
    first, last = listing.head_row + 1, listing.row - 1
    sheet = listing.sheet
    for column, severity in enumerate((Severity.ERROR, Severity.WARNING), _ERRORS):
        look = book.format(**_tint(SEVERITY[severity]))
        rule = {"type": "cell", "criteria": ">", "value": 0, "format": look}
        sheet.conditional_format(first, column, last, column, rule)
    warning = book.format(**_tint(SEVERITY[Severity.WARNING]))
    gap = {"type": "cell", "criteria": "!=", "value": 0, "format": book.format(bold=True)}
    sheet.conditional_format(first, _DIFFERENCE, last, _DIFFERENCE, gap)
    stated = xl_rowcol_to_cell(first, _STATED_RATING, col_abs=True)
    rating = xl_rowcol_to_cell(first, _RATING, col_abs=True)
    unborne = f'=AND({stated}<>"",{rating}<>"",ISERROR(FIND({stated},{rating})))'
    for column in (_STATED_RATING, _RATING):
        rule = {"type": "formula", "criteria": unborne, "format": warning}
        sheet.conditional_format(first, column, last, column, rule)
    sheet.ignore_errors({"number_stored_as_text": xl_range(first, 1, last, 3)})


def _tint(look: Look) -> dict[str, object]:
    return {"font_color": f"#{look.text}", "bg_color": f"#{look.fill}"}


def matrix_names(forms: Sequence[str]) -> list[str]:
    """Names of the matrix sheets: one for each form that was met, at least one."""
    return [MATRIX, *(f"{MATRIX}({number})" for number in range(2, len(forms) + 1))]


def write_matrices(book: Book, gathered: Gathered, units: Sequence[UnitRow]) -> list[str]:
    """Write 指标矩阵, one sheet per form; returns their names."""
    forms = list(gathered.heads)
    names = matrix_names(forms)
    if not forms:
        listing = Listing(book, MATRIX, MATRIX, MATRIX_NOTE, _matrix_columns(()))
        listing.write_head()
        listing.write_sentence(NO_UNITS)
    for name, form in zip(names, forms, strict=False):
        title = MATRIX if len(forms) == 1 else f"{MATRIX}（{form}）"
        heads = tuple(gathered.heads[form].values())
        _write_matrix(book, name, title, heads, [unit for unit in units if unit.form == form])
    return names


def _write_matrix(
    book: Book, name: str, title: str, heads: Sequence[IndicatorHead], units: Sequence[UnitRow]
) -> None:
    listing = Listing(book, name, title, MATRIX_NOTE, _matrix_columns(heads))
    _write_legend(listing)
    listing.write_head(86, size=8)
    for number, unit in enumerate(units, 1):
        looks = {
            column: OUTCOME[Outcome(cell[0])] for column, cell in enumerate(unit.cells, 2) if cell
        }
        texts = [_matrix_value(cell) for cell in unit.cells]
        texts += [""] * (len(heads) - len(texts))
        listing.write_row([number, unit.name or NO_NAME, *texts], looks)
    listing.freeze(2)
    listing.filter_rows()


def _matrix_value(cell: tuple[str, str] | None) -> str:
    return f"{cell[1]} {OUTCOME[Outcome(cell[0])].sign}" if cell else ""


def _write_legend(listing: Listing) -> None:
    """Write what colours and signs mean, each over two columns, in one row."""
    listing.sheet.set_row(listing.row, 20)
    label = listing.book.format(font_size=9, align="right")
    listing.sheet.write_string(listing.row, 1, "图例：", label)
    for position, look in enumerate(OUTCOME.values()):
        first = 2 + position * 3
        properties = look_properties(look) | {"font_size": 9, "align": "center", "border": 1}
        look_format = listing.book.format(**properties, border_color="#D0D0D0")
        text = f"{look.sign} {look.word}"
        listing.sheet.merge_range(listing.row, first, listing.row, first + 2, text, look_format)
    listing.row += 1


def _matrix_columns(heads: Sequence[IndicatorHead]) -> tuple[Column, ...]:
    labels = [head.label for head in heads]
    columns = [Column("序号", 5, "center", 9), Column("单位", 16, "text", 9)]
    for head in heads:
        parent = f"（{head.parent}）" if labels.count(head.label) > 1 and head.parent else ""
        text = f"{head.number}\n{head.label}{parent}\n{plain(head.max)}分"
        columns.append(Column(text, MATRIX_WIDTH, "tight", 9))
    return tuple(columns)


def write_lacking(book: Book, needs: Sequence[FactNeed], units: Sequence[UnitRow]) -> None:
    """Write 待补数据: per fact over all units, then per unit."""
    listing = Listing(book, LACKING, LACKING, LACKING_NOTE, LACKING_COLUMNS)
    listing.write_heading(LACKING_BY_FACT)
    listing.write_head(34)
    for number, need in enumerate(needs, 1):
        indicators = "、".join(need.indicators)
        listing.write_row((number, need.label, indicators, need.units, need.points, need.alone))
    if not needs:
        listing.write_sentence(NO_LACKING)
        return
    listing.write_heading(LACKING_BY_UNIT)
    listing.write_head(34, LACKING_UNIT_HEADS)
    lacking = [unit for unit in units if unit.lacking_count]
    lacking.sort(key=lambda unit: -unit.undecided)
    for number, unit in enumerate(lacking, 1):
        name, count = unit.name or NO_NAME, unit.lacking_count
        listing.write_row((number, name, unit.lacking, count, unit.undecided, unit.code))
    listing.filter_rows()


def write_figures(book: Book, figures: Sequence[UnitRow]) -> list[str]:
    """Write 基础数据: forms of figures that came as files of their own; nothing when there is none."""
    if not figures:
        return []
    listing = Listing(book, FIGURES, FIGURES, FIGURES_NOTE, FIGURES_COLUMNS)
    listing.write_head()
    for number, unit in enumerate(figures, 1):
        link = Link(unit.copy, OPEN_COPY) if unit.copy else ""
        counts = (unit.errors, unit.warnings, unit.notes)
        listing.write_row(
            (number, unit.name or NO_NAME, unit.code, unit.file, unit.form, *counts, link)
        )
    listing.freeze(2)
    listing.filter_rows()
    return [FIGURES]


def write_returned_files(book: Book, returned: Sequence[ReturnedRow]) -> None:
    """Write 退回文件: what could not be evaluated, why, and what to do."""
    note = "这些文件没有复核。请把退回说明发给单位，处理以后重新报送。"
    listing = Listing(book, RETURNED, RETURNED, note if returned else "", RETURNED_COLUMNS)
    listing.write_head()
    for number, row in enumerate(returned, 1):
        link = Link(row.note, OPEN_NOTE) if row.note else ""
        listing.write_row((number, row.file, row.name, row.code, row.message, row.fix, link))
    if not returned:
        listing.write_sentence(NO_RETURNED)
    listing.freeze(2)
    listing.filter_rows()


def write_run(book: Book, run_info: Mapping[str, str], gathered: Gathered) -> None:
    """Write 运行信息: how the run was made, and what it counted."""
    listing = Listing(book, RUN, RUN, "核对结果、重新生成时用得着的信息。", RUN_COLUMNS)
    listing.write_head()
    for key, value in [*run_info.items(), *run_counts(gathered).items()]:
        listing.write_row((key, value))


def run_counts(gathered: Gathered) -> dict[str, str]:
    """What the run counted, by its Chinese name."""
    counts = {
        "文件数": gathered.files,
        "完成复核": len(gathered.units),
        **({"基础数据": len(gathered.figures)} if gathered.figures else {}),
        "退回": len(gathered.returned),
        **{f"{look.word}条数": gathered.findings[key] for key, look in SEVERITY.items()},
    }
    return {name: str(count) for name, count in counts.items()}
