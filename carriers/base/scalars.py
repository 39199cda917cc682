"""Scalars of a payload: exact numbers and moments, or None for whatever is none."""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from decimal import Decimal, InvalidOperation

MAX_DIGITS = 40
# No moment that counts is older or later; some senders write year 1 for "no time".
FIRST_YEAR, LAST_YEAR = 1970, 2199

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
# A space before the offset, as in "2020-03-20 15:08:42 +0100", which fromisoformat does not take.
_SPACED_OFFSET = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")


def exact(value: object) -> Decimal | None:
    """A JSON number, or a text that is one."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    if isinstance(value, str) and not (len(value) <= MAX_DIGITS and _DECIMAL.fullmatch(value)):
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    # An exponent of a million would become a number of a million digits in the first addition.
    return found if found.is_finite() and abs(found.adjusted()) <= MAX_DIGITS else None


def whole(value: object) -> int | None:
    """A JSON number without a fraction, of at most 64 bits."""
    found = None if isinstance(value, str) else exact(value)
    if found is None or found != found.to_integral_value() or not -(2**63) <= found < 2**63:
        return None
    return int(found)


def any_moment(value: object) -> datetime | None:
    """A text as a moment of any year; None for anything else.

    One whose offset would lead out of the calendar is taken without it: nobody meant it.
    """
    if not isinstance(value, str) or len(value) > MAX_DIGITS:
        return None
    text = value.strip()
    try:
        found = datetime.fromisoformat(_SPACED_OFFSET.sub("", text) if " " in text else text)
    except ValueError:
        return None
    if found.tzinfo is None:
        return None
    return found if MINYEAR < found.year < MAXYEAR else found.replace(tzinfo=UTC)


def moment(value: object) -> datetime | None:
    """A text as a moment of the years that count."""
    found = any_moment(value)
    if found is None or FIRST_YEAR < found.year < LAST_YEAR:  # whatever the offset
        return found
    return found if FIRST_YEAR <= found.astimezone(UTC).year <= LAST_YEAR else None
