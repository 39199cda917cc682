"""That it is the recipient who wishes something: a link may have been passed on.

He tells what he knows: the end of the phone number that the parcel was booked with, else the postcode; or, where his
shop wants it, a code that is sent to him. Every try is counted before it is looked at; after five wrong ones nobody may
try for the rest of an hour.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

from gateway.domain.clock import Clock
from gateway.domain.errors import GatewayError
from gateway.domain.postcodes import normalised
from gateway.domain.recipients import Brand
from gateway.domain.records import ShipmentRecord
from gateway.domain.values import Address
from gateway.services.ports import Store
from gateway.services.recipients.codes import RecipientCodes

ProofKind = Literal["phone", "postcode", "code"]
WRONG_AT_MOST, LOCKED_FOR = 5, timedelta(hours=1)
PHONE_DIGITS = 4


class NotTheRecipient(GatewayError):
    """What was given to prove it is not what the parcel was booked with; `locked`: and nobody may try again now."""

    def __init__(self, *, locked: bool) -> None:
        super().__init__("this is not what the parcel was booked with")
        self.locked = locked


class Prover:
    """Counts tries and compares."""

    def __init__(self, store: Store, clock: Clock, codes: RecipientCodes) -> None:
        self._store = store
        self._clock = clock
        self.codes = codes

    def kind(self, shipment: ShipmentRecord, brand: Brand) -> ProofKind | None:
        """What shows that it is the recipient; None where nothing could."""
        if brand.proof_code:
            return "code" if self.codes.way(shipment) else None
        known = proof_of(shipment.shipment.destination)
        return known[0] if known else None

    def check(self, shipment: ShipmentRecord, brand: Brand, proof: str) -> None:
        """Counted first and in the database: many at once, at many processes, get no more tries than one.

        Raises:
            NotTheRecipient: `proof` is not what the parcel was booked with, or there were too many wrong ones.
        """
        now, whose = self._clock(), (shipment.merchant_id, shipment.id)
        with self._store.work() as uow:
            tries = uow.tries.count(*whose, now, LOCKED_FOR)
            uow.commit()
        if tries > WRONG_AT_MOST:
            raise NotTheRecipient(locked=True)
        if not self._is_right(shipment, brand, proof):
            raise NotTheRecipient(locked=False)
        with self._store.work() as uow:
            uow.tries.forget(*whose)
            uow.commit()

    def _is_right(self, shipment: ShipmentRecord, brand: Brand, proof: str) -> bool:
        if brand.proof_code:
            return self.codes.use(shipment, proof)
        known = proof_of(shipment.shipment.destination)
        return known is not None and normalised(proof) == known[1]


def proof_of(place: Address) -> tuple[ProofKind, str] | None:
    """What the recipient knows and others hardly do: the end of the phone number, else the postcode; None without."""
    digits = re.sub(r"\D", "", place.phone)
    if len(digits) > PHONE_DIGITS:
        return "phone", digits[-PHONE_DIGITS:]
    postcode = normalised(place.postal_code)
    return ("postcode", postcode) if postcode else None
