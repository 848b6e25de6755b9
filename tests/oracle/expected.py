"""Figures in; score intervals, totals and findings out, by the printed rules alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

Value = Decimal | str | bool | None
Figures = Mapping[str, Value]

MAXIMA = {
    "staffing_control_rate": 5, "three_public_change_rate": 5, "key_expenditure_rate": 5,
    "budget_adjustment_rate": 3, "payment_progress": 3, "fund_surplus": 3,
    "three_public_control_rate": 6, "budget_management_system": 3, "fund_use_compliance": 3,
    "budget_disclosure": 3, "procurement_execution_rate": 3, "official_card_usage_rate": 3,
    "asset_management_system": 3, "asset_safety": 4, "fixed_asset_utilization_rate": 3,
    "duty_prosperity_targets": 5, "duty_growth_pole_targets": 7, "duty_government_report_targets": 5,
    "duty_livelihood_projects": 2, "duty_key_projects": 2, "duty_other_targets": 4,
    "benefit_economic": 15, "benefit_social": 15, "benefit_ecological": 15, "public_satisfaction": 5,
}  # fmt: skip
INDICATORS = tuple(MAXIMA)
BENEFITS = ("benefit_economic", "benefit_social", "benefit_ecological")
SHARED = 15
SPRING_FESTIVAL, END_OF_JUNE = date(2021, 2, 12), date(2021, 6, 30)
BANDS = ((90, "优秀"), (80, "良好"), (60, "合格"), (-1000, "不合格"))
CLAUSES = {
    "budget_management_system": {
        "budget_system_exists": 1, "budget_system_sound": 1, "budget_system_executed": 1,
    },
    "budget_disclosure": {
        "disclosure_content": 1, "disclosure_on_time": 0.5, "disclosure_true": 0.5,
        "disclosure_complete": 0.5, "disclosure_accurate": 0.5,
    },
    "asset_management_system": {"asset_system_sound": 2, "asset_system_executed": 1},
}  # fmt: skip
CASES = {"fund_use_compliance": "fund_use_cases", "asset_safety": "asset_cases"}
SUMS = {
    "figures.income_parts": (
        "income_total", "income_carryover", "income_fiscal_appropriation", "income_government_fund",
        "income_nontax_account", "income_other",
    ),
    "figures.expenditure_parts": ("expenditure_total", "basic_expenditure", "project_expenditure"),
    "figures.basic_parts": ("basic_expenditure", "personnel_expenditure", "operating_expenditure"),
    "figures.three_public_parts": (
        "three_public_total", "official_hospitality", "vehicle_operation", "vehicle_purchase",
        "overseas_visits",
    ),
    "figures.assets_parts": (
        "fixed_assets_total", "fixed_assets_in_use", "fixed_assets_leased_out", "fixed_assets_other",
    ),
}  # fmt: skip
HALF_CENT = Decimal("0.005")  # of 万元; a form in 元 is a hundred times finer


@dataclass(frozen=True)
class Points:
    """What one indicator's figures say, the default reading first; or why there is no score.

    Where it is undecided, scores are what stays possible, if not everything.
    """

    scores: tuple[Decimal, ...] = ()
    standing: str = "decided"

    @property
    def low(self) -> Decimal:
        """The least over all lawful readings."""
        return min(self.scores)

    @property
    def high(self) -> Decimal:
        """The most."""
        return max(self.scores)


OPEN, JUDGED, NOT_APPLICABLE = (
    Points(standing=name) for name in ("undecided", "judged", "not_applicable")
)


@dataclass
class Unit:
    """What one unit filled in; specials: name, amount, day and sum of each issue."""

    name: str
    figures: dict[str, Value]
    scores: dict[str, Value] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    points: dict[str, Decimal] = field(default_factory=dict)
    stated: Decimal | None = None
    stated_on_profile: Decimal | None = None
    rating: str | None = None
    base: dict[str, Value] | None = None
    supplement: dict[str, Value] | None = None
    specials: list[tuple[str, Decimal, date, Decimal]] = field(default_factory=list)
    slips: list[str] = field(default_factory=list)
    half_unit: Decimal = HALF_CENT


def known_of(unit: Unit) -> dict[str, Value]:
    """Every figure that may decide points, worked-out ones included."""
    known = dict(unit.figures)
    if unit.base is not None:
        b = unit.base
        for name in (
            "three_public_final_last", "three_public_budget", "procurement_budget",
            "procurement_final",
        ):  # fmt: skip
            known[name] = b[name]
        pairs = [
            (_number(b[f"{row}_budget"]), _number(b[f"{row}_final"]))
            for row in ("basic_adjustment", "project_expenditure")
        ]
        known["initial_budget"] = sum(before for before, _ in pairs)
        known["budget_adjustment"] = sum(abs(after - before) for before, after in pairs)
    if unit.supplement is not None:
        known |= {name: v for name, v in unit.supplement.items() if v is not None}
        known["late_specials"] = _late(unit)
    return known


def _late(unit: Unit) -> Decimal:
    late = 0
    for name, amount in {name: amount for name, amount, _, _ in unit.specials}.items():
        issues = [(day, given) for other, _, day, given in unit.specials if other == name]
        early = sum(given for day, given in issues if day < SPRING_FESTIVAL)
        in_time = sum(given for day, given in issues if day <= END_OF_JUNE)
        late += early * 2 < amount or in_time < amount
    return Decimal(late)


# ---- points ----


def points_of(unit: Unit) -> dict[str, Points]:
    """Every indicator's points."""
    f = known_of(unit)
    found = dict.fromkeys(INDICATORS, JUDGED)
    found["staffing_control_rate"] = _over(f, "actual_staff", "authorized_posts", 5, "0.5")
    found["three_public_change_rate"] = _change(f)
    found["key_expenditure_rate"] = _tiers(
        f, "key_project_expenditure", "project_expenditure", (0.9, 5), (0.8, 4), (0.7, 3), (0.6, 2)
    )
    found["budget_adjustment_rate"] = _adjustment(f)
    found["payment_progress"] = _progress(f)
    found["fund_surplus"] = _surplus(f)
    found["three_public_control_rate"] = _over(
        f, "three_public_total", "three_public_budget", 6, "1"
    )
    found["procurement_execution_rate"] = _under(
        f, "procurement_final", "procurement_budget", 3, "0.2"
    )
    found["official_card_usage_rate"] = _under(
        f, "card_spending", "card_eligible_spending", 3, "0.2", Fraction(1, 2)
    )
    found["fixed_asset_utilization_rate"] = _under(
        f, "fixed_assets_in_use", "fixed_assets_total", 3, "0.1"
    )
    satisfied = f.get("satisfaction_result")
    found["public_satisfaction"] = (
        _band(Fraction(satisfied), (0.95, 5), (0.85, 3), (0.75, 1))
        if isinstance(satisfied, Decimal)
        else OPEN
    )
    for indicator, clauses in CLAUSES.items():
        if all(isinstance(f.get(name), bool) for name in clauses):
            met = sum(Decimal(str(p)) for name, p in clauses.items() if f[name])
            found[indicator] = Points((Decimal(met),))
    for indicator, count in CASES.items():
        if isinstance(cases := f.get(count), Decimal):
            found[indicator] = Points((max(Decimal(0), MAXIMA[indicator] - cases),))
    return found


def _number(value: Value) -> Decimal:
    assert isinstance(value, Decimal), value
    return value


def _are_numbers(*values: Value) -> bool:
    return all(isinstance(value, Decimal) for value in values)


def _taken_off(beyond: Fraction, most: int, each: str) -> tuple[Decimal, ...]:
    """Points left when started percentage points do not count, count in part, or count whole."""
    if beyond <= 0:
        return (Decimal(most),)
    counted = (Fraction(math.floor(beyond)), beyond, Fraction(math.ceil(beyond)))
    left = (max(Fraction(0), most - Fraction(each) * points) for points in counted)
    return tuple(Decimal(math.floor(x * 100 + Fraction(1, 2))) / 100 for x in left)


def _share(f: Figures, top: str, bottom: str) -> Fraction | Points:
    over, under = f.get(top), f.get(bottom)
    if not _are_numbers(over, under):
        return OPEN
    if not _number(under):
        return OPEN if _number(over) else NOT_APPLICABLE
    return Fraction(_number(over)) / Fraction(_number(under))


def _over(f: Figures, top: str, bottom: str, most: int, each: str) -> Points:
    share = _share(f, top, bottom)
    return share if isinstance(share, Points) else Points(_taken_off((share - 1) * 100, most, each))


def _under(
    f: Figures, top: str, bottom: str, most: int, each: str, limit: Fraction = Fraction(1)
) -> Points:
    share = _share(f, top, bottom)
    if isinstance(share, Points):
        return share
    return Points(_taken_off((limit - share) * 100, most, each))


def _band(share: Fraction, *bands: tuple[float, int]) -> Points:
    reached = (score for least, score in bands if share >= Fraction(str(least)))
    return Points((Decimal(next(reached, 0)),))


def _tiers(f: Figures, top: str, bottom: str, *bands: tuple[float, int]) -> Points:
    share = _share(f, top, bottom)
    return share if isinstance(share, Points) else _band(share, *bands)


def _adjustment(f: Figures) -> Points:
    share = _share(f, "budget_adjustment", "initial_budget")
    if isinstance(share, Points):
        return share
    bands = (("0", "3"), ("0.1", "2"), ("0.2", "1"), ("0.3", "0.5"))
    return Points((Decimal(next((p for most, p in bands if share <= Fraction(most)), "0")),))


def _change(f: Figures) -> Points:
    """Budget against budget, else and also final accounts against final accounts."""
    scores: list[Decimal] = []
    for this, last in (
        ("three_public_budget", "three_public_budget_last"),
        ("three_public_total", "three_public_final_last"),
    ):
        now, before = f.get(this), f.get(last)
        if _are_numbers(now, before) and _number(before):
            grown = (Fraction(_number(now)) / Fraction(_number(before)) - 1) * 100
            scores += _taken_off(grown, 5, "0.5")
    return Points(tuple(scores)) if scores else OPEN


def _progress(f: Figures) -> Points:
    late = f.get("late_specials")
    if late is None:
        return OPEN
    if f.get("specials_count") == 0:
        return NOT_APPLICABLE
    return Points((max(Decimal(0), 3 - _number(late) / 2),))


def _surplus(f: Figures) -> Points:
    """The cumulative surplus, the current one, income less expenditure: any that is there."""
    whole, spent = f.get("income_total"), f.get("expenditure_total")
    ways = [f.get("surplus_cumulative"), f.get("surplus_current")]
    ways.append(_number(whole) - _number(spent) if _are_numbers(whole, spent) else None)
    carryover = _carryover(f)
    scores: list[Decimal] = []
    is_open = False
    for way in ways:
        if isinstance(way, Decimal):
            if way > 0 and carryover is None:
                scores += [Decimal(2), Decimal(0)]
                is_open |= not scores[2:]  # the leading way decides whether there is a score
                continue
            scores.append(Decimal(3 if way <= 0 else 2 if way <= (carryover or 0) else 0))
    if is_open:
        return Points(tuple(scores), "undecided")
    return Points(tuple(scores)) if scores else OPEN


def _carryover(f: Figures) -> Decimal | None:
    """As stated; where blank, what the other parts leave, when they leave nothing else open."""
    stated, total = f.get("income_carryover"), f.get("income_total")
    if isinstance(stated, Decimal):
        return stated
    others = [f.get(name) for name in SUMS["figures.income_parts"][2:]]
    if not _are_numbers(total):
        return None
    left = _number(total) - sum(v for v in others if isinstance(v, Decimal))
    return left if left == 0 or (left > 0 and _are_numbers(*others)) else None


# ---- totals ----


def band(total: Decimal) -> str:
    """The rating that a total earns."""
    return next(label for least, label in BANDS if total >= least)


def totals_of(unit: Unit) -> dict[str, object]:
    """Totals as results.jsonl has them."""
    points = points_of(unit)
    sums = dict.fromkeys(("computed", "low", "high", "decided", "undecided", "judged"), Decimal(0))
    for name in INDICATORS:
        if name in BENEFITS:
            continue
        most, claim, given = Decimal(MAXIMA[name]), unit.scores.get(name), points[name]
        claimed = max(Decimal(0), min(claim, most)) if isinstance(claim, Decimal) else None
        if given.standing == "decided":
            computed, low, high = given.scores[0], given.low, given.high
        elif given.standing == "undecided":
            computed, low, high = claimed or Decimal(0), Decimal(0), most
            if given.scores:
                low, high = given.low, given.high
        else:
            computed = low = claimed or Decimal(0)
            high = most if claimed is None else claimed
        sums["computed"] += computed
        sums["low"] += low
        sums["high"] += high
        sums["judged" if given.standing == "not_applicable" else given.standing] += most
    shared = min(Decimal(SHARED), sum((_number(unit.scores[n]) for n in BENEFITS), Decimal(0)))
    for name in ("computed", "low", "high"):
        sums[name] += shared
    sums["judged"] += SHARED
    labels = [label for _, label in BANDS]
    best, worst = labels.index(band(sums["high"])), labels.index(band(sums["low"]))
    numbers = [v for v in unit.scores.values() if isinstance(v, Decimal)]
    return {
        **sums, "self_sum": sum(numbers), "rating": labels[best : worst + 1],
        "stated": unit.stated if unit.stated is not None else unit.stated_on_profile,
    }  # fmt: skip


# ---- findings ----


def findings_of(unit: Unit) -> Counter[tuple[str, str]]:
    """Code and indicator (or the figure it is about) of every finding of the kinds known here."""
    return Counter([*_of_figures(unit), *_of_scores(unit), *_of_totals(unit), *_of_base(unit)])


def _of_figures(unit: Unit) -> list[tuple[str, str]]:
    f, found = unit.figures, []
    for code, (total_id, *part_ids) in SUMS.items():
        total, parts = f.get(total_id), [f.get(name) for name in part_ids]
        numbers = [v for v in parts if isinstance(v, Decimal)]
        if isinstance(total, str) or any(isinstance(v, str) for v in parts) or not numbers:
            continue
        if total is None:
            found.append(("figures.blank_derivable", total_id))
        elif abs(_number(total) - sum(numbers)) > unit.half_unit * (1 + len(numbers)):
            found.append((code, total_id))
    whole, spent, left = (
        f.get(n) for n in ("income_total", "expenditure_total", "surplus_current")
    )
    if _are_numbers(whole, spent):
        if left is None:
            found.append(("figures.blank_derivable", "surplus_current"))
        elif abs(_number(whole) - _number(spent) - _number(left)) > unit.half_unit * 3:
            found.append(("figures.surplus", "surplus_current"))
    found += [("figures.three_public_size", "three_public_total")] * _is_oversized(unit)
    for name, value in f.items():
        if isinstance(value, Decimal) and value < 0 and not name.startswith("surplus"):
            found.append(("figures.negative", name))
        if isinstance(value, str):
            found.append(("figures.unreadable", name))
    staff, posts = f.get("actual_staff"), f.get("authorized_posts")
    if _are_numbers(staff, posts) and _number(staff) > _number(posts):
        found.append(("figures.staff_above_posts", "staffing_control_rate"))
    return found


def _is_oversized(unit: Unit) -> bool:
    """三公 above operating and project expenditure, a blank one being what its sum leaves for it."""
    f = unit.figures
    public, operating, project = (
        f.get(n) for n in ("three_public_total", "operating_expenditure", "project_expenditure")
    )
    if project is None and _are_numbers(f.get("expenditure_total"), f.get("basic_expenditure")):
        project = _number(f["expenditure_total"]) - _number(f["basic_expenditure"])
    if not _are_numbers(public, operating, project):
        return False
    return _number(public) - _number(operating) - _number(project) > unit.half_unit * 3


def _of_scores(unit: Unit) -> list[tuple[str, str]]:
    found, given = [], points_of(unit)
    for name in INDICATORS:
        claim, most, reason = unit.scores.get(name), MAXIMA[name], unit.reasons.get(name)
        if claim is None:
            found.append(("score.blank", name))
        elif isinstance(claim, str):
            found.append(("score.not_a_number", name))
        elif _number(claim) > most:
            found.append(("score.above_max", name))
        if not isinstance(claim, Decimal) or name in BENEFITS:
            continue
        if claim < most and not reason:
            found.append(("score.reason_missing", name))
        if claim == most and reason:
            found.append(("score.reason_without_deduction", name))
        points = given[name]
        if points.standing == "decided" and not points.low <= claim <= points.high:
            found.append(("score.differs", name))
        if points.standing == "undecided" and claim == most:
            found.append(("score.full_marks_unsupported", name))
    shared = sum((_number(unit.scores[name]) for name in BENEFITS), Decimal(0))
    if shared > SHARED:
        found.append(("score.shared_above_max", BENEFITS[0]))
    if shared < SHARED and not any(unit.reasons.get(name) for name in BENEFITS):
        found.append(("score.reason_missing", BENEFITS[0]))
    return found


def _of_totals(unit: Unit) -> list[tuple[str, str]]:
    found = [("score.points_altered", name) for name in unit.points]
    stated, other = unit.stated, unit.stated_on_profile
    claims = [unit.scores.get(name) for name in INDICATORS]
    whole = sum((v for v in claims if isinstance(v, Decimal)), Decimal(0))
    if _are_numbers(*claims):
        places = {stated: "scoring_total", other: "self_total"}
        if stated == other:
            places = {stated: "scoring_total"}
        for number, place in places.items():
            if number is not None and number != whole:
                found.append(("score.total_differs", place))
        found += [
            ("score.total_blank", place)
            for number, place in ((stated, "scoring_total"), (other, "self_total"))
            if number is None
        ]
        full = all(unit.scores[n] == MAXIMA[n] for n in INDICATORS if n not in BENEFITS)
        if full and sum(_number(unit.scores[n]) for n in BENEFITS) == SHARED:
            found.append(("score.every_row_full", INDICATORS[0]))
    if stated is not None and other is not None and stated != other:
        found.append(("score.totals_disagree", "scoring_total"))
    rated = whole if _are_numbers(*claims) else stated if stated is not None else other
    if rated is not None and unit.rating != band(rated):
        code = "score.rating_differs" if unit.rating else "score.rating_blank"
        found.append((code, "self_rating"))
    return found


def _of_base(unit: Unit) -> list[tuple[str, str]]:
    found = []
    if unit.base is not None:
        b = unit.base
        for name, other in (
            ("three_public_final", "three_public_total"), ("base_actual_staff", "actual_staff"),
            ("operating_final", "operating_expenditure"), ("base_authorized_posts", "authorized_posts"),
        ):  # fmt: skip
            mine = unit.figures.get(other)
            if _are_numbers(mine) and abs(_number(b[name]) - _number(mine)) > HALF_CENT * 2:
                found.append(("figures.base_differs", name))
        for column in ("final_last", "budget", "final"):
            parts = sum(
                _number(b[f"{row}_{column}"]) for row in ("vehicle", "overseas", "hospitality")
            )
            if abs(_number(b[f"three_public_{column}"]) - parts) > HALF_CENT * 4:
                is_last = column == "final_last"
                code = "figures.base_last_year" if is_last else "figures.base_three_public"
                found.append((code, f"three_public_{column}"))
    return found


CODES = frozenset({
    *SUMS, "figures.blank_derivable", "figures.surplus", "figures.three_public_size",
    "figures.negative", "figures.unreadable", "figures.staff_above_posts", "figures.base_differs",
    "figures.base_last_year", "figures.base_three_public", "score.blank", "score.not_a_number",
    "score.above_max", "score.reason_missing", "score.reason_without_deduction", "score.differs",
    "score.full_marks_unsupported", "score.shared_above_max", "score.points_altered",
    "score.total_differs", "score.total_blank", "score.totals_disagree", "score.every_row_full",
    "score.rating_differs", "score.rating_blank",
})  # fmt: skip
