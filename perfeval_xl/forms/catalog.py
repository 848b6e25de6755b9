"""Which forms exist: those shipped with the package, and a folder of the office's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from perfeval_xl.errors import FormSpecError
from perfeval_xl.forms.load import load_form_directory
from perfeval_xl.forms.places import templates_directory as templates_directory
from perfeval_xl.forms.spec import FormSpec


def list_forms(templates: Path | None = None) -> list[str]:
    """Ids of all known forms, sorted; those of ``templates`` come on top of the shipped ones."""
    return sorted(_directories(templates))


def load_form(form_id: str, templates: Path | None = None) -> FormSpec:
    """The form with this id.

    Raises:
        FormSpecError: there is no such form, or its data is wrong.
    """
    directories = _directories(templates)
    if form_id not in directories:
        raise FormSpecError(
            "templates",
            form_id,
            "没有这个表样",
            f"现有表样：{'、'.join(sorted(directories)) or '无'}",
        )
    return _load(directories[form_id])


def load_forms(templates: Path | None = None) -> list[FormSpec]:
    """All known forms, by id."""
    return [load_form(form_id, templates) for form_id in list_forms(templates)]


def _directories(templates: Path | None) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for root in (templates_directory(), templates):
        if root is None:
            continue
        if not root.is_dir():
            raise FormSpecError(
                str(root), "templates", "没有这个文件夹", "检查 --templates 后面的路径"
            )
        found |= {p.name: p for p in sorted(root.iterdir()) if (p / "form.toml").is_file()}
    return found


_load = cache(load_form_directory)
