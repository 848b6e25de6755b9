"""Documents that are generated are up to date; commands the README shows exist."""

from __future__ import annotations

import re
import runpy

from click.testing import CliRunner

from perfeval_xl.cli import main
from tests.conftest import ROOT


def test_generated_pages_are_up_to_date() -> None:
    pages = runpy.run_path(str(ROOT / "docs" / "generate.py"))["PAGES"]
    for name, page in pages.items():
        written = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert written == page(), f"run: python docs/generate.py ({name})"


def test_links_of_the_readme_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", text)
    assert targets
    for target in targets:
        assert (ROOT / target).exists(), target


def test_commands_of_the_readme_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`perfeval (\w+)", text))
    assert {"run", "check", "explain", "blank", "forms"} <= names
    for name in names:
        assert CliRunner().invoke(main, [name, "--help"]).exit_code == 0
