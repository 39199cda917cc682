"""Codes as one path of an SVG, from the encoders that our labels use."""

from __future__ import annotations

from typing import Any, NamedTuple


class Path(NamedTuple):
    """`d` of a path, one unit a module, and how many modules a side has."""

    d: str
    side: int


def svg_path(text: str) -> Path:
    """The dark modules of a QR code with medium error correction."""
    from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel  # slow to load, and seldom wanted

    code: Any = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    side = code.getModuleCount()
    dark = [(x, y) for y in range(side) for x in range(side) if code.isDark(y, x)]
    return Path("".join(f"M{x} {y}h1v1h-1z" for x, y in dark), side)


def bars(text: str) -> Path:
    """A Code 39, which every scanner reads and which has capitals and spaces; one unit high."""
    from reportlab.graphics.barcode.code39 import Standard39  # likewise

    code: Any = Standard39(text, checksum=0, stop=1)
    for step in (code.validate, code.encode, code.decompose):
        step()
    d, at = "", 0
    for element in code.decomposed:  # b, B: bars; s, S: spaces; capitals are wide; i: between letters
        width = 3 if element.isupper() else 1
        d += f"M{at} 0h{width}v1h-{width}z" if element in "bB" else ""
        at += width
    return Path(d, at)
