"""Chinese sentences of findings and rules, from ``templates/texts/findings.toml`` and ``rules.toml``.

Read once, strictly: an unknown key, severity or slot is a ``FormSpecError``. Slots stay open until
a text is really reported.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from perfeval_xl.errors import FormSpecError
from perfeval_xl.forms.catalog import templates_directory
from perfeval_xl.forms.section import Section
from perfeval_xl.model import Origin, Severity

FINDINGS = "texts/findings.toml"
RULES = "texts/rules.toml"
GROUPS = ("score", "figures", "form", "targets", "report", "batch")

# What a finding's sentence may name; the program fills exactly these.
SLOTS = frozenset({
    "where", "cells", "provided", "expected", "difference", "label", "number", "operands", "check",
    "unit", "range", "hidden", "used", "others", "note", "missing", "places", "low", "high", "max",
    "names", "count", "rule",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class FindingText:
    """What is said about one kind of finding; ``message`` and ``fix`` have ``{named}`` slots."""

    code: str
    severity: Severity
    origin: Origin
    group: str
    title: str
    message: str
    fix: str

    def fill(self, template: str, slots: Mapping[str, str]) -> str:
        """One of the two templates with its slots filled."""
        try:
            return template.format_map(slots)
        except KeyError as exc:
            raise FormSpecError(
                FINDINGS, self.code, f"程序没有给出 {{{exc.args[0]}}}", "换用这个代码已有的插入项"
            ) from exc


@cache
def finding_texts() -> Mapping[str, FindingText]:
    """All entries by code; check kinds are under ``kinds.<kind>``, variants under ``<code>/<name>``."""
    root = Section(FINDINGS, "", load_texts(FINDINGS))
    texts: dict[str, FindingText] = {}
    for code, section in ((key, root.section(key)) for key in root.keys()):
        if code == "kinds":
            for kind in section.keys():
                texts[f"kinds.{kind}"] = _entry(f"kinds.{kind}", section.section(kind))
        else:
            texts[code] = _entry(code, section)
    return texts


def finding_text(code: str, kind: str = "") -> FindingText:
    """The text of a code; a check without an entry of its own takes that of its kind.

    Raises:
        FormSpecError: neither is there.
    """
    texts = finding_texts()
    found = texts.get(code) or texts.get(f"kinds.{kind}")
    if found is None:
        raise FormSpecError(FINDINGS, code, "没有这个问题代码", f'补写 ["{code}"] 一节')
    return found


@cache
def rule_texts() -> Mapping[str, str]:
    """All sentence fragments of rules.toml as ``section.name``, slots still open."""
    root = Section(RULES, "", load_texts(RULES))
    return {
        f"{name}.{key}": section.text(key)
        for name, section in ((name, root.section(name)) for name in root.keys())
        for key in section.keys()
    }


def rule_text(name: str) -> str:
    """One fragment by ``section.name``.

    Raises:
        FormSpecError: there is no such fragment.
    """
    found = rule_texts().get(name)
    if found is None:
        raise FormSpecError(RULES, name, "没有这句话", f"在 rules.toml 补写 {name}")
    return found


def _entry(code: str, section: Section) -> FindingText:
    text = FindingText(
        code=code,
        severity=Severity(section.choice("severity", tuple(Severity))),
        origin=Origin(section.choice("origin", tuple(Origin))),
        group=section.choice("group", GROUPS),
        title=section.text("title"),
        message=section.text("message"),
        fix=section.text("fix"),
    )
    section.done()
    for key, template in (("message", text.message), ("fix", text.fix)):
        unknown = _slots(section, key, template) - SLOTS
        if unknown:
            raise section.fail(
                key,
                f"不认识的插入项 {'、'.join(sorted(unknown))}",
                f"可用：{'、'.join(sorted(SLOTS))}",
            )
    return text


def _slots(section: Section, key: str, template: str) -> set[str]:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    except ValueError as exc:
        raise section.fail(key, f"花括号不成对（{exc}）", "插入项写成 {where} 的形式") from exc


def load_texts(name: str) -> object:
    """One file of ``templates/texts`` as TOML gives it."""
    path = templates_directory() / name
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as exc:
        raise FormSpecError(
            name, "文件", "读不到这个文件", "重新安装，或从发布包补回 templates/texts"
        ) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise FormSpecError(
            name, "文件", f"不是有效的 TOML（{exc}）", "按提示的行列改正写法"
        ) from exc
