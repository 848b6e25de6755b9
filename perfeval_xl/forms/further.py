"""What a form of figures says beside printed cells: matrices, lists, derived facts, attachments.

The TOML of these parts to the values of ``spec.py``, as strictly as the rest of a form.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from perfeval_xl.errors import FormSpecError
from perfeval_xl.forms.places import folder_of, templates_directory
from perfeval_xl.forms.section import Section
from perfeval_xl.forms.spec import (
    AttachmentSpec,
    CheckSpec,
    ColumnSpec,
    Deadline,
    DerivedSpec,
    FieldSpec,
    FormSpec,
    LineSpec,
    ListSpec,
    MatrixSpec,
)

CALENDAR = "calendar.toml"
ITEM_NAME = "name"  # <row>_name: what a row under a group is called
_DERIVED_KINDS = ("sum", "changes", "late")

LoadForm = Callable[[Path, int], FormSpec]


def read_matrices(form: Section) -> list[tuple[MatrixSpec, tuple[FieldSpec, ...]]]:
    """All ``[[matrices]]``, each with the fields it implies."""
    found = []
    for section in form.sections("matrices"):
        matrix = _matrix(section)
        found.append((matrix, tuple(_matrix_fields(section, matrix))))
        section.done()
    return found


def _matrix(section: Section) -> MatrixSpec:
    columns = []
    for item in section.sections("columns"):
        columns.append(
            ColumnSpec(
                item.text("id"), item.text("label"), item.texts("words"), item.whole("offset")
            )
        )
        item.done()
    lines = []
    for item in section.sections("rows"):
        lines.append(
            LineSpec(
                item.text("id"), item.text("label"), item.texts("aliases", ()), item.flag("items")
            )
        )
        item.done()
    spec = MatrixSpec(
        section.text("id"), section.text("title"), section.texts("anchors", ()), tuple(columns),
        tuple(lines),
    )  # fmt: skip
    for key, ids in (("columns", [c.id for c in columns]), ("rows", [line.id for line in lines])):
        if not ids:
            raise section.fail(key, "一项也没有", f"写成 {key} = [{{ id = … }}, …]")
        if len(set(ids)) != len(ids):
            raise section.fail(key, "有两项的 id 相同", "每个 id 只能出现一次")
    return spec


def _matrix_fields(section: Section, matrix: MatrixSpec) -> Iterator[FieldSpec]:
    """A field for every row and column, and one for the names of rows under a group."""
    unit = section.text("unit", "")
    helps = section.section("help") if section.has("help") else None
    ids = {line.id for line in matrix.lines}
    for line in matrix.lines:
        text = helps.text(line.id, "") if helps else ""
        if line.items:
            yield FieldSpec(
                f"{line.id}_{ITEM_NAME}", f"{line.label}名称", (), "text", "", matrix.id, False, ""
            )
        for column in matrix.columns:
            yield FieldSpec(
                f"{line.id}_{column.id}", f"{line.label}{column.label}", (), "amount", unit,
                matrix.id, False, text,
            )  # fmt: skip
    if helps:
        for name in helps.keys():
            if name not in ids:
                raise helps.fail(name, "没有这一行", "写 rows 里有的 id")
        helps.done()


def read_lists(form: Section) -> tuple[ListSpec, ...]:
    """All ``[[lists]]``."""
    found = []
    for section in form.sections("lists"):
        found.append(
            ListSpec(
                section.text("id"), section.text("title"), section.texts("anchors", ()),
                section.text("key"), section.texts("fields"),
            )
        )  # fmt: skip
        section.done()
        if found[-1].key not in found[-1].fields:
            raise section.fail("key", f"“{found[-1].key}”不在 fields 里", "写 fields 里有的一项")
    return tuple(found)


def read_derived(form: Section, year: int) -> tuple[DerivedSpec, ...]:
    """All ``[[derived]]``, deadlines as days of this year."""
    return tuple(_derived(section, year) for section in form.sections("derived"))


def _derived(section: Section, year: int) -> DerivedSpec:
    kind = section.choice("kind", _DERIVED_KINDS)
    name = section.text("id")
    if kind == "sum":
        spec = DerivedSpec(name, "sum", facts=section.texts("facts"), note=section.text("note"))
    elif kind == "changes":
        pairs = []
        for pair in section.sections("pairs"):
            pairs.append((pair.text("from"), pair.text("to")))
            pair.done()
        if not pairs:
            raise section.fail(
                "pairs", "没有写从哪个数到哪个数", '写成 pairs = [{ from = "…", to = "…" }]'
            )
        spec = DerivedSpec(name, "changes", pairs=tuple(pairs), note=section.text("note"))
    else:
        spec = DerivedSpec(
            name, "late", list=section.text("list"), name=section.text("name"),
            amount=section.text("amount"), day=section.text("day"), issued=section.text("issued"),
            count=section.text("count", ""), deadlines=tuple(_deadlines(section, year)),
        )  # fmt: skip
    section.done()
    return spec


def _deadlines(section: Section, year: int) -> Iterator[Deadline]:
    """Each a day of the year, or the day before a feast of the calendar."""
    items = section.sections("deadlines")
    if not items:
        raise section.fail(
            "deadlines", "没有写期限", "写成 deadlines = [{ month = 6, day = 30, share = 1 }]"
        )
    for item in items:
        share = item.number("share")
        if not 0 < share <= 1:
            raise item.fail("share", "应大于 0、不大于 1", "一半写 0.5，全部写 1")
        day = _before(item, year) if item.has("before") else _day(item, year)
        item.done()
        yield Deadline(day, share)


def _before(item: Section, year: int) -> date:
    feast = item.text("before")
    days = calendar().get(feast)
    if days is None:
        raise item.fail("before", f"{CALENDAR} 里没有“{feast}”", f"可用：{'、'.join(calendar())}")
    if year not in days:
        raise FormSpecError(
            CALENDAR, f"{feast}.{year}", "没有这一年的日期", f'补写 "{year}" = {year}-02-01 的形式'
        )
    return date.fromordinal(days[year].toordinal() - 1)


def _day(item: Section, year: int) -> date:
    month, day = item.whole("month"), item.whole("day")
    try:
        return date(year, month, day)
    except ValueError as exc:
        raise item.fail("day", f"没有 {month} 月 {day} 日", "写成 month = 6, day = 30") from exc


@cache
def calendar() -> Mapping[str, Mapping[int, date]]:
    """Feasts by name, their days by year, from ``templates/calendar.toml``."""
    path = templates_directory() / CALENDAR
    try:
        table = tomllib.loads(path.read_bytes().decode("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise FormSpecError(
            CALENDAR, "文件", f"读不到日期（{exc}）", "从发布包补回这个文件"
        ) from exc
    return {name: dict(_days(name, days)) for name, days in table.items()}


def _days(feast: str, days: object) -> Iterator[tuple[int, date]]:
    for year, day in dict(days).items() if isinstance(days, dict) else ():
        if not isinstance(day, date) or str(day.year) != year:
            raise FormSpecError(
                CALENDAR,
                f"{feast}.{year}",
                f"写的是 {day!r}",
                f'写成 "{year}" = {year}-02-01 的形式',
            )
        yield day.year, day


# ---- attachments ----


def read_attachments(
    form: Section, host: Path, year: int, load: LoadForm
) -> tuple[AttachmentSpec, ...]:
    """All ``[[attachments]]``, each loaded as a form at the host's year."""
    found: dict[str, AttachmentSpec] = {}
    for section in form.sections("attachments"):
        name = section.text("form")
        folder = folder_of(name, host)
        if folder is None:
            raise section.fail("form", f"没有“{name}”这个表样", "写表样文件夹的名称")
        attached = load(folder, year)
        if attached.kind == "scored":
            raise section.fail("form", f"“{name}”自带评分表，不能作附表", "写只有数据的表样")
        spec = AttachmentSpec(section.text("id"), attached, _renames(section, attached))
        section.done()
        if spec.id in found:
            raise section.fail("id", f"“{spec.id}”写了两次", "每个附表的 id 不能重复")
        found[spec.id] = spec
    return tuple(found.values())


def _renames(section: Section, attached: FormSpec) -> dict[str, str]:
    if not section.has("facts"):
        return {}
    table = section.section("facts")
    known = set(attached.fields) | {d.id for d in attached.derived}
    renames = {}
    for name in table.keys():
        source = table.text(name)
        if source not in known:
            raise table.fail(name, f"附表上没有“{source}”", "写附表里有的填报项")
        renames[source] = name
    return renames


def with_attachments(spec: FormSpec, attachments: tuple[AttachmentSpec, ...]) -> FormSpec:
    """The form with the fields, checks and derived facts of its further sheets among its own."""
    fields, checks, derived = dict(spec.fields), list(spec.checks), list(spec.derived)
    for attached in attachments:
        for field in attached.form.fields.values():
            name = attached.renames.get(field.id, field.id)
            if name not in fields:
                fields[name] = replace(field, id=name, attachment=attached.id)
        checks += [_tagged(check, attached) for check in attached.form.checks]
        derived += [replace(d, id=attached.renames.get(d.id, d.id)) for d in attached.form.derived]
    return replace(
        spec, fields=fields, checks=tuple(checks), derived=tuple(derived), attachments=attachments
    )


def _tagged(check: CheckSpec, attached: AttachmentSpec) -> CheckSpec:
    return replace(check, id=f"{attached.id}.{check.id}", attachment=attached.id)
