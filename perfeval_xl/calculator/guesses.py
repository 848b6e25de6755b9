"""A guess in words: what may have been mistyped, and what it would have to be."""

from __future__ import annotations

from collections.abc import Callable

from perfeval_xl.amounts import plain
from perfeval_xl.calculator.mend import Change, Guess, Slip
from perfeval_xl.calculator.shown import cells, tidy, where
from perfeval_xl.forms.texts import rule_texts

_MOST_NAMED = 3  # more cells than that help nobody


def said_of(guess: Guess, label: Callable[[str], str]) -> str:
    """One sentence that begins with 可能; where several slips would do, only how many; else empty."""
    texts = rule_texts()
    if guess.change is not None:
        count = guess.mended
        held = "mend.held_one" if count == 1 else "mend.held"
        return _slip(guess.change, label) + texts[held].format(count=count)
    if not guess.candidates or len(guess.candidates) > _MOST_NAMED:
        return ""
    refs = dict.fromkeys(f.ref for c in guess.candidates for f, _ in c.cells)
    return texts["mend.several"].format(count=len(guess.candidates), cells=cells(refs))


def _slip(change: Change, label: Callable[[str], str]) -> str:
    texts = rule_texts()
    fact, value = change.cells[0]
    slots = {
        "cell": where(fact),
        "label": label(fact.id),
        "wrong": "" if fact.number is None else plain(fact.number),
        "right": plain(tidy(value)),
    }
    if change.slip is Slip.SWAPPED:
        other = change.cells[1][0]
        return texts["mend.swapped"].format(
            **slots, other_cell=where(other), other_label=label(other.id)
        )
    name = "zero" if change.slip is Slip.BLANK and fact.number is not None else change.slip.value
    return texts[f"mend.{name}"].format(**slots)
