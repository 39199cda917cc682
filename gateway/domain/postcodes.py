"""Areas of postcodes, and which of many thousands covers a postcode most closely."""

from __future__ import annotations

import csv
import math
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Generic, TypeVar

from gateway.domain.errors import InvalidValue
from gateway.domain.values import Address

T = TypeVar("T")

_RANGE = re.compile(r"(\d+)\s*-\s*(\d+)", re.ASCII)
_EVEN_RANGE = re.compile(r"([0-9]{3,})-([0-9]{3,})")
"""Where both sides have as many digits: no country parts its postcodes so."""

_POSTCODE = re.compile(r"[A-Z0-9]{1,10}")
_SHORTENED = re.compile(r"[A-Z][A-Z0-9]{2}")
"""What wallets leave of a postcode of the United Kingdom or Canada before the buyer has agreed to pay: no country has a
whole postcode of three characters of which the first is a letter. Source: Apple, Apple Pay on the Web,
ApplePayPaymentContact; UPU, Postal addressing systems.
"""
LAST = "\uffff"
"""After every letter of a postcode."""

_WITHOUT = re.compile(
    "AE|AG|AO|AW|BF|BI|BJ|BO|BS|BW|BZ|CD|CF|CG|CI|CM|DJ|DM|ER|FJ|GD|GM|GQ|GY|HK|JM|KI|KM|KP|ML|MO|MR|MW|NR|QA|RW|"
    "SB|SC|SL|SR|ST|SY|TD|TG|TL|TO|TV|UG|VU|YE|ZW"
)
"""Countries. Source: UPU, Postal addressing systems, country sheets."""
LONGEST = 10
"""Digits or letters of the longest postcode."""


@cache
def postcode_digits() -> dict[str, int]:
    """How many digits a postcode has at least, of countries whose postcodes are digits: spreadsheets drop zeros.

    Source: UPU, Postal addressing systems, country sheets.
    """
    text = files("gateway.domain").joinpath("postcode_digits.csv").read_text("utf-8")
    return {row["country"]: int(row["digits"]) for row in csv.DictReader(text.splitlines())}


def has_postcodes(country: str) -> bool:
    """Whether addresses there have one."""
    return _WITHOUT.fullmatch(country) is None


def normalised(postcode: str) -> str:
    """A postcode without spaces and hyphens, in capitals: "sw1a 1aa" -> "SW1A1AA"."""
    return re.sub(r"[\s-]", "", postcode).upper()


def is_beginning(text: str) -> bool:
    """Whether a text is a postcode or how one begins, and no area as zones have them: a range, or with a star."""
    bare, span = normalised(text), _EVEN_RANGE.fullmatch(re.sub(r"\s", "", text))
    return bool(_POSTCODE.fullmatch(bare)) and (span is None or len(span[1]) != len(span[2]))


def begins(postcode: str, beginnings: Sequence[str]) -> bool:
    """Whether a normalised postcode has one of these beginnings; one that a wallet has shortened has those that go on
    from it, for where it goes on nobody knows.
    """
    return postcode.startswith(tuple(beginnings)) or shortened_to(postcode, beginnings)


def shortened_to(postcode: str, wholes: Iterable[str]) -> bool:
    """Whether a wallet may have shortened one of these to this."""
    return bool(_SHORTENED.fullmatch(postcode)) and any(each.startswith(postcode) for each in wholes)


def beginnings(country: str, area: str) -> tuple[str, str]:
    """The first and the last text, in the order of texts, that a postcode of an area can be: `01*` is all that begins
    with 01.
    """
    span = _span(country, area)
    first, last = span or (normalised(area.removesuffix("*")),) * 2
    return first.ljust(LONGEST, "0"), last + LAST


@dataclass(frozen=True, slots=True)
class _Range(Generic[T]):
    """Postcodes that begin with digits from `first` to `last`; `line` is where it was written."""

    first: int
    last: int
    value: T
    line: int


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """A value, and the area that it was found by, as it is written: `01*`, `0250-0299`, `0350`."""

    value: T
    area: str


class PostcodeIndex(Generic[T]):
    """Values by area; what covers the fewest postcodes counts, and a postcode named as such most of all.

    `rows` is what the places are called where areas were written, for messages.
    """

    def __init__(self, rows: str = "line") -> None:
        self._rows = rows
        self._exact: dict[str, T] = {}
        self._prefixes: dict[str, T] = {}
        self._ranges: dict[tuple[str, int], list[_Range[T]]] = defaultdict(list)
        self._segments: dict[tuple[str, int], tuple[list[int], list[_Range[T] | None]]] = {}
        self._longest: dict[str, int] = {}

    def add(self, country: str, postcodes: str, value: T, line: int) -> None:
        """Put a value on areas such as `01*|0250-0299|0350`; `*` is the whole country.

        Raises:
            InvalidValue: no such area, or one that has another value already.
        """
        for area in map(str.strip, postcodes.split("|")):
            if span := _span(country, area):
                first, last = span
                if len(first) == len(last) and first > last:
                    raise InvalidValue(f"{area!r} runs backwards: it is {last}-{first}")
                if len(first) != len(last) or len(first) > LONGEST:
                    raise InvalidValue(f"{area!r} is not a range of postcodes such as 0150-0199")
                self._ranges[country, len(first)].append(_Range(int(first), int(last), value, line))
                self._longest[country] = max(self._longest.get(country, 0), len(first))
            else:
                self._add(country, area, value)

    def _add(self, country: str, area: str, value: T) -> None:
        table = self._prefixes if area.endswith("*") else self._exact
        bare = normalised(area.removesuffix("*"))
        if not _POSTCODE.fullmatch(bare) and area != "*":
            raise InvalidValue(f"{area!r} is no postcode, no range such as 0150-0199 and no beginning such as 01*")
        digits = postcode_digits().get(country, 0)
        if table is self._exact and bare.isdecimal() and len(bare) < digits:
            raise InvalidValue(f"{area!r} has fewer digits than the {digits} of {country}: was a leading zero dropped?")
        if table.setdefault(country + bare, value) != value:
            raise InvalidValue(f"{area} of {country} belongs to {table[country + bare]} already")

    def settle(self, complain: Callable[[int, str], None]) -> None:
        """Once all areas are there; tells line and fault of each range that overlaps another and is not inside it."""
        for key, ranges in self._ranges.items():
            found = list(_segments(ranges, self._rows, complain))
            self._segments[key] = ([start for start, _ in found], [inside for _, inside in found])
        self._ranges.clear()

    def areas(self) -> Iterator[tuple[str, str, T]]:
        """Country, area as it is written, and value of each, once they are settled."""
        for table, star in ((self._exact, ""), (self._prefixes, "*")):
            yield from ((key[:2], f"{key[2:]}{star}", value) for key, value in table.items())
        for (country, length), (_, found) in self._segments.items():
            for each in dict.fromkeys(filter(None, found)):
                yield country, f"{each.first:0{length}}-{each.last:0{length}}", each.value

    def find(self, place: Address) -> T | None:
        """The value of the closest area around an address; None where none covers it."""
        hit = self.closest(place.country, normalised(place.postal_code))
        return None if hit is None else hit.value

    def closest(self, country: str, postcode: str) -> Hit[T] | None:
        """The closest area around a normalised postcode. Of a shortened one, every completion must lie in it."""
        for name in _names(country, postcode):
            if (exact := self._exact.get(country + name)) is not None:
                return Hit(exact, name)
        around = [*self._in_ranges(country, postcode), *self._by_beginning(country, postcode)]
        return min(around, key=lambda each: each[0])[1] if around else None

    def touched(self, country: str, beginning: str) -> Hit[T] | None:
        """The value that postcodes with this beginning may have, where all areas inside it agree on one."""
        start = country + beginning
        found = {
            key: value
            for table in (self._exact, self._prefixes)
            for key, value in table.items()
            if key.startswith(start)
        }
        values = set(found.values())
        return Hit(values.pop(), f"{beginning}...") if len(values) == 1 else None

    def _in_ranges(self, country: str, postcode: str) -> Iterator[tuple[float, Hit[T]]]:
        """How many postcodes of this length each range around it has, and its value."""
        if not (postcode.isascii() and postcode.isdecimal()):
            lengths = range(1, len(postcode) + 1)
        else:
            lengths = range(1, max(len(postcode), self._longest.get(country, 0)) + 1)
        for length in lengths:
            starts, found = self._segments.get((country, length), (None, None))
            beginning = postcode[:length]
            if starts and found and beginning.isascii() and beginning.isdecimal():
                at = bisect_right(starts, int(beginning.ljust(length, "0"))) - 1
                inside = found[at] if at >= 0 else None
                if inside and int(beginning.ljust(length, "9")) <= inside.last:
                    size = (inside.last - inside.first + 1) * 10.0 ** (len(postcode) - length)
                    yield size, Hit(inside.value, f"{inside.first:0{length}}-{inside.last:0{length}}")

    def _by_beginning(self, country: str, postcode: str) -> Iterator[tuple[float, Hit[T]]]:
        """The same of the longest beginning; the whole country has more than any part of it."""
        for length in range(len(postcode), -1, -1):
            if (found := self._prefixes.get(country + postcode[:length])) is not None:
                size = 10.0 ** (len(postcode) - length) if length else math.inf
                yield size, Hit(found, f"{postcode[:length]}*")
                return


def _span(country: str, area: str) -> tuple[str, str] | None:
    """Both ends of a range; None where it is none. Postcodes may be parted as people write them: 00-950, 110 00."""
    digits, bare, span = postcode_digits().get(country, 0), normalised(area), _RANGE.fullmatch(area)
    if digits and bare.isdecimal() and len(bare) == 2 * digits:
        return bare[:digits], bare[digits:]
    if span and digits == len(bare) and len(span[1]) != len(span[2]):
        return None
    return (span[1], span[2]) if span else None


def _names(country: str, postcode: str) -> Iterator[str]:
    """A postcode, and the part of it that is a postcode of its own: US ZIP without +4, GB outward code.

    Source: UPU, Postal addressing systems, country sheets USA and GBR.
    """
    if postcode:
        yield postcode
    if country == "US" and len(postcode) > 5:
        yield postcode[:5]
    if country == "GB" and len(postcode) >= 5:
        yield postcode[:-3]


def _segments(
    ranges: list[_Range[T]], rows: str, complain: Callable[[int, str], None]
) -> Iterator[tuple[int, _Range[T] | None]]:
    """Where the innermost range changes: (from here on, in which)."""
    around: list[_Range[T]] = []

    def leave(before: float) -> Iterator[tuple[int, _Range[T] | None]]:
        while around and around[-1].last < before:
            ended = around.pop()
            yield ended.last + 1, around[-1] if around else None

    for each in sorted(ranges, key=lambda span: (span.first, -span.last)):
        yield from leave(each.first)
        outer = around[-1] if around else None
        same = outer and (outer.first, outer.last) == (each.first, each.last)
        if outer and (each.last > outer.last or (same and each.value != outer.value)):
            complain(each.line, f"{each.first}-{each.last} overlaps {outer.first}-{outer.last} of {rows} {outer.line}")
            continue
        around.append(each)
        yield each.first, each
    yield from leave(math.inf)
