"""Codes that recipients are sent: counted, replaced and used once, in single statements."""

from __future__ import annotations

from datetime import timedelta

from gateway.services.ports import UnitOfWork
from gateway.storage import SqlStore
from tests.storage import made
from tests.storage.made import MERCHANT, NOW

HOUR = timedelta(hours=1)


def sent(uow: UnitOfWork, digest: str, minutes: int = 0) -> int:
    now = NOW + timedelta(minutes=minutes)
    ends = now + timedelta(minutes=10)
    return uow.codes.replace(MERCHANT, "shp_1", digest, now, ends, most=2, counted_for=HOUR)


def test_the_last_one_counts_once_and_after_so_many_it_stays_the_last(store: SqlStore) -> None:
    made.begin(store)
    with store.work() as uow:
        uow.shipments.add(made.shipment("shp_1"))
        assert not uow.codes.pending(MERCHANT, "shp_1", NOW)
        assert [sent(uow, "one"), sent(uow, "two"), sent(uow, "three")] == [1, 2, 3]
        assert uow.codes.pending(MERCHANT, "shp_1", NOW)
        assert [uow.codes.use(MERCHANT, "shp_1", each, NOW) for each in ("one", "three", "two", "two")] == [
            *(False, False),
            *(True, False),
        ]
        assert sent(uow, "four") == 1
        assert not uow.codes.use(MERCHANT, "shp_1", "four", NOW + timedelta(minutes=10))
        assert [sent(uow, "five", 61), sent(uow, "six", 62)] == [1, 2]
        assert uow.codes.use(MERCHANT, "shp_1", "six", NOW + timedelta(minutes=63))
        uow.commit()
