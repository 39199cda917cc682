"""The pack station: whatever is scanned is found, packed into a box, weighed, booked and printed.

What is to be packed comes from jobs that wait there, from quotes and from checkouts' codes. Whatever is found is booked
under a key of its own, so that scanning it twice, at two stations or on a line that was down, pays once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from gateway.domain.bulk import BulkRow, RowState
from gateway.domain.checkouts import offer_in
from gateway.domain.errors import NotFound
from gateway.domain.order_lines import read
from gateway.domain.packing import Box
from gateway.domain.quotes import Quote
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import Shipment, ShipmentState
from gateway.domain.values import Parcel
from gateway.services.batches import booked_row
from gateway.services.bulk import BulkJobs
from gateway.services.orders import NotBooked, Orders
from gateway.services.ports import Mode, ShipmentSearch, Store
from gateway.services.quotes import QuoteAsk, QuoteService
from gateway.services.shipments import BookAsk

PACK = "pack"
MOST_BOXES = 4
"""As many as there are keys for them. Source: the document on what people see, section 6."""
TRAY = 20
UNKNOWN = (ShipmentState.BOOKING, ShipmentState.UNCERTAIN, ShipmentState.NEEDS_REVIEW)
WEIGHT = re.compile(r"([0-9]{1,5})[.,]([0-9]{1,3})(?: ?kg)?|([0-9]{1,5}) ?kg|([0-9]{1,8}) ?g", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPack:
    """What was found under a scan: a shipment there is already, or what is to be booked. `boxes`, the best first by
    number, are those it fits into; `suggested` counts from 1, 0 for none.
    """

    name: str
    key: str = ""
    made: ShipmentRecord | None = None
    shipment: Shipment | None = None
    row: BulkRow | None = None
    quote: Quote | None = None
    offer_id: str = ""
    policy: str = ""
    boxes: Sequence[Box] = ()
    suggested: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """How it was packed: weight of each parcel in grams (0: as ordered) and the number of the box (0: as ordered)."""

    weight_g: int = 0
    box: int = 0


class PackStation:
    """Finds and books."""

    def __init__(self, store: Store, orders: Orders, bulk: BulkJobs, quotes: QuoteService) -> None:
        self._store = store
        self._orders = orders
        self._bulk = bulk
        self._quotes = quotes

    def find(self, merchant_id: str, mode: Mode, scanned: str) -> ToPack:
        """What a scan means: a reference or number of a shipment, an order that waits, a quote, a checkout's code.

        Raises:
            NotFound: nothing is called that.
        """
        made = self._made(merchant_id, mode, scanned)
        row = self._bulk.find(merchant_id, mode, PACK, scanned)
        if made is not None and (made.state is not ShipmentState.FAILED or row is None):
            return ToPack(name=made.reference or made.tracking_number or made.id, made=made)
        if row is not None and row.state is RowState.READY:
            return self._of_row(merchant_id, mode, row)
        quote, offer_id = self._quoted(merchant_id, mode, scanned)
        if quote is None:
            raise NotFound(f"nothing that is to be packed, and no shipment, is called “{scanned}”")
        found = ToPack(
            name=quote.shipment.reference or scanned,
            key=f"quote:{quote.id}",
            shipment=quote.shipment,
            quote=quote,
            offer_id=offer_id,
            policy=quote.policy,
        )
        return self._boxed(merchant_id, mode, found)

    def book(self, merchant_id: str, mode: Mode, found: ToPack, packed: Packed) -> ShipmentRecord:
        """Book what was found, once; a job that waited for it is told.

        Raises:
            NotBooked: every carrier refused; it can be tried again.
            StillRunning: another station is booking it.
        """
        if found.made is not None:
            return found.made
        try:
            shipment = self._orders.book(merchant_id, mode, found.key, self._ask(merchant_id, mode, found, packed))
        except NotBooked as error:
            if found.row is not None:  # the next try is another attempt, under another key
                again = replace(found.row, attempt=found.row.attempt + 1, why=str(error))
                self._bulk.settle(again, found.row)
            raise
        if found.row is not None:
            self._bulk.settle(booked_row(found.row, shipment), found.row)
        return shipment

    def tray(self, merchant_id: str, mode: Mode) -> Sequence[ShipmentRecord]:
        """Bookings whose outcome is not known: their parcels wait without a label."""
        with self._store.look() as uow:
            found = [
                each
                for state in UNKNOWN
                for each in uow.shipments.search(
                    merchant_id, ShipmentSearch(mode=mode, state=state.value, limit=TRAY)
                ).items
            ]
        return sorted(found, key=lambda each: each.id)

    def _made(self, merchant_id: str, mode: Mode, scanned: str) -> ShipmentRecord | None:
        with self._store.look() as uow:
            known = uow.shipments.by_reference(merchant_id, mode, scanned)
            if known is None and scanned.startswith("shp_"):
                known = uow.shipments.get(merchant_id, scanned)
                known = known if known is not None and known.mode == mode else None
            if known is None:
                search = ShipmentSearch(mode=mode, tracking_number=scanned, limit=1)
                known = next(iter(uow.shipments.search(merchant_id, search).items), None)
        return known

    def _of_row(self, merchant_id: str, mode: Mode, row: BulkRow) -> ToPack:
        job = self._bulk.get(merchant_id, mode, row.job_id).job
        policy = str(job.facts.get("policy", ""))
        ask = self._orders.asked(merchant_id, read(row.data), policy)
        found = ToPack(name=row.name, key=row.key, shipment=ask.shipment, row=row, policy=policy)
        return self._boxed(merchant_id, mode, found)

    def _quoted(self, merchant_id: str, mode: Mode, scanned: str) -> tuple[Quote | None, str]:
        quote_id, offer_id = (scanned, "") if scanned.startswith("qte_") else offer_in(scanned)
        if not quote_id:
            return None, ""
        try:
            return self._quotes.get(merchant_id, mode, quote_id), offer_id
        except NotFound:
            return None, ""

    def _boxed(self, merchant_id: str, mode: Mode, found: ToPack) -> ToPack:
        """With the merchant's boxes that it fits into, the smallest first."""
        with self._store.look() as uow:
            every = {box for each in uow.checkouts.list(merchant_id, mode) for box in each.settings.boxes}
        parcels = found.shipment.parcels if found.shipment else ()
        fitting = sorted((box for box in every if _fits(parcels, box)), key=lambda box: (box.volume_mm3, box.name))
        known = len(parcels) == 1 and parcels[0].volume_mm3 > 0
        return replace(found, boxes=fitting[:MOST_BOXES], suggested=1 if fitting and known else 0)

    def _ask(self, merchant_id: str, mode: Mode, found: ToPack, packed: Packed) -> BookAsk:
        """As it was quoted where it is packed as it was, and anew where it weighs or measures something else."""
        if found.shipment is None:
            raise ValueError("what is booked already is not asked about")
        parcels = tuple(_packed(parcel, packed, found.boxes) for parcel in found.shipment.parcels)
        if found.quote is not None and parcels == found.shipment.parcels:
            return BookAsk(quote_id=found.quote.id, offer_id=found.offer_id)
        services = found.quote.services if found.quote else read(found.row.data).services if found.row else ()
        shipment = replace(found.shipment, parcels=parcels)
        return BookAsk(ask=QuoteAsk(shipment=shipment, services=services, policy=found.policy))


def weight_in(text: str) -> int:
    """Grams of a weight as scales and people write it ("2.5", "2,5 kg", "800 g"); 0 for what is none."""
    found = WEIGHT.fullmatch(text.strip())
    if found is None:
        return 0
    whole, part, kilos, grams = found.groups()
    if grams:
        return int(grams)
    return int(Decimal(kilos or f"{whole}.{part}") * 1000)


def _fits(parcels: Sequence[Parcel], box: Box) -> bool:
    """Whether each parcel of known size, and weight, goes into the box, turned as need be."""
    room = sorted(box.inner_mm)
    return all(
        all(side <= space for side, space in zip(sorted(parcel.dimensions_mm), room, strict=True))
        and (box.max_weight_g is None or parcel.weight_g <= box.max_weight_g)
        for parcel in parcels
    )


def _packed(parcel: Parcel, packed: Packed, boxes: Sequence[Box]) -> Parcel:
    box = boxes[packed.box - 1] if 0 < packed.box <= len(boxes) else None
    if box is not None:
        length, width, height = (side + 2 * box.wall_mm for side in box.inner_mm)
        parcel = replace(parcel, length_mm=length, width_mm=width, height_mm=height)
    return replace(parcel, weight_g=packed.weight_g or parcel.weight_g)
