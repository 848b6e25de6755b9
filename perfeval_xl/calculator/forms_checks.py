"""Findings on the form itself: its wording, its years, its unit names, what is left unsigned."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from perfeval_xl.amounts import plain
from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.calculator.shown import refs_of
from perfeval_xl.calculator.wording import compared, difference, wording
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.model import CellRef, Fact, ScoreRow, State, Submission

_YEAR = re.compile(r"(20\d\d)年")
_TITLE_YEAR = re.compile(r"(?<!\d)(20\d\d)年(?!\d{0,2}月)")
_CHINESE_YEAR = re.compile(r"[二2][〇○Oo0零][一二三四五六七八九〇○零\d]{2}(?=年)")
_CHINESE_DIGITS = str.maketrans("〇○Oo零一二三四五六七八九", "00000123456789")
_LEAST_HEADS = 3
_DATED = ("日期", "时间", "填报于", "报送于")  # when it was written, not what for
_NUMBERED = re.compile(r"^\s*(?:[①-⑳]|[(（]?\d{1,2}[)）、.．]|\d{1,2}(?=\D))\s*")
_POINTS_BEHIND = re.compile(r"\(?\d+(?:\.\d+)?分\)?$")
_YEARS_MASKED = re.compile(r"20\d\d")
_BRACKETED = re.compile(r"\([^()]*\)")
_OWN_NAMES = frozenset({"本级", "机关", "局机关", "本单位", "合计", "总计", "小计"})
_FILLED_BY_OFFICE = frozenset({"finance_opinion"})  # the finance office signs it, not the unit
_SIGNED = ("signatures",)
_NAME_ON_FURTHER_SHEET = ".unit_name"
_DATE = "report_date"


def check_form(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """Criteria texts and years, unit names, and everything unsigned in one finding."""
    _check_criteria(submission, prepared, book)
    _check_labels(submission, prepared, book)
    _check_groups(submission, prepared, book)
    _check_years(submission, prepared, book)
    _check_unit_names(submission, prepared, book)
    _check_signatures(submission, prepared, book)


def _check_criteria(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """Texts that differ in more than a year; a year has a finding of its own."""
    for row in submission.scores:
        fact = row.criteria
        if fact.state is not State.TEXT or compared(fact.text) == prepared.criteria[row.indicator]:
            continue
        indicator = prepared.indicators[row.indicator]
        sentence = indicator.source.sentence
        given, official = _yearless(wording(fact.text)), _yearless(wording(sentence))
        if given == official or _laid_out_otherwise(given, row, submission, prepared):
            continue
        book.add(
            "form.criteria_changed", [fact.ref], fact.text.strip(), sentence.strip(),
            difference(_yearless(compared(sentence)), _yearless(compared(fact.text))),
            slots={"label": indicator.label}, clause=sentence,
        )  # fmt: skip


def _yearless(text: str) -> str:
    return _YEARS_MASKED.sub("", text)


def _laid_out_otherwise(
    given: str, row: ScoreRow, submission: Submission, prepared: Prepared
) -> bool:
    """Whether only cells were split or merged: a piece of a text that several rows share and that
    is whole among them, or the texts of several rows in one cell."""
    own = _yearless(wording(prepared.indicators[row.indicator].source.sentence))
    officials = {i: _yearless(wording(s.source.sentence)) for i, s in prepared.indicators.items()}
    sharers = {i for i, text in officials.items() if text == own}
    pieces = dict.fromkeys(
        _yearless(wording(r.criteria.text)) for r in submission.scores
        if r.indicator in sharers and r.criteria.state is State.TEXT
    )  # fmt: skip
    if len(pieces) > 1 and "".join(pieces) == own:
        return True
    rest = given
    for text in sorted(set(officials.values()), key=len, reverse=True):
        rest = rest.replace(text, "")
    return not rest and own in given


def _check_labels(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """Names of rows that were known by their criteria and not by their name."""
    for row in submission.scores:
        indicator = prepared.indicators[row.indicator]
        if row.label.state is not State.TEXT:
            continue
        names = prepared.names[row.indicator]
        given = _named(_NUMBERED.sub("", row.label.text))
        is_detailed = indicator.rule["kind"] == "judged" and any(map(given.startswith, names))
        if given and given not in names and _named(row.label.text) not in names and not is_detailed:
            book.add(
                "form.label_changed", [row.label.ref], row.label.text.strip(), indicator.label,
                difference(indicator.label, row.label.text), slots={"label": indicator.label},
                indicator=indicator.id, variant="own" if indicator.rule["kind"] == "judged" else "",
            )  # fmt: skip


@lru_cache(maxsize=512)
def _named(label: str) -> str:
    """The name of a row by its wording, without points printed behind it."""
    return wording(_POINTS_BEHIND.sub("", compared(label)))


@lru_cache(maxsize=512)
def _years(text: str) -> tuple[str, ...]:
    return tuple(_YEAR.findall(compared(text)))


def _check_groups(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """The one head of its level that was not found, name or points changed, when all others were."""
    groups = prepared.spec.groups
    for level in {group.level for group in groups.values()}:
        own = [group for group in groups.values() if group.level == level]
        lost = [group for group in own if group.id not in submission.group_points]
        if len(lost) != 1 or len(own) < _LEAST_HEADS:
            continue
        group = lost[0]
        refs = [r.label.ref for r in submission.scores if group.id in prepared.heads[r.indicator]]
        if refs:
            book.add(
                "form.group_missing", refs[:1], "", f"{group.label}（{plain(group.points)}分）",
                slots={"label": group.label, "max": plain(group.points)},
            )  # fmt: skip


def _check_years(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """A year that the blank form prints is the form's fault, once; any other one the unit's."""
    own = prepared.spec.year
    by_form: dict[str, list[Fact]] = {}
    for row in submission.scores:
        fact = row.criteria
        if fact.state is not State.TEXT or not _years(fact.text):
            continue
        official = _years(prepared.criteria[row.indicator])
        for year in _years(fact.text):
            if int(year) == own:
                continue
            if year in official:
                by_form.setdefault(year, []).append(fact)
            else:
                _say_year(book, fact, year, own)
    for year, facts in by_form.items():
        book.add("form.year_differs", refs_of(facts), year, str(own), variant="template")
    for title in submission.prose.values():
        text = _title(title.text)
        if text in prepared.printed or any(word in text for word in _DATED):
            continue
        for year in dict.fromkeys(_TITLE_YEAR.findall(text)):
            if int(year) != own:
                _say_year(book, title, year, own)


def _title(text: str) -> str:
    """A title as compared, 二〇二一年 in digits."""
    return _CHINESE_YEAR.sub(lambda m: m[0].translate(_CHINESE_DIGITS), compared(text))


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
    own = unit.ref if unit is not None else None
    for key, fact in submission.prose.items():
        if key.endswith(_NAME_ON_FURTHER_SHEET) and not same_unit(fact.text, known[0]):
            book.add("form.unit_name_differs", [fact.ref, own], fact.text, known[0])
    tables = {name for name, _ in single}
    if len(single) > 2 and len(tables) == 1 and not same_unit(single[0][0], known[0]):
        # All tables bear one name and the title another: the one that stands alone is shown.
        refs = [own, *(fact.ref for _, fact in single)]
        book.add("form.unit_name_differs", refs, known[0], single[0][0])
        return
    differing: dict[str, list[CellRef | None]] = {}
    for found in names.values():
        if not any(same_unit(name, known[0]) for name, _ in found):
            differing.setdefault(found[0][0], []).append(found[0][1].ref)
    for name, refs in differing.items():
        book.add("form.unit_name_differs", [*refs, own], name, known[0])


def same_unit(first: str, second: str) -> bool:
    """Whether two names may be the same unit's: abbreviations are, another character is not."""
    a, b = _name(first), _name(second)
    if not a or not b or a == b or a in _OWN_NAMES or b in _OWN_NAMES:
        return True
    short, long = sorted((a, b), key=len)
    if short in long or _within(short, long):
        return True
    from difflib import SequenceMatcher  # few labels come this far

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
