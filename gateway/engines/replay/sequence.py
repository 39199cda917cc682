"""Who wins: at once where no rule counts bookings, else one shipment after the other in the order they were booked.

A replayed booking counts for the local day and week (from Monday) in which the shipment was booked then, in the
policy's zone, else that of the origin, as `services.volumes` counts; shipments that no offer is left for do not count.
An origin's zone that turns up in a later slice for the first time counts from the beginning of that slice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gateway.engines.replay.judge import Judgement
from gateway.engines.replay.numbers import Array
from gateway.rules.actions import CapShare, Commit

NOBODY = -1


@dataclass(slots=True)
class Booked:
    """Bookings so far of the running day and week, by account."""

    day: int = NOBODY
    week: int = NOBODY
    days: Counter[str] = field(default_factory=Counter)
    weeks: Counter[str] = field(default_factory=Counter)

    def at(self, day: int) -> None:
        """Turns the page when a day or week is over; day 0 is Thursday, 1 January 1970."""
        if day != self.day:
            self.day, self.days = day, Counter()
        if (day + 3) // 7 != self.week:
            self.week, self.weeks = (day + 3) // 7, Counter()

    def data(self) -> dict[str, Any]:
        """For keeping."""
        return {"day": self.day, "week": self.week, "days": dict(self.days), "weeks": dict(self.weeks)}

    def add(self, account: str) -> None:
        """One more."""
        self.days[account] += 1
        self.weeks[account] += 1

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Booked:
        """What was kept."""
        return cls(data["day"], data["week"], Counter(data["days"]), Counter(data["weeks"]))


Calendars = dict[str, Booked]
"""Bookings as counted by the days of each zone."""


def ordered(found: Judgement) -> Array:
    """The offers by shipment and rank, those that are out last: the order of `Policy.decide`, without counted rules."""
    tie = found.columns.part.offers["tie"].to_numpy()
    price = np.where(found.price.known, found.price.values, 0)
    score = np.where(found.out, 0, found.score)
    return np.lexsort((tie, _sortable(price), _sortable(score), found.out, found.columns.of))


def winners(found: Judgement, booked: Calendars) -> Array:
    """The winning offer of each shipment, `NOBODY` where none is left. `booked` goes along."""
    order = ordered(found)
    if found.counted:
        return _one_by_one(found, order, booked)
    best = np.full(found.columns.shipments, NOBODY, dtype=np.int64)
    counts = found.columns.part.asked["offers"].to_numpy()
    some = counts > 0
    first = order[found.columns.first[some]] if some.any() else np.zeros(0, dtype=np.int64)
    best[some] = np.where(found.out[first], NOBODY, first)
    return best


def _sortable(values: Array) -> Array:
    """Numbers beyond 64 bits as their places among each other."""
    return np.unique(values, return_inverse=True)[1] if values.dtype == object else values


def _one_by_one(found: Judgement, order: Array, calendars: Calendars) -> Array:
    columns = found.columns
    zones = columns.calendars().tolist()
    for zone in sorted(set(zones) - set(calendars)):
        calendars[zone] = Booked()
    days = {zone: columns.booked_days(zone).tolist() for zone in calendars}
    accounts = [columns.part.lanes["account"][int(lane)] for lane in range(len(columns.part.lanes))]
    lane, score, price = columns.lane.tolist(), found.score.tolist(), found.price.values.tolist()
    out, tie = found.out.tolist(), columns.part.offers["tie"].to_list()
    rules = [(action, applies.tolist()) for action, applies in found.counted]
    begins, ranked = [*columns.first.tolist(), len(order)], order.tolist()
    result = []
    for shipment in range(columns.shipments):
        for zone, each in calendars.items():
            each.at(days[zone][shipment])
        booked = calendars[zones[shipment]]
        everybody = {"day": booked.days.total() + 1, "week": booked.weeks.total() + 1}
        standing: list[tuple[int, int, int, int]] = []
        for offer in ranked[begins[shipment] : begins[shipment + 1]]:
            bonus = None if out[offer] else _counted(rules, offer, accounts[lane[offer]], booked, everybody)
            if bonus is not None:
                standing.append((score[offer] - bonus, price[offer], tie[offer], offer))
        chosen = min(standing)[3] if standing else NOBODY
        if chosen != NOBODY:
            _book(calendars, accounts[lane[chosen]])
        result.append(chosen)
    return np.array(result, dtype=np.int64)


def _book(calendars: Calendars, account: str) -> None:
    for each in calendars.values():
        each.add(account)


def _counted(
    rules: list[tuple[CapShare | Commit, list[bool]]],
    offer: int,
    account: str,
    booked: Booked,
    everybody: Mapping[str, int],
) -> int | None:
    """What open commitments take off; None when a share is full."""
    bonus = 0
    for action, applies in rules:
        if not applies[offer]:
            continue
        own = (booked.days if action.period == "day" else booked.weeks)[account]
        if isinstance(action, Commit):
            bonus += action.minor if own < action.bookings else 0
        elif (
            everybody[action.period] >= action.from_bookings
            and (own + 1) * 100 > action.percent * everybody[action.period]
        ):
            return None
    return bonus
