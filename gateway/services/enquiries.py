"""Writes down that somebody asked where a parcel is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.clock import Clock
from gateway.domain.enquiries import Enquiry, EnquiryWay
from gateway.domain.errors import Conflict, NotFound, Unprocessable
from gateway.domain.honest_time import FUTURE_TOLERANCE
from gateway.domain.people import User
from gateway.services.audit_trail import KeyHolder
from gateway.services.ids import new_id
from gateway.services.ports import Mode, Store

MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How somebody asked, and when (None: now)."""

    way: EnquiryWay
    reference: str = ""
    at: datetime | None = None


class EnquiryBook:
    """A merchant's enquiries."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def take(self, by: User | KeyHolder, mode: Mode, shipment_id: str, asking: Asking) -> Enquiry:
        """One more.

        Raises:
            NotFound: no such shipment.
            Unprocessable: it is of a later moment.
            Conflict: the shipment has more of them than anybody asks.
        """
        now = self._clock()
        at = asking.at or now
        if at > now + FUTURE_TOLERANCE:
            raise Unprocessable("/at", "nobody has asked yet: it is later than now", "in_future")
        with self._store.work() as uow:
            shipment = uow.shipments.get(by.merchant_id, shipment_id, lock=True)
            if shipment is None or shipment.mode != mode:
                raise NotFound(f"no shipment {shipment_id}")
            if len(uow.enquiries.of_shipment(by.merchant_id, shipment_id)) >= MOST:
                raise Conflict(f"a shipment has at most {MOST} enquiries")
            enquiry = Enquiry(
                id=new_id("enq", now),
                merchant_id=by.merchant_id,
                mode=mode,
                shipment_id=shipment_id,
                way=asking.way,
                reference=asking.reference,
                taken_by=by.name,
                at=at,
                created_at=now,
            )
            if not uow.enquiries.kept(by.merchant_id, mode):  # from now on no enquiry is news of every shipment
                uow.kpi_sums.all_stale(by.merchant_id, mode, now)
            uow.enquiries.add(enquiry)
            uow.commit()
        return enquiry

    def of_shipment(self, merchant_id: str, mode: Mode, shipment_id: str) -> Sequence[Enquiry]:
        """Oldest first. Raises NotFound."""
        with self._store.look() as uow:
            shipment = uow.shipments.get(merchant_id, shipment_id)
            if shipment is None or shipment.mode != mode:
                raise NotFound(f"no shipment {shipment_id}")
            return uow.enquiries.of_shipment(merchant_id, shipment_id)
