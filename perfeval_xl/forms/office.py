"""What an office settles for itself: pinned readings, rating bands, severities, colours.

The one place where these change a form. The digest changes with them, so that everything that
rests on it (finished work kept from an earlier run, the receipt in a copy) sees the difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from perfeval_xl.forms.catalog import list_forms, load_form
from perfeval_xl.forms.spec import BandSpec, FormSpec, ReadingSpec
from perfeval_xl.model import Severity


@dataclass(frozen=True, slots=True)
class Pin:
    """The one answer that an office allows to a question of the printed rule, and why."""

    reading: str
    answer: str
    note: str


@dataclass(frozen=True, slots=True)
class OfficeRules:
    """The office's own choices; empty ones leave the form as it is.

    severities: finding code and its weight. colours: name of a tint and RRGGBB, for the writers.
    """

    pins: tuple[Pin, ...] = ()
    bands: tuple[BandSpec, ...] = ()
    severities: tuple[tuple[str, Severity], ...] = ()
    colours: tuple[tuple[str, str], ...] = ()


AS_PRINTED = OfficeRules()


def with_office_settings(spec: FormSpec, office: OfficeRules) -> FormSpec:
    """The form as this office applies it; the form itself where nothing of it is touched."""
    pins = tuple(pin for pin in office.pins if pin.reading in spec.readings)
    bands = _with_aliases(office.bands, spec.bands) if spec.bands else ()
    if not (pins or bands or office.severities or office.colours):
        return spec
    pinned = {pin.reading: _pinned(spec.readings[pin.reading], pin) for pin in pins}
    return replace(
        spec,
        readings={**spec.readings, **pinned},
        bands=bands or spec.bands,
        severities=dict(office.severities),
        digest=_digest(spec, replace(office, pins=pins, bands=bands)),
        has_own_blank=spec.has_own_blank and not bands,
    )


@cache
def office_form(form_id: str, templates: Path | None, office: OfficeRules) -> FormSpec:
    """The form with this id as the office applies it.

    Raises:
        FormSpecError: there is no such form, or its data is wrong.
    """
    return with_office_settings(load_form(form_id, templates), office)


def office_forms(templates: Path | None, office: OfficeRules) -> Sequence[FormSpec]:
    """All known forms as the office applies them, by id."""
    return [office_form(form_id, templates, office) for form_id in list_forms(templates)]


def _pinned(reading: ReadingSpec, pin: Pin) -> ReadingSpec:
    return replace(reading, pinned=pin.answer, note=pin.note)


def _with_aliases(bands: Sequence[BandSpec], printed: Sequence[BandSpec]) -> tuple[BandSpec, ...]:
    """The office's bands; one that is called as a printed one keeps that one's other spellings."""
    known = {band.label: band.aliases for band in printed}
    return tuple(replace(band, aliases=band.aliases or known.get(band.label, ())) for band in bands)


def _digest(spec: FormSpec, office: OfficeRules) -> str:
    return hashlib.sha256(f"{spec.digest}\n{office!r}".encode()).hexdigest()
