"""DoorDash Drive from quote to proof, against its simulator."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    CancellationState,
    CarrierUnavailable,
    LabelFormat,
    LabelKind,
    OutcomeUnknown,
    RateLimited,
    ServiceLevel,
    ShipmentRejected,
    TrackingUpdate,
)
from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from carriers.doordash_drive.adapter import DoorDashDrive
from gateway.domain.fold import CurrentStatus, current_status
from tests.carriers.doordash_drive.conftest import quoted, shipment, tendered
from tests.carriers.simulated import NOON, Ask, Present


def status(updates: list[TrackingUpdate]) -> CurrentStatus:
    return current_status([event for update in updates for event in update.events])


def operations(server: RunningSimulator) -> list[str]:
    return [call.operation for call in server.simulator.calls]


def booked(server: RunningSimulator) -> list[str]:
    return [
        entry.carrier_reference for entries in server.simulator.ledger.view().active().values() for entry in entries
    ]


def test_a_price_is_asked_and_a_tender_is_booked_under_its_own_reference(
    doordash: DoorDashDrive, ask: Ask, server: RunningSimulator
) -> None:
    (rate,) = ask(doordash.quote(quoted(shipment())))
    assert (rate.service, rate.expires_at) == (ServiceLevel.INSTANT, NOON + timedelta(minutes=5))
    booking = ask(doordash.book(replace(tendered(shipment()), rate=rate)))
    assert booking.price == rate.price
    assert booking.ref.carrier_reference == booking.ref.tender_reference == "tnd_1"
    assert booked(server) == ["tnd_1"]
    assert operations(server) == ["quote", "quote", "book"]
    assert ask(doordash.find("tnd_1")) == booking
    assert ask(doordash.find("tnd_2")) is None


def test_only_levels_that_were_asked_for_are_offered(doordash: DoorDashDrive, ask: Ask) -> None:
    (rate,) = ask(doordash.quote(quoted(shipment(), services=(ServiceLevel.SAME_DAY,))))
    assert rate.service is ServiceLevel.SAME_DAY
    assert ask(doordash.quote(quoted(shipment(), services=(ServiceLevel.ECONOMY,)))) == ()


@pytest.mark.parametrize(
    "kind", [FaultKind.RESET_AFTER, FaultKind.STATUS_500_AFTER, FaultKind.GARBAGE, FaultKind.TRUNCATED, FaultKind.HUGE]
)
def test_a_lost_acceptance_is_unknown_found_and_not_made_twice(
    doordash: DoorDashDrive, ask: Ask, server: RunningSimulator, kind: FaultKind
) -> None:
    server.simulator.faults.add(Fault(kind=kind, operation="book"))
    with pytest.raises((OutcomeUnknown, BadCarrierResponse)):
        ask(doordash.book(tendered(shipment())), 3)
    found = ask(doordash.find("tnd_1"))
    assert ask(doordash.book(tendered(shipment()))) == found
    assert booked(server) == ["tnd_1"]


@pytest.mark.parametrize("operation", ["quote", "book"])
@pytest.mark.parametrize("kind", [FaultKind.TIMEOUT_BEFORE, FaultKind.TIMEOUT_AFTER])
def test_after_a_time_out_sending_again_books_once(
    doordash: DoorDashDrive, ask: Ask, server: RunningSimulator, operation: str, kind: FaultKind
) -> None:
    server.simulator.faults.add(Fault(kind=kind, operation=operation, delay_s=1))
    with pytest.raises(OutcomeUnknown if operation == "book" else CarrierUnavailable):
        ask(doordash.book(tendered(shipment())), 0.4)
    ask(doordash.book(tendered(shipment())))
    assert booked(server) == ["tnd_1"]


def test_a_quote_of_an_earlier_sending_that_died_leaves_the_outcome_open(
    doordash: DoorDashDrive, ask: Ask, server: RunningSimulator, clock: Present
) -> None:
    server.simulator.faults.add(Fault(kind=FaultKind.STATUS_500, operation="book"))
    with pytest.raises(OutcomeUnknown):
        ask(doordash.book(tendered(shipment())))
    assert ask(doordash.find("tnd_1")) is None
    clock.passes(minutes=6)
    with pytest.raises(OutcomeUnknown, match="earlier sending"):
        ask(doordash.book(tendered(shipment())))
    assert booked(server) == []


def test_a_taken_id_that_cannot_be_read_is_unknown_not_unavailable(
    doordash: DoorDashDrive, ask: Ask, server: RunningSimulator
) -> None:
    ask(doordash.book(tendered(shipment())))
    server.simulator.faults.add(Fault(kind=FaultKind.STATUS_503, operation="track", times=-1))
    with pytest.raises(OutcomeUnknown):
        ask(doordash.book(tendered(shipment())))


@pytest.mark.parametrize(("delay_s", "waits"), [(None, None), (9, 9)])
def test_too_many_calls_say_how_long_to_wait_where_doordash_does(
    doordash: DoorDashDrive, ask: Ask, server: RunningSimulator, delay_s: float | None, waits: float | None
) -> None:
    server.simulator.faults.add(Fault(kind=FaultKind.STATUS_429, operation="book", delay_s=delay_s))
    with pytest.raises(RateLimited) as limited:
        ask(doordash.book(tendered(shipment())))
    assert limited.value.retry_after_s == waits


def test_refusals_are_refusals(doordash: DoorDashDrive, ask: Ask, server: RunningSimulator) -> None:
    for zip_code in ("00000", "00001"):
        assert ask(doordash.quote(quoted(shipment(zip_code)))) == ()
        with pytest.raises(ShipmentRejected):
            ask(doordash.book(tendered(shipment(zip_code))))
    with pytest.raises(ShipmentRejected) as closed:
        ask(doordash.quote(quoted(shipment("00002"))))
    assert closed.value.carrier_code == "outside_of_delivery_time"
    assert booked(server) == []


def test_a_delivery_is_cancelled_until_a_dasher_is_assigned(
    doordash: DoorDashDrive, ask: Ask, server: RunningSimulator
) -> None:
    early, late = (ask(doordash.book(tendered(shipment(), reference=name))).ref for name in ("tnd_1", "tnd_2"))
    assert [ask(doordash.cancel(early)).state for _ in range(2)] == [CancellationState.ACCEPTED] * 2
    server.simulator.move("tnd_2", "confirmed")
    assert ask(doordash.cancel(late)).state is CancellationState.TOO_LATE
    assert booked(server) == ["tnd_2"]


def test_pushed_and_polled_scans_are_the_same_scans(
    doordash: DoorDashDrive, ask: Ask, server: RunningSimulator, told: list[TrackingUpdate]
) -> None:
    ref = ask(doordash.book(tendered(shipment()))).ref
    polled = []
    for to in ("confirmed", "unassigned", "confirmed", "arrived_at_pickup", "picked_up", "delivered"):
        server.simulator.move(ref.carrier_reference, to)
        polled += ask(doordash.track([ref.tracking_number]))
    scans = {event.event_id: event.occurred_at for update in polled for event in update.events}
    assert len(scans) == 6
    pushed = {event.event_id: event.occurred_at for update in told for event in update.events}
    assert {name: pushed[name] for name in scans if "created" not in name}.items() <= scans.items()
    assert status(polled) == status([*told, *polled])
    assert (status(told).status, status(told).attempts) == ("delivered", 1)


def test_late_doubled_shuffled_and_forged_webhooks_change_nothing(
    doordash: DoorDashDrive, ask: Ask, server: RunningSimulator, told: list[TrackingUpdate]
) -> None:
    target = server.simulator.emitter.target
    server.simulator.emitter.target = replace(target, duplicate=2, shuffle=True, forge=True)
    ref = ask(doordash.book(tendered(shipment()))).ref
    server.simulator.move(ref.carrier_reference, "delivered")
    deliveries = server.simulator.emitter.deliveries
    assert {delivery.status for delivery in deliveries if delivery.forged} == {401}
    assert len(told) == len([delivery for delivery in deliveries if not delivery.forged]) > 20
    assert (status(told).status, status(told).attempts) == ("delivered", 1)


def test_an_undeliverable_parcel_comes_back_to_the_sender(
    doordash: DoorDashDrive, ask: Ask, server: RunningSimulator, told: list[TrackingUpdate]
) -> None:
    ref = ask(doordash.book(tendered(shipment()))).ref
    server.simulator.move(ref.carrier_reference, "enroute_to_return")
    polled = ask(doordash.track([ref.tracking_number]))
    assert (status(polled).status, status(polled).attempts) == ("returning", 1)
    server.simulator.move(ref.carrier_reference, "returned")
    polled += ask(doordash.track([ref.tracking_number]))
    assert status(polled).status == status(told).status == "returned"


@pytest.mark.parametrize(
    ("end", "says"),
    [
        ("failed_to_assign_and_refunded", ("cancelled", "no_courier_found")),
        ("failed_to_deliver", ("exception", "undeliverable")),
        ("failed_to_return", ("returning", "failed_to_return")),
    ],
)
def test_a_cancelled_delivery_is_over_only_where_the_parcels_are_known_to_be(
    doordash: DoorDashDrive,
    ask: Ask,
    server: RunningSimulator,
    told: list[TrackingUpdate],
    end: str,
    says: tuple[str, str],
) -> None:
    ref = ask(doordash.book(tendered(shipment()))).ref
    server.simulator.move(ref.carrier_reference, end)
    for seen in ([*told], [*told, *ask(doordash.track([ref.tracking_number]))]):
        assert (status(seen).status, status(seen).reason) == says


def test_a_delivery_is_proven_by_photo_and_signature(
    doordash: DoorDashDrive, ask: Ask, server: RunningSimulator
) -> None:
    ref = ask(doordash.book(tendered(shipment(signature=True, photo=True)))).ref
    assert ask(doordash.proof_of_delivery(ref)).delivered_at is None
    server.simulator.move(ref.carrier_reference, "delivered")
    proof = ask(doordash.proof_of_delivery(ref))
    assert proof.photo.startswith(b"\x89PNG")
    assert proof.signature.startswith(b"\x89PNG")
    images = [call for call in server.simulator.calls if call.operation == "image"]
    assert len(images) == 2


def test_a_parcel_delivery_has_a_label(doordash: DoorDashDrive, ask: Ask) -> None:
    parcels = replace(doordash.account, options={"order_fulfillment_method": "parcel"})
    with_label, without = DoorDashDrive(parcels, doordash.clock), doordash
    ref = ask(with_label.book(tendered(shipment()))).ref
    label = ask(with_label.label(ref, LabelFormat(kind=LabelKind.ZPL)))
    assert label.content.startswith(b"^XA")
    other = ask(without.book(tendered(shipment(), reference="tnd_2"))).ref
    for asked, kind in ((ref, LabelKind.PDF), (other, LabelKind.ZPL)):
        with pytest.raises(ShipmentRejected):
            ask(without.label(asked, LabelFormat(kind=kind)))


def test_a_token_of_another_key_or_time_is_refused(doordash: DoorDashDrive, ask: Ask, clock: Present) -> None:
    stranger = replace(doordash.account, secrets={**doordash.account.secrets, "signing_secret": "d3Jvbmc" * 6})
    slow = DoorDashDrive(doordash.account, lambda: NOON - timedelta(minutes=6))
    for carrier in (DoorDashDrive(stranger, clock), slow):
        with pytest.raises(AuthenticationFailed):
            ask(carrier.quote(quoted(shipment())))
