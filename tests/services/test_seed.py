"""The seeded history, on both databases: no invariant is broken by writing it in bulk."""

from __future__ import annotations

from gateway.bootstrap import shipped_policies, shipped_zones
from gateway.domain.clock import utc_now
from gateway.rules.policy import Policy
from gateway.services.ports import ShipmentSearch
from gateway.services.seed import Seeding, seed_history
from gateway.storage import SqlStore

SHIPMENTS = 60


def test_a_history_written_in_bulk_keeps_every_promise_and_is_found_by_its_words(store: SqlStore) -> None:
    written: list[int] = []
    shipped = shipped_policies()["default"]
    dollars = Policy.parse("default", 0, shipped)
    kroner = Policy.parse("default", 0, {**shipped, "currency": "NOK", "exchange": {}})
    seed_history(
        store,
        Seeding(shipments=SHIPMENTS, seed=7),
        {"USD": dollars, "NOK": kroner},
        shipped_zones(),
        written.append,
    )
    assert sum(written) == SHIPMENTS
    assert store.audit(utc_now()) == []
    with store.look() as uow:
        merchants = [merchant_id for merchant_id, _ in uow.keys.merchants()]
        everything = [
            shipment
            for merchant_id in merchants
            for shipment in uow.shipments.search(merchant_id, ShipmentSearch(mode="test", limit=200)).items
        ]
        assert len(everything) == SHIPMENTS
        one = everything[0]
        (found,) = uow.shipments.search(one.merchant_id, ShipmentSearch(mode="test", text=one.tracking_number)).items
        assert found.id == one.id
        tracker = uow.trackers.find(one.merchant_id, one.account_id, one.tracking_number)
        assert tracker is not None
        assert tracker.status == one.status
