"""I1, I8, I9, I10: bookings, what clients asked for, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, exists, func, literal, or_, select

from gateway.domain.shipments import OPEN_TENDER_STATES, ShipmentState, TenderState
from gateway.services.ports import Violation
from gateway.storage.audit.found import each
from gateway.storage.repositories.cases import CASES
from gateway.storage.repositories.idempotency import KEYS
from gateway.storage.repositories.shipments import SHIPMENTS
from gateway.storage.repositories.tenders import RECALLS, TENDERS
from gateway.storage.tables import metadata

UNKNOWN_AT_MOST = timedelta(hours=1)
"""How long after its sender's lease a tender may stay open without a person being asked: several review times."""

_S, _T, _R = SHIPMENTS.table.c, TENDERS.table.c, RECALLS.table.c
_C, _K = CASES.table.c, KEYS.table.c
_TENDER_OF_SHIPMENT = and_(_T.merchant_id == _S.merchant_id, _T.shipment_id == _S.id)


def one_paid_booking(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I1: at most one booking of a shipment is paid for, or the other one is being taken back."""
    open_ones = select(_T.merchant_id, _T.shipment_id).where(_T.state.in_(OPEN_TENDER_STATES))
    crowded = open_ones.group_by(_T.merchant_id, _T.shipment_id).having(func.count() > 1)
    yield from each(connection, "I1", crowded, "has more than one open tender")
    recalled = exists().where(_R.merchant_id == _T.merchant_id, _R.tender_id == _T.id)
    left = select(_T.merchant_id, _T.id).where(
        _T.state.not_in(OPEN_TENDER_STATES), _T.carrier_reference.is_not(None), ~recalled
    )
    yield from each(connection, "I1", left, "is closed and holds a booking that nobody takes back")
    noticed = exists().where(
        _C.merchant_id == _R.merchant_id, _C.tender_id == _R.tender_id, _C.kind == "recall_refused"
    )
    refused = select(_R.merchant_id, _R.id).where(_R.state == "refused", _R.purpose == "compensation", ~noticed)
    yield from each(connection, "I1", refused, "was refused and no case says so")


def booked_means_accepted(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I1: a shipment is booked if and only if its tender is accepted."""
    accepted = exists().where(_TENDER_OF_SHIPMENT, _T.id == _S.tender_id, _T.state == TenderState.ACCEPTED)
    booked = _S.state.in_((ShipmentState.BOOKED, ShipmentState.CANCELLING))
    unbacked = select(_S.merchant_id, _S.id).where(booked, ~accepted)
    yield from each(connection, "I1", unbacked, "is booked without an accepted tender")
    open_one = exists().where(_TENDER_OF_SHIPMENT, _T.state.in_(OPEN_TENDER_STATES))
    over = _S.state.in_((ShipmentState.FAILED, ShipmentState.CANCELLED))
    forgotten = select(_S.merchant_id, _S.id).where(over, open_one)
    yield from each(connection, "I1", forgotten, "is over, but a tender of it is open")


def keys_mean_one_thing(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I8: a finished Idempotency-Key has its answer, and what it began exists."""
    unanswered = select(_K.merchant_id, _K.key).where(_K.state == "done", _K.status.is_(None))
    yield from each(connection, "I8", unanswered, "is done without an answer")
    there = exists().where(_S.merchant_id == _K.merchant_id, _S.id == _K.resource_id)
    dangling = select(_K.merchant_id, _K.key).where(_K.resource_id.startswith("shp_"), ~there)
    yield from each(connection, "I8", dangling, "points at a shipment that does not exist")


def every_row_has_its_merchant(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I9: no row without a merchant, and none that points at another's."""
    for table in metadata.sorted_tables:
        if "merchant_id" in table.c:
            merchant_id = table.c.merchant_id
            ownerless = select(merchant_id, literal(table.name)).where(merchant_id == "").limit(1)
            yield from each(connection, "I9", ownerless, "has rows of no merchant")
    own = exists().where(_TENDER_OF_SHIPMENT, _T.id == _S.tender_id)
    strange = select(_S.merchant_id, _S.id).where(_S.tender_id.is_not(None), ~own)
    yield from each(connection, "I9", strange, "points at a tender that is not its own")


def nothing_stays_unknown(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I10: a tender whose outcome is unknown is settled soon, or waits for a person."""
    asked = exists().where(_TENDER_OF_SHIPMENT, _S.state == ShipmentState.NEEDS_REVIEW)
    stale = select(_T.merchant_id, _T.id).where(
        or_(_T.state == TenderState.OFFERED, _T.state == TenderState.UNCERTAIN),
        _T.lease_until < now - UNKNOWN_AT_MOST,
        ~asked,
    )
    yield from each(connection, "I10", stale, "has been open for too long and no person was asked")
