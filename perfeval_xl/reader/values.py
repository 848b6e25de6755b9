"""From a rectangle of the sheet to a Fact: number or text, its unit, what had to be assumed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from perfeval_xl.amounts import (
    IN_WAN,
    Amount,
    Doubt,
    decimals_of,
    fold,
    in_money,
    parse_amount,
    parse_cell_number,
    parse_percent,
    percent_without_sign,
    plain,
)
from perfeval_xl.forms.spec import FieldKind
from perfeval_xl.labels import STRUCK, struck_part, without_struck
from perfeval_xl.model import ONE, CellRef, Fact, ReadingProblem, State
from perfeval_xl.ooxml import Cell
from perfeval_xl.reader.formulas import NotPlain, Value, evaluate_formula
from perfeval_xl.reader.grid import Area, Grid

ASSUMED = {
    Doubt.NOTHING_SAID: "填“{raw}”，按 0 读",
    Doubt.LETTER_O: "填字母“{raw}”，按数字 0 读",
    Doubt.STROKE: "填“{raw}”，按空白读",
    Doubt.TRAILING_NOTE: "“{raw}”按 {value} 读，括号内作说明",
    Doubt.OUT_OF: "“{raw}”按 {value} 分读",
    Doubt.FULL_STOP: "“{raw}”里的句号按小数点读，为 {value}",
    Doubt.PERCENT_WITHOUT_SIGN: "填“{raw}”没有百分号，按 {value}% 读",
    Doubt.PERCENT_ONE: "填“{raw}”，按 100% 读（也可能是 1%）",
}
_CONVERTED = "{raw}（{unit}）折合 {value} 万元"
_CROSSED = "{raw}（已划去）"
_RATHER = "划去的“{raw}”不算，按“{rest}”读"
_COMPUTED = "公式没有存结果，按单元格算得 {value}"
_HUNDREDTH = Decimal("0.01")
_QUIET = {Doubt.NONE, Doubt.STROKE}
_EXPECTED_UNITS: dict[FieldKind, tuple[str, ...]] = {
    "amount": ("", "万元", "元", "千元", "百元", "亿元"),
    "count": ("", "人", "人次"),
    "score": ("", "分"),
    "percent": ("", "%"),
    "measure": ("",),
}
_FORMAT_UNIT = re.compile(r'"([^"]*)"|\\(.)')

_TEXTS = ("text", "prose", "date", "yesno")  # kinds that are read as they stand


class Values:
    """Reads rectangles of one workbook as facts and remembers what went wrong on the way."""

    def __init__(self, money: str) -> None:
        self.money = money
        self.problems: list[ReadingProblem] = []
        self._computing: set[tuple[str, int, int]] = set()
        self._formats: dict[int, _Format] = {}

    def fact(
        self, fact_id: str, kind: FieldKind, grid: Grid, area: Area, found_by: str, unit: str = ""
    ) -> Fact:
        """The fact in a rectangle. ``unit`` is the money unit that its heading names, if any."""
        ref = grid.ref(area)
        merged = area.range_text if area.is_merged else None
        cell = grid.cell(area)
        if merged and self._hides(grid, area, cell, ref):
            raw = cell.raw if cell else ""
            return Fact(fact_id, None, raw, ref, State.UNREADABLE, merged, found_by)
        raw = cell.raw if cell is not None else ""
        if cell is None or (cell.formula is None and not raw.strip()):
            return Fact(fact_id, None, raw, ref, State.BLANK, merged, found_by)
        note = ""
        if cell.formula is None:
            if cell.kind == "text" and kind in _TEXTS and STRUCK not in raw:
                return Fact(fact_id, raw.strip(), raw, ref, State.TEXT, merged, found_by)
        else:
            cell, note = self._with_result(grid, cell)
            if cell is None:
                return Fact(fact_id, None, note, ref, State.UNREADABLE, merged, found_by)
        base = Fact(fact_id, None, "", ref, State.BLANK, merged, found_by)
        if kind in _TEXTS:
            return self._text(base, grid, cell)
        if self._format(grid, cell.style).is_struck:
            shown = _CROSSED.format(raw=self.shown(grid, cell).strip())
            self._unreadable(ref, shown, "struck")
            return replace(base, raw=shown, state=State.UNREADABLE)
        if cell.kind == "text" and STRUCK in cell.raw:
            rest = without_struck(cell.raw)
            said = _RATHER.format(raw=struck_part(cell.raw).strip(), rest=rest.strip())
            self._problem("figures.assumed", ref, rest, details={"note": said})
            note = "；".join(filter(None, (note, said)))
            cell = cell._replace(raw=rest)
        fact = self._number(base, kind, grid, cell, unit)
        return replace(fact, note="；".join(filter(None, (fact.note, note)))) if note else fact

    def shown(self, grid: Grid, cell: Cell) -> str:
        """The raw text of a cell as a person would say it: a percentage with its sign."""
        if cell.kind != "number":
            return cell.raw
        number = parse_cell_number(cell.raw)
        return cell.raw if number is None else self._shown_number(grid, cell, number)

    def _shown_number(self, grid: Grid, cell: Cell, number: Decimal) -> str:
        form = self._format(grid, cell.style)
        if form.is_percent:
            return f"{plain(number * 100)}%"
        if form.is_date:
            return _date(number, grid.workbook.date1904)
        return plain(number)

    def _format(self, grid: Grid, style: int) -> _Format:
        """What a style's number format says of a figure, looked up once per style."""
        found = self._formats.get(style)
        if found is None:
            styles = grid.workbook.styles
            unit = _unit_in_format(styles.number_format(style))
            found = _Format(
                styles.is_percent(style), styles.is_date(style), unit, styles.is_struck(style)
            )
            self._formats[style] = found
        return found

    def is_number(self, grid: Grid, cell: Cell) -> bool:
        """Whether a cell holds a number, or a formula that comes to one."""
        settled, _ = self._with_result(grid, cell)
        return settled is not None and settled.kind == "number"

    def part_fact(
        self, fact_id: str, kind: FieldKind, grid: Grid, area: Area, found_by: str, text: str
    ) -> Fact:
        """The figure that a part of a cell's text says, such as what follows 人员编制：."""
        merged = area.range_text if area.is_merged else None
        base = Fact(fact_id, None, text.strip(), grid.ref(area), State.BLANK, merged, found_by)
        if not text.strip():
            return base
        fact = self._number(base, kind, grid, Cell(area.row, area.column, "text", text), "")
        return replace(fact, whole=grid.text(area))

    def unsure(self, fact: Fact, grid: Grid, stray: list[Area]) -> Fact:
        """A blank fact in a row with figures under no heading: one of these may be its own."""
        if fact.state is not State.BLANK:
            return fact
        raw = "、".join(grid.text(area).strip() for area in stray)
        for area in stray:
            self._problem("figures.unreadable", grid.ref(area), grid.text(area).strip())
        return replace(fact, raw=raw, state=State.UNREADABLE)

    def ambiguous(self, fact: Fact, shown: tuple[str, ...]) -> Fact:
        """The fact of a label with several figures of which any may be its own."""
        raw = "、".join(shown)
        self._problem("figures.unreadable", fact.ref, raw)
        return replace(fact, value=None, raw=raw, state=State.UNREADABLE)

    def blank_fact(self, fact_id: str, ref: CellRef, found_by: str) -> Fact:
        """The fact of a label that is followed by no cell of its own."""
        return Fact(fact_id, None, "", ref, State.BLANK, None, found_by)

    def text_fact(self, fact_id: str, grid: Grid, area: Area, found_by: str, text: str) -> Fact:
        """A fact of which only a part of the cell's text is the value."""
        state = State.TEXT if text.strip() else State.BLANK
        merged = area.range_text if area.is_merged else None
        return Fact(
            fact_id, text.strip() or None, text.strip(), grid.ref(area), state, merged, found_by
        )

    # ---- formulas ----

    def _with_result(self, grid: Grid, cell: Cell) -> tuple[Cell | None, str]:
        """The cell with its formula's result, and what to say; None when it has none for certain."""
        if cell.formula is None or cell.kind in ("error", "boolean"):
            return cell, ""
        computed = self._computed(grid, cell)
        if cell.cached and cell.kind != "blank" and cell.raw:
            if isinstance(computed, Decimal) and _differs(cell, computed):
                ref = CellRef(grid.name, cell.row, cell.column)
                shown = self.shown(grid, cell)
                self._problem("figures.stale_formula", ref, shown, expected=plain(computed))
                return None, f"{shown}（公式算得 {plain(computed)}）"
            return cell, ""
        if isinstance(computed, Decimal):
            raw = plain(computed)
            return cell._replace(kind="number", raw=raw), _COMPUTED.format(value=raw)
        if isinstance(computed, str):
            return cell._replace(kind="text", raw=computed), ""
        shown = f"={cell.formula}"
        self._unreadable(CellRef(grid.name, cell.row, cell.column), shown, "formula")
        return None, shown

    def _computed(self, grid: Grid, cell: Cell) -> Value:
        key = (grid.name, cell.row, cell.column)
        if key in self._computing or not cell.formula:
            return None
        self._computing.add(key)
        try:
            return evaluate_formula(
                cell.formula,
                lambda s, r, c: self._operand(grid, s, r, c),
                lambda s, r, c: self._operand(grid, s, r, c, of_subtotal=True),
            )
        except NotPlain:
            return None
        finally:
            self._computing.discard(key)

    def _operand(
        self, grid: Grid, sheet: str, row: int, column: int, of_subtotal: bool = False
    ) -> Value:
        source = grid
        if sheet and sheet != grid.name:
            if sheet not in grid.workbook.sheet_names:
                raise NotPlain
            source = Grid(grid.workbook, grid.workbook.sheet(sheet))
        cell = source.sheet.cells.get((row, column))
        if cell is None:
            return None
        if of_subtotal and (row in source.sheet.hidden_rows or _is_subtotal(cell)):
            raise NotPlain  # such cells may or may not be left out
        if cell.formula is not None:
            computed = self._computed(source, cell)
            if computed is None and not cell.cached:
                raise NotPlain
            if computed is not None:
                return computed
        if cell.kind == "number":
            return parse_cell_number(cell.raw)
        if cell.kind == "text":
            return cell.raw
        raise NotPlain

    # ---- texts and numbers ----

    def _text(self, base: Fact, grid: Grid, cell: Cell) -> Fact:
        if cell.kind == "error":
            self._unreadable(base.ref, cell.raw, "error")
            return replace(base, raw=cell.raw, state=State.UNREADABLE)
        shown = without_struck(self.shown(grid, cell))
        text = shown.strip()
        state = State.TEXT if text else State.BLANK
        return Fact(base.id, text or None, shown, base.ref, state, base.merged, base.found_by)

    def _number(self, base: Fact, kind: FieldKind, grid: Grid, cell: Cell, unit: str) -> Fact:
        shown, amount = cell.raw, None
        if cell.kind == "number":
            number = parse_cell_number(cell.raw)
            if number is not None:
                shown = self._shown_number(grid, cell, number)
                amount = _numeric(kind, number, shown, self._format(grid, cell.style))
        elif cell.kind == "text":
            amount = parse_percent(cell.raw) if kind == "percent" else parse_amount(cell.raw)
        if amount is None or amount.unit not in _EXPECTED_UNITS[kind]:
            self._unreadable(base.ref, shown, self._why(grid, cell))
            return replace(base, raw=shown, state=State.UNREADABLE)
        if amount.value is None:
            note = ASSUMED[amount.doubt].format(raw=shown.strip()) if amount.doubt else ""
            return replace(base, raw=shown, note=note)
        if kind == "amount":
            return self._money(base, amount, shown, unit or self.money)
        note = self._assumption(base, amount, shown, kind)
        fact = _read(base, amount.value, shown, note, amount.decimals)
        if amount.doubt is Doubt.PERCENT_WITHOUT_SIGN:
            return replace(fact, scale=_HUNDREDTH)
        return fact

    def _money(self, base: Fact, amount: Amount, shown: str, unit: str) -> Fact:
        assert amount.value is not None
        written = amount.unit or unit
        note = self._assumption(base, amount, shown, "amount")
        if written == self.money:
            return _read(base, amount.value, shown, note, amount.decimals)
        value = in_money(amount.value, written, self.money)
        said = _CONVERTED.format(raw=shown.strip(), unit=written, value=plain(value))
        self._problem("figures.unit_converted", base.ref, shown, details={"note": said})
        shift = decimals_of(IN_WAN[written]) if written != "亿元" else -4
        notes = "；".join(filter(None, (said, note)))
        fact = _read(base, value, shown, notes, max(0, amount.decimals + shift))
        return replace(fact, scale=in_money(ONE, written, self.money))

    def _assumption(self, base: Fact, amount: Amount, shown: str, kind: FieldKind) -> str:
        if amount.doubt in _QUIET or amount.value is None:
            return ""
        value = amount.value * 100 if kind == "percent" else amount.value
        note = ASSUMED[amount.doubt].format(raw=shown.strip(), value=plain(value))
        if amount.doubt is not Doubt.TRAILING_NOTE and amount.doubt is not Doubt.OUT_OF:
            self._problem("figures.assumed", base.ref, shown, details={"note": note})
        return note

    def _why(self, grid: Grid, cell: Cell) -> str:
        """What keeps a cell from being a figure, where that is no matter of how it is written."""
        if cell.kind == "error":
            return "error"
        return "date" if cell.kind == "number" and self._format(grid, cell.style).is_date else ""

    # ---- problems ----

    def _unreadable(self, ref: CellRef | None, shown: str, why: str) -> None:
        """Say that a cell is no figure. ``why`` chooses the words, the usual ones when empty."""
        self._problem("figures.unreadable", ref, shown, details={"why": why} if why else None)

    def _hides(self, grid: Grid, area: Area, cell: Cell | None, ref: CellRef) -> bool:
        """Whether the merge hides another value; that is said, and the cell is not read."""
        hidden = grid.hidden_under(area)
        if hidden is None or (cell is not None and fold(cell.raw) == fold(hidden.raw)):
            return False
        place = CellRef(grid.name, hidden.row, hidden.column)
        self.problems.append(
            ReadingProblem(
                "form.hidden_under_merge", (ref, place), cell.raw if cell else "", hidden.raw,
                details={"range": area.range_text, "hidden": hidden.raw},
            )
        )  # fmt: skip
        return True

    def _problem(
        self,
        code: str,
        ref: CellRef | None,
        provided: str,
        expected: str = "",
        details: dict[str, str] | None = None,
    ) -> None:
        refs = (ref,) if ref else ()
        problem = ReadingProblem(code, refs, provided, expected, details=details or {})
        if problem not in self.problems:
            self.problems.append(problem)


class _Format(NamedTuple):
    """What a number format shows a figure as."""

    is_percent: bool
    is_date: bool
    unit: str
    is_struck: bool


def _read(base: Fact, value: Decimal, shown: str, note: str, decimals: int) -> Fact:
    """The fact as a number."""
    return Fact(
        base.id, value, shown, base.ref, State.NUMBER, base.merged, base.found_by, note, decimals
    )


def _numeric(kind: FieldKind, number: Decimal, shown: str, form: _Format) -> Amount | None:
    if form.is_date:
        return None
    if kind == "percent":
        decimals = decimals_of(number)
        if form.is_percent:
            return Amount(number, "%", decimals)
        return percent_without_sign(number, decimals)
    return None if form.is_percent else Amount(number, form.unit, len(shown.partition(".")[2]))


def _unit_in_format(code: str) -> str:
    """The unit that the number format prints behind the figure, such as 万元, or empty."""
    if '"' not in code and "\\" not in code:
        return ""
    printed = "".join(a or b for a, b in _FORMAT_UNIT.findall(code.split(";")[0]))
    if "万" in printed and ("!." in code or code.split('"')[0].rstrip().endswith(",")):
        return "?"  # the format itself divides: what is shown is not what is stored
    for unit in ("亿元", "万元", "千元", "元", "人次", "人", "分"):
        if unit in printed:
            return unit
    return "万元" if "万" in printed else ""


def _date(serial: Decimal, from_1904: bool) -> str:
    """A date as Excel counts it, 2022-03-05; its plain number when it is none."""
    start = date(1904, 1, 1) if from_1904 else date(1899, 12, 30)
    if not 60 < serial < 200_000:
        return plain(serial)
    return (start + timedelta(days=int(serial))).isoformat()


def _is_subtotal(cell: Cell) -> bool:
    return cell.formula is not None and "SUBTOTAL" in cell.formula.upper()


def _differs(cell: Cell, computed: Decimal) -> bool:
    stored = parse_cell_number(cell.raw) if cell.kind == "number" else None
    if stored is None:
        return cell.kind == "number" or bool(cell.raw.strip())
    return abs(stored - computed) > max(abs(computed), Decimal(1)) * Decimal("1e-9")
