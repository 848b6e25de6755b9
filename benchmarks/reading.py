"""Random forms under every layout change, and under three at a time: are they read right?

    python -m benchmarks.reading                 ten forms per change, 200 combinations of two
                                                 and of three: about 1,400 forms
    python -m benchmarks.reading --forms 5       half as many

Exit code 1 when a form is not wholly right or a figure is silently wrong. A figure is silently
wrong when it differs from what was filled in and no problem, note or unreadable cell says so.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from perfeval_xl.forms.catalog import load_form
from perfeval_xl.forms.spec import FormSpec
from tests.builders.layouts import CHANGES, compatible, made
from tests.reader.compared import Wrong, read_draft, wrong_in

_FORM = "yueyanglou-2021"


@dataclass
class Line:
    """What came of one change: forms tried and wholly right, figures silently wrong."""

    name: str
    tried: int = 0
    right: int = 0
    silent: int = 0
    examples: list[str] = field(default_factory=list)

    def count(self, case: str, wrong: list[Wrong]) -> None:
        """Adds one form."""
        self.tried += 1
        self.right += not wrong
        self.silent += sum(one.silent for one in wrong)
        if wrong and len(self.examples) < 3:
            first = sorted(wrong, key=lambda one: not one.silent)[:4]
            self.examples += [f"    #{case}: {one}" for one in first]


def single_changes(forms: int, form: FormSpec) -> Iterator[Line]:
    """A line per change."""
    for name, change in CHANGES.items():
        if change.slow and shutil.which("soffice") is None:
            continue
        yield _tried(name, [((name,), seed) for seed in range(1 if change.slow else forms)], form)


def combinations(size: int, count: int, form: FormSpec) -> Line:
    """One line for random combinations of so many changes."""
    return _tried(f"{size} 项叠加", [(drawn(size, seed), seed) for seed in range(count)], form)


def drawn(size: int, seed: int) -> tuple[str, ...]:
    """So many changes that go together, the same for the same seed."""
    chance = random.Random(f"{size}:{seed}")
    names = [name for name, change in CHANGES.items() if not change.slow]
    while True:
        found = tuple(chance.sample(names, size))
        if compatible(found):
            return found


def _tried(name: str, cases: Iterable[tuple[tuple[str, ...], int]], form: FormSpec) -> Line:
    line = Line(name)
    for names, seed in cases:
        draft = made(names, random.Random(f"{'+'.join(names)}:{seed}"))
        try:
            wrong = wrong_in(read_draft(draft, form), draft.truth, form)
        except Exception as exc:
            wrong = [Wrong("+".join(names), "a submission", repr(exc))]
        line.count(f"{'+'.join(names)} {draft.layout} {seed}", wrong)
    return line


def main() -> int:
    """Print a line per change and the totals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forms", type=int, default=10, help="forms per change")
    forms = parser.parse_args().forms
    form = load_form(_FORM)
    lines = [
        *single_changes(forms, form),
        combinations(2, 20 * forms, form),
        combinations(3, 20 * forms, form),
    ]
    print(f"{'change':<42}{'forms':>7}{'right':>7}{'silent':>8}")
    for line in lines:
        print(f"{line.name:<42}{line.tried:>7}{line.right:>7}{line.silent:>8}")
        print(*line.examples, sep="\n", end="\n" if line.examples else "")
    total = Line(
        "all",
        sum(x.tried for x in lines),
        sum(x.right for x in lines),
        sum(x.silent for x in lines),
    )
    print(f"{total.name:<42}{total.tried:>7}{total.right:>7}{total.silent:>8}")
    return int(total.right < total.tried or total.silent > 0)


if __name__ == "__main__":
    sys.exit(main())
