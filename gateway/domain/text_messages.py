"""How long a text message is: GSM-7 where its characters allow, else UCS-2.

Source: 3GPP TS 23.038, section 6.2.1 (default alphabet and its extension table); a single message holds 140 bytes,
so 160 septets or 70 UTF-16 units, each of several 153 or 67 (TS 23.040, section 9.2.3.24.1).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
"""An escape goes before these: they count twice."""
_PLAIN = {"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "\u202f": " ", "\u00a0": " "}
_NO_ACCENT = {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "œ": "oe", "Œ": "OE", "ı": "i"}


@dataclass(frozen=True, slots=True)
class Measure:
    """`units` of an `encoding`, of which one message holds `most`, in so many `segments`."""

    encoding: str
    units: int
    most: int
    segments: int


def measured(text: str) -> Measure:
    """How a text is sent."""
    if all(character in BASIC or character in EXTENDED for character in text):
        return _measure("GSM-7", len(text) + sum(character in EXTENDED for character in text), 160, 153)
    return _measure("UCS-2", len(text.encode("utf-16-be")) // 2, 70, 67)


def _measure(encoding: str, units: int, one: int, several: int) -> Measure:
    return Measure(encoding, units, one, 1 if units <= one else -(-units // several))


def simplified(text: str) -> str:
    """The text in GSM-7 as far as accents and typography stand in the way; other letters stay as they are."""
    return "".join(_simple(character) for character in text)


def _simple(character: str) -> str:
    if character in BASIC or character in EXTENDED:
        return character
    plain = _PLAIN.get(character) or _NO_ACCENT.get(character)
    if plain is not None:
        return plain
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base in BASIC else character


STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "STOPP", "BAJA"})
"""Source: Twilio, "Support for opt-out keywords (SMS STOP filtering)"; and two that our own texts' readers will try."""
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
"""Source: the same."""
