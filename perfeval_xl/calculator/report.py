"""Figures in the written report and other prose, tied to the fields they name.

A figure that cannot be tied for certain is left alone: another year, a plan, a part of something
else, a rough number, a phrase inside a longer name. Accusing wrongly is worse than saying nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from perfeval_xl.amounts import WAN, half_unit, plain
from perfeval_xl.calculator.book import FindingBook
from perfeval_xl.calculator.prepared import Prepared
from perfeval_xl.calculator.shown import percent, rounded
from perfeval_xl.calculator.wording import compared
from perfeval_xl.forms.spec import CheckSpec
from perfeval_xl.forms.texts import rule_texts
from perfeval_xl.labels import normalize_label
from perfeval_xl.model import Fact, State, Submission

_ONE = Decimal(1)
_HALF_CENT = half_unit(2)
_EXECUTION = "执行率"
_CARRYOVER = "结转"  # 本年收入 beside it may leave it out of the total
_LONGEST = 20_000  # characters of one cell that are looked at
_FIGURE = re.compile(
    r"(?<![\d.,])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(亿元|万元|元|人次|人|名|个百分点|%|分)"
)
_ANY_FIGURE = re.compile(r"\d(?:[\d.,]*)\s*(?:亿元|万元|元|人|名|个|项|次|户|家|件|%|％|分)")
_SENTENCE_END = re.compile(r"[。;!?！？；]")
_CLAUSE_START = re.compile(r"[,，、:：()。;!?]")
_AFTER_ROUGH = (
    "预算",
    "以上",
    "以下",
    "以内",
    "左右",
    "多",
    "余",
    "上下",
    "起",
    "/",
    "至",
    "-",
    "~",
    "钟",
)
_ROUGH = "约"
_CONNECTOR = "[为是共计约达到有:合]{0,6}$"  # between the phrase and its figure
# Before the phrase only words that do not change whose or which year's figure it is.
_PLAIN_BEFORE = re.compile(
    r"(?:20\d\d(?:年度?)?|其中|本(?:年度?)?|当(?:年度?)?|全(?:年度?)?|年度|年内|年末|年底|期末|实际|实现|完成"
    r"|决算|现有|实有|核定|本单位|我单位|本部门"
    r"|我[局办委院站校所]|本[局办委院站校所]|本?中心|部门|单位|服务对象|社会公众"
    r"|公众|群众|综合|全部|均|用于|包括|为|是|和|及|与)*"
)
_OTHER_TIME = re.compile(
    r"上年(?!度?(?:结转|结余))|去年|上一年|同期|前年|往年|以前年度|年初|预算(?!执行率)|计划|预计|拟|目标"
    r"|半年|季度|前三季|(?<!\d)(?:[1-9]|1[01])月|截[至止](?!20\d\d年(?:12月|末|底)|年[末底]|12月)"
    r"|全[区市县省镇乡国]|辖区|企业|居民|农民|村民|村集体|招商|参加|组织|培训|慰问"
    r"|增加|增长|减少|下降|压减|节约|超支|同比|环比|较|比上|比去|比预|人均|平均|每|下属|二级|所属|本级"
)
# Another body as the subject; the unit's own name is taken out before.
_BODY = re.compile(
    r"(?:大队|中队|支队|总队|执法队|服务队|管理所|监督所|事务所|研究所|服务所|服务站|管理站|监测站|工作站|服务中心|事务中心|管理中心|指导中心|医院|卫生院|学校|小学|中学|幼儿园|公司|街道|社区)"
)
_YEAR = re.compile(r"(20\d\d)年")
_PLACEHOLDER = re.compile(
    r"[XxＸｘ]{2,}|×{2,}|…{2,}|\.{6,}|＿{2,}|_{3,}|\*{3,}|○{2,}"
    r"|(?<![0-9A-Za-z])[XＸ×○](?=(?:亿元|万元|元|人|名|年|个|项|%|％))"
)
_MOST_PLACEHOLDERS = 5
_LEAST_IN_YUAN = 3  # one figure may be a slip; three are a unit
_UNITS = {
    "amount": {"万元": Decimal(1), "元": 1 / WAN, "亿元": WAN},
    "count": {"人": Decimal(1), "名": Decimal(1)},
    "percent": {"%": Decimal("0.01")},
    "score": {"分": Decimal(1)},
}


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure of the text with the words before it in its sentence."""

    written: str
    digits: str
    unit: str
    before: str  # from the end of the figure before, or the sentence's start, to this one
    sentence: str  # the whole sentence up to the figure
    after: str
    number: int  # of its sentence


@dataclass(frozen=True, slots=True)
class _Tied:
    """What the form says where the text names it: exact value, facts behind it, its name."""

    top: Decimal
    bottom: Decimal  # 1 for a single figure
    facts: tuple[Fact, ...]
    label: str
    shown: str


def check_report(
    submission: Submission,
    prepared: Prepared,
    book: FindingBook,
    check: CheckSpec,
    cells: Sequence[str],
) -> None:
    """Compare every figure that can be tied; what was compared is one passed check."""
    agreed = 0
    wrong: list[tuple[Fact, _Figure, _Tied]] = []
    for fact_id in cells:
        fact = submission.facts.get(fact_id)
        if fact is None or fact.state is not State.TEXT:
            continue
        parent, other = "", -1
        for figure in _figures(fact.text[:_LONGEST]):
            if figure.number == other:
                continue
            tied, parent, foreign = _tie(figure, submission, prepared, parent)
            if foreign:
                other = figure.number
            if tied is None:
                continue
            if _agrees(figure, tied, prepared):
                agreed += 1
            elif not _is_of_one_row(figure, tied, submission, prepared):
                wrong.append((fact, figure, tied))
    _say_all(book, check, wrong)
    texts = rule_texts()
    if agreed:
        book.check(check.id, check.title, texts["checks.report"].format(count=agreed))
    elif not wrong:
        book.check(check.id, check.title, texts["checks.report_none"], skipped=True)


def check_narrative(submission: Submission, prepared: Prepared, book: FindingBook) -> None:
    """Whether the written report is there, has its chapters and figures, and is filled in."""
    for block in prepared.spec.blocks:
        if block.kind != "prose":
            continue
        for fact_id in block.fields:
            fact = submission.facts.get(fact_id)
            label = {"label": prepared.spec.label_of(fact_id)}
            if fact is None or fact.state is State.MISSING:
                continue
            if fact.state is State.BLANK:
                book.add("report.missing", [fact.ref], slots=label)
                continue
            _check_text(fact, prepared, book, label)


def _check_text(
    fact: Fact, prepared: Prepared, book: FindingBook, label: Mapping[str, str]
) -> None:
    text = fact.text
    lacking = [
        names[0]
        for names in (chapter.split("|") for chapter in prepared.spec.prose.chapters)
        if not any(name in text for name in names)
    ]
    if lacking:
        listed = rule_texts()["words.and"].join(lacking)
        book.add("report.chapter_missing", [fact.ref], slots={**label, "names": listed})
    if not _ANY_FIGURE.search(text):
        book.add("report.no_figure", [fact.ref], slots=label)
    left = dict.fromkeys(match[0] for match in _PLACEHOLDER.finditer(text))
    if left:
        listed = "、".join(list(left)[:_MOST_PLACEHOLDERS])
        book.add("report.placeholder", [fact.ref], listed, slots=label)


def _is_of_one_row(
    figure: _Figure, tied: _Tied, submission: Submission, prepared: Prepared
) -> bool:
    """Whether one 机构 of several says so itself: the text may well speak of that one."""
    if len(tied.facts) != 1:
        return False
    own = [fact for row in submission.rows if (fact := row.facts.get(tied.facts[0].id))]
    return len(own) > 1 and any(
        fact.number is not None and _agrees(figure, replace(tied, top=fact.number), prepared)
        for fact in own
    )


# ---- finding figures ----


def _figures(text: str) -> Iterator[_Figure]:
    for number, sentence in enumerate(_SENTENCE_END.split(_flat(text))):
        end = 0
        for match in _FIGURE.finditer(sentence):
            yield _Figure(
                written=match[0],
                digits=match[1].replace(",", ""),
                unit=match[2],
                before=sentence[end : match.start()],
                sentence=sentence[: match.start()],
                after=sentence[match.end() : match.end() + 2],
                number=number,
            )
            end = match.end()


def _flat(text: str) -> str:
    """The text as labels are compared, its lines ended like sentences."""
    return normalize_label(text.replace("\r", "\n").replace("\n", "。")).replace("(含)", "")


# ---- tying them to fields ----


def _tie(
    figure: _Figure, submission: Submission, prepared: Prepared, parent: str
) -> tuple[_Tied | None, str, bool]:
    """The field that a figure is said of, the field named last (whose part 其中 may be), and whether
    the figure belongs to somebody else: what follows in the sentence then does too."""
    found = _phrase(figure.before, prepared) if figure.before else None
    if found is None or figure.after.startswith(_AFTER_ROUGH) or _elsewhere(figure, prepared):
        return None, parent, False
    phrase, target, start = found
    if target in prepared.parents.values() and _CARRYOVER in figure.sentence:
        return None, parent, False
    unit = _unit(submission)
    if _BODY.search(figure.sentence.replace(unit, "") if unit else figure.sentence):
        return None, parent, True
    lead = _CLAUSE_START.split(figure.before[:start])[-1].removeprefix(unit)
    if not _PLAIN_BEFORE.fullmatch(lead):
        return None, parent, True
    tied, parent = _field(figure, phrase, target, lead, submission, prepared, parent)
    return tied, parent, False


def _field(
    figure: _Figure, phrase: str, target: str | tuple[str, str], lead: str, submission: Submission,
    prepared: Prepared, parent: str,
) -> tuple[_Tied | None, str]:  # fmt: skip
    """What the form says of it."""
    if isinstance(target, tuple):
        return _tied_ratio(phrase, target, submission), parent
    if "其中" in lead and prepared.parents.get(target) not in (
        parent,
        prepared.parents.get(parent),
    ):
        return None, parent
    field = prepared.spec.fields.get(target)
    fact = submission.facts.get(target)
    if (
        field is None
        or fact is None
        or fact.number is None
        or figure.unit not in _UNITS.get(field.kind, {})
    ):
        return None, parent
    shown = percent(Fraction(fact.number)) if field.kind == "percent" else (
        f"{plain(fact.number)} {field.unit}"
    )  # fmt: skip
    return _Tied(fact.number, _ONE, (fact,), phrase, shown), target


def _unit(submission: Submission) -> str:
    """The unit's own name as it would stand in the text."""
    fact = submission.facts.get("unit_name")
    return compared(fact.text) if fact is not None and fact.state is State.TEXT else ""


def _elsewhere(figure: _Figure, prepared: Prepared) -> bool:
    """Whether the sentence so far speaks of another year, a plan, a change, or someone else."""
    if _OTHER_TIME.search(figure.sentence):
        return True
    return any(int(year) != prepared.spec.year for year in _YEAR.findall(figure.sentence))


def _phrase(before: str, prepared: Prepared) -> tuple[str, str | tuple[str, str], int] | None:
    """The longest phrase that the words end with, what it means, where it begins; None if unsure."""
    pattern, targets = _phrases(prepared.spec.prose.phrases, prepared.spec.prose.ratios)
    match = pattern.search(before)
    if match is None:
        return None
    found = targets[match[1]]
    return (match[1], found[0], match.start()) if len(found) == 1 else None


@lru_cache(maxsize=32)
def _phrases(
    phrases: tuple[tuple[str, str], ...], ratios: tuple[tuple[str, str, str], ...]
) -> tuple[re.Pattern[str], dict[str, list[str | tuple[str, str]]]]:
    """One pattern for all phrases, the longest first, and what each means."""
    targets: dict[str, list[str | tuple[str, str]]] = {}
    for phrase, field in phrases:
        targets.setdefault(phrase, []).append(field)
    for phrase, top, bottom in ratios:
        targets.setdefault(phrase, []).append((top, bottom))
    longest = sorted(targets, key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest))}){_CONNECTOR}"), targets


def _tied_ratio(phrase: str, ids: tuple[str, str], submission: Submission) -> _Tied | None:
    facts = tuple(f for i in ids if (f := submission.facts.get(i)) is not None)
    numbers = [f.number for f in facts if f.number is not None]
    if len(numbers) != 2 or not numbers[1]:
        return None
    value = Fraction(numbers[0]) / Fraction(numbers[1])
    return _Tied(numbers[0], numbers[1], facts, phrase, f"{plain(rounded(value * 100))}%")


def _scale(figure: _Figure, tied: _Tied, prepared: Prepared) -> Decimal | None:
    if len(tied.facts) == 2:
        return Decimal("0.01") if figure.unit == "%" else None
    return _UNITS[prepared.spec.fields[tied.facts[0].id].kind].get(figure.unit)


def _agrees(figure: _Figure, tied: _Tied, prepared: Prepared) -> bool:
    """Equal within the precision that the text prints (and the form's own, if coarser)."""
    scale = _scale(figure, tied, prepared)
    if scale is None:
        return True
    number = Decimal(figure.digits)
    # A rate below ours may rest on another base (the adjusted budget); one above it cannot.
    if _EXECUTION in tied.label and number * scale * tied.bottom <= tied.top:
        return True
    decimals = len(figure.digits.partition(".")[2])
    slack = half_unit(decimals)
    if _ROUGH in figure.before[-3:] and not decimals:
        zeros = len(figure.digits) - len(figure.digits.rstrip("0"))
        slack = 2 * half_unit(-zeros)  # 约 290 may well be said of 300
    slack *= scale
    if figure.unit in _UNITS["amount"]:
        slack += _HALF_CENT  # the form itself prints money with two decimals
    return abs(number * scale * tied.bottom - tied.top) <= slack * abs(tied.bottom)


def _say_all(
    book: FindingBook, check: CheckSpec, wrong: Sequence[tuple[Fact, _Figure, _Tied]]
) -> None:
    """One finding for each figure that differs; one for all that are 元 in the table."""
    in_yuan = [found for found in wrong if _is_in_yuan(*found[1:])]
    if len(in_yuan) < _LEAST_IN_YUAN:
        in_yuan = []
    for found in wrong:
        if found not in in_yuan:
            _say(book, check, *found)
    if in_yuan:
        prose, figure, first = in_yuan[0]
        facts = [fact for _, _, tied in in_yuan for fact in tied.facts]
        book.add(
            "report.unit_differs", [prose.ref, *(f.ref for f in facts)], figure.written, first.shown,
            slots={
                "label": first.label, "count": str(len(in_yuan)),
                "places": "、".join(f.ref.qualified for f in first.facts if f.ref),
            }, clause=check.clause,
        )  # fmt: skip


def _is_in_yuan(figure: _Figure, tied: _Tied) -> bool:
    scale = _UNITS["amount"].get(figure.unit)
    return (
        scale is not None and tied.bottom == 1 and bool(tied.top)
        and abs(tied.top / WAN - Decimal(figure.digits) * scale) <= _HALF_CENT
    )  # fmt: skip


def _say(book: FindingBook, check: CheckSpec, prose: Fact, figure: _Figure, tied: _Tied) -> None:
    scale = Decimal("0.01") if figure.unit == "%" else Decimal(1)
    if figure.unit in _UNITS["amount"]:
        scale = _UNITS["amount"][figure.unit]
    gap = abs(Fraction(Decimal(figure.digits) * scale) - Fraction(tied.top) / Fraction(tied.bottom))
    is_percent = figure.unit == "%"
    shown = f"{plain(rounded(gap * 100))} 个百分点" if is_percent else plain(rounded(gap))
    places = "、".join(f.ref.qualified for f in tied.facts if f.ref)
    book.add(
        check.code, [prose.ref, *(f.ref for f in tied.facts)], figure.written, tied.shown, shown,
        slots={"label": tied.label, "places": places, "operands": tied.label}, clause=check.clause,
    )  # fmt: skip
