"""What may be entered in a cell, as a value, and as the element that says so."""

from __future__ import annotations

from dataclasses import dataclass

from perfeval_xl.ooxml.markup import escape, escape_attribute


@dataclass(frozen=True, slots=True)
class Validation:
    """A restriction on entry; blank is always allowed.

    kind: list, decimal, textLength … operator: between, lessThanOrEqual … (not for lists).
    first, second: formulas as Excel stores them. title and prompt show beside the chosen cell,
    error when something else is entered.
    """

    kind: str
    first: str
    second: str = ""
    operator: str = ""
    title: str = ""
    prompt: str = ""
    error: str = ""


def validation_xml(ranges: str, rule: Validation) -> str:
    """The element for ``ranges``, such as ``V3:V40 V44``."""
    attributes = f' type="{rule.kind}"'
    if rule.operator:
        attributes += f' operator="{rule.operator}"'
    attributes += ' allowBlank="1"'
    if rule.title or rule.prompt:
        attributes += ' showInputMessage="1"'
    attributes += ' showErrorMessage="1"'
    if rule.error:
        attributes += f' errorTitle="{escape_attribute(rule.title)}"'
        attributes += f' error="{escape_attribute(rule.error)}"'
    if rule.title or rule.prompt:
        attributes += f' promptTitle="{escape_attribute(rule.title)}"'
        attributes += f' prompt="{escape_attribute(rule.prompt)}"'
    formulas = f"<formula1>{escape(rule.first)}</formula1>"
    if rule.second:
        formulas += f"<formula2>{escape(rule.second)}</formula2>"
    return f'<dataValidation{attributes} sqref="{ranges}">{formulas}</dataValidation>'
