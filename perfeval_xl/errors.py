"""Errors: for our own data and for files that will not open. Findings are values, never errors."""

from __future__ import annotations


class PerfEvalError(Exception):
    """Base of every error this package raises on purpose."""


class FormSpecError(PerfEvalError):
    """Form data under ``templates/`` is wrong: names the file, the key and what to write.

    All arguments go to ``super().__init__`` so that the error survives pickling between processes.
    """

    def __init__(self, file: str, key: str, problem: str, fix: str) -> None:
        super().__init__(file, key, problem, fix)
        self.file = file
        self.key = key
        self.problem = problem
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.file}：{self.key}：{self.problem}。{self.fix}"


class ListError(PerfEvalError):
    """A list of the office (名册, 参考数据, 上年结果) that cannot be used: where, why, what to do.

    place: sheet and cell such as ``名册!B5``, or empty when it is about the whole file.
    """

    def __init__(self, file: str, place: str, problem: str, fix: str) -> None:
        super().__init__(file, place, problem, fix)
        self.file = file
        self.place = place
        self.problem = problem
        self.fix = fix

    def __str__(self) -> str:
        return f"{f'{self.file} {self.place}'.strip()}：{self.problem}。{self.fix}。"


class WorkbookError(PerfEvalError):
    """A submitted file that cannot be evaluated, by return code.

    ``code`` names an entry of ``templates/texts/returns.toml``, which holds the Chinese message
    and the remedy; ``details`` are the values put into them (part, sheet, cell, limit …).
    """

    def __init__(self, code: str, details: dict[str, str] | None = None) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details or {}

    def __str__(self) -> str:
        return f"{self.code} {self.details}" if self.details else self.code
