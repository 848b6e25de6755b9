"""Which rule kinds and check kinds form data may use, with the keys each one takes.

``calculator/rules/`` and ``calculator/checks/`` give each kind its class or function; tests hold the
lists equal. Here only the writing is checked, so that a mistake is found when a form is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from perfeval_xl.forms.section import Section

NOT_APPLICABLE = "not_applicable"


def check_ratio(section: Section) -> None:
    """A ratio: a quotient of two facts, a change on a basis, or a declared percentage."""
    kind = section.choice("kind", ("quotient", "change", "declared"))
    section.text("name")
    if kind == "quotient":
        section.text("numerator")
        section.text("denominator")
    elif kind == "declared":
        section.text("fact")
        section.text("survey", "")
    else:
        section.text("reading")
        for _, basis in section.named("bases"):
            basis.text("this")
            basis.text("last")
            basis.done()
    section.done()


def check_deduction(section: Section) -> None:
    """Full marks up to a limit, so much off per percentage point beyond it."""
    check_ratio(section.section("ratio"))
    section.number("limit")
    section.choice("direction", ("over", "under"))
    _positive(section, "per_point")
    section.text("reading")
    section.text(NOT_APPLICABLE, "")


def check_tiers(section: Section) -> None:
    """Points by band, the first band that holds wins; the last one must be ``otherwise``."""
    check_ratio(section.section("ratio"))
    section.text(NOT_APPLICABLE, "")
    tiers = section.sections("tiers")
    if len(tiers) < 2:
        raise section.fail(
            "tiers", "至少要有两档", "写成 tiers = [{ at_least = 0.9, score = 5 }, …]"
        )
    limits: list[tuple[str, Decimal]] = []
    for tier in tiers[:-1]:
        side = "at_most" if tier.has("at_most") else "at_least"
        limits.append((side, tier.number(side)))
        tier.number("score")
        tier.done()
    last = tiers[-1]
    if not last.flag("otherwise"):
        raise last.fail("otherwise", "最后一档应兜底", "写成 { otherwise = true, score = 0 }")
    last.number("score")
    last.done()
    sides = {side for side, _ in limits}
    values = [limit for _, limit in limits]
    ordered = sorted(values, reverse=limits[0][0] == "at_least")
    if len(sides) != 1 or values != ordered or len(set(values)) != len(values):
        raise section.fail(
            "tiers", "各档界限没有按顺序排列", "at_least 由高到低，at_most 由低到高，不能混用"
        )


def check_surplus(section: Section) -> None:
    """No surplus, a surplus within last year's carry-over, or more."""
    section.text("reading")
    bases = section.section("bases")
    for name in bases.keys():
        bases.texts(name)
    section.text("carryover")
    section.text("carryover_total", "")
    section.texts("carryover_siblings", ())
    for key in ("none", "within_carryover", "beyond"):
        section.number(key)


def check_incidents(section: Section) -> None:
    """So much off per counted case."""
    section.text("count")
    section.text("noun")
    _positive(section, "per_incident")
    section.flag("judged")
    if section.text("among", ""):
        section.text(NOT_APPLICABLE)


def check_clauses(section: Section) -> None:
    """Points per clause that is met."""
    for clause in section.sections("clauses"):
        clause.text("fact")
        _positive(clause, "points")
        clause.done()


def check_judged(section: Section) -> None:
    """Only a person can judge it."""
    section.text("evidence")


RULE_KINDS: dict[str, Callable[[Section], None]] = {
    "deduction": check_deduction,
    "tiers": check_tiers,
    "surplus": check_surplus,
    "incidents": check_incidents,
    "clauses": check_clauses,
    "judged": check_judged,
}


def _sum(section: Section) -> None:
    section.text("total")
    section.text("total_only", "")
    if not section.texts("parts"):
        raise section.fail("parts", "没有加数", '写成 parts = ["…", "…"]')


def _difference(section: Section) -> None:
    for key in ("result", "minuend", "subtrahend"):
        section.text(key)


def _at_most(section: Section) -> None:
    section.texts("smaller")
    section.texts("larger")


def _score_total(section: Section) -> None:
    section.texts("totals")


def _score_points(section: Section) -> None:
    """Nothing but its heading: the points are those of the rubric."""


def _rating(section: Section) -> None:
    section.text("rating")


def _report_figures(section: Section) -> None:
    section.texts("prose")


def _equal(section: Section) -> None:
    section.text("left")
    section.text("right")


def _rate(section: Section) -> None:
    """A stated rate against the quotient of two facts, of the whole unit or of each row of a list."""
    for key in ("rate", "numerator", "denominator"):
        section.text(key)
    section.text("list", "")


def _sum_rows(section: Section) -> None:
    """A total against named rows and groups that may consist of rows of their own."""
    section.text("total")
    section.texts("parts", ())
    section.text("total_only", "")
    if not section.texts("groups"):
        raise section.fail(
            "groups", "没有带明细行的项目", '写成 groups = ["…"]，没有的用 kind = "sum"'
        )


def _scale(section: Section) -> None:
    """An amount that is asked about when it is both too many times another and too much per head."""
    section.text("amount")
    section.texts("heads")
    _positive(section, "per_head")
    if section.texts("beside"):
        _positive(section, "times")


CHECK_KINDS: dict[str, Callable[[Section], None]] = {
    "sum": _sum,
    "difference": _difference,
    "at_most": _at_most,
    "score_total": _score_total,
    "score_points": _score_points,
    "rating": _rating,
    "report_figures": _report_figures,
    "equal": _equal,
    "rate": _rate,
    "sum_rows": _sum_rows,
    "scale": _scale,
}


def _positive(section: Section, key: str) -> None:
    if section.number(key) <= 0:
        raise section.fail(key, "应大于 0", f"写成 {key} = 0.5 的形式")
