"""What a decision may look at besides the candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from gateway.domain.quotes import ServiceLevel
from gateway.domain.shipments import Shipment
from gateway.domain.values import TimeWindow
from gateway.rules.market import Market


@dataclass(frozen=True, slots=True, kw_only=True)
class Volumes:
    """How many shipments each account (by name) has been booked for today and this week, the current one not counted.

    `known` is False where nobody has counted: shares and commitments then say so and do nothing.
    """

    day: Mapping[str, int] = field(default_factory=dict)
    week: Mapping[str, int] = field(default_factory=dict)
    known: bool = False

    def of(self, period: str) -> Mapping[str, int]:
        """Bookings by account of the running "day" or "week"."""
        return self.day if period == "day" else self.week


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is asked for, where and when. `market` is set by the policy that decides.

    `timezone` is the origin's, None where it is not known; `holiday` whether the day on which the shipment is ready is
    a holiday at the origin, None where no calendar was asked.
    """

    shipment: Shipment
    zone: str | None
    now: datetime
    ready_at: datetime
    window: TimeWindow | None = None
    services: tuple[ServiceLevel, ...] = ()
    timezone: tzinfo | None = None
    holiday: bool | None = None
    volumes: Volumes = field(default_factory=Volumes)
    market: Market = field(default_factory=Market)

    @property
    def starts_at(self) -> datetime:
        """When the wait begins: when it is ready, but not before now, nor before the window that was asked for."""
        ready = max(self.now, self.ready_at)
        return ready if self.window is None else max(ready, self.window.start)
