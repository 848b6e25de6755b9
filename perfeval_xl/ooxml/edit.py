"""Edits to a workbook as byte splices: what is not ours keeps its bytes and its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from perfeval_xl.model import CellRef
from perfeval_xl.ooxml import receipt
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
    print_names,
    render,
)
from perfeval_xl.ooxml.registry import StyleRegistry
from perfeval_xl.ooxml.sheet_edit import SheetEditor
from perfeval_xl.ooxml.strings import TextRegistry
from perfeval_xl.ooxml.workbook import Workbook

_WORKSHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_STRINGS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_SELECTED = re.compile(rb"""\s+tabSelected\s*=\s*["'](?:1|true)["']""")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
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
            self.unselect(info.part)
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
        kind = f"{self.relation_base}/worksheet"
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
            kind = f"{self.relation_base}/styles"
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
        kind = f"{self.relation_base}/sharedStrings"
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

    @property
    def relation_base(self) -> str:
        """Namespace of relations in this workbook."""
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

    def unselect(self, part: str) -> None:
        """Take a sheet out of the selected group of tabs."""
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
        space = "" if declares_relations(source, root) else f' xmlns:r="{self.relation_base}"'
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
