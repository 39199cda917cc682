"""GLS from booking to proof, against its simulator over real HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from carriers.base import (
    Address,
    AuthenticationFailed,
    BadCarrierResponse,
    Booking,
    CancellationState,
    CarrierUnavailable,
    LabelFormat,
    LabelKind,
    OutcomeUnknown,
    Parcel,
    PickupRequest,
    QuoteRequest,
    RateLimited,
    ServiceLevel,
    ShipmentRejected,
    UnknownReference,
)
from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from carriers.gls.adapter import Gls
from gateway.domain.fold import current_status
from gateway.services.labels import is_whole
from tests.carriers.gls.conftest import MONDAY, TENDER, tendered
from tests.carriers.simulated import Ask

FIVE_DAYS_S = 5 * 86400


@pytest.fixture
def booked(ask: Ask, gls: Gls) -> Booking:
    booking: Booking = ask(gls.book(tendered()))
    return booking


def state(ask: Ask, gls: Gls, booking: Booking) -> str:
    (update,) = ask(gls.track([booking.ref.tracking_number]))
    return current_status(update.events, booking.ref.parcel_numbers).status


def is_paid(server: RunningSimulator) -> bool:
    return TENDER in server.simulator.ledger.view().active()


def test_a_price_of_the_card_is_booked(ask: Ask, gls: Gls) -> None:
    wanted = tendered()
    asked = QuoteRequest(shipment=wanted.shipment, ready_at=MONDAY)
    rates = {rate.service: rate for rate in ask(gls.quote(asked))}
    assert set(rates) == {ServiceLevel.STANDARD, ServiceLevel.NEXT_DAY, ServiceLevel.SERVICE_POINT}
    express = ask(gls.book(replace(wanted, rate=rates[ServiceLevel.NEXT_DAY])))
    assert express.ref.tracking_number


@pytest.mark.parametrize("kind", LabelKind)
def test_a_booking_brings_its_label(ask: Ask, gls: Gls, gls_server: RunningSimulator, kind: LabelKind) -> None:
    booking = ask(gls.book(replace(tendered(), label_format=LabelFormat(kind=kind))))
    assert booking.label.kind is kind
    assert is_whole(booking.label)
    (entry,) = gls_server.simulator.ledger.view().active()[TENDER]
    assert entry.carrier_reference == booking.ref.carrier_reference
    assert booking.ref.parcel_numbers == (booking.ref.tracking_number,)


def test_several_parcels_are_delivered_when_all_are(ask: Ask, gls: Gls, gls_server: RunningSimulator) -> None:
    booking = ask(gls.book(tendered(parcels=2)))
    one, other = booking.ref.carrier_reference.split(",")
    gls_server.simulator.move(one, "DELIVERED")
    assert state(ask, gls, booking) != "delivered"
    gls_server.simulator.move(other, "DELIVERED")
    assert state(ask, gls, booking) == "delivered"


def test_a_parcel_to_a_shop_waits_there(ask: Ask, gls: Gls, gls_server: RunningSimulator) -> None:
    near = Address(country="DE", postal_code="65760", latitude=50.1436, longitude=8.5702)
    shop, locker = ask(gls.service_points(near, 5000, 10))
    assert (shop.kind, locker.kind) == ("shop", "locker")
    assert shop.distance_m < locker.distance_m
    booking = ask(gls.book(tendered(ServiceLevel.SERVICE_POINT, point=shop.id)))
    gls_server.simulator.move(booking.ref.carrier_reference, "DELIVEREDPS")
    assert state(ask, gls, booking) == "available_for_pickup"
    gls_server.simulator.move(booking.ref.carrier_reference, "DELIVERED")
    assert state(ask, gls, booking) == "delivered"


def test_shops_near_an_address(ask: Ask, gls: Gls) -> None:
    (point,) = ask(gls.service_points(Address(country="DE", postal_code="65760", street1="Weg 1"), 800, 1))
    assert point.distance_m is None


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (tendered(postal_code=""), "INVALID_FIELD_VALUE"),
        (tendered(ServiceLevel.SERVICE_POINT, point="GLS_DE-9"), "INVALID_PARCELSHOP_ID"),
        (tendered(country="NO"), "INVALID_FIELD_VALUE"),
    ],
)
def test_what_gls_refuses_is_told_in_its_words(ask: Ask, gls: Gls, request_: object, code: str) -> None:
    with pytest.raises(ShipmentRejected) as refused:
        ask(gls.book(request_))  # type: ignore[arg-type]  # parametrised
    assert refused.value.carrier_code == code


def test_a_shipper_that_is_not_ours_rests_the_account(ask: Ask, gls_server: RunningSimulator) -> None:
    account = replace(gls_server.account, options={"contact_id": "2769999999"})
    with pytest.raises(AuthenticationFailed):
        ask(Gls(account, lambda: MONDAY).book(tendered()))


def test_refused_credentials_are_told(ask: Ask, gls_server: RunningSimulator) -> None:
    account = replace(gls_server.account, secrets={"client_id": "nobody", "client_secret": "nothing-here"})
    with pytest.raises(AuthenticationFailed):
        ask(Gls(account, lambda: MONDAY).track(["1"]))


@pytest.mark.parametrize(
    "kind", [FaultKind.RESET_AFTER, FaultKind.STATUS_500_AFTER, FaultKind.GARBAGE, FaultKind.TRUNCATED]
)
def test_a_lost_booking_is_found_after_its_end_of_day(
    ask: Ask, gls: Gls, gls_server: RunningSimulator, kind: FaultKind
) -> None:
    gls_server.simulator.faults.add(Fault(kind=kind, operation="book"))
    with pytest.raises((OutcomeUnknown, BadCarrierResponse)):
        ask(gls.book(tendered()))
    assert ask(gls.find(TENDER)) is None
    ask(gls.close_manifest([], MONDAY.date()))
    found = ask(gls.find(TENDER))
    (entry,) = gls_server.simulator.ledger.view().active()[TENDER]
    assert found.ref.carrier_reference == entry.carrier_reference
    assert state(ask, gls, found) == "booked"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="book", delay_s=0), OutcomeUnknown),
        (Fault(kind=FaultKind.STATUS_429, operation="book", retry_after="7"), RateLimited),
        (Fault(kind=FaultKind.STATUS_429, operation="book"), RateLimited),
        (Fault(kind=FaultKind.STATUS_500, operation="token"), CarrierUnavailable),
        (Fault(kind=FaultKind.HUGE, operation="book"), OutcomeUnknown),
    ],
)
def test_a_booking_that_was_not_made_or_may_not_be(
    ask: Ask, gls: Gls, gls_server: RunningSimulator, fault: Fault, error: type[Exception]
) -> None:
    gls_server.simulator.faults.add(fault)
    with pytest.raises(error) as failed:
        ask(gls.book(tendered()))
    assert getattr(failed.value, "retry_after_s", None) == (7 if fault.retry_after else None)


def test_a_parcel_is_cancelled_before_its_end_of_day(
    ask: Ask, gls: Gls, gls_server: RunningSimulator, booked: Booking
) -> None:
    assert ask(gls.cancel(booked.ref)).state is CancellationState.ACCEPTED
    assert not is_paid(gls_server)
    assert state(ask, gls, booked) == "cancelled"


def test_a_scheduled_cancellation_is_no_cancellation_until_gls_shows_it(
    ask: Ask, gls: Gls, gls_server: RunningSimulator, booked: Booking
) -> None:
    ask(gls.close_manifest([booked.ref], MONDAY.date()))
    assert ask(gls.cancel(booked.ref)).state is CancellationState.PENDING
    assert ask(gls.cancel(booked.ref)).state is CancellationState.PENDING
    assert is_paid(gls_server)
    gls_server.simulator.advance_clock(60)
    assert ask(gls.cancel(booked.ref)).state is CancellationState.ACCEPTED
    assert not is_paid(gls_server)


def test_a_scanned_parcel_is_not_cancelled(ask: Ask, gls: Gls, gls_server: RunningSimulator, booked: Booking) -> None:
    gls_server.simulator.move(booked.ref.carrier_reference, "INTRANSIT")
    assert ask(gls.cancel(booked.ref)).state is CancellationState.TOO_LATE
    assert is_paid(gls_server)


def test_a_cancellation_whose_answer_was_lost_is_not_called_done(
    ask: Ask, gls: Gls, gls_server: RunningSimulator, booked: Booking
) -> None:
    gls_server.simulator.faults.add(Fault(kind=FaultKind.STATUS_500_AFTER, operation="cancel"))
    assert ask(gls.cancel(booked.ref)).state is CancellationState.PENDING


def test_one_scanned_parcel_keeps_the_booking(ask: Ask, gls: Gls, gls_server: RunningSimulator) -> None:
    booking = ask(gls.book(tendered(parcels=2)))
    gls_server.simulator.move(booking.ref.carrier_reference.split(",")[1], "INTRANSIT")
    assert ask(gls.cancel(booking.ref)).state is CancellationState.TOO_LATE
    assert is_paid(gls_server)


def test_ten_parcels_go_into_a_call(ask: Ask, gls: Gls, gls_server: RunningSimulator) -> None:
    booking = ask(gls.book(tendered(parcels=12)))
    (update,) = ask(
        gls.track(
            [
                booking.ref.tracking_number,
            ]
        )
    )
    assert {event.piece for event in update.events} == set(booking.ref.parcel_numbers)
    assert [call.operation for call in gls_server.simulator.calls].count("track") == 2


def test_a_number_nobody_knows_is_left_out(ask: Ask, gls: Gls, booked: Booking) -> None:
    updates = ask(gls.track(["276099999999", booked.ref.tracking_number]))
    assert [update.tracking_number for update in updates] == [booked.ref.tracking_number]


def test_a_failed_attempt_is_no_delivery(ask: Ask, gls: Gls, gls_server: RunningSimulator, booked: Booking) -> None:
    gls_server.simulator.move(booked.ref.carrier_reference, "INDELIVERY")
    gls_server.simulator.move(booked.ref.carrier_reference, "NOTDELIVERED")
    (failed,) = ask(gls.track([booked.ref.tracking_number]))
    assert current_status(failed.events).status == "attempt_failed"
    gls_server.simulator.move(booked.ref.carrier_reference, "FINAL")
    (final,) = ask(gls.track([booked.ref.tracking_number]))
    assert current_status((*failed.events, *final.events)).status == "attempt_failed"


def test_the_proof_is_a_pdf_once_it_is_delivered(
    ask: Ask, gls: Gls, gls_server: RunningSimulator, booked: Booking
) -> None:
    with pytest.raises(UnknownReference):
        ask(gls.proof_of_delivery(booked.ref))
    gls_server.simulator.move(booked.ref.carrier_reference, "DELIVERED")
    assert ask(gls.proof_of_delivery(booked.ref)).signature.startswith(b"%PDF")


def test_a_day_is_closed_for_the_bookings_that_are_in_it(
    ask: Ask, gls: Gls, gls_server: RunningSimulator, booked: Booking
) -> None:
    other = replace(booked.ref, carrier_reference="SIM99999", tracking_number="276099999999")
    manifest = ask(gls.close_manifest([booked.ref, other], MONDAY.date()))
    assert manifest.tracking_numbers == (booked.ref.tracking_number,)
    again = ask(gls.close_manifest([booked.ref], MONDAY.date()))
    assert again.tracking_numbers == ()


def test_gls_closes_a_day_by_itself_after_four(
    ask: Ask, gls: Gls, gls_server: RunningSimulator, booked: Booking
) -> None:
    gls_server.simulator.advance_clock(FIVE_DAYS_S)
    later = Gls(gls_server.account, lambda: MONDAY + timedelta(seconds=FIVE_DAYS_S))
    assert ask(later.find(TENDER)).ref.carrier_reference == booked.ref.carrier_reference


@pytest.mark.parametrize(("asked", "comes"), [("2026-03-03", "2026-03-03"), ("2026-03-07", "2026-03-09")])
def test_a_collection_comes_on_a_working_day(ask: Ask, gls: Gls, asked: str, comes: str) -> None:
    request = PickupRequest(
        address=Address(country="DE", postal_code="35510"),
        day=date.fromisoformat(asked),
        ready_at=MONDAY,
        closes_at=None,
        parcels=(Parcel(weight_g=900),) * 3,
        reference="pck_1",
    )
    pickup = ask(gls.schedule_pickup(request))
    midnight = datetime.fromisoformat(f"{comes}T00:00:00+01:00").astimezone(UTC)
    assert (pickup.carrier_reference, pickup.earliest) == ("pck_1", midnight)
    assert pickup.latest == midnight + timedelta(days=1)


def test_a_restarted_gls_gives_no_number_twice(gls_server: RunningSimulator, booked: Booking) -> None:
    restarted = type(gls_server.simulator)(ledger=gls_server.simulator.ledger)
    assert restarted._made({"ShipmentUnit": [{}]})[0].track_id != booked.ref.carrier_reference  # type: ignore[attr-defined]
