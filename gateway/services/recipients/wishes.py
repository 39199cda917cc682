"""How recipients want their parcel delivered: only where its carrier takes that on, nothing is promised for others.

A link may have been passed on, so a wish needs what the recipient knows (see `proving`).
"""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, cast

from carriers.base import BookingRef, Capability, TakesInstructions
from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict
from gateway.domain.recipients import Brand
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import ShipmentState
from gateway.domain.tracking import statuses
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.changes import record_change
from gateway.services.faultpoints import Purpose
from gateway.services.ports import Store
from gateway.services.recipients.pages import RecipientPages
from gateway.services.recipients.proving import ProofKind, Prover
from gateway.services.transactions import again_if_crossed

DEADLINE_S = 8.0
OPEN_PHASES = ("pre_transit", "in_transit", "problem")
SAID, BETWEEN = "Recipient: ", " / "
"""Around the recipient's words, which come first: carriers cut what is too long, and a new wish replaces them."""


class RecipientWishes:
    """Hands wishes to carriers."""

    def __init__(self, store: Store, pool: CarrierPool, pages: RecipientPages, prover: Prover, clock: Clock) -> None:
        self._store = store
        self._pool = pool
        self._pages = pages
        self._prover = prover
        self._clock = clock

    def needs(self, shipment: ShipmentRecord, brand: Brand) -> ProofKind | None:
        """What a wish needs; None where its merchant or its carrier takes none (any more)."""
        under_way = shipment.state is ShipmentState.BOOKED and statuses()[shipment.status].phase in OPEN_PHASES
        if not (brand.wishes and under_way) or shipment.return_of:
            return None
        live = self._pool.get(shipment.merchant_id, shipment.account_id)
        return self._prover.kind(shipment, brand) if live.can(Capability.TAKES_INSTRUCTIONS) else None

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
        if self.needs(shipment, brand) is None:
            raise Conflict("the carrier takes no wishes (any more)")
        self._prover.check(shipment, brand, proof)
        self._tell(shipment, instructions(shipment.shipment.destination.instructions, wish))

    def hand_on(self, shipment: ShipmentRecord, words: str) -> None:
        """Tell the carrier the merchant's words, in place of those it was booked with; the recipient's stay.

        Raises:
            Conflict: nothing is booked. CarrierError: it did not answer; saying it again is harmless.
        """
        known = shipment.shipment.destination.instructions
        wished_for = known.partition(BETWEEN)[0] + BETWEEN if known.startswith(SAID) else ""
        self._tell(shipment, f"{wished_for}{words.replace(BETWEEN, ', ')}")

    def _tell(self, shipment: ShipmentRecord, told: str) -> None:
        booking = shipment.booking
        if booking is None:
            raise Conflict("the carrier takes no wishes (any more)")
        live = self._pool.get(shipment.merchant_id, shipment.account_id)
        self._pool.ask(Purpose.INSTRUCT, live, _instruct(live, booking, told), DEADLINE_S)
        again_if_crossed(lambda: self._keep(shipment, told))

    def _keep(self, shipment: ShipmentRecord, told: str) -> None:
        with self._store.work() as uow:
            current = uow.shipments.get(shipment.merchant_id, shipment.id, lock=True) or shipment
            goods = current.shipment
            changed = replace(goods, destination=replace(goods.destination, instructions=told))
            if changed != goods:
                record_change(uow, replace(current, shipment=changed), "shipment.instructions_changed", self._clock())
                uow.commit()


def instructions(known: str, wish: str) -> str:
    """What the courier reads: the recipient's newest words, then the merchant's."""
    merchants = known.partition(BETWEEN)[2] if known.startswith(SAID) else known
    return f"{SAID}{wish.replace(BETWEEN, ', ')}{BETWEEN if merchants else ''}{merchants}"


def wished(shipment: ShipmentRecord) -> bool:
    """Whether the recipient has said something."""
    return shipment.shipment.destination.instructions.startswith(SAID)


def _instruct(live: LiveCarrier, booking: BookingRef, told: str) -> Coroutine[Any, Any, None]:
    return cast(TakesInstructions, live.carrier).instruct(booking, told)
