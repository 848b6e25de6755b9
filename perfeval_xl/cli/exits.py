"""How a command ends: exit codes, and errors of ours as one Chinese line, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from perfeval_xl.errors import FormSpecError, ListError, PerfEvalError

if TYPE_CHECKING:
    from perfeval_xl.batch.ending import RunResult

OK, FAILED, USAGE, ERRORS_FOUND, INCOMPLETE, INTERRUPTED = range(6)
MEANING = {
    OK: "结果：没有发现错误。",
    ERRORS_FOUND: "结果：有的表有错误。打开汇总看是哪几份，把“复核”文件夹里的副本发回单位改。",
    INCOMPLETE: "结果：有的文件没能复核。原因和办法在“退回”文件夹里，请单位重新报送。",
}

F = TypeVar("F", bound=Callable[..., Any])


def clear_errors(command: F) -> F:
    """Turn errors of ours into one Chinese line and an exit code, never a traceback."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except FormSpecError as exc:
            fail(f"表样数据有误：{exc}")
        except ListError as exc:
            fail(f"清单不能用，没有开始复核。{exc}")
        except PerfEvalError as exc:
            fail(str(exc))
        except BrokenPipeError:  # whoever read our output has left; click ends quietly
            raise
        except OSError as exc:
            fail(_refused(exc))
        except KeyboardInterrupt:
            click.echo("已中断；再次运行同一命令即可继续。", err=True)
            sys.exit(INTERRUPTED)

    return cast(F, wrapped)


def _refused(error: OSError) -> str:
    from perfeval_xl.batch.files import reason_of

    return (
        f"读写文件失败：{error.filename or ''}（{reason_of(error)}）。请检查磁盘空间、权限和文件是否"
        "被占用，然后再次运行同一命令；已完成的不会重做。"
    )


def fail(message: str, code: int = FAILED) -> None:
    """Say why on stderr and end with this code."""
    click.echo(message, err=True)
    sys.exit(code)


def exit_code(result: RunResult) -> int:
    """What a run that went to its end ends with."""
    if result.returned:
        return INCOMPLETE
    return ERRORS_FOUND if result.with_errors else OK
