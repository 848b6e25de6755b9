"""Values that cross rooms: frozen, flat, and free of behaviour beyond naming themselves.

Everything one workbook gives is one ``Evaluation``; every writer only reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from perfeval_xl.amounts import ZERO
from perfeval_xl.context import NOTHING, Context, EarlierFinding

ONE = Decimal(1)


class State(StrEnum):
    """What stood in the cell of a fact."""

    NUMBER = "number"
    TEXT = "text"
    BLANK = "blank"
    UNREADABLE = "unreadable"
    MISSING = "missing"  # the form has no such cell


class Outcome(StrEnum):
    """What the figures say of one self-score."""

    AGREES = "agrees"
    WITHIN_READINGS = "within_readings"
    DIFFERS = "differs"
    UNDECIDED = "undecided"
    JUDGED = "judged"
    NOT_APPLICABLE = "not_applicable"


class Severity(StrEnum):
    """How much a finding weighs: 错误, 警告, 提示."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class RoundState(StrEnum):
    """Whether the unit's round before had the same finding: 未改, 新增."""

    PERSISTS = "persists"
    NEW = "new"


class Origin(StrEnum):
    """Whose fault it is; a fault of the form is never blamed on the unit."""

    UNIT = "unit"
    TEMPLATE = "template"


class CellRef(NamedTuple):
    """One cell of one sheet; row and column count from 1. A tuple: a file makes a thousand."""

    sheet: str
    row: int
    column: int

    @property
    def address(self) -> str:
        """The cell as Excel writes it, such as ``G3``."""
        return f"{column_letters(self.column)}{self.row}"

    @property
    def qualified(self) -> str:
        """The cell with its sheet as people write it, such as ``附件2-1!G3``."""
        return f"{self.sheet}!{self.address}"

    @property
    def absolute(self) -> str:
        """The cell as a formula on any sheet names it, such as ``'附件2-1'!$G$3``."""
        sheet = self.sheet.replace("'", "''")
        return f"'{sheet}'!${column_letters(self.column)}${self.row}"


@lru_cache(maxsize=2048)
def column_letters(column: int) -> str:
    """Letters of a column that counts from 1: 1 is A, 28 is AB."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure or text of the form, with the cell it came from.

    value: Decimal for state number, str for text, else None. Money is in the form's unit (万元)
    whatever unit the cell was in; percentages are fractions (1 means 100%).
    raw: what stood in the cell, as typed. ref: None when the form has no such cell.
    merged: the merged range the cell anchors, such as ``C3:D3``. found_by: how it was located.
    note: what was assumed while reading (converted from 元, derived …), Chinese, empty if nothing.
    decimals: digits after the point as typed; half a unit of the last one is its tolerance.
    whole: the cell's whole text where ``raw`` is only a part of it, such as 人员编制：11.
    operands: what a derived fact was worked out from, or the rows it is the sum of.
    expression: how, as an Excel expression over their cells; empty where cells cannot say it.
    scale: what the cell's number is taken times: 1/10000 where it is in 元, 1/100 for a percentage
    without its sign.
    """

    id: str
    value: Decimal | str | None
    raw: str
    ref: CellRef | None
    state: State
    merged: str | None = None
    found_by: str = ""
    note: str = ""
    decimals: int = 0
    whole: str = ""
    operands: tuple[Fact, ...] = ()
    expression: str = ""
    scale: Decimal = ONE

    @property
    def number(self) -> Decimal | None:
        """The value when it is a number, else None."""
        return self.value if isinstance(self.value, Decimal) else None

    @property
    def text(self) -> str:
        """The value when it is a text, else the raw text."""
        return self.value if isinstance(self.value, str) else self.raw

    @property
    def filled_above(self) -> bool:
        """Whether the cell is blank because the row above was filled for both (the reader notes it)."""
        return self.state is State.BLANK and bool(self.note) and not self.raw


def missing_fact(fact_id: str) -> Fact:
    """The fact of a form that has no such cell."""
    return Fact(fact_id, None, "", None, State.MISSING)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table of the profile: one 机构, or the 合计 of all."""

    block: str
    unit: str
    is_total: bool
    facts: dict[str, Fact]
    ref: CellRef


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One quantitative target: its kind (质量指标 …), what was aimed at and what was reached."""

    kind: str
    target: Fact
    result: Fact


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One row of the scoring sheet, tied to an indicator; criteria and points as printed there."""

    indicator: str
    label: Fact
    criteria: Fact
    max_score: Fact
    self_score: Fact
    reason: Fact


@dataclass(frozen=True, slots=True)
class ScoringArea:
    """Where the scoring sheet lies: what the annotation is written beside."""

    sheet: str
    header_rows: tuple[int, ...]
    first_row: int
    last_row: int
    last_column: int  # of the form; annotations stand to the right of everything filled
    total_row: int | None


@dataclass(frozen=True, slots=True)
class ReadingProblem:
    """Something the reader met that becomes a finding: a code and what to put into its sentence."""

    code: str
    refs: tuple[CellRef, ...] = ()
    provided: str = ""
    expected: str = ""
    difference: str = ""
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Submission:
    """All that was read of one workbook, before anything is judged.

    facts: by fact id, for the unit as a whole (the 合计 row where a table has one).
    titles: label cells that name the unit or the year (cover lines, 机构名称 …).
    attached: further sheets that were found and are of this year, by id. lists: rows of the
    lists of further sheets, ``block`` naming the list; the rows of a group of projects too.
    year: the year that the heads of a form of figures name, None where they name none.
    """

    form: str
    facts: dict[str, Fact]
    rows: tuple[TableRow, ...]
    targets: tuple[TargetRow, ...]
    scores: tuple[ScoreRow, ...]
    area: ScoringArea | None
    labels: dict[str, CellRef]  # where each block, heading and label was found, by key
    problems: tuple[ReadingProblem, ...]
    group_points: dict[str, Fact] = field(default_factory=dict)
    prose: dict[str, Fact] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    lists: tuple[TableRow, ...] = ()
    year: int | None = None


@dataclass(frozen=True, slots=True)
class IndicatorResult:
    """What one indicator's figures say.

    score: the default reading's points, None when undecided or judged. low, high: the interval
    over the readings that are not pinned, the bounds of what is possible when undecided (0…max).
    missing: ids of the facts that would decide it. formula: the score as an Excel formula over
    the unit's own cells, without a leading ``=``; None where no figure decides. grounds: marks of
    all that a person's ruling on it would rest on.
    """

    id: str
    number: int
    label: str
    parent: str
    max: Decimal
    kind: str
    self_score: Fact
    outcome: Outcome
    score: Decimal | None
    low: Decimal | None
    high: Decimal | None
    inputs: tuple[Fact, ...]
    missing: tuple[str, ...]
    sentence: str
    clause: str
    reading: str = ""
    formula: str | None = None
    formula_low: str | None = None
    formula_high: str | None = None
    grounds: str = ""

    @property
    def claim(self) -> tuple[Decimal, Decimal]:
        """Bounds of the points while the self-score stands: itself, within 0 and the maximum.

        Where none can be read everything is still open: a blank is no zero.
        """
        number = self.self_score.number
        if number is not None:
            number = max(ZERO, min(number, self.max))
            return number, number
        return ZERO, ZERO if self.self_score.filled_above else self.max


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or doubtful, said so that it can be found and put right.

    refs: every operand's cell, the one to look at first. provided, expected, difference are texts
    as shown. follows_from: code of the finding this one is a consequence of, else empty.
    marked: how many of ``refs`` are coloured and noted in the copy; 0 for all of them.
    key: by which the finding is known again in the unit's next workbook. round_state: None in a
    unit's first round.
    """

    code: str
    severity: Severity
    origin: Origin
    refs: tuple[CellRef, ...]
    provided: str
    expected: str
    difference: str
    message: str
    fix: str
    clause: str
    title: str = ""
    indicator: str = ""
    follows_from: str = ""
    marked: int = 0
    key: str = ""
    round_state: RoundState | None = None

    @property
    def addresses(self) -> list[str]:
        """The cells, those of another sheet than the first one's with its name."""
        return [
            ref.address if ref.sheet == self.refs[0].sheet else ref.qualified for ref in self.refs
        ]

    @property
    def marked_refs(self) -> tuple[CellRef, ...]:
        """The cells that are coloured: not every addend of a sum is suspect."""
        return self.refs[: self.marked] if self.marked else self.refs


@dataclass(frozen=True, slots=True)
class PassedCheck:
    """A check that was made and held, or could not be made (and why)."""

    id: str
    title: str
    detail: str
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """Points of the whole form; ``decided``, ``undecided`` and ``judged`` are maximum points."""

    stated: Decimal | None
    self_sum: Decimal | None
    computed: Decimal
    decided: Decimal
    undecided: Decimal
    judged: Decimal
    low: Decimal
    high: Decimal
    rating_stated: str
    rating: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything one workbook gives.

    context: what was known of the unit beside the workbook.
    facts: what the scores rest on, the unit's own figures and those given from elsewhere.
    resolved: what the unit's round before had and this one has put right.
    """

    form: str
    form_name: str
    year: int
    unit_name: str
    unit_code: str
    submission: Submission
    indicators: tuple[IndicatorResult, ...]
    totals: Totals
    findings: tuple[Finding, ...]
    passed: tuple[PassedCheck, ...]
    facts: dict[str, Fact]
    context: Context = NOTHING
    resolved: tuple[EarlierFinding, ...] = ()

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(finding.severity is severity for finding in self.findings)
