"""Pictures as drivers' phones take them, and worse ones."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image


def photo(size: tuple[int, int] = (400, 300), colour: str = "green", form: str = "JPEG", **more: object) -> bytes:
    """A picture of one colour."""
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, form, **more)
    return out.getvalue()


def telling_photo() -> bytes:
    """A JPEG of a phone held upright, with the position of the door, a comment, and a script behind its end."""
    image = Image.new("RGB", (400, 300), "green")
    exif = image.getexif()
    exif[0x0112] = 6  # turn it by 90 degrees
    exif[0x010F] = "CanaryPhone"
    exif.get_ifd(0x8825)[2] = (59.0, 55.0, 30.0)
    out = BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"canary comment")
    return out.getvalue() + b"<script>canary()</script>"


def moving(form: str) -> bytes:
    """Three frames."""
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    out = BytesIO()
    frames[0].save(out, form, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def bomb(side: int = 60_000) -> bytes:
    """A PNG of a few bytes that says it has 3.6 thousand million pixels."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
