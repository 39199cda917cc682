"""Stuart from price to proof, against its simulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    BookingRef,
    CancellationState,
    CarrierUnavailable,
    OutcomeUnknown,
    RateLimited,
    ServiceLevel,
    ShipmentRejected,
    TrackingUpdate,
)
from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from carriers.stuart.adapter import TOKENS, Stuart
from carriers.stuart.simulator import SimulatorStuart
from gateway.domain.fold import CurrentStatus, current_status
from tests.carriers.simulated import Ask, Present
from tests.carriers.stuart.conftest import quoted, shipment, tendered


@pytest.fixture(autouse=True)
def no_token_is_left(stuart: Stuart) -> Iterator[None]:
    """Servers share their ports, so that a token of an earlier one could be taken for this one's."""
    TOKENS._tokens.clear()
    yield
    TOKENS._tokens.clear()


def status(updates: list[TrackingUpdate]) -> CurrentStatus:
    return current_status([event for update in updates for event in update.events])


def simulated(server: RunningSimulator) -> SimulatorStuart:
    assert isinstance(server.simulator, SimulatorStuart)
    return server.simulator


def booked(server: RunningSimulator) -> list[str]:
    return [
        entry.carrier_reference for entries in server.simulator.ledger.view().active().values() for entry in entries
    ]


def test_a_price_is_asked_and_a_job_is_booked_under_our_reference(
    stuart: Stuart, ask: Ask, server: RunningSimulator
) -> None:
    (rate,) = ask(stuart.quote(quoted(shipment())))
    assert (rate.service, rate.carrier_quote_id, rate.expires_at) == (ServiceLevel.INSTANT, "", None)
    booking = ask(stuart.book(tendered(shipment())))
    assert booking.price == rate.price
    assert booking.ref.tracking_number == "tnd_1"
    assert booked(server) == [booking.ref.carrier_reference]
    found = ask(stuart.find("tnd_1"))
    assert found.ref == booking.ref
    assert ask(stuart.find("tnd_2")) is None
    assert [call.operation for call in server.simulator.calls].count("token") == 1


@pytest.mark.parametrize(
    "kind", [FaultKind.RESET_AFTER, FaultKind.STATUS_500_AFTER, FaultKind.GARBAGE, FaultKind.TRUNCATED, FaultKind.HUGE]
)
def test_a_lost_answer_is_unknown_and_found_by_our_reference(
    stuart: Stuart, ask: Ask, server: RunningSimulator, kind: FaultKind
) -> None:
    server.simulator.faults.add(Fault(kind=kind, operation="book"))
    with pytest.raises((OutcomeUnknown, BadCarrierResponse)):
        ask(stuart.book(tendered(shipment())), 3)
    assert [ask(stuart.find("tnd_1")).ref.carrier_reference] == booked(server)


@pytest.mark.parametrize(("kind", "made"), [(FaultKind.TIMEOUT_BEFORE, 0), (FaultKind.TIMEOUT_AFTER, 1)])
def test_a_time_out_is_unknown_whether_it_was_booked_or_not(
    stuart: Stuart, ask: Ask, server: RunningSimulator, kind: FaultKind, made: int
) -> None:
    ask(stuart.quote(quoted(shipment())))
    server.simulator.faults.add(Fault(kind=kind, operation="book", delay_s=1))
    with pytest.raises(OutcomeUnknown):
        ask(stuart.book(tendered(shipment())), 0.4)
    assert (ask(stuart.find("tnd_1")) is not None) == bool(made) == bool(booked(server))


def test_a_reference_under_way_is_not_booked_again(stuart: Stuart, ask: Ask, server: RunningSimulator) -> None:
    ask(stuart.book(tendered(shipment())))
    with pytest.raises(OutcomeUnknown):
        ask(stuart.book(tendered(shipment())))
    assert len(booked(server)) == 1


def test_refusals_are_refusals(stuart: Stuart, ask: Ask, server: RunningSimulator) -> None:
    for postal_code in ("00000", "00001"):
        assert ask(stuart.quote(quoted(shipment(postal_code)))) == ()
    for postal_code in ("00000", "00001", "00002"):
        with pytest.raises(ShipmentRejected):
            ask(stuart.book(tendered(shipment(postal_code))))
    assert booked(server) == []


@pytest.mark.parametrize(("delay_s", "waits"), [(None, None), (9, 9)])
def test_too_many_calls_say_how_long_to_wait_where_stuart_does(
    stuart: Stuart, ask: Ask, server: RunningSimulator, delay_s: float | None, waits: float | None
) -> None:
    server.simulator.faults.add(Fault(kind=FaultKind.STATUS_429, operation="book", delay_s=delay_s))
    with pytest.raises(RateLimited) as limited:
        ask(stuart.book(tendered(shipment())))
    assert limited.value.retry_after_s == waits


def test_a_new_token_that_is_not_known_everywhere_is_kept_and_blames_no_credentials(
    stuart: Stuart, ask: Ask, server: RunningSimulator
) -> None:
    simulated(server).lagging_calls = 2
    for _ in range(2):
        with pytest.raises(CarrierUnavailable):
            ask(stuart.book(tendered(shipment())))
    ask(stuart.book(tendered(shipment())))
    assert [call.operation for call in server.simulator.calls] == ["token", "book", "book", "book"]
    assert len(booked(server)) == 1


def test_a_token_that_was_revoked_later_is_replaced(
    stuart: Stuart, ask: Ask, server: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(stuart.quote(quoted(shipment())))
    simulated(server)._tokens.clear()
    monkeypatch.setattr(type(TOKENS), "settling", lambda self, account: False)
    ask(stuart.book(tendered(shipment())))
    assert [call.operation for call in server.simulator.calls].count("token") == 2
    assert len(booked(server)) == 1


def test_wrong_credentials_are_told_from_a_carrier_that_is_down(stuart: Stuart, ask: Ask) -> None:
    secrets = {**stuart.account.secrets, "client_secret": "wrong-secret"}
    with pytest.raises(AuthenticationFailed) as refused:
        ask(Stuart(replace(stuart.account, secrets=secrets)).quote(quoted(shipment())))
    assert "wrong-secret" not in str(refused.value)


def test_a_delivery_is_cancelled_until_the_courier_has_it(stuart: Stuart, ask: Ask, server: RunningSimulator) -> None:
    early, late = (ask(stuart.book(tendered(shipment(), reference=name))).ref for name in ("tnd_1", "tnd_2"))
    assert [ask(stuart.cancel(early)).state for _ in range(2)] == [CancellationState.ACCEPTED] * 2
    server.simulator.move(late.carrier_reference, "delivering")
    assert ask(stuart.cancel(late)).state is CancellationState.TOO_LATE
    assert booked(server) == [late.carrier_reference]


def test_a_stacked_delivery_is_found_followed_and_cancelled_under_its_new_id(
    stuart: Stuart, ask: Ask, server: RunningSimulator, clock: Present, told: list[TrackingUpdate]
) -> None:
    old: BookingRef = ask(stuart.book(tendered(shipment()))).ref
    server.simulator.move(old.carrier_reference, "picking")
    clock.passes(minutes=1)
    server.simulator.move(old.carrier_reference, "stacked")
    assert status(told).status == status([*told, *ask(stuart.track(["tnd_1"]))]).status == "pickup_in_progress"
    new = ask(stuart.find("tnd_1")).ref
    assert new.carrier_reference != old.carrier_reference
    assert ask(stuart.cancel(old)).state is CancellationState.ACCEPTED
    assert booked(server) == []


def test_pushed_and_polled_scans_are_the_same_scans(
    stuart: Stuart, ask: Ask, server: RunningSimulator, clock: Present, told: list[TrackingUpdate]
) -> None:
    ref = ask(stuart.book(tendered(shipment()))).ref
    polled = []
    for to in ("picking", "given_back", "picking", "waiting_at_pickup", "delivering", "delivered"):
        clock.passes(minutes=1)
        server.simulator.move(ref.carrier_reference, to)
        polled += ask(stuart.track(["tnd_1"]))
    names = {event.event_id for update in polled for event in update.events}
    assert len(names) == 6
    assert names <= {event.event_id for update in told for event in update.events}
    assert status(polled) == status([*told, *polled]) == status([*polled, *told])
    assert (status(told).status, status(told).attempts) == ("delivered", 1)


def test_a_refused_parcel_comes_back_to_the_sender(
    stuart: Stuart, ask: Ask, server: RunningSimulator, clock: Present, told: list[TrackingUpdate]
) -> None:
    ref = ask(stuart.book(tendered(shipment()))).ref
    for to in ("delivering", "refused"):
        clock.passes(minutes=1)
        server.simulator.move(ref.carrier_reference, to)
    polled = ask(stuart.track(["tnd_1"]))
    assert (status(polled).status, status(polled).attempts) == ("returning", 1)
    clock.passes(minutes=1)
    server.simulator.move(ref.carrier_reference, "delivered")
    polled += ask(stuart.track(["tnd_1"]))
    for seen in (polled, told, [*told, *polled]):
        assert (status(seen).status, status(seen).attempts, status(seen).status_conflict) == ("returned", 1, False)


def test_a_parcel_that_came_back_is_returned_and_proves_no_delivery(
    stuart: Stuart, ask: Ask, server: RunningSimulator, told: list[TrackingUpdate]
) -> None:
    ref = ask(stuart.book(tendered(shipment()))).ref
    server.simulator.move(ref.carrier_reference, "returned")
    polled = ask(stuart.track(["tnd_1"]))
    assert status(polled).status == status(told).status == "returned"
    assert polled[0].proof is None


def test_a_job_nobody_takes_expires(
    stuart: Stuart, ask: Ask, server: RunningSimulator, told: list[TrackingUpdate]
) -> None:
    ref = ask(stuart.book(tendered(shipment()))).ref
    server.simulator.move(ref.carrier_reference, "expired")
    polled = ask(stuart.track(["tnd_1"]))
    for seen in (polled, told):
        assert (status(seen).status, status(seen).reason) == ("cancelled", "no_courier_found")
    assert ask(stuart.track(["tnd_9"])) == []


def test_late_doubled_shuffled_and_forged_webhooks_change_nothing(
    stuart: Stuart, ask: Ask, server: RunningSimulator, clock: Present, told: list[TrackingUpdate]
) -> None:
    target = server.simulator.emitter.target
    server.simulator.emitter.target = replace(target, duplicate=2, shuffle=True, forge=True)
    ref = ask(stuart.book(tendered(shipment()))).ref
    for to in ("picking", "delivering", "delivered"):
        clock.passes(minutes=1)
        server.simulator.move(ref.carrier_reference, to)
    deliveries = server.simulator.emitter.deliveries
    assert {delivery.status for delivery in deliveries if delivery.forged} == {401}
    assert len(told) == len([delivery for delivery in deliveries if not delivery.forged]) > 20
    assert (status(told).status, status(told).attempts) == ("delivered", 1)


def test_the_picture_at_the_door_is_a_link_where_stuart_keeps_it(
    stuart: Stuart, ask: Ask, server: RunningSimulator
) -> None:
    ref = ask(stuart.book(tendered(shipment()))).ref
    server.simulator.move(ref.carrier_reference, "delivered")
    (update,) = ask(stuart.track(["tnd_1"]))
    assert update.proof is not None
    assert update.proof.photo_url.startswith("https://files.stuart.com/")
