"""Text that fits Bring's fields."""

from __future__ import annotations

from textwrap import wrap
from unicodedata import combining, normalize

from carriers.base import Address

LINE = 35
EMAIL = 60


def cut(text: str, limit: int = LINE) -> str:
    """One line of at most `limit` characters; an accent is never torn from its letter.

    Source: Bring Booking API, request parameters ("maximum 35 character long").
    """
    line = normalize("NFC", " ".join(text.split()))
    end = limit
    while 0 < end < len(line) and combining(line[end]):
        end -= 1
    return line[:end].rstrip()


def address_lines(address: Address) -> tuple[str, str]:
    """Street and second line. A street of more than 35 characters goes on in the second line, so that no
    house number is cut off.
    """
    lines = [
        line
        for street in (address.street1, address.street2)
        for line in wrap(normalize("NFC", street), LINE, break_on_hyphens=False)
    ]
    return (lines[0] if lines else "", lines[1] if len(lines) > 1 else "")


def email(address: Address) -> str:
    """The e-mail address, or nothing where it is longer than Bring takes: half an address is somebody else's.

    Source: Bring Booking API, request parameter email ("maximum 60 character long").
    """
    return address.email if len(address.email) <= EMAIL else ""
