"""The facts that key figures are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from gateway.kpis.facts import Asked, Delivery
from gateway.services.ports.answers import Mode


class KpiFacts(Protocol):
    """Of one merchant and mode. Periods begin with `since` and end before `until`."""

    def deliveries(self, merchant_id: str, mode: Mode, since: datetime, until: datetime) -> Iterator[Delivery]:
        """Shipments towards recipients that were due in a period, or booked in it where nothing was promised."""

    def asked(self, merchant_id: str, mode: Mode, since: datetime, until: datetime) -> Sequence[Asked]:
        """Bookings asked of carriers in a period."""
