"""DoorDash's wire format, from its documents: tokens, units, times, every status, odd shapes."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from carriers.base import (
    Account,
    AuthenticationFailed,
    BadCarrierResponse,
    Money,
    Parcel,
    Reading,
    Requirements,
    ShipmentRejected,
    TimeWindow,
    TrackingEvent,
    TrackingUpdate,
    WebhookCall,
    WebhookRejected,
)
from carriers.doordash_drive.adapter import DoorDashDrive
from carriers.doordash_drive.wire import asking, signing, tracking
from gateway.domain.fold import current_status
from tests.carriers.doordash_drive.conftest import shipment
from tests.carriers.simulated import NOON

# Made with invented credentials, by another implementation of what DoorDash documents.
CREDENTIALS = {
    "developer_id": "11111111-2222-3333-4444-555555555555",
    "key_id": "66666666-7777-8888-9999-000000000000",
    "signing_secret": "dGVzdC1zZWNyZXQtMDEyMzQ1Njc4OWFiY2RlZg",
}
TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImRkLXZlciI6IkRELUpXVC1WMSJ9"
    ".eyJhdWQiOiJkb29yZGFzaCIsImlzcyI6IjExMTExMTExLTIyMjItMzMzMy00NDQ0LTU1NTU1NTU1NTU1NSIsImtpZCI6"
    "IjY2NjY2NjY2LTc3NzctODg4OC05OTk5LTAwMDAwMDAwMDAwMCIsImV4cCI6MTcwMDAwMDMwMCwiaWF0IjoxNzAwMDAwMDAwfQ"
    ".SGrWfCriRjwQ5JIOpb3H9MEyqayAn9S3uGwlzSmnhUM"
)
TABLE = DoorDashDrive.statuses


def account(**secrets: str) -> Account:
    return Account(id="a", name="dd", mode="test", urls={"api": "http://127.0.0.1:9"}, secrets=secrets)


def test_the_token_is_the_documented_one_to_the_byte() -> None:
    assert signing.token(CREDENTIALS, datetime.fromtimestamp(1700000000, UTC)) == TOKEN


@pytest.mark.parametrize("secret", ["-_-_YWJj", "+/+/YWJj", "-_-_YWJjZA", "-_-_YWJjZA==", " -_-_YWJj\n"])
def test_a_signing_secret_is_base64_of_either_alphabet_padded_or_not(secret: str) -> None:
    assert signing.key(secret).startswith(b"\xfb\xff\xbfabc")


@pytest.mark.parametrize("broken", [{"key_id": ""}, {"signing_secret": "not base64!"}, {"signing_secret": "a"}])
def test_credentials_that_cannot_sign_are_the_accounts_mistake(broken: dict[str, str]) -> None:
    with pytest.raises(AuthenticationFailed) as refused:
        signing.token(CREDENTIALS | broken, NOON)
    assert next(iter(broken)) in str(refused.value)


def test_units_are_pounds_inches_cubic_feet_and_cents() -> None:
    parcel = Parcel(
        weight_g=4536, length_mm=254, width_mm=508, height_mm=762, description="x" * 120, value=Money.parse("5", "USD")
    )
    entry = asking.item(parcel, 1, "US")
    assert [entry[key] for key in ("weight", "length", "width", "height", "volume", "price")] == [
        Decimal("10.0002"),
        Decimal(10),
        Decimal(20),
        Decimal(30),
        Decimal("3.4722"),
        500,
    ]
    assert len(str(entry["name"])) == 100
    for grams in (1, 2, 453, 454, 22679):
        assert (
            round(Decimal(str(asking.item(Parcel(weight_g=grams), 1, "US")["weight"])) * Decimal("453.59237")) == grams
        )


def test_money_is_told_in_the_country_of_the_pickup_only() -> None:
    euros = replace(shipment(), parcels=(Parcel(weight_g=1, value=Money.parse("5", "EUR")),))
    body = asking.delivery(euros, account(), NOON, None, NOON)
    assert "order_value" not in body
    assert "price" not in json.dumps(body, default=str)


@pytest.mark.parametrize(
    ("ready_in", "window", "expected"),
    [
        (0, None, {}),
        (3, None, {}),
        (60, None, {"pickup_time": "2026-03-02T13:00:00Z"}),
        (60, (120, 180), {"pickup_window": ("13:00", "14:00"), "dropoff_window": ("14:00", "15:00")}),
        (60, (30, 180), {"pickup_window": ("13:00", "15:00"), "dropoff_window": ("13:00", "15:00")}),
        (0, (-30, 30), {"pickup_window": ("12:00", "12:30"), "dropoff_window": ("12:00", "12:30")}),
        (60, (30, 60), None),
    ],
)
def test_times_are_utc_and_windows_have_all_four_ends(ready_in: int, window: Any, expected: Any) -> None:
    def minutes(after: int) -> datetime:
        return NOON + timedelta(minutes=after)

    span = TimeWindow(start=minutes(window[0]), end=minutes(window[1])) if window else None
    if expected is None:
        with pytest.raises(ShipmentRejected):
            asking.times(minutes(ready_in), span, NOON)
        return
    if window:
        expected = {
            name: dict(zip(("start_time", "end_time"), (f"2026-03-02T{end}:00Z" for end in ends), strict=True))
            for name, ends in expected.items()
        }
    assert asking.times(minutes(ready_in), span, NOON) == expected


@pytest.mark.parametrize(
    "wish",
    [{"min_age": 21}, {"photo": True, "pin": True}, {"signature": True, "undeliverable_action": "leave"}],
    ids=str,
)
def test_wishes_that_cannot_be_kept_are_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(ShipmentRejected):
        asking.handover(Requirements(**wish))


def test_a_price_needs_a_number_and_the_senders_stands_in() -> None:
    basket = replace(shipment(), destination=replace(shipment().destination, phone=""))
    body = asking.price_question(asking.delivery(basket, account(), NOON, None, NOON), NOON)
    assert body["dropoff_phone_number"] == "+16505555555"
    mute = replace(basket, origin=replace(basket.origin, phone="555"))
    with pytest.raises(ShipmentRejected, match="phone number"):
        asking.price_question(asking.delivery(mute, account(), NOON, None, NOON), NOON)


def test_every_price_question_has_an_id_of_its_own() -> None:
    body = asking.delivery(shipment(), account(), NOON, None, NOON)
    ids = {asking.price_question(body, NOON + timedelta(microseconds=n))["external_delivery_id"] for n in range(3)}
    ids.add(asking.price_question({**body, "dropoff_address": "elsewhere"}, NOON)["external_delivery_id"])
    assert len(ids) == 4


def delivery(status: str = "created", minute: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "external_delivery_id": "tnd_1",
        "delivery_status": status,
        "updated_at": f"2026-03-02T12:{minute:02}:00Z",
        **fields,
    }


def polled(fields: dict[str, Any]) -> TrackingUpdate:
    return tracking.update(Reading.parse(json.dumps(fields).encode()), TABLE)


def pushed(word: str, minute: int = 0, **fields: Any) -> TrackingUpdate:
    body = {
        "external_delivery_id": "tnd_1",
        "event_name": word,
        "created_at": f"2026-03-02T12:{minute:02}:00.000000Z",
        **fields,
    }
    (update,) = tracking.webhook(Reading.parse(json.dumps(body).encode()), TABLE)
    return update


def words(update: TrackingUpdate) -> list[tuple[str, str]]:
    return [(event.status, event.reason) for event in update.events]


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: f"{row.carrier_code}-{row.qualifier}")
def test_every_code_of_the_table_is_reached(row: Any) -> None:
    why = {} if row.qualifier in ("", "attempt", "unconfirmed") else {"cancellation_reason": row.qualifier}
    push = row.carrier_code in tracking.SCANS or row.carrier_code.isupper()
    held = {"dasher_id": 7, "pickup_time_actual": "2026-03-02T11:50:00Z"} if row.qualifier == "unconfirmed" else {}
    update = pushed(row.carrier_code, **why, **held) if push else polled(delivery(row.carrier_code, **why, **held))
    assert (row.status, row.reason) in words(update)
    assert {event.carrier_code for event in update.events} == {row.carrier_code}


@pytest.mark.parametrize(("word", "status"), sorted(tracking.SCANS.items()))
def test_push_and_poll_mean_the_same_and_name_a_scan_alike(word: str, status: str) -> None:
    told, asked = pushed(word, dasher_id=7), polled(delivery(status, dasher_id=7))
    if status == "cancelled":
        told, asked = pushed(word), polled(delivery(status))
    assert [event.event_id for event in told.events] == [event.event_id for event in asked.events]
    assert words(told) == words(asked)


def test_a_dasher_who_leaves_takes_a_delivery_back_to_waiting_and_the_next_one_on() -> None:
    history: list[TrackingEvent] = []
    seen = []
    for step in (
        delivery("created", 0),
        delivery("confirmed", 1, dasher_id=1),
        delivery("created", 2),
        delivery("confirmed", 3, dasher_id=2),
        delivery("arrived_at_pickup", 4, dasher_id=2),
    ):
        history += polled(step).events
        seen.append(current_status(history).status)
    assert seen == ["booked", "assigned", "booked", "assigned", "pickup_in_progress"]


def test_a_return_counts_its_attempt_once_however_it_is_told() -> None:
    told = [pushed("DELIVERY_RETURN_INITIALIZED", 10), polled(delivery("enroute_to_return", 11))]
    told += [pushed("DASHER_CONFIRMED_RETURN_ARRIVAL", 20), polled(delivery("returned", 30))]
    for order in itertools.permutations(told):
        folded = current_status([event for update in order for event in update.events])
        assert (folded.status, folded.attempts, folded.status_conflict) == ("returned", 1, False)


def test_a_doubtful_cancellation_is_settled_by_the_next_poll() -> None:
    doubtful = pushed("DELIVERY_CANCELLED", 5, dasher_id=7)
    assert current_status(doubtful.events).terminal is False
    sure = polled(delivery("cancelled", 6, dasher_id=7, cancellation_reason="cancelled_by_creator"))
    assert current_status([*doubtful.events, *sure.events]).status == "cancelled"
    gone = polled(delivery("cancelled", 6, cancellation_reason="failed_to_deliver"))
    assert current_status([*doubtful.events, *gone.events]).reason == "undeliverable"


@pytest.mark.parametrize("reason", ["cancelled_by_creator", "beamed_up", ""])
def test_what_is_cancelled_with_the_parcels_gone_is_not_over(reason: str) -> None:
    gone = delivery("cancelled", pickup_time_actual="2026-03-02T11:50:00Z", cancellation_reason=reason)
    assert words(polled(gone)) == [("exception", "needs_attention")]


@pytest.mark.parametrize(
    ("word", "known"), [("dasher_dropped_off", False), ("DELIVERED", False), ("DASHER_DROPPED_OFF", True)]
)
def test_words_are_read_to_the_letter(word: str, known: bool) -> None:
    assert (words(pushed(word)) != [("unknown", "unmapped_carrier_code")]) is known


@pytest.mark.parametrize("fields", [{"updated_at": "2026-03-02T12:00:00"}, {"updated_at": None}])
def test_a_status_without_a_time_or_its_zone_is_kept_for_a_person(fields: dict[str, Any]) -> None:
    with pytest.raises(BadCarrierResponse):
        polled({**delivery(), **fields})


def test_the_moment_of_a_handover_outlives_later_changes() -> None:
    at = {"dropoff_time_actual": "2026-03-02T12:03:00+00:00"}
    first, later = polled(delivery("delivered", 3, **at)), polled(delivery("delivered", 50, **at))
    assert first.events == later.events
    assert first.proof is not None
    assert first.proof.delivered_at == datetime(2026, 3, 2, 12, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "secrets", "accepted"),
    [
        ("Bearer abc", {"webhook_secret": "Bearer abc"}, True),
        ("Basic ZG9vcjpkYXNo", {"webhook_secret": "Basic ZG9vcjpkYXNo"}, True),
        ("Basic ZG9vcjpkYXNo", {"webhook_user": "door", "webhook_password": "dash"}, True),
        ("Basic ZG9vcjpkYXNi", {"webhook_user": "door", "webhook_password": "dash"}, False),
        ("abc", {"webhook_secret": "Bearer abc"}, False),
        ("", {"webhook_secret": " "}, False),
        ("Bearer ", {}, False),
    ],
)
def test_a_webhook_proves_itself_by_the_header_that_was_typed_in(
    header: str, secrets: dict[str, str], accepted: bool
) -> None:
    call = WebhookCall(method="POST", headers={"authorization": header}, body=b"{}", received_at=NOON)
    carrier = DoorDashDrive(account(**secrets))
    if accepted:
        assert carrier.prove(call).status == 200
        return
    with pytest.raises(WebhookRejected):
        carrier.prove(call)
