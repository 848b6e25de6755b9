"""横向比较: what the units of a batch look like beside each other, from their records.

One sheet of charts and figures per form and year; where units stand out or resemble each other, a
second sheet lists the cases with the texts side by side. All of it are notes.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple

from xlsxwriter.worksheet import Worksheet

from perfeval_xl.forms.peers import PeerLimits
from perfeval_xl.model import Outcome
from perfeval_xl.writer.book import (
    COLUMN_UNIT,
    HAIRLINE,
    Book,
    Column,
    Listing,
    cell_properties,
    head_properties,
    safe_text,
    set_up_page,
)
from perfeval_xl.writer.charts import dress, font, value_axis
from perfeval_xl.writer.style import ACCENT, HEAD_FONT, MUTED
from perfeval_xl.writer.summary_data import NO_NAME, Record, decimal, file_stem, optional

PEERS, CASES = "横向比较", "横向明细"
EVERY_ROW_FULL = "score.every_row_full"
OUTLIERS = ("batch.per_head_outlier", "batch.ratio_outlier")
SIMILAR_TEXT, EQUAL_SCORES = "batch.similar_text", "batch.equal_scores"

NOTE = "以下都是提示，不是错误，不影响得分。每个单位只算一份文件，退回的文件不参加。"
NO_PEERS = "没有可以比较的单位。"
TOO_FEW = "数字：能比的单位只有 {units} 个，少于 {least} 个，没有比较人均数和比率。"
FAR_OUT = "数字：{units} 个单位之间比较，{cases} 处明显偏离中位数（一个数能比的单位少于 {least} 个的，不比）。"
ALONE = "文字和评分：只有一个单位，没有可比的。"
RESEMBLING = "文字：{texts}。评分：{scores}；{full}。"
SEE_CASES = "逐条见“{sheet}”。"

HEADS = ("指标", "分值", "单位数", "满分率", "缺数据\n未定率", "平均\n扣分", "扣分率", "最低\n自评",
         "说明")  # fmt: skip
WIDTHS = (44, 7, 9, 9, 9, 9, 9, 9, 40)
NEARLY_ALL = "几乎全是满分，分不出高低"
MOSTLY_UNDECIDED = "多数单位缺数据"
FULL_SHARE_TITLE = "各项指标的满分率（自评）"
TOTALS_TITLE = "总分的分布（单位数）"
STATED, COMPUTED = "自评总分", "复核得分"
TOTALS_HEADS = ("分数段", STATED, COMPUTED)
BEYOND = "超过 100"
GREY = "A6A6A6"

CASES_NOTE = "都是提示：不一定有错，请对照原件判断。同一对单位只列一次。"
CASE_COLUMNS = (
    Column("序号", 6, "center", 9),
    Column("单位", 20, "text", 9),
    Column("比较的数", 20, "text", 9),
    Column("本单位", 13, "center", 9),
    Column("中位数", 22, "text", 9),
    Column("怎么算的", 46, "text", 9),
    Column("最接近的单位", 46, "text", 9),
)
OUTLIERS_HEADING = "一、明显偏离同类单位的数字"
TEXTS_HEADING = "二、几乎相同的文字"
TEXT_HEADS = ("序号", "单位", "栏目", "相同程度", "相同的单位", "本单位写的", "对方写的")
SCORES_HEADING = "三、逐项相同的自评得分"
SCORE_HEADS = ("序号", "单位", "比较的数", "不是满分的项数", "相同的单位", "说明", "")

_BIN = 5
_LAST_BIN = 95
_CHART_PIXELS = 520
_WIDTH = sum(int(width * COLUMN_UNIT + 5) for width in WIDTHS)
_LEFT_PIXELS = int(_WIDTH * 0.55)


@dataclass(slots=True)
class _Row:
    """One indicator over all units; rows that share points are one."""

    numbers: list[int]
    labels: list[str]
    max: Decimal
    units: int = 0  # with a self-score
    full: int = 0
    counted: int = 0
    undecided: int = 0
    deducted: Decimal = Decimal(0)
    lowest: Decimal | None = None

    @property
    def label(self) -> str:
        """What it is called: 22–24 经济效益、社会效益、生态效益（合计）."""
        first, last = self.numbers[0], self.numbers[-1]
        if first == last:
            return f"{first} {self.labels[0]}"
        return f"{first}–{last} {'、'.join(self.labels)}（合计）"


@dataclass(slots=True)
class _Group:
    """The units of one form and year."""

    units: int = 0
    full: list[str] = field(default_factory=list)  # units with full marks on every row
    rows: dict[str, _Row] = field(default_factory=dict)
    stated: Counter[int] = field(default_factory=Counter)
    computed: Counter[int] = field(default_factory=Counter)
    outliers: int = 0

    def add(self, record: Record, unit: str) -> None:
        """Take the figures of one unit."""
        self.units += 1
        totals = record["totals"]
        stated = totals["stated"] if totals["stated"] is not None else totals["self_sum"]
        for counts, total in ((self.stated, stated), (self.computed, totals["computed"])):
            if total is not None:
                counts[_bin(decimal(total))] += 1
        if any(finding["code"] == EVERY_ROW_FULL for finding in record["findings"]):
            self.full.append(unit)
        for row, own, undecided in self._rows_of(record["indicators"]):
            row.counted += 1
            row.undecided += undecided
            if own is not None:
                row.units += 1
                row.full += own >= row.max
                row.deducted += max(Decimal(0), row.max - own)
                row.lowest = own if row.lowest is None else min(row.lowest, own)

    def _rows_of(self, indicators: Sequence[Record]) -> Iterator[tuple[_Row, Decimal | None, bool]]:
        own: dict[str, Decimal | None] = {}
        undecided: dict[str, bool] = {}
        for indicator in indicators:
            key = indicator.get("shared") or indicator["id"]
            row = self.rows.get(key)
            if row is None:
                row = self.rows[key] = _Row([], [], decimal(indicator["max"]))
            number = indicator.get("number") or 0
            if number not in row.numbers:
                row.numbers.append(number)
                row.labels.append(indicator.get("label") or indicator["id"])
            score = optional(indicator["self"])
            before = own.get(key)
            own[key] = score if before is None else before + decimal(score)
            undecided[key] = undecided.get(key, False) or _is_undecided(indicator)
        return ((self.rows[key], own[key], undecided[key]) for key in own)


_Values = tuple[str | int, ...]  # of one row, all but its number


class _Case(NamedTuple):
    """A far-out figure as it is listed, with the measure and the file to sort it by."""

    measure: str
    file: str
    values: _Values


@dataclass(slots=True)
class Peers:
    """What one pass over the records leaves for the comparison; ``add`` takes the next record."""

    groups: dict[tuple[str, int], _Group] = field(default_factory=dict)
    outliers: list[_Case] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)  # rows of one text each, packed
    scores: list[_Values] = field(default_factory=list)
    _pairs: set[tuple[str, str, str]] = field(default_factory=set)

    def add(self, record: Record) -> None:
        """Take what the comparison needs of one record."""
        if record["status"] != "evaluated" or not record["indicators"]:
            return
        unit = (record["unit"] or {}).get("name") or file_stem(record["file"])
        key = (record["form"] or "", record["year"] if record.get("year") else 0)
        group = self.groups.setdefault(key, _Group())
        if record.get("stands_for_unit", True):
            group.add(record, unit)
        file = record["file"]
        for finding in record["findings"]:
            if finding["code"] in OUTLIERS:
                group.outliers += 1
                values = _outlier_values(unit, finding)
                self.outliers.append(_Case(finding["key"], file, values))
            elif finding["code"] == SIMILAR_TEXT:
                if self._is_new_pair(file, finding):
                    self.texts.append(_packed(_text_rows(unit, finding)))
            elif finding["code"] == EQUAL_SCORES and self._is_new_pair(file, finding):
                self.scores.append(_score_values(unit, finding))

    @property
    def has_cases(self) -> bool:
        """Whether any unit stands out or resembles another."""
        return bool(self.outliers or self.texts or self.scores)

    def _is_new_pair(self, own: str, finding: Record) -> bool:
        """Whether any pair of the finding has not been seen from the other side."""
        key = finding["key"]
        files = [other["file"] for other in finding["compared"]["others"]]
        fresh = [file for file in files if (key, file, own) not in self._pairs]
        self._pairs.update((key, own, file) for file in fresh)
        return bool(fresh)


def write_peers(book: Book, peers: Peers, limits: PeerLimits) -> list[str]:
    """Write 横向比较 and, where there are cases, 横向明细; returns the names of the sheets."""
    _PeersSheet(book, peers, limits).write()
    if not peers.has_cases:
        return [PEERS]
    _write_cases(book, peers)
    return [PEERS, CASES]


class _PeersSheet:
    """The sheet of charts, written from top to bottom."""

    def __init__(self, book: Book, peers: Peers, limits: PeerLimits) -> None:
        self._book = book
        self._peers = peers
        self._limits = limits
        self._sheet: Worksheet = book.sheet(PEERS)
        self._row = 0

    def write(self) -> None:
        """Title, what was compared, then a block per form and year."""
        for number, width in enumerate(WIDTHS):
            self._sheet.set_column(number, number, width)
        set_up_page(self._sheet, landscape=True)
        self._line(PEERS, 26, font_name=HEAD_FONT, font_size=15)
        self._line(NOTE, 18, font_size=9, font_color=f"#{MUTED}")
        if not self._peers.groups:
            self._line(NO_PEERS, 22, font_color=f"#{MUTED}")
        groups = sorted(self._peers.groups.items(), key=lambda item: (-item[1].units, item[0]))
        for (form, year), group in groups:
            if len(groups) > 1:
                heading = f"{form}（{year} 年度，{group.units} 个单位）"
                self._line(heading, 30, font_name=HEAD_FONT, font_size=12, valign="bottom")
            self._write_group(group)

    def _write_group(self, group: _Group) -> None:
        for sentence in sentences(group, self._peers, self._limits):
            self._line(sentence, 18)
        chart_row = self._row
        self._sheet.set_row(chart_row, 6)
        self._sheet.set_row_pixels(chart_row + 1, _CHART_PIXELS)
        self._sheet.set_row(chart_row + 2, 8)
        self._row += 3
        first = self._write_rows(group)
        bins = self._write_totals(group)
        self._draw_full_shares(chart_row + 1, first, len(group.rows))
        self._draw_totals(chart_row + 1, bins)

    def _write_rows(self, group: _Group) -> int:
        """Write the table of indicators; returns its first row."""
        if len(self._peers.groups) == 1:
            self._sheet.repeat_rows(self._row)
        self._heads(HEADS)
        first = self._row
        for row in group.rows.values():
            mean = row.deducted / row.units if row.units else None
            rate = float(mean / row.max) if mean is not None and row.max else None
            self._sheet.set_row(self._row, 18)
            self._put(0, row.label, "text")
            self._put(1, row.max, "center", "General")
            self._put(2, row.units, "center")
            self._put(3, _share(row.full, row.units), "center", "0%")
            self._put(4, _share(row.undecided, row.counted), "center", "0%")
            self._put(5, mean, "center", "0.00")
            self._put(6, rate, "center", "0%")
            self._put(7, row.lowest, "center", "General")
            self._put(8, remark(row, self._limits), "text")
            self._row += 1
        return first

    def _write_totals(self, group: _Group) -> tuple[int, int]:
        """Write how the totals are distributed; returns the first row and how many there are."""
        self._line("", 8)
        self._heads(TOTALS_HEADS)
        first = self._row
        for start in bins_of(group):
            self._put(0, bin_name(start), "center")
            self._put(1, group.stated[start], "center")
            self._put(2, group.computed[start], "center")
            self._row += 1
        self._line("", 12)
        return first, len(bins_of(group))

    def _draw_full_shares(self, row: int, first: int, rows: int) -> None:
        chart: Any = self._book.chart("bar")
        chart.add_series(
            {
                "name": FULL_SHARE_TITLE,
                "categories": [PEERS, first, 0, first + rows - 1, 0],
                "values": [PEERS, first, 3, first + rows - 1, 3],
                "fill": {"color": f"#{ACCENT}"},
                "gap": 45,
                "data_labels": {"value": True, "font": font(8), "num_format": "0%"},
            }
        )
        dress(chart, FULL_SHARE_TITLE)
        chart.set_x_axis(
            {"visible": False, "major_gridlines": {"visible": False}, "min": 0, "max": 1.1}
        )
        chart.set_y_axis(
            {"reverse": True, "num_font": font(8), "line": {"color": f"#{HAIRLINE}"}}
            | {"major_tick_mark": "none", "interval_unit": 1}
        )
        chart.set_legend({"none": True})
        self._place(chart, row, 0, _LEFT_PIXELS)

    def _draw_totals(self, row: int, bins: tuple[int, int]) -> None:
        chart: Any = self._book.chart("column")
        first, count = bins
        for column, name, fill in ((1, STATED, GREY), (2, COMPUTED, ACCENT)):
            chart.add_series(
                {
                    "name": name,
                    "categories": [PEERS, first, 0, first + count - 1, 0],
                    "values": [PEERS, first, column, first + count - 1, column],
                    "fill": {"color": f"#{fill}"},
                    "gap": 60,
                    "overlap": 0,
                    "data_labels": {"value": True, "font": font(8), "num_format": "0;;"},
                }
            )
        dress(chart, TOTALS_TITLE)
        chart.set_x_axis({"num_font": font(9), "line": {"color": f"#{HAIRLINE}"}})
        chart.set_y_axis(value_axis() | {"min": 0, "num_format": "0"})
        chart.set_legend({"position": "top", "font": font(9)})
        self._place(chart, row, _LEFT_PIXELS, _WIDTH - _LEFT_PIXELS)

    def _place(self, chart: Any, row: int, left: int, width: int) -> None:
        chart.set_size({"width": width - 6, "height": _CHART_PIXELS - 4})
        self._sheet.insert_chart(row, 0, chart, {"x_offset": left + 2, "object_position": 1})

    def _heads(self, heads: Sequence[str]) -> None:
        look = self._book.format(**head_properties(9))
        self._sheet.set_row(self._row, 28)
        for column, head in enumerate(heads):
            self._sheet.write_string(self._row, column, head, look)
        self._row += 1

    def _put(self, column: int, value: Any, kind: Any, shown: str = "0") -> None:
        properties = cell_properties(kind, 9)
        if isinstance(value, str):
            look = self._book.format(**properties)
            self._sheet.write_string(self._row, column, safe_text(value), look)
        elif value is None:
            self._sheet.write_blank(self._row, column, None, self._book.format(**properties))
        else:
            look = self._book.format(**properties, num_format=shown)
            self._sheet.write_number(self._row, column, float(value), look)

    def _line(self, text: str, height: float, **properties: object) -> None:
        self._sheet.set_row(self._row, height)
        if text:
            look = self._book.format(**{"font_size": 10} | properties)
            self._sheet.write_string(self._row, 0, safe_text(text), look)
        self._row += 1


# ---- what is said ----


def sentences(group: _Group, peers: Peers, limits: PeerLimits) -> list[str]:
    """What was compared and what came of it, or why nothing was."""
    least = limits.outliers.least_units
    if group.units < least:
        said = [TOO_FEW.format(units=group.units, least=least)]
    else:
        said = [FAR_OUT.format(units=group.units, cases=group.outliers, least=least)]
    if group.units < 2:
        return [*said, ALONE]
    texts = f"{len(peers.texts)} 处与别的单位几乎相同" if peers.texts else "没有几乎相同的"
    scores = f"{len(peers.scores)} 处与别的单位逐项相同" if peers.scores else "没有逐项相同的"
    full = f"{len(group.full)} 个单位每一行都是满分"
    if group.full:
        full += f"（{'、'.join(group.full[:3])}{'等' if len(group.full) > 3 else ''}）"
    said.append(RESEMBLING.format(texts=texts, scores=scores, full=full))
    return [*said, SEE_CASES.format(sheet=CASES)] if peers.has_cases else said


def remark(row: _Row, limits: PeerLimits) -> str:
    """What the figures say of an indicator: that it tells nobody apart, or cannot be checked."""
    said = []
    if row.units >= limits.rubric.least_units and row.full >= limits.rubric.nearly_all * row.units:
        said.append(NEARLY_ALL)
    if (
        row.counted >= limits.rubric.least_units
        and row.undecided >= limits.rubric.mostly_undecided * row.counted
    ):
        said.append(MOSTLY_UNDECIDED)
    return "；".join(said)


def bins_of(group: _Group) -> list[int]:
    """Where the bins begin, from the lowest that has a unit; one more for totals above 100."""
    met = [start for start in (*group.stated, *group.computed) if start <= _LAST_BIN]
    bins = list(range(min(met, default=_LAST_BIN), _LAST_BIN + _BIN, _BIN))
    beyond = _LAST_BIN + _BIN
    return [*bins, beyond] if group.stated[beyond] or group.computed[beyond] else bins


def bin_name(start: int) -> str:
    """A bin as it stands under the chart: 90–95, the lower bound included."""
    return BEYOND if start > _LAST_BIN else f"{start}–{start + _BIN}"


def _bin(total: Decimal) -> int:
    if total > _LAST_BIN + _BIN:
        return _LAST_BIN + _BIN
    return max(0, min(_LAST_BIN, int(total // _BIN) * _BIN))


def _share(count: int, of: int) -> float | None:
    return count / of if of else None


def _is_undecided(indicator: Record) -> bool:
    return bool(indicator["outcome"] == Outcome.UNDECIDED)


# ---- the cases ----


def _write_cases(book: Book, peers: Peers) -> None:
    listing = Listing(book, CASES, CASES, CASES_NOTE, CASE_COLUMNS)
    if peers.outliers:
        listing.write_heading(OUTLIERS_HEADING)
        listing.write_head(24, size=9)
        for number, case in enumerate(_gravest_first(peers.outliers), 1):
            listing.write_row((number, *case.values))
    if peers.texts:
        listing.write_heading(TEXTS_HEADING)
        listing.write_head(24, TEXT_HEADS, size=9)
        rows = chain.from_iterable(map(_unpacked, peers.texts))
        for number, values in enumerate(rows, 1):
            listing.write_row((number, *values))
    if peers.scores:
        listing.write_heading(SCORES_HEADING)
        listing.write_head(24, SCORE_HEADS, size=9)
        for number, values in enumerate(peers.scores, 1):
            listing.write_row((number, *values))


def _gravest_first(cases: Sequence[_Case]) -> list[_Case]:
    """Cases of one measure together, the measures in alphabetical order of their ids."""
    return sorted(cases, key=lambda case: (case.measure, case.file))


def _outlier_values(unit: str, finding: Record) -> _Values:
    compared = finding["compared"]
    others = "、".join(f"{other['unit']} {other['shown']}" for other in compared["others"])
    median = f"{finding['expected']}（{compared['units']} 个单位）\n{finding['difference']}"
    return (
        unit or NO_NAME, compared["label"], finding["provided"], median,
        compared["shown"], others,
    )  # fmt: skip


def _text_rows(unit: str, finding: Record) -> list[_Values]:
    """A row for each unit that wrote nearly the same, with what both wrote."""
    compared = finding["compared"]
    rows: list[_Values] = []
    for other in compared["others"]:
        own = "\n".join(f"· {here}" for here, _ in other["passages"])
        others = "\n".join(f"· {there}" for _, there in other["passages"])
        rows.append((unit, compared["label"], f"{other['percent']}%", other["unit"], own, others))
    return rows


def _packed(rows: list[_Values]) -> bytes:
    """Rows until their sheet is begun: of 10,000 units they would be 100 MB."""
    return zlib.compress(json.dumps(rows).encode(), 1)


def _unpacked(packed: bytes) -> list[_Values]:
    return [tuple(row) for row in json.loads(zlib.decompress(packed))]


def _score_values(unit: str, finding: Record) -> _Values:
    compared = finding["compared"]
    names = "、".join(other["unit"] for other in compared["others"])
    if compared["units"] > len(compared["others"]):
        names += f"等 {compared['units']} 个单位"
    deductions = compared["deductions"]
    return (unit, "各项自评得分", deductions, names, finding["message"], "")
