"""Scans from the future, from before there were parcels, without a zone, and from an hour that never was."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from tests.conftest import TestDatabase
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
    "claimed", ["+1 day", "2198-12-31T23:59:59+00:00", "1970-01-01T00:00:00+00:00"], ids=["tomorrow", "far", "epoch"]
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
    assert datetime.fromisoformat(shown["claimed_at"]) == datetime.fromisoformat(told), "what was told is not lost"
    assert before - timedelta(seconds=1) <= datetime.fromisoformat(shown["occurred_at"]) <= site.clock() + TOLERANCE
    site.clock.advance(minutes=11)
    sent.push(dated(delivered, site.clock().isoformat()))
    site.work()
    assert sent.shown()["status"] == "delivered"
    assert [event["claimed_at"] for event in sent.events() if event["status"] == "delivered"] == [None]
    assert site.violations() == []


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
