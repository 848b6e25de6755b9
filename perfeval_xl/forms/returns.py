"""What a returned file is told: message and remedy by return code, from returns.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from perfeval_xl.errors import FormSpecError, WorkbookError
from perfeval_xl.forms.catalog import templates_directory

_IN_BYTES = {"workbook.too_large", "workbook.part_too_large", "workbook.inflates_too_far"}
_FILE = "texts/returns.toml"


@dataclass(frozen=True, slots=True)
class ReturnText:
    """Why a file is returned and what to do, in Chinese; ``code`` is stable."""

    code: str
    message: str
    fix: str


@cache
def return_texts() -> Mapping[str, ReturnText]:
    """All return codes with their texts, slots still open."""
    data = tomllib.loads((templates_directory() / _FILE).read_text(encoding="utf-8"))
    texts = {}
    for code, entry in data.items():
        if set(entry) != {"message", "fix"}:
            raise FormSpecError(_FILE, code, "应只有 message 和 fix 两项", "补写或删去多余的键")
        texts[code] = ReturnText(code, entry["message"], entry["fix"])
    return texts


def return_text(error: WorkbookError, file: str) -> ReturnText:
    """The text for one file: its name in front, the details filled in.

    A file of another kind (``workbook.not_a_workbook`` with a ``kind``) has a code of its own.
    """
    texts = return_texts()
    kind = f"workbook.is_{error.details.get('kind', '')}"
    code = kind if error.code == "workbook.not_a_workbook" and kind in texts else error.code
    entry = texts.get(code)
    if entry is None:
        raise FormSpecError(_FILE, code, "没有这个退回代码", f'补写 ["{code}"] 一节')
    details = _Named({key: _readable(code, key, value) for key, value in error.details.items()})
    return ReturnText(
        code, f"{file}：{entry.message.format_map(details)}。", entry.fix.format_map(details)
    )


def _readable(code: str, key: str, value: str) -> str:
    """Bytes as MB where the code counts bytes."""
    if key in ("limit", "actual") and code in _IN_BYTES and value.isdigit():
        return f"{int(value) / 2**20:.4g} MB"
    return value


class _Named(dict[str, str]):
    """A slot without a value is shown as 未知 rather than lost."""

    def __missing__(self, key: str) -> str:
        return "未知"
