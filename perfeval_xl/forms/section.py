"""A TOML table read strictly: every key asked for by name and type, every other key refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from perfeval_xl.errors import FormSpecError


class Section:
    """One TOML table with the file and key path it stands at, for messages that say where."""

    def __init__(self, file: str, path: str, table: object) -> None:
        self.file = file
        self.path = path
        if not isinstance(table, dict):
            raise FormSpecError(file, path, "这里应是一张表", "写成 键 = 值 的表格形式")
        self._table: dict[str, object] = table
        self._asked: set[str] = set()

    def fail(self, key: str, problem: str, fix: str) -> FormSpecError:
        """The error to raise for one key of this table."""
        return FormSpecError(self.file, f"{self.path}.{key}".strip("."), problem, fix)

    def has(self, key: str) -> bool:
        """Whether the key is written."""
        return key in self._table

    def text(self, key: str, default: str | None = None) -> str:
        """A text; required unless a default is given."""
        value = self._table.get(key, default)
        if isinstance(value, str):  # nearly always, and a form has thousands
            self._asked.add(key)
            return value
        return str(self._take(key, str, "一段文字", default))

    def flag(self, key: str, default: bool = False) -> bool:
        """true or false."""
        return bool(self._take(key, bool, "true 或 false", default))

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        value = self._take(key, int, "一个整数", default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fail(key, "不是整数", f"写成 {key} = 2021 的形式")
        return value

    def number(self, key: str, default: Decimal | None = None) -> Decimal:
        """A number, exactly as written."""
        value = self._take(key, (int, Decimal), "一个数", default)
        return self._decimal(key, value)

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """One of the allowed words; the nearest is named when it is none of them."""
        value = self.text(key, default)
        if value not in allowed:
            raise self.fail(key, f"“{value}”不认识{_nearest(value, allowed)}", _one_of(allowed))
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts."""
        items = self._list(key, default)
        if not all(isinstance(item, str) for item in items):
            raise self.fail(key, "列表里应都是文字", f'写成 {key} = ["…", "…"]')
        return tuple(str(item) for item in items)

    def wholes(self, key: str, default: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """A list of whole numbers."""
        items = self._list(key, default)
        if not all(isinstance(item, int) and not isinstance(item, bool) for item in items):
            raise self.fail(key, "列表里应都是整数", f"写成 {key} = [1, 2]")
        return tuple(item for item in items if isinstance(item, int))

    def numbers(self, key: str, default: tuple[Decimal, ...] | None = None) -> tuple[Decimal, ...]:
        """A list of numbers."""
        return tuple(self._decimal(key, item) for item in self._list(key, default))

    def section(self, key: str) -> Section:
        """The table under this key; required."""
        return Section(self.file, self._join(key), self._require(key, "一张表"))

    def sections(self, key: str) -> list[Section]:
        """The tables of a list, such as ``[[indicators]]``; empty when absent."""
        items, path = self._list(key, ()), self._join(key)
        return [Section(self.file, f"{path}[{n}]", item) for n, item in enumerate(items, 1)]

    def named(self, key: str) -> Iterator[tuple[str, Section]]:
        """The tables under a table of tables, by name; nothing when absent."""
        if not self.has(key):
            return
        yield from self.section(key).tables()

    def tables(self) -> Iterator[tuple[str, Section]]:
        """All tables written in this one, by name."""
        for name in self.keys():
            yield name, self.section(name)

    def keys(self) -> list[str]:
        """All written keys, in order."""
        return list(self._table)

    def raw(self) -> dict[str, object]:
        """The table itself; all its keys count as asked for."""
        self._asked.update(self._table)
        return self._table

    def done(self) -> None:
        """Raise when a key was written that nobody asked for."""
        if not self._asked.issuperset(self._table):
            for key in self._table:
                self.among(key, self._asked)

    def among(self, key: str, known: Iterable[str]) -> None:
        """Raise when a written key is none of the known ones; the nearest is named."""
        names = tuple(sorted(known))
        if key not in names:
            raise self.fail(
                key, f"不认识的键{_nearest(key, names)}", f"可用的键：{'、'.join(names)}"
            )

    def _join(self, key: str) -> str:
        return f"{self.path}.{key}".strip(".")

    def _require(self, key: str, what: str) -> object:
        self._asked.add(key)
        if key not in self._table:
            raise self.fail(key, "缺少这一项", f"补写 {key} = {what}")
        return self._table[key]

    def _take(
        self, key: str, kinds: type | tuple[type, ...], what: str, default: object | None
    ) -> object:
        self._asked.add(key)
        value = self._table.get(key, default)
        if value is None:
            value = self._require(key, what)
        elif value is default:
            return value
        if not isinstance(value, kinds):
            raise self.fail(key, f"应是{what}，写的是 {value!r}", f"把它改成{what}")
        return value

    def _list(self, key: str, default: tuple[object, ...] | None) -> list[object]:
        value = self._take(key, list, "一个列表", None if default is None else list(default))
        assert isinstance(value, list)
        return value

    def _decimal(self, key: str, value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.fail(key, f"应是一个数，写的是 {value!r}", "写成不带引号的数，如 0.5")
        number = Decimal(value)
        if not number.is_finite():
            raise self.fail(key, "不是有限的数", "写成普通的数，如 0.5")
        return number


def _nearest(word: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, known, 1, 0.6)
    return f"，是不是“{close[0]}”？" if close else ""


def _one_of(allowed: tuple[str, ...]) -> str:
    return f"写成其中之一：{'、'.join(allowed)}"
