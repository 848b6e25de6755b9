"""What makes a difference between units worth a note: the limits of ``templates/peers.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from perfeval_xl.errors import FormSpecError
from perfeval_xl.forms.places import templates_directory
from perfeval_xl.forms.section import Section

PEERS = "peers.toml"


@dataclass(frozen=True, slots=True)
class OutlierLimits:
    """How far from the median is far, and how many units it takes to say so.

    least_points is a fraction (0.20 means 20 percentage points), least_factor a multiple.
    """

    least_units: int
    times_mad: Decimal
    small_group: Decimal
    least_factor: Decimal
    least_points: Decimal
    nearest: int


@dataclass(frozen=True, slots=True)
class TextLimits:
    """When two texts are nearly equal. Lengths are characters without spaces and punctuation.

    self_words: what a unit calls itself by after 我 or 本, such as 局 in 我局.
    """

    least_clause: int
    least_shared: int
    least_share: Decimal
    common_share: Decimal
    common_least: int
    common_most: int
    nearest: int
    passages: int
    passage_length: int
    self_words: tuple[str, ...]

    def most_units(self, texts: int) -> int:
        """In how many of so many texts a clause may stand before it is a set phrase."""
        return max(self.common_least, min(self.common_most, int(self.common_share * texts)))


@dataclass(frozen=True, slots=True)
class ScoreLimits:
    """When equal score vectors are no coincidence."""

    least_deductions: int
    nearest: int


@dataclass(frozen=True, slots=True)
class RubricLimits:
    """When an indicator is said to tell nobody apart."""

    least_units: int
    nearly_all: Decimal
    mostly_undecided: Decimal


@dataclass(frozen=True, slots=True)
class PeerLimits:
    """All limits of the comparison across units."""

    outliers: OutlierLimits
    texts: TextLimits
    scores: ScoreLimits
    rubric: RubricLimits


@cache
def peer_limits() -> PeerLimits:
    """The limits, read once and strictly.

    Raises:
        FormSpecError: the file is missing, broken, or a key is unknown or missing.
    """
    return read_limits(Section(PEERS, "", _load()))


def changed_limits(written: Section) -> PeerLimits:
    """The limits where an office has set some of them for itself.

    Raises:
        FormSpecError: a key is unknown, or a value is none that a limit can have.
    """
    shipped = dict(Section(PEERS, "", _load()).tables())
    merged: dict[str, object] = {}
    for name in written.keys():
        written.among(name, shipped)
    for name, group in shipped.items():
        table = group.raw()
        if written.has(name):
            own = written.section(name)
            for key in own.keys():
                own.among(key, table)
            table = {**table, **own.raw()}
        merged[name] = table
    return read_limits(Section(written.file, written.path, merged))


def limits_to_data(limits: PeerLimits) -> dict[str, dict[str, Any]]:
    """The limits as JSON can hold them."""
    return {
        name: {
            key: str(v) if isinstance(v, Decimal) else list(v) if isinstance(v, tuple) else v
            for key, v in group.items()
        }
        for name, group in asdict(limits).items()
    }


def limits_from_data(data: Mapping[str, Mapping[str, Any]]) -> PeerLimits:
    """The limits that ``limits_to_data`` gave."""
    return read_limits(
        Section(
            PEERS,
            "",
            {
                name: {key: Decimal(v) if isinstance(v, str) else v for key, v in group.items()}
                for name, group in data.items()
            },
        )
    )


def read_limits(root: Section) -> PeerLimits:
    """The limits of a whole table."""
    limits = PeerLimits(
        _outliers(root.section("outliers")),
        _texts(root.section("texts")),
        _scores(root.section("scores")),
        _rubric(root.section("rubric")),
    )
    root.done()
    return limits


def _outliers(section: Section) -> OutlierLimits:
    limits = OutlierLimits(
        least_units=section.whole("least_units"),
        times_mad=section.number("times_mad"),
        small_group=section.number("small_group"),
        least_factor=section.number("least_factor"),
        least_points=section.number("least_points"),
        nearest=section.whole("nearest"),
    )
    section.done()
    _check(section, ("times_mad", "least_points"), ("small_group",), ("nearest",))
    if limits.least_units < 5:
        raise section.fail("least_units", "太少，中位数靠不住", "写 5 或更大的数")
    if limits.least_factor <= 1:
        raise section.fail("least_factor", "应大于 1", "写成 3 的形式")
    return limits


def _texts(section: Section) -> TextLimits:
    limits = TextLimits(
        least_clause=section.whole("least_clause"),
        least_shared=section.whole("least_shared"),
        least_share=section.number("least_share"),
        common_share=section.number("common_share"),
        common_least=section.whole("common_least"),
        common_most=section.whole("common_most"),
        nearest=section.whole("nearest"),
        passages=section.whole("passages"),
        passage_length=section.whole("passage_length"),
        self_words=section.texts("self_words"),
    )
    section.done()
    _check(
        section,
        shares=("least_share", "common_share"),
        counts=("least_shared", "common_least", "nearest", "passages", "passage_length"),
    )
    if limits.least_clause < 4:
        raise section.fail("least_clause", "太短，套话也会算成雷同", "写 4 或更大的数")
    if not limits.self_words or not all(limits.self_words):
        raise section.fail("self_words", "没有写自称", '写成 self_words = ["局", "单位"]')
    if limits.common_most > 100:  # pairs of units grow with its square
        raise section.fail("common_most", "太大，比较会很慢", "写 100 或更小的数")
    return limits


def _scores(section: Section) -> ScoreLimits:
    limits = ScoreLimits(section.whole("least_deductions"), section.whole("nearest"))
    section.done()
    _check(section, counts=("least_deductions", "nearest"))
    return limits


def _rubric(section: Section) -> RubricLimits:
    limits = RubricLimits(
        section.whole("least_units"),
        section.number("nearly_all"),
        section.number("mostly_undecided"),
    )
    section.done()
    _check(section, shares=("nearly_all", "mostly_undecided"), counts=("least_units",))
    return limits


def _check(
    section: Section,
    positive: Sequence[str] = (),
    not_negative: Sequence[str] = (),
    counts: Sequence[str] = (),
    shares: Sequence[str] = (),
) -> None:
    """Refuse what a limit of this kind cannot be."""
    for key in positive:
        if section.number(key) <= 0:
            raise section.fail(key, f"写的是 {section.number(key)}", "写大于 0 的数")
    for key in not_negative:
        if section.number(key) < 0:
            raise section.fail(key, f"写的是 {section.number(key)}", "写 0 或更大的数")
    for key in counts:
        if section.whole(key) < 1:
            raise section.fail(key, f"写的是 {section.whole(key)}", "写 1 或更大的整数")
    for key in shares:
        if not 0 < section.number(key) <= 1:
            raise section.fail(
                key, f"写的是 {section.number(key)}", "写大于 0、不大于 1 的数，如 0.5"
            )


def _load() -> object:
    path = templates_directory() / PEERS
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"), parse_float=Decimal)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise FormSpecError(
            PEERS, "文件", f"读不到横向比较的门槛（{exc}）", "从发布包补回这个文件"
        ) from exc
