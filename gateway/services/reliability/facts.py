"""From delivery records to what is learnt: groups, days and durations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.domain.records import DeliveryRecord
from gateway.learning.lanes import Path
from gateway.learning.table import NO_ZONE, promise_h

FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)
"""From which days count; any would do."""

HOUR_S = 3600
DAY_S = 86_400
NEVER = math.inf
LOST = 5.0
"""As so many promises a delivery that never came is learnt: late by any measure, but a small group's quantiles stay
those of parcels that arrive. Ours, no measurement."""

CAME, CAME_NOT = frozenset({"delivered"}), frozenset({"returned", "failed"})
"""How a delivery may end. One that was cancelled, or of which the news stopped, says nothing about its carrier."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A delivery as it is learnt: `duration` as a multiple of its promise, `began` and `ended` in days."""

    account_id: str
    group: Path
    began: float
    ended: float
    duration: float
    first_attempt: bool | None


def day_of(moment: datetime) -> float:
    """Days since `FIRST_DAY`."""
    return (moment - FIRST_DAY).total_seconds() / DAY_S


def begin(record: DeliveryRecord) -> datetime:
    """When the wait begins: ready, but not before it was booked."""
    return max(record.ready_at or record.booked_at, record.booked_at)


def multiple(record: DeliveryRecord, until: datetime) -> float:
    """How long it has taken until a moment, as a multiple of what was promised."""
    began = begin(record)
    hours = None if record.promised_by is None else (record.promised_by - began).total_seconds() / HOUR_S
    return max((until - began).total_seconds() / HOUR_S, 0.0) / promise_h(record.service, hours)


def group_of(record: DeliveryRecord, zones: Mapping[str, tzinfo]) -> Path:
    """Its group within its account; `zones` are the accounts' time zones by id."""
    local = begin(record).astimezone(zones.get(record.account_id, UTC))
    return record.service, record.zone or NO_ZONE, str(local.weekday())


def fact(record: DeliveryRecord, zones: Mapping[str, tzinfo]) -> Fact | None:
    """What an ended delivery teaches; None for nothing."""
    if record.outcome in CAME and record.delivered_at is not None:
        ended, duration = record.delivered_at, multiple(record, record.delivered_at)
    elif record.outcome in CAME_NOT:
        ended, duration = record.first_attempt_at or record.promised_by or record.booked_at, NEVER
    else:
        return None
    tried = record.first_attempt_at is not None or record.outcome in CAME
    return Fact(
        account_id=record.account_id,
        group=group_of(record, zones),
        began=day_of(begin(record)),
        ended=day_of(ended),
        duration=duration,
        first_attempt=record.outcome in CAME and record.attempts <= 1 if tried else None,
    )


def time_zone(options: Mapping[str, object]) -> tzinfo:
    """An account's time zone, in which its weekdays are meant; UTC where it names none."""
    return _zone(str(options.get("timezone") or "UTC"))


@cache
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
