"""click's own words in Chinese: its users read Chinese whatever the system's language is.

click asks gettext, which finds no catalogue on an office machine; its modules get this one instead.
A sentence that is not listed stays as click has it.
"""

from __future__ import annotations

import sys

import click

_WORDS = {
    "Usage:": "用法：",
    "Options": "选项",
    "Commands": "命令",
    "Positional arguments": "参数",
    "Show this message and exit.": "显示这段说明。",
    "Show the version and exit.": "显示版本号。",
    "Error: {message}": "错误：{message}",
    "Try '{command} {option}' for help.": "用 {command} {option} 查看用法。",
    "Aborted!": "已中断。",
    "Missing command.": "没有写要用哪个命令。",
    "Missing argument": "缺少参数",
    "Missing option": "缺少选项",
    "Missing parameter": "缺少参数",
    "Missing {param_type}": "缺少 {param_type}",
    "Missing parameter: {param_name}": "缺少参数 {param_name}",
    "No such command {name!r}.": "没有 {name} 这个命令。",
    "No such option {name!r}.": "没有 {name} 这个选项。",
    "Option {name!r} does not take a value.": "选项 {name} 后面不带内容。",
    "Invalid value: {message}": "写法不对：{message}",
    "Invalid value for {param_hint}: {message}": "{param_hint} 写法不对：{message}",
    "Could not open file {filename!r}: {message}": "打不开文件 {filename}：{message}",
    "unknown error": "原因不明",
    "directory": "文件夹",
    "file": "文件",
    "path": "路径",
    "File": "文件",
    "Directory": "文件夹",
    "Path": "路径",
    "{name} {filename!r} does not exist.": "没有“{filename}”这个{name}。",
    "{name} {filename!r} is a directory.": "“{filename}”是文件夹，这里要{name}。",
    "{name} {filename!r} is a file.": "“{filename}”是文件，这里要{name}；只看一份表用 perfeval check。",
    "{name} {filename!r} is not readable.": "{name}“{filename}”不能读。",
    "{name} {filename!r} is not writable.": "{name}“{filename}”不能写。",
    "{value!r} is not a valid {number_type}.": "{value} 不是数。",
    "{value} is not in the range {range}.": "{value} 超出范围 {range}。",
    "default: {default}": "默认 {default}",
    "required": "必填",
    "Got unexpected extra argument ({args})": "多写了参数（{args}）",
    "Got unexpected extra arguments ({args})": "多写了参数（{args}）",
    "Did you mean {possibility}?": "是不是 {possibility}？",
    "(Did you mean one of: {possibilities}?)": "（是不是其中之一：{possibilities}？）",
    "Option {name!r} requires an argument.": "选项 {name} 后面要写内容。",
    "Option {name!r} requires {nargs} arguments.": "选项 {name} 后面要写 {nargs} 项内容。",
    "{value!r} is not {choice}.": "{value} 不是 {choice}。",
    "{value!r} is not one of {choices}.": "{value} 不在 {choices} 之中。",
}


def speak_chinese() -> None:
    """Give every loaded module of click the Chinese words."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == click.__name__:
            if hasattr(module, "_"):
                vars(module)["_"] = _said
            if hasattr(module, "ngettext"):
                vars(module)["ngettext"] = _counted


def _said(text: str) -> str:
    return _WORDS.get(text, text)


def _counted(one: str, many: str, number: int) -> str:
    return _said(one if number == 1 else many)
