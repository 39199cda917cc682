"""Who wins: at once where no rule counts bookings, else one shipment after the other in the order they were booked.

A replayed booking counts for the local day and week (from Monday) in which the shipment was booked then, in the
policy's zone or UTC, as `services.volumes` counts; shipments that no offer is left for do not count.
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

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Booked:
        """What was kept."""
        return cls(data["day"], data["week"], Counter(data["days"]), Counter(data["weeks"]))


def ordered(found: Judgement) -> Array:
    """The offers by shipment and rank, those that are out last: the order of `Policy.decide`, without counted rules."""
    tie = found.columns.part.offers["tie"].to_numpy()
    price = np.where(found.price.known, found.price.values, 0)
    score = np.where(found.out, 0, found.score)
    return np.lexsort((tie, _sortable(price), _sortable(score), found.out, found.columns.of))


def winners(found: Judgement, booked: Booked) -> Array:
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


def _one_by_one(found: Judgement, order: Array, booked: Booked) -> Array:
    columns = found.columns
    days = columns.booked_days().tolist()
    accounts = [columns.part.lanes["account"][int(lane)] for lane in range(len(columns.part.lanes))]
    lane, score, price = columns.lane.tolist(), found.score.tolist(), found.price.values.tolist()
    out, tie = found.out.tolist(), columns.part.offers["tie"].to_list()
    rules = [(action, applies.tolist()) for action, applies in found.counted]
    begins, ranked = [*columns.first.tolist(), len(order)], order.tolist()
    result = []
    for shipment in range(columns.shipments):
        booked.at(days[shipment])
        everybody = {"day": booked.days.total() + 1, "week": booked.weeks.total() + 1}
        best: tuple[int, int, int] | None = None
        chosen = NOBODY
        for place in range(begins[shipment], begins[shipment + 1]):
            offer = ranked[place]
            if out[offer]:
                break
            bonus = _counted(rules, offer, accounts[lane[offer]], booked, everybody)
            if bonus is None:
                continue
            place_of_it = (score[offer] - bonus, price[offer], tie[offer])
            if best is None or place_of_it < best:
                best, chosen = place_of_it, offer
        if chosen != NOBODY:
            booked.days[accounts[lane[chosen]]] += 1
            booked.weeks[accounts[lane[chosen]]] += 1
        result.append(chosen)
    return np.array(result, dtype=np.int64)


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
