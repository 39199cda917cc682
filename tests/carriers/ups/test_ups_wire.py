"""UPS's words, read and written from its documents."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from carriers.base import (
    Address,
    BadCarrierResponse,
    BookingRef,
    LabelFormat,
    LabelKind,
    Money,
    Parcel,
    PickupRequest,
    Place,
    QuoteRequest,
    Reading,
    Requirements,
    ServiceLevel,
    StatusTable,
    TrackingUpdate,
)
from carriers.ups.adapter import Ups
from carriers.ups.wire import parts, pickups, points, rating, shipping, tracking
from carriers.ups.wire.local import clock, day, moment
from tests.carriers.ups.conftest import NOON, shipment, tendered

NEW_YORK = ZoneInfo("America/New_York")
NUMBER = "1Z204W4R0308071865"
GB = Address(country="GB", postal_code="SW1A 1AA", name="Shop", street1="1 Mall", city="London", phone="+442079300000")
FR = Address(
    country="FR", postal_code="75001", name="Anne", street1="1 Rue de Rivoli", city="Paris", phone="+33142600000"
)


@pytest.mark.parametrize(
    ("grams", "country", "written"),
    [
        (1, "US", "0.1 LBS"),
        (453, "US", "1.0 LBS"),
        (454, "US", "1.1 LBS"),
        (68_038, "US", "150.0 LBS"),
        (68_039, "US", "150.1 LBS"),
        (68_038, "PR", "150.0 LBS"),
        (100, "DE", "0.1 KGS"),
        (101, "DE", "0.2 KGS"),
        (70_000, "CA", "70.0 KGS"),
    ],
)
def test_weights_are_exact_and_rounded_up_to_a_tenth(grams: int, country: str, written: str) -> None:
    weight: Any = parts.weight(grams, country)
    assert f"{weight['Weight']} {weight['UnitOfMeasurement']['Code']}" == written


@pytest.mark.parametrize(
    ("sides", "country", "written"),
    [
        ((254, 508, 25), "US", ["20", "10", "1"]),
        ((255, 509, 26), "US", ["21", "11", "2"]),
        ((2743, 10, 10), "US", ["108", "1", "1"]),
        ((101, 200, 10), "DE", ["20", "11", "1"]),
    ],
)
def test_sides_are_whole_units_rounded_up_the_longest_first(
    sides: tuple[int, int, int], country: str, written: list[str]
) -> None:
    parcel = Parcel(weight_g=1, length_mm=sides[0], width_mm=sides[1], height_mm=sides[2])
    box: Any = parts.package(parcel, country, "Packaging")["Dimensions"]
    assert [box["Length"], box["Width"], box["Height"]] == written


def test_an_unknown_side_leaves_the_dimensions_out() -> None:
    assert "Dimensions" not in parts.package(Parcel(weight_g=1, length_mm=10), "US", "Packaging")


def test_addresses_fit_ups_fields_without_losing_a_house_number() -> None:
    place = Address(
        country="CA",
        postal_code="H2T 1A1",
        name="N" * 40,
        street1="Rue de la Commune Ouest Extraordinairement Longue 1234567",
        city="Montreal",
        subdivision="QC",
        phone="+1 (514) 555-0199",
        email=f"{'x' * 50}@example.com",
    )
    party: Any = parts.party(place)
    assert party["Name"] == "N" * 35
    assert party["Phone"] == {"Number": "5145550199"}
    assert "EMailAddress" not in party
    assert party["Address"]["PostalCode"] == "H2T1A1"
    assert " ".join(party["Address"]["AddressLine"]) == place.street1
    assert all(len(line) <= 35 for line in party["Address"]["AddressLine"])
    abroad: Any = parts.party(GB)
    assert (abroad["Phone"]["Number"], abroad["Address"]["PostalCode"]) == ("442079300000", "SW1A 1AA")


@pytest.mark.parametrize(
    ("requirements", "home", "abroad"),
    [
        (Requirements(), None, None),
        (Requirements(signature=True), "2", "1"),
        (Requirements(signature=True, min_age=21), "3", "2"),
        (Requirements(min_age=18), "3", "2"),
    ],
)
def test_a_signature_stands_on_packages_at_home_and_on_the_shipment_abroad(
    requirements: Requirements, home: str | None, abroad: str | None
) -> None:
    here: Any = shipping.shipment_request(tendered(shipment(requirements=requirements)), "A1B2C3", None)
    there: Any = shipping.shipment_request(
        tendered(shipment(requirements=requirements, origin=GB, destination=FR)), "A1B2C3", None
    )
    (package,) = here["ShipmentRequest"]["Shipment"]["Package"]
    outer = there["ShipmentRequest"]["Shipment"]
    assert package.get("PackageServiceOptions") == (home and {"DeliveryConfirmation": {"DCISType": home}})
    assert outer.get("ShipmentServiceOptions") == (abroad and {"DeliveryConfirmation": {"DCISType": abroad}})


def test_our_reference_stands_where_ups_takes_one_on_that_route() -> None:
    references = [{"Value": "tnd_01JZ8Y3N4C5D6E7F8G9H0J1K2M"}, {"Value": "order 7"}]
    here: Any = shipping.shipment_request(tendered(), "A1B2C3", None)["ShipmentRequest"]
    there: Any = shipping.shipment_request(tendered(shipment(origin=GB, destination=FR)), "A1B2C3", None)
    assert here["Shipment"]["Package"][0]["ReferenceNumber"] == references
    assert "ReferenceNumber" not in here["Shipment"]
    assert there["ShipmentRequest"]["Shipment"]["ReferenceNumber"] == references
    assert "ReferenceNumber" not in there["ShipmentRequest"]["Shipment"]["Package"][0]


def test_goods_that_go_abroad_say_what_they_are_worth() -> None:
    goods = (Parcel(weight_g=1, value=Money.parse("19.01", "GBP")), Parcel(weight_g=1))
    abroad = shipment(origin=GB, destination=FR, parcels=goods)
    assert parts.invoice_total(abroad) == {"InvoiceLineTotal": {"CurrencyCode": "GBP", "MonetaryValue": "20"}}
    assert parts.invoice_total(shipment(parcels=goods)) == parts.invoice_total(shipment(destination=FR)) == {}


def test_a_parcel_goes_to_its_access_point_even_when_the_locator_does_not_show_it() -> None:
    request = tendered(shipment(service_point="U67889432"))
    order: Any = shipping.shipment_request(request, "A1B2C3", None)["ShipmentRequest"]
    assert order["Shipment"]["ShipmentIndicationType"] == [{"Code": "01"}]
    assert order["Shipment"]["AlternateDeliveryAddress"] == {
        "Name": "U67889432",
        "AttentionName": "Happy Dog",
        "UPSAccessPointID": "U67889432",
        "Address": {"CountryCode": "US"},
    }


def shown(price: dict[str, Any], code: str = "03") -> dict[str, Any]:
    return {"RateResponse": {"RatedShipment": [{"Service": {"Code": code}, **price}]}}


def usd(amount: str) -> dict[str, str]:
    return {"CurrencyCode": "USD", "MonetaryValue": amount}


@pytest.mark.parametrize(
    ("row", "price"),
    [
        ({"TotalCharges": usd("20.00")}, "20.00 USD"),
        ({"TotalCharges": usd("20.00"), "TotalChargesWithTaxes": usd("21.00")}, "21.00 USD"),
        ({"TotalCharges": usd("20.00"), "NegotiatedRateCharges": {"TotalCharge": usd("15.00")}}, "15.00 USD"),
        (
            {
                "TotalChargesWithTaxes": usd("21.00"),
                "NegotiatedRateCharges": {"TotalCharge": usd("15.00"), "TotalChargesWithTaxes": usd("16.00")},
            },
            "16.00 USD",
        ),
        ({}, None),
        ({"TotalCharges": usd("")}, None),
        ({"TotalCharges": usd("-1.00")}, None),
        ({"TotalCharges": {"CurrencyCode": "???", "MonetaryValue": "20.00"}}, None),
        # A negotiated price that cannot be read is not replaced by the published one.
        ({"TotalCharges": usd("20.00"), "NegotiatedRateCharges": {"TotalCharge": usd("x")}}, None),
    ],
)
def test_the_accounts_own_price_counts_before_the_published_one(row: dict[str, Any], price: str | None) -> None:
    rates = rating.rates(Reading(shown(row)), QuoteRequest(shipment=shipment(), ready_at=NOON), NEW_YORK)
    assert [str(rate.price) for rate in rates] == ([price] if price else [])


def test_one_rated_shipment_may_stand_without_an_array() -> None:
    body = {"RateResponse": {"RatedShipment": {"Service": {"Code": "03"}, "TotalCharges": usd("20.00")}}}
    (rate,) = rating.rates(Reading(body), QuoteRequest(shipment=shipment(), ready_at=NOON), NEW_YORK)
    assert (rate.service, rate.deliver_by) == (ServiceLevel.STANDARD, None)


@pytest.mark.parametrize(
    ("code", "days", "level"),
    [
        ("01", "3", ServiceLevel.NEXT_DAY),
        ("03", "1", ServiceLevel.STANDARD),
        ("07", "1", ServiceLevel.NEXT_DAY),
        ("07", "2", ServiceLevel.TWO_DAY),
        ("65", "4", ServiceLevel.STANDARD),
        ("54", None, ServiceLevel.STANDARD),
        ("02", "2", ServiceLevel.TWO_DAY),
    ],
)
def test_express_services_promise_what_their_days_in_transit_say(
    code: str, days: str | None, level: ServiceLevel
) -> None:
    row = {"TotalCharges": usd("20.00"), "GuaranteedDelivery": {"BusinessDaysInTransit": days} if days else {}}
    request = QuoteRequest(shipment=shipment(), ready_at=NOON)
    (rate,) = rating.rates(Reading(shown(row, code)), request, NEW_YORK)
    assert rate.service is level
    assert rating.rates(Reading(shown(row, "96")), request, NEW_YORK) == ()


def test_only_the_levels_asked_for_are_offered() -> None:
    request = QuoteRequest(shipment=shipment(), ready_at=NOON, services=(ServiceLevel.NEXT_DAY,))
    assert rating.rates(Reading(shown({"TotalCharges": usd("20.00")})), request, NEW_YORK) == ()


def test_surcharges_that_exceed_the_price_are_not_shown() -> None:
    row = {"TotalCharges": usd("2.00"), "ItemizedCharges": {"Code": "375", **usd("3.00")}}
    request = QuoteRequest(shipment=shipment(), ready_at=NOON)
    (rate,) = rating.rates(Reading(shown(row)), request, NEW_YORK)
    assert rate.surcharges == ()


def at(said: dict[str, str], country: str = "US", state: str = "") -> tuple[datetime, str]:
    found = moment(Reading(said), *tracking.POLLED, place=Place(country=country), state=state, assumed=NEW_YORK)
    return found.at, found.tz_source


@pytest.mark.parametrize(
    ("said", "country", "state", "moment_", "source"),
    [
        # GMT counts, with or without an offset.
        (("20240423", "091519", "20240423", "131519", ""), "US", "NC", "2024-04-23T13:15:19", "carrier"),
        (("20240423", "183000", "20240423", "130000", "+05:30"), "IN", "", "2024-04-23T13:00:00", "carrier"),
        (("20241231", "233000", "20250101", "043000", ""), "US", "NY", "2025-01-01T04:30:00", "carrier"),
        # GMT that cannot be true of the place: wrong sign, wrong day, no quarter of an hour.
        (("20240422", "091230", "20240422", "041230", ""), "US", "NC", "2024-04-22T13:12:30", "location"),
        (("20240422", "091230", "20240424", "131230", ""), "US", "NC", "2024-04-22T13:12:30", "location"),
        (("20240422", "091230", "20240422", "131300", ""), "US", "NC", "2024-04-22T13:12:30", "location"),
        # No GMT: the offset, with a colon or a dot.
        (("20240422", "091230", "", "", "-05:00"), "US", "NC", "2024-04-22T14:12:30", "carrier"),
        (("20240422", "091230", "", "", "-04.00"), "US", "NC", "2024-04-22T13:12:30", "carrier"),
        # An offset that cannot be true of the place is wrong as well.
        (("20240422", "091230", "20240422", "041230", "+05.00"), "US", "NC", "2024-04-22T13:12:30", "location"),
        (("20240422", "091230", "", "", "+99:99"), "US", "NC", "2024-04-22T13:12:30", "location"),
        # Neither: the state's clock, the country's, or the assumed one.
        (("20240422", "091230", "", "", ""), "US", "CA", "2024-04-22T16:12:30", "location"),
        (("20240422", "091230", "", "", ""), "DE", "", "2024-04-22T07:12:30", "location"),
        (("20240422", "091230", "", "", ""), "US", "", "2024-04-22T13:12:30", "assumed"),
        (("20240422", "091230", "", "", ""), "", "", "2024-04-22T13:12:30", "assumed"),
        (("20240422", "091230", "", "", "five"), "XX", "", "2024-04-22T13:12:30", "assumed"),
        # The hour that is skipped in spring counts on the old offset; the one that is repeated in autumn is the first.
        (("20240310", "023000", "", "", ""), "US", "NY", "2024-03-10T07:30:00", "location"),
        (("20241103", "013000", "", "", ""), "US", "NY", "2024-11-03T05:30:00", "location"),
        (("20240331", "023000", "", "", ""), "DE", "", "2024-03-31T01:30:00", "location"),
        (("20240310", "023000", "", "", ""), "US", "AZ", "2024-03-10T09:30:00", "location"),
        # A day without a time begins at midnight; a moment without a local day is GMT's.
        (("20240422", "", "", "", ""), "US", "NY", "2024-04-22T04:00:00", "location"),
        (("", "", "20240422", "131230", ""), "US", "NY", "2024-04-22T13:12:30", "carrier"),
    ],
)
def test_local_times_are_resolved_by_what_is_most_certain(
    said: tuple[str, str, str, str, str], country: str, state: str, moment_: str, source: str
) -> None:
    members = dict(zip(("date", "time", "gmtDate", "gmtTime", "gmtOffset"), said, strict=True))
    assert at(members, country, state) == (datetime.fromisoformat(f"{moment_}+00:00"), source)


@pytest.mark.parametrize(
    "said", [{}, {"date": "2024-04-22"}, {"date": "20241301"}, {"date": "00000000"}, {"date": "x"}]
)
def test_an_activity_without_a_day_is_no_event(said: dict[str, str]) -> None:
    with pytest.raises(BadCarrierResponse):
        at(said)


@pytest.mark.parametrize("name", ["date", "gmtDate"])
@pytest.mark.parametrize(("written", "year"), [("00010101", 1), ("99991231", 9999)])
def test_an_activity_of_an_impossible_day_is_one(name: str, written: str, year: int) -> None:
    assert at({name: written})[0].year == year


@pytest.mark.parametrize("text", ["", "7", "250000", "09:15", "1", "99999999999"])
def test_what_is_no_day_or_time_is_none(text: str) -> None:
    assert (day(text), clock(text)) == (None, None)


def listed() -> list[dict[str, str]]:
    return list(csv.DictReader(files("carriers.ups").joinpath("statuses.csv").read_text("utf-8").splitlines()))


def pushed(type_: str, code: str, status: str, **also: str) -> Any:
    body = {
        "trackingNumber": NUMBER,
        "localActivityDate": "20240423",
        "localActivityTime": "095004",
        "activityLocation": {"city": "CHARLOTTE", "stateProvince": "NC", "postalCode": "28209", "country": "US"},
        "activityStatus": {"type": type_, "code": code, "description": "", "descriptionCode": status},
        "gmtActivityDate": "20240423",
        "gmtActivityTime": "135004",
        **also,
    }
    (event,) = tracking.pushed(Reading(body), Ups.statuses, NEW_YORK).events
    return event


def test_every_code_of_the_table_means_what_the_table_says_on_its_own() -> None:
    rows = listed()
    assert len(rows) > 1000
    for row in rows:
        code, qualifier = row["carrier_code"], row["qualifier"]
        event = {
            "statusCode": lambda: pushed("I", "", code),  # noqa: B023 called at once
            "type": lambda: pushed(code, "", ""),  # noqa: B023 called at once
        }.get(qualifier, lambda: pushed(qualifier, code, ""))()  # noqa: B023 called at once
        assert (event.status, event.reason) == (row["status"], row["reason"]), row
        assert (event.carrier_code, event.carrier_qualifier) == (code, qualifier)


def test_exceptions_and_bare_types_never_deliver_and_every_row_has_a_source() -> None:
    rows = listed()
    assert all(row["source"] and row["note"] for row in rows)
    ends = {(row["carrier_code"], row["qualifier"]) for row in rows if row["status"] == "delivered"}
    assert {qualifier for _, qualifier in ends} == {"statusCode", "D"}
    assert {code for code, qualifier in ends if qualifier == "statusCode"} == {"011", "026"}


@pytest.mark.parametrize(
    ("type_", "code", "status", "means", "decided_by"),
    [
        # The same two letters by type.
        ("I", "DP", "", "in_transit/facility_departure", "DP I"),
        ("M", "DP", "", "booked/manifested", "DP M"),
        ("I", "VP", "", "unknown/carrier_message", "VP I"),
        ("M", "VP", "", "cancelled/cancelled_by_shipper", "VP M"),
        ("D", "EP", "", "available_for_pickup/at_post_office", "EP D"),
        ("I", "EP", "", "in_transit/customs_processing", "EP I"),
        # The status code before them.
        ("X", "48", "022", "attempt_failed/attempt_unspecified", "022 statusCode"),
        ("D", "FS", "011", "delivered/none", "011 statusCode"),
        ("D", "FS", "", "delivered/none", "FS D"),
        # "Delivered" is looked at twice.
        ("D", "2Q", "011", "available_for_pickup/at_pickup_point", "2Q D"),
        ("D", "B0", "011", "returned/return_completed", "B0 D"),
        ("D", "53", "011", "attempt_failed/recipient_refused", "53 D"),
        ("D", "M4", "011", "delivered/delivered_reception", "M4 D"),
        ("D", "EB", "011", "delivered/none", "011 statusCode"),
        ("D", "??", "011", "delivered/none", "011 statusCode"),
        # What nobody lists is unknown, whatever stands beside it.
        ("D", "FS", "999", "unknown/unmapped_carrier_code", "999 statusCode"),
        ("D", "??", "", "unknown/unmapped_carrier_code", "?? D"),
        ("", "DP", "", "unknown/unmapped_carrier_code", "DP "),
        ("D", "", "", "unknown/carrier_message", "D type"),
        ("X", "", "", "exception/exception_unspecified", "X type"),
        ("", "", "", "unknown/unmapped_carrier_code", " type"),
    ],
)
def test_a_code_means_what_its_type_and_status_make_it(
    type_: str, code: str, status: str, means: str, decided_by: str
) -> None:
    event = pushed(type_, code, status)
    assert f"{event.status}/{event.reason}" == means
    assert f"{event.carrier_code} {event.carrier_qualifier}" == decided_by


def test_the_official_delivery_message_is_a_delivery_of_its_day() -> None:
    """Its scheduled day is five years gone. Source: Track Alert v1, example Delivery message."""
    body = {
        "trackingNumber": NUMBER,
        "localActivityDate": "20240423",
        "localActivityTime": "095004",
        "activityLocation": {"city": "CHARLOTTE", "stateProvince": "NC", "postalCode": "28209", "country": "US"},
        "activityStatus": {"type": "D", "code": "FS", "description": "Delivered"},
        "scheduledDeliveryDate": "20191014",
        "gmtActivityDate": "20240423",
        "gmtActivityTime": "135004",
        "actualDeliveryDate": "20240423",
        "actualDeliveryTime": "095004",
    }
    update = tracking.pushed(Reading(body), Ups.statuses, NEW_YORK)
    (event,) = update.events
    assert (event.status, event.occurred_at) == ("delivered", datetime(2024, 4, 23, 13, 50, 4, tzinfo=UTC))
    assert update.proof is not None
    assert update.deliver_by is None


def test_a_scheduled_day_that_is_gone_is_no_promise() -> None:
    assert pushed("I", "OT", "021").status == "out_for_delivery"
    body = {"trackingNumber": NUMBER, "localActivityDate": "20240423", "localActivityTime": "095004"}
    place = {"city": "CHARLOTTE", "stateProvince": "NC", "country": "US"}
    for scheduled, expected in (("20240422", None), ("20240424", datetime(2024, 4, 25, 3, 59, tzinfo=UTC))):
        said = Reading({**body, "activityLocation": place, "scheduledDeliveryDate": scheduled})
        assert tracking.pushed(said, Ups.statuses, NEW_YORK).deliver_by == expected


def test_an_answer_about_another_number_tells_nothing() -> None:
    body = {"trackResponse": {"shipment": [{"inquiryNumber": "1ZOTHER", "package": [{"trackingNumber": "1ZOTHER"}]}]}}
    assert tracking.packages(Reading(body), NUMBER) == []


def test_packages_of_the_inquired_shipment_count_whatever_their_number_reads() -> None:
    """The official example has "string" for a package's number."""
    activity = {"date": "20210210", "time": "071356", "status": {"type": "X", "code": "SR", "statusCode": "003"}}
    package = {"trackingNumber": "string", "activity": [activity]}
    body = {"trackResponse": {"shipment": [{"inquiryNumber": NUMBER, "package": [package]}]}}
    update = tracking.update(tracking.packages(Reading(body), NUMBER), NUMBER, Ups.statuses, NEW_YORK)
    assert [(event.piece, event.status) for event in update.events] == [(NUMBER, "booked")]


def test_a_package_told_twice_is_one_event() -> None:
    activity = {"date": "20240423", "time": "095004", "status": {"type": "I", "code": "DP", "statusCode": "005"}}
    package = {"trackingNumber": NUMBER, "activity": [activity, activity]}
    body = {"trackResponse": {"shipment": [{"package": [package]}, {"package": [package]}]}}
    update = tracking.update(tracking.packages(Reading(body), NUMBER), NUMBER, Ups.statuses, NEW_YORK)
    assert len(update.events) == 1


@pytest.mark.parametrize("alone", [lambda said: said, lambda said: [said]])
def test_what_stands_once_may_stand_without_an_array(alone: Callable[[object], object]) -> None:
    activity = {"date": "20240423", "time": "095004", "status": {"type": "I", "code": "DP", "statusCode": "005"}}
    shipment_ = {"inquiryNumber": NUMBER, "package": alone({"trackingNumber": NUMBER, "activity": alone(activity)})}
    known = tracking.packages(Reading({"trackResponse": {"shipment": alone(shipment_)}}), NUMBER)
    assert [event.status for event in tracking.update(known, NUMBER, Ups.statuses, NEW_YORK).events] == ["in_transit"]


def test_an_activity_without_a_day_holds_up_no_other() -> None:
    status = {"type": "D", "code": "FS", "statusCode": "011"}
    undated: dict[str, Any] = {"date": "", "time": "", "status": status}
    package = Reading({"trackingNumber": NUMBER, "activity": [undated, {**undated, "date": "20240423"}]})
    assert [event.status for event in tracking.update([package], NUMBER, Ups.statuses, NEW_YORK).events] == [
        "delivered"
    ]
    with pytest.raises(BadCarrierResponse, match="no day"):
        tracking.update([Reading({"activity": [undated]})], NUMBER, Ups.statuses, NEW_YORK)


@pytest.mark.parametrize(("second", "done"), [("FS", True), ("OT", False)])
def test_a_shipment_is_handed_over_when_its_last_package_is(second: str, done: bool) -> None:
    def package(number: str, code: str, time: str) -> dict[str, Any]:
        status = {"type": "D" if code == "FS" else "I", "code": code}
        scan = {"date": "20240423", "time": time, "gmtDate": "20240423", "gmtTime": time, "status": status}
        dates = [{"type": "SDD", "date": "20240424"}]
        return {"trackingNumber": number, "packageCount": 2, "activity": [scan], "deliveryDate": dates}

    body = {"inquiryNumber": NUMBER, "package": [package(NUMBER, "FS", "120000"), package("1ZB", second, "130000")]}
    known = tracking.packages(Reading({"trackResponse": {"shipment": [body]}}), NUMBER)
    assert not tracking.untold(known)
    assert tracking.untold(known[:1])
    update = tracking.update(known, NUMBER, Ups.statuses, NEW_YORK)
    assert [event.piece for event in update.events] == [NUMBER, "1ZB"]
    assert (update.proof is not None, update.deliver_by is None) == (done, done)


def test_an_accounts_own_rows_stand_over_ours() -> None:
    own = StatusTable.parse(
        "carrier_code,qualifier,status,reason,note,source\n999,statusCode,in_transit,none,,me\n", "own"
    )
    assert tracking.meaning("I", "DP", "999", Ups.statuses.overridden(own.rows))[2].status == "in_transit"


@pytest.mark.parametrize(
    ("answer", "number", "packages"),
    [
        ({"ShipmentIdentificationNumber": "1ZA"}, "1ZA", ()),
        ({"PackageResults": {"TrackingNumber": "1ZA"}}, "1ZA", ("1ZA",)),
        ({"ShipmentIdentificationNumber": 7, "PackageResults": [{"TrackingNumber": "1ZB"}, {}, 7]}, "1ZB", ("1ZB",)),
        ({"ShipmentIdentificationNumber": "1ZA", "PackageResults": 7, "ShipmentCharges": "free"}, "1ZA", ()),
    ],
)
def test_a_booking_is_never_lost_over_a_field_we_can_do_without(
    answer: dict[str, Any], number: str, packages: tuple[str, ...]
) -> None:
    booking = shipping.booking(Reading({"ShipmentResponse": {"ShipmentResults": answer}}), tendered())
    assert (booking.ref.carrier_reference, booking.ref.parcel_numbers) == (number, packages)


@pytest.mark.parametrize(("kind", "asked"), [(LabelKind.PDF, "GIF"), (LabelKind.ZPL, "ZPL"), (LabelKind.PNG, "PNG")])
def test_the_label_is_asked_for_in_what_ups_prints_at_once(kind: LabelKind, asked: str) -> None:
    request = tendered(label_format=LabelFormat(kind=kind))
    order: Any = shipping.shipment_request(request, "A1B2C3", None)["ShipmentRequest"]
    assert order["LabelSpecification"]["LabelImageFormat"] == {"Code": asked}


@pytest.mark.parametrize(
    ("pieces", "voided"), [((NUMBER, "1ZB"), True), ((NUMBER,), False), ((), False), (("1ZB", "1ZC"), False)]
)
def test_a_shipment_is_voided_when_every_package_is(pieces: tuple[str, ...], voided: bool) -> None:
    events = tuple(replace(pushed("M", "VP", "007"), piece=piece) for piece in pieces)
    update = TrackingUpdate(tracking_number=NUMBER, events=(*events, pushed("I", "DP", "005")))
    both = BookingRef(carrier_reference=NUMBER, tracking_number=NUMBER, parcel_numbers=(NUMBER, "1ZB"))
    assert shipping.voided_before(update, both) is voided


def test_pickup_times_are_the_pickup_places_own() -> None:
    west = Address(
        country="US", postal_code="94105", company="Store", street1="1 Market St", city="SF", subdivision="CA"
    )
    request = PickupRequest(
        address=west,
        day=date(2026, 3, 9),
        ready_at=datetime(2026, 3, 9, 16, 0, tzinfo=UTC),
        closes_at=None,
        parcels=(Parcel(weight_g=32_000), Parcel(weight_g=1000)),
        reference="pku_1",
    )
    order: Any = pickups.pickup_request(request, "A1B2C3", "US", NEW_YORK)["PickupCreationRequest"]
    assert order["PickupDateInfo"] == {"CloseTime": "1800", "ReadyTime": "0900", "PickupDate": "20260309"}
    assert (order["OverweightIndicator"], order["PickupPiece"][0]["Quantity"]) == ("Y", "2")
    assert order["TotalWeight"] == {"Weight": "72.8", "UnitOfMeasurement": "LBS"}


def test_a_pickup_that_is_not_said_to_be_cancelled_is_not() -> None:
    with pytest.raises(BadCarrierResponse):
        pickups.check_cancelled(Reading({"PickupCancelResponse": {"Response": {"ResponseStatus": {"Code": "0"}}}}))


@pytest.mark.parametrize(
    ("hours", "opened"),
    [
        ({"Day": "1", "OpenHours": "930", "CloseHours": "1700"}, (6, 570, 1020)),
        ({"Day": "2", "OpenHours": "0", "CloseHours": "0"}, (0, 0, 1440)),
        ({"Day": "7", "Open24HoursIndicator": ""}, (5, 0, 1440)),
        ({"Day": "3", "OpenHours": "930", "CloseHours": "1700", "ClosedIndicator": ""}, None),
        ({"Day": "8", "OpenHours": "930", "CloseHours": "1700"}, None),
        ({"Day": "3", "OpenHours": "970", "CloseHours": "1700"}, None),
        ({"Day": "3"}, None),
    ],
)
def test_opening_hours_are_read_by_upss_week(hours: dict[str, str], opened: tuple[int, int, int] | None) -> None:
    location = {
        "AddressKeyFormat": {"ConsigneeName": "Store", "AddressLine": "1 Main St", "CountryCode": "US"},
        "AccessPointInformation": {"PublicAccessPointID": "U1"},
        "Distance": {"Value": "1.5", "UnitOfMeasurement": {"Code": "MI"}},
        "OperatingHours": {"StandardHours": {"HoursType": "10", "DayOfWeek": hours}},
    }
    body = Reading({"LocatorResponse": {"SearchResults": {"DropLocation": location}}})
    (point,) = points.service_points(body, 3000, 5)
    assert point.distance_m == 2414
    assert point.address.street1 == "1 Main St"
    assert [(each.weekday, each.opens_min, each.closes_min) for each in point.opening_hours] == (
        [opened] if opened else []
    )
