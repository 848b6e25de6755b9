"""The form as values: what ``templates/<form_id>/*.toml`` says, checked and typed.

Nothing here knows a year, a label or a number of its own; ``load.py`` fills these values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

FieldKind = Literal["amount", "count", "percent", "score", "text", "prose", "date"]
BlockKind = Literal["pairs", "table", "targets", "qualitative", "people", "signatures", "prose"]
Role = Literal["profile", "scoring"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the official sentence stands: the sentence itself and its cell on the blank form."""

    sentence: str
    cell: str


@dataclass(frozen=True, slots=True)
class PrintedCell:
    """One cell of the blank form: a printed text or an input field, with the range it covers.

    ``at`` is ``A1`` or ``A1:C2``. ``field`` is a fact id, or for repeated cells an id with a
    number (``target.3``, ``self_score.5``). ``style`` names a look (title, head, label …).
    """

    at: str
    text: str = ""
    field: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class SheetSpec:
    """One printed sheet: its name, column widths (characters), row heights (points), cells."""

    id: Role
    name: str
    landscape: bool
    widths: tuple[Decimal, ...]
    heights: Mapping[int, Decimal]
    repeat_rows: str  # rows printed on every page, such as ``2:2``, or empty
    page_breaks: tuple[int, ...]
    cells: tuple[PrintedCell, ...]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One fact of the form: its printed label, other spellings, kind, and where to look for it."""

    id: str
    label: str
    aliases: tuple[str, ...]
    kind: FieldKind
    unit: str
    block: str
    required: bool
    help: str


@dataclass(frozen=True, slots=True)
class BlockSpec:
    """A group of fields that are found together.

    title, anchors: labels that begin the block (any of them). columns: for a table, field ids in
    printed order. key: a table's head of the row names. rows: for targets, the printed kinds.
    """

    id: str
    kind: BlockKind
    title: str
    anchors: tuple[str, ...]
    key: str
    fields: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    optional: bool


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """A first- or second-level indicator (一级、二级指标) with its printed points."""

    id: str
    label: str
    level: int
    parent: str
    points: Decimal


@dataclass(frozen=True, slots=True)
class IndicatorSpec:
    """One third-level indicator: its points, its rule as data, and the sentence it rests on.

    rule: the ``kind`` and its numbers, understood by ``calculator/rules.py``. shared: id of the
    pool of points it takes part in, else empty. label_aliases: other spellings of the label.
    """

    number: int
    id: str
    label: str
    label_aliases: tuple[str, ...]
    group: str
    max: Decimal
    shared: str
    rule: Mapping[str, object]
    source: Source


@dataclass(frozen=True, slots=True)
class PoolSpec:
    """Points that several indicators share without a printed split."""

    id: str
    label: str
    points: Decimal
    group: str


@dataclass(frozen=True, slots=True)
class ReadingSpec:
    """A question the printed rule leaves open, its lawful answers, the default, what is pinned."""

    id: str
    question: str
    lawful: tuple[str, ...]
    labels: Mapping[str, str]
    default: str
    pinned: str  # empty: not pinned
    note: str


@dataclass(frozen=True, slots=True)
class BandSpec:
    """A rating (评价等次) and the least total it takes."""

    label: str
    at_least: Decimal
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One identity (勾稽关系): its kind and operands, understood by ``calculator/checks.py``."""

    id: str
    code: str
    kind: str
    title: str
    clause: str
    options: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ProseSpec:
    """What is looked for in the written report: chapters, and phrases that name a field."""

    chapters: tuple[str, ...]
    phrases: tuple[tuple[str, str], ...]  # (phrase, field id), longest first
    ratios: tuple[tuple[str, str, str], ...]  # (phrase, numerator, denominator)


@dataclass(frozen=True, slots=True)
class ScoringSpec:
    """Labels of the scoring sheet's columns and its total row."""

    first_level: tuple[str, ...]
    second_level: tuple[str, ...]
    third_level: tuple[str, ...]
    criteria: tuple[str, ...]
    max_score: tuple[str, ...]
    self_score: tuple[str, ...]
    reason: tuple[str, ...]
    total: tuple[str, ...]
    total_points: Decimal


@dataclass(frozen=True, slots=True)
class FormSpec:
    """A whole form. ``digest`` is the SHA-256 of the files it was read from."""

    id: str
    name: str
    short_name: str
    issuer: str
    document: str
    year: int
    money: str
    sheets: tuple[SheetSpec, ...]
    blocks: tuple[BlockSpec, ...]
    fields: Mapping[str, FieldSpec]
    scoring: ScoringSpec
    groups: Mapping[str, GroupSpec]
    pools: Mapping[str, PoolSpec]
    indicators: tuple[IndicatorSpec, ...]
    readings: Mapping[str, ReadingSpec]
    bands: tuple[BandSpec, ...]
    checks: tuple[CheckSpec, ...]
    prose: ProseSpec
    external_facts: Mapping[str, str]  # labels of facts that rules need and neither sheet has
    previous: Mapping[str, str]  # facts of this year by which of last year's they must equal
    compared: Mapping[str, str]  # the same, only to compare with: they decide no points
    template_years: tuple[int, ...]  # years printed in the blank that are not its own
    directory: str
    digest: str

    def indicator(self, indicator_id: str) -> IndicatorSpec:
        """The indicator with this id; KeyError if there is none."""
        for spec in self.indicators:
            if spec.id == indicator_id:
                return spec
        raise KeyError(indicator_id)

    def sheet(self, role: Role) -> SheetSpec:
        """The printed sheet that plays this part."""
        return next(sheet for sheet in self.sheets if sheet.id == role)

    def label_of(self, fact_id: str) -> str:
        """The printed label of a fact, the id itself if it has none."""
        field = self.fields.get(fact_id)
        return field.label if field else self.external_facts.get(fact_id, fact_id)
