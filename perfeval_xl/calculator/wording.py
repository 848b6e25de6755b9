"""The form's fingerprint: printed texts against the registered edition, and what differs in words.

Spaces, width, quotes and punctuation are no difference; numbers, comparison signs and words are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.labels import normalize_label

# A point between digits and the signs of comparison stay; the rest only parts the words.
_PUNCTUATION = re.compile(r"(?<!\d)\.|\.(?!\d)|[,，、;；:：。·!！?？()（）\[\]【】〔〕《》〈〉{}*]")
_COMPARISON = str.maketrans(
    {"≧": "≥", "≦": "≤", "－": "-", "—": "-", "–": "-", "～": "~", "﹪": "%"}
)
_WORDS = re.compile(r"[≤≥<>=]?\d+(?:\.\d+)?[%分点例]?|[A-Za-z]+|.")
_LONGEST_SHOWN = 24
_MOST_SHOWN = 3
_LEAST_WORD = 2
_BESIDE = 2
_LEAST_ALIKE = 0.4  # less in common than that is another text, not a changed one


@lru_cache(maxsize=2048)
def compared(text: str) -> str:
    """A printed text as compared; the same texts come again with every workbook."""
    return normalize_label(text)


@lru_cache(maxsize=2048)
def wording(text: str) -> str:
    """A printed text as its wording is compared: no spaces, no punctuation."""
    return _PUNCTUATION.sub("", compared(text).translate(_COMPARISON))


@lru_cache(maxsize=512)
def difference(official: str, given: str) -> str:
    """What was changed, in words: “100%”改成了“110%”；empty when nothing was."""
    before, after = _WORDS.findall(wording(official)), _WORDS.findall(wording(given))
    if before == after:
        return ""
    from difflib import SequenceMatcher  # few texts were changed

    texts = rule_texts()
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < _LEAST_ALIKE:
        return texts["wording.other"].format(
            was=_clipped("".join(before)), now=_clipped("".join(after))
        )
    said = [
        _said(tag, before, after, i1, i2, j1, j2)
        for tag, i1, i2, j1, j2 in _joined(matcher.get_opcodes())
        if tag != "equal"
    ]
    said = list(dict.fromkeys(said))
    more = texts["wording.more"].format(count=len(said)) if len(said) > _MOST_SHOWN else ""
    return "；".join(said[:_MOST_SHOWN]) + more


_Code = tuple[str, int, int, int, int]


def _joined(codes: Sequence[_Code]) -> list[_Code]:
    """Changes that a single word keeps apart are one change."""
    found: list[_Code] = []
    for n, code in enumerate(codes):
        tag, _, i2, _, j2 = code
        between = 0 < n < len(codes) - 1 and tag == "equal" and i2 - code[1] == 1
        if found and found[-1][0] != "equal" and (tag != "equal" or between):
            _, a1, _, b1, _ = found[-1]
            found[-1] = ("replace", a1, i2, b1, j2)
        else:
            found.append(code)
    return found


def _said(tag: str, before: list[str], after: list[str], i1: int, i2: int, j1: int, j2: int) -> str:
    """One change; a single character takes its neighbours along, 一 says nothing by itself."""
    if tag == "replace" and max(len(before[i1]), len(after[j1]), i2 - i1, j2 - j1) < _LEAST_WORD:
        i1, j1 = max(0, i1 - _BESIDE), max(0, j1 - _BESIDE)
        i2, j2 = i2 + 1, j2 + 1
    was, now = "".join(before[i1:i2]), "".join(after[j1:j2])
    return rule_texts()[f"wording.{tag}"].format(was=_clipped(was), now=_clipped(now))


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
