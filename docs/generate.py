"""Write docs/findings.md, docs/returns.md and docs/settings.md from the data they describe.

python docs/generate.py          write them
python docs/generate.py --check  fail when they are not up to date
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from perfeval_xl.batch.settings import Settings
from perfeval_xl.batch.settings_keys import KEYS
from perfeval_xl.forms.catalog import list_forms, load_form, templates_directory
from perfeval_xl.forms.returns import return_texts

DOCS = Path(__file__).resolve().parent
_SEVERITY = {"error": "错误", "warning": "警告", "note": "提示"}
_ORIGIN = {"unit": "单位", "template": "表样"}


def findings_page() -> str:
    """Every finding code with severity, origin, title, message and fix."""
    data = tomllib.loads(
        (templates_directory() / "texts/findings.toml").read_text(encoding="utf-8")
    )
    kinds = data.pop("kinds", {})
    lines = [
        "# 问题代码",
        "",
        "由 `docs/generate.py` 从 `templates/texts/findings.toml` 生成，请勿手改。",
        "",
    ]
    lines += ["| 代码 | 程度 | 来源 | 名称 | 说明 | 改法 |", "|---|---|---|---|---|---|"]
    lines += [_finding(code, entry) for code, entry in data.items()]
    for form_id in list_forms():
        checks = [c for c in load_form(form_id).checks if c.code not in data and c.kind in kinds]
        lines += [_finding(c.code, kinds[c.kind] | {"title": c.title}) for c in checks]
    return "\n".join(lines) + "\n"


def returns_page() -> str:
    """Every return code with its message and remedy."""
    lines = [
        "# 退回代码",
        "",
        "由 `docs/generate.py` 从 `templates/texts/returns.toml` 生成，请勿手改。",
        "",
    ]
    lines += ["| 代码 | 原因 | 办法 |", "|---|---|---|"]
    lines += [f"| `{t.code}` | {t.message} | {t.fix} |" for t in return_texts().values()]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Every key of perfeval.toml with its default, an example and what it is for."""
    defaults = {row.key: row.value for row in Settings().in_force()}
    lines = [
        "# 设置 perfeval.toml",
        "",
        "由 `docs/generate.py` 从 `perfeval_xl/batch/settings_keys.py` 生成，请勿手改。",
        "",
        "文件放在收件文件夹旁边（同一个上级文件夹里），或用 `--settings 文件` 指定；`perfeval init` 写好一份带说明的。",
        "`run`、`watch`、`check`、`explain`、`verify` 用收件文件夹旁边的，`settle` 用结果文件夹旁边的，`init` 用它要摆的文件夹里的，`blank` 用当前文件夹里的："
        "核定的等次和颜色、空白表的表样、等次和颜色都照设置。",
        "先后：命令行、perfeval.toml、表样、默认。`perfeval settings 收件` 列出每项现在的值和来源。",
        "写错了的键、值都报错，说明文件、行、键和应怎样写，不会悄悄不理。路径相对于设置文件所在的文件夹。",
        "",
        "| 键 | 名称 | 默认 | 说明 | 例 |",
        "|---|---|---|---|---|",
    ]
    for key in KEYS:
        example = "<br>".join(f"`{line}`" for line in key.example.split("\n"))
        default = defaults.get(key.name, "照表样" if key.name in ("readings", "bands") else "没有")
        help_text = key.help.replace("\n", "<br>")
        lines.append(f"| `{key.name}` | {key.title} | {default} | {help_text} | {example} |")
    return "\n".join(lines) + "\n"


def _finding(code: str, entry: dict[str, str]) -> str:
    cells = (
        f"`{code}`", _SEVERITY[entry["severity"]], _ORIGIN[entry["origin"]], entry["title"],
        entry["message"], entry["fix"],
    )  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


PAGES = {"findings.md": findings_page, "returns.md": returns_page, "settings.md": settings_page}


def main() -> int:
    """0 when all pages are (now) up to date."""
    stale = []
    for name, page in PAGES.items():
        path = DOCS / name
        text = page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8", newline="\n")
    if stale and "--check" in sys.argv:
        print("not up to date:", ", ".join(stale))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
