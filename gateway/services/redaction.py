"""Bodies and headers as people may see them in the request log: their shape, and of their texts only words of machines.

What may be told is listed (`shown_members.toml`); names, streets, phones, keys and whatever a carrier invents tomorrow
are hidden because they are not. A text that was hidden in a request is struck from what its answer says, too.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl

import orjson

LARGEST_READ = 64 * 1024
"""Bytes of a body that is read at all."""
LARGEST_KEPT = 4 * 1024
"""Letters of what is kept of one."""
MOST_ITEMS = 40
"""Of a list; of the others only their number is told."""
SHORTEST_STRUCK = 3
OWN_ID = re.compile(r"[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}")
CLOCK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d[0-9:.]*(Z|[+-]\d\d:?\d\d)?")
LONG_NUMBER = 10**6
SOMEBODYS = re.compile(r"^pin|pin$|pincode|zip|post|phone|mobile|^tel|birth|door|otp")
"""Names of numbers that are somebody's, however short."""
ELEMENT = re.compile(rb"<([\w.:-]+)((?:\s[^<>]*)?)>([^<>]*)(?=<)")
MACHINE = re.compile(r"[\w.:/+-]{1,60}", re.ASCII)
OPAQUE = ("secrets", "metadata")
"""Members that are hidden all through: what they call their own is no word of ours."""
ISO, CODE = ("country", "currency"), re.compile("[A-Za-z]{2,3}")
"""Source: ISO 3166-1, codes of two and three letters; ISO 4217, of three."""
NAME = re.compile(r"[A-Za-z_@#$:.-][\w@#$:.-]{0,60}")
LETTERS = re.compile(r"[^a-z]")
PLAIN = re.compile(r"[\w.:~$-]*")
WORD = re.compile(r"[^\s,;:.()\"'/]+")
SHOWN_HEADERS = frozenset(
    ("content-type", "content-length", "content-language", "accept", "retry-after", "date", "server", "idempotency-key")
)


class Redactor:
    """For one exchange: what it hides in the request, it strikes from the answer."""

    def __init__(self) -> None:
        self._hidden: set[str] = set()

    def request(self, body: bytes) -> str:
        """A request's body."""
        return self._told(body, faults=False)

    def answer(self, body: bytes, status: int) -> str:
        """An answer's body; of one that refuses, what it says is wrong too."""
        return self._told(body, faults=status >= 400)

    def path(self, url: str) -> str:
        """Where a request went, without what was hidden in it or is no plain word."""
        scheme, slashes, rest = url.partition("//")
        return (
            scheme
            + slashes
            + "/".join(self._struck(part) if PLAIN.fullmatch(part) else "…" for part in rest.split("/"))
        )

    def _told(self, body: bytes, *, faults: bool) -> str:
        if not body:
            return ""
        if len(body) > LARGEST_READ:
            return f"({len(body)} bytes, too long to be read here)"
        read = _read(body)
        if read is None:
            return f"({len(body)} bytes that are no JSON, XML or form)"
        told = _written(self._shape(read, "", faults=faults))
        return told if len(told) <= LARGEST_KEPT else f"{told[:LARGEST_KEPT]}\n… ({len(body)} bytes)"

    def _shape(self, value: Any, name: str, *, faults: bool) -> Any:
        if isinstance(value, dict):
            below = name if name in OPAQUE else ""
            return {_key(each): self._shape(inner, below or each, faults=faults) for each, inner in value.items()}
        if isinstance(value, list):
            shown = [self._shape(inner, name, faults=faults) for inner in value[:MOST_ITEMS]]
            return shown if len(value) <= MOST_ITEMS else [*shown, f"(and {len(value) - MOST_ITEMS} more)"]
        plain = _plain(name)
        if isinstance(value, str):
            return self._text(value, plain, faults=faults)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        hidden = number and (abs(value) >= LONG_NUMBER or SOMEBODYS.search(plain) or name in OPAQUE)
        return "(number)" if hidden else value

    def _text(self, text: str, name: str, *, faults: bool) -> str:
        if not text or OWN_ID.fullmatch(text) or (CLOCK.fullmatch(text) and "birth" not in name):
            return text
        code = name in _listed()["words"] and (CODE if name.startswith(ISO) else MACHINE).fullmatch(text)
        if code or (faults and name in _listed()["faults"]):
            return self._struck(text)
        self._hidden.update(word.casefold() for word in WORD.findall(text) if len(word) >= SHORTEST_STRUCK)
        return f"({len(text)} characters)" if len(text) > 1 else "(1 character)"

    def _struck(self, text: str) -> str:
        return WORD.sub(lambda word: "…" if word[0].casefold() in self._hidden else word[0], text)[:500]


def headers(given: Mapping[str, str]) -> dict[str, str]:
    """Names of all, values of those that tell nothing about anybody."""
    return {name: text[:200] if name.lower() in SHOWN_HEADERS else "(hidden)" for name, text in given.items()}


def _written(shape: Any) -> str:
    """Indented JSON. Where a text is none in Unicode (half a pair), it is escaped, so that any database takes it."""
    try:
        return orjson.dumps(shape, option=orjson.OPT_INDENT_2).decode()
    except TypeError:
        return json.dumps(shape, indent=2)


@lru_cache(maxsize=1024)
def _key(name: str) -> str:
    """A member's name; one that is no plain name may be somebody's data."""
    return name if NAME.fullmatch(name) else "(name)"


@lru_cache(maxsize=1024)
def _plain(name: str) -> str:
    return LETTERS.sub("", name.casefold())


def _read(body: bytes) -> Any:
    """JSON, XML or a form as mappings and lists; None for anything else."""
    begin = body.lstrip()[:1]
    try:
        if begin in (b"{", b"["):
            return json.loads(body)
        if begin == b"<":
            return list(_elements(body))
        text = body.decode("ascii")
    except (ValueError, RecursionError):
        return None
    pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=False) if re.match(r"[\w.\[\]-]+=", text) else []
    return dict(pairs) or None


def _elements(body: bytes) -> Iterator[dict[str, str]]:
    """The elements of an XML text that hold text, in their order."""
    for name, _, text in ELEMENT.findall(body):
        if text.strip():
            yield {name.decode("utf-8", "replace").rpartition(":")[2]: text.strip().decode("utf-8", "replace")}


@cache
def _listed() -> Mapping[str, frozenset[str]]:
    told = tomllib.loads(files("gateway.services").joinpath("shown_members.toml").read_text("utf-8"))
    return {name: frozenset(words) for name, words in told.items()}
