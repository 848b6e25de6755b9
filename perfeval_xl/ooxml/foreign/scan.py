"""The scan of a foreign workbook by its kind; whatever goes wrong in it becomes a return code."""

from __future__ import annotations

import struct
from collections.abc import Callable
from xml.parsers.expat import ExpatError

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml.foreign.biff import scan_xls
from perfeval_xl.ooxml.foreign.biff12 import scan_xlsb
from perfeval_xl.ooxml.foreign.layout import SheetLayout
from perfeval_xl.ooxml.foreign.odf import scan_ods
from perfeval_xl.ooxml.package import Limits

_SCANS: dict[str, Callable[[bytes, Limits], list[SheetLayout]]] = {
    "xls": scan_xls,
    "xlsb": scan_xlsb,
    "ods": scan_ods,
}
KINDS = tuple(_SCANS)


def scan(data: bytes, kind: str, limits: Limits) -> list[SheetLayout]:
    """Every tab of the workbook in order; ``kind`` is one of KINDS.

    Raises:
        WorkbookError: it cannot be read, is encrypted or exceeds a limit.
    """
    if len(data) > limits.file_bytes:
        details = {"limit": str(limits.file_bytes), "actual": str(len(data)), "part": ""}
        raise WorkbookError("workbook.too_large", details)
    try:
        sheets = _SCANS[kind](data, limits)
    except (struct.error, IndexError, ValueError, OverflowError, OSError, ExpatError) as exc:
        raise WorkbookError("workbook.legacy_failed", {"kind": kind}) from exc
    if not sheets:
        raise WorkbookError("workbook.no_sheet")
    seen: set[str] = set()
    for sheet in sheets:
        if sheet.name.casefold() in seen:
            raise WorkbookError("workbook.duplicate_sheet", {"sheet": sheet.name})
        seen.add(sheet.name.casefold())
        sheet.check()
    return sheets
