"""Invented units: figures that agree, at and around every limit, then slips of the usual kinds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from random import Random

from tests.oracle.expected import (
    BENEFITS,
    CLAUSES,
    INDICATORS,
    MAXIMA,
    SUMS,
    Unit,
    Value,
    band,
    points_of,
)

D = Decimal
CENT = D("0.01")
SPLITS = ((5, 5, 5), (6, 5, 4), (7, 4, 4), (5, 5, 4))
RATES = [D(text) for text in ("0.95", "0.9499", "0.85", "0.8499", "0.75", "0.7499", "1", "0.98")]
ISSUES = (  # days and shares: in time, at each limit, late
    (("2021-01-15", "0.5"), ("2021-06-30", "0.5")), (("2021-02-11", "1"),), (("2021-02-12", "1"),),
    (("2021-01-05", "0.4"), ("2021-05-01", "0.6")), (("2021-02-01", "0.6"), ("2021-07-01", "0.4")),
)  # fmt: skip


def any_unit(rng: Random, number: int) -> Unit:
    """A unit, some with further sheets, some with slips; its points and totals follow its figures."""
    unit = Unit(f"区第{number}样例局", _figures(rng))
    if number % 3 == 0:
        unit.base = _base(rng, unit.figures)
    if number % 6 == 0:
        unit.supplement, unit.specials = _supplement(rng, unit.figures)
    _score(unit, rng)
    for name in rng.sample(sorted(SLIPS), rng.choice((0, 1, 2, 3, 4))):
        SLIPS[name](unit, rng)
        unit.slips.append(name)
    return unit


def _money(rng: Random, least: int, most: int) -> Decimal:
    return D(rng.randint(least * 100, most * 100)) / 100


def _figures(rng: Random) -> dict[str, Value]:
    f: dict[str, Value] = {}
    posts = rng.choice((3, 36, 84, 100, 200, rng.randint(4, 250)))
    staff = rng.choice((posts, posts - 1, posts + 1, posts + 2, posts * 11 // 10, posts * 2))
    f["authorized_posts"], f["actual_staff"] = D(posts), D(staff)
    _parts(f, rng, SUMS["figures.income_parts"], (0.6, 1, 0.3, 0.3, 0.5), 300)
    whole = f["income_total"]
    assert isinstance(whole, Decimal)
    left = rng.choice((D(0), D(0), _money(rng, 0, 20), -_money(rng, 0, 3)))
    spent = max(whole - left, CENT)
    project = (spent * D("0.3")).quantize(CENT) if rng.random() < 0.7 else None
    f["expenditure_total"], f["project_expenditure"] = spent, project
    f["basic_expenditure"] = basic = spent - (project or 0)
    f["personnel_expenditure"] = people = (basic * D("0.6")).quantize(CENT)
    f["operating_expenditure"] = basic - people
    f["surplus_current"] = rng.choice((whole - spent, None))
    f["surplus_cumulative"] = rng.choice((None, whole - spent, whole - spent + _money(rng, 0, 50)))
    _parts(f, rng, SUMS["figures.three_public_parts"], (1, 0.6, 0.4, 0.2), 4)
    _parts(f, rng, SUMS["figures.assets_parts"], (1, 0.4, 0.4), 90)
    f["satisfaction_result"] = rng.choice((*RATES, None))
    return f


def _parts(
    f: dict[str, Value], rng: Random, names: tuple[str, ...], filled: tuple[float, ...], most: int
) -> None:
    """Some of the parts, blank where not filled, and their total."""
    total, *parts = names
    for name, share in zip(parts, filled, strict=True):
        f[name] = _money(rng, 1, most) if rng.random() < share else None
    f[total] = sum((v for name in parts if isinstance(v := f[name], Decimal)), D(0))


def _base(rng: Random, f: dict[str, Value]) -> dict[str, Value]:
    b: dict[str, Value] = {
        "base_authorized_posts": f["authorized_posts"], "base_actual_staff": f["actual_staff"],
    }  # fmt: skip
    own = {
        "hospitality": "official_hospitality", "vehicle_operation": "vehicle_operation",
        "vehicle_purchase": "vehicle_purchase", "overseas": "overseas_visits",
        "operating": "operating_expenditure",
    }  # fmt: skip
    for column, grown in (
        ("final_last", ("1", "1.1", "0.97")),
        ("budget", ("1", "1.05", "0.95")),
        ("final", ("1",)),
    ):
        factor = D(rng.choice(grown))
        for row, name in own.items():
            value = f[name]
            given = value if isinstance(value, Decimal) else D(0)
            b[f"{row}_{column}"] = (given * factor).quantize(CENT)
        b[f"vehicle_{column}"] = _sum(b, column, "vehicle_operation", "vehicle_purchase")
        b[f"three_public_{column}"] = _sum(b, column, "vehicle", "overseas", "hospitality")
        b[f"business_work_{column}"] = b[f"project_expenditure_{column}"] = _money(rng, 10, 60)
        b[f"basic_adjustment_{column}"] = _money(rng, 50, 300)
        b[f"procurement_{column}"] = _money(rng, 1, 60)
    if rng.random() < 0.4:
        b["basic_adjustment_final"] = b["basic_adjustment_budget"]
    return b


def _sum(b: dict[str, Value], column: str, *rows: str) -> Decimal:
    return sum((v for row in rows if isinstance(v := b[f"{row}_{column}"], Decimal)), D(0))


def _supplement(
    rng: Random, f: dict[str, Value]
) -> tuple[dict[str, Value], list[tuple[str, Decimal, date, Decimal]]]:
    project = f["project_expenditure"]
    share = D(rng.choice(("0.9", "0.89", "0.8", "0.7", "0.6", "0.3", "1")))
    eligible = _money(rng, 1, 60)
    specials = [
        (f"样例专项{n}", D(40), date.fromisoformat(day), 40 * D(part))
        for n in range(rng.choice((0, 1, 2, 3)))
        for day, part in rng.choice(ISSUES)
    ]
    given: dict[str, Value] = {
        "key_project_expenditure": project * share if isinstance(project, Decimal) else None,
        "three_public_budget_last": rng.choice((None, _money(rng, 1, 10))),
        "card_eligible_spending": eligible,
        "card_spending": (eligible * D(rng.choice(("0.5", "0.6", "0.49", "0.333")))).quantize(CENT),
        "specials_count": D(len({name for name, *_ in specials})),
        "fund_use_cases": D(rng.choice((0, 1, 5))), "asset_cases": D(rng.choice((0, 2, 7))),
        "survey_size": D(rng.choice((0, 200))),
    }  # fmt: skip
    for clauses in CLAUSES.values():
        given |= {name: rng.random() < 0.8 for name in clauses}
    return given, specials


def _score(unit: Unit, rng: Random) -> None:
    """Self-scores that any lawful reading gives, reasons where points are lost, and the totals."""
    points = points_of(unit)
    for name in INDICATORS:
        most = D(MAXIMA[name])
        if points[name].standing == "decided":
            unit.scores[name] = score = rng.choice(points[name].scores)
        else:
            unit.scores[name] = score = most - rng.choice((0, 0, 1))
        if score < most and name not in BENEFITS:
            unit.reasons[name] = "按评分标准扣分"
    for name, share in zip(BENEFITS, rng.choice(SPLITS), strict=True):
        unit.scores[name] = D(share)
    unit.reasons[BENEFITS[2]] = "按评分标准扣分"
    _add_up(unit)


def _add_up(unit: Unit) -> None:
    total = sum((v for v in unit.scores.values() if isinstance(v, Decimal)), D(0))
    unit.stated = unit.stated_on_profile = total
    unit.rating = band(total)


# ---- slips ----


def _total(unit: Unit, rng: Random) -> None:
    assert unit.stated is not None or unit.stated_on_profile is not None
    unit.stated = (unit.stated or D(90)) + rng.choice((1, -1))


def _total_of_profile(unit: Unit, rng: Random) -> None:
    unit.stated_on_profile = (unit.stated_on_profile or D(90)) - 1


def _total_blank(unit: Unit, rng: Random) -> None:
    unit.stated_on_profile = None


def _above(unit: Unit, rng: Random) -> None:
    name = rng.choice(INDICATORS[15:21])
    unit.scores[name] = D(MAXIMA[name] + 1)
    unit.reasons.pop(name, None)
    _add_up(unit)


def _blank(unit: Unit, rng: Random) -> None:
    unit.scores[rng.choice(INDICATORS[:21])] = None
    _add_up(unit)


def _text(unit: Unit, rng: Random) -> None:
    unit.scores[rng.choice(INDICATORS[:21])] = "满分"
    _add_up(unit)


def _shared(unit: Unit, rng: Random) -> None:
    unit.scores["benefit_social"] = D(8)
    _add_up(unit)


def _no_reason(unit: Unit, rng: Random) -> None:
    name = rng.choice(INDICATORS[15:21])
    unit.scores[name] = D(MAXIMA[name] - 1)
    unit.reasons.pop(name, None)
    _add_up(unit)


def _idle_reason(unit: Unit, rng: Random) -> None:
    name = rng.choice(INDICATORS[15:21])
    unit.scores[name] = D(MAXIMA[name])
    unit.reasons[name] = rng.choice(("资料不全，扣分", "进度滞后", "一项任务未完成"))
    _add_up(unit)


def _points(unit: Unit, rng: Random) -> None:
    name = rng.choice(INDICATORS[:20])
    unit.points[name] = D(MAXIMA[name] + 1)


def _rating(unit: Unit, rng: Random) -> None:
    unit.rating = rng.choice(("优秀", "良好", "合格"))


def _wrong_score(unit: Unit, rng: Random) -> None:
    name = rng.choice(("staffing_control_rate", "fund_surplus", "fixed_asset_utilization_rate"))
    unit.scores[name] = D(1)
    unit.reasons[name] = "扣分"
    _add_up(unit)


def _all_full(unit: Unit, rng: Random) -> None:
    unit.scores = {name: D(MAXIMA[name]) for name in INDICATORS} | dict.fromkeys(BENEFITS, D(5))
    unit.reasons = {}
    _add_up(unit)


def _sum_off(unit: Unit, rng: Random) -> None:
    name = rng.choice([total for total, *_ in SUMS.values()])
    value = unit.figures[name]
    if isinstance(value, Decimal):
        unit.figures[name] = value + D(rng.choice(("0.01", "0.02", "0.03", "7")))


def _unreadable(unit: Unit, rng: Random) -> None:
    unit.figures[rng.choice(("fixed_assets_total", "three_public_total", "actual_staff"))] = (
        "见附表"
    )


def _figure_blank(unit: Unit, rng: Random) -> None:
    names = ("fixed_assets_total", "three_public_total", "authorized_posts", "expenditure_total")
    unit.figures[rng.choice(names)] = None


def _oversized(unit: Unit, rng: Random) -> None:
    """三公 beyond all that it may be paid from."""
    total, *parts = SUMS["figures.three_public_parts"]
    unit.figures[parts[0]] = D(900)
    unit.figures[total] = sum(
        (v for name in parts if isinstance(v := unit.figures[name], Decimal)), D(0)
    )


def _negative(unit: Unit, rng: Random) -> None:
    unit.figures["fixed_assets_leased_out"] = D(-1)


def _rating_blank(unit: Unit, rng: Random) -> None:
    unit.rating = None


def _surplus(unit: Unit, rng: Random) -> None:
    unit.figures["surplus_current"] = rng.choice((D(0), D("14.01")))


def _base_sum(unit: Unit, rng: Random) -> None:
    if unit.base is not None:
        _two_more(unit.base, rng.choice(("three_public_budget", "base_actual_staff")))


def _last_year(unit: Unit, rng: Random) -> None:
    if unit.base is not None:
        _two_more(unit.base, "three_public_final_last")


def _two_more(base: dict[str, Value], name: str) -> None:
    value = base[name]
    assert isinstance(value, Decimal)
    base[name] = value + 2


SLIPS: dict[str, Callable[[Unit, Random], None]] = {
    make.__name__.strip("_"): make
    for make in (
        _total, _total_of_profile, _total_blank, _above, _blank, _text, _shared, _no_reason,
        _idle_reason, _points, _rating, _wrong_score, _all_full, _sum_off, _unreadable,
        _figure_blank, _oversized, _negative, _rating_blank, _surplus, _base_sum, _last_year,
    )
}  # fmt: skip
