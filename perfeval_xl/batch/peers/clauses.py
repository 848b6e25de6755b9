"""A text as its clauses, so that texts of different units can be compared clause by clause.

Clauses end at punctuation that parts a sentence. What a unit calls itself is taken out, so that a
copy in which only the name was changed is still a copy; headings and enumerators are dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

_ENDS = re.compile(r"[。｡;；!！?？,，:：\n\r]+")
_NOISE = re.compile(r"[^\w。;!?,:\n]+|_")
_HEADING = re.compile(r"(?m)^[^\S\n]*[(]?[一二三四五六七八九十]{1,3}[)、.][^\n。;,]{0,30}$")
_ENUMERATOR = re.compile(r"(?m)(?:^|(?<=[。;:]))[^\S\n]*[(]?\d{1,2}[)、.](?!\d)")
_DIGIT = re.compile(r"\d")
_SELF = "§"  # stands for the unit itself; no letter, so it does not count


@dataclass(frozen=True, slots=True)
class Names:
    """What a unit calls itself: its name, and the words after 我 or 本."""

    unit: str
    words: tuple[str, ...]

    def out_of(self, text: str) -> str:
        """The text (NFKC) with these names taken out."""
        if self.unit:
            text = text.replace(self.unit, _SELF)
        return _self_pattern(self.words).sub(_SELF, text)


def clauses_of(text: str, names: Names) -> dict[str, int]:
    """The clauses of a text, each with its length; a negative length means it has a digit."""
    folded = unicodedata.normalize("NFKC", text.replace("\r", "\n"))
    bare = _ENUMERATOR.sub("", _HEADING.sub("", names.out_of(folded)))
    found = {}
    for clause in _ENDS.split(_NOISE.sub("", bare)):
        if clause:
            found[clause] = -len(clause) if _DIGIT.search(clause) else len(clause)
    return found


def names_of(unit: str | None, words: Iterable[str]) -> Names:
    """Names of a unit, its own as it is compared."""
    return Names(unicodedata.normalize("NFKC", unit or "").strip(), tuple(words))


def passages(own: str, own_names: Names, other: str, other_names: Names) -> list[tuple[str, str]]:
    """Passages that stand in both texts, as each text has them, the longest first."""
    here, there = _placed(own, own_names), _placed(other, other_names)
    places: dict[str, list[int]] = {}
    for number, (clause, _, _) in enumerate(there):
        places.setdefault(clause, []).append(number)
    runs: list[tuple[int, int, int]] = []  # number here, number there, clauses
    done = 0
    for number, (clause, _, _) in enumerate(here):
        if number < done or clause not in places:
            continue
        start, length = max(
            ((place, _run(here, there, number, place)) for place in places[clause]),
            key=lambda run: (run[1], -run[0]),
        )
        runs.append((number, start, length))
        done = number + length
    found = {_cut(own, here, n, length): _cut(other, there, p, length) for n, p, length in runs}
    return sorted(found.items(), key=lambda pair: -len(pair[0]))


def _run(
    here: list[tuple[str, int, int]], there: list[tuple[str, int, int]], own: int, other: int
) -> int:
    """How many clauses agree from these two on."""
    length = 0
    while (
        own + length < len(here)
        and other + length < len(there)
        and here[own + length][0] == there[other + length][0]
    ):
        length += 1
    return length


def _cut(text: str, placed: list[tuple[str, int, int]], first: int, length: int) -> str:
    return text[placed[first][1] : placed[first + length - 1][2]].strip()


@lru_cache(maxsize=4)
def _placed(text: str, names: Names) -> list[tuple[str, int, int]]:
    """Clauses as compared, each with where it begins and ends in the text; no headings.

    Remembered for a while: one text is laid beside several others in turn.
    """
    found = []
    ends = [0, *(found.end() for found in _ENDS.finditer(text)), len(text)]
    for begin, end in pairwise(ends):
        piece = unicodedata.normalize("NFKC", text[begin:end])
        bare = _ENUMERATOR.sub("", _HEADING.sub("", names.out_of(piece.strip())))
        clause = _ENDS.sub("", _NOISE.sub("", bare))
        if clause:
            found.append((clause, begin, end))
    return found


@lru_cache(maxsize=8)
def _self_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(f"[我本](?:{'|'.join(map(re.escape, longest_first))})")
