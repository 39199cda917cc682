"""Uber Direct from quote to proof, against its simulator."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    BookingRef,
    CancellationState,
    Leg,
    OutcomeUnknown,
    ServiceLevel,
    ShipmentRejected,
    TimeWindow,
    TrackingUpdate,
    UnknownReference,
)
from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from carriers.uber_direct.adapter import UberDirect
from gateway.domain.fold import CurrentStatus, current_status
from tests.carriers.simulated import NOON, Ask, Present
from tests.carriers.uber_direct.conftest import quoted, shipment, tendered


def status(updates: list[TrackingUpdate]) -> CurrentStatus:
    return current_status([event for update in updates for event in update.events])


def operations(server: RunningSimulator) -> list[str]:
    return [call.operation for call in server.simulator.calls]


def test_a_quote_is_booked_at_its_price_under_our_reference(
    uber: UberDirect, ask: Ask, uber_server: RunningSimulator
) -> None:
    (rate,) = ask(uber.quote(quoted(shipment())))
    assert rate.service is ServiceLevel.INSTANT
    assert rate.expires_at == NOON + timedelta(minutes=15)
    booking = ask(uber.book(tendered(shipment(), rate)))
    assert booking.price == rate.price
    assert booking.ref.tender_reference == "tnd_1"
    (entry,) = uber_server.simulator.ledger.view().active()["tnd_1"]
    assert entry.carrier_reference == booking.ref.carrier_reference
    assert operations(uber_server) == ["token", "quote", "book"]


def test_the_same_tender_sent_twice_is_booked_once(uber: UberDirect, ask: Ask, uber_server: RunningSimulator) -> None:
    first, second = (ask(uber.book(tendered(shipment()))) for _ in range(2))
    assert first == second
    assert len(uber_server.simulator.ledger.view().active()["tnd_1"]) == 1


@pytest.mark.parametrize(
    "kind", [FaultKind.RESET_AFTER, FaultKind.STATUS_500_AFTER, FaultKind.GARBAGE, FaultKind.TRUNCATED]
)
def test_a_lost_answer_is_unknown_and_sending_again_finds_the_same_delivery(
    uber: UberDirect, ask: Ask, uber_server: RunningSimulator, kind: FaultKind
) -> None:
    (rate,) = ask(uber.quote(quoted(shipment())))
    uber_server.simulator.faults.add(Fault(kind=kind, operation="book"))
    with pytest.raises((OutcomeUnknown, BadCarrierResponse)):
        ask(uber.book(tendered(shipment(), rate)), 3)
    booking = ask(uber.book(tendered(shipment(), rate)))
    assert ask(uber.find("tnd_1")) == booking
    (entry,) = uber_server.simulator.ledger.view().active()["tnd_1"]
    assert entry.carrier_reference == booking.ref.carrier_reference


def test_a_duplicate_that_cannot_be_read_is_unknown_not_unavailable(
    uber: UberDirect, ask: Ask, uber_server: RunningSimulator
) -> None:
    ask(uber.book(tendered(shipment())))
    uber_server.simulator.faults.add(Fault(kind=FaultKind.STATUS_503, operation="track", times=-1))
    with pytest.raises(OutcomeUnknown):
        ask(uber.book(tendered(shipment())))


def test_a_quote_is_good_once(uber: UberDirect, ask: Ask) -> None:
    (rate,) = ask(uber.quote(quoted(shipment())))
    ask(uber.book(tendered(shipment(), rate)))
    with pytest.raises(OutcomeUnknown) as unknown:
        ask(uber.book(tendered(shipment(), rate, "tnd_2")))
    assert unknown.value.carrier_code == "used_quote"


def test_a_quote_that_expired_on_its_way_is_refused(uber: UberDirect, ask: Ask, clock: Present) -> None:
    (rate,) = ask(uber.quote(quoted(shipment())))
    slow = UberDirect(uber.account, lambda: NOON)
    clock.passes(minutes=16)
    with pytest.raises(ShipmentRejected) as refused:
        ask(slow.book(tendered(shipment(), rate)))
    assert refused.value.carrier_code == "expired_quote"


def test_a_quote_that_had_expired_before_it_was_sent_may_have_been_used_the_first_time(
    uber: UberDirect, ask: Ask, clock: Present
) -> None:
    (rate,) = ask(uber.quote(quoted(shipment())))
    clock.passes(minutes=16)
    with pytest.raises(OutcomeUnknown) as unknown:
        ask(uber.book(tendered(shipment(), rate)))
    assert unknown.value.carrier_code == "expired_quote"


def test_a_quote_does_not_hold_for_another_door(uber: UberDirect, ask: Ask) -> None:
    (rate,) = ask(uber.quote(quoted(shipment())))
    with pytest.raises(ShipmentRejected) as refused:
        ask(uber.book(tendered(shipment("94110"), rate)))
    assert refused.value.carrier_code == "mismatched_price_quote"


def test_a_window_is_quoted_and_booked_within_ubers_rules(uber: UberDirect, ask: Ask) -> None:
    window = TimeWindow(start=NOON + timedelta(hours=3), end=NOON + timedelta(hours=4))
    asked = replace(quoted(shipment(), NOON + timedelta(hours=2)), window=window)
    (rate,) = ask(uber.quote(asked))
    assert (rate.service, rate.deliver_by) == (ServiceLevel.SAME_DAY, window.end)
    order = replace(tendered(shipment(), rate), window=window, ready_at=asked.ready_at)
    assert ask(uber.book(order)).deliver_by == window.end


def test_only_levels_that_were_asked_for_are_offered(uber: UberDirect, ask: Ask) -> None:
    asked = quoted(shipment())
    (rate,) = ask(uber.quote(replace(asked, services=(ServiceLevel.SAME_DAY,))))
    assert rate.service is ServiceLevel.SAME_DAY
    assert ask(uber.quote(replace(asked, services=(ServiceLevel.ECONOMY,)))) == ()


@pytest.mark.parametrize(
    ("zip_code", "error", "code"),
    [
        ("00001", ShipmentRejected, "address_undeliverable_limited_couriers"),
        ("00002", ShipmentRejected, "couriers_busy"),
        ("00003", AuthenticationFailed, "customer_suspended"),
    ],
)
def test_refusals_are_refusals(
    uber: UberDirect, ask: Ask, zip_code: str, error: type[ShipmentRejected], code: str
) -> None:
    for coroutine in (uber.quote(quoted(shipment(zip_code))), uber.book(tendered(shipment(zip_code)))):
        with pytest.raises(error) as refused:
            ask(coroutine)
        assert refused.value.carrier_code == code


def test_outside_its_area_uber_offers_nothing_and_books_nothing(uber: UberDirect, ask: Ask) -> None:
    assert ask(uber.quote(quoted(shipment("00000")))) == ()
    with pytest.raises(ShipmentRejected):
        ask(uber.book(tendered(shipment("00000"))))


def test_the_list_is_searched_page_by_page(uber: UberDirect, ask: Ask, uber_server: RunningSimulator) -> None:
    wanted = ask(uber.book(tendered(shipment(), reference="tnd_first")))
    for number in range(35):
        ask(uber.book(tendered(shipment(), reference=f"tnd_{number}")))
    assert ask(uber.find("tnd_first")) == wanted
    assert ask(uber.find("tnd_nobody")) is None
    assert operations(uber_server).count("find") == 4


def test_a_delivery_is_cancelled_once_and_told_so_twice(
    uber: UberDirect, ask: Ask, uber_server: RunningSimulator
) -> None:
    ref = ask(uber.book(tendered(shipment()))).ref
    assert ask(uber.cancel(ref)).state is CancellationState.ACCEPTED
    assert ask(uber.cancel(ref)).state is CancellationState.ACCEPTED
    assert uber_server.simulator.ledger.view().active() == {}


def test_a_parcel_on_its_way_is_too_late_to_cancel(uber: UberDirect, ask: Ask, uber_server: RunningSimulator) -> None:
    ref = ask(uber.book(tendered(shipment()))).ref
    uber_server.simulator.advance(ref.carrier_reference, "pickup_complete")
    refused = ask(uber.cancel(ref))
    assert (refused.state, refused.why) == (CancellationState.TOO_LATE, "the delivery is pickup_complete")


def test_a_delivery_nobody_knows_cannot_be_cancelled_and_tells_nothing(uber: UberDirect, ask: Ask) -> None:
    with pytest.raises(UnknownReference):
        ask(uber.cancel(BookingRef(carrier_reference="del_0", tracking_number="del_0")))
    assert ask(uber.track(["del_0"])) == []


def step(server: RunningSimulator, reference: str, to: str) -> None:
    server.simulator._step(lambda: server.simulator.advance(reference, to))


def test_pushed_and_polled_scans_are_the_same_scans(
    uber: UberDirect, ask: Ask, uber_server: RunningSimulator, told: list[TrackingUpdate]
) -> None:
    ref = ask(uber.book(tendered(shipment()))).ref
    polled = []
    for to in ("pickup", "pickup:imminent", "pickup_complete", "dropoff", "dropoff:imminent", "delivered"):
        step(uber_server, ref.carrier_reference, to)
        polled += ask(uber.track([ref.tracking_number]))
    scans = {event.event_id: event for update in polled for event in update.events}
    assert len(scans) == 6
    assert {event.event_id for update in told for event in update.events} - scans.keys() <= {
        f"{ref.carrier_reference}:pending"
    }
    assert all(scans[e.event_id] == e for update in told for e in update.events if e.event_id in scans)
    assert status(polled) == status([*told, *polled])
    assert status(told).status == "delivered"


def test_late_doubled_and_shuffled_webhooks_change_nothing(
    uber: UberDirect, ask: Ask, uber_server: RunningSimulator, told: list[TrackingUpdate]
) -> None:
    target = uber_server.simulator.emitter.target
    uber_server.simulator.emitter.target = replace(target, duplicate=2, shuffle=True)
    ref = ask(uber.book(tendered(shipment()))).ref
    step(uber_server, ref.carrier_reference, "delivered")
    assert len(told) > 20
    assert (status(told).status, status(told).attempts) == ("delivered", 1)


def test_forged_webhooks_tell_nothing(
    uber: UberDirect, ask: Ask, uber_server: RunningSimulator, told: list[TrackingUpdate]
) -> None:
    target = uber_server.simulator.emitter.target
    uber_server.simulator.emitter.target = replace(target, forge=True)
    ref = ask(uber.book(tendered(shipment()))).ref
    step(uber_server, ref.carrier_reference, "pickup")
    deliveries = uber_server.simulator.emitter.deliveries
    assert {delivery.status for delivery in deliveries if delivery.forged} == {401}
    assert len(told) == len([delivery for delivery in deliveries if not delivery.forged])


def test_an_undeliverable_parcel_comes_back_to_the_sender(
    uber: UberDirect, ask: Ask, uber_server: RunningSimulator, told: list[TrackingUpdate]
) -> None:
    ref = ask(uber.book(tendered(shipment()))).ref
    step(uber_server, ref.carrier_reference, "returned")
    polled = ask(uber.track([ref.tracking_number]))
    assert (status(polled).status, status(polled).attempts) == ("returning", 1)
    back = next(event for event in polled[0].events if event.leg is Leg.RETURN).event_id.partition(":")[0]
    step(uber_server, back, "delivered")
    polled += ask(uber.track([ref.tracking_number]))
    assert {update.tracking_number for update in [*polled, *told]} == {ref.tracking_number}
    assert status(polled).status == status(told).status == "returned"


def test_a_fallback_at_the_door_is_delivered_with_a_photo(
    uber: UberDirect, ask: Ask, uber_server: RunningSimulator
) -> None:
    ref = ask(uber.book(tendered(shipment(undeliverable_action="leave")))).ref
    step(uber_server, ref.carrier_reference, "left_at_door")
    (update,) = ask(uber.track([ref.tracking_number]))
    assert (update.events[0].status, update.events[0].reason) == ("delivered", "delivered_safe_place")
    assert ask(uber.proof_of_delivery(ref)).photo.startswith(b"\x89PNG")


def test_what_was_required_is_what_is_proven(uber: UberDirect, ask: Ask, uber_server: RunningSimulator) -> None:
    ref = ask(uber.book(tendered(shipment(signature=True, pin=True, min_age=21, photo=True)))).ref
    assert ask(uber.proof_of_delivery(ref)).delivered_at is None
    step(uber_server, ref.carrier_reference, "delivered")
    proof = ask(uber.proof_of_delivery(ref))
    assert (proof.received_by, proof.relationship) == ("Joan P.", "self")
    assert (proof.pin_matched, proof.min_age_verified) == (True, 21)
    assert proof.signature.startswith(b"\x89PNG")
    assert proof.photo_url.startswith("https://")


def test_a_robot_courier_runs_by_the_clock(
    uber: UberDirect, ask: Ask, uber_server: RunningSimulator, clock: Present
) -> None:
    robot = UberDirect(replace(uber.account, options={**uber.account.options, "robo_courier": "auto"}), clock)
    ref = ask(robot.book(tendered(shipment()))).ref
    seen = []
    for _ in range(6):
        uber_server.simulator.tick()
        seen.append(status(ask(uber.track([ref.tracking_number]))).reason)
        clock.passes(seconds=30)
    assert seen[0] == "courier_en_route_to_pickup"
    assert seen[-1] == "delivered_to_recipient"


def test_one_token_serves_many_calls_and_is_renewed_when_it_is_refused(
    uber: UberDirect, ask: Ask, uber_server: RunningSimulator
) -> None:
    for _ in range(3):
        ask(uber.quote(quoted(shipment())))
    assert operations(uber_server).count("token") == 1
    uber_server.simulator._tokens.clear()
    booking = ask(uber.book(tendered(shipment())))
    assert operations(uber_server).count("token") == 2
    assert len(uber_server.simulator.ledger.view().active()["tnd_1"]) == 1
    assert booking.ref.carrier_reference.startswith("del_")


def test_wrong_credentials_are_told_from_a_carrier_that_is_down(uber: UberDirect, ask: Ask) -> None:
    stranger = replace(uber.account, id="acc_x", secrets={**uber.account.secrets, "client_secret": "wrong"})
    with pytest.raises(AuthenticationFailed) as refused:
        ask(UberDirect(stranger).quote(quoted(shipment())))
    assert "wrong" not in str(refused.value)


def test_another_customer_is_the_accounts_mistake(uber: UberDirect, ask: Ask) -> None:
    lost = replace(uber.account, options={"customer_id": "cus other"})
    with pytest.raises(AuthenticationFailed) as refused:
        ask(UberDirect(lost, lambda: NOON).quote(quoted(shipment())))
    assert refused.value.carrier_code == "customer_not_found"


def test_answers_of_the_other_mode_are_never_taken(uber: UberDirect, ask: Ask) -> None:
    ref = ask(uber.book(tendered(shipment()))).ref
    live = UberDirect(replace(uber.account, mode="live"), lambda: NOON)
    for coroutine in (
        live.track([ref.tracking_number]),
        live.find("tnd_1"),
        live.cancel(ref),
        live.proof_of_delivery(ref),
    ):
        with pytest.raises(BadCarrierResponse, match="live mode"):
            ask(coroutine)
    with pytest.raises(OutcomeUnknown):
        ask(live.book(tendered(shipment())))
