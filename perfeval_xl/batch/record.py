"""An Evaluation as one object of results.jsonl: schema 1, the same bytes on every run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from perfeval_xl.amounts import plain
from perfeval_xl.batch.standing import Made
from perfeval_xl.context import CELL_MARK, EarlierFinding
from perfeval_xl.forms.office import AS_PRINTED, OfficeRules
from perfeval_xl.forms.returns import ReturnText
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import (
    CellRef,
    Evaluation,
    Fact,
    Finding,
    IndicatorResult,
    PassedCheck,
    Severity,
    State,
    Totals,
)

SCHEMA = 1
_GRAVITY = ("error", "warning", "note")
_WORDS = {"error": "错误", "warning": "警告", "note": "提示"}
Record = dict[str, object]
_DELIVERY = "delivery"


def evaluated_record(
    evaluation: Evaluation,
    spec: FormSpec,
    file: str,
    sha256: str,
    copy: str,
    content: str = "",
    office: OfficeRules = AS_PRINTED,
) -> Record:
    """The record of a file that was evaluated; ``copy`` is its annotated copy in the outbox.

    content: SHA-256 of what the unit sent, where an earlier review of ours had added to it. office:
    the rules by which ``spec`` is not as it was printed.
    """
    record: Record = {
        "schema": SCHEMA,
        "file": file,
        "sha256": sha256,
        "status": "evaluated",
        "reason": None,
        "form": evaluation.form,
        "unit": {"name": evaluation.unit_name or None, "code": evaluation.unit_code or None},
        "year": evaluation.year,
        "copy": copy,
        "facts": {name: _known(name, fact, evaluation) for name, fact in evaluation.facts.items()},
        "indicators": [indicator_record(result, spec) for result in evaluation.indicators],
        "totals": _totals(evaluation.totals),
        "findings": [_finding(finding) for finding in evaluation.findings],
        "checks": [_check(check) for check in evaluation.passed],
        "round": evaluation.context.round,
    }
    if content not in ("", sha256):
        record["content_sha256"] = content
    if office.bands and spec.bands:
        record["bands"] = [{"label": b.label, "at_least": b.at_least} for b in spec.bands]
    if evaluation.context.round > 1:
        record["compared_with"] = evaluation.context.earlier_file
        record["resolved"] = [_resolved(finding) for finding in evaluation.resolved]
    return record


def returned_record(text: ReturnText, file: str, sha256: str | None, copy: str) -> Record:
    """The record of a file that could not be evaluated; ``copy`` is its 退回说明."""
    return {
        "schema": SCHEMA,
        "file": file,
        "sha256": sha256,
        "status": "returned",
        "reason": {"code": text.code, "message": text.message, "fix": text.fix},
        "form": None,
        "unit": {"name": None, "code": None},
        "year": None,
        "copy": copy,
        "facts": {},
        "indicators": [],
        "totals": None,
        "findings": [],
        "checks": [],
        "round": 1,
    }


def to_line(record: Mapping[str, object]) -> str:
    """One line of results.jsonl, without the line end. Text that is no UTF-8 is shown as such."""
    return utf8_text(json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=_json))


def utf8_text(text: str) -> str:
    """The text with what is no UTF-8 (in names of files) shown as such."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text


def from_line(line: str) -> Record:
    """A record read back, its numbers as Decimal or int."""
    record: Record = json.loads(line, parse_float=Decimal)
    return record


def content_of(record: Mapping[str, Any]) -> str:
    """SHA-256 of what the unit sent, without what an earlier review of ours added to it."""
    return str(record.get("content_sha256") or record["sha256"] or "")


def regrade(record: Record, severities: Iterable[tuple[str, Severity]]) -> bool:
    """Give findings of these codes the weight that the office gives them, the gravest first.

    Whether there are any weights of the office's.
    """
    weights = dict(severities)
    findings: Any = record["findings"]
    for finding in findings:
        if finding["code"] in weights:
            finding["severity"] = weights[finding["code"]].value
    if weights:
        findings.sort(key=lambda finding: _GRAVITY.index(finding["severity"]))
    return bool(weights)


def outcome_line(record: Mapping[str, Any]) -> tuple[str, str]:
    """One file's outcome in one line, and the severity it is coloured by, or empty."""
    if record["status"] == "returned":
        return f"退回　{record['file']}：{record['reason']['message']}", "error"
    counts = Counter(finding["severity"] for finding in record["findings"])
    said = "，".join(f"{word} {counts[key]}" for key, word in _WORDS.items() if counts[key])
    gravest = next((key for key in _GRAVITY if counts[key]), "")
    return f"复核　{record['file']}：{said or '没有发现问题'}", gravest


def summary_lines(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The record as lines for a terminal, each with the severity it is coloured by, or empty."""
    if record["status"] == "returned":
        yield record["reason"]["message"], "error"
        yield record["reason"]["fix"], ""
        return
    yield f"{record['unit']['name'] or record['file']}　{record['form']}", ""
    if record["indicators"]:
        yield from _score_lines(record["totals"])
    else:
        yield f"{record['year']} 年度，只有数据、没有评分，只核对勾稽关系。", ""
    for finding in record["findings"]:
        word = _WORDS[finding["severity"]]
        yield f"[{word}] {finding['message']}", finding["severity"]
        yield f"       {finding['fix']}（{finding['code']}）", ""
    if not record["findings"]:
        yield "没有发现问题。", ""


def _score_lines(totals: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield (
        (
            f"自评 {_shown(totals['stated'])} 分，各行之和 {_shown(totals['self_sum'])}，"
            f"复核 {_shown(totals['computed'])}（{_shown(totals['low'])} 至 {_shown(totals['high'])}）；"
            f"等次 {totals['rating_stated'] or '未填'}，复核 {'／'.join(totals['rating'])}"
        ),
        "",
    )
    yield (
        (
            f"数字可定 {_shown(totals['decided'])} 分，缺数据 {_shown(totals['undecided'])} 分，"
            f"由评审人判断 {_shown(totals['judged'])} 分"
        ),
        "",
    )


def _shown(value: Decimal | None) -> str:
    return "—" if value is None else plain(Decimal(value))


def _json(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(type(value))


def _place(ref: CellRef | None) -> tuple[str | None, str | None]:
    return (ref.sheet, ref.address) if ref else (None, None)


def _known(name: str, fact: Fact, evaluation: Evaluation) -> Record:
    """A fact; one given from elsewhere names its source, and the unit's own where there is one."""
    found = _fact(fact)
    own = evaluation.submission.facts.get(name)
    if evaluation.context.given and fact.ref and fact.ref.sheet == evaluation.context.sheet:
        found["source"] = fact.found_by
        if own is not None and own.ref is not None:
            found["own"] = _fact(own)
    return found


def _fact(fact: Fact) -> Record:
    sheet, cell = _place(fact.ref)
    found: Record = {
        "value": fact.value if fact.state in (State.NUMBER, State.TEXT) else None,
        "raw": fact.raw,
        "state": fact.state.value,
        "sheet": sheet,
        "cell": cell,
    }
    if fact.note:
        found["note"] = fact.note
    return found


def delivery(made: Made, kept: str | None) -> Record:
    """What is said of an output beside its record: taken out again before that is kept."""
    return {_DELIVERY: (made, kept)}


def take_delivery(record: Record) -> tuple[Made | None, str | None]:
    """The output as written, and where an officer's version was set aside; out of the record."""
    found: Any = record.pop(_DELIVERY, (None, None))
    return found[0], found[1]


def indicator_record(result: IndicatorResult, spec: FormSpec) -> Record:
    """One indicator as results.jsonl has it."""
    sheet, cell = _place(result.self_score.ref)
    return {
        "number": result.number,
        "id": result.id,
        "label": result.label,
        "parent": result.parent,
        "kind": result.kind,
        "max": result.max,
        "self": result.self_score.number,
        "score": result.score,
        "low": result.low,
        "high": result.high,
        "outcome": result.outcome.value,
        "reading": result.reading or None,
        "shared": spec.indicator(result.id).shared or None,
        "missing": list(result.missing),
        "missing_labels": [spec.label_of(name) for name in result.missing],
        "inputs": [f"{ref.sheet}!{ref.address}" for ref in (f.ref for f in result.inputs) if ref],
        "sheet": sheet,
        "cell": cell,
        "sentence": result.sentence,
        "formula": f"={result.formula}" if result.formula else None,
    }


def _totals(totals: Totals) -> Record:
    return {
        "stated": totals.stated,
        "self_sum": totals.self_sum,
        "computed": totals.computed,
        "decided": totals.decided,
        "undecided": totals.undecided,
        "judged": totals.judged,
        "low": totals.low,
        "high": totals.high,
        "rating_stated": totals.rating_stated or None,
        "rating": list(totals.rating),
    }


def _finding(finding: Finding) -> Record:
    first = finding.refs[0] if finding.refs else None
    found: Record = {
        "code": finding.code,
        "title": finding.title,
        "severity": finding.severity.value,
        "origin": finding.origin.value,
        "indicator": finding.indicator,
        "sheet": first.sheet if first else None,
        "cells": finding.addresses,
        "provided": finding.provided,
        "expected": finding.expected,
        "difference": finding.difference,
        "message": finding.message,
        "fix": finding.fix,
        "clause": finding.clause,
        "follows_from": finding.follows_from,
        "key": finding.key,
    }
    if finding.round_state is not None:
        found["round_state"] = finding.round_state.value
    return found


def _resolved(finding: EarlierFinding) -> Record:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "indicator": finding.indicator,
        "sheet": finding.sheet or None,
        "cells": finding.cells.split(CELL_MARK) if finding.cells else [],
        "message": finding.message,
        "key": finding.key,
    }


def _check(check: PassedCheck) -> Record:
    return {
        "id": check.id,
        "title": check.title,
        "detail": check.detail,
        "passed": None if check.skipped else True,
    }
