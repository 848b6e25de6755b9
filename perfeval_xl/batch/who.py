"""Whose workbook it is: the one place where files are told to be of one unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from sys import intern
from typing import Any

from perfeval_xl.labels import normalize_label


@dataclass(frozen=True, slots=True)
class Who:
    """Whose workbook it is, as it says itself, and of which form and year."""

    name: str
    code: str
    form: str
    year: int | None


def unit_key(name: str | None, code: str | None) -> str:
    """One key for all files of a unit: its code, else its name; empty when it has neither."""
    return str(code or "").strip() or normalize_label(name or "")


def may_be_one(a: Who, b: Who) -> bool:
    """Whether two workbooks sent under one file name may be of one unit.

    Not when their names differ and their codes too: such names (附件2.xlsx) are everybody's.
    """
    names = normalize_label(a.name), normalize_label(b.name)
    codes = a.code.strip(), b.code.strip()
    pairs = [pair for pair in (names, codes) if all(pair)]
    return not pairs or any(one == other for one, other in pairs)


def who_of(record: Mapping[str, Any]) -> Who | None:
    """Whose workbook a record is of; None when it was returned."""
    if record["status"] != "evaluated":
        return None
    unit = record["unit"]
    form = intern(str(record["form"]))
    return Who(unit["name"] or "", unit["code"] or "", form, record["year"])
