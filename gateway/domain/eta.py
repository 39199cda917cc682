"""When a shipment in flight is expected: a window that moves with what happens, unlike the promise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.domain.errors import InvalidValue
from gateway.domain.values import aware


class EtaSource(StrEnum):
    """Whose estimate it is: the carrier's own, learnt from finished shipments, the time that was wished and that the
    carrier agreed to, or the promise for want of all.
    """

    CARRIER = "carrier"
    LEARNT = "learnt"
    AGREED = "agreed"
    PROMISE = "promise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Eta:
    """In eight of ten cases it is delivered between `earliest` and `latest`; in nine of ten, by `latest`."""

    earliest: datetime
    latest: datetime
    source: EtaSource
    updated_at: datetime

    def __post_init__(self) -> None:
        aware(self.earliest, "earliest")
        aware(self.latest, "latest")
        if self.latest < self.earliest:
            raise InvalidValue("an ETA ends before it begins")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerWatch:
    """What is expected of a tracker whose parcel was booked elsewhere, as a shipment has it of its own: its ETA, the
    kinds of open cases about it, and when the watch looks at it again. `id` is the tracker's.
    """

    id: str
    merchant_id: str
    eta: Eta | None = None
    alarms: tuple[str, ...] = ()
    due_at: datetime | None = None
    tries: int = 0
