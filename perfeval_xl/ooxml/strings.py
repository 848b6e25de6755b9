"""The shared strings of a workbook, decoded when first asked for."""

from __future__ import annotations

import re

from perfeval_xl.labels import struck
from perfeval_xl.ooxml.markup import (
    MAIN,
    STRICT_MAIN,
    Node,
    check,
    escape_value,
    parse,
    plain_text,
    unescaped,
    utf8,
)

_ITEM = re.compile(rb"<si>(.*?)</si>|<si ?/>", re.DOTALL)
_SIMPLE = re.compile(rb"<t(?: xml:space=\"preserve\")?>([^<]*)</t>")
_RICH = re.compile(rb"<rPh\b.*?</rPh>|<t(?:\s[^<>]*)?(?:/>|>([^<]*)</t>)", re.DOTALL)
_RUN = re.compile(rb"<r>(.*?)</r>|<rPh\b.*?</rPh>|<t(?:\s[^<>]*)?(?:/>|>([^<]*)</t>)", re.DOTALL)
_STRUCK = re.compile(rb"<strike(?:\s+val=\"(?:1|true)\")?\s*/>")
_MARKED = re.compile(rb"<!\[CDATA\[|<!--|<[a-zA-Z]+:|<\?[^x]|<t [^>]*'")

MAX_TEXT = 32_767  # UTF-16 units, Excel's limit for a cell and for a note


def fitting_text(text: str) -> str:
    """The text, cut where a cell or a note would hold no more; Excel calls a longer one damage."""
    if len(text) * 2 <= MAX_TEXT:
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= MAX_TEXT * 2:
        return text
    return units[: (MAX_TEXT - 1) * 2].decode("utf-16-le", "ignore") + "…"


class SharedStrings:
    """Plain text of each shared string; formatting and phonetic guides are left out.

    What is struck out is marked so, sign by sign (``STRUCK``).
    """

    def __init__(self, content: bytes | None, part: str) -> None:
        self._texts: list[str | None] = []
        self._raw: list[bytes] = []
        if content is not None:
            self._load(utf8(content, part), part)

    def _load(self, content: bytes, part: str) -> None:
        items = _ITEM.findall(content)
        if _MARKED.search(content) or len(items) != content.count(b"<si"):
            self._texts = [item_text(node) for node in parse(content, part).all("si")]
            return
        check(content, part)
        self._raw = items
        self._texts = [None] * len(items)

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, index: int) -> str:
        """The text; IndexError when there is none of that number (negative ones included)."""
        if index < 0:
            raise IndexError(index)
        text = self._texts[index]
        if text is None:
            text = self._texts[index] = raw_text(self._raw[index])
        return text


def raw_text(raw: bytes) -> str:
    """Text of a string item written in the usual way."""
    simple = _SIMPLE.fullmatch(raw)
    if simple:
        return plain_text(simple[1])
    if b"<strike" not in raw:
        return "".join(plain_text(piece) for piece in _RICH.findall(raw))
    pieces = []
    for run, own in _RUN.findall(raw):
        text = "".join(plain_text(piece) for piece in _RICH.findall(run)) or plain_text(own)
        pieces.append(struck(text) if _STRUCK.search(run) else text)
    return "".join(pieces)


def item_text(node: Node) -> str:
    """Text of a string item however it is written."""
    pieces = []
    for child in node.children:
        if child.name == "t":
            pieces.append(unescaped(child.text))
        elif child.name == "r":
            text = "".join(unescaped(inner.text) for inner in child.all("t"))
            pieces.append(struck(text) if _is_struck(child) else text)
    return "".join(pieces)


def _is_struck(run: Node) -> bool:
    looks = run.first("rPr")
    line = looks.first("strike") if looks else None
    return line is not None and line.attributes.get("val", "1") in ("1", "true")


class TextRegistry:
    """How our texts are stored: in the cell, unless the workbook has no shared strings at all.

    Excel would give such a workbook shared strings at its next save, and validators say so.
    """

    def __init__(self, strings: SharedStrings) -> None:
        self.are_inline = len(strings) > 0
        self._texts: dict[str, int] = {}
        self._uses = 0

    def cell_rest(self, text: str) -> str:
        """All of a text cell that follows its reference and style."""
        text = fitting_text(text)
        if self.are_inline:
            shown = escape_value(text)
            return f' t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'
        self._uses += 1
        return f' t="s"><v>{self._texts.setdefault(text, len(self._texts))}</v></c>'

    def whole_part(self, strict: bool) -> bytes:
        """A shared strings part of our texts alone."""
        items = "".join(
            f'<si><t xml:space="preserve">{escape_value(text)}</t></si>' for text in self._texts
        )
        space = STRICT_MAIN if strict else MAIN
        head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        counts = f'count="{self._uses}" uniqueCount="{len(self._texts)}"'
        return f'{head}<sst xmlns="{space}" {counts}>{items}</sst>'.encode()
