"""Shipments in every state that a recipient may find his in, written as the services write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from itertools import count
from typing import Any

from PIL import Image, ImageDraw

from gateway.domain.eta import Eta, EtaSource
from gateway.domain.proof_files import PictureKind, ProofFile, ProofFileState
from gateway.domain.quotes import Rate, ServiceLevel
from gateway.domain.recipients import Brand
from gateway.domain.records import AccountRecord, ShipmentRecord, Tender, TrackerRecord
from gateway.domain.shipments import BookingRef, Shipment, ShipmentState, TenderState
from gateway.domain.tracking import Leg, Place, Source, TrackingEvent
from gateway.domain.values import Address, Money, Parcel
from gateway.services.bound import Services
from gateway.services.changes import record_created
from gateway.services.ids import new_id
from gateway.services.projection import project

NOW = datetime(2026, 11, 24, 11, 20, tzinfo=UTC)
"""A Tuesday, 12:20 in Oslo."""

OSLO = Address(
    country="NO",
    postal_code="0159",
    name="Kari Canary-Nordmann",
    street1="Canary gate 22",
    city="Oslo",
    phone="+4790001234",
    email="kari@canary.example",
    instructions="canary door code 4711",
)
STORE = Address(country="NO", postal_code="0152", name="Fjord og Fjell", street1="Dronningens gate 10", city="Oslo")
BRAND = Brand(
    name="Fjord og Fjell",
    colour="#1d5c4d",
    help_email="hjelp@fjord.example",
    help_phone="+4722334455",
    help_url="https://fjord.example/hjelp",
    returns_url="https://fjord.example/retur",
    privacy_url="https://fjord.example/personvern",
)
Scan = tuple[float, str, str, str, str]
"""Hours before now, status, reason, city, and the carrier's own words."""

BOOKED: tuple[Scan, ...] = ((50, "booked", "label_created", "", ""),)
MOVING: tuple[Scan, ...] = (
    *BOOKED,
    (45, "picked_up", "origin_scan", "Oslo", "Parcel received at counter"),
    (30, "in_transit", "facility_arrival", "Lørenskog", "Arrived at hub 07"),
    (22, "in_transit", "facility_departure", "Lørenskog", "Departed hub 07"),
)
OUT: tuple[Scan, ...] = (
    *MOVING,
    (6, "in_transit", "destination_depot", "Oslo", "At delivery depot"),
    (3, "out_for_delivery", "courier_en_route_to_dropoff", "Oslo", "Loaded on vehicle"),
)
LIVES: Mapping[str, tuple[Scan, ...]] = {
    "created": (),
    "booked": BOOKED,
    "in_transit": MOVING,
    "delayed": (*MOVING, (4, "exception", "delay_weather", "Hamar", "Road E6 closed, snow")),
    "out_for_delivery": OUT,
    "attempted": (*OUT, (1, "attempt_failed", "recipient_unavailable", "Oslo", "Nobody home, card left")),
    "ready": (*MOVING, (5, "available_for_pickup", "at_pickup_point", "Oslo", "Arrived at Kiwi Torggata")),
    "delivered": (*OUT, (0.5, "delivered", "delivered_safe_place", "Oslo", "Left in porch")),
    "returning": (
        *OUT,
        (20, "attempt_failed", "recipient_refused", "Oslo", ""),
        (1, "returning", "return_after_refusal", "Oslo", ""),
    ),
    "returned": (
        *MOVING,
        (5, "returning", "return_in_progress", "Oslo", ""),
        (1, "returned", "return_completed", "Oslo", ""),
    ),
    "cancelled": (*BOOKED, (1, "cancelled", "cancelled_by_shipper", "", "")),
    "failed": (*MOVING, (1, "failed", "lost", "", "Declared lost")),
}


@dataclass
class Shop:
    """A merchant whose parcels are on their way with one carrier."""

    services: Services
    merchant_id: str
    account: AccountRecord
    _numbers: Any

    def parcel(self, scans: tuple[Scan, ...], **more: Any) -> str:
        """The token of a new parcel with this life."""
        shipment = self.shipment(scans, **more)
        return self.services.recipients.links.token(shipment.id)

    def shipment(
        self, scans: tuple[Scan, ...], *, goods: Shipment | None = None, estimate: datetime | None = None, **more: Any
    ) -> ShipmentRecord:
        number, store = next(self._numbers), self.services.store
        begun = NOW - timedelta(hours=51)
        record = ShipmentRecord(
            id=new_id("shp", begun),
            merchant_id=self.merchant_id,
            mode=more.pop("mode", "live"),
            state=ShipmentState.BOOKING,
            shipment=goods or Shipment(origin=STORE, destination=OSLO, parcels=(Parcel(weight_g=2500),)),
            policy="default",
            created_at=begun,
            updated_at=begun,
        )
        with store.work() as uow:
            record_created(uow, record)
            if scans:
                record = self._booked(uow, record, f"70726201{number:08}", scans, estimate, more)
            uow.commit()
        return record

    def _booked(
        self,
        uow: Any,
        record: ShipmentRecord,
        number: str,
        scans: tuple[Scan, ...],
        estimate: datetime | None,
        more: Any,
    ) -> ShipmentRecord:
        promised = datetime(2026, 11, 24, 17, tzinfo=UTC)
        rate = Rate(
            service=ServiceLevel.NEXT_DAY,
            carrier_service="N",
            price=Money.parse("99", "NOK"),
            deliver_from=promised - timedelta(hours=4),
            deliver_by=promised,
        )
        reference = BookingRef(carrier_reference=number, tracking_number=number)
        tender = Tender(
            id=new_id("tnd", record.created_at),
            merchant_id=self.merchant_id,
            shipment_id=record.id,
            account_id=self.account.id,
            account=self.account.name,
            carrier=self.account.carrier,
            offer_id="",
            rate=rate,
            state=TenderState.ACCEPTED,
            created_at=record.created_at,
            updated_at=record.created_at,
            lease_until=record.created_at,
            booking=reference,
        )
        tracker = TrackerRecord(
            id=new_id("trk", record.created_at),
            merchant_id=self.merchant_id,
            account_id=self.account.id,
            carrier=self.account.carrier,
            tracking_number=number,
            created_at=record.created_at,
            shipment_id=record.id,
            tender_id=tender.id,
            estimated_delivery_at=estimate,
            promised_by=promised,
        )
        booked = replace(
            record,
            state=ShipmentState.BOOKED,
            account_id=self.account.id,
            account=self.account.name,
            carrier=self.account.carrier,
            tender_id=tender.id,
            tracking_number=number,
            deliver_by=promised,
            booking=reference,
            eta=estimate and Eta(earliest=estimate, latest=estimate, source=EtaSource.CARRIER, updated_at=NOW),
            **{"carrier_tracking_url": f"https://sporing.bring.example/{number}", **more},
        )
        uow.shipments.update(replace(booked, version=2))
        uow.tenders.add(tender)
        uow.trackers.add(tracker)
        for index, scan in enumerate(scans):
            uow.trackers.append(tracker, event(f"{number}-{index}", scan), "")
        project(uow, tracker, NOW, "test")
        return uow.shipments.get(self.merchant_id, record.id)  # type: ignore[no-any-return]  # the unit of work is any

    def photo(self, shipment: ShipmentRecord) -> None:
        """The photo of the delivery, made anew, comes in."""
        written = BytesIO()
        Image.effect_noise((1600, 1200), 60).convert("RGB").save(written, "JPEG")
        file = ProofFile(
            id=new_id("pof", NOW),
            merchant_id=self.merchant_id,
            shipment_id=shipment.id,
            kind=PictureKind.PHOTO,
            state=ProofFileState.HELD,
            source="carrier",
            origin="0" * 64,
            created_at=NOW,
            media_type="image/jpeg",
            width=1600,
            height=1200,
            sha256=sha256(written.getvalue()).hexdigest(),
        )
        with self.services.store.work() as uow:
            uow.proof_files.add(file, written.getvalue())
            uow.commit()

    def hears(self, shipment: ShipmentRecord, scan: Scan) -> None:
        """One more scan of a parcel comes in."""
        with self.services.store.work() as uow:
            tracker = uow.trackers.of_tender(self.merchant_id, shipment.tender_id)
            assert tracker
            uow.trackers.append(tracker, event(f"{shipment.id}-{scan}", scan), "")
            project(uow, tracker, NOW, "test")
            uow.commit()


def event(event_id: str, scan: Scan) -> TrackingEvent:
    """A scan as an event of the carrier; our own has no words."""
    hours, status, reason, city, words = scan
    return TrackingEvent(
        event_id=event_id,
        occurred_at=NOW - timedelta(hours=hours),
        status=status,
        reason=reason,
        carrier_code=status.upper() if words else "",
        description=words,
        place=Place(city=city, country="NO") if city else None,
        leg=Leg.RETURN if status in ("returning", "returned") else Leg.OUTBOUND,
        source=Source.POLL,
        received_at=NOW,
    )


def open_shop(services: Services, name: str = "Fjord og Fjell AS", carrier: str = "bring") -> Shop:
    """A merchant with an account."""
    merchant_id = services.keys.add_merchant(name)
    account = AccountRecord(
        id=new_id("acc", NOW), merchant_id=merchant_id, name=carrier, carrier=carrier, mode="live", created_at=NOW
    )
    with services.store.work() as uow:
        uow.accounts.add(account)
        uow.commit()
    return Shop(services, merchant_id, account, count(1))


def noise() -> bytes:
    """The worst that a logo can be."""
    written = BytesIO()
    Image.effect_noise((480, 144), 200).convert("RGB").save(written, "PNG")
    return written.getvalue()


def logo() -> bytes:
    """A logo as a shop's designer would send it: large."""
    image = Image.new("RGBA", (960, 240), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.polygon([(20, 220), (150, 30), (230, 140), (270, 90), (360, 220)], fill=(29, 92, 77, 255))
    draw.text((390, 70), "FJORD & FJELL", fill=(29, 92, 77, 255), font_size=72)
    written = BytesIO()
    image.save(written, "PNG", pnginfo=None)
    return written.getvalue()
