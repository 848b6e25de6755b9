"""A form as an office applies it: what changes, what stays, and that the digest tells."""

from __future__ import annotations

from decimal import Decimal

from perfeval_xl.forms.office import AS_PRINTED, OfficeRules, Pin, with_office_settings
from perfeval_xl.forms.spec import BandSpec, FormSpec
from perfeval_xl.model import Severity

PIN = Pin("partial_point", "started", "局务会议定")


def test_without_settings_it_is_the_form_itself(form: FormSpec) -> None:
    assert with_office_settings(form, AS_PRINTED) is form


def test_a_reading_that_the_form_does_not_have_leaves_it_alone(form: FormSpec) -> None:
    assert with_office_settings(form, OfficeRules(pins=(Pin("other", "x", "y"),))) is form


def test_a_pinned_reading_changes_reading_and_digest_only(form: FormSpec) -> None:
    found = with_office_settings(form, OfficeRules(pins=(PIN,)))
    assert found.readings["partial_point"].pinned == "started"
    assert found.readings["partial_point"].note == "局务会议定"
    assert found.readings["surplus_basis"] == form.readings["surplus_basis"]
    assert found.digest != form.digest
    assert not form.readings["partial_point"].pinned
    assert found.has_own_blank


def test_each_setting_has_a_digest_of_its_own(form: FormSpec) -> None:
    offices = [
        AS_PRINTED,
        OfficeRules(pins=(PIN,)),
        OfficeRules(pins=(Pin("partial_point", "started", "另一个依据"),)),
        OfficeRules(bands=(BandSpec("合格", Decimal(0), ()),)),
        OfficeRules(severities=(("score.total_differs", Severity.NOTE),)),
        OfficeRules(colours=(("error", "FFC7CE"),)),
    ]
    assert len({with_office_settings(form, office).digest for office in offices}) == len(offices)


def test_a_band_called_as_a_printed_one_keeps_its_other_spellings(form: FormSpec) -> None:
    bands = (BandSpec("优秀", Decimal(95), ()), BandSpec("其他", Decimal(0), ("差",)))
    found = with_office_settings(form, OfficeRules(bands=bands))
    assert [band.aliases for band in found.bands] == [("优",), ("差",)]
    assert not found.has_own_blank
