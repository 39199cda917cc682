"""Labels that print: one page of 102 x 152 mm with the addresses and the tracking number in Code 39."""

from __future__ import annotations

import csv
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files

WIDTH_MM, HEIGHT_MM = 102, 152
POINTS_PER_MM = 72 / 25.4
DOTS_PER_MM = 8  # a thermal printer of 203 dpi
BAR_TOP_MM, BAR_HEIGHT_MM, MARGIN_MM = 90, 30, 6
NOTICE = "SANDBOX - NOT FOR SHIPPING"


def label(kind: str, tracking_number: str, lines: Sequence[str]) -> tuple[bytes, str]:
    """A label's bytes and content type; `kind` is pdf, zpl or png. Raises KeyError for any other."""
    draw, content_type = KINDS[kind]
    return draw(tracking_number, lines), content_type


def bars(text: str) -> list[tuple[int, int]]:
    """Black bars of a text as (start, width) in modules; a wide element is three modules.

    Source: ISO/IEC 16388 (Code 39), whose characters are in `code39.csv`: five bars and four spaces each.
    """
    found, at = [], 0
    for character in f"*{text}*":
        for place, element in enumerate(_code39()[character]):
            width = 3 if element == "w" else 1
            if place % 2 == 0:
                found.append((at, width))
            at += width
        at += 1  # the gap between characters
    return found


@cache
def _code39() -> Mapping[str, str]:
    text = files("carriers.sandbox.simulator").joinpath("code39.csv").read_text("utf-8")
    return {row["character"]: row["elements"] for row in csv.DictReader(text.splitlines())}


def _module(found: Sequence[tuple[int, int]], room: float) -> float:
    start, width = found[-1]
    return room / (start + width)


def _pdf(tracking_number: str, lines: Sequence[str]) -> bytes:
    """Source: ISO 32000-1, sections 7.5 (file structure) and 9.4 (text)."""
    scale, height = POINTS_PER_MM, HEIGHT_MM * POINTS_PER_MM
    drawing = [
        f"BT /F1 9 Tf 17 {height - 24 - 13 * row:.1f} Td ({_escaped(line)}) Tj ET"
        for row, line in enumerate([NOTICE, *lines])
    ]
    found = bars(tracking_number)
    module = _module(found, (WIDTH_MM - 2 * MARGIN_MM) * scale)
    bottom = (HEIGHT_MM - BAR_TOP_MM - BAR_HEIGHT_MM) * scale
    left, tall = MARGIN_MM * scale, BAR_HEIGHT_MM * scale
    drawing += [
        f"{left + start * module:.2f} {bottom:.1f} {width * module:.2f} {tall:.1f} re f" for start, width in found
    ]
    drawing.append(f"BT /F1 16 Tf 17 {bottom - 22:.1f} Td ({_escaped(tracking_number)}) Tj ET")
    stream = "\n".join(drawing).encode("latin-1", "replace")
    page = f"[0 0 {WIDTH_MM * scale:.1f} {height:.1f}]".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>" % page,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    return _pdf_file(objects)


def _pdf_file(objects: Sequence[bytes]) -> bytes:
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _zpl(tracking_number: str, lines: Sequence[str]) -> bytes:
    """Source: Zebra ZPL II programming guide: ^FO, ^A0, ^B3 (Code 39), ^FD, ^FS."""
    texts = [
        f"^FO48,{48 + 40 * row}^A0N,30,30^FD{line.translate(_NO_COMMANDS)}^FS"
        for row, line in enumerate([NOTICE, *lines])
    ]
    code = f"^FO48,{BAR_TOP_MM * DOTS_PER_MM}^BY2^B3N,N,{BAR_HEIGHT_MM * DOTS_PER_MM},Y,N^FD{tracking_number}^FS"
    size = f"^PW{WIDTH_MM * DOTS_PER_MM}^LL{HEIGHT_MM * DOTS_PER_MM}^CI28"
    return "\n".join(["^XA", size, *texts, code, "^XZ"]).encode()


# A caret or tilde in an address would be a command of the printer.
_NO_COMMANDS = str.maketrans("^~", "  ")


def _png(tracking_number: str, lines: Sequence[str]) -> bytes:
    """Bars only. Source: W3C PNG (third edition), sections 5 and 11: greyscale of one bit a pixel."""
    width, height = WIDTH_MM * DOTS_PER_MM, HEIGHT_MM * DOTS_PER_MM
    found = bars(tracking_number)
    module = int(_module(found, width - 2 * MARGIN_MM * DOTS_PER_MM))
    row = [1] * width
    for start, bar in found:
        left = MARGIN_MM * DOTS_PER_MM + start * module
        row[left : left + bar * module] = [0] * (bar * module)
    blank, barred = (b"\0" + _packed(each) for each in ([1] * width, row))
    top, tall = BAR_TOP_MM * DOTS_PER_MM, BAR_HEIGHT_MM * DOTS_PER_MM
    pixels = blank * top + barred * tall + blank * (height - top - tall)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _packed(row: Sequence[int]) -> bytes:
    return int("".join(map(str, row)), 2).to_bytes(len(row) // 8, "big")


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


KINDS: Mapping[str, tuple[Callable[[str, Sequence[str]], bytes], str]] = {
    "pdf": (_pdf, "application/pdf"),
    "zpl": (_zpl, "application/zpl"),
    "png": (_png, "image/png"),
}
