"""Lalamove from quotation to proof, against its simulator."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    BookingRef,
    CancellationState,
    CarrierUnavailable,
    OutcomeUnknown,
    ServiceLevel,
    ShipmentRejected,
    TimeWindow,
    TrackingUpdate,
    UnknownReference,
)
from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from carriers.lalamove.adapter import Lalamove
from gateway.domain.fold import CurrentStatus, current_status
from tests.carriers.lalamove.conftest import quoted, shipment, tendered
from tests.carriers.simulated import NOON, Ask, Present


def status(updates: list[TrackingUpdate]) -> CurrentStatus:
    return current_status([event for update in updates for event in update.events])


def operations(server: RunningSimulator) -> list[str]:
    return [call.operation for call in server.simulator.calls]


def test_a_quotation_is_ordered_at_its_price_under_our_reference(
    lalamove: Lalamove, ask: Ask, server: RunningSimulator
) -> None:
    (rate,) = ask(lalamove.quote(quoted(shipment())))
    assert (rate.service, rate.expires_at) == (ServiceLevel.INSTANT, NOON + timedelta(minutes=5))
    booking = ask(lalamove.book(tendered(shipment(), rate)))
    assert (booking.price, len(booking.ref.carrier_reference)) == (rate.price, 19)
    (entry,) = server.simulator.ledger.view().active()["tnd_1"]
    assert entry.carrier_reference == booking.ref.carrier_reference
    assert operations(server) == ["quote", "book"]


def test_an_ended_quotation_is_renewed_before_the_order(
    lalamove: Lalamove, ask: Ask, server: RunningSimulator, clock: Present
) -> None:
    (rate,) = ask(lalamove.quote(quoted(shipment())))
    clock.passes(minutes=5)
    assert ask(lalamove.book(tendered(shipment(), rate))).price == rate.price
    assert operations(server) == ["quote", "quote", "book"]


@pytest.mark.parametrize("kind", [FaultKind.STATUS_500, FaultKind.GARBAGE, FaultKind.TRUNCATED])
def test_without_a_new_quotation_nothing_was_ordered(
    lalamove: Lalamove, ask: Ask, server: RunningSimulator, kind: FaultKind
) -> None:
    server.simulator.faults.add(Fault(kind=kind, operation="quote"))
    with pytest.raises(CarrierUnavailable):
        ask(lalamove.book(tendered(shipment())), 5)
    assert server.simulator.ledger.view().active() == {}


@pytest.mark.parametrize(
    "kind", [FaultKind.RESET_AFTER, FaultKind.STATUS_500_AFTER, FaultKind.GARBAGE, FaultKind.TRUNCATED]
)
def test_a_lost_answer_is_unknown_and_the_webhook_tells_whose_order_it_was(
    lalamove: Lalamove, ask: Ask, server: RunningSimulator, told: list[TrackingUpdate], kind: FaultKind
) -> None:
    server.simulator.faults.add(Fault(kind=kind, operation="book"))
    with pytest.raises((OutcomeUnknown, BadCarrierResponse)):
        ask(lalamove.book(tendered(shipment())), 5)
    (entry,) = server.simulator.ledger.view().active()["tnd_1"]
    server.simulator.move(entry.carrier_reference, "ON_GOING")
    assert {(update.tracking_number, update.reference) for update in told if update.reference} == {
        (entry.carrier_reference, "tnd_1")
    }


def test_silence_is_unknown_too_although_nothing_was_ordered(
    lalamove: Lalamove, ask: Ask, server: RunningSimulator
) -> None:
    (rate,) = ask(lalamove.quote(quoted(shipment())))
    server.simulator.faults.add(Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="book"))
    with pytest.raises(OutcomeUnknown):
        ask(lalamove.book(tendered(shipment(), rate)), 1)
    assert server.simulator.ledger.view().active() == {}


def test_a_refused_order_was_not_made(lalamove: Lalamove, ask: Ask, server: RunningSimulator, clock: Present) -> None:
    (rate,) = ask(lalamove.quote(quoted(shipment())))
    slow = Lalamove(lalamove.account, lambda: NOON)
    clock.passes(minutes=6)
    with pytest.raises(ShipmentRejected) as refused:
        ask(slow.book(tendered(shipment(), rate)))
    assert refused.value.carrier_code == "ERR_INVALID_QUOTATION_ID"
    with pytest.raises(ShipmentRejected, match="phone"):
        ask(lalamove.book(tendered(shipment(phone=""))))
    assert server.simulator.ledger.view().active() == {}


@pytest.mark.parametrize(
    ("postal_code", "error", "code"),
    [
        ("00001", ShipmentRejected, "ERR_INCORRECT_ADDRESS"),
        ("00002", AuthenticationFailed, "ERR_INSUFFICIENT_CREDIT"),
    ],
)
def test_refusals_are_refusals(
    lalamove: Lalamove, ask: Ask, postal_code: str, error: type[ShipmentRejected], code: str
) -> None:
    with pytest.raises(error) as refused:
        ask(lalamove.book(tendered(shipment(postal_code))))
    assert refused.value.carrier_code == code


def test_nothing_is_offered_outside_the_area_the_market_the_levels_or_for_a_window(
    lalamove: Lalamove, ask: Ask, server: RunningSimulator
) -> None:
    moved = shipment()
    abroad = replace(moved, destination=replace(moved.destination, country="MO"))
    window = TimeWindow(start=NOON, end=NOON + timedelta(hours=2))
    for request in (
        quoted(shipment("00000")),
        quoted(abroad),
        quoted(moved, services=(ServiceLevel.ECONOMY,)),
        quoted(moved, window=window),
    ):
        assert ask(lalamove.quote(request)) == ()
    assert operations(server) == ["quote"]


def test_a_later_pickup_is_scheduled_in_utc(lalamove: Lalamove, ask: Ask, server: RunningSimulator) -> None:
    (rate,) = ask(lalamove.quote(quoted(shipment(), NOON + timedelta(hours=3))))
    assert rate.service is ServiceLevel.SAME_DAY
    assert '"scheduleAt":"2026-03-02T15:00:00.00Z"' in server.simulator.calls[0].body


def test_an_order_is_cancelled_once_and_told_so_twice(lalamove: Lalamove, ask: Ask, server: RunningSimulator) -> None:
    ref = ask(lalamove.book(tendered(shipment()))).ref
    assert [ask(lalamove.cancel(ref)).state for _ in range(2)] == [CancellationState.ACCEPTED] * 2
    assert server.simulator.ledger.view().active() == {}


def test_five_minutes_after_a_driver_took_it_is_too_late(
    lalamove: Lalamove, ask: Ask, server: RunningSimulator, clock: Present
) -> None:
    ref = ask(lalamove.book(tendered(shipment()))).ref
    server.simulator.move(ref.carrier_reference, "ON_GOING")
    clock.passes(minutes=5)
    refused = ask(lalamove.cancel(ref))
    assert (refused.state, refused.why) == (CancellationState.TOO_LATE, "the order is ON_GOING")
    assert server.simulator.ledger.view().active()


def test_an_order_nobody_knows_cannot_be_cancelled_and_tells_nothing(lalamove: Lalamove, ask: Ask) -> None:
    with pytest.raises(UnknownReference):
        ask(lalamove.cancel(BookingRef(carrier_reference="0", tracking_number="0")))
    assert ask(lalamove.track(["0"])) == []


def test_pushed_and_polled_scans_are_the_same_scans_and_the_earlier_time_counts(
    lalamove: Lalamove, ask: Ask, server: RunningSimulator, told: list[TrackingUpdate], clock: Present
) -> None:
    ref = ask(lalamove.book(tendered(shipment()))).ref
    polled: list[TrackingUpdate] = []
    for to in ("ON_GOING", "PICKED_UP", "delivered"):
        clock.passes(minutes=10)
        server.simulator.move(ref.carrier_reference, to)
        clock.passes(minutes=2)
        polled += ask(lalamove.track([ref.tracking_number]))
    scans = {event.event_id for update in polled for event in update.events}
    pushed = {event.event_id for update in told for event in update.events}
    only_pushed = {id_.split(":")[1] for id_ in pushed - scans}
    assert scans <= pushed
    assert only_pushed == {"ASSIGNING_DRIVER", "DRIVER_ASSIGNED"}
    assert status(polled).status == status(told).status == "delivered"
    assert status([*polled, *told]) == status(told)
    assert (status(told).delivered_at, status(told).attempts) == (NOON + timedelta(minutes=34), 1)


def test_late_doubled_and_shuffled_webhooks_change_nothing_and_forged_ones_tell_nothing(
    lalamove: Lalamove, ask: Ask, server: RunningSimulator, told: list[TrackingUpdate]
) -> None:
    target = server.simulator.emitter.target
    server.simulator.emitter.target = replace(target, duplicate=2, shuffle=True, forge=True)
    ref = ask(lalamove.book(tendered(shipment()))).ref
    deliveries = server.simulator.move(ref.carrier_reference, "delivered")
    assert {delivery.status for delivery in deliveries if delivery.forged} == {401}
    assert {delivery.status for delivery in deliveries if not delivery.forged} == {200}
    assert (status(told).status, status(told).attempts) == ("delivered", 1)


def test_a_failed_dropoff_is_an_attempt_and_no_delivery(lalamove: Lalamove, ask: Ask, server: RunningSimulator) -> None:
    ref = ask(lalamove.book(tendered(shipment()))).ref
    server.simulator.move(ref.carrier_reference, "failed")
    polled = ask(lalamove.track([ref.tracking_number]))
    assert (status(polled).status, status(polled).attempts) == ("attempt_failed", 1)
    assert polled[0].proof is None


def test_two_hours_without_a_driver_end_the_order(lalamove: Lalamove, ask: Ask, server: RunningSimulator) -> None:
    ref = ask(lalamove.book(tendered(shipment()))).ref
    server.simulator.advance_clock(2 * 3600)
    assert status(ask(lalamove.track([ref.tracking_number]))).reason == "no_courier_found"


def test_a_replaced_order_asks_for_a_person_under_its_old_number_and_goes_on_under_our_reference(
    lalamove: Lalamove, ask: Ask, server: RunningSimulator, told: list[TrackingUpdate]
) -> None:
    ref = ask(lalamove.book(tendered(shipment()))).ref
    server.simulator.move(ref.carrier_reference, "replaced")
    old = [event for update in told if update.tracking_number == ref.tracking_number for event in update.events]
    assert "needs_attention" in {event.reason for event in old}
    new = {update.tracking_number for update in told if update.reference == "tnd_1"} - {ref.tracking_number}
    assert len(new) == 1
    (entry,) = server.simulator.ledger.view().active()["tnd_1"]
    assert {entry.carrier_reference} == new


def test_the_photo_is_fetched_with_its_time(
    lalamove: Lalamove, ask: Ask, server: RunningSimulator, clock: Present
) -> None:
    ref = ask(lalamove.book(tendered(shipment()))).ref
    assert ask(lalamove.proof_of_delivery(ref)).delivered_at is None
    clock.passes(minutes=30)
    server.simulator.move(ref.carrier_reference, "delivered")
    proof = ask(lalamove.proof_of_delivery(ref))
    assert (proof.delivered_at, proof.photo[:4]) == (clock(), b"\x89PNG")


def test_a_wrong_secret_and_a_wrong_market_are_told(lalamove: Lalamove, ask: Ask) -> None:
    account = lalamove.account
    stranger = replace(account, secrets={**account.secrets, "api_secret": "sk_test_wrong"})
    keyless = replace(account, secrets={"api_key": "pk_test_simulated"})
    for wrong in (stranger, keyless):
        with pytest.raises(AuthenticationFailed) as refused:
            ask(Lalamove(wrong, lambda: NOON).quote(quoted(shipment())))
        assert "sk_test_wrong" not in str(refused.value)
    elsewhere = Lalamove(replace(account, options={**account.options, "market": "HKG"}), lambda: NOON)
    with pytest.raises(AuthenticationFailed) as refused:
        ask(elsewhere.quote(quoted(shipment())))
    assert refused.value.carrier_code == "ERR_INVALID_MARKET"
    assert ask(elsewhere.track(["1"])) == []
