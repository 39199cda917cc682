"""Words as printers can print them: Latin letters as text, everything else as a picture of its letters.

A thermal printer's own font, and the one that is embedded in PDFs, have Latin letters. A line with others is set here:
in the first configured font that has them all, else in several; FriBiDi orders and HarfBuzz joins its letters. What no
font has is written in Latin letters between angle quotes, ‹YAMADA›, or as its code point, ‹5C71›, so that it is seen.
"""

from __future__ import annotations

import glob
import logging
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from PIL import Image, ImageDraw, ImageFont, features
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

LATIN, LATIN_BOLD = "Vera", "VeraBd"
"""Bitstream Vera, which comes with reportlab; its licence allows embedding."""

log = logging.getLogger("gateway.labels")
BASELINE = 0.8
"""Of a line of text, in parts of its size from its top; in a picture, which has room for marks above, a bit lower."""

PICTURE_BASELINE = 0.9

PROBE = 20
"""The size at which it is found out what a font has."""

OPENS, CLOSES = "‹›"
"""Around what no font has; Vera has both."""

_SPELT = re.compile(r"(?:HANGUL SYLLABLE|(?:KATAKANA|HIRAGANA|CYRILLIC|GREEK).* LETTER(?: SMALL)?) (\w+)")
_RIGHT_TO_LEFT = ("R", "AL", "AN")


@dataclass(frozen=True, slots=True)
class Picture:
    """Black dots on white: rows of bytes, the leftmost dot the highest bit, 1 is black."""

    width: int
    height: int
    dots: bytes


class Typesetter:
    """Measures and sets one line at a time. Sizes are in dots."""

    def __init__(self, patterns: Sequence[str]) -> None:
        latin, bold = (TTFont(name, f"{name}.ttf") for name in (LATIN, LATIN_BOLD))
        pdfmetrics.registerFont(latin)
        pdfmetrics.registerFont(bold)
        self._latin = latin.face.charToGlyph.keys() & bold.face.charToGlyph.keys()
        self._layout = ImageFont.Layout.RAQM if features.check("raqm") else ImageFont.Layout.BASIC
        self._font = lru_cache(512)(self._opened)
        found = dict.fromkeys(path for pattern in patterns for path in sorted(glob.glob(pattern, recursive=True)))
        self._files = [path for path in found if self._usable(path)]
        self._has = lru_cache(2**16)(self._looked)
        self._file_of = lru_cache(2**12)(self._found)

    def plain(self, text: str) -> bool:
        """Whether it can be text as it is."""
        return all(ord(letter) in self._latin for letter in text)

    def clean(self, text: str) -> str:
        """One line without what has no shape or would turn others round, and with no letter that no font has."""
        kept = "".join(" " if letter.isspace() else letter for letter in text if not _shapeless(letter))
        runs = groupby(unicodedata.normalize("NFC", kept), key=self.known)
        return " ".join("".join(_whole(known, run) for known, run in ((k, "".join(r)) for k, r in runs)).split())

    def known(self, letter: str) -> bool:
        """Whether some font has it, and it can be set in the right order."""
        if ord(letter) in self._latin:
            return True
        ordered = self._layout is ImageFont.Layout.RAQM or unicodedata.bidirectional(letter) not in _RIGHT_TO_LEFT
        return ordered and self._file_of(letter) is not None

    def width(self, text: str, size: int, *, bold: bool = False) -> int:
        """How wide a clean line is."""
        if self.plain(text):
            return round(pdfmetrics.stringWidth(text, LATIN_BOLD if bold else LATIN, size))
        return sum(round(self._font(file, size).getlength(run)) for file, run in self._runs(text))

    def wrapped(self, text: str, size: int, width: int) -> Iterator[str]:
        """A clean line as lines that are no wider."""
        line = ""
        for word in re.findall(r"\S+\s*", text):
            for part in [word] if self.width(word.rstrip(), size) <= width else list(word):
                if line and self.width((line + part).rstrip(), size) > width:
                    yield line.rstrip()
                    line = ""
                line += part
        if line.strip():
            yield line.rstrip()

    def picture(self, text: str, size: int) -> Picture:
        """A clean line as black dots."""
        runs = [(self._font(file, size), run) for file, run in self._runs(text)]
        widths = [max(round(font.getlength(run)), 1) for font, run in runs]
        canvas = Image.new("1", (sum(widths), size + size // 3), 1)
        left = 0
        for (font, run), wide in zip(runs, widths, strict=True):
            mask = Image.new("L", (wide, canvas.height), 255)
            ImageDraw.Draw(mask).text((0, round(size * PICTURE_BASELINE)), run, fill=0, font=font, anchor="ls")
            canvas.paste(mask.point(lambda shade: 255 if shade > 127 else 0, mode="1"), (left, 0))
            left += wide
        return packed(canvas)

    def _runs(self, text: str) -> list[tuple[str, str]]:
        """Files and what is set in each: one for the whole line where one has it all."""
        needed = [letter for letter in dict.fromkeys(text) if not letter.isspace()]
        for file in self._files:
            if all(self._has(file, letter) for letter in needed):
                return [(file, text)]
        named = [(self._file_of(letter) or LATIN, letter) for letter in text]
        return [(file, "".join(letter for _, letter in run)) for file, run in groupby(named, key=lambda each: each[0])]

    def _found(self, letter: str) -> str | None:
        return next((file for file in self._files if self._has(file, letter)), None)

    def _looked(self, file: str, letter: str) -> bool:
        """A letter that a font has not looks like one that no font may have (a noncharacter of Unicode)."""
        font = self._font(file, PROBE)
        return bytes(font.getmask(letter)) != bytes(font.getmask("\U0010ffff")) or letter.isspace()

    def _usable(self, file: str) -> bool:
        try:
            self._font(file, PROBE)
        except OSError as error:
            log.warning("the font %s cannot be used: %s", file, error)
            return False
        return True

    def _opened(self, file: str, size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(f"{file}.ttf" if file == LATIN else file, size, layout_engine=self._layout)


def packed(canvas: Image.Image) -> Picture:
    """A black and white image as dots."""
    inverted = bytes(byte ^ 0xFF for byte in canvas.tobytes())
    stride, spare = -(-canvas.width // 8), -canvas.width % 8
    rows = (inverted[at : at + stride] for at in range(0, len(inverted), stride))
    edge = 0xFF << spare & 0xFF
    return Picture(canvas.width, canvas.height, b"".join(row[:-1] + bytes([row[-1] & edge]) for row in rows))


def _shapeless(letter: str) -> bool:
    """Controls, marks that turn the reading direction, joiners, halves of letters and variation selectors."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs") or "\ufe00" <= letter <= "\ufe0f"


def _whole(known: bool, run: str) -> str:
    return run if known else f"{OPENS}{' '.join(''.join(map(_spelt, run)).split())}{CLOSES}"


def _spelt(letter: str) -> str:
    """In Latin letters, or its code point."""
    bare = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    if bare.strip():
        return bare
    name = unicodedata.name(letter, "")
    if spelt := _SPELT.fullmatch(name):
        return spelt[1]
    return f":{name.lower()}:" if unicodedata.category(letter) == "So" else f" {ord(letter):04X} "
