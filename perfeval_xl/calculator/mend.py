"""Broken sums explained: the one small slip that would mend an identity, said as a guess.

A slip is a way people mistype a figure: a digit, two digits exchanged, a point, a sign, 元 for 万元,
a cell left blank, two cells exchanged; or any figure for which two broken sums ask alike. It is offered only when it alone mends every identity that
its cells take part in and no other slip explains as much. Nothing here writes findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import combinations

from perfeval_xl.amounts import WAN, ZERO, decimals_of, parse_amount
from perfeval_xl.calculator.lines import (
    HALF_CENT,
    added,
    columns_of,
    lines_of,
    texts_of,
    tolerance,
)
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.forms.spec import CheckSpec
from perfeval_xl.model import CellRef, Fact, State, Submission

LEAST_YUAN = Decimal(100)  # a smaller figure is not taken for 元
_DWARFS = 100  # a part so many times its whole may be in 元
_POINTS = (Decimal(10), Decimal(100), Decimal("0.1"), Decimal("0.01"))
_USUAL_DECIMALS = 2
COLUMN = "rows"  # the identity of a 合计 row


class Slip(StrEnum):
    """How a figure was mistaken, the surest sign first."""

    HEAD = "head"  # in 万元 under a head that says 元
    YUAN = "yuan"
    POINT = "point"
    SIGN = "sign"
    SWAPPED = "swapped"  # two cells exchanged
    TRANSPOSED = "transposed"  # two digits beside each other exchanged
    DIGIT = "digit"
    DROPPED = "dropped"  # a digit too few
    EXTRA = "extra"  # a digit too many
    BLANK = "blank"
    AGREED = "agreed"  # no slip of the hand, but several broken sums ask for the same figure


# Signs that no blank cell imitates: the whole figure moves, not one digit of it.
_SURE = (Slip.HEAD, Slip.YUAN, Slip.POINT, Slip.SIGN, Slip.SWAPPED)


@dataclass(frozen=True, slots=True)
class Change:
    """Cells with what they would have to be; most changes have one."""

    slip: Slip
    cells: tuple[tuple[Fact, Decimal], ...]

    @property
    def values(self) -> dict[CellRef, Decimal]:
        """New values by cell."""
        return {f.ref: value for f, value in self.cells if f.ref is not None}


@dataclass(frozen=True, slots=True)
class Guess:
    """The only change that explains so much, or how many there are; mended: identities it mends."""

    change: Change | None
    mended: int
    candidates: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """Facts with their signs, whose sum is 0 (or at most 0), to within ``slack``."""

    key: tuple[str, CellRef]
    terms: tuple[tuple[Fact, int], ...]
    slack: Decimal
    at_most: bool = False

    def gap(self, changed: Mapping[CellRef, Decimal]) -> Decimal:
        """How far it is from holding, with some cells changed."""
        total = ZERO
        for fact, sign in self.terms:
            value = changed.get(fact.ref) if changed and fact.ref is not None else None
            value = fact.number if value is None else value
            if value is not None:
                total += value if sign > 0 else -value
        return total

    def holds(self, changed: Mapping[CellRef, Decimal], more: Decimal = ZERO) -> bool:
        """Whether it holds, with some cells changed."""
        gap = self.gap(changed)
        return gap <= self.slack + more and (self.at_most or -gap <= self.slack + more)


@dataclass
class Mender:
    """All identities of one form; nothing is worked out before the first one is found broken."""

    submission: Submission
    prepared: Prepared

    def guess(self, check_id: str, first: Fact) -> Guess:
        """What may be wrong where this identity fails; ``first`` is its total (or its part)."""
        none = Guess(None, 0, ())
        broken = self._broken.get((check_id, first.ref)) if first.ref else None
        if broken is None:
            return none
        found = self._smallest(list(self._candidates(broken)))
        if not found:
            return none
        mended = len(self._mended(found[0]))
        return Guess(found[0] if len(found) == 1 else None, mended, tuple(found))

    @cached_property
    def _identities(self) -> list[Identity]:
        return [
            i for i in identities_of(self.submission, self.prepared)
            if all(f.state in (State.NUMBER, State.BLANK, State.MISSING) for f, _ in i.terms)
        ]  # fmt: skip

    @cached_property
    def _broken(self) -> dict[tuple[str, CellRef | None], Identity]:
        return {i.key: i for i in self._identities if not i.holds({})}

    @cached_property
    def _by_cell(self) -> dict[CellRef, list[Identity]]:
        found: dict[CellRef, list[Identity]] = {}
        for identity in self._identities:
            for fact, _ in identity.terms:
                if fact.ref is not None:
                    found.setdefault(fact.ref, []).append(identity)
        return found

    def _touched(self, change: Change) -> list[Identity]:
        found = {i.key: i for ref in change.values for i in self._by_cell.get(ref, ())}
        return list(found.values())

    def _mended(self, change: Change) -> set[tuple[str, CellRef]]:
        return {i.key for i in self._touched(change) if i.key in self._broken}

    def _mends_all(self, change: Change) -> bool:
        """Whether every identity that the cells take part in holds afterwards."""
        more = HALF_CENT * len(change.cells) if change.slip is Slip.YUAN else ZERO
        return all(i.holds(change.values, more) for i in self._touched(change))

    def _candidates(self, broken: Identity) -> Iterator[Change]:
        slips = [
            *self._heads(broken), *self._single(broken), *self._all_parts(broken), *self._whole_lines(broken),
            *self._swaps(broken), *self._agreed(broken),
        ]  # fmt: skip
        seen: set[tuple[tuple[CellRef, Decimal], ...]] = set()
        for change in slips:
            key = tuple(change.values.items())
            if key not in seen and self._mends_all(change):
                seen.add(key)
                yield change

    def _single(self, broken: Identity) -> Iterator[Change]:
        """One cell taken for what it would have to be here."""
        if broken.at_most:
            yield from self._yuan_beside_whole(broken)
            return
        gap = broken.gap({})
        for fact, sign in broken.terms:
            if fact.ref is None or fact.note or fact.state is State.MISSING:
                continue
            wanted = (fact.number or ZERO) - (gap if sign > 0 else -gap)
            slip = slip_between(fact.number, wanted, broken.slack)
            if slip is not None and self._lawful(fact, wanted):
                value = wanted
                if slip is Slip.YUAN and fact.number is not None:
                    value = fact.number / WAN
                yield Change(slip, ((fact, value),))

    def _agreed(self, broken: Identity) -> Iterator[Change]:
        """One cell for which this and another broken sum ask the same figure."""
        if broken.at_most:
            return
        gap = broken.gap({})
        for fact, sign in broken.terms:
            if fact.ref is None or fact.note or not fact.number:
                continue
            wanted = fact.number - (gap if sign > 0 else -gap)
            change = Change(Slip.AGREED, ((fact, wanted),))
            sums = [i for i in self._touched(change) if i.key in self._broken and not i.at_most]
            if len(sums) > 1 and self._lawful(fact, wanted):
                yield change

    def _yuan_beside_whole(self, broken: Identity) -> Iterator[Change]:
        small = [f for f, sign in broken.terms if sign > 0]
        whole = added(f for f, sign in broken.terms if sign < 0)
        part = small[0].number
        if len(small) == 1 and part is not None and whole > 0 and part >= _DWARFS * whole:
            yield Change(Slip.YUAN, ((small[0], part / WAN),))

    def _all_parts(self, broken: Identity) -> Iterator[Change]:
        """All parts of a sum in 元 under a total in 万元."""
        parts = [f for f, sign in broken.terms if sign < 0 and f.number and f.ref]
        noted = any(f.note for f, _ in broken.terms)  # what was converted or assumed shows nothing
        if not broken.at_most and len(parts) > 1 and not noted:
            yield Change(Slip.YUAN, tuple((f, f.number / WAN) for f in parts if f.number))

    def _heads(self, broken: Identity) -> Iterator[Change]:
        """All of one table's line taken as it was typed, not converted as its head says."""
        known = {f.ref: f for i in self._identities for f, _ in i.terms if f.ref is not None}
        for line in dict.fromkeys(self._line_of(f) for f, _ in broken.terms if f.note):
            typed = [(f, _as_typed(f)) for f in known.values() if self._line_of(f) == line]
            cells = tuple((f, value) for f, value in typed if value is not None)
            if len(cells) > 1:
                yield Change(Slip.HEAD, cells)

    def _whole_lines(self, broken: Identity) -> Iterator[Change]:
        """All of one table's line in 元, where the identity's other figures are in 万元."""
        lines = list(dict.fromkeys(self._line_of(f) for f, _ in broken.terms if f.ref))
        if broken.at_most or len(lines) < 2 or any(f.note for f, _ in broken.terms):
            return
        for line in lines:
            cells = tuple((f, f.number / WAN) for f in self._by_line.get(line, ()) if f.number)
            if len(cells) > 1 and max(f.number or ZERO for f, _ in cells) >= LEAST_YUAN:
                yield Change(Slip.YUAN, cells)

    def _swaps(self, broken: Identity) -> Iterator[Change]:
        """Two cells of one line of one table exchanged, one of which the identity knows.

        A limit that happens to hold afterwards shows nothing: a sum must come right as well.
        """
        own = {f.ref for f, _ in broken.terms}
        near = [
            f for line in dict.fromkeys(self._line_of(f) for f, _ in broken.terms)
            for f in self._by_line.get(line, ())
        ]  # fmt: skip
        for first, second in combinations(near, 2):
            a, b = first.number, second.number
            if a is None or b is None or a == b or self._line_of(first) != self._line_of(second):
                continue
            if not (first.ref in own or second.ref in own):
                continue
            if self._lawful(first, b) and self._lawful(second, a):
                change = Change(Slip.SWAPPED, ((first, b), (second, a)))
                if any(i.key in self._broken and not i.at_most for i in self._touched(change)):
                    yield change

    @cached_property
    def _by_line(self) -> dict[tuple[str, str, int], list[Fact]]:
        """Facts that an identity knows, by table and row."""
        facts = {f.ref: f for i in self._identities for f, _ in i.terms if f.ref is not None}
        found: dict[tuple[str, str, int], list[Fact]] = {}
        for fact in facts.values():
            if not fact.note:
                found.setdefault(self._line_of(fact), []).append(fact)
        return found

    def _line_of(self, fact: Fact) -> tuple[str, str, int]:
        field = self.prepared.spec.fields.get(fact.id)
        ref = fact.ref
        return (field.block if field else "", ref.sheet if ref else "", ref.row if ref else 0)

    def _lawful(self, fact: Fact, value: Decimal) -> bool:
        return value >= 0 or fact.id in self.prepared.may_be_negative

    def _smallest(self, changes: list[Change]) -> list[Change]:
        """Those that explain the most; what could only be a blank gives way to a surer sign."""
        mended = [self._mended(change) for change in changes]
        most = [
            change for change, own in zip(changes, mended, strict=True)
            if not any(own < other for other in mended)
        ]  # fmt: skip
        sure = [c for c in most if c.slip in _SURE]
        return sure if sure and all(c.slip in (*_SURE, Slip.BLANK) for c in most) else most


def identities_of(submission: Submission, prepared: Prepared) -> Iterator[Identity]:
    """Every sum, difference and limit of the form, in each line, and the 合计 rows."""
    for check in prepared.spec.checks:
        signed = _signed(check)
        if not signed:
            continue
        lines = lines_of(submission, prepared, [name for name, _ in signed])
        for line in lines:
            if line.facts is submission.facts and len(lines) > 1:
                continue  # sums of several rows: no cell holds them
            terms = tuple((line.fact(name), sign) for name, sign in signed)
            made = _identity(check.id, terms, prepared, check.kind)
            if made is not None:
                yield made
    for total, parts in columns_of(submission):
        made = _identity(COLUMN, ((total, 1), *((p, -1) for p in parts)), prepared, "sum")
        if made is not None:
            yield made


def _as_typed(fact: Fact) -> Decimal | None:
    """The figure as it was typed, where only its head's unit turned it into another; else None."""
    amount = parse_amount(fact.raw) if fact.note and fact.number else None
    if amount is None or amount.value is None or amount.unit or amount.value == fact.number:
        return None
    return amount.value


def slip_between(given: Decimal | None, wanted: Decimal, slack: Decimal = ZERO) -> Slip | None:
    """How a figure that should be ``wanted`` may have become ``given``; None if in no small way."""
    if not given:
        return Slip.BLANK if wanted else None
    if given >= LEAST_YUAN and abs(given / WAN - wanted) <= slack + HALF_CENT and wanted:
        return Slip.YUAN
    if not wanted:
        return None
    if any(given * factor == wanted for factor in _POINTS):
        return Slip.POINT
    if given == -wanted:
        return Slip.SIGN
    if (given < 0) != (wanted < 0):
        return None
    return _between_digits(*_digits(abs(given), abs(wanted)))


def _between_digits(given: str, wanted: str) -> Slip | None:
    if len(given) == len(wanted):
        off = [n for n, (a, b) in enumerate(zip(given, wanted, strict=True)) if a != b]
        if len(off) == 1:
            return Slip.DIGIT
        beside = len(off) == 2 and off[1] == off[0] + 1
        if beside and given[off[0]] == wanted[off[1]] and given[off[1]] == wanted[off[0]]:
            return Slip.TRANSPOSED
        return None
    if len(given) + 1 == len(wanted) and _without_one(wanted, given):
        return Slip.DROPPED
    return Slip.EXTRA if len(given) == len(wanted) + 1 and _without_one(given, wanted) else None


def _without_one(long: str, short: str) -> bool:
    return any(long[:n] + long[n + 1 :] == short for n in range(len(long)))


def _digits(first: Decimal, second: Decimal) -> tuple[str, str]:
    """Both figures without their points, to the same decimals; 0.43 keeps its zero."""
    places = max(_USUAL_DECIMALS, decimals_of(first), decimals_of(second))
    a, b = (str(int(value.scaleb(places))).zfill(places + 1) for value in (first, second))
    return a, b


def _signed(check: CheckSpec) -> list[tuple[str, int]]:
    """Operands of a check with their signs, the one that is named first leading."""
    options = check.options
    if check.kind == "sum":
        return [(str(options["total"]), 1), *((p, -1) for p in texts_of(check, "parts"))]
    if check.kind == "difference":
        signs = (("result", 1), ("minuend", -1), ("subtrahend", 1))
        return [(str(options[key]), sign) for key, sign in signs]
    if check.kind == "at_most":
        small, large = texts_of(check, "smaller"), texts_of(check, "larger")
        return [*((f, 1) for f in small), *((f, -1) for f in large)]
    return []


def _identity(
    check_id: str, terms: Sequence[tuple[Fact, int]], prepared: Prepared, kind: str
) -> Identity | None:
    """None when it cannot be checked: its total or all of its parts are not there."""
    first, others = terms[0][0], [f for f, _ in terms[1:]]
    given = [f for f in others if f.number is not None]
    whole = given if kind == "sum" else others
    if first.ref is None or first.number is None or not given or len(given) < len(whole):
        return None
    slack = tolerance(prepared, [f for f, _ in terms])
    return Identity((check_id, first.ref), tuple(terms), slack, kind == "at_most")
