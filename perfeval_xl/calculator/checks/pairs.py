"""One figure against another: the same in two places, a rate and its quotient, a part and its whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from perfeval_xl.amounts import WAN, ZERO, half_unit, plain
from perfeval_xl.calculator.checks import outcome
from perfeval_xl.calculator.checks.desk import Desk
from perfeval_xl.calculator.guesses import said_of
from perfeval_xl.calculator.lines import Operands, added, lines_of, texts_of, tolerance
from perfeval_xl.calculator.shown import cells, percent, refs_of, tidy
from perfeval_xl.forms.spec import CheckSpec
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import Fact, State, Submission, missing_fact


def check_equal(desk: Desk, check: CheckSpec) -> None:
    """The same figure in two places."""
    line = Operands(desk.submission.facts, "", True)
    left, right = (line.fact(str(check.options[key])) for key in ("left", "right"))
    if outcome.cannot_check(desk, check, line, [left, right], needed=(left, right)):
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
            outcome.YUAN, refs_of([left, right]), desk.shown(left), desk.shown(right),
            slots={"label": desk.label(left.id), "check": check.title}, clause=check.clause, marked=1,
        )  # fmt: skip
        return
    if _in_wan_under_yuan(desk, left, right):
        desk.book.add(
            outcome.HEAD, refs_of([left, right]), desk.shown(left), desk.shown(right),
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
    if outcome.cannot_check(desk, check, line, [rate, top, bottom], needed=(rate, top, bottom)):
        return
    assert rate.number is not None
    assert top.number is not None
    assert bottom.number is not None
    if not bottom.number:
        outcome.skip(desk, check, line, outcome.without(desk, "checks.zero_operand", [bottom]))
        return
    expected = Fraction(top.number) / Fraction(bottom.number)
    difference = abs(Fraction(rate.number) - expected)
    operands = (
        f"{desk.label(top.id)} {desk.shown(top)} ÷ {desk.label(bottom.id)} {desk.shown(bottom)}"
    )
    if difference <= Fraction(half_unit(rate.decimals)):
        detail = f"{desk.label(rate.id)} {desk.shown(rate)} = {operands}"
        desk.book.check(check.id, outcome.titled(check, line), detail)
        return
    desk.book.add(
        check.code, refs_of([rate, top, bottom]), desk.shown(rate), percent(expected),
        percent(difference), slots={"label": outcome.labelled(line, desk.label(rate.id)), "operands": operands},
        kind=check.kind, clause=check.clause, marked=1,
    )  # fmt: skip


def check_at_most(desk: Desk, check: CheckSpec) -> None:
    """A part is not greater than the whole it belongs to."""
    small_ids, large_ids = texts_of(check, "smaller"), texts_of(check, "larger")
    for line in lines_of(desk.submission, desk.prepared, [*small_ids, *large_ids]):
        small, large = [line.fact(i) for i in small_ids], [line.fact(i) for i in large_ids]
        given = [f for f in large if f.number is not None]
        counted = [f for f in small if f.number is not None]
        if outcome.cannot_check(
            desk, check, line, [*small, *large], needed=[] if counted else small
        ):
            continue
        small = counted
        blank = [f for f in large if f.number is None]
        if not given:
            outcome.skip(desk, check, line, outcome.without(desk, "checks.blank_operand", large))
            continue
        part, whole = added(small), added(given)
        if part <= whole + tolerance(desk.prepared, [*small, *given]):
            detail = f"{outcome.terms(desk, small, ' ＋ ')} ≤ {outcome.terms(desk, given, ' ＋ ')}"
            desk.book.check(
                check.id, outcome.titled(check, line), outcome.with_blank(desk, detail, blank)
            )
            continue
        left = [_left_for(desk, line, fact) for fact in blank]
        if any(one is None for one in left):
            outcome.skip(desk, check, line, outcome.without(desk, "checks.blank_operand", blank))
            continue
        known = [one for one in left if one is not None]
        whole += sum((one.amount for one in known), ZERO)
        rest = [fact for one in known for fact in one.others]
        if part > whole + tolerance(desk.prepared, [*small, *given, *rest]):
            _broken_size(desk, check, line, small, large, part, whole, known)
        else:
            larger = "＋".join(_labelled(desk, f, known) for f in large)
            detail = f"{outcome.terms(desk, small, ' ＋ ')} ≤ {larger} {plain(tidy(whole))}"
            desk.book.check(check.id, outcome.titled(check, line), detail)


@dataclass(frozen=True, slots=True)
class _Left:
    """What the total of a sum leaves for its one blank part, and the figures that say so."""

    fact: Fact
    amount: Decimal
    others: tuple[Fact, ...]


def _left_for(desk: Desk, line: Operands, blank: Fact) -> _Left | None:
    """What a blank part must be by its sum; None where its total or another part is not known."""
    if blank.state is not State.BLANK:
        return None
    for check in desk.prepared.spec.checks:
        if check.kind != "sum" or blank.id not in texts_of(check, "parts"):
            continue
        total = line.fact(str(check.options["total"]))
        parts = [line.fact(p) for p in texts_of(check, "parts") if p != blank.id]
        if total.number is None or any(f.number is None for f in parts):
            continue
        amount = total.number - added(parts)
        slack = tolerance(desk.prepared, [total, *parts])
        return _Left(blank, max(amount, ZERO), (total, *parts)) if amount >= -slack else None
    return None


def _broken_size(
    desk: Desk, check: CheckSpec, line: Operands, small: list[Fact], large: list[Fact],
    part: Decimal, whole: Decimal, known: Sequence[_Left],
) -> None:  # fmt: skip
    guess = desk.mender.guess(check.id, small[0])
    cause = outcome.say_yuan(desk, check, line, guess)
    label = outcome.labelled(line, "＋".join(desk.label(f.id) for f in small))
    desk.book.add(
        check.code, refs_of([*small, *large]), plain(part), plain(whole), plain(part - whole),
        slots={"label": label, "operands": "＋".join(_labelled(desk, f, known) for f in large)},
        kind=check.kind, clause=check.clause, follows_from=cause,
        hint="" if cause else said_of(guess, desk.label),
    )  # fmt: skip


def _labelled(desk: Desk, fact: Fact, known: Sequence[_Left]) -> str:
    """A label, for a blank figure with what it was taken for."""
    label = desk.label(fact.id)
    taken = next((plain(tidy(one.amount)) for one in known if one.fact is fact), None)
    return (
        label
        if taken is None
        else rule_texts()["checks.taken_for"].format(label=label, amount=taken)
    )
