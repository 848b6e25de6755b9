"""Every layout change, combinations of two, and random ones read to the same facts."""

from __future__ import annotations

import random
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.reading import drawn
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.forms.spec import FormSpec
from tests.builders.drafts import LAYOUTS
from tests.builders.layouts import CHANGES, compatible, made
from tests.reader.compared import read_draft, wrong_in

QUICK = [name for name, change in CHANGES.items() if not change.slow]


@pytest.mark.parametrize("name", QUICK)
def test_every_layout_change_reads_to_the_same_facts(form: FormSpec, name: str) -> None:
    for layout in CHANGES[name].layouts:
        draft = made((name,), random.Random(f"{name}{layout}"), layout)
        assert wrong_in(read_draft(draft, form), draft.truth, form) == []


@pytest.mark.libreoffice
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_form_saved_by_libreoffice_reads_to_the_same_facts(form: FormSpec, layout: str) -> None:
    if shutil.which("soffice") is None:
        pytest.skip("needs LibreOffice")
    draft = made(("saved_by_libreoffice",), random.Random(layout), layout)
    assert wrong_in(read_draft(draft, form), draft.truth, form) == []


@pytest.mark.parametrize("seed", range(60))
def test_two_changes_at_once_read_to_the_same_facts(form: FormSpec, seed: int) -> None:
    draft = made(drawn(2, seed), random.Random(seed))
    assert wrong_in(read_draft(draft, form), draft.truth, form) == []


@settings(
    max_examples=80, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
@given(
    names=st.lists(st.sampled_from(QUICK), min_size=1, max_size=4, unique=True)
    .map(tuple)
    .filter(compatible),
    seed=st.integers(0, 2**32),
)
def test_random_changes_of_a_random_form_read_to_the_same_facts(
    names: tuple[str, ...], seed: int
) -> None:
    form = load_form("yueyanglou-2021")
    draft = made(names, random.Random(seed))
    assert wrong_in(read_draft(draft, form), draft.truth, form) == []


def test_each_change_says_what_it_does() -> None:
    assert all(change.meaning for change in CHANGES.values())
