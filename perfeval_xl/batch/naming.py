"""Whether a file's name speaks of another unit than the one that its form names.

Names of files are typed in haste, shortened and decorated: only what plainly is the name of a body,
and in no way a short form of the unit's own, counts.
"""

from __future__ import annotations

import re

_HAN = re.compile("[一-鿿]+")
_ABOUT_THE_FILE = re.compile(
    "附件[一二三]?|部门|单位|整体|支出|预算|绩效|自评|评价|评分|复核|报告|年度|表|及|上报|报送|填报|终稿|"
    "最终|定稿|修改|盖章|扫描|电子|基础|补充|数据|稿|版"
)
_BODY = re.compile(
    "[一-鿿]{2,18}(?:局|办|办公室|中心|委员会|委|站|所|院|学校|中学|小学|街道|镇|乡|大队|馆)"
)
_REGION = re.compile(".*[省市区县](?=[一-鿿]{2})")
_ADDRESSEE = "财政局"  # whose name stands on forms that others send


def other_unit_in(file: str, unit: str) -> str:
    """The name of a body that the file's name holds instead of the unit's; empty when it holds none."""
    stem = file.rpartition("/")[2].rpartition(".")[0]
    bodies = [
        body
        for text in _HAN.findall(stem)
        for body in _ABOUT_THE_FILE.split(text)
        if _BODY.fullmatch(body)
    ]
    own = "".join(_HAN.findall(unit))
    if not own or any(_may_be(body, own) for body in bodies):
        return ""
    return next((body for body in bodies if not body.endswith(_ADDRESSEE)), "")


def _may_be(body: str, own: str) -> bool:
    """Whether one name holds the other, or one's signs stand in the other in their order."""
    short, long = sorted((_local(body), _local(own)), key=len)
    signs = iter(long)
    return short in long or all(sign in signs for sign in short)


def _local(name: str) -> str:
    """A name without the region before it."""
    return _REGION.sub("", name, count=1) or name
