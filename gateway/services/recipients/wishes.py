"""How recipients want their parcel delivered: only where its carrier takes that on, nothing is promised for others.

A link may have been passed on, so a wish needs what the recipient knows: the end of the phone number that the parcel
was booked with, else the postcode. Every try is counted before it is
looked at; after five wrong ones nobody may try for the rest of an hour.
"""

from __future__ import annotations

import re
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from carriers.base import BookingRef, Capability, TakesInstructions
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, GatewayError
from gateway.domain.postcodes import normalised
from gateway.domain.recipients import Brand
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import ShipmentState
from gateway.domain.tracking import statuses
from gateway.domain.values import Address
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.changes import record_change
from gateway.services.faultpoints import Purpose
from gateway.services.ports import Store
from gateway.services.recipients.pages import RecipientPages
from gateway.services.transactions import again_if_crossed

ProofKind = Literal["phone", "postcode"]
DEADLINE_S = 8.0
WRONG_AT_MOST, LOCKED_FOR = 5, timedelta(hours=1)
PHONE_DIGITS = 4
OPEN_PHASES = ("pre_transit", "in_transit", "problem")
SAID, BETWEEN = "Recipient: ", " / "
"""Around the recipient's words, which come first: carriers cut what is too long, and a new wish replaces them."""


class NotTheRecipient(GatewayError):
    """What was given to prove it is not what the parcel was booked with; `locked`: and nobody may try again now."""

    def __init__(self, *, locked: bool) -> None:
        super().__init__("this is not what the parcel was booked with")
        self.locked = locked


class RecipientWishes:
    """Hands wishes to carriers."""

    def __init__(self, store: Store, pool: CarrierPool, pages: RecipientPages, clock: Clock) -> None:
        self._store = store
        self._pool = pool
        self._pages = pages
        self._clock = clock

    def needs(self, shipment: ShipmentRecord, brand: Brand) -> ProofKind | None:
        """What a wish needs; None where its merchant or its carrier takes none (any more)."""
        known = proof_of(shipment.shipment.destination)
        under_way = shipment.state is ShipmentState.BOOKED and statuses()[shipment.status].phase in OPEN_PHASES
        if not (brand.wishes and under_way) or known is None:
            return None
        live = self._pool.get(shipment.merchant_id, shipment.account_id)
        return known[0] if live.can(Capability.TAKES_INSTRUCTIONS) else None

    def wish(self, token: str, wish: str, proof: str) -> None:
        """Tell the carrier, then keep it with the shipment and tell the merchant.

        Raises:
            NotFound, LinkEnded: see `RecipientPages`.
            NotTheRecipient: `proof` is not what the parcel was booked with.
            Conflict: its carrier takes no wishes, or none any more, or the merchant lets nobody wish.
            CarrierError: it did not answer; saying it again is harmless.
        """
        now = self._clock()
        with self._store.look() as uow:
            shipment = self._pages.shipment(uow, token, now)
            brand = uow.brands.get(shipment.merchant_id).brand
        booking = shipment.booking
        if self.needs(shipment, brand) is None or booking is None:
            raise Conflict("the carrier takes no wishes (any more)")
        self._check(shipment, proof, now)
        told = instructions(shipment.shipment.destination.instructions, wish)
        live = self._pool.get(shipment.merchant_id, shipment.account_id)
        self._pool.ask(Purpose.INSTRUCT, live, _instruct(live, booking, told), DEADLINE_S)
        again_if_crossed(lambda: self._keep(shipment, told))

    def _check(self, shipment: ShipmentRecord, proof: str, now: datetime) -> None:
        """Counted first and in the database: many at once, at many processes, get no more tries than one."""
        whose = (shipment.merchant_id, shipment.id)
        with self._store.work() as uow:
            tries = uow.tries.count(*whose, now, LOCKED_FOR)
            uow.commit()
        if tries > WRONG_AT_MOST:
            raise NotTheRecipient(locked=True)
        known = proof_of(shipment.shipment.destination)
        if known is None or normalised(proof) != known[1]:
            raise NotTheRecipient(locked=False)
        with self._store.work() as uow:
            uow.tries.forget(*whose)
            uow.commit()

    def _keep(self, shipment: ShipmentRecord, told: str) -> None:
        with self._store.work() as uow:
            current = uow.shipments.get(shipment.merchant_id, shipment.id, lock=True) or shipment
            goods = current.shipment
            changed = replace(goods, destination=replace(goods.destination, instructions=told))
            if changed != goods:
                record_change(uow, replace(current, shipment=changed), "shipment.instructions_changed", self._clock())
                uow.commit()


def proof_of(place: Address) -> tuple[ProofKind, str] | None:
    """What the recipient knows and others hardly do: the end of the phone number, else the postcode; None without."""
    digits = re.sub(r"\D", "", place.phone)
    if len(digits) > PHONE_DIGITS:
        return "phone", digits[-PHONE_DIGITS:]
    postcode = normalised(place.postal_code)
    return ("postcode", postcode) if postcode else None


def instructions(known: str, wish: str) -> str:
    """What the courier reads: the recipient's newest words, then the merchant's."""
    merchants = known.partition(BETWEEN)[2] if known.startswith(SAID) else known
    return f"{SAID}{wish.replace(BETWEEN, ', ')}{BETWEEN if merchants else ''}{merchants}"


def wished(shipment: ShipmentRecord) -> bool:
    """Whether the recipient has said something."""
    return shipment.shipment.destination.instructions.startswith(SAID)


def _instruct(live: LiveCarrier, booking: BookingRef, told: str) -> Coroutine[Any, Any, None]:
    return cast(TakesInstructions, live.carrier).instruct(booking, told)
