"""Findings on self-scores: bounds, reasons for deductions, what the figures say instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from perfeval_xl.amounts import ZERO, fold, parse_amount, plain
from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.case import Case, Ruling, Trouble
from perfeval_xl.calculator.deductions import COLUMN
from perfeval_xl.calculator.indicators import gap
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.calculator.shown import cells, first_to_last, refs_of, span, tidy
from perfeval_xl.calculator.wording import compared
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import Fact, IndicatorResult, Outcome, ScoreRow, State, Submission

ALTERED = "score.points_altered"
_MOST_BLANKS = 3  # more blank self-scores than that are one finding
_MOST_MARKED = 8  # where a score rests on more cells than that, its own alone is coloured
_NO_REASON = frozenset({"", "无", "/", "-", "—", "没有", "不扣分", "无扣分", "未扣分"})
_NOT_DEDUCTED = ("未扣", "不扣", "无扣", "没有扣")
_CLAUSES = re.compile("[，。；、,;\n]")
_SHORTCOMING = re.compile(
    "扣|滞后|欠缺|缺少|缺失|缺项|逾期|迟报|超期|超支|超编|超标|超预算|违规|有待|"
    "不(?:全|足|够|到位|及时|完整|完善|健全|规范|准确|相符)|"
    "未(?:完成|按|及时|达|公开|制定|修订|建立|落实|执行|健全|完善)"
)
_DENIAL = re.compile("无|没有|不存在|未(?:发现|出现|发生|超)|不超")
_LOST = re.compile(r"(?:扣|减|扣减|扣除|-)分?[\d.]+分?")  # 扣2分


def check_scores(
    submission: Submission,
    prepared: Prepared,
    judged: Sequence[tuple[IndicatorResult, Ruling]],
    book: FindingBook,
) -> None:
    """Every finding on single rows, on pools, and on all rows together."""
    rows = {row.indicator: row for row in submission.scores}
    if not book.has(COLUMN):
        _say_blanks(prepared, judged, rows, book)
    for result, ruling in judged:
        row = rows.get(result.id)
        if row is not None:
            _check_bounds(result, row, book)
            if not prepared.indicators[result.id].shared:
                _check_reason(result, row, book, result.max)
            _check_outcome(submission, prepared, result, ruling, row, book)
        for trouble in ruling.troubles:
            _say_trouble(prepared, result, trouble, book)
    _check_pools(prepared, rows, book)
    _check_all_full(prepared, rows, book)


def _check_bounds(result: IndicatorResult, row: ScoreRow, book: FindingBook) -> None:
    fact, number = row.self_score, row.self_score.number
    slots = {"label": result.label, "max": plain(result.max)}
    if fact.state is State.UNREADABLE and not book.has("score.merged") and not book.has(COLUMN):
        _say_no_score(result, fact, slots, book)
    if number is not None and number > result.max:
        book.add(
            "score.above_max", [fact.ref], plain(number), plain(result.max),
            plain(tidy(number - result.max)), slots=slots, indicator=result.id,
            clause=result.clause, follows_from=_altered_upwards(row, number, book),
        )  # fmt: skip


def _say_no_score(
    result: IndicatorResult, fact: Fact, slots: dict[str, str], book: FindingBook
) -> None:
    """A self-score that is none: points lost, or no number at all."""
    amount = parse_amount(fact.raw)
    lost = amount.value if amount is not None else None
    allowed = f"0–{plain(result.max)}"
    if lost is not None and lost < 0:
        book.add(
            "score.negative", [fact.ref], plain(lost), allowed, plain(-lost),
            slots=slots, indicator=result.id, clause=result.clause,
        )  # fmt: skip
        return
    book.add(
        "score.not_a_number", [fact.ref], fact.raw, allowed,
        slots=slots, indicator=result.id, clause=result.clause,
        variant="deduction" if _LOST.fullmatch(fold(fact.raw)) else "",
    )  # fmt: skip


def _altered_upwards(row: ScoreRow, number: Decimal, book: FindingBook) -> str:
    own = row.max_score.number
    return ALTERED if own is not None and number <= own and book.has(ALTERED, row.indicator) else ""


def _check_reason(result: IndicatorResult, row: ScoreRow, book: FindingBook, most: Decimal) -> None:
    number, reason = row.self_score.number, row.reason
    if number is None or reason.state is State.MISSING:
        return
    given = not _is_blank_reason(reason)
    slots = {"label": result.label, "max": plain(most)}
    if number < most and not given:
        follows = ALTERED if number == row.max_score.number and book.has(ALTERED, result.id) else ""
        book.add(
            "score.reason_missing", [row.self_score.ref, reason.ref], plain(number), plain(most),
            plain(tidy(most - number)), slots={**slots, "places": _reason_place(reason)},
            indicator=result.id, clause=result.clause, follows_from=follows,
        )  # fmt: skip
    if number == most and given and _speaks_of_deduction(reason.text):
        book.add(
            "score.reason_without_deduction", [row.self_score.ref, reason.ref], reason.text,
            slots=slots, indicator=result.id, clause=result.clause,
        )  # fmt: skip


def _check_outcome(
    submission: Submission,
    prepared: Prepared,
    result: IndicatorResult,
    ruling: Ruling,
    row: ScoreRow,
    book: FindingBook,
) -> None:
    number = row.self_score.number
    if number is None:
        return
    if result.outcome is Outcome.DIFFERS:
        _say_differs(result, ruling, number, book)
    if result.outcome is Outcome.UNDECIDED and number == result.max and result.missing:
        _say_unsupported(submission, prepared, result, book)


def _say_differs(
    result: IndicatorResult, ruling: Ruling, number: Decimal, book: FindingBook
) -> None:
    assert result.low is not None
    assert result.high is not None
    cause = "score.above_max" if book.has("score.above_max", result.id) else ""
    refs = [result.self_score.ref, *refs_of(result.inputs)]
    book.add(
        "score.differs", refs, plain(number), span(result.low, result.high, "–"),
        gap(number, result.low, result.high, "–"),
        slots={"label": result.label, "note": ruling.sentence, "cells": cells(refs[1:]) or cells(refs)},
        indicator=result.id, clause=result.clause, follows_from=cause,
        marked=0 if len(refs) <= _MOST_MARKED else 1,
    )  # fmt: skip


def _say_unsupported(
    submission: Submission, prepared: Prepared, result: IndicatorResult, book: FindingBook
) -> None:
    facts = submission.facts
    case = Case(prepared.spec, prepared.indicators[result.id], facts, result.self_score)
    elsewhere = not any((f := facts.get(name)) and f.ref for name in result.missing)
    said = prepared.wanted.get(result.missing) if elsewhere else None
    if said is None:
        labels = rule_texts()["words.and"].join(case.label(f) for f in result.missing)
        said = (labels, case.places(result.missing))
        if elsewhere:
            prepared.wanted[result.missing] = said
    assert result.low is not None
    assert result.high is not None
    refs = [result.self_score.ref, *(case.fact(f).ref for f in result.missing)]
    book.add(
        "score.full_marks_unsupported", refs, plain(result.max), span(result.low, result.high, "–"),
        slots={"label": result.label, "missing": said[0], "places": said[1]},
        indicator=result.id, clause=result.clause,
    )  # fmt: skip


def _say_trouble(
    prepared: Prepared, result: IndicatorResult, trouble: Trouble, book: FindingBook
) -> None:
    label = prepared.spec.label_of(trouble.facts[0].id)
    book.add(
        trouble.code, refs_of(trouble.facts), trouble.provided,
        slots={"label": label, **trouble.slots}, clause=result.clause,
    )  # fmt: skip


def _say_blanks(
    prepared: Prepared,
    judged: Sequence[tuple[IndicatorResult, Ruling]],
    rows: dict[str, ScoreRow],
    book: FindingBook,
) -> None:
    """Rows without a self-score; the lower rows of a cell merged over a pool are filled by it."""
    blank = [
        r for r, _ in judged
        if r.id in rows and rows[r.id].self_score.state is State.BLANK and not rows[r.id].self_score.filled_above
    ]  # fmt: skip
    texts = rule_texts()
    if len(blank) > _MOST_BLANKS:
        label = texts["words.rows"].format(count=len(blank))
        book.add("score.blank", [r.self_score.ref for r in blank], slots={"label": label})
        return
    for result in blank:
        label = texts["words.row_number"].format(number=result.number, label=result.label)
        expected = ""
        if result.score is not None and result.low is not None and result.high is not None:
            expected = span(result.low, result.high, "–")
        book.add(
            "score.blank", [result.self_score.ref, *refs_of(result.inputs)], "", expected,
            slots={"label": label}, indicator=result.id, clause=result.clause,
        )  # fmt: skip


def _check_pools(prepared: Prepared, rows: dict[str, ScoreRow], book: FindingBook) -> None:
    for pool_id, pool in prepared.spec.pools.items():
        members = [rows[i.id] for i in prepared.pooled[pool_id] if i.id in rows]
        numbers = [n for row in members if (n := row.self_score.number) is not None]
        total = sum(numbers, ZERO)
        refs = refs_of(row.self_score for row in members if row.self_score.number is not None)
        slots = {"label": pool.label, "max": plain(pool.points)}
        clause = prepared.pooled[pool_id][0].source.sentence
        if total > pool.points:
            single = any(book.has("score.above_max", row.indicator) for row in members)
            book.add(
                "score.shared_above_max", refs, plain(tidy(total)), plain(pool.points),
                plain(tidy(total - pool.points)), slots=slots, clause=clause,
                follows_from="score.above_max" if single else "",
            )  # fmt: skip
        complete = len(members) == len(prepared.pooled[pool_id]) and all(
            row.self_score.number is not None or row.self_score.filled_above for row in members
        )
        reasons = [row.reason for row in members if row.reason.state is not State.MISSING]
        if complete and total < pool.points and reasons and all(map(_is_blank_reason, reasons)):
            book.add(
                "score.reason_missing", [*refs, reasons[0].ref], plain(tidy(total)),
                plain(pool.points), plain(tidy(pool.points - total)),
                slots={**slots, "places": _reason_place(reasons[0])}, clause=clause,
            )  # fmt: skip


def _check_all_full(prepared: Prepared, rows: dict[str, ScoreRow], book: FindingBook) -> None:
    single = [i for i in prepared.spec.indicators if not i.shared]
    if not single or not all(
        i.id in rows and rows[i.id].self_score.number == i.max for i in single
    ):
        return
    for pool_id, pool in prepared.spec.pools.items():
        numbers = [rows[i.id].self_score.number for i in prepared.pooled[pool_id] if i.id in rows]
        if sum((n for n in numbers if n is not None), ZERO) != pool.points:
            return
    refs = refs_of(row.self_score for row in rows.values())
    whole = plain(prepared.spec.scoring.total_points)
    count = str(len(prepared.spec.indicators))
    slots = {"count": count, "where": first_to_last(refs)}
    book.add("score.every_row_full", refs, whole, slots=slots, marked=1)


def _reason_place(reason: Fact) -> str:
    return f" {reason.ref.qualified} " if reason.ref else rule_texts()["words.deduction_reason"]


def _is_blank_reason(reason: Fact) -> bool:
    return reason.state is State.BLANK or compared(reason.text) in _NO_REASON


def _speaks_of_deduction(text: str) -> bool:
    """Whether a remark speaks of lost points or of what would cost some, and denies neither.

    The column is for other remarks too: most rows with full marks say why they have them.
    """
    if any(word in text for word in _NOT_DEDUCTED):
        return False
    return any(
        _SHORTCOMING.search(clause) and not _DENIAL.search(clause)
        for clause in _CLAUSES.split(text)
    )
