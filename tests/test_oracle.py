"""A whole run against an examiner who knows only the printed rules (``tests/oracle``).

Each unit's figures are written into a workbook of some other shape; what comes out in results.jsonl
has to be what the figures give, key by key. The units are drawn anew only with another seed.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from perfeval_xl import run_folder
from tests.oracle.expected import (
    CODES,
    MAXIMA,
    Points,
    Unit,
    findings_of,
    points_of,
    totals_of,
)  # fmt: skip
from tests.oracle.units import SLIPS, any_unit
from tests.oracle.workbooks import Look, write

SEED, COUNT = 18, 72  # every slip and every kind of finding is among them


@dataclass(frozen=True)
class Examined:
    """A unit, where its workbook has each figure, and what the program says of it."""

    unit: Unit
    look: Look
    places: dict[tuple[str, str], str]
    record: dict[str, Any]


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> list[Examined]:
    folder = tmp_path_factory.mktemp("oracle")
    (folder / "收件").mkdir()
    made = []
    for number in range(COUNT):
        rng = Random(f"{SEED}/{number}")
        unit, look = any_unit(rng, number), Look.any(rng)
        if look.money == "元":
            unit.half_unit /= 100
        made.append((unit, look, write(unit, look, folder / f"收件/{number:03}.xlsx")))
    run_folder(folder / "收件", folder / "结果")
    lines = (folder / "结果/results.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line, parse_float=Decimal) for line in lines]
    return [Examined(*parts, record) for parts, record in zip(made, records, strict=True)]


def test_every_kind_of_slip_is_among_the_units(examined: list[Examined]) -> None:
    assert {slip for one in examined for slip in one.unit.slips} == set(SLIPS)
    assert {code for one in examined for code, _ in findings_of(one.unit)} == CODES
    assert {one.record["status"] for one in examined} == {"evaluated"}


def test_every_figure_is_read_as_it_was_filled_in(examined: list[Examined]) -> None:
    for one in examined:
        facts = one.record["facts"]
        filled = {**one.unit.figures, **(one.unit.base or {})}
        read = {
            name: facts[name]["raw"] if isinstance(filled[name], str) else facts[name]["value"]
            for name in filled
        }
        assert read == filled, (one.record["file"], one.look)
        states = {name: facts[name]["state"] for name, value in filled.items()}
        assert states == {name: _state(value) for name, value in filled.items()}


def _state(value: object) -> str:
    if value is None:
        return "blank"
    return "number" if isinstance(value, Decimal) else "unreadable"


def test_every_indicator_scores_what_the_printed_rule_gives(examined: list[Examined]) -> None:
    for one in examined:
        given = one.record["indicators"]
        points = points_of(one.unit)
        assert [(i["id"], i["max"]) for i in given] == list(MAXIMA.items())
        for indicator in given:
            wanted = points[indicator["id"]]
            said = (one.record["file"], one.look, indicator["sentence"])
            claim = one.unit.scores[indicator["id"]]
            assert indicator["self"] == (claim if isinstance(claim, Decimal) else None), said
            assert indicator["outcome"] == _outcome(wanted, claim), said
            if wanted.standing == "decided":
                got = (indicator["score"], indicator["low"], indicator["high"])
                assert got == (wanted.scores[0], wanted.low, wanted.high), said
            else:
                assert (indicator["score"], indicator["formula"]) == (None, None), said


def _outcome(points: Points, claim: object) -> str:
    if points.standing != "decided":
        return points.standing
    if not isinstance(claim, Decimal) or not points.low <= claim <= points.high:
        return "differs"
    return "agrees" if claim == points.scores[0] else "within_readings"


def test_totals_are_those_of_the_points(examined: list[Examined]) -> None:
    for one in examined:
        wanted = totals_of(one.unit)
        totals = one.record["totals"]
        assert {name: totals[name] for name in wanted} == wanted, one.record["file"]


def test_findings_are_those_that_the_figures_demand_and_no_others(
    examined: list[Examined],
) -> None:
    for one in examined:
        found = Counter(
            (finding["code"], finding["indicator"] or _figure(one, finding))
            for finding in one.record["findings"]
            if finding["code"] in CODES
        )
        assert found == findings_of(one.unit), (one.record["file"], one.unit.slips, one.look)


def _figure(one: Examined, finding: dict[str, Any]) -> str:
    """What its first cell holds; a blank cell of a grid cut apart may be any of the row's."""
    cell = finding["cells"][0]
    if "blank" in finding["code"]:
        return next(
            name for name, fact in one.record["facts"].items() if fact["cell"] == cell
            and fact["sheet"] == finding["sheet"]
        )  # fmt: skip
    return one.places[finding["sheet"], cell]
