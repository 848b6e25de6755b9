"""What only the whole batch shows: several files of one unit, one file sent twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from perfeval_xl.batch.across import batch_finding
from perfeval_xl.batch.counting import Received, roles_of
from perfeval_xl.batch.naming import other_unit_in
from perfeval_xl.batch.record import Record
from perfeval_xl.batch.who import unit_key
from perfeval_xl.settlement import Role

SAME_CONTENT = "batch.same_content"
SAME_UNIT = "batch.same_unit"
FILE_NAME = "batch.file_name_differs"
REPLACED, REPLACES = "batch.replaced", "batch.replaces"


class PairFinder:
    """Groups the files of a batch by content and by unit; keeps names only.

    key_of: the unit that a name and a code mean.
    """

    def __init__(
        self,
        records: Iterable[Record],
        key_of: Callable[[str | None, str | None], str] = unit_key,
    ) -> None:
        self._key_of = key_of
        self._by_content: dict[str, list[str]] = {}
        self._by_unit: dict[str, dict[tuple[str, object], list[Received]]] = {}
        for record in records:
            if record["sha256"]:
                same = self._by_content.setdefault(str(record["sha256"]), [])
                same.append(str(record["file"]))
            if key := self._unit_key(record):
                forms = self._by_unit.setdefault(key, {})
                forms.setdefault(_form_of(record), []).append(Received.of(record))

    def add_findings(self, record: Record) -> bool:
        """Add to an evaluated record what its fellows in the batch make doubtful; whether any is."""
        if record["status"] != "evaluated":
            return False
        own = str(record["file"])
        same = [n for n in self._by_content.get(str(record["sha256"]), []) if n != own]
        findings: Any = record["findings"]
        before = len(findings)
        if same:
            findings.append(_pair(SAME_CONTENT, own, same))
        findings += self._of_unit(record, own, same)
        findings += self._of_name(record, own)
        return len(findings) > before

    def _of_unit(self, record: Record, own: str, same: Sequence[str]) -> list[Record]:
        """What is said of the other files of the unit, those of the same content left out."""
        forms = self._by_unit.get(self._unit_key(record), {})
        alike = forms.get(_form_of(record), [])
        others = [
            one.file for form, files in forms.items() if form != _form_of(record) for one in files
        ]
        counting = [one for one in alike if one.file not in same]
        roles = roles_of(counting) if len(counting) > 1 and record["indicators"] else {}
        found: list[Record] = []
        if roles.get(own) is Role.REPLACED:
            last = [one for one in counting if roles[one.file] is not Role.REPLACED]
            found.append(_round_pair(REPLACED, record, last))
        elif roles.get(own) is Role.COUNTS:
            found.append(_round_pair(REPLACES, record, [c for c in counting if c.file != own]))
        else:
            others += [one.file for one in counting if one.file != own]
        return [*found, _pair(SAME_UNIT, own, sorted(others))] if others else found

    def _of_name(self, record: Record, own: str) -> list[Record]:
        """That the file is named after another unit; another name of the same one is none."""
        unit: Any = record["unit"]
        name = str(unit["name"] or "")
        other = other_unit_in(own, name)
        if not other or self._key_of(other, None) == self._key_of(name, unit["code"]):
            return []
        return [batch_finding(FILE_NAME, {"names": own, "provided": other, "expected": name})]

    def _unit_key(self, record: Record) -> str:
        """The unit a file is of; a form of figures and a scored form of one unit are no pair."""
        unit: Any = record["unit"]
        key = self._key_of(unit["name"], unit["code"])
        return f"{key}\0{record['form']}" if key and not record["indicators"] else key


def _form_of(record: Record) -> tuple[str, object]:
    return str(record["form"]), record["year"]


def _pair(code: str, own: str, others: Sequence[str]) -> Record:
    return batch_finding(code, {"names": own, "others": "、".join(others), "provided": own})


def _round_pair(code: str, record: Record, others: Sequence[Received]) -> Record:
    """A finding that says in which round each file came."""
    slots = {
        "names": str(record["file"]),
        "number": str(record["round"]),
        "others": "、".join(map(str, others)),
        "provided": str(record["file"]),
    }
    return batch_finding(code, slots)
