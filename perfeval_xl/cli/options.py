"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

from perfeval_xl.cli.exits import F

PATH = click.Path(path_type=Path)
TEMPLATES = click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="本单位自己的表样文件夹（每个表样一个子文件夹）。",
)
PASSWORDS = click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="打开密码，文本文件，一行一个；用来打开加了密的工作簿。",
)
FORM = click.option(
    "--form", "form_id", metavar="表样", help="指定表样，不自动识别。用 forms list 查看。"
)
SETTINGS = click.option(
    "--settings",
    "settings_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="设置文件；不写就用收件文件夹旁边的 perfeval.toml。",
)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ROSTER = click.option(
    "--roster",
    type=_FILE,
    help="名册：应报单位的编码、名称、别名、类型、截止日期、免报（.xlsx、.csv）。",
)
_LISTS = (
    ROSTER,
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


def with_lists(command: F) -> F:
    """The options that name the office's lists."""
    for option in reversed(_LISTS):
        command = option(command)
    return command
