"""Scans from the future, from before there were parcels, without a zone, and from an hour that never was."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.conftest import TestDatabase
from tests.journeys.fleet import add_fleet
from tests.journeys.fleet import scan as driven
from tests.journeys.scans import inbox, parcel, quarantined, read_inbox
from tests.journeys.site import Merchant, Site

TOLERANCE = timedelta(minutes=10)


def dated(body: bytes, at: str) -> bytes:
    """The same scan, said to be of another moment."""
    told = json.loads(body)
    for event in told["shipment"]["events"]:
        event["at"] = at
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    "claimed",
    ["+1 day", "9999-12-31T23:59:59-05:00", "1970-01-01T00:00:00+00:00"],
    ids=["tomorrow", "year 9999", "epoch"],
)
def test_a_scan_of_an_impossible_time_is_dated_by_its_receipt_and_holds_nothing_up(
    claimed: str, site: Site, shop: Merchant
) -> None:
    sent = parcel(site, shop)
    site.clock.advance(hours=2)
    bodies = sent.scans()
    picked_up, delivered = bodies[0], bodies[-1]
    before = site.clock()
    told = (before + timedelta(days=1)).isoformat() if claimed == "+1 day" else claimed
    sent.push(dated(picked_up, told))
    read_inbox(site)
    (shown,) = sent.events()
    assert shown["claimed_at"][:19] == told[:19], "what was told is not lost"
    assert before - timedelta(seconds=1) <= datetime.fromisoformat(shown["occurred_at"]) <= site.clock() + TOLERANCE
    site.clock.advance(minutes=11)
    sent.push(dated(delivered, site.clock().isoformat()))
    site.work()
    assert sent.shown()["status"] == "delivered"
    assert [event["claimed_at"] for event in sent.events() if event["status"] == "delivered"] == [None]
    assert site.violations() == []


IMPOSSIBLE = ("9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+00:00")


def as_of_receipt(site: Site, shown: dict[str, Any], told: str) -> None:
    """Dated by when it came in, and flagged with what was told."""
    soon = site.clock() + TOLERANCE
    assert soon - timedelta(hours=1) < datetime.fromisoformat(shown["occurred_at"]) <= soon
    assert shown["claimed_at"][:19] == told[:19]


@pytest.mark.parametrize("told", IMPOSSIBLE)
def test_a_drivers_device_whose_clock_is_wrong_costs_no_scan_and_none_of_the_others(
    told: str, site: Site, shop: Merchant
) -> None:
    add_fleet(site, shop, "vans")
    shipment = shop.booked()
    number, now = shipment["tracking_number"], site.clock().isoformat()
    scans = [driven(number, "van7-1", "picked_up", told), driven(number, "van7-2", "delivered", now)]
    answer = shop.call("POST", "/v1/fleet/scans", {"account": "vans", "scans": scans})
    assert answer.status_code == 200, answer.text
    found = {each["id"]: each for each in shop.get(f"/v1/shipments/{shipment['id']}/events")["data"]}
    as_of_receipt(site, found["van7-1"], told)
    assert found["van7-2"]["claimed_at"] is None
    assert shop.shipment(shipment["id"])["status"] == "delivered"


@pytest.mark.parametrize("told", IMPOSSIBLE)
def test_a_polled_scan_and_a_line_of_a_file_of_an_impossible_time_are_dated_by_their_receipt(
    told: str, site: Site, shop: Merchant, httpserver: HTTPServer
) -> None:
    urls, secrets = {"api": httpserver.url_for("").rstrip("/")}, {"api_key": "k", "webhook_secret": "s" * 20}
    account = {"name": "theirs", "carrier": "sandbox", "urls": urls, "secrets": secrets}
    assert shop.call("POST", "/v1/accounts", account).status_code == 201
    event = {"id": "e1", "code": "PICKED_UP", "at": told}
    shipments = [{"tracking_number": "SBX-1", "events": [event], "deliver_by": told}]
    httpserver.expect_request("/tracking").respond_with_json({"shipments": shipments})
    made = shop.call("POST", "/v1/trackers", {"account": "theirs", "tracking_number": "SBX-1"})
    site.work()
    lines = f"tracking_number,occurred_at,status\nSBX-2,{told},picked_up\nSBX-2,{told[:19]},in_transit\n"
    assert shop.call("POST", "/v1/tracking-events/bulk?account=theirs", lines).status_code == 200
    trackers = {each["tracking_number"]: each for each in shop.get("/v1/trackers")["data"]}
    assert trackers["SBX-1"]["id"] == (made.json or {})["id"]
    events = [each for one in trackers.values() for each in shop.get(f"/v1/trackers/{one['id']}")["events"]]
    assert len(events) == 3
    for shown in events:
        as_of_receipt(site, shown, told)
    assert site.violations() == []


def test_a_proof_of_an_impossible_moment_is_one_that_names_none(site: Site, shop: Merchant) -> None:
    sent = parcel(site, shop)
    site.clock.advance(hours=2)
    body = json.loads(sent.scans()[-1])
    body["shipment"]["proof"]["delivered_at"] = IMPOSSIBLE[0]
    sent.push(json.dumps(body).encode())
    site.work()
    proof = sent.shown()["proof_of_delivery"]
    assert (proof.get("delivered_at"), proof["received_by"]) == (None, "Kari")


@pytest.mark.parametrize("written", ["2026-03-29T02:30:00", "26-03-29T02:30:00+01:00", "29/03/26 02:30"])
def test_a_time_that_names_no_moment_is_set_aside_and_moves_nothing(
    written: str, site: Site, shop: Merchant, database: TestDatabase
) -> None:
    sent = parcel(site, shop)
    site.clock.advance(hours=2)
    sent.push(dated(sent.scans()[-1], written))
    site.work()
    assert sent.events() == []
    assert sent.shown()["status"] == "booked"
    assert inbox(database) == {"quarantined": 1}
    assert len(quarantined(database)) == 1


def test_the_same_webhook_from_many_at_once_is_one_event_and_one_message(
    site: Site, shop: Merchant, database: TestDatabase
) -> None:
    sent = parcel(site, shop)
    site.clock.advance(hours=2)
    delivered = sent.scans()[-1]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: site.push(sent.account_id, delivered, sent.running), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert inbox(database) == {"new": 1}
    site.work()
    assert [event["status"] for event in sent.events()] == ["delivered"]
    with site.services.store.look() as uow:
        types = [message.type for message in uow.outbox.of_subject(shop.id, sent.id, 0, 200)]
    pictures = sent.shown()["proof_of_delivery"]["pictures"]
    assert len(pictures) == 1
    assert types.count("shipment.status_changed") == 2, "the label, and the delivery"
    assert types.count("shipment.proof_of_delivery") == 2, "what is known of the handing over, and its picture"
