"""参考数据: figures of units that the office knows from elsewhere, read line by line.

A list is long (one figure per line: unit, field, value, source) or wide (one field per column).
A line that cannot be used is said, with its cell; it is never dropped in silence.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

from perfeval_xl.amounts import IN_WAN, Doubt, parse_amount, parse_percent, plain
from perfeval_xl.amounts import in_money as converted
from perfeval_xl.batch.remarks import Remarks
from perfeval_xl.batch.roster import question
from perfeval_xl.batch.table import HEAD_WITHIN, Table, read_tables, says_nothing
from perfeval_xl.context import Given, Rank
from perfeval_xl.forms.lists import list_texts
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.labels import normalize_label

Kind = Literal["amount", "count", "percent", "flag"]
KIND_WORDS: Mapping[Kind, str] = {
    "amount": "金额",
    "count": "整数",
    "percent": "百分比",
    "flag": "是或否",
}
_COUNTED = ("", "人", "人次", "个", "项")
_DOUBTFUL = (Doubt.NOTHING_SAID, Doubt.LETTER_O, Doubt.OUT_OF)
_YEARS = range(1990, 2100)


class Known(NamedTuple):
    """A figure that can be given: its fact, what it is, the year that a name such as 2021年… fixes."""

    fact: str
    kind: Kind
    label: str
    year: int | None
    is_further: bool = False  # stands on a further sheet only


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the list: whose it is as written there, and for which year.

    place: its cell. unit_place: the cell that names its unit.
    """

    name: str
    code: str
    label: str
    file: str
    place: str
    unit_place: str
    year: int | None
    given: Given


@dataclass
class Fields:
    """Which facts of the forms a list may give, by every name they are known by."""

    money: str
    by_name: dict[str, list[Known]] = field(default_factory=dict)

    @classmethod
    def of(cls, specs: Iterable[FormSpec]) -> Fields:
        """Facts of these forms that are figures, by id, label, alias and further names."""
        found = cls("万元")
        for spec in specs:
            found.money = spec.money
            for fact, kind in figure_kinds(spec).items():
                found._add(spec, fact, kind)
        return found

    def _add(self, spec: FormSpec, fact: str, kind: Kind) -> None:
        label = spec.label_of(fact)
        printed = spec.fields.get(fact)
        names = [fact, label, *(printed.aliases if printed else ())]
        names += list_texts().fields.get(fact, ())
        further = spec.kind != "scored" or bool(printed and printed.attachment)
        further = further and fact not in spec.external_facts
        for name in map(normalize_label, names):
            self._enter(name, Known(fact, kind, label, None, further))
            for word, year in (("本年", spec.year), ("上年", spec.year - 1)):
                if name.startswith(word):
                    dated = Known(fact, kind, label, spec.year, further)
                    self._enter(f"{year}年{name.removeprefix(word)}", dated)
                    self._enter(f"{year}年度{name.removeprefix(word)}", dated)

    def _enter(self, name: str, known: Known) -> None:
        entries = self.by_name.setdefault(name, [])
        if known not in entries:
            entries.append(known)

    def find(self, name: str) -> list[Known]:
        """The facts that a name means, the scored form's first; more than one when it is not clear."""
        found = self.by_name.get(normalize_label(name), [])
        found = [known for known in found if not known.is_further] or found
        return found[:1] if len({known.fact for known in found}) == 1 else found

    def close_to(self, name: str) -> list[str]:
        """Names of facts that a mistyped one may mean."""
        near = difflib.get_close_matches(normalize_label(name), self.by_name, 2, 0.6)
        return list(dict.fromkeys(self.by_name[n][0].label for n in near))


def figure_kinds(spec: FormSpec) -> dict[str, Kind]:
    """Every fact of a form that a list can give: money, counts, percentages, answers."""
    kinds: dict[str, Kind] = {}
    for name, spec_field in spec.fields.items():
        if name not in spec.row_fields and spec_field.kind in ("amount", "count", "percent"):
            kinds[name] = spec_field.kind
    rules = _kinds_by_rules(spec)
    return {**{name: rules.get(name, "amount") for name in spec.external_facts}, **kinds}


def _kinds_by_rules(spec: FormSpec) -> dict[str, Kind]:
    """What the rules take facts for that no sheet has."""
    kinds: dict[str, Kind] = {}
    for indicator in spec.indicators:
        rule, ratio = indicator.rule, indicator.rule.get("ratio")
        if rule["kind"] == "incidents":
            kinds[str(rule["count"])] = "count"
        if isinstance(ratio, Mapping) and ratio.get("survey"):
            kinds[str(ratio["survey"])] = "count"
        clauses = rule.get("clauses")
        for clause in clauses if isinstance(clauses, list) else []:
            kinds[str(clause["fact"])] = "flag"
    return kinds


def read_reference(path: Path, fields: Fields, remarks: Remarks) -> list[Figure]:
    """All figures of the list that can be used; the others are said in ``remarks``.

    Raises:
        ListError: it cannot be read, or nothing in it can be used.
    """
    texts = list_texts()
    said = len(remarks.found)
    tables = _tables(path, fields, remarks)
    figures = [figure for table in tables for figure in _Reading(table, fields, remarks).figures()]
    if not figures:
        here = [remark for remark in remarks.found[said:] if remark.place]
        if not here:
            head = tables[0].sheet.place(tables[0].head, 0)
            raise texts.error("no_rows", path.name, head)
        raise texts.error("nothing_usable", path.name, here[0].place, first=here[0].said)
    return figures


def _tables(path: Path, fields: Fields, remarks: Remarks) -> list[Table]:
    """Every sheet in one of the two layouts."""
    texts = list_texts()
    found, fieldless = read_tables(
        path,
        texts.reference,
        ("code", "name"),
        lambda table: _is_long(table) or any(map(fields.find, table.others.values())),
        remarks,
    )
    if found:
        return found
    if fieldless is not None:
        place = fieldless.sheet.place(fieldless.head, 0)
        raise texts.error("no_fields", path.name, place)
    raise texts.error(
        "no_head", path.name, "", rows=str(HEAD_WITHIN), wanted="“编码”“单位”",
        expected="单位、指标项、数值、来源",
    )  # fmt: skip


def _is_long(table: Table) -> bool:
    return "field" in table.columns and "value" in table.columns


class _Reading:
    """One table on its way to figures."""

    def __init__(self, table: Table, fields: Fields, remarks: Remarks) -> None:
        self.table = table
        self.fields = fields
        self.remarks = remarks
        self.file = table.sheet.file
        self._unknown: set[int] = set()

    def figures(self) -> Iterator[Figure]:
        """Every figure that can be used."""
        for number, row in self.table.lines():
            cells = self._long(row) if _is_long(self.table) else self._wide(row)
            filled = [(column, name, text) for column, name, text in cells if text]
            if filled and self._has_unit(number, row):
                year = self._year(number, row)
                for column, name, text in filled if year is not _BAD else ():
                    if figure := self._figure(number, row, column, name, text, year):
                        yield figure

    def _long(self, row: Sequence[str]) -> Iterator[tuple[int, str, str]]:
        table = self.table
        column = table.columns["value"]
        yield column, table.text(row, "field"), table.text(row, "value")

    def _wide(self, row: Sequence[str]) -> Iterator[tuple[int, str, str]]:
        for column, name in self.table.others.items():
            if column < len(row):
                yield column, name, row[column]

    def _has_unit(self, number: int, row: Sequence[str]) -> bool:
        name, code = self.table.text(row, "name"), self.table.text(row, "code")
        if normalize_label(name or code) in ("合计", "总计", "小计"):
            return False
        if not name and not code:
            self._say("no_unit", "", self.table.place(number, "name"))
        return bool(name or code)

    def _year(self, number: int, row: Sequence[str]) -> int | None:
        text = self.table.text(row, "year")
        if not text:
            return None
        digits = normalize_label(text).removesuffix("度").removesuffix("年")
        if digits.isdigit() and int(digits) in _YEARS:
            return int(digits)
        self._say("bad_year", text, self.table.place(number, "year"))
        return _BAD

    def _figure(
        self, number: int, row: Sequence[str], column: int, name: str, text: str, year: int | None
    ) -> Figure | None:
        place = self.table.sheet.place(number, column)
        known = self._known(number, column, name)
        if known is None:
            return None
        measure = normalize_label(self.table.text(row, "measure"))
        value = self._value(known, text, measure or self.table.measures.get(column, ""), place)
        if value is None:
            return None
        said = self.table.text(row, "source")
        source = f"{self.file} {place}" + (f"（{said}）" if said else "")
        given = Given(known.fact, value, text, source, Rank.REFERENCE)
        unit, code = self.table.text(row, "name"), self.table.text(row, "code")
        whose = self.table.place(number, "name" if unit else "code")
        return Figure(unit, code, known.label, self.file, place, whose, year or known.year, given)

    def _known(self, number: int, column: int, name: str) -> Known | None:
        """The fact that a name means; what is unknown is said once for a column of a wide list."""
        found = self.fields.find(name)
        if len(found) == 1:
            return found[0]
        wide = column in self.table.others
        if wide and column in self._unknown:
            return None
        self._unknown.add(column)
        row = self.table.head if wide else number
        place = self.table.sheet.place(row, column if wide else self.table.columns["field"])
        if found:
            ids = "、".join(known.fact for known in found)
            self._say("two_fields", name, place, others=ids)
        else:
            near = question(self.fields.close_to(name))
            self._say("unknown_field", name, place, question=near)
        return None

    def _value(self, known: Known, text: str, measure: str, place: str) -> Decimal | None:
        """The value in the form's unit; None when there is none for certain, which is said."""
        if known.kind == "flag":
            return self._answer(known, text, place)
        amount = parse_percent(text) if known.kind == "percent" else parse_amount(text)
        if amount is not None and amount.value is None:
            return None  # a stroke: nothing is known
        if amount is None or amount.doubt in _DOUBTFUL or amount.value is None:
            return self._refuse(known, text, place)
        written = amount.unit or measure
        if known.kind == "amount":
            written = written or self.table.money or self.fields.money
            if written not in IN_WAN:
                wanted = f"{known.label}是金额，请写元或万元。"
                return self._mismatch(known, written, place, wanted)
            return converted(amount.value, written, self.fields.money)
        if known.kind == "percent":
            if amount.doubt is Doubt.PERCENT_ONE:
                value = plain(amount.value * 100)
                self._say("assumed_percent", text, place, field=known.label, value=value)
            return amount.value
        if written not in _COUNTED:
            wanted = f"{known.label}是人数或个数，请写不带单位的整数。"
            return self._mismatch(known, written, place, wanted)
        if amount.value < 0 or amount.value != amount.value.to_integral_value():
            return self._refuse(known, text, place)
        return amount.value

    def _answer(self, known: Known, text: str, place: str) -> Decimal | None:
        answer = list_texts().flag(text)
        if answer is None and not says_nothing(text):
            self._say("bad_flag", text, place, field=known.label)
        return None if answer is None else Decimal(int(answer))

    def _refuse(self, known: Known, text: str, place: str) -> Decimal | None:
        wanted = KIND_WORDS[known.kind]
        self._say("bad_value", text, place, field=known.label, wanted=wanted)
        return None

    def _mismatch(self, known: Known, measure: str, place: str, wanted: str) -> Decimal | None:
        self._say("bad_measure", "", place, field=known.label, measure=measure, wanted=wanted)
        return None

    def _say(self, code: str, shown: str, place: str, /, **slots: str) -> None:
        self.remarks.add(code, shown, self.file, place, **slots)


_BAD = -1  # a year that cannot be read: nothing of the line is used
