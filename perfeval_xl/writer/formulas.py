"""Our numbers as Excel formulas: over the unit's cells, and over our own beside the form.

The score itself comes as a formula with each result. Here the differences, the bounds and the
totals are put together from it, so that a total is seen to rest on the cells above it.
Only functions that Excel 2010, WPS and LibreOffice all reckon alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.forms.spec import BandSpec, FormSpec
from perfeval_xl.model import (
    CellRef,
    Evaluation,
    Fact,
    IndicatorResult,
    Outcome,
    ScoringArea,
    State,
    column_letters,
)
from perfeval_xl.operand import as_typed, holds_number, literal
from perfeval_xl.ruling import Question
from perfeval_xl.writer.text import ALL_RULED, STILL_OPEN

SCORE, LOW, HIGH, GAP, VERDICT, TEXT, RULING, REASON, IDENTITY = range(9)  # our columns

_INPUT = re.compile(r"'(?:[^']|'')+'!\$[A-Z]{1,3}\$[0-9]+(?![0-9:])")  # a cell, not a range
_LIVE = "'!$"  # stands in every formula that refers to the unit's cells
UNDECIDED = '"未定"'  # what a score becomes when a figure it rests on is emptied or no number
_LONGEST, _MOST_ARGUMENTS = 8192, 255  # what Excel takes
_CLAIMED = (Outcome.JUDGED, Outcome.NOT_APPLICABLE)  # the self-score stands until adjudicated
_STATED = ("scoring_total", "self_total")


@dataclass(frozen=True, slots=True)
class Line:
    """Formulas of one indicator's row; None where the cell holds a plain number or a text."""

    score: str | None
    low: str | None
    high: str | None
    gap: str | None


@dataclass(frozen=True, slots=True)
class Sums:
    """Formulas of the totals on the scoring sheet."""

    computed: str
    low: str
    high: str
    gap: str | None


def sheet_place(ref: CellRef) -> str:
    """A cell with its sheet, as links and formulas name it."""
    return "'" + ref.sheet.replace("'", "''") + "'!" + ref.address


class ScoringFormulas:
    """The formulas of one scoring sheet. first: our first column; rows: by indicator id."""

    def __init__(
        self, evaluation: Evaluation, spec: FormSpec, area: ScoringArea, first: int
    ) -> None:
        self.evaluation = evaluation
        self.spec = spec
        self.area = area
        self.first = first
        self.rows = _own_rows(evaluation)
        self.total_row = area.total_row or area.last_row + 1
        self._pools = {indicator.id: indicator.shared for indicator in spec.indicators}

    def cell(self, row: int, column: int) -> str:
        """One of our cells, as its neighbours name it."""
        return f"{column_letters(self.first + column)}{row}"

    # ---- a row ----

    def line(self, result: IndicatorResult) -> Line:
        """Score, bounds and difference of one indicator that has a row."""
        row = self.rows[result.id]
        if result.score is None:
            if result.outcome not in _CLAIMED:
                return Line(None, None, None, None)
            return Line(None, self._claimed(result), self._most(result, self.cell(row, LOW)), None)
        score = self.cell(row, SCORE)
        most = plain(result.max)
        return Line(
            _or_undecided(result.formula, UNDECIDED),
            _same_or(result.formula_low, result.formula, score, "0"),
            _same_or(result.formula_high, result.formula, score, most),
            self._gap(result.self_score, score),
        )

    def _most(self, result: IndicatorResult, claimed: str) -> str:
        """The most that a claim leaves possible: the claim, or the maximum while there is none."""
        if result.claim[1] == result.claim[0]:
            return claimed
        cell = _cell_of(result.self_score, self.area.sheet)
        most = plain(result.max)
        return f'IF({cell}="",{most},{claimed})' if cell else most

    def _claimed(self, result: IndicatorResult) -> str:
        return f"MAX(0,MIN({plain(result.max)},{self._number(result.self_score)}))"

    def _gap(self, stated: Fact, score: str) -> str | None:
        """What was stated less ``score``; empty while the unit's cell is, or there is no score."""
        cell, number = _cell_of(stated, self.area.sheet), _as_typed(stated, self.area.sheet)
        if cell is None and stated.number is None:
            return None
        if cell is not None:
            number = f"VALUE({cell})"
        elif stated.ref is not None and stated.ref.address in number:
            cell = _named(stated.ref, self.area.sheet)
        empty = f'OR({cell}="",ISTEXT({score}))' if cell else f"ISTEXT({score})"
        return f'IF({empty},"",ROUND({number}-{score},9))'

    def _number(self, fact: Fact, home: str | None = None) -> str:
        """The fact as a number: its cell if that holds it, a blank counting 0.

        home: the sheet that the formula stands on, the scoring sheet by default.
        """
        cell = _cell_of(fact, self.area.sheet if home is None else home)
        if cell is not None:
            return f"N({cell})" if fact.number is None else f"VALUE({cell})"
        return _as_typed(fact, self.area.sheet if home is None else home)

    # ---- totals ----

    def sums(self) -> Sums:
        """The totals over our rows and the unit's own."""
        computed, low, high = (self._total(column) for column in (SCORE, LOW, HIGH))
        stated = _stated(self.evaluation)
        gap = self._gap(stated, self.cell(self.total_row, SCORE)) if stated else None
        return Sums(computed, low, high, gap)

    def stated(self) -> str | None:
        """The total as stated, for any sheet."""
        fact = _stated(self.evaluation)
        return self._number(fact, "") if fact else None

    def self_sum(self) -> str | None:
        """What the self-scores add up to, for any sheet."""
        facts = [row.self_score for row in self.evaluation.submission.scores]
        terms = [self._number(fact, "") for fact in facts]
        return f"ROUND({'+'.join(terms)},9)" if terms else None

    def total(self, column: int) -> str:
        """One of our totals, for any sheet."""
        return sheet_place(CellRef(self.area.sheet, self.total_row, self.first + column))

    def _total(self, column: int) -> str:
        own = [r for r in self.evaluation.indicators if not self._pool(r)]
        terms = self._terms(own, column)
        for name, pool in self.spec.pools.items():
            members = [r for r in self.evaluation.indicators if self._pool(r) == name]
            shared = "+".join(self._terms(members, column)) or "0"
            terms.append(f"MIN({plain(pool.points)},{shared})")
        total = f"ROUND({'+'.join(terms) or '0'},9)"
        return self._while_decided(total) if column == SCORE else total

    def _while_decided(self, total: str) -> str:
        """The total while every score that figures decided still is a number."""
        decided = [r.id for r in self.evaluation.indicators if r.score is not None]
        rows = [self.rows[name] for name in decided if name in self.rows]
        if not rows:
            return total
        return f"IF(COUNT({','.join(self._runs(rows, SCORE))})<{len(rows)},{UNDECIDED},{total})"

    def ruled_total(self, questions: Sequence[Question]) -> str:
        """The total of what is ruled; a blank or a text counts what ``Question.standing`` says."""
        results = {result.id: result for result in self.evaluation.indicators}
        terms: list[str] = []
        shared: dict[str, list[str]] = {name: [] for name in self.spec.pools}
        for question in questions:
            row = self.rows.get(question.id)
            term = self._standing(results[question.id])
            if row is not None:
                ruled = self.cell(row, RULING)
                term = f"IF(ISNUMBER({ruled}),{ruled},{term})"
            (shared[question.pool] if question.pool else terms).append(term)
        for name, members in shared.items():
            terms.append(f"MIN({plain(self.spec.pools[name].points)},{'+'.join(members) or '0'})")
        return f"ROUND({'+'.join(terms) or '0'},9)"

    def still_open(self, asked: Sequence[str]) -> str | None:
        """How many of the indicators that ask for a ruling have none, as a sentence."""
        rows = [self.rows[name] for name in asked if name in self.rows]
        if not rows:
            return None
        left = f"({len(asked)}-COUNT({','.join(self._runs(rows, RULING))}))"
        said = STILL_OPEN.format(count=f'"&{left}&"')
        return f'IF({left}=0,"{ALL_RULED}","{said}")'

    def _standing(self, result: IndicatorResult) -> str:
        """``Question.standing`` as a formula."""
        row = self.rows.get(result.id)
        if result.outcome is Outcome.DIFFERS and result.score is not None:
            return self.cell(row, SCORE) if row is not None else plain(result.score)
        return self._claimed(result)

    def _pool(self, result: IndicatorResult) -> str:
        return self._pools[result.id]

    def _terms(self, results: Sequence[IndicatorResult], column: int) -> list[str]:
        """What adds up to the total: sums over runs of our cells, then what has no cell."""
        rows, rest = [], []
        for result in results:
            source = self._source(result, column)
            if isinstance(source, int):
                rows.append(source)
            else:
                rest.append(source)
        cells = [f"SUM({','.join(self._runs(rows, column))})"] if rows else []
        return cells + [term for term in rest if term != "0"]

    def _source(self, result: IndicatorResult, column: int) -> int | str:
        """The row of our cell that holds the number, else the number as an expression."""
        row = self.rows.get(result.id)
        if column == SCORE and result.score is None:
            if row is not None and result.outcome in _CLAIMED:
                return self.cell(row, LOW)
            return self._claimed(result)
        if row is not None:
            return row
        if result.score is None and result.outcome in _CLAIMED:
            claimed = self._claimed(result)
            return self._most(result, claimed) if column == HIGH else claimed
        number = (result.score, result.low, result.high)[column]
        formula = (result.formula, result.formula_low, result.formula_high)[column]
        return _or_undecided(formula, ("NA()", "0", plain(result.max))[column]) or plain(
            number or ZERO
        )

    def _runs(self, rows: Iterable[int], column: int) -> list[str]:
        """Ranges over these rows; rows between that hold no number of another are bridged."""
        ordered = sorted(rows)
        others = set(self.rows.values()) - set(ordered)
        runs: list[list[int]] = []
        for row in ordered:
            bridged = runs and not any(runs[-1][1] < other < row for other in others)
            if bridged:
                runs[-1][1] = row
            else:
                runs.append([row, row])
        return [
            self.cell(a, column) if a == b else f"{self.cell(a, column)}:{self.cell(b, column)}"
            for a, b in runs
        ]


def rating_formula(bands: Sequence[BandSpec], low: str, high: str) -> str:
    """Every rating that totals between low and high can earn, the best first."""
    pieces = []
    for place, band in enumerate(bands):
        reached = f"{high}>={plain(band.at_least)}" if place + 1 < len(bands) else ""
        missed = f"{low}<{plain(bands[place - 1].at_least)}" if place else ""
        both = [part for part in (reached, missed) if part]
        test = both[0] if len(both) == 1 else f"AND({','.join(both)})" if both else "TRUE"
        label = band.label.replace('"', '""')
        pieces.append(f'IF({test},"／{label}","")')
    return f"MID({'&'.join(pieces)},2,99)"


# ---- pieces ----


def _own_rows(evaluation: Evaluation) -> Mapping[str, int]:
    """The row beside which each indicator is written; two never share one."""
    rows: dict[str, int] = {}
    for row in evaluation.submission.scores:
        ref = row.label.ref or row.self_score.ref
        if ref is not None and ref.row not in rows.values():
            rows[row.indicator] = ref.row
    return rows


def _stated(evaluation: Evaluation) -> Fact | None:
    """The fact of the total as the unit states it, on the scoring sheet first."""
    for name in _STATED:
        fact = evaluation.facts.get(name)
        if fact is not None and fact.number is not None:
            return fact
    return None


def _cell_of(fact: Fact, sheet: str) -> str | None:
    """The unit's cell, if it is blank or holds that very number, else None."""
    if fact.ref is None:
        return None
    is_blank = fact.state is State.BLANK and not fact.raw and not fact.note
    return _named(fact.ref, sheet) if is_blank or holds_number(fact) else None


def _as_typed(fact: Fact, sheet: str) -> str:
    """The number read from a text such as 4.5分, while the cell holds that text."""
    text = fact.whole or fact.raw
    if fact.ref is None or fact.number is None or not text:
        return literal(fact.number or ZERO)
    cell = _named(fact.ref, sheet)
    return as_typed(cell, text, fact.number, f"VALUE({cell})")


def _named(ref: CellRef, sheet: str) -> str:
    return ref.address if ref.sheet == sheet else sheet_place(ref)


def _same_or(formula: str | None, other: str | None, cell: str, otherwise: str) -> str | None:
    """A reference to the score when a bound is the same formula, else the bound's own."""
    if formula is None or formula != other:
        return _or_undecided(formula, otherwise)
    return f"IF(ISTEXT({cell}),{otherwise},{cell})" if _LIVE in formula else cell


def _or_undecided(formula: str | None, otherwise: str) -> str | None:
    """The formula while every cell it rests on is filled with what it can reckon with.

    A cell of which the formula itself says what a blank means, such as a row of a sum, may be
    blank. None, and then the number stands alone, where that is more than Excel takes.
    """
    if formula is None or _LIVE not in formula:
        return formula
    inputs = [c for c in dict.fromkeys(_INPUT.findall(formula)) if f'{c}=""' not in formula]
    blank = ",".join(f'{cell}=""' for cell in inputs)
    whole = f"IFERROR({formula},{otherwise})"
    if inputs:
        whole = f"IF({f'OR({blank})' if len(inputs) > 1 else blank},{otherwise},{whole})"
    return whole if len(whole) <= _LONGEST and len(inputs) <= _MOST_ARGUMENTS else None
