"""How the cells of a blank look, and its pages."""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from perfeval_xl.forms.spec import FieldKind
from perfeval_xl.writer import style
from perfeval_xl.writer.blank.layout import Form, Input, in_a_row_of_many

Properties = dict[str, object]

_DIGIT_TEXTS = frozenset({"unit_code", "contact_phone"})  # digits that may begin with a zero
BODY: Properties = {
    "font_name": style.FONT, "font_size": 10.5, "valign": "vcenter", "text_wrap": True,
}  # fmt: skip
BOXED: Properties = {**BODY, "border": 1}
HEAD: Properties = {**BOXED, "font_name": style.HEAD_FONT, "align": "center"}
PRINTED: dict[str, Properties] = {
    "annex": {**BODY, "font_name": style.HEAD_FONT, "font_size": 12},
    "title": {**BODY, "font_name": style.HEAD_FONT, "font_size": 20, "align": "center"},
    "subtitle": {**BODY, "font_size": 12, "align": "center"},
    "section": {**HEAD, "font_size": 12, "align": "left", "indent": 1},
    "caption": HEAD,
    "head": HEAD,
    "label": {**BOXED, "font_size": 10, "align": "center"},
    "printed": {**BOXED, "align": "center"},
    "criteria": {**BOXED, "font_size": 10, "align": "left", "indent": 1},
    "points": {**BOXED, "align": "center"},
    "sign": {**BODY, "indent": 1},
    "row": {**BOXED, "font_size": 10, "align": "left", "indent": 1},
    "use": {**BOXED, "font_size": 9, "align": "center", "font_color": style.MUTED},
    "note": {**BODY, "font_size": 9.5, "align": "left", "indent": 1},
    "sign_right": {**BODY, "align": "right", "indent": 2},
}
SIGNING = frozenset({"sign", "sign_right"})

SHORT: Properties = {**BOXED, "bg_color": style.INPUT_FILL, "align": "center"}
_LONG: Properties = {**BOXED, "bg_color": style.INPUT_FILL, "align": "left", "indent": 1}
_INPUT: dict[FieldKind, Properties] = {
    "amount": {**SHORT, "num_format": "#,##0.00", "text_wrap": False, "shrink": True},
    "count": {**SHORT, "num_format": "0"},
    "percent": {**SHORT, "num_format": "0.0#%"},  # 94.96% must not be shown as 95%
    "score": SHORT,
    "date": {**SHORT, "num_format": 'yyyy"年"m"月"d"日"'},
    "text": SHORT,
    "yesno": SHORT,
    "measure": {**SHORT, "num_format": "#,##0.##", "text_wrap": False, "shrink": True},
    "prose": {**_LONG, "valign": "top"},
}
_PATTERNS = {"solid": 1, "lightUp": 14}  # OOXML pattern names, XlsxWriter's numbers


def input_look(form: Form, item: Input) -> Properties:
    """How an input cell looks before anything is filled in."""
    if item.signing:
        return {**BODY, "indent": 1}  # signed by hand, stamped: no tint
    if item.indicator and item.kind == "prose":
        return {**_LONG, "font_size": 10}
    if item.id in form.formulas:
        return {**_INPUT[item.kind], "bg_color": style.SUBHEAD_FILL}
    if item.kind == "text" and in_a_row_of_many(item):
        return {**_LONG, "font_size": 10}
    if item.id in _DIGIT_TEXTS:
        return {**_INPUT[item.kind], "num_format": "@"}
    return _INPUT[item.kind]


def fill(look: style.Look) -> Properties:
    """A severity's look as XlsxWriter properties for a cell."""
    if look.pattern == "solid":
        return {"bg_color": look.fill, "font_color": look.text}
    pattern = _PATTERNS[look.pattern]
    return {
        "pattern": pattern, "bg_color": look.fill, "fg_color": look.mark, "font_color": look.text,
    }  # fmt: skip


def set_page(worksheet: Worksheet, landscape: bool) -> None:
    """A4, one page wide, numbered."""
    worksheet.set_paper(9)  # A4
    if landscape:
        worksheet.set_landscape()
    else:
        worksheet.set_portrait()
    worksheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    worksheet.center_horizontally()
    worksheet.fit_to_pages(1, 0)
    worksheet.set_footer(f'&C&"{style.FONT}"&9第 &P 页 共 &N 页', {"margin": 0.35})
    worksheet.hide_gridlines(2)
