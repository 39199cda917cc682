"""Which zones overlap, and which of two counts there: what `zones.ZoneMap` decides address by address, told beforehand.

Areas of postcodes are compared with each other, and shapes with shapes. Where an address has coordinates, shapes come
before postcodes of the same priority; whether a postcode lies in a shape nobody knows without its outline.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.domain.postcodes import beginnings
from gateway.domain.zones import Area

MOST_TOLD = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Two zones that share a place (`where`), the one that counts there, and why. `close`: by no priority of theirs."""

    winner: str
    loser: str
    where: str
    why: str
    close: bool


@dataclass(frozen=True, slots=True)
class _Span:
    first: str
    last: str
    written: str
    area: Area


def overlaps(areas: Sequence[Area], shapes: Sequence[tuple[int, int]]) -> list[Overlap]:
    """Every pair of zones once, at most `MOST_TOLD`; `shapes` are pairs of areas that overlap on the map, by their
    place in the list, the smaller one first.
    """
    found: dict[tuple[str, str], Overlap] = {}
    for inner, outer, where in [*_of_postcodes(areas), *_of_shapes(areas, shapes)]:
        told = _told(inner, outer, where)
        found.setdefault((told.winner, told.loser), told)
        if len(found) >= MOST_TOLD:
            break
    return sorted(found.values(), key=lambda each: (not each.close, each.winner, each.loser))


def _told(inner: Area, outer: Area, where: str) -> Overlap:
    """`inner` is the smaller area of both."""
    if inner.priority != outer.priority:
        winner, loser = (inner, outer) if inner.priority > outer.priority else (outer, inner)
        why = f"priority {winner.priority} is above {loser.priority}"
    else:
        winner, loser, why = inner, outer, f"both have priority {inner.priority}, and its area there is the smaller one"
    close = inner.priority == outer.priority
    return Overlap(winner=winner.zone, loser=loser.zone, where=where, why=why, close=close)


def _of_shapes(areas: Sequence[Area], pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[Area, Area, str]]:
    for smaller, larger in pairs:
        inner, outer = areas[smaller], areas[larger]
        apart = inner.countries and outer.countries and not set(inner.countries) & set(outer.countries)
        if inner.zone != outer.zone and not apart:
            yield inner, outer, "on the map"


def _of_postcodes(areas: Sequence[Area]) -> Iterator[tuple[Area, Area, str]]:
    """Inner and outer area of two zones; of two that are the same, the first by name is the inner one."""
    for country, spans in _spans(areas).items():
        around: list[_Span] = []
        for span in sorted(spans, key=lambda each: (each.first, _falling(each.last), each.area.zone)):
            around = [each for each in around if each.last >= span.first]
            for outer in around:
                if outer.area.zone != span.area.zone:
                    inner, other = _smaller_first(span, outer)
                    yield inner.area, other.area, f"{country} {inner.written}"
            around.append(span)


def _smaller_first(one: _Span, outer: _Span) -> tuple[_Span, _Span]:
    same = (one.first, one.last) == (outer.first, outer.last)
    return (outer, one) if same and outer.area.zone < one.area.zone else (one, outer)


def _spans(areas: Sequence[Area]) -> Mapping[str, list[_Span]]:
    found: dict[str, list[_Span]] = {}
    for area in areas:
        for country in area.countries if area.postcodes else ():
            for written in map(str.strip, area.postcodes.split("|")):
                first, last = beginnings(country, written)
                found.setdefault(country, []).append(_Span(first, last, written, area))
    return found


def _falling(text: str) -> tuple[int, ...]:
    """A key by which texts come in falling order."""
    return (*(-ord(letter) for letter in text), 1)
