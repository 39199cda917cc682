"""One event that cannot be read: the others of its message are applied at once, and itself after a repair."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from pytest_httpserver import HTTPServer

from carriers.base import Carrier, StatusTable, TrackingUpdate, WebhookCall
from carriers.base.registry import installed
from carriers.base.statuses import Mapped
from carriers.sandbox.adapter import Sandbox
from tests.conftest import TestDatabase
from tests.journeys.scans import Parcel, inbox, parcel, quarantined, read_inbox, scan
from tests.journeys.site import Merchant, Site

BAD = "29/03/26 02:30"
NOBODYS = "SBX999999-1"


def together(*bodies: bytes, **proof: object) -> bytes:
    """Several webhooks as one."""
    told = [json.loads(body) for body in bodies]
    shipment = {**told[-1]["shipment"], "events": [event for each in told for event in each["shipment"]["events"]]}
    return json.dumps({**told[0], "shipment": {**shipment, **proof}}).encode()


def spoilt(body: bytes, place: int, at: str = BAD) -> bytes:
    told = json.loads(body)
    told["shipment"]["events"][place]["at"] = at
    return json.dumps(told).encode()


def repair(site: Site, patch: pytest.MonkeyPatch, carrier: type[Carrier]) -> None:
    """Another adapter in the sandbox's place, as after a restart."""
    patch.setattr(site.services.pool, "_installed", lambda: {**installed(), "sandbox": carrier})
    patch.setattr(site.services.pool, "_live", {})


class Repaired(Carrier):
    """Knows what that time means."""

    profile = Sandbox.profile
    statuses = Sandbox.statuses
    webhook_proof = Sandbox.webhook_proof

    def parse_webhook(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
        body = call.body.replace(BAD.encode(), b"2026-03-29T02:30:00+02:00")
        return Sandbox.parse_webhook(self, replace(call, body=body))  # type: ignore[arg-type]  # it needs only `statuses`


@pytest.fixture
def under_way(site: Site, shop: Merchant) -> Parcel:
    sent = parcel(site, shop)
    site.clock.advance(hours=2)
    return sent


def codes(sent: Parcel) -> list[str]:
    return sorted(event["carrier_code"] for event in sent.events())


def test_the_others_are_applied_at_once_and_the_bad_one_once_it_can_be_read(
    under_way: Parcel, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, site, shop = under_way, under_way.site, under_way.shop
    bodies = sent.scans()
    sent.push(spoilt(together(*bodies), 1))
    site.work()
    whole = sorted(json.loads(body)["shipment"]["events"][0]["code"] for body in bodies)
    missing = json.loads(bodies[1])["shipment"]["events"][0]["code"]
    assert sent.shown()["status"] == "delivered"
    assert codes(sent) == [code for code in whole if code != missing]
    assert inbox(database) == {"quarantined": 1}
    (why,) = quarantined(database)
    assert why == "all but this could be read: $.shipment.events[1].at is not a time with a UTC offset"
    assert [each["why"] for each in shop.get("/v1/quarantine")["data"]] == [why]

    assert shop.call("POST", "/v1/quarantine/replay", {}).json == {"replayed": 1}
    site.work()
    assert quarantined(database) == [why], "nothing has changed yet"

    repair(site, monkeypatch, Repaired)
    before = sent.shown()
    shop.call("POST", "/v1/quarantine/replay", {})
    site.work()
    assert codes(sent) == whole
    assert inbox(database) == {"applied": 1}
    assert sent.shown()["version"] == before["version"], "what came late moves nothing and is told nobody twice"
    assert shop.get("/v1/quarantine")["data"] == []


def test_a_message_of_which_nothing_can_be_read_moves_nothing(under_way: Parcel, database: TestDatabase) -> None:
    both = together(*under_way.scans()[:2])
    under_way.push(spoilt(spoilt(both, 0), 1))
    under_way.site.work()
    assert codes(under_way) == []
    assert quarantined(database) == ["$.shipment.events[1].at is not a time with a UTC offset"]


def test_no_proof_is_shown_of_a_delivery_that_could_not_be_read(under_way: Parcel, database: TestDatabase) -> None:
    bodies = under_way.scans()
    under_way.push(spoilt(together(*bodies), len(bodies) - 1))
    under_way.site.work()
    shown = under_way.shown()
    assert shown["status"] != "delivered"
    assert shown["proof_of_delivery"] is None
    assert inbox(database) == {"quarantined": 1}


def test_a_message_of_a_number_that_nobody_follows_yet_waits_for_both(
    under_way: Parcel, database: TestDatabase
) -> None:
    site, shop = under_way.site, under_way.shop
    at = site.clock().isoformat()
    body = together(scan(NOBODYS, "e1", "PICKED_UP", at), scan(NOBODYS, "e2", "IN_TRANSIT", BAD))
    under_way.push(body)
    site.work()
    (parked,) = shop.get("/v1/quarantine?state=parked")["data"]
    assert parked["why"].startswith(f"nobody follows {NOBODYS} yet; all but this could be read: $.shipment.events[1]")
    followed = shop.call("POST", "/v1/trackers", {"account": "sandbox-1", "tracking_number": NOBODYS})
    assert followed.status_code == 201
    site.work(minutes=5)
    assert shop.get(f"/v1/trackers/{(followed.json or {})['id']}")["status"] == "picked_up"
    assert inbox(database) == {"quarantined": 1}


class Failing(StatusTable):
    """Has a bug with one code."""

    def lookup(self, code: str, qualifier: str = "") -> Mapped:
        if code == "PICKED_UP":
            raise KeyError(code)
        return super().lookup(code, qualifier)


class Buggy(Carrier):
    """Reads with that table."""

    profile = Sandbox.profile
    statuses = Failing(Sandbox.statuses.rows)
    webhook_proof = Sandbox.webhook_proof
    parse_webhook = Sandbox.parse_webhook


def test_a_bug_in_the_reading_of_one_event_holds_up_no_other(
    under_way: Parcel, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    repair(under_way.site, monkeypatch, Buggy)
    under_way.push(together(*under_way.scans()))
    read_inbox(under_way.site)
    assert "PICKED_UP" not in codes(under_way)
    assert under_way.shown()["status"] == "delivered"
    (why,) = quarantined(database)
    assert why.endswith(": KeyError, a fault of ours")


def test_a_polled_answer_loses_neither_the_trackers_other_events_nor_other_trackers(
    site: Site, shop: Merchant, database: TestDatabase, httpserver: HTTPServer
) -> None:
    urls, secrets = {"api": httpserver.url_for("").rstrip("/")}, {"api_key": "k", "webhook_secret": "s" * 20}
    account = {"name": "theirs", "carrier": "sandbox", "urls": urls, "secrets": secrets}
    assert shop.call("POST", "/v1/accounts", account).status_code == 201
    for number in ("SBX-1", "SBX-2", "SBX-3"):
        made = shop.call("POST", "/v1/trackers", {"account": "theirs", "tracking_number": number})
        assert made.status_code == 201, made.text
    at = site.clock().isoformat()
    good = {"id": "g", "code": "PICKED_UP", "at": at}
    told: dict[str, list[dict[str, object]]] = {
        "SBX-1": [good, {"id": "b", "code": "IN_TRANSIT", "at": BAD}],
        "SBX-2": [{"id": "", "code": "PICKED_UP", "at": at}],
        "SBX-3": [{**good, "id": "g3"}],
    }
    shipments = [{"tracking_number": number, "events": events} for number, events in told.items()]
    httpserver.expect_request("/tracking").respond_with_json({"shipments": shipments})
    site.work()
    found = {each["tracking_number"]: each["status"] for each in shop.get("/v1/trackers")["data"]}
    assert found == {"SBX-1": "picked_up", "SBX-2": "unknown", "SBX-3": "picked_up"}
    assert inbox(database, "poll") == {"quarantined": 1}
    (kept,) = shop.get("/v1/quarantine")["data"]
    assert kept["why"] == (
        "all but this could be read: $.shipments[0].events[1].at is not a time with a UTC offset; "
        "$.shipments[1].events[0].id is not a text that is not empty"
    )
    assert shop.call("POST", f"/v1/quarantine/{kept['id']}/replay").status_code == 409, "the carrier is asked again"
