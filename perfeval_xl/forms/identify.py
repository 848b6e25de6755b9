"""Which form a file follows: decided from its labels and criteria, never the nearest one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from perfeval_xl.errors import WorkbookError
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.labels import normalize_label

_LABELS_NEEDED = Fraction(7, 10)
_CRITERIA_NEEDED = Fraction(1, 2)
_PROFILE_NEEDED = Fraction(3, 5)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much of a form a file shows: shares of indicator labels, criteria, profile labels."""

    form: FormSpec
    labels: Fraction
    criteria: Fraction
    profile: Fraction
    names_year: bool

    @property
    def is_scored(self) -> bool:
        """Whether the scoring sheet is this form's."""
        return self.labels >= _LABELS_NEEDED and self.criteria >= _CRITERIA_NEEDED

    @property
    def rank(self) -> tuple[Fraction, Fraction, bool]:
        """What decides between forms that all fit."""
        return (self.criteria, self.labels + self.profile, self.names_year)


def identify(texts: Collection[str], forms: Sequence[FormSpec]) -> FormSpec:
    """The form whose scoring sheet the (normalised) texts of a workbook hold.

    Raises:
        WorkbookError: it is none of them (form.unknown), only the profile is there
            (form.scoring_sheet_missing), or several fit equally (form.ambiguous).
    """
    seen = texts if isinstance(texts, set) else set(texts)
    likenesses = [_likeness(seen, form) for form in forms]
    fitting = sorted((x for x in likenesses if x.is_scored), key=lambda x: x.rank, reverse=True)
    if not fitting:
        raise _unknown(likenesses)
    if len(fitting) > 1 and fitting[0].rank == fitting[1].rank:
        names = "、".join(x.form.id for x in fitting if x.rank == fitting[0].rank)
        raise WorkbookError("form.ambiguous", {"forms": names})
    return fitting[0].form


def _unknown(likenesses: Sequence[Likeness]) -> WorkbookError:
    for likeness in likenesses:
        if likeness.profile >= _PROFILE_NEEDED and likeness.labels < Fraction(1, 2):
            return WorkbookError("form.scoring_sheet_missing", {"form": likeness.form.short_name})
    known = "、".join(likeness.form.short_name for likeness in likenesses)
    return WorkbookError("form.unknown", {"forms": known})


def _likeness(seen: set[str], form: FormSpec) -> Likeness:
    labels = _printed_labels(form)
    criteria = {normalize_label(i.source.sentence) for i in form.indicators}
    profile = _profile_labels(form)
    year = str(form.year)
    return Likeness(
        form,
        Fraction(len(labels & seen), len(labels)),
        Fraction(len(criteria & seen), len(criteria)),
        Fraction(len(profile & seen), len(profile) or 1),
        any(year in text for text in seen if len(text) < 60),
    )


def _printed_labels(form: FormSpec) -> set[str]:
    return {normalize_label(indicator.label) for indicator in form.indicators}


def _profile_labels(form: FormSpec) -> set[str]:
    kinds = ("amount", "count")
    return {
        normalize_label(f.label)
        for f in form.fields.values()
        if f.kind in kinds and len(f.label) > 2
    }
