"""A second pair of eyes on written workbooks: openxml-audit's errors, as comparable lines."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from openxml_audit import OpenXmlValidator


def audit(path: Path) -> Counter[str]:
    """What openxml-audit finds wrong, by description; empty when nothing is."""
    result = OpenXmlValidator().validate(path)
    return Counter(f"{error.part_uri} {error.description}" for error in result.errors)
