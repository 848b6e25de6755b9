"""Which texts are nearly the same, among many: kept per text are hashes of its clauses, no text.

A clause that stands in two texts makes them a pair; clauses that stand in many (set phrases) make
none, so the work grows with the number of texts and not with its square. Which share of two texts
is equal follows exactly from the lengths of their clauses.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING, Any

from perfeval_xl.forms.peers import TextLimits

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HASH_BYTES = 8
_LONGEST = 2**15 - 1
_PAIRS_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class Alike:
    """Texts of other units that are nearly the same as one text.

    nearest: their numbers with the equal share in percent of the shorter one, rounded down; one
    for each unit, the most equal first. units: how many units there are in all.
    """

    nearest: tuple[tuple[int, int], ...]
    units: int


@dataclass(slots=True)
class Sketches:
    """Texts of one field, numbered in the order they are added."""

    limits: TextLimits
    boilerplate: Collection[str]
    units: list[int] = field(default_factory=list)
    _hashes: array[int] = field(default_factory=lambda: array("Q"))
    _lengths: array[int] = field(default_factory=lambda: array("h"))
    _counts: array[int] = field(default_factory=lambda: array("l"))
    _whole: dict[bytes, list[int]] = field(default_factory=dict)

    def add(self, unit: int, clauses: Mapping[str, int]) -> int:
        """Take one text of a unit; returns its number."""
        counted = {c: n for c, n in clauses.items() if c not in self.boilerplate}
        if sum(map(abs, counted.values())) >= self.limits.least_shared:
            whole = blake2b("\n".join(counted).encode("utf-8", "replace"), digest_size=16)
            self._whole.setdefault(whole.digest(), []).append(len(self.units))
        least = self.limits.least_clause
        telling = [(c, n) for c, n in counted.items() if n >= least or -n >= least]
        self._hashes.extend(_hash(clause) for clause, _ in telling)
        self._lengths.extend(max(-_LONGEST, min(_LONGEST, length)) for _, length in telling)
        self._counts.append(len(telling))
        self.units.append(unit)
        return len(self.units) - 1

    def alike(self) -> dict[int, Alike]:
        """What is nearly the same as each text; nothing for a text that stands alone."""
        near: dict[int, list[tuple[int, int]]] = {}
        group_of = {n: group for group in self._whole.values() if len(group) > 1 for n in group}
        for one, other, percent in self._near():
            if one not in group_of or group_of[one] is not group_of.get(other):
                near.setdefault(one, []).append((-percent, other))
                near.setdefault(other, []).append((-percent, one))
        units_of = {id(g): {self.units[n] for n in g} for g in group_of.values()}
        found = {}
        for number in sorted(near.keys() | group_of.keys()):
            group, others = group_of.get(number, []), sorted(near.get(number, []))
            alike = self._nearest(number, group, others)
            same = units_of.get(id(group), {self.units[number]})
            further = {self.units[other] for _, other in others} - same
            if alike:
                found[number] = Alike(alike, len(same) - 1 + len(further))
        return found

    def _nearest(
        self, number: int, equal: list[int], near: list[tuple[int, int]]
    ) -> tuple[tuple[int, int], ...]:
        chosen: dict[int, tuple[int, int]] = {}
        for percent, other in chain(((-100, n) for n in equal), near):
            unit = self.units[other]
            if unit != self.units[number] and unit not in chosen:
                chosen[unit] = (other, -percent)
                if len(chosen) == self.limits.nearest:
                    break
        return tuple(chosen.values())

    def _near(self) -> Iterator[tuple[int, int, int]]:
        """Pairs of texts of different units with enough in common, and how much, in percent."""
        import numpy as np

        if len(self.units) < 2 or not self._hashes:
            return
        lengths = np.array(self._lengths, dtype=np.int64)
        texts = np.repeat(np.arange(len(self.units)), np.array(self._counts, dtype=np.int64))
        hashes = np.array(self._hashes, dtype=np.uint64)
        order = np.argsort(hashes, kind="stable")
        hashes, texts, lengths = hashes[order], texts[order], lengths[order]
        starts = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]])
        sizes = np.diff(np.r_[starts, len(hashes)])
        most = self.limits.most_units(len(self.units))
        counted = np.repeat(sizes <= most, sizes) & (lengths > 0)
        own = np.bincount(texts[counted], lengths[counted], len(self.units)).astype(np.int64)
        keys, plain, figures = self._shared(starts, sizes, texts, lengths, most)
        one, other = keys // len(self.units), keys % len(self.units)
        shared = plain + figures
        shorter = np.minimum(own[one], own[other]) + figures
        unit_of = np.array(self.units)
        percents = shared * 100 // np.maximum(shorter, 1)
        chosen = (
            (shared >= self.limits.least_shared)
            & (percents >= int(self.limits.least_share * 100))
            & (unit_of[one] != unit_of[other])
        )
        yield from zip(
            one[chosen].tolist(), other[chosen].tolist(), percents[chosen].tolist(), strict=True
        )

    def _shared(
        self, starts: NDArray[Any], sizes: NDArray[Any], texts: NDArray[Any],
        lengths: NDArray[Any], most: int,
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:  # fmt: skip
        """Pairs of texts as one number each, and the characters they share, without and with digits."""
        import numpy as np

        nothing = np.zeros(0, dtype=np.int64)
        keys, plain, figures = nothing, nothing, nothing
        for size in range(2, most + 1):
            first, second = np.triu_indices(size, 1)
            at = starts[sizes == size]
            rows = max(1, _PAIRS_AT_ONCE // len(first))
            for begin in range(0, len(at), rows):
                some = at[begin : begin + rows]
                members = texts[some[:, None] + np.arange(size)]
                pairs = (members[:, first] * len(self.units) + members[:, second]).ravel()
                weights = np.repeat(lengths[some], len(first))
                keys, place = np.unique(np.concatenate((keys, pairs)), return_inverse=True)
                without = np.concatenate((plain, np.maximum(weights, 0)))
                plain = np.bincount(place, without, len(keys)).astype(np.int64)
                with_digits = np.concatenate((figures, np.maximum(-weights, 0)))
                figures = np.bincount(place, with_digits, len(keys)).astype(np.int64)
        return keys, plain, figures


def _hash(clause: str) -> int:
    """The same number on every machine and in every process, unlike Python's own hash."""
    digest = blake2b(clause.encode("utf-8", "replace"), digest_size=_HASH_BYTES).digest()
    return int.from_bytes(digest, "little")
