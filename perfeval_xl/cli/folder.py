"""Commands over an inbox: run, watch, and desk, which 复核.bat calls."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfeval_xl.cli.choices import check_outbox, settings_at, settings_of_inbox
from perfeval_xl.cli.exits import INTERRUPTED, MEANING, OK, clear_errors, exit_code
from perfeval_xl.cli.options import FORM, PASSWORDS, PATH, SETTINGS, TEMPLATES, with_lists
from perfeval_xl.cli.printing import COLORS, Progress, print_closing
from perfeval_xl.cli.workbook import check_one

if TYPE_CHECKING:
    from perfeval_xl.batch.record import Record


@click.command()
@click.argument("inbox", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", "outbox", type=PATH, required=True, help="结果文件夹，没有就新建。")
@FORM
@click.option("--jobs", type=click.IntRange(1, 256), help="同时处理几份，默认用全部处理器核心。")
@click.option("--force", is_flag=True, help="全部重做，不沿用上次已完成的。")
@click.option(
    "--scheduler",
    metavar="地址",
    help="交给 Dask 调度器的工作机去做，如 tcp://10.0.0.5:8786；各台机器要能按同一路径访问两个文件夹。",
)
@click.option("--json", "as_json", is_flag=True, help="在标准输出给出结果的 JSON，一份文件一行。")
@with_lists
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="日期",
    help="未报单位的逾期天数算到哪一天，如 2022-04-15；不写就在打开汇总时按当天算。",
)
@PASSWORDS
@TEMPLATES
@SETTINGS
@clear_errors
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
    check_outbox(outbox, inbox)
    chosen = settings_of_inbox(
        inbox, settings_file, form_id, templates, password_file, jobs=jobs,
        roster=roster, reference=reference, previous=previous,
    )  # fmt: skip
    if as_of is not None and chosen.roster is None:
        raise click.UsageError("--as-of 要和 --roster 一起用。")
    with Progress() as progress:
        result = run_folder(
            inbox, outbox, progress=progress.show, force=force, settings=chosen,
            scheduler=scheduler, as_of=as_of.date() if as_of else None,
        )  # fmt: skip
    for remark in result.remarks:
        click.echo(remark, err=True)
    if as_json:
        _print_file(result.results)
    else:
        print_closing(result)
    sys.exit(exit_code(result))


def _print_file(path: Path) -> None:
    sys.stdout.buffer.write(path.read_bytes())


@click.command()
@click.argument("inbox", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", "outbox", type=PATH, required=True, help="结果文件夹，没有就新建。")
@click.option(
    "--interval",
    type=click.FloatRange(min=0, min_open=True),
    metavar="秒",
    help="每隔几秒看一次，默认 10 秒。",
)
@click.option("--once-idle", is_flag=True, help="到齐的都复核完、没有新文件时就退出。")
@FORM
@click.option("--jobs", type=click.IntRange(1, 256), help="同时处理几份，默认用全部处理器核心。")
@PASSWORDS
@TEMPLATES
@SETTINGS
@clear_errors
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
    check_outbox(outbox, inbox)
    chosen = settings_of_inbox(
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
    sys.exit(exit_code(watcher.result) if watcher.result else OK)


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
    click.secho(f"{_now()} {line}", fg=COLORS.get(severity))


def _now() -> str:
    import time

    return time.strftime("%H:%M:%S")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("dropped", required=False)
@clear_errors
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
    chosen = settings_at(task.settings, None, None, None)
    if task.outbox is None:
        check_one(task.source, chosen)
        return
    check_outbox(task.outbox, task.source)
    with Progress() as progress:
        result = run_folder(task.source, task.outbox, progress=progress.show, settings=chosen)
    print_closing(result)
    click.echo(MEANING[exit_code(result)])
    sys.exit(exit_code(result))
