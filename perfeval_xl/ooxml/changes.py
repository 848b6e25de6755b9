"""What is to change in a package: splices, new parts, relations and content types."""

from __future__ import annotations

import re

from perfeval_xl.ooxml.markup import (
    PACKAGE_RELATIONS,
    Node,
    Splice,
    apply,
    attribute_splice,
    escape_attribute,
    parse,
    prefix_of,
    qualified,
    utf8,
)
from perfeval_xl.ooxml.package import CONTENT_TYPES, Package, relative_target, rels_name

Undo = list[tuple[int, int, bytes]]

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NUMBERED = re.compile(r"rId(\d{1,9})")


class Changes:
    """Collects edits to a package; nothing is applied before ``finish``."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.added: dict[str, bytes] = {}
        self.edited: dict[str, list[Splice]] = {}
        self._sources: dict[str, bytes] = {}
        self._relations: dict[str, _Relations] = {}
        self._types: dict[str, str] = {}
        self._extensions: dict[str, str] = {}

    @property
    def changed_parts(self) -> tuple[str, ...]:
        """Parts edited so far, in package order."""
        return tuple(name for name in self.package.members if name in self.edited)

    def source(self, part: str) -> bytes:
        """The submitted part in UTF-8: what splices of it count from."""
        if part not in self._sources:
            self._sources[part] = utf8(self.package.original(part), part)
        return self._sources[part]

    def tree(self, part: str) -> Node:
        """The submitted part as a tree whose offsets are those of ``source``."""
        source = self.source(part)
        if source is self.package.original(part):
            return self.package.tree(part)
        return parse(source, part)

    def edit(self, part: str, *splices: Splice) -> None:
        """Ask for splices of a part, or (with none) only note that it will change."""
        self.edited.setdefault(part, []).extend(splices)

    def allocate(self, pattern: str) -> str:
        """A free part name, counting from 1 in place of ``{}``; its content comes later.

        Where ``{}`` is missing the name itself is tried first: some readers know no other.
        """
        if "{}" not in pattern:
            if pattern not in self.package and pattern not in self.added:
                self.added[pattern] = b""
                return pattern
            pattern = "{}.".join(pattern.rsplit(".", 1))
        number = 1
        while pattern.format(number) in self.package or pattern.format(number) in self.added:
            number += 1
        name = pattern.format(number)
        self.added[name] = b""
        return name

    def declare(self, part: str, content_type: str) -> None:
        """Give an added part its content type."""
        self.edit(CONTENT_TYPES)
        self._types[part] = content_type

    def declare_extension(self, extension: str, content_type: str) -> None:
        """Give all parts of an extension a content type, unless they have one."""
        if not self.package.has_default_type(extension):
            self.edit(CONTENT_TYPES)
            self._extensions[extension] = content_type

    def relate(self, source: str, kind: str, target: str) -> str:
        """Relate a part (``""``: the package) to another; returns the relation's id."""
        found = self._relations.get(source)
        if found is None:
            found = self._relations[source] = _Relations(self, source)
        return found.add(kind, target)

    def finish(self) -> dict[str, tuple[bytes, Undo]]:
        """New content of every edited part, with what undoes it; fills the added rels parts."""
        for relations in self._relations.values():
            relations.finish()
        self._relations.clear()  # they hold these changes: a cycle would keep the package in memory
        self._finish_types()
        return {part: self._applied(part) for part in self.changed_parts}

    def _applied(self, part: str) -> tuple[bytes, Undo]:
        source = self.source(part)
        content, undo = apply(source, self.edited[part])
        original = self.package.original(part)
        if source is not original:
            undo = [(0, len(content), original)]
        return content, undo

    def _finish_types(self) -> None:
        source = self.source(CONTENT_TYPES)
        root = self.tree(CONTENT_TYPES)
        prefix = prefix_of(source, root)
        defaults = "".join(
            f'<Default Extension="{extension}" ContentType="{kind}"/>'
            for extension, kind in self._extensions.items()
        )
        overrides = "".join(
            f'<Override PartName="/{escape_attribute(part)}" ContentType="{kind}"/>'
            for part, kind in self._types.items()
        )
        self.edit(CONTENT_TYPES, Splice(root.inner, root.inner, qualified(defaults, prefix)))
        self.edit(CONTENT_TYPES, Splice(root.close, root.close, qualified(overrides, prefix)))


class _Relations:
    """New relations of one part."""

    def __init__(self, changes: Changes, source: str) -> None:
        self._changes = changes
        self._lines: list[str] = []
        name = rels_name(source)
        known = changes.package.find(name)
        self._part = known or name
        self._root: Node | None = None
        taken: list[str] = []
        if known is None:
            changes.added[name] = b""
            changes.declare_extension(
                "rels", "application/vnd.openxmlformats-package.relationships+xml"
            )
        else:
            self._root = changes.tree(known)
            changes.edit(known)
            taken = [node.attributes.get("Id", "") for node in self._root.children]
        self._taken = {identity.lower() for identity in taken}
        numbers = [int(m[1]) for m in map(_NUMBERED.fullmatch, taken) if m]
        self._next = max(numbers, default=0) + 1

    def add(self, kind: str, target: str) -> str:
        while f"rid{self._next}" in self._taken:
            self._next += 1
        identity = f"rId{self._next}"
        self._next += 1
        shown = escape_attribute(relative_target(target))
        self._lines.append(f'<Relationship Id="{identity}" Type="{kind}" Target="{shown}"/>')
        return identity

    def finish(self) -> None:
        lines = "".join(self._lines)
        if self._root is None:
            whole = (
                f'{_DECLARATION}<Relationships xmlns="{PACKAGE_RELATIONS}">{lines}</Relationships>'
            )
            self._changes.added[self._part] = whole.encode()
            return
        source = self._changes.source(self._part)
        prefix = prefix_of(source, self._root)
        append_splices = append_inside(source, self._root, qualified(lines, prefix))
        self._changes.edit(self._part, *append_splices)


def append_inside(source: bytes, node: Node, body: bytes, count: int | None = None) -> list[Splice]:
    """Splices that put ``body`` at the end of an element, with its new ``count`` if it has one."""
    splices = []
    if count is not None and "count" in node.attributes:
        splices.append(attribute_splice(source, node.start, node.inner, "count", str(count)))
    if node.is_empty_tag:
        name = source[node.start + 1 : node.inner].split(None, 1)[0].rstrip(b"/>")
        splices.append(Splice(node.end - 2, node.end, b">" + body + b"</" + name + b">"))
    else:
        splices.append(Splice(node.close, node.close, body))
    return splices
