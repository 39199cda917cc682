"""Labels: the carrier's where it makes them, else our own; what is not whole, or was not bought, is never printed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from carriers.base import BookingRef, Capability, CarrierError, Label, LabelFormat, LabelKind, ShipmentRejected
from gateway.domain.errors import Conflict, GatewayError, NotFound
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import Personal, ShipmentState
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.faultpoints import Purpose
from gateway.services.ports import Mode, Store

LABEL_DEADLINE_S = 10.0
BATCH_DEADLINE_S = 25.0
MOST_IN_A_BATCH = 200
NEAR_BYTES = 1024
"""Printers' own commands, or a few stray bytes, may stand before and after."""
ENDS: Mapping[LabelKind, tuple[bytes, bytes]] = {
    LabelKind.PDF: (b"%PDF-", b"%%EOF"),
    LabelKind.ZPL: (b"^XA", b"^XZ"),
    LabelKind.PNG: (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"),
}
"""How a file of each kind begins and ends.

Source: ISO 32000-1, 7.5.2 and 7.5.5 (PDF); Zebra ZPL II programming guide, ^XA and ^XZ; W3C PNG, 5.2 and 11.2.5.
"""


def is_whole(label: Label) -> bool:
    """Whether it begins and ends as a file of its kind does."""
    begins, ends = ENDS[label.kind]
    return begins in label.content[:NEAR_BYTES] and ends in label.content[-NEAR_BYTES:]


class Unprintable(Conflict):
    """A label that cannot be made into what was asked for."""


class Press(Protocol):
    """Draws, converts and merges labels."""

    def draw(self, shipment: ShipmentRecord, kind: LabelKind) -> Label:
        """Our own label of a booked shipment, one for each parcel."""

    def convert(self, label: Label, kind: LabelKind) -> Label:
        """A PDF as another kind. Raises Unprintable."""

    def merge(self, labels: Sequence[tuple[str, bytes]], missing: Sequence[tuple[str, str]]) -> bytes:
        """One PDF of several; a last page names those that are missing, and why. Raises Unprintable."""

    def readable(self, content: bytes) -> bool:
        """Whether a PDF can be merged with others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Labels of several shipments in one PDF; `missing` are shipments without one, and why."""

    content: bytes
    missing: tuple[tuple[str, str], ...]


class Labels:
    """Labels of booked shipments: the same bytes ever after."""

    def __init__(self, store: Store, pool: CarrierPool, press: Press, elapsed: Callable[[], float] = time.monotonic):
        self._store = store
        self._pool = pool
        self._press = press
        self._elapsed = elapsed

    def label(self, merchant_id: str, mode: Mode, shipment_id: str, kind: LabelKind) -> Label:
        """The label, from the store or, the first time, from the carrier; our own where the carrier makes none.

        Raises:
            NotFound: no such shipment.
            Conflict: nothing is booked (a label that was not bought is never printed), or there is none of that kind.
            CarrierError: the carrier did not hand it out.
        """
        with self._store.look() as uow:
            shipment = uow.shipments.get(merchant_id, shipment_id)
            if shipment is None or shipment.mode != mode:
                raise NotFound(f"no shipment {shipment_id}")
            stored = uow.shipments.label(merchant_id, shipment_id, kind)
        booking = _with_label(shipment)
        if stored is not None:
            return stored
        live = self._pool.get(merchant_id, shipment.account_id)
        if not live.can(Capability.PRINTS_LABELS):
            return self._keep(shipment, self._press.draw(shipment, kind))
        try:
            return self._keep(shipment, self._fetch(live, booking, replace(shipment.label_format, kind=kind)))
        except ShipmentRejected as error:
            if kind is LabelKind.PDF:
                raise Conflict(str(error)) from error
        return self._keep(
            shipment, self._press.convert(self.label(merchant_id, mode, shipment_id, LabelKind.PDF), kind)
        )

    def batch(self, merchant_id: str, mode: Mode, shipment_ids: Sequence[str]) -> Batch:
        """All labels as one PDF in the order asked for, each page in its own size.

        Raises:
            NotFound: there is none of the shipments.
            Conflict: none of them has a label.
        """
        until = self._elapsed() + BATCH_DEADLINE_S
        found: list[tuple[str, bytes]] = []
        missing: list[tuple[str, GatewayError]] = []
        for shipment_id in dict.fromkeys(shipment_ids):
            try:
                found.append((shipment_id, self._merged_later(merchant_id, mode, shipment_id, until)))
            except (NotFound, Conflict, CarrierError) as error:
                missing.append((shipment_id, error))
        if not found:
            why = "; ".join(f"{name}: {error}" for name, error in missing[:3])
            unknown = all(isinstance(error, NotFound) for _, error in missing)
            raise NotFound("no such shipments") if unknown else Conflict(f"there is no label to print: {why}")
        told = tuple((name, str(error)) for name, error in missing)
        return Batch(content=self._press.merge(found, told), missing=told)

    def _merged_later(self, merchant_id: str, mode: Mode, shipment_id: str, until: float) -> bytes:
        if self._elapsed() > until:
            raise Conflict("not asked for any more: the batch took too long; print it again")
        content = self.label(merchant_id, mode, shipment_id, LabelKind.PDF).content
        if not self._press.readable(content):
            raise Unprintable("the carrier's PDF cannot be merged with others; print it by itself")
        return content

    def _keep(self, shipment: ShipmentRecord, label: Label) -> Label:
        """The first of a kind stays."""
        with self._store.work() as uow:
            uow.shipments.add_label(shipment.merchant_id, shipment.id, label)
            uow.commit()
            return uow.shipments.label(shipment.merchant_id, shipment.id, label.kind) or label

    def _fetch(self, live: LiveCarrier, booking: BookingRef, form: LabelFormat) -> Label:
        label = self._pool.ask(Purpose.LABEL, live, _label(live, booking, form), LABEL_DEADLINE_S)
        if not is_whole(label):
            raise CarrierError(
                f"{live.record.carrier} sent something that is no whole {label.kind.value}; try again later"
            )
        return label


async def _label(live: LiveCarrier, booking: BookingRef, form: LabelFormat) -> Label:
    label: Label = await live.carrier.label(booking, form)  # type: ignore[attr-defined]  # callers saw the role
    return label


def _with_label(shipment: ShipmentRecord) -> BookingRef:
    """What it is printed for; raises Conflict where nothing is, or is any more."""
    if shipment.state not in (ShipmentState.BOOKED, ShipmentState.CANCELLING) or shipment.booking is None:
        raise Conflict(f"a shipment in state {shipment.state.value} has no label")
    if shipment.personal is Personal.NONE:
        raise Conflict("its label is erased, with the addresses on it")
    if shipment.booking.drop_off_codes:
        raise Conflict("it is handed in with its code; the label is printed there")
    return shipment.booking
