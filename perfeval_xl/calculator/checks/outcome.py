"""What becomes of a check, in words: it held, was broken, or could not be made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from perfeval_xl.amounts import plain
from perfeval_xl.calculator.checks.desk import Desk
from perfeval_xl.calculator.guesses import said_of
from perfeval_xl.calculator.lines import Operands
from perfeval_xl.calculator.mend import Guess, Slip
from perfeval_xl.calculator.shown import cells, refs_of, tidy
from perfeval_xl.forms.spec import CheckSpec
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import Fact, State

YUAN = "figures.yuan_for_wan"
HEAD = "figures.unit_head_doubtful"


def cannot_check(
    desk: Desk, check: CheckSpec, line: Operands, facts: Sequence[Fact], needed: Sequence[Fact]
) -> bool:
    """Whether an operand is unreadable or one that must be there is not; said as a skipped check."""
    texts = rule_texts()
    unread = [f for f in facts if is_unread(f)]
    if unread:
        skip(
            desk, check, line, texts["checks.unreadable"].format(cells=cells(f.ref for f in unread))
        )
        return True
    if facts[0].state is State.MISSING:
        skip(desk, check, line, without(desk, "checks.missing", [facts[0]]))
        return True
    absent = [f for f in needed if f.number is None]
    if absent:
        skip(desk, check, line, without(desk, "checks.blank_operand", absent))
    return bool(absent)


def is_unread(fact: Fact) -> bool:
    """Whether something stands there that is no number."""
    return fact.state in (State.UNREADABLE, State.TEXT)


def skip(desk: Desk, check: CheckSpec, line: Operands, reason: str) -> None:
    """It could not be made, and why."""
    desk.book.check(check.id, titled(check, line), reason, skipped=True)


def held(
    desk: Desk, check: CheckSpec, line: Operands, total: Fact, operands: str, difference: Decimal,
    blank: list[Fact],
) -> None:  # fmt: skip
    """It held, exactly or within what rounding may do."""
    assert total.number is not None
    detail = f"{desk.label(total.id)} {plain(total.number)} = {operands}"
    if difference:
        detail = rule_texts()["checks.within_tolerance"].format(
            equation=detail, difference=plain(tidy(difference))
        )
    desk.book.check(check.id, titled(check, line), with_blank(desk, detail, blank))


def with_blank(desk: Desk, detail: str, blank: list[Fact]) -> str:
    """An equation, with the blanks that counted as 0 named."""
    if not blank:
        return detail
    texts = rule_texts()
    labels = texts["words.and"].join(desk.label(f.id) for f in blank)
    return texts["checks.blank_as_zero"].format(equation=detail, blank=labels)


def broken(
    desk: Desk, check: CheckSpec, line: Operands, total: Fact, expected: Decimal,
    difference: Decimal, operands: str, facts: list[Fact],
) -> None:  # fmt: skip
    """It did not hold: the finding, with the slip that would explain it."""
    assert total.number is not None
    guess = desk.mender.guess(check.id, total)
    cause = say_yuan(desk, check, line, guess)
    desk.book.add(
        check.code, refs_of(facts), plain(total.number), plain(tidy(expected)), plain(tidy(difference)),
        slots={"label": labelled(line, desk.label(total.id)), "operands": f"{operands} "},
        kind=check.kind, clause=check.clause, follows_from=cause,
        hint="" if cause else said_of(guess, desk.label),
    )  # fmt: skip


def say_yuan(desk: Desk, check: CheckSpec, line: Operands, guess: Guess) -> str:
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
        slots={"label": labelled(line, "、".join(desk.label(f.id) for f in facts)), "check": check.title},
        clause=check.clause,
    )  # fmt: skip
    return YUAN


def derivable(
    desk: Desk, check: CheckSpec, line: Operands, total: Fact, expected: Decimal, operands: str,
    given: list[Fact],
) -> None:  # fmt: skip
    """A total of the whole unit was left blank though its parts are there."""
    if not line.whole:
        return
    desk.book.add(
        "figures.blank_derivable", refs_of([total, *given]), "", plain(tidy(expected)),
        slots={"label": labelled(line, desk.label(total.id)), "operands": f"{operands} "}, clause=check.clause,
    )  # fmt: skip


def terms(desk: Desk, facts: Iterable[Fact], sign: str) -> str:
    """Labels and figures, a sign between them."""
    return sign.join(f"{desk.label(f.id)} {plain(f.number)}" for f in facts if f.number is not None)


def without(desk: Desk, name: str, facts: Sequence[Fact]) -> str:
    """The words for figures that are not there."""
    texts = rule_texts()
    return texts[name].format(labels=texts["words.and"].join(desk.label(f.id) for f in facts))


def titled(check: CheckSpec, line: Operands) -> str:
    """The title of a check, with the row it was made in."""
    return f"{check.title}（{line.unit}）" if line.unit else check.title


def labelled(line: Operands, label: str) -> str:
    """A label, with the row it stands in."""
    return f"{line.unit}{label}" if line.unit else label
