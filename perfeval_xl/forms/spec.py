"""The form as values: what ``templates/<form_id>/*.toml`` says, checked and typed.

Nothing here knows a year, a label or a number of its own; ``load.py`` fills these values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from perfeval_xl.model import Severity

FormKind = Literal["scored", "data", "supplement"]
FieldKind = Literal[
    "amount", "count", "percent", "score", "text", "prose", "date", "yesno", "measure"
]
BlockKind = Literal["pairs", "table", "targets", "qualitative", "people", "signatures", "prose"]
Role = Literal["profile", "scoring", "data"]


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
    """One fact of the form: its printed label, other spellings, kind, and where to look for it.

    attachment: the further sheet it stands on, by id; empty for the form's own fields.
    """

    id: str
    label: str
    aliases: tuple[str, ...]
    kind: FieldKind
    unit: str
    block: str
    required: bool
    help: str
    attachment: str = ""


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column of a matrix: how its printed head is known, and the year it speaks of.

    words: what its head says besides a year (决算数). offset: that year less the form's own,
    -1 for last year; a head without a year stands for it as 上年 or 本年.
    """

    id: str
    label: str
    words: tuple[str, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class LineSpec:
    """A row of a matrix; ``items``: rows with names of their own may follow it, any number."""

    id: str
    label: str
    aliases: tuple[str, ...]
    items: bool


@dataclass(frozen=True, slots=True)
class MatrixSpec:
    """Rows by columns; the figure in a row and a column is the fact ``<row>_<column>``."""

    id: str
    title: str
    anchors: tuple[str, ...]
    columns: tuple[ColumnSpec, ...]
    lines: tuple[LineSpec, ...]


@dataclass(frozen=True, slots=True)
class ListSpec:
    """A table with any number of rows; its column ``c`` holds the facts ``<list>_c``.

    key: the column that names a row; a row without a name goes on with the one above.
    """

    id: str
    title: str
    anchors: tuple[str, ...]
    key: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deadline:
    """So large a share of a special fund must have been issued by the end of this day."""

    day: date
    share: Decimal


@dataclass(frozen=True, slots=True)
class DerivedSpec:
    """A fact worked out from others: ``sum`` of facts, ``changes`` (Σ of absolute differences of
    pairs), or ``late`` (how many specials of a list missed a deadline).

    count: for ``late`` the fact that says how many specials there are, 0 where there is none.
    note: where a sum or a change comes from, as it is said beside the figure.
    """

    id: str
    kind: Literal["sum", "changes", "late"]
    facts: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    list: str = ""
    name: str = ""
    amount: str = ""
    day: str = ""
    issued: str = ""
    count: str = ""
    note: str = ""
    deadlines: tuple[Deadline, ...] = ()


@dataclass(frozen=True, slots=True)
class AttachmentSpec:
    """A further sheet that may stand beside the form, as a form of its own at the host's year.

    renames: ids of the host's facts for facts that are called otherwise on the sheet; a fact
    with the same id on both is the same fact.
    """

    id: str
    form: FormSpec
    renames: Mapping[str, str]  # id on the sheet → id of the host

    def __hash__(self) -> int:
        return hash(self.id)  # quick: fields are keys of caches


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

    rule: the ``kind`` and its numbers, understood by ``calculator/rules/``. shared: id of the
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
    """One identity (勾稽关系): its kind and operands, understood by ``calculator/checks/``.

    attachment: the further sheet it needs; without that sheet it is not made.
    """

    id: str
    code: str
    kind: str
    title: str
    clause: str
    options: Mapping[str, object]
    attachment: str = ""


@dataclass(frozen=True, slots=True)
class PeersSpec:
    """Which figures are compared between units, each divided by ``head`` (a number of people)."""

    head: str
    per_head: tuple[str, ...]


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
    """A whole form. ``digest`` is the SHA-256 of what it was made from: its files and, where the
    office has settled something for itself (``office.py``), that too.

    kind: ``scored`` (with indicators), ``data`` (figures only, may come as a file of its own) or
    ``supplement`` (figures only, always beside a scored form). ``fields``, ``checks`` and
    ``derived`` include those of the attachments.
    """

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
    kind: FormKind = "scored"
    matrices: tuple[MatrixSpec, ...] = ()
    lists: tuple[ListSpec, ...] = ()
    derived: tuple[DerivedSpec, ...] = ()
    attachments: tuple[AttachmentSpec, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)  # the office's, by code
    has_own_blank: bool = True  # blank.xlsx in the folder says the same as this form
    peers: PeersSpec | None = None

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
        external = self.external_facts.get(fact_id)
        if external is not None:
            return external
        field = self.fields.get(fact_id)
        return field.label if field else fact_id

    def own_name(self, fact_id: str, form: str = "") -> str:
        """What this form calls a fact, its own or one of a further sheet's form; empty if nothing."""
        if not form:
            return fact_id if fact_id in self.fields or fact_id in self.external_facts else ""
        for attached in self.attachments:
            if attached.form.id == form:
                name = attached.renames.get(fact_id, fact_id)
                field = self.fields.get(name)
                is_its = field is not None and field.attachment == attached.id
                return name if is_its or name in self.external_facts else ""
        return ""

    @property
    def row_fields(self) -> frozenset[str]:
        """Fields that every row of a list has anew, such as an amount per special."""
        lists = (*self.lists, *(x for attached in self.attachments for x in attached.form.lists))
        return frozenset(name for listed in lists for name in listed.fields)

    def attachment(self, attachment_id: str) -> AttachmentSpec:
        """The attachment with this id; KeyError if there is none."""
        for attached in self.attachments:
            if attached.id == attachment_id:
                return attached
        raise KeyError(attachment_id)


class ByDigest:
    """A form as a cache key: two forms with the same data at the same year are the same."""

    def __init__(self, spec: FormSpec) -> None:
        self.spec = spec

    def __hash__(self) -> int:
        return hash((self.spec.digest, self.spec.year))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByDigest) and (
            (other.spec.digest, other.spec.year) == (self.spec.digest, self.spec.year)
        )
