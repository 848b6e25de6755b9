"""Notes (legacy comments): the comments part and the drawing that shows their boxes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from perfeval_xl.labels import display_width
from perfeval_xl.ooxml.changes import Changes, append_inside
from perfeval_xl.ooxml.markup import (
    MAIN,
    RELATIONS,
    STRICT_MAIN,
    STRICT_RELATIONS,
    Node,
    Splice,
    check,
    escape,
    escape_value,
    parse,
    prefix_of,
    qualified,
)
from perfeval_xl.ooxml.refs import address, parse_cell
from perfeval_xl.ooxml.sheet import Sheet
from perfeval_xl.ooxml.strings import fitting_text

COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"

_BOX_WIDTH = 260  # pixels: 20 Chinese characters of 9 points, and a margin on either side
_LINE_HEIGHT = 17
_CHARACTERS_PER_LINE = 36  # half-width; 40 fit, but no line begins with a full stop or comma
_FEW_LINES = 2  # more of them get a line to spare, for fonts that run wider
_FARTHEST = 400  # rows or columns that a box may reach over, hidden ones too
_SHAPE_ID = re.compile(rb"_x0000_s(\d{1,9})\b")
_SPACES = (
    ("v", "urn:schemas-microsoft-com:vml"),
    ("o", "urn:schemas-microsoft-com:office:office"),
    ("x", "urn:schemas-microsoft-com:office:excel"),
)
_SHAPE_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202"'
    ' path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)


@dataclass(frozen=True, slots=True)
class Note:
    """A note to be written."""

    row: int
    column: int
    text: str


class SheetNotes:
    """The notes of one worksheet: the unit's own, and ours to come."""

    def __init__(
        self, changes: Changes, sheet: Sheet, author: str, number: int, font_size: float
    ) -> None:
        self.changes = changes
        self.sheet = sheet
        self.author = author
        self.number = number  # of the sheet among all, for shape ids
        self.digit = int(font_size * 2 / 3)  # pixels, by which columns are wide; never fewer
        self.notes: list[Note] = []
        self._wide: dict[int, int] = {}  # columns' pixels, as they are asked for
        self.relations = {item.id: item for item in changes.package.relationships(sheet.part)}
        self.comments_part = self._related("comments")
        self.root: Node | None = None
        self.own: dict[tuple[int, int], Node] = {}
        self.threaded: set[tuple[int, int]] = set()
        if self.comments_part:
            self._read_own(self.comments_part)
        self._read_threads()

    def add(self, row: int, column: int, text: str) -> bool:
        """Note down a note; False when the cell has a threaded comment."""
        if (row, column) in self.threaded:
            return False
        self.notes.append(Note(row, column, fitting_text(text)))
        return True

    def _related(self, kind: str) -> str | None:
        for relation in self.relations.values():
            if relation.kind == kind and relation.part is not None:
                return self.changes.package.find(relation.part)
        return None

    def _read_own(self, part: str) -> None:
        root = self.root = parse(self.changes.source(part), part)
        authors = root.first("authors")
        names = [node.text for node in authors.all("author")] if authors else []
        listing = root.first("commentList")
        for node in listing.all("comment") if listing else []:
            cell = parse_cell(node.attributes.get("ref", ""))
            if cell is None:
                continue
            self.own[cell] = node
            index = node.attributes.get("authorId", "")
            if index.isdigit() and int(index) < len(names) and names[int(index)].startswith("tc="):
                self.threaded.add(cell)

    def _read_threads(self) -> None:
        part = self._related("threadedComment")
        if part is None:
            return
        for node in parse(self.changes.source(part), part).descendants("threadedComment"):
            cell = parse_cell(node.attributes.get("ref", ""))
            if cell:
                self.threaded.add(cell)

    # -- parts that will be needed, known as soon as there is a note

    def allocate(self) -> None:
        """Name the parts that the notes will need."""
        self.legacy_id = ""
        changes, part = self.changes, self.sheet.part
        base = STRICT_RELATIONS if self.sheet.root.space == STRICT_MAIN else RELATIONS
        if self.comments_part is None:
            self.comments_part = changes.allocate("xl/comments{}.xml")
            changes.declare(self.comments_part, COMMENTS_TYPE)
            changes.relate(part, f"{base}/comments", self.comments_part)
        else:
            changes.edit(self.comments_part)
        self.drawing_part = self._drawing_part()
        if self.drawing_part is None:
            self.drawing_part = changes.allocate("xl/drawings/vmlDrawing{}.vml")
            changes.declare_extension("vml", VML_TYPE)
            self.legacy_id = changes.relate(part, f"{base}/vmlDrawing", self.drawing_part)
        else:
            changes.edit(self.drawing_part)

    def _drawing_part(self) -> str | None:
        child = self.sheet.child("legacyDrawing")
        if child is None:
            return None
        tag = self.sheet.xml[child.start : child.inner]
        found = re.search(rb""":id\s*=\s*["']([^"']+)["']""", tag)
        relation = self.relations.get(found[1].decode()) if found else None
        return self.changes.package.find(relation.part) if relation and relation.part else None

    def finish(self, heights: dict[int, float], widths: dict[int, float]) -> None:
        """Write both parts; heights of the rows as they will be, widths of the columns we size."""
        self._wide = {n - 1: self._in_pixels(width) for n, width in widths.items()}
        if self.root is None:
            self._write_comments()
        else:
            self._splice_comments(self.root)
        self._write_drawing(heights)

    # -- the comments part

    def _write_comments(self) -> None:
        space = self.sheet.root.space or MAIN
        listing = "".join(self._comment(note, 0) for note in self._merged_notes())
        author = f"<authors><author>{escape(self.author)}</author></authors>"
        whole = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            f'<comments xmlns="{space}">{author}<commentList>{listing}</commentList></comments>'
        )
        self.changes.added[str(self.comments_part)] = whole.encode()

    def _merged_notes(self) -> list[Note]:
        """Our notes, those of one cell in one."""
        texts: dict[tuple[int, int], list[str]] = {}
        for note in self.notes:
            texts.setdefault((note.row, note.column), []).append(note.text)
        return [Note(*cell, "\n".join(parts)) for cell, parts in sorted(texts.items())]

    def _comment(self, note: Note, author: int) -> str:
        cell = address(note.row, note.column)
        return f'<comment ref="{cell}" authorId="{author}"><text>{_run(note.text)}</text></comment>'

    def _splice_comments(self, root: Node) -> None:
        part = str(self.comments_part)
        source = self.changes.source(part)
        prefix = prefix_of(source, root)
        author, splices = self._author(source, root, prefix)
        fresh = []
        for note in self._merged_notes():
            own = self.own.get((note.row, note.column))
            if own is None:
                fresh.append(self._comment(note, author))
            else:
                splices.extend(_appended_text(source, own, note, prefix))
        listing = root.first("commentList")
        body = qualified("".join(fresh), prefix)
        if listing is None:
            body = qualified("<commentList>", prefix) + body + qualified("</commentList>", prefix)
            splices.append(Splice(root.close, root.close, body))
        elif fresh:
            splices.extend(append_inside(source, listing, body))
        self.changes.edit(part, *splices)

    def _author(self, source: bytes, root: Node, prefix: bytes) -> tuple[int, list[Splice]]:
        authors = root.first("authors")
        line = qualified(f"<author>{escape(self.author)}</author>", prefix)
        if authors is None:
            opening, closing = qualified("<authors>", prefix), qualified("</authors>", prefix)
            return 0, [Splice(root.inner, root.inner, opening + line + closing)]
        names = [node.text for node in authors.all("author")]
        if self.author in names:
            return names.index(self.author), []
        return len(names), append_inside(source, authors, line)

    # -- the drawing

    def _write_drawing(self, heights: dict[int, float]) -> None:
        part = str(self.drawing_part)
        missing = self._without_box()
        if part in self.changes.added:
            first = self.number * 1024 + 1
            shapes = [self._shape(n, first + i, heights) for i, n in enumerate(missing)]
            self.changes.added[part] = _new_drawing(self.number, shapes)
            return
        source = self.changes.source(part)
        check(source, part)
        used = [int(number) for number in _SHAPE_ID.findall(source)]
        first = max(used, default=self.number * 1024) + 1
        shapes = [self._shape(n, first + i, heights) for i, n in enumerate(missing)]
        if b'id="_x0000_t202"' not in source:
            shapes.insert(0, _SHAPE_TYPE)
        body = "".join(_with_spaces(shape, source) for shape in shapes).encode()
        at = source.rindex(b"</")
        self.changes.edit(part, Splice(at, at, body))

    def _without_box(self) -> list[Note]:
        """Notes that need a box: ours in new cells, and all when there is no drawing yet."""
        notes = {(n.row, n.column): n for n in self._merged_notes()}
        fresh = [note for cell, note in notes.items() if cell not in self.own]
        if str(self.drawing_part) not in self.changes.added:
            return fresh
        old = [
            Note(*cell, _node_text(node) + "\n" + (notes[cell].text if cell in notes else ""))
            for cell, node in self.own.items()
        ]
        return old + fresh

    def _shape(self, note: Note, number: int, heights: dict[int, float]) -> str:
        tall = box_height(note.text)
        anchor = self._anchor(note, tall, heights)
        height = tall * 0.75
        return (
            f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;'
            f"margin-left:60pt;margin-top:2pt;width:{_BOX_WIDTH * 0.75:g}pt;height:{height:g}pt;"
            f'z-index:{number % 1024};visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
            '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>'
            '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto">'
            '<div style="text-align:left"></div></v:textbox><x:ClientData ObjectType="Note">'
            f"<x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>"
            f"<x:AutoFill>False</x:AutoFill><x:Row>{note.row - 1}</x:Row>"
            f"<x:Column>{note.column - 1}</x:Column></x:ClientData></v:shape>"
        )

    def _anchor(self, note: Note, height: int, heights: dict[int, float]) -> str:
        """Left column, offset, top row, offset, right column, offset, bottom row, offset."""
        left, top = note.column, max(note.row - 2, 0)  # counted from 0: one to the right, one up
        right, right_offset = _walk(left, _BOX_WIDTH + 15, self._pixels_wide)
        default = self.sheet.default_height

        def pixels_high(row: int) -> int:
            is_hidden = row + 1 in self.sheet.hidden_rows
            return 0 if is_hidden else int(heights.get(row + 1, default) * 4 / 3)

        bottom, bottom_offset = _walk(top, height + 4, pixels_high)
        return f"{left},15,{top},4,{right},{right_offset},{bottom},{bottom_offset}"

    def _pixels_wide(self, column: int) -> int:
        known = self._wide.get(column)
        if known is None:
            known = self._wide[column] = self._in_pixels(self.sheet.column_width(column + 1))
        return known

    def _in_pixels(self, width: float) -> int:
        """A column's width; as it is stored it counts the padding in."""
        return int(width * self.digit)


def text_lines(text: str) -> int:
    """How many lines a text takes in a note's box."""
    return sum(max(1, -(-display_width(line) // _CHARACTERS_PER_LINE)) for line in text.split("\n"))


def box_height(text: str) -> int:
    """Pixels that a text takes in a note's box, the margins included."""
    lines = text_lines(text)
    return (lines + (lines > _FEW_LINES)) * _LINE_HEIGHT + 14


def _walk(start: int, distance: int, size: Callable[[int], int]) -> tuple[int, int]:
    """The row or column (and offset in it) that lies ``distance`` pixels after ``start``."""
    index = start
    while index < start + _FARTHEST:
        step = size(index)
        if distance < step:
            return index, distance
        distance -= step
        index += 1
    return index, 0


def _run(text: str) -> str:
    shown = escape_value(text)
    return f'<r><rPr><sz val="9"/><rFont val="宋体"/></rPr><t xml:space="preserve">{shown}</t></r>'


def _appended_text(source: bytes, own: Node, note: Note, prefix: bytes) -> list[Splice]:
    """Our text below the unit's own, before any phonetic data, as the schema wants it."""
    text = own.first("text")
    body = qualified(_run("\n" + note.text), prefix)
    if text is None:
        whole = qualified("<text>", prefix) + body + qualified("</text>", prefix)
        return [Splice(own.inner, own.inner, whole)]
    for node in text.children:
        if node.name in ("rPh", "phoneticPr"):
            return [Splice(node.start, node.start, body)]
    return append_inside(source, text, body)


def _node_text(node: Node) -> str:
    return "".join(inner.text for inner in node.descendants("t"))


def _new_drawing(number: int, shapes: list[str]) -> bytes:
    spaces = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in _SPACES)
    layout = f'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{number}"/></o:shapelayout>'
    return f"<xml{spaces}>{layout}{_SHAPE_TYPE}{''.join(shapes)}</xml>".encode()


def _with_spaces(shape: str, source: bytes) -> str:
    """The shape, declaring the prefixes that the drawing's own root does not."""
    head = source[: source.find(b">", source.find(b"<xml")) + 1]
    missing = "".join(
        f' xmlns:{prefix}="{space}"'
        for prefix, space in _SPACES
        if re.search(rb"xmlns:%s\s*=\s*[\"']%s" % (prefix.encode(), space.encode()), head) is None
    )
    name, _, rest = shape.partition(" ")
    return f"{name}{missing} {rest}"
