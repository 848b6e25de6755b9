"""Labels are compared after one normalisation."""

from __future__ import annotations

import pytest

from perfeval_xl.labels import bare_label, normalize_label, year_in_label


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


@pytest.mark.parametrize(
    ("typed", "bare"),
    [
        ("1、三公经费", "三公经费"),
        ("（1）公务用车购置和维护经费", "公务用车购置和维护经费"),
        ("　　其中：公车购置", "公车购置"),
        ("2、项目支出：", "项目支出"),
        ("（2）区级专项资金（一个专项一行）", "区级专项资金"),
        ("2021年预算数", "预算数"),
        ("2021年度决算数（万元）", "决算数"),
        ("上年决算数", "决算数"),
        ("①相关管理制度合法、合规、完整", "相关管理制度合法、合规、完整"),
        ("专项资金个数（没有填 0）", "专项资金个数"),
        ("水费、电费、差旅费", "水费、电费、差旅费"),
        ("", ""),
    ],
)
def test_a_bare_label_is_what_the_form_calls_it(typed: str, bare: str) -> None:
    assert bare_label(typed) == bare


@pytest.mark.parametrize(
    ("typed", "year"),
    [
        ("2021年决算数", (2021, None)), ("2021年度预算数", (2021, None)), ("上年决算数", (None, -1)),
        ("本年预算数", (None, 0)), ("预算数", (None, None)), ("三、2020年决算数", (2020, None)),
    ],
)  # fmt: skip
def test_the_year_of_a_head_is_read_and_never_guessed(
    typed: str, year: tuple[int | None, int | None]
) -> None:
    assert year_in_label(typed) == year
