"""Findings across units, all of them notes: far-out figures, equal texts, equal scores.

Two passes: ``noting`` keeps of each record numbers and hashes, ``add_findings`` writes into each
record what its peers make of it. Peers are units of the same form and year, and of the same type
where one is known. One file speaks for its unit, so no unit is compared with itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from perfeval_xl.amounts import plain
from perfeval_xl.batch.across import batch_finding
from perfeval_xl.batch.peers.clauses import Names, clauses_of, names_of, passages
from perfeval_xl.batch.peers.measures import Measure, measures_of
from perfeval_xl.batch.peers.sketches import Alike, Sketches
from perfeval_xl.batch.peers.spread import Spread, spread_of
from perfeval_xl.batch.record import Record
from perfeval_xl.batch.who import unit_key
from perfeval_xl.forms.peers import PeerLimits, peer_limits
from perfeval_xl.forms.spec import FormSpec

PER_HEAD, RATIO = "batch.per_head_outlier", "batch.ratio_outlier"
SIMILAR_TEXT, EQUAL_SCORES = "batch.similar_text", "batch.equal_scores"
_QUOTED = 40  # characters of a passage inside a sentence; the summary shows more
STANDS = "stands_for_unit"  # key of a record, false where another file counts for its unit

Group = tuple[str, int, str]  # form, year, type
Fetch = Callable[[str], Record]
Kind = Callable[[Record], str]
KeyOf = Callable[[str | None, str | None], str]


class File(NamedTuple):
    """One evaluated file of the batch: whose it is and where it belongs."""

    file: str
    name: str
    unit: int
    group: Group
    round: int


@dataclass(slots=True)
class _Values:
    """What one group of peers filled in.

    measures: values with their files. vectors: by digest of all self-scores, units and their files.
    """

    measures: dict[str, list[tuple[Decimal, int]]] = field(default_factory=dict)
    vectors: dict[bytes, dict[int, int]] = field(default_factory=dict)


class PeerFinder:
    """Compares the units of a batch; keeps numbers and hashes, fetches a text only to quote it.

    fetch: a record by its file, once more. kind: the type of a record's unit, empty if unknown.
    key_of: by which files are told to be of one unit.
    """

    def __init__(
        self,
        forms: Iterable[FormSpec],
        fetch: Fetch,
        kind: Kind = lambda record: "",
        limits: PeerLimits | None = None,
        key_of: KeyOf = unit_key,
    ) -> None:
        self.limits = limits or peer_limits()
        self._forms = {spec.id: spec for spec in forms}
        self._measures = {spec.id: measures_of(spec) for spec in self._forms.values()}
        self._prose = {name: _prose_of(spec) for name, spec in self._forms.items()}
        self._boilerplate = _boilerplate(self._forms.values(), self.limits.texts.self_words)
        self._fetch = fetch
        self._kind = kind
        self._key_of = key_of
        self._files: list[File] = []
        self._number: dict[str, int] = {}
        self._vectors: list[bytes] = []
        self._units: dict[str, int] = {}
        self._speaker: dict[tuple[Group, int], int] = {}
        self._values: dict[Group, _Values] = {}
        self._groups: dict[Group, Group] = {}  # each once, for all its files
        self._sketches: dict[str, Sketches] = {}
        self._texts: dict[str, list[int]] = {}  # by field: the file of each text
        self._spreads: dict[tuple[Group, str], Spread | None] = {}
        self._alike: dict[tuple[str, int], Alike] = {}

    def noting(self, records: Iterable[Record]) -> Iterator[Record]:
        """The records, each noted as it passes; when the last has passed, they are compared."""
        for record in records:
            if record["status"] == "evaluated" and record["form"] in self._forms:
                self._note(record)
            yield record
        self._compare()

    def add_findings(self, record: Record) -> bool:
        """Add to a record what its peers make noteworthy; whether that changes it.

        One that does not stand for its unit says so.
        """
        number = self._number.get(str(record["file"]))
        if number is None:
            return False
        findings: Any = record["findings"]
        before, stands = len(findings), self._stands(number)
        if not stands:
            record[STANDS] = False
        findings += self._outliers(number, record)
        findings += self._similar_texts(number, record)
        findings += self._equal_scores(number, record)
        return not stands or len(findings) > before

    # ---- first pass ----

    def _note(self, record: Record) -> None:
        found: Any = record
        unit, facts = found["unit"], found["facts"]
        key = self._key_of(unit["name"], unit["code"]) or f"\0{found['sha256']}"
        group = (found["form"], found["year"] or 0, self._kind(record))
        group = self._groups.setdefault(group, group)
        number = len(self._files)
        name = unit["name"] or PurePosixPath(found["file"]).stem
        own = self._units.setdefault(key, len(self._units))
        self._files.append(File(found["file"], name, own, group, found.get("round") or 1))
        self._number[found["file"]] = number
        self._take_floor(group, own, number)
        values = self._values.setdefault(group, _Values())
        for measure in self._measures[group[0]]:
            value = measure.value_in(facts)
            if value is not None:
                values.measures.setdefault(measure.id, []).append((value, number))
        vector = self._vector(record)
        self._vectors.append(vector)
        if vector and self._stands(number):
            values.vectors.setdefault(vector, {})[own] = number
        self._note_texts(number, unit["name"], facts)

    def _take_floor(self, group: Group, unit: int, number: int) -> None:
        """Let this file speak for its unit unless an earlier one is of a later round."""
        speaker = self._speaker.setdefault((group, unit), number)
        if self._files[speaker].round <= self._files[number].round:
            self._speaker[group, unit] = number

    def _note_texts(self, number: int, unit: str | None, facts: Mapping[str, Any]) -> None:
        limits = self.limits.texts
        own = self._files[number]
        for name in self._prose[own.group[0]]:
            text = _text(facts, name)
            if len(text) < limits.least_shared:
                continue
            sketches = self._sketches.get(name)
            if sketches is None:
                sketches = self._sketches[name] = Sketches(limits, self._boilerplate)
            sketches.add(own.unit, clauses_of(text, names_of(unit, limits.self_words)))
            self._texts.setdefault(name, []).append(number)

    def _vector(self, record: Record) -> bytes:
        """Digest of all self-scores; empty where too few of them deduct anything to tell."""
        if _deductions(record) < self.limits.scores.least_deductions:
            return b""
        indicators: Any = record["indicators"]
        scores = "|".join(f"{i['id']}={_shown(i['self'])}" for i in indicators)
        return blake2b(scores.encode(), digest_size=16).digest()

    def _compare(self) -> None:
        for group, values in self._values.items():
            for measure in self._measures[group[0]]:
                standing = [v for v in values.measures.get(measure.id, ()) if self._stands(v[1])]
                spread = spread_of(standing, measure.is_per_head, self.limits.outliers)
                self._spreads[group, measure.id] = spread
            values.measures.clear()
            for equal in values.vectors.values():
                for unit in [u for u, file in equal.items() if not self._stands(file)]:
                    del equal[unit]
        for name, sketches in self._sketches.items():
            for text, alike in sketches.alike().items():
                self._alike[name, self._texts[name][text]] = self._as_files(name, alike)
        self._sketches.clear()

    def _as_files(self, name: str, alike: Alike) -> Alike:
        files = self._texts[name]
        return Alike(tuple((files[text], percent) for text, percent in alike.nearest), alike.units)

    def _stands(self, number: int) -> bool:
        own = self._files[number]
        return self._speaker[own.group, own.unit] == number

    # ---- second pass ----

    def _outliers(self, number: int, record: Record) -> Iterator[Record]:
        facts: Any = record["facts"]
        own = self._files[number]
        for measure in self._measures[own.group[0]]:
            spread, value = self._spreads.get((own.group, measure.id)), measure.value_in(facts)
            if spread is not None and value is not None and spread.is_far(value):
                yield self._outlier(number, record, measure, value, spread)

    def _outlier(
        self, number: int, record: Record, measure: Measure, value: Decimal, spread: Spread
    ) -> Record:
        own, facts = self._files[number], record["facts"]
        assert isinstance(facts, dict)
        operands = measure.operands_in(facts) or ()
        spec = self._forms[own.group[0]]
        near = spread.nearest(
            value, self._speaker[own.group, own.unit], self.limits.outliers.nearest
        )
        others = [(self._files[n].name, measure.shown(v)) for v, n in near]
        difference = _difference(measure, value, spread.median)
        slots = {
            "where": _where(facts, operands),
            "label": measure.label,
            "provided": measure.shown(value),
            "operands": _operands(spec, facts, operands),
            "count": str(len(spread.values)),
            "note": "同表样、同年度、同类型" if own.group[2] else "同表样、同年度",
            "expected": measure.shown(spread.median),
            "difference": difference,
            "others": "、".join(f"“{name}”{shown}" for name, shown in others),
            "cells": _places(facts, operands),
        }
        compared = {
            "label": measure.label,
            "value": value,
            "median": spread.median,
            "units": len(spread.values),
            "shown": slots["operands"],
            "others": [
                {
                    "unit": self._files[n].name,
                    "file": self._files[n].file,
                    "value": v,
                    "shown": measure.shown(v),
                }
                for v, n in near
            ],
        }
        sheet, cells = _cells(facts, operands)
        code = PER_HEAD if measure.is_per_head else RATIO
        return batch_finding(code, slots, sheet, cells, measure.id) | {
            "indicator": measure.indicator,
            "follows_from": _cause(record, sheet, cells),
            "compared": compared,
        }

    def _similar_texts(self, number: int, record: Record) -> Iterator[Record]:
        facts: Any = record["facts"]
        own = self._files[number]
        for name in self._prose[own.group[0]]:
            alike = self._alike.get((name, number))
            if alike is not None:
                yield self._similar(number, name, alike, record, _text(facts, name))

    def _similar(self, number: int, name: str, alike: Alike, record: Record, text: str) -> Record:
        facts: Any = record["facts"]
        others = [
            {
                "unit": self._files[other].name,
                "file": self._files[other].file,
                "percent": percent,
                "passages": self._passages(number, text, other, name),
            }
            for other, percent in alike.nearest
        ]
        label = self._forms[self._files[number].group[0]].label_of(name)
        first: Any = others[0]["passages"]
        slots = {
            "where": _where(facts, (name,)),
            "label": label,
            "provided": f"{others[0]['percent']}%",
            "others": _listed([f"“{o['unit']}”有 {o['percent']}%" for o in others], alike.units),
            "note": _short(first[0][0], _QUOTED) if first else "",
            "cells": _places(facts, (name,)),
        }
        compared = {"label": label, "units": alike.units, "others": others}
        finding = batch_finding(SIMILAR_TEXT, slots, *_cells(facts, (name,)), key=name)
        return finding | {"compared": compared}

    def _passages(self, number: int, text: str, other: int, name: str) -> list[list[str]]:
        """Passages of a text and of another unit's, side by side."""
        limits = self.limits.texts
        facts: Any = self._fetch(self._files[other].file)["facts"]
        found = passages(text, self._names(number), _text(facts, name), self._names(other))
        return [
            [_short(here, limits.passage_length), _short(there, limits.passage_length)]
            for here, there in found[: limits.passages]
        ]

    def _names(self, number: int) -> Names:
        return names_of(self._files[number].name, self.limits.texts.self_words)

    def _equal_scores(self, number: int, record: Record) -> Iterator[Record]:
        vector, own = self._vectors[number], self._files[number]
        if not vector:
            return
        standing = self._values[own.group].vectors.get(vector, {})
        others = (self._files[file] for unit, file in standing.items() if unit != own.unit)
        nearest = list(islice(others, self.limits.scores.nearest))
        if not nearest:
            return
        units = len(standing) - (own.unit in standing)
        indicators: Any = record["indicators"]
        cells = [(i["sheet"], i["cell"]) for i in indicators if i["cell"]]
        deductions = _deductions(record)
        slots = {
            "where": f"{cells[0][0]}!{cells[0][1]} 起" if cells else "",
            "count": str(len(indicators)),
            "number": str(deductions),
            "provided": str(deductions),
            "others": _listed([f"“{file.name}”" for file in nearest], units),
            "cells": "、".join(cell for _, cell in cells),
        }
        compared = {
            "units": units,
            "deductions": deductions,
            "others": [{"unit": file.name, "file": file.file} for file in nearest],
        }
        sheet = cells[0][0] if cells else None
        finding = batch_finding(EQUAL_SCORES, slots, sheet, [cell for _, cell in cells])
        yield finding | {"compared": compared}


# ---- what is counted ----


def _prose_of(spec: FormSpec) -> tuple[str, ...]:
    return tuple(field.id for field in spec.fields.values() if field.kind == "prose")


def _boilerplate(forms: Iterable[FormSpec], words: Sequence[str]) -> frozenset[str]:
    """Clauses that the official forms print themselves."""
    names = names_of("", words)
    texts = {
        cell.text for spec in forms for sheet in spec.sheets for cell in sheet.cells if cell.text
    }
    return frozenset(clause for text in texts for clause in clauses_of(text, names))


def _deductions(record: Record) -> int:
    """Self-scores below full marks; rows that share points count as one."""
    indicators: Any = record["indicators"]
    left: dict[str, Decimal] = {}
    for indicator in indicators:
        if indicator["self"] is not None:
            key = indicator.get("shared") or indicator["id"]
            rest = left.get(key, Decimal(indicator["max"]))
            left[key] = rest - Decimal(indicator["self"])
    return sum(rest > 0 for rest in left.values())


def _text(facts: Mapping[str, Any], name: str) -> str:
    fact = facts.get(name)
    return str(fact["raw"]) if fact is not None and fact["state"] == "text" else ""


# ---- how it is said ----


def _cause(record: Record, sheet: str | None, cells: Sequence[str]) -> str:
    """Code of an error on one of these cells that explains the rest, empty if there is none."""
    findings: Any = record["findings"]
    for finding in findings:
        same = finding["sheet"] == sheet and set(cells) & set(finding["cells"])
        if same and finding["severity"] == "error" and finding["code"].startswith("figures."):
            return str(finding["code"])
    return ""


def _difference(measure: Measure, value: Decimal, median: Decimal) -> str:
    if not measure.is_per_head:
        points = plain(round(abs(value - median) * 100, 1))
        return f"{'高' if value > median else '低'} {points} 个百分点"
    if value > median:
        return f"是中位数的 {plain(round(value / median, 1))} 倍"
    return f"只有中位数的 {plain(round(value / median * 100, 1))}%"


def _operands(spec: FormSpec, facts: Mapping[str, Any], operands: Sequence[str]) -> str:
    return " ÷ ".join(f"{spec.label_of(name)} {facts[name]['raw'].strip()}" for name in operands)


def _where(facts: Mapping[str, Any], operands: Sequence[str]) -> str:
    fact = facts[operands[0]]
    return f"{fact['sheet']}!{fact['cell']}" if fact["cell"] else ""


def _cells(facts: Mapping[str, Any], operands: Sequence[str]) -> tuple[str | None, list[str]]:
    """The sheet of the first operand and all cells; a cell of another sheet carries its name."""
    placed = [facts[name] for name in operands if facts[name]["cell"]]
    if not placed:
        return None, []
    sheet = placed[0]["sheet"]
    return sheet, [
        f["cell"] if f["sheet"] == sheet else f"{f['sheet']}!{f['cell']}" for f in placed
    ]


def _places(facts: Mapping[str, Any], operands: Sequence[str]) -> str:
    return "、".join(_cells(facts, operands)[1])


def _listed(names: Sequence[str], of: int) -> str:
    return "、".join(names) + (f"等 {of} 个单位" if of > len(names) else "")


def _short(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _shown(value: Any) -> str:
    return "" if value is None else plain(Decimal(value))
