"""Findings on the quantitative targets: results below 100%, texts copied, nothing to measure."""

from __future__ import annotations

import re
from decimal import Decimal

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.calculator.shown import refs_of
from perfeval_xl.calculator.wording import compared
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import Fact, ScoreRow, State, Submission, TargetRow

_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")
_ONLY_PERCENT = re.compile(r"(?:已?完成)?(\d+(?:\.\d+)?)%(?:完成)?")
_DIGIT = re.compile(r"[0-9一二三四五六七八九十百千万两零全]")
_ONLY_DONE = frozenset({
    "完成", "已完成", "全部完成", "已全部完成", "基本完成", "已基本完成", "按时完成", "已按时完成",
    "达标", "已达标", "按要求完成", "圆满完成", "完成任务",
})  # fmt: skip
_LEAST_TEXT = 6  # shorter texts may well be alike
_COUNTED = "数量"
_FULL = Decimal(100)


def check_targets(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """All targets together: at most one finding of a kind, naming every cell."""
    _check_same(submission.targets, book)
    _check_numbers(submission.targets, book)
    _check_only_done(submission.targets, book)
    _check_full_marks(submission, prepared, book)


def _check_same(targets: tuple[TargetRow, ...], book: FindingBook) -> None:
    by_text: dict[str, list[Fact]] = {}
    for row in targets:
        if row.target.state is State.TEXT and len(compared(row.target.text)) >= _LEAST_TEXT:
            by_text.setdefault(compared(row.target.text), []).append(row.target)
    for facts in by_text.values():
        if len(refs_of(facts)) > 1:
            book.add("targets.same_text", refs_of(facts), facts[0].text.strip())


def _check_numbers(targets: tuple[TargetRow, ...], book: FindingBook) -> None:
    """A quantity without a number, or any target that neither aims at nor reaches one."""
    lacking = [
        row for row in targets
        if row.target.state is State.TEXT and not _DIGIT.search(compared(row.target.text))
        and (_COUNTED in row.kind or not _DIGIT.search(row.result.raw))
    ]  # fmt: skip
    if lacking:
        kinds = list(dict.fromkeys(row.kind for row in lacking if row.kind))
        names = rule_texts()["words.and"].join(f"“{kind}”" for kind in kinds)
        book.add(
            "targets.no_number", refs_of(row.target for row in lacking), slots={"names": names}
        )


def _check_only_done(targets: tuple[TargetRow, ...], book: FindingBook) -> None:
    done = [row.result for row in targets if compared(row.result.raw) in _ONLY_DONE]
    if done:
        book.add("targets.only_done", refs_of(done), done[0].raw.strip())


def _check_full_marks(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """Outputs below 100% under full marks in every output row; a benefit below under its full pool.

    Rows scored from the result itself (satisfaction) are left to their own rule.
    """
    spec = prepared.spec
    own = {compared(i.label): i for i in spec.indicators}
    rows = {row.indicator: row for row in submission.scores}
    outputs: list[TargetRow] = []
    for row in submission.targets:
        if not _falls_short(row):
            continue
        indicator = own.get(compared(row.kind))
        if indicator is None:
            outputs.append(row)
        elif indicator.shared and _pool_is_full(prepared, indicator.shared, rows):
            facts = [row.result, rows[indicator.id].self_score]
            pool = spec.pools[indicator.shared]
            _say_short(book, [row], facts, pool.label, pool.points)
    full = all(i.id in rows and rows[i.id].self_score.number == i.max for i in prepared.output_rows)
    if outputs and full and prepared.output_rows:
        scores = [rows[i.id].self_score for i in prepared.output_rows]
        points = sum((i.max for i in prepared.output_rows), ZERO)
        label = rule_texts()["words.output_rows"]
        _say_short(book, outputs, [r.result for r in outputs] + scores, label, points)


def _say_short(
    book: FindingBook, rows: list[TargetRow], facts: list[Fact], label: str, points: Decimal
) -> None:
    names = rule_texts()["words.and"].join(dict.fromkeys(f"“{row.kind}”" for row in rows))
    shown = "、".join(dict.fromkeys(row.result.raw.strip() for row in rows))
    slots = {"names": names, "label": label, "max": plain(points)}
    book.add("targets.below_full_marks", refs_of(facts), shown, "100%", slots=slots)


def _falls_short(row: TargetRow) -> bool:
    """Whether the result is a percentage below 100 that does not reach the target's own percentage."""
    match = _ONLY_PERCENT.fullmatch(compared(row.result.raw))
    if match is None or Decimal(match[1]) >= _FULL:
        return False
    aimed = _PERCENT.findall(compared(row.target.text))
    return not aimed or Decimal(match[1]) < min(Decimal(a) for a in aimed)


def _pool_is_full(prepared: Prepared, pool: str, rows: dict[str, ScoreRow]) -> bool:
    numbers = [rows[i.id].self_score.number for i in prepared.pooled[pool] if i.id in rows]
    return sum((n for n in numbers if n is not None), ZERO) >= prepared.spec.pools[pool].points
