"""A carrier that gives the tracking number only once the label is paid, and proves its webhooks by our URL alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text

from carriers.base.simulator import RunningSimulator, WebhookTarget
from tests.conftest import TestDatabase
from tests.journeys.site import Merchant, Served, Site

POLISH: dict[str, Any] = {
    "policy": "polish",
    "origin": {
        "name": "Anna Nowak",
        "street1": "Złota 1",
        "city": "Warszawa",
        "postal_code": "00-026",
        "country": "PL",
    },
    "destination": {
        "name": "Jan Kowalski",
        "street1": "Krupnicza 9",
        "city": "Kraków",
        "postal_code": "31-123",
        "country": "PL",
        "phone": "+48500600700",
        "email": "jan@example.com",
    },
}
SOON_S = 15 * 60 + 1


@pytest.fixture
def inpost(site: Site, shop: Merchant) -> tuple[RunningSimulator, str]:
    policy = {"currency": "PLN", "rules": [{"kind": "cheapest"}]}
    assert shop.call("PUT", "/v1/policies/polish", {"data": policy}).status_code == 200
    running = site.carrier("inpost")
    return running, shop.account("inpost-1", running)


def test_a_number_found_by_polling_is_the_shipments_from_then_on(
    site: Site, shop: Merchant, inpost: tuple[RunningSimulator, str], database: TestDatabase
) -> None:
    booked = shop.booked(**POLISH)
    assert not booked["tracking_number"]
    label = booked["label"]["href"]
    assert shop.call("GET", label).status_code == 502
    site.work(seconds=SOON_S)
    numbered = shop.shipment(booked["id"])
    assert len(numbered["tracking_number"]) == 24
    assert numbered["status"] == "booked"
    assert shop.call("GET", label).status_code == 200
    site.work(seconds=SOON_S)
    with database.engine.connect() as connection:
        told = list(connection.execute(text("SELECT type FROM outbox")).scalars())
    assert told.count("shipment.tracking_number_assigned") == 1


def test_pushes_find_the_shipment_by_either_number_and_leave_no_secret_behind(
    site: Site, shop: Merchant, inpost: tuple[RunningSimulator, str], database: TestDatabase
) -> None:
    running, account_id = inpost
    booked = shop.booked(**POLISH)
    with Served(site.gateway.app) as served:
        running.simulator.emitter.target = WebhookTarget(
            url=f"{served.url}/v1/carriers/{account_id}/webhook", forge=True
        )
        site.clock.advance(seconds=10)
        deliveries = running.simulator.move("1000000001", "ready_to_pickup")
    assert {each.status for each in deliveries if each.forged} == {401}
    assert {each.status for each in deliveries if not each.forged} == {200}
    site.gateway.worker.drain()
    moved = shop.shipment(booked["id"])
    assert (moved["status"], len(moved["tracking_number"])) == ("available_for_pickup", 24)
    with database.engine.connect() as connection:
        kept = json.dumps([str(row) for row in connection.execute(text("SELECT * FROM inbox"))])
    assert "shipment_confirmed" in kept
    assert running.account.secrets["webhook_secret"] not in kept
