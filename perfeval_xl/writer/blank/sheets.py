"""The printed sheets, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from perfeval_xl.forms.spec import FormSpec, PrintedCell, SheetSpec
from perfeval_xl.labels import normalize_label
from perfeval_xl.writer import style
from perfeval_xl.writer.blank.entry import entry_rule
from perfeval_xl.writer.blank.flags import Flag, flags
from perfeval_xl.writer.blank.layout import (
    REPEATED,
    Form,
    Input,
    Place,
    score_total_checks,
    score_totals,
)
from perfeval_xl.writer.blank.looks import PRINTED, SIGNING, Properties, fill, input_look, set_page


def write_sheet(
    workbook: xlsxwriter.Workbook, form: Form, sheet: SheetSpec, texts: Mapping[str, str]
) -> None:
    """One printed sheet; ``texts`` by field id are written into their cells."""
    worksheet = workbook.add_worksheet(sheet.name)
    set_page(worksheet, sheet.landscape)
    if sheet.id == "data":
        worksheet.fit_to_pages(1, 1)
    _set_grid(worksheet, form, sheet)
    lines = _signing_lines(form, sheet)
    for cell in sheet.cells:
        edge = lines.get(cell.at, {})
        if cell.text:
            _write_printed(workbook, worksheet, cell, edge)
        else:
            _write_input(workbook, worksheet, form, form.inputs[cell.field], edge, texts)
    for flag in flags(form):
        if flag.place.sheet is sheet:
            _add_flag(workbook, worksheet, flag)


def _set_grid(worksheet: Worksheet, form: Form, sheet: SheetSpec) -> None:
    """Widths, heights, page breaks, and the rows that stay in sight."""
    for column, width in enumerate(sheet.widths):
        worksheet.set_column(column, column, float(width))
    for row, height in sheet.heights.items():
        worksheet.set_row(row - 1, float(height))
    worksheet.set_h_pagebreaks(list(sheet.page_breaks))
    if sheet.repeat_rows:
        first, _, last = sheet.repeat_rows.partition(":")
        worksheet.repeat_rows(int(first) - 1, int(last or first) - 1)
    if sheet.id == "scoring":
        worksheet.freeze_panes(_head_row(form.spec, sheet), 0)


def _head_row(spec: FormSpec, sheet: SheetSpec) -> int:
    """The row of the first head of the criteria column, 0 if there is none."""
    heads = {normalize_label(label) for label in spec.scoring.criteria}
    rows = [Place(sheet, c.at).box[0] for c in sheet.cells if normalize_label(c.text) in heads]
    return min(rows, default=0)


def _write_printed(
    workbook: xlsxwriter.Workbook, worksheet: Worksheet, cell: PrintedCell, edge: Properties
) -> None:
    look = workbook.add_format({**PRINTED[cell.style], **edge})
    anchor = _merge(worksheet, cell.at, look)
    if cell.style == "points":
        worksheet.write_number(anchor, float(Decimal(cell.text)), look)
    else:
        worksheet.write_string(anchor, cell.text, look)


def _merge(worksheet: Worksheet, at: str, look: Format) -> str:
    """Merge the range if it is more than a cell; its anchor."""
    if ":" in at:
        worksheet.merge_range(at, "", look)
    return at.partition(":")[0]


def _write_input(
    workbook: xlsxwriter.Workbook,
    worksheet: Worksheet,
    form: Form,
    item: Input,
    edge: Properties,
    texts: Mapping[str, str],
) -> None:
    look = workbook.add_format({**input_look(form, item), **edge})
    anchor = _merge(worksheet, item.place.at, look)
    if texts.get(item.id):
        worksheet.write_string(anchor, texts[item.id], look)
    elif item.id in form.formulas:
        shown = texts.get(item.id.partition(REPEATED)[2], "")  # seen where nothing recalculates
        worksheet.write_formula(anchor, form.formulas[item.id], look, shown)
    else:
        worksheet.write_blank(anchor, None, look)
    validation = entry_rule(form, item)
    if validation:
        worksheet.data_validation(item.place.at, validation)


def _signing_lines(form: Form, sheet: SheetSpec) -> dict[str, Properties]:
    """Borders of the rows that are signed: one frame around each opinion, no lines inside."""
    rows: dict[int, list[PrintedCell]] = {}
    for cell in sheet.cells:
        if cell.style in SIGNING or (cell.field and form.inputs[cell.field].signing):
            rows.setdefault(Place(sheet, cell.at).box[0], []).append(cell)
    opening = {row for row, cells in rows.items() if any(c.style == "sign" for c in cells)}
    lines: dict[str, Properties] = {}
    for row, cells in rows.items():
        closes = row + 1 in opening or row + 1 not in rows
        for place, cell in enumerate(cells):
            lines[cell.at] = {
                "top": int(row in opening),
                "bottom": int(closes),
                "left": int(place == 0),
                "right": int(place == len(cells) - 1),
            }
    return lines


def _add_flag(workbook: xlsxwriter.Workbook, worksheet: Worksheet, flag: Flag) -> None:
    look = style.SEVERITY[flag.severity]
    options = {
        "type": "formula",
        "criteria": flag.formula,
        "format": workbook.add_format({**fill(look), "bold": True}),
        "stop_if_true": True,
    }
    worksheet.conditional_format(flag.place.at, options)


def define_names(workbook: xlsxwriter.Workbook, form: Form) -> None:
    """Names for the totals that a colour on another sheet asks for."""
    for check in score_total_checks(form):
        beside, elsewhere = score_totals(form, check)
        if beside and elsewhere:
            place = form.place(beside[0])
            workbook.define_name(beside[0], f"='{place.sheet.name}'!{place.fixed}")
