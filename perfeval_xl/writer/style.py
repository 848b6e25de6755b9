"""Every colour, pattern and font the written workbooks use, in one place.

Severities are told apart without colour vision: each has its own word, its own sign and its own
pattern besides its colour, and the tints differ in lightness so that grey print keeps them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

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
ASKED_LINE = "2E75B6"
GRID = "A6A6A6"
ACCENT = "1F4E79"
MUTED = "595959"
LINK = "0563C1"
