"""Facts that no cell holds: sums, adjustments, specials that missed a deadline.

Which there are, and from what, is written in the form's data (``[[derived]]``). A figure that the
unit states itself goes before one worked out; what cannot be worked out names the cell it lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from perfeval_xl.amounts import ZERO, parse_date, plain
from perfeval_xl.calculator.shown import tidy
from perfeval_xl.forms.spec import Deadline, DerivedSpec, FormSpec
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import Fact, State, Submission, TableRow, missing_fact
from perfeval_xl.operand import operand

_EPOCH = date(1899, 12, 30)
_LONGEST = 6000  # characters of an expression; Excel takes 8192 for a whole formula


def with_derived(submission: Submission, spec: FormSpec) -> Submission:
    """The submission with every derived fact that its figures give, or with what they lack."""
    facts = dict(submission.facts)
    for derived in spec.derived:
        stated = facts.get(derived.id) or missing_fact(derived.id)
        if stated.state not in (State.MISSING, State.BLANK):
            continue
        found = _derived(derived, facts, submission.lists)
        if found is not None:
            facts[derived.id] = found
    return replace(submission, facts=facts)


def _derived(
    derived: DerivedSpec, facts: Mapping[str, Fact], lists: Sequence[TableRow]
) -> Fact | None:
    if derived.kind == "late":
        return _late(derived, facts, [row for row in lists if row.block == derived.list])
    names = derived.facts or tuple(name for pair in derived.pairs for name in pair)
    operands = tuple(facts.get(name) or missing_fact(name) for name in names)
    lacking = [fact for fact in operands if fact.number is None]
    if lacking:
        return _lacking(derived.id, lacking)
    if derived.kind == "sum":
        value = sum((f.number for f in operands if f.number is not None), ZERO)
        expression = "+".join(operand(f) for f in operands)
    else:
        pairs = list(zip(operands[::2], operands[1::2], strict=True))
        value = sum((_apart(first, second) for first, second in pairs), ZERO)
        expression = "+".join(f"ABS({operand(b)}-{operand(a)})" for a, b in pairs)
    return _worked_out(derived.id, value, operands, f"({expression})", derived.note)


def _apart(first: Fact, second: Fact) -> Decimal:
    assert first.number is not None
    assert second.number is not None
    return abs(second.number - first.number)


def _worked_out(
    fact_id: str, value: Decimal, operands: tuple[Fact, ...], expression: str, note: str
) -> Fact:
    ref = next((fact.ref for fact in operands if fact.ref is not None), None)
    decimals = max((fact.decimals for fact in operands), default=0)
    return Fact(
        fact_id, tidy(value), plain(tidy(value)), ref, State.NUMBER, None, "", note, decimals,
        operands=operands, expression=expression if len(expression) <= _LONGEST else "",
    )  # fmt: skip


def _lacking(fact_id: str, lacking: Iterable[Fact]) -> Fact | None:
    """A blank fact that points to the first cell that is lacking; None when there is no such cell."""
    for fact in lacking:
        if fact.ref is not None:
            return replace(fact, id=fact_id, value=None, operands=tuple(lacking))
    return None


# ---- specials and their deadlines ----


@dataclass(frozen=True, slots=True)
class _Special:
    """One special fund: its amount and every issue, in the order they stand."""

    name: str
    amount: Fact
    issues: tuple[tuple[Fact, Fact], ...]  # (day, amount)

    def issued_by(self, deadline: date) -> Decimal:
        """What was issued up to the end of that day."""
        return sum(
            (a.number for d, a in self.issues if a.number is not None and _day(d) <= deadline), ZERO
        )

    def is_late(self, deadlines: Sequence[Deadline]) -> bool:
        """Whether it missed any of the deadlines."""
        assert self.amount.number is not None
        return any(self.issued_by(d.day) < self.amount.number * d.share for d in deadlines)

    def expression(self, deadlines: Sequence[Deadline]) -> str:
        """1 when it is late, else 0, as an Excel expression."""
        tests = ",".join(
            f"ROUND({self._issued(d.day)}-{operand(self.amount)}*{plain(d.share)},6)<0"
            for d in deadlines
        )
        return f"IF(OR({tests}),1,0)"

    def _issued(self, day: date) -> str:
        limit = f"DATE({day.year},{day.month},{day.day})"
        terms = []
        for when, amount in self.issues:
            if when.number is not None and when.ref is not None:
                terms.append(f"IF({when.ref.absolute}<{limit}+1,{operand(amount)},0)")
            elif _day(when) <= day:
                terms.append(operand(amount))
        return f"({'+'.join(terms)})" if terms else "0"


def _late(derived: DerivedSpec, facts: Mapping[str, Fact], rows: Sequence[TableRow]) -> Fact | None:
    """How many specials missed a deadline; None where the sheet has no such list at all."""
    count = facts.get(derived.count) or missing_fact(derived.count)
    specials = _specials(derived, rows)
    lacking = [fact for special in specials for fact in _unusable(special)]
    if lacking:
        return _lacking(derived.id, lacking)
    if count.number is None and (count.state is not State.BLANK or not specials):
        return _lacking(derived.id, [count])
    if count.number is not None and count.number != len(specials):
        said = rule_texts()["derived.specials_count"].format(
            stated=plain(count.number), count=len(specials)
        )
        return replace(
            count, id=derived.id, value=None, raw=said, state=State.UNREADABLE, operands=(count,)
        )
    late = [special for special in specials if special.is_late(derived.deadlines)]
    operands = [count] if not specials else []
    for special in late or specials:  # where some are late, the others' cells are not in doubt
        operands += [special.amount, *(fact for issue in special.issues for fact in issue)]
    terms = "+".join(special.expression(derived.deadlines) for special in specials) or "0"
    return _worked_out(
        derived.id,
        Decimal(len(late)),
        tuple(operands),
        f"({terms})",
        _said(late, specials, derived),
    )


def _said(late: Sequence[_Special], specials: Sequence[_Special], derived: DerivedSpec) -> str:
    texts = rule_texts()
    limits = texts["words.and"].join(
        texts["derived.deadline"].format(
            month=d.day.month, day=d.day.day, share=plain(d.share * 100)
        )
        for d in derived.deadlines
    )
    names = texts["words.and"].join(f"“{special.name}”" for special in late)
    name = "derived.late" if late else "derived.in_time"
    return texts[name].format(total=len(specials), count=len(late), names=names, limits=limits)


def _specials(derived: DerivedSpec, rows: Sequence[TableRow]) -> list[_Special]:
    """Rows of one name together; a row without a name belongs to the one above."""
    names: dict[str, str] = {}
    grouped: dict[str, list[TableRow]] = {}
    current = ""
    for row in rows:
        current = normalize_label(row.unit) or current
        names.setdefault(current, row.unit)
        grouped.setdefault(current, []).append(row)
    return [_special(derived, names[key], own) for key, own in grouped.items()]


def _special(derived: DerivedSpec, name: str, rows: Sequence[TableRow]) -> _Special:
    amounts = [_of(row, derived.amount) for row in rows]
    given = [fact for fact in amounts if fact.number is not None]
    amount = given[0] if given else amounts[0]
    if len({fact.number for fact in given}) > 1:
        raw = rule_texts()["words.and"].join(plain(f.number) for f in given if f.number is not None)
        amount = replace(amount, value=None, raw=raw, state=State.UNREADABLE)
    issues = [(_of(row, derived.day), _of(row, derived.issued)) for row in rows]
    return _Special(name, amount, tuple(i for i in issues if i[0].raw.strip() or i[1].raw.strip()))


def _of(row: TableRow, name: str) -> Fact:
    return row.facts.get(name) or missing_fact(name)


def _unusable(special: _Special) -> list[Fact]:
    """Cells of a special that must be put right before it can be judged."""
    found = [] if special.amount.number is not None else [special.amount]
    for day, amount in special.issues:
        if day.raw.strip() and _read_day(day) is None:
            found.append(replace(day, value=None, state=State.UNREADABLE))
        elif not day.raw.strip():
            found.append(day)
        if amount.number is None:
            found.append(amount)
    return found


def _day(fact: Fact) -> date:
    day = _read_day(fact)
    assert day is not None, "specials with unreadable days are not judged"
    return day


def _read_day(fact: Fact) -> date | None:
    if fact.number is not None:
        return _EPOCH + timedelta(days=int(fact.number))
    return parse_date(fact.text)
