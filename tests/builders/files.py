"""Saves workbooks so that the same form gives the same bytes, as far as the writers let us."""

from __future__ import annotations

import re
import subprocess
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path

from lxml import etree
from openpyxl import Workbook

_MOMENT = datetime(2022, 3, 15, 10, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CORE = "docProps/core.xml"
_STYLES = "xl/styles.xml"
_STRINGS = "xl/sharedStrings.xml"
_SHEETS = "xl/worksheets/sheet"
# The order of a font's parts in the schema; openpyxl writes another.
_FONT_PARTS = (
    *("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign"),
    *("sz", "color", "name", "family", "charset", "scheme"),
)
# What names the shared strings in the package: the end of the part that lists it, the entry.
_STRINGS_ENTRIES = {
    "[Content_Types].xml": (
        b"</Types>",
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
        b'officedocument.spreadsheetml.sharedStrings+xml"/>',
    ),
    "xl/_rels/workbook.xml.rels": (
        b"</Relationships>",
        b'<Relationship Id="rIdStrings" Target="sharedStrings.xml" Type="http://schemas.openxml'
        b'formats.org/officeDocument/2006/relationships/sharedStrings"/>',
    ),
}

Parts = dict[str, bytes]


def save(workbook: Workbook, path: Path, *, shared_strings: bool = True) -> Path:
    """Writes the workbook with openpyxl; returns the path.

    Args:
        workbook: What to write.
        path: Where; folders are made.
        shared_strings: Whether texts lie in sharedStrings.xml, as Excel and WPS keep them;
            False leaves them in the cells, as openpyxl does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook.properties.creator = "张某某"
    workbook.properties.created = _MOMENT
    workbook.save(path)
    parts = _read(path)
    parts[_STYLES] = _in_schema_order(parts[_STYLES])
    if shared_strings:
        _share_strings(parts)
    _write(path, parts)
    return path


def save_through_libreoffice(
    workbook: Workbook, path: Path, profile: str = "/tmp/lo_samples"
) -> Path:
    """Writes the workbook, lets LibreOffice open and save it at ``path``; returns the path.

    Formulas then carry their values. LibreOffice must be installed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source = save(workbook, Path(folder) / "in" / path.name)
        command = [
            "soffice",
            f"-env:UserInstallation=file://{profile}",
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            str(path.parent),
            str(source),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
    _write(path, _read(path))
    return path


def _read(path: Path) -> Parts:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def _write(path: Path, parts: Parts) -> None:
    """Writes the package with one fixed moment on every part and in its creation stamps."""
    stamp = _MOMENT.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    parts[_CORE] = _STAMP.sub(rb"\g<1>" + stamp + rb"\g<2>", parts[_CORE])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, _MOMENT.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            package.writestr(info, data)


def _in_schema_order(styles: bytes) -> bytes:
    root = etree.fromstring(styles)
    for font in root.iter(f"{_MAIN}font"):
        font[:] = sorted(font, key=lambda part: _FONT_PARTS.index(etree.QName(part).localname))
    return _serialized(root)


def _share_strings(parts: Parts) -> None:
    """Moves the texts of all cells into sharedStrings.xml, each text once."""
    index_of: dict[str, int] = {}
    uses = 0
    for name in [name for name in parts if name.startswith(_SHEETS)]:
        root = etree.fromstring(parts[name])
        for cell in root.iter(f"{_MAIN}c"):
            if cell.get("t") != "inlineStr":
                continue
            text = "".join(str(piece) for piece in cell.itertext())
            for child in list(cell):
                cell.remove(child)
            cell.set("t", "s")
            etree.SubElement(cell, f"{_MAIN}v").text = str(index_of.setdefault(text, len(index_of)))
            uses += 1
        parts[name] = _serialized(root)
    parts[_STRINGS] = _string_table(list(index_of), uses)
    for name, (end, entry) in _STRINGS_ENTRIES.items():
        if b"sharedStrings" not in parts[name]:
            parts[name] = parts[name].replace(end, entry + end)


def _string_table(texts: list[str], uses: int) -> bytes:
    table = etree.fromstring(f'<sst xmlns="{_MAIN.strip("{}")}"/>')
    table.set("count", str(uses))
    table.set("uniqueCount", str(len(texts)))
    for text in texts:
        item = etree.SubElement(etree.SubElement(table, f"{_MAIN}si"), f"{_MAIN}t")
        item.text = text
        if text != text.strip():
            item.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return _serialized(table)


def _serialized(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
