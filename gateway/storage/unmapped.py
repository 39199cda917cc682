"""Carriers' codes in stored events that no status table maps, over all merchants: for whoever keeps the tables."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from gateway.services.ports import UnmappedCode
from gateway.storage.tables.accounts import AccountRow
from gateway.storage.tables.base import table_of
from gateway.storage.tables.tracking import EventRow, TrackerRow

_E, _T, _A = table_of(EventRow).c, table_of(TrackerRow).c, table_of(AccountRow).c
_SEEN = func.coalesce(_E.received_at, _E.occurred_at)
_OF = (_E.merchant_id, _A.name, _T.carrier, _E.carrier_code, _E.carrier_qualifier)
_UNMAPPED = (
    select(*_OF, func.count(), func.min(_SEEN), func.max(_SEEN), func.max(_E.inbox_id))
    .join(table_of(TrackerRow), (_T.merchant_id == _E.merchant_id) & (_T.id == _E.tracker_id))
    .join(table_of(AccountRow), (_A.merchant_id == _T.merchant_id) & (_A.id == _T.account_id))
    .where(_E.reason == "unmapped_carrier_code")
    .group_by(*_OF)
    .order_by(func.count().desc(), *_OF)
)


def unmapped(connection: Connection) -> Sequence[UnmappedCode]:
    """The most frequent first. `inbox_id` names the newest raw message that told it, which is not kept for ever."""
    return [
        UnmappedCode(
            merchant_id=merchant_id,
            account=account,
            carrier=carrier,
            code=code,
            qualifier=qualifier,
            events=events,
            first_seen=first,
            last_seen=last,
            inbox_id=inbox_id or "",
        )
        for merchant_id, account, carrier, code, qualifier, events, first, last, inbox_id in connection.execute(
            _UNMAPPED
        )
    ]
