"""The book in which findings are written: texts filled in, no finding twice, the gravest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from perfeval_xl.calculator.shown import cells, quoted
from perfeval_xl.forms.texts import finding_text
from perfeval_xl.model import CellRef, Finding, Origin, PassedCheck, Severity

_INNER_QUOTES = str.maketrans("“”", "‘’")
_GRAVITY = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


class _Slots(dict[str, str]):
    """What goes into a text; places are spelt out only where a text asks for them."""

    def __init__(
        self, places: tuple[CellRef, ...], provided: str, expected: str, difference: str,
        slots: Mapping[str, str],
    ) -> None:  # fmt: skip
        super().__init__(
            provided=quoted(provided), expected=quoted(expected), difference=difference
        )
        self.update(slots)
        self.places = places

    def __missing__(self, name: str) -> str:
        if name == "cells":
            return cells(self.places)
        if name == "where":
            return self.places[0].qualified if self.places else ""
        raise KeyError(name)


_FORM = "form."  # several of its parts may be missed at one and the same place


@dataclass
class FindingBook:
    """Findings and checks of one form, in the order they were met.

    severities: by code, where the office weighs a finding otherwise than its text does.
    """

    scoring_sheet: str = ""
    severities: Mapping[str, Severity] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    passed: list[PassedCheck] = field(default_factory=list)
    _seen: set[tuple[str, tuple[CellRef, ...], str, str, str]] = field(default_factory=set)

    def add(
        self,
        code: str,
        refs: Iterable[CellRef | None],
        provided: str = "",
        expected: str = "",
        difference: str = "",
        *,
        slots: Mapping[str, str] | None = None,
        kind: str = "",
        variant: str = "",
        indicator: str = "",
        clause: str = "",
        follows_from: str = "",
        marked: int = 0,
        hint: str = "",
    ) -> None:
        """Write one finding; the same code on the same cells is written once. hint ends its fix."""
        places = tuple(dict.fromkeys([ref for ref in refs if ref is not None]))
        of_form = (slots or {}).get("label", "") if code.startswith(_FORM) else ""
        key = (code, places, indicator, provided, of_form)
        if key in self._seen:
            return
        self._seen.add(key)
        text = finding_text(f"{code}/{variant}" if variant else code, kind)
        filled = _Slots(places, provided, expected, difference, slots or {})
        if "label" in filled and "“{label}”" in text.message:
            filled["label"] = filled["label"].translate(_INNER_QUOTES)
        self.findings.append(
            Finding(
                code=code,
                severity=self.severities.get(code, text.severity),
                origin=Origin(text.origin),
                refs=places,
                provided=provided,
                expected=expected,
                difference=difference,
                message=text.fill(text.message, filled).strip(),
                fix=text.fill(text.fix, filled) + hint,
                clause=clause,
                title=text.title,
                indicator=indicator,
                follows_from=follows_from,
                marked=marked,
            )
        )

    def check(self, check_id: str, title: str, detail: str, skipped: bool = False) -> None:
        """Write one check that held, or could not be made."""
        self.passed.append(PassedCheck(check_id, title, detail, skipped))

    def has(self, code: str, indicator: str = "") -> bool:
        """Whether such a finding was written, for one indicator if one is named."""
        return any(
            f.code == code and (not indicator or f.indicator == indicator) for f in self.findings
        )

    def fold(self, code: str, indicator: str, follows_from: str) -> None:
        """Put an indicator's findings of one code under their cause."""
        self.findings = [
            replace(f, follows_from=follows_from)
            if f.code == code and f.indicator == indicator
            else f
            for f in self.findings
        ]

    def fold_others(self, cause: str) -> None:
        """Put every other finding under this one."""
        self.findings = [
            f if f.code == cause else replace(f, follows_from=cause) for f in self.findings
        ]

    def drop(self, code: str, indicator: str) -> None:
        """Take an indicator's findings of one code out again."""
        self.findings = [f for f in self.findings if (f.code, f.indicator) != (code, indicator)]

    def ordered(self) -> tuple[Finding, ...]:
        """By severity, causes before what follows from them, the profile first, then by place."""
        return tuple(sorted(self.findings, key=self._rank))

    def _rank(self, finding: Finding) -> tuple[int, bool, bool, str, int, int]:
        ref = finding.refs[0] if finding.refs else CellRef("", 0, 0)
        on_scoring = ref.sheet == self.scoring_sheet
        follows = bool(finding.follows_from)
        return (_GRAVITY[finding.severity], follows, on_scoring, ref.sheet, ref.row, ref.column)
