"""The first sheet of the annotated copy, 复核意见: verdict, totals, findings, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from perfeval_xl.context import CELL_MARK, EarlierFinding
from perfeval_xl.model import (
    CellRef,
    Evaluation,
    Finding,
    IndicatorResult,
    Origin,
    Outcome,
    PassedCheck,
    RoundState,
    Severity,
    column_letters,
)
from perfeval_xl.ooxml import Border, ChangeLog, Fill, FillOf, Font, NewSheet, PrintSetup, Style
from perfeval_xl.ooxml.refs import Range, covering, range_text
from perfeval_xl.writer.formulas import HIGH, LOW, SCORE, VERDICT, ScoringFormulas, sheet_place
from perfeval_xl.writer.measure import text_height
from perfeval_xl.writer.pages import capacity, page_ends
from perfeval_xl.writer.rulings import WaiverColumns
from perfeval_xl.writer.style import (
    FONT,
    GRID,
    HEAD_FILL,
    HEAD_FONT,
    HEAD_TEXT,
    LINK,
    MUTED,
    SEVERITY,
    SUBHEAD_FILL,
    Look,
)
from perfeval_xl.writer.text import (
    ADVICE,
    CLAUSE_PREFIX,
    COVERED_FILL,
    FILE_PREFIX,
    FIX_PREFIX,
    LEGEND_NOTE,
    OTHER_RULES,
    PRINT_AREA_SET,
    RECEIVED,
    RESOLVED_TITLE,
    ROUND_LINE,
    ROUND_WORDS,
    SIGNED_NOTE,
    SOURCE_DIGEST,
    TEMPLATE_MARK,
    points,
    verdict,
)

_WIDTHS = (5.0, 9.0, 19.0, 11.0, 11.0, 9.0, 52.0)
_LAST = len(_WIDTHS)
_WHOLE = sum(_WIDTHS)
_SIZE = 10.0
_BORDER = Border(color=GRID)
_HEADS = ("序号", "程度", "位置", "填报", "应为", "差异", "问题、改法和依据")
_REPEATED = (1, 2)  # the title and the unit stand at the head of each page
_INDENT = 2.0  # characters that an indented text loses
_MAX_HEIGHT = 409.0
_MOST_TEXT = 180  # longer cell contents are shown shortened in the list


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a workbook came in.

    name: what it was sent as. program: our name and version. received: SHA-256 of the file as
    sent, when that was a copy of ours whose additions had to be taken out first; else empty.
    remark: what was done to be able to read it (decrypted, converted); else empty.
    rules: program and form data in words, by which a later round tells whether they changed.
    """

    name: str
    program: str = ""
    received: str = ""
    remark: str = ""
    rules: str = ""


class ReviewPage:
    """Writes the sheet from top to bottom; A4 portrait, head repeated, pages numbered."""

    def __init__(
        self,
        evaluation: Evaluation,
        arrival: Arrival,
        formulas: ScoringFormulas | None,
        sha256: str,
        font_size: float,
    ) -> None:
        self.evaluation = evaluation
        self.arrival = arrival
        self.formulas = formulas
        self.sha256 = sha256
        self.font_size = font_size
        self.sheet = NewSheet()
        self.waivers = WaiverColumns(self.sheet, evaluation, sha256)
        self.row = 1
        self._with_next: set[int] = set()  # rows that head the one below
        self._numerals = iter("一二三四五")

    def write(self, signed: bool) -> None:
        """All but the receipt; ``signed`` when a digital signature lies in the workbook."""
        self._set_up()
        self._write_head(signed)
        if self.evaluation.indicators:
            self._write_totals()
        else:
            self._write_counts()
        self._write_findings()
        if self.evaluation.context.round > 1:
            self._write_resolved()
        if self.evaluation.indicators:
            self._write_undecided()
        self._write_passed()

    def write_receipt(
        self,
        log: ChangeLog,
        covered: Iterable[tuple[int, Sequence[CellRef]]] = (),
        printed: str = "",
    ) -> None:
        """What was submitted and what we did to it, then the page set-up.

        covered: cells of one sheet whose own fill lies under ours, and a style that has that fill.
        printed: the print area that was set because the sheet had none.
        """
        self._section("凭证")
        self.waivers.keep_context(self.row)
        self._entry(SOURCE_DIGEST, self.sha256)
        if self.arrival.received:
            self._entry("说明", RECEIVED.format(sha256=self.arrival.received))
        self._entry("程序", self.arrival.program or "perfeval_xl")
        self._entry(f"改动部件 {len(log.parts_changed)} 个", "、".join(log.parts_changed))
        self._entry(f"新增部件 {len(log.parts_added)} 个", "、".join(log.parts_added))
        self._entry(f"写入 {len(log.cells_written)} 格", _ranges_by_sheet(log.cells_written))
        if log.cells_restyled == log.notes:
            self._entry(f"换底色、加批注 {len(log.notes)} 格", _ranges_by_sheet(log.notes))
        else:
            self._entry(
                f"换底色 {len(log.cells_restyled)} 格", _ranges_by_sheet(log.cells_restyled)
            )
            self._entry(f"加批注 {len(log.notes)} 格", _ranges_by_sheet(log.notes))
        for style, refs in covered:
            own = replace(_CELL, fill=FillOf(style))
            self._entry(COVERED_FILL, _ranges_by_sheet(refs), own)
        if printed:
            self._entry(PRINT_AREA_SET, printed)
        self._entry("调整列宽", _columns_by_sheet(log.columns_sized))
        self._entry("调整行高", _rows_by_sheet(log.rows_sized))
        self._line(ADVICE, _MUTED)
        self._line(LEGEND_NOTE, _MUTED)
        self._set_pages(self.row - 1)

    def _set_pages(self, last: int) -> None:
        setup = PrintSetup(
            footer="&L&9复核意见&C&9第 &P 页，共 &N 页",
            margins=(0.45, 0.45, 0.55, 0.6),
            title_rows=_REPEATED,
            area=(1, 1, last, _LAST),
        )
        room = capacity(setup, _WIDTHS, self.font_size)
        ends = page_ends(self.sheet.heights, last, self._with_next, _REPEATED, room)
        self.sheet.printing = replace(setup, page_ends=ends)

    def _set_up(self) -> None:
        for column, width in enumerate(_WIDTHS, 1):
            self.sheet.widths[column] = width
        self.sheet.tab_color = HEAD_FILL

    # ---- head ----

    def _write_head(self, signed: bool) -> None:
        evaluation = self.evaluation
        self._line("复核意见", _TITLE, height=30)
        unit = evaluation.unit_name or "（表中没有填写单位名称）"
        code = f"（预算编码 {evaluation.unit_code}）" if evaluation.unit_code else ""
        self._line(f"{unit}{code}　{evaluation.form_name}", _SUBTITLE)
        self._line(FILE_PREFIX + self.arrival.name, _MUTED_CENTER)
        if self.arrival.remark:
            self._line(self.arrival.remark, _TEXT)
        errors = evaluation.count(Severity.ERROR)
        look = SEVERITY[Severity.ERROR if errors else Severity.NOTE]
        if not errors and evaluation.count(Severity.WARNING):
            look = SEVERITY[Severity.WARNING]
        self._line(f"{look.sign} {verdict(evaluation)}", _verdict_style(look), height=30)
        if evaluation.context.round > 1:
            self._write_round()
        if signed:
            self._line(SIGNED_NOTE, _TEXT)
        self.row += 1

    def _write_round(self) -> None:
        """Which round it is, what is compared, and a word where the rules have changed since."""
        context = self.evaluation.context
        states = [f.round_state for f in self.evaluation.findings if f.origin is Origin.UNIT]
        counts = {state.value: states.count(state) for state in RoundState}
        self._line(
            ROUND_LINE.format(
                round=context.round, before=context.round - 1, file=context.earlier_file,
                resolved=len(self.evaluation.resolved), **counts,
            ),
            _TEXT,
        )  # fmt: skip
        if context.earlier_rules != self.arrival.rules:
            rules = context.earlier_rules
            self._line(OTHER_RULES.format(before=context.round - 1, rules=rules), _TEXT)

    def _write_totals(self) -> None:
        totals, live = self.evaluation.totals, self.formulas
        stated = totals.rating_stated or "未填"
        ratings = f"填报 {stated}，复核 "
        quoted = ratings.replace('"', '""')
        cells: tuple[tuple[str, str | Decimal | None, str | None], ...] = (
            ("填报总分", totals.stated, live.stated() if live else None),
            ("各行自评之和", totals.self_sum, live.self_sum() if live else None),
            ("复核得分", totals.computed, live.total(SCORE) if live else None),
            ("最低", totals.low, live.total(LOW) if live else None),
            ("最高", totals.high, live.total(HIGH) if live else None),
            (
                "评价等次",
                ratings + "／".join(totals.rating),
                f'"{quoted}"&{live.total(VERDICT)}' if live else None,
            ),
        )
        spans = ((1, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7))
        for (first, last), (head, value, formula) in zip(spans, cells, strict=True):
            self._merged(self.row, first, last, head, _SUBHEAD)
            shown = "—" if value is None else value
            self._merged(
                self.row + 1, first, last, shown, _FIGURE, formula if value is not None else None
            )
        self.sheet.heights[self.row + 1] = 26
        self.row += 2
        self._line(
            f"{self._counts()}。满分 100 分中：数字可定 {points(totals.decided)} 分，"
            f"缺数据未定 {points(totals.undecided)} 分，由评审人判断 {points(totals.judged)} 分。"
            "复核得分中，未定和待判断的指标暂按自评分计。",
            _TEXT,
        )
        self.row += 1

    def _write_counts(self) -> None:
        """What stands in place of the totals where the form has no scores."""
        read = sum(fact.number is not None for fact in self.evaluation.facts.values())
        self._line(
            f"{self._counts()}。{self.evaluation.year} 年度；读到 {read} 个数。"
            "这份表没有评分，只核对勾稽关系；同一单位的自评表用得上这些数。",
            _TEXT,
        )
        self.row += 1

    def _counts(self) -> str:
        return "、".join(
            f"{SEVERITY[s].word} {self.evaluation.count(s)} 处"
            for s in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
        )

    # ---- findings ----

    def _write_findings(self) -> None:
        findings = self.evaluation.findings
        self._section(f"发现的问题（{len(findings)} 处）")
        if not findings:
            self._line("没有发现问题。", _TEXT)
            self.row += 1
            return
        self.waivers.write_heads(self.row)
        self._heads(_HEADS)
        for number, finding in enumerate(findings, 1):
            self._write_finding(number, finding)
        self.waivers.restrict()
        self.row += 1

    def _write_finding(self, number: int, finding: Finding) -> None:
        look = SEVERITY[finding.severity]
        text = "\n".join(filter(None, (_finding_text(finding), self.waivers.remark(number - 1))))
        place = finding.refs[0] if finding.refs else None
        values: tuple[str | Decimal | None, ...] = (
            Decimal(number),
            f"{look.sign} {look.word}",
            _place_text(finding),
            _short(finding.provided),
            _short(finding.expected),
            finding.difference,
            text,
        )
        for column, value in enumerate(values, 1):
            style = (
                _severity_style(look) if column == 2 else _CELL if column < _LAST else _CELL_TEXT
            )
            self.sheet.write(self.row, column, value if value != "" else "—", style)
        if place is not None:
            self.sheet.write(self.row, 3, _place_text(finding), _CELL_LINK)
            self.sheet.link(self.row, 3, sheet_place(place), "跳到这一格")
        own = self._height(values)
        self.sheet.heights[self.row] = max(own, self.waivers.height(number - 1))
        self.waivers.write(self.row, number - 1)
        self.row += 1

    def _write_resolved(self) -> None:
        """What the round before had and this one has not."""
        resolved = self.evaluation.resolved
        self._section(f"{RESOLVED_TITLE}（{len(resolved)} 处）")
        if not resolved:
            self._line("没有。", _TEXT)
            self.row += 1
            return
        heads = (("序号", 1, 1), ("程度", 2, 2), ("上轮位置", 3, 3), ("上轮的问题", 4, _LAST))
        self._table_head(heads)
        for number, finding in enumerate(resolved, 1):
            look = SEVERITY[Severity(finding.severity)]
            place = _earlier_place(finding)
            self._merged(self.row, 1, 1, Decimal(number), _CELL)
            self._merged(self.row, 2, 2, f"{look.sign} {look.word}", _CELL)
            self._merged(self.row, 3, 3, place, _CELL)
            self._merged(self.row, 4, _LAST, finding.message, _CELL_TEXT)
            heights = (
                text_height(place, _WIDTHS[2] - _INDENT, _SIZE),
                text_height(finding.message, sum(_WIDTHS[3:]) - _INDENT, _SIZE),
            )
            self.sheet.heights[self.row] = min(_MAX_HEIGHT, max(heights) + 2)
            self.row += 1
        self.row += 1

    def _height(self, values: tuple[str | Decimal | None, ...]) -> float:
        heights = [
            text_height(value, width - _INDENT, _SIZE)
            for value, width in zip(values, _WIDTHS, strict=True)
            if isinstance(value, str)
        ]
        return min(_MAX_HEIGHT, max(heights) + 2)

    # ---- what is missing, what was checked ----

    def _write_undecided(self) -> None:
        open_results = sorted(
            (r for r in self.evaluation.indicators if r.outcome is Outcome.UNDECIDED),
            key=lambda result: (-result.max, result.number),
        )
        points_open = points(self.evaluation.totals.undecided)
        self._section(f"缺数据、暂不能复核的指标（{points_open} 分）")
        if not open_results:
            self._line("没有。", _TEXT)
            self.row += 1
            return
        self._table_head(
            (
                ("序号", 1, 1),
                ("分值", 2, 2),
                ("指标", 3, 4),
                ("自评得分", 5, 5),
                ("填上哪些数就能复核", 6, 7),
            )
        )
        for result in open_results:
            self._write_open(result)
        self.row += 1

    def _write_open(self, result: IndicatorResult) -> None:
        needed = result.sentence
        cells = (
            (Decimal(result.number), 1, 1, _CELL),
            (result.max, 2, 2, _CELL),
            (result.label, 3, 4, _CELL),
            (_short(result.self_score.raw) or "空白", 5, 5, _CELL),
            (needed, 6, 7, _CELL_TEXT),
        )
        for value, first, last, style in cells:
            self._merged(self.row, first, last, value, style)
        self.sheet.heights[self.row] = text_height(needed, sum(_WIDTHS[5:]) - _INDENT, _SIZE) + 2
        if result.self_score.ref is not None:
            self.sheet.write(self.row, 5, _short(result.self_score.raw) or "空白", _CELL_LINK)
            self.sheet.link(self.row, 5, sheet_place(result.self_score.ref), "跳到这一格")
        self.row += 1

    def _write_passed(self) -> None:
        self._section("已核对的勾稽关系和指标" if self.formulas else "已核对的勾稽关系")
        self._table_head((("结果", 1, 2), ("核对内容", 3, 5), ("说明", 6, 7)))
        for check in self.evaluation.passed:
            self._write_check(check)
        agreeing = [
            r
            for r in self.evaluation.indicators
            if r.outcome in (Outcome.AGREES, Outcome.WITHIN_READINGS)
        ]
        for result in agreeing:
            title = f"第 {result.number} 项 {result.label}"
            self._write_check(PassedCheck(result.id, title, result.sentence))
        self.row += 1

    def _write_check(self, check: PassedCheck) -> None:
        word = "－ 未能核对" if check.skipped else "✓ 相符"
        self._merged(self.row, 1, 2, word, _CELL)
        self._merged(self.row, 3, 5, check.title, _CELL_TEXT)
        self._merged(self.row, 6, 7, check.detail or "—", _CELL_TEXT)
        self.sheet.heights[self.row] = max(
            text_height(check.title, sum(_WIDTHS[2:5]) - _INDENT, _SIZE) + 2,
            text_height(check.detail, sum(_WIDTHS[5:7]) - _INDENT, _SIZE) + 2,
        )
        self.row += 1

    # ---- pieces ----

    def _section(self, title: str) -> None:
        """A heading with the next numeral before it."""
        self._with_next.add(self.row)
        self._line(f"{next(self._numerals)}、{title}", _SECTION)

    def _entry(self, head: str, text: str, style: Style | None = None) -> None:
        """A line of the receipt: what, and all that belongs to it."""
        shown = text or "—"
        self._merged(self.row, 1, 2, head, style or _CELL)
        self._merged(self.row, 3, _LAST, shown, _CELL_TEXT)
        heights = (
            text_height(head, sum(_WIDTHS[:2]), _SIZE),
            text_height(shown, sum(_WIDTHS[2:]) - _INDENT, _SIZE),
        )
        self.sheet.heights[self.row] = min(_MAX_HEIGHT, max(heights) + 2)
        self.row += 1

    def _line(self, text: str, style: Style, height: float | None = None) -> None:
        self._merged(self.row, 1, _LAST, text, style)
        size = style.font.size if style.font else _SIZE
        self.sheet.heights[self.row] = height or text_height(text, _WHOLE, size) + 2
        self.row += 1

    def _heads(self, heads: tuple[str, ...]) -> None:
        self._table_head(tuple((head, n, n) for n, head in enumerate(heads, 1)))

    def _table_head(self, heads: tuple[tuple[str, int, int], ...]) -> None:
        self._with_next.add(self.row)
        for head, first, last in heads:
            self._merged(self.row, first, last, head, _HEAD)
        self.sheet.heights[self.row] = 22
        self.row += 1

    def _merged(
        self,
        row: int,
        first: int,
        last: int,
        value: str | Decimal | None,
        style: Style,
        formula: str | None = None,
    ) -> None:
        self.sheet.write(row, first, value, style, formula)
        if last > first:
            self.sheet.merge(row, first, row, last)


def _finding_text(finding: Finding) -> str:
    lines = [_round_mark(finding) + finding.message]
    if finding.origin is Origin.TEMPLATE:
        lines[0] += TEMPLATE_MARK
    if finding.fix:
        lines.append(FIX_PREFIX + finding.fix)
    if finding.clause:
        lines.append(CLAUSE_PREFIX + _short(finding.clause.replace("\n", "")))
    return "\n".join(lines)


def _place_text(finding: Finding) -> str:
    """The first cell, where the link leads, and how many more there are."""
    if not finding.refs:
        return "—"
    more = len(finding.refs) - 1
    return finding.refs[0].qualified + (f" 等 {more + 1} 格" if more else "")


def _round_mark(finding: Finding) -> str:
    """【未改】 or 【新增】; what the printed form has wrong is not for the unit to change."""
    if finding.round_state is None or finding.origin is Origin.TEMPLATE:
        return ""
    return f"【{ROUND_WORDS[finding.round_state]}】"


def _earlier_place(finding: EarlierFinding) -> str:
    """As ``_place_text``, in the workbook of the round before."""
    if not finding.cells:
        return "—"
    first, *more = finding.cells.split(CELL_MARK)
    return f"{finding.sheet}!{first}" + (f" 等 {len(more) + 1} 格" if more else "")


def _ranges_by_sheet(refs: Iterable[CellRef]) -> str:
    """Cells as ranges, sheet by sheet: ``附件2-2!S2:X31、F5``."""
    cells: dict[str, list[tuple[int, int]]] = {}
    for ref in refs:
        cells.setdefault(ref.sheet, []).append((ref.row, ref.column))
    return "；".join(
        f"{sheet}!" + "、".join(range_text(area) for area in covering(found))
        for sheet, found in cells.items()
    )


def _columns_by_sheet(sized: Iterable[tuple[str, int]]) -> str:
    return _lines_by_sheet(((sheet, 1, n) for sheet, n in sized), lambda a: (a[1], a[3]), True)


def _rows_by_sheet(sized: Iterable[tuple[str, int]]) -> str:
    return _lines_by_sheet(((sheet, n, 1) for sheet, n in sized), lambda a: (a[0], a[2]), False)


def _lines_by_sheet(
    cells: Iterable[tuple[str, int, int]], ends: Callable[[Range], tuple[int, int]], letters: bool
) -> str:
    """Whole columns or rows, runs of them as ``S:X``."""
    found: dict[str, list[tuple[int, int]]] = {}
    for sheet, row, column in cells:
        found.setdefault(sheet, []).append((row, column))
    name = column_letters if letters else str
    return "；".join(
        f"{sheet}!" + "、".join(_run(*map(name, ends(area))) for area in covering(places))
        for sheet, places in found.items()
    )


def _run(first: str, last: str) -> str:
    return first if first == last else f"{first}:{last}"


def _short(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 1] + "…"


@cache
def _verdict_style(look: Look) -> Style:
    return Style(
        Font(HEAD_FONT, 13, bold=True, color=look.text),
        Fill(look.fill),
        _BORDER,
        "center",
        "center",
        True,
    )


@cache
def _severity_style(look: Look) -> Style:
    fill = Fill(look.fill) if look.pattern == "solid" else Fill(look.mark, look.pattern, look.fill)
    return Style(
        Font(FONT, _SIZE, bold=True, color=look.text), fill, _BORDER, "center", "center", True
    )


_TITLE = Style(Font(HEAD_FONT, 20, bold=True), None, None, "center", "center")
_SUBTITLE = Style(Font(FONT, 12, bold=True), None, None, "center", "center", True)
_MUTED = Style(Font(FONT, 9, color=MUTED), None, None, "left", "center", True)
_MUTED_CENTER = Style(Font(FONT, 9, color=MUTED), None, None, "center", "center", True)
_SECTION = Style(Font(HEAD_FONT, 12, bold=True, color=HEAD_FILL), None, None, "left", "center")
_TEXT = Style(Font(FONT, _SIZE), None, None, "left", "center", True)
_SUBHEAD = Style(
    Font(FONT, _SIZE, color=MUTED), Fill(SUBHEAD_FILL), _BORDER, "center", "center", True
)
_FIGURE = Style(Font(FONT, 13, bold=True), None, _BORDER, "center", "center", True)
_HEAD = Style(
    Font(FONT, _SIZE, bold=True, color=HEAD_TEXT),
    Fill(HEAD_FILL),
    _BORDER,
    "center",
    "center",
    True,
)
_CELL = Style(Font(FONT, _SIZE), None, _BORDER, "center", "center", True)
_CELL_TEXT = Style(Font(FONT, _SIZE), None, _BORDER, "left", "center", True, indent=1)
_CELL_LINK = Style(
    Font(FONT, _SIZE, underline=True, color=LINK), None, _BORDER, "center", "center", True
)
