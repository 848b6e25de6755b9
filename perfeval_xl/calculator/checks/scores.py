"""The scoring table as a whole: stated totals, printed points, the rating."""

from __future__ import annotations

from decimal import Decimal

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.calculator.checks import outcome
from perfeval_xl.calculator.checks.desk import Desk
from perfeval_xl.calculator.lines import texts_of
from perfeval_xl.calculator.shown import cells, first_to_last, refs_of, tidy
from perfeval_xl.calculator.totals import self_sum, stated_total
from perfeval_xl.forms.spec import CheckSpec
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import Fact, State, missing_fact


def check_score_total(desk: Desk, check: CheckSpec) -> None:
    """Σ of the self-scores against every stated total, and the stated totals against each other."""
    submission, texts = desk.submission, rule_texts()
    stated = [f for name in texts_of(check, "totals") if (f := submission.facts.get(name))]
    numbers = [f for f in stated if f.number is not None]
    added = self_sum(submission)
    rows = [row.self_score for row in submission.scores]
    if (
        added is None
        or len(rows) < len(desk.prepared.spec.indicators)
        or any(map(outcome.is_unread, rows))
    ):
        desk.book.check(check.id, check.title, texts["checks.rows_missing"], skipped=True)
        _totals_disagree(desk, check, numbers, "")
        return
    blank = [r for r in rows if r.number is None and not r.note]
    wrong = [f for f in numbers if f.number != added]
    if blank and wrong:
        said = texts["checks.rows_blank"].format(count=len(blank), sum=plain(added))
        desk.book.check(check.id, check.title, said, skipped=True)
        _totals_disagree(desk, check, numbers, "")
        return
    for fact in stated:
        if fact.state is State.BLANK:
            desk.book.add(
                "score.total_blank",
                [fact.ref],
                "",
                plain(added),
                slots={"label": desk.label(fact.id)},
            )
    if not wrong:
        told = texts["words.and"].join(
            f"{desk.label(f.id)} {plain(f.number)}" for f in numbers if f.number is not None
        )
        said = texts["checks.score_total"].format(sum=plain(added), totals=told)
        desk.book.check(check.id, check.title, said, skipped=not numbers)
        return
    _say_total(desk, check, wrong, added, rows)
    _totals_disagree(desk, check, numbers, check.code)


def _say_total(
    desk: Desk, check: CheckSpec, wrong: list[Fact], added: Decimal, rows: list[Fact]
) -> None:
    """One finding per wrong number: two totals that are wrong alike are one finding."""
    for number in dict.fromkeys(f.number for f in wrong):
        assert number is not None
        same = [f for f in wrong if f.number == number]
        places = cells(f.ref for f in same)
        desk.book.add(
            check.code, refs_of([*same, *rows]), plain(number), plain(added),
            plain(tidy(abs(number - added))),
            slots={"where": places, "cells": first_to_last(r.ref for r in rows)}, clause=check.clause,
            marked=len(same),
        )  # fmt: skip


def _totals_disagree(desk: Desk, check: CheckSpec, stated: list[Fact], cause: str) -> None:
    if len({f.number for f in stated}) < 2:
        return
    first, other = stated[0], next(f for f in stated if f.number != stated[0].number)
    assert first.number is not None
    assert other.number is not None
    desk.book.add(
        "score.totals_disagree", refs_of([first, other]), plain(first.number), plain(other.number),
        plain(tidy(abs(first.number - other.number))), slots={"places": cells([other.ref])},
        clause=check.clause, follows_from=cause,
    )  # fmt: skip


def check_score_points(desk: Desk, check: CheckSpec) -> None:
    """Printed points against the registered ones: per row, per pool, and all together."""
    spec, rows = desk.prepared.spec, {r.indicator: r for r in desk.submission.scores}
    altered = False
    read, unread = ZERO, 0
    for indicator in spec.indicators:
        row = rows.get(indicator.id)
        if indicator.shared or row is None:
            continue
        points = row.max_score.number
        if points is None:
            unread += 1
            read += indicator.max
            continue
        read += points
        if points != indicator.max:
            altered = True
            _say_altered(
                desk, check, indicator.label, [row.max_score], points, indicator.max, indicator.id
            )
    for pool_id, pool in spec.pools.items():
        facts = [rows[i.id].max_score for i in desk.prepared.pooled[pool_id] if i.id in rows]
        points = _pool_points(facts, pool.points)
        read += pool.points if points is None else points
        unread += points is None
        if points is not None and points != pool.points:
            altered = True
            _say_altered(desk, check, pool.label, facts, points, pool.points, "")
    _group_points(desk, check, altered)
    whole = spec.scoring.total_points
    if altered and read != whole and not unread:
        label = rule_texts()["words.whole"]
        desk.book.add(
            "score.points_sum", refs_of(r.max_score for r in desk.submission.scores), plain(tidy(read)),
            plain(whole), plain(tidy(abs(read - whole))), slots={"label": label}, clause=check.clause,
            follows_from="score.points_altered",
        )  # fmt: skip
    if not altered:
        texts = rule_texts()
        said = texts["checks.points"].format(count=len(rows), sum=plain(tidy(read)))
        if unread:
            said = texts["checks.points_unread"].format(count=unread)
        desk.book.check(check.id, check.title, said, skipped=unread > 0)


def _say_altered(
    desk: Desk, check: CheckSpec, label: str, facts: list[Fact], points: Decimal, official: Decimal,
    indicator: str,
) -> None:  # fmt: skip
    desk.book.add(
        "score.points_altered", refs_of(facts), plain(points), plain(official),
        plain(tidy(abs(points - official))), slots={"label": label}, indicator=indicator,
        clause=check.clause,
    )  # fmt: skip


def _pool_points(facts: list[Fact], official: Decimal) -> Decimal | None:
    """Points of a pool: printed once, once in each row, or split; any split is lawful."""
    by_cell = {fact.ref: fact.number for fact in facts if fact.number is not None}
    numbers = list(by_cell.values())
    if not numbers:
        return None
    if all(number == official for number in numbers):
        return official
    return sum(numbers, ZERO)


def _group_points(desk: Desk, check: CheckSpec, altered: bool) -> None:
    texts = rule_texts()
    for group_id, fact in desk.submission.group_points.items():
        group = desk.prepared.spec.groups.get(group_id)
        if group is None or fact.number is None or fact.number == group.points:
            continue
        desk.book.add(
            "score.points_sum", [fact.ref], plain(fact.number), plain(group.points),
            plain(tidy(abs(fact.number - group.points))),
            slots={"label": texts["words.group"].format(label=group.label)}, clause=check.clause,
            follows_from="score.points_altered" if altered else "",
        )  # fmt: skip


def check_rating(desk: Desk, check: CheckSpec) -> None:
    """The stated rating against the band of the rows' sum, else of the stated total."""
    texts, prepared = rule_texts(), desk.prepared
    fact = desk.submission.facts.get(str(check.options["rating"])) or missing_fact("")
    stated, added = stated_total(desk.submission), self_sum(desk.submission)
    rows = [row.self_score for row in desk.submission.scores]
    whole = len(rows) == len(prepared.spec.indicators) and not any(
        r.number is None and not r.note for r in rows
    )
    total = added if whole and added is not None else stated
    if total is None or fact.state is State.MISSING:
        desk.book.check(check.id, check.title, texts["checks.no_rating"], skipped=True)
        return
    note = texts["checks.summed" if whole and added is not None else "checks.stated"]
    expected = prepared.band(total)
    slots = {"note": note, "number": plain(total)}
    if fact.state is not State.TEXT:
        desk.book.add(
            "score.rating_blank", [fact.ref], "", expected, slots=slots, clause=check.clause
        )
        return
    found = prepared.rating(fact.text)
    if found == expected:
        detail = texts["checks.rating"].format(total=plain(total), rating=expected)
        desk.book.check(check.id, check.title, detail)
        return
    follows = stated is not None and found == prepared.band(stated)
    refs = [
        fact.ref,
        *(f.ref for n in ("self_total", "scoring_total") if (f := desk.submission.facts.get(n))),
    ]
    desk.book.add(
        check.code, refs, fact.text, expected, slots=slots, clause=check.clause,
        follows_from="score.total_differs" if follows and desk.book.has("score.total_differs") else "",
    )  # fmt: skip
