"""A form is known by its labels and criteria; another district's is unknown, never the nearest."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from openpyxl import Workbook as OpenpyxlWorkbook

from perfeval_xl.errors import WorkbookError
from perfeval_xl.forms.catalog import load_forms
from perfeval_xl.forms.identify import identify
from perfeval_xl.forms.spec import FormSpec, SheetSpec
from perfeval_xl.labels import normalize_label
from perfeval_xl.ooxml import Workbook
from perfeval_xl.reader.read import read_grids
from tests.builders.board import squeezed
from tests.builders.drafts import Draft
from tests.builders.further import (
    base_of_eleven,
    draw_base,
    draw_supplement,
    supplement_of_eleven,
)
from tests.builders.layouts import CHANGES, made


def texts_of(draft: Draft) -> set[str]:
    """The normalised texts of a draft's workbook."""
    grids = read_grids(Workbook.open(draft.written()))
    return {normalize_label(g.text(a)) for g in grids for v in g.labels.values() for a in v}


def draft_of(*names: str) -> Draft:
    """A plain form with these changes."""
    return made(names, random.Random("identify"), "plain")


def criteria_boxes(draft: Draft) -> list[object]:
    """The boxes of 评分标准."""
    return [b for b in draft.scoring.boxes if not b.key and len(squeezed(b.value)) > 18]


@pytest.mark.parametrize("name", [n for n, c in CHANGES.items() if not c.slow])
def test_a_form_is_known_under_every_layout_change(form: FormSpec, name: str) -> None:
    draft = made((name,), random.Random(name))
    assert identify(texts_of(draft), [form]) is form


def test_criteria_punctuated_otherwise_are_the_same(form: FormSpec) -> None:
    draft = draft_of()
    for box in criteria_boxes(draft):
        box.value = str(box.value).replace("；", "，").replace("。", ".").replace("，", "、")  # type: ignore[attr-defined]
    assert identify(texts_of(draft), [form]) is form


def test_a_few_altered_criteria_leave_the_form_known(form: FormSpec) -> None:
    draft = draft_of()
    for box in criteria_boxes(draft)[:8]:
        box.value = "由财政部门另行确定评分办法，以当年通知为准，各单位据实填报。"  # type: ignore[attr-defined]
    assert identify(texts_of(draft), [form]) is form


def test_another_districts_points_make_it_unknown(form: FormSpec) -> None:
    draft = draft_of()
    for box in criteria_boxes(draft):
        box.value = "".join("8" if c.isdigit() else c for c in str(box.value))  # type: ignore[attr-defined]
    for box in criteria_boxes(draft):
        if not any(c.isdigit() for c in str(box.value)):  # type: ignore[attr-defined]
            box.value = "按照区委区政府年度综合考核结果折算得分，另行计算。"  # type: ignore[attr-defined]
    with pytest.raises(WorkbookError) as caught:
        identify(texts_of(draft), [form])
    assert caught.value.code == "form.unknown"


def test_other_criteria_under_the_same_labels_are_unknown(form: FormSpec) -> None:
    draft = draft_of()
    for number, box in enumerate(criteria_boxes(draft)):
        box.value = f"第{number}项按本市评分办法第{number}条计分，未达到的酌情扣分，扣完为止。"  # type: ignore[attr-defined]
    with pytest.raises(WorkbookError) as caught:
        identify(texts_of(draft), [form])
    assert caught.value.code == "form.unknown"


def test_labels_alone_are_no_form(form: FormSpec) -> None:
    texts = {normalize_label(i.label) for i in form.indicators}
    with pytest.raises(WorkbookError) as caught:
        identify(texts, [form])
    assert caught.value.code == "form.unknown"


def test_two_forms_that_fit_equally_are_ambiguous(form: FormSpec) -> None:
    with pytest.raises(WorkbookError) as caught:
        identify(texts_of(draft_of()), [form, form])
    assert caught.value.code == "form.ambiguous"


def test_the_year_a_form_prints_goes_before_other_years_in_it(form: FormSpec) -> None:
    """Handed in a year later, with last year's column: two years are named in every workbook."""
    last = replace(form, id="last", year=2020, sheets=_printed_for(form, "2020"), digest="last")
    texts = texts_of(draft_of()) | {"2020年决算数", "2021年决算数", "2022-03-20"}
    for printed, meant in (("2021年度", form), ("2020年度", last)):
        for title in (f"({printed})", f"{printed[:5]}部门整体支出绩效自评表"):
            named = {text for text in texts if "年度)" not in text and "绩效自评表" not in text}
            assert identify(named | {title}, [last, form]) is meant


def _printed_for(form: FormSpec, year: str) -> tuple[SheetSpec, ...]:
    return tuple(
        replace(s, cells=tuple(replace(c, text=c.text.replace("2021", year)) for c in s.cells))
        for s in form.sheets
    )


def _figures_only() -> set[str]:
    """The texts of a base data sheet that came by itself."""
    return _texts(lambda workbook: draw_base(workbook.worksheets[0], base_of_eleven()))


def _texts(draw: Callable[[OpenpyxlWorkbook], None]) -> set[str]:
    workbook, out = OpenpyxlWorkbook(), io.BytesIO()
    draw(workbook)
    workbook.save(out)
    grids = read_grids(Workbook.open(out.getvalue()))
    return {normalize_label(g.text(a)) for g in grids for v in g.labels.values() for a in v}


def test_base_data_alone_is_known_as_a_form_of_its_own() -> None:
    assert identify(_figures_only(), load_forms()).id == "yueyanglou-2023-base"


def test_base_data_beside_the_scoring_sheet_does_not_make_the_file_another_form(
    form: FormSpec,
) -> None:
    texts = texts_of(draft_of()) | _figures_only()
    assert identify(texts, load_forms()).id == form.id


def test_base_data_beside_a_profile_without_scoring_sheet_is_a_missing_scoring_sheet(
    form: FormSpec,
) -> None:
    scoring = {normalize_label(i.source.sentence) for i in form.indicators}
    scoring |= {normalize_label(i.label) for i in form.indicators}
    texts = (texts_of(draft_of()) - scoring) | _figures_only()
    with pytest.raises(WorkbookError) as caught:
        identify(texts, load_forms())
    assert caught.value.code == "form.scoring_sheet_missing"


def test_a_supplement_alone_is_no_form() -> None:
    def draw(workbook: OpenpyxlWorkbook) -> None:
        draw_supplement(workbook.worksheets[0], supplement_of_eleven())

    with pytest.raises(WorkbookError) as caught:
        identify(_texts(draw), load_forms())
    assert caught.value.code == "form.unknown"
