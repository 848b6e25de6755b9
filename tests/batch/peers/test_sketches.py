"""Equal shares of texts worked out by hand: each clause is one sign, twenty times."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from perfeval_xl.batch.peers.sketches import Alike, Sketches
from perfeval_xl.forms.peers import peer_limits

LIMITS = peer_limits().texts
SIGNS = [chr(0x4E00 + number) for number in range(400)]


def clauses(*numbers: int) -> dict[str, int]:
    return {SIGNS[number] * 20: 20 for number in numbers}


def sketches(*texts: dict[str, int], boilerplate: frozenset[str] = frozenset()) -> Sketches:
    """Texts of different units, in order."""
    made = Sketches(LIMITS, boilerplate)
    for unit, text in enumerate(texts):
        made.add(unit, text)
    return made


def test_the_share_is_that_of_the_shorter_text() -> None:
    """160 of 200 signs, in a text of 200 and one of 400."""
    one = clauses(*range(10))
    other = clauses(*range(8), *range(20, 32))
    assert sketches(one, other).alike() == {0: Alike(((1, 80),), 1), 1: Alike(((0, 80),), 1)}


@pytest.mark.parametrize(("shared", "found"), [(6, False), (7, True)])
def test_seventy_percent_is_where_it_begins(shared: int, found: bool) -> None:
    one, other = clauses(*range(10)), clauses(*range(shared), *range(20, 30 - shared))
    assert bool(sketches(one, other).alike()) is found


@pytest.mark.parametrize(("count", "found"), [(4, False), (5, True)])
def test_less_than_a_hundred_equal_signs_say_nothing(count: int, found: bool) -> None:
    """The other text has one more clause, so that the texts are not wholly equal."""
    one, other = clauses(*range(count)), clauses(*range(count), 50)
    assert bool(sketches(one, other).alike()) is found


def test_wholly_equal_texts_of_less_than_a_hundred_signs_say_nothing() -> None:
    assert sketches(clauses(*range(4)), clauses(*range(4))).alike() == {}


def test_clauses_whose_figures_differ_count_on_neither_side() -> None:
    """120 equal signs, 40 own ones: 75% whatever stands in the clauses with figures."""
    one = clauses(*range(6), 40, 41) | {f"{SIGNS[7]}1" * 30: -60}
    other = clauses(*range(6), 42, 43) | {f"{SIGNS[8]}2" * 30: -60}
    assert sketches(one, other).alike()[0].nearest == ((1, 75),)


def test_an_equal_clause_with_figures_counts_on_both_sides() -> None:
    """120 + 60 equal of 120 + 60 + 40: 81.8%."""
    figures = {f"{SIGNS[7]}1" * 30: -60}
    one, other = clauses(*range(6), 40, 41) | figures, clauses(*range(6), 42, 43) | figures
    assert sketches(one, other).alike()[0].nearest == ((1, 81),)


def test_what_six_units_all_say_is_a_set_phrase_but_not_what_five_say() -> None:
    def texts(units: int) -> list[dict[str, int]]:
        return [clauses(*range(8), 100 + unit) for unit in range(units)]

    assert sketches(*texts(6)).alike() == {}
    assert sketches(*texts(5)).alike()[0] == Alike(((1, 88), (2, 88), (3, 88)), 4)


def test_wholly_equal_texts_are_found_however_many_units_have_them() -> None:
    found = sketches(*[clauses(*range(6))] * 30).alike()
    assert found[29] == Alike(((0, 100), (1, 100), (2, 100)), 29)
    assert len(found) == 30


def test_what_the_form_prints_does_not_count() -> None:
    printed = frozenset(clauses(*range(8)))
    one, other = clauses(*range(8), 20, 21), clauses(*range(8), 20, 22)
    assert sketches(one, other, boilerplate=printed).alike() == {}


def test_a_unit_is_not_compared_with_its_own_second_file() -> None:
    made = Sketches(LIMITS, frozenset())
    for unit in (0, 0, 1):
        made.add(unit, clauses(*range(6)))
    found = made.alike()
    assert found[0] == found[1] == Alike(((2, 100),), 1)
    assert found[2] == Alike(((0, 100),), 1)


def test_nothing_to_compare_gives_nothing() -> None:
    assert Sketches(LIMITS, frozenset()).alike() == {}
    assert sketches(clauses(1, 2, 3, 4, 5, 6)).alike() == {}


SCRIPT = """
from tests.batch.peers.test_sketches import clauses, sketches
made = sketches(clauses(*range(10)), clauses(*range(8), 30, 31), clauses(*range(9), 40))
print(list(made._hashes), made.alike())
"""


def test_sketches_are_the_same_in_every_process() -> None:
    said = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert said[0] == said[1] != ""
