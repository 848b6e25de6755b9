"""The labels of a form of figures, as its reader looks for them."""

from __future__ import annotations

from functools import lru_cache

from perfeval_xl.forms.spec import ByDigest, FieldSpec, FormSpec, LineSpec
from perfeval_xl.labels import bare_label, normalize_label

_COVER = "cover"  # names the unit; every form has it


def labels_of_form(spec: FormSpec) -> frozenset[str]:
    """Every label by which a form of figures is known."""
    return frozenset(owners(ByDigest(spec)))


@lru_cache(maxsize=32)
def owners(key: ByDigest) -> dict[str, str]:
    """Every label by which the form is known, with the row or field it names; the cover left out."""
    spec = key.spec
    lines = [line for matrix in spec.matrices for line in matrix.lines]
    groups = [block.fields for block in spec.blocks if block.id != _COVER]
    groups += [listed.fields for listed in spec.lists]
    found = {label: line.id for line in lines for label in line_labels(line)}
    for name in (name for group in groups for name in group):
        for label in field_labels(spec.fields[name]):
            found.setdefault(label, name)
    return found


@lru_cache(maxsize=32)
def anchors(key: ByDigest) -> frozenset[str]:
    """Titles of the parts of the form."""
    spec = key.spec
    texts = [text for block in spec.blocks for text in block.anchors]
    texts += [text for matrix in spec.matrices for text in matrix.anchors]
    texts += [text for listed in spec.lists for text in listed.anchors]
    return frozenset(bare_label(text) for text in texts) - {""}


@lru_cache(maxsize=32)
def printed(key: ByDigest) -> frozenset[str]:
    """Every text that the form prints, normalised."""
    texts = (cell.text for sheet in key.spec.sheets for cell in sheet.cells if cell.text)
    return frozenset(normalize_label(text) for text in texts)


@lru_cache(maxsize=32)
def printed_labels(key: ByDigest) -> frozenset[str]:
    """Every text that the form prints, bare."""
    texts = (cell.text for sheet in key.spec.sheets for cell in sheet.cells if cell.text)
    return frozenset(bare_label(text) for text in texts)


@lru_cache(maxsize=512)
def field_labels(spec: FieldSpec) -> tuple[str, ...]:
    """All spellings of a field."""
    return tuple(bare_label(text) for text in (spec.label, *spec.aliases))


@lru_cache(maxsize=512)
def line_labels(line: LineSpec) -> tuple[str, ...]:
    """All spellings of a row of a matrix."""
    return tuple(bare_label(text) for text in (line.label, *line.aliases))
