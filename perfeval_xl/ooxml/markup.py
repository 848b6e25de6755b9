"""XML with byte offsets: checked by expat, never rebuilt, edited by splices.

No entities, no DTD, no network: any DOCTYPE is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple
from xml.parsers import expat

from perfeval_xl.errors import WorkbookError

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"

_RELATION_SPACES = (RELATIONS, STRICT_RELATIONS)
_XML_SPACE = "http://www.w3.org/XML/1998/namespace"
_MAX_DEPTH = 200
_MAX_NODES = 500_000  # sheets are read by another way
_DECLARATION = re.compile(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["'][^>]*\?>""")
_OPEN_TAG = re.compile(rb"""<[^\s/>"']+(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_MOST_PLAIN = 4 * _MAX_NODES  # bytes: an element takes four, so the limit holds by itself
_PLAIN_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:<\?xml [^<>?]*+\?>)?+\s*+<([A-Za-z][\w.-]*+)((?:[^<>]*+))>"
)
_PLAIN_SPACE = re.compile(r'xmlns:?([\w.-]*)="([^"]*)"')
_PLAIN_ATTRIBUTE = re.compile(r'([\w:.-]+)="([^"]*)"')
_PLAIN_TOKEN = re.compile(
    rb'<(?:([A-Za-z][\w.-]*+)((?:\s++[\w:.-]++="[^"<]*+")*+)\s*+(/?+)'
    rb"|/[A-Za-z][\w.-]*+\s*+)>([^<]*+)"
)
_ENCODINGS = {"gb2312", "gbk", "gb18030", "iso-8859-1", "us-ascii", "windows-1252", "big5"}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ILLEGAL = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAG_NAME = re.compile(r"<(/?)(?=[A-Za-z])")


def utf8(content: bytes, part: str) -> bytes:
    """The part in UTF-8: itself unless it is in another encoding."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _recoded(content, "utf-16", part)
    if content[:4] in (b"<\0?\0", b"\0<\0?"):
        return _recoded(content, "utf-16-le" if content[1] == 0 else "utf-16-be", part)
    declared = _DECLARATION.match(content)
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name in _ENCODINGS:
        return _recoded(content, name, part)
    if name not in ("utf-8", "utf8"):
        raise WorkbookError("workbook.bad_xml", {"part": part, "line": "1"})
    return content


def _recoded(content: bytes, encoding: str, part: str) -> bytes:
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeError as exc:
        raise WorkbookError("workbook.bad_xml", {"part": part, "line": "1"}) from exc
    return re.sub(
        r"""(<\?xml[^>]*?)\s+encoding\s*=\s*["'][\w.:-]+["']""", r"\1", text, count=1
    ).encode("utf-8", "replace")


def check(content: bytes, part: str) -> None:
    """Raise WorkbookError unless the part is well-formed and has no DOCTYPE."""
    run(expat.ParserCreate(namespace_separator="|"), content, part)


def run(parser: expat.XMLParserType, content: bytes, part: str) -> None:
    """Parse all of ``content`` with the handlers set; refuse a DOCTYPE and broken XML."""

    def refuse(*_: object) -> None:
        raise WorkbookError("workbook.doctype", {"part": part})

    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as exc:
        details = {"part": part, "line": str(exc.lineno)}
        raise WorkbookError("workbook.bad_xml", details) from exc
    except (ValueError, LookupError) as exc:  # an encoding that expat cannot read
        raise WorkbookError("workbook.bad_xml", {"part": part, "line": "1"}) from exc
    finally:
        _release(parser)


def _release(parser: expat.XMLParserType) -> None:
    """Let go of the handlers, which hold the parser: a cycle would keep the part in memory."""
    parser.StartDoctypeDeclHandler = None
    parser.StartElementHandler = None
    parser.EndElementHandler = None
    parser.CharacterDataHandler = None


@dataclass(slots=True)
class Node:
    """An element with the offsets of its tags: ``content[start:end]`` is all of it.

    name: local name. space: namespace. attributes: by local name, relation ones as ``r:id``.
    inner: end of the open tag; close: start of the close tag (all three ends agree when empty).
    """

    name: str
    space: str
    attributes: dict[str, str]
    start: int
    inner: int = 0
    close: int = 0
    end: int = 0
    text: str = ""
    children: list[Node] = field(default_factory=list)

    @property
    def is_empty_tag(self) -> bool:
        """Whether it is written ``<name/>``."""
        return self.inner == self.end

    def all(self, name: str) -> list[Node]:
        """Children of this name in this element's own namespace."""
        return [node for node in self.children if node.name == name and node.space == self.space]

    def first(self, name: str) -> Node | None:
        """First child of this name, or None."""
        return next(iter(self.all(name)), None)

    def descendants(self, name: str) -> list[Node]:
        """All elements of this name below this one, in document order."""
        found = []
        for node in self.children:
            if node.name == name:
                found.append(node)
            found.extend(node.descendants(name))
        return found


def parse(content: bytes, part: str, depth: int = 0, checked: bool = False) -> Node:
    """The tree of a part that is UTF-8 (see ``utf8``); WorkbookError when it is not well-formed.

    depth: elements so deep (the root is 1) need not know what is in them; 0 for all.
    checked: it is a piece of what has been found well-formed.
    """
    return _plain_tree(content, part, depth, checked) or general_tree(content, part)


def general_tree(content: bytes, part: str) -> Node:
    """``parse`` for any well-formed part, wholly by expat."""
    top = Node("", "", {}, 0)
    stack = [top]
    count = [0]
    parser = expat.ParserCreate(namespace_separator="|")
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition("|")
        at = parser.CurrentByteIndex
        node = Node(local, space, named_attributes(attributes), at, open_tag_end(content, at))
        count[0] += 1
        if len(stack) > _MAX_DEPTH or count[0] > _MAX_NODES:
            line = str(parser.CurrentLineNumber)
            raise WorkbookError("workbook.bad_xml", {"part": part, "line": line})
        stack[-1].children.append(node)
        stack.append(node)

    def end(_: str) -> None:
        node = stack.pop()
        node.close, node.end = element_end(content, node.inner, parser.CurrentByteIndex)

    def text(data: str) -> None:
        stack[-1].text += data

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    run(parser, content, part)
    return top.children[0]


def _plain_tree(content: bytes, part: str, depth: int = 0, checked: bool = False) -> Node | None:
    """The tree of a part written in the usual way; None when it is not.

    Expat has the last word on whether it is well-formed. What the pattern does not cover to the
    last byte (comments, prefixed elements, namespaces below the root, ...) is not read here.
    """
    root = _PLAIN_ROOT.match(content)
    if root is None or len(content) > _MOST_PLAIN or b"\r" in content or b"<!" in content:
        return None
    if b"&" in root[2]:
        return None
    if not checked:
        check(content, part)
    spaces = dict(_PLAIN_SPACE.findall(root[2].decode("utf-8", "replace")))
    space = spaces.get("", "")
    top = node = Node("", "", {}, 0)
    stack = [top]
    at, whole = root.start(1) - 1, len(content)
    while at < whole:
        found = _PLAIN_TOKEN.match(content, at)
        if found is None:
            return None
        name, given, empty, text = found.group(1, 2, 3, 4)
        inner = found.start(4)
        at = found.end()
        if name is None:
            if len(stack) == 1:
                return None
            node.close, node.end = found.start(), inner
            stack.pop()
            node = stack[-1]
        else:
            attributes = _plain_attributes(given, spaces, len(stack) == 1) if given else {}
            if attributes is None or len(stack) > _MAX_DEPTH:
                return None
            start = found.start()
            child = Node(name.decode(), space, attributes, start, inner, inner, inner, "", [])
            node.children.append(child)
            if not empty and len(stack) == depth:
                closing = content.find(b"</%s>" % name, inner)
                if closing < 0 or content.find(b"<" + name, inner, closing) >= 0:
                    return None
                child.close, child.end = closing, closing + len(name) + 3
                at = _next_tag(content, child.end)
                continue
            if not empty:
                stack.append(child)
                node = child
        if text and node is not top:
            node.text += plain_text(text, escapes=False)
    return top.children[0] if len(stack) == 1 and len(top.children) == 1 else None


def _next_tag(content: bytes, at: int) -> int:
    found = content.find(b"<", at)
    return found if found >= 0 else len(content)


def _plain_attributes(given: bytes, spaces: dict[str, str], is_root: bool) -> dict[str, str] | None:
    """Attributes by local name, as ``named_attributes`` gives them; None when that is unsure."""
    if b"\n" in given or b"\t" in given:
        return None
    pairs = _PLAIN_ATTRIBUTE.findall(given.decode("utf-8", "replace"))
    attributes = dict(pairs)
    if b"&" in given:
        attributes = {k: plain_text(v.encode(), escapes=False) for k, v in pairs}
    if b":" not in given and b"xmlns" not in given:
        return attributes
    if not is_root and b"xmlns" in given:  # for this element's own attributes only
        own = {name[6:]: value for name, value in pairs if name.startswith("xmlns")}
        if any(spaces.get(prefix, value) != value or not prefix for prefix, value in own.items()):
            return None
        spaces = {**spaces, **own}
    named = {}
    for name, value in attributes.items():
        prefix, _, local = name.rpartition(":")
        if name == "xmlns" or prefix == "xmlns":
            continue
        if not prefix:
            named[name] = value
        elif prefix == "xml":
            named[f"xml:{local}"] = value
        elif prefix not in spaces:
            return None
        elif spaces[prefix] in _RELATION_SPACES:
            named[f"r:{local}"] = value
        else:
            named[f"{spaces[prefix]}|{local}"] = value
    return named


def named_attributes(attributes: dict[str, str]) -> dict[str, str]:
    """Expat's attributes by local name; relation ones get ``r:``, foreign ones their namespace."""
    if not any("|" in name for name in attributes):
        return attributes
    named = {}
    for name, value in attributes.items():
        space, _, local = name.rpartition("|")
        if space in _RELATION_SPACES:
            local = "r:" + local
        elif space == _XML_SPACE:
            local = "xml:" + local
        elif space:
            local = name
        named[local] = value
    return named


def open_tag_end(content: bytes, start: int) -> int:
    """Offset after the tag that opens at ``start``."""
    found = _OPEN_TAG.match(content, start)
    return found.end() if found else start


def element_end(content: bytes, inner: int, at: int) -> tuple[int, int]:
    """Offsets of an element's close tag and end, from where expat stands at its end event."""
    if content[inner - 2 : inner] == b"/>":
        return inner, inner
    return at, content.index(b">", at) + 1


def prefix_of(content: bytes, root: Node) -> bytes:
    """The prefix that the root is written with, such as ``x:``, or nothing."""
    name = content[root.start + 1 : root.inner]
    local = root.name.encode()
    return name[: name.index(local)] if not name.startswith(local) else b""


def declares_relations(content: bytes, root: Node) -> bool:
    """Whether ``r:`` means relations everywhere below the root."""
    tag = content[root.start : root.inner]
    return (
        re.search(rb"""xmlns:r=["'][^"']*officeDocument/(?:2006/)?relationships["']""", tag)
        is not None
    )


def is_strict(root: Node) -> bool:
    """Whether the part is in the strict dialect."""
    return root.space == STRICT_MAIN


def plain_text(raw: bytes, escapes: bool = True) -> str:
    """Text of character data as XML and (with ``escapes``) Excel's ``_x000D_`` mean it."""
    text = raw.decode("utf-8", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "&" in text:
        pieces = text.split("&")
        text = pieces[0] + "".join([_ENTITIES[piece] for piece in pieces[1:]])
    return unescaped(text) if escapes and "_x" in text else text


class _Entities(dict[str, str]):
    """What follows an ampersand, to what it means; remembers the usual short ones."""

    def __missing__(self, piece: str) -> str:
        name, _, rest = piece.partition(";")
        text = (_numbered(name[1:].lower()) if name[0] == "#" else _NAMED[name]) + rest
        if len(piece) < 9 and len(self) < 100_000:
            self[piece] = text
        return text


_ENTITIES = _Entities()


def _numbered(name: str) -> str:
    """The character of ``65`` or ``x41``; zeros before it may be endless."""
    digits = name.lstrip("x0") or "0"
    return chr(int(digits, 16 if name.startswith("x") else 10))


def unescaped(text: str) -> str:
    """The text with Excel's ``_xHHHH_`` turned into characters; lone surrogates become U+FFFD."""
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    if _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


@lru_cache(maxsize=1024)  # heads, formulas and clauses come back file after file
def escape(text: str) -> str:
    """Text as character data or attribute value; what XML cannot hold becomes U+FFFD."""
    if not text.isprintable():
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        text = _ILLEGAL.sub(lambda match: "" if match[0] < " " else "\ufffd", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;")


def escape_value(text: str) -> str:
    """Text of a cell: as ``escape``, and what looks like ``_x000D_`` stays what it looks like."""
    return escape(_ESCAPED.sub(r"_x005F_x\1_", text) if "_x" in text else text)


def escape_attribute(text: str) -> str:
    """An attribute value whose line breaks and tabs survive."""
    return escape(text).replace("\n", "&#10;").replace("\t", "&#9;")


def qualified(xml: str, prefix: bytes) -> bytes:
    """Our elements under the prefix that the part uses."""
    if prefix:
        xml = _TAG_NAME.sub(lambda match: f"<{match[1]}{prefix.decode()}", xml)
    return xml.encode("utf-8")


def attribute_splice(
    content: bytes, start: int, inner: int, name: str, value: str | None
) -> Splice:
    """The splice that sets an attribute of the tag at ``start``; value None removes it."""
    found = re.compile(rb"""\s+%s\s*=\s*(?:"[^"]*"|'[^']*')""" % name.encode()).search(
        content, start, inner
    )
    written = b"" if value is None else f' {name}="{escape_attribute(value)}"'.encode()
    if found:
        return Splice(found.start(), found.end(), written)
    at = inner - 2 if content[inner - 2 : inner] == b"/>" else inner - 1
    return Splice(at, at, written)


class Splice(NamedTuple):
    """Bytes ``start`` to ``end`` of a part give way to ``data``."""

    start: int
    end: int
    data: bytes


_PLACE = itemgetter(0, 1)


def apply(content: bytes, splices: list[Splice]) -> tuple[bytes, list[tuple[int, int, bytes]]]:
    """The spliced part, and for each splice its offset and length there and the bytes it replaced.

    Splices at one place keep the order in which they were asked for.
    """
    pieces: list[bytes] = []
    undo: list[tuple[int, int, bytes]] = []
    position = written = 0
    for start, end, data in sorted(splices, key=_PLACE):
        if start < position:
            raise ValueError(f"splices overlap at {start}")
        kept = content[position:start]
        pieces += (kept, data)
        at = written + len(kept)
        undo.append((at, len(data), content[start:end]))
        written = at + len(data)
        position = end
    pieces.append(content[position:])
    return b"".join(pieces), undo
