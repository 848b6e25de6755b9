"""A workbook: its sheets in tab order and what they share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml.markup import Node, parse, utf8
from perfeval_xl.ooxml.package import Limits, Package, Relationship
from perfeval_xl.ooxml.scan import read_sheet
from perfeval_xl.ooxml.sheet import Sheet
from perfeval_xl.ooxml.strings import SharedStrings
from perfeval_xl.ooxml.styles import Styles


@dataclass(frozen=True, slots=True)
class SheetInfo:
    """A tab. kind: worksheet, chartsheet, dialogsheet, macrosheet. state: visible, hidden or
    veryHidden."""

    name: str
    state: str
    part: str
    sheet_id: int
    relation: str
    kind: str


@dataclass(frozen=True, slots=True)
class DefinedName:
    """A defined name; ``sheet`` is the tab it is local to (counted from 0), None for all."""

    name: str
    refers_to: str
    sheet: int | None
    hidden: bool


class Workbook:
    """An open workbook; sheets are scanned when first asked for, once."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.part = _main_part(package)
        self.submitted = package.original(self.part)
        self.xml = utf8(self.submitted, self.part)
        self.root = parse(self.xml, self.part)
        if self.root.name != "workbook":
            raise WorkbookError("workbook.not_a_workbook", {"kind": "zip"})
        self.relations = _by_id(package.relationships(self.part), self.part)
        self.sheets = self._read_sheets()
        self._scanned: dict[str, Sheet] = {}

    @classmethod
    def open(cls, data: bytes, limits: Limits | None = None) -> Workbook:
        """The workbook in ``data``; WorkbookError when it cannot be opened."""
        return cls(Package.open(data, limits))

    @property
    def sheet_names(self) -> list[str]:
        """Names in tab order, hidden ones included."""
        return [info.name for info in self.sheets]

    @property
    def is_strict(self) -> bool:
        """Whether it is in the strict dialect of OOXML."""
        return "purl.oclc.org" in self.root.space

    @property
    def has_macros(self) -> bool:
        """Whether it carries a VBA project."""
        return any(relation.kind == "vbaProject" for relation in self.relations.values())

    @property
    def is_signed(self) -> bool:
        """Whether a digital signature lies in the package."""
        return any("digital-signature" in r.type for r in self.package.relationships(""))

    @property
    def date1904(self) -> bool:
        """Whether day 0 is 1904-01-01."""
        found = self.root.first("workbookPr")
        return found is not None and found.attributes.get("date1904") in ("1", "true")

    @cached_property
    def defined_names(self) -> tuple[DefinedName, ...]:
        """All defined names in file order."""
        found = self.root.first("definedNames")
        return tuple(_defined_name(node) for node in found.all("definedName")) if found else ()

    @cached_property
    def strings(self) -> SharedStrings:
        """The shared strings, empty when there is no such part."""
        part = self.related("sharedStrings")
        return SharedStrings(self.package.original(part) if part else None, part or "")

    @cached_property
    def styles(self) -> Styles:
        """The styles, empty when there is no such part."""
        part = self.related("styles")
        return Styles(self.package.original(part) if part else None, part or "")

    def info(self, name: str) -> SheetInfo:
        """The tab of this name; KeyError when there is none."""
        for info in self.sheets:
            if info.name == name:
                return info
        raise KeyError(name)

    def sheet(self, name: str) -> Sheet:
        """The sheet of this name, with its cells; a chart sheet has none."""
        if name not in self._scanned:
            self._scanned[name] = self._scan(self.info(name))
        return self._scanned[name]

    def related(self, kind: str) -> str | None:
        """The part that the workbook relates to by this kind, such as ``styles``."""
        for relation in self.relations.values():
            if relation.kind == kind and relation.part is not None:
                return self._existing(relation.part)
        return None

    def _scan(self, info: SheetInfo) -> Sheet:
        content = self.package.original(info.part)
        if info.kind != "worksheet":
            return Sheet(info.name, info.part, utf8(content, info.part))
        return read_sheet(info.name, info.part, content, self.strings, self.package.limits)

    def _existing(self, part: str) -> str:
        known = self.package.find(part)
        if known is None:
            raise WorkbookError("workbook.part_missing", {"part": part})
        return known

    def _read_sheets(self) -> tuple[SheetInfo, ...]:
        found = self.root.first("sheets")
        nodes = found.all("sheet") if found else []
        if not nodes:
            raise WorkbookError("workbook.no_sheet")
        infos: list[SheetInfo] = []
        seen: set[str] = set()
        for node in nodes:
            info = self._sheet_info(node)
            if info.name.lower() in seen:
                raise WorkbookError("workbook.duplicate_sheet", {"sheet": info.name})
            seen.add(info.name.lower())
            infos.append(info)
        _refuse_shared_parts(infos)
        return tuple(infos)

    def _sheet_info(self, node: Node) -> SheetInfo:
        given = node.attributes
        identity = given.get("r:id", "")
        relation = self.relations.get(identity)
        if relation is None:
            raise WorkbookError("workbook.bad_relation", {"part": self.part, "target": identity})
        part = self._sheet_part(relation)
        number = given.get("sheetId", "0")
        return SheetInfo(
            name=given.get("name", ""),
            state=given.get("state", "visible"),
            part=part,
            sheet_id=int(number) if number.isascii() and number.isdigit() else 0,
            relation=identity,
            kind=_sheet_kind(relation),
        )

    def _sheet_part(self, relation: Relationship) -> str:
        if relation.part is None:
            details = {"part": self.part, "target": relation.target}
            raise WorkbookError("workbook.bad_relation", details)
        return self._existing(relation.part)


def _by_id(relations: list[Relationship], part: str) -> dict[str, Relationship]:
    found: dict[str, Relationship] = {}
    for relation in relations:
        if found.setdefault(relation.id, relation) is not relation:
            raise WorkbookError("workbook.duplicate_member", {"part": f"{part} → {relation.id}"})
    return found


def _sheet_kind(relation: Relationship) -> str:
    kind = relation.kind
    if kind in ("xlMacrosheet", "xlIntlMacrosheet"):
        return "macrosheet"
    return kind if kind in ("chartsheet", "dialogsheet") else "worksheet"


def _refuse_shared_parts(infos: list[SheetInfo]) -> None:
    """Two tabs on one part would be edited as one: which one the figures belong to is unsure."""
    parts: set[str] = set()
    for info in infos:
        if info.part in parts:
            raise WorkbookError("workbook.duplicate_sheet", {"sheet": info.name})
        parts.add(info.part)


def _defined_name(node: Node) -> DefinedName:
    given = node.attributes
    local = given.get("localSheetId", "")
    return DefinedName(
        name=given.get("name", ""),
        refers_to=node.text,
        sheet=int(local) if local.isascii() and local.isdigit() else None,
        hidden=given.get("hidden") in ("1", "true"),
    )


def _main_part(package: Package) -> str:
    for relation in package.relationships(""):
        if relation.kind == "officeDocument" and relation.part is not None:
            return _checked_main(package, relation.part)
    if "[Content_Types].xml" not in package:
        raise WorkbookError("workbook.not_a_workbook", {"kind": "zip"})
    raise WorkbookError("workbook.part_missing", {"part": "_rels/.rels"})


def _checked_main(package: Package, part: str) -> str:
    known = package.find(part)
    if known is None:
        raise WorkbookError("workbook.part_missing", {"part": part})
    kind = package.content_type(known)
    if "sheet.binary" in kind:
        raise WorkbookError("workbook.legacy", {"kind": "xlsb"})
    if kind.startswith(("application/vnd.openxmlformats-officedocument.wordprocessingml",)):
        raise WorkbookError("workbook.not_a_workbook", {"kind": "docx"})
    if kind.startswith(("application/vnd.openxmlformats-officedocument.presentationml",)):
        raise WorkbookError("workbook.not_a_workbook", {"kind": "pptx"})
    return known
