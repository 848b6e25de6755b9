"""Broken sums explained: the slip that was made is found, or nothing is said."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfeval_xl.calculator import evaluate
from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.checks import Desk, run_checks
from perfeval_xl.calculator.mend import Change, Mender, Slip, identities_of, slip_between
from perfeval_xl.calculator.prepared import prepare
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import Finding
from tests.calculator.build import CLEAN, Value, submission

SPEC = load_form("yueyanglou-2021")
PREPARED = prepare(SPEC)
TABLES = {"income", "expenditure", "three_public", "fixed_assets"}
MONEY = [f.id for f in SPEC.fields.values() if f.block in TABLES]

# 收入 312.47 = 12.08 + 297.36 + 3.03；支出 297.36 = 基本 251.88（人员 164.31 + 公用 87.57）+ 项目 45.48；
# 结余 15.11；三公 8.42 = 2.43 + 5.99；固定资产 63.75 = 41.35 + 18.20 + 4.20
BASE: dict[str, Value] = {**CLEAN, **{
    name: Decimal(value) for name, value in {
        "income_total": "312.47", "income_carryover": "12.08", "income_other": "3.03",
        "income_fiscal_appropriation": "297.36",
        "expenditure_total": "297.36", "basic_expenditure": "251.88",
        "personnel_expenditure": "164.31", "operating_expenditure": "87.57",
        "project_expenditure": "45.48", "surplus_current": "15.11", "surplus_cumulative": "15.11",
        "three_public_total": "8.42", "official_hospitality": "2.43", "vehicle_operation": "5.99",
        "fixed_assets_total": "63.75", "fixed_assets_in_use": "41.35",
        "fixed_assets_leased_out": "18.20", "fixed_assets_other": "4.20",
    }.items()
}, "income_government_fund": 0, "income_nontax_account": 0,
   "vehicle_purchase": 0, "overseas_visits": 0}  # fmt: skip


def _findings(changes: Mapping[str, Value]) -> list[Finding]:
    found = evaluate(submission(SPEC, changes, base=BASE), SPEC).findings
    return [f for f in found if f.code.startswith("figures.") and f.severity == "error"]


def test_the_base_has_no_broken_sum() -> None:
    assert _findings({}) == []


def test_a_head_that_says_yuan_over_figures_in_wan_is_named() -> None:
    names = ("income_total", "income_carryover", "income_fiscal_appropriation", "income_other")
    typed = {name: Decimal(str(BASE[name])) for name in names}
    form = submission(SPEC, {name: value / 10000 for name, value in typed.items()}, base=BASE)
    converted = {
        name: replace(
            form.facts[name], raw=str(value), note=f"{value}（元）折合 {value / 10000} 万元"
        )
        for name, value in typed.items()
    }
    found = evaluate(replace(form, facts=form.facts | converted), SPEC).findings
    [said] = [f for f in found if f.code == "figures.surplus"]
    assert "可能是表头的单位写错" in said.fix
    assert "收入合计等填的本来就是万元（312.47）" in said.fix


@pytest.mark.parametrize(
    ("changes", "codes", "words"),
    [
        # 合计错：一格改正，两条勾稽关系都成立
        ({"basic_expenditure": "251.38"}, {"figures.basic_parts", "figures.expenditure_parts"},
         "基本支出把 251.88 写成 251.38（错一位）；改正这一处，相关的 2 条勾稽关系都成立"),
        ({"basic_expenditure": "215.88"}, {"figures.basic_parts", "figures.expenditure_parts"},
         "基本支出把 251.88 写成 215.88（两位数字颠倒）"),
        ({"income_total": "3124.7"}, {"figures.income_parts", "figures.surplus"},
         "收入合计把 312.47 写成 3124.7（小数点错位）"),
        ({"expenditure_total": "29736"},
         {"figures.expenditure_parts", "figures.surplus"}, "支出合计把 297.36 写成 29736（小数点错位）"),
        ({"basic_expenditure": "25.88"}, {"figures.basic_parts", "figures.expenditure_parts"},
         "基本支出把 251.88 写成 25.88（少一位）"),
        ({"basic_expenditure": "2551.88"}, {"figures.basic_parts", "figures.expenditure_parts"},
         "基本支出把 251.88 写成 2551.88（多一位）"),
        # 三位都不同，不是手误的样子，但支出和结余两处都要 297.36；项目支出 45.48→54.48 只救一处
        ({"expenditure_total": "306.36"}, {"figures.expenditure_parts", "figures.surplus"},
         "支出合计填错，应为 297.36；改正这一处，相关的 2 条勾稽关系都成立"),
        # 分项错：只有一条勾稽关系
        ({"surplus_current": "-15.11"}, {"figures.surplus"}, "当年结余把 15.11 写成 -15.11（正负号）"),
        ({"surplus_current": "0"}, {"figures.surplus"}, "当年结余应为 15.11，填成了 0"),
        ({"fixed_assets_other": None}, {"figures.assets_parts"}, "其他漏填，应为 4.2"),
        ({"fixed_assets_total": "41.35", "fixed_assets_in_use": "63.75"},
         {"figures.assets_parts", "figures.assets_in_use"},
         "固定资产合计和 附件2-1 自评表!K27 在用固定资产两格互相填错；改正这一处，相关的 2 条勾稽关系都成立"),
    ],
)  # fmt: skip
def test_one_slip_is_named_with_what_was_meant(
    changes: dict[str, str | None], codes: set[str], words: str
) -> None:
    found = _findings({k: None if v is None else Decimal(v) for k, v in changes.items()})
    assert {f.code for f in found} == codes
    for finding in found:
        assert words in finding.fix
        assert "可能是" in finding.fix


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"vehicle_operation": "59900"}, "5.99"),
        ({"basic_expenditure": "2518800"}, "251.88"),
        ({"official_hospitality": "24300", "vehicle_operation": "59900"}, "2.43、5.99"),
        ({"three_public_total": "84200"}, "8.42"),
        # 收入一行都填元，支出一行是万元：整行差一万倍
        (
            {
                "income_total": "3124700",
                "income_carryover": "120800",
                "income_other": "30300",
                "income_fiscal_appropriation": "2973600",
            },
            "312.47、12.08、297.36、3.03",
        ),
    ],
)
def test_yuan_for_wan_is_a_finding_of_its_own_and_the_sums_follow_from_it(
    changes: dict[str, str], expected: str
) -> None:
    found = _findings({k: Decimal(v) for k, v in changes.items()})
    first = next(f for f in found if f.code == "figures.yuan_for_wan")
    assert first.expected == expected
    others = [f for f in found if f is not first]
    assert others
    assert all(f.follows_from == "figures.yuan_for_wan" for f in others)
    assert not any("可能是 " in f.fix for f in others)


@pytest.mark.parametrize(
    "changes",
    [
        {"three_public_total": "8.32"},  # 三格都可能错一位
        {"surplus_current": "0", "fixed_assets_in_use": "41.45", "fixed_assets_total": "63.76"},
        {"basic_expenditure": "267.93", "project_expenditure": "45.58"},  # 两处错
    ],
)
def test_where_several_slips_would_do_none_is_accused(changes: dict[str, str]) -> None:
    found = _findings({k: Decimal(v) for k, v in changes.items()})
    assert found
    doubtful = [f for f in found if f.code != "figures.surplus"]
    assert not any("可能是" in f.fix for f in doubtful)


def test_an_ambiguous_sum_says_how_many_slips_would_do() -> None:
    (finding,) = _findings({"personnel_expenditure": Decimal("164.41")})
    # 人员 164.41→164.31、公用 87.57→87.47；基本支出另有一条勾稽关系，不能改
    assert "只改一处就能相符的改法有 2 种（涉及 附件2-1 自评表!K21、N21）" in finding.fix


def test_a_second_broken_identity_of_the_cell_silences_the_guess() -> None:
    """Basic expenditure off by a digit, and the whole off by something else: one change mends neither."""
    found = _findings(
        {"basic_expenditure": Decimal("251.38"), "expenditure_total": Decimal("300.07")}
    )
    assert not any("基本支出把" in f.fix for f in found)


@pytest.mark.parametrize(
    ("given_", "wanted", "slip"),
    [
        ("32600", "3.26", Slip.YUAN), ("1748512", "174.85", Slip.YUAN), ("3.26", "32600", None),
        ("32.6", "3.26", Slip.POINT), ("0.33", "3.3", Slip.POINT), ("326", "3.26", Slip.POINT),
        ("-5", "5", Slip.SIGN), ("5", "-5", Slip.SIGN), ("297.36", "279.36", Slip.TRANSPOSED),
        ("297.36", "293.76", Slip.TRANSPOSED), ("297.36", "297.86", Slip.DIGIT),
        ("0.43", "2.43", Slip.DIGIT), ("97.36", "297.36", Slip.DROPPED), ("297.36", "97.36", Slip.EXTRA),
        ("297.36", "397.46", None), ("297.36", "236.97", None), ("0", "5", Slip.BLANK),
        (None, "5", Slip.BLANK), (None, "0", None), ("5", "0", None), ("5", "-6", None),
    ],
)  # fmt: skip
def test_a_slip_is_known_by_its_two_figures(
    given_: str | None, wanted: str, slip: Slip | None
) -> None:
    number = None if given_ is None else Decimal(given_)
    assert slip_between(number, Decimal(wanted)) is slip


# ---- random forms, one slip in each ----


def _consistent(chance: random.Random) -> dict[str, Value]:
    def money(most: int = 8) -> Decimal:
        size = chance.choice((10**3, 10**4, 10**5, 10 ** (most - 1), 10**most))
        return Decimal(chance.randint(1, size)) / 100

    def parts(names: list[str], blanks: float) -> Decimal:
        filled = [n for n in names if chance.random() > blanks] or names[:1]
        for name in names:
            figures[name] = money() if name in filled else chance.choice((None, Decimal(0)))
        return sum((figures[n] for n in filled), Decimal(0))  # type: ignore[misc]

    figures: dict[str, Value] = {}
    project = money() if chance.random() < 0.7 else None
    three_public = parts(
        ["official_hospitality", "vehicle_operation", "vehicle_purchase", "overseas_visits"], 0.5
    )  # fmt: skip
    personnel, operating = money(), money() + three_public
    basic = personnel + operating
    spent = basic + (project or 0)
    figures |= {
        "three_public_total": three_public, "personnel_expenditure": personnel,
        "operating_expenditure": operating, "basic_expenditure": basic,
        "project_expenditure": project, "expenditure_total": spent,
    }  # fmt: skip
    left = money(5) if chance.random() < 0.5 else Decimal(0)
    income = ["income_carryover", "income_government_fund", "income_nontax_account", "income_other"]
    others = parts(income, 0.6)
    while others > spent:
        others = parts(income, 0.8)
        spent += 1000
        figures["project_expenditure"] = (figures["project_expenditure"] or Decimal(0)) + 1000  # type: ignore[operator]
        figures["expenditure_total"] = spent
    figures["income_fiscal_appropriation"] = spent + left - others
    figures["income_total"] = spent + left
    figures["surplus_current"] = left
    figures["surplus_cumulative"] = left
    figures["fixed_assets_total"] = parts(
        ["fixed_assets_in_use", "fixed_assets_leased_out", "fixed_assets_other"], 0.5
    )
    return figures


def _digit(value: Decimal, chance: random.Random) -> Decimal:
    text = list(f"{value:.2f}")
    place = chance.choice([n for n, c in enumerate(text) if c.isdigit()])
    text[place] = chance.choice([d for d in "0123456789" if d != text[place]])
    return Decimal("".join(text))


def _transposed(value: Decimal, chance: random.Random) -> Decimal:
    digits = list(f"{int(value * 100):03d}")
    place = chance.randrange(len(digits) - 1)
    digits[place], digits[place + 1] = digits[place + 1], digits[place]
    return Decimal("".join(digits)) / 100


SLIPS: dict[Slip, Callable[[Decimal, random.Random], Value]] = {
    Slip.DIGIT: _digit,
    Slip.TRANSPOSED: _transposed,
    Slip.YUAN: lambda v, _: v * 10000,
    Slip.SIGN: lambda v, _: -v,
    Slip.BLANK: lambda v, _: None,
    Slip.POINT: lambda v, c: v * c.choice((10, 100)) if c.random() < 0.7 else v / 10,
}


def _corrupted(
    figures: dict[str, Value], slip: Slip, chance: random.Random
) -> tuple[dict[str, Value], set[str]]:
    if slip is Slip.SWAPPED:
        block = chance.choice(sorted(TABLES))
        names = [n for n in MONEY if SPEC.fields[n].block == block and figures.get(n) is not None]
        names = [n for n in names if n != "surplus_cumulative"]
        first, second = chance.sample(names, 2) if len(names) > 1 else (names[0], names[0])
        return {**figures, first: figures[second], second: figures[first]}, {first, second}
    name = chance.choice([n for n in MONEY if figures.get(n) and n != "surplus_cumulative"])
    value = figures[name]
    assert isinstance(value, Decimal)
    return {**figures, name: SLIPS[slip](value, chance)}, {name}


def _guessed(figures: dict[str, Value]) -> tuple[bool, list[Change]]:
    form = submission(SPEC, figures, base={})
    mender = Mender(form, PREPARED)
    broken = [i for i in identities_of(form, PREPARED) if not i.holds({})]
    book = FindingBook()
    run_checks(Desk(form, PREPARED, book, mender))
    guesses = [mender.guess(i.key[0], i.terms[0][0]) for i in broken]
    return bool(broken), [g.change for g in guesses if g.change is not None]


def statistics(rounds: int, seed: int) -> dict[Slip, Counter[str]]:
    """Per kind of slip: forms broken by it, guesses given, and right ones (cell and value)."""
    chance = random.Random(seed)
    counted: dict[Slip, Counter[str]] = {}
    for slip in (*SLIPS, Slip.SWAPPED):
        count = counted[slip] = Counter()
        for _ in range(rounds):
            figures = _consistent(chance)
            wrong, names = _corrupted(figures, slip, chance)
            broken, changes = _guessed(wrong)
            count["broken"] += broken
            if not changes:
                continue
            count["given"] += 1
            truth = {n: figures[n] for n in names if wrong[n] != figures[n]}
            right = all(_same(change, truth) for change in changes)
            count["right"] += right
    return counted


def _same(change: Change, truth: Mapping[str, Value]) -> bool:
    named = {f.id: v for f, v in change.cells}
    return named.keys() == truth.keys() and all(
        abs(named[n] - (truth[n] or 0)) <= Decimal("0.005")  # type: ignore[operator]
        for n in named
    )


def test_a_guess_names_the_true_cell_and_value_at_least_95_times_in_100() -> None:
    counted = statistics(60, 11)
    given_ = sum(c["given"] for c in counted.values())
    right = sum(c["right"] for c in counted.values())
    assert given_ > 0.6 * sum(c["broken"] for c in counted.values())
    assert right >= 0.95 * given_, counted


@given(
    seed=st.integers(0, 10**9), slip=st.sampled_from([*SLIPS, Slip.SWAPPED]), twice=st.booleans()
)
@settings(max_examples=150, deadline=None)
def test_no_guess_ever_mends_fewer_than_all_identities_of_its_cells(
    seed: int, slip: Slip, twice: bool
) -> None:
    chance = random.Random(seed)
    figures, _ = _corrupted(_consistent(chance), slip, chance)
    if twice:
        figures, _ = _corrupted(figures, Slip.DIGIT, chance)
    form = submission(SPEC, figures, base={})
    mender = Mender(form, PREPARED)
    identities = list(identities_of(form, PREPARED))
    for identity in identities:
        change = mender.guess(identity.key[0], identity.terms[0][0]).change
        if change is None:
            continue
        own = [i for i in identities if {f.ref for f, _ in i.terms} & set(change.values)]
        assert identity in own
        assert all(i.holds(change.values, Decimal("0.05")) for i in own)
        assert not identity.holds({})
