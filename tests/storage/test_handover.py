"""Pickups, manifests and polling calls: the database keeps the promises that code could break."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from gateway.domain.errors import StaleVersion
from gateway.domain.handovers import ManifestState, PickupState, PollingSpend
from gateway.services.ports.answers import HandoverSearch
from gateway.storage import SqlStore
from tests.storage import made
from tests.storage.made import ACCOUNT, LEASE, MERCHANT, NOW

DAY = NOW.date()
TOMORROW = DAY + timedelta(days=1)


def test_pickups_and_manifests_come_back_as_they_went_in(store: SqlStore) -> None:
    made.begin(store, shipments=1)
    pickup = made.pickup(cancel_asked_at=NOW, due_at=NOW, why="çay", instructions="bell")
    manifest = made.manifest(carrier_data={"a": "b"}, carrier_reference="")
    with store.work() as uow:
        assert uow.pickups.add(pickup, ["shp_1"])
        uow.manifests.add(manifest, ["shp_1"])
        uow.manifests.keep_document(MERCHANT, "man_1", b"%PDF-1")
        uow.manifests.keep_document(MERCHANT, "man_1", b"%PDF-2")
        uow.commit()
    with store.look() as uow:
        assert uow.pickups.get(MERCHANT, "pck_1") == pickup
        assert uow.pickups.shipment_ids(MERCHANT, "pck_1") == ["shp_1"]
        assert uow.manifests.get(MERCHANT, "man_1") == manifest
        assert [each.id for each in uow.manifests.shipments(MERCHANT, "man_1")] == ["shp_1"]
        assert uow.manifests.document(MERCHANT, "man_1") == b"%PDF-1"
        assert uow.pickups.get("mer_2", "pck_1") is uow.manifests.get("mer_2", "man_1") is None


def test_a_shipment_is_on_one_manifest(store: SqlStore) -> None:
    made.begin(store, shipments=2)
    with store.work() as uow:
        uow.manifests.add(made.manifest(), ["shp_1"])
        uow.commit()
    with pytest.raises(StaleVersion), store.work() as uow:
        uow.manifests.add(made.manifest("man_2"), ["shp_2", "shp_1"])
    with store.work() as uow:
        uow.manifests.release(made.manifest(), ["shp_1"])
        uow.manifests.add(made.manifest("man_2"), ["shp_2", "shp_1"])
        uow.commit()
    with store.look() as uow:
        assert uow.manifests.shipments(MERCHANT, "man_1") == []


def test_one_live_pickup_a_door_and_day(store: SqlStore) -> None:
    made.begin(store, shipments=1)
    with store.work() as uow:
        assert uow.pickups.add(made.pickup(), ["shp_1"])
        assert not uow.pickups.add(made.pickup("pck_2"), ["shp_1"])
        assert uow.pickups.add(made.pickup("pck_3", door="no|0150"), ["shp_1"])
        assert uow.pickups.add(made.pickup("pck_4", day=TOMORROW), ["shp_1"])
        assert uow.pickups.close(made.pickup(state=PickupState.CANCELLED), (PickupState.SCHEDULED,))
        assert not uow.pickups.close(made.pickup(), (PickupState.SCHEDULED,))
        assert uow.pickups.add(made.pickup("pck_5"), ["shp_1"])
        uow.commit()
        assert [each.id for each in uow.pickups.live(MERCHANT, ACCOUNT, DAY)] == ["pck_3", "pck_5"]
        wanted = HandoverSearch(mode="test", day=DAY, state="cancelled")
        assert [each.id for each in uow.pickups.list(MERCHANT, wanted).items] == ["pck_1"]


def test_claims_lease_what_is_due(store: SqlStore) -> None:
    made.begin(store, shipments=2)
    with store.work() as uow:
        uow.pickups.add(made.pickup(due_at=NOW), ["shp_1"])
        uow.pickups.add(made.pickup("pck_2", door="x", due_at=None), ["shp_2"])
        uow.manifests.add(made.manifest(state=ManifestState.CLOSING, due_at=NOW), ["shp_1"])
        uow.commit()
    with store.work() as uow:
        assert [(each.id, each.tries) for each in uow.pickups.claim_due(NOW, LEASE, 9)] == [("pck_1", 1)]
        assert uow.pickups.claim_due(NOW, LEASE, 9) == []
        assert [(each.id, each.tries) for each in uow.manifests.claim_due(NOW, LEASE, 9)] == [("man_1", 1)]


def test_workers_share_a_budget_and_grant_no_call_twice(store: SqlStore) -> None:
    made.begin(store)

    def take(calls: int) -> int:
        with store.work() as uow:
            granted = uow.polling.take(MERCHANT, ACCOUNT, DAY, calls, 100)
            uow.commit()
        return granted

    with ThreadPoolExecutor(8) as workers:
        granted = list(workers.map(take, [7] * 40))
    assert sum(granted) == 100
    with store.look() as uow:
        assert uow.polling.get(MERCHANT, ACCOUNT) == PollingSpend(
            merchant_id=MERCHANT, account_id=ACCOUNT, day=DAY, calls=100
        )


def test_a_new_day_begins_anew_and_a_slow_clock_does_not_turn_it_back(store: SqlStore) -> None:
    made.begin(store)
    until = NOW + timedelta(hours=1)
    with store.work() as uow:
        assert uow.polling.take(MERCHANT, ACCOUNT, DAY, 5, 8) == 5
        assert uow.polling.take(MERCHANT, ACCOUNT, DAY, 5, 8) == 3
        uow.polling.settle(MERCHANT, ACCOUNT, DAY, 4)
        assert uow.polling.take(MERCHANT, ACCOUNT, DAY, 1, 8) == 0
        uow.polling.settle(MERCHANT, ACCOUNT, DAY, -10)
        assert uow.polling.take(MERCHANT, ACCOUNT, DAY, 9, 8) == 6
        uow.polling.rest(MERCHANT, ACCOUNT, DAY, until)
        assert uow.polling.take(MERCHANT, ACCOUNT, TOMORROW, 2, 8) == 2
        assert uow.polling.take(MERCHANT, ACCOUNT, DAY, 9, 8) == 6
        uow.polling.settle(MERCHANT, ACCOUNT, DAY, 50)
        spend = uow.polling.get(MERCHANT, ACCOUNT)
        assert spend is not None
        assert (spend.day, spend.calls, spend.resting_until) == (TOMORROW, 8, until)
        uow.commit()
