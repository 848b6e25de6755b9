"""The sentences of findings: strict data, every code that is used has one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perfeval_xl.errors import FormSpecError
from perfeval_xl.forms import texts
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.forms.texts import finding_text, finding_texts, rule_text, rule_texts

PACKAGE = Path(texts.__file__).resolve().parent.parent
CODE = re.compile(r'"((?:score|figures|form|targets|report)\.[a-z_]+)"')
ENTRY = """["score.x"]
severity = "error"
origin = "unit"
group = "score"
title = "标题"
message = "{where} 错"
fix = "改"
"""


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Reads a findings.toml written for the test."""

    def read(text: str):  # type: ignore[no-untyped-def]
        (tmp_path / "texts").mkdir(exist_ok=True)
        (tmp_path / "texts" / "findings.toml").write_text(text, "utf-8")
        monkeypatch.setattr(texts, "templates_directory", lambda: tmp_path)
        return finding_texts.__wrapped__()

    return read


@pytest.mark.parametrize("room", ["reader", "calculator"])
def test_every_code_in_use_has_a_text(room: str) -> None:
    used = {
        code
        for path in (PACKAGE / room).rglob("*.py")
        for code in CODE.findall(path.read_text("utf-8"))
    }
    returned = {"form.scoring_sheet_missing", "form.unknown"}
    assert used - returned <= set(finding_texts())


def test_every_check_of_the_form_finds_its_text() -> None:
    for check in load_form("yueyanglou-2021").checks:
        assert finding_text(check.code, check.kind).message


def test_a_code_begins_with_its_group() -> None:
    for code, text in finding_texts().items():
        assert code.startswith(("kinds.", text.group + ".")), code


def test_every_fragment_that_code_names_is_written() -> None:
    names = re.compile(r'texts?(?:\(\))?\["([a-z_]+\.[a-z_]+)"\]')
    used = {
        n
        for path in (PACKAGE / "calculator").rglob("*.py")
        for n in names.findall(path.read_text("utf-8"))
    }
    assert used <= set(rule_texts())


def test_an_unknown_code_or_fragment_is_an_error_that_names_it() -> None:
    with pytest.raises(FormSpecError, match=r"score\.nonsense"):
        finding_text("score.nonsense")
    with pytest.raises(FormSpecError, match=r"ratio\.nonsense"):
        rule_text("ratio.nonsense")


def test_a_well_written_entry_is_read(written) -> None:  # type: ignore[no-untyped-def]
    assert written(ENTRY)["score.x"].title == "标题"


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        (ENTRY.replace("{where}", "{wher}"), "wher"),
        (ENTRY.replace("{where}", "{where"), "花括号"),
        (ENTRY.replace('"error"', '"eror"'), "eror"),
        (ENTRY.replace('origin = "unit"', 'origin = "us"'), "us"),
        (ENTRY.replace('group = "score"', 'group = "scores"'), "scores"),
        (ENTRY.replace('fix = "改"\n', ""), "fix"),
        (ENTRY + 'extra = "x"\n', "extra"),
        ("[[[", "TOML"),
    ],
)
def test_a_mistake_in_the_texts_is_named(written, mistake: str, named: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(FormSpecError, match=named):
        written(mistake)
