"""A shipment of which a test tells what happens, event by event, as its carrier would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from carriers.base import TrackingUpdate
from gateway.domain.tracking import Leg, Place, TrackingEvent
from tests.journeys.site import Merchant, Site

NUMBERS = count(1)


@dataclass(kw_only=True)
class Told:
    """A shipment at a sandbox that is never polled."""

    site: Site
    shop: Merchant
    account_id: str
    id: str
    number: str
    booked: Any = field(repr=False)

    def shown(self) -> Any:
        return self.shop.shipment(self.id)

    def tell(self, *events: TrackingEvent, deliver_by: datetime | None = None) -> None:
        """Let the carrier tell it, and the worker take note."""
        update = TrackingUpdate(tracking_number=self.number, events=events, deliver_by=deliver_by)
        with self.site.services.store.look() as uow:
            account = uow.accounts.by_id(self.account_id)
        assert account is not None
        self.site.services.tracking.scan(account, [update], f"told {next(NUMBERS)}".encode())
        self.site.work()

    def messages(self) -> Sequence[str]:
        """The types of all messages about it, in their order."""
        with self.site.services.store.look() as uow:
            return [message.type for message in uow.outbox.of_subject(self.shop.id, self.id, 0, 200)]

    def cases(self) -> Sequence[tuple[str, str]]:
        return [(case["kind"], case["state"]) for case in self.shown()["cases"]]

    def event(
        self, status: str, reason: str = "none", *, ago: float = 0, piece: str = "", place: Place | None = None
    ) -> TrackingEvent:
        """One that happened so many minutes ago."""
        at = self.site.clock() - timedelta(minutes=ago)
        return TrackingEvent(
            event_id=f"{status}/{reason}/{piece}/{next(NUMBERS)}",
            occurred_at=at,
            status=status,
            reason=reason,
            piece=piece,
            place=place,
            leg=Leg.OUTBOUND,
        )


def told(site: Site, shop: Merchant, **order: Any) -> Told:
    """A booked one; what the carrier says of it is the test's to tell."""
    account_id = shop.account("sandbox-1", site.carrier("sandbox"), without="track")
    booked = shop.booked(**order)
    site.work()
    return Told(
        site=site,
        shop=shop,
        account_id=account_id,
        id=booked["id"],
        number=booked["tracking_number"],
        booked=booked,
    )
