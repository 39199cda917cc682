"""ShipX from quote to pickup, against its simulator: labels that come later or never, webhooks that prove little."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carriers.base import (
    Address,
    AuthenticationFailed,
    BadCarrierResponse,
    BookingRef,
    CancellationState,
    LabelFormat,
    LabelKind,
    OutcomeUnknown,
    PickupRequest,
    QuoteRequest,
    ShipmentRejected,
    TrackingUpdate,
    UnknownReference,
    WebhookCall,
    WebhookRejected,
)
from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from carriers.inpost.adapter import InPost
from gateway.domain.fold import CurrentStatus, current_status
from tests.carriers.inpost.conftest import COURIER, LOCKER, shipment, tendered
from tests.carriers.simulated import NOON, Ask, Present


def status(updates: list[TrackingUpdate]) -> CurrentStatus:
    return current_status([event for update in updates for event in update.events])


@pytest.fixture
def bought(inpost: InPost, ask: Ask, clock: Present) -> BookingRef:
    """A courier shipment whose label is paid."""
    ref: BookingRef = ask(inpost.book(tendered(shipment()))).ref
    clock.passes(seconds=6)
    return ref


def test_doors_and_a_chosen_locker_are_priced(inpost: InPost, ask: Ask) -> None:
    doors = ask(inpost.quote(QuoteRequest(shipment=shipment(), ready_at=NOON)))
    assert [(rate.carrier_service, str(rate.price)) for rate in doors] == [
        ("inpost_courier_express_1700", "29.90 PLN"),
        (COURIER, "19.50 PLN"),
    ]
    (locker,) = ask(inpost.quote(QuoteRequest(shipment=shipment(point="KRA010"), ready_at=NOON)))
    assert (locker.carrier_service, str(locker.price), locker.surcharges[0].code) == (LOCKER, "14.99 PLN", "fuel")


def test_only_services_of_the_contract_are_offered(inpost: InPost, ask: Ask) -> None:
    for services in ([COURIER], f"{COURIER},{LOCKER}"):
        own = InPost(replace(inpost.account, options={**inpost.account.options, "services": services}))
        assert [rate.carrier_service for rate in ask(own.quote(QuoteRequest(shipment=shipment(), ready_at=NOON)))] == [
            COURIER
        ]


def test_the_number_comes_with_the_label_and_not_with_the_booking(
    inpost: InPost, ask: Ask, clock: Present, shipx: RunningSimulator
) -> None:
    ref = ask(inpost.book(tendered(shipment(point="KRA010"), LOCKER))).ref
    assert (ref.carrier_reference, ref.tracking_number) == ("1000000001", "")
    with pytest.raises(UnknownReference):
        ask(inpost.label(ref, LabelFormat()))
    (pending,) = ask(inpost.track([ref.carrier_reference]))
    assert (pending.events[0].status, pending.numbers, pending.reference) == ("created", (), "tnd_1")
    clock.passes(seconds=6)
    (numbered,) = ask(inpost.track([ref.carrier_reference]))
    assert (numbered.tracking_number, len(numbered.numbers[0])) == (ref.carrier_reference, 24)
    assert [event.carrier_code for event in numbered.events] == ["confirmed"]
    assert ask(inpost.find("tnd_1")).ref == replace(ref, tracking_number=numbered.numbers[0])
    assert ask(inpost.track(list(numbered.numbers)))[0].events == numbered.events
    assert len(shipx.simulator.ledger.view().active()["tnd_1"]) == 1


@pytest.mark.parametrize(
    ("post_code", "qualifier", "later_s"), [("00-001", "not_paid", 6), ("00-002", "unavailable", 6)]
)
def test_a_label_that_is_never_bought_is_a_problem_somebody_sees_and_can_cancel(
    post_code: str, qualifier: str, later_s: float, inpost: InPost, ask: Ask, clock: Present
) -> None:
    ref = ask(inpost.book(tendered(shipment(post_code)))).ref
    ask(inpost.track([ref.carrier_reference]))
    clock.passes(seconds=later_s)
    (event,) = ask(inpost.track([ref.carrier_reference]))[0].events
    assert (event.status, event.reason, event.carrier_qualifier) == ("exception", "label_failed", qualifier)
    assert ask(inpost.cancel(ref)).state is CancellationState.ACCEPTED


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.RESET_AFTER,
        FaultKind.STATUS_500_AFTER,
        FaultKind.GARBAGE,
        FaultKind.TRUNCATED,
        FaultKind.HUGE,
        FaultKind.TIMEOUT_AFTER,
    ],
)
def test_a_lost_answer_is_unknown_and_the_shipment_is_found(
    kind: FaultKind, inpost: InPost, ask: Ask, shipx: RunningSimulator
) -> None:
    shipx.simulator.faults.add(Fault(kind=kind, operation="book", delay_s=3))
    with pytest.raises((OutcomeUnknown, BadCarrierResponse)):
        ask(inpost.book(tendered(shipment())), 2)
    found = ask(inpost.find("tnd_1"))
    (entry,) = shipx.simulator.ledger.view().active()["tnd_1"]
    assert found.ref.carrier_reference == entry.carrier_reference
    assert ask(inpost.find("tnd_2")) is None


def test_a_time_out_before_anything_was_done_is_as_unknown(inpost: InPost, ask: Ask, shipx: RunningSimulator) -> None:
    shipx.simulator.faults.add(Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="book", delay_s=3))
    with pytest.raises(OutcomeUnknown):
        ask(inpost.book(tendered(shipment())), 1)
    assert ask(inpost.find("tnd_1")) is None


def test_a_label_is_cancelled_only_before_it_is_bought(inpost: InPost, ask: Ask, clock: Present) -> None:
    early, late = (ask(inpost.book(tendered(shipment(), reference=f"tnd_{n}"))).ref for n in (1, 2))
    assert [ask(inpost.cancel(early)).state for _ in range(2)] == [CancellationState.ACCEPTED] * 2
    assert ask(inpost.find("tnd_1")) is None
    clock.passes(seconds=6)
    refused = ask(inpost.cancel(late))
    assert (refused.state, refused.why) == (CancellationState.TOO_LATE, "the shipment is confirmed")
    with pytest.raises(UnknownReference):
        ask(inpost.cancel(replace(late, carrier_reference="5")))


def test_labels_come_as_pdf_and_zpl(inpost: InPost, ask: Ask, bought: BookingRef) -> None:
    assert ask(inpost.label(bought, LabelFormat())).content.startswith(b"%PDF")
    assert b"^XA" in ask(inpost.label(bought, LabelFormat(kind=LabelKind.ZPL))).content
    with pytest.raises(ShipmentRejected):
        ask(inpost.label(bought, LabelFormat(kind=LabelKind.PNG)))


def test_a_page_for_people_is_no_label(inpost: InPost, ask: Ask, bought: BookingRef, shipx: RunningSimulator) -> None:
    shipx.simulator.faults.add(Fault(kind=FaultKind.GARBAGE, operation="label", times=-1))
    for kind in (LabelKind.PDF, LabelKind.ZPL):
        with pytest.raises(BadCarrierResponse):
            ask(inpost.label(bought, LabelFormat(kind=kind)))


def test_pushed_and_polled_scans_agree_whatever_becomes_of_the_pushes(
    inpost: InPost, ask: Ask, bought: BookingRef, shipx: RunningSimulator, told: list[TrackingUpdate]
) -> None:
    target = shipx.simulator.emitter.target
    url = f"{target.url}?token=somebody+else's"
    shipx.simulator.emitter.target = replace(target, url=url, duplicate=1, shuffle=True, forge=True)
    shipx.simulator.move(bought.carrier_reference, "delivered")
    polled = ask(inpost.track([bought.carrier_reference]))
    deliveries = shipx.simulator.emitter.deliveries
    assert {each.status for each in deliveries if each.forged} == {401}
    assert {each.status for each in deliveries if not each.forged} == {200}
    assert {update.tracking_number for update in told} == {bought.carrier_reference}
    assert status(polled).status == status(told).status == "delivered"
    scans = {event.event_id for event in polled[0].events} - {polled[0].events[0].event_id}
    assert scans <= {event.event_id for update in told for event in update.events}


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("undelivered_wrong_address", ("attempt_failed", "address_issue")),
        ("stack_in_box_machine", ("available_for_pickup", "at_pickup_point")),
        ("returned_to_sender", ("returning", "return_in_progress")),
        ("missing", ("failed", "lost")),
    ],
)
def test_other_ends_are_told(
    to: str, expected: tuple[str, str], inpost: InPost, ask: Ask, bought: BookingRef, shipx: RunningSimulator
) -> None:
    shipx.simulator.move(bought.carrier_reference, to)
    now = status(ask(inpost.track([bought.carrier_reference])))
    assert (now.status, now.reason) == expected


def test_numbers_nobody_knows_are_left_out(inpost: InPost, ask: Ask) -> None:
    assert ask(inpost.track(["5", "600000000000000000000005", "a/../b?c"])) == ()


def test_a_webhook_counts_with_the_secret_of_our_url_only(inpost: InPost) -> None:
    body = b'{"event":"shipment_confirmed","event_ts":"2020-03-20 15:08:06 +0100","payload":{"shipment_id":49}}'
    call = WebhookCall(method="POST", headers={}, body=body, received_at=NOON)
    secret = inpost.account.secrets["webhook_secret"]
    assert inpost.receive(replace(call, query={"token": secret}))[0].tracking_number == "49"
    for query in ({}, {"token": secret[:-1]}, {"secret": secret}):
        with pytest.raises(WebhookRejected):
            inpost.receive(replace(call, query=query))
    # InPost asks for the URL with GET when it is entered.
    assert inpost.prove(replace(call, method="GET", body=b"", query={"token": secret})).status == 200


def test_lockers_and_shops_are_found_nearest_first(inpost: InPost, ask: Ask) -> None:
    found = ask(inpost.service_points(Address(country="PL", latitude=50.0621, longitude=19.9383), 2000, 2))
    assert [(point.id, point.kind) for point in found] == [("KRA010", "locker"), ("KRA012", "locker")]
    near = ask(inpost.service_points(Address(country="PL", postal_code="31-999"), 2000, 9))
    assert {point.kind for point in near} == {"locker", "shop"}


def test_a_courier_comes_for_labelled_shipments_and_can_be_called_off(
    inpost: InPost, ask: Ask, bought: BookingRef, clock: Present
) -> None:
    order = PickupRequest(
        address=shipment().destination, day=NOON.date(), ready_at=NOON, closes_at=None,
        parcels=shipment().parcels, reference="pck_1", bookings=(bought,),
    )  # fmt: skip
    made = ask(inpost.schedule_pickup(order))
    assert ask(inpost.close_manifest([bought], NOON.date())).document.startswith(b"%PDF")
    ask(inpost.cancel_pickup(made))
    with pytest.raises(UnknownReference):
        ask(inpost.cancel_pickup(made))
    with pytest.raises(ShipmentRejected, match="at most 100"):
        ask(inpost.close_manifest([bought] * 101, NOON.date()))
    unpaid = ask(inpost.book(tendered(shipment(), reference="tnd_9"))).ref
    with pytest.raises(ShipmentRejected):
        ask(inpost.schedule_pickup(replace(order, bookings=(unpaid,))))


def test_a_revoked_token_is_told(inpost: InPost, ask: Ask) -> None:
    stranger = InPost(replace(inpost.account, secrets={"token": "revoked-token"}))
    with pytest.raises(AuthenticationFailed) as refused:
        ask(stranger.find("tnd_1"))
    assert (refused.value.carrier_code, "revoked-token" in str(vars(refused.value))) == ("unauthorized", False)
