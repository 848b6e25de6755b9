"""Every colour, pattern and font the written workbooks use, in one place.

Severities are told apart without colour vision: each has its own word, its own sign and its own
pattern besides its colour, and the tints differ in lightness so that grey print keeps them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from perfeval_xl.model import Outcome, Severity

FONT = "宋体"
HEAD_FONT = "黑体"


@dataclass(frozen=True, slots=True)
class Look:
    """How one severity or outcome is shown: word, sign, fill colour, pattern, text colour.

    Colours are RRGGBB. ``pattern`` is an OOXML pattern name; ``mark`` is the pattern's line colour.
    """

    word: str
    sign: str
    fill: str
    text: str
    pattern: str = "solid"
    mark: str = ""

    def __hash__(self) -> int:
        return hash(self.word)  # quick: looks are keys of caches


SEVERITY = {
    Severity.ERROR: Look("错误", "✗", "F8CBAD", "8A2A0B", "lightUp", "D9734E"),
    Severity.WARNING: Look("警告", "！", "FFE699", "6B4E00"),
    Severity.NOTE: Look("提示", "○", "DDEBF7", "1F4E79"),
}

OUTCOME = {
    Outcome.AGREES: Look("一致", "✓", "E2EFDA", "2F5D2A"),
    Outcome.WITHIN_READINGS: Look("在允许范围内", "≈", "E2EFDA", "2F5D2A"),
    Outcome.DIFFERS: Look("不一致", "✗", "F8CBAD", "8A2A0B", "lightUp", "D9734E"),
    Outcome.UNDECIDED: Look("缺数据未定", "？", "FFE699", "6B4E00"),
    Outcome.JUDGED: Look("由评审人判断", "…", "EDEDED", "404040"),
    Outcome.NOT_APPLICABLE: Look("不适用", "－", "EDEDED", "404040"),
}

HEAD_FILL = "1F4E79"
HEAD_TEXT = "FFFFFF"
SUBHEAD_FILL = "D9E2EC"
INPUT_FILL = "FFFDF0"
ASKED_FILL = "FFF9D6"  # an input cell that waits for an entry
CARRIED_FILL = "E8F3E4"  # an input cell that holds what was ruled on an earlier version
ASKED_LINE = "2E75B6"
GRID = "A6A6A6"
ACCENT = "1F4E79"
MUTED = "595959"
LINK = "0563C1"

# Tints that an office may choose for itself, by the name they have in its settings.
TINTS: dict[str, tuple[Severity | Outcome, ...]] = {
    "error": (Severity.ERROR, Outcome.DIFFERS),
    "warning": (Severity.WARNING, Outcome.UNDECIDED),
    "note": (Severity.NOTE,),
    "agrees": (Outcome.AGREES, Outcome.WITHIN_READINGS),
    "judged": (Outcome.JUDGED, Outcome.NOT_APPLICABLE),
}
LEAST_CONTRAST = 4.5  # of text on its tint, as WCAG 2 asks for


@contextmanager
def in_colours(chosen: Mapping[str, str]) -> Iterator[None]:
    """Everything written inside the block has these tints; process-wide, for one thread."""
    severities, outcomes = dict(SEVERITY), dict(OUTCOME)
    for name, fill in chosen.items():
        for key in TINTS[name]:
            if isinstance(key, Severity):
                SEVERITY[key] = replace(SEVERITY[key], fill=fill)
            else:
                OUTCOME[key] = replace(OUTCOME[key], fill=fill)
    try:
        yield
    finally:
        SEVERITY.update(severities)
        OUTCOME.update(outcomes)


def tint_of(name: str) -> Look:
    """The look that a tint belongs to, as shipped."""
    key = TINTS[name][0]
    return SEVERITY[key] if isinstance(key, Severity) else OUTCOME[key]


def contrast(first: str, second: str) -> float:
    """How far two colours RRGGBB differ in lightness: 1 for equal, 21 for black on white."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
