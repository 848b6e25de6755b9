"""Documents that are generated are up to date; commands the README shows exist."""

from __future__ import annotations

import re
import runpy

from click.testing import CliRunner

from perfeval_xl.cli import main
from perfeval_xl.cli.exits import MEANING
from perfeval_xl.forms.returns import return_texts
from tests.conftest import ROOT

GUIDE = ROOT / "docs" / "使用指南.md"


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


def test_links_and_pictures_of_the_guide_lead_somewhere() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!http|#)([^)#]+)\)", text)
    assert len([target for target in targets if target.endswith(".png")]) >= 5
    for target in targets:
        assert (GUIDE.parent / target).exists(), target


def test_pictures_are_small() -> None:
    for path in (ROOT / "docs" / "pictures").glob("*.png"):
        assert path.stat().st_size <= 200_000, path.name


def test_headings_that_the_guide_points_to_exist() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w\- ]", "", head).replace(" ", "-")
        for head in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    for target in re.findall(r"\]\(#([^)]+)\)", text):
        assert target in headings, target


def test_return_codes_of_the_guide_exist() -> None:
    codes = re.findall(r"`((?:workbook|form|output|file)\.\w+)`", GUIDE.read_text(encoding="utf-8"))
    assert codes
    assert set(codes) <= set(return_texts())


def test_the_guide_quotes_what_the_double_click_says() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for sentence in MEANING.values():
        assert sentence.removeprefix("结果：").partition("。")[0] in text
