"""Bring's words and ours, without a network."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest

from carriers.base import (
    Account,
    Address,
    AuthenticationFailed,
    BadCarrierResponse,
    BookRequest,
    CancellationState,
    CarrierError,
    CarrierUnavailable,
    Money,
    OutcomeUnknown,
    Parcel,
    PickupRequest,
    QuoteRequest,
    Rate,
    Reading,
    Reply,
    ServiceLevel,
    Shipment,
    ShipmentRejected,
    UnknownReference,
)
from carriers.bring.adapter import Bring
from carriers.bring.products import products, suitable
from carriers.bring.wire import booking, eventcast, pickups, points, rating, refusals, stops, text, tracking

TENDER = "tnd_01JZ8Y3N4C5D6E7F8G9H0J1K2M"
SUMMER = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
OSLO_STREET = Address(
    country="NO",
    postal_code="0263",
    name="Ola Nordmann",
    street1="Testsvingen 12",
    city="OSLO",
    phone="+4799999999",
)
ACCOUNT = Account(id="acc_1", name="bring-oslo", mode="test", urls={}, options={"customer_number": "5"})


def shipment(**changes: Any) -> Shipment:
    facts: dict[str, Any] = {
        "origin": OSLO_STREET,
        "destination": OSLO_STREET,
        "parcels": (Parcel(weight_g=1101, length_mm=101, width_mm=230, height_mm=129),),
        "reference": "order 7",
    }
    return Shipment(**{**facts, **changes})


def tender(**changes: Any) -> BookRequest:
    rate = Rate(service=ServiceLevel.STANDARD, carrier_service="5600", price=Money.parse("182.19", "NOK"))
    return BookRequest(shipment=shipment(**changes), rate=rate, tender_reference=TENDER, ready_at=SUMMER)


def booked(**changes: Any) -> dict[str, Any]:
    body = booking.booking_request(tender(**changes), ACCOUNT, "5")
    consignment: dict[str, Any] = body["consignments"][0]  # type: ignore[index]  # a request of ours, one consignment
    return consignment


def sample(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(files("carriers.bring").joinpath(f"samples/{name}.json").read_text("utf-8"))
    return found


def answer_of(name: str) -> Any:
    return sample(name)["exchanges"][0]["response"]["json"]


# What we send.


def test_rating_takes_grams_and_whole_centimetres_rounded_up() -> None:
    body = rating.rating_request(QuoteRequest(shipment=shipment(), ready_at=SUMMER), products()[:1], "5")
    package = body["consignments"][0]["packages"][0]  # type: ignore[index]  # a request of ours
    assert package == {"id": 1, "grossWeight": 1101, "length": 11, "width": 23, "height": 13}


def test_a_dimension_that_is_not_known_leaves_all_of_them_out() -> None:
    assert rating.package(1, Parcel(weight_g=500, length_mm=100, width_mm=100)) == {
        "id": 1,
        "grossWeight": 500,
    }


def test_the_shipping_date_is_norwegian_wall_clock_in_strings() -> None:
    body = rating.rating_request(QuoteRequest(shipment=shipment(), ready_at=SUMMER), products()[:1], "5")
    shipped = body["consignments"][0]["shippingDate"]  # type: ignore[index]  # a request of ours
    assert shipped == {"year": "2026", "month": "07", "day": "02", "hour": "00", "minute": "30"}


def test_booking_takes_exact_kilograms() -> None:
    package = booked()["packages"][0]
    assert package["weightInKg"] == Decimal("1.101")
    assert package["dimensions"] == {"lengthInCm": 11, "widthInCm": 23, "heightInCm": 13}


def test_the_shipping_time_of_a_booking_is_local_and_carries_no_zone() -> None:
    assert booked()["shippingDateTime"] == "2026-07-02T00:30:00"


@pytest.mark.parametrize(("mode", "indicator"), [("test", True), ("live", False)])
def test_only_accounts_in_test_mode_book_tests(mode: Any, indicator: bool) -> None:
    account = Account(id="a", name="a", mode=mode, urls={})
    assert booking.booking_request(tender(), account, "5")["testIndicator"] is indicator


def test_the_tender_travels_whole_as_senders_reference_and_correlation_id() -> None:
    consignment = booked()
    assert consignment["parties"]["sender"]["reference"] == TENDER
    assert consignment["correlationId"] == TENDER
    assert consignment["parties"]["recipient"]["reference"] == "order 7"


def test_a_long_street_keeps_its_house_number_on_the_second_line() -> None:
    street = "Generalmajor Christian Frederik Michelets vei 1234B"
    party = booking.party(Address(country="NO", street1=street, street2="3. etasje"), "r")
    assert party["addressLine"] == "Generalmajor Christian Frederik"
    assert party["addressLine2"] == "Michelets vei 1234B"


def test_text_is_cut_at_35_characters_and_never_between_letter_and_accent() -> None:
    assert len(text.cut("x" * 80)) == 35
    assert text.cut("x" * 34 + "q\u0301") == "x" * 34
    assert text.cut("A\u030asgata 1") == "Åsgata 1"


def test_half_an_email_address_is_never_sent() -> None:
    long = "a" * 55 + "@example.com"
    party = booking.party(Address(country="NO", name="Kari", email=long, phone="+4790000000"), "r")
    assert party["contact"] == {"name": "Kari", "phoneNumber": "+4790000000"}


def test_a_service_point_is_named_with_its_country() -> None:
    request = tender(service_point="736431")
    pickup_rate = Rate(service=ServiceLevel.SERVICE_POINT, carrier_service="5800", price=request.rate.price)
    request = BookRequest(
        shipment=request.shipment, rate=pickup_rate, tender_reference=TENDER, ready_at=request.ready_at
    )
    body: Any = booking.booking_request(request, ACCOUNT, "5")
    assert body["consignments"][0]["parties"]["pickupPoint"] == {"id": "736431", "countryCode": "NO"}


def test_a_pickup_order_takes_grams_and_the_local_time_of_the_place() -> None:
    request = PickupRequest(
        address=Address(country="FI", postal_code="00100", company="Oy", street1="Katu 1", city="HELSINKI"),
        day=SUMMER.date(),
        ready_at=datetime(2026, 7, 1, 10, tzinfo=UTC),
        closes_at=None,
        parcels=(Parcel(weight_g=700), Parcel(weight_g=801)),
        reference="pck_1",
    )
    body = pickups.pickup_request(request, ACCOUNT, "6")
    assert body["pickupIsReadyAtTime"] == "13:00:00"
    assert body["pickupDetails"] == {"package": {"count": 2, "weightInGrams": 1501}}


def test_a_street_is_searched_with_its_number_apart() -> None:
    near = Address(country="NO", postal_code="1407", street1="Sjøskogenveien 7b")
    _, params = points.search(near, 5)
    assert params == {"numberOfResponses": "5", "street": "Sjøskogenveien", "streetNumber": "7b"}


# What is offered.


@pytest.mark.parametrize(
    ("parcel", "taken"),
    [
        (Parcel(weight_g=5000), {"4850", "5600", "3584", "5800"}),
        (Parcel(weight_g=5001), {"4850", "5600", "5800"}),
        (Parcel(weight_g=1000, length_mm=450, width_mm=250, height_mm=201), {"4850", "5600", "5800"}),
        (Parcel(weight_g=1000, length_mm=2001, width_mm=10, height_mm=10), {"4850", "5800"}),
        (Parcel(weight_g=35001), {"4850"}),
    ],
)
def test_a_product_is_only_asked_for_what_it_takes(parcel: Parcel, taken: set[str]) -> None:
    assert {product.id for product in suitable(shipment(parcels=(parcel,)), (), ())} == taken


def test_business_parcels_go_to_companies_only() -> None:
    company = Address(country="NO", company="Mottaker AS")
    assert "5000" in {product.id for product in suitable(shipment(destination=company), (), ())}
    assert "5000" not in {product.id for product in suitable(shipment(), (), ())}


def test_an_export_from_norway_is_not_offered_what_needs_a_customs_declaration() -> None:
    sweden = Address(country="SE", postal_code="11122")
    assert [p.id for p in suitable(shipment(destination=sweden), (), ())] == ["HOME_DELIVERY_PARCEL"]
    assert [p.id for p in suitable(shipment(origin=sweden), (), ())] == [
        "HOME_DELIVERY_PARCEL",
        "PICKUP_PARCEL",
    ]


def test_a_chosen_service_point_leaves_only_products_that_deliver_there() -> None:
    assert [p.id for p in suitable(shipment(service_point="1"), (), ())] == ["5800"]


def test_an_account_may_sell_fewer_products() -> None:
    assert [p.id for p in suitable(shipment(), (), ("3584",))] == ["3584"]


def test_every_service_of_the_profile_is_a_product_of_that_level() -> None:
    levels = {product.id: product.level for product in products()}
    assert {code: levels.get(code) for code in Bring.profile.services.values()} == {
        code: level for level, code in Bring.profile.services.items()
    }


# What a price is.


def priced(product: Mapping[str, Any]) -> Any:
    body = Reading({"consignments": [{"products": [product]}]})
    return rating.rates(body, products(), "NO")


def tariff(gross: Any, vat: Any = "20.00") -> dict[str, Any]:
    return {"priceWithAdditionalServices": {"amountWithVAT": gross, "vat": vat}, "currencyCode": "NOK"}


def test_the_agreed_price_counts_where_there_is_one() -> None:
    (rate,) = priced({"id": "5600", "price": {"listPrice": tariff("200.00"), "netPrice": tariff("100.00")}})
    assert rate.price == Money.parse("100.00", "NOK")


def test_a_product_without_a_price_is_no_rate() -> None:
    assert priced({"id": "5600", "price": None, "warnings": [{"code": "NO_PRICE_INFORMATION"}]}) == ()


@pytest.mark.parametrize("gross", ["-1.00", "1.999", "many", None, True, 10**40])
def test_a_price_that_is_none_is_never_guessed(gross: Any) -> None:
    with pytest.raises(BadCarrierResponse):
        priced({"id": "5600", "price": {"listPrice": tariff(gross)}})


@pytest.mark.parametrize(
    "expected", [None, {}, {"expectedDeliveryDate": {"year": "2026", "month": "13", "day": "1"}}, 7]
)
def test_a_strange_delivery_date_does_not_cost_the_rate(expected: Any) -> None:
    (rate,) = priced({"id": "5600", "price": {"listPrice": tariff("200.00")}, "expectedDelivery": expected})
    assert rate.deliver_by is None


def test_the_promise_ends_with_the_recipients_day() -> None:
    expected = {"expectedDeliveryDate": {"year": "2026", "month": "7", "day": "3"}}
    body = Reading(
        {
            "consignments": [
                {
                    "products": [
                        {
                            "id": "HOME_DELIVERY_PARCEL",
                            "price": {"listPrice": tariff("200.00")},
                            "expectedDelivery": expected,
                        }
                    ]
                }
            ]
        }
    )
    (rate,) = rating.rates(body, products(), "FI")
    assert rate.deliver_by == datetime(2026, 7, 3, 20, 59, tzinfo=UTC)


def test_one_refused_product_does_not_hide_the_price_of_another() -> None:
    body = Reading(
        {
            "consignments": [
                {
                    "products": [
                        {"id": "5600", "price": {"listPrice": tariff("200.00")}},
                        {
                            "id": "5800",
                            "errors": [{"code": "FG_INPUT_013", "description": "Invalid customer number"}],
                        },
                    ]
                }
            ]
        }
    )
    assert [rate.carrier_service for rate in rating.rates(body, products(), "NO")] == ["5600"]


# What a booking answers.


def test_an_accepted_booking_survives_the_loss_of_everything_but_its_number() -> None:
    body = {"consignments": [{"confirmation": {"consignmentNumber": "70438101268018539"}}]}
    accepted = booking.booking(Reading(body), TENDER)
    assert accepted.ref.tracking_number == "70438101268018539"
    assert accepted.ref.label_url == ""


@pytest.mark.parametrize("expected", [None, "soon", [], {}, -1, True, 10**60, "2020-05-13T21:33:10"])
def test_a_strange_expected_delivery_does_not_lose_the_booking(expected: Any) -> None:
    body = json.loads(json.dumps(answer_of("book.ok")))
    body["consignments"][0]["confirmation"]["dateAndTimes"]["expectedDelivery"] = expected
    assert booking.booking(Reading(body), TENDER).ref.carrier_reference == "70438101268018539"


def test_the_expected_delivery_is_read_in_both_of_brings_ways() -> None:
    body = json.loads(json.dumps(answer_of("book.ok")))
    body["consignments"][0]["confirmation"]["dateAndTimes"]["expectedDelivery"] = "2020-05-13T21:33:10.900+02:00"
    moment = booking.booking(Reading(body), TENDER).deliver_by
    assert moment == datetime(2020, 5, 13, 19, 33, 10, 900000, tzinfo=UTC)


def test_package_numbers_come_in_the_order_of_our_parcels() -> None:
    packages = [{"packageNumber": f"number {n}", "correlationId": str(n)} for n in (10, 2, 1)]
    body = {"consignments": [{"confirmation": {"consignmentNumber": "7", "packages": packages}}]}
    accepted = booking.booking(Reading(body), TENDER)
    assert accepted.ref.parcel_numbers == ("number 1", "number 2", "number 10")


def refused_with(*codes: str) -> CarrierError:
    body = {"consignments": [{"confirmation": None, "errors": [{"code": code, "messages": []} for code in codes]}]}
    with pytest.raises(CarrierError) as caught:
        booking.booking(Reading(body), TENDER)
    return caught.value


def test_every_code_of_the_catalogue_means_one_thing() -> None:
    rows = csv.DictReader(files("carriers.bring").joinpath("booking_errors.csv").read_text("utf-8").splitlines())
    codes = {row["code"]: row["error"] for row in rows}
    assert len(codes) == 112
    assert {code: type(refused_with(code)).__name__ for code in codes} == codes


@pytest.mark.parametrize("code", ["BOOK-INPUT-014-SENDER", "BOOK_INPUT-014-RECIPIENT", "book-input-014"])
def test_suffix_and_separator_of_a_code_do_not_matter(code: str) -> None:
    error = refused_with(code)
    assert isinstance(error, ShipmentRejected)
    assert error.reasons == ("Name must be provided",)
    assert error.carrier_code == code


def test_an_internal_error_beside_others_leaves_the_outcome_open() -> None:
    assert isinstance(refused_with("BOOK-INPUT-023", "BOOK-INTERNAL-002"), OutcomeUnknown)


def test_a_new_input_code_is_a_refusal_and_any_other_new_code_leaves_the_outcome_open() -> None:
    assert isinstance(refused_with("BOOK-INPUT-999"), ShipmentRejected)
    assert isinstance(refused_with("BOOK-SOMETHING-001"), OutcomeUnknown)


def test_a_wrong_customer_number_concerns_the_account() -> None:
    assert isinstance(refused_with("BOOK-INPUT-021"), AuthenticationFailed)


@pytest.mark.parametrize(
    "body", [{}, {"consignments": []}, {"consignments": [{"errors": None}]}, {"consignments": "x"}]
)
def test_an_answer_that_says_neither_yes_nor_no_is_bad(body: Any) -> None:
    with pytest.raises(BadCarrierResponse):
        booking.booking(Reading(body), TENDER)


def reply(status: int, body: object) -> Reply:
    return Reply(status=status, headers={}, body=json.dumps(body).encode(), url="https://api.bring.com")


def test_an_http_error_with_a_catalogued_refusal_is_that_refusal_even_with_500() -> None:
    body = answer_of("book.rejected")
    assert isinstance(refusals.refusal(reply(400, body)), ShipmentRejected)
    assert isinstance(refusals.refusal(reply(500, body)), ShipmentRejected)


def test_an_internal_error_with_500_is_left_to_what_was_asked() -> None:
    assert refusals.refusal(reply(500, answer_of("book.internal_error"))) is None


def test_an_http_error_without_words_is_left_to_its_status() -> None:
    assert refusals.refusal(reply(400, {})) is None
    assert refusals.refusal(Reply(status=400, headers={}, body=b"<html>", url="https://api.bring.com")) is None


# What a stop is.


def test_a_stop_is_never_more_than_agreed() -> None:
    answer = stops.stopped(Reading({"code": "201", "title": "CREATED"}))
    assert answer.state is CancellationState.AGREED


def test_a_refused_stop_is_too_late_although_http_says_200() -> None:
    answer = stops.stopped(Reading({"code": "409", "message": "Already delivered"}))
    assert (answer.state, answer.why) == (CancellationState.TOO_LATE, "Already delivered")


@pytest.mark.parametrize("body", [{}, {"code": "500"}, {"code": None}, {"message": "hello"}])
def test_an_unclear_answer_to_a_stop_is_not_taken_for_either(body: Any) -> None:
    with pytest.raises(BadCarrierResponse):
        stops.stopped(Reading(body))


# What happened to a parcel.


def scans(name: str = "track.attempt_failed") -> Any:
    number = sample(name)["given"]["numbers"][0]
    return tracking.update(Reading(answer_of(name)), number, Bring.statuses)


def pushed(**changes: Any) -> Any:
    body = {**sample("webhook.attempt_failed")["call"]["json"], **changes}
    (update,) = eventcast.pushed(Reading(body), Bring.statuses)
    return update.events[0]


def test_a_pushed_and_a_polled_copy_of_a_scan_are_the_same_event() -> None:
    (polled,) = [event for event in scans().events if event.carrier_code == "ATTEMPTED_DELIVERY"]
    push = pushed()
    assert push.event_id == polled.event_id
    assert (push.status, push.reason, push.piece) == (polled.status, polled.reason, polled.piece)
    assert push.occurred_at == polled.occurred_at


@pytest.mark.parametrize(
    "change",
    [{"status": "DELIVERED"}, {"package": "370438101268058543"}, {"created": "2026-03-02T16:42:00+0000"}],
)
def test_another_status_package_or_minute_is_another_event(change: dict[str, str]) -> None:
    assert pushed(**change).event_id != pushed().event_id


def test_the_id_of_a_call_does_not_name_the_scan() -> None:
    assert pushed(id="another call", pushed="2026-03-02T19:00:00+0000").event_id == pushed().event_id


def test_events_come_oldest_first_and_once() -> None:
    body = answer_of("track.delivered")
    doubled = json.loads(json.dumps(body))
    events = doubled["consignmentSet"][0]["packageSet"][0]["eventSet"]
    events.append(events[0])
    update = tracking.update(Reading(doubled), "TESTPACKAGEDELIVERED", Bring.statuses)
    assert update is not None
    assert sorted(event.occurred_at for event in update.events) == [event.occurred_at for event in update.events]
    assert len(update.events) == 3


def test_of_two_copies_in_one_minute_the_significant_one_counts() -> None:
    body = json.loads(json.dumps(answer_of("track.delivered")))
    events = body["consignmentSet"][0]["packageSet"][0]["eventSet"]
    events.insert(0, {**events[0], "insignificant": True, "dateIso": "2010-09-30T17:45:59+02:00"})
    update = tracking.update(Reading(body), "TESTPACKAGEDELIVERED", Bring.statuses)
    assert update is not None
    assert update.events[-1].status == "delivered"


@pytest.mark.parametrize("code", ["NOTIFICATION_SENT", "DELIVERY_ORDERED", "DELIVERY_CHANGED", "UNKNOWN"])
def test_informational_codes_are_kept_and_move_nothing(code: str) -> None:
    event = pushed(status=code)
    assert (event.status, event.reason) == ("unknown", "carrier_message")


def test_an_insignificant_scan_moves_nothing_whatever_its_code() -> None:
    (event,) = [event for event in scans().events if event.carrier_qualifier == "insignificant"]
    assert (event.carrier_code, event.status, event.reason) == ("IN_TRANSIT", "unknown", "carrier_message")


@pytest.mark.parametrize("code", ["COLLECTED", "DELIVERY_CANCELLED", "DEVIATION", "ATTEMPTED_DELIVERY", "RETURN"])
def test_only_delivery_and_completed_return_are_final(code: str) -> None:
    assert Bring.statuses.lookup(code).status not in ("delivered", "returned", "cancelled", "failed")


def test_collected_is_the_senders_address() -> None:
    assert Bring.statuses.lookup("COLLECTED").status == "picked_up"


@pytest.mark.parametrize("code", ["NOT_REGISTERED", "EXPIRED"])
def test_what_concerns_the_subscription_is_no_event_of_a_parcel(code: str) -> None:
    assert eventcast.pushed(Reading({"status": code, "id": "x"}), Bring.statuses) == ()


def test_an_unlisted_code_is_unknown_and_kept() -> None:
    event = pushed(status="TELEPORTED")
    assert (event.status, event.reason, event.carrier_code) == (
        "unknown",
        "unmapped_carrier_code",
        "TELEPORTED",
    )


@pytest.mark.parametrize("created", ["2026-03-02T16:41:00", "", None, 7, "yesterday"])
def test_a_call_without_an_offset_in_its_time_is_refused(created: Any) -> None:
    with pytest.raises(BadCarrierResponse):
        pushed(created=created)


def test_a_query_for_one_package_leaves_out_its_siblings_and_strangers() -> None:
    body = json.loads(json.dumps(answer_of("track.attempt_failed")))
    stranger = json.loads(json.dumps(body["consignmentSet"][0]))
    stranger["consignmentId"] = "999"
    stranger["packageSet"][0]["packageNumber"] = "998"
    sibling = json.loads(json.dumps(body["consignmentSet"][0]["packageSet"][0]))
    sibling["packageNumber"] = "370438101268058543"
    body["consignmentSet"][0]["packageSet"].append(sibling)
    body["consignmentSet"].insert(0, stranger)
    one = tracking.update(Reading(body), "370438101268058536", Bring.statuses)
    whole = tracking.update(Reading(body), "70438101268018539", Bring.statuses)
    assert one is not None
    assert whole is not None
    assert {event.piece for event in one.events} == {"370438101268058536"}
    assert {event.piece for event in whole.events} == {"370438101268058536", "370438101268058543"}
    assert tracking.update(Reading(body), "12345", Bring.statuses) is None


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (400, ShipmentRejected),
        (401, AuthenticationFailed),
        (404, UnknownReference),
        ("404", UnknownReference),
        (500, CarrierUnavailable),
        (503, CarrierUnavailable),
        (302, BadCarrierResponse),
        (None, BadCarrierResponse),
    ],
)
def test_errors_inside_a_tracking_answer_are_errors(code: Any, error: type[CarrierError]) -> None:
    body = {"apiVersion": "2", "consignmentSet": [{"error": {"code": code, "message": "m", "system": "s"}}]}
    for shape in (body, {"shipments": [body]}):
        with pytest.raises(error):
            tracking.consignments(Reading(shape))


def test_an_answer_without_consignments_is_bad_and_an_empty_one_knows_nothing() -> None:
    with pytest.raises(BadCarrierResponse):
        tracking.update(Reading({"apiVersion": "2"}), "1", Bring.statuses)
    assert tracking.update(Reading({"consignmentSet": []}), "1", Bring.statuses) is None


def consignment(number: str, reference: Any) -> dict[str, Any]:
    return {
        "consignmentId": number,
        "senderReference": reference,
        "packageSet": [{"packageNumber": f"3{number}"}],
    }


def test_only_the_consignment_with_our_reference_is_found() -> None:
    body = Reading({"consignmentSet": [consignment("1", "other"), consignment("2", TENDER), consignment("3", None)]})
    found = tracking.found(body, TENDER)
    assert found is not None
    assert (found.ref.carrier_reference, found.ref.parcel_numbers, found.ref.label_url) == ("2", ("32",), "")
    assert tracking.found(Reading({"consignmentSet": [consignment("1", "other")]}), TENDER) is None


def test_a_tender_that_was_booked_twice_is_for_a_person() -> None:
    body = Reading({"consignmentSet": [consignment("1", TENDER), consignment("2", TENDER)]})
    with pytest.raises(BadCarrierResponse, match="several"):
        tracking.found(body, TENDER)


def test_the_estimate_is_the_end_of_the_time_span_at_the_recipients() -> None:
    update = scans("track.estimated")
    assert update.deliver_by == datetime(2021, 4, 20, 16, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize("written", ["", "2021-04-20", "31.02.2021", "20.04", None, 7])
def test_a_strange_estimate_is_none(written: Any) -> None:
    body = json.loads(json.dumps(answer_of("track.estimated")))
    body["consignmentSet"][0]["packageSet"][0]["dateOfEstimatedDelivery"] = written
    update = tracking.update(Reading(body), "TESTPARCELWITHETA", Bring.statuses)
    assert update is not None
    assert update.deliver_by is None


def test_the_signature_names_who_took_it() -> None:
    proof = scans("track.delivered").proof
    assert (proof.received_by, proof.delivered_at) == (
        "O Nordmann",
        datetime(2010, 9, 30, 15, 45, 25, tzinfo=UTC),
    )
    assert scans("track.out_for_delivery").proof is None


# Where recipients collect.


def point(**changes: Any) -> Any:
    facts = {"id": "1", "name": "P", "type": "4", "distanceInKm": "1.3", "countryCode": "NO"}
    found = points.service_points(Reading({"pickupPoint": [{**facts, **changes}]}), 5000, 10)
    return found[0] if found else None


def test_people_walk_to_the_visiting_address_and_labels_carry_the_other() -> None:
    found = point(
        address="POSTBOKS 100",
        postalCode="1429",
        city="VINTERBRO",
        visitingAddress="VEIEN 7",
        visitingPostalCode="1407",
        visitingCity="ÅS",
    )
    assert (found.address.street1, found.address.postal_code, found.address.city) == ("VEIEN 7", "1407", "ÅS")
    assert found.label_address == "POSTBOKS 100, 1429 VINTERBRO"


@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        ("4", "shop"),
        ("37", "locker"),
        ("39", "locker"),
        ("43", "locker"),
        ("LOCKER", "locker"),
        ("Posti", "shop"),
        ("99", "shop"),
    ],
)
def test_lockers_are_told_from_shops(kind: str, ours: str) -> None:
    assert point(type=kind).kind == ours


def test_points_for_businesses_only_are_left_out() -> None:
    assert point(type="1") is None


def test_a_point_beyond_the_radius_is_left_out_and_one_of_unknown_distance_is_not() -> None:
    assert point(distanceInKm="5.1") is None
    assert point(distanceInKm="").distance_m is None


@pytest.mark.parametrize(
    "hours",
    [
        None,
        "x",
        [{"day": "MONDAY"}],
        [{"day": "FUNDAY", "opening": "0700", "closing": "2200"}],
        [{"day": "MONDAY", "opening": "7", "closing": "9999"}],
    ],
)
def test_strange_opening_hours_are_none(hours: Any) -> None:
    assert point(openingHours=hours).opening_hours == ()


def test_a_subscription_lasts_until_its_first_part_ends() -> None:
    created = [
        Reading({"id": "a", "expiry": "2026-04-01T00:00:00+0000"}),
        Reading({"id": "b", "expiry": "2026-03-30T00:00:00+0000"}),
    ]
    assert eventcast.subscription(created, ["1", "2"]).expires_at == datetime(2026, 3, 30, tzinfo=UTC)
    assert eventcast.subscription([], ["1"]).expires_at is None
