"""What is said of the office's lists without stopping a run: lines that could not be used."""

from __future__ import annotations

from dataclasses import dataclass, field

from perfeval_xl.forms.lists import list_texts


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know of a list: file, place in it, what is said, what to do."""

    file: str
    place: str
    said: str
    fix: str

    def __str__(self) -> str:
        return f"{f'{self.file} {self.place}'.strip()}：{self.said}{self.fix}"


@dataclass
class Remarks:
    """All remarks of a run, in the order they were met, none twice."""

    found: list[Remark] = field(default_factory=list)
    _seen: set[Remark] = field(default_factory=set)

    def add(self, code: str, shown: str, file: str, place: str = "", /, **slots: str) -> None:
        """Say one thing; ``shown`` is what stands there."""
        said, fix = list_texts().remark(code, shown=shown, **slots)
        remark = Remark(file, place, said.strip(), fix)
        if remark not in self._seen:
            self._seen.add(remark)
            self.found.append(remark)
