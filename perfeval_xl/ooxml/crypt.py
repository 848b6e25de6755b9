"""Encrypted workbooks: opened with a password, or refused with the reason.

Excel's own encryption of .xlsx and .xlsb (agile and standard) and of .xls (RC4, XOR). What a
hostile file asks for, such as ten billion rounds of hashing, is read and bounded before any work.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from xml.parsers.expat import ExpatError

from perfeval_xl.errors import PerfEvalError, WorkbookError
from perfeval_xl.ooxml.foreign.biff import is_encrypted_stream, workbook_stream
from perfeval_xl.ooxml.markup import Node, parse
from perfeval_xl.ooxml.package import Limits
from perfeval_xl.ooxml.sniff import sniff

READ_ONLY_PASSWORD: Final = "VelvetSweatshop"  # what Excel itself tries before it asks
MAX_SPIN: Final = 10_000_000  # [MS-OFFCRYPTO] 2.3.4.10: no more rounds than these
MAX_ROUNDS: Final = 20_000_000  # over all passwords of one file: about 15 seconds

_XLS_BYTES = 10_000_000  # msoffcrypto keeps every byte of an .xls as a Python integer
_ROUNDS_PER_TRY = 2  # the key and its verification are derived apart
_MAX_KEY_BITS = 512
_LARGEST_INFO = 100_000
_DRM_CONTENT = "DRMContent".encode("utf-16-le")
_AGILE, _STANDARD = "agile", "standard"
_KNOWN_HASHES = frozenset(("SHA1", "SHA256", "SHA384", "SHA512"))


class PasswordFileError(PerfEvalError):
    """The file given with --password-file cannot be used: says which and what to do, in Chinese."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"密码文件 {self.path}：{self.problem}"


def is_encrypted(data: bytes) -> bool:
    """Whether the content is a workbook that needs a password, of any kind that ``decrypt`` knows."""
    kind = sniff(data)
    if kind == "xls":
        if _DRM_CONTENT in data:
            return True
        try:
            return is_encrypted_stream(workbook_stream(data))
        except (WorkbookError, ValueError, struct.error):
            return False
    return kind == "encrypted"


def decrypt(data: bytes, passwords: Sequence[str] = (), limits: Limits | None = None) -> bytes:
    """The workbook without its encryption, opened by Excel's read-only password or one of these.

    Passwords are tried in order, until MAX_ROUNDS of hashing are spent; that some were not tried
    is said.

    Raises:
        WorkbookError: ``workbook.encrypted`` no password fits, ``workbook.encryption_unsupported``,
            ``workbook.rights_managed``, ``workbook.truncated`` or ``workbook.bad_crc`` when the
            content is damaged, ``workbook.too_large``.
    """
    limits = limits or Limits()
    _check_size(data, limits.file_bytes)
    tried = dict.fromkeys((READ_ONLY_PASSWORD, *(word for word in passwords if word)))
    if sniff(data) == "xls":
        _check_size(data, _XLS_BYTES)
        if _streams(data).is_rights_managed:
            raise WorkbookError("workbook.rights_managed")
        return _opened(data, list(tried), verify_integrity=False)
    method, spin = _examine(data)
    most = MAX_ROUNDS // max(1, _ROUNDS_PER_TRY * spin)
    try:
        return _opened(data, list(tried)[:most], verify_integrity=method == _AGILE)
    except WorkbookError as exc:
        if exc.code == "workbook.encrypted" and len(tried) > most:
            raise _unsupported(f"散列 {spin} 次的加密，只试了前 {most} 个密码") from exc
        raise


def read_password_file(path: str | Path) -> tuple[str, ...]:
    """The passwords in a text file, one a line, blank lines and doubles left out.

    UTF-8 with or without BOM, else GBK (what a Chinese Windows saves). Spaces inside and around a
    password count; only the line end does not.

    Raises:
        PasswordFileError: it cannot be read, is no text or holds no password.
    """
    shown = str(path)
    try:
        raw = Path(path).read_bytes()
    except OSError as exc:
        raise PasswordFileError(shown, f"打不开（{exc.strerror or '无法读取'}）") from exc
    if len(raw) > 1_000_000:
        raise PasswordFileError(shown, "超过 1 MB，不像密码文件。请每行写一个密码")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = _decoded(raw, "utf-16", shown)
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = _decoded(raw, "gbk", shown)
    if "\0" in text:
        raise PasswordFileError(shown, "不是文本文件。请用记事本新建，每行写一个密码")
    lines = (line for line in re.split(r"\r\n|\r|\n", text) if line.strip())
    passwords = tuple(dict.fromkeys(lines))
    if not passwords:
        raise PasswordFileError(shown, "里面没有密码。请每行写一个密码")
    return passwords


def _decoded(raw: bytes, encoding: str, shown: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as exc:
        problem = "不是 UTF-8 或 GBK 文本。请用记事本另存为 UTF-8"
        raise PasswordFileError(shown, problem) from exc


def _check_size(data: bytes, limit: int) -> None:
    if len(data) > limit:
        details = {"limit": str(limit), "actual": str(len(data)), "part": ""}
        raise WorkbookError("workbook.too_large", details)


# ---- what the file asks for, before anything is done ----


def _examine(data: bytes) -> tuple[str, int]:
    """Method and rounds of hashing of an encrypted package."""
    streams = _streams(data)
    if streams.info is None:
        code = "workbook.rights_managed" if streams.is_rights_managed else "workbook.truncated"
        raise WorkbookError(code)
    try:
        major, minor = struct.unpack_from("<2H", streams.info)
    except struct.error as exc:
        raise WorkbookError("workbook.truncated") from exc
    if (major, minor) == (4, 4):
        return _AGILE, _agile_spin(streams.info[8:])
    if major in (2, 3, 4) and minor == 2:
        return _STANDARD, 50_000
    if streams.is_rights_managed:
        raise WorkbookError("workbook.rights_managed")
    raise _unsupported(f"加密方式 {major}.{minor}")


class _Streams:
    """What lies in the container beside the encrypted package."""

    def __init__(self, info: bytes | None, is_rights_managed: bool) -> None:
        self.info = info
        self.is_rights_managed = is_rights_managed


def _streams(data: bytes) -> _Streams:
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            names = ["/".join(path) for path in container.listdir(streams=True, storages=True)]
            is_managed = any("DRM" in name for name in names)
            info = None
            if container.exists("EncryptionInfo"):
                info = container.openstream("EncryptionInfo").read(_LARGEST_INFO + 1)
    except Exception as exc:  # olefile fails in many ways on damaged bytes
        raise WorkbookError("workbook.truncated") from exc
    if info is not None and len(info) > _LARGEST_INFO:
        raise _unsupported("过长的加密说明")
    return _Streams(info, is_managed)


def _agile_spin(xml: bytes) -> int:
    """The most rounds that the description names; refused where it asks for what no Excel does."""
    try:
        root = parse(xml.rstrip(b"\0"), "EncryptionInfo")
    except (WorkbookError, ExpatError) as exc:
        raise WorkbookError("workbook.truncated") from exc
    keys = root.descendants("encryptedKey")
    if not keys or not any("password" in key.space for key in keys):
        raise _unsupported("不用密码而用证书的加密")
    for node in (*keys, *root.descendants("keyData")):
        if node.attributes.get("hashAlgorithm") not in _KNOWN_HASHES:
            raise _unsupported(f"散列算法 {node.attributes.get('hashAlgorithm', '')[:20]}")
        if not 0 < _number(node, "keyBits") <= _MAX_KEY_BITS or _number(node, "blockSize") != 16:
            raise _unsupported("密钥长度")
    spin = max(_number(key, "spinCount") for key in keys)
    if not 0 <= spin <= MAX_SPIN:
        raise _unsupported(f"散列 {spin} 次的加密")
    return spin


def _number(node: Node, name: str) -> int:
    text = node.attributes.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 15 else MAX_SPIN + 1


def _unsupported(what: str) -> WorkbookError:
    return WorkbookError("workbook.encryption_unsupported", {"what": what})


# ---- opening it ----


def _opened(data: bytes, passwords: Sequence[str], verify_integrity: bool) -> bytes:
    import msoffcrypto
    from msoffcrypto.exceptions import DecryptionError, InvalidKeyError

    try:
        document = msoffcrypto.OfficeFile(io.BytesIO(data))
        if not document.is_encrypted():
            raise WorkbookError("workbook.truncated")
        fits = any(_fits(document, word, InvalidKeyError) for word in passwords)
    except WorkbookError:
        raise
    except DecryptionError as exc:
        raise _unsupported("加密方式") from exc
    except Exception as exc:  # it fails in many ways on damaged bytes
        raise WorkbookError("workbook.truncated") from exc
    if not fits:
        raise WorkbookError("workbook.encrypted")
    return _decrypted(document, verify_integrity)


def _fits(document: Any, password: str, refusal: type[Exception]) -> bool:
    try:
        if document.format == "ooxml":
            document.load_key(password=password, verify_password=True)
        else:
            document.load_key(password=password)
    except (refusal, IndexError, ValueError):  # XOR knows 15 characters at most
        return False
    return True


def _decrypted(document: Any, verify_integrity: bool) -> bytes:
    out = io.BytesIO()
    try:
        if document.format == "ooxml":
            document.decrypt(out, verify_integrity=verify_integrity)
        else:
            document.decrypt(out)
    except Exception as exc:  # the password was right, so the content is not
        raise WorkbookError("workbook.bad_crc", {"part": "EncryptedPackage"}) from exc
    return out.getvalue()
