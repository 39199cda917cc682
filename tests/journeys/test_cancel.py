"""Taking bookings back: the wish is kept until the carrier has answered, and its answer is told truthfully."""

from __future__ import annotations

from typing import Any

import pytest

from carriers.base.simulator import Fault, FaultKind, RunningSimulator
from tests.journeys.site import Merchant, Site


@pytest.fixture
def sandbox(site: Site) -> RunningSimulator:
    return site.carrier("sandbox")


@pytest.fixture
def account(shop: Merchant, sandbox: RunningSimulator) -> str:
    return shop.account("sandbox-1", sandbox)


def cancel(shop: Merchant, shipment: Any) -> tuple[int, Any]:
    answer = shop.call("POST", f"/v1/shipments/{shipment['id']}/cancel")
    return answer.status_code, answer.json


def kinds(shop: Merchant, shipment: Any) -> list[str]:
    """The statuses of the timeline."""
    return [event["status"] for event in shop.get(f"/v1/shipments/{shipment['id']}/events")["data"]]


@pytest.mark.usefixtures("account")
def test_a_cancelled_booking_costs_nothing_and_has_no_label(site: Site, shop: Merchant) -> None:
    shipment = shop.booked()
    status, cancelled = cancel(shop, shipment)
    assert (status, cancelled["state"], cancelled["status"]) == (200, "cancelled", "cancelled")
    assert site.all_active() == []
    assert cancelled["label"] is None
    assert shop.call("GET", f"/v1/shipments/{shipment['id']}/label").status_code == 409
    assert cancel(shop, shipment)[0] == 200  # once more is the same as once
    site.work()
    assert kinds(shop, shipment).count("cancelled") >= 1


@pytest.mark.usefixtures("account")
def test_too_late_is_told_and_the_booking_stands(site: Site, shop: Merchant, sandbox: RunningSimulator) -> None:
    shipment = shop.booked(reference="late-sim931")
    status, problem = cancel(shop, shipment)
    assert (status, problem["code"]) == (409, "too_late")
    after = shop.shipment(shipment["id"])
    assert after["state"] == "booked"
    assert after["label"] is not None
    assert len(site.active(after)) == 1
    assert cancel(shop, shipment)[0] == 409


@pytest.mark.usefixtures("account")
def test_an_undecided_cancellation_is_asked_for_until_it_is_decided(site: Site, shop: Merchant) -> None:
    shipment = shop.booked(reference="pending-sim932")
    status, pending = cancel(shop, shipment)
    assert (status, pending["state"]) == (202, "cancelling")
    assert cancel(shop, shipment)[0] == 202
    site.work(minutes=1)
    assert shop.shipment(shipment["id"])["state"] == "cancelling"
    for _ in range(5):
        site.work(minutes=4)
    assert shop.shipment(shipment["id"])["state"] == "cancelled"
    assert site.all_active() == []


@pytest.mark.parametrize("kind", [FaultKind.TIMEOUT_AFTER, FaultKind.RESET_AFTER, FaultKind.STATUS_503])
@pytest.mark.usefixtures("account")
def test_a_cancellation_whose_answer_is_lost_is_asked_for_again(
    kind: FaultKind, site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    shipment = shop.booked()
    sandbox.simulator.faults.add(Fault(kind=kind, operation="cancel"))
    status, pending = cancel(shop, shipment)
    assert (status, pending["state"]) == (202, "cancelling")
    site.work(minutes=2)
    assert shop.shipment(shipment["id"])["state"] == "cancelled"
    assert site.all_active() == []


def test_what_is_not_known_to_be_booked_cannot_be_cancelled(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    shop.account("sandbox-1", sandbox, without=["idempotency"])
    shipment = shop.book(reference="processing-sim913", services=["next_day"]).json or {}
    assert shipment["state"] == "uncertain"
    status, problem = cancel(shop, shipment)
    assert (status, problem["code"]) == (409, "conflict")
    assert "uncertain" in problem["detail"]
    site.clock.advance(minutes=6)  # it shows up before it is looked up again
    assert site.settle(shop, shipment["id"])["state"] == "booked"
    assert cancel(shop, shipment)[0] == 200
    assert site.all_active() == []


def test_a_carrier_that_takes_no_cancellations_keeps_its_booking(
    site: Site, shop: Merchant, sandbox: RunningSimulator
) -> None:
    shop.account("sandbox-1", sandbox, without=["cancel"])
    shipment = shop.booked()
    status, problem = cancel(shop, shipment)
    assert (status, problem["code"]) == (409, "too_late")
    assert shop.shipment(shipment["id"])["state"] == "booked"


def test_a_pickup_that_overtakes_the_cancellation_wins(
    site: Site, shop: Merchant, account: str, sandbox: RunningSimulator
) -> None:
    """The courier scans while the merchant clicks: either cancelled or on its way, never both."""
    shipment = shop.booked()
    (booking,) = site.active(shipment)
    sandbox.simulator.faults.add(Fault(kind=FaultKind.STATUS_503, operation="cancel"))
    assert cancel(shop, shipment)[0] == 202
    sandbox.simulator.advance(booking.carrier_reference, "PICKED_UP")
    site.work(minutes=20)  # polls, and asks again
    after = shop.shipment(shipment["id"])
    assert (after["state"], after["status"]) == ("booked", "picked_up")
    assert "cancelled" not in kinds(shop, shipment)
    assert len(site.active(after)) == 1


def test_the_carriers_own_word_of_the_cancellation_is_no_second_one(
    site: Site, shop: Merchant, account: str, sandbox: RunningSimulator
) -> None:
    """The carrier's scan CANCELLED is polled before its answer to the cancellation is known."""
    shipment = shop.booked()
    sandbox.simulator.faults.add(Fault(kind=FaultKind.RESET_AFTER, operation="cancel"))
    assert cancel(shop, shipment)[0] == 202
    site.work(minutes=16)
    site.work(minutes=16)
    after = shop.shipment(shipment["id"])
    assert (after["state"], after["status"], after["status_conflict"]) == ("cancelled", "cancelled", False)
    assert site.all_active() == []


def test_a_carrier_that_agreed_is_not_asked_again_and_tracking_tells_the_outcome(site: Site, shop: Merchant) -> None:
    """Bring stops a parcel and sends it back: its answer promises that, only its scans prove it."""
    bring = site.carrier("bring")
    shop.account("bring-1", bring)
    shipment = shop.booked(services=["next_day"])
    bring.simulator.faults.add(Fault(kind=FaultKind.STATUS_500, operation="track", times=-1))
    assert cancel(shop, shipment)[0] == 202
    for _ in range(12):
        site.work(hours=6)
    assert shop.shipment(shipment["id"])["state"] == "cancelling"
    assert sum("stop-shipment" in call.path for call in bring.simulator.calls) == 1
    bring.simulator.faults.clear()
    for _ in range(8):
        site.work(hours=6)
    after = shop.shipment(shipment["id"])
    assert (after["state"], after["status"]) in [("cancelled", "returning"), ("cancelled", "returned")]
    told = {(case["kind"], case["state"]) for case in after["cases"]}
    # Whether its promise came near meanwhile is a matter of the weekday.
    assert told - {("promise_at_risk", "closed")} == {("recall_open", "closed")}
