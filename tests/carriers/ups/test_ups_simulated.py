"""UPS from quote to proof, against its simulator, over real HTTP."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pypdfium2
import pytest
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Request, Response

from carriers.base import (
    Address,
    AuthenticationFailed,
    BadCarrierResponse,
    Booking,
    BookingRef,
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
    ServiceLevel,
    ShipmentRejected,
    TrackingUpdate,
    UnknownReference,
    WebhookCall,
    WebhookRejected,
)
from carriers.base.simulator import Fault, FaultKind, RunningSimulator, WebhookTarget
from carriers.ups.adapter import TOKENS, Ups
from gateway.domain.fold import current_status
from tests.carriers.simulated import Ask
from tests.carriers.ups.conftest import NOON, TENDER, shipment, tendered

TWO = (Parcel(weight_g=4536), Parcel(weight_g=900))


@pytest.fixture
def booked(ask: Ask, ups: Ups) -> Booking:
    done: Booking = ask(ups.book(tendered(shipment(parcels=TWO))))
    return done


@pytest.fixture
def told(ups_server: RunningSimulator, ups: Ups, httpserver: HTTPServer) -> list[TrackingUpdate]:
    """What the simulator's calls told, each proven and parsed as it came."""
    updates: list[TrackingUpdate] = []

    def receive(request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = WebhookCall(method="POST", headers=headers, body=request.get_data(), received_at=NOON)
        try:
            updates.extend(ups.receive(call))
        except WebhookRejected:
            return Response(status=401)
        return Response(status=200)

    httpserver.expect_request("/hook").respond_with_handler(receive)
    ups_server.simulator.emitter.target = WebhookTarget(url=httpserver.url_for("/hook"))
    return updates


def quoted(**changes: Any) -> QuoteRequest:
    return QuoteRequest(shipment=shipment(**changes), ready_at=NOON)


def test_a_quote_is_booked_at_the_accounts_price_under_our_reference(
    ask: Ask, ups: Ups, ups_server: RunningSimulator
) -> None:
    rates = {rate.carrier_service: rate for rate in ask(ups.quote(quoted()))}
    assert {code: rate.service for code, rate in rates.items()} == {
        "01": ServiceLevel.NEXT_DAY,
        "02": ServiceLevel.TWO_DAY,
        "03": ServiceLevel.STANDARD,
    }
    ground = rates["03"]
    # 10.1 lb: 11.20 + 9.1 x 0.45, less a fifth; three days later at eleven in the evening in Georgia.
    assert ground.price == Money.parse("12.24", "USD")
    assert ground.deliver_by == datetime(2026, 3, 6, 4, 0, tzinfo=UTC)
    booking = ask(ups.book(tendered(rate=ground)))
    assert booking.price == ground.price
    (entry,) = ups_server.simulator.ledger.view().active()[TENDER]
    assert entry.carrier_reference == booking.ref.carrier_reference
    assert Counter(call.operation for call in ups_server.simulator.calls)["token"] <= 1


def test_abroad_other_services_and_units_are_used(ask: Ask, ups: Ups) -> None:
    london = Address(country="GB", postal_code="SW1A 1AA", name="Shop", street1="1 Mall", city="London")
    rates = ask(ups.quote(quoted(origin=london)))
    assert {rate.carrier_service: str(rate.price) for rate in rates} == {"11": "11.66 GBP", "65": "41.54 GBP"}


def test_a_booking_is_found_printed_tracked_and_proven(
    ask: Ask, ups: Ups, booked: Booking, ups_server: RunningSimulator
) -> None:
    assert ask(ups.find(TENDER)).ref == booked.ref
    assert len(booked.ref.parcel_numbers) == 2
    assert booked.label is None  # UPS prints no PDF when it books

    label = ask(ups.label(booked.ref, LabelFormat()))
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(label.content)]
    assert [number in page for number, page in zip(booked.ref.parcel_numbers, pages, strict=True)] == [True, True]
    thermal = ask(ups.label(booked.ref, LabelFormat(kind=LabelKind.ZPL)))
    assert thermal.content.count(b"^XA") == 2

    with pytest.raises(UnknownReference):
        ask(ups.proof_of_delivery(booked.ref))
    ups_server.simulator.move(booked.ref.carrier_reference, "delivered")
    updates = ask(ups.track([*booked.ref.parcel_numbers, "1ZNOBODY0000000000"]))
    assert [update.tracking_number for update in updates] == list(booked.ref.parcel_numbers)
    assert current_status(updates[0].events, booked.ref.parcel_numbers).status == "delivered"
    assert Counter(event.piece for event in updates[0].events) == dict.fromkeys(booked.ref.parcel_numbers, 5)
    assert [event.status for event in updates[0].events][::2] == [
        "booked",
        "picked_up",
        "in_transit",
        "out_for_delivery",
        "delivered",
    ]
    assert ask(ups.proof_of_delivery(booked.ref)).received_by == "SIMULATED"


def test_a_label_asked_for_in_zpl_comes_with_the_booking(ask: Ask, ups: Ups) -> None:
    form = LabelFormat(kind=LabelKind.ZPL)
    booking = ask(ups.book(tendered(shipment(parcels=TWO), label_format=form)))
    assert booking.label is not None
    assert [booking.label.content.count(number.encode()) for number in booking.ref.parcel_numbers] == [1, 1]
    one = ask(ups.book(tendered(label_format=LabelFormat(kind=LabelKind.PNG))))
    assert one.label is not None
    assert one.label.content.startswith(b"\x89PNG")


def test_a_parcel_is_booked_to_an_access_point(ask: Ask, ups: Ups, ups_server: RunningSimulator) -> None:
    (point,) = ask(ups.service_points(shipment().destination, 5000, 5))
    assert (point.id, point.distance_m) == ("U67889432", 400)
    moved = shipment(service_point=point.id)
    rates = ask(ups.quote(QuoteRequest(shipment=moved, ready_at=NOON)))
    assert {rate.service for rate in rates} == {ServiceLevel.SERVICE_POINT}
    booking = ask(ups.book(tendered(moved, rates[0])))
    sent = ups_server.simulator.shipments[booking.ref.carrier_reference].asked  # type: ignore[attr-defined]  # UPS's
    assert sent["AlternateDeliveryAddress"]["Name"] == "SIMULATED CORNER STORE"


def test_a_void_is_accepted_twice_and_too_late_after_the_first_scan(
    ask: Ask, ups: Ups, booked: Booking, ups_server: RunningSimulator
) -> None:
    for _ in range(2):
        assert ask(ups.cancel(booked.ref)).state is CancellationState.ACCEPTED
    assert not ups_server.simulator.ledger.view().active().get(TENDER)
    (update,) = ask(ups.track([booked.ref.tracking_number]))
    assert current_status(update.events).status == "cancelled"

    other = ask(ups.book(tendered(tender_reference="tnd_2")))
    ups_server.simulator.move(other.ref.carrier_reference, "picked_up")
    refused = ask(ups.cancel(other.ref))
    assert refused.state is CancellationState.TOO_LATE
    assert refused.why == "No shipment found within the allowed void period"


def test_a_pickup_is_ordered_and_called_off_once(ask: Ask, ups: Ups) -> None:
    request = PickupRequest(
        address=shipment().origin,
        day=date(2026, 3, 3),
        ready_at=NOON + timedelta(days=1),
        closes_at=NOON + timedelta(days=1, hours=4),
        parcels=TWO,
        reference="pku_1",
    )
    pickup = ask(ups.schedule_pickup(request))
    assert (pickup.earliest, pickup.latest) == (request.ready_at, request.closes_at)
    ask(ups.cancel_pickup(pickup))
    with pytest.raises(ShipmentRejected):
        ask(ups.cancel_pickup(pickup))
    with pytest.raises(ShipmentRejected, match="Invalid pickup date"):
        ask(ups.schedule_pickup(replace(request, day=date(2026, 3, 1))))


def test_a_hundred_numbers_are_subscribed_per_call_and_bad_ones_left_out(
    ask: Ask, ups: Ups, ups_server: RunningSimulator
) -> None:
    numbers = [f"1ZA1B2C303{place:08d}" for place in range(130)]
    subscription = ask(ups.subscribe([*numbers, "1Z1234567$8"], "https://gateway.example/hook"))
    assert subscription.tracking_numbers == tuple(numbers)
    assert subscription.expires_at == NOON + timedelta(days=14)
    assert [call.operation for call in ups_server.simulator.calls].count("subscribe") == 2


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_pushes_tell_what_polling_tells(
    version: str, ask: Ask, ups: Ups, ups_server: RunningSimulator, told: list[TrackingUpdate], httpserver: HTTPServer
) -> None:
    account = replace(ups.account, options={**ups.account.options, "track_alert": version})
    mine = Ups(account, lambda: NOON)
    booking = ask(mine.book(tendered()))
    ask(mine.subscribe(booking.ref.parcel_numbers, httpserver.url_for("/hook")))
    told.clear()
    ups_server.simulator.emitter.target = replace(
        ups_server.simulator.emitter.target, duplicate=1, shuffle=True, forge=True
    )
    deliveries = ups_server.simulator.move(booking.ref.carrier_reference, "delivered")
    assert {delivery.status for delivery in deliveries} == {200, 401}
    (polled,) = ask(mine.track([booking.ref.tracking_number]))
    pushed = [event for update in told for event in update.events]
    assert len(pushed) >= 8  # four scans, each twice, or again where an answer was slow; none of the forged ones
    assert {event.event_id for event in pushed} == {event.event_id for event in polled.events[1:]}
    assert current_status(pushed).status == current_status(polled.events).status == "delivered"
    proofs = {update.proof.received_by for update in told if update.proof}
    assert proofs == {"SIMULATED"}


def test_a_call_is_proven_by_credential_or_bearer_token(ups: Ups) -> None:
    body = b'{"trackingNumber": "1Z1", "localActivityDate": "20260302"}'
    secret = ups.account.secrets["webhook_secret"]

    def call(**headers: str) -> WebhookCall:
        return WebhookCall(method="POST", headers=headers, body=body, received_at=NOON)

    for proven in (call(credential=secret), call(authorization=f"Bearer {secret}")):
        assert ups.prove(proven).status == 200
    for forged in (call(), call(credential="x"), call(authorization=secret), call(authorization="Bearer x")):
        with pytest.raises(WebhookRejected):
            ups.prove(forged)


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.TIMEOUT_AFTER,
        FaultKind.RESET_AFTER,
        FaultKind.STATUS_500_AFTER,
        FaultKind.GARBAGE,
        FaultKind.TRUNCATED,
        FaultKind.HUGE,
    ],
)
def test_a_lost_answer_is_unknown_and_the_booking_is_found(
    kind: FaultKind, ask: Ask, ups: Ups, ups_server: RunningSimulator
) -> None:
    ask(ups.quote(quoted()))  # a token is at hand
    ups_server.simulator.faults.add(Fault(kind=kind, operation="book"))
    with pytest.raises((OutcomeUnknown, BadCarrierResponse)):
        ask(ups.book(tendered()), 2)
    (entry,) = ups_server.simulator.ledger.view().active()[TENDER]
    assert ask(ups.find(TENDER)).ref.carrier_reference == entry.carrier_reference


def test_a_time_out_before_booking_is_unknown_too_and_nothing_is_found(
    ask: Ask, ups: Ups, ups_server: RunningSimulator
) -> None:
    ask(ups.quote(quoted()))
    ups_server.simulator.faults.add(Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="book"))
    with pytest.raises(OutcomeUnknown):
        ask(ups.book(tendered()), 2)
    assert ask(ups.find(TENDER)) is None


def test_a_tender_that_was_booked_twice_is_for_a_person(ask: Ask, ups: Ups) -> None:
    for _ in range(2):
        ask(ups.book(tendered()))
    with pytest.raises(BadCarrierResponse, match="several packages"):
        ask(ups.find(TENDER))


@pytest.mark.parametrize("retry_after", ["", "7"])
def test_too_many_calls_wait_as_long_as_ups_says(
    retry_after: str, ask: Ask, ups: Ups, ups_server: RunningSimulator
) -> None:
    ups_server.simulator.faults.add(
        Fault(kind=FaultKind.STATUS_429, operation="quote", retry_after=retry_after or "soon")
    )
    with pytest.raises(RateLimited) as limited:
        ask(ups.quote(quoted()))
    assert limited.value.retry_after_s == (float(retry_after) if retry_after else None)


def test_a_token_that_ended_is_renewed_without_a_second_booking(
    ask: Ask, ups: Ups, ups_server: RunningSimulator
) -> None:
    ask(ups.quote(quoted()))
    ups_server.simulator.advance_clock(20_000)
    ask(ups.book(tendered()))
    assert len(ups_server.simulator.ledger.view().active()[TENDER]) == 1


def test_wrong_credentials_are_told(ask: Ask, ups_server: RunningSimulator) -> None:
    account = replace(ups_server.account, secrets={**ups_server.account.secrets, "client_secret": "another"})
    with pytest.raises(AuthenticationFailed):
        ask(Ups(account, lambda: NOON).book(tendered()))
    assert TOKENS.forget(account) is False


def test_without_a_token_nothing_was_booked(ask: Ask, ups: Ups, ups_server: RunningSimulator) -> None:
    ups.forget_credentials()
    ups_server.simulator.faults.add(Fault(kind=FaultKind.GARBAGE, operation="token"))
    with pytest.raises(CarrierUnavailable):
        ask(ups.book(tendered()))
    assert not ups_server.simulator.ledger.view().bookings


def test_a_label_of_an_unknown_package_is_not_known(ask: Ask, ups: Ups) -> None:
    with pytest.raises(UnknownReference):
        ask(ups.label(BookingRef(carrier_reference="1Z1", tracking_number="1Z1"), LabelFormat()))


@pytest.mark.parametrize(
    ("to", "status"),
    [
        ("attempt_failed", "attempt_failed"),
        ("available_for_pickup", "available_for_pickup"),
        ("034", "returned"),
    ],
)
def test_other_endings_are_told(
    to: str, status: str, ask: Ask, ups: Ups, booked: Booking, ups_server: RunningSimulator
) -> None:
    ups_server.simulator.move(booked.ref.carrier_reference, to)
    (update,) = ask(ups.track([booked.ref.tracking_number]))
    assert current_status(update.events, booked.ref.parcel_numbers).status == status
