"""A finding that only the whole batch shows, as records have findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfeval_xl.batch.record import Record
from perfeval_xl.forms.texts import finding_text


def batch_finding(
    code: str,
    slots: Mapping[str, str],
    sheet: str | None = None,
    cells: Sequence[str] = (),
    key: str = "",
) -> Record:
    """The finding, its sentence filled from ``slots``; provided, expected, difference from there.

    key: what tells several findings of one code in one file apart.
    """
    text = finding_text(code)
    return {
        "code": code,
        "title": text.title,
        "severity": text.severity.value,
        "origin": text.origin.value,
        "indicator": "",
        "sheet": sheet,
        "cells": list(cells),
        "provided": slots.get("provided", ""),
        "expected": slots.get("expected", ""),
        "difference": slots.get("difference", ""),
        "message": text.fill(text.message, slots).strip(),
        "fix": text.fill(text.fix, slots),
        "clause": "",
        "follows_from": "",
        "key": f"{code}|{key}|",
    }
