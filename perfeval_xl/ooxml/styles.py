"""The styles part as it is read: number formats, and where its collections lie."""

from __future__ import annotations

import re

from perfeval_xl.ooxml.markup import Node, parse, prefix_of, utf8

GENERAL = "General"
# ECMA-376 18.8.30, with the Chinese meanings of 27 to 58.
BUILTIN_FORMATS = {
    0: GENERAL,
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "yyyy/m/d",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy/m/d h:mm",
    27: 'yyyy"年"m"月"',
    28: 'm"月"d"日"',
    29: 'm"月"d"日"',
    30: "m/d/yy",
    31: 'yyyy"年"m"月"d"日"',
    32: 'h"时"mm"分"',
    33: 'h"时"mm"分"ss"秒"',
    34: '上午/下午h"时"mm"分"',
    35: '上午/下午h"时"mm"分"ss"秒"',
    36: 'yyyy"年"m"月"',
    37: "#,##0_);(#,##0)",
    38: "#,##0_);[Red](#,##0)",
    39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);[Red](#,##0.00)",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
    50: 'yyyy"年"m"月"',
    51: 'm"月"d"日"',
    52: 'yyyy"年"m"月"',
    53: 'm"月"d"日"',
    54: 'm"月"d"日"',
    55: '上午/下午h"时"mm"分"',
    56: '上午/下午h"时"mm"分"ss"秒"',
    57: 'yyyy"年"m"月"',
    58: 'm"月"d"日"',
}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_STRIKE = re.compile(rb"<(?:\w+:)?strike(?:\s+val=[\"'](?:1|true)[\"'])?\s*/?>")
_SIZE = re.compile(rb"<(?:\w+:)?sz\s+val=[\"']([0-9]{1,3}(?:\.[0-9]+)?)[\"']")
_USUAL_SIZE = 11.0
_DATE_LETTER = re.compile(r"[ymdhs]", re.IGNORECASE)


class Styles:
    """Number formats by style index, and the tree of the part for the registry."""

    def __init__(self, content: bytes | None, part: str) -> None:
        self.part = part
        self.xml = b"" if content is None else utf8(content, part)
        self.was_recoded = content is not None and self.xml is not content
        self.root: Node | None = parse(self.xml, part, 3) if content is not None else None
        self.prefix = prefix_of(self.xml, self.root) if self.root else b""
        self.formats = self._own_formats()
        self.cell_formats = self.items("cellXfs")

    def section(self, name: str) -> Node | None:
        """A collection such as ``fonts``, None when the part lacks it."""
        return self.root.first(name) if self.root else None

    def items(self, name: str) -> list[Node]:
        """The entries of a collection."""
        found = self.section(name)
        return [node for node in found.children if node.space == found.space] if found else []

    def _own_formats(self) -> dict[int, str]:
        formats = {}
        for node in self.items("numFmts"):
            number = node.attributes.get("numFmtId", "")
            if number.isascii() and number.isdigit():
                formats[int(number)] = node.attributes.get("formatCode", GENERAL)
        return formats

    def number_format(self, index: int) -> str:
        """The format code of a style, General when it has none."""
        if not 0 <= index < len(self.cell_formats):
            return GENERAL
        number = self.cell_formats[index].attributes.get("numFmtId", "0")
        if not (number.isascii() and number.isdigit()):
            return GENERAL
        return self.formats.get(int(number)) or BUILTIN_FORMATS.get(int(number), GENERAL)

    def is_percent(self, index: int) -> bool:
        """Whether a number of this style is shown as a percentage."""
        return "%" in _LITERAL.sub("", self.number_format(index))

    def is_struck(self, index: int) -> bool:
        """Whether a cell of this style is struck out as a whole."""
        fonts = self.items("fonts")
        if not 0 <= index < len(self.cell_formats):
            return False
        number = self.cell_formats[index].attributes.get("fontId", "0")
        if not (number.isascii() and number.isdigit() and int(number) < len(fonts)):
            return False
        font = fonts[int(number)]
        return _STRIKE.search(self.xml, font.start, font.end) is not None

    @property
    def default_size(self) -> float:
        """Points of the workbook's own font, by which column widths count."""
        fonts = self.items("fonts")
        found = _SIZE.search(self.xml, fonts[0].start, fonts[0].end) if fonts else None
        return float(found[1]) if found else _USUAL_SIZE

    def is_date(self, index: int) -> bool:
        """Whether a number of this style is shown as a date or time."""
        code = self.number_format(index)
        if code == GENERAL or "%" in code:
            return False
        shown = _LITERAL.sub("", code).split(";", 1)[0]
        return bool(_DATE_LETTER.search(shown.replace(GENERAL, "")))
