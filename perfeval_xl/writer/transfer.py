"""What was read of a converted workbook, put into the form's blank.

The blank has one place for each fact. What has no place in it (titles, remarks, other sheets) goes
to a sheet of its own, so that nothing is lost; what cannot be told that way is said, and the
caller keeps the converted workbook instead. The figures judged are those of the workbook itself:
``readdressed`` only says where they now stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from perfeval_xl.amounts import plain
from perfeval_xl.forms.load import parse_range
from perfeval_xl.forms.spec import BlockSpec, FieldSpec, FormSpec, SheetSpec
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import CellRef, Fact, ScoreRow, State, Submission, TargetRow
from perfeval_xl.ooxml import Border, Font, NewSheet, Style
from perfeval_xl.ooxml.foreign import fill
from perfeval_xl.writer.style import FONT, GRID

REST_SHEET: Final = "原件其他内容"
REST_HEADS: Final = ("原件位置", "内容")
CONVERTED_TO_BLANK: Final = (
    "本表由 .{kind} 文件转换：各项数值已填入空白表，公式只保留结果；"
    f"表中没有位置的内容列在“{REST_SHEET}”，批注、图片和图表没有带过来。"
    "整格划去的数不算数；一格里只划去一部分的，看不出来。"
)
CONVERTED_AS_IS: Final = (
    "本表由 .{kind} 文件转换：数值和文字在原来的单元格里，公式只保留结果，"
    "批注、图片、图表和原来的格式没有带过来。整格划去的数不算数；一格里只划去一部分的，看不出来。"
    "没有改用空白表，因为：{why}。"
)
FURTHER_SHEETS: Final = "工作簿里有基础数据表或补充数据，行数不固定"
TOTAL_ROW: Final = "合计"

_REST_FIRST = 2
_REST_WIDTHS = (28.0, 90.0)
_CELL = Style(
    font=Font(FONT, 10.5), border=Border(color=GRID), horizontal="left", vertical="top", wrap=True
)
_HEAD = Style(
    font=Font(FONT, 10.5, bold=True), border=Border(color=GRID), horizontal="center",
    vertical="center",
)  # fmt: skip
_LONGEST = 32_767  # characters of an Excel cell

Values = dict[str, dict[tuple[int, int], str | Decimal | None]]


@dataclass(frozen=True, slots=True)
class Transfer:
    """The filled blank. places: where each carried cell now stands, by where it stood.

    not_carried: what the blank cannot tell, as sentences; empty when it tells everything.
    """

    data: bytes
    places: Mapping[CellRef, CellRef]
    not_carried: tuple[str, ...]


def fill_blank(
    spec: FormSpec,
    submission: Submission,
    blank: bytes,
    others: Mapping[CellRef, str] | None = None,
) -> Transfer:
    """The form's blank with everything that was read.

    A number is written as a number in the form's unit, a text as it stood. A table of several
    机构 is filled with its 合计 (or the sum of its rows), which is said. ``others`` are all filled
    cells of the workbook: those that are neither a fact nor a printed label are listed on
    REST_SHEET.
    """
    filler = _Filler(spec, submission)
    filler.fill()
    rest = _rest(spec, submission, others or {}, filler)
    listed = {ref: CellRef(REST_SHEET, row, 2) for row, (ref, _) in enumerate(rest, _REST_FIRST)}
    places = listed | filler.places
    more = (REST_SHEET, _rest_sheet(rest)) if rest else None
    return Transfer(fill(blank, filler.values, more), places, tuple(filler.not_carried))


def differences(before: Submission, after: Submission) -> tuple[str, ...]:
    """What the filled blank says otherwise than the workbook did, as sentences; best empty."""
    lost = [*_lost_facts(before, after), *_lost_scores(before, after)]
    if _targets(before) != _targets(after):
        lost.append("定量目标读到的内容不同")
    return tuple(dict.fromkeys(lost))


def readdressed(before: Submission, after: Submission, transfer: Transfer) -> Submission:
    """The workbook's own submission, every cell reference turned to the filled blank.

    ``after`` is what was read of the filled blank.
    """
    return _Addresses(before, after, transfer.places).submission()


# ---- filling ----


class _Filler:
    """Values for every input cell of the blank, by sheet name and place."""

    def __init__(self, spec: FormSpec, submission: Submission) -> None:
        self.spec = spec
        self.submission = submission
        self.values: Values = {}
        self.places: dict[CellRef, CellRef] = {}
        self.carried: dict[CellRef, list[str]] = {}
        self.not_carried: list[str] = []
        self._targets = self._target_slots()
        self._scores = {spec.indicator(row.indicator).number: row for row in submission.scores}
        self._here = CellRef("", 0, 0)

    def fill(self) -> None:
        """Give each input cell its value, or nothing: a formula of the blank is no figure."""
        for sheet in self.spec.sheets:
            cells = self.values.setdefault(sheet.name, {})
            for cell in sheet.cells:
                if cell.field:
                    row, column, _, _ = _box(cell.at)
                    self._here = CellRef(sheet.name, row, column)
                    cells[row, column] = self._value(cell.field)
        for block in self.spec.blocks:
            rows = [row for row in self.submission.rows if row.block == block.id]
            if len(rows) > 1:
                self.not_carried.append(f"{block.title}有 {len(rows)} 行机构，空白表只有一行")

    def _value(self, field: str) -> str | Decimal | None:
        name, _, number = field.partition(".")
        if name in ("self_score", "reason") and number:
            row = self._scores.get(int(number))
            fact = None if row is None else row.self_score if name == "self_score" else row.reason
            return self._content(fact, "score" if name == "self_score" else "text")
        if name in ("target", "target_result") and number:
            target = self._targets.get(int(number))
            if target is None:
                return None
            return self._content(target.target if name == "target" else target.result, "text")
        if number == "unit":
            return self._row_name(name)
        spec = self.spec.fields.get(field)
        fact = self.submission.facts.get(field)
        return self._content(fact, spec.kind if spec else "text")

    def _content(self, fact: Fact | None, kind: str) -> str | Decimal | None:
        """A number where reading it again gives the same figure, else what stood in the cell."""
        if fact is None or fact.state is State.MISSING:
            return None
        if fact.ref is not None:
            self.places.setdefault(fact.ref, self._here)
            self.carried.setdefault(fact.ref, []).append(normalize_label(fact.raw))
        number = fact.number
        if number is not None and kind == "percent":
            return number if fact.raw == f"{plain(number * 100)}%" else fact.raw
        if number is not None and (fact.raw == plain(number) or _is_bare(fact.raw)):
            return number  # a bare figure that differs stood under another unit of money
        if kind == "date" and fact.raw.replace(".", "", 1).isdigit() and len(fact.raw) < 12:
            return Decimal(fact.raw)
        return fact.raw or None

    def _row_name(self, block: str) -> str | None:
        rows = [row for row in self.submission.rows if row.block == block]
        if not rows:
            return None
        if len(rows) > 1:
            return TOTAL_ROW
        self.places.setdefault(rows[0].ref, self._here)
        return rows[0].unit or None

    def _target_slots(self) -> dict[int, TargetRow]:
        """The unit's targets by their number on the blank: by printed kind, in order."""
        slots: dict[str, list[int]] = {}
        for block in self.spec.blocks:
            if block.kind == "targets":
                for number, kind in _target_kinds(self.spec.sheet("profile"), block):
                    slots.setdefault(normalize_label(kind), []).append(number)
        placed = {}
        for row in self.submission.targets:
            free = slots.get(normalize_label(row.kind), [])
            if free:
                placed[free.pop(0)] = row
            else:
                self.not_carried.append(
                    f"“{row.kind or '（没有指标名称）'}”的一行目标在空白表上没有位置"
                )
        return placed


def _is_bare(raw: str) -> bool:
    return raw.isascii() and raw.replace(".", "", 1).removeprefix("-").isdigit()


def _target_kinds(sheet: SheetSpec, block: BlockSpec) -> Iterator[tuple[int, str]]:
    """Number and printed kind of each row of targets on the blank."""
    kinds = {normalize_label(kind): kind for kind in block.rows}
    printed = [(_box(c.at), kinds[normalize_label(c.text)]) for c in sheet.cells
               if normalize_label(c.text) in kinds]  # fmt: skip
    for cell in sheet.cells:
        if cell.field.startswith("target."):
            row = _box(cell.at)[0]
            for box, kind in printed:
                if box[0] <= row <= box[2]:
                    yield int(cell.field.partition(".")[2]), kind


def _box(at: str) -> tuple[int, int, int, int]:
    box = parse_range(at)
    assert box is not None, "the loader has checked every range"
    return box


# ---- what has no place ----


def _rest(
    spec: FormSpec, submission: Submission, others: Mapping[CellRef, str], filler: _Filler
) -> list[tuple[CellRef, str]]:
    """Filled cells that are neither carried over nor printed on the blank."""
    printed = {normalize_label(c.text) for sheet in spec.sheets for c in sheet.cells if c.text}
    printed |= {normalize_label(label) for f in spec.fields.values() for label in _labels(f)}
    printed |= {""}
    known = _printed_refs(submission) | (filler.places.keys() - filler.carried.keys())
    return [
        (ref, text)
        for ref, text in others.items()
        if ref not in known
        and text.strip()
        and _left(text, filler.carried.get(ref, [])) not in printed
    ]


def _left(text: str, carried: Iterable[str]) -> str:
    """What a cell says beside what was carried of it, as labels are compared; often its label."""
    whole = left = normalize_label(text)
    for piece in carried:
        if piece not in whole:
            return ""  # a figure, shown otherwise than it is stored
        left = left.replace(piece, "", 1)
    return normalize_label(left)


def _labels(field: FieldSpec) -> tuple[str, ...]:
    return (field.label, *field.aliases)


def _printed_refs(submission: Submission) -> set[CellRef]:
    """Cells that hold what the blank prints itself: labels, criteria and points as registered."""
    facts = [fact for row in submission.scores for fact in (row.label, row.criteria, row.max_score)]
    facts += submission.group_points.values()
    return {fact.ref for fact in facts if fact.ref is not None}


def _rest_sheet(rest: Iterable[tuple[CellRef, str]]) -> NewSheet:
    sheet = NewSheet(widths=dict(enumerate(_REST_WIDTHS, 1)), freeze=(2, 1))
    for column, head in enumerate(REST_HEADS, 1):
        sheet.write(1, column, head, _HEAD)
    for row, (ref, text) in enumerate(rest, _REST_FIRST):
        sheet.write(row, 1, ref.qualified[:_LONGEST], _CELL)
        sheet.write(row, 2, text[:_LONGEST], _CELL)
    return sheet


# ---- whether anything was lost ----


def _lost_facts(before: Submission, after: Submission) -> Iterator[str]:
    for name, fact in before.facts.items():
        if not _same(fact, after.facts.get(name)):
            yield f"“{name}”读到的内容不同"


def _lost_scores(before: Submission, after: Submission) -> Iterator[str]:
    scores = {row.indicator: row for row in after.scores}
    for row in before.scores:
        now = scores.get(row.indicator)
        label = row.label.text
        if now is None or not (
            _same(row.self_score, now.self_score) and _same(row.reason, now.reason)
        ):
            yield f"“{label}”这一行读到的内容不同"
        elif not (_same_print(row.criteria, now.criteria) and _same(row.max_score, now.max_score)):
            yield f"“{label}”的评分标准或分值与表样不同"


def _same(fact: Fact, now: Fact | None) -> bool:
    """Whether two facts say the same; a cell the unit's form lacks is blank on ours."""
    if now is None:
        return False
    empty = (State.MISSING, State.BLANK)
    if fact.state in empty and now.state in empty:
        return fact.raw.strip() == now.raw.strip()
    return (fact.state, fact.value) == (now.state, now.value)


def _same_print(fact: Fact, now: Fact) -> bool:
    return not fact.raw.strip() or normalize_label(fact.raw) == normalize_label(now.raw)


def _targets(submission: Submission) -> Counter[tuple[str, object, str]]:
    return Counter((row.kind, row.target.value, row.result.raw) for row in submission.targets)


# ---- where everything now stands ----


class _Addresses:
    """Turns references to the workbook into references to the filled blank."""

    def __init__(
        self, before: Submission, after: Submission, places: Mapping[CellRef, CellRef]
    ) -> None:
        self.before = before
        self.after = after
        own = _facts_of(before)
        now = _facts_of(after)
        self.places: dict[CellRef, CellRef] = {}
        for key, fact in own.items():
            ref = now[key].ref if key in now else None
            if fact.ref is not None and ref is not None:
                self.places[fact.ref] = ref
        for key, ref in before.labels.items():
            if key in after.labels:
                self.places.setdefault(ref, after.labels[key])
        self.places |= places
        self.merged = {f.ref: f.merged for f in now.values() if f.ref is not None and f.merged}

    def submission(self) -> Submission:
        """The submission with every reference turned."""
        before = self.before
        return replace(
            before,
            facts={key: self._own(key, fact) for key, fact in before.facts.items()},
            rows=tuple(
                replace(row, facts=self._facts(row.facts), ref=self._ref(row.ref))
                for row in before.rows
            ),
            targets=tuple(
                replace(row, target=self._fact(row.target), result=self._fact(row.result))
                for row in before.targets
            ),
            scores=tuple(self._score(row) for row in before.scores),
            area=self.after.area,
            labels={key: self._ref(ref) for key, ref in before.labels.items()},
            problems=tuple(
                replace(problem, refs=tuple(self._ref(ref) for ref in problem.refs))
                for problem in before.problems
            ),
            group_points=self._facts(before.group_points),
            prose=self._facts(before.prose),
        )

    def _score(self, row: ScoreRow) -> ScoreRow:
        return replace(
            row,
            label=self._fact(row.label),
            criteria=self._fact(row.criteria),
            max_score=self._fact(row.max_score),
            self_score=self._fact(row.self_score),
            reason=self._fact(row.reason),
        )

    def _own(self, key: str, fact: Fact) -> Fact:
        """A fact of the whole unit: two of them may have stood in one cell."""
        now = self.after.facts.get(key)
        if fact.ref is None or now is None or now.ref is None:
            return self._fact(fact)
        return replace(fact, ref=now.ref, merged=now.merged)

    def _facts(self, facts: Mapping[str, Fact]) -> dict[str, Fact]:
        return {key: self._fact(fact) for key, fact in facts.items()}

    def _fact(self, fact: Fact) -> Fact:
        if fact.ref is None:
            return fact
        ref = self._ref(fact.ref)
        return replace(fact, ref=ref, merged=self.merged.get(ref))

    def _ref(self, ref: CellRef) -> CellRef:
        """Its new place; the head of the scoring sheet for what has none, such as an empty cell."""
        if ref in self.places:
            return self.places[ref]
        area = self.after.area
        return CellRef(area.sheet, area.first_row, 1) if area else ref


def _facts_of(submission: Submission) -> dict[str, Fact]:
    """All single facts that both workbooks have under one id."""
    facts = dict(submission.facts)
    for row in submission.scores:
        for fact in (row.label, row.criteria, row.max_score, row.self_score, row.reason):
            facts[fact.id] = fact
    return facts | submission.group_points
