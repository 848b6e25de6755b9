"""This tree against another one: are all outputs the same bytes, and how much faster is it?

    git worktree add /tmp/before COMMIT
    python -m benchmarks.before_after /tmp/before                 100 files of each kind, samples too
    python -m benchmarks.before_after /tmp/before --files 20

Both trees run over the same inboxes, each in processes of its own. Compared are all files of the
outboxes but those under .perfeval, which name the program's version; a copy that differs is
compared part by part, so that another compression is told from another content. Times are
processor seconds per file in one process, the trees taking turns; the least of the rounds counts.
Exit code 1 when contents differ.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.corpus import HEAVY, LIGHT, write_corpus

_HERE = Path(__file__).parents[1]
_RUN = """
import sys
from perfeval_xl.batch.run import run_folder
if __name__ == "__main__":
    run_folder(sys.argv[1], sys.argv[2], jobs=2)
"""
_TIME = """
import json, sys, time
from pathlib import Path
from perfeval_xl.batch.discover import Submitted
from perfeval_xl.batch.one import Options
from perfeval_xl.batch.worker import prepare, work_line
prepare()
out, paths = Path(sys.argv[1]), [Path(p) for p in sys.argv[2:]]
def once(path):
    start = time.process_time()
    file = Submitted(path, path.name, "复核/" + path.name, "退回/" + path.name)
    work_line(file, out, Options())
    return time.process_time() - start
for path in paths:
    once(path)
found = [sorted(once(path) for path in paths)[len(paths) // 2] for _ in range(3)]
print(json.dumps(min(found)))
"""


def outbox_of(tree: Path, inbox: Path, outbox: Path) -> Path:
    """What a tree makes of an inbox."""
    _python(tree, outbox.parent, _RUN, str(inbox), str(outbox))
    return outbox


def seconds_per_file(tree: Path, paths: list[Path], out: Path) -> float:
    """Processor seconds of the middle file, the least of three rounds."""
    return float(json.loads(_python(tree, out.parent, _TIME, str(out), *map(str, paths))))


def _python(tree: Path, folder: Path, program: str, *arguments: str) -> str:
    """What a program of ours prints, run with the packages of that tree."""
    script = folder / "program.py"
    script.write_text(program, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def differences(before: Path, after: Path) -> tuple[int, int, list[str]]:
    """Files compared, copies that are only packed otherwise, and what differs in content."""
    names = _files(before) | _files(after)
    repacked, wrong = 0, []
    for name in sorted(names):
        one, other = before / name, after / name
        if not (one.is_file() and other.is_file()):
            wrong.append(f"{name}: only in one of them")
        elif one.read_bytes() != other.read_bytes():
            parts = _different_parts(one, other)
            repacked += not parts
            wrong += [f"{name}: {part}" for part in parts]
    return len(names), repacked, wrong


def _files(outbox: Path) -> set[str]:
    found = {p.relative_to(outbox).as_posix() for p in outbox.rglob("*") if p.is_file()}
    return {name for name in found if not name.startswith(".perfeval")}


def _different_parts(before: Path, after: Path) -> list[str]:
    if not (zipfile.is_zipfile(before) and zipfile.is_zipfile(after)):
        return ["content"]
    with zipfile.ZipFile(before) as one, zipfile.ZipFile(after) as other:
        if one.namelist() != other.namelist():
            return ["names or order of parts"]
        return [name for name in one.namelist() if one.read(name) != other.read(name)]


def main() -> None:
    """Compare and time; print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-bytes", action="store_true")
    given = parser.parse_args()
    trees = (given.before.resolve(), _HERE)
    with TemporaryDirectory() as name:
        folder = Path(name)
        corpora = {k: write_corpus(folder / k, given.files, (k,)) for k in (HEAVY, LIGHT)}
        wrong: list[str] = []
        for inbox in () if given.no_bytes else (_HERE / "samples", folder / HEAVY, folder / LIGHT):
            boxes = [
                outbox_of(tree, inbox, folder / f"{inbox.name} {n}") for n, tree in enumerate(trees)
            ]
            count, repacked, found = differences(*boxes)
            wrong += found
            print(f"{inbox.name}: {count} files, {repacked} repacked, {len(found)} differences")
        print("\n".join(wrong[:20]))
        for kind, paths in corpora.items() if given.rounds else ():
            _time(kind, paths, trees, folder, given.rounds)
    raise SystemExit(1 if wrong else 0)


def _time(
    kind: str, paths: list[Path], trees: tuple[Path, Path], folder: Path, rounds: int
) -> None:
    best = [float("inf"), float("inf")]
    (folder / "out").mkdir(exist_ok=True)
    for _ in range(rounds):
        for n, tree in enumerate(trees):
            best[n] = min(best[n], seconds_per_file(tree, paths[:40], folder / "out"))
    before, after = (seconds * 1000 for seconds in best)
    print(f"{kind}: {before:.2f} ms before, {after:.2f} ms now, ratio {before / after:.3f}")


if __name__ == "__main__":
    main()
