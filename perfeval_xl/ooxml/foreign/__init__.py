"""Workbooks in other formats (.xls, .xlsb, .ods): where cells lie and how they are shown.

Values are another reader's business (``reader/legacy.py``, by calamine). This room says what that
one cannot: number formats, error values, merges of every format, widths, and how large a sheet is
before anybody lays it out in memory. May import what ``ooxml`` may.
"""

from perfeval_xl.ooxml.foreign.filled import fill
from perfeval_xl.ooxml.foreign.layout import CellMark, SheetLayout
from perfeval_xl.ooxml.foreign.plain import PlainSheet, write_plain
from perfeval_xl.ooxml.foreign.scan import KINDS, scan

__all__ = ["KINDS", "CellMark", "PlainSheet", "SheetLayout", "fill", "scan", "write_plain"]
