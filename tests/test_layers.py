"""Layers look down only; heavy packages stay where they belong."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "perfeval_xl"
LEVELS = {
    "errors": 0, "labels": 1, "amounts": 2, "context": 2, "model": 3, "operand": 4, "ruling": 4, "settlement": 4.5, "forms": 4, "ooxml": 4,
    "reader": 5, "calculator": 5, "writer": 5, "batch": 6, "terminal": 6, "cli": 7, "__main__": 8, "__init__": 8,
}  # fmt: skip
ONLY_IN = {
    "click": ("cli/", "terminal.py"),
    "xlsxwriter": ("writer/",),
    "lxml": ("ooxml/",),
    "python_calamine": ("reader/legacy.py",),
    "msoffcrypto": ("ooxml/",),
    "pandas": ("writer/", "batch/"),
    "openpyxl": (),
    "distributed": ("batch/cluster.py",),
}
FILES = sorted(PACKAGE.rglob("*.py"))


def _room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def _imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.append(node.module or "")
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_rooms_below_it(path: Path) -> None:
    own = _room(path)
    for name in _imports(path):
        if name.startswith("perfeval_xl."):
            other = name.split(".")[1]
            assert other == own or LEVELS[other] < LEVELS[own], f"{own} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_packages_stay_in_their_rooms(path: Path) -> None:
    place = path.relative_to(PACKAGE).as_posix()
    for name in _imports(path):
        package = name.split(".")[0]
        if package in ONLY_IN:
            assert place.startswith(ONLY_IN[package]), f"{place} imports {package}"


def test_no_module_imports_pandas_at_its_top() -> None:
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            assert "pandas" not in names, path


def test_only_the_command_line_prints() -> None:
    for path in FILES:
        calls = [
            node.func.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        assert "print" not in calls, path


def test_the_public_surface_is_these_names() -> None:
    import perfeval_xl

    assert perfeval_xl.__all__ == [
        "Evaluation", "Finding", "PerfEvalError", "evaluate_workbook", "list_forms", "load_form",
        "run_folder",
    ]  # fmt: skip
    for name in perfeval_xl.__all__:
        assert getattr(perfeval_xl, name) is not None
