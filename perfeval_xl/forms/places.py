"""Where form data lies: the shipped ``templates/``, and the folder another form is kept in."""

from __future__ import annotations

from pathlib import Path


def templates_directory() -> Path:
    """The shipped ``templates/``: inside the installed package, else beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


def folder_of(name: str, host: Path) -> Path | None:
    """The folder of a form that ``host`` names: within it, beside it, or among the shipped ones."""
    for folder in (host / name, host.parent / name, templates_directory() / name):
        if (folder / "form.toml").is_file():
            return folder
    return None
