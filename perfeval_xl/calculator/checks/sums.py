"""Totals against their parts: sums in a line, over rows and groups, down a column; differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.calculator.checks import outcome
from perfeval_xl.calculator.checks.desk import Desk
from perfeval_xl.calculator.guesses import said_of
from perfeval_xl.calculator.lines import Operands, added, columns_of, lines_of, texts_of, tolerance
from perfeval_xl.calculator.mend import COLUMN
from perfeval_xl.calculator.shown import refs_of, tidy
from perfeval_xl.forms.spec import CheckSpec
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import Fact, State, Submission, missing_fact


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
    if outcome.cannot_check(desk, check, line, [total, *parts], needed=()):
        return
    if not given:
        _without_parts(desk, check, line, total)
        return
    expected = sum((p.number for p in given if p.number is not None), ZERO)
    operands = outcome.terms(desk, given, " ＋ ")
    lost = [p for p in parts if p.state is State.MISSING]  # their column was not found
    slack = tolerance(desk.prepared, [total, *given])
    if lost and (total.number is None or total.number - expected > slack):
        outcome.skip(desk, check, line, outcome.without(desk, "checks.missing", lost))
        return
    if total.number is None:
        outcome.derivable(desk, check, line, total, expected, operands, given)
        return
    difference = abs(total.number - expected)
    blank = [p for p in parts if p.state is State.BLANK]
    if difference <= slack:
        outcome.held(desk, check, line, total, operands, difference, blank)
        return
    outcome.broken(desk, check, line, total, expected, difference, operands, [total, *given])


def _without_parts(desk: Desk, check: CheckSpec, line: Operands, total: Fact) -> None:
    """A total without any part: said where the form's data ask for it, else a check not made."""
    code = str(check.options.get("total_only", ""))
    if code and total.number:
        slots = {"label": outcome.labelled(line, desk.label(total.id))}
        desk.book.add(code, [total.ref], plain(total.number), slots=slots, clause=check.clause)
    else:
        outcome.skip(desk, check, line, rule_texts()["checks.no_parts"])


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
    if outcome.cannot_check(desk, check, line, [total, *parts, *items], needed=()):
        return
    given = [f for f in [*parts, *items] if f.number is not None]
    if not given:
        _without_parts(desk, check, line, total)
        return
    sums = [added(parts)]
    for group in groups:
        sums = [one + way for one in sums for way in group.ways]
    counted = [f for f in [*parts, *(f for g in groups for f in g.counted)] if f.number is not None]
    operands = outcome.terms(desk, counted, " ＋ ")
    if total.number is None:
        outcome.derivable(desk, check, line, total, sums[0], operands, counted)
        return
    slack = tolerance(desk.prepared, [total, *given])
    gaps = [abs(total.number - one) for one in sums]
    if min(gaps) > slack:
        outcome.broken(desk, check, line, total, sums[0], gaps[0], operands, [total, *counted])
        return
    blank = [p for p in parts if p.state is State.BLANK]
    outcome.held(desk, check, line, total, operands, min(gaps), blank)
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
        operands = outcome.terms(desk, given, " ＋ ")
        facts = [group.own, *given]
        outcome.broken(desk, check, line, group.own, expected, difference, operands, facts)


def check_difference(desk: Desk, check: CheckSpec) -> None:
    """A result against what is left after a subtraction."""
    ids = [str(check.options[key]) for key in ("result", "minuend", "subtrahend")]
    for line in lines_of(desk.submission, desk.prepared, ids):
        result, minuend, subtrahend = (line.fact(i) for i in ids)
        if outcome.cannot_check(
            desk, check, line, [result, minuend, subtrahend], needed=(minuend, subtrahend)
        ):
            continue
        assert minuend.number is not None
        assert subtrahend.number is not None
        expected = minuend.number - subtrahend.number
        given = [minuend, subtrahend]
        operands = outcome.terms(desk, given, " − ")
        if result.number is None:
            outcome.derivable(desk, check, line, result, expected, operands, given)
            continue
        difference = abs(result.number - expected)
        if difference <= tolerance(desk.prepared, [result, *given]):
            outcome.held(desk, check, line, result, operands, difference, [])
            continue
        outcome.broken(desk, check, line, result, expected, difference, operands, [result, *given])


def check_row_totals(desk: Desk) -> None:
    """Per column of a table with several 机构 rows: the 合计 row against the sum of the others."""
    for total, parts in columns_of(desk.submission):
        _row_total(desk, total, parts)


def _row_total(desk: Desk, total: Fact, parts: list[Fact]) -> None:
    given = [p for p in parts if p.number is not None]
    if not given or any(outcome.is_unread(f) for f in [total, *parts]):
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
