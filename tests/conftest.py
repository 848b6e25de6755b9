"""What many tests share: the form, the samples, LibreOffice."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from perfeval_xl.forms.catalog import load_form
from perfeval_xl.forms.spec import FormSpec

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"


@pytest.fixture(scope="session")
def form() -> FormSpec:
    """The form 岳阳楼区 2021 as shipped."""
    return load_form("yueyanglou-2021")


@pytest.fixture(scope="session")
def soffice(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], Path]:
    """Convert a file through LibreOffice: ``soffice(path, "pdf")`` gives the new file's path."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("needs LibreOffice")
    profile = tmp_path_factory.mktemp("profile")

    def convert(path: Path, kind: str) -> Path:
        out = tmp_path_factory.mktemp("converted")
        subprocess.run(
            [
                program, f"-env:UserInstallation=file://{profile}", "--headless",
                "--convert-to", kind, "--outdir", str(out), str(path),
            ],
            check=True, capture_output=True, timeout=180,
        )  # fmt: skip
        return out / f"{path.stem}.{kind.split(':')[0]}"

    return convert


@pytest.fixture(scope="session")
def recalculate(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Sequence[Path], Path], None]:
    """Open and save many workbooks in one run of LibreOffice: ``recalculate(paths, folder)``."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("needs LibreOffice")
    profile = tmp_path_factory.mktemp("profile")

    def convert(paths: Sequence[Path], out: Path) -> None:
        command = [program, f"-env:UserInstallation=file://{profile}", "--headless"]
        command += ["--convert-to", "xlsx", "--outdir", str(out), *map(str, paths)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)

    return convert
