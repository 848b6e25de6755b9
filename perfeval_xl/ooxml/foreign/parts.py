"""A zip package that is no .xlsx, under the same limits and the same refusals."""

from __future__ import annotations

import struct

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml.package import Limits, Package, _check_declared_sizes, _read_directory


def open_zip(data: bytes, limits: Limits) -> Package:
    """The package, every member inflated once within the limits: another reader will do so too."""
    try:
        package = _read_directory(data, limits)
    except (struct.error, OverflowError, UnicodeError) as exc:
        raise WorkbookError("workbook.truncated") from exc
    _check_declared_sizes(package)
    for name in package.names:
        package.original(name)
    return package
