"""Cases that a finance officer can read: figures in, points and findings out."""

from __future__ import annotations

import tomllib
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from perfeval_xl.calculator import evaluate
from perfeval_xl.forms.catalog import load_form
from tests.calculator.build import pinned, submission

CASES = Path(__file__).parent / "cases"
SPEC = load_form("yueyanglou-2021")
ALWAYS_OPEN = {2, 3, 4, 5, 7, 11, 12}


def _load(*names: str) -> list[Any]:
    found = []
    for name in names:
        data = tomllib.loads((CASES / name).read_text("utf-8"), parse_float=Decimal)
        found += [pytest.param(case, id=case["name"]) for case in data["cases"]]
    return found


@pytest.mark.parametrize("case", _load("deduction.toml", "others.toml"))
def test_indicator_gives_what_the_printed_rule_says(case: dict[str, Any]) -> None:
    indicator = SPEC.indicator(case["indicator"])
    facts = {**case["facts"], **dict.fromkeys(case.get("blank", []))}
    spec = pinned(SPEC, **case["pinned"]) if "pinned" in case else SPEC
    score = None if case.get("self_blank") else case["self"]
    reasons = {indicator.number: case["reason"]} if "reason" in case else {}
    evaluation = evaluate(
        submission(spec, facts, scores={indicator.number: score}, reasons=reasons), spec
    )
    result = evaluation.indicators[indicator.number - 1]

    wanted = case.get("score")
    assert result.score == wanted
    assert result.low == case.get("low", wanted)
    assert result.high == case.get("high", wanted)
    assert result.outcome == case["outcome"]
    assert list(result.missing) == case.get("missing", [])
    for words in case.get("says", []):
        assert words in result.sentence
    named = {fact.ref for fact in (*result.inputs, result.self_score) if fact.ref}
    codes = [
        f.code for f in evaluation.findings
        if (f.indicator == indicator.id or set(f.refs) & named) and f.code not in _ABOUT_ALL
        and f.indicator in ("", indicator.id)
    ]  # fmt: skip
    assert sorted(codes) == sorted(case.get("findings", []))


_ABOUT_ALL = {
    "score.total_differs", "score.every_row_full", "report.figure_differs", "figures.blank_derivable",
}  # fmt: skip


@pytest.mark.parametrize("case", _load("findings.toml"))
def test_form_has_exactly_these_findings(case: dict[str, Any]) -> None:
    facts = {**case.get("facts", {}), **dict.fromkeys(case.get("blank", []))}
    scores = {int(k): v for k, v in case.get("scores", {}).items()}
    scores |= dict.fromkeys(case.get("blank_scores", []))
    evaluation = evaluate(
        submission(
            SPEC,
            facts,
            scores,
            {int(k): v for k, v in case.get("reasons", {}).items()},
            {int(k): v for k, v in case.get("points", {}).items()},
            {int(k): v for k, v in case.get("criteria", {}).items()},
            case.get("targets", []),
            titles=case.get("titles", []),
        ),
        SPEC,
    )
    open_ids = {i.id for i in SPEC.indicators if i.number in ALWAYS_OPEN}
    found = [
        f for f in evaluation.findings
        if not (f.code == "score.full_marks_unsupported" and f.indicator in open_ids)
        and not (f.code == "form.year_differs" and f.origin == "template")
    ]  # fmt: skip
    codes = Counter(
        f"{f.code}:{f.indicator}" if f.code == "score.full_marks_unsupported" else f.code
        for f in found
    )
    assert codes == Counter(case["findings"])
    assert Counter(f.code for f in found if f.follows_from) == Counter(case.get("folded", []))
    assert sum(f.origin == "template" for f in evaluation.findings) == 1
    if shown := case.get("shown"):
        finding = next(f for f in found if f.code == shown["code"])
        assert (finding.provided, finding.expected, finding.difference) == (
            shown["provided"], shown["expected"], shown["difference"],
        )  # fmt: skip


def test_every_finding_says_where_and_what_to_do() -> None:
    for case in _load("findings.toml"):
        values = case.values[0]
        facts = {**values.get("facts", {}), **dict.fromkeys(values.get("blank", []))}
        for finding in evaluate(submission(SPEC, facts), SPEC).findings:
            assert finding.refs, finding
            assert finding.message, finding
            assert finding.fix, finding
            assert "{" not in finding.message + finding.fix
            assert "None" not in finding.message + finding.fix
