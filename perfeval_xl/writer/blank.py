"""The blank official form, generated from the form's data with XlsxWriter.

The printed sheets cell by cell, further sheets if asked for, and 填报说明. The sheets help before they are sent: totals are
formulas, inputs are validated, a colour warns where the figures disagree. What is checked, in
which cells and with which numbers comes from the form's data; nothing here knows a year, a label
or a point.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from math import ceil
from typing import BinaryIO, Final
from unicodedata import east_asian_width

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from perfeval_xl.errors import FormSpecError
from perfeval_xl.forms.load import parse_range
from perfeval_xl.forms.spec import (
    AttachmentSpec,
    BandSpec,
    CheckSpec,
    FieldKind,
    FieldSpec,
    FormSpec,
    IndicatorSpec,
    PrintedCell,
    SheetSpec,
)
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import Severity, column_letters
from perfeval_xl.writer import style

GUIDE_SHEET: Final = "填报说明"
FORM_PROPERTY: Final = "perfeval_form"  # a hint which form this is; readers must not rely on it

_REPEATED: Final = ":"  # base-data:unit_name, what the form has already said
_ASKED = "scale"  # a kind of check that asks and need not hold
_TITLE_LIMIT = 32  # Excel's own limits for the texts of a data validation
_MESSAGE_LIMIT = 255
_LARGEST = 10**12
_AMOUNT_TOLERANCE = Decimal("0.005")  # half a unit of the last decimal, for each addend
_DIGIT_TEXTS = frozenset({"unit_code", "contact_phone"})  # digits that may begin with a zero

Properties = dict[str, object]

# Column widths are counted in digits of the default font: Arial 10 has the width XlsxWriter
# reckons with, and a stand-in of the same measure wherever it is missing.
_OPTIONS: Properties = {
    "in_memory": True,
    "default_format_properties": {"font_name": "Arial", "font_size": 10, "font_scheme": False},
    "default_row_height": 17,
}

_BODY: Properties = {
    "font_name": style.FONT, "font_size": 10.5, "valign": "vcenter", "text_wrap": True,
}  # fmt: skip
_BOXED: Properties = {**_BODY, "border": 1}
_HEAD: Properties = {**_BOXED, "font_name": style.HEAD_FONT, "align": "center"}
_PRINTED: dict[str, Properties] = {
    "annex": {**_BODY, "font_name": style.HEAD_FONT, "font_size": 12},
    "title": {**_BODY, "font_name": style.HEAD_FONT, "font_size": 20, "align": "center"},
    "subtitle": {**_BODY, "font_size": 12, "align": "center"},
    "section": {**_HEAD, "font_size": 12, "align": "left", "indent": 1},
    "caption": _HEAD,
    "head": _HEAD,
    "label": {**_BOXED, "font_size": 10, "align": "center"},
    "printed": {**_BOXED, "align": "center"},
    "criteria": {**_BOXED, "font_size": 10, "align": "left", "indent": 1},
    "points": {**_BOXED, "align": "center"},
    "sign": {**_BODY, "indent": 1},
    "row": {**_BOXED, "font_size": 10, "align": "left", "indent": 1},
    "use": {**_BOXED, "font_size": 9, "align": "center", "font_color": style.MUTED},
    "note": {**_BODY, "font_size": 9.5, "align": "left", "indent": 1},
    "sign_right": {**_BODY, "align": "right", "indent": 2},
}
_SIGNING = frozenset({"sign", "sign_right"})

_SHORT: Properties = {**_BOXED, "bg_color": style.INPUT_FILL, "align": "center"}
_LONG: Properties = {**_BOXED, "bg_color": style.INPUT_FILL, "align": "left", "indent": 1}
_INPUT: dict[FieldKind, Properties] = {
    "amount": {**_SHORT, "num_format": "#,##0.00", "text_wrap": False, "shrink": True},
    "count": {**_SHORT, "num_format": "0"},
    "percent": {**_SHORT, "num_format": "0.0#%"},  # 94.96% must not be shown as 95%
    "score": _SHORT,
    "date": {**_SHORT, "num_format": 'yyyy"年"m"月"d"日"'},
    "text": _SHORT,
    "yesno": _SHORT,
    "measure": {**_SHORT, "num_format": "#,##0.##", "text_wrap": False, "shrink": True},
    "prose": {**_LONG, "valign": "top"},
}
_PATTERNS = {"solid": 1, "lightUp": 14}  # OOXML pattern names, XlsxWriter's numbers


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a cell of the layout stands."""

    sheet: SheetSpec
    at: str

    @property
    def box(self) -> tuple[int, int, int, int]:
        """First row, first column, last row, last column, from 1."""
        box = parse_range(self.at)
        assert box is not None, "the loader has checked every range"
        return box

    @property
    def cell(self) -> str:
        """The anchor as a formula in the same sheet names it: F16."""
        return self.at.partition(":")[0]

    @property
    def in_row(self) -> str:
        """The anchor with its column held, so that a copied row speaks of itself: $F16."""
        return f"${self.cell}"

    @property
    def fixed(self) -> str:
        """The anchor held in both directions: $F$16."""
        row, column, _, _ = self.box
        return f"${column_letters(column)}${row}"

    def seen_from(self, sheet: SheetSpec) -> str:
        """The anchor as a formula in ``sheet`` names it."""
        return self.cell if sheet is self.sheet else f"'{self.sheet.name}'!{self.fixed}"


@dataclass(frozen=True, slots=True)
class _Input:
    """One input cell: what it is to hold and what is said about it."""

    id: str
    place: _Place
    kind: FieldKind
    field: FieldSpec | None = None
    indicator: IndicatorSpec | None = None
    signing: bool = False


@dataclass(frozen=True, slots=True)
class _Warning:
    """A colour over one cell while a formula holds."""

    place: _Place
    formula: str
    severity: Severity


class _Form:
    """The form with its input cells at hand, by field id; further sheets stand behind its own."""

    def __init__(self, spec: FormSpec, further: Sequence[AttachmentSpec] = ()) -> None:
        self.spec = spec
        self.further = {attached.id: attached.form for attached in further}
        self.sheets = [*spec.sheets]
        for attached in further:
            self.sheets += _further_sheets(spec, attached)
        self.inputs = {
            cell.field: _input(spec, sheet, cell)
            for sheet in self.sheets
            for cell in sheet.cells
            if cell.field
        }
        self.checks = [
            check
            for check in spec.checks
            if (not check.attachment or check.attachment in self.further) and check.kind != _ASKED
        ]
        self.formulas = dict(_formulas(self))

    def place(self, field: str) -> _Place:
        """Where the field stands; KeyError if the layout has no cell for it."""
        return self.inputs[field].place

    def rows(self, field: str) -> list[_Place]:
        """Where the rows of a list or group have this field, in printed order."""
        return [item.place for item in self.inputs.values() if item.id.startswith(f"{field}.")]

    def scores(self) -> list[_Input]:
        """The self-score cells, in printed order."""
        return [item for item in self.inputs.values() if item.indicator and item.kind == "score"]

    def pool_scores(self, pool: str) -> list[_Input]:
        """The self-score cells that share the points of one pool."""
        return [item for item in self.scores() if item.indicator and item.indicator.shared == pool]

    def reason(self, indicator: IndicatorSpec) -> _Place | None:
        """Where the reason for this indicator's deduction is written."""
        found = self.inputs.get(f"reason.{indicator.number}")
        return found.place if found else None


def _further_sheets(spec: FormSpec, attached: AttachmentSpec) -> list[SheetSpec]:
    """The printed sheets of an attachment, its cells under the ids of the form.

    A cell for a fact that the form has itself (the unit's name) gets an id that tells so.
    """

    def named(cell: PrintedCell) -> PrintedCell:
        name, dot, number = cell.field.partition(".")
        own = attached.renames.get(name, name)
        if cell.field and spec.fields[own].attachment != attached.id:
            return replace(cell, field=f"{attached.id}{_REPEATED}{own}")
        return replace(cell, field=f"{own}{dot}{number}")

    return [
        replace(sheet, cells=tuple(named(cell) for cell in sheet.cells))
        for sheet in attached.form.sheets
    ]


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
    form = _Form(spec, attachments)
    texts = dict(prefill or {})
    for printed in (spec, *form.further.values()):
        _check_styles(printed)
    _check_prefill(form, texts)
    with xlsxwriter.Workbook(path, _OPTIONS) as workbook:
        _describe(workbook, spec)
        for sheet in form.sheets:
            _write_sheet(workbook, form, sheet, texts)
        _define_names(workbook, form)
        _write_guide(workbook, form)


def _check_styles(spec: FormSpec) -> None:
    for sheet in spec.sheets:
        for cell in sheet.cells:
            if cell.text and cell.style not in _PRINTED:
                raise FormSpecError(
                    f"{spec.id}/form.toml",
                    f"sheets.{sheet.id}.cells {cell.at}",
                    f"没有“{cell.style}”这种样式",
                    f"写成其中之一：{'、'.join(_PRINTED)}",
                )


def _check_prefill(form: _Form, texts: Mapping[str, str]) -> None:
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


# ---- what each input cell is ----


def _input(spec: FormSpec, sheet: SheetSpec, cell: PrintedCell) -> _Input:
    place = _Place(sheet, cell.at)
    name, _, number = cell.field.partition(".")
    field = spec.fields.get(cell.field) or _field_by_label(spec, sheet, cell)
    if field is None and (number or _REPEATED in name):
        field = spec.fields.get(name.rpartition(_REPEATED)[2])
    if field:
        signing = any(b.kind == "signatures" and field.id in b.fields for b in spec.blocks)
        return _Input(cell.field, place, field.kind, field, signing=signing)
    if name in ("self_score", "reason"):
        indicator = spec.indicators[int(number) - 1]
        kind: FieldKind = "score" if name == "self_score" else "prose"
        return _Input(cell.field, place, kind, indicator=indicator)
    return _Input(cell.field, place, "text")


def _field_by_label(spec: FormSpec, sheet: SheetSpec, cell: PrintedCell) -> FieldSpec | None:
    """The field that a target's result stands for: the one named by its row's printed kind."""
    if not cell.field.startswith("target_result."):
        return None
    row = _Place(sheet, cell.at).box[0]
    printed = {
        normalize_label(other.text)
        for other in sheet.cells
        if other.text and _Place(sheet, other.at).box[0] == row
    }
    wanted = (spec.fields[name] for b in spec.blocks if b.kind == "targets" for name in b.fields)
    return next((field for field in wanted if normalize_label(field.label) in printed), None)


# ---- totals as formulas: empty while nothing is filled, never a zero ----


def _formulas(form: _Form) -> Iterator[tuple[str, str]]:
    """Field id and formula of every total that the form's checks define."""
    for name in form.inputs:
        if _REPEATED in name:
            home = form.place(name).sheet
            said = form.place(name.partition(_REPEATED)[2]).seen_from(home)
            yield name, f'=IF({said}="","",{said})'
    for check in form.checks:
        if not _stands(form, check):
            continue
        if check.kind == "sum":
            yield _ids(check, "total")[0], _sum_formula(form, check)
        elif check.kind == "sum_rows":
            yield from _sum_rows_formulas(form, check)
        elif check.kind == "rate":
            yield from _rate_formulas(form, check)
        elif check.kind == "difference":
            yield _ids(check, "result")[0], _difference_formula(form, check)
        elif check.kind == "score_total":
            yield from _score_total_formulas(form, check)


def _ids(check: CheckSpec, key: str) -> list[str]:
    """The field ids that one option of a check names."""
    value = check.options.get(key, [])
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


_OPERANDS = (
    "total", "parts", "groups", "result", "minuend", "subtrahend", "smaller", "larger", "totals",
)  # fmt: skip


def _stands(form: _Form, check: CheckSpec) -> bool:
    """Whether all operands of a check have a cell on this form."""
    return all(name in form.inputs for key in _OPERANDS for name in _ids(check, key))


def _sum_formula(form: _Form, check: CheckSpec) -> str:
    home = form.place(_ids(check, "total")[0]).sheet
    parts = ",".join(form.place(name).seen_from(home) for name in _ids(check, "parts"))
    return _sum_or_empty(parts)


def _sum_rows_formulas(form: _Form, check: CheckSpec) -> Iterator[tuple[str, str]]:
    """The total over parts and groups; a group adds up its rows."""
    total = form.place(_ids(check, "total")[0])
    names = [*_ids(check, "parts"), *_ids(check, "groups")]
    addends = ",".join(form.place(name).seen_from(total.sheet) for name in names)
    yield _ids(check, "total")[0], _sum_or_empty(addends)
    for name in _ids(check, "groups"):
        rows = form.rows(name)
        if rows:
            yield name, _sum_or_empty(_span(rows, rows[0].sheet))


def _rate_formulas(form: _Form, check: CheckSpec) -> Iterator[tuple[str, str]]:
    """Each rate that has a cell, of the whole unit or in the rows of a list."""
    rate, top, bottom = (_ids(check, key)[0] for key in ("rate", "numerator", "denominator"))
    if rate in form.inputs:
        yield rate, _rate_formula(form.place(top), form.place(bottom))
    rows = zip(form.rows(top), form.rows(bottom), strict=True)
    for number, (above, below) in enumerate(rows, 1):
        yield f"{rate}.{number}", _rate_formula(above, below)


def _rate_formula(top: _Place, bottom: _Place) -> str:
    operands = f"COUNT({top.cell},{bottom.cell})<2"
    return f'=IF({operands},"",IF({bottom.cell}=0,"",{top.cell}/{bottom.cell}))'


def _sum_or_empty(parts: str) -> str:
    return f'=IF(COUNT({parts})=0,"",SUM({parts}))'


def _difference_formula(form: _Form, check: CheckSpec) -> str:
    """Rounded, for a remainder of 1E-14 would be read as a surplus."""
    home = form.place(_ids(check, "result")[0]).sheet
    minuend = form.place(_ids(check, "minuend")[0]).seen_from(home)
    subtrahend = form.place(_ids(check, "subtrahend")[0]).seen_from(home)
    return f'=IF(COUNT({minuend},{subtrahend})<2,"",ROUND({minuend}-{subtrahend},6))'


def _score_total_formulas(form: _Form, check: CheckSpec) -> Iterator[tuple[str, str]]:
    """The total beside the self-scores adds them up; a total elsewhere repeats that one."""
    scores = [item.place for item in form.scores()]
    beside, elsewhere = _score_totals(form, check)
    for name in beside:
        yield name, _sum_or_empty(_span(scores, scores[0].sheet))
    for name in elsewhere if beside else []:
        total = form.place(beside[0]).seen_from(form.place(name).sheet)
        yield name, f'=IF({total}="","",{total})'


def _score_totals(form: _Form, check: CheckSpec) -> tuple[list[str], list[str]]:
    """The stated totals on the sheet of the self-scores, and those on another sheet."""
    homes = {item.place.sheet.id for item in form.scores()}
    names = _ids(check, "totals")
    beside = [name for name in names if form.place(name).sheet.id in homes]
    return beside, [name for name in names if name not in beside]


def _span(places: Sequence[_Place], sheet: SheetSpec) -> str:
    """One range when all stand in one column, so that a row inserted later is counted too."""
    columns = {place.box[1] for place in places}
    if len(columns) == 1:
        return f"{places[0].seen_from(sheet)}:{places[-1].cell}"
    return ",".join(place.seen_from(sheet) for place in places)


# ---- warnings: a colour while the figures disagree ----


def _warnings(form: _Form) -> Iterator[_Warning]:
    for item in form.scores():
        yield from _score_warnings(form, item)
    for pool in form.spec.pools.values():
        yield from _pool_warnings(form, form.pool_scores(pool.id), pool.points)
    for check in form.checks:
        if _stands(form, check):
            yield from _check_warnings(form, check)


def _score_warnings(form: _Form, item: _Input) -> Iterator[_Warning]:
    """A self-score beyond its points; below them without a reason."""
    assert item.indicator is not None
    score, most = item.place.in_row, _plain(item.indicator.max)
    outside = f"=AND(ISNUMBER({score}),OR({score}<0,{score}>{most}))"
    yield _Warning(item.place, outside, Severity.ERROR)
    reason = form.reason(item.indicator)
    if reason is None or item.indicator.shared:
        return
    unexplained = f"=AND(ISNUMBER({score}),{score}<{most},LEN(TRIM({reason.in_row}))=0)"
    yield _Warning(item.place, unexplained, Severity.WARNING)
    yield _Warning(reason, unexplained, Severity.WARNING)


def _pool_warnings(form: _Form, items: Sequence[_Input], points: Decimal) -> Iterator[_Warning]:
    """Rows that share points: judged by their sum, explained when one of them is."""
    if not items:
        return
    scores = f"{items[0].place.fixed}:{items[-1].place.fixed}"
    reasons = [form.reason(item.indicator) for item in items if item.indicator]
    said = "&".join(place.fixed for place in reasons if place)
    below = f"COUNT({scores})={len(items)},SUM({scores})<{_plain(points)}"
    for item, reason in zip(items, reasons, strict=True):
        yield _Warning(item.place, f"=SUM({scores})>{_plain(points)}", Severity.ERROR)
        if reason and said:
            unexplained = f"=AND({below},LEN(TRIM({said}))=0)"
            yield _Warning(item.place, unexplained, Severity.WARNING)
            yield _Warning(reason, unexplained, Severity.WARNING)


def _check_warnings(form: _Form, check: CheckSpec) -> Iterator[_Warning]:
    if check.kind == "sum":
        yield _sum_warning(form, check, ("parts",))
    elif check.kind == "sum_rows":
        yield _sum_warning(form, check, ("parts", "groups"))
    elif check.kind == "difference":
        yield _difference_warning(form, check)
    elif check.kind == "at_most":
        yield from _at_most_warnings(form, check)
    elif check.kind == "score_total":
        yield from _score_total_warnings(form, check)
    elif check.kind == "rating" and _ids(check, "rating")[0] in form.inputs:
        yield from _rating_warnings(form, check)


def _sum_warning(form: _Form, check: CheckSpec, keys: Sequence[str]) -> _Warning:
    total = form.place(_ids(check, "total")[0])
    parts = ",".join(_held(form, check, key) for key in keys if _ids(check, key))
    addends = sum(len(_ids(check, key)) for key in keys)
    apart = f"ABS(ROUND({total.in_row}-SUM({parts}),6))>{_tolerance(addends)}"
    filled = f"AND(ISNUMBER({total.in_row}),COUNT({parts})>0)"
    return _Warning(total, _when(filled, apart), Severity.WARNING)


def _difference_warning(form: _Form, check: CheckSpec) -> _Warning:
    result = form.place(_ids(check, "result")[0])
    minuend, subtrahend = _held(form, check, "minuend"), _held(form, check, "subtrahend")
    apart = f"ABS(ROUND({result.in_row}-({minuend}-{subtrahend}),6))>{_tolerance(2)}"
    filled = f"COUNT({result.in_row},{minuend},{subtrahend})=3"
    return _Warning(result, _when(filled, apart), Severity.WARNING)


def _at_most_warnings(form: _Form, check: CheckSpec) -> Iterator[_Warning]:
    smaller, larger = _held(form, check, "smaller"), _held(form, check, "larger")
    terms = len(_ids(check, "smaller")) + len(_ids(check, "larger"))
    beyond = f"ROUND(SUM({smaller})-SUM({larger}),6)>{_tolerance(terms)}"
    for name in _ids(check, "smaller"):
        yield _Warning(form.place(name), _when(f"COUNT({larger})>0", beyond), Severity.WARNING)


def _score_total_warnings(form: _Form, check: CheckSpec) -> Iterator[_Warning]:
    """Every stated total against the self-scores' sum; from another sheet by a defined name.

    A conditional format may not point into another sheet in every Excel; a name may.
    """
    scores = [item.place for item in form.scores()]
    beside, elsewhere = _score_totals(form, check)
    for name in beside:
        total = form.place(name).fixed
        apart = f"ROUND({total}-SUM({_span(scores, scores[0].sheet)}),6)<>0"
        yield _Warning(form.place(name), _when(f"COUNT({total})=1", apart), Severity.ERROR)
    for name in elsewhere if beside else []:
        total = form.place(name).fixed
        apart = f"ROUND({total}-{beside[0]},6)<>0"
        filled = f"COUNT({total},{beside[0]})=2"
        yield _Warning(form.place(name), _when(filled, apart), Severity.ERROR)


def _rating_warnings(form: _Form, check: CheckSpec) -> Iterator[_Warning]:
    """The rating against the band of the total that stands on the same sheet."""
    rating = form.place(_ids(check, "rating")[0])
    for other in _score_total_checks(form):
        for total in (form.place(name) for name in _ids(other, "totals")):
            if total.sheet is rating.sheet:
                band = _band_formula(form.spec.bands, total.fixed)
                filled = f'AND(ISNUMBER({total.fixed}),{rating.fixed}<>"")'
                formula = _when(filled, f"{rating.fixed}<>{band}")
                yield _Warning(rating, formula, Severity.WARNING)


def _score_total_checks(form: _Form) -> list[CheckSpec]:
    return [c for c in form.checks if c.kind == "score_total" and _stands(form, c)]


def _band_formula(bands: Sequence[BandSpec], total: str) -> str:
    """The label of the band that a total falls into, as nested IFs."""
    formula = f'"{bands[-1].label}"'
    for band in reversed(bands[:-1]):
        formula = f'IF({total}>={_plain(band.at_least)},"{band.label}",{formula})'
    return formula


def _when(filled: str, apart: str) -> str:
    """``apart`` once the operands are filled; IF, for AND would reckon with empty texts too."""
    return f"=IF({filled},{apart},FALSE)"


def _held(form: _Form, check: CheckSpec, key: str) -> str:
    """Operands of a warning, columns held so that a copied row speaks of itself."""
    return ",".join(form.place(name).in_row for name in _ids(check, key))


def _tolerance(addends: int) -> str:
    return _plain(_AMOUNT_TOLERANCE * addends)


def _plain(number: Decimal) -> str:
    """A number as people write it: 5, 0.5, 100."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# ---- validation: what a cell takes, and what is said before and after ----


def _validation(form: _Form, item: _Input) -> Properties | None:
    """XlsxWriter's options for one input cell; None where there is nothing to say."""
    if item.indicator:
        return _indicator_validation(form, item, item.indicator)
    if item.field is None:
        return None
    rule = _field_rule(form, item.field)
    if _in_a_row_of_many(item):  # in a row of many: no message at every cell
        return {"validate": "any", **rule} if rule and item.id not in form.formulas else None
    message = "".join(_field_messages(form, item.field, rule))
    if not message:
        return None
    return {"validate": "any", **rule, **_texts(item.field.label, message)}


def _in_a_row_of_many(item: _Input) -> bool:
    """Whether it is one cell of a list or group, whose field is printed many times."""
    return item.field is not None and item.id.startswith(f"{item.field.id}.")


def _field_rule(form: _Form, field: FieldSpec) -> Properties:
    if any(field.id in _ids(check, "rating") for check in form.spec.checks):
        labels = [band.label for band in form.spec.bands]
        return {"validate": "list", "source": labels, **_refusal("请从下拉列表中选择。")}
    if field.kind == "amount":
        return _amount_rule(form, field)
    if field.kind == "count":
        error = _refusal("请填 0 或正整数，不带“人”字。")
        return {"validate": "integer", "criteria": ">=", "value": 0, **error}
    if field.kind == "percent":
        return {**_between("decimal", 0, 1), **_refusal("请填 0% 到 100% 之间的百分比，如 95%。")}
    if field.kind == "score":
        most = form.spec.scoring.total_points
        error = _refusal(f"请填 0 到 {_plain(most)} 之间的数。")
        return {**_between("decimal", 0, float(most)), **error}
    if field.kind == "measure":
        return {**_between("decimal", 0, _LARGEST), **_refusal("请填不小于 0 的数，不带单位。")}
    if field.kind == "yesno":
        return {"validate": "list", "source": ["是", "否"], **_refusal("请填“是”或“否”。")}
    if field.kind == "date":
        first = date(form.spec.year - bool(field.attachment), 1, 1)
        error = {**_refusal(f"应是日期，不早于 {first}。"), "error_type": "warning"}
        return {"validate": "date", "criteria": ">=", "value": first, **error}
    return {}


def _amount_rule(form: _Form, field: FieldSpec) -> Properties:
    """Not negative, except where it is the difference of two others."""
    results = [name for check in form.spec.checks for name in _ids(check, "result")]
    least = -_LARGEST if field.id in results else 0
    sign = "可以是负数" if field.id in results else "不小于 0"
    error = f"请填以{form.spec.money}为单位的数，{sign}，不带单位和文字，如 297.36。"
    return {**_between("decimal", least, _LARGEST), **_refusal(error)}


def _between(what: str, least: float, most: float) -> Properties:
    return {"validate": what, "criteria": "between", "minimum": least, "maximum": most}


def _refusal(message: str) -> Properties:
    return {"error_title": "填写有误", "error_message": _within(message, _MESSAGE_LIMIT)}


def _field_messages(form: _Form, field: FieldSpec, rule: Properties) -> Iterator[str]:
    """The sentences of the input message, in the order they are shown."""
    if field.required and (rule or field.help):
        yield "必填。"
    if field.kind in ("amount", "count") and field.unit:
        yield f"单位：{field.unit}。"
    yield field.help
    if field.id in form.formulas:
        yield "已设公式，自动算出；也可以直接填数。"


def _indicator_validation(form: _Form, item: _Input, indicator: IndicatorSpec) -> Properties:
    if item.kind != "score":
        message = "自评得分低于分值的，写明扣分原因；满分的可以不填。"
        return {"validate": "any", **_texts(indicator.label, message)}
    if indicator.shared:
        return _pool_validation(form, item, indicator)
    most = _plain(indicator.max)
    reason = form.spec.scoring.reason[0]
    message = f"分值 {most} 分，填 0 到 {most} 之间的数；低于 {most} 分的，在“{reason}”栏写明原因。"
    error = _refusal(f"“{indicator.label}”的自评得分应在 0 到 {most} 之间。")
    return {
        **_between("decimal", 0, float(indicator.max)), **_texts(indicator.label, message), **error,
    }  # fmt: skip


def _pool_validation(form: _Form, item: _Input, indicator: IndicatorSpec) -> Properties:
    """Rows that share points: any split whose sum does not exceed them."""
    pool = form.spec.pools[indicator.shared]
    places = [other.place for other in form.pool_scores(pool.id)]
    most, cell = _plain(pool.points), item.place.cell
    total = f"SUM({places[0].fixed}:{places[-1].fixed})<={most}"
    message = f"{pool.label}合计 {most} 分，由单位自行分配；合计低于 {most} 分的，写明扣分原因。"
    return {
        "validate": "custom",
        "value": f"=AND(ISNUMBER({cell}),{cell}>=0,{total})",
        **_texts(indicator.label, message),
        **_refusal(f"{pool.label}的自评得分不小于 0，合计不超过 {most} 分。"),
    }


def _texts(title: str, message: str) -> Properties:
    return {
        "input_title": _within(title, _TITLE_LIMIT),
        "input_message": _within(message, _MESSAGE_LIMIT),
    }


def _within(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


# ---- the printed sheets ----


def _write_sheet(
    workbook: xlsxwriter.Workbook, form: _Form, sheet: SheetSpec, texts: Mapping[str, str]
) -> None:
    worksheet = workbook.add_worksheet(sheet.name)
    _set_page(worksheet, sheet.landscape)
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
    for warning in _warnings(form):
        if warning.place.sheet is sheet:
            _add_warning(workbook, worksheet, warning)


def _set_page(worksheet: Worksheet, landscape: bool) -> None:
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


def _set_grid(worksheet: Worksheet, form: _Form, sheet: SheetSpec) -> None:
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
    rows = [_Place(sheet, c.at).box[0] for c in sheet.cells if normalize_label(c.text) in heads]
    return min(rows, default=0)


def _write_printed(
    workbook: xlsxwriter.Workbook, worksheet: Worksheet, cell: PrintedCell, edge: Properties
) -> None:
    look = workbook.add_format({**_PRINTED[cell.style], **edge})
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
    form: _Form,
    item: _Input,
    edge: Properties,
    texts: Mapping[str, str],
) -> None:
    look = workbook.add_format({**_input_look(form, item), **edge})
    anchor = _merge(worksheet, item.place.at, look)
    if texts.get(item.id):
        worksheet.write_string(anchor, texts[item.id], look)
    elif item.id in form.formulas:
        shown = texts.get(item.id.partition(_REPEATED)[2], "")  # seen where nothing recalculates
        worksheet.write_formula(anchor, form.formulas[item.id], look, shown)
    else:
        worksheet.write_blank(anchor, None, look)
    validation = _validation(form, item)
    if validation:
        worksheet.data_validation(item.place.at, validation)


def _input_look(form: _Form, item: _Input) -> Properties:
    if item.signing:
        return {**_BODY, "indent": 1}  # signed by hand, stamped: no tint
    if item.indicator and item.kind == "prose":
        return {**_LONG, "font_size": 10}
    if item.id in form.formulas:
        return {**_INPUT[item.kind], "bg_color": style.SUBHEAD_FILL}
    if item.kind == "text" and _in_a_row_of_many(item):
        return {**_LONG, "font_size": 10}
    if item.id in _DIGIT_TEXTS:
        return {**_INPUT[item.kind], "num_format": "@"}
    return _INPUT[item.kind]


def _signing_lines(form: _Form, sheet: SheetSpec) -> dict[str, Properties]:
    """Borders of the rows that are signed: one frame around each opinion, no lines inside."""
    rows: dict[int, list[PrintedCell]] = {}
    for cell in sheet.cells:
        if cell.style in _SIGNING or (cell.field and form.inputs[cell.field].signing):
            rows.setdefault(_Place(sheet, cell.at).box[0], []).append(cell)
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


def _add_warning(workbook: xlsxwriter.Workbook, worksheet: Worksheet, warning: _Warning) -> None:
    look = style.SEVERITY[warning.severity]
    options = {
        "type": "formula",
        "criteria": warning.formula,
        "format": workbook.add_format({**_fill(look), "bold": True}),
        "stop_if_true": True,
    }
    worksheet.conditional_format(warning.place.at, options)


def _define_names(workbook: xlsxwriter.Workbook, form: _Form) -> None:
    """Names for the totals that a warning on another sheet asks for."""
    for check in _score_total_checks(form):
        beside, elsewhere = _score_totals(form, check)
        if beside and elsewhere:
            place = form.place(beside[0])
            workbook.define_name(beside[0], f"='{place.sheet.name}'!{place.fixed}")


# ---- 填报说明 ----

_GUIDE_WIDTHS = (17, 27, 6, 6, 15, 34)
_GUIDE_LINE = 17.0  # points, of text in _GUIDE_TEXT
_TABLE_LINE = 14.5  # points, of text in _GUIDE_CELL
_GUIDE_TEXT: Properties = {**_BODY, "font_size": 11}
_GUIDE_CELL: Properties = {**_BOXED, "font_size": 10}
_GUIDE_HEAD: Properties = {**_HEAD, "bg_color": style.SUBHEAD_FILL}


class _Guide:
    """The sheet 填报说明, written downwards."""

    def __init__(self, workbook: xlsxwriter.Workbook) -> None:
        self._workbook = workbook
        self._sheet: Worksheet = workbook.add_worksheet(GUIDE_SHEET)
        self._row = 0
        _set_page(self._sheet, False)
        for column, width in enumerate(_GUIDE_WIDTHS):
            self._sheet.set_column(column, column, width)

    def line(self, text: str, look: Properties, height: float) -> None:
        """One text over the whole width."""
        self._span(0, text, look)
        self._next(height)

    def section(self, text: str) -> None:
        """The head of a part."""
        self.line(text, {**_PRINTED["annex"], "valign": "bottom"}, 28)

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

    def link(self, column: int, target: _Place, text: str, look: Properties) -> None:
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


def _write_guide(workbook: xlsxwriter.Workbook, form: _Form) -> None:
    guide = _Guide(workbook)
    guide.line(GUIDE_SHEET, _PRINTED["title"], 36)
    guide.line(form.spec.name, _PRINTED["subtitle"], 24)
    _write_steps(guide, form)
    _write_colours(guide)
    _write_identities(guide, form)
    if form.spec.bands:
        _write_bands(guide, form.spec.bands)
    guide.page_break()
    _write_fields(guide, form)


def _write_steps(guide: _Guide, form: _Form) -> None:
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
        points = _plain(pool.points)
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


def _further_steps(form: _Form) -> Iterator[str]:
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
    boxed: Properties = {**_SHORT, "font_size": 10}
    error, warning = style.SEVERITY[Severity.ERROR], style.SEVERITY[Severity.WARNING]
    guide.keyed("填写", boxed, "由单位填写的格子。")
    guide.keyed("公式", {**boxed, "bg_color": style.SUBHEAD_FILL}, "合计格，自动算出。")
    guide.keyed(
        f"{warning.sign} {warning.word}",
        {**boxed, **_fill(warning), "bold": True},
        "合计与分项不一致；分项大于合计；等次与得分不符；得分低于分值而没有写扣分原因。",
    )
    guide.keyed(
        f"{error.sign} {error.word}",
        {**boxed, **_fill(error), "bold": True},
        "自评得分高于分值或为负数；总分与各行自评得分之和不一致。",
    )


def _write_identities(guide: _Guide, form: _Form) -> None:
    guide.section("三、报送后会核对的关系")
    for number, title in enumerate(dict.fromkeys(check.title for check in form.checks), 1):
        guide.paragraph(f"{number}. {title}。")


def _write_bands(guide: _Guide, bands: Sequence[BandSpec]) -> None:
    guide.section("四、评价等次")
    above: Decimal | None = None
    for band in bands:
        least, most = _plain(band.at_least), above and _plain(above)
        text = f"{least} 分（含）以上" if most is None else f"{least} 分（含）至 {most} 分（不含）"
        if band is bands[-1] and most is not None:
            text = f"低于 {most} 分"
        guide.keyed(band.label, {**_BOXED, "align": "center"}, text)
        above = band.at_least


def _write_fields(guide: _Guide, form: _Form) -> None:
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


def _write_field(guide: _Guide, form: _Form, field: FieldSpec, least: float) -> None:
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


def _guide_help(form: _Form, field: FieldSpec) -> str:
    formula = "已设公式。" if field.id in form.formulas and "公式" not in field.help else ""
    return field.help + formula


def _place_of(form: _Form, field: FieldSpec) -> _Place | None:
    """Where a field stands, be it under its own id or as one of the targets."""
    found = (item.place for item in form.inputs.values() if item.field is field)
    return next(found, None)


def _fill(look: style.Look) -> Properties:
    """A severity's look as XlsxWriter properties for a cell."""
    if look.pattern == "solid":
        return {"bg_color": look.fill, "font_color": look.text}
    pattern = _PATTERNS[look.pattern]
    return {
        "pattern": pattern, "bg_color": look.fill, "fg_color": look.mark, "font_color": look.text,
    }  # fmt: skip
