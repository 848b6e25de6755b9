"""Forms of figures and further sheets are read strictly: one broken folder per mistake."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from perfeval_xl.errors import FormSpecError
from perfeval_xl.forms import further
from perfeval_xl.forms.catalog import load_form, templates_directory
from perfeval_xl.forms.load import load_form_directory
from perfeval_xl.forms.spec import Deadline, FormSpec

FORM, BASE = "yueyanglou-2021", "yueyanglou-2023-base"


def _broken(tmp_path: Path, folder: str, file: str, old: str, new: str) -> Path:
    """The form's folder, in which one passage of it or of its further sheet reads otherwise."""
    name = folder.partition("/")[0]
    shutil.copytree(templates_directory() / name, tmp_path / name)
    path = tmp_path / folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path / name


SUPPLEMENT = f"{FORM}/supplement"
# (mistake, folder, file, what stands there, what is written instead, key named, part of the message)
MISTAKES = [
    ("unknown kind of form", BASE, "form.toml", 'kind = "data"', 'kind = "date"', "kind", "data"),
    ("unknown key in a matrix", BASE, "form.toml", 'unit = "万元"\ncolumns', 'units = "万元"\ncolumns', "units", "不认识"),
    ("unknown key in a column", BASE, "form.toml", "offset = -1 }", "offset = -1, year = 2022 }", "year", "不认识"),
    ("a column without an offset", BASE, "form.toml", ", offset = -1 }", " }", "offset", "缺少"),
    ("an offset that is no number", BASE, "form.toml", "offset = -1 }", 'offset = "上年" }', "offset", "整数"),
    ("two columns with one id", BASE, "form.toml", '{ id = "budget", label', '{ id = "final", label', "columns", "相同"),
    ("two rows with one id", BASE, "form.toml", '{ id = "overseas"', '{ id = "hospitality"', "rows", "相同"),
    ("a row whose facts another field has", BASE, "form.toml", "[fields.base_authorized_posts]", "[fields.office_budget]", "matrices.funds", "office_budget"),
    ("help for a row that is not there", BASE, "form.toml", "[matrices.help]\n", '[matrices.help]\ntotal = "x"\n', "total", "没有这一行"),
    ("no rows at all", BASE, "form.toml", "rows = [\n  { id = \"three_public\"", "rows = []\nold = [\n  { id = \"three_public\"", "rows", "一项也没有"),
    ("a list's key that is none of its fields", BASE, "form.toml", 'key = "building_name"', 'key = "building"', "key", "building"),
    ("a list's field that is not there", BASE, "form.toml", '"building_investment_rate"]', '"building_rate"]', "lists.building.fields", "building_rate"),
    ("unknown kind of derived fact", BASE, "form.toml", 'kind = "changes"', 'kind = "change"', "kind", "changes"),
    ("a derived fact from nothing known", BASE, "form.toml", 'facts = ["basic_adjustment_budget"', 'facts = ["basic_budget"', "derived.initial_budget", "basic_budget"),
    ("a derived fact without a note", BASE, "form.toml", 'note = "基础数据表“部门基本支出预算调整”和“项目支出”的', 'nota = "', "note", "缺少"),
    ("a change that goes nowhere", BASE, "form.toml", 'to = "basic_adjustment_final"', 'too = "basic_adjustment_final"', "to", "缺少"),
    ("a block that the form of figures lacks", BASE, "form.toml", 'block = "staff"', 'block = "people"', "block", "people"),
    ("a printed sheet of another part", BASE, "form.toml", '[[sheets]]\nid = "data"', '[[sheets]]\nid = "profile"', "id", "data"),
    ("a check in a column that is not there", BASE, "checks.toml", 'columns = ["budget", "final"]', 'columns = ["budget", "finals"]', "columns", "finals"),
    ("a check of a row that is not there", BASE, "checks.toml", 'total = "vehicle"', 'total = "vehicles"', "vehicle.parts", "vehicles_budget"),
    ("a sum of rows without a group", BASE, "checks.toml", 'groups = ["district_special", "transfer"]', "groups = []", "groups", "明细行"),
    ("a rate without its quotient", BASE, "checks.toml", 'numerator = "base_actual_staff"', 'nominator = "base_actual_staff"', "numerator", "缺少"),
    ("an equality with one side", FORM, "checks.toml", 'right = "three_public_total"', 'rights = "three_public_total"', "right", "缺少"),
    ("a check that needs a sheet that is not there", FORM, "checks.toml", 'attachment = "base-data"', 'attachment = "base"', "attachment", "base"),
    ("an attachment that is not there", FORM, "form.toml", 'form = "yueyanglou-2023-base"', 'form = "yueyanglou-2030-base"', "attachments[1].form", "yueyanglou-2030-base"),
    ("one attachment twice", FORM, "form.toml", 'id = "supplement"\nform', 'id = "base-data"\nform', "attachments[2].id", "两次"),
    ("an unknown key in an attachment", FORM, "form.toml", 'id = "supplement"\nform', 'sheet = "补充数据"\nid = "supplement"\nform', "sheet", "不认识"),
    ("a rename from what the sheet lacks", FORM, "form.toml", 'form = "yueyanglou-2023-base"', 'form = "yueyanglou-2023-base"\nfacts = { card_spending = "cards" }', "facts.card_spending", "cards"),
]  # fmt: skip
IN_THE_SUPPLEMENT = [
    ("a list of specials that is not there", 'list = "special"', 'list = "specials"', "derived.late_specials.list", "specials"),
    ("a column of specials that is not there", 'issued = "special_issued"', 'issued = "special_paid"', "derived.late_specials", "special_paid"),
    ("an unknown feast", 'before = "spring_festival"', 'before = "mid_autumn"', "before", "mid_autumn"),
    ("a share above the whole", "share = 0.5", "share = 50", "share", "不大于 1"),
    ("a day that is none", "month = 6, day = 30", "month = 6, day = 31", "day", "6 月 31 日"),
    ("no deadline", "deadlines = [\n  { before", "deadlines = []\nold = [\n  { before", "deadlines", "期限"),
    ("an unknown field kind", 'kind = "yesno"', 'kind = "yes"', "kind", "yesno"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("folder", "file", "old", "new", "key", "part"),
    [m[1:] for m in MISTAKES],
    ids=[m[0] for m in MISTAKES],
)
def test_a_mistake_names_file_key_and_remedy(
    tmp_path: Path, folder: str, file: str, old: str, new: str, key: str, part: str
) -> None:
    with pytest.raises(FormSpecError) as caught:
        load_form_directory(_broken(tmp_path, folder, file, old, new))
    error = caught.value
    assert error.file == f"{folder}/{file}"
    assert key in error.key
    assert part in str(error)
    assert error.fix


@pytest.mark.parametrize(
    ("old", "new", "key", "part"),
    [m[1:] for m in IN_THE_SUPPLEMENT],
    ids=[m[0] for m in IN_THE_SUPPLEMENT],
)
def test_a_mistake_in_a_further_sheet_is_found_with_its_host(
    tmp_path: Path, old: str, new: str, key: str, part: str
) -> None:
    with pytest.raises(FormSpecError) as caught:
        load_form_directory(_broken(tmp_path, SUPPLEMENT, "form.toml", old, new))
    assert caught.value.file == "supplement/form.toml"
    assert key in caught.value.key
    assert part in str(caught.value)


def test_a_scored_form_cannot_be_a_further_sheet(tmp_path: Path) -> None:
    shutil.copytree(templates_directory() / FORM, tmp_path / "other")
    other = (tmp_path / "other" / "form.toml").read_text(encoding="utf-8")
    other = other.replace(f'id = "{FORM}"', 'id = "other"')
    (tmp_path / "other" / "form.toml").write_text(other, encoding="utf-8")
    folder = _broken(tmp_path, FORM, "form.toml", 'form = "yueyanglou-2023-base"', 'form = "other"')
    with pytest.raises(FormSpecError) as caught:
        load_form_directory(folder)
    assert "评分表" in str(caught.value)


def test_a_form_of_figures_needs_no_rubric_but_checks(tmp_path: Path) -> None:
    shutil.copytree(templates_directory() / BASE, tmp_path / BASE)
    assert load_form_directory(tmp_path / BASE).indicators == ()
    (tmp_path / BASE / "checks.toml").unlink()
    with pytest.raises(FormSpecError) as caught:
        load_form_directory(tmp_path / BASE)
    assert caught.value.file == f"{BASE}/checks.toml"


def test_a_year_that_the_calendar_lacks_is_named(tmp_path: Path) -> None:
    folder = _broken(tmp_path, FORM, "form.toml", "year = 2021", "year = 2099")
    with pytest.raises(FormSpecError) as caught:
        load_form_directory(folder)
    assert caught.value.file == further.CALENDAR
    assert "spring_festival.2099" in caught.value.key


def test_the_calendar_has_the_spring_festivals_of_several_years() -> None:
    days = further.calendar()["spring_festival"]
    assert days[2021] == date(2021, 2, 12)
    assert days[2023] == date(2023, 1, 22)
    assert all(date(y, 1, 21) <= day <= date(y, 2, 20) for y, day in days.items())
    assert set(range(2018, 2028)) <= set(days)


def test_deadlines_are_days_of_the_hosts_year(form: FormSpec) -> None:
    late = next(d for d in form.derived if d.id == "late_specials")
    assert late.deadlines == (
        Deadline(date(2021, 2, 11), Decimal("0.5")), Deadline(date(2021, 6, 30), Decimal(1)),
    )  # fmt: skip


def test_a_further_sheet_takes_the_year_of_its_host(form: FormSpec) -> None:
    heads = [c.text for c in form.attachment("base-data").form.sheets[0].cells]
    assert {"2020年决算数", "2021年预算数", "2021年决算数"} <= set(heads)
    own = [c.text for c in load_form(BASE).sheets[0].cells]
    assert {"2022年决算数", "2023年预算数", "2023年决算数"} <= set(own)


def test_a_change_in_a_further_sheet_changes_the_digest(tmp_path: Path, form: FormSpec) -> None:
    folder = _broken(tmp_path, SUPPLEMENT, "form.toml", "share = 0.5", "share = 0.6")
    assert load_form_directory(folder).digest != form.digest


def test_every_external_fact_has_a_sheet_that_gives_it(form: FormSpec) -> None:
    given = {f.id for f in form.fields.values() if f.attachment} | {d.id for d in form.derived}
    assert set(form.external_facts) <= given


def test_a_rename_gives_the_hosts_fact(tmp_path: Path) -> None:
    folder = _broken(
        tmp_path, FORM, "form.toml", 'form = "yueyanglou-2023-base"',
        'form = "yueyanglou-2023-base"\nfacts = { procurement_paid = "procurement_final" }',
    )  # fmt: skip
    text = (folder / "rubric.toml").read_text(encoding="utf-8")
    text = text.replace("procurement_final", "procurement_paid")
    (folder / "rubric.toml").write_text(text, encoding="utf-8")
    spec = load_form_directory(folder)
    assert spec.fields["procurement_paid"].attachment == "base-data"
    assert "procurement_final" not in spec.fields
