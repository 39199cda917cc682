"""How many shipments each account is booked for today and this week: shares and commitments are judged by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from gateway.domain.clock import Clock
from gateway.rules.context import Volumes
from gateway.services.ports import Mode, Store

FRESH_FOR = timedelta(seconds=3)


class BookedVolumes:
    """Counts from the database, kept for a few seconds per merchant and mode.

    What it does not promise: a share or a commitment is judged when the offers are ranked, by bookings up to
    `FRESH_FOR` old. What is booked meanwhile, by other processes too, and quotes that are booked later, come on top; so
    a share may be exceeded by as many bookings as happen in that time. Cancelled shipments no longer count.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._kept: dict[tuple[str, Mode, str], tuple[datetime, Volumes]] = {}

    def of(self, merchant_id: str, mode: Mode, timezone: tzinfo | None) -> Volumes:
        """The running day and week (from Monday, ISO 8601) in that zone, the policy's or the origin's; UTC for None."""
        now, zone = self._clock(), timezone or UTC
        key = (merchant_id, mode, str(zone))
        known = self._kept.get(key)
        if known is None or not now - FRESH_FOR <= known[0] <= now:
            known = self._kept[key] = now, self._counted(merchant_id, mode, now.astimezone(zone))
        return known[1]

    def _counted(self, merchant_id: str, mode: Mode, local: datetime) -> Volumes:
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        monday = midnight - timedelta(days=local.weekday())
        with self._store.look() as uow:
            return Volumes(
                day=uow.shipments.booked_since(merchant_id, mode, midnight),
                week=uow.shipments.booked_since(merchant_id, mode, monday),
                known=True,
            )
