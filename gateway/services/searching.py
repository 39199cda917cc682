"""How a text that people type or paste is understood as a search for shipments: as it stands, as words of which a
shipment has each, as a beginning, and at last by those of its words that lead to any shipment at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from string import punctuation

from gateway.domain.records import ShipmentRecord
from gateway.services.ports import MANY, Page, Shipments, ShipmentSearch

SHORTEST_BEGINNING = 3
PHONE_TAIL = 7
"""The longest end of a phone number that shipments are found by."""
MOST_ASKED = 48
"""Readings of a text's words that are asked about: a pasted sentence costs no more."""
MOST_NEEDED = 10
"""Words that a shipment must have, the rarest of a text."""
OWNER = re.compile(r"['’]s$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of shipments, and the search that found them: the one asked, or a wider one where that found nothing.

    `heard`: the words that were looked for then, `unheard` those that no shipment has. `many`: even the rarest of them
    leads to so many that only the newest `MANY` were looked through.
    """

    page: Page[ShipmentRecord]
    search: ShipmentSearch
    heard: Sequence[str] = ()
    unheard: Sequence[str] = ()
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """Words of a text from one place to another, and what they may stand for."""

    first: int
    last: int
    readings: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What of a text leads to shipments and what does not. `words`: the first as they are looked for, rarest first: a
    town has thousands, most names have not. `as_said`: all of it, read as it stands.
    """

    heard: Sequence[str]
    unheard: Sequence[str]
    words: str
    as_said: bool
    many: bool


def find(shipments: Shipments, merchant_id: str, search: ShipmentSearch) -> Found:
    """Newest first, or those that have most of the words first. A text is understood alike on all pages, and however it
    is narrowed further.
    """
    narrowed = search.text and (search.status or search.narrowed)
    for way in _ways(shipments, merchant_id, search):
        if narrowed and not shipments.search(merchant_id, _bare(way.search)).items:
            continue
        page = shipments.search(merchant_id, way.search)
        if page.items or narrowed:
            return replace(way, page=page)
    return _way(search)


def _bare(search: ShipmentSearch) -> ShipmentSearch:
    return ShipmentSearch(mode=search.mode, text=search.text, match=search.match, limit=1)


def _ways(shipments: Shipments, merchant_id: str, search: ShipmentSearch) -> Iterator[Found]:
    yield _way(search)
    text = search.text.strip()
    if not text or search.match != "whole":
        return
    told = _telling(shipments, merchant_id, text)
    has_all = replace(
        _way(replace(search, text=told.words, match="words")),
        heard=told.heard,
        unheard=told.unheard,
        many=told.many,
    )
    if told.heard and told.as_said:
        yield has_all
    if sum(map(str.isalnum, text)) >= SHORTEST_BEGINNING:
        yield _way(replace(search, match="beginning"))
    if told.heard and not told.as_said:
        yield has_all
    if len(told.heard) > 1:
        yield replace(has_all, search=replace(has_all.search, match="most"))


def _way(search: ShipmentSearch) -> Found:
    return Found(page=Page(items=(), next_cursor=None), search=search)


def _telling(shipments: Shipments, merchant_id: str, text: str) -> _Told:
    """What of a text some shipment has. Neighbours are read as one (SW1A 1AA) where not each stands for itself."""
    words = [OWNER.sub("", word).strip(punctuation) for word in text.split() if any(map(str.isalnum, word))]
    pieces = [*_each(words), *_numbers(words), *_pairs(words)]
    asked = list(dict.fromkeys(reading for piece in pieces for reading in piece.readings))[:MOST_ASKED]
    known = shipments.led_to(merchant_id, asked) if asked else {}
    read: dict[int, str] = {}
    as_said = True
    for piece in pieces:
        reading = next((each for each in piece.readings if known.get(each)), "")
        places = range(piece.first, piece.last + 1)
        if reading and not all(place in read for place in places):
            read.update({place: "" for place in places} | {piece.first: reading})
            as_said = as_said and reading == piece.readings[0]
    heard = list(dict.fromkeys(each for _, each in sorted(read.items()) if each))
    unheard = [word for place, word in enumerate(words) if place not in read]
    rarest = sorted(heard, key=lambda each: known[each])[:MOST_NEEDED]
    return _Told(
        heard=heard,
        unheard=unheard,
        words=" ".join("".join(each.split()) for each in rarest),
        as_said=as_said and not unheard,
        many=len(rarest) > 1 and known[rarest[0]] >= MANY,
    )


def _each(words: Sequence[str]) -> Iterator[_Piece]:
    """A word by itself, or its parts: NO-0159 in a country that it is not in; a number, or its end as phones have."""
    for place, word in enumerate(words):
        parts = [part for part in re.findall(r"\w+", word) if part != word and any(map(str.isdigit, part))]
        yield _Piece(first=place, last=place, readings=[word, *_tail(word), *parts])


def _numbers(words: Sequence[str]) -> Iterator[_Piece]:
    """Neighbours that are digits alone: a phone number as people space it."""
    first = 0
    for place in range(len(words) + 1):
        if place < len(words) and _digits(words[place]) and not any(map(str.isalpha, words[place])):
            continue
        if place - first > 1:
            number = _digits("".join(words[first:place]))
            yield _Piece(first=first, last=place - 1, readings=[number, *_tail(number)])
        first = place + 1


def _pairs(words: Sequence[str]) -> Iterator[_Piece]:
    for place, (one, other) in enumerate(pairwise(words)):
        yield _Piece(first=place, last=place + 1, readings=[f"{one} {other}"])


def _tail(word: str) -> Sequence[str]:
    """The end of a longer number, by which a phone is found."""
    digits = _digits(word)
    return [digits[-PHONE_TAIL:]] if len(digits) > PHONE_TAIL and not any(map(str.isalpha, word)) else []


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())
