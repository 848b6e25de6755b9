"""Random damage to a form: never a crash, never a hang, never another figure without a word.

Where a figure changes and nothing is said, the change must really be in the file: openpyxl, which
shares no line with our reader, must see the very same number in that cell.
"""

from __future__ import annotations

import io
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfeval_xl.batch.one import Options, annotated
from perfeval_xl.batch.worker import check
from perfeval_xl.ooxml import restore
from tests.builders import broken

GOOD = broken.good()
PARTS = broken.parts()
XML = [
    broken.FIRST, broken.SECOND, broken.SECOND, broken.STRINGS, broken.STYLES, broken.WORKBOOK,
    broken.WORKBOOK_RELS, broken.RELS, broken.TYPES,
]  # fmt: skip
PIECES = [
    b"", b"<", b">", b"/", b'"', b" ", b"=", b"&", b"&#0;", b"&#49;", b"<!--", b"-->", b"]]>",
    b"<![CDATA[1]]>", b"<?x?>", b"\xff", b"\0", b"0", b"1", b"-", b".", b"9" * 400, b"<c/>", b"<v>7</v>",
    b"</c>", b"</row>", b"<row/>", b"<x:y/>", b' t="s"', b' t="str"', b' r="A1"', b"<f>1+1</f>", b"E+9",
]  # fmt: skip
FAULTS = ("program.failed", "file.too_slow", "file.too_much_memory", "file.crashed")
few = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
many = settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))


def record_of(data: bytes) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "局.xlsx")
        path.write_bytes(data)
        found: dict[str, Any] = check(path, Options())
    return found


BEFORE = record_of(GOOD)
FIGURES = broken.figures_of(BEFORE)
SAID = {(f["code"], *f["cells"]) for f in BEFORE["findings"]}


def judge(data: bytes) -> None:
    record = record_of(data)
    if record["status"] == "returned":
        assert record["reason"]["code"] not in FAULTS
        assert "未知" not in record["reason"]["message"]
        return
    copy, _, _ = annotated("局.xlsx", Options(), data)
    assert restore(copy) == data
    if {(f["code"], *f["cells"]) for f in record["findings"]} - SAID:
        return
    facts = record["facts"]
    other = {
        n: f for n, f in facts.items() if f["state"] == "number" and f["value"] != FIGURES.get(n)
    }
    if other:
        seen = numbers_of_openpyxl(data, other)
        assert seen == {name: float(fact["value"]) for name, fact in other.items()}


def numbers_of_openpyxl(data: bytes, facts: dict[str, Any]) -> dict[str, float]:
    """What an independent reader sees in the cells of these facts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    return {name: float(book[fact["sheet"]][fact["cell"]].value) for name, fact in facts.items()}


flips = st.lists(
    st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=4
)


def flipped(changes: list[tuple[int, int]]) -> bytes:
    data = bytearray(GOOD)
    for place, value in changes:
        data[place] = value
    return bytes(data)


@given(flips)
@few
def test_bytes_changed_on_disk(changes: list[tuple[int, int]]) -> None:
    judge(flipped(changes))


@pytest.mark.campaign
@given(flips)
@many
def test_bytes_changed_on_disk_many_times(changes: list[tuple[int, int]]) -> None:
    judge(flipped(changes))


def replaced(content: bytes, place: float, length: int, piece: bytes) -> bytes:
    at = int(place * len(content))
    return content[:at] + piece + content[at + length :]


def doubled(content: bytes, place: float, length: int, _: bytes) -> bytes:
    """An element written twice."""
    at = content.find(b"<", int(place * len(content)))
    end = content.find(b"<", content.find(b">", at + length) + 1)
    return content[:end] + content[at:end] + content[end:]


def dropped(content: bytes, place: float, length: int, _: bytes) -> bytes:
    """Some tags left out."""
    at = content.find(b"<", int(place * len(content)))
    return content[:at] + content[content.find(b">", at + length) + 1 :]


damage = st.tuples(
    st.sampled_from(XML),
    st.sampled_from([replaced, replaced, doubled, dropped]),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 40),
    st.sampled_from(PIECES),
)
Damage = tuple[str, Callable[[bytes, float, int, bytes], bytes], float, int, bytes]


def damaged(change: Damage) -> bytes:
    part, how, place, length, piece = change
    return broken.zipped(PARTS | {part: how(PARTS[part], place, length, piece)})


@given(damage)
@few
def test_markup_damaged_inside_a_part(change: Damage) -> None:
    judge(damaged(change))


@pytest.mark.campaign
@given(damage)
@many
def test_markup_damaged_inside_a_part_many_times(change: Damage) -> None:
    judge(damaged(change))
