"""What only the whole batch shows: several files of one unit, one file sent twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from perfeval_xl.batch.across import batch_finding
from perfeval_xl.batch.record import Record
from perfeval_xl.batch.who import unit_key

SAME_CONTENT = "batch.same_content"
SAME_UNIT = "batch.same_unit"


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
        self._by_unit: dict[str, list[str]] = {}
        for record in records:
            name = str(record["file"])
            if record["sha256"]:
                self._by_content.setdefault(str(record["sha256"]), []).append(name)
            if key := self._unit_key(record):
                self._by_unit.setdefault(key, []).append(name)

    def add_findings(self, record: Record) -> bool:
        """Add to an evaluated record what its fellows in the batch make doubtful; whether any is."""
        if record["status"] != "evaluated":
            return False
        own = str(record["file"])
        same = [n for n in self._by_content.get(str(record["sha256"]), []) if n != own]
        unit = [
            n for n in self._by_unit.get(self._unit_key(record), []) if n != own and n not in same
        ]
        findings: Any = record["findings"]
        for code, others in ((SAME_CONTENT, same), (SAME_UNIT, unit)):
            if others:
                slots = {"names": own, "others": "、".join(others), "provided": own}
                findings.append(batch_finding(code, slots))
        return bool(same or unit)

    def _unit_key(self, record: Record) -> str:
        """The unit a file is of; a form of figures and a scored form of one unit are no pair."""
        unit: Any = record["unit"]
        key = self._key_of(unit["name"], unit["code"])
        return f"{key}\0{record['form']}" if key and not record["indicators"] else key
