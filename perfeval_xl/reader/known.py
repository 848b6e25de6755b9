"""The labels of a form as they are compared: by field, all together, those of tables."""

from __future__ import annotations

from functools import cache, lru_cache

from perfeval_xl.forms.spec import ByDigest, FieldSpec, FormSpec
from perfeval_xl.reader.grid import core_label


@cache
def labels_of(field: FieldSpec) -> tuple[str, ...]:
    """All spellings of a field's label, as compared."""
    return tuple(core_label(text) for text in (field.label, *field.aliases))


def known_labels(spec: FormSpec) -> frozenset[str]:
    """Every label the form prints: none of them is ever a value."""
    return _known_labels(ByDigest(spec))


def table_labels(spec: FormSpec) -> frozenset[str]:
    """Every head of a table's column: a unit in one rules no other table."""
    return _table_labels(ByDigest(spec))


@lru_cache(maxsize=32)
def _known_labels(key: ByDigest) -> frozenset[str]:
    spec = key.spec
    printed = {core_label(c.text) for sheet in spec.sheets for c in sheet.cells if c.text}
    own = {label for f in spec.fields.values() if not f.attachment for label in labels_of(f)}
    anchors = {core_label(text) for block in spec.blocks for text in (*block.anchors, block.key)}
    columns = {
        core_label(text)
        for texts in (spec.scoring.third_level, spec.scoring.self_score, spec.scoring.criteria)
        for text in texts
    }
    numbers = {label for label in printed if label.replace(".", "").isdigit()}
    return frozenset((printed | own | anchors | columns) - {"", "万元"} - numbers)


@lru_cache(maxsize=32)
def _table_labels(key: ByDigest) -> frozenset[str]:
    blocks = [block for block in key.spec.blocks if block.kind == "table"]
    fields = [key.spec.fields[name] for block in blocks for name in block.fields]
    return frozenset(label for field in fields for label in labels_of(field))
