"""What Uber Direct tells of a delivery: one scan by poll and push, the way back, odd shapes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from carriers.base import (
    Account,
    BadCarrierResponse,
    Leg,
    Reading,
    TrackingEvent,
    TrackingUpdate,
    WebhookCall,
    WebhookRejected,
)
from carriers.uber_direct.adapter import UberDirect
from carriers.uber_direct.wire import tracking
from gateway.domain.fold import current_status

DEL, RET = "del_gDcyfRgyQcyN0obpqqS_1B", "ret_BiymjKtjTwKpoS2kSIuxlv"
# The published example of the webhook guide (developer.uber.com/docs/deliveries).
SIGNING_KEY = "c5c26d5a-70d6-46c7-a652-d7c09825ad29"
SIGNED_BODY = b'{"kind": "event.courier_update", "location": {"lat": 37.7974109, "lng": -122.424145}}'
SIGNATURE = "cdff8133fb065f8d37a2c1c94c3331b6a82766d14e7ea4faacc4886558cedd65"

NOW = datetime(2023, 5, 1, 22, 30, tzinfo=UTC)


def account(mode: Any = "test") -> Account:
    return Account(
        id="acc_1",
        name="uber",
        mode=mode,
        urls={"api": "http://127.0.0.1:9", "token": "http://127.0.0.1:9"},
        secrets={"client_id": "c", "client_secret": "s", "webhook_secret": SIGNING_KEY},
        options={"customer_id": "cus_1"},
    )


def delivery(**fields: Any) -> dict[str, Any]:
    return {
        "id": DEL,
        "status": "pending",
        "kind": "delivery",
        "live_mode": False,
        "courier_imminent": False,
        "created": "2023-05-01T22:15:13.646Z",
        "updated": "2023-05-01T22:16:20.023Z",
        "external_id": "tnd_1",
        "undeliverable_action": "",
        "undeliverable_reason": "",
        **fields,
    }


def polled(fields: Mapping[str, Any]) -> TrackingUpdate:
    return tracking.update(Reading.parse(json.dumps(fields).encode()), UberDirect.statuses)


def pushed(fields: Mapping[str, Any], kind: str = "event.delivery_status", mode: Any = "test", **top: Any) -> Any:
    message = {
        "kind": kind,
        "id": "evt_1",
        "created": "2023-05-01T22:59:00Z",
        "live_mode": False,
        "data": fields,
    }
    call = WebhookCall(method="POST", headers={}, body=json.dumps({**message, **top}).encode(), received_at=NOW)
    return UberDirect(account(mode)).parse_webhook(call)


def word(event: TrackingEvent) -> tuple[str, str]:
    return event.status, event.reason


LIFE = [
    delivery(),
    delivery(status="pickup", updated="2023-05-01T22:17:00Z", courier={"name": "Alex I."}),
    delivery(status="pickup", updated="2023-05-01T22:18:00Z", courier_imminent=True),
    delivery(
        status="pickup_complete",
        updated="2023-05-01T22:19:00Z",
        pickup={"status": "completed", "status_timestamp": "2023-05-01T22:18:59Z"},
    ),
    delivery(status="dropoff", updated="2023-05-01T22:20:00Z"),
    delivery(status="dropoff", updated="2023-05-01T22:25:00Z", courier_imminent=True),
    delivery(
        status="delivered",
        updated="2023-05-01T22:26:00Z",
        courier_imminent=True,
        dropoff={"status": "completed", "status_timestamp": "2023-05-01T22:25:59Z"},
    ),
]


def test_a_delivery_is_told_in_our_words_from_beginning_to_end() -> None:
    assert [word(polled(step).events[0]) for step in LIFE] == [
        ("booked", "searching_courier"),
        ("pickup_in_progress", "courier_en_route_to_pickup"),
        ("pickup_in_progress", "courier_nearby"),
        ("picked_up", "none"),
        ("out_for_delivery", "courier_en_route_to_dropoff"),
        ("out_for_delivery", "courier_nearby"),
        ("delivered", "delivered_to_recipient"),
    ]


def test_the_same_status_twice_is_two_scans() -> None:
    ids = [polled(step).events[0].event_id for step in LIFE]
    assert len(set(ids)) == len(LIFE)


@pytest.mark.parametrize("kind", ["event.delivery_status", "event.courier_update", "event.delivery_return"])
@pytest.mark.parametrize("step", LIFE, ids=lambda step: f"{step['status']}-{step['courier_imminent']}")
def test_poll_and_push_give_the_same_scan_the_same_event_id(step: dict[str, Any], kind: str) -> None:
    (told,) = pushed(step, kind)
    assert told == polled(step)


def test_a_poll_long_after_the_scan_still_names_the_same_scan() -> None:
    for step in LIFE:
        later = {**step, "updated": "2023-05-01T23:55:00Z", "dropoff_eta": "2023-05-02T00:10:00Z"}
        assert polled(later).events[0].event_id == polled(step).events[0].event_id


def test_a_later_poll_of_a_waypoint_status_keeps_its_moment() -> None:
    later = {**LIFE[-1], "updated": "2023-05-01T23:55:00Z"}
    assert polled(later).events == polled(LIFE[-1]).events


def test_the_reason_of_a_cancellation_which_only_a_webhook_tells_is_no_part_of_the_scans_name() -> None:
    cancelled = delivery(status="canceled", updated="2023-05-01T22:40:00Z")
    why = {"cancelation_reason": {"primary_reason": "UBER_CANCEL", "secondary_reason": "cannot_dispatch_courier"}}
    (told,) = pushed({**cancelled, **why})
    assert told.events[0].event_id == polled(cancelled).events[0].event_id
    assert word(told.events[0]) == ("cancelled", "no_courier_found")
    assert word(polled(cancelled).events[0]) == ("cancelled", "none")


def test_a_late_courier_update_never_moves_a_delivery_back() -> None:
    told = [polled(step).events[0] for step in LIFE]
    for late in LIFE[1:]:
        (update,) = pushed(late, "event.courier_update", created="2023-05-01T23:30:00Z")
        assert current_status([*told, *update.events]).status == "delivered"


def test_a_late_courier_update_never_moves_a_delivery_back_before_its_end() -> None:
    for so_far in range(2, len(LIFE)):
        told = [polled(step).events[0] for step in LIFE[:so_far]]
        before = current_status(told)
        for late in LIFE[1:so_far]:
            (update,) = pushed(late, "event.courier_update", created="2023-05-01T23:30:00Z")
            assert current_status([*told, *update.events]) == before


def test_a_courier_update_without_a_time_of_its_delivery_is_kept_for_a_person_instead_of_dated_now() -> None:
    undated = {key: value for key, value in LIFE[4].items() if key != "updated"}
    with pytest.raises(BadCarrierResponse, match="since when"):
        pushed(undated, "event.courier_update")
    (told,) = pushed(undated)
    assert told.events[0].occurred_at == datetime(2023, 5, 1, 22, 59, tzinfo=UTC)


def returned(**fields: Any) -> dict[str, Any]:
    return delivery(
        status="returned",
        complete=True,
        updated="2023-05-01T22:35:00Z",
        undeliverable_action="returned",
        undeliverable_reason="CUSTOMER_UNAVAILABLE",
        related_deliveries=[{"id": RET, "relationship": "return"}],
        dropoff={"status": "failed", "status_timestamp": "2023-05-01T22:34:50Z"},
        **fields,
    )


def way_back(status: str, updated: str, **fields: Any) -> dict[str, Any]:
    leg = delivery(status=status, updated=updated, related_deliveries=[{"id": DEL, "relationship": "original"}])
    return {**leg, "id": RET, "created": "2023-05-01T22:35:01Z", **fields}


def test_a_returned_delivery_is_a_failed_attempt_and_a_way_back_but_not_yet_returned() -> None:
    update = polled(returned())
    assert [word(event) for event in update.events] == [
        ("attempt_failed", "recipient_unavailable"),
        ("returning", "return_in_progress"),
    ]
    assert {event.leg for event in update.events} == {Leg.OUTBOUND}
    folded = current_status(update.events)
    assert (folded.status, folded.attempts, folded.terminal) == ("returning", 1, False)


def test_the_way_back_is_told_under_the_original_and_ends_at_the_sender() -> None:
    steps = [
        way_back("pending", "2023-05-01T22:35:01Z"),
        way_back("pickup", "2023-05-01T22:35:02Z", courier_imminent=True),
        way_back("pickup_complete", "2023-05-01T22:35:03Z"),
        way_back("dropoff", "2023-05-01T22:40:00Z"),
        way_back("delivered", "2023-05-01T22:55:00Z"),
    ]
    updates = [polled(step) for step in steps]
    assert {update.tracking_number for update in updates} == {DEL}
    assert {event.leg for update in updates for event in update.events} == {Leg.RETURN}
    assert all(update.proof is None for update in updates)
    history = list(polled(returned()).events)
    seen = []
    for update in updates:
        history += update.events
        seen.append(current_status(history).status)
    assert seen == ["returning"] * 4 + ["returned"]


def test_the_way_back_folds_alike_in_every_order() -> None:
    messages = [LIFE[4], LIFE[5], returned(), way_back("dropoff", "2023-05-01T22:40:00Z")]
    messages.append(way_back("delivered", "2023-05-01T22:55:00Z"))
    events = [event for message in messages for event in polled(message).events]
    folded = {current_status(order).status for order in itertools.permutations(events)}
    assert folded == {"returned"}


def test_a_return_leg_is_known_by_its_id_alone() -> None:
    alone = way_back("delivered", "2023-05-01T22:55:00Z", related_deliveries=None)
    update = polled(alone)
    assert (update.tracking_number, update.reference) == (RET, "tnd_1")
    assert word(update.events[0]) == ("returned", "return_completed")


def test_a_return_leg_is_known_by_its_original_alone() -> None:
    renamed = way_back("delivered", "2023-05-01T22:55:00Z", id="del_another")
    assert word(polled(renamed).events[0]) == ("returned", "return_completed")


def test_a_cancelled_delivery_whose_parcels_come_back_is_not_over() -> None:
    for marks in (
        {"undeliverable_action": "returned"},
        {"related_deliveries": {"id": RET, "relationship": "return"}},
    ):
        cancelled = delivery(status="canceled", **marks)
        assert word(polled(cancelled).events[0]) == ("returning", "return_in_progress")


def test_only_an_undelivered_parcel_is_followed_on_its_way_back() -> None:
    for status, followed in (("returned", RET), ("canceled", RET), ("delivered", ""), ("dropoff", "")):
        told = delivery(status=status, related_deliveries=[{"id": RET}])
        assert tracking.return_of(Reading(told)) == followed


def test_left_at_the_door_is_delivered_to_a_safe_place() -> None:
    left = {
        **LIFE[-1],
        "undeliverable_action": "left_at_door",
        "undeliverable_reason": "customer_unavailable",
    }
    (event,) = polled(left).events
    assert word(event) == ("delivered", "delivered_safe_place")
    assert event.event_id == polled(LIFE[-1]).events[0].event_id


def test_a_delivered_one_with_an_outcome_nobody_documents_is_not_called_delivered() -> None:
    odd = {**LIFE[-1], "undeliverable_action": "discarded"}
    assert word(polled(odd).events[0]) == ("unknown", "unmapped_carrier_code")


def test_an_unlisted_status_is_kept_raw_and_never_guessed() -> None:
    (event,) = polled(delivery(status="Delivered")).events
    assert (word(event), event.carrier_code) == (("unknown", "unmapped_carrier_code"), "Delivered")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("NO_SECURE_LOCATION_TO_DROPOFF", "no_safe_place"),
        ("no_secure_location_to_dropoff", "no_safe_place"),
        ("Customer_Unavailable", "recipient_unavailable"),
        ("pin_match_issue", "id_check_failed"),
        ("recipient_intoxicated", "attempt_unspecified"),
        ("", "attempt_unspecified"),
    ],
)
def test_why_an_attempt_failed_is_read_in_any_case_and_never_guessed(said: str, reason: str) -> None:
    attempt, _ = polled({**returned(), "undeliverable_reason": said}).events
    assert word(attempt) == ("attempt_failed", reason)
    assert attempt.description == said


@pytest.mark.parametrize(
    ("primary", "secondary", "reason"),
    [
        ("MERCHANT_CANCEL", "cancelled_by_merchant_api", "cancelled_by_shipper"),
        ("CUSTOMER_CANCEL", "Other", "cancelled_by_recipient"),
        ("UBER_CANCEL", "restaurant_closed", "not_ready_at_pickup"),
        ("UNFULFILLED", "made_up", "none"),
    ],
)
def test_the_finest_known_reason_of_a_cancellation_is_taken(primary: str, secondary: str, reason: str) -> None:
    why = {"primary_reason": primary, "secondary_reason": secondary}
    (event,) = polled(delivery(status="canceled", cancelation_reason=why)).events
    assert word(event) == ("cancelled", reason)
    assert event.description == f"{secondary}, {primary}"


def test_messages_of_the_other_mode_are_not_applied() -> None:
    live = {**LIFE[-1], "live_mode": True}
    assert pushed(live, live_mode=True) == ()
    assert pushed(live) == ()
    assert pushed(LIFE[-1], live_mode=True) == ()
    assert pushed(LIFE[-1], mode="live") == ()
    assert len(pushed(live, mode="live", live_mode=True)) == 1


@pytest.mark.parametrize("kind", ["event.refund_request", "event.shopping_progress", "dapi.status_changed", ""])
def test_kinds_that_carry_no_tracking_tell_none(kind: str) -> None:
    assert pushed({"refund_items": []}, kind) == ()


@pytest.mark.parametrize("related", [None, [], {}, "", [None], [{}], {"id": ""}, [{"id": "del_sibling"}], 7])
def test_related_deliveries_in_any_shape_do_not_make_a_return(related: Any) -> None:
    update = polled({**LIFE[-1], "related_deliveries": related, "manifest_items": {"name": "Bow tie"}})
    assert word(update.events[0]) == ("delivered", "delivered_to_recipient")


def test_a_recorded_courier_update_of_2019_is_read() -> None:
    """Shape of a webhook published in github.com/pejrich/postmex: nulls everywhere, whole seconds."""
    recorded = delivery(
        status="dropoff",
        courier_imminent=True,
        updated="2019-04-17T17:41:34Z",
        created="2019-04-17T17:40:01Z",
        courier={"img_href": None, "location": {"lat": 37.7563606, "lng": -122.411641}, "rating": "5.0"},
        manifest_items=None,
        pickup_eta=None,
        related_deliveries=[],
        tip=None,
        undeliverable_action=None,
        undeliverable_reason=None,
    )
    (update,) = pushed(recorded, "event.courier_update", created="2019-04-17T17:42:11Z")
    assert update.events[0].occurred_at == datetime(2019, 4, 17, 17, 41, 34, tzinfo=UTC)


def verified(seen: dict[str, Any], asked: dict[str, Any] | None = None) -> Any:
    return polled({**LIFE[-1], "dropoff": {"verification": seen, "verification_requirements": asked or {}}}).proof


def test_a_proof_says_who_where_and_what_was_checked() -> None:
    proof = verified(
        {
            "signature": {"image_url": "https://x/s", "signer_name": "Joan", "signer_relationship": "SPOUSE"},
            "picture": {"image_url": "javascript:alert(1)"},
            "identification": {"min_age_verified": True},
            "pin_code": {"entered": "3902"},
            "barcodes": [
                {"value": "1", "scan_result": {"outcome": "SUCCESS"}},
                {"value": "2", "scan_result": {"outcome": "INVALID"}},
                {"value": "3", "scan_result": {}},
            ],
            "completion_location": {"lat": 37.7, "lng": -122.4},
        },
        {"pincode": {"value": "3902"}, "identification": {"min_age": 21}},
    )
    assert (proof.received_by, proof.relationship, proof.signature_url) == ("Joan", "spouse", "https://x/s")
    assert (proof.photo_url, proof.pin_matched, proof.min_age_verified) == ("", True, 21)
    assert (proof.barcodes, proof.latitude, proof.longitude) == (("1", "3"), 37.7, -122.4)
    assert proof.delivered_at == datetime(2023, 5, 1, 22, 26, tzinfo=UTC)


def test_a_proof_claims_nothing_that_was_not_checked() -> None:
    proof = verified(
        {"identification": {"min_age_verified": False}, "pin_code": {"entered": "1"}},
        {"identification": {"min_age": 21}},
    )
    assert (proof.min_age_verified, proof.pin_matched) == (None, None)
    assert verified({"pin_code": {"entered": "1"}}, {"pincode": {"value": "2"}}).pin_matched is False
    assert polled(LIFE[4]).proof is None


def call(body: bytes, **headers: str) -> WebhookCall:
    return WebhookCall(method="POST", headers=headers, body=body, received_at=NOW)


@pytest.mark.parametrize("header", ["x-uber-signature", "x-postmates-signature"])
def test_the_published_signature_proves_the_published_body(header: str) -> None:
    carrier = UberDirect(account())
    assert carrier.prove(call(SIGNED_BODY, **{header: SIGNATURE})).status == 200
    assert carrier.receive(call(SIGNED_BODY, **{header: SIGNATURE})) == ()
    forged = [
        call(SIGNED_BODY + b" ", **{header: SIGNATURE}),
        call(SIGNED_BODY, **{header: SIGNATURE[:-1]}),
        call(SIGNED_BODY, **{header: ""}),
        call(SIGNED_BODY),
    ]
    for each in forged:
        with pytest.raises(WebhookRejected):
            carrier.prove(each)


def test_the_adapters_own_signature_is_the_published_one() -> None:
    signed = UberDirect.webhook_proof.sign(call(SIGNED_BODY), account())
    assert signed.headers["x-uber-signature"] == SIGNATURE


def test_every_documented_status_is_in_the_table_and_the_list_filter_is_not() -> None:
    listed = {row.carrier_code for row in UberDirect.statuses.rows}
    assert listed == {"pending", "pickup", "pickup_complete", "dropoff", "delivered", "canceled", "returned"}
    assert all(row.source for row in UberDirect.statuses.rows)


def test_imminence_never_outlives_its_status() -> None:
    (event,) = polled(delivery(status="pickup_complete", courier_imminent=True)).events
    assert (word(event), event.event_id) == (("picked_up", "none"), f"{DEL}:pickup_complete")


def test_deliver_by_is_the_present_estimate() -> None:
    eta = "2023-05-01T22:45:00Z"
    assert polled(delivery(dropoff_eta=eta)).deliver_by == datetime(2023, 5, 1, 22, 45, tzinfo=UTC)
    assert polled(way_back("dropoff", eta, dropoff_eta=eta)).deliver_by is None
