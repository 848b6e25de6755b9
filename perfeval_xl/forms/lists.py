"""Heads and sentences of the office's lists, from ``templates/texts/lists.toml``, read strictly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from perfeval_xl.errors import FormSpecError, ListError
from perfeval_xl.forms.section import Section
from perfeval_xl.forms.texts import load_texts
from perfeval_xl.labels import normalize_label

LISTS = "texts/lists.toml"
ROSTER_ROLES = (
    "name", "code", "alias", "short", "earlier", "merged", "kind", "deadline", "received", "exempt",
)  # fmt: skip
REFERENCE_ROLES = ("code", "name", "field", "value", "measure", "source", "year", "ignored")
Heads = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ListTexts:
    """What lists may look like, and what is said of them.

    roster, reference: spellings of each column's head, as compared. fields: further names of facts.
    separators: what stands between several names in one cell, beside a line break.
    """

    separators: str
    yes: frozenset[str]
    no: frozenset[str]
    measures: frozenset[str]
    roster: Heads
    reference: Heads
    fields: Heads
    errors: Mapping[str, tuple[str, str]]
    remarks: Mapping[str, tuple[str, str]]

    def flag(self, text: str) -> bool | None:
        """Yes, no, or None when it is neither."""
        shown = normalize_label(text).lower()
        return True if shown in self.yes else False if shown in self.no else None

    def error(self, code: str, file: str, place: str, /, **slots: str) -> ListError:
        """The error that stops a run because of a list."""
        problem, fix = _texts(self.errors, "errors", code)
        return ListError(file, place, problem.format_map(slots), fix.format_map(slots))

    def remark(self, code: str, /, **slots: str) -> tuple[str, str]:
        """What is said of a line that cannot be used, and what to do."""
        said, fix = _texts(self.remarks, "remarks", code)
        return said.format_map(slots), fix.format_map(slots)


@cache
def list_texts() -> ListTexts:
    """All of lists.toml.

    Raises:
        FormSpecError: a key is missing, unknown or of the wrong kind.
    """
    root = Section(LISTS, "", load_texts(LISTS))
    reference = root.section("reference")
    roster, fields = root.section("roster"), reference.section("fields")
    texts = ListTexts(
        separators=root.text("separators"),
        yes=frozenset(root.texts("yes")),
        no=frozenset(root.texts("no")),
        measures=frozenset(root.texts("measures")),
        roster=_words(roster, ROSTER_ROLES),
        reference=_words(reference, REFERENCE_ROLES),
        fields=_words(fields, fields.keys()),
        errors=_pairs(root.section("errors"), "problem"),
        remarks=_pairs(root.section("remarks"), "said"),
    )
    for section in (roster, reference, root):
        section.done()
    return texts


def _words(section: Section, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Lists of words as labels are compared."""
    return {key: tuple(normalize_label(word) for word in section.texts(key)) for key in keys}


def _pairs(section: Section, first: str) -> dict[str, tuple[str, str]]:
    found = {}
    for key, entry in section.tables():
        found[key] = (entry.text(first), entry.text("fix"))
        entry.done()
    return found


def _texts(table: Mapping[str, tuple[str, str]], group: str, code: str) -> tuple[str, str]:
    if code not in table:
        raise FormSpecError(LISTS, f"{group}.{code}", "没有这句话", f"补写 [{group}.{code}] 一节")
    return table[code]
