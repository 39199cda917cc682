"""ShipX's words, from its documentation rather than from examples."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from carriers.base import Account, Address, BadCarrierResponse, Money, Parcel, Reading, ShipmentRejected, StatusTable
from carriers.inpost.adapter import InPost
from carriers.inpost.wire import booking, points, text, tracking
from gateway.domain.fold import current_status
from tests.carriers.inpost.conftest import COURIER, LOCKER, shipment
from tests.carriers.simulated import NOON

TABLE: StatusTable = InPost.statuses
WARSAW = InPost.profile.polling.zone
NUMBER, OTHER = BOTH = ("632085946340007012341234", "632085946340007012345678")


def account(**options: object) -> Account:
    return Account(id="acc_1", name="inpost", mode="test", urls={}, options=options)


@pytest.mark.parametrize(
    ("sides", "size"),
    [
        ((640, 380, 80), "small"),
        ((80, 640, 380), "small"),
        ((640, 380, 81), "medium"),
        ((380, 190, 640), "medium"),
        ((191, 380, 640), "large"),
        ((410, 380, 640), "large"),
        ((411, 380, 640), None),
        ((640, 380, 0), "large"),
        ((641, 10, 10), None),
    ],
)
def test_a_parcel_gets_the_smallest_locker_it_goes_into(sides: tuple[int, int, int], size: str | None) -> None:
    length, width, height = sides
    assert booking.template(Parcel(weight_g=1, length_mm=length, width_mm=width, height_mm=height)) == size


def test_lockers_take_one_parcel_of_25_kg_and_doors_take_many_unless_a_point_is_chosen() -> None:
    one, pointed = shipment(), shipment(point="KRA010")
    heavy = replace(one, parcels=(replace(one.parcels[0], weight_g=25_001),))
    several, abroad = replace(one, parcels=one.parcels * 2), replace(one, origin=replace(one.origin, country="IT"))
    taken = [
        (booking.fits(each, LOCKER), booking.fits(each, COURIER)) for each in (one, pointed, heavy, several, abroad)
    ]
    assert taken == [(True, True), (True, False), (False, True), (False, True), (False, False)]
    with pytest.raises(ShipmentRejected):
        booking.order(several, LOCKER, account())


def test_a_value_is_insured_where_it_must_be_or_is_wished_and_never_made_up() -> None:
    declared = shipment(value=Money.parse("120.50", "PLN"))
    insured = {"amount": Money.parse("120.50", "PLN").amount, "currency": "PLN"}
    assert booking.order(declared, COURIER, account())["insurance"] == insured
    assert "insurance" not in booking.order(declared, LOCKER, account())
    assert booking.order(declared, LOCKER, account(insure=True))["insurance"] == insured
    assert booking.order(shipment(), COURIER, account(insured_value="50"))["insurance"] == {
        "amount": 50,
        "currency": "PLN",
    }
    italian = replace(shipment(), origin=replace(shipment().origin, country="IT"))
    for uninsured, options in ((shipment(), {}), (italian, {"insured_value": "50"})):
        with pytest.raises(ShipmentRejected, match="declare the value"):
            booking.order(uninsured, COURIER, account(**options))


@pytest.mark.parametrize(
    ("line", "street", "number"),
    [
        ("Nowy Swiat 10", "Nowy Swiat", "10"),
        ("Testowa 12/23", "Testowa", "12/23"),
        ("ul. 3 Maja 5a m. 7", "ul. 3 Maja", "5a m. 7"),
        ("Długa 5 lok. 12", "Długa", "5 lok. 12"),
        ("Rynek", "Rynek", None),
        ("10", "10", None),
    ],
)
def test_street_and_number_are_told_apart(line: str, street: str, number: str | None) -> None:
    told = text.address(Address(country="PL", postal_code="01234", street1=line))
    assert (told["street"], told.get("building_number"), told["post_code"]) == (street, number, "01-234")


@pytest.mark.parametrize(
    ("country", "phone", "sent"),
    [
        ("PL", "+48500600700", "500600700"),
        ("IT", "+393331234567", "3331234567"),
        ("PL", "+4915112345678", "+4915112345678"),
    ],
)
def test_phones_of_the_country_go_without_its_prefix(country: str, phone: str, sent: str) -> None:
    assert text.person(Address(country=country, name="Jan", phone=phone)) == {"last_name": "Jan", "phone": sent}


def history(*scans: dict[str, Any]) -> Any:
    return tracking.history(Reading({"tracking_details": list(scans)}), NUMBER, TABLE, WARSAW)


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: f"{row.carrier_code}.{row.qualifier}")
def test_every_status_is_told_as_the_table_says_by_poll_and_push(row: Any) -> None:
    if row.qualifier:
        assert (row.status, row.reason) == ("exception", "label_failed")
        assert row.carrier_code in tracking.PENDING
        return
    (polled,) = history({"status": row.carrier_code, "datetime": "2026-03-02T13:00:00.000+01:00"}).events
    kind = row.carrier_code if row.carrier_code == "shipment_confirmed" else "shipment_status_changed"
    payload = {"shipment_id": 49, "status": row.carrier_code, "tracking_number": NUMBER}
    call = {"event_ts": "2026-03-02 13:00:40 +0100", "event": kind, "payload": payload}
    (pushed,) = tracking.pushed(Reading(call), TABLE, WARSAW).events
    assert (polled.status, polled.reason) == (pushed.status, pushed.reason) == (row.status, row.reason)
    assert polled.event_id == pushed.event_id
    assert row.source


def test_a_scan_without_status_or_sense_is_left_out_and_its_neighbours_stay() -> None:
    good = {"status": "delivered", "datetime": "2026-03-29T03:30:00.000+02:00"}
    bad = [{"status": "avizo", "datetime": "soon"}, {"datetime": good["datetime"]}, {"status": 7}, {}]
    told = history(*bad, good, good)
    (event,) = told.events
    assert len(told.unread) == len(bad)
    assert event.occurred_at.astimezone(UTC) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    with pytest.raises(BadCarrierResponse, match="tracking_details"):
        history(*bad)
    assert history().events == ()


def test_a_scan_without_a_zone_is_read_in_an_assumed_one() -> None:
    (event,) = history({"status": "avizo", "datetime": "2026-03-29T02:30:00"}).events  # an hour that the clocks skip
    assert event.occurred_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert (event.occurred_at_local, event.tz_source) == ("2026-03-29T02:30:00", "assumed")


@pytest.mark.parametrize(
    ("shown", "numbers"),
    [
        ({}, ()),
        ({"tracking_number": NUMBER}, (NUMBER,)),
        ({"tracking_number": NUMBER, "parcels": {"template": "small"}}, (NUMBER,)),
        ({"parcels": [{"tracking_number": NUMBER}, {"tracking_number": None}]}, (NUMBER,)),
        ({"tracking_number": NUMBER, "parcels": [{"tracking_number": NUMBER}, {"tracking_number": OTHER}]}, BOTH),
    ],
)
def test_a_shipment_names_the_numbers_of_all_its_parcels(shown: dict[str, Any], numbers: tuple[str, ...]) -> None:
    said = Reading({"status": "confirmed", "updated_at": NOON.isoformat(), **shown})
    assert tracking.state(said, "77", TABLE, NOON, WARSAW).numbers == numbers


def under_way(shown: dict[str, Any], status: str) -> Any:
    said = Reading({"status": status, "updated_at": NOON.isoformat(), **shown})
    return tracking.state(said, "77", TABLE, NOON, WARSAW)


SEVERAL = {"tracking_number": NUMBER, "parcels": [{"tracking_number": NUMBER}, {"tracking_number": OTHER}]}


@pytest.mark.parametrize(
    ("status", "of_one"),
    [("delivered", True), ("returned_to_sender", True), ("taken_by_courier", False), ("canceled", False)],
)
def test_the_end_of_a_shipment_of_several_parcels_is_that_of_the_one_whose_number_it_bears(
    status: str, of_one: bool
) -> None:
    """Whether it has ended when one parcel has or when all have is not documented."""
    update = under_way(SEVERAL, status)
    assert update.numbers == BOTH
    assert [event.piece for event in update.events] == [NUMBER if of_one else ""]
    told = current_status(update.events, update.numbers, 2)
    assert told.terminal is (status == "canceled")
    assert current_status(under_way({"tracking_number": NUMBER}, status).events, (NUMBER,), 1).status == (
        update.events[0].status
    )


def test_a_webhook_without_a_number_ends_no_parcel_of_several() -> None:
    payload = {"shipment_id": 77, "status": "delivered", "tracking_number": None}
    call = {"event_ts": "2026-03-02 13:00:40 +0100", "event": "shipment_status_changed", "payload": payload}
    (event,) = tracking.pushed(Reading(call), TABLE, WARSAW).events
    for numbers in ((), (NUMBER,), BOTH):
        assert not current_status([event], numbers, 2).terminal
    assert current_status([event], (), 1).status == current_status([event], (NUMBER,), 1).status == "delivered"


def test_two_shipments_of_one_reference_are_for_a_person() -> None:
    first, gone = {"id": 1, "reference": "tnd_1"}, {"id": 2, "reference": "tnd_1", "status": "canceled"}
    once = booking.found(Reading({"items": [gone, first, {"id": 3, "reference": "tnd_2"}]}), "tnd_1")
    assert once is not None
    assert once.ref.carrier_reference == "1"
    with pytest.raises(BadCarrierResponse, match="several shipments: 1, 4"):
        booking.found(Reading({"items": [first, {**first, "id": 4}]}), "tnd_1")


FIVE = timedelta(minutes=5)
OPEN = {"status": "available", "expires_at": (NOON + FIVE).isoformat()}
SHUT = {"status": "unavailable", "expires_at": None}
FAILED = {"status": "failure", "details": {"error": "x"}, "created_at": NOON.isoformat()}


@pytest.mark.parametrize(
    ("status", "said", "after", "qualifier"),
    [
        ("created", {}, FIVE * 2, ""),
        ("offers_prepared", {"offers": [OPEN, SHUT]}, FIVE, ""),
        ("offers_prepared", {"offers": [OPEN, SHUT]}, FIVE * 1.01, "expired"),
        ("offer_selected", {"offers": [{**OPEN, "status": "selected"}]}, FIVE * 2, "expired"),
        ("offers_prepared", {"offers": [OPEN, {"status": "available", "expires_at": None}]}, FIVE * 2, ""),
        ("offers_prepared", {"offers": [{**OPEN, "status": "bought"}]}, FIVE * 2, ""),
        ("offers_prepared", {"offers": [SHUT]}, FIVE * 0, "unavailable"),
        ("offers_prepared", {"offers": []}, FIVE * 2, ""),
        ("offer_selected", {"offers": [OPEN], "transactions": [FAILED]}, FIVE * 0, "not_paid"),
        ("offer_selected", {"transactions": [{**FAILED, "status": "success"}]}, FIVE * 0, ""),
        ("offer_selected", {"transactions": [{**FAILED, "details": None}]}, FIVE * 0, ""),
        ("confirmed", {"offers": [SHUT], "transactions": [FAILED]}, FIVE * 2, ""),
        ("delivered", {"offers": [OPEN]}, FIVE * 2, ""),
    ],
)
def test_a_purchase_that_fails_in_silence_is_told(
    status: str, said: dict[str, Any], after: timedelta, qualifier: str
) -> None:
    shown = Reading({"status": status, "updated_at": NOON.isoformat(), **said})
    (event,) = tracking.state(shown, "77", TABLE, NOON + after, WARSAW).events
    assert event.carrier_qualifier == qualifier
    assert (event.status == "exception") == bool(qualifier)


@pytest.mark.parametrize("gone", ["status", "updated_at"])
def test_a_state_without_a_status_or_a_time_is_none(gone: str) -> None:
    shown = {"status": "created", "updated_at": NOON.isoformat()}
    del shown[gone]
    with pytest.raises(BadCarrierResponse):
        tracking.state(Reading(shown), "77", TABLE, NOON, WARSAW)


@pytest.mark.parametrize(
    "call",
    [
        {"event": "shipment_status_changed", "payload": {"shipment_id": 1}},
        {
            "event": "shipment_status_changed",
            "payload": {"status": "delivered"},
            "event_ts": "2026-03-02 13:00:00 +0100",
        },
        {"event": "shipment_confirmed", "payload": {"shipment_id": 1}, "event_ts": "2026-03-02"},
        {"payload": {"shipment_id": 1}},
    ],
)
def test_a_webhook_without_what_it_is_about_is_kept_for_a_person(call: dict[str, Any]) -> None:
    with pytest.raises(BadCarrierResponse):
        tracking.pushed(Reading.parse(json.dumps(call).encode()), TABLE, WARSAW)


def test_a_webhook_before_the_number_exists_is_found_by_the_shipment() -> None:
    call = {"event_ts": "2026-03-02 13:00:00 +0100", "event": "shipment_weighed", "payload": {"shipment_id": 1}}
    update = tracking.pushed(Reading(call), TABLE, WARSAW)
    assert (update.tracking_number, update.numbers) == ("1", ())
    assert [(event.carrier_code, event.status) for event in update.events] == [("shipment_weighed", "unknown")]


def test_points_are_sought_by_what_is_known() -> None:
    place = Address(country="PL", postal_code="31 123", city="Kraków", latitude=50.0, longitude=20.0)
    asked = [
        points.search(each, 900, 5)
        for each in (place, replace(place, latitude=None), replace(place, latitude=None, postal_code=""))
    ]
    assert [
        {key: each.get(key) for key in ("relative_point", "relative_post_code", "city", "max_distance")}
        for each in asked
    ] == [
        {"relative_point": "50.0,20.0", "relative_post_code": None, "city": None, "max_distance": 900},
        {"relative_point": None, "relative_post_code": "31-123", "city": None, "max_distance": 900},
        {"relative_point": None, "relative_post_code": None, "city": "Kraków", "max_distance": None},
    ]
