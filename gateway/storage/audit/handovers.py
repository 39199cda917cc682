"""I15, I16: what was handed over, on which list, and who was asked to fetch it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from gateway.domain.handovers import HOLDING_MANIFEST_STATES, LIVE_PICKUP_STATES, ManifestState, PickupState
from gateway.services.ports import Violation
from gateway.storage.audit.found import each
from gateway.storage.repositories.cases import CASES
from gateway.storage.repositories.manifests import MANIFEST_ENTRIES, MANIFESTS
from gateway.storage.repositories.pickups import PICKUP_ENTRIES, PICKUPS
from gateway.storage.repositories.shipments import SHIPMENTS

ASKING_AT_MOST = timedelta(hours=1)
"""How long a carrier may seem to be being asked: leases are seconds, so more means that no worker looks."""

_S, _C = SHIPMENTS.table.c, CASES.table.c
_M, _ME = MANIFESTS.table.c, MANIFEST_ENTRIES.c
_P, _PE = PICKUPS.table.c, PICKUP_ENTRIES.c


def manifests_hold_what_they_say(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I15: what is on a manifest is its account's, and only a manifest that may stand holds anything."""
    entries = MANIFEST_ENTRIES.join(MANIFESTS.table, and_(_M.merchant_id == _ME.merchant_id, _M.id == _ME.manifest_id))
    joined = entries.join(SHIPMENTS.table, and_(_S.merchant_id == _ME.merchant_id, _S.id == _ME.shipment_id))
    listed = select(_ME.merchant_id, _ME.shipment_id).select_from(joined)
    strange = listed.where(or_(_S.account_id != _M.account_id, _S.mode != _M.mode))
    yield from each(connection, "I15", strange, "is on the manifest of an account that does not carry it")
    unheld = listed.where(_M.state.not_in(HOLDING_MANIFEST_STATES))
    yield from each(connection, "I15", unheld, "is held by a manifest that came to nothing")
    unnamed = select(_M.merchant_id, _M.id).where(
        _M.state == ManifestState.CLOSED, _M.by == "carrier", _M.carrier_reference.is_(None)
    )
    yield from each(connection, "I15", unnamed, "is closed at a carrier without the carrier's number")
    stale = _M.updated_at < now - ASKING_AT_MOST
    forgotten = select(_M.merchant_id, _M.id).where(_M.state == ManifestState.CLOSING, stale)
    yield from each(connection, "I15", forgotten, "has been asked for too long and no person knows")
    case = _open_case("manifest_uncertain", _M.merchant_id, _M.id)
    silent = select(_M.merchant_id, _M.id).where(_M.state == ManifestState.UNCERTAIN, ~case)
    yield from each(connection, "I15", silent, "is uncertain and no case says so")


def pickups_are_ordered_once(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I16: one courier a door, day and account; what is not known waits for a person."""
    live = select(_P.merchant_id, func.min(_P.id)).where(_P.state.in_(LIVE_PICKUP_STATES))
    crowded = live.group_by(_P.merchant_id, _P.account_id, _P.day, _P.door).having(func.count() > 1)
    yield from each(connection, "I16", crowded, "is not the only live pickup of its door and day")
    empty = select(_P.merchant_id, _P.id).where(_P.state == PickupState.SCHEDULED, _P.pickup.is_(None))
    yield from each(connection, "I16", empty, "is scheduled without the carrier's number")
    fetched = exists().where(_PE.merchant_id == _P.merchant_id, _PE.pickup_id == _P.id)
    yield from each(connection, "I16", select(_P.merchant_id, _P.id).where(~fetched), "was ordered for no shipment")
    stale = _P.updated_at < now - ASKING_AT_MOST
    forgotten = select(_P.merchant_id, _P.id).where(_P.state == PickupState.ORDERING, stale)
    yield from each(connection, "I16", forgotten, "has been asked for too long and no person knows")
    case = _open_case("pickup_uncertain", _P.merchant_id, _P.id)
    silent = select(_P.merchant_id, _P.id).where(_P.state == PickupState.UNCERTAIN, ~case)
    yield from each(connection, "I16", silent, "is uncertain and no case says so")


def _open_case(kind: str, merchant_id: ColumnElement[str], subject_id: ColumnElement[str]) -> ColumnElement[bool]:
    return exists().where(
        _C.merchant_id == merchant_id, _C.subject_id == subject_id, _C.kind == kind, _C.state == "open"
    )
