"""Trackers, scans, windows, and carriers' webhooks coming in."""

import json
from typing import Any

import pytest

from carriers.base import WebhookCall
from carriers.base.simulator import RunningSimulator
from gateway.api import examples
from gateway.background import worker
from gateway.domain.clock import utc_now
from tests.api.world import Json, Merchant, fresh, pointers, problem

SCAN = examples.SCANS["scans"][0]


def scans(*found: Json) -> Json:
    return {"account": "own-fleet", "scans": list(found)}


def test_following_a_number_twice_gives_the_same_tracker(merchant: Merchant) -> None:
    body = {"account": "sandbox", "tracking_number": "SBX-1"}
    first, again = (merchant.post("/v1/trackers", body) for _ in range(2))
    assert first.get_json()["id"] == again.get_json()["id"]
    assert first.get_json()["status"] == "unknown"
    assert first.headers["Location"] == f"/v1/trackers/{first.get_json()['id']}"


def test_trackers_are_listed_newest_first_in_pages(merchant: Merchant) -> None:
    made = [
        merchant.post("/v1/trackers", {"account": "sandbox", "tracking_number": f"SBX-{number}"}).get_json()["id"]
        for number in range(5)
    ]
    seen: list[str] = []
    answer = merchant.get("/v1/trackers", limit=2)
    while "Link" in answer.headers:
        seen += [each["id"] for each in answer.get_json()["data"]]
        answer = merchant("GET", answer.headers["Link"][1:].partition(">")[0])
    seen += [each["id"] for each in answer.get_json()["data"]]
    assert seen == made[::-1]


def test_a_carrier_that_takes_no_scans_is_a_conflict(merchant: Merchant) -> None:
    problem(merchant.post("/v1/fleet/scans", {**examples.SCANS, "account": "sandbox"}), 409, "conflict")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"occurred_at": "2026-03-02T14:41:07"}, "/occurred_at"),
        ({"occurred_at": "2026-03-02"}, "/occurred_at"),
        ({"event_id": ""}, "/event_id"),
        ({"event_id": "a\x00"}, "/event_id"),
        ({"code": "x" * 65}, "/code"),
        ({"place": {"country": "Norway"}}, "/place/country"),
        ({"place": {"latitude": 91}}, "/place/latitude"),
        ({"place": "Oslo"}, "/place"),
        ({"proof": {"min_age_verified": 0}}, "/proof/min_age_verified"),
        ({"proof": {"signature": "x"}}, "/proof/signature"),
        ({"status": "delivered"}, "/status"),
    ],
)
def test_a_scan_that_makes_no_sense_is_pointed_at(change: Json, where: str, newcomer: Merchant) -> None:
    newcomer.with_fleet()
    response = newcomer.post("/v1/fleet/scans", scans(SCAN, {**SCAN, **change}))
    assert pointers(response) == [f"/scans/1{where}"]


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_scan_of_a_moment_that_utc_does_not_reach_is_dated_by_its_receipt(when: str, newcomer: Merchant) -> None:
    newcomer.with_fleet()
    assert newcomer.post("/v1/fleet/scans", scans(SCAN, {**SCAN, "occurred_at": when})).status_code == 200


def test_at_most_500_scans_come_at_once(newcomer: Merchant) -> None:
    newcomer.with_fleet()
    many = [{**SCAN, "event_id": f"e{number}"} for number in range(501)]
    assert pointers(newcomer.post("/v1/fleet/scans", scans(*many))) == ["/scans"]
    assert newcomer.post("/v1/fleet/scans", scans(*many[:500])).status_code == 200


def test_a_carrier_that_tells_nothing_about_parcels_is_a_conflict(newcomer: Merchant) -> None:
    newcomer.with_fleet()
    problem(newcomer.post("/v1/trackers", {"account": "own-fleet", "tracking_number": "DS-1"}), 409, "conflict")


def test_windows_must_end_after_they_start(newcomer: Merchant) -> None:
    newcomer.with_fleet()
    window = examples.WINDOWS["windows"][0]
    turned = {**window, "start": window["end"], "end": window["start"]}
    body = {"account": "own-fleet", "windows": [window, turned]}
    assert pointers(newcomer.put("/v1/fleet/windows", body)) == ["/windows/1/end"]


def message(booked: Json) -> Json:
    """What the sandbox pushes when a booked parcel is delivered."""
    event = {"id": fresh("scan"), "code": "DELIVERED", "detail": "RECIPIENT", "at": utc_now().isoformat()}
    shipment = {"tracking_number": booked["tracking_number"], "events": [event]}
    return {"id": event["id"], "type": "tracking", "shipment": shipment}


def signed(sandbox: RunningSimulator, body: bytes) -> dict[str, Any]:
    """A call as the sandbox signs it, for the test client."""
    call = WebhookCall(method="POST", headers={"content-type": "application/json"}, body=body, received_at=utc_now())
    proven = sandbox.simulator.carrier.webhook_proof.sign(call, sandbox.account)
    return {"data": proven.body, "headers": dict(proven.headers)}


@pytest.fixture
def hook(merchant: Merchant) -> str:
    """Where the sandbox pushes to."""
    account: Json = merchant.get("/v1/accounts").get_json()["data"][0]
    return f"/v1/carriers/{account['id']}/webhook"


def test_a_proven_webhook_is_applied_once_by_the_worker(
    merchant: Merchant, sandbox: RunningSimulator, hook: str
) -> None:
    booked = merchant.book({**examples.BOOK, "reference": fresh("order")})
    call = signed(sandbox, json.dumps(message(booked)).encode())
    for _ in range(3):
        assert merchant.client.post(hook, **call).status_code == 200
    worker(merchant.services).drain(3)
    events = merchant.get(f"/v1/shipments/{booked['id']}/events").get_json()["data"]
    assert [event["status"] for event in events].count("delivered") == 1
    assert merchant.get(f"/v1/shipments/{booked['id']}").get_json()["status"] == "delivered"


def test_a_webhook_without_a_proof_is_401_and_leaves_nothing(
    merchant: Merchant, sandbox: RunningSimulator, hook: str
) -> None:
    booked = merchant.book({**examples.BOOK, "reference": fresh("order")})
    good = signed(sandbox, json.dumps(message(booked)).encode())
    forged = [
        {"data": good["data"]},
        {"data": good["data"] + b" ", "headers": good["headers"]},
        {"data": good["data"], "headers": {**good["headers"], "sandbox-signature": "0" * 64}},
        {"data": good["data"], "headers": {**good["headers"], "sandbox-signature": "\xe6"}},
        {"data": good["data"], "headers": {**good["headers"], "sandbox-timestamp": "0"}},
        {"data": good["data"], "headers": {**good["headers"], "sandbox-timestamp": "9" * 400}},
        {"data": good["data"], "headers": {**good["headers"], "sandbox-timestamp": "now"}},
        {"data": b"", "headers": good["headers"]},
    ]
    for call in forged:
        problem(merchant.client.post(hook, **call), 401, "webhook_rejected")
    worker(merchant.services).drain(3)
    assert merchant.get(f"/v1/shipments/{booked['id']}").get_json()["status"] == "booked"


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b"\xff", b'{"type": "tracking"}', b"[" * 100_000])
def test_a_proven_webhook_that_makes_no_sense_is_taken_and_parked(
    body: bytes, merchant: Merchant, sandbox: RunningSimulator, hook: str
) -> None:
    assert merchant.client.post(hook, **signed(sandbox, body)).status_code == 200
    before = merchant.services.store.counts()
    worker(merchant.services).drain(3)
    after = merchant.services.store.counts()
    assert after["inbox_waiting"] <= before["inbox_waiting"]
    assert after["inbox_quarantined"] - before["inbox_quarantined"] == (1 if body else 0)


def test_a_carrier_that_pushes_nothing_is_told_so(newcomer: Merchant) -> None:
    account = newcomer.with_fleet()
    for method in ("GET", "POST"):
        answer = newcomer.client.open(f"/v1/carriers/{account['id']}/webhook", method=method, data=b"{}")
        assert answer.status_code in (401, 404), answer.text
        assert answer.mimetype == "application/problem+json"


def test_a_webhook_to_nobody_is_not_found(merchant: Merchant) -> None:
    problem(merchant.client.post("/v1/carriers/acc_nobody/webhook", data=b"{}"), 404, "not_found")
    problem(merchant.client.post("/v1/carriers/sandbox/webhook", data=b"{}"), 404, "not_found")
