"""How a cell looks, as values: what a caller asks for, free of any file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Font:
    """A font; ``color`` is ``RRGGBB`` or None for the automatic one, ``size`` in points."""

    name: str = "宋体"
    size: float = 11
    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """A fill: ``color`` (``RRGGBB``) alone when solid, else the pattern's lines on ``background``."""

    color: str
    pattern: str = "solid"
    background: str | None = None


@dataclass(frozen=True, slots=True)
class FillOf:
    """The fill that a style of the workbook already has, by the style's index."""

    style: int


@dataclass(frozen=True, slots=True)
class Border:
    """Lines of one colour on the named sides (any of left, right, top, bottom)."""

    color: str = "BFBFBF"
    line: str = "thin"
    sides: tuple[str, ...] = ("left", "right", "top", "bottom")


@dataclass(frozen=True, slots=True)
class Style:
    """The whole look of a cell we write; None leaves the workbook's default.

    horizontal: left, center, right …; vertical: top, center, bottom. number_format: the code as
    Excel shows it, such as ``0.00``. locked: False leaves the cell open on a protected sheet.
    """

    font: Font | None = None
    fill: Fill | FillOf | None = None
    border: Border | None = None
    horizontal: str | None = None
    vertical: str | None = None
    wrap: bool = False
    indent: int = 0
    number_format: str | None = None
    locked: bool = True
