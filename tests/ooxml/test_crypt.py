"""Encrypted workbooks open with the right password, and nothing they ask for costs much."""

from __future__ import annotations

import io
import random
import re
import struct
import subprocess
import sys
import time
from contextlib import suppress
from hashlib import sha1
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from msoffcrypto.method.ecma376_agile import ECMA376Agile
from msoffcrypto.method.ecma376_standard import ECMA376Standard

from perfeval_xl.errors import WorkbookError
from perfeval_xl.ooxml import Limits, Workbook, sniff
from perfeval_xl.ooxml.crypt import (
    READ_ONLY_PASSWORD,
    PasswordFileError,
    decrypt,
    is_encrypted,
    read_password_file,
)
from tests.builders import layout_plain, legacy
from tests.builders.forms import FilledForm
from tests.ooxml import samples

PLAIN = samples.by_xlsxwriter()
BOOK = layout_plain.build(FilledForm.example())


def agile(password: str, data: bytes = PLAIN, spin: int = 1000) -> bytes:
    """The package as Excel 2010 and later encrypt it, which hash 100,000 times."""
    sealed: bytes = ECMA376Agile.encrypt(password, io.BytesIO(data), spin_count=spin)
    return sealed


AGILE = agile("密码 123", spin=100_000)


def standard(password: str, data: bytes = PLAIN) -> bytes:
    """The package as Excel 2007 encrypts it: AES-128, SHA-1."""
    salt, verifier = bytes(range(16)), bytes(range(16, 32))
    key = ECMA376Standard.makekey_from_password(password, 0x660E, 0x8004, 0x18, 128, 16, salt)

    def seal(content: bytes) -> bytes:
        cipher = Cipher(algorithms.AES(bytes(key)), modes.ECB()).encryptor()
        return cipher.update(content) + cipher.finalize()

    provider = "Microsoft Enhanced RSA and AES Cryptographic Provider\0".encode("utf-16-le")
    header = struct.pack("<8I", 0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0) + provider
    info = struct.pack("<2H2I", 3, 2, 0x24, len(header)) + header
    info += struct.pack("<I", 16) + salt + seal(verifier)
    info += struct.pack("<I", 20) + seal(sha1(verifier).digest().ljust(32, b"\0"))
    package = struct.pack("<Q", len(data)) + seal(data + b"\0" * (-len(data) % 16))
    return legacy.ole({"EncryptionInfo": info, "EncryptedPackage": package})


def with_info(change: tuple[bytes, bytes]) -> bytes:
    """AGILE with one piece of its description changed to another of the same length or shorter."""
    old, new = change
    assert old in AGILE
    return AGILE.replace(old, new.ljust(len(old)), 1)


def code_of(data: bytes, *passwords: str, limits: Limits | None = None) -> str:
    """The code that the file is refused with."""
    with pytest.raises(WorkbookError) as caught:
        decrypt(data, passwords, limits)
    return caught.value.code


ENCRYPTED = {
    "agile": AGILE,
    "standard": standard("密码 123"),
    "xls": legacy.xls_rc4(BOOK, "密码 123"),
}


@pytest.mark.parametrize("method", ENCRYPTED)
def test_the_right_password_among_others_opens(method: str) -> None:
    data = ENCRYPTED[method]
    assert is_encrypted(data)
    opened = decrypt(data, ["不对", "密码 123", "也不对"])
    assert not is_encrypted(opened)
    if method != "xls":
        assert opened == PLAIN
        Workbook.open(opened)


@pytest.mark.parametrize("method", ENCRYPTED)
def test_without_the_right_password_it_stays_shut(method: str) -> None:
    assert code_of(ENCRYPTED[method]) == "workbook.encrypted"
    assert code_of(ENCRYPTED[method], "密码", "", "x" * 40) == "workbook.encrypted"


@pytest.mark.parametrize(
    "data",
    [agile(READ_ONLY_PASSWORD), standard(READ_ONLY_PASSWORD)],
    ids=["agile", "standard"],
)
def test_excels_read_only_password_needs_no_asking(data: bytes) -> None:
    assert decrypt(data) == PLAIN


def test_a_write_protected_xls_needs_no_asking() -> None:
    data = legacy.xls_rc4(BOOK, READ_ONLY_PASSWORD)
    assert sniff(data) == "xls"
    assert is_encrypted(data)
    assert not is_encrypted(decrypt(data))


def test_an_encrypted_xlsb_opens_too() -> None:
    data = legacy.xlsb(BOOK)
    assert decrypt(agile("a", data), ["a"]) == data


def test_plain_files_are_not_encrypted() -> None:
    assert not is_encrypted(PLAIN)
    assert not is_encrypted(legacy.xls(BOOK))
    assert not is_encrypted(b"")
    assert not is_encrypted(legacy.ole({"Workbook": b"\0" * 9}))


def test_ten_billion_rounds_are_refused_before_any_work() -> None:
    for count in (b'"99999999999"', b'"10000001"', b'"-5"', b'"abc"'):
        data = AGILE.replace(b'spinCount="100000"', b"spinCount=" + count)
        at = data.index(b"spinCount=")  # the description grew: take the growth out of its end
        grown = len(data) - len(AGILE)
        end = data.index(b"</encryption>", at) + len(b"</encryption>")
        data = data[:end] + data[end + grown :] if grown > 0 else data
        started = time.perf_counter()
        assert code_of(data, "a") in ("workbook.encryption_unsupported", "workbook.truncated")
        assert time.perf_counter() - started < 1


def test_too_many_rounds_for_all_passwords_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfeval_xl.ooxml.crypt.MAX_ROUNDS", 400_000)
    with pytest.raises(WorkbookError) as caught:
        decrypt(AGILE, ["甲", "乙", "密码 123"])
    assert caught.value.code == "workbook.encryption_unsupported"
    assert "前 2 个密码" in caught.value.details["what"]


@pytest.mark.parametrize(
    "change",
    [
        (b'hashAlgorithm="SHA512"', b'hashAlgorithm="MD2"'),
        (b'keyBits="256"', b'keyBits="0"'),
        (b'blockSize="16"', b'blockSize="99"'),
        (b"keyEncryptor/password", b"keyEncryptor/cert"),
    ],
)
def test_what_no_excel_asks_for_is_unsupported(change: tuple[bytes, bytes]) -> None:
    data = with_info(change) if change[0] != b"keyEncryptor/password" else AGILE.replace(
        change[0], change[1].ljust(len(change[0]), b"x")
    )  # fmt: skip
    assert code_of(data, "密码 123") == "workbook.encryption_unsupported"


def test_a_doctype_in_the_description_is_refused() -> None:
    head = re.search(rb"<\?xml[^>]*\?>", AGILE)
    assert head is not None
    doctype = b"<!DOCTYPE a [<!ENTITY b 'c'>]>"
    assert code_of(with_info((head[0], doctype[: len(head[0])])), "a") == "workbook.truncated"


def test_rights_management_is_said_and_not_tried() -> None:
    transform = "\x06DataSpaces/TransformInfo/DRMEncryptedTransform/\x06Primary"
    data = legacy.ole({"EncryptedPackage": b"x" * 5000, transform: b"y"})
    assert sniff(data) == "encrypted"
    assert code_of(data, "a") == "workbook.rights_managed"
    old = legacy.ole({"Workbook": legacy.xls_stream(BOOK), "\tDRMContent": b"z"})
    assert is_encrypted(old)
    assert code_of(old, "a") == "workbook.rights_managed"


def test_other_versions_are_unsupported() -> None:
    info = struct.pack("<2H", 9, 9)
    data = legacy.ole({"EncryptionInfo": info, "EncryptedPackage": b"x" * 5000})
    assert code_of(data, "a") == "workbook.encryption_unsupported"


def test_a_changed_package_is_damaged_although_the_password_fits() -> None:
    changed = bytearray(AGILE)
    at = AGILE.index(b"</encryption>")
    sectors = [n for n in range(512, len(changed), 512) if abs(n - at) > 4096]
    for place in sectors[2:6]:
        changed[place + 100] ^= 0xFF
    assert code_of(bytes(changed), "密码 123") in ("workbook.bad_crc", "workbook.truncated")


def test_sizes_are_limited() -> None:
    limits = Limits(file_bytes=len(AGILE) - 1)
    assert code_of(AGILE, "密码 123", limits=limits) == "workbook.too_large"


@pytest.mark.parametrize("method", ["agile", "xls"])
def test_any_damage_opens_or_gives_a_code(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfeval_xl.ooxml.crypt.MAX_ROUNDS", 200_000)
    chance = random.Random(7)
    data = agile(READ_ONLY_PASSWORD) if method == "agile" else ENCRYPTED["xls"]
    for number in range(60):
        changed = bytearray(data)
        if number % 2:
            del changed[chance.randrange(len(changed)) :]
        else:
            for _ in range(chance.randint(1, 20)):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
        with suppress(WorkbookError):
            if is_encrypted(bytes(changed)):
                decrypt(bytes(changed), ["密码 123"])


def test_the_encryption_library_is_loaded_only_when_needed() -> None:
    check = "import sys, perfeval_xl.ooxml.crypt; print('msoffcrypto' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "False"


# ---- the password file ----


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_passwords_are_read_one_a_line(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "密码.txt"
    path.write_bytes("财政局2021\r\n\r\n  有空格 \n财政局2021\nabc".encode(encoding))
    assert read_password_file(path) == ("财政局2021", "  有空格 ", "abc")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "没有密码"),
        (b"\r\n \n", "没有密码"),
        (b"\xff\xff\xff", "不是 UTF-8 或 GBK"),
        (b"a\0b", "不是文本文件"),
        (b"a" * 1_000_001, "1 MB"),
    ],
)
def test_a_file_of_no_passwords_says_so(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "p.txt"
    path.write_bytes(content)
    with pytest.raises(PasswordFileError, match=problem) as caught:
        read_password_file(path)
    assert str(path) in str(caught.value)


def test_a_missing_password_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(PasswordFileError, match="打不开"):
        read_password_file(tmp_path / "没有.txt")
