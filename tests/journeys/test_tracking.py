"""What carriers and drivers tell us, however they tell it: late, twice, out of order, wrongly, in another's name."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from carriers.base import WebhookCall
from tests.conftest import TestDatabase
from tests.journeys import fleet
from tests.journeys.scans import inbox, parcel, quarantined, read_inbox, scan, scans
from tests.journeys.site import Merchant, Site

SECOND_VISIT = "941"
NEW_CODE = "947"
LATE_SCAN = "949"
LOST_ANSWER = "914"


def test_scans_that_come_backwards_tell_the_same_story(site: Site, shop: Merchant) -> None:
    sent = parcel(site, shop, SECOND_VISIT)
    site.clock.advance(hours=26)
    bodies = sent.scans()
    for body in reversed(bodies):
        sent.push(body)
        site.work()
    shown, events = sent.shown(), sent.events()
    assert (shown["status"], shown["reason"], shown["attempts"]) == ("delivered", "delivered_to_recipient", 2)
    assert shown["delivered_at"] == events[-1]["occurred_at"]
    assert shown["proof_of_delivery"]["received_by"] == "Kari"
    assert [event["id"] for event in events] == [json.loads(body)["id"] for body in bodies]


def test_a_webhook_that_comes_a_hundred_times_is_one_event_and_is_told_once(
    site: Site, shop: Merchant, database: TestDatabase
) -> None:
    sent = parcel(site, shop)
    site.clock.advance(minutes=11)
    picked_up = sent.scans()[-1]
    sent.push(*[picked_up] * 50)
    site.work()
    version = sent.shown()["version"]
    sent.push(*[picked_up] * 50)
    site.work()
    assert [event["status"] for event in sent.events()] == ["picked_up"]
    assert sent.shown()["version"] == version
    assert inbox(database) == {"applied": 1}


def test_what_comes_after_the_end_is_kept_and_changes_nothing(site: Site, shop: Merchant) -> None:
    sent = parcel(site, shop, LATE_SCAN)
    site.clock.advance(hours=2)
    *before, delivered, after = sent.scans()
    sent.push(delivered)
    site.work()
    ended = sent.shown()
    assert ended["status"] == "delivered"
    sent.push(after, *before)
    site.work()
    assert sent.shown() == ended
    assert [(event["carrier_code"], event["late"]) for event in sent.events()][-2:] == [
        ("DELIVERED", False),
        ("AT_HUB", True),
    ]
    assert [event["late"] for event in sent.events()].count(True) == 1, "what lies before the end is not late"


def test_what_comes_after_its_events_were_archived_is_kept_and_changes_nothing(
    site: Site, shop: Merchant, database: TestDatabase
) -> None:
    sent = parcel(site, shop, LATE_SCAN)
    site.clock.advance(hours=2)
    *before, delivered, after = sent.scans()
    sent.push(*before, delivered)
    site.work()
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM tracking_events")
    ended = sent.shown()
    sent.push(after)
    site.work(days=8)
    assert (sent.shown()["status"], sent.shown()["version"]) == ("delivered", ended["version"])
    assert quarantined(database) == [f"nobody follows {ended['tracking_number']}"]
    assert site.violations() == []


def test_pushed_and_polled_are_one_event(site: Site, shop: Merchant, database: TestDatabase) -> None:
    sent = parcel(site, shop, polled=True)
    site.clock.advance(minutes=31)
    first, *_, last = sent.scans()
    sent.push(first)
    site.work()
    assert inbox(database, "poll") == {"applied": 1}
    sent.push(last)
    site.work()
    events = sent.events()
    assert [event["source"] for event in events].count("webhook") == 1
    assert len(events) == len({event["id"] for event in events}) == len(sent.scans())
    assert inbox(database) == {"applied": 1, "duplicate": 1}
    assert sent.shown()["status"] == "in_transit"


def test_a_scan_that_is_faster_than_its_booking_waits_for_it(
    site: Site, shop: Merchant, database: TestDatabase
) -> None:
    running = site.carrier("sandbox")
    account_id = shop.account("sandbox-1", running, without="track")
    answer = shop.book(reference=f"order-sim{LOST_ANSWER}")
    assert answer.status_code == 202, answer.text
    site.clock.advance(minutes=20)
    bodies = scans(running, "SBX000001")
    for body in bodies:
        assert site.push(account_id, body, running).status_code == 200
    read_inbox(site)
    assert inbox(database) == {"parked": len(bodies)}
    shipment = site.settle(shop, (answer.json or {})["id"])
    site.work(minutes=1)
    assert shop.shipment(shipment["id"])["status"] == "picked_up"
    assert inbox(database) == {"applied": len(bodies)}


def test_a_number_that_nobody_ever_follows_ends_in_quarantine(
    site: Site, shop: Merchant, database: TestDatabase
) -> None:
    running = site.carrier("sandbox")
    account_id = shop.account("sandbox-1", running)
    body = scan("SBX999999-1", "e1", "PICKED_UP", site.clock().isoformat())
    assert site.push(account_id, body, running).status_code == 200
    site.work()
    assert inbox(database) == {"parked": 1}
    site.work(days=site.services.settings.tracking.park_days, minutes=-1)
    assert inbox(database) == {"parked": 1}
    site.work(hours=2)
    assert quarantined(database) == ["nobody follows SBX999999-1"]


def test_what_cannot_be_read_is_set_aside_and_holds_nobody_up(
    site: Site, shop: Merchant, database: TestDatabase
) -> None:
    sent = parcel(site, shop)
    site.clock.advance(minutes=11)
    bodies = sent.scans()
    unreadable = (b"{not json", b"\xff\xfe", b"[]", b'{"type": "tracking"}', b'{"id": NaN}', b"[" * 5000)
    sent.push(*unreadable, *bodies)
    site.work()
    assert sent.shown()["status"] == "picked_up"
    assert inbox(database) == {"applied": len(bodies), "quarantined": len(unreadable)}
    assert "" not in quarantined(database)


def test_a_code_in_no_table_is_kept_as_unknown_and_moves_nothing(site: Site, shop: Merchant) -> None:
    sent = parcel(site, shop, NEW_CODE)
    site.clock.advance(minutes=31)
    sent.push(*sent.scans())
    site.work()
    unlisted = sent.events()[-1]
    assert (unlisted["carrier_code"], unlisted["status"]) == ("DRONE_HANDOVER", "unknown")
    assert unlisted["reason"] == "unmapped_carrier_code"
    assert sent.shown()["status"] == "picked_up"
    assert site.services.store.counts()["events_unmapped"] == 1


@pytest.mark.parametrize("lie", ["unsigned", "forged", "tampered", "old"])
def test_a_webhook_without_a_true_proof_is_refused_and_not_stored(
    lie: str, site: Site, shop: Merchant, database: TestDatabase
) -> None:
    sent = parcel(site, shop)
    site.clock.advance(hours=2)
    body = sent.scans()[-1]
    account = sent.running.account
    age = timedelta(minutes=10 if lie == "old" else 0)
    call = WebhookCall(method="POST", headers={}, query={}, body=body, received_at=site.clock() - age)
    headers = dict(sent.running.simulator.carrier.webhook_proof.sign(call, account).headers)  # type: ignore[attr-defined]  # the sandbox has one
    if lie == "unsigned":
        headers = {}
    if lie == "forged":
        headers["sandbox-signature"] = "0" * 64
    if lie == "tampered":
        body = body.replace(b"RECIPIENT", b"NEIGHBOUR")
    client, refused = site.gateway.app.test_client(), _refused(site)
    answer = client.post(f"/v1/carriers/{sent.account_id}/webhook", data=body, headers=headers)
    assert (answer.status_code, (answer.json or {})["code"]) == (401, "webhook_rejected")
    assert _refused(site) == refused + 1, "it is counted"
    assert inbox(database) == {}
    site.work()
    assert sent.shown()["status"] == "booked"


def _refused(site: Site) -> float:
    """How many webhooks were refused, by the metrics."""
    route = 'gateway_requests_total{method="POST",route="/v1/carriers/<account_id>/webhook",status="401"} '
    told = site.gateway.app.test_client().get("/metrics").text
    return sum(float(line.removeprefix(route)) for line in told.splitlines() if line.startswith(route))


def test_an_old_message_of_a_carrier_that_signs_no_time_is_harmless_even_once_it_is_forgotten(
    site: Site, shop: Merchant, database: TestDatabase
) -> None:
    """Its proof holds for ever, and the raw message is not kept for ever: what the scan is called tells it."""
    running = site.carrier("bring")
    account_id = shop.account("bring-1", running)
    shipment = shop.booked()
    told = {"status": "DELIVERED", "shipment": shipment["tracking_number"], "created": site.clock().isoformat()}
    body = json.dumps(told).encode()
    assert site.push(account_id, body, running).status_code == 200
    read_inbox(site)
    before = shop.shipment(shipment["id"])
    assert (before["status"], inbox(database)) == ("delivered", {"applied": 1})
    site.clock.advance(days=site.services.settings.retention.inbox_days + 1)
    site.services.retention.prune()
    assert inbox(database) == {}
    assert site.push(account_id, body, running).status_code == 200
    read_inbox(site)
    assert inbox(database) == {"duplicate": 1}
    assert shop.shipment(shipment["id"])["version"] == before["version"]


def test_a_webhook_for_an_account_that_does_not_exist_is_not_found(site: Site, database: TestDatabase) -> None:
    running = site.carrier("sandbox")
    answer = site.push("acc_01JD5FAV0W6RM5D6J1T9V7N3QK", b"{}", running)
    assert (answer.status_code, (answer.json or {})["code"]) == (404, "not_found")
    assert inbox(database) == {}


@pytest.mark.parametrize("code", ["bring", "sandbox", "uber_direct"])
def test_a_carrier_hears_what_it_expects_before_anybody_reads_its_words(
    code: str, site: Site, shop: Merchant, database: TestDatabase
) -> None:
    running = site.carrier(code)
    account_id = shop.account("at-carrier", running)
    answer = site.push(account_id, b"unreadable", running)
    assert (answer.status_code, answer.get_data()) == (200, b"")
    assert inbox(database) == {"new": 1}
    site.work()
    assert inbox(database) == {"quarantined": 1}


def test_a_carrier_that_sends_no_webhooks_has_none_taken_in_its_name(
    site: Site, shop: Merchant, database: TestDatabase
) -> None:
    account_id = fleet.add_fleet(site, shop, "own-fleet")
    answer = site.gateway.app.test_client().post(f"/v1/carriers/{account_id}/webhook", data=b"{}")
    assert answer.status_code == 401
    assert inbox(database) == {}


def test_an_account_tells_of_its_own_parcels_only(site: Site, shop: Merchant, database: TestDatabase) -> None:
    sent = parcel(site, shop)
    site.clock.advance(hours=2)
    delivered = sent.scans()[-1]
    thief = site.merchant("Thief")
    for who, name in ((thief, "elsewhere"), (shop, "another")):
        other = who.account(name, sent.running)
        answers = [
            site.push(other, body, sent.running)
            for body in (delivered, scan("SBX999999-1", "e1", "PICKED_UP", site.clock().isoformat()))
        ]
        assert len({(each.status_code, each.get_data()) for each in answers}) == 1, "nobody learns which number exists"
        assert answers[0].status_code == 200
    site.work()
    assert sent.shown()["status"] == "booked"
    assert sent.events() == []
    assert inbox(database) == {"parked": 4}


def test_a_drivers_scans_count_once_however_often_the_device_sends_them(
    site: Site, shop: Merchant, database: TestDatabase
) -> None:
    fleet.add_fleet(site, shop, "own-fleet")
    shipment = shop.booked()
    number, at = shipment["tracking_number"], datetime.now(UTC).isoformat()
    given = {
        "account": "own-fleet",
        "scans": [
            fleet.scan(number, "van7-1", "picked_up", at),
            fleet.scan(number, "van7-2", "delivered", at, detail="neighbour", proof={"received_by": "Ola"}),
            fleet.scan("DS-NOBODYS", "van7-3", "delivered", at),
        ],
    }
    reports = [shop.call("POST", "/v1/fleet/scans", given).json for _ in range(3)]
    unknown = ["DS-NOBODYS"]
    assert reports == [
        {"new": 2, "unknown_tracking_numbers": unknown},
        {"new": 0, "unknown_tracking_numbers": unknown},
        {"new": 0, "unknown_tracking_numbers": unknown},
    ]
    shown = shop.shipment(shipment["id"])
    assert (shown["status"], shown["reason"], shown["attempts"]) == ("delivered", "delivered_neighbour", 1)
    assert shown["proof_of_delivery"]["received_by"] == "Ola"
    assert inbox(database, "scan") == {"parked": 1}, "what nobody follows yet waits for its booking"
    site.work(days=8)
    assert inbox(database, "scan") == {"quarantined": 1}, "and then for a person"


def test_scans_are_taken_all_or_none(site: Site, shop: Merchant) -> None:
    fleet.add_fleet(site, shop, "own-fleet")
    shipment = shop.booked()
    good = fleet.scan(shipment["tracking_number"], "van7-1", "delivered", datetime.now(UTC).isoformat())
    bad = {**good, "event_id": "van7-2", "occurred_at": "yesterday"}
    answer = shop.call("POST", "/v1/fleet/scans", {"account": "own-fleet", "scans": [good, bad]})
    assert answer.status_code == 422
    assert shop.shipment(shipment["id"])["status"] == "booked"
