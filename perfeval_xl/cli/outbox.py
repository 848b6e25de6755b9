"""Commands over an outbox: settle, report, and the group ledger."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from perfeval_xl.cli.choices import settings_at
from perfeval_xl.cli.exits import ERRORS_FOUND, INCOMPLETE, OK, clear_errors
from perfeval_xl.cli.options import PATH, SETTINGS, TEMPLATES
from perfeval_xl.cli.printing import COLORS, print_json, say_set_aside

if TYPE_CHECKING:
    from perfeval_xl.settlement import UnitSettlement


@click.command()
@click.argument("outbox", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="给出 JSON，一份文件一行。")
@TEMPLATES
@SETTINGS
@clear_errors
def settle(outbox: Path, as_json: bool, templates: Path | None, settings_file: Path | None) -> None:
    """收集 OUTBOX 里各副本的核定，检查后写出 汇总_核定.xlsx 和每个单位的复核意见书。

    \b
    示例：
      perfeval settle 结果
    \b
    退出码：0 全部核定 · 3 核定填写有误 · 4 还有没核定或重复待定的 · 1 程序失败 · 2 用法不对
    """
    from perfeval_xl.batch.files import quiet_refusals
    from perfeval_xl.batch.settings import settings_beside
    from perfeval_xl.batch.settle import settle as settled
    from perfeval_xl.batch.settle import unit_record
    from perfeval_xl.settlement import Stage

    quiet_refusals()
    found = settings_file or settings_beside(outbox)  # it lies beside the inbox, as the outbox does
    settings = settings_at(found, None, templates, None)
    result = settled(outbox, settings.templates, settings.office)
    for unit in result.units:
        if as_json:
            print_json(unit_record(unit))
        else:
            _print_settlement(unit)
    if not as_json:
        click.echo(f"已核定 {result.count(Stage.SETTLED)} 份，共 {len(result.units)} 份。")
        click.echo(f"汇总：{result.summary}")
    for place in result.strays:
        click.echo(f"“{place}”的原件已不在收件里或被退回，其中的核定留着，但没有计入。", err=True)
    say_set_aside(result.set_aside)
    for remark in result.remarks:
        click.echo(remark, err=True)
    mistaken = result.count(Stage.MISTAKES)
    is_open = result.count(Stage.OPEN) + result.count(Stage.TWICE)
    sys.exit(ERRORS_FOUND if mistaken else INCOMPLETE if is_open else OK)


def _print_settlement(unit: UnitSettlement) -> None:
    """What is missing or wrong in one file; nothing when it is settled."""
    from perfeval_xl.settlement import Stage

    if unit.stage is Stage.SETTLED:
        return
    click.secho(f"{unit.copy}　{unit.unit}", bold=True)
    if unit.why_role:
        click.echo(f"  {unit.why_role}")
    if not unit.counts:
        return
    for mistake in unit.mistakes:
        click.secho(f"  [填写有误] {mistake.message}", fg=COLORS["error"])
        click.echo(f"       {mistake.fix}")
    for item in unit.open_items:
        question = item.question
        click.echo(
            f"  [未核定] {item.place} 第 {question.number} 项 {question.label}{item.earlier}"
        )


@click.command()
@click.argument("outbox", type=click.Path(exists=True, file_okay=False, path_type=Path))
@clear_errors
def report(outbox: Path) -> None:
    """只凭台账重写 OUTBOX 里的 results.jsonl 和 汇总.xlsx，与最近一次复核写的逐字节相同。

    不打开任何工作簿。复核副本和退回说明里有原件的内容，台账里没有，要重写它们请用 run --force。

    \b
    示例：
      perfeval report 结果
    """
    from perfeval_xl.batch.report import report as rewrite

    result = rewrite(outbox)
    click.echo(f"已重写：{result.results}", err=True)
    click.echo(f"汇总：{result.summary}")


@click.group()
def ledger() -> None:
    """台账：结果文件夹里保存的各轮复核记录。

    \b
    示例：
      perfeval ledger export 结果 --to xlsx
    """


@ledger.command("export")
@click.argument("outbox", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--to", "kind", type=click.Choice(["parquet", "csv", "xlsx"]), required=True, help="格式。"
)
@click.option(
    "-o", "--output", type=PATH,
    help="写到哪里：csv、parquet 是文件夹（默认 OUTBOX/台账），xlsx 是文件（默认 OUTBOX/台账.xlsx）。",
)  # fmt: skip
@clear_errors
def ledger_export(outbox: Path, kind: str, output: Path | None) -> None:
    """把 OUTBOX 的台账导出成表格：轮次、文件、指标、问题、已改、数据项，各轮都在内。

    数字保持原样：csv、parquet 里是文字（40.95 就是 40.95），xlsx 里是数值。csv 里以 = + - @
    开头的文字前面加了一个 '，免得被当成公式。

    \b
    示例：
      perfeval ledger export 结果 --to xlsx
      perfeval ledger export 结果 --to csv -o D:\\绩效\\台账
      perfeval ledger export 结果 --to parquet      （需要 pip install "perfeval-xl[parquet]"）
    """
    from perfeval_xl.batch.export import Kind, export

    if output is not None and kind != "xlsx" and output.is_file():
        raise click.BadParameter(f"“{output}”是文件，{kind} 要写到文件夹", param_hint="-o")
    is_book = output is not None and kind == "xlsx" and not output.is_dir()
    if output is not None and is_book and output.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"文件名要以 .xlsx 结尾：“{output.name}”", param_hint="-o")
    for path in export(outbox, cast(Kind, kind), output):
        click.echo(str(path))
