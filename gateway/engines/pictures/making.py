"""The process that makes one picture anew: bytes on standard input; a line of JSON and new bytes on standard output.

Nothing of the old bytes survives: no EXIF (so no position of somebody's door), no comments, no colour profile, nothing
behind the end of the picture. Pixels are turned upright first, and the longer edge gets 1600 pixels at most.
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError
from pypdfium2 import PdfDocument

MOST_PIXELS = 40_000_000
TOO_MANY_PIXELS = "it has more than 40 million pixels; send a smaller one"
LONG_EDGE = 1600
JPEG_QUALITY = 85
PAGE_DPI = 150
MEMORY_BYTES, CPU_S = 1 << 30, 10
TAKEN = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
"""What is decoded. Phones write JPEGs with further pictures behind the first (CIPA DC-007, MPO); the first counts."""

HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
"""Source: ISO/IEC 23008-12 (HEIF), annex B; AV1 Image File Format 1.1, section 6."""


class Refused(Exception):
    """No picture, or none that we take."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(why)
        self.reason = reason


def made_anew(content: bytes, kind: str, *, documents: bool) -> tuple[dict[str, object], bytes]:
    """What is told of the new picture, and its bytes: a photo as JPEG, a signature as PNG in shades of grey.

    Raises:
        Refused: with what to do instead.
    """
    _look(content, documents=documents)
    try:
        with warnings.catch_warnings():  # the limit is ours, and lower
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image, was = _opened(content)
        image.thumbnail((LONG_EDGE, LONG_EDGE))
        return _written(_flat(ImageOps.exif_transpose(image)), kind, was)
    except Refused:
        raise
    except Image.DecompressionBombError:
        raise Refused("too_many_pixels", TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        raise Refused("no_picture", "it is no picture; send JPEG, PNG or WebP") from None
    except Exception as error:  # noqa: BLE001  # decoders raise whatever broken bytes lead them to
        raise Refused("broken", f"it is cut off or broken ({type(error).__name__}); send it again") from None


def _look(content: bytes, *, documents: bool) -> None:
    """Refuse by name what people do send and what is never decoded here."""
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not content:
        raise Refused("empty", "there are no bytes in it")
    if content[4:8] == b"ftyp" and content[8:12] in HEIF_BRANDS:
        raise Refused("heic", "it is HEIC or AVIF; let the phone take 'most compatible' pictures, or send it as JPEG")
    if head.startswith(b"<"):
        raise Refused("svg", "SVG and other markup is not taken; send the drawing as PNG")
    if head.startswith(b"%pdf-") and not documents:
        raise Refused("document", "it is a PDF; send a picture: JPEG, PNG or WebP")


def _opened(content: bytes) -> tuple[Image.Image, str]:
    if content.startswith(b"%PDF-"):
        page = PdfDocument(content)[0]
        if page.get_width() * page.get_height() * (PAGE_DPI / 72) ** 2 > MOST_PIXELS:
            raise Refused("too_many_pixels", TOO_MANY_PIXELS)
        return page.render(scale=PAGE_DPI / 72).to_pil(), "application/pdf"
    image = Image.open(BytesIO(content), formats=("JPEG", "PNG", "WEBP", "GIF"))
    if image.width * image.height > MOST_PIXELS:
        raise Refused("too_many_pixels", TOO_MANY_PIXELS)
    media_type = TAKEN[image.format or ""]
    if media_type != "image/jpeg" and getattr(image, "n_frames", 1) > 1:
        raise Refused("animated", "it moves; send a single picture")
    return image, media_type


def _flat(image: Image.Image) -> Image.Image:
    """In colours, what is transparent on white."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    above = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", above.size, "white"), above).convert("RGB")


def _written(image: Image.Image, kind: str, was: str) -> tuple[dict[str, object], bytes]:
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    out = BytesIO()
    if kind == "photo":
        clean.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    else:
        clean.convert("L").save(out, "PNG", optimize=True)
    media_type = "image/jpeg" if kind == "photo" else "image/png"
    told = {"media_type": media_type, "width": clean.width, "height": clean.height, "was": was}
    return told, out.getvalue()


def main() -> None:
    """Limits first, then the one picture."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    kind, documents = sys.argv[1:]
    try:
        told, picture = made_anew(sys.stdin.buffer.read(), kind, documents=documents == "1")
    except Refused as refused:
        told, picture = {"reason": refused.reason, "why": str(refused)}, b""
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + picture)


if __name__ == "__main__":
    main()
