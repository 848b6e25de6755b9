"""Form data is read strictly: one broken folder per mistake."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from perfeval_xl.errors import FormSpecError
from perfeval_xl.forms.catalog import list_forms, load_form, templates_directory
from perfeval_xl.forms.compare import differences
from perfeval_xl.forms.load import load_form_directory
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.labels import normalize_label

FORM = "yueyanglou-2021"


def _broken(tmp_path: Path, file: str, old: str, new: str, form_id: str = FORM) -> Path:
    """A copy of the form's folder in which one passage of one file reads otherwise."""
    target = tmp_path / form_id
    shutil.copytree(templates_directory() / FORM, target)
    text = (target / file).read_text(encoding="utf-8")
    assert text.count(old) >= 1, old
    (target / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return target


# (mistake, file, what stands there, what is written instead, key named, part of the message)
MISTAKES = [
    ("unknown key", "form.toml", 'issuer = ', 'isuer = ', "issuer", "缺少"),
    ("a key too many", "form.toml", 'money = "万元"', 'money = "万元"\ncolour = "red"', "colour", "不认识"),
    ("unknown key in an indicator", "rubric.toml", "number = 1\n", "number = 1\nweight = 2\n", "weight", "不认识"),
    ("missing source", "rubric.toml", "[indicators.source]", "[indicators.sauce]", "source", "缺少"),
    ("source cell empty", "rubric.toml", '附件2-2 评分表!D4', '附件2-2 评分表!Z99', "source.cell", "没有"),
    ("source sentence altered", "rubric.toml", "在职人员控制率≦100%，计5分", "在职人员控制率≦110%，计5分", "source.sentence", "不同"),
    ("points not adding to the group", "rubric.toml", 'group = "budget_allocation"\nmax = 5', 'group = "budget_allocation"\nmax = 4', "budget_allocation.points", "共 14 分"),
    ("unknown rule kind", "rubric.toml", 'kind = "deduction"', 'kind = "deducton"', "rule.kind", "deduction"),
    ("two fields on one cell", "form.toml", '{ at = "E4:N4", field = "unit_name" }', '{ at = "E4:N4", field = "unit_name" },\n  { at = "N4", field = "stray" }', "cells", "占了同一格"),
    ("one field in two cells", "form.toml", '{ at = "E5:N5", field = "report_date" }', '{ at = "E5:N5", field = "unit_name" }', "cells", "两处"),
    ("no such fact in a rule", "rubric.toml", 'numerator = "actual_staff"', 'numerator = "actual_stuff"', "rule", "actual_stuff"),
    ("no such fact in a check", "checks.toml", '"income_other"]', '"income_others"]', "income.parts", "income_others"),
    ("no such fact of this year in previous", "rubric.toml", "three_public_final_last = \"three", "three_public_final_past = \"three", "previous", "three_public_final_past"),
    ("no such fact of last year to compare", "rubric.toml", '= "surplus_cumulative"', '= "surplus_culminating"', "previous_compared", "surplus_culminating"),
    ("no such reading", "rubric.toml", 'reading = "partial_point"', 'reading = "partial_pint"', "rule.reading", "partial_pint"),
    ("unlawful pinned reading", "rubric.toml", 'default = "whole"', 'default = "whole"\npinned = "half"', "pinned", "half"),
    ("pinned without a note", "rubric.toml", 'default = "whole"', 'default = "whole"\npinned = "whole"', "note", "依据"),
    ("tiers out of order", "rubric.toml", "at_least = 0.80, score = 4", "at_least = 0.95, score = 4", "tiers", "顺序"),
    ("no last tier", "rubric.toml", "{ otherwise = true, score = 0 }", "{ at_least = 0.1, score = 0 }", "otherwise", "兜底"),
    ("a text for a number", "rubric.toml", "per_point = 0.5", 'per_point = "0.5"', "per_point", "数"),
    ("a negative deduction", "rubric.toml", "per_point = 0.5", "per_point = -0.5", "per_point", "大于 0"),
    ("number out of turn", "rubric.toml", "number = 7\n", "number = 8\n", "number", "应是 7"),
    ("one id twice", "rubric.toml", 'id = "payment_progress"', 'id = "fund_surplus"', "indicators", "相同"),
    ("unknown group", "rubric.toml", 'group = "budget_execution"\nmax = 3', 'group = "budget_exec"\nmax = 3', "", "budget_exec"),
    ("bands upside down", "rubric.toml", "at_least = 80", "at_least = 95", "bands", "由高到低"),
    ("unknown check kind", "checks.toml", 'kind = "sum"', 'kind = "som"', "kind", "sum"),
    ("check without clause", "checks.toml", "clause = ", "clausel = ", "clause", "缺少"),
    ("unknown field kind", "form.toml", 'kind = "count"', 'kind = "counts"', "kind", "count"),
    ("no such block", "form.toml", 'block = "basic"', 'block = "basics"', "block", "basics"),
    ("bad address", "form.toml", 'at = "E4:N4"', 'at = "E4-N4"', "at", "E4-N4"),
    ("text and field together", "form.toml", '{ at = "E4:N4", field', '{ at = "E4:N4", text = "x", field', "text", "只写一个"),
    ("no such figure per head", "form.toml", 'head = "actual_staff"', 'head = "actual_stuff"', "peers", "actual_stuff"),
    ("not TOML", "rubric.toml", "[[groups]]", "[[groups]", "文件", "TOML"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "part"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_a_mistake_names_file_key_and_remedy(
    tmp_path: Path, file: str, old: str, new: str, key: str, part: str
) -> None:
    with pytest.raises(FormSpecError) as caught:
        load_form_directory(_broken(tmp_path, file, old, new))
    error = caught.value
    assert error.file == f"{FORM}/{file}"
    assert key in error.key
    assert part in str(error)
    assert error.fix


def test_groups_that_do_not_add_to_the_whole_are_refused(tmp_path: Path) -> None:
    folder = _broken(tmp_path, "form.toml", "total_points = 100", "total_points = 99")
    with pytest.raises(FormSpecError) as caught:
        load_form_directory(folder)
    assert (caught.value.file, caught.value.key) == (f"{FORM}/rubric.toml", "groups")
    assert "共 100 分，应为 99 分" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    target = tmp_path / FORM
    shutil.copytree(templates_directory() / FORM, target)
    (target / "checks.toml").unlink()
    with pytest.raises(FormSpecError) as caught:
        load_form_directory(target)
    assert caught.value.file == f"{FORM}/checks.toml"


def test_an_id_that_is_not_the_folders_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormSpecError) as caught:
        load_form_directory(
            _broken(tmp_path, "form.toml", 'id = "yueyanglou-2021"', 'id = "other"')
        )
    assert caught.value.key == "id"


def test_windows_line_ends_give_the_same_digest(tmp_path: Path, form: FormSpec) -> None:
    target = tmp_path / FORM
    shutil.copytree(templates_directory() / FORM, target)
    for file in target.glob("*.toml"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert load_form_directory(target).digest == form.digest


def test_the_form_has_25_indicators_and_100_points(form: FormSpec) -> None:
    assert [i.number for i in form.indicators] == list(range(1, 26))
    own = sum((i.max for i in form.indicators if not i.shared), Decimal(0))
    assert own + form.pools["benefit"].points == 100


def test_points_by_what_decides_them_are_those_of_the_domain(form: FormSpec) -> None:
    """16 points from 附件2-1 alone: the figures of #1, #6, #15 and #25 are fields of the form."""
    own = [i for i in form.indicators if i.number in (1, 6, 15, 25)]
    assert sum(i.max for i in own) == 16


def test_every_criteria_text_is_the_one_of_the_official_form(form: FormSpec) -> None:
    """Compared with the official form as it was handed over, not with our own copy of it."""
    from tests.builders.annex import printed_criteria

    texts = printed_criteria()
    assert len(texts) == 25
    for number, text in enumerate(texts, 1):
        if text:  # empty: one text stands for several rows
            sentence = form.indicators[number - 1].source.sentence
            assert normalize_label(sentence) == normalize_label(text)


def test_an_offices_own_folder_comes_on_top(tmp_path: Path) -> None:
    folder = _broken(tmp_path, "form.toml", 'id = "yueyanglou-2021"', 'id = "my-2022"', "my-2022")
    text = (folder / "form.toml").read_text(encoding="utf-8")
    (folder / "form.toml").write_text(text.replace("year = 2021", "year = 2022"), encoding="utf-8")
    assert list_forms(tmp_path) == ["my-2022", FORM, "yueyanglou-2023-base"]
    assert load_form("my-2022", tmp_path).year == 2022
    lines = differences(load_form(FORM), load_form("my-2022", tmp_path))
    assert lines == ["年度：2021 → 2022"]


def test_an_unknown_form_names_the_known_ones() -> None:
    with pytest.raises(FormSpecError) as caught:
        load_form("yueyanglou-2020")
    assert FORM in str(caught.value)


def test_the_same_data_loads_to_the_same_form(form: FormSpec, tmp_path: Path) -> None:
    copied: Callable[..., Path] = shutil.copytree
    again = load_form_directory(copied(templates_directory() / FORM, tmp_path / FORM))
    assert again.digest == form.digest
    assert differences(form, again) == []
