"""The command line: the only room that prints. Data to stdout, talk to stderr, Chinese texts.

One module per family of commands; a command's module is imported when the command is asked for.
"""

from __future__ import annotations

import atexit
import gc
import sys
from importlib import import_module

import click

from perfeval_xl.terminal import speak_chinese

speak_chinese()

_GENERATION = 50_000  # objects before the collector looks: what is imported stays, and is much
_HOMES = {
    "blank": "forms",
    "check": "workbook",
    "desk": "folder",
    "explain": "workbook",
    "forms": "forms",
    "init": "office",
    "ledger": "outbox",
    "report": "outbox",
    "run": "folder",
    "settings": "office",
    "settle": "outbox",
    "verify": "workbook",
    "watch": "folder",
}


class _Commands(click.Group):
    """The commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, as ``--help`` lists them."""
        return list(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; a name that is not one brings all in, for click to suggest the nearest."""
        for name in [cmd_name] if cmd_name in _HOMES else _HOMES:
            module = import_module(f"{__name__}.{_HOMES[name]}")
            self.add_command(getattr(module, name), name)
        return self.commands.get(cmd_name)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="perfeval-xl", message="perfeval_xl %(version)s")
def main() -> None:
    """部门整体支出绩效自评表复核：读填好的附件工作簿，重新计算，批注后发回，并汇总。

    \b
    示例：
      perfeval run 收件 --out 结果        复核整个文件夹
      perfeval check 某局自评表.xlsx      只看一份
      perfeval blank yueyanglou-2021 -o 空白表.xlsx
    """
    gc.set_threshold(_GENERATION)
    atexit.register(gc.freeze)  # the process ends: nothing is left to be collected for
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
