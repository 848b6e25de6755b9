"""Edits to a workbook as byte splices: what is not ours keeps its bytes and its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from perfeval_xl.model import CellRef
from perfeval_xl.ooxml import receipt
from perfeval_xl.ooxml.appearance import Border, Fill, Style
from perfeval_xl.ooxml.changes import Changes, append_inside
from perfeval_xl.ooxml.markup import (
    RELATIONS,
    STRICT_RELATIONS,
    Node,
    Splice,
    apply,
    attribute_splice,
    check,
    declares_relations,
    escape,
    escape_attribute,
    prefix_of,
    qualified,
)
from perfeval_xl.ooxml.newsheet import (
    NewSheet,
    cell_xml,
    link_xml,
    print_names,
    refuse_infinite,
    render,
)
from perfeval_xl.ooxml.notes import SheetNotes
from perfeval_xl.ooxml.refs import parse_range, range_text
from perfeval_xl.ooxml.registry import StyleRegistry
from perfeval_xl.ooxml.sheet import (
    CellPlace,
    Child,
    RowPlace,
    Sheet,
    child_node,
    tag_node,
)
from perfeval_xl.ooxml.strings import TextRegistry
from perfeval_xl.ooxml.validation import Validation, validation_xml
from perfeval_xl.ooxml.workbook import Workbook

_WORKSHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_STRINGS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_SELECTED = re.compile(rb"""\s+tabSelected\s*=\s*["'](?:1|true)["']""")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_SHEET_ORDER = [
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetData",
    "sheetCalcPr",
    "sheetProtection",
    "protectedRanges",
    "scenarios",
    "autoFilter",
    "sortState",
    "dataConsolidate",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "customProperties",
    "cellWatches",
    "ignoredErrors",
    "smartTags",
    "drawing",
    "legacyDrawing",
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
]
_SHEET_RANK = {name: rank for rank, name in enumerate(_SHEET_ORDER)}
_WORKBOOK_ORDER = [
    "fileVersion",
    "fileSharing",
    "workbookPr",
    "workbookProtection",
    "bookViews",
    "sheets",
    "functionGroups",
    "externalReferences",
    "definedNames",
    "calcPr",
    "oleSize",
    "customWorkbookViews",
    "pivotCaches",
    "smartTagPr",
    "smartTagTypes",
    "webPublishing",
    "fileRecoveryPr",
    "webPublishObjects",
    "extLst",
]


@dataclass(frozen=True, slots=True)
class ChangeLog:
    """What a receipt says: parts as package names, in package order."""

    parts_changed: tuple[str, ...]
    parts_added: tuple[str, ...]
    cells_written: tuple[CellRef, ...]
    cells_restyled: tuple[CellRef, ...]
    notes: tuple[CellRef, ...]
    columns_sized: tuple[tuple[str, int], ...]  # sheet and column
    rows_sized: tuple[tuple[str, int], ...]  # sheet and row


@dataclass(frozen=True, slots=True)
class _Added:
    """A new sheet: its name, part and relation, and what is to stand on it."""

    name: str
    part: str
    relation: str
    content: NewSheet


@dataclass(frozen=True, slots=True)
class _NewName:
    name: str
    refers_to: str
    sheet: str | None
    hidden: bool


class Editor:
    """Collects edits to one workbook and writes the copy once, by ``to_bytes``.

    author: the name our notes bear. about: what else the receipt is to say, by key.
    """

    def __init__(self, workbook: Workbook, author: str = "perfeval") -> None:
        self.workbook = workbook
        self.author = author
        self.about: dict[str, str] = {}
        self.changes = Changes(workbook.package)
        self.registry = StyleRegistry(workbook.styles)
        self._sheets: dict[str, SheetEditor] = {}
        self._names: list[_NewName] = []
        self._new: _Added | None = None  # before all others
        self._last: list[_Added] = []
        self._styles_part = ""
        self.texts = TextRegistry(workbook.strings)
        self._strings_part = ""
        receipt.prepare(self.changes)

    @property
    def log(self) -> ChangeLog:
        """What has been asked for so far (so that a receipt can be written into our new sheet)."""
        editors = [self._sheets[name] for name in self.workbook.sheet_names if name in self._sheets]
        return ChangeLog(
            self.changes.changed_parts,
            tuple(self.changes.added),
            tuple(ref for editor in editors for ref in editor.written),
            tuple(ref for editor in editors for ref in editor.restyled),
            tuple(ref for editor in editors for ref in editor.noted),
            tuple((editor.sheet.name, n) for editor in editors for n in editor.sized_columns),
            tuple((editor.sheet.name, n) for editor in editors for n in editor.sized_rows),
        )

    @property
    def covered_fills(self) -> dict[tuple[int, str], tuple[int, list[CellRef]]]:
        """Fills of the unit's that ours lie over, by fill and sheet: a style that has it, cells."""
        found: dict[tuple[int, str], tuple[int, list[CellRef]]] = {}
        for name, editor in self._sheets.items():
            for ref in editor.restyled:
                style = editor.sheet.style_of(ref.row, ref.column)
                fill = self.registry.fill_id(style)
                if fill:
                    found.setdefault((fill, name), (style, []))[1].append(ref)
        return found

    def sheet(self, name: str) -> SheetEditor:
        """The editor of an existing worksheet; KeyError when there is none of that name."""
        if name not in self._sheets:
            if self.workbook.info(name).kind != "worksheet":
                raise KeyError(name)
            self._sheets[name] = SheetEditor(self, self.workbook.sheet(name))
        return self._sheets[name]

    def add_sheet_first(self, name: str, content: NewSheet) -> str:
        """Place a new sheet before all others, shown first; returns the name it got.

        ``content`` may be filled further until ``to_bytes``. Once per workbook.
        """
        if self._new is not None:
            raise ValueError("only one sheet can be first")
        for info in self.workbook.sheets:
            self._unselect(info.part)
        self._new = self._added(name, content)
        return self._new.name

    def add_sheet_last(self, name: str, content: NewSheet) -> str:
        """Place a new sheet after all others, not selected; returns the name it got."""
        content.selected = False
        self._last.append(self._added(name, content))
        return self._last[-1].name

    def _added(self, name: str, content: NewSheet) -> _Added:
        changes = self.changes
        part = changes.allocate("xl/worksheets/sheet{}.xml")
        changes.declare(part, _WORKSHEET_TYPE)
        kind = f"{self._relation_base()}/worksheet"
        relation = changes.relate(self.workbook.part, kind, part)
        changes.edit(self.workbook.part)
        self.use_styles()
        self.use_texts()
        return _Added(self.free_sheet_name(name), part, relation, content)

    @property
    def _new_sheets(self) -> list[_Added]:
        """All new sheets, in tab order."""
        return [*([self._new] if self._new else []), *self._last]

    def define_name(
        self, name: str, refers_to: str, sheet: str | None = None, hidden: bool = False
    ) -> None:
        """Add a defined name; ``refers_to`` has no leading ``=``. One that exists stays."""
        local = (
            self.workbook.sheet_names.index(sheet) if sheet in self.workbook.sheet_names else None
        )
        taken = {(known.name.lower(), known.sheet) for known in self.workbook.defined_names}
        if sheet is not None and local is None and sheet not in [n.name for n in self._new_sheets]:
            raise KeyError(sheet)
        if (name.lower(), local) in taken and (sheet is None or local is not None):
            return
        self.changes.edit(self.workbook.part)
        self._names.append(_NewName(name, refers_to, sheet, hidden))

    def to_bytes(self) -> bytes:
        """The annotated copy, with the receipt that ``restore`` reads."""
        changes, package = self.changes, self.workbook.package
        for editor in self._sheets.values():
            editor.finish()
        for new in self._new_sheets:
            changes.added[new.part] = render(
                new.content, self.registry, self.texts, self.workbook.is_strict
            )
        if self.workbook.part in changes.edited:
            changes.edit(self.workbook.part, *self._workbook_splices())
        self._finish_styles()
        self._finish_strings()
        finished = changes.finish()
        receipt.write(changes, finished, self.about)
        package.replaced = {part: content for part, (content, _) in finished.items()}
        package.added = dict(changes.added)
        self._sheets.clear()  # they hold this editor: a cycle would keep the workbook in memory
        return package.to_bytes()

    def use_styles(self) -> None:
        """Note that the styles part will change."""
        if self._styles_part:
            return
        if self.registry.is_new:
            self._styles_part = self.changes.allocate("xl/styles.xml")
            self.changes.declare(self._styles_part, _STYLES_TYPE)
            kind = f"{self._relation_base()}/styles"
            self.changes.relate(self.workbook.part, kind, self._styles_part)
        else:
            self._styles_part = self.registry.styles.part
            self.changes.edit(self._styles_part)

    def use_texts(self) -> None:
        """Note that texts will be written: a workbook without shared strings gets some."""
        if self._strings_part or self.texts.are_inline:
            return
        known = self.workbook.related("sharedStrings")
        if known is not None:
            self._strings_part = known
            self.changes.edit(known)
            return
        self._strings_part = self.changes.allocate("xl/sharedStrings.xml")
        self.changes.declare(self._strings_part, _STRINGS_TYPE)
        kind = f"{self._relation_base()}/sharedStrings"
        self.changes.relate(self.workbook.part, kind, self._strings_part)

    def sheet_number(self, part: str) -> int:
        """The place of a sheet among the tabs, from 1."""
        return [info.part for info in self.workbook.sheets].index(part) + 1

    def _finish_styles(self) -> None:
        if not self._styles_part:
            return
        splices = self.registry.splices()
        if self.registry.is_new:
            content, _ = apply(self.registry.styles.xml, splices)
            self.changes.added[self._styles_part] = content
        else:
            self.changes.edit(self._styles_part, *splices)

    def _finish_strings(self) -> None:
        part = self._strings_part
        if part in self.changes.added:
            self.changes.added[part] = self.texts.whole_part(self.workbook.is_strict)
        elif part:
            source = self.changes.source(part)
            whole = Splice(0, len(source), self.texts.whole_part(self.workbook.is_strict))
            self.changes.edit(part, whole)

    def _relation_base(self) -> str:
        return STRICT_RELATIONS if self.workbook.is_strict else RELATIONS

    def free_sheet_name(self, wanted: str) -> str:
        """The name a new sheet gets that is to be called ``wanted``."""
        wanted = _FORBIDDEN.sub("_", wanted).strip("'") or "Sheet"
        names = [*self.workbook.sheet_names, *(new.name for new in self._new_sheets)]
        taken = {name.casefold() for name in names}
        name, number = wanted[:31], 1
        while name.casefold() in taken:
            number += 1
            ending = f"({number})"
            name = wanted[: 31 - len(ending)] + ending
        return name

    def _unselect(self, part: str) -> None:
        source = self.changes.source(part)
        end = source.find(b"sheetData")
        found = _SELECTED.search(source, 0, end if end >= 0 else len(source))
        if found is None:
            return
        if not any(editor.sheet.part == part for editor in self._sheets.values()):
            check(source, part)
        if not any(s.start == found.start() for s in self.changes.edited.get(part, ())):
            self.changes.edit(part, Splice(found.start(), found.end(), b""))

    # -- the workbook part

    def _workbook_splices(self) -> list[Splice]:
        source, root = self.workbook.xml, self.workbook.root
        splices = self._sheet_entries(source, root)
        if self._new is not None:
            splices += _first_tab_splices(source, root)
            splices += _shifted_names(source, root)
        return splices + self._name_splices(source, root)

    def _sheet_entries(self, source: bytes, root: Node) -> list[Splice]:
        sheets = root.first("sheets")
        if sheets is None:
            return []
        highest = max(info.sheet_id for info in self.workbook.sheets)
        space = "" if declares_relations(source, root) else f' xmlns:r="{self._relation_base()}"'
        first, last = b"", b""
        for number, new in enumerate(self._new_sheets, highest + 1):
            shown = escape_attribute(new.name)
            entry = f'<sheet{space} name="{shown}" sheetId="{number}" r:id="{new.relation}"/>'
            body = qualified(entry, prefix_of(source, root))
            first, last = (body, last) if new is self._new else (first, last + body)
        before = [Splice(sheets.inner, sheets.inner, first)] if first else []
        return before + (append_inside(source, sheets, last) if last else [])

    def _name_splices(self, source: bytes, root: Node) -> list[Splice]:
        names = list(self._names)
        for new in self._new_sheets:
            pairs = print_names(new.content.printing, new.name)
            names += [_NewName(what, refers, new.name, False) for what, refers in pairs]
        if not names:
            return []
        prefix = prefix_of(source, root)
        body = qualified("".join(self._name_xml(name) for name in names), prefix)
        listing = root.first("definedNames")
        if listing is not None:
            return append_inside(source, listing, body)
        opening, closing = qualified("<definedNames>", prefix), qualified("</definedNames>", prefix)
        at = _workbook_place(root, "definedNames")
        return [Splice(at, at, opening + body + closing)]

    def _name_xml(self, name: _NewName) -> str:
        local = ""
        if name.sheet is not None:
            first = [self._new.name] if self._new else []
            tabs = [*first, *self.workbook.sheet_names, *(new.name for new in self._last)]
            local = f' localSheetId="{tabs.index(name.sheet)}"'
        hidden = ' hidden="1"' if name.hidden else ""
        shown = escape_attribute(name.name)
        return f'<definedName name="{shown}"{local}{hidden}>{escape(name.refers_to)}</definedName>'


def _first_tab_splices(source: bytes, root: Node) -> list[Splice]:
    views = root.first("bookViews")
    return [
        attribute_splice(source, view.start, view.inner, name, "0")
        for view in (views.all("workbookView") if views else [])
        for name in ("activeTab", "firstSheet")
        if name in view.attributes
    ]


def _shifted_names(source: bytes, root: Node) -> list[Splice]:
    """Every name that is local to a tab now belongs to the next one."""
    listing = root.first("definedNames")
    splices = []
    for node in listing.all("definedName") if listing else []:
        local = node.attributes.get("localSheetId", "")
        if local.isascii() and local.isdigit():
            number = str(int(local) + 1)
            splices.append(attribute_splice(source, node.start, node.inner, "localSheetId", number))
    return splices


def _workbook_place(root: Node, name: str) -> int:
    rank = _WORKBOOK_ORDER.index(name)
    for node in root.children:
        if node.name in _WORKBOOK_ORDER and _WORKBOOK_ORDER.index(node.name) > rank:
            return node.start
    return root.close


@dataclass(slots=True)
class _Patch:
    """What is to become of one cell: a style, and a whole new content unless None."""

    style: int | None = None
    value: str | Decimal | None = None
    formula: str | None = None
    is_written: bool = False


@dataclass(slots=True)
class _Extras:
    """New elements outside the rows, by the element that holds them."""

    merges: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    validations: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)


class SheetEditor:
    """Edits to one existing worksheet; rows and columns count from 1."""

    def __init__(self, editor: Editor, sheet: Sheet) -> None:
        self.editor = editor
        self.sheet = sheet
        self._patches: dict[tuple[int, int], _Patch] = {}
        self._heights: dict[int, float] = {}
        self._widths: dict[int, float] = {}
        self._extras = _Extras()
        self._notes: SheetNotes | None = None
        self._priority = 0
        self._is_touched = False

    # -- what a caller asks for

    @property
    def written(self) -> list[CellRef]:
        """Cells whose content is ours, by row and column."""
        return self._refs(key for key, patch in self._patches.items() if patch.is_written)

    @property
    def restyled(self) -> list[CellRef]:
        """The unit's cells that only look different."""
        return self._refs(key for key, patch in self._patches.items() if not patch.is_written)

    @property
    def noted(self) -> list[CellRef]:
        """Cells that got a note."""
        notes = self._notes.notes if self._notes else []
        return self._refs({(note.row, note.column) for note in notes})

    @property
    def sized_columns(self) -> list[int]:
        """Columns whose width is ours."""
        return sorted(self._widths)

    @property
    def sized_rows(self) -> list[int]:
        """Rows that we made taller."""
        return sorted(self._heights)

    def restyle(
        self, row: int, column: int, fill: Fill | None = None, border: Border | None = None
    ) -> None:
        """Give the cell a fill or border and leave the rest of its style; it may be absent."""
        self._touch()
        self.editor.use_styles()
        patch = self._patch(row, column)
        base = self.sheet.style_of(row, column) if patch.style is None else patch.style
        patch.style = self.editor.registry.restyled(base, fill, border)

    def write(
        self,
        row: int,
        column: int,
        value: str | Decimal | None,
        style: Style | None = None,
        formula: str | None = None,
    ) -> None:
        """Put a text, number or formula (without ``=``; ``value`` is its cached result).

        A text stays a text whatever it begins with. style None keeps the cell's own.
        ValueError when the cell holds a formula of the unit and no formula is given, or one that
        other cells share; and when the number is not finite.
        """
        key = row, column
        if key in self.sheet.cells:
            self._refuse_formula(row, column, formula)
        refuse_infinite(value)
        self._touch()
        if formula is None and isinstance(value, str):
            self.editor.use_texts()
        before = self._patches.get(key)
        number = None if before is None else before.style
        if style is not None:
            self.editor.use_styles()
            number = self.editor.registry.index(style)
        self._patches[key] = _Patch(number, value, formula, True)

    def note(self, row: int, column: int, text: str) -> bool:
        """Add a note, below the unit's own when there is one; False on a threaded comment."""
        if self._notes is None:
            editor = self.editor
            number = editor.sheet_number(self.sheet.part)
            size = editor.workbook.styles.default_size
            self._notes = SheetNotes(editor.changes, self.sheet, editor.author, number, size)
        is_first = not self._notes.notes
        if not self._notes.add(row, column, text):
            return False
        if is_first:
            self._notes.allocate()
            if self._notes.legacy_id:
                self._touch()
        return True

    def set_column_width(self, column: int, width: float) -> None:
        """Set one column's width in characters; its neighbours in the same range keep theirs."""
        self._touch()
        self._widths[column] = width

    def set_row_height(self, row: int, points: float, only_if_larger: bool = True) -> None:
        """Set a row's height; a row that is absent is created."""
        sheet = self.sheet
        now = self._heights.get(row, sheet.row_heights.get(row, sheet.default_height))
        if only_if_larger and points <= now:
            return
        self._touch()
        self._heights[row] = points

    def merge(self, first_row: int, first_column: int, last_row: int, last_column: int) -> None:
        """Merge a range."""
        self._touch()
        area = range_text((first_row, first_column, last_row, last_column))
        self._extras.merges.append(f'<mergeCell ref="{area}"/>')

    def hyperlink(self, row: int, column: int, location: str, tooltip: str = "") -> None:
        """Make the cell jump to a place of the workbook, such as ``'附件2-1'!G3``."""
        self._touch()
        self._extras.links.append(link_xml(row, column, location, tooltip))

    def add_data_validation(self, ranges: str, rule: Validation) -> None:
        """Restrict entry in ``ranges`` (such as ``V3:V40 V44``)."""
        self._touch()
        self._extras.validations.append(validation_xml(ranges, rule))

    def add_conditional_format(
        self, ranges: str, formula: str, fill: Fill | None = None, font_color: str | None = None
    ) -> None:
        """Colour ``ranges`` where ``formula`` (relative to the first cell) is true."""
        self._touch()
        self.editor.use_styles()
        look = self.editor.registry.differential(fill, font_color)
        self._extras.conditions.append(
            f'<conditionalFormatting sqref="{ranges}"><cfRule type="expression" dxfId="{look}"'
            f' priority="{self._next_priority()}"><formula>{escape(formula)}</formula></cfRule>'
            "</conditionalFormatting>"
        )

    def unselect(self) -> None:
        """Take the sheet out of the selected group of tabs."""
        self.editor._unselect(self.sheet.part)

    # -- how it is noted down

    def _touch(self) -> None:
        if not self._is_touched:
            self._is_touched = True
            self.editor.changes.edit(self.sheet.part)

    def _refs(self, keys: Iterable[tuple[int, int]]) -> list[CellRef]:
        return [CellRef(self.sheet.name, row, column) for row, column in sorted(keys)]

    def _patch(self, row: int, column: int) -> _Patch:
        patch = self._patches.get((row, column))
        if patch is None:
            patch = self._patches[row, column] = _Patch()
        return patch

    def _refuse_formula(self, row: int, column: int, formula: str | None) -> None:
        cell = self.sheet.cells.get((row, column))
        if cell is None or cell.formula is None:
            return
        place = self.sheet.place(row, column)
        tag = self.sheet.xml[place.inner : place.end] if place else b""
        if formula is None or re.match(rb"<[\w:]*f\s[^>]*\bref\s*=", tag):
            raise ValueError(f"{self.sheet.name}: a formula of the unit stands in {row},{column}")

    def _next_priority(self) -> int:
        if not self._priority:
            found = re.findall(rb"""\bpriority\s*=\s*["'](\d{1,9})["']""", self.sheet.xml)
            self._priority = max(map(int, found), default=0)
        self._priority += 1
        return self._priority

    # -- how it is written

    def finish(self) -> None:
        """Hand all splices of the sheet to the package's changes."""
        if self._notes and self._notes.notes:
            self._notes.finish({**self.sheet.row_heights, **self._heights}, self._widths)
        part = self.sheet.part
        if part not in self.editor.changes.edited:
            return
        splices = [*self._dimension(), *self._columns(), *self._rows(), *self._around()]
        self.editor.changes.edit(part, *splices)

    def _qualified(self, xml: str) -> bytes:
        return qualified(xml, self.sheet.prefix)

    def _dimension(self) -> list[Splice]:
        child = self.sheet.child("dimension")
        keys = [key for key, patch in self._patches.items() if patch.is_written]
        if child is None or not keys:
            return []
        area = parse_range(child_node(self.sheet, child).attributes.get("ref", ""))
        if area is None:
            return []
        rows, columns = [key[0] for key in keys], [key[1] for key in keys]
        whole = (
            min(area[0], *rows),
            min(area[1], *columns),
            max(area[2], *rows),
            max(area[3], *columns),
        )
        if whole == area:
            return []
        xml = self.sheet.xml
        return [attribute_splice(xml, child.start, child.inner, "ref", range_text(whole))]

    def _place_for(self, name: str) -> int:
        """Where a missing child of the worksheet belongs in the schema's order."""
        rank = _SHEET_RANK[name]
        for child in self.sheet.children:
            if self._rank(child) > rank:
                return child.start
        return self.sheet.children[-1].end if self.sheet.children else self.sheet.root.inner

    def _rank(self, child: Child) -> int:
        known = _SHEET_RANK.get(child.name)
        if known is not None:
            return known
        # mc:AlternateContent stands where what it wraps would stand.
        inner = re.findall(rb"<(?:\w+:)?(\w+)", self.sheet.xml[child.inner : child.close])
        ranks = (_SHEET_RANK.get(name.decode()) for name in inner)
        return next((rank for rank in ranks if rank is not None), -1)

    def _around(self) -> list[Splice]:
        """Splices outside the rows; new elements at one place in the schema's order."""
        extras = self._extras
        splices = self._appended("mergeCells", extras.merges)
        if extras.conditions:
            at = self._place_for("conditionalFormatting")
            splices.append(Splice(at, at, self._qualified("".join(extras.conditions))))
        splices += self._appended("dataValidations", extras.validations)
        splices += self._appended("hyperlinks", extras.links, counted=False)
        if self._notes and self._notes.notes and self._notes.legacy_id:
            splices.append(self._legacy_drawing(self._notes.legacy_id))
        return splices

    def _appended(self, name: str, items: list[str], counted: bool = True) -> list[Splice]:
        if not items:
            return []
        child, body = self.sheet.child(name), self._qualified("".join(items))
        if child is None:
            count = f' count="{len(items)}"' if counted else ""
            opening, closing = self._qualified(f"<{name}{count}>"), self._qualified(f"</{name}>")
            at = self._place_for(name)
            return [Splice(at, at, opening + body + closing)]
        node = tag_node(self.sheet, child)
        known = node.attributes.get("count", "")
        total = len(items) + (int(known) if known.isascii() and known.isdigit() else 0)
        return append_inside(self.sheet.xml, node, body, total)

    def _legacy_drawing(self, identity: str) -> Splice:
        base = self.editor._relation_base()
        known = declares_relations(self.sheet.xml, self.sheet.root)
        space = "" if known else f' xmlns:r="{base}"'
        body = self._qualified(f'<legacyDrawing{space} r:id="{identity}"/>')
        at = self._place_for("legacyDrawing")
        old = self.sheet.child("legacyDrawing")  # one whose relation is broken gives way
        return Splice(old.start, old.end, body) if old else Splice(at, at, body)

    # -- columns

    def _columns(self) -> list[Splice]:
        if not self._widths:
            return []
        child, left = self.sheet.child("cols"), dict(sorted(self._widths.items()))
        splices: list[Splice] = []
        nodes = self.sheet.column_nodes
        for node, known in zip(nodes, self.sheet.columns, strict=False):
            inside = {c: left.pop(c) for c in list(left) if known.first <= c <= known.last}
            if inside:
                pieces = self._split(node, known.first, known.last, inside)
                splices.append(Splice(node.start, node.end, pieces))
        if child is None:
            body = self._qualified("<cols>") + self._new_columns(left) + self._qualified("</cols>")
            at = self._place_for("cols")
            return [Splice(at, at, body)]
        for column, width in left.items():
            after = [
                n.start for n, k in zip(nodes, self.sheet.columns, strict=False) if k.first > column
            ]
            at = after[0] if after else child.close
            splices.append(Splice(at, at, self._new_columns({column: width})))
        return splices

    def _new_columns(self, widths: dict[int, float]) -> bytes:
        return self._qualified(
            "".join(
                f'<col min="{column}" max="{column}" width="{width:g}" customWidth="1"/>'
                for column, width in widths.items()
            )
        )

    def _split(self, node: Node, first: int, last: int, widths: dict[int, float]) -> bytes:
        """One ``col`` as several: ours with their widths, the others as they were."""
        tag = self.sheet.xml[node.start : node.end]
        pieces, column = [], first
        for ours, width in sorted(widths.items()):
            if column < ours:
                pieces.append(_with_attributes(tag, min=str(column), max=str(ours - 1)))
            own = {"min": str(ours), "max": str(ours), "width": f"{width:g}", "customWidth": "1"}
            pieces.append(_with_attributes(tag, **own))
            column = ours + 1
        if column <= last:
            pieces.append(_with_attributes(tag, min=str(column), max=str(last)))
        return b"".join(pieces)

    # -- rows and cells

    def _rows(self) -> list[Splice]:
        by_row: dict[int, dict[int, _Patch]] = {row: {} for row in self._heights}
        for (row, column), patch in self._patches.items():
            by_row.setdefault(row, {})[column] = patch
        splices: list[Splice] = []
        absent: list[tuple[int, bytes]] = []
        for number in sorted(by_row):
            known = self.sheet.rows.get(number)
            if known is None:
                absent.append((number, self._new_row(number, by_row[number])))
            else:
                splices += self._row_splices(known, by_row[number])
        return splices + self._absent_rows(absent)

    def _new_row(self, number: int, patches: dict[int, _Patch]) -> bytes:
        height = self._heights.get(number)
        tall = f' ht="{height:g}" customHeight="1"' if height is not None else ""
        cells = "".join(self._cell(number, c, p) for c, p in sorted(patches.items()))
        return self._qualified(f'<row r="{number}"{tall}>{cells}</row>')

    def _absent_rows(self, rows: list[tuple[int, bytes]]) -> list[Splice]:
        if not rows:
            return []
        data = self.sheet.child("sheetData")
        if data is None:
            at = self._place_for("sheetData")
            body = b"".join(xml for _, xml in rows)
            whole = self._qualified("<sheetData>") + body + self._qualified("</sheetData>")
            return [Splice(at, at, whole)]
        if data.inner == data.end:
            return append_inside(
                self.sheet.xml, child_node(self.sheet, data), b"".join(xml for _, xml in rows)
            )
        known = list(self.sheet.rows.values())
        splices = []
        for number, xml in rows:
            at = next((row.start for row in known if row.number > number), data.close)
            splices.append(Splice(at, at, xml))
        return splices

    def _row_splices(self, row: RowPlace, patches: dict[int, _Patch]) -> list[Splice]:
        xml = self.sheet.xml
        splices = self._row_attributes(row, patches)
        new: list[tuple[int, str]] = []
        last = self.sheet.last_column(row)
        for column, patch in sorted(patches.items()):
            place = self.sheet.place(row.number, column) if column <= last else None
            if place is None:
                new.append((column, self._cell(row.number, column, patch)))
            elif patch.is_written:
                cell = self._cell(row.number, column, patch)
                splices.append(Splice(place.start, place.end, self._qualified(cell)))
            elif patch.style is not None and patch.style != place.style:
                splices.append(_style_splice(xml, place, patch.style))
        if row.inner == row.end and new:
            body = self._qualified("".join(cell for _, cell in new))
            closing = self._qualified("</row>")
            return [*splices, Splice(row.end - 2, row.end, b">" + body + closing)]
        for column, cell in new:
            if column <= last:
                at = self.sheet.place_for(row, column)
                splices.append(Splice(at, at, self._qualified(cell)))
        behind = "".join(cell for column, cell in new if column > last)
        if behind:
            splices.append(Splice(row.close, row.close, self._qualified(behind)))
        return splices

    def _cell(self, row: int, column: int, patch: _Patch) -> str:
        style = self.sheet.style_of(row, column) if patch.style is None else patch.style
        return cell_xml(row, column, style, patch.value, self.editor.texts, patch.formula)

    def _row_attributes(self, row: RowPlace, patches: dict[int, _Patch]) -> list[Splice]:
        xml, splices = self.sheet.xml, []
        height = self._heights.get(row.number)
        if height is not None:
            for name, value in (("ht", f"{height:g}"), ("customHeight", "1")):
                splices.append(attribute_splice(xml, row.start, row.inner, name, value))
        spans = _wider_spans(xml[row.start : row.inner], patches)
        if spans:
            splices.append(attribute_splice(xml, row.start, row.inner, "spans", spans))
        return splices


def _wider_spans(tag: bytes, columns: Iterable[int]) -> str:
    """The row's ``spans`` with our columns in it; empty when there is none or it holds them."""
    found = re.search(rb"""\sspans\s*=\s*["']([0-9: ]*)["']""", tag)
    numbers = [int(number) for number in re.findall(rb"\d{1,9}", found[1])] if found else []
    ours = list(columns)
    if not numbers or not ours or (min(ours) >= min(numbers) and max(ours) <= max(numbers)):
        return ""
    return f"{min(*numbers, *ours)}:{max(*numbers, *ours)}"


def _style_splice(xml: bytes, place: CellPlace, style: int) -> Splice:
    written = b' s="%d"' % place.style
    at = xml.find(written, place.start, place.inner)
    if at >= 0:
        return Splice(at + 4, at + len(written) - 1, b"%d" % style)
    return attribute_splice(xml, place.start, place.inner, "s", str(style))


def _with_attributes(tag: bytes, **values: str) -> bytes:
    splices = [attribute_splice(tag, 0, len(tag), name, value) for name, value in values.items()]
    return apply(tag, splices)[0]
