"""Re-check filled 部门整体支出绩效自评 workbooks and give them back annotated.

Names are imported when first used, so that ``perfeval --help`` starts without the whole house.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfeval_xl.batch.one import evaluate_workbook
    from perfeval_xl.batch.run import run_folder
    from perfeval_xl.errors import PerfEvalError
    from perfeval_xl.forms.catalog import list_forms, load_form
    from perfeval_xl.model import Evaluation, Finding

_HOMES = {
    "Evaluation": "perfeval_xl.model",
    "Finding": "perfeval_xl.model",
    "PerfEvalError": "perfeval_xl.errors",
    "evaluate_workbook": "perfeval_xl.batch.one",
    "list_forms": "perfeval_xl.forms.catalog",
    "load_form": "perfeval_xl.forms.catalog",
    "run_folder": "perfeval_xl.batch.run",
}

__all__ = [
    "Evaluation",
    "Finding",
    "PerfEvalError",
    "evaluate_workbook",
    "list_forms",
    "load_form",
    "run_folder",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
