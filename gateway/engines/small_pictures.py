"""Pictures on recipients' pages: small enough, all together, for a page of 60 kB on a slow phone.

Both come out as we write them: no metadata, nothing behind the picture.
"""

from __future__ import annotations

from io import BytesIO

from PIL import Image, UnidentifiedImageError

from gateway.domain.errors import InvalidValue

TAKEN = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 4_000_000
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)  # the latter where warnings are errors
LOGO_BOX = (480, 144)
"""Twice the 240 x 72 CSS pixels in which it is shown: sharp on screens of double density."""

LOGO_BYTES = 10_000
PHOTO_BOX = (640, 480)
PHOTO_BYTES = 16_000


class PillowPictures:
    """Through Pillow."""

    def logo(self, content: bytes) -> bytes:
        """A PNG of at most 10 kB. Raises InvalidValue: it is no picture that we take."""
        try:
            with Image.open(BytesIO(content), formats=TAKEN) as image:
                pixels = image.width * image.height
                picture = image.convert("RGBA") if pixels <= MOST_PIXELS else None
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, *BOMBS) as error:
            raise InvalidValue(f"a logo is a {', '.join(TAKEN)} picture, and this cannot be read as one") from error
        if picture is None:
            raise InvalidValue(f"a logo has at most {MOST_PIXELS:,} pixels")
        picture.thumbnail(LOGO_BOX)
        return _small_logo(picture)

    def preview(self, photo: bytes) -> bytes:
        """A JPEG of at most 16 kB of a photo that we have made anew before."""
        with Image.open(BytesIO(photo)) as image:
            picture = image.convert("RGB")
        picture.thumbnail(PHOTO_BOX)
        while True:
            for quality in (75, 60, 45):
                drawn = _written(picture, "JPEG", quality=quality, optimize=True)
                if len(drawn) <= PHOTO_BYTES:
                    return drawn
            picture.thumbnail((picture.width * 3 // 4, picture.height * 3 // 4))


def _small_logo(picture: Image.Image) -> bytes:
    """In full colour where that is small, else with fewer colours, else smaller."""
    while True:
        for colours in (0, 256, 64, 16):
            paled = picture.quantize(colours, method=Image.Quantize.FASTOCTREE) if colours else picture
            drawn = _written(paled, "PNG", optimize=True)
            if len(drawn) <= LOGO_BYTES:
                return drawn
        picture = picture.resize((max(picture.width // 2, 1), max(picture.height // 2, 1)))


def _written(picture: Image.Image, form: str, **how: object) -> bytes:
    written = BytesIO()
    picture.save(written, form, **how)
    return written.getvalue()
