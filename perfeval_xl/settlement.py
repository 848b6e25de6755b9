"""What became of one unit after an officer had the last word: values that settle's writers read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from perfeval_xl.amounts import ZERO
from perfeval_xl.ruling import WAIVED, Question


class Role(StrEnum):
    """Whether a file counts for its unit.

    REPLACED: a later round of the unit does. SAME: another file of the same content does.
    UNDECIDED: several files of one round differ, and a person has to choose.
    """

    COUNTS = "counts"
    REPLACED = "replaced"
    SAME = "same"
    UNDECIDED = "undecided"


class Stage(StrEnum):
    """How far a file is: 填写有误, 重复, 未核定完, 已核定; 不计入 where another one counts."""

    MISTAKES = "mistakes"
    TWICE = "twice"
    OPEN = "open"
    SETTLED = "settled"
    NOT_COUNTED = "not_counted"


@dataclass(frozen=True, slots=True)
class Item:
    """One indicator, settled or not.

    ruled: what the officer ruled, None when she did not or what she typed cannot count. reason:
    hers. sentence: what the review says. earlier: a ruling on an earlier version of the file, in
    words, that waits to be confirmed. carried: of a ruling carried over from such a version, which
    one. place: where to rule, such as ``附件2-2!O3``.
    """

    question: Question
    sentence: str
    place: str
    ruled: Decimal | None = None
    reason: str = ""
    earlier: str = ""
    carried: str = ""

    @property
    def counted(self) -> Decimal:
        """The points that count."""
        return self.question.standing if self.ruled is None else self.ruled

    @property
    def is_open(self) -> bool:
        """Whether a ruling is still to be made: asked for, or once made for other figures."""
        return self.ruled is None and (self.question.asks or bool(self.earlier))

    @property
    def change(self) -> Decimal:
        """Points that count less the self-score, a blank one counting 0."""
        claimed = self.question.claimed
        return self.counted - (ZERO if claimed is None else claimed)

    @property
    def deducted(self) -> Decimal:
        """Points below the maximum; none where the maximum is shared and no split is printed."""
        return ZERO if self.question.pool else self.question.max - self.counted

    @property
    def why(self) -> str:
        """The officer's reason, else what the review says."""
        return self.reason or self.sentence


@dataclass(frozen=True, slots=True)
class Mistake:
    """An entry that cannot count: where it stands, what is wrong, what to do."""

    place: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Dealt:
    """A finding and what the officer does with it; action empty when nothing was chosen."""

    severity: str
    origin: str
    place: str
    message: str
    fix: str
    indicator: str = ""
    action: str = ""
    reason: str = ""
    date: str = ""
    earlier: str = ""

    @property
    def is_waived(self) -> bool:
        """Whether it is accepted as it is."""
        return self.action == WAIVED


@dataclass(frozen=True, slots=True)
class UnitSettlement:
    """One submitted file after the last word.

    copy and notice: places in the outbox. stated: the unit's own total, the sum of its rows where it
    gave none. total: what counts; provisional while something is open. rating: that total's.
    role: whether it counts for its unit; why_role: why, in words, where there are several files.
    """

    file: str
    copy: str
    notice: str
    unit: str
    code: str
    form_name: str
    year: int | None
    stated: Decimal | None
    computed: Decimal | None
    rating_stated: str
    total: Decimal
    rating: str
    items: tuple[Item, ...]
    findings: tuple[Dealt, ...]
    mistakes: tuple[Mistake, ...]
    role: Role = Role.COUNTS
    why_role: str = ""

    @property
    def counts(self) -> bool:
        """Whether it is, or may be, what the unit is settled by."""
        return self.role in (Role.COUNTS, Role.UNDECIDED)

    @property
    def open_items(self) -> list[Item]:
        """Indicators that still wait for a ruling."""
        return [item for item in self.items if item.is_open]

    @property
    def carried_items(self) -> list[Item]:
        """Indicators whose ruling was carried over from an earlier version of the file."""
        return [item for item in self.items if item.carried and item.ruled is not None]

    @property
    def waived(self) -> list[Dealt]:
        """Findings accepted as they are."""
        return [dealt for dealt in self.findings if dealt.is_waived]

    @property
    def stage(self) -> Stage:
        """How far it is; mistakes go before what is open."""
        if not self.counts:
            return Stage.NOT_COUNTED
        if self.mistakes:
            return Stage.MISTAKES
        if self.role is Role.UNDECIDED:
            return Stage.TWICE
        return Stage.OPEN if self.open_items else Stage.SETTLED
