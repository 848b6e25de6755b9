"""Nothing that a unit's workbook holds is lost or changed by our copy."""

from __future__ import annotations

import pytest

from perfeval_xl.ooxml import Workbook
from tests.builders.contents import KINDS, Kind, by_hand, verdict
from tests.conftest import ROOT
from tests.ooxml.samples import annotated, unzipped

_MARKED = [
    pytest.param(kind, marks=pytest.mark.libreoffice if kind.needs_libreoffice else (),
                 id=f"{kind.by} {kind.name}")
    for kind in KINDS
]  # fmt: skip


@pytest.mark.parametrize("kind", _MARKED)
def test_our_copy_keeps(kind: Kind) -> None:
    data = kind.build()
    assert verdict(kind, data, annotated(data)) == "kept"


@pytest.mark.parametrize("kind", [k for k in KINDS if not k.needs_libreoffice][:12])
def test_a_probe_notices_when_its_content_is_gone(kind: Kind) -> None:
    from tests.ooxml.samples import by_hand as empty

    assert verdict(kind, kind.build(), empty("")) == "lost"


def test_the_page_lists_every_kind_and_all_as_kept_by_us() -> None:
    lines = (ROOT / "docs" / "fidelity.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line.startswith("| ") and "|---" not in line][1:]
    assert [row[0].removeprefix("| ") for row in rows] == [kind.name for kind in KINDS]
    assert {row[2] for row in rows} == {"保留"}


def test_parts_we_do_not_edit_keep_their_bytes() -> None:
    data = by_hand()
    before, after = unzipped(data), unzipped(annotated(data))
    edited = {"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels",
              "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml",
              "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml"}  # fmt: skip
    assert {name for name in before if before[name] != after.get(name)} <= edited


def test_a_signed_workbook_is_known_to_be() -> None:
    assert Workbook.open(by_hand()).is_signed
