"""名册: the units that must report, and whose workbook a name and a code say it is.

A unit is known by its code, then its name, then another name of it. Nothing is joined because it
looks alike: close names are only offered as a question.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal

from perfeval_xl.batch.dates import parse_date
from perfeval_xl.batch.names import NameKind
from perfeval_xl.batch.remarks import Remarks
from perfeval_xl.batch.table import FAULT, HEAD_WITHIN, Table, read_tables, says_nothing
from perfeval_xl.batch.who import unit_key
from perfeval_xl.errors import ListError
from perfeval_xl.forms.lists import list_texts
from perfeval_xl.labels import normalize_label

_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]*")
_CLOSE = 0.6  # share of equal characters from which a name is worth a question
_CANDIDATES = 30
_OFFERED = 2


@dataclass(frozen=True, slots=True)
class RosterUnit:
    """One unit of the roster.

    same: other spellings of its name, and names it had before. merged: units it was made of.
    aliases: either, the roster does not say which. place: its cell in the roster.
    """

    name: str
    code: str
    aliases: tuple[str, ...]
    same: tuple[str, ...]
    merged: tuple[str, ...]
    kind: str
    deadline: date | None
    received: date | None
    exempt: bool
    place: str

    @property
    def key(self) -> str:
        """By which its figures are kept."""
        return unit_key(self.name, self.code)

    @property
    def other_names(self) -> tuple[str, ...]:
        """All names it is known by beside its own."""
        own = normalize_label(self.name)
        names = (*self.aliases, *self.same, *self.merged)
        return tuple(dict.fromkeys(n for n in names if normalize_label(n) != own))


@dataclass(frozen=True, slots=True)
class Match:
    """Which unit a code and a name mean; ``other`` when they mean two, and then neither counts."""

    unit: RosterUnit | None
    by: Literal["", "code", "name", "alias"] = ""
    other: RosterUnit | None = None

    @property
    def certain(self) -> RosterUnit | None:
        """The unit when code and name do not contradict each other."""
        return None if self.other else self.unit


@dataclass
class Roster:
    """All units of a roster, in its order."""

    units: list[RosterUnit]
    _codes: dict[str, RosterUnit] = field(default_factory=dict)
    _names: dict[str, RosterUnit | None] = field(default_factory=dict)  # None: of several units
    _aliases: dict[str, RosterUnit] = field(default_factory=dict)
    _pairs: dict[str, list[str]] = field(default_factory=dict)  # names by two of their characters

    def match(self, name: str, code: str) -> Match:
        """The unit that a workbook or a line of a list names."""
        label = normalize_label(name)
        by_code = self._codes.get(compared_code(code))
        by_name = self._names.get(label)
        by_alias = self._aliases.get(label)
        named = by_name or by_alias
        if by_code is not None:
            other = named if named is not None and named is not by_code else None
            is_own = by_code.code == compared_code(code)
            return Match(by_code, "code" if is_own else "alias", other)
        if by_name is not None:
            return Match(by_name, "name")
        return Match(by_alias, "alias") if by_alias is not None else Match(None)

    def close_to(self, name: str, code: str) -> list[str]:
        """Names of units that a mistyped name or code may mean, the closest first."""
        found = self._bare_codes.get(compared_code(code).lstrip("0"), [])
        return list(dict.fromkeys([*found, *self._close_names(name)]))[:_OFFERED]

    def named_in(self, text: str) -> RosterUnit | None:
        """The one unit whose whole name stands in a text such as a file's name."""
        label = normalize_label(text)
        found = [(name, unit) for name, unit in self._telling if name in label]
        longest = [u for n, u in found if not any(n != other and n in other for other, _ in found)]
        return longest[0] if longest and all(unit is longest[0] for unit in longest) else None

    def made_of(self, unit: RosterUnit, name: str, code: str) -> bool:
        """Whether this is another name of the unit that may be a unit it was made of."""
        labels = {normalize_label(name), compared_code(code)}
        own = {unit.code, *map(normalize_label, (unit.name, *unit.same))} - {""}
        return not labels & own

    def office_names(self) -> Iterator[tuple[NameKind, str, str]]:
        """Codes, names and aliases with the key of their unit."""
        for unit in self.units:
            if unit.code:
                yield "code", unit.code, unit.key
            yield "name", unit.name, unit.key
            for alias in unit.other_names:
                yield "alias", alias, unit.key
                if _CODE.fullmatch(alias):
                    yield "code", alias, unit.key

    @cached_property
    def _known(self) -> dict[str, RosterUnit]:
        """Every name that means one unit, as compared."""
        return {**self._aliases, **{n: u for n, u in self._names.items() if u is not None}}

    @cached_property
    def _telling(self) -> list[tuple[str, RosterUnit]]:
        """Names that a file's name may tell a unit by: neither a code nor a single letter."""
        return [(n, u) for n, u in self._known.items() if len(n) > 1 and not _CODE.fullmatch(n)]

    @cached_property
    def _bare_codes(self) -> dict[str, list[str]]:
        """Names by code without its leading zeros."""
        found: dict[str, list[str]] = {}
        for code, unit in self._codes.items():
            if bare := code.lstrip("0"):
                found.setdefault(bare, []).append(unit.name)
        return found

    def _close_names(self, name: str) -> list[str]:
        label = normalize_label(name)
        shared = Counter(n for pair in _pairs_of(label) for n in self._pairs.get(pair, ()))
        likely = [n for n, _ in shared.most_common(_CANDIDATES)]
        close = difflib.get_close_matches(label, likely, _OFFERED, _CLOSE)
        return [self._known[n].name for n in close if n in self._known]

    def _enter(self, unit: RosterUnit) -> None:
        for name in (unit.name, *unit.other_names):
            label = normalize_label(name)
            for pair in _pairs_of(label):
                self._pairs.setdefault(pair, []).append(label)


def read_roster(path: Path, remarks: Remarks) -> Roster:
    """The roster that a list holds; what does not stop a run goes into ``remarks``.

    Raises:
        ListError: it cannot be read, or two units claim one code or name.
    """
    tables = _tables(path, remarks)
    units = [unit for table in tables for unit in _units(table)]
    if not units:
        raise list_texts().error("no_rows", path.name, tables[0].sheet.place(tables[0].head, 0))
    return _roster(path.name, units, remarks)


def question(names: Sequence[str]) -> str:
    """Close names as a question, empty when there are none."""
    return f"是不是{'或'.join(f'“{name}”' for name in names)}？" if names else ""


def compared_code(code: str) -> str:
    """A code as codes are compared: without spaces, half-width."""
    return normalize_label(code)


def _tables(path: Path, remarks: Remarks) -> list[Table]:
    """Every sheet with a name column."""
    texts = list_texts()
    found, nameless = read_tables(
        path, texts.roster, ("name", "code"), lambda table: "name" in table.columns, remarks
    )
    if found:
        return found
    if nameless is not None:
        heads = "、".join(nameless.sheet.rows[nameless.head][c] for c in nameless.columns.values())
        place = nameless.sheet.place(nameless.head, 0)
        raise texts.error("no_name", path.name, place, found=heads)
    raise texts.error(
        "no_head", path.name, "", rows=str(HEAD_WITHIN), wanted="“编码”“名称”",
        expected="编码、名称、别名、类型、截止日期、免报",
    )  # fmt: skip


def _units(table: Table) -> Iterator[RosterUnit]:
    texts = list_texts()
    file = table.sheet.file
    for number, row in table.lines():
        for role, column in table.columns.items():
            if column < len(row) and row[column] == FAULT:
                raise texts.error("bad_cell", file, table.place(number, role), shown=FAULT)
        name = _name(table.text(row, "name"))
        if not name:
            said = [table.text(row, role) for role in table.columns if table.text(row, role)]
            if not table.text(row, "code"):
                continue  # a note below the list
            raise texts.error(
                "no_unit_name", file, table.place(number, "name"), found=f"“{said[0]}”"
            )
        yield RosterUnit(
            name=name,
            code=compared_code(table.text(row, "code")),
            aliases=_several(table.text(row, "alias")),
            same=_several(table.text(row, "short")) + _several(table.text(row, "earlier")),
            merged=_several(table.text(row, "merged")),
            kind=table.text(row, "kind"),
            deadline=_date(table, number, row, "deadline"),
            received=_date(table, number, row, "received"),
            exempt=_flag(table, number, row),
            place=table.place(number, "name"),
        )


def _name(text: str) -> str:
    """A name on one line; a 合计 row is no unit."""
    name = "".join(text.split("\n")).strip()
    return "" if normalize_label(name) in ("合计", "总计", "小计") else name


def _date(table: Table, number: int, row: Sequence[str], role: str) -> date | None:
    text = table.text(row, role)
    if not text:
        return None
    found = parse_date(text)
    if found is None:
        place = table.place(number, role)
        raise list_texts().error("bad_date", table.sheet.file, place, shown=text)
    return found


def _flag(table: Table, number: int, row: Sequence[str]) -> bool:
    text = table.text(row, "exempt")
    if says_nothing(text):
        return False
    found = list_texts().flag(text)
    if found is None:
        place = table.place(number, "exempt")
        raise list_texts().error("bad_flag", table.sheet.file, place, shown=text)
    return found


def _several(text: str) -> tuple[str, ...]:
    marks = re.escape(list_texts().separators)
    return tuple(part for part in map(str.strip, re.split(f"[{marks}\r\n]+", text)) if part)


def _roster(file: str, units: list[RosterUnit], remarks: Remarks) -> Roster:
    """Units with all their names; refuses a code or a name that two of them claim."""
    roster = Roster(units)
    same: dict[str, list[RosterUnit]] = {}
    for unit in units:
        if unit.code:
            first = roster._codes.setdefault(unit.code, unit)
            if first is not unit:
                raise _twice("code_twice", file, unit, unit.code, first)
        same.setdefault(normalize_label(unit.name), []).append(unit)
    for label, owners in same.items():
        roster._names[label] = owners[0] if len(owners) == 1 else None
        if len(owners) > 1:
            _say_same_name(file, owners, remarks)
    for unit in units:
        _claim_aliases(file, roster, unit, same)
        roster._enter(unit)
    return roster


def _say_same_name(file: str, owners: Sequence[RosterUnit], remarks: Remarks) -> None:
    codeless = [unit for unit in owners if not unit.code]
    if codeless:
        unit = codeless[-1]
        first = next(other for other in owners if other is not unit)
        raise _twice("name_twice", file, unit, unit.name, first)
    others = "、".join(unit.code for unit in owners)
    remarks.add("same_name", owners[0].name, file, owners[1].place, others=others)


def _claim_aliases(
    file: str, roster: Roster, unit: RosterUnit, same: dict[str, list[RosterUnit]]
) -> None:
    for alias in unit.other_names:
        label = normalize_label(alias)
        owners: Iterable[RosterUnit] = same.get(label, ())
        first = next((o for o in owners if o is not unit), None)
        first = first or roster._aliases.setdefault(label, unit)
        if first is not unit:
            raise _twice("alias_twice", file, unit, alias, first)
        if _CODE.fullmatch(alias):
            owner = roster._codes.setdefault(compared_code(alias), unit)
            if owner is not unit:
                raise _twice("code_twice", file, unit, alias, owner)


def _twice(code: str, file: str, unit: RosterUnit, shown: str, first: RosterUnit) -> ListError:
    return list_texts().error(
        code, file, unit.place, shown=shown, other=first.place, unit=first.name
    )


def _pairs_of(label: str) -> set[str]:
    return {label[i : i + 2] for i in range(len(label) - 1)} or {label}
