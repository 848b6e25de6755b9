"""TOML to ``FormSpec``, strictly: what is wrong is an error that names file, key and remedy."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from perfeval_xl.errors import FormSpecError
from perfeval_xl.forms.further import (
    read_attachments,
    read_derived,
    read_lists,
    read_matrices,
    with_attachments,
)
from perfeval_xl.forms.kinds import CHECK_KINDS, RULE_KINDS
from perfeval_xl.forms.section import Section
from perfeval_xl.forms.spec import (
    AttachmentSpec,
    BandSpec,
    BlockKind,
    BlockSpec,
    CheckSpec,
    FieldKind,
    FieldSpec,
    FormKind,
    FormSpec,
    GroupSpec,
    IndicatorSpec,
    MatrixSpec,
    PeersSpec,
    PoolSpec,
    PrintedCell,
    ProseSpec,
    ReadingSpec,
    Role,
    ScoringSpec,
    SheetSpec,
    Source,
)
from perfeval_xl.labels import normalize_label

FILES = ("form.toml", "rubric.toml", "checks.toml")
_FIELD_KINDS: tuple[FieldKind, ...] = (
    "amount", "count", "percent", "score", "text", "prose", "date", "yesno",
    "measure",
)  # fmt: skip
_BLOCK_KINDS: tuple[BlockKind, ...] = (
    "pairs", "table", "targets", "qualitative", "people", "signatures", "prose",
)  # fmt: skip
_ROLES: Mapping[FormKind, tuple[Role, ...]] = {
    "scored": ("profile", "scoring"), "data": ("data",), "supplement": ("data",),
}  # fmt: skip
_KINDS: tuple[FormKind, ...] = ("scored", "data", "supplement")
_NO_SCORING = ScoringSpec((), (), (), (), (), (), (), (), Decimal(0))
_NO_PROSE = ProseSpec((), (), ())
_Named = TypeVar("_Named", GroupSpec, PoolSpec)
_RANGE = re.compile(r"([A-Z]{1,3})([1-9][0-9]*)(?::([A-Z]{1,3})([1-9][0-9]*))?")


def load_form_directory(directory: Path, year: int | None = None) -> FormSpec:
    """The form that a folder of TOML files describes; a form of figures has no rubric.

    year: for a form of figures that stands beside another one, the year of that one.

    Raises:
        FormSpecError: a file is missing or broken, a key is unknown or missing, or two statements
            do not fit each other (points, sources, cells).
    """
    raw = {FILES[0]: _read(directory / FILES[0])}
    tables = {FILES[0]: _parse(directory / FILES[0], raw[FILES[0]])}
    form = Section(_name(directory, FILES[0]), "", tables[FILES[0]])
    chosen = form.choice("kind", _KINDS, "scored")
    kind = next(known for known in _KINDS if known == chosen)
    for name in FILES[1:] if kind == "scored" else FILES[2:]:
        raw[name] = _read(directory / name)
        tables[name] = _parse(directory / name, raw[name])
    rubric = Section(_name(directory, FILES[1]), "", tables.get(FILES[1], {}))
    checks = Section(_name(directory, FILES[2]), "", tables[FILES[2]])
    spec = _form_spec(form, rubric, checks, directory, kind, year)
    attachments = read_attachments(form, directory, spec.year, load_form_directory)
    spec = replace(with_attachments(spec, attachments), digest=_digest(raw, spec, attachments))
    for section in (form, rubric, checks):
        section.done()
    _check_id(spec, form, directory)
    _check_layout(spec, form)
    if kind == "scored":
        _check_sources(spec, rubric)
        _check_points(spec, rubric)
    _check_facts(spec, form, rubric, checks)
    return spec


def parse_range(at: str) -> tuple[int, int, int, int] | None:
    """First row, first column, last row, last column of ``A1`` or ``A1:C2``; None if it is none."""
    match = _RANGE.fullmatch(at)
    if match is None:
        return None
    left, top, right, bottom = match.groups()
    first = (int(top), _column(left))
    last = (int(bottom), _column(right)) if right else first
    return (*first, *last) if last >= first and last[1] >= first[1] else None


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _name(directory: Path, file: str) -> str:
    return f"{directory.name}/{file}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise FormSpecError(
            f"{path.parent.name}/{path.name}", "文件", "读不到这个文件",
            f"表样文件夹里要有 {'、'.join(FILES)} 三个文件",
        ) from exc  # fmt: skip


def _parse(path: Path, data: bytes) -> object:
    try:
        return tomllib.loads(data.decode("utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise FormSpecError(
            f"{path.parent.name}/{path.name}", "文件", f"不是有效的 TOML（{exc}）",
            "按提示的行列改正写法，文件存成 UTF-8",
        ) from exc  # fmt: skip


def _digest(raw: Mapping[str, bytes], spec: FormSpec, attachments: Iterable[AttachmentSpec]) -> str:
    """SHA-256 of the files and further sheets, line ends made equal so that Windows agrees."""
    total = hashlib.sha256()
    for name, data in raw.items():
        total.update(name.encode() + b"\0" + data.replace(b"\r\n", b"\n") + b"\0")
    for attached in attachments:
        total.update(f"{attached.id}\0{attached.form.year}\0{attached.form.digest}\0".encode())
    for derived in spec.derived:
        total.update(repr(derived.deadlines).encode())
    return total.hexdigest()


def _form_spec(
    form: Section, rubric: Section, checks: Section, directory: Path, kind: FormKind,
    at_year: int | None,
) -> FormSpec:  # fmt: skip
    own_year = form.whole("year")
    year = at_year or own_year
    scored = kind == "scored"
    written = read_matrices(form)
    matrices = tuple(matrix for matrix, _ in written)
    return FormSpec(
        id=form.text("id"),
        name=_dated(form.text("name"), year),
        short_name=form.text("short_name"),
        issuer=form.text("issuer"),
        document=form.text("document"),
        year=year,
        money=form.choice("money", ("万元", "元")),
        sheets=tuple(_sheet(section, kind, year) for section in form.sections("sheets")),
        blocks=tuple(_block(section) for section in form.sections("blocks")),
        fields=_fields(form, (field for _, implied in written for field in implied)),
        scoring=_scoring(form.section("scoring")) if scored else _NO_SCORING,
        groups=_unique(
            rubric, "groups", (_group(section) for section in rubric.sections("groups"))
        ),
        pools=_unique(rubric, "pools", (_pool(section) for section in rubric.sections("pools"))),
        indicators=_indicators(rubric),
        readings={name: _reading(name, section) for name, section in rubric.named("readings")},
        bands=_bands(rubric) if scored else (),
        checks=_checks(checks, matrices),
        prose=_prose(form.section("prose")) if scored else _NO_PROSE,
        external_facts=_texts_by_name(rubric, "external_facts"),
        previous=_texts_by_name(rubric, "previous"),
        compared=_texts_by_name(rubric, "previous_compared"),
        template_years=form.wholes("template_years", ()),
        directory=str(directory),
        digest="",
        kind=kind,
        matrices=matrices,
        lists=read_lists(form),
        derived=read_derived(form, year),
        peers=_peers(form.section("peers")) if form.has("peers") else None,
    )


def _peers(section: Section) -> PeersSpec:
    spec = PeersSpec(section.text("head"), section.texts("per_head"))
    section.done()
    return spec


def _dated(text: str, year: int) -> str:
    """A printed text with its years put in: {year} is the form's, {last} the one before."""
    return text.replace("{year}", str(year)).replace("{last}", str(year - 1))


def _fields(form: Section, implied: Iterable[FieldSpec]) -> dict[str, FieldSpec]:
    """Fields written one by one, then those that matrices imply."""
    fields = {name: _field(name, section) for name, section in form.named("fields")}
    for field in implied:
        if field.id in fields:
            raise form.fail(f"matrices.{field.block}", f"“{field.id}”已经有了", "换一个 id")
        fields[field.id] = field
    return fields


def _sheet(section: Section, kind: FormKind, year: int) -> SheetSpec:
    heights = section.section("heights")
    spec = SheetSpec(
        id=_role(section, kind),
        name=section.text("name"),
        landscape=section.flag("landscape"),
        widths=section.numbers("widths"),
        heights={int(row): heights.number(row) for row in heights.keys()},
        repeat_rows=section.text("repeat_rows", ""),
        page_breaks=section.wholes("page_breaks", ()),
        cells=tuple(_printed(cell, kind, year) for cell in section.sections("cells")),
    )
    section.done()
    return spec


def _role(section: Section, kind: FormKind) -> Role:
    chosen = section.choice("id", _ROLES[kind])
    return next(role for role in _ROLES[kind] if role == chosen)


def _printed(section: Section, kind: FormKind, year: int) -> PrintedCell:
    text = section.text("text", "")
    cell = PrintedCell(
        at=section.text("at"),
        text=text if kind == "scored" else _dated(text, year),
        field=section.text("field", ""),
        style=section.text("style", ""),
    )
    if parse_range(cell.at) is None:
        raise section.fail("at", f"“{cell.at}”不是单元格位置", '写成 at = "C3" 或 at = "C3:D4"')
    if bool(cell.text) == bool(cell.field):
        raise section.fail("text", "一格要么是印刷文字，要么是填报项", "text 和 field 只写一个")
    section.done()
    return cell


def _field(name: str, section: Section) -> FieldSpec:
    kind = section.choice("kind", _FIELD_KINDS)
    spec = FieldSpec(
        id=name,
        label=section.text("label"),
        aliases=section.texts("aliases", ()),
        kind=next(known for known in _FIELD_KINDS if known == kind),
        unit=section.text("unit", ""),
        block=section.text("block"),
        required=section.flag("required"),
        help=section.text("help", ""),
    )
    section.done()
    return spec


def _block(section: Section) -> BlockSpec:
    kind = section.choice("kind", _BLOCK_KINDS)
    spec = BlockSpec(
        id=section.text("id"),
        kind=next(known for known in _BLOCK_KINDS if known == kind),
        title=section.text("title"),
        anchors=section.texts("anchors", ()),
        key=section.text("key", ""),
        fields=section.texts("fields", ()),
        columns=section.texts("columns", ()),
        rows=section.texts("rows", ()),
        optional=section.flag("optional"),
    )
    section.done()
    return spec


def _scoring(section: Section) -> ScoringSpec:
    spec = ScoringSpec(
        **{
            key: section.texts(key)
            for key in (
                "first_level", "second_level", "third_level", "criteria",
                "max_score", "self_score", "reason", "total",
            )
        },
        total_points=section.number("total_points"),
    )  # fmt: skip
    section.done()
    return spec


def _group(section: Section) -> GroupSpec:
    spec = GroupSpec(
        id=section.text("id"),
        label=section.text("label"),
        level=section.whole("level"),
        parent=section.text("parent", ""),
        points=section.number("points"),
    )
    section.done()
    return spec


def _pool(section: Section) -> PoolSpec:
    spec = PoolSpec(
        id=section.text("id"),
        label=section.text("label"),
        points=section.number("points"),
        group=section.text("group"),
    )
    section.done()
    return spec


def _unique(section: Section, key: str, specs: Iterable[_Named]) -> dict[str, _Named]:
    found: dict[str, _Named] = {}
    for spec in specs:
        if spec.id in found:
            raise section.fail(key, f"“{spec.id}”写了两次", "每个 id 只能出现一次")
        found[spec.id] = spec
    return found


def _indicators(rubric: Section) -> tuple[IndicatorSpec, ...]:
    specs = tuple(_indicator(section) for section in rubric.sections("indicators"))
    for place, spec in enumerate(specs, 1):
        if spec.number != place:
            raise rubric.fail(
                f"indicators[{place}].number", f"序号应是 {place}，写的是 {spec.number}",
                "指标按表上的顺序从 1 编号",
            )  # fmt: skip
    if len({spec.id for spec in specs}) != len(specs):
        raise rubric.fail("indicators", "有两个指标的 id 相同", "每个指标的 id 不能重复")
    return specs


def _indicator(section: Section) -> IndicatorSpec:
    source = section.section("source")
    rule = section.section("rule")
    kind = rule.choice("kind", tuple(RULE_KINDS))
    RULE_KINDS[kind](rule)
    rule.done()
    spec = IndicatorSpec(
        number=section.whole("number"),
        id=section.text("id"),
        label=section.text("label"),
        label_aliases=section.texts("label_aliases", ()),
        group=section.text("group"),
        max=section.number("max"),
        shared=section.text("shared", ""),
        rule=rule.raw(),
        source=Source(source.text("sentence"), source.text("cell")),
    )
    source.done()
    section.done()
    return spec


def _reading(name: str, section: Section) -> ReadingSpec:
    labels = section.section("labels")
    lawful = section.texts("lawful")
    spec = ReadingSpec(
        id=name,
        question=section.text("question"),
        lawful=lawful,
        labels={key: labels.text(key) for key in lawful},
        default=section.choice("default", lawful),
        pinned=section.choice("pinned", ("", *lawful), ""),
        note=section.text("note", ""),
    )
    labels.done()
    section.done()
    if spec.pinned and not spec.note:
        raise section.fail("note", "选定了读法却没有写依据", '补写 note = "依据……"')
    return spec


def _bands(rubric: Section) -> tuple[BandSpec, ...]:
    bands = []
    for section in rubric.sections("bands"):
        bands.append(
            BandSpec(
                section.text("label"), section.number("at_least"), section.texts("aliases", ())
            )
        )
        section.done()
    limits = [band.at_least for band in bands]
    if not bands or limits != sorted(limits, reverse=True) or limits[-1] > 0:
        raise rubric.fail(
            "bands", "等次没有由高到低排到 0 分", "从最高一档写起，最后一档 at_least = 0"
        )
    return tuple(bands)


def _checks(checks: Section, matrices: Iterable[MatrixSpec]) -> tuple[CheckSpec, ...]:
    specs: list[CheckSpec] = []
    labels = {column.id: column.label for matrix in matrices for column in matrix.columns}
    for section in checks.sections("checks"):
        kind = section.choice("kind", tuple(CHECK_KINDS))
        head = {key: section.text(key) for key in ("id", "code", "title", "clause")}
        attachment = section.text("attachment", "")
        columns = section.texts("columns", ())
        CHECK_KINDS[kind](section)
        section.done()
        for column in columns:
            if column not in labels:
                raise section.fail(
                    "columns", f"没有“{column}”这一栏", f"可用：{'、'.join(labels) or '无'}"
                )
        spec = CheckSpec(**head, kind=kind, options=section.raw(), attachment=attachment)
        specs += [_in_column(spec, column, labels[column]) for column in columns] or [spec]
    if len({spec.id for spec in specs}) != len(specs):
        raise checks.fail("checks", "有两条勾稽关系的 id 相同", "每条的 id 不能重复")
    return tuple(specs)


def _in_column(check: CheckSpec, column: str, label: str) -> CheckSpec:
    """A check written for the rows of a matrix, as it is made in one column."""
    options = {
        key: _suffixed(value, column) if key in _FACT_KEYS else value
        for key, value in check.options.items()
    }
    return replace(
        check, id=f"{check.id}.{column}", title=f"{check.title}（{label}）", options=options
    )


def _suffixed(value: object, column: str) -> object:
    if isinstance(value, list):
        return [f"{item}_{column}" for item in value]
    return f"{value}_{column}"


def _prose(section: Section) -> ProseSpec:
    phrases = []
    for item in section.sections("phrases"):
        phrases.append((normalize_label(item.text("phrase")), item.text("field")))
        item.done()
    ratios = []
    for item in section.sections("ratios"):
        phrase = normalize_label(item.text("phrase"))
        ratios.append((phrase, item.text("numerator"), item.text("denominator")))
        item.done()
    spec = ProseSpec(
        chapters=section.texts("chapters"),
        phrases=tuple(sorted(phrases, key=lambda pair: -len(pair[0]))),
        ratios=tuple(ratios),
    )
    section.done()
    return spec


def _texts_by_name(section: Section, key: str) -> dict[str, str]:
    if not section.has(key):
        return {}
    table = section.section(key)
    return {name: table.text(name) for name in table.keys()}


def _check_id(spec: FormSpec, form: Section, directory: Path) -> None:
    if spec.id != directory.name:
        raise form.fail(
            "id", f"“{spec.id}”和文件夹名“{directory.name}”不一样", "两者写成一样"
        )  # fmt: skip


def _check_layout(spec: FormSpec, form: Section) -> None:
    """No two printed cells overlap, every field sits in one place, every block and role is there."""
    seen_fields: dict[str, str] = {}
    for role in _ROLES[spec.kind]:
        if sum(sheet.id == role for sheet in spec.sheets) != 1:
            raise form.fail(
                "sheets", f"应有且只有一张 {role} 表", f'写一个 [[sheets]]，id = "{role}"'
            )
    for sheet in spec.sheets:
        taken: dict[tuple[int, int], str] = {}
        for cell in sheet.cells:
            top, left, bottom, right = parse_range(cell.at) or (0, 0, 0, 0)
            for place in ((r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)):
                if place in taken:
                    raise form.fail(
                        f"sheets.{sheet.id}.cells", f"{cell.at} 和 {taken[place]} 占了同一格",
                        "改正其中一个的 at",
                    )  # fmt: skip
                taken[place] = cell.at
            if cell.field and cell.field in seen_fields:
                raise form.fail(
                    f"sheets.{sheet.id}.cells",
                    f"填报项 {cell.field} 出现在 {seen_fields[cell.field]} 和 {cell.at} 两处",
                    "每个填报项只放一格",
                )
            if cell.field:
                seen_fields[cell.field] = cell.at
    blocks = {"scoring", *(b.id for b in spec.blocks), *(m.id for m in spec.matrices)}
    blocks |= {listed.id for listed in spec.lists}
    for field in spec.fields.values():
        if not field.attachment and field.block not in blocks:
            raise form.fail(
                f"fields.{field.id}.block",
                f"没有“{field.block}”这个版块",
                "写 [[blocks]] 里有的 id",
            )
    groups = [("blocks", b.id, b.fields) for b in spec.blocks]
    groups += [("lists", listed.id, listed.fields) for listed in spec.lists]
    for kind, key, names in groups:
        for name in names:
            if name not in spec.fields:
                raise form.fail(
                    f"{kind}.{key}.fields", f"没有填报项“{name}”", f"补写 [fields.{name}]"
                )


def _check_sources(spec: FormSpec, rubric: Section) -> None:
    """Every official sentence stands in the cell of the blank form that is named."""
    printed = {
        f"{sheet.name}!{cell.at.split(':')[0]}": cell.text
        for sheet in spec.sheets
        for cell in sheet.cells
    }
    for indicator in spec.indicators:
        key = f"indicators[{indicator.number}].source"
        text = printed.get(indicator.source.cell)
        if not text:
            raise rubric.fail(
                f"{key}.cell",
                f"空白表上没有 {indicator.source.cell} 这一格",
                "写评分标准所在的单元格",
            )
        if normalize_label(text) != normalize_label(indicator.source.sentence):
            raise rubric.fail(
                f"{key}.sentence",
                f"与 {indicator.source.cell} 印出的文字不同",
                "逐字照抄官方评分标准",
            )


def _check_points(spec: FormSpec, rubric: Section) -> None:
    """Points add up: indicators to their second-level group, groups to their parent, all to the whole."""
    for level in (2, 1):
        for group in (group for group in spec.groups.values() if group.level == level):
            got = _points_in(spec, group)
            if got != group.points:
                raise rubric.fail(
                    f"groups.{group.id}.points", f"组内各项共 {got} 分，这里写 {group.points} 分",
                    "改正组的分值或组内指标的 max",
                )  # fmt: skip
    whole = sum((group.points for group in spec.groups.values() if group.level == 1), Decimal(0))
    if whole != spec.scoring.total_points:
        raise rubric.fail(
            "groups", f"一级指标共 {whole} 分，应为 {spec.scoring.total_points} 分", "改正各组分值"
        )


def _points_in(spec: FormSpec, group: GroupSpec) -> Decimal:
    if group.level == 1:
        return sum((g.points for g in spec.groups.values() if g.parent == group.id), Decimal(0))
    own = sum((i.max for i in spec.indicators if i.group == group.id and not i.shared), Decimal(0))
    return own + sum(
        (pool.points for pool in spec.pools.values() if pool.group == group.id), Decimal(0)
    )


def _check_facts(spec: FormSpec, form: Section, rubric: Section, checks: Section) -> None:
    """Every fact that a rule or a check names exists, and every group, pool and reading too."""
    known = set(spec.fields) | set(spec.external_facts)
    _check_derived(spec, form)
    for name in (spec.peers.head, *spec.peers.per_head) if spec.peers else ():
        if name not in known:
            raise form.fail("peers", f"没有填报项“{name}”", "写表样里有的填报项")
    for indicator in spec.indicators:
        key = f"indicators[{indicator.number}]"
        if indicator.group not in spec.groups:
            raise rubric.fail(
                f"{key}.group", f"没有“{indicator.group}”这一组", "写 [[groups]] 里有的 id"
            )
        if indicator.shared and indicator.shared not in spec.pools:
            raise rubric.fail(
                f"{key}.shared", f"没有“{indicator.shared}”", "写 [[pools]] 里有的 id"
            )
        for name in facts_named(indicator.rule):
            if name not in known:
                raise rubric.fail(
                    f"{key}.rule",
                    f"没有“{name}”这个数",
                    f'在 [external_facts] 补写 {name} = "名称"',
                )
        for name in readings_named(indicator.rule):
            if name not in spec.readings:
                raise rubric.fail(
                    f"{key}.rule.reading", f"没有“{name}”这种读法", f"补写 [readings.{name}]"
                )
    for key, pairs in (("previous", spec.previous), ("previous_compared", spec.compared)):
        for name in (name for pair in pairs.items() for name in pair if name not in known):
            raise rubric.fail(
                key, f"没有“{name}”这个数",
                '写成 今年的数 = "上年的数"，两边都用表样里的 id',
            )  # fmt: skip
    further = {attached.id for attached in spec.attachments}
    for check in spec.checks:
        if check.attachment and check.attachment not in further:
            raise checks.fail(
                f"checks.{check.id}.attachment", f"没有“{check.attachment}”这个附表",
                "写 [[attachments]] 里有的 id",
            )  # fmt: skip
        for name in facts_named(check.options):
            if name not in known:
                raise checks.fail(
                    f"checks.{check.id}", f"没有“{name}”这个填报项", "写 form.toml 里有的填报项"
                )


def _check_derived(spec: FormSpec, form: Section) -> None:
    """Every fact and list that a derived fact is worked out from exists."""
    lists = {one.id: one.fields for one in spec.lists}
    for attached in spec.attachments:
        lists |= {one.id: one.fields for one in attached.form.lists}
    for derived in spec.derived:
        key = f"derived.{derived.id}"
        if derived.kind == "late" and derived.list not in lists:
            raise form.fail(
                f"{key}.list", f"没有“{derived.list}”这个清单", "写 [[lists]] 里有的 id"
            )
        columns = (derived.name, derived.amount, derived.day, derived.issued)
        names = [*derived.facts, *(name for pair in derived.pairs for name in pair)]
        for name in [*names, *filter(None, (*columns, derived.count))]:
            if name not in spec.fields:
                raise form.fail(key, f"没有填报项“{name}”", "写这张表里有的填报项")


_FACT_KEYS = frozenset({
    "amount", "beside", "heads", "numerator", "denominator", "fact", "survey", "this", "last", "carryover", "carryover_total",
    "carryover_siblings", "count", "among", "total", "parts", "result", "minuend", "subtrahend", "smaller",
    "larger", "totals", "rating", "prose", "cumulative", "current", "derived", "left", "right",
    "rate", "groups",
})  # fmt: skip


def facts_named(table: object, key: str = "") -> list[str]:
    """Ids of the facts that a rule or a check refers to, in order, nested tables included."""
    if isinstance(table, Mapping):
        return [name for inner, value in table.items() for name in facts_named(value, str(inner))]
    if isinstance(table, list):
        return [name for value in table for name in facts_named(value, key)]
    return [table] if isinstance(table, str) and table and key in _FACT_KEYS else []


def readings_named(table: Mapping[str, object]) -> list[str]:
    """Ids of the readings that a rule asks for."""
    found = [str(table[key]) for key in ("reading", "not_applicable") if table.get(key)]
    ratio = table.get("ratio")
    return found + (readings_named(ratio) if isinstance(ratio, Mapping) else [])
