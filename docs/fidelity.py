"""Write docs/fidelity.md: what of a workbook survives our copy, and what openpyxl's load and save.

    python docs/fidelity.py          write it (needs LibreOffice and Pillow)

Each kind of content is looked for by part and element in tests/builders/contents.py. Without Pillow
openpyxl drops pictures, which would be unfair to it.
"""

from __future__ import annotations

import io
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import openpyxl

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.builders.contents import KINDS, Kind, verdict  # noqa: E402
from tests.ooxml.samples import annotated  # noqa: E402

_WORDS = {"kept": "保留", "changed": "变了", "lost": "丢了"}


def by_openpyxl(data: bytes) -> bytes | None:
    """The workbook loaded and saved, macros kept; None when it cannot be."""
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            openpyxl.load_workbook(io.BytesIO(data), keep_vba=True, rich_text=True).save(stream)
        except Exception:  # whatever it stumbles over, the content is lost
            return None
    return stream.getvalue()


def row(kind: Kind) -> tuple[str, str, str, str]:
    """Name, who wrote the workbook, our verdict, openpyxl's."""
    data = kind.build()
    ours = verdict(kind, data, annotated(data))
    theirs = verdict(kind, data, by_openpyxl(data), gently=True)
    return kind.name, kind.by, _WORDS[ours], _WORDS[theirs]


def page() -> str:
    """The whole page."""
    rows = [row(kind) for kind in KINDS]
    counts = [
        "、".join(f"{word} {sum(r[place] == word for r in rows)}" for word in _WORDS.values())
        for place in (2, 3)
    ]
    lines = [
        "# 原件内容的保留情况",
        "",
        "由 `docs/fidelity.py` 生成，请勿手改。每种内容都按部件和元素逐一比对：原件有的元素，"
        "副本里要有同样的（名称、命名空间、属性、文字、子元素都相同）；关系编号和样式序号可以重排。"
        "对 openpyxl 从宽：补写默认值、调换子元素顺序、数字格式换成内置编号，都算保留。",
        "",
        f"共 {len(rows)} 种。本程序的副本：{counts[0]}。openpyxl {openpyxl.__version__} "
        f"读入再保存（`keep_vba=True, rich_text=True`）：{counts[1]}。",
        "",
        "| 内容 | 工作簿由谁写成 | 本程序的副本 | openpyxl 读入再保存 |",
        "|---|---|---|---|",
    ]
    return "\n".join([*lines, *("| " + " | ".join(r) + " |" for r in rows)]) + "\n"


if __name__ == "__main__":
    if find_spec("PIL") is None:
        raise SystemExit("Pillow is missing: pip install pillow")
    (ROOT / "docs" / "fidelity.md").write_text(page(), encoding="utf-8", newline="\n")
