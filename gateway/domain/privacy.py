"""What is left of a shipment when its people are forgotten: enough for statistics and backtests, nobody's door.

Which fields: the data map at /docs/privacy. Source of the principle: GDPR, articles 4(5), 5(1)(c) and (e), and 17.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gateway.domain.postcodes import normalised
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import BookingRef, Personal, Shipment, ShipmentState
from gateway.domain.tracking import ProofOfDelivery
from gateway.domain.values import Address

_OVER = (ShipmentState.FAILED, ShipmentState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose data are meant: an e-mail address, a phone number or a merchant's reference, exactly one of them."""

    email: str = ""
    phone: str = ""
    reference: str = ""

    def meant_by(self, shipment: Shipment, reference: str) -> bool:
        """Whether a shipment is to or from them."""
        ends = (shipment.destination, shipment.origin)
        if self.email:
            return any(end.email.casefold() == self.email.casefold() for end in ends)
        if self.phone:
            return any(_digits(end.phone) == _digits(self.phone) for end in ends)
        return reference == self.reference

    def named_in(self, texts: Iterable[str]) -> bool:
        """Whether any text, as people typed it, is theirs."""
        if self.phone:
            return any(_digits(text).lstrip("0") == _digits(self.phone) for text in texts)
        return any(" ".join(text.casefold().split()) == self.word.casefold() for text in texts)

    @property
    def kind(self) -> str:
        """What they are named by; for the log, which does not name them."""
        return "e-mail" if self.email else "phone" if self.phone else "reference"

    @property
    def word(self) -> str:
        """The word that shipments are found by."""
        return self.email or _digits(self.phone) or self.reference


def is_over(record: ShipmentRecord) -> bool:
    """Whether nobody needs to find the door any more."""
    return record.state in _OVER or (record.state is ShipmentState.BOOKED and record.phase == "final")


def shortened(postcode: str) -> str:
    """The first half of a postcode, rounded up: the area of many thousands ("SW1A 1AA" -> "SW1A", "0154" -> "01")."""
    bare = normalised(postcode)
    return bare[: (len(bare) + 1) // 2]


def area(place: Address) -> Address:
    """A country and a shortened postcode."""
    return Address(
        country=place.country,
        postal_code=shortened(place.postal_code),
        subdivision=place.subdivision,
        residential=place.residential,
    )


def without_person(place: Address) -> Address:
    """The whole postcode and the town, but nobody and no door there; coordinates to about a kilometre."""
    return replace(
        area(place),
        postal_code=place.postal_code,
        city=place.city,
        latitude=None if place.latitude is None else round(place.latitude, 2),
        longitude=None if place.longitude is None else round(place.longitude, 2),
    )


def nobodys(shipment: Shipment) -> Shipment:
    """A shipment that was only asked about, for backtests of quotes."""
    return replace(shipment, origin=without_person(shipment.origin), destination=without_person(shipment.destination))


def pseudonymised(shipment: Shipment) -> Shipment:
    """Its areas, weights, sizes, values and requirements."""
    return replace(
        shipment,
        origin=area(shipment.origin),
        destination=area(shipment.destination),
        parcels=tuple(replace(parcel, description="") for parcel in shipment.parcels),
        metadata={},
    )


def unguided(record: ShipmentRecord) -> ShipmentRecord:
    """Without the instructions for its driver."""
    shipment = record.shipment
    return replace(
        record,
        personal=Personal.SOME,
        shipment=replace(
            shipment,
            origin=replace(shipment.origin, instructions=""),
            destination=replace(shipment.destination, instructions=""),
        ),
    )


def forgotten(record: ShipmentRecord) -> ShipmentRecord:
    """Pseudonymised. Prices, times, statuses, the merchant's reference and the carrier's numbers stay."""
    return replace(
        record,
        personal=Personal.NONE,
        shipment=pseudonymised(record.shipment),
        why="",
        carrier_tracking_url="",
        proof=record.proof and faceless(record.proof),
        booking=record.booking and unlinked(record.booking),
    )


def faceless(proof: ProofOfDelivery) -> ProofOfDelivery:
    """When it was handed over and what was checked; not to whom, and not where."""
    return replace(proof.facts, received_by="", relationship="", barcodes=(), latitude=None, longitude=None)


def unlinked(booking: BookingRef) -> BookingRef:
    """Without the ways to a label or a drop-off."""
    return replace(booking, label_url="", drop_off_codes=())


def _digits(phone: str) -> str:
    return "".join(letter for letter in phone if letter.isdigit())
