"""The command line: the only module that prints. Data to stdout, talk to stderr, Chinese texts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from perfeval_xl.batch.lists import lists_of
from perfeval_xl.errors import FormSpecError, ListError, PerfEvalError, WorkbookError
from perfeval_xl.terminal import speak_chinese

if TYPE_CHECKING:
    from perfeval_xl.batch.ending import RunResult
    from perfeval_xl.batch.lists import Lists
    from perfeval_xl.batch.one import Options
    from perfeval_xl.batch.record import Record
    from perfeval_xl.batch.settings import Settings
    from perfeval_xl.batch.verify import Verification
    from perfeval_xl.forms.spec import FormSpec
    from perfeval_xl.model import Evaluation, IndicatorResult
    from perfeval_xl.settlement import UnitSettlement

speak_chinese()

OK, FAILED, USAGE, ERRORS_FOUND, INCOMPLETE, INTERRUPTED = range(6)
_MEANING = {
    OK: "结果：没有发现错误。",
    ERRORS_FOUND: "结果：有的表有错误。打开汇总看是哪几份，把“复核”文件夹里的副本发回单位改。",
    INCOMPLETE: "结果：有的文件没能复核。原因和办法在“退回”文件夹里，请单位重新报送。",
}
_REMARKS_SHOWN = 5
_SEVERITY = {"error": "错误", "warning": "警告", "note": "提示"}
_COLORS = {"error": "red", "warning": "yellow", "note": "cyan"}
_PATH = click.Path(path_type=Path)
_TEMPLATES = click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="本单位自己的表样文件夹（每个表样一个子文件夹）。",
)
_PASSWORDS = click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="打开密码，文本文件，一行一个；用来打开加了密的工作簿。",
)
_FORM = click.option(
    "--form", "form_id", metavar="表样", help="指定表样，不自动识别。用 forms list 查看。"
)

_SETTINGS = click.option(
    "--settings",
    "settings_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="设置文件；不写就用收件文件夹旁边的 perfeval.toml。",
)

F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ROSTER = click.option(
    "--roster",
    type=_FILE,
    help="名册：应报单位的编码、名称、别名、类型、截止日期、免报（.xlsx、.csv）。",
)
_LISTS = (
    _ROSTER,
    click.option(
        "--reference",
        type=_FILE,
        help="参考数据：财政部门掌握的数，计分时比单位填报的优先（.xlsx、.csv）。",
    ),
    click.option(
        "--previous",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="上一年的结果文件夹：用其中的数算变动率、核对上年数。",
    ),
)


def _with_lists(command: F) -> F:
    """The options that name the office's lists."""
    for option in reversed(_LISTS):
        command = option(command)
    return command


def _clear_errors(command: F) -> F:
    """Turn errors of ours into one Chinese line and an exit code, never a traceback."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except FormSpecError as exc:
            _fail(f"表样数据有误：{exc}")
        except ListError as exc:
            _fail(f"清单不能用，没有开始复核。{exc}")
        except PerfEvalError as exc:
            _fail(str(exc))
        except OSError as exc:
            _fail(_refused(exc))
        except KeyboardInterrupt:
            click.echo("已中断；再次运行同一命令即可继续。", err=True)
            sys.exit(INTERRUPTED)

    return cast(F, wrapped)


def _refused(error: OSError) -> str:
    from perfeval_xl.batch.files import reason_of

    return (
        f"读写文件失败：{error.filename or ''}（{reason_of(error)}）。请检查磁盘空间、权限和文件是否"
        "被占用，然后再次运行同一命令；已完成的不会重做。"
    )


def _fail(message: str, code: int = FAILED) -> None:
    click.echo(message, err=True)
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="perfeval-xl", message="perfeval_xl %(version)s")
def main() -> None:
    """部门整体支出绩效自评表复核：读填好的附件工作簿，重新计算，批注后发回，并汇总。

    \b
    示例：
      perfeval run 收件 --out 结果        复核整个文件夹
      perfeval check 某局自评表.xlsx      只看一份
      perfeval blank yueyanglou-2021 -o 空白表.xlsx
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


@main.command()
@click.argument("inbox", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", "outbox", type=_PATH, required=True, help="结果文件夹，没有就新建。")
@_FORM
@click.option("--jobs", type=click.IntRange(1, 256), help="同时处理几份，默认用全部处理器核心。")
@click.option("--force", is_flag=True, help="全部重做，不沿用上次已完成的。")
@click.option(
    "--scheduler",
    metavar="地址",
    help="交给 Dask 调度器的工作机去做，如 tcp://10.0.0.5:8786；各台机器要能按同一路径访问两个文件夹。",
)
@click.option("--json", "as_json", is_flag=True, help="在标准输出给出结果的 JSON，一份文件一行。")
@_with_lists
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="日期",
    help="未报单位的逾期天数算到哪一天，如 2022-04-15；不写就在打开汇总时按当天算。",
)
@_PASSWORDS
@_TEMPLATES
@_SETTINGS
@_clear_errors
def run(
    inbox: Path,
    outbox: Path,
    form_id: str | None,
    jobs: int | None,
    force: bool,
    scheduler: str | None,
    as_json: bool,
    roster: Path | None,
    reference: Path | None,
    previous: Path | None,
    as_of: datetime | None,
    password_file: Path | None,
    templates: Path | None,
    settings_file: Path | None,
) -> None:
    """复核 INBOX 文件夹里的全部工作簿，结果写到 --out。收件文件夹不会被改动。

    \b
    示例：
      perfeval run 收件 --out 结果
      perfeval run D:\\绩效\\收件 --out D:\\绩效\\结果 --jobs 4
      perfeval run //共享/收件 --out //共享/结果 --scheduler tcp://10.0.0.5:8786
      perfeval run 收件 --out 结果 --roster 名册.xlsx --reference 参考数据.xlsx --previous 去年的结果
    \b
    退出码：0 没有错误 · 3 有错误 · 4 有文件没能复核 · 5 中断 · 1 程序失败 · 2 用法不对
    """
    from perfeval_xl.batch.files import quiet_refusals
    from perfeval_xl.batch.run import run_folder

    quiet_refusals()
    _check_outbox(outbox, inbox)
    chosen = _settings_of_inbox(
        inbox, settings_file, form_id, templates, password_file, jobs=jobs,
        roster=roster, reference=reference, previous=previous,
    )  # fmt: skip
    if as_of is not None and chosen.roster is None:
        raise click.UsageError("--as-of 要和 --roster 一起用。")
    with _Progress() as progress:
        result = run_folder(
            inbox, outbox, progress=progress.show, force=force, settings=chosen,
            scheduler=scheduler, as_of=as_of.date() if as_of else None,
        )  # fmt: skip
    for remark in result.remarks:
        click.echo(remark, err=True)
    if as_json:
        _print_file(result.results)
    else:
        _print_closing(result)
    sys.exit(_exit_code(result))


@main.command()
@click.argument("outbox", type=click.Path(exists=True, file_okay=False, path_type=Path))
@_clear_errors
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


@main.group()
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
    "-o", "--output", type=_PATH,
    help="写到哪里：csv、parquet 是文件夹（默认 OUTBOX/台账），xlsx 是文件（默认 OUTBOX/台账.xlsx）。",
)  # fmt: skip
@_clear_errors
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


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_FORM
@click.option("--json", "as_json", is_flag=True, help="给出 JSON（格式同 results.jsonl 的一行）。")
@_with_lists
@_PASSWORDS
@_TEMPLATES
@_SETTINGS
@_clear_errors
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
    chosen = _settings_of_file(
        file, settings_file, form_id, templates, password_file,
        roster=roster, reference=reference, previous=previous,
    )  # fmt: skip
    _check_one(file, chosen, as_json)


def _check_one(file: Path, settings: Settings, as_json: bool = False) -> None:

    lists = lists_of(settings.roster, settings.reference, settings.previous)
    record = _record_of(file, settings.options(), lists)
    if as_json:
        _print_json(record)
    else:
        _print_record(record)
    if record["status"] == "returned":
        sys.exit(INCOMPLETE)
    findings = cast("list[Record]", record["findings"])
    sys.exit(ERRORS_FOUND if any(f["severity"] == "error" for f in findings) else OK)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("indicator")
@_FORM
@click.option("--json", "as_json", is_flag=True, help="给出 JSON。")
@_with_lists
@_PASSWORDS
@_TEMPLATES
@_SETTINGS
@_clear_errors
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
    chosen = _settings_of_file(
        file, settings_file, form_id, templates, password_file,
        roster=roster, reference=reference, previous=previous,
    )  # fmt: skip
    evaluation, spec = _evaluation_of(file, chosen)
    result = _indicator_of(evaluation, indicator)
    if as_json:
        _print_json(_explained(result, evaluation, spec))
    else:
        _print_explained(result, evaluation, spec)


@main.command()
@click.argument("form")
@click.option(
    "-o",
    "--output",
    type=_PATH,
    required=True,
    help="写到哪个文件（.xlsx）；用了 --roster 时是文件夹。",
)
@_ROSTER
@click.option("--force", is_flag=True, help="文件已存在时覆盖。")
@click.option("--with", "further", metavar="附表", help="附上哪几张附表，用逗号隔开。")
@_TEMPLATES
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="设置文件（表样、等次、颜色）；不写就用当前文件夹里的 perfeval.toml。",
)
@_clear_errors
def blank(
    form: str,
    output: Path,
    roster: Path | None,
    force: bool,
    further: str | None,
    templates: Path | None,
    settings_file: Path | None,
) -> None:
    """生成 FORM 的空白表，供填报单位填写；用 --roster 给名册里每个单位一份，填好名称和编码。

    \b
    示例：
      perfeval blank yueyanglou-2021 -o 空白表.xlsx
      perfeval blank yueyanglou-2021 -o 空白表.xlsx --with base-data,supplement
      perfeval blank yueyanglou-2023-base -o 基础数据表.xlsx
      perfeval blank yueyanglou-2021 --roster 名册.xlsx -o 下发
      perfeval blank yueyanglou-2021 --roster 名册.xlsx --with base-data,supplement -o 下发
    """
    from perfeval_xl.batch.files import whole_file
    from perfeval_xl.batch.settings import load_settings, settings_in
    from perfeval_xl.forms.office import office_form
    from perfeval_xl.writer.blank import write_blank
    from perfeval_xl.writer.style import in_colours

    found = settings_file or settings_in(Path.cwd())
    if found is not None:
        click.echo(f"设置：{found}", err=True)
    chosen = load_settings(found, templates, with_lists=False)
    _known_form(form, chosen.templates)
    spec = office_form(form, chosen.templates, chosen.office)
    names = _attachments_named(spec, further)
    colours = dict(chosen.office.colours)
    if roster is not None:
        with in_colours(colours):
            _write_blanks(spec, roster, output, force, names)
        return
    if output.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"文件名要以 .xlsx 结尾，写的是“{output.name}”", param_hint="-o")
    if output.exists() and not force:
        raise click.UsageError(f"“{output}”已经存在；要覆盖请加 --force。")
    with whole_file(output) as temporary, in_colours(colours):
        write_blank(spec, temporary, further=names)
    click.echo(f"已生成：{output}", err=True)


def _write_blanks(
    spec: FormSpec, roster: Path, folder: Path, force: bool, further: Sequence[str]
) -> None:
    """One prefilled blank per unit of the roster that must report."""
    from perfeval_xl.batch.blanks import write_blanks

    if folder.exists() and not folder.is_dir():
        raise click.BadParameter(f"“{folder}”不是文件夹", param_hint="-o")
    with click.progressbar(length=1, label="生成", file=sys.stderr, show_pos=True) as bar:

        def show(done: int, units: int) -> None:
            bar.length = units
            bar.update(1, done)

        made = write_blanks(spec, roster, folder, force, show, further)
    click.echo(f"已生成 {made.written} 份：{folder}", err=True)
    if made.kept:
        click.echo(f"已有 {made.kept} 份，没有覆盖（要覆盖请加 --force）。", err=True)
    if made.exempt:
        click.echo(f"免报 {made.exempt} 个，没有生成。", err=True)
    _print_remarks([str(remark) for remark in made.remarks])


@main.command()
@click.argument("copy", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("original", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_FORM
@click.option("--json", "as_json", is_flag=True, help="给出 JSON。")
@_PASSWORDS
@_TEMPLATES
@_SETTINGS
@_clear_errors
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

    chosen = _settings_of_file(original, settings_file, form_id, templates, password_file)
    try:
        result = verified(copy.read_bytes(), original.read_bytes(), chosen.options())
    except WorkbookError as exc:
        text = return_text(exc, original.name)
        _fail(f"原件不能复核：{text.message}\n{text.fix}", INCOMPLETE)
        return
    if as_json:
        _print_json(asdict(result))
    else:
        _print_verification(result)
    codes = {"proven": OK, "ruled": OK, "differs": ERRORS_FOUND, "unproven": INCOMPLETE}
    sys.exit(codes[result.status])


@main.command()
@click.argument("outbox", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="给出 JSON，一份文件一行。")
@_TEMPLATES
@_SETTINGS
@_clear_errors
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
    settings = _settings(found, None, templates, None)
    result = settled(outbox, settings.templates, settings.office)
    for unit in result.units:
        if as_json:
            _print_json(unit_record(unit))
        else:
            _print_settlement(unit)
    if not as_json:
        click.echo(f"已核定 {result.count(Stage.SETTLED)} 份，共 {len(result.units)} 份。")
        click.echo(f"汇总：{result.summary}")
    for place in result.strays:
        click.echo(f"“{place}”的原件已不在收件里或被退回，其中的核定留着，但没有计入。", err=True)
    _say_set_aside(result.set_aside)
    for remark in result.remarks:
        click.echo(remark, err=True)
    mistaken = result.count(Stage.MISTAKES)
    is_open = result.count(Stage.OPEN) + result.count(Stage.TWICE)
    sys.exit(ERRORS_FOUND if mistaken else INCOMPLETE if is_open else OK)


@main.command()
@click.argument("inbox", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", "outbox", type=_PATH, required=True, help="结果文件夹，没有就新建。")
@click.option(
    "--interval",
    type=click.FloatRange(min=0, min_open=True),
    metavar="秒",
    help="每隔几秒看一次，默认 10 秒。",
)
@click.option("--once-idle", is_flag=True, help="到齐的都复核完、没有新文件时就退出。")
@_FORM
@click.option("--jobs", type=click.IntRange(1, 256), help="同时处理几份，默认用全部处理器核心。")
@_PASSWORDS
@_TEMPLATES
@_SETTINGS
@_clear_errors
def watch(
    inbox: Path,
    outbox: Path,
    interval: float | None,
    once_idle: bool,
    form_id: str | None,
    jobs: int | None,
    password_file: Path | None,
    templates: Path | None,
    settings_file: Path | None,
) -> None:
    """守着 INBOX 文件夹：到齐一份复核一份，随后更新汇总。按 Ctrl+C 停止。

    \b
    示例：
      perfeval watch 收件 --out 结果
      perfeval watch \\\\服务器\\收件 --out D:\\绩效\\结果 --interval 30
    \b
    退出码：0 停止时到齐的都已复核 · 5 停止时还有没复核完的，再次运行即可继续
    （--once-idle 时同 run：0 没有错误 · 3 有错误 · 4 有文件没能复核）
    """
    from perfeval_xl.batch.files import quiet_refusals
    from perfeval_xl.batch.watch import Watcher

    quiet_refusals()
    _check_outbox(outbox, inbox)
    chosen = _settings_of_inbox(
        inbox, settings_file, form_id, templates, password_file, jobs=jobs, interval=interval
    )
    watcher = Watcher(inbox, outbox, chosen, _tell, _print_finished)
    _stop_on_signals()
    try:
        _tell(f"正在看“{inbox}”，每 {chosen.interval:g} 秒一次；按 Ctrl+C 停止。")
        watcher.watch(once_idle)
    except KeyboardInterrupt:
        if watcher.is_idle:
            _tell("已停止；到齐的都已复核。")
            sys.exit(OK)
        _tell("已停止；还有文件没有复核完，再次运行 watch 或 run 即可继续。")
        sys.exit(INTERRUPTED)
    sys.exit(_exit_code(watcher.result) if watcher.result else OK)


def _stop_on_signals() -> None:
    """Let a request to end be what Ctrl-C is, also where the shell had Ctrl-C ignored."""
    import signal

    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGTERM", "SIGBREAK", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))


def _tell(sentence: str) -> None:
    click.echo(f"{_now()} {sentence}", err=True)


def _print_finished(record: Record) -> None:
    """One line for a file that is finished."""
    from perfeval_xl.batch.record import outcome_line

    line, severity = outcome_line(record)
    click.secho(f"{_now()} {line}", fg=_COLORS.get(severity))


def _now() -> str:
    import time

    return time.strftime("%H:%M:%S")


@main.command("settings")
@click.argument(
    "inbox", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@_FORM
@_PASSWORDS
@_TEMPLATES
@_SETTINGS
@click.option("--json", "as_json", is_flag=True, help="给出 JSON。")
@_clear_errors
def settings_command(
    inbox: Path | None,
    form_id: str | None,
    password_file: Path | None,
    templates: Path | None,
    settings_file: Path | None,
    as_json: bool,
) -> None:
    """列出每项设置现在的值和来源。INBOX 是收件文件夹，不写就看当前文件夹里的 perfeval.toml。

    \b
    示例：
      perfeval settings 收件
      perfeval settings --settings D:\\绩效\\perfeval.toml
    """
    from dataclasses import asdict

    near = inbox or Path.cwd() / "收件"
    chosen = _settings_of_inbox(near, settings_file, form_id, templates, password_file)
    rows = chosen.in_force()
    if as_json:
        _print_json({row.key: asdict(row) for row in rows})
        return
    if chosen.file is None:
        click.echo("没有 perfeval.toml，用的都是默认值和表样里的。", err=True)
    for row in rows:
        click.echo(f"{row.title}：{row.value}　（{row.origin}）　{row.key}")


@main.command()
@click.argument("folder", type=_PATH, required=False)
@_clear_errors
def init(folder: Path | None) -> None:
    """在 FOLDER 里摆好收件、结果两个文件夹、设置、空白表、名册和双击用的 复核.bat。已有的不动。

    不写 FOLDER，就在桌面上新建“绩效复核”。空白表按 FOLDER 里已有的 perfeval.toml 生成（表样、等次、颜色）。

    \b
    示例：
      perfeval init D:\\绩效\\2022年
    """
    from perfeval_xl.batch.desk import lay_out, usual_folder

    for place, is_new in lay_out(folder or usual_folder()):
        click.echo(f"{'新建' if is_new else '已有，没有动'}　{place}")


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("dropped", required=False)
@_clear_errors
def desk(folder: Path, dropped: str | None) -> None:
    """复核.bat 用：复核 FOLDER 里的 收件；拖来文件夹 DROPPED 就复核它，拖来文件就看这一份。

    \b
    示例：
      perfeval desk D:\\绩效\\2022年
      perfeval desk D:\\绩效\\2022年 D:\\补报的表
    """
    from perfeval_xl.batch.desk import task_of
    from perfeval_xl.batch.files import quiet_refusals
    from perfeval_xl.batch.run import run_folder

    quiet_refusals()
    task = task_of(folder, dropped)
    chosen = _settings(task.settings, None, None, None)
    if task.outbox is None:
        _check_one(task.source, chosen)
        return
    _check_outbox(task.outbox, task.source)
    with _Progress() as progress:
        result = run_folder(task.source, task.outbox, progress=progress.show, settings=chosen)
    _print_closing(result)
    click.echo(_MEANING[_exit_code(result)])
    sys.exit(_exit_code(result))


@main.group()
def forms() -> None:
    """查看、检查、比较表样。

    \b
    示例：
      perfeval forms list
      perfeval forms check 我的表样/某区-2022
      perfeval forms fields yueyanglou-2021
      perfeval forms diff yueyanglou-2021 某区-2022 --templates 我的表样
    """


@forms.command("list")
@_TEMPLATES
@_clear_errors
def forms_list(templates: Path | None) -> None:
    """列出全部表样。

    \b
    示例：
      perfeval forms list
    """
    from perfeval_xl.forms.catalog import load_forms

    for spec in load_forms(templates):
        click.echo(
            f"{spec.id}\t{spec.name}\t{spec.issuer}\t"
            f"{len(spec.indicators)} 项指标 {len(spec.checks)} 条勾稽关系\t{spec.digest[:12]}"
        )


@forms.command("check")
@click.argument("form", required=False)
@_TEMPLATES
@_clear_errors
def forms_check(form: str | None, templates: Path | None) -> None:
    """检查表样数据写得对不对；FORM 是 id 或文件夹，不写就检查全部。

    \b
    示例：
      perfeval forms check
      perfeval forms check 我的表样/某区-2022
    """
    from perfeval_xl.forms.catalog import list_forms, load_form
    from perfeval_xl.forms.load import load_form_directory

    if form is not None and Path(form).is_dir():
        specs = [load_form_directory(Path(form))]
    else:
        specs = [load_form(name, templates) for name in ([form] if form else list_forms(templates))]
    for spec in specs:
        points = sum(group.points for group in spec.groups.values() if group.level == 1)
        click.echo(
            f"{spec.id}：没有问题。{len(spec.indicators)} 项指标，{points} 分，"
            f"{len(spec.fields)} 个填报项，{len(spec.checks)} 条勾稽关系。"
        )


@forms.command("fields")
@click.argument("form")
@_TEMPLATES
@_clear_errors
def forms_fields(form: str, templates: Path | None) -> None:
    """列出 FORM 里可以写进参考数据的全部数：id、名称、种类。

    \b
    示例：
      perfeval forms fields yueyanglou-2021
    """
    from perfeval_xl.batch.reference import KIND_WORDS, figure_kinds

    spec = _known_form(form, templates)
    for fact, kind in figure_kinds(spec).items():
        click.echo(f"{fact}\t{spec.label_of(fact)}\t{KIND_WORDS[kind]}")


@forms.command("diff")
@click.argument("first")
@click.argument("second")
@_TEMPLATES
@_clear_errors
def forms_diff(first: str, second: str, templates: Path | None) -> None:
    """比较两个表样：指标、分值、评分标准、填报项、勾稽关系有哪些不同。

    \b
    示例：
      perfeval forms diff yueyanglou-2021 某区-2022 --templates 我的表样
    """
    from perfeval_xl.forms.compare import differences

    old, new = _form_or_folder(first, templates), _form_or_folder(second, templates)
    lines = differences(old, new)
    click.echo("\n".join(lines) if lines else "两个表样没有不同。")


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
        click.secho(f"  [填写有误] {mistake.message}", fg=_COLORS["error"])
        click.echo(f"       {mistake.fix}")
    for item in unit.open_items:
        question = item.question
        click.echo(
            f"  [未核定] {item.place} 第 {question.number} 项 {question.label}{item.earlier}"
        )


def _say_set_aside(places: Sequence[str]) -> None:
    """Name the officers' versions that were kept beside ours."""
    if places:
        click.echo(f"人工改过、内容没有全部写进新副本的，原样另存 {len(places)} 份：", err=True)
    for place in places:
        click.echo(f"  {place}", err=True)


# ---- finding forms and files ----


def _attachments_named(spec: FormSpec, text: str | None) -> list[str]:
    """The further sheets that ``--with`` names."""
    known = [attached.id for attached in spec.attachments]
    names = [name for name in (text or "").replace("，", ",").replace(" ", "").split(",") if name]
    for name in names:
        if name not in known:
            given = f"可用：{'、'.join(known)}" if known else f"“{spec.id}”没有附表"
            raise click.BadParameter(f"没有“{name}”这张附表。{given}。", param_hint="--with")
    return list(dict.fromkeys(names))


def _known_form(form_id: str, templates: Path | None) -> FormSpec:
    from perfeval_xl.forms.catalog import list_forms, load_form

    known = list_forms(templates)
    if form_id not in known:
        raise click.UsageError(f"没有“{form_id}”这个表样。现有：{'、'.join(known)}。")
    return load_form(form_id, templates)


def _form_or_folder(name: str, templates: Path | None) -> FormSpec:
    from perfeval_xl.forms.load import load_form_directory

    return load_form_directory(Path(name)) if Path(name).is_dir() else _known_form(name, templates)


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
        _print_remarks([str(remark) for remark in desk.remarks.found])
        return found
    except WorkbookError as exc:
        text = return_text(exc, file.name)
        click.echo(f"{text.message}\n{text.fix}", err=True)
        sys.exit(INCOMPLETE)


def _settings_of_inbox(
    inbox: Path,
    file: Path | None,
    form_id: str | None = None,
    templates: Path | None = None,
    password_file: Path | None = None,
    **more: Any,
) -> Settings:
    """The settings that govern an inbox, under what the command line says."""
    from perfeval_xl.batch.settings import NAME, settings_beside

    if file is None and (inbox / NAME).is_file():
        click.echo(f"收件文件夹里的 {NAME} 不起作用；设置文件要放在收件文件夹旁边。", err=True)
    path = file or settings_beside(inbox)
    return _settings(path, form_id, templates, password_file, **more)


def _settings_of_file(
    workbook: Path,
    file: Path | None,
    form_id: str | None,
    templates: Path | None,
    password_file: Path | None,
    **more: Any,
) -> Settings:
    """The settings that govern a file of some inbox, under what the command line says."""
    from perfeval_xl.batch.settings import settings_for

    return _settings(file or settings_for(workbook), form_id, templates, password_file, **more)


def _settings(
    path: Path | None,
    form_id: str | None,
    templates: Path | None,
    password_file: Path | None,
    **more: Any,
) -> Settings:
    from perfeval_xl.batch.settings import load_settings

    found = load_settings(path, templates)
    if path is not None:
        click.echo(f"设置：{path}", err=True)
    if form_id:
        _known_form(form_id, found.templates)
    return found.overruled(form=form_id, passwords=_passwords(password_file), **more)


def _check_outbox(outbox: Path, inbox: Path) -> None:
    if outbox.resolve() == inbox.resolve():
        raise click.BadParameter("结果文件夹不能就是收件文件夹", param_hint="--out")
    if outbox.exists() and not outbox.is_dir():
        raise click.BadParameter(f"“{outbox}”不是文件夹", param_hint="--out")


def _record_of(file: Path, options: Options, lists: Lists) -> Record:
    from perfeval_xl.batch.worker import check

    if not lists:
        return check(file, options)
    from perfeval_xl.batch.list_desk import known_beside

    with known_beside(lists, options) as (knowing, desk):
        record = check(file, knowing)
        desk.answer(record)
    _print_remarks([str(remark) for remark in desk.remarks.found])
    return record


def _passwords(file: Path | None) -> tuple[str, ...]:
    if file is None:
        return ()
    from perfeval_xl.ooxml.crypt import read_password_file

    return read_password_file(file)


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


# ---- printing ----


class _Progress:
    """A bar with counts on a terminal, a plain line now and then elsewhere."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._done = 0
        self._returned = 0
        self._errors = 0

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.render_finish()

    def show(self, record: Record, files: int) -> None:
        """One more file is done."""
        self._done += 1
        self._returned += record["status"] == "returned"
        findings = cast("list[Record]", record["findings"])
        self._errors += any(f["severity"] == "error" for f in findings)
        if sys.stderr.isatty():
            self._show_bar(files)
        elif self._done == files or self._done % max(1, files // 10) == 0:
            click.echo(f"{self._done}/{files}，{self._state()}", err=True)

    def _show_bar(self, files: int) -> None:
        if self._bar is None:
            self._bar = click.progressbar(
                length=files, label="复核", file=sys.stderr, show_pos=True,
                item_show_func=lambda _: self._state(),
            )  # fmt: skip
        self._bar.update(1, self._done)

    def _state(self) -> str:
        return f"有错误 {self._errors}，退回 {self._returned}"


def _print_closing(result: RunResult) -> None:
    rows = [
        ("收到文件", result.files),
        ("已复核", result.evaluated),
        ("　其中有错误", result.with_errors),
        ("退回", result.returned),
        ("错误", result.findings["error"]),
        ("警告", result.findings["warning"]),
        ("提示", result.findings["note"]),
    ]
    if not result.files:
        click.echo("收件文件夹里没有可以复核的文件。", err=True)
    if result.resumed:
        click.echo(f"沿用上次已完成的 {result.resumed} 份（要全部重做请加 --force）。", err=True)
    for name, count in rows:
        click.echo(f"{name}{'　' * (7 - len(name))}{count:>6}")
    for name, count in result.reporting.items():
        click.echo(f"{name}{'　' * (7 - len(name))}{count:>6}")
    _print_remarks(result.questions, "汇总的“报送情况”")
    _print_remarks(result.list_remarks, "汇总的“清单核对”")
    for reason, count in sorted(result.skipped.items()):
        click.echo(f"跳过 {count} 个：{reason}", err=True)
    for place, why in sorted(result.unreadable.items()):
        click.echo(f"副本“{place}”里的核定读不出来（{why}）；要重写时会先原样另存。", err=True)
    _say_set_aside(result.set_aside)
    click.echo(f"汇总：{result.summary}")


def _print_remarks(remarks: Sequence[str], where: str = "") -> None:
    """What is to be said of the office's lists; only the first where the summary has them all."""
    shown = remarks[:_REMARKS_SHOWN] if where else remarks
    for remark in shown:
        click.echo(remark, err=True)
    if len(remarks) > len(shown):
        click.echo(f"还有 {len(remarks) - len(shown)} 处要留意，见{where}。", err=True)


def _exit_code(result: RunResult) -> int:
    if result.returned:
        return INCOMPLETE
    return ERRORS_FOUND if result.with_errors else OK


def _print_file(path: Path) -> None:
    sys.stdout.buffer.write(path.read_bytes())


def _print_json(record: Record) -> None:
    from perfeval_xl.batch.record import to_line

    sys.stdout.buffer.write((to_line(record) + "\n").encode("utf-8"))


def _print_record(record: Record) -> None:
    from perfeval_xl.batch.record import summary_lines

    for line, severity in summary_lines(record):
        click.secho(line, fg=_COLORS.get(severity))


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


if __name__ == "__main__":
    main()
