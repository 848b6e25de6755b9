"""Write the pictures of docs/使用指南.md from what the program really gives on samples/.

python docs/generate_pictures.py     (needs LibreOffice and poppler's pdftoppm, pdftotext)
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openpyxl
from openpyxl.worksheet.pagebreak import RowBreak
from openpyxl.worksheet.properties import PageSetupProperties

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from perfeval_xl import run_folder  # noqa: E402
from perfeval_xl.batch.desk import lay_out  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
LARGEST = 200_000  # bytes of one picture


@dataclass(frozen=True)
class Picture:
    """One picture: its file, the workbook, words that stand on the page, the part of it to show.

    height: share of the page from its top. width: pixels.
    """

    name: str
    workbook: Path
    words: str
    height: float = 1.0
    width: int = 1000


def pictures(desk: Path, outbox: Path) -> Iterator[Picture]:
    """What the guide shows."""
    copy = next((outbox / "复核").glob("02*.xlsx"))
    yield Picture("guide-blank.png", desk / "空白表_yueyanglou-2021.xlsx", "附件2-1", 0.75)
    yield Picture("guide-review.png", copy, "复核意见", 0.62)
    yield Picture("guide-scores.png", as_on_screen(copy, desk), "复核说明", 0.88, 1600)
    yield Picture("guide-summary.png", outbox / "汇总.xlsx", "自评复核汇总")
    yield Picture("guide-units.png", outbox / "汇总.xlsx", "单位汇总", 0.75, 1400)
    yield Picture("guide-returned.png", next((outbox / "退回").glob("14*.xlsx")), "退回说明", 0.62)
    yield Picture("guide-roster.png", desk / "名册.xlsx", "要不要填", 0.45)


def as_on_screen(copy: Path, folder: Path) -> Path:
    """The copy with its scoring sheet on one page: what a screen shows, printing leaves out."""
    book = openpyxl.load_workbook(copy)
    for sheet in book:
        sheet.print_area = None
        sheet.row_breaks = RowBreak()
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    book.save(folder / "screen.xlsx")
    return folder / "screen.xlsx"


def take(picture: Picture, scratch: Path) -> None:
    """Write one picture."""
    pdf = scratch / f"{picture.workbook.stem}.pdf"
    if not pdf.exists():
        profile = f"-env:UserInstallation=file://{scratch}/profile"
        run(
            "soffice",
            profile,
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            scratch,
            picture.workbook,
        )
    page = page_with(pdf, picture.words)
    size = run("pdfinfo", "-f", page, "-l", page, pdf)
    width, height = (float(w) for w in size.partition("size:")[2].split()[:3:2])
    rows = int(picture.width * height / width * picture.height)
    target = PICTURES / picture.name
    raw = scratch / "page.ppm"
    run(
        "pdftoppm", "-singlefile", "-f", page, "-l", page, "-scale-to-x", picture.width,
        "-scale-to-y", -1, "-x", 0, "-y", 0, "-W", picture.width, "-H", rows, pdf, raw.with_suffix(""),
    )  # fmt: skip
    target.write_bytes(small_png(raw.read_bytes()))
    taken = target.stat().st_size
    assert taken <= LARGEST, f"{target.name}: {taken} bytes"
    print(f"{target.name}: {taken // 1000} KB")


def small_png(ppm: bytes) -> bytes:
    """A PNG of the 256 commonest colours; each other colour becomes the nearest of them."""
    _, width, height, _, pixels = (*ppm.split(maxsplit=4)[:4], ppm[ppm.index(b"255\n") + 4 :])
    columns, rows = int(width), int(height)
    flat = np.frombuffer(pixels, np.uint8).reshape(-1, 3)
    colours, which, counts = np.unique(flat, axis=0, return_inverse=True, return_counts=True)
    palette = colours[np.argsort(-counts, kind="stable")[:256]]
    nearest = [((palette.astype(int) - colour) ** 2).sum(axis=1).argmin() for colour in colours]
    image = np.array(nearest, np.uint8)[which.ravel()].reshape(rows, columns)
    lines = b"".join(b"\0" + line.tobytes() for line in image)
    head = struct.pack(">2I5B", columns, rows, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", palette.tobytes()), (b"IDAT", zlib.compress(lines, 9)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in (*parts, (b"IEND", b"")))


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def page_with(pdf: Path, words: str) -> int:
    """Number of the first page on which the words stand."""
    pages = run("pdftotext", pdf, "-").split("\f")
    return next(n for n, text in enumerate(pages, 1) if words in "".join(text.split()))


def run(*words: object) -> str:
    """What a program says; an error when it fails."""
    done = subprocess.run([str(w) for w in words], check=True, capture_output=True, timeout=300)
    return done.stdout.decode("utf-8", "replace")


def main() -> None:
    """Write all pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        desk = scratch / "绩效复核"
        list(lay_out(desk))
        shutil.copytree(ROOT / "samples", desk / "收件", dirs_exist_ok=True)
        run_folder(desk / "收件", desk / "结果")
        for picture in pictures(desk, desk / "结果"):
            take(picture, scratch)


if __name__ == "__main__":
    main()
