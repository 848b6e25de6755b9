"""Our numbers are formulas over the unit's cells, and every program reckons them to our value."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest

from perfeval_xl.errors import WorkbookError
from perfeval_xl.forms.spec import FormSpec
from perfeval_xl.model import Outcome
from perfeval_xl.ooxml import Sheet, Workbook
from perfeval_xl.operand import literal, operand
from perfeval_xl.writer.formulas import SCORE, ScoringFormulas
from tests.builders.forms import FilledForm, Value
from tests.builders.layouts import CHANGES, made
from tests.conftest import SAMPLES
from tests.writer import copies
from tests.writer.copies import OURS, annotated_bytes, annotated_form, our_formulas

SCORING = "附件2-2 评分表"
ALLOWED = {
    "ABS",
    "CHAR",
    "COUNTA",
    "DATE",
    "ROUND",
    "MAX",
    "MIN",
    "IF",
    "INT",
    "ROUNDUP",
    "VALUE",
    "NA",
    "OR",
    "AND",
    "SUM",
    "EXACT",
    "IFERROR",
    "ISTEXT",
    "COUNT",
    "N",
    "MID",
    "ISNUMBER",
}
FORMS = 150  # of each layout

Convert = Callable[[Sequence[Path], Path], None]


def shown(sheet: Sheet, row: int, column: int) -> str:
    """What a cell holds, a number without the digits that no program shows."""
    cell = sheet.cells.get((row, column))
    if cell is None:
        return ""
    return f"{float(cell.raw):.15g}" if cell.kind == "number" else cell.raw


def as_shown(value: str) -> str:
    """A stored result of ours as ``shown`` would give it."""
    return f"{float(value):.15g}" if re.fullmatch(r"-?[0-9.]+", value) else value


def reckoned(files: dict[str, bytes], recalculate: Convert, folder: Path) -> dict[str, Workbook]:
    """The workbooks after LibreOffice has reckoned and saved them."""
    (folder / "in").mkdir()
    paths = []
    for name, data in files.items():
        paths.append(folder / "in" / f"{name}.xlsx")
        paths[-1].write_bytes(data)
    recalculate(paths, folder / "out")
    return {name: Workbook.open((folder / "out" / f"{name}.xlsx").read_bytes()) for name in files}


def test_scores_differences_and_totals_are_formulas_over_the_units_cells() -> None:
    one = annotated_form(FilledForm.example())
    formulas = our_formulas(one.copy, one.data)
    decided = [r for r in one.evaluation.indicators if r.score is not None]
    texts = [formula for formula, _ in formulas.values()]
    assert sum("'附件2-1 自评表'!" in text for text in texts) >= len(decided)
    sheet = Workbook.open(one.copy).sheet(SCORING)
    heads = {cell.raw: key[1] for key, cell in sheet.cells.items() if key[0] == 2}
    for head in ("复核得分", "最低", "最高", "差异"):
        cells = [f for (name, _, column) in formulas if name == SCORING and column == heads[head]
                 for f in [head]]  # fmt: skip
        assert len(cells) >= len(decided) + 1, head
    assert sum(name == OURS for name, _, _ in formulas) == 6


def test_formulas_use_only_functions_that_all_three_programs_have() -> None:
    chance = random.Random(3)
    for layout in ("plain", "word"):
        one = annotated_bytes(copies.filled(layout, copies.random_figures(chance)))
        for formula, _ in our_formulas(one.copy, one.data).values():
            assert set(re.findall(r"([A-Z]+)\(", formula)) <= ALLOWED
            assert len(formula) < 8192


def test_a_number_excel_wrote_with_17_digits_is_still_referred_to() -> None:
    data = copies.filled("plain", _figures({"score.1": "4.85"}))
    data = _with(data, b"<t>4.85</t></is>", b"<t>4.85</t></is>")
    parts = copies.unzipped(data)
    for name, xml in parts.items():
        parts[name] = re.sub(
            rb' t="inlineStr"><is><t>4\.85</t></is>', rb"><v>4.8499999999999996</v>", xml
        )
    one = annotated_bytes(copies.zipped(dict(parts)))
    row = next(
        r for r in one.evaluation.submission.scores if r.indicator == "staffing_control_rate"
    )
    assert row.self_score.raw == "4.8499999999999996" or row.self_score.number is not None
    formulas = [formula for formula, _ in our_formulas(one.copy, one.data).values()]
    assert any("VALUE(F3)" in formula for formula in formulas)


def _figures(values: dict[str, copies.Typed]) -> dict[str, copies.Typed]:
    return copies.random_figures(random.Random(5)) | values


def _with(data: bytes, old: bytes, new: bytes) -> bytes:
    parts = copies.unzipped(data)
    return copies.zipped({name: xml.replace(old, new) for name, xml in parts.items()})


def test_a_text_counts_as_read_while_the_cell_holds_it(form: FormSpec) -> None:
    typed: dict[str, copies.Typed] = {"score.1": "4.5/5", "score.6": "３", "score.15": " 2"}
    one = annotated_bytes(copies.filled("plain", _figures(typed)))
    area = one.evaluation.submission.area
    assert area is not None
    formulas = ScoringFormulas(one.evaluation, form, area, 20)
    for result in one.evaluation.indicators:
        if result.id in ("staffing_control_rate", "fund_surplus") and result.score is not None:
            row = formulas.rows[result.id]
            typed_in = {"staffing_control_rate": "F3", "fund_surplus": "F8"}[result.id]
            number = {"F3": """IF(EXACT(F3,"4.5/5"),4.5,VALUE(F3))""",
                      "F8": """IF(EXACT(F8,"３"),3,VALUE(F8))"""}[typed_in]  # fmt: skip
            score = formulas.cell(row, SCORE)
            assert formulas.line(result).gap == (
                f'IF(OR({typed_in}="",ISTEXT({score})),"",ROUND({number}-{score},9))'
            )


def test_a_blank_self_score_has_no_difference_until_it_is_filled() -> None:
    one = annotated_bytes(
        copies.filled("plain", _figures({"score.1": None, "authorized_posts": "9"}))
    )
    formulas = our_formulas(one.copy, one.data)
    gap = [value for formula, value in formulas.values() if formula.startswith('IF(OR(F3="",')]
    assert gap == [""]


@pytest.mark.libreoffice
def test_libreoffice_reckons_every_formula_of_300_random_forms_to_our_value(
    recalculate: Convert, tmp_path: Path
) -> None:
    chance = random.Random(2021)
    files, wanted = {}, {}
    for layout in ("plain", "word"):
        forms = [copies.filled(layout, copies.random_figures(chance)) for _ in range(FORMS)]
        files[layout], wanted[layout] = copies.packed(map(annotated_bytes, forms))
    books = reckoned(files, recalculate, tmp_path)
    off = [
        (layout, tab, row, column, value, got)
        for layout, items in wanted.items()
        for tab, row, column, value in items
        if (got := shown(books[layout].sheet(tab), row, column)) != as_shown(value)
    ]
    assert sum(map(len, wanted.values())) > 10_000
    assert off == []


@pytest.mark.libreoffice
def test_libreoffice_reckons_every_formula_of_every_sample_to_our_value(
    recalculate: Convert, tmp_path: Path
) -> None:
    found = {}
    for path in sorted(SAMPLES.rglob("*.xlsx")):
        try:
            found[path.stem[:2]] = annotated_bytes(path.read_bytes())
        except WorkbookError:
            continue
    files = {name: copies.without_cached_values(one.copy) for name, one in found.items()}
    books = reckoned(files, recalculate, tmp_path)
    off = [
        (name, *key, value, got)
        for name, one in found.items()
        for key, (_, value) in our_formulas(one.copy, one.data).items()
        if (got := shown(books[name].sheet(key[0]), key[1], key[2])) != as_shown(value)
    ]
    assert len(found) >= 13
    assert off == []


@pytest.mark.libreoffice
def test_a_changed_input_moves_the_score_the_difference_and_the_totals(
    recalculate: Convert, tmp_path: Path
) -> None:
    """As the evaluation of the altered file has them."""
    before, after = FilledForm.example(), FilledForm.example()
    for form, staff in ((before, 31), (after, 33)):
        form.facts["authorized_posts"], form.facts["actual_staff"] = 30, staff
    one, other = annotated_form(before), annotated_form(after)
    place = one.evaluation.facts["actual_staff"].ref
    assert place is not None
    old = f'r="{place.address}"'.encode()
    altered = _replaced_value(
        copies.without_cached_values(one.copy), old, b"<v>31</v>", b"<v>33</v>"
    )
    book = reckoned({"altered": altered}, recalculate, tmp_path)["altered"]
    scores = [r.outcome for r in (one.evaluation.indicators[0], other.evaluation.indicators[0])]
    assert scores == [Outcome.DIFFERS, Outcome.DIFFERS]
    moved = 0
    for key, (_, value) in our_formulas(other.copy, other.data).items():
        assert shown(book.sheet(key[0]), key[1], key[2]) == as_shown(value), key
        moved += our_formulas(one.copy, one.data)[key][1] != value
    assert moved >= 8  # three cells of the row, its difference, and the totals on both sheets


@pytest.mark.libreoffice
def test_an_input_that_is_emptied_or_no_figure_leaves_the_score_undecided(
    recalculate: Convert, tmp_path: Path
) -> None:
    """38 on 36 posts is 2.5 of 5; nothing, words or a negative figure in a cell is no score."""
    form = FilledForm.example()
    form.facts["authorized_posts"], form.facts["actual_staff"] = 36, 38
    one = annotated_form(form)
    bare = copies.without_cached_values(one.copy)
    place = one.evaluation.facts["actual_staff"].ref
    assert place is not None
    cell, old = f'r="{place.address}"'.encode(), b"<v>38</v>"
    variants = {
        "as it is": bare,
        "empty": _replaced_value(bare, cell, old, b""),
        "negative": _replaced_value(bare, cell, old, b"<v>-38</v>"),
        "more": _replaced_value(bare, cell, old, b"<v>188</v>"),
    }
    posts = one.evaluation.facts["authorized_posts"].ref
    assert posts is not None
    below = f'r="{posts.address}"'.encode()
    variants["nothing to divide by"] = _replaced_value(bare, below, b"<v>36</v>", b"<v>0</v>")
    books = reckoned(variants, recalculate, tmp_path)
    found = {}
    for name, book in books.items():
        sheet = book.sheet(SCORING)
        heads = {c.raw: key[1] for key, c in sheet.cells.items() if key[0] == 2}
        columns = [heads[head] for head in ("复核得分", "最低", "最高", "差异")]
        found[name] = [shown(sheet, 3, column) for column in columns]
        found[name].append(shown(sheet, one.evaluation.submission.area.total_row, columns[0]))  # type: ignore[union-attr,arg-type]
    undecided = ["未定", "0", "5", "", "未定"]
    assert found["as it is"][:4] == ["2.5", "2", "2.5", "2.5"]
    assert found["more"][:4] == ["0", "0", "0", "5"]
    for name in ("empty", "negative", "nothing to divide by"):
        assert found[name] == undecided, name


@pytest.mark.libreoffice
def test_figures_typed_with_their_unit_are_live_too(recalculate: Convert, tmp_path: Path) -> None:
    """36人 and 38人 give 2.5; 188 typed over it gives 0, words leave it undecided."""
    typed: dict[str, copies.Typed] = {
        "authorized_posts": "36人", "actual_staff": "38人", "score.1": "2.5分",
    }  # fmt: skip
    one = annotated_bytes(copies.filled("plain", _figures(typed)))
    bare = copies.without_cached_values(one.copy)
    place = one.evaluation.facts["actual_staff"].ref
    assert place is not None
    cell = f'r="{place.address}"'.encode()
    variants = {"as it is": bare}
    for name, new in (("more", "188"), ("words", "很多人")):
        variants[name] = _replaced_value(bare, cell, "38人".encode(), new.encode())
    found = {}
    for name, book in reckoned(variants, recalculate, tmp_path).items():
        sheet = book.sheet(SCORING)
        heads = {c.raw: key[1] for key, c in sheet.cells.items() if key[0] == 2}
        found[name] = [shown(sheet, 3, heads[head]) for head in ("复核得分", "差异")]
    assert found == {"as it is": ["2.5", "0"], "more": ["0", "2.5"], "words": ["未定", ""]}


@pytest.mark.libreoffice
def test_a_figure_behind_its_label_in_one_cell_is_reckoned_too(
    recalculate: Convert, tmp_path: Path
) -> None:
    """人员编制：36人 and 实有人数：38人, each in the cell of its label."""
    book = openpyxl.load_workbook(io.BytesIO(copies.workbook_of(FilledForm.example())))
    for row in book["附件2-1 自评表"].iter_rows(max_row=6):
        for cell in row:
            if cell.value in ("人员编制", "实有人数"):
                cell.value += "：36人" if cell.value == "人员编制" else "：38人"
                for merge in list(book["附件2-1 自评表"].merged_cells.ranges):
                    if merge.min_row == cell.row:
                        book["附件2-1 自评表"].unmerge_cells(str(merge))
    stream = io.BytesIO()
    book.save(stream)
    one = annotated_bytes(stream.getvalue())
    assert one.evaluation.facts["authorized_posts"].whole == "人员编制：36人"
    files = {"one": copies.without_cached_values(one.copy)}
    sheets = reckoned(files, recalculate, tmp_path)["one"]
    for key, (_, value) in our_formulas(one.copy, one.data).items():
        assert shown(sheets.sheet(key[0]), key[1], key[2]) == as_shown(value), key


def _replaced_value(data: bytes, cell: bytes, old: bytes, new: bytes) -> bytes:
    parts = copies.unzipped(data)
    for name, xml in parts.items():
        at = xml.find(cell)
        end = xml.find(b"</c>", at)
        if name.startswith("xl/worksheets/") and at >= 0 and old in xml[at:end]:
            parts[name] = xml[:at] + xml[at:end].replace(old, new) + xml[end:]
            return copies.zipped(dict(parts))
    raise AssertionError(cell)


Figures = tuple[list[Value], list[Value]]

FIRST_ASSETS = 22  # the first row of the fixed assets: their total in B, those in use in C


def _with_assets(total: Sequence[Value], in_use: Sequence[Value]) -> bytes:
    """A form whose fixed assets stand in rows of 机构 without 合计."""
    form = FilledForm.example()
    table = next(name for name, own in form.tables.items() if "fixed_assets_total" in own[0])
    form.tables[table] = [
        {"unit": f"示例{n}所", "fixed_assets_total": whole, "fixed_assets_in_use": used}
        for n, (whole, used) in enumerate(zip(total, in_use, strict=True))
    ]
    return copies.workbook_of(form)


ROWS: dict[str, tuple[Figures, Figures]] = {
    "numbers": (([650, 150, 200], [620, 150, 190]), ([650, 150, 250], [620, 150, 190])),
    "one typed as text": (([650, "150", 200], [620, 150, 190]), ([650, "150", 250], [620, 150, 190])),
    "a blank filled": (([650, None, 200], [620, None, 190]), ([650, 100, 200], [620, 40, 190])),
    "only one filled in one of the columns": (([650, 150], [620, None]), ([650, 150], [620, 60])),
    "a stroke": (([650, "—", 200], [620, "—", 190]), ([650, 50, 200], [620, 20, 190])),
    "with a unit": (([650, "150万元", 200], [620, 150, 190]), ([650, "150万元", 250], [620, 150, 190])),
    "a formula without result": (([650, "=100+50", 200], [620, 150, 190]), ([700, "=100+50", 200], [620, 150, 190])),
    "a figure on two lines": (([650, "150\n万元", 200], [620, 150, 190]), ([690, "150\n万元", 200], [620, 150, 190])),
    "fifty of them": (([20] * 50, [19] * 50), ([20] * 49 + [60], [19] * 50)),
}  # fmt: skip


@pytest.mark.libreoffice
def test_rows_added_up_move_the_score_as_the_altered_form_would(
    recalculate: Convert, tmp_path: Path
) -> None:
    """The copy of the first, with the second's figures typed over, shows what the second's copy does."""
    files, wanted = {}, {}
    for name, (before, after) in ROWS.items():
        one, other = annotated_bytes(_with_assets(*before)), annotated_bytes(_with_assets(*after))
        used = [r for r in one.evaluation.indicators if r.id == "fixed_asset_utilization_rate"]
        assert used[0].formula is not None, name
        assert used[0].score is not None, name
        assert used[0].formula.count("'!$") >= 2, name
        files[f"{name}, as it is"] = copies.without_cached_values(one.copy)
        wanted[f"{name}, as it is"] = our_formulas(one.copy, one.data)
        files[f"{name}, typed over"] = _typed_over(one.copy, *after)
        wanted[f"{name}, typed over"] = our_formulas(other.copy, other.data)
    books = reckoned(files, recalculate, tmp_path)
    off = [
        (name, key, value, got)
        for name, formulas in wanted.items()
        for key, (_, value) in formulas.items()
        if (got := shown(books[name].sheet(key[0]), key[1], key[2])) != as_shown(value)
    ]
    assert off == []


def _typed_over(copy: bytes, total: Sequence[Value], in_use: Sequence[Value]) -> bytes:
    """The copy as someone saves it who typed these figures into it; no results are stored."""
    book = openpyxl.load_workbook(io.BytesIO(copy))
    for column, values in ((2, total), (3, in_use)):
        for row, value in enumerate(values, FIRST_ASSETS):
            book["附件2-1 自评表"].cell(row, column).value = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.libreoffice
def test_rows_added_up_are_undecided_once_all_are_empty_or_one_holds_words(
    recalculate: Convert, tmp_path: Path
) -> None:
    one = annotated_bytes(_with_assets([650, 150], [620, 150]))
    row = next(r for r in one.evaluation.submission.scores if r.indicator == "fixed_asset_utilization_rate")  # fmt: skip
    assert row.self_score.ref is not None
    files = {
        "empty": _typed_over(one.copy, [None, None], [620, 150]),
        "words": _typed_over(one.copy, [650, "很多"], [620, 150]),
        "one empty": _typed_over(one.copy, [770, None], [620, 150]),
    }
    found = {}
    for name, book in reckoned(files, recalculate, tmp_path).items():
        sheet = book.sheet(SCORING)
        heads = {c.raw: key[1] for key, c in sheet.cells.items() if key[0] == 2}
        found[name] = shown(sheet, row.self_score.ref.row, heads["复核得分"])
    assert found == {"empty": "未定", "words": "未定", "one empty": "3"}


def test_a_score_that_rests_on_many_rows_colours_its_own_cell_alone() -> None:
    """50 rows in two columns: 100 coloured cells would bury the one that is doubtful."""
    few = annotated_bytes(_with_assets([20] * 3, [15] * 3)).evaluation
    many = annotated_bytes(_with_assets([20] * 50, [15] * 50)).evaluation
    marked = [
        len(finding.marked_refs)
        for one in (few, many)
        for finding in one.findings
        if finding.code == "score.differs" and finding.indicator == "fixed_asset_utilization_rate"
    ]
    assert marked == [7, 1]


INVENTED_RESULTS = (
    "shared_formulas",
)  # the unit's own formulas there do not come to what is stored


@pytest.mark.campaign
@pytest.mark.libreoffice
def test_libreoffice_reckons_forms_of_every_kind_to_our_value(
    recalculate: Convert, tmp_path: Path
) -> None:
    """However figures are typed and forms are drawn; and no figure that a cell tells stands alone."""
    found = {}
    for name, change in CHANGES.items():
        for layout in () if change.slow or name in INVENTED_RESULTS else change.layouts:
            try:
                one = annotated_bytes(made((name,), random.Random(name), layout).written())
            except WorkbookError:
                continue
            found[f"{name}-{layout}"] = one
    alone = [
        (name, fact.id, fact.raw)
        for name, one in found.items()
        for result in one.evaluation.indicators
        for fact in result.inputs
        if fact.number is not None and operand(fact) == literal(fact.number)
    ]
    files = {name: copies.without_cached_values(one.copy) for name, one in found.items()}
    off = []
    for number in range(0, len(files), 50):  # LibreOffice dies of some 250 files in one run
        some = list(files)[number : number + 50]
        folder = tmp_path / str(number)
        folder.mkdir()
        books = reckoned({name: files[name] for name in some}, recalculate, folder)
        off += [
            (name, *key, value, got)
            for name in some
            for key, (_, value) in our_formulas(found[name].copy, found[name].data).items()
            if (got := shown(books[name].sheet(key[0]), key[1], key[2])) != as_shown(value)
        ]
    assert len(found) > 300
    assert alone == []
    assert off == []


@pytest.mark.libreoffice
def test_libreoffice_reckons_figures_with_odd_spaces_to_our_value(
    recalculate: Convert, tmp_path: Path
) -> None:
    """VALUE knows only the usual space: not the wide, the unbreakable, the invisible one."""
    one = annotated_bytes(made(("spaces_around",), random.Random(4), "plain").written())
    book = reckoned({"one": copies.without_cached_values(one.copy)}, recalculate, tmp_path)["one"]
    formulas = our_formulas(one.copy, one.data)
    assert any("EXACT(" in formula for formula, _ in formulas.values())
    for key, (_, value) in formulas.items():
        assert shown(book.sheet(key[0]), key[1], key[2]) == as_shown(value), key
