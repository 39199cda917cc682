"""The adapter against a Canada Post that remembers: from quote to label, and what is left after faults."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    CancellationState,
    CarrierError,
    CarrierUnavailable,
    LabelFormat,
    LabelKind,
    Money,
    OutcomeUnknown,
    PickupRequest,
    RateLimited,
    ServiceLevel,
    ShipmentRejected,
    UnknownReference,
)
from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from carriers.canadapost.adapter import CanadaPost
from tests.carriers.canadapost.conftest import MONDAY, TORONTO, WINNIPEG, quoted, shipment, tendered
from tests.carriers.simulated import Ask


def test_from_quote_to_delivery(server: RunningSimulator, post: CanadaPost, ask: Ask) -> None:
    rates = ask(post.quote(quoted(shipment())))
    assert [(rate.service, str(rate.price)) for rate in rates] == [
        ("next_day", "38.96 CAD"),
        ("two_day", "24.62 CAD"),
        ("standard", "19.27 CAD"),
        ("economy", "17.22 CAD"),
    ]
    booked = ask(post.book(replace(tendered(shipment()), rate=rates[2])))
    assert ask(post.find("tnd_1")).ref == booked.ref
    assert ask(post.label(booked.ref, LabelFormat())).content.startswith(b"%PDF")
    assert [each.status for each in ask(post.track([booked.ref.tracking_number]))[0].events] == ["booked"]
    server.simulator.move(booked.ref.carrier_reference, "attempt_failed")
    server.simulator.advance_clock(24 * 3600)
    server.simulator.move(booked.ref.carrier_reference, "delivered")
    (update,) = ask(post.track([booked.ref.tracking_number, "7035114499999999"]))
    statuses = [each.status for each in update.events]
    assert statuses == ["booked", "picked_up", "in_transit", "out_for_delivery", "attempt_failed", "delivered"]
    (entry,) = server.simulator.ledger.view().bookings
    assert entry.price == Money.parse("19.27", "CAD")


@pytest.mark.parametrize("services", ["DOM.EP, DOM.RP", ["DOM.EP", "DOM.RP"]])
def test_an_account_offers_what_its_contract_has(server: RunningSimulator, ask: Ask, services: object) -> None:
    some = replace(server.account, options={**server.account.options, "services": services})
    rates = ask(CanadaPost(some, lambda: MONDAY).quote(quoted(shipment())))
    assert [rate.carrier_service for rate in rates] == ["DOM.EP", "DOM.RP"]


def test_a_transmitted_shipment_is_refunded_on_request_and_only_once(post: CanadaPost, ask: Ask) -> None:
    booked = ask(post.book(tendered(shipment())))
    first, second = ask(post.cancel(booked.ref)), ask(post.cancel(booked.ref))
    assert (first.state, second.state) == (CancellationState.AGREED, CancellationState.TOO_LATE)
    assert "ticket GT" in first.why


def test_a_waiting_shipment_is_voided_or_closed_into_the_manifest(
    server: RunningSimulator, contract: CanadaPost, ask: Ask
) -> None:
    zpl = LabelFormat(kind=LabelKind.ZPL)
    kept, gone, late = (
        ask(contract.book(replace(tendered(shipment(), reference=f"tnd_{n}"), label_format=zpl))) for n in range(3)
    )
    assert ask(contract.cancel(gone.ref)).state is CancellationState.ACCEPTED
    assert ask(contract.find("tnd_1")) is None
    assert ask(contract.label(kept.ref, zpl)).content.startswith(b"^XA")
    with pytest.raises(ShipmentRejected, match="booked with a ZPL"):
        ask(contract.label(kept.ref, LabelFormat()))
    closed = ask(contract.close_manifest([kept.ref], date(2026, 3, 2)))
    assert closed.document.startswith(b"%PDF")
    assert closed.tracking_numbers == (kept.ref.tracking_number,)
    assert ask(contract.cancel(kept.ref)).state is CancellationState.AGREED
    assert ask(contract.cancel(late.ref)).state is CancellationState.ACCEPTED  # no other shipment was transmitted
    with pytest.raises(ShipmentRejected):
        ask(contract.close_manifest([kept.ref], date(2026, 3, 2)))


def test_pickups_and_post_offices(server: RunningSimulator, post: CanadaPost, ask: Ask) -> None:
    request = PickupRequest(
        address=TORONTO,
        day=date(2026, 3, 3),
        ready_at=MONDAY + timedelta(hours=25),
        closes_at=MONDAY + timedelta(hours=27),
        parcels=shipment().parcels,
        reference="pck_1",
    )
    pickup = ask(post.schedule_pickup(request))
    for _ in range(2):  # the second time it is gone already
        ask(post.cancel_pickup(pickup))
    points = ask(post.service_points(WINNIPEG, 2000, 10))
    assert [(point.name, point.distance_m) for point in points] == [
        ("SHOPPERS DRUG MART", 710),
        ("ALTA VISTA PO", 1520),
    ]
    (rate,) = ask(post.quote(quoted(shipment(point=points[0].id))))
    assert rate.service is ServiceLevel.SERVICE_POINT
    booked = ask(post.book(replace(tendered(shipment(point=points[0].id)), rate=rate)))
    spec = server.simulator.parcels[booked.ref.carrier_reference].order["deliverySpec"]
    assert spec["options"] == [{"optionCode": "D2PO", "optionQualifier2": points[0].id}]


@pytest.mark.parametrize(("postal_code", "error"), [("X0X 0X1", ShipmentRejected), ("X0X 0X2", AuthenticationFailed)])
def test_refusals(post: CanadaPost, ask: Ask, postal_code: str, error: type[CarrierError]) -> None:
    with pytest.raises(error):
        ask(post.book(tendered(shipment(to=replace(WINNIPEG, postal_code=postal_code)))))
    assert ask(post.quote(quoted(shipment(to=replace(WINNIPEG, postal_code="X0X 0X1"))))) == ()


@pytest.mark.parametrize(
    ("kind", "error", "made"),
    [
        (FaultKind.TIMEOUT_BEFORE, OutcomeUnknown, False),
        (FaultKind.TIMEOUT_AFTER, OutcomeUnknown, True),
        (FaultKind.RESET_AFTER, OutcomeUnknown, True),
        (FaultKind.STATUS_500_AFTER, OutcomeUnknown, True),
        (FaultKind.STATUS_503, OutcomeUnknown, False),
        (FaultKind.STATUS_429, RateLimited, False),
        (FaultKind.TRUNCATED, (OutcomeUnknown, BadCarrierResponse), True),
        (FaultKind.GARBAGE, BadCarrierResponse, True),
        (FaultKind.HUGE, (OutcomeUnknown, BadCarrierResponse), True),
    ],
)
def test_a_booking_whose_answer_is_lost_is_found(
    server: RunningSimulator, post: CanadaPost, ask: Ask, kind: FaultKind, error: type[CarrierError], made: bool
) -> None:
    server.simulator.faults.add(Fault(kind=kind, operation="book", delay_s=0.1))
    with pytest.raises(error):
        ask(post.book(tendered(shipment())))
    found = ask(post.find("tnd_1"))
    assert (found is not None) is made
    assert len(server.simulator.ledger.view().bookings) == int(made)


def test_two_shipments_of_one_reference_are_for_a_person(post: CanadaPost, ask: Ask) -> None:
    for _ in range(2):
        ask(post.book(tendered(shipment())))
    with pytest.raises(BadCarrierResponse, match="several"):
        ask(post.find("tnd_1"))


def test_credentials(server: RunningSimulator, post: CanadaPost, ask: Ask) -> None:
    ask(post.quote(quoted(shipment())))
    server.simulator.advance_clock(3700)  # the token has ended: a new one is fetched, once
    ask(post.quote(quoted(shipment())))
    assert [call.operation for call in server.simulator.calls].count("token") == 2
    wrong = replace(server.account, secrets={"client_id": "x", "client_secret": "y"})
    with pytest.raises(AuthenticationFailed):
        ask(CanadaPost(wrong, lambda: MONDAY).track(["1"]))
    with pytest.raises(AuthenticationFailed, match="contact_email"):
        ask(
            CanadaPost(replace(server.account, options={"customer_number": "1"}), lambda: MONDAY).schedule_pickup(
                PickupRequest(
                    address=TORONTO, day=date(2026, 3, 3), ready_at=MONDAY, closes_at=MONDAY, parcels=(), reference="p"
                )
            )
        )


def test_reading_through_faults(server: RunningSimulator, post: CanadaPost, ask: Ask) -> None:
    booked = ask(post.book(tendered(shipment())))
    for kind, error in ((FaultKind.STATUS_429, RateLimited), (FaultKind.STATUS_503, CarrierUnavailable)):
        server.simulator.faults.add(Fault(kind=kind, operation="track", retry_after="7"))
        with pytest.raises(error):
            ask(post.track([booked.ref.tracking_number]))
    with pytest.raises(UnknownReference):
        ask(post.cancel(replace(booked.ref, carrier_reference="5")))
