"""Which form a file follows: decided from its labels and criteria, never the nearest one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from perfeval_xl.errors import WorkbookError
from perfeval_xl.forms.spec import ByDigest, FormSpec
from perfeval_xl.labels import bare_label, normalize_label

_LABELS_NEEDED = Fraction(7, 10)
_CRITERIA_NEEDED = Fraction(1, 2)
_PROFILE_NEEDED = Fraction(3, 5)
_LABELS_ALONE = Fraction(9, 10)  # where the unit left the column of criteria out
_FIGURES_NEEDED = Fraction(3, 5)
_LONGEST_LABEL = 60
_SAME_WORDS = Fraction(4, 5)  # of the pairs of characters, where every number is the same
_TITLE = "绩效"  # in every title of these forms
_LONG = 12  # a text from here on may be a criterion rather than a label
_NUMBERED = re.compile(r"^[*★]*(?:\(?\d{1,2}\)?[、.]?)(?=\D)")
_POINTS = re.compile(r"\(\d+(?:\.\d+)?分?\)$")
_NO_WORD = re.compile(r"[^\w%≤≥<>=]+|_")
_YEAR = re.compile(r"20\d\d(?=年)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much of a form a file shows: shares of indicator labels, criteria, profile labels.

    year: how plainly it is of the form's year, as told by ``_Seen.year``.
    """

    form: FormSpec
    labels: Fraction
    criteria: Fraction
    profile: Fraction
    year: int
    has_criteria: bool = True

    @property
    def is_scored(self) -> bool:
        """Whether the scoring sheet is this form's; other criteria make it another form's."""
        if not self.has_criteria:
            return self.labels >= _LABELS_ALONE and self.profile >= _PROFILE_NEEDED
        return self.labels >= _LABELS_NEEDED and self.criteria >= _CRITERIA_NEEDED

    @property
    def rank(self) -> tuple[Fraction, Fraction, int]:
        """What decides between forms that all fit."""
        return (self.criteria, self.labels + self.profile, self.year)


def identify(texts: Collection[str], forms: Sequence[FormSpec]) -> FormSpec:
    """The form whose scoring sheet the (normalised) texts of a workbook hold, else whose figures.

    Labels may be numbered or carry their points; criteria may be punctuated otherwise and differ
    in a few words, but not in a number, by which districts tell their rules apart.

    Raises:
        WorkbookError: it is none of them (form.unknown), only the profile is there
            (form.scoring_sheet_missing), or several fit equally (form.ambiguous).
    """
    seen = _Seen(texts)
    likenesses = [_likeness(seen, form) for form in forms if form.kind == "scored"]
    fitting = sorted((x for x in likenesses if x.is_scored), key=lambda x: x.rank, reverse=True)
    if not fitting:
        return _form_of_figures(seen, forms, _unknown(likenesses, forms))
    if len(fitting) > 1 and fitting[0].rank == fitting[1].rank:
        names = "、".join(x.form.id for x in fitting if x.rank == fitting[0].rank)
        raise WorkbookError("form.ambiguous", {"forms": names})
    return fitting[0].form


def _form_of_figures(seen: _Seen, forms: Sequence[FormSpec], error: WorkbookError) -> FormSpec:
    """The form of figures that a workbook without a scoring sheet holds; ``error`` if it is none.

    A profile alone is one whose scoring sheet is missing, whatever figures stand beside it.
    """
    if error.code != "form.unknown":
        raise error
    shares = [(seen.share(form), form) for form in forms if form.kind == "data"]
    fitting = [(share, form) for share, form in shares if share >= _FIGURES_NEEDED]
    best = [form for share, form in fitting if share == max(s for s, _ in fitting)]
    if not best:
        raise error
    if len(best) > 1:
        raise WorkbookError("form.ambiguous", {"forms": "、".join(form.id for form in best)})
    return best[0]


def _unknown(likenesses: Sequence[Likeness], forms: Sequence[FormSpec]) -> WorkbookError:
    for likeness in likenesses:
        if likeness.profile >= _PROFILE_NEEDED and likeness.labels < Fraction(1, 2):
            return WorkbookError("form.scoring_sheet_missing", {"form": likeness.form.short_name})
    known = "、".join(form.short_name for form in forms)
    return WorkbookError("form.unknown", {"forms": known})


class _Seen:
    """The texts of a workbook, as they are asked for."""

    def __init__(self, texts: Collection[str]) -> None:
        self.texts = texts if isinstance(texts, set | frozenset) else set(texts)
        self._labels: set[str] | None = None

    def labels(self, wanted: frozenset[str]) -> int:
        """How many of the labels are there, also with a number before or points behind them."""
        found = wanted & self.texts
        missing = wanted - found
        if missing:
            bare = {_bare(text) for text in self.texts if len(text) < 40}
            found |= missing & bare
        return len(found)

    def share(self, form: FormSpec) -> Fraction:
        """The share of a form's rows and fields whose labels are there, the cover left out."""
        if self._labels is None:
            self._labels = {bare_label(text) for text in self.texts if len(text) < _LONGEST_LABEL}
        names = _names(ByDigest(form))
        return Fraction(sum(not self._labels.isdisjoint(own) for own in names), len(names) or 1)

    def year(self, year: str, printed: frozenset[str]) -> int:
        """How plainly the workbook is of this year, from 0 to 3.

        A form of 2021 is handed in in 2022 and its 基础数据表 has a column 2020年决算数: a year
        somewhere says less than one in a title, and that less than the words the form prints.
        """
        if not printed.isdisjoint(self.texts):
            return 3
        naming = [text for text in self.texts if len(text) < _LONGEST_LABEL and year in text]
        titles = any(f"{year}年度" in text or _TITLE in text for text in naming)
        return 2 if titles else int(bool(naming))

    def criteria(self, wanted: frozenset[str]) -> int:
        """How many of the criteria are there, read by their words and numbers."""
        found = {text for text in wanted if text in self.texts}
        missing = wanted - found
        if not missing:
            return len(found)
        given = {_words(text) for text in self.texts if len(text) >= _LONG}
        near = [text for text in missing if _words(text) in given]
        rest = [_words(text) for text in missing if text not in near]
        return len(found) + len(near) + sum(_is_among(words, given) for words in rest)


def _is_among(words: str, given: Iterable[str]) -> bool:
    """Whether a text with the same numbers and nearly the same words is there."""
    numbers, pairs = _NUMBER.findall(words), _pairs(words)
    for text in given:
        if not Fraction(1, 2) < Fraction(len(text), len(words)) < 2:
            continue
        if _NUMBER.findall(text) != numbers:
            continue
        other = _pairs(text)
        if len(pairs & other) >= _SAME_WORDS * max(len(pairs), len(other)):
            return True
    return False


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def _words(text: str) -> str:
    """Letters, characters and numbers only, years left open."""
    return _NO_WORD.sub("", _YEAR.sub("", text))


def _bare(text: str) -> str:
    return _POINTS.sub("", _NUMBERED.sub("", text)).strip("*★")


def _likeness(seen: _Seen, form: FormSpec) -> Likeness:
    printed = _printed(ByDigest(form))
    return Likeness(
        form,
        Fraction(seen.labels(printed.labels), len(printed.labels)),
        Fraction(seen.criteria(printed.criteria), len(printed.criteria)),
        Fraction(len(printed.profile & seen.texts), len(printed.profile) or 1),
        seen.year(str(form.year), printed.years),
        not printed.criteria_heads.isdisjoint(seen.texts) or bool(seen.criteria(printed.criteria)),
    )


@dataclass(frozen=True, slots=True)
class _Printed:
    labels: frozenset[str]
    criteria: frozenset[str]
    criteria_heads: frozenset[str]
    profile: frozenset[str]
    years: frozenset[str]


@lru_cache(maxsize=64)
def _names(key: ByDigest) -> tuple[frozenset[str], ...]:
    """For each row and field of a form of figures what it may be called."""
    form = key.spec
    named = [(line.label, *line.aliases) for matrix in form.matrices for line in matrix.lines]
    blocks = (block.fields for block in form.blocks if not block.optional)
    for name in (name for fields in (*blocks, *(x.fields for x in form.lists)) for name in fields):
        named.append((form.fields[name].label, *form.fields[name].aliases))
    return tuple(frozenset(bare_label(text) for text in texts) for texts in named)


@lru_cache(maxsize=64)
def _printed(key: ByDigest) -> _Printed:
    form = key.spec
    own = (f for f in form.fields.values() if not f.attachment)
    fields = [f for f in own if f.kind in ("amount", "count")]
    return _Printed(
        frozenset(normalize_label(indicator.label) for indicator in form.indicators),
        frozenset(normalize_label(i.source.sentence) for i in form.indicators),
        frozenset(normalize_label(text) for text in form.scoring.criteria),
        frozenset(normalize_label(f.label) for f in fields if len(f.label) > 2),
        frozenset(
            normalize_label(cell.text)
            for sheet in form.sheets
            for cell in sheet.cells
            if str(form.year) in cell.text
        ),
    )
