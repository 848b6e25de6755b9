"""What several commands print: progress, closing figures, records."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from perfeval_xl.batch.ending import RunResult
    from perfeval_xl.batch.record import Record

_REMARKS_SHOWN = 5
COLORS = {"error": "red", "warning": "yellow", "note": "cyan"}


class Progress:
    """A bar with counts on a terminal, a plain line now and then elsewhere."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._done = 0
        self._returned = 0
        self._errors = 0

    def __enter__(self) -> Progress:
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


def print_closing(result: RunResult) -> None:
    """The figures of a run, and where its summary is."""
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
    print_remarks(result.questions, "汇总的“报送情况”")
    print_remarks(result.list_remarks, "汇总的“清单核对”")
    for reason, count in sorted(result.skipped.items()):
        click.echo(f"跳过 {count} 个：{reason}", err=True)
    for place, why in sorted(result.unreadable.items()):
        click.echo(f"副本“{place}”里的核定读不出来（{why}）；要重写时会先原样另存。", err=True)
    say_set_aside(result.set_aside)
    click.echo(f"汇总：{result.summary}")


def print_remarks(remarks: Sequence[str], where: str = "") -> None:
    """What is to be said of the office's lists; only the first where the summary has them all."""
    shown = remarks[:_REMARKS_SHOWN] if where else remarks
    for remark in shown:
        click.echo(remark, err=True)
    if len(remarks) > len(shown):
        click.echo(f"还有 {len(remarks) - len(shown)} 处要留意，见{where}。", err=True)


def say_set_aside(places: Sequence[str]) -> None:
    """Name the officers' versions that were kept beside ours."""
    if places:
        click.echo(f"人工改过、内容没有全部写进新副本的，原样另存 {len(places)} 份：", err=True)
    for place in places:
        click.echo(f"  {place}", err=True)


def print_record(record: Record) -> None:
    """What a clerk is to see of one file."""
    from perfeval_xl.batch.record import summary_lines

    for line, severity in summary_lines(record):
        click.secho(line, fg=COLORS.get(severity))


def print_json(record: Record) -> None:
    """One line as in results.jsonl, whatever the terminal's encoding."""
    from perfeval_xl.batch.record import to_line

    sys.stdout.buffer.write((to_line(record) + "\n").encode("utf-8"))
