"""Onfleet from rate card to proof, against its simulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    BookingRef,
    CancellationState,
    CarrierError,
    OutcomeUnknown,
    QuoteRequest,
    Reading,
    ShipmentRejected,
    TrackingUpdate,
    UnknownReference,
)
from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from carriers.onfleet.adapter import Onfleet
from carriers.onfleet.simulator import SimulatorOnfleet
from gateway.domain.fold import CurrentStatus, current_status
from tests.carriers.onfleet.conftest import shipment, tendered
from tests.carriers.simulated import NOON, Ask, Present


def status(updates: list[TrackingUpdate]) -> CurrentStatus:
    return current_status([event for update in updates for event in update.events])


def tasks(server: RunningSimulator) -> int:
    assert isinstance(server.simulator, SimulatorOnfleet)
    return len(server.simulator.tasks)


def operations(server: RunningSimulator) -> list[str]:
    return [call.operation for call in server.simulator.calls]


def test_a_rate_of_the_card_is_booked_as_a_pair_under_our_reference_and_found_again(
    onfleet: Onfleet, ask: Ask, server: RunningSimulator
) -> None:
    (rate,) = ask(onfleet.quote(QuoteRequest(shipment=shipment(), ready_at=NOON)))
    assert str(rate.price) == "12.00 USD"
    booking = ask(onfleet.book(replace(tendered(shipment()), rate=rate)))
    assert (booking.price, tasks(server)) == (None, 2)
    (entry,) = server.simulator.ledger.view().active()["tnd_1"]
    assert entry.carrier_reference == booking.ref.carrier_reference
    assert ask(onfleet.find("tnd_1")) == booking
    assert ask(onfleet.find("tnd_2")) is None
    assert operations(server) == ["book", "book", "find", "find"]


def test_a_refused_pickup_makes_nothing(onfleet: Onfleet, ask: Ask, server: RunningSimulator) -> None:
    with pytest.raises(ShipmentRejected) as refused:
        ask(onfleet.book(tendered(shipment(origin="00001"))))
    assert (refused.value.carrier_code, tasks(server)) == ("1011", 0)


@pytest.mark.parametrize(
    ("postal_code", "error"),
    [("00011", ShipmentRejected), ("00012", OutcomeUnknown), ("00013", OutcomeUnknown)],
)
def test_a_pickup_whose_dropoff_is_refused_is_taken_back(
    onfleet: Onfleet, ask: Ask, server: RunningSimulator, postal_code: str, error: type[CarrierError]
) -> None:
    with pytest.raises(error):
        ask(onfleet.book(tendered(shipment(postal_code))))
    assert (tasks(server), operations(server)) == (0, ["book", "book", "cancel"])


@pytest.mark.parametrize("kind", [FaultKind.STATUS_503, FaultKind.RESET_AFTER])
def test_a_half_that_cannot_be_taken_back_is_unknown_and_found_as_a_half(
    onfleet: Onfleet, ask: Ask, server: RunningSimulator, kind: FaultKind
) -> None:
    server.simulator.faults.add(Fault(kind=kind, operation="cancel"))
    with pytest.raises(OutcomeUnknown, match="pickup task"):
        ask(onfleet.book(tendered(shipment("00011"))), 5)
    if tasks(server):
        with pytest.raises(UnknownReference, match="1 pickup and 0 dropoff"):
            ask(onfleet.find("tnd_1"))
    else:
        assert ask(onfleet.find("tnd_1")) is None


LOST = [FaultKind.RESET_AFTER, FaultKind.STATUS_500_AFTER, FaultKind.GARBAGE, FaultKind.TRUNCATED]


@pytest.mark.parametrize("kind", LOST)
def test_a_pickup_whose_answer_was_lost_is_found_and_gone_on_with(
    onfleet: Onfleet, ask: Ask, server: RunningSimulator, kind: FaultKind
) -> None:
    server.simulator.faults.add(Fault(kind=kind, operation="book"))
    booking = ask(onfleet.book(tendered(shipment())), 5)
    assert operations(server) == ["book", "find", "book"]
    assert (tasks(server), ask(onfleet.find("tnd_1"))) == (2, booking)


@pytest.mark.parametrize("search", [FaultKind.STATUS_500, FaultKind.GARBAGE, FaultKind.STATUS_429])
def test_a_pickup_whose_answer_was_lost_and_that_is_not_found_is_unknown(
    onfleet: Onfleet, ask: Ask, server: RunningSimulator, search: FaultKind
) -> None:
    for fault in (Fault(kind=FaultKind.STATUS_500_AFTER, operation="book"), Fault(kind=search, operation="find")):
        server.simulator.faults.add(fault)
    with pytest.raises(OutcomeUnknown):
        ask(onfleet.book(tendered(shipment())), 5)
    with pytest.raises(UnknownReference, match="1 pickup and 0 dropoff"):
        ask(onfleet.find("tnd_1"))


@pytest.mark.parametrize("kind", LOST)
def test_a_dropoff_whose_answer_was_lost_is_unknown_until_the_pair_is_found(
    onfleet: Onfleet, ask: Ask, server: RunningSimulator, kind: FaultKind
) -> None:
    class Unlucky(Onfleet):
        """Its dropoff meets the fault."""

        async def _make(self, task: Mapping[str, object]) -> Reading:
            if not task["pickupTask"]:
                server.simulator.faults.add(Fault(kind=kind, operation="book"))
            return await super()._make(task)

    with pytest.raises((OutcomeUnknown, BadCarrierResponse)):
        ask(Unlucky(onfleet.account, lambda: NOON).book(tendered(shipment())), 5)
    (entry,) = server.simulator.ledger.view().active()["tnd_1"]
    assert ask(onfleet.find("tnd_1")).ref.carrier_reference == entry.carrier_reference
    assert "cancel" not in operations(server)


def test_silence_is_unknown_too_and_the_look_up_finds_nothing(
    onfleet: Onfleet, ask: Ask, server: RunningSimulator
) -> None:
    server.simulator.faults.add(Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="book"))
    with pytest.raises(OutcomeUnknown):
        ask(onfleet.book(tendered(shipment())), 1)
    assert (ask(onfleet.find("tnd_1")), tasks(server)) == (None, 0)


def test_a_delivery_is_cancelled_whole_and_told_so_twice(onfleet: Onfleet, ask: Ask, server: RunningSimulator) -> None:
    ref = ask(onfleet.book(tendered(shipment()))).ref
    assert [ask(onfleet.cancel(ref)).state for _ in range(2)] == [CancellationState.ACCEPTED] * 2
    assert (tasks(server), server.simulator.ledger.view().active()) == (0, {})


def test_a_cancellation_that_broke_off_is_carried_on(onfleet: Onfleet, ask: Ask, server: RunningSimulator) -> None:
    ref = ask(onfleet.book(tendered(shipment()))).ref
    server.simulator.faults.add(Fault(kind=FaultKind.STATUS_500_AFTER, operation="cancel"))
    with pytest.raises(CarrierError):
        ask(onfleet.cancel(ref))
    assert tasks(server) == 1
    assert ask(onfleet.cancel(ref)).state is CancellationState.ACCEPTED
    assert tasks(server) == 0


@pytest.mark.parametrize("to", ["to_pickup", "picked_up", "out_for_delivery", "delivered"])
def test_once_a_courier_has_begun_nothing_is_deleted(
    onfleet: Onfleet, ask: Ask, server: RunningSimulator, to: str
) -> None:
    ref = ask(onfleet.book(tendered(shipment()))).ref
    server.simulator.move(ref.carrier_reference, to)
    assert ask(onfleet.cancel(ref)).state is CancellationState.TOO_LATE
    assert (tasks(server), "cancel" in operations(server)) == (2, False)


def test_pushed_and_polled_scans_of_both_tasks_are_the_same_scans(
    onfleet: Onfleet, ask: Ask, server: RunningSimulator, told: list[TrackingUpdate], clock: Present
) -> None:
    ref = ask(onfleet.book(tendered(shipment()))).ref
    polled: list[TrackingUpdate] = []
    seen = []
    for to in ("assigned", "to_pickup", "picked_up", "out_for_delivery", "nearby", "delivered", "proof"):
        clock.passes(minutes=10)
        server.simulator.move(ref.carrier_reference, to)
        clock.passes(minutes=2)
        polled += ask(onfleet.track([ref.tracking_number]))
        seen.append(status(polled).status)
    assert seen == [
        "assigned",
        "pickup_in_progress",
        "picked_up",
        "out_for_delivery",
        "out_for_delivery",
        "delivered",
        "delivered",
    ]
    assert {update.reference for update in [*told, *polled]} == {"tnd_1"}
    scans = {event.event_id for update in polled for event in update.events}
    pushed = {event.event_id for update in told for event in update.events}
    assert len(scans) == 5
    assert {id_.partition(":")[2].partition(":")[0] for id_ in pushed - scans} <= {"state", "2"}
    assert status(told).status == "delivered"
    assert status([*polled, *told]).delivered_at == NOON + timedelta(minutes=70)
    proofs = [update.proof for update in told if update.proof]
    assert [proof.received_by for proof in proofs] == ["", "Joan P."]
    assert ask(onfleet.proof_of_delivery(ref)) == proofs[-1]


def test_late_doubled_and_shuffled_webhooks_change_nothing_and_forged_ones_tell_nothing(
    onfleet: Onfleet, ask: Ask, server: RunningSimulator, told: list[TrackingUpdate]
) -> None:
    target = server.simulator.emitter.target
    server.simulator.emitter.target = replace(target, duplicate=2, shuffle=True, forge=True)
    ref = ask(onfleet.book(tendered(shipment()))).ref
    deliveries = server.simulator.move(ref.carrier_reference, "delivered")
    assert {delivery.status for delivery in deliveries if delivery.forged} == {401}
    assert {delivery.status for delivery in deliveries if not delivery.forged} == {200}
    assert (status(told).status, status(told).attempts) == ("delivered", 1)


def test_a_failed_dropoff_is_an_attempt_and_the_end_of_its_copy_is_for_a_person(
    onfleet: Onfleet, ask: Ask, server: RunningSimulator, told: list[TrackingUpdate], clock: Present
) -> None:
    ref = ask(onfleet.book(tendered(shipment()))).ref
    server.simulator.move(ref.carrier_reference, "failed")
    assert (status(told).status, status(told).attempts) == ("attempt_failed", 1)
    clock.passes(hours=2)
    server.simulator.move(ref.carrier_reference, "copy")
    assert status(told).status == "out_for_delivery"
    clock.passes(minutes=20)
    server.simulator.move(told[-1].tracking_number, "delivered")
    assert (status(told).status, status(told).reason) == ("exception", "needs_attention")
    assert {update.reference for update in told} == {"tnd_1"}
    assert ask(onfleet.find("tnd_1")).ref == ref


def test_a_failed_pickup_a_driver_who_drops_out_and_a_deletion_are_told(
    onfleet: Onfleet, ask: Ask, server: RunningSimulator, told: list[TrackingUpdate], clock: Present
) -> None:
    ref = ask(onfleet.book(tendered(shipment()))).ref
    for to, expected in (("assigned", "assigned"), ("unassigned", "booked"), ("deleted", "cancelled")):
        clock.passes(minutes=5)
        server.simulator.move(ref.carrier_reference, to)
        assert status(told).status == expected
    told.clear()
    other = ask(onfleet.book(tendered(shipment(), "tnd_2"))).ref
    server.simulator.move(other.carrier_reference, "pickup_failed")
    assert (status(told).status, status(told).reason) == ("exception", "pickup_failed")


def test_what_nobody_knows_tells_nothing_and_a_wrong_key_is_told(onfleet: Onfleet, ask: Ask) -> None:
    assert ask(onfleet.track(["nobody"])) == []
    assert ask(onfleet.cancel(BookingRef(carrier_reference="nobody", tracking_number="nobody"))).state == "accepted"
    for secrets in ({"api_key": "wrong-key-0000000"}, {}):
        stranger = Onfleet(replace(onfleet.account, secrets=secrets), lambda: NOON)
        with pytest.raises(AuthenticationFailed) as refused:
            ask(stranger.find("tnd_1"))
        assert "wrong-key" not in str(refused.value)
