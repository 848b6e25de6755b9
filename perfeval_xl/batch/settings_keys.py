"""Which keys perfeval.toml takes: what each is called, what it is for, how it is written.

``perfeval init`` writes its commented file from this, ``docs/generate.py`` the page docs/settings.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from perfeval_xl.batch.one import RunLimits

_MB = 2**20


@dataclass(frozen=True, slots=True)
class Key:
    """One key: dotted name, title, what it does, and a line or more that may be written."""

    name: str
    title: str
    help: str
    example: str


@dataclass(frozen=True, slots=True)
class LimitKey:
    """A limit: the field of RunLimits or of its package limits that it sets, and its unit there."""

    field: str
    title: str
    example: str
    unit: int = 1
    of_package: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether it counts things."""
        return self.of_package and self.unit == 1

    def shown(self, limits: RunLimits) -> str:
        """The value as it is written in the file."""
        value = getattr(limits.package if self.of_package else limits, self.field)
        return f"{value:g}" if self.unit == 1 else f"{value / self.unit:.4g}"

    def put(self, limits: RunLimits, value: Decimal) -> RunLimits:
        """The limits with this one set to a written value."""
        number: Any = float(value) if self.field.endswith("seconds") else int(value * self.unit)
        if self.of_package:
            return replace(limits, package=replace(limits.package, **{self.field: number}))
        return replace(limits, **{self.field: number})


LIMIT_KEYS = {
    "seconds": LimitKey("soft_seconds", "一份文件最多算几秒", "10", of_package=False),
    "hard_seconds": LimitKey("hard_seconds", "一份文件连等待最多几秒", "30", of_package=False),
    "memory_mb": LimitKey("memory_bytes", "一份文件最多用多少内存（MB）", "400", _MB, of_package=False),
    "file_mb": LimitKey("file_bytes", "文件最大（MB）", "50", _MB),
    "part_mb": LimitKey("part_bytes", "解压后一个部件最大（MB）", "100", _MB),
    "unpacked_mb": LimitKey("inflated_bytes", "解压后共计最大（MB）", "200", _MB),
    "cells": LimitKey("cells", "一张表最多几格", "500000"),
    "merges": LimitKey("merges", "一张表最多几处合并", "60000"),
}  # fmt: skip
_LIMITS_HELP = "超过的文件退回，退回说明里写明。"

_PEERS = {
    "outliers.least_units": ("能比的单位至少几个", "少于这么多就不比数字；最小 5。", "8"),
    "outliers.times_mad": ("偏离几倍才算", "与中位数的距离，按标准化的中位数绝对偏差（MAD）计。", "5"),
    "outliers.small_group": ("单位少时放宽", "门槛放宽到 times_mad ×（1 + small_group ÷ 单位数）。", "4"),
    "outliers.least_factor": ("人均数至少差几倍", "超过中位数的几倍，或不到它的几分之一。", "3"),
    "outliers.least_points": ("比率至少差多少", "0.20 是 20 个百分点。", "0.20"),
    "outliers.nearest": ("句子里点出几个最接近的单位", "", "3"),
    "texts.least_clause": ("分句最短几个字", "更短的分句不比；最小 4。", "8"),
    "texts.least_shared": ("相同的字至少几个", "相同的分句合计少于这么多字，不提。", "100"),
    "texts.least_share": ("相同的字所占的比例", "在较短的一份里。", "0.70"),
    "texts.common_share": ("多大比例的单位都写就算套话", "", "0.25"),
    "texts.common_least": ("几个单位以内都写的不算套话", "", "5"),
    "texts.common_most": ("几个单位以上都写的总算套话", "最大 100。", "20"),
    "texts.nearest": ("点出几个最接近的单位", "", "3"),
    "texts.passages": ("摘录几段", "", "3"),
    "texts.passage_length": ("每段最多几个字", "", "160"),
    "texts.self_words": ("单位的自称", "“我局”“本单位”里的词，比的时候当作同一个词。", '["局", "办", "单位"]'),
    "scores.least_deductions": ("扣分的行至少几行", "各行自评得分全都一样、扣分的行够多，才算雷同。", "3"),
    "scores.nearest": ("点出几个单位", "", "3"),
    "rubric.least_units": ("至少几个单位才看评分标准", "", "8"),
    "rubric.nearly_all": ("满分占多大比例算分不出高低", "", "0.95"),
    "rubric.mostly_undecided": ("缺数据占多大比例要指出", "", "0.50"),
}  # fmt: skip
_PEERS_GROUPS = {"outliers": "数字", "texts": "文字", "scores": "评分", "rubric": "评分标准"}


def _peer_key(name: str, title: str, help_: str, example: str) -> Key:
    group, _, key = name.partition(".")
    whole = f"横向比较·{_PEERS_GROUPS[group]}：{title}"
    return Key(f"peers.{name}", whole, help_ or "只出提示，不影响得分。", f"{key} = {example}")


KEYS = (
    Key("form", "表样", "固定用一个表样，不自动识别；perfeval forms list 列出全部。", 'form = "yueyanglou-2021"'),
    Key("templates", "自己的表样文件夹", "每个表样一个子文件夹，见 docs/adding-a-form.md。", 'templates = "表样"'),
    Key("passwords", "打开密码", "文本文件，一行一个密码，用来打开加了密的工作簿。", 'passwords = "密码.txt"'),
    Key("jobs", "同时处理几份", "不写就用全部处理器核心；电脑同时要做别的事，写小一些。", "jobs = 2"),
    Key("lists.roster", "名册", "应报单位：编码、名称、别名、类型、截止日期、免报。", 'roster = "名册.xlsx"'),
    Key("lists.reference", "参考数据", "财政局自己掌握的数：单位、指标项、数值、来源。", 'reference = "参考数据.xlsx"'),
    Key("lists.previous", "上年结果", "上年的结果文件夹，用来算变动率。", 'previous = "../2020/结果"'),
    Key(
        "readings",
        "读法",
        "评分标准有几种读法、得分因此是一个区间时，选定其中一种。必须写依据（note）。\n"
        "例：不足一个百分点 whole 不扣、proportional 按比例扣、started 按一个百分点扣。\n"
        "有哪些读法、现在怎样：perfeval settings。",
        '[readings.partial_point]\npinned = "whole"\nnote = "局务会 2022 年 3 月 1 日议定"',
    ),
    Key(
        "bands",
        "评价等次",
        "由高到低，写了就全部替换表样的等次；at_least 是该档最低分，最后一档写 0。",
        '[[bands]]\nlabel = "优秀"\nat_least = 90\n[[bands]]\nlabel = "良好"\nat_least = 80\n'
        '[[bands]]\nlabel = "合格"\nat_least = 60\n[[bands]]\nlabel = "不合格"\nat_least = 0',
    ),
    *(
        Key(f"limits.{name}", key.title, _LIMITS_HELP, f"{name} = {key.example}")
        for name, key in LIMIT_KEYS.items()
    ),
    Key("colours.error", "颜色：错误、不一致", "底色，六位十六进制，要浅到看得清字。", 'error = "F8CBAD"'),
    Key("colours.warning", "颜色：警告、缺数据未定", "同上。", 'warning = "FFE699"'),
    Key("colours.note", "颜色：提示", "同上。", 'note = "DDEBF7"'),
    Key("colours.agrees", "颜色：一致、在允许范围内", "同上。", 'agrees = "E2EFDA"'),
    Key("colours.judged", "颜色：由评审人判断", "同上。", 'judged = "EDEDED"'),
    Key(
        "severities",
        "问题的程度",
        "把某种问题看得更重或更轻：error 错误、warning 警告、note 提示。代码见 docs/findings.md。",
        '"score.reason_missing" = "error"',
    ),
    *(_peer_key(name, *said) for name, said in _PEERS.items()),
    Key("watch.interval", "每隔几秒看一次收件文件夹", "perfeval watch 用。", "interval = 10"),
)  # fmt: skip

TITLES = {key.name: key.title for key in KEYS}
_TABLES = ("lists", "limits", "colours", "severities", "watch")
_OPENING = """\
# perfeval_xl 的设置。放在收件文件夹旁边（同一个上级文件夹里），run、watch、check、explain、verify、settle、init 都用它；
# blank 用当前文件夹里的。
# 以 # 开头的行不起作用；要用哪一项，去掉那一行开头的 # 和空格，再改等号右边。
# 路径相对于本文件所在的文件夹；路径里的 \\ 写成 /。
# 命令行写了的，以命令行为准。现在各项的值和来源：perfeval settings 收件
"""


def table_of(key: Key) -> str:
    """The table in which a key stands by itself, empty when its example brings its own."""
    first = key.name.partition(".")[0]
    if first == "peers":
        return key.name.rpartition(".")[0]
    return first if first in _TABLES else ""


def commented() -> str:
    """A whole perfeval.toml in which every key is explained and none is set."""
    parts = [_OPENING]
    table = ""
    for key in KEYS:
        head = f"[{table_of(key)}]\n\n" if table_of(key) not in ("", table) else ""
        table = table_of(key) or table
        lines = [f"{key.title}。{key.help}".split("\n"), key.example.split("\n")]
        parts.append(head + "".join(f"# {line}\n" for line in (*lines[0], *lines[1])))
    return "\n".join(parts)
