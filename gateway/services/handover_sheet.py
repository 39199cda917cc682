"""What is on a list that is signed at handover: the parcels of a manifest, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from gateway.domain.handovers import ManifestRecord
from gateway.domain.records import ShipmentRecord
from gateway.domain.values import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """One parcel. `number` is what the carrier scans: the parcel's own number, else its shipment's."""

    reference: str
    number: str
    piece: int
    pieces: int
    weight_g: int
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverSheet:
    """A whole list."""

    manifest_id: str
    account: str
    carrier: str
    day: date
    made_at: datetime
    origins: tuple[str, ...]
    shipments: int
    lines: tuple[SheetLine, ...]

    @property
    def weight_g(self) -> int:
        """Of all parcels."""
        return sum(line.weight_g for line in self.lines)


def sheet_of(manifest: ManifestRecord, shipments: Sequence[ShipmentRecord]) -> HandoverSheet:
    """The list of a manifest's shipments."""
    return HandoverSheet(
        manifest_id=manifest.id,
        account=manifest.account,
        carrier=manifest.carrier,
        day=manifest.day,
        made_at=manifest.created_at,
        origins=tuple(dict.fromkeys(_place(record.shipment.origin) for record in shipments)),
        shipments=len(shipments),
        lines=tuple(line for record in shipments for line in _lines(record)),
    )


def _lines(record: ShipmentRecord) -> Iterator[SheetLine]:
    parcels = record.shipment.parcels
    numbers = record.booking.parcel_numbers if record.booking else ()
    if len(numbers) != len(parcels):
        numbers = (record.tracking_number,) * len(parcels)
    for piece, (parcel, number) in enumerate(zip(parcels, numbers, strict=True), start=1):
        to = record.shipment.destination
        yield SheetLine(
            reference=record.reference or record.id,
            number=number,
            piece=piece,
            pieces=len(parcels),
            weight_g=parcel.weight_g,
            recipient=f"{to.company or to.name}, {to.postal_code} {to.city}".strip(),
        )


def _place(origin: Address) -> str:
    parts = (origin.company or origin.name, origin.street1, f"{origin.postal_code} {origin.city}".strip())
    return ", ".join(part for part in (*parts, origin.country) if part)
