"""What is asked of Onfleet, and what tasks and webhooks tell."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from carriers.base import (
    Account,
    BadCarrierResponse,
    Reading,
    Requirements,
    ShipmentRejected,
    TimeWindow,
    UnknownReference,
    WebhookCall,
    WebhookRejected,
)
from carriers.onfleet.adapter import Onfleet
from carriers.onfleet.wire import answers, asking, tracking
from gateway.domain.fold import current_status
from tests.carriers.onfleet.conftest import shipment, tendered
from tests.carriers.simulated import NOON

ACCOUNT = Account(
    id="acc_1",
    name="onfleet",
    mode="test",
    urls={},
    secrets={"api_key": "a98b7123a973e8c903612e63c8c31a64", "webhook_secret": "0123456789abcdef" * 4},
)
TABLE = Onfleet.statuses
NOON_MS = 1772452800000
# Computed with an invented key by the rule of testwebhooks.py, github.com/onfleet/developer@5cc0d36.
HOOK = (
    b'{"taskId":"kc8SS1tzuZ~jqjlebKGrUmpe","workerId":null,"triggerId":6,"triggerName":"taskCreated",'
    b'"time":1455149633000}'
)
SIGNATURE = (
    "dade0d205b469f13f44458d6f1931328ebb5a066e1e0536e3efbb90aead0f94e"
    "0033fcd43973fdc3fbd78cba84f3fc454ff318fc74dc5f16f8574b9ebd2dd18f"
)


def test_a_delivery_is_two_tasks_in_milliseconds_with_longitude_first() -> None:
    window = TimeWindow(start=NOON + timedelta(hours=1), end=NOON + timedelta(hours=2, milliseconds=1))
    moved = replace(shipment(), requirements=Requirements(signature=True, min_age=18))
    request = tendered(moved, window=window)
    first: Any = asking.pickup(request, ACCOUNT)
    second: Any = asking.dropoff(request, ACCOUNT, "p1")
    assert (first["pickupTask"], first["completeAfter"], "dependencies" in first) == (True, NOON_MS, False)
    assert (second["pickupTask"], second["dependencies"]) == (False, ["p1"])
    assert (second["completeAfter"], second["completeBefore"]) == (NOON_MS + 3600000, NOON_MS + 7200001)
    assert second["destination"]["location"] == [-117.8764687, 33.8078476]
    assert "location" not in first["destination"]
    assert second["requirements"] == {"signature": True, "minimumAge": 18}
    assert first["metadata"][0] | second["metadata"][0] == {
        "name": "externalId",
        "type": "string",
        "value": "tnd_1",
        "visibility": ["api", "dashboard"],
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {}),
        ({"team": "t1"}, {"container": {"type": "TEAM", "team": "t1"}}),
        ({"auto_assign": "load"}, {"autoAssign": {"mode": "load", "considerDependencies": True}}),
        (
            {"auto_assign": "distance", "team": "t1"},
            {"autoAssign": {"mode": "distance", "considerDependencies": True, "team": "t1"}},
        ),
        ({"service_time_min": 5}, {"serviceTime": 5}),
    ],
)
def test_the_account_says_who_drives(options: dict[str, object], expected: dict[str, object]) -> None:
    task = asking.pickup(tendered(shipment()), replace(ACCOUNT, options=options))
    assert {key: task[key] for key in ("container", "autoAssign", "serviceTime") if key in task} == expected


def test_nobody_is_asked_for_where_there_is_no_phone_number_and_no_address_is_refused() -> None:
    task = asking.dropoff(tendered(shipment(phone="")), ACCOUNT, "p1")
    assert task["recipients"] == []
    with pytest.raises(ShipmentRejected, match="recipient"):
        asking.check(replace(shipment(), destination=replace(shipment().destination, street1="")))


def hook(body: bytes = HOOK, **more: Any) -> WebhookCall:
    headers = {"x-onfleet-signature": SIGNATURE}
    return WebhookCall(**{"method": "POST", "headers": headers, "body": body, "received_at": NOON, **more})


def test_a_webhook_is_proven_with_the_hex_key_and_the_address_echoes_the_check() -> None:
    carrier = Onfleet(ACCOUNT)
    (update,) = carrier.receive(hook())
    assert (update.tracking_number, update.events[0].status) == ("kc8SS1tzuZ~jqjlebKGrUmpe", "booked")
    check = hook(b"", method="GET", headers={}, query={"check": "8f1d3c"})
    assert (carrier.prove(check).status, carrier.prove(check).body) == (200, b"8f1d3c")
    assert carrier.receive(check) == ()
    text_key = replace(ACCOUNT, secrets={"webhook_secret": "not hex at all"})
    for false, account in ((hook(HOOK + b" "), ACCOUNT), (hook(b""), ACCOUNT), (hook(), text_key)):
        with pytest.raises(WebhookRejected):
            Onfleet(account).prove(false)


def task(**fields: Any) -> dict[str, Any]:
    return {"id": "d1", "pickupTask": False, "dependencies": ["p1"], "state": 0, "worker": "w1", **fields}


def polled(**fields: Any) -> Any:
    return tracking.update(Reading(task(**fields)), TABLE, ACCOUNT, NOON)


def words(update: Any) -> list[tuple[str, str]]:
    return [(event.status, event.reason) for event in update.events]


DONE = {"success": True, "time": NOON_MS - 60000}
FAILED = {"success": False, "time": NOON_MS - 60000, "failureReason": "OTHER", "failureNotes": "dog"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"state": 0, "dependencies": []}, ("booked", "none")),
        ({"state": 1, "dependencies": []}, ("assigned", "none")),
        ({"state": 0}, None),
        ({"state": 1}, None),
        ({"state": 2, "pickupTask": True}, ("pickup_in_progress", "courier_en_route_to_pickup")),
        ({"state": 2}, ("out_for_delivery", "courier_en_route_to_dropoff")),
        ({"state": 3, "pickupTask": True, "completionDetails": DONE}, ("picked_up", "none")),
        ({"state": 3, "completionDetails": DONE}, ("delivered", "delivered_to_recipient")),
        ({"state": 3, "pickupTask": True, "completionDetails": FAILED}, ("exception", "pickup_failed")),
        ({"state": 3, "completionDetails": FAILED}, ("attempt_failed", "attempt_unspecified")),
        ({"state": 3, "completionDetails": {}}, ("unknown", "unmapped_carrier_code")),
        ({"state": 3, "completionDetails": {"success": "yes"}}, ("unknown", "unmapped_carrier_code")),
        ({"state": 3, "pickupTask": None, "completionDetails": DONE}, ("unknown", "unmapped_carrier_code")),
        ({"state": 2, "pickupTask": "no"}, ("unknown", "unmapped_carrier_code")),
        ({"state": 3, "sourceTaskId": "d0", "completionDetails": DONE}, ("exception", "needs_attention")),
        ({"state": 3, "sourceTaskId": "d0", "completionDetails": FAILED}, ("attempt_failed", "attempt_unspecified")),
        ({"state": 2, "sourceTaskId": "d0"}, ("out_for_delivery", "courier_en_route_to_dropoff")),
        ({"state": 4}, ("unknown", "unmapped_carrier_code")),
        ({"state": None}, None),
    ],
)
def test_every_state_is_told_in_our_words_and_no_other_is_guessed(
    fields: dict[str, Any], expected: tuple[str, str] | None
) -> None:
    assert words(polled(**fields)) == ([expected] if expected else [])
    assert (polled(**fields).proof is not None) == (expected is not None and expected[0] == "delivered")


def pushed(trigger: int, inside: dict[str, Any] | None, **envelope: Any) -> Any:
    call = {"taskId": "d1", "triggerId": trigger, "time": NOON_MS, "workerId": "w1", **envelope}
    return tracking.webhook(Reading(call | ({"data": {"task": inside}} if inside else {})), TABLE, ACCOUNT, NOON)


def test_an_end_that_is_said_later_is_another_scan() -> None:
    (first,), (then,) = pushed(3, task(state=3)), pushed(7, task(state=3, completionDetails=DONE))
    assert (first.events[0].status, then.events[0].status) == ("unknown", "delivered")
    assert first.events[0].event_id != then.events[0].event_id, "else the second is a copy of the first"


@pytest.mark.parametrize(
    ("trigger", "pickup", "dropoff", "unsaid"),
    [
        (0, "pickup_in_progress", "out_for_delivery", "unknown"),
        (1, "pickup_in_progress", "out_for_delivery", "unknown"),
        (2, "pickup_in_progress", "out_for_delivery", "unknown"),
        (3, "picked_up", "delivered", "unknown"),
        (4, "exception", "attempt_failed", "unknown"),
        (6, "booked", "booked", "booked"),
        (7, "unknown", "unknown", "unknown"),
        (8, "exception", "cancelled", "unknown"),
        (9, "assigned", "assigned", "assigned"),
        (10, "booked", "booked", "booked"),
        (12, "unknown", "unknown", "unknown"),
        (13, "unknown", "unknown", "unknown"),
        (14, "unknown", "unknown", "unknown"),
        (29, "unknown", "unknown", "unknown"),
        (77, "unknown", "unknown", "unknown"),
    ],
)
def test_a_trigger_without_a_state_is_read_by_the_door_and_without_a_door_claims_no_end(
    trigger: int, pickup: str, dropoff: str, unsaid: str
) -> None:
    told = [pushed(trigger, inside) for inside in ({"pickupTask": True}, {"pickupTask": False}, None)]
    assert [update.events[0].status for (update,) in told] == [pickup, dropoff, unsaid]
    assert {update.events[0].carrier_code for (update,) in told} == {f"trigger:{trigger}"}


def test_about_no_task_nothing_is_told_and_without_a_trigger_nothing_is_guessed() -> None:
    assert pushed(5, None, taskId=None) == ()
    with pytest.raises(BadCarrierResponse):
        pushed(0, None, triggerId="soon")


def test_a_deleted_copy_is_no_cancellation() -> None:
    (update,) = pushed(8, {"pickupTask": False, "sourceTaskId": "d0"})
    assert words(update) == [("exception", "needs_attention")]


def test_an_estimate_moves_the_promise_and_nothing_else() -> None:
    (update,) = pushed(1, task(state=2), etaSeconds=300)
    assert update.deliver_by == NOON + timedelta(minutes=5)
    assert pushed(1, task(state=2), etaSeconds=10**12)[0].deliver_by is None
    assert pushed(1, task(state=2, pickupTask=True), etaSeconds=300)[0].deliver_by is None
    done = polled(state=3, completionDetails=DONE)
    assert current_status([*done.events, *update.events]).status == "delivered"


def test_a_life_of_two_tasks_folds_alike_in_every_order() -> None:
    started = {"events": [{"name": "start", "time": NOON_MS}]}
    pickup = {"id": "p1", "pickupTask": True, "dependencies": []}
    steps = [
        polled(**pickup, state=0, timeCreated=NOON_MS - 3600000),
        pushed(9, {**task(state=1), **pickup}, taskId="p1", time=NOON_MS - 3000000)[0],
        pushed(10, task(state=0, **pickup), taskId="p1", time=NOON_MS - 2900000)[0],
        polled(**pickup, state=2, completionDetails={"events": [{"name": "start", "time": NOON_MS - 2000000}]}),
        polled(**pickup, state=3, completionDetails={"success": True, "time": NOON_MS - 1000000}),
        polled(state=2, completionDetails=started),
        pushed(3, task(state=3, completionDetails={"success": True, "time": NOON_MS + 60000}))[0],
    ]
    events = [event for update in steps for event in update.events]
    seen = [current_status(events[: count + 1]).status for count in range(len(events))]
    assert seen == [
        "booked",
        "assigned",
        "booked",
        "pickup_in_progress",
        "picked_up",
        "out_for_delivery",
        "delivered",
    ]
    assert {current_status(order).status for order in itertools.permutations(events)} == {"delivered"}


def test_the_proof_has_who_when_where_and_links_of_uploads() -> None:
    details = {**DONE, "photoUploadIds": ["u1"], "signatureUploadId": "u2", "signatureText": "Joan"}
    said = Reading(task(state=3, completionDetails={**details, "lastLocation": [Decimal("-122.4"), Decimal("37.7")]}))
    proof = tracking.proof(said, ACCOUNT)
    assert (proof.received_by, proof.longitude, proof.latitude) == ("Joan", -122.4, 37.7)
    assert proof.delivered_at == NOON - timedelta(minutes=1)
    assert proof.photo_url == "https://d15p8tr8p0vffz.cloudfront.net/u1/800x.png"
    own = replace(ACCOUNT, options={"signature_url": "https://pod.example/{id}"})
    assert tracking.proof(said, own).signature_url == "https://pod.example/u2"
    for place in ([], None, [1], ["a", "b"], {"lon": 1}):
        bare = tracking.proof(Reading(task(completionDetails={"lastLocation": place})), ACCOUNT)
        assert (bare.latitude, bare.photo_url, bare.delivered_at) == (None, "", None)


@pytest.mark.parametrize("value", [0, -1, 10**15, "1455149633000", None, 1.5])
def test_a_time_that_is_none_is_none(value: object) -> None:
    assert answers.moment(Reading({"time": value}), "time") is None
    assert answers.moment(Reading({"time": 1455149633000}), "time") == datetime(2016, 2, 11, 0, 13, 53, tzinfo=UTC)


PICKUP, DROPOFF = {"id": "p1", "pickupTask": True}, {"id": "d1", "pickupTask": False, "dependencies": ["p1"]}
COPY = {"id": "d2", "pickupTask": False, "sourceTaskId": "d1"}


@pytest.mark.parametrize(
    ("tasks", "found"),
    [
        ([], None),
        ([PICKUP, DROPOFF], "d1"),
        ([COPY, DROPOFF, PICKUP], "d1"),
        ([PICKUP], UnknownReference),
        ([DROPOFF], UnknownReference),
        ([COPY], UnknownReference),
        ([PICKUP, DROPOFF, {**DROPOFF, "id": "d9"}], UnknownReference),
        ([{**PICKUP, "id": "p9"}, PICKUP, DROPOFF], UnknownReference),
    ],
)
def test_only_a_whole_pair_is_a_booking_and_a_half_is_never_nothing(tasks: list[dict[str, Any]], found: Any) -> None:
    readings = [Reading(each) for each in tasks]
    if found is UnknownReference:
        with pytest.raises(UnknownReference, match="tnd_1"):
            answers.pair(readings, "tnd_1")
    else:
        pair = answers.pair(readings, "tnd_1")
        assert (pair.text("id") if pair else None) == found


def test_every_row_of_the_table_names_its_source() -> None:
    assert all(row.source for row in TABLE.rows)
