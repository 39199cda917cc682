"""A carrier's daily number of polling calls, spread over its day and over the trackers most likely to have moved.

The count is the database's, per account and day of the carrier's own zone, so that any number of workers share it. At
each moment as much of the budget may be spent as of the day has gone by, and an hour's worth more; what the night
leaves over is the morning's. A call is taken before it is made and corrected by what it really cost (a token, one call
per number), so the budget can be overdrawn by no more than the last batch's extra calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from carriers.base import Polling, RateLimited
from carriers.base.drive import Outcome
from gateway.domain.clock import Clock
from gateway.domain.handovers import PollingSpend
from gateway.domain.records import TrackerRecord
from gateway.domain.tracking import statuses
from gateway.services.carrier_pool import LiveCarrier
from gateway.services.ports import Store

POLL_DEADLINE_S = 20.0
REST_WITHOUT_A_WORD = timedelta(minutes=15)
"""How long polling rests after a 429 that does not say."""
DAY_HOURS = 24
TYPICAL_H = {
    "assigned": 0.5,
    "pickup_in_progress": 0.5,
    "out_for_delivery": 1.0,
    "picked_up": 4.0,
    "in_transit": 6.0,
    "attempt_failed": 6.0,
    "exception": 6.0,
    "booked": 8.0,
    "created": 8.0,
    "unknown": 8.0,
    "available_for_pickup": 12.0,
    "returning": 24.0,
}
"""Hours in which a parcel of that status usually moves. Our own judgement, only to choose who is asked first: a tracker
that was passed over becomes more urgent with every hour, so that none is forgotten."""
FINISHED_H = 48.0
AVERAGE_H = 8.0
SHORTEST_TURN, LONGEST_TURN = 0.2, 2.0
"""How far a tracker's turn may differ from an equal share of the budget."""
OVERSUBSCRIBED = 0.8
"""Turns come a little too early, for not every call is full: what does not fit waits, what is left over is wasted."""
DUE_SOON = timedelta(hours=24)
DUE_SOON_FACTOR = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of a carrier: its date, and the moments between which it lies (23 or 25 hours when the clocks change)."""

    date: date
    start: datetime
    end: datetime

    @classmethod
    def at(cls, polling: Polling, now: datetime) -> Day:
        """The carrier's day of a moment."""
        zone = ZoneInfo(polling.timezone)
        today = now.astimezone(zone).date()
        midnights = [datetime.combine(today + timedelta(days=ahead), time(), zone) for ahead in (0, 1)]
        start, end = (midnight.astimezone(ZoneInfo("UTC")) for midnight in midnights)
        return cls(date=today, start=start, end=end)

    def allowed(self, budget: int, now: datetime) -> int:
        """How many of the day's calls may be spent by now."""
        gone = (now - self.start) / (self.end - self.start)
        return min(budget, int(budget * gone) + _burst(budget))

    def moment_of(self, budget: int, call: int) -> datetime:
        """When the day's so-and-so-many-th call may go; those beyond the budget go on tomorrow."""
        length = self.end - self.start
        if call > budget:
            return self.end + length * (call - budget - 1) / budget
        return self.start + length * max(0, call - _burst(budget)) / budget


def _burst(budget: int) -> int:
    return max(1, budget // DAY_HOURS)


def urgency(tracker: TrackerRecord, now: datetime) -> float:
    """How likely it is that a tracker has moved since it was polled: time gone by over the time it usually takes."""
    waited = now - (tracker.polled_at or tracker.created_at)
    return waited.total_seconds() / 3600 / _typical_h(tracker, now)


def fair_pause(polling: Polling, tracker: TrackerRecord, count: int, now: datetime) -> timedelta:
    """How long a tracker waits for its next turn where a budget is shared by so many: longer where little happens."""
    if polling.daily_budget is None:
        return timedelta()
    turn = timedelta(days=1) * OVERSUBSCRIBED * count / (polling.daily_budget * polling.batch)
    return turn * min(max(_typical_h(tracker, now) / AVERAGE_H, SHORTEST_TURN), LONGEST_TURN)


def _typical_h(tracker: TrackerRecord, now: datetime) -> float:
    typical_h = FINISHED_H if statuses()[tracker.status].terminal else TYPICAL_H[tracker.status]
    due = tracker.estimated_delivery_at
    soon = due is not None and due - now < DUE_SOON
    return typical_h * DUE_SOON_FACTOR if soon else typical_h


class PollBudget:
    """Grants polling calls."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def grant(self, live: LiveCarrier, calls: int) -> int:
        """How many of so many calls may go now; they count as spent. Without a budget all go and none is counted."""
        polling, record = live.carrier.profile.polling, live.record
        if polling.daily_budget is None:
            return calls
        now = self._clock()
        day = Day.at(polling, now)
        with self._store.work() as uow:
            most = day.allowed(polling.daily_budget, now)
            granted = uow.polling.take(record.merchant_id, record.id, day.date, calls, most)
            uow.commit()
        return granted

    def next_moments(self, live: LiveCarrier, count: int) -> Sequence[datetime]:
        """When the next so many calls may go, one after the other."""
        polling, record, now = live.carrier.profile.polling, live.record, self._clock()
        budget, day = polling.daily_budget or 1, Day.at(polling, now)
        with self._store.look() as uow:
            spend = uow.polling.get(record.merchant_id, record.id)
        spent = spend.calls if spend is not None and spend.day == day.date else 0
        soonest = now + (day.end - day.start) / budget / 2
        return [max(soonest, day.moment_of(budget, spent + number)) for number in range(1, count + 1)]

    def spent(self, live: LiveCarrier, taken: int, outcome: Outcome[Any]) -> None:
        """What calls that were taken really cost, and whether the carrier wants to be left alone."""
        polling, record = live.carrier.profile.polling, live.record
        extra = len(outcome.exchanges) - taken
        error, now = outcome.error, self._clock()
        limited = isinstance(error, RateLimited) and bool(outcome.exchanges)
        if not limited and (polling.daily_budget is None or extra == 0):
            return
        day = Day.at(polling, now)
        with self._store.work() as uow:
            if polling.daily_budget is not None:
                uow.polling.settle(record.merchant_id, record.id, day.date, extra)
            if isinstance(error, RateLimited) and limited:
                told = error.retry_after_s
                rest = REST_WITHOUT_A_WORD if told is None else timedelta(seconds=told)
                uow.polling.rest(record.merchant_id, record.id, day.date, now + rest)
            uow.commit()

    def spending(self, live: LiveCarrier) -> PollingSpend | None:
        """What of an account's calls is spent today, and until when its polling rests; None where nothing is known."""
        with self._store.look() as uow:
            spend = uow.polling.get(live.record.merchant_id, live.record.id)
        today = Day.at(live.carrier.profile.polling, self._clock()).date
        if spend is None or spend.day >= today:
            return spend
        return PollingSpend(
            merchant_id=spend.merchant_id, account_id=spend.account_id, day=today, resting_until=spend.resting_until
        )

    def resting_until(self, live: LiveCarrier) -> datetime | None:
        """Until when the carrier wants no polling; None when it may be asked."""
        spend = self.spending(live)
        until = spend.resting_until if spend else None
        return until if until is not None and until > self._clock() else None
