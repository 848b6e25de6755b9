"""What the words of a command choose: a form, the settings with what overrules them, an outbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from perfeval_xl.batch.settings import Settings
    from perfeval_xl.forms.spec import FormSpec


def known_form(form_id: str, templates: Path | None) -> FormSpec:
    """The form of this id, or a usage error that lists the ids there are."""
    from perfeval_xl.forms.catalog import list_forms, load_form

    known = list_forms(templates)
    if form_id not in known:
        raise click.UsageError(f"没有“{form_id}”这个表样。现有：{'、'.join(known)}。")
    return load_form(form_id, templates)


def settings_of_inbox(
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
    return settings_at(path, form_id, templates, password_file, **more)


def settings_of_file(
    workbook: Path,
    file: Path | None,
    form_id: str | None,
    templates: Path | None,
    password_file: Path | None,
    **more: Any,
) -> Settings:
    """The settings that govern a file of some inbox, under what the command line says."""
    from perfeval_xl.batch.settings import settings_for

    return settings_at(file or settings_for(workbook), form_id, templates, password_file, **more)


def settings_at(
    path: Path | None,
    form_id: str | None,
    templates: Path | None,
    password_file: Path | None,
    **more: Any,
) -> Settings:
    """The settings of one settings file, under what the command line says."""
    from perfeval_xl.batch.settings import load_settings

    found = load_settings(path, templates)
    if path is not None:
        click.echo(f"设置：{path}", err=True)
    if form_id:
        known_form(form_id, found.templates)
    return found.overruled(form=form_id, passwords=_passwords(password_file), **more)


def _passwords(file: Path | None) -> tuple[str, ...]:
    if file is None:
        return ()
    from perfeval_xl.ooxml.crypt import read_password_file

    return read_password_file(file)


def check_outbox(outbox: Path, inbox: Path) -> None:
    """Refuse an outbox that is the inbox or no folder."""
    from perfeval_xl.batch.discover import InboxWouldChange, keep_apart

    try:
        keep_apart(inbox, outbox)
    except InboxWouldChange as exc:
        raise click.BadParameter(str(exc), param_hint="--out") from exc
    if outbox.exists() and not outbox.is_dir():
        raise click.BadParameter(f"“{outbox}”不是文件夹", param_hint="--out")
