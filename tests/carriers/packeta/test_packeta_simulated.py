"""Packeta from quote to delivery, against its simulator over real HTTP."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from carriers.base import (
    Account,
    Address,
    AuthenticationFailed,
    BadCarrierResponse,
    Booking,
    CancellationState,
    CarrierError,
    CarrierUnavailable,
    LabelFormat,
    OutcomeUnknown,
    Parcel,
    QuoteRequest,
    RateLimited,
    ServiceLevel,
    ServicePointClosed,
    ShipmentRejected,
    UnknownReference,
)
from carriers.base.calls import Call, Exchange, Reply, redacted
from carriers.base.simulator import Fault, FaultKind, RunningSimulator, serve
from carriers.packeta.adapter import Packeta
from gateway.domain.fold import current_status
from gateway.services.labels import is_whole
from tests.carriers.packeta.conftest import LOCKER, MONDAY, POINT, TENDER, tendered
from tests.carriers.simulated import Ask

NEAR = Address(country="CZ", postal_code="110 00", city="Praha 1", latitude=50.08, longitude=14.43)


@pytest.fixture
def booked(ask: Ask, packeta: Packeta) -> Booking:
    booking: Booking = ask(packeta.book(tendered()))
    return booking


def state(ask: Ask, packeta: Packeta, booking: Booking) -> str:
    (update,) = ask(packeta.track([booking.ref.tracking_number]))
    return current_status(update.events, booking.ref.parcel_numbers).status


def is_paid(server: RunningSimulator) -> bool:
    return TENDER in server.simulator.ledger.view().active()


def test_a_price_of_the_card_is_booked_to_a_locker(
    ask: Ask, packeta: Packeta, packeta_server: RunningSimulator
) -> None:
    shop, locker = ask(packeta.service_points(NEAR, 5000, 10))
    assert (shop.id, locker.id, locker.kind) == (POINT, LOCKER, "locker")
    wanted = tendered(point=locker.id)
    rates = ask(packeta.quote(QuoteRequest(shipment=wanted.shipment, ready_at=MONDAY)))
    rate = next(rate for rate in rates if rate.service is ServiceLevel.SERVICE_POINT)
    booking = ask(packeta.book(replace(wanted, rate=rate)))
    (entry,) = packeta_server.simulator.ledger.view().active()[TENDER]
    assert entry.carrier_reference == booking.ref.carrier_reference
    assert is_whole(ask(packeta.label(booking.ref, LabelFormat())))
    packeta_server.simulator.move(booking.ref.carrier_reference, "ready for pickup")
    assert state(ask, packeta, booking) == "available_for_pickup"
    packeta_server.simulator.move(booking.ref.carrier_reference, "delivered")
    assert state(ask, packeta, booking) == "delivered"


def test_the_list_of_points_is_asked_for_once_in_a_while(
    ask: Ask, packeta: Packeta, packeta_server: RunningSimulator
) -> None:
    def asked() -> int:
        return [call.operation for call in packeta_server.simulator.calls].count("service_points")

    for _ in range(2):
        assert len(ask(packeta.service_points(NEAR, 5000, 1))) == 1
    assert asked() == 1
    later = Packeta(packeta_server.account, lambda: MONDAY + timedelta(hours=7))
    ask(later.service_points(NEAR, 5000, 1))
    assert asked() == 2
    wrong = replace(packeta_server.account, secrets={**packeta_server.account.secrets, "api_key": "another key"})
    with pytest.raises(AuthenticationFailed):
        ask(Packeta(wrong, lambda: MONDAY).service_points(NEAR, 5000, 1))


def test_home_delivery_hands_over_to_another_carrier(
    ask: Ask, packeta: Packeta, packeta_server: RunningSimulator
) -> None:
    booking = ask(packeta.book(tendered(ServiceLevel.STANDARD)))
    packeta_server.simulator.move(booking.ref.carrier_reference, "handed to carrier")
    assert state(ask, packeta, booking) == "in_transit"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (tendered(point="nowhere"), "addressId: Invalid branch."),
        (tendered(parcel=Parcel(weight_g=1000)), "value: Attribute value is required."),
        (tendered(parcel=Parcel(weight_g=20_000)), "weight: Weight must be at most 15 kg."),
    ],
)
def test_what_packeta_refuses_is_told_in_its_words(ask: Ask, packeta: Packeta, request_: Any, reason: str) -> None:
    with pytest.raises(ShipmentRejected) as refused:
        ask(packeta.book(request_))
    assert reason in refused.value.reasons
    assert isinstance(refused.value, ServicePointClosed) == (request_.shipment.service_point == "nowhere")


def test_a_wrong_password_is_told_and_never_shown(
    ask: Ask, packeta_server: RunningSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = {"api_password": "not&the<password>", "api_key": "not-the-key"}
    wrong = Packeta(replace(packeta_server.account, secrets=secrets), lambda: MONDAY)
    with pytest.raises(AuthenticationFailed) as failed:
        ask(wrong.book(tendered()))
    assert "not&" not in f"{failed.value!r} {vars(failed.value)} {wrong!r} {wrong.account!r} {caplog.text}"


def test_an_exchange_is_shown_without_the_password() -> None:
    body = b"<createPacket><apiPassword>p&lt;ssword&amp;</apiPassword></createPacket>"
    call = Call(method="POST", url="https://x/y", body=body, repeatable=False, secrets=frozenset({"p<ssword&"}))
    shown = redacted(Exchange(call, Reply(status=200, headers={}, body=body)))
    assert "ssword&" not in str(shown)


@pytest.mark.parametrize(
    "kind", [FaultKind.RESET_AFTER, FaultKind.STATUS_500_AFTER, FaultKind.GARBAGE, FaultKind.TRUNCATED]
)
def test_a_lost_booking_is_unknown(
    ask: Ask, packeta: Packeta, packeta_server: RunningSimulator, kind: FaultKind
) -> None:
    packeta_server.simulator.faults.add(Fault(kind=kind, operation="book"))
    with pytest.raises((OutcomeUnknown, BadCarrierResponse)):
        ask(packeta.book(tendered()))
    assert is_paid(packeta_server)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="book", delay_s=0), OutcomeUnknown),
        (Fault(kind=FaultKind.STATUS_429, operation="book", retry_after="7"), RateLimited),
        (Fault(kind=FaultKind.STATUS_429, operation="book"), RateLimited),
        (Fault(kind=FaultKind.HUGE, operation="book"), OutcomeUnknown),
        (Fault(kind=FaultKind.STATUS_503, operation="book"), OutcomeUnknown),
    ],
)
def test_a_booking_that_was_not_made_or_may_not_be(
    ask: Ask, packeta: Packeta, packeta_server: RunningSimulator, fault: Fault, error: type[Exception]
) -> None:
    packeta_server.simulator.faults.add(fault)
    with pytest.raises(error) as failed:
        ask(packeta.book(tendered()))
    assert getattr(failed.value, "retry_after_s", None) == (7 if fault.retry_after else None)


BOMB = b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><response><status>&b;</status></response>'


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, b"", AuthenticationFailed),
        (403, b"<html/>", AuthenticationFailed),
        (404, b"", UnknownReference),
        (409, b"duplicate", ShipmentRejected),
        (422, b"", ShipmentRejected),
        (502, b"<html><body>Bad Gateway</body></html>", OutcomeUnknown),
        (200, b"<html><body>Please log in</body></html>", BadCarrierResponse),
        (200, BOMB, BadCarrierResponse),
        (200, b"", BadCarrierResponse),
        (200, b'{"status": "ok", "result": {"id": "1"}}', BadCarrierResponse),
    ],
)
def test_an_answer_of_another_kind(
    ask: Ask,
    httpserver: HTTPServer,
    packeta_server: RunningSimulator,
    status: int,
    body: bytes,
    error: type[CarrierError],
) -> None:
    httpserver.expect_request("/api/rest", method="POST").respond_with_data(body, status=status)
    account: Account = replace(packeta_server.account, urls={"api": httpserver.url_for("/api/rest")})
    with pytest.raises(CarrierError) as failed:
        ask(Packeta(account, lambda: MONDAY).book(tendered()))
    assert type(failed.value) is error


def test_a_packet_is_cancelled_before_the_hand_over_and_twice_is_harmless(
    ask: Ask, packeta: Packeta, packeta_server: RunningSimulator, booked: Booking
) -> None:
    for _ in range(2):
        assert ask(packeta.cancel(booked.ref)).state is CancellationState.ACCEPTED
    assert not is_paid(packeta_server)
    assert state(ask, packeta, booked) == "cancelled"


def test_a_packet_that_was_handed_over_stays_paid(
    ask: Ask, packeta: Packeta, packeta_server: RunningSimulator, booked: Booking
) -> None:
    packeta_server.simulator.move(booked.ref.carrier_reference, "arrived")
    assert ask(packeta.cancel(booked.ref)).state is CancellationState.TOO_LATE
    assert is_paid(packeta_server)


def test_a_cancellation_that_cannot_be_looked_into_decides_nothing(
    ask: Ask, packeta: Packeta, packeta_server: RunningSimulator, booked: Booking
) -> None:
    packeta_server.simulator.move(booked.ref.carrier_reference, "arrived")
    packeta_server.simulator.faults.add(Fault(kind=FaultKind.STATUS_503, operation="cancel_status"))
    with pytest.raises(CarrierUnavailable):
        ask(packeta.cancel(booked.ref))


def test_a_packet_nobody_knows(ask: Ask, packeta: Packeta, booked: Booking) -> None:
    strange = replace(booked.ref, carrier_reference="4999999999")
    for asked in (packeta.cancel(strange), packeta.label(strange, LabelFormat())):
        with pytest.raises(UnknownReference):
            ask(asked)
    updates = ask(packeta.track(["Z4999999999", booked.ref.tracking_number]))
    assert [update.tracking_number for update in updates] == [booked.ref.tracking_number]


def test_a_packet_nobody_collects_goes_back(
    ask: Ask, packeta: Packeta, packeta_server: RunningSimulator, booked: Booking
) -> None:
    for status, ours in (("storage time expired", "returning"), ("posted back", "returning"), ("returned", "returned")):
        packeta_server.simulator.move(booked.ref.carrier_reference, status)
        assert state(ask, packeta, booked) == ours


def test_packets_are_grouped_for_a_bulk_hand_over(ask: Ask, packeta: Packeta, booked: Booking) -> None:
    other = ask(packeta.book(replace(tendered(), tender_reference="tnd_other")))
    manifest = ask(packeta.close_manifest([booked.ref, other.ref], MONDAY.date()))
    assert manifest.tracking_numbers == (booked.ref.tracking_number, other.ref.tracking_number)
    assert manifest.carrier_data["barcode"] == f"D{manifest.carrier_reference}"
    with pytest.raises(UnknownReference):
        ask(packeta.close_manifest([replace(booked.ref, carrier_reference="4999999999")], MONDAY.date()))


def test_a_restarted_packeta_gives_no_number_twice(packeta_server: RunningSimulator, booked: Booking, ask: Ask) -> None:
    with serve(type(packeta_server.simulator)(ledger=packeta_server.simulator.ledger)) as restarted:
        again = ask(Packeta(restarted.account, lambda: MONDAY).book(tendered()))
    assert again.ref.carrier_reference != booked.ref.carrier_reference
