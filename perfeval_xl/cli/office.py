"""Commands that set up an office: init, and settings, which shows what is in force."""

from __future__ import annotations

from pathlib import Path

import click

from perfeval_xl.cli.choices import settings_of_inbox
from perfeval_xl.cli.exits import clear_errors
from perfeval_xl.cli.options import FORM, PASSWORDS, PATH, SETTINGS, TEMPLATES
from perfeval_xl.cli.printing import print_json


@click.command()
@click.argument("folder", type=PATH, required=False)
@clear_errors
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


@click.command("settings")
@click.argument(
    "inbox", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@FORM
@PASSWORDS
@TEMPLATES
@SETTINGS
@click.option("--json", "as_json", is_flag=True, help="给出 JSON。")
@clear_errors
def settings(
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
    chosen = settings_of_inbox(near, settings_file, form_id, templates, password_file)
    rows = chosen.in_force()
    if as_json:
        print_json({row.key: asdict(row) for row in rows})
        return
    if chosen.file is None:
        click.echo("没有 perfeval.toml，用的都是默认值和表样里的。", err=True)
    for row in rows:
        click.echo(f"{row.title}：{row.value}　（{row.origin}）　{row.key}")
