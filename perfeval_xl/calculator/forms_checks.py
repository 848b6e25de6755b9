"""Findings on the form itself: its wording, its years, its unit names, what is left unsigned."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.prepared import Prepared, compared
from perfeval_xl.calculator.shown import refs_of
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import Fact, State, Submission

_YEAR = re.compile(r"(20\d\d)年")
_TITLE_YEAR = re.compile(r"(20\d\d)年(?!\s*\d{1,2}\s*月)")
_YEARS_MASKED = re.compile(r"20\d\d")
_BRACKETED = re.compile(r"\([^()]*\)")
_OWN_NAMES = frozenset({"本级", "机关", "局机关", "本单位", "合计", "总计", "小计"})
_FILLED_BY_OFFICE = frozenset({"finance_opinion"})  # the finance office signs it, not the unit
_SIGNED = ("signatures",)
_DATE = "report_date"


def check_form(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """Criteria texts and years, unit names, and everything unsigned in one finding."""
    _check_criteria(submission, prepared, book)
    _check_years(submission, prepared, book)
    _check_unit_names(submission, prepared, book)
    _check_signatures(submission, prepared, book)


def _check_criteria(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """Texts that differ in more than a year; a year has a finding of its own."""
    for row in submission.scores:
        fact = row.criteria
        official = prepared.criteria[row.indicator]
        if fact.state is not State.TEXT:
            continue
        given = compared(fact.text)
        if given == official or _YEARS_MASKED.sub("年", given) == _YEARS_MASKED.sub("年", official):
            continue
        indicator = prepared.indicators[row.indicator]
        label = indicator.label
        book.add(
            "form.criteria_changed", [fact.ref], fact.text.strip(), indicator.source.sentence.strip(),
            slots={"label": label}, clause=indicator.source.sentence,
        )  # fmt: skip


def _check_years(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """A year that the blank form prints is the form's fault, once; any other one the unit's."""
    own = prepared.spec.year
    by_form: dict[str, list[Fact]] = {}
    for row in submission.scores:
        fact = row.criteria
        if fact.state is not State.TEXT or "20" not in fact.text:
            continue
        official = _YEAR.findall(prepared.criteria[row.indicator])
        for year in _YEAR.findall(compared(fact.text)):
            if int(year) == own:
                continue
            if year in official:
                by_form.setdefault(year, []).append(fact)
            else:
                _say_year(book, fact, year, own)
    for year, facts in by_form.items():
        book.add("form.year_differs", refs_of(facts), year, str(own), variant="template")
    for title in submission.prose.values():
        for year in _TITLE_YEAR.findall(title.text):
            if int(year) != own:
                _say_year(book, title, year, own)


def _say_year(book: FindingBook, fact: Fact, year: str, own: int) -> None:
    book.add("form.year_differs", [fact.ref], year, str(own))


# ---- unit names ----


def _check_unit_names(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """A table whose rows are none of the unit's name; subordinate bodies beside it are lawful."""
    unit = submission.facts.get("unit_name")
    names: dict[str, list[tuple[str, Fact]]] = {}
    for row in submission.rows:
        if row.is_total or not row.unit:
            continue
        fact = Fact(f"{row.block}.unit", row.unit, row.unit, row.ref, State.TEXT)
        names.setdefault(row.block, []).append((row.unit, fact))
    known = [unit.text] if unit is not None and unit.state is State.TEXT else []
    single = [found[0] for found in names.values() if len(found) == 1]
    if not known:
        return
    # Where the name was itself taken from a table, what most tables say is the unit's name.
    if unit is not None and any(f.ref == unit.ref for _, f in single) and len(single) > 2:
        known = [_commonest([name for name, _ in single])]
    for found in names.values():
        if any(same_unit(name, known[0]) for name, _ in found):
            continue
        name, fact = found[0]
        refs = [fact.ref, unit.ref if unit is not None else None]
        book.add("form.unit_name_differs", refs, name, known[0])


def same_unit(first: str, second: str) -> bool:
    """Whether two names may be the same unit's: abbreviations are, another character is not."""
    a, b = _name(first), _name(second)
    if not a or not b or a == b or a in _OWN_NAMES or b in _OWN_NAMES:
        return True
    short, long = sorted((a, b), key=len)
    if short in long or _within(short, long):
        return True
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    codes = matcher.get_opcodes()
    if any(tag == "replace" and i2 - i1 == j2 - j1 for tag, i1, i2, j1, j2 in codes):
        return False
    kept = sum(i2 - i1 for tag, i1, i2, _, _ in codes if tag == "equal")
    return 2 * kept >= len(short)


def _name(text: str) -> str:
    return _BRACKETED.sub("", compared(text))


def _within(short: str, long: str) -> bool:
    """Whether all characters of the one stand in the other, in order."""
    rest = iter(long)
    return all(character in rest for character in short)


def _commonest(names: Iterable[str]) -> str:
    counted: dict[str, int] = {}
    for name in names:
        counted[name] = counted.get(name, 0) + 1
    return max(counted, key=lambda name: counted[name])


# ---- signatures ----


def _check_signatures(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    ids = [f for b in prepared.spec.blocks if b.kind in _SIGNED for f in b.fields]
    if _DATE in prepared.spec.fields:
        ids.append(_DATE)
    blank = [
        fact for f in ids
        if f not in _FILLED_BY_OFFICE
        and (fact := submission.facts.get(f)) is not None and fact.state is State.BLANK
    ]  # fmt: skip
    if blank:
        names = rule_texts()["words.and"].join(prepared.spec.label_of(f.id) for f in blank)
        book.add("form.signature_blank", refs_of(blank), slots={"names": names})
