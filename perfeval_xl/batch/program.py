"""Which program this is, to the letter: results are only shared between the same one."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import perfeval_xl
from perfeval_xl.forms.catalog import templates_directory


@cache
def program_digest() -> str:
    """Digest of the program's own text, so that a change without a new version counts too."""
    digest = hashlib.sha256(version("perfeval-xl").encode())
    folders = (Path(perfeval_xl.__file__).parent, templates_directory() / "texts")
    for folder in folders:
        for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.toml")]):
            digest.update(path.read_bytes())
    return digest.hexdigest()
