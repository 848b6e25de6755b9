"""Labels are compared after one normalisation."""

from __future__ import annotations

import pytest

from perfeval_xl.labels import normalize_label


@pytest.mark.parametrize(
    "typed",
    [
        "“三公”经费\n合计",
        '"三公"经费合计',
        "「三公」經費合計",
        "三 公 经 费 合 计",
        "三公經費合計：",
        "＂三公＂经费合计",
    ],
)
def test_one_label_typed_in_many_ways_is_one(typed: str) -> None:
    assert normalize_label(typed) == "三公经费合计"


def test_brackets_and_signs_are_half_width() -> None:
    assert normalize_label("部门（单位）≦１００％") == "部门(单位)≤100%"


def test_different_labels_stay_different() -> None:
    assert normalize_label("公务用车运维费") != normalize_label("公务用车购置费")
