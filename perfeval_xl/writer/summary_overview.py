"""总览: the first sheet of the summary, one printed page of key figures and charts.

The figures the charts are drawn from stand below the page, in view but not printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from xlsxwriter.worksheet import Worksheet

from perfeval_xl.model import Outcome, Severity
from perfeval_xl.writer.book import HAIRLINE, Book, number_format, safe_text, set_up_page
from perfeval_xl.writer.charts import dress, font, value_axis
from perfeval_xl.writer.style import (
    ACCENT,
    HEAD_FONT,
    MUTED,
    OUTCOME,
    SEVERITY,
    SUBHEAD_FILL,
)
from perfeval_xl.writer.summary_data import (
    FindingKind,
    Gathered,
    UnitRow,
    file_stem,
    plain,
    unit_faults,
    widest_gaps,
)

OVERVIEW = "总览"
UNITS_DRAWN = 30
KINDS_DRAWN = 10
FULL_MARKS = 100
GREY = "A6A6A6"
NAME_DRAWN = 9  # characters of a unit's name under the chart

GAPS_TITLE = "自评总分与复核得分（差异大的在左）"
GAPS_TITLE_CAPPED = "自评总分与复核得分（差异最大的 {} 个单位，共 {} 个）"
POINTS_TITLE = "分值去向（全部单位合计）"
KINDS_TITLE = "最常见的问题（涉及文件数）"
STATED, COMPUTED, DIFFERENCE = "自评总分", "复核得分", "差异"
NO_FILES = "没有收到文件。"
NOTHING_TO_DRAW = "没有完成复核的文件，没有可画的图。"
DATA_TITLE = "图中数据（不打印）"

_COLUMNS, _COLUMN_WIDTH, _COLUMN_PIXELS = 12, 11, 93
_WIDTH = _COLUMNS * _COLUMN_PIXELS
_CARD_ROWS = (4, 7)  # first row of each line of cards; the number above, its name below
_GAPS_ROW, _LOWER_ROW, _DATA_ROW = 10, 12, 15  # charts lie on one tall row each
_GAPS_PIXELS, _LOWER_PIXELS = 320, 300
_POINTS_COLUMNS = 5


@dataclass(frozen=True, slots=True)
class Card:
    """One key figure: what is shown large, its name below, the severity that colours it."""

    figure: str
    name: str
    severity: Severity | None = None


def write_overview(
    book: Book,
    title: str,
    gathered: Gathered,
    units: Sequence[UnitRow],
    findings_sheets: Sequence[str],
) -> None:
    """Write 总览."""
    sheet = book.sheet(OVERVIEW)
    sheet.set_column(0, _COLUMNS - 1, _COLUMN_WIDTH)
    set_up_page(sheet, landscape=True)
    sheet.fit_to_pages(1, 1)
    _write_title(book, sheet, title, verdict(gathered), findings_sheets)
    for row, cards in zip(_CARD_ROWS, key_figures(gathered), strict=True):
        _write_cards(book, sheet, row, cards)
    if not units:
        sheet.write_string(_GAPS_ROW, 0, NOTHING_TO_DRAW, book.format(font_color=f"#{MUTED}"))
        return
    _Charts(book, sheet).draw(gathered, units)
    sheet.print_area(0, 0, _LOWER_ROW, _COLUMNS - 1)


def verdict(gathered: Gathered) -> str:
    """The batch in one sentence."""
    if not gathered.files:
        return NO_FILES
    faulty = sum(unit.errors > 0 for unit in gathered.units)
    parts = [f"共收到 {gathered.files} 个文件，复核 {len(gathered.units)} 个"]
    if gathered.figures:
        parts.append(f"只有基础数据的 {len(gathered.figures)} 个")
    if gathered.returned:
        parts.append(f"退回 {len(gathered.returned)} 个")
    if gathered.units:
        parts.append(f"{faulty} 个有错误、需要单位改正" if faulty else "没有发现错误")
    return "，".join(parts) + "。"


def key_figures(gathered: Gathered) -> tuple[list[Card], list[Card]]:
    """The two lines of cards: files and units, then findings and points."""
    units = gathered.units
    first = [
        Card(str(gathered.files), "收到文件"),
        Card(str(len(units)), "完成复核"),
        Card(str(len(gathered.returned)), "退回"),
        Card(str(sum(unit.errors > 0 for unit in units)), "有错误的单位"),
        Card(str(sum(bool(unit.difference) for unit in units)), "总分有差异的单位"),
        Card(str(sum(unit.rating_differs for unit in units)), "等次不相符的单位"),
    ]
    second = [
        Card(str(gathered.findings[severity]), f"{look.sign} {look.word}（条）", severity)
        for severity, look in SEVERITY.items()
    ]
    for outcome, name in _POINT_CARDS.items():
        second.append(Card(_share(gathered, outcome), name))
    return first, second


_POINT_CARDS = {
    "decided": "数字可定的分值",
    Outcome.UNDECIDED.value: "缺数据未定的分值",
    Outcome.JUDGED.value: "待评审人判断的分值",
}
_STRIPES = "wide_upward_diagonal"
_SLICES = {
    Outcome.AGREES: {"fill": "A9CBA4"},
    Outcome.WITHIN_READINGS: {"fill": "E2EFDA", "pattern": _STRIPES, "mark": "6E9E68"},
    Outcome.DIFFERS: {"fill": "F8CBAD", "pattern": _STRIPES, "mark": "D9734E"},
    Outcome.UNDECIDED: {"fill": "FFE699"},
    Outcome.JUDGED: {"fill": "D9D9D9"},
    Outcome.NOT_APPLICABLE: {"fill": "F2F2F2"},
}


def _share(gathered: Gathered, outcome: str) -> str:
    """Share of all points of all units that ended so, as a percentage."""
    total = sum(gathered.points.values())
    if not total:
        return "－"
    if outcome == "decided":
        rest = gathered.points[Outcome.UNDECIDED] + gathered.points[Outcome.JUDGED]
        return f"{plain(round((total - rest) / total * 100, 1))}%"
    return f"{plain(round(gathered.points[outcome] / total * 100, 1))}%"


def _write_title(
    book: Book, sheet: Worksheet, title: str, sentence: str, findings_sheets: Sequence[str]
) -> None:
    sheet.set_row(0, 34)
    sheet.write_string(
        0, 0, title, book.format(font_name=HEAD_FONT, font_size=20, font_color=f"#{ACCENT}")
    )
    sheet.set_row(1, 22)
    sheet.write_string(1, 0, sentence, book.format(font_size=12))
    sheet.set_row(2, 18)
    if len(findings_sheets) > 1:
        names = "、".join(findings_sheets)
        note = f"问题太多，一张表写不下，分在 {len(findings_sheets)} 张：{names}。"
        sheet.write_string(2, 0, note, book.format(font_size=9, font_color=f"#{MUTED}"))
    sheet.set_row(3, 4)


def _write_cards(book: Book, sheet: Worksheet, row: int, cards: Iterable[Card]) -> None:
    """Write cards two columns wide, the figure above its name."""
    sheet.set_row(row, 32)
    sheet.set_row(row + 1, 19)
    sheet.set_row(row + 2, 7)
    for position, card in enumerate(cards):
        column = position * 2
        look = SEVERITY[card.severity] if card.severity and card.figure != "0" else None
        colour = look.text if look else ACCENT
        common = {"align": "center", "bg_color": f"#{look.fill if look else SUBHEAD_FILL}"}
        figure = book.format(
            **common, font_name=HEAD_FONT, font_size=20, font_color=f"#{colour}", **_side("top")
        )
        name = book.format(**common, font_size=10, font_color="#404040", **_side("bottom"))
        sheet.merge_range(row, column, row, column + 1, "", figure)
        sheet.write_string(row, column, card.figure, figure)
        sheet.merge_range(row + 1, column, row + 1, column + 1, card.name, name)


def _side(side: str) -> dict[str, object]:
    """White edges that set neighbouring cards apart, a hairline where a card ends."""
    edges: dict[str, object] = {"left": 5, "left_color": "#FFFFFF", "right": 5}
    return edges | {"right_color": "#FFFFFF", side: 1, f"{side}_color": f"#{HAIRLINE}"}


class _Charts:
    """The three charts and the block of figures they are drawn from."""

    def __init__(self, book: Book, sheet: Worksheet) -> None:
        self._book = book
        self._sheet = sheet
        self._text = book.format(font_size=9)
        self._head = book.format(
            font_size=9, bold=True, bottom=1, bottom_color=f"#{HAIRLINE}", font_color=f"#{MUTED}"
        )

    def draw(self, gathered: Gathered, units: Sequence[UnitRow]) -> None:
        """Write the block of figures and place the charts above it."""
        drawn = widest_gaps(list(units), UNITS_DRAWN)
        kinds = unit_faults(gathered.kinds())[:KINDS_DRAWN]
        self._sheet.set_row(_DATA_ROW - 1, 24)
        heading = self._book.format(font_name=HEAD_FONT, font_size=12)
        self._sheet.write_string(_DATA_ROW - 1, 0, DATA_TITLE, heading)
        self._sheet.set_row_pixels(_GAPS_ROW, _GAPS_PIXELS)
        self._sheet.set_row_pixels(_LOWER_ROW, _LOWER_PIXELS)
        self._sheet.set_row(_LOWER_ROW - 1, 8)
        self._write_gaps(drawn)
        slices = self._write_points(gathered)
        first_kind = _DATA_ROW + slices + 3
        self._write_kinds(kinds, first_kind)
        self._draw_gaps(drawn, len(units))
        self._draw_points(slices)
        if kinds:
            self._draw_kinds(first_kind, len(kinds))

    def _write_gaps(self, drawn: Sequence[UnitRow]) -> None:
        self._write_heads(_DATA_ROW, 0, ("单位", "", "", STATED, COMPUTED, DIFFERENCE))
        for row, unit in enumerate(drawn, _DATA_ROW + 1):
            self._write_text(row, 0, drawn_name(unit))
            for column, points in enumerate((unit.stated, unit.computed, unit.difference), 3):
                if can_be_drawn(points):
                    self._write_number(row, column, points)

    def _write_points(self, gathered: Gathered) -> int:
        """Write points by outcome; returns how many outcomes there are."""
        self._write_heads(_DATA_ROW, 7, ("结论", "", "", "分值", "占比"))
        total = sum(gathered.points.values())
        shown = [outcome for outcome in _SLICES if gathered.points[outcome]]
        for row, outcome in enumerate(shown, _DATA_ROW + 1):
            points = gathered.points[outcome]
            share = self._book.format(font_size=9, num_format="0.0%", align="right")
            legend = f"{OUTCOME[outcome].sign} {OUTCOME[outcome].word} {points / total:.1%}"
            self._write_text(row, 7, legend)
            self._write_number(row, 10, points)
            self._sheet.write_number(row, 11, float(points / total), share)
        self._slices = shown
        return len(shown)

    def _write_kinds(self, kinds: Sequence[FindingKind], first: int) -> None:
        self._write_heads(first - 1, 7, ("问题", "", "", "条数", "文件数"))
        for row, kind in enumerate(kinds, first):
            sign = SEVERITY[Severity(kind.severity)].sign
            self._write_text(row, 7, f"{sign} {kind.title}")
            self._sheet.write_number(row, 10, kind.findings, self._text)
            self._sheet.write_number(row, 11, kind.files, self._text)

    def _write_heads(self, row: int, column: int, heads: Iterable[str]) -> None:
        for position, head in enumerate(heads, column):
            self._sheet.write_string(row, position, head, self._head)

    def _write_text(self, row: int, column: int, text: str) -> None:
        self._sheet.write_string(row, column, safe_text(text), self._text)

    def _write_number(self, row: int, column: int, value: Any) -> None:
        look = self._book.format(font_size=9, align="right", num_format=number_format(value))
        self._sheet.write_number(row, column, float(value), look)

    def _draw_gaps(self, units_drawn: Sequence[UnitRow], units: int) -> None:
        """Two marks for each unit, joined by a line as long as the difference."""
        chart: Any = self._book.chart("line")
        drawn = len(units_drawn)
        for column, name, fill in ((3, STATED, GREY), (4, COMPUTED, ACCENT)):
            chart.add_series(
                {
                    "name": name,
                    "categories": [OVERVIEW, _DATA_ROW + 1, 0, _DATA_ROW + drawn, 0],
                    "values": [OVERVIEW, _DATA_ROW + 1, column, _DATA_ROW + drawn, column],
                    "line": {"none": True},
                    "marker": {
                        "type": "circle" if column == 3 else "diamond",
                        "size": 9 if column == 3 else 7,
                        "fill": {"color": f"#{fill}"},
                        "border": {"color": f"#{fill}"},
                    },
                }
            )
        chart.set_high_low_lines({"line": {"color": f"#{MUTED}", "width": 1}})
        capped = GAPS_TITLE_CAPPED.format(drawn, units)
        dress(chart, capped if units > drawn else GAPS_TITLE)
        chart.set_x_axis({"num_font": font(8, rotation=-45), "line": {"color": f"#{HAIRLINE}"}})
        chart.set_y_axis(value_axis() | score_range(units_drawn))
        chart.set_legend({"position": "top", "font": font(9)})
        chart.set_plotarea({"layout": {"x": 0.04, "y": 0.26, "width": 0.94, "height": 0.44}})
        self._place(chart, _GAPS_ROW, 0, _WIDTH)

    def _draw_points(self, slices: int) -> None:
        chart: Any = self._book.chart("doughnut")
        chart.add_series(
            {
                "name": POINTS_TITLE,
                "categories": [OVERVIEW, _DATA_ROW + 1, 7, _DATA_ROW + slices, 7],
                "values": [OVERVIEW, _DATA_ROW + 1, 10, _DATA_ROW + slices, 10],
                "points": [_slice(outcome) for outcome in self._slices],
            }
        )
        dress(chart, POINTS_TITLE)
        chart.set_hole_size(58)
        chart.set_legend({"position": "right", "font": font(9)})
        self._place(chart, _LOWER_ROW, 0, _POINTS_COLUMNS * _COLUMN_PIXELS - 8)

    def _draw_kinds(self, first: int, kinds: int) -> None:
        chart: Any = self._book.chart("bar")
        chart.add_series(
            {
                "name": KINDS_TITLE,
                "categories": [OVERVIEW, first, 7, first + kinds - 1, 7],
                "values": [OVERVIEW, first, 11, first + kinds - 1, 11],
                "fill": {"color": f"#{ACCENT}"},
                "gap": 60,
                "data_labels": {"value": True, "font": font(9)},
            }
        )
        dress(chart, KINDS_TITLE)
        chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
        chart.set_y_axis(
            {"reverse": True, "num_font": font(9), "line": {"color": f"#{HAIRLINE}"}}
            | {"major_tick_mark": "none"}
        )
        chart.set_legend({"none": True})
        width = (_COLUMNS - _POINTS_COLUMNS) * _COLUMN_PIXELS
        self._place(chart, _LOWER_ROW, _POINTS_COLUMNS, width)

    def _place(self, chart: Any, row: int, column: int, width: int) -> None:
        height = _GAPS_PIXELS if row == _GAPS_ROW else _LOWER_PIXELS
        chart.set_size({"width": width, "height": height - 2})
        self._sheet.insert_chart(row, column, chart, {"object_position": 1})


def drawn_name(unit: UnitRow) -> str:
    """The unit's name as it stands under the chart: short; the file's where there is none."""
    name = unit.name or file_stem(unit.file)
    return name if len(name) <= NAME_DRAWN else name[: NAME_DRAWN - 1] + "…"


def can_be_drawn(score: Decimal | None) -> bool:
    """Whether a score belongs into the chart; 9900 for 99 would press all others flat."""
    return score is not None and abs(score) <= 2 * FULL_MARKS


def score_range(units: Sequence[UnitRow]) -> dict[str, object]:
    """Bounds of the axis of scores: from a multiple of 5 below all of them, to 100 or above."""
    both = [score for unit in units for score in (unit.stated, unit.computed)]
    scores = [float(score) for score in both if score is not None and can_be_drawn(score)]
    least = min(scores, default=0)
    bounds: dict[str, object] = {"min": int((least - 1) // 5 * 5), "num_format": "General"}
    return bounds if max(scores, default=0) > FULL_MARKS else bounds | {"max": FULL_MARKS}


def _slice(outcome: Outcome) -> dict[str, object]:
    colours = _SLICES[outcome]
    border = {"color": "#FFFFFF", "width": 1}
    if "pattern" not in colours:
        return {"fill": {"color": f"#{colours['fill']}"}, "border": border}
    pattern = {
        "pattern": colours["pattern"],
        "fg_color": f"#{colours['mark']}",
        "bg_color": f"#{colours['fill']}",
    }
    return {"pattern": pattern, "border": border}
