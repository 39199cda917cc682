"""What a quote reads of an account's history: a few numbers for every group, made by the worker.

A row is [p_on_time, p_first_attempt, p50, p80, p90, deliveries, since, until]; the quantiles are multiples of the
promise, the days ISO dates. The key is the group's names with "|" between: "next_day|oslo|0", "next_day|oslo",
"next_day", and "" for the account; `network` is the row of all accounts, for one that has no history of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from gateway.domain.quotes import Outlook

WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
NO_ZONE = "-"
"""The name of the group of destinations that lie in no zone."""

PROMISES_H: Mapping[str, float] = {
    "instant": 2.0,
    "same_day": 10.0,
    "next_day": 30.0,
    "two_day": 54.0,
    "standard": 96.0,
    "economy": 168.0,
    "service_point": 96.0,
}
"""Hours that stand for a promise where a rate makes none: ours, only a unit in which durations are learnt and told."""

Row = tuple[float, float | None, float, float, float, int, str, str]
UNSAID: tuple[int | None, str] = (None, "")
FULL = 3
LEAST_PROMISE_H = 0.5
"""A promise is taken for no less: a multiple of minutes says nothing about hours."""

HOURS_DIGITS = 3
"""Hours are told to some 4 seconds: of a courier's quarter of an hour, hundredths would be 4 %."""


def promise_h(service: str, hours: float | None) -> float:
    """The promised hours; where nothing is promised, those that stand for it."""
    return max(hours if hours is not None else PROMISES_H.get(service, PROMISES_H["standard"]), LEAST_PROMISE_H)


def key(*names: str) -> str:
    """The name of a group in a table."""
    return "|".join(names)


@dataclass(frozen=True, slots=True)
class ReliabilityTable:
    """One account's rows by key; `network` is that of all accounts together."""

    rows: Mapping[str, Row]
    network: Row | None

    def outlook(
        self, service: str, zone: str | None, weekday: int, hours: float | None, co2e: tuple[int | None, str] = UNSAID
    ) -> Outlook:
        """What is to be expected of a promise of so many hours (None: none was made) for that zone, from that weekday.

        The finest group that is known answers: what it saw was drawn towards the wider ones when the row was made.
        `co2e` are the grams and the tier that others have reckoned.
        """
        names = (service, zone or NO_ZONE, str(weekday))
        for length in range(FULL, -1, -1):
            found = self.rows.get("|".join(names[:length]))
            if found is not None:
                return _outlook(found, service, hours, names[:length], co2e)
        if self.network is None:
            return Outlook(co2e_g=co2e[0], co2e_tier=co2e[1])
        return _outlook(self.network, service, hours, None, co2e)


def _outlook(
    row: Row, service: str, hours: float | None, names: tuple[str, ...] | None, co2e: tuple[int | None, str]
) -> Outlook:
    on_time, first_attempt, p50, p80, p90, deliveries, since, until = row
    promised = promise_h(service, hours)
    return Outlook(
        p_on_time=None if hours is None else on_time,
        p_first_attempt=first_attempt,
        transit_p50_h=round(p50 * promised, HOURS_DIGITS),
        transit_p80_h=round(p80 * promised, HOURS_DIGITS),
        transit_p90_h=round(p90 * promised, HOURS_DIGITS),
        co2e_g=co2e[0],
        co2e_tier=co2e[1],
        deliveries=deliveries,
        since=_day(since),
        until=_day(until),
        source=_words(names),
    )


_day = cache(date.fromisoformat)


@cache
def _words(names: tuple[str, ...] | None) -> str:
    """On what it rests, in words."""
    if names is None:
        return "all accounts, for want of a history of this one"
    told = [names[0].replace("_", " ")] if names else []
    told += [f"to {'no zone' if names[1] == NO_ZONE else names[1]}"] if len(names) > 1 else []
    told += [f"on {WEEKDAYS[int(names[2])]}"] if len(names) == FULL else []
    return " ".join(["this account", *told])
