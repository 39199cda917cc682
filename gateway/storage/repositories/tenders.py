"""Tenders, and bookings to be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, or_, select, update

from gateway.domain.records import Recall, Tender
from gateway.domain.shipments import OPEN_TENDER_STATES, TenderState
from gateway.storage.claims import NOW, claim
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import Rows
from gateway.storage.tables.shipments import ONE_OPEN_TENDER, ONE_RECALL_A_BOOKING, RecallRow, TenderRow

TENDERS = Rows(TenderRow, Tender)
RECALLS = Rows(RecallRow, Recall)
_T = TENDERS.table.c
_R = RECALLS.table.c
_OF_SHIPMENT = (
    select(TENDERS.table)
    .where(_T.merchant_id == bindparam("merchant_id"), _T.shipment_id == bindparam("shipment_id"))
    .order_by(_T.created_at, _T.id)
)
_RECALLS_OF_SHIPMENT = (
    select(RECALLS.table)
    .where(_R.merchant_id == bindparam("merchant_id"), _R.shipment_id == bindparam("shipment_id"))
    .order_by(_R.created_at, _R.id)
)
_OPEN_RECALL = _R.state.in_(("due", "agreed"))
_RECALL_DUE = and_(_OPEN_RECALL, _R.due_at <= NOW)
_DUE = or_(
    and_(_T.state == TenderState.OFFERED, _T.lease_until < NOW, or_(_T.due_at.is_(None), _T.due_at <= NOW)),
    and_(_T.state.not_in((TenderState.OFFERED, TenderState.ACCEPTED)), _T.due_at <= NOW),
)


class TenderRepository(Repository):
    """Tenders. Unique indexes forbid two open ones of a shipment and two accepted ones of a booking."""

    def add(self, tender: Tender) -> bool:
        """False when the shipment has an open tender already."""
        return TENDERS.add(self._connection, tender, unless=ONE_OPEN_TENDER, others=derived(tender))

    def get(self, merchant_id: str, tender_id: str) -> Tender | None:
        """By id."""
        return TENDERS.get(self._connection, merchant_id, tender_id)

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Tender]:
        """Oldest first."""
        return TENDERS.all(self._connection, _OF_SHIPMENT, merchant_id=merchant_id, shipment_id=shipment_id)

    def close(self, tender: Tender, expected: Sequence[str]) -> bool:
        """Write it if its stored state is one of `expected`; False when somebody else was first."""
        written = (
            update(TENDERS.table)
            .where(_T.merchant_id == tender.merchant_id, _T.id == tender.id, _T.state.in_(expected))
            .values(TENDERS.values(tender) | derived(tender))
        )
        return self._connection.execute(written).rowcount == 1

    def booked_elsewhere(self, merchant_id: str, account_id: str, carrier_reference: str, tender_id: str) -> str | None:
        """Another open tender's id that already holds this booking of the account."""
        holders = select(_T.id).where(
            _T.merchant_id == merchant_id,
            _T.account_id == account_id,
            _T.carrier_reference == carrier_reference,
            _T.id != tender_id,
            _T.state.in_(OPEN_TENDER_STATES),
        )
        holder: str | None = self._connection.execute(holders).scalar()
        return holder

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Tender]:
        """Offered ones whose sender's lease is over; uncertain ones, and closed ones, that are due."""
        return claim(self._connection, TENDERS, _DUE, now, lease, limit)


class RecallRepository(Repository):
    """Bookings to be taken back. Once done or refused they stay so."""

    def add(self, recall: Recall) -> bool:
        """False when that very booking is being recalled already."""
        booking = {"carrier_reference": recall.booking.carrier_reference}
        return RECALLS.add(self._connection, recall, unless=ONE_RECALL_A_BOOKING, others=booking)

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Recall]:
        """Oldest first."""
        return RECALLS.all(self._connection, _RECALLS_OF_SHIPMENT, merchant_id=merchant_id, shipment_id=shipment_id)

    def update(self, recall: Recall) -> None:
        """Write it while it is open."""
        self._connection.execute(
            update(RECALLS.table)
            .where(_R.merchant_id == recall.merchant_id, _R.id == recall.id, _OPEN_RECALL)
            .values(RECALLS.values(recall))
        )

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Recall]:
        """Those that are due."""
        return claim(self._connection, RECALLS, _RECALL_DUE, now, lease, limit)


def derived(tender: Tender) -> dict[str, Any]:
    """Columns that say in SQL what the rate and the booking say."""
    price = tender.rate.price
    return {
        "price_minor": price.minor,
        "price_currency": price.currency,
        "carrier_reference": tender.booking.carrier_reference if tender.booking else "",
    }
