"""I5, I6: the history of a status, and the status itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, or_, select, tuple_

from gateway.domain.errors import InvalidValue
from gateway.domain.fold import CurrentStatus, current_status
from gateway.domain.moves import takes_back
from gateway.domain.records import TrackerRecord
from gateway.services.ports import Violation
from gateway.storage.audit.found import broken, each, in_chunks
from gateway.storage.repositories.shipments import SHIPMENTS
from gateway.storage.repositories.trackers import EVENTS, HISTORY, TRACKERS

CLOCKS_APART = timedelta(minutes=1)
_S, _T, _E, _H = SHIPMENTS.table.c, TRACKERS.table.c, EVENTS.table.c, HISTORY.c


def versions_grow(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I5: a tracker's history has each version once."""
    of_tracker = and_(_H.merchant_id == _T.merchant_id, _H.tracker_id == _T.id)
    rows = TRACKERS.table.outerjoin(HISTORY, of_tracker)
    per_tracker = select(_T.merchant_id, _T.id).select_from(rows).group_by(_T.merchant_id, _T.id, _T.version)
    gaps = per_tracker.having(
        or_(func.count(_H.version) != _T.version, func.coalesce(func.max(_H.version), 0) != _T.version)
    )
    yield from each(connection, "I5", gaps, "has gaps in the history of its status")


def history_is_possible(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I5: history goes forward in time, as far as the clocks of several machines agree.

    A final status is left only by what may follow it or by a correction.

    Trackers whose events name parcels are left out: a parcel that turns up later sets the shipment back, rightly.
    """
    by_parcel = exists().where(_E.merchant_id == _H.merchant_id, _E.tracker_id == _H.tracker_id, _E.piece != "")
    key = (_H.merchant_id, _H.tracker_id, _H.version)
    wanted = select(*key, _H.at, _H.status, _H.correction).where(~by_parcel)
    steps = (row for chunk in in_chunks(connection, wanted, key) for row in chunk)
    for before, after in pairwise(steps):
        if (before.merchant_id, before.tracker_id) != (after.merchant_id, after.tracker_id):
            continue
        if after.at < before.at - CLOCKS_APART:
            yield broken("I5", after.merchant_id, after.tracker_id, "has a history that goes back in time")
        if not after.correction and takes_back(before.status, after.status):
            why = f"went from {before.status} to {after.status} without a correction"
            yield broken("I5", after.merchant_id, after.tracker_id, why)


def status_is_the_fold(connection: Connection, now: datetime) -> Iterator[Violation]:
    """I6: every tracker's status is the fold of its events, and its shipment shows the same."""
    key = (_T.merchant_id, _T.id)
    for chunk in in_chunks(connection, select(TRACKERS.table), key):
        events = _events_between(connection, chunk[0], chunk[-1])
        for row in chunk:
            told = events.get((row.merchant_id, row.id))
            if told:
                yield from _unlike_its_fold(TRACKERS.noun(row), told)
    same_booking = and_(_T.merchant_id == _S.merchant_id, _T.tender_id == _S.tender_id)
    unlike = or_(_S.status != _T.status, _S.reason != _T.reason, _S.attempts != _T.attempts)
    behind = select(_S.merchant_id, _S.id).select_from(SHIPMENTS.table.join(TRACKERS.table, same_booking))
    yield from each(connection, "I6", behind.where(unlike), "shows another status than its tracker")


def _events_between(connection: Connection, first: Row[Any], last: Row[Any]) -> dict[tuple[str, str], list[Row[Any]]]:
    key = tuple_(_E.merchant_id, _E.tracker_id)
    wanted = select(EVENTS.table).where(key >= (first.merchant_id, first.id), key <= (last.merchant_id, last.id))
    found: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(wanted):
        found[row.merchant_id, row.tracker_id].append(row)
    return found


def _unlike_its_fold(tracker: TrackerRecord, told: Sequence[Row[Any]]) -> Iterator[Violation]:
    try:
        current = current_status((EVENTS.noun(row) for row in told), tracker.parcel_numbers, tracker.parcels)
    except InvalidValue as error:
        yield broken("I6", tracker.merchant_id, tracker.id, f"has an event that cannot be: {error}")
        return
    expected = _shown_of(current)
    wrong = [name for name, value in expected.items() if getattr(tracker, name) != value]
    if wrong:
        what = ", ".join(f"{name} {getattr(tracker, name)!s}, not {expected[name]!s}" for name in wrong)
        yield broken("I6", tracker.merchant_id, tracker.id, f"is not the fold of its events: {what}")


def _shown_of(current: CurrentStatus) -> dict[str, object]:
    """The tracker's fields that a fold decides."""
    return {
        "status": current.status,
        "reason": current.reason,
        "phase": current.phase,
        "attempts": current.attempts,
        "status_conflict": current.status_conflict,
        "status_at": current.occurred_at,
        "delivered_at": current.delivered_at,
        "last_progress_status": current.last_progress_status,
    }
