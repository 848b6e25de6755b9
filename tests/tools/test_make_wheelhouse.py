"""The folder to install from: what each system needs, and the files that install it."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.builders.commands import check_bat
from tests.conftest import ROOT

MADE = runpy.run_path(str(ROOT / "tools" / "make_wheelhouse.py"))


def wheel_asking_for(path: Path, *requirements: str) -> Path:
    with zipfile.ZipFile(path, "w") as package:
        lines = ["Metadata-Version: 2.4", "Name: x", "Version: 1"]
        lines += [f"Requires-Dist: {requirement}" for requirement in requirements]
        package.writestr("x-1.dist-info/METADATA", "\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("platform", "python", "expected"),
    [
        ("win_amd64", "3.11", ["a>=1", "colorama", "old"]),
        ("win_amd64", "3.13", ["a>=1", "colorama"]),
        ("linux", "3.13", ["a>=1"]),
    ],
)
def test_what_only_another_system_needs_is_found(
    tmp_path: Path, platform: str, python: str, expected: list[str]
) -> None:
    wheel = wheel_asking_for(
        tmp_path / "x-1-py3-none-any.whl",
        "a>=1",
        "colorama; platform_system == 'Windows'",
        "old; python_version < '3.12' and sys_platform == 'win32'",
        "tests; extra == 'test'",
    )
    found = MADE["needs"](wheel, MADE["Target"](platform, python))
    assert [str(requirement) for requirement in found] == expected


def test_the_installer_for_windows_reads_alike_in_every_code_page(tmp_path: Path) -> None:
    MADE["write_installers"](tmp_path, ["3.13", "3.11"])
    lines = check_bat(tmp_path / "安装.bat")
    assert "for %%V in (3.13 3.11) do (" in lines
    assert not any("@PYTHONS@" in line for line in lines)
    install = next(line for line in lines if "pip install" in line)
    assert "--no-index" in install
    assert '"%HERE%\\wheels"' in install


@pytest.mark.parametrize(("python", "code"), [("3.11 3.12 3.13 3.14", 0), ("3.9 3.10", 1)])
def test_the_installer_takes_only_a_python_that_has_wheels(
    tmp_path: Path, python: str, code: int
) -> None:
    """Its one line of Python, run by the Python at hand."""
    MADE["write_installers"](tmp_path, python.split())
    text = (tmp_path / "安装.bat").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith('set "CHECK='))
    check = line.removeprefix('set "CHECK=').removesuffix('"')
    assert not set(check) & set('"%')
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == code


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_the_installer_for_linux_is_a_sound_script(tmp_path: Path) -> None:
    MADE["write_installers"](tmp_path, ["3.11"])
    script = tmp_path / "安装.sh"
    assert b"\r" not in script.read_bytes()
    subprocess.run(["sh", "-n", str(script)], check=True)
