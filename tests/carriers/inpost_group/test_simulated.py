"""The Group API from booking to pickup, against its simulator."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_httpserver import HTTPServer
from werkzeug.wrappers import Request, Response

from carriers.base import (
    Address,
    AuthenticationFailed,
    BadCarrierResponse,
    BookingRef,
    CarrierError,
    CarrierUnavailable,
    ClientCredentials,
    LabelFormat,
    LabelKind,
    OutcomeUnknown,
    Parcel,
    PickupRequest,
    RateLimited,
    ServiceLevel,
    ShipmentRejected,
    TrackingUpdate,
    UnknownReference,
    WebhookCall,
    WebhookRejected,
)
from carriers.base.simulator import Fault, FaultKind, RunningSimulator, WebhookTarget
from carriers.inpost_group import adapter
from carriers.inpost_group.adapter import InPostGroup
from gateway.domain.fold import current_status
from tests.carriers.inpost_group.conftest import shipment, tendered
from tests.carriers.simulated import NOON, Ask, Present

POINT = ServiceLevel.SERVICE_POINT


def operations(server: RunningSimulator) -> list[str]:
    return [call.operation for call in server.simulator.calls]


def test_a_booking_has_its_number_at_once_and_one_token_serves_ten_minutes(
    group: InPostGroup, ask: Ask, server: RunningSimulator
) -> None:
    first, second = (ask(group.book(tendered(shipment(), reference=f"tnd_{n}"))).ref for n in (1, 2))
    assert first.tracking_number == first.carrier_reference != second.carrier_reference
    assert operations(server) == ["token", "book", "book"]
    server.simulator._tokens.clear()  # type: ignore[attr-defined]  # as if revoked
    ask(group.label(first, LabelFormat()))
    assert operations(server)[3:] == ["label", "token", "label"]


@pytest.mark.parametrize(
    "kind", [FaultKind.RESET_AFTER, FaultKind.STATUS_500_AFTER, FaultKind.GARBAGE, FaultKind.TRUNCATED, FaultKind.HUGE]
)
def test_a_lost_answer_is_unknown_and_sending_again_books_nothing_new(
    kind: FaultKind, group: InPostGroup, ask: Ask, server: RunningSimulator
) -> None:
    server.simulator.faults.add(Fault(kind=kind, operation="book"))
    with pytest.raises((OutcomeUnknown, BadCarrierResponse)):
        ask(group.book(tendered(shipment())))
    again = ask(group.book(tendered(shipment())))
    (entry,) = server.simulator.ledger.view().active()["tnd_1"]
    assert again.ref.carrier_reference == entry.carrier_reference
    assert timedelta(minutes=group.profile.booking.idempotency_window_min or 0) > timedelta()


@pytest.mark.parametrize(
    ("moved", "why"),
    [
        (shipment(point="XX_1"), "destination.pointId does not exist"),
        (shipment(email=""), "recipient.email is required"),
        (shipment(street1="Rue de Rivoli"), "destination is neither an address nor a point"),
        (replace(shipment(), parcels=(Parcel(weight_g=1),)), "parcels.dimensions is required"),
    ],
)
def test_what_inpost_refuses_is_refused_in_its_words(moved: object, why: str, group: InPostGroup, ask: Ask) -> None:
    level = POINT if moved.service_point else ServiceLevel.STANDARD  # type: ignore[attr-defined]  # a shipment
    with pytest.raises(ShipmentRejected, match=why):
        ask(group.book(tendered(moved, level)))  # type: ignore[arg-type]  # a shipment


# Status codes of the documentation; the bodies are not documented.
@pytest.mark.parametrize(
    ("status", "operation", "error"),
    [
        (400, "book", ShipmentRejected),
        (401, "book", AuthenticationFailed),
        (403, "book", AuthenticationFailed),
        (415, "book", ShipmentRejected),
        (422, "book", ShipmentRejected),
        (429, "book", RateLimited),
        (500, "book", OutcomeUnknown),
        (503, "book", OutcomeUnknown),
        (404, "label", UnknownReference),
        (406, "label", ShipmentRejected),
        (503, "label", CarrierUnavailable),
        (429, "track", RateLimited),
    ],
)
def test_a_documented_status_means_what_it_must(
    status: int, operation: str, error: type[CarrierError], group: InPostGroup, ask: Ask, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/oauth2/token").respond_with_json({"access_token": "t"})
    httpserver.expect_request("/shipping/v2/organizations/o/shipments").respond_with_data("", status=status)
    httpserver.expect_request("/shipping/v2/organizations/o/shipments/5/label").respond_with_data("", status=status)
    httpserver.expect_request("/tracking/v1/parcels").respond_with_data("", status=status)
    urls = {"api": httpserver.url_for("").rstrip("/"), "token": httpserver.url_for("/oauth2/token")}
    account = replace(group.account, id=f"acc_{status}_{operation}", urls=urls, options={"organization_id": "o"})
    carrier, ref = InPostGroup(account), BookingRef(carrier_reference="5", tracking_number="5")
    asked = {
        "book": lambda: carrier.book(tendered(shipment())),
        "label": lambda: carrier.label(ref, LabelFormat()),
        "track": lambda: carrier.track(["5"]),
    }
    with pytest.raises(CarrierError) as failed:
        ask(asked[operation]())
    assert type(failed.value) is error


def test_labels_are_asked_for_by_accept(group: InPostGroup, ask: Ask, server: RunningSimulator) -> None:
    ref = ask(group.book(tendered(shipment(point="PL_KRA010"), POINT))).ref
    for form, accept in (
        (LabelFormat(), "application/pdf;format=A6"),
        (LabelFormat(width_mm=210), "application/pdf;format=A4"),
        (LabelFormat(kind=LabelKind.ZPL), "text/zpl;dpi=203"),
    ):
        assert ask(group.label(ref, form)).kind is form.kind
        assert server.simulator.calls[-1].headers["accept"] == accept
    with pytest.raises(ShipmentRejected):
        ask(group.label(ref, LabelFormat(kind=LabelKind.PNG)))
    with pytest.raises(UnknownReference):
        ask(group.label(replace(ref, carrier_reference="5"), LabelFormat()))
    server.simulator.faults.add(Fault(kind=FaultKind.GARBAGE, operation="label"))
    with pytest.raises(BadCarrierResponse):
        ask(group.label(ref, LabelFormat()))


def test_pushed_and_polled_events_are_the_same_whatever_becomes_of_the_pushes(
    group: InPostGroup, ask: Ask, clock: Present, server: RunningSimulator, httpserver: HTTPServer
) -> None:
    told: list[TrackingUpdate] = []

    def receive(request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = WebhookCall(method="POST", headers=headers, body=request.get_data(), received_at=NOON)
        try:
            told.extend(group.receive(call))
        except WebhookRejected:
            return Response(status=401)
        return Response(status=200)

    httpserver.expect_request("/hook").respond_with_handler(receive)
    ref = ask(group.book(tendered(shipment()))).ref
    url = httpserver.url_for("/hook")
    server.simulator.emitter.target = WebhookTarget(url=url, duplicate=1, shuffle=True, forge=True)
    server.simulator.move(ref.tracking_number, "LMD.9004")
    clock.passes(hours=1)
    server.simulator.move(ref.tracking_number, "delivered")
    (polled,) = ask(group.track([ref.tracking_number, "5"]))
    assert {each.status for each in server.simulator.emitter.deliveries if each.forged} == {401}
    scans = {event.event_id: event for event in polled.events}
    assert {event.event_id for update in told for event in update.events} == scans.keys() - {polled.events[0].event_id}
    assert all(event == scans[event.event_id] for update in told for event in update.events)
    now = current_status([event for update in told for event in update.events])
    assert (now.status, now.reason, now.attempts) == ("delivered", "delivered_collected_by_recipient", 2)
    assert polled.reference == "tnd_1"
    assert polled.proof is not None
    assert polled.proof.received_by == "Curie"


def test_lockers_and_shops_are_found_nearest_first(group: InPostGroup, ask: Ask) -> None:
    found = ask(group.service_points(Address(country="PL", postal_code="31-123"), 1000, 5))
    assert [(point.id, point.kind, point.distance_m) for point in found] == [
        ("PL_POP-KRA50", "shop", 150),
        ("PL_KRA010", "locker", 420),
    ]


def test_a_courier_comes_within_two_hours_or_more_and_can_be_called_off(group: InPostGroup, ask: Ask) -> None:
    address = replace(shipment().origin, name="Jan Kowalski")
    order = PickupRequest(
        address=address,
        day=NOON.date(),
        ready_at=NOON,
        closes_at=NOON + timedelta(hours=1),
        parcels=shipment().parcels,
        reference="pck_1",
    )
    with pytest.raises(ShipmentRejected, match="120 minutes"):
        ask(group.schedule_pickup(order))
    made = ask(group.schedule_pickup(replace(order, closes_at=None)))
    with pytest.raises(ShipmentRejected, match="exists"):
        ask(group.schedule_pickup(replace(order, closes_at=None)))
    ask(group.cancel_pickup(made))
    with pytest.raises(UnknownReference):
        ask(group.cancel_pickup(made))


def test_a_token_is_renewed_a_minute_before_it_ends(
    group: InPostGroup, ask: Ask, server: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    elapsed_s = [0.0]
    monkeypatch.setattr(adapter, "TOKENS", ClientCredentials(scope=adapter.TOKENS.scope, now=lambda: elapsed_s[0]))
    for seconds, tokens in ((0, 1), (538, 1), (540, 2)):
        elapsed_s[0] = float(seconds)
        ask(group.service_points(Address(country="PL"), 1, 1))
        assert operations(server).count("token") == tokens
