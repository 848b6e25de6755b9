"""Which finding of this round is which of the last: by what it is about, then by words and cells."""

from __future__ import annotations

import pytest

from perfeval_xl.calculator.keys import keyed, without_addresses
from perfeval_xl.calculator.rounds import persisting
from perfeval_xl.context import EarlierFinding
from perfeval_xl.forms.catalog import load_form
from perfeval_xl.model import CellRef, Finding, Origin, Severity
from tests.calculator.build import submission

SPEC = load_form("yueyanglou-2021")


def found(
    key: str, code: str = "figures.unreadable", indicator: str = "", cells: str = "", message: str = ""
) -> EarlierFinding:  # fmt: skip
    return EarlierFinding(key, code, "error", indicator, "表", cells, message)


def test_the_same_place_is_the_same_finding_wherever_it_lies_now() -> None:
    before = [
        found("k|income", cells="B14", message="收入"),
        found("k|assets", cells="B25", message="资产"),
    ]
    now = [
        found("k|assets", cells="B26", message="资产"),
        found("k|posts", cells="B14", message="编制"),
    ]
    assert persisting(now, before) == {0: 1}


def test_another_field_in_the_same_cell_is_another_finding() -> None:
    before = [found("k||assets", cells="B25", message="资产")]
    assert persisting([found("k||posts", cells="B25", message="编制")], before) == {}


def test_a_cell_without_a_field_is_known_by_its_address_when_its_text_changed() -> None:
    before = [found("targets.no_number||target:完成工作", "targets.no_number", cells="D30")]
    now = [found("targets.no_number||target:完成全部工作", "targets.no_number", cells="D30")]
    assert persisting(now, before) == {0: 0}


def test_the_same_words_are_the_same_finding_addresses_aside() -> None:
    before = [found("k||x+3:1", cells="D30", message="附件2-1!D30“植树”没有数字。")]
    now = [
        found("k||x+4:1", cells="D31", message="表一!D31“修路”没有数字。"),
        found("k||y+1:1", cells="D32", message="表一!D32“植树”没有数字。"),
    ]
    assert persisting(now, before) == {1: 0}


def test_the_only_one_left_of_an_indicator_is_the_same() -> None:
    before = [found("score.differs|i|a", "score.differs", "i", "F3", "自评 5 分，应为 2 分")]
    now = [found("score.differs|i|b", "score.differs", "i", "F9", "自评 4 分，应为 2 分")]
    assert persisting(now, before) == {0: 0}
    assert persisting([found("x", "score.differs", "j", "F3")], before) == {}


def test_two_alike_pair_once_each_and_the_third_is_new() -> None:
    before = [found("k"), found("k#2")]
    now = [found("k"), found("k#2"), found("k#3")]
    assert persisting(now, before) == {0: 0, 1: 1}


def test_another_code_is_never_the_same() -> None:
    assert persisting([found("k", "a", cells="A1")], [found("k", "b", cells="A1")]) == {}


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("附件2-2!T31 总分填报 99", " 总分填报 99"),
        ("请核对 T3:T30。", "请核对 。"),
        ("附件2-1 自评表!G6 实有人数 38", "附件2-1  实有人数 38"),
    ],
)
def test_addresses_are_taken_out_of_a_message(message: str, words: str) -> None:
    assert without_addresses(message) == words


def finding(*refs: CellRef) -> Finding:
    return Finding("c", Severity.ERROR, Origin.UNIT, refs, "", "", "", "没有找到“表”。", "", "")


def test_a_key_names_the_field_not_the_cell() -> None:
    sent = submission(SPEC)
    ref = sent.facts["actual_staff"].ref
    row = sent.scores[0].self_score.ref
    assert ref is not None
    assert row is not None
    below = CellRef(row.sheet, row.row, row.column + 40)
    keys = keyed([finding(ref), finding(row, ref), finding(), finding(), finding(below)], sent)
    assert keys[:4] == [
        "c||actual_staff",
        "c||staffing_control_rate.self,actual_staff",
        "c||没有找到表",
        "c||没有找到表#2",
    ]
    assert keys[4].startswith("c||staffing_control_rate.")
    assert "+0:" in keys[4]
