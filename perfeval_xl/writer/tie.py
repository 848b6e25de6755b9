"""The unseen text that ties a row of the copy to its indicator, and keeps what was shown of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from zlib import crc32

from perfeval_xl.amounts import plain
from perfeval_xl.context import Adjudication
from perfeval_xl.ruling import Question

_TIE = re.compile(
    r"([A-Za-z]\w*)\|([^|]*)\|([^|]*)\|([^|]*)"  # of every copy
    r"(?:\|([^|]*)\|(\d*)\|([^|]*))?"  # since rulings are carried over
)
_CARRIED = re.compile(r"(\d+(?:\.\d+)?):(\d+):([\d-]*):([0-9a-f]+):([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class Tie:
    """What a row says of itself.

    claimed, low, high: self-score and interval as texts. grounds: what a ruling on it rests on.
    round: of the workbook. carried: of the ruling that was written in, having been made on an
    earlier version: score, round, date, version and a mark of its reason; empty where none was.
    """

    indicator: str
    claimed: str
    low: str
    high: str
    grounds: str = ""
    round: int = 0
    carried: str = ""

    @classmethod
    def of(cls, question: Question, grounds: str, round_: int, carried: Adjudication | None) -> Tie:
        """Of a row about to be written."""
        shown = (question.claimed, question.low, question.high)
        claimed, low, high = ("" if value is None else plain(value) for value in shown)
        kept = _kept(carried) if carried else ""
        return cls(question.id, claimed, low, high, grounds, round_, kept)

    @classmethod
    def read(cls, text: str) -> Tie | None:
        """From a cell; None when it is no tie."""
        found = _TIE.fullmatch(text)
        if found is None:
            return None
        number = int(found[6]) if found[6] else 0
        kept = found[7] or ""
        return cls(found[1], found[2], found[3], found[4], found[5] or "", number, kept)

    def __str__(self) -> str:
        parts = (self.indicator, self.claimed, self.low, self.high, self.grounds, str(self.round))
        return "|".join((*parts, self.carried))

    def carried_over(self, score: Decimal | None, reason: str) -> Adjudication | None:
        """The ruling that was carried over, if that is still what stands in the cells."""
        found = _CARRIED.fullmatch(self.carried)
        if found is None or score is None:
            return None
        kept, number, date, version, mark = found.groups()
        if Decimal(kept) != score or mark != _mark(reason):
            return None
        return Adjudication(
            self.indicator, score, reason, version, self.claimed, self.low, self.high, kept,
            self.grounds, int(number), date,
        )  # fmt: skip


def _kept(ruled: Adjudication) -> str:
    assert ruled.score is not None
    parts = (plain(ruled.score), str(ruled.round), ruled.date, ruled.sha256, _mark(ruled.reason))
    return ":".join(parts)


def _mark(reason: str) -> str:
    """A text by which a reason is known again, line ends and blanks at its ends aside."""
    return f"{crc32(reason.strip().encode('utf-8', 'surrogatepass')):08x}"
