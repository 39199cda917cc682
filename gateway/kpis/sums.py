"""Boards as they are kept: what the shipments of a day add to each figure, so that no report reads shipments.

Nothing is rounded. Durations are kept minute by minute, each one that occurred, so medians and nine-in-ten of many days
are those of all their shipments, to the minute to which durations are measured.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from gateway.kpis.asking import LENGTHS
from gateway.kpis.boards import Board
from gateway.kpis.facts import Asked, Delivery
from gateway.kpis.lengths import LENGTH

Cut = Literal["account", "carrier", "service", "zone"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A board. `sums` is a JSON list: measure, currency, what is above the line, below it, and of how many.

    `lengths` are the durations of those measures that keep each, one measure after the other, each in order; four
    bytes a duration, the lowest first.
    """

    sums: str
    lengths: bytes


def kept(board: Board) -> Kept:
    """A board to be kept."""
    sums, lengths = [], array(LENGTH)
    for (name, currency), tally in sorted(board.tallies.items()):
        sums.append((name, currency, tally.above, tally.below, tally.n))
        lengths.extend(tally.lengths.in_order())
    return Kept(json.dumps(sums), _lowest_first(lengths).tobytes())


def add(board: Board, some: Kept, wanted: Collection[tuple[str, str]] = ()) -> None:
    """All that was kept of another board, or only the measures and currencies that are `wanted`."""
    lengths = array(LENGTH)
    lengths.frombytes(some.lengths)
    lengths, begin = _lowest_first(lengths), 0
    for name, currency, above, below, n in json.loads(some.sums):
        end = begin + n if name in LENGTHS else begin
        lasting, begin = lengths[begin:end], end
        if wanted and (name, currency) not in wanted:
            continue
        tally = board.tally(name, currency)
        tally.above += above
        tally.below += below
        tally.n += n
        tally.lengths.take(lasting)


def cut(deliveries: Iterable[Delivery], asked: Iterable[Asked]) -> Mapping[tuple[Cut, str], Board]:
    """Boards by what shipments are cut by. What no figure cuts by service stands under the service "".

    Each is measured once: those alike in all cuts are added up first.
    """
    cuts: tuple[Cut, ...] = get_args(Cut)
    alike: dict[tuple[str, ...], Board] = defaultdict(Board)
    for each in deliveries:
        if each.counts:
            alike[tuple(getattr(each, by) for by in cuts)].add(each)
    for answered in asked:
        alike[tuple(getattr(answered, by, "") for by in cuts)].add_asked(answered)
    boards: dict[tuple[Cut, str], Board] = defaultdict(Board)
    for values, board in alike.items():
        for place in zip(cuts, values, strict=True):
            boards[place].merge(board)
    return boards


def _lowest_first(lengths: array[int]) -> array[int]:
    if sys.byteorder == "big":
        lengths.byteswap()
    return lengths
