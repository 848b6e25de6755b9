"""Styles we add: appended to the styles part, equal ones once."""

from __future__ import annotations

import re
from functools import lru_cache

from perfeval_xl.ooxml.appearance import Border, Fill, FillOf, Font, Style
from perfeval_xl.ooxml.markup import (
    MAIN,
    Splice,
    apply,
    attribute_splice,
    escape_attribute,
    qualified,
)
from perfeval_xl.ooxml.styles import BUILTIN_FORMATS, Styles

_ORDER = (
    "numFmts",
    "fonts",
    "fills",
    "borders",
    "cellStyleXfs",
    "cellXfs",
    "cellStyles",
    "dxfs",
    "tableStyles",
    "colors",
    "extLst",
)
_PLAIN_XF = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
_DEFAULTS = {
    "fonts": ('<font><sz val="11"/><name val="宋体"/></font>',),
    "fills": (
        '<fill><patternFill patternType="none"/></fill>',
        '<fill><patternFill patternType="gray125"/></fill>',
    ),
    "borders": ("<border><left/><right/><top/><bottom/><diagonal/></border>",),
    "cellStyleXfs": ('<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>',),
    "cellXfs": (_PLAIN_XF,),
}
_FIRST_OWN_FORMAT = 164
_BUILTIN_NUMBERS = {code: number for number, code in reversed(BUILTIN_FORMATS.items())}
_SIDES = ("left", "right", "top", "bottom")
_OPEN_TAG = re.compile(rb"""<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>""")

EMPTY_STYLES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    f'<styleSheet xmlns="{MAIN}">'
    + "".join(
        f'<{name} count="{len(items)}">{"".join(items)}</{name}>'
        for name, items in _DEFAULTS.items()
    )
    + '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
).encode()


class StyleRegistry:
    """Hands out style indexes and knows what must be spliced in for them."""

    def __init__(self, styles: Styles) -> None:
        self.is_new = styles.root is None
        self.styles = Styles(EMPTY_STYLES, "xl/styles.xml") if self.is_new else styles
        self._added: dict[str, list[bytes]] = {}
        self._known: dict[str, dict[bytes, int]] = {}
        self._sizes: dict[str, int] = {}
        self._formats = {code: number for number, code in self.styles.formats.items()}
        self._styles: dict[Style, int] = {}
        self._same: dict[int, tuple[Style, int]] = {}  # keeps the style, so that its id stays its
        self._restyled: dict[tuple[int, Fill | None, Border | None], int] = {}

    def index(self, style: Style | None) -> int:
        """The style index for ``style``."""
        if style is None:
            return 0
        same = self._same.get(id(style))  # hashing a Style costs more than the rest
        if same is not None:
            return same[1]
        known = self._styles.get(style)
        if known is None:
            known = self._styles[style] = self._entry("cellXfs", self._cell_format(style))
        self._same[id(style)] = (style, known)
        return known

    def restyled(self, base: int, fill: Fill | None, border: Border | None) -> int:
        """The index of style ``base`` with another fill or border and all else as it was."""
        key = (base, fill, border)
        known = self._restyled.get(key)
        if known is None:
            known = self._restyled[key] = self._raw_entry("cellXfs", self._varied(*key))
        return known

    def refilled(self, base: int, other: int | None) -> int:
        """The index of style ``base`` with the fill of style ``other``; with none when None."""
        fill = 0 if other is None else self.fill_id(other)
        return self._raw_entry(
            "cellXfs", _with(self._varied(base, None, None), "fillId", str(fill))
        )

    def fill_id(self, style: int) -> int:
        """Which fill a style has; 0 means none."""
        formats, fills = self.styles.cell_formats, self.styles.items("fills")
        given = formats[style].attributes.get("fillId", "") if 0 <= style < len(formats) else ""
        number = int(given) if given.isascii() and given.isdigit() else 0
        pattern = fills[number].first("patternFill") if number < len(fills) else None
        is_none = pattern is not None and pattern.attributes.get("patternType", "none") == "none"
        return 0 if is_none or number >= len(fills) else number

    def differential(self, fill: Fill | None, font_color: str | None) -> int:
        """The index of a format that a condition lays over a cell's own."""
        font = f"<font>{_color(font_color)}</font>" if font_color else ""
        ground = ""
        if fill:
            ground = f'<fill><patternFill><bgColor rgb="FF{fill.color}"/></patternFill></fill>'
        return self._entry("dxfs", f"<dxf>{font}{ground}</dxf>")

    def splices(self) -> list[Splice]:
        """What turns the submitted styles part into ours."""
        found: list[Splice] = []
        for name in _ORDER:
            if self._added.get(name):
                found.extend(self._section_splices(name, self._added[name]))
        return found

    def _section_splices(self, name: str, entries: list[bytes]) -> list[Splice]:
        xml, node = self.styles.xml, self.styles.section(name)
        body = b"".join(entries)
        prefix = self.styles.prefix
        if node is None:
            opening = qualified(f'<{name} count="{len(entries)}">', prefix)
            closing = qualified(f"</{name}>", prefix)
            at = self._place(name)
            return [Splice(at, at, opening + body + closing)]
        count = attribute_splice(xml, node.start, node.inner, "count", str(self._sizes[name]))
        if node.is_empty_tag:
            closing = qualified(f"</{name}>", prefix)
            return [count, Splice(node.end - 2, node.end, b">" + body + closing)]
        return [count, Splice(node.close, node.close, body)]

    def _place(self, name: str) -> int:
        """Where a missing collection belongs."""
        root = self.styles.root
        if root is None:
            return 0
        rank = _ORDER.index(name)
        for node in root.children:
            if node.name in _ORDER and _ORDER.index(node.name) > rank:
                return node.start
        return root.close

    def _entry(self, section: str, xml: str) -> int:
        return self._raw_entry(section, qualified(xml, self.styles.prefix))

    def _raw_entry(self, section: str, xml: bytes) -> int:
        known = self._known.get(section)
        if known is None:
            known = self._open_section(section)
        index = known.get(xml)
        if index is None:
            index = known[xml] = self._sizes[section]
            self._sizes[section] += 1
            self._added[section].append(xml)
        return index

    def _open_section(self, section: str) -> dict[bytes, int]:
        items = self.styles.items(section)
        content = self.styles.xml
        known: dict[bytes, int] = {}
        for index, node in enumerate(items):
            known.setdefault(content[node.start : node.end], index)
        self._known[section] = known
        self._sizes[section] = len(items)
        self._added[section] = []
        if not items:
            for xml in _DEFAULTS.get(section, ()):
                self._added[section].append(qualified(xml, self.styles.prefix))
                self._sizes[section] += 1
        return known

    def _cell_format(self, style: Style) -> str:
        font = self._entry("fonts", _font(style.font)) if style.font else 0
        fill = self._fill_number(style.fill)
        border = self._entry("borders", _border(style.border)) if style.border else 0
        number = self._number(style.number_format) if style.number_format else 0
        parts = [f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="{border}"']
        parts.append(' xfId="0"')
        applied = (
            ("applyNumberFormat", number),
            ("applyFont", style.font),
            ("applyFill", style.fill),
            ("applyBorder", style.border),
        )
        parts.extend(f' {name}="1"' for name, given in applied if given)
        return "".join(parts) + _alignment_and_protection(style)

    def _fill_number(self, fill: Fill | FillOf | None) -> int:
        if isinstance(fill, FillOf):
            return self.fill_id(fill.style)
        return self._entry("fills", _fill(fill)) if fill else 0

    def _varied(self, base: int, fill: Fill | None, border: Border | None) -> bytes:
        formats = self.styles.cell_formats
        if 0 <= base < len(formats):
            xml = self.styles.xml[formats[base].start : formats[base].end]
        else:
            xml = qualified(_PLAIN_XF, self.styles.prefix)
        if fill is not None:
            xml = _with(xml, "fillId", str(self._entry("fills", _fill(fill))))
            xml = _with(xml, "applyFill", "1")
        if border is not None:
            xml = _with(xml, "borderId", str(self._entry("borders", _border(border))))
            xml = _with(xml, "applyBorder", "1")
        return xml

    def _number(self, code: str) -> int:
        if code in _BUILTIN_NUMBERS and _BUILTIN_NUMBERS[code] not in self.styles.formats:
            return _BUILTIN_NUMBERS[code]
        known = self._formats.get(code)
        if known is None:
            known = max([_FIRST_OWN_FORMAT - 1, *self._formats.values()]) + 1
            self._formats[code] = known
            shown = escape_attribute(code)
            self._entry("numFmts", f'<numFmt numFmtId="{known}" formatCode="{shown}"/>')
        return known


def _with(xml: bytes, name: str, value: str) -> bytes:
    tag = _OPEN_TAG.match(xml)
    splice = attribute_splice(xml, 0, tag.end() if tag else len(xml), name, value)
    return apply(xml, [splice])[0]


@lru_cache(maxsize=256)
def _alignment_and_protection(style: Style) -> str:
    given = ""
    if style.horizontal:
        given += f' horizontal="{style.horizontal}"'
    if style.vertical:
        given += f' vertical="{style.vertical}"'
    given += ' wrapText="1"' if style.wrap else ""
    given += f' indent="{style.indent}"' if style.indent else ""
    head = inner = ""
    if given:
        head, inner = ' applyAlignment="1"', f"<alignment{given}/>"
    if not style.locked:
        head += ' applyProtection="1"'
        inner += '<protection locked="0"/>'
    return f"{head}>{inner}</xf>" if inner else f"{head}/>"


def _color(color: str, name: str = "color") -> str:
    return f'<{name} rgb="FF{color.upper()}"/>'


@lru_cache(maxsize=256)
def _font(font: Font) -> str:
    flags = "".join(
        f"<{name}/>"
        for name, on in (
            ("b", font.bold),
            ("i", font.italic),
            ("strike", font.strike),
            ("u", font.underline),
        )
        if on
    )
    color = _color(font.color) if font.color else ""
    name = f'<name val="{escape_attribute(font.name)}"/>'
    return f'<font>{flags}<sz val="{font.size:g}"/>{color}{name}</font>'


@lru_cache(maxsize=256)
def _fill(fill: Fill) -> str:
    front = _color(fill.color, "fgColor")
    back = _color(fill.background, "bgColor") if fill.background else '<bgColor indexed="64"/>'
    return f'<fill><patternFill patternType="{fill.pattern}">{front}{back}</patternFill></fill>'


@lru_cache(maxsize=256)
def _border(border: Border) -> str:
    line = f'style="{border.line}"'
    sides = "".join(
        f"<{side} {line}>{_color(border.color)}</{side}>" if side in border.sides else f"<{side}/>"
        for side in _SIDES
    )
    return f"<border>{sides}<diagonal/></border>"
