"""Commands about the official forms: blank, and the group forms."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfeval_xl.cli.choices import known_form
from perfeval_xl.cli.exits import clear_errors
from perfeval_xl.cli.options import PATH, ROSTER, TEMPLATES
from perfeval_xl.cli.printing import print_remarks

if TYPE_CHECKING:
    from perfeval_xl.forms.spec import FormSpec


@click.command()
@click.argument("form")
@click.option(
    "-o",
    "--output",
    type=PATH,
    required=True,
    help="写到哪个文件（.xlsx）；用了 --roster 时是文件夹。",
)
@ROSTER
@click.option("--force", is_flag=True, help="文件已存在时覆盖。")
@click.option("--with", "further", metavar="附表", help="附上哪几张附表，用逗号隔开。")
@TEMPLATES
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="设置文件（表样、等次、颜色）；不写就用当前文件夹里的 perfeval.toml。",
)
@clear_errors
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
    known_form(form, chosen.templates)
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


def _attachments_named(spec: FormSpec, text: str | None) -> list[str]:
    """The further sheets that ``--with`` names."""
    known = [attached.id for attached in spec.attachments]
    names = [name for name in (text or "").replace("，", ",").replace(" ", "").split(",") if name]
    for name in names:
        if name not in known:
            given = f"可用：{'、'.join(known)}" if known else f"“{spec.id}”没有附表"
            raise click.BadParameter(f"没有“{name}”这张附表。{given}。", param_hint="--with")
    return list(dict.fromkeys(names))


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
    print_remarks([str(remark) for remark in made.remarks])


@click.group()
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
@TEMPLATES
@clear_errors
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
@TEMPLATES
@clear_errors
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
    elif form is not None:
        specs = [known_form(form, templates)]
    else:
        specs = [load_form(name, templates) for name in list_forms(templates)]
    for spec in specs:
        points = sum(group.points for group in spec.groups.values() if group.level == 1)
        click.echo(
            f"{spec.id}：没有问题。{len(spec.indicators)} 项指标，{points} 分，"
            f"{len(spec.fields)} 个填报项，{len(spec.checks)} 条勾稽关系。"
        )


@forms.command("fields")
@click.argument("form")
@TEMPLATES
@clear_errors
def forms_fields(form: str, templates: Path | None) -> None:
    """列出 FORM 里可以写进参考数据的全部数：id、名称、种类。

    \b
    示例：
      perfeval forms fields yueyanglou-2021
    """
    from perfeval_xl.batch.reference import KIND_WORDS, figure_kinds

    spec = known_form(form, templates)
    for fact, kind in figure_kinds(spec).items():
        click.echo(f"{fact}\t{spec.label_of(fact)}\t{KIND_WORDS[kind]}")


@forms.command("diff")
@click.argument("first")
@click.argument("second")
@TEMPLATES
@clear_errors
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


def _form_or_folder(name: str, templates: Path | None) -> FormSpec:
    from perfeval_xl.forms.load import load_form_directory

    return load_form_directory(Path(name)) if Path(name).is_dir() else known_form(name, templates)
