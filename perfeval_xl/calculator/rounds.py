"""This round's findings against those of the round before: 未改, 新增, 已改. Knows no file."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace

from perfeval_xl.calculator.keys import has_free_place, keyed, without_addresses
from perfeval_xl.context import CELL_MARK, Context, EarlierFinding
from perfeval_xl.model import Finding, RoundState, Submission

_Mark = Callable[[EarlierFinding], Hashable | None]


def compared(
    findings: Iterable[Finding], submission: Submission, context: Context
) -> tuple[tuple[Finding, ...], tuple[EarlierFinding, ...]]:
    """The findings with key and, from the second round on, state; and what was put right."""
    found = tuple(findings)
    keys = keyed(found, submission)
    named = tuple(replace(f, key=key) for f, key in zip(found, keys, strict=True))
    if context.round == 1:
        return named, ()
    again = persisting([earlier_of(finding) for finding in named], context.earlier)
    states = tuple(
        replace(finding, round_state=RoundState.PERSISTS if number in again else RoundState.NEW)
        for number, finding in enumerate(named)
    )
    still = set(again.values())
    return states, tuple(e for n, e in enumerate(context.earlier) if n not in still)


def earlier_of(finding: Finding) -> EarlierFinding:
    """The finding as the next round will remember it."""
    return EarlierFinding(
        finding.key, finding.code, finding.severity.value, finding.indicator,
        finding.refs[0].sheet if finding.refs else "", CELL_MARK.join(finding.addresses),
        finding.message,
    )  # fmt: skip


def persisting(now: Sequence[EarlierFinding], before: Sequence[EarlierFinding]) -> dict[int, int]:
    """Which finding of ``now`` is which of ``before``, by position; each is used once.

    Only findings of one code and indicator are ever the same. Of those, first the ones about the
    same place; then with the same words, addresses aside; then in the same cells; at last the
    only one left of an indicator, or of a kind that names no cell.
    """
    pairs: dict[int, int] = {}
    for mark in (_by_key, _by_words, _by_cells):
        _pair(now, before, pairs, mark)
    _pair_last(now, before, pairs)
    return pairs


def _by_key(finding: EarlierFinding) -> Hashable:
    return finding.code, finding.indicator, finding.key


def _by_words(finding: EarlierFinding) -> Hashable:
    return finding.code, finding.indicator, without_addresses(finding.message)


def _by_cells(finding: EarlierFinding) -> Hashable | None:
    """The cells; not of what has a name, which says better whether it is the same."""
    if not finding.cells or not has_free_place(finding.key):
        return None
    return finding.code, finding.indicator, finding.sheet, finding.cells


def _pair(
    now: Sequence[EarlierFinding],
    before: Sequence[EarlierFinding],
    pairs: dict[int, int],
    mark: _Mark,
) -> None:
    """Pair what is left by a mark, in order where several bear the same."""
    used = set(pairs.values())
    waiting: dict[Hashable, list[int]] = {}
    for number, finding in enumerate(before):
        sign = mark(finding)
        if number not in used and sign is not None:
            waiting.setdefault(sign, []).append(number)
    for number, finding in enumerate(now):
        same = waiting.get(mark(finding)) if number not in pairs else None
        if same:
            pairs[number] = same.pop(0)


def _pair_last(
    now: Sequence[EarlierFinding], before: Sequence[EarlierFinding], pairs: dict[int, int]
) -> None:
    """Pair the only one left of a code on each side, where it must be the same."""
    used = set(pairs.values())
    left_now = _alone((n, f) for n, f in enumerate(now) if n not in pairs)
    left_before = _alone((n, f) for n, f in enumerate(before) if n not in used)
    for kind, number in left_now.items():
        other = left_before.get(kind)
        if other is None:
            continue
        has_cells = bool(now[number].cells or before[other].cells)
        if now[number].indicator or not has_cells:
            pairs[number] = other


def _alone(findings: Iterable[tuple[int, EarlierFinding]]) -> dict[tuple[str, str], int]:
    """Positions of findings whose code and indicator nobody shares."""
    found: dict[tuple[str, str], list[int]] = {}
    for number, finding in findings:
        found.setdefault((finding.code, finding.indicator), []).append(number)
    return {kind: numbers[0] for kind, numbers in found.items() if len(numbers) == 1}
