"""What an officer entered for one file, held against its record: what counts, what is wrong.

Knows neither copies nor other files; ``settle`` brings both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from perfeval_xl.amounts import ZERO, plain
from perfeval_xl.context import Adjudication, Waiver
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import CellRef, Outcome
from perfeval_xl.ruling import (
    Fault,
    Question,
    changed_grounds,
    faults_of,
    finding_keys,
    waiver_faults,
)
from perfeval_xl.settlement import Dealt, Item, Mistake
from perfeval_xl.writer.ruled import Entries, TypedRuling, TypedWaiver, iso_date
from perfeval_xl.writer.text import (
    FAULTS,
    FORMULA_WITHOUT_RESULT,
    POOL_EXCEEDED,
    carried_from,
    earlier_ruling,
    earlier_waiver,
    interval,
)

# ---- indicators ----


def items_of(
    record: Mapping[str, Any],
    spec: FormSpec,
    entries: Entries,
    known: Iterable[Adjudication],
    mistakes: list[Mistake],
) -> tuple[Item, ...]:
    """Every indicator with what was ruled on it; what is wrong goes to ``mistakes``.

    known: what was ruled on the unit's files, of which only that of other versions is looked at.
    """
    typed = {t.ruling.indicator: t for t in entries.standing}
    carried = {t.ruling.indicator: carried_from(t.ruling) for t in entries.carried}
    earlier = {r.indicator: r for r in known if r.sha256 != entries.sha256 or not entries.sha256}
    pools = {indicator.id: indicator.shared for indicator in spec.indicators}
    items = []
    for found in record["indicators"]:
        question = _question(found, pools.get(found["id"], ""))
        place = entries.cells.get(question.id)
        shown = place.qualified if place else f"{found['sheet'] or ''}"
        own = typed.get(question.id)
        if own is None:
            before = earlier.get(question.id)
            now = entries.grounds.get(question.id, "")
            said = _said_of(before, question, now) if before else ""
            items.append(Item(question, found["sentence"], shown, earlier=said))
        else:
            ruled = _ruled(record["file"], question, own, mistakes)
            items.append(
                Item(
                    question, found["sentence"], shown, ruled, own.ruling.reason,
                    carried=carried.get(question.id, ""),
                )
            )  # fmt: skip
    return tuple(items)


def rating_of(total: Decimal, record: Mapping[str, Any], spec: FormSpec) -> str:
    """The band that a total lies in: of the office's bands where the run had some of its own."""
    bands = [(b["label"], b["at_least"]) for b in record.get("bands", ())]
    bands = bands or [(band.label, band.at_least) for band in spec.bands]
    return str(next((label for label, least in bands if total >= least), bands[-1][0]))


def pool_mistakes(
    record: Mapping[str, Any], spec: FormSpec, items: Iterable[Item]
) -> Iterator[Mistake]:
    """Rulings on indicators that share points, together above those points."""
    for name, pool in spec.pools.items():
        members = [item for item in items if item.question.pool == name]
        ruled = [item for item in members if item.ruled is not None]
        total = sum((item.counted for item in members), ZERO)
        if ruled and total > pool.points:
            message, fix = POOL_EXCEEDED
            slots = {
                "file": record["file"], "cell": "、".join(item.place for item in ruled),
                "labels": "、".join(item.question.label for item in members),
                "total": plain(total), "max": plain(pool.points),
            }  # fmt: skip
            yield Mistake(ruled[0].place, message.format(**slots), fix.format(**slots))


def _question(found: Mapping[str, Any], pool: str) -> Question:
    claimed, score, low, high = (
        number_of(found[name]) for name in ("self", "score", "low", "high")
    )
    most = Decimal(str(found["max"]))
    outcome = Outcome(found["outcome"])
    return Question(
        found["id"], found["number"], found["label"], most, claimed, score, low, high, outcome, pool
    )


def _said_of(before: Adjudication, question: Question, grounds: str) -> str:
    if before.is_withdrawn:
        return ""
    now = "空白" if question.claimed is None else plain(question.claimed)
    changed = changed_grounds(before.grounds, grounds)
    return earlier_ruling(before, now, interval(question.low, question.high), changed)


def _ruled(
    file: str, question: Question, typed: TypedRuling, mistakes: list[Mistake]
) -> Decimal | None:
    """The ruling when it can count; what is wrong with it goes to ``mistakes``."""
    ruling = typed.ruling
    if typed.formula:
        mistakes.append(_mistake(file, typed.score_cell, ruling.raw, *FORMULA_WITHOUT_RESULT))
        return None
    faults = faults_of(question, ruling.raw, ruling.score, ruling.reason)
    values = {
        "label": question.label,
        "max": plain(question.max),
        "claimed": "空白" if question.claimed is None else plain(question.claimed),
        "interval": interval(question.low, question.high),
    }
    for fault in faults:
        on_reason = fault in (Fault.NO_REASON, Fault.LONG_REASON)
        cell = typed.reason_cell if on_reason else typed.score_cell
        mistakes.append(_mistake(file, cell, ruling.raw, *FAULTS[fault], **values))
    return None if {Fault.NOT_A_NUMBER, Fault.OUT_OF_RANGE} & set(faults) else ruling.score


def _mistake(file: str, cell: CellRef, raw: str, message: str, fix: str, **values: str) -> Mistake:
    slots = {"file": file, "cell": cell.qualified, "raw": raw, **values}
    return Mistake(cell.qualified, message.format(**slots), fix.format(**slots))


# ---- findings ----


def findings_of(
    record: Mapping[str, Any],
    entries: Entries,
    known: Iterable[Waiver],
    mistakes: list[Mistake],
) -> tuple[Dealt, ...]:
    """Every finding with what is done about it; what is wrong goes to ``mistakes``."""
    typed = {t.waiver.key: t for t in entries.waivers}
    earlier = {w.key: w for w in known if w.sha256 != entries.sha256 or not entries.sha256}
    found = record["findings"]
    keys = finding_keys(
        (f["code"], f["indicator"], f["sheet"] or "", f["cells"][0] if f["cells"] else "")
        for f in found
    )
    return tuple(
        _dealt(record["file"], finding, typed.get(key), earlier.get(key), mistakes)
        for finding, key in zip(found, keys, strict=True)
    )


def _dealt(
    file: str,
    finding: Mapping[str, Any],
    typed: TypedWaiver | None,
    earlier: Waiver | None,
    mistakes: list[Mistake],
) -> Dealt:
    place = f"{finding['sheet']}!{finding['cells'][0]}" if finding["cells"] else ""
    fixed = (
        finding["severity"], finding["origin"], place, finding["message"], finding["fix"],
        finding["indicator"],
    )  # fmt: skip
    if typed is None:
        said = earlier_waiver(earlier) if earlier else ""
        return Dealt(*fixed, earlier=said)
    waiver = typed.waiver
    is_date = bool(iso_date(waiver.date))
    faults = waiver_faults(waiver.action, waiver.reason, waiver.date, is_date)
    for fault in faults:
        cells = {
            Fault.WAIVER_WITHOUT_REASON: typed.reason_cell,
            Fault.WAIVER_WITHOUT_DATE: typed.date_cell,
            Fault.NOT_A_DATE: typed.date_cell,
        }
        raw = waiver.date if fault is Fault.NOT_A_DATE else waiver.action
        cell = cells.get(fault, typed.action_cell)
        mistakes.append(_mistake(file, cell, raw, *FAULTS[fault]))
    action = "" if faults else waiver.action
    return Dealt(*fixed, action, waiver.reason, waiver.date)


def number_of(value: object) -> Decimal | None:
    """A number of a record, exactly; None where it has none."""
    return None if value is None else Decimal(str(value))
