"""One way to compare printed labels: normalised here, shown everywhere as they were typed."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Traditional characters (and variants) of every character the official labels use.
_TRADITIONAL = str.maketrans(
    "並佈佔併侷係個傢價償優內劃動務匯區厲員單噹國埰執報寀實審將專對導嶽帳彙復態慮應戶採摺撥擇據擠"
    "數於時會業極構樓標機歸決況減準滙滿濟為無爲現產産當眞眾確碼礎稅稱箇節範簽籤約納級細組結絡經綜維"
    "網編總績繫繳續纍聯職舘萬處虛號衆補製複覈見規計訓設証評話誤說説調論證議護變負財責費資質賬購車轉"
    "辦進運過達選釦錯錶長門開閤關陽際電項須預領額養餘館體點齣",
    "并布占并局系个家价偿优内划动务汇区厉员单当国采执报采实审将专对导岳账汇复态虑应户采折拨择据挤"
    "数于时会业极构楼标机归决况减准汇满济为无为现产产当真众确码础税称个节范签签约纳级细组结络经综维"
    "网编总绩系缴续累联职馆万处虚号众补制复核见规计训设证评话误说说调论证议护变负财责费资质账购车转"
    "办进运过达选扣错表长门开合关阳际电项须预领额养余馆体点出",
)
_ANY_TRADITIONAL = re.compile(f"[{''.join(map(chr, _TRADITIONAL))}]")
# What NFKC makes of the signs of nearly every text: with them done, it finds nothing left to do.
_USUAL_WIDE = tuple(zip("，（）：；％！？", ",():;%!?", strict=True))
_QUOTES = re.compile("[\"'“”‘’「」『』＂＇〝〞﹁﹂`´]")
_MARKS = "*★☆▲△▼●○■□◆◇※#•·▪:,、"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩ 　\n"
_LEADING = re.compile(
    r"^(?:其中:?|[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十0-9]{1,3}\)[、.]?"
    r"|\d{1,2}(?:[、)]|\.(?!\d)))"
)
_EXPLAINED = re.compile(r"\([^()]*\)$")
_YEAR = re.compile(r"^(?:(20\d\d)年?度?|(上一?年度?|去年|前一年)|(本年度?|当年|今年))")
_LONGEST_KNOWN = 512  # printed criteria are remembered, a unit's report is not
STRUCK = "\u0336"  # behind each sign of a text that is struck out
_STRUCK_OUT = re.compile(f"(?:[^{STRUCK}]{STRUCK})+")
_INVISIBLE = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


def normalize_label(text: str) -> str:
    """The text as labels are compared: no spaces, line breaks or quotes, half-width, simplified."""
    return _normalize_known(text) if len(text) <= _LONGEST_KNOWN else _normalize(text)


@lru_cache(maxsize=4096)
def bare_label(text: str) -> str:
    """A label without what may stand around it: 其中, numbering, a year in front, brackets behind."""
    label, before = _normalize(text.lstrip(_CIRCLED)), ""
    while label != before:
        before = label
        label = _EXPLAINED.sub("", _LEADING.sub("", label.strip(_MARKS), count=1))
    return _YEAR.sub("", label, count=1).strip(_MARKS) if label else ""


def struck(text: str) -> str:
    """The text marked as struck out."""
    return "".join(f"{sign}{STRUCK}" for sign in text)


def without_struck(text: str) -> str:
    """What is left of a text when what is struck out goes."""
    return _STRUCK_OUT.sub("", text) if STRUCK in text else text


def struck_part(text: str) -> str:
    """What is struck out in a text, without the mark."""
    return "".join(_STRUCK_OUT.findall(text)).replace(STRUCK, "")


def year_in_label(text: str) -> tuple[int | None, int | None]:
    """The year a head begins with, and the year as it stands to this one: 上年 is -1, 本年 0."""
    match = _YEAR.match(_LEADING.sub("", _normalize(text).strip(_MARKS), count=1))
    if match is None:
        return None, None
    year, last, _ = match.groups()
    return (int(year), None) if year else (None, -1 if last else 0)


def display_width(text: str) -> int:
    """Width in half characters: Chinese letters and signs count 2, as they do in GBK."""
    return len(text.encode("gbk", "replace"))


def _normalize(text: str) -> str:
    text = without_struck(text)
    for wide, narrow in _USUAL_WIDE:
        text = text.replace(wide, narrow)
    folded = unicodedata.normalize("NFKC", text)
    if _ANY_TRADITIONAL.search(folded):
        folded = folded.translate(_TRADITIONAL)
    folded = folded.replace("≦", "≤").replace("≧", "≥").replace("帐", "账")
    return _QUOTES.sub("", _INVISIBLE.sub("", folded)).rstrip(":.。")


_normalize_known = lru_cache(maxsize=4096)(_normalize)
