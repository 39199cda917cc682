"""Boards as they are kept: what the shipments of a day add to each figure, so that no report reads shipments.

Nothing is rounded. Durations are kept minute by minute, each one that occurred, so medians and nine-in-ten of many days
are those of all their shipments, to the minute to which durations are measured.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from gateway.kpis.asking import LENGTHS
from gateway.kpis.boards import Board, Key
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


class Opened(NamedTuple):
    """One measure of a kept board: its currency, its sums, and its lengths in order (none of most measures)."""

    key: Key
    above: int
    below: int
    n: int
    lengths: array[int] | None


def opened(some: Kept) -> Sequence[Opened]:
    """What was kept of a board, to be added to others."""
    lengths, begin, found = array(LENGTH), 0, []
    lengths.frombytes(some.lengths)
    lengths = _lowest_first(lengths)
    for name, currency, above, below, n in json.loads(some.sums):
        run = None
        if name in LENGTHS:
            run, begin = lengths[begin : begin + n], begin + n
        found.append(Opened((name, currency), above, below, n, run))
    return found


def add(board: Board, some: Sequence[Opened], wanted: Collection[Key] = ()) -> None:
    """All that was kept of another board, or only the measures that are `wanted`."""
    for key, above, below, n, lengths in some:
        if wanted and key not in wanted:
            continue
        tally = board.tally(*key)
        tally.above += above
        tally.below += below
        tally.n += n
        if lengths is not None:
            tally.lengths.take(lengths)


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
