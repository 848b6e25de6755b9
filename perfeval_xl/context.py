"""What is known of a unit beside its workbook: the office's figures, earlier rounds, rulings.

A ``Context`` decides a file's outcome together with the file itself, so it has a digest, and it
travels inside the copy's receipt, so that ``verify`` can do the review again. Knows no file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

GIVEN_SHEET = "复核依据"  # of the copy, where figures stand that the workbook does not hold
GIVEN_FIRST_ROW = 4
CELL_MARK = "、"  # between the cells of an earlier finding
GIVEN_COLUMN = 3  # where the value stands on that sheet


class Rank(StrEnum):
    """Where a given figure comes from; the office's own outranks what the unit filled in."""

    REFERENCE = "reference"  # the office's 参考数据
    JOINED = "joined"  # another file of the same unit, such as its 基础数据表
    PREVIOUS = "previous"  # last year's accepted figures
    COMPARED = "compared"  # of last year's too, but only to compare with: decides no points


DECIDING = tuple(rank for rank in Rank if rank is not Rank.COMPARED)


@dataclass(frozen=True, slots=True)
class Given:
    """One figure that does not come from the workbook.

    fact: id of the fact. raw: as it stood at its source. source: file, sheet and cell in words.
    form: of a joined figure, the form of the file it stands in, by whose ids ``fact`` is named.
    """

    fact: str
    value: Decimal
    raw: str
    source: str
    rank: Rank
    form: str = ""

    @property
    def outranks(self) -> bool:
        """Whether it counts even where the unit gave a figure of its own."""
        return self.rank is Rank.REFERENCE


@dataclass(frozen=True, slots=True)
class EarlierFinding:
    """A finding of the unit's round before this one; ``key`` tells whether it came again.

    cells: with CELL_MARK between them, those of another sheet with its name.
    """

    key: str
    code: str
    severity: str
    indicator: str
    sheet: str
    cells: str
    message: str


@dataclass(frozen=True, slots=True)
class Adjudication:
    """What an officer ruled on one indicator (核定), and what it was ruled on.

    score: None where none was entered or it cannot be read; ``raw`` is what was typed. sha256: of
    the submitted file. claimed, low, high: self-score and interval as shown to the officer, as
    texts, empty where there were none. grounds: what it rests on, empty when nobody noted it.
    round: of the unit's submissions, 0 when unknown. date: on which the copy was saved.
    """

    indicator: str
    score: Decimal | None
    reason: str
    sha256: str
    claimed: str = ""
    low: str = ""
    high: str = ""
    raw: str = ""
    grounds: str = ""
    round: int = 0
    date: str = ""

    @property
    def is_withdrawn(self) -> bool:
        """Whether the officer cleared what had been carried over from an earlier version."""
        return self.score is None and not self.raw and not self.reason


@dataclass(frozen=True, slots=True)
class Waiver:
    """What an officer does with a finding: accepts it as it is (豁免), or has it corrected (更正).

    date: ``2022-05-01`` where it is a date, else as typed.
    """

    key: str
    reason: str
    date: str
    sha256: str
    action: str = "豁免"


@dataclass(frozen=True, slots=True)
class Context:
    """Everything known of a unit beside its workbook; empty for a file that comes alone.

    sheet: name of the copy's sheet of given figures. round: of the unit's submissions, from 1.
    earlier_file, earlier_rules: the workbook of the round before that is compared with, and the
    program and form data by which it was reviewed.
    """

    given: tuple[Given, ...] = ()
    round: int = 1
    earlier: tuple[EarlierFinding, ...] = ()
    rulings: tuple[Adjudication, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    sheet: str = GIVEN_SHEET
    earlier_file: str = ""
    earlier_rules: str = ""

    @property
    def digest(self) -> str:
        """The same for the same knowledge that decides an outcome; empty for none.

        Rulings and waivers decide none: the copy that bears them is left as the officer saved it.
        """
        decisive = replace(self, rulings=(), waivers=())
        if decisive == NOTHING:
            return ""
        return hashlib.sha256(decisive.to_text().encode()).hexdigest()

    def beside(self, sha256: str) -> Context:
        """Without what was entered for this version of the file: that stands in its copy's cells."""
        return replace(
            self,
            rulings=tuple(r for r in self.rulings if r.sha256 != sha256),
            waivers=tuple(w for w in self.waivers if w.sha256 != sha256),
        )

    def to_text(self) -> str:
        """JSON, read back by ``context_from``."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, default=str)


NOTHING = Context()
_Texts = TypeVar("_Texts", EarlierFinding, Waiver)  # values made of texts only


def context_from(text: str) -> Context:
    """The context that ``to_text`` gave.

    Raises:
        ValueError: the text is none of ours.
    """
    try:
        found: Mapping[str, Any] = json.loads(text)
        return Context(
            given=tuple(
                Given(**{**g, "value": Decimal(g["value"]), "rank": Rank(g["rank"])})
                for g in found["given"]
            ),
            round=int(found["round"]),
            earlier=tuple(_made(EarlierFinding, e) for e in found["earlier"]),
            rulings=tuple(ruling_from(r) for r in found["rulings"]),
            waivers=tuple(waiver_from(w) for w in found["waivers"]),
            sheet=str(found["sheet"]),
            earlier_file=str(found["earlier_file"]),
            earlier_rules=str(found["earlier_rules"]),
        )
    except (KeyError, TypeError, ArithmeticError) as exc:
        raise ValueError("not a context") from exc


def ruling_from(found: Mapping[str, Any]) -> Adjudication:
    """A ruling as ``asdict`` and JSON left it; KeyError, TypeError or ArithmeticError if none."""
    score = found["score"]
    return Adjudication(**{**found, "score": None if score is None else Decimal(score)})


def waiver_from(found: Mapping[str, Any]) -> Waiver:
    """A waiver as ``asdict`` and JSON left it; KeyError when something is missing."""
    return _made(Waiver, found)


def _made(kind: type[_Texts], found: Mapping[str, Any]) -> _Texts:
    names = {field.name for field in fields(kind)}
    return kind(**{name: str(found[name]) for name in names})
