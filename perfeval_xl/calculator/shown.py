"""Numbers and places as sentences show them: points, percentages, cells. Nothing is scored here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from perfeval_xl.amounts import plain
from perfeval_xl.model import CellRef, Fact

_USUAL_DECIMALS = 2
_MOST_DECIMALS = 8
_LONGEST_QUOTE = 300  # characters


def rounded(value: Fraction, decimals: int = 2) -> Decimal:
    """The fraction rounded half up to so many decimals, without trailing zeros."""
    return tidy(Decimal(_scaled(value, decimals)).scaleb(-decimals))


@lru_cache(maxsize=4096)
def tidy(value: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent: 5, 2.5, 10."""
    return Decimal(plain(value))


def percent(fraction: Fraction, limits: Iterable[Fraction] = ()) -> str:
    """A fraction as a percentage of two decimals, more where fewer would hide it from a limit.

    94.996% is not shown as 95% beside a limit of 95%; where eight decimals do not help it is 约.
    """
    others = [limit for limit in limits if limit != fraction]
    for decimals in range(_USUAL_DECIMALS, _MOST_DECIMALS + 1):
        whole = _scaled(fraction, decimals + 2)
        scale = 10 ** (decimals + 2)
        if all(whole * limit.denominator != limit.numerator * scale for limit in others):
            return f"{plain(Decimal(whole).scaleb(-decimals))}%"
    return f"约 {plain(Decimal(_scaled(fraction, 4)).scaleb(-2))}%"


def points_beyond(beyond: Fraction) -> str:
    """Percentage points beyond a limit; never 0 and never a whole number it is not."""
    for decimals in range(_USUAL_DECIMALS, _MOST_DECIMALS + 1):
        whole = _scaled(beyond, decimals)
        if whole % 10**decimals or beyond.denominator == 1:
            return plain(Decimal(whole).scaleb(-decimals))
    return f"约 {plain(rounded(beyond))}"


def span(low: Decimal, high: Decimal, dash: str = " 至 ") -> str:
    """``2 至 2.5``, or one number when both are the same."""
    return plain(low) if low == high else f"{plain(low)}{dash}{plain(high)}"


def first_to_last(refs: Iterable[CellRef | None]) -> str:
    """A long column of cells by its ends: ``附件2-2!T3 至 T30``."""
    found = [ref for ref in refs if ref is not None]
    if not found:
        return ""
    first, last = found[0], found[-1]
    return first.qualified if first == last else f"{first.qualified} 至 {last.address}"


def cells(refs: Iterable[CellRef | None]) -> str:
    """Cells as people write them, neighbours in a column or row run together: ``附件2-1!T3:T30``."""
    by_sheet: dict[str, dict[tuple[int, int], CellRef]] = {}
    for ref in refs:
        if ref is not None:
            by_sheet.setdefault(ref.sheet, {}).setdefault((ref.row, ref.column), ref)
    return "、".join(
        f"{sheet}!{'、'.join(_runs(list(found.values())))}" for sheet, found in by_sheet.items()
    )


def quoted(text: str) -> str:
    """A cell's text as sentences quote it: a very long one by its beginning and its length."""
    if len(text) <= _LONGEST_QUOTE:
        return text
    return f"{text[:_LONGEST_QUOTE]}……（共 {len(text)} 字）"


def where(fact: Fact) -> str:
    """The cell of a fact, or empty when the form has none."""
    return fact.ref.qualified if fact.ref else ""


def refs_of(facts: Iterable[Fact]) -> tuple[CellRef, ...]:
    """Cells of the facts that have one, each once, in order."""
    return tuple(dict.fromkeys(fact.ref for fact in facts if fact.ref is not None))


def _runs(refs: Sequence[CellRef]) -> list[str]:
    runs: list[list[CellRef]] = []
    for ref in refs:
        if runs and _follows(runs[-1][-1], ref):
            runs[-1].append(ref)
        else:
            runs.append([ref])
    shown: list[str] = []
    for run in runs:
        if len(run) > 2:
            shown.append(f"{run[0].address}:{run[-1].address}")
        else:
            shown += [ref.address for ref in run]
    return shown


def _follows(before: CellRef, ref: CellRef) -> bool:
    return ref.column == before.column and ref.row == before.row + 1


def _scaled(value: Fraction, decimals: int) -> int:
    """The fraction times ten to the so-manieth, rounded half up (away from zero) to a whole."""
    top: int = value.numerator * 10**decimals
    bottom = value.denominator
    whole = (2 * abs(top) + bottom) // (2 * bottom)
    return -whole if top < 0 else whole
