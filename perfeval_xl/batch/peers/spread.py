"""How the values of one measure lie among units, and which of them lie far out.

Median and MAD (median absolute deviation): up to half of the values may be wrong without moving
either, where one wrong value moves mean and standard deviation as far as it likes.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from perfeval_xl.forms.peers import OutlierLimits

NORMAL = 1.4826  # makes the MAD of a normal distribution its standard deviation


@dataclass(frozen=True, slots=True)
class Spread:
    """The sorted values of one measure, each with the number of its unit.

    far: the least distance that counts, in points of a rate or as the logarithm of a factor.
    """

    values: tuple[tuple[Decimal, int], ...]
    median: Decimal
    by_factor: bool
    far: float

    def is_far(self, value: Decimal) -> bool:
        """Whether the value lies far from the median."""
        return self._distance(value, self.median) > self.far

    def nearest(self, value: Decimal, own: int, most: int) -> list[tuple[Decimal, int]]:
        """At most ``most`` values of other units, the nearest first."""
        found: list[tuple[Decimal, int]] = []
        for other, unit in self._outwards(value):
            if len(found) == most:
                break
            if unit != own:
                found.append((other, unit))
        return found

    def _outwards(self, value: Decimal) -> Iterator[tuple[Decimal, int]]:
        above = bisect_left(self.values, (value, -1))
        below = above - 1
        while below >= 0 or above < len(self.values):
            if below < 0 or (above < len(self.values) and self._is_nearer(above, below, value)):
                yield self.values[above]
                above += 1
            else:
                yield self.values[below]
                below -= 1

    def _is_nearer(self, one: int, other: int, value: Decimal) -> bool:
        return self._distance(self.values[one][0], value) < self._distance(
            self.values[other][0], value
        )

    def _distance(self, one: Decimal, other: Decimal) -> float:
        return _distance(one, other, self.by_factor)


def spread_of(
    values: Sequence[tuple[Decimal, int]], by_factor: bool, limits: OutlierLimits
) -> Spread | None:
    """The spread of these values, None where there are too few to say anything."""
    if len(values) < limits.least_units:
        return None
    ordered = tuple(sorted(values))
    middle = median([value for value, _ in ordered])
    deviations = (_distance(value, middle, by_factor) for value, _ in ordered)
    mad = median(deviations) * NORMAL
    times = float(limits.times_mad) * (1 + float(limits.small_group) / len(ordered))
    least = math.log(limits.least_factor) if by_factor else float(limits.least_points)
    return Spread(ordered, middle, by_factor, max(least, times * mad))


def _distance(one: Decimal, other: Decimal, by_factor: bool) -> float:
    return abs(math.log(one / other)) if by_factor else abs(float(one - other))
