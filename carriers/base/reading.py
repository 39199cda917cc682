"""Payloads of carriers, read with suspicion.

Strict where it matters (ids, money, statuses): a needed member that is missing or of another shape raises
BadCarrierResponse with its path. Lenient in optional members: one that is missing, null or of a wrong type is
simply not there, so that it never loses a booking.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NoReturn, Self

from carriers.base.errors import BadCarrierResponse
from carriers.base.scalars import FIRST_YEAR, LAST_YEAR, MAX_DIGITS, any_moment, exact, moment, whole

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 100
MAX_TEXT = 500
# Signed links of object stores are long: those of Amazon S3 with a session token exceed 1,000 characters.
MAX_LINK = 2048

# C0 and C1 controls, lone surrogates, the byte order mark and bidirectional controls: they forge log lines
# and make text read as something else. Source: Unicode UAX #9, section 2 (bidirectional controls).
_SPACES = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """Text from outside, fit to be stored, logged and shown: one line, no controls, cut at `limit`."""
    if not (text.isascii() and text.isprintable()):
        text = _CONTROLS.sub("", _SPACES.sub(" ", text))
    return text.strip()[:limit]


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a payload and where it stands. Null counts as absent everywhere."""

    value: object = field(repr=False)
    path: str = "$"

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Strict JSON: UTF-8 (a byte order mark is tolerated), numbers exact, no duplicate members, no NaN.

        Source: RFC 8259, with the stricter readings of RFC 7493 (I-JSON).

        Raises:
            BadCarrierResponse: anything else, or a bigger body, deeper nesting or longer numbers than is
            honest.
        """
        if len(body) > MAX_BYTES:
            raise BadCarrierResponse(f"a body of {len(body)} bytes is too big to read")
        value, fault = _decoded(body)
        if fault:
            raise BadCarrierResponse(fault)
        if body.count(b"{") + body.count(b"[") > MAX_DEPTH:  # else it cannot be too deep
            _check_depth(value)
        return cls(value)

    @property
    def raw(self) -> object:
        """The bare value, numbers as int or Decimal."""
        return self.value

    def has(self, key: str) -> bool:
        """Whether this is an object with that member."""
        return self._member(key) is not None

    def maybe(self, key: str) -> Self | None:
        """A member, or None."""
        value = self._member(key)
        return None if value is None else type(self)(value, f"{self.path}.{key}")

    def part(self, key: str) -> Self:
        """A member that is an object, or an empty one: for parts in which nothing is needed."""
        value = self._member(key)
        return type(self)(value if isinstance(value, Mapping) else {}, f"{self.path}.{key}")

    def get(self, key: str) -> Self:
        """A member that must be there."""
        found = self.maybe(key)
        if found is None:
            self._bad(f"an object with member {key!r}")
        return found

    def __getitem__(self, index: int) -> Self:
        items = self.items()
        if not -len(items) <= index < len(items):
            self._bad(f"an array with an element {index}")
        return items[index]

    def items(self) -> list[Self]:
        """The elements of this array."""
        if not isinstance(self.value, list):
            self._bad("an array")
        return [type(self)(value, f"{self.path}[{index}]") for index, value in enumerate(self.value)]

    def objects(self, key: str) -> list[Self]:
        """The objects of an array; [] where there is no array. Anything else in its place is an error."""
        array = self.maybe(key)
        found = array.items() if array else []
        for element in found:
            if not isinstance(element.value, Mapping):
                element._bad("an object")
        return found

    def maybe_objects(self, key: str) -> list[Self]:
        """The objects of an array; whatever else is there is left out."""
        array = self.maybe(key)
        if array is None or not isinstance(array.value, list):
            return []
        return [element for element in array.items() if isinstance(element.value, Mapping)]

    def text(self, key: str, limit: int = MAX_TEXT) -> str:
        """A text that must be there and say something. Too long is an error: half an id is another id."""
        member = self.get(key)
        if not isinstance(member.value, str):
            member._bad("a text")
        if len(member.value) > limit:
            member._bad(f"a text of at most {limit} characters")
        return clean(member.value, limit) or member._bad("a text that is not empty")

    def maybe_text(self, key: str, default: str = "", limit: int = MAX_TEXT) -> str:
        """A cleaned text, cut at `limit`; `default` where there is none."""
        value = self._member(key)
        return clean(value, limit) if isinstance(value, str) else default

    def maybe_link(self, key: str) -> str:
        """A web address; "" where there is none, or one that is too long: half a signed link leads nowhere."""
        link = self.maybe_text(key, limit=MAX_LINK + 1)
        return link if len(link) <= MAX_LINK and link.startswith(("https://", "http://")) else ""

    def base64(self, key: str) -> bytes:
        """A document inside the payload: base64, with or without a data: URL in front (RFC 2397)."""
        member = self.get(key)
        if not isinstance(member.value, str):
            member._bad("a base64 text")
        text = member.value
        if text.startswith("data:"):
            text = text.partition(",")[2]
        try:
            return b64decode("".join(text.split()), validate=True) or member._bad("a document that is not empty")
        except ValueError:
            member._bad("a base64 text")

    def integer(self, key: str) -> int:
        """A whole number of at most 64 bits; 899 and 899.0 are the same."""
        member = self.get(key)
        found = whole(member.value)
        return member._bad("a whole number") if found is None else found

    def maybe_integer(self, key: str) -> int | None:
        """A whole number, or None."""
        return whole(self._member(key))

    def decimal(self, key: str) -> Decimal:
        """An exact number: a JSON number, or a text that is one."""
        member = self.get(key)
        found = exact(member.value)
        return member._bad("a number") if found is None else found

    def maybe_decimal(self, key: str) -> Decimal | None:
        """An exact number, or None."""
        return exact(self._member(key))

    def number(self, key: str) -> float:
        """A measure such as a coordinate; never money."""
        return float(self.decimal(key))

    def maybe_number(self, key: str) -> float | None:
        """A measure, or None."""
        found = self.maybe_decimal(key)
        return None if found is None else float(found)

    def boolean(self, key: str, default: bool) -> bool:
        """A yes or no; `default` where there is none."""
        value = self._member(key)
        return value if isinstance(value, bool) else default

    def time(self, key: str) -> datetime:
        """A moment with its offset: RFC 3339, or ISO 8601 with `+0100`."""
        member = self.get(key)
        found = moment(member.value)
        return found or member._bad(f"a time with a UTC offset, of the years {FIRST_YEAR} to {LAST_YEAR}")

    def happened(self, key: str) -> datetime:
        """When a scan was made, as `time` but of any year: a scan of an impossible time is a scan all the same, and
        what is made of its time is `gateway.domain.honest_time`'s to say.
        """
        return self.maybe_happened(key) or self.get(key)._bad("a time with a UTC offset")

    def maybe_happened(self, key: str) -> datetime | None:
        """As `happened`, or None."""
        return any_moment(self._member(key))

    def maybe_time(self, key: str) -> datetime | None:
        """A moment with its offset, or None."""
        return moment(self._member(key))

    def _member(self, key: str) -> object:
        value = self.value  # nearly always what the decoder makes; asking an abstract class costs ten times as much
        return value.get(key) if type(value) is dict or isinstance(value, Mapping) else None

    def _bad(self, wanted: str) -> NoReturn:
        raise BadCarrierResponse(f"{self.path} is not {wanted}")


def _unique(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a member appears twice")
    return found


def _number(text: str) -> Decimal:
    found = exact(text)
    if found is None:
        raise ValueError("a number is out of all proportion")
    return found


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("a number is out of all proportion")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_number, parse_int=_whole, parse_constant=_constant)


def _decoded(body: bytes) -> tuple[object, str]:
    """The value, or what is wrong. Errors of the decoder hold the whole body, so none is kept as a context."""
    try:
        return _DECODER.decode(body.decode("utf-8-sig")), ""
    except RecursionError:
        return None, "the body is nested too deep"
    except ValueError as error:
        return None, f"the body is not JSON: {_fault(error)}"


def _fault(error: ValueError) -> str:
    """What is wrong, without quoting the payload: it may hold personal data."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos}"
    return "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return
    if any(isinstance(node, dict | list) for node in level):
        raise BadCarrierResponse("the body is nested too deep")
