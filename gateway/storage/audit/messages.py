"""I3, I4, I14: what carriers told us, and what we tell merchants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, exists, func, or_, select

from gateway.domain.message_types import hears
from gateway.domain.messages import DeliveryState, InboxState
from gateway.services.ports import Violation
from gateway.storage.audit.found import broken, each
from gateway.storage.repositories.base import MERCHANTS
from gateway.storage.repositories.endpoints import ENDPOINTS
from gateway.storage.repositories.inbox import INBOX, OPEN
from gateway.storage.repositories.outbox import ATTEMPTS, DELIVERIES, OUTBOX
from gateway.storage.repositories.shipments import SHIPMENTS

NEW_AT_MOST = timedelta(hours=1)
"""How long a message may lie unread: far longer than a worker takes, so more means that none is at work."""
PARKED_AT_MOST = timedelta(days=7) + NEW_AT_MOST
"""Unknown tracking numbers are kept for 7 days."""
TOLD_AT_MOST = timedelta(hours=72) + timedelta(days=1)
"""Deliveries end 72 h after they began; the day on top is for an endpoint's backlog."""

_M, _S, _I, _O = MERCHANTS.c, SHIPMENTS.table.c, INBOX.table.c, OUTBOX.table.c
_D, _E, _A = DELIVERIES.table.c, ENDPOINTS.table.c, ATTEMPTS.table.c


def messages_end(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I3: every message that was acknowledged to a carrier ends as applied, duplicate or quarantined."""
    since = now - NEW_AT_MOST
    unread = and_(_I.state == InboxState.NEW, _I.received_at < since, _I.due_at < since)  # replayed ones are due anew
    parked = and_(_I.state == InboxState.PARKED, _I.received_at < now - PARKED_AT_MOST)
    lost = and_(_I.state.in_(OPEN), _I.due_at.is_(None))
    stuck = select(_I.merchant_id, _I.id).where(or_(unread, parked, lost))
    yield from each(connection, "I3", stuck, "was received and never settled")


def changes_are_told(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I4: every version of a shipment has one outbox row, unless it was told so long ago that it was forgotten."""
    of_shipment = and_(_O.merchant_id == _S.merchant_id, _O.subject_id == _S.id)
    rows = SHIPMENTS.table.join(MERCHANTS, _M.merchant_id == _S.merchant_id).outerjoin(OUTBOX.table, of_shipment)
    shipment = (_S.merchant_id, _S.id, _S.version, _S.created_at, _S.updated_at, _M.told_from)
    last, first = func.coalesce(func.max(_O.sequence), _S.version), func.coalesce(func.min(_O.sequence), _S.version + 1)
    begun_before = and_(_M.told_from.is_not(None), _S.created_at < _M.told_from)
    ended_before = and_(begun_before, _S.updated_at < _M.told_from)
    wrong = or_(
        last != _S.version,
        func.count(_O.id) != _S.version - first + 1,
        and_(first > 1, ~begun_before),
        and_(first > _S.version, ~ended_before),
    )
    untold = select(_S.merchant_id, _S.id).select_from(rows).group_by(*shipment).having(wrong)
    yield from each(connection, "I4", untold, "has versions that no message tells of")


def messages_are_delivered(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I4: a message goes to every endpoint of its mode that heard it when it was written; every delivery ends."""
    made = exists().where(_D.merchant_id == _O.merchant_id, _D.outbox_id == _O.id, _D.endpoint_id == _E.id)
    missing = (
        select(_O.merchant_id, _O.id, _O.type, _O.subject_id, _E.types, _E.id.label("endpoint_id"))
        .select_from(OUTBOX.table.join(ENDPOINTS.table, and_(_E.merchant_id == _O.merchant_id, _E.mode == _O.mode)))
        .where(_O.fanned.is_(True), _E.state == "enabled", _E.listens_since < _O.created_at, ~made)
    )
    for row in connection.execute(missing):
        if hears(row.endpoint_id, row.types, row.type, row.subject_id):
            yield broken("I4", row.merchant_id, row.id, "was not passed on to every endpoint")
    never = or_(_D.due_at.is_(None), _D.begun_at < now - TOLD_AT_MOST)
    stuck = select(_D.merchant_id, _D.id).where(_D.state == DeliveryState.PENDING, never)
    yield from each(connection, "I4", stuck, "is pending and will never end")


def same_bytes_on_every_try(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I14: what was sent under one webhook-id is the same on every try, to every endpoint."""
    told = ATTEMPTS.table.join(
        DELIVERIES.table, and_(_D.merchant_id == _A.merchant_id, _D.id == _A.delivery_id, _A.body_sha256 != "")
    )
    per_message = select(_D.merchant_id, _D.outbox_id).select_from(told).group_by(_D.merchant_id, _D.outbox_id)
    differing = per_message.having(func.count(_A.body_sha256.distinct()) > 1)
    yield from each(connection, "I14", differing, "was not sent in the same bytes every time")
