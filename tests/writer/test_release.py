"""A worker handles thousands of files: nothing of one stays in memory."""

from __future__ import annotations

import gc
import weakref

import pytest

from perfeval_xl.batch.one import Options, annotated
from perfeval_xl.ooxml import Limits, Package
from tests.conftest import SAMPLES


def test_a_workbook_is_let_go_as_soon_as_its_copy_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    data = next(SAMPLES.glob("02*.xlsx")).read_bytes()
    annotated("a.xlsx", Options(), data)  # what is loaded once stays
    opened: list[weakref.ref[Package]] = []
    before = Package.open

    def noted(content: bytes, limits: Limits | None = None) -> Package:
        package = before(content, limits)
        opened.append(weakref.ref(package))
        return package

    monkeypatch.setattr(Package, "open", noted)
    gc.collect()
    gc.disable()
    try:
        annotated("a.xlsx", Options(), data)
        assert [found() for found in opened] == [None]
    finally:
        gc.enable()
