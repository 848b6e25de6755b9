"""What must hold of every .bat we hand out, whatever the code page of the machine."""

from __future__ import annotations

from pathlib import Path


def check_bat(path: Path) -> list[str]:
    """The lines of a .bat, once it is shown to be one that cmd reads alike everywhere.

    CRLF, no byte order mark, nothing but ASCII before the first ``chcp 65001``; every label that
    is jumped to is there, and it waits for a key before it ends.
    """
    data = path.read_bytes()
    assert data.startswith(b"@echo off\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")
    logic, _, words = data.partition(b"chcp 65001 >nul\r\n")
    assert logic.isascii()
    assert words.decode("utf-8")
    lines = data.decode("utf-8").splitlines()
    labels = {line[1:] for line in lines if line.startswith(":")}
    assert {line.split()[-1] for line in lines if "goto " in line} <= labels
    ends = [number for number, line in enumerate(lines) if line.startswith("exit /b")]
    assert ends
    assert all(lines[number - 1] == "pause" for number in ends)
    assert not any(set(line) & set("&|<>^") for line in lines if line.startswith("echo "))
    return lines
