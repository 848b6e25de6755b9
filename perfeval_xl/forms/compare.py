"""What differs between two forms, in lines an officer can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from perfeval_xl.forms.spec import CheckSpec, FieldSpec, FormSpec, IndicatorSpec


def differences(old: FormSpec, new: FormSpec) -> list[str]:
    """A line per difference, from the form's head through indicators and fields to the checks."""
    return [
        *_head(old, new),
        *_indicators(old, new),
        *_changed("分组", {k: str(g.points) for k, g in old.groups.items()}, {k: str(g.points) for k, g in new.groups.items()}, "分"),
        *_changed("读法", {k: r.pinned or "未选定" for k, r in old.readings.items()}, {k: r.pinned or "未选定" for k, r in new.readings.items()}),
        *_changed("等次", {b.label: str(b.at_least) for b in old.bands}, {b.label: str(b.at_least) for b in new.bands}, "分"),
        *_changed("填报项", _fields(old.fields), _fields(new.fields)),
        *_changed("勾稽关系", _checks(old.checks), _checks(new.checks)),
    ]  # fmt: skip


def _head(old: FormSpec, new: FormSpec) -> Iterator[str]:
    for name, label in (
        ("name", "名称"),
        ("year", "年度"),
        ("issuer", "制定单位"),
        ("money", "金额单位"),
    ):
        a, b = getattr(old, name), getattr(new, name)
        if a != b:
            yield f"{label}：{a} → {b}"


def _indicators(old: FormSpec, new: FormSpec) -> Iterator[str]:
    before = {i.id: i for i in old.indicators}
    after = {i.id: i for i in new.indicators}
    for key, indicator in before.items():
        if key not in after:
            yield f"指标 {indicator.number} {indicator.label}：删去"
    for key, indicator in after.items():
        if key not in before:
            yield f"指标 {indicator.number} {indicator.label}：新增，{indicator.max} 分"
        else:
            yield from _indicator(before[key], indicator)


def _indicator(a: IndicatorSpec, b: IndicatorSpec) -> Iterator[str]:
    where = f"指标 {b.number} {b.label}"
    if (a.number, a.label) != (b.number, b.label):
        yield f"{where}：原为 {a.number} {a.label}"
    if a.max != b.max:
        yield f"{where}：分值 {a.max} → {b.max}"
    if dict(a.rule) != dict(b.rule):
        yield from _rule(where, a.rule, b.rule)
    if a.source.sentence != b.source.sentence:
        yield f"{where}：评分标准 “{a.source.sentence}” → “{b.source.sentence}”"


def _rule(where: str, a: Mapping[str, object], b: Mapping[str, object]) -> Iterator[str]:
    for key in sorted(set(a) | set(b)):
        if a.get(key) != b.get(key):
            yield f"{where}：规则 {key} {a.get(key, '无')} → {b.get(key, '无')}"


def _changed(
    what: str, before: Mapping[str, str], after: Mapping[str, str], unit: str = ""
) -> Iterator[str]:
    for key in before:
        if key not in after:
            yield f"{what} {key}：删去"
        elif before[key] != after[key]:
            yield f"{what} {key}：{before[key]}{unit} → {after[key]}{unit}"
    for key in after:
        if key not in before:
            yield f"{what} {key}：新增，{after[key]}{unit}"


def _fields(fields: Mapping[str, FieldSpec]) -> dict[str, str]:
    return {key: f"{field.label}（{field.kind}）" for key, field in fields.items()}


def _checks(checks: tuple[CheckSpec, ...]) -> dict[str, str]:
    return {check.id: check.title for check in checks}
