"""What Uber Direct is asked: its windows, addresses, phone numbers, sizes and verifications."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.base import (
    Account,
    Address,
    BookRequest,
    Money,
    Parcel,
    QuoteRequest,
    Rate,
    Requirements,
    ServiceLevel,
    Shipment,
    ShipmentRejected,
    TimeWindow,
)
from carriers.uber_direct.wire import asking

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

STORE = Address(
    country="US",
    postal_code="94105",
    name="Store",
    street1="425 Market St",
    city="San Francisco",
    subdivision="CA",
    phone="+14155551212",
)
HOME = Address(
    country="US",
    postal_code="94103",
    name="Joan",
    street1="201 3rd St",
    street2="Apt 45",
    city="San Francisco",
    subdivision="CA",
    phone="+1 (415) 555-1213",
)
ACCOUNT = Account(id="acc_1", name="uber", mode="live", urls={}, options={"customer_id": "cus_1"})
PARCEL = Parcel(weight_g=2750, length_mm=365, width_mm=180, height_mm=300, value=Money.parse("50.00", "USD"))


def shipment(**changes: object) -> Shipment:
    return replace(Shipment(origin=STORE, destination=HOME, parcels=(PARCEL,), reference="R1"), **changes)  # type: ignore[arg-type]  # keywords of Shipment


def body(moved: Shipment, account: Account = ACCOUNT, **changes: object) -> dict[str, object]:
    rate = Rate(
        service=ServiceLevel.INSTANT,
        carrier_service="delivery",
        price=Money.parse("6.00", "USD"),
        carrier_quote_id="dqt_1",
    )
    request = BookRequest(shipment=moved, rate=rate, tender_reference="tnd_1", ready_at=NOW)
    return asking.delivery(replace(request, **changes), account, NOW)  # type: ignore[arg-type]  # keywords of BookRequest


def moments(asked: dict[str, object]) -> dict[str, datetime]:
    return {key: datetime.fromisoformat(str(value)) for key, value in asked.items()}


@given(
    ready=st.integers(-60, 60 * 24 * 29),
    start=st.integers(-120, 60 * 24 * 29),
    length=st.integers(1, 60 * 24),
)
def test_every_window_that_is_sent_keeps_every_documented_rule(ready: int, start: int, length: int) -> None:
    window = TimeWindow(start=NOW + start * MINUTE, end=NOW + (start + length) * MINUTE)
    try:
        sent = moments(asking.times(NOW + ready * MINUTE, window, NOW))
    except ShipmentRejected:
        return
    pickup_ready = sent.get("pickup_ready_dt", NOW)
    dropoff_ready = sent.get("dropoff_ready_dt", pickup_ready)
    assert NOW <= pickup_ready < NOW + timedelta(days=30)
    assert sent["pickup_deadline_dt"] >= max(pickup_ready + 10 * MINUTE, NOW + 20 * MINUTE)
    assert dropoff_ready <= sent["pickup_deadline_dt"]
    assert sent["dropoff_deadline_dt"] >= max(dropoff_ready + 20 * MINUTE, sent["pickup_deadline_dt"])
    assert sent["dropoff_deadline_dt"] <= window.end


@given(ready=st.integers(0, 600), start=st.integers(0, 600))
def test_a_roomy_window_is_never_refused(ready: int, start: int) -> None:
    start = max(start, ready)
    window = TimeWindow(start=NOW + start * MINUTE, end=NOW + (start + 60) * MINUTE)
    assert "dropoff_deadline_dt" in asking.times(NOW + ready * MINUTE, window, NOW)


def test_as_soon_as_possible_names_no_times() -> None:
    assert asking.times(NOW, None, NOW) == {}


def test_a_later_pickup_is_named_in_utc() -> None:
    ready = datetime.fromisoformat("2026-03-02T16:30:00+02:00")
    assert asking.times(ready, None, NOW) == {"pickup_ready_dt": "2026-03-02T14:30:00Z"}


def test_a_pickup_in_thirty_days_is_refused_before_it_is_asked_for() -> None:
    with pytest.raises(ShipmentRejected, match="30 days"):
        asking.times(NOW + timedelta(days=30), None, NOW)


def test_a_window_that_cannot_be_met_is_refused_before_it_is_asked_for() -> None:
    with pytest.raises(ShipmentRejected, match="window"):
        asking.times(NOW, TimeWindow(start=NOW, end=NOW + 15 * MINUTE), NOW)


def test_an_address_is_a_string_that_holds_json() -> None:
    sent = body(shipment())["dropoff_address"]
    assert isinstance(sent, str)
    assert json.loads(sent) == {
        "street_address": ["201 3rd St", "Apt 45"],
        "city": "San Francisco",
        "state": "CA",
        "zip_code": "94103",
        "country": "US",
    }


def test_phone_numbers_are_bared_of_their_decoration() -> None:
    assert body(shipment())["dropoff_phone_number"] == "+14155551213"


@pytest.mark.parametrize("phone", ["", "4155551213", "+1 415 CALL ME", "+", "+1\n4"])
def test_a_phone_number_uber_would_not_take_is_refused_with_its_reason(phone: str) -> None:
    moved = shipment(destination=replace(HOME, phone=phone))
    if phone == "+1\n4":
        assert body(moved)["dropoff_phone_number"] == "+14"
        return
    with pytest.raises(ShipmentRejected, match="recipient's phone number"):
        body(moved)
    asked = asking.quote(QuoteRequest(shipment=moved, ready_at=NOW), ACCOUNT, NOW)
    assert "dropoff_phone_number" not in asked


def test_everything_that_is_missing_is_told_at_once() -> None:
    nowhere = Address(country="US", postal_code="94103")
    with pytest.raises(ShipmentRejected) as refused:
        body(shipment(origin=nowhere, destination=nowhere))
    assert len(refused.value.reasons) == 4


def test_a_quote_needs_no_more_than_a_postal_code() -> None:
    nowhere = Address(country="US", postal_code="94103")
    asked = asking.quote(QuoteRequest(shipment=shipment(destination=nowhere), ready_at=NOW), ACCOUNT, NOW)
    assert json.loads(str(asked["dropoff_address"]))["zip_code"] == "94103"


def test_the_tender_is_idempotency_key_and_external_id_beside_the_merchants_reference() -> None:
    sent = body(shipment())
    assert (sent["idempotency_key"], sent["external_id"], sent["manifest_reference"]) == (
        "tnd_1",
        "tnd_1",
        "R1",
    )
    assert body(shipment(reference=""))["manifest_reference"] == "tnd_1"


def test_a_parcel_is_told_in_grams_centimetres_and_cents() -> None:
    (item,) = body(shipment())["manifest_items"]  # type: ignore[misc]  # a list of one
    assert item == {
        "name": "Parcel 1",
        "quantity": 1,
        "weight": 2750,
        "size": "medium",
        "dimensions": {"length": 37, "height": 30, "depth": 18},
        "price": 5000,
    }


@pytest.mark.parametrize(
    ("longest_mm", "size"),
    [(300, "small"), (301, "medium"), (450, "medium"), (451, "large"), (750, "large"), (751, "xlarge")],
)
def test_the_longest_side_gives_the_size(longest_mm: int, size: str) -> None:
    parcel = Parcel(weight_g=1, length_mm=10, width_mm=10, height_mm=longest_mm)
    assert asking.item(parcel, 1)["size"] == size


def test_a_parcel_of_unknown_size_claims_none() -> None:
    assert asking.item(Parcel(weight_g=1), 1) == {"name": "Parcel 1", "quantity": 1, "weight": 1}
    partly = asking.item(Parcel(weight_g=1, length_mm=500), 1)
    assert partly["size"] == "large"
    assert "dimensions" not in partly


def test_values_of_several_currencies_are_never_added_up() -> None:
    yen = Parcel(weight_g=1, value=Money.parse("100", "JPY"))
    assert "manifest_total_value" not in body(shipment(parcels=(PARCEL, yen)))
    assert body(shipment(parcels=(PARCEL, PARCEL)))["manifest_total_value"] == 10000


def test_uber_counts_hundredths_of_every_currency() -> None:
    assert asking.cents(Money.parse("600", "JPY")) == 60000
    assert asking.cents(Money.parse("1.235", "KWD")) == 124


def test_requirements_become_verifications() -> None:
    everything = Requirements(signature=True, pin=True, min_age=21, photo=True)
    assert asking.verification(everything) == {
        "signature_requirement": {
            "enabled": True,
            "collect_signer_name": True,
            "collect_signer_relationship": True,
        },
        "pincode": {"enabled": True},
        "identification": {"min_age": 21},
        "picture": True,
    }
    assert "dropoff_verification" not in body(shipment())


@pytest.mark.parametrize(
    "requirements", [Requirements(signature=True), Requirements(pin=True), Requirements(min_age=18)]
)
def test_nothing_that_needs_a_person_is_left_at_the_door(requirements: Requirements) -> None:
    contactless = replace(ACCOUNT, options={**ACCOUNT.options, "leave_at_door": True})
    sent = body(shipment(requirements=requirements), contactless)
    assert sent["deliverable_action"] == "deliverable_action_meet_at_door"
    with pytest.raises(ShipmentRejected, match="at the door"):
        asking.verification(replace(requirements, undeliverable_action="leave"))


def test_a_photo_does_not_keep_it_from_being_left_at_the_door() -> None:
    contactless = replace(ACCOUNT, options={**ACCOUNT.options, "leave_at_door": True})
    sent = body(shipment(requirements=Requirements(photo=True, undeliverable_action="leave")), contactless)
    assert sent["deliverable_action"] == "deliverable_action_leave_at_door"
    assert sent["undeliverable_action"] == "leave_at_door"


def test_an_id_check_without_an_age_is_refused_not_forgotten() -> None:
    with pytest.raises(ShipmentRejected, match="minimum age"):
        asking.verification(Requirements(id_check=True))
    assert asking.verification(Requirements(id_check=True, min_age=18)) == {"identification": {"min_age": 18}}


@pytest.mark.parametrize(
    ("wish", "asked"),
    [("return", "return"), ("leave", "leave_at_door"), ("discard", "discard"), ("eat it", "return")],
)
def test_what_nobody_takes_comes_back_unless_something_else_is_wished(wish: str, asked: str) -> None:
    sent = body(shipment(requirements=Requirements(undeliverable_action=wish)))
    assert sent["undeliverable_action"] == asked


def test_a_robot_courier_is_asked_for_in_test_mode_only() -> None:
    robot = replace(ACCOUNT, options={**ACCOUNT.options, "robo_courier": "auto"})
    assert "test_specifications" not in body(shipment(), robot)
    sent = body(shipment(), replace(robot, mode="test"))
    assert sent["test_specifications"] == {"robo_courier_specification": {"mode": "auto"}}


def test_notes_are_cut_where_uber_would_refuse_them() -> None:
    sent = body(shipment(destination=replace(HOME, instructions="x" * 300)))
    assert len(str(sent["dropoff_notes"])) == 280
