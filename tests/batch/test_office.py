"""What is known of a unit finds the unit, in whichever way its workbook names itself."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from perfeval_xl.batch.office import Office, context_of
from perfeval_xl.batch.who import Who
from perfeval_xl.context import NOTHING, Given, Rank

POSTS = Given("authorized_posts", Decimal(36), "36", "参考数据.xlsx!C2", Rank.REFERENCE)


def who(name: str = "", code: str = "", year: int | None = 2021) -> Who:
    return Who(name, code, "yueyanglou-2021", year)


def base_record(file: str, name: str, code: str, value: float) -> dict[str, Any]:
    fact = {
        "value": value,
        "raw": str(value),
        "state": "number",
        "sheet": "基础数据表",
        "cell": "D9",
    }
    return {
        "file": file, "unit": {"name": name or None, "code": code or None}, "year": 2021,
        "form": "yueyanglou-2023-base",
        "facts": {"three_public_budget": fact},
    }  # fmt: skip


@pytest.mark.parametrize(
    "unit",
    [who(code="301"), who("区甲局"), who("区 甲 局"), who("甲局老名"), who("区甲局", "301")],
)
def test_a_unit_is_found_by_code_name_or_alias(tmp_path: Path, unit: Who) -> None:
    with Office(tmp_path) as office:
        office.add_name("code", "301", "u1")
        office.add_name("name", "区甲局", "u1")
        office.add_name("alias", "甲局老名", "u1")
        office.give("u1", None, [POSTS])
        assert office.context_of(unit).given == (POSTS,)
        assert context_of(office.path, unit) == office.context_of(unit)


def test_a_name_that_two_units_claim_names_neither(tmp_path: Path) -> None:
    with Office(tmp_path) as office:
        office.add_name("name", "办公室", "u1")
        office.add_name("name", "办公室", "u2")
        office.add_name("name", "办公室", "u1")
        office.give("u1", None, [POSTS])
        assert office.context_of(who("办公室")) == NOTHING


def test_figures_of_another_year_are_not_used(tmp_path: Path) -> None:
    with Office(tmp_path) as office:
        office.give("301", 2020, [POSTS])
        assert office.context_of(who(code="301")) == NOTHING


def test_the_other_file_of_a_unit_is_joined_by_code_or_name(tmp_path: Path) -> None:
    with Office(tmp_path) as office:
        office.join([base_record("基.xlsx", "区甲局", "301", 5.5)])
        found = office.context_of(who("区甲局")).given
        assert [(g.fact, g.value, g.source) for g in found] == [
            ("three_public_budget", Decimal("5.5"), "基.xlsx 基础数据表!D9")
        ]
        assert office.context_of(who("区甲局", "301")).given == found
        assert office.context_of(who("区乙局", "302")) == NOTHING


def test_two_files_that_disagree_give_no_figure(tmp_path: Path) -> None:
    with Office(tmp_path) as office:
        office.join([base_record("a", "甲", "", 5.5), base_record("b", "甲", "", 6)])
        assert office.context_of(who("甲")).given == ()
        office.join([base_record("a", "甲", "", 5.5), base_record("b", "甲", "", 5.5)])
        assert len(office.context_of(who("甲")).given) == 1


def test_an_office_that_knows_nothing_leaves_no_file(tmp_path: Path) -> None:
    with Office(tmp_path) as office:
        assert office.path is None
        office.give("301", None, [POSTS])
        assert office.path is not None
    assert list(tmp_path.rglob("*.sqlite*")) == []
