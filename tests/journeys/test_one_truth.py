"""Whatever came first and under whatever number: a shipment shows what its carrier said of all of its parcels."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.journeys import fleet
from tests.journeys.site import Merchant, Site

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
