"""Signatures over exact bytes, what is asked, and what orders, proofs and webhooks tell."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from carriers.base import Account, Call, Reading, ShipmentRejected, WebhookCall, WebhookRejected
from carriers.lalamove.adapter import Lalamove
from carriers.lalamove.wire import asking, tracking
from gateway.domain.fold import current_status
from tests.carriers.lalamove.conftest import shipment, tendered
from tests.carriers.simulated import NOON

# Keys invented; the rule is that of src/auth.ts, github.com/lalamove/delivery-nodejs-sdk@64f2765.
ACCOUNT = Account(
    id="acc_1",
    name="lalamove",
    mode="test",
    urls={"api": "https://rest.sandbox.lalamove.com/v3"},
    secrets={"api_key": "pk_test_INVENTED", "api_secret": "sk_test_INVENTED"},
    options={
        "market": "HK",
        "language": "en_HK",
        "service_type": "MOTORCYCLE",
        "webhook_path": "/webhooks/lalamove",
    },
)
SIGNED_AT = datetime.fromtimestamp(1545880607, UTC).replace(microsecond=433000)
TABLE = Lalamove.statuses
HOOK = (
    b'{"apiKey":"pk_test_INVENTED","timestamp":1672531200,'
    b'"signature":"2176a9342d65c56df401edb7477ea5452e27e2342e4907e547143396609d0a31",'
    b'"eventId":"00000000-0000-4000-8000-000000000001","eventType":"ORDER_STATUS_CHANGED","eventVersion":"v3",'
    b'"data":{"order":{"orderId":"107900701184","market":"HK","driverId":"22995",'
    b'"previousStatus":"ASSIGNING_DRIVER","status":"ON_GOING","updatedAt":"2023-01-01T00:00.00Z"},'
    b'"updatedAt":"2023-01-01T00:00.00Z"}}'
)


@pytest.mark.parametrize(
    ("method", "path", "body", "signature"),
    [
        (
            "POST",
            "/quotations",
            b'{"data":{"serviceType":"MOTORCYCLE","language":"en_HK","stops":[]}}',
            "afcc93c97fbe858bf9ae7f51478dbaa83ab244a12dd782399b1fe569dc33d8be",
        ),
        ("GET", "/orders/107900701184", None, "342bac12e30d2f3326f37b784a8296fa6a48602f61163a9da824384f85e4d550"),
    ],
)
def test_a_call_is_signed_over_time_method_path_and_bytes(
    method: str, path: str, body: bytes | None, signature: str
) -> None:
    call = Call(method=method, url=ACCOUNT.urls["api"] + path, body=body, repeatable=True)
    signed = Lalamove(ACCOUNT, lambda: SIGNED_AT).sign(call)
    assert signed["Authorization"] == f"hmac pk_test_INVENTED:1545880607433:{signature}"
    other = replace(call, body=(body or b"") + b" ")
    assert asking.authorization(other, ACCOUNT, SIGNED_AT)["Authorization"] != signed["Authorization"]


def test_a_stop_is_an_address_with_coordinates_as_texts_or_without() -> None:
    body: Any = asking.quotation(shipment(), NOON, ACCOUNT, NOON)
    assert body["data"]["stops"] == [
        {"address": "1 Nathan Rd, Kowloon, HK"},
        {"address": "8 Bowen Rd, Central, 999077, HK", "coordinates": {"lat": "22.2711000", "lng": "114.0000000"}},
    ]
    assert "scheduleAt" not in body["data"]


@pytest.mark.parametrize("phone", ["", "5555 1213", "+852 CALL ME"])
def test_an_order_needs_phone_numbers_and_says_all_that_is_missing(phone: str) -> None:
    moved = shipment(phone=phone)
    with pytest.raises(ShipmentRejected) as refused:
        asking.check(replace(moved, origin=replace(moved.origin, street1="")))
    assert len(refused.value.reasons) == 2


def test_an_order_carries_our_references_in_metadata() -> None:
    rate = replace(
        tendered(shipment()).rate, carrier_quote_id="7", carrier_data={"sender_stop": "71", "recipient_stop": "72"}
    )
    body: Any = asking.order(tendered(shipment()), rate, ACCOUNT)
    assert body["data"]["metadata"] == {"internalId": "tnd_1", "reference": "R1"}
    assert body["data"]["recipients"] == [{"stopId": "72", "name": "Joan P.", "phone": "+85255551213"}]


def hook(body: bytes = HOOK, method: str = "POST") -> WebhookCall:
    return WebhookCall(method=method, headers={}, body=body, received_at=NOON)


def test_a_webhook_is_proven_by_the_signature_in_its_body_and_dated_by_its_stamp_where_its_time_is_none() -> None:
    (update,) = Lalamove(ACCOUNT).receive(hook())
    assert (update.tracking_number, update.events[0].event_id) == ("107900701184", "107900701184:ON_GOING:22995")
    assert update.events[0].occurred_at == datetime(2023, 1, 1, tzinfo=UTC)


def test_the_address_answers_when_it_is_saved_and_nothing_else_passes_unproven() -> None:
    carrier = Lalamove(ACCOUNT)
    for check in (hook(b"", "GET"), hook(b"")):
        assert carrier.prove(check).status == 200
        assert carrier.receive(check) == ()
    forged = HOOK.replace(b"ON_GOING", b"COMPLETED")
    garbage = [b"\xff\xfe\x00", b"null", b"[[[[", b'{"a":', b"<html>", b"{}", forged, HOOK.replace(b"2176a", b"2176b")]
    for call in [*map(hook, garbage), hook(b"", "PUT"), hook(b"{}", "GET")]:
        with pytest.raises(WebhookRejected):
            carrier.prove(call)
    elsewhere = replace(ACCOUNT, options={**ACCOUNT.options, "webhook_path": "/other"})
    with pytest.raises(WebhookRejected):
        Lalamove(elsewhere).prove(hook())


def order(status: str, *pods: dict[str, Any] | None, **fields: Any) -> Reading:
    stops = [{}, *({"POD": pod} if pod else {} for pod in pods)]
    return Reading({"orderId": "19", "status": status, "driverId": "5", "stops": stops, **fields})


def words(polled: Reading) -> list[tuple[str, str]]:
    return [(event.status, event.reason) for event in tracking.update(polled, TABLE, NOON).events]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("ASSIGNING_DRIVER", ("booked", "searching_courier")),
        ("ON_GOING", ("pickup_in_progress", "courier_en_route_to_pickup")),
        ("PICKED_UP", ("picked_up", "courier_en_route_to_dropoff")),
        ("COMPLETED", ("delivered", "delivered_to_recipient")),
        ("CANCELED", ("cancelled", "none")),
        ("REJECTED", ("cancelled", "no_courier_found")),
        ("EXPIRED", ("cancelled", "no_courier_found")),
        ("CANCELLED", ("unknown", "unmapped_carrier_code")),
        ("Completed", ("unknown", "unmapped_carrier_code")),
    ],
)
def test_every_status_is_told_in_our_words_and_no_other_is_guessed(status: str, expected: tuple[str, str]) -> None:
    assert words(order(status, {"status": "PENDING"})) == [expected]
    assert words(order(status)) == [expected]


@pytest.mark.parametrize(
    ("pods", "expected", "folded"),
    [
        (["DELIVERED"], "delivered", "delivered"),
        (["SIGNED"], "delivered", "delivered"),
        (["PENDING"], "delivered", "delivered"),
        (["FAILED"], "attempt_failed", "attempt_failed"),
        (["RETURNED"], "unknown", "unknown"),
        (["DELIVERED", "FAILED"], "attempt_failed", "attempt_failed"),
        (["DELIVERED", "RETURNED"], "unknown", "out_for_delivery"),
        (["DELIVERED", "DELIVERED"], "delivered", "delivered"),
    ],
)
def test_a_completed_order_is_delivered_only_as_far_as_its_proofs_say_so(
    pods: list[str], expected: str, folded: str
) -> None:
    completed = order("COMPLETED", *({"status": pod, "deliveredAt": "2026-03-02T11:50:00.00Z"} for pod in pods))
    update = tracking.update(completed, TABLE, NOON)
    assert (update.events[-1].status, current_status(update.events).status) == (expected, folded)
    assert (update.proof is not None) == (expected == "delivered")


def test_one_dropoff_of_several_is_not_the_delivery() -> None:
    under_way = order(
        "PICKED_UP", {"status": "DELIVERED", "deliveredAt": "2026-03-02T11:50:00Z"}, {"status": "PENDING"}
    )
    assert current_status(tracking.update(under_way, TABLE, NOON).events).status == "picked_up"


def pushed(kind: str, data: dict[str, Any], at: str = "2026-03-02T11:00:00.00Z", **envelope: Any) -> Any:
    call = Reading({"eventType": kind, "data": {**data, "updatedAt": at}, **envelope})
    return tracking.webhook(call, TABLE, NOON)


def changed(status: str, minute: int, driver: str = "", previous: str = "") -> Any:
    brief = {"orderId": "19", "status": status, "driverId": driver, "previousStatus": previous}
    return pushed("ORDER_STATUS_CHANGED", {"order": brief}, f"2026-03-02T11:{minute:02}:00.00Z")


def test_a_driver_who_drops_out_takes_the_order_back_to_the_search_and_the_next_one_forward() -> None:
    told = [
        changed("ASSIGNING_DRIVER", 0),
        changed("ON_GOING", 5, "5", "ASSIGNING_DRIVER"),
        changed("ASSIGNING_DRIVER", 9, "", "ON_GOING"),
        changed("ON_GOING", 12, "6", "ASSIGNING_DRIVER"),
        pushed("DRIVER_ASSIGNED", {"order": {"orderId": "19"}}, "2026-03-02T11:13:00.00Z"),
    ]
    events = [event for updates in told for event in updates[0].events]
    assert [current_status(events[: count + 1]).status for count in range(5)] == [
        "booked",
        "pickup_in_progress",
        "booked",
        "pickup_in_progress",
        "pickup_in_progress",
    ]
    assert {current_status(some).status for some in itertools.permutations(events)} == {"pickup_in_progress"}


def test_a_replaced_order_is_told_under_the_number_we_follow_and_asks_for_a_person() -> None:
    (update,) = pushed("ORDER_REPLACED", {"order": {"orderId": "20"}, "prevOrderId": "19"})
    assert (update.tracking_number, update.events[0].description) == ("19", "goes on as order 20")
    assert (update.events[0].status, update.events[0].reason) == ("exception", "needs_attention")


def test_the_new_order_is_recognised_by_our_reference_where_metadata_travels() -> None:
    brief = {"orderId": "20", "status": "PICKED_UP", "metadata": {"internalId": "tnd_1"}}
    (update,) = pushed("ORDER_STATUS_CHANGED", {"order": brief})
    assert (update.tracking_number, update.reference) == ("20", "tnd_1")


@pytest.mark.parametrize(
    ("kind", "data", "status"),
    [
        ("WALLET_BALANCE_CHANGED", {"balance": {"amount": "1", "currency": "HKD"}}, None),
        ("SOMETHING_OF_APRIL_2026", {"thing": {}}, None),
        ("SOMETHING_OF_APRIL_2026", {"order": {"orderId": "19"}}, ("unknown", "unmapped_carrier_code")),
        ("ORDER_EDITED", {"order": {"orderId": "19", "stops": []}}, ("unknown", "carrier_message")),
        ("POP_STATUS_CHANGED", {"order": {"orderId": "19", "stops": []}}, ("unknown", "carrier_message")),
        ("ORDER_CREATED", {"order": {"orderId": "19"}}, ("booked", "searching_courier")),
    ],
)
def test_what_is_no_status_moves_nothing(kind: str, data: dict[str, Any], status: tuple[str, str] | None) -> None:
    told = pushed(kind, data)
    assert [(event.status, event.reason) for update in told for event in update.events] == ([status] if status else [])


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (1772449200, datetime(2026, 3, 2, 11, tzinfo=UTC)),
        ("1772449200", datetime(2026, 3, 2, 11, tzinfo=UTC)),
        (1772449200000, datetime(2026, 3, 2, 11, tzinfo=UTC)),
        ("soon", NOON),
        (-5, NOON),
        (10**39, NOON),
    ],
)
def test_a_webhook_without_a_time_is_dated_by_its_stamp_or_its_receipt(stamp: Any, expected: datetime) -> None:
    (update,) = pushed("ORDER_STATUS_CHANGED", {"order": {"orderId": "19", "status": "PICKED_UP"}}, "", timestamp=stamp)
    assert update.events[0].occurred_at == expected


def test_every_row_of_the_table_names_its_source() -> None:
    assert all(row.source for row in TABLE.rows)
