"""Make the folder from which an office installs without network.

    python tools/make_wheelhouse.py 离线安装 [--python 3.11 3.12 3.13] [--platform win_amd64 linux]

It holds a wheel of this checkout, the wheels of everything it needs for each platform and Python
version, their checksums, and 安装.bat / 安装.sh. pip chooses requirements by the machine it runs
on; what only another system needs (colorama on Windows) is found here from the wheels' metadata.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement  # pip is there wherever this runs
from pip._vendor.packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
WHEELS = "wheels"
SUMS = "SHA256SUMS.txt"
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = ("win_amd64", "linux")
_MACHINE = platform.machine()
_LINUX = [f"manylinux_2_{n}_{_MACHINE}" for n in (28, 27, 17)] + [f"manylinux2014_{_MACHINE}"]
_INSTALLERS = {
    "install.bat": ("安装.bat", "\r\n"),
    "install.sh": ("安装.sh", "\n"),
}


@dataclass(frozen=True)
class Target:
    """A system to install on: pip's platform name and the Python version."""

    platform: str
    python: str

    @property
    def is_windows(self) -> bool:
        """Whether it is Windows."""
        return self.platform.startswith("win")

    @property
    def tags(self) -> list[str]:
        """Options for pip that name the system."""
        names = [self.platform] if self.is_windows else _LINUX
        options = [word for name in names for word in ("--platform", name)]
        return [*options, "--python-version", self.python, "--implementation", "cp"]

    @property
    def markers(self) -> dict[str, str]:
        """What environment markers see there."""
        return {
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "os_name": "nt" if self.is_windows else "posix",
            "sys_platform": "win32" if self.is_windows else "linux",
            "platform_system": "Windows" if self.is_windows else "Linux",
            "platform_machine": "AMD64" if self.is_windows else _MACHINE,
            "extra": "",
        }


def make_wheelhouse(folder: Path, targets: Sequence[Target]) -> None:
    """Fill ``folder``; wheels that lie there already are kept where they still fit."""
    wheels = folder / WHEELS
    wheels.mkdir(parents=True, exist_ok=True)
    for old in wheels.glob("perfeval_xl-*.whl"):
        old.unlink()
    _pip("wheel", "--no-deps", "--wheel-dir", str(wheels), str(ROOT))
    own = next(wheels.glob("perfeval_xl-*.whl"))
    for target in targets:
        print(f"{target.platform}, Python {target.python}", file=sys.stderr)
        _complete(wheels, own, target)
    write_installers(folder, sorted({target.python for target in targets}, key=_newest_first))
    _write_sums(folder)


def write_installers(folder: Path, pythons: Sequence[str]) -> None:
    """Write what a person starts, for these Python versions, the one to prefer first."""
    for source, (name, line_end) in _INSTALLERS.items():
        text = (ROOT / "tools" / source).read_text(encoding="utf-8")
        text = text.replace("@PYTHONS@", " ".join(pythons))
        (folder / name).write_text(text, encoding="utf-8", newline=line_end)


def _newest_first(python: str) -> int:
    return -int(python.partition(".")[2])


def _complete(wheels: Path, own: Path, target: Target) -> None:
    """Download for one system until everything its wheels ask for is there."""
    asked = {str(requirement) for requirement in needs(own, target)}
    with tempfile.TemporaryDirectory() as scratch:
        while True:
            for old in Path(scratch).iterdir():
                old.unlink()
            _download(asked, Path(scratch), target)
            found = list(Path(scratch).glob("*.whl"))
            have = {_name(wheel) for wheel in found}
            more = {
                str(requirement)
                for wheel in found
                for requirement in needs(wheel, target)
                if canonicalize_name(requirement.name) not in have
            }
            if not more:
                break
            asked |= more
        for wheel in found:
            wheel.replace(wheels / wheel.name)


def _download(asked: Iterable[str], folder: Path, target: Target) -> None:
    options = ["--only-binary=:all:", "--dest", str(folder), *target.tags]
    _pip("download", "--quiet", "--disable-pip-version-check", *options, *sorted(asked))


def needs(wheel: Path, target: Target) -> Iterator[Requirement]:
    """What a wheel requires on that system, without markers."""
    with zipfile.ZipFile(wheel) as package:
        name = next(n for n in package.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(package.read(name).decode("utf-8"))
    for text in metadata.get_all("Requires-Dist") or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate(target.markers):
            requirement.marker = None
            yield requirement


def _name(wheel: Path) -> str:
    return str(canonicalize_name(wheel.name.partition("-")[0]))


def _pip(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", *words], check=True)


def _write_sums(folder: Path) -> None:
    lines = [
        f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {WHEELS}/{wheel.name}\n"
        for wheel in sorted((folder / WHEELS).glob("*.whl"))
    ]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


def main() -> None:
    """Read the command line and make the folder."""
    parser = argparse.ArgumentParser(description="Make a folder to install from without network.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", nargs="+", default=PYTHONS, metavar="3.x")
    parser.add_argument("--platform", nargs="+", default=PLATFORMS, choices=PLATFORMS)
    given = parser.parse_args()
    targets = [Target(name, python) for name in given.platform for python in given.python]
    make_wheelhouse(given.folder, targets)
    size = sum(wheel.stat().st_size for wheel in (given.folder / WHEELS).glob("*.whl"))
    print(f"{given.folder}: {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
