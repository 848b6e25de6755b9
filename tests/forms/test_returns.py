"""Every return code has its message and remedy; one cause gives one message."""

from __future__ import annotations

import re

import pytest

from perfeval_xl.errors import FormSpecError, WorkbookError
from perfeval_xl.forms.returns import return_text, return_texts
from tests.conftest import ROOT

_RAISED = re.compile(r'WorkbookError\(\s*"([a-z]+\.[a-z_]+)"')


def test_every_code_that_is_raised_has_a_text() -> None:
    source = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "perfeval_xl").rglob("*.py"))
    raised = set(_RAISED.findall(source))
    assert len(raised) > 20
    assert not raised - set(return_texts())


def test_no_two_codes_say_the_same() -> None:
    said = [(text.message, text.fix) for text in return_texts().values()]
    assert len({message for message, _ in said}) >= len(said) - 3  # png, jpeg, gif: 图片


def test_a_message_names_the_file_and_holds_no_class_name() -> None:
    for code in return_texts():
        text = return_text(WorkbookError(code, {"part": "xl/x.xml"}), "局.xlsx")
        assert text.message.startswith("局.xlsx：")
        assert text.fix
        assert not re.search(r"Error|Exception|None|<class", text.message)


def test_a_kind_of_foreign_file_has_its_own_sentence() -> None:
    pdf = return_text(WorkbookError("workbook.not_a_workbook", {"kind": "pdf"}), "a.xlsx")
    assert (pdf.code, "PDF" in pdf.message) == ("workbook.is_pdf", True)


def test_bytes_are_shown_in_megabytes() -> None:
    error = WorkbookError("workbook.too_large", {"limit": "52428800", "actual": "104857600"})
    assert "100 MB，超过上限 50 MB" in return_text(error, "a.xlsx").message


def test_an_unknown_code_is_an_error_of_ours() -> None:
    with pytest.raises(FormSpecError):
        return_text(WorkbookError("workbook.no_such_code"), "a.xlsx")
