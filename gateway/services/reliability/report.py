"""The calibration report: what offers had said about deliveries, beside what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateway.domain.clock import Clock
from gateway.domain.errors import Unprocessable
from gateway.learning.calibration import ChanceCheck, QuantileCheck
from gateway.learning.table import WEEKDAYS
from gateway.services.ports import Store
from gateway.services.ports.answers import Mode
from gateway.services.ports.reliability import Settled
from gateway.services.reliability.facts import CAME, CAME_NOT, HOUR_S, begin, time_zone

BY = ("account", "service", "zone", "weekday")
DEFAULT_PERIOD = timedelta(days=90)
LONGEST_PERIOD = timedelta(days=400)


@dataclass(slots=True, kw_only=True)
class Slice:
    """Deliveries that have something in common: `value` of what they are sliced `by` ("" and "": all of them)."""

    by: str
    value: str
    deliveries: int = 0
    on_time: ChanceCheck = field(default_factory=ChanceCheck)
    first_attempt: ChanceCheck = field(default_factory=ChanceCheck)
    transit: QuantileCheck = field(default_factory=QuantileCheck)

    def add(self, settled: Settled) -> None:
        """One more delivery."""
        record, said = settled.record, settled.said
        self.deliveries += 1
        came = record.outcome in CAME and record.delivered_at is not None
        if said.p_on_time is not None and record.promised_by is not None:
            in_time = came and record.delivered_at is not None and record.delivered_at <= record.promised_by
            self.on_time.add(said.p_on_time, in_time)
        if said.p_first_attempt is not None and (came or record.first_attempt_at is not None):
            self.first_attempt.add(said.p_first_attempt, came and record.attempts <= 1)
        quantiles = (said.transit_p50_h, said.transit_p80_h, said.transit_p90_h)
        known = tuple(each for each in quantiles if each is not None)
        if len(known) == len(quantiles) and came and record.delivered_at is not None:
            self.transit.add(known, (record.delivered_at - begin(record)).total_seconds() / HOUR_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityReport:
    """Predicted against observed over a period, in all and by account, service, zone and weekday.

    `deliveries` ended in it; `unpredicted` of them had been booked when nothing was known.
    """

    since: datetime
    until: datetime
    deliveries: int
    unpredicted: int
    slices: tuple[Slice, ...]


class ReliabilityReports:
    """Makes the report."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def report(
        self, merchant_id: str, mode: Mode, since: datetime | None = None, until: datetime | None = None
    ) -> ReliabilityReport:
        """Of deliveries booked in a period that have ended; left out, the last 90 days.

        Raises:
            Unprocessable: the period ends before it begins, or is longer than quotes are kept.
        """
        end = until or self._clock()
        start = since or end - DEFAULT_PERIOD
        if not timedelta() < end - start <= LONGEST_PERIOD:
            raise Unprocessable(
                "/since", f"a period is longer than 0 and at most {LONGEST_PERIOD.days} days", "invalid"
            )
        with self._store.look() as uow:
            accounts = {each.id: each for each in uow.accounts.list(merchant_id, mode)}
            measured = uow.reliability.measured(merchant_id, mode, start, end)
        ended = [each for each in measured if each.record.outcome in CAME | CAME_NOT]
        told = [each for each in ended if each.said.deliveries]
        names = {account_id: each.name for account_id, each in accounts.items()}
        zones = {account_id: time_zone(each.options) for account_id, each in accounts.items()}
        slices: dict[tuple[str, str], Slice] = {}
        for each in told:
            weekday = WEEKDAYS[begin(each.record).astimezone(zones.get(each.record.account_id, UTC)).weekday()]
            for by, value in _values(each, names, weekday):
                slices.setdefault((by, value), Slice(by=by, value=value)).add(each)
        return ReliabilityReport(
            since=start,
            until=end,
            deliveries=len(ended),
            unpredicted=len(ended) - len(told),
            slices=tuple(slices[key] for key in sorted(slices, key=_order)),
        )


def _values(settled: Settled, names: Mapping[str, str], weekday: str) -> Iterable[tuple[str, str]]:
    record = settled.record
    yield "", ""
    yield "account", names.get(record.account_id, record.account_id)
    yield "service", record.service
    yield "zone", record.zone or "no zone"
    yield "weekday", weekday


def _order(key: tuple[str, str]) -> tuple[int, int, str]:
    by, value = key
    place = WEEKDAYS.index(value) if by == "weekday" else 0
    return (BY.index(by) if by else -1), place, value
