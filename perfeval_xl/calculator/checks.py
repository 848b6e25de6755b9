"""Check kinds: identities that must hold between the figures of one form.

Which identities there are stands in ``templates/<form>/checks.toml``. A blank part among filled
ones counts as 0 and is mentioned; what cannot be read makes a check impossible, never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from perfeval_xl.amounts import WAN, ZERO, half_unit, plain
from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.guesses import said_of
from perfeval_xl.calculator.lines import Operands, added, columns_of, lines_of, texts_of, tolerance
from perfeval_xl.calculator.mend import COLUMN, Guess, Mender, Slip
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.calculator.report import check_report
from perfeval_xl.calculator.scale import ask_scale
from perfeval_xl.calculator.shown import cells, first_to_last, percent, refs_of, tidy
from perfeval_xl.calculator.totals import self_sum, stated_total
from perfeval_xl.forms.spec import CheckSpec
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import Fact, State, Submission, missing_fact

YUAN = "figures.yuan_for_wan"
HEAD = "figures.unit_head_doubtful"


@dataclass(frozen=True)
class Desk:
    """Everything a check may look at, and the book it writes in."""

    submission: Submission
    prepared: Prepared
    book: FindingBook
    mender: Mender
    here: frozenset[str] = frozenset()  # further sheets of this very workbook

    def label(self, fact_id: str) -> str:
        """The printed label of a fact."""
        return self.prepared.spec.label_of(fact_id)

    def shown(self, fact: Fact) -> str:
        """The number of a fact; a percentage as one."""
        assert fact.number is not None
        field = self.prepared.spec.fields.get(fact.id)
        is_percent = field is not None and field.kind == "percent"
        return percent(Fraction(fact.number)) if is_percent else plain(tidy(fact.number))


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows under a head of their own, such as 区级专项资金: its own figure, and theirs."""

    own: Fact
    items: tuple[Fact, ...]

    @classmethod
    def of(cls, submission: Submission, name: str) -> _Group:
        """The group whose figures are the fact ``name``."""
        items = tuple(row.facts[name] for row in submission.lists if name in row.facts)
        return cls(submission.facts.get(name) or missing_fact(name), items)

    @property
    def counted(self) -> tuple[Fact, ...]:
        """What stands for the group in a sum: its own figure as the subtotal, else its rows."""
        return self.items if self.own.number is None else (self.own,)

    @property
    def ways(self) -> list[Decimal]:
        """What the group may add up to, its own figure taken as the subtotal first."""
        rows = added(self.items)
        own = self.own.number
        if own is None:
            return [rows]
        return [own, own + rows] if rows else [own]


def run_checks(desk: Desk) -> None:
    """Make every check of the form, then those that every form has."""
    for check in desk.prepared.spec.checks:
        if not check.attachment or _is_due(desk, check):
            KINDS[check.kind](desk, check)
    check_row_totals(desk)


def _is_due(desk: Desk, check: CheckSpec) -> bool:
    """Whether a further sheet's check is made here: what it says of itself alone, in its own file."""
    if check.attachment in desk.here:
        return True
    sheet = desk.prepared.spec.attachment(check.attachment).form
    is_its_own = any(check.id == f"{check.attachment}.{own.id}" for own in sheet.checks)
    return check.attachment in desk.submission.attached and not is_its_own


# ---- sums ----


def check_sum(desk: Desk, check: CheckSpec) -> None:
    """A total against the sum of its parts, in every line of the table."""
    total_id, part_ids = str(check.options["total"]), texts_of(check, "parts")
    for line in lines_of(desk.submission, desk.prepared, [total_id, *part_ids]):
        _sum_in_line(desk, check, line, total_id, part_ids)


def _sum_in_line(
    desk: Desk, check: CheckSpec, line: Operands, total_id: str, part_ids: Sequence[str]
) -> None:
    total, parts = line.fact(total_id), [line.fact(p) for p in part_ids]
    given = [p for p in parts if p.number is not None]
    if _cannot_check(desk, check, line, [total, *parts], needed=()):
        return
    if not given:
        _without_parts(desk, check, line, total)
        return
    expected = sum((p.number for p in given if p.number is not None), ZERO)
    operands = _terms(desk, given, " ＋ ")
    lost = [p for p in parts if p.state is State.MISSING]  # their column was not found
    slack = tolerance(desk.prepared, [total, *given])
    if lost and (total.number is None or total.number - expected > slack):
        _skip(desk, check, line, _absent(desk, "checks.missing", lost))
        return
    if total.number is None:
        _say_derivable(desk, check, line, total, expected, operands, given)
        return
    difference = abs(total.number - expected)
    blank = [p for p in parts if p.state is State.BLANK]
    if difference <= slack:
        _held(desk, check, line, total, operands, difference, blank)
        return
    _broken(desk, check, line, total, expected, difference, operands, [total, *given])


def _without_parts(desk: Desk, check: CheckSpec, line: Operands, total: Fact) -> None:
    """A total without any part: said where the form's data ask for it, else a check not made."""
    code = str(check.options.get("total_only", ""))
    if code and total.number:
        slots = {"label": _of(line, desk.label(total.id))}
        desk.book.add(code, [total.ref], plain(total.number), slots=slots, clause=check.clause)
    else:
        _skip(desk, check, line, rule_texts()["checks.no_parts"])


def check_sum_rows(desk: Desk, check: CheckSpec) -> None:
    """A total against named rows and groups; a group counts by its rows, or by its own figure.

    Where a group has both, its own figure is their subtotal, or one more row: both are lawful.
    """
    facts = desk.submission.facts
    line = Operands(facts, "", True)
    total = line.fact(str(check.options["total"]))
    parts = [line.fact(name) for name in texts_of(check, "parts")]
    groups = [_Group.of(desk.submission, name) for name in texts_of(check, "groups")]
    items = [fact for group in groups for fact in (group.own, *group.items)]
    if _cannot_check(desk, check, line, [total, *parts, *items], needed=()):
        return
    given = [f for f in [*parts, *items] if f.number is not None]
    if not given:
        _without_parts(desk, check, line, total)
        return
    sums = [added(parts)]
    for group in groups:
        sums = [one + way for one in sums for way in group.ways]
    counted = [f for f in [*parts, *(f for g in groups for f in g.counted)] if f.number is not None]
    operands = _terms(desk, counted, " ＋ ")
    if total.number is None:
        _say_derivable(desk, check, line, total, sums[0], operands, counted)
        return
    slack = tolerance(desk.prepared, [total, *given])
    gaps = [abs(total.number - one) for one in sums]
    if min(gaps) > slack:
        _broken(desk, check, line, total, sums[0], gaps[0], operands, [total, *counted])
        return
    blank = [p for p in parts if p.state is State.BLANK]
    _held(desk, check, line, total, operands, min(gaps), blank)
    if gaps[0] <= slack:
        for group in groups:
            _check_subtotal(desk, check, line, group)


def _check_subtotal(desk: Desk, check: CheckSpec, line: Operands, group: _Group) -> None:
    """A group's own figure, counted as the subtotal of its rows, is what they add up to."""
    given = [f for f in group.items if f.number is not None]
    if group.own.number is None or not given:
        return
    expected = added(given)
    difference = abs(group.own.number - expected)
    if difference > tolerance(desk.prepared, [group.own, *given]):
        operands = _terms(desk, given, " ＋ ")
        facts = [group.own, *given]
        _broken(desk, check, line, group.own, expected, difference, operands, facts)


def check_equal(desk: Desk, check: CheckSpec) -> None:
    """The same figure in two places."""
    line = Operands(desk.submission.facts, "", True)
    left, right = (line.fact(str(check.options[key])) for key in ("left", "right"))
    if _cannot_check(desk, check, line, [left, right], needed=(left, right)):
        return
    assert left.number is not None
    assert right.number is not None
    difference = abs(left.number - right.number)
    if difference <= tolerance(desk.prepared, [left, right]):
        detail = (
            f"{desk.label(left.id)} {desk.shown(left)} = {desk.label(right.id)} {desk.shown(right)}"
        )
        desk.book.check(check.id, check.title, detail)
        return
    if _in_yuan(desk, left, right):
        desk.book.add(
            YUAN, refs_of([left, right]), desk.shown(left), desk.shown(right),
            slots={"label": desk.label(left.id), "check": check.title}, clause=check.clause, marked=1,
        )  # fmt: skip
        return
    if _in_wan_under_yuan(desk, left, right):
        desk.book.add(
            HEAD, refs_of([left, right]), desk.shown(left), desk.shown(right),
            slots={
                "label": desk.label(left.id), "operands": desk.label(right.id),
                "places": cells([right.ref]),
            },
            clause=check.clause, marked=1,
        )  # fmt: skip
        return
    gap = replace(left, value=difference)
    desk.book.add(
        check.code, refs_of([left, right]), desk.shown(left), desk.shown(right), desk.shown(gap),
        slots={"label": desk.label(left.id), "operands": desk.label(right.id), "places": cells([right.ref])},
        kind=check.kind, clause=check.clause,
    )  # fmt: skip


def _in_yuan(desk: Desk, left: Fact, right: Fact) -> bool:
    """Whether the first figure is the second one in 元."""
    field = desk.prepared.spec.fields.get(left.id)
    if field is None or field.kind != "amount" or not left.number or not right.number:
        return False
    return abs(left.number / WAN - right.number) <= tolerance(desk.prepared, [left, right])


def _in_wan_under_yuan(desk: Desk, left: Fact, right: Fact) -> bool:
    """Whether the first figure, converted as its head says, was the second one before that."""
    if not left.number or not left.note:
        return False
    return _in_yuan(desk, replace(left, value=left.number * WAN * WAN, decimals=0), right)


def _in_another_unit(desk: Desk, check: CheckSpec) -> bool:
    facts = desk.submission.facts
    left, right = (
        facts.get(str(check.options[key])) or missing_fact("") for key in ("left", "right")
    )
    return _in_yuan(desk, left, right) or _in_wan_under_yuan(desk, left, right)


def without_doubtful_units(desk: Desk) -> Submission:
    """The submission as it may be scored: amounts of a sheet most likely in another unit are not read.

    A sheet of which one figure is ten thousand times its fellow on 附件2-1, or a ten thousandth,
    would score wrongly in every ratio between the two.
    """
    facts = desk.submission.facts
    doubtful = {
        check.attachment
        for check in desk.prepared.spec.checks
        if check.kind == "equal" and check.attachment in desk.submission.attached
        and _in_another_unit(desk, check)
    }  # fmt: skip
    if not doubtful:
        return desk.submission
    fields = desk.prepared.spec.fields
    unread = {
        name: replace(fact, value=None, state=State.UNREADABLE)
        for name, fact in facts.items()
        if name in fields and fields[name].attachment in doubtful and fields[name].kind == "amount"
        and fact.number is not None
    }  # fmt: skip
    unread |= {
        name: replace(fact, value=None, state=State.UNREADABLE, expression="")
        for name, fact in facts.items()
        if any(own.id in unread for own in fact.operands)
    }
    return replace(desk.submission, facts=facts | unread)


def check_rate(desk: Desk, check: CheckSpec) -> None:
    """A stated rate against its quotient, of the whole unit or of each row of a list."""
    listed = str(check.options.get("list", ""))
    lines = [Operands(desk.submission.facts, "", True)]
    if listed:
        own = [row for row in desk.submission.lists if row.block == listed]
        lines = [Operands(row.facts, row.unit, False) for row in own]
    for line in lines:
        _rate_in_line(desk, check, line)


def _rate_in_line(desk: Desk, check: CheckSpec, line: Operands) -> None:
    rate, top, bottom = (
        line.fact(str(check.options[key])) for key in ("rate", "numerator", "denominator")
    )
    if _cannot_check(desk, check, line, [rate, top, bottom], needed=(rate, top, bottom)):
        return
    assert rate.number is not None
    assert top.number is not None
    assert bottom.number is not None
    if not bottom.number:
        _skip(desk, check, line, _absent(desk, "checks.zero_operand", [bottom]))
        return
    expected = Fraction(top.number) / Fraction(bottom.number)
    difference = abs(Fraction(rate.number) - expected)
    operands = (
        f"{desk.label(top.id)} {desk.shown(top)} ÷ {desk.label(bottom.id)} {desk.shown(bottom)}"
    )
    if difference <= Fraction(half_unit(rate.decimals)):
        detail = f"{desk.label(rate.id)} {desk.shown(rate)} = {operands}"
        desk.book.check(check.id, _titled(check, line), detail)
        return
    desk.book.add(
        check.code, refs_of([rate, top, bottom]), desk.shown(rate), percent(expected),
        percent(difference), slots={"label": _of(line, desk.label(rate.id)), "operands": operands},
        kind=check.kind, clause=check.clause, marked=1,
    )  # fmt: skip


def check_difference(desk: Desk, check: CheckSpec) -> None:
    """A result against what is left after a subtraction."""
    ids = [str(check.options[key]) for key in ("result", "minuend", "subtrahend")]
    for line in lines_of(desk.submission, desk.prepared, ids):
        result, minuend, subtrahend = (line.fact(i) for i in ids)
        if _cannot_check(
            desk, check, line, [result, minuend, subtrahend], needed=(minuend, subtrahend)
        ):
            continue
        assert minuend.number is not None
        assert subtrahend.number is not None
        expected = minuend.number - subtrahend.number
        given = [minuend, subtrahend]
        operands = _terms(desk, given, " − ")
        if result.number is None:
            _say_derivable(desk, check, line, result, expected, operands, given)
            continue
        difference = abs(result.number - expected)
        if difference <= tolerance(desk.prepared, [result, *given]):
            _held(desk, check, line, result, operands, difference, [])
            continue
        _broken(desk, check, line, result, expected, difference, operands, [result, *given])


def check_at_most(desk: Desk, check: CheckSpec) -> None:
    """A part is not greater than the whole it belongs to."""
    small_ids, large_ids = texts_of(check, "smaller"), texts_of(check, "larger")
    for line in lines_of(desk.submission, desk.prepared, [*small_ids, *large_ids]):
        small, large = [line.fact(i) for i in small_ids], [line.fact(i) for i in large_ids]
        given = [f for f in large if f.number is not None]
        counted = [f for f in small if f.number is not None]
        if _cannot_check(desk, check, line, [*small, *large], needed=[] if counted else small):
            continue
        small = counted
        blank = [f for f in large if f.number is None]
        if not given:
            _skip(desk, check, line, _absent(desk, "checks.blank_operand", large))
            continue
        part = sum((f.number for f in small if f.number is not None), ZERO)
        whole = sum((f.number for f in given if f.number is not None), ZERO)
        if part <= whole + tolerance(desk.prepared, [*small, *given]):
            detail = f"{_terms(desk, small, ' ＋ ')} ≤ {_terms(desk, given, ' ＋ ')}"
            desk.book.check(check.id, _titled(check, line), _with_blank(desk, detail, blank))
        elif blank:
            _skip(desk, check, line, _absent(desk, "checks.blank_operand", blank))
        else:
            _broken_size(desk, check, line, small, large, part, whole)


def _broken_size(
    desk: Desk, check: CheckSpec, line: Operands, small: list[Fact], large: list[Fact],
    part: Decimal, whole: Decimal,
) -> None:  # fmt: skip
    guess = desk.mender.guess(check.id, small[0])
    cause = _say_yuan(desk, check, line, guess)
    label = _of(line, "＋".join(desk.label(f.id) for f in small))
    desk.book.add(
        check.code, refs_of([*small, *large]), plain(part), plain(whole), plain(part - whole),
        slots={"label": label, "operands": "＋".join(desk.label(f.id) for f in large)},
        kind=check.kind, clause=check.clause, follows_from=cause,
        hint="" if cause else said_of(guess, desk.label),
    )  # fmt: skip


def check_row_totals(desk: Desk) -> None:
    """Per column of a table with several 机构 rows: the 合计 row against the sum of the others."""
    for total, parts in columns_of(desk.submission):
        _row_total(desk, total, parts)


def _row_total(desk: Desk, total: Fact, parts: list[Fact]) -> None:
    given = [p for p in parts if p.number is not None]
    if not given or any(_unread(f) for f in [total, *parts]):
        return
    expected = sum((p.number for p in given if p.number is not None), ZERO)
    label = desk.label(total.id)
    if total.number is None:
        texts = rule_texts()
        slots = {
            "label": texts["words.total_row"].format(label=label), "operands": texts["words.all_bodies"],
        }  # fmt: skip
        desk.book.add(
            "figures.blank_derivable",
            refs_of([total, *given]),
            "",
            plain(tidy(expected)),
            slots=slots,
        )
        return
    difference = abs(total.number - expected)
    if difference <= tolerance(desk.prepared, [total, *given]):
        title = rule_texts()["checks.row_total"].format(label=label)
        detail = f"{plain(total.number)} = {' ＋ '.join(plain(p.number) for p in given if p.number is not None)}"
        desk.book.check(f"rows.{total.id}", title, detail)
        return
    desk.book.add(
        "figures.rows_total", refs_of([total, *given]), plain(total.number), plain(tidy(expected)),
        plain(tidy(difference)), slots={"label": label},
        hint=said_of(desk.mender.guess(COLUMN, total), desk.label),
    )  # fmt: skip


# ---- points and rating ----


def check_score_total(desk: Desk, check: CheckSpec) -> None:
    """Σ of the self-scores against every stated total, and the stated totals against each other."""
    submission, texts = desk.submission, rule_texts()
    stated = [f for name in texts_of(check, "totals") if (f := submission.facts.get(name))]
    numbers = [f for f in stated if f.number is not None]
    added = self_sum(submission)
    rows = [row.self_score for row in submission.scores]
    if added is None or len(rows) < len(desk.prepared.spec.indicators) or any(map(_unread, rows)):
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


def check_report_figures(desk: Desk, check: CheckSpec) -> None:
    """Figures in the prose cells against the fields they name."""
    check_report(desk.submission, desk.prepared, desk.book, check, texts_of(check, "prose"))


def check_scale(desk: Desk, check: CheckSpec) -> None:
    """An amount in proportion to the rest of the form."""
    ask_scale(desk.submission, desk.prepared, desk.book, check)


KINDS: Mapping[str, Callable[[Desk, CheckSpec], None]] = {
    "sum": check_sum,
    "difference": check_difference,
    "at_most": check_at_most,
    "score_total": check_score_total,
    "score_points": check_score_points,
    "rating": check_rating,
    "report_figures": check_report_figures,
    "equal": check_equal,
    "rate": check_rate,
    "sum_rows": check_sum_rows,
    "scale": check_scale,
}


# ---- what is said ----


def _cannot_check(
    desk: Desk, check: CheckSpec, line: Operands, facts: Sequence[Fact], needed: Sequence[Fact]
) -> bool:
    """Whether an operand is unreadable or one that must be there is not; said as a skipped check."""
    texts = rule_texts()
    unread = [f for f in facts if _unread(f)]
    if unread:
        _skip(
            desk, check, line, texts["checks.unreadable"].format(cells=cells(f.ref for f in unread))
        )
        return True
    if facts[0].state is State.MISSING:
        _skip(desk, check, line, _absent(desk, "checks.missing", [facts[0]]))
        return True
    absent = [f for f in needed if f.number is None]
    if absent:
        _skip(desk, check, line, _absent(desk, "checks.blank_operand", absent))
    return bool(absent)


def _unread(fact: Fact) -> bool:
    return fact.state in (State.UNREADABLE, State.TEXT)


def _skip(desk: Desk, check: CheckSpec, line: Operands, reason: str) -> None:
    desk.book.check(check.id, _titled(check, line), reason, skipped=True)


def _held(
    desk: Desk, check: CheckSpec, line: Operands, total: Fact, operands: str, difference: Decimal,
    blank: list[Fact],
) -> None:  # fmt: skip
    assert total.number is not None
    detail = f"{desk.label(total.id)} {plain(total.number)} = {operands}"
    if difference:
        detail = rule_texts()["checks.within_tolerance"].format(
            equation=detail, difference=plain(tidy(difference))
        )
    desk.book.check(check.id, _titled(check, line), _with_blank(desk, detail, blank))


def _with_blank(desk: Desk, detail: str, blank: list[Fact]) -> str:
    if not blank:
        return detail
    texts = rule_texts()
    labels = texts["words.and"].join(desk.label(f.id) for f in blank)
    return texts["checks.blank_as_zero"].format(equation=detail, blank=labels)


def _broken(
    desk: Desk, check: CheckSpec, line: Operands, total: Fact, expected: Decimal,
    difference: Decimal, operands: str, facts: list[Fact],
) -> None:  # fmt: skip
    assert total.number is not None
    guess = desk.mender.guess(check.id, total)
    cause = _say_yuan(desk, check, line, guess)
    desk.book.add(
        check.code, refs_of(facts), plain(total.number), plain(tidy(expected)), plain(tidy(difference)),
        slots={"label": _of(line, desk.label(total.id)), "operands": f"{operands} "},
        kind=check.kind, clause=check.clause, follows_from=cause,
        hint="" if cause else said_of(guess, desk.label),
    )  # fmt: skip


def _say_yuan(desk: Desk, check: CheckSpec, line: Operands, guess: Guess) -> str:
    """The code of the finding on 元 for 万元 when that is the guess; it is written once."""
    change = guess.change
    if change is None or change.slip is not Slip.YUAN:
        return ""
    facts = [fact for fact, _ in change.cells]
    if any(f.code == YUAN and set(refs_of(facts)) <= set(f.refs) for f in desk.book.findings):
        return YUAN
    desk.book.add(
        YUAN, refs_of(facts), "、".join(plain(f.number) for f in facts if f.number is not None),
        "、".join(plain(tidy(value)) for _, value in change.cells),
        slots={"label": _of(line, "、".join(desk.label(f.id) for f in facts)), "check": check.title},
        clause=check.clause,
    )  # fmt: skip
    return YUAN


def _say_derivable(
    desk: Desk, check: CheckSpec, line: Operands, total: Fact, expected: Decimal, operands: str,
    given: list[Fact],
) -> None:  # fmt: skip
    if not line.whole:
        return
    desk.book.add(
        "figures.blank_derivable", refs_of([total, *given]), "", plain(tidy(expected)),
        slots={"label": _of(line, desk.label(total.id)), "operands": f"{operands} "}, clause=check.clause,
    )  # fmt: skip


def _terms(desk: Desk, facts: Iterable[Fact], sign: str) -> str:
    return sign.join(f"{desk.label(f.id)} {plain(f.number)}" for f in facts if f.number is not None)


def _absent(desk: Desk, name: str, facts: Sequence[Fact]) -> str:
    texts = rule_texts()
    return texts[name].format(labels=texts["words.and"].join(desk.label(f.id) for f in facts))


def _titled(check: CheckSpec, line: Operands) -> str:
    return f"{check.title}（{line.unit}）" if line.unit else check.title


def _of(line: Operands, label: str) -> str:
    return f"{line.unit}{label}" if line.unit else label
