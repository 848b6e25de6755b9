"""An office of one unit whose workbook comes again and again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock

from perfeval_xl import run_folder
from perfeval_xl.batch import run as run_module
from perfeval_xl.batch.ending import RunResult
from tests.builders import layout_plain
from tests.builders.forms import FilledForm


class Here:
    """Stands in for the pool: the work is done in this process, which costs no start of another."""

    def __init__(self, _size: int, work: Any, arguments: Any, *_: Any) -> None:
        self._work, self._arguments = work, arguments

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def outcomes(self, tasks: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        """Each task with its result, or with the exception it ended in."""
        for task in tasks:
            try:
                yield task, self._work(*self._arguments(task))
            except Exception as exc:
                yield task, exc


class Desk:
    """An inbox, an outbox, and forms laid into the one for the other."""

    def __init__(self, folder: Path) -> None:
        self.inbox, self.outbox = folder / "收件", folder / "结果"
        self.inbox.mkdir()

    def lay(self, name: str, form: FilledForm, **layout: Any) -> None:
        """Put a form into the inbox, in place of one of the same name."""
        layout_plain.build(form, **layout).save(self.inbox / f"{name}.xlsx")

    def run(self, **options: Any) -> RunResult:
        """Evaluate what lies in the inbox."""
        with mock.patch.object(run_module, "Pool", Here):
            return run_folder(self.inbox, self.outbox, jobs=1, **options)

    def records(self) -> dict[str, dict[str, Any]]:
        """Records of results.jsonl by the names of the forms."""
        lines = (self.outbox / "results.jsonl").read_text(encoding="utf-8").splitlines()
        return {Path(r["file"]).stem: r for r in map(json.loads, lines)}

    def rounds(self) -> dict[str, int]:
        """Round of each file."""
        return {name: record["round"] for name, record in self.records().items()}


def faulty() -> FilledForm:
    """The example with 2 points less in row 9 than the stated total knows, and no reason given."""
    form = FilledForm.example()
    form.deduct(9, 2)
    return form


def ledger_of(outbox: Path) -> Path:
    return outbox / ".perfeval" / "ledger.sqlite"


def dump(outbox: Path) -> str:
    """All that a ledger says, whatever bytes it says it in; empty without one."""
    path = ledger_of(outbox)
    if not path.exists():
        return ""
    with closing(sqlite3.connect(path)) as base:
        return "\n".join(base.iterdump())
