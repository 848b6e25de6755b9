"""How every chart of the summary is dressed: font, title, frame, gridlines."""

from __future__ import annotations

from typing import Any

from perfeval_xl.writer.book import HAIRLINE
from perfeval_xl.writer.style import FONT


def dress(chart: Any, title: str) -> None:
    """Title above to the left, no outer shadow, a hairline frame."""
    chart.set_title({"name": title, "name_font": font(11, bold=True), "overlay": False})
    chart.set_chartarea({"border": {"color": f"#{HAIRLINE}", "width": 0.75}})


def value_axis() -> dict[str, object]:
    """An axis of values: no line of its own, pale gridlines."""
    return {
        "num_font": font(9),
        "line": {"none": True},
        "major_gridlines": {"visible": True, "line": {"color": "#EAEAEA", "width": 0.75}},
    }


def font(size: int, **more: object) -> dict[str, object]:
    """The font of titles, axes and labels."""
    return {"name": FONT, "size": size, "bold": False, "color": "#404040", **more}
