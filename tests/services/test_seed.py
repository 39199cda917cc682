"""The seeded history, on both databases: no invariant is broken by writing it in bulk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.bootstrap import shipped_emission_profiles, shipped_factors, shipped_policies, shipped_zones
from gateway.domain.clock import utc_now
from gateway.engines.geometry import ShapelyGeometry
from gateway.engines.towns import TimezoneTowns
from gateway.rules.policy import Policy
from gateway.services.ports import ShipmentSearch
from gateway.services.reliability.emissions import EmissionModel
from gateway.services.reliability.report import ReliabilityReports
from gateway.services.seed import Seeding, seed_history
from gateway.services.zones import ZoneBook
from gateway.storage import SqlStore

SHIPMENTS = 60
UNTIL = datetime(2026, 11, 1, tzinfo=UTC)


def _seed(store: SqlStore, shipments: int) -> list[int]:
    written: list[int] = []
    shipped = shipped_policies()["default"]
    dollars = Policy.parse("default", 0, shipped)
    kroner = Policy.parse("default", 0, {**shipped, "currency": "NOK", "exchange": {}})
    seed_history(
        store,
        Seeding(shipments=shipments, seed=7, until=UNTIL),
        {"USD": dollars, "NOK": kroner},
        ZoneBook(store, shipped_zones(), ShapelyGeometry(), TimezoneTowns(), utc_now).shipped,
        EmissionModel(store, shipped_factors(), shipped_emission_profiles()),
        written.append,
    )
    return written


def test_a_history_written_in_bulk_keeps_every_promise_and_is_found_by_its_words(store: SqlStore) -> None:
    written = _seed(store, SHIPMENTS)
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
        assert (tracker.status, tracker.due_at) == (one.status, None)


def test_the_offers_of_a_seeded_history_say_what_was_known_at_their_time(store: SqlStore) -> None:
    _seed(store, 400)
    with store.look() as uow:
        merchants = [merchant_id for merchant_id, _ in uow.keys.merchants()]
    reports = ReliabilityReports(store, lambda: UNTIL)
    found = [reports.report(merchant_id, "test", UNTIL - timedelta(days=300)) for merchant_id in merchants]
    assert all(each.deliveries > 60 for each in found)
    assert all(each.unpredicted < each.deliveries / 10 for each in found)
    assert all(0.7 < each.slices[0].transit.coverage[2] <= 1.0 for each in found)
