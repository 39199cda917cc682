"""Exactly the shipments behind a figure: those above its line, those below it, of all or of one part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, NamedTuple

from gateway.domain.errors import Unprocessable
from gateway.domain.records import ShipmentRecord
from gateway.kpis.asking import asked_sides
from gateway.kpis.boards import Board, Tally
from gateway.kpis.definitions import Definition
from gateway.kpis.measures import MINUTES, RECOVERY, SUMS, sides
from gateway.kpis.sums import Cut, add, opened
from gateway.services.ports import Mode, Store, UnitOfWork

Side = Literal["above", "below"]
OF_CLAIMED = ("claims", "damage", "claim_value")
"""Measures above whose line there are only shipments with a claim."""

AT_ONCE = 200
ENOUGH_READ = 1000
"""Facts of shipments; a page ends with the day in which it has read as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Whose shipments: of days `first` to `last`, both included, cut `by` something where it has this `value`."""

    figure: Definition
    side: Side
    currency: str = ""
    first: date
    last: date
    by: Cut | None = None
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortPage:
    """Some of them, newest days first. `board` has the figure's sums; `next` begins the next page, None on the last."""

    shipments: Sequence[ShipmentRecord]
    board: Board
    next: str | None


class _Place(NamedTuple):
    """How many of a day were shown."""

    day: date
    shown: int


@dataclass(slots=True)
class _Reading:
    ids: list[str] = field(default_factory=list)
    read: int = 0
    next: _Place | None = None


class Cohorts:
    """Finds them, skipping days whose sums have none."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def page(self, merchant_id: str, mode: Mode, cohort: Cohort, cursor: str, limit: int) -> CohortPage:
        """A page. Raises Unprocessable: the cursor is none of ours."""
        begin = _place(cursor, cohort.last)
        with self._store.look() as uow:
            boards, whole = _boards(uow, merchant_id, mode, cohort), Board()
            for board in boards.values():
                whole.merge(board)
            key = (cohort.figure.measure, cohort.currency)
            tallies = {day: board.tallies[key] for day, board in boards.items() if key in board.tallies}
            days = [day for day in sorted(tallies, reverse=True) if day <= begin.day]
            reading = _Reading()
            for place, day in enumerate(days):
                if not _has(tallies[day], cohort):
                    continue
                _read(
                    uow, merchant_id, mode, cohort, _Place(day, begin.shown if day == begin.day else 0), limit, reading
                )
                older = next((each for each in days[place + 1 :] if _has(tallies[each], cohort)), None)
                if reading.next is None and older is not None:
                    if len(reading.ids) < limit and reading.read < ENOUGH_READ:
                        continue
                    reading.next = _Place(older, 0)
                break
            found = uow.desk.listed(merchant_id, reading.ids)
        return CohortPage(
            shipments=found,
            board=whole,
            next=None if reading.next is None else f"{reading.next.day} {reading.next.shown}",
        )


def _read(
    uow: UnitOfWork, merchant_id: str, mode: Mode, cohort: Cohort, at: _Place, limit: int, reading: _Reading
) -> None:
    """Those of one day, from a place on, as far as the page has room for them."""
    shown = 0
    for shipment_id, is_one in _members(uow, merchant_id, mode, cohort, at.day):
        reading.read += 1
        if not is_one:
            continue
        shown += 1
        if shown <= at.shown:
            continue
        if len(reading.ids) == limit:
            reading.next = _Place(at.day, shown - 1)
            return
        reading.ids.append(shipment_id)


def _members(uow: UnitOfWork, merchant_id: str, mode: Mode, cohort: Cohort, day: date) -> Iterator[tuple[str, bool]]:
    measure, above = cohort.figure.measure, cohort.side == "above"
    if measure in SUMS or measure in MINUTES or measure == RECOVERY:
        claimed = measure == RECOVERY or (above and measure in OF_CLAIMED)
        facts = uow.kpi_facts.deliveries(
            merchant_id, mode, day, cohort.by, cohort.value, claimed=claimed, at_once=AT_ONCE
        )
        for shipment_id, each in facts:
            is_above, is_below = sides(measure, each, cohort.currency)
            yield shipment_id, is_above if above else is_below
        return
    asked_for = uow.kpi_facts.asked_for(merchant_id, mode, day, cohort.by, cohort.value, at_once=AT_ONCE)
    for shipment_id, asked in asked_for:
        is_above, is_below = asked_sides(measure, asked)
        yield shipment_id, is_above if above else is_below


def _boards(uow: UnitOfWork, merchant_id: str, mode: Mode, cohort: Cohort) -> Mapping[date, Board]:
    """The figure's sums by day."""
    wanted, boards = {(name, cohort.currency) for name in cohort.figure.measures}, dict[date, Board]()
    for day, value, some in uow.kpi_sums.boards(merchant_id, mode, cohort.by or "carrier", cohort.first, cohort.last):
        if cohort.by is None or value == cohort.value:
            add(boards.setdefault(day, Board()), opened(some), wanted)
    return boards


def _has(tally: Tally, cohort: Cohort) -> bool:
    return tally.above > 0 if cohort.side == "above" else max(tally.below, tally.n) > 0


def _place(cursor: str, last: date) -> _Place:
    if not cursor:
        return _Place(last + timedelta(days=1), 0)
    day, _, shown = cursor.partition(" ")
    try:
        return _Place(date.fromisoformat(day), int(shown))
    except ValueError:
        raise Unprocessable("/cursor", "not a cursor of ours", "invalid_cursor") from None
