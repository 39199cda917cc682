"""What the people at the console work with, bound together."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.clock import Clock
from gateway.services.audit_trail import AuditTrail
from gateway.services.desk import Desk
from gateway.services.people import People
from gateway.services.ports import Store
from gateway.services.ports.people import Codes, Passwords
from gateway.services.shipments import ShipmentService
from gateway.services.signing_in import SigningIn
from gateway.services.tags import TagBook
from gateway.services.views import ViewBook
from gateway.settings import Console


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Who they are, how they get in, what they did, what they ask."""

    people: People
    signing_in: SigningIn
    audit: AuditTrail
    desk: Desk
    views: ViewBook
    tags: TagBook


def staff_of(
    store: Store, shipments: ShipmentService, credentials: tuple[Passwords, Codes], clock: Clock, settings: Console
) -> Staff:
    """The services of one installation."""
    passwords, codes = credentials
    return Staff(
        people=People(store, passwords, codes, clock),
        signing_in=SigningIn(store, passwords, codes, clock, settings),
        audit=AuditTrail(store, clock),
        desk=Desk(store, shipments, clock),
        views=ViewBook(store, clock),
        tags=TagBook(store, clock),
    )
