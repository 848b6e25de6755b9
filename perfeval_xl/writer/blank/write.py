"""The blank as a workbook: the printed sheets, further sheets if asked for, and 填报说明."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import BinaryIO, Final

import xlsxwriter

from perfeval_xl.errors import FormSpecError
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.writer.blank.guide import write_guide
from perfeval_xl.writer.blank.layout import Form
from perfeval_xl.writer.blank.looks import PRINTED, Properties
from perfeval_xl.writer.blank.sheets import define_names, write_sheet
from perfeval_xl.writer.blank.totals import total_formulas

FORM_PROPERTY: Final = "perfeval_form"  # a hint which form this is; readers must not rely on it

# Column widths are counted in digits of the default font: Arial 10 has the width XlsxWriter
# reckons with, and a stand-in of the same measure wherever it is missing.
_OPTIONS: Properties = {
    "in_memory": True,
    "default_format_properties": {"font_name": "Arial", "font_size": 10, "font_scheme": False},
    "default_row_height": 17,
}


def write_blank(
    spec: FormSpec,
    path: str | os.PathLike[str] | BinaryIO,
    prefill: Mapping[str, str] | None = None,
    further: Sequence[str] = (),
) -> None:
    """Write the form's blank workbook; ``prefill`` gives texts for input cells by field id.

    further: ids of the attachments whose sheets are to stand behind the form's own.

    Two runs with the same arguments give the same bytes.

    Raises:
        FormSpecError: the layout names a style that does not exist.
        ValueError: ``prefill`` names a field that has no cell on the form.
        KeyError: ``further`` names no attachment of the form.
    """
    attachments = [spec.attachment(name) for name in further]
    form = Form(spec, attachments)
    form.formulas.update(total_formulas(form))
    texts = dict(prefill or {})
    for printed in (spec, *form.further.values()):
        _check_styles(printed)
    _check_prefill(form, texts)
    with xlsxwriter.Workbook(path, _OPTIONS) as workbook:
        _describe(workbook, spec)
        for sheet in form.sheets:
            write_sheet(workbook, form, sheet, texts)
        define_names(workbook, form)
        write_guide(workbook, form)


def _check_styles(spec: FormSpec) -> None:
    for sheet in spec.sheets:
        for cell in sheet.cells:
            if cell.text and cell.style not in PRINTED:
                raise FormSpecError(
                    f"{spec.id}/form.toml",
                    f"sheets.{sheet.id}.cells {cell.at}",
                    f"没有“{cell.style}”这种样式",
                    f"写成其中之一：{'、'.join(PRINTED)}",
                )


def _check_prefill(form: Form, texts: Mapping[str, str]) -> None:
    for field in texts:
        if field not in form.inputs:
            raise ValueError(f"表上没有填报项 {field}")


def _describe(workbook: xlsxwriter.Workbook, spec: FormSpec) -> None:
    """Properties, with a fixed date: the same form always gives the same bytes."""
    workbook.set_properties(
        {
            "title": spec.name,
            "subject": spec.document,
            "company": spec.issuer,
            "created": datetime(spec.year, 1, 1),
        }
    )
    workbook.set_custom_property(FORM_PROPERTY, spec.id)
