"""perfeval.toml, the office's settings: read strictly, each with its origin.

The command line goes before perfeval.toml, that before the form's own data, that before what the
program has by default. Which keys there are, and what each is for, is in ``settings_keys.py``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from perfeval_xl.batch.one import Options, RunLimits
from perfeval_xl.batch.settings_keys import LIMIT_KEYS, TITLES
from perfeval_xl.errors import FormSpecError, PerfEvalError
from perfeval_xl.forms.catalog import list_forms, load_forms
from perfeval_xl.forms.office import AS_PRINTED, OfficeRules, Pin, office_forms
from perfeval_xl.forms.peers import PeerLimits, changed_limits, peer_limits
from perfeval_xl.forms.section import Section
from perfeval_xl.forms.spec import BandSpec, FormSpec
from perfeval_xl.forms.texts import finding_texts
from perfeval_xl.model import Severity

NAME = "perfeval.toml"
COMMAND_LINE, OF_FORM, BY_DEFAULT = "命令行", "表样", "默认"
MOST_JOBS = 256
INTERVAL = 10.0  # seconds between two looks of ``watch``
_COLOUR = re.compile(r"#?([0-9A-Fa-f]{6})")
_WORDS = {Severity.ERROR: "错误", Severity.WARNING: "警告", Severity.NOTE: "提示"}


class SettingsError(PerfEvalError):
    """perfeval.toml is wrong: names the file, the line, the key, and what to write."""

    def __init__(self, file: str, line: int, key: str, problem: str, fix: str) -> None:
        super().__init__(file, line, key, problem, fix)
        self.file = file
        self.line = line
        self.key = key
        self.problem = problem
        self.fix = fix

    def __str__(self) -> str:
        place = f" 第 {self.line} 行" if self.line else ""
        return f"设置有误：{self.file}{place}：{self.key}：{self.problem}。{self.fix}"


@dataclass(frozen=True, slots=True)
class InForce:
    """One setting as it holds: key, what it is called, value and where the value comes from.

    decides: whether it can change an output; the number of processes cannot.
    """

    key: str
    title: str
    value: str
    origin: str
    decides: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an office can set; as shipped where nothing is said.

    file: the perfeval.toml that was read, or None. roster, reference, previous: the office's
    lists and last year's outbox. peers: limits of the comparison across units, where the office has
    set any. interval: seconds between two looks of ``watch``.
    origins: by key, where a value comes from that is neither the form's nor the default.
    """

    file: Path | None = None
    form: str | None = None
    templates: Path | None = None
    passwords: tuple[str, ...] = ()
    jobs: int | None = None
    interval: float = INTERVAL
    limits: RunLimits = field(default_factory=RunLimits)
    roster: Path | None = None
    reference: Path | None = None
    previous: Path | None = None
    office: OfficeRules = AS_PRINTED
    peers: PeerLimits | None = None
    origins: Mapping[str, str] = field(default_factory=dict)

    def overruled(self, **given: Any) -> Settings:
        """These settings with what the command line gives; None and an empty one say nothing."""
        said = {name: value for name, value in given.items() if value not in (None, ())}
        keys = [key for key in TITLES if said.keys() & set(key.split("."))]
        return replace(self, origins={**self.origins, **dict.fromkeys(keys, COMMAND_LINE)}, **said)

    def options(self) -> Options:
        """What a worker needs to know to evaluate a file."""
        return Options(self.form, self.templates, self.limits, self.passwords, self.office)

    def in_force(self) -> list[InForce]:
        """Every setting as it holds, in the order of the keys."""
        return [*self._plain(), *self._of_forms(), *self._limits(), *self._rest()]

    def _plain(self) -> list[InForce]:
        passwords = f"{len(self.passwords)} 个" if self.passwords else "没有"
        return [
            self._row("form", self.form or "自动识别"),
            self._row("templates", self._shown(self.templates, "只用自带的表样")),
            self._row("passwords", passwords),
            self._row("jobs", str(self.jobs or "全部处理器核心"), decides=False),
            self._row("lists.roster", self._shown(self.roster)),
            self._row("lists.reference", self._shown(self.reference)),
            self._row("lists.previous", self._shown(self.previous)),
        ]

    def _of_forms(self) -> list[InForce]:
        """Readings and bands: several forms that say the same are shown once."""
        found: dict[InForce, list[str]] = {}
        forms = office_forms(self.templates, self.office)
        for spec in forms:
            for row in (*self._readings(spec), self._bands(spec)):
                found.setdefault(row, []).append(spec.id)
        rows = []
        for row, ids in found.items():
            same = sum(other.key == row.key for other in found) == 1
            rows.append(row if same else replace(row, title=f"{row.title}（{'、'.join(ids)}）"))
        return rows

    def _readings(self, spec: FormSpec) -> list[InForce]:
        rows = []
        for reading in spec.readings.values():
            key = f"readings.{reading.id}"
            if reading.pinned:
                value = f"{reading.labels[reading.pinned]}；依据：{reading.note}"
            else:
                answers = "、".join(reading.labels[answer] for answer in reading.lawful)
                value = f"未选定（{answers}）"
            origin = self.origins.get(key, OF_FORM)
            rows.append(InForce(key, f"读法：{reading.question}", value, origin))
        return rows

    def _bands(self, spec: FormSpec) -> InForce:
        value = "，".join(f"{band.label} ≥ {band.at_least}" for band in spec.bands) or "没有等次"
        return InForce("bands", TITLES["bands"], value, self.origins.get("bands", OF_FORM))

    def _limits(self) -> list[InForce]:
        return [
            self._row(f"limits.{name}", key.shown(self.limits)) for name, key in LIMIT_KEYS.items()
        ]

    def _rest(self) -> list[InForce]:
        from perfeval_xl.writer.style import TINTS, tint_of

        chosen = dict(self.office.colours)
        rows = [
            self._row(f"colours.{name}", chosen.get(name, tint_of(name).fill)) for name in TINTS
        ]
        for code, severity in self.office.severities:
            title = f"{TITLES['severities']}：{_finding_titles(self.templates)[code]}"
            key = f"severities.{code}"
            rows.append(InForce(key, title, _WORDS[severity], self.origins[key]))
        rows += self._peers()
        rows.append(self._row("watch.interval", f"{self.interval:g}", decides=False))
        return rows

    def _peers(self) -> list[InForce]:
        limits = asdict(self.peers or peer_limits())
        return [
            self._row(f"peers.{group}.{name}", _plainly(value))
            for group, values in limits.items()
            for name, value in values.items()
        ]

    def _row(self, key: str, value: str, decides: bool = True) -> InForce:
        return InForce(key, TITLES[key], value, self.origins.get(key, BY_DEFAULT), decides)

    def _shown(self, path: Path | None, without: str = "没有") -> str:
        """A path as it is written: relative to the settings file where it came from there."""
        if path is None:
            return without
        if self.file is not None and path.is_relative_to(self.file.parent):
            path = path.relative_to(self.file.parent)
        return path.as_posix()


def _plainly(value: object) -> str:
    """A number or a list of words as it is shown."""
    return "、".join(value) if isinstance(value, tuple) else str(value)


def settings_beside(inbox: Path) -> Path | None:
    """The perfeval.toml that governs an inbox: in the folder in which the inbox lies.

    One inside the inbox governs nothing: that is where units send files.
    """
    return settings_in(inbox.resolve().parent)


def settings_in(folder: Path) -> Path | None:
    """The perfeval.toml of the office's folder; None when there is none."""
    found = folder / NAME
    return found if found.is_file() else None


def settings_for(file: Path) -> Path | None:
    """The perfeval.toml that governs a file of some inbox: the nearest above its folder."""
    for folder in file.resolve().parent.parents:
        if (folder / NAME).is_file():
            return folder / NAME
    return None


def load_settings(
    path: Path | None, templates: Path | None = None, with_lists: bool = True
) -> Settings:
    """The settings in ``path``, as shipped when None. templates: the command line's, goes before.

    with_lists: whether the lists that it names must be there; they may come later than a blank.

    Raises:
        SettingsError: something in the file is wrong.
        FormSpecError: form data in the templates is wrong.
    """
    if path is None:
        return Settings().overruled(templates=templates)
    text = _text(path)
    table = _parsed(path, text)
    lines = key_lines(text)
    try:
        root = Section(NAME, "", table)
        root.text("templates", "")  # a key of ours, also where the command line goes before it
        own = templates or _existing(root, "templates", path.parent, Path.is_dir, "文件夹")
    except FormSpecError as exc:
        raise _at_line(exc, path, lines) from exc
    specs = load_forms(own)
    try:
        settings = _Reader(root, path, specs, own, with_lists).settings()
    except FormSpecError as exc:
        raise _at_line(exc, path, lines) from exc
    origins = {key: f"{NAME} 第 {line} 行" for key, line in lines.items()}
    return replace(settings, origins=origins).overruled(templates=templates)


def key_lines(text: str) -> dict[str, int]:
    """Line on which each key of a valid TOML text begins, by its dotted path.

    Of the tables of a list the first line of the first counts.
    """
    found: dict[str, int] = {}
    head: tuple[str, ...] = ()
    pending, began = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not pending:
            began = number
        pending += line + "\n"
        try:
            statement = tomllib.loads(pending)
        except tomllib.TOMLDecodeError:
            continue  # a value that goes on on the next line
        pending = ""
        if line.lstrip().startswith("["):
            head = next(iter(_paths(statement)), ())
            found.setdefault(".".join(head), began)
        else:
            for path in _paths(statement):
                for end in range(len(head) + 1, len(head) + len(path) + 1):
                    found.setdefault(".".join((*head, *path)[:end]), began)
    return found


def _paths(table: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Every path in a table, down to what is no table; an empty table ends its own."""
    found: list[tuple[str, ...]] = []
    for key, value in table.items():
        inner = _paths(value) if isinstance(value, dict) else []
        found += [(key, *rest) for rest in inner] or [(key,)]
    return found


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise SettingsError(
            str(path), 0, "文件", "读不到这个文件", "检查路径和权限，文件是否被占用"
        ) from exc
    except UnicodeDecodeError as exc:
        raise SettingsError(
            str(path), 0, "文件", "不是 UTF-8 编码", "用记事本打开，另存为时编码选 UTF-8"
        ) from exc


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as exc:
        place = re.search(r"at line (\d+), column", str(exc))
        lines = text.splitlines()
        line = int(place[1]) if place else len(lines)  # "at end of document"
        shown = lines[line - 1].strip()
        fix = "写成 键 = 值，文字和路径加英文引号，键不能重复"
        if "\\" in shown:
            fix = "路径里的 \\ 改成 /，或者用英文单引号括起来"
        raise SettingsError(str(path), line, shown or "文件", "这一行写法不对", fix) from exc


def _at_line(error: FormSpecError, path: Path, lines: Mapping[str, int]) -> SettingsError:
    """The error with the line of its key, or of the nearest key above that is written."""
    key = re.sub(r"\[\d+\]", "", error.key)
    while key and key not in lines:
        key = key.rpartition(".")[0]
    return SettingsError(str(path), lines.get(key, 0), error.key, error.problem, error.fix)


def _finding_titles(templates: Path | None) -> dict[str, str]:
    """Title of every finding that may come up, by code."""
    titles = {
        code: text.title
        for code, text in finding_texts().items()
        if "/" not in code and not code.startswith("kinds.")
    }
    checks = (check for spec in load_forms(templates) for check in spec.checks)
    return {**{check.code: check.title for check in checks}, **titles}


def _passwords(file: Path) -> tuple[str, ...]:
    from perfeval_xl.ooxml.crypt import read_password_file  # few offices have any

    return read_password_file(file)


def _existing(
    section: Section, key: str, folder: Path, exists: Callable[[Path], bool], what: str
) -> Path | None:
    """A path, relative to the settings file, that must be there."""
    text = section.text(key, "")
    if not text:
        return None
    path = folder / text
    if not exists(path):
        raise section.fail(
            key, f"没有这个{what}：{path}", f"写{what}的路径，相对于 {NAME} 所在的文件夹"
        )
    return path


def _anything(_path: Path) -> bool:
    """Stands in for a look at the disk where a path may lead nowhere yet."""
    return True


class _Reader:
    """The tables of one file, read one after another."""

    def __init__(
        self,
        root: Section,
        path: Path,
        specs: Sequence[FormSpec],
        templates: Path | None,
        with_lists: bool,
    ) -> None:
        self.root = root
        self.path = path
        self.folder = path.parent
        self.specs = specs
        self.templates = templates
        self.with_lists = with_lists

    def settings(self) -> Settings:
        root = self.root
        for key in root.keys():
            root.among(key, {name.partition(".")[0] for name in TITLES})
        passwords = _existing(root, "passwords", self.folder, Path.is_file, "文件")
        lists, watch = self._table("lists"), self._table("watch")
        found = Settings(
            file=self.path,
            form=self._form(),
            templates=self.templates,
            passwords=_passwords(passwords) if passwords else (),
            jobs=self._jobs(),
            interval=self._seconds(watch, "interval", INTERVAL),
            limits=self._limits(),
            roster=self._list(lists, "roster", Path.is_file, "文件"),
            reference=self._list(lists, "reference", Path.is_file, "文件"),
            previous=self._list(lists, "previous", Path.is_dir, "文件夹"),
            office=OfficeRules(
                self._pins(), self._bands(), self._severities(), self._colours()
            ),
            peers=self._peers(),
        )  # fmt: skip
        for section in (lists, watch, root):
            section.done()
        return found

    def _table(self, key: str) -> Section:
        """The table under a key, an empty one when it is not written."""
        return self.root.section(key) if self.root.has(key) else Section(NAME, key, {})

    def _list(
        self, lists: Section, key: str, exists: Callable[[Path], bool], what: str
    ) -> Path | None:
        return _existing(lists, key, self.folder, exists if self.with_lists else _anything, what)

    def _form(self) -> str | None:
        if not self.root.has("form"):
            return None
        return self.root.choice("form", tuple(list_forms(self.templates)))

    def _jobs(self) -> int | None:
        if not self.root.has("jobs"):
            return None
        jobs = self.root.whole("jobs")
        if not 1 <= jobs <= MOST_JOBS:
            raise self.root.fail("jobs", f"写的是 {jobs}", f"写 1 到 {MOST_JOBS} 的整数")
        return jobs

    def _seconds(self, section: Section, key: str, default: float) -> float:
        value = section.number(key, Decimal(f"{default:g}"))
        if value <= 0:
            raise section.fail(key, f"写的是 {value}", "写大于 0 的秒数")
        return float(value)

    def _limits(self) -> RunLimits:
        section = self._table("limits")
        limits = RunLimits()
        for name, key in LIMIT_KEYS.items():
            if section.has(name):
                value = section.number(name)
                if value <= 0 or (key.is_whole and value != int(value)):
                    kind = "整数" if key.is_whole else "数"
                    raise section.fail(name, f"写的是 {value}", f"写大于 0 的{kind}")
                limits = key.put(limits, value)
        section.done()
        if limits.soft_seconds > limits.hard_seconds:
            raise section.fail(
                "seconds",
                f"{limits.soft_seconds:g} 秒大于 hard_seconds 的 {limits.hard_seconds:g} 秒",
                "让 seconds 不大于 hard_seconds",
            )
        return limits

    def _pins(self) -> tuple[Pin, ...]:
        if not self.root.has("readings"):
            return ()
        group = self.root.section("readings")
        known = {name for spec in self.specs for name in spec.readings}
        pins = []
        for name in group.keys():
            group.among(name, known)
            section = group.section(name)
            pins.append(self._pin(name, section))
            section.done()
        return tuple(pins)

    def _pin(self, name: str, section: Section) -> Pin:
        readings = [spec.readings[name] for spec in self.specs if name in spec.readings]
        lawful = [a for a in readings[0].lawful if all(a in r.lawful for r in readings)]
        answer = section.choice("pinned", tuple(lawful))
        note = section.text("note", "").strip()
        if not note:
            raise section.fail("note", "选定了读法却没有写依据", '补写 note = "依据……"')
        return Pin(name, answer, note)

    def _bands(self) -> tuple[BandSpec, ...]:
        bands = []
        for section in self.root.sections("bands"):
            label, least = section.text("label"), section.number("at_least")
            bands.append(BandSpec(label, least, section.texts("aliases", ())))
            section.done()
        if not self.root.has("bands"):
            return ()
        limits = [band.at_least for band in bands]
        if not bands or limits != sorted(set(limits), reverse=True) or limits[-1] != 0:
            raise self.root.fail(
                "bands", "等次没有由高到低排到 0 分", "从最高一档写起，最后一档 at_least = 0"
            )
        if len({band.label for band in bands}) < len(bands):
            raise self.root.fail("bands", "两个等次同名", "每个等次的 label 各不相同")
        return tuple(bands)

    def _severities(self) -> tuple[tuple[str, Severity], ...]:
        section = self._table("severities")
        known = _finding_titles(self.templates)
        found = []
        for code in section.keys():
            section.among(code, known)
            found.append((code, Severity(section.choice(code, tuple(Severity)))))
        return tuple(sorted(found))

    def _peers(self) -> PeerLimits | None:
        limits = changed_limits(self._table("peers"))
        return None if limits == peer_limits() else limits

    def _colours(self) -> tuple[tuple[str, str], ...]:
        from perfeval_xl.writer.style import TINTS

        section = self._table("colours")
        chosen = [(name, self._colour(section, name)) for name in TINTS if section.has(name)]
        for name in TINTS:
            section.text(name, "")
        section.done()
        return tuple(chosen)

    def _colour(self, section: Section, name: str) -> str:
        from perfeval_xl.writer.style import LEAST_CONTRAST, contrast, tint_of

        text = section.text(name)
        match = _COLOUR.fullmatch(text)
        if match is None:
            raise section.fail(
                name, f"“{text}”不是颜色", f'写成六位十六进制，如 {name} = "{tint_of(name).fill}"'
            )
        fill = match[1].upper()
        if contrast(fill, tint_of(name).text) < LEAST_CONTRAST:
            raise section.fail(name, f"{fill} 太深，上面的字看不清", "换一个浅一些的颜色")
        return fill
