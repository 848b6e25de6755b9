"""An .xlsx as it lies on disk; knows spreadsheets, nothing of forms. May import errors to model."""

from perfeval_xl.ooxml.appearance import Border, Fill, Font, Style
from perfeval_xl.ooxml.edit import ChangeLog, Editor, SheetEditor
from perfeval_xl.ooxml.newsheet import NewSheet, PrintSetup
from perfeval_xl.ooxml.package import Limits, Package
from perfeval_xl.ooxml.receipt import Difference, compare, restore, was_annotated
from perfeval_xl.ooxml.sheet import Cell, Sheet
from perfeval_xl.ooxml.sniff import sniff
from perfeval_xl.ooxml.validation import Validation
from perfeval_xl.ooxml.workbook import DefinedName, SheetInfo, Workbook

__all__ = [
    "Border",
    "Cell",
    "ChangeLog",
    "DefinedName",
    "Difference",
    "Editor",
    "Fill",
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
