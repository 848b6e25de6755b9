"""An .xlsx as it lies on disk; knows spreadsheets, nothing of forms. May import errors to model."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from perfeval_xl.ooxml.package import Limits, Package
from perfeval_xl.ooxml.sheet import Cell, Sheet
from perfeval_xl.ooxml.sniff import sniff
from perfeval_xl.ooxml.validation import Validation
from perfeval_xl.ooxml.workbook import DefinedName, SheetInfo, Workbook

if TYPE_CHECKING:
    from perfeval_xl.ooxml.appearance import Border, Fill, FillOf, Font, Style
    from perfeval_xl.ooxml.edit import ChangeLog, Editor
    from perfeval_xl.ooxml.newsheet import NewSheet, PrintSetup
    from perfeval_xl.ooxml.receipt import Difference, compare, restore, was_annotated
    from perfeval_xl.ooxml.sheet_edit import SheetEditor

# Whoever only reads starts without what writes.
_HOMES = {
    **dict.fromkeys(("Border", "Fill", "FillOf", "Font", "Style"), "appearance"),
    **dict.fromkeys(("ChangeLog", "Editor"), "edit"),
    "SheetEditor": "sheet_edit",
    **dict.fromkeys(("NewSheet", "PrintSetup"), "newsheet"),
    **dict.fromkeys(("Difference", "compare", "restore", "was_annotated"), "receipt"),
}

__all__ = [
    "Border",
    "Cell",
    "ChangeLog",
    "DefinedName",
    "Difference",
    "Editor",
    "Fill",
    "FillOf",
    "Font",
    "Limits",
    "NewSheet",
    "Package",
    "PrintSetup",
    "Sheet",
    "SheetEditor",
    "SheetInfo",
    "Style",
    "Validation",
    "Workbook",
    "compare",
    "restore",
    "sniff",
    "was_annotated",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
