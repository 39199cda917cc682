"""Whatever came first and under whatever number: a shipment shows what its carrier said of all of its parcels."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.journeys import fleet
from tests.journeys.site import PARCEL, Merchant, Site
from tests.journeys.telling import told

NEXT_NUMBER = "SBX000001-1"
"""What a fresh sandbox calls its first booking."""


def ingest(shop: Merchant, *lines: dict[str, Any]) -> Any:
    answer = shop.app.test_client().post(
        "/v1/tracking-events/bulk",
        query_string={"account": "sandbox-1"},
        data="\n".join(map(json.dumps, lines)),
        headers={"Authorization": f"Bearer {shop.key}", "Content-Type": "application/x-ndjson"},
    )
    assert answer.status_code == 200, answer.text
    assert not answer.json["faults"]
    return answer.json


@pytest.fixture
def importer(site: Site, shop: Merchant) -> Merchant:
    shop.account("sandbox-1", site.carrier("sandbox"), without="track")
    return shop


@pytest.mark.parametrize("piece", ["", NEXT_NUMBER])
def test_a_booking_takes_over_what_its_number_was_told_before(site: Site, importer: Merchant, piece: str) -> None:
    told = {"tracking_number": NEXT_NUMBER, "occurred_at": site.clock().isoformat(), "status": "delivered"}
    ingest(importer, {**told, "piece": piece})
    booked = importer.booked()
    assert (booked["tracking_number"], booked["status"]) == (NEXT_NUMBER, "delivered")
    tracker = importer.get("/v1/trackers")["data"][0]
    assert tracker["shipment_id"] == booked["id"]
    assert tracker["estimated_delivery_at"]
    assert site.violations() == []


def test_our_own_vans_deliver_three_parcels_one_by_one(site: Site, shop: Merchant) -> None:
    fleet.add_fleet(site, shop, "own-fleet")
    booked = shop.booked(parcels=[PARCEL] * 3)
    number, at = booked["tracking_number"], site.clock().isoformat()

    def scan(device: str, told_of: str, **more: object) -> str:
        scans = [fleet.scan(told_of, device, "delivered", at, **more)]
        report = shop.call("POST", "/v1/fleet/scans", {"account": "own-fleet", "scans": scans}).json
        assert report == {"new": 1, "unknown_tracking_numbers": []}
        return str(shop.shipment(booked["id"])["status"])

    assert scan("van-1", f"{number}/2") == "booked"
    assert scan("van-2", number, piece="1") == "booked"
    assert scan("van-3", number, piece=f"{number}/3") == "delivered"
    parcels = shop.shipment(booked["id"])["parcel_statuses"]
    assert [each["tracking_number"] for each in parcels] == [f"{number}/{place}" for place in (1, 2, 3)]
    assert site.violations() == []


def test_parcels_whose_numbers_nobody_told_are_not_delivered_by_the_others(site: Site, shop: Merchant) -> None:
    it = told(site, shop, parcels=[PARCEL] * 3)
    with site.services.store.work() as uow:
        tracker = uow.trackers.of_tender(shop.id, it.shown()["tenders"][0]["id"])
        assert tracker is not None
        uow.trackers.update(replace(tracker, parcel_numbers=()))
        uow.commit()
    it.tell(it.event("delivered", piece="SBX000001-1"))
    assert it.shown()["status"] == "booked"
    it.tell(it.event("delivered"))
    assert it.shown()["status"] == "delivered"


def test_a_line_under_a_parcels_number_is_about_that_parcel(site: Site, importer: Merchant) -> None:
    booked = importer.booked(parcels=[PARCEL] * 2)
    line = {"tracking_number": "SBX000001-2", "occurred_at": site.clock().isoformat(), "status": "delivered"}
    assert ingest(importer, line)["new_trackers"] == 0
    shown = importer.shipment(booked["id"])
    assert shown["status"] == "booked"
    assert {each["tracking_number"]: each["status"] for each in shown["parcel_statuses"]} == {
        "SBX000001-1": "booked",
        "SBX000001-2": "delivered",
    }
    assert site.violations() == []
