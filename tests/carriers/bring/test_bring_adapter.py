"""The adapter against the simulated Bring, over real HTTP on loopback."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request as Received
from werkzeug import Response

from carriers.base import (
    Address,
    AuthenticationFailed,
    BadCarrierResponse,
    Booking,
    BookingRef,
    BookRequest,
    CancellationState,
    CarrierUnavailable,
    LabelFormat,
    LabelKind,
    Money,
    OutcomeUnknown,
    Parcel,
    PickupRequest,
    QuoteRequest,
    RateLimited,
    ReturnWay,
    ServiceLevel,
    Shipment,
    ShipmentRejected,
    UnknownReference,
    WebhookCall,
    WebhookRejected,
)
from carriers.base.simulator import Fault, FaultKind, RunningSimulator, serve
from carriers.bring.adapter import Bring
from carriers.bring.simulator import SimulatorBring
from tests.carriers.simulated import Ask

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
TENDER = "tnd_01JZ8Y3N4C5D6E7F8G9H0J1K2M"


def shipment(**changes: Any) -> Shipment:
    facts: dict[str, Any] = {
        "origin": Address(
            country="NO",
            postal_code="0263",
            company="Butikken AS",
            street1="Testsvingen 12",
            city="OSLO",
            phone="+4722222222",
        ),
        "destination": Address(
            country="NO",
            postal_code="5003",
            name="Kari Nordmann",
            street1="Bryggen 1",
            city="BERGEN",
            phone="+4790000000",
        ),
        "parcels": (Parcel(weight_g=2400, length_mm=300, width_mm=200, height_mm=100),),
        "reference": "order 7",
    }
    return Shipment(**{**facts, **changes})


def quoted(ask: Ask, bring: Bring, level: ServiceLevel = ServiceLevel.STANDARD, **changes: Any) -> BookRequest:
    moved = shipment(**changes)
    (rate,) = ask(bring.quote(QuoteRequest(shipment=moved, ready_at=NOW, services=(level,))))
    return BookRequest(shipment=moved, rate=rate, tender_reference=TENDER, ready_at=NOW)


@pytest.fixture
def booked(ask: Ask, bring: Bring) -> Booking:
    done: Booking = ask(bring.book(quoted(ask, bring)))
    return done


def advance(server: RunningSimulator, booking: Booking, to: str) -> Any:
    order = {"carrier_reference": booking.ref.carrier_reference, "to": to}
    return requests.post(f"{server.url}/_sim/advance", json=order, timeout=10).json()["deliveries"]


def test_a_quote_prices_every_level_gross_with_the_tax_inside(ask: Ask, bring: Bring) -> None:
    rates = {rate.carrier_service: rate for rate in ask(bring.quote(QuoteRequest(shipment=shipment(), ready_at=NOW)))}
    assert set(rates) == {"4850", "5600", "3584", "5800"}
    home = rates["5600"]
    assert home.price == Money.parse("183.75", "NOK")
    assert [(line.code, line.amount) for line in home.surcharges] == [("vat", Money.parse("36.75", "NOK"))]
    assert home.deliver_by == datetime(2026, 3, 4, 22, 59, tzinfo=UTC)


def test_what_no_product_takes_is_not_asked_for(ask: Ask, bring: Bring, bring_server: RunningSimulator) -> None:
    heavy = shipment(parcels=(Parcel(weight_g=40000),))
    request = QuoteRequest(shipment=heavy, ready_at=NOW, services=(ServiceLevel.STANDARD,))
    assert ask(bring.quote(request)) == ()
    assert list(bring_server.simulator.calls) == []


def test_a_booking_is_booked_found_printed_tracked_and_proven(
    ask: Ask, bring: Bring, booked: Booking, bring_server: RunningSimulator, tmp_path: Path
) -> None:
    found = ask(bring.find(TENDER))
    assert found.ref == replace(booked.ref, label_url="")

    label = ask(bring.label(booked.ref, LabelFormat()))
    (page,) = pypdfium2.PdfDocument(label.content)
    assert f"Consignment {booked.ref.carrier_reference}" in page.get_textpage().get_text_range()

    advance(bring_server, booked, "delivered")
    (update,) = ask(bring.track([booked.ref.tracking_number]))
    assert [event.status for event in update.events] == [
        "booked",
        "picked_up",
        "in_transit",
        "in_transit",
        "out_for_delivery",
        "delivered",
    ]
    assert ask(bring.proof_of_delivery(booked.ref)).received_by == "Kari Nordmann"

    (entry,) = bring_server.simulator.ledger.view().active()[TENDER]
    assert entry.carrier_reference == booked.ref.carrier_reference
    assert entry.price == Money.parse("183.75", "NOK")


def test_several_parcels_are_one_consignment_with_a_number_each(ask: Ask, bring: Bring) -> None:
    parcel = Parcel(weight_g=1000)
    done = ask(bring.book(quoted(ask, bring, parcels=(parcel, parcel, parcel))))
    assert len(set(done.ref.parcel_numbers)) == 3
    (update,) = ask(bring.track([done.ref.parcel_numbers[1]]))
    assert {event.piece for event in update.events} == {done.ref.parcel_numbers[1]}


def test_a_parcel_for_a_service_point_waits_there(ask: Ask, bring: Bring, bring_server: RunningSimulator) -> None:
    near = Address(country="NO", postal_code="5003", street1="Bryggen 1")
    points = ask(bring.service_points(near, radius_m=2000, limit=10))
    assert [(point.kind, point.distance_m) for point in points] == [("shop", 400), ("locker", 900)]
    assert points[1].limits_mm == (445, 505, 600)

    done = ask(bring.book(quoted(ask, bring, ServiceLevel.SERVICE_POINT, service_point=points[0].id)))
    advance(bring_server, done, "READY_FOR_PICKUP")
    (update,) = ask(bring.track([done.ref.tracking_number]))
    assert (update.events[-1].status, update.events[-1].reason) == ("available_for_pickup", "at_pickup_point")


def test_points_are_found_around_coordinates_too(ask: Ask, bring: Bring) -> None:
    near = Address(country="NO", latitude=60.39, longitude=5.32)
    assert len(ask(bring.service_points(near, radius_m=10_000, limit=2))) == 2


def test_a_refusal_carries_the_catalogues_code_and_sentence(ask: Ask, bring: Bring) -> None:
    request = quoted(ask, bring)
    nowhere = replace(request.shipment.destination, city="")
    request = replace(request, shipment=replace(request.shipment, destination=nowhere))
    with pytest.raises(ShipmentRejected) as caught:
        ask(bring.book(request))
    assert caught.value.carrier_code == "BOOK-INPUT-016-RECIPIENT"
    assert caught.value.reasons == ("City must be provided",)


def test_a_customer_number_that_bring_does_not_know_concerns_the_account(
    ask: Ask, bring_server: RunningSimulator, bring: Bring
) -> None:
    request = quoted(ask, bring)
    options = {**bring_server.account.options, "customer_number": "404"}
    stranger = Bring(replace(bring_server.account, options=options))
    with pytest.raises(ShipmentRejected, match="prices none"):
        ask(stranger.quote(QuoteRequest(shipment=request.shipment, ready_at=NOW)))
    with pytest.raises(AuthenticationFailed):
        ask(stranger.book(request))


@pytest.mark.parametrize("secret", ["api_uid", "api_key"])
def test_wrong_credentials_are_told_apart_from_everything_else(
    ask: Ask, bring_server: RunningSimulator, secret: str
) -> None:
    account = replace(bring_server.account, secrets={**bring_server.account.secrets, secret: "wrong"})
    with pytest.raises(AuthenticationFailed):
        ask(Bring(account).track(["1"]))


@pytest.mark.parametrize("missing", ["api_uid", "api_key", "client_url", "customer_number"])
def test_an_account_that_lacks_something_says_so_and_names_no_secret(
    ask: Ask, bring_server: RunningSimulator, missing: str
) -> None:
    account = bring_server.account
    secrets = {name: value for name, value in account.secrets.items() if name != missing}
    options = {name: value for name, value in account.options.items() if name != missing}
    with pytest.raises(AuthenticationFailed, match=missing) as caught:
        ask(
            Bring(replace(account, secrets=secrets, options=options)).quote(
                QuoteRequest(shipment=shipment(), ready_at=NOW)
            )
        )
    assert "simulated-mybring-key" not in str(caught.value)


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.RESET_AFTER,
        FaultKind.STATUS_500_AFTER,
        FaultKind.GARBAGE,
        FaultKind.TRUNCATED,
        FaultKind.STATUS_503,
    ],
)
def test_a_lost_booking_is_never_called_safe(
    ask: Ask, bring: Bring, bring_server: RunningSimulator, kind: FaultKind
) -> None:
    request = quoted(ask, bring)
    bring_server.simulator.faults.add(Fault(kind=kind, operation="book"))
    with pytest.raises((OutcomeUnknown, BadCarrierResponse)):
        ask(bring.book(request))
    found = ask(bring.find(TENDER))
    assert (found is None) == (kind is FaultKind.STATUS_503)


def test_a_throttled_booking_was_not_made(ask: Ask, bring: Bring, bring_server: RunningSimulator) -> None:
    request = quoted(ask, bring)
    bring_server.simulator.faults.add(Fault(kind=FaultKind.STATUS_429, operation="book"))
    with pytest.raises(RateLimited):
        ask(bring.book(request))


def test_the_profile_does_not_take_absence_for_proof() -> None:
    promises = Bring.profile.booking
    assert (promises.idempotent, promises.absence_is_proof) == (False, False)


def test_a_tender_that_bring_does_not_show_is_not_found(ask: Ask, bring: Bring) -> None:
    assert ask(bring.find("tnd_01JZ8Y3N4C5D6E7F8G9H0J1K2N")) is None


def test_the_merchants_reference_does_not_find_a_tender(ask: Ask, bring: Bring, booked: Booking) -> None:
    assert ask(bring.find("order 7")) is None


def test_a_number_that_bring_does_not_know_is_left_out(ask: Ask, bring: Bring, booked: Booking) -> None:
    updates = ask(bring.track(["1", booked.ref.tracking_number]))
    assert [update.tracking_number for update in updates] == [booked.ref.tracking_number]


def test_a_busy_bring_is_unavailable(ask: Ask, bring: Bring, bring_server: RunningSimulator) -> None:
    bring_server.simulator.faults.add(Fault(kind=FaultKind.STATUS_503, operation="track", times=-1))
    with pytest.raises(CarrierUnavailable):
        ask(bring.track(["1"]))


def test_there_is_no_proof_before_delivery(ask: Ask, bring: Bring, booked: Booking) -> None:
    with pytest.raises(UnknownReference):
        ask(bring.proof_of_delivery(booked.ref))


def test_a_stopped_parcel_comes_back_and_stays_paid(
    ask: Ask, bring: Bring, booked: Booking, bring_server: RunningSimulator, tmp_path: Path
) -> None:
    assert ask(bring.cancel(booked.ref)).state is CancellationState.AGREED
    (update,) = ask(bring.track([booked.ref.tracking_number]))
    assert update.events[-1].status == "returning"
    assert TENDER in bring_server.simulator.ledger.view().active()


def test_a_parcel_on_the_van_is_too_late_to_stop(
    ask: Ask, bring: Bring, booked: Booking, bring_server: RunningSimulator
) -> None:
    advance(bring_server, booked, "TRANSPORT_TO_RECIPIENT")
    assert ask(bring.cancel(booked.ref)).state is CancellationState.TOO_LATE


def test_a_label_whose_link_is_not_known_is_not_found(ask: Ask, bring: Bring) -> None:
    ref = BookingRef(carrier_reference="1", tracking_number="1")
    with pytest.raises(UnknownReference):
        ask(bring.label(ref, LabelFormat()))


def test_labels_come_in_pdf_only(ask: Ask, bring: Bring, booked: Booking) -> None:
    with pytest.raises(ShipmentRejected):
        ask(bring.label(booked.ref, LabelFormat(kind=LabelKind.ZPL)))


def test_a_label_is_not_fetched_from_a_strange_host(ask: Ask, bring: Bring, booked: Booking) -> None:
    elsewhere = replace(booked.ref, label_url="https://labels.example.com/1.pdf")
    with pytest.raises(BadCarrierResponse):
        ask(bring.label(elsewhere, LabelFormat()))


def test_the_storage_behind_a_label_is_named_by_the_account(
    ask: Ask, bring_server: RunningSimulator, booked: Booking, httpserver: HTTPServer
) -> None:
    storage = f"{bring_server.url}/storage/{booked.ref.label_url.rpartition('/')[2]}"
    httpserver.expect_request("/labels/1.pdf").respond_with_data(status=302, headers={"Location": storage})
    ref = replace(booked.ref, label_url=httpserver.url_for("/labels/1.pdf"))
    account = replace(bring_server.account, urls={"api": httpserver.url_for("").rstrip("/")})
    with pytest.raises(BadCarrierResponse):
        ask(Bring(account).label(ref, LabelFormat()))
    knowing = replace(account, options={**account.options, "label_hosts": bring_server.url.removeprefix("http://")})
    assert ask(Bring(knowing).label(ref, LabelFormat())).content.startswith(b"%PDF")


def test_a_restarted_bring_gives_no_number_twice(bring_server: RunningSimulator, ask: Ask, bring: Bring) -> None:
    first = ask(bring.book(quoted(ask, bring)))
    with serve(SimulatorBring(ledger=bring_server.simulator.ledger)) as restarted:
        again = Bring(restarted.account, lambda: NOW)
        second = ask(again.book(quoted(ask, again)))
    assert first.ref.carrier_reference != second.ref.carrier_reference


def pickup(day: date) -> PickupRequest:
    return PickupRequest(
        address=shipment().origin,
        day=day,
        ready_at=NOW + timedelta(days=1),
        closes_at=None,
        parcels=(Parcel(weight_g=900),),
        reference="pck_1",
    )


def test_a_pickup_is_ordered_for_a_day(ask: Ask, bring: Bring) -> None:
    ordered = ask(bring.schedule_pickup(pickup(date(2026, 3, 3))))
    assert ordered.carrier_reference.startswith("370438101")
    assert (ordered.earliest, ordered.latest) == (
        datetime(2026, 3, 2, 23, tzinfo=UTC),
        datetime(2026, 3, 3, 23, tzinfo=UTC),
    )


def test_a_pickup_in_the_past_is_refused(ask: Ask, bring: Bring) -> None:
    with pytest.raises(ShipmentRejected) as caught:
        ask(bring.schedule_pickup(pickup(date(2026, 3, 1))))
    assert caught.value.carrier_code == "PICKUP-INPUT-007"


# Event Cast.


@pytest.fixture
def received(httpserver: HTTPServer) -> list[WebhookCall]:
    calls: list[WebhookCall] = []

    def take(request: Received) -> Response:
        calls.append(
            WebhookCall(
                method=request.method,
                headers={name.lower(): value for name, value in request.headers},
                body=request.get_data(),
                received_at=NOW,
            )
        )
        return Response(status=200)

    httpserver.expect_request("/hooks/bring").respond_with_handler(take)
    return calls


def test_a_subscribed_number_is_pushed_with_our_own_header_as_proof(
    ask: Ask,
    bring_server: RunningSimulator,
    booked: Booking,
    httpserver: HTTPServer,
    received: list[WebhookCall],
) -> None:
    secrets = {**bring_server.account.secrets, "webhook_secret": "chosen by the subscriber"}
    bring = Bring(replace(bring_server.account, secrets=secrets), lambda: NOW)
    number = booked.ref.tracking_number
    subscription = ask(bring.subscribe([number], httpserver.url_for("/hooks/bring")))
    assert subscription.expires_at == NOW + timedelta(days=30)

    deliveries = advance(bring_server, booked, "ATTEMPTED_DELIVERY")
    assert [delivery["status"] for delivery in deliveries] == [200]
    (call,) = received
    assert call.headers["x-event-cast-token"] == "chosen by the subscriber"

    (pushed,) = bring.receive(call)
    (polled,) = ask(bring.track([number]))
    assert pushed.tracking_number == number
    assert pushed.events[0].event_id == polled.events[-1].event_id
    assert pushed.events[0].status == "attempt_failed"


@pytest.mark.parametrize("token", ["", "forged", "simulated-event-cast-tokeN", "åååå"])
def test_a_call_without_our_header_is_refused(bring: Bring, token: str) -> None:
    call = WebhookCall(
        method="POST", headers={"x-event-cast-token": token} if token else {}, body=b"{}", received_at=NOW
    )
    with pytest.raises(WebhookRejected):
        bring.receive(call)


def test_subscribing_twice_is_harmless(ask: Ask, bring: Bring, booked: Booking, httpserver: HTTPServer) -> None:
    url = httpserver.url_for("/hooks/bring")
    number = booked.ref.tracking_number
    ask(bring.subscribe([number], url))
    again = ask(bring.subscribe([number], url))
    assert (again.tracking_numbers, again.expires_at) == ((number,), None)


def test_many_numbers_are_subscribed_by_the_hundred_and_around_duplicates(
    ask: Ask, bring: Bring, bring_server: RunningSimulator, httpserver: HTTPServer
) -> None:
    url = httpserver.url_for("/hooks/bring")
    numbers = [f"70438101260{n:06d}" for n in range(150)]
    ask(bring.subscribe(numbers[149:], url))
    bring_server.simulator.calls.clear()
    subscription = ask(bring.subscribe(numbers, url))
    assert subscription.tracking_numbers == tuple(numbers)
    assert len([n for call in bring_server.simulator.calls for n in [call.path] if "batch" in n]) == 2
    assert len(subscription.carrier_reference.split(",")) == 149


def test_a_subscription_for_nothing_is_refused_in_brings_words(ask: Ask, bring: Bring) -> None:
    with pytest.raises(ShipmentRejected) as caught:
        ask(bring.subscribe(["1"], "https://gateway.example.com/" + "x" * 250))
    assert caught.value.carrier_message == "Reference is not provided"


def test_a_return_is_booked_by_code_where_the_sender_has_an_address_for_it(ask: Ask, bring: Bring) -> None:
    sender = replace(shipment().destination, email="kari@example.no")
    back = shipment(origin=sender, destination=shipment().origin, return_ways=tuple(ReturnWay))
    rates = ask(bring.quote_return(QuoteRequest(shipment=back, ready_at=NOW)))
    ways = {"drop_off", "code"}
    assert {(rate.carrier_service, rate.return_way) for rate in rates} == {
        (p, w) for p in ("9300", "9350") for w in ways
    }
    nameless = replace(back, origin=replace(sender, email=""))
    without = ask(bring.quote_return(QuoteRequest(shipment=nameless, ready_at=NOW)))
    assert {rate.return_way for rate in without} == {"drop_off"}

    for rate in rates:
        request = BookRequest(shipment=back, rate=rate, tender_reference=TENDER, ready_at=NOW)
        codes = ask(bring.book_return(request)).ref.drop_off_codes
        assert [code[:6] for code in codes] == (["BRING-"] if rate.return_way == "code" else [])
    assert {rate.carrier_service for rate in ask(bring.quote(QuoteRequest(shipment=shipment(), ready_at=NOW)))} == {
        "4850",
        "5600",
        "3584",
        "5800",
    }
