"""Commands about one workbook: check, explain, verify."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from perfeval_xl.batch.lists import lists_of
from perfeval_xl.cli.choices import settings_of_file
from perfeval_xl.cli.exits import ERRORS_FOUND, INCOMPLETE, OK, clear_errors, fail
from perfeval_xl.cli.options import FORM, PASSWORDS, SETTINGS, TEMPLATES, with_lists
from perfeval_xl.cli.printing import print_json, print_record, print_remarks
from perfeval_xl.errors import WorkbookError

if TYPE_CHECKING:
    from perfeval_xl.batch.lists import Lists
    from perfeval_xl.batch.one import Options
    from perfeval_xl.batch.record import Record
    from perfeval_xl.batch.settings import Settings
    from perfeval_xl.batch.verify import Verification
    from perfeval_xl.forms.spec import FormSpec
    from perfeval_xl.model import Evaluation, IndicatorResult


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@FORM
@click.option("--json", "as_json", is_flag=True, help="给出 JSON（格式同 results.jsonl 的一行）。")
@with_lists
@PASSWORDS
@TEMPLATES
@SETTINGS
@clear_errors
def check(
    file: Path,
    form_id: str | None,
    as_json: bool,
    roster: Path | None,
    reference: Path | None,
    previous: Path | None,
    password_file: Path | None,
    templates: Path | None,
    settings_file: Path | None,
) -> None:
    """复核一份工作簿，在屏幕上列出发现的问题，不写任何文件。

    \b
    示例：
      perfeval check 某局自评表.xlsx
      perfeval check 某局自评表.xlsx --json
    """
    chosen = settings_of_file(
        file, settings_file, form_id, templates, password_file,
        roster=roster, reference=reference, previous=previous,
    )  # fmt: skip
    check_one(file, chosen, as_json)


def check_one(file: Path, settings: Settings, as_json: bool = False) -> None:
    """Check a file, print what was found, end with its exit code."""
    lists = lists_of(settings.roster, settings.reference, settings.previous)
    record = _record_of(file, settings.options(), lists)
    if as_json:
        print_json(record)
    else:
        print_record(record)
    if record["status"] == "returned":
        sys.exit(INCOMPLETE)
    findings = cast("list[Record]", record["findings"])
    sys.exit(ERRORS_FOUND if any(f["severity"] == "error" for f in findings) else OK)


def _record_of(file: Path, options: Options, lists: Lists) -> Record:
    from perfeval_xl.batch.worker import check

    if not lists:
        return check(file, options)
    from perfeval_xl.batch.list_desk import known_beside

    with known_beside(lists, options) as (knowing, desk):
        record = check(file, knowing)
        desk.answer(record)
    print_remarks([str(remark) for remark in desk.remarks.found])
    return record


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("indicator")
@FORM
@click.option("--json", "as_json", is_flag=True, help="给出 JSON。")
@with_lists
@PASSWORDS
@TEMPLATES
@SETTINGS
@clear_errors
def explain(
    file: Path,
    indicator: str,
    form_id: str | None,
    as_json: bool,
    roster: Path | None,
    reference: Path | None,
    previous: Path | None,
    password_file: Path | None,
    templates: Path | None,
    settings_file: Path | None,
) -> None:
    """说明 FILE 里一项指标是怎样算的。INDICATOR 写序号、名称或 id。

    \b
    示例：
      perfeval explain 某局自评表.xlsx 1
      perfeval explain 某局自评表.xlsx 固定资产利用率
    """
    chosen = settings_of_file(
        file, settings_file, form_id, templates, password_file,
        roster=roster, reference=reference, previous=previous,
    )  # fmt: skip
    evaluation, spec = _evaluation_of(file, chosen)
    result = _indicator_of(evaluation, indicator)
    if as_json:
        print_json(_explained(result, evaluation, spec))
    else:
        _print_explained(result, evaluation, spec)


def _evaluation_of(file: Path, settings: Settings) -> tuple[Evaluation, FormSpec]:
    from perfeval_xl.batch.one import evaluated_with
    from perfeval_xl.forms.returns import return_text

    options = settings.options()
    lists = lists_of(settings.roster, settings.reference, settings.previous)
    try:
        if not lists:
            return evaluated_with(file, options)
        from perfeval_xl.batch.list_desk import known_beside

        with known_beside(lists, options) as (knowing, desk):
            found = evaluated_with(file, knowing)
        print_remarks([str(remark) for remark in desk.remarks.found])
        return found
    except WorkbookError as exc:
        text = return_text(exc, file.name)
        click.echo(f"{text.message}\n{text.fix}", err=True)
        sys.exit(INCOMPLETE)


def _indicator_of(evaluation: Evaluation, wanted: str) -> IndicatorResult:
    from perfeval_xl.labels import normalize_label

    key = normalize_label(wanted)
    found = [
        r
        for r in evaluation.indicators
        if wanted in (r.id, str(r.number), f"#{r.number}") or normalize_label(r.label) == key
    ] or [r for r in evaluation.indicators if key and key in normalize_label(r.label)]
    if len(found) == 1:
        return found[0]
    listed = found or evaluation.indicators
    names = "\n".join(f"  {r.number}\t{r.label}（{r.parent}）\t{r.id}" for r in listed)
    what = "不止一项指标符合" if found else "没有这项指标"
    raise click.UsageError(
        f"“{wanted}”：{what}。请用序号，例如 explain 文件 {listed[0].number}：\n{names}"
    )


def _explained(result: IndicatorResult, evaluation: Evaluation, spec: FormSpec) -> Record:
    from perfeval_xl.batch.record import indicator_record

    operands = [
        {
            "id": fact.id, "label": spec.label_of(fact.id), "raw": fact.raw, "note": fact.note,
            "sheet": fact.ref.sheet if fact.ref else None,
            "cell": fact.ref.address if fact.ref else None,
        }
        for fact in result.inputs
    ]  # fmt: skip
    return {
        "unit": evaluation.unit_name or None, **indicator_record(result, spec),
        "clause": result.clause, "operands": operands,
    }  # fmt: skip


def _print_explained(result: IndicatorResult, evaluation: Evaluation, spec: FormSpec) -> None:
    from perfeval_xl.forms.load import readings_named
    from perfeval_xl.writer.text import interval, score_shown

    shown = interval(result.low, result.high)
    if result.score is None:
        shown = f"{score_shown(result)}（{shown}）"
    click.secho(
        f"第 {result.number} 项 {result.label}（{result.parent}，{result.max} 分）", bold=True
    )
    click.echo(f"评分标准：{result.clause}")
    click.echo(f"自评得分：{result.self_score.raw or '空白'}　复核得分：{shown}")
    click.echo(result.sentence)
    for name in readings_named(spec.indicator(result.id).rule):
        reading = spec.readings[name]
        if reading.pinned:
            answer = reading.labels[reading.pinned]
            click.echo(f"读法：{reading.question}：{answer}。依据：{reading.note}")
    elsewhere = {given.source for given in evaluation.context.given}
    for fact in result.inputs:
        place = fact.ref.qualified if fact.ref else "表上没有"
        if fact.found_by in elsewhere:
            place = fact.found_by
        click.echo(f"  {spec.label_of(fact.id)}：{fact.raw or '空白'}　（{place}）{fact.note}")
    for name in result.missing:
        click.echo(f"  缺少：{spec.label_of(name)}")
    if result.formula:
        click.echo(f"公式：={result.formula}")


@click.command()
@click.argument("copy", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("original", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@FORM
@click.option("--json", "as_json", is_flag=True, help="给出 JSON。")
@PASSWORDS
@TEMPLATES
@SETTINGS
@clear_errors
def verify(
    copy: Path,
    original: Path,
    form_id: str | None,
    as_json: bool,
    password_file: Path | None,
    templates: Path | None,
    settings_file: Path | None,
) -> None:
    """证明复核副本 COPY 就是原件 ORIGINAL 加上复核内容，别的都没动；不是的话说出哪里不同。

    \b
    示例：
      perfeval verify 结果/复核/某局_复核.xlsx 收件/某局.xlsx
    \b
    退出码：0 已证明 · 3 有不同 · 4 原件不能复核，或副本由别的版本写成、不能逐字节证明
    """
    from dataclasses import asdict

    from perfeval_xl.batch.verify import verify as verified
    from perfeval_xl.forms.returns import return_text

    chosen = settings_of_file(original, settings_file, form_id, templates, password_file)
    try:
        result = verified(copy.read_bytes(), original.read_bytes(), chosen.options())
    except WorkbookError as exc:
        text = return_text(exc, original.name)
        fail(f"原件不能复核：{text.message}\n{text.fix}", INCOMPLETE)
        return
    if as_json:
        print_json(asdict(result))
    else:
        _print_verification(result)
    codes = {"proven": OK, "ruled": OK, "differs": ERRORS_FOUND, "unproven": INCOMPLETE}
    sys.exit(codes[result.status])


def _print_verification(result: Verification) -> None:
    if result.status == "proven":
        click.echo(f"一致：副本就是原件加上复核内容，逐字节相同。原件 SHA-256：{result.sha256}")
        click.echo(f"副本所写的文件名：{result.name}；程序：{result.made_by}")
        if result.entries:
            click.echo(f"核定已填 {result.entries} 项。")
    elif result.status == "ruled":
        click.echo(
            f"一致：副本另存过，填报内容和复核内容逐格比对都没有改动；核定已填 {result.entries} 项。"
            f"原件 SHA-256：{result.sha256}"
        )
    elif result.status == "unproven":
        click.echo(
            f"副本由别的版本或别的表样数据写成（{result.made_by}），复核内容不能重做一遍来逐字节证明；"
            "填报的单元格逐格比对，没有不同。"
        )
    else:
        click.echo(f"不一致：{len(result.differences)} 处不同。原件 SHA-256：{result.sha256}")
        for difference in result.differences:
            click.echo(f"  {difference.message}")
