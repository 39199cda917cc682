"""ZPL II: our own labels written, pictures as graphic fields.

Whatever a merchant or recipient wrote goes in with ^FH: every byte that is not a harmless ASCII letter as two hex
digits, so that no `^` or `~` in a name is a command. ^CI28 makes the bytes UTF-8.
Source: Zebra ZPL II programming guide, ^FH, ^CI, ^BC, ^BQ, ^GF.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.engines.labels.layout import HEIGHT, MARGIN, WIDTH, Bars, Dots, Element, Qr, Rule, Sheet, Text
from gateway.engines.labels.words import Picture

HARMLESS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,/-()'+:;#&")
QR_QUIET = 4


def written(sheets: Sequence[Sheet]) -> bytes:
    """Sheets as labels, one after the other."""
    return b"".join(_label(WIDTH, HEIGHT, [_field(element) for element in sheet]) for sheet in sheets)


def pictured(pictures: Sequence[Picture]) -> bytes:
    """Whole labels as pictures."""
    return b"".join(_label(each.width, each.height, [_graphic(0, 0, each)]) for each in pictures)


def _label(width: int, height: int, fields: Iterable[str]) -> bytes:
    head = f"^XA\n^CI28\n^PW{width}\n^LL{height}\n^LH0,0\n"
    return "".join((head, *(f"{field}\n" for field in fields), "^XZ\n")).encode("ascii")


def _field(element: Element) -> str:
    match element:
        case Text(x, y, size, text):
            return f"^FO{x},{y}^A0N,{size}^FH^FD{_data(text)}^FS"
        case Dots(x, y, picture):
            return _graphic(x, y, picture)
        case Rule(y):
            return f"^FO{MARGIN},{y}^GB{WIDTH - 2 * MARGIN},2,2^FS"
        case Bars(x, y, height, module, data):
            return f"^FO{x},{y}^BY{module}^BCN,{height},N,N,N,A^FH^FD{_data(data)}^FS"
        case Qr(x, y, size, data):
            return f"^FO{x},{y}^BQN,2,{_magnification(size, data)}^FH^FDMA,{_data(data)}^FS"


def _graphic(x: int, y: int, picture: Picture) -> str:
    stride = len(picture.dots) // picture.height
    return f"^FO{x},{y}^GFA,{len(picture.dots)},{len(picture.dots)},{stride},{picture.dots.hex().upper()}^FS"


def _data(text: str) -> str:
    return "".join(chr(byte) if byte in HARMLESS else f"_{byte:02X}" for byte in text.encode())


# Bytes that a QR code of level M holds, by version; version v has 17 + 4v modules a side.
# Source: ISO/IEC 18004:2015, table 7.
QR_BYTES = (14, 26, 42, 62, 84, 106, 122, 152, 180, 213)


def _magnification(size: int, data: str) -> int:
    """Dots of a module, 1 to 10, so that the code is at most so wide."""
    length = len(data.encode())
    version = next((n for n, holds in enumerate(QR_BYTES, start=1) if length <= holds), len(QR_BYTES))
    return max(1, min(10, size // (17 + 4 * version)))
