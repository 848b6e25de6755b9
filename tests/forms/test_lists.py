"""Every sentence about a list exists, and is used."""

from __future__ import annotations

import re

from perfeval_xl.forms.lists import list_texts
from tests.conftest import ROOT

_CALLS = re.compile(r"(?:error|add|_say|_twice)\(\s*\"([a-z_]+)\"")
_CODES = re.compile(r"\"([a-z_]+)\"")


def test_every_sentence_is_used_and_every_code_has_one() -> None:
    texts = list_texts()
    sources = [
        path.read_text(encoding="utf-8") for path in (ROOT / "perfeval_xl/batch").glob("*.py")
    ]
    called = {code for text in sources for code in _CALLS.findall(text)}
    written = {code for text in sources for code in _CODES.findall(text)}
    known = set(texts.errors) | set(texts.remarks)
    assert known <= written
    assert {code for code in called if "_" in code and code not in known} == set()


def test_yes_and_no_are_told_apart_and_nothing_else_is_either() -> None:
    texts = list_texts()
    assert [texts.flag(word) for word in ("是", "√", " Y ", "否", "不免", "也许", "")] == [
        True, True, True, False, False, None, None,
    ]  # fmt: skip
