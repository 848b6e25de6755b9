"""Submissions built directly from values, without a workbook: figures in, cells as on the blank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from perfeval_xl.amounts import plain
from perfeval_xl.forms.load import parse_range
from perfeval_xl.forms.spec import FieldSpec, FormSpec, IndicatorSpec
from perfeval_xl.model import (
    CellRef,
    Fact,
    ReadingProblem,
    ScoreRow,
    ScoringArea,
    State,
    Submission,
    TableRow,
    TargetRow,
    missing_fact,
)

EXTRA_SHEET = "补充数据"
FURTHER_SHEET = "基础数据表"
Value = Decimal | int | str | None

# A unit that agrees with itself; one row loses a point and says why.
CLEAN: Mapping[str, Value] = {
    "unit_name": "区测试局",
    "authorized_posts": 20,
    "actual_staff": 20,
    "income_total": Decimal("300.00"),
    "income_carryover": 0,
    "income_fiscal_appropriation": Decimal("300.00"),
    "expenditure_total": Decimal("300.00"),
    "basic_expenditure": Decimal("200.00"),
    "personnel_expenditure": Decimal("120.00"),
    "operating_expenditure": Decimal("80.00"),
    "project_expenditure": Decimal("100.00"),
    "surplus_current": 0,
    "surplus_cumulative": 0,
    "three_public_total": Decimal("4.00"),
    "official_hospitality": Decimal("4.00"),
    "fixed_assets_total": Decimal("50.00"),
    "fixed_assets_in_use": Decimal("50.00"),
    "satisfaction_result": Decimal("0.96"),
    "report_date": "2022-03-10",
    "group_leader_signature": "张某某",
    "unit_opinion": "同意",
    "narrative": "基本情况：人员编制20人。绩效：良好。问题：无。建议：无。",
}
CLEAN_REASONS = {21: "一项任务进度滞后，扣1分"}


@dataclass
class Cells:
    """Where the blank form has each field and each row."""

    fields: dict[str, CellRef] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: FormSpec) -> Cells:
        """All input cells of the printed sheets."""
        found = cls()
        for sheet in spec.sheets:
            for cell in sheet.cells:
                at = parse_range(cell.at)
                assert at is not None
                if cell.field:
                    found.fields[cell.field] = CellRef(sheet.name, at[0], at[1])
        found.fields["satisfaction_result"] = found.fields["target_result.10"]
        return found


def number(fact_id: str, value: Decimal | int | str, ref: CellRef | None) -> Fact:
    """A number as the reader gives it."""
    typed = str(value)
    decimals = len(typed.partition(".")[2])
    return Fact(
        fact_id, Decimal(typed), plain(Decimal(typed)), ref, State.NUMBER, decimals=decimals
    )


def text(fact_id: str, value: str, ref: CellRef | None) -> Fact:
    """A text as the reader gives it; an empty one is blank."""
    if not value:
        return Fact(fact_id, None, "", ref, State.BLANK)
    return Fact(fact_id, value, value, ref, State.TEXT)


def blank(fact_id: str, ref: CellRef | None) -> Fact:
    """An empty cell."""
    return Fact(fact_id, None, "", ref, State.BLANK)


def submission(
    spec: FormSpec,
    facts: Mapping[str, Value] | None = None,
    scores: Mapping[int, Value] | None = None,
    reasons: Mapping[int, str] | None = None,
    points: Mapping[int, Value] | None = None,
    criteria: Mapping[int, str] | None = None,
    targets: Sequence[tuple[str, str, str]] = (),
    rows: Sequence[TableRow] | None = None,
    problems: Sequence[ReadingProblem] = (),
    titles: Sequence[str] = (),
    attached: Sequence[str] = (),
    lists: Sequence[TableRow] = (),
    base: Mapping[str, Value] = CLEAN,
) -> Submission:
    """A whole form: the base unit with some figures changed. None is a blank cell.

    A text in a number's place is unreadable. Self-scores are full marks unless given; the stated
    totals are what the rows add up to, the rating what that earns. attached, lists: further
    sheets and the rows of their lists; their figures are given among the facts.
    """
    cells = Cells.of(spec)
    given = _scores(spec, scores or {})
    whole: dict[str, Value] = dict(base)
    added = sum(
        (Decimal(str(v)) for v in given.values() if isinstance(v, int | Decimal)), Decimal(0)
    )
    whole |= {"scoring_total": added, "self_total": added, "self_rating": _rating(spec, added)}
    whole |= facts or {}
    made = {
        name: _fact(spec, name, whole.get(name), _place(cells, field, row, name in whole))
        for row, (name, field) in enumerate(spec.fields.items(), 2)
    }
    for row, name in enumerate(spec.external_facts, 2):
        place = CellRef(EXTRA_SHEET, row, 2) if whole.get(name) is not None else None
        made[name] = _fact(spec, name, whole[name], place) if place else missing_fact(name)
    return Submission(
        form=spec.id,
        facts=made,
        rows=tuple(rows or ()),
        targets=tuple(_target(n, *target) for n, target in enumerate(targets, 1)),
        scores=tuple(
            _row(
                spec,
                i,
                given[i.number],
                {**CLEAN_REASONS, **(reasons or {})},
                points or {},
                criteria or {},
                cells,
            )
            for i in spec.indicators
        ),
        area=ScoringArea("附件2-2 评分表", (3, 17), 3, 30, 7, 30),
        labels={},
        problems=tuple(problems),
        attached=tuple(attached),
        lists=tuple(lists),
        prose={
            f"title.{n}": text(f"title.{n}", t, CellRef("附件2-1 自评表", n, 1))
            for n, t in enumerate(titles, 1)
        },
    )


def _place(cells: Cells, field: FieldSpec, row: int, given: bool) -> CellRef | None:
    """The cell of a field on the blank, or on a further sheet where something is given there."""
    own = cells.fields.get(field.id)
    return own or (CellRef(FURTHER_SHEET, row, 2) if field.attachment and given else None)


def list_rows(
    spec: FormSpec, block: str, fields: Sequence[str], lines: Sequence[Sequence[Value]]
) -> list[TableRow]:
    """Rows of a list or group of a further sheet, the name of each row first."""
    found = []
    for row, (name, *values) in enumerate(lines, 40):
        facts = {
            field: _fact(spec, field, value or None, CellRef(FURTHER_SHEET, row, column))
            if value != 0
            else number(field, 0, CellRef(FURTHER_SHEET, row, column))
            for column, (field, value) in enumerate(zip(fields, values, strict=True), 2)
        }
        found.append(TableRow(block, str(name), False, facts, CellRef(FURTHER_SHEET, row, 1)))
    return found


def table_rows(
    spec: FormSpec, block: str, first_row: int, lines: Sequence[tuple[str, Mapping[str, Value]]]
) -> list[TableRow]:
    """Rows of one table, 合计 being the total."""
    found = []
    fields = next(b.fields for b in spec.blocks if b.id == block)
    for offset, (unit, values) in enumerate(lines):
        row = first_row + offset
        facts = {
            name: _fact(spec, name, values.get(name), CellRef("附件2-1 自评表", row, column))
            for column, name in enumerate(fields, 2)
        }
        found.append(
            TableRow(block, unit, unit == "合计", facts, CellRef("附件2-1 自评表", row, 1))
        )
    return found


def pinned(spec: FormSpec, **answers: str) -> FormSpec:
    """The form with some readings pinned."""
    readings = {
        name: replace(reading, pinned=answers.get(name, ""), note="测试")
        for name, reading in spec.readings.items()
    }
    return replace(spec, readings=readings)


def _scores(spec: FormSpec, scores: Mapping[int, Value]) -> dict[int, Value]:
    full: dict[int, Value] = {}
    for indicator in spec.indicators:
        full[indicator.number] = 5 if indicator.shared else indicator.max
    full[21] = 3
    return full | dict(scores)


def _rating(spec: FormSpec, total: Decimal) -> str:
    earned = (band.label for band in spec.bands if total >= band.at_least)
    return next(earned, spec.bands[-1].label)


def _fact(spec: FormSpec, name: str, value: Value, ref: CellRef | None) -> Fact:
    field: FieldSpec | None = spec.fields.get(name)
    if value is None:
        return blank(name, ref) if ref is not None else missing_fact(name)
    is_text = field is not None and field.kind in ("text", "prose", "date")
    if isinstance(value, str) and is_text:
        return text(name, value, ref)
    if isinstance(value, str) and value in ("是", "否"):
        return text(name, value, ref)
    if isinstance(value, str):
        return Fact(name, None, value, ref, State.UNREADABLE)
    return number(name, value, ref)


def _target(row: int, kind: str, aim: str, reached: str) -> TargetRow:
    sheet = "附件2-1 自评表"
    return TargetRow(
        kind,
        text(f"target.{row}", aim, CellRef(sheet, 31 + row, 14)),
        text(f"target_result.{row}", reached, CellRef(sheet, 31 + row, 22)),
    )


def _row(
    spec: FormSpec,
    indicator: IndicatorSpec,
    score: Value,
    reasons: Mapping[int, str],
    points: Mapping[int, Value],
    criteria: Mapping[int, str],
    cells: Cells,
) -> ScoreRow:
    n = indicator.number
    place = cells.fields[f"self_score.{n}"]
    sheet, row = place.sheet, place.row
    first_shared = next((i.number for i in spec.indicators if i.shared == indicator.shared), n)
    max_row = row if not indicator.shared else row - (n - first_shared)
    sentence = parse_range(indicator.source.cell.partition("!")[2])
    assert sentence is not None
    return ScoreRow(
        indicator=indicator.id,
        label=text(f"label.{indicator.id}", indicator.label, CellRef(sheet, row, 3)),
        criteria=text(
            f"criteria.{indicator.id}", criteria.get(n, indicator.source.sentence), CellRef(sheet, sentence[0], 4)
        ),
        max_score=number(
            f"max.{indicator.id}", _points(points.get(n), indicator),
            CellRef(sheet, row if n in points else max_row, 5),
        ),
        self_score=_score_fact(f"self.{indicator.id}", score, place),
        reason=text(f"reason.{indicator.id}", reasons.get(n, ""), cells.fields[f"reason.{n}"]),
    )  # fmt: skip


def _points(given: Value, indicator: IndicatorSpec) -> Decimal:
    return Decimal(str(given)) if given is not None else indicator.max


def _score_fact(fact_id: str, score: Value, ref: CellRef) -> Fact:
    if score is None:
        return blank(fact_id, ref)
    if isinstance(score, str):
        return Fact(fact_id, None, score, ref, State.UNREADABLE)
    return number(fact_id, score, ref)
