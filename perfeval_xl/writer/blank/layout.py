"""What stands where on a blank: every input cell, what it is to hold, and how checks find it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from perfeval_xl.forms.load import parse_range
from perfeval_xl.forms.spec import (
    AttachmentSpec,
    CheckSpec,
    FieldKind,
    FieldSpec,
    FormSpec,
    IndicatorSpec,
    PrintedCell,
    SheetSpec,
)
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import column_letters

REPEATED: Final = ":"  # base-data:unit_name, what the form has already said
_OPERANDS = (
    "total", "parts", "groups", "result", "minuend", "subtrahend", "smaller", "larger", "totals",
)  # fmt: skip
_ASKED = "scale"  # a kind of check that asks and need not hold


@dataclass(frozen=True, slots=True)
class Place:
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
class Input:
    """One input cell: what it is to hold and what is said about it."""

    id: str
    place: Place
    kind: FieldKind
    field: FieldSpec | None = None
    indicator: IndicatorSpec | None = None
    signing: bool = False


class Form:
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
        self.formulas: dict[str, str] = {}  # of the cells that add up, by field id

    def place(self, field: str) -> Place:
        """Where the field stands; KeyError if the layout has no cell for it."""
        return self.inputs[field].place

    def rows(self, field: str) -> list[Place]:
        """Where the rows of a list or group have this field, in printed order."""
        return [item.place for item in self.inputs.values() if item.id.startswith(f"{field}.")]

    def scores(self) -> list[Input]:
        """The self-score cells, in printed order."""
        return [item for item in self.inputs.values() if item.indicator and item.kind == "score"]

    def pool_scores(self, pool: str) -> list[Input]:
        """The self-score cells that share the points of one pool."""
        return [item for item in self.scores() if item.indicator and item.indicator.shared == pool]

    def reason(self, indicator: IndicatorSpec) -> Place | None:
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
            return replace(cell, field=f"{attached.id}{REPEATED}{own}")
        return replace(cell, field=f"{own}{dot}{number}")

    return [
        replace(sheet, cells=tuple(named(cell) for cell in sheet.cells))
        for sheet in attached.form.sheets
    ]


def _input(spec: FormSpec, sheet: SheetSpec, cell: PrintedCell) -> Input:
    place = Place(sheet, cell.at)
    name, _, number = cell.field.partition(".")
    field = spec.fields.get(cell.field) or _field_by_label(spec, sheet, cell)
    if field is None and (number or REPEATED in name):
        field = spec.fields.get(name.rpartition(REPEATED)[2])
    if field:
        signing = any(b.kind == "signatures" and field.id in b.fields for b in spec.blocks)
        return Input(cell.field, place, field.kind, field, signing=signing)
    if name in ("self_score", "reason"):
        indicator = spec.indicators[int(number) - 1]
        kind: FieldKind = "score" if name == "self_score" else "prose"
        return Input(cell.field, place, kind, indicator=indicator)
    return Input(cell.field, place, "text")


def _field_by_label(spec: FormSpec, sheet: SheetSpec, cell: PrintedCell) -> FieldSpec | None:
    """The field that a target's result stands for: the one named by its row's printed kind."""
    if not cell.field.startswith("target_result."):
        return None
    row = Place(sheet, cell.at).box[0]
    printed = {
        normalize_label(other.text)
        for other in sheet.cells
        if other.text and Place(sheet, other.at).box[0] == row
    }
    wanted = (spec.fields[name] for b in spec.blocks if b.kind == "targets" for name in b.fields)
    return next((field for field in wanted if normalize_label(field.label) in printed), None)


def in_a_row_of_many(item: Input) -> bool:
    """Whether it is one cell of a list or group, whose field is printed many times."""
    return item.field is not None and item.id.startswith(f"{item.field.id}.")


def ids(check: CheckSpec, key: str) -> list[str]:
    """The field ids that one option of a check names."""
    value = check.options.get(key, [])
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def stands(form: Form, check: CheckSpec) -> bool:
    """Whether all operands of a check have a cell on this form."""
    return all(name in form.inputs for key in _OPERANDS for name in ids(check, key))


def score_totals(form: Form, check: CheckSpec) -> tuple[list[str], list[str]]:
    """The stated totals on the sheet of the self-scores, and those on another sheet."""
    homes = {item.place.sheet.id for item in form.scores()}
    names = ids(check, "totals")
    beside = [name for name in names if form.place(name).sheet.id in homes]
    return beside, [name for name in names if name not in beside]


def score_total_checks(form: Form) -> list[CheckSpec]:
    """Checks of a stated total against the self-scores."""
    return [c for c in form.checks if c.kind == "score_total" and stands(form, c)]


def span(places: Sequence[Place], sheet: SheetSpec) -> str:
    """One range when all stand in one column, so that a row inserted later is counted too."""
    columns = {place.box[1] for place in places}
    if len(columns) == 1:
        return f"{places[0].seen_from(sheet)}:{places[-1].cell}"
    return ",".join(place.seen_from(sheet) for place in places)
