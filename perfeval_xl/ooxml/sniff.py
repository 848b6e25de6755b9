"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from contextlib import suppress

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC = (
    (b"%PDF", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"{\\rtf", "rtf"),
)
_ODF = (
    (b"application/vnd.oasis.opendocument.spreadsheet", "ods"),
    (b"application/vnd.oasis.opendocument.text", "odt"),
)
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype html|html|head|body|table|meta)\b", re.IGNORECASE
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_XML_SPREADSHEET = re.compile(rb"urn:schemas-microsoft-com:office:spreadsheet")


def sniff(data: bytes) -> str:
    """The kind of a file's content.

    One of xlsx, xlsb, docx, pptx, ods, odt, zip, encrypted, xls, doc, ole, pdf, rtf, png, jpeg,
    gif, rar, 7z, html, xml, csv, text, empty, unknown. xlsx covers xlsm and xltx.
    """
    if not data.strip(b"\0 \t\r\n"):
        return "empty"
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zip_kind(data)
    if data.startswith(_OLE):
        return _ole_kind(data)
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    return _text_kind(data)


def _zip_kind(data: bytes) -> str:
    for mime, kind in _ODF:
        if mime in data[:200]:
            return kind
    if b"xl/workbook.bin" in data:
        return "xlsb"
    if b"xl/" in data or b"xl\\" in data:
        return "xlsx"
    if b"word/document" in data:
        return "docx"
    if b"ppt/presentation" in data:
        return "pptx"
    return "xlsx" if b"[Content_Types].xml" in data else "zip"


def _ole_kind(data: bytes) -> str:
    if _utf16("EncryptedPackage") in data:
        return "encrypted"
    if _utf16("WordDocument") in data:
        return "doc"
    if _utf16("Workbook") in data or _utf16("Book\0") in data:
        return "xls"
    return "ole"


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-le")


def _text_kind(data: bytes) -> str:
    text = _decoded(data[:4096])
    if text is None:
        return "unknown"
    head = text.encode("utf-8")
    if _HTML.match(head):
        return "html"
    if head.lstrip().startswith(b"<?xml"):
        return "xls-xml" if _XML_SPREADSHEET.search(head) else "xml"
    return "csv" if any(mark in text for mark in ",;\t") else "text"


def _decoded(head: bytes) -> str | None:
    """The beginning of a text file, whatever of the usual encodings it is in; None for no text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            text = getincrementaldecoder(encoding)().decode(head)
            return None if _CONTROLS.search(text) else text
    return None
