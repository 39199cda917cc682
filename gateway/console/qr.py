"""A QR code as one path of an SVG, from the encoder that our labels use."""

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
